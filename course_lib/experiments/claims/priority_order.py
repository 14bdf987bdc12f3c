"""Claim: against unstable gradients, initialization and activation come first, then batch norm, then clipping."""

import functools

from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.recipe import Recipe

NOTHING = "none of the remedies"
# He is made for ELU, Xavier for the sigmoid: remedy 1 takes the one that suits the activation it meets.
REMEDIES = {
    NOTHING: {},
    "1 (initialization)": {"initialization": "xavier_normal"},
    "2 (activation)": {"activation": "elu"},
    "1 + 2": {"initialization": "he_normal", "activation": "elu"},
    "3 (batch norm)": {"normalization": "batch"},
    "4 (clipping)": {"clip_norm": 1.0},
    "1 + 2 + 3": {"initialization": "he_normal", "activation": "elu", "normalization": "batch"},
    "1 + 2 + 4": {"initialization": "he_normal", "activation": "elu", "clip_norm": 1.0},
    "1 + 2 + 3 + 4": {"initialization": "he_normal", "activation": "elu", "normalization": "batch", "clip_norm": 1.0},
}


def recipes(seed, settings):
    """{arm: Recipe}: sigmoid with N(0, 1) weights, and the same with each remedy."""
    untreated = Recipe(
        hidden_layers=settings["hidden_layers"],
        activation="sigmoid",
        initialization="standard_normal",
        normalization="none",
        drop_rate=0.0,
        optimizer="momentum",
        seed=seed,
    )
    return {name: untreated.replace(**changes) for name, changes in REMEDIES.items()}


def run(seed, settings, learning_rates):
    """One seed: test accuracy and loss of every arm."""
    runs = recipe_arms.trained(recipes, seed, settings, learning_rates)
    return Outcome(
        recipe_arms.measured(runs),
        {
            "how far the running means moved": short_runs.how_far_means_moved(runs["3 (batch norm)"].network),
            "steps clipped": runs["4 (clipping)"].clipped,
        },
    )


tune = functools.partial(recipe_arms.tune, recipes)


EXPERIMENT = Experiment(
    claim="Against unstable gradients, initialization (1) and activation (2) together come before batch normalization "
    "(3), and batch normalization before clipping (4).",
    source="the article",
    chapter=3,
    setting="10 hidden layers of 100 units, sigmoid with N(0, 1) weights unless treated, momentum, 4,000 Fashion-MNIST "
    "images, 300 steps of 64, each at its best of 8 learning rates. 1 is Xavier for the sigmoid and He for ELU, 2 is "
    "ELU, 4 clips the norm at 1",
    unit="percentage points",
    settings={
        "hidden_layers": [100] * 10,
        "grid": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0],
        "steps": 300,
        "images": 4000,
    },
    small={"hidden_layers": [30] * 10, "grid": [0.01, 0.1], "steps": 60, "images": 1000},
    run=run,
    tune=tune,
    comparisons=(
        Comparison("1 + 2 over 3", "1 + 2", "3 (batch norm)", short_runs.ACCURACY),
        Comparison("3 over 4", "3 (batch norm)", "4 (clipping)", short_runs.ACCURACY),
        Comparison("1 + 2 over 1 alone", "1 + 2", "1 (initialization)", short_runs.ACCURACY),
        Comparison("1 + 2 over 2 alone", "1 + 2", "2 (activation)", short_runs.ACCURACY),
    ),
    smallest_effect=0.5,
    large=False,
)
