"""Claim: training images that are shifted or mirrored at random raise the accuracy, on plain and on shifted images.

A shift moves an image by whole pixels in both directions, in every step anew; how far it reaches at most is its
strength, and chosen. A flip mirrors half of the images. All arms make four times the steps that the other remedies
against overfitting make in their short budget: an image that changes takes longer to learn.
"""

import functools

import numpy as np

from course_lib.experiments import overfitting_arms, recipe_arms
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.experiments.overfitting_arms import NONE, arm
from course_lib.experiments.short_runs import ACCURACY
from course_lib.scratch import augmentation
from course_lib.training.batches import draw_offsets

SHIFTED = "accuracy on shifted images, %"
STREAM = 5102  # of the shifts of test images, by up to 2 pixels
MAIN, MORE, WRONG, SHORT = "1,000 images", "4,000 images", "40% of the labels redrawn", "640 steps"
CASES = {MAIN: {}, MORE: {"images": 4000}, WRONG: {"redrawn": 0.4}, SHORT: {"steps": 640}}
SHIFTS, FAR, FLIPS = "shifts", "shifts by up to 2", "flips"
CHANGES = {
    NONE: {},
    SHIFTS: {"augmentation": "shift", "largest_shift": 1},  # how far is chosen
    FAR: {"augmentation": "shift", "largest_shift": 2},
    FLIPS: {"augmentation": "flip"},
}


def _names(settings):
    return [name for name in CHANGES if name != FAR or settings["case"] == MAIN]


def arms(settings):
    """{arm: Recipe} of one case."""
    plain = overfitting_arms.plain(settings)
    return {arm(name, settings["case"]): plain.replace(**CHANGES[name]) for name in _names(settings)}


def grids(settings):
    """Rates for all; for the shifts also how far they reach."""
    reach = {"largest_shift": settings["largest_shifts"]}
    return overfitting_arms.rate_grids(_names(settings), settings, **{SHIFTS: reach})


def run(seed, settings, chosen):
    """One seed of one case: as `recipe_arms.run`, and the accuracy on test images that are shifted too."""
    data = recipe_arms.images(seed, settings)
    runs = recipe_arms.trained(arms, seed, settings, chosen)
    x, labels = data.test.x, data.test.labels
    shifted = augmentation.shift(x, data.image_shape, draw_offsets(len(x), np.random.default_rng([STREAM, seed])))
    measured = recipe_arms.measured(runs, data)
    for name, result in runs.items():
        network = result.network
        right = 1 / data.n_classes if result.diverged else network.evaluate(*network.place(shifted, labels))[1]
        measured[name][SHIFTED] = 100 * right
    fired = {
        f"{name}: images of the first batch that changed": overfitting_arms.images_changed(result.network.recipe, data)
        for name, result in runs.items()
        if name != arm(NONE, settings["case"])
    }
    return Outcome(measured, fired | recipe_arms.label_noise(seed, settings))


def _over_none(label, name, case, quantity=ACCURACY):
    return Comparison(label, arm(name, case), arm(NONE, case), quantity, case=case)


EXPERIMENT = Experiment(
    claim="Training images that are shifted at random raise the accuracy. Mirrored ones are elsewhere.",
    subject="Shifting training images",
    source="the article; Simard et al. 2003",
    chapter=5,
    setting=overfitting_arms.NETWORK_IN_WORDS + ", 1,000 Fashion-MNIST images, 2,560 steps of 64; each tried at 6 "
    "learning rates (and with shifts by up to 1, 2 or 3 pixels) with other seeds, then run at its best",
    unit="percentage points",
    settings={**overfitting_arms.SETTINGS, "largest_shifts": [1, 2, 3], "cases": CASES},
    small={**overfitting_arms.SMALL, "largest_shifts": [1, 2]},
    run=run,
    grids=grids,
    tune=functools.partial(recipe_arms.tune, arms),
    primary=_over_none("shifts", SHIFTS, MAIN),
    elsewhere=(
        _over_none("shifts by up to 2 pixels", FAR, MAIN),
        _over_none("shifts by up to 2 pixels, on shifted test images", FAR, MAIN, SHIFTED),
        _over_none("flips", FLIPS, MAIN),
        *(_over_none(f"{name}, {case}", name, case) for case in (MORE, WRONG) for name in (SHIFTS, FLIPS)),
        _over_none("shifts, in 640 steps", SHIFTS, SHORT),
        _over_none("flips, in 640 steps", FLIPS, SHORT),
    ),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would train four times as long",
    longer={"steps": 5120},
    edges={f"{arm(SHIFTS, MAIN)}: largest_shift": "one pixel is the smallest shift there is"},
    large=False,
)
