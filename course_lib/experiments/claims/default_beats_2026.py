"""Claim: with the same schedule, the default configuration is more accurate than what a practitioner takes in 2026.

The recipe of 2026 has true layer norm, GELU, AdamW with decay and no dropout (Liu et al. 2022). Its schedule is given
to the default too: whether a schedule pays is default_with_schedule.py. Elsewhere the default stands as the article
names it, without one. The arms are in default_rivals.py.
"""

import functools

from course_lib.experiments import default_cases, default_rivals, recipe_arms
from course_lib.experiments.default_cases import BY_CASE, CLEAN, DEEP, NOISY, SHORT
from course_lib.experiments.default_rivals import DEFAULT, MODERN, MODERN_DROPOUT, SCHEDULED, comparison
from course_lib.experiments.experiment import Experiment

FIRST, MORE = (SCHEDULED, MODERN), (MODERN_DROPOUT, DEFAULT)
CASES = {case: {**own, "arms": FIRST + MORE if case in (CLEAN, DEEP) else FIRST} for case, own in BY_CASE.items()}

EXPERIMENT = Experiment(
    claim="With the same schedule, the default configuration (He, ELU, batch normalization, dropout, Adam) is more "
    "accurate than what a practitioner takes in 2026 (layer normalization, GELU, AdamW).",
    subject="The default configuration in place of a recipe of 2026",
    source="the question of this course; the rival: Liu et al. 2022",
    chapter=6,
    setting=f"{default_cases.IN_WORDS}, both with warm-up and cosine",
    unit="percentage points",
    settings={**default_cases.SETTINGS, "cases": CASES},
    small=default_cases.SMALL,
    run=functools.partial(recipe_arms.run, default_rivals.arms, default_cases.mechanisms),
    grids=functools.partial(default_cases.grids, default_rivals.arms),
    tune=functools.partial(recipe_arms.tune, default_rivals.arms),
    primary=comparison(*FIRST, CLEAN),
    elsewhere=(
        *(comparison(*FIRST, case) for case in (DEEP, SHORT, NOISY)),
        *(comparison(SCHEDULED, MODERN_DROPOUT, case, "the rival with dropout") for case in (CLEAN, DEEP)),
        *(comparison(DEFAULT, MODERN, case, "only the rival has a schedule") for case in (CLEAN, DEEP)),
    ),
    smallest_effect=default_cases.SMALLEST_EFFECT,
    smallest_effect_reason=default_cases.SMALLEST_EFFECT_REASON,
    larger_studies="Liu et al. 2022: on ImageNet a ResNet-50 gains 2.7 points from the newer way to train alone; that "
    "includes strong augmentation and three times as many epochs.",
    large=False,
    longer={"steps": 5000},
    budget_reason=default_cases.BUDGET_REASON,
    edges=default_cases.edges(default_rivals.arm(SCHEDULED, CLEAN)),
)
