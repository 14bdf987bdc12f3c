"""The overfitting laboratory: a network learns points, some with wrong labels, with and without remedies."""

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from course_lib.data import Dataset, Split, circles
from course_lib.data.label_noise import redraw_labels
from course_lib.data.toys import mirror_copies
from course_lib.explorers import svg
from course_lib.explorers.controls import Choice
from course_lib.explorers.live import LiveExplorer
from course_lib.explorers.svg import format_number, percent
from course_lib.plots.style import BLACK, GREEN, NEGATIVE, POSITIVE, TRAIN, VALIDATION
from course_lib.recipe import Recipe
from course_lib.scratch.losses import softmax
from course_lib.training import TrainingDiverged
from course_lib.training.fit import TrainingRun

NOISE, N_VALIDATION = 0.35, 400
SEEDS = {"train": 11, "validation": 12, "labels": 3, "network": 0}
EPOCHS, STEPS_AN_EPOCH = 120, 4  # the batch is a quarter of the points, so that every run has as many steps
LEARNING_RATE = 0.01
EDGE = 3.3  # the picture shows the plane from -3.3 to 3.3
CELLS = 88  # of the picture of the plane, in each direction
BANDS = 20
LOSS_RANGE = (-1.5, 0.6)  # powers of ten on the loss axis
RISEN, GAP, LOW = 1.1, 0.05, 0.75  # what counts as a risen loss, a gap between accuracies, a low accuracy


def recipe_of(state, n_points):
    """The Recipe that the controls say, for this many training points."""
    return Recipe(
        hidden_layers=(state.units, state.units),
        activation="relu",
        normalization="none",
        drop_rate=state.dropout,
        l1=state.l1,
        l2=state.l2,
        max_norm=state.max_norm or None,
        learning_rate=LEARNING_RATE,
        epochs=EPOCHS,
        batch_size=n_points // STEPS_AN_EPOCH,
        patience=state.patience or None,
        seed=SEEDS["network"],
    )


@lru_cache(maxsize=32)
def points(n, wrong):
    """(training Split, which labels are wrong (n,), validation Split); the validation labels are all right."""
    plain = Split(*circles(n, NOISE, SEEDS["train"]))
    noisy, _ = redraw_labels(plain, wrong, 2, SEEDS["labels"])
    return noisy, noisy.labels != plain.labels, Split(*circles(N_VALIDATION, NOISE, SEEDS["validation"]))


def begin(state: SimpleNamespace) -> object:
    """A TrainingRun before its first step."""
    train, _, validation = points(state.n_points, state.wrong)
    if state.copies:
        train = Split(*mirror_copies(train.x, train.labels))
    return TrainingRun(
        recipe_of(state, len(train)), Dataset(train, validation), dtype="float64"
    )  # so that every machine draws the same


def advance(state: SimpleNamespace) -> object:
    """The run one epoch later."""
    run, epoch = state.progress, len(state.progress.history.rows)
    with np.errstate(all="ignore"):
        try:
            while not run.finished and len(run.history.rows) == epoch:
                run.step()
        except TrainingDiverged:
            pass  # the run is finished, and its last row is the one before
    if run.finished:
        run.end()  # early stopping restores its best parameters
    return run


def finished(state: SimpleNamespace) -> bool:
    """True when no further epoch comes."""
    return state.progress.finished


def standing(state):
    """What the run has come to, as plain values: epochs, accuracies, losses, the best epoch, wrong labels learned."""
    run = state.progress
    train, wrong, validation = points(state.n_points, state.wrong)
    rows = run.history.rows
    losses = np.array([row["validation_loss"] for row in rows])
    best = int(losses.argmin()) if len(rows) else None
    return {
        "epochs": len(rows),
        "train_accuracy": _accuracy(run.network, train),
        "validation_accuracy": _accuracy(run.network, validation),
        "best_epoch": None if best is None else best + 1,
        "risen": len(rows) > 0 and bool(losses[-1] > RISEN * losses[best]),
        "stopped_early": run.stopped_early,
        "n_wrong": int(wrong.sum()),
        "wrong_learned": int((_predicted(run.network, train.x) == train.labels)[wrong].sum()),
    }


def _predicted(network, x):
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # of a run that diverged
        return network.logits(x).argmax(axis=1)


def _accuracy(network, part):
    return float(np.mean(_predicted(network, part.x) == part.labels))


def verdict(found):
    """A word for a standing: "start", "stopped early", "underfits", "overfits" or "learns"."""
    if not found["epochs"]:
        return "start"
    if found["stopped_early"]:
        return "stopped early"
    if max(found["train_accuracy"], found["validation_accuracy"]) < LOW:
        return "underfits"
    gap = found["train_accuracy"] - found["validation_accuracy"]
    return "overfits" if found["risen"] and gap > GAP else "learns"


