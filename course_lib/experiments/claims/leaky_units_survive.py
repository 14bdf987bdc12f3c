"""Claim: the leaky family and ELU keep units alive that die as ReLU units, and the network is better for it."""

import numpy as np

from course_lib.experiments import off_units, recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.experiments.short_runs import ACCURACY
from course_lib.recipe import Recipe
from course_lib.scratch.activations import PRELU_SLOPE

RELU, OTHERS = "relu", ("leaky_relu", "rrelu", "prelu", "elu")
NAMES = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "rrelu": "RReLU", "prelu": "PReLU", "elu": "ELU"}
STAY_OFF = "units off at half time and at the end, %"
OFF_AT_HALF_TIME, OFF, CAME_BACK = "units off at half time, %", "units off, %", "units that came back, %"
TUNED, SHORT, LARGE_RATE = "tuned", "tuned, in 300 steps", "large rate"  # the cases
NARROW, WIDE = "tuned, 20 layers of 12", "tuned, 10 layers of 100"
CASES = {
    TUNED: {"width": 64, "depth": 5},
    SHORT: {"width": 64, "depth": 5, "steps": 300},
    NARROW: {"width": 12, "depth": 20},
    LARGE_RATE: {"width": 64, "depth": 5, "same_rate": 0.01, "steps": 1000},
    WIDE: {"width": 100, "depth": 10, "others": ["leaky_relu"]},  # the one that the claim names: each is dear
}


def arm(activation, case):
    """arm("relu", "large rate") -> "ReLU, large rate"."""
    return f"{NAMES[activation]}, {case}"


def recipe_for(activation, settings):
    """The Recipe of one activation: at the rate of its case, which stands still, or annealed, at a rate to be tuned."""
    recipe = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        activation=activation,
        normalization="none",
        drop_rate=0.0,
    )
    if settings["case"] == LARGE_RATE:
        return recipe.replace(learning_rate=settings["same_rate"])
    return recipe_arms.annealed(recipe, settings["steps"])


def arms(settings):
    """{arm: Recipe} of one case."""
    others = settings.get("others", OTHERS)
    return {arm(each, settings["case"]): recipe_for(each, settings) for each in (RELU, *others)}


def grids(settings):
    """Every arm over settings["grid"]; at the large rate nothing is chosen among."""
    return {} if settings["case"] == LARGE_RATE else recipe_arms.same_grid(arms, settings)


def tune(seed, settings, trials):
    """Validation accuracy of every arm at each of its choices."""
    return recipe_arms.tune(arms, seed, settings, trials) if trials else {}


def run(seed, settings, chosen):
    """One seed of one case."""
    if settings["case"] == LARGE_RATE:
        return run_at_large_rate(seed, settings)
    data = recipe_arms.images(seed, settings)
    runs = recipe_arms.trained(arms, seed, settings, chosen)
    found = recipe_arms.measured(runs, data)
    for name, result in runs.items():
        found[name][OFF] = 100 * off_units.off_units(result.network, data.train.x).mean()
    return Outcome(found, mechanisms(runs, data))


def mechanisms(runs, data):
    """Where the activations differ, and whether PReLU learned its slopes."""
    networks = {result.network.recipe.activation: result.network for result in runs.values()}
    below = min(off_units.share_below_zero(each, data.test.x[:500]) for each in networks.values())
    moved = {"how far PReLU's slopes moved": _how_far_slopes_moved(networks["prelu"])} if "prelu" in networks else {}
    return {"share of sums below 0": below, **moved}


def run_at_large_rate(seed, settings):
    """One seed of every activation at the same large learning rate: which units are off, and which come back."""
    data = recipe_arms.images(seed, settings)
    found, came_back = {}, 0
    for name, recipe in arms(settings).items():
        watched = off_units.watch([recipe.replace(seed=seed)], data, settings["steps"], 2)
        start, half_time, end = watched.off[:, 0]
        found[name] = {
            STAY_OFF: 100 * np.mean(half_time & end),
            OFF_AT_HALF_TIME: 100 * np.mean(half_time),
            OFF: 100 * np.mean(end),
            CAME_BACK: 100 * np.mean(half_time & ~end),
            **short_runs.quantities(watched.runs[0], data.test),
        }
        if recipe.activation == RELU:
            died = float((~start & end).sum())
        else:
            came_back += float((half_time & ~end).sum())
    return Outcome(found, {"ReLU units that died": died, "units of the others that came back": came_back})


def _how_far_slopes_moved(network):
    slopes = [value for name, value in network.parameters().items() if name.endswith("slope")]
    return float(np.abs(np.concatenate(slopes) - PRELU_SLOPE).max())


def comparisons(case, quantity=ACCURACY, higher_is_better=True):
    """Every activation against ReLU, in one case."""
    what = "accuracy" if quantity == ACCURACY else "units that stay off"
    return [
        Comparison(f"{what}, {arm(other, case)}", arm(other, case), arm(RELU, case), quantity, higher_is_better, case)
        for other in CASES[case].get("others", OTHERS)
    ]


PRIMARY, *ELSEWHERE = [
    *(comparison for case in CASES for comparison in comparisons(case)),
    *comparisons(LARGE_RATE, STAY_OFF, higher_is_better=False),
]

EXPERIMENT = Experiment(
    claim="A network whose units cannot die, with leaky ReLU in place of ReLU, is more accurate. RReLU, PReLU and ELU, "
    "and how many units they keep alive, are elsewhere.",
    subject="Leaky ReLU in place of ReLU",
    source="the article; Maas et al. 2013; Xu et al. 2015; He et al. 2015; Clevert et al. 2016",
    chapter=3,
    setting="5 hidden layers of 64 units, He, Adam with warm-up and cosine, 10,000 Fashion-MNIST images, 3,000 steps "
    "of 64, each tried at 4 learning rates with other seeds, then run at its best",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 10_000,
        "steps": 3000,
        "grid": [0.0003, 0.001, 0.003, 0.01],
        "cases": CASES,
    },
    small={"data": "embedded", "images": 500, "width": 24, "depth": 3, "grid": [0.003, 0.01], "steps": 20},
    run=run,
    grids=grids,
    tune=tune,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would change the activation",
    larger_studies="Maas et al. 2013 found leaky ReLU and ReLU nearly equal in speech recognition. Xu et al. 2015 "
    "found on CIFAR-10 and CIFAR-100 that convolutional networks with units of the leaky family beat those with ReLU.",
    longer={"steps": 6000},
    large=False,
)
