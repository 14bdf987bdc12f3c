"""Arms of the claims on reuse: a body that was trained on other images, or a fresh network, and a new task.

An arm is a way and a number of labels. In one case all arms have one network, dense or convolutional, as many steps,
the same labeled images, batches and first head. Every seed reuses a body of its own, trained on its own source images:
how much reuse gains differs from body to body, and the interval covers that too. A body is trained with another seed
than the arms: with theirs it would have grown together with the very head that they start from.

The settings have what `reuse_images` draws by, and

network : DENSE or CONVOLUTIONAL
labels : numbers of labeled images of the target
steps : of every arm
grids : {way: learning rates}
width, body_steps : of a dense network, and how long its body is trained
body_epochs : how long the body of a convolutional one is trained
"""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from course_lib.data import Dataset, Split
from course_lib.engine import numpy_backend
from course_lib.experiments import recipe_arms, reuse_convolutional_network, reuse_images, short_runs
from course_lib.experiments.experiment import Comparison, Outcome
from course_lib.recipe import Recipe

HEAD, FINE_TUNED, SCRATCH = "frozen body with a new head", "fine-tuned", "from scratch"
DENSE, CONVOLUTIONAL = "dense", "convolutional"
BODY_RATE = 0.003  # of a dense body's training, with one cycle
FIRST_BODY_SEED = 10_000  # of training the bodies, apart from the seeds of the arms
SETTINGS = {  # that the claims have in common
    "data": "full",
    "source_images": 10000,
    "measured_images": 3000,
    "width": 64,
    "body_steps": 1500,
    "body_epochs": 2,
    "batch_size": 32,
    "steps": 400,
}
GRIDS = {
    DENSE: {
        FINE_TUNED: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03],
        SCRATCH: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03],
        HEAD: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
    },
    CONVOLUTIONAL: {
        FINE_TUNED: [0.001, 0.003, 0.01, 0.03, 0.1],
        SCRATCH: [0.001, 0.003, 0.01, 0.03],
        HEAD: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
    },
}
CONVOLUTIONAL_STEPS = 200  # a step takes thirty times as long as a dense one
SMALL = {
    "data": "embedded",
    "source_images": 300,
    "measured_images": 250,
    "width": 20,
    "body_steps": 60,
    "body_epochs": 1,
    "steps": 4,
    "grids": {FINE_TUNED: [0.001, 0.01], SCRATCH: [0.01], HEAD: [0.01]},
}


class Body(NamedTuple):
    """What is reused.

    state : {name: array}, without the head
    moved : the largest change of one of its parameters by its training
    above_chance : the body's accuracy in percent on its source, less chance
    """

    state: Mapping[str, np.ndarray]
    moved: float
    above_chance: float


def cases(*described: tuple[str, str, Sequence[int]]) -> dict[str, dict]:
    """{case: its own settings}, of (network, target, numbers of labels)."""
    found = {}
    for network, target, labels in described:
        own = {"network": network, "target": target, "labels": list(labels), "grids": GRIDS[network]}
        if network == CONVOLUTIONAL:
            own["steps"] = CONVOLUTIONAL_STEPS
        found[f"{network}, {target}"] = own
    return found


def arm(case: str, labels: int, way: str) -> str:
    """arm("dense, blurred", 50, HEAD) -> "dense, blurred, 50 labels, frozen body with a new head"."""
    return f"{case}, {labels} labels, {way}"


def ways_by_arm(ways: Sequence[str], settings: Mapping) -> dict[str, tuple[str, int]]:
    """{arm: (way, number of labels)} of one case."""
    return {arm(settings["case"], labels, way): (way, labels) for labels in settings["labels"] for way in ways}


def grids(ways: Sequence[str], settings: Mapping) -> dict[str, dict[str, list]]:
    """`functools.partial(grids, ways)` is an experiment's `grids`."""
    return {name: {"learning_rate": settings["grids"][way]} for name, (way, _) in ways_by_arm(ways, settings).items()}


def tune(ways: Sequence[str], seed: int, settings: Mapping, trials: Mapping[str, Sequence]) -> dict[str, list[float]]:
    """Validation accuracy in percent of every arm at each of its choices. With partial, an experiment's `tune`."""
    known, found = ways_by_arm(ways, settings), {}
    for name, choices in trials.items():
        runs, _ = trained(*known[name], seed, settings, choices, "validation")
        found[name] = [short_runs.score(run) for run in runs]
    return found


def run(ways: Sequence[str], seed: int, settings: Mapping, chosen: Mapping) -> Outcome:
    """One seed of one case: accuracy, loss, calibration error and divergence of every arm. With partial, a `run`."""
    arms, moved = {}, {FINE_TUNED: [], HEAD: []}
    for name, (way, labels) in ways_by_arm(ways, settings).items():
        (result,), measured = trained(way, labels, seed, settings, [chosen[name]], "test")
        arms[name] = short_runs.quantities(result, measured)
        if way in moved:
            moved[way].append(_how_far(way, result.network.parameters(), seed, settings))
    fired = {
        "points above chance of the body on its source": body(seed, settings).above_chance,
        "how far its training moved the body": body(seed, settings).moved,
    }
    if moved[FINE_TUNED]:
        fired["how far fine-tuning moved the body"] = min(moved[FINE_TUNED])
    if moved[HEAD]:
        fired["how far the head on a frozen body moved"] = min(moved[HEAD])
    return Outcome(arms, fired)


