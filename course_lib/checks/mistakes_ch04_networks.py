"""What the exercises of chapter 4 that are about networks come to: 4.4, 4.5, 4.6 and 4.8. As in mistakes_ch04.py."""

import math
from functools import partial
from itertools import product

import numpy as np

from course_lib.checks.mistakes_ch04 import telling

# ---- 4.4: the head of a reused network ------------------------------------------------------------------------------

EPSILON = 1e-5  # of the body's batch norm
HEAD_NAMES = ("weight", "bias")
BATCH = (
    "The sums are normalized by the mean and variance of this batch. In a frozen body batch norm stands in evaluation "
    "mode: it uses running_mean and running_variance."
)


MOVED = (
    "The sums are normalized by running statistics that this batch has moved already. Use those that `body` came with."
)


def features(body, x, mean=None, variance=None, epsilon=EPSILON, relu=True, deviation=np.sqrt):
    """What the body makes of x. The other words choose a mistake."""
    sums = x @ body["weight"] + body["bias"]
    mean = body["running_mean"] if mean is None else mean(sums)
    variance = body["running_variance"] if variance is None else variance(sums)
    unit = (sums - mean) / deviation(variance + epsilon)
    return np.maximum(unit, 0) if relu else unit


def moved_head(inputs, head, labels, learning_rate, softmax=True, target=1.0, divide=True, bias=1.0):
    """The head after one step of gradient descent. The other words choose a mistake."""
    logits = inputs @ head["weight"] + head["bias"]
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    delta = exponentials / exponentials.sum(axis=1, keepdims=True) if softmax else logits
    delta = (delta - target * np.eye(len(head["bias"]))[labels]) / (len(labels) if divide else 1)
    return {
        "weight": head["weight"] - learning_rate * inputs.T @ delta,
        "bias": head["bias"] - learning_rate * bias * delta.sum(axis=0),
    }


def _batch_mean(sums):
    return sums.mean(axis=0)


def _batch_variance(sums):
    return sums.var(axis=0)


def _moved_mean(body, sums):
    return 0.9 * body["running_mean"] + 0.1 * sums.mean(axis=0)


def _moved_variance(body, sums):
    """As the exercise's own lines move it; one example has no variance with n - 1."""
    return 0.9 * body["running_variance"] + 0.1 * sums.var(axis=0, ddof=min(1, len(sums) - 1))


def body_mistakes(moved):
    """A list of hints for the names of what moved in the body, which should stand still."""
    mistakes = []
    if {"running_mean", "running_variance"} & set(moved):
        mistakes.append(
            "The body's running statistics move. Frozen means them too: a body that is reused must go on giving the "
            "same features for the same image."
        )
    if {"weight", "bias"} & set(moved):
        mistakes.append("The body's weights or biases are updated. The body is frozen: the head alone takes a step.")
    return mistakes


def head_mistakes(body, head, x, labels, learning_rate):
    """Of the new head: {hints, one or two: the head}, as (weight, bias) in one row of numbers."""
    of_features = {
        (): features(body, x),
        (BATCH,): features(body, x, _batch_mean, _batch_variance),
        ("The mean is that of the batch. The body brings its own: running_mean.",): features(body, x, _batch_mean),
        ("The variance is that of the batch. The body brings its own: running_variance.",): features(
            body, x, variance=_batch_variance
        ),
        ("The sums are not normalized: subtract running_mean and divide by the root of running_variance.",): (
            np.maximum(x @ body["weight"] + body["bias"], 0)
        ),
        ("ReLU is missing: what the head gets is never negative.",): features(body, x, relu=False),
        ("The 1e-5 does not stand under the root: sqrt(running_variance + 1e-5). A small variance feels it.",): (
            features(body, x, epsilon=0)
        ),
        (MOVED,): features(body, x, partial(_moved_mean, body), partial(_moved_variance, body)),
        ("The root is missing: divide by the root of running_variance + 1e-5.",): features(body, x, deviation=np.abs),
    }
    of_step = {
        (): {},
        ("The sum over the batch is taken. The loss is a mean: divide by the number of examples.",): {"divide": False},
        ("The sign is turned around: w <- w - eta g goes downhill.",): {"sign": -1},
        ("The labels are not subtracted: dL/dlogits is the probabilities, minus 1 at the right class.",): {"target": 0},
        ("Softmax is missing: dL/dlogits is made of probabilities, not of logits.",): {"softmax": False},
        ("The head's bias did not move. It is part of the head.",): {"bias": 0},
        ("The mean is taken twice for the bias: dL/dlogits holds the division by the number of examples.",): {
            "bias": 1 / len(x)
        },
        ("The learning rate is missing in the step.",): {"rate": 1 / learning_rate},
    }
    mistakes = {}
    for (first, inputs), (second, changed) in product(of_features.items(), of_step.items()):
        changed = dict(changed)
        rate = learning_rate * changed.pop("rate", 1) * changed.pop("sign", 1)
        mistakes[first + second] = joined(moved_head(inputs, head, labels, rate, **changed), HEAD_NAMES)
    right = mistakes.pop(())
    mistakes[("The head did not move.",)] = joined(head, HEAD_NAMES)
    return telling(right, mistakes)


