"""A race of optimizers: the paths they take from one start, on the contours of a loss over two parameters."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import BLACK, GRAY, optimizer_look
from course_lib.plots.surface import number_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 121  # of the grid, along each axis


def plot_paths(
    axes: "Axes | None",
    loss: Callable[[np.ndarray, np.ndarray], np.ndarray],
    paths: Mapping[str, ArrayLike],
    extent: tuple[float, float, float, float],
    minimum: ArrayLike | None = None,
    levels: int = 12,
) -> "Axes":
    """Contours of a loss over two parameters, and on them the path of each optimizer from the start, a white ring.

    A path's last point is a dot in its color. Where the path leaves the picture, a triangle at the frame says so;
    a path that is not finite any more ends in a cross. Contours are evenly spaced in the loss's logarithm above its
    lowest value in the picture.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    loss : function of two arrays of the same shape, x and y, that returns the losses in this shape
    paths : {optimizer: (steps + 1, 2) points}, drawn in the order given, each with the look of `style.OPTIMIZER_LOOKS`
    extent : (left, right, bottom, top) of the picture
    minimum : (x, y) of the lowest point, or several of them (n, 2), each a star; None for none
    levels : number of contours

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : an optimizer that does not exist, points that are not (steps + 1, 2), an extent that is not in order,
        losses that are not one finite number for each point of the picture
    """
    points = {name: _checked_path(name, path) for name, path in paths.items()}
    looks = {name: optimizer_look(name) for name in points}
    left, right, bottom, top = _checked_extent(extent)
    axes = axes_or_new(axes)
    _draw_contours(axes, loss, (left, right, bottom, top), levels)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    if minimum is not None:
        for x, y in np.atleast_2d(np.asarray(minimum, dtype=float)):
            axes.plot(x, y, "*", markersize=14, color=BLACK, markeredgecolor="white", zorder=5, gid="minimum")
    for name, path in points.items():
        _draw_path(axes, path, looks[name], (left, right, bottom, top))
    for start in {tuple(path[0]) for path in points.values()}:
        axes.plot(*start, "o", markersize=10, markerfacecolor="white", markeredgecolor=BLACK, zorder=5, gid="start")
    return axes


def _checked_path(name, path):
    path = np.asarray(path, dtype=float)
    if path.ndim != 2 or path.shape[1] != 2 or not len(path) or not np.isfinite(path[0]).all():
        raise ValueError(
            f"The path of {name!r} has shape {path.shape}; expected (steps + 1, 2), one point or more, the first of "
            "them finite."
        )
    return path


def _checked_extent(extent):
    numbers = np.asarray(extent, dtype=float)
    if (
        numbers.shape != (4,)
        or not np.isfinite(numbers).all()
        or not (numbers[0] < numbers[1] and numbers[2] < numbers[3])
    ):
        raise ValueError(f"extent is {extent!r}; expected (left, right, bottom, top), the lower number first.")
    return tuple(float(number) for number in numbers)


def _draw_contours(axes, loss, extent, levels):
    x, y = np.meshgrid(np.linspace(*extent[:2], POINTS), np.linspace(*extent[2:], POINTS))
    losses = np.asarray(loss(x, y), dtype=float)
    if losses.shape != x.shape or not np.isfinite(losses).all():
        raise ValueError(
            f"loss(x, y) has shape {losses.shape} for points of shape {x.shape}; expected one finite number for each."
        )
    low, span = float(losses.min()), float(np.ptp(losses)) or 1.0
    edges = low + np.geomspace(span / 1000, span, levels + 1)[:-1]
    lines = axes.contour(x, y, losses, levels=edges, colors=[GRAY], linewidths=0.7, alpha=0.6, linestyles="solid")
    axes.clabel(lines, lines.levels[::3], fontsize=10, fmt=number_text, colors=[GRAY])


def _draw_path(axes, path, look, extent):
    left, right, bottom, top = extent
    finite = np.isfinite(path).all(axis=1)
    count = len(path) if finite.all() else int(np.argmin(finite))
    drawn = path[:count]
    axes.plot(drawn[:, 0], drawn[:, 1], linewidth=2, zorder=4, gid="path", **look)
    end = drawn[-1]
    color = look["color"]
    if count < len(path):
        place = np.clip(end, (left, bottom), (right, top))
        axes.plot(*place, "X", markersize=9, color=color, clip_on=False, zorder=6, gid="not finite")
    elif left <= end[0] <= right and bottom <= end[1] <= top:
        axes.plot(*end, "o", markersize=7, color=color, markeredgecolor="white", zorder=6, gid="end")
    else:
        _mark_exit(axes, end, extent, color)


def _mark_exit(axes, end, extent, color):
    """A triangle at the frame, which points to where the path ended."""
    left, right, bottom, top = extent
    beyond = {">": end[0] - right, "<": left - end[0], "^": end[1] - top, "v": bottom - end[1]}
    shares = {mark: size / ((right - left) if mark in "<>" else (top - bottom)) for mark, size in beyond.items()}
    mark = max(shares, key=shares.get)
    place = np.clip(end, (left, bottom), (right, top))
    axes.plot(*place, mark, markersize=9, color=color, clip_on=False, zorder=6, gid="outside")
