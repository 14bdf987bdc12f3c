"""Short training runs for experiments: a fixed number of steps, and what came of them on data that was kept apart.

A run takes the same first parameters, batches, masks and shifts as `training.fit` does with the same recipe, in the
NumPy engine and in float32. It leaves out what an experiment does not need: curves, callbacks, the measurement after
every epoch. A run that diverges is a result here and not an error.
"""

import functools
import math
from dataclasses import dataclass, field

import numpy as np

from course_lib.data import Dataset, Split, load_fashion_mnist
from course_lib.engine import numpy_backend as network
from course_lib.engine import numpy_stack as stack
from course_lib.engine.stack import MAY_DIFFER
from course_lib.recipe import Recipe, RecipeError, random_stream
from course_lib.scratch import augmentation
from course_lib.scratch.calibration import expected_calibration_error
from course_lib.scratch.losses import softmax
from course_lib.training.batches import augment, epoch_batches
from course_lib.training.schedules import check_schedule, learning_rate_at

LARGEST_LOSS = 1000.0  # the loss of a run that diverged, and the largest that any run reports
ACCURACY, LOSS, CALIBRATION = "test accuracy, %", "test loss", "calibration error, %"  # names of quantities
WIDEST_STACKED = 64  # units: up to this width a stack of networks is trained in less time than one after the other
LARGEST_STACK = 12  # networks: more gain nothing


@dataclass(frozen=True)
class ShortRun:
    """What one short run came to.

    Parameters
    ----------
    accuracy : share of the measured part's examples that are classified right, in evaluation mode. A run that diverged
        has chance accuracy: 1 / number of classes
    loss : mean cross-entropy on the measured part, without penalties, at most LARGEST_LOSS; that, if it diverged
    diverged : the loss of a step, or the loss at the end, was not a finite number
    steps : updates that were made; fewer than asked for when the run diverged
    step_losses : the batch's loss of every step, before its update; the last one is not finite when a step diverged
    clipped : steps on which the gradient was clipped
    network : the trained scratch Network
    last_rate : learning rate of the last step
    """

    accuracy: float
    loss: float
    diverged: bool
    steps: int
    step_losses: list[float] = field(repr=False)
    clipped: int
    network: object = field(repr=False)
    last_rate: float | None = None


@functools.cache
def fashion_mnist(n_train=None):
    """The embedded Fashion-MNIST with only its first `n_train` training images (None: all), to read and not to change.

    Raises
    ------
    ValueError : more training images than there are, or none
    """
    data = load_fashion_mnist()
    n_all = len(data.train)
    if n_train is not None and not 1 <= n_train <= n_all:
        raise ValueError(f"n_train is {n_train!r}; the embedded set has 1 to {n_all} training images to give.")
    train_part = Split(data.train.x[:n_train], data.train.labels[:n_train])
    parts = (train_part, data.validation, data.test)
    for part in parts:
        for array in (part.x, part.labels):
            array.setflags(write=False)  # one copy is shared by all who ask
    return Dataset(*parts, data.name, data.class_names, data.image_shape)


def train(recipes, data, steps, part="validation", starts=None, rate_at=None):
    """Train a network for each recipe, and measure it on one part of the data.

    Networks with layers of at most WIDEST_STACKED units are trained as one stack where their recipes allow it, which
    takes less time. Each gives the numbers it gives alone, but for float32's rounding.

    Parameters
    ----------
    recipes : list of Recipe; their `epochs` do not count, and `patience` must be None. A schedule is one of `steps`
        steps
    data : Dataset
    steps : updates of each run, 0 or more
    part : "train", "validation" or "test": what accuracy and loss are measured on
    starts : for each recipe {name: array} of what its network starts from in place of its own parameters, pretrained
        layers for example; None, for a recipe or for all, changes nothing
    rate_at : function of (recipe, step, steps) that gives every update's learning rate; None is `learning_rate_at`, the
        recipe's schedule

    Returns
    -------
    list of ShortRun, in the order of the recipes

    Raises
    ------
    RecipeError : a recipe that waits for early stopping, whose batch is larger than the training part, or whose
        schedule does not fit into the steps
    ValueError : the data has no such part
    """
    measured = data.splits().get(part)
    if measured is None:
        raise ValueError(f"part is {part!r}; this data has the parts {', '.join(data.splits())}.")
    for recipe in recipes:
        _check(recipe, data, steps)
    with np.errstate(all="ignore"):  # runs that diverge say so in their result
        runs = {}
        for places in _groups(recipes):
            group = [recipes[place] for place in places]
            own_starts = [starts[place] if starts else None for place in places]
            train_group = _train_stack if len(group) > 1 else _train_alone
            runs |= zip(places, train_group(group, data, steps, measured, own_starts, rate_at), strict=True)
    return [runs[place] for place in range(len(recipes))]


def batches(recipe, data, steps):
    """The batches (x, labels) that `fit` takes, one after the other: `steps` of them."""
    x, labels = np.asarray(data.train.x, np.float32), data.train.labels
    batch_rng = random_stream(recipe.seed, "batches")
    augmentation_rng = random_stream(recipe.seed, "augmentation")
    done = 0
    while done < steps:
        for indices in epoch_batches(len(x), recipe.batch_size, batch_rng)[: steps - done]:
            batch = x.take(indices, axis=0)
            if recipe.augmentation != "none":
                batch = augment(batch, data.image_shape, recipe, augmentation_rng, augmentation)
            yield batch, labels.take(indices)
            done += 1


