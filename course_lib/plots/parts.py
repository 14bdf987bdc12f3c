"""What leaving out two parts of something costs: one number for each pair, as a matrix."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import BLACK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAP = "PuOr_r"  # orange above 0, purple below: told apart by color-blind readers


def plot_pairs(
    axes: "Axes | None",
    values: Mapping[tuple[str, str], float],
    names: Sequence[str],
    alone: Mapping[str, float] | None = None,
    largest: float | None = None,
) -> "Axes":
    """Draw a number for each pair of parts, orange above 0 and purple below, the number in each cell.

    Each pair is drawn once, below the diagonal. Where `alone` is given, the diagonal holds what one part costs.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    values : {(one, other): number} of each pair, in either order
    names : the parts, from the top and from the left
    alone : {part: number}; None leaves the diagonal empty
    largest : the number at which the color is full; None takes the largest one. Give the same to axes that are compared

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : a pair, or a part of `alone`, that is missing
    """
    matrix = _matrix(values, names, alone)
    drawn = ~np.isnan(matrix)
    limit = largest if largest is not None else np.abs(matrix[drawn]).max(initial=1e-9)
    axes = axes_or_new(axes)
    axes.imshow(matrix, cmap=MAP, vmin=-limit, vmax=limit, aspect="auto")
    for row, column in zip(*np.nonzero(drawn), strict=True):
        value = round(matrix[row, column], 1) + 0.0  # + 0.0 turns -0.0 into 0.0
        axes.text(
            column,
            row,
            f"{value:+.1f}".replace("-", "\N{MINUS SIGN}"),
            ha="center",
            va="center",
            color="white" if abs(value) > 0.7 * limit else BLACK,
            weight="bold" if row == column else "normal",
        )
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    return axes


def _matrix(values, names, alone):
    """The numbers of the pairs below the diagonal, those of single parts on it, NaN everywhere else."""
    matrix = np.full((len(names), len(names)), np.nan)
    for row, column in zip(*np.tril_indices(len(names), -1), strict=True):
        pair = names[row], names[column]
        found = [values[each] for each in (pair, pair[::-1]) if each in values]
        if not found:
            raise ValueError(f"There is no number for {pair[1]} and {pair[0]}; expected one for each pair.")
        matrix[row, column] = found[0]
    for row, name in enumerate(names if alone is not None else ()):
        if name not in alone:
            raise ValueError(f"There is no number for {name} alone; expected one for each part.")
        matrix[row, row] = alone[name]
    return matrix
