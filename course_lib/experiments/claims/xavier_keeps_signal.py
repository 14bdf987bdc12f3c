"""Claim: Xavier's initialization keeps signal and gradient of one size from layer to layer."""

from course_lib.experiments import signal_at_start
from course_lib.experiments.experiment import Experiment

ACTIVATIONS = ["tanh", "sigmoid", "relu"]
OTHERS = ["standard_normal", "pytorch_uniform"]

# Tanh first: Xavier's variance was derived for units that are nearly linear around 0.
PRIMARY, *ELSEWHERE = signal_at_start.comparisons(
    "xavier_normal", [(activation, other) for activation in ACTIVATIONS for other in OTHERS]
)

EXPERIMENT = Experiment(
    claim="Weights drawn as Xavier Glorot proposed keep the gradient of a deep tanh network more nearly of one size "
    "through all layers than weights from N(0, 1) do. The signal and other units are elsewhere.",
    subject="Xavier's initialization",
    source="the article; Glorot and Bengio 2010",
    chapter=3,
    setting=f"{signal_at_start.SETTING}; tanh",
    unit="decades",
    settings={
        "data": "full",
        "images": 256,
        "depths": signal_at_start.DEPTHS,
        "width": 100,
        "activations": ACTIVATIONS,
        "initialization": "xavier_normal",
        "compared_with": OTHERS,
    },
    small={"data": "embedded", "images": 32},
    run=signal_at_start.run,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=signal_at_start.SMALLEST_EFFECT,
    smallest_effect_reason=signal_at_start.SMALLEST_EFFECT_REASON,
    same_within=signal_at_start.SAME_WITHIN,
)