def describe(state: SimpleNamespace) -> str:
    """What happens, in words and numbers."""
    found = standing(state)
    word, since = verdict(found), found["epochs"] - (found["best_epoch"] or 0)
    sentences = {
        "start": "Not trained yet. Press Start or Step.",
        "stopped early": f"Stopped early: on new points the loss was lowest after epoch {found['best_epoch']}, and the "
        "parameters from there are back.",
        "overfits": f"It overfits: on new points the loss was lowest after epoch {found['best_epoch']}, {since} "
        "epochs ago, and has risen since.",
        "underfits": "It underfits: it does not even get the training points right.",
        "learns": f"It learns, but on new points the loss was lower after epoch {found['best_epoch']}."
        if found["risen"]
        else "It learns: on new points the loss is at its lowest, or near it.",
    }
    learned = f" Of {found['n_wrong']} wrong labels it has learned {found['wrong_learned']} by heart."
    return (
        f"{sentences[word]}{learned if found['n_wrong'] and found['epochs'] else ''}\n"
        f"After {_epochs(found['epochs'])}: {percent(found['train_accuracy'])} of the training labels, "
        f"{percent(found['validation_accuracy'])} of {N_VALIDATION} new points."
    )


def _epochs(n):
    return "1 epoch" if n == 1 else f"{n} epochs"


def draw(state: SimpleNamespace) -> str:
    """The plane on the left; on the right loss and accuracy over the epochs; a legend under both."""
    found = standing(state)
    parts = [_draw_plane(state), _draw_loss(state, found), _draw_accuracy(state, found), _draw_legend(found)]
    return svg.document(720, 474, parts, describe(state))


@lru_cache
def _grid():
    centers = (np.arange(CELLS) + 0.5) / CELLS * 2 * EDGE - EDGE
    first, second = np.meshgrid(centers, centers[::-1])
    return np.column_stack([first.ravel(), second.ravel()])


@lru_cache
def _palette():
    """From class 0's color over white to class 1's, and black at the end for the boundary."""
    half = BANDS // 2
    low, high = svg.blend(NEGATIVE, "#FFFFFF", half + 3)[3:], svg.blend("#FFFFFF", POSITIVE, half + 3)[:-3]
    return np.concatenate([low, high, [[0, 0, 0]]])


def _draw_plane(state):
    axes = svg.Axes(62, 36, 300, 300, (-EDGE, EDGE), (-EDGE, EDGE))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        chance = softmax(state.progress.network.logits(_grid()))[:, 1].reshape(CELLS, CELLS)
    levels = np.clip(np.nan_to_num(chance, nan=0.5) * BANDS, 0, BANDS - 1).astype(np.uint8)
    sides = chance > 0.5
    edge = np.zeros_like(sides)
    edge[:, 1:] |= sides[:, 1:] != sides[:, :-1]
    edge[1:] |= sides[1:] != sides[:-1]
    levels[edge] = BANDS
    train, wrong, _ = points(state.n_points, state.wrong)
    parts = [svg.heat_map(axes.left, axes.top, axes.width, axes.height, levels, _palette())]
    radius = 5.5 if len(train) <= 100 else 4
    for (x, y), label, is_wrong in zip(axes.points(*train.x.T), train.labels, wrong, strict=True):
        color, line = (BLACK, 2.5) if is_wrong else ("white", 1.2)
        if label:
            parts.append(svg.circle(x, y, radius, POSITIVE, color, line))
        else:
            size = 1.8 * radius
            parts.append(svg.rectangle(x - size / 2, y - size / 2, size, size, NEGATIVE, color, line_width=line))
    ticks = (-3, 0, 3)
    return axes.inside(*parts) + axes.frame("What it says of every point", "input x₁", "input x₂", ticks, ticks)


def _curves(state, name):
    rows = state.progress.history.rows
    return {part: np.array([row[f"{part}_{name}"] for row in rows]) for part in ("train", "validation")}


def _draw_loss(state, found):
    axes = svg.Axes(452, 36, 250, 125, (0, EPOCHS), LOSS_RANGE)
    parts = []
    for part, values in _curves(state, "loss").items():
        heights = np.clip(np.log10(np.maximum(values, 1e-12)), LOSS_RANGE[0] - 0.1, LOSS_RANGE[1])
        parts.append(_curve(axes, part, heights))
    parts += _best_line(axes, found)
    y_ticks = [(-1, "0.1"), (np.log10(0.3), "0.3"), (0, "1"), (np.log10(3), "3")]
    title = {"start": "Not trained yet", "stopped early": "Stopped early"}.get(verdict(found))
    title = title or f"It {verdict(found)}"
    return axes.frame(title, "", "loss (log)", (0, 40, 80, 120), y_ticks, 54, grid=True) + axes.inside(*parts)


def _draw_accuracy(state, found):
    axes = svg.Axes(452, 211, 250, 125, (0, EPOCHS), (40, 102))
    parts = [_curve(axes, part, 100 * values) for part, values in _curves(state, "accuracy").items()]
    parts += _best_line(axes, found)
    frame = axes.frame("", "epoch", "accuracy (%)", (0, 40, 80, 120), (40, 60, 80, 100), 54, grid=True)
    return frame + axes.inside(*parts)


