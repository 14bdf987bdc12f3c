"""Exercise 3.2: the standard deviation of Xavier's starting weights."""

import numpy as np

from course_lib.checks.expectations import expect_close, plain_number
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = "Take fan_in 6 and fan_out 2: the mean of the two is 4, the variance 1/4, its root 1/2. Print the same three."


def xavier(fan_in, fan_out):
    """Glorot and Bengio 2010, eq. 12: Var[w] = 2 / (fan_in + fan_out)."""
    return np.sqrt(2 / (fan_in + fan_out))


def drawn(rng):
    """Layers of any two widths, of equal ones, and with one input or one unit."""
    fans = rng.integers(2, 1000, (4, 2)).tolist()
    return [*map(tuple, fans), (fans[0][0],) * 2, (1, fans[1][1]), (fans[2][0], 1)]


MISTAKES = [
    (lambda i, o: 2 / (i + o), "That is the variance. The standard deviation is its root."),
    (
        lambda i, o: np.sqrt(2 / i),
        "That is He's: it looks at `fan_in` alone. Xavier takes the mean of `fan_in` and `fan_out`.",
    ),
    (lambda i, o: np.sqrt(2 / o), "`fan_out` alone is in it. Xavier takes the mean of `fan_in` and `fan_out`."),
    (
        lambda i, o: np.sqrt(1 / i),
        "That keeps only the way forward at its size (1 / fan_in). Xavier's compromise has `fan_out` in it too.",
    ),
    (
        lambda i, o: np.sqrt(1 / o),
        "That keeps only the way back at its size (1 / fan_out). Xavier's compromise has `fan_in` in it too.",
    ),
    (
        lambda i, o: np.sqrt(1 / (i + o)),
        "The 2 is missing: the mean of the two fans is (fan_in + fan_out) / 2, and the variance is 1 over it.",
    ),
    (
        lambda i, o: np.sqrt(6 / (i + o)),
        "That is the limit of uniform weights. Their standard deviation is that limit over the root of 3.",
    ),
    (
        lambda i, o: np.sqrt(2) / (i + o),
        "The root is taken of a part only. Divide first, then take the root of all of it.",
    ),
    (
        lambda i, o: 2 / np.sqrt(i + o),
        "The 2 is outside the root. The variance is 2 / (fan_in + fan_out), and the root is taken of all of it.",
    ),
    (lambda i, o: np.sqrt(2 / (i * o)), "The fans are multiplied. Xavier's variance has their sum."),
    (lambda i, o: np.sqrt((i + o) / 2), "That is 1 over it: wider layers need smaller weights."),
    (
        lambda i, o: np.sqrt(2 / i + o),
        "`/` comes before `+`: 2 / fan_in + fan_out divides by `fan_in` alone. Put the sum in parentheses.",
    ),
    (lambda i, o: None, Said("forget `return`")),
]


@exercise("3.2", title="Xavier's standard deviation", mistakes=MISTAKES, lead=LEAD, hidden=same_as(xavier, drawn))
def xavier_standard_deviation(submitted):
    """Layers that narrow and widen, which tells the two fans apart, then one of equal width."""
    for fans in (30, 20), (784, 100), (10, 40), (6, 2), (100, 100):
        what = f"The standard deviation for fan_in {fans[0]} and fan_out {fans[1]}"
        value = plain_number(submitted(*fans))
        expect_close(value, xavier(*fans), rtol=1e-5, because=known(MISTAKES, *fans), what=what)
    return "Both fans, and the root."
