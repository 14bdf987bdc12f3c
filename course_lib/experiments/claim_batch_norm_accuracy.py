"""Claim: batch normalization makes deep networks train better."""

from course_lib.experiments import short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
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


def run(seed, settings, learning_rates):
    """One seed: test accuracy and loss of every arm."""
    data, arms = short_runs.fashion_mnist(settings["images"]), recipes(seed, settings)
    runs = short_runs.tested(arms, learning_rates, data, settings["steps"])
    normalized = [runs[name].network for name, recipe in arms.items() if recipe.normalization == "batch"]
    return Outcome(
        {name: short_runs.quantities(result) for name, result in runs.items()},
        {"how far the running means moved": min(map(short_runs.how_far_means_moved, normalized))},
    )


def tune(seed, settings):
    """Validation accuracy of every arm at every rate of the grid."""
    data = short_runs.fashion_mnist(settings["images"])
    return short_runs.scores(recipes(seed, settings), settings["grid"], data, settings["steps"])


EXPERIMENT = Experiment(
    claim="With batch normalization a deep network reaches a higher accuracy in the same number of steps.",
    source="the article; Ioffe and Szegedy 2015",
    chapter=3,
    setting="2, 10 and 20 hidden layers of 50 units, sigmoid with Xavier and ReLU with He, momentum, 4,000 "
    "Fashion-MNIST images, 300 steps of 64, each at its best of 8 learning rates",
    unit="percentage points",
    settings={
        "width": 50,
        "grid": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
        "steps": 300,
        "images": 4000,
    },
    small={"width": 20, "grid": [0.01, 0.1], "steps": 50, "images": 1000},
    run=run,
    tune=tune,
    comparisons=tuple(
        Comparison(
            f"{activation}, {depth} layers",
            arm(activation, depth, True),
            arm(activation, depth, False),
            short_runs.ACCURACY,
        )
        for activation in INITIALIZATIONS
        for depth in (10, 2, 20)
    ),
    smallest_effect=0.5,
)
