"""Trained networks to start from: the bundled one and its card, the command that makes it, and today's zoos."""

import hashlib
import http.server
import importlib
import json
import pickle
import socket
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import course_lib
from course_lib.cli import main
from course_lib.data import load_fashion_mnist
from course_lib.engine import zoo
from course_lib.engine.convolutional import ConvolutionalNetwork
from course_lib.experiments import eight_classes
from course_lib.recipe import Recipe
from course_lib.training import CheckpointError, load_network, make_network, save_network

BUNDLED = Path(course_lib.__file__).parent / "engine" / "pretrained" / "eight_classes.safetensors"


@pytest.fixture(scope="module")
def fashion():
    return load_fashion_mnist()


# The bundled network and its card


def test_the_card_says_what_the_file_is(fashion):
    network = zoo.load_pretrained("eight_classes", device="cpu")
    card = network.card
    assert card["bytes"] == BUNDLED.stat().st_size < 70_000
    assert card["classes"] == [name for name in fashion.class_names if name not in ("Pullover", "Coat")]
    assert network.n_classes == len(card["classes"]) == 8
    assert card["parameters"] == sum(array.size for array in network.parameters().values())
    places = [fashion.class_names.index(name) for name in card["classes"]]
    kept = np.isin(fashion.test.labels, places)
    predicted = np.array(places)[network.logits(fashion.test.x[kept]).argmax(axis=1)]
    right = int((predicted == fashion.test.labels[kept]).sum())
    assert kept.sum() == card["test_images"]
    # Where another machine adds in another order, an image that is as near to two classes as rounding may change sides.
    assert right == pytest.approx(card["test_accuracy_percent"] / 100 * kept.sum(), abs=2)
    assert right / kept.sum() > 0.9
    assert not card["interrupted"] and card["epochs"] == eight_classes.RECIPE.epochs
    assert "MIT" in card["license"] and card["not_good_for"] and card["seed"] == 0
    words = card["command"].removeprefix("python -m course_lib ").split()
    assert words == ["pretrain"]


def test_the_card_belongs_to_these_very_weights_and_to_no_recipe():
    card = zoo.load_pretrained("eight_classes", device="cpu").card
    assert card["sha256"] == hashlib.sha256(BUNDLED.read_bytes()).hexdigest()
    # Chapter 4 shows what these answer, and what moves in them. With others, read its section 6 again.
    assert card["sha256"].startswith("75893023aca1")
    assert card["same_again"] == eight_classes.SAME_AGAIN
    with pytest.raises(CheckpointError, match=r"holds a convolutional network.*zoo.load_pretrained"):
        load_network(BUNDLED)


def test_the_file_holds_float16_and_the_network_computes_in_the_dtype_asked_for():
    from safetensors import safe_open

    with safe_open(BUNDLED, framework="np") as file:
        stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    assert {str(array.dtype) for array in stored.values()} == {"float16"}
    for dtype in ("float32", "float64"):
        state = zoo.load_pretrained(dtype=dtype, device="cpu").state()
        assert {str(array.dtype) for array in state.values()} == {dtype}
        assert all(np.array_equal(state[name], array) for name, array in stored.items())


def test_files_beside_the_bundled_network_are_in_the_package():
    project = Path(course_lib.__file__).parents[1] / "pyproject.toml"
    assert '"course_lib.engine" = ["pretrained/*"]' in project.read_text(encoding="utf-8")
    assert sorted(path.name for path in BUNDLED.parent.iterdir()) == ["LICENSE", "eight_classes.json", BUNDLED.name]


def test_a_network_that_is_not_there_is_an_error_that_names_what_is():
    with pytest.raises(FileNotFoundError, match=r"'nine_classes'.*'eight_classes'"):
        zoo.load_pretrained("nine_classes")


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "dense.safetensors"
    save_network(make_network(Recipe(hidden_layers=(4,)), 784, 2, "numpy"), path)
    with pytest.raises(zoo.ArchitectureError, match=r"not one that.*pretrain.*load_network"):
        zoo.load_pretrained(path)
    path.write_bytes(BUNDLED.read_bytes()[:30_000])
    with pytest.raises(zoo.ArchitectureError, match="damaged"):
        zoo.load_pretrained(path)
    with pytest.raises(ValueError, match="device is 'gpu'"):
        zoo.load_pretrained(device="gpu")


