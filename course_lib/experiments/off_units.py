"""Units that are off: their sum is 0 or below on every training image. What the claims about dying units share.

A ReLU unit that is off answers 0 to every image, and its weights get no gradient. A leaky unit that is off still gets
some, and so does everything below it.
"""

import math
from dataclasses import dataclass

import numpy as np

from course_lib.engine import numpy_stack as stack
from course_lib.engine.watching import watched
from course_lib.experiments import short_runs
from course_lib.experiments.short_runs import LARGEST_LOSS, ShortRun

ROWS = 1000  # images per forward pass: bounds the memory


@dataclass(frozen=True, eq=False)
class Watched:
    """Networks that were watched while they trained.

    Parameters
    ----------
    off : (times, networks, units) True where a hidden unit was off: at the start, and after each part of the steps. A
        network that diverged stays as it was before that step
    runs : a ShortRun for each network, without the losses of its steps
    """

    off: np.ndarray
    runs: list


def watch(recipes, data, steps, parts):
    """Train networks that differ in learning rate alone, on the same batches, and see which units are off.

    Parameters
    ----------
    recipes : list of Recipe, as a NetworkStack takes them, with one seed and a constant learning rate
    data : Dataset; units are looked at on its training images, and the runs are measured on its test images
    steps : updates, a multiple of `parts`
    parts : how many times it is looked, evenly spread over the steps

    Returns
    -------
    Watched
    """
    networks = stack.NetworkStack(recipes, data.n_inputs, data.n_classes)
    seen = [off_units(networks, data.train.x)]
    for step, batch in enumerate(short_runs.batches(recipes[0], data, steps), start=1):
        networks.update(*(np.broadcast_to(array, (len(recipes), *array.shape)) for array in batch))
        if step % (steps // parts) == 0:
            seen.append(off_units(networks, data.train.x))
    return Watched(np.array(seen), _runs(networks, data, steps))


def _runs(networks, data, steps):
    losses, accuracies = networks.evaluate(data.test.x, data.test.labels)
    losses[~networks.alive] = math.nan
    return [
        ShortRun(
            accuracy=float(accuracy) if math.isfinite(loss) else 1 / data.n_classes,
            loss=min(float(loss), LARGEST_LOSS) if math.isfinite(loss) else LARGEST_LOSS,
            diverged=not math.isfinite(loss),
            steps=steps,
            step_losses=[],
            clipped=0,
            network=networks.network(number),
        )
        for number, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True))
    ]


def off_units(networks, x):
    """Which hidden units have a sum of 0 or below on every row of x, bool.

    networks : a NetworkStack, for (networks, units), or a Network, for (units,)
    """
    off = True
    for start in range(0, len(x), ROWS):
        sums = _sums(networks, x[start : start + ROWS])
        off &= np.concatenate([(each <= 0).all(axis=-2) for each in sums], axis=-1)
    return off


def share_below_zero(network, x):
    """Which share of the sums of a Network's hidden units is below 0 on x."""
    return float(np.mean([(each < 0).mean() for each in _sums(network, x)]))


def _sums(networks, x):
    """The sums of every hidden layer in evaluation mode: a list of (..., rows, units)."""
    found = []

    def look(name, sums, outputs):
        if name.startswith("activation"):
            found.append(sums)

    with watched(networks.leaves, look), np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for _, layer in networks.layers:
            x = layer.forward(x, training=False)
    return found
