"""Arms that are recipes with a number of steps each: one makes more steps than another, in the same time for example.

As recipe_arms.py, where all arms of a case make the same number. `arms` is a claim's own function (settings) ->
{arm: (Recipe, steps)}, of one case.
"""

from collections.abc import Callable, Mapping, Sequence

from course_lib.data import Dataset
from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Outcome
from course_lib.experiments.short_runs import ShortRun
from course_lib.recipe import Recipe

Arms = Callable[[Mapping], Mapping[str, tuple[Recipe, int]]]


def tune(arms: Arms, seed: int, settings: Mapping, trials: Mapping[str, Sequence]) -> dict[str, list[float]]:
    """Validation accuracy in percent of every arm at each of its choices; -inf where the run diverged.

    `functools.partial(tune, arms)` is an experiment's `tune`.
    """
    data, scores = recipe_arms.images(seed, settings), {}
    for arm, choices in trials.items():
        recipe, steps = arms(settings)[arm]
        runs = short_runs.train([recipe.replace(seed=seed, **choice) for choice in choices], data, steps, "validation")
        scores[arm] = [short_runs.score(result) for result in runs]
    return scores


def run(
    arms: Arms,
    mechanisms: Callable[[Mapping[str, ShortRun], Dataset], Mapping[str, float]],
    seed: int,
    settings: Mapping,
    chosen: Mapping,
) -> Outcome:
    """One seed of one case: accuracy, loss, calibration error, divergence and steps of every arm.

    `functools.partial(run, arms, mechanisms)` is an experiment's `run`.

    Parameters
    ----------
    arms : as above
    mechanisms : ({arm: ShortRun}, the Dataset) -> {mechanism: how much it was at work}
    """
    data, runs = recipe_arms.images(seed, settings), {}
    for arm, (recipe, steps) in arms(settings).items():
        (runs[arm],) = short_runs.train([recipe.replace(seed=seed, **chosen.get(arm, {}))], data, steps, "test")
    found = recipe_arms.measured(runs, data)
    return Outcome(
        {arm: found[arm] | {"steps": float(runs[arm].steps)} for arm in runs},
        {**mechanisms(runs, data), **recipe_arms.label_noise(seed, settings)},
    )