def known_head_mistake(row, given):
    """The hints for the mistake that gives this head, as a row of numbers; () where none does."""
    known = head_mistakes(*given)
    return next((hints for hints, wrong in known.items() if np.allclose(row, wrong, rtol=1e-3, atol=1e-5)), ())


def joined(arrays, names):
    """The entries of a dict's arrays in one row, in the order of the names."""
    return np.concatenate([np.ravel(arrays[name]) for name in names])


# ---- 4.5: an autoencoder --------------------------------------------------------------------------------------------

AUTOENCODER_NAMES = ("encoder_weight", "encoder_bias", "decoder_weight", "decoder_bias")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def autoencoder_gradients(x, encoder_weight, encoder_bias, decoder_weight, decoder_bias, factor=1.0, slope=None):
    """The loss and the gradients. `factor` multiplies all of them; `slope` takes the place of h * (1 - h)."""
    hidden = sigmoid(x @ encoder_weight + encoder_bias)
    errors = hidden @ decoder_weight + decoder_bias - x
    of_outputs = factor * 2 * errors / errors.size
    of_sums = (of_outputs @ decoder_weight.T) * (hidden * (1 - hidden) if slope is None else slope(hidden))
    gradients = {
        "encoder_weight": x.T @ of_sums,
        "encoder_bias": of_sums.sum(axis=0),
        "decoder_weight": hidden.T @ of_outputs,
        "decoder_bias": of_outputs.sum(axis=0),
    }
    return float(np.mean(errors**2)), gradients


def autoencoder_loss_mistakes(x, encoder_weight, encoder_bias, decoder_weight, decoder_bias):
    """Of the loss: numbers."""
    sums = x @ encoder_weight + encoder_bias
    hidden = sigmoid(sums)
    outputs = hidden @ decoder_weight + decoder_bias
    squares = (outputs - x) ** 2
    mistakes = {
        "The squares are added up over the inputs and averaged over the batch alone. The mean goes over both.": (
            squares.sum() / len(x)
        ),
        "The squares are added up over the batch and averaged over the inputs alone. The mean goes over both.": (
            squares.sum() / x.shape[1]
        ),
        "The squares are added up. The loss is their mean, over the batch and the inputs.": squares.sum(),
        "The loss is halved. Here it is the mean of the squares, without a factor.": squares.mean() / 2,
        "The root is taken. The loss is the mean of the squares.": math.sqrt(squares.mean()),
        "The errors are not squared.": np.abs(outputs - x).mean(),
        "The signed errors are averaged, so that they cancel. Square them first.": (outputs - x).mean(),
        "`decoder_bias` is missing: r = h V + c.": np.mean((hidden @ decoder_weight - x) ** 2),
        "`encoder_bias` is missing: h = sigmoid(x W + b).": np.mean(
            (sigmoid(x @ encoder_weight) @ decoder_weight + decoder_bias - x) ** 2
        ),
        "Both biases are missing: h = sigmoid(x W + b), r = h V + c.": np.mean(
            (sigmoid(x @ encoder_weight) @ decoder_weight - x) ** 2
        ),
        "The encoder has no sigmoid: h = sigmoid(x W + b).": np.mean((sums @ decoder_weight + decoder_bias - x) ** 2),
        "The decoder has a sigmoid. Here it is linear: r = h V + c.": np.mean((sigmoid(outputs) - x) ** 2),
        "The encoder has tanh for its activation. Here it is a sigmoid.": np.mean(
            (np.tanh(sums) @ decoder_weight + decoder_bias - x) ** 2
        ),
    }
    return telling(squares.mean(), mistakes)


