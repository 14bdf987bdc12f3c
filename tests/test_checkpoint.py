"""Checkpoints: what was saved comes back, in either engine; what is not a checkpoint is refused and never run."""

import json
import os
import pickle
import stat
import struct
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors.numpy
from safetensors import safe_open

from course_lib.recipe import ACTIVATIONS, Recipe
from course_lib.training import CheckpointError, load_network, make_network, save_network

ENGINES = ["numpy", "torch"]
SMALL = Recipe(hidden_layers=(7, 6), activation="prelu", learning_rate=0.01, max_norm=3.0, seed=4)


def draw_batch(seed):
    rng = np.random.default_rng([8, seed])
    return rng.normal(size=(24, 5)), rng.integers(0, 3, 24)


def trained(engine="numpy", recipe=SMALL, dtype="float64"):
    network = make_network(recipe, 5, 3, engine, dtype, "cpu")
    for step in range(5):
        network.train_step(*draw_batch(step))
    return network


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network.safetensors"


def parts_of(path):
    """The tensors and the metadata of a safetensors file."""
    with safe_open(path, framework="np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118 - not a dict


def rewrite(path, tensors=None, **changes):
    """The file at path with other tensors or other metadata; a change to None leaves an entry out.

    It has no digest then, as files from before there was one.
    """
    old_tensors, metadata = parts_of(path)
    metadata = {name: value for name, value in (metadata | changes | {"sha256": None}).items() if value is not None}
    safetensors.numpy.save_file(old_tensors if tensors is None else tensors, path, metadata=metadata)


# Round trips.


@pytest.mark.parametrize("target", ENGINES)
@pytest.mark.parametrize("source", ENGINES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_network_comes_back_whole_in_either_engine(path, source, target, activation):
    network = trained(source, SMALL.replace(activation=activation))
    save_network(network, path)
    loaded = load_network(path, target, "cpu")
    x, _ = draw_batch(50)
    np.testing.assert_allclose(loaded.logits(x), network.logits(x), rtol=1e-12, atol=1e-12)
    assert type(loaded) is type(make_network(SMALL, 5, 3, target, device="cpu"))
    assert list(loaded.state()) == list(network.state())
    for name, array in network.state().items():  # running statistics included
        np.testing.assert_array_equal(loaded.state()[name], array, err_msg=name)
    assert loaded.recipe == network.recipe
    assert (loaded.n_inputs, loaded.n_classes, loaded.dtype) == (5, 3, "float64")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("recipe", [Recipe(hidden_layers=()), Recipe(hidden_layers=(4,), normalization="none")])
def test_networks_without_batch_norm_or_hidden_layers_come_back(path, engine, recipe):
    network = trained(engine, recipe, "float32")
    save_network(network, path)
    loaded = load_network(path, engine, "cpu")
    assert loaded.dtype == "float32"
    np.testing.assert_array_equal(loaded.logits(draw_batch(9)[0]), network.logits(draw_batch(9)[0]))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_loaded_network_can_be_trained_on(path, engine):
    save_network(trained(engine), path)
    loaded = load_network(path, engine, "cpu")
    before = loaded.state()
    loaded.train_step(*draw_batch(0))
    assert all(not np.array_equal(before[name], array) for name, array in loaded.state().items())
    path.unlink()  # and it does not hold on to the file
    assert np.isfinite(loaded.logits(draw_batch(0)[0])).all()


def test_a_path_may_be_text_or_have_spaces_and_accents(tmp_path):
    folder = tmp_path / "my networks é"
    folder.mkdir()
    network = trained()
    for path in (folder / "first one.safetensors", str(folder / "second one")):
        save_network(network, path)
        assert load_network(path).recipe == SMALL
    assert sorted(os.listdir(folder)) == ["first one.safetensors", "second one"]


def test_both_engines_write_the_same_parts(tmp_path):
    for engine in ENGINES:
        save_network(make_network(SMALL, 5, 3, engine, "float64", "cpu"), tmp_path / engine)
    (tensors, metadata), (torch_tensors, torch_metadata) = (parts_of(tmp_path / engine) for engine in ENGINES)
    digests = metadata.pop("sha256"), torch_metadata.pop("sha256")  # of weights that are equal to rounding
    assert all(len(digest) == 64 for digest in digests) and metadata == torch_metadata
    assert Recipe.from_json(metadata["recipe"]) == SMALL
    assert tensors["dense1.weight"].shape == torch_tensors["dense1.weight"].shape == (5, 7)
    assert set(tensors) == set(torch_tensors)


# Saving is all or nothing.


def test_saving_replaces_the_old_file(path):
    save_network(trained(recipe=SMALL.replace(seed=1)), path)
    save_network(trained(), path)
    assert load_network(path).recipe == SMALL
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("broken", ["os.replace", "os.fsync"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_save_that_is_cut_short_leaves_the_old_file_and_nothing_else(path, monkeypatch, broken, error):
    old = trained(recipe=SMALL.replace(seed=1))
    save_network(old, path)

    def cut_short(*_):
        raise error

    monkeypatch.setattr(broken, cut_short)
    with pytest.raises(type(error)):
        save_network(trained(), path)
    monkeypatch.undo()
    assert load_network(path).recipe == old.recipe
    assert os.listdir(path.parent) == [path.name]


def test_saving_where_there_is_no_folder_says_so(tmp_path):
    with pytest.raises(OSError, match="no such folder"):
        save_network(trained(), tmp_path / "no such folder" / "network")


def test_saving_over_a_folder_is_refused_and_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OSError, match="folder"):
        save_network(trained(), folder)
    assert os.listdir(tmp_path) == ["folder"]


def test_the_result_of_fit_can_be_saved_and_what_is_no_network_is_named(path):
    network = trained()
    result = SimpleNamespace(network=network, history=[])
    save_network(result, path)
    np.testing.assert_array_equal(load_network(path).state()["dense1.weight"], network.state()["dense1.weight"])
    for wrong in (None, 5, network.state(), SimpleNamespace(network=None)):
        with pytest.raises(CheckpointError, match=r"save_network\(\) needs what fit\(\) returned.*it got \w+\."):
            save_network(wrong, path)


def test_the_same_network_gives_the_same_bytes(tmp_path):
    for number in range(5):
        save_network(trained(), tmp_path / str(number))
    assert len({(tmp_path / str(number)).read_bytes() for number in range(5)}) == 1


def test_others_may_read_a_file_as_the_umask_says(path):
    before = os.umask(0o022)
    try:
        save_network(trained(), path)
    finally:
        os.umask(before)
    assert os.name == "nt" or stat.S_IMODE(path.stat().st_mode) == 0o644


# What is not a checkpoint.


@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_file_is_named(tmp_path, engine):
    with pytest.raises(FileNotFoundError, match=r"no checkpoint '.*absent'.*save_network"):
        load_network(tmp_path / "absent", engine)


def test_a_folder_is_not_a_checkpoint(tmp_path):
    with pytest.raises((FileNotFoundError, CheckpointError), match=r"folder"):
        load_network(tmp_path)


def test_a_truncated_file_is_refused_at_every_length(path):
    save_network(trained(), path)
    whole = path.read_bytes()
    (header_length,) = struct.unpack("<Q", whole[:8])
    start_of_numbers = 8 + header_length
    lengths = {0, 1, 7, 8, 9, 100, start_of_numbers - 1, start_of_numbers, start_of_numbers + 1, len(whole) - 1}
    lengths |= set(range(10, len(whole), 211))
    for length in sorted(lengths):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=r"network\.safetensors.*truncated"):
            load_network(path)
    path.write_bytes(whole)
    assert load_network(path).recipe == SMALL


def test_a_file_with_something_added_is_refused(path):
    save_network(trained(), path)
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(CheckpointError, match=r"network\.safetensors"):
        load_network(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 100, b"\xff" * 100, b"PK\x03\x04" + b"\0" * 60, b"{}" * 50])
def test_what_is_not_safetensors_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"network\.safetensors.*not a safetensors file"):
        load_network(path)


