"""Claim: a dense network trained on other classes is a better start than fresh weights.

Every seed reuses a body of its own, trained with that seed: how much reuse gains differs from body to body, and with
one body per seed the interval covers that too.
"""

import functools

import numpy as np

from course_lib.engine import numpy_backend as network
from course_lib.experiments import few_labels, short_runs
from course_lib.experiments.experiment import Experiment, Outcome
from course_lib.experiments.few_labels import FINE_TUNED, HEAD, SCRATCH
from course_lib.recipe import Recipe

TOP = "last hidden layer and head"
ARMS = (HEAD, TOP, FINE_TUNED, SCRATCH)
FROZEN = {HEAD: 2, TOP: 1, FINE_TUNED: 0, SCRATCH: 0}  # hidden layers
RECIPE = Recipe(hidden_layers=(100, 50), drop_rate=0.0)
BODY_RATE = 0.003


def trained_body(seed, steps):
    """The state of a network after its training with this seed on the other eight classes, without its head."""
    return dict(_trained_body(seed, steps))


@functools.cache
def _trained_body(seed, steps):
    recipe = RECIPE.replace(seed=seed, learning_rate=BODY_RATE, schedule="one_cycle")
    (result,) = short_runs.train([recipe], few_labels.the_other_eight(), steps)
    return tuple((name, array) for name, array in result.network.state().items() if not name.startswith("dense3"))


def start(name, seed, learning_rate, body_steps):
    """A network before its first step: with the seed's trained body or a fresh one, and the same fresh head."""
    data = few_labels.pullovers_and_coats()
    net = network.Network(RECIPE.replace(seed=seed, learning_rate=learning_rate), data.n_inputs, data.n_classes)
    if name != SCRATCH:
        net.load_state(net.state() | trained_body(seed, body_steps))
    net.freeze(FROZEN[name])
    return net


def run(seed, settings, learning_rates):
    """One seed: test accuracy of every arm at every number of labels."""
    begin = functools.partial(start, body_steps=settings["body steps"])
    with np.errstate(all="ignore"):  # a run that diverges has chance accuracy
        arms, networks = few_labels.tested(ARMS, begin, seed, settings, learning_rates)
    trained, fresh = (begin(name, seed, 1.0).state() for name in (FINE_TUNED, SCRATCH))
    fired = few_labels.what_moved(trained, networks, settings, "dense2", "dense3")
    fired["how far the trained body is from the fresh one"] = few_labels.how_far(trained, fresh, "dense2")
    return Outcome(arms, fired)


def tune(seed, settings):
    """Validation accuracy of every arm at every number of labels and every rate of the grid."""
    begin = functools.partial(start, body_steps=settings["body steps"])
    with np.errstate(all="ignore"):
        return few_labels.scores(ARMS, begin, seed, settings)


EXPERIMENT = Experiment(
    claim="A dense network that was trained on other classes reaches a higher accuracy than a fresh one.",
    source="the article; Yosinski et al. 2014",
    chapter=4,
    setting="pullover against coat with 5 to 2,000 labels; hidden layers of 100 and 50 units, trained on the other "
    "eight classes, anew for every seed, or fresh; Adam, the same 50 to 300 steps for all arms, each at its best of 10 "
    "learning rates",
    unit="percentage points",
    settings=few_labels.SETTINGS | {"body steps": 1000, "grid": [0.0001, *few_labels.GRID, 1.0, 3.0]},
    small=few_labels.SMALL | {"body steps": 100},
    run=run,
    tune=tune,
    comparisons=few_labels.comparisons((HEAD, TOP, FINE_TUNED)),
    smallest_effect=1.0,
    large=False,
    seeds=20,
    tuning_seeds=10,
)
