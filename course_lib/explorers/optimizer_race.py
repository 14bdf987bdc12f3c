"""Six optimizers race down a surface that is seen from above: learning rate, momentum, step by step or all at once."""

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from course_lib.data.surfaces import RACE_SURFACES
from course_lib.experiments import surface_race
from course_lib.explorers import svg
from course_lib.explorers.controls import Choice
from course_lib.explorers.live import LiveExplorer
from course_lib.explorers.svg import format_number
from course_lib.plots.style import BLUE, GREEN, OPTIMIZER_LOOKS, OPTIMIZER_NAMES
from course_lib.recipe import ENTRYWISE_OPTIMIZERS

EDGE = 3  # the picture shows both parameters from -3 to 3
LOWEST_SHOWN, HIGHEST_SHOWN = -8, 2  # powers of ten on the loss axis
BANDS = 16
MOMENTA = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99)
SAME, TUNED = "same", "tuned"
LOST = 1000.0  # times the loss at the start: it has run away


def rates(state):
    """The learning rate of every optimizer, {name: rate}: the slider's for all, or each its own best."""
    if state.rates == SAME:
        return dict.fromkeys(ENTRYWISE_OPTIMIZERS, state.learning_rate)
    return _best_rates(state.surface, state.momentum)


@lru_cache
def _best_rates(surface, momentum):
    race = surface_race.tuned_race(RACE_SURFACES[surface], momentum=momentum)
    return {name: rate for name, (rate, _, _) in race.items()}


def begin(state: SimpleNamespace) -> object:
    """All six at the start: `paths`, an array (places, 6, 2), the present places, and the optimizers that move them."""
    start = np.array(RACE_SURFACES[state.surface].start, float)
    places = [start.copy() for _ in ENTRYWISE_OPTIMIZERS]
    movers = [
        surface_race.make_optimizer(name, place, rate, state.momentum)
        for place, (name, rate) in zip(places, rates(state).items(), strict=True)
    ]
    return {"paths": np.stack(places)[None], "places": places, "movers": movers}


def advance(state: SimpleNamespace) -> object:
    """The race one step later."""
    race, surface = state.progress, RACE_SURFACES[state.surface]
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for place, mover in zip(race["places"], race["movers"], strict=True):
            mover.step(np.array(surface.gradient(*place)))
    return race | {"paths": np.concatenate([race["paths"], np.stack(race["places"])[None]])}


def finished(state: SimpleNamespace) -> bool:
    """True after the race's last step."""
    return len(state.progress["paths"]) > surface_race.STEPS


def losses_of(state):
    """The loss of every optimizer at every step so far, an array (places, 6)."""
    return surface_race.losses_on(RACE_SURFACES[state.surface], state.progress["paths"])


def standings(state):
    """What each optimizer has come to, {name: (a word, steps to the goal or None)}.

    The words are "there" (in the goal, and still there), "running", "lost" (run away) and "start".
    """
    losses, result = losses_of(state), {}
    for name, of_one in zip(ENTRYWISE_OPTIMIZERS, losses.T, strict=True):
        steps = surface_race.steps_to_goal(of_one)
        if not np.isfinite(of_one[-1]) or of_one[-1] > LOST * of_one[0]:
            result[name] = ("lost", None)
        elif steps is not None:
            result[name] = ("there", steps)
        else:
            result[name] = ("start" if len(losses) == 1 else "running", None)
    return result


def winner(state):
    """The names of those who got to the goal in the fewest steps, in the order of the race; none yet: []."""
    counts = {name: steps for name, (word, steps) in standings(state).items() if word == "there"}
    return [name for name, steps in counts.items() if steps == min(counts.values())]


def draw(state: SimpleNamespace) -> str:
    """The surface with six paths on the left, six curves of the loss on the right, and a line for each under both."""
    parts = [_draw_surface(state), _draw_losses(state), _draw_legend(state)]
    return svg.document(720, 474, parts, describe(state))


