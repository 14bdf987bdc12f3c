"""What labels buy: accuracy against the number of labeled examples, for several ways to train."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import GRAY, series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPREAD = 0.03  # arms are drawn beside each other, by this share of the distance between two counts


def plot_label_counts(
    axes: "Axes | None",
    counts: ArrayLike,
    arms: Mapping[str, ArrayLike],
    unit: str = "accuracy (%)",
    chance: float | None = None,
) -> "Axes":
    """Mean and 95% interval of each arm at each number of labels; the horizontal axis is logarithmic.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    counts : (n,) numbers of labeled examples, each above the one before
    arms : {name: n triples (mean, low, high), one for each count}
    unit : of the means, written beside the vertical axis
    chance : the value of a guess, a gray line; None for none

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : counts that do not grow from above 0, no arms, an arm without (mean, low, high) for each count, or
        numbers that are not low <= mean <= high
    """
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 1 or not counts.size or not counts[0] > 0 or not (np.diff(counts) > 0).all():
        raise ValueError(f"counts are {counts.tolist()}; expected growing numbers above 0.")
    if not arms:
        raise ValueError("arms is empty; expected {name: [(mean, low, high), ...]}, one or more.")
    triples = {name: _checked_arm(name, values, counts) for name, values in arms.items()}
    axes = axes_or_new(axes)
    axes.set_xscale("log")
    axes.set_xlim(counts[0] / 1.3, counts[-1] * 1.3)
    if chance is not None:
        _draw_chance(axes, chance)
    gap = np.min(np.diff(np.log(counts))) if len(counts) > 1 else 1.0
    for index, (name, values) in enumerate(triples.items()):
        mean, low, high = values.T
        shift = np.exp(SPREAD * gap * (index - (len(triples) - 1) / 2))
        look = {"linewidth": 2, "markersize": 6, "capsize": 4, "elinewidth": 1.6, **series(index)}
        drawn = axes.errorbar(counts * shift, mean, yerr=[mean - low, high - mean], label=name, **look)
        drawn.lines[0].set_gid("arm")
    _label_axes(axes, counts, unit)
    return axes


def _draw_chance(axes, chance):
    axes.axhline(chance, color=GRAY, linewidth=1.2, linestyle=":", gid="chance")
    edge = axes.get_yaxis_transform()
    axes.annotate("a guess ", (1, chance), xycoords=edge, ha="right", va="bottom", color=GRAY, fontsize=10)


def _label_axes(axes, counts, unit):
    axes.set_xticks(counts, [f"{count:,g}" for count in counts])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("labeled examples (log axis)")
    axes.set_ylabel(unit)
    axes.grid(axis="y", color=GRAY, alpha=0.25, linewidth=0.6)
    axes.legend(frameon=False)


def _checked_arm(name, values, counts):
    values = np.asarray(values, dtype=float)
    if values.shape != (len(counts), 3):
        raise ValueError(
            f"{name!r} has shape {values.shape}; expected ({len(counts)}, 3): (mean, low, high) for each number of "
            "labels."
        )
    for count, (mean, low, high) in zip(counts, values, strict=True):
        if not low <= mean <= high:
            raise ValueError(
                f"{name!r} at {count:g} labels has mean {mean:g} and interval {low:g} to {high:g}; expected "
                "low <= mean <= high."
            )
    return values
