"""Chapter 1's checks: right answers in many styles pass, and each common mistake gets the diagnosis that fits it."""

import math

import numpy as np

from checks_scaffold import ChapterChecks
from course_lib.checks import run_check
from course_lib.data import article_network


def article_layers():
    net = article_network()
    return [[net.hidden_weights, net.hidden_biases], [net.output_weights, net.output_biases]]


# ---- right answers, written in different ways -----------------------------------------------------------------------


def neuron_with_loop(x, weights, bias):
    z = bias
    for i in range(len(x)):
        z += x[i] * weights[i]
    return z if z > 0 else 0


def neuron_as_array(x, weights, bias):
    return np.maximum(np.array([np.dot(x, weights) + bias]), 0)


def activation_by_entry(name, z):
    outputs, slopes = np.zeros(np.shape(z)), np.zeros(np.shape(z))
    for index, value in np.ndenumerate(z):
        if value > 0:
            outputs[index], slopes[index] = value, 1
        elif name == "leaky_relu":
            outputs[index], slopes[index] = 0.01 * value, 0.01
        elif name == "elu":
            outputs[index], slopes[index] = math.exp(value) - 1, math.exp(value)
    return outputs, slopes


def activation_by_mask(name, z):
    on = z > 0
    left = {"relu": (0 * z, 0), "leaky_relu": (0.01 * z, 0.01), "elu": (np.expm1(z * ~on), np.exp(z * ~on))}[name]
    return on * z + ~on * left[0], on * 1.0 + ~on * left[1]


def activation_in_lists(name, z):
    outputs, slopes = activation_by_entry(name, z)
    return [outputs.tolist(), slopes.tolist()]


def layer_by_loops(x, weights, bias):
    batch, fan_out = len(x), len(bias)
    outputs = np.zeros((batch, fan_out))
    for i in range(batch):
        for j in range(fan_out):
            z = bias[j]
            for k in range(weights.shape[0]):
                z = z + x[i, k] * weights[k, j]
            outputs[i, j] = max(z, 0)
    return outputs


def layer_in_torch(x, weights, bias):
    import torch

    linear = torch.nn.functional.linear(*(torch.from_numpy(array) for array in (x, weights.T.copy(), bias)))
    return torch.relu(linear).numpy()


def count_by_index(sizes):
    return sum((sizes[i] + 1) * sizes[i + 1] for i in range(len(sizes) - 1))


def forward_recursive(x, layers, relu_on_output):
    (weights, bias), *rest = layers
    z = np.einsum("bi,io->bo", x, weights) + bias
    if not rest:
        return np.maximum(z, 0) if relu_on_output else z
    return forward_recursive(np.where(z > 0, z, 0), rest, relu_on_output)


def forward_last_apart(x, layers, relu_on_output):
    for weights, bias in layers[:-1]:
        x = (abs(np.dot(x, weights) + bias) + np.dot(x, weights) + bias) / 2
    z = np.dot(x, layers[-1][0]) + layers[-1][1]
    return z.clip(min=0) if relu_on_output else z


