"""Whole networks: the engines agree with each other, with finite differences, and with a net written in plain torch."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from course_lib.data import load_fashion_mnist
from course_lib.recipe import (
    ACTIVATIONS,
    AUGMENTATIONS,
    DECOUPLED_DECAY,
    INITIALIZATIONS,
    NORMALIZATIONS,
    OPTIMIZERS,
    Recipe,
)
from course_lib.training import Callback, fit, make_network
from examples import examples
from plain_muon import MuonAndAdam

TOLERANCE = 1e-8
N_INPUTS = 5

PLAIN = Recipe(hidden_layers=(9, 8), activation="tanh", drop_rate=0.0, learning_rate=0.01, seed=3)
DECAYED = PLAIN.replace(l2=0.3)  # with l2 = 0 AdamW is Adam

# A recipe and a change to it: every activation, initialization and optimizer, every limit on weights or gradient.
VARIANTS = {
    **{f"activation {name}": (PLAIN, {"activation": name}) for name in ACTIVATIONS},
    **{
        f"activation {name}, no batch norm": (PLAIN, {"activation": name, "normalization": "none"})
        for name in ACTIVATIONS
    },
    **{f"initialization {name}": (PLAIN, {"initialization": name}) for name in INITIALIZATIONS},
    **{f"normalization {name}": (PLAIN, {"normalization": name}) for name in NORMALIZATIONS},
    "residual": (PLAIN.replace(hidden_layers=(9, 9, 9)), {"residual": True}),
    **{f"optimizer {name}": (DECAYED, {"optimizer": name}) for name in OPTIMIZERS},
    "dropout": (PLAIN, {"drop_rate": 0.5}),
    "L1": (PLAIN, {"l1": 0.03}),
    "L2": (PLAIN, {"l2": 0.3}),
    "weight decay": (PLAIN.replace(optimizer="adamw"), {"l2": 0.3}),
    "max-norm": (PLAIN, {"max_norm": 0.7}),
    "label smoothing": (PLAIN, {"label_smoothing": 0.3}),
    "clipping by norm": (PLAIN, {"clip_norm": 0.05}),
    "clipping by value": (PLAIN, {"clip_value": 0.005}),
    "both clippings": (PLAIN.replace(clip_norm=0.05), {"clip_value": 0.005}),
    "no hidden layer": (PLAIN, {"hidden_layers": ()}),
    "six hidden layers": (PLAIN, {"hidden_layers": (8, 7, 6, 5, 6, 7)}),
}


@st.composite
def recipes(draw):
    """Recipes of depth 0 to 6 that every other field is drawn for."""
    optional = st.one_of(st.none(), st.floats(0.01, 2.0))
    widths = draw(st.lists(st.integers(2, 9), min_size=0, max_size=6))
    activation, normalization = draw(st.sampled_from(ACTIVATIONS)), draw(st.sampled_from(NORMALIZATIONS))
    # Where all units of a row are 0, the next layer's RMS norm divides a bias of rounding errors by their own size.
    assume((activation, normalization) != ("relu", "rms"))
    return Recipe(
        hidden_layers=widths,
        activation=activation,
        initialization=draw(st.sampled_from(INITIALIZATIONS)),
        normalization=normalization,
        residual=draw(st.booleans()) and any(before == after for before, after in pairwise((N_INPUTS, *widths))),
        drop_rate=draw(st.sampled_from([0.0, 0.1, 0.5])),
        l1=draw(st.sampled_from([0.0, 0.001, 0.1])),
        l2=draw(st.sampled_from([0.0, 0.001, 0.1])),
        max_norm=draw(optional),
        label_smoothing=draw(st.sampled_from([0.0, 0.1, 0.6])),
        optimizer=draw(st.sampled_from(OPTIMIZERS)),
        learning_rate=draw(st.sampled_from([0.001, 0.01])),
        clip_norm=draw(optional),
        clip_value=draw(optional),
        seed=draw(st.integers(0, 10_000)),
    )


def both_engines(recipe, n_inputs, n_classes):
    """The recipe's network in both engines, in float64."""
    networks = [make_network(recipe, n_inputs, n_classes, engine, "float64", "cpu") for engine in ("numpy", "torch")]
    assert isinstance(networks[1].module, nn.Module)
    assert not hasattr(networks[0], "module")  # nothing is compared with itself
    return networks


