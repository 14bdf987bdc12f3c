"""Races of the optimizers to a loss: how many steps one of them needs, in three settings.

A race ends when the loss is at its goal. The three settings:

mini-batch images : Fashion-MNIST, a batch a step; the loss is that of images that the network does not learn from
full-batch images : a few hundred images, all of them in every step; the loss is that of these images, which is what
    an optimizer is asked to make small. Tuning has other images than the measurement
adding problem : a recurrent network; the loss is the mean squared error of held-out sequences, in percent of that of
    the constant answer
"""

import math
from dataclasses import dataclass

import numpy as np

from course_lib.engine import numpy_backend as network
from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.experiments import adding_runs, short_runs
from course_lib.recipe import Recipe, random_stream

MINI_BATCH, FULL_BATCH, ADDING = "mini-batch images", "full-batch images", "adding problem"
UNLIKE = 0.01  # a step that is farther from gradient descent's, in units of both their lengths, is another one


@dataclass(frozen=True)
class Race:
    """How a race ended.

    Parameters
    ----------
    steps : until the loss was at its goal, 1 or more; between two looks at the loss it counts as falling evenly. All
        the steps that the race allows where the loss never got there
    reached : the loss got there
    diverged : a loss was not finite
    unlike_gradient_descent : on images, whether one more step at the end was another than gradient descent would have
        made from there; False on the adding problem, where it is not looked at, and after divergence
    """

    steps: float
    reached: bool
    diverged: bool
    unlike_gradient_descent: bool = False


def race(setting, seed, settings, optimizer, learning_rate, part):
    """One optimizer's race.

    Parameters
    ----------
    setting : MINI_BATCH, FULL_BATCH or ADDING
    seed : of the network, the batches and the sequences
    settings : the experiment's; `settings[setting]` are those of this race
    optimizer, learning_rate : as in a Recipe
    part : "validation" while rates are tuned, "test" when the claim is measured

    Returns
    -------
    Race
    """
    own = settings[setting]
    if setting == ADDING:
        return _until(own["goal"], own["steps"], _on_the_adding_problem(own, seed, optimizer, learning_rate, part))
    recipe = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        normalization="none",
        drop_rate=0.0,
        optimizer=optimizer,
        learning_rate=learning_rate,
        l2=settings["weight_decay"] if optimizer == "adamw" else 0.0,
        batch_size=settings["batch"],
        seed=seed,
    )
    looks, net, batch = (_on_mini_batches if setting == MINI_BATCH else _on_the_full_batch)(own, recipe, part)
    with np.errstate(all="ignore"):  # runs that diverge say so
        result = _until(own["goal"], own["steps"], looks)
        unlike = not result.diverged and _unlike_gradient_descent(net, batch)
    return Race(result.steps, result.reached, result.diverged, unlike)


def _until(goal, most, looks):
    """The Race over the looks (steps made, loss): to the first loss that is not above the goal."""
    before = None
    for steps, loss in looks:
        if not math.isfinite(loss):
            return Race(float(most), False, True)
        if loss <= goal:
            return Race(max(1.0, _crossing(before, (steps, loss), goal)), True, False)
        before = (steps, loss)
    return Race(float(most), False, False)


def _crossing(before, after, goal):
    """Where the straight line between two looks is at the goal."""
    if before is None:
        return float(after[0])
    share = (before[1] - goal) / (before[1] - after[1])
    return before[0] + share * (after[0] - before[0])


def _on_mini_batches(own, recipe, part):
    data = short_runs.fashion_mnist(own["images"])
    net = network.Network(recipe, data.n_inputs, data.n_classes)
    held_out = getattr(data, part)
    held_out = net.place(held_out.x[: own["evaluated"]], held_out.labels[: own["evaluated"]])

    def looks():
        for steps, batch in enumerate(short_runs.batches(recipe, data, own["steps"])):
            if steps % own["look_every"] == 0:
                yield steps, net.evaluate(*held_out)[0]
            if not math.isfinite(net.update(*batch)):
                yield steps, math.nan
        yield own["steps"], net.evaluate(*held_out)[0]

    return looks(), net, next(short_runs.batches(recipe, data, 1))


def _on_the_full_batch(own, recipe, part):
    data = short_runs.fashion_mnist()
    images = data.validation if part == "validation" else data.train
    chosen = random_stream(recipe.seed, "batches").permutation(len(images))[: own["images"]]
    net = network.Network(recipe, data.n_inputs, data.n_classes)
    batch = net.place(images.x[chosen], images.labels[chosen])

    def looks():
        for steps in range(own["steps"]):
            yield steps, net.update(*batch)  # the loss before the update
        yield own["steps"], net.evaluate(*batch)[0]

    return looks(), net, batch


def _on_the_adding_problem(own, seed, optimizer, learning_rate, part):
    net = RecurrentNetwork(
        2,
        own["units"],
        1,
        optimizer=optimizer,
        learning_rate=learning_rate,
        clip_norm=own["clip_norm"],
        seed=seed,
        dtype="float32",
    )
    x, targets = adding_runs.draw(own["length"], own["steps"] * own["batch"], seed, "training")
    held_out = adding_runs.draw(own["length"], own["evaluated"], seed, part)
    for steps in range(own["steps"]):
        if steps % own["look_every"] == 0:
            yield steps, adding_runs.error_percent(net, *held_out)
        rows = slice(steps * own["batch"], (steps + 1) * own["batch"])
        if not math.isfinite(net.train_step(x[rows], targets[rows])):
            yield steps, math.nan
    yield own["steps"], adding_runs.error_percent(net, *held_out)


def _unlike_gradient_descent(net, batch):
    before = net.flat_parameters.astype(np.float64)
    if not math.isfinite(net.update(*batch)):
        return False
    step = net.flat_parameters - before
    plain = -net.recipe.learning_rate * net.flat_gradients.astype(np.float64)
    distance = np.linalg.norm(step - plain)
    return bool(distance > UNLIKE * (np.linalg.norm(step) + np.linalg.norm(plain)))
