"""The adding problem and the copy task ask for what their definitions say, and are drawn from a seed."""

import numpy as np
import pytest

from course_lib.data import DataError, adding_problem, copy_task
from course_lib.data.sequences import ADDING_VARIANCE


@pytest.mark.parametrize("length", [2, 3, 30, 31])
def test_one_step_is_marked_in_each_half_and_the_target_is_the_sum_of_the_two(length):
    x, targets = adding_problem(500, length, seed=1)
    assert x.shape == (500, length, 2) and targets.shape == (500, 1)
    assert x.dtype == targets.dtype == np.float64
    assert set(np.unique(x[:, :, 1])) <= {0.0, 1.0}
    for sequence, target in zip(x, targets, strict=True):
        first, second = np.flatnonzero(sequence[:, 1])  # exactly two
        assert first < length // 2 <= second
        assert target == [sequence[first, 0] + sequence[second, 0]]


def test_every_step_of_each_half_is_marked_equally_often():
    n, length = 20_000, 7
    marks = adding_problem(n, length)[0][:, :, 1].sum(axis=0)
    share = np.array([1 / 3] * 3 + [1 / 4] * 4)
    # five standard errors of a count: sqrt(n p (1 - p))
    assert (np.abs(marks - n * share) < 5 * np.sqrt(n * share * (1 - share))).all()


def test_numbers_fill_0_to_1_and_the_constant_answer_has_the_error_that_is_named():
    n, length = 20_000, 5
    x, targets = adding_problem(n, length, seed=2)
    numbers = x[:, :, 0]
    assert numbers.min() >= 0 and numbers.max() < 1
    # five standard errors of a mean of n * length uniform numbers, whose variance is 1 / 12
    assert numbers.mean() == pytest.approx(0.5, abs=5 * np.sqrt(1 / 12 / numbers.size))
    errors = (targets - 1) ** 2
    assert errors.mean() == pytest.approx(ADDING_VARIANCE, abs=5 * errors.std() / np.sqrt(n))


def test_copying_shows_symbols_then_blanks_then_the_signal_and_asks_for_the_symbols_at_the_end():
    n_symbols, length, delay = 5, 3, 4
    x, labels = copy_task(200, n_symbols, length, delay, seed=3)
    assert x.shape == (200, 2 * length + delay, n_symbols + 2) and x.dtype == np.float64
    assert labels.shape == (200, 2 * length + delay) and labels.dtype == np.int64
    assert set(np.unique(x)) == {0.0, 1.0} and (x.sum(axis=2) == 1).all()
    shown = x.argmax(axis=2)
    blank, signal = 5, 6
    assert set(np.unique(shown[:, :3])) == {0, 1, 2, 3, 4}
    assert (shown[:, 3:] == [blank, blank, blank, signal, blank, blank, blank]).all()
    assert (labels[:, :7] == blank).all()
    np.testing.assert_array_equal(labels[:, 7:], shown[:, :3])


def test_with_a_delay_of_1_the_signal_follows_the_last_symbol():
    x, labels = copy_task(1, n_symbols=2, length=1, delay=1)
    symbol = x[0, 0].argmax()
    assert x[0].argmax(axis=1).tolist() == [symbol, 3, 2]
    assert labels.tolist() == [[2, 2, symbol]]


def test_symbols_are_equally_frequent():
    n = 20_000
    counts = np.bincount(copy_task(n, n_symbols=8, length=1, delay=1)[1][:, -1], minlength=8)
    assert (np.abs(counts - n / 8) < 5 * np.sqrt(n * (1 / 8) * (7 / 8))).all()


@pytest.mark.parametrize("task", [adding_problem, copy_task])
def test_the_seed_decides_everything(task):
    for one, same, other in zip(task(20, seed=7), task(20, seed=7), task(20, seed=8), strict=True):
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("task", "words", "message"),
    [
        (adding_problem, {"n": 0}, "n is 0; it must be a whole number, 1 or more"),
        (adding_problem, {"n": 2.0}, "n is 2.0"),
        (adding_problem, {"length": 1}, "length is 1; it must be a whole number, 2 or more"),
        (adding_problem, {"n": True}, "n is True"),
        (adding_problem, {"seed": -1}, "seed is -1"),
        (adding_problem, {"seed": None}, "seed is None"),
        (copy_task, {"n": -3}, "n is -3"),
        (copy_task, {"n_symbols": 1}, "n_symbols is 1; it must be a whole number, 2 or more"),
        (copy_task, {"length": 0}, "length is 0; it must be a whole number, 1 or more"),
        (copy_task, {"delay": 0}, "delay is 0; it must be a whole number, 1 or more"),
        (copy_task, {"delay": "long"}, "delay is 'long'"),
        (copy_task, {"seed": 0.5}, "seed is 0.5"),
    ],
)
def test_bad_words_are_refused_with_what_was_given_and_expected(task, words, message):
    with pytest.raises(DataError, match=message):
        task(**words)
