"""Checks of chapter 1, neurons. Each knows the mistakes that are common there, and what number each of them gives."""

from itertools import pairwise

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import (
    expect_array,
    expect_close,
    expect_number,
    expect_tuple,
    plain_number,
    unlike,
)
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError
from course_lib.data import article_network
from course_lib.scratch import activations

BIAS_FORGOTTEN = "The bias is missing. Where do you add it?"
BIAS_TWICE = "The bias comes in twice. It is added once, to the finished sum."
NO_ACTIVATION = "The activation is missing: ReLU turns negative sums into 0, `np.maximum(z, 0)`."
ABSOLUTE_VALUE = "That is the absolute value: ReLU turns negative sums into 0, it does not change their sign."
TRANSPOSED = (
    "The weights come as (fan_in, fan_out) and are used as (fan_out, fan_in), which is PyTorch's order. Leave out `.T`."
)


def _relu(z):
    return np.maximum(z, 0)


@exercise("1.1", title="One neuron, one line")
def neuron(submitted):
    """One ReLU neuron with three, two and five inputs, then one with a negative sum."""
    cases = [
        ([1.0, 2.0, 5.0], [3.0, -1.0, 2.0], 6.0),  # every known mistake gives a number of its own
        ([3.0, 4.0], [1.0, -1.0], 9.0),
        ([1.0, 2.0, 3.0, 4.0, 5.0], [2.0, -1.0, 0.5, 3.0, -2.0], 1.5),
    ]
    for case in cases:
        x, weights, bias = np.array(case[0]), np.array(case[1]), case[2]
        what = f"The output for x = {_listed(x)}, weights {_listed(weights)}, bias {bias:g}"
        expected = x @ weights + bias
        because = unlike(expected, _neuron_mistakes(x, weights, bias))
        expect_close(_neuron_output(submitted, x, weights, bias, what), expected, because=because, what=what)
    x, weights, bias = np.array([3.0, 4.0]), np.array([1.0, -1.0]), -3.0
    what = "The output for x = [3, 4], weights [1, -1], bias -3 (the sum is -4)"
    because = {NO_ACTIVATION: x @ weights + bias, ABSOLUTE_VALUE: -(x @ weights + bias)}
    expect_close(_neuron_output(submitted, x, weights, bias, what), 0.0, because=because, what=what)
    return "The article's first hidden neuron gives 8, five inputs work too, and a negative sum gives 0."


def _neuron_mistakes(x, weights, bias):
    products = x @ weights
    sums = {
        BIAS_FORGOTTEN: products,
        BIAS_TWICE: products + 2 * bias,
        "The bias is added once for every input. Add up the products first, then add the bias.": products
        + len(x) * bias,
        "The bias is subtracted. The formula adds it.": products - bias,
        "Only the first input counts in your sum. Add up the products of all inputs.": x[0] * weights[0] + bias,
        "Only the first two inputs count in your sum. It has to work for any number of inputs.": x[:2] @ weights[:2]
        + bias,
        "Inputs and weights are added. Each input is multiplied by its own weight.": (x + weights).sum() + bias,
        "The weights are not in your sum. Each input is multiplied by its own weight.": x.sum() + bias,
        "The bias is multiplied with the sum. The formula adds it.": products * bias,
    }
    return {hint: _relu(wrong) for hint, wrong in sums.items()}


def _neuron_output(submitted, x, weights, bias, what):
    try:
        value = submitted(x, weights, bias)
    except LearnerError as error:
        if "truth value" not in error.text:
            raise
        raise Diagnosis(
            "`z` is a whole array, one number for each input; a neuron has one sum.",
            hint="Are the products added up? `np.dot(x, weights)` multiplies and adds up.",
        ) from None
    return expect_number(plain_number(value), what)


SUMS = [[-3, -1, -0.25], [0.5, 1, 3]]


