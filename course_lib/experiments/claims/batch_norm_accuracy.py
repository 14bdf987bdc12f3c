"""Claim: batch normalization makes deep networks train better."""

import functools

from course_lib.experiments import batch_norm_arms, recipe_arms, short_runs
from course_lib.experiments.batch_norm_arms import arms
from course_lib.experiments.experiment import Experiment


def mechanisms(runs, data):
    """How far the running means of the normalized networks moved."""
    normalized = [result.network for result in runs.values() if result.network.recipe.normalizes_batches]
    return {"how far the running means moved": min(map(short_runs.how_far_means_moved, normalized))}


CASES = batch_norm_arms.CASES | batch_norm_arms.short("relu", 10, 300) | batch_norm_arms.short("relu", 50, 1000)
PRIMARY, *ELSEWHERE = batch_norm_arms.comparisons(short_runs.ACCURACY, CASES)

EXPERIMENT = Experiment(
    claim="With batch normalization a deep network reaches a higher accuracy.",
    subject="Batch normalization, for accuracy",
    source="the article; Ioffe and Szegedy 2015",
    chapter=3,
    setting="hidden layers of 32 units, ReLU with He or sigmoid with Xavier, momentum with warm-up and cosine, 10,000 "
    "Fashion-MNIST images, 4,000 steps of 64, each tried at 6 learning rates with other seeds, then run at its best",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 10_000,
        "steps": 4000,
        "width": 32,
        "grid": [0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
        "cases": CASES,
    },
    small={"data": "embedded", "images": 300, "steps": 10, "width": 8, "grid": [0.01, 0.1]},
    run=functools.partial(recipe_arms.run, arms, mechanisms),
    grids=functools.partial(recipe_arms.same_grid, arms),
    tune=functools.partial(recipe_arms.tune, arms),
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would add a layer type",
    larger_studies="Yang et al. 2019 found that in deep networks without shortcuts the gradients of batch "
    "normalization explode at the start, and the more so the deeper the network is.",
    longer={"steps": 8000},
    budget_reason="in twice the steps the network with batch normalization overfits these images and loses a point",
    large=False,
)
