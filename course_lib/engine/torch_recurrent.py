"""What `recurrent_network` needs of PyTorch: the lesson's module, with an optimizer."""

import numpy as np
import torch

from course_lib.engine.torch_optimizers import optimizer_for
from course_lib.pytorch import losses
from course_lib.pytorch.recurrent import Recurrent
from course_lib.recipe import Recipe


class TrainedRecurrent:
    """A `Recurrent` module with its optimizer. Arrays come in and go out as NumPy's, weights as (fan_in, fan_out).

    Parameters
    ----------
    parameters, activation, every_step, loss, recipe, dtype : as in `course_lib.engine.numpy_recurrent`

    gradients : after `backward`, all of them together, as the lesson on clipping takes them
    """

    def __init__(
        self, parameters: dict, activation: str, every_step: bool, loss: str, recipe: Recipe, dtype: str
    ) -> None:
        tensors = {name: torch.from_numpy(np.array(array, dtype)) for name, array in parameters.items()}
        self.layer = Recurrent(tensors, activation, every_step)
        self.slots = {name: self.layer.get_parameter(place) for name, place in self.layer.named.items()}
        self.loss_of = getattr(losses, loss)
        slots = list(self.slots.values())
        self.optimizer = optimizer_for(recipe, slots, [slot for slot in slots if slot.ndim == 2])
        self.dtype = dtype

    def parameters(self) -> dict[str, np.ndarray]:
        return {name: _to_numpy(slot) for name, slot in self.slots.items()}

    @torch.no_grad()
    def load(self, arrays: dict[str, np.ndarray]) -> None:
        for name, slot in self.slots.items():
            slot.copy_(torch.from_numpy(np.array(arrays[name].T, copy=True)))

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
        self.optimizer.zero_grad(set_to_none=False)
        self._loss.backward()
        for slot in self.slots.values():
            if slot.grad is None:  # after a single step from h_0 = 0, W has taken no part
                slot.grad = torch.zeros_like(slot)
        self.gradients = [slot.grad for slot in self.slots.values()]

    def hidden(self) -> tuple[np.ndarray, np.ndarray]:
        """The states h_1 to h_T and their gradients, both (steps, batch, n_units), after `loss` with_states."""
        states, gradients = self._states, [state.grad for state in self._states]
        return torch.cat(states).detach().numpy(), torch.cat(gradients).numpy()

    def named_gradients(self) -> dict[str, np.ndarray]:
        return {name: _to_numpy(slot.grad) for name, slot in self.slots.items()}

    def gradient_norm(self) -> float:
        return float(torch.nn.utils.get_total_norm([gradient.double() for gradient in self.gradients]))

    def step(self) -> None:
        self.optimizer.step()

    def _tensor(self, array):
        return torch.from_numpy(np.array(array, self.dtype, copy=True))


def _to_numpy(tensor):
    """A copy as a NumPy array; matrices are transposed, from PyTorch's (fan_out, fan_in) to (fan_in, fan_out)."""
    array = tensor.detach().numpy()
    return array.T.copy() if array.ndim == 2 else array.copy()
