"""ExecutedNetwork: a recipe's network, computed as an Execution says.

How far the loss of a step may be from the plain network's, held by tests (60 steps of the default recipe on images in
float32, a dozen steps of small networks in float64):

| switch | float64 | float32 | says at most |
|---|---|---|---|
| fused=False | 1e-9 | 0.1% | another order of sums |
| compile=True | 1e-9 | 0.1% | another order of sums; batches of the recipe's size alone are compiled |
| cuda_graphs=True | 1e-9 | 0.1% | the learning rate is kept in float32 (1e-7 where it is not exact there); see below |
| mixed_precision="bfloat16" | | 2% (3% on a GPU) | 8 bits of mantissa in the products |
| mixed_precision="float16" | | 0.5% (1% on a GPU) | 11 bits of mantissa, and a few steps skipped |
| float32_products="tf32" | | 1% on a GPU | 11 bits of mantissa in the products |
| masks="device" | other masks | other masks | the same from run to run; compare means over seeds |

Evaluation is always in full precision, and never compiled or recorded. A step of another batch size than the recipe's,
such as the last of an epoch, runs eagerly. A recorded step cannot ask whether its loss is finite: a loss that is not is
found after the step, and the parameters are then lost, where the plain network keeps those from before the step.
With masks="seeded" each step's masks come from the CPU, which takes longer than a recorded step: a recorded run is at
its fastest with masks="device", or without dropout.
"""

import contextlib
from functools import partial

import numpy as np
import torch

from course_lib.engine import cuda_graphs
from course_lib.engine.device import choose_device
from course_lib.engine.memory import put_back, run_guarded
from course_lib.engine.torch_backend import Network
from course_lib.execution import Execution, ExecutionError, check_is_execution
from course_lib.pytorch.activations import RReLU, draw_slopes, rrelu
from course_lib.pytorch.dropout import Dropout, draw_mask
from course_lib.recipe import random_stream

COMPILER = "inductor"


