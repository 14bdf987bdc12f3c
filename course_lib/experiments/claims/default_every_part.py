"""Claim: every part of the default configuration helps: leave one out, and accuracy falls.

What replaces a part is what stood there before it (default_parts.py). For ELU that is the sigmoid; ReLU, which most
would take in its place, is measured beside it.
"""

import functools

from course_lib.experiments import default_parts, recipe_arms, short_runs
from course_lib.experiments.default_parts import DEPTHS, PARTS, arm
from course_lib.experiments.experiment import Comparison, Experiment, Outcome


def relu_arm(depth):
    """relu_arm(2) -> "ReLU for ELU, 2 layers"."""
    return f"ReLU for ELU, {depth} layers"


def recipes(seed, settings):
    """{arm: Recipe}: the default, and without each part, at both depths."""
    arms = {}
    for depth in DEPTHS:
        default = default_parts.recipe((), depth, seed, settings)
        arms[arm((), depth)] = default
        arms |= {arm((part,), depth): default_parts.recipe((part,), depth, seed, settings) for part in PARTS}
        arms[relu_arm(depth)] = default.replace(activation="relu")
    return arms


def run(seed, settings, learning_rates):
    """One seed: test accuracy and loss of every arm."""
    runs = recipe_arms.trained(recipes, seed, settings, learning_rates)
    return Outcome(
        recipe_arms.measured(runs),
        default_parts.mechanisms(runs, arm((), 2), recipe_arms.images(settings)),
    )


tune = functools.partial(recipe_arms.tune, recipes)


EXPERIMENT = Experiment(
    claim="Every part of the default configuration helps: without He, ELU, batch normalization, dropout or Adam, the "
    "same network is less accurate.",
    source="the article",
    chapter=6,
    setting="2 and 5 hidden layers of 50 units, 5,000 Fashion-MNIST images, 400 steps of 64. One part at a time is "
    "replaced by N(0, 1) weights, the sigmoid (and ReLU), no batch norm, no dropout, gradient descent, each at its "
    "best of 9 learning rates",
    unit="percentage points",
    settings={
        "width": 50,
        "grid": [0.0001, 0.00046, 0.0022, 0.01, 0.046, 0.22, 1.0, 4.6, 22.0],
        "steps": 400,
        "images": 5000,
    },
    small={"width": 20, "grid": [0.003, 0.03], "steps": 40, "images": 1000},
    run=run,
    tune=tune,
    comparisons=tuple(
        Comparison(f"{words}, {depth} layers", arm((), depth), without(depth), short_runs.ACCURACY)
        for depth in DEPTHS
        for words, without in (
            *((part, lambda depth, part=part: arm((part,), depth)) for part in PARTS),
            ("ELU over ReLU", relu_arm),
        )
    ),
    smallest_effect=0.25,
    large=False,
    seeds=20,
)
