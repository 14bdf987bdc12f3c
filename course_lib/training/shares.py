"""Whether a run can be shared by several processes: enough cores, and batches that give each its part."""

from course_lib.recipe import RecipeError, check_count
from course_lib.training.batches import steps_per_epoch


def usable_cores():
    """How many cores this process may use, by its affinity and its container's quota."""
    import joblib

    return joblib.cpu_count()


def check_processes(n_processes, cores):
    """A ValueError if there are more processes than cores: they would take turns, and be slower than fewer."""
    check_count("The number of processes", n_processes, 1)
    if n_processes > cores:
        raise ValueError(
            f"{n_processes} processes were asked for, and this machine has {cores} usable "
            f"{'core' if cores == 1 else 'cores'}: they would take turns. Start {cores} at most, or add "
            "--oversubscribe (in launch: oversubscribe=True) to see it work at any speed."
        )


def check_batches(recipe, n_examples, n_processes):
    """A RecipeError if a batch of an epoch cannot be shared by the processes.

    Each batch is cut into shares whose sizes differ by one at most. The full batches must have an example for each
    process; in a last, shorter batch some may have none, unless batch norm needs two for its variance.
    """
    if recipe.batch_size < n_processes:
        raise RecipeError(
            f"batch_size is {recipe.batch_size} with {n_processes} processes; each batch needs an example for every "
            f"process. Use batch_size={n_processes} or more, or fewer processes."
        )
    if not recipe.normalizes_batches:
        return
    share = _smallest_share(recipe.batch_size, n_examples, n_processes)
    if share >= 2:
        return
    sizes = range(recipe.batch_size + 1, n_examples + 1)
    fitting = next((size for size in sizes if _smallest_share(size, n_examples, n_processes) >= 2), None)
    tries = (
        "fewer processes, or normalization='none'" if fitting is None else f"batch_size={fitting}, or fewer processes"
    )
    raise RecipeError(
        f"With batch_size={recipe.batch_size}, {n_examples} training examples and {n_processes} processes, the "
        f"smallest share of a batch has {share} {'example' if share == 1 else 'examples'}; batch norm needs 2 in "
        f"every process. Use {tries}."
    )


def _smallest_share(batch_size, n_examples, n_processes):
    steps = steps_per_epoch(n_examples, batch_size)
    last = n_examples - (steps - 1) * batch_size
    return min(batch_size, last) // n_processes if steps > 1 else last // n_processes
