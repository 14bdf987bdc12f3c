"""Exercise 1.1: one ReLU neuron."""

import numpy as np

from course_lib.checks.chapter_01.meanings import ABSOLUTE_VALUE, BIAS_FORGOTTEN, NO_ACTIVATION
from course_lib.checks.diagnosis import Diagnosis, listed
from course_lib.checks.expectations import ROUNDING, expect_close, expect_number
from course_lib.checks.fresh import few_digits, same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError

LAST_ONLY = "Only the last product is left: the loop overwrites `z`. Add to it: `z = z + x[i] * weights[i]`."

FROM_0_TO_1 = (
    "That lies between 0 and 1, as a step or a sigmoid gives it. ReLU passes a positive sum on as it is: leave the "
    "last line as the cell gives it."
)
LEAD = (
    "Work this case out on paper: each product, their sum, then the bias. Print the same numbers in your function. "
    "Where do the two part?"
)


def relu_neuron(x, weights, bias):
    """max(0, w1 x1 + w2 x2 + ... + b): a number."""
    return max(x @ weights + bias, 0)


def drawn(rng):
    """Any number of inputs, sums with decimals: above 0, then below."""
    cases = []
    for n_inputs in (1, *rng.integers(2, 9, 4)):
        x, weights = few_digits(rng, n_inputs, 4), few_digits(rng, n_inputs, 4)
        above = rng.integers(0, 40) / 2 + 0.25
        cases.append((x, weights, float(above - x @ weights)))
    return [*cases, (x, weights, float(-above - x @ weights))]


def overwritten(x, weights, bias):
    for i in range(len(x)):
        z = x[i] * weights[i]
    return max(z + bias, 0)


def overwritten_from_the_bias_on(x, weights, bias):
    z = bias
    for i in range(len(x)):
        z = x[i] * weights[i]
    return max(z, 0)


