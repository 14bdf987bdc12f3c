"""Claim: with small batches, layer normalization is the better choice than batch normalization."""

import functools

import numpy as np

from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.recipe import Recipe

NAMES = {"layer": "layer norm", "rms": "RMS norm", "batch": "batch norm"}
PRIMARY_CASE = "batches of 4"
CASES = {  # fewer steps where a step sees more images
    PRIMARY_CASE: {"batch_size": 4, "steps": 16_000, "depth": 2},
    "batches of 4, in 1,000 steps": {"batch_size": 4, "steps": 1000, "depth": 2},
    "batches of 16": {"batch_size": 16, "steps": 6000, "depth": 2},
    "batches of 64": {"batch_size": 64, "steps": 3000, "depth": 2},
    "batches of 4, 5 layers": {"batch_size": 4, "steps": 6000, "depth": 5},
}


def arm(normalization, case):
    """arm("layer", "batches of 4") -> "layer norm, batches of 4"."""
    return f"{NAMES[normalization]}, {case}"


def arms(settings):
    """{arm: Recipe} of one case: the same network with each normalization."""
    plain = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        activation="relu",
        drop_rate=0.0,
        optimizer="adam",
        batch_size=settings["batch_size"],
    )
    plain = recipe_arms.annealed(plain, settings["steps"])
    return {arm(each, settings["case"]): plain.replace(normalization=each) for each in NAMES}


def mechanisms(runs, data):
    """How far batch norm's running means moved, and the scales of the others, which start at 1."""
    by_kind = {result.network.recipe.normalization: result.network for result in runs.values()}
    moved = {"how far the running means moved": short_runs.how_far_means_moved(by_kind["batch"])}
    for kind in ("layer", "rms"):
        scales = [value for name, value in by_kind[kind].parameters().items() if name.startswith(f"{kind}_norm")]
        moved[f"how far the parameters of {NAMES[kind]} moved"] = _farthest(scales)
    return moved


def _farthest(arrays):
    """The largest distance of an entry from where it started: 1 for a scale, 0 for a shift."""
    return max(float(min(np.abs(array - start).max() for start in (0, 1))) for array in arrays)


def comparisons(case):
    """Layer norm and RMS norm against batch norm, in one case."""
    return [
        Comparison(f"{NAMES[each]}, {case}", arm(each, case), arm("batch", case), short_runs.ACCURACY, case=case)
        for each in ("layer", "rms")
    ]


PRIMARY, *ELSEWHERE = [comparison for case in CASES for comparison in comparisons(case)]

EXPERIMENT = Experiment(
    claim="With small batches, layer normalization is a better choice than batch normalization.",
    subject="Layer normalization in place of batch normalization",
    source="Ba et al. 2016; Wu and He 2018",
    chapter=3,
    setting="2 hidden layers of 50 units, ReLU, He, Adam with warm-up and cosine, 4,000 Fashion-MNIST images, 16,000 "
    "steps with batches of 4, each tried at 5 learning rates with other seeds, then run at its best",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 4000,
        "width": 50,
        "grid": [0.0003, 0.001, 0.003, 0.01, 0.03],
        "cases": CASES,
    },
    small={"data": "embedded", "images": 500, "steps": 20, "width": 12, "grid": [0.003, 0.01]},
    run=functools.partial(recipe_arms.run, arms, mechanisms),
    grids=functools.partial(recipe_arms.same_grid, arms),
    tune=functools.partial(recipe_arms.tune, arms),
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would change the layer type",
    larger_studies="Wu and He 2018 found on ImageNet that the error of batch normalization rises fast as batches "
    "become small, and that group normalization's stays: with 2 images a worker it is 10.6 points lower.",
    longer={"steps": 32_000},
    budget_reason="in twice the steps the better arm loses half a point again, since it overfits",
    large=False,
)
