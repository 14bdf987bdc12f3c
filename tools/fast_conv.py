"""A small convolutional network on Fashion-MNIST as fast as a GPU takes it: one run from random weights to a test
accuracy in a fraction of a second.

What makes it fast: the images lie on the device, standardized, in the order (channels last) and precision (bfloat16)
that the GPU's matrix units read; the first step turns each 2x2 pixels into 4 channels, so that no layer works on the
full resolution; the learning rate follows one cycle (Smith 2018, arXiv:1803.09820) over few epochs with large batches;
and a whole training step, the choice of its batch included, is one CUDA graph that the processor only has to start.

The same code runs without a graph and in float32 on a CPU, slowly, for its test.
"""

import contextlib
import time
from dataclasses import dataclass

import numpy as np

CHANNELS = (64, 64, 128)
EVALUATION_BATCH = 5000
PIXEL_MEAN, PIXEL_DEVIATION = 0.2860, 0.3530  # of the 60,000 training images, pixel / 255


@dataclass(frozen=True)
class Schedule:
    """How long a run is and how large its steps are.

    batch_size, epochs : a last batch that is not whole is left out, another one each epoch
    peak : highest learning rate of Adam; the rate rises to it in `rise` of the run and falls to 0, in straight lines
    """

    batch_size: int = 512
    epochs: int = 4  # one seed on the test images: 89.0% after a run of 2 epochs, 90.3% after one of 3
    peak: float = 0.01
    rise: float = 0.25
    label_smoothing: float = 0.1

    def steps(self, n_examples):
        """Training steps of a run; ValueError when there is not one whole batch."""
        if n_examples < self.batch_size:
            raise ValueError(f"batch_size is {self.batch_size}, but there are only {n_examples} training examples.")
        return self.epochs * (n_examples // self.batch_size)

    def rates(self, n_examples):
        """The learning rate of each step, array (steps,) float32."""
        steps = self.steps(n_examples)
        position = (np.arange(steps) + 1) / (steps + 1)
        rates = np.minimum(position / self.rise, (1 - position) / (1 - self.rise))
        return (self.peak * rates).astype(np.float32)


@dataclass(frozen=True)
class Run:
    """One run: seconds from random weights to the measured test accuracy, that accuracy, and the seed."""

    seconds: float
    accuracy: float
    seed: int


class FastConvolution:
    """A network that can be trained again and again from other seeds, without setting anything up anew.

    Parameters
    ----------
    train, test : Split of images (n, 784) in [0, 1] with labels
    device : "cpu", "cuda" or "cuda:1"
    schedule : Schedule
    graph : record the training step as a CUDA graph; None where the device is CUDA
    compile : also torch.compile

    setup_seconds : {"data": ..., "compile": ..., "warm up": ..., "capture": ...}, paid once, before all runs
    notes : what was asked for and is not used, with the reason

    Raises
    ------
    ValueError : a device that is not here, a graph on a CPU, a batch larger than the data
    """

    def __init__(self, train, test, device="cuda", schedule=None, graph=None, compile=False):
        import torch

        from course_lib.engine.device import choose_device

        self.torch, self.device = torch, choose_device(device)
        self.schedule = schedule or Schedule()
        self.cuda = self.device.type == "cuda"
        self.graph = self.stream = None
        if graph and not self.cuda:
            raise ValueError(f"graph is True with device {str(device)!r}; CUDA graphs need a CUDA device.")
        self.precision = torch.bfloat16 if self.cuda else torch.float32
        self.setup_seconds, self.notes = {}, []
        with self._timed("data"):
            self.images, self.labels = self._placed(train)
            self.test_images, self.test_labels = self._placed(test)
        self._build(len(train.labels))
        if compile:
            with self._timed("compile"):
                self._compile()
        with self._timed("warm up"):
            self._warm_up()
        if self.cuda if graph is None else graph:
            with self._timed("capture"):
                self._capture()

    def _placed(self, split):
        torch = self.torch
        x = torch.as_tensor(np.asarray(split.x, np.float32)).reshape(-1, 1, 28, 28).to(self.device)
        x = torch.nn.functional.pixel_unshuffle((x - PIXEL_MEAN) / PIXEL_DEVIATION, 2)  # (n, 4, 14, 14)
        x = x.permute(0, 2, 3, 1).to(self.precision).contiguous()  # channels last; the rows of a batch stay so
        return x, torch.as_tensor(np.asarray(split.labels, np.int64)).to(self.device)

    def _build(self, n_examples):
        """The network, its optimizer, and what a step reads: the examples' order, the rates, the step's number."""
        torch, nn = self.torch, self.torch.nn
        layers, before = [], 4
        for place, channels in enumerate(CHANNELS):
            layers += [nn.Conv2d(before, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
            layers += [nn.MaxPool2d(2)] if place > 0 else []  # 14 -> 14 -> 7 -> 3
            before = channels
        layers += [nn.Flatten(), nn.Linear(9 * before, 10)]
        self.module = nn.Sequential(*layers).to(self.device, memory_format=torch.channels_last)
        self.forward = self.module
        batch, steps = self.schedule.batch_size, self.schedule.steps(n_examples)
        self.rates = torch.as_tensor(self.schedule.rates(n_examples), device=self.device)
        self.order = torch.zeros(steps, batch, dtype=torch.int64, device=self.device)
        self.number = torch.zeros(1, dtype=torch.int64, device=self.device)
        self.rate = torch.zeros((), dtype=torch.float32, device=self.device)
        # On a GPU everything that changes from step to step is a tensor there, so that a recorded step can read it.
        self.optimizer = torch.optim.Adam(self.module.parameters(), lr=self.rate, fused=True, capturable=self.cuda)
        self.generator = torch.Generator(self.device)

    def _step(self):
        """One training step; which one, `number` says, on the device."""
        torch, functional = self.torch, self.torch.nn.functional
        rows = self.order.index_select(0, self.number)[0]
        self.rate.copy_(self.rates.index_select(0, self.number)[0])
        self.optimizer.zero_grad()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.cuda, cache_enabled=False):
            logits = self.forward(self.images.index_select(0, rows).permute(0, 3, 1, 2))
        labels = self.labels.index_select(0, rows)
        loss = functional.cross_entropy(logits.float(), labels, label_smoothing=self.schedule.label_smoothing)
        loss.backward()
        self.optimizer.step()
        self.number += 1

    def _compile(self):
        """torch.compile, tried with one step. Where it fails, the run goes on without it; `notes` has the reason."""
        self.forward = self.torch.compile(self.module)
        try:
            self._first_step()
        except Exception as error:  # a compiler fails in many ways, and none of them is a reason not to train
            self.forward = self.module
            reason = (str(error).strip().splitlines() or ["no reason given"])[0]
            self.notes.append(f"torch.compile failed and is not used ({type(error).__name__}: {reason}).")

    def _first_step(self):
        self.module.train()
        self.number.zero_()
        with self._settings():
            self._step()

    def _warm_up(self):
        """A few steps and an evaluation, in which libraries choose their ways and the optimizer makes its state."""
        if not self.cuda:
            self._first_step()
            return
        from course_lib.engine.cuda_graphs import side_stream, warm_up

        self.stream = side_stream(self.device)  # of the recording too: a gradient's accumulator keeps to its stream
        warm_up(self._first_step, self.stream)
        with self._settings():
            self.accuracy()

    def _capture(self):
        from course_lib.engine.cuda_graphs import record

        self.module.train()
        self.optimizer.zero_grad()  # the recorded backward pass makes gradients that stay in their place
        with self._settings():
            self.graph, _ = record(self._step, self.stream)

    def run(self, seed):
        """Train from the random weights of this seed and measure. Returns a Run."""
        self._wait()
        start = time.perf_counter()
        with self._settings():
            self._start_anew(seed)
            self.module.train()
            for _ in range(len(self.order)):
                if self.graph is None:
                    self._step()
                else:
                    self.graph.replay()
            accuracy = self.accuracy()  # a number: the device has done all of it
        return Run(time.perf_counter() - start, accuracy, seed)

    def accuracy(self):
        """Share of the test images that are classified rightly, in evaluation mode."""
        torch, right = self.torch, 0
        self.module.eval()
        pairs = zip(self.test_images.split(EVALUATION_BATCH), self.test_labels.split(EVALUATION_BATCH), strict=True)
        with torch.no_grad(), torch.autocast(self.device.type, torch.bfloat16, enabled=self.cuda):
            for images, labels in pairs:
                right += (self.module(images.permute(0, 3, 1, 2)).argmax(dim=1) == labels).sum()
        return int(right) / len(self.test_labels)

    def _start_anew(self, seed):
        """Weights (He et al. 2015, eq. 10), optimizer, step number and order of the examples, all in place."""
        torch, nn = self.torch, self.torch.nn
        self.generator.manual_seed(seed)
        with torch.no_grad():
            for layer in self.module:
                if isinstance(layer, nn.Conv2d | nn.Linear):
                    deviation = (2 / layer.weight[0].numel()) ** 0.5  # Var[w] = 2 / fan_in
                    layer.weight.normal_(0, deviation, generator=self.generator)
                    if layer.bias is not None:
                        layer.bias.zero_()
                elif isinstance(layer, nn.BatchNorm2d):
                    layer.weight.fill_(1)
                    layer.bias.zero_()
                    layer.reset_running_stats()
            for state in self.optimizer.state.values():
                for value in state.values():
                    value.zero_()
        self.number.zero_()
        steps = len(self.order) // self.schedule.epochs
        for epoch in range(self.schedule.epochs):
            shuffled = torch.randperm(len(self.labels), generator=self.generator, device=self.device)
            whole = shuffled[: steps * self.schedule.batch_size].view(steps, -1)
            self.order[epoch * steps : (epoch + 1) * steps].copy_(whole)

    def _wait(self):
        if self.cuda:
            self.torch.cuda.synchronize(self.device)

    @contextlib.contextmanager
    def _timed(self, what):
        self._wait()
        start = time.perf_counter()
        yield
        self._wait()
        self.setup_seconds[what] = time.perf_counter() - start

    @contextlib.contextmanager
    def _settings(self):
        """Within this block cuDNN tries its ways to convolve, once for each shape, and keeps the fastest."""
        cudnn = self.torch.backends.cudnn
        before = cudnn.benchmark
        cudnn.benchmark = True
        try:
            with self.torch.cuda.device(self.device) if self.cuda else contextlib.nullcontext():
                yield
        finally:
            cudnn.benchmark = before
