"""Claim: the default configuration beats what people do without it: naive, plain, and what is taken in 2026.

The arms, and where they come from, are in default_rivals.py.
"""

import functools

from course_lib.experiments import default_rivals, recipe_arms, short_runs
from course_lib.experiments.default_rivals import DEFAULT, DEPTHS, MODERN, RIVALS, arm
from course_lib.experiments.experiment import Comparison, Experiment, Outcome


def recipes(seed, settings):
    """{arm: Recipe} of the default and its rivals at both depths."""
    return {
        arm(name, depth): recipe
        for depth in DEPTHS
        for name, recipe in default_rivals.recipes((settings["width"],) * depth, settings["steps"], seed).items()
    }


def run(seed, settings, learning_rates):
    """One seed: test accuracy and loss of every arm."""
    runs = recipe_arms.trained(recipes, seed, settings, learning_rates)
    return Outcome(
        recipe_arms.measured(runs),
        default_rivals.mechanisms(runs[arm(DEFAULT, 2)], runs[arm(MODERN, 2)], recipe_arms.images(settings)),
    )


tune = functools.partial(recipe_arms.tune, recipes)


EXPERIMENT = Experiment(
    claim="The default configuration (He, ELU, batch normalization, dropout, Adam) is more accurate than a naive one, "
    "than plain He, ReLU and Adam, and than what a practitioner takes in 2026.",
    source="the article; its rivals: Nielsen 2015; Liu et al. 2022",
    chapter=6,
    setting="2 and 5 hidden layers of 50 units, 5,000 Fashion-MNIST images, 500 steps of 64, each at its best of 8 "
    "learning rates. Naive: sigmoid, N(0, 1), gradient descent. 2026: AdamW with weight decay 0.05, GELU, batch norm "
    "(layer norm is not in the engines), warm-up and cosine, without and with dropout",
    unit="percentage points",
    settings={
        "width": 50,
        "grid": [0.00046, 0.0022, 0.01, 0.046, 0.22, 1.0, 4.6, 22.0],
        "steps": 500,
        "images": 5000,
    },
    small={"width": 20, "grid": [0.01, 0.1], "steps": 60, "images": 1000},
    run=run,
    tune=tune,
    comparisons=tuple(
        Comparison(f"over {name}, {depth} layers", arm(DEFAULT, depth), arm(name, depth), short_runs.ACCURACY)
        for depth in DEPTHS
        for name in RIVALS
    ),
    smallest_effect=0.5,
)