def draw_batch(seed, examples=24, n_inputs=5, n_classes=4):
    rng = np.random.default_rng([99, seed])
    return rng.normal(size=(examples, n_inputs)), rng.integers(0, n_classes, examples)


def assert_close(ours, theirs, tolerance=TOLERANCE):
    """The same names, and every entry equal to `tolerance`, relative to the largest entry under any name."""
    assert list(ours) == list(theirs)
    size = max(1.0, max(np.abs(array).max() for array in ours.values()))
    for name, array in ours.items():
        assert array.shape == theirs[name].shape
        np.testing.assert_allclose(array, theirs[name], rtol=tolerance, atol=tolerance * size, err_msg=name)


def assert_walk_together(recipe, steps):
    """Both engines start alike and stay together for `steps` updates; returns the NumPy one."""
    numpy_network, torch_network = both_engines(recipe, 5, 4)
    assert_close(numpy_network.state(), torch_network.state(), tolerance=1e-14)
    for step in range(steps):
        x, labels = draw_batch([recipe.seed, step])
        losses = [network.train_step(x, labels) for network in (numpy_network, torch_network)]
        assert losses[0] == pytest.approx(losses[1], rel=TOLERANCE)
        assert_close(numpy_network.state(), torch_network.state())
    x, _ = draw_batch([recipe.seed, steps])
    assert_close({"logits": numpy_network.logits(x)}, {"logits": torch_network.logits(x)})
    return numpy_network


@settings(derandomize=True, deadline=None, max_examples=examples(300))
@given(recipes())
def test_loss_and_all_gradients_of_the_two_engines_agree(recipe):
    x, labels = draw_batch(recipe.seed)
    (loss, gradients), (torch_loss, torch_gradients) = (
        network.loss_and_gradients(x, labels) for network in both_engines(recipe, 5, 4)
    )
    assert loss == pytest.approx(torch_loss, rel=TOLERANCE)
    assert_close(gradients, torch_gradients)


@settings(derandomize=True, deadline=None, max_examples=examples(200))
@given(recipes())
def test_parameters_statistics_and_predictions_agree_after_a_few_updates(recipe):
    assert_walk_together(recipe, steps=4)


@pytest.mark.parametrize("plain, changes", VARIANTS.values(), ids=VARIANTS)
def test_every_technique_is_in_both_engines_and_does_something(plain, changes):
    network = assert_walk_together(plain.replace(**changes), steps=6)
    if plain.replace(**changes) != plain:
        x, _ = draw_batch(0)
        assert not np.allclose(network.logits(x), assert_walk_together(plain, steps=6).logits(x), rtol=1e-6)


@pytest.mark.parametrize("source, target", [("numpy", "torch"), ("torch", "numpy")])
def test_parameters_and_statistics_move_from_one_engine_to_the_other(source, target):
    recipe = Recipe(hidden_layers=(7, 6), activation="prelu")
    networks = dict(zip(("numpy", "torch"), both_engines(recipe, 5, 4), strict=True))
    for step in range(5):
        networks[source].train_step(*draw_batch(step))
    x, labels = draw_batch(50)
    assert not np.allclose(networks[source].logits(x), networks[target].logits(x))
    networks[target].load_state(networks[source].state())
    np.testing.assert_allclose(networks[source].logits(x), networks[target].logits(x), rtol=1e-12, atol=1e-12)

    fresh = make_network(recipe.replace(drop_rate=0.0), 5, 4, target, "float64", "cpu")
    fresh.load_parameters(networks[source].parameters())
    other = make_network(recipe.replace(drop_rate=0.0), 5, 4, source, "float64", "cpu")
    other.load_parameters(networks[source].parameters())
    (loss, gradients), (other_loss, other_gradients) = (
        network.loss_and_gradients(x, labels) for network in (fresh, other)
    )
    assert loss == pytest.approx(other_loss, rel=TOLERANCE)
    assert_close(gradients, other_gradients)


