"""The course's own answers to the exercises of chapters 1 and 2: a network that learns, in NumPy alone.

Each function is what one exercise asks for, under its name. Together they are what `my_network.py` becomes when a
learner has solved them all, and what `yours` gives where a learner has not. Nothing else of the course is imported.
"""

import numpy as np


def neuron(x, weights, bias):
    """The output of one ReLU neuron: x and weights are arrays of the same
    length, bias is a number.
    """
    z = np.dot(x, weights) + bias
    return max(z, 0.0)


def trouser_detector():
    """Weights (28, 28) of a neuron that looks for trousers."""
    weights = np.zeros((28, 28))
    weights[4:28, 8:12] = 1.0
    weights[4:28, 16:20] = 1.0
    weights[10:28, 13:15] = -4.0
    weights[4:28, 0:6] = -1.0
    weights[4:28, 22:28] = -1.0
    return weights


def layer(x, weights, bias):
    """The sums of a layer: x (batch, fan_in), weights (fan_in, fan_out),
    bias (fan_out,); returns (batch, fan_out).
    """
    return x @ weights + bias


def relu(z):
    """ReLU: its outputs and its slopes, two arrays of the shape of z."""
    return np.maximum(z, 0), (z > 0) * 1.0


def predicted_outputs():
    """Your three pairs, in the order A, B, C:
    [[y1, y2], [y1, y2], [y1, y2]].
    """
    return [[14, 3], [34, 0], [46, 2]]


def forward(x, layers):
    """All values of a network of layers [[weights, bias], ...]: a list
    with x (batch, inputs) first, then what each layer passes on. ReLU
    follows every layer but the last.
    """
    values = [x]
    for position, (weights, bias) in enumerate(layers):
        sums = layer(values[-1], weights, bias)
        is_last = position == len(layers) - 1
        values.append(sums if is_last else relu(sums)[0])
    return values


def equal_network():
    """w1 (2, hidden), b1 (hidden,), w2 (hidden, 1), b2 (1,): a network that
    answers 1 where both inputs are equal.
    """
    w1, b1 = [[1, 1], [1, 1]], [0, -1]
    w2, b2 = [[-1], [2]], [1]
    return w1, b1, w2, b2


def squared_error(predictions, targets):
    """The mean squared error of two arrays of the same shape: a number."""
    return np.mean((predictions - targets) ** 2)


def descent_step(x, y, w, b, learning_rate):
    """One step of gradient descent on the mean squared error of the line
    w x + b through the points x (n,), y (n,): the new w and b.
    """
    errors = w * x + b - y
    slope_w = 2 * np.mean(errors * x)
    slope_b = 2 * np.mean(errors)
    return w - learning_rate * slope_w, b - learning_rate * slope_b


def largest_learning_rate(x):
    """The learning rate at which descent on the line w x starts to run
    away: x (n,) are the inputs; a number.
    """
    return 1 / np.mean(x**2)


def dense_backward(x, weight, output_gradient):
    """The gradients of a layer: of weight (fan_in, fan_out), of its bias
    (fan_out,) and of its input x (batch, fan_in), from output_gradient
    (batch, fan_out).
    """
    weight_gradient = x.T @ output_gradient
    bias_gradient = output_gradient.sum(axis=0)
    input_gradient = output_gradient @ weight.T
    return weight_gradient, bias_gradient, input_gradient


def network_backward(values, layers, output_gradient):
    """The gradients of all layers, [[weight_gradient, bias_gradient], ...]
    in their order: values as `forward` gives them, output_gradient
    (batch, outputs) the slope of the loss over the last layer's sums.
    """
    gradients = []
    gradient = output_gradient
    for position in reversed(range(len(layers))):
        weights = layers[position][0]
        parts = dense_backward(values[position], weights, gradient)
        gradients.insert(0, [parts[0], parts[1]])
        gradient = parts[2] * relu(values[position])[1]
    return gradients


def cross_entropy(logits, labels):
    """Softmax cross-entropy of logits (batch, classes) and labels (batch,):
    the mean loss, and its gradient (batch, classes).
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    losses = np.log(totals[:, 0]) - shifted[rows, labels]
    gradient = exponentials / totals
    gradient[rows, labels] -= 1
    return losses.mean(), gradient / len(labels)


def random_layers(sizes, rng):
    """Layers [[weights, bias], ...] to start from: sizes like
    [784, 100, 10], rng a NumPy generator.
    """
    layers = []
    for position in range(len(sizes) - 1):
        fan_in, fan_out = sizes[position], sizes[position + 1]
        spread = 1 / np.sqrt(fan_in)
        weights = rng.normal(0, spread, (fan_in, fan_out))
        layers.append([weights, np.zeros(fan_out)])
    return layers


def train_epoch(x, labels, layers, learning_rate, batch_size, rng):
    """One pass over the examples, shuffled by rng, a step a batch: the new
    layers. Those that were given stay as they are."""
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        values = forward(x[batch], layers)
        end_slopes = cross_entropy(values[-1], labels[batch])[1]
        gradients = network_backward(values, layers, end_slopes)
        layers = [
            [w - learning_rate * slopes[0], b - learning_rate * slopes[1]]
            for (w, b), slopes in zip(layers, gradients, strict=True)
        ]
    return layers


def network_loss(x, labels, layers):
    """The cross-entropy of a network's answers to x: a number."""
    return cross_entropy(forward(x, layers)[-1], labels)[0]


def numerical_gradient(x, labels, layers, position, step=1e-5):
    """The gradient of network_loss over the weights of layer `position`,
    by central differences: an array of their shape.
    """
    weights, bias = layers[position]
    gradient = np.zeros(weights.shape)
    for index in np.ndindex(weights.shape):
        losses = []
        for nudge in (step, -step):
            nudged = weights.astype(float)
            nudged[index] += nudge
            changed = list(layers)
            changed[position] = [nudged, bias]
            losses.append(network_loss(x, labels, changed))
        gradient[index] = (losses[0] - losses[1]) / (2 * step)
    return gradient


def choose_learning_rate(runs):
    """runs: list of dicts -> the learning rate to use, and the test
    accuracy to report for it (the mean over seeds).
    """
    validation, test = {}, {}
    for run in runs:
        rate = run["learning_rate"]
        validation.setdefault(rate, []).append(run["validation_loss"])
        test.setdefault(rate, []).append(run["test_accuracy"])
    means = {rate: np.mean(losses) for rate, losses in validation.items()}
    chosen = min(
        means,
        key=lambda rate: np.inf if np.isnan(means[rate]) else means[rate],
    )
    return chosen, np.mean(test[chosen])
