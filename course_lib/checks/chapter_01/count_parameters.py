"""Exercise 1.4: how many weights and biases a network has."""

import math
from itertools import pairwise

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import expect_close, expect_number, plain_number
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = "Draw the network [4, 3, 2], with a line for each weight and a dot for each bias. Count the layers one by one."


def count(sizes):
    """fan_in fan_out + fan_out, added up over the layers."""
    return sum(m * n + n for m, n in pairwise(sizes))


def drawn(rng):
    """One to six layers, with a layer of one unit, and equal sizes."""
    cases = [rng.integers(1, 500, n_layers + 1).tolist() for n_layers in (1, 2, *rng.integers(3, 7, 3))]
    return [(sizes,) for sizes in [*cases, [cases[0][0], 1, cases[0][1]], cases[1][:1] * 4]]


def weights(sizes):
    return sum(m * n for m, n in pairwise(sizes))


def taken_from_the_list(sizes):
    total = 0
    while len(sizes) > 1:
        fan_in = sizes.pop(0)
        total += (fan_in + 1) * sizes[0]
    return total


MISTAKES = [
    (weights, "Those are the weights alone. Every neuron has a bias too."),
    (lambda sizes: weights(sizes) + sum(sizes), "Inputs have no bias. Count biases from the second number on."),
    (lambda sizes: sum(sizes[1:]), "Those are the biases alone. How many weights join two layers?"),
    (sum, "You count units. Parameters are weights, one for each pair of neighbors, and biases."),
    (lambda sizes: weights(sizes) + sum(sizes[1:-1]), "The last layer has biases too."),
    (lambda sizes: 2 * weights(sizes), "A neuron has one bias, not one for each of its inputs."),
    (
        lambda sizes: sum(m * (n + 1) for m, n in pairwise(sizes)),
        "Each layer has fan_out biases, one a neuron; you count fan_in of them.",
    ),
    (
        lambda sizes: sum(m * n + 1 for m, n in pairwise(sizes)),
        "A layer has one bias for each neuron; you count one for the whole layer.",
    ),
    (
        lambda sizes: sizes[0] * sizes[1] + sizes[1],
        "Only the first layer is counted. Go through all neighbors in the list.",
    ),
    (math.prod, "All sizes are multiplied. Only neighbors are: each pair is one layer."),
    (lambda sizes: count(sizes[:3]), "Only the first two layers are counted. The list can be of any length."),
    (lambda sizes: [m * n + n for m, n in pairwise(sizes)], Said("Add them up")),
    (taken_from_the_list, Said("`sizes = list(sizes)`")),
]


@exercise("1.4", title="Count the parameters", mistakes=MISTAKES, lead=LEAD, hidden=same_as(count, drawn, rtol=0))
def count_parameters(submitted):
    """The number of weights and biases of networks of one to four layers."""
    for sizes in ([4, 3, 2], [784, 300, 100, 10], [2, 3], [5, 4, 3, 2, 7]):
        what = f"The number of parameters for {sizes}"
        value = expect_number(_one_count(submitted(list(sizes)), what), what)
        expect_close(value, count(sizes), rtol=0, because=known(MISTAKES, sizes), what=what)
    return "784-300-100-10 has 266,610 parameters, as PyTorch counts them too."


def _one_count(value, what):
    """The value as a plain number; a Diagnosis for a list of several, the commonest other thing to return here."""
    length = value.size if isinstance(value, np.ndarray) else len(value) if isinstance(value, list | tuple) else 1
    if length > 1:
        raise Diagnosis(f"{what} is {describe(value)}; expected one number.", hint="Add them up: `sum(...)`.")
    return plain_number(value)
