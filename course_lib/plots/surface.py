"""A loss seen from above: contours over two parameters, and the path that training takes across them."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import BLACK, FUNCTION, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_surface(
    axes: "Axes | None", first: ArrayLike, second: ArrayLike, losses: ArrayLike, levels: int = 12
) -> "Axes":
    """Contours of a loss over two parameters, evenly spaced in the logarithm: light is low.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    first : (columns,) values of the parameter along the horizontal axis
    second : (rows,) values of the parameter along the vertical axis
    losses : (rows, columns), each 0 or more; losses[i, j] belongs to second[i] and first[j]
    levels : number of contours

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : losses that do not have the shape (rows, columns), or are negative or not finite
    """
    from matplotlib import colormaps

    losses = np.asarray(losses, dtype=float)
    if losses.shape != (len(second), len(first)):
        raise ValueError(
            f"losses have shape {losses.shape}; expected ({len(second)}, {len(first)}): a row for each value of the "
            "second parameter, a column for each of the first."
        )
    if not np.isfinite(losses).all() or losses.min() < 0:
        raise ValueError("losses must be finite and 0 or more, so that their logarithm can be taken.")
    low, high = contour_range(losses)
    edges = np.geomspace(low, high, levels)
    shown = np.clip(losses, low, high)
    shades = [colormaps["Blues"](share) for share in np.linspace(0.03, 0.7, levels - 1)]
    axes = axes_or_new(axes)
    axes.contourf(first, second, shown, levels=edges, colors=shades)
    lines = axes.contour(first, second, shown, levels=edges[1:-1], colors=[FUNCTION], linewidths=0.7)
    axes.clabel(lines, lines.levels[::3], fontsize=10, fmt=number_text, colors=[BLACK])
    return axes


def number_text(value: float) -> str:
    """A number with two digits that count, never as a power of ten: 230 and 0.45."""
    return f"{float(f'{value:.1e}'):,g}"


def contour_range(losses: ArrayLike) -> tuple[float, float]:
    """Lowest and highest contour: the losses' own, but at most a factor of 1,000 apart, and never equal."""
    high = float(np.max(losses)) or 1.0
    low = max(float(np.min(losses)), high / 1000)
    return (low, high) if low < high else (high / 10, high)


def plot_path(
    axes: "Axes | None",
    points: ArrayLike,
    color: str = VERMILION,
    marker: str = "o",
    label: str | None = None,
    every: int = 1,
) -> "Axes":
    """The points that training visits, joined by a line: a ring at the start, a square at the end.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    points : (steps + 1, 2), the two parameters before the first step and after each step
    every : draw a mark for each `every`-th point only

    Returns
    -------
    the Axes
    """
    points = np.asarray(points, dtype=float)
    inside = np.isfinite(points).all(axis=1)
    points = points[inside]
    axes = axes_or_new(axes)
    axes.plot(
        points[:, 0],
        points[:, 1],
        color=color,
        marker=marker,
        markersize=4,
        linewidth=1.5,
        label=label,
        markevery=every,
        zorder=3,
    )
    axes.plot(*points[0], "o", markersize=11, markerfacecolor="white", markeredgecolor=BLACK, zorder=4, gid="start")
    axes.plot(*points[-1], "s", markersize=8, color=BLACK, zorder=4, gid="end")
    return axes
