"""Dense layers against torch.nn.Linear, finite differences and each other. float64 unless said."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.pytorch.dense import Dense as PyTorchDense
from course_lib.recipe import INITIALIZATIONS
from course_lib.scratch import initializers
from course_lib.scratch.dense import Dense
from finite_differences import assert_is_gradient

FAN_IN, FAN_OUT, BATCH = 5, 3, 7


def _random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def _layer(bias=True):
    """A layer whose bias is not 0, as after training."""
    layer = Dense(FAN_IN, FAN_OUT, rng=np.random.default_rng(1), bias=bias, dtype="float64")
    if bias:
        layer.parameters["bias"][:] = _random(FAN_OUT, seed=2)
    return layer


def _linear(layer):
    """The torch.nn.Linear with a layer's parameters."""
    linear = nn.Linear(FAN_IN, FAN_OUT, bias="bias" in layer.parameters, dtype=torch.float64)
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(layer.parameters["weight"].T))
        if "bias" in layer.parameters:
            linear.bias.copy_(torch.from_numpy(layer.parameters["bias"]))
    return linear


@pytest.mark.parametrize("bias", [True, False])
def test_output_and_all_gradients_are_those_of_torch(bias):
    layer = _layer(bias)
    for seed in (3, 4):  # twice: gradients are replaced, not added up
        x, output_gradient = _random(BATCH, FAN_IN, seed=seed), _random(BATCH, FAN_OUT, seed=seed + 10)
        output, input_gradient = layer.forward(x, training=True), layer.backward(output_gradient)
        linear, x_torch = _linear(layer), torch.tensor(x, requires_grad=True)
        expected = linear(x_torch)
        expected.backward(torch.from_numpy(output_gradient))
        np.testing.assert_allclose(output, expected.detach(), rtol=1e-9)
        np.testing.assert_allclose(input_gradient, x_torch.grad, rtol=1e-9)
        np.testing.assert_allclose(layer.gradients["weight"], linear.weight.grad.T, rtol=1e-9)
        assert set(layer.gradients) == set(layer.parameters) == ({"weight", "bias"} if bias else {"weight"})
        if bias:
            np.testing.assert_allclose(layer.gradients["bias"], linear.bias.grad, rtol=1e-9)


def test_all_gradients_are_those_of_finite_differences():
    layer, x, output_gradient = _layer(), _random(BATCH, FAN_IN, seed=3), _random(BATCH, FAN_OUT, seed=4)

    def weighted_output():
        return layer.forward(x) * output_gradient

    weighted_output()
    assert_is_gradient(layer.backward(output_gradient), weighted_output, x)
    for name, parameter in layer.parameters.items():
        assert_is_gradient(layer.gradients[name], weighted_output, parameter)


def test_training_and_evaluation_are_the_same():
    layer, x = _layer(), _random(BATCH, FAN_IN)
    np.testing.assert_array_equal(layer.forward(x, training=True), layer.forward(x))


def test_input_is_left_unchanged():
    layer, x, output_gradient = _layer(), _random(BATCH, FAN_IN), _random(BATCH, FAN_OUT)
    layer.forward(x)
    layer.backward(output_gradient)
    np.testing.assert_array_equal(x, _random(BATCH, FAN_IN))
    np.testing.assert_array_equal(output_gradient, _random(BATCH, FAN_OUT))


def test_first_layer_computes_no_input_gradient_but_the_others():
    layer, output_gradient = _layer(), _random(BATCH, FAN_OUT)
    layer.forward(_random(BATCH, FAN_IN))
    layer.backward(output_gradient)
    expected = {name: gradient.copy() for name, gradient in layer.gradients.items()}
    for gradient in layer.gradients.values():
        gradient[...] = np.nan
    layer.needs_input_gradient = False
    assert layer.backward(output_gradient) is None
    for name, gradient in layer.gradients.items():
        np.testing.assert_array_equal(gradient, expected[name])


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_weights_come_from_the_named_initialization_and_biases_are_0(name):
    expected = getattr(initializers, name)(FAN_IN, FAN_OUT, np.random.default_rng(6))
    layer = Dense(FAN_IN, FAN_OUT, name, np.random.default_rng(6), dtype="float64")
    np.testing.assert_array_equal(layer.parameters["weight"], expected)
    np.testing.assert_array_equal(layer.parameters["bias"], np.zeros(FAN_OUT))
    linear = PyTorchDense(FAN_IN, FAN_OUT, name, np.random.default_rng(6), dtype="float64")
    np.testing.assert_allclose(linear.weight.detach().T, expected, rtol=1e-15)
    np.testing.assert_array_equal(linear.bias.detach(), np.zeros(FAN_OUT))


def test_he_normal_is_the_default_initialization():
    for layer_type, weight_of in ((Dense, _own_weight), (PyTorchDense, _torch_weight)):
        default = layer_type(FAN_IN, FAN_OUT, rng=np.random.default_rng(6))
        he_normal = layer_type(FAN_IN, FAN_OUT, "he_normal", np.random.default_rng(6))
        np.testing.assert_array_equal(weight_of(default), weight_of(he_normal))


def _own_weight(layer):
    return layer.parameters["weight"]


def _torch_weight(layer):
    return layer.weight.detach().numpy().T


def test_layers_made_without_a_generator_differ():
    for layer_type, weight_of in ((Dense, _own_weight), (PyTorchDense, _torch_weight)):
        assert np.all(weight_of(layer_type(FAN_IN, FAN_OUT)) != weight_of(layer_type(FAN_IN, FAN_OUT)))


@pytest.mark.parametrize("bias", [True, False])
def test_both_engines_agree(bias):
    x, output_gradient = _random(BATCH, FAN_IN, seed=3), _random(BATCH, FAN_OUT, seed=4)
    ours = Dense(FAN_IN, FAN_OUT, rng=np.random.default_rng(5), bias=bias, dtype="float64")
    theirs = PyTorchDense(FAN_IN, FAN_OUT, rng=np.random.default_rng(5), bias=bias, dtype="float64")
    x_torch = torch.tensor(x, requires_grad=True)
    expected = theirs(x_torch)
    expected.backward(torch.from_numpy(output_gradient))
    np.testing.assert_allclose(ours.forward(x), expected.detach(), rtol=1e-9)
    np.testing.assert_allclose(ours.backward(output_gradient), x_torch.grad, rtol=1e-9)
    for name in ours.parameters:
        gradient = getattr(theirs, theirs.named[name]).grad
        np.testing.assert_allclose(ours.gradients[name].T, gradient, rtol=1e-9)
    assert (theirs.bias is None) == (not bias)


def test_float32_stays_float32():
    layer = Dense(FAN_IN, FAN_OUT, rng=np.random.default_rng(0))
    x, output_gradient = _random(BATCH, FAN_IN).astype(np.float32), _random(BATCH, FAN_OUT).astype(np.float32)
    assert layer.forward(x).dtype == layer.backward(output_gradient).dtype == np.float32
    assert {array.dtype for array in (*layer.parameters.values(), *layer.gradients.values())} == {np.dtype("float32")}
    assert PyTorchDense(FAN_IN, FAN_OUT).weight.dtype == torch.float32
