"""Claim: He's initialization keeps signal and gradient of one size where the activation is ReLU."""

from course_lib.experiments import signal_at_start
from course_lib.experiments.experiment import Experiment

ACTIVATIONS = ["relu", "tanh", "sigmoid"]
OTHERS = ["xavier_normal", "pytorch_uniform", "standard_normal"]
# The factor 2 in the variance was derived for ReLU: with it alone He is compared with all others, Xavier first, for
# that is the question whether the factor is worth anything.
PAIRS = [("relu", other) for other in OTHERS] + [("tanh", "standard_normal"), ("sigmoid", "standard_normal")]

PRIMARY, *ELSEWHERE = signal_at_start.comparisons("he_normal", PAIRS)

EXPERIMENT = Experiment(
    claim="Weights drawn as Kaiming He proposed keep the gradient of a deep ReLU network more nearly of one size "
    "through all layers than Xavier's do. The signal and other units are elsewhere.",
    subject="He's initialization",
    source="the article; He et al. 2015",
    chapter=3,
    setting=f"{signal_at_start.SETTING}; ReLU",
    unit="decades",
    settings={
        "data": "full",
        "images": 256,
        "depths": signal_at_start.DEPTHS,
        "width": 100,
        "activations": ACTIVATIONS,
        "initialization": "he_normal",
        "compared_with": OTHERS,
    },
    small={"data": "embedded", "images": 32},
    run=signal_at_start.run,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=signal_at_start.SMALLEST_EFFECT,
    smallest_effect_reason=signal_at_start.SMALLEST_EFFECT_REASON,
    larger_studies="He et al. 2015: a network of 30 layers for ImageNet learned from these weights and stalled from "
    "Xavier's.",
    same_within=signal_at_start.SAME_WITHIN,
)
