"""Claim: with batch normalization, a wider range of learning rates trains."""

import numpy as np

from course_lib.experiments import batch_norm_arms, recipe_arms, short_runs
from course_lib.experiments.experiment import Experiment, Outcome

DECADES = "decades of learning rate that train"


def accuracy_at(rate):
    """The name of the quantity that holds the test accuracy at one learning rate: "test accuracy at rate 0.01, %"."""
    return f"test accuracy at rate {rate:.3g}, %"


def mean_over_rates(quantity):
    """The name of a quantity's mean over all rates: "test loss, mean over the rates"."""
    return f"{quantity}, mean over the rates"


def grid(settings):
    """The learning rates, evenly spaced on a log scale: a list."""
    first, last = settings["exponents"]
    exponents = np.linspace(first, last, round((last - first) * settings["rates_per_decade"]) + 1)
    return [float(f"{10.0**exponent:.3g}") for exponent in exponents]


def run(seed, settings, chosen):
    """One seed: both arms at every rate of the grid. Nothing is tuned; a rate trains when it reaches the bar."""
    data, rates = recipe_arms.images(seed, settings), grid(settings)
    arms, moved = {}, []
    for name, recipe in batch_norm_arms.constant_rate_arms(settings).items():
        recipes = [recipe.replace(seed=seed, learning_rate=rate) for rate in rates]
        runs = short_runs.train(recipes, data, settings["steps"], "test")
        by_rate = {rate: short_runs.quantities(result, data.test) for rate, result in zip(rates, runs, strict=True)}
        arms[name] = _quantities(by_rate, settings)
        if recipe.normalizes_batches:
            moved.append(max(short_runs.how_far_means_moved(result.network) for result in runs))
    return Outcome(arms, {"how far the running means moved": min(moved)})


def _quantities(by_rate, settings):
    """Each rate that reaches the bar stands for the stretch of the log scale halfway to its neighbors."""
    n_trained = sum(found[short_runs.ACCURACY] >= settings["bar"] for found in by_rate.values())
    names = next(iter(by_rate.values()))
    return {
        DECADES: n_trained / settings["rates_per_decade"],
        **{mean_over_rates(name): float(np.mean([found[name] for found in by_rate.values()])) for name in names},
        **{accuracy_at(rate): found[short_runs.ACCURACY] for rate, found in by_rate.items()},
    }


CASES = batch_norm_arms.CASES | batch_norm_arms.short("relu", 10, 150)
PRIMARY, *ELSEWHERE = batch_norm_arms.comparisons(DECADES, CASES)

EXPERIMENT = Experiment(
    claim="With batch normalization, a wider range of learning rates trains a deep network.",
    subject="Batch normalization, for larger learning rates",
    source="Ioffe and Szegedy 2015",
    chapter=3,
    setting="hidden layers of 32 units, ReLU with He or sigmoid with Xavier, momentum at a constant rate, 4,000 "
    "Fashion-MNIST images, 600 steps of 64. 11 learning rates from 0.0001 to 10; a rate trains when 70% of the test "
    "images are classified right",
    unit="decades",
    settings={
        "data": "full",
        "images": 4000,
        "steps": 600,
        "width": 32,
        "exponents": [-4, 1],
        "rates_per_decade": 2,
        "bar": 70,  # percent right; chance is 10
        "cases": CASES,
    },
    small={
        "data": "embedded",
        "images": 500,
        "steps": 15,
        "width": 10,
        "exponents": [-2, 0],
        "rates_per_decade": 1,
        "bar": 20,
    },
    run=run,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=0.25,
    smallest_effect_reason="a quarter of a decade: half of the half decade by which people step when they try rates",
    larger_studies="Bjorck et al. 2018 found in convolutional networks on CIFAR-10 that larger learning rates are most "
    "of what batch normalization gains.",
    budget_reason="The claim is about which rates train at all; what trains in a quarter of the steps is elsewhere.",
    large=False,
)
