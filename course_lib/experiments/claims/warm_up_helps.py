"""Claim: warm-up alone, a learning rate that rises at first, reaches a higher accuracy.

With a rate that is constant after it, and with cosine after it, each against the same without warm-up and each at its
best rate. The rate rises over the first tenth of the steps.

Larger studies say that warm-up lets a higher rate be used. So cosine is also compared at a rate that is too high: four
times the best one without warm-up, for both.

The primary comparison is what somebody has who anneals Adam by cosine and leaves the warm-up out.
"""

import numpy as np

from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.recipe import Recipe
from course_lib.training.schedules import learning_rate_at

SCHEDULES = ("cosine", "constant")
TOO_HIGH = "cosine, 4 times the rate"  # what both of its arms are called by
FACTOR = 4.0
DEEP = {"depth": 10, "normalization": "none", "drop_rate": 0.0}
CASES = {  # the primary first
    "Adam": {"optimizer": "adam"},
    "momentum": {"optimizer": "momentum"},
    "Adam, 10 layers, 600 steps": {"optimizer": "adam", "steps": 600, **DEEP},
    "momentum, 10 layers, 600 steps": {"optimizer": "momentum", "steps": 600, **DEEP},
    "Adam, 100 steps": {"optimizer": "adam", "steps": 100},
    "momentum, 100 steps": {"optimizer": "momentum", "steps": 100},
}


class WarmUp:
    """What `short_runs.train` takes as rate_at: the recipe's schedule after a linear warm-up.

    Parameters
    ----------
    steps : that the rate rises on

    lowered counts the updates whose rate was lower for it.
    """

    def __init__(self, steps):
        self.steps, self.lowered = steps, 0

    def __call__(self, recipe, step, total_steps):
        """The learning rate of one update; a recipe with the schedule "cosine" has the same warm-up of its own."""
        share = min(1.0, (step + 1) / self.steps)  # (t + 1) / w
        self.lowered += share < 1
        return share * recipe.learning_rate if share < 1 else learning_rate_at(recipe, step, total_steps)


def arm(case, schedule, warm_up):
    """arm("Adam", "cosine", True) -> "Adam, cosine, with warm-up"."""
    return f"{case}, {schedule}, {'with' if warm_up else 'without'} warm-up"


def warm_up_steps(settings):
    """How many steps the rate rises on in one case."""
    return max(2, int(recipe_arms.WARM_UP * settings["steps"]))


def arms(settings):
    """{arm: (Recipe, whether it warms up)} of one case."""
    plain = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        normalization=settings["normalization"],
        drop_rate=settings["drop_rate"],
        optimizer=settings["optimizer"],
    )
    found = {}
    for words in (*SCHEDULES, TOO_HIGH):
        for warm_up in (False, True):
            schedule = words.split(",")[0]
            rises_on = (warm_up_steps(settings),) if warm_up and schedule == "cosine" else ()
            recipe = plain.replace(schedule=schedule, schedule_steps=rises_on)
            found[arm(settings["case"], words, warm_up)] = recipe, warm_up
    return found


def grids(settings):
    """The optimizer's learning rates for every arm but the two at a rate that is too high."""
    tuned = [arm(settings["case"], schedule, warm_up) for schedule in SCHEDULES for warm_up in (False, True)]
    return {name: {"learning_rate": settings["grids"][settings["optimizer"]]} for name in tuned}


def tune(seed, settings, trials):
    """Validation accuracy in percent of every arm at each of its choices; -inf where the run diverged."""
    wanted = [(name, choice) for name, choices in trials.items() for choice in choices]
    runs, _ = _train(wanted, seed, settings, "validation")
    scores = iter(map(short_runs.score, runs))
    return {name: [next(scores) for _ in choices] for name, choices in trials.items()}


def run(seed, settings, chosen):
    """One seed of one case: accuracy, loss, calibration error and divergence of every arm."""
    too_high = FACTOR * chosen[arm(settings["case"], "cosine", False)]["learning_rate"]
    wanted = [(name, chosen.get(name, {"learning_rate": too_high})) for name in arms(settings)]
    runs, lowered = _train(wanted, seed, settings, "test")
    with np.errstate(all="ignore"):  # a rate that is too high may leave numbers that are too large
        found = recipe_arms.measured(dict(zip(arms(settings), runs, strict=True)), recipe_arms.images(seed, settings))
    return Outcome(found, {"steps that warm-up lowered the rate on": lowered})


def _train(wanted, seed, settings, part):
    """The ShortRun of every (arm, choice), and on how many steps their warm-up lowered the rate."""
    data, warm_up = recipe_arms.images(seed, settings), WarmUp(warm_up_steps(settings))
    recipes = [arms(settings)[name][0].replace(seed=seed, **choice) for name, choice in wanted]
    warms_up = [arms(settings)[name][1] for name, _ in wanted]
    runs = {}
    for with_warm_up, rate_at in ((False, None), (True, warm_up)):
        places = [place for place, each in enumerate(warms_up) if each == with_warm_up]
        group = [recipes[place] for place in places]
        runs |= zip(places, short_runs.train(group, data, settings["steps"], part, rate_at=rate_at), strict=True)
    return [runs[place] for place in range(len(wanted))], warm_up.lowered


COMPARISONS = tuple(
    Comparison(f"{case}, {words}", *(arm(case, words, each) for each in (True, False)), short_runs.ACCURACY, case=case)
    for case in CASES
    for words in (*SCHEDULES, TOO_HIGH)
)

EXPERIMENT = Experiment(
    claim="With warm-up, a learning rate that rises at first, a network reaches a higher accuracy.",
    subject="Warm-up",
    source="Goyal et al. 2017",
    chapter=4,
    setting="2 hidden layers of 50 units, ELU with batch norm and dropout, Adam with cosine, 4,000 Fashion-MNIST "
    "images, 1,200 steps of 64, warm-up over the first tenth of them, each tried at 9 learning rates with other seeds, "
    "then run at its best; elsewhere constant rates, momentum, 10 layers without batch norm and dropout, 100 steps, "
    "and rates that are too high",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 4000,
        "steps": 1200,
        "width": 50,
        "depth": 2,
        "drop_rate": 0.2,
        "normalization": "batch",
        "grids": {
            "adam": [1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
            "momentum": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
        },
        "cases": CASES,
    },
    small={
        "data": "embedded",
        "images": 500,
        "steps": 12,
        "width": 12,
        "grids": {"adam": [0.01], "momentum": [0.03]},
    },
    run=run,
    grids=grids,
    tune=tune,
    primary=COMPARISONS[0],
    elsewhere=COMPARISONS[1:],
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would add warm-up",
    longer={"steps": 2400},
    budget_reason="in twice the steps the network with warm-up overfits and loses half a point",
    larger_studies="Goyal et al. 2017: needed with batches of thousands of images in residual networks. Kalra and "
    "Barkeshli 2024: its main use is that higher rates can be taken, which makes the choice of a rate less delicate.",
    large=False,
)
