"""Claim: the parts of the default configuration stand in for each other: two are missed more than each one alone.

Where a part can do the work of another, leaving out either costs little, and leaving out both costs much: more than the
sum of what each costs alone. The sum is an arm of its own, computed from the measured ones.
"""

import functools

from course_lib.experiments import default_parts, recipe_arms, short_runs
from course_lib.experiments.default_parts import DEPTHS, PAIRS, PARTS, arm
from course_lib.experiments.experiment import Comparison, Experiment, Outcome

LOST = "accuracy lost, percentage points"  # name of a quantity


def sum_arm(pair, depth):
    """sum_arm(("He", "ELU"), 5) -> "He alone plus ELU alone, 5 layers"."""
    return f"{pair[0]} alone plus {pair[1]} alone, {depth} layers"


def left_out():
    """What is left out of the arms that are trained: nothing, each part, each pair."""
    return [(), *((part,) for part in PARTS), *PAIRS]


def recipes(seed, settings):
    """{arm: Recipe}: the default, and without each part and each pair, at both depths."""
    return {
        arm(parts, depth): default_parts.recipe(parts, depth, seed, settings)
        for depth in DEPTHS
        for parts in left_out()
    }


def run(seed, settings, learning_rates):
    """One seed: test accuracy of every arm, what it lost against the default, and the sums for every pair."""
    runs = recipe_arms.trained(recipes, seed, settings, learning_rates)
    arms = {}
    for depth in DEPTHS:
        default = 100 * runs[arm((), depth)].accuracy
        for parts in left_out():
            result = runs[arm(parts, depth)]
            kept = {} if parts in PAIRS else short_runs.quantities(result)  # a pair has what its sum has: LOST alone
            arms[arm(parts, depth)] = kept | {LOST: default - 100 * result.accuracy}
        for pair in PAIRS:
            arms[sum_arm(pair, depth)] = {LOST: sum(arms[arm((part,), depth)][LOST] for part in pair)}
    return Outcome(arms, default_parts.mechanisms(runs, arm((), 2), recipe_arms.images(settings)))


tune = functools.partial(recipe_arms.tune, recipes)


EXPERIMENT = Experiment(
    claim="The parts of the default configuration stand in for each other: without two of them the network loses more "
    "accuracy than without the one plus without the other.",
    source="the measurement of the parts one by one; the article gives them as one list",
    chapter=6,
    setting="2 and 5 hidden layers of 50 units, 5,000 Fashion-MNIST images, 250 steps of 64. Two parts at a time are "
    "replaced by N(0, 1) weights, the sigmoid, no batch norm, no dropout, gradient descent, each at its best of 9 "
    "learning rates",
    unit="percentage points",
    settings={
        "width": 50,
        "grid": [0.0001, 0.00046, 0.0022, 0.01, 0.046, 0.22, 1.0, 4.6, 22.0],
        "steps": 250,
        "images": 5000,
    },
    small={"width": 10, "grid": [0.003, 0.1], "steps": 20, "images": 500},
    run=run,
    tune=tune,
    comparisons=tuple(
        Comparison(f"{pair[0]} and {pair[1]}, {depth} layers", arm(pair, depth), sum_arm(pair, depth), LOST)
        for depth in reversed(DEPTHS)
        for pair in PAIRS
    ),
    smallest_effect=0.5,
    large=False,
    seeds=20,
)
