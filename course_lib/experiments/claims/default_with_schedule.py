"""Claim: what the default configuration lacks is a schedule: with warm-up and cosine it is as good as any other.

The default names no schedule. Here it gets the one that its rival of 2026 has (default_rivals.py), and nothing else.
"""

import functools

from course_lib.experiments import default_rivals, recipe_arms, short_runs
from course_lib.experiments.default_rivals import DEFAULT, DEPTHS, MODERN, MODERN_DROPOUT, arm
from course_lib.experiments.experiment import Comparison, Experiment, Outcome

SCHEDULED = "the default with a schedule"
AGAINST = {"over the default alone": DEFAULT, "over 2026": MODERN, "over 2026 with dropout": MODERN_DROPOUT}


def recipes(seed, settings):
    """{arm: Recipe} of the default without and with the schedule, and of those that have it, at both depths."""
    arms = {}
    for depth in DEPTHS:
        known = default_rivals.recipes((settings["width"],) * depth, settings["steps"], seed)
        schedule = {field: getattr(known[MODERN], field) for field in ("schedule", "schedule_steps")}
        known[SCHEDULED] = known[DEFAULT].replace(**schedule)
        arms |= {arm(name, depth): known[name] for name in (DEFAULT, SCHEDULED, MODERN, MODERN_DROPOUT)}
    return arms


def run(seed, settings, learning_rates):
    """One seed: test accuracy and loss of every arm."""
    runs = recipe_arms.trained(recipes, seed, settings, learning_rates)
    scheduled = runs[arm(SCHEDULED, 2)]
    return Outcome(
        recipe_arms.measured(runs),
        default_rivals.mechanisms(runs[arm(DEFAULT, 2)], runs[arm(MODERN, 2)], recipe_arms.images(settings))
        | {"decades that the default's rate falls": short_runs.decades_down(scheduled)},
    )


tune = functools.partial(recipe_arms.tune, recipes)


EXPERIMENT = Experiment(
    claim="A warm-up and a cosine schedule make the default configuration more accurate, also than what a "
    "practitioner takes in 2026.",
    source="Loshchilov and Hutter 2017; its rivals: Liu et al. 2022",
    chapter=6,
    setting="2 and 5 hidden layers of 50 units, 5,000 Fashion-MNIST images, 500 steps of 64, each at its best of 6 "
    "learning rates. All but the default alone have the same schedule: warm-up over 50 steps, then half a cosine to 0",
    unit="percentage points",
    settings={"width": 50, "grid": [0.00046, 0.0022, 0.01, 0.046, 0.22, 1.0], "steps": 500, "images": 5000},
    small={"width": 20, "grid": [0.01, 0.1], "steps": 60, "images": 1000},
    run=run,
    tune=tune,
    comparisons=tuple(
        Comparison(f"{words}, {depth} layers", arm(SCHEDULED, depth), arm(other, depth), short_runs.ACCURACY)
        for words, other in AGAINST.items()
        for depth in DEPTHS
    ),
    smallest_effect=0.5,
    large=False,
)
