"""Right answers to the exercises of chapter 2, written in different ways: RIGHT is {number: functions}."""

import math
from itertools import pairwise

import numpy as np


def loss_with_loop(predictions, targets):
    total = 0
    for index, prediction in np.ndenumerate(predictions):
        total += (prediction - targets[index]) ** 2
    return total / predictions.size


def step_with_loop(x, y, w, b, learning_rate):
    slope_w = slope_b = 0.0
    for each_x, each_y in zip(x, y, strict=True):
        slope_w += 2 * (w * each_x + b - each_y) * each_x / len(x)
        slope_b += 2 * (w * each_x + b - each_y) / len(x)
    w -= learning_rate * slope_w
    b -= learning_rate * slope_b
    return [w, b]


def step_as_array(x, y, w, b, learning_rate):
    design = np.stack([x, np.ones_like(x)], axis=1)
    parameters = np.array([w, b])
    return parameters - learning_rate * 2 / len(x) * design.T @ (design @ parameters - y)


def step_in_single(x, y, w, b, learning_rate):
    x, y = x.astype(np.float32), y.astype(np.float32)
    errors = np.float32(w) * x + np.float32(b) - y
    return w - learning_rate * 2 * (errors * x).mean(), b - learning_rate * 2 * errors.mean()


def backward_by_loops(x, weight, output_gradient):
    batch, fan_in, fan_out = len(x), *weight.shape
    of_weight, of_bias, of_input = np.zeros(weight.shape), np.zeros(fan_out), np.zeros(x.shape)
    for row in range(batch):
        for unit in range(fan_out):
            of_bias[unit] += output_gradient[row, unit]
            for place in range(fan_in):
                of_weight[place, unit] += x[row, place] * output_gradient[row, unit]
                of_input[row, place] += weight[place, unit] * output_gradient[row, unit]
    return [of_weight, of_bias, of_input]


def backward_by_einsum(x, weight, output_gradient):
    return (
        np.einsum("bi,bo->io", x, output_gradient),
        np.einsum("bo->o", output_gradient),
        np.einsum("bo,io->bi", output_gradient, weight),
    )


def backward_in_single(x, weight, output_gradient):
    x, weight, output_gradient = (array.astype(np.float32) for array in (x, weight, output_gradient))
    return np.dot(x.T, output_gradient), np.ones(len(x), dtype=np.float32) @ output_gradient, output_gradient @ weight.T


def backward_in_torch(x, weight, output_gradient):
    import torch

    x, weight = torch.tensor(x, requires_grad=True), torch.tensor(weight, requires_grad=True)
    bias = torch.zeros(weight.shape[1], dtype=weight.dtype, requires_grad=True)
    (x @ weight + bias).backward(torch.tensor(output_gradient))
    return weight.grad.numpy(), bias.grad.numpy(), x.grad.numpy()


def network_backward_recursive(values, layers, output_gradient):
    *below, (weights, _) = layers
    inputs = values[len(below)]
    mine = (np.einsum("bi,bo->io", inputs, output_gradient), output_gradient.sum(axis=0))
    if not below:
        return (mine,)
    return (*network_backward_recursive(values, below, np.where(inputs > 0, output_gradient @ weights.T, 0)), mine)


def network_backward_turned_around(values, layers, output_gradient):
    """Collects from the last layer on and turns the list around; stops before the inputs."""
    gradients, arrives = [], output_gradient
    for k in range(len(layers) - 1, -1, -1):
        gradients.append(list(backward_by_loops(values[k], layers[k][0], arrives)))
        arrives = gradients[-1].pop()
        if k:
            arrives = arrives * (values[k] > 0)
    return gradients[::-1]


def network_backward_in_single(values, layers, output_gradient):
    values = [value.astype(np.float32) for value in values]
    layers = [[weights.astype(np.float32), bias] for weights, bias in layers]
    return network_backward_turned_around(values, layers, output_gradient.astype(np.float32))


def network_backward_in_torch(values, layers, output_gradient):
    import torch

    layers = [[torch.tensor(each, requires_grad=True) for each in pair] for pair in layers]
    passed_on = torch.tensor(values[0])
    for place, (weights, bias) in enumerate(layers):
        passed_on = (torch.relu(passed_on) if place else passed_on) @ weights + bias
    passed_on.backward(torch.tensor(output_gradient))
    return [[each.grad.numpy() for each in pair] for pair in layers]