def test_a_file_whose_sizes_are_not_those_of_its_weights_is_refused(tmp_path):
    network = ConvolutionalNetwork(3, (8, 8), channels=2, n_features=4, device="cpu")
    network.n_features = 5
    zoo.save_pretrained(network, tmp_path / "wrong.safetensors", {})
    with pytest.raises(zoo.ArchitectureError, match=r"another network.*'dense\.weight' has shape \(8, 4\)"):
        zoo.load_pretrained(tmp_path / "wrong.safetensors", device="cpu")


# python -m course_lib pretrain


def pretrain(folder, *words):
    return main(["pretrain", "--smoke", "--folder", str(folder), *words])


def test_the_command_trains_writes_and_says_how_good_the_written_weights_are(tmp_path, capsys, fashion):
    assert pretrain(tmp_path / "new") == 0
    path = tmp_path / "new" / "eight_classes.safetensors"
    network = zoo.load_pretrained(path, device="cpu")
    data = eight_classes.eight_classes(fashion)
    accuracy = np.mean(network.logits(data.test.x).argmax(axis=1) == data.test.labels)
    assert network.card["test_accuracy_percent"] == pytest.approx(100 * accuracy, abs=0.01)
    assert accuracy > 0.4  # of eight classes, after one pass over 800 images
    assert network.card["command"] == "python -m course_lib pretrain --smoke"
    out = capsys.readouterr()
    assert f"{network.card['test_accuracy_percent']}% of 1600" in out.out and "training" in out.err


def test_the_command_writes_the_same_bytes_again_and_others_for_another_seed(tmp_path):
    for folder, words in (("first", ()), ("second", ()), ("other", ("--seed", "1"))):
        assert pretrain(tmp_path / folder, *words) == 0
    first, second, other = (
        (tmp_path / name / "eight_classes.safetensors").read_bytes() for name in ("first", "second", "other")
    )
    assert first == second != other


def test_an_interrupted_training_keeps_what_it_has_under_another_name(tmp_path, monkeypatch, capsys):
    update, steps = ConvolutionalNetwork.update, []

    def interrupted(network, x, labels):
        steps.append(len(x))
        if len(steps) == 6:
            raise KeyboardInterrupt
        return update(network, x, labels)

    monkeypatch.setattr(ConvolutionalNetwork, "update", interrupted)
    assert pretrain(tmp_path) == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "eight_classes_interrupted.json",
        "eight_classes_interrupted.safetensors",
    ]
    card = zoo.load_pretrained(tmp_path / "eight_classes_interrupted.safetensors", device="cpu").card
    assert card["interrupted"] and card["epochs"] == 0
    assert "Stopped after 0 of 1 epochs" in capsys.readouterr().err


def test_requests_that_cannot_be_met_say_so(tmp_path, capsys):
    assert main(["pretrain", "--smoke"]) == 2
    assert "--folder" in capsys.readouterr().err
    assert pretrain(tmp_path, "--device", "tpu") == 2
    assert "device is 'tpu'" in capsys.readouterr().err
    assert pretrain(tmp_path, "--seed", "-1") == 2
    assert "seed is -1" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert pretrain(tmp_path / "file") == 1
    assert "file" in capsys.readouterr().err


def test_classes_are_picked_and_renumbered_in_the_order_asked_for(fashion):
    two = eight_classes.two_classes(fashion)
    assert two.class_names == ("Pullover", "Coat")
    for part, split in two.splits().items():
        whole = fashion.splits()[part]
        number = {2: 0, 4: 1}
        expected = [
            (row, number[label]) for row, label in zip(whole.x, whole.labels.tolist(), strict=True) if label in number
        ]
        assert split.labels.tolist() == [label for _, label in expected]
        assert np.array_equal(split.x, np.array([row for row, _ in expected]))
    eight = eight_classes.eight_classes(fashion)
    assert len(eight.train) + len(two.train) == len(fashion.train)
    with pytest.raises(ValueError, match="'Hat'"):
        eight_classes.only_classes(fashion, ["Coat", "Hat"])


# Weights from an address. Everything is served on this machine's own loopback.


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.lstrip("/")
        content = self.server.files.get(name)
        self.server.asked.append(name)
        self.send_response(200 if content is not None else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *arguments):
        pass


