"""A dense (fully connected) layer: every input reaches every unit."""

import numpy as np

from course_lib.scratch import initializers


class Dense:
    """outputs = x @ weight + bias.

    Parameters
    ----------
    fan_in, fan_out : number of inputs and of units
    initialization : name of a function in `initializers` for the weights; biases start at 0
    rng : numpy.random.Generator that the weights are drawn from
    bias : False leaves the bias out, as in front of a batch normalization, which has a shift of its own
    dtype : "float32" or "float64"

    parameters and gradients: {"weight": (fan_in, fan_out), "bias": (fan_out,)}
    """

    def __init__(self, fan_in, fan_out, initialization="he_normal", rng=None, bias=True, dtype="float32"):
        initialize = getattr(initializers, initialization)
        self.parameters = {"weight": initialize(fan_in, fan_out, rng or np.random.default_rng()).astype(dtype)}
        if bias:
            self.parameters["bias"] = np.zeros(fan_out, dtype)
        self.gradients = {name: np.zeros_like(parameter) for name, parameter in self.parameters.items()}
        self.needs_input_gradient = True  # the first layer of a network has no layer below to send it to

    def forward(self, x, training=False):
        """x (batch, fan_in) -> (batch, fan_out)."""
        self.x = x
        outputs = x @ self.parameters["weight"]  # z = x W
        if "bias" in self.parameters:
            outputs += self.parameters["bias"]  # z = x W + b
        return outputs

    def backward(self, output_gradient):
        """dL/dz (batch, fan_out) -> dL/dx (batch, fan_in), or None where it is not needed; fills `gradients`."""
        np.matmul(self.x.T, output_gradient, out=self.gradients["weight"])  # dL/dW = x^T dL/dz
        if "bias" in self.parameters:
            np.sum(output_gradient, axis=0, out=self.gradients["bias"])  # dL/db = sum over the batch
        if not self.needs_input_gradient:
            return None
        return output_gradient @ self.parameters["weight"].T  # dL/dx = dL/dz W^T
