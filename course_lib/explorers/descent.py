"""Gradient descent on a surface that is seen from above: learning rate, start point, step by step or all at once."""

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from course_lib.data.surfaces import SURFACES
from course_lib.explorers import svg
from course_lib.explorers.controls import Choice, Slider
from course_lib.explorers.live import LiveExplorer
from course_lib.explorers.svg import format_number
from course_lib.plots.style import BLACK, BLUE, GRADIENT, GRAY, GREEN, ORANGE
from course_lib.scratch.optimizers import GradientDescent

LEARNING_RATES = (
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
    0.08,
    0.09,
    0.1,
    0.11,
    0.15,
    0.2,
    0.3,
    0.5,
    0.7,
    1.0,
    1.5,
    1.9,
    2.0,
    2.1,
)
EDGE = 3  # the picture shows both parameters from -3 to 3
LOWEST_SHOWN, HIGHEST_SHOWN = -6, 4  # powers of ten on the loss axis
BANDS = 16
VERDICTS = {
    "start": "At the start point. Press Start or Step.",
    "diverging": "Diverging: every step overshoots more than it gains; the loss grows. The learning rate is too large.",
    "converged": "Converged: the gradient is nearly 0 at the lowest point, so the steps have become tiny.",
    "higher valley": "Stuck in the higher valley: the gradient is nearly 0 here, though the other valley is lower.",
    "saddle": "Stuck on the saddle: the ground is level here, the gradient is 0, but this is no valley floor.",
    "bouncing": "Bouncing: each step lands on the opposite wall at about the same height, and the loss does not fall.",
    "zigzag": "Zigzag: each step crosses the valley floor and lands on the other wall. The loss still falls.",
    "creeping": "Creeping: the loss falls, but slowly; it would take many more steps. The learning rate is small.",
    "converging": "Converging: every step lands lower. It has not arrived yet.",
}


def begin(state: SimpleNamespace) -> object:
    """The path before the first step: the start point alone, an array (1, 2)."""
    return np.array([[state.start_x, state.start_y]], float)


def advance(state: SimpleNamespace) -> object:
    """The path with one more point, one step of gradient descent after its last."""
    position = state.progress[-1].copy()
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        gradient = np.array(SURFACES[state.surface].gradient(*position))
        GradientDescent(position, state.learning_rate).step(gradient)
    return np.vstack([state.progress, position])


def finished(state: SimpleNamespace) -> bool:
    """True after the chosen number of steps, or when the path has run away beyond all numbers."""
    return len(state.progress) > state.steps or not np.isfinite(state.progress[-1]).all()


