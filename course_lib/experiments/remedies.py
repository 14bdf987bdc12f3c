"""Remedies against overfitting: what their claims share. A network far too large for its images, with and without.

Two kinds of labels: clean ones, and training labels of which 40% were drawn anew. Two ways to choose the learning rate:
the usual one for Adam, at which the network learns its training labels by heart, and the best one of a grid. A low rate
is a remedy too, since in the same number of steps less is learned by heart; so the second comparison is the harder one.
The strength of a remedy is chosen on validation data in both.
"""

import dataclasses

import numpy as np

from course_lib.data.label_noise import redraw_labels
from course_lib.experiments import short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.recipe import Recipe
from course_lib.scratch import augmentation
from course_lib.scratch.calibration import expected_calibration_error
from course_lib.scratch.losses import softmax
from course_lib.training import TrainingDiverged, fit
from course_lib.training.batches import draw_offsets, steps_per_epoch

CALIBRATION, TRAINING, SHIFTED = "calibration error, %", "training accuracy, %", "accuracy on shifted images, %"
QUANTITIES = (short_runs.ACCURACY, short_runs.LOSS, CALIBRATION, TRAINING, SHIFTED)
LABELS = {"clean labels": 0.0, "redrawn labels": 0.4}  # share of the training labels that are drawn anew
USUAL, BEST = "usual rate", "best rate"
RATES = (USUAL, BEST)
NONE = "none"
FIELDS = {  # of the Recipe, in which a remedy's strength stands
    "early stopping": "patience",
    "L1": "l1",
    "L2": "l2",
    "weight decay": "l2",
    "dropout": "drop_rate",
    "max-norm": "max_norm",
    "shifts": "augmentation",
    "flips": "augmentation",
}
SETTINGS = {
    "hidden_layers": [256, 128],
    "images": 1000,
    "epochs": 40,
    "usual_rate": 0.001,
    "grid": [5e-5, 1e-4, 3e-4, 1e-3, 3e-3],
}
SMALL = {"hidden_layers": [64, 32], "images": 200, "epochs": 12, "grid": [1e-3, 3e-3]}
IN_WORDS = (
    "2 hidden layers of 256 and 128 units, ReLU with He, Adam, 1,000 Fashion-MNIST images, 640 steps of 64; labels "
    "clean or 40% redrawn; learning rate 0.001 or the best of 5; strength and rate chosen on validation data"
)


def arm(remedy, labels, rates):
    """arm("dropout", "clean labels", "best rate") -> "dropout, clean labels, best rate"."""
    return f"{remedy}, {labels}, {rates}"


def variants_of(remedy, strengths, labels, rates):
    """{name: what it changes in the recipe} of one remedy at all its strengths."""
    if remedy == NONE:
        return {arm(NONE, labels, rates): {}}
    changes = {"optimizer": "adamw"} if remedy == "weight decay" else {}
    named = {strength: f"{remedy} {strength:g}" if not isinstance(strength, str) else remedy for strength in strengths}
    return {arm(name, labels, rates): {**changes, FIELDS[remedy]: strength} for strength, name in named.items()}


def remedy_experiment(claim, source, strengths, comparisons, smallest_effect=0.5, large=False, small=None):
    """The Experiment of a claim on remedies.

    Parameters
    ----------
    claim, source : as in the Experiment
    strengths : {remedy: the values of its field in the recipe}, besides no remedy, which is always an arm
    comparisons : of arms as `arm` names them
    smallest_effect, large : as in the Experiment
    small : settings that its small version changes besides SMALL
    """
    variants = {
        arm(remedy, labels, rates): tuple(variants_of(remedy, values, labels, rates))
        for remedy, values in strengths.items()
        for labels in LABELS
        for rates in RATES
    }
    return Experiment(
        claim=claim,
        source=source,
        chapter=5,
        setting=IN_WORDS,
        unit="percentage points",
        settings={**SETTINGS, "strengths": strengths},
        small={**SMALL, **(small or {})},
        run=run,
        tune=tune,
        comparisons=tuple(comparisons),
        smallest_effect=smallest_effect,
        large=large,
        variants=variants,
    )


def over_none(remedy, quantity=short_runs.ACCURACY, words="", higher_is_better=True):
    """Comparisons of a remedy with none: both kinds of labels, both ways to choose the rate."""
    return [
        Comparison(
            f"{words}{labels}, {rates}",
            arm(remedy, labels, rates),
            arm(NONE, labels, rates),
            quantity,
            higher_is_better,
        )
        for rates in RATES
        for labels in reversed(LABELS)
    ]


def data_for(seed, settings, labels):
    """The Dataset of a seed: its training labels are clean or redrawn, all others are clean."""
    data = short_runs.fashion_mnist(settings["images"])
    train, _ = redraw_labels(data.train, LABELS[labels], data.n_classes, seed)
    return dataclasses.replace(data, train=train)


def recipe_for(seed, settings, changes, rate):
    """The Recipe of an arm."""
    base = Recipe(
        hidden_layers=settings["hidden_layers"],
        activation="relu",
        normalization="none",
        drop_rate=0.0,
        epochs=settings["epochs"],
        seed=seed,
    )
    return base.replace(learning_rate=rate, **changes)


def trained(recipes, data):
    """Train each recipe for its epochs. Returns [(network or None if it diverged, epochs left out by early stopping)].

    All make the same steps with the same batches; early stopping ends them sooner, as `training.fit` does.
    """
    steps = recipes[0].epochs * steps_per_epoch(len(data.train), recipes[0].batch_size)
    if recipes[0].patience is None:
        runs = short_runs.train(recipes, data, steps)
        return [(None if run.diverged else run.network, 0) for run in runs]
    results = []
    for recipe in recipes:
        try:
            result = fit(recipe, data, progress=False)
            results.append((result.network, recipe.epochs - (result.best_epoch or recipe.epochs)))
        except TrainingDiverged:
            results.append((None, 0))
    return results