def test_a_pickle_is_refused_and_nothing_in_it_runs(path, tmp_path):
    trap = tmp_path / "trap"

    class RunsWhenUnpickled:
        def __reduce__(self):
            return (open, (str(trap), "w"))

    path.write_bytes(pickle.dumps({"dense1.weight": RunsWhenUnpickled()}))
    for engine in ENGINES:
        with pytest.raises(CheckpointError, match=r"not a safetensors file"):
            load_network(path, engine)
    assert not trap.exists()
    pickle.loads(path.read_bytes())["dense1.weight"].close()
    assert trap.exists()  # the trap works


@pytest.mark.parametrize("metadata", [None, {}, {"format": "pt"}])
def test_a_safetensors_file_of_another_origin_is_refused(path, metadata):
    safetensors.numpy.save_file(trained().state(), path, metadata=metadata)
    with pytest.raises(CheckpointError, match=r"not a checkpoint of this course \(format: (none|pt); expected"):
        load_network(path)


DAMAGED = {
    "recipe is not JSON": ({"recipe": "{"}, "not JSON"),
    "recipe is a list": ({"recipe": "[]"}, "object of fields"),
    "recipe with an unknown field": ({"recipe": '{"hidden_layer": [3]}'}, "hidden_layer"),
    "recipe that can't work": ({"recipe": '{"drop_rate": 1.5}'}, "drop_rate is 1.5"),
    "recipe of other sizes": ({"recipe": Recipe(hidden_layers=(9, 6), activation="prelu").to_json()}, "dense1.weight"),
    "recipe of other layers": ({"recipe": Recipe(hidden_layers=(7, 6)).to_json()}, "activation1.slope"),
    "no recipe": ({"recipe": None}, "recipe"),
    "no number of inputs": ({"n_inputs": None}, "n_inputs"),
    "inputs not a number": ({"n_inputs": "five"}, "five"),
    "other number of inputs": ({"n_inputs": "6"}, "dense1.weight"),
    "negative number of classes": ({"n_classes": "-3"}, ""),
    "no classes": ({"n_classes": "0"}, ""),
    "other number of classes": ({"n_classes": "4"}, "dense3"),
    "unknown dtype": ({"dtype": "float16"}, "float16"),
    "no dtype": ({"dtype": None}, "dtype"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("changes, message", DAMAGED.values(), ids=DAMAGED)
def test_metadata_that_does_not_fit_is_refused(path, engine, changes, message):
    save_network(trained(), path)
    rewrite(path, **changes)
    with pytest.raises(CheckpointError, match=rf"(?s)network\.safetensors' is damaged.*{message}"):
        load_network(path, engine, "cpu")


def test_sizes_that_no_machine_could_hold_are_refused_before_memory_is_taken(path):
    save_network(trained(), path)
    for changes in ({"n_inputs": str(10**15)}, {"recipe": SMALL.replace(hidden_layers=(10**15, 6)).to_json()}):
        rewrite(path, **changes)
        with pytest.raises(CheckpointError, match="damaged"):
            load_network(path)


WRONG_TENSORS = {
    "missing": (lambda state: {name: state[name] for name in state if name != "dense2.weight"}, "dense2.weight"),
    "missing statistic": (
        lambda state: {name: state[name] for name in state if name != "batch_norm1.running_mean"},
        "batch_norm1.running_mean",
    ),
    "extra": (lambda state: state | {"dense7.bias": np.ones(3)}, "dense7.bias"),
    "misshapen": (lambda state: state | {"dense3.bias": np.ones(9)}, "dense3.bias"),
    "not finite": (lambda state: state | {"dense3.bias": np.full(3, np.nan)}, "dense3.bias"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("break_it, message", WRONG_TENSORS.values(), ids=WRONG_TENSORS)
def test_tensors_that_do_not_fit_are_refused(path, engine, break_it, message):
    save_network(trained(), path)
    rewrite(path, tensors=break_it(parts_of(path)[0]))
    with pytest.raises(CheckpointError, match=rf"damaged.*{message}"):
        load_network(path, engine, "cpu")


# A good file and a wrong request: the file is not blamed.


def test_an_unknown_engine_is_not_blamed_on_the_file(path):
    save_network(trained(), path)
    with pytest.raises(ValueError, match="engine is 'jax'") as raised:
        load_network(path, "jax")
    assert not isinstance(raised.value, CheckpointError)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_unknown_device_is_not_blamed_on_the_file(path, engine):
    save_network(trained(), path)
    with pytest.raises(ValueError, match="device is 'gpu'") as raised:
        load_network(path, engine, "gpu")
    assert not isinstance(raised.value, CheckpointError)


def test_the_metadata_is_text_that_other_programs_read(path):
    save_network(trained(), path)
    whole = path.read_bytes()
    (length,) = struct.unpack("<Q", whole[:8])
    metadata = json.loads(whole[8 : 8 + length])["__metadata__"]
    assert metadata["n_inputs"] == "5"
    assert json.loads(metadata["recipe"])["activation"] == "prelu"