MISTAKES = [
    (lambda x, w, b: max(x @ w, 0), BIAS_FORGOTTEN),
    (lambda x, w, b: max(x @ w + b + b, 0), "The bias comes in twice. It is added once, to the finished sum."),
    (
        lambda x, w, b: max(sum(x * w + b), 0),
        "The bias is added once for every input. Add up the products first, then add the bias.",
    ),
    (lambda x, w, b: max(x @ w + abs(b), 0), "The sign of the bias is lost. A negative bias lowers the sum: no `abs`."),
    (lambda x, w, b: max(x @ w - b, 0), "The bias is subtracted. The formula adds it."),
    (lambda x, w, b: x @ w + b, NO_ACTIVATION),
    (lambda x, w, b: abs(x @ w + b), ABSOLUTE_VALUE),
    (
        lambda x, w, b: max(x[0] * w[0] + b, 0),
        "Only the first input counts in your sum. Add up the products of all inputs.",
    ),
    (
        lambda x, w, b: max(x[0] * w[0] + x[1] * w[1] + b, 0),
        "Only the first two inputs count in your sum. It has to work for any number of inputs.",
    ),
    (
        lambda x, w, b: max(x[:-1] @ w[:-1] + b, 0),
        "The last input is left out. Does your loop stop one short? `range(len(x))` goes through all of them.",
    ),
    (
        lambda x, w, b: max(x[1:] @ w[1:] + b, 0),
        "The first input is left out. Python counts from 0: `x[0]` is the first one.",
    ),
    (overwritten, LAST_ONLY),
    (overwritten_from_the_bias_on, LAST_ONLY),
    (
        lambda x, w, b: max(abs(x) @ w + b, 0),
        "The sign of an input is lost. A negative input counts with its sign: no `abs`.",
    ),
    (
        lambda x, w, b: max(abs(x @ w) + b, 0),
        "The absolute value of the products' sum is taken. Add them up with their signs; ReLU comes after the bias.",
    ),
    (
        lambda x, w, b: max(x @ w + b, 0.01 * (x @ w + b)),
        "That is leaky ReLU: ReLU lets nothing of a negative sum through.",
    ),
    (
        lambda x, w, b: max(x @ w, 0) + b,
        "The bias comes after the activation. It belongs into the sum: first z with the bias, then max(z, 0).",
    ),
    (
        lambda x, w, b: max((x + w).sum() + b, 0),
        "Inputs and weights are added. Each input is multiplied by its own weight.",
    ),
    (
        lambda x, w, b: max(sum(x) + b, 0),
        "The weights are not in your sum. Each input is multiplied by its own weight.",
    ),
    (
        lambda x, w, b: max(x @ (w + b), 0),
        "The bias is added to every weight, so that each input multiplies it. It is added once, to the finished sum.",
    ),
    (
        lambda x, w, b: max((x + b) @ w, 0),
        "The bias is added to every input, so that each weight multiplies it. It is added once, to the finished sum.",
    ),
    (
        lambda x, w, b: max(sum(x) * sum(w) + b, 0),
        "All inputs are added up, and so are all weights, before they meet. First multiply each input by its own "
        "weight, then add up the products.",
    ),
    (
        lambda x, w, b: max(np.mean(x * w) + b, 0),
        "The mean of the products is taken, or a division is too many. A neuron adds its products up.",
    ),
    (lambda x, w, b: max(np.prod(x * w) + b, 0), "The products are multiplied with each other. Add them up."),
    (
        lambda x, w, b: max(x @ w[::-1] + b, 0),
        "The weights are taken in the opposite order. The first weight belongs to the first input.",
    ),
    (lambda x, w, b: 1 / (1 + np.exp(-(x @ w + b))), FROM_0_TO_1),
    (lambda x, w, b: float(x @ w + b > 0), FROM_0_TO_1),
    (lambda x, w, b: min(x @ w + b, 0), "That is the smaller one of 0 and the sum. ReLU takes the larger one: `max`."),
    (lambda x, w, b: max(sum(w) + b, 0), "The inputs are not in your sum. Each weight is multiplied by its own input."),
    (lambda x, w, b: max((x @ w) * b, 0), "The bias is multiplied with the sum. The formula adds it."),
    (lambda x, w, b: int(max(x @ w + b, 0)), "`int` cuts the decimals off. The output is the sum as it is."),
    (lambda x, w, b: round(max(x @ w + b, 0)), "The output is rounded. Return the sum as it is, with its decimals."),
    (lambda x, w, b: max(x * w + b, 0), Said("Are the products added up")),
    (lambda x, w, b: np.maximum(x * w + b, 0), Said("is an array of shape (4,)")),
    (lambda x, w, b: np.maximum([x @ w + b], 0), Said("`value.item()`")),
    (lambda x, w, b: None, Said("forget `return`")),
]


@exercise(
    "1.1",
    title="One neuron, one line",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(relu_neuron, drawn),
    kept=True,
)
def neuron(submitted):
    """Four, two and five inputs, sums with decimals, then a negative sum."""
    cases = (
        ([1.0, 2.0, 5.0, 4.0], [-1.0, -1.0, 2.1, 2.5], 6.2),  # every mistake of the sum gives a number of its own
        ([3.0, 4.0], [1.0, -1.0], 9.0),
        ([1.0, -2.0, 3.0, 4.0, 5.0], [2.0, -1.0, 0.5, 3.0, -2.0], 1.25),
        ([3.0, 4.0], [1.0, -1.0], -3.0),
    )
    for x, weights, bias in cases:
        what = f"The output for x = {listed(x)}, weights {listed(weights)}, bias {bias:g}"
        given = np.array(x), np.array(weights), bias
        if given[0] @ given[1] + bias < 0:
            what += f" (the sum is {given[0] @ given[1] + bias:g})"
        value = _one_number(submitted, given, what)
        expect_close(value, relu_neuron(*given), **ROUNDING, because=known(MISTAKES, *given), what=what)
    return "The example gives 8, five inputs work too, and a negative sum gives 0."


def _one_number(submitted, given, what):
    try:
        value = submitted(*given)
    except LearnerError as error:
        if "truth value" not in error.text:
            raise
        raise Diagnosis(
            "`z` is a whole array, one number for each input; a neuron has one sum.",
            hint="Are the products added up? `np.dot(x, weights)` multiplies and adds up.",
        ) from None
    return expect_number(value, what)
