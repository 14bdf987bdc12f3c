"""Claim: the leaky family and ELU keep units alive that die as ReLU units, and the network is better for it."""

import math

import numpy as np

from course_lib.experiments import off_units
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.experiments.short_runs import ACCURACY
from course_lib.recipe import Recipe
from course_lib.scratch.activations import PRELU_SLOPE

RELU, OTHERS = "relu", ["leaky_relu", "rrelu", "prelu", "elu"]
NAMES = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "rrelu": "RReLU", "prelu": "PReLU", "elu": "ELU"}
STAY_OFF = "units off at half time and at the end, %"
OFF_AT_HALF_TIME, OFF, CAME_BACK = "units off at half time, %", "units off, %", "units that came back, %"


def arm(activation, tuned=False):
    """arm("relu") -> "ReLU, same rate"; arm("relu", tuned=True) -> "ReLU, tuned"."""
    return f"{NAMES[activation]}, {'tuned' if tuned else 'same rate'}"


def recipe_for(activation, seed, settings):
    return Recipe(
        hidden_layers=settings["hidden_layers"], activation=activation, normalization="none", drop_rate=0.0, seed=seed
    )


def run(seed, settings, learning_rates):
    """One seed: every activation at the same large learning rate, and at its own."""
    arms, came_back = {}, 0
    for activation in [RELU, *OTHERS]:
        rates = [settings["same_rate"], learning_rates[arm(activation, tuned=True)]]
        recipes = [recipe_for(activation, seed, settings).replace(learning_rate=rate) for rate in rates]
        watched = off_units.watch(recipes, settings["steps"], 2, settings["images"])
        _, half_time, end = watched.off
        for number, tuned in enumerate((False, True)):
            arms[arm(activation, tuned)] = {
                STAY_OFF: 100 * np.mean(half_time[number] & end[number]),
                OFF_AT_HALF_TIME: 100 * np.mean(half_time[number]),
                OFF: 100 * np.mean(end[number]),
                CAME_BACK: 100 * np.mean(half_time[number] & ~end[number]),
                ACCURACY: 100 * watched.accuracies[number],
            }
        if activation == RELU:
            died = float((~watched.off[0, 0] & end[0]).sum())
        else:
            came_back += float((half_time[0] & ~end[0]).sum())
        if activation == "prelu":
            slopes = [watched.networks.network(0).parameters()[f"activation{k}.slope"] for k in (1, 2)]
    return Outcome(
        arms,
        {
            "ReLU units that died": died,
            "units of the others that came back": came_back,
            "how far PReLU's slopes moved": float(np.abs(np.concatenate(slopes) - PRELU_SLOPE).max()),
        },
    )


def tune(seed, settings):
    """Validation accuracy of every activation at every rate of the grid."""
    scores = {}
    for activation in [RELU, *OTHERS]:
        recipes = [recipe_for(activation, seed, settings).replace(learning_rate=rate) for rate in settings["grid"]]
        watched = off_units.watch(recipes, settings["steps"], 1, settings["images"], part="validation")
        accuracies = np.where(watched.alive, 100 * watched.accuracies, -math.inf)
        scores[arm(activation, tuned=True)] = dict(zip(settings["grid"], accuracies.tolist(), strict=True))
    return scores


EXPERIMENT = Experiment(
    claim="Leaky ReLU, RReLU, PReLU and ELU keep alive the units that die as ReLU units, and the network is more "
    "accurate for it.",
    source="the article; Maas et al. 2013; Xu et al. 2015; He et al. 2015; Clevert et al. 2016",
    chapter=3,
    setting="5 hidden layers of 100 units, He, Adam, 10,000 Fashion-MNIST images, 600 steps of 64. At one large "
    "learning rate, 0.01: hidden units off on every training image at half time and at the end. Each tuned: accuracy",
    unit="percentage points",
    settings={
        "hidden_layers": [100] * 5,
        "same_rate": 0.01,
        "grid": [0.0001, 0.0003, 0.001, 0.003, 0.01],
        "steps": 600,
        "images": 10_000,
    },
    small={"hidden_layers": [50] * 3, "grid": [0.001, 0.003], "steps": 60, "images": 1000},
    run=run,
    tune=tune,
    comparisons=(
        *(
            Comparison(f"units that stay off, {NAMES[other]}", arm(other), arm(RELU), STAY_OFF, higher_is_better=False)
            for other in OTHERS
        ),
        *(
            Comparison(f"accuracy, {NAMES[other]}", arm(other, tuned=True), arm(RELU, tuned=True), ACCURACY)
            for other in OTHERS
        ),
    ),
    smallest_effect=0.5,
    large=False,
)
