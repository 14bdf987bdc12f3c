"""What `tools/bench.py gpu` measures, part by part: what a GPU does with networks of this course's size.

Each function returns rows, plain dicts. `gpu_plan.py` says in which sizes they are called.
"""

from functools import partial

import numpy as np

from chip import COPY, product_name
from course_lib.benchmarks.batches import (
    BATCH,
    LAYERS,
    WEIGHTS,
    plain_recipe,
    products_per_image,
    repeated,
    training_images,
)
from course_lib.benchmarks.gpu_goals import GOAL_ACCURACY, GRAPH, STEP_NETWORKS
from course_lib.benchmarks.machine import Rows, execution_in, thread_counts, way_rows
from course_lib.benchmarks.steps import TorchSteps, executed, numpy_step, on_device, on_threads, waiting_for
from course_lib.benchmarks.timing import Way, memory_problem, out_of_memory, seconds_of, time_ways
from course_lib.data import DataUnavailable, Split, load_fashion_mnist
from course_lib.data.full import locate_full
from course_lib.execution import Execution
from course_lib.progress_bar import progress_bar
from course_lib.recipe import Recipe
from course_lib.training.shares import usable_cores
from fast_conv import FastConvolution

EAGER, FUSED, COMPILED = "eager", "fused optimizer", "compiled, CUDA graph"
NO_GRAPH = "needs a CUDA device"
STEP_RECIPES = dict(zip(STEP_NETWORKS, (plain_recipe(), Recipe()), strict=True))
STACKED = Recipe(hidden_layers=(100,), activation="relu", normalization="none", drop_rate=0.0)
STACKED_NETWORK = "784-100-10, ReLU, Adam"

STEP_COLUMNS = {
    "network": "network",
    "way": "way",
    "milliseconds": "ms a step",
    "low": "fastest round",
    "high": "slowest round",
    "images_a_second": "images a second",
    "times": "times as fast as eager",
    "setup_seconds": "s before the first step",
    "notes": "notes",
}


def measure_steps(device, n_steps, compile=False, **timing):
    """Milliseconds a step at batch 64: eager, with the fused optimizer, as a CUDA graph, for two networks.

    device : where; n_steps : in one call, without waiting between them; compile : also torch.compile and a graph of it
    """
    x, labels = on_device(*repeated(*training_images(), 10_000), device)
    cuda, rows, interrupted = device.startswith("cuda"), [], False
    for name, recipe in STEP_RECIPES.items():
        executions = {
            EAGER: Execution(device=device, fused=False, masks="device"),
            FUSED: Execution(device=device, masks="device"),
        }
        if cuda:
            executions[GRAPH] = Execution(device=device, masks="device", cuda_graphs=True)
        if cuda and compile:
            executions[COMPILED] = Execution(device=device, masks="device", cuda_graphs=True, compile=True)
        wait, setup = waiting_for(device), {}
        ways = {
            way: Way(partial(_timed_setup, setup, way, wait, x, labels, execution, recipe, n_steps), wait, n_steps)
            for way, execution in executions.items()
        }
        timings = time_ways(ways, label=name, **timing)
        part = [
            {"network": name} | row | {"setup_seconds": setup.get(row["way"])}
            for row in way_rows(timings, BATCH, EAGER)
        ]
        rows += part if cuda else [*part, {"network": name, "way": GRAPH, "problem": NO_GRAPH}]
        interrupted = timings.interrupted
        if interrupted:
            break
    return Rows(rows, interrupted)


def _timed_setup(setup, way, wait, x, labels, execution, recipe, n_steps):
    """`TorchSteps`; the seconds of making it, its first steps included, are kept in `setup`: compiling, recording."""
    made = []

    def make():
        made.append(TorchSteps(x, labels, execution, recipe, n_steps))
        made[0]()

    setup[way] = seconds_of(make, wait)
    return made[0]


RATE_BY_BATCH_COLUMNS = {
    "batch": "batch size",
    "precision": "precision",
    "milliseconds": "ms a step",
    "images_a_second": "images a second",
    "of_products": "share of the matrix-product rate, %",
    "of_copies": "share of the copy rate, %",
}
SHARES_NOTE = (
    "Shares: the multiplications and additions of the step's matrix products, and the bytes that it must move at the "
    "least (parameters, gradients, Adam's two vectors, the images), against the rates of the chip in the first table."
)


