"""What `recurrent_network` needs of NumPy: the lesson's layer on flat vectors, with an optimizer."""

import numpy as np

from course_lib.engine.numpy_optimizers import optimizer_for
from course_lib.recipe import Recipe
from course_lib.scratch import losses
from course_lib.scratch.recurrent import Recurrent


class TrainedRecurrent:
    """A `Recurrent` whose parameters are views of one vector and whose gradients are views of another.

    Parameters
    ----------
    parameters : {name: array}, as the layer takes them
    activation, every_step : as for the layer
    loss : name of a function in `losses`
    recipe : names the optimizer and its learning rate
    dtype : "float32" or "float64"

    gradients : all of them together, as the lesson on clipping takes them
    """

    def __init__(
        self, parameters: dict, activation: str, every_step: bool, loss: str, recipe: Recipe, dtype: str
    ) -> None:
        flat = np.concatenate([array.ravel() for array in parameters.values()]).astype(dtype)
        self.gradients = np.zeros_like(flat)
        shapes = {name: array.shape for name, array in parameters.items()}
        self.layer = Recurrent(_views(flat, shapes), activation, every_step)
        self.layer.gradients = _views(self.gradients, shapes)
        self.loss_of, self.loss_gradient_of = getattr(losses, loss), getattr(losses, f"{loss}_gradient")
        self.optimizer = optimizer_for(recipe, flat, list(shapes.values()))

    def parameters(self) -> dict[str, np.ndarray]:
        return {name: array.copy() for name, array in self.layer.parameters.items()}

    def load(self, arrays: dict[str, np.ndarray]) -> None:
        for name, array in self.layer.parameters.items():
            array[...] = arrays[name]

    def outputs(self, x: np.ndarray) -> np.ndarray:
        return self.layer.forward(x)

    def loss(self, x: np.ndarray, targets: np.ndarray, with_states: bool = False) -> float:
        """The loss; targets (rows, n_outputs) or (rows,). The layer keeps its states in any case."""
        outputs = self.layer.forward(x)
        rows = outputs.reshape(-1, outputs.shape[-1])
        self._output_gradient = self.loss_gradient_of(rows, targets).reshape(outputs.shape)
        return self.loss_of(rows, targets)

    def backward(self) -> None:
        self.layer.backward(self._output_gradient)

    def hidden(self) -> tuple[np.ndarray, np.ndarray]:
        """The states h_1 to h_T and their gradients, both (steps, batch, n_units)."""
        return self.layer.states[1:], self.layer.hidden_gradients

    def named_gradients(self) -> dict[str, np.ndarray]:
        return {name: gradient.copy() for name, gradient in self.layer.gradients.items()}

    def gradient_norm(self) -> float:
        return float(np.linalg.norm(self.gradients.astype(np.float64)))  # float32 squares overflow

    def step(self) -> None:
        self.optimizer.step(self.gradients)


def _views(flat, shapes):
    """{name: the part of `flat` that is this array}: the optimizer then works on one vector."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])[:-1]
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), np.split(flat, ends), strict=True)}
