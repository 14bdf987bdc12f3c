"""A network drawn from its own parameters: every number on the drawing comes out of an array."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import BLACK, GRAY, NEGATIVE, POSITIVE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LAYER_GAP = 3.4  # between two layers, in units of the drawing
UNIT_GAP = 2.1  # between two units of a layer
RADIUS = 0.42  # of a unit
LABEL_AT = 0.27  # where on a connection its weight is written: 0 is its start, 1 its end


def draw_network(
    axes: "Axes | None",
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike],
    values: Sequence[ArrayLike] | None = None,
    names: Sequence[Sequence[str]] | None = None,
    sums: Sequence[ArrayLike] | None = None,
) -> "Axes":
    """Draw a fully connected network: units as circles, a line and a number for every weight, the bias under each unit.

    Positive weights are solid, negative ones dashed; a wider line is a larger weight.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    weights : list of arrays (fan_in, fan_out), first layer first
    biases : list of arrays (fan_out,), one a layer
    values : list of arrays, the output of each layer, the inputs first; written inside the circles. None in place of
        an array leaves that layer's circles empty
    names : list of lists of str, one a unit, the inputs first; written above the circles
    sums : list of arrays (fan_out,), what each unit has before its activation; written under the circles

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : weights and biases that do not fit each other
    """
    weights = [np.asarray(layer, dtype=float) for layer in weights]
    biases = [np.asarray(layer, dtype=float) for layer in biases]
    check_layers(weights, biases)
    places = unit_places([weights[0].shape[0]] + [layer.shape[1] for layer in weights])
    largest = max(float(np.abs(layer).max()) for layer in weights) or 1.0
    axes = axes_or_new(axes)
    for depth, layer in enumerate(weights):
        for (start, end), weight in np.ndenumerate(layer):
            _draw_connection(axes, places[depth][start], places[depth + 1][end], weight, largest)
    for depth, layer_places in enumerate(places):
        for unit, place in enumerate(layer_places):
            inside = "" if values is None or values[depth] is None else number(np.ravel(values[depth])[unit])
            above = "" if names is None else names[depth][unit]
            _draw_unit(axes, place, inside, above, _notes(biases, sums, depth, unit))
    _frame(axes, places, notes_below=0.85 if sums is not None else 0.6)
    return axes


def _notes(biases, sums, depth, unit):
    """What stands under a unit: its bias and, where it is given, its sum; nothing under an input."""
    if depth == 0:
        return ""
    notes = [f"bias {number(biases[depth - 1][unit])}"]
    if sums is not None:
        notes.append(f"sum {number(sums[depth - 1][unit])}")
    return "\n".join(notes)


def check_layers(weights: Sequence[np.ndarray], biases: Sequence[np.ndarray]) -> None:
    """Raise ValueError unless each weight matrix (fan_in, fan_out) fits its bias and the layer before."""
    if not weights or len(weights) != len(biases):
        raise ValueError(f"{len(weights)} weight matrices and {len(biases)} biases; give one of each for every layer.")
    for depth, (layer, bias) in enumerate(zip(weights, biases, strict=True), start=1):
        if layer.ndim != 2 or bias.shape != layer.shape[1:]:
            raise ValueError(
                f"Layer {depth}: weights {layer.shape}, bias {bias.shape}; expected (fan_in, fan_out) and (fan_out,)."
            )
        if depth > 1 and weights[depth - 2].shape[1] != layer.shape[0]:
            raise ValueError(
                f"Layer {depth} takes {layer.shape[0]} inputs, but layer {depth - 1} has {weights[depth - 2].shape[1]} "
                "units; they must be equal."
            )


def unit_places(sizes: Sequence[int]) -> list[list[tuple[float, float]]]:
    """The center (x, y) of every unit: a list of layers, each a list of points, each layer centered on y = 0."""
    return [
        [(depth * LAYER_GAP, ((size - 1) / 2 - unit) * UNIT_GAP) for unit in range(size)]
        for depth, size in enumerate(sizes)
    ]


def number(value: float) -> str:
    """A number as people write it: 8 and not 8.0, a real minus sign, two decimals at most."""
    text = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return text.replace("-", "\N{MINUS SIGN}") if text != "-0" else "0"


def _draw_connection(axes, start, end, weight, largest):
    color, style = (POSITIVE, "-") if weight > 0 else (NEGATIVE, "--") if weight < 0 else (GRAY, ":")
    width = 0.8 + 2.4 * abs(weight) / largest
    axes.plot(
        [start[0], end[0]],
        [start[1], end[1]],
        color=color,
        linestyle=style,
        linewidth=width,
        zorder=1,
        gid="connection",
    )
    x, y = (start[axis] + LABEL_AT * (end[axis] - start[axis]) for axis in (0, 1))
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2.5}
    axes.text(
        x, y, number(weight), color=color, ha="center", va="center", fontsize=11, weight="bold", bbox=box, zorder=2
    )


def _draw_unit(axes, place, inside, above, below):
    from matplotlib.patches import Circle

    axes.add_patch(Circle(place, RADIUS, facecolor="white", edgecolor=BLACK, linewidth=1.6, zorder=3))
    x, y = place
    axes.text(x, y, inside, ha="center", va="center", fontsize=13, weight="bold", zorder=4)
    axes.text(x, y + RADIUS + 0.08, above, ha="center", va="bottom", fontsize=11, zorder=4)
    axes.text(x, y - RADIUS - 0.1, below, ha="center", va="top", fontsize=10, color=GRAY, zorder=4)


def _frame(axes, places, notes_below):
    """Limits that hold the circles, the names above them and the notes below them."""
    points = np.array([point for layer in places for point in layer])
    axes.set_xlim(points[:, 0].min() - 1.0, points[:, 0].max() + 1.0)
    axes.set_ylim(points[:, 1].min() - RADIUS - notes_below, points[:, 1].max() + RADIUS + 0.5)
    axes.set_aspect("equal")
    axes.axis("off")
