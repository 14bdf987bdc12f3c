"""Training steps to be timed, each a function without arguments: Python loops, NumPy, PyTorch on a CPU or a GPU."""

import contextlib
import sys

import numpy as np

from course_lib.benchmarks.batches import LAYERS, plain_recipe
from course_lib.benchmarks.python_loops import LoopLayer, LoopNetwork
from course_lib.benchmarks.timing import nothing_to_wait_for
from course_lib.engine.numpy_backend import Network as NumpyNetwork
from course_lib.scratch.dense import Dense

LEARNING_RATE = 0.001


def gpu_kind():
    """The GPU that PyTorch would use here, "cuda" or "mps", or None; loads PyTorch."""
    from course_lib.engine.device import choose_device

    kind = choose_device().type
    return None if kind == "cpu" else kind


def waiting_for(device):
    """The function that returns when this device ("cpu", "cuda", "cuda:1", "mps") has done all its work."""
    import torch

    kind = torch.device(device).type
    if kind == "cuda":
        return lambda: torch.cuda.synchronize(device)
    return torch.mps.synchronize if kind == "mps" else nothing_to_wait_for


@contextlib.contextmanager
def on_threads(count):
    """Within this block NumPy and PyTorch compute on `count` threads; afterwards as before."""
    from threadpoolctl import threadpool_limits

    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else None
    with threadpool_limits(count):
        try:
            if torch:
                torch.set_num_threads(count)
            yield
        finally:
            if torch:
                torch.set_num_threads(before)


def loop_layer(x, output_gradient):
    """(forward and backward of one example, update) of a dense layer in Python loops."""
    layer = _loop_layer(x.shape[1], output_gradient.shape[1])
    image, gradient = x[0].tolist(), output_gradient[0].tolist()

    def example():
        layer.forward(image)
        layer.backward(gradient, needs_input_gradient=False)

    def update():
        layer.descend(LEARNING_RATE)
        layer.clear()

    return example, update


def _loop_layer(fan_in, fan_out):
    weight = np.random.default_rng(0).normal(0, 0.05, (fan_in, fan_out))
    return LoopLayer(weight.tolist(), [0.0] * fan_out)


def numpy_layer(x, output_gradient, dtype="float32"):
    """Forward, backward and update of a dense layer in NumPy, on the whole batch."""
    layer = Dense(x.shape[1], output_gradient.shape[1], rng=np.random.default_rng(0), dtype=dtype)
    layer.needs_input_gradient = False
    x, output_gradient = x.astype(dtype), output_gradient.astype(dtype)

    def step():
        layer.forward(x, training=True)
        layer.backward(output_gradient)
        for name, parameter in layer.parameters.items():
            parameter -= LEARNING_RATE * layer.gradients[name]

    return step


def torch_layer(x, output_gradient, device):
    """The same in PyTorch, with autograd and torch.optim."""
    import torch

    layer = torch.nn.Linear(x.shape[1], output_gradient.shape[1], device=device)
    optimizer = torch.optim.SGD(layer.parameters(), lr=LEARNING_RATE)
    x, output_gradient = (torch.as_tensor(array, device=device) for array in (x, output_gradient))

    def step():
        optimizer.zero_grad()
        layer(x).backward(output_gradient)
        optimizer.step()

    return step


def loop_network(x, labels):
    """(one example of the batch, update) of 784-300-100-10 in Python loops."""
    first = NumpyNetwork(plain_recipe(), LAYERS[0], LAYERS[-1]).parameters()
    network = LoopNetwork([first[f"dense{depth}.weight"].tolist() for depth in range(1, len(LAYERS))], LEARNING_RATE)
    image, label, share = x[0].tolist(), int(labels[0]), 1 / len(x)
    return lambda: network.add_example(image, label, share), network.update


def numpy_step(x, labels, dtype="float32", recipe=None):
    """A training step of our NumPy engine on this batch."""
    network = NumpyNetwork(recipe or plain_recipe(), x.shape[1], LAYERS[-1], dtype)
    batch = network.place(x, labels)
    return lambda: network.update(*batch)


class TorchStep:
    """A training step of our PyTorch engine on this batch, as fit() does it: with the loss as a number each step.

    x, labels : arrays, or tensors on the execution's device
    notes : what of the execution is not used here, and why
    """

    def __init__(self, x, labels, execution, recipe=None):
        self.network = executed(x, execution, recipe)
        self.placed = (x, labels) if not isinstance(x, np.ndarray) else self.network.place(x, labels)
        self.notes = self.network.notes

    def __call__(self):
        self.network.update(*self.placed)


class TorchSteps(TorchStep):
    """`n_steps` training steps of our PyTorch engine, one after the other without waiting between.

    Each takes the recipe's batch_size rows of x at random; without a recipe, as many as x has.
    """

    def __init__(self, x, labels, execution, recipe=None, n_steps=20):
        super().__init__(x, labels, execution, recipe)
        rng = np.random.default_rng(0)
        self.batches = [rng.integers(0, len(x), self.network.recipe.batch_size) for _ in range(n_steps)]

    def __call__(self):
        self.network.run_steps(*self.placed, self.batches)


def executed(x, execution, recipe=None):
    """A fresh ExecutedNetwork for these examples."""
    from course_lib.engine.executed_network import ExecutedNetwork

    return ExecutedNetwork(recipe or plain_recipe(batch_size=len(x)), x.shape[1], LAYERS[-1], execution)


def on_device(x, labels, device):
    """Arrays as tensors on a device, to be shared by several networks."""
    import torch

    return tuple(torch.as_tensor(np.array(array), device=device) for array in (x, labels))
