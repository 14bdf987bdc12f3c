"""Exercise 1.3: the sums of a dense layer."""

import numpy as np

from course_lib.checks.chapter_01.meanings import BIAS_FORGOTTEN, TRANSPOSED
from course_lib.checks.expectations import ROUNDING, expect_close
from course_lib.checks.fresh import few_digits, same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = (
    "Take the example and work out its first row by hand, one neuron after the other: two products, the neuron's "
    "own bias. Where does your row part from it?"
)


def sums(x, weights, bias):
    """x W + b, the bias in each row: (batch, fan_out)."""
    return x @ weights + bias


def drawn(rng):
    """A square layer and batch, one example, one neuron, then any shapes."""
    n, batch, fan_in, fan_out = rng.integers(2, 7, 4)
    shapes = [(n, n, n), (1, fan_in, fan_out), (batch, fan_in, 1), (batch, fan_in, fan_out), rng.integers(2, 9, 3)]
    return [
        (few_digits(rng, (batch, m), 4), few_digits(rng, (m, n), 4), few_digits(rng, n, 8)) for batch, m, n in shapes
    ]


MISTAKES = [
    (
        lambda x, w, b: x @ w.T + len(x) * b,
        "Both mistakes are still in: `weights.T`, and a bias that is added once for each example.",
    ),
    (lambda x, w, b: x @ w.T + b, TRANSPOSED),
    (
        lambda x, w, b: x @ w + len(x) * b,
        "The bias comes into each row more than once: in the loop, once for every example of the batch. Once is "
        "enough.",
    ),
    (lambda x, w, b: x @ w, BIAS_FORGOTTEN),
    (
        lambda x, w, b: x @ w + b[:, None],
        "The bias is added down the columns. Neurons are columns, and each neuron has one bias.",
    ),
    (
        lambda x, w, b: np.maximum(x @ w + b, 0),
        "There is a ReLU in it. A layer's sums may be negative here; the bend comes after it.",
    ),
    (lambda x, w, b: x @ w - b, "The bias is subtracted. The formula adds it."),
    (lambda x, w, b: (x @ w + b).T, "The result is transposed. Keep one example in each row."),
    (
        lambda x, w, b: x.T @ w + b,
        "x is turned on its side: leave out its `.T`. One photo is one row of x, as it comes.",
    ),
    (lambda x, w, b: x * w + b, "`*` multiplies entry by entry. The matrix product is `@`."),
    (
        lambda x, w, b: w @ x + b,
        "The order counts in a matrix product: rows of x meet columns of weights, `x @ weights`.",
    ),
    (lambda x, w, b: x @ w + b.sum(), "All biases are added up and go into every neuron. Each neuron has its own."),
    (lambda x, w, b: (x @ w + b).tolist(), Said("`np.array(...)`")),
    (lambda x, w, b: None, Said("forget `return`")),
]


@exercise(
    "1.3",
    title="Mend a layer",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(sums, drawn),
    kept=True,
)
def layer(submitted):
    """Square shapes, where mistakes raise no error, then shapes that all differ."""
    rng = np.random.default_rng(0)
    cases = {
        "the example": (np.array([[3.0, 4.0], [2.0, 1.0]]), np.array([[1.0, 2.0], [-1.0, 0.0]]), np.array([9.0, -3.0])),
        "a batch of 3 with 3 inputs and 3 neurons": tuple(
            np.round(rng.normal(0, 3, size=shape), 1) for shape in ((3, 3), (3, 3), (3,))
        ),
    }
    for batch, fan_in, fan_out in ((4, 2, 3), (1, 5, 2)):
        shapes = (batch, fan_in), (fan_in, fan_out), (fan_out,)
        name = "x {}, weights {}, bias {}".format(*shapes)
        cases[name] = tuple(rng.normal(size=shape) for shape in shapes)
    for name, given in cases.items():
        value, what = submitted(*given), f"The layer's sums for {name}"
        expect_close(value, sums(*given), **ROUNDING, because=known(MISTAKES, *given), what=what)
    return "Right for square shapes, where mistakes hide, and for shapes that all differ."
