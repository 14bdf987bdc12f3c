"""Claim: dropout steadily adds 2% to the accuracy.

"Adds 2%" is taken as: two percentage points, give or take one. So an effect counts where its whole interval lies above
one point, and counts against the claim where it lies below minus one. Both arms get their best learning rate, and
dropout its best rate of dropping too.
"""

import dataclasses

from course_lib.data import Split, load_digits
from course_lib.data.label_noise import redraw_labels
from course_lib.experiments import short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.experiments.remedies import LABELS, measured, recipe_for, units_dropped, wrong_labels
from course_lib.experiments.short_runs import ACCURACY

WITHOUT, WITH = "no dropout", "dropout"
CASES = {  # in words: (data, share of the training labels that are redrawn)
    "1,000 images": ("images", 1000, 0.0),
    "300 images": ("images", 300, 0.0),
    "10,000 images": ("images", 10_000, 0.0),
    "1,000 images, 40% redrawn": ("images", 1000, LABELS["redrawn labels"]),
    "300 digits": ("digits", 300, 0.0),
}


def arm(name, case):
    """arm("dropout", "300 digits") -> "dropout, 300 digits"."""
    return f"{name}, {case}"


def variants_of(case, drop_rates):
    """{name of a variant: drop rate}."""
    return {arm(f"{WITH} {rate:g}", case): rate for rate in drop_rates}


def data_for(case, seed, settings):
    """The Dataset of a case; which digits are trained with depends on the seed."""
    kind, n, share = CASES[case]
    if kind == "images":
        data = short_runs.fashion_mnist(min(n, settings["most_images"]))
    else:
        digits = load_digits(seed)
        data = dataclasses.replace(digits, train=Split(digits.train.x[:n], digits.train.labels[:n]))
    train, _ = redraw_labels(data.train, share, data.n_classes, seed)
    return dataclasses.replace(data, train=train)


def steps_for(case, settings):
    """How many steps the runs of a case make: with ten times the images, more."""
    return settings["steps"] * (3 if CASES[case][1] > 1000 else 1)


def tune(seed, settings):
    """Validation accuracy without dropout and at every rate of dropping, at every learning rate."""
    scores = {}
    for case in CASES:
        data = data_for(case, seed, settings)
        names = {arm(WITHOUT, case): 0.0, **variants_of(case, settings["drop_rates"])}
        arms = {name: recipe_for(seed, settings, {"drop_rate": rate}, 0.001) for name, rate in names.items()}
        scores |= short_runs.scores(arms, settings["grid"], data, steps_for(case, settings))
    return scores


def run(seed, settings, learning_rates):
    """One seed: both arms of every case, on the test data."""
    arms, fired = {}, {}
    for case in CASES:
        data = data_for(case, seed, settings)
        if CASES[case][2]:
            fired[f"training labels that are wrong, {case}"] = wrong_labels(data)
        chosen = {arm(WITHOUT, case): 0.0, **variants_of(case, settings["drop_rates"])}
        for name, drop_rate in chosen.items():
            if name not in learning_rates:
                continue
            recipe = recipe_for(seed, settings, {"drop_rate": drop_rate}, learning_rates[name])
            (trained,) = short_runs.train([recipe], data, steps_for(case, settings))
            kind = WITH if drop_rate else WITHOUT
            arms[arm(kind, case)] = measured(None if trained.diverged else trained.network, data, seed)
            if drop_rate:
                fired[f"units dropped in the last step, {case}"] = units_dropped(trained.network)
    return Outcome(arms, fired)


EXPERIMENT = Experiment(
    claim="Dropout steadily adds two points to the accuracy.",
    source="the article",
    chapter=5,
    setting=(
        "2 hidden layers of 256 and 128 units, ReLU with He, Adam; 640 steps of 64 (1,920 with 10,000 images); dropout "
        "at the best of three rates; learning rate the best of 6; an effect counts from one point on"
    ),
    unit="percentage points",
    settings={
        "hidden_layers": [256, 128],
        "epochs": 1,  # the steps count
        "steps": 640,
        "most_images": 10_000,
        "grid": [5e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2],
        "drop_rates": [0.2, 0.5, 0.7],
    },
    small={"hidden_layers": [32, 16], "steps": 30, "most_images": 300, "grid": [1e-3, 3e-3]},
    run=run,
    tune=tune,
    comparisons=tuple(Comparison(case, arm(WITH, case), arm(WITHOUT, case), ACCURACY) for case in CASES),
    smallest_effect=1.0,
    large=False,
    variants={arm(WITH, case): tuple(variants_of(case, [0.2, 0.5, 0.7])) for case in CASES},
)
