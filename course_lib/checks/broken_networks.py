"""Three networks that do not learn, and what can be wrong with a network. Reading on spoils exercise 3.10.

In the chapter:

    network = broken_network("A")               # "B", "C": the same network at every call, not yet trained
    loss = network.train_step(x, labels)        # one update with a batch of images; the loss before it
    network.evaluate(x, labels)                 # (loss, accuracy) in evaluation mode, as for new images
    network.evaluate(x, labels, training=True)  # the same in training mode; nothing is changed
    flow = layer_flow(network, x, labels)       # sums, activations and gradients of every hidden layer

`ILLNESSES` and `REMEDIES` are {name: sentence}. The learner answers {"A": (illness, remedy), "B": ..., "C": ...} with
their names. `treated("A", remedy)` is the network with one remedy applied: whether it helps is measured by training it.
"""

import copy
from types import SimpleNamespace

import numpy as np

from course_lib.checks.drawn_questions import order_of
from course_lib.checks.named_pairs import near_names
from course_lib.engine.numpy_backend import Network
from course_lib.recipe import Recipe
from course_lib.scratch.activations import Activation
from course_lib.scratch.batch_norm import BatchNorm
from course_lib.scratch.dense import Dense
from course_lib.scratch.dropout import Dropout
from course_lib.scratch.losses import softmax_cross_entropy
from course_lib.scratch.optimizers import Adam

LETTERS = ("A", "B", "C")

ILLNESSES = {
    "starting_weights_too_small": "Activations and gradients shrink by a factor in every layer.",
    "starting_weights_too_large": "Activations or gradients grow by a factor in every layer.",
    "units_all_alike": "All units of a layer start with the same weights, so they learn the same.",
    "layer_off_from_the_start": "In one layer no unit ever answers, whatever the image: nothing passes it.",
    "steps_too_long": "The start is sound, and the updates throw the parameters far off.",
    "steps_too_short": "Everything is sound, but an update moves the parameters too little.",
    "statistics_stand_still": "Batch norm's running statistics do not follow the batches.",
    "overfitting": "The network learns the training images by heart and fails on new ones.",
}

REMEDIES = {
    "he_weights": "Draw all weights anew with He's spread.",
    "elu_for_relu": "Take ELU in place of ReLU: it has a slope on the left, too.",
    "shifts_to_zero": "Set what is added to the sums (biases, batch norm's shifts) to 0.",
    "clip_by_norm": "Clip the gradient, all of it together, to norm 1.",
    "learning_rate_divided_by_1000": "Take a learning rate a thousand times smaller.",
    "learning_rate_times_10": "Take a learning rate ten times larger.",
    "statistics_that_move": "Let the running statistics take in 10% of every batch's statistics.",
    "dropout": "Drop 20% of the hidden units at random in every training step.",
}

N_INPUTS, N_CLASSES = 784, 10
DEPTH, WIDTH = 10, 100
USUAL_RATE, USUAL_MOMENTUM, USUAL_GAIN = 0.001, 0.1, 1.0
SEEDS = {"A": 310, "B": 311, "C": 312}


class Patient(Network):
    """A Network of ten hidden layers with batch norm and ReLU, built from parts and not from a recipe.

    It can do what a Network can; `evaluate` knows both modes. `layers` are [(name, layer), ...] as in a Network.
    """

    def __init__(self, layers, learning_rate, clip_norm=None):
        self.recipe = Recipe(hidden_layers=(WIDTH,) * 10, activation="relu", drop_rate=0.0, clip_norm=clip_norm)
        self.n_inputs, self.n_classes = N_INPUTS, N_CLASSES
        self.dtype, self.device = np.dtype("float32"), "cpu"
        self.layers = self.leaves = layers
        self.n_still = 0
        self._join_parameters(0)
        self.decoupled_decay, self.clipped_steps = False, 0
        self.optimizer = SimpleNamespace(step=Adam(self.flat_parameters, learning_rate).step)

    def evaluate(self, x, labels, training=False):
        """(loss, accuracy) in evaluation mode, or in training mode; parameters and statistics stay as they are."""
        x, labels = self._checked(x, labels)
        if not training:
            return super().evaluate(x, labels)
        for _, layer in copy.deepcopy(self.layers):
            x = layer.forward(x, training=True)
        return softmax_cross_entropy(x, labels), float(np.mean(x.argmax(axis=1) == labels))


def broken_network(letter):
    """One of the three networks of exercise 3.10, not yet trained and the same at every call.

    Parameters
    ----------
    letter : "A", "B" or "C"

    Raises
    ------
    ValueError : another letter
    """
    return treated(letter, None)


