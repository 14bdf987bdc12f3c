"""Claim: with batch normalization, a wider range of learning rates trains."""

import numpy as np

from course_lib.experiments import batch_norm_arms, short_runs
from course_lib.experiments.experiment import Experiment, Outcome

DECADES = "decades of learning rate that train"


def accuracy_at(rate):
    """The name of the quantity that holds the test accuracy at one learning rate: "test accuracy at rate 0.01, %"."""
    return f"test accuracy at rate {rate:.3g}, %"


def grid(settings):
    """The learning rates, evenly spaced on a log scale: a list."""
    first, last = settings["exponents"]
    exponents = np.linspace(first, last, round((last - first) * settings["rates_per_decade"]) + 1)
    return [float(f"{10.0**exponent:.3g}") for exponent in exponents]


def run(seed, settings, learning_rates):
    """One seed: every arm at every rate of the grid. Nothing is tuned; a rate trains when it reaches the bar."""
    arms, moved = {}, []
    for name, recipe in batch_norm_arms.recipes(seed, settings).items():
        runs = _at_every_rate(recipe, settings)
        arms[name] = _quantities(runs, settings)
        if recipe.normalizes_batches:
            moved.append(max(short_runs.how_far_means_moved(result.network) for result in runs.values()))
    return Outcome(arms, {"how far the running means moved": min(moved)})


def _at_every_rate(recipe, settings):
    rates = grid(settings)
    recipes = [recipe.replace(learning_rate=rate) for rate in rates]
    data = short_runs.fashion_mnist(settings["images"])
    return dict(zip(rates, short_runs.train(recipes, data, settings["steps"], "test"), strict=True))


def _quantities(runs, settings):
    """Each rate that reaches the bar stands for the stretch of the log scale halfway to its neighbors."""
    n_trained = sum(100 * result.accuracy >= settings["bar"] for result in runs.values())
    accuracies = {accuracy_at(rate): 100 * result.accuracy for rate, result in runs.items()}
    losses = float(np.mean([result.loss for result in runs.values()]))
    return {DECADES: n_trained / settings["rates_per_decade"], "mean test loss": losses, **accuracies}


EXPERIMENT = Experiment(
    claim="With batch normalization, a wider range of learning rates trains a deep network.",
    source="Ioffe and Szegedy 2015",
    chapter=3,
    setting="2, 10 and 20 hidden layers of 50 units, sigmoid with Xavier and ReLU with He, momentum, 4,000 "
    "Fashion-MNIST images, 200 steps of 64. 11 learning rates from 0.0001 to 10; a rate trains when half of the test "
    "images are classified right",
    unit="decades",
    settings={
        "width": 50,
        "exponents": [-4, 1],
        "rates_per_decade": 2,
        "bar": 50,  # percent right; chance is 10
        "steps": 200,
        "images": 4000,
    },
    small={"width": 20, "exponents": [-3, 0], "rates_per_decade": 1, "bar": 30, "steps": 40, "images": 1000},
    run=run,
    comparisons=batch_norm_arms.comparisons(DECADES),
    smallest_effect=0.25,  # half a step of the grid
)
