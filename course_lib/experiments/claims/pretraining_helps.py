"""Claim: layers pretrained without labels make a better classifier where labels are few."""

import dataclasses
import functools

import numpy as np

from course_lib.engine import pretraining
from course_lib.experiments import image_draws, recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.recipe import Recipe

INITIALIZATIONS = {"sigmoid": "xavier_normal", "elu": "he_normal"}
LABELS = (50, 200, 2000)
PRETRAINED, PLAIN = "pretrained", "not pretrained"
GRIDS = {  # learning rates
    "elu": [0.003, 0.01, 0.03, 0.1, 0.3],
    "sigmoid": [0.01, 0.03, 0.1, 0.3, 1.0],
}
CASES = {
    f"{activation}, {steps:,} steps": {"activation": activation, "steps": steps, "grid": GRIDS[activation]}
    for activation in ("elu", "sigmoid")
    for steps in (4000, 400)
}


def arm(case, labels, start):
    """arm("elu, 400 steps", 50, PRETRAINED) -> "elu, 400 steps, 50 labels, pretrained"."""
    return f"{case}, {labels} labels, {start}"


def recipe(settings, seed):
    """Of every arm of a case: pretrained or not, it is the same."""
    activation = settings["activation"]
    plain = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        activation=activation,
        initialization=INITIALIZATIONS[activation],
        normalization="none",
        drop_rate=0.0,
        optimizer="momentum",
        batch_size=settings["batch_size"],
        seed=seed,
    )
    return recipe_arms.annealed(plain, settings["steps"])


def arms(settings):
    """{arm: (number of labels, start)} of one case."""
    return {arm(settings["case"], n, start): (n, start) for n in LABELS for start in (PRETRAINED, PLAIN)}


def labeled(seed, settings, labels):
    """A seed's images with only the first so many training images, the ones that have labels.

    They are among the images that the layers are pretrained on, as in practice; those to choose with and to be tested
    on are not.
    """
    data = images(seed, settings)
    return dataclasses.replace(data, train=data.train[:labels])


def images(seed, settings):
    """A seed's images; the labels of its training part are used by `labeled` alone."""
    return image_draws.draw(
        seed, settings["images"], settings["measured_images"], settings["measured_images"], settings["data"]
    )


def pretrained_layers(seed, settings):
    """({name: array}, the smallest share of its first loss that an autoencoder lost); once for all numbers of steps."""
    about = ("data", "images", "measured_images", "width", "depth", "activation", "batch_size")
    rest = ("pretraining_steps", "pretraining_rate")
    return _pretrained_layers(seed, tuple((name, settings[name]) for name in (*about, *rest)))


@functools.lru_cache(maxsize=64)
def _pretrained_layers(seed, settings):
    settings, losses = dict(settings), {}
    layers = pretraining.pretrain_layers(
        recipe(settings | {"steps": settings["pretraining_steps"]}, seed).replace(optimizer="adam"),
        images(seed, settings).train.x,
        settings["pretraining_steps"],
        settings["pretraining_rate"],
        on_step=lambda layer, loss: losses.setdefault(layer, []).append(loss),
    )
    return layers, min(1 - np.mean(by_step[-10:]) / by_step[0] for by_step in losses.values())


def trained(seed, settings, choices, part):
    """{arm: a ShortRun for each of its choices, [{field: value}]}, measured on one part."""
    known, runs = arms(settings), {}
    for name, of_arm in choices.items():
        labels, start = known[name]
        own = pretrained_layers(seed, settings)[0] if start == PRETRAINED else None
        recipes = [recipe(settings, seed).replace(**choice) for choice in of_arm]
        data = labeled(seed, settings, labels)
        runs[name] = short_runs.train(recipes, data, settings["steps"], part, [own] * len(recipes))
    return runs


def grids(settings):
    """Every arm over the case's learning rates."""
    return {name: {"learning_rate": settings["grid"]} for name in arms(settings)}


def tune(seed, settings, trials):
    """Validation accuracy in percent of every arm at each of its rates."""
    runs = trained(seed, settings, trials, "validation")
    return {name: [short_runs.score(run) for run in of_arm] for name, of_arm in runs.items()}


def run(seed, settings, chosen):
    """One seed of one case: accuracy, loss, calibration error and divergence of every arm."""
    runs = trained(seed, settings, {name: [chosen[name]] for name in arms(settings)}, "test")
    quantities = recipe_arms.measured({name: only for name, (only,) in runs.items()}, images(seed, settings))
    _, fallen = pretrained_layers(seed, settings)
    return Outcome(quantities, {"share of its loss that each autoencoder lost": float(fallen)})


def _comparisons():
    return {
        f"{case}, {labels} labels": Comparison(
            f"{case}, {labels} labels",
            arm(case, labels, PRETRAINED),
            arm(case, labels, PLAIN),
            short_runs.ACCURACY,
            case=case,
        )
        for case in CASES
        for labels in LABELS
    }


COMPARISONS = _comparisons()
PRIMARY = COMPARISONS.pop("elu, 4,000 steps, 200 labels")

EXPERIMENT = Experiment(
    claim="With few labels, a network whose layers were pretrained by autoencoders, without labels, is more accurate.",
    subject="Pretraining by autoencoders",
    source="the article; Bengio et al. 2007",
    chapter=4,
    setting="4 hidden layers of 64 units, ELU with He or sigmoid with Xavier, 10,000 Fashion-MNIST images, 50 to 2,000 "
    "of them with labels, 2,000 steps of Adam a layer without labels, then 4,000 or 400 steps of momentum with labels, "
    "warm-up and cosine, each tried at 5 learning rates with other seeds, then run at its best",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 10000,
        "measured_images": 3000,
        "width": 64,
        "depth": 4,
        "batch_size": 50,
        "pretraining_steps": 2000,
        "pretraining_rate": 0.003,
        "cases": CASES,
    },
    small={
        "data": "embedded",
        "images": 2000,
        "measured_images": 250,
        "width": 10,
        "depth": 2,
        "pretraining_steps": 60,
        "pretraining_rate": 0.01,
        "grid": [0.03],
        "steps": 10,
    },
    run=run,
    grids=grids,
    tune=tune,
    primary=PRIMARY,
    elsewhere=tuple(COMPARISONS.values()),
    smallest_effect=0.5,
    smallest_effect_reason="half of the point for which somebody would train every layer beforehand",
    larger_studies="Pretraining without labels acts as a regularizer: on digits it lowered the test error also where "
    "the training error was no lower, and more so in deeper networks (Erhan et al. 2010).",
    longer={"steps": 8000},
    budget_reason="in twice the steps the network that was not pretrained overfits and loses half a point",
    large=False,
    seeds=15,
)