@exercise("1.2", title="Three activations and their slopes")
def activation_and_slope(submitted):
    """Outputs and derivatives of relu, leaky_relu and elu, away from 0 and at 0, and for a large sum."""
    z = np.array(SUMS, dtype=float)
    for name in ("relu", "leaky_relu", "elu"):
        outputs, slopes = _outputs_and_slopes(submitted, name, z)
        _check_outputs(name, z, outputs)
        _check_slopes(name, z, slopes)
    for name in ("relu", "leaky_relu", "elu"):
        _check_zero(submitted, name)
    outputs, slopes = _outputs_and_slopes(submitted, "elu", np.array([1000.0]))
    expect_close(outputs, np.array([1000.0]), what="The output of elu for the sum 1000")
    expect_close(slopes, np.array([1.0]), what="The derivative of elu for the sum 1000")
    return "Outputs and slopes are right on both sides of 0, at 0, and for a sum of 1000."


def _outputs_and_slopes(submitted, name, z):
    value = submitted(name, z)
    if isinstance(value, np.ndarray) and value.shape == (2, *z.shape):
        value = tuple(value)
    if isinstance(value, np.ndarray) and value.shape == z.shape:
        raise Diagnosis(
            f'For "{name}" your function returns one array; expected two, the outputs and the derivatives.',
            hint="Return both: `return outputs, slopes`.",
        )
    outputs, slopes = expect_tuple(value, 2, f'The result for "{name}"', ("outputs", "slopes"))
    outputs = expect_array(_as_array(outputs), z.shape, what=f'The outputs for "{name}"')
    return outputs, expect_array(_as_array(slopes), z.shape, what=f'The derivatives for "{name}"')


def _check_outputs(name, z, outputs):
    because = {
        "relu": {
            "That is leaky ReLU: ReLU lets nothing of a negative sum through.": activations.leaky_relu(z),
            ABSOLUTE_VALUE: np.abs(z),
            NO_ACTIVATION: z,
        },
        "leaky_relu": {
            "On the left leaky ReLU is 0.01 z. Your slope there is 0.1.": activations.leaky_relu(z, slope=0.1),
            "On the left leaky ReLU is 0.01 z, a small slope. Yours gives 0, as ReLU does.": _relu(z),
            "On the left the sum is multiplied by 0.01. Yours is the constant 0.01.": np.where(z > 0, z, 0.01),
            "The sign on the left is turned around: 0.01 times a negative sum is negative.": np.where(
                z > 0, z, -0.01 * z
            ),
        },
        "elu": {
            "The -1 is missing on the left: elu is e^z - 1 there, so that it meets 0 at z = 0.": np.where(
                z > 0, z, np.exp(z)
            ),
            "Only the left side is e^z - 1. Where z > 0 the output is z.": np.exp(z) - 1,
            "On the left elu is e^z - 1; yours is e^(z - 1).": np.where(z > 0, z, np.exp(z - 1)),
        },
    }
    expected = getattr(activations, name)(z)
    order = "Those are the derivatives. Return the outputs first, then the derivatives."
    because[name][order] = getattr(activations, f"{name}_derivative")(z)
    expect_close(outputs, expected, because=because[name], what=f'The array of outputs of "{name}" at z = {SUMS}')


def _check_slopes(name, z, slopes):
    slope = {"relu": 0.0, "leaky_relu": 0.01}
    because = {
        "You return the output again. The second array holds the slope of the curve.": getattr(activations, name)(z)
    }
    if name == "elu":
        because["The slope of e^z - 1 is e^z: a shift down changes no slope."] = np.where(z > 0, 1, np.exp(z) - 1)
        because["Where z > 0 the output is z, and its slope is 1. Yours is e^z there too."] = np.exp(z)
    else:
        because["The slope where z > 0 is 1, not z."] = np.where(z > 0, z, slope[name])
        because["The two sides are swapped: the slope is 1 where z > 0."] = np.where(z > 0, slope[name], 1.0)
        if name == "leaky_relu":
            because["The slope on the left is 0.01 itself, not 0.01 z."] = np.where(z > 0, 1, 0.01 * z)
            because["On the left the slope of leaky ReLU is 0.01, not 0."] = np.where(z > 0, 1.0, 0.0)
            if np.allclose(slopes, 0.01):
                raise Diagnosis(
                    "The slope of leaky_relu is 0.01 everywhere; expected 1 where z > 0.", "Which side is z on?"
                )
    expected = getattr(activations, f"{name}_derivative")(z)
    expect_close(
        slopes, expected, because=unlike(expected, because), what=f'The array of derivatives of "{name}" at z = {SUMS}'
    )


