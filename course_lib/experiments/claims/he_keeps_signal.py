"""Claim: He's initialization keeps signal and gradient of one size where the activation is ReLU."""

from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.experiments.signal_at_start import DEPTHS, NAMES, QUANTITIES, SETTING, arm, run

ACTIVATIONS = ["relu", "tanh", "sigmoid"]
# He against Xavier is a claim about ReLU alone: for it the factor 2 in the variance was derived.
PAIRS = [(activation, "standard_normal") for activation in ACTIVATIONS] + [("relu", "xavier_normal")]

COMPARISONS = tuple(
    Comparison(
        label=f"{depth} layers, {NAMES[activation]}, against {NAMES[other]}: {name}",
        better=arm(depth, activation, "he_normal"),
        worse=arm(depth, activation, other),
        quantity=quantity,
        higher_is_better=False,
    )
    for name, quantity in QUANTITIES.items()
    for activation, other in PAIRS
    for depth in DEPTHS
)

EXPERIMENT = Experiment(
    claim="Weights drawn as Kaiming He proposed keep the signal and its gradient of one size through all layers, "
    "better than weights from N(0, 1) do and, with ReLU, better than Xavier's.",
    source="the article; He et al. 2015",
    chapter=3,
    setting=SETTING,
    unit="decades",
    settings={
        "depths": DEPTHS,
        "width": 100,
        "activations": ACTIVATIONS,
        "initialization": "he_normal",
        "compared_with": ["standard_normal", "xavier_normal"],
        "images": 256,
    },
    small={"images": 32},
    run=run,
    comparisons=COMPARISONS,
    smallest_effect=0.5,
    same_within=1e-6,  # 20 layers in float64, and nothing is trained: rounding stays small
)
