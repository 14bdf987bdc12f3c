"""Claim: a run that stops where it was best on validation data does better than one that goes on to its end.

It is stopped on what it is judged by, the accuracy. Stopping on the loss is the usual advice; it stands beside it.
"""

from course_lib.experiments import stopped_runs
from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.experiments.short_runs import ACCURACY
from course_lib.experiments.stopped_runs import END, ON_ACCURACY, ON_LOSS, arm

CASES = {  # the primary first
    "1,000 images": {},
    "500 images": {"images": 500, "epochs": 188},
    "5,000 images": {"images": 5000, "epochs": 38},
    "1,000 images, 640 steps": {"epochs": 40},
    "1,000 images, 3,000 steps": {"epochs": 188},
    "1,000 images, a constant rate": {"constant_rate": True},
    "1,000 images, 40% redrawn": {"redrawn": 0.4, "grid": [3e-5, 1e-4, 3e-4, 1e-3, 3e-3]},
    "1,000 images, 40% redrawn, rate 0.001": {"redrawn": 0.4, "grid": [1e-3]},
}
COMPARISONS = [
    Comparison(f"{case}, {stopping}", arm(stopping, case), arm(END, case), ACCURACY, case=case)
    for case in CASES
    for stopping in (ON_ACCURACY, ON_LOSS)
]

EXPERIMENT = Experiment(
    claim="A run that is stopped where it was best on validation images is more accurate than one that goes on.",
    subject="Early stopping",
    source="the article; Prechelt 1998",
    chapter=5,
    setting="784-64-64-10, ReLU with He, Adam with warm-up and cosine, 1,000 Fashion-MNIST images, 94 epochs of 16 "
    "steps of 64, each tried at 5 learning rates with other seeds, then run at its best; stopped on the accuracy of "
    "1,000 validation images, with the schedule of the whole run",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 1000,
        "watched": 1000,
        "epochs": 94,
        "hidden_layers": [64, 64],
        "constant_rate": False,
        "grid": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2],
        "cases": CASES,
    },
    small={
        "data": "embedded",
        "images": 64,
        "watched": 50,
        "epochs": 40,
        "hidden_layers": [16, 12],
        "grid": [0.02],
    },
    run=stopped_runs.run,
    grids=stopped_runs.grids,
    tune=stopped_runs.tune,
    primary=COMPARISONS[0],
    elsewhere=tuple(COMPARISONS[1:]),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would keep images apart to watch",
    larger_studies="Li, Soltanolkotabi and Oymak 2020: a network that fits the right labels first is kept from fitting "
    "the wrong ones by early stopping.",
    longer={"epochs": 188},
    large=False,
    tuning_seeds=4,  # scores of one choice differ by as much as stopping does
)