def autoencoder_gradient_mistakes(x, encoder_weight, encoder_bias, decoder_weight, decoder_bias):
    """Of each gradient: {name: {hint: array}}."""
    given = x, encoder_weight, encoder_bias, decoder_weight, decoder_bias
    n, n_inputs = x.shape
    factors = {
        "": 1.0,
        "The 2 is missing: the derivative of a square is 2 times the error.": 0.5,
        "It is divided by the batch alone. The mean goes over the batch and the inputs, x.size numbers.": n_inputs,
        "It is divided by the inputs alone. The mean goes over the batch and the inputs, x.size numbers.": n,
        "It is not divided at all: the loss is a mean over x.size numbers.": x.size,
        "The 2 is missing, and it is divided by the batch alone: 2 (r - x) / x.size.": n_inputs / 2,
        "The 2 and the division are missing: 2 (r - x) / x.size.": x.size / 2,
        "The sign is turned around: dL/dr is 2 (r - x) / x.size.": -1.0,
    }
    slopes = {
        "": None,
        "The sigmoid's derivative is missing: the gradient passes as if the encoder were linear. Multiply by "
        "h (1 - h).": (lambda hidden: 1.0),
        "`h` comes out of the sigmoid already: its derivative is h (1 - h), not sigmoid(h) (1 - sigmoid(h)).": (
            lambda hidden: sigmoid(hidden) * (1 - sigmoid(hidden))
        ),
        "The derivative of tanh is in it. The sigmoid's is h (1 - h).": lambda hidden: 1 - hidden**2,
        "The sigmoid's derivative is h (1 - h). Yours is h.": lambda hidden: hidden,
        "The sigmoid's derivative is h (1 - h). Yours is 1 - h.": lambda hidden: 1 - hidden,
        "The sigmoid's derivative is h (1 - h). Yours is h (h - 1): the sign is turned around.": (
            lambda hidden: hidden * (hidden - 1)
        ),
    }
    mistakes = {name: {} for name in AUTOENCODER_NAMES}
    for (of_factor, factor), (of_slope, slope) in product(factors.items(), slopes.items()):
        _, gradients = autoencoder_gradients(*given, factor, slope)
        for name in AUTOENCODER_NAMES[: 4 if slope is None else 2]:
            if factor != -1 or name.startswith("decoder"):  # the decoder's come first: the encoder's sign is its own
                mistakes[name].setdefault(f"{of_slope} {of_factor}".strip(), gradients[name])
    _add_single_mistakes(mistakes, *given)
    _, right = autoencoder_gradients(*given)
    return {name: telling(right[name], wrong) for name, wrong in mistakes.items()}


def _add_single_mistakes(mistakes, x, encoder_weight, encoder_bias, decoder_weight, decoder_bias):
    """Those of one gradient alone."""
    hidden = sigmoid(x @ encoder_weight + encoder_bias)
    of_outputs = 2 * (hidden @ decoder_weight + decoder_bias - x) / x.size
    _, right = autoencoder_gradients(x, encoder_weight, encoder_bias, decoder_weight, decoder_bias)
    for name in ("encoder_bias", "decoder_bias"):
        mistakes[name] |= {
            "The mean over the batch is taken once more. The division is in dL/dr already: add up.": right[name]
            / len(x),
            "A bias has one gradient for each unit: add up over the batch, axis=0.": right[name].sum(),
            "The gradient of the bias is 0: it does not learn.": 0 * right[name],
        }
    outputs = hidden @ decoder_weight + decoder_bias
    mistakes["decoder_bias"] |= {
        "A sigmoid's derivative is in dL/dr. The decoder is linear: dL/dr is 2 (r - x) / x.size.": (
            (of_outputs * outputs * (1 - outputs)).sum(axis=0)
        ),
        "The errors are squared in dL/dr. The derivative of a square is 2 times the error.": (
            ((outputs - x) ** 2 / x.size).sum(axis=0)
        ),
    }
    mistakes["decoder_bias"]["The gradients are not added up over the batch: `sum(axis=0)`."] = of_outputs
    mistakes["decoder_bias"]["They are added up along each example. Over the batch: axis=0."] = of_outputs.sum(axis=1)
    if decoder_weight.shape[0] == decoder_weight.shape[1]:
        of_sums = (of_outputs @ decoder_weight) * hidden * (1 - hidden)
        hint = "`decoder_weight` is not transposed on the way back: dL/dh = dL/dr @ V.T."
        mistakes["encoder_weight"][hint], mistakes["encoder_bias"][hint] = x.T @ of_sums, of_sums.sum(axis=0)
        hint = "x stands where h belongs: the decoder's inputs are the hidden values."
        mistakes["decoder_weight"][hint] = x.T @ of_outputs
        mistakes["decoder_weight"]["It is transposed: h.T @ dL/dr."] = right["decoder_weight"].T
        mistakes["encoder_weight"]["It is transposed: x.T @ dL/dz."] = right["encoder_weight"].T


# ---- 4.6: the next batch --------------------------------------------------------------------------------------------


def slow_next_batch(images, indices):
    """The version that the exercise gives: every image, one by one, for each batch."""
    standardized = np.zeros(images.shape)
    for row in range(len(images)):
        image = images[row].astype(float)
        standardized[row] = (image - image.mean()) / (image.std() + 1e-8)
    return standardized[indices]


def next_batch(images, indices, axis=1, deviation=np.std, **words):
    """The batch, standardized along this axis. The other words choose a mistake."""
    batch = images[indices].astype(float)
    spread = deviation(batch, axis=axis, keepdims=True, **words)
    return (batch - batch.mean(axis=axis, keepdims=True)) / (spread + 1e-8)