def values_of(x, layers):
    values = [x]
    for place, (weights, bias) in enumerate(layers, start=1):
        sums = values[-1] @ weights + bias
        values.append(sums if place == len(layers) else np.maximum(sums, 0))
    return values


def network_loss(x, labels, layers):
    return cross_entropy_by_logaddexp(values_of(x, layers)[-1], labels)[0]


def gradient_in_place(x, labels, layers, position, step=1e-5):
    """Nudges the array itself, and puts every entry back; whole numbers are copied first."""
    weights, bias = layers[position]
    weights = weights if weights.dtype.kind == "f" else weights * 1.0
    changed = [[weights, bias] if place == position else pair for place, pair in enumerate(layers)]
    gradient = np.empty(weights.shape)
    for row in range(weights.shape[0]):
        for column in range(weights.shape[1]):
            weights[row, column] += step
            high = network_loss(x, labels, changed)
            weights[row, column] -= 2 * step
            gradient[row, column] = (high - network_loss(x, labels, changed)) / step / 2
            weights[row, column] += step
    return gradient


def gradient_by_masks(x, labels, layers, position, step=1e-5):
    weights, bias = layers[position]

    def loss_with(nudged):
        return network_loss(x, labels, [*layers[:position], [nudged, bias], *layers[position + 1 :]])

    nudges = step * np.eye(weights.size).reshape(-1, *weights.shape)
    slopes = [loss_with(weights + nudge) - loss_with(weights - nudge) for nudge in nudges]
    return np.array(slopes).reshape(weights.shape) / (2 * step)


def cross_entropy_by_loop(logits, labels):
    loss, gradient = 0.0, np.zeros(logits.shape)
    for row, label in enumerate(labels):
        assert label == int(label), f"label {label} is not a whole number"
        largest = max(logits[row])
        exponentials = [math.exp(each - largest) for each in logits[row]]
        loss += (math.log(sum(exponentials)) - (logits[row, int(label)] - largest)) / len(labels)
        for column, each in enumerate(exponentials):
            gradient[row, column] = (each / sum(exponentials) - (column == label)) / len(labels)
    return [loss, gradient]


def cross_entropy_by_logaddexp(logits, labels):
    logs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    truth = np.eye(logits.shape[1])[labels]  # an IndexError for labels that are not whole
    return np.array(-(logs * truth).sum() / len(labels)), (np.exp(logs) - truth) / len(labels)


