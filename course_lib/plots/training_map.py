"""Which networks trained: a table of numbers, shaded from low to high."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOWEST_SHADE, HIGHEST_SHADE = 0.04, 0.9  # of the color map: the lowest field is not white, the highest not black


def plot_training_map(
    axes: "Axes | None",
    values: ArrayLike,
    row_names: Sequence[str],
    column_names: Sequence[str],
    limits: tuple[float, float] | None = None,
    number: str = "{:.0f}",
    colormap: str = "Blues",
) -> "Axes":
    """Draw a heat map with the number in each field: the darker, the higher. NaN is hatched and says "diverged".

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    values : (rows, columns), accuracies in percent for example; NaN where the run diverged
    row_names, column_names : what stands at the left and below
    limits : (low, high) of the shades; None takes the values' own. Give the same to axes that are compared
    number : how a value is written, a format text
    colormap : name of a matplotlib color map, light to dark

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : values that are not one for each row and column, limits that are not (low, high)
    """
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    values = np.asarray(values, dtype=float)
    expected = len(row_names), len(column_names)
    if values.shape != expected:
        raise ValueError(f"values have shape {values.shape}; expected {expected}: a row and a column for each name.")
    low, high = _own_limits(values) if limits is None else limits
    if not low < high:
        raise ValueError(f"limits are {(low, high)}; expected the lower one first.")
    shades = ListedColormap(colormaps[colormap](np.linspace(LOWEST_SHADE, HIGHEST_SHADE, 256)))
    axes = axes_or_new(axes)
    axes.imshow(np.ma.masked_invalid(values), cmap=shades, vmin=low, vmax=high, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            color = readable_on(shades(float(np.clip((value - low) / (high - low), 0, 1))))
            said = number.format(value).replace("-", "−")
            axes.text(column, row, said, ha="center", va="center", fontsize=12, color=color)
        else:
            _draw_diverged(axes, row, column)
    _name_fields(axes, row_names, column_names)
    return axes


def _name_fields(axes, row_names, column_names):
    """The names at the left and below, and white lines between the fields."""
    axes.set_xticks(range(len(column_names)), column_names)
    axes.set_yticks(range(len(row_names)), row_names)
    axes.set_xticks(np.arange(0.5, len(column_names) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(row_names) - 1), minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0)


def _draw_diverged(axes, row, column):
    from matplotlib.patches import Rectangle

    field = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, hatch="///", edgecolor=VERMILION, alpha=0.35)
    axes.add_patch(field).set_linewidth(0)
    axes.text(column, row, "diverged", ha="center", va="center", fontsize=10, color=VERMILION)


def readable_on(color: Sequence[float]) -> str:
    """ "black" or "white", whichever contrasts more with an RGB color (components 0 to 1). WCAG 2.1, contrast ratio."""
    luminance = relative_luminance(color)
    return "black" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "white"


def relative_luminance(color: Sequence[float]) -> float:
    """How bright an RGB color looks, 0 (black) to 1 (white). WCAG 2.1."""
    parts = np.asarray(color[:3], dtype=float)
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _own_limits(values):
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if low < high else (low - 0.5, high + 0.5)
