"""Right answers to the exercises of chapter 3, written in different ways: RIGHT is {number: functions}."""

import math
import warnings
from itertools import pairwise

import numpy as np


def spread_by_loop(n_layers, fan_in, standard_deviation):
    variance = 1.0
    for _ in range(n_layers):
        variance = sum(variance * standard_deviation**2 for _ in range(fan_in))
    return math.sqrt(variance)


def he_by_scaling(fan_in, fan_out, rng):
    return rng.standard_normal((fan_in, fan_out)) * math.sqrt(2 / fan_in)


def he_in_single(fan_in, fan_out, rng):
    return rng.standard_normal((fan_in, fan_out), dtype=np.float32) / np.float32(fan_in / 2) ** 0.5


def he_transposed(fan_in, fan_out, rng):
    return rng.normal(size=(fan_out, fan_in)).T * (2 / fan_in) ** 0.5


def he_by_entry(fan_in, fan_out, rng):
    weights = np.empty((fan_in, fan_out))
    for index in np.ndindex(weights.shape):
        weights[index] = rng.normal(0.0, (2 / fan_in) ** 0.5)
    return weights


def leaky_by_parts(z, slope):
    return np.maximum(z, 0) + slope * np.minimum(z, 0), (z >= 0) + slope * (z < 0)


def leaky_by_entry(z, slope):
    slopes = np.broadcast_to(slope, z.shape)
    values, derivatives = z.copy(), np.ones_like(z)
    for index in np.argwhere(z < 0):
        place = tuple(index)
        values[place] *= slopes[place]
        derivatives[place] = slopes[place]
    return [values, derivatives]


def leaky_in_single(z, slope):
    z, slope = z.astype(np.float32), np.asarray(slope, dtype=np.float32)
    factor = np.where(z > 0, np.float32(1), slope)
    return z * factor, factor


def elu_by_mask(z, alpha=1.0):
    values, derivatives, left = z.copy(), np.ones_like(z), z < 0
    values[left] = alpha * (np.exp(z[left]) - 1)
    derivatives[left] = values[left] + alpha
    return values, derivatives


def elu_by_expm1(z, alpha=1.0):
    values = np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0))
    return [values, np.where(z >= 0, 1.0, np.minimum(values, 0) + alpha)]


def elu_by_entry(z, alpha=1.0):
    values = np.array([each if each > 0 else alpha * math.expm1(each) for each in z.ravel()])
    derivatives = np.array([1.0 if each > 0 else alpha * math.exp(each) for each in z.ravel()])
    return values.reshape(z.shape), derivatives.reshape(z.shape)


def elu_in_torch(z, alpha=1.0):
    import torch

    leaf = torch.tensor(z, requires_grad=True)
    values = torch.nn.functional.elu(leaf, alpha)
    values.sum().backward()
    return values.detach().numpy(), leaf.grad.numpy()


def forward_in_torch(x, scale, shift, running_mean, running_variance, training, momentum=0.1, epsilon=1e-5):
    import torch

    x, scale, shift, mean, variance = map(torch.tensor, (x, scale, shift, running_mean, running_variance))
    outputs = torch.nn.functional.batch_norm(x, mean, variance, scale, shift, training, momentum, epsilon)
    return outputs.numpy(), mean.numpy(), variance.numpy()


def forward_by_feature(x, scale, shift, running_mean, running_variance, training, momentum=0.1, epsilon=1e-5):
    outputs, means, variances = np.empty(x.shape), running_mean.copy(), running_variance.copy()
    for feature, column in enumerate(x.T):
        mean, variance = means[feature], variances[feature]
        if training:
            mean = sum(column) / len(column)
            squares = sum((each - mean) ** 2 for each in column)
            variance = squares / len(column)
            means[feature] += momentum * (mean - means[feature])
            variances[feature] += momentum * (squares / (len(column) - 1) - variances[feature])
        for row, each in enumerate(column):
            outputs[row, feature] = scale[feature] * (each - mean) / math.sqrt(variance + epsilon) + shift[feature]
    return [outputs, means, variances]


