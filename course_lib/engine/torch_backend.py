"""A network made from a Recipe, in PyTorch: an nn.Sequential with the interface of numpy_backend."""

from collections import OrderedDict

import numpy as np
import torch
from torch import nn

from course_lib.arrays import check_dtype, check_frozen, check_inputs, check_labels, check_named
from course_lib.engine.device import choose_device
from course_lib.engine.memory import explained, in_parts, to_device
from course_lib.pytorch.activations import activation_layer
from course_lib.pytorch.batch_norm import BatchNorm
from course_lib.pytorch.clipping import clip_by_norm, clip_by_value
from course_lib.pytorch.dense import Dense
from course_lib.pytorch.dropout import Dropout, monte_carlo_masks
from course_lib.pytorch.losses import softmax, softmax_cross_entropy
from course_lib.pytorch.optimizers import optimizer_for
from course_lib.pytorch.regularizers import apply_max_norm, l1_penalty, l2_penalty
from course_lib.recipe import check_count, random_stream

EVALUATION_BATCH = 2000  # examples per forward pass in evaluation: bounds the memory; halved where it is too small


class Network:
    """A classifier: for each hidden layer dense, batch norm, activation, dropout; then a dense layer to the logits.

    Parameters
    ----------
    recipe : Recipe
    n_inputs, n_classes : columns of x, number of classes
    dtype : "float32" or "float64", of all parameters and computations
    device : "auto", "cpu", "cuda" or "mps"

    At the methods' boundary all arrays are NumPy arrays and weights are (fan_in, fan_out). `module` is the nn.Module;
    `clipped_steps` counts the updates in which the gradient, or an entry of it, was over the recipe's limit.
    """

    def __init__(self, recipe, n_inputs, n_classes, dtype="float32", device="auto"):
        self.recipe, self.n_inputs, self.n_classes = recipe, n_inputs, n_classes
        self.dtype = check_dtype(dtype)
        self.device = choose_device(device, self.dtype)
        self.module = _build_module(recipe, n_inputs, n_classes, self.dtype).to(self.device)
        self._slots = {  # the course's name -> PyTorch's parameter
            f"{layer_name}.{name}": getattr(layer, torch_name)
            for layer_name, layer in self.module.named_children()
            for name, torch_name in layer.named.items()
            if getattr(layer, torch_name) is not None
        }
        self.decoupled_decay = recipe.optimizer == "adamw"
        self.clipped_steps = 0
        self.evaluation_batch = EVALUATION_BATCH
        self.freeze(0)

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
        layers = dict(self.module.named_children())
        first = list(layers).index(f"dense{n_hidden + 1}")  # the first layer that moves
        self._still = list(layers.values())[:first]
        for place, layer in enumerate(layers.values()):
            layer.requires_grad_(place >= first)
        for parameter in self._slots.values():
            parameter.grad = None
        self.module.eval()  # the next training step sets the modes anew
        self._moving = {name: parameter for name, parameter in self._slots.items() if parameter.requires_grad}
        self._weights = [parameter for name, parameter in self._moving.items() if name.endswith(".weight")]
        self.optimizer = optimizer_for(self.recipe, list(self._moving.values()), self._weights)

    def parameters(self):
        """Copies of all trained arrays: {"dense1.weight": (fan_in, fan_out), "dense1.bias": (fan_out,), ...}."""
        return {name: _to_numpy(parameter) for name, parameter in self._slots.items()}

    def load_parameters(self, named):
        """Set all trained arrays. A name or shape that does not fit is an ArrayError, and nothing is changed."""
        _load(self._slots, named)

    def _statistics(self):
        return {
            f"{layer_name}.{name}": getattr(layer, torch_name)
            for layer_name, layer in self.module.named_children()
            for name, torch_name in getattr(layer, "named_statistics", {}).items()
        }

    def state(self):
        """Everything that prediction needs: the parameters, and batch norm's running statistics."""
        return self.parameters() | {name: _to_numpy(statistic) for name, statistic in self._statistics().items()}

    def load_state(self, named):
        """Set everything that `state` returns. A name or shape that does not fit is an ArrayError."""
        _load(self._slots | self._statistics(), named)

    def logits(self, x):
        """x (examples, n_inputs) -> (examples, n_classes), in evaluation mode."""
        x, _ = self.place(check_inputs(x, self.n_inputs, self.dtype))
        self.module.eval()
        with torch.no_grad():
            return np.concatenate(in_parts(self, lambda part: self.module(part).cpu().numpy(), x))

    def features(self, x):
        """x (examples, n_inputs) -> outputs of the last hidden layer (examples, units), in evaluation mode.

        Without a hidden layer: x itself.
        """
        x, _ = self.place(check_inputs(x, self.n_inputs, self.dtype))
        self.module.eval()
        with torch.no_grad():
            body = self.module[:-1]
            return np.concatenate(in_parts(self, lambda part: body(part).cpu().numpy(), x))

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
        self.module.eval()
        with torch.no_grad():
            for masks in monte_carlo_masks(len(x), widths, self.recipe.drop_rate, passes, seed):
                logits = torch.cat(in_parts(self, self._logits_dropping, x, *masks))
                total += softmax(logits.double()).numpy()
        return total / passes

    def loss_and_gradients(self, x, labels):
        """The data loss and every penalty in training mode, and {name: gradient} for the parameters that move."""
        loss = self._loss(*self._checked(x, labels))
        self._backward(loss)
        return loss.item(), {name: _to_numpy(parameter.grad) for name, parameter in self._moving.items()}

    def train_step(self, x, labels):
        """One update of all parameters that move; returns the loss before it."""
        return self.update(*self._checked(x, labels))

    def _checked(self, x, labels):
        x = check_inputs(x, self.n_inputs, self.dtype)
        return self.place(x, check_labels(labels, len(x), self.n_classes))

    # What fit() uses: data is checked and placed once, then batches are taken from it.

    def place(self, x, labels=None):
        """x and labels as tensors on the device."""
        x = to_device(np.array(x, self.dtype, copy=True), self.device)
        return x, None if labels is None else to_device(np.array(labels, np.int64), self.device)

    def take(self, array, indices):
        """Rows of a placed tensor."""
        return array[torch.as_tensor(indices, device=self.device)]

    def update(self, x, labels):
        """`train_step` on placed tensors, unchecked. A loss that is not finite is returned without an update."""

        def trial(size):
            self._finish_step(self._loss(x[:size], labels[:size]))

        return explained(self, lambda: self._update(x, labels), len(x), trial)

    def _update(self, x, labels):
        loss = self._loss(x, labels)
        value = loss.item()
        if np.isfinite(value):
            self._finish_step(loss)
        return value

    def _finish_step(self, loss):
        self._backward(loss)
        self.clipped_steps += self._clip()
        self.optimizer.step()
        if self.recipe.max_norm is not None:
            for weight in self._weights[:-1]:
                apply_max_norm(weight.T, self.recipe.max_norm)

    def evaluate(self, x, labels):
        """Loss (without penalties) and accuracy on placed tensors, in evaluation mode."""
        self.module.eval()
        with torch.no_grad():
            sums = in_parts(self, self._loss_and_correct, x, labels)
        loss, correct = map(sum, zip(*sums, strict=True))
        return loss / len(x), correct / len(x)

    def _loss_and_correct(self, x, labels):
        logits = self.module(x)
        loss = softmax_cross_entropy(logits, labels).item() * len(x)
        return loss, int((logits.argmax(dim=1) == labels).sum())

    def gradient_norms(self):
        """{name: length of the gradient} of the last backward pass, from the last layer to the first that moves."""
        slots = reversed(self._moving.items())
        return {name: 0.0 if slot.grad is None else float(slot.grad.cpu().double().norm()) for name, slot in slots}

    def _gradients(self):
        return [parameter.grad for parameter in self._moving.values()]

    def _training_mode(self):
        """Training mode for what moves; what stands still stays in evaluation mode."""
        if not self.module.training:
            self.module.train()
            for layer in self._still:
                layer.eval()

    def _loss(self, x, labels):
        self._training_mode()
        return self._with_penalties(softmax_cross_entropy(self._forward(x), labels))

    def _forward(self, x):
        """The logits of a training step: what another way to compute them replaces."""
        return self.module(x)

    def _logits_dropping(self, x, *masks):
        """The logits, on the CPU, with the masks of the dropout layers given; in the mode that the module is in."""
        masks = iter(masks)
        for layer in self.module:
            x = x * next(masks).to(x) if isinstance(layer, Dropout) else layer(x)
        return x.cpu()

    def _with_penalties(self, loss):
        if self.recipe.l1:
            loss = loss + sum(l1_penalty(weight, self.recipe.l1) for weight in self._weights)
        if self.recipe.l2 and not self.decoupled_decay:
            loss = loss + sum(l2_penalty(weight, self.recipe.l2) for weight in self._weights)
        return loss

    def _clip(self):
        """Clip as the recipe says; True where it changed the gradient."""
        limits, clipped = self.recipe, False
        if limits.clip_value is not None:
            clipped |= clip_by_value(self._gradients(), limits.clip_value) > 0
        if limits.clip_norm is not None:
            clipped |= clip_by_norm(self._gradients(), limits.clip_norm) > limits.clip_norm
        return clipped

    def _backward(self, loss):
        self.optimizer.zero_grad()
        loss.backward()


