"""Exercise 3.8: clipping by the joint norm of all gradients."""

import warnings

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import ROUNDING, diagnose, expect_array, expect_close
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError

LEAD = "Print the joint norm and the factor. For `[[3.0]]` and `[4.0]` with a limit of 1 they are 5 and 0.2."

NO_DIVISION = (
    "Gradients of zeros have the norm 0, and it is divided by. Compare the norm with the limit first, and divide only "
    "where it is larger."
)


def joint_norm(gradients):
    """The length of all arrays taken together."""
    return float(np.sqrt(sum(np.sum(gradient**2) for gradient in gradients)))


def own_norms(gradients):
    return [float(np.linalg.norm(gradient)) for gradient in gradients]


def largest_entry(gradients):
    return max(float(np.abs(gradient).max()) for gradient in gradients)


def clip_with(factor):
    """Each array times the same factor: a function of the joint norm, the limit and the gradients. Zeros stay zeros."""

    def answer(gradients, limit):
        norm = joint_norm(gradients)
        by = factor(norm, limit, gradients) if norm else 1.0
        return [gradient * by for gradient in gradients]

    return answer


clipped = clip_with(lambda norm, limit, gradients: min(1.0, limit / norm))


def drawn(rng):
    """Several arrays, one, small entries, zeros beside: longer than the limit and shorter; just as long; all zeros."""
    several = [rng.normal(0, rng.uniform(0.5, 3), tuple(shape)) for shape in _shapes(rng)]
    several[0].flat[0] += 2 * np.sign(several[0].flat[0])  # not all of them are short
    one = [rng.uniform(1, 3, tuple(rng.integers(2, 5, 2)))]
    small = [rng.uniform(0.2, 0.4, (6, 5)), rng.uniform(-0.4, -0.2, tuple(rng.integers(2, 7, 2)))]
    zeros = [np.zeros(tuple(shape)) for shape in _shapes(rng)]
    cases = [
        (gradients, float(part * joint_norm(gradients)))
        for gradients in (several, one, small, [*zeros, *one], [*several, *zeros])
        for part in (rng.uniform(0.1, 0.8), rng.uniform(1.2, 5))
    ]
    side = rng.integers(1, 6)
    triangle = [np.array([3.0 * side]), np.array([[4.0 * side]])]
    return [*cases, (triangle, 5.0 * side), (zeros, 1.0)]


def _shapes(rng):
    """Two to four shapes of one to three axes."""
    return [rng.integers(1, 5, n_axes) for n_axes in rng.integers(1, 4, rng.integers(2, 5))]


def clip_each(gradients, limit):
    own = own_norms(gradients)
    return [gradient * (min(1.0, limit / norm) if norm else 1.0) for gradient, norm in zip(gradients, own, strict=True)]


def scale_each(gradients, limit):
    own = own_norms(gradients)
    return [gradient * (limit / norm if norm else 1.0) for gradient, norm in zip(gradients, own, strict=True)]


def subtract_limit(gradients, limit):
    sizes = [np.where(np.abs(gradient) > limit, np.abs(gradient) - limit, np.abs(gradient)) for gradient in gradients]
    return [np.sign(gradient) * size for gradient, size in zip(gradients, sizes, strict=True)]


def divide_first(gradients, limit):
    norm = joint_norm(gradients)
    return [gradient / norm * min(norm, limit) for gradient in gradients]


def divides_by_a_norm_of_0(gradients, limit):
    factor = min(1, limit / np.sqrt(sum(np.sum(gradient**2) for gradient in gradients)))
    return [gradient * factor for gradient in gradients]


def divides_in_both_branches(gradients, limit):
    norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
    return [gradient * np.where(norm > limit, limit / norm, 1.0) for gradient in gradients]


def divides_a_plain_number_by_0(gradients, limit):
    return [gradient * min(1.0, limit / joint_norm(gradients)) for gradient in gradients]


def clip_in_place(gradients, limit):
    for gradient in gradients:
        gradient *= limit / joint_norm(gradients)
    return gradients


