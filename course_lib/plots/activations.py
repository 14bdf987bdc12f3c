"""Activation functions beside their derivatives, all panels on the same axes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new, figure_or_new
from course_lib.plots.style import DERIVATIVE, FUNCTION, GRAY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LARGEST_STEP = 0.3  # two neighboring points further apart than this are a jump, and a jump is not drawn as a line


def plot_activation(
    axes: "Axes | None",
    z: ArrayLike,
    value: ArrayLike,
    derivative: ArrayLike,
    title: str,
    band: tuple[ArrayLike, ArrayLike] | None = None,
) -> "Axes":
    """Draw one activation function (solid) and its derivative (dashed) over the sum z.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    z : (n,) sums, in rising order and close together
    value, derivative : (n,) of the function at each z
    title : of the panel
    band : None, or two arrays (n,): the lowest and highest value a random activation can take

    Returns
    -------
    the Axes
    """
    axes = axes_or_new(axes)
    axes.axhline(0, color=GRAY, linewidth=0.6)
    axes.axvline(0, color=GRAY, linewidth=0.6)
    if band is not None:
        axes.fill_between(z, band[0], band[1], color=FUNCTION, alpha=0.25, linewidth=0)
    axes.plot(z, without_jumps(value), color=FUNCTION, linewidth=2.2, label="output a")
    axes.plot(z, without_jumps(derivative), color=DERIVATIVE, linewidth=1.8, linestyle="--", label="derivative")
    axes.set_title(title, fontsize=10.5)
    axes.set_aspect("equal")
    axes.set_xlim(z[0], z[-1])
    return axes


def without_jumps(values: ArrayLike) -> np.ndarray:
    """A copy of values (n,) with NaN at each jump, so that a plotted line breaks there instead of climbing."""
    broken = np.array(values, dtype=float)
    broken[1:][np.abs(np.diff(values)) > LARGEST_STEP] = np.nan
    return broken


def plot_activation_grid(
    figure: "Figure | None",
    z: ArrayLike,
    panels: Sequence[Mapping[str, Any]],
    columns: int,
    limits: tuple[float, float] = (-1.5, 3.0),
) -> np.ndarray:
    """Small multiples on shared axes: one panel an activation, one legend for all.

    Parameters
    ----------
    figure : matplotlib Figure, empty; None makes a new one
    z : (n,) sums
    panels : list of dicts, each the keywords of `plot_activation` (value, derivative, title, band)
    columns : panels in a row
    limits : of the vertical axis, shared by all panels

    Returns
    -------
    array of the Axes
    """
    rows = -(-len(panels) // columns)
    figure = figure_or_new(figure)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, panel in zip(grid.flat, panels, strict=False):
        plot_activation(axes, z, **panel)
        axes.set_ylim(*limits)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes in grid[-1]:
        axes.set_xlabel("sum z")
    for axes in grid[:, 0]:
        axes.set_ylabel("output, slope")
    handles, names = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False)
    return grid
