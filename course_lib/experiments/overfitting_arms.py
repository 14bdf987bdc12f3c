"""The network of the claims on too few images: two hidden layers of 64 units, which learn 1,000 images by heart."""

from collections.abc import Mapping

from course_lib.experiments import recipe_arms, short_runs
from course_lib.recipe import Recipe

NONE = "none"
SETTINGS = {
    "data": "full",
    "images": 1000,
    "hidden_layers": [64, 64],
    "steps": 2560,
    "grid": [3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2],
}
SMALL = {"data": "embedded", "images": 100, "hidden_layers": [16, 16], "steps": 20, "grid": [3e-3, 1e-2]}
NETWORK_IN_WORDS = "two hidden layers of 64 units, ReLU with He, Adam with warm-up and cosine"


def arm(name: str, case: str) -> str:
    """arm("shifts", "4,000 images") -> "shifts, 4,000 images"."""
    return f"{name}, {case}"


def plain(settings: Mapping) -> Recipe:
    """The Recipe without any remedy, annealed over the settings' steps."""
    recipe = Recipe(
        hidden_layers=settings["hidden_layers"],
        activation="relu",
        normalization="none",
        drop_rate=0.0,
    )
    return recipe_arms.annealed(recipe, settings["steps"])


def rate_grids(names, settings: Mapping, **strengths) -> dict[str, dict[str, list]]:
    """{arm: grid} of one case: the settings' rates, and for the names in `strengths` those fields beside them."""
    rates = {"learning_rate": settings["grid"]}
    return {arm(name, settings["case"]): rates | strengths.get(name, {}) for name in names}


def images_changed(recipe, data) -> float:
    """How many images of a run's first batch its augmentation changed."""
    first, untouched = (
        next(short_runs.batches(each, data, 1))[0] for each in (recipe, recipe.replace(augmentation="none"))
    )
    return float((first != untouched).any(axis=1).sum())
