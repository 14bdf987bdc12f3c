"""Many small networks trained as one, in PyTorch: torch.baddbmm does the products of all of them in one call.

A GPU that has to wait for the next small product does nothing. A stack gives it all networks' products at once, and one
fused optimizer step for all parameters. The networks share nothing; each gives the numbers that it gives alone.
"""

from collections import OrderedDict

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from course_lib.arrays import ArrayError, check_dtype, check_inputs, check_labels
from course_lib.engine.device import choose_device
from course_lib.engine.stack import EVALUATION_ROWS, check_shapes, checked_recipes, stack_layers
from course_lib.engine.torch_backend import Network
from course_lib.engine.torch_optimizers import StackedOptimizer
from course_lib.pytorch.activations import PRELU_SLOPE, draw_slopes, rrelu
from course_lib.pytorch.dropout import draw_mask
from course_lib.recipe import DECOUPLED_DECAY


class StackedDense(nn.Module):
    """`dense.Dense` for many networks: weight (networks, fan_in, fan_out), bias (networks, fan_out)."""

    def __init__(self, n_networks, fan_in, fan_out, bias=True, dtype="float32"):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_networks, fan_in, fan_out, dtype=getattr(torch, dtype)))
        self.bias = nn.Parameter(torch.zeros(n_networks, fan_out, dtype=getattr(torch, dtype))) if bias else None

    def forward(self, x):
        """x (networks, batch, fan_in) -> (networks, batch, fan_out)."""
        if self.bias is None:
            return torch.bmm(x, self.weight)
        return torch.baddbmm(self.bias[:, None], x, self.weight)


class StackedBatchNorm(nn.Module):
    """`batch_norm.BatchNorm` for many networks, whose features are to PyTorch those of one wide layer."""

    def __init__(self, n_networks, n_features, momentum=0.1, epsilon=1e-5, dtype="float32"):
        super().__init__()
        shape, dtype = (n_networks, n_features), getattr(torch, dtype)
        self.momentum, self.epsilon = momentum, epsilon
        self.scale = nn.Parameter(torch.ones(shape, dtype=dtype))
        self.shift = nn.Parameter(torch.zeros(shape, dtype=dtype))
        self.register_buffer("running_mean", torch.zeros(shape, dtype=dtype))
        self.register_buffer("running_variance", torch.ones(shape, dtype=dtype))

    def forward(self, x):
        """x (networks, batch, n_features) -> same shape. Training needs a batch of two or more."""
        networks, batch, n_features = x.shape
        if self.training and batch < 2:
            raise ArrayError("A training batch has 1 example a network; batch normalization needs 2 or more.")
        wide = functional.batch_norm(
            x.transpose(0, 1).reshape(batch, networks * n_features),
            self.running_mean.view(-1),
            self.running_variance.view(-1),
            self.scale.reshape(-1),
            self.shift.reshape(-1),
            self.training,
            self.momentum,
            self.epsilon,
        )
        return wide.view(batch, networks, n_features).transpose(0, 1)


class StackedRReLU(nn.Module):
    """`activations.RReLU` for many networks: `rngs` holds the stream of each."""

    def __init__(self, rngs, lower, upper):
        super().__init__()
        self.rngs, self.lower, self.upper = rngs, lower, upper

    def forward(self, z):
        if not self.training:
            return rrelu(z, (self.lower + self.upper) / 2)
        return rrelu(z, torch.stack([draw_slopes(z.shape[1:], rng, self.lower, self.upper) for rng in self.rngs]).to(z))


class StackedPReLU(nn.Module):
    """`activations.PReLU` for many networks: slope (networks, 1)."""

    def __init__(self, n_networks, dtype="float32"):
        super().__init__()
        self.slope = nn.Parameter(torch.full((n_networks, 1), PRELU_SLOPE, dtype=getattr(torch, dtype)))

    def forward(self, z):
        return torch.where(z > 0, z, self.slope[:, None] * z)


class StackedDropout(nn.Module):
    """`dropout.Dropout` for many networks: `rngs` holds the stream of each."""

    def __init__(self, drop_rate, rngs):
        super().__init__()
        self.drop_rate, self.rngs = drop_rate, rngs

    def forward(self, x):
        if not self.training:
            return x
        return x * torch.stack([draw_mask(x.shape[1:], self.drop_rate, rng) for rng in self.rngs]).to(x)


class EachAlone(nn.Module):
    """A technique without a stacked form of its own: its layer is asked once for every network.

    Parameters and statistics are those of the layer under this course's names, with one more axis in front.
    """

    def __init__(self, layers):
        super().__init__()
        self._layer = [layers[0]]  # in a list: its own parameters are not this module's
        self._names = layers[0].named | getattr(layers[0], "named_statistics", {})
        for name, torch_name in self._names.items():
            stacked = torch.stack([getattr(layer, torch_name).detach() for layer in layers])
            if name in layers[0].named:
                setattr(self, name, nn.Parameter(stacked))
            else:
                self.register_buffer(name, stacked)

    def forward(self, x):
        layer = self._layer[0].train(self.training)
        own = [{torch_name: getattr(self, name)[n] for name, torch_name in self._names.items()} for n in range(len(x))]
        return torch.stack(
            [torch.func.functional_call(layer, arrays, (part,)) for arrays, part in zip(own, x, strict=True)]
        )


