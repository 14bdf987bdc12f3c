"""Residual connections: the layer against torch and finite differences, and what they do for a deep network."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.experiments.layer_flow import layer_flow
from course_lib.pytorch.residual import Residual as PyTorchResidual
from course_lib.recipe import Recipe, RecipeError
from course_lib.scratch.activations import Activation
from course_lib.scratch.dense import Dense
from course_lib.scratch.residual import Residual
from course_lib.scratch.sequential import Sequential
from course_lib.training import make_network
from finite_differences import assert_is_gradient

UNITS = 5
DEEP = Recipe(
    hidden_layers=(30,) * 20,
    activation="sigmoid",
    initialization="xavier_normal",
    normalization="none",
    drop_rate=0.0,
    seed=2,
)


def block(seed=0):
    dense = Dense(UNITS, UNITS, "xavier_normal", np.random.default_rng(seed), dtype="float64")
    dense.parameters["bias"][:] = np.linspace(-1, 1, UNITS)
    return Residual(Sequential([dense, Activation("tanh")]))


def draw(seed, columns=UNITS):
    return np.random.default_rng(seed).normal(size=(6, columns))


def test_outputs_and_gradients_are_those_of_torch():
    layer, x, output_gradient = block(), draw(1), draw(2)
    dense = layer.inside.layers[0]
    linear = nn.Linear(UNITS, UNITS, dtype=torch.float64)
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(dense.parameters["weight"].T))
        linear.bias.copy_(torch.from_numpy(dense.parameters["bias"]))
    inputs = torch.tensor(x, requires_grad=True)
    outputs = inputs + torch.tanh(linear(inputs))
    outputs.backward(torch.from_numpy(output_gradient))
    np.testing.assert_allclose(layer.forward(x, training=True), outputs.detach(), rtol=1e-12)
    np.testing.assert_allclose(layer.backward(output_gradient), inputs.grad, rtol=1e-12)
    np.testing.assert_allclose(dense.gradients["weight"], linear.weight.grad.T, rtol=1e-12)
    twin = PyTorchResidual(nn.Sequential(linear, nn.Tanh()))
    assert torch.equal(twin(inputs), outputs)


def test_gradients_are_those_of_finite_differences():
    layer, x, weights = block(), draw(3), draw(4)
    layer.forward(x, training=True)
    gradient = layer.backward(weights)
    assert_is_gradient(gradient, lambda: layer.forward(x, training=True) * weights, x)


def test_a_block_whose_layers_give_nothing_lets_everything_through():
    layer, x = block(), draw(5)
    layer.inside.layers[0].parameters["weight"][:] = layer.inside.layers[0].parameters["bias"][:] = 0
    np.testing.assert_array_equal(layer.forward(x), x)
    np.testing.assert_array_equal(layer.backward(x), x)


def test_twenty_sigmoid_layers_keep_their_gradient_with_residual_connections_alone():
    x, labels = draw(6, 30), np.arange(6) % 4
    ratios = []
    for recipe in (DEEP, DEEP.replace(residual=True)):
        sizes = layer_flow(make_network(recipe, 30, 4, "numpy", "float64"), x, labels).gradient_size
        ratios.append(sizes[0] / sizes[-1])
    assert ratios[0] < 1e-8
    assert 0.1 < ratios[1] < 10


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_skip_stands_where_the_widths_agree_and_the_arrays_keep_their_names(engine):
    recipe = Recipe(hidden_layers=(7, 7, 5, 5), residual=True)
    network = make_network(recipe, 5, 3, engine, "float64", "cpu")
    assert [part.name for part in network.parts if part.inside] == ["residual2", "residual4"]
    plain = make_network(recipe.replace(residual=False), 5, 3, engine, "float64", "cpu")
    assert list(network.state()) == list(plain.state())
    assert not np.allclose(network.logits(draw(7)), plain.logits(draw(7)))


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_frozen_blocks_stand_still_and_the_first_that_moves_has_its_skip(engine):
    recipe = Recipe(hidden_layers=(5, 5, 5), residual=True, drop_rate=0.0, learning_rate=0.1)
    network = make_network(recipe, 5, 3, engine, "float64", "cpu")
    network.freeze(2)
    before = network.state()
    for step in range(3):
        network.train_step(draw(step), np.arange(6) % 3)
    changed = {name for name, array in network.state().items() if not np.array_equal(array, before[name])}
    assert changed and all("3" in name or "dense4" in name for name in changed)


@pytest.mark.parametrize("hidden_layers", [(), (7, 6)])
def test_where_no_widths_agree_the_recipe_is_refused(hidden_layers):
    with pytest.raises(RecipeError, match="no hidden layer is as wide as what comes into it"):
        make_network(Recipe(hidden_layers=hidden_layers, residual=True), 5, 3)
