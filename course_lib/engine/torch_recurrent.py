"""What `recurrent_network` needs of PyTorch: the lesson's module with a loss."""

import numpy as np
import torch

from course_lib.engine.torch_trained import TrainedLayer, to_tensors
from course_lib.pytorch import losses
from course_lib.pytorch.recurrent import Recurrent
from course_lib.recipe import Recipe


class TrainedRecurrent(TrainedLayer):
    """A `Recurrent` module with its loss and its optimizer.

    Parameters
    ----------
    parameters, activation, every_step, loss, recipe, dtype : as in `course_lib.engine.numpy_recurrent`
    """

    def __init__(
        self, parameters: dict, activation: str, every_step: bool, loss: str, recipe: Recipe, dtype: str
    ) -> None:
        layer = Recurrent(to_tensors(parameters, dtype), activation, every_step)
        slots = {name: layer.get_parameter(place) for name, place in layer.named.items()}
        super().__init__(layer, slots, recipe, dtype)
        self.loss_of = getattr(losses, loss)

    @torch.no_grad()
    def outputs(self, x: np.ndarray) -> np.ndarray:
        return self.layer(self._tensor(x)).numpy()

    def loss(self, x: np.ndarray, targets: np.ndarray, with_states: bool = False) -> float:
        """The loss; targets (rows, n_outputs) or (rows,). with_states : keep the states' gradients, for `hidden`."""
        x = self._tensor(x)
        if with_states:
            self._states = self.layer.step_by_step(x)
            for state in self._states:
                state.retain_grad()
        outputs = self.layer.outputs(self._states) if with_states else self.layer(x)
        rows = outputs.reshape(-1, outputs.shape[-1])
        self._loss = self.loss_of(rows, torch.from_numpy(np.array(targets, copy=True)))
        return self._loss.item()

    def backward(self) -> None:
        self.differentiate(self._loss)

    def hidden(self) -> tuple[np.ndarray, np.ndarray]:
        """The states h_1 to h_T and their gradients, both (steps, batch, n_units), after `loss` with_states."""
        states, gradients = self._states, [state.grad for state in self._states]
        return torch.cat(states).detach().numpy(), torch.cat(gradients).numpy()

    def _tensor(self, array):
        return torch.from_numpy(np.array(array, self.dtype, copy=True))
