"""A recurrent network with what trains it, for both libraries: words, checks, targets, clipping, parameters.

The network itself is a lesson, `scratch/recurrent.py` and `pytorch/recurrent.py`. What differs between the libraries
besides is in `numpy_recurrent` and `torch_recurrent`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from course_lib.arrays import check_dtype, check_named, check_sequences, check_step_labels, check_targets
from course_lib.engine import numpy_recurrent
from course_lib.engine.back_ends import ENGINES, lesson, torch_machinery
from course_lib.recipe import Recipe, check_choice, check_count, check_flag, check_number, random_stream

ACTIVATIONS = ("tanh", "relu", "linear")
INITIALIZATIONS = ("identity", "orthogonal")
LOSSES = ("mean_squared_error", "softmax_cross_entropy")


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
    engine : "numpy" or "torch"; both start from the same parameters

    At the methods' boundary all arrays are NumPy arrays; weights are (fan_in, fan_out).
    After `loss_and_gradients`: hidden_states and hidden_gradients, (steps, batch, n_units), h_t and dL/dh_t.
    After `train_step`: gradient_norm, the length of the gradient before clipping (NaN if there was none to compute),
    and clipped, whether a limit was exceeded.

    Raises
    ------
    RecipeError : a word or number that cannot work
    """

    def __init__(
        self,
        n_inputs: int,
        n_units: int,
        n_outputs: int,
        activation: str = "tanh",
        initialization: str = "orthogonal",
        gain: float = 1.0,
        loss: str = "mean_squared_error",
        every_step: bool = False,
        optimizer: str = "gradient_descent",
        learning_rate: float = 0.01,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        seed: int = 0,
        dtype: str = "float64",
        engine: str = "numpy",
    ):
        sizes = {"n_inputs": n_inputs, "n_units": n_units, "n_outputs": n_outputs}
        self.n_inputs, self.n_units, self.n_outputs = (check_count(name, size, 1) for name, size in sizes.items())
        check_choice("activation", activation, ACTIVATIONS)
        check_choice("initialization", initialization, INITIALIZATIONS)
        check_choice("loss", loss, LOSSES)
        check_choice("engine", engine, ENGINES)
        gain = check_number("gain", gain, lambda value: value >= 0, "a finite number, 0 or more")
        self.recipe = Recipe(
            optimizer=optimizer, learning_rate=learning_rate, clip_norm=clip_norm, clip_value=clip_value, seed=seed
        )
        self.every_step = check_flag("every_step", every_step)
        self.activation, self.loss, self.dtype = activation, loss, check_dtype(dtype)
        self.engine = engine
        library = numpy_recurrent if engine == "numpy" else torch_machinery("torch_recurrent")
        self.trained = library.TrainedRecurrent(
            self._drawn(engine, initialization, gain), activation, every_step, loss, self.recipe, self.dtype
        )
        self.hidden_states = self.hidden_gradients = None
        self.gradient_norm, self.clipped = float("nan"), False

    def _drawn(self, engine, initialization, gain):
        """The first parameters, float64."""
        initialize, xavier = getattr(lesson(engine, "recurrent"), initialization), lesson(engine, "initializers")
        rng = random_stream(self.recipe.seed, "initialization")
        return {
            "input.weight": np.asarray(xavier.xavier_normal(self.n_inputs, self.n_units, rng)),
            "recurrent.weight": np.asarray(initialize(self.n_units, rng, gain)),
            "recurrent.bias": np.zeros(self.n_units),
            "output.weight": np.asarray(xavier.xavier_normal(self.n_units, self.n_outputs, rng)),
            "output.bias": np.zeros(self.n_outputs),
        }

    @property
    def optimizer(self) -> Any:
        """What makes a step of a gradient; its `learning_rate` can be set."""
        return self.trained.optimizer

    def parameters(self) -> dict[str, np.ndarray]:
        """Copies of the trained arrays: "input.weight" U (n_inputs, n_units), "recurrent.weight" W (n_units, n_units),
        "recurrent.bias" b (n_units,), "output.weight" V (n_units, n_outputs), "output.bias" c (n_outputs,)."""
        return self.trained.parameters()

    def load_parameters(self, named: Mapping[str, Any]) -> None:
        """Set all trained arrays. A name or shape that does not fit is an ArrayError, and nothing is changed."""
        shapes = {name: array.shape for name, array in self.parameters().items()}
        self.trained.load(check_named(named, shapes))

    def outputs(self, x: Any) -> np.ndarray:
        """x (batch, steps, n_inputs) -> (batch, n_outputs), or (batch, steps, n_outputs) with every_step."""
        x = self._checked_inputs(x)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return self.trained.outputs(x)

    def loss_and_gradients(self, x: Any, targets: Any) -> tuple[float, dict[str, np.ndarray]]:
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
        x, targets = self._checked(x, targets)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            loss = self.trained.loss(x, targets, with_states=True)
            self.trained.backward()
        self.hidden_states, self.hidden_gradients = self.trained.hidden()
        return loss, self.trained.named_gradients()

    def train_step(self, x: Any, targets: Any) -> float:
        """One update of all parameters; returns the loss before it. A loss that is not finite makes no update."""
        x, targets = self._checked(x, targets)
        with np.errstate(
            over="ignore", under="ignore", invalid="ignore"
        ):  # exploding is what this network is for: no warnings
            loss = self.trained.loss(x, targets)
            self.gradient_norm, self.clipped = float("nan"), False
            if np.isfinite(loss):
                self.trained.backward()
                self._clip()
                self.trained.step()
        return loss

    def _clip(self):
        """Clip all gradients together, in place: single entries first if both limits are set."""
        recipe, gradients = self.recipe, self.trained.gradients
        self.gradient_norm = self.trained.gradient_norm()
        if recipe.clip_value is not None:
            self.clipped = lesson(self.engine, "clipping").clip_by_value(gradients, recipe.clip_value) > 0
        if recipe.clip_norm is not None:
            self.clipped |= lesson(self.engine, "clipping").clip_by_norm(gradients, recipe.clip_norm) > recipe.clip_norm

    def _checked_inputs(self, x):
        return check_sequences(x, self.n_inputs, self.dtype).astype(self.dtype, copy=False)

    def _checked(self, x, targets):
        """x as it is computed with, and the targets of all outputs as rows: (rows, n_outputs), or labels (rows,)."""
        x = self._checked_inputs(x)
        steps = x.shape[:2] if self.every_step else x.shape[:1]
        if self.loss == "mean_squared_error":
            targets = check_targets(targets, (*steps, self.n_outputs), self.dtype)
            return x, targets.astype(self.dtype).reshape(-1, self.n_outputs)
        return x, check_step_labels(targets, steps, self.n_outputs).astype(np.int64).ravel()
