"""Take the default configuration apart: five switches, and a network that learns real images with what is left."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from course_lib.arrays import ArrayError
from course_lib.engine.numpy_backend import Network
from course_lib.experiments import default_parts, short_runs
from course_lib.experiments.default_parts import PARTS
from course_lib.experiments.layer_flow import layer_flow
from course_lib.explorers import svg
from course_lib.explorers.controls import Choice
from course_lib.explorers.gradient_chart import VERDICTS, decades_to_last, draw_bars, finding
from course_lib.explorers.gradient_chart import verdict as gradient_verdict
from course_lib.explorers.live import LiveExplorer
from course_lib.explorers.svg import percent
from course_lib.plots.style import BLACK, BLUE, GRAY, GREEN, PURPLE, SKY_BLUE, VALIDATION, VERMILION
from course_lib.threads import one_thread

N_TRAIN, N_VALIDATION, UNITS, BATCH, SEED = 1000, 500, 50, 50, 0
STEPS, STRIDE = 300, 5  # training steps of a run; how many of them from one measurement to the next
DEPTHS = (1, 2, 5, 10)
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
LOWEST_OF_DESCENT, HIGHEST_OF_ADAM = 0.1, 0.03  # learning rates; beyond them a line of text says so
INSTEAD = {  # part -> what stands in its place, where there is something
    "He": "N(0, 1)",
    "ELU": "sigmoid",
    "Adam": "gradient descent",
}
SWITCHES = {part: part.lower().replace(" ", "_") for part in PARTS}  # part -> name of its control
EARLY, STUCK, SLOW = 50, 0.25, 0.6  # steps that are few; accuracies below which it has learned nothing, or little
LOOKS = ((BLACK, "2 3"), (GREEN, "9 3"), (PURPLE, ""), (SKY_BLUE, "9 3 2 3"))  # of the earlier runs
LINE_HEIGHT = 19  # of the labels beside the curves
CHIP_WIDTHS = {"He": 112, "batch norm": 150, "ELU": 112, "dropout": 136, "Adam": 176}  # each with room for both texts


@dataclass(frozen=True)
class Setup:
    """What the controls say: the parts that are off, in the order of PARTS, the hidden layers, the learning rate."""

    off: tuple[str, ...]
    depth: int
    rate: float


@dataclass(frozen=True, eq=False)
class Run:
    """A run as far as it has come.

    setup : Setup
    accuracies : share of the validation images that are classified right, after every STRIDE steps, from step 0
    decades : log10 of the size of dL/dh of every hidden layer against the last one's, at the last measurement
    broke_at : the step at which the loss was no longer a finite number, or None
    trainer : what takes the next steps; None where the run is finished, or was put away
    earlier : pairs (place in LOOKS, Run) of the runs before, the last one last; those hold none themselves
    """

    setup: Setup
    accuracies: tuple[float, ...]
    decades: np.ndarray
    broke_at: int | None = None
    trainer: object = None
    earlier: tuple = ()

    @property
    def step(self):
        """The step of the last measurement."""
        return STRIDE * (len(self.accuracies) - 1)

    @property
    def finished(self):
        """True when no further step comes."""
        return self.broke_at is not None or self.step == STEPS


def setup_of(state):
    """The Setup that the controls say."""
    off = tuple(part for part, switch in SWITCHES.items() if not getattr(state, switch))
    return Setup(off, state.depth, state.learning_rate)


def recipe_of(setup):
    """The Recipe of a Setup."""
    recipe = default_parts.recipe(setup.off, setup.depth, SEED, {"width": UNITS})
    return recipe.replace(learning_rate=setup.rate, batch_size=BATCH, epochs=STEPS * BATCH // N_TRAIN)


class Trainer:
    """A network of a Setup, its batches and the images that it is measured on. In float64, so that every machine draws
    the same.
    """

    def __init__(self, setup):
        self.data = short_runs.fashion_mnist(N_TRAIN)
        recipe = recipe_of(setup)
        self.network = Network(recipe, self.data.n_inputs, self.data.n_classes, dtype="float64")
        self.batches = short_runs.batches(recipe, self.data, STEPS)
        self.validation = _validation()
        self.step = 0

    def steps(self, count):
        """So many training steps, and the validation accuracy after them; None when the loss is no longer finite."""
        with one_thread(), np.errstate(all="ignore"):
            for _ in range(count):
                self.step += 1
                if not math.isfinite(self.network.update(*self.network.place(*next(self.batches)))):
                    return None
            loss, accuracy = self.network.evaluate(*self.validation)
        return accuracy if math.isfinite(loss) else None

    def decades(self):
        """log10 of the gradient's size in every hidden layer against the last one's; NaN where it cannot be told."""
        train = self.data.train
        try:
            with one_thread(), np.errstate(all="ignore"):
                sizes = layer_flow(self.network, train.x[:BATCH], train.labels[:BATCH]).gradient_size
        except ArrayError:
            sizes = np.full(len(self.network.recipe.hidden_layers), np.nan)
        return decades_to_last(sizes)


def trainer_at(setup, step):
    """A Trainer that has taken so many steps: the same, to the last bit, as the one that took them before."""
    trainer = Trainer(setup)
    trainer.steps(step)
    return trainer


@lru_cache
def _validation():
    """The validation images (N_VALIDATION, 784) in float64 and their labels."""
    part = short_runs.fashion_mnist(N_TRAIN).validation
    return part.x[:N_VALIDATION].astype(np.float64), part.labels[:N_VALIDATION]


def begin(state: SimpleNamespace) -> object:
    """The Run before its first step, with the runs before it."""
    setup = setup_of(state)
    trainer = Trainer(setup)
    return Run(setup, (trainer.steps(0),), trainer.decades(), None, trainer, kept_runs(state, setup))


def advance(state: SimpleNamespace) -> object:
    """The Run STRIDE steps later."""
    run = state.progress
    trainer = run.trainer or trainer_at(run.setup, run.step)
    accuracy = trainer.steps(STRIDE)
    if accuracy is None:
        return replace(run, broke_at=trainer.step, trainer=None)
    later = replace(run, accuracies=(*run.accuracies, accuracy), decades=trainer.decades(), trainer=trainer)
    return replace(later, trainer=None) if later.finished else later


def finished(state: SimpleNamespace) -> bool:
    """True when no further step comes."""
    return state.progress.finished


@lru_cache(maxsize=256)
def whole_run(setup):
    """The Run of a Setup from its first step to its last; the gradients are measured at its end alone."""
    trainer = Trainer(setup)
    accuracies = [trainer.steps(0)]
    while len(accuracies) <= STEPS // STRIDE:
        accuracy = trainer.steps(STRIDE)
        if accuracy is None:
            before = trainer_at(setup, STRIDE * (len(accuracies) - 1))  # once more, to the last measurement
            return Run(setup, tuple(accuracies), before.decades(), trainer.step)
        accuracies.append(accuracy)
    return Run(setup, tuple(accuracies), trainer.decades())


def kept_runs(state, setup):
    """The earlier runs beside a new one of `setup`: up to four of other setups, the state's present run the last."""
    now = getattr(state, "progress", None)
    if now is None:
        return ()
    kept = [(look, run) for look, run in now.earlier if run.setup not in (setup, now.setup)]
    if now.setup != setup and (now.step or now.broke_at):
        kept = kept[-len(LOOKS) + 1 :]
        look = min(set(range(len(LOOKS))) - {look for look, _ in kept})
        kept.append((look, replace(now, trainer=None, earlier=())))
    return tuple(kept)


