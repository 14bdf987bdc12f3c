"""The default configuration and what it is compared with: arms of the claims on the 5,000 and on all images.

The naive one is that of a first book (Nielsen 2015, "Neural networks and deep learning", chapter 1): sigmoid, weights
from N(0, 1), gradient descent; with the softmax and cross-entropy that all networks here have. What a practitioner
takes in 2026 is that of a published recipe (Liu et al. 2022, "A ConvNet for the 2020s", table 5): AdamW with weight
decay 0.05, GELU, a linear warm-up and then half a cosine, no dropout. There the layers are normalized by layer norm,
which the engines of this course do not have: batch norm takes its place. As few images may need dropout, which networks
for millions of images do without, that recipe is also measured with the default's dropout.
"""

from course_lib.experiments import short_runs
from course_lib.experiments.default_parts import dropped_percent
from course_lib.recipe import Recipe

DEFAULT, NAIVE, PLAIN = "the default", "naive", "He, ReLU, Adam"
MODERN, MODERN_DROPOUT = "2026", "2026 with dropout"
DEPTHS = (2, 5)  # of the claims on the 5,000 images
RIVALS = (NAIVE, PLAIN, MODERN, MODERN_DROPOUT)
WARM_UP = 0.1  # share of the steps
WEIGHT_DECAY = 0.05


def recipes(hidden_layers, steps, seed, batch_size=64):
    """{arm: Recipe} of the default and its rivals; the warm-up is a share of this many steps."""
    default = Recipe(hidden_layers=hidden_layers, batch_size=batch_size, seed=seed)
    bare = default.replace(normalization="none", drop_rate=0.0)
    modern = default.replace(
        activation="gelu",
        drop_rate=0.0,
        optimizer="adamw",
        l2=WEIGHT_DECAY,
        schedule="cosine",
        schedule_steps=(max(1, int(WARM_UP * steps)),),
    )
    return {
        DEFAULT: default,
        NAIVE: bare.replace(activation="sigmoid", initialization="standard_normal", optimizer="gradient_descent"),
        PLAIN: bare.replace(activation="relu"),
        MODERN: modern,
        MODERN_DROPOUT: modern.replace(drop_rate=default.drop_rate),
    }


def arm(name, depth):
    """arm("naive", 2) -> "naive, 2 layers"."""
    return f"{name}, {depth} layers"


def mechanisms(default, modern, data):
    """{mechanism: number} that shows that what is compared is there, from the ShortRuns of DEFAULT and MODERN."""
    return {
        "how far the running means moved": short_runs.how_far_means_moved(default.network),
        "units that sit out a training step, %": dropped_percent(default.network.recipe, data),
        "decades from the recipe's rate down to the last one": short_runs.decades_down(modern),
        "weight decay": modern.network.optimizer.weight_decay,
    }
