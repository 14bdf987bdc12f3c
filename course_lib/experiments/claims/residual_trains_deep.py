"""Claim: residual connections make deep networks train to a higher accuracy."""

import functools

from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.recipe import Recipe
from course_lib.scratch.residual import Residual

NORMALIZATIONS = {"plain": "none", "with batch norm": "batch"}
SHORT = 150  # steps
CASES = {  # the primary first
    f"{depth} layers, {words}": {"depth": depth, "normalization": normalization}
    for words, normalization in NORMALIZATIONS.items()
    for depth in (20, 10, 50)
}
CASES[f"20 layers, plain, {SHORT} steps"] = CASES["20 layers, plain"] | {"steps": SHORT}


def arm(case, residual):
    """arm("20 layers, plain", True) -> "20 layers, plain, residual"."""
    return f"{case}, {'residual' if residual else 'no residual'}"


def arms(settings):
    """{arm: Recipe} of one case: with residual connections and without."""
    straight = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        activation="relu",
        initialization="he_normal",
        normalization=settings["normalization"],
        drop_rate=0.0,
        optimizer="momentum",
    )
    straight = recipe_arms.annealed(straight, settings["steps"])
    return {arm(settings["case"], residual): straight.replace(residual=residual) for residual in (False, True)}


def grids(settings):
    """With residual connections and without batch norm, h + f(h) doubles the variance: smaller rates are tried too."""
    return {
        name: {"learning_rate": settings["residual_grid" if recipe.residual else "grid"]}
        for name, recipe in arms(settings).items()
    }


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
    setting="20 hidden layers of 50 ReLU units without batch norm, He's initialization, momentum with warm-up and "
    "cosine, 4,000 Fashion-MNIST images, 1,000 steps of 64, each at its best learning rate of 6",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 4000,
        "steps": 1000,
        "width": 50,
        "grid": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
        "residual_grid": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
        "cases": CASES,
    },
    small={"data": "embedded", "images": 500, "steps": 10, "width": 10, "grid": [0.01], "residual_grid": [0.01]},
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
    longer={"steps": 2000},
    large=False,
)
