"""L1, L2 and max-norm against autograd, torch.optim's weight_decay and torch.renorm. float64 unless said."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from course_lib.pytorch import regularizers as pytorch_regularizers
from course_lib.scratch import regularizers as scratch_regularizers
from finite_differences import assert_is_gradient

ENGINES = [
    pytest.param(scratch_regularizers, id="scratch"),
    pytest.param(pytorch_regularizers, id="pytorch"),
]
STRENGTH = 0.37
FAN_IN, FAN_OUT = 6, 5


def _weights():
    weights = np.random.default_rng(0).normal(size=(FAN_IN, FAN_OUT))
    weights[0, 0] = 0.0
    return weights


def _call(engine, name, *arguments):
    if engine is pytorch_regularizers:
        arguments = [torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in arguments]
    result = getattr(engine, name)(*arguments)
    return None if result is None else np.asarray(result)


def _l1_by_torch(weights):
    return STRENGTH * functional.l1_loss(weights, torch.zeros_like(weights), reduction="sum")


def _l2_by_torch(weights):
    return STRENGTH / 2 * functional.mse_loss(weights, torch.zeros_like(weights), reduction="sum")


ORACLES = {"l1": _l1_by_torch, "l2": _l2_by_torch}


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("engine", ENGINES)
def test_penalty_and_its_gradient_are_those_of_torch(engine, name):
    weights = torch.tensor(_weights(), requires_grad=True)
    expected = ORACLES[name](weights)
    expected.backward()
    np.testing.assert_allclose(_call(engine, f"{name}_penalty", _weights(), STRENGTH), expected.detach(), rtol=1e-9)
    np.testing.assert_allclose(_call(engine, f"{name}_gradient", _weights(), STRENGTH), weights.grad, rtol=1e-9)


@pytest.mark.parametrize("name", ORACLES)
def test_penalty_s_gradient_is_that_of_finite_differences(name):
    weights = _weights()[1:]  # without the 0, where l1 has a kink
    gradient = _call(scratch_regularizers, f"{name}_gradient", weights, STRENGTH)
    assert_is_gradient(gradient, lambda: _call(scratch_regularizers, f"{name}_penalty", weights, STRENGTH), weights)


@pytest.mark.parametrize("engine", ENGINES)
def test_l1_has_no_pull_at_0(engine):
    assert _call(engine, "l1_gradient", np.zeros(3), STRENGTH).tolist() == [0, 0, 0]


@pytest.mark.parametrize("engine", ENGINES)
def test_l2_is_the_weight_decay_of_torch_s_gradient_descent(engine):
    gradient = np.random.default_rng(1).normal(size=(FAN_IN, FAN_OUT))
    decayed, penalized = (nn.Parameter(torch.from_numpy(_weights())) for _ in range(2))
    decayed.grad = torch.from_numpy(gradient)
    penalized.grad = torch.from_numpy(gradient + _call(engine, "l2_gradient", _weights(), STRENGTH))
    torch.optim.SGD([decayed], lr=0.1, weight_decay=STRENGTH).step()
    torch.optim.SGD([penalized], lr=0.1).step()
    np.testing.assert_allclose(penalized.detach(), decayed.detach(), rtol=1e-9)


def test_penalties_of_scratch_are_plain_numbers_and_leave_the_weights():
    weights = _weights()
    for name in ORACLES:
        assert type(getattr(scratch_regularizers, f"{name}_penalty")(weights, STRENGTH)) is float
        getattr(scratch_regularizers, f"{name}_gradient")(weights, STRENGTH)
    np.testing.assert_array_equal(weights, _weights())


# Max-norm: a unit's incoming weights are a column


def _lengths(weight):
    return np.array([np.linalg.norm(column) for column in weight.T])


@pytest.mark.parametrize("limit", [0.5, 2.0, 3.0, 100.0])
@pytest.mark.parametrize("engine", ENGINES)
def test_max_norm_is_torch_renorm(engine, limit):
    weight = _weights()
    expected = torch.renorm(torch.from_numpy(_weights()), p=2, dim=1, maxnorm=limit)
    assert _call(engine, "apply_max_norm", weight, limit) is None
    # torch.renorm divides by (length + 1e-7): it ends up to 1e-7 / length shorter than the limit.
    np.testing.assert_allclose(weight, expected, rtol=2e-7 / min(limit, 1))


@pytest.mark.parametrize("engine", ENGINES)
def test_max_norm_shortens_long_columns_to_the_limit_and_leaves_short_ones(engine):
    weight, before = _weights(), _weights()
    limit = np.median(_lengths(before)) * 1.01
    short = _lengths(before) <= limit
    assert 0 < short.sum() < FAN_OUT
    _call(engine, "apply_max_norm", weight, limit)
    np.testing.assert_array_equal(weight[:, short], before[:, short])
    np.testing.assert_allclose(_lengths(weight)[~short], limit, rtol=1e-14)
    directions = np.sum(weight * before, axis=0) / (_lengths(weight) * _lengths(before))
    np.testing.assert_allclose(directions, np.ones(FAN_OUT), rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("limit", [0.5, 5.0])
@pytest.mark.parametrize("engine", ENGINES)
def test_max_norm_leaves_a_unit_without_weights_as_it_is(engine, limit, dtype):
    weight = np.zeros((FAN_IN, 2), dtype)
    weight[:, 1] = 10
    with np.errstate(all="raise"):
        _call(engine, "apply_max_norm", weight, limit)
    np.testing.assert_array_equal(weight[:, 0], np.zeros(FAN_IN))
    np.testing.assert_allclose(np.linalg.norm(weight[:, 1]), limit, rtol=1e-6)
    assert weight.dtype == dtype


def test_max_norm_of_a_linear_layer_s_transposed_weight_changes_the_layer():
    linear = nn.Linear(FAN_IN, FAN_OUT)
    pytorch_regularizers.apply_max_norm(linear.weight.T, 0.1)
    np.testing.assert_allclose(linear.weight.detach().norm(dim=1), np.full(FAN_OUT, 0.1), rtol=1e-6)
    assert linear.weight.requires_grad


def test_both_engines_agree():
    ours, theirs = _weights(), _weights()
    _call(scratch_regularizers, "apply_max_norm", ours, 2.0)
    _call(pytorch_regularizers, "apply_max_norm", theirs, 2.0)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert np.any(ours != _weights())
    for name in ("l1_penalty", "l1_gradient", "l2_penalty", "l2_gradient"):
        found, expected = (
            _call(engine, name, _weights(), STRENGTH) for engine in (scratch_regularizers, pytorch_regularizers)
        )
        np.testing.assert_allclose(found, expected, rtol=1e-9)
