"""Exercise 1.4: ReLU and its slope."""

import numpy as np

from course_lib.checks.chapter_01.meanings import ABSOLUTE_VALUE, NO_ACTIVATION
from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import ROUNDING, expect_close, expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = "Take z = -1 and then z = 1, and work out both numbers by hand: what comes out, and how fast the curve climbs."
PARTS = ("outputs", "slopes")
SUMS = [[-3, -1, -0.25], [0.5, 1, 3]]
SWAPPED = "The two sides are swapped: the slope is 1 where z > 0."


def outputs_and_slopes(z):
    """max(0, z), and 1 where z > 0, else 0."""
    return np.maximum(z, 0), (z > 0) * 1.0


def drawn(rng):
    """A row and tables of sums of both signs, each with exact 0 and a large sum; one sum alone."""
    cases = [(rng.normal(0, 2, 1),)]
    for shape in ((rng.integers(3, 9),), tuple(rng.integers(2, 6, 2)), tuple(rng.integers(2, 4, 3))):
        z = rng.normal(0, 2, shape)
        z.flat[rng.permutation(z.size)[:2]] = 0, rng.integers(100, 2000)
        cases.append((z,))
    return cases


def _with(outputs=None, slopes=None):
    """A right answer but for the named part: a function of z."""

    def answer(z):
        right = outputs_and_slopes(z)
        return outputs(z) if outputs else right[0], slopes(z) if slopes else right[1]

    return answer


MISTAKES = [
    (
        lambda z: outputs_and_slopes(z)[::-1],
        "The two are swapped. Return the outputs first, then the slopes.",
    ),
    (_with(outputs=np.abs), ABSOLUTE_VALUE),
    (_with(outputs=lambda z: z), NO_ACTIVATION),
    (_with(outputs=lambda z: np.minimum(z, 0)), "That is the smaller one of 0 and the sum. ReLU takes the larger one."),
    (
        _with(outputs=lambda z: np.where(z > 0, z, 0.01 * z)),
        "That is leaky ReLU: ReLU lets nothing of a negative sum through.",
    ),
    (_with(outputs=lambda z: (z > 0) * 1.0), "That is a step. ReLU passes a positive sum on as it is."),
    (_with(outputs=lambda z: 1 / (1 + np.exp(-z))), "That is the sigmoid. ReLU is max(z, 0)."),
    (
        _with(slopes=lambda z: (z >= 0) * 1.0),
        "At the kink the slope is 0 here, so compare with `z > 0` and not with `z >= 0`.",
    ),
    (
        _with(slopes=lambda z: np.where(z == 0, 0.5, z > 0)),
        "Halfway between the two sides is a fair idea, but by convention the slope at 0 is 0.",
    ),
    (_with(slopes=lambda z: (z < 0) * 1.0), SWAPPED),
    (_with(slopes=lambda z: (z <= 0) * 1.0), SWAPPED),
    (_with(slopes=np.sign), "On the left the curve is flat: its slope is 0 there, not -1."),
    (_with(slopes=np.ones_like), "The slope is 1 everywhere in yours. Where z is negative the curve is flat."),
    (
        _with(slopes=lambda z: np.maximum(z, 0)),
        "You return the outputs again. The second array holds how fast the curve climbs: 1 or 0.",
    ),
    (_with(slopes=lambda z: z), "The slope of z is 1, not z: it climbs by 1 for each step to the right."),
    (_with(slopes=lambda z: z > 0), Said("`(z > 0) * 1.0`")),
    (lambda z: np.maximum(z, 0), Said("one array; expected two")),
    (lambda z: max(z, 0), Said("truth value")),
    (lambda z: tuple(each.tolist() for each in outputs_and_slopes(z)), Said("`np.array(...)`")),
    (lambda z: None, Said("forget `return`")),
]


@exercise(
    "1.4",
    title="ReLU and its slope",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(outputs_and_slopes, drawn),
    kept=True,
)
def relu(submitted):
    """A table of sums of both signs, then 0, where the curve has a kink, then a long row."""
    cases = {f"z = {SUMS}": np.array(SUMS, dtype=float), "z = [0]": np.array([0.0])}
    cases["z = [-2, 0, 3]"] = np.array([-2.0, 0.0, 3.0])
    for where, z in cases.items():
        pair = _pair(submitted, z)
        swapped = np.array_equal(pair[0], outputs_and_slopes(z)[1]) and np.array_equal(pair[1], np.maximum(z, 0))
        for part, (value, right) in enumerate(zip(pair, outputs_and_slopes(z), strict=True)):
            because = known(MISTAKES if swapped else MISTAKES[1:], z, part=part)
            expect_close(value, right, **ROUNDING, because=because, what=f"The array of {PARTS[part]} at {where}")
    return "Outputs and slopes are right on both sides of 0, and at 0."


def _pair(submitted, z):
    value = submitted(z)
    if isinstance(value, np.ndarray) and value.shape == (2, *z.shape):
        value = tuple(value)
    if isinstance(value, np.ndarray) and value.shape == z.shape:
        raise Diagnosis(
            "Your function returns one array; expected two, the outputs and the slopes.",
            hint="Return both: `return outputs, slopes`.",
        )
    pair = expect_tuple(value, 2, "The result", PARTS)
    if isinstance(pair[1], np.ndarray) and pair[1].dtype == bool:
        raise Diagnosis("The slopes are True and False; expected numbers.", hint="Multiply by one: `(z > 0) * 1.0`.")
    return pair
