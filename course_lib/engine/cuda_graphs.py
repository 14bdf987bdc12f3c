"""A training step recorded once as a CUDA graph and replayed as one unit, with hardly any work for the CPU.

A graph replays the same kernels on the same addresses. What changes from step to step is therefore copied to where the
graph reads it: the batch, the dropout masks, the learning rate. PyTorch's notes on CUDA semantics, "Whole-network
capture", give the order: warm up on a side stream, let go of the gradients, record, replay.
"""

import warnings

import torch

from course_lib.engine.memory import put_back

WARM_UP_STEPS = 3


def side_stream(device):
    """A stream of its own, for warming up and recording."""
    return torch.cuda.Stream(device)


def warm_up(function, stream):
    """Run `function` on the stream a few times: libraries set themselves up, and the optimizer makes its state."""
    stream.wait_stream(torch.cuda.current_stream(stream.device))
    with torch.cuda.stream(stream), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*capturable=True")  # that is about steps that are never recorded
        for _ in range(WARM_UP_STEPS):
            function()
    torch.cuda.current_stream(stream.device).wait_stream(stream)


def record(function, stream, generator=None):
    """Record `function` without running it: (graph with a method replay(), what `function` returned).

    generator : a torch.Generator of the device that `function` draws from, or None
    """
    graph = torch.cuda.CUDAGraph()
    if generator is not None and hasattr(graph, "register_generator_state"):
        graph.register_generator_state(generator)  # each replay goes on where the last one stopped drawing
    with torch.cuda.device(stream.device), torch.cuda.graph(graph, stream=stream):
        output = function()
    return graph, output


class RecordedStep:
    """A training step of `network` for batches of the size of x: `run` or `run_rows` copies a batch in and replays.

    Recording leaves the network as it was: its warm-up steps are put back.

    loss : where each replay writes the loss, as of before its update
    """

    def __init__(self, network, x, labels):
        self.network, self.x, self.labels = network, x.clone(), labels.clone()
        optimizer = network.optimizer
        stream = side_stream(network.device)
        with put_back(network, forget=False):
            network.draw_masks(len(x))
            warm_up(self._step, stream)
        optimizer.zero_grad()  # the recorded backward pass then makes gradients that stay where they are
        self.graph, self.loss = record(self._step, stream, network.generator)
        self.parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        self.gradients = [parameter.grad for parameter in self.parameters]

    def run(self, x, labels):
        """One step on the batch x, labels; returns the loss, a tensor that the next step overwrites."""
        self.x.copy_(x)
        self.labels.copy_(labels)
        return self._replay()

    def run_rows(self, x, labels, rows):
        """One step on these rows of x and labels."""
        torch.index_select(x, 0, rows, out=self.x)
        torch.index_select(labels, 0, rows, out=self.labels)
        return self._replay()

    def _step(self):
        return self.network.whole_step(self.x, self.labels)

    def _replay(self):
        self.network.training_mode()
        if self.network.generator is None:  # masks come from the seed, through the CPU
            self.network.draw_masks(len(self.x))
        self.graph.replay()
        if self.parameters[0].grad is not self.gradients[0]:  # a step of another batch size came between
            for parameter, gradient in zip(self.parameters, self.gradients, strict=True):
                parameter.grad = gradient
        return self.loss
