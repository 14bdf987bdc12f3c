"""Where the time goes on this machine: the same training step in several ways, side by side.

Each `measure_...` function returns rows, plain dicts that `tables.rows_table` shows, in a few seconds; `bench machine`
calls them with more rounds. Nothing here loads PyTorch before a function needs it.
"""

from functools import partial

import numpy as np

from course_lib.arrays import ArrayError
from course_lib.benchmarks.batches import BATCH, NETWORK, repeated, training_images
from course_lib.benchmarks.steps import (
    TorchStep,
    TorchSteps,
    gpu_kind,
    loop_layer,
    loop_network,
    numpy_layer,
    numpy_step,
    on_threads,
    torch_layer,
    waiting_for,
)
from course_lib.benchmarks.timing import Timing, Timings, Way, time_ways
from course_lib.execution import Execution
from course_lib.training.shares import usable_cores

PYTHON = "Python loops"
NUMPY = "NumPy, our engine"
EAGER = "PyTorch, eager"
FUSED = "PyTorch, fused optimizer"
COMPILED = "PyTorch, compiled"
EXAMPLE, UPDATE = "one example", "update"
GRAPH_STEPS = 20  # in one call of run_steps
LIVE = {"rounds": 5, "seconds_a_turn": 0.02, "progress": False}  # for a chapter's cell

WAY_COLUMNS = {
    "way": "way",
    "milliseconds": "ms a step",
    "low": "fastest round",
    "high": "slowest round",
    "images_a_second": "images a second",
    "times": "times as fast as Python loops",
    "notes": "notes",
}
PYTHON_NOTE = (
    "Python loops were timed on one example and on the update of the parameters, and counted up to the batch: "
    "examples x one example + one update."
)
LAYER_TITLE = f"One training step of a dense layer 784-300, batch {BATCH}"
NETWORK_TITLE = f"One training step of {NETWORK}, batch {BATCH}"


def measure_layer_ways(batch=BATCH, fan_in=784, fan_out=300, **timing):
    """One dense layer's training step (forward, backward, gradient descent) as Python loops, NumPy and PyTorch.

    timing : what `time_ways` takes, `LIVE` where it is left out

    Returns rows as `way_rows` gives them. The loops run on one example and are counted up to the batch.
    """
    rng = np.random.default_rng(0)
    x = rng.random((batch, fan_in), np.float32)
    gradient = rng.normal(0, 1 / batch, (batch, fan_out)).astype(np.float32)
    example, update = loop_layer(x, gradient)
    ways = {EXAMPLE: Way(lambda: example), UPDATE: Way(lambda: update)}
    ways |= {NUMPY: Way(lambda: numpy_layer(x, gradient)), EAGER: Way(lambda: torch_layer(x, gradient, "cpu"))}
    gpu = gpu_kind()
    if gpu:
        ways[f"PyTorch on {gpu}"] = Way(lambda: torch_layer(x, gradient, gpu), waiting_for(gpu))
    timings = time_ways(ways, **LIVE | {"label": "one layer"} | timing)
    return way_rows(counted_up(timings, batch), batch)


def measure_training_ways(batch=BATCH, compile=False, **timing):
    """One training step of 784-300-100-10 (ReLU, Adam) in all ways there are here.

    Parameters
    ----------
    batch : examples in the step
    compile : also torch.compile, which takes up to a minute before its first step
    timing : what `time_ways` takes, `LIVE` where it is left out

    Returns rows as `way_rows` gives them. The loops run on one example and are counted up to the batch.
    """
    x, labels = repeated(*training_images(), batch)
    example, update = loop_network(x, labels)
    ways = {EXAMPLE: Way(lambda: example), UPDATE: Way(lambda: update), NUMPY: Way(lambda: numpy_step(x, labels))}
    timings = time_ways(ways | torch_ways(x, labels, compile), **LIVE | {"label": "one network"} | timing)
    return way_rows(counted_up(timings, batch), batch)


