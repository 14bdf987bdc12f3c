"""Claim: batch norm stands in for other parts of the default configuration: two are missed more than each one alone.

Ioffe and Szegedy 2015 say of batch norm that it lets one "be less careful about initialization", that it removes "the
need for Dropout" in some cases, and that it lets networks of saturating units train. So leaving out He, dropout or ELU
should cost more where batch norm is left out too: more than the sum of what each costs alone. The sum is an arm of its
own, computed from the measured ones. Of the six pairs without batch norm, and of batch norm with Adam, they say
nothing: those are looked at, and not judged.
"""

import functools

from course_lib.experiments import default_cases, default_parts, recipe_arms, short_runs
from course_lib.experiments.default_parts import PAIRS, PARTS, arm
from course_lib.experiments.experiment import LAW, Comparison, Experiment, Outcome

LOST = "accuracy lost, percentage points"  # name of a quantity
CASES = {"5 layers": {"depth": 5}, "2 layers": {"depth": 2}}
JUDGED = (("He", "batch norm"), ("batch norm", "ELU"), ("batch norm", "dropout"))
LEFT_OUT = ((), *((part,) for part in PARTS), *PAIRS)  # nothing, each part, each pair


def sum_arm(pair, case):
    """sum_arm(("He", "ELU"), "5 layers") -> "He alone plus ELU alone, 5 layers"."""
    return f"{pair[0]} alone plus {pair[1]} alone, {case}"


def arms(settings):
    """{arm: Recipe} of one case: the default, and without each part and each pair."""
    return default_parts.arms(settings, LEFT_OUT)


def run(seed, settings, chosen):
    """One seed of one case: every arm, what it lost against the default, and the sums for every pair."""
    outcome = recipe_arms.run(arms, mechanisms, seed, settings, chosen)
    case, found = settings["case"], {}
    default = outcome.arms[arm((), case)][short_runs.ACCURACY]
    for name, numbers in outcome.arms.items():
        found[name] = {**numbers, LOST: default - numbers[short_runs.ACCURACY]}
    for pair in PAIRS:
        found[sum_arm(pair, case)] = {LOST: sum(found[arm((part,), case)][LOST] for part in pair)}
    return Outcome(found, outcome.fired)


def mechanisms(runs, data):
    """As of the other claims; and that each part that is left out makes a difference to the network's loss."""
    default, *without = list(runs.values())[: 1 + len(PARTS)]
    least = min(abs(each.loss - default.loss) for each in without)
    return default_cases.mechanisms(runs, data) | {"difference to the loss that a part makes, the least": least}


def comparison(pair, case):
    """What a pair costs against what its parts cost alone."""
    why = "" if pair in JUDGED else "the source says nothing of this pair"
    label = f"{pair[0]} and {pair[1]}, {case}"
    return Comparison(label, arm(pair, case), sum_arm(pair, case), LOST, case=case, exploratory=why)


PRIMARY, *ELSEWHERE = (
    comparison(pair, case) for case in CASES for pair in sorted(PAIRS, key=lambda pair: pair not in JUDGED)
)

EXPERIMENT = Experiment(
    claim="Batch normalization stands in for He: without both the default configuration loses more accuracy than "
    "without the one plus without the other. Its pairs with ELU and with dropout are elsewhere.",
    subject="Batch normalization as a stand-in for He",
    source="Ioffe and Szegedy 2015; the article gives the parts as one list",
    chapter=6,
    setting="5 hidden layers of 50 units, 10,000 Fashion-MNIST images, 1,250 steps of 64 with warm-up and cosine, each "
    "tried at several learning rates and drop rates with other seeds, then run at its best. Two parts at a time are "
    "replaced by N(0, 1) weights, the sigmoid, no batch norm, no dropout, gradient descent",
    unit="percentage points",
    settings={
        **default_cases.SETTINGS,
        **default_cases.PARTS_GRIDS,
        "grid": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1],
        "steps": 1250,
        "cases": CASES,
    },
    small={**default_cases.SMALL, "steps": 10, "grid": [0.03], "descent_grid": [0.3]},
    run=run,
    grids=functools.partial(default_cases.grids, arms),
    tune=functools.partial(recipe_arms.tune, arms),
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=default_cases.SMALLEST_EFFECT,
    smallest_effect_reason="one image in 200 beyond the sum: half of the point from which on somebody would no longer "
    "add up what two parts bring",
    kind=LAW,
    larger_studies="Zhang et al. 2019: with a start made for it (Fixup), residual networks train without any "
    "normalization.",
    large=False,
    longer={"steps": 2500},
    budget_reason="Without He and batch norm the network learns little, however long. Sixteen networks "
    "at two depths get half the steps of the other claims.",
    edges=default_cases.edges(PRIMARY.better),
    tuning_seeds=2,
)
