"""Back-propagation on the drawing of a network: values go up the page's reading direction, slopes come back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.network_drawing import RADIUS, check_layers, number, unit_places
from course_lib.plots.style import BLACK, FUNCTION, GRADIENT, GRAY

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_backward(
    axes: "Axes | None",
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike],
    values: Sequence[ArrayLike],
    weight_gradients: Sequence[ArrayLike],
    sum_gradients: Sequence[ArrayLike],
    names: Sequence[Sequence[str]] | None = None,
) -> "Axes":
    """Draw a network with what flows forward in each unit, and the slope of the loss at each weight and unit.

    A connection on which no slope arrives is thin, gray and dotted.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    weights : list of arrays (fan_in, fan_out), first layer first
    biases : list of arrays (fan_out,)
    values : list of arrays, the output of each layer, the inputs first: written inside the circles
    weight_gradients : list of arrays with the shapes of `weights`: written on the connections
    sum_gradients : list of arrays (fan_out,), the slope of the loss with respect to each unit's sum: under the circles
    names : list of lists of str, one a unit, the inputs first: above the circles

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : weights and biases, or gradients and weights, that do not fit each other
    """
    weights = [np.asarray(layer, dtype=float) for layer in weights]
    check_layers(weights, [np.asarray(layer, dtype=float) for layer in biases])
    for depth, (layer, gradient) in enumerate(zip(weights, weight_gradients, strict=True), start=1):
        if np.shape(gradient) != layer.shape:
            raise ValueError(
                f"Layer {depth}: weights {layer.shape}, gradient {np.shape(gradient)}; they must be equal."
            )
    places = unit_places([weights[0].shape[0]] + [layer.shape[1] for layer in weights])
    axes = axes_or_new(axes)
    for depth, gradient in enumerate(weight_gradients):
        for (start, end), slope in np.ndenumerate(np.asarray(gradient, dtype=float)):
            _draw_slope(axes, places[depth][start], places[depth + 1][end], slope)
    for depth, layer_places in enumerate(places):
        for unit, place in enumerate(layer_places):
            slope = None if depth == 0 else np.ravel(sum_gradients[depth - 1])[unit]
            name = "" if names is None else names[depth][unit]
            _draw_unit(axes, place, np.ravel(values[depth])[unit], slope, name)
    _frame(axes, places)
    return axes


def _frame(axes, places):
    points = np.array([point for layer in places for point in layer])
    axes.set_xlim(points[:, 0].min() - 1.2, points[:, 0].max() + 1.2)
    axes.set_ylim(points[:, 1].min() - 1.2, points[:, 1].max() + 1.0)
    axes.set_aspect("equal")
    axes.axis("off")


def _draw_slope(axes, start, end, slope):
    color, style, width = (GRADIENT, "-", 1.8) if slope else (GRAY, ":", 1.0)
    axes.plot([start[0], end[0]], [start[1], end[1]], color=color, linestyle=style, linewidth=width, zorder=1)
    x, y = (start[axis] + 0.3 * (end[axis] - start[axis]) for axis in (0, 1))
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    axes.text(
        x, y, number(slope), color=color, ha="center", va="center", fontsize=12, weight="bold", bbox=box, zorder=2
    )


def _draw_unit(axes, place, value, slope, name):
    from matplotlib.patches import Circle

    axes.add_patch(Circle(place, RADIUS, facecolor="white", edgecolor=BLACK, linewidth=1.6, zorder=3))
    x, y = place
    axes.text(x, y, number(value), ha="center", va="center", fontsize=13, weight="bold", color=FUNCTION, zorder=4)
    axes.text(x, y + RADIUS + 0.08, name, ha="center", va="bottom", fontsize=11, zorder=4)
    if slope is not None:
        axes.text(
            x,
            y - RADIUS - 0.1,
            f"slope {number(slope)}",
            ha="center",
            va="top",
            fontsize=11,
            color=GRADIENT if slope else GRAY,
            zorder=4,
        )
