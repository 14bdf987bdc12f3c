"""Exercise 5.6: each unit's incoming weights, bounded in their length."""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import ROUNDING, expect_array, expect_close
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = "Take the example's two columns. Print the length of each, and the factor that it is multiplied by."


def max_norm(weight, limit):
    """Columns longer than `limit` shortened to it."""
    return weight * limit / np.maximum(by_column(weight), limit)


def by_column(weight):
    return np.sqrt((weight**2).sum(axis=0))


def drawn(rng):
    """Fresh weights, with long and short columns and one of zeros: several shapes, a square one, one row, one unit."""
    rows, columns = (int(each) for each in rng.integers(3, 8, 2))
    cases = []
    for shape in (rows, columns), (columns, columns), (1, columns), (rows, 1), (rows, rows + 1):
        lengths = rng.permutation(np.geomspace(0.1, 5, shape[1]))
        cases.append((rng.normal(size=shape) * lengths, float(rng.uniform(0.3, 2))))
    cases[0][0][:, rng.integers(columns)] = 0
    return [*cases, (0.01 * cases[1][0], 1.0)]


# ---- wrong answers --------------------------------------------------------------------------------------------------


def with_lengths(lengths):
    """lengths(weight) in place of the lengths of the columns."""

    def answer(weight, limit):
        return weight * limit / np.maximum(lengths(weight), limit)

    return answer


def with_factor(factor):
    """factor(lengths, limit) in place of limit / the larger one of the two."""

    def answer(weight, limit):
        return weight * factor(by_column(weight), limit)

    return answer


def shortens_in_place(weight, limit):
    weight *= limit / np.maximum(by_column(weight), limit)
    return weight


MISTAKES = [
    (
        with_lengths(lambda weight: np.sqrt((weight**2).sum(axis=1, keepdims=True))),
        "That is the wrong axis: you bound the weights that go out of each input, the rows. The weights into a unit "
        "are a column: sum over axis 0.",
    ),
    (with_lengths(np.linalg.norm), "One length for the whole matrix. Each unit has its own: sum over axis 0."),
    (
        with_factor(lambda lengths, limit: limit / np.minimum(lengths, limit)),
        "`np.minimum` leaves long columns as they are and makes short ones longer. Divide by the *larger* one of "
        "length and limit.",
    ),
    (
        with_factor(lambda lengths, limit: np.where(lengths**2 > limit, limit / np.maximum(lengths, 1e-9), 1.0)),
        "It is the square of the length that you compare with the limit. Compare the length.",
    ),
    (
        with_factor(lambda lengths, limit: limit / lengths),
        "Short columns are made longer. A column within the limit stays as it is.",
    ),
    (
        lambda weight, limit: np.clip(weight, -limit, limit),
        "Each weight is cut at the limit, which turns the direction. Shorten the whole column by one factor.",
    ),
    (
        with_lengths(lambda weight: (weight**2).sum(axis=0)),
        "The root is missing: the length is the root of the sum of squares.",
    ),
    (
        with_lengths(lambda weight: np.abs(weight).sum(axis=0)),
        "That is the sum of the absolute values, the L1 norm. The length is the root of the sum of squares.",
    ),
    (
        with_lengths(lambda weight: np.abs(weight).max(axis=0)),
        "That is the largest weight of each column. The length is the root of the sum of squares.",
    ),
    (
        with_lengths(lambda weight: np.sqrt((weight**2).mean(axis=0))),
        "That is the root of the mean of the squares. The length has their sum.",
    ),
    (
        with_factor(lambda lengths, limit: 1 / np.where(lengths > limit, lengths, 1.0)),
        "Columns that are too long are divided by their length alone. Multiply by the limit, too.",
    ),
    (
        with_factor(lambda lengths, limit: np.maximum(lengths, limit) / limit),
        "The factor is turned around: long columns grow. It is limit / length.",
    ),
    (
        with_lengths(lambda weight: by_column(weight).max()),
        "The longest column decides for all. Each unit has a factor of its own.",
    ),
    (with_factor(lambda lengths, limit: lengths <= limit), "Long columns are set to 0. Shorten them to the limit."),
    (lambda weight, limit: weight, "Nothing was shortened."),
    (
        with_lengths(lambda weight: np.sqrt((weight**2).sum(axis=1))),
        "The lengths are summed along the wrong axis: they are those of the rows. The weights into a unit are a "
        "column: sum over axis 0.",
    ),
    (with_factor(lambda lengths, limit: np.minimum(1, limit * lengths / lengths**2)), Said("holds nan")),
    (shortens_in_place, Said("changes its input `weight`")),
]


# ---- the check ------------------------------------------------------------------------------------------------------


@exercise("5.6", title="Max-norm", mistakes=MISTAKES, lead=LEAD, hidden=same_as(max_norm, drawn))
def check_max_norm(submitted):
    """Long and short columns, a square matrix, where the wrong axis is silent, a column of zeros, one unit."""
    rng = np.random.default_rng(56)
    mixed = rng.normal(size=(5, 4)) * [3.0, 0.2, 1.0, 5.0]
    square = rng.normal(size=(3, 3)) * [4.0, 0.3, 2.0]
    zeros = rng.normal(0, 2, (4, 3)) * [1.0, 0.0, 1.0]
    cases = [
        ("the example", np.array([[3.0, 0.6], [4.0, 0.8]]), 2.5),
        ("a weight of shape (5, 4)", mixed, 1.5),
        ("a square weight", square, 1.2),
        ("a unit whose weights are all 0", zeros, 1.0),
        ("one unit", rng.normal(0, 2, (6, 1)), 0.7),
        ("units that are all within the limit", 0.1 * mixed, 10.0),
        ("a unit a little shorter than the limit", np.array([[1.2, 3.0], [1.2, 1.0]]), 2.0),
        ("a unit a little longer than the limit", np.array([[0.48, 0.1], [0.64, 0.2]]), 0.7),
    ]
    for name, weight, limit in cases:
        with np.errstate(all="ignore"):
            value = submitted(weight, limit)
        what = f"The result for {name}"
        value = expect_array(value, weight.shape, finite=False, what=what)
        if np.isnan(value).any():
            raise Diagnosis(
                f"{what} holds nan.",
                hint="0/0: the length of a column of zeros is 0. Divide by the larger one of length and limit.",
            )
        because = known(MISTAKES, weight, limit)
        expect_close(value, max_norm(weight, limit), **ROUNDING, because=because, what=what)
    return "Each unit's incoming weights keep their direction, and none is longer than the limit."