def cross_entropy_in_torch(logits, labels):
    import torch

    logits = torch.tensor(logits, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
    loss.backward()
    return loss.item(), logits.grad.numpy()


def cross_entropy_in_single(logits, labels):
    logits = (logits - logits.max(axis=1, keepdims=True)).astype(np.float32)
    loss, gradient = cross_entropy_by_logaddexp(logits, labels)
    return np.float32(loss), gradient.astype(np.float32)


def random_layers_with_a_loop(sizes, rng):
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        layers.append((rng.normal(0, 1 / math.sqrt(fan_in), (fan_in, fan_out)).astype(np.float32), np.zeros(fan_out)))
    return tuple(layers)


def random_layers_number_by_number(sizes, rng):
    """Every weight is drawn on its own, into lists."""
    tables = [[[rng.normal() / m**0.5 for _ in range(n)] for _ in range(m)] for m, n in pairwise(sizes)]
    return [[np.array(table), np.zeros(len(table[0]))] for table in tables]


def random_layers_of_uniform_draws(sizes, rng):
    """The text asks for a mean and a standard deviation: a uniform draw up to sqrt(3) of it has both."""
    ends = [(math.sqrt(3 / fan_in), (fan_in, fan_out)) for fan_in, fan_out in pairwise(sizes)]
    return [[rng.uniform(-end, end, shape), np.zeros(shape[1])] for end, shape in ends]


def train_with_shuffle(x, labels, layers, learning_rate, batch_size, rng):
    """Shuffles a list of places, and steps in copies of the arrays."""
    places = list(range(len(x)))
    rng.shuffle(places)
    layers = [[weights.copy(), bias.copy()] for weights, bias in layers]
    while places:
        batch, places = places[:batch_size], places[batch_size:]
        values = values_of(x[batch], layers)
        slope = cross_entropy_by_logaddexp(values[-1], labels[batch])[1]
        for pair, slopes in zip(layers, network_backward_recursive(values, layers, slope), strict=True):
            for array, each in zip(pair, slopes, strict=True):
                array -= learning_rate * each
    return layers


def train_with_permuted_copies(photos, kinds, layers, rate, size, rng):
    """Shuffles copies of the examples and of the labels by one permutation."""
    order = rng.permutation(len(photos))
    photos, kinds = photos[order], kinds[order]
    for start in range(0, len(photos), size):
        values = values_of(photos[start : start + size], layers)
        slope = cross_entropy_by_logaddexp(values[-1], kinds[start : start + size])[1]
        gradients = network_backward_turned_around(values, layers, slope)
        layers = tuple((w - rate * dw, b - rate * db) for (w, b), (dw, db) in zip(layers, gradients, strict=True))
    return layers


def train_in_single(x, labels, layers, learning_rate, *others):
    layers = [[each.astype(np.float32) for each in pair] for pair in layers]
    return train_with_permuted_copies(x.astype(np.float32), labels, layers, np.float32(learning_rate), *others)


def train_in_torch(x, labels, layers, learning_rate, batch_size, rng):
    import torch

    layers = [[torch.tensor(each, requires_grad=True) for each in pair] for pair in layers]
    optimizer = torch.optim.SGD([each for pair in layers for each in pair], lr=learning_rate)
    for batch in torch.from_numpy(rng.permutation(len(x))).split(batch_size):
        passed_on = torch.tensor(x)[batch]
        for place, (weights, bias) in enumerate(layers):
            passed_on = (torch.relu(passed_on) if place else passed_on) @ weights + bias
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(passed_on, torch.tensor(labels)[batch]).backward()
        optimizer.step()
    return [[each.detach().numpy() for each in pair] for pair in layers]


def choose_by_sorting(runs):
    def rank(rate):
        losses = [run["validation_loss"] for run in runs if run["learning_rate"] == rate]
        return (any(math.isnan(loss) for loss in losses), sum(losses) / len(losses))

    best = sorted({run["learning_rate"] for run in runs}, key=rank)[0]
    accuracies = [run["test_accuracy"] for run in runs if run["learning_rate"] == best]
    return [best, sum(accuracies) / len(accuracies)]


def choose_with_loop(runs):
    best, lowest = None, math.inf
    for rate in {run["learning_rate"] for run in runs}:
        mean = np.mean([run["validation_loss"] for run in runs if run["learning_rate"] == rate])
        if mean < lowest:
            best, lowest = rate, mean
    return np.array([best, np.mean([run["test_accuracy"] for run in runs if run["learning_rate"] == best])])


RIGHT = {
    "2.1": [
        loss_with_loop,
        lambda p, t: ((p - t) ** 2).mean(),
        lambda p, t: np.dot((t - p).ravel(), (t - p).ravel()) / p.size,
        lambda p, t: np.einsum("i,i->", (p - t).ravel(), (p - t).ravel()) / p.size,
        lambda p, t: np.array(np.square(p - t).mean()),
        lambda p, t: np.mean((p.astype(np.float32) - t.astype(np.float32)) ** 2),
    ],
    "2.2": [step_with_loop, step_as_array, step_in_single],
    "2.3": [
        lambda x: len(x) / sum(each * each for each in x),
        lambda x: x.size / (x @ x),
        lambda x: 2 / (2 * np.mean(x.astype(np.float32) ** 2)),
    ],
    "2.4": [backward_by_loops, backward_by_einsum, backward_in_single, backward_in_torch],
    "2.5": [
        network_backward_recursive,
        network_backward_turned_around,
        network_backward_in_single,
        network_backward_in_torch,
    ],
    "2.6": [cross_entropy_by_loop, cross_entropy_by_logaddexp, cross_entropy_in_torch, cross_entropy_in_single],
    "2.7": [
        random_layers_with_a_loop,
        random_layers_number_by_number,
        lambda widths, generator: [[generator.normal(size=(m, n)) * m**-0.5, np.zeros(n)] for m, n in pairwise(widths)],
        lambda sizes, rng: [[rng.standard_normal((m, n)) / np.sqrt(m), np.zeros(n)] for m, n in pairwise(sizes)],
        random_layers_of_uniform_draws,
    ],
    "2.8": [train_with_shuffle, train_with_permuted_copies, train_in_single, train_in_torch],
    "2.9": [
        gradient_in_place,
        gradient_by_masks,
        lambda x, labels, layers, position, step=1e-5: gradient_by_masks(x, labels, list(layers), position, step),
    ],
    "2.10": [choose_by_sorting, choose_with_loop],
}
