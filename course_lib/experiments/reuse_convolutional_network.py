"""The convolutional network of the claims on reuse: its body, trained elsewhere, and its training on a new task."""

import math

import numpy as np

from course_lib.experiments import eight_classes
from course_lib.experiments.short_runs import LARGEST_LOSS, ShortRun, batches
from course_lib.threads import one_thread
from course_lib.training.schedules import learning_rate_at

BODY_ROWS = 1000  # images of its source that a body's accuracy is measured on


def fresh(n_classes, seed):
    """A ConvolutionalNetwork with fresh weights on the processor."""
    from course_lib.engine.convolutional import ConvolutionalNetwork  # loads PyTorch

    return ConvolutionalNetwork(n_classes, seed=seed, device="cpu")


def body(data, seed, epochs):
    """A body trained as `python -m course_lib pretrain` trains one, on the training images of `data`.

    Returns
    -------
    ({name: array} without the head, accuracy on the first BODY_ROWS training images as a share)

    Raises
    ------
    KeyboardInterrupt : the training was stopped; a body that is trained by half is not measured
    """
    fresh(data.n_classes, seed)  # PyTorch is loaded first, for one_thread limits what is there
    with one_thread():
        recipe = eight_classes.RECIPE.replace(seed=seed, epochs=epochs)
        training = eight_classes.train(data, recipe, "cpu", progress=False)
        if training.interrupted:
            raise KeyboardInterrupt
        network, looked_at = training.network, data.train[:BODY_ROWS]
        _, accuracy = network.evaluate(*network.place(looked_at.x, looked_at.labels))
    return {name: array for name, array in network.state().items() if not name.startswith("head")}, accuracy


def begun(state, n_classes, seed):
    """A network before its first step: fresh, but for the arrays of `state`."""
    network = fresh(n_classes, seed)
    network.load_state(network.state() | dict(state))
    return network


def features(state, n_classes, seed, x):
    """The outputs of a body for x, in evaluation mode, float32."""
    network = begun(state, n_classes, seed)
    with one_thread():
        return network.features(x)


def trained(state, recipe, data, steps, part):
    """A ShortRun of a network that starts from `state`; optimizer, schedule, batches and seed are the recipe's."""
    network = begun(state, data.n_classes, recipe.seed)
    network.set_optimizer(recipe.optimizer, recipe.learning_rate)
    measured, losses = data.splits()[part], []
    with one_thread(), np.errstate(all="ignore"):
        for step, batch in enumerate(batches(recipe, data, steps)):
            network.optimizer.learning_rate = learning_rate_at(recipe, step, steps)
            losses.append(network.update(*network.place(*batch)))
            if not math.isfinite(losses[-1]):
                break
        loss, accuracy = network.evaluate(*network.place(measured.x, measured.labels))
    broke = not math.isfinite(losses[-1])
    diverged = broke or not math.isfinite(loss)
    return ShortRun(
        accuracy=1 / data.n_classes if diverged else accuracy,
        loss=LARGEST_LOSS if diverged else min(loss, LARGEST_LOSS),
        diverged=diverged,
        steps=len(losses) - broke,
        step_losses=losses,
        clipped=0,
        network=network,
        last_rate=float(network.optimizer.learning_rate),
    )
