"""Initial weights by their statistics, beside those that torch.nn.init draws.

The bounds are 5 standard errors: a right initializer fails less than once in a million draws, and the seeds are fixed.
"""

import inspect

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.pytorch import initializers as pytorch_initializers
from course_lib.recipe import INITIALIZATIONS
from course_lib.scratch import initializers as scratch_initializers

ENGINES = [
    pytest.param(scratch_initializers, id="scratch"),
    pytest.param(pytorch_initializers, id="pytorch"),
]
WIDE, TALL = (50, 1950), (1950, 50)  # fan_in, fan_out: one taken for the other changes the variance up to 39-fold
SHAPES = [pytest.param(WIDE, id="wide"), pytest.param(TALL, id="tall")]
# Variance for WIDE and for TALL, worked out by hand from the papers' formulas.
VARIANCES = {
    "standard_normal": (1, 1),
    "uniform": (1 / 3, 1 / 3),
    "xavier_normal": (0.001, 0.001),
    "xavier_uniform": (0.001, 0.001),
    "he_normal": (0.04, 0.04 / 39),
    "he_uniform": (0.04, 0.04 / 39),
    "lecun_normal": (0.02, 0.02 / 39),
    "pytorch_uniform": (1 / 150, 1 / 5850),
}
TORCH = {
    "standard_normal": nn.init.normal_,
    "uniform": lambda weight: nn.init.uniform_(weight, -1, 1),
    "xavier_normal": nn.init.xavier_normal_,
    "xavier_uniform": nn.init.xavier_uniform_,
    "he_normal": lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"),
    "he_uniform": lambda weight: nn.init.kaiming_uniform_(weight, nonlinearity="relu"),
    "lecun_normal": lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="linear"),
    "pytorch_uniform": lambda weight: weight.copy_(nn.Linear(*weight.shape[::-1], dtype=weight.dtype).weight.detach()),
}
KURTOSIS = {"normal": 3.0, "uniform": 1.8}  # E[w^4] / E[w^2]^2
WITHIN_ONE_DEVIATION = {"normal": 0.6827, "uniform": 0.5774}  # erf(1 / sqrt 2), 1 / sqrt 3


def _shape_of(name):
    return "uniform" if "uniform" in name else "normal"


def _draw(engine, name, shape, seed=0):
    return np.asarray(getattr(engine, name)(*shape, np.random.default_rng(seed)))


def _draw_torch(name, shape, seed=0):
    torch.manual_seed(seed)
    weight = torch.empty(shape[::-1], dtype=torch.float64)  # PyTorch's weights are (fan_out, fan_in)
    TORCH[name](weight)
    return weight.numpy().T


def _error_of_variance(name, n):
    """Relative standard error of the variance of n numbers: sqrt((kurtosis - 1) / n)."""
    return np.sqrt((KURTOSIS[_shape_of(name)] - 1) / n)


def test_every_initialization_of_recipe_is_tested():
    assert set(INITIALIZATIONS) == set(VARIANCES) == set(TORCH)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", INITIALIZATIONS)
@pytest.mark.parametrize("engine", ENGINES)
def test_mean_is_0_and_variance_is_the_paper_s(engine, name, shape):
    weight = _draw(engine, name, shape)
    variance = VARIANCES[name][0 if shape == WIDE else 1]
    assert weight.shape == shape and weight.dtype == np.float64
    assert abs(weight.mean()) < 5 * np.sqrt(variance / weight.size)
    assert abs(weight.var() / variance - 1) < 5 * _error_of_variance(name, weight.size)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", INITIALIZATIONS)
@pytest.mark.parametrize("engine", ENGINES)
def test_variance_is_that_of_torch_nn_init(engine, name, shape):
    ratio = _draw(engine, name, shape).var() / _draw_torch(name, shape).var()
    assert abs(ratio - 1) < 5 * np.sqrt(2) * _error_of_variance(name, shape[0] * shape[1])  # both have the error