def _dash(name, width):
    _, lengths = OPTIMIZER_LOOKS[name][1]
    return " ".join(f"{length * width:g}" for length in lengths)


def _curve(name, points, width=2.5):
    color = OPTIMIZER_LOOKS[name][0]
    return svg.polyline(points, color, width, _dash(name, width))


def _draw_surface(state):
    axes = svg.Axes(62, 36, 300, 300, (-EDGE, EDGE), (-EDGE, EDGE))
    surface = RACE_SURFACES[state.surface]
    paths = np.clip(state.progress["paths"], -100 * EDGE, 100 * EDGE)  # far outside is far enough
    levels, palette = _bands(state.surface)
    parts = [svg.heat_map(axes.left, axes.top, axes.width, axes.height, levels, palette)]
    for x, y in surface.minima:
        parts += [
            svg.line(axes.x(x) - 8, axes.y(y) + turn * 8, axes.x(x) + 8, axes.y(y) - turn * 8, GREEN, 4)
            for turn in (-1, 1)
        ]
    drawn = [
        (name, axes.points(*path.T)) for name, path in zip(ENTRYWISE_OPTIMIZERS, paths.swapaxes(0, 1), strict=True)
    ]
    for name, points in drawn:
        parts += [svg.polyline(points, "white", 4.5), _curve(name, points)]
    (start_x, start_y), *_ = drawn[0][1]
    parts.append(svg.rectangle(start_x - 6, start_y - 6, 12, 12, "white", "black", line_width=2.5))
    parts += [
        svg.circle(*points[-1], 7, fill=OPTIMIZER_LOOKS[name][0], color="white")
        for name, points in drawn
        if np.isfinite(points[-1]).all()
    ]
    parts.append(svg.text(start_x - 8, start_y - 14, "start", bold=True))
    ticks = (-3, -2, -1, 0, 1, 2, 3)
    title = f"{state.surface.capitalize()} from above: dark is high"
    return axes.inside(*parts) + axes.frame(title, "parameter x", "parameter y", ticks, ticks)


