"""Right answers to the exercises of chapter 1, written in different ways: RIGHT is {number: functions}."""

import math

import numpy as np


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


def in_single(answer):
    """The answer, computed in float32 where the course computes in float64."""

    def single(value):
        if isinstance(value, list | tuple):
            return [single(each) for each in value]
        return value.astype(np.float32) if isinstance(value, np.ndarray) else value

    return lambda *given: answer(*map(single, given))


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
        in_single(lambda x, weights, bias: np.maximum(np.dot(x, weights) + np.float32(bias), 0)),
    ],
    "1.2": [activation_by_entry, activation_by_mask, activation_in_lists, in_single(activation_by_mask)],
    "1.3": [
        layer_by_loops,
        layer_in_torch,
        lambda x, weights, bias: np.maximum(x @ weights + bias, 0),
        in_single(lambda x, weights, bias: np.maximum(x @ weights + bias, 0)),
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
    "1.6": [forward_recursive, forward_last_apart, in_single(forward_recursive)],
    "1.7": [
        lambda: ([[1, 1], [1, 1]], [0, -1], [[-1], [2]], [1]),
        lambda: (np.array([[1, -1], [-1, 1]]), np.zeros(2), np.array([[-1.0], [-1.0]]), np.ones(1)),
        lambda: [[[-1, 1, 0], [-1, 1, 0]], [1, -1, 5], [[1], [1], [0]], 0],
    ],
}
