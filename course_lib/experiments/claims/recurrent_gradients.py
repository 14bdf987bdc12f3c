"""How the gradient grows or shrinks on its way back through the steps of a recurrent network."""

import numpy as np

from course_lib.data import sequences
from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.experiments.experiment import LAW, Comparison, Experiment, Outcome

SMALLEST = 1e-300  # stands in for a gradient that is 0, whose logarithm is none

SETTINGS = {
    "activations": ["tanh", "relu", "linear"],
    "gains": [1.0, 1.5, 2.0],
    "initializations": ["orthogonal", "identity"],
    "steps": 60,
    "units": 32,
    "sequences": 32,
}
SMALL = {"sequences": 8}
# Tanh from a random rotation with gain 1 first, which Keras starts its recurrent networks with. What a linear network
# does follows from its gain alone, and so does ReLU from a multiple of the identity, whose units stay on: that is
# measured, for the tests, and not compared.
COMPARED = (
    ("tanh", 1.0, "orthogonal"),
    ("tanh", 1.5, "orthogonal"),
    ("tanh", 2.0, "orthogonal"),
    ("relu", 1.0, "orthogonal"),
    ("relu", 1.5, "orthogonal"),
    ("relu", 2.0, "orthogonal"),
    ("tanh", 1.0, "identity"),
    ("tanh", 1.5, "identity"),
    ("tanh", 2.0, "identity"),
)


def setting_name(activation, gain, initialization="orthogonal"):
    """A setting in words, which are also the name of its quantity: "tanh, gain 1.5"."""
    name = {"relu": "ReLU"}.get(activation, activation)
    return f"{name}, gain {gain:g}" + (", identity" if initialization == "identity" else "")


def gradient_sizes(seed, settings, activation, gain, initialization):
    """The root mean square of dL/dh_t at each step, first to last: array (steps,)."""
    x, targets = sequences.adding_problem(settings["sequences"], settings["steps"], seed)
    network = RecurrentNetwork(
        2, settings["units"], 1, activation=activation, initialization=initialization, gain=gain, seed=seed
    )
    network.loss_and_gradients(x, targets)
    return np.sqrt(np.mean(network.hidden_gradients**2, axis=(1, 2)))


def run(seed, settings, chosen):
    """The size of dL/dh at the first and at the last step, as powers of ten, in every setting."""
    arms, steps_with_gradient = {"first step": {}, "last step": {}}, []
    for initialization in settings["initializations"]:
        for activation in settings["activations"]:
            for gain in settings["gains"]:
                sizes = gradient_sizes(seed, settings, activation, gain, initialization)
                first, *_, last = np.log10(np.maximum(sizes, SMALLEST))
                name = setting_name(activation, gain, initialization)
                arms["first step"][name], arms["last step"][name] = float(first), float(last)
                steps_with_gradient.append(int(np.count_nonzero(sizes)))
    # The gradient must have gone through at least one step; a network of dead units passes nothing on.
    return Outcome(arms, {"steps that the gradient went back": min(steps_with_gradient) - 1})


PRIMARY, *ELSEWHERE = (
    Comparison(setting_name(*setting), "first step", "last step", setting_name(*setting)) for setting in COMPARED
)

EXPERIMENT = Experiment(
    claim="In a recurrent network gradients explode on their way back through time.",
    subject="The gradient on its way back through time, by the starting weights",
    source="the article, on gradient clipping; Pascanu et al. 2013; Bengio et al. 1994",
    chapter=3,
    setting=(
        "recurrent tanh network of 32 units before training, its weights from step to step a random rotation; "
        "elsewhere the rotation times a gain of 1.5 or 2, a multiple of the identity, and ReLU; 60 steps of the adding "
        "problem; by how many decades dL/dh is larger at the first step than at the last"
    ),
    unit="decades",
    settings=SETTINGS,
    small=SMALL,
    run=run,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=1.0,
    smallest_effect_reason="within a factor of ten over 60 steps nothing has exploded or vanished",
    kind=LAW,
    larger_studies="Pascanu et al. 2013: the gradient can explode only where the largest singular value of W exceeds 1 "
    "(with tanh), and vanishes where it is below.",
    seeds=30,
)
