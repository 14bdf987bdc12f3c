"""How signal and gradient change from layer to layer in a network before training, on real images.

What the claims about initialization share: their `run`, their comparisons, and the names of arms and quantities.
"""

import itertools

import numpy as np

from course_lib.engine import numpy_backend as network
from course_lib.experiments import layer_flow, recipe_arms
from course_lib.experiments.experiment import Comparison, Outcome
from course_lib.recipe import Recipe

# Gradients are followed from the last hidden layer to the first, the signal from the first to the last.
GRADIENT_CHANGE = "decades of dL/dh, absolute"  # 0 is a gradient of the same size in the first and the last layer
GRADIENT = "decades of dL/dh"  # below 0 it vanishes on its way to the first layer, above 0 it explodes
WEIGHT_GRADIENT = "decades of dL/dW"
SIGNAL_CHANGE = "decades of the signal, absolute"
SIGNAL = "decades of the signal"  # the signal is what differs from image to image
QUANTITIES = {"gradient": GRADIENT_CHANGE, "signal": SIGNAL_CHANGE}  # that are compared
DEPTHS = [10, 20]
# What differs from image to image there is as small as float64's rounding of the activations, which are near 0.5.
LOST_IN_ROUNDING = (20, "sigmoid", "pytorch_uniform", "signal")
SAME_WITHIN = 1e-3  # for the same reason; nothing is trained, and all else is the same to 1e-6
N_INPUTS, N_CLASSES = 784, 10  # of Fashion-MNIST
SETTING = (
    "10 hidden layers of 100 units before training, biases 0, 256 Fashion-MNIST images a seed; decades between the "
    "first and the last hidden layer, of dL/dh (gradient) and of what differs from image to image in h (signal)"
)
SMALLEST_EFFECT = 0.5  # decades
SMALLEST_EFFECT_REASON = (
    "a factor of 3 between the first and the last layer: half of the factor of ten, on a logarithmic scale, at which "
    "one learning rate no longer fits both"
)
ACTIVATION_SPREAD = "decades of the activations' spread"
LOSS = "loss"

NAMES = {
    "standard_normal": "N(0, 1)",
    "xavier_normal": "Xavier",
    "he_normal": "He",
    "pytorch_uniform": "PyTorch's start",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu": "ReLU",
}


def arm(depth, activation, initialization):
    """The arm's name: arm(10, "relu", "he_normal") -> "10 layers, ReLU, He"."""
    return f"{depth} layers, {NAMES[activation]}, {NAMES[initialization]}"


def comparisons(initialization, pairs):
    """The claimed initialization against others: the gradient first, each at all depths.

    Parameters
    ----------
    initialization : the claim's
    pairs : [(activation, the other initialization)]
    """
    return [
        Comparison(
            label(depth, activation, other, name),
            better=arm(depth, activation, initialization),
            worse=arm(depth, activation, other),
            quantity=quantity,
            higher_is_better=False,
        )
        for name, quantity in QUANTITIES.items()
        for activation, other in pairs
        for depth in DEPTHS
        if (depth, activation, other, name) != LOST_IN_ROUNDING
    ]


def label(depth, activation, other, name):
    """label(10, "relu", "xavier_normal", "signal") -> "10 layers, ReLU, against Xavier: signal"."""
    return f"{depth} layers, {NAMES[activation]}, against {NAMES[other]}: {name}"


def run(seed, settings, chosen):
    """One seed: every depth, activation and initialization of the settings, on the same images. Nothing is trained.

    settings : depths, width, activations, initialization (the claim's), compared_with (others), data, images
    """
    arms, spreads = {}, {}
    claimed, others = settings["initialization"], settings["compared_with"]
    x, labels = images(seed, settings)
    for depth, activation, initialization in itertools.product(
        settings["depths"], settings["activations"], [claimed, *others]
    ):
        net = network_at_start([settings["width"]] * depth, activation, initialization, seed)
        arms[arm(depth, activation, initialization)] = quantities(layer_flow.layer_flow(net, x, labels))
        spreads[initialization] = net.parameters()[f"dense{depth}.weight"].std()
    fired = {
        f"{NAMES[other]}: decades between the weights' spreads": abs(np.log10(spreads[other] / spreads[claimed]))
        for other in others
    }
    return Outcome(arms, fired)


def network_at_start(hidden_layers, activation, initialization, seed):
    """A network for Fashion-MNIST before training, float64, without batch norm and dropout."""
    recipe = Recipe(
        hidden_layers=hidden_layers,
        activation=activation,
        initialization=initialization,
        normalization="none",
        drop_rate=0.0,
        seed=seed,
    )
    return network.Network(recipe, N_INPUTS, N_CLASSES, "float64")


def images(seed, settings):
    """(x, labels): the training images that the seed draws, pixels in [0, 1] as they are."""
    train = recipe_arms.images(seed, settings).train
    return train.x, train.labels


def quantities(flow):
    """The outcome's numbers for one network's LayerFlow, of its hidden layers alone."""
    gradient, weight_gradient = flow.gradient_size, flow.weight_gradient_size[:-1]
    to_first = [np.log10(sizes[0] / sizes[-1]) for sizes in (gradient, weight_gradient)]
    to_last = [np.log10(sizes[-1] / sizes[0]) for sizes in (flow.signal_spread, flow.activation_spread)]
    return {
        GRADIENT_CHANGE: abs(to_first[0]),
        GRADIENT: to_first[0],
        WEIGHT_GRADIENT: to_first[1],
        SIGNAL_CHANGE: abs(to_last[0]),
        SIGNAL: to_last[0],
        ACTIVATION_SPREAD: to_last[1],
        LOSS: flow.loss,
    }
