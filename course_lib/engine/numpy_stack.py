"""Many small networks trained as one: every array gets one more axis, in front, that counts the networks.

A small network spends most of a training step in Python, between its matrix products. A stack does the products of all
its networks in one call: x (networks, batch, fan_in) @ weight (networks, fan_in, fan_out). The networks share nothing;
each gives the numbers that it gives alone. The formulas are those of dense.py, batch_norm.py and so on: read them there
first.
"""

import copy

import numpy as np

from course_lib.arrays import ArrayError, check_dtype, check_inputs, check_labels
from course_lib.engine.numpy_backend import Network
from course_lib.engine.numpy_optimizers import optimizer_for
from course_lib.engine.stack import EVALUATION_ROWS, check_shapes, checked_recipes, stack_layers
from course_lib.recipe import DECOUPLED_DECAY
from course_lib.scratch.activations import (
    PRELU_SLOPE,
    draw_slopes,
    prelu,
    prelu_derivative,
    prelu_slope_derivative,
    rrelu,
    rrelu_derivative,
)
from course_lib.scratch.dropout import draw_mask
from course_lib.scratch.losses import softmax


class StackedDense:
    """`dense.Dense` for many networks. The stack sets the weights, which it draws as each network alone does.

    parameters and gradients: {"weight": (networks, fan_in, fan_out), "bias": (networks, fan_out)}
    """

    def __init__(self, n_networks, fan_in, fan_out, bias=True, dtype="float32"):
        self.parameters = {"weight": np.zeros((n_networks, fan_in, fan_out), dtype)}
        if bias:
            self.parameters["bias"] = np.zeros((n_networks, fan_out), dtype)
        self.gradients = {name: np.zeros_like(parameter) for name, parameter in self.parameters.items()}
        self.needs_input_gradient = True  # the first layer has no layer below to send it to

    def forward(self, x, training=False):
        """x (networks, batch, fan_in), or (batch, fan_in) for all of them -> (networks, batch, fan_out)."""
        self.x = x
        outputs = x @ self.parameters["weight"]  # z = x W, network by network
        if "bias" in self.parameters:
            outputs += self.parameters["bias"][:, None]  # z = x W + b
        return outputs

    def backward(self, output_gradient):
        """dL/dz (networks, batch, fan_out) -> dL/dx, or None where it is not needed; fills `gradients`."""
        np.matmul(self.x.swapaxes(1, 2), output_gradient, out=self.gradients["weight"])  # dL/dW = x^T dL/dz
        if "bias" in self.parameters:
            np.sum(output_gradient, axis=1, out=self.gradients["bias"])  # dL/db = sum over the batch
        if not self.needs_input_gradient:
            return None
        return output_gradient @ self.parameters["weight"].swapaxes(1, 2)  # dL/dx = dL/dz W^T