@pytest.mark.parametrize("name", INITIALIZATIONS)
@pytest.mark.parametrize("engine", ENGINES)
def test_normal_is_told_from_uniform(engine, name):
    weight = _draw(engine, name, TALL)
    share = WITHIN_ONE_DEVIATION[_shape_of(name)]
    standard_error = np.sqrt(share * (1 - share) / weight.size)
    assert standard_error < 0.002  # far less than the 0.1 between the two
    assert abs(np.mean(np.abs(weight) < weight.std()) - share) < 5 * standard_error + 1e-4  # 1e-4: the share's digits


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", [name for name in INITIALIZATIONS if "uniform" in name])
@pytest.mark.parametrize("engine", ENGINES)
def test_uniform_weights_fill_the_range_up_to_their_bound(engine, name, shape):
    size = np.abs(_draw(engine, name, shape))
    bound = np.sqrt(3 * VARIANCES[name][0 if shape == WIDE else 1])  # U(-a, a) has variance a**2 / 3
    assert size.max() <= bound
    assert size.max() > bound * (1 - 20 / size.size)  # falls short of this with chance exp(-20)


@pytest.mark.parametrize("name", INITIALIZATIONS)
@pytest.mark.parametrize("engine", ENGINES)
def test_all_weights_are_drawn_independently(engine, name):
    weight = _draw(engine, name, (300, 400))
    assert len(np.unique(weight)) == weight.size
    n = weight.size - 400
    for first, second in ((weight[1:], weight[:-1]), (weight[:, 1:], weight[:, :-1])):
        correlation = np.corrcoef(first.ravel(), second.ravel())[0, 1]
        assert abs(correlation) < 5 / np.sqrt(n)


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_one_seed_gives_both_engines_the_same_weights(name):
    np.testing.assert_allclose(
        _draw(scratch_initializers, name, WIDE, 4), _draw(pytorch_initializers, name, WIDE, 4), rtol=1e-15
    )
    assert np.all(_draw(scratch_initializers, name, WIDE, 4) != _draw(scratch_initializers, name, WIDE, 5))


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_both_engines_leave_the_generator_in_the_same_state(name):
    states = []
    for engine in (scratch_initializers, pytorch_initializers):
        rng = np.random.default_rng(2)
        getattr(engine, name)(7, 3, rng)
        states.append(rng.bit_generator.state)
    assert states[0] == states[1] != np.random.default_rng(2).bit_generator.state


@pytest.mark.parametrize("engine", ENGINES)
def test_normal_has_the_standard_deviation_that_is_given(engine):
    weight = np.asarray(engine.normal(*WIDE, np.random.default_rng(0), standard_deviation=0.3))
    assert abs(weight.var() / 0.09 - 1) < 5 * _error_of_variance("normal", weight.size)
    assert abs(weight.mean()) < 5 * 0.3 / np.sqrt(weight.size)
    default = np.asarray(engine.normal(*WIDE, np.random.default_rng(0)))
    np.testing.assert_array_equal(default, _draw(engine, "standard_normal", WIDE))


@pytest.mark.parametrize("engine", ENGINES)
def test_uniform_stays_within_the_limit_that_is_given(engine):
    weight = np.asarray(engine.uniform(*WIDE, np.random.default_rng(0), limit=0.2))
    assert abs(weight.var() / (0.2**2 / 3) - 1) < 5 * _error_of_variance("uniform", weight.size)
    assert 0.2 * (1 - 20 / weight.size) < np.abs(weight).max() <= 0.2


def test_every_public_function_takes_fan_in_fan_out_and_a_generator():
    for engine in (scratch_initializers, pytorch_initializers):
        for name, function in inspect.getmembers(engine, inspect.isfunction):
            assert list(inspect.signature(function).parameters)[:3] == ["fan_in", "fan_out", "rng"], name