def path_losses(state):
    """The loss at every point of the path."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return SURFACES[state.surface].loss(state.progress[:, 0], state.progress[:, 1])


def what_happens(state):
    """A key of VERDICTS: what the path does, read from its points and losses."""
    path, losses, surface = state.progress, path_losses(state), SURFACES[state.surface]
    if not np.isfinite(losses[-1]) or losses[-1] > 1.001 * losses[0] + 1e-9:
        return "diverging"
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        level = np.hypot(*surface.gradient(*path[-1])) < 0.02
    if level:
        lowest = np.hypot(*(path[-1] - surface.minima[0])) < 0.1
        return "converged" if lowest else _level_place(surface, path[-1])
    if len(path) == 1:
        return "start"
    if _turns_back(path):
        recent = losses[-min(len(losses), 6)]
        return "bouncing" if losses[-1] > 0.99 * recent else "zigzag"
    return "creeping" if losses[-1] > 0.6 * losses[0] and len(path) > 5 else "converging"


def _level_place(surface, point):
    near_saddle = surface.saddle is not None and np.hypot(*(point - surface.saddle)) < 0.1
    return "saddle" if near_saddle else "higher valley"


def _turns_back(path):
    """True when one coordinate goes forth and back in most of the last steps, visibly."""
    steps = np.diff(path[-9:], axis=0)
    turned = steps[1:] * steps[:-1] < 0
    visible = np.abs(steps[1:]) > 0.02
    return len(turned) >= 2 and bool(((turned & visible).mean(axis=0) > 0.6).any())


def draw(state: SimpleNamespace) -> str:
    """The surface with the path on the left, the loss of every step on the right, the next step under both."""
    verdict = what_happens(state)
    position = state.progress[-1]
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        gradient = np.array(SURFACES[state.surface].gradient(*position))
    next_step = -state.learning_rate * gradient
    parts = [
        draw_surface(state, next_step),
        draw_losses(state, verdict),
        svg.text(20, 418, f"gradient here: {_pair(gradient)}"),
        svg.text(
            20, 444, f"next step = −{state.learning_rate:g} · gradient = {_pair(next_step)}", color=GRADIENT, bold=True
        ),
    ]
    return svg.document(720, 458, parts, describe(state))


def _pair(values):
    return f"({format_number(values[0], 3)}, {format_number(values[1], 3)})"


def draw_surface(state, next_step):
    """The surface in bands of equal height of its root, the path, and an arrow that is the next step."""
    axes = svg.Axes(62, 36, 300, 300, (-EDGE, EDGE), (-EDGE, EDGE))
    surface, path = SURFACES[state.surface], state.progress
    levels, palette = _bands(state.surface)
    points = axes.points(path[:, 0], path[:, 1])
    parts = [svg.heat_map(axes.left, axes.top, axes.width, axes.height, levels, palette)]
    for number, (x, y) in enumerate(surface.minima):
        parts.append(_cross(axes.x(x), axes.y(y)))
        label = "lowest point" if number == 0 else "higher valley"
        parts.append(svg.text(axes.x(x), axes.y(y) + 28, label, anchor="middle", color=GREEN))
    if surface.saddle:
        x, y = surface.saddle
        parts.append(svg.text(axes.x(x), axes.y(y) + 54, "saddle", anchor="middle", color=GRAY))
    parts += [svg.polyline(points, "white", 5), svg.polyline(points, BLACK, 2)]
    parts += [svg.circle(x, y, 3.5, fill=BLACK, width=0) for x, y in _on_chart(points)]
    (start_x, start_y), (x, y) = points[0], points[-1]
    parts.append(svg.rectangle(start_x - 7, start_y - 7, 14, 14, "white", BLACK, line_width=2.5))
    parts.append(svg.text(start_x + 11, start_y - 9, "start", bold=True))
    if np.isfinite(points[-1]).all():
        arrow_x, arrow_y = axes.x(path[-1][0] + next_step[0]), axes.y(path[-1][1] + next_step[1])
        if np.isfinite([arrow_x, arrow_y]).all() and np.hypot(arrow_x - x, arrow_y - y) > 8:
            parts.append(svg.arrow(x, y, arrow_x, arrow_y, GRADIENT, 3, "6 4"))
        parts.append(svg.circle(x, y, 8, fill=ORANGE))
    title = f"{state.surface.capitalize()} from above: dark is high"
    ticks = (-3, -2, -1, 0, 1, 2, 3)
    return axes.inside(*parts) + axes.frame(title, "parameter x", "parameter y", ticks, ticks)


def _on_chart(points):
    return [(x, y) for x, y in points if 0 <= x <= 720 and 0 <= y <= 458]


def _cross(x, y):
    return svg.line(x - 7, y - 7, x + 7, y + 7, GREEN, 4) + svg.line(x - 7, y + 7, x + 7, y - 7, GREEN, 4)


@lru_cache
def _bands(name):
    """The surface as bands: whole numbers (rows, columns), 0 the lowest, and their colors. Edges draw contours."""
    centers = (np.arange(240) + 0.5) / 240 * 2 * EDGE - EDGE
    x, y = np.meshgrid(centers, centers[::-1])
    height = np.sqrt(np.maximum(SURFACES[name].loss(x, y), 0))
    levels = np.minimum(height / height.max() * BANDS, BANDS - 1).astype(np.uint8)
    return levels, svg.blend("#FFFFFF", BLUE, BANDS * 3 // 2)[:BANDS]


def draw_losses(state, verdict):
    """The loss after every step, on a logarithmic axis."""
    axes = svg.Axes(462, 36, 240, 300, (0, state.steps), (LOWEST_SHOWN, HIGHEST_SHOWN))
    losses = path_losses(state)
    losses = losses[np.isfinite(losses)]
    with np.errstate(divide="ignore"):
        heights = np.clip(np.log10(losses), LOWEST_SHOWN, HIGHEST_SHOWN)
    points = axes.points(np.arange(len(losses)), heights)
    parts = [svg.polyline(points, BLUE, 3), *(svg.circle(x, y, 3, fill=BLUE, color=BLUE, width=0) for x, y in points)]
    marker = svg.circle(*points[-1], 8, fill=ORANGE)
    y_ticks = [(power, svg.power_of_ten(power)) for power in range(LOWEST_SHOWN, HIGHEST_SHOWN + 1, 2)]
    x_ticks = (0, state.steps) if state.steps < 4 else (0, (state.steps // 2), state.steps)
    frame = axes.frame(f"Loss: {verdict}", "step", "loss (log scale)", x_ticks, y_ticks, 62, grid=True)
    return frame + axes.inside(*parts) + marker


def describe(state: SimpleNamespace) -> str:
    """What happens, in words, and the numbers of the last step."""
    losses, path = path_losses(state), state.progress
    taken = len(path) - 1
    return (
        f"{VERDICTS[what_happens(state)]}\n"
        f"After {taken} {'step' if taken == 1 else 'steps'} at learning rate {state.learning_rate:g}: "
        f"at {_pair(path[-1])}, loss {format_number(losses[-1], 4)}. Loss at the start: {format_number(losses[0], 4)}."
    )


class DescentExplorer(LiveExplorer):
    """Gradient descent on a surface. Controls: surface, learning_rate, start_x, start_y, steps.

    Moving a control shows the whole path at once. Start plays it from its start point; Step goes one step at a time.
    """

    seconds_per_step = 0.15
    label_width = "8em"
    controls = (
        Choice(
            "surface",
            "surface",
            "the loss as a function of two parameters",
            tuple((name, name) for name in SURFACES),
            "ravine",
            "The surface",
        ),
        Slider("start_x", "start x", "where the path starts, left to right", -2.5, 2.5, 0.1, -2.0, "The surface"),
        Slider("start_y", "start y", "where the path starts, bottom to top", -2.5, 2.5, 0.1, 1.5, "The surface"),
        Choice(
            "learning_rate",
            "learning rate η",
            "how far a step goes for a gradient of a given size",
            tuple((f"{rate:g}", rate) for rate in LEARNING_RATES),
            0.03,
            "The descent",
            ordered=True,
        ),
        Slider("steps", "steps", "how many steps are taken", 1, 100, 1, 30, "The descent", digits=0),
    )
    begin = staticmethod(begin)
    advance = staticmethod(advance)
    finished = staticmethod(finished)
    draw = staticmethod(draw)
    describe = staticmethod(describe)

    @classmethod
    def preview(cls, state: SimpleNamespace) -> object:
        """The whole path."""
        state.progress = begin(state)
        while not finished(state):
            state.progress = advance(state)
        return state.progress
