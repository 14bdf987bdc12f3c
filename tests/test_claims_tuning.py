"""Every claim's `tune` answers what it is asked, choice by choice: also a part of the choices, in any order."""

import pytest

from course_lib.experiments.experiment import FIRST_TUNING_SEED
from course_lib.experiments.registry import experiments
from course_lib.experiments.tuning import trials

TUNED = {name: each for name, each in experiments().items() if each.tune}


def two_or_more(choices):
    """The choices, and where there is one alone another one with half of its number."""
    if len(choices) > 1:
        return choices
    (only,) = choices
    return [only, {field: value / 2 for field, value in only.items()}]


@pytest.mark.parametrize("name", TUNED)
def test_a_part_of_the_choices_gets_the_scores_that_it_has_among_all(name):
    experiment = TUNED[name]
    settings = experiment.case_settings(experiment.cases[0], small=True)
    asked = {arm: two_or_more(choices) for arm, choices in trials(experiment, settings).items()}
    whole = experiment.tune(FIRST_TUNING_SEED, settings, asked)
    # Of one arm the first choice alone, of the next all in the other order, of the third the last, and so on.
    kept = {
        arm: ([0], list(range(len(choices)))[::-1], [len(choices) - 1])[place % 3]
        for place, (arm, choices) in enumerate(asked.items())
    }
    part = experiment.tune(FIRST_TUNING_SEED, settings, {arm: [asked[arm][k] for k in kept[arm]] for arm in asked})
    for arm, places in kept.items():
        assert part[arm] == pytest.approx([whole[arm][k] for k in places], rel=1e-3, abs=0.5), arm
