"""Claim: the default configuration is more accurate than He, ReLU and Adam without anything else.

That is what a practitioner asks first: do ELU, batch norm and dropout pay for themselves? Both have the same schedule.
As the article names no schedule, the default without one is compared elsewhere, also with the plain network that has
one. The arms are in default_rivals.py.
"""

import functools

from course_lib.experiments import default_cases, default_rivals, recipe_arms
from course_lib.experiments.default_cases import BY_CASE, CLEAN, DEEP, NOISY, SHORT
from course_lib.experiments.default_rivals import DEFAULT, PLAIN, PLAIN_SCHEDULED, SCHEDULED, comparison
from course_lib.experiments.experiment import Experiment

ANNEALED, CONSTANT = (SCHEDULED, PLAIN_SCHEDULED), (DEFAULT, PLAIN)
CASES = {
    case: {**own, "arms": ANNEALED + CONSTANT if case in (CLEAN, DEEP) else ANNEALED} for case, own in BY_CASE.items()
}

EXPERIMENT = Experiment(
    claim="The default configuration (He, ELU, batch normalization, dropout, Adam) is more accurate than He, ReLU and "
    "Adam without anything else.",
    subject="The default configuration in place of plain He, ReLU and Adam",
    source="the question of this course about the article's list; the rival is what many people type first",
    chapter=6,
    setting=f"{default_cases.IN_WORDS}, both with warm-up and cosine",
    unit="percentage points",
    settings={**default_cases.SETTINGS, "cases": CASES},
    small=default_cases.SMALL,
    run=functools.partial(recipe_arms.run, default_rivals.arms, default_cases.mechanisms),
    grids=functools.partial(default_cases.grids, default_rivals.arms),
    tune=functools.partial(recipe_arms.tune, default_rivals.arms),
    primary=comparison(*ANNEALED, CLEAN),
    elsewhere=(
        *(comparison(*ANNEALED, case) for case in (DEEP, SHORT, NOISY)),
        *(comparison(*CONSTANT, case, "both at a constant rate") for case in (CLEAN, DEEP)),
        *(comparison(DEFAULT, PLAIN_SCHEDULED, case, "only the rival has a schedule") for case in (CLEAN, DEEP)),
    ),
    smallest_effect=default_cases.SMALLEST_EFFECT,
    smallest_effect_reason=default_cases.SMALLEST_EFFECT_REASON,
    larger_studies="Kadra et al. 2021: on 40 tabular data sets, plain dense networks gain much from a cocktail of "
    "regularizers, if it is chosen anew for each data set.",
    large=False,
    longer={"steps": 5000},
    budget_reason=default_cases.BUDGET_REASON,
    edges=default_cases.edges(default_rivals.arm(SCHEDULED, CLEAN)),
)
