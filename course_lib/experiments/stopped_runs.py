"""Runs that are watched epoch by epoch: one to its end, and the same one stopped where validation data say it was best.

All arms of a seed make the same steps with the same schedule. What is stopped gets back the parameters of its best
epoch, as with a patience as long as the run: a run that is given up sooner has not been annealed, and would lose by
that. So what is compared is which parameters are kept, and nothing else.

The images that are watched are not those that a learning rate is chosen with.
"""

import dataclasses
import math

from course_lib.data import Split
from course_lib.experiments import recipe_arms, remedies, short_runs
from course_lib.experiments.experiment import Outcome
from course_lib.experiments.short_runs import ShortRun
from course_lib.training import Callback, TrainingDiverged, fit
from course_lib.training.batches import steps_per_epoch

END, ON_ACCURACY, ON_LOSS = ARMS = ("to its end", "stopped on accuracy", "stopped on loss")
EPOCH = "epoch of the parameters"


def arm(name, case):
    """arm(ON_LOSS, "500 images") -> "stopped on loss, 500 images"."""
    return f"{name}, {case}"


class Watch(Callback):
    """Keeps the parameters of the last epoch, of that with the highest validation accuracy, and the lowest loss.

    `kept` is {an arm's name: (epoch, state)}; of epochs that are equally good it is the first.
    """

    def __init__(self):
        self.kept, self.best = {}, {ON_ACCURACY: -math.inf, ON_LOSS: -math.inf}

    def on_epoch(self, run, row):
        self.kept[END] = (row["epoch"], run.network.state())
        now = {ON_ACCURACY: row["validation_accuracy"], ON_LOSS: -row["validation_loss"]}
        for name, value in now.items():
            if value > self.best[name]:
                self.best[name], self.kept[name] = value, self.kept[END]


def recipe_for(seed, settings, rate):
    """The Recipe of all arms of a case; annealed unless settings["constant_rate"]."""
    recipe = remedies.plain(settings).replace(epochs=settings["epochs"], learning_rate=rate, seed=seed)
    if settings["constant_rate"]:
        return recipe
    return recipe_arms.annealed(recipe, recipe.epochs * steps_per_epoch(settings["images"], recipe.batch_size))


def watched(recipe, data, n_watched):
    """Train to the end. (the Watch, the network); what the run kept of an arm is in the Watch, nothing if it diverged.

    Parameters
    ----------
    recipe : Recipe
    data : Dataset, whose first `n_watched` validation images are watched
    """
    watch, part = Watch(), data.validation
    seen = dataclasses.replace(data, validation=Split(part.x[:n_watched], part.labels[:n_watched]))
    try:
        network = fit(recipe, seen, callbacks=[watch], progress=False).network
    except TrainingDiverged as error:
        network = error.result.network
        watch.kept.pop(END, None)  # the end is what diverged; an earlier epoch is still good
    return watch, network


def stopped(watch, network, name, part):
    """The ShortRun that an arm is, measured on a Split; the network is left with the arm's parameters."""
    diverged = name not in watch.kept
    epoch, loss, accuracy = 0, short_runs.LARGEST_LOSS, 1 / network.n_classes
    if not diverged:
        epoch, state = watch.kept[name]
        network.load_state(state)
        loss, accuracy = network.evaluate(*network.place(part.x, part.labels))
    return ShortRun(accuracy, min(loss, short_runs.LARGEST_LOSS), diverged, epoch, [], 0, network)


def grids(settings):
    """The same learning rates for every arm."""
    return {arm(name, settings["case"]): {"learning_rate": settings["grid"]} for name in ARMS}


def tune(seed, settings, trials):
    """Accuracy on the validation images that are not watched, of every arm at each of its rates."""
    data, n = recipe_arms.images(seed, settings), settings["watched"]
    others = Split(data.validation.x[n:], data.validation.labels[n:])
    runs = _runs(seed, settings, data, [choice for choices in trials.values() for choice in choices])
    names = {arm(name, settings["case"]): name for name in ARMS}
    return {
        wanted: [short_runs.score(stopped(*runs[choice["learning_rate"]], names[wanted], others)) for choice in choices]
        for wanted, choices in trials.items()
    }


def run(seed, settings, chosen):
    """One seed of one case: every arm at its chosen rate. Arms with the same rate are parameters of one run."""
    data, arms = recipe_arms.images(seed, settings), {}
    runs = _runs(seed, settings, data, chosen.values())
    for name in ARMS:
        key = arm(name, settings["case"])
        watch, network = runs[chosen[key]["learning_rate"]]
        result = stopped(watch, network, name, data.test)
        found = remedies.measured({key: result}, data)
        arms[key] = found[key] | {EPOCH: float(result.steps)}
    left_out = sum(settings["epochs"] - found[EPOCH] for found in arms.values() if not found["diverged"])
    fired = {"epochs left out, by both ways to stop": left_out}
    return Outcome(arms, fired | recipe_arms.label_noise(seed, settings))


def _runs(seed, settings, data, choices):
    """{learning rate: (Watch, network)} of all rates that are chosen."""
    rates = {choice["learning_rate"] for choice in choices}
    return {rate: watched(recipe_for(seed, settings, rate), data, settings["watched"]) for rate in sorted(rates)}
