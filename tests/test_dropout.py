"""Inverted dropout: its masks by their statistics, its values against torch, the two engines against each other.

The bounds are 5 standard errors, and the seeds are fixed.
"""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.pytorch import dropout as pytorch_dropout
from course_lib.scratch import dropout as scratch_dropout
from finite_differences import assert_is_gradient

ENGINES = [
    pytest.param(scratch_dropout, id="scratch"),
    pytest.param(pytorch_dropout, id="pytorch"),
]
RATES = [0.1, 0.2, 0.5, 0.9]
SHAPE = (200, 300)


def _forward(engine, layer, x, training=True):
    if engine is pytorch_dropout:
        return layer.train(training)(torch.from_numpy(x)).numpy()
    return layer.forward(x, training=training)


def _x(*shape):
    return np.random.default_rng(8).normal(size=shape)


def test_output_and_gradient_follow_the_mask():
    mask = np.asarray(scratch_dropout.draw_mask((6, 5), 0.4, np.random.default_rng(1)))
    assert 0 < np.count_nonzero(mask) < mask.size
    layer, x, output_gradient = scratch_dropout.Dropout(0.4, np.random.default_rng(1)), _x(6, 5), np.ones((6, 5)) * 2.5
    x_torch = torch.tensor(x, requires_grad=True)
    expected = x_torch * torch.from_numpy(mask)
    expected.backward(torch.from_numpy(output_gradient))
    np.testing.assert_allclose(layer.forward(x, training=True), expected.detach(), rtol=1e-9)
    np.testing.assert_allclose(layer.backward(output_gradient), x_torch.grad, rtol=1e-9)


def test_gradient_is_that_of_finite_differences():
    layer, x, output_gradient = scratch_dropout.Dropout(0.4, np.random.default_rng(1)), _x(6, 5), _x(5, 6).T

    def weighted_output():
        layer.rng = np.random.default_rng(1)  # the same mask each time
        return layer.forward(x, training=True) * output_gradient

    weighted_output()
    assert_is_gradient(layer.backward(output_gradient), weighted_output, x)


@pytest.mark.parametrize("drop_rate", RATES)
@pytest.mark.parametrize("engine", ENGINES)
def test_outputs_are_0_or_scaled_up_as_in_torch(engine, drop_rate):
    x = np.abs(_x(*SHAPE)) + 1
    ratio = _forward(engine, engine.Dropout(drop_rate, np.random.default_rng(0)), x) / x
    expected = nn.Dropout(drop_rate)(torch.ones(SHAPE, dtype=torch.float64)).unique().numpy()
    np.testing.assert_allclose(np.unique(ratio.round(12)), expected, rtol=1e-9)


@pytest.mark.parametrize("drop_rate", RATES)
@pytest.mark.parametrize("engine", ENGINES)
def test_the_given_share_of_units_is_dropped(engine, drop_rate):
    mask = np.asarray(engine.draw_mask(SHAPE, drop_rate, np.random.default_rng(0)))
    deviation = np.sqrt(drop_rate * (1 - drop_rate))  # of one unit: dropped or not
    dropped = mask == 0
    assert abs(dropped.mean() - drop_rate) < 5 * deviation / np.sqrt(mask.size)
    for axis in (0, 1):  # in each row and in each column, too: units drop one by one
        assert np.abs(dropped.mean(axis) - drop_rate).max() < 5 * deviation / np.sqrt(mask.shape[axis])
    neighbors = np.corrcoef(dropped[:, 1:].ravel(), dropped[:, :-1].ravel())[0, 1]
    assert abs(neighbors) < 5 / np.sqrt(mask.size - mask.shape[0])


@pytest.mark.parametrize("drop_rate", RATES)
@pytest.mark.parametrize("engine", ENGINES)
def test_expected_output_is_the_input(engine, drop_rate):
    layer, steps = engine.Dropout(drop_rate, np.random.default_rng(0)), 400
    x = _x(50, 20)
    mean = np.mean([_forward(engine, layer, x) for _ in range(steps)], axis=0)
    # A unit's output x / (1 - p) with chance 1 - p, else 0, has the standard deviation |x| sqrt(p / (1 - p)).
    deviations = (mean - x) / (np.abs(x) * np.sqrt(drop_rate / (1 - drop_rate) / steps))
    assert abs(deviations.mean()) < 5 / np.sqrt(x.size)
    assert abs(deviations.var() - 1) < 5 * np.sqrt(2 / x.size) + 1 / steps / drop_rate / (1 - drop_rate)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_step_has_a_mask_of_its_own(engine):
    layer, x = engine.Dropout(0.5, np.random.default_rng(0)), np.ones(SHAPE)
    first, second = (_forward(engine, layer, x) for _ in range(2))
    n = x.size
    assert abs(np.mean(first != second) - 0.5) < 5 * 0.5 / np.sqrt(n)


@pytest.mark.parametrize("engine", ENGINES)
def test_evaluation_changes_nothing_and_draws_nothing(engine):
    rng = np.random.default_rng(0)
    layer, before = engine.Dropout(0.5, rng), rng.bit_generator.state
    np.testing.assert_array_equal(_forward(engine, layer, _x(6, 5), training=False), _x(6, 5))
    assert rng.bit_generator.state == before


@pytest.mark.parametrize("engine", ENGINES)
def test_drop_rate_0_keeps_all(engine):
    layer = engine.Dropout(0.0, np.random.default_rng(0))
    np.testing.assert_array_equal(_forward(engine, layer, _x(6, 5)), _x(6, 5))


@pytest.mark.parametrize("drop_rate", RATES)
def test_one_seed_drops_the_same_units_in_both_engines(drop_rate):
    ours = scratch_dropout.Dropout(drop_rate, np.random.default_rng(3))
    theirs = pytorch_dropout.Dropout(drop_rate, np.random.default_rng(3))
    for _ in range(3):
        x_torch = torch.tensor(_x(*SHAPE), requires_grad=True)
        expected = theirs.train()(x_torch)
        expected.sum().backward()
        np.testing.assert_allclose(ours.forward(_x(*SHAPE), training=True), expected.detach(), rtol=1e-9)
        np.testing.assert_allclose(ours.backward(np.ones(SHAPE)), x_torch.grad, rtol=1e-9)


def test_input_is_left_unchanged_and_float32_stays_float32():
    layer = scratch_dropout.Dropout(0.5, np.random.default_rng(0))
    x = _x(6, 5).astype(np.float32)
    output = layer.forward(x, training=True)
    assert output.dtype == layer.backward(x).dtype == np.float32
    np.testing.assert_array_equal(x, _x(6, 5).astype(np.float32))
    assert pytorch_dropout.Dropout(0.5, np.random.default_rng(0))(torch.from_numpy(x)).dtype == torch.float32
