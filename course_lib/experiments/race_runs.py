"""Races of the optimizers to a loss: how many steps one of them needs, in four settings.

A race ends when the loss is at its goal. The four settings:

mini-batch images : Fashion-MNIST, a batch a step; the loss is that of images that the network does not learn from
full-batch images : a few hundred images, all of them in every step; the loss is that of these images, which is what
    an optimizer is asked to make small. Tuning has other images than the measurement
adding problem : a recurrent network; the loss is the mean squared error of held-out sequences, in percent of that of
    the constant answer
annealed runs : as mini-batch images, but no run is stopped: each of several budgets has a run of its own, annealed to
    its end. The steps are those of the budget at which such a run ends at the goal

The first two have images as they are, pixels between 0 and 1, or standardized.
"""

import dataclasses
import functools
import math
from dataclasses import dataclass, field

import numpy as np

from course_lib.data import Split
from course_lib.engine import numpy_backend as network
from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.experiments import adding_runs, recipe_arms, short_runs
from course_lib.experiments.short_runs import LARGEST_LOSS, ShortRun
from course_lib.recipe import Recipe

MINI_BATCH, FULL_BATCH, ADDING = "mini-batch images", "full-batch images", "adding problem"
ANNEALED = "annealed runs"
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
        made from there; False on the adding problem and in annealed runs, where it is not looked at, and after
        divergence
    end : of a race on images, what the network came to; in annealed runs, that of the largest budget
    """

    steps: float
    reached: bool
    diverged: bool
    unlike_gradient_descent: bool = False
    end: ShortRun | None = field(default=None, repr=False, compare=False)


def race(seed, settings, optimizer, learning_rate, part):
    """One optimizer's race.

    Parameters
    ----------
    seed : of the network, the images, the batches and the sequences
    settings : of a case of the experiment; `settings["race"]` is MINI_BATCH, FULL_BATCH, ADDING or ANNEALED, and
        `settings[settings["race"]]` are those of this race
    optimizer, learning_rate : as in a Recipe
    part : "validation" while rates are tuned, "test" when the claim is measured

    Returns
    -------
    Race
    """
    kind = settings["race"]
    own = settings[kind]
    if kind == ADDING:
        return _until(own["goal"], own["steps"], _on_the_adding_problem(own, seed, optimizer, learning_rate, part))
    data = images(seed, own["images"], settings["data"], settings["standardized"])
    recipe = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        normalization="none",
        drop_rate=0.0,
        optimizer=optimizer,
        learning_rate=learning_rate,
        batch_size=settings["batch"],
        seed=seed,
    )
    if kind == ANNEALED:
        return _annealed(own, recipe, data, part)
    looks, net, batch = (_on_mini_batches if kind == MINI_BATCH else _on_the_full_batch)(own, recipe, data, part)
    with np.errstate(all="ignore"):  # runs that diverge say so
        result = _until(own["goal"], own["steps"], looks)
        end = _end(net, result, data.splits()[part])
        unlike = not result.diverged and _unlike_gradient_descent(net, batch)
    return dataclasses.replace(result, unlike_gradient_descent=unlike, end=end)


@functools.lru_cache(maxsize=2)
def images(seed, n_images, data, standardized):
    """The Dataset of a seed, to read and not to change.

    Standardized, all pixels of the training images together have mean 0 and variance 1, and the same shift and scale
    are applied to the other parts: `transforms.Normalize` of torchvision with the mean and deviation of a data set.
    """
    drawn = recipe_arms.images(seed, {"images": n_images, "data": data})
    if not standardized:
        return drawn
    mean, deviation = drawn.train.x.mean(dtype=np.float64), drawn.train.x.std(dtype=np.float64)
    parts = {
        name: Split(((part.x - mean) / deviation).astype(np.float32), part.labels)  # (x - mean) / deviation
        for name, part in drawn.splits().items()
    }
    return dataclasses.replace(drawn, **parts)


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


def _on_mini_batches(own, recipe, data, part):
    net = network.Network(recipe, data.n_inputs, data.n_classes)
    held_out = data.splits()[part]
    held_out = net.place(held_out.x[: own["evaluated"]], held_out.labels[: own["evaluated"]])

    def looks():
        for steps, batch in enumerate(short_runs.batches(recipe, data, own["steps"])):
            if steps % own["look_every"] == 0:
                yield steps, net.evaluate(*held_out)[0]
            if not math.isfinite(net.update(*batch)):
                yield steps, math.nan
        yield own["steps"], net.evaluate(*held_out)[0]

    return looks(), net, next(short_runs.batches(recipe, data, 1))


def _on_the_full_batch(own, recipe, data, part):
    """`part` does not count: the loss is that of the images that are learned from."""
    net = network.Network(recipe, data.n_inputs, data.n_classes)
    batch = net.place(data.train.x, data.train.labels)

    def looks():
        for steps in range(own["steps"]):
            yield steps, net.update(*batch)  # the loss before the update
        yield own["steps"], net.evaluate(*batch)[0]

    return looks(), net, batch


def _annealed(own, recipe, data, part):
    """The Race over budgets: between two of them the loss counts as falling evenly with the budget's logarithm."""
    runs = []
    for steps in own["budgets"]:
        runs += short_runs.train([recipe_arms.annealed(recipe, steps)], data, steps, part)
        if runs[-1].diverged:
            return Race(float(own["budgets"][-1]), False, True, end=runs[-1])
    looks = [(math.log2(steps), run.loss) for steps, run in zip(own["budgets"], runs, strict=True)]
    result = _until(own["goal"], looks[-1][0], iter(looks))
    return dataclasses.replace(result, steps=2**result.steps, end=runs[-1])


def _end(net, result, part):
    """What the network of a race came to, as a ShortRun."""
    loss, accuracy = math.nan, 0.0
    if not result.diverged:
        loss, accuracy = net.evaluate(*net.place(part.x, part.labels))
    diverged = not math.isfinite(loss)
    return ShortRun(
        accuracy=1 / net.n_classes if diverged else accuracy,
        loss=LARGEST_LOSS if diverged else min(loss, LARGEST_LOSS),
        diverged=diverged,
        steps=math.ceil(result.steps),
        step_losses=[],
        clipped=net.clipped_steps,
        network=net,
        last_rate=float(net.optimizer.learning_rate),
    )


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
    """Looks at the weights of the first layer: beside Muon, biases take Adam."""
    before = _first_weights(net)
    _, gradients = net.loss_and_gradients(*batch)
    if not math.isfinite(net.update(*batch)):
        return False
    step = _first_weights(net) - before
    plain = -net.recipe.learning_rate * gradients["dense1.weight"].astype(np.float64)
    distance = np.linalg.norm(step - plain)
    return bool(distance > UNLIKE * (np.linalg.norm(step) + np.linalg.norm(plain)))


def _first_weights(net):
    return net.parameters()["dense1.weight"].astype(np.float64)
