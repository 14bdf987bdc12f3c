"""Exercise 3.3: He's starting weights."""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import expect_array
from course_lib.checks.mistakes import Said
from course_lib.checks.registry import exercise

LEAD = (
    "Print the mean and the standard deviation of a large array of yours, and put them beside 0 and the root of 2 / "
    "fan_in."
)

STANDARD_ERRORS = 5  # chance is further off than that once in a million draws, and the seeds are fixed besides
FRESH_STANDARD_ERRORS = 8  # where they are not: no right answer may fail by chance, whatever is drawn


def he_deviation(fan_in, fan_out):
    """The right standard deviation of the weights."""
    return np.sqrt(2 / fan_in)


def hidden(submitted, rng):
    """Fresh fans, a wide layer, a narrow one and a square one, and fresh seeds of the generators."""
    wide, narrow, square, least = rng.integers((100, 40, 100, 2), (140, 60, 140, 9)).tolist()
    for fans in ((wide, 4 * narrow), (4 * narrow, narrow), (square, square), (least, 1), (1, least)):
        what = f"The weights for fan_in {fans[0]} and fan_out {fans[1]}"
        weights = expect_array(submitted(*fans, np.random.default_rng(rng.integers(2**32))), fans, what=what)
        if weights.size > 1000:
            _check_distribution(weights, *fans, what, FRESH_STANDARD_ERRORS)
    _check_generator(submitted, (narrow, least), rng.choice(2**32, 2, replace=False).tolist())


def he_by_row(fan_in, fan_out, rng):
    return np.tile(rng.normal(0, np.sqrt(2 / fan_in), fan_out), (fan_in, 1))


def he_from_the_global_generator(fan_in, fan_out, rng):
    return np.random.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))  # noqa: NPY002


def normal_weights(deviation):
    """An answer that is right but for the standard deviation, a function of fan_in and fan_out."""
    return lambda fan_in, fan_out, rng: rng.normal(0, deviation(fan_in, fan_out), (fan_in, fan_out))


WRONG_DEVIATIONS = [
    (
        lambda i, o: 2 / i,
        "The variance went in where NumPy wants the standard deviation: `rng.normal(0, scale)` takes the root of "
        "2 / fan_in.",
    ),
    (lambda i, o: np.sqrt(2 / o), "`fan_out` is in it. A sum has `fan_in` terms, so `fan_in` counts."),
    (
        lambda i, o: 2 / o,
        "`fan_out` is in it, and the root is missing: NumPy wants a standard deviation, from `fan_in`.",
    ),
    (lambda i, o: np.sqrt(1 / i), "The 2 is missing. ReLU puts half of the sums to 0, and the 2 makes up for it."),
    (lambda i, o: np.sqrt(2 / (i + o)), "That is Xavier's spread. He's variance is 2 / fan_in."),
    (lambda i, o: 1.0, "Those are weights of spread 1, whatever the layer's width. Divide the variance by `fan_in`."),
    (
        lambda i, o: np.sqrt(2 / i / 3),
        "Uniform numbers between -s and s have a spread of only s over the root of 3, and He's weights are normal: "
        "`rng.normal`.",
    ),
    (
        lambda i, o: 2 / np.sqrt(i),
        "The spread is twice too large: 2 / fan_in is the variance, and the root is taken of all of it.",
    ),
]

