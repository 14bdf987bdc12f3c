"""Right answers to the exercises of chapter 1, written in different ways: RIGHT is {number: functions}."""

import numpy as np


def neuron_with_loop(x, weights, bias):
    z = bias
    for i in range(len(x)):
        z += x[i] * weights[i]
    return z if z > 0 else 0


def shape_drawn_by_loop():
    """The detector in lists: legs, a gap, and nothing at the sides."""
    rows = []
    for row in range(28):
        line = [0.0] * 28
        for column in range(28):
            if row >= 4 and (8 <= column < 12 or 16 <= column < 20):
                line[column] = 1
            elif row >= 10 and 13 <= column < 15:
                line[column] = -4
            elif row >= 4 and (column < 6 or column >= 22):
                line[column] = -1
        rows.append(line)
    return rows


def smooth_detector():
    """Legs and a gap as bumps of a curve across the picture, from the hips down."""
    columns = np.arange(28)
    across = np.exp(-(((columns - 9.5) / 2) ** 2)) + np.exp(-(((columns - 17.5) / 2) ** 2))
    across -= 2 * np.exp(-(((columns - 13.5) / 1.2) ** 2)) + 0.7 * (abs(columns - 13.5) > 8)
    return (np.arange(28)[:, None] >= 10) * across.astype(np.float32)


def relu_by_entry(z):
    outputs, slopes = np.zeros(np.shape(z)), np.zeros(np.shape(z))
    for index, value in np.ndenumerate(z):
        if value > 0:
            outputs[index], slopes[index] = value, 1
    return outputs, slopes


def layer_by_loops(x, weights, bias):
    batch, fan_out = len(x), len(bias)
    outputs = np.zeros((batch, fan_out))
    for i in range(batch):
        for j in range(fan_out):
            z = bias[j]
            for k in range(weights.shape[0]):
                z = z + x[i, k] * weights[k, j]
            outputs[i, j] = z
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
    return linear.numpy()


def forward_recursive(x, layers):
    (weights, bias), *rest = layers
    z = np.einsum("bi,io->bo", x, weights) + bias
    return [x, *forward_recursive(np.where(z > 0, z, 0), rest)] if rest else [x, z]


def forward_last_apart(x, layers):
    passed_on = (x,)
    for weights, bias in layers[:-1]:
        sums = np.dot(passed_on[-1], weights) + bias
        passed_on += ((abs(sums) + sums) / 2,)
    return (*passed_on, np.dot(passed_on[-1], layers[-1][0]) + layers[-1][1])


def forward_in_lists(inputs, network):
    values = [inputs.tolist()]
    for place in range(len(network)):
        weights, bias = network[place]
        rows = [
            [sum(a * weights[i, j] for i, a in enumerate(row)) + bias[j] for j in range(len(bias))]
            for row in values[-1]
        ]
        is_hidden = place + 1 < len(network)
        values.append([[max(each, 0) if is_hidden else each for each in row] for row in rows])
    return [np.array(each) for each in values]


def forward_in_torch(x, layers):
    import torch

    values = [torch.from_numpy(np.array(x))]
    for weights, bias in layers:
        inputs = torch.relu(values[-1]) if len(values) > 1 else values[-1]
        values.append(inputs @ torch.from_numpy(weights) + torch.from_numpy(bias))
    return [values[0].numpy(), *(each.relu().numpy() for each in values[1:-1]), values[-1].numpy()]


RIGHT = {
    "1.1": [
        neuron_with_loop,
        lambda x, weights, bias: max(x @ weights + bias, 0.0),
        lambda x, weights, bias: np.maximum(np.einsum("i,i->", x, weights) + bias, 0),
        lambda x, weights, bias: max(sum(a * w for a, w in zip(x, weights, strict=True)) + bias, 0),
        lambda x, weights, bias: max((x * weights).sum() + bias, 0),
        in_single(lambda x, weights, bias: np.maximum(np.dot(x, weights) + np.float32(bias), 0)),
    ],
    "1.2": [
        shape_drawn_by_loop,
        smooth_detector,
        lambda: np.array(shape_drawn_by_loop()),
        lambda: np.array(shape_drawn_by_loop()).reshape(784),
        lambda: np.array(shape_drawn_by_loop(), dtype=int) * 100,
    ],
    "1.3": [
        layer_by_loops,
        layer_in_torch,
        lambda x, weights, bias: x @ weights + bias,
        in_single(lambda x, weights, bias: x @ weights + bias),
        lambda inputs, w, b: np.einsum("bi,io->bo", inputs, w) + b,
        lambda x, weights, bias: np.array([[row @ weights[:, j] + bias[j] for j in range(len(bias))] for row in x]),
        lambda x, weights, bias: np.dot(weights.T, x.T).T + bias[None, :],
    ],
    "1.4": [
        relu_by_entry,
        lambda z: (np.maximum(z, 0), (z > 0) * 1.0),
        in_single(lambda z: (np.where(z > 0, z, 0), np.where(z > 0, 1, 0))),
        lambda sums: np.array([sums.clip(min=0), (sums > 0).astype(int)]),
        lambda z: (z * (z > 0), np.heaviside(z, 0)),
    ],
    "1.5": [
        lambda: [[14, 3], [34, 0], [46, 2]],
        lambda: ((14.0, 3.0), (34.0, 0.0), (46.0, 2.0)),
        lambda: np.array([[14, 3], [34, 0], [46, 2]]),
    ],
    "1.6": [
        forward_recursive,
        forward_last_apart,
        forward_in_lists,
        forward_in_torch,
        in_single(forward_recursive),
    ],
    "1.7": [
        lambda: ([[1, 1], [1, 1]], [0, -1], [[-1], [2]], [1]),
        lambda: (np.array([[1, -1], [-1, 1]]), np.zeros(2), np.array([[-1.0], [-1.0]]), np.ones(1)),
        lambda: [[[-1, 1, 0], [-1, 1, 0]], [1, -1, 5], [[1], [1], [0]], 0],
    ],
}
