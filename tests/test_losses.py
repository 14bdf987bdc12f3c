"""Losses and their gradients against torch.nn.functional, finite differences and each other. float64 unless said."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from course_lib.pytorch import losses as pytorch_losses
from course_lib.scratch import losses as scratch_losses
from finite_differences import assert_is_gradient

ENGINES = [
    pytest.param(scratch_losses, id="scratch"),
    pytest.param(pytorch_losses, id="pytorch"),
]
BATCH, N_CLASSES = 6, 4
LABELS = np.array([0, 3, 1, 1, 2, 0])
SIZES = [1.0, 30.0, 1e4]
SMOOTHINGS = [0.1, 0.5, 0.99]


def _call(engine, name, *arrays, **words):
    if engine is pytorch_losses:
        arrays = [torch.from_numpy(array) for array in arrays]
    return np.asarray(getattr(engine, name)(*arrays, **words))


def _logits(size=1.0):
    return size * np.random.default_rng(0).normal(size=(BATCH, N_CLASSES))


def _gradient_by_torch(loss, outputs):
    outputs = torch.tensor(outputs, requires_grad=True)
    loss(outputs).backward()
    return outputs.grad.numpy()


@pytest.mark.parametrize("shape", [(6, 4), (5, 1), (7,)])
@pytest.mark.parametrize("engine", ENGINES)
def test_mean_squared_error_and_its_gradient_are_those_of_torch(engine, shape):
    predictions, targets = np.random.default_rng(1).normal(size=(2, *shape))
    expected = functional.mse_loss(torch.from_numpy(predictions), torch.from_numpy(targets))
    gradient = _gradient_by_torch(lambda p: functional.mse_loss(p, torch.from_numpy(targets)), predictions)
    np.testing.assert_allclose(_call(engine, "mean_squared_error", predictions, targets), expected, rtol=1e-9)
    np.testing.assert_allclose(_call(engine, "mean_squared_error_gradient", predictions, targets), gradient, rtol=1e-9)


def test_mean_squared_error_gradient_is_that_of_finite_differences():
    predictions, targets = np.random.default_rng(1).normal(size=(2, 6, 4))
    gradient = scratch_losses.mean_squared_error_gradient(predictions, targets)
    assert_is_gradient(gradient, lambda: scratch_losses.mean_squared_error(predictions, targets), predictions)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("engine", ENGINES)
def test_softmax_is_that_of_torch(engine, size):
    expected = functional.softmax(torch.from_numpy(_logits(size)), dim=1)
    np.testing.assert_allclose(_call(engine, "softmax", _logits(size)), expected, rtol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_softmax_of_one_row_is_that_of_the_row_in_a_batch(engine):
    np.testing.assert_allclose(
        _call(engine, "softmax", _logits()[2]), _call(engine, "softmax", _logits())[2], rtol=1e-9
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("engine", ENGINES)
def test_softmax_cross_entropy_and_its_gradient_are_those_of_torch(engine, size):
    labels = torch.from_numpy(LABELS)
    expected = functional.cross_entropy(torch.from_numpy(_logits(size)), labels)
    gradient = _gradient_by_torch(lambda logits: functional.cross_entropy(logits, labels), _logits(size))
    found = _call(engine, "softmax_cross_entropy_gradient", _logits(size), LABELS)
    np.testing.assert_allclose(_call(engine, "softmax_cross_entropy", _logits(size), LABELS), expected, rtol=1e-9)
    np.testing.assert_allclose(found, gradient, rtol=1e-9, atol=1e-16)  # p - 1 rounds at 1e-16


def test_softmax_cross_entropy_gradient_is_that_of_finite_differences():
    logits = _logits()
    gradient = scratch_losses.softmax_cross_entropy_gradient(logits, LABELS)
    assert_is_gradient(gradient, lambda: scratch_losses.softmax_cross_entropy(logits, LABELS), logits)


@pytest.mark.parametrize("label_smoothing", SMOOTHINGS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("engine", ENGINES)
def test_smoothed_cross_entropy_and_its_gradient_are_those_with_soft_targets(engine, size, label_smoothing):
    one_hot = functional.one_hot(torch.from_numpy(LABELS), N_CLASSES).double()
    targets = (1 - label_smoothing) * one_hot + label_smoothing / N_CLASSES  # as probabilities, PyTorch's other form
    expected = functional.cross_entropy(torch.from_numpy(_logits(size)), targets)
    gradient = _gradient_by_torch(lambda logits: functional.cross_entropy(logits, targets), _logits(size))
    words = {"label_smoothing": label_smoothing}
    loss = _call(engine, "softmax_cross_entropy", _logits(size), LABELS, **words)
    found = _call(engine, "softmax_cross_entropy_gradient", _logits(size), LABELS, **words)
    np.testing.assert_allclose(loss, expected, rtol=1e-9)
    np.testing.assert_allclose(found, gradient, rtol=1e-9, atol=1e-16)
    np.testing.assert_allclose(found.sum(axis=1), np.zeros(BATCH), atol=1e-15)
    assert not np.allclose(loss, _call(engine, "softmax_cross_entropy", _logits(size), LABELS), rtol=1e-3)


def test_gradient_with_label_smoothing_is_that_of_finite_differences():
    logits = _logits()
    gradient = scratch_losses.softmax_cross_entropy_gradient(logits, LABELS, 0.3)
    assert_is_gradient(gradient, lambda: scratch_losses.softmax_cross_entropy(logits, LABELS, 0.3), logits)


@pytest.mark.parametrize("engine", ENGINES)
def test_smoothed_loss_is_least_where_the_probabilities_are_the_targets(engine):
    targets = np.full((1, 4), 0.05)
    targets[0, 2] = 0.85  # 0.8 one_hot + 0.2 / 4
    labels, words = np.array([2]), {"label_smoothing": 0.2}
    loss = _call(engine, "softmax_cross_entropy", np.log(targets), labels, **words)
    np.testing.assert_allclose(loss, -(targets * np.log(targets)).sum(), rtol=1e-12)
    gradient = _call(engine, "softmax_cross_entropy_gradient", np.log(targets), labels, **words)
    np.testing.assert_allclose(gradient, np.zeros((1, 4)), atol=1e-15)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_label_smoothing_leaves_every_bit_as_it_is(engine):
    logits = _logits(30.0).astype("float32")
    for name in ("softmax_cross_entropy", "softmax_cross_entropy_gradient"):
        smoothed = _call(engine, name, logits, LABELS, label_smoothing=0.0)
        assert smoothed.tobytes() == _call(engine, name, logits, LABELS).tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("engine", ENGINES)
def test_logits_of_1e4_are_neither_overflow_nor_infinite_loss(engine, dtype):
    logits = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4], [0.0, 1e4, -1e4]], dtype)
    labels = np.array([1, 0, 2, 1])
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        loss = _call(engine, "softmax_cross_entropy", logits, labels)
        probabilities = _call(engine, "softmax", logits)
        gradient = _call(engine, "softmax_cross_entropy_gradient", logits, labels)
    tolerance = 10 * np.finfo(dtype).eps
    # Row by row: 1e4 - (-1e4); log 3; log 3; the true class is certain.
    np.testing.assert_allclose(loss, (2e4 + np.log(3) + np.log(3) + 0) / 4, rtol=tolerance)
    third = 1 / 3
    np.testing.assert_allclose(probabilities, [[1, 0, 0], [third] * 3, [third] * 3, [0, 1, 0]], rtol=tolerance)
    expected = np.array([[1, -1, 0], [-2 * third, third, third], [third, third, -2 * third], [0, 0, 0]]) / 4
    np.testing.assert_allclose(gradient, expected, rtol=tolerance)
    assert probabilities.dtype == gradient.dtype == dtype


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("engine", ENGINES)
def test_rows_of_the_gradient_sum_to_0_and_of_softmax_to_1(engine, size):
    gradient = _call(engine, "softmax_cross_entropy_gradient", _logits(size), LABELS)
    np.testing.assert_allclose(gradient.sum(axis=1), np.zeros(BATCH), atol=1e-15)
    assert np.abs(gradient).max() > 0.01
    np.testing.assert_allclose(_call(engine, "softmax", _logits(size)).sum(axis=1), np.ones(BATCH), rtol=1e-14)


@pytest.mark.parametrize("engine", ENGINES)
def test_arrays_are_left_unchanged(engine):
    logits = _logits()
    for name in ("softmax_cross_entropy", "softmax_cross_entropy_gradient"):
        _call(engine, name, logits, LABELS)
    _call(engine, "softmax", logits)
    np.testing.assert_array_equal(logits, _logits())


@pytest.mark.parametrize("size", SIZES)
def test_both_engines_agree(size):
    targets = np.random.default_rng(1).normal(size=(BATCH, N_CLASSES))
    for name, second in (("mean_squared_error", targets), ("softmax_cross_entropy", LABELS)):
        for suffix in ("", "_gradient"):
            found, expected = (
                _call(engine, name + suffix, _logits(size), second) for engine in (scratch_losses, pytorch_losses)
            )
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-16)


def test_losses_of_scratch_are_plain_numbers():
    assert type(scratch_losses.mean_squared_error(_logits(), _logits(2.0))) is float
    assert type(scratch_losses.softmax_cross_entropy(_logits().astype("float32"), LABELS)) is float
