"""Exercise 3.5: ELU and its derivative, without a warning for large z."""

import math
import warnings

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, listed
from course_lib.checks.expectations import ROUNDING, expect_array, expect_close, expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError

LEAD = (
    "Take z = -1 and then z = 2 with alpha = 2, and work out value and derivative of each by hand, from the formula "
    "for its side."
)

PARTS = ("values", "derivatives")


def elu_with(values=None, derivatives=None):
    """An answer that is right but for the given part left of 0: a function of z, alpha and exp(z)."""

    def answer(z, alpha=1.0):
        decay = np.exp(np.minimum(z, 0))
        return (
            np.where(z > 0, z, values(z, alpha, decay) if values else alpha * (decay - 1)),
            np.where(z > 0, 1.0, derivatives(z, alpha, decay) if derivatives else alpha * decay),
        )

    return answer


elu = elu_with()


def drawn(rng):
    """Rows, tables, blocks with alphas below and above 1; alpha 1 and alpha left out also at z = 0, without a kink."""
    cases = []
    for alpha in ([float(rng.integers(20, 90) / 100)], [float(rng.integers(110, 250) / 100)], [1.0], []):
        for n_axes in (1, rng.integers(2, 4)):
            z = rng.normal(0, 1.5, rng.integers(2, 6, n_axes))
            if not alpha or alpha == [1.0]:
                z.flat[rng.integers(z.size)] = 0
            cases.append((z, *alpha))
    return cases


def hidden(submitted, rng):
    """Fresh sums and alphas, then fresh large sums, of both signs and beside moderate ones."""
    same_as(elu, drawn)(submitted, rng)
    large, moderate = rng.integers(750, 5000, 3), rng.integers(1, 12, 3) / 4
    z = rng.permutation([*large[:2], -large[2], moderate[0], -moderate[1], -moderate[2]])
    _check_large_sums(submitted, z, float(rng.integers(110, 250) / 100))


def elu_on_both_sides(part):
    """An answer that is right but for one part, which has the exponential right of 0 too."""

    def answer(z, alpha=1.0):
        pair = list(elu(z, alpha))
        pair[part] = alpha * (np.exp(z) - 1) if part == 0 else alpha * np.exp(z)
        return pair

    return answer


def elu_with_z_for_the_slope(z, alpha=1.0):
    values, derivatives = elu(z, alpha)
    return values, np.where(z > 0, z, derivatives)


def elu_overflows(z, alpha=1.0):
    return np.where(z > 0, z, alpha * (np.exp(z) - 1)), np.where(z > 0, 1.0, alpha * np.exp(z))


def elu_by_products(z, alpha=1.0):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        left = alpha * (np.exp(z) - 1)
        return (z > 0) * z + (z <= 0) * left, (z > 0) + (z <= 0) * (left + alpha)


def elu_by_math(z, alpha=1.0):
    exponentials = np.array([math.exp(each) for each in z.ravel()]).reshape(z.shape)
    return np.where(z > 0, z, alpha * (exponentials - 1)), np.where(z > 0, 1.0, alpha * exponentials)


def elu_with_values_twice(z, alpha=1.0):
    values = elu(z, alpha)[0]
    return values, values


