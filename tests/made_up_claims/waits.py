"""A claim that can be made to wait, and that writes down what it computes: for the tests that stop a measurement.

WAIT_AT in the environment is the seed that does not end while the file WAIT_WHILE is there; every seed that begins is a
line of the file BEGUN.
"""

import os
import time
from pathlib import Path

from course_lib.experiments.experiment import Comparison, Experiment, Outcome


def grids(settings):
    return {arm: {"speed": [0.1, 0.2, 0.4]} for arm in ("fast", "slow")}


def tune(seed, settings, trials):
    note("tune", seed)
    return {"fast": [1.0, 2.0, 0.0], "slow": [0.0, 1.0, 0.0]}


def run(seed, settings, chosen):
    note("seed", seed)
    while os.environ.get("WAIT_AT") == str(seed) and Path(os.environ["WAIT_WHILE"]).exists():
        time.sleep(0.02)
    third = (seed + 1) / 3  # not a round number: it must come back from the disk as it was
    return Outcome(
        arms={"fast": {"way": third + chosen["fast"]["speed"]}, "slow": {"way": third / 7}}, fired={"seconds": third}
    )


def note(kind, seed):
    """Write down that this task begins."""
    if "BEGUN" in os.environ:
        with open(os.environ["BEGUN"], "a", encoding="utf-8") as file:
            file.write(f"{kind} {seed}\n")


EXPERIMENT = Experiment(
    claim="Who goes fast gets far.",
    subject="Going fast",
    source="made up",
    chapter=2,
    setting="no network at all",
    unit="miles",
    settings={"miles": 1},
    small={"miles": 3},
    run=run,
    grids=grids,
    tune=tune,
    primary=Comparison("always", "fast", "slow", "way"),
    smallest_effect=0.1,
    smallest_effect_reason="a tenth of a mile, half of a short walk",
    seeds=6,
)