def _curve(axes, part, heights):
    color, dash = (TRAIN, "") if part == "train" else (VALIDATION, "7 4")
    if not len(heights):
        return ""
    places = axes.points(np.arange(1, len(heights) + 1), heights)
    return svg.polyline(places, color, 3, dash) + svg.circle(*places[-1], 4, fill=color, color="white", width=1)


def _best_line(axes, found):
    if found["best_epoch"] is None:
        return []
    x = axes.x(found["best_epoch"])
    return [svg.line(x, axes.top, x, axes.top + axes.height, GREEN, 2, "3 3")]


def _draw_legend(found):
    row, second, last = 402, 430, 460
    parts = [
        svg.circle(70, row - 5, 6, POSITIVE, "white"),
        svg.text(84, row, "class 1", halo=False),
        svg.rectangle(156, row - 11, 11, 11, NEGATIVE, "white"),
        svg.text(175, row, "class 0", halo=False),
        svg.circle(254, row - 5, 6, "white", BLACK, 2.5),
        svg.text(268, row, "wrong label", halo=False),
        svg.line(452, row - 5, 484, row - 5, TRAIN, 3),
        svg.text(490, row, "training", halo=False),
        svg.line(566, row - 5, 598, row - 5, VALIDATION, 3, "7 4"),
        svg.text(604, row, "new points", halo=False),
        svg.line(452, second - 5, 484, second - 5, GREEN, 2, "3 3"),
        svg.text(490, second, "lowest loss on new points", halo=False),
    ]
    numbers = (
        f"right: training {percent(found['train_accuracy'])}, new {percent(found['validation_accuracy'])}; "
        f"wrong labels learned: {found['wrong_learned']} of {found['n_wrong']}"
    )
    return "".join(parts) + svg.text(62, last, numbers, bold=True, halo=False)


def _strengths(*values):
    return tuple(("off" if not value else format_number(value, 4), value) for value in values)


class OverfittingLaboratory(LiveExplorer):
    """A network of two hidden layers learns a disk in a ring. Controls: n_points, wrong, units, patience, l1, l2,
    dropout, max_norm, copies.

    Moving a control shows the whole run at once. Start plays it from its first epoch; Step goes one epoch at a time.
    """

    seconds_per_step = 0.04
    label_width = "8.5em"
    controls = (
        Choice(
            "n_points",
            "training points",
            "how many points the network learns from",
            tuple((str(n), n) for n in (20, 40, 80, 160, 320)),
            80,
            "The data",
            ordered=True,
        ),
        Choice(
            "wrong",
            "labels redrawn",
            "the share of the training labels that are drawn anew by chance; half come out wrong",
            tuple((f"{share:.0%}", share) for share in (0.0, 0.1, 0.2, 0.3, 0.4)),
            0.3,
            "The data",
            ordered=True,
        ),
        Choice(
            "units",
            "units a layer",
            "how many units each of the two hidden layers has",
            tuple((str(n), n) for n in (1, 2, 4, 8, 16, 32, 64)),
            64,
            "The data",
            ordered=True,
        ),
        Choice(
            "patience",
            "early stopping",
            "stop after so many epochs without a lower loss on new points",
            (("off", 0), ("after 10 epochs", 10), ("after 30 epochs", 30)),
            0,
            "Remedies",
        ),
        Choice(
            "dropout",
            "dropout",
            "the share of units that sit out each step",
            _strengths(0.0, 0.2, 0.5),
            0.0,
            "Remedies",
            ordered=True,
        ),
        Choice(
            "copies",
            "more data",
            "each point also mirrored left to right, top to bottom, and both: four times as many points",
            (("off", False), ("mirrored copies", True)),
            False,
            "Remedies",
        ),
        Choice(
            "l1",
            "L1",
            "the strength of the penalty on |weights|",
            _strengths(0.0, 0.001, 0.003, 0.01),
            0.0,
            "On the weights",
            ordered=True,
        ),
        Choice(
            "l2",
            "L2",
            "the strength of the penalty on squared weights",
            _strengths(0.0, 0.01, 0.03, 0.1),
            0.0,
            "On the weights",
            ordered=True,
        ),
        Choice(
            "max_norm",
            "max-norm",
            "the longest that each unit's incoming weights may be",
            (("off", 0.0), ("2", 2.0), ("1", 1.0), ("0.5", 0.5)),
            0.0,
            "On the weights",
            ordered=True,
        ),
    )
    begin = staticmethod(begin)
    advance = staticmethod(advance)
    finished = staticmethod(finished)
    draw = staticmethod(draw)
    describe = staticmethod(describe)

    @classmethod
    def preview(cls, state: SimpleNamespace) -> object:
        """The whole run."""
        state.progress = begin(state)
        while not finished(state):
            state.progress = advance(state)
        return state.progress
