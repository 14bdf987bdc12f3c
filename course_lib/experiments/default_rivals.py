"""The default configuration and what it is compared with: arms of the claims on 10,000 and on 40,000 images.

The naive one is that of a first book (Nielsen 2015, "Neural networks and deep learning", chapter 1): sigmoid, weights
from N(0, 1), gradient descent; with the softmax and cross-entropy that all networks here have. "He, ReLU, Adam" is the
shortest recipe that many people type without thinking; it has no source.

What a practitioner takes in 2026 is that of a published recipe (Liu et al. 2022, "A ConvNet for the 2020s", table 5):
layer norm, GELU, AdamW with weight decay, a linear warm-up and then half a cosine, no dropout. As few images may need
dropout, which networks for millions of images do without, that recipe is also measured with it.

The article names no schedule, and neither does Nielsen. But a constant rate leaves the last steps to chance, and
whoever compares the five parts should not compare schedules. So the default, the naive and the plain network are there
twice: as they are named, at a constant rate, and with the schedule of 2026.
"""

from course_lib.experiments import recipe_arms
from course_lib.experiments.experiment import Comparison
from course_lib.experiments.short_runs import ACCURACY
from course_lib.recipe import Recipe

WITH_SCHEDULE = " with the schedule"
DEFAULT, NAIVE, PLAIN = "the default", "naive", "He, ReLU, Adam"
SCHEDULED, NAIVE_SCHEDULED, PLAIN_SCHEDULED = (f"{name}{WITH_SCHEDULE}" for name in (DEFAULT, NAIVE, PLAIN))
MODERN, MODERN_DROPOUT = "2026", "2026 with dropout"
WEIGHT_DECAY = 0.05


def recipes(hidden_layers, steps, seed=0, batch_size=64):
    """{arm: Recipe} of the default and its rivals; the warm-up is a tenth of this many steps."""
    default = Recipe(hidden_layers=hidden_layers, batch_size=batch_size, seed=seed)
    bare = default.replace(normalization="none", drop_rate=0.0)
    modern = default.replace(
        activation="gelu", normalization="layer", drop_rate=0.0, optimizer="adamw", l2=WEIGHT_DECAY
    )
    known = {
        DEFAULT: default,
        NAIVE: bare.replace(activation="sigmoid", initialization="standard_normal", optimizer="gradient_descent"),
        PLAIN: bare.replace(activation="relu"),
    }
    scheduled = {
        **{f"{name}{WITH_SCHEDULE}": recipe for name, recipe in known.items()},
        MODERN: modern,
        MODERN_DROPOUT: modern.replace(drop_rate=default.drop_rate),
    }
    return known | {name: recipe_arms.annealed(recipe, steps) for name, recipe in scheduled.items()}


def arm(name, case):
    """arm("naive", "2 layers") -> "naive, 2 layers"."""
    return f"{name}, {case}"


def arms(settings):
    """{arm: Recipe} of one case: those that settings["arms"] names.

    The hidden layers are settings["hidden_layers"], or else settings["depth"] layers of settings["width"] units.
    """
    hidden_layers = settings.get("hidden_layers") or [settings["width"]] * settings["depth"]
    known = recipes(tuple(hidden_layers), settings["steps"], batch_size=settings.get("batch_size", 64))
    return {arm(name, settings["case"]): known[name] for name in settings["arms"]}


def comparison(better, worse, case, words=""):
    """The accuracy of two arms in a case, which its label names: "5 layers, both at a constant rate"."""
    label = f"{case}, {words}" if words else case
    return Comparison(label, arm(better, case), arm(worse, case), ACCURACY, case=case)