def _check_zero(submitted, name):
    outputs, slopes = _outputs_and_slopes(submitted, name, np.array([0.0]))
    expect_close(outputs, np.array([0.0]), what=f'The output of "{name}" at z = 0')
    because = {}
    kink = "At the kink the value for z <= 0 is used, so compare with `z > 0` and not with `z >= 0`."
    if name != "elu":
        because[kink] = np.array([1.0])
        because["Halfway between the two sides is a fair idea, but the convention takes the left side."] = np.array(
            [0.5]
        )
    expected = getattr(activations, f"{name}_derivative")(np.array([0.0]))
    expect_close(slopes, expected, because=because, what=f'The derivative of "{name}" at z = 0')


@exercise("1.3", title="Mend a layer")
def layer(submitted):
    """A ReLU layer on square shapes, where mistakes raise no error, then on shapes that all differ."""
    example = (
        np.array([[3.0, 4.0], [1.0, 2.0]]), np.array([[1.0, 2.0], [-1.0, 0.0]]), np.array([9.0, -3.0])
    )  # fmt: skip
    rng = np.random.default_rng(0)
    square = tuple(np.round(rng.normal(0, 3, size=shape), 1) for shape in ((3, 3), (3, 3), (3,)))
    for (x, weights, bias), name in ((example, "the example"), (square, "a batch of 3 with 3 inputs and 3 neurons")):
        what = f"The layer's output for {name}"
        because = _layer_mistakes(x, weights, bias)
        expect_close(_as_array(submitted(x, weights, bias)), _relu(x @ weights + bias), because=because, what=what)
    for batch, fan_in, fan_out in ((4, 2, 3), (1, 5, 2)):
        shapes = ((batch, fan_in), (fan_in, fan_out), (fan_out,))
        x, weights, bias = (rng.normal(size=shape) for shape in shapes)
        what = f"The layer's output for x {x.shape}, weights {weights.shape}, bias {bias.shape}"
        expect_close(_as_array(submitted(x, weights, bias)), _relu(x @ weights + bias), what=what)
    return "Right for square shapes, where mistakes hide, and for shapes that all differ."


def _layer_mistakes(x, weights, bias):
    right, turned, count = x @ weights, x @ weights.T, len(x)
    mistakes = {
        "Both mistakes are still in: `weights.T`, and a bias that is added once for each example.": _relu(
            turned + count * bias
        ),
        TRANSPOSED: _relu(turned + bias),
        "The bias comes into each row more than once: in the loop, once for every example of the batch. Once is "
        "enough.": _relu(right + count * bias),
        BIAS_FORGOTTEN: _relu(right),
        "The bias is added down the columns. Neurons are columns, and each neuron has one bias.": _relu(
            right + bias[:, None]
        ),
        NO_ACTIVATION: right + bias,
        "ReLU comes before the bias. First add the bias, then bend.": _relu(right) + bias,
        "The output is transposed. Keep one example in each row.": _relu(right + bias).T,
        "`*` multiplies entry by entry. The matrix product is `@`.": _relu(x * weights + bias),
        "The order counts in a matrix product: rows of x meet columns of weights, `x @ weights`.": _relu(
            weights @ x + bias
        ),
    }
    return unlike(_relu(right + bias), mistakes)


