"""Exercise 2.2: one step of gradient descent on a line."""

import numpy as np

from course_lib.checks.chapter_02.meanings import SUM_FOR_MEAN
from course_lib.checks.expectations import ROUNDING, expect_close, expect_numbers, plain_number
from course_lib.checks.fresh import few_digits, same_as
from course_lib.checks.mistakes import Said, answers_in, known, meaning_in_all
from course_lib.checks.registry import exercise

LEAD = (
    "Take the chapter's three points and print the errors, then the two slopes, then the two steps. Which is not "
    "what you get on paper?"
)

# errors taken the other way round and a gradient that is added give the same numbers
UPHILL = (
    "You go uphill. Either the step is added, and descent subtracts it, or the errors are targets minus predictions. "
    "Which is it?"
)


def slopes(x, y, w, b):
    """Of the mean squared error of the line w x + b: dL/dw and dL/db."""
    errors = w * x + b - y
    return 2 * np.mean(errors * x), 2 * np.mean(errors)


def step(x, y, w, b, rate):
    """w <- w - eta dL/dw, b <- b - eta dL/db, both slopes from the old place."""
    slope_w, slope_b = slopes(x, y, w, b)
    return w - rate * slope_w, b - rate * slope_b


def drawn(rng):
    """One point, several points, points that are all at the same x; w and b of both signs, and 0."""
    cases = []
    for n_points in (1, 2, *rng.integers(3, 10, 3)):
        x, y, (w, b) = few_digits(rng, n_points, 3), few_digits(rng, n_points, 4), few_digits(rng, 2, 3)
        cases.append((x, y, float(w), float(b), float(rng.integers(1, 30) / 100)))
    x, *others = cases[-1]
    return [*cases, (np.full(x.shape, x[0]), *others)]


def _moved_by(factor):
    """A step whose slopes are multiplied by a factor: a function of how many points there are and of the rate."""
    return lambda x, y, w, b, rate: step(x, y, w, b, rate * factor(len(x), rate))


def _with_slopes(wrong):
    """A step along other slopes: wrong(x, errors, w, b) -> the two."""

    def answer(x, y, w, b, rate):
        slope_w, slope_b = wrong(x, w * x + b - y, w, b)
        return w - rate * slope_w, b - rate * slope_b

    return answer


def b_after_w(x, y, w, b, rate):
    w = step(x, y, w, b, rate)[0]
    return w, step(x, y, w, b, rate)[1]


def w_after_b(x, y, w, b, rate):
    b = step(x, y, w, b, rate)[1]
    return step(x, y, w, b, rate)[0], b


def product_of_means(x, y, w, b, rate):
    errors = w * x + b - y
    return w - rate * 2 * np.mean(errors) * np.mean(x), b - rate * 2 * np.mean(errors)


