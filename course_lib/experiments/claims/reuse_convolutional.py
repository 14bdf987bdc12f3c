"""Claim: a convolutional network trained on other classes is a better start than fresh weights.

Every seed reuses a body of its own, trained as `python -m course_lib pretrain --seed N` trains one: how much reuse
gains differs from body to body, and with one body per seed the interval covers that too.
"""

import dataclasses
import functools

import numpy as np

from course_lib.data import Split
from course_lib.experiments import eight_classes, few_labels
from course_lib.experiments.experiment import Experiment, Outcome
from course_lib.experiments.few_labels import FINE_TUNED, HEAD, SCRATCH
from course_lib.threads import one_thread

ARMS = (HEAD, FINE_TUNED, SCRATCH)


@functools.cache
def trained_body(seed, epochs, images):
    """The state of a network trained with this seed on the first `images` images of the other eight classes, rounded
    to float16 as a stored one is. To read and not to change: one copy is shared by all who ask.

    Raises
    ------
    KeyboardInterrupt : the training was stopped; a body that is trained by half is not measured
    """
    data = few_labels.the_other_eight()
    part = Split(data.train.x[:images], data.train.labels[:images])
    fewer = dataclasses.replace(data, train=part)
    recipe = eight_classes.RECIPE.replace(seed=seed, epochs=epochs)
    training = eight_classes.train(fewer, recipe, "cpu", progress=False)
    if training.interrupted:
        raise KeyboardInterrupt
    return {name: array.astype(np.float16) for name, array in training.network.state().items()}


def start(name, seed, learning_rate, settings):
    """A network before its first step: the seed's trained one or a fresh one, with the same new head."""
    from course_lib.engine import convolutional

    n_classes = few_labels.the_other_eight().n_classes
    network = convolutional.ConvolutionalNetwork(n_classes, seed=seed, device="cpu")
    if name != SCRATCH:
        network.load_state(trained_body(seed, settings["body epochs"], settings["body images"]))
    network.replace_head(few_labels.pullovers_and_coats().n_classes, seed)
    network.set_optimizer(few_labels.SETTINGS["optimizer"], learning_rate)
    if name == HEAD:
        network.freeze()
    return network


def run(seed, settings, learning_rates):
    """One seed: test accuracy of every arm at every number of labels."""
    import torch  # noqa: F401 - loaded first, for one_thread limits what is there

    with one_thread():
        begin = functools.partial(start, settings=settings)
        arms, networks = few_labels.tested(ARMS, begin, seed, settings, learning_rates)
        trained, fresh = (begin(name, seed, 1.0).state() for name in (FINE_TUNED, SCRATCH))
    fired = few_labels.what_moved(trained, networks, settings, "convolution3", "head")
    fired["how far the trained body is from the fresh one"] = few_labels.how_far(trained, fresh, "convolution3")
    return Outcome(arms, fired)


def tune(seed, settings):
    """Validation accuracy of every arm at every number of labels and every rate of the grid."""
    import torch  # noqa: F401 - loaded first, for one_thread limits what is there

    with one_thread():
        return few_labels.scores(ARMS, functools.partial(start, settings=settings), seed, settings)


EXPERIMENT = Experiment(
    claim="A convolutional network that was trained on other classes reaches a higher accuracy than a fresh one.",
    source="the article; Yosinski et al. 2014",
    chapter=4,
    setting="pullover against coat with 5 to 2,000 labels; three convolutions of 16 channels, trained on the other "
    "eight classes, anew for every seed, or fresh; Adam, the same 50 to 300 steps for all arms, each at its best of 10 "
    "learning rates",
    unit="percentage points",
    settings=few_labels.SETTINGS | {"body epochs": 12, "body images": 8000, "grid": [*few_labels.GRID, 1.0, 3.0, 10.0]},
    small=few_labels.SMALL | {"body epochs": 1, "body images": 320},
    run=run,
    tune=tune,
    comparisons=few_labels.comparisons((HEAD, FINE_TUNED)),
    smallest_effect=1.0,
    large=False,
    seeds=20,
    tuning_seeds=10,
)
