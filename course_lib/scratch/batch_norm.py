"""Batch normalization: each feature is normalized over the batch, then scaled and shifted by learned amounts."""

import numpy as np


class BatchNorm:
    """Normalize each of `n_features` columns. Ioffe and Szegedy 2015, algorithm 1.

    In training the batch's own mean and variance are used, and running averages of them are kept; in evaluation the
    running averages are used, so that an example's output does not depend on its neighbors.

    Parameters
    ----------
    n_features : columns of the input
    momentum : weight of the new batch in the running averages (PyTorch's convention; some libraries mean 1 - this)
    epsilon : added to the variance, so that a constant feature does not divide by 0
    dtype : "float32" or "float64"

    parameters and gradients: {"scale": (n_features,), "shift": (n_features,)}
    statistics: {"running_mean": (n_features,), "running_variance": (n_features,)}
    """

    def __init__(self, n_features, momentum=0.1, epsilon=1e-5, dtype="float32"):
        self.momentum, self.epsilon = momentum, epsilon
        self.parameters = {"scale": np.ones(n_features, dtype), "shift": np.zeros(n_features, dtype)}
        self.gradients = {name: np.zeros(n_features, dtype) for name in self.parameters}
        self.statistics = {
            "running_mean": np.zeros(n_features, dtype),
            "running_variance": np.ones(n_features, dtype),
        }

    def forward(self, x, training=False):
        """x (batch, n_features) -> same shape. Training needs a batch of two or more."""
        if training:
            mean, variance = x.mean(axis=0), x.var(axis=0)
            self._update_statistics(mean, variance, len(x))
        else:
            mean, variance = self.statistics["running_mean"], self.statistics["running_variance"]
        self.inverse_deviation = 1 / np.sqrt(variance + self.epsilon)
        self.normalized = (x - mean) * self.inverse_deviation  # x_hat = (x - mean) / sqrt(variance + epsilon)
        return self.parameters["scale"] * self.normalized + self.parameters["shift"]  # y = gamma x_hat + beta

    def _update_statistics(self, mean, variance, batch_size):
        if batch_size < 2:
            raise ValueError(
                "batch normalization got a training batch of 1 example, whose variance is 0: use batches of 2 or more."
            )
        unbiased = variance * (batch_size / (batch_size - 1))
        for name, new in (("running_mean", mean), ("running_variance", unbiased)):
            self.statistics[name] += self.momentum * (new - self.statistics[name])  # r <- (1 - m) r + m new

    def backward(self, output_gradient):
        """dL/dy -> dL/dx, both (batch, n_features), after a forward pass in training mode; fills `gradients`."""
        self.gradients["scale"][:] = (output_gradient * self.normalized).sum(axis=0)
        self.gradients["shift"][:] = output_gradient.sum(axis=0)
        gradient = output_gradient * self.parameters["scale"]  # dL/dx_hat
        gradient -= gradient.mean(axis=0) + self.normalized * (gradient * self.normalized).mean(axis=0)
        return gradient * self.inverse_deviation
