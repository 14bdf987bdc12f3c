"""Exercise 3.1: the spread of the sums after n linear layers."""

import numpy as np

from course_lib.checks.expectations import expect_close, plain_number
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = "Take one layer first: by which factor does it multiply the variance? Then two layers. The root comes last."


def spread(n_layers, fan_in, deviation):
    """The right answer: from inputs of spread 1."""
    return (fan_in * deviation**2) ** (n_layers / 2)


def drawn(rng):
    """One layer, even and odd numbers of layers, one input; spreads that grow, shrink and stay."""
    cases = []
    for n_layers in (1, 2 * rng.integers(1, 6), 2 * rng.integers(1, 6) + 1, *rng.integers(2, 12, 2)):
        fan_in = int(rng.integers(2, 400))
        cases.append((int(n_layers), fan_in, round(rng.uniform(0.4, 2.5) / fan_in**0.5, 4)))
    side = int(rng.integers(2, 20))
    return [*cases, (int(n_layers), 1, round(rng.uniform(0.5, 0.9), 2)), (int(n_layers), side**2, 1 / side)]


MISTAKES = [
    (lambda n, i, sd: (i * sd**2) ** n, "That is the variance. The spread is its root."),
    (
        lambda n, i, sd: (i * sd**2) ** n / 2,
        "That is the variance, halved: `** n_layers / 2` takes the power first and divides after it. Write "
        "`** (n_layers / 2)`.",
    ),
    (
        lambda n, i, sd: (i * sd**2) ** 0.5,
        "That is the spread after one layer. Every layer multiplies by the same factor again.",
    ),
    (lambda n, i, sd: n * (i * sd**2) ** 0.5, "The factors of the layers are multiplied, not added up."),
    (lambda n, i, sd: sd**n, "`fan_in` is missing: each sum has `fan_in` terms, and each adds its share of variance."),
    (
        lambda n, i, sd: (i * sd) ** n,
        "Variances add up, deviations do not: square the standard deviation, multiply by `fan_in`, then take the root.",
    ),
    (
        lambda n, i, sd: (i * sd) ** (n / 2),
        "The standard deviation is not squared. The variance of a weight is its square.",
    ),
    (
        lambda n, i, sd: (i * sd**2) ** (n // 2),
        "`//` cuts off the half: with an odd number of layers, n/2 is not a whole number. Use `/`.",
    ),
    (
        lambda n, i, sd: (i * sd**2) ** ((n - 1) / 2),
        "One layer too few: every layer multiplies, the first one too. The power is n/2.",
    ),
    (
        lambda n, i, sd: (i * sd**2) ** (n / 4),
        "A root too many is taken: each layer multiplies by the root of `fan_in * sd**2`, once.",
    ),
    (lambda n, i, sd: np.array([i * sd**2] * n), Said("expected one number")),
    (lambda n, i, sd: None, Said("forget `return`")),
]


@exercise(
    "3.1",
    title="The spread after n layers",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(spread, drawn, rtol=1e-05, atol=0),
)
def spread_after(submitted):
    """Even and odd numbers of layers, where variance, spread and halves of n all differ; 20 layers of N(0, 1)."""
    for given in (4, 30, 0.1), (3, 50, 0.2), (5, 30, 0.1), (2, 100, 1.0), (3, 100, 0.1), (1, 64, 0.5), (20, 100, 1.0):
        n_layers, fan_in, deviation = given
        what = f"The spread after {n_layers} layers with fan_in {fan_in} and standard deviation {deviation:g}"
        value, because = plain_number(submitted(*given)), known(MISTAKES, *given)
        expect_close(value, spread(*given), rtol=1e-5, atol=0, because=because, what=what)
    return "Odd numbers of layers too; with N(0, 1) and 100 inputs it is 10 to the power 20 after 20 layers."
