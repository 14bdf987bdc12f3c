"""Runs of which the weights of the last steps are averaged, all of a stack side by side.

Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging"; with networks Izmailov et al. 2018.
A batch norm's running statistics would have to be measured anew for the averaged weights: these networks have none.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course_lib.data import Dataset
from course_lib.engine.numpy_stack import NetworkStack
from course_lib.experiments import short_runs
from course_lib.recipe import Recipe
from course_lib.training.schedules import learning_rate_at


@dataclass(frozen=True)
class AveragedRun:
    """One network of a run, with the weights of its last step or with an average.

    Parameters
    ----------
    network : a Network
    diverged : a loss was not finite
    moved : length of the difference between these weights and those of the last step
    """

    network: object
    diverged: bool
    moved: float


def train(recipes: Sequence[Recipe], data: Dataset, steps: int, shares: Sequence[float]) -> list[dict]:
    """{0.0: the last step's AveragedRun, share: that of the average over the last so many steps} for each recipe.

    Parameters
    ----------
    recipes : they differ in learning rate and initialization alone, without batch norm
    data : Dataset
    steps : updates of each run
    shares : of the steps whose weights are averaged, above 0, at most 1
    """
    stack = NetworkStack(recipes, data.n_inputs, data.n_classes)
    starts = {share: steps - max(1, round(share * steps)) for share in shares}
    total = np.zeros(stack.flat_parameters.shape)
    before = {}
    with np.errstate(all="ignore"):  # runs that diverge say so in their result
        for step, (x, labels) in enumerate(short_runs.batches(recipes[0], data, steps)):
            rates = [[learning_rate_at(recipe, step, steps)] for recipe in recipes]
            stack.optimizer.learning_rate = np.array(rates, stack.dtype)
            before |= {share: total.copy() for share, start in starts.items() if start == step}
            many = len(recipes)
            stack.update(np.broadcast_to(x, (many, *x.shape)), np.broadcast_to(labels, (many, *labels.shape)))
            if before:
                total += stack.flat_parameters
    last = stack.flat_parameters.copy()
    found = [{0.0: _run(stack, number, last)} for number in range(len(recipes))]
    for share, start in starts.items():
        stack.flat_parameters[...] = (total - before[share]) / (steps - start)  # w = 1 / n sum of the last n w_t
        for number, by_share in enumerate(found):
            by_share[share] = _run(stack, number, last)
    return found


def _run(stack, number, last):
    moved = float(np.linalg.norm(stack.flat_parameters[number].astype(np.float64) - last[number]))
    finite = bool(np.isfinite(stack.flat_parameters[number]).all())
    return AveragedRun(
        stack.network(number), not (stack.alive[number] and finite), moved if math.isfinite(moved) else 1.0
    )


def quantities(run: AveragedRun, part) -> dict[str, float]:
    """Accuracy, loss, calibration error and divergence on a Split, as `short_runs.quantities` gives them."""
    loss, accuracy = math.nan, 1 / run.network.n_classes
    if not run.diverged:
        loss, accuracy = run.network.evaluate(*run.network.place(part.x, part.labels))
    as_short = short_runs.ShortRun(
        accuracy=accuracy,
        loss=min(loss, short_runs.LARGEST_LOSS) if math.isfinite(loss) else short_runs.LARGEST_LOSS,
        diverged=run.diverged or not math.isfinite(loss),
        steps=0,
        step_losses=[],
        clipped=0,
        network=run.network,
    )
    return short_runs.quantities(as_short, part)


def score(run: AveragedRun, part) -> float:
    """The accuracy on a Split in percent, -inf where the run diverged."""
    return -math.inf if run.diverged else quantities(run, part)[short_runs.ACCURACY]
