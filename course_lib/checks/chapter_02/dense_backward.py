"""Exercise 2.4: back-propagation of a dense layer."""

import numpy as np

from course_lib.checks.expectations import expect_close, expect_tuple
from course_lib.checks.fresh import few_digits, same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = (
    "Take the example and work out by hand the slope of the loss over one weight, one bias and one input. Then look "
    "for these three numbers in your arrays."
)

PARTS = ("weight_gradient", "bias_gradient", "input_gradient")
RELU = "A ReLU is multiplied in. A layer has none; it comes in between the layers, in exercise 2.5."


def backward(x, weight, g):
    """The gradients of weight, bias and input of y = x @ weight + bias, from the output gradient g."""
    return x.T @ g, g.sum(axis=0), g @ weight.T


def drawn(rng):
    """A square layer and batch, one example, one input, one unit, then any shapes."""
    n, batch, fan_in, fan_out = rng.integers(2, 8, 4)
    shapes = [(n, n, n), (1, fan_in, fan_out), (batch, 1, fan_out), (batch, fan_in, 1), rng.integers(2, 9, 3)]
    return [(few_digits(rng, (b, m), 4), few_digits(rng, (m, n), 4), few_digits(rng, (b, n), 4)) for b, m, n in shapes]


def _with(weight_gradient=None, bias_gradient=None, input_gradient=None):
    """A right answer but for the named parts, which are functions of the layer's arguments."""

    def answer(x, weight, g):
        parts = weight_gradient, bias_gradient, input_gradient
        right = backward(x, weight, g)
        return tuple(part(x, weight, g) if part else each for part, each in zip(parts, right, strict=True))

    return answer


MISTAKES = [
    (
        _with(lambda x, weight, g: g.T @ x),
        "It is transposed: (fan_in, fan_out) is x turned on its side, times the output gradient.",
    ),
    (
        _with(lambda x, weight, g: x.T @ g / len(x)),
        "You divide by the batch size. The mean is in the loss, so `output_gradient` contains it already.",
    ),
    (
        _with(lambda x, weight, g: (x if len(x) == x.shape[1] else x.T) @ g),
        "`x` is not transposed. The matrices are square here, so nothing complained.",
    ),
    (
        _with(lambda x, weight, g: x * g if x.shape == g.shape else x.T @ g),
        "`*` multiplies entry by entry. The sum over the batch is a matrix product, `@`.",
    ),
    (_with(lambda x, weight, g: x @ g), Said("stopped with ValueError: matmul")),
    (
        _with(bias_gradient=lambda x, weight, g: g.mean(axis=0)),
        "The mean is taken over the batch. Each example's slope counts in full: a sum.",
    ),
    (_with(bias_gradient=lambda x, weight, g: g[0]), "Only the first example counts in it."),
    (
        _with(bias_gradient=lambda x, weight, g: g.sum(axis=1)),
        "The sum goes along the rows. Each neuron has one bias, so add up each column, `axis=0`.",
    ),
    (
        _with(bias_gradient=lambda x, weight, g: g.sum(axis=0, keepdims=True)),
        "It needs one axis, not two: a sum over the batch, `axis=0`, without `keepdims`.",
    ),
    (
        _with(bias_gradient=lambda x, weight, g: g if len(g) > 1 else g[0]),
        "It is not summed over the batch: every row of the batch got the bias, so its slopes add up.",
    ),
    (
        _with(bias_gradient=lambda x, weight, g: g.sum()),
        "All entries are added up into one number. Each neuron has a bias of its own.",
    ),
    (_with(input_gradient=lambda x, weight, g: (g @ weight.T).T), "It is transposed. Keep one example in each row."),
    (
        _with(input_gradient=lambda x, weight, g: g @ weight),
        "`weight` is not transposed. It is square here, so nothing complained.",
    ),
    (
        _with(input_gradient=lambda x, weight, g: g * weight if g.shape == weight.shape == x.shape else g @ weight.T),
        "`*` multiplies entry by entry. The way back along the weights is a matrix product.",
    ),
    (_with(input_gradient=lambda x, weight, g: (g @ weight.T) * (x > 0)), RELU),
    (lambda x, weight, g: backward(x, weight, g * (x @ weight > 0)), RELU),
    (
        lambda *given: (backward(*given)[2], *backward(*given)[:2]),
        "That is the gradient over `x`, which comes last: first over `weight`, then over the bias, then over `x`.",
    ),
    (lambda *given: backward(*given)[:2], Said("expected 3 values")),
    (lambda *given: backward(*given)[::-1], Said("The weight gradient for the example has shape (1, 2)")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise(
    "2.4",
    title="Back-propagation of a dense layer",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(backward, drawn),
    kept=True,
)
def dense_backward(submitted):
    """The article's second layer, then square shapes, where a missing transpose is silent, then shapes that differ."""
    rng = np.random.default_rng(24)
    cases = {
        "the example": (np.array([[8.0, 3.0]]), np.array([[4.0, -2.0], [3.0, 1.0]]), np.array([[2.0, 0.0]])),
        "a batch of 3, 3 inputs, 3 neurons": tuple(np.round(rng.normal(0, 2, (3, 3)), 1) for _ in range(3)),
        "a batch of 5, 4 inputs, 2 neurons": tuple(rng.normal(size=shape) for shape in ((5, 4), (4, 2), (5, 2))),
    }
    for name, given in cases.items():
        gradients = expect_tuple(submitted(*given), 3, f"The result for {name}", PARTS)
        for part, (gradient, right) in enumerate(zip(gradients, backward(*given), strict=True)):
            what = f"The {PARTS[part].replace('_', ' ')} for {name}"
            because = known(MISTAKES, *given, part=part)
            expect_close(gradient, right, rtol=1e-5, atol=1e-6, because=because, what=what)  # float32 is as good
    return "All three gradients are right, on square shapes too, where a missing transpose hides."