RIGHT = {
    "1.1": [
        neuron_with_loop,
        neuron_as_array,
        lambda x, weights, bias: max(x @ weights + bias, 0.0),
        lambda x, weights, bias: np.maximum(np.einsum("i,i->", x, weights) + bias, 0),
        lambda x, weights, bias: max(sum(a * w for a, w in zip(x, weights, strict=True)) + bias, 0),
        lambda x, weights, bias: max((x * weights).sum() + bias, 0),
    ],
    "1.2": [activation_by_entry, activation_by_mask, activation_in_lists],
    "1.3": [
        layer_by_loops,
        layer_in_torch,
        lambda x, weights, bias: np.maximum(x @ weights + bias, 0),
        lambda x, weights, bias: (np.einsum("bi,io->bo", x, weights) + bias).clip(min=0),
        lambda x, weights, bias: [[max(row @ weights[:, j] + bias[j], 0) for j in range(len(bias))] for row in x],
        lambda x, weights, bias: np.maximum(np.dot(weights.T, x.T).T + bias[None, :], 0),
    ],
    "1.4": [
        count_by_index,
        lambda sizes: np.sum(np.array(sizes[:-1]) * np.array(sizes[1:])) + np.sum(sizes[1:]),
        lambda sizes: float(count_by_index(sizes)),
    ],
    "1.5": [
        lambda: [[14, 3], [34, 0], [46, 2]],
        lambda: ((14.0, 3.0), (34.0, 0.0), (46.0, 2.0)),
        lambda: np.array([[14, 3], [34, 0], [46, 2]]),
    ],
    "1.6": [forward_recursive, forward_last_apart],
    "1.7": [
        lambda: ([[1, 1], [1, 1]], [0, -1], [[-1], [2]], [1]),
        lambda: (np.array([[1, -1], [-1, 1]]), np.zeros(2), np.array([[-1.0], [-1.0]]), np.ones(1)),
        lambda: [[[-1, 1, 0], [-1, 1, 0]], [1, -1, 5], [[1], [1], [0]], 0],
    ],
}


# ---- known mistakes, and words of the diagnosis each must get -------------------------------------------------------


def relu(z):
    return np.maximum(z, 0)


def activation_with(**changed):
    """A right answer but for the named parts: relu=(outputs, slopes) as functions of z."""

    def answer(name, z):
        outputs, slopes = activation_by_entry(name, z)
        if name in changed:
            outputs, slopes = changed[name](z, outputs, slopes)
        return outputs, slopes

    return answer


def forward_with(x, layers, hidden_relu=True, output_relu=None, asked=False, stop=None):
    for position, (weights, bias) in enumerate(layers[:stop]):
        x = x @ weights + bias
        last = position == len(layers) - 1
        if (last and (asked if output_relu is None else output_relu)) or (not last and hidden_relu):
            x = relu(x)
    return x


def last_hidden_layer_flat(x, layers, relu_on_output):
    for position, (weights, bias) in enumerate(layers):
        x = x @ weights + bias
        if position < len(layers) - 2 or (position == len(layers) - 1 and relu_on_output):
            x = relu(x)
    return x


