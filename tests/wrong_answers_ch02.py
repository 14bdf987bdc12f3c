"""Wrong answers to the exercises of chapter 2: WRONG has (number, function, words of the diagnosis it must get)."""

import math

import numpy as np

from right_answers_ch02 import (
    choose_by_sorting,
    cross_entropy_by_logaddexp,
    gradient_by_masks,
    neuron_loss,
    train_with,
)


def slopes(x, y, w, b):
    return 2 * np.mean((w * x + b - y) * x), 2 * np.mean(w * x + b - y)


def step_one_after_the_other(x, y, w, b, rate):
    w = w - rate * slopes(x, y, w, b)[0]
    return w, b - rate * slopes(x, y, w, b)[1]


def step_b_first(x, y, w, b, rate):
    b = b - rate * slopes(x, y, w, b)[1]
    return w - rate * slopes(x, y, w, b)[0], b


def step_with(factor_w, factor_b=None):
    """A step whose slopes are multiplied by these numbers, or by functions of how many points there are."""

    def answer(x, y, w, b, rate):
        factors = [each(len(x)) if callable(each) else each for each in (factor_w, factor_b or factor_w)]
        slope_w, slope_b = slopes(x, y, w, b)
        return w - rate * factors[0] * slope_w, b - rate * factors[1] * slope_b

    return answer


def gradient_with(slope, copy=lambda weights: weights.astype(float), empty=lambda weights: np.zeros(weights.shape)):
    """The chapter's loop with another slope: a function of the loss above, at and below, and the step."""

    def answer(weights, x, targets, step=1e-5):
        gradient = empty(weights)
        for index in np.ndindex(weights.shape):
            up, down = copy(weights), copy(weights)
            up[index] += step
            down[index] -= step
            losses = (neuron_loss(each, x, targets) for each in (up, weights, down))
            gradient[index] = slope(*losses, step)
        return gradient

    return answer


def central(above, at, below, step):
    return (above - below) / (2 * step)


def gradient_leaks(weights, x, targets, step=1e-5):
    gradient, nudged = np.zeros(weights.shape), weights.astype(float)
    for index in np.ndindex(weights.shape):
        nudged[index] += step
        high = neuron_loss(nudged, x, targets)
        nudged[index] -= 2 * step
        gradient[index] = (high - neuron_loss(nudged, x, targets)) / (2 * step)
    return gradient


def gradient_all_at_once(weights, x, targets, step=1e-5):
    return np.full(weights.shape, central(*(neuron_loss(weights + d, x, targets) for d in (step, 0, -step)), step))


def gradient_with_a_cast(weights, x, targets, step=1e-5):
    gradient = np.zeros(weights.shape)
    for index in np.ndindex(weights.shape):
        nudge = np.zeros(weights.shape)
        nudge[index] = step
        up, down = weights.copy(), weights.copy()
        up += nudge
        down -= nudge
        gradient[index] = (neuron_loss(up, x, targets) - neuron_loss(down, x, targets)) / (2 * step)
    return gradient


def cross_entropy_with(loss=None, gradient=None):
    """A right answer but for the named part: a function of logits, labels and the right value."""

    def answer(logits, labels):
        right_loss, right_gradient = cross_entropy_by_logaddexp(logits, labels)
        return (
            loss(logits, labels, float(right_loss)) if loss else right_loss,
            gradient(logits, labels, right_gradient) if gradient else right_gradient,
        )

    return answer


def naive_cross_entropy(logits, labels, shift=False, tiny=0.0):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True) if shift else logits)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    truth = np.eye(logits.shape[1])[labels]
    loss = -np.mean(np.log(probabilities[truth == 1] + tiny))
    return loss, (probabilities - truth) / len(labels)


def naive_gradient(logits, labels, right):
    return naive_cross_entropy(logits, labels)[1]


def probabilities(logits, labels, right):
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def softmax_down_the_columns(logits, labels, right):
    return cross_entropy_by_logaddexp_along(logits, labels, axis=0)


def cross_entropy_by_logaddexp_along(logits, labels, axis):
    logs = logits - np.logaddexp.reduce(logits, axis=axis, keepdims=True)
    return -logs[np.arange(len(labels)), labels].mean()


