"""Losses: one number that says how wrong the outputs are, and its gradient with respect to them."""

import numpy as np


def mean_squared_error(predictions: np.ndarray, targets: np.ndarray) -> float:
    """Mean of (prediction - target)^2 over all entries.

    Both arrays have the same shape: of (5, 1) and (5,) NumPy would pair every prediction with every target.
    """
    return float(np.mean((predictions - targets) ** 2))


def mean_squared_error_gradient(predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """dL/dprediction = 2 (prediction - target) / number of entries."""
    return 2 * (predictions - targets) / np.size(predictions)


@np.errstate(under="ignore")  # exp of a large negative number is 0, and meant to be
def softmax(logits: np.ndarray) -> np.ndarray:
    """Rows of logits (batch, classes) -> rows of probabilities. The largest logit is subtracted: exp can't overflow."""
    exponentials = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)  # p_c = exp(z_c) / sum over all classes of exp(z)


@np.errstate(under="ignore")  # exp of a large negative number is 0, and meant to be
def softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray, label_smoothing: float = 0.0) -> float:
    """Mean over the batch of -log(probability of the true class).

    With label smoothing s the target is no longer the true class alone: t = (1 - s) one_hot + s / classes, and the loss
    is -sum over the classes of t_c log p_c. Szegedy et al. 2016, section 7.

    Parameters
    ----------
    logits : (batch, classes); finite numbers of any size
    labels : (batch,) whole numbers, the true class of each row
    label_smoothing : s, in [0, 1)
    """
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_normalizer = np.log(np.exp(shifted).sum(axis=1))
    target_logits = shifted[np.arange(len(labels)), labels]
    if label_smoothing:  # sum over the classes of t_c z_c = (1 - s) z_y + s mean(z)
        target_logits = (1 - label_smoothing) * target_logits + label_smoothing * shifted.mean(axis=1)
    return float(np.mean(log_normalizer - target_logits))  # -log p_y = log(sum of exp(z)) - z_y: without a division


def softmax_cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray, label_smoothing: float = 0.0) -> np.ndarray:
    """dL/dlogits = (softmax(logits) - targets) / batch, shape (batch, classes).

    The targets are one_hot(labels), and (1 - s) one_hot(labels) + s / classes with label smoothing s.
    """
    gradient = softmax(logits)
    gradient -= label_smoothing / logits.shape[1]
    gradient[np.arange(len(labels)), labels] -= 1 - label_smoothing  # p - t
    gradient /= len(labels)  # the loss is a mean over the batch
    return gradient