def forward_always_counting(x, scale, shift, running_mean, running_variance, training, momentum=0.1, epsilon=1e-5):
    """Computes the batch's statistics in evaluation too, but does not use them there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        mean, variance, unbiased = np.mean(x, 0), np.var(x, 0), np.var(x, 0, ddof=1)
    if not training:
        weight = scale / (running_variance + epsilon) ** 0.5
        return x * weight + shift - running_mean * weight, running_mean, running_variance
    keep = 1 - momentum
    outputs = (x - mean) * (variance + epsilon) ** -0.5 * scale + shift
    return outputs, keep * running_mean + momentum * mean, keep * running_variance + momentum * unbiased


def backward_in_torch(output_gradient, x, scale, epsilon=1e-5):
    import torch

    leaves = [torch.tensor(array, requires_grad=True) for array in (x, scale, np.zeros_like(scale))]
    outputs = torch.nn.functional.batch_norm(leaves[0], None, None, *leaves[1:], training=True, eps=epsilon)
    outputs.backward(torch.tensor(output_gradient))
    return [leaf.grad.numpy() for leaf in leaves]


def backward_step_by_step(output_gradient, x, scale, epsilon=1e-5):
    """Through the graph node by node, as in the paper: variance, then mean, then x."""
    n, centered = len(x), x - x.mean(axis=0)
    root = np.sqrt((centered**2).mean(axis=0) + epsilon)
    of_unit = output_gradient * scale
    of_variance = (of_unit * centered).sum(axis=0) * -0.5 / root**3
    of_mean = -(of_unit / root).sum(axis=0)
    of_input = of_unit / root + of_variance * 2 * centered / n + of_mean / n
    return of_input, np.einsum("ij,ij->j", output_gradient, centered / root), np.ones(n) @ output_gradient


def backward_with_the_jacobian(output_gradient, x, scale, epsilon=1e-5):
    n = len(x)
    of_input = np.empty(x.shape)
    root = np.sqrt(x.var(axis=0) + epsilon)
    unit = (x - x.mean(axis=0)) / root
    for feature in range(x.shape[1]):
        jacobian = (np.eye(n) - 1 / n - np.outer(unit[:, feature], unit[:, feature]) / n) / root[feature]
        of_input[:, feature] = scale[feature] * jacobian.T @ output_gradient[:, feature]
    return of_input, (output_gradient * unit).sum(0), output_gradient.sum(0)


def clip_joined(gradients, limit):
    norm = np.linalg.norm(np.concatenate([gradient.ravel() for gradient in gradients]))
    return [gradient / max(1.0, norm / limit) for gradient in gradients]


def clip_in_torch(gradients, limit):
    import torch

    parameters = [torch.nn.Parameter(torch.zeros(gradient.shape, dtype=torch.float64)) for gradient in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = torch.tensor(gradient)
    torch.nn.utils.clip_grad_norm_(parameters, limit)
    return [parameter.grad.numpy() for parameter in parameters]


def clip_only_if_needed(gradients, limit):
    norm = math.hypot(*(entry for gradient in gradients for entry in gradient.ravel()))
    if norm <= limit:
        return gradients
    clipped = []
    for gradient in gradients:
        clipped.append(gradient.astype(np.float32) * np.float32(limit / norm))
    return clipped


def through_time_by_jacobians(hidden_states, recurrent_weight, last_gradient):
    rows = [np.asarray(last_gradient)]
    for state in hidden_states[:0:-1]:
        rows.append(recurrent_weight @ np.diag(1 - state**2) @ rows[-1])
    return np.stack(rows[::-1])


def through_time_in_torch(hidden_states, recurrent_weight, last_gradient):
    """Autograd over the same recurrence; the inputs are those that give the states."""
    import torch

    weight = torch.tensor(recurrent_weight)
    hidden = [torch.tensor(hidden_states[0], requires_grad=True)]
    for before, state in pairwise(hidden_states):
        sums = hidden[-1] @ weight + torch.tensor(np.arctanh(state) - before @ recurrent_weight)
        hidden.append(torch.tanh(sums))
        hidden[-1].retain_grad()
    (hidden[-1] * torch.tensor(last_gradient)).sum().backward()
    return np.array([state.grad.numpy() for state in hidden])


def through_time_in_single(hidden_states, recurrent_weight, last_gradient):
    gradients = np.zeros_like(hidden_states, dtype=np.float32)
    gradients[-1] = last_gradient
    for step in reversed(range(1, len(hidden_states))):
        delta = gradients[step] * (1 - hidden_states[step] ** 2)
        gradients[step - 1] = np.einsum("j,ij->i", delta, recurrent_weight)
    return gradients


DIAGNOSES = {
    "A": ("layer_off_from_the_start", "shifts_to_zero"),
    "B": ("steps_too_long", "learning_rate_divided_by_1000"),
    "C": ("statistics_stand_still", "statistics_that_move"),
}

RIGHT = {
    "3.1": [
        spread_by_loop,
        lambda n, fan_in, deviation: np.sqrt((fan_in * deviation**2) ** n),
        lambda n, fan_in, deviation: np.array([(math.sqrt(fan_in) * deviation) ** n]),
        lambda n, fan_in, deviation: np.float32(deviation * math.sqrt(fan_in)) ** n,
    ],
    "3.2": [
        lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out)),
        lambda fan_in, fan_out: ((fan_in + fan_out) / 2) ** -0.5,
        lambda fan_in, fan_out: np.sqrt(6 / (fan_in + fan_out)) / np.sqrt(3),
        lambda fan_in, fan_out: np.sqrt(np.array([2], dtype=np.float32) / (fan_in + fan_out)),
    ],
    "3.3": [
        lambda fan_in, fan_out, rng: rng.normal(0, np.sqrt(2 / fan_in), size=(fan_in, fan_out)),
        lambda fan_in, fan_out, rng: rng.normal(scale=(2 / fan_in) ** 0.5, size=fan_in * fan_out).reshape(fan_in, -1),
        he_by_scaling,
        he_in_single,
        he_transposed,
        he_by_entry,
    ],
    "3.4": [leaky_by_parts, leaky_by_entry, leaky_in_single],
    "3.5": [elu_by_mask, elu_by_expm1, elu_by_entry, elu_in_torch],
    "3.6": [forward_in_torch, forward_by_feature, forward_always_counting],
    "3.7": [backward_in_torch, backward_step_by_step, backward_with_the_jacobian],
    "3.8": [
        clip_joined,
        clip_in_torch,
        clip_only_if_needed,
        lambda gradients, limit: tuple(clip_joined(gradients, limit)),
    ],
    "3.9": [through_time_by_jacobians, through_time_in_torch, through_time_in_single],
    "3.10": [
        lambda: DIAGNOSES,
        lambda: {letter: list(pair) for letter, pair in DIAGNOSES.items()},
        lambda: {np.str_(letter): tuple(map(np.str_, pair)) for letter, pair in DIAGNOSES.items()},
    ],
}