MISTAKES = [
    (_moved_by(lambda n, rate: -1), UPHILL),
    (_moved_by(lambda n, rate: n), f"{SUM_FOR_MEAN} With a sum the step grows with the data."),
    (_moved_by(lambda n, rate: -n), "Uphill, and a sum where the mean belongs: two mistakes."),
    (_moved_by(lambda n, rate: 0.5), "The factor 2 of the square's slope is missing."),
    (
        _with_slopes(lambda x, e, w, b: (2 * np.sum(e * x), 2 * np.mean(e))),
        "The slope of `w` is a sum over the points. Take the mean.",
    ),
    (
        _with_slopes(lambda x, e, w, b: (2 * np.mean(e * x), 2 * np.sum(e))),
        "The slope of `b` is a sum over the points. Take the mean.",
    ),
    (
        _with_slopes(lambda x, e, w, b: (np.mean(e * x), 2 * np.mean(e))),
        "The factor 2 of the square's slope is missing in the slope of `w`.",
    ),
    (
        _with_slopes(lambda x, e, w, b: (2 * np.mean(e * x), np.mean(e))),
        "The factor 2 of the square's slope is missing in the slope of `b`.",
    ),
    (
        lambda x, y, w, b, rate: (step(x, y, w, b, rate)[0], step(x, y, w, b, -rate)[1]),
        "`w` goes downhill and `b` goes uphill. Both steps are subtracted.",
    ),
    (
        lambda x, y, w, b, rate: (step(x, y, w, b, -rate)[0], step(x, y, w, b, rate)[1]),
        "`b` goes downhill and `w` goes uphill. Both steps are subtracted.",
    ),
    (
        lambda x, y, w, b, rate: [rate * slope for slope in slopes(x, y, w, b)],
        "Those are the two steps. The new value is still to come: the old value minus its step.",
    ),
    (
        _with_slopes(lambda x, e, w, b: (2 * np.mean(e**2 * x), 2 * np.mean(e**2))),
        "The errors are squared. The loss has the squares; its slope has twice the error itself.",
    ),
    (
        _with_slopes(lambda x, e, w, b: (2 * np.mean(e * w), 2 * np.mean(e * b))),
        "The errors are multiplied by `w` and `b`. What counts is how a prediction moves: by `x` when you raise `w`, "
        "by 1 when you raise `b`.",
    ),
    (
        _with_slopes(lambda x, e, w, b: (2 * np.mean(e * w), 2 * np.mean(e))),
        "`w` stands where `x` belongs: raising `w` moves each prediction by its `x`.",
    ),
    (
        _with_slopes(lambda x, e, w, b: (2 * np.mean(e * x), 2 * np.mean(e * b))),
        "The slope of `b` has `b` in it: raising `b` moves each prediction by 1.",
    ),
    (
        _with_slopes(lambda x, e, w, b: (2 * np.mean(e * x**2), 2 * np.mean(e))),
        "The slope of `w` has an `x` too many: each error is multiplied by its `x` once.",
    ),
    (
        _with_slopes(lambda x, e, w, b: (2 * np.mean(abs(e) * x), 2 * np.mean(abs(e)))),
        "The signs of the errors are lost. They say which way to go: no `abs`.",
    ),
    (
        _with_slopes(lambda x, e, w, b: (np.mean(e**2), np.mean(e**2))),
        "The loss itself is taken for the slopes. The slope of a square is 2 times the error, times what moves it.",
    ),
    (
        _with_slopes(lambda x, e, w, b: (2 * e[0] * x[0], 2 * e[0])),
        "Only the first point counts in it. The mean goes over all of them.",
    ),
    (
        _with_slopes(lambda x, e, w, b: (2 * np.mean((e - b) * x), 2 * np.mean(e - b))),
        "`b` is missing in the predictions: w x + b.",
    ),
    (b_after_w, "`b` uses the new `w`: its slope belongs to the old place. Compute both slopes, then move."),
    (w_after_b, "`w` uses the new `b`: its slope belongs to the old place. Compute both slopes, then move."),
    (_moved_by(lambda n, rate: 1 / rate), "The learning rate is missing: the step is the whole slope."),
    (
        lambda x, y, w, b, rate: slopes(x, y, w, b),
        "Those are the slopes. The step is still to come: old value minus learning rate times slope.",
    ),
    (
        lambda x, y, w, b, rate: [each - rate * slopes(x, y, w, b)[1] for each in (w, b)],
        "The slope of `w` lacks `x`: raising `w` moves each prediction by its `x`.",
    ),
    (
        lambda x, y, w, b, rate: [each - rate * slopes(x, y, w, b)[0] for each in (w, b)],
        "The slope of `b` has an `x` too many: raising `b` moves each prediction by 1.",
    ),
    (
        product_of_means,
        "The mean of the errors is multiplied by the mean of `x`. Multiply each error by its own `x`, then take the "
        "mean: `np.mean(errors * x)`.",
    ),
    (lambda x, y, w, b, rate: (step(x, y, w, b, rate)[0], b), "Only `w` has moved. `b` is a parameter too."),
    (lambda *given: step(*given)[::-1], "`w` and `b` are swapped in what you return."),
    (lambda *given: step(*given)[0], Said("expected 2 values (w, b)")),
    (lambda x, y, w, b, rate: (w - rate * (w * x + b - y) * x, b), Said("is an array of shape (3,)")),
    (lambda *given: [np.array([each]) for each in step(*given)], Said("`value.item()`")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise(
    "2.2", title="One step of gradient descent", mistakes=MISTAKES, lead=LEAD, hidden=same_as(step, drawn), kept=True
)
def descent_step(submitted):
    """The chapter's example, then five points with other numbers."""
    cases = (
        (np.array([1.0, 2.0, 3.0]), np.array([1.0, 6.0, 8.0]), 2.0, 0.0, 0.1),
        (np.array([0.5, -1.0, 2.0, 3.0, 1.5]), np.array([1.0, 0.0, 4.0, 9.0, 2.0]), 1.0, 0.5, 0.2),
    )
    for given in cases:
        x, _, w, b, rate = given
        what = f"The result for {len(x)} points, w = {w:g}, b = {b:g}, learning rate {rate:g}"
        numbers = expect_numbers(submitted(*given), ("w", "b"), what, each="The new ")
        because = _because(submitted, cases, given, numbers)
        expect_close(numbers, np.array(step(*given)), **ROUNDING, because=because, what=f"{what}: (w, b)")
    return "Downhill, the mean, and both slopes from the same place."


def _because(submitted, cases, given, numbers):
    """Pairs (wrong numbers, hint); the first is of the mistake that gives what the learner has in both cases.

    In the chapter's example, whose numbers are small, several mistakes agree.
    """
    hint = meaning_in_all(MISTAKES, cases, answers_in(submitted, cases), _same)
    if hint:
        yield numbers, hint
    yield from known(MISTAKES, *given)


def _same(wrong, answer):
    return np.allclose(np.ravel(wrong), [float(plain_number(each)) for each in answer], **ROUNDING)
