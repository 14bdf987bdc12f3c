"""Exercise 1.6: the forward pass of a network of dense layers."""

from itertools import pairwise

import numpy as np

from course_lib.checks.chapter_01.meanings import BIAS_FORGOTTEN, TRANSPOSED
from course_lib.checks.expectations import ROUNDING, expect_close, plain_array
from course_lib.checks.fresh import few_digits, same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise
from course_lib.data import article_network

LEAD = (
    "Print x after each layer and put it beside the article's network worked out by hand: n1 = 8 and n2 = 3 come first."
)


def network(x, layers, relu_on_output, hidden_relu=True):
    """The outputs (batch, outputs) of layers [[weights, bias], ...], with ReLU between them."""
    for position, (weights, bias) in enumerate(layers):
        x = x @ weights + bias
        if hidden_relu if position < len(layers) - 1 else relu_on_output:
            x = np.maximum(x, 0)
    return x


def drawn(rng):
    """One to five layers of any widths, a square batch, one example: each with and without ReLU on the output."""
    cases = []
    for n_layers in (1, 2, *rng.integers(3, 6, 2)):
        widths = rng.integers(1, 6, n_layers + 1)
        layers = [[few_digits(rng, (m, n)), few_digits(rng, n)] for m, n in pairwise(widths)]
        batch = rng.choice([1, widths[0], rng.integers(2, 9)])
        cases += [(few_digits(rng, (batch, widths[0])), layers, relu_on_output) for relu_on_output in (True, False)]
    return cases


def last_hidden_layer_flat(x, layers, relu_on_output):
    for position, (weights, bias) in enumerate(layers):
        x = x @ weights + bias
        if position < len(layers) - 2 or (position == len(layers) - 1 and relu_on_output):
            x = np.maximum(x, 0)
    return x


def taken_from_the_list(x, layers, relu_on_output):
    weights, bias = layers.pop()
    return network(network(x, layers, True), [[weights, bias]], relu_on_output)


MISTAKES = [
    (
        lambda x, layers, relu_on_output: network(x, layers, False),
        "ReLU on the output is missing, though relu_on_output is True.",
    ),
    (
        lambda x, layers, relu_on_output: network(x, layers, True),
        "There is a ReLU on the output, though relu_on_output is False.",
    ),
    (
        lambda x, layers, relu_on_output: network(x, layers, relu_on_output, hidden_relu=False),
        "The hidden layers need ReLU, whatever relu_on_output says.",
    ),
    (lambda x, layers, relu_on_output: network(x, [[w, 0 * b] for w, b in layers], relu_on_output), BIAS_FORGOTTEN),
    (lambda x, layers, relu_on_output: network(x, [[w.T, b] for w, b in layers], relu_on_output), TRANSPOSED),
    (
        lambda x, layers, relu_on_output: network(x, layers[:1], len(layers) > 1 or relu_on_output),
        "Only the first layer is computed. Does `return` stand inside the loop?",
    ),
    (
        lambda x, layers, relu_on_output: network(x, layers[: max(len(layers) - 1, 2)], relu_on_output),
        "The outputs of the layer before the last come out. Does the loop stop one layer early?",
    ),
    (
        lambda x, layers, relu_on_output: network(x, layers[-1:], relu_on_output),
        "The last layer gets the network's inputs. Hand it the layer before's outputs: `x = ...`.",
    ),
    (last_hidden_layer_flat, "The last hidden layer has no ReLU. Which positions are hidden?"),
    (taken_from_the_list, Said("`layers = list(layers)`")),
    (lambda x, layers, relu_on_output: None, Said("forget `return`")),
]


@exercise(
    "1.6",
    title="The forward pass",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(network, drawn),
    lessons=("course_lib.scratch.activations",),
)
def forward(submitted):
    """The article's network with and without ReLU on the output, then one layer, then four layers of mixed shapes."""
    net = article_network()
    article = [[net.hidden_weights, net.hidden_biases], [net.output_weights, net.output_biases]]
    rng = np.random.default_rng(3)
    deep = [[rng.normal(size=(m, n)), rng.normal(size=n)] for m, n in pairwise([3, 5, 4, 6, 2])]
    cases = (
        ("the article's network", net.x[None, :], article),
        ("a network of one layer", rng.normal(size=(4, 3)), deep[:1]),
        ("a network of four layers", rng.normal(size=(7, 3)), deep),
    )
    for name, x, layers in cases:
        for relu_on_output in (True, False):
            given = x, layers, relu_on_output
            value, what = plain_array(submitted(*given)), f"The output of {name} with relu_on_output={relu_on_output}"
            expect_close(value, network(*given), **ROUNDING, because=known(MISTAKES, *given), what=what)
    return "y = (46, 0) with ReLU on the output, (46, -13) without, and any depth works."
