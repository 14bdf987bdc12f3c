"""Networks in NumPy: the layers of `course_lib.scratch`, with one flat vector of parameters and one of gradients.

The layers hold views of the flat vectors. The lesson files stay formulas on matrices, while the optimizer, clipping and
the penalties are single passes over memory.
"""

from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from course_lib.engine.network import RecipeNetwork
from course_lib.engine.numpy_optimizers import optimizer_for
from course_lib.scratch import clipping, regularizers
from course_lib.scratch.dense import Dense
from course_lib.scratch.dropout import Dropout
from course_lib.scratch.losses import softmax, softmax_cross_entropy, softmax_cross_entropy_gradient
from course_lib.scratch.residual import Residual

EVALUATION_BATCH = 2000  # examples per forward pass in evaluation: bounds the memory


class Network(RecipeNetwork):
    """A `RecipeNetwork` in NumPy; `device` is "auto" or "cpu".

    layers : [("dense1", Dense), ...], what a signal walks through; leaves : the same, with the layers inside a residual
    connection in its place. flat_parameters, flat_gradients : all that moves, weights first; flat_weights and
    flat_weight_gradients are the first part of each.
    """

    lessons, clipping, regularizers = "course_lib.scratch", clipping, regularizers

    def _choose_device(self, device, dtype):
        if device not in ("auto", "cpu"):
            raise ValueError(f"device is {device!r}; the NumPy engine uses the CPU. Others: engine='torch'.")
        return "cpu"

    def _assemble(self):
        pass  # the layers are the network

    def _use(self, n_still):
        self._n_still_leaves = n_still
        self._join_parameters(n_still)
        for place, (_, layer) in enumerate(self.leaves):
            if isinstance(layer, Dense):  # what comes into the first layer that moves is no output of one that learns
                layer.needs_input_gradient = place > n_still or isinstance(self.layers[self.n_still][1], Residual)
        self.optimizer = optimizer_for(self.recipe, self.flat_parameters, self._shapes)

    def _join_parameters(self, n_still):
        """Put what moves into one vector, weights first, and hand every layer views of its own part.

        The first `n_still` of `leaves` stand still: their parameters stay outside, in arrays of their own.
        """
        for _, layer in self.leaves[:n_still]:
            for name, value in layer.parameters.items():
                layer.parameters[name] = value.copy()
        self._moving_layers = self.leaves[n_still:]
        slots = [(layer, name) for _, layer in self._moving_layers for name in layer.parameters]
        ordered = sorted(slots, key=lambda slot: slot[1] != "weight")  # sorted() keeps the order otherwise
        sizes = [layer.parameters[name].size for layer, name in ordered]
        self._shapes = [layer.parameters[name].shape for layer, name in ordered]
        parameters, gradients = np.empty(sum(sizes), self.dtype), np.zeros(sum(sizes), self.dtype)
        start = 0
        for (layer, name), size in zip(ordered, sizes, strict=True):
            value = layer.parameters[name]
            for flat, views in ((parameters, layer.parameters), (gradients, layer.gradients)):
                views[name] = flat[start : start + size].reshape(value.shape)
            layer.parameters[name][...] = value
            start += size
        n_weights = sum(layer.parameters[name].size for layer, name in ordered if name == "weight")
        self.flat_parameters, self.flat_weights = parameters, parameters[:n_weights]
        self.flat_gradients, self.flat_weight_gradients = gradients, gradients[:n_weights]

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Of a copy (copy, pickle, joblib): its layers are joined again, each to its part of the copy's own vectors."""
        self.__dict__.update(state)
        gradients = [(layer.gradients, dict(layer.gradients)) for _, layer in self._moving_layers]
        self._join_parameters(self._n_still_leaves)
        for views, before in gradients:
            for name, gradient in before.items():
                views[name][...] = gradient
        self.optimizer.attach(self.flat_parameters)

    def _slots(self):
        return {
            f"{layer_name}.{name}": array
            for layer_name, layer in self.leaves
            for name, array in layer.parameters.items()
        }

    def _statistics(self):
        return {
            f"{layer_name}.{name}": statistic
            for layer_name, layer in self.leaves
            for name, statistic in getattr(layer, "statistics", {}).items()
        }

    def _moving(self):
        return {
            f"{layer_name}.{name}": layer.gradients[name]
            for layer_name, layer in self._moving_layers
            for name in layer.parameters
        }

    def _weights(self):
        return [self.flat_weights]

    def _bounded(self):
        hidden = self._moving_layers[:-1]
        return [layer.parameters["weight"] for _, layer in hidden if isinstance(layer, Dense)]

    def _gradients(self):
        return self.flat_gradients

    def _gradient_of(self, name):
        return self._moving()[name].copy()

    def _to_array(self, slot):
        return slot.copy()

    def _shape(self, slot):
        return slot.shape

    def _set(self, slot, array):
        slot[...] = array

    def _undisturbed(self) -> AbstractContextManager:
        return np.errstate(under="ignore")  # exp of a large negative number is 0, and meant to be

    def place(self, x: Any, labels: Any = None) -> tuple[Any, Any]:
        """x and labels as arrays of this network's dtype, and of whole numbers."""
        return np.asarray(x, self.dtype), None if labels is None else np.asarray(labels, np.int64)

    def take(self, array: np.ndarray, indices: np.ndarray) -> np.ndarray:
        """Rows of a placed array."""
        return array.take(indices, axis=0)

    def _in_parts(self, function, *arrays):
        starts = range(0, len(arrays[0]), EVALUATION_BATCH)
        return [function(*(array[start : start + EVALUATION_BATCH] for array in arrays)) for start in starts]

    def _forward_evaluating(self, x, last=None):
        for _, layer in self.layers[:last]:
            x = layer.forward(x, False)
        return x

    def _logits_dropping(self, x, *masks):
        return _forward_dropping([layer for _, layer in self.layers], x, iter(masks))

    def _as_array(self, outputs):
        return outputs

    def _probabilities(self, parts):
        return softmax(np.concatenate(parts).astype(np.float64))

    def _loss_and_correct(self, x, labels):
        logits = self._forward_evaluating(x)
        return softmax_cross_entropy(logits, labels) * len(x), int((logits.argmax(axis=1) == labels).sum())

    def _data_loss(self, x, labels):
        for place, (_, layer) in enumerate(self.layers):
            x = layer.forward(x, place >= self.n_still)
        self._logits, self._labels = x, labels
        return softmax_cross_entropy(x, labels, self.recipe.label_smoothing)

    def _backward(self, loss):
        gradient = softmax_cross_entropy_gradient(self._logits, self._labels, self.recipe.label_smoothing)
        for _, layer in reversed(self.layers[self.n_still :]):
            gradient = layer.backward(gradient)
        for _, penalty_gradient, strength in self._penalties():
            self.flat_weight_gradients += penalty_gradient(self.flat_weights, strength)

    def _step(self):
        self.optimizer.step(self.flat_gradients)


def _forward_dropping(layers, x, masks):
    for layer in layers:
        if isinstance(layer, Dropout):
            x = x * next(masks).astype(x.dtype)
        elif isinstance(layer, Residual):
            x = x + _forward_dropping(layer.inside.layers, x, masks)
        else:
            x = layer.forward(x, False)
    return x
