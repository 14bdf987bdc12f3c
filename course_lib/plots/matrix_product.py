"""One layer as a picture of its arrays: x (batch, fan_in) @ weights (fan_in, fan_out) + bias (fan_out,) = sums."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.network_drawing import number
from course_lib.plots.style import BLACK, GRAY, YELLOW

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP = 1.5  # between two arrays, in cells


def draw_layer_product(
    axes: "Axes | None", x: ArrayLike, weights: ArrayLike, bias: ArrayLike, row: int = 0, column: int = 0
) -> "Axes":
    """Draw the four arrays of a layer with their numbers, and mark what goes into one sum.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    x : (batch, fan_in), one example a row
    weights : (fan_in, fan_out), one neuron a column
    bias : (fan_out,)
    row, column : the example and the neuron whose sum is marked

    Returns
    -------
    the Axes
    """
    x, weights, bias = (np.asarray(array, dtype=float) for array in (x, weights, bias))
    sums = x @ weights + bias
    parts = [
        ("x", "batch, fan_in", x, lambda i, j: i == row, "@"),
        ("weights", "fan_in, fan_out", weights, lambda i, j: j == column, "+"),
        ("bias", "fan_out,", bias[None, :], lambda i, j: j == column, "="),
        ("sums", "batch, fan_out", sums, lambda i, j: (i, j) == (row, column), ""),
    ]
    left = 0.0
    axes = axes_or_new(axes)
    for name, meaning, array, marked, sign in parts:
        _draw_array(axes, array, left, marked)
        middle = left + array.shape[1] / 2
        shape = bias.shape if name == "bias" else array.shape
        text = f"{name}\n({meaning})\n= {shape}"
        axes.text(middle, array.shape[0] / 2 + 0.15, text, ha="center", va="bottom", fontsize=10.5)
        left += array.shape[1] + GAP
        axes.text(left - GAP / 2, 0, sign, ha="center", va="center", fontsize=17)
    tallest = max(x.shape[0], weights.shape[0])
    axes.set_xlim(-0.6, left - GAP + 0.6)
    axes.set_ylim(-tallest / 2 - 0.2, tallest / 2 + 1.5)
    axes.set_aspect("equal")
    axes.axis("off")
    return axes


def _draw_array(axes, array, left, marked):
    from matplotlib.patches import Rectangle

    rows, columns = array.shape
    for i in range(rows):
        for j in range(columns):
            corner = (left + j, rows / 2 - 1 - i)
            face = YELLOW if marked(i, j) else "white"
            axes.add_patch(Rectangle(corner, 1, 1, facecolor=face, edgecolor=GRAY, linewidth=1))
            text = number(array[i, j])
            axes.text(corner[0] + 0.5, corner[1] + 0.5, text, ha="center", va="center", fontsize=12, color=BLACK)
