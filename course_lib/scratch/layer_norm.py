"""Layer normalization: each example is normalized over its own features, so that no example depends on its batch."""

import numpy as np


class LayerNorm:
    """Normalize each row of `n_features` numbers. Ba, Kiros and Hinton 2016, eq. 4.

    Batch normalization with the other axis: no running statistics, and training and evaluation are the same.

    Parameters
    ----------
    n_features : columns of the input
    epsilon : added to the variance, so that a row of equal numbers does not divide by 0
    dtype : "float32" or "float64"

    parameters and gradients: {"scale": (n_features,), "shift": (n_features,)}
    """

    def __init__(self, n_features, epsilon=1e-5, dtype="float32"):
        self.epsilon = epsilon
        self.parameters = {"scale": np.ones(n_features, dtype), "shift": np.zeros(n_features, dtype)}
        self.gradients = {name: np.zeros(n_features, dtype) for name in self.parameters}

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """x (batch, n_features) -> same shape."""
        mean, variance = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
        self.inverse_deviation = 1 / np.sqrt(variance + self.epsilon)
        self.normalized = (x - mean) * self.inverse_deviation  # x_hat = (x - mean) / sqrt(variance + epsilon)
        return self.parameters["scale"] * self.normalized + self.parameters["shift"]  # y = gamma x_hat + beta

    def backward(self, output_gradient: np.ndarray) -> np.ndarray:
        """dL/dy -> dL/dx, both (batch, n_features); fills `gradients`."""
        self.gradients["scale"][:] = (output_gradient * self.normalized).sum(axis=0)
        self.gradients["shift"][:] = output_gradient.sum(axis=0)
        gradient = output_gradient * self.parameters["scale"]  # dL/dx_hat
        through_mean = gradient.mean(axis=1, keepdims=True)
        through_variance = self.normalized * (gradient * self.normalized).mean(axis=1, keepdims=True)
        return (gradient - through_mean - through_variance) * self.inverse_deviation
