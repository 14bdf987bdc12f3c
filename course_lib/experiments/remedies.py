"""Remedies against overfitting: what their claims share. A network too large for its images, with a remedy and without.

Strength and learning rate of a remedy are chosen together, on validation data. A low rate is a remedy too, since in the
same number of steps less is learned by heart; so what has no remedy chooses its rate from the same rates.

The network is 784-64-64-10: with 1,000 images it has 55 weights an image and learns all labels by heart, like
784-256-128-10, which takes four times as long and is measured elsewhere.
"""

import functools

import numpy as np

from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.recipe import Recipe

TRAINING = "training accuracy, %"
NONE = "no remedy"
FIELDS = {"L1": "l1", "L2": "l2", "weight decay": "l2", "dropout": "drop_rate", "max-norm": "max_norm"}  # of a Recipe
NEXT_TO_NONE = "the weakest is next to no remedy, and none is wanted: there is nothing left to widen to"
FIRST_STEPS, FIRST_RATE = 20, 0.001  # after which it is seen whether a penalty shortens the weights: before chaos grows

PRIMARY = "1,000 images"
CASES = {  # the primary first
    PRIMARY: {},
    "500 images": {"images": 500},
    "5,000 images": {"images": 5000, "steps": 2000},
    "1,000 images, 640 steps": {"steps": 640},
    "1,000 images, 40% redrawn": {"redrawn": 0.4, "grid": [3e-5, 1e-4, 3e-4, 1e-3, 3e-3]},
    "1,000 images, 40% redrawn, rate 0.001": {"redrawn": 0.4, "grid": [1e-3]},
    "1,000 images, layers of 256 and 128 units": {"hidden_layers": [256, 128], "grid": [3e-4, 1e-3, 3e-3]},
}
SETTINGS = {
    "data": "full",
    "images": 1000,
    "steps": 1500,
    "hidden_layers": [64, 64],
    "grid": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2],
}
SMALL = {"data": "embedded", "images": 200, "steps": 20, "hidden_layers": [16, 12], "grid": [3e-3, 1e-2]}
IN_WORDS = (
    "784-64-64-10, ReLU with He, Adam with warm-up and cosine, 1,000 Fashion-MNIST images, 1,500 steps of 64, each "
    "tried at 5 learning rates (a remedy also at {strengths} strengths) with other seeds, then run at its best"
)


def arm(remedy, case):
    """arm("dropout", "500 images") -> "dropout, 500 images"."""
    return f"{remedy}, {case}"


def plain(settings):
    """The Recipe of a case without a remedy, and with a constant rate."""
    return Recipe(hidden_layers=settings["hidden_layers"], activation="relu", normalization="none", drop_rate=0.0)


def arms(settings):
    """{arm: Recipe} of one case: no remedy, and each of settings["strengths"], which gets its strength by tuning."""
    without = recipe_arms.annealed(plain(settings), settings["steps"])
    optimizers = {remedy: "adamw" if remedy == "weight decay" else "adam" for remedy in (NONE, *settings["strengths"])}
    return {arm(each, settings["case"]): without.replace(optimizer=optimizer) for each, optimizer in optimizers.items()}


def grids(settings):
    """Learning rates for every arm, and for a remedy every strength at each of them."""
    rates, case = {"learning_rate": settings["grid"]}, settings["case"]
    of_remedies = {
        arm(remedy, case): {**rates, FIELDS[remedy]: strengths} for remedy, strengths in settings["strengths"].items()
    }
    return {arm(NONE, case): rates, **of_remedies}


def run(seed, settings, chosen):
    """One seed of one case; the numbers of `recipe_arms.measured`, and the accuracy on the training images."""
    data = recipe_arms.images(seed, settings)
    runs = recipe_arms.trained(arms, seed, settings, chosen)
    fired = {
        f"{remedy}: {_MECHANISMS[remedy][0]}": at_work(remedy, runs[arm(remedy, settings["case"])], data)
        for remedy in settings["strengths"]
    }
    return Outcome(measured(runs, data), fired | recipe_arms.label_noise(seed, settings))