@pytest.fixture
def served(tmp_path, monkeypatch):
    """served(name, content) -> address; `served.asked` are the names that were asked for. Caches are in tmp_path."""
    for variable, value in (("TORCH_HOME", tmp_path / "torch"), ("HF_HOME", tmp_path / "hf"), ("no_proxy", "*")):
        monkeypatch.setenv(variable, str(value))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.asked = {}, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def serve(name, content):
        server.files[name] = content
        return f"http://127.0.0.1:{server.server_address[1]}/{name}"

    serve.asked = server.asked
    yield serve
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def closed_address():
    """An address on this machine that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return f"http://127.0.0.1:{port}/weights.pth"


def saved(content, tmp_path):
    path = tmp_path / "saved.pth"
    torch.save(content, path)
    return path.read_bytes()


def small_module(seed, n_classes=3):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, n_classes))


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model"])
def test_served_weights_are_downloaded_once_and_loaded(served, tmp_path, wrapper):
    source, target = small_module(0), small_module(1)
    state = source.state_dict()
    content = state if wrapper is None else {wrapper: state, "epoch": 7}
    address = served("weights.pth", saved(content, tmp_path))
    for _ in range(2):
        zoo.load_weights(target, zoo.download_weights(address))
    assert served.asked == ["weights.pth"]
    assert all(torch.equal(tensor, target.state_dict()[name]) for name, tensor in state.items())


def test_files_of_one_name_at_two_addresses_are_two_files(served, tmp_path):
    """torch.hub itself takes the first for the second: it looks at the last part of the address alone."""
    for seed in (0, 1):
        address = served(f"version{seed}/weights.pth", saved(small_module(seed).state_dict(), tmp_path))
        found = zoo.download_weights(address)
        assert torch.equal(found["0.weight"], small_module(seed)[0].weight)


def test_a_file_that_is_cut_off_is_downloaded_anew_next_time(served, tmp_path):
    whole = saved(small_module(0).state_dict(), tmp_path)
    address = served("weights.pth", whole[: len(whole) // 2])
    with pytest.raises(RuntimeError):
        zoo.download_weights(address)
    served("weights.pth", whole)
    zoo.download_weights(address)


def test_a_file_that_asks_to_run_code_is_refused(served, tmp_path):
    class Runs:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "it ran",))

    address = served("weights.pth", saved(Runs(), tmp_path))
    with pytest.raises(pickle.UnpicklingError):
        zoo.download_weights(address)
    assert not (tmp_path / "it ran").exists()


def test_waiting_is_limited_and_the_limit_is_taken_back(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(zoo, "TIMEOUT_SECONDS", 0.2)
    silent = socket.create_server(("127.0.0.1", 0))  # takes the connection and says nothing
    with silent, pytest.raises(OSError, match="timed out"):
        zoo.download_weights(f"http://127.0.0.1:{silent.getsockname()[1]}/weights.pth")
    assert socket.getdefaulttimeout() is None


def saved_by_data_parallel():
    return {f"module.{name}": tensor for name, tensor in small_module(0).state_dict().items()}


ANOTHER_HEAD = r"2 of another shape: 3\.weight \(has \(5, 8\), needs \(3, 8\)\), 3\.bias"
WRONG = {
    "another head": (lambda: small_module(0, n_classes=5).state_dict(), [ANOTHER_HEAD]),
    "another network": (
        lambda: nn.Linear(2, 2).state_dict(),
        [r"9 missing: 0\.weight, 0\.bias, 1\.weight and 6 more", "2 unknown there: weight, bias"],
    ),
    "saved by DataParallel": (saved_by_data_parallel, [r"begin with 'module\.'"]),
    "no weights": (lambda: [1, 2], ["holds a list, not weights"]),
}


@pytest.mark.parametrize(("content", "messages"), WRONG.values(), ids=WRONG)
def test_weights_of_another_architecture_are_refused_with_what_differs(content, messages):
    module = small_module(1)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    for message in messages:
        with pytest.raises(zoo.ArchitectureError, match=message):
            zoo.load_weights(module, content(), "the module")
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())


# The zoos. What needs torchvision or timm is left out where they are not installed: python -m pip install '.[zoo]'

LOADERS = {"torchvision": zoo.load_torchvision, "timm": zoo.load_timm}
MODULES = {"torchvision": "torchvision.models", "timm": "timm"}
SMALL = {"torchvision": "squeezenet1_1", "timm": "test_resnet"}  # architectures of few parameters


def module_or_none(name):
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError, OSError):
        return None


@pytest.fixture(params=LOADERS)
def installed(request):
    """(zoo's name, load function, a fresh small module of it)."""
    module = module_or_none(MODULES[request.param])
    if module is None:
        pytest.skip(f"{request.param} is not installed")
    torch.manual_seed(0)
    make = module.get_model if request.param == "torchvision" else module.create_model
    return request.param, LOADERS[request.param], make(SMALL[request.param])


def assert_bundled(network):
    assert isinstance(network, ConvolutionalNetwork) and network.card["name"] == "eight_classes"


@pytest.mark.parametrize("name", LOADERS)
def test_without_the_package_the_bundled_network_comes_with_the_reason(name, monkeypatch, capsys):
    for module in (name, MODULES[name]):
        monkeypatch.setitem(sys.modules, module, None)  # what Python does where it is not installed
    network, fallback = LOADERS[name]("resnet18")
    assert_bundled(network)
    assert fallback.kind == "package" and fallback.wanted == f"{name}'s resnet18"
    assert f"{name} is not installed" in fallback.reason and "-e '.[zoo]'" in fallback.reason
    out = capsys.readouterr().out
    assert out.split() == str(fallback).split()
    assert max(map(len, out.splitlines())) <= 76


def test_a_package_that_does_not_load_is_told_apart_from_one_that_is_missing(monkeypatch, tmp_path):
    """As a torchvision does that was built for another PyTorch."""
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')"
    )
    for module in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.syspath_prepend(tmp_path)
    network, fallback = zoo.load_torchvision("resnet18")
    assert_bundled(network)
    assert fallback.kind == "package"
    assert "installed and cannot be loaded" in fallback.reason and torch.__version__ in fallback.reason