# Finite differences: the loss alone, evaluated twice for each of a few parameters, knows nothing of back-propagation.

DIFFERENTIABLE = {
    "the default recipe": Recipe(hidden_layers=(7, 6), drop_rate=0.3),
    "prelu with penalties": Recipe(hidden_layers=(7, 6), activation="prelu", l1=0.01, l2=0.1, drop_rate=0.3),
    "rrelu without batch norm": Recipe(hidden_layers=(7, 6), activation="rrelu", normalization="none", l2=0.1),
    "label smoothing": Recipe(hidden_layers=(7, 6), label_smoothing=0.2, l2=0.1),
    "gelu, deep": Recipe(hidden_layers=(6, 6, 6, 6), activation="gelu", normalization="none", l1=0.01),
    "selu with batch norm": Recipe(hidden_layers=(7,), activation="selu", l1=0.02, optimizer="adamw", l2=5.0),
    "no hidden layer": Recipe(hidden_layers=(), l1=0.01, l2=0.1),
}


def loss_at(recipe, parameters, x, labels, engine):
    """The training loss at these parameters: a fresh network draws the same masks every time."""
    network = make_network(recipe, x.shape[1], 4, engine, "float64", "cpu")
    network.load_parameters(parameters)
    return network.loss_and_gradients(x, labels)[0]


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("recipe", DIFFERENTIABLE.values(), ids=DIFFERENTIABLE)
def test_gradients_are_the_slopes_of_the_loss(recipe, engine):
    rng = np.random.default_rng(7)
    x, labels = draw_batch(7)
    network = make_network(recipe, 5, 4, engine, "float64", "cpu")
    parameters = {name: array + rng.normal(0, 0.1, array.shape) for name, array in network.parameters().items()}
    network.load_parameters(parameters)
    _, gradients = network.loss_and_gradients(x, labels)
    difference = 1e-5
    for name, gradient in gradients.items():
        for flat_index in rng.choice(gradient.size, size=min(4, gradient.size), replace=False):
            index = np.unravel_index(flat_index, gradient.shape)
            losses = []
            for direction in (difference, -difference):
                moved = {**parameters, name: parameters[name].copy()}
                moved[name][index] += direction
                losses.append(loss_at(recipe, moved, x, labels, engine))
            slope = (losses[0] - losses[1]) / (2 * difference)
            assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-8), f"{name}[{index}]"


# Real images.


class StopAfter(Callback):
    def __init__(self, steps):
        self.steps = steps

    def on_step(self, run, loss):
        if run.steps == self.steps:
            run.stop()


@pytest.fixture(scope="module")
def images():
    return load_fashion_mnist()


def curve(recipe, images, engine, steps=200):
    """The losses of the first steps, and the network's logits after them."""
    result = fit(recipe, images, engine, "cpu", "float64", callbacks=[StopAfter(steps)], progress=False)
    return np.array(result.step_losses), result


