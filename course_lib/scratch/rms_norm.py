"""RMS normalization: each example is divided by the size of its features. Layer normalization without the mean."""

import numpy as np


class RMSNorm:
    """Divide each row of `n_features` numbers by its root mean square. Zhang and Sennrich 2019, eq. 4.

    Parameters
    ----------
    n_features : columns of the input
    epsilon : added to the mean square, so that a row of zeros does not divide by 0
    dtype : "float32" or "float64"

    parameters and gradients: {"scale": (n_features,)}. There is no shift: the dense layer in front keeps its bias.
    """

    def __init__(self, n_features, epsilon=1e-5, dtype="float32"):
        self.epsilon = epsilon
        self.parameters = {"scale": np.ones(n_features, dtype)}
        self.gradients = {"scale": np.zeros(n_features, dtype)}

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """x (batch, n_features) -> same shape."""
        mean_square = np.mean(x * x, axis=1, keepdims=True)
        self.inverse_size = 1 / np.sqrt(mean_square + self.epsilon)
        self.normalized = x * self.inverse_size  # x_hat = x / sqrt(mean x^2 + epsilon)
        return self.parameters["scale"] * self.normalized  # y = gamma x_hat

    def backward(self, output_gradient: np.ndarray) -> np.ndarray:
        """dL/dy -> dL/dx, both (batch, n_features); fills `gradients`."""
        self.gradients["scale"][:] = (output_gradient * self.normalized).sum(axis=0)
        gradient = output_gradient * self.parameters["scale"]  # dL/dx_hat
        through_size = self.normalized * (gradient * self.normalized).mean(axis=1, keepdims=True)
        return (gradient - through_size) * self.inverse_size
