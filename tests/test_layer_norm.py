"""Layer and RMS normalization against torch's own layers, finite differences and each other. float64 unless said."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.pytorch import layer_norm as pytorch_layer_norm
from course_lib.pytorch import rms_norm as pytorch_rms_norm
from course_lib.scratch.layer_norm import LayerNorm
from course_lib.scratch.rms_norm import RMSNorm
from finite_differences import assert_is_gradient

N_FEATURES = 4
PAIRS = [
    pytest.param(LayerNorm, nn.LayerNorm, pytorch_layer_norm.LayerNorm, id="layer norm"),
    pytest.param(RMSNorm, nn.RMSNorm, pytorch_rms_norm.RMSNorm, id="RMS norm"),
]
EPSILONS = [1e-5, 0.05]
VALUES = {"scale": [0.5, -1.5, 2.0, 1.0], "shift": [3.0, 0.0, -1.0, 0.25]}


def draw(seed, rows=7):
    return np.random.default_rng(seed).normal([0.0, 5.0, -2.0, 20.0], [1.0, 0.1, 3.0, 9.0], (rows, N_FEATURES))


def trained(kind, **words):
    """A layer whose scale and shift are not 1 and 0, as after training."""
    layer = kind(N_FEATURES, dtype="float64", **words)
    for name, parameter in layer.parameters.items():
        parameter[:] = VALUES[name]
    return layer


def by_torch(module, layer, x, output_gradient):
    """Output, input gradient and gradients of the parameters of a torch module with a layer's parameters."""
    own = {"scale": module.weight, "shift": getattr(module, "bias", None)}
    with torch.no_grad():
        for name, parameter in layer.parameters.items():
            own[name].copy_(torch.from_numpy(parameter))
    x = torch.tensor(x, requires_grad=True)
    output = module(x)
    output.backward(torch.from_numpy(output_gradient))
    return output.detach().numpy(), x.grad.numpy(), {name: own[name].grad.numpy() for name in layer.parameters}


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize(("kind", "torchs", "twin"), PAIRS)
def test_outputs_and_gradients_are_those_of_torch(kind, torchs, twin, epsilon):
    layer, x, output_gradient = trained(kind, epsilon=epsilon), draw(1), draw(2)
    output, input_gradient = layer.forward(x, training=True), layer.backward(output_gradient)
    for module in (torchs(N_FEATURES, eps=epsilon, dtype=torch.float64), twin(N_FEATURES, epsilon, "float64")):
        expected, expected_input, expected_own = by_torch(module, layer, x, output_gradient)
        np.testing.assert_allclose(output, expected, rtol=1e-11)
        np.testing.assert_allclose(input_gradient, expected_input, rtol=1e-9, atol=1e-11)
        for name, gradient in expected_own.items():
            np.testing.assert_allclose(layer.gradients[name], gradient, rtol=1e-11)


@pytest.mark.parametrize(("kind", "torchs", "twin"), PAIRS)
def test_gradients_are_those_of_finite_differences(kind, torchs, twin):
    layer, x, weights = trained(kind), draw(3), draw(4)

    def loss():
        return layer.forward(x, training=True) * weights

    loss()
    input_gradient = layer.backward(weights)
    gradients = {name: gradient.copy() for name, gradient in layer.gradients.items()}
    assert_is_gradient(input_gradient, loss, x)
    for name, gradient in gradients.items():
        assert_is_gradient(gradient, loss, layer.parameters[name])


@pytest.mark.parametrize(("kind", "torchs", "twin"), PAIRS)
def test_an_example_does_not_depend_on_its_neighbors_nor_on_the_mode(kind, torchs, twin):
    layer, x = trained(kind), draw(5)
    together = layer.forward(x, training=True)
    np.testing.assert_array_equal(layer.forward(x, training=False), together)
    alone = np.concatenate([layer.forward(row[None], training=True) for row in x])
    np.testing.assert_allclose(alone, together, rtol=1e-12)


def test_layer_norm_gives_rows_of_mean_0_and_variance_1_and_rms_norm_of_mean_square_1():
    x = draw(6)
    rows = LayerNorm(N_FEATURES, epsilon=0.0, dtype="float64").forward(x)
    np.testing.assert_allclose(rows.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(rows.var(axis=1), 1)
    rows = RMSNorm(N_FEATURES, epsilon=0.0, dtype="float64").forward(x)
    np.testing.assert_allclose((rows**2).mean(axis=1), 1)
    np.testing.assert_allclose(rows / x, (rows / x)[:, :1].repeat(N_FEATURES, axis=1))  # each row by one number


@pytest.mark.parametrize(("kind", "torchs", "twin"), PAIRS)
def test_equal_and_zero_rows_stay_finite(kind, torchs, twin):
    layer = kind(N_FEATURES, dtype="float64")
    for x in (np.zeros((2, N_FEATURES)), np.full((2, N_FEATURES), 1e8)):
        assert np.isfinite(layer.forward(x)).all()
        assert np.isfinite(layer.backward(np.ones_like(x))).all()


@pytest.mark.parametrize(("kind", "torchs", "twin"), PAIRS)
def test_float32_stays_float32(kind, torchs, twin):
    layer = kind(N_FEATURES)
    x = draw(7).astype(np.float32)
    assert layer.forward(x).dtype == layer.backward(x).dtype == np.float32