WRONG = [
    ("1.1", lambda x, w, b: max(x @ w, 0), "bias is missing"),
    ("1.1", lambda x, w, b: max(x @ w + b + b, 0), "bias comes in twice"),
    ("1.1", lambda x, w, b: max(sum(x * w + b), 0), "once for every input"),
    ("1.1", lambda x, w, b: max(x @ w - b, 0), "subtracted"),
    ("1.1", lambda x, w, b: x @ w + b, "activation is missing"),
    ("1.1", lambda x, w, b: max(x[0] * w[0] + b, 0), "Only the first input"),
    ("1.1", lambda x, w, b: max((x + w).sum() + b, 0), "multiplied by its own weight"),
    ("1.1", lambda x, w, b: max(x[0] * w[0] + x[1] * w[1] + b, 0), "Only the first two inputs"),
    ("1.1", lambda x, w, b: max(sum(x) + b, 0), "weights are not in your sum"),
    ("1.1", lambda x, w, b: max((x @ w) * b, 0), "bias is multiplied"),
    ("1.1", lambda x, w, b: abs(x @ w + b), "absolute value"),
    ("1.1", lambda x, w, b: max(x * w + b, 0), "Are the products added up"),
    ("1.1", lambda x, w, b: relu(x * w + b), "is an array of shape (3,)"),
    ("1.1", lambda x, w, b: None, "forget `return`"),
    ("1.2", activation_with(relu=lambda z, a, d: (a, (z >= 0) * 1.0)), "compare with `z > 0`"),
    ("1.2", activation_with(relu=lambda z, a, d: (a, np.where(z == 0, 0.5, d))), "Halfway"),
    ("1.2", activation_with(relu=lambda z, a, d: (np.where(z > 0, z, 0.01 * z), d)), "That is leaky ReLU"),
    ("1.2", activation_with(relu=lambda z, a, d: (np.abs(z), d)), "absolute value"),
    ("1.2", activation_with(relu=lambda z, a, d: (a, a)), "return the output again"),
    ("1.2", activation_with(leaky_relu=lambda z, a, d: (np.where(z > 0, z, 0.1 * z), d)), "slope there is 0.1"),
    ("1.2", activation_with(leaky_relu=lambda z, a, d: (relu(z), d)), "as ReLU does"),
    ("1.2", activation_with(leaky_relu=lambda z, a, d: (a, np.where(z > 0, 1, 0.01 * z))), "0.01 itself"),
    ("1.2", activation_with(leaky_relu=lambda z, a, d: (a, np.where(z > 0, 0.01, 1))), "swapped"),
    ("1.2", activation_with(leaky_relu=lambda z, a, d: (a, np.where(z > 0, 1, 0))), "0.01, not 0"),
    ("1.2", activation_with(leaky_relu=lambda z, a, d: (a, np.where(z >= 0, 1, 0.01))), "compare with `z > 0`"),
    ("1.2", activation_with(elu=lambda z, a, d: (np.where(z > 0, z, np.exp(z)), d)), "-1 is missing"),
    ("1.2", activation_with(elu=lambda z, a, d: (np.exp(z) - 1, d)), "Only the left side"),
    ("1.2", activation_with(elu=lambda z, a, d: (a, np.where(z > 0, 1, np.exp(z) - 1))), "a shift down"),
    ("1.2", activation_with(elu=lambda z, a, d: (a, np.exp(z))), "its slope is 1"),
    ("1.2", lambda name, z: activation_by_entry(name, z)[0], "returns one array"),
    ("1.2", lambda name, z: activation_by_entry(name, z)[::-1], "Return the outputs first"),
    ("1.3", lambda x, w, b: relu(x @ w.T + len(x) * b), "Both mistakes are still in"),
    ("1.3", lambda x, w, b: relu(x @ w.T + b), "PyTorch's order"),
    ("1.3", lambda x, w, b: relu(x @ w + len(x) * b), "once for every example"),
    ("1.3", lambda x, w, b: relu(x @ w), "bias is missing"),
    ("1.3", lambda x, w, b: relu(x @ w + b[:, None]), "down the columns"),
    ("1.3", lambda x, w, b: x @ w + b, "activation is missing"),
    ("1.3", lambda x, w, b: relu(x @ w) + b, "before the bias"),
    ("1.3", lambda x, w, b: relu(x @ w + b).T, "one example in each row"),
    ("1.3", lambda x, w, b: relu(w @ x + b), "order counts"),
    ("1.3", lambda x, w, b: relu(x * w + b), "matrix product is `@`"),
    ("1.4", lambda s: sum(s[i] * s[i + 1] for i in range(len(s) - 1)), "weights alone"),
    ("1.4", lambda s: count_by_index(s) + s[0], "Inputs have no bias"),
    ("1.4", sum, "You count units"),
    ("1.4", lambda s: s[0] * s[1] + s[1], "Only the first layer"),
    ("1.4", lambda s: count_by_index(s) - s[-1], "last layer has biases too"),
    ("1.4", lambda s: sum(s[i] * (s[i + 1] + 1) for i in range(len(s) - 1)), "fan_in of them"),
    ("1.4", lambda s: sum(s[i] * s[i + 1] + 1 for i in range(len(s) - 1)), "one for the whole layer"),
    ("1.4", math.prod, "All sizes are multiplied"),
    ("1.4", lambda s: count_by_index(s[:3]), "Only the first two layers"),
    ("1.4", lambda s: [s[i + 1] * (s[i] + 1) for i in range(len(s) - 1)], "Add them up"),
    ("1.5", lambda: None, "forget `return`"),
    ("1.5", lambda: [[10, 5], [34, 0], [46, 2]], "What does ReLU pass on"),
    ("1.5", lambda: [[14, 3], [34, -7], [46, 2]], "never negative"),
    ("1.5", lambda: [[14, 3], [14, 3], [46, 2]], "Begin anew"),
    ("1.5", lambda: [[14, 3], [34, 0], [14, 18]], "Begin anew"),
    ("1.5", lambda: [[46, 0], [34, 0], [46, 2]], "without any change"),
    ("1.5", lambda: [[3, 14], [34, 0], [46, 2]], "swapped"),
    ("1.5", lambda: [14, 3, 34, 0, 46, 2], "expected three pairs"),
    ("1.6", lambda x, layers, r: forward_with(x, layers, output_relu=True), "though relu_on_output is False"),
    ("1.6", lambda x, layers, r: forward_with(x, layers, output_relu=False), "though relu_on_output is True"),
    ("1.6", lambda x, layers, r: forward_with(x, layers, hidden_relu=False, asked=r), "hidden layers need ReLU"),
    ("1.6", lambda x, layers, r: forward_with(x, layers, asked=r, stop=1), "`return` stand inside the loop"),
    ("1.6", lambda x, layers, r: forward_with(x, [[w, 0 * b] for w, b in layers], asked=r), "bias is missing"),
    ("1.6", lambda x, layers, r: forward_with(x, [[w.T, b] for w, b in layers], asked=r), "PyTorch's order"),
    ("1.6", lambda x, layers, r: forward_with(x, layers[-1:], asked=r), "Hand it the layer"),
    ("1.6", lambda x, layers, r: last_hidden_layer_flat(x, layers, r), "last hidden layer has no ReLU"),
    ("1.7", lambda: ([[1, 1], [1, 1]], [0, -1], [[1], [-2]], [0]), "That is xor, the"),
    ("1.7", lambda: ([[1, 1], [1, 1]], [0, -1], [[1], [-2]], [1]), "That is xor plus 1"),
    ("1.7", lambda: ([[1, 1], [1, 1]], [0, -1], [[-1], [2]], [0]), "no activation"),
    ("1.7", lambda: ([[1, 1], [1, 1]], [0, 0], [[-1], [1]], [1]), "your network is one layer"),
    ("1.7", lambda: ([[1, 1], [1, 1]], [0, -1], [[-1, 2]], [1]), "PyTorch's order"),
    ("1.7", lambda: ([[1, 1], [1, 1]], [[0, -1]], [[-1], [2]], [1]), "b1 has shape (1, 2); expected (2,)"),
    ("1.7", lambda: ([[1, 0], [1, 0]], [-1, 0], [[1], [0]], [0]), "misses (0, 0)"),
    ("1.7", lambda: ([1, 1], [0, -1], [[-1], [2]], [1]), "w1 has shape (2,)"),
    ("1.7", lambda: ([[1, 1], [1, 1]], [0, -1], [[-1], [2]]), "expected 4 values"),
]


class TestChapter1(ChapterChecks):
    chapter, right, wrong = 1, RIGHT, WRONG
    fewest_right, fewest_wrong = 2, 3


def test_an_overflow_on_the_side_that_is_not_used_is_not_punished_if_the_numbers_are_right():
    with np.errstate(over="ignore"):
        outcome = run_check("1.2", lambda name, z: (activation_by_entry(name, z)[0], activation_by_mask(name, z)[1]))
    assert outcome.passed, outcome


def test_a_wrong_prediction_is_not_told_the_right_numbers():
    outcome = run_check("1.5", lambda: [[14, 5], [34, 0], [46, 2]])
    assert outcome.status == "failed"
    assert "y1 is right" in outcome.message
    assert "3" not in outcome.message.replace("[14, 5]", "")
