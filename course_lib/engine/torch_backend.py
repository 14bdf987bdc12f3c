"""Networks in PyTorch: the layers of `course_lib.pytorch` in an nn.Sequential."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.engine.device import choose_device
from course_lib.engine.memory import in_parts, run_guarded, to_device
from course_lib.engine.network import RecipeNetwork
from course_lib.engine.torch_arrays import to_numpy
from course_lib.engine.torch_optimizers import optimizer_for
from course_lib.pytorch import clipping, regularizers
from course_lib.pytorch.dropout import Dropout
from course_lib.pytorch.losses import softmax, softmax_cross_entropy
from course_lib.pytorch.residual import Residual

EVALUATION_BATCH = 2000  # examples per forward pass in evaluation: bounds the memory; halved where it is too small


class Network(RecipeNetwork):
    """A `RecipeNetwork` in PyTorch; `device` is "auto", "cpu", "cuda" or "mps".

    module : the nn.Module; leaves : [("dense1", Dense), ...], its layers, with those inside a residual connection in
    its place.
    """

    lessons, clipping, regularizers = "course_lib.pytorch", clipping, regularizers

    def _choose_device(self, device, dtype):
        return choose_device(device, dtype)

    def _assemble(self):
        self.module = nn.Sequential(OrderedDict(self.layers)).to(self.device)
        self._parameter_slots = {  # the course's name -> PyTorch's parameter
            f"{layer_name}.{name}": getattr(layer, torch_name)
            for layer_name, layer in self.leaves
            for name, torch_name in layer.named.items()
            if getattr(layer, torch_name) is not None
        }
        self.evaluation_batch = EVALUATION_BATCH

    def _use(self, n_still):
        self._still = [layer for _, layer in self.leaves[:n_still]]
        for place, (_, layer) in enumerate(self.leaves):
            layer.requires_grad_(place >= n_still)
        for parameter in self._parameter_slots.values():
            parameter.grad = None
        self.module.eval()  # the next training step sets the modes anew
        moving = self._moving()
        self._weight_slots = [parameter for name, parameter in moving.items() if name.endswith(".weight")]
        self.optimizer = optimizer_for(self.recipe, list(moving.values()), self._weight_slots)

    def _slots(self):
        return self._parameter_slots

    def _statistics(self):
        return {
            f"{layer_name}.{name}": getattr(layer, torch_name)
            for layer_name, layer in self.leaves
            for name, torch_name in getattr(layer, "named_statistics", {}).items()
        }

    def _moving(self):
        return {name: slot for name, slot in self._parameter_slots.items() if slot.requires_grad}

    def _weights(self):
        return self._weight_slots

    def _bounded(self):
        return [weight.T for weight in self._weight_slots[:-1]]

    def _gradients(self):
        return [parameter.grad for parameter in self._moving().values()]

    def _gradient_of(self, name):
        return self._to_array(self._parameter_slots[name].grad)

    def gradient_norms(self) -> dict[str, float]:
        """{name: length of the gradient} of the last backward pass, from the last layer to the first that moves."""
        slots = reversed(self._moving().items())
        return {name: 0.0 if slot.grad is None else float(slot.grad.cpu().double().norm()) for name, slot in slots}

    def _to_array(self, slot):
        return to_numpy(slot)

    def _shape(self, slot):
        return tuple(slot.shape[::-1])

    @torch.no_grad()
    def _set(self, slot, array):
        slot.copy_(torch.from_numpy(np.array(array.T, copy=True)))

    @contextmanager
    def _building(self) -> Iterator[None]:
        with torch.inference_mode(False), torch.random.fork_rng(devices=[]):  # nn.Linear draws its own weights first
            yield

    def _undisturbed(self) -> AbstractContextManager:
        if torch.is_grad_enabled() and not torch.is_inference_mode_enabled():
            return nullcontext()
        return _learning()

    @contextmanager
    def unmoved_modes(self) -> Iterator[None]:
        """Gradients are switched on or off as before, even where an interrupt came between a mode and its end."""
        before = torch.is_grad_enabled()
        try:
            yield
        finally:
            torch.set_grad_enabled(before)

    @torch.inference_mode(False)
    def place(self, x: Any, labels: Any = None) -> tuple[Any, Any]:
        """x and labels as tensors on the device."""
        x = to_device(np.array(x, self.dtype, copy=True), self.device)
        return x, None if labels is None else to_device(np.array(labels, np.int64), self.device)

    @torch.inference_mode(False)
    def take(self, array: torch.Tensor, indices: np.ndarray) -> torch.Tensor:
        """Rows of a placed tensor."""
        return array[torch.as_tensor(indices, device=self.device)]

    @contextmanager
    def _evaluating(self) -> Iterator[None]:
        self.module.eval()
        with torch.no_grad():
            yield

    def _in_parts(self, function, *arrays):
        return in_parts(self, function, *arrays)

    def _forward_evaluating(self, x, last=None):
        return self.module[:last](x)

    def _logits_dropping(self, x, *masks):
        return _forward_dropping(self.module, x, iter(masks)).cpu()

    def _as_array(self, outputs):
        return outputs.cpu().numpy()

    def _probabilities(self, parts):
        return softmax(torch.cat(parts).double()).numpy()

    def _loss_and_correct(self, x, labels):
        logits = self.module(x)
        loss = softmax_cross_entropy(logits, labels).item() * len(x)
        return loss, int((logits.argmax(dim=1) == labels).sum())

    def _training_mode(self):
        """Training mode for what moves; what stands still stays in evaluation mode."""
        if not self.module.training:
            self.module.train()
            for layer in self._still:
                layer.eval()

    def _update(self, x, labels):
        step = partial(self._update_once, x, labels)
        return run_guarded(self, step, len(x), partial(self._try_step, x, labels))

    def _update_once(self, x, labels):
        return super()._update(x, labels)

    def _try_step(self, x, labels, size):
        """A step on the first `size` examples: does it fit into the memory?"""
        self._finish_step(self._loss(x[:size], labels[:size]))

    def _data_loss(self, x, labels):
        self._training_mode()
        return softmax_cross_entropy(self._forward(x), labels, self.recipe.label_smoothing)

    def _forward(self, x):
        """The logits of a training step: what another way to compute them replaces."""
        return self.module(x)

    def _value(self, loss):
        return loss.item()

    def _backward(self, loss):
        self.optimizer.zero_grad()
        loss.backward()

    def _step(self):
        self.optimizer.step()


@contextmanager
def _learning():
    with torch.inference_mode(False), torch.enable_grad():
        yield


def _forward_dropping(layers, x, masks):
    for layer in layers:
        if isinstance(layer, Dropout):
            x = x * torch.from_numpy(next(masks)).to(x)
        elif isinstance(layer, Residual):
            x = x + _forward_dropping(layer.inside, x, masks)
        else:
            x = layer(x)
    return x
