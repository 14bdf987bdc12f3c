"""Claim: ReLU units die in training, more of them at a large learning rate."""

from course_lib.experiments import off_units
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.experiments.short_runs import ACCURACY
from course_lib.recipe import Recipe

OFF = "units off, %"
START = "before training"
OPTIMIZERS = {"adam": "Adam", "gradient_descent": "gradient descent"}
RATES = {"adam": [0.0003, 0.001, 0.003, 0.01, 0.03], "gradient_descent": [0.01, 0.03, 0.1, 0.3]}


def arm(optimizer, learning_rate):
    """arm("adam", 0.01) -> "Adam, 0.01"."""
    return f"{OPTIMIZERS[optimizer]}, {learning_rate:g}"


def off_after(part, parts):
    """The quantity's name for a look during training: off_after(3, 6) at half time, off_after(0, 6) before it."""
    return f"{OFF}, after {part} of {parts} parts"


def run(seed, settings, learning_rates):
    """One seed: the share of hidden units that are off, at every learning rate. Nothing is tuned."""
    arms, fired = {}, {}
    for optimizer, rates in settings["rates"].items():
        recipe = Recipe(
            hidden_layers=settings["hidden_layers"],
            activation=settings["activation"],
            normalization="none",
            drop_rate=0.0,
            optimizer=optimizer,
            seed=seed,
        )
        recipes = [recipe.replace(learning_rate=rate) for rate in rates]
        watched = off_units.watch(recipes, settings["steps"], settings["parts"], settings["images"])
        shares = 100 * watched.off.mean(axis=2)  # (times, networks)
        for number, rate in enumerate(rates):
            arms[arm(optimizer, rate)] = {
                OFF: shares[-1, number],
                ACCURACY: 100 * watched.accuracies[number],
                "diverged": float(not watched.alive[number]),
                **{off_after(part, settings["parts"]): share for part, share in enumerate(shares[:, number])},
            }
        arms[START] = {OFF: shares[0, 0]}
        died = ~watched.off[0] & watched.off[-1]
        fired[f"{OPTIMIZERS[optimizer]}: units that died"] = float(died.sum())
    return Outcome(arms, fired)


EXPERIMENT = Experiment(
    claim="ReLU units die in training: they come to answer 0 to every image, more of them at a large learning rate.",
    source="the article; Maas et al. 2013",
    chapter=3,
    setting="5 hidden layers of 100 ReLU units, He, 10,000 Fashion-MNIST images, 600 steps of 64; the share of hidden "
    "units that are off on every training image",
    unit="percentage points",
    settings={
        "hidden_layers": [100] * 5,
        "activation": "relu",
        "rates": RATES,
        "steps": 600,
        "parts": 6,
        "images": 10_000,
    },
    small={
        "hidden_layers": [50] * 3,
        "rates": {"adam": [0.001, 0.01], "gradient_descent": [0.03, 0.3]},
        "steps": 60,
        "images": 1000,
    },
    run=run,
    comparisons=(
        Comparison("Adam, 0.01 against 0.001", arm("adam", 0.01), arm("adam", 0.001), OFF),
        Comparison("Adam, 0.001 against the start", arm("adam", 0.001), START, OFF),
        Comparison(
            "gradient descent, 0.3 against 0.03", arm("gradient_descent", 0.3), arm("gradient_descent", 0.03), OFF
        ),
        Comparison("gradient descent, 0.03 against the start", arm("gradient_descent", 0.03), START, OFF),
    ),
    smallest_effect=2.0,
)
