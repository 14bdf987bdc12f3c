"""One recurrent network trained on the adding problem, and what became of it.

The sequences are drawn anew for every step. Training, validation and test sequences come from seeds of their own.
"""

from dataclasses import dataclass

import numpy as np

from course_lib.data import sequences
from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.experiments import recipe_arms
from course_lib.scratch import clipping
from course_lib.training.schedules import learning_rate_at

PARTS = ("training", "validation", "test")
NO_CLIPPING, BY_NORM, BY_VALUE = "no clipping", "by norm", "by value"
KINDS = (NO_CLIPPING, BY_NORM, BY_VALUE)
OPTIMIZERS = {"adam": "Adam", "gradient_descent": "gradient descent"}
SETTINGS = {  # that both claims on clipping have
    "length": 30,
    "units": 32,
    "batch": 32,
    "activation": "relu",
    "initialization": "identity",
    "clip_norm": 1.0,  # did best of 0.1, 1 and 3 in trial runs with other seeds
    "clip_value": 0.3,  # did best of 0.01, 0.03, 0.1, 0.3 and 1 in the same runs
    "survives_with_parameters_up_to": 100.0,  # they start between -1 and 1
    "survives_with_error_up_to": 200.0,  # percent of the constant answer's
    "solved_with_error_up_to": 10.0,
}
LOOK_EVERY = 50  # steps between two looks at how far clipping turns the gradient


@dataclass(frozen=True)
class AddingRun:
    """A run's outcome.

    error : mean squared error on held-out sequences at the end, in percent of that of the constant answer; inf if it
        is no finite number
    finite : no step's loss was infinite
    largest_parameter : the largest size of an entry of the parameters, at the end
    clipped : steps on which the gradient was clipped
    turned : mean angle in degrees between the gradient and what clipping makes of it; 0 without clipping
    """

    error: float
    finite: bool
    largest_parameter: float
    clipped: int
    turned: float

    def survived(self, settings):
        """Whether it did not blow up: finite losses, no huge parameter, and not much worse than the constant answer."""
        return (
            self.finite
            and self.largest_parameter <= settings["survives_with_parameters_up_to"]
            and self.error <= settings["survives_with_error_up_to"]
        )

    def solved(self, settings):
        """Whether it solved the problem: it survived, and its error is a small part of the constant answer's."""
        return self.survived(settings) and self.error <= settings["solved_with_error_up_to"]


def train(seed, settings, optimizer, learning_rate, clipping_name, part="test"):
    """An AddingRun.

    Parameters
    ----------
    seed : of the network and of all sequences
    settings : length, units, batch, steps, evaluated, activation, initialization, clip_norm, clip_value, annealed
    optimizer, learning_rate : as in a Recipe; where the settings say annealed, the rate rises and falls over the run
    clipping_name : NO_CLIPPING, BY_NORM or BY_VALUE
    part : the sequences that the error is measured on, "validation" or "test"
    """
    network = RecurrentNetwork(
        2,
        settings["units"],
        1,
        activation=settings["activation"],
        initialization=settings["initialization"],
        optimizer=optimizer,
        learning_rate=learning_rate,
        seed=seed,
        dtype="float32",
        **_limit(settings, clipping_name),
    )
    length, batch, steps = settings["length"], settings["batch"], settings["steps"]
    x, targets = draw(length, steps * batch, seed, "training")
    held_out = draw(length, settings["evaluated"], seed, part)
    clipped, angles, finite = 0, [], True
    annealed = recipe_arms.annealed(network.recipe, steps)
    for step in range(steps):
        if settings["annealed"]:
            network.optimizer.learning_rate = learning_rate_at(annealed, step, steps)
        rows = slice(step * batch, (step + 1) * batch)
        if clipping_name != NO_CLIPPING and step % LOOK_EVERY == 0:
            angles.append(turned_by_clipping(network, x[rows], targets[rows], settings, clipping_name))
        finite = bool(np.isfinite(network.train_step(x[rows], targets[rows])))
        if not finite:
            break
        clipped += network.clipped
    angles = [angle for angle in angles if np.isfinite(angle)]
    return AddingRun(
        error=error_percent(network, *held_out),
        finite=finite,
        largest_parameter=_largest(network.parameters().values()),
        clipped=clipped,
        turned=float(np.mean(angles)) if angles else 0.0,
    )


def arm(optimizer, clipping_name):
    """arm("adam", BY_NORM) -> "Adam, by norm"."""
    return f"{OPTIMIZERS[optimizer]}, {clipping_name}"


def draw(length, n, seed, part):
    """n sequences of a part of a seed's data; no two parts or seeds share a random stream."""
    return sequences.adding_problem(n, length, seed=len(PARTS) * seed + PARTS.index(part))


def error_percent(network, x, targets):
    """The mean squared error in percent of ADDING_VARIANCE, that of always answering 1; inf if not finite."""
    outputs = network.outputs(x).astype(np.float64)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        error = float(np.mean((outputs - targets) ** 2)) / sequences.ADDING_VARIANCE
    return 100 * error if np.isfinite(error) else float("inf")


def turned_by_clipping(network, x, targets, settings, clipping_name):
    """The angle in degrees between the gradient of a batch and the same clipped; NaN if it is 0 or not finite."""
    _, gradients = network.loss_and_gradients(x, targets)
    gradient = np.concatenate([array.ravel() for array in gradients.values()]).astype(np.float64)
    clipped = gradient.copy()
    if not np.isfinite(gradient).all():
        return float("nan")
    if clipping_name == BY_NORM:
        clipping.clip_by_norm(clipped, settings["clip_norm"])
    else:
        clipping.clip_by_value(clipped, settings["clip_value"])
    lengths = np.linalg.norm(gradient) * np.linalg.norm(clipped)
    if lengths == 0:
        return float("nan")
    return float(np.degrees(np.arccos(np.clip(gradient @ clipped / lengths, -1, 1))))


def _limit(settings, clipping_name):
    limits = {NO_CLIPPING: (), BY_NORM: ("clip_norm",), BY_VALUE: ("clip_value",)}[clipping_name]
    return {name: settings[name] for name in limits}


def _largest(arrays):
    largest = float(np.max([np.abs(array).max() for array in arrays]))  # np.max passes NaN on, max does not
    return largest if np.isfinite(largest) else float("inf")
