"""Deep networks with batch norm and without: the arms of the claims on what batch norm does for training."""

from course_lib.experiments import recipe_arms
from course_lib.experiments.experiment import Comparison
from course_lib.recipe import Recipe

INITIALIZATIONS = {"sigmoid": "xavier_normal", "relu": "he_normal"}
CASES = {  # the primary first
    f"{activation}, {depth} layers": {"activation": activation, "depth": depth}
    for activation in ("relu", "sigmoid")
    for depth in (10, 2, 20)
}


def arm(case, batch_norm):
    """arm("relu, 10 layers", True) -> "relu, 10 layers, with batch norm"."""
    return f"{case}, {'with' if batch_norm else 'without'} batch norm"


def arms(settings):
    """{arm: Recipe} of one case: with batch norm and without."""
    plain = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        activation=settings["activation"],
        initialization=INITIALIZATIONS[settings["activation"]],
        normalization="none",
        drop_rate=0.0,
        optimizer="momentum",
    )
    plain = recipe_arms.annealed(plain, settings["steps"])
    return {
        arm(settings["case"], batch_norm): plain.replace(normalization="batch" if batch_norm else "none")
        for batch_norm in (False, True)
    }


def comparisons(quantity):
    """With batch norm against without, in every case."""
    return [Comparison(case, *(arm(case, each) for each in (True, False)), quantity, case=case) for case in CASES]
