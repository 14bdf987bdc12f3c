"""Claim: the order of choice among activations is ELU, the leaky family, ReLU, tanh, sigmoid."""

import functools
import itertools

import numpy as np

from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.recipe import Recipe
from course_lib.scratch.activations import PRELU_SLOPE

LEAKY = ("leaky_relu", "rrelu", "prelu")
ACTIVATIONS = ("sigmoid", "tanh", "relu", *LEAKY, "elu", "gelu")
FAMILY = "leaky family"  # the mean of its three members
ORDER = ("elu", FAMILY, "relu", "tanh", "sigmoid")  # the article's, best first; gelu came later and is recorded beside
NAMES = {"elu": "ELU", "relu": "ReLU"}
NETWORKS = ("ordinary", "narrow and deep")


def arm(activation, net):
    """arm("elu", "ordinary") -> "elu, ordinary"."""
    return f"{activation}, {net}"


def recipes(seed, settings):
    """{arm: Recipe} of every activation in both networks: Xavier for sigmoid and tanh, He for the others."""
    plain = Recipe(normalization="none", drop_rate=0.0, optimizer="adam", seed=seed)
    return {
        arm(activation, net): plain.replace(
            hidden_layers=settings[net],
            activation=activation,
            initialization="xavier_normal" if activation in ("sigmoid", "tanh") else "he_normal",
        )
        for net in NETWORKS
        for activation in ACTIVATIONS
    }


def run(seed, settings, learning_rates):
    """One seed: test accuracy and loss of every activation in both networks, and the mean of the leaky family."""
    runs = recipe_arms.trained(recipes, seed, settings, learning_rates)
    arms = recipe_arms.measured(runs)
    for net in NETWORKS:
        members = [arms[arm(activation, net)] for activation in LEAKY]
        arms[arm(FAMILY, net)] = {name: float(np.mean([each[name] for each in members])) for name in members[0]}
    return Outcome(arms, _fired({net: runs[arm("prelu", net)].network for net in NETWORKS}))


tune = functools.partial(recipe_arms.tune, recipes)


def _fired(prelu_networks):
    return {
        f"how far PReLU's slopes moved, {net}": max(
            float(abs(value[0] - PRELU_SLOPE)) for name, value in trained.parameters().items() if name.endswith("slope")
        )
        for net, trained in prelu_networks.items()
    }


EXPERIMENT = Experiment(
    claim="Of the activations, ELU is the best choice, then the leaky family, then ReLU, then tanh, then sigmoid.",
    source="the article; Xu et al. 2015; Clevert et al. 2016",
    chapter=3,
    setting="10 layers of 100 units (ordinary) and 20 of 12 (narrow and deep), Xavier for sigmoid and tanh, He for the "
    "others, Adam, 4,000 Fashion-MNIST images, 400 steps of 64, each at its best of 5 learning rates",
    unit="percentage points",
    settings={
        "ordinary": [100] * 10,
        "narrow and deep": [12] * 20,
        "grid": [0.0001, 0.0003, 0.001, 0.003, 0.01],
        "steps": 400,
        "images": 4000,
    },
    small={"ordinary": [30] * 4, "narrow and deep": [10] * 12, "grid": [0.003, 0.01], "steps": 60, "images": 1000},
    run=run,
    tune=tune,
    comparisons=tuple(
        Comparison(
            f"{NAMES.get(better, better)} over {NAMES.get(worse, worse)}, {net}",
            arm(better, net),
            arm(worse, net),
            short_runs.ACCURACY,
        )
        for net in NETWORKS
        for better, worse in itertools.pairwise(ORDER)
    ),
    smallest_effect=0.5,
    large=False,
)
