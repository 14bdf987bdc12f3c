"""A small convolutional network with the interface of `network.Network`, made to be trained once and then reused.

`zoo` loads one that is trained already; `freeze`, `unfreeze` and `replace_head` are what reuse consists of.
"""

from collections import OrderedDict

import numpy as np
import torch
from torch import nn

from course_lib.arrays import check_dtype, check_inputs, check_labels, check_named
from course_lib.engine.device import choose_device
from course_lib.engine.torch_arrays import to_numpy
from course_lib.engine.torch_optimizers import optimizer_for
from course_lib.pytorch.dense import Dense
from course_lib.pytorch.losses import softmax_cross_entropy
from course_lib.recipe import Recipe, RecipeError, check_count, random_stream

EVALUATION_BATCH = 1000  # images per forward pass in evaluation: bounds the memory
POOLED = 4  # two poolings by 2: an image needs 4 rows and 4 columns
NAMES = {nn.Conv2d: {"weight": "weight"}, nn.BatchNorm2d: {"scale": "weight", "shift": "bias"}, Dense: Dense.named}
STATISTICS = {"running_mean": "running_mean", "running_variance": "running_var"}  # of nn.BatchNorm2d


class ConvolutionalNetwork:
    """A classifier of gray images: three convolutions 3x3, each with batch norm and ReLU, the first two followed by a
    pooling by 2; a dense layer with ReLU to `n_features`; and the head, a dense layer to the logits.

    All but the head is called the body: it turns an image into `n_features` numbers.

    Parameters
    ----------
    n_classes : logits
    image_shape : (rows, columns), 4 or more each. Images come as rows of x: (examples, rows * columns)
    channels : of every convolution
    n_features : outputs of the body
    optimizer, learning_rate, seed : as in a Recipe
    dtype : "float32" or "float64"
    device : "auto", "cpu", "cuda" or "mps"

    At the methods' boundary all arrays are NumPy arrays; a dense weight is (fan_in, fan_out), the weight of a
    convolution (channels out, channels in, 3, 3). `module` is the nn.Module, with `module.body` and `module.head`.
    `card` says what the network was trained on, where it was loaded from the zoo; else it is None.

    Raises
    ------
    RecipeError : an unknown optimizer, a count or a rate that cannot work
    """

    def __init__(
        self,
        n_classes,
        image_shape=(28, 28),
        channels=16,
        n_features=32,
        optimizer="adam",
        learning_rate=0.001,
        seed=0,
        dtype="float32",
        device="auto",
    ):
        self.n_classes = check_count("n_classes", n_classes, 1)
        self.image_shape = _checked_image_shape(image_shape)
        self.channels, self.n_features = check_count("channels", channels, 1), check_count("n_features", n_features, 1)
        self.n_inputs = self.image_shape[0] * self.image_shape[1]
        self._recipe = Recipe(hidden_layers=(), optimizer=optimizer, learning_rate=learning_rate, seed=seed)
        self.dtype = check_dtype(dtype)
        self.device = choose_device(device, self.dtype)
        self.card = None
        rng = random_stream(seed, "initialization")
        body = _body(self.image_shape, self.channels, self.n_features, rng, self.dtype)
        head = Dense(self.n_features, self.n_classes, "xavier_normal", rng, dtype=self.dtype)
        module = nn.Sequential(OrderedDict(body=body, head=head))
        self.module = module.to(device=self.device, memory_format=torch.channels_last)  # the faster order on a CPU
        self.unfreeze()

    def freeze(self):
        """Let the body stand still: no parameter and no running statistic of it moves, and no gradient is computed.

        The head learns on; the optimizer starts anew.
        """
        self._set_frozen(True)

    def unfreeze(self):
        """Let all parameters move again; the optimizer starts anew."""
        self._set_frozen(False)

    def replace_head(self, n_classes, seed=0):
        """A new head for `n_classes` classes, with fresh weights; the body stays. The optimizer starts anew."""
        n_classes = check_count("n_classes", n_classes, 1)
        rng = random_stream(check_count("seed", seed, 0), "initialization")
        head = Dense(self.n_features, n_classes, "xavier_normal", rng, dtype=self.dtype)
        self.n_classes, self.module.head = n_classes, head.to(self.device)
        self._set_frozen(self.frozen)

    def set_optimizer(self, optimizer, learning_rate):
        """Another optimizer of `OPTIMIZERS` for what moves, which starts anew; "muon" asks for a frozen body."""
        before, self._recipe = self._recipe, self._recipe.replace(optimizer=optimizer, learning_rate=learning_rate)
        try:
            self._set_frozen(self.frozen)
        except RecipeError:
            self._recipe = before
            raise

    def _set_frozen(self, frozen):
        self.frozen = frozen
        self.module.body.requires_grad_(not frozen)
        for parameter in self.module.parameters():
            parameter.grad = None
        moving = {name: slot for name, slot in self._slots().items() if slot.requires_grad}
        weights = [slot for name, slot in moving.items() if name.endswith("weight")]
        self.optimizer = optimizer_for(self._recipe, list(moving.values()), weights)

    def parameters(self):
        """Copies of all trained arrays: {"convolution1.weight": (channels, 1, 3, 3), ..., "head.bias": (classes,)}."""
        return {name: to_numpy(slot) for name, slot in self._slots().items()}

    def state(self):
        """Everything that prediction needs: the parameters, and batch norm's running statistics."""
        return {name: to_numpy(slot) for name, slot in (self._slots() | self._statistics()).items()}

    def load_state(self, named):
        """Set everything that `state` returns. A name or shape that does not fit is an ArrayError."""
        slots = self._slots() | self._statistics()
        arrays = check_named(named, {name: _shape(slot) for name, slot in slots.items()})
        with torch.no_grad():
            for name, slot in slots.items():
                array = arrays[name].T if slot.ndim == 2 else arrays[name]
                slot.copy_(torch.from_numpy(np.array(array, self.dtype, copy=True)))

    def features(self, x):
        """x (examples, n_inputs) -> the body's outputs (examples, n_features), in evaluation mode."""
        return self._evaluated(self.module.body, x)

    def logits(self, x):
        """x (examples, n_inputs) -> (examples, n_classes), in evaluation mode."""
        return self._evaluated(self.module, x)

    def loss_and_gradients(self, x, labels):
        """The loss in training mode, and {name: gradient} for the parameters that move."""
        loss = self._loss(*self._checked(x, labels))
        self._backward(loss)
        moving = {name: slot for name, slot in self._slots().items() if slot.requires_grad}
        return loss.item(), {name: to_numpy(slot.grad) for name, slot in moving.items()}

    def train_step(self, x, labels):
        """One update of all parameters that move; returns the loss before it."""
        return self.update(*self._checked(x, labels))

    def place(self, x, labels=None):
        """x and labels as tensors on the device; x (examples, 1, rows, columns)."""
        x = torch.as_tensor(np.array(x, self.dtype, copy=True), device=self.device)
        x = x.reshape(len(x), 1, *self.image_shape)
        return x, None if labels is None else torch.as_tensor(np.array(labels, np.int64), device=self.device)

    def take(self, array, indices):
        """Rows of a placed tensor."""
        return array[torch.as_tensor(indices, device=self.device)]

    def update(self, x, labels):
        """`train_step` on placed tensors, unchecked. A loss that is not finite is returned without an update."""
        loss = self._loss(x, labels)
        value = loss.item()
        if np.isfinite(value):
            self._backward(loss)
            self.optimizer.step()
        return value

    def evaluate(self, x, labels):
        """Loss and accuracy on placed tensors, in evaluation mode."""
        self.module.eval()
        loss, correct = 0.0, 0
        with torch.no_grad():
            for part, part_labels in zip(x.split(EVALUATION_BATCH), labels.split(EVALUATION_BATCH), strict=True):
                logits = self.module(part)
                loss += softmax_cross_entropy(logits, part_labels).item() * len(part)
                correct += int((logits.argmax(dim=1) == part_labels).sum())
        return loss / len(x), correct / len(x)

    def _checked(self, x, labels):
        x = check_inputs(x, self.n_inputs, self.dtype)
        return self.place(x, check_labels(labels, len(x), self.n_classes))

    def _loss(self, x, labels):
        self.module.body.train(not self.frozen)
        return softmax_cross_entropy(self.module(x), labels)

    def _backward(self, loss):
        self.optimizer.zero_grad()
        loss.backward()

    def _evaluated(self, module, x):
        x, _ = self.place(check_inputs(x, self.n_inputs, self.dtype))
        self.module.eval()
        with torch.no_grad():
            return np.concatenate([module(part).cpu().numpy() for part in x.split(EVALUATION_BATCH)])

    def _slots(self):
        """{the course's name: PyTorch's parameter}"""
        return {
            f"{layer_name}.{name}": getattr(layer, torch_name)
            for layer_name, layer in self._layers().items()
            for name, torch_name in NAMES.get(type(layer), {}).items()
        }

    def _statistics(self):
        return {
            f"{layer_name}.{name}": getattr(layer, torch_name)
            for layer_name, layer in self._layers().items()
            if isinstance(layer, nn.BatchNorm2d)
            for name, torch_name in STATISTICS.items()
        }

    def _layers(self):
        return dict(self.module.body.named_children()) | {"head": self.module.head}


