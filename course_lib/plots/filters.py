"""What the units of a first layer look for: the weights of each unit as an image."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import figure_or_new
from course_lib.plots.style import NEGATIVE, POSITIVE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_filters(
    axes_or_figure: "Axes | Figure | None",
    weights: ArrayLike,
    image_shape: tuple[int, int],
    columns: int = 8,
    limit: float | None = None,
    titles: Sequence[str] | None = None,
) -> "Axes | list[Axes]":
    """Draw the weights of each unit as an image, in a grid: white is 0, blue is positive, orange is negative.

    All images share one scale, symmetric around 0.

    Parameters
    ----------
    axes_or_figure : matplotlib Axes, in which the grid is one picture; or a Figure, which gets an Axes for each unit;
        None makes a new Figure
    weights : (n_inputs, units)
    image_shape : (rows, columns) of one image; rows * columns = n_inputs
    columns : images side by side
    limit : the weight that has the full color; None takes the largest absolute value. Give the same to grids that are
        compared
    titles : a text for each unit, with a Figure alone; None for none

    Returns
    -------
    the Axes, or the list of Axes where a Figure was given

    Raises
    ------
    ValueError : weights that are not (n_inputs, units), not finite, or do not fit image_shape; no column; a limit that
        is not above 0; titles that are not one for each unit, or that are given with an Axes
    """
    weights = np.asarray(weights, dtype=float)
    rows, width = image_shape
    _check_weights(weights, rows, width)
    if columns < 1:
        raise ValueError(f"columns is {columns!r}; expected 1 or more.")
    limit = (np.abs(weights).max() or 1.0) if limit is None else limit
    if not limit > 0:
        raise ValueError(f"limit is {limit!r}; expected a number above 0, or None for the largest weight's size.")
    images = weights.T.reshape(-1, rows, width)
    look = {"cmap": _colors(), "vmin": -limit, "vmax": limit, "interpolation": "nearest"}
    axes_or_figure = figure_or_new(None) if axes_or_figure is None else axes_or_figure
    if not hasattr(axes_or_figure, "add_subplot"):
        if titles is not None:
            raise ValueError("titles are given with an Axes; give a Figure, which has a place for each title.")
        return _draw_grid(axes_or_figure, images, min(columns, len(images)), look)
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"{len(titles)} titles and {len(images)} units; there must be one title for each unit.")
    return _draw_apart(axes_or_figure, images, min(columns, len(images)), look, titles)


def _colors():
    """From orange over white to blue: the colors of weights, in drawings and in the explorers too."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("weights", [NEGATIVE, "white", POSITIVE])


def _check_weights(weights, rows, width):
    if weights.ndim != 2 or not weights.shape[1] or weights.shape[0] != rows * width:
        raise ValueError(
            f"weights have shape {weights.shape}; expected ({rows * width}, units): {rows} * {width} inputs of an "
            "image, and one unit or more."
        )
    if not np.isfinite(weights).all():
        raise ValueError(f"{np.sum(~np.isfinite(weights))} of {weights.size} weights are not finite (nan or inf).")


def _draw_grid(axes, images, columns, look):
    """One picture of all images, with a line one pixel wide between them."""
    count, rows, width = images.shape
    lines = math.ceil(count / columns)
    picture = np.full((lines * (rows + 1) - 1, columns * (width + 1) - 1), np.nan)
    for position, image in enumerate(images):
        top, left = (position // columns) * (rows + 1), (position % columns) * (width + 1)
        picture[top : top + rows, left : left + width] = image
    axes.set_facecolor("white")
    axes.imshow(np.ma.masked_invalid(picture), **look)
    axes.set_xticks([])
    axes.set_yticks([])
    for edge in axes.spines.values():
        edge.set_visible(False)
    return axes


def _draw_apart(figure, images, columns, look, titles):
    drawn = []
    for position, image in enumerate(images):
        axes = figure.add_subplot(math.ceil(len(images) / columns), columns, position + 1)
        axes.imshow(image, **look)
        axes.set_xticks([])
        axes.set_yticks([])
        if titles is not None:
            axes.set_title(titles[position], fontsize=10)
        drawn.append(axes)
    return drawn
