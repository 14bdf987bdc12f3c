"""Execution: it checks itself, fit() takes it, and what a machine does not have is said before anything is trained."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch

from course_lib.data import moons, split
from course_lib.engine import executed_network as execution_module
from course_lib.engine.device import choose_device
from course_lib.engine.executed_network import ExecutedNetwork
from course_lib.execution import Execution, ExecutionError
from course_lib.recipe import Recipe
from course_lib.training import TrainingRun, fit, make_network

RECIPE = Recipe(hidden_layers=(8, 6), batch_size=16, epochs=3, learning_rate=0.01, activation="rrelu", clip_norm=1.0)
EXACT = Execution(device="cpu", dtype="float64")


@pytest.fixture(scope="module")
def data():
    return split(*moons(200, noise=0.1, seed=0))


@pytest.fixture
def machine(monkeypatch):
    """`machine(capability, count)`: PyTorch finds so many CUDA devices of that capability. Nothing runs there."""

    def has(capability=(8, 0), count=1):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: capability)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    return has


# The dataclass


def test_an_execution_is_compared_printed_and_changed_and_never_altered():
    execution = Execution()
    assert execution == Execution() and execution != Execution(fused=False)
    assert execution.replace(compile=True, device="cpu") == Execution(device="cpu", compile=True)
    assert execution == Execution()
    with pytest.raises(dataclasses.FrozenInstanceError):
        execution.fused = False
    lines = str(execution.replace(device="cuda:1")).splitlines()
    assert lines[0] == "Execution" and len(lines) == 1 + len(dataclasses.fields(Execution))
    assert lines[1].split() == ["device", "cuda:1"]


def test_a_torch_device_is_taken_by_its_name():
    assert Execution(device=torch.device("cuda", 1)).device == "cuda:1"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"device": "gpu"}, "cuda:1"),
        ({"device": "cuda:"}, "choices"),
        ({"device": "cpu:1"}, "choices"),
        ({"dtype": "float16"}, "float64"),
        ({"mixed_precision": "bf16"}, "bfloat16"),
        ({"mixed_precision": True}, "bfloat16"),
        ({"masks": "seed"}, "Did you mean 'seeded'"),
        ({"float32_products": "half"}, "tf32"),
        ({"fused": 1}, "True or False"),
        ({"cuda_graphs": "yes"}, "True or False"),
        ({"compile": None}, "True or False"),
        ({"mixed_precision": "bfloat16", "dtype": "float64"}, "dtype='float32'"),
        ({"cuda_graphs": True, "device": "cpu"}, "cuda_graphs=False"),
        ({"cuda_graphs": True, "fused": False}, "fused=True"),
        ({"cuda_graphs": True, "mixed_precision": "float16"}, "bfloat16"),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_do(fields, said):
    with pytest.raises(ExecutionError, match=said):
        Execution(**fields)


def test_a_field_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(ExecutionError, match=r"no field 'graphs'.*cuda_graphs"):
        Execution().replace(graphs=True)


def test_saying_how_loads_no_torch():
    code = "import sys, course_lib.execution, course_lib.training; course_lib.execution.Execution(); "
    done = subprocess.run([sys.executable, "-c", code + "sys.exit('torch' in sys.modules)"], capture_output=True)
    assert done.returncode == 0, done.stderr


# Devices that are not there


@pytest.mark.parametrize(("count", "device"), [(1, "cuda:7"), (1, "cuda:1"), (2, "cuda:2")])
def test_a_gpu_beyond_the_last_is_refused_with_the_last(machine, count, device):
    machine(count=count)
    with pytest.raises(ValueError, match=f"{device}.*the last is 'cuda:{count - 1}'"):
        choose_device(device)
    assert choose_device(f"cuda:{count - 1}") == torch.device("cuda", count - 1)


@pytest.mark.parametrize("device", ["cuda:x", "cpu:0", "mps:1"])
def test_a_number_where_none_belongs_is_refused(machine, device):
    machine()
    with pytest.raises(ValueError, match="choices"):
        choose_device(device)


def test_an_execution_on_a_device_that_is_not_there_is_refused(machine, data):
    machine(count=0)
    with pytest.raises(ValueError, match="device='auto'"):
        fit(RECIPE, data, "torch", progress=False, execution=Execution(device="cuda"))


def test_graphs_where_auto_finds_no_cuda_device_are_refused(machine):
    machine(count=0)
    with pytest.raises(ExecutionError, match="cuda_graphs=False"):
        ExecutedNetwork(RECIPE, 2, 2, Execution(cuda_graphs=True))


# What a device can compute in (the devices are made up; nothing runs on them)


@pytest.mark.parametrize(
    ("device", "capability", "precision", "has"),
    [
        ("cuda", (9, 0), "bfloat16", True),
        ("cuda", (8, 0), "bfloat16", True),
        ("cuda", (7, 5), "bfloat16", False),
        ("cuda", (7, 5), "float16", True),
        ("cpu", None, "bfloat16", True),
        ("mps", None, "bfloat16", False),
        ("mps", None, "float16", False),
    ],
)
def test_low_precision_is_taken_where_it_exists_and_refused_elsewhere(machine, device, capability, precision, has):
    machine(capability)
    execution, notes = Execution(mixed_precision=precision), []
    if has:
        assert execution_module._low_precision(execution, torch.device(device), notes) is getattr(torch, precision)
    else:
        with pytest.raises(ExecutionError, match=f"{precision}.*{device}.*mixed_precision='auto'"):
            execution_module._low_precision(execution, torch.device(device), notes)
    assert notes == []


@pytest.mark.parametrize(
    ("device", "capability", "dtype", "expected"),
    [
        ("cuda", (8, 0), "float32", torch.bfloat16),
        ("cuda", (8, 0), "float64", None),
        ("cuda", (7, 0), "float32", None),
        ("cpu", None, "float32", None),
        ("mps", None, "float32", None),
    ],
)
def test_auto_takes_bfloat16_where_it_pays_and_says_why_elsewhere(machine, device, capability, dtype, expected):
    machine(capability)
    notes = []
    execution = Execution(mixed_precision="auto", dtype=dtype)
    assert execution_module._low_precision(execution, torch.device(device), notes) is expected
    assert len(notes) == (expected is None)
    assert all(note.startswith("mixed_precision") for note in notes)


@pytest.mark.parametrize(
    ("device", "capability", "dtype", "used"),
    [
        ("cuda", (8, 0), "float32", True),
        ("cuda", (7, 5), "float32", False),
        ("cuda", (8, 0), "float64", False),
        ("cpu", None, "float32", False),
    ],
)
def test_tf32_is_used_where_it_exists_and_noted_elsewhere(machine, device, capability, dtype, used):
    machine(capability)
    notes = []
    execution = Execution(float32_products="tf32", dtype=dtype)
    assert execution_module._uses_tf32(execution, torch.device(device), notes) is used
    assert [note.split(":")[0] for note in notes] == ([] if used else ["float32_products"])


# fit() with an execution


def test_fit_with_an_execution_gives_the_plain_run(data):
    plain = fit(RECIPE, data, "torch", "cpu", "float64", progress=False)
    executed = fit(RECIPE, data, "torch", progress=False, execution=EXACT)
    assert isinstance(executed.network, ExecutedNetwork) and not isinstance(plain.network, ExecutedNetwork)
    np.testing.assert_allclose(executed.step_losses, plain.step_losses, rtol=1e-9)
    assert executed.network.clipped_steps == plain.network.clipped_steps > 0
    for ours, theirs in zip(executed.history, plain.history, strict=True):
        assert {type(value) for value in ours.values()} == {int, float}
        assert ours["validation_loss"] == pytest.approx(theirs["validation_loss"], rel=1e-9)


def test_fit_without_an_execution_uses_the_plain_network(data):
    run = TrainingRun(RECIPE, data, "torch", "cpu")
    assert type(run.network).__name__ == "Network"


@pytest.mark.parametrize("make", [fit, TrainingRun])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"engine": "numpy", "execution": EXACT}, "engine='torch'"),
        ({"execution": EXACT}, "engine='torch'"),
        ({"engine": "torch", "execution": EXACT, "device": "cpu"}, "device='cpu'"),
        ({"engine": "torch", "execution": EXACT, "dtype": "float64"}, "dtype='float64'"),
        ({"engine": "torch", "execution": {"device": "cpu"}}, "must be an Execution"),
        ({"engine": "torch", "execution": "cuda"}, "must be an Execution"),
    ],
)
def test_an_execution_that_does_not_fit_the_other_arguments_is_refused(data, make, arguments, said):
    with pytest.raises(ExecutionError, match=said):
        make(RECIPE, data, **arguments)
    with pytest.raises(ExecutionError, match=said):
        make_network(RECIPE, 2, 2, **arguments)


def test_a_network_takes_no_other_thing_for_an_execution():
    with pytest.raises(ExecutionError, match=r"^execution is \{'device': 'cpu'\}; it must be an Execution"):
        ExecutedNetwork(RECIPE, 2, 2, {"device": "cpu"})


def test_without_an_execution_the_default_one_is_used():
    network = ExecutedNetwork(RECIPE, 2, 2)
    assert network.execution == Execution() and network.dtype == "float32"


# Many steps in a row


def test_many_steps_are_the_same_as_one_after_the_other(data):
    rows = [np.arange(start, start + 16) for start in range(0, 96, 16)] + [np.array([3, 1, 4])]
    one_by_one, in_a_row, from_arrays = (ExecutedNetwork(RECIPE, 2, 2, EXACT) for _ in range(3))
    x, labels = one_by_one.place(data.train.x, data.train.labels)
    expected = [one_by_one.update(one_by_one.take(x, each), one_by_one.take(labels, each)) for each in rows]
    losses = in_a_row.run_steps(x, labels, rows)
    assert isinstance(losses, torch.Tensor) and not losses.requires_grad
    assert losses.tolist() == expected
    assert from_arrays.run_steps(data.train.x, data.train.labels, rows).tolist() == expected
    for name, parameter in one_by_one.state().items():
        assert np.array_equal(in_a_row.state()[name], parameter)


def test_no_steps_give_no_losses(data):
    network = ExecutedNetwork(RECIPE, 2, 2, EXACT)
    assert network.run_steps(data.train.x, data.train.labels, []).shape == (0,)


@pytest.mark.parametrize("rows", [[0, 120], [-1, 2]])
def test_rows_that_do_not_exist_are_refused(data, rows):
    network = ExecutedNetwork(RECIPE, 2, 2, EXACT)
    with pytest.raises(ValueError, match="rows 0 to 119"):
        network.run_steps(data.train.x, data.train.labels, [np.array(rows)])


def test_many_steps_ask_the_device_for_nothing(data, monkeypatch):
    recipe = RECIPE.replace(clip_value=0.1, max_norm=1.0, l1=0.01, l2=0.01)
    network = ExecutedNetwork(recipe, 2, 2, EXACT)
    x, labels = network.place(data.train.x, data.train.labels)

    def asked(self, *arguments, **words):
        raise AssertionError("a step waited for the device")

    for name in ("item", "tolist", "numpy", "cpu", "__bool__", "__int__", "__float__"):
        monkeypatch.setattr(torch.Tensor, name, asked)
    losses = network.run_steps(x, labels, [np.arange(16), np.arange(16, 32)])
    with pytest.raises(AssertionError, match="waited"):
        network.update(x[:16], labels[:16])
    monkeypatch.undo()
    assert torch.isfinite(losses).all() and network.clipped_steps == 2


def test_a_loss_that_is_not_finite_changes_nothing_in_update(data):
    network = ExecutedNetwork(RECIPE.replace(normalization="none"), 2, 2, EXACT)
    x, labels = network.place(data.train.x, data.train.labels)
    before = network.parameters()
    assert not np.isfinite(network.update(x[:16] * np.nan, labels[:16]))
    assert all(np.array_equal(value, before[name]) for name, value in network.parameters().items())
    losses = network.run_steps(torch.cat([x, x[:16] * np.nan]), torch.cat([labels, labels[:16]]), [np.arange(120, 136)])
    assert torch.isnan(losses).all()  # said in the losses, where the caller looks
