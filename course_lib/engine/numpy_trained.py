"""A lesson's layer that is trained alone, in NumPy: its arrays in two flat vectors, and an optimizer."""

from typing import Any

import numpy as np

from course_lib.engine.numpy_optimizers import optimizer_for
from course_lib.recipe import Recipe


def choose_device(device: str, dtype: str) -> str:
    """The CPU, for "auto" and "cpu"; a ValueError for anything else."""
    if device not in ("auto", "cpu"):
        raise ValueError(f"device is {device!r}; the NumPy engine uses the CPU. Others: engine='torch'.")
    return "cpu"


class TrainedLayer:
    """A layer whose parameters are made views of one vector and whose gradients are made views of another.

    Parameters
    ----------
    layer : has `parameters` and `gradients`, {name: array}, and `backward`, which fills them
    recipe : names the optimizer and its learning rate
    dtype : "float32" or "float64"

    gradients : all of them together, as the lesson on clipping takes them
    """

    def __init__(self, layer: Any, recipe: Recipe, dtype: str) -> None:
        self.layer, self.dtype = layer, dtype
        flat, shapes = self._join()
        self.optimizer = optimizer_for(recipe, flat, list(shapes.values()))

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Of a copy: its arrays are joined again, and the optimizer changes the copy's own."""
        self.__dict__.update(state)
        flat, _ = self._join()
        self.optimizer.attach(flat)

    def _join(self):
        """(the vector of all parameters, {name: shape}); the layer then has views of it, and of the gradients'."""
        flat = np.concatenate([array.ravel() for array in self.layer.parameters.values()]).astype(self.dtype)
        self.gradients = np.zeros_like(flat)
        shapes = {name: array.shape for name, array in self.layer.parameters.items()}
        self.layer.parameters, self.layer.gradients = _views(flat, shapes), _views(self.gradients, shapes)
        return flat, shapes

    def parameters(self) -> dict[str, np.ndarray]:
        return {name: array.copy() for name, array in self.layer.parameters.items()}

    def load(self, arrays: dict[str, np.ndarray]) -> None:
        for name, array in self.layer.parameters.items():
            array[...] = arrays[name]

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
