"""Claim: the order of choice among activations is ELU, the leaky family, ReLU, tanh, sigmoid."""

import functools
import itertools

from course_lib.experiments import off_units, recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.recipe import Recipe

ORDER = ("elu", "leaky_relu", "relu", "tanh", "sigmoid")  # the article's, best first, its leaky family by one member
LATER = "gelu"  # the article does not speak of it
NAMES = {"elu": "ELU", "leaky_relu": "leaky ReLU", "relu": "ReLU", "gelu": "GELU"}
ORDINARY, SHORT, TWO_LAYERS, NARROW = "ordinary", "ordinary, in 300 steps", "2 layers", "narrow and deep"
WIDE = "10 layers of 100"
CASES = {
    ORDINARY: {"width": 50, "depth": 10},
    SHORT: {"width": 50, "depth": 10, "steps": 300},
    TWO_LAYERS: {"width": 50, "depth": 2},
    NARROW: {"width": 12, "depth": 20},
    WIDE: {"width": 100, "depth": 10},
}


def arm(activation, case):
    """arm("elu", "ordinary") -> "elu, ordinary"."""
    return f"{activation}, {case}"


def arms(settings):
    """{arm: Recipe} of every activation in one case: Xavier for sigmoid and tanh, He for the others."""
    plain = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        normalization="none",
        drop_rate=0.0,
        optimizer="adam",
    )
    plain = recipe_arms.annealed(plain, settings["steps"])
    return {
        arm(activation, settings["case"]): plain.replace(
            activation=activation,
            initialization="xavier_normal" if activation in ("sigmoid", "tanh") else "he_normal",
        )
        for activation in (*ORDER, *([LATER] if settings["case"] == ORDINARY else []))
    }


def mechanisms(runs, data):
    """Where the activations differ: below 0."""
    return {
        "share of sums below 0": min(
            off_units.share_below_zero(result.network, data.test.x[:500]) for result in runs.values()
        )
    }


def comparison(better, worse, case, **more):
    """comparison("elu", "relu", "ordinary") is labeled "ELU over ReLU, ordinary"."""
    label = f"{NAMES.get(better, better)} over {NAMES.get(worse, worse)}, {case}"
    return Comparison(label, arm(better, case), arm(worse, case), short_runs.ACCURACY, case=case, **more)


EXPERIMENT = Experiment(
    claim="A deep network is more accurate with ELU, the first in the article's order of activations, than with ReLU. "
    "The other steps of the order (the leaky family, tanh, sigmoid) are elsewhere.",
    subject="ELU in place of ReLU",
    source="the article; Xu et al. 2015; Clevert et al. 2016",
    chapter=3,
    setting="10 layers of 50 units (ordinary), 2 of 50, 20 of 12 (narrow and deep), and 10 of 100, Xavier for sigmoid "
    "and tanh, He for the others, Adam with warm-up and cosine, 10,000 Fashion-MNIST images, 2,500 steps of 64, each "
    "tried at 4 learning rates with other seeds, then run at its best. The leaky family is leaky ReLU with slope 0.01",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 10_000,
        "steps": 2500,
        "grid": [0.0003, 0.001, 0.003, 0.01],
        "cases": CASES,
    },
    small={"data": "embedded", "images": 300, "steps": 10, "width": 10, "depth": 4, "grid": [0.003, 0.01]},
    run=functools.partial(recipe_arms.run, arms, mechanisms),
    grids=functools.partial(recipe_arms.same_grid, arms),
    tune=functools.partial(recipe_arms.tune, arms),
    primary=comparison("elu", "relu", ORDINARY),
    elsewhere=(
        *(comparison(*pair, case) for case in CASES for pair in itertools.pairwise(ORDER)),
        *(comparison("elu", "relu", case) for case in CASES if case != ORDINARY),
        comparison("gelu", "elu", ORDINARY, exploratory="the article does not speak of GELU"),
    ),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would change the activation",
    larger_studies="Clevert et al. 2016 found on CIFAR-100 that convolutional networks with ELU beat those with ReLU "
    "and batch normalization.",
    longer={"steps": 5000},
    large=False,
)
