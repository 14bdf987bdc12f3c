"""A network made from a Recipe, in NumPy: layers in a row, one flat vector of parameters and one of gradients.

The layers hold views of the flat vectors. The lesson files stay formulas on matrices, while the optimizer, clipping and
the penalties are single passes over memory.
"""

import numpy as np

from course_lib.arrays import check_dtype, check_frozen, check_inputs, check_labels, check_named
from course_lib.recipe import check_count, random_stream
from course_lib.scratch.activations import activation_layer
from course_lib.scratch.batch_norm import BatchNorm
from course_lib.scratch.clipping import clip_by_norm, clip_by_value
from course_lib.scratch.dense import Dense
from course_lib.scratch.dropout import Dropout, monte_carlo_masks
from course_lib.scratch.losses import softmax, softmax_cross_entropy, softmax_cross_entropy_gradient
from course_lib.scratch.optimizers import optimizer_for
from course_lib.scratch.regularizers import apply_max_norm, l1_gradient, l1_penalty, l2_gradient, l2_penalty

EVALUATION_BATCH = 2000  # examples per forward pass in evaluation: bounds the memory


class Network:
    """A classifier: for each hidden layer dense, batch norm, activation, dropout; then a dense layer to the logits.

    Parameters
    ----------
    recipe : Recipe
    n_inputs, n_classes : columns of x, number of classes
    dtype : "float32" or "float64", of all parameters and computations
    device : "auto" or "cpu"; this engine knows no other

    At the methods' boundary all arrays are NumPy arrays; weights are (fan_in, fan_out). `clipped_steps` counts the
    updates in which the gradient, or an entry of it, was over the recipe's limit.
    """

    def __init__(self, recipe, n_inputs, n_classes, dtype="float32", device="auto"):
        if device not in ("auto", "cpu"):
            raise ValueError(f"device is {device!r}; the NumPy engine uses the CPU. Others: engine='torch'.")
        self.recipe, self.n_inputs, self.n_classes = recipe, n_inputs, n_classes
        self.dtype, self.device = check_dtype(dtype), "cpu"
        self.layers = _build_layers(recipe, n_inputs, n_classes, self.dtype)  # [("dense1", Dense), ...]
        self._join_parameters()
        self.decoupled_decay = recipe.optimizer == "adamw"
        self.optimizer = optimizer_for(recipe, self.flat_parameters, self.flat_weights)
        self.clipped_steps = 0

    def _join_parameters(self, n_still=0):
        """Put what moves into one vector, weights first, and hand every layer views of its own part.

        The first `n_still` entries of `layers` stand still: their parameters stay outside, in arrays of their own.
        """
        self.n_still = n_still
        self._slots = [
            (f"{layer_name}.{name}", layer, name) for layer_name, layer in self.layers for name in layer.parameters
        ]
        still = [(layer, name) for _, layer in self.layers[:n_still] for name in layer.parameters]
        for layer, name in still:
            layer.parameters[name] = layer.parameters[name].copy()
        self._moving = self._slots[len(still) :]
        ordered = sorted(self._moving, key=lambda slot: slot[2] != "weight")  # sorted() keeps the order otherwise
        sizes = [layer.parameters[name].size for _, layer, name in ordered]
        parameters, gradients = np.empty(sum(sizes), self.dtype), np.zeros(sum(sizes), self.dtype)
        start = 0
        for (_, layer, name), size in zip(ordered, sizes, strict=True):
            value = layer.parameters[name]
            for flat, views in ((parameters, layer.parameters), (gradients, layer.gradients)):
                views[name] = flat[start : start + size].reshape(value.shape)
            layer.parameters[name][...] = value
            start += size
        n_weights = sum(layer.parameters[name].size for _, layer, name in ordered if name == "weight")
        self.flat_parameters, self.flat_weights = parameters, parameters[:n_weights]
        self.flat_gradients, self.flat_weight_gradients = gradients, gradients[:n_weights]

    def freeze(self, n_hidden):
        """Let the first `n_hidden` hidden layers stand still; 0 lets all move again.

        Their parameters keep their values and get no gradients. In training they compute as in evaluation: batch norm
        uses its running statistics and keeps them, no unit is dropped. Penalties, clipping, weight decay and max-norm
        act on what moves alone. The optimizer starts anew, at the recipe's learning rate.

        Raises
        ------
        ValueError : no whole number, or none from 0 to the number of hidden layers
        """
        check_frozen(n_hidden, len(self.recipe.hidden_layers))
        first = [name for name, _ in self.layers].index(f"dense{n_hidden + 1}")  # the first layer that moves
        self._join_parameters(n_still=first)
        for place, (_, layer) in enumerate(self.layers):
            if isinstance(layer, Dense):
                layer.needs_input_gradient = place > first
        self.optimizer = optimizer_for(self.recipe, self.flat_parameters, self.flat_weights)

    def parameters(self):
        """Copies of all trained arrays: {"dense1.weight": (fan_in, fan_out), "dense1.bias": (fan_out,), ...}."""
        return {full_name: layer.parameters[name].copy() for full_name, layer, name in self._slots}

    def load_parameters(self, named):
        """Set all trained arrays. A name or shape that does not fit is an ArrayError, and nothing is changed."""
        arrays = check_named(named, {full_name: layer.parameters[name].shape for full_name, layer, name in self._slots})
        for full_name, layer, name in self._slots:
            layer.parameters[name][...] = arrays[full_name]

    def _statistics(self):
        return {
            f"{layer_name}.{name}": statistic
            for layer_name, layer in self.layers
            for name, statistic in getattr(layer, "statistics", {}).items()
        }

    def state(self):
        """Everything that prediction needs: the parameters, and batch norm's running statistics."""
        return self.parameters() | {name: statistic.copy() for name, statistic in self._statistics().items()}

    def load_state(self, named):
        """Set everything that `state` returns. A name or shape that does not fit is an ArrayError."""
        statistics = self._statistics()
        shapes = {full_name: layer.parameters[name].shape for full_name, layer, name in self._slots}
        arrays = check_named(named, shapes | {name: statistic.shape for name, statistic in statistics.items()})
        self.load_parameters({name: arrays[name] for name in shapes})
        for name, statistic in statistics.items():
            statistic[...] = arrays[name]

    def logits(self, x):
        """x (examples, n_inputs) -> (examples, n_classes), in evaluation mode."""
        x, _ = self.place(check_inputs(x, self.n_inputs, self.dtype))
        return np.concatenate([self._forward(part, training=False) for part in _parts(x)])

    def features(self, x):
        """x (examples, n_inputs) -> outputs of the last hidden layer (examples, units), in evaluation mode.

        Without a hidden layer: x itself.
        """
        x, _ = self.place(check_inputs(x, self.n_inputs, self.dtype))
        return np.concatenate([self._forward(part, training=False, layers=self.layers[:-1]) for part in _parts(x)])

    def monte_carlo_probabilities(self, x, passes=20, seed=0):
        """Monte Carlo dropout: the mean of the probabilities over passes in each of which other units are dropped.

        Every hidden layer drops at the recipe's rate, one that stands still too; all else is in evaluation mode. The
        masks depend on `seed`, the number of examples and the recipe alone. Nothing in the network is changed, nor its
        own stream of masks. Gal and Ghahramani 2016, section 4.

        Parameters
        ----------
        x : (examples, n_inputs)
        passes : how many predictions are averaged, 1 or more; with a drop rate of 0 they are all the same
        seed : of the masks, whole number, 0 or more

        Returns
        -------
        (examples, n_classes) float64, rows that sum to 1

        Raises
        ------
        RecipeError : passes or seed is no such number
        ArrayError : an x that does not fit
        """
        passes, seed = check_count("passes", passes, 1), check_count("seed", seed, 0)
        x, _ = self.place(check_inputs(x, self.n_inputs, self.dtype))
        widths = self.recipe.hidden_layers if self.recipe.drop_rate else ()
        passes = passes if widths else 1  # without dropout all are the same
        total = np.zeros((len(x), self.n_classes))
        for masks in monte_carlo_masks(len(x), widths, self.recipe.drop_rate, passes, seed):
            parts = zip(_parts(x), *map(_parts, masks), strict=True)
            logits = np.concatenate([self._forward_dropping(*part) for part in parts])
            total += softmax(logits.astype(np.float64))
        return total / passes  # 1 / T sum_t p(y | x, units of pass t)

    def loss_and_gradients(self, x, labels):
        """The data loss and every penalty in training mode, and {name: gradient} for the parameters that move."""
        loss = self._loss(*self._checked(x, labels))
        self._backward()
        return loss, {full_name: layer.gradients[name].copy() for full_name, layer, name in self._moving}

    def train_step(self, x, labels):
        """One update of all parameters that move; returns the loss before it."""
        return self.update(*self._checked(x, labels))

    def _checked(self, x, labels):
        x = check_inputs(x, self.n_inputs, self.dtype)
        return self.place(x, check_labels(labels, len(x), self.n_classes))

    # What fit() uses: data is checked and placed once, then batches are taken from it.

    def place(self, x, labels=None):
        """x and labels as this engine computes with them."""
        return np.asarray(x, self.dtype), None if labels is None else np.asarray(labels, np.int64)

    def take(self, array, indices):
        """Rows of a placed array."""
        return array.take(indices, axis=0)

    def update(self, x, labels):
        """`train_step` on placed arrays, unchecked. A loss that is not finite is returned without an update."""
        loss = self._loss(x, labels)
        if not np.isfinite(loss):
            return loss
        self._backward()
        self.clipped_steps += self._clip()
        self.optimizer.step(self.flat_gradients)
        if self.recipe.max_norm is not None:
            for _, layer in self.layers[self.n_still : -1]:
                if isinstance(layer, Dense):
                    apply_max_norm(layer.parameters["weight"], self.recipe.max_norm)
        return loss

    def evaluate(self, x, labels):
        """Loss (without penalties) and accuracy on placed arrays, in evaluation mode."""
        loss, correct = 0.0, 0
        for part, part_labels in zip(_parts(x), _parts(labels), strict=True):
            logits = self._forward(part, training=False)
            loss += softmax_cross_entropy(logits, part_labels) * len(part)
            correct += int((logits.argmax(axis=1) == part_labels).sum())
        return loss / len(x), correct / len(x)

    def gradient_norms(self):
        """{name: length of the gradient} of the last backward pass, from the last layer to the first that moves."""
        return {
            full_name: float(np.linalg.norm(layer.gradients[name].astype(np.float64)))  # squares overflow float32
            for full_name, layer, name in reversed(self._moving)
        }

    def _forward(self, x, training, layers=None):
        for place, (_, layer) in enumerate(self.layers if layers is None else layers):
            x = layer.forward(x, training and place >= self.n_still)
        return x

    def _forward_dropping(self, x, *masks):
        """The logits with the masks of the dropout layers given, all else in evaluation mode."""
        masks = iter(masks)
        for _, layer in self.layers:
            x = x * next(masks).astype(x.dtype) if isinstance(layer, Dropout) else layer.forward(x, training=False)
        return x

    def _loss(self, x, labels):
        logits = self._forward(x, training=True)
        loss = softmax_cross_entropy(logits, labels)
        if self.recipe.l1:
            loss += l1_penalty(self.flat_weights, self.recipe.l1)
        if self.recipe.l2 and not self.decoupled_decay:
            loss += l2_penalty(self.flat_weights, self.recipe.l2)
        self._logits, self._labels = logits, labels
        return loss

    def _clip(self):
        """Clip as the recipe says; True where it changed the gradient."""
        limits, clipped = self.recipe, False
        if limits.clip_value is not None:
            clipped |= clip_by_value(self.flat_gradients, limits.clip_value) > 0
        if limits.clip_norm is not None:
            clipped |= clip_by_norm(self.flat_gradients, limits.clip_norm) > limits.clip_norm
        return clipped

    def _backward(self):
        gradient = softmax_cross_entropy_gradient(self._logits, self._labels)
        for _, layer in reversed(self.layers[self.n_still :]):
            gradient = layer.backward(gradient)
        if self.recipe.l1:
            self.flat_weight_gradients += l1_gradient(self.flat_weights, self.recipe.l1)
        if self.recipe.l2 and not self.decoupled_decay:
            self.flat_weight_gradients += l2_gradient(self.flat_weights, self.recipe.l2)


def _build_layers(recipe, n_inputs, n_classes, dtype):
    initialization_rng = random_stream(recipe.seed, "initialization")
    masks_rng = random_stream(recipe.seed, "masks")
    layers, fan_in = [], n_inputs
    for depth, units in enumerate(recipe.hidden_layers, start=1):
        bias = not recipe.batch_norm  # batch norm's shift takes the bias's place
        dense = Dense(fan_in, units, recipe.initialization, initialization_rng, bias, dtype)
        layers.append((f"dense{depth}", dense))
        if recipe.batch_norm:
            layers.append((f"batch_norm{depth}", BatchNorm(units, dtype=dtype)))
        layers.append((f"activation{depth}", activation_layer(recipe.activation, masks_rng, dtype)))
        if recipe.drop_rate:
            layers.append((f"dropout{depth}", Dropout(recipe.drop_rate, masks_rng)))
        fan_in = units
    output = Dense(fan_in, n_classes, recipe.initialization, initialization_rng, dtype=dtype)
    layers.append((f"dense{len(recipe.hidden_layers) + 1}", output))
    layers[0][1].needs_input_gradient = False
    return layers


def _parts(array):
    return [array[start : start + EVALUATION_BATCH] for start in range(0, len(array), EVALUATION_BATCH)]
