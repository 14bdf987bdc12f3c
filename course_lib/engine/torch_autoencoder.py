"""What `pretraining` needs of PyTorch: the lesson's autoencoder, and tensors on the device."""

from typing import Any

import numpy as np
import torch

from course_lib.engine.torch_trained import TrainedLayer, choose_device, to_tensors
from course_lib.pytorch.autoencoder import Autoencoder
from course_lib.recipe import Recipe

__all__ = ["TrainedAutoencoder", "choose_device", "join", "place", "take", "to_array"]


class TrainedAutoencoder(TrainedLayer):
    """An `Autoencoder` module with its optimizer.

    Parameters
    ----------
    parameters, activation, recipe, dtype : as in `course_lib.engine.numpy_autoencoder`
    device : torch.device
    """

    def __init__(self, parameters: dict, activation: str, recipe: Recipe, dtype: str, device: Any) -> None:
        layer = Autoencoder(to_tensors(parameters, dtype), activation).to(device)
        super().__init__(layer, dict(layer.named_parameters()), recipe, dtype)

    @torch.no_grad()
    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer.encode(x)

    @torch.no_grad()
    def reconstruct(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer.decode(self.layer.encode(x))

    def loss(self, x: torch.Tensor) -> float:
        self._loss = self.layer.loss(x)
        return self._loss.item()

    def backward(self) -> None:
        self.differentiate(self._loss)


def place(x: np.ndarray, dtype: str, device: Any) -> torch.Tensor:
    """x as it is computed with."""
    return torch.as_tensor(np.array(x, dtype, copy=True), device=device)


def take(x: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
    """These rows of what was placed."""
    return x[torch.as_tensor(rows, device=x.device)]


def join(parts: list[torch.Tensor]) -> torch.Tensor:
    """Parts, one below the other."""
    return torch.cat(parts)


def to_array(x: torch.Tensor) -> np.ndarray:
    """What was placed or computed, as a NumPy array."""
    return x.cpu().numpy()