def torch_ways(x, labels, compile=False):
    """{name: Way} of PyTorch's ways to do this batch's step, on the CPU and on the GPU where there is one."""
    cpu = {EAGER: Execution(device="cpu", fused=False), FUSED: Execution(device="cpu")}
    if compile:
        cpu[COMPILED] = Execution(device="cpu", compile=True)
    ways = {name: Way(partial(TorchStep, x, labels, execution)) for name, execution in cpu.items()}
    kind = gpu_kind()
    if kind is None:
        return ways
    on, wait = f"PyTorch on {kind}", waiting_for(kind)
    gpu = {f"{on}, eager": Execution(device=kind, fused=False), f"{on}, fused": Execution(device=kind)}
    ways |= {name: Way(partial(TorchStep, x, labels, execution), wait) for name, execution in gpu.items()}
    if kind == "cuda":
        graph = Execution(device=kind, cuda_graphs=True)
        ways[f"{on}, CUDA graph"] = Way(partial(TorchSteps, x, labels, graph, None, GRAPH_STEPS), wait, GRAPH_STEPS)
    return ways


def counted_up(timings, batch):
    """The timings with the loops' two parts, one example and the update, as one step of the whole batch."""
    example, update = timings[EXAMPLE], timings[UPDATE]
    pairs = zip(example.seconds, update.seconds, strict=False)  # an interrupt leaves one round half done
    whole = Timings({PYTHON: Timing([batch * one + rest for one, rest in pairs])})
    whole |= {name: timing for name, timing in timings.items() if name not in (EXAMPLE, UPDATE)}
    whole.interrupted = timings.interrupted
    return whole


def way_rows(timings, batch=BATCH, base=PYTHON):
    """Rows of one step's time: {"way", "milliseconds" (median), "low", "high" (of the rounds, milliseconds),
    "images_a_second", "times" (how many times as fast as the way `base`)}, or a "problem" in place of the figures."""
    rows = []
    for name, timing in timings.items():
        if not timing.seconds:
            rows.append({"way": name, "problem": timing.problem or "interrupted"})
            continue
        row = {"way": name, "milliseconds": 1000 * timing.median, "low": 1000 * timing.low, "high": 1000 * timing.high}
        row["images_a_second"] = batch / timing.median
        if base in timings and timings[base].seconds:
            row["times"] = timings[base].median / timing.median
        if timing.notes:
            row["notes"] = " ".join(timing.notes)
        rows.append(row)
    return Rows(rows, timings.interrupted)


class Rows(list):
    """Rows of a table, plain dicts. `interrupted`: Ctrl-C or the Stop button ended the measurement early."""

    def __init__(self, rows, interrupted=False):
        super().__init__(rows)
        self.interrupted = interrupted


BATCH_SIZE_COLUMNS = {
    "batch": "batch size",
    "numpy": "NumPy, images a second",
    "torch": "PyTorch on the CPU",
    "gpu": "PyTorch on the GPU",
}


def measure_batch_sizes(sizes=(16, 64, 256, 1024), **timing):
    """Images a second of 784-300-100-10 by batch size, for both engines.

    Returns rows {"batch", "numpy", "torch", and "gpu" where there is one}, in images a second.
    """
    gpu, ways = gpu_kind(), {}
    for size in sizes:
        part = repeated(*training_images(), size)
        ways["numpy", size] = Way(partial(numpy_step, *part))
        ways["torch", size] = Way(partial(TorchStep, *part, Execution(device="cpu")))
        if gpu:
            ways["gpu", size] = Way(partial(TorchStep, *part, Execution(device=gpu)), waiting_for(gpu))
    timings = time_ways(ways, **LIVE | {"label": "batch sizes"} | timing)
    return _rate_rows([({"batch": size}, size, (size,)) for size in sizes], timings)


