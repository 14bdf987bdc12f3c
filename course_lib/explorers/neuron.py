"""One neuron: its line in the plane of inputs, and the activation that its sum goes through."""

from types import SimpleNamespace

import numpy as np

from course_lib import recipe
from course_lib.explorers import svg
from course_lib.explorers.controls import Choice, Slider
from course_lib.explorers.explorer import Explorer
from course_lib.explorers.names import shown_name
from course_lib.explorers.svg import format_number
from course_lib.explorers.written_sum import written_sum
from course_lib.plots.style import BLACK, DERIVATIVE, FUNCTION, GRAY, NEGATIVE, ORANGE, POSITIVE
from course_lib.scratch import activations

SQUASHING = (1, (-1.5, 2.0))  # the largest output that the colors show, the range of the curve's axis
OPEN = (6, (-3, 9))  # of all others
# RReLU is left out: it draws its slopes, and has no one curve.
ACTIVATIONS = {
    name: (shown_name(name), *(SQUASHING if name in ("step", "sigmoid", "tanh") else OPEN))
    for name in ("step", *recipe.ACTIVATIONS)
    if name != "rrelu"
}
EDGE = 5  # the plane shows inputs from -5 to 5
CURVE_EDGE = 8  # the curve shows sums from -8 to 8
PIXELS = 90
COLORS = np.concatenate([svg.blend(NEGATIVE, "#FFFFFF", 128)[20:-1], svg.blend("#FFFFFF", POSITIVE, 128)[:-20]])


def weighted_sum(state):
    """The sum z of the neuron at the chosen input."""
    return float(np.array([state.x1, state.x2]) @ np.array([state.w1, state.w2]) + state.bias)


def activate(state, z, derivative=False):
    """The chosen activation, or its derivative, of the sums `z`."""
    return getattr(activations, state.activation + ("_derivative" if derivative else ""))(np.asarray(z, float))


def draw(state: SimpleNamespace) -> str:
    """The plane of inputs on the left, the activation on the right, the arithmetic under both."""
    z = weighted_sum(state)
    output, slope = float(activate(state, z)), float(activate(state, z, derivative=True))
    label = ACTIVATIONS[state.activation][0]
    arithmetic = written_sum((state.x1, state.x2), (state.w1, state.w2), state.bias)
    parts = [
        draw_plane(state),
        draw_curve(state, z, output),
        svg.text(20, 395, f"sum z = x₁·w₁ + x₂·w₂ + b = {arithmetic} = {format_number(z, 2)}", size=17),
        svg.text(20, 422, f"output = {label}(z) = {format_number(output, 2)}", size=17, bold=True),
        svg.text(430, 422, f"slope at z: {format_number(slope, 2)}", size=17, color=DERIVATIVE),
    ]
    return svg.document(720, 436, parts, describe(state))


def draw_plane(state):
    """The neuron's output over the plane as color, its line, its weights as an arrow and the chosen input."""
    plane = svg.Axes(62, 36, 272, 272, (-EDGE, EDGE), (-EDGE, EDGE))
    limit = ACTIVATIONS[state.activation][1]
    centers = (np.arange(PIXELS) + 0.5) / PIXELS * 2 * EDGE - EDGE
    x1, x2 = np.meshgrid(centers, centers[::-1])
    inputs = np.stack([x1.ravel(), x2.ravel()], axis=1)
    outputs = activate(state, inputs @ np.array([state.w1, state.w2]) + state.bias).reshape(PIXELS, PIXELS)
    heat = svg.heat_map(plane.left, plane.top, plane.width, plane.height, _levels(outputs, limit), COLORS)
    here = plane.x(state.x1), plane.y(state.x2)
    origin = plane.x(0), plane.y(0)
    tip = plane.x(state.w1), plane.y(state.w2)
    weights = [svg.arrow(*origin, *tip, width=4), svg.text(tip[0] + 6, tip[1] - 6, "w", bold=True)]
    side = -1 if np.hypot(tip[0] - here[0], tip[1] - here[1]) < 34 else 1  # x left of the dot where w is on its right
    anchor = "start" if side == 1 else "end"
    dot = svg.circle(*here, 8, fill=ORANGE) + svg.text(here[0] + 12 * side, here[1] + 5, "x", anchor=anchor, bold=True)
    return "".join(
        [
            plane.inside(heat, _boundary(state, plane), *(weights if (state.w1, state.w2) != (0, 0) else []), dot),
            plane.frame("Every input, and the output for it", "input x₁", "input x₂", (-5, 0, 5), (-5, 0, 5)),
            _color_bar(plane, limit),
        ]
    )


def _levels(outputs, limit):
    """Places in COLORS: its middle is output 0, its ends are `limit` and -limit."""
    middle = len(COLORS) // 2
    return np.rint(np.clip(outputs / limit, -1, 1) * middle + middle).clip(0, len(COLORS) - 1).astype(np.uint8)


