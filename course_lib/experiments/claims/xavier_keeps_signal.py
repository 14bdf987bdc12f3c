"""Claim: Xavier's initialization keeps signal and gradient of one size from layer to layer."""

from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.experiments.signal_at_start import DEPTHS, NAMES, QUANTITIES, SETTING, arm, run

ACTIVATIONS = ["tanh", "sigmoid", "relu"]

COMPARISONS = tuple(
    Comparison(
        label=f"{depth} layers, {NAMES[activation]}: {name}",
        better=arm(depth, activation, "xavier_normal"),
        worse=arm(depth, activation, "standard_normal"),
        quantity=quantity,
        higher_is_better=False,
    )
    for name, quantity in QUANTITIES.items()
    for activation in ACTIVATIONS
    for depth in DEPTHS
)

EXPERIMENT = Experiment(
    claim="Weights drawn as Xavier Glorot proposed keep the signal and its gradient of one size through all layers, "
    "better than weights from N(0, 1) do.",
    source="the article; Glorot and Bengio 2010",
    chapter=3,
    setting=SETTING,
    unit="decades",
    settings={
        "depths": DEPTHS,
        "width": 100,
        "activations": ACTIVATIONS,
        "initialization": "xavier_normal",
        "compared_with": ["standard_normal"],
        "images": 256,
    },
    small={"images": 32},
    run=run,
    comparisons=COMPARISONS,
    smallest_effect=0.5,
    same_within=1e-6,  # 20 layers in float64, and nothing is trained: rounding stays small
)