THREAD_COLUMNS = {
    "threads": "threads",
    "batch": "batch size",
    "numpy": "NumPy, images a second",
    "torch": "PyTorch on the CPU",
}


def measure_threads(counts=None, sizes=(64, 1024), **timing):
    """Images a second by number of threads, for both engines on the CPU and two batch sizes.

    counts : numbers of threads; None is 1, 2, 4, ... and all cores

    Returns rows {"threads", "batch", "numpy", "torch"}, the last two in images a second.

    Raises
    ------
    ArrayError : more threads than cores, or fewer than 1
    """
    cores = usable_cores()
    counts = thread_counts(cores) if counts is None else list(counts)
    if not counts or min(counts) < 1 or max(counts) > cores:
        raise ArrayError(f"counts is {counts}; each must be from 1 to {cores}, the cores that can be used here.")
    ways = {}
    for size in sizes:
        part = repeated(*training_images(), size)
        for count in counts:
            setting = partial(on_threads, count)
            ways["numpy", size, count] = Way(partial(numpy_step, *part), setting=setting)
            ways["torch", size, count] = Way(partial(TorchStep, *part, Execution(device="cpu")), setting=setting)
    timings = time_ways(ways, **LIVE | {"label": "threads"} | timing)
    cases = [({"threads": count, "batch": size}, size, (size, count)) for size in sizes for count in counts]
    return _rate_rows(cases, timings)


def thread_counts(cores):
    """1, 2, 4, ... below `cores`, and `cores`."""
    return [count for count in (2**power for power in range(cores.bit_length())) if count < cores] + [cores]


PRECISION_COLUMNS = {
    "precision": "precision",
    "batch": "batch size",
    "numpy": "NumPy, images a second",
    "torch": "PyTorch on the CPU",
    "gpu": "PyTorch on the GPU",
}
PRECISION_NOTE = "bfloat16: PyTorch's autocast; the parameters stay float32. NumPy has no bfloat16."


def measure_precisions(sizes=(64, 1024), **timing):
    """Images a second in float64, float32 and bfloat16 (mixed precision) for two batch sizes.

    Returns rows {"precision", "batch", "numpy", "torch", and "gpu" where there is one}, in images a second.
    """
    gpu, ways, cases = gpu_kind(), {}, []
    for size in sizes:
        part = repeated(*training_images(), size)
        for precision in ("float64", "float32", "bfloat16"):
            cases.append(({"precision": precision, "batch": size}, size, (size, precision)))
            if precision != "bfloat16":
                ways["numpy", size, precision] = Way(partial(numpy_step, *part, precision))
            ways["torch", size, precision] = Way(partial(TorchStep, *part, execution_in(precision, "cpu")))
            if gpu and not (gpu == "mps" and precision == "float64"):
                way = Way(partial(TorchStep, *part, execution_in(precision, gpu)), waiting_for(gpu))
                ways["gpu", size, precision] = way
    timings = time_ways(ways, **LIVE | {"label": "precisions"} | timing)
    return _rate_rows(cases, timings)


def execution_in(precision, device, **fields):
    """The Execution that computes in "float64", "float32", "tf32", "bfloat16" or "float16" on this device."""
    if precision in ("bfloat16", "float16"):
        return Execution(device=device, mixed_precision=precision, **fields)
    if precision == "tf32":
        return Execution(device=device, float32_products="tf32", **fields)
    return Execution(device=device, dtype=precision, **fields)


def _rate_rows(cases, timings):
    """One row a case (first columns, batch size, rest of the way's name): images a second of each engine in it."""
    rows = []
    for first, size, rest in cases:
        row, problems = dict(first), []
        for engine in ("numpy", "torch", "gpu"):
            timing = timings.get((engine, *rest))
            if timing is not None and timing.seconds:
                row[engine] = size / timing.median
            elif timing is not None:
                problems.append(timing.problem or "interrupted")
        rows.append(row | ({"problem": problems[0]} if problems else {}))
    return Rows(rows, timings.interrupted)
