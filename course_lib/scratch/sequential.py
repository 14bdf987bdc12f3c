"""A network is a list of layers: forward through it from the first to the last, backward from the last to the first."""

import numpy as np


class Sequential:
    """Layers in a row, each of which gets what the one before it gives.

    Parameters
    ----------
    layers : list of layers with `forward(x, training)` and `backward(output_gradient)`
    """

    def __init__(self, layers):
        self.layers = layers

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """x (batch, fan_in of the first layer) -> (batch, fan_out of the last)."""
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, output_gradient: np.ndarray) -> np.ndarray:
        """dL/d(outputs) -> dL/dx; every layer fills its own `gradients` on the way."""
        for layer in reversed(self.layers):
            output_gradient = layer.backward(output_gradient)
        return output_gradient