def _boundary(state, plane):
    """The line on which the sum is 0, with the sides named."""
    weights = np.array([state.w1, state.w2])
    length = np.hypot(*weights)
    if length == 0:
        return svg.text(plane.x(0), plane.y(4), "both weights are 0: no line", anchor="middle")
    normal = weights / length
    along = np.array([-normal[1], normal[0]])
    nearest = -state.bias / length * normal  # the point of the line nearest to (0, 0)
    ends = [nearest + reach * along for reach in (-20, 20)]
    parts = [svg.polyline([(plane.x(x), plane.y(y)) for x, y in ends], BLACK, 2.5)]
    for side, label in ((1, "z > 0"), (-1, "z < 0")):
        places = [nearest + reach * along + side * normal * (1.35, 0.75) for reach in (3.2, -3.2, 1.6, -1.6)]
        for x, y in places:
            if abs(x) < EDGE - 1 and abs(y) < EDGE - 0.5:
                parts.append(svg.text(plane.x(x), plane.y(y) + 5, label, anchor="middle"))
                break
    return "".join(parts)


def _color_bar(plane, limit):
    left = plane.left + plane.width + 10
    levels = np.arange(len(COLORS) - 1, -1, -1, dtype=np.uint8)[:, None]
    parts = [svg.heat_map(left, plane.top, 12, plane.height, levels, COLORS)]
    parts.append(svg.rectangle(left, plane.top, 12, plane.height, "none", GRAY, line_width=1))
    for value in (limit, 0, -limit):
        height = plane.top + plane.height * (limit - value) / (2 * limit)
        sign = "+" if value > 0 else ""
        parts.append(svg.text(left + 17, height + 5, sign + format_number(value), halo=False))
    return "".join(parts)


def draw_curve(state, z, output):
    """The activation, its derivative dashed, and where the neuron is on it now."""
    label, _, y_range = ACTIVATIONS[state.activation]
    axes = svg.Axes(444, 36, 260, 272, (-CURVE_EDGE, CURVE_EDGE), y_range)
    sums = np.linspace(-CURVE_EDGE, CURVE_EDGE, 321)
    z_shown = float(np.clip(z, -CURVE_EDGE, CURVE_EDGE))
    output_shown = float(np.clip(output, *y_range))
    here = axes.x(z_shown), axes.y(output_shown)
    parts = [
        svg.line(axes.left, axes.y(0), axes.left + axes.width, axes.y(0), GRAY, 1),
        svg.line(axes.x(0), axes.top, axes.x(0), axes.top + axes.height, GRAY, 1),
        svg.line(here[0], axes.y(0), *here, ORANGE, 2),
        svg.polyline(axes.points(sums, activate(state, sums, derivative=True)), DERIVATIVE, 2.5, "7 5"),
        svg.polyline(axes.points(sums, activate(state, sums)), FUNCTION, 3.5),
        svg.circle(*here, 8, fill=ORANGE),
        _legend(axes.left + 10, axes.top + 20, label),
    ]
    if z != z_shown or output != output_shown:
        parts.append(svg.text(axes.left + 10, axes.top + 72, f"off the chart: z = {format_number(z, 2)}"))
    ticks = (-1, 0, 1, 2) if y_range[1] <= 2 else (-3, 0, 3, 6, 9)
    return axes.inside(*parts) + axes.frame(f"Activation: {label}", "sum z", "output", (-8, -4, 0, 4, 8), ticks)


def _legend(left, top, label):
    return (
        svg.line(left, top - 5, left + 30, top - 5, FUNCTION, 3.5)
        + svg.text(left + 36, top, label, color=FUNCTION)
        + svg.line(left, top + 18, left + 30, top + 18, DERIVATIVE, 2.5, "7 5")
        + svg.text(left + 36, top + 23, "its slope", color=DERIVATIVE)
    )


def describe(state: SimpleNamespace) -> str:
    """The sum, the output and the slope at the chosen input, and on which side of the line it lies."""
    z = weighted_sum(state)
    label = ACTIVATIONS[state.activation][0]
    output, slope = (format_number(float(activate(state, z, derivative)), 2) for derivative in (False, True))
    place = "on the line" if abs(z) < 1e-9 else f"on the side where the sum is {'positive' if z > 0 else 'negative'}"
    if state.w1 == state.w2 == 0:
        place = "in a plane without a line, because both weights are 0"
    return (
        f"The input ({format_number(state.x1)}, {format_number(state.x2)}) lies {place}: "
        f"z = {written_sum((state.x1, state.x2), (state.w1, state.w2), state.bias)} = {format_number(z, 2)}. "
        f"{label} makes it {output}; its slope there is {slope}."
    )


class NeuronExplorer(Explorer):
    """A neuron with two inputs. Controls: w1, w2, bias, activation, x1, x2."""

    controls = (
        Slider("w1", "weight w₁", "how strongly input x₁ counts", -3, 3, 0.1, 1.0, "The neuron"),
        Slider("w2", "weight w₂", "how strongly input x₂ counts", -3, 3, 0.1, 2.0, "The neuron"),
        Slider("bias", "bias b", "what is added to the sum, whatever the inputs are", -8, 8, 0.1, -1.0, "The neuron"),
        Choice(
            "activation",
            "activation",
            "the function that turns the sum into the output",
            tuple((label, name) for name, (label, _, _) in ACTIVATIONS.items()),
            "relu",
            "The neuron",
        ),
        Slider("x1", "input x₁", "where the input is, left to right", -EDGE, EDGE, 0.1, 2.0, "The input"),
        Slider("x2", "input x₂", "where the input is, bottom to top", -EDGE, EDGE, 0.1, 1.0, "The input"),
    )
    draw = staticmethod(draw)
    describe = staticmethod(describe)
