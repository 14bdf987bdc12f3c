"""Pullover against coat with few labels: what is shared by the claims on reusing a trained network.

Both claims compare, at the same number of labels and of steps, a network that starts from what it learned on the other
eight classes with one that starts fresh. Arms are paired: the same labels, batches and first head.
"""

import functools
import math

import numpy as np

from course_lib.data import load_fashion_mnist
from course_lib.experiments import eight_classes
from course_lib.experiments.experiment import Comparison
from course_lib.experiments.short_runs import ACCURACY
from course_lib.recipe import Recipe, random_stream
from course_lib.training.batches import epoch_batches
from course_lib.training.schedules import learning_rate_at

CHANCE = 0.5
HEAD, FINE_TUNED, SCRATCH = "head only", "fine-tuned", "from scratch"
LABELS = (5, 10, 50, 100, 500, 2000)
GRID = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
WARM_UP = 0.1  # share of the steps
STEPS = {"5": 50, "10": 100, "50": 100, "100": 150, "500": 200, "2000": 300}  # of every arm, by number of labels
SETTINGS = {"labels": list(LABELS), "steps": STEPS, "batch": 20, "optimizer": "adam", "grid": GRID, "evaluated": 400}
SMALL = {"steps": dict.fromkeys(STEPS, 5), "grid": [0.01], "evaluated": 100}
STREAM = 4104  # of the choice of labels, apart from the streams of a recipe


@functools.cache
def pullovers_and_coats():
    """The two classes that the eight-class network has not seen, as a Dataset to read and not to change."""
    return _to_read(eight_classes.two_classes(load_fashion_mnist()))


@functools.cache
def the_other_eight():
    """The other eight classes, as a Dataset to read and not to change."""
    return _to_read(eight_classes.eight_classes(load_fashion_mnist()))


def _to_read(data):
    for part in data.splits().values():
        for array in (part.x, part.labels):
            array.setflags(write=False)  # one copy is shared by all who ask
    return data


def chosen(labels, n, seed):
    """The places of n training images, as many of each of the two classes as of the other, or one more of one."""
    rng = np.random.default_rng([STREAM, seed])
    orders = [rng.permutation(np.flatnonzero(labels == number)) for number in (0, 1)]
    odd_one = int(rng.integers(2))
    sizes = [n // 2 + (n % 2 if number == odd_one else 0) for number in (0, 1)]
    return np.concatenate([order[:size] for order, size in zip(orders, sizes, strict=True)])


def batches(n, seed, settings):
    """For every step the places, among the n labeled images, of the batch."""
    rng, left = random_stream(seed, "batches"), settings["steps"][str(n)]
    while left:
        for indices in epoch_batches(n, min(settings["batch"], n), rng)[:left]:
            yield indices
            left -= 1


def accuracy(network, n, seed, settings, part):
    """Train a network of either engine on n labeled images; its accuracy on one part. One that diverged: chance.

    The learning rate rises over a tenth of the steps, and then falls to 0 along half a cosine. Without the fall the
    last steps move the accuracy by points; without the rise some fresh networks die in their first steps.

    Returns
    -------
    (accuracy as a share, whether it diverged)
    """
    data = pullovers_and_coats()
    places = chosen(data.train.labels, n, seed)
    x, labels = network.place(data.train.x[places], data.train.labels[places])
    steps, peak = settings["steps"][str(n)], network.optimizer.learning_rate
    warm_up = max(1, round(WARM_UP * steps))
    schedule = Recipe(hidden_layers=(), learning_rate=peak, schedule="cosine", schedule_steps=(warm_up,))
    for step, indices in enumerate(batches(n, seed, settings)):
        network.optimizer.learning_rate = learning_rate_at(schedule, step, steps)
        if not math.isfinite(network.update(network.take(x, indices), network.take(labels, indices))):
            return CHANCE, True
    measured, rows = data.splits()[part], slice(settings["evaluated"])
    loss, share = network.evaluate(*network.place(measured.x[rows], measured.labels[rows]))
    return (share, False) if math.isfinite(loss) else (CHANCE, True)


def scores(names, start, seed, settings):
    """For an experiment's `tune`: {arm: {rate: validation accuracy}}; `start(name, seed, rate)` makes a network."""
    found = {}
    for n in settings["labels"]:
        for name in names:
            results = {
                rate: accuracy(start(name, seed, rate), n, seed, settings, "validation") for rate in settings["grid"]
            }
            found[arm(name, n)] = {
                rate: -math.inf if diverged else share for rate, (share, diverged) in results.items()
            }
    return found


def tested(names, start, seed, settings, learning_rates):
    """For an experiment's `run`: {arm: {quantity: number}} on the test part, and {arm: trained network}."""
    quantities, networks = {}, {}
    for n in settings["labels"]:
        for name in names:
            network = start(name, seed, learning_rates[arm(name, n)])
            share, _ = accuracy(network, n, seed, settings, "test")
            quantities[arm(name, n)] = {ACCURACY: 100 * share}
            networks[arm(name, n)] = network
    return quantities, networks


def how_far(before, after, beginning):
    """The largest change of an entry between two states, of the arrays whose names begin so."""
    names = [name for name in before if name.startswith(beginning)]
    return max(float(np.abs(after[name] - before[name]).max()) for name in names)


def what_moved(start, networks, settings, body, head):
    """{mechanism: the least over the numbers of labels}: how far training moved what it should move.

    Parameters
    ----------
    start : state of the reused network before its first step
    networks : {arm: trained network}
    body, head : how the names of a layer of the body, and of the head, begin
    """
    states = {name: [networks[arm(name, n)].state() for n in settings["labels"]] for name in (HEAD, FINE_TUNED)}
    stood_still = [
        np.array_equal(array, start[name])
        for state in states[HEAD]
        for name, array in state.items()
        if not name.startswith(head)
    ]
    return {
        "how far fine-tuning moved the body": min(how_far(start, state, body) for state in states[FINE_TUNED]),
        "how far the head on a frozen body moved": min(how_far(start, state, head) for state in states[HEAD]),
        "the frozen body stood still (1: yes)": float(all(stood_still)),
    }


def arm(name, n):
    """arm("head only", 10) -> "10 labels, head only"."""
    return f"{n} labels, {name}"


def comparisons(names):
    """At every number of labels each of the reusing arms against the fresh one; the main one: fine-tuned, 10 labels."""
    pairs = [Comparison(arm(name, n), arm(name, n), arm(SCRATCH, n), ACCURACY) for n in LABELS for name in names]
    return tuple(sorted(pairs, key=lambda pair: pair.label != arm(FINE_TUNED, 10)))
