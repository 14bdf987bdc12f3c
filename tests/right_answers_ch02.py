"""Right answers to the exercises of chapter 2, written in different ways: RIGHT is {number: functions}."""

import math

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


def neuron_loss(weights, x, targets):
    return np.mean((np.tanh(x @ weights) - targets) ** 2)


def gradient_in_place(weights, x, targets, step=1e-5):
    """Nudges the array itself, and puts every entry back; whole numbers are copied first."""
    weights = weights if weights.dtype.kind == "f" else weights * 1.0
    gradient = np.empty(weights.shape)
    for row in range(weights.shape[0]):
        for column in range(weights.shape[1]):
            weights[row, column] += step
            high = neuron_loss(weights, x, targets)
            weights[row, column] -= 2 * step
            gradient[row, column] = (high - neuron_loss(weights, x, targets)) / step / 2
            weights[row, column] += step
    return gradient


def gradient_by_masks(weights, x, targets, step=1e-5):
    nudges = step * np.eye(weights.size).reshape(-1, *weights.shape)
    slopes = [neuron_loss(weights + n, x, targets) - neuron_loss(weights - n, x, targets) for n in nudges]
    return np.array(slopes).reshape(weights.shape) / (2 * step)


def cross_entropy_by_loop(logits, labels):
    loss, gradient = 0.0, np.zeros(logits.shape)
    for row, label in enumerate(labels):
        if label != int(label):
            raise ValueError(f"label {label} is not a whole number")
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
    if labels.dtype.kind != "i":
        raise TypeError("labels must be whole numbers")
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
    loss.backward()
    return loss.item(), logits.grad.numpy()


def cross_entropy_in_single(logits, labels):
    logits = (logits - logits.max(axis=1, keepdims=True)).astype(np.float32)
    loss, gradient = cross_entropy_by_logaddexp(logits, labels)
    return np.float32(loss), gradient.astype(np.float32)


def train_in_torch(x, y, W1, b1, W2, b2, learning_rate, batch_size, epochs):
    import torch

    x, y = torch.tensor(x), torch.tensor(y)
    parameters = [torch.tensor(array, requires_grad=True) for array in (W1, b1, W2, b2)]
    optimizer = torch.optim.SGD(parameters, lr=learning_rate)
    for _ in range(epochs):
        for xb, yb in zip(x.split(batch_size), y.split(batch_size), strict=True):
            hidden = torch.relu(xb @ parameters[0] + parameters[1])
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(hidden @ parameters[2] + parameters[3], yb).backward()
            optimizer.step()
    return [parameter.detach().numpy() for parameter in parameters]


def train_with(x, y, W1, b1, W2, b2, learning_rate, batch_size, epochs, keep=False, share=None, early=False, sign=-1):
    """The loop. keep: gradients are not reset; share: what the slopes are divided by; early: W2 moves first."""
    W1, b1, W2, b2 = (array.copy() for array in (W1, b1, W2, b2))
    sums = [0, 0, 0, 0]
    for _ in range(epochs):
        for start in range(0, len(x), batch_size):
            xb, yb = x[start : start + batch_size], y[start : start + batch_size]
            hidden = np.maximum(xb @ W1 + b1, 0)
            d_out = 2 * (hidden @ W2 + b2 - yb) / (share or len(xb))
            old = W2.copy()
            sums = sums if keep else [0, 0, 0, 0]
            sums[2:] = sums[2] + hidden.T @ d_out, sums[3] + d_out.sum(axis=0)
            W2, b2 = W2 + sign * learning_rate * sums[2], b2 + sign * learning_rate * sums[3]
            d_hidden = (d_out @ (W2 if early else old).T) * (hidden > 0)
            sums[:2] = sums[0] + xb.T @ d_hidden, sums[1] + d_hidden.sum(axis=0)
            W1, b1 = W1 + sign * learning_rate * sums[0], b1 + sign * learning_rate * sums[1]
    return W1, b1, W2, b2


def train_in_single(x, y, W1, b1, W2, b2, *settings):
    return train_with(*(array.astype(np.float32) for array in (x, y, W1, b1, W2, b2)), *settings)


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
        lambda p, t: np.array([np.square(p - t).mean()]),
        lambda p, t: np.mean((p.astype(np.float32) - t.astype(np.float32)) ** 2),
    ],
    "2.2": [step_with_loop, step_as_array, step_in_single],
    "2.3": [
        lambda x: len(x) / sum(each * each for each in x),
        lambda x: x.size / (x @ x),
        lambda x: np.array([2 / (2 * np.mean(x.astype(np.float32) ** 2))]),
    ],
    "2.4": [backward_by_loops, backward_by_einsum, backward_in_single, backward_in_torch],
    "2.5": [
        gradient_in_place,
        gradient_by_masks,
        lambda weights, x, targets, step=1e-5: gradient_by_masks(weights.astype(float), x, targets, step),
    ],
    "2.6": [cross_entropy_by_loop, cross_entropy_by_logaddexp, cross_entropy_in_torch, cross_entropy_in_single],
    "2.7": [train_with, train_in_torch, train_in_single, lambda *given: list(train_with(*given))],
    "2.8": [choose_by_sorting, choose_with_loop],
}