def treated(letter, remedy):
    """Broken network `letter` with a remedy applied, not yet trained. One that does not meet the cause cures nothing.

    Parameters
    ----------
    letter : "A", "B" or "C"
    remedy : a name of REMEDIES; None leaves the network as it is

    Raises
    ------
    ValueError : an unknown letter or remedy
    """
    if letter not in LETTERS:
        raise ValueError(f"There is no broken network {letter!r}: take one of {', '.join(map(repr, LETTERS))}.")
    if remedy is not None and remedy not in REMEDIES:
        words = [f"{remedy!r} is no remedy here.", near_names(remedy, REMEDIES), "The names stand in REMEDIES."]
        raise ValueError(" ".join(filter(None, words)))
    parts = _CAUSES[letter](_healthy(SEEDS[letter]))
    if remedy is not None:
        parts = _TREATMENTS[remedy](parts)
    return Patient(**parts)


def drawn_networks(seed):
    """(broken_network, treated) for a class: the same networks, under letters that are drawn from this seed."""
    order = order_of("3.10", LETTERS, seed)

    def broken_network_of_class(letter):
        return broken_network(order.get(letter, letter))

    def treated_of_class(letter, remedy):
        return treated(order.get(letter, letter), remedy)

    return broken_network_of_class, treated_of_class


def _healthy(seed):
    """What a Patient that learns is built from."""
    rng = np.random.default_rng(seed)
    layers, fan_in = [], N_INPUTS
    for depth in range(1, DEPTH + 1):
        layers.append((f"dense{depth}", Dense(fan_in, WIDTH, "he_normal", rng, bias=False)))
        layers.append((f"batch_norm{depth}", BatchNorm(WIDTH)))
        layers.append((f"activation{depth}", Activation("relu")))
        fan_in = WIDTH
    layers.append((f"dense{DEPTH + 1}", Dense(fan_in, N_CLASSES, "he_normal", rng)))
    layers[0][1].needs_input_gradient = False
    return {"layers": layers, "learning_rate": USUAL_RATE}


def _of_kind(parts, kind):
    return [layer for _, layer in parts["layers"] if isinstance(layer, kind)]


# The causes and the treatments: functions from parts to parts.


def _shifted(parts):
    rng = np.random.default_rng(1)
    _of_kind(parts, BatchNorm)[3].parameters["shift"][:] = rng.normal(-25, 1, WIDTH)
    return parts


def _hasty(parts):
    return parts | {"learning_rate": 1000 * USUAL_RATE}


def _unmoved(parts):
    for layer in _of_kind(parts, BatchNorm):
        layer.momentum = 0.0
    return parts


_CAUSES = {"A": _shifted, "B": _hasty, "C": _unmoved}


def _with_he_weights(parts):
    fresh = _healthy(seed=77)
    for layer, other in zip(_of_kind(parts, Dense), _of_kind(fresh, Dense), strict=True):
        layer.parameters["weight"][:] = other.parameters["weight"]
    return parts


def _with_elu(parts):
    layers = [(name, Activation("elu") if isinstance(layer, Activation) else layer) for name, layer in parts["layers"]]
    return parts | {"layers": layers}


def _with_shifts_at_zero(parts):
    for _, layer in parts["layers"]:
        for name in {"bias", "shift"} & layer.parameters.keys():
            layer.parameters[name][:] = 0
    return parts


def _with_dropout(parts):
    rng = np.random.default_rng(78)
    layers = []
    for name, layer in parts["layers"]:
        layers.append((name, layer))
        if isinstance(layer, Activation):
            layers.append((name.replace("activation", "dropout"), Dropout(0.2, rng)))
    return parts | {"layers": layers}


def _with_moving_statistics(parts):
    for layer in _of_kind(parts, BatchNorm):
        layer.momentum = USUAL_MOMENTUM
    return parts


_TREATMENTS = {
    "he_weights": _with_he_weights,
    "elu_for_relu": _with_elu,
    "shifts_to_zero": _with_shifts_at_zero,
    "clip_by_norm": lambda parts: parts | {"clip_norm": 1.0},
    "learning_rate_divided_by_1000": lambda parts: parts | {"learning_rate": parts["learning_rate"] / 1000},
    "learning_rate_times_10": lambda parts: parts | {"learning_rate": parts["learning_rate"] * 10},
    "statistics_that_move": _with_moving_statistics,
    "dropout": _with_dropout,
}
