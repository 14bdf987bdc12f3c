"""A claim that can be made to wait, and that writes down what it computes: for the tests that stop a measurement.

WAIT_AT in the environment is the seed that does not end while the file WAIT_WHILE is there; every seed that begins is a
line of the file BEGUN.
"""

import os
import time
from pathlib import Path

from course_lib.experiments.experiment import Comparison, Experiment, Outcome


def tune(seed, settings):
    note("tune", seed)
    return {"fast": {0.1: 1.0, 0.2: 2.0, 0.4: 0.0}, "slow": {0.1: 0.0, 0.2: 1.0, 0.4: 0.0}}


def run(seed, settings, learning_rates):
    note("seed", seed)
    while os.environ.get("WAIT_AT") == str(seed) and Path(os.environ["WAIT_WHILE"]).exists():
        time.sleep(0.02)
    third = (seed + 1) / 3  # not a round number: it must come back from the disk as it was
    return Outcome(
        arms={"fast": {"way": third + learning_rates["fast"]}, "slow": {"way": third / 7}}, fired={"seconds": third}
    )


def note(kind, seed):
    """Write down that this task begins."""
    if "BEGUN" in os.environ:
        with open(os.environ["BEGUN"], "a", encoding="utf-8") as file:
            file.write(f"{kind} {seed}\n")


EXPERIMENT = Experiment(
    claim="Who goes fast gets far.",
    source="made up",
    chapter=2,
    setting="no network at all",
    unit="miles",
    settings={"miles": 1},
    small={"miles": 3},
    run=run,
    tune=tune,
    comparisons=(Comparison("always", "fast", "slow", "way"),),
    seeds=6,
)
