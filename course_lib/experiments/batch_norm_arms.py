"""Deep networks with batch norm and without: the arms of the claims on what batch norm does for training."""

from course_lib.experiments.experiment import Comparison
from course_lib.recipe import Recipe

INITIALIZATIONS = {"sigmoid": "xavier_normal", "relu": "he_normal"}
DEPTHS = (2, 10, 20)


def arm(activation, depth, batch_norm):
    """arm("relu", 10, True) -> "relu, 10 layers, with batch norm"."""
    return f"{activation}, {depth} layers, {'with' if batch_norm else 'without'} batch norm"


def recipes(seed, settings):
    """{arm: Recipe} of both activations at every depth, with batch norm and without."""
    plain = Recipe(drop_rate=0.0, optimizer="momentum", seed=seed)
    return {
        arm(activation, depth, batch_norm): plain.replace(
            hidden_layers=(settings["width"],) * depth,
            activation=activation,
            initialization=initialization,
            normalization="batch" if batch_norm else "none",
        )
        for activation, initialization in INITIALIZATIONS.items()
        for depth in DEPTHS
        for batch_norm in (False, True)
    }


def comparisons(quantity):
    """With batch norm against without, for both activations at every depth; 10 layers come first."""
    settings = [(activation, depth) for activation in INITIALIZATIONS for depth in (10, 2, 20)]
    return tuple(
        Comparison(f"{activation}, {depth} layers", *(arm(activation, depth, each) for each in (True, False)), quantity)
        for activation, depth in settings
    )
