"""A vanilla recurrent network, and back-propagation through time.

One layer reads a sequence step by step and feeds its own output back to itself: Elman 1990. Unrolled, a sequence of 60
steps is a network 60 layers deep whose layers all share one matrix W. That is why gradients vanish and explode here
first: on the way back through the steps they are multiplied by W again and again (Pascanu et al. 2013, eq. 5).
"""

import numpy as np

from course_lib.scratch.activations import relu, relu_derivative, tanh

_NAMES = ("input.weight", "recurrent.weight", "recurrent.bias", "output.weight", "output.bias")  # U, W, b, V, c


def _linear(z):
    return z


def _tanh_slope(h):
    return 1 - h**2


# activation: f, and f'(z) read off h = f(z)
_FUNCTIONS = {"tanh": (tanh, _tanh_slope), "relu": (relu, relu_derivative), "linear": (_linear, np.ones_like)}


def identity(n_units: int, rng: np.random.Generator, gain: float = 1.0) -> np.ndarray:
    """W = gain * I: each unit remembers its own state. With ReLU: Le, Jaitly and Hinton 2015. `rng` is not used."""
    return gain * np.eye(n_units)


def orthogonal(n_units: int, rng: np.random.Generator, gain: float = 1.0) -> np.ndarray:
    """W = gain * a random rotation or reflection: it changes the length of no vector but by gain. Saxe et al. 2014."""
    q, r = np.linalg.qr(rng.standard_normal((n_units, n_units)))
    return gain * q * np.sign(np.diag(r))  # with r's diagonal made positive q is unique, and uniformly distributed


class Recurrent:
    """h_t = f(x_t U + h_{t-1} W + b) from h_0 = 0; the outputs are h_t V + c at the last step, or at every step.

    Parameters
    ----------
    parameters : {"input.weight": U (n_inputs, n_units), "recurrent.weight": W (n_units, n_units),
        "recurrent.bias": b (n_units,), "output.weight": V (n_units, n_outputs), "output.bias": c (n_outputs,)}
    activation : f, "tanh", "relu" or "linear"
    every_step : outputs at every step, not at the last one alone

    After `forward`: states (steps + 1, batch, n_units), h_0 to h_T. After `backward`: gradients, under the parameters'
    names, and hidden_gradients (steps, batch, n_units), dL/dh_1 to dL/dh_T.
    """

    def __init__(self, parameters: dict[str, np.ndarray], activation: str = "tanh", every_step: bool = False):
        self.parameters, self.every_step = parameters, every_step
        self.gradients = {name: np.zeros_like(array) for name, array in parameters.items()}
        self.function, self.slope = _FUNCTIONS[activation]

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x (batch, steps, n_inputs) -> (batch, n_outputs), or (batch, steps, n_outputs) with every_step."""
        U, W, b, V, c = (self.parameters[name] for name in _NAMES)
        self.x = np.ascontiguousarray(x.transpose(1, 0, 2))  # (steps, batch, n_inputs): each step is one block
        sums = self.x @ U + b  # x_t U + b, for all t at once
        self.states = states = np.zeros((len(sums) + 1, *sums.shape[1:]), sums.dtype)  # h_0 = 0
        for t in range(1, len(states)):
            states[t] = self.function(sums[t - 1] + states[t - 1] @ W)  # h_t = f(x_t U + b + h_{t-1} W)
        return self._seen() @ V + c  # y = h V + c

    def backward(self, output_gradient: np.ndarray) -> None:
        """Back-propagation through time, Werbos 1990. output_gradient : dL/dy, in the shape of the outputs."""
        W, V = self.parameters["recurrent.weight"], self.parameters["output.weight"]
        of_U, of_W, of_b, of_V, of_c = (self.gradients[name] for name in _NAMES)
        of_hidden = np.zeros_like(self.states[1:])  # dL/dh_t: first what the output of step t asks for, dL/dy_t V^T
        if self.every_step:
            of_hidden += (output_gradient @ V.T).transpose(1, 0, 2)
        else:
            of_hidden[-1] = output_gradient @ V.T
        of_sums = np.empty_like(of_hidden)  # dL/dz_t, z_t = x_t U + h_{t-1} W + b
        slopes = self.slope(self.states[1:])
        from_later = 0.0
        for t in reversed(range(len(of_hidden))):
            of_hidden[t] += from_later  # dL/dh_t = dL/dy_t V^T + dL/dz_{t+1} W^T
            of_sums[t] = of_hidden[t] * slopes[t]  # dL/dz_t = dL/dh_t f'(z_t)
            from_later = of_sums[t] @ W.T
        # Every step used the same U, W and b: their gradients are sums over the steps, as over the batch.
        of_U[...] = _rows(self.x).T @ _rows(of_sums)  # dL/dU = sum over t of x_t^T dL/dz_t
        of_W[...] = _rows(self.states[:-1]).T @ _rows(of_sums)  # dL/dW = sum of h_{t-1}^T dL/dz_t
        of_b[...] = _rows(of_sums).sum(axis=0)  # dL/db = sum of dL/dz_t
        of_V[...] = _rows(self._seen()).T @ _rows(output_gradient)  # dL/dV = sum of h^T dL/dy
        of_c[...] = _rows(output_gradient).sum(axis=0)  # dL/dc = sum of dL/dy
        self.hidden_gradients = of_hidden

    def _seen(self):
        """The states that the outputs are made of: (batch, steps, n_units), or (batch, n_units) of the last step."""
        return self.states[1:].transpose(1, 0, 2) if self.every_step else self.states[-1]


def _rows(array):
    """(..., n) -> (rows, n): steps and batch as one axis."""
    return array.reshape(-1, array.shape[-1])
