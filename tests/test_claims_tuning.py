"""Every claim's `tune` answers what it is asked, choice by choice: also a part of the choices, in any order."""

import re

import pytest

from course_lib.experiments.experiment import FIRST_TUNING_SEED, choices
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


@pytest.mark.parametrize("name", TUNED)
def test_the_setting_says_how_many_learning_rates_were_tried(name):
    experiment = TUNED[name]
    grids = experiment.grids(experiment.case_settings(experiment.primary.case))
    arms = {experiment.primary.better, experiment.primary.worse} & grids.keys()
    rates = {len(grids[arm]["learning_rate"]) for arm in arms if "learning_rate" in grids[arm]}
    pairs = {len(choices(grids[arm])) for arm in arms}
    if said := re.search(r"tried at (\d+) (?:constant )?learning rates", experiment.setting):
        assert rates == {int(said[1])}
    elif said := re.search(r"tried at (\d+) pairs", experiment.setting):
        assert pairs == {int(said[1])}
    else:  # its arms have grids of other lengths, or no rate is chosen
        assert "tried at several learning rates" in experiment.setting or not rates
