"""Exercise 1.6: the forward pass of a network of dense layers."""

from itertools import pairwise

import numpy as np

from course_lib.checks.chapter_01.meanings import BIAS_FORGOTTEN, TRANSPOSED
from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import ROUNDING, expect_close, plain_array
from course_lib.checks.fresh import few_digits, same_as
from course_lib.checks.mistakes import Said, answers_in, known, meaning_in_all
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError
from course_lib.data import article_network

LEAD = "Print what comes out of each layer and put it beside the article's network: n1 = 8 and n2 = 3 come first."


def network(x, layers, hidden_relu=True, last_relu=False):
    """[x, what each layer passes on, ...] of layers [[weights, bias], ...], with ReLU after each but the last."""
    values = [x]
    for position, (weights, bias) in enumerate(layers):
        sums = values[-1] @ weights + bias
        bends = hidden_relu if position < len(layers) - 1 else last_relu
        values.append(np.maximum(sums, 0) if bends else sums)
    return values


def drawn(rng):
    """One to five layers of any widths, a square batch, one example."""
    cases = []
    for n_layers in (1, 2, *rng.integers(3, 6, 2)):
        widths = rng.integers(1, 6, n_layers + 1)
        layers = [[few_digits(rng, (m, n)), few_digits(rng, n)] for m, n in pairwise(widths)]
        cases += [(few_digits(rng, (int(batch), widths[0])), layers) for batch in (1, widths[0], rng.integers(2, 9))]
    return cases


def last_hidden_layer_flat(x, layers):
    values = [x]
    for position, (weights, bias) in enumerate(layers):
        sums = values[-1] @ weights + bias
        values.append(np.maximum(sums, 0) if position < len(layers) - 2 else sums)
    return values


def sums_as_well(x, layers):
    values = [x]
    for position, (weights, bias) in enumerate(layers):
        sums = (np.maximum(values[-1], 0) if position else x) @ weights + bias
        values.append(sums)
    return values


def first_layer_again(x, layers):
    return [x, *(network(x, [pair])[-1] for pair in layers)]


def taken_from_the_list(x, layers):
    values = [x]
    while layers:
        weights, bias = layers.pop(0)
        values.append(values[-1] @ weights + bias)
        if layers:
            values[-1] = np.maximum(values[-1], 0)
    return values


def relu_before_each_layer(x, layers):
    values = [x]
    for weights, bias in layers:
        values.append(np.maximum(values[-1], 0) @ weights + bias)
    return values


def two_layers_only(x, layers):
    hidden = network(x, layers[:1], last_relu=True)[-1]
    return [x, hidden, hidden @ layers[1][0] + layers[1][1]]


def begun_with_nothing(x, layers):
    values = []
    for weights, bias in layers:
        values.append(values[-1] @ weights + bias)
    return values


def _appending(part):
    """The function that appends for each hidden layer what `part` makes of its sums."""

    def answer(x, layers):
        values = [x]
        for position, (weights, bias) in enumerate(layers):
            sums = values[-1] @ weights + bias
            values.append(part(sums) if position < len(layers) - 1 else sums)
        return values

    return answer


def sums_and_outputs(x, layers):
    values = [x]
    for weights, bias in layers:
        sums = np.maximum(values[-1], 0) @ weights + bias if len(values) > 1 else x @ weights + bias
        values += [sums, np.maximum(sums, 0)]
    return values[:-1]


MISTAKES = [
    (
        lambda x, layers: network(x, layers, last_relu=True),
        "There is a ReLU after the last layer. Its sums come out as they are.",
    ),
    (
        lambda x, layers: network(x, layers, hidden_relu=False),
        "The hidden layers need ReLU. Without it the layers melt into one.",
    ),
    (
        lambda x, layers: network(x, layers, hidden_relu=False, last_relu=True),
        "ReLU follows the last layer and none of the others. It is the other way round.",
    ),
    (sums_as_well, "Your list holds the sums. What a hidden layer passes on comes after its ReLU."),
    (lambda x, layers: network(x, [[w, 0 * b] for w, b in layers]), BIAS_FORGOTTEN),
    (lambda x, layers: network(x, [[w.T, b] for w, b in layers]), TRANSPOSED),
    (
        _appending(lambda sums: (sums > 0) * 1.0),
        "Those are the slopes of your `relu`. What goes on is its first array, `relu(sums)[0]`.",
    ),
    (_appending(lambda sums: (np.maximum(sums, 0), (sums > 0) * 1.0)), Said("returns two arrays")),
    (sums_and_outputs, Said("one entry for each layer")),
    (relu_before_each_layer, "ReLU comes before each layer in yours, so it bends x too. It belongs after a layer."),
    (two_layers_only, Said("This network has one layer")),
    (begun_with_nothing, Said("Does the list hold `x` before the loop")),
    (lambda x, layers: np.array(network(x, layers)), Said("Keep a list")),
    (lambda x, layers: network(x, layers)[:2], Said("a list of 2")),
    (
        lambda x, layers: network(x, layers)[::-1],
        "The list is the wrong way round: x comes first, the outputs come last.",
    ),
    (first_layer_again, "Every layer gets x in yours. Hand it what the layer before has passed on: `values[-1]`."),
    (last_hidden_layer_flat, "The last hidden layer has no ReLU. Which positions are hidden?"),
    (lambda x, layers: network(x, layers)[1:], Said("Is `x` itself missing")),
    (lambda x, layers: network(x, layers)[-1], Said("a list with x first")),
    (lambda x, layers: network(x, layers)[:-1], Said("return` stand inside the loop")),
    (taken_from_the_list, Said("`layers = list(layers)`")),
    (lambda x, layers: [each.tolist() for each in network(x, layers)], Said("`np.array(...)`")),
    (lambda x, layers: None, Said("forget `return`")),
]


