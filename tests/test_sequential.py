"""A list of layers: forward and backward through all of them, against torch.nn.Sequential and finite differences."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from course_lib.engine.back_ends import lesson
from finite_differences import assert_is_gradient

WIDTHS = (5, 4, 6, 3)


def layers_of(engine):
    """Dense, batch norm, tanh; dense, PReLU; dense: five kinds of layers, with the same weights in both engines."""
    dense, batch_norm, activations = (lesson(engine, name) for name in ("dense", "batch_norm", "activations"))
    rng = np.random.default_rng(0)
    first, second, third = (
        dense.Dense(fan_in, fan_out, "xavier_normal", rng, dtype="float64") for fan_in, fan_out in pairwise(WIDTHS)
    )
    norm = batch_norm.BatchNorm(WIDTHS[1], dtype="float64")
    return [first, norm, activations.Activation("tanh"), second, activations.PReLU(dtype="float64"), third]


def network(engine):
    return lesson(engine, "sequential").Sequential(layers_of(engine))


@pytest.fixture
def x():
    return np.random.default_rng(1).normal(size=(7, WIDTHS[0]))


@pytest.fixture
def output_gradient():
    return np.random.default_rng(2).normal(size=(7, WIDTHS[-1]))


@pytest.mark.parametrize("training", [True, False])
def test_outputs_are_those_of_torch_in_training_and_in_evaluation(x, training):
    ours, theirs = network("numpy"), network("torch")
    theirs.train(training)
    for batch in (x, x + 1):  # the second one finds running averages that the first has moved
        expected = theirs(torch.from_numpy(batch)).detach().numpy()
        np.testing.assert_allclose(ours.forward(batch, training), expected, rtol=1e-12)
    assert isinstance(theirs, torch.nn.Sequential)


def test_all_gradients_are_those_of_torch(x, output_gradient):
    ours, theirs = network("numpy"), network("torch")
    ours.forward(x, training=True)
    input_gradient = ours.backward(output_gradient)
    inputs = torch.from_numpy(x).requires_grad_()
    theirs(inputs).backward(torch.from_numpy(output_gradient))
    np.testing.assert_allclose(input_gradient, inputs.grad.numpy(), rtol=1e-10, atol=1e-13)
    compared = 0
    for layer, twin in zip(ours.layers, theirs.layers, strict=True):
        for name, gradient in layer.gradients.items():
            expected = getattr(twin, twin.named[name]).grad.numpy().T
            np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-13, err_msg=name)
            compared += 1
    assert compared == 9  # three weights and biases, scale and shift, one slope


def test_gradients_are_the_slopes_of_the_outputs(x, output_gradient):
    ours = network("numpy")

    def weighted_outputs():
        return ours.forward(x, training=True) * output_gradient

    weighted_outputs()
    assert_is_gradient(ours.backward(output_gradient), weighted_outputs, x)
    for layer in ours.layers:
        for name, parameter in layer.parameters.items():
            weighted_outputs()
            ours.backward(output_gradient)
            if layer is ours.layers[0] and name == "bias":
                continue  # batch norm takes a constant away again: this gradient is 0
            assert_is_gradient(layer.gradients[name].copy(), weighted_outputs, parameter)


def test_a_network_can_be_a_layer_of_another(x, output_gradient):
    flat, layers = network("numpy"), layers_of("numpy")
    sequential = lesson("numpy", "sequential").Sequential
    nested = sequential([sequential(layers[:3]), sequential(layers[3:])])
    np.testing.assert_array_equal(nested.forward(x, True), flat.forward(x, True))
    np.testing.assert_array_equal(nested.backward(output_gradient), flat.backward(output_gradient))
