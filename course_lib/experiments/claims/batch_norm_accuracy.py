"""Claim: batch normalization makes deep networks train better."""

import functools

from course_lib.experiments import batch_norm_arms, recipe_arms, short_runs
from course_lib.experiments.batch_norm_arms import arms
from course_lib.experiments.experiment import Experiment


def mechanisms(runs, data):
    """How far the running means of the normalized networks moved."""
    normalized = [result.network for result in runs.values() if result.network.recipe.normalizes_batches]
    return {"how far the running means moved": min(map(short_runs.how_far_means_moved, normalized))}


PRIMARY, *ELSEWHERE = batch_norm_arms.comparisons(short_runs.ACCURACY)

EXPERIMENT = Experiment(
    claim="With batch normalization a deep network reaches a higher accuracy in the same number of steps.",
    subject="Batch normalization",
    source="the article; Ioffe and Szegedy 2015",
    chapter=3,
    setting="hidden layers of 50 units, ReLU with He or sigmoid with Xavier, momentum with warm-up and cosine, 4,000 "
    "Fashion-MNIST images, 600 steps of 64, each at its best learning rate of 6",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 4000,
        "steps": 600,
        "width": 50,
        "grid": [0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
        "cases": batch_norm_arms.CASES,
    },
    small={"data": "embedded", "images": 500, "steps": 30, "width": 20, "grid": [0.01, 0.1]},
    run=functools.partial(recipe_arms.run, arms, mechanisms),
    grids=functools.partial(recipe_arms.same_grid, arms),
    tune=functools.partial(recipe_arms.tune, arms),
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would add a layer type",
    longer={"steps": 1200},
)