def train_mistaken(**changed):
    share = changed.pop("divide_by", None)

    def answer(x, y, W1, b1, W2, b2, rate, batch_size, epochs):
        divisor = {None: None, "nothing": 1, "batch_size": batch_size}[share]
        return train_with(x, y, W1, b1, W2, b2, rate, batch_size, epochs, share=divisor, **changed)

    return answer


def train_only_layer_2(x, y, W1, b1, *rest):
    return W1, b1, *train_with(x, y, W1, b1, *rest)[2:]


def train_without_relu_slope(x, y, W1, b1, W2, b2, rate, batch_size, epochs):
    for _ in range(epochs):
        for start in range(0, len(x), batch_size):
            xb, yb = x[start : start + batch_size], y[start : start + batch_size]
            hidden = np.maximum(xb @ W1 + b1, 0)
            d_out = 2 * (hidden @ W2 + b2 - yb) / len(xb)
            d_hidden = d_out @ W2.T
            W1, b1 = W1 - rate * xb.T @ d_hidden, b1 - rate * d_hidden.sum(axis=0)
            W2, b2 = W2 - rate * hidden.T @ d_out, b2 - rate * d_out.sum(axis=0)
    return W1, b1, W2, b2


def choose_by(score, report=np.mean):
    """The rate with the lowest score(its runs); its test accuracies go through `report`."""

    def answer(runs):
        by_rate = {}
        for run in runs:
            by_rate.setdefault(run["learning_rate"], []).append(run)
        best = min(by_rate, key=lambda rate: score(by_rate[rate]))
        return best, report([run["test_accuracy"] for run in by_rate[best]])

    return answer


def mean_of(name):
    return lambda runs: np.nan_to_num(np.mean([run[name] for run in runs]), nan=np.inf)


def validation_with(reduce):
    return lambda runs: reduce([run["validation_loss"] for run in runs])


by_validation = mean_of("validation_loss")


