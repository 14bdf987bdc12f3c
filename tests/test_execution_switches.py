"""Every switch of an Execution agrees with the plain run, and is really on.

CUDA graphs are in test_cuda_graphs.py. What needs a CUDA device is skipped where there is none.
"""

import importlib

import numpy as np
import pytest
import torch

from course_lib.data import load_fashion_mnist
from course_lib.engine import executed_network as execution
from course_lib.engine.executed_network import ExecutedNetwork, float32_products
from course_lib.engine.torch_backend import Network
from course_lib.execution import Execution
from course_lib.recipe import Recipe
from course_lib.training.batches import epoch_batches
from executed_runs import BATCHES, EXACT, EXAMPLES, SMALL, VARIANTS, assert_same, executed_run, plain_run

# Fused and usual optimizer steps


@pytest.fixture
def steps_taken(monkeypatch):
    """The names of the optimizers' inner steps that were taken."""
    taken = set()

    def watch(module, name):
        inner = getattr(module, name)

        def watched(*arguments, **words):
            taken.add(name)
            return inner(*arguments, **words)

        monkeypatch.setattr(module, name, watched)

    for optimizer in ("adam", "sgd", "rmsprop"):
        module = importlib.import_module(f"torch.optim.{optimizer}")
        for way in ("fused", "single_tensor", "multi_tensor"):
            if hasattr(module, f"_{way}_{optimizer}"):
                watch(module, f"_{way}_{optimizer}")
    return taken


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", VARIANTS)
def test_the_fused_and_the_usual_step_give_the_plain_run(name, fused, steps_taken):
    recipe = VARIANTS[name]
    expected, plain = plain_run(recipe)
    steps_taken.clear()
    losses, network = executed_run(recipe, EXACT.replace(fused=fused))
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert_same(network, plain)
    (taken,) = steps_taken
    assert taken.startswith("_fused") == (fused and name != "rmsprop")
    notes = {"rmsprop": "fused: PyTorch has no fused RMSProp", "muon": "fused: Muon has no fused step"}
    assert [note.split(";")[0] for note in network.notes] == ([notes[name]] if fused and name in notes else [])


def test_the_limits_were_reached():
    _, plain = plain_run(VARIANTS["limits"])
    assert plain.clipped_steps > 0
    lengths = np.linalg.norm(plain.parameters()["dense1.weight"], axis=0)
    assert lengths.max() == pytest.approx(1.2)  # some were shortened to it


def test_a_frozen_layer_stands_still_in_every_execution():
    losses = []
    for network in (Network(SMALL, 7, 3, "float64", "cpu"), ExecutedNetwork(SMALL, 7, 3, EXACT.replace(fused=False))):
        network.freeze(1)
        before = network.state()
        x, labels = network.place(*EXAMPLES)
        losses.append([network.update(x[rows], labels[rows]) for rows in BATCHES])
        after = network.state()
        still = {name for name in before if np.array_equal(before[name], after[name])}
        assert still == {name for name in before if name.startswith(("dense1", "batch_norm1"))}
    np.testing.assert_allclose(*losses, rtol=1e-9)


# Mixed precision


@pytest.fixture(scope="module")
def images():
    return load_fashion_mnist().train


@pytest.fixture(scope="module")
def steps(images):
    return epoch_batches(len(images.x), 64, np.random.default_rng(0))[:60]


def losses_on_images(how, images, steps):
    network = ExecutedNetwork(Recipe(learning_rate=0.003), 784, 10, how)
    return network.run_steps(images.x, images.labels, steps).double().numpy(), network


@pytest.fixture(scope="module")
def full_precision(images, steps):
    return losses_on_images(Execution(device="cpu"), images, steps)[0]


@pytest.mark.parametrize(("precision", "tolerance"), [("bfloat16", 0.02), ("float16", 0.005)])
def test_mixed_precision_stays_near_full_precision(precision, tolerance, images, steps, full_precision):
    losses, network = losses_on_images(Execution(device="cpu", mixed_precision=precision), images, steps)
    difference = np.abs(losses / full_precision - 1)
    assert 0 < difference.max() < tolerance
    assert full_precision[-10:].mean() < 0.5 * full_precision[0]  # they learned
    seen = []
    network.module[0].register_forward_hook(lambda layer, x, output: seen.append(output.dtype))
    network.train_step(images.x[:64], images.labels[:64])
    network.evaluate(*network.place(images.x[:64], images.labels[:64]))
    assert seen == [getattr(torch, precision), torch.float32]  # evaluation is in full precision
    assert {parameter.dtype for parameter in network.module.parameters()} == {torch.float32}


