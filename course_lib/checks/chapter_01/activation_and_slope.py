"""Exercise 1.2: ReLU, leaky ReLU and ELU, and their slopes."""

import numpy as np

from course_lib.checks.chapter_01.meanings import ABSOLUTE_VALUE, NO_ACTIVATION
from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import ROUNDING, expect_array, expect_close, expect_tuple, plain_array
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = (
    "Take z = -1 and then z = 1, and work out both numbers by hand: the output from the formula for that side, and "
    "how fast the curve climbs there."
)

NAMES = ("relu", "leaky_relu", "elu")
KINK = "At the kink the value for z <= 0 is used, so compare with `z > 0` and not with `z >= 0`."
HALFWAY = "Halfway between the two sides is a fair idea, but the convention takes the left side."
SWAPPED = "The two sides are swapped: the slope is 1 where z > 0."
SUMS = [[-3, -1, -0.25], [0.5, 1, 3]]


def activation(name, z):
    """Outputs and slopes; for z <= 0 relu is 0, leaky_relu 0.01 z, elu e^z - 1, and each is z above."""
    left = np.minimum(z, 0)
    outputs = {"relu": 0.0, "leaky_relu": 0.01 * left, "elu": np.expm1(left)}[name]
    slopes = {"relu": 0.0, "leaky_relu": 0.01, "elu": np.exp(left)}[name]
    return np.where(z > 0, z, outputs), np.where(z > 0, 1.0, slopes)


def drawn(rng):
    """For each name a row and a table of sums of both signs; in each one exact 0, and one sum that is large."""
    cases = []
    for name in NAMES:
        for shape in ((rng.integers(3, 9),), tuple(rng.integers(2, 6, 2))):
            z = rng.normal(0, 2, shape)
            z.flat[rng.permutation(z.size)[:2]] = 0, rng.integers(100, 2000)
            cases.append((name, z))
    return cases


def _with(**changed):
    """A right answer but for the named activations: relu=a function of z, the outputs and the slopes."""

    def answer(name, z):
        outputs, slopes = activation(name, z)
        return changed[name](z, outputs, slopes) if name in changed else (outputs, slopes)

    return answer


