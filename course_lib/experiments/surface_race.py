"""Six optimizers on one surface of two parameters: where each goes, and how many steps it takes to the bottom.

A surface gives the same gradient at the same place every time. A mini-batch does not: what wins here is a picture of
how the optimizers move, not a measurement of how they train.
"""

import numpy as np

from course_lib.recipe import ENTRYWISE_OPTIMIZERS, check_choice
from course_lib.scratch import optimizers

RATES = (
    0.001,
    0.0015,
    0.002,
    0.003,
    0.005,
    0.007,
    0.01,
    0.015,
    0.02,
    0.03,
    0.05,
    0.07,
    0.1,
    0.15,
    0.2,
    0.3,
    0.5,
    0.7,
    1.0,
    1.5,
    2.0,
)
MOMENTUM = 0.9
GOAL = 1e-3  # share of the loss at the start
STEPS = 150
WITHIN = 3.0  # the part of the surface that is shown, from -3 to 3


def make_optimizer(name, position, learning_rate, momentum=MOMENTUM):
    """The NumPy engine's optimizer for `position`, an array that its `step(gradient)` changes in place.

    Parameters
    ----------
    name : one of `recipe.ENTRYWISE_OPTIMIZERS`: a surface's two parameters are no matrix, which Muon would need
    position : array (..., 2)
    learning_rate : a number, or an array (..., 1) to walk with many rates at once
    momentum : mu of momentum and Nesterov, beta1 of Adam and AdamW; gradient descent and RMSProp have none
    """
    check_choice("optimizer", name, ENTRYWISE_OPTIMIZERS)
    if name == "gradient_descent":
        return optimizers.GradientDescent(position, learning_rate)
    if name == "momentum":
        return optimizers.Momentum(position, learning_rate, momentum)
    if name == "nesterov":
        return optimizers.Nesterov(position, learning_rate, momentum)
    if name == "rmsprop":
        return optimizers.RMSProp(position, learning_rate)
    if name == "adam":
        return optimizers.Adam(position, learning_rate, beta1=momentum)
    return optimizers.AdamW(position, learning_rate, beta1=momentum)  # with PyTorch's decay, 0.01


def walk(surface, optimizer, learning_rate, momentum=MOMENTUM, steps=STEPS, start=None):
    """The path of one optimizer.

    Parameters
    ----------
    surface : Surface
    optimizer, momentum : as for `make_optimizer`
    learning_rate : a number, or a sequence of n of them: n walks at once
    steps : how many
    start : (x, y), None is the surface's own

    Returns
    -------
    array (steps + 1, 2), start first; with n learning rates (steps + 1, n, 2). What has run away is not finite.
    """
    rates = np.asarray(learning_rate, float)
    position = np.empty((*rates.shape, 2))
    position[...] = surface.start if start is None else start
    mover = make_optimizer(optimizer, position, rates[..., None] if rates.ndim else float(rates), momentum)
    path = [position.copy()]
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for _ in range(steps):
            mover.step(np.stack(surface.gradient(position[..., 0], position[..., 1]), axis=-1))
            path.append(position.copy())
    return np.stack(path)


def losses_on(surface, path):
    """The loss at every place of a path, an array (..., 2) -> (...)."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return surface.loss(path[..., 0], path[..., 1])


def steps_to_goal(losses, goal=GOAL):
    """The first step from which on the loss stays at most `goal` times the first loss, or None if there is none."""
    with np.errstate(invalid="ignore"):
        above = ~(np.asarray(losses) <= goal * losses[0])
    last_above = int(np.flatnonzero(above)[-1])  # the first loss is above: there is one
    return last_above + 1 if last_above + 1 < len(losses) else None


def tuned_race(surface, rates=RATES, steps=STEPS, momentum=MOMENTUM, within=WITHIN):
    """Every optimizer at the rate, out of `rates`, with which it gets to the goal in the fewest steps.

    Where no rate gets there, the one with the lowest loss at the end is taken. A rate with which a coordinate goes
    beyond `within` does not count while another one stays inside: a lucky throw is not a way to train.

    Returns
    -------
    {optimizer: (learning rate, steps to the goal or None, path (steps + 1, 2))}
    """
    result = {}
    for name in ENTRYWISE_OPTIMIZERS:
        paths = walk(surface, name, rates, momentum, steps)
        losses = losses_on(surface, paths)
        counts = [steps_to_goal(of_rate) for of_rate in losses.T]
        with np.errstate(invalid="ignore"):
            inside = (np.abs(paths) <= within).all(axis=(0, 2))
        last = np.where(np.isfinite(losses[-1]), losses[-1], np.inf)
        ranks = [
            (not stays, steps + 1 if count is None else count, loss)
            for stays, count, loss in zip(inside, counts, last, strict=True)
        ]
        best = ranks.index(min(ranks))
        result[name] = (rates[best], counts[best], paths[:, best])
    return result