def _build_module(recipe, n_inputs, n_classes, dtype):
    initialization_rng = random_stream(recipe.seed, "initialization")
    masks_rng = random_stream(recipe.seed, "masks")
    layers, fan_in = OrderedDict(), n_inputs
    for depth, units in enumerate(recipe.hidden_layers, start=1):
        bias = not recipe.batch_norm  # batch norm's shift takes the bias's place
        layers[f"dense{depth}"] = Dense(fan_in, units, recipe.initialization, initialization_rng, bias, dtype)
        if recipe.batch_norm:
            layers[f"batch_norm{depth}"] = BatchNorm(units, dtype=dtype)
        layers[f"activation{depth}"] = activation_layer(recipe.activation, masks_rng, dtype)
        if recipe.drop_rate:
            layers[f"dropout{depth}"] = Dropout(recipe.drop_rate, masks_rng)
        fan_in = units
    output = Dense(fan_in, n_classes, recipe.initialization, initialization_rng, dtype=dtype)
    layers[f"dense{len(recipe.hidden_layers) + 1}"] = output
    return nn.Sequential(layers)


def _to_numpy(tensor):
    """A copy as a NumPy array; matrices are transposed, from PyTorch's (fan_out, fan_in) to (fan_in, fan_out)."""
    array = tensor.detach().cpu().numpy()
    return array.T.copy() if array.ndim == 2 else array.copy()


def _load(slots, named):
    arrays = check_named(named, {name: tuple(slot.shape[::-1]) for name, slot in slots.items()})
    with torch.no_grad():
        for name, slot in slots.items():
            slot.copy_(torch.from_numpy(np.array(arrays[name].T, copy=True)))
