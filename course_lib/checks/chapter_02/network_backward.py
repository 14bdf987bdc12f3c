"""Exercise 2.5: back-propagation through all layers of a network."""

from itertools import pairwise

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import expect_close, expect_tuple, plain_array
from course_lib.checks.fresh import few_digits, same_as
from course_lib.checks.mistakes import Said, answers_in, known, meaning_in_all
from course_lib.checks.registry import exercise
from course_lib.data import article_network

LEAD = (
    "Print the slope that arrives at each layer's sums, and put it beside the explorer: (2, 0) at the outputs, then "
    "(8, 6) at n1 and n2."
)
PARTS = ("weight_gradient", "bias_gradient")


def values_of(x, layers):
    """[x, what each layer passes on, ...], with ReLU after each layer but the last."""
    values = [x]
    for position, (weights, bias) in enumerate(layers):
        sums = values[-1] @ weights + bias
        values.append(sums if position == len(layers) - 1 else np.maximum(sums, 0))
    return values


def gradients_of(values, layers, output_gradient, bends="input", turned=True, start=None):
    """[[weight_gradient, bias_gradient], ...] in the order of the layers. The last three arguments put mistakes in.

    bends : whose positive values let a slope through on the way to a layer below: of its "input", its "output", or None
    """
    found, gradient = [], output_gradient
    for position in reversed(range(len(layers))):
        weights = layers[position][0]
        found.insert(0, [values[position].T @ gradient, gradient.sum(axis=0)])
        gradient = gradient @ (weights.T if turned else weights)
        if bends == "input":
            gradient = gradient * (values[position] > 0)
        elif bends == "output":
            gradient = gradient * (values[position + 1] > 0)
    return found


def through_the_last_relu(values, layers, output_gradient):
    return gradients_of(values, layers, output_gradient * (values[-1] > 0))


def relu_itself(values, layers, output_gradient):
    found, gradient = [], output_gradient
    for position in reversed(range(len(layers))):
        found.insert(0, [values[position].T @ gradient, gradient.sum(axis=0)])
        gradient = (gradient @ layers[position][0].T) * np.maximum(values[position], 0)
    return found


def relu_of_the_gradient(values, layers, output_gradient):
    found, gradient = [], output_gradient
    for position in reversed(range(len(layers))):
        found.insert(0, [values[position].T @ gradient, gradient.sum(axis=0)])
        gradient = np.maximum(gradient @ layers[position][0].T, 0)
    return found


def never_passed_on(values, layers, output_gradient):
    return [
        [values[position].T @ output_gradient, output_gradient.sum(axis=0)]
        if output_gradient.shape[1] == layers[position][0].shape[1]
        else [0 * layers[position][0], 0 * layers[position][1]]
        for position in range(len(layers))
    ]


def outputs_for_inputs(values, layers, output_gradient):
    found, gradient = [], output_gradient
    for position in reversed(range(len(layers))):
        found.insert(0, [values[position + 1].T @ gradient, gradient.sum(axis=0)])
        gradient = (gradient @ layers[position][0].T) * (values[position] > 0)
    return found


def both_of_relu(values, layers, output_gradient):
    """What `relu` returns, outputs and slopes, is multiplied as if it were one array."""
    found, gradient = [], output_gradient
    for position in reversed(range(len(layers))):
        found.insert(0, [values[position].swapaxes(-1, -2) @ gradient, gradient.sum(axis=0)])
        gradient = (gradient @ layers[position][0].T) * (np.maximum(values[position], 0), (values[position] > 0) * 1.0)
    return found


def drawn(rng):
    """One to four layers of any widths, one example, a square batch."""
    cases = []
    for n_layers in (1, 2, *rng.integers(3, 5, 2)):
        widths = rng.integers(1, 6, n_layers + 1)
        layers = [[few_digits(rng, (m, n)), few_digits(rng, n)] for m, n in pairwise(widths)]
        for batch in (1, int(widths[0]), int(rng.integers(2, 7))):
            values = values_of(few_digits(rng, (batch, widths[0])), layers)
            cases.append((values, layers, few_digits(rng, (batch, widths[-1]))))
    return cases