@exercise(
    "1.6",
    title="The forward pass",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(network, drawn),
    kept=True,
)
def forward(submitted):
    """The article's network, then one layer, then four layers of mixed shapes, and two hidden ones of equal widths."""
    rng = np.random.default_rng(16)
    net = article_network()
    article = [[net.hidden_weights, net.hidden_biases], [net.output_weights, net.output_biases]]
    cases = {"the article's network": (net.x[None, :], article)}
    for name, batch, widths in (
        ("one layer, 2-3,", 4, (2, 3)),
        ("four layers, 3-5-2-4-1,", 6, (3, 5, 2, 4, 1)),
        ("three layers, 3-3-3-3,", 3, (3, 3, 3, 3)),
    ):
        layers = [[rng.normal(size=(m, n)), rng.normal(size=n)] for m, n in pairwise(widths)]
        cases[name] = rng.normal(size=(batch, widths[0])), layers
    for name, given in cases.items():
        values, right = _values(_answer(submitted, given), name, len(given[1])), network(*given)
        for place, (value, expected) in enumerate(zip(values, right, strict=True)):
            what, because = f"values[{place}] of {name.rstrip(',')}", _because(submitted, cases, given, value, place)
            expect_close(value, expected, **ROUNDING, because=because, what=what)
    return "n = (8, 3), then the sums 46 and -13, and any depth works."


def _answer(submitted, given):
    """What the learner's function returns; where it runs past the end of a list, its error gets a hint."""
    try:
        return submitted(*given)
    except LearnerError as error:
        if "IndexError" in error.kinds or "unpack" in error.text:
            error.hint = "Does the list hold `x` before the loop, and does the loop end with the last layer?"
            if len(given[1]) == 1:
                error.hint = "This network has one layer. There can be any number: let a loop go over `layers`."
        raise


def _because(submitted, cases, given, value, place):
    """Pairs (wrong values, hint); the first is of the mistake that gives what the learner has in all cases."""
    hint = meaning_in_all(MISTAKES, cases.values(), answers_in(submitted, cases.values()), _same)
    if hint:
        yield value, hint
    yield from known(MISTAKES, *given, part=place)


def _same(wrong, answer):
    return len(wrong) == len(answer) and all(map(np.allclose, wrong, map(plain_array, answer)))


def _values(values, name, n_layers):
    what, wanted = f"The result for {name.rstrip(',')}", f"a list with x first and {n_layers} more"
    if values is None:
        raise Diagnosis(f"{what} is None; expected {wanted}.", hint="Did you forget `return`?")
    if not isinstance(values, list | tuple):
        one_array = "One array can't hold layers of different widths. Keep a list: `values.append(...)`, not `+=`."
        hint = one_array if np.ndim(values) == 3 else "Return all values: `return values`."
        raise Diagnosis(f"{what} is {describe(values)}; expected {wanted}.", hint=hint)
    if len(values) != n_layers + 1:
        missing = "Is `x` itself missing in front, or does `return` stand inside the loop, or `append` outside?"
        many = "Append one entry for each layer: of a hidden layer what its ReLU gives, and not its sums too."
        hint = many if len(values) > n_layers + 1 else missing
        raise Diagnosis(f"{what} is a list of {len(values)}; expected {wanted}.", hint=hint)
    if any(isinstance(each, tuple) and len(each) == 2 and np.ndim(each[0]) == 2 for each in values):
        pair = "`relu` returns two arrays, outputs and slopes. Append the first one alone: `relu(sums)[0]`."
        raise Diagnosis(f"{what} has a pair of arrays in it; expected one array for each layer.", hint=pair)
    return values
