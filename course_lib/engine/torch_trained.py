"""A lesson's module that is trained alone, in PyTorch: its arrays under the course's names, and an optimizer."""

from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.engine.device import choose_device
from course_lib.engine.torch_arrays import to_numpy
from course_lib.engine.torch_optimizers import optimizer_for
from course_lib.recipe import Recipe

__all__ = ["TrainedLayer", "choose_device", "to_tensors"]


def to_tensors(arrays: dict[str, np.ndarray], dtype: str) -> dict[str, torch.Tensor]:
    """The same names, with tensors of this dtype on the CPU."""
    return {name: torch.from_numpy(np.array(array, dtype)) for name, array in arrays.items()}


class TrainedLayer:
    """A module with its optimizer. Arrays come in and go out as NumPy's, weights as (fan_in, fan_out).

    Parameters
    ----------
    layer : nn.Module
    slots : {the course's name: parameter of the module, a matrix as (fan_out, fan_in)}
    recipe : names the optimizer and its learning rate
    dtype : "float32" or "float64"

    gradients : after `differentiate`, all of them together, as the lesson on clipping takes them
    """

    def __init__(self, layer: nn.Module, slots: dict[str, nn.Parameter], recipe: Recipe, dtype: str) -> None:
        self.layer, self.slots, self.dtype = layer, slots, dtype
        self.gradients = []
        weights = [slot for slot in slots.values() if slot.ndim == 2]
        self.optimizer = optimizer_for(recipe, list(slots.values()), weights)

    def __getstate__(self) -> dict[str, Any]:
        """For a copy: without what the last loss was computed from, which no copy can have."""
        return {name: value for name, value in self.__dict__.items() if name not in ("_loss", "_states")}

    def parameters(self) -> dict[str, np.ndarray]:
        return {name: to_numpy(slot) for name, slot in self.slots.items()}

    @torch.no_grad()
    def load(self, arrays: dict[str, np.ndarray]) -> None:
        for name, slot in self.slots.items():
            slot.copy_(torch.from_numpy(np.array(arrays[name].T, copy=True)))

    def named_gradients(self) -> dict[str, np.ndarray]:
        return {name: to_numpy(slot.grad) for name, slot in self.slots.items()}

    def gradient_norm(self) -> float:
        return float(torch.nn.utils.get_total_norm([gradient.double() for gradient in self.gradients]))

    def step(self) -> None:
        self.optimizer.step()

    def differentiate(self, loss: torch.Tensor) -> None:
        """Fill the gradients of all parameters; 0 where one has taken no part in the loss."""
        self.optimizer.zero_grad()
        loss.backward()
        for slot in self.slots.values():
            if slot.grad is None:
                slot.grad = torch.zeros_like(slot)
        self.gradients = [slot.grad for slot in self.slots.values()]