def bytes_per_step(batch, layers=LAYERS):
    """The bytes that a training step with Adam in float32 must move at the least.

    For each parameter 10 numbers: read in the forward and in the backward pass, its gradient written; Adam reads
    parameter, gradient, mean and mean square and writes parameter, mean and mean square. For each input of each image
    4: read from the data, written as the batch, read in the forward and in the backward pass.
    """
    parameters = WEIGHTS + sum(layers[1:])
    return 4 * (10 * parameters + 4 * batch * layers[0])


def measure_images_a_second(device, sizes, precisions, n_steps, rates, n_images, **timing):
    """Images a second of 784-300-100-10 by batch size and precision, as shares of the chip's rates.

    rates : rows of `chip.measure_rates`; n_images : among which a batch's rows are chosen
    """
    cuda = device.startswith("cuda")
    measured = {row["what"]: row.get("rate") for row in rates}
    x, labels = on_device(*repeated(*training_images(), n_images), device)
    ways = {}
    for size in sizes:
        for precision in precisions:
            execution = execution_in(precision, device, cuda_graphs=cuda)
            recipe = plain_recipe(batch_size=size)
            make = partial(TorchSteps, x, labels, execution, recipe, n_steps)
            ways[size, precision] = Way(make, waiting_for(device), n_steps)
    timings = time_ways(ways, label="batch sizes", **timing)
    rows = []
    for (size, precision), timed in timings.items():
        row = {"batch": size, "precision": precision}
        if not timed.seconds:
            rows.append(row | {"problem": timed.problem or "interrupted"})
            continue
        images = size / timed.median
        row |= {"milliseconds": 1000 * timed.median, "images_a_second": images}
        products, copies = measured.get(product_name(precision)), measured.get(COPY)
        if products:
            row["of_products"] = 100 * products_per_image() * images / (products * 1e12)
        if copies:
            row["of_copies"] = 100 * bytes_per_step(size) / timed.median / (copies * 1e9)
        rows.append(row)
    return Rows(rows, timings.interrupted)


NUMPY_COLUMNS = {"threads": "threads", "batch": "batch size", "images_a_second": "images a second"}


def measure_numpy(sizes, **timing):
    """Images a second of our NumPy engine, on one thread and on all cores."""
    counts = sorted({1, thread_counts(usable_cores())[-1]})
    ways = {
        (count, size): Way(partial(numpy_step, *repeated(*training_images(), size)), setting=partial(on_threads, count))
        for count in counts
        for size in sizes
    }
    timings = time_ways(ways, label="NumPy", **timing)
    rows = [
        {"threads": count, "batch": size}
        | ({"images_a_second": size / timed.median} if timed.seconds else {"problem": timed.problem or "interrupted"})
        for (count, size), timed in timings.items()
    ]
    return Rows(rows, timings.interrupted)


STACK_COLUMNS = {
    "way": "way",
    "milliseconds": "ms a step of all",
    "low": "fastest round",
    "high": "slowest round",
    "times": "times as fast as one after the other",
}
ONE_AFTER_THE_OTHER = "one after the other"


def measure_stack(device, n_networks, n_alone, n_steps, **timing):
    """A training step of many networks (784-100-10, batch 64, other seeds and learning rates) as one stack, and one
    network after the other. Of the latter `n_alone` are timed and counted up to all.

    Returns rows {"way", "milliseconds" (a step of all networks), "low", "high", "times"}.
    """
    recipes = [STACKED.replace(seed=seed, learning_rate=0.001 * 2 ** (seed % 4 - 1)) for seed in range(n_networks)]
    x, labels = on_device(*repeated(*training_images(), 10_000), device)
    wait, cuda = waiting_for(device), device.startswith("cuda")
    alone = {ONE_AFTER_THE_OTHER: Execution(device=device)}
    if cuda:
        alone[f"{ONE_AFTER_THE_OTHER}, CUDA graphs"] = Execution(device=device, cuda_graphs=True)
    ways = {
        name: Way(partial(_alone_steps, recipes[:n_alone], x, labels, execution, n_steps), wait, n_steps)
        for name, execution in alone.items()
    }
    stack = f"a stack of {n_networks}"
    ways[stack] = Way(partial(_stack_steps, recipes, x, labels, device, n_steps), wait, n_steps)
    timings = time_ways(ways, label="networks", **timing)
    for name in alone:
        timings[name].seconds = [seconds * n_networks / n_alone for seconds in timings[name].seconds]
    rows = way_rows(timings, BATCH, ONE_AFTER_THE_OTHER)
    for row in rows:
        row.pop("images_a_second", None)
    return rows


