"""Claim: a small batch gives a higher accuracy than a large one, for the same number of images that are seen.

Each batch size is trained twice: for the same number of epochs, so that every arm sees as many images, and a small
batch makes more steps of them; and for the same number of steps, where a large batch sees more images. Each arm is at
its best learning rate of one grid for all.
"""

from course_lib.experiments import short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.recipe import Recipe
from course_lib.training.batches import steps_per_epoch

BATCH_SIZES = (8, 32, 128, 512)
EPOCHS, STEPS = "equal epochs", "equal steps"


def arm(budget, batch_size):
    """arm(EPOCHS, 32) -> "equal epochs, batch 32"."""
    return f"{budget}, batch {batch_size}"


def recipes(seed, settings):
    """{arm: Recipe} of both budgets at every batch size."""
    plain = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"], normalization="none", drop_rate=0.0, seed=seed
    )
    return {
        arm(budget, batch_size): plain.replace(optimizer=settings["optimizer"], batch_size=batch_size)
        for budget in (EPOCHS, STEPS)
        for batch_size in BATCH_SIZES
    }


def steps_of(name, recipe, settings):
    """How many steps an arm makes."""
    if name.startswith(STEPS):
        return settings["steps"]
    return settings["epochs"] * steps_per_epoch(settings["images"], recipe.batch_size)


def run(seed, settings, learning_rates):
    """One seed: test accuracy and loss of every arm, and how many steps it made."""
    data, found = short_runs.fashion_mnist(settings["images"]), {}
    for name, recipe in recipes(seed, settings).items():
        steps = steps_of(name, recipe, settings)
        trained = short_runs.tested({name: recipe}, learning_rates, data, steps)[name]
        found[name] = short_runs.quantities(trained) | {"steps": float(trained.steps)}
    smallest, largest = (found[arm(EPOCHS, size)]["steps"] for size in (BATCH_SIZES[0], BATCH_SIZES[-1]))
    return Outcome(found, {"steps that the smallest batch makes more in equal epochs": smallest - largest})


def tune(seed, settings):
    """Validation accuracy of every arm at every rate of the grid."""
    data, scores = short_runs.fashion_mnist(settings["images"]), {}
    for name, recipe in recipes(seed, settings).items():
        steps = steps_of(name, recipe, settings)
        scores |= short_runs.scores({name: recipe}, settings["grid"], data, steps)
    return scores


EXPERIMENT = Experiment(
    claim="A small batch reaches a higher accuracy than a large one.",
    source="Keskar et al. 2017; Masters and Luschi 2018",
    chapter=4,
    setting=(
        "2 hidden layers of 50 ELU units without batch norm, Adam, 4,000 Fashion-MNIST images; 6 epochs at every batch "
        "size, or 200 steps at every batch size; each at its best of 9 learning rates"
    ),
    unit="percentage points",
    settings={
        "width": 50,
        "depth": 2,
        "optimizer": "adam",
        "grid": [1e-4, 2.2e-4, 4.6e-4, 0.001, 0.0022, 0.0046, 0.01, 0.022, 0.046],
        "epochs": 6,
        "steps": 200,
        "images": 4000,
    },
    small={"width": 16, "grid": [0.001, 0.01], "epochs": 1, "steps": 20, "images": 1024},
    run=run,
    tune=tune,
    comparisons=tuple(
        Comparison(
            f"{budget}, {small} over {large}",
            arm(budget, small),
            arm(budget, large),
            short_runs.ACCURACY,
        )
        for budget in (EPOCHS, STEPS)
        for small, large in ((32, 512), (8, 32), (32, 128), (128, 512))
    ),
    smallest_effect=0.25,
    large=False,
)
