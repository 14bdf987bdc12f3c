"""What the claims on the default configuration share: the network and budget, the grids, proof that all was at work.

The article gives no drop rate and no learning rate, so both are chosen for every arm that has them, the 0.2 of this
course's Recipe among them. AdamW's weight decay is chosen too, the published 0.05 among its values. An arm with dropout
and decay keeps the published decay: its grid would be three times as long.
"""

import numpy as np

from course_lib.engine import numpy_backend as network
from course_lib.experiments import recipe_arms, short_runs
from course_lib.scratch import dropout

SETTINGS = {  # of every claim on 10,000 images
    "data": "full",
    "images": 10_000,
    "width": 50,
    "steps": 2500,
    "grid": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
    "constant_grid": [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03],  # without a schedule: a third to a tenth of the others
    "descent_grid": [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0],  # of gradient descent and momentum
    "drop_rates": [0.06, 0.2, 0.5],
    "decays": [0.05, 0.15, 0.5, 1.5],
}
PARTS_GRIDS = {  # of the claims that leave out parts, which have many arms
    "grid": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
    "descent_grid": [0.03, 0.1, 0.3, 1.0, 3.0, 10.0],
    "drop_rates": [0.06, 0.2],
}
SMALL = {
    "data": "embedded",
    "images": 500,
    "width": 12,
    "steps": 20,
    "grid": [0.01, 0.1],
    "constant_grid": [0.003, 0.03],
    "descent_grid": [0.1, 1.0],
    "drop_rates": [0.2],
    "decays": [0.05],
}
BY_CASE = {  # {case: its own settings}; the first is where the claims are judged
    "2 layers": {"depth": 2},
    "5 layers": {"depth": 5},
    "2 layers, 400 steps": {"depth": 2, "steps": 400},
    "2 layers, 40% of labels redrawn": {"depth": 2, "redrawn": 0.4},
}
CLEAN, DEEP, SHORT, NOISY = BY_CASE
IN_WORDS = (
    "2 hidden layers of 50 units, 10,000 Fashion-MNIST images, 2,500 steps of 64, each tried at several learning rates "
    "and strengths with other seeds, then run at its best"
)
NEXT_TO_NOTHING = "three units of 50 sit out: weaker dropout is next to none, and without it is an arm of its own"
BUDGET_REASON = (
    "More steps can cost accuracy, as networks with weak dropout learn by heart: the best budget of the default is "
    "about this one."
)
SMALLEST_EFFECT = 0.5
SMALLEST_EFFECT_REASON = "one image in 200: half of the point for which somebody would type another configuration"


def grids(arms, settings):
    """{arm: {field: values}} of one case. `functools.partial(grids, arms)` is an experiment's `grids`."""
    return {arm: grid(recipe, settings) for arm, recipe in arms(settings).items()}


def grid(recipe, settings):
    """{field: values} that are chosen among for a recipe: the learning rate, and the strength of what it has."""
    if recipe.optimizer in ("gradient_descent", "momentum"):
        rates = settings["descent_grid"]
    else:
        rates = settings["constant_grid" if recipe.schedule == "constant" else "grid"]
    found = {"learning_rate": rates}
    if recipe.drop_rate:
        found["drop_rate"] = settings["drop_rates"]
    elif recipe.l2:
        found["l2"] = settings["decays"]
    return found


def edges(*arms):
    """Why the weakest dropout may be chosen for these arms: an experiment's `edges`."""
    return {f"{arm}: drop_rate": NEXT_TO_NOTHING for arm in arms}


def mechanisms(runs, data):
    """{mechanism: number} that shows that what is compared is there, the least over the arms of a case that have it.

    Parameters
    ----------
    runs : {arm: ShortRun}
    data : the Dataset that they were trained on
    """
    shown = [
        ("how far the running means moved", lambda recipe: recipe.normalizes_batches, _means_moved),
        ("how far layer norm's scales moved", lambda recipe: recipe.normalization == "layer", _scales_moved),
        (
            "units that sit out a training step, %",
            lambda recipe: recipe.drop_rate > 0,
            lambda run: dropped_percent(run.network.recipe, data),
        ),
        (
            "decades from the recipe's rate down to the last one",
            lambda recipe: recipe.schedule != "constant",
            short_runs.decades_down,
        ),
        (
            "weight decay",
            lambda recipe: recipe.optimizer == "adamw",
            lambda run: run.network.optimizer.weight_decay,
        ),
    ]
    found = {}
    for name, has_it, number in shown:
        if numbers := [number(run) for run in runs.values() if has_it(run.network.recipe)]:
            found[name] = min(numbers)
    return found


def dropped_percent(recipe, data):
    """The share of hidden units that dropout sets to 0 in the first training step, in percent; 0 without dropout."""
    fresh = network.Network(recipe, data.n_inputs, data.n_classes)
    fresh.loss_and_gradients(data.train.x[: recipe.batch_size], data.train.labels[: recipe.batch_size])
    masks = [layer.mask.ravel() for _, layer in fresh.leaves if isinstance(layer, dropout.Dropout)]
    return 100 * float(np.mean(np.concatenate(masks) == 0)) if masks else 0.0


def tune_with_fewer(arms, seed, settings, trials):
    """As recipe_arms.tune, on settings["tuning_images"] training images: a tuning seed has fewer to draw from."""
    return recipe_arms.tune(arms, seed, {**settings, "images": settings["tuning_images"]}, trials)


def _means_moved(run):
    return short_runs.how_far_means_moved(run.network)


def _scales_moved(run):
    scales = [
        values
        for name, values in run.network.parameters().items()
        if name.startswith("layer_norm") and name.endswith("scale")
    ]
    return float(np.abs(np.concatenate(scales) - 1).max()) if scales else 0.0  # they start at 1
