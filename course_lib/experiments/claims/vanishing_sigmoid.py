"""Claim: with sigmoid units and weights from N(0, 1) the gradient vanishes on its way to the first layer."""

import numpy as np

from course_lib.experiments import layer_flow
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.experiments.signal_at_start import images, network_at_start

DEPTH, WIDTHS = 15, [10, 30, 100, 300]
SIZE = "size of dL/dh, decades"  # log10 of the root mean square over images and units
SATURATED = 4  # beyond -4 to 4 the slope of the sigmoid is below 0.018; at 0 it is 0.25


def arm(width, layer):
    """arm(10, 1) -> "width 10, layer 1"."""
    return f"width {width}, layer {layer}"


def run(seed, settings, learning_rates):
    """One seed: the size of dL/dh in every hidden layer, for every width, on the same images. Nothing is trained."""
    arms, fired = {}, {}
    x, labels = images(seed, settings["images"])
    for width in settings["widths"]:
        net = network_at_start([width] * settings["depth"], "sigmoid", settings["initialization"], seed)
        flow = layer_flow.layer_flow(net, x, labels)
        for layer, size in enumerate(flow.gradient_size, start=1):
            arms[arm(width, layer)] = {SIZE: np.log10(size)}
        saturated = np.mean([np.mean(np.abs(sums) > SATURATED) for sums in flow.sums[1:]])
        fired[f"width {width}: share of saturated units"] = saturated
    return Outcome(arms, fired)


EXPERIMENT = Experiment(
    claim="With sigmoid units and weights drawn from N(0, 1) the gradient vanishes on its way to the first layer.",
    source="the article; Glorot and Bengio 2010",
    chapter=3,
    setting="15 hidden layers before training, 256 Fashion-MNIST images; how many decades dL/dh shrinks from the last "
    "hidden layer to the first",
    unit="decades",
    settings={"depth": DEPTH, "widths": WIDTHS, "initialization": "standard_normal", "images": 256},
    small={"images": 32},
    run=run,
    comparisons=tuple(
        Comparison(f"width {width}", better=arm(width, DEPTH), worse=arm(width, 1), quantity=SIZE) for width in WIDTHS
    ),
    smallest_effect=0.5,
    same_within=1e-6,  # 15 layers in float64, and nothing is trained: rounding stays small
)
