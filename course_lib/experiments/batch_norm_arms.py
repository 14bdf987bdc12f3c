"""Deep networks with batch norm and without: the arms of the claims on what batch norm does for training."""

from course_lib.experiments import recipe_arms
from course_lib.experiments.experiment import Comparison
from course_lib.recipe import Recipe

INITIALIZATIONS = {"sigmoid": "xavier_normal", "relu": "he_normal"}


def case(activation, depth):
    """case("relu", 10) -> "relu, 10 layers"."""
    return f"{activation}, {depth} layers"


CASES = {  # the primary first
    case(activation, depth): {"activation": activation, "depth": depth}
    for activation, depth in (("relu", 10), ("relu", 2), ("relu", 20), ("sigmoid", 2), ("sigmoid", 10))
}


def short(activation, depth, steps):
    """A case of fewer steps: short("relu", 10, 300) -> {"relu, 10 layers, in 300 steps": ...}."""
    name = f"{case(activation, depth)}, in {steps:,} steps"
    return {name: {"activation": activation, "depth": depth, "steps": steps}}


def arm(of_case, batch_norm):
    """arm("relu, 10 layers", True) -> "relu, 10 layers, with batch norm"."""
    return f"{of_case}, {'with' if batch_norm else 'without'} batch norm"


def constant_rate_arms(settings):
    """{arm: Recipe} of one case, with batch norm and without; the learning rate stands still."""
    plain = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        activation=settings["activation"],
        initialization=INITIALIZATIONS[settings["activation"]],
        normalization="none",
        drop_rate=0.0,
        optimizer="momentum",
    )
    return {
        arm(settings["case"], batch_norm): plain.replace(normalization="batch" if batch_norm else "none")
        for batch_norm in (False, True)
    }


def arms(settings):
    """{arm: Recipe} of one case, with batch norm and without, annealed."""
    return {
        name: recipe_arms.annealed(recipe, settings["steps"]) for name, recipe in constant_rate_arms(settings).items()
    }


def comparisons(quantity, cases):
    """With batch norm against without, in every case."""
    return [Comparison(each, arm(each, True), arm(each, False), quantity, case=each) for each in cases]
