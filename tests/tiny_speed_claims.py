"""What the tests of the claims on speed share: versions so small that they show nothing but that they run."""

import dataclasses
import importlib

from course_lib.experiments.race_runs import ADDING, ANNEALED, FULL_BATCH, MINI_BATCH
from course_lib.experiments.runner import measure
from course_lib.recipe import OPTIMIZERS

RATES = {optimizer: [0.02] for optimizer in OPTIMIZERS}
TINY_RACES = {  # goals that are reached in a few steps
    "data": "embedded",
    "width": 8,
    "grids": RATES,
    MINI_BATCH: {"images": 200, "evaluated": 50, "steps": 40, "look_every": 5, "goal": 2.0},
    FULL_BATCH: {"images": 40, "steps": 40, "goal": 2.0},
    ANNEALED: {"images": 200, "budgets": [5, 10, 20], "goal": 2.2},
    ADDING: {
        "length": 4,
        "units": 6,
        "batch": 16,
        "steps": 120,
        "evaluated": 50,
        "look_every": 10,
        "clip_norm": 1.0,
        "goal": 90.0,
    },
}
TINY = {  # only to see that something is wrong: it is wrong from the first step on
    "adam_speed": TINY_RACES,
    "batch_size": {"width": 8, "grids": RATES, "epochs": 1, "steps": 3, "images": 520},
    "muon_over_adam": {"width": 8, "steps": 6},
    "schedules_help": {"width": 8, "grids": RATES, "steps": 8, "images": 200},
    "warm_up_helps": {"width": 8, "grids": RATES, "steps": 8, "images": 200},
}


def claim(name):
    return importlib.import_module(f"course_lib.experiments.claims.{name}")


def case_settings(name, case, **changes):
    """The small settings of a case, tiny."""
    return {**claim(name).EXPERIMENT.case_settings(case, small=True), **TINY[name], **changes}


def measure_tiny(name, monkeypatch):
    """A measurement of two seeds with runs so small that it shows nothing but that it can be made."""
    found = claim(name).EXPERIMENT
    monkeypatch.setattr(claim(name), "EXPERIMENT", dataclasses.replace(found, small={**found.small, **TINY[name]}))
    return measure(name, seeds=2, small=True, progress=False)