class StackedBatchNorm:
    """`batch_norm.BatchNorm` for many networks; every array has the shape (networks, n_features)."""

    def __init__(self, n_networks, n_features, momentum=0.1, epsilon=1e-5, dtype="float32"):
        shape = (n_networks, n_features)
        self.momentum, self.epsilon = momentum, epsilon
        self.parameters = {"scale": np.ones(shape, dtype), "shift": np.zeros(shape, dtype)}
        self.gradients = {name: np.zeros(shape, dtype) for name in self.parameters}
        self.statistics = {"running_mean": np.zeros(shape, dtype), "running_variance": np.ones(shape, dtype)}

    def forward(self, x, training=False):
        """x (networks, batch, n_features) -> same shape. Training needs a batch of two or more."""
        if training:
            mean, variance = x.mean(axis=1), x.var(axis=1)
            self._update_statistics(mean, variance, x.shape[1])
        else:
            mean, variance = self.statistics["running_mean"], self.statistics["running_variance"]
        self.inverse_deviation = (1 / np.sqrt(variance + self.epsilon))[:, None]
        self.normalized = (x - mean[:, None]) * self.inverse_deviation
        return self.parameters["scale"][:, None] * self.normalized + self.parameters["shift"][:, None]

    def _update_statistics(self, mean, variance, batch_size):
        if batch_size < 2:
            raise ArrayError("A training batch has 1 example a network; batch normalization needs 2 or more.")
        unbiased = variance * (batch_size / (batch_size - 1))
        for name, new in (("running_mean", mean), ("running_variance", unbiased)):
            self.statistics[name] += self.momentum * (new - self.statistics[name])  # r <- (1 - m) r + m new

    def backward(self, output_gradient):
        """dL/dy -> dL/dx, both (networks, batch, n_features), after a forward pass in training mode."""
        self.gradients["scale"][...] = (output_gradient * self.normalized).sum(axis=1)
        self.gradients["shift"][...] = output_gradient.sum(axis=1)
        gradient = output_gradient * self.parameters["scale"][:, None]  # dL/dx_hat
        mean = gradient.mean(axis=1, keepdims=True)
        gradient -= mean + self.normalized * (gradient * self.normalized).mean(axis=1, keepdims=True)
        return gradient * self.inverse_deviation


class StackedRReLU:
    """`activations.RReLU` for many networks: `rngs` holds the stream of each."""

    def __init__(self, rngs, lower, upper):
        self.rngs, self.lower, self.upper = rngs, lower, upper
        self.parameters, self.gradients = {}, {}

    def forward(self, z, training=False):
        self.z = z
        self.slope = (self.lower + self.upper) / 2
        if training:
            drawn = [draw_slopes(z.shape[1:], rng, self.lower, self.upper) for rng in self.rngs]
            self.slope = np.stack(drawn).astype(z.dtype)
        return rrelu(z, self.slope)

    def backward(self, output_gradient):
        return output_gradient * rrelu_derivative(self.z, self.slope)


class StackedPReLU:
    """`activations.PReLU` for many networks. parameters: {"slope": (networks, 1)}."""

    def __init__(self, n_networks, dtype="float32"):
        self.parameters = {"slope": np.full((n_networks, 1), PRELU_SLOPE, dtype)}
        self.gradients = {"slope": np.zeros((n_networks, 1), dtype)}

    def forward(self, z, training=False):
        self.z = z
        return prelu(z, self.parameters["slope"][:, None])

    def backward(self, output_gradient):
        self.gradients["slope"][:, 0] = (output_gradient * prelu_slope_derivative(self.z)).sum(axis=(1, 2))
        return output_gradient * prelu_derivative(self.z, self.parameters["slope"][:, None])


class StackedDropout:
    """`dropout.Dropout` for many networks: `rngs` holds the stream of each."""

    def __init__(self, drop_rate, rngs):
        self.drop_rate, self.rngs = drop_rate, rngs
        self.parameters, self.gradients = {}, {}

    def forward(self, x, training=False):
        if not training:
            return x
        drawn = [draw_mask(x.shape[1:], self.drop_rate, rng) for rng in self.rngs]
        self.mask = np.stack(drawn).astype(x.dtype)
        return x * self.mask

    def backward(self, output_gradient):
        return output_gradient * self.mask


class EachAlone:
    """A technique without a stacked form of its own: its layer is asked once for every network.

    parameters and gradients (and statistics): as those of the layer, with one more axis in front
    """

    def __init__(self, layers):
        self.layers = layers
        self.parameters, self.gradients, self.statistics = (
            {name: np.stack([getattr(layer, kind)[name] for layer in layers]) for name in getattr(layers[0], kind, {})}
            for kind in ("parameters", "gradients", "statistics")
        )

    def forward(self, x, training=False):
        for kind in ("parameters", "gradients", "statistics"):
            for name, arrays in getattr(self, kind).items():
                for layer, own in zip(self.layers, arrays, strict=True):
                    getattr(layer, kind)[name] = own
        return np.stack([layer.forward(own, training) for layer, own in zip(self.layers, x, strict=True)])

    def backward(self, output_gradient):
        pairs = zip(self.layers, output_gradient, strict=True)
        return np.stack([layer.backward(own) for layer, own in pairs])


