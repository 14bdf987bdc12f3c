"""The five parts of the article's default configuration, each with what stood in its place before: arms to leave out.

Before means: weights from N(0, 1), and not from a spread that suits the layer; sums that are not normalized; the
sigmoid; all units in every step; gradient descent. So a first book on neural networks builds them: Nielsen 2015,
"Neural networks and deep learning", chapter 1.
"""

from itertools import combinations

import numpy as np

from course_lib.engine import numpy_backend as network
from course_lib.experiments import short_runs
from course_lib.recipe import Recipe
from course_lib.scratch import dropout

PARTS = {  # part of the default -> what a recipe has without it
    "He": {"initialization": "standard_normal"},
    "batch norm": {"normalization": "none"},
    "ELU": {"activation": "sigmoid"},
    "dropout": {"drop_rate": 0.0},
    "Adam": {"optimizer": "gradient_descent"},
}
DEPTHS = (2, 5)
PAIRS = tuple(combinations(PARTS, 2))


def arm(left_out, depth):
    """arm((), 2) -> "the default, 2 layers"; arm(("He", "ELU"), 5) -> "without He and ELU, 5 layers"."""
    name = f"without {' and '.join(left_out)}" if left_out else "the default"
    return f"{name}, {depth} layers"


def recipe(left_out, depth, seed, settings):
    """The default with hidden layers of settings["width"] units, without the parts that are left out."""
    changes = {field: value for part in left_out for field, value in PARTS[part].items()}
    return Recipe(hidden_layers=(settings["width"],) * depth, seed=seed).replace(**changes)


def mechanisms(runs, default_arm, data):
    """{mechanism: number} that shows that the parts of the default are there, from {arm: ShortRun} of one depth."""
    trained = runs[default_arm].network
    return {
        "how far the running means moved": short_runs.how_far_means_moved(trained),
        "units that sit out a training step, %": dropped_percent(trained.recipe, data),
    }


def dropped_percent(recipe, data):
    """The share of hidden units that dropout sets to 0 in the first training step, in percent; 0 without dropout."""
    fresh = network.Network(recipe, data.n_inputs, data.n_classes)
    fresh.loss_and_gradients(data.train.x[: recipe.batch_size], data.train.labels[: recipe.batch_size])
    masks = [layer.mask.ravel() for _, layer in fresh.leaves if isinstance(layer, dropout.Dropout)]
    return 100 * float(np.mean(np.concatenate(masks) == 0)) if masks else 0.0
