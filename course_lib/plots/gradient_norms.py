"""The length of the gradient at every training step, and the limit at which it is clipped."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import BLACK, FUNCTION, GRAY, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_gradient_norms(
    axes: "Axes | None",
    norms: ArrayLike,
    limit: float | None = None,
    limits: tuple[float, float] | None = None,
    color: str = FUNCTION,
    label: str | None = None,
) -> "Axes":
    """Draw the norm of the gradient over the steps, on a log axis. A norm above `limit` is marked as clipped.

    The line ends where a norm is not finite, and says so. A norm of 0 has no place on a log axis: a triangle at the
    foot marks its step.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    norms : (steps,) length of the gradient before clipping, step by step
    limit : the largest norm that is not clipped; None where nothing is clipped
    limits : (low, high) of the vertical axis. Give the same to axes that are compared
    color : of the line
    label : of the line, for a legend

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : norms that are not one row of numbers, are negative, or a limit that is not above 0
    """
    norms = np.asarray(norms, dtype=float)
    if norms.ndim != 1 or not norms.size or (norms < 0).any():
        raise ValueError(f"norms have shape {norms.shape}; expected (steps,) lengths, each 0 or more.")
    if limit is not None and not limit > 0:
        raise ValueError(f"limit is {limit!r}; expected a number above 0, or None where nothing is clipped.")
    steps = np.arange(1, len(norms) + 1)
    end = _first_not_finite(norms)
    drawn = np.where(norms[:end] > 0, norms[:end], np.nan)
    axes = axes_or_new(axes)
    axes.set_yscale("log")
    axes.plot(steps[:end], drawn, color=color, linewidth=1.3, label=label, gid="norms")
    zero = steps[:end][norms[:end] == 0]
    if zero.size:
        _mark_zeros(axes, zero, color)
    if end < len(norms):
        _draw_end(axes, steps[end])
    if limit is not None:
        _draw_limit(axes, steps[:end], norms[:end], limit)
    _label_axes(axes, len(norms), limits)
    return axes


def _label_axes(axes, steps, limits):
    if limits is not None:
        axes.set_ylim(*limits)
    axes.set_xlim(0.5, steps + 0.5)
    axes.set_xlabel("step")
    axes.set_ylabel("norm of the gradient (log axis)")
    axes.grid(axis="y", color=GRAY, alpha=0.25, linewidth=0.6)


def _mark_zeros(axes, steps, color):
    foot = axes.get_xaxis_transform()  # x in steps, y as a share of the axes' height
    axes.plot(steps, np.zeros(steps.size), "v", transform=foot, color=color, clip_on=False, gid="zero")
    axes.annotate(
        "norm 0", (steps[0], 0), xycoords=foot, xytext=(4, 8), textcoords="offset points", color=color, fontsize=10
    )


def _draw_end(axes, step):
    axes.axvline(step, color=VERMILION, linewidth=1.4, linestyle="--", gid="not finite")
    axes.annotate(
        f"step {step}: not finite ",
        (step, 0.04),
        xycoords=axes.get_xaxis_transform(),
        ha="right",
        va="bottom",
        color=VERMILION,
        fontsize=10,
    )


def _first_not_finite(norms):
    bad = np.flatnonzero(~np.isfinite(norms))
    return int(bad[0]) if bad.size else len(norms)


def _draw_limit(axes, steps, norms, limit):
    clipped = norms > limit
    axes.axhline(limit, color=BLACK, linewidth=1.5, linestyle="--", gid="limit")
    axes.plot(steps[clipped], norms[clipped], "o", color=VERMILION, markersize=3.5, linestyle="none", gid="clipped")
    axes.annotate(
        f" limit {limit:g}",
        (1, limit),
        xycoords=axes.get_yaxis_transform(),
        va="center",
        fontsize=10,
        annotation_clip=False,
    )
    axes.text(
        0.01,
        0.96,
        f"{clipped.sum()} of {len(norms)} steps clipped",
        transform=axes.transAxes,
        va="top",
        color=VERMILION,
        fontsize=10,
        bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1},
    )
