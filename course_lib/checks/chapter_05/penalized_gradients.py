"""Exercise 5.2: the gradients of a loss with an L2 penalty on the weights."""

import numpy as np

from course_lib.checks.expectations import ROUNDING, expect_close, expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = (
    "Take the example and one weight alone. Its part of the penalty is strength / 2 times its square: how fast does "
    "that grow?"
)


def penalized_gradients(weight, bias, weight_gradient, bias_gradient, strength):
    """The gradients over weight and bias of loss + strength / 2 * sum w**2."""
    return weight_gradient + strength * weight, bias_gradient


def drawn(rng):
    """Fresh layers: shapes that differ, a square one, one row, one column, a weight of 0, a strength of 0."""
    rows, columns = (int(each) for each in rng.integers(2, 7, 2))
    cases = []
    for fan_in, fan_out in (rows, columns), (columns, columns), (1, columns), (rows, 1), (rows, columns + 1):
        shapes = (fan_in, fan_out), (fan_out,), (fan_in, fan_out), (fan_out,)
        cases.append((*(rng.uniform(-1.5, 1.5, shape) for shape in shapes), float(rng.uniform(0.05, 1.5))))
        cases[-1][0][0, 0] = 0.0
    return [*cases, (*cases[0][:-1], 0.0)]


# ---- wrong answers --------------------------------------------------------------------------------------------------


def of_weight(result):
    """result(weight, gradient, strength) in place of the weight's gradient."""

    def answer(weight, bias, weight_gradient, bias_gradient, strength):
        return result(weight, weight_gradient, strength), bias_gradient

    return answer


def of_bias(result):
    """result(bias, gradient, strength, weight) in place of the bias's gradient."""

    def answer(weight, bias, weight_gradient, bias_gradient, strength):
        return weight_gradient + strength * weight, result(bias, bias_gradient, strength, weight)

    return answer


def adds_in_place(weight, bias, weight_gradient, bias_gradient, strength):
    weight_gradient += strength * weight
    return weight_gradient, bias_gradient


SQUARED = "w is squared. The derivative of w**2 / 2 is w."

MISTAKES = [
    (
        of_weight(lambda w, gradient, strength: gradient + 2 * strength * w),
        "A factor 2 is too many: the penalty is strength / 2 times w squared, and the 2 of the square cancels the "
        "half.",
    ),
    (
        of_weight(lambda w, gradient, strength: gradient + strength / 2 * w),
        "A factor 1/2 is too many: the derivative of w**2 / 2 is w.",
    ),
    (
        of_weight(lambda w, gradient, strength: gradient + strength / 2 * np.sum(w**2)),
        "The penalty itself is added, one number for all. Its derivative over each weight is strength * w.",
    ),
    (
        of_weight(lambda w, gradient, strength: gradient + strength * np.sum(w)),
        "The weights are added up, one number for all. Each weight's own derivative is strength * w.",
    ),
    (of_weight(lambda w, gradient, strength: gradient + strength * w**2), SQUARED),
    (of_weight(lambda w, gradient, strength: gradient + strength / 2 * w**2), SQUARED),
    (
        of_weight(lambda w, gradient, strength: gradient + strength * np.sign(w)),
        "That is L1's gradient: the sign alone. L2's pull grows with the weight.",
    ),
    (
        of_weight(lambda w, gradient, strength: gradient + strength * np.abs(w)),
        "The signs are lost: a negative weight must be pulled up, toward 0.",
    ),
    (
        of_weight(lambda w, gradient, strength: gradient - strength * w),
        "The sign is turned around: these weights grow. The penalty's gradient is added, and the step subtracts it.",
    ),
    (
        of_weight(lambda w, gradient, strength: strength * w),
        "The loss's own gradient is gone. Add the penalty's to it.",
    ),
    (
        of_weight(lambda w, gradient, strength: gradient),
        "The penalty is missing: that is the loss's own gradient.",
    ),
    (
        of_weight(lambda w, gradient, strength: gradient + w),
        "`strength` is missing: the penalty has its full weight.",
    ),
    (
        of_weight(lambda w, gradient, strength: gradient + strength * w / w.size),
        "The penalty is averaged over the weights. It is a sum, so each weight feels strength * w.",
    ),
    (
        of_weight(lambda w, gradient, strength: strength * (gradient + w)),
        "The gradient is multiplied by `strength` as well. Only the penalty is.",
    ),
    (
        of_weight(lambda w, gradient, strength: w - strength * w),
        "The weights are shrunk, and no gradient is returned. The step comes later.",
    ),
    (
        of_bias(lambda b, gradient, strength, w: gradient + strength * b),
        "The bias is in the penalty. Here only the weights are made expensive: the bias stays out.",
    ),
    (
        of_bias(lambda b, gradient, strength, w: gradient + 2 * strength * b),
        "The bias is in the penalty, with a factor 2 besides. It stays out.",
    ),
    (
        of_bias(lambda b, gradient, strength, w: gradient + strength * np.sum(w)),
        "The weights' penalty is added to the bias.",
    ),
    (
        of_bias(lambda b, gradient, strength, w: 0 * gradient),
        "The bias has lost its gradient. The penalty adds nothing to it, and the loss's own part stays.",
    ),
    (of_bias(lambda b, gradient, strength, w: b), "That is the bias, and not its gradient."),
    (
        of_bias(lambda b, gradient, strength, w: strength * b),
        "That is the penalty's gradient over the bias. The bias stays out of the penalty and keeps the gradient of the "
        "loss.",
    ),
    (adds_in_place, Said("changes its input `weight_gradient`")),
]


# ---- the check ------------------------------------------------------------------------------------------------------


@exercise(
    "5.2",
    title="The gradient of the L2 penalty",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(penalized_gradients, drawn),
)
def check_penalized_gradients(submitted):
    """Two shapes, the example, a weight of 0, a strength of 0."""
    rng = np.random.default_rng(52)
    cases = [
        ("a weight of shape (3, 2)", *_layer(rng, 3, 2), 0.3),
        ("a square weight", *_layer(rng, 2, 2), 1.7),
        ("the example", np.array([[3.0], [-4.0]]), np.array([5.0]), np.array([[1.0], [1.0]]), np.array([2.0]), 0.5),
        ("a strength of 0", *_layer(rng, 2, 3), 0.0),
    ]
    for name, *given in cases:
        value = expect_tuple(submitted(*given), 2, f"The result for {name}", ("weight_gradient", "bias_gradient"))
        for part, expected in enumerate(penalized_gradients(*given)):
            what = f"The {('weight', 'bias')[part]}'s gradient for {name}"
            expect_close(value[part], expected, **ROUNDING, because=known(MISTAKES, *given, part=part), what=what)
    return "The pull on each weight is in proportion to it, and the biases are left alone."


def _layer(rng, fan_in, fan_out):
    """weight, bias and their gradients; the first weight is 0."""
    shapes = (fan_in, fan_out), (fan_out,), (fan_in, fan_out), (fan_out,)
    arrays = [rng.normal(0, 2, shape) for shape in shapes]
    arrays[0][0, 0] = 0.0
    return arrays