@pytest.mark.parametrize("augmentation", AUGMENTATIONS)
def test_the_default_recipe_walks_the_same_curve_on_real_images_in_both_engines(images, augmentation):
    recipe = Recipe(hidden_layers=(100, 50), epochs=2, augmentation=augmentation)
    (losses, result), (torch_losses, torch_result) = (curve(recipe, images, engine) for engine in ("numpy", "torch"))
    assert len(losses) == 200
    np.testing.assert_allclose(losses, torch_losses, rtol=0, atol=1e-6)
    assert losses[-20:].mean() < losses[:20].mean() / 1.5  # it is a curve of something that learns
    for name in ("batch_loss", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"):
        assert result.history[0][name] == pytest.approx(torch_result.history[0][name], abs=1e-6)
    if augmentation != "none":
        without, _ = curve(recipe.replace(augmentation="none"), images, "numpy", steps=1)
        assert losses[0] != pytest.approx(without[0], rel=1e-3)


def test_a_plain_network_walks_the_same_curve_on_real_images_in_both_engines(images):
    recipe = Recipe(
        activation="relu",
        normalization="none",
        drop_rate=0.0,
        optimizer="gradient_descent",
        learning_rate=0.1,
        epochs=2,
    )
    (losses, _), (torch_losses, _) = (curve(recipe, images, engine) for engine in ("numpy", "torch"))
    assert len(losses) == 200
    np.testing.assert_allclose(losses, torch_losses, rtol=0, atol=1e-6)
    assert losses[-20:].mean() < losses[:20].mean() / 2


def plain_torch_network(parameters):
    """The default recipe's network without dropout, in torch alone, with a batch norm as PyTorch makes it."""
    network = nn.Sequential(
        nn.Linear(784, 30, bias=False),
        nn.BatchNorm1d(30),
        nn.ELU(),
        nn.Linear(30, 20, bias=False),
        nn.BatchNorm1d(20),
        nn.ELU(),
        nn.Linear(20, 10),
    ).double()
    with torch.no_grad():
        for layer, name in ((0, "dense1"), (3, "dense2"), (6, "dense3")):
            network[layer].weight.copy_(torch.from_numpy(parameters[f"{name}.weight"].T))
        network[6].bias.zero_()
    return network


def plain_torch_optimizer(name, network):
    """What each optimizer of a recipe is in torch.optim, with learning rate 0.01; decoupled weight decay is 0.1."""
    parameters = list(network.parameters())
    weights = [layer.weight for layer in network if isinstance(layer, nn.Linear)]
    others = [parameter for parameter in parameters if all(parameter is not weight for weight in weights)]
    return {
        "gradient_descent": lambda: torch.optim.SGD(parameters, lr=0.01),
        "momentum": lambda: torch.optim.SGD(parameters, lr=0.01, momentum=0.9),
        "nesterov": lambda: torch.optim.SGD(parameters, lr=0.01, momentum=0.9, nesterov=True),
        "rmsprop": lambda: torch.optim.RMSprop(parameters, lr=0.01),
        "adam": lambda: torch.optim.Adam(parameters, lr=0.01),
        "adamw": lambda: torch.optim.AdamW(
            [{"params": weights, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=0.01
        ),
        "muon": lambda: MuonAndAdam(weights, others, 0.01, weight_decay=0.1),
    }[name]()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_numpy_engine_trains_as_a_network_written_in_plain_torch(images, optimizer):
    recipe = Recipe(
        hidden_layers=(30, 20),
        drop_rate=0.0,
        optimizer=optimizer,
        learning_rate=0.01,
        l2=0.1 if optimizer in DECOUPLED_DECAY else 0.0,
    )
    ours = make_network(recipe, 784, 10, "numpy", "float64")
    theirs = plain_torch_network(ours.parameters())
    optimizer = plain_torch_optimizer(optimizer, theirs)
    x, labels = images.train.x.astype(np.float64), images.train.labels
    losses, their_losses = [], []
    for step in range(50):
        rows = slice(64 * step, 64 * step + 64)
        losses.append(ours.train_step(x[rows], labels[rows]))
        loss = nn.functional.cross_entropy(theirs(torch.from_numpy(x[rows])), torch.from_numpy(labels[rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        their_losses.append(loss.item())
    np.testing.assert_allclose(losses, their_losses, rtol=0, atol=1e-9)
    theirs.eval()
    with torch.no_grad():
        their_logits = theirs(torch.from_numpy(x[-100:])).numpy()
    np.testing.assert_allclose(ours.logits(x[-100:]), their_logits, rtol=0, atol=1e-9)
    named = {"running_mean": theirs[1].running_mean, "running_variance": theirs[1].running_var}
    for name, statistic in named.items():
        np.testing.assert_allclose(ours.state()[f"batch_norm1.{name}"], statistic.numpy(), rtol=1e-9, atol=1e-12)