MISTAKES = [
    (
        lambda gradients, limit: [np.clip(gradient, -limit, limit) for gradient in gradients],
        "Each entry is cut by itself, which turns the direction. Scale all of them by one factor.",
    ),
    (clip_each, "Each array is clipped by its own norm, which turns the direction. One norm for all arrays together."),
    (
        scale_each,
        "Each array is scaled to the limit by its own norm. One norm for all together, and nothing where it is below "
        "the limit.",
    ),
    (lambda gradients, limit: gradients, "Nothing is clipped: all together are longer than the limit."),
    (
        clip_with(lambda norm, limit, gradients: limit / norm),
        "It is scaled up. Where the norm is below the limit, the gradients stay as they are.",
    ),
    (clip_with(lambda norm, limit, gradients: 1 / norm), "It is scaled to length 1. The factor is limit / norm."),
    (
        clip_with(lambda norm, limit, gradients: 1 / norm if norm > limit else 1.0),
        "It is scaled to length 1. The factor is limit / norm.",
    ),
    (clip_with(lambda norm, limit, gradients: limit), "It is multiplied by the limit. The factor is limit / norm."),
    (
        clip_with(lambda norm, limit, gradients: min(1.0, limit / norm**2)),
        "The root is missing: the norm is the root of the sum of the squares.",
    ),
    (clip_with(lambda norm, limit, gradients: norm / limit), "The factor is turned around: it is limit / norm."),
    (
        clip_with(lambda norm, limit, gradients: norm / limit if norm > limit else 1.0),
        "The factor is turned around: it is limit / norm.",
    ),
    (
        clip_with(lambda norm, limit, gradients: min(1.0, limit / sum(own_norms(gradients)))),
        "The norms of the arrays are added up. Add up the squares of all entries, then take the root.",
    ),
    (
        clip_with(lambda norm, limit, gradients: min(1.0, limit / largest_entry(gradients))),
        "The largest entry is taken for the norm. The norm is the root of the sum of all squares.",
    ),
    (
        clip_with(lambda norm, limit, gradients: min(1.0, limit / max(own_norms(gradients)))),
        "The largest norm of one array is taken. One norm for all entries together.",
    ),
    (
        subtract_limit,
        "The threshold is subtracted. It is one factor for all that shortens a gradient and keeps its direction.",
    ),
    (
        clip_with(lambda norm, limit, gradients: (norm - limit) / norm if norm > limit else 1.0),
        "The limit is subtracted from the norm. The new length should be the limit: the factor is limit / norm.",
    ),
    (divide_first, Said("0/0: compare")),
    (divides_by_a_norm_of_0, Said("NumPy warns: divide by zero")),
    (divides_in_both_branches, Said("NumPy warns: divide by zero")),
    (divides_a_plain_number_by_0, Said("divide only where it is larger")),
    (clip_in_place, Said("changes its input `gradients`")),
    (lambda gradients, limit: (each for each in clipped(gradients, limit)), Said("Square brackets")),
    (lambda gradients, limit: clipped(gradients, limit)[:1], Said("expected a list of 3 arrays")),
    (lambda gradients, limit: [each.ravel() for each in clipped(gradients, limit)], Said("has shape (6,)")),
    (lambda gradients, limit: None, Said("forget `return`")),
]


@exercise("3.8", title="Mend the clipping", mistakes=MISTAKES, lead=LEAD, hidden=same_as(clipped, drawn))
def clip_gradients(submitted):
    """Arrays of three shapes above the limit, each entry below it, all below it, one array of zeros; all zeros."""
    rng = np.random.default_rng(38)
    mixed = [3 * rng.normal(size=(3, 2)), rng.normal(size=4), 0.2 * rng.normal(size=(2, 1))]
    many = [0.4 * rng.uniform(0.5, 1, shape) for shape in ((5, 4), 6, (2, 3, 2))]
    cases = [
        ("three arrays, all together longer than the limit of 2.5", mixed, 2.5),
        ("the example", [np.array([[3.0]]), np.array([4.0])], 1.0),
        ("many entries that are all below the limit of 0.5", many, 0.5),
        ("gradients shorter than the limit of 100", mixed, 100.0),
        ("one array, shorter than the limit of 1", [np.array([0.3, -0.4])], 1.0),
        ("an array of zeros beside one that is too long", [np.zeros((2, 2)), np.array([6.0, -8.0])], 2.0),
    ]
    for name, *given in cases:
        with np.errstate(all="ignore"):
            arrays = _listed(submitted(*given), given[0], name)
        right = clipped(*given)
        row, right_row = joined(arrays), joined(right)
        if not np.allclose(row, right_row, **ROUNDING):
            because = known(MISTAKES, *given, part=joined)
            diagnose(row, right_row, because, **ROUNDING, what=f"The entries for {name}")
        for position, (array, expected) in enumerate(zip(arrays, right, strict=True)):
            expect_close(array, expected, **ROUNDING, what=f"Array {position} for {name}")
    _check_zeros(submitted)
    return "One factor for all: the length is limited, the direction stays, and short gradients are left alone."


def _check_zeros(submitted):
    """Gradients of zeros come back as they are, and no warning says that something was divided by 0 on the way."""
    name, gradients = "gradients of zeros", [np.zeros((2, 3)), np.zeros(2)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = submitted(gradients, 1.0)
        except LearnerError as error:
            if "ZeroDivisionError" in error.kinds:
                error.hint = NO_DIVISION
            raise
    for position, (array, expected) in enumerate(zip(_listed(value, gradients, name), gradients, strict=True)):
        expect_close(array, expected, **ROUNDING, what=f"Array {position} for {name}")
    for warning in caught:
        if "divide by zero" in str(warning.message) or "invalid value" in str(warning.message):
            raise Diagnosis(f"The numbers are right, but for {name} NumPy warns: {warning.message}.", hint=NO_DIVISION)


def joined(arrays):
    """The entries of all arrays in one row."""
    return np.concatenate([np.ravel(array) for array in arrays])


def _listed(value, gradients, name):
    """The arrays, in a list or a tuple, in the shapes of the gradients."""
    what = f"The result for {name}"
    if value is None:
        raise Diagnosis(f"{what} is None; expected a list of {len(gradients)} arrays.", hint="Did you forget `return`?")
    if not isinstance(value, list | tuple) or len(value) != len(gradients):
        hint = ""
        if not isinstance(value, list | tuple):
            hint = "Square brackets make a list: `[gradient * factor for gradient in gradients]`."
        raise Diagnosis(f"{what} is {describe(value)}; expected a list of {len(gradients)} arrays.", hint=hint)
    for position, (array, given) in enumerate(zip(value, gradients, strict=True)):
        expect_array(array, given.shape, finite=False, what=f"Array {position} for {name}")
        if np.isnan(array).any():
            hint = "0/0: compare the norm with the limit first, and divide only where it is larger."
            raise Diagnosis(f"Array {position} for {name} holds nan.", hint=hint)
    return value
