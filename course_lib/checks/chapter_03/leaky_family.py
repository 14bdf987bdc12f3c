"""Exercise 3.4: the leaky family of activations in one function."""

import numpy as np

from course_lib.checks.expectations import ROUNDING, expect_close, expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError

LEAD = (
    "Take the example, z = -4 and z = 3 with the slope 0.25, and work out the value and the derivative of each by hand."
)

PARTS = ("values", "derivatives")


def leaky_values(z, slope):
    """The right values."""
    return np.where(z > 0, z, slope * z)


def leaky_slopes(z, slope):
    """The right derivatives."""
    return np.where(z > 0, 1.0, slope)


def leaky_with(values=leaky_values, derivatives=leaky_slopes):
    """An answer that is right but for the given part: a function of z and slope."""
    return lambda z, slope: (values(z, slope), derivatives(z, slope))


leaky = leaky_with()


def drawn(rng):
    """Rows, tables, blocks; a slope below 1, one above, one for each entry. Never z = 0, where there is a kink."""
    cases = []
    for n_axes in (1, 2, 3, 2):
        shape = tuple(rng.integers(1, 6, n_axes))
        z = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.1, 4, shape)
        z.flat[0] = -abs(z.flat[0])  # on the left the slope counts
        slopes = float(rng.integers(1, 60) / 100), float(rng.integers(110, 200) / 100), rng.uniform(0.1, 0.4, shape)
        cases += [(z, slope) for slope in slopes]
    return cases


def leaky_by_mask(z, slope):
    values, derivatives = z.copy(), np.ones_like(z)
    values[z < 0] *= slope
    derivatives[z < 0] = slope
    return values, derivatives


def leaky_in_place(z, slope):
    z[z < 0] = 0
    return z, z


MISTAKES = [
    (
        leaky_with(derivatives=leaky_values),
        "You return the values again. The second array holds the slope of the curve.",
    ),
    (
        lambda z, slope: leaky(z, slope)[::-1],
        "Those are the derivatives. Return the values first, then the derivatives.",
    ),
    (
        leaky_with(values=lambda z, slope: np.maximum(z, slope * z)),
        "`np.maximum(z, slope * z)` takes the larger one, which is the wrong one where the slope is above 1. Ask for "
        "the sign of z: `np.where(z > 0, ...)`.",
    ),
    (leaky_with(values=lambda z, slope: np.maximum(z, 0)), "That is ReLU: left of 0 the value is slope * z, not 0."),
    (
        leaky_with(values=lambda z, slope: np.where(z > 0, z, slope)),
        "Left of 0 the value is slope times z. Yours is the slope itself.",
    ),
    (
        leaky_with(values=lambda z, slope: np.where(z > 0, z, -slope * z)),
        "The sign on the left is turned around: slope times a negative sum.",
    ),
    (leaky_with(values=lambda z, slope: slope * z), "The slope counts on the left only. Right of 0 the value is z."),
    (
        leaky_with(values=lambda z, slope: np.where(z > 0, slope * z, z)),
        "The sides are swapped: the slope counts where z is negative.",
    ),
    (
        leaky_with(values=lambda z, slope: np.where(z > 0, z, 0.01 * z)),
        "The slope is not used: left of 0 the value is slope * z.",
    ),
    (
        leaky_with(derivatives=lambda z, slope: np.where(z > 0, 1.0, 0.0)),
        "The derivative left of 0 is forgotten: there the curve climbs with `slope`, not 0.",
    ),
    (
        leaky_with(derivatives=lambda z, slope: np.where(z > 0, 1.0, slope * z)),
        "The derivative left of 0 is the slope itself, not slope * z.",
    ),
    (leaky_with(derivatives=lambda z, slope: np.where(z > 0, z, slope)), "The derivative right of 0 is 1, not z."),
    (
        leaky_with(derivatives=lambda z, slope: np.where(z > 0, slope, 1.0)),
        "The sides are swapped: the derivative is 1 where z > 0.",
    ),
    (
        leaky_with(derivatives=lambda z, slope: slope * np.ones_like(z)),
        "The derivative is the slope on both sides; right of 0 it is 1.",
    ),
    (
        leaky_with(derivatives=lambda z, slope: np.where(z > 0, 1.0, -slope)),
        "The derivative left of 0 is negative; the curve climbs there too.",
    ),
    (lambda z, slope: leaky(z, slope)[0], Said("expected 2 values (values, derivatives)")),
    (leaky_by_mask, Said("with a slope for each entry")),
    (leaky_in_place, Said("changes its input `z`")),
    (lambda z, slope: leaky(z, np.mean(slope)), Said("RReLU")),
    (lambda z, slope: None, Said("forget `return`")),
]


@exercise("3.4", title="The leaky family in one function", mistakes=MISTAKES, lead=LEAD, hidden=same_as(leaky, drawn))
def leaky_family(submitted):
    """A number for the slope, a learned slope above 1, then an array of slopes. Never z = 0, where there is a kink."""
    rng = np.random.default_rng(34)
    table, row, block = rng.normal(0, 2, (4, 3)), rng.normal(0, 2, 6), rng.normal(0, 2, (2, 3, 4))
    cases = [
        ("z of shape (4, 3) and slope 0.2", table, 0.2),
        ("the example", np.array([-4.0, 3.0]), 0.25),
        ("a slope above 1, which PReLU may learn: 1.5", row, 1.5),
        ("a slope for each entry of z, as in RReLU", table, rng.uniform(0.1, 0.4, (4, 3))),
        ("z and slope of shape (2, 3, 4)", block, rng.uniform(0.1, 0.4, (2, 3, 4))),
    ]
    for name, *given in cases:
        value = expect_tuple(_call(submitted, *given), 2, f"The result for {name}", PARTS)
        for place, (part, right) in enumerate(zip(PARTS, leaky(*given), strict=True)):
            because = known(MISTAKES, *given, part=place)
            expect_close(value[place], right, **ROUNDING, because=because, what=f"The {part} for {name}")
    return "One slope for all, one above 1, or one for each entry: LReLU, PReLU and RReLU."


def _call(submitted, z, slope):
    try:
        return submitted(z, slope)
    except LearnerError as error:
        if np.ndim(slope) and "NotImplementedError" not in error.kinds:
            error.hint = "Here `slope` is an array like `z`, with a slope for each entry. `np.where` takes both kinds."
        raise
