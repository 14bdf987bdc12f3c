"""Claim: layers pretrained without labels make a better classifier where labels are few."""

import dataclasses

import numpy as np

from course_lib.data import Split
from course_lib.engine import pretraining
from course_lib.experiments import short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.recipe import Recipe

INITIALIZATIONS = {"sigmoid": "xavier_normal", "elu": "he_normal"}
LABELS = (100, 50, 500, 2000)
PRETRAINED, PLAIN, NORMALIZED = "pretrained", "not pretrained", "batch norm, not pretrained"


def arm(activation, labels, start):
    """arm("sigmoid", 100, PRETRAINED) -> "sigmoid, 100 labels, pretrained"."""
    return f"{activation}, {labels} labels, {start}"


def recipes(seed, settings, labels):
    """{arm: Recipe} for one number of labels. Pretrained or not, the recipe is the same."""
    plain = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        normalization="none",
        drop_rate=0.0,
        optimizer="momentum",
        batch_size=settings["batch_size"],
        seed=seed,
    )
    return {
        arm(activation, labels, start): plain.replace(
            activation=activation,
            initialization=initialization,
            normalization="batch" if start == NORMALIZED else "none",
        )
        for activation, initialization in INITIALIZATIONS.items()
        for start in (PRETRAINED, PLAIN, NORMALIZED)
    }


def pretrained_layers(seed, settings):
    """Layers trained on images without their labels, and how well their autoencoders learned.

    Returns
    -------
    ({activation: {name: array}}, the smallest share of its first loss that an autoencoder lost)
    """
    x, layers, losses = short_runs.fashion_mnist(settings["unlabeled_images"]).train.x, {}, {}
    for activation, initialization in INITIALIZATIONS.items():
        recipe = Recipe(
            hidden_layers=(settings["width"],) * settings["depth"],
            activation=activation,
            initialization=initialization,
            normalization="none",
            seed=seed,
        )
        layers[activation] = pretraining.pretrain_layers(
            recipe,
            x,
            settings["pretraining_steps"],
            settings["pretraining_rate"],
            on_step=lambda layer, loss, activation=activation: losses.setdefault((activation, layer), []).append(loss),
        )
    return layers, min(1 - np.mean(by_step[-10:]) / by_step[0] for by_step in losses.values())


def starts(arms, layers):
    """{arm: what its network starts from}, of the arms that are pretrained."""
    return {name: layers[recipe.activation] for name, recipe in arms.items() if name.endswith(f", {PRETRAINED}")}


def labeled(seed, labels):
    """The data with a few labeled training images alone; which ones, the seed decides."""
    data = short_runs.fashion_mnist()
    rows = np.random.default_rng(seed).permutation(len(data.train))[:labels]
    few = Split(data.train.x[rows], data.train.labels[rows])
    return dataclasses.replace(data, train=few)


def run(seed, settings, learning_rates):
    """One seed: test accuracy and loss of every arm."""
    layers, fallen = pretrained_layers(seed, settings)
    quantities = {}
    for labels in LABELS:
        arms = recipes(seed, settings, labels)
        data = labeled(seed, labels)
        runs = short_runs.tested(arms, learning_rates, data, settings["steps"], starts(arms, layers))
        quantities |= {name: short_runs.quantities(result) for name, result in runs.items()}
    return Outcome(quantities, {"share of its loss that each autoencoder lost": float(fallen)})


def tune(seed, settings):
    """Validation accuracy of every arm at every rate of the grid."""
    layers, _ = pretrained_layers(seed, settings)
    scores = {}
    for labels in LABELS:
        arms = recipes(seed, settings, labels)
        data = labeled(seed, labels)
        scores |= short_runs.scores(arms, settings["grid"], data, settings["steps"], starts=starts(arms, layers))
    return scores


def _comparisons():
    pairs = [
        (f"{activation}, {labels} labels", activation, labels, activation, PLAIN)
        for activation in INITIALIZATIONS
        for labels in LABELS
    ]
    pairs += [(f"sigmoid over ELU with He, {labels} labels", "sigmoid", labels, "elu", PLAIN) for labels in LABELS]
    return tuple(
        Comparison(label, arm(better, labels, PRETRAINED), arm(worse, labels, start), short_runs.ACCURACY)
        for label, better, labels, worse, start in pairs
    )


EXPERIMENT = Experiment(
    claim="With few labels, a network whose layers were pretrained by autoencoders, without labels, is more accurate.",
    source="the article; Bengio et al. 2007",
    chapter=4,
    setting="4 hidden layers of 64 units, sigmoid with Xavier and ELU with He, 50 to 2,000 labeled Fashion-MNIST "
    "images and 10,000 without labels, 2,000 steps of Adam a layer, then 400 steps of momentum with labels, each at "
    "its best of 8 learning rates; last, the pretrained sigmoid network against ELU with He that was not pretrained",
    unit="percentage points",
    settings={
        "width": 64,
        "depth": 4,
        "batch_size": 50,
        "unlabeled_images": None,
        "pretraining_steps": 2000,
        "pretraining_rate": 0.003,
        "grid": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
        "steps": 400,
    },
    small={
        "width": 20,
        "depth": 3,
        "unlabeled_images": 1000,
        "pretraining_steps": 150,
        "grid": [0.03, 0.3],
        "steps": 50,
    },
    run=run,
    tune=tune,
    comparisons=_comparisons(),
    smallest_effect=0.5,
)
