"""Claim: every part of the default configuration helps: leave one out, and accuracy falls.

What replaces a part is what stood there before it (default_parts.py). For ELU that is the sigmoid, for Adam gradient
descent; ReLU and momentum, which most would take in their place, are measured beside them. All arms are annealed.

Batch norm is the primary comparison: it is the part that adds layers and behaves otherwise in training than after it,
so it is the one that somebody would first try to do without.
"""

import functools

from course_lib.experiments import default_cases, default_parts, recipe_arms
from course_lib.experiments.default_cases import BY_CASE, CLEAN, DEEP, NOISY, SHORT
from course_lib.experiments.default_parts import PARTS, arm
from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.experiments.short_runs import ACCURACY

JUDGED = "batch norm"
IN_ITS_PLACE = {  # what most would take in a part's place: the changes
    "ELU over ReLU": {"activation": "relu"},
    "Adam over momentum": {"optimizer": "momentum"},
}
CASES = {
    CLEAN: {**BY_CASE[CLEAN], "parts": list(PARTS), "others": list(IN_ITS_PLACE)},
    DEEP: {**BY_CASE[DEEP], "parts": list(PARTS), "others": []},
    SHORT: {**BY_CASE[SHORT], "parts": list(PARTS), "others": []},
    NOISY: {**BY_CASE[NOISY], "parts": ["batch norm", "dropout"], "others": []},
}


def other_arm(words, case):
    """other_arm("ELU over ReLU", "2 layers") -> "ReLU for ELU, 2 layers"."""
    part, other = words.split(" over ")
    return f"{other} for {part}, {case}"


def arms(settings):
    """{arm: Recipe} of one case: the default, without each part, and with what most would take in a part's place."""
    case = settings["case"]
    found = default_parts.arms(settings, [(), *((part,) for part in settings["parts"])])
    default = found[arm((), case)]
    return found | {other_arm(words, case): default.replace(**IN_ITS_PLACE[words]) for words in settings["others"]}


def comparisons():
    """The default against each arm of each case, the primary first."""
    found = []
    for case, own in CASES.items():
        against = {part: arm((part,), case) for part in own["parts"]}
        against |= {words: other_arm(words, case) for words in own["others"]}
        found += [
            Comparison(f"{words}, {case}", arm((), case), worse, ACCURACY, case=case)
            for words, worse in against.items()
        ]
    return sorted(found, key=lambda each: each.label != f"{JUDGED}, {CLEAN}")


PRIMARY, *ELSEWHERE = comparisons()

EXPERIMENT = Experiment(
    claim="Batch normalization helps as a part of the default configuration: without it the same network is less "
    "accurate. The other parts (He, ELU, dropout, Adam) are elsewhere.",
    subject="Batch normalization as a part of the default configuration",
    source="the article",
    chapter=6,
    setting=f"{default_cases.IN_WORDS}, all with warm-up and cosine. One part at a time is replaced: no batch norm, "
    "N(0, 1) weights, the sigmoid, no dropout, gradient descent",
    unit="percentage points",
    settings={**default_cases.SETTINGS, **default_cases.PARTS_GRIDS, "cases": CASES},
    small={**default_cases.SMALL, "steps": 12},
    run=functools.partial(recipe_arms.run, arms, default_cases.mechanisms),
    grids=functools.partial(default_cases.grids, arms),
    tune=functools.partial(recipe_arms.tune, arms),
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=default_cases.SMALLEST_EFFECT,
    smallest_effect_reason=default_cases.SMALLEST_EFFECT_REASON,
    larger_studies="Li et al. 2019: in convolutional networks on CIFAR and ImageNet, dropout in front of batch norm "
    "often costs accuracy. Brock et al. 2021 train residual networks without batch norm as well as with it.",
    large=False,
    longer={"steps": 5000},
    budget_reason=default_cases.BUDGET_REASON,
    edges=default_cases.edges(PRIMARY.better, PRIMARY.worse),
    tuning_seeds=2,
)