MISTAKES = [(normal_weights(deviation), meaning) for deviation, meaning in WRONG_DEVIATIONS] + [
    (normal_weights(lambda i, o: 1.15 * np.sqrt(2 / i)), Said("expected 0.1, within")),
    (normal_weights(lambda i, o: 1.15 * np.sqrt(2 / i)), Said("put them beside 0 and the root of 2 / fan_in")),
    (normal_weights(lambda i, o: np.sqrt(2 / (i - 1))), Said("fan_in 8 and fan_out 2000 have the standard deviation")),
    (lambda i, o, rng: rng.uniform(-1, 1, (i, o)) * np.sqrt(2 / i), Said("between -s and s")),
    (lambda i, o, rng: rng.uniform(-1, 1, (i, o)) * np.sqrt(6 / i), Said("numbers have no tails")),
    (lambda i, o, rng: rng.laplace(0, np.sqrt(1 / i), (i, o)), Said("no bell curve")),
    (lambda i, o, rng: rng.normal(np.sqrt(2 / i), size=(i, o)), Said("takes the mean first")),
    (lambda i, o, rng: rng.random((i, o)) * np.sqrt(2 / i), Said("never negative")),
    (lambda i, o, rng: rng.normal(0, np.sqrt(2 / i), (o, i)), Said("It is transposed")),
    (he_by_row, Said("repeat themselves")),
    (he_from_the_global_generator, Said("gives other weights each time")),
    (lambda i, o, rng: np.random.default_rng(0).normal(0, np.sqrt(2 / i), (i, o)), Said("different seeds")),
    (lambda i, o, rng: rng.normal(0, np.sqrt(2 / i), (i, o)).tolist(), Said("expected a NumPy array")),
    (lambda i, o, rng: None, Said("forget `return`")),
]


@exercise("3.3", title="He's starting weights", mistakes=MISTAKES, lead=LEAD, hidden=hidden)
def he_weights(submitted):
    """Shape, mean, spread and bell curve within five standard errors, and the given generator draws the numbers."""
    for fans, seed in (((200, 60), 31), ((50, 400), 32), ((8, 2000), 33), ((8, 3), 34)):
        what = f"The weights for fan_in {fans[0]} and fan_out {fans[1]}"
        weights = expect_array(submitted(*fans, np.random.default_rng(seed)), fans, what=what)
        if weights.size > 1000:
            _check_distribution(weights, *fans, what)
    _check_generator(submitted, (30, 20), (5, 6))
    return "Normal numbers of variance 2/fan_in, and the same generator gives the same weights."


def _check_distribution(weights, fan_in, fan_out, what, standard_errors=STANDARD_ERRORS):
    if len(np.unique(weights)) < 0.9 * weights.size:
        hint = "Draw all of them at once: `size=(fan_in, fan_out)`."
        raise Diagnosis(f"{what} repeat themselves: {len(np.unique(weights))} different numbers.", hint)
    right, spread, count = he_deviation(fan_in, fan_out), float(weights.std()), weights.size
    allowed = standard_errors * spread / np.sqrt(count)
    if abs(weights.mean()) > allowed:
        hint = "`rng.normal(mean, deviation, size)` takes the mean first, and `rng.random` is never negative."
        raise Diagnosis(f"{what} have the mean {weights.mean():.3g}; expected 0, within {allowed:.2g}.", hint)
    found = f"{what} have the standard deviation {spread:.4g}"
    tolerance = standard_errors / np.sqrt(2 * count)  # of a normal sample's standard deviation, as a share of it
    if abs(spread / right - 1) > tolerance:
        known = ((wrong(fan_in, fan_out), meaning) for wrong, meaning in WRONG_DEVIATIONS)
        hint = next((meaning for wrong, meaning in known if abs(spread / wrong - 1) < tolerance), "")
        raise Diagnosis(f"{found}; expected {right:.4g}, within {tolerance * right:.2g}.", hint, differs=True)
    excess = float(np.mean(((weights - weights.mean()) / spread) ** 4)) - 3
    if abs(excess) > standard_errors * np.sqrt(24 / count):  # kurtosis: -1.2 for uniform numbers, 0 for normal ones
        hint = "Uniform numbers have no tails. Draw with `rng.normal`." if excess < -1 else "Draw with `rng.normal`."
        raise Diagnosis(f"{found}, as they should, but they are not normal numbers: no bell curve.", hint=hint)


def _check_generator(submitted, fans, seeds):
    first, again, other = (submitted(*fans, np.random.default_rng(seed)) for seed in (seeds[0], *seeds))
    if np.array_equal(first, other):
        raise Diagnosis(
            "Two generators with different seeds give the same weights.",
            hint="Draw from the `rng` you are given, and not from one that you make or seed inside.",
        )
    if not np.array_equal(first, again):
        raise Diagnosis(
            "The same generator gives other weights each time.",
            hint="Draw from the `rng` you are given: `rng.normal`, and not `np.random.normal`.",
        )