def tune(seed, settings):
    """Validation accuracy of every variant of every arm at every rate of its grid; "usual rate" is a grid of one."""
    scores = {}
    for labels in LABELS:
        data = data_for(seed, settings, labels)
        place = np.asarray(data.validation.x, np.float32), data.validation.labels
        for remedy, strengths in _all_remedies(settings).items():
            by_rates = (variants_of(remedy, strengths, labels, rates) for rates in RATES)
            for (usual, changes), best in zip(next(by_rates).items(), next(by_rates), strict=True):
                recipes = [recipe_for(seed, settings, changes, rate) for rate in settings["grid"]]
                found = [-np.inf if net is None else net.evaluate(*place)[1] for net, _ in trained(recipes, data)]
                scores[best] = dict(zip(settings["grid"], found, strict=True))
                scores[usual] = {settings["usual_rate"]: scores[best][settings["usual_rate"]]}
    return scores


def run(seed, settings, learning_rates):
    """One seed: every arm at its chosen strength and rate, measured on the test data."""
    arms, fired = {}, {}
    for labels, share in LABELS.items():
        data = data_for(seed, settings, labels)
        if share:
            fired[f"{labels}: training labels that are wrong"] = wrong_labels(data)
        for rates in RATES:
            networks = {}
            for remedy, strengths in _all_remedies(settings).items():
                ((chosen, changes),) = [
                    (name, changes)
                    for name, changes in variants_of(remedy, strengths, labels, rates).items()
                    if name in learning_rates
                ]
                recipe = recipe_for(seed, settings, changes, learning_rates[chosen])
                ((networks[remedy], left_out),) = trained([recipe], data)
                arms[arm(remedy, labels, rates)] = measured(networks[remedy], data, seed)
                if rates == USUAL and remedy != NONE and (share or remedy != "early stopping"):
                    fired[f"{remedy}, {labels}: {_WORDS[remedy]}"] = _fired(remedy, networks, recipe, data, left_out)
    return Outcome(arms, fired)


def measured(network, data, seed):
    """All quantities of a trained network; one that diverged (None) knows nothing: even chances for every class."""
    rng = np.random.default_rng([5102, seed])
    x, labels = data.test.x, data.test.labels
    shifted = augmentation.shift(x, data.image_shape, draw_offsets(len(x), rng))
    if network is None:
        chance = 1 / data.n_classes
        values = (chance, np.log(data.n_classes), 0.0, chance, chance)
    else:
        logits = np.asarray(network.logits(x), np.float64)
        calibration = expected_calibration_error(softmax(logits), labels)
        loss, accuracy = network.evaluate(*network.place(x, labels))
        of_training = network.evaluate(*network.place(data.train.x, data.train.labels))[1]
        of_shifted = network.evaluate(*network.place(shifted, labels))[1]
        values = (accuracy, min(loss, short_runs.LARGEST_LOSS), calibration, of_training, of_shifted)
    in_percent = {quantity: 1 if quantity == short_runs.LOSS else 100 for quantity in QUANTITIES}
    return {quantity: in_percent[quantity] * value for quantity, value in zip(QUANTITIES, values, strict=True)}


def wrong_labels(data):
    """How many of the training labels of a Dataset of Fashion-MNIST's first images are not their own."""
    return int((data.train.labels != short_runs.fashion_mnist(len(data.train)).train.labels).sum())


def units_dropped(network):
    """How many units dropout set to 0 in a Network's last training step, over its batch and its layers."""
    return float(sum(np.sum(layer.mask == 0) for name, layer in network.leaves if name.startswith("dropout")))


def _all_remedies(settings):
    return {NONE: (), **settings["strengths"]}


_WORDS = {
    "early stopping": "epochs left out",
    "L1": "how much shorter the weights are",
    "L2": "how much shorter the weights are",
    "weight decay": "how much shorter the weights are",
    "dropout": "units dropped in the last step",
    "max-norm": "units at the bound",
    "shifts": "images of the first batch that moved",
    "flips": "images of the first batch that were mirrored",
}


def _fired(remedy, networks, recipe, data, left_out):
    """How much a remedy was at work in a run."""
    network = networks[remedy]
    if network is None:
        return 1.0  # it diverged: its result says so
    if remedy == "early stopping":
        return left_out
    if remedy in ("shifts", "flips"):
        first, plain = (
            next(short_runs.batches(each, data, 1))[0] for each in (recipe, recipe.replace(augmentation="none"))
        )
        return float((first != plain).any(axis=1).sum())
    layers = dict(network.leaves)
    if remedy == "dropout":
        return units_dropped(network)
    if remedy == "max-norm":
        weights = [layers[f"dense{depth}"].parameters["weight"] for depth in range(1, len(recipe.hidden_layers) + 1)]
        lengths = np.concatenate([np.linalg.norm(weight, axis=0) for weight in weights])
        at_the_bound = float((lengths > 0.999 * recipe.max_norm).sum())
        return at_the_bound if lengths.max() < 1.001 * recipe.max_norm else 0.0
    lengths = [np.linalg.norm(networks[name].flat_weights) for name in (NONE, remedy) if networks[name] is not None]
    return float(lengths[0] - lengths[-1]) if len(lengths) == 2 else 1.0
