"""Claim: five networks, their probabilities averaged, are right more often than one of them.

The five differ in their seed alone: other first weights, other batches, the same images. "One" is the mean over the
five of what each does alone. The mean cross-entropy of averaged probabilities is never above that of the five (Jensen),
so the loss is no comparison; the accuracy and the calibration can go both ways.
"""

import math

import numpy as np

from course_lib.experiments import overfitting_arms, recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.experiments.overfitting_arms import arm
from course_lib.experiments.short_runs import ACCURACY, CALIBRATION, LARGEST_LOSS, LOSS
from course_lib.scratch.calibration import expected_calibration_error
from course_lib.scratch.losses import softmax

MAIN, MORE, WRONG = "1,000 images", "10,000 images", "40% of the labels redrawn"
CASES = {MAIN: {}, MORE: {"images": 10_000}, WRONG: {"redrawn": 0.4}}
ONE, FIVE, LARGE = "one network", "five networks", "one network as large as five"
MEMBERS = 5
APART = 10_000  # seeds of the members of a seed are so far apart that no other seed has them


def _names(settings):
    return (ONE, FIVE, LARGE) if settings["case"] == MAIN else (ONE, FIVE)


def grids(settings):
    """Learning rates for all."""
    return overfitting_arms.rate_grids(_names(settings), settings)


def members(seed, recipe):
    """The recipes of the five networks of a seed."""
    return [recipe.replace(seed=seed + APART * number) for number in range(MEMBERS)]


def large(settings):
    """The Recipe of one network with about as many parameters as the five have together."""
    return overfitting_arms.plain({**settings, "hidden_layers": settings["large"]})


def probabilities(runs, part):
    """What each run says of a part of the data: list of (examples, classes), float64. None where one diverged."""
    if any(run.diverged for run in runs):
        return None
    return [softmax(np.asarray(run.network.logits(part.x), np.float64)) for run in runs]


def quantities(found, part, n_classes):
    """Accuracy, loss and calibration error of probabilities; of None, which knows nothing, those of chance."""
    if found is None:
        return {ACCURACY: 100 / n_classes, LOSS: LARGEST_LOSS, CALIBRATION: 0.0}
    of_truth = np.maximum(found[np.arange(len(part)), part.labels], 1e-300)
    return {
        ACCURACY: 100 * float((found.argmax(axis=1) == part.labels).mean()),
        LOSS: min(float(-np.log(of_truth).mean()), LARGEST_LOSS),
        CALIBRATION: 100 * expected_calibration_error(found, part.labels),
    }


def of_one(found, part, n_classes):
    """The means over the networks of what each does alone."""
    if found is None:
        return quantities(None, part, n_classes)
    alone = [quantities(each, part, n_classes) for each in found]
    return {name: float(np.mean([each[name] for each in alone])) for name in alone[0]}


def of_five(found, part, n_classes):
    """What the networks do together: p(y | x) = 1 / 5 sum_m p_m(y | x)."""
    return quantities(None if found is None else np.mean(found, axis=0), part, n_classes)


def tune(seed, settings, trials):
    """Validation accuracy in percent of each arm at each rate; -inf where a network diverged."""
    data, steps, scores = recipe_arms.images(seed, settings), settings["steps"], {}
    recipe, validation = overfitting_arms.plain(settings), data.validation
    for choice in _choices(trials, settings):
        runs = short_runs.train(members(seed, recipe.replace(**choice)), data, steps, "validation")
        found = probabilities(runs, validation)
        for name, measured in ((ONE, of_one), (FIVE, of_five)):
            own = arm(name, settings["case"])
            if choice in trials.get(own, ()):
                score = -math.inf if found is None else measured(found, validation, data.n_classes)[ACCURACY]
                scores.setdefault(own, [0.0] * len(trials[own]))[trials[own].index(choice)] = score
    if (name := arm(LARGE, settings["case"])) in trials:
        wanted = [large(settings).replace(seed=seed, **choice) for choice in trials[name]]
        scores[name] = [short_runs.score(each) for each in short_runs.train(wanted, data, steps, "validation")]
    return scores


def _choices(trials, settings):
    """The choices of one and of five networks, each once, in the order of the trials."""
    wanted = [choice for name in (ONE, FIVE) for choice in trials.get(arm(name, settings["case"]), ())]
    return [choice for place, choice in enumerate(wanted) if choice not in wanted[:place]]


def run(seed, settings, chosen):
    """One seed of one case: every arm at its rate, measured on the test images."""
    data, steps, arms = recipe_arms.images(seed, settings), settings["steps"], {}
    recipe = overfitting_arms.plain(settings)
    for name, measured in ((ONE, of_one), (FIVE, of_five)):
        own = recipe.replace(**chosen[arm(name, settings["case"])])
        found = probabilities(short_runs.train(members(seed, own), data, steps, "test"), data.test)
        arms[arm(name, settings["case"])] = measured(found, data.test, data.n_classes)
    fired = {"test images on which two of the five differ": _differing(found)}
    if LARGE in _names(settings):
        own = large(settings).replace(seed=seed, **chosen[arm(LARGE, settings["case"])])
        found = probabilities(short_runs.train([own], data, steps, "test"), data.test)
        arms[arm(LARGE, settings["case"])] = of_one(found, data.test, data.n_classes)
    return Outcome(arms, fired | recipe_arms.label_noise(seed, settings))


def _differing(found):
    """On how many images not all networks give the same answer; 1 where they diverged, as the result says."""
    if found is None:
        return 1.0
    answers = np.argmax(found, axis=2)
    return float((answers != answers[0]).any(axis=0).sum())


def _comparison(label, worse, case, quantity=ACCURACY):
    return Comparison(label, arm(FIVE, case), arm(worse, case), quantity, quantity == ACCURACY, case)


EXPERIMENT = Experiment(
    claim="Five networks, their probabilities averaged, are right more often than one of them.",
    subject="Averaging the probabilities of five networks",
    source="Hansen and Salamon 1990; Lakshminarayanan et al. 2017",
    chapter=5,
    setting=overfitting_arms.NETWORK_IN_WORDS + ", 1,000 Fashion-MNIST images, 1,280 steps of 64; each tried at 6 "
    "learning rates with other seeds, then run at its best",
    unit="percentage points",
    settings={**overfitting_arms.SETTINGS, "steps": 1280, "large": [256, 256], "cases": CASES},
    small={**overfitting_arms.SMALL, "grid": [0.01], "large": [40, 40]},
    run=run,
    grids=grids,
    tune=tune,
    primary=_comparison("accuracy", ONE, MAIN),
    elsewhere=(
        _comparison("calibration error", ONE, MAIN, CALIBRATION),
        _comparison("accuracy, over one network as large as five", LARGE, MAIN),
        _comparison("calibration error, over one network as large as five", LARGE, MAIN, CALIBRATION),
        *(_comparison(f"accuracy, {case}", ONE, case) for case in (MORE, WRONG)),
        *(_comparison(f"calibration error, {case}", ONE, case, CALIBRATION) for case in (MORE, WRONG)),
    ),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would train and keep five networks",
    longer={"steps": 2560},
    large=False,
    larger_studies="Lakshminarayanan et al. 2017 and Ovadia et al. 2019 found ensembles of 5 to 10 networks more "
    "accurate and better calibrated, on ImageNet too.",
)