def _checked_image_shape(image_shape):
    try:
        rows, columns = (check_count("image_shape", size, POOLED) for size in image_shape)
    except (TypeError, ValueError):
        raise RecipeError(
            f"image_shape is {image_shape!r}; it must be (rows, columns), whole numbers, {POOLED} or more each, as the "
            "two poolings halve them."
        ) from None
    return rows, columns


def _body(image_shape, channels, n_features, rng, dtype):
    layers, channels_in, (rows, columns) = OrderedDict(), 1, image_shape
    for depth in (1, 2, 3):
        layers[f"convolution{depth}"] = _convolution(channels_in, channels, rng, dtype)
        layers[f"batch_norm{depth}"] = nn.BatchNorm2d(channels, dtype=getattr(torch, dtype))
        layers[f"activation{depth}"] = nn.ReLU()
        if depth < 3:
            layers[f"pooling{depth}"] = nn.MaxPool2d(2)
            rows, columns = rows // 2, columns // 2
        channels_in = channels
    layers["flatten"] = nn.Flatten()
    layers["dense"] = Dense(channels * rows * columns, n_features, "he_normal", rng, dtype=dtype)
    layers["activation4"] = nn.ReLU()
    return nn.Sequential(layers)


def _convolution(channels_in, channels_out, rng, dtype):
    """A convolution 3x3 without bias, as batch norm follows; He et al. 2015, eq. 10: Var[w] = 2 / (9 channels_in)."""
    layer = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False, dtype=getattr(torch, dtype))
    drawn = rng.standard_normal(tuple(layer.weight.shape)) * np.sqrt(2 / (9 * channels_in))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(drawn))
    return layer


def _shape(slot):
    return tuple(slot.shape[::-1]) if slot.ndim == 2 else tuple(slot.shape)