def test_float16_skips_a_step_whose_gradient_overflows_and_lowers_its_scale():
    for fused in (True, False):
        how = Execution(device="cpu", mixed_precision="float16", fused=fused)
        network = ExecutedNetwork(SMALL, 7, 3, how)
        network.train_step(EXAMPLES[0][:16], EXAMPLES[1][:16])
        network._scaler.update(2.0**30)
        before = network.parameters()
        network.train_step(EXAMPLES[0][:16], EXAMPLES[1][:16])
        assert all(np.array_equal(value, before[name]) for name, value in network.parameters().items())
        assert network._scaler.get_scale() == 2.0**29


def test_float16_clips_the_gradient_and_not_its_scaled_form():
    recipe = SMALL.replace(optimizer="gradient_descent", clip_norm=0.2, learning_rate=1.0)
    plain = ExecutedNetwork(recipe, 7, 3, Execution(device="cpu"))
    scaled = ExecutedNetwork(recipe, 7, 3, Execution(device="cpu", mixed_precision="float16"))
    for network in (plain, scaled):
        before = network.parameters()
        network.train_step(EXAMPLES[0][:16], EXAMPLES[1][:16])
        step = np.concatenate([(value - before[name]).ravel() for name, value in network.parameters().items()])
        assert np.linalg.norm(step) == pytest.approx(0.2, rel=1e-3)
        assert network.clipped_steps == 1


# Products in tf32: the switch is of the whole process


def test_the_precision_of_products_is_set_and_set_back():
    before = torch.get_float32_matmul_precision()
    with float32_products("high"):
        assert torch.get_float32_matmul_precision() == "high" != before
    assert torch.get_float32_matmul_precision() == before
    with pytest.raises(KeyError), float32_products("high"):
        raise KeyError
    assert torch.get_float32_matmul_precision() == before
    with float32_products(None):
        assert torch.get_float32_matmul_precision() == before


def test_steps_run_in_the_products_that_were_asked_for(monkeypatch):
    monkeypatch.setattr(execution, "_uses_tf32", lambda *arguments: True)  # a stand-in for a device that has tf32
    network, seen = ExecutedNetwork(SMALL, 7, 3, EXACT), []
    network.module[0].register_forward_hook(lambda *_: seen.append(torch.get_float32_matmul_precision()))
    network.run_steps(*EXAMPLES, [np.arange(16)])
    network.train_step(*(each[:16] for each in EXAMPLES))
    assert seen == ["high", "high"]


# Masks that are drawn on the device


def test_masks_from_the_device_repeat_with_the_seed_and_are_other_than_numpys():
    recipe = SMALL.replace(activation="rrelu", drop_rate=0.5)
    how = EXACT.replace(masks="device")
    first, again = (executed_run(recipe, how)[0] for _ in range(2))
    assert first == again
    assert first != executed_run(recipe, EXACT)[0]
    network = ExecutedNetwork(recipe, 7, 3, how)
    other = ExecutedNetwork(recipe.replace(seed=1), 7, 3, how)
    other.load_state(network.state())
    x, labels = EXAMPLES
    assert (
        other.train_step(x[:16], labels[:16])
        != network.train_step(x[:16], labels[:16])
        == first_loss(network, x, labels)
    )


def first_loss(network, x, labels):
    """The loss of a fresh network's first step."""
    return ExecutedNetwork(network.recipe, 7, 3, network.execution).train_step(x[:16], labels[:16])


