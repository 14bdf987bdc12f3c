"""Claim: Adam gets to a loss in fewer steps than gradient descent, and than the other optimizers.

Every arm is an optimizer in a setting, at the best learning rate of one grid for all. What is compared is the logarithm
to base 2 of the steps until the loss is at a goal that all of them can reach: an effect of 1 is half the steps, one
doubling. A run that does not get there has all the steps that are allowed, which makes the effect smaller than it is.
"""

import math

from course_lib.experiments import race_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.experiments.race_runs import ADDING, FULL_BATCH, MINI_BATCH

OPTIMIZERS = {
    "adam": "Adam",
    "gradient_descent": "gradient descent",
    "momentum": "momentum",
    "nesterov": "Nesterov",
    "rmsprop": "RMSProp",
    "adamw": "AdamW",
}
DOUBLINGS, STEPS = "log2 of the steps", "steps"


def arm(setting, optimizer):
    """arm(MINI_BATCH, "adam") -> "mini-batch images, Adam"."""
    return f"{setting}, {OPTIMIZERS[optimizer]}"


def arms():
    """{arm: (setting, optimizer)}. The recurrent network has no weight decay, so AdamW is Adam there and left out."""
    return {
        arm(setting, optimizer): (setting, optimizer)
        for setting in (MINI_BATCH, FULL_BATCH, ADDING)
        for optimizer in OPTIMIZERS
        if (setting, optimizer) != (ADDING, "adamw")
    }


def tune(seed, settings):
    """Minus the logarithm of the steps, for every arm and rate; -inf where the run diverged. On validation data."""
    scores = {}
    for name, (setting, optimizer) in arms().items():
        scores[name] = {}
        for rate in settings["grid"]:
            result = race_runs.race(setting, seed, settings, optimizer, rate, "validation")
            scores[name][rate] = -math.inf if result.diverged else -math.log2(result.steps)
    return scores


def run(seed, settings, learning_rates):
    """The steps of every arm, and which optimizers made other steps than gradient descent."""
    results = {
        name: race_runs.race(setting, seed, settings, optimizer, learning_rates[name], "test")
        for name, (setting, optimizer) in arms().items()
    }
    quantities = {
        name: {
            DOUBLINGS: math.log2(result.steps),
            STEPS: result.steps,
            "reached": float(result.reached),
            "diverged": float(result.diverged),
        }
        for name, result in results.items()
    }
    fired = {
        f"settings with steps unlike gradient descent's, {words}": sum(
            results[arm(setting, optimizer)].unlike_gradient_descent for setting in (MINI_BATCH, FULL_BATCH)
        )
        for optimizer, words in OPTIMIZERS.items()
        if optimizer != "gradient_descent"
    }
    for setting in (MINI_BATCH, FULL_BATCH, ADDING):
        reached = [result.reached for name, result in results.items() if name.startswith(setting)]
        fired[f"arms that got there, {setting}"] = sum(reached)
    return Outcome(quantities, fired)


EXPERIMENT = Experiment(
    claim="Adam gets to a loss in fewer steps than gradient descent and the other optimizers.",
    source="the article; Kingma and Ba 2015",
    chapter=4,
    setting=(
        "Steps to a held-out loss of 0.6 with batches of 64 Fashion-MNIST images, to a training loss of 0.1 with all "
        "of 300 images at once, and to a fifth of the constant answer's error on the adding problem of 10 steps, "
        "gradients clipped; each optimizer at its best of 16 learning rates; an effect of 1 is half the steps"
    ),
    unit="doublings",
    settings={
        "grid": [1e-4, 2.2e-4, 4.6e-4, 0.001, 0.0022, 0.0046, 0.01, 0.022, 0.046, 0.1, 0.22, 0.46, 1.0, 2.2, 4.6, 10.0],
        "width": 50,
        "depth": 2,
        "batch": 64,
        "weight_decay": 0.01,  # of AdamW; the others have none
        MINI_BATCH: {"images": 8000, "evaluated": 1000, "steps": 600, "look_every": 10, "goal": 0.6},
        FULL_BATCH: {"images": 300, "steps": 400, "goal": 0.1},
        ADDING: {
            "length": 10,
            "units": 20,
            "batch": 32,
            "steps": 2000,
            "evaluated": 500,
            "look_every": 20,
            "clip_norm": 1.0,
            "goal": 20.0,
        },
    },
    small={
        "grid": [0.003, 0.1],
        "width": 20,
        MINI_BATCH: {"images": 500, "evaluated": 200, "steps": 100, "look_every": 10, "goal": 0.9},
        FULL_BATCH: {"images": 100, "steps": 80, "goal": 0.5},
        ADDING: {
            "length": 6,
            "units": 10,
            "batch": 16,
            "steps": 200,
            "evaluated": 100,
            "look_every": 20,
            "clip_norm": 1.0,
            "goal": 60.0,
        },
    },
    run=run,
    tune=tune,
    comparisons=tuple(
        Comparison(
            f"{setting}, over {OPTIMIZERS[optimizer]}",
            arm(setting, "adam"),
            name,
            DOUBLINGS,
            higher_is_better=False,
        )
        for name, (setting, optimizer) in arms().items()
        if optimizer != "adam"
    ),
    smallest_effect=0.25,
    large=False,
)