# What it says


def verdict(run):
    """A word for a Run: "start", "diverged", "begins", "stuck", "slow" or "learns"."""
    if run.broke_at is not None:
        return "diverged"
    if run.step == 0:
        return "start"
    accuracy = run.accuracies[-1]
    if accuracy < SLOW and run.step < EARLY:
        return "begins"
    return "stuck" if accuracy < STUCK else "slow" if accuracy < SLOW else "learns"


def name_of(setup, beside=None):
    """What is off, or on, in few words, and what else differs from `beside`: "without He and ELU, 5 layers"."""
    off, left = setup.off, [part for part in PARTS if part not in setup.off]
    if not off:
        name = "all parts"
    elif not left:
        name = "none of the parts"
    else:  # the shorter of the two
        name = f"without {_listed(off)}" if len(off) < 3 else f"only {_listed(left)}"
    if beside and beside.depth != setup.depth:
        name += f", {_layers(setup.depth)}"
    if beside and beside.rate != setup.rate:
        name += f", η {setup.rate:g}"
    return name


def _listed(words):
    """("a", "b", "c") -> "a, b and c"."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _layers(depth):
    return "1 layer" if depth == 1 else f"{depth} layers"


def describe(state: SimpleNamespace) -> str:
    """What happens, in words and numbers; what is off; how the run before compares."""
    run = state.progress
    setup = run.setup
    instead = [INSTEAD[part] for part in setup.off if part in INSTEAD]
    off = f"Off: {_listed(setup.off)}{f'; instead: {_listed(instead)}' if instead else ''}." if setup.off else ""
    network = f"{setup.depth} hidden {'layer' if setup.depth == 1 else 'layers'} of {UNITS} units"
    lines = [
        f"{_what_happens(run)} {finding(run.decades, 'layer')}.",
        f"{off or 'All parts are on.'} {network}, learning rate {setup.rate:g}.{_hint(run)}",
        _comparison(run),
    ]
    return "\n".join(line for line in lines if line)


def _what_happens(run):
    right = (
        f"after {run.step} of {STEPS} steps it gets {percent(run.accuracies[-1])} of {N_VALIDATION} new images right"
    )
    return {
        "start": "Not trained yet. Press Start or Step.",
        "diverged": f"It diverged: at step {run.broke_at} the loss was no longer a number. {_way_out(run.setup)}",
        "begins": f"It has only begun: {right}.",
        "stuck": f"It learns next to nothing: {right}, and guessing gets 10%.",
        "slow": f"It learns slowly: {right}.",
        "learns": f"It learns: {right}.",
    }[verdict(run)]


def _way_out(setup):
    ways = ["lower the learning rate"] if setup.rate > RATES[0] else []
    ways += [f"switch on {part}" for part in ("He", "batch norm") if part in setup.off]
    text = ", or ".join(ways) or "switch on Adam"
    return f"{text[0].upper()}{text[1:]}."


def _hint(run):
    rate = run.setup.rate
    if run.broke_at is not None:
        return ""
    if "Adam" in run.setup.off and rate < LOWEST_OF_DESCENT:
        return f" For gradient descent this rate is low: try {LOWEST_OF_DESCENT:g} or more."
    if "Adam" not in run.setup.off and rate > HIGHEST_OF_ADAM:
        return f" For Adam this rate is high: try {HIGHEST_OF_ADAM:g} or less."
    return ""


def _comparison(run):
    if not run.earlier:
        return ""
    _, before = run.earlier[-1]
    head = f"The run before, {name_of(before.setup, run.setup)},"
    if before.broke_at is not None:
        return f"{head} diverged at step {before.broke_at}."
    if run.broke_at is not None:
        return f"{head} did not diverge."
    if before.step < run.step:
        return f"{head} was stopped after {before.step} steps, at {percent(before.accuracies[-1])}."
    there = before.accuracies[len(run.accuracies) - 1]
    points = round(100 * run.accuracies[-1]) - round(100 * there)
    difference = f"{abs(points)} {'point' if abs(points) == 1 else 'points'} {'less' if points > 0 else 'more'}"
    return f"{head} had {percent(there)} after as many steps{f', {difference}' if points else ''}."


# What it draws


def draw(state: SimpleNamespace) -> str:
    """Left the accuracy over the steps with the earlier runs, right the gradients, and the five parts under both."""
    run = state.progress
    return svg.document(720, 446, [_draw_accuracy(run), _draw_gradients(run), _draw_parts(run.setup)], describe(state))


def _draw_accuracy(run):
    axes = svg.Axes(62, 40, 190, 300, (0, STEPS), (0, 100))
    curves, labels = [], []
    for look, earlier in run.earlier:
        color, dash = LOOKS[look]
        curves.append(_curve(axes, earlier, color, dash, 2))
        labels.append((earlier, name_of(earlier.setup, run.setup), color, dash, 2))
    curves.append(_curve(axes, run, VALIDATION, "", 4))
    labels.append((run, name_of(run.setup), VALIDATION, "", 4))
    ticks = (0, 20, 40, 60, 80, 100)
    frame = axes.frame("", "training step", "new images right (%)", (0, 100, 200, 300), ticks, 46, grid=True)
    heading = svg.text(12, 22, _heading(run), bold=True, halo=False)
    return heading + frame + axes.inside(*curves) + _draw_labels(axes, labels)


def _heading(run):
    right = percent(run.accuracies[-1])
    return {
        "start": "Not trained yet",
        "diverged": f"It diverged at step {run.broke_at}",
        "begins": f"It has only begun: {right} right",
        "stuck": f"It learns next to nothing: {right} right",
        "slow": f"It learns slowly: {right} right",
        "learns": f"It learns: {right} right",
    }[verdict(run)]


def _curve(axes, run, color, dash, width):
    places = axes.points(STRIDE * np.arange(len(run.accuracies)), 100 * np.array(run.accuracies))
    x, y = places[-1]
    if run.broke_at is None:
        end = svg.circle(x, y, 1.2 * width, fill=color, color="white", width=1)
    else:
        end = "".join(svg.line(x - 6, y - 6 * turn, x + 6, y + 6 * turn, VERMILION, 3) for turn in (-1, 1))
    return svg.polyline(places, color, width, dash) + end


def _draw_labels(axes, labels):
    """The names of the curves beside the axes, each as near to the end of its curve as the others let it be."""
    written = []
    for run, name, color, dash, width in labels:
        end = "diverged" if run.broke_at is not None else percent(run.accuracies[-1])
        lines = _wrapped(f"{name}: {end}", 18 if width > 2 else 20)
        written.append((axes.y(100 * run.accuracies[-1]), lines, color, dash, width))
    written.sort(key=lambda label: label[0])
    low, high = axes.top - 8, axes.top + axes.height + 8
    height = min(LINE_HEIGHT, (high - low - 3 * len(written)) / sum(len(lines) for _, lines, *_ in written))
    tops = _stacked([(y - height / 2, height * len(lines) + 3) for y, lines, *_ in written], low, high)
    parts, right = [], axes.left + axes.width
    for top, (_, lines, color, dash, width) in zip(tops, written, strict=True):
        middle = top + height / 2
        parts.append(svg.line(right + 6, middle, right + 26, middle, color, width, dash))
        parts += [
            svg.text(right + 31, middle + 6 + height * number, line, bold=width > 2, halo=False)
            for number, line in enumerate(lines)
        ]
    return "".join(parts)


def _wrapped(text, letters):
    """Lines of at most so many letters; a number stays with its name or unit."""
    lines = [""]
    for word in text.replace("η ", "η\u00a0").replace(" layer", "\u00a0layer").split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > letters:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _stacked(blocks, low, high):
    """Where blocks (wished top, height) begin, in their order from `low` down to `high`, none over another."""
    tops, free = [], low
    for wish, height in blocks:
        tops.append(max(wish, free))
        free = tops[-1] + height
    for number in reversed(range(len(blocks))):
        tops[number] = min(tops[number], high - blocks[number][1])
        high = tops[number]
    return tops


def _draw_gradients(run):
    depth = run.setup.depth
    axes = svg.Axes(546, 40, 162, 300, (0.5, depth + 0.5), (-10, 10))
    ticks = range(1, depth + 1) if depth <= 5 else (1, depth // 2, depth)
    kind = gradient_verdict(run.decades)
    title = {"alone": "Only one layer", "lost": "The gradient is lost"}.get(kind) or VERDICTS[kind]
    heading = svg.text(708, 22, title, anchor="end", bold=True, halo=False)
    return heading + draw_bars(axes, run.decades, "hidden layer", ticks)


def _draw_parts(setup):
    """The five parts side by side: filled where one is on, empty with what stands in its place where it is off."""
    parts, x = [], 6
    for part, width in CHIP_WIDTHS.items():
        off = part in setup.off
        fill, color, edge = ("white", BLACK, GRAY) if off else (BLUE, "white", BLUE)
        label = INSTEAD.get(part, f"no {part}") if off else part
        parts.append(svg.rectangle(x, 392, width, 28, fill, edge, corner=8))
        parts.append(svg.text(x + width / 2, 412, label, color=color, anchor="middle", bold=not off, halo=False))
        x += width + 5.5
    legend = f"Filled: part of the default. Empty: what stood there before. {_layers(setup.depth)}, η {setup.rate:g}"
    return "".join(parts) + svg.text(12, 440, legend, halo=False)


MEANINGS = {
    "He": "weights whose spread suits the layer; off: all from N(0, 1)",
    "batch norm": "each layer's sums are normalized over the batch; off: they are not",
    "ELU": "the function of every hidden layer; off: the sigmoid",
    "dropout": "a fifth of the hidden units sits out each step; off: none does",
    "Adam": "how the weights are moved; off: by gradient descent, which needs another learning rate",
}


def _switch(part, group):
    options = (("on", True), (f"off: {INSTEAD[part]}" if part in INSTEAD else "off", False))
    return Choice(SWITCHES[part], part, MEANINGS[part], options, True, group)


class ConfigurationExplorer(LiveExplorer):
    """Take the default configuration apart. Controls: he, batch_norm, elu, dropout, adam, depth, learning_rate.

    Moving a control shows the whole run at once. Start plays it from its first step; Step goes five training steps.
    While a run plays, moving a control begins a new one. The last four runs of other positions stay as thin lines, also
    those that were cut short. Reset puts the controls back and clears the earlier runs.
    """

    seconds_per_step = 0.04
    controls = (
        *(_switch(part, "The network") for part in ("He", "batch norm", "ELU")),
        Choice(
            "depth",
            "hidden layers",
            f"how many hidden layers of {UNITS} units the network has",
            tuple((str(depth), depth) for depth in DEPTHS),
            10,
            "The network",
        ),
        *(_switch(part, "The training") for part in ("dropout", "Adam")),
        Choice(
            "learning_rate",
            "learning rate η",
            "how far a step goes; gradient descent needs a larger one than Adam",
            tuple((f"{rate:g}", rate) for rate in RATES),
            0.003,
            "The training",
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
        setup = setup_of(state)
        return replace(whole_run(setup), earlier=kept_runs(state, setup))

    @classmethod
    def put_away(cls, state: SimpleNamespace) -> object:
        """The run without its network and its batches, which take 9 MB. They are made again when it goes on."""
        return replace(state.progress, trainer=None)

    def _reset(self):
        self._pause()
        self._values["progress"] = None  # and with it the earlier runs
        super()._reset()
