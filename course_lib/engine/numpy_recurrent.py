"""A vanilla recurrent network, and back-propagation through time.

One layer reads a sequence step by step and feeds its own output back to itself: Elman 1990. Unrolled, a sequence of 60
steps is a network 60 layers deep whose layers all share one matrix W. That is why gradients vanish and explode here
first: on the way back through the steps they are multiplied by W again and again (Pascanu et al. 2013, eq. 5).
"""

import numpy as np

from course_lib.arrays import check_dtype, check_named, check_sequences, check_step_labels, check_targets
from course_lib.engine.numpy_optimizers import optimizer_for
from course_lib.recipe import Recipe, check_choice, check_count, check_flag, check_number, random_stream
from course_lib.scratch import activations
from course_lib.scratch.clipping import clip_by_norm, clip_by_value
from course_lib.scratch.initializers import xavier_normal
from course_lib.scratch.losses import (
    mean_squared_error,
    mean_squared_error_gradient,
    softmax_cross_entropy,
    softmax_cross_entropy_gradient,
)

ACTIVATIONS = ("tanh", "relu", "linear")
INITIALIZATIONS = ("identity", "orthogonal")
LOSSES = ("mean_squared_error", "softmax_cross_entropy")


def identity(n_units, rng, gain=1.0):
    """W = gain * I: each unit remembers its own state. With ReLU: Le, Jaitly and Hinton 2015. `rng` is not used."""
    return gain * np.eye(n_units)


def orthogonal(n_units, rng, gain=1.0):
    """W = gain * a random rotation or reflection: it changes the length of no vector but by gain. Saxe et al. 2014."""
    q, r = np.linalg.qr(rng.standard_normal((n_units, n_units)))
    return gain * q * np.sign(np.diag(r))  # with r's diagonal made positive q is unique, and uniformly distributed