WRONG = [
    ("2.1", lambda p, t: np.sum((p - t) ** 2), "divides by how many"),
    ("2.1", lambda p, t: np.mean(p - t) ** 2, "before the square"),
    ("2.1", lambda p, t: np.mean(p - t), "square is missing"),
    ("2.1", lambda p, t: np.mean(abs(p - t)), "absolute errors"),
    ("2.1", lambda p, t: np.mean((p - t) ** 2) ** 0.5, "root is taken"),
    ("2.1", lambda p, t: np.mean((p - t) ** 2) / 2, "factor 1/2"),
    ("2.1", lambda p, t: np.mean((p + t) ** 2), "are added"),
    ("2.1", lambda p, t: np.sum((p - t) ** 2) / len(p), "mean is over all entries"),
    ("2.1", lambda p, t: (p - t) ** 2, "One number for each example"),
    ("2.1", lambda p, t: np.mean((p - t) ** 2, axis=0), "is an array of shape (2,)"),
    ("2.1", lambda p, t: print(np.mean((p - t) ** 2)), "forget `return`"),
    ("2.1", lambda p, t: "7.05", "expected a number"),
    ("2.1", lambda p, t: p.undefined, "stopped with AttributeError"),
    ("2.2", step_with(-1), "You go uphill"),
    ("2.2", step_with(lambda n: n), "the step grows with the data"),
    ("2.2", step_with(lambda n: -n), "two mistakes"),
    ("2.2", step_with(0.5), "factor 2"),
    ("2.2", step_one_after_the_other, "`b` uses the new `w`"),
    ("2.2", step_b_first, "`w` uses the new `b`"),
    ("2.2", lambda x, y, w, b, rate: step_with(1 / rate)(x, y, w, b, rate), "learning rate is missing"),
    ("2.2", lambda x, y, w, b, rate: slopes(x, y, w, b), "Those are the slopes"),
    ("2.2", lambda x, y, w, b, rate: [each - rate * slopes(x, y, w, b)[1] for each in (w, b)], "lacks `x`"),
    ("2.2", lambda x, y, w, b, rate: [each - rate * slopes(x, y, w, b)[0] for each in (w, b)], "`x` too many"),
    ("2.2", lambda x, y, w, b, rate: (step_with(1)(x, y, w, b, rate)[0], b), "Only `w` has moved"),
    ("2.2", lambda *given: step_with(1)(*given)[::-1], "are swapped"),
    ("2.2", lambda *given: step_with(1)(*given)[0], "expected 2 values (w, b)"),
    ("2.2", lambda x, y, w, b, rate: (w - rate * (w * x + b - y) * x, b), "is an array of shape (3,)"),
    ("2.2", lambda *given: None, "forget `return`"),
    ("2.3", lambda x: 0.5 / np.mean(x**2), "best rate, and not yet the edge"),
    ("2.3", lambda x: 2 / np.mean(x**2), "Twice too large"),
    ("2.3", lambda x: 1 / np.mean(x) ** 2, "square of the mean"),
    ("2.3", lambda x: 1 / np.sum(x**2), "divides by how many"),
    ("2.3", lambda x: 1 / np.mean(x), "come in squared"),
    ("2.3", lambda x: 1 / max(abs(x)) ** 2, "largest input is not all"),
    ("2.3", lambda x: np.mean(x**2), "1 over it"),
    ("2.3", lambda x: 3 / 14, "the same number for every `x`"),
    ("2.3", lambda x: 0.2, "at the rate 0.19 descent comes closer; at the rate 0.21 descent comes closer"),
    ("2.3", lambda x: 0.3, "at the rate 0.285 descent runs away"),
    ("2.3", lambda x: 0, "stands still"),
    ("2.3", lambda x: 1 / x**2, "expected one number"),
    ("2.3", lambda x: None, "forget `return`"),
    ("2.5", gradient_with(lambda above, at, below, step: (above - at) / step), "forward difference"),
    ("2.5", gradient_with(lambda above, at, below, step: (at - below) / step), "backward difference"),
    ("2.5", gradient_with(lambda above, at, below, step: (above - below) / step), "Twice too large"),
    ("2.5", gradient_with(lambda above, at, below, step: above - below), "not divided by anything"),
    ("2.5", gradient_with(lambda above, at, below, step: (below - above) / (2 * step)), "sign is turned around"),
    ("2.5", gradient_with(lambda above, at, below, step: (above - at) / (2 * step)), "Nudge to both sides"),
    ("2.5", gradient_leaks, "not taken back"),
    ("2.5", gradient_all_at_once, "All entries are nudged at once"),
    ("2.5", gradient_with(central, copy=np.copy), "nudge of 0.00001 was cut off"),
    ("2.5", gradient_with(central, empty=np.zeros_like), "keeps only whole numbers"),
    ("2.5", gradient_with_a_cast, "cannot hold 1.00001"),
    ("2.5", lambda *given: gradient_by_masks(*given).T, "It is transposed"),
    ("2.5", lambda weights, x, targets, step=0.5: gradient_by_masks(weights, x, targets, step), "left at its default"),
    ("2.5", lambda *given: None, "forget `return`"),
    ("2.5", lambda weights, x, targets, step: gradient_by_masks(weights, x, targets, step), "could not be called"),
    ("2.6", cross_entropy_with(loss=lambda z, labels, right: len(z) * right), "divides by how many"),
    ("2.6", cross_entropy_with(loss=lambda z, labels, right: -right), "sign is turned around: the logarithm"),
    ("2.6", cross_entropy_with(loss=lambda z, labels, right: right / z.shape[1]), "over all classes too"),
    ("2.6", cross_entropy_with(loss=lambda z, labels, right: right / math.log(10)), "base 10"),
    ("2.6", cross_entropy_with(loss=softmax_down_the_columns), "down the columns"),
    ("2.6", cross_entropy_with(loss=lambda z, labels, right: -np.mean(z[range(len(z)), labels])), "minus the logit"),
    (
        "2.6",
        cross_entropy_with(loss=lambda z, labels, right: -np.log(probabilities(z, 0, 0)).sum() / len(z)),
        "probability of every class",
    ),
    (
        "2.6",
        cross_entropy_with(loss=lambda z, labels, right: -probabilities(z, 0, 0)[range(len(z)), labels].mean()),
        "logarithm is missing",
    ),
    ("2.6", cross_entropy_with(gradient=lambda z, labels, right: len(z) * right), "each example counts 1/n"),
    ("2.6", cross_entropy_with(gradient=probabilities), "Subtract 1 at the true class"),
    ("2.6", cross_entropy_with(gradient=lambda z, labels, right: probabilities(z, 0, 0) / len(z)), "not subtracted"),
    ("2.6", cross_entropy_with(gradient=lambda z, labels, right: -right), "probability minus truth"),
    (
        "2.6",
        cross_entropy_with(gradient=lambda z, labels, right: right + probabilities(z, 0, 0) * (1 - 1 / len(z))),
        "1 is divided by the batch size, the",
    ),
    (
        "2.6",
        cross_entropy_with(
            gradient=lambda z, labels, right: probabilities(z, 0, 0) / len(z) - np.eye(z.shape[1])[labels]
        ),
        "the 1 is not",
    ),
    ("2.6", naive_cross_entropy, "Softmax overflows"),
    ("2.6", lambda z, labels: naive_cross_entropy(z, labels, shift=True), "log 0 is taken"),
    ("2.6", lambda z, labels: naive_cross_entropy(z, labels, shift=True, tiny=1e-12), "tiny number"),
    ("2.6", cross_entropy_with(gradient=naive_gradient), "holds nan or inf"),
    ("2.6", lambda z, labels: cross_entropy_by_logaddexp(z, labels.astype(int)), "label 1.5 is accepted"),
    ("2.6", lambda z, labels: cross_entropy_by_logaddexp(z, labels)[0], "expected 2 values (loss, gradient)"),
    ("2.6", lambda z, labels: None, "forget `return`"),
    ("2.7", train_mistaken(sign=1), "You go uphill"),
    ("2.7", train_mistaken(keep=True), "One mistake is left"),
    ("2.7", train_mistaken(keep=True), "gradients are not reset"),
    ("2.7", train_mistaken(divide_by="nothing"), "sum over the batch"),
    ("2.7", train_mistaken(divide_by="batch_size"), "smaller last batch"),
    ("2.7", train_mistaken(early=True), "Layer 2 moves before"),
    ("2.7", train_mistaken(early=True, keep=True), "Two mistakes are left"),
    ("2.7", train_mistaken(early=True, divide_by="batch_size"), "Two mistakes are left"),
    ("2.7", train_mistaken(early=True, divide_by="nothing", keep=True), "Three mistakes are left"),
    ("2.7", train_only_layer_2, "W1, b1 did not change at all"),
    ("2.7", train_without_relu_slope, "W1 after one batch, one epoch"),
    ("2.7", lambda *given: train_with(*given)[:2], "expected 4 values (W1, b1, W2, b2)"),
    ("2.7", lambda *given: None, "forget `return`"),
    ("2.8", choose_by(lambda runs: -np.mean([run["test_accuracy"] for run in runs])), "by the test accuracy"),
    ("2.8", choose_by(mean_of("train_loss")), "by the training loss"),
    ("2.8", choose_by(validation_with(lambda losses: np.nan_to_num(losses, nan=9).min())), "best single run"),
    ("2.8", choose_by(lambda runs: -by_validation(runs)), "A loss is better when it is lower"),
    ("2.8", choose_by(validation_with(np.mean)), "blew up (`nan`)"),
    ("2.8", choose_by(validation_with(np.nanmean)), "blew up (`nan`)"),
    ("2.8", choose_by(by_validation, max), "best test accuracy among the seeds"),
    ("2.8", choose_by(by_validation, lambda accuracies: accuracies[0]), "of one seed"),
    ("2.8", choose_by(by_validation, sum), "sum over the seeds"),
    ("2.8", choose_by(by_validation, lambda accuracies: 100 * np.mean(accuracies)), "in percent"),
    ("2.8", lambda runs: (choose_by_sorting(runs)[0], max(r["test_accuracy"] for r in runs)), "of all runs"),
    ("2.8", lambda runs: (choose_by_sorting(runs)[0], np.mean([r["test_accuracy"] for r in runs])), "over all rates"),
    ("2.8", lambda runs: choose_by_sorting(runs)[::-1], "expected one of"),
    ("2.8", lambda runs: choose_by_sorting(runs)[0], "expected 2 values"),
    ("2.8", lambda runs: ("0.03", 0.84), "expected a number"),
    ("2.8", lambda runs: runs.sort(key=by_validation), "stopped with"),
]