@exercise("1.4", title="Count the parameters")
def count_parameters(submitted):
    """The number of weights and biases of networks of one to four layers."""
    for sizes in ([4, 3, 2], [784, 300, 100, 10], [2, 3], [5, 4, 3, 2, 7]):
        pairs = list(pairwise(sizes))
        weights, biases = sum(m * n for m, n in pairs), sum(sizes[1:])
        what = f"The number of parameters for {sizes}"
        value = expect_number(_one_count(submitted(list(sizes)), what), what)
        because = {
            "Those are the weights alone. Every neuron has a bias too.": weights,
            "Inputs have no bias. Count biases from the second number on.": weights + sum(sizes),
            "Those are the biases alone. How many weights join two layers?": biases,
            "You count units. Parameters are weights, one for each pair of neighbors, and biases.": sum(sizes),
            "The last layer has biases too.": weights + sum(sizes[1:-1]),
            "A neuron has one bias, not one for each of its inputs.": 2 * weights,
            "Each layer has fan_out biases, one a neuron; you count fan_in of them.": weights + sum(sizes[:-1]),
            "A layer has one bias for each neuron; you count one for the whole layer.": weights + len(pairs),
            "Only the first layer is counted. Go through all neighbors in the list.": sizes[0] * sizes[1] + sizes[1],
        }
        if len(sizes) > 2:
            because["All sizes are multiplied. Only neighbors are: each pair is one layer."] = np.prod(sizes)
        if len(pairs) > 2:
            two = sum(m * n + n for m, n in pairs[:2])
            because["Only the first two layers are counted. The list can be of any length."] = two
        expected = weights + biases
        expect_close(value, expected, rtol=0, because=unlike(expected, because), what=what)
    return "784-300-100-10 has 266,610 parameters, as PyTorch counts them too."


def _one_count(value, what):
    """The value as a plain number; a Diagnosis for a list of several, the commonest other thing to return here."""
    length = value.size if isinstance(value, np.ndarray) else len(value) if isinstance(value, list | tuple) else 1
    if length > 1:
        raise Diagnosis(f"{what} is {describe(value)}; expected one number.", hint="Add them up: `sum(...)`.")
    return plain_number(value)


@exercise("1.5", title="Predict, then test")
def predicted_outputs(submitted):
    """Three pairs (y1, y2) that the learner worked out on paper."""
    pairs = submitted()
    pairs = pairs.tolist() if isinstance(pairs, np.ndarray) else pairs
    if not isinstance(pairs, list | tuple) or len(pairs) != 3:
        raise Diagnosis(
            f"Your answer is {describe(pairs)}; expected three pairs, [[y1, y2], [y1, y2], [y1, y2]].",
            hint="Did you forget `return`?" if pairs is None else "One pair for A, one for B, one for C, in a list.",
        )
    for letter, pair in zip("ABC", pairs, strict=True):
        pair = pair.tolist() if isinstance(pair, np.ndarray) else pair
        pair = expect_tuple(pair, 2, f"Your pair {letter}", ("y1", "y2"))
        _check_pair(letter, np.array([expect_number(each, f"A number of your pair {letter}") for each in pair]))
    return "All three are right. Now set them in the explorer and see them happen."


def _check_pair(letter, pair):
    """Say what is wrong with a prediction, and never the right numbers: they are the exercise."""
    expected = _changed_outputs(letter)
    if np.allclose(pair, expected):
        return
    hints = [hint for hint, wrong in _prediction_mistakes(letter).items() if np.allclose(pair, wrong)]
    right = [name for name, mine, true in zip(("y1", "y2"), pair, expected, strict=True) if np.isclose(mine, true)]
    part = f"{right[0]} is right, the other number is not" if right else "neither number is right"
    raise Diagnosis(
        f"Your pair {letter} is {_listed(pair)}: {part}.",
        hint=hints[0] if hints else "Work out n1 and n2 first, then each output from them, and write every sum down.",
    )


def _changed_outputs(letters, hidden_relu=True, output_relu=True):
    """(y1, y2) of the article's network after the changes named by the letters."""
    net = article_network()
    if "A" in letters:
        net.hidden_biases[0] = 0
    if "B" in letters:
        net.hidden_weights[0, 0] = 0
    if "C" in letters:
        net.output_weights[1, 1] = 6
    hidden = net.x @ net.hidden_weights + net.hidden_biases
    outputs = (_relu(hidden) if hidden_relu else hidden) @ net.output_weights + net.output_biases
    return _relu(outputs) if output_relu else outputs


