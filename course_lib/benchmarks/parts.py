"""A training loop taken apart: how long each part of a step takes, and what reaching for the data costs."""

import multiprocessing
import time
from functools import partial
from statistics import median

import numpy as np

from course_lib.benchmarks.batches import BATCH, LAYERS, plain_recipe, repeated, training_images
from course_lib.benchmarks.machine import LIVE, Rows
from course_lib.benchmarks.steps import executed, waiting_for
from course_lib.benchmarks.timing import Way, nothing_to_wait_for, time_ways
from course_lib.engine.numpy_backend import Network as NumpyNetwork
from course_lib.execution import Execution
from course_lib.scratch.losses import softmax_cross_entropy, softmax_cross_entropy_gradient

PARTS = ("batch taking", "forward", "backward", "optimizer")
PROFILE_COLUMNS = {"engine": "engine", **{part: f"{part}, ms" for part in PARTS}, "milliseconds": "together, ms"}
LOADING_COLUMNS = {
    "way": "way",
    "images_a_second": "images a second, batches alone",
    "with_steps": "images a second, with the steps",
}
LOADING_NOTE = "The step is that of the PyTorch engine on the CPU. Starting the workers counts: it happens each epoch."


def profile_step(batch=BATCH, steps=30, device=None):
    """How long each part of one training step of 784-300-100-10 takes, by engine.

    Parameters
    ----------
    batch : examples in a step
    steps : how many are timed, after five that are not
    device : also profile PyTorch there, "cuda" or "mps"; the clock then waits for the device after every part

    Returns rows {"engine", "batch taking", "forward", "backward", "optimizer", "milliseconds" (their sum)}: medians.
    """
    profiles = {"NumPy": _numpy_parts, "PyTorch on the CPU": partial(_torch_parts, device="cpu")}
    if device is not None:
        profiles[f"PyTorch on {device}"] = partial(_torch_parts, device=device)
    x, labels = training_images()
    rng, rows = np.random.default_rng(0), Rows([])
    order = [rng.integers(0, len(x), batch) for _ in range(steps + 5)]
    try:
        for name, make in profiles.items():
            parts, wait = make(x, labels)
            seconds = [_seconds_by_part(parts, indices, wait) for indices in order][5:]
            row = {part: 1000 * median(each[part] for each in seconds) for part in PARTS}
            rows.append({"engine": name} | row | {"milliseconds": sum(row.values())})
    except KeyboardInterrupt:
        rows.interrupted = True
    return rows


def _seconds_by_part(parts, indices, wait):
    """{part: seconds} of one step; each part gets what the one before it returned."""
    seconds, value = {}, indices
    for name in PARTS:
        wait()
        start = time.perf_counter()
        value = parts[name](value)
        wait()
        seconds[name] = time.perf_counter() - start
    return seconds


def _numpy_parts(x, labels):
    network = NumpyNetwork(plain_recipe(), LAYERS[0], LAYERS[-1])
    x, labels = network.place(x, labels)

    def forward(batch):
        values, batch_labels = batch
        for _, layer in network.layers:
            values = layer.forward(values, training=True)
        softmax_cross_entropy(values, batch_labels)
        return values, batch_labels

    def backward(batch):
        gradient = softmax_cross_entropy_gradient(*batch)
        for _, layer in reversed(network.layers):
            gradient = layer.backward(gradient)

    return {
        "batch taking": lambda indices: (network.take(x, indices), network.take(labels, indices)),
        "forward": forward,
        "backward": backward,
        "optimizer": lambda _: network.optimizer.step(network.flat_gradients),
    }, nothing_to_wait_for


def _torch_parts(x, labels, device):
    from course_lib.pytorch.losses import softmax_cross_entropy as torch_loss

    network = executed(x, Execution(device=device))
    network.module.train()
    x, labels = network.place(x, labels)

    def forward(batch):
        return torch_loss(network.module(batch[0]), batch[1])

    def backward(loss):
        network.optimizer.zero_grad()
        loss.backward()

    return {
        "batch taking": lambda indices: (network.take(x, indices), network.take(labels, indices)),
        "forward": forward,
        "backward": backward,
        "optimizer": lambda _: network.optimizer.step(),
    }, waiting_for(device)


def measure_data_loading(batch=BATCH, n_examples=2000, workers=(0, 2), **timing):
    """Images a second through one epoch of batches: PyTorch's DataLoader against data kept as one tensor and indexed.

    Parameters
    ----------
    batch : examples in a step
    n_examples : images in the epoch
    workers : numbers of the DataLoader's worker processes
    timing : what `time_ways` takes, `LIVE` where it is left out

    Returns rows {"way", "images_a_second" (of the batches alone), "with_steps" (with a training step on each)}.
    """
    x, labels = repeated(*training_images(), n_examples)
    epochs = {"one tensor, indexed": partial(_indexed, batch)}
    epochs |= {_loader_name(count): partial(_loaded, batch, count) for count in workers}
    ways = {
        (name, steps): Way(partial(_epoch, make, x, labels, steps))
        for name, make in epochs.items()
        for steps in (False, True)
    }
    timings = time_ways(ways, **LIVE | {"label": "data loading", "rounds": 2} | timing)
    rows = []
    for name in epochs:
        alone, together = timings[name, False], timings[name, True]
        row = {"way": name}
        if alone.seconds and together.seconds:
            row |= {"images_a_second": n_examples / alone.median, "with_steps": n_examples / together.median}
        else:
            row["problem"] = alone.problem or together.problem or "interrupted"
        rows.append(row)
    return Rows(rows, timings.interrupted)


def _loader_name(workers):
    return f"DataLoader, {workers} workers" if workers else "DataLoader in this process"


def _epoch(make, x, labels, steps):
    """A function that runs through one epoch of batches, with a training step on each where `steps` is True."""
    network = executed(x, Execution(device="cpu"))
    batches = make(*network.place(x, labels))

    def run():
        for part, part_labels in batches():
            if steps:
                network.update(part, part_labels)

    return run


def _indexed(batch, x, labels):
    import torch

    def batches():
        for indices in torch.randperm(len(x)).split(batch):
            yield x[indices], labels[indices]

    return batches


def _loaded(batch, workers, x, labels):
    from torch.utils.data import DataLoader, TensorDataset

    # A worker that is forked shares the data; where there is no fork, it gets a copy.
    fork = "fork" if workers and "fork" in multiprocessing.get_all_start_methods() else None
    loader = DataLoader(
        TensorDataset(x, labels), batch_size=batch, shuffle=True, num_workers=workers, multiprocessing_context=fork
    )
    return lambda: iter(loader)
