"""Claim: batch normalization makes deep networks train better."""

import functools

from course_lib.experiments import batch_norm_arms, recipe_arms, short_runs
from course_lib.experiments.batch_norm_arms import recipes
from course_lib.experiments.experiment import Experiment, Outcome


def run(seed, settings, learning_rates):
    """One seed: test accuracy and loss of every arm."""
    runs = recipe_arms.trained(recipes, seed, settings, learning_rates)
    normalized = [runs[name].network for name, recipe in recipes(seed, settings).items() if recipe.normalizes_batches]
    return Outcome(
        recipe_arms.measured(runs),
        {"how far the running means moved": min(map(short_runs.how_far_means_moved, normalized))},
    )


tune = functools.partial(recipe_arms.tune, recipes)


EXPERIMENT = Experiment(
    claim="With batch normalization a deep network reaches a higher accuracy in the same number of steps.",
    source="the article; Ioffe and Szegedy 2015",
    chapter=3,
    setting="2, 10 and 20 hidden layers of 50 units, sigmoid with Xavier and ReLU with He, momentum, 4,000 "
    "Fashion-MNIST images, 300 steps of 64, each at its best of 8 learning rates",
    unit="percentage points",
    settings={
        "width": 50,
        "grid": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
        "steps": 300,
        "images": 4000,
    },
    small={"width": 20, "grid": [0.01, 0.1], "steps": 50, "images": 1000},
    run=run,
    tune=tune,
    comparisons=batch_norm_arms.comparisons(short_runs.ACCURACY),
    smallest_effect=0.5,
)
