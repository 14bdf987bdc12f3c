"""Arms that are recipes: in one case, all are trained on the images of a seed for the same number of steps.

`arms` is a claim's own function (settings) -> {arm: Recipe}, of one case. The settings have

data, images : which set, and how many training images a seed draws (image_draws.py)
steps : of every run
redrawn : share of the training labels that are drawn anew; left out, none
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

from course_lib.data import Dataset
from course_lib.data.label_noise import redraw_labels
from course_lib.experiments import image_draws, short_runs
from course_lib.experiments.experiment import Outcome
from course_lib.experiments.short_runs import ShortRun
from course_lib.recipe import Recipe

WARM_UP = 0.1  # share of the steps in which an annealed run's rate rises


def annealed(recipe: Recipe, steps: int) -> Recipe:
    """The recipe with a linear warm-up over a tenth of the steps, and then half a cosine down to 0."""
    return recipe.replace(schedule="cosine", schedule_steps=(max(1, int(WARM_UP * steps)),))


@functools.lru_cache(maxsize=1)
def _drawn(seed, images, data, redrawn):
    drawn = image_draws.draw(seed, images, data=data)
    train, _ = redraw_labels(drawn.train, redrawn, drawn.n_classes, seed)
    return dataclasses.replace(drawn, train=train)


def images(seed: int, settings: Mapping) -> Dataset:
    """The images of a seed, to read and not to change; a share of the training labels is drawn anew where asked."""
    return _drawn(seed, settings["images"], settings["data"], settings.get("redrawn", 0.0))


def tune(
    arms: Callable[[Mapping], Mapping[str, Recipe]], seed: int, settings: Mapping, trials: Mapping[str, Sequence]
) -> dict[str, list[float]]:
    """Validation accuracy in percent of every arm at each of its choices; -inf where the run diverged.

    `functools.partial(tune, arms)` is an experiment's `tune`.
    """
    recipes = arms(settings)
    wanted = [recipes[arm].replace(seed=seed, **choice) for arm, choices in trials.items() for choice in choices]
    runs = iter(short_runs.train(wanted, images(seed, settings), settings["steps"], "validation"))
    return {arm: [short_runs.score(next(runs)) for _ in choices] for arm, choices in trials.items()}


def trained(
    arms: Callable[[Mapping], Mapping[str, Recipe]], seed: int, settings: Mapping, chosen: Mapping
) -> dict[str, ShortRun]:
    """{arm: ShortRun}: every arm trained as it was chosen, and measured on the seed's test images."""
    recipes = {arm: recipe.replace(seed=seed, **chosen.get(arm, {})) for arm, recipe in arms(settings).items()}
    runs = short_runs.train(list(recipes.values()), images(seed, settings), settings["steps"], "test")
    return dict(zip(recipes, runs, strict=True))


def run(
    arms: Callable[[Mapping], Mapping[str, Recipe]],
    mechanisms: Callable[[Mapping[str, ShortRun], Dataset], Mapping[str, float]],
    seed: int,
    settings: Mapping,
    chosen: Mapping,
) -> Outcome:
    """One seed of one case: accuracy, loss, calibration error and divergence of every arm.

    `functools.partial(run, arms, mechanisms)` is an experiment's `run`.

    Parameters
    ----------
    arms : as above
    mechanisms : ({arm: ShortRun}, the Dataset) -> {mechanism: how much it was at work}
    """
    data = images(seed, settings)
    runs = trained(arms, seed, settings, chosen)
    return Outcome(measured(runs, data), {**mechanisms(runs, data), **label_noise(seed, settings)})


def measured(runs: Mapping[str, ShortRun], data: Dataset) -> dict[str, dict[str, float]]:
    """The arms of an Outcome, on the test images."""
    return {arm: short_runs.quantities(result, data.test) for arm, result in runs.items()}


def same_grid(arms: Callable[[Mapping], Mapping[str, Recipe]], settings: Mapping) -> dict[str, dict[str, list]]:
    """Every arm over settings["grid"], learning rates.

    `functools.partial(same_grid, arms)` is an experiment's `grids`.
    """
    return {arm: {"learning_rate": settings["grid"]} for arm in arms(settings)}


def label_noise(seed: int, settings: Mapping) -> dict[str, float]:
    """The mechanism of redrawn labels: how many are wrong. Empty where none are redrawn."""
    if not settings.get("redrawn"):
        return {}
    clean = image_draws.draw(seed, settings["images"], data=settings["data"]).train.labels
    return {"training labels that are wrong": float((images(seed, settings).train.labels != clean).sum())}