DECIMALS = (
    "The decimals are cut off: the array that you fill holds whole numbers, as `images` does. Make it one of decimals: "
    "`.astype(float)`."
)


def batch_mistakes(images, indices):
    """Of the standardized batch: arrays."""
    batch, everything = images[indices].astype(float), images.astype(float)
    centered = batch - batch.mean(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        without_epsilon = centered / batch.std(axis=1, keepdims=True)
    right = next_batch(images, indices)
    mistakes = {
        "One mean and one standard deviation are taken over the whole batch, so an image depends on its neighbors. "
        "Each image has its own: axis=1.": next_batch(images, indices, axis=None),
        "Each pixel is standardized over the batch. Each image has its own mean and deviation: axis=1.": next_batch(
            images, indices, axis=0
        ),
        "One mean and one standard deviation of all images are in it. Each image has its own.": (
            batch - everything.mean()
        )
        / (everything.std() + 1e-8),
        "Each pixel is standardized over all images. Each image has its own mean and deviation: axis=1.": (
            batch - everything.mean(axis=0)
        )
        / (everything.std(axis=0) + 1e-8),
        "A blank image gives nan: its standard deviation is 0. Add 1e-8 to it.": without_epsilon,
        "The images are not standardized yet.": batch,
        "The mean is taken off, and the division by the standard deviation is missing.": centered,
        "It is divided by the variance. The standard deviation is its root.": next_batch(
            images, indices, deviation=np.var
        ),
        DECIMALS: np.trunc(right),
        f"{DECIMALS} It has no negative numbers either.": np.trunc(right) % 256,  # what bytes make of them
        "The mean is not taken off.": batch / (batch.std(axis=1, keepdims=True) + 1e-8),
        "The standard deviation is the one with n - 1. Here the plain one is used, as NumPy's `std` gives it.": (
            next_batch(images, indices, ddof=1)
        ),
        "The images are scaled to 0 to 1, which is not the same as standardized.": batch / 255,
        "The images come in the order of their numbers. They belong in the order of `indices`.": next_batch(
            images, np.sort(indices)
        ),
        "An image whose index comes twice is left out once.": next_batch(images, list(dict.fromkeys(indices.tolist()))),
        "All images come back. The batch has those at `indices`.": next_batch(images, np.arange(len(images))),
        "The first images come back, not those at `indices`.": next_batch(images, np.arange(len(indices))),
    }
    return telling(right, mistakes)


# ---- 4.8: several processes -----------------------------------------------------------------------------------------


def joint_gradients(gradients, counts):
    """The gradient of the mean loss over all examples together: sum of counts[p] * gradients[p], over their number."""
    return {
        name: sum(count * each[name] for count, each in zip(counts, gradients, strict=True)) / sum(counts)
        for name in gradients[0]
    }


def joint_mistakes(gradients, counts, name):
    """Of the joint gradient of one parameter: arrays like it."""
    arrays = [each[name] for each in gradients]
    total, processes = sum(counts), len(counts)
    weighted = sum(count * array for count, array in zip(counts, arrays, strict=True))
    one_or_more = [max(count, 1) for count in counts]
    turned = sum((total - count) * array for count, array in zip(counts, arrays, strict=True))
    mistakes = {
        "The plain mean over the processes is taken: a process with few examples counts as much as one with many. "
        "Weight each gradient by its number of examples.": sum(arrays) / processes,
        "The gradients are added up. Each is a mean over its own examples: weight them, and divide by all examples.": (
            sum(arrays)
        ),
        "The division by the number of all examples is missing.": weighted,
        "It is divided by the number of processes. Divide by the number of all examples.": weighted / processes,
        "It is divided twice: by the number of all examples, and by the number of processes.": weighted
        / total
        / processes,
        "The sum of the gradients is divided by the number of all examples, but they are not weighted.": sum(arrays)
        / total,
        "Only the last process counts: each one overwrites the one before.": arrays[-1],
        "Only the last process is in it: each one overwrites the one before. Add them up.": counts[-1]
        * arrays[-1]
        / total,
        "Only the first process counts.": arrays[0],
        "The last process is left out.": (weighted - counts[-1] * arrays[-1]) / (total - counts[-1] or 1),
        "The weights are turned around: who has more examples counts more.": turned / ((processes - 1 or 1) * total),
        "The weights are turned around, and they do not add up to 1: who has more examples counts more.": turned
        / total,
        "A process without examples counts nothing: its weight is 0.": sum(
            count * array for count, array in zip(one_or_more, arrays, strict=True)
        )
        / sum(one_or_more),
        "It is divided by the largest number of examples. Divide by the number of all of them.": weighted / max(counts),
    }
    return telling(weighted / total, mistakes)
