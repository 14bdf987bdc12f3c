"""Exercise 2.3: the learning rate at which descent on a line through 0 starts to run away."""

import numpy as np

from course_lib.checks.chapter_02.meanings import SUM_FOR_MEAN
from course_lib.checks.diagnosis import listed
from course_lib.checks.expectations import ROUNDING, expect_close, expect_number
from course_lib.checks.fresh import few_digits, same_as
from course_lib.checks.mistakes import Said, answers_in, known
from course_lib.checks.registry import exercise

LEAD = (
    "Take x = [2] and start at a distance of 1. By which factor does one step multiply the distance? At which rate "
    "does only its sign change?"
)


def edge(x):
    """For the line w x: a step multiplies the distance by 1 - 2 eta mean(x**2), which is -1 at the edge."""
    return 1 / np.mean(x**2)


def drawn(rng):
    """One input, several inputs of both signs, inputs that are all alike, inputs that are 0 beside one that is not."""
    cases = []
    for n_inputs in (1, 2, *rng.integers(3, 10, 3)):
        x = few_digits(rng, n_inputs, 5)
        x[rng.integers(n_inputs)] = rng.choice([-1, 1]) * rng.integers(1, 11) / 2  # not all of them are 0
        cases.append(x)
    alike, zeros = np.full(rng.integers(2, 6), cases[0][0]), np.zeros(rng.integers(2, 6))
    zeros[-1] = cases[0][0]
    return [(x,) for x in (*cases, alike, zeros)]


MISTAKES = [
    (
        lambda x: 0.5 / np.mean(x**2),
        "At that rate the factor is 0 and one step arrives. It is the best rate, and not yet the edge.",
    ),
    (
        lambda x: 2 / np.mean(x**2),
        "Twice too large. The slope of the loss is 2 times the mean of the squares times the distance.",
    ),
    (lambda x: 1 / np.mean(x) ** 2, "That is the square of the mean. The slope has the mean of the squares."),
    (lambda x: 1 / np.sum(x**2), SUM_FOR_MEAN),
    (
        lambda x: 1 / np.mean(x),
        "The inputs come in squared: raising w moves a prediction by x, and its error counts times x again.",
    ),
    (lambda x: 1 / max(abs(x)) ** 2, "The largest input is not all that counts: it is the mean of the squares."),
    (lambda x: np.mean(x**2), "That is the mean of the squares. The edge is 1 over it."),
    (lambda x: 3 / 14, Said("the same number for every `x`")),
    (lambda x: 0.2, Said("at the rate 0.19 descent comes closer; at the rate 0.21 descent comes closer")),
    (lambda x: 0.3, Said("at the rate 0.285 descent runs away")),
    (lambda x: 0.25, Said("the same number for every `x`")),
    (lambda x: round(1 / np.mean(x**2), 3), Said("Very close")),
    (lambda x: 0, Said("stands still")),
    (lambda x: 1 / x**2, Said("expected one number")),
    (lambda x: 1 / np.mean(x**2, keepdims=True), Said("`value.item()`")),
    (lambda x: None, Said("forget `return`")),
]


@exercise(
    "2.3",
    title="Where does it start to run away?",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(edge, drawn),
    kept=True,
)
def largest_learning_rate(submitted):
    """Four sets of inputs: the edge is named by formula, then tested by running descent on both sides of the answer."""
    cases = [np.array(x) for x in ([1.0, 2.0, 3.0], [2.0], [0.5, 1.5, 4.0, 2.0], [-3.0, 1.0])]
    for x in cases:
        what = f"The largest learning rate for x = {listed(x)}"
        value = expect_number(submitted(x), what)
        ends = "; ".join(_after_steps(x, value * part) for part in (0.95, 1.05))
        because = _because(submitted, cases, x, value)
        expect_close(value, edge(x), **ROUNDING, because=because, what=f"{what} ({ends})")
    return "For x = [1, 2, 3] it is 3/14: at 95% of your rate descent arrives, at 105% it runs away."


def _because(submitted, cases, x, value):
    """Pairs (wrong number, hint). A number that never changes comes first: for one `x` it may be another mistake's."""
    if all(np.array_equal(answer, value) for answer in answers_in(submitted, [(each,) for each in cases])):
        yield value, "Your function gives the same number for every `x`. Compute it from `x`."
    yield from known(MISTAKES, x)
    if np.isclose(value, edge(x), rtol=0.02):
        yield value, "Very close, but not the edge itself. Solve the equation for it instead of trying rates."


def _after_steps(x, rate, steps=200):
    """What descent does from a distance of 1 with this rate, in words."""
    distance = 1.0
    for _ in range(steps):
        distance -= rate * 2 * np.mean(x**2) * distance
        if abs(distance) > 1e6:
            break
    word = "stands still" if rate == 0 else "runs away" if abs(distance) > 1 else "comes closer"
    return f"at the rate {rate:.3g} descent {word}"
