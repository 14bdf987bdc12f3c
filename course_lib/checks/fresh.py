"""Checks on fresh inputs, for marking: drawn anew for each class, so that nobody can know them beforehand."""

import copy
from collections.abc import Callable

import numpy as np

from course_lib.checks.expectations import (
    ROUNDING,
    expect_choice,
    expect_close,
    expect_dict,
    expect_tuple,
    plain_array,
    plain_number,
)
from course_lib.checks.submission import Submitted


def same_as(
    answer: Callable, drawn: Callable, rtol: float = ROUNDING["rtol"], atol: float = ROUNDING["atol"]
) -> Callable:
    """The check that a learner's function gives, on fresh inputs, what the right answer gives.

    Parameters
    ----------
    answer : the right answer, a function of the learner's arguments
    drawn : function (rng) -> list of cases, each a tuple of arguments. It draws sizes and numbers alike, and includes
        what a table of the visible inputs cannot know
    rtol, atol : as for `expect_close`

    Returns a function (learner's function, rng) that raises a Diagnosis.
    """

    def hidden(submitted: Submitted, rng: np.random.Generator) -> None:
        for case in drawn(rng):
            expected = answer(*copy.deepcopy(case))
            with np.errstate(all="ignore"):
                value = submitted(*case)
            expect_same(value, expected, rtol, atol, "The result for fresh inputs")

    return hidden


def few_digits(rng: np.random.Generator, shape: int | tuple[int, ...], largest: float = 2.0) -> np.ndarray:
    """Halves between -largest and largest, drawn with equal chance, 0 among them: an array of floats of this shape.

    float32 too has room for the sums of their products, so that two right answers give the same, not nearly the same.
    """
    most = int(2 * largest)
    return rng.integers(-most, most + 1, shape) / 2


def expect_same(value: object, expected: object, rtol: float, atol: float, what: str) -> None:
    """The expected value, however deep: numbers and arrays up to rounding, texts and booleans as they are.

    A list or an array is as good as a tuple, a list of numbers as good as an array, an array of one number as good as
    a number.
    """
    if isinstance(expected, dict):
        expect_dict(value, list(expected), what)
        for key, each in expected.items():
            expect_same(value[key], each, rtol, atol, f"{what}, at {key!r},")
    elif isinstance(expected, list | tuple):
        together = tuple(value) if isinstance(value, np.ndarray) and value.ndim else value
        values = expect_tuple(together, len(expected), what)
        for place, (one, each) in enumerate(zip(values, expected, strict=True)):
            expect_same(one, each, rtol, atol, f"{what}, at [{place}],")
    elif expected is None or isinstance(expected, str | bool):
        if value is not expected:
            expect_choice(value, [expected], what)
    elif np.ndim(expected):
        expect_close(plain_array(value), np.asarray(expected), rtol, atol, what)
    else:
        expect_close(plain_number(value), expected, rtol, atol, what)
