"""Exercise 2.1: the mean squared error."""

import numpy as np

from course_lib.checks.chapter_02.meanings import SUM_FOR_MEAN
from course_lib.checks.diagnosis import Diagnosis, describe, listed
from course_lib.checks.expectations import ROUNDING, expect_close, plain_array
from course_lib.checks.fresh import few_digits, same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = (
    "Take predictions [2, 4, 6] and targets [1, 6, 8]. Write down each error, its square, and the mean of the "
    "squares, and print yours."
)


def mean_squared_error(predictions, targets):
    """The mean over all entries: a number."""
    return np.mean((predictions - targets) ** 2)


def drawn(rng):
    """Rows and tables: one number, a square, one row, one column, errors of 0."""
    n, rows, columns = rng.integers(2, 9, 3)
    shapes = [1, n, (n, n), (1, columns), (rows, 1), (rows, columns)]
    cases = [(few_digits(rng, shape, 4), few_digits(rng, shape, 4)) for shape in shapes]
    return [*cases, (cases[1][0], np.where(rng.random(n) < 0.5, *cases[1]))]


MISTAKES = [
    (lambda p, t: np.sum((p - t) ** 2), SUM_FOR_MEAN),
    (lambda p, t: np.mean(p - t) ** 2, "The mean is taken before the square, so positive and negative errors cancel."),
    (lambda p, t: np.mean(p - t), "The square is missing, so positive and negative errors cancel."),
    (
        lambda p, t: np.mean(p**2 - t**2),
        "Predictions and targets are squared one by one. Subtract first, then square the difference.",
    ),
    (lambda p, t: np.mean((p - t) * 2), "`* 2` doubles. A square is `** 2`."),
    (lambda p, t: np.mean(abs(p - t)), "Those are absolute errors. Here each error is squared."),
    (lambda p, t: np.mean((p - t) ** 2) ** 0.5, "A root is taken at the end. The mean squared error stays squared."),
    (lambda p, t: np.mean((p - t) ** 2) / 2, "A factor 1/2 is too many: the mean of the squares, without a factor."),
    (lambda p, t: np.mean((p + t) ** 2), "Predictions and targets are added. The error is their difference."),
    (
        lambda p, t: np.sum((p - t) ** 2) / len(p),
        "You divide by the number of rows. The mean is over all entries. With one number an example that is the same "
        "n; in a table each row holds several numbers, and each has an error that counts.",
    ),
    (lambda p, t: (p - t) ** 2, Said("One number for each example")),
    (lambda p, t: [float(each) for each in np.ravel(p - t) ** 2], Said("One number for each example")),
    (lambda p, t: np.mean((p - t) ** 2, axis=0), Said("is an array of shape (2,)")),
    (lambda p, t: np.mean((p - t) ^ 2), Said("A power is written `**`")),
    (lambda p, t: np.mean((p - t) ** 2, keepdims=True).ravel(), Said("`value.item()`")),
    (lambda p, t: print(np.mean((p - t) ** 2)), Said("forget `return`")),
    (lambda p, t: "7.05", Said("expected a number")),
    (lambda p, t: p.undefined, Said("stopped with AttributeError")),
]


@exercise(
    "2.1",
    title="Mean squared error, one line",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(mean_squared_error, drawn),
    kept=True,
)
def squared_error(submitted):
    """The notebook's example, five numbers with errors of both signs, and a table of three rows and two columns."""
    rng = np.random.default_rng(21)
    cases = (
        (np.array([2.0, 4.0, 6.0]), np.array([1.0, 6.0, 8.0])),
        (np.array([1.0, 4.0, 2.0, 0.0, 3.0]), np.array([2.0, 1.0, 2.0, 5.0, 3.5])),
        (rng.normal(size=(3, 2)), rng.normal(size=(3, 2))),
    )
    for given in cases:
        what = _what(*given)
        value = submitted(*given)
        squares = plain_array(value)
        if isinstance(squares, np.ndarray) and squares.shape == given[0].shape:
            hint = "One number for each example came back. What turns many squares into one number?"
            raise Diagnosis(f"{what} is {describe(value)}; expected one number.", hint=hint)
        expect_close(value, mean_squared_error(*given), **ROUNDING, because=known(MISTAKES, *given), what=what)
    return "It works for rows and for tables, and does not grow with the number of examples."


def _what(predictions, targets):
    if predictions.ndim == 1:
        return f"The loss for predictions {listed(predictions)} and targets {listed(targets)}"
    return f"The loss for tables of shape {predictions.shape}"
