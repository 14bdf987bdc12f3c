"""Claim: what the default configuration lacks is a schedule: with warm-up and cosine it is more accurate.

The article names no schedule. Here the default gets the one of 2026 (default_rivals.py), and nothing else. Both choose
their own rate and drop rate: at a constant rate the best one is smaller.
"""

import functools

from course_lib.experiments import default_cases, default_rivals, recipe_arms
from course_lib.experiments.default_cases import BY_CASE, CLEAN
from course_lib.experiments.default_rivals import DEFAULT, SCHEDULED, comparison
from course_lib.experiments.experiment import Experiment

ARMS = (SCHEDULED, DEFAULT)
PRIMARY, *ELSEWHERE = (comparison(*ARMS, case) for case in BY_CASE)

EXPERIMENT = Experiment(
    claim="A warm-up and a cosine schedule make the default configuration more accurate.",
    subject="A warm-up and a cosine schedule for the default configuration",
    source="Goyal et al. 2017; Loshchilov and Hutter 2017",
    chapter=6,
    setting=f"{default_cases.IN_WORDS}; a warm-up over 250 steps and half a cosine to 0, against a constant rate",
    unit="percentage points",
    settings={**default_cases.SETTINGS, "cases": {case: {**own, "arms": ARMS} for case, own in BY_CASE.items()}},
    small=default_cases.SMALL,
    run=functools.partial(recipe_arms.run, default_rivals.arms, default_cases.mechanisms),
    grids=functools.partial(default_cases.grids, default_rivals.arms),
    tune=functools.partial(recipe_arms.tune, default_rivals.arms),
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=default_cases.SMALLEST_EFFECT,
    smallest_effect_reason=default_cases.SMALLEST_EFFECT_REASON,
    larger_studies="Schmidt et al. 2021: over 15 optimizers and 8 problems a schedule helps on average, and by how "
    "much differs from problem to problem.",
    large=False,
    longer={"steps": 5000},
    budget_reason=default_cases.BUDGET_REASON,
    edges=default_cases.edges(default_rivals.arm(SCHEDULED, CLEAN)),
)