class NetworkStack:
    """Networks that differ in seed, learning rate and initialization alone, trained side by side.

    Parameters
    ----------
    recipes : list of Recipe, one a network, equal in all fields but `MAY_DIFFER`
    n_inputs, n_classes : columns of x, number of classes
    dtype : "float32" or "float64"
    device : "auto" or "cpu"; this engine knows no other

    alive : (networks,) False from the step on in which a network's loss was not finite: its parameters and running
        statistics then stay as they are
    clipped : (networks,) how many steps of each network had their gradient clipped, by value or by norm

    Raises
    ------
    RecipeError : no recipes, or two that differ in a field that a stack cannot vary
    """

    def __init__(self, recipes, n_inputs, n_classes, dtype="float32", device="auto"):
        self.recipes = checked_recipes(recipes)
        self.recipe = self.recipes[0]  # for all fields that are the same
        self.n_inputs, self.n_classes, self.dtype = n_inputs, n_classes, check_dtype(dtype)
        self.device = device
        alone = [self._alone(number) for number in range(len(self.recipes))]
        self.layers, self.leaves = stack_layers(alone, STACKED, _each_alone)
        self._join()
        for own, network in zip(self.flat_parameters, alone, strict=True):
            own[:] = network.flat_parameters
        self.alive = np.ones(len(self.recipes), bool)
        self.clipped = np.zeros(len(self.recipes), int)
        self.decoupled_decay = self.recipe.optimizer in DECOUPLED_DECAY
        self.optimizer = optimizer_for(self.recipe, self.flat_parameters, self._shapes)
        self.optimizer.learning_rate = np.array([[recipe.learning_rate] for recipe in self.recipes], self.dtype)

    def _alone(self, number):
        return Network(self.recipes[number], self.n_inputs, self.n_classes, self.dtype, self.device)

    def _join(self):
        """One row a network of all its parameters, weights first, as in `Network`; and one of its statistics."""
        slots = [(layer, name) for _, layer in self.leaves for name in layer.parameters]
        slots.sort(key=lambda slot: slot[1] != "weight")
        self._shapes = [layer.parameters[name].shape[1:] for layer, name in slots]
        n_weights = sum(_row_size(layer.parameters[name]) for layer, name in slots if name == "weight")
        self.flat_parameters = _joined(
            [(layer.parameters, name) for layer, name in slots], len(self.recipes), self.dtype
        )
        self.flat_gradients = _joined([(layer.gradients, name) for layer, name in slots], len(self.recipes), self.dtype)
        statistics = [getattr(layer, "statistics", {}) for _, layer in self.leaves]
        self.flat_statistics = _joined(
            [(part, name) for part in statistics for name in part], len(self.recipes), self.dtype
        )
        self.flat_weights = self.flat_parameters[:, :n_weights]
        self.flat_weight_gradients = self.flat_gradients[:, :n_weights]

    def __setstate__(self, state):
        """Of a copy: as for a Network."""
        self.__dict__.update(state)
        self._join()
        self.optimizer.attach(self.flat_parameters)

    def update(self, x, labels):
        """One training step of every network that is alive.

        Parameters
        ----------
        x : (networks, batch, n_inputs), each network's own batch
        labels : (networks, batch)

        Returns
        -------
        The losses before the step, penalties included: array (networks,). NaN for a network that stopped earlier

        Raises
        ------
        ArrayError : shapes that do not fit. The entries are not looked at
        """
        x, labels = self._checked_batch(x, labels)
        stopped = ~self.alive
        with np.errstate(all="ignore"):  # a network that diverges is stopped
            statistics = self.flat_statistics[stopped]
            losses = self._losses(x, labels)
            self.flat_statistics[stopped] = statistics
            losses[stopped] = np.nan
            self.alive &= np.isfinite(losses)
            if self.alive.any():
                self._backward()
                self._step()
        return losses

    def _step(self):
        stopped = ~self.alive
        parameters = self.flat_parameters[stopped]
        self._clip()
        self.optimizer.step(self.flat_gradients)
        if self.recipe.max_norm is not None:
            for _, layer in self.leaves[:-1]:
                if isinstance(layer, StackedDense):
                    _apply_max_norm(layer.parameters["weight"], self.recipe.max_norm)
        self.flat_parameters[stopped] = parameters

    def _clip(self):
        clipped = np.zeros(len(self.recipes), bool)
        if self.recipe.clip_value is not None:
            clipped |= _clip_by_value(self.flat_gradients, self.recipe.clip_value)
        if self.recipe.clip_norm is not None:
            clipped |= _clip_by_norm(self.flat_gradients, self.recipe.clip_norm)
        self.clipped += clipped & self.alive

    def evaluate(self, x, labels):
        """Losses (without penalties) and accuracies on data that all networks share: two arrays (networks,).

        x : (examples, n_inputs), labels : (examples,). In evaluation mode; checked, an ArrayError says what is wrong.
        """
        x = check_inputs(x, self.n_inputs, self.dtype).astype(self.dtype, copy=False)
        labels = check_labels(labels, len(x), self.n_classes)
        losses, correct = np.zeros(len(self.recipes)), np.zeros(len(self.recipes), int)
        rows = max(1, EVALUATION_ROWS // len(self.recipes))
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for start in range(0, len(x), rows):
                part, part_labels = x[start : start + rows], labels[start : start + rows]
                logits = self._forward(part, training=False)
                losses += _cross_entropies(logits, part_labels[None]) * len(part)
                correct += (logits.argmax(axis=2) == part_labels).sum(axis=1)
        return losses / len(x), correct / len(x)

    def network(self, number):
        """A `Network` with the parameters and running statistics of this one. Its optimizer and masks start anew."""
        network = self._alone(number)
        network.flat_parameters[:] = self.flat_parameters[number]
        network.clipped_steps = int(self.clipped[number])
        for (_, layer), (_, stacked) in zip(network.leaves, self.leaves, strict=True):
            for name, statistic in getattr(layer, "statistics", {}).items():
                statistic[:] = stacked.statistics[name][number]
        return network

    def load_parameters(self, number, named):
        """Set all trained arrays of one network. A name or shape that does not fit is an ArrayError."""
        network = self._alone(number)
        network.load_parameters(named)
        self.flat_parameters[number] = network.flat_parameters

    def _checked_batch(self, x, labels):
        x, labels = np.asarray(x, self.dtype), np.asarray(labels)
        check_shapes(x, labels, len(self.recipes), self.n_inputs)
        return x, labels

    def _forward(self, x, training):
        for _, layer in self.layers:
            x = layer.forward(x, training)
        return x

    def _losses(self, x, labels):
        self._logits, self._labels = self._forward(x, training=True), labels
        losses = _cross_entropies(self._logits, labels, self.recipe.label_smoothing)
        if self.recipe.l1:
            losses += self.recipe.l1 * np.abs(self.flat_weights).sum(axis=1)  # l1 sum |w|
        if self.recipe.l2 and not self.decoupled_decay:
            losses += self.recipe.l2 / 2 * np.square(self.flat_weights).sum(axis=1)  # l2 / 2 sum w^2
        return losses

    def _backward(self):
        gradient, smoothing = softmax(self._logits), self.recipe.label_smoothing
        networks, batch = np.indices(self._labels.shape, sparse=True)
        gradient -= smoothing / self.n_classes
        gradient[networks, batch, self._labels] -= 1 - smoothing
        gradient /= self._labels.shape[1]  # dL/dlogits = (softmax - targets) / batch
        for _, layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        if self.recipe.l1:
            self.flat_weight_gradients += self.recipe.l1 * np.sign(self.flat_weights)
        if self.recipe.l2 and not self.decoupled_decay:
            self.flat_weight_gradients += self.recipe.l2 * self.flat_weights


# How the layers of one part, one a network, become one layer of the stack: (layers, streams of masks, dtype) -> layer


def _stacked_dense(layers, rngs, dtype):
    fan_in, fan_out = layers[0].parameters["weight"].shape
    stacked = StackedDense(len(layers), fan_in, fan_out, "bias" in layers[0].parameters, dtype)
    stacked.needs_input_gradient = layers[0].needs_input_gradient
    return stacked


def _stacked_batch_norm(layers, rngs, dtype):
    n_features = layers[0].parameters["scale"].size
    return StackedBatchNorm(len(layers), n_features, layers[0].momentum, layers[0].epsilon, dtype)


def _each_alone(layers, rngs, dtype):
    return EachAlone([copy.deepcopy(layer) for layer in layers])


STACKED = {
    "dense": _stacked_dense,
    "batch_norm": _stacked_batch_norm,
    "activation": lambda layers, rngs, dtype: layers[0],  # entry by entry: it does not mind one more axis
    "rrelu": lambda layers, rngs, dtype: StackedRReLU(rngs, layers[0].lower, layers[0].upper),
    "prelu": lambda layers, rngs, dtype: StackedPReLU(len(layers), dtype),
    "dropout": lambda layers, rngs, dtype: StackedDropout(layers[0].drop_rate, rngs),
}


def _joined(slots, n_networks, dtype):
    """One array (networks, numbers) with the values of all `slots`, which get views of their parts of it."""
    flat = np.empty((n_networks, sum(_row_size(arrays[name]) for arrays, name in slots)), dtype)
    start = 0
    for arrays, name in slots:
        value, end = arrays[name], start + _row_size(arrays[name])
        arrays[name] = flat[:, start:end].reshape(value.shape)
        arrays[name][...] = value
        start = end
    return flat


def _row_size(array):
    return array[0].size


def _cross_entropies(logits, labels, label_smoothing=0.0):
    """`losses.softmax_cross_entropy` of each network: float64 array (networks,)."""
    shifted = logits - logits.max(axis=2, keepdims=True)
    log_normalizer = np.log(np.exp(shifted).sum(axis=2))
    labels = np.broadcast_to(labels, shifted.shape[:2])
    of_target = np.take_along_axis(shifted, labels[:, :, None], axis=2)[:, :, 0]
    if label_smoothing:
        of_target = (1 - label_smoothing) * of_target + label_smoothing * shifted.mean(axis=2)
    return np.mean(log_normalizer - of_target, axis=1).astype(np.float64)


def _clip_by_value(gradients, limit):
    """`clipping.clip_by_value` row by row, in place. Returns which rows were cut: bool array (networks,)."""
    cut = (np.abs(gradients) > limit).any(axis=1)
    np.clip(gradients, -limit, limit, out=gradients)
    return cut


def _clip_by_norm(gradients, limit):
    """`clipping.clip_by_norm` row by row, in place. Returns which rows were shortened: bool array (networks,)."""
    norms = np.sqrt(np.sum(gradients * gradients, axis=1))
    factors = limit / (norms + 1e-6)
    gradients *= np.where(factors < 1, factors, 1).astype(gradients.dtype)[:, None]  # g <- g * limit / |g|
    return norms > limit


def _apply_max_norm(weight, limit):
    """`regularizers.apply_max_norm` for weights (networks, fan_in, fan_out), in place."""
    lengths = np.sqrt(np.sum(weight * weight, axis=1, keepdims=True))
    weight *= limit / np.maximum(lengths, limit)