MISTAKES = [
    (
        _with(relu=lambda z, a, s: (np.where(z > 0, z, 0.01 * z), s)),
        "That is leaky ReLU: ReLU lets nothing of a negative sum through.",
    ),
    (_with(relu=lambda z, a, s: (np.abs(z), s)), ABSOLUTE_VALUE),
    (_with(relu=lambda z, a, s: (z, s)), NO_ACTIVATION),
    (
        _with(leaky_relu=lambda z, a, s: (np.where(z > 0, z, 0.1 * z), s)),
        "On the left leaky ReLU is 0.01 z. Your slope there is 0.1.",
    ),
    (
        _with(leaky_relu=lambda z, a, s: (np.maximum(z, 0), s)),
        "On the left leaky ReLU is 0.01 z, a small slope. Yours gives 0, as ReLU does.",
    ),
    (
        _with(leaky_relu=lambda z, a, s: (np.where(z > 0, z, 0.01), s)),
        "On the left the sum is multiplied by 0.01. Yours is the constant 0.01.",
    ),
    (
        _with(leaky_relu=lambda z, a, s: (np.where(z > 0, z, -0.01 * z), s)),
        "The sign on the left is turned around: 0.01 times a negative sum is negative.",
    ),
    (
        _with(elu=lambda z, a, s: (np.where(z > 0, z, np.exp(z)), s)),
        "The -1 is missing on the left: elu is e^z - 1 there, so that it meets 0 at z = 0.",
    ),
    (_with(elu=lambda z, a, s: (np.exp(z) - 1, s)), "Only the left side is e^z - 1. Where z > 0 the output is z."),
    (
        _with(elu=lambda z, a, s: (np.where(z > 0, z, np.exp(z - 1)), s)),
        "On the left elu is e^z - 1; yours is e^(z - 1).",
    ),
    (_with(relu=lambda z, a, s: (a, (z >= 0) * 1.0)), KINK),
    (_with(leaky_relu=lambda z, a, s: (a, np.where(z >= 0, 1, 0.01))), KINK),
    (_with(relu=lambda z, a, s: (a, np.where(z == 0, 0.5, s))), HALFWAY),
    (_with(leaky_relu=lambda z, a, s: (a, np.where(z == 0, 0.5, s))), HALFWAY),
    (
        lambda name, z: (activation(name, z)[0], activation(name, z)[0]),
        "You return the output again. The second array holds the slope of the curve.",
    ),
    (
        lambda name, z: activation(name, z)[::-1],
        "Those are the derivatives. Return the outputs first, then the derivatives.",
    ),
    (
        _with(elu=lambda z, a, s: (a, np.where(z > 0, 1, np.exp(z) - 1))),
        "The slope of e^z - 1 is e^z: a shift down changes no slope.",
    ),
    (
        _with(elu=lambda z, a, s: (a, np.exp(z))),
        "Where z > 0 the output is z, and its slope is 1. Yours is e^z there too.",
    ),
    (_with(leaky_relu=lambda z, a, s: (a, np.where(z > 0, z, 0.01))), "The slope where z > 0 is 1, not z."),
    (_with(relu=lambda z, a, s: (a, 1 - s)), SWAPPED),
    (_with(leaky_relu=lambda z, a, s: (a, np.where(z > 0, 0.01, 1))), SWAPPED),
    (
        _with(leaky_relu=lambda z, a, s: (a, np.where(z > 0, 1, 0.01 * z))),
        "The slope on the left is 0.01 itself, not 0.01 z.",
    ),
    (
        _with(leaky_relu=lambda z, a, s: (a, np.where(z > 0, 1, 0))),
        "On the left the slope of leaky ReLU is 0.01, not 0.",
    ),
    (
        _with(leaky_relu=lambda z, a, s: (a, np.full(z.shape, 0.01))),
        "The slope is 0.01 everywhere; expected 1 where z > 0. Which side is z on?",
    ),
    (lambda name, z: activation(name, z)[0], Said("returns one array; expected two")),
    (lambda name, z: None, Said("forget `return`")),
]


@exercise(
    "1.2", title="Three activations and their slopes", mistakes=MISTAKES, lead=LEAD, hidden=same_as(activation, drawn)
)
def activation_and_slope(submitted):
    """Outputs and slopes of the three, away from 0 and at 0, where two have a kink, and of elu for a large sum."""
    cases = [(name, f"z = {SUMS}", np.array(SUMS, dtype=float)) for name in NAMES]
    cases += [(name, "z = 0", np.array([0.0])) for name in NAMES]
    for name, where, z in [*cases, ("elu", "z = 1000", np.array([1000.0]))]:
        array = "array of " if z.size > 1 else ""
        for part, (value, right) in enumerate(zip(_pair(submitted, name, z), activation(name, z), strict=True)):
            words = ("outputs", "derivatives")[part] if array else ("output", "derivative")[part]
            what = f'The {array}{words} of "{name}" at {where}'
            expect_close(value, right, **ROUNDING, because=known(MISTAKES, name, z, part=part), what=what)
    return "Outputs and slopes are right on both sides of 0, at 0, and for a sum of 1000."


def _pair(submitted, name, z):
    value = submitted(name, z)
    if isinstance(value, np.ndarray) and value.shape == (2, *z.shape):
        value = tuple(value)
    if isinstance(value, np.ndarray) and value.shape == z.shape:
        raise Diagnosis(
            f'For "{name}" your function returns one array; expected two, the outputs and the derivatives.',
            hint="Return both: `return outputs, slopes`.",
        )
    pair = expect_tuple(value, 2, f'The result for "{name}"', ("outputs", "slopes"))
    return [
        expect_array(plain_array(each), z.shape, what=f'The {words} for "{name}"')
        for each, words in zip(pair, ("outputs", "derivatives"), strict=True)
    ]
