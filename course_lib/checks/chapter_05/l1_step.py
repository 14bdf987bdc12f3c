"""Exercise 5.3: a step down the loss, and then every weight toward 0, not beyond it."""

import numpy as np

from course_lib.checks.expectations import ROUNDING, expect_close
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = "Take the example's three weights one after the other. Print z, the threshold, and what is left of |z|."


def l1_step(w, gradient, learning_rate, strength):
    """A step down the loss, then every weight toward 0 by learning_rate * strength, and not beyond it."""
    z = w - learning_rate * gradient
    return shrunk(z, learning_rate * strength)


def shrunk(z, threshold):
    return np.sign(z) * np.maximum(np.abs(z) - threshold, 0)


def drawn(rng):
    """Fresh weights of several shapes, some of them 0: a strong penalty, a weak one, none."""
    rows, columns = (int(each) for each in rng.integers(2, 7, 2))
    cases = []
    for shape, strength in (
        ((rows,), 0.9),
        ((rows, columns), 0.4),
        ((columns, columns), 2.0),
        ((1, rows), 0.1),
        ((5,), 0.0),
    ):
        w, gradient = rng.uniform(-0.6, 0.6, shape), rng.uniform(-1.5, 1.5, shape)
        w[..., 0] = 0
        cases.append((w, gradient, float(rng.uniform(0.1, 0.5)), strength * float(rng.uniform(0.8, 1.2))))
    return cases


# ---- wrong answers --------------------------------------------------------------------------------------------------


def shrinking(shrink):
    """shrink(z, threshold, w) in place of the soft threshold."""

    def answer(w, gradient, learning_rate, strength):
        return shrink(w - learning_rate * gradient, learning_rate * strength, w)

    return answer


def moving(move):
    """move(w, gradient, learning_rate) in place of the step along the gradient."""

    def answer(w, gradient, learning_rate, strength):
        return shrunk(move(w, gradient, learning_rate), learning_rate * strength)

    return answer


def with_threshold(threshold):
    """threshold(learning_rate, strength) in place of their product."""

    def answer(w, gradient, learning_rate, strength):
        return shrunk(w - learning_rate * gradient, threshold(learning_rate, strength))

    return answer


def shrinks_before_it_moves(w, gradient, learning_rate, strength):
    return shrunk(w, learning_rate * strength) - learning_rate * gradient


def penalizes_twice(w, gradient, learning_rate, strength):
    return l1_step(w, gradient + strength * np.sign(w), learning_rate, strength)


def steps_in_place(w, gradient, learning_rate, strength):
    w -= learning_rate * gradient
    return shrunk(w, learning_rate * strength)


L2 = "That is L2: each weight shrinks by a share of itself. L1 takes the same amount off all."

MISTAKES = [
    (
        shrinking(lambda z, threshold, w: z - threshold * np.sign(z)),
        "Small weights jump over 0 to the other side. Where |z| is below the threshold the weight becomes exactly 0: "
        "`np.maximum(np.abs(z) - threshold, 0)`.",
    ),
    (
        shrinking(lambda z, threshold, w: z - threshold * np.sign(w)),
        "Small weights jump over 0, and the pull has the sign of the old w. Take the sign of z, after the step, and "
        "stop at 0.",
    ),
    (
        shrinking(lambda z, threshold, w: np.where(np.abs(z) < threshold, 0.0, z)),
        "That is a hard threshold: small ones become 0, large ones are not shrunk. All of them come nearer by "
        "learning_rate * strength.",
    ),
    (
        shrinking(lambda z, threshold, w: np.maximum(z - threshold, 0)),
        "Negative weights are cut to 0. Shrink the absolute value, and give the sign back.",
    ),
    (
        shrinking(lambda z, threshold, w: np.maximum(np.abs(z) - threshold, 0)),
        "The signs are lost. Give each weight back the sign of z.",
    ),
    (
        shrinking(lambda z, threshold, w: np.sign(w) * np.maximum(np.abs(z) - threshold, 0)),
        "The sign of the old w is given back. Where the step crossed 0 that is the wrong side: take z's.",
    ),
    (
        with_threshold(lambda learning_rate, strength: strength),
        "The learning rate is missing in the threshold: it is learning_rate * strength.",
    ),
    (
        with_threshold(lambda learning_rate, strength: learning_rate),
        "`strength` is missing in the threshold: it is learning_rate * strength.",
    ),
    (
        shrinks_before_it_moves,
        "The weights are shrunk first, then moved. Move along the gradient first: then what is small becomes exactly "
        "0.",
    ),
    (
        moving(lambda w, gradient, learning_rate: w),
        "The gradient is not used. First z = w - learning_rate * gradient.",
    ),
    (
        moving(lambda w, gradient, learning_rate: w + learning_rate * gradient),
        "The gradient is added: that climbs. z = w - learning_rate * gradient.",
    ),
    (
        moving(lambda w, gradient, learning_rate: w - gradient),
        "The learning rate is missing in the step along the gradient.",
    ),
    (shrinking(lambda z, threshold, w: z), "Nothing is shrunk: that is the step along the gradient alone."),
    (shrinking(lambda z, threshold, w: z - threshold * z), L2),
    (shrinking(lambda z, threshold, w: z - threshold * w), L2),
    (
        shrinking(lambda z, threshold, w: np.sign(z) * (np.abs(z) + threshold)),
        "The weights grow: the threshold is subtracted from |z|, not added.",
    ),
    (
        with_threshold(lambda learning_rate, strength: 2 * learning_rate * strength),
        "The threshold is twice as large as it should be.",
    ),
    (
        with_threshold(lambda learning_rate, strength: learning_rate * strength / 2),
        "The threshold is half as large as it should be: L1 has no half in its formula.",
    ),
    (
        penalizes_twice,
        "The penalty acts twice, in z and in the threshold. z takes the gradient of the plain loss alone.",
    ),
    (
        shrinking(lambda z, threshold, w: np.sign(z) * np.max(np.abs(z) - threshold, 0)),
        "`np.max` takes the largest of all. `np.maximum(..., 0)` compares entry by entry.",
    ),
    (steps_in_place, Said("changes its input `w`")),
]


# ---- the check ------------------------------------------------------------------------------------------------------


@exercise("5.3", title="A step with L1", mistakes=MISTAKES, lead=LEAD, hidden=same_as(l1_step, drawn))
def check_l1_step(submitted):
    """Weights that cross 0, that end at 0, that are 0; two shapes; no penalty."""
    rng = np.random.default_rng(53)
    cases = [
        ("8 weights", rng.normal(0, 0.3, 8), rng.normal(0, 1, 8), 0.2, 0.9),
        ("weights of shape (3, 4)", rng.normal(0, 0.5, (3, 4)), rng.normal(0, 2, (3, 4)), 0.1, 2.5),
        ("the example", np.array([2.0, -0.75, 0.5]), np.array([1.0, 0.0, -1.0]), 0.5, 2.0),
        ("weights of 0", np.zeros(3), np.array([0.2, -3.0, 5.0]), 0.5, 1.0),
        ("a strength of 0", rng.normal(size=4), rng.normal(size=4), 0.3, 0.0),
    ]
    for name, *given in cases:
        because = known(MISTAKES, *given)
        expect_close(submitted(*given), l1_step(*given), **ROUNDING, because=because, what=f"The new w for {name}")
    return "All weights come nearer to 0 by the same amount, and those that reach it stay there."
