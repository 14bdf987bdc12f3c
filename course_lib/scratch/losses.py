"""Losses: one number that says how wrong the outputs are, and its gradient with respect to them."""

import numpy as np


def mean_squared_error(predictions, targets):
    """Mean of (prediction - target)**2 over all entries; both arrays have the same shape."""
    _check_same_shape(predictions, targets)
    return float(np.mean((np.asarray(predictions) - targets) ** 2))


def mean_squared_error_gradient(predictions, targets):
    """dL/dprediction = 2 (prediction - target) / number of entries."""
    _check_same_shape(predictions, targets)
    return 2 * (np.asarray(predictions) - targets) / np.size(predictions)


def softmax(logits):
    """Rows of logits (batch, classes) -> rows of probabilities. The largest logit is subtracted: exp can't overflow."""
    exponentials = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def softmax_cross_entropy(logits, labels):
    """Mean over the batch of -log(probability of the true class).

    Parameters
    ----------
    logits : (batch, classes); finite numbers of any size
    labels : (batch,) whole numbers, the true class of each row
    """
    _check_one_label_a_row(logits, labels)
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_normalizer = np.log(np.exp(shifted).sum(axis=1))
    return float(np.mean(log_normalizer - shifted[np.arange(len(labels)), labels]))  # -log softmax, without a division


def softmax_cross_entropy_gradient(logits, labels):
    """dL/dlogits = (softmax(logits) - one_hot(labels)) / batch, shape (batch, classes)."""
    _check_one_label_a_row(logits, labels)
    gradient = softmax(logits)
    gradient[np.arange(len(labels)), labels] -= 1
    gradient /= len(labels)
    return gradient


def _check_same_shape(predictions, targets):
    if np.shape(predictions) != np.shape(targets):
        raise ValueError(
            f"predictions have shape {np.shape(predictions)} and targets {np.shape(targets)}; they must be the same "
            "(otherwise NumPy pairs every prediction with every target)."
        )


def _check_one_label_a_row(logits, labels):
    if np.shape(labels) != np.shape(logits)[:1]:
        raise ValueError(
            f"logits have shape {np.shape(logits)} and labels {np.shape(labels)}; there must be one label for each row "
            "of logits (otherwise NumPy pairs every row with every label)."
        )