class RecurrentNetwork:
    """h_t = f(x_t U + h_{t-1} W + b) from h_0 = 0; the outputs are h_t V + c at the last step, or at every step.

    Parameters
    ----------
    n_inputs, n_units, n_outputs : numbers of each step's inputs, of hidden units, of outputs
    activation : f, one of `ACTIVATIONS`
    initialization : of W, one of `INITIALIZATIONS`; U and V are Xavier's, the biases b and c start at 0
    gain : W is multiplied by it, 0 or more
    loss : one of `LOSSES`
    every_step : outputs and targets at every step, not at the last one alone
    optimizer, learning_rate, clip_norm, clip_value, seed : as in a Recipe, whose l2 is 0 here: nothing decays
    dtype : "float32" or "float64"

    After `loss_and_gradients`: hidden_states and hidden_gradients, (steps, batch, n_units), h_t and dL/dh_t.
    After `train_step`: gradient_norm, the length of the gradient before clipping (NaN if there was none to compute),
    and clipped, whether a limit was exceeded.

    Raises
    ------
    RecipeError : a word or number that cannot work
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
        rng = random_stream(self.recipe.seed, "initialization")
        initialize = {"identity": identity, "orthogonal": orthogonal}[initialization]
        self._join(
            {
                "input.weight": xavier_normal(self.n_inputs, self.n_units, rng),
                "recurrent.weight": initialize(self.n_units, rng, gain),
                "recurrent.bias": np.zeros(self.n_units),
                "output.weight": xavier_normal(self.n_units, self.n_outputs, rng),
                "output.bias": np.zeros(self.n_outputs),
            }
        )
        shapes = [array.shape for array in self._parameters.values()]
        self.optimizer = optimizer_for(self.recipe, self._flat_parameters, shapes)
        self.hidden_states = self.hidden_gradients = None
        self.gradient_norm, self.clipped = float("nan"), False

    def _join(self, named):
        """Put all parameters into one vector and all gradients into another; the named arrays are views of them."""
        self._flat_parameters = np.concatenate([array.ravel() for array in named.values()]).astype(self.dtype)
        self._flat_gradients = np.zeros_like(self._flat_parameters)
        ends = np.cumsum([array.size for array in named.values()])[:-1]
        self._parameters, self._gradients = (
            {name: part.reshape(named[name].shape) for name, part in zip(named, np.split(flat, ends), strict=True)}
            for flat in (self._flat_parameters, self._flat_gradients)
        )

    def parameters(self):
        """Copies of the trained arrays: "input.weight" U (n_inputs, n_units), "recurrent.weight" W (n_units, n_units),
        "recurrent.bias" b (n_units,), "output.weight" V (n_units, n_outputs), "output.bias" c (n_outputs,)."""
        return {name: array.copy() for name, array in self._parameters.items()}

    def load_parameters(self, named):
        """Set all trained arrays. A name or shape that does not fit is an ArrayError, and nothing is changed."""
        arrays = check_named(named, {name: array.shape for name, array in self._parameters.items()})
        for name, array in self._parameters.items():
            array[...] = arrays[name]

    def outputs(self, x):
        """x (batch, steps, n_inputs) -> (batch, n_outputs), or (batch, steps, n_outputs) with every_step."""
        x = check_sequences(x, self.n_inputs, self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            return self._outputs(self._forward(_time_first(x, self.dtype)))

    def loss_and_gradients(self, x, targets):
        """The loss and {name: gradient}; also sets hidden_states and hidden_gradients.

        Parameters
        ----------
        x : (batch, steps, n_inputs)
        targets : numbers of the outputs' shape for "mean_squared_error", or class labels, of that shape without its
            last axis, for "softmax_cross_entropy"

        Raises
        ------
        ArrayError : wrong shape, not numbers, not finite
        """
        with np.errstate(over="ignore", invalid="ignore"):
            x, targets = self._checked(x, targets)
            loss, states, output_gradients = self._loss(x, targets)
            self.hidden_gradients = self._backward(x, states, output_gradients)
        self.hidden_states = states[1:]
        return loss, {name: gradient.copy() for name, gradient in self._gradients.items()}

    def train_step(self, x, targets):
        """One update of all parameters; returns the loss before it. A loss that is not finite makes no update."""
        with np.errstate(over="ignore", invalid="ignore"):  # exploding is what this network is for: no warnings
            x, targets = self._checked(x, targets)
            loss, states, output_gradients = self._loss(x, targets)
            self.gradient_norm, self.clipped = float("nan"), False
            if np.isfinite(loss):
                self._backward(x, states, output_gradients)
                self._clip()
                self.optimizer.step(self._flat_gradients)
        return loss

    def _clip(self):
        """Clip all gradients together, in place: single entries first if both limits are set."""
        recipe = self.recipe
        self.gradient_norm = float(np.linalg.norm(self._flat_gradients.astype(np.float64)))  # float32 squares overflow
        if recipe.clip_value is not None:
            self.clipped = clip_by_value(self._flat_gradients, recipe.clip_value) > 0
        if recipe.clip_norm is not None:
            self.clipped |= clip_by_norm(self._flat_gradients, recipe.clip_norm) > recipe.clip_norm

    def _forward(self, x):
        """x (steps, batch, n_inputs) -> states (steps + 1, batch, n_units), h_0 to h_T."""
        function = {"tanh": activations.tanh, "relu": activations.relu, "linear": lambda z: z}[self.activation]
        weight = self._parameters["recurrent.weight"]
        sums = x @ self._parameters["input.weight"] + self._parameters["recurrent.bias"]  # x_t U + b, all t at once
        states = np.zeros((len(x) + 1, *sums.shape[1:]), self.dtype)
        for t in range(1, len(states)):
            states[t] = function(sums[t - 1] + states[t - 1] @ weight)  # h_t = f(x_t U + b + h_{t-1} W)
        return states

    def _outputs(self, states):
        seen = states[1:].transpose(1, 0, 2) if self.every_step else states[-1]
        return seen @ self._parameters["output.weight"] + self._parameters["output.bias"]  # y = h V + c

    def _loss(self, x, targets):
        """The loss, the states, and dL/dy in the outputs' shape."""
        states = self._forward(x)
        outputs = self._outputs(states)
        rows = outputs.reshape(-1, self.n_outputs)
        if self.loss == "mean_squared_error":
            loss_of, gradient_of, targets = mean_squared_error, mean_squared_error_gradient, targets.reshape(rows.shape)
        else:
            loss_of, gradient_of, targets = softmax_cross_entropy, softmax_cross_entropy_gradient, targets.ravel()
        return loss_of(rows, targets), states, gradient_of(rows, targets).reshape(outputs.shape)

    def _backward(self, x, states, output_gradients):
        """Back-propagation through time, Werbos 1990: fills the gradients and returns dL/dh (steps, batch, n_units)."""
        weights, gradients = self._parameters, self._gradients
        from_outputs = output_gradients @ weights["output.weight"].T  # dL/dy V^T
        hidden = np.zeros_like(states[1:])  # dL/dh_t: starts with what step t's own output asks for
        if self.every_step:
            hidden += from_outputs.transpose(1, 0, 2)
        else:
            hidden[-1] = from_outputs
        sums = np.empty_like(hidden)  # dL/dz_t, z_t = x_t U + h_{t-1} W + b
        slopes = self._slopes(states[1:])
        from_later = 0.0
        for t in reversed(range(len(hidden))):
            hidden[t] += from_later  # dL/dh_t = dL/dy_t V^T + dL/dz_{t+1} W^T
            sums[t] = hidden[t] * slopes[t]  # dL/dz_t = dL/dh_t f'(z_t)
            from_later = sums[t] @ weights["recurrent.weight"].T
        # Every step used the same U, W and b: their gradients are sums over the steps, as over the batch.
        gradients["input.weight"][...] = _rows(x).T @ _rows(sums)  # dL/dU = sum over t of x_t^T dL/dz_t
        gradients["recurrent.weight"][...] = _rows(states[:-1]).T @ _rows(sums)  # dL/dW = sum of h_{t-1}^T dL/dz_t
        gradients["recurrent.bias"][...] = _rows(sums).sum(axis=0)  # dL/db = sum of dL/dz_t
        seen = states[1:].transpose(1, 0, 2) if self.every_step else states[-1]
        gradients["output.weight"][...] = _rows(seen).T @ _rows(output_gradients)  # dL/dV = sum of h^T dL/dy
        gradients["output.bias"][...] = _rows(output_gradients).sum(axis=0)  # dL/dc = sum of dL/dy
        return hidden

    def _slopes(self, states):
        """f'(z_t) read off h_t = f(z_t): 1 - h**2 for tanh, 1 where h > 0 for ReLU, 1 for the linear network."""
        if self.activation == "tanh":
            return 1 - states**2
        return activations.relu_derivative(states) if self.activation == "relu" else np.ones_like(states)

    def _checked(self, x, targets):
        x = check_sequences(x, self.n_inputs, self.dtype)
        steps = x.shape[:2] if self.every_step else x.shape[:1]
        if self.loss == "mean_squared_error":
            targets = check_targets(targets, (*steps, self.n_outputs), self.dtype).astype(self.dtype)
        else:
            targets = check_step_labels(targets, steps, self.n_outputs)
        return _time_first(x, self.dtype), targets


def _time_first(x, dtype):
    """(batch, steps, n) -> (steps, batch, n) as one block: each step's matrix then lies together in memory."""
    return np.ascontiguousarray(x.transpose(1, 0, 2), dtype=dtype)


def _rows(array):
    """(..., n) -> (rows, n): steps and batch as one axis."""
    return array.reshape(-1, array.shape[-1])
