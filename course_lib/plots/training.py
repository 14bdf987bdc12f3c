"""Curves of a training run, and the lines by which a gradient is judged."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import BLACK, GRAY, PALETTE, VERMILION, series

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_curves(
    axes: "Axes | None",
    positions: ArrayLike,
    curves: Mapping[str, ArrayLike],
    log: bool = False,
    colors: Mapping[str, str] | None = None,
    markers: bool = False,
) -> "Axes":
    """Several curves over the same positions, each with its name at its end.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    positions : (n,) epochs, steps or images seen
    curves : {name: (n,) values}
    log : logarithmic vertical axis
    colors : {name: color}; names that are missing take the palette's next
    markers : draw a mark at every point

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : a curve that has not one value for each position
    """
    ends = []
    axes = axes_or_new(axes)
    for index, (name, values) in enumerate(curves.items()):
        values = np.asarray(values, dtype=float)
        if values.shape != np.shape(positions):
            raise ValueError(
                f"{name!r} has shape {values.shape}; expected {np.shape(positions)}, one value a position."
            )
        look = series(index)
        if not markers:
            del look["marker"]
        look["color"] = (colors or {}).get(name, look["color"])
        axes.plot(positions, values, linewidth=2, markersize=4, label=name, **look)
        ends.append((values[-1], name, look["color"]))
    if log:
        axes.set_yscale("log")
    label_ends(axes, positions[-1], ends)
    return axes


def plot_line_fit(axes: "Axes | None", x: ArrayLike, y: ArrayLike, slope: float, intercept: float) -> "Axes":
    """Points (n,), a line, and from each point to the line its error as a vertical stroke."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    predictions = slope * x + intercept
    axes = axes_or_new(axes)
    axes.vlines(x, np.minimum(y, predictions), np.maximum(y, predictions), colors=VERMILION, linewidth=1.6)
    ends = np.array([x.min(), x.max()])
    axes.plot(ends, slope * ends + intercept, color=PALETTE[0], linewidth=2.2)
    axes.plot(x, y, "o", color=BLACK, markersize=5)
    return axes


def plot_step_errors(axes: "Axes | None", steps: ArrayLike, errors: Mapping[str, ArrayLike]) -> "Axes":
    """Error of a numerical slope against the step it was taken with, both axes logarithmic.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    steps : (n,) positive
    errors : {name: (n,) relative errors}; an error of 0 is drawn at 1e-17, below what a float64 can show

    Returns
    -------
    the Axes
    """
    axes = axes_or_new(axes)
    for index, (name, values) in enumerate(errors.items()):
        look = series(index)
        axes.loglog(steps, np.maximum(values, 1e-17), markersize=4, linewidth=1.6, label=name, **look)
    axes.legend(frameon=False)
    return axes


def plot_sizes(axes: "Axes | None", sizes: Sequence[float], names: Sequence[str] | None = None) -> "Axes":
    """One size a layer, first layer at the left, on a logarithmic axis: each a dot on a stem."""
    positions = np.arange(1, len(sizes) + 1)
    axes = axes_or_new(axes)
    axes.vlines(positions, min(sizes) / 3, sizes, colors=GRAY, linewidth=1.5)
    axes.plot(positions, sizes, "o", color=VERMILION, markersize=7)
    axes.set_yscale("log")
    axes.set_ylim(bottom=min(sizes) / 3)
    axes.set_xticks(positions, names or positions)
    return axes


def plot_intervals(
    axes: "Axes | None", rows: Mapping[str, ArrayLike], intervals: Mapping[str, tuple[float, float, float]]
) -> "Axes":
    """Values of several arms: one dot a seed, the mean, and its interval.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    rows : {name: (seeds,) values}, drawn from top to bottom
    intervals : {name: (mean, low, high)}, with the mean in the middle

    Returns
    -------
    the Axes
    """
    axes = axes_or_new(axes)
    for row, (name, values) in enumerate(rows.items()):
        values = np.asarray(values, dtype=float)
        mean, low, high = intervals[name]
        height, color = len(rows) - 1 - row, series(row)["color"]
        axes.plot(values, np.full(len(values), height - 0.16), "o", color=color, markersize=5, alpha=0.5)
        half = (high - low) / 2
        axes.errorbar(mean, height, xerr=half, color=color, marker="s", markersize=8, capsize=5, linewidth=2)
        axes.annotate(
            f"{mean:.3f} ± {half:.3f}",
            (mean, height),
            xytext=(0, 10),
            textcoords="offset points",
            ha="center",
            color=color,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    axes.set_yticks(range(len(rows) - 1, -1, -1), list(rows))
    axes.set_ylim(-0.6, len(rows) - 0.4)
    return axes


def label_ends(axes: "Axes", position: float, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write each curve's name right of its end, moved apart where two would overlap.

    Parameters
    ----------
    axes : with the limits that the picture will have
    position : where all these curves end
    ends : [(last value, name, color), ...]
    """
    scale = axes.transData
    heights = [float(scale.transform((position, value))[1]) for value, _, _ in ends]
    order = np.argsort(heights)
    placed, gap = {}, 13 * axes.figure.dpi / 72
    lowest = -np.inf
    for index in order:
        placed[index] = max(heights[index], lowest + gap)
        lowest = placed[index]
    for index, (value, name, color) in enumerate(ends):
        shift = (placed[index] - heights[index]) * 72 / axes.figure.dpi
        axes.annotate(
            name,
            (position, value),
            xytext=(6, shift),
            textcoords="offset points",
            color=color,
            va="center",
            annotation_clip=False,
        )