class ExecutedNetwork(Network):
    """`course_lib.engine.torch_backend.Network`, with every switch of an Execution.

    Parameters
    ----------
    recipe, n_inputs, n_classes : as in Network
    execution : Execution

    `notes` lists what was asked for and is not used here, each with its reason.

    Raises
    ------
    ExecutionError : no Execution; mixed precision or CUDA graphs on a device without them
    ValueError : a device that this machine does not have
    """

    def __init__(self, recipe, n_inputs, n_classes, execution=None):
        self.execution = execution = check_is_execution(Execution() if execution is None else execution)
        device = choose_device(execution.device, execution.dtype)
        self.notes, self.generator = [], None
        self._compiled, self._compile_tried, self._recorded, self._random_layers = None, False, None, []
        self._low_precision = _low_precision(execution, device, self.notes)
        self._scaler = torch.amp.GradScaler(device.type) if self._low_precision is torch.float16 else None
        self._tf32 = _uses_tf32(execution, device, self.notes)
        if execution.cuda_graphs and not can_record(device):
            raise ExecutionError(
                f"cuda_graphs is True, and the device is {str(device)!r}: CUDA graphs need a CUDA device. "
                "Use cuda_graphs=False here."
            )
        if execution.fused and recipe.optimizer == "rmsprop":
            self.notes.append("fused: PyTorch has no fused RMSProp; its usual step is used.")
        if execution.fused and recipe.optimizer == "muon":
            self.notes.append(
                "fused: Muon has no fused step; Adam, which steps biases and the like beside it, has one."
            )
        if execution.masks == "device":
            self.generator = torch.Generator(device)
            self.generator.manual_seed(int(random_stream(recipe.seed, "masks").integers(2**63)))
        super().__init__(recipe, n_inputs, n_classes, execution.dtype, device)

    def _let_move_from(self, n_hidden):
        """The step is compiled and recorded anew."""
        super()._let_move_from(n_hidden)
        self._compiled, self._compile_tried, self._recorded = None, False, None
        if not self.execution.fused:
            use_default_step(self.optimizer)
        if self.execution.cuda_graphs:
            prepare_for_recording(self.optimizer, self.device)

    def _made(self, part, layer):
        """A layer that draws ahead in the place of one that draws in its forward pass."""
        kind = {Dropout: DrawnDropout, RReLU: DrawnRReLU}.get(type(layer))
        if kind is not None:
            layer = kind(layer, part.units, getattr(torch, self.dtype), self.device, self.generator)
            self._random_layers.append(layer)
        return super()._made(part, layer)

    @property
    def clipped_steps(self):
        """Updates in which the gradient, or an entry of it, was over the recipe's limit. Reading waits for the device,
        where they are counted."""
        return int(self._clipped)

    @clipped_steps.setter
    def clipped_steps(self, count):
        if not hasattr(self, "_clipped"):
            self._clipped = torch.zeros((), dtype=torch.int64, device=self.device)
        self._clipped.fill_(count)

    # A step, in parts

    def update(self, x, labels):
        """`train_step` on placed tensors, unchecked. A loss that is not finite is returned without an update; a
        recorded step (cuda_graphs) has updated by then."""
        return self._guarded(lambda: self._update_once(x, labels), x, labels, len(x))

    def _update_once(self, x, labels):
        if self._is_recorded(x, labels):
            return self._recorded.run(x, labels).item()
        return super()._update_once(x, labels)

    def prepare(self, x, labels):
        """Compile and record now what the first step would: a placed batch of the recipe's size in, nothing learned."""

        def compile_and_record():
            self._training_mode()
            self._try_to_compile(x, labels)
            self._is_recorded(x, labels)

        self._guarded(compile_and_record, x, labels, len(x))

    def run_steps(self, x, labels, batches):
        """Many training steps in a row, without waiting for the device between them.

        Parameters
        ----------
        x, labels : arrays, or what `place` returned
        batches : for each step the rows of its batch, as `epoch_batches` returns them

        Returns
        -------
        The loss of each step before its update: a tensor (steps,) on the device. Look there for losses that are not
        finite: the steps went on after them.

        Raises
        ------
        OutOfMemory : a step does not fit; the steps before it are done
        """
        if not isinstance(x, torch.Tensor):
            x, labels = self._checked(x, labels)
        sizes = [len(rows) for rows in batches]
        all_rows = np.concatenate([np.empty(0, np.int64), *batches]).astype(np.int64)
        if len(all_rows) and not 0 <= all_rows.min() <= all_rows.max() < len(x):  # a GPU would only say "device assert"
            raise ValueError(f"batches has rows {all_rows.min()} to {all_rows.max()}; x has rows 0 to {len(x) - 1}.")
        losses = torch.empty(len(sizes), dtype=x.dtype, device=self.device)
        for step, rows in enumerate(torch.as_tensor(all_rows, device=self.device).split(sizes)):
            losses[step] = self._guarded(lambda rows=rows: self._run_rows(x, labels, rows), x, labels, len(rows))
        return losses

    def _run_rows(self, x, labels, rows):
        if self._recorded is not None and len(rows) == self.recipe.batch_size:
            return self._recorded.run_rows(x, labels, rows)
        x, labels = x.index_select(0, rows), labels.index_select(0, rows)
        if self._is_recorded(x, labels):
            return self._recorded.run(x, labels)
        loss = self._loss(x, labels)
        self._finish_step(loss)
        return loss.detach()

    def _guarded(self, step, x, labels, batch_size):
        """`step()` in the execution's float32 products; where memory runs out, an OutOfMemory says what fits."""

        with self._undisturbed(), float32_products("high" if self._tf32 else None):
            return run_guarded(self, step, batch_size, partial(self._try_step, x, labels))

    def _is_recorded(self, x, labels):
        """With cuda_graphs, steps on batches of the recipe's size: the first is recorded. Others run eagerly."""
        if not self.execution.cuda_graphs or len(x) != self.recipe.batch_size:
            return False
        if self._recorded is None:
            self.training_mode()
            self._try_to_compile(x, labels)
            self._recorded = cuda_graphs.RecordedStep(self, x, labels)
        return True

    def _loss(self, x, labels):
        self._training_mode()
        self._try_to_compile(x, labels)
        self.draw_masks(len(x))
        return self.loss_with_masks(x, labels)

    def whole_step(self, x, labels):
        """One training step without waiting; masks drawn on the device are part of it. Returns the loss before it."""
        if self.generator is not None:
            self.draw_masks(len(x))
        loss = self.loss_with_masks(x, labels)
        self._finish_step(loss)
        return loss.detach()

    def loss_with_masks(self, x, labels):
        """The loss of a batch of placed tensors, with the masks that were drawn last."""
        return super()._loss(x, labels)

    def training_mode(self):
        """Layers that move draw masks and use the batch's statistics. An evaluation ends it."""
        self._training_mode()

    def draw_masks(self, batch_size):
        """Draw the masks and slopes of one training step, in the order of the layers."""
        for layer in self._random_layers:
            if layer.training:
                layer.draw(batch_size)

    def _forward(self, x):
        compiled = self._compiled is not None and len(x) == self.recipe.batch_size
        if self._low_precision is None:
            return self._compiled(x) if compiled else self.module(x)
        # Each weight is used once a step, so that a cache of casts gains nothing; and a graph must not hold one.
        with torch.autocast(self.device.type, self._low_precision, cache_enabled=False):
            logits = self._compiled(x) if compiled else self.module(x)
        return logits.to(x.dtype)  # the loss is computed in full precision

    def _finish_step(self, loss):
        """Backward pass, clipping, update, max-norm: everything after the loss, on the device alone."""
        scaler = self._scaler
        self._backward(loss if scaler is None else scaler.scale(loss))
        if scaler is not None:
            scaler.unscale_(self.optimizer)
        self._clip_on_device()
        if scaler is None:
            self.optimizer.step()
        else:
            scaler.step(self.optimizer)  # not where a gradient overflowed; update() then lowers the scale
            scaler.update()
        self._bound_weights()

    def _clip_on_device(self):
        """`_clip`, without asking the device whether it clipped."""
        limits, gradients = self.recipe, self._gradients()
        if limits.clip_value is None and limits.clip_norm is None:
            return
        clipped = torch.zeros((), dtype=torch.bool, device=self.device)
        if limits.clip_value is not None:
            for gradient in gradients:
                clipped |= (gradient.abs() > limits.clip_value).any()
                gradient.clamp_(-limits.clip_value, limits.clip_value)
        if limits.clip_norm is not None:
            norm = torch.nn.utils.get_total_norm(gradients)
            clipped |= norm > limits.clip_norm
            torch.nn.utils.clip_grads_with_norm_(self._moving().values(), limits.clip_norm, norm)
        self._clipped += clipped

    def _try_to_compile(self, x, labels):
        """torch.compile for batches of the recipe's size, tried on the first of them; what it changes is put back."""
        if not self.execution.compile or self._compile_tried or len(x) != self.recipe.batch_size:
            return
        self._compile_tried = True
        try:
            self._compiled = torch.compile(self.module, backend=COMPILER, dynamic=False)
            with put_back(self):
                self.draw_masks(len(x))
                self._backward(self.loss_with_masks(x, labels))
        except torch.OutOfMemoryError:
            self._compiled, self._compile_tried = None, False
            raise
        except Exception as error:  # a compiler fails in many ways, and none of them is a reason not to train
            self._compiled = None
            reason = " ".join(str(error).split("\n\n")[0].split())[:300]  # the rest is for PyTorch's developers
            note = f"compile: not used, torch.compile failed ({type(error).__name__}: {reason})."
            self.notes += [] if note in self.notes else [note]
        self.optimizer.zero_grad()