def _prediction_mistakes(letter):
    expected = _changed_outputs(letter)
    mistakes = {
        "Those are the outputs without any change.": _changed_outputs(""),
        "The sum of n1 is negative now. What does ReLU pass on?": _changed_outputs(letter, hidden_relu=False),
        "An output has ReLU too: it is never negative.": _changed_outputs(letter, output_relu=False),
        "Begin anew with the article's network each time; the changes do not add up.": _changed_outputs(
            "ABC"[: "ABC".index(letter) + 1]
        ),
        "y1 and y2 are swapped.": expected[::-1],
    }
    return unlike(expected, mistakes)


@exercise("1.6", title="The forward pass")
def forward(submitted):
    """The article's network with and without ReLU on the output, then one layer, then four layers of mixed shapes."""
    net = article_network()
    article = [[net.hidden_weights, net.hidden_biases], [net.output_weights, net.output_biases]]
    rng = np.random.default_rng(3)
    sizes = [3, 5, 4, 6, 2]
    shapes = list(pairwise(sizes))
    deep = [[rng.normal(size=(m, n)), rng.normal(size=n)] for m, n in shapes]
    cases = [
        ("the article's network", net.x[None, :], article),
        ("a network of one layer", rng.normal(size=(4, 3)), deep[:1]),
        ("a network of four layers", rng.normal(size=(7, 3)), deep),
    ]
    for name, x, layers in cases:
        for relu_on_output in (True, False):
            what = f"The output of {name} with relu_on_output={relu_on_output}"
            expected = _forward(x, layers, relu_on_output)
            because = _forward_mistakes(x, layers, relu_on_output, expected)
            value = _as_array(submitted(x, [list(layer) for layer in layers], relu_on_output))
            expect_close(value, expected, because=because, what=what)
    return "y = (46, 0) with ReLU on the output, (46, -13) without, and any depth works."


def _forward(x, layers, relu_on_output, hidden_relu=True, biases=True, turned=False):
    for position, (weights, bias) in enumerate(layers):
        x = x @ (weights.T if turned else weights) + (bias if biases else 0)
        if hidden_relu if position < len(layers) - 1 else relu_on_output:
            x = _relu(x)
    return x


def _forward_mistakes(x, layers, relu_on_output, expected):
    mistakes = {}
    if relu_on_output:
        mistakes["ReLU on the output is missing, though relu_on_output is True."] = _forward(x, layers, False)
    else:
        mistakes["There is a ReLU on the output, though relu_on_output is False."] = _forward(x, layers, True)
    mistakes["The hidden layers need ReLU, whatever relu_on_output says."] = _forward(
        x, layers, relu_on_output, hidden_relu=False
    )
    mistakes[BIAS_FORGOTTEN] = _forward(x, layers, relu_on_output, biases=False)
    if all(weights.shape[0] == weights.shape[1] for weights, _ in layers):
        mistakes[TRANSPOSED] = _forward(x, layers, relu_on_output, turned=True)
    if len(layers) > 1:
        mistakes["Only the first layer is computed. Does `return` stand inside the loop?"] = _forward(
            x, layers[:1], True
        )
        mistakes["Only the first layer is computed, and without ReLU. Does `return` stand inside the loop?"] = _forward(
            x, layers[:1], False
        )
        mistakes["The outputs of the layer before the last come out. Does the loop stop one layer early?"] = _forward(
            x, layers[:-1], True
        )
        if x.shape[1] == layers[-1][0].shape[0]:
            mistakes["The last layer gets the network's inputs. Hand it the layer before's outputs: `x = ...`."] = (
                _forward(x, layers[-1:], relu_on_output)
            )
    if len(layers) > 2:
        mistakes["The last hidden layer has no ReLU. Which positions are hidden?"] = _forward(
            _forward(x, layers[:-2], True), layers[-2:], relu_on_output, hidden_relu=False
        )
    return unlike(expected, mistakes)


CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
EQUAL = np.array([1.0, 0.0, 0.0, 1.0])


