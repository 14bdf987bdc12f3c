"""Residual connections: a block of layers learns what to add to its input, and the input itself goes around it."""

import numpy as np


class Residual:
    """outputs = x + f(x), where f is a block of layers that keeps the number of columns. He et al. 2016, eq. 1.

    On the way back the gradient goes around the block too, unchanged: however small the slopes inside are, what comes
    out of 20 blocks has not been multiplied by all of them.

    Parameters
    ----------
    inside : f, a layer with `forward` and `backward`, for example a `sequential.Sequential` of layers
    """

    def __init__(self, inside):
        self.inside = inside
        self.parameters, self.gradients = {}, {}

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """x (batch, units) -> same shape."""
        return x + self.inside.forward(x, training)  # y = x + f(x)

    def backward(self, output_gradient: np.ndarray) -> np.ndarray:
        """dL/dy -> dL/dx, both (batch, units)."""
        return output_gradient + self.inside.backward(output_gradient)  # dL/dx = dL/dy + dL/dy f'(x)
