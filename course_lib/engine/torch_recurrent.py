"""A vanilla recurrent network: torch.nn.RNN, with autograd in place of back-propagation through time.

torch.nn.RNN knows tanh and ReLU. It has no linear network, so that one is a loop over the steps here. Its two biases,
of the input and of the state, are added to each other: only the first is used, the second stays 0.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from course_lib.arrays import check_dtype, check_named, check_sequences, check_step_labels, check_targets
from course_lib.engine.torch_optimizers import optimizer_for
from course_lib.pytorch.clipping import clip_by_norm, clip_by_value
from course_lib.pytorch.initializers import xavier_normal
from course_lib.pytorch.losses import mean_squared_error, softmax_cross_entropy
from course_lib.recipe import Recipe, check_choice, check_count, check_flag, check_number, random_stream

ACTIVATIONS = ("tanh", "relu", "linear")
INITIALIZATIONS = ("identity", "orthogonal")
LOSSES = ("mean_squared_error", "softmax_cross_entropy")


def identity(n_units, rng, gain=1.0):
    """As gain * nn.init.eye_(weight)."""
    return gain * torch.eye(n_units, dtype=torch.float64)


def orthogonal(n_units, rng, gain=1.0):
    """As nn.init.orthogonal_(weight, gain), from the numbers of the NumPy generator `rng`."""
    q, r = torch.linalg.qr(torch.from_numpy(rng.standard_normal((n_units, n_units))))
    return gain * q * r.diagonal().sign()


class RecurrentNetwork:
    """h_t = f(x_t U + h_{t-1} W + b) from h_0 = 0; the outputs are h_t V + c at the last step, or at every step.

    Parameters, attributes and errors are those of `course_lib.engine.numpy_recurrent.RecurrentNetwork`. At the methods'
    boundary all arrays are NumPy arrays and weights are (fan_in, fan_out). `rnn` and `head` are the two nn.Modules.
    """

    def __init__(
        self,
        n_inputs,
        n_units,
        n_outputs,
        activation="tanh",
        initialization="orthogonal",
        gain=1.0,
        loss="mean_squared_error",
        every_step=False,
        optimizer="gradient_descent",
        learning_rate=0.01,
        clip_norm=None,
        clip_value=None,
        seed=0,
        dtype="float64",
    ):
        sizes = {"n_inputs": n_inputs, "n_units": n_units, "n_outputs": n_outputs}
        self.n_inputs, self.n_units, self.n_outputs = (check_count(name, size, 1) for name, size in sizes.items())
        check_choice("activation", activation, ACTIVATIONS)
        check_choice("initialization", initialization, INITIALIZATIONS)
        check_choice("loss", loss, LOSSES)
        gain = check_number("gain", gain, lambda value: value >= 0, "a finite number, 0 or more")
        self.recipe = Recipe(
            optimizer=optimizer, learning_rate=learning_rate, clip_norm=clip_norm, clip_value=clip_value, seed=seed
        )
        self.every_step = check_flag("every_step", every_step)
        self.activation, self.loss, self.dtype = activation, loss, check_dtype(dtype)
        self._build(initialization, gain)
        slots = list(self._slots.values())
        self.optimizer = optimizer_for(self.recipe, slots, [slot for slot in slots if slot.ndim == 2])
        self.hidden_states = self.hidden_gradients = None
        self.gradient_norm, self.clipped = float("nan"), False

    def _build(self, initialization, gain):
        torch_dtype = getattr(torch, self.dtype)
        nonlinearity = "tanh" if self.activation == "linear" else self.activation  # the linear loop reads its weights
        self.rnn = nn.RNN(self.n_inputs, self.n_units, nonlinearity=nonlinearity, batch_first=True, dtype=torch_dtype)
        self.head = nn.Linear(self.n_units, self.n_outputs, dtype=torch_dtype)
        self._slots = {  # the course's name -> PyTorch's parameter
            "input.weight": self.rnn.weight_ih_l0,
            "recurrent.weight": self.rnn.weight_hh_l0,
            "recurrent.bias": self.rnn.bias_ih_l0,
            "output.weight": self.head.weight,
            "output.bias": self.head.bias,
        }
        self.rnn.bias_hh_l0.requires_grad_(False)
        rng = random_stream(self.recipe.seed, "initialization")
        initialize = {"identity": identity, "orthogonal": orthogonal}[initialization]
        with torch.no_grad():
            self._slots["input.weight"].copy_(xavier_normal(self.n_inputs, self.n_units, rng).T)
            self._slots["recurrent.weight"].copy_(initialize(self.n_units, rng, gain).T)
            self._slots["output.weight"].copy_(xavier_normal(self.n_units, self.n_outputs, rng).T)
            for bias in (self.rnn.bias_ih_l0, self.rnn.bias_hh_l0, self.head.bias):
                bias.zero_()

    def parameters(self):
        """Copies of the trained arrays: "input.weight" U (n_inputs, n_units), "recurrent.weight" W (n_units, n_units),
        "recurrent.bias" b (n_units,), "output.weight" V (n_units, n_outputs), "output.bias" c (n_outputs,)."""
        return {name: _to_numpy(parameter) for name, parameter in self._slots.items()}

    def load_parameters(self, named):
        """Set all trained arrays. A name or shape that does not fit is an ArrayError, and nothing is changed."""
        arrays = check_named(named, {name: tuple(slot.shape[::-1]) for name, slot in self._slots.items()})
        with torch.no_grad():
            for name, slot in self._slots.items():
                slot.copy_(torch.from_numpy(np.array(arrays[name].T, copy=True)))

    def outputs(self, x):
        """x (batch, steps, n_inputs) -> (batch, n_outputs), or (batch, steps, n_outputs) with every_step."""
        x = self._tensor(check_sequences(x, self.n_inputs, self.dtype))
        with torch.no_grad():
            return self._outputs(self._states(x)).numpy()

    def loss_and_gradients(self, x, targets):
        """The loss and {name: gradient}; also sets hidden_states and hidden_gradients.

        nn.RNN hides its steps' gradients. Called for one step at a time it shows them: `retain_grad` keeps each dL/dh.
        """
        x, targets = self._checked(x, targets)
        state, states = None, []
        for step in x.split(1, dim=1):  # (batch, 1, n_inputs)
            state = self._step(step, state)
            state.retain_grad()
            states.append(state)
        loss = self._loss(self._outputs(torch.cat(states).transpose(0, 1)), targets)
        self._backward(loss)
        self.hidden_states = torch.cat(states).detach().numpy()
        self.hidden_gradients = torch.cat([state.grad for state in states]).numpy()
        return loss.item(), {name: _to_numpy(parameter.grad) for name, parameter in self._slots.items()}

    def train_step(self, x, targets):
        """One update of all parameters; returns the loss before it. A loss that is not finite makes no update."""
        x, targets = self._checked(x, targets)
        loss = self._loss(self._outputs(self._states(x)), targets)
        value = loss.item()
        self.gradient_norm, self.clipped = float("nan"), False
        if np.isfinite(value):
            self._backward(loss)
            self._clip()
            self.optimizer.step()
        return value

    def _clip(self):
        recipe, gradients = self.recipe, [parameter.grad for parameter in self._slots.values()]
        self.gradient_norm = float(torch.nn.utils.get_total_norm([gradient.double() for gradient in gradients]))
        if recipe.clip_value is not None:
            self.clipped = clip_by_value(gradients, recipe.clip_value) > 0
        if recipe.clip_norm is not None:
            self.clipped |= clip_by_norm(gradients, recipe.clip_norm) > recipe.clip_norm

    def _states(self, x):
        """x (batch, steps, n_inputs) -> states (batch, steps, n_units)."""
        if self.activation != "linear":
            return self.rnn(x)[0]
        state, states = None, []
        for step in x.split(1, dim=1):
            state = self._step(step, state)
            states.append(state)
        return torch.cat(states).transpose(0, 1)

    def _step(self, x, state):
        """One step: x (batch, 1, n_inputs), state (1, batch, n_units), None for h_0 = 0 -> the next state."""
        if self.activation != "linear":
            return self.rnn(x, state)[1]
        sums = functional.linear(x.transpose(0, 1), self.rnn.weight_ih_l0, self.rnn.bias_ih_l0)
        return sums if state is None else sums + functional.linear(state, self.rnn.weight_hh_l0)

    def _outputs(self, states):
        return self.head(states if self.every_step else states[:, -1])

    def _loss(self, outputs, targets):
        if self.loss == "mean_squared_error":
            return mean_squared_error(outputs, targets)
        return softmax_cross_entropy(outputs.reshape(-1, self.n_outputs), targets.reshape(-1))

    def _backward(self, loss):
        self.optimizer.zero_grad(set_to_none=False)
        loss.backward()
        for parameter in self._slots.values():
            if parameter.grad is None:  # after a single step from h_0 = 0, W has taken no part
                parameter.grad = torch.zeros_like(parameter)

    def _checked(self, x, targets):
        x = check_sequences(x, self.n_inputs, self.dtype)
        steps = x.shape[:2] if self.every_step else x.shape[:1]
        if self.loss == "mean_squared_error":
            targets = self._tensor(check_targets(targets, (*steps, self.n_outputs), self.dtype))
        else:
            targets = torch.from_numpy(check_step_labels(targets, steps, self.n_outputs).astype(np.int64))
        return self._tensor(x), targets

    def _tensor(self, array):
        return torch.from_numpy(np.array(array, self.dtype, copy=True))


def _to_numpy(tensor):
    """A copy as a NumPy array; matrices are transposed, from PyTorch's (fan_out, fan_in) to (fan_in, fan_out)."""
    array = tensor.detach().numpy()
    return array.T.copy() if array.ndim == 2 else array.copy()
