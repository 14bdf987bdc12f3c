"""What `bench scaling` measures: images a second of one process and of several under torchrun, on this machine."""

from statistics import median

from course_lib.arrays import ArrayError
from course_lib.benchmarks.facts import machine_facts
from course_lib.benchmarks.machine import Rows, thread_counts
from course_lib.benchmarks.plan import Part, Plan
from course_lib.data import Dataset, Split, load_fashion_mnist
from course_lib.recipe import Recipe
from course_lib.threads import limit_threads
from course_lib.training.launching import ParallelRunFailed, launch
from course_lib.training.shares import usable_cores

SCALING_COLUMNS = {
    "network": "network",
    "processes": "processes",
    "batch": "joint batch",
    "milliseconds": "ms a step",
    "images_a_second": "images a second",
    "times": "times as fast as one process",
    "efficiency": "of what it could be, %",
    "start_seconds": "s for start and measurement",
}
NOTE = (
    "Every process has one thread and its share of the joint batch. After each step they exchange all gradients, "
    "4 bytes for each parameter: a small step is over before that is. Of each run's epochs but the first: the median."
)
# name -> recipe: a small step, a larger batch, and a network whose products outweigh what is exchanged
NETWORKS = {
    "784-300-100-10, batch 64": Recipe(activation="relu", normalization="none", drop_rate=0.0, batch_size=64),
    "784-300-100-10, batch 1024": Recipe(activation="relu", normalization="none", drop_rate=0.0, batch_size=1024),
    "784-1000-1000-10, batch 1024": Recipe(
        hidden_layers=(1000, 1000), activation="relu", normalization="none", drop_rate=0.0, batch_size=1024
    ),
}
SMOKE_NETWORKS = {
    "784-16-10, batch 64": Recipe(hidden_layers=(16,), normalization="none", drop_rate=0.0, batch_size=64)
}


def plan(arguments):
    """The Plan of `bench scaling`, from the command's option `smoke`."""
    limit_threads(1)
    networks, images, epochs = (SMOKE_NETWORKS, 256, 2) if arguments.smoke else (NETWORKS, 10_000, 5)
    counts = thread_counts(min(2, usable_cores()) if arguments.smoke else usable_cores())
    part = Part(
        "scaling",
        f"Training by several processes, {images:,} images an epoch",
        SCALING_COLUMNS,
        lambda _: measure_scaling(networks, counts, images, epochs),
        NOTE,
    )
    return Plan("scaling", machine_facts("cpu"), [part], smoke=arguments.smoke)


def measure_scaling(networks=None, counts=(1, 2), images=10_000, epochs=3, device="cpu", progress=True):
    """Images a second of each network with each number of processes.

    Parameters
    ----------
    networks : {name: Recipe}; None is `NETWORKS`
    counts : numbers of processes, 1 among them for the comparison
    images : training images in an epoch
    epochs : of each run, 2 or more: the first is left out
    device : "cpu" or "cuda"
    progress : print what is being measured

    Returns rows {"network", "processes", "batch", "milliseconds", "images_a_second", "times", "efficiency",
    "start_seconds"}; a "problem" where a run failed.

    Raises
    ------
    ArrayError : more processes than cores, fewer than 2 epochs, more images than there are
    """
    networks, data = NETWORKS if networks is None else networks, load_fashion_mnist()
    _check(counts, images, epochs, len(data.train))
    small = Dataset(
        Split(data.train.x[:images], data.train.labels[:images]),
        None,
        None,
        data.name,
        data.class_names,
        data.image_shape,
    )
    rows = Rows([])
    for name, recipe in networks.items():
        alone = None
        for count in counts:
            if progress:
                print(f"{name}: {count} {'process' if count == 1 else 'processes'}", flush=True)
            row, rows.interrupted = _row(recipe.replace(epochs=epochs), count, small, device)
            alone = row.get("images_a_second") if count == 1 else alone
            if alone and "images_a_second" in row:
                row["times"] = row["images_a_second"] / alone
                row["efficiency"] = 100 * row["times"] / count
            rows.append({"network": name, "processes": count} | row)
            if rows.interrupted:
                return rows
    return rows


def _row(recipe, count, data, device):
    """(what one run gave, interrupted)."""
    row = {"batch": recipe.batch_size}
    try:
        result = launch(recipe, count, data, device=device, progress=False)
    except ParallelRunFailed as error:
        return row | {"problem": str(error).splitlines()[0]}, False
    except KeyboardInterrupt:
        return row | {"problem": "interrupted"}, True
    if result is None or len(result.step_seconds) < 2:
        return row | {"problem": "interrupted"}, True
    epoch = median(result.step_seconds[1:])
    steps = len(result.step_losses) / len(result.history)
    row |= {"milliseconds": 1000 * epoch / steps, "images_a_second": len(data.train) / epoch}
    row["start_seconds"] = result.seconds - sum(result.step_seconds)
    return row, result.interrupted


def _check(counts, images, epochs, available):
    cores = usable_cores()
    if not counts or min(counts) < 1 or max(counts) > cores:
        raise ArrayError(f"counts is {list(counts)}; each must be from 1 to {cores}, the cores that can be used here.")
    if epochs < 2:
        raise ArrayError(f"epochs is {epochs}; the first is left out, so that 2 or more are needed.")
    if not 1 <= images <= available:
        raise ArrayError(f"images is {images}; it must be from 1 to {available}, the training images there are.")
