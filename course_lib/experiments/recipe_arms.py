"""Arms that are recipes, all trained for the same number of steps on the same images: how they are tuned and trained.

`recipes` is a claim's own function (seed, settings) -> {arm: Recipe}; its settings have "images", "steps" and "grid".
"""

from collections.abc import Callable, Mapping

from course_lib.data import Dataset
from course_lib.experiments import short_runs
from course_lib.experiments.short_runs import ShortRun


def images(settings: Mapping) -> Dataset:
    """Fashion-MNIST with the first settings["images"] training images, to read and not to change."""
    return short_runs.fashion_mnist(settings["images"])


def tune(recipes: Callable, seed: int, settings: Mapping) -> dict[str, dict[float, float]]:
    """Validation accuracy of every arm at every rate of the grid; -inf where the run diverged.

    `functools.partial(tune, recipes)` is an experiment's `tune`.
    """
    return short_runs.scores(recipes(seed, settings), settings["grid"], images(settings), settings["steps"])


def trained(recipes: Callable, seed: int, settings: Mapping, learning_rates: Mapping) -> dict[str, ShortRun]:
    """Every arm trained at its learning rate and measured on the test images."""
    return short_runs.tested(recipes(seed, settings), learning_rates, images(settings), settings["steps"])


def measured(runs: Mapping[str, ShortRun]) -> dict[str, dict[str, float]]:
    """The arms of an Outcome: accuracy, loss and divergence of every run."""
    return {name: short_runs.quantities(result) for name, result in runs.items()}