class NetworkStack:
    """Networks that differ in seed, learning rate and initialization alone, trained side by side.

    Parameters
    ----------
    recipes : list of Recipe, one a network, equal in all fields but `MAY_DIFFER`
    n_inputs, n_classes : columns of x, number of classes
    dtype : "float32" or "float64"
    device : "auto", "cpu", "cuda" or "mps"

    alive : tensor (networks,) on the device, False from the step on in which a network's loss was not finite: its
        parameters and running statistics then stay as they are
    clipped : tensor (networks,), how many steps of each network had their gradient clipped, by value or by norm

    Raises
    ------
    RecipeError : no recipes, or two that differ in a field that a stack cannot vary
    """

    def __init__(self, recipes, n_inputs, n_classes, dtype="float32", device="auto"):
        self.recipes = checked_recipes(recipes)
        self.recipe = self.recipes[0]  # for all fields that are the same
        self.n_inputs, self.n_classes, self.dtype = n_inputs, n_classes, check_dtype(dtype)
        self.device = choose_device(device, self.dtype)
        alone = [self._alone(number, "cpu") for number in range(len(self.recipes))]
        layers, leaves = stack_layers(alone, STACKED, _each_alone)
        self.module, self.leaves = nn.Sequential(OrderedDict(layers)).to(self.device), dict(leaves)
        self._join()
        for number, network in enumerate(alone):
            self._take(number, network)
        self.alive = torch.ones(len(self.recipes), dtype=torch.bool, device=self.device)
        self.clipped = torch.zeros(len(self.recipes), dtype=torch.int64, device=self.device)
        self.decoupled_decay = self.recipe.optimizer in DECOUPLED_DECAY
        self.optimizer = StackedOptimizer(self.recipes, self.flat_parameters, [slot.shape for slot in self._slots])

    def _alone(self, number, device):
        return Network(self.recipes[number], self.n_inputs, self.n_classes, self.dtype, device)

    def _join(self):
        """One row a network of all its parameters, weights first; the layers' parameters become views of it."""
        slots = sorted(self.module.named_parameters(), key=lambda slot: not slot[0].endswith("weight"))
        self._slots = [parameter for _, parameter in slots]
        self._weights = [parameter for parameter in self._slots if parameter.ndim == 3]
        self.flat_parameters = _flat(self._slots).detach()
        self.flat_gradients = torch.zeros_like(self.flat_parameters)
        start = 0
        for parameter in self._slots:
            end = start + parameter[0].numel()
            parameter.data = self.flat_parameters[:, start:end].view(parameter.shape)
            start = end
        self._statistics = list(self.module.buffers())

    def __setstate__(self, state):
        """Of a copy: as for the NumPy stack."""
        self.__dict__.update(state)
        self._join()
        self.optimizer.attach(self.flat_parameters)

    def _pairs(self, number, network):
        """Of a `Network`, each parameter and statistic, and before it the part of this stack that is its own."""
        pairs = []
        for layer_name, layer in network.leaves:
            stacked = self.leaves[layer_name]
            for name, torch_name in (layer.named | getattr(layer, "named_statistics", {})).items():
                alone = getattr(layer, torch_name)
                if alone is not None:  # Dense without a bias
                    alone = alone.detach()
                    pairs.append((getattr(stacked, name).detach()[number], alone.T if alone.ndim == 2 else alone))
        return pairs

    def update(self, x, labels):
        """One training step of every network that is alive.

        Parameters
        ----------
        x : (networks, batch, n_inputs), each network's own batch; a NumPy array, or a tensor, which is not copied
        labels : (networks, batch)

        Returns
        -------
        The losses before the step, penalties included: tensor (networks,) on the device, which nothing has waited for.
        NaN for a network that stopped earlier

        Raises
        ------
        ArrayError : shapes that do not fit. The entries are not looked at
        """
        x, labels = self._checked_batch(x, labels)
        self.module.train()
        kept = [statistic.clone() for statistic in self._statistics]
        losses = self._losses(x, labels)
        gradients = torch.autograd.grad(losses.sum(), self._slots)  # each network gets the gradient of its own loss
        self.flat_gradients = _flat(gradients)
        for statistic, before in zip(self._statistics, kept, strict=True):
            statistic.copy_(torch.where(self.alive[:, None], statistic, before))
        losses = torch.where(self.alive, losses.detach(), torch.nan)
        self.alive &= losses.isfinite()
        self._step()
        return losses

    @torch.no_grad()
    def _step(self):
        self._clip()
        self.optimizer.step(self.flat_gradients, self.alive)
        if self.recipe.max_norm is not None:
            limit, alive = self.recipe.max_norm, self.alive[:, None, None]
            for weight in self._weights[:-1]:
                factors = limit / weight.norm(dim=1, keepdim=True).clamp(min=limit)
                weight.mul_(torch.where(alive, factors, 1))

    def _clip(self):
        clipped, gradients = torch.zeros_like(self.alive), self.flat_gradients
        if self.recipe.clip_value is not None:
            clipped |= (gradients.abs() > self.recipe.clip_value).any(dim=1)
            gradients.clamp_(-self.recipe.clip_value, self.recipe.clip_value)
        if self.recipe.clip_norm is not None:
            norms = gradients.norm(dim=1, keepdim=True)
            clipped |= norms[:, 0] > self.recipe.clip_norm
            gradients.mul_((self.recipe.clip_norm / (norms + 1e-6)).clamp(max=1))  # g <- g * limit / |g|
        self.clipped += clipped & self.alive

    @torch.no_grad()
    def evaluate(self, x, labels):
        """Losses (without penalties) and accuracies on data that all networks share: two arrays (networks,).

        x : (examples, n_inputs), labels : (examples,). In evaluation mode; checked, an ArrayError says what is wrong.
        """
        x = check_inputs(x, self.n_inputs, self.dtype)
        labels = _placed(check_labels(labels, len(x), self.n_classes), np.int64, self.device)
        x, networks = _placed(x, self.dtype, self.device), len(self.recipes)
        self.module.eval()
        losses, correct = 0.0, 0
        rows = max(1, EVALUATION_ROWS // networks)
        for part, part_labels in zip(x.split(rows), labels.split(rows), strict=True):
            logits = self.module(part.expand(networks, -1, -1))
            losses += _cross_entropies(logits, part_labels.expand(networks, -1)) * len(part)
            correct += (logits.argmax(dim=2) == part_labels).sum(dim=1)
        return tuple(total.cpu().numpy().astype(np.float64) / len(x) for total in (losses, correct))

    def network(self, number):
        """A `Network` with the parameters and running statistics of this one. Its optimizer and masks start anew."""
        network = self._alone(number, self.device)
        for ours, alone in self._pairs(number, network):
            alone.copy_(ours)
        network.clipped_steps = int(self.clipped[number])
        return network

    def load_parameters(self, number, named):
        """Set all trained arrays of one network. A name or shape that does not fit is an ArrayError."""
        network = self.network(number)
        network.load_parameters(named)
        self._take(number, network)

    def _take(self, number, network):
        for ours, alone in self._pairs(number, network):
            ours.copy_(alone)

    def _checked_batch(self, x, labels):
        x, labels = (each if isinstance(each, torch.Tensor) else np.asarray(each) for each in (x, labels))
        check_shapes(x, labels, len(self.recipes), self.n_inputs)
        return _placed(x, self.dtype, self.device), _placed(labels, "int64", self.device)

    def _losses(self, x, labels):
        losses = _cross_entropies(self.module(x), labels, self.recipe.label_smoothing)
        for weight in self._weights if self.recipe.l1 else ():
            losses = losses + self.recipe.l1 * weight.abs().sum(dim=(1, 2))  # l1 sum |w|
        for weight in self._weights if self.recipe.l2 and not self.decoupled_decay else ():
            losses = losses + self.recipe.l2 / 2 * weight.square().sum(dim=(1, 2))  # l2 / 2 sum w^2
        return losses


# How the layers of one part, one a network, become one layer of the stack: (layers, streams of masks, dtype) -> layer


def _stacked_dense(layers, rngs, dtype):
    one = layers[0]
    return StackedDense(len(layers), one.in_features, one.out_features, one.bias is not None, dtype)


def _stacked_batch_norm(layers, rngs, dtype):
    one = layers[0]
    return StackedBatchNorm(len(layers), one.num_features, one.momentum, one.eps, dtype)


def _each_alone(layers, rngs, dtype):
    return EachAlone(layers)


STACKED = {
    "dense": _stacked_dense,
    "batch_norm": _stacked_batch_norm,
    "activation": lambda layers, rngs, dtype: layers[0],  # entry by entry: it does not mind one more axis
    "rrelu": lambda layers, rngs, dtype: StackedRReLU(rngs, layers[0].lower, layers[0].upper),
    "prelu": lambda layers, rngs, dtype: StackedPReLU(len(layers), dtype),
    "dropout": lambda layers, rngs, dtype: StackedDropout(layers[0].drop_rate, rngs),
}


def _flat(arrays):
    """One row a network of all its numbers: tensor (networks, numbers)."""
    return torch.cat([array.flatten(1) for array in arrays], dim=1)


def _cross_entropies(logits, labels, label_smoothing=0.0):
    """`losses.softmax_cross_entropy` of each network: tensor (networks,)."""
    flat = logits.flatten(0, 1), labels.flatten()
    losses = functional.cross_entropy(*flat, reduction="none", label_smoothing=label_smoothing)
    return losses.view(labels.shape).mean(dim=1)


def _placed(array, dtype, device):
    """An array or a tensor as a tensor on the device. What is the same for all networks is sent there once."""
    if isinstance(array, torch.Tensor):
        return array.to(device, getattr(torch, dtype))
    array = np.asarray(array)
    shared = array.strides[0] == 0  # np.broadcast_to made it
    tensor = torch.as_tensor(np.array(array[0] if shared else array, dtype, copy=True), device=device)
    return tensor.expand(array.shape) if shared else tensor