@lru_cache
def _bands(name):
    """The surface as bands: whole numbers (rows, columns), 0 the lowest, and their colors. Edges draw contours."""
    centers = (np.arange(240) + 0.5) / 240 * 2 * EDGE - EDGE
    x, y = np.meshgrid(centers, centers[::-1])
    height = np.sqrt(np.sqrt(np.maximum(RACE_SURFACES[name].loss(x, y), 0)))
    levels = np.minimum(height / height.max() * BANDS, BANDS - 1).astype(np.uint8)
    return levels, svg.blend("#FFFFFF", BLUE, BANDS * 3 // 2)[:BANDS]


def _draw_losses(state):
    axes = svg.Axes(462, 36, 240, 300, (0, surface_race.STEPS), (LOWEST_SHOWN, HIGHEST_SHOWN))
    losses = losses_of(state)
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.clip(np.log10(losses), LOWEST_SHOWN, HIGHEST_SHOWN)
    goal = np.log10(surface_race.GOAL * losses[0, 0])
    parts = [svg.line(axes.x(0), axes.y(goal), axes.x(surface_race.STEPS), axes.y(goal), GREEN, 2)]
    for name, heights_of_one in zip(ENTRYWISE_OPTIMIZERS, heights.T, strict=True):
        points = axes.points(np.arange(len(losses)), heights_of_one)
        parts.append(_curve(name, points))
        if np.isfinite(points[-1]).all():
            parts.append(svg.circle(*points[-1], 5, fill=OPTIMIZER_LOOKS[name][0], color="white", width=1.5))
    parts.append(svg.text(axes.x(0) + 5, axes.y(goal) + 18, "goal", color=GREEN))  # on top: curves would hide it
    y_ticks = [(power, svg.power_of_ten(power)) for power in range(LOWEST_SHOWN, HIGHEST_SHOWN + 1, 2)]
    middle = surface_race.STEPS // 2
    frame = axes.frame(
        _title(state), "step", "loss (log scale)", (0, middle, surface_race.STEPS), y_ticks, 62, grid=True
    )
    return frame + axes.inside(*parts)


def _title(state):
    first = winner(state)
    if not first:
        return "Nobody at the goal yet"
    return f"First: {OPTIMIZER_NAMES[first[0]]}" if len(first) == 1 else f"{len(first)} are first together"


def _draw_legend(state):
    parts, of_each = [], rates(state)
    for number, (name, standing) in enumerate(standings(state).items()):
        x, y = 12 + 232 * (number % 3), 402 + 46 * (number // 3)
        parts.append(_curve(name, [(x, y - 5), (x + 34, y - 5)], 3))
        parts.append(svg.text(x + 42, y, OPTIMIZER_NAMES[name], bold=True, halo=False))
        parts.append(svg.text(x + 42, y + 20, f"η {of_each[name]:g}: {_short(standing)}", halo=False))
    return "".join(parts)


def _result(standing):
    word, steps = standing
    return {
        "there": f"goal in {_counted(steps)}" if steps else "",
        "lost": "has run away",
        "running": "not at the goal",
        "start": "at the start",
    }[word]


def _short(standing):
    word, steps = standing
    return {"there": f"goal at {steps}", "running": "not there"}.get(word) or _result(standing)


def _counted(steps):
    return "1 step" if steps == 1 else f"{steps} steps"


def describe(state: SimpleNamespace) -> str:
    """Who is where, in words and numbers."""
    losses, of_each = losses_of(state)[-1], rates(state)
    taken = len(state.progress["paths"]) - 1
    first = [OPTIMIZER_NAMES[name] for name in winner(state)]
    if taken == 0:
        head = "At the start. Press Start or Step."
    elif not first:
        head = f"After {_counted(taken)} nobody is at the goal, a thousandth of the loss at the start."
    else:
        head = f"After {_counted(taken)}, first at the goal, a thousandth of the loss at the start: {', '.join(first)}."
    each = [
        f"{OPTIMIZER_NAMES[name]} (learning rate {of_each[name]:g}): {_result(standing)}"
        + (f", loss {format_number(loss, 4)}" if standing[0] == "running" else "")
        for (name, standing), loss in zip(standings(state).items(), losses, strict=True)
    ]
    return f"{head}\n{'; '.join(each)}."


class OptimizerRaceExplorer(LiveExplorer):
    """Six optimizers on one surface. Controls: surface, rates, learning_rate, momentum.

    Moving a control shows the whole race at once. Start plays it; Step goes one step at a time.
    """

    seconds_per_step = 0.06
    label_width = "8em"
    controls = (
        Choice(
            "surface",
            "surface",
            "the loss as a function of two parameters",
            tuple((name, name) for name in RACE_SURFACES),
            "ravine",
            "The surface",
        ),
        Choice(
            "rates",
            "rates",
            "whether all have the slider's learning rate, or each the one with which it is quickest here",
            (("one for all", SAME), ("each its best", TUNED)),
            SAME,
            "The surface",
        ),
        Choice(
            "learning_rate",
            "learning rate η",
            "how far a step goes, for all six; not used when each has its best",
            tuple((f"{rate:g}", rate) for rate in surface_race.RATES),
            0.01,
            "The optimizers",
            ordered=True,
        ),
        Choice(
            "momentum",
            "momentum μ",
            "the share of the last step that is kept: μ of momentum and Nesterov, β₁ of Adam and AdamW",
            tuple((f"{momentum:g}", momentum) for momentum in MOMENTA),
            surface_race.MOMENTUM,
            "The optimizers",
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
        """The whole race."""
        surface, momentum = RACE_SURFACES[state.surface], state.momentum
        paths = [surface_race.walk(surface, name, rate, momentum) for name, rate in rates(state).items()]
        return {"paths": np.stack(paths, axis=1), "places": [], "movers": []}
