"""An autoencoder: a network that learns to repeat its inputs through fewer numbers. It needs no labels.

What the hidden units have to keep, so that the inputs can be rebuilt from them, can serve as the first layers of a
classifier: Bengio et al. 2007, after Hinton and Salakhutdinov 2006, who did it with restricted Boltzmann machines.
"""

import numpy as np

from course_lib.scratch import activations
from course_lib.scratch.losses import mean_squared_error, mean_squared_error_gradient


class Autoencoder:
    """h = f(x W + b), r = h V + c; the loss is the mean of (r - x)^2 over the batch and the inputs.

    Parameters
    ----------
    parameters : {"encoder.weight": W (n_inputs, n_hidden), "encoder.bias": b (n_hidden,),
        "decoder.weight": V (n_hidden, n_inputs), "decoder.bias": c (n_inputs,)}
    activation : f, the name of a function in `activations`, but neither "rrelu" nor "prelu", whose slopes are their own

    gradients: after `backward`, under the parameters' names.
    """

    def __init__(self, parameters: dict[str, np.ndarray], activation: str = "sigmoid"):
        self.parameters = parameters
        self.gradients = {name: np.zeros_like(array) for name, array in parameters.items()}
        self.function = getattr(activations, activation)
        self.derivative = getattr(activations, f"{activation}_derivative")

    def encode(self, x: np.ndarray) -> np.ndarray:
        """The code, the outputs of the hidden units: x (batch, n_inputs) -> (batch, n_hidden)."""
        self.sums = x @ self.parameters["encoder.weight"] + self.parameters["encoder.bias"]  # z = x W + b
        return self.function(self.sums)  # h = f(z)

    def decode(self, code: np.ndarray) -> np.ndarray:
        """The reconstruction of a code: (batch, n_hidden) -> (batch, n_inputs)."""
        return code @ self.parameters["decoder.weight"] + self.parameters["decoder.bias"]  # r = h V + c

    def loss(self, x: np.ndarray) -> float:
        """L = mean (r - x)^2; what `backward` needs is kept."""
        self.x, self.code = x, self.encode(x)
        self.reconstruction = self.decode(self.code)
        return mean_squared_error(self.reconstruction, x)

    def backward(self) -> None:
        """The four gradients of the loss, into `gradients`."""
        of_reconstruction = mean_squared_error_gradient(self.reconstruction, self.x)  # dL/dr = 2 (r - x) / entries
        np.matmul(self.code.T, of_reconstruction, out=self.gradients["decoder.weight"])  # dL/dV = h^T dL/dr
        np.sum(of_reconstruction, axis=0, out=self.gradients["decoder.bias"])  # dL/dc = sum over the batch
        of_code = of_reconstruction @ self.parameters["decoder.weight"].T  # dL/dh = dL/dr V^T
        of_sums = of_code * self.derivative(self.sums)  # dL/dz = dL/dh * f'(z)
        np.matmul(self.x.T, of_sums, out=self.gradients["encoder.weight"])  # dL/dW = x^T dL/dz
        np.sum(of_sums, axis=0, out=self.gradients["encoder.bias"])  # dL/db = sum over the batch