MISTAKES = [
    (
        lambda *given: gradients_of(*given, bends=None),
        "The ReLU between the layers is missing: where a hidden neuron is off, its slope of 0 stops what comes back.",
    ),
    (
        lambda *given: gradients_of(*given, bends="output"),
        "The slopes of a ReLU come from another layer's values. A layer's third array is the slope over its inputs: "
        "those are `values[position]`.",
    ),
    (
        through_the_last_relu,
        "The first thing you do is to multiply by the ReLU of the outputs. The last layer has none here: "
        "`output_gradient` is over its sums already.",
    ),
    (
        relu_itself,
        "The way back is multiplied by ReLU's outputs. Multiply by its slopes, 1 or 0: the second array of `relu`.",
    ),
    (
        relu_of_the_gradient,
        "ReLU is applied to the slopes themselves. Whether one passes depends on the values: `values[position] > 0`.",
    ),
    (
        outputs_for_inputs,
        "The start of a weight is what comes into its layer, `values[position]`. You take what the layer passes on.",
    ),
    (
        lambda *given: gradients_of(*given)[::-1],
        "The list begins with the last layer. Return it in the order of `layers`: `insert(0, ...)`, or turn it around.",
    ),
    (
        lambda values, layers, g: gradients_of(values, layers, g / len(g)),
        "You divide by the batch size. The mean is in the loss, so `output_gradient` contains it already.",
    ),
    (
        never_passed_on,
        "This layer gets `output_gradient` itself, which belongs to the last layer. Go from the last one to the first, "
        "and hand on what each one's third array holds.",
    ),
    (
        lambda *given: [[w.T, b] for w, b in gradients_of(*given)],
        "The weight gradients are transposed: each has the shape of its weights, (fan_in, fan_out).",
    ),
    (both_of_relu, Said("`relu(...)[1]`")),
    (lambda *given: gradients_of(*given)[-1:], Said("a list of 1")),
    (lambda *given: [part for pair in gradients_of(*given) for part in pair], Said("Put the two arrays")),
    (lambda *given: [(*pair, pair[0]) for pair in gradients_of(*given)], Said("Write them together")),
    (lambda *given: [w for w, _ in gradients_of(*given)], Said("expected 2 values")),
    (lambda *given: gradients_of(*given)[0], Said("For `layers[0]`")),
    (lambda values, layers, g: layers.pop() and None, Said("changes its input")),
    (lambda *given: [[w.tolist(), b] for w, b in gradients_of(*given)], Said("`np.array(...)`")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise(
    "2.5",
    title="Back through all layers",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(gradients_of, drawn),
    kept=True,
)
def network_backward(submitted):
    """The article's network, then three layers of equal widths, where mistakes raise no error, then mixed shapes."""
    rng = np.random.default_rng(25)
    net = article_network()
    article = [[net.hidden_weights, net.hidden_biases], [net.output_weights, net.output_biases]]
    cases = {"the article's network": (values_of(net.x[None, :], article), article, np.array([[2.0, 0.0]]))}
    for name, batch, widths in (("three layers, 3-3-3-3,", 3, (3, 3, 3, 3)), ("layers 4-5-2-3,", 6, (4, 5, 2, 3))):
        layers = [[rng.normal(size=(m, n)), rng.normal(size=n)] for m, n in pairwise(widths)]
        values = values_of(rng.normal(size=(batch, widths[0])), layers)
        cases[name] = values, layers, rng.normal(size=(batch, widths[-1]))
    for name, given in cases.items():
        gradients, right = _pairs(submitted(*given), name.rstrip(","), given[1]), gradients_of(*given)
        for place, (mine, expected) in enumerate(zip(gradients, right, strict=True)):
            _expect_one_array(mine[0], expected[0], place, name.rstrip(","))
            for part, word in enumerate(PARTS):
                what = f"For `layers[{place}]` of {name.rstrip(',')}, the {word.replace('_', ' ')}"
                because = _because(submitted, cases, given, mine[part], (place, part))
                expect_close(mine[part], expected[part], rtol=1e-5, atol=1e-6, because=because, what=what)
    return "24, 18, 32, 24 in the first layer of the article's network, and any depth works."


def _expect_one_array(weight_gradient, right, place, name):
    """A pair of arrays broadcasts, and raises no error: what comes through it has one axis more, with two places."""
    shape = np.shape(weight_gradient) if isinstance(weight_gradient, np.ndarray) else ()
    if shape == (2, *right.shape):
        raise Diagnosis(
            f"At layer {place} of {name}, the weight gradient has shape {shape}; expected {right.shape}.",
            hint="`relu` returns two arrays, outputs and slopes, and yours multiplies by both at once. The slopes are "
            "the second one: `relu(...)[1]`.",
        )


def _because(submitted, cases, given, value, place):
    hint = meaning_in_all(MISTAKES, cases.values(), answers_in(submitted, cases.values()), _same)
    if hint:
        yield value, hint
    yield from known(MISTAKES, *given, part=lambda found: found[place[0]][place[1]])


def _same(wrong, answer):
    return len(wrong) == len(answer) and all(
        np.allclose(one, plain_array(other))
        for mine, theirs in zip(wrong, answer, strict=True)
        for one, other in zip(mine, theirs, strict=True)
    )


def _pairs(gradients, name, layers):
    what, wanted = f"The result for {name}", f"a list of {len(layers)}, one pair a layer"
    if gradients is None:
        raise Diagnosis(f"{what} is None; expected {wanted}.", hint="Did you forget `return`?")
    if not isinstance(gradients, list | tuple) or len(gradients) != len(layers):
        hint = "Does the loop take every layer?"
        if isinstance(gradients, list | tuple) and len(gradients) == 2 * len(layers):
            hint = "Put the two arrays of a layer together before they go into the list: `[weights, biases]`."
        raise Diagnosis(f"{what} is {describe(gradients)}; expected {wanted}.", hint=hint)
    pairs = []
    for place, pair in enumerate(gradients):
        of = f"For `layers[{place}]` of {name}, what you return"
        pair = tuple(pair) if isinstance(pair, np.ndarray) and pair.dtype == object else pair
        pairs.append(expect_tuple(pair, 2, of, PARTS, returned=False))
    return pairs