def trained(
    way: str, labels: int, seed: int, settings: Mapping, choices: Sequence[Mapping], part: str
) -> tuple[list[short_runs.ShortRun], Split]:
    """An arm trained at each of the choices: (a ShortRun for each, what they were measured on, as they take it)."""
    task = reuse_images.labeled(reuse_images.target(seed, settings), labels)
    recipes = [recipe(seed, settings).replace(**choice) for choice in choices]
    if way == HEAD:
        start, seen = first_head(task, seed, settings), {name: task.splits()[name] for name in {"train", part}}
        task = on_features(dataclasses.replace(task, **({"validation": None, "test": None} | seen)), seed, settings)
        recipes = [each.replace(hidden_layers=()) for each in recipes]
        runs = short_runs.train(recipes, task, settings["steps"], part, [start] * len(recipes))
    elif settings["network"] == DENSE:
        starts = [body(seed, settings).state] * len(recipes) if way == FINE_TUNED else None
        runs = short_runs.train(recipes, task, settings["steps"], part, starts)
    else:
        state = body(seed, settings).state if way == FINE_TUNED else {}
        runs = [reuse_convolutional_network.trained(state, each, task, settings["steps"], part) for each in recipes]
    return runs, task.splits()[part]


def recipe(seed: int, settings: Mapping) -> Recipe:
    """Of every arm, annealed; a head alone has no hidden layers, and a convolutional network does not look at them."""
    plain = Recipe(
        hidden_layers=(settings["width"],) * 2,
        normalization="none",
        drop_rate=0.0,
        batch_size=settings["batch_size"],
        seed=seed,
    )
    return recipe_arms.annealed(plain, settings["steps"])


def body(seed: int, settings: Mapping) -> Body:
    """The body of a seed, trained on its source; trained once in a process."""
    about = (
        "data",
        "source_images",
        "target_images",
        "measured_images",
        "width",
        "body_steps",
        "body_epochs",
        "network",
    )
    eight = settings["target"] == reuse_images.TWO_CLASSES
    target = reuse_images.TWO_CLASSES if eight else reuse_images.BLURRED  # any of the changes: one source for all
    return _body(seed, (*((name, settings[name]) for name in about), ("target", target)))


@functools.lru_cache(maxsize=64)
def _body(seed, settings):
    settings, own_seed = dict(settings), FIRST_BODY_SEED + seed
    data = reuse_images.source(seed, settings)
    if settings["network"] == DENSE:
        plain = Recipe(hidden_layers=(settings["width"],) * 2, normalization="none", drop_rate=0.0, seed=own_seed)
        plain = plain.replace(learning_rate=BODY_RATE, schedule="one_cycle")
        before = numpy_backend.Network(plain, data.n_inputs, data.n_classes).parameters()
        (result,) = short_runs.train([plain], data, settings["body_steps"], "train")
        state, accuracy = result.network.parameters(), result.accuracy
        state = {name: array for name, array in state.items() if not name.startswith("dense3")}
    else:
        before = reuse_convolutional_network.fresh(data.n_classes, own_seed).parameters()
        state, accuracy = reuse_convolutional_network.body(data, own_seed, settings["body_epochs"])
    return Body(state, _largest_change(before, state), 100 * (accuracy - 1 / data.n_classes))


def on_features(task: Dataset, seed: int, settings: Mapping) -> Dataset:
    """The task as a head on the frozen body sees it: the body's outputs, in evaluation mode, in place of images."""
    state = body(seed, settings).state
    if settings["network"] == DENSE:
        network = _fresh(task, seed, settings)
        network.load_parameters(network.parameters() | state)
        features = network.features
    else:
        features = functools.partial(reuse_convolutional_network.features, state, task.n_classes, seed)
    parts = {part: Split(features(split.x), split.labels) for part, split in task.splits().items()}
    return Dataset(**parts, name=task.name, class_names=task.class_names)


def first_head(task: Dataset, seed: int, settings: Mapping) -> dict[str, np.ndarray]:
    """The head that the whole network starts with, as the one layer of a network without hidden layers."""
    if settings["network"] == DENSE:
        named, head = _fresh(task, seed, settings).parameters(), "dense3"
    else:
        named, head = reuse_convolutional_network.fresh(task.n_classes, seed).parameters(), "head"
    return {f"dense1.{name}": named[f"{head}.{name}"] for name in ("weight", "bias")}


def comparisons(better: str, worse: str, cases: Mapping) -> list[Comparison]:
    """One way against another, in every case at every number of labels."""
    return [
        Comparison(
            f"{case}, {labels} labels",
            arm(case, labels, better),
            arm(case, labels, worse),
            short_runs.ACCURACY,
            case=case,
        )
        for case, own in cases.items()
        for labels in own["labels"]
    ]


def _fresh(task, seed, settings):
    return numpy_backend.Network(recipe(seed, settings), task.n_inputs, task.n_classes)


def _how_far(way, after, seed, settings):
    """The largest change of an entry of what the way should move: of the whole body, or of the head on a frozen one."""
    if way == FINE_TUNED:
        return _largest_change(after, body(seed, settings).state)
    return _largest_change(after, first_head(reuse_images.target(seed, settings), seed, settings))


def _largest_change(parameters, others):
    """Of the arrays that both have."""
    return max(float(np.abs(others[name] - parameters[name]).max()) for name in parameters if name in others)