class DrawnDropout(Dropout):
    """Dropout whose mask is drawn ahead, into a tensor that stays in its place: one for each batch size."""

    def __init__(self, layer, width, dtype, device, generator):
        super().__init__(layer.drop_rate, layer.rng)
        self.numbers = DrawnNumbers(width, dtype, device, generator)

    def draw(self, batch_size):
        """Draw the next step's mask."""
        self.numbers.draw(batch_size, self._seeded, self._on_device)

    def _seeded(self, shape):
        return draw_mask(shape, self.drop_rate, self.rng)

    def _on_device(self, mask, generator):
        mask.bernoulli_(1 - self.drop_rate, generator=generator).div_(1 - self.drop_rate)

    def forward(self, x):
        return x * self.numbers.drawn.to(x.dtype) if self.training else x


class DrawnRReLU(RReLU):
    """RReLU whose slopes are drawn ahead, as DrawnDropout's mask."""

    def __init__(self, layer, width, dtype, device, generator):
        super().__init__(layer.rng, layer.lower, layer.upper)
        self.numbers = DrawnNumbers(width, dtype, device, generator)

    def draw(self, batch_size):
        """Draw the next step's slopes."""
        self.numbers.draw(batch_size, self._seeded, self._on_device)

    def _seeded(self, shape):
        return draw_slopes(shape, self.rng, self.lower, self.upper)

    def _on_device(self, slopes, generator):
        slopes.uniform_(self.lower, self.upper, generator=generator)

    def forward(self, z):
        if not self.training:
            return rrelu(z, (self.lower + self.upper) / 2)
        return rrelu(z, self.numbers.drawn.to(z.dtype))