def measured(runs, data):
    """The arms of an Outcome: what `recipe_arms.measured` gives, and how much of the training labels was learned."""
    found = recipe_arms.measured(runs, data)
    return {name: found[name] | {TRAINING: training_accuracy(each, data)} for name, each in runs.items()}


def training_accuracy(result, data):
    """Accuracy of a ShortRun on the training images and their labels, redrawn ones too, in percent."""
    if result.diverged:
        return 100 * result.accuracy  # chance
    network = result.network
    return 100 * network.evaluate(*network.place(data.train.x, data.train.labels))[1]


def at_work(remedy, result, data):
    """How much a remedy was at work in a ShortRun; above 0 if it was. A run that diverged says so in its numbers."""
    return 1.0 if result.diverged else float(_MECHANISMS[remedy][1](result, data))


def units_dropped(result, data=None):
    """How many units dropout set to 0 in the last training step, over its batch and its layers."""
    return sum(np.sum(layer.mask == 0) for name, layer in result.network.leaves if name.startswith("dropout"))


def units_at_the_bound(result, data=None):
    """How many hidden units' incoming weights are as long as max-norm allows; 0 if some are longer."""
    recipe, parameters = result.network.recipe, result.network.parameters()
    weights = [parameters[f"dense{depth}.weight"] for depth in range(1, len(recipe.hidden_layers) + 1)]
    lengths = np.concatenate([np.linalg.norm(weight, axis=0) for weight in weights])
    return (lengths > 0.999 * recipe.max_norm).sum() if lengths.max() < 1.001 * recipe.max_norm else 0


def shortened(result, data):
    """By how many percent a penalty or a decay makes all weights shorter in the first steps, at one rate for all."""
    recipe = result.network.recipe.replace(learning_rate=FIRST_RATE, schedule="constant", schedule_steps=())
    pair = [recipe.replace(l1=0.0, l2=0.0), recipe]
    lengths = [
        np.linalg.norm(np.asarray(each.network.flat_weights, np.float64))
        for each in short_runs.train(pair, data, FIRST_STEPS)
    ]
    return 100 * (1 - lengths[1] / lengths[0])


_SHORTER = ("how much shorter the weights are after 20 steps, %", shortened)
_MECHANISMS = {  # remedy: (in words, its measure)
    "L1": _SHORTER,
    "L2": _SHORTER,
    "weight decay": _SHORTER,
    "dropout": ("units dropped in the last step", units_dropped),
    "max-norm": ("units at the bound", units_at_the_bound),
}


def comparisons(better, worse=NONE, cases=CASES):
    """A remedy against none, or against another one, in every case; the primary first."""
    return [Comparison(case, arm(better, case), arm(worse, case), short_runs.ACCURACY, case=case) for case in cases]


def with_strengths(strengths, cases=CASES):
    """The cases, those with redrawn labels with strengths of their own: there, more is wanted."""
    return {case: own | ({"strengths": strengths} if "redrawn" in own else {}) for case, own in cases.items()}


def remedy_experiment(claim, subject, source, strengths, compared, cases=CASES, **fields):
    """The Experiment of a claim on remedies.

    Parameters
    ----------
    claim, subject, source : as in the Experiment
    strengths : {remedy: the values of its field in the recipe}
    compared : the Comparisons, the primary first
    cases : of the settings
    fields : of the Experiment that are other ones here, or are more
    """
    numbers = " and ".join(str(len(values)) for values in strengths.values())
    common = {
        "chapter": 5,
        "setting": IN_WORDS.format(strengths=numbers),
        "unit": "percentage points",
        "settings": {**SETTINGS, "strengths": strengths, "cases": cases},
        "small": {**SMALL, "strengths": {remedy: values[-2:-1] for remedy, values in strengths.items()}},
        "run": run,
        "grids": grids,
        "tune": functools.partial(recipe_arms.tune, arms),
        "smallest_effect": 0.5,
        "smallest_effect_reason": "one image in 200: half of the point for which somebody would tune one more number",
        "longer": {"steps": 3000},
        "large": False,
        "tuning_seeds": 4,  # scores of one choice differ by as much as a remedy does
    }
    primary, *elsewhere = compared
    return Experiment(
        claim=claim, subject=subject, source=source, primary=primary, elsewhere=tuple(elsewhere), **(common | fields)
    )
