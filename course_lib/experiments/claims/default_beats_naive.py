"""Claim: the default configuration as a whole is more accurate than a naive network.

The arms, and where they come from, are in default_rivals.py. In the primary comparison both have the same schedule: so
the five parts that the article names are compared, and not last steps that chance has a hand in. As the article and
Nielsen name them, without a schedule, they are compared elsewhere. Gradient descent with sigmoids is slow, so the
primary runs twice as long as the other claims on the default; their 2,500 steps are elsewhere too.
"""

import functools

from course_lib.experiments import default_cases, default_rivals, recipe_arms
from course_lib.experiments.default_cases import BY_CASE, CLEAN, DEEP, SHORT
from course_lib.experiments.default_rivals import DEFAULT, NAIVE, NAIVE_SCHEDULED, SCHEDULED, comparison
from course_lib.experiments.experiment import Experiment

ANNEALED, CONSTANT = (SCHEDULED, NAIVE_SCHEDULED), (DEFAULT, NAIVE)
LONG = "2 layers, 5,000 steps"

EXPERIMENT = Experiment(
    claim="The default configuration (He, ELU, batch normalization, dropout, Adam) is more accurate than a naive one "
    "(N(0, 1), sigmoid, gradient descent).",
    subject="The default configuration in place of a naive one",
    source="the article; its rival: Nielsen 2015",
    chapter=6,
    setting="2 hidden layers of 50 units, 10,000 Fashion-MNIST images, 5,000 steps of 64, both with warm-up and "
    "cosine, each tried at several learning rates and drop rates with other seeds, then run at its best",
    unit="percentage points",
    settings={
        **default_cases.SETTINGS,
        "cases": {
            LONG: {"depth": 2, "steps": 5000, "arms": ANNEALED},
            CLEAN: {**BY_CASE[CLEAN], "arms": ANNEALED + CONSTANT},
            DEEP: {**BY_CASE[DEEP], "arms": ANNEALED + CONSTANT},
            SHORT: {**BY_CASE[SHORT], "arms": ANNEALED},
        },
    },
    small=default_cases.SMALL,
    run=functools.partial(recipe_arms.run, default_rivals.arms, default_cases.mechanisms),
    grids=functools.partial(default_cases.grids, default_rivals.arms),
    tune=functools.partial(recipe_arms.tune, default_rivals.arms),
    primary=comparison(*ANNEALED, LONG),
    elsewhere=(
        *(comparison(*ANNEALED, case) for case in (CLEAN, DEEP, SHORT)),
        *(comparison(*CONSTANT, case, "both at a constant rate") for case in (CLEAN, DEEP)),
    ),
    smallest_effect=default_cases.SMALLEST_EFFECT,
    smallest_effect_reason=default_cases.SMALLEST_EFFECT_REASON,
    longer={"steps": 10_000},
    budget_reason="in twice the steps the default overfits and loses half a point",
    edges=default_cases.edges(default_rivals.arm(SCHEDULED, LONG)),
)
