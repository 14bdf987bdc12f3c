"""Claim: with sigmoid units and weights from N(0, 1) the gradient vanishes on its way to the first layer."""

import numpy as np

from course_lib.experiments import layer_flow, signal_at_start
from course_lib.experiments.experiment import LAW, Comparison, Experiment, Outcome

# The article names no width. 100 units are those of an ordinary network on these images, and the primary; narrower and
# wider layers stand elsewhere, for the gradient's direction depends on the width.
DEPTH, WIDTHS = 15, [100, 10, 30, 300]
SIZE = "size of dL/dh, decades"  # log10 of the root mean square over images and units
SATURATED = 4  # beyond -4 to 4 the slope of the sigmoid is below 0.018; at 0 it is 0.25


def arm(width, layer):
    """arm(10, 1) -> "width 10, layer 1"."""
    return f"width {width}, layer {layer}"


def run(seed, settings, chosen):
    """One seed: the size of dL/dh in every hidden layer, for every width, on the same images. Nothing is trained."""
    arms, fired = {}, {}
    x, labels = signal_at_start.images(seed, settings)
    for width in settings["widths"]:
        net = signal_at_start.network_at_start([width] * settings["depth"], "sigmoid", settings["initialization"], seed)
        flow = layer_flow.layer_flow(net, x, labels)
        for layer, size in enumerate(flow.gradient_size, start=1):
            arms[arm(width, layer)] = {SIZE: np.log10(size)}
        saturated = np.mean([np.mean(np.abs(sums) > SATURATED) for sums in flow.sums[1:]])
        fired[f"width {width}: share of saturated units"] = saturated
    return Outcome(arms, fired)


PRIMARY, *ELSEWHERE = (
    Comparison(f"width {width}", better=arm(width, DEPTH), worse=arm(width, 1), quantity=SIZE) for width in WIDTHS
)

EXPERIMENT = Experiment(
    claim="With sigmoid units and weights drawn from N(0, 1) the gradient vanishes on its way to the first layer.",
    subject="The gradient of deep sigmoid networks from N(0, 1), by the width of the layers",
    source="the article",
    chapter=3,
    setting="15 hidden layers of 100 sigmoid units before training, 256 Fashion-MNIST images a seed; how many decades "
    "dL/dh shrinks from the last hidden layer to the first",
    unit="decades",
    settings={
        "data": "full",
        "images": 256,
        "depth": DEPTH,
        "widths": WIDTHS,
        "initialization": "standard_normal",
    },
    small={"data": "embedded", "images": 32},
    run=run,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=signal_at_start.SMALLEST_EFFECT,
    smallest_effect_reason=signal_at_start.SMALLEST_EFFECT_REASON,
    kind=LAW,
    larger_studies="Glorot and Bengio 2010 saw gradients shrink from layer to layer on their way back at the start, "
    "with weights far smaller than those of N(0, 1).",
    large=False,  # near width 100 the direction turns around
    same_within=1e-6,  # 15 layers in float64, and nothing is trained: rounding stays small
    seeds=30,
)