@pytest.mark.parametrize("masks", ["seeded", "device"])
def test_masks_drop_the_share_and_keep_the_mean(masks):
    recipe = Recipe(hidden_layers=(500,), activation="rrelu", drop_rate=0.2, batch_size=400)
    network = ExecutedNetwork(recipe, 7, 3, EXACT.replace(masks=masks))
    network.module.train()
    network.draw_masks(400)
    slopes, mask = (layer.numbers.drawn for layer in network._random_layers)
    n = 400 * 500
    assert set(mask.unique().tolist()) == {0.0, 1.25}
    assert abs((mask == 0).double().mean() - 0.2) < 4 * np.sqrt(0.2 * 0.8 / n)
    assert 1 / 8 <= slopes.min() < slopes.max() <= 1 / 3
    width = 1 / 3 - 1 / 8
    assert abs(slopes.mean() - 11 / 48) < 4 * width / np.sqrt(12 * n)
    old = mask.clone()
    network.draw_masks(400)
    assert network._random_layers[1].numbers.drawn is mask  # in its place
    assert abs((mask == old).double().mean() - (0.8**2 + 0.2**2)) < 4 * np.sqrt(0.25 / n)  # independent of the last


# torch.compile, with its cheap backend that compiles nothing but goes all the way to it


@pytest.fixture
def backend(monkeypatch):
    def use(name):
        torch._dynamo.reset()
        monkeypatch.setattr(execution, "COMPILER", name)

    yield use
    torch._dynamo.reset()


@pytest.mark.parametrize("name", ["rrelu", "limits", "no hidden layer"])
def test_a_compiled_step_gives_the_plain_run(name, backend):
    calls = []

    def counting(graph, inputs):
        def compiled(*arguments):
            calls.append(len(arguments))
            return graph(*arguments)

        return compiled

    backend(counting)
    expected, plain = plain_run(VARIANTS[name])
    losses, network = executed_run(VARIANTS[name], EXACT.replace(compile=True))
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert_same(network, plain)
    assert network.notes == []
    assert len(calls) == 1 + sum(len(rows) == 16 for rows in BATCHES)  # the trial, and each full batch


def test_where_compiling_fails_the_run_goes_on_and_says_why(backend):
    def broken(graph, inputs):
        raise OSError("no compiler on this machine")

    backend(broken)
    expected, plain = plain_run(VARIANTS["rrelu"])
    losses, network = executed_run(VARIANTS["rrelu"], EXACT.replace(compile=True))
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert_same(network, plain)
    (note,) = network.notes
    assert note.startswith("compile: not used") and "no compiler on this machine" in note


def test_preparing_compiles_and_learns_nothing(backend):
    backend("eager")
    network = ExecutedNetwork(VARIANTS["rrelu"], 7, 3, EXACT.replace(compile=True))
    before = network.state()
    x, labels = network.place(*EXAMPLES)
    network.prepare(x[:16], labels[:16])
    assert network._compiled is not None
    assert all(np.array_equal(value, before[name]) for name, value in network.state().items())
    assert network.update(x[:16], labels[:16]) == pytest.approx(plain_run(VARIANTS["rrelu"], [np.arange(16)])[0][0])


# On a CUDA device, where there is one


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(
    ("switch", "tolerance"),
    [
        ({"fused": False}, 1e-3),
        ({"mixed_precision": "bfloat16"}, 0.03),
        ({"mixed_precision": "float16"}, 0.01),
        ({"mixed_precision": "bfloat16", "cuda_graphs": True}, 0.03),
        ({"float32_products": "tf32"}, 0.01),
        ({"cuda_graphs": True}, 1e-3),
        ({"compile": True}, 1e-3),
        ({"compile": True, "cuda_graphs": True, "mixed_precision": "bfloat16"}, 0.03),
    ],
)
def test_on_a_gpu_each_switch_agrees_with_the_plain_run(switch, tolerance, images, steps, full_precision):
    losses, network = losses_on_images(Execution(device="cuda", **switch), images, steps)
    np.testing.assert_allclose(losses, full_precision, rtol=tolerance)
    assert network.notes == []


# The real compiler, last: it takes its time


@pytest.mark.weekly("compiles for a quarter of a minute; its answer changes with PyTorch's version, which is pinned")
def test_the_real_compiler_gives_the_plain_run_or_says_why_not():
    torch._dynamo.reset()
    expected, plain = plain_run(SMALL)
    losses, network = executed_run(SMALL, EXACT.replace(compile=True))
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert_same(network, plain)
    assert (network._compiled is None) == bool(network.notes)
