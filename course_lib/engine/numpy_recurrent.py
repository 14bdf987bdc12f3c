"""What `recurrent_network` needs of NumPy: the lesson's layer with a loss."""

import numpy as np

from course_lib.engine.numpy_trained import TrainedLayer
from course_lib.recipe import Recipe
from course_lib.scratch import losses
from course_lib.scratch.recurrent import Recurrent


class TrainedRecurrent(TrainedLayer):
    """A `Recurrent` layer with its loss and its optimizer.

    Parameters
    ----------
    parameters : {name: array}, as the layer takes them
    activation, every_step : as for the layer
    loss : name of a function in `losses`
    recipe, dtype : as for `TrainedLayer`
    """

    def __init__(
        self, parameters: dict, activation: str, every_step: bool, loss: str, recipe: Recipe, dtype: str
    ) -> None:
        super().__init__(Recurrent(parameters, activation, every_step), recipe, dtype)
        self.loss_of, self.loss_gradient_of = getattr(losses, loss), getattr(losses, f"{loss}_gradient")

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
