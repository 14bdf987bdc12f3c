"""Learning rates: the range test that finds one, and the schedules that change it while a network trains."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import BLACK, FUNCTION, GRAY, VERMILION, series

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_range_test(
    axes: "Axes | None", rates: ArrayLike, losses: ArrayLike, smoothed: ArrayLike, suggestion: float | None = None
) -> "Axes":
    """The loss at each step of a learning-rate range test, against the rate of that step on a log axis.

    A test that diverged at its first or second step is drawn as well; one without a single loss says so.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    rates : (steps,) learning rates, each above the one before; steps may be 0
    losses : (steps,) the loss of each step's mini-batch: dots
    smoothed : (steps,) their running mean: the line
    suggestion : the rate that the test suggests, marked and written out; None for none

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : rates that do not grow from above 0, a row of another length, a suggestion outside the rates
    """
    rates = np.asarray(rates, dtype=float)
    if rates.ndim != 1 or not (rates > 0).all() or not (np.diff(rates) > 0).all():
        raise ValueError(f"rates have shape {rates.shape}; expected (steps,) growing numbers above 0.")
    rows = {"losses": np.asarray(losses, dtype=float), "smoothed": np.asarray(smoothed, dtype=float)}
    for name, values in rows.items():
        if values.shape != rates.shape:
            raise ValueError(f"{name} have shape {values.shape}; expected {rates.shape}, one number for each rate.")
    if suggestion is not None and not (len(rates) and rates[0] <= suggestion <= rates[-1]):
        expected = (
            f"a rate from {rates[0]:g} to {rates[-1]:g}, or None" if len(rates) else "None, as there are no rates"
        )
        raise ValueError(f"suggestion is {suggestion!r}; expected {expected}.")
    axes = axes_or_new(axes)
    axes.set_xscale("log")
    axes.plot(rates, rows["losses"], "o", color=GRAY, markersize=3, alpha=0.5, gid="losses", label="each mini-batch")
    axes.plot(rates, rows["smoothed"], color=FUNCTION, linewidth=2.2, gid="smoothed", label="smoothed")
    if suggestion is not None:
        _draw_suggestion(axes, suggestion)
    _limit_height(axes, rows["smoothed"])
    _limit_width(axes, rates)
    axes.set_xlabel("learning rate (log axis)")
    axes.set_ylabel("training loss")
    axes.legend(frameon=False, loc="lower left")
    return axes


def _draw_suggestion(axes, suggestion):
    axes.axvline(suggestion, color=VERMILION, linewidth=1.8, linestyle="--", gid="suggestion")
    axes.annotate(
        f"suggested: {suggestion:.2g} ",
        (suggestion, 0.96),
        xycoords=axes.get_xaxis_transform(),
        ha="right",
        va="top",
        color=VERMILION,
        fontsize=10,
        bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1},
    )


def _limit_width(axes, rates):
    if len(rates) > 1:
        axes.set_xlim(rates[0], rates[-1])
    elif len(rates):
        axes.set_xlim(rates[0] / 2, 2 * rates[0])
    else:
        axes.text(
            0.5,
            0.5,
            "no loss was measured: it diverged\nor was stopped at its first step",
            transform=axes.transAxes,
            ha="center",
            va="center",
            color=VERMILION,
            gid="no losses",
        )


def _limit_height(axes, smoothed):
    """The smoothed curve fills the picture. What explodes at the right end would otherwise flatten all the rest."""
    finite = smoothed[np.isfinite(smoothed)]
    if not finite.size:
        return
    start, low = float(finite[0]), float(finite.min())
    top = max(start, min(float(finite.max()), start + (start - low)))
    room = 0.08 * ((top - low) or abs(top) or 1.0)
    axes.set_ylim(low - room, top + room)


def plot_schedules(axes: "Axes | None", schedules: Mapping[str, ArrayLike]) -> "Axes":
    """The learning rate at each step, a line for each schedule, with its name in a legend.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    schedules : {name: (steps,) rates, 0 or more}. They need not be equally long

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : no schedules, or rates that are not one row of finite numbers from 0 up
    """
    if not schedules:
        raise ValueError("schedules is empty; expected {name: rates by step}, one or more.")
    longest = 0
    axes = axes_or_new(axes)
    for index, (name, rates) in enumerate(schedules.items()):
        rates = np.asarray(rates, dtype=float)
        if rates.ndim != 1 or not rates.size or not (np.isfinite(rates) & (rates >= 0)).all():
            raise ValueError(f"{name!r} has shape {rates.shape}; expected (steps,) finite rates, each 0 or more.")
        look = series(index)
        del look["marker"]
        axes.plot(np.arange(len(rates)), rates, linewidth=2.2, label=name, gid="schedule", **look)
        longest = max(longest, len(rates))
    axes.set_xlim(0, max(longest - 1, 1))
    axes.set_ylim(bottom=0)
    axes.axhline(0, color=BLACK, linewidth=0.8)
    axes.set_xlabel("step")
    axes.set_ylabel("learning rate")
    axes.legend(frameon=False)
    return axes
