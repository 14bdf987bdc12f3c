"""Activations and their derivatives against torch.nn, and the two engines against each other. All in float64."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from course_lib.pytorch import activations as pytorch_activations
from course_lib.recipe import ACTIVATIONS
from course_lib.scratch import activations as scratch_activations
from finite_differences import assert_is_gradient

ENGINES = [
    pytest.param(scratch_activations, id="scratch"),
    pytest.param(pytorch_activations, id="pytorch"),
]
ORACLES = {
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(),
    "rrelu": nn.RReLU().eval(),
    "prelu": nn.PReLU(dtype=torch.float64),
    "elu": nn.ELU(),
    "selu": nn.SELU(),
    "gelu": nn.GELU(approximate="tanh"),
    "silu": nn.SiLU(),
}
NAMES = list(ORACLES)

ORDINARY = np.linspace(-6.0, 6.0, 61).reshape(-1, 1) + np.array([[0.013, -0.007, 0.0]])
EXTREME = np.array([[0.0, -0.0, 1e-300, -1e-300], [50.0, -50.0, 1000.0, -1000.0]])
# 1 + tanh(u) cancels for u << 0, in PyTorch as here: of gelu's left tail about 15 digits after the point are known.
TAIL = {"gelu": 1e-14}


def layer_of(engine, name, rng, dtype="float32"):
    """The layer of an activation: of its own where it draws or learns its slope."""
    own = {"rrelu": lambda: engine.RReLU(rng), "prelu": lambda: engine.PReLU(dtype)}
    return own.get(name, lambda: engine.Activation(name))()


def _call(engine, name, z, *words):
    function = getattr(engine, name)
    if engine is pytorch_activations:
        words = [torch.as_tensor(word) if isinstance(word, np.ndarray) else word for word in words]
        return function(torch.from_numpy(z), *words).numpy()
    return function(z, *words)


def _autograd(function, z, output_gradient=None):
    """Output, and gradient with respect to z, of a function of tensors."""
    z = torch.tensor(z, requires_grad=True)
    output = function(z)
    output_gradient = torch.ones_like(output) if output_gradient is None else torch.from_numpy(output_gradient)
    (gradient,) = torch.autograd.grad(output, z, output_gradient)
    return output.detach().numpy(), gradient.numpy()


def _prelu_entrywise(z, slopes):
    """torch.nn.functional.prelu with a slope of its own for each entry."""
    return functional.prelu(z.reshape(1, -1), torch.as_tensor(slopes, dtype=z.dtype).reshape(-1)).reshape(z.shape)


def test_every_activation_of_recipe_has_an_oracle():
    assert set(ACTIVATIONS) == set(ORACLES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("engine", ENGINES)
def test_values_and_slopes_are_those_of_torch(engine, name):
    expected, slope = _autograd(ORACLES[name], ORDINARY)
    np.testing.assert_allclose(_call(engine, name, ORDINARY), expected, rtol=1e-9, atol=TAIL.get(name, 0))
    found = _call(engine, f"{name}_derivative", ORDINARY)
    np.testing.assert_allclose(found, slope, rtol=1e-9, atol=TAIL.get(name, 0))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("engine", ENGINES)
def test_values_and_slopes_are_those_of_torch_at_zero_and_far_out(engine, name):
    expected, slope = _autograd(ORACLES[name], EXTREME)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(_call(engine, name, EXTREME), expected, rtol=1e-9, atol=0)
    np.testing.assert_allclose(_call(engine, f"{name}_derivative", EXTREME), slope, rtol=1e-9, atol=0)


@pytest.mark.parametrize("name", NAMES)
def test_slope_is_that_of_finite_differences(name):
    z = ORDINARY[np.abs(ORDINARY) > 0.01].copy()  # away from the kink at 0
    slope = _call(scratch_activations, f"{name}_derivative", z)
    assert_is_gradient(slope, lambda: _call(scratch_activations, name, z), z)


@pytest.mark.parametrize("engine", ENGINES)
def test_step_is_one_from_zero_on_and_flat(engine):
    z = np.array([-1000.0, -1e-300, -0.0, 0.0, 1e-300, 1000.0])
    np.testing.assert_array_equal(_call(engine, "step", z), [0, 0, 1, 1, 1, 1])
    np.testing.assert_array_equal(
        _call(engine, "step", z), torch.heaviside(torch.from_numpy(z), torch.ones(()).double())
    )
    np.testing.assert_array_equal(_call(engine, "step_derivative", z), np.zeros(6))


@pytest.mark.parametrize(
    ("name", "word", "oracle"),
    [
        ("leaky_relu", 0.3, nn.LeakyReLU(0.3)),
        ("prelu", 0.6, nn.PReLU(init=0.6, dtype=torch.float64)),
        ("rrelu", 0.2, nn.RReLU(lower=0.2, upper=0.2).train()),  # PyTorch can draw nothing else than 0.2
        ("elu", 1.7, nn.ELU(alpha=1.7)),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_given_slope_or_alpha_is_used(engine, name, word, oracle):
    expected, slope = _autograd(oracle, ORDINARY)
    np.testing.assert_allclose(_call(engine, name, ORDINARY, word), expected, rtol=1e-9, atol=0)
    np.testing.assert_allclose(_call(engine, f"{name}_derivative", ORDINARY, word), slope, rtol=1e-9, atol=0)


@pytest.mark.parametrize("engine", ENGINES)
def test_rrelu_uses_each_entry_s_own_slope(engine):
    slopes = np.random.default_rng(0).uniform(1 / 8, 1 / 3, ORDINARY.shape)
    expected, slope = _autograd(lambda z: _prelu_entrywise(z, slopes), ORDINARY)
    np.testing.assert_allclose(_call(engine, "rrelu", ORDINARY, slopes), expected, rtol=1e-9, atol=0)
    np.testing.assert_allclose(_call(engine, "rrelu_derivative", ORDINARY, slopes), slope, rtol=1e-9, atol=0)


@pytest.mark.parametrize("engine", ENGINES)
def test_drawn_slopes_are_uniform_between_an_eighth_and_a_third(engine):
    slopes = np.asarray(engine.draw_slopes((200, 500), np.random.default_rng(1)), dtype=np.float64)
    width, n = 1 / 3 - 1 / 8, slopes.size
    assert slopes.shape == (200, 500)
    assert slopes.min() >= 1 / 8 and slopes.max() <= 1 / 3 + 1e-7  # 1e-7: the slopes are float32
    assert abs(slopes.mean() - (1 / 8 + 1 / 3) / 2) < 5 * width / np.sqrt(12 * n)
    # The variance of a uniform sample has a relative standard error of sqrt((1.8 - 1) / n).
    assert abs(slopes.var() / (width**2 / 12) - 1) < 5 * np.sqrt(0.8 / n)


@pytest.mark.parametrize("engine", ENGINES)
def test_prelu_slope_derivative_is_that_of_torch(engine):
    z = np.concatenate([ORDINARY.ravel(), EXTREME.ravel()])
    slopes = torch.full(
        z.shape, 0.25, dtype=torch.float64, requires_grad=True
    )  # one slope per entry: one gradient each
    functional.prelu(torch.from_numpy(z).reshape(1, -1), slopes).sum().backward()
    np.testing.assert_allclose(_call(engine, "prelu_slope_derivative", z), slopes.grad, rtol=1e-9, atol=0)


# Layers


def _run_scratch(layer, z, output_gradient, training=True):
    return layer.forward(z, training=training), layer.backward(output_gradient)


def _run_pytorch(layer, z, output_gradient, training=True):
    return _autograd(layer.train(training), z, output_gradient)


RUN = {scratch_activations: _run_scratch, pytorch_activations: _run_pytorch}


def _output_gradient():
    return np.random.default_rng(7).normal(size=ORDINARY.shape)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "rrelu"])
@pytest.mark.parametrize("engine", ENGINES)
def test_layer_s_output_and_input_gradient_are_those_of_torch(engine, name):
    layer = layer_of(engine, name, np.random.default_rng(0), "float64")
    output, gradient = RUN[engine](layer, ORDINARY, _output_gradient())
    expected, expected_gradient = _autograd(ORACLES[name], ORDINARY, _output_gradient())
    np.testing.assert_allclose(output, expected, rtol=1e-9, atol=TAIL.get(name, 0))
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-9, atol=TAIL.get(name, 0))


@pytest.mark.parametrize("engine", ENGINES)
def test_rrelu_layer_in_training_uses_the_slopes_of_its_generator(engine):
    layer = layer_of(engine, "rrelu", np.random.default_rng(3), "float64")
    for slopes in _two_draws(seed=3):
        output, gradient = RUN[engine](layer, ORDINARY, _output_gradient())
        expected, expected_gradient = _autograd(
            lambda z, s=slopes: _prelu_entrywise(z, s), ORDINARY, _output_gradient()
        )
        np.testing.assert_allclose(output, expected, rtol=1e-9, atol=0)
        np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-9, atol=0)


def _two_draws(seed):
    rng = np.random.default_rng(seed)
    first, second = (scratch_activations.draw_slopes(ORDINARY.shape, rng) for _ in range(2))
    assert np.all(first != second)
    return first, second


@pytest.mark.parametrize("engine", ENGINES)
def test_rrelu_layer_in_evaluation_uses_the_mean_slope_and_draws_nothing(engine):
    rng = np.random.default_rng(3)
    layer = layer_of(engine, "rrelu", rng, "float64")
    RUN[engine](layer, ORDINARY, _output_gradient(), training=True)
    before = rng.bit_generator.state
    output, gradient = RUN[engine](layer, ORDINARY, _output_gradient(), training=False)
    expected, expected_gradient = _autograd(nn.RReLU().eval(), ORDINARY, _output_gradient())
    np.testing.assert_allclose(output, expected, rtol=1e-9, atol=0)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-9, atol=0)
    assert rng.bit_generator.state == before


def test_rrelu_layer_takes_other_bounds():
    for engine in (scratch_activations, pytorch_activations):
        layer = engine.RReLU(np.random.default_rng(0), lower=0.5, upper=0.5)
        output, _ = RUN[engine](layer, ORDINARY, _output_gradient())
        np.testing.assert_allclose(output, functional.leaky_relu(torch.from_numpy(ORDINARY), 0.5), rtol=1e-9)


def test_prelu_layer_with_a_learned_slope_is_that_of_torch_and_of_finite_differences():
    layer = scratch_activations.PReLU("float64")
    layer.parameters["slope"][:] = 0.4
    oracle = nn.PReLU(init=0.4, dtype=torch.float64)
    for seed in (7, 8):  # twice: gradients are replaced, not added up
        output_gradient = np.random.default_rng(seed).normal(size=ORDINARY.shape)
        output, input_gradient = _run_scratch(layer, ORDINARY, output_gradient)
        oracle.zero_grad()
        z = torch.tensor(ORDINARY, requires_grad=True)
        expected = oracle(z)
        expected.backward(torch.from_numpy(output_gradient))
        np.testing.assert_allclose(output, expected.detach(), rtol=1e-9)
        np.testing.assert_allclose(input_gradient, z.grad, rtol=1e-9)
        np.testing.assert_allclose(layer.gradients["slope"], oracle.weight.grad, rtol=1e-9)
    assert_is_gradient(
        layer.gradients["slope"], lambda: layer.forward(ORDINARY) * output_gradient, layer.parameters["slope"]
    )


@pytest.mark.parametrize("name", NAMES)
def test_layer_s_input_gradient_is_that_of_finite_differences(name):
    z = ORDINARY[np.abs(ORDINARY).min(axis=1) > 0.01].copy()
    output_gradient = np.random.default_rng(7).normal(size=z.shape)
    layer = layer_of(scratch_activations, name, np.random.default_rng(0), "float64")
    layer.forward(z)
    gradient = layer.backward(output_gradient)
    assert_is_gradient(gradient, lambda: layer.forward(z) * output_gradient, z)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_layers_of_both_engines_agree(name, training):
    z, output_gradient = np.concatenate([ORDINARY, EXTREME.reshape(-1, 1) * np.ones(3)]), np.ones((69, 3))
    scratch_layer = layer_of(scratch_activations, name, np.random.default_rng(5), "float64")
    pytorch_layer = layer_of(pytorch_activations, name, np.random.default_rng(5), "float64")
    found = _run_scratch(scratch_layer, z, output_gradient, training)
    expected = _run_pytorch(pytorch_layer, z, output_gradient, training)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=TAIL.get(name, 0))


def test_prelu_layers_of_both_engines_start_alike():
    ours, theirs = (
        layer_of(engine, "prelu", rng=None, dtype="float64") for engine in (scratch_activations, pytorch_activations)
    )
    assert ours.parameters["slope"].tolist() == theirs.weight.tolist() == nn.PReLU().weight.tolist()
    assert ours.parameters["slope"].dtype == ours.gradients["slope"].dtype == np.float64
    assert theirs.weight.dtype == torch.float64
    assert scratch_activations.PReLU().parameters["slope"].dtype == np.float32
    assert pytorch_activations.PReLU().weight.dtype == torch.float32


# Types and sizes


@pytest.mark.parametrize("name", [*NAMES, "step"])
def test_float32_stays_float32_without_overflow(name):
    z = np.array([[-1000.0, -50.0, -1.5], [0.0, 50.0, 1000.0]], dtype=np.float32)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        output, slope = getattr(scratch_activations, name)(z), getattr(scratch_activations, f"{name}_derivative")(z)
    for array in (output, slope):
        assert array.dtype == np.float32 and array.shape == z.shape and np.isfinite(array).all()


@pytest.mark.parametrize("name", NAMES)
def test_float32_layer_stays_float32(name):
    layer = layer_of(scratch_activations, name, np.random.default_rng(0))
    z = np.array([[-1.5, 2.0]], dtype=np.float32)
    assert layer.forward(z, training=True).dtype == np.float32
    assert layer.backward(z).dtype == np.float32


@pytest.mark.parametrize("name", [*NAMES, "step"])
def test_whole_numbers_and_single_numbers_are_taken_as_they_are(name):
    for function in (getattr(scratch_activations, name), getattr(scratch_activations, f"{name}_derivative")):
        expected = function(np.array([-2.0, 0.0, 3.0]))
        np.testing.assert_allclose(function(np.array([-2, 0, 3])), expected, rtol=1e-15)
        np.testing.assert_allclose([function(z) for z in (-2, 0.0, 3)], expected, rtol=1e-15)


@pytest.mark.parametrize("name", [*NAMES, "step"])
def test_input_is_left_unchanged(name):
    z = ORDINARY.copy()
    getattr(scratch_activations, name)(z)
    getattr(scratch_activations, f"{name}_derivative")(z)
    np.testing.assert_array_equal(z, ORDINARY)
