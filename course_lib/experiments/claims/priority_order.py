"""Claim: against unstable gradients, initialization and activation come first, then batch norm, then clipping."""

import functools

from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.recipe import Recipe

NOTHING, FIRST, BATCH_NORM, CLIPPING = "none of the remedies", "1 + 2", "3 (batch norm)", "4 (clipping)"
THEN_BATCH_NORM, THEN_CLIPPING = "1 + 2 + 3", "1 + 2 + 4"
BOTH = {"initialization": "he_normal", "activation": "elu"}  # 1 and 2: He is made for units such as ELU
REMEDIES = {
    NOTHING: {},
    FIRST: BOTH,
    BATCH_NORM: {"normalization": "batch"},
    CLIPPING: {"clip_norm": 1.0},
    THEN_BATCH_NORM: BOTH | {"normalization": "batch"},
    THEN_CLIPPING: BOTH | {"clip_norm": 1.0},
}
PLATEAU, SHORT, ADAM = "10 layers", "10 layers, in 300 steps", "10 layers, Adam"  # the cases


def arm(remedies, case):
    """arm("1 + 2", "10 layers") -> "1 + 2, 10 layers"."""
    return f"{remedies}, {case}"


def arms(settings):
    """{arm: Recipe} of one case: sigmoid with N(0, 1) weights, and the same with each remedy."""
    untreated = Recipe(
        hidden_layers=settings["hidden_layers"],
        activation="sigmoid",
        initialization="standard_normal",
        normalization="none",
        drop_rate=0.0,
        optimizer=settings["optimizer"],
    )
    untreated = recipe_arms.annealed(untreated, settings["steps"])
    return {arm(name, settings["case"]): untreated.replace(**changes) for name, changes in REMEDIES.items()}


def grids(settings):
    """What each arm's learning rate is chosen among: sigmoids, whose slopes are small, take much larger ones."""
    return {
        name: {"learning_rate": settings["grid" if recipe.activation == "elu" else "sigmoid_grid"]}
        for name, recipe in arms(settings).items()
    }


def mechanisms(runs, data):
    """How far the running means moved, and on how many steps the gradient was clipped."""
    alone = {name: result for name, result in runs.items() if name.startswith((BATCH_NORM, CLIPPING))}
    normalized, clipped = (alone[name] for name in sorted(alone))
    return {
        "how far the running means moved": short_runs.how_far_means_moved(normalized.network),
        "steps clipped": clipped.clipped,
    }


def comparisons(case):
    """The steps of the order in one case, the first one first."""
    pairs = {
        "1 + 2 over 3": (FIRST, BATCH_NORM),
        "3 over 4": (BATCH_NORM, CLIPPING),
        "3 over 4, on top of 1 + 2": (THEN_BATCH_NORM, THEN_CLIPPING),
    }
    return [
        Comparison(f"{label}, {case}", arm(better, case), arm(worse, case), short_runs.ACCURACY, case=case)
        for label, (better, worse) in pairs.items()
    ]


CASES = {
    PLATEAU: {"optimizer": "momentum"},
    SHORT: {"optimizer": "momentum", "steps": 300},
    ADAM: {
        "optimizer": "adam",
        "grid": [0.0001, 0.0003, 0.001, 0.003, 0.01],
        "sigmoid_grid": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1],
    },
}
PRIMARY, *ELSEWHERE = [comparison for case in CASES for comparison in comparisons(case)]

EXPERIMENT = Experiment(
    claim="Against unstable gradients, initialization (1) and activation (2) together come before batch normalization "
    "(3). That batch normalization comes before clipping (4) is elsewhere.",
    subject="Initialization with activation in place of batch normalization",
    source="the article",
    chapter=3,
    setting="10 hidden layers of 40 units, sigmoid with N(0, 1) weights unless treated, momentum with warm-up and "
    "cosine, 8,000 Fashion-MNIST images, 3,000 steps of 64, each tried at 5 learning rates with other seeds, then run "
    "at its best. 1 and 2 are He with ELU, 4 clips the norm at 1",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 8000,
        "steps": 3000,
        "hidden_layers": [40] * 10,
        "grid": [0.003, 0.01, 0.03, 0.1, 0.3],
        "sigmoid_grid": [0.1, 0.3, 1.0, 3.0, 10.0],
        "cases": CASES,
    },
    small={
        "data": "embedded",
        "images": 300,
        "steps": 12,
        "hidden_layers": [20] * 5,
        "grid": [0.01, 0.1],
        "sigmoid_grid": [0.1, 1.0],
    },
    run=functools.partial(recipe_arms.run, arms, mechanisms),
    grids=grids,
    tune=functools.partial(recipe_arms.tune, arms),
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would try the other remedy first",
    longer={"steps": 6000},
    large=False,
)