def quantities(run, part):
    """The numbers of a ShortRun that an Outcome keeps: accuracy, loss, calibration error on a Split, divergence.

    A run that diverged knows nothing: the same chance for every class, which is calibrated. `diverged` is 1 or 0.
    """
    calibration = 0.0
    if not run.diverged:
        with np.errstate(all="ignore"):  # a sum beyond float32 that a ReLU takes to 0
            probabilities = softmax(np.asarray(run.network.logits(part.x), np.float64))
        calibration = expected_calibration_error(probabilities, part.labels)
    found = {ACCURACY: 100 * run.accuracy, LOSS: run.loss, CALIBRATION: 100 * calibration}
    return found | {"diverged": float(run.diverged)}


def how_far_means_moved(trained):
    """The largest of batch norm's running means of a Network; they start at 0. 0 when it has no batch norm."""
    means = [value for name, value in trained.state().items() if name.endswith("running_mean")]
    return float(np.abs(np.concatenate(means)).max()) if means else 0.0


def decades_down(run):
    """How far the learning rate fell from the recipe's to the last step's, in decades; 0 where it stands still."""
    fall = math.log10(run.network.recipe.learning_rate / run.last_rate)
    return round(fall, 5)  # a rate that stands still is 0 also after float32 has rounded it


def score(run):
    """For an experiment's `tune`: the accuracy in percent, -inf where the run diverged."""
    return -math.inf if run.diverged else 100 * run.accuracy


def _groups(recipes):
    """Places in the list of recipes: a list of places for each stack, and one of a single place where none pays."""
    groups = {}
    for place, recipe in enumerate(recipes):
        pays = recipe.hidden_layers and max(recipe.hidden_layers) <= WIDEST_STACKED
        key = recipe.replace(**{name: getattr(Recipe(), name) for name in MAY_DIFFER}) if pays else place
        groups.setdefault(key, []).append(place)
    starts = [(places, start) for places in groups.values() for start in range(0, len(places), LARGEST_STACK)]
    return [places[start : start + LARGEST_STACK] for places, start in starts]


def _train_alone(recipes, data, steps, measured, starts, rate_at):
    (recipe,), (start,) = recipes, starts
    net = network.Network(recipe, data.n_inputs, data.n_classes)
    if start is not None:
        net.load_parameters(net.parameters() | start)
    losses = []
    for step, batch in enumerate(batches(recipe, data, steps)):
        if rate_at or recipe.schedule != "constant":
            net.optimizer.learning_rate = (rate_at or learning_rate_at)(recipe, step, steps)
        losses.append(net.update(*batch))
        if not math.isfinite(losses[-1]):
            break
    diverged = bool(losses) and not math.isfinite(losses[-1])
    loss, accuracy = (math.nan, 0.0) if diverged else net.evaluate(*net.place(measured.x, measured.labels))
    return [_short_run(losses, loss, accuracy, net, net.optimizer.learning_rate)]


def _train_stack(recipes, data, steps, measured, starts, rate_at):
    nets = stack.NetworkStack(recipes, data.n_inputs, data.n_classes)
    for number, start in enumerate(starts):
        if start is not None:
            nets.load_parameters(number, nets.network(number).parameters() | start)
    losses = []
    for step, (x, labels) in enumerate(_stacked_batches(recipes, data, steps)):
        if rate_at or recipes[0].schedule != "constant":  # the same for all in a stack
            rates = [[(rate_at or learning_rate_at)(recipe, step, steps)] for recipe in recipes]
            nets.optimizer.learning_rate = np.array(rates, nets.dtype)
        losses.append(nets.update(x, labels))
        if not nets.alive.any():
            break
    measured_losses, accuracies = nets.evaluate(measured.x, measured.labels)
    measured_losses[~nets.alive] = math.nan
    step_losses = np.reshape(losses, (-1, len(recipes))).T.tolist()  # a list for each network
    runs = []
    for number, own_losses in enumerate(step_losses):
        loss, accuracy = float(measured_losses[number]), float(accuracies[number])
        last_rate = nets.optimizer.learning_rate[number, 0]
        runs.append(_short_run(_until_it_broke(own_losses), loss, accuracy, nets.network(number), last_rate))
    return runs


def _until_it_broke(losses):
    """The losses up to the first that is not finite, that one included."""
    broken = next((step for step, loss in enumerate(losses, start=1) if not math.isfinite(loss)), len(losses))
    return losses[:broken]


def _short_run(step_losses, loss, accuracy, net, last_rate):
    """The result of a run whose loss and accuracy at the end were these; a loss that is not finite: it diverged."""
    diverged = not math.isfinite(loss)
    broke = bool(step_losses) and not math.isfinite(step_losses[-1])
    return ShortRun(
        accuracy=1 / net.n_classes if diverged else accuracy,
        loss=LARGEST_LOSS if diverged else min(loss, LARGEST_LOSS),
        diverged=diverged,
        steps=len(step_losses) - broke,
        step_losses=step_losses,
        clipped=net.clipped_steps,
        network=net,
        last_rate=float(last_rate),
    )


def _stacked_batches(recipes, data, steps):
    """For every step the batches of all recipes: x (networks, batch, inputs), labels (networks, batch)."""
    if len({recipe.seed for recipe in recipes}) == 1:  # one batch for all, which is not copied
        for x, labels in batches(recipes[0], data, steps):
            yield np.broadcast_to(x, (len(recipes), *x.shape)), np.broadcast_to(labels, (len(recipes), *labels.shape))
        return
    for step in zip(*(batches(recipe, data, steps) for recipe in recipes), strict=True):
        yield tuple(np.stack(arrays) for arrays in zip(*step, strict=True))


def _check(recipe, data, steps):
    if recipe.patience is not None:
        raise RecipeError(f"patience is {recipe.patience}; a short run makes all its steps. Set patience=None.")
    if recipe.batch_size > len(data.train):
        raise RecipeError(f"batch_size is {recipe.batch_size}, but there are only {len(data.train)} training examples.")
    if steps:
        check_schedule(recipe, steps)