class DrawnNumbers:
    """Random numbers (batch, width) that are drawn into the same tensor again and again.

    drawn : the numbers that were drawn last
    """

    def __init__(self, width, dtype, device, generator):
        self.width, self.dtype, self.device, self.generator = width, dtype, device, generator
        self.drawn, self._places = None, {}

    def draw(self, batch_size, seeded, on_device):
        """Fill the tensor of this batch size: with `seeded(shape)` from NumPy, or by `on_device(tensor, generator)`."""
        shape = (batch_size, self.width)
        if batch_size not in self._places:
            self._places[batch_size] = torch.empty(shape, dtype=self.dtype, device=self.device)
        self.drawn = self._places[batch_size]
        if self.generator is None:
            self.drawn.copy_(seeded(shape), non_blocking=True)
        else:
            on_device(self.drawn, self.generator)


# What the device can do


def can_record(device):
    """CUDA graphs can be recorded on this device."""
    return device.type == "cuda"


def has_low_precision(device, precision):
    """Products in "bfloat16" or "float16" exist on this device. A CPU has both, and gains little or nothing by them."""
    if device.type == "cuda":
        # bfloat16 needs compute capability 8.0 (2020); AMD's GPUs under PyTorch have both
        return precision == "float16" or bool(torch.version.hip) or torch.cuda.get_device_capability(device) >= (8, 0)
    return device.type == "cpu"


def _low_precision(execution, device, notes):
    """The dtype for torch.autocast, or None."""
    wanted = execution.mixed_precision
    if wanted == "off":
        return None
    if wanted == "auto":
        if device.type == "cuda" and has_low_precision(device, "bfloat16") and execution.dtype == "float32":
            return torch.bfloat16
        why = "dtype is float64" if execution.dtype == "float64" else f"{device} is no CUDA device that computes in it"
        notes.append(f'mixed_precision: "auto" is off here, {why}.')
        return None
    if not has_low_precision(device, wanted):
        raise ExecutionError(
            f"mixed_precision is {wanted!r}, and the device {str(device)!r} does not compute in it. "
            "Use mixed_precision='auto' to take it where it is, or 'off'."
        )
    return getattr(torch, wanted)


def _uses_tf32(execution, device, notes):
    if execution.float32_products == "full":
        return False
    if execution.dtype == "float64":
        notes.append("float32_products: dtype is float64, tf32 changes nothing.")
    elif device.type != "cuda" or torch.version.hip or torch.cuda.get_device_capability(device) < (8, 0):
        notes.append(f"float32_products: {device} has no tf32; products are in full float32.")
    else:
        return True
    return False


@contextlib.contextmanager
def float32_products(precision):
    """Set torch.set_float32_matmul_precision, which is of the whole process, and set it back. None leaves it alone."""
    if precision is None:
        yield
        return
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def use_default_step(optimizer):
    """PyTorch's usual step in place of the fused one."""
    for group in optimizer.param_groups:
        group["fused"] = None  # not False, which would also turn off the step of all parameters together (foreach)
    optimizer._step_supports_amp_scaling = False  # GradScaler hands its scale to fused steps alone


def prepare_for_recording(optimizer, device):
    """Keep on the device what changes from step to step: the count of steps (capturable) and the learning rate."""
    for group in optimizer.param_groups:
        if "capturable" in group and device.type != "cpu":
            group["capturable"] = True
        group["lr"] = torch.tensor(float(group["lr"]), dtype=torch.float32, device=device)  # what fused kernels read