MISTAKES = [
    (elu_with_values_twice, "You return the values again. The second array holds the slope of the curve."),
    (
        lambda z, alpha=1.0: elu(z, alpha)[::-1],
        "Those are the derivatives. Return the values first, then the derivatives.",
    ),
    (
        elu_with(values=lambda z, alpha, decay: decay - 1),
        "`alpha` is missing: left of 0 the value is alpha * (exp(z) - 1).",
    ),
    (
        elu_with(values=lambda z, alpha, decay: alpha * decay),
        "The -1 is missing: left of 0 the value is alpha * (exp(z) - 1), so that it meets 0 at z = 0.",
    ),
    (
        elu_with(values=lambda z, alpha, decay: alpha * decay - 1),
        "`alpha` multiplies the exponential alone. The parentheses hold the -1 too: alpha * (exp(z) - 1).",
    ),
    (elu_on_both_sides(part=0), "The exponential counts left of 0 only. Where z > 0 the value is z."),
    (elu_with(values=lambda z, alpha, decay: 0.0), "That is ReLU: left of 0 ELU bends down to -alpha."),
    (elu_with(values=lambda z, alpha, decay: alpha * (1 - decay)), "The sign on the left is turned around."),
    (
        elu_with(values=lambda z, alpha, decay: np.exp(alpha * np.minimum(z, 0)) - 1),
        "`alpha` belongs before the exponential, not into it.",
    ),
    (
        elu_with(derivatives=lambda z, alpha, decay: alpha * (decay - 1)),
        "The -1 has no slope: the derivative of alpha * (exp(z) - 1) is alpha * exp(z), the value plus alpha.",
    ),
    (
        elu_with(derivatives=lambda z, alpha, decay: decay),
        "`alpha` is missing: the derivative left of 0 is alpha * exp(z).",
    ),
    (
        elu_with(derivatives=lambda z, alpha, decay: 0.0),
        "The derivative left of 0 is forgotten: there it is alpha * exp(z), not 0.",
    ),
    (elu_on_both_sides(part=1), "The exponential counts left of 0 only. Where z > 0 the derivative is 1."),
    (
        elu_with(derivatives=lambda z, alpha, decay: alpha * (decay - 1) + 1),
        "Value plus 1 is the derivative only for alpha = 1. It is value plus alpha.",
    ),
    (
        elu_with(derivatives=lambda z, alpha, decay: alpha),
        "The derivative left of 0 is alpha * exp(z), and not alpha: the curve flattens out.",
    ),
    (elu_with_z_for_the_slope, "The derivative right of 0 is 1, not z."),
    (
        elu_with(derivatives=lambda z, alpha, decay: alpha * np.exp(alpha * (decay - 1))),
        "The exponential is taken of the value. It is taken of z.",
    ),
    (elu_overflows, Said("NumPy warns: overflow encountered in exp")),
    (elu_by_products, Said("overflows")),
    (elu_by_math, Said("stops with OverflowError")),
    (lambda z, alpha: elu(z, alpha), Said("could not be called")),
    (lambda z, alpha=2.0: elu(z, alpha), Said("with alpha left out")),
    (lambda z, alpha=1.0: elu(z, alpha)[0], Said("expected 2 values")),
    (lambda z, alpha=1.0: None, Said("forget `return`")),
]


@exercise("3.5", title="ELU without a warning", mistakes=MISTAKES, lead=LEAD, hidden=hidden)
def elu_pair(submitted):
    """Other alphas than 1, several shapes, alpha left out, z = 0 where ELU has no kink; then z = 1,000."""
    rng = np.random.default_rng(35)
    cases = [
        ("z of shape (4, 3) and alpha 1.6", rng.normal(0, 1.5, (4, 3)), 1.6),
        ("z of shape (6,) and alpha 0.5", rng.normal(0, 1.5, 6), 0.5),
        ("z = [-2, 0, 2] and alpha 1", np.array([-2.0, 0.0, 2.0]), 1.0),
        ("z of shape (2, 3, 2), with alpha left out", rng.normal(0, 1.5, (2, 3, 2))),
    ]
    for name, *given in cases:
        value = expect_tuple(submitted(*given), 2, f"The result for {name}", PARTS)
        for place, (part, right) in enumerate(zip(PARTS, elu(*given), strict=True)):
            because = known(MISTAKES, *given, part=place)
            expect_close(value[place], right, **ROUNDING, because=because, what=f"The {part} for {name}")
    _check_large_sums(submitted, np.array([1000.0, -1000.0, 2.0, -1.0]), 1.5)
    return "Right on both sides, and no overflow for z = 1,000."


def _check_large_sums(submitted, z, alpha):
    name, largest = f"z = {listed(z)}", f"{z.max():,.0f}"
    hint = "`np.where` computes both branches for every entry. Take the exponential of `np.minimum(z, 0)`."
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = submitted(z, alpha)
        except LearnerError as error:
            if {"OverflowError", "FloatingPointError", "RuntimeWarning"} & set(error.kinds):
                raise Diagnosis(
                    f"For z = {largest} your function stops with {error.kind}: {error.text}.", hint
                ) from None
            raise
    arrays = expect_tuple(value, 2, f"The result for {name}", PARTS)
    for array, expected, part in zip(arrays, elu(z, alpha), PARTS, strict=True):
        what = f"The {part} for {name}"
        if not np.isfinite(expect_array(array, z.shape, finite=False, what=what)).all():
            raise Diagnosis(f"{what} hold nan or inf: the exponential of {largest} overflows.", hint=hint)
        expect_close(array, expected, **ROUNDING, what=what)
    for warning in caught:
        if "overflow" in str(warning.message) or "invalid value" in str(warning.message):
            raise Diagnosis(f"The numbers are right, but for z = {largest} NumPy warns: {warning.message}.", hint=hint)