def test_weights_served_at_an_address_are_loaded_by_the_zoos_own_code(installed, served, tmp_path, capsys):
    name, load, source = installed
    address = served("weights.pth", saved(source.state_dict(), tmp_path))
    torch.manual_seed(1)
    module, fallback = load(SMALL[name], address)
    assert fallback is None and served.asked == ["weights.pth"]
    assert not module.training
    assert all(torch.equal(tensor, module.state_dict()[key]) for key, tensor in source.state_dict().items())


def test_an_address_that_does_not_answer_gives_the_bundled_network(installed, served, closed_address, capsys):
    name, load, _ = installed
    network, fallback = load(SMALL[name], closed_address)
    assert_bundled(network)
    assert fallback.kind == "unreachable" and closed_address in fallback.reason and "refused" in fallback.reason
    network, fallback = load(SMALL[name], served("here", b"") + "/not_there.pth")
    assert_bundled(network)
    assert fallback.kind == "unreachable" and "404" in fallback.reason


def test_a_file_of_another_architecture_gives_the_bundled_network_and_what_differs(installed, served, tmp_path):
    name, load, source = installed
    state = source.state_dict()
    wrong = {"odd.weight": torch.ones(2)} | dict(list(state.items())[1:])
    network, fallback = load(SMALL[name], served("weights.pth", saved(wrong, tmp_path)))
    assert_bundled(network)
    assert fallback.kind == "architecture"
    assert next(iter(state)) in fallback.reason and "odd.weight" in fallback.reason


def test_a_damaged_file_gives_the_bundled_network_and_is_asked_for_again(installed, served, tmp_path):
    name, load, source = installed
    whole = saved(source.state_dict(), tmp_path)
    for content in (whole[: len(whole) // 2], b"<html>not found</html>", b""):
        network, fallback = load(SMALL[name], served("weights.pth", content))
        assert_bundled(network)
        assert fallback.kind == "damaged", fallback
    assert load(SMALL[name], served("weights.pth", whole))[1] is None
    assert len(served.asked) == 4


@pytest.mark.parametrize("installed", ["timm"], indirect=True)  # torchvision's addresses are fixed
def test_a_zoo_that_cannot_be_reached_gives_the_bundled_network(installed, served, monkeypatch, closed_address):
    monkeypatch.setenv("HF_ENDPOINT", closed_address.removesuffix("/weights.pth"))
    network, fallback = zoo.load_timm("resnet18")
    assert_bundled(network)
    assert fallback.kind == "unreachable"


def test_a_name_that_a_zoo_does_not_have_is_an_error_with_the_nearest(installed):
    _, load, _ = installed
    with pytest.raises(ValueError, match=r"no network 'resnet81'.*Did you mean 'resnet"):
        load("resnet81")


def test_the_fallback_prints_as_sentences():
    fallback = zoo.Fallback("timm's resnet18", "package", "timm is not installed.")
    assert str(fallback) == (
        "timm's resnet18 was not loaded: timm is not installed. The network of this package was loaded in its place."
    )
    json.dumps(vars(fallback))
