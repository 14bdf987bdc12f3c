"""Calibration: of the answers that a network is 80% sure of, are 80% right? How far off it is, and how to mend it.

Guo et al. 2017, "On calibration of modern neural networks".
"""

import numpy as np

from course_lib.scratch.losses import softmax

COLDEST, HOTTEST = 0.01, 100.0  # temperatures that `fit_temperature` looks between
_HALVINGS = 60  # of the interval that the temperature lies in


def reliability(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = 15
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the network said and what was true, by how sure it was.

    Parameters
    ----------
    probabilities : (examples, classes), rows that sum to 1
    labels : (examples,) the true classes
    bins : how many equal parts the confidences from 0 to 1 are sorted into

    Returns
    -------
    three arrays (bins,) : how many examples lie in each bin, the mean of their confidences (the largest probability of
    a row), the share of them that are right. 0 in a bin without examples
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)  # a confidence of 1 lies in the last one
    counts = np.bincount(bin_of, minlength=bins)
    divisor = np.maximum(counts, 1)  # of an empty bin nothing is divided
    mean_confidence = np.bincount(bin_of, weights=confidence, minlength=bins) / divisor  # the sum in each bin / count
    accuracy = np.bincount(bin_of, weights=right, minlength=bins) / divisor
    return counts, mean_confidence, accuracy


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Mean over the examples of |confidence - accuracy| of their bin: 0 to 1, 0 is best. Guo et al. 2017, eq. 3."""
    counts, confidence, accuracy = reliability(probabilities, labels, bins)
    return float(np.sum(counts * np.abs(confidence - accuracy)) / counts.sum())  # sum n_b / n |acc_b - conf_b|


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature T for which softmax(logits / T) has the smallest cross-entropy. Guo et al. 2017, section 4.2.

    Above 1 it makes a network less sure, below 1 surer; which class comes first stays as it is. Fit it on validation
    data. Logits that are always right would be best at T = 0; they get a T, COLDEST or more, at which the loss is 0 but
    for rounding. Logits that know nothing get HOTTEST.

    Parameters
    ----------
    logits : (examples, classes)
    labels : (examples,) the true classes
    """
    logits = np.asarray(logits, np.float64)
    true_logits = logits[np.arange(len(labels)), labels]

    def slope(inverse):  # of the loss over 1 / T; the loss is convex in it, so the slope rises
        expected_logits = (softmax(inverse * logits) * logits).sum(axis=1)  # sum_c p_c z_c
        return np.mean(expected_logits - true_logits)  # dL / d(1/T) = mean(sum_c p_c z_c - z_true)

    low, high = np.log(1 / HOTTEST), np.log(1 / COLDEST)  # the slope is 0 at a log(1 / T) between them
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(np.exp(middle)) > 0 else (middle, high)
    return float(np.exp(-(low + high) / 2))
