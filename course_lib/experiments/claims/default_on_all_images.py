"""Claim: the default configuration beats its rivals also where there is much to learn from: all of Fashion-MNIST.

The arms, and where they come from, are in default_rivals.py. The small version uses the embedded images: it runs where
the others are not.
"""

import functools

from course_lib.experiments import default_rivals, short_runs
from course_lib.experiments.default_rivals import DEFAULT, MODERN, RIVALS
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.training.batches import steps_per_epoch
from course_lib.training.dataset_file import named_dataset


def images(settings):
    """The Dataset: all images, or the first ones of the embedded set.

    Raises
    ------
    DataUnavailable : all images are asked for, and they are not on this machine; the message says how to get them
    """
    return _all_images() if settings["data"] == "full" else short_runs.fashion_mnist(settings["images"])


@functools.cache
def _all_images():
    return named_dataset("full")


def recipes(seed, settings, steps):
    """{arm: Recipe} of the default and its rivals, for runs of this many steps."""
    return default_rivals.recipes(tuple(settings["hidden_layers"]), steps, seed, settings["batch_size"])


def run(seed, settings, learning_rates):
    """One seed: test accuracy and loss of every arm."""
    data = images(settings)
    steps = settings["epochs"] * steps_per_epoch(len(data.train), settings["batch_size"])
    runs = short_runs.tested(recipes(seed, settings, steps), learning_rates, data, steps)
    return Outcome(
        {name: short_runs.quantities(result) for name, result in runs.items()},
        default_rivals.mechanisms(runs[DEFAULT], runs[MODERN], data),
    )


def tune(seed, settings):
    """Validation accuracy of every arm at every rate of the grid, after shorter runs than those that are measured."""
    data = images(settings)
    steps = settings["tuning_steps"]
    return short_runs.scores(recipes(seed, settings, steps), settings["grid"], data, steps)


EXPERIMENT = Experiment(
    claim="Trained on all images, the default configuration (He, ELU, batch normalization, dropout, Adam) is more "
    "accurate than a naive one, than plain He, ReLU and Adam, and than what a practitioner takes in 2026.",
    source="the article; its rivals: Nielsen 2015; Liu et al. 2022",
    chapter=6,
    setting="2 hidden layers of 300 and 100 units, 55,000 Fashion-MNIST images, 3 epochs in batches of 128, 10,000 "
    "test images, each at its best of 8 learning rates in runs of half an epoch. Naive and 2026 as with 5,000 images",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 0,
        "hidden_layers": [300, 100],
        "batch_size": 128,
        "epochs": 3,
        "tuning_steps": 215,
        "grid": [0.0001, 0.00046, 0.0022, 0.01, 0.046, 0.22, 1.0, 4.6],
    },
    small={
        "data": "embedded",
        "images": 1000,
        "hidden_layers": [20, 20],
        "batch_size": 32,
        "epochs": 2,
        "tuning_steps": 60,
        "grid": [0.01, 0.1],
    },
    run=run,
    tune=tune,
    comparisons=tuple(Comparison(f"over {name}", DEFAULT, name, short_runs.ACCURACY) for name in RIVALS),
    smallest_effect=0.25,
)
