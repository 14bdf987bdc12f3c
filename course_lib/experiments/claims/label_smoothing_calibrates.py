"""Claim: with label smoothing a network's probabilities are nearer to how often it is right.

Szegedy et al. 2016 made it for accuracy; Müller et al. 2019 saw that it calibrates. Who reads probabilities wants both,
an answer that is right and a probability that is true. So every arm is chosen by validation accuracy minus calibration
error, both in percentage points; what is judged first is the calibration error. "A temperature" is the usual other
way (Guo et al. 2017): the network without smoothing, its logits divided by a number fitted on validation images.
"""

import math

import numpy as np

from course_lib.experiments import overfitting_arms, recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.experiments.overfitting_arms import NONE, arm
from course_lib.experiments.short_runs import ACCURACY, CALIBRATION, LARGEST_LOSS, LOSS
from course_lib.scratch.calibration import expected_calibration_error, fit_temperature
from course_lib.scratch.losses import softmax, softmax_cross_entropy

MAIN, MORE, WRONG = "1,000 images", "10,000 images", "40% of the labels redrawn"
CASES = {MAIN: {}, MORE: {"images": 10_000}, WRONG: {"redrawn": 0.4}}
SMOOTHED, TENTH, TEMPERATURE = "label smoothing", "label smoothing of 0.1", "a temperature"
NAMES = (NONE, SMOOTHED, TENTH, TEMPERATURE)


def grids(settings):
    """Rates for all; for the smoothing that is chosen, how strong it is."""
    return overfitting_arms.rate_grids(NAMES, settings, **{SMOOTHED: {"label_smoothing": settings["smoothings"]}})


def arms(settings):
    """{arm: Recipe} of one case."""
    plain = overfitting_arms.plain(settings)
    changes = {TENTH: {"label_smoothing": 0.1}}
    return {arm(name, settings["case"]): plain.replace(**changes.get(name, {})) for name in NAMES}


def quantities(logits, labels):
    """Accuracy, loss and calibration error of logits (examples, classes), in float64."""
    return {
        ACCURACY: 100 * float((logits.argmax(axis=1) == labels).mean()),
        LOSS: min(softmax_cross_entropy(logits, labels), LARGEST_LOSS),
        CALIBRATION: 100 * expected_calibration_error(softmax(logits), labels),
    }


def _logits(run, part):
    return np.asarray(run.network.logits(part.x), np.float64)


def _score(run, validation, with_temperature):
    """Validation accuracy minus calibration error, in percentage points. A temperature is fitted on half of the images
    and both are scored on the other half."""
    if run.diverged:
        return -math.inf
    logits, labels = _logits(run, validation), validation.labels
    half = len(labels) // 2
    temperature = fit_temperature(logits[:half], labels[:half]) if with_temperature else 1.0
    found = quantities(logits[half:] / temperature, labels[half:])
    return found[ACCURACY] - found[CALIBRATION]


def _trained(recipes, data, settings):
    """{Recipe: ShortRun}; recipes that are the same, with a temperature and without, are one run."""
    distinct = list(dict.fromkeys(recipes))
    return dict(zip(distinct, short_runs.train(distinct, data, settings["steps"]), strict=True))


def tune(seed, settings, trials):
    """The score of every choice."""
    data, plain = recipe_arms.images(seed, settings), arms(settings)
    recipes = {
        name: [plain[name].replace(seed=seed, **choice) for choice in choices] for name, choices in trials.items()
    }
    runs = _trained([recipe for of_arm in recipes.values() for recipe in of_arm], data, settings)
    with_temperature = arm(TEMPERATURE, settings["case"])
    return {
        name: [_score(runs[recipe], data.validation, name == with_temperature) for recipe in of_arm]
        for name, of_arm in recipes.items()
    }


def run(seed, settings, chosen):
    """One seed of one case: every arm as it was chosen, on the test images."""
    data, case = recipe_arms.images(seed, settings), settings["case"]
    recipes = {name: recipe.replace(seed=seed, **chosen[name]) for name, recipe in arms(settings).items()}
    runs, measured, temperature = _trained(recipes.values(), data, settings), {}, 1.0
    for name, recipe in recipes.items():
        result = runs[recipe]
        if result.diverged:
            measured[name] = {ACCURACY: 100 / data.n_classes, LOSS: LARGEST_LOSS, CALIBRATION: 0.0}
            continue
        logits = _logits(result, data.test)
        if name == arm(TEMPERATURE, case):
            temperature = fit_temperature(_logits(result, data.validation), data.validation.labels)
            logits = logits / temperature
        measured[name] = quantities(logits, data.test.labels)
    smoothed = recipes[arm(SMOOTHED, case)].label_smoothing
    fired = {"how much is smoothed": smoothed, "how far the temperature is from 1": abs(math.log(temperature))}
    return Outcome(measured, fired | recipe_arms.label_noise(seed, settings))


def _comparison(label, case, worse=NONE, better=SMOOTHED, quantity=CALIBRATION):
    return Comparison(label, arm(better, case), arm(worse, case), quantity, quantity == ACCURACY, case)


EXPERIMENT = Experiment(
    claim="Label smoothing brings a network's probabilities nearer to how often it is right.",
    subject="Label smoothing",
    source="Müller et al. 2019; Szegedy et al. 2016",
    chapter=5,
    setting=overfitting_arms.NETWORK_IN_WORDS + ", 1,000 Fashion-MNIST images, 2,560 steps of 64; learning rate and "
    "smoothing chosen by validation accuracy minus calibration error",
    unit="percentage points",
    settings={**overfitting_arms.SETTINGS, "smoothings": [0.02, 0.05, 0.1, 0.2, 0.4], "cases": CASES},
    small={**overfitting_arms.SMALL, "smoothings": [0.1, 0.2]},
    run=run,
    grids=grids,
    tune=tune,
    primary=_comparison("calibration error", MAIN),
    elsewhere=(
        _comparison("accuracy", MAIN, quantity=ACCURACY),
        _comparison("calibration error, smoothing of 0.1", MAIN, better=TENTH),
        _comparison("calibration error, over a temperature", MAIN, TEMPERATURE),
        *(_comparison(f"calibration error, {case}", case) for case in (MORE, WRONG)),
        *(_comparison(f"accuracy, {case}", case, quantity=ACCURACY) for case in (MORE, WRONG)),
        *(_comparison(f"calibration error, over a temperature, {case}", case, TEMPERATURE) for case in (MORE, WRONG)),
    ),
    smallest_effect=0.5,
    smallest_effect_reason="half of the point of calibration error or of accuracy for which somebody would change the "
    "loss",
    longer={"steps": 5120},
    large=False,
    larger_studies="Müller et al. 2019 found networks with smoothing calibrated about as well as with a temperature, "
    "on CIFAR, ImageNet and in translation.",
)
