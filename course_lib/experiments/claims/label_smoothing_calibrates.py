"""Claim: with label smoothing a network is right more often and its probabilities are nearer to the truth.

Szegedy et al. 2016 made it for accuracy; Müller et al. 2019 saw that it calibrates. Who reads probabilities wants both,
and one can be had for the other: a low rate makes a network less sure, and less often right. So rate and smoothing are
chosen by validation accuracy minus calibration error, both in percentage points, and that is what is judged first.
Elsewhere each of the two is looked at alone, and the usual way: the rate chosen by accuracy, smoothing of 0.05 or 0.1.
"A temperature" is the other remedy (Guo et al. 2017): the network without smoothing, its logits divided by a number
that is fitted on validation images.
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
BOTH = "accuracy minus calibration error, %"
SMOOTHED, TEMPERATURE = "label smoothing", "a temperature"
NONE_USUAL, TWENTIETH, TENTH = "none, by accuracy", "smoothing of 0.05, by accuracy", "smoothing of 0.1, by accuracy"
BY_ACCURACY = {NONE_USUAL: 0.0, TWENTIETH: 0.05, TENTH: 0.1}  # arms whose rate is chosen by accuracy alone
NAMES = (NONE, SMOOTHED, TEMPERATURE, *BY_ACCURACY)


def grids(settings):
    """Rates for all; for the smoothing that is chosen, how strong it is."""
    return overfitting_arms.rate_grids(NAMES, settings, **{SMOOTHED: {"label_smoothing": settings["smoothings"]}})


def arms(settings):
    """{arm: Recipe} of one case."""
    plain = overfitting_arms.plain(settings)
    smoothed = {name: plain.replace(label_smoothing=BY_ACCURACY.get(name, 0.0)) for name in NAMES}
    return {arm(name, settings["case"]): recipe for name, recipe in smoothed.items()}


def quantities(logits, labels):
    """Accuracy, loss and calibration error of logits (examples, classes), in float64; and the first minus the last."""
    accuracy = 100 * float((logits.argmax(axis=1) == labels).mean())
    calibration = 100 * expected_calibration_error(softmax(logits), labels)
    loss = min(softmax_cross_entropy(logits, labels), LARGEST_LOSS)
    return {ACCURACY: accuracy, LOSS: loss, CALIBRATION: calibration, BOTH: accuracy - calibration}


def _logits(run, part):
    return np.asarray(run.network.logits(part.x), np.float64)


def _score(run, validation, name):
    """What an arm is chosen by, in percentage points. A temperature is fitted on half of the validation images; all
    arms are scored on the other half."""
    if run.diverged:
        return -math.inf
    logits, labels = _logits(run, validation), validation.labels
    half = len(labels) // 2
    temperature = fit_temperature(logits[:half], labels[:half]) if name == TEMPERATURE else 1.0
    return quantities(logits[half:] / temperature, labels[half:])[ACCURACY if name in BY_ACCURACY else BOTH]


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
    names = {arm(name, settings["case"]): name for name in NAMES}
    return {
        name: [_score(runs[recipe], data.validation, names[name]) for recipe in of_arm]
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
            chance = 100 / data.n_classes
            measured[name] = {ACCURACY: chance, LOSS: LARGEST_LOSS, CALIBRATION: 0.0, BOTH: chance}
            continue
        logits = _logits(result, data.test)
        if name == arm(TEMPERATURE, case):
            temperature = fit_temperature(_logits(result, data.validation), data.validation.labels)
            logits = logits / temperature
        measured[name] = quantities(logits, data.test.labels)
    smoothed = recipes[arm(SMOOTHED, case)].label_smoothing
    fired = {"how much is smoothed": smoothed, "how far the temperature is from 1": abs(math.log(temperature))}
    return Outcome(measured, fired | recipe_arms.label_noise(seed, settings))


def _comparison(label, case, quantity, worse=NONE, better=SMOOTHED):
    return Comparison(label, arm(better, case), arm(worse, case), quantity, quantity != CALIBRATION, case)


def _comparisons():
    """The primary comparison first, with 1,000 images; then the same of all cases."""
    for case in CASES:
        yield _comparison(f"accuracy minus calibration error, {case}", case, BOTH)
        yield _comparison(f"accuracy, {case}", case, ACCURACY)
        yield _comparison(f"calibration error, {case}", case, CALIBRATION)
        yield _comparison(f"accuracy minus calibration error, over a temperature, {case}", case, BOTH, TEMPERATURE)
        for better, smoothing in ((TWENTIETH, "0.05"), (TENTH, "0.1")):
            label = f"calibration error, smoothing of {smoothing}, rates chosen by accuracy, {case}"
            yield _comparison(label, case, CALIBRATION, NONE_USUAL, better)


PRIMARY, *ELSEWHERE = _comparisons()


EXPERIMENT = Experiment(
    claim="With label smoothing a network is right more often, or its probabilities are nearer to the truth: accuracy "
    "minus calibration error rises.",
    subject="Label smoothing",
    source="Müller et al. 2019; Szegedy et al. 2016",
    chapter=5,
    setting=overfitting_arms.NETWORK_IN_WORDS + ", 1,000 Fashion-MNIST images, 1,280 steps of 64; each tried at 6 "
    "learning rates (and 6 strengths of smoothing) with other seeds, then run at its best, by validation accuracy "
    "minus calibration error",
    unit="percentage points",
    settings={
        **overfitting_arms.SETTINGS,
        "steps": 1280,
        "smoothings": [0.005, 0.01, 0.02, 0.05, 0.1, 0.2],
        "cases": CASES,
    },
    small={**overfitting_arms.SMALL, "smoothings": [0.1, 0.2]},
    run=run,
    grids=grids,
    tune=tune,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=0.5,
    smallest_effect_reason="half of the point of calibration error or of accuracy for which somebody would change the "
    "loss",
    longer={"steps": 2560},
    edges={
        f"{arm(SMOOTHED, MAIN)}: label_smoothing": "the weakest is next to nothing: where the learning rate is chosen "
        "for calibration too, no more may be needed"
    },
    budget_reason="With more steps at the same learning rate a network grows surer and not better, so the best rate "
    "belongs to its budget.",
    large=False,
    larger_studies="Müller et al. 2019 found networks with smoothing calibrated about as well as with a temperature, "
    "on CIFAR, ImageNet and in translation.",
)
