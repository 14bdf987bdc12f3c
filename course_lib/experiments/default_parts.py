"""The five parts of the article's default configuration, each with what stood in its place before: arms to leave out.

Before means: weights from N(0, 1), and not from a spread that suits the layer; sums that are not normalized; the
sigmoid; all units in every step; gradient descent. So a first book on neural networks builds them: Nielsen 2015,
"Neural networks and deep learning", chapter 1.
"""

from itertools import combinations

from course_lib.experiments import recipe_arms
from course_lib.recipe import Recipe

PARTS = {  # part of the default -> what a recipe has without it
    "He": {"initialization": "standard_normal"},
    "batch norm": {"normalization": "none"},
    "ELU": {"activation": "sigmoid"},
    "dropout": {"drop_rate": 0.0},
    "Adam": {"optimizer": "gradient_descent"},
}
PAIRS = tuple(combinations(PARTS, 2))


def arm(left_out, case):
    """arm((), 2) -> "the default, 2 layers"; arm(("He", "ELU"), "5 layers") -> "without He and ELU, 5 layers".

    Parameters
    ----------
    left_out : the parts
    case : the case's name, or how many layers it has
    """
    name = f"without {' and '.join(left_out)}" if left_out else "the default"
    return f"{name}, {f'{case} layers' if isinstance(case, int) else case}"


def recipe(left_out, depth, seed, settings):
    """The default with hidden layers of settings["width"] units, without the parts that are left out."""
    changes = {field: value for part in left_out for field, value in PARTS[part].items()}
    return Recipe(hidden_layers=(settings["width"],) * depth, seed=seed).replace(**changes)


def arms(settings, combinations_left_out):
    """{arm: Recipe} of one case, annealed: for each combination of parts, the default without them."""
    return {
        arm(parts, settings["case"]): recipe_arms.annealed(
            recipe(parts, settings["depth"], 0, settings), settings["steps"]
        )
        for parts in combinations_left_out
    }
