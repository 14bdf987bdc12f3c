"""What flows through a network, layer by layer: the values of each layer as a violin, all on one axis."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import BLACK, FUNCTION, GRAY, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HALF_WIDTH = 0.42  # of a violin, in layers
BINS = 60
BEYOND = 0.001  # a larger share of the values than this beyond the limits is marked
DECADES = 12  # a log axis without limits shows at most this many powers of ten


def plot_layer_violins(
    axes: "Axes | None",
    arrays: Sequence[ArrayLike],
    log: bool = False,
    limits: tuple[float, float] | None = None,
    names: Sequence[str] | None = None,
    color: str = FUNCTION,
) -> "Axes":
    """One violin a layer, first layer at the left: how the layer's values are spread.

    Each violin is a histogram turned on its side and mirrored; its widest place is where most values lie. Values that
    are exactly 0 are left out of it, and their share is written at the foot. Linear axis: the dot is the mean, the line
    mean ± 1 standard deviation. Log axis: sizes |value|; the dot is the root mean square. Both count the zeros.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    arrays : list of arrays, one a layer, of any shape: activations, sums or gradients
    log : draw the sizes |value| on a logarithmic axis, for gradients
    limits : (low, high) of the vertical axis; None takes the values' own. Give the same to axes that are compared;
        where more than 1 value in 1,000 lies beyond, a triangle at the edge says so
    names : of the layers; None numbers them from 1
    color : of the violins

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : no layers, a layer without values, names that do not fit, limits that a log axis can't have
    """
    layers = [np.abs(np.ravel(array)) if log else np.ravel(array) for array in arrays]
    layers = [np.asarray(layer, dtype=float) for layer in layers]
    _check(layers, names)
    low, high = _limits(layers, log) if limits is None else limits
    if not low < high or (log and low <= 0):
        raise ValueError(
            f"limits are {(low, high)}; expected the lower one first{', both above 0 on a log axis' if log else ''}."
        )
    edges = np.geomspace(low, high, BINS + 1) if log else np.linspace(low, high, BINS + 1)
    axes = axes_or_new(axes)
    if log:
        axes.set_yscale("log")
    axes.set_ylim(low, high)
    for position, values in enumerate(layers, start=1):
        _draw_violin(axes, position, values, edges, log, color)
    _name_layers(axes, len(layers), names)
    return axes


def _name_layers(axes, count, names):
    axes.set_xlim(0.4, count + 0.6)
    positions = np.arange(1, count + 1)
    axes.set_xticks(positions, positions if names is None else names)
    axes.set_xlabel("hidden layer")
    axes.grid(axis="y", color=GRAY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def zero_share(values: ArrayLike) -> float:
    """The share of the values that are exactly 0."""
    return float(np.mean(np.asarray(values) == 0))


def _check(layers, names):
    if not layers:
        raise ValueError("arrays is empty; expected one array for each layer.")
    empty = [position for position, values in enumerate(layers, start=1) if not values.size]
    if empty:
        raise ValueError(f"Layer {empty[0]} has no values; every layer needs at least one.")
    if names is not None and len(names) != len(layers):
        raise ValueError(f"{len(names)} names and {len(layers)} layers; there must be one name for each layer.")


def _limits(layers, log):
    values = np.concatenate(layers)
    values = values[np.isfinite(values) & (values != 0)]
    if not values.size:
        return (1e-3, 1.0) if log else (-1.0, 1.0)
    if log:
        high = 10.0 ** np.ceil(np.log10(values.max()))
        low = 10.0 ** np.floor(np.log10(values.min()))
        return max(low, high / 10.0**DECADES), high if high > low else 10 * high
    margin = 0.05 * (values.max() - values.min()) or 1.0
    return min(values.min(), 0.0) - margin, max(values.max(), 0.0) + margin


def _draw_violin(axes, position, values, edges, log, color):
    at_foot = axes.get_xaxis_transform()  # x in layers, y as a share of the axes' height
    if not np.isfinite(values).all():
        axes.text(
            position,
            0.5,
            "not finite",
            transform=at_foot,
            rotation=90,
            ha="center",
            va="center",
            color=VERMILION,
            fontsize=9,
        )
        return
    shown = values[values != 0]
    counts, _ = np.histogram(shown, edges)
    if counts.max():
        widths = HALF_WIDTH * counts / counts.max()
        heights, widths = np.repeat(edges, 2)[1:-1], np.repeat(widths, 2)
        axes.fill_betweenx(heights, position - widths, position + widths, color=color, alpha=0.55, linewidth=0)
    for beyond, place, marker in ((shown > edges[-1], 1, "^"), (shown < edges[0], 0, "v")):
        if beyond.sum() > BEYOND * values.size:
            axes.plot(
                position, place, marker, transform=at_foot, color=color, markersize=7, clip_on=False, gid="beyond"
            )
    _draw_summary(axes, position, values, log)
    if zero_share(values) > 0:
        axes.text(
            position,
            0.02,
            f"{zero_share(values):.0%}\nzeros",
            transform=at_foot,
            ha="center",
            va="bottom",
            fontsize=8,
            color=BLACK,
            linespacing=0.95,
            gid="zeros",
            bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.5},
        )


def _draw_summary(axes, position, values, log):
    if log:
        axes.plot(position, np.sqrt(np.mean(values**2)), "o", color=BLACK, markersize=4, gid="root mean square")
        return
    mean, spread = values.mean(), values.std()
    axes.plot([position] * 2, [mean - spread, mean + spread], color=BLACK, linewidth=1.6, gid="spread")
    axes.plot(position, mean, "o", color=BLACK, markersize=4, gid="mean")
