"""Claim: residual connections make deep networks train to a higher accuracy.

With batch norm first, as they were published: without a normalization h + f(h) from He's weights grows with every
layer. That is measured too, and so is a residual network without batch norm that starts from smaller weights.
"""

import functools

from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.recipe import Recipe
from course_lib.scratch.residual import Residual

LONG, MIDDLE, SHORT = 4800, 2400, 600  # steps: the primary's plateau comes late
NORMALIZED = {"normalization": "batch", "residual_start": "he_normal", "grid": [0.003, 0.01, 0.03, 0.1, 0.3]}
PLAIN = {"normalization": "none", "residual_start": "he_normal", "grid": [0.001, 0.003, 0.01, 0.03, 0.1]}
# A residual network without batch norm needs rates that are the smaller, the deeper it is.
TINY_RATES = {
    10: [3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3],
    20: [3e-9, 1e-8, 3e-8, 1e-7, 3e-7, 1e-6, 3e-6],
    50: [1e-12, 3e-12, 1e-11, 3e-11, 1e-10, 3e-10],
}
FEWER = {"depth": 50, "steps": SHORT}  # at 50 layers every step is dear
PRIMARY_CASE = "20 layers, with batch norm"
CASES = {
    PRIMARY_CASE: NORMALIZED | {"depth": 20, "steps": LONG},
    f"{PRIMARY_CASE}, {SHORT} steps": NORMALIZED | {"depth": 20, "steps": SHORT},
    f"10 layers, with batch norm, {MIDDLE} steps": NORMALIZED | {"depth": 10},
    f"50 layers, with batch norm, {SHORT} steps": NORMALIZED | FEWER,
    f"10 layers, plain, {MIDDLE} steps": PLAIN | {"depth": 10, "residual_grid": TINY_RATES[10]},
    f"20 layers, plain, {MIDDLE} steps": PLAIN | {"depth": 20, "residual_grid": TINY_RATES[20]},
    f"50 layers, plain, {SHORT} steps": PLAIN | FEWER | {"residual_grid": TINY_RATES[50]},
    f"20 layers, plain, from smaller weights, {MIDDLE} steps": PLAIN
    | {
        "depth": 20,
        "residual_start": "pytorch_uniform",  # a sixth of He's variance
        "residual_grid": PLAIN["grid"],
    },
    f"50 layers, with batch norm, {MIDDLE} steps": NORMALIZED | {"depth": 50},
    f"2 layers, with batch norm, {MIDDLE} steps": NORMALIZED | {"depth": 2},
}


def arm(case, residual):
    """arm("20 layers, plain", True) -> "20 layers, plain, residual"."""
    return f"{case}, {'residual' if residual else 'no residual'}"


def arms(settings):
    """{arm: Recipe} of one case: with residual connections and without, each from its own starting weights."""
    straight = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        activation="relu",
        initialization="he_normal",
        normalization=settings["normalization"],
        drop_rate=0.0,
        optimizer="momentum",
    )
    straight = recipe_arms.annealed(straight, settings["steps"])
    around = straight.replace(residual=True, initialization=settings["residual_start"])
    return {arm(settings["case"], False): straight, arm(settings["case"], True): around}


def grids(settings):
    """Learning rates of both arms; of the residual one its own where the case has such."""
    rates = {False: settings["grid"], True: settings.get("residual_grid", settings["grid"])}
    return {arm(settings["case"], residual): {"learning_rate": rates[residual]} for residual in rates}


def mechanisms(runs, data):
    """How many hidden layers of the residual network have a way around them."""
    network = next(result.network for result in runs.values() if result.network.recipe.residual)
    return {"ways around a layer": float(sum(isinstance(layer, Residual) for _, layer in network.layers))}


PRIMARY, *ELSEWHERE = (
    Comparison(case, *(arm(case, each) for each in (True, False)), short_runs.ACCURACY, case=case) for case in CASES
)

EXPERIMENT = Experiment(
    claim="With residual connections a deep network reaches a higher accuracy.",
    subject="Residual connections",
    source="He et al. 2016",
    chapter=3,
    setting="20 hidden layers of 50 ReLU units with batch norm, He's initialization, momentum with warm-up and cosine, "
    "4,000 Fashion-MNIST images, 4,800 steps of 64, each tried at 5 learning rates with other seeds, then run at its "
    "best",
    unit="percentage points",
    settings={"data": "full", "images": 4000, "steps": MIDDLE, "width": 50, "cases": CASES},
    small={"data": "embedded", "images": 500, "steps": 8, "width": 10, "grid": [0.03], "residual_grid": [0.03]},
    run=functools.partial(recipe_arms.run, arms, mechanisms),
    grids=grids,
    tune=functools.partial(recipe_arms.tune, arms),
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would rewire a network",
    larger_studies="He et al. 2016: on ImageNet a plain network of 34 layers did worse than one of 18, and with "
    "residual connections better, up to 152 layers; all with batch norm. Zhang et al. 2019 (Fixup): without it a "
    "residual network needs a smaller start.",
    longer={"steps": 2 * LONG},
    large=False,
)
