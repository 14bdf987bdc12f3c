"""Claim: deep networks train from Xavier's or He's weights where they do not from N(0, 1)."""

import functools
import math

from course_lib.engine import numpy_backend as network
from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.experiments.signal_at_start import NAMES
from course_lib.recipe import Recipe

ACTIVATIONS = ("sigmoid", "tanh", "relu", "elu")
INITIALIZATIONS = ("standard_normal", "xavier_normal", "he_normal")
DEPTHS = (2, 5, 10, 20)
MADE_FOR = {"sigmoid": "xavier_normal", "tanh": "xavier_normal", "relu": "he_normal", "elu": "he_normal"}
WORDS = NAMES | {"elu": "ELU"}
SHORT, LONG = 200, 3000  # steps

CASES = {  # the primary first
    f"{WORDS[activation]}, {depth} layers": {
        "activations": [activation],
        "depths": [depth],
        "initializations": ["standard_normal", MADE_FOR[activation], "pytorch_uniform"],
        "steps": LONG,
    }
    for activation, depth in (("relu", 10), ("tanh", 10), ("sigmoid", 10), ("relu", 20))
}
CASES[f"{SHORT} steps"] = {
    "activations": list(ACTIVATIONS),
    "depths": list(DEPTHS),
    "initializations": list(INITIALIZATIONS),
    "steps": SHORT,
}


def arm(activation, initialization, depth, steps=SHORT):
    """arm("relu", "he_normal", 10) -> "relu, he_normal, 10 layers"; of the long budget, with ", 3000 steps"."""
    words = f"{activation}, {initialization}, {depth} layers"
    return words if steps == SHORT else f"{words}, {steps} steps"


def arms(settings):
    """{arm: Recipe} of one case: every activation, initialization and depth."""
    plain = recipe_arms.annealed(Recipe(normalization="none", drop_rate=0.0, optimizer="momentum"), settings["steps"])
    budget = SHORT if settings["case"] == f"{SHORT} steps" else LONG  # in an arm's name, whatever a small version takes
    return {
        arm(activation, initialization, depth, budget): plain.replace(
            hidden_layers=(settings["width"],) * depth, activation=activation, initialization=initialization
        )
        for activation in settings["activations"]
        for initialization in settings["initializations"]
        for depth in settings["depths"]
    }


def grids(settings):
    """Learning rates of every arm. From N(0, 1), without a bound on the activation, they are tiny.

    There each further layer multiplies the signal by some sqrt(width / 2) and the gradient of every weight with it: a
    step of a fitting size needs a rate that is as much smaller.
    """
    found = {}
    for name, recipe in arms(settings).items():
        rates = settings["grid"]
        if recipe.initialization == "standard_normal" and recipe.activation in ("relu", "elu"):
            gain = math.sqrt(settings["width"] / 2)
            rates = [rate * gain ** (1 - len(recipe.hidden_layers)) for rate in settings["grid"]]
        found[name] = {"learning_rate": [float(f"{rate:.1e}") for rate in rates]}
    return found


def mechanisms(runs, data):
    """By how much Xavier's and He's weights into the last hidden layer are closer together than those of N(0, 1)."""
    recipes = {result.network.recipe.initialization: result.network.recipe for result in runs.values()}
    spreads = {name: _spread_at_start(recipe, data) for name, recipe in recipes.items()}
    return {
        f"by how much {NAMES[name]} shrinks the spread of N(0, 1)": spreads["standard_normal"] - spread
        for name, spread in spreads.items()
        if name != "standard_normal"
    }


def _spread_at_start(recipe, data):
    start = network.Network(recipe, data.n_inputs, data.n_classes).parameters()
    return float(start[f"dense{len(recipe.hidden_layers)}.weight"].std())


def _long(activation, depth, other):
    """Of the long budget: the initialization made for an activation against another one."""
    case = f"{WORDS[activation]}, {depth} layers"
    pair = (arm(activation, initialization, depth, LONG) for initialization in (MADE_FOR[activation], other))
    return Comparison(f"{case}, against {NAMES[other]}", *pair, short_runs.ACCURACY, case=case)


def _short(activation, depth):
    pair = (arm(activation, initialization, depth) for initialization in (MADE_FOR[activation], "standard_normal"))
    label = f"{WORDS[activation]}, {depth} layers, {SHORT} steps"
    return Comparison(label, *pair, short_runs.ACCURACY, case=f"{SHORT} steps")


LONG_RUNS = [
    _long(activation, depth, other)
    for other in ("standard_normal", "pytorch_uniform")
    for activation, depth in (("relu", 10), ("tanh", 10), ("sigmoid", 10), ("relu", 20))
]
SHORT_RUNS = [_short(activation, depth) for activation in ("relu", "elu", "tanh", "sigmoid") for depth in DEPTHS]
PRIMARY, *ELSEWHERE = LONG_RUNS + SHORT_RUNS

EXPERIMENT = Experiment(
    claim="A deep ReLU network learns more from weights with the spread that He proposed than from N(0, 1). Tanh and "
    "sigmoid from Xavier's weights, and PyTorch's own start, are elsewhere.",
    subject="A fitting spread of the first weights",
    source="the article; Glorot and Bengio 2010; He et al. 2015",
    chapter=3,
    setting="10 hidden layers of 50 ReLU units, He's weights against N(0, 1), momentum with warm-up and cosine, 4,000 "
    "Fashion-MNIST images, 3,000 steps of 64, each tried at 7 learning rates with other seeds, then run at its best",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 4000,
        "width": 50,
        "grid": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
        "cases": CASES,
    },
    small={"data": "embedded", "images": 500, "steps": 8, "width": 10, "grid": [0.03]},
    run=functools.partial(recipe_arms.run, arms, mechanisms),
    grids=grids,
    tune=functools.partial(recipe_arms.tune, arms),
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would change the start",
    larger_studies="Glorot and Bengio 2010: tanh networks of up to five layers reached lower errors from Xavier's "
    "weights on four image sets. He et al. 2015: 30 ReLU layers learned from He's weights and stalled from Xavier's.",
    longer={"steps": 2 * LONG},
    budget_reason="from N(0, 1) the network goes on learning, slowly, at every budget that was tried",
)
