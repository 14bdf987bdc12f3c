"""Calibration: both engines against each other, against counting by hand, and against a search over temperatures."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from course_lib.pytorch import calibration as pytorch_calibration
from course_lib.scratch import calibration as scratch_calibration
from course_lib.scratch.losses import softmax

ENGINES = [pytest.param(scratch_calibration, id="scratch"), pytest.param(pytorch_calibration, id="pytorch")]


def _call(engine, name, rows, labels, **words):
    if engine is pytorch_calibration:
        rows, labels = torch.tensor(rows), torch.tensor(labels)
    result = getattr(engine, name)(rows, labels, **words)
    return tuple(map(np.asarray, result)) if isinstance(result, tuple) else result


def _drawn(seed, temperature, n=2000, classes=5):
    """Logits, and labels that follow softmax(logits / temperature)."""
    rng = np.random.default_rng(seed)
    logits = 3 * rng.normal(size=(n, classes))
    chance = softmax(logits / temperature)
    labels = (rng.random((n, 1)) > np.cumsum(chance, axis=1)).sum(axis=1).clip(max=classes - 1)
    return logits, labels


@pytest.mark.parametrize("engine", ENGINES)
def test_four_answers_counted_by_hand(engine):
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [1.0, 0.0]])
    labels = np.array([0, 1, 1, 0])
    counts, confidence, accuracy = _call(engine, "reliability", probabilities, labels, bins=2)
    np.testing.assert_array_equal(counts, [0, 4])
    np.testing.assert_allclose(confidence, [0, 3.3 / 4])
    np.testing.assert_allclose(accuracy, [0, 0.75])
    error = _call(engine, "expected_calibration_error", probabilities, labels, bins=2)
    assert error == pytest.approx(3.3 / 4 - 0.75)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_confidence_of_one_lies_in_the_last_bin(engine):
    counts, _, _ = _call(engine, "reliability", np.array([[1.0, 0.0]]), np.array([0]), bins=10)
    assert counts.tolist() == [0] * 9 + [1]


@pytest.mark.parametrize("engine", ENGINES)
def test_too_much_and_too_little_trust_do_not_cancel_across_bins(engine):
    probabilities = np.repeat([[0.95, 0.05], [0.55, 0.45]], 100, axis=0)
    labels = np.repeat([1, 0], 100)  # surely wrong, then hesitantly right
    error = _call(engine, "expected_calibration_error", probabilities, labels)
    assert error == pytest.approx((0.95 + 0.45) / 2)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("engine", ENGINES)
def test_the_temperature_is_the_one_that_a_search_finds(engine, temperature):
    logits, labels = _drawn(0, temperature)

    def loss(t):
        return -log_softmax(logits / t, axis=1)[np.arange(len(labels)), labels].mean()

    found = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-9})
    assert _call(engine, "fit_temperature", logits, labels) == pytest.approx(found.x, rel=1e-4)
    assert found.x == pytest.approx(temperature, rel=0.1)  # 2,000 drawn labels: a few percent of noise


def test_both_engines_give_the_same_temperature_and_error():
    for seed in range(5):
        logits, labels = _drawn(seed, 0.5 + seed)
        first, second = (_call(engine.values[0], "fit_temperature", logits, labels) for engine in ENGINES)
        assert first == pytest.approx(second, rel=1e-6)
        first, second = (
            _call(engine.values[0], "expected_calibration_error", softmax(logits), labels) for engine in ENGINES
        )
        assert first == pytest.approx(second, rel=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_right_temperature_lowers_the_calibration_error(engine):
    logits, labels = _drawn(3, temperature=3.0)
    temperature = _call(engine, "fit_temperature", logits, labels)
    before = _call(engine, "expected_calibration_error", softmax(logits), labels)
    after = _call(engine, "expected_calibration_error", softmax(logits / temperature), labels)
    assert after < before / 3


@pytest.mark.parametrize("engine", ENGINES)
def test_always_right_leaves_no_loss_and_always_wrong_is_hottest(engine):
    logits = 10 * np.eye(3)
    temperature = _call(engine, "fit_temperature", logits, np.arange(3))
    assert temperature >= engine.COLDEST * (1 - 1e-9)
    assert softmax(logits / temperature).max(axis=1).min() > 1 - 1e-9
    assert _call(engine, "fit_temperature", logits, np.array([1, 2, 0])) == pytest.approx(engine.HOTTEST)
