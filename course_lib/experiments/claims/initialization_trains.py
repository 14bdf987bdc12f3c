"""Claim: deep networks train from Xavier's or He's weights where they do not from N(0, 1)."""

import functools

from course_lib.engine import numpy_backend as network
from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.recipe import Recipe

ACTIVATIONS = ("sigmoid", "tanh", "relu", "elu")
INITIALIZATIONS = ("standard_normal", "xavier_normal", "he_normal")
DEPTHS = (2, 5, 10, 20)
MADE_FOR = {"sigmoid": "xavier_normal", "tanh": "xavier_normal", "relu": "he_normal", "elu": "he_normal"}


def arm(activation, initialization, depth):
    """arm("relu", "he_normal", 10) -> "relu, he_normal, 10 layers"."""
    return f"{activation}, {initialization}, {depth} layers"


def recipes(seed, settings):
    """{arm: Recipe} of every activation, initialization and depth."""
    plain = Recipe(normalization="none", drop_rate=0.0, optimizer="momentum", seed=seed)
    return {
        arm(activation, initialization, depth): plain.replace(
            hidden_layers=(settings["width"],) * depth, activation=activation, initialization=initialization
        )
        for activation in ACTIVATIONS
        for initialization in INITIALIZATIONS
        for depth in DEPTHS
    }


def run(seed, settings, learning_rates):
    """One seed: test accuracy and loss of every arm."""
    runs = recipe_arms.trained(recipes, seed, settings, learning_rates)
    arms, data = recipes(seed, settings), recipe_arms.images(settings)
    spread = {
        initialization: _first_spread(arms[arm("relu", initialization, 2)], data) for initialization in INITIALIZATIONS
    }
    fired = {
        f"by how much {name} shrinks the spread of N(0, 1)": spread["standard_normal"] - spread[name]
        for name in ("xavier_normal", "he_normal")
    }
    return Outcome(recipe_arms.measured(runs), fired)


tune = functools.partial(recipe_arms.tune, recipes)


def _first_spread(recipe, data):
    """Standard deviation of the weights into the second hidden layer, before training."""
    return float(network.Network(recipe, data.n_inputs, data.n_classes).parameters()["dense2.weight"].std())


EXPERIMENT = Experiment(
    claim="Deep networks train when their weights start with the spread of Xavier or He, and not when they start as "
    "N(0, 1).",
    source="the article; Glorot and Bengio 2010; He et al. 2015",
    chapter=3,
    setting="2, 5, 10 and 20 hidden layers of 50 units, momentum, 4,000 Fashion-MNIST images, 200 steps of 64. Xavier "
    "(sigmoid, tanh) or He (ReLU, ELU) against N(0, 1), each at its best of 8 learning rates",
    unit="percentage points",
    settings={
        "width": 50,
        "grid": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
        "steps": 200,
        "images": 4000,
    },
    small={"width": 20, "grid": [0.01, 0.03], "steps": 40, "images": 1000},
    run=run,
    tune=tune,
    comparisons=tuple(
        Comparison(
            f"{activation}, {depth} layers",
            arm(activation, MADE_FOR[activation], depth),
            arm(activation, "standard_normal", depth),
            short_runs.ACCURACY,
        )
        for activation in ("elu", "relu", "tanh", "sigmoid")
        for depth in (10, 2, 5, 20)
    ),
    smallest_effect=0.5,
)
