"""A vanilla recurrent network: torch.nn.RNN, with autograd in place of back-propagation through time.

torch.nn.RNN knows tanh and ReLU. It has no linear network, so that one is a loop over the steps here. Its two biases,
of the input and of the state, are added to each other: only the first is used, the second stays 0.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional


def identity(n_units: int, rng: np.random.Generator, gain: float = 1.0) -> torch.Tensor:
    """As gain * nn.init.eye_(weight)."""
    return gain * torch.eye(n_units, dtype=torch.float64)


def orthogonal(n_units: int, rng: np.random.Generator, gain: float = 1.0) -> torch.Tensor:
    """As nn.init.orthogonal_(weight, gain), from the numbers of the NumPy generator `rng`."""
    q, r = torch.linalg.qr(torch.from_numpy(rng.standard_normal((n_units, n_units))))
    return gain * q * r.diagonal().sign()


class Recurrent(nn.Module):
    """h_t = f(x_t U + h_{t-1} W + b) from h_0 = 0; the outputs are h_t V + c at the last step, or at every step.

    Parameters
    ----------
    parameters, activation, every_step : as in `course_lib.scratch.recurrent.Recurrent`; parameters are tensors, which
        are copied into `rnn` and `head`, the two modules
    """

    named = {
        "input.weight": "rnn.weight_ih_l0",
        "recurrent.weight": "rnn.weight_hh_l0",
        "recurrent.bias": "rnn.bias_ih_l0",
        "output.weight": "head.weight",
        "output.bias": "head.bias",
    }

    def __init__(self, parameters: dict[str, torch.Tensor], activation: str = "tanh", every_step: bool = False):
        super().__init__()
        (n_inputs, n_units), dtype = parameters["input.weight"].shape, parameters["input.weight"].dtype
        self.activation, self.every_step = activation, every_step
        nonlinearity = "tanh" if activation == "linear" else activation  # the linear loop reads its weights
        self.rnn = nn.RNN(n_inputs, n_units, nonlinearity=nonlinearity, batch_first=True, dtype=dtype)
        self.head = nn.Linear(n_units, len(parameters["output.bias"]), dtype=dtype)
        with torch.no_grad():
            for name, place in self.named.items():
                self.get_parameter(place).copy_(parameters[name].t())
            self.rnn.bias_hh_l0.zero_().requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (batch, steps, n_inputs) -> (batch, n_outputs), or (batch, steps, n_outputs) with every_step."""
        if self.activation == "linear":
            return self.outputs(self.step_by_step(x))
        return self._seen(self.rnn(x)[0])

    def step_by_step(self, x: torch.Tensor) -> list[torch.Tensor]:
        """The states h_1 to h_T, a list of (1, batch, n_units).

        nn.RNN hides its steps' gradients. Called for one step at a time it shows them: `retain_grad` keeps each dL/dh.
        """
        state, states = None, []
        for step in x.split(1, dim=1):  # (batch, 1, n_inputs)
            state = self._next(step, state)
            states.append(state)
        return states

    def outputs(self, states: list[torch.Tensor]) -> torch.Tensor:
        """The outputs of these states."""
        return self._seen(torch.cat(states).transpose(0, 1))

    def _seen(self, states):
        return self.head(states if self.every_step else states[:, -1])  # y = h V + c

    def _next(self, x, state):
        """x (batch, 1, n_inputs), state (1, batch, n_units), None for h_0 = 0 -> the next state."""
        if self.activation != "linear":
            return self.rnn(x, state)[1]
        sums = functional.linear(x.transpose(0, 1), self.rnn.weight_ih_l0, self.rnn.bias_ih_l0)
        return sums if state is None else sums + functional.linear(state, self.rnn.weight_hh_l0)