def _alone_steps(recipes, x, labels, execution, n_steps):
    networks = [executed(x, execution, recipe) for recipe in recipes]
    rng = np.random.default_rng(0)
    batches = [rng.integers(0, len(x), BATCH) for _ in range(n_steps)]

    def steps():
        for network in networks:
            network.run_steps(x, labels, batches)

    return steps


def _stack_steps(recipes, x, labels, device, n_steps):
    import torch

    from course_lib.engine.torch_stack import NetworkStack

    stack = NetworkStack(recipes, LAYERS[0], LAYERS[-1], device=device)
    rows = torch.randint(len(x), (n_steps, len(recipes), BATCH), device=device)

    def steps():
        for chosen in rows:
            stack.update(x[chosen], labels[chosen])

    return steps


RUN_COLUMNS = {
    "data": "data",
    "seeds": "seeds",
    "seconds": "s a run, mean",
    "slowest": "slowest",
    "accuracy": "test accuracy, mean",
    "lowest": "lowest",
    "reached": "runs at 90% or more",
    "data_seconds": "s before: data",
    "compile_seconds": "compiling",
    "warm_up_seconds": "warm-up",
    "capture_seconds": "recording the graph",
    "notes": "notes",
}
GOAL_IMAGES = 60_000
FETCH = (
    "The goal is for all 60,000 training images, and these are fewer. To fetch all of them (about 30 MB): "
    "python -c \"from course_lib.data import load_fashion_mnist; load_fashion_mnist('full')\""
)


def fashion_mnist(n_images=None):
    """(train, test, name): all of Fashion-MNIST where it is on this machine, else the subset in this package.

    n_images : only so many of each; None is all
    """
    try:
        subset = "full" if n_images is None and locate_full() is not None else "embedded"
        data = load_fashion_mnist(subset, progress=False)
    except DataUnavailable as error:
        print(f"The full Fashion-MNIST cannot be used: {error}\nThe embedded subset takes its place.")
        data = load_fashion_mnist()
    if n_images is None and len(data.train) < GOAL_IMAGES:
        print(FETCH)
    train, test = (Split(part.x[:n_images], part.labels[:n_images]) for part in (data.train, data.test))
    return train, test, f"{data.name}, {len(train):,} images"


def measure_to_90(device, seeds, schedule, n_images=None, compile=False, progress=True):
    """Runs of the small convolutional network from random weights to its test accuracy, one a seed.

    A run has a fixed length, chosen before; its seconds hold the weights, the order, all steps and the measurement of
    the accuracy. What is paid once, before all runs, stands apart.

    Returns one row {"data", "seeds", "seconds", "slowest", "accuracy", "lowest", "reached", ..."_seconds"}.
    """
    train, test, name = fashion_mnist(n_images)
    row, runs, interrupted = {"data": name}, [], False
    try:
        network = FastConvolution(train, test, device, schedule, compile=compile)
        network.run(seeds)  # a seed that is not among the measured ones: the first run is slower
        with progress_bar(seeds, "runs", "run", shown=progress, stays=False) as bar:
            for seed in range(seeds):
                runs.append(network.run(seed))
                bar.update()
    except KeyboardInterrupt:
        interrupted = True
    except Exception as error:
        if not out_of_memory(error):
            raise
        return Rows([row | {"problem": memory_problem(error)}])
    if not runs:
        return Rows([row | {"problem": "interrupted"}], interrupted)
    seconds, accuracies = [run.seconds for run in runs], [run.accuracy for run in runs]
    row |= {"seeds": len(runs), "seconds": float(np.mean(seconds)), "slowest": max(seconds)}
    row |= {"accuracy": float(np.mean(accuracies)), "lowest": min(accuracies)}
    row["reached"] = sum(accuracy >= GOAL_ACCURACY for accuracy in accuracies)
    row |= {f"{what.replace(' ', '_')}_seconds": value for what, value in network.setup_seconds.items()}
    row |= {"notes": " ".join(network.notes)} if network.notes else {}
    return Rows([row], interrupted)
