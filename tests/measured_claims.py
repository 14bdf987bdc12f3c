"""What the tests of measuring share: the tasks of the made-up claim "waits", its outcome, two results that agree."""

import dataclasses

from course_lib.experiments.experiment import Outcome

EVERYTHING = [*(f"tune {seed}" for seed in (1000, 1001, 1002)), *(f"seed {seed}" for seed in range(6))]
SMALL = ["tune 1000", "seed 0", "seed 1", "seed 2"]  # which is measured last


def same(first, second):
    """Equal in all but the time that it took."""
    first, second = (dataclasses.replace(each, cpu_minutes=0, primary_cpu_minutes=0) for each in (first, second))
    return first == second


def outcome(**changes):
    arms = {"bent": {"share of tails": 0.2}, "fair": {"share of tails": 0.5}, "fair too": {"share of tails": 0.4}}
    return Outcome(**{"arms": arms, "fired": {"throws": 3}} | changes)
