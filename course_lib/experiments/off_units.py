"""Units that are off: their sum is 0 or below on every training image. What the claims about dying units share.

A ReLU unit that is off answers 0 to every image, and its weights get no gradient. A leaky unit that is off still gets
some, and so does everything below it.
"""

from dataclasses import dataclass

import numpy as np

from course_lib.engine import numpy_stack as stack
from course_lib.engine.watching import watched
from course_lib.experiments import short_runs
from course_lib.recipe import random_stream
from course_lib.training.batches import epoch_batches

ROWS = 1000  # images per forward pass: bounds the memory


@dataclass(frozen=True, eq=False)
class Watched:
    """Networks that were watched while they trained.

    Parameters
    ----------
    off : (times, networks, units) True where a hidden unit was off: at the start, and after each part of the steps. A
        network that diverged stays as it was before that step
    accuracies : (networks,) on the part that was asked for; chance accuracy where a network diverged
    alive : (networks,) False where it diverged
    networks : the NetworkStack
    """

    off: np.ndarray
    accuracies: np.ndarray
    alive: np.ndarray
    networks: object


def watch(recipes, steps, parts, n_train=None, part="test"):
    """Train networks that differ in learning rate alone, on the same batches, and see which units are off.

    Parameters
    ----------
    recipes : list of Recipe, as a NetworkStack takes them, with one seed
    steps : updates, a multiple of `parts`
    parts : how many times it is looked, evenly spread over the steps
    n_train : how many training images there are; None is all of the embedded set
    part : "validation" or "test", what the accuracies are measured on

    Returns
    -------
    Watched
    """
    data = short_runs.fashion_mnist(n_train)
    measured = data.splits()[part]
    networks = stack.NetworkStack(recipes, data.n_inputs, data.n_classes)
    batches = _batches(len(data.train), recipes[0], steps)
    seen = [off_units(networks, data.train.x)]
    for step, rows in enumerate(batches, start=1):
        x, labels = data.train.x[rows], data.train.labels[rows]
        networks.update(*(np.broadcast_to(array, (len(recipes), *array.shape)) for array in (x, labels)))
        if step % (steps // parts) == 0:
            seen.append(off_units(networks, data.train.x))
    losses, accuracies = networks.evaluate(measured.x, measured.labels)
    alive = networks.alive & np.isfinite(losses)
    return Watched(np.array(seen), np.where(alive, accuracies, 1 / data.n_classes), alive, networks)


def off_units(networks, x):
    """Which hidden units of a NetworkStack have a sum of 0 or below on every row of x: (networks, units), bool."""
    off = True
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for start in range(0, len(x), ROWS):
            off &= np.concatenate(_off_on_part(networks, x[start : start + ROWS]), axis=1)
    return off


def _off_on_part(networks, x):
    off = []

    def look(name, sums, outputs):
        if name.startswith("activation"):
            off.append((sums <= 0).all(axis=1))

    with watched(networks.leaves, look):
        for _, layer in networks.layers:
            x = layer.forward(x, training=False)
    return off


def _batches(n_train, recipe, steps):
    """The rows of the batches that `training.fit` takes with this recipe: a list of `steps` arrays."""
    rng, batches = random_stream(recipe.seed, "batches"), []
    while len(batches) < steps:
        batches += epoch_batches(n_train, recipe.batch_size, rng)
    return batches[:steps]
