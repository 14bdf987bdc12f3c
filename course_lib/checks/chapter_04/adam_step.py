"""Exercise 4.2: one step of Adam."""

import numpy as np

from course_lib.checks.expectations import ROUNDING, expect_close, expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

PARTS = ("w", "mean", "mean_square")
LEAD = (
    "Take the example and print the five numbers on the way: m, s, the two corrected ones, the step. They are 0.2, "
    "0.004, 2, 4 and 0.1."
)


def adam_with(mean=None, square=None, divisors=None, into=None, direction=None, rate=None, kept=None):
    """An answer that is right but for the given part.

    Parameters
    ----------
    mean, square : functions of the old m or s, the gradient g, beta1 and beta2
    divisors : function of beta1, beta2 and t: what m and s are divided by
    into : function of m, s, old m, old s and g: what goes into the step, before it is divided
    direction : function of the corrected m and s and epsilon: the step over the learning rate
    rate : the learning rate that is used
    kept : function of m, s and the divisors: the means that are returned
    """

    def answer(w, old_m, old_s, g, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        m = mean(old_m, g, beta1, beta2) if mean else beta1 * old_m + (1 - beta1) * g
        s = square(old_s, g, beta1, beta2) if square else beta2 * old_s + (1 - beta2) * g**2
        by = divisors(beta1, beta2, t) if divisors else (1 - beta1**t, 1 - beta2**t)
        used = into(m, s, old_m, old_s, g) if into else (m, s)
        corrected = used[0] / by[0], used[1] / by[1]
        step = direction(*corrected, epsilon) if direction else corrected[0] / (np.sqrt(corrected[1]) + epsilon)
        return w - (learning_rate if rate is None else rate) * step, *(kept(m, s, by) if kept else (m, s))

    return answer


adam = adam_with()


def drawn(rng):
    """Fresh inputs: early and late steps, several shapes, an entry that never had a gradient, the settings left out."""
    rows, columns = (int(each) for each in rng.integers(2, 6, 2))
    cases = []
    for shape, t in (
        ((rows,), 1),
        ((rows, columns), 2),
        ((columns, columns), 7),
        ((1, rows), int(rng.integers(20, 200))),
    ):
        state = _state(rng, shape)
        for array in state[1:]:
            array[..., 0] = 0  # mean, mean square and gradient alike
        settings = rng.uniform(0.05, 0.6), rng.uniform(0.5, 0.95), rng.uniform(0.8, 0.99), rng.uniform(0.05, 0.4)
        cases.append((*state, t, *settings))
    w, mean, square, gradient = _state(rng, (columns,))
    cases.append((w, 0 * mean, 0 * square, gradient, 1, *cases[0][5:]))
    cases.append((*_state(rng, (rows, columns)), int(rng.integers(2, 50))))
    return cases


def adam_with_l2(w, m, s, g, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    return adam(w, m, s, g + 0.01 * w, t, learning_rate, beta1, beta2, epsilon)


def adam_with_decay(w, m, s, g, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    return adam((1 - learning_rate * 0.01) * w, m, s, g, t, learning_rate, beta1, beta2, epsilon)


def adam_epsilon_first(w, m, s, g, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - learning_rate * np.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(s) + epsilon), m, s


def adam_without_parentheses(w, m, s, g, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    corrected, corrected_square = m / 1 - beta1**t, s / 1 - beta2**t
    return w - learning_rate * corrected / (np.sqrt(corrected_square) + epsilon), m, s


def adam_with_epsilon_added_to_w(w, m, s, g, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - learning_rate * (m / (1 - beta1**t)) / np.sqrt(s / (1 - beta2**t)) + epsilon, m, s


def adam_with_the_mean_squared(w, m, s, g, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    w, m, _ = adam(w, m, s, g, t, learning_rate, beta1, beta2, epsilon)
    return w, m, beta2 * s + (1 - beta2) * m**2


def adam_with_the_rate_in_the_mean(w, m, s, g, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    moved, _, s = adam(w, m, s, g, t, learning_rate, beta1, beta2, epsilon)
    return moved, beta1 * m + (1 - beta1) * learning_rate * g, s


def adam_without_w(sign):
    def answer(w, *given):
        moved, *means = adam(w, *given)
        return sign * (moved - w), *means

    return answer


def adam_without_defaults(w, m, s, g, t, learning_rate, beta1, beta2, epsilon):
    return adam(w, m, s, g, t, learning_rate, beta1, beta2, epsilon)


def adam_in_place(w, mean, mean_square, gradient, t, *settings):
    mean += 0.1 * (gradient - mean)
    return w, mean, mean_square


NO_POWER = "beta is taken to the power of t in the correction: `beta1**t`, and neither `beta1 * t` nor `t**beta1`."

WRONG_DIVISORS = [
    (
        lambda b1, b2, t: (1, 1),
        "The bias correction is missing. Both means start at 0 and are too small at first: divide m by 1 - beta1**t "
        "and s by 1 - beta2**t.",
    ),
    (lambda b1, b2, t: (1 - b1**t, 1), "The correction of s is missing: divide it by 1 - beta2**t."),
    (lambda b1, b2, t: (1, 1 - b2**t), "The correction of m is missing: divide it by 1 - beta1**t."),
    (
        lambda b1, b2, t: (1 - b1 ** (t - 1), 1 - b2 ** (t - 1)),
        "t is counted from 0 in your correction, which divides by 0 in the first step: here t counts from 1, so the "
        "exponent is t and not t - 1.",
    ),
    (lambda b1, b2, t: (1 - b1 ** (t + 1), 1 - b2 ** (t + 1)), "The exponent is t + 1. Here t counts from 1 already."),
    (
        lambda b1, b2, t: (1 - b1 ** (t - 1), 1 - b2**t),
        "Your t is counted from 0 in the correction of m: the exponent is t and not t - 1.",
    ),
    (
        lambda b1, b2, t: ((1 - b1) ** t, (1 - b2) ** t),
        "1 - beta is taken to the power of t. Only beta is: `1 - beta1**t`.",
    ),
    (
        lambda b1, b2, t: (b1**t, b2**t),
        "The 1 is missing in the correction. Divide by 1 - beta1**t, and by 1 - beta2**t.",
    ),
    (
        lambda b1, b2, t: (1 + b1**t, 1 + b2**t),
        "The sign in the correction is turned around. Divide by 1 - beta1**t, and by 1 - beta2**t.",
    ),
    (
        lambda b1, b2, t: (1 - 0.9**t, 1 - 0.999**t),
        "The correction has beta1 = 0.9 and beta2 = 0.999, whatever is given.",
    ),
    (lambda b1, b2, t: (1 - b1 * t, 1 - b2 * t), NO_POWER),
    (lambda b1, b2, t: (1 - t**b1, 1 - t**b2), NO_POWER),
    (
        lambda b1, b2, t: (1 - b1**t, 1 - b2 ** (t - 1)),
        "Your t is counted from 0 in the correction of s: the exponent is t and not t - 1.",
    ),
    (
        lambda b1, b2, t: ((1 - b1) ** t, 1 - b2**t),
        "1 - beta1 is taken to the power of t in the correction of m. Only beta is: `1 - beta1**t`.",
    ),
    (
        lambda b1, b2, t: (1 - b1**t, (1 - b2) ** t),
        "1 - beta2 is taken to the power of t in the correction of s. Only beta is: `1 - beta2**t`.",
    ),
    (lambda b1, b2, t: (1 - b1, 1 - b2), "`t` is not in the correction: beta is taken to the power of t."),
    (lambda b1, b2, t: (1 - b1**t, 1 - b1**t), "Both corrections use beta1. s is divided by 1 - beta2**t."),
    (lambda b1, b2, t: (1 - b2**t, 1 - b2**t), "Both corrections use beta2. m is divided by 1 - beta1**t."),
    (lambda b1, b2, t: (1 - b2**t, 1 - b1**t), "The betas are exchanged in the correction: beta1 for m, beta2 for s."),
    (
        lambda b1, b2, t: (1 / (1 - b1**t), 1 / (1 - b2**t)),
        "It is multiplied by the correction. Divide by it: that makes the means larger.",
    ),
    (
        lambda b1, b2, t: (1 - b1**t, (1 - b2**t) ** 2),
        "The correction of s stands outside the root. Correct s, then take the root.",
    ),
]

NO_EPSILON = (
    "The given `epsilon` does not count. Add it to the root: where all gradients were 0, this would divide 0 by 0."
)

WRONG_STEPS = [
    (adam_with(direction=lambda m, s, epsilon: m / np.sqrt(s)), NO_EPSILON),
    (adam_with(direction=lambda m, s, epsilon: m / (np.sqrt(s) + 1e-8)), NO_EPSILON),
    (
        adam_with(direction=lambda m, s, epsilon: m / (s + epsilon)),
        "The root is missing: divide by the root of the mean square.",
    ),
    (
        adam_with(divisors=lambda b1, b2, t: (1, 1 - b2**t), into=lambda m, s, old_m, old_s, g: (g, s)),
        "The gradient itself is in the step, as in RMSProp. Adam's step uses the corrected mean.",
    ),
    (
        adam_with(divisors=lambda b1, b2, t: (1, 1), into=lambda m, s, old_m, old_s, g: (g, s)),
        "That is RMSProp's step: the gradient itself, and no correction. Adam's step uses the corrected means.",
    ),
    (
        adam_without_parentheses,
        "Parentheses are missing in the correction: `mean / 1 - beta1**t` divides by 1. Write `mean / (1 - beta1**t)`.",
    ),
    (
        adam_with(into=lambda m, s, old_m, old_s, g: (old_m, s)),
        "The mean from before this step is in it. Update the means first, then move w.",
    ),
    (
        adam_with(into=lambda m, s, old_m, old_s, g: (m, old_s)),
        "The mean square from before this step is in it. Update the means first, then move w.",
    ),
    (
        adam_with(into=lambda m, s, old_m, old_s, g: (old_m, old_s)),
        "The means from before this step are in it. Update them first, then move w.",
    ),
    (
        adam_with(into=lambda m, s, old_m, old_s, g: (s, m)),
        "m and s are swapped in the step: the mean is divided by the root of the mean square.",
    ),
    (
        adam_with(direction=lambda m, s, epsilon: m / s),
        "The root is missing, and so is `epsilon`: divide by the root of the mean square plus epsilon.",
    ),
    (
        adam_with(direction=lambda m, s, epsilon: m / (np.sqrt(s) * epsilon)),
        "The root is multiplied by `epsilon`. It is added: np.sqrt(...) + epsilon.",
    ),
    (adam_with(direction=lambda m, s, epsilon: m / np.maximum(np.sqrt(s), epsilon)), NO_EPSILON),
    (
        adam_with(direction=lambda m, s, epsilon: m / (np.sqrt(np.mean(s)) + epsilon)),
        "One root is taken for all entries. Each parameter is divided by the root of its own mean square.",
    ),
    (
        adam_with(direction=lambda m, s, epsilon: m / (np.linalg.norm(s) + epsilon)),
        "The length of the whole array is taken. Each parameter is divided by the root of its own mean square.",
    ),
    (
        adam_with(direction=lambda m, s, epsilon: np.sign(m)),
        "Only the sign of the mean is left, so that every step is as long. Divide the mean by the root of the mean "
        "square.",
    ),
    (
        adam_with(direction=lambda m, s, epsilon: m / (np.sqrt(np.maximum(s - m**2, 0)) + epsilon)),
        "The square of the mean is subtracted, which makes a variance. Adam divides by the root of the mean square "
        "itself.",
    ),
    (
        adam_with(direction=lambda m, s, epsilon: m / np.sqrt(s) + epsilon),
        "`epsilon` is added to the quotient. It belongs to the root, so the root and epsilon stand in parentheses: "
        "`/ (np.sqrt(...) + epsilon)`.",
    ),
    (
        adam_with(direction=lambda m, s, epsilon: m * (np.sqrt(s) + epsilon)),
        "The mean is multiplied by the root. Divide by it: where the gradients are large the step is held back.",
    ),
    (adam_with(rate=0.0), "w did not move."),
    (
        adam_with(direction=lambda m, s, epsilon: m / np.sqrt(s + epsilon)),
        "`epsilon` is inside the root. It is added to the root: sqrt(s) + epsilon.",
    ),
    (
        adam_epsilon_first,
        "`epsilon` is added before s is corrected. Correct first, then take the root, then add epsilon.",
    ),
    (
        adam_with_epsilon_added_to_w,
        "`epsilon` is added to w. It belongs to the root, so the root and epsilon stand in parentheses: "
        "`/ (np.sqrt(...) + epsilon)`.",
    ),
    (adam_with(direction=lambda m, s, epsilon: -m / (np.sqrt(s) + epsilon)), "The sign is turned around: w climbs."),
    (adam_with(direction=lambda m, s, epsilon: m), "The mean square is not used. The step is divided by its root."),
    (adam_with(rate=1.0), "The learning rate is missing in the step."),
    (adam_with(rate=0.001), "The learning rate is not used: yours is 0.001, whatever is given."),
    (adam_with_decay, "w shrinks besides: weight decay is not part of this step."),
    (adam_without_w(-1.0), "That is the step alone. Take it off w."),
    (adam_without_w(1.0), "That is the step alone, without w. Return w minus the step."),
    (adam_with(direction=lambda m, s, epsilon: s / (np.sqrt(np.abs(m)) + epsilon)), Said("The new w for step 3")),
]

WRONG_SQUARES = [
    (
        lambda s, g, b1, b2: b2 * s + (1 - b2) * g * 2,
        "The gradient is doubled, not squared. Its square is `gradient**2`.",
    ),
    (
        lambda s, g, b1, b2: b2 * s + (1 - b2) * np.sum(g**2),
        "The squares are added up over the entries. Each parameter has a mean square of its own: `gradient**2`.",
    ),
    (
        lambda s, g, b1, b2: b2 * s + (1 - b2) * np.mean(g**2),
        "The squares are averaged over the entries. Each parameter has a mean square of its own: `gradient**2`.",
    ),
    (
        lambda s, g, b1, b2: 0.999 * s + 0.001 * g**2,
        "The given `beta2` does not count in the mean square: yours is 0.999.",
    ),
    (
        lambda s, g, b1, b2: s + g**2,
        "The squares are added up without end, as in AdaGrad. Adam's is a running mean: the old one keeps beta2.",
    ),
    (
        lambda s, g, b1, b2: b2 * s - (1 - b2) * g**2,
        "The squared gradient is subtracted. The mean square is a mean: both parts are added.",
    ),
    (
        lambda s, g, b1, b2: b2 * s + (1 - b2) * np.abs(g),
        "The absolute value stands where the square belongs: `gradient**2`. The root is taken later.",
    ),
    (
        lambda s, g, b1, b2: np.maximum(s, b2 * s + (1 - b2) * g**2),
        "The mean square never shrinks: the larger one of old and new is kept. Return the new one as it is.",
    ),
    (lambda s, g, b1, b2: b2 * s + (1 - b2) * g, "The gradient is not squared. s <- beta2 s + (1 - beta2) g**2."),
    (lambda s, g, b1, b2: b1 * s + (1 - b1) * g**2, "`beta1` is in the mean square. It belongs to the mean."),
    (lambda s, g, b1, b2: b2 * s + g**2, "1 - beta2 is missing before the squared gradient."),
    (
        lambda s, g, b1, b2: (1 - b2) * s + b2 * g**2,
        "The shares are exchanged: the old mean square keeps beta2, the new square gets 1 - beta2.",
    ),
    (
        lambda s, g, b1, b2: b2 * s + ((1 - b2) * g) ** 2,
        "1 - beta2 is squared too. s <- beta2 s + (1 - beta2) g**2: only the gradient is.",
    ),
    (lambda s, g, b1, b2: s, "The mean square did not change. s <- beta2 s + (1 - beta2) g**2."),
    (lambda s, g, b1, b2: (1 - b2) * g**2, "The old mean square is not in it. s <- beta2 s + (1 - beta2) g**2."),
]

WRONG_MEANS = [
    (
        lambda m, g, b1, b2: b1 * m + g,
        "1 - beta1 is missing: the gradient comes in with its full weight, as in momentum.",
    ),
    (
        lambda m, g, b1, b2: (1 - b1) * m + b1 * g,
        "The shares are exchanged: the old mean keeps beta1, the gradient gets 1 - beta1.",
    ),
    (
        lambda m, g, b1, b2: m + g,
        "The gradients are added up without end. Adam's is a running mean: the old one keeps beta1, and the new "
        "gradient gets 1 - beta1.",
    ),
    (
        lambda m, g, b1, b2: b1 * m + (1 - b1) * np.abs(g),
        "The gradient's sign is lost in the mean. It says which way to go: no `abs`.",
    ),
    (
        lambda m, g, b1, b2: b1 * m + (1 - b1) * np.mean(g),
        "The gradient is averaged over its entries. Each parameter has a mean of its own, over the steps.",
    ),
    (
        lambda m, g, b1, b2: b1 * (m + g),
        "`beta1` multiplies both. The old mean keeps beta1, the gradient gets 1 - beta1.",
    ),
    (
        lambda m, g, b1, b2: m + (1 - b1) * g,
        "The old mean keeps all of its weight. It keeps beta1: m <- beta1 m + (1 - beta1) g.",
    ),
    (lambda m, g, b1, b2: b2 * m + (1 - b2) * g, "`beta2` is in the mean. It belongs to the mean square."),
    (
        lambda m, g, b1, b2: b1 * m + (1 - b1) * g**2,
        "The gradient is squared in the mean. The square belongs to the mean square alone.",
    ),
    (lambda m, g, b1, b2: 0.9 * m + 0.1 * g, "The given `beta1` does not count in the mean: yours is 0.9."),
    (lambda m, g, b1, b2: m, "The mean did not change. m <- beta1 m + (1 - beta1) g."),
    (lambda m, g, b1, b2: (1 - b1) * g, "The old mean is not in it. m <- beta1 m + (1 - beta1) g."),
    (
        lambda m, g, b1, b2: b1 * m - (1 - b1) * g,
        "The gradient has the wrong sign in the mean. The minus comes later, where w moves.",
    ),
]


MISTAKES = [
    *[(adam_with(divisors=wrong), meaning) for wrong, meaning in WRONG_DIVISORS],
    *WRONG_STEPS,
    (adam_with(kept=lambda m, s, by: (m, m)), "The mean is returned twice. The third value is the mean square."),
    (
        adam_with(kept=lambda m, s, by: (m, s / by[1])),
        "The corrected mean square is returned. The correction is for this step only; what is kept has none.",
    ),
    (
        adam_with(kept=lambda m, s, by: (m, np.sqrt(s))),
        "The root is returned. Keep the mean of the squares, and take the root where w moves.",
    ),
    *[(adam_with(square=wrong), meaning) for wrong, meaning in WRONG_SQUARES],
    (adam_with_the_mean_squared, "The running mean is squared in it. The square is that of the gradient."),
    (
        adam_with(kept=lambda m, s, by: (m / by[0], s / by[1])),
        "The corrected mean is returned. The correction is for this step only; the mean that is kept has none, or the "
        "next step corrects it again.",
    ),
    *[(adam_with(mean=wrong), meaning) for wrong, meaning in WRONG_MEANS],
    (
        adam_with_l2,
        "w is in the gradient, as an L2 penalty has it. No weight decay is asked for, and AdamW's stands elsewhere.",
    ),
    (
        adam_with_the_rate_in_the_mean,
        "The learning rate is in the mean. It comes in the last line, where w moves.",
    ),
    (
        adam_with(kept=lambda m, s, by: (s, m)),
        "m and s are swapped: the mean square stands where the mean belongs. Return w, mean, mean_square.",
    ),
    (
        lambda *given: [adam(*given)[place] for place in (1, 0, 2)],
        "That is the new w. Return w first, then mean, then mean_square.",
    ),
    (
        lambda *given: [adam(*given)[place] for place in (1, 2, 0)],
        "m and s are swapped: the mean square stands where the mean belongs. Return w, mean, mean_square.",
    ),
    (adam_in_place, Said("changes its input `mean`")),
    (lambda *given: adam(*given)[0], Said("expected 3 values (w, mean, mean_square)")),
    (adam_without_defaults, Said("could not be called")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise(
    "4.2", title="One step of Adam", mistakes=MISTAKES, lead=LEAD, hidden=same_as(adam, drawn, rtol=0.0001, atol=1e-05)
)
def adam_step(submitted):
    """Early and late steps, a large epsilon, entries without a gradient, the settings left out, then steps in a row."""
    rng = np.random.default_rng(42)
    nothing = np.zeros(3), np.zeros(3)
    sparse = rng.normal(size=(4, 3)) * [1.0, 0.0, 1.0]
    cases = [
        ("step 3, 4 numbers", *_state(rng, 4), 3, 0.5, 0.8, 0.95, 0.3),
        ("step 1, from means of 0", rng.normal(size=3), *nothing, rng.normal(0, 2, 3), 1, 0.5, 0.7, 0.9, 0.2),
        ("step 40, shape (2, 3)", *_state(rng, (2, 3)), 40, 0.3, 0.9, 0.97, 0.1),
        ("step 2, one entry without any gradient", *sparse[:2], sparse[2] ** 2, sparse[3], 2, 0.5, 0.9, 0.99, 0.01),
        ("the example", np.array([1.0]), np.zeros(1), np.zeros(1), np.array([2.0]), 1, 0.1, 0.9, 0.999, 1e-8),
    ]
    for name, *given in cases:
        with np.errstate(all="ignore"):
            value = submitted(*given)
        _check_step(value, name, given)
    w, mean, square = rng.normal(size=3), np.zeros(3), np.zeros(3)
    for t in range(1, 5):
        given = w, mean, square, rng.normal(size=3), t
        _check_step(submitted(*given), f"step {t}, with the settings left out", given)
        w, mean, square = adam(*given)
    return "Both means, both corrections, epsilon outside the root: the first step is as long as the learning rate."


def _state(rng, shape):
    """w, mean, mean square and gradient, with the mean square apart from the square of the mean."""
    return rng.normal(size=shape), rng.normal(size=shape), rng.uniform(0.5, 2, shape), rng.normal(0, 3, shape)


def _check_step(value, name, given):
    value = expect_tuple(value, 3, f"The result for {name}", PARTS)
    right = adam(*given)
    for part, what in (1, "mean"), (2, "mean square"), (0, "w"):
        because = known(MISTAKES, *given, part=part)
        what = f"The new {what} for {name}"
        expect_close(value[part], right[part], **ROUNDING, because=because, what=what)
