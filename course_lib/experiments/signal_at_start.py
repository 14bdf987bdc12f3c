"""How signal and gradient change from layer to layer in a network before training, on real images.

What the claims about initialization share: their `run`, and the names of arms and quantities.
"""

import itertools

import numpy as np

from course_lib.engine import numpy_backend as network
from course_lib.experiments import layer_flow, short_runs
from course_lib.experiments.experiment import Outcome
from course_lib.recipe import Recipe, random_stream

# Gradients are followed from the last hidden layer to the first, the signal from the first to the last.
GRADIENT_CHANGE = "decades of dL/dh, absolute"  # 0 is a gradient of the same size in the first and the last layer
GRADIENT = "decades of dL/dh"  # below 0 it vanishes on its way to the first layer, above 0 it explodes
WEIGHT_GRADIENT = "decades of dL/dW"
SIGNAL_CHANGE = "decades of the signal, absolute"
SIGNAL = "decades of the signal"  # the signal is what differs from image to image
QUANTITIES = {"gradient": GRADIENT_CHANGE, "signal": SIGNAL_CHANGE}  # that are compared
DEPTHS = [10, 20]
SETTING = (
    "10 and 20 hidden layers of 100 units before training, 256 Fashion-MNIST images. Decades between the first and the "
    "last hidden layer: of dL/dh (gradient), and of what differs from image to image in h (signal)"
)
ACTIVATION_SPREAD = "decades of the activations' spread"
LOSS = "loss"

NAMES = {
    "standard_normal": "N(0, 1)",
    "xavier_normal": "Xavier",
    "he_normal": "He",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu": "ReLU",
}


def arm(depth, activation, initialization):
    """The arm's name: arm(10, "relu", "he_normal") -> "10 layers, ReLU, He"."""
    return f"{depth} layers, {NAMES[activation]}, {NAMES[initialization]}"


def run(seed, settings, learning_rates):
    """One seed: every depth, activation and initialization of the settings, on the same images. Nothing is trained.

    settings : depths, width, activations, initialization (the claim's), compared_with (others), images (how many)
    """
    arms, spreads = {}, {}
    claimed, others = settings["initialization"], settings["compared_with"]
    for depth, activation, initialization in itertools.product(
        settings["depths"], settings["activations"], [claimed, *others]
    ):
        net = network_at_start([settings["width"]] * depth, activation, initialization, seed)
        flow = layer_flow.layer_flow(net, *images(seed, settings["images"]))
        arms[arm(depth, activation, initialization)] = quantities(flow)
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
    data = short_runs.fashion_mnist()
    return network.Network(recipe, data.n_inputs, data.n_classes, "float64")


def images(seed, n_images):
    """(x, labels): training images drawn by the seed, pixels in [0, 1] as they are."""
    train = short_runs.fashion_mnist().train
    rows = random_stream(seed, "batches").choice(len(train), n_images, replace=False)
    return train.x[rows], train.labels[rows]


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
