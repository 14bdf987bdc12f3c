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
def softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean over the batch of -log(probability of the true class).

    Parameters
    ----------
    logits : (batch, classes); finite numbers of any size
    labels : (batch,) whole numbers, the true class of each row
    """
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_normalizer = np.log(np.exp(shifted).sum(axis=1))
    true_logits = shifted[np.arange(len(labels)), labels]
    return float(np.mean(log_normalizer - true_logits))  # -log p_y = log(sum of exp(z)) - z_y: without a division


def softmax_cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """dL/dlogits = (softmax(logits) - one_hot(labels)) / batch, shape (batch, classes)."""
    gradient = softmax(logits)
    gradient[np.arange(len(labels)), labels] -= 1  # p - one_hot
    gradient /= len(labels)  # the loss is a mean over the batch
    return gradient
