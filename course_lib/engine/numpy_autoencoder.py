"""What `pretraining` needs of NumPy: the lesson's autoencoder, and arrays as it takes them."""

import numpy as np

from course_lib.engine.numpy_trained import TrainedLayer, choose_device
from course_lib.recipe import Recipe
from course_lib.scratch.autoencoder import Autoencoder

__all__ = ["TrainedAutoencoder", "choose_device", "join", "place", "take", "to_array"]


class TrainedAutoencoder(TrainedLayer):
    """An `Autoencoder` with its optimizer.

    Parameters
    ----------
    parameters : {name: array}, as the autoencoder takes them
    activation : as for the autoencoder
    recipe, dtype : as for `TrainedLayer`
    device : "cpu"
    """

    def __init__(self, parameters: dict, activation: str, recipe: Recipe, dtype: str, device: str) -> None:
        super().__init__(Autoencoder(parameters, activation), recipe, dtype)

    def encode(self, x: np.ndarray) -> np.ndarray:
        return self.layer.encode(x)

    def reconstruct(self, x: np.ndarray) -> np.ndarray:
        return self.layer.decode(self.layer.encode(x))

    def loss(self, x: np.ndarray) -> float:
        return self.layer.loss(x)

    def backward(self) -> None:
        self.layer.backward()


def place(x: np.ndarray, dtype: str, device: str) -> np.ndarray:
    """x as it is computed with."""
    return np.asarray(x, dtype)


def take(x: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """These rows of what was placed."""
    return x[rows]


def join(parts: list[np.ndarray]) -> np.ndarray:
    """Parts, one below the other."""
    return np.concatenate(parts)


def to_array(x: np.ndarray) -> np.ndarray:
    """What was placed or computed, as a NumPy array."""
    return x