@exercise("1.7", title='Design a network that says "equal"')
def equal_network(submitted):
    """Four arrays of a network 2-hidden-1 that answers 1, 0, 0, 1 at the four corners."""
    w1, b1, w2, b2 = _design(submitted())
    sums = CORNERS @ w1 + b1
    hidden = _relu(sums)
    answers = (hidden @ w2 + b2)[:, 0]
    what = "The answer for (0, 0), (0, 1), (1, 0), (1, 1)"
    because = {
        "That is xor, the opposite lamp. How do you turn 0 into 1 and 1 into 0 with the output layer alone?": 1 - EQUAL,
        "The output has no activation here, so a negative answer stays negative.": EQUAL - 1,
        'That is "and": it misses (0, 0).': np.array([0.0, 0.0, 0.0, 1.0]),
        'That is "neither": it misses (1, 1).': np.array([1.0, 0.0, 0.0, 0.0]),
        "That is xor plus 1. The signs of w2 have to change as well: equal = 1 - xor.": 2 - EQUAL,
        "The pattern is right and all four are 1 too high or too low: look at the last bias.": EQUAL + 1,
    }
    if not np.allclose(answers, EQUAL, atol=1e-6) and np.allclose(_relu(answers), EQUAL, atol=1e-6):
        raise Diagnosis(
            f"The answers are {_listed(answers)}; with a ReLU on the output they would be right, but there is none.",
            hint="A negative answer has to become 0 by the weights alone.",
        )
    never_bends = np.all((sums >= 0).all(axis=0) | (sums <= 0).all(axis=0))
    if never_bends and not np.allclose(answers, EQUAL, atol=1e-6):
        raise Diagnosis(
            f"The answers are {_listed(answers)}; expected {_listed(EQUAL)}. None of your hidden neurons bends between "
            "the four points: each is on for all of them or off for all of them. So your network is one layer.",
            hint="Give a hidden neuron a bias that makes its sum negative at some points and positive at others.",
        )
    expect_close(answers, EQUAL, atol=1e-6, because=because, what=what)
    return f"1, 0, 0, 1. The hidden layer put the four points at {', '.join(_listed(point) for point in hidden)}."


def _design(value):
    names = ("w1", "b1", "w2", "b2")
    arrays = expect_tuple(value, 4, "Your answer", names)
    w1, b1, w2, b2 = (_as_numbers(array, name) for array, name in zip(arrays, names, strict=True))
    b2 = np.atleast_1d(b2)
    if w1.ndim != 2 or w1.shape[0] != 2:
        hint = "Here w1 has one row for each input and one column for each hidden neuron."
        raise Diagnosis(f"w1 has shape {w1.shape}; expected (2, hidden).", hint=hint)
    hidden = w1.shape[1]
    hints = {
        "b1": "One bias for each hidden neuron, in one flat list: [0, -1].",
        "w2": "One row for each hidden neuron, so every number has brackets of its own: [[1], [-2]].",
        "b2": "One output, one bias: [0].",
    }
    if w2.shape == (1, hidden) and hidden > 1:
        hints["w2"] = (
            "That is PyTorch's order, (fan_out, fan_in). Here w2 has one row for each hidden neuron: [[1], [-2]]."
        )
    for array, name, shape in ((b1, "b1", (hidden,)), (w2, "w2", (hidden, 1)), (b2, "b2", (1,))):
        if array.shape != shape:
            columns = f"{hidden} column" + "s" * (hidden > 1)
            raise Diagnosis(
                f"{name} has shape {array.shape}; expected {shape}, because w1 has {columns}.", hint=hints[name]
            )
    return w1, b1, w2, b2


def _as_numbers(value, name):
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise Diagnosis(
            f"{name} is {describe(value)}; expected a table of numbers.", "Are all its rows equally long?"
        ) from None
    return expect_array(array, what=name)


def _as_array(value):
    """The value, or an array of it when it is a list of numbers, which is as good an answer."""
    try:
        return np.array(value, dtype=float) if isinstance(value, list | tuple) else value
    except (TypeError, ValueError):
        return value


def _listed(values):
    return "[" + ", ".join(f"{value:g}" for value in np.asarray(values, dtype=float) + 0.0) + "]"
