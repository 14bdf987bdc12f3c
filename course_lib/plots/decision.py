"""Where in the plane a neuron or a network says yes: regions, lines and points. Class 1 is blue, class 0 vermilion."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import BLACK, FUNCTION, NEGATIVE, POSITIVE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def grid_points(low: float, high: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of a square grid over [low, high] x [low, high].

    Returns
    -------
    ticks (count,), points (count * count, 2), row by row: `scores.reshape(count, count)` fits `plot_regions`
    """
    ticks = np.linspace(low, high, count)
    first, second = np.meshgrid(ticks, ticks)
    return ticks, np.column_stack([first.ravel(), second.ravel()])


def plot_regions(axes: "Axes | None", ticks: ArrayLike, scores: ArrayLike, threshold: float = 0.0) -> "Axes":
    """Color the plane by the sign of scores - threshold and draw the border between.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    ticks : (n,) positions along both axes
    scores : (n, n), row i is x2 = ticks[i]
    threshold : a score above it is class 1

    Returns
    -------
    the Axes
    """
    scores = np.asarray(scores, dtype=float)
    above = scores > threshold
    axes = axes_or_new(axes)
    axes.contourf(ticks, ticks, above, levels=[-0.5, 0.5, 1.5], colors=[NEGATIVE, POSITIVE], alpha=0.16)
    if above.any() and not above.all():
        axes.contour(ticks, ticks, scores, levels=[threshold], colors=[BLACK], linewidths=2)
    return _square(axes, ticks[0], ticks[-1])


def plot_levels(axes: "Axes | None", ticks: ArrayLike, scores: ArrayLike, count: int = 9) -> "Axes":
    """Contour lines of scores (n, n), each labeled with its value: lines close together mean a steep slope."""
    axes = axes_or_new(axes)
    lines = axes.contour(ticks, ticks, scores, levels=count, colors=[FUNCTION], linewidths=1.4, linestyles="solid")
    inside = 0.94 * (ticks[-1] - ticks[0]) / 2
    middle = (ticks[-1] + ticks[0]) / 2
    for label in axes.clabel(lines, fontsize=10, fmt="%.2g"):
        if np.abs(np.subtract(label.get_position(), middle)).max() > inside:
            label.remove()  # the frame would cut it
    return _square(axes, ticks[0], ticks[-1])


def plot_points(axes: "Axes | None", x: ArrayLike, labels: ArrayLike, size: float = 170) -> "Axes":
    """Draw points (n, 2): filled circles for label 1, squares for label 0."""
    x, labels = np.asarray(x, dtype=float), np.asarray(labels)
    axes = axes_or_new(axes)
    for label, color, marker in ((1, POSITIVE, "o"), (0, NEGATIVE, "s")):
        chosen = x[labels == label]
        axes.scatter(
            chosen[:, 0],
            chosen[:, 1],
            s=size,
            c=color,
            marker=marker,
            edgecolors=BLACK,
            linewidths=1.2,
            zorder=3,
            label=f"answer {label}",
        )
    return axes


def plot_boundary(
    axes: "Axes | None", weights: ArrayLike, bias: float, low: float, high: float, arrow: bool = True
) -> "Axes":
    """Draw the line weights . x + bias = 0 inside the square, and the weight vector as an arrow that starts on it.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    weights : (2,), not both 0
    bias : number
    low, high : of both axes
    arrow : draw the weight vector too

    Raises
    ------
    ValueError : both weights are 0, so that there is no line
    """
    weights = np.asarray(weights, dtype=float)
    squared_length = float(weights @ weights)
    if squared_length == 0:
        raise ValueError("Both weights are 0: the sum is the same everywhere, so there is no line to draw.")
    foot = -bias * weights / squared_length  # the point of the line nearest to the origin
    along = np.array([-weights[1], weights[0]]) / np.sqrt(squared_length)
    reach = 4 * (abs(low) + abs(high)) + float(np.abs(foot).max())
    ends = np.array([foot - reach * along, foot + reach * along])
    axes = axes_or_new(axes)
    axes.plot(ends[:, 0], ends[:, 1], color=BLACK, linewidth=2, gid="boundary")
    if arrow:
        start = np.clip(foot, low, high)
        axes.annotate(
            "", xy=start + weights, xytext=start, arrowprops={"arrowstyle": "-|>", "color": BLACK, "linewidth": 1.8}
        )
    return _square(axes, low, high)


def _square(axes, low, high):
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_aspect("equal")
    return axes
