"""How long things take: bars on a logarithmic axis, with the ratio to the fastest."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import BLUE, GRAY, GREEN

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNITS = ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (120.0, 1.0, "s"), (7200.0, 1 / 60, "min"))


def plot_durations(
    axes: "Axes | None", seconds: Mapping[str, float], unit: str = "seconds", sort: bool = False
) -> "Axes":
    """A bar for each duration, the first at the top, with its time and how many times the fastest one's it is.

    The bars start at the left frame, which on a log axis is no zero: compare their ends. A duration that was not
    measured is written as such.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    seconds : {name: seconds, above 0; None where it was not measured}
    unit : what is timed, written below the axis: "seconds per 1,000 images"
    sort : draw the fastest at the top

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : nothing measured, or a duration that is not a finite number above 0
    """
    measured = {name: _checked(name, value) for name, value in seconds.items() if value is not None}
    if not measured:
        raise ValueError("seconds holds no duration; expected {name: seconds}, one measured one or more.")
    names = sorted(seconds, key=lambda name: measured.get(name, math.inf)) if sort else list(seconds)
    fastest, slowest = min(measured.values()), max(measured.values())
    left = fastest / 3
    axes = axes_or_new(axes)
    axes.set_xscale("log")
    axes.set_xlim(left, slowest * (slowest / left) ** 0.7)  # room for the words right of the longest bar
    for height, name in zip(range(len(names) - 1, -1, -1), names, strict=True):
        if name not in measured:
            _write(axes, left, height, "not measured", GRAY)
            continue
        value = measured[name]
        color = GREEN if value == fastest else BLUE
        axes.barh(height, value - left, left=left, height=0.62, color=color, gid=name)
        ratio = "fastest" if value == fastest else f"{ratio_text(value / fastest)} times as long"
        _write(axes, value, height, f"{duration_text(value)}, {ratio}", "black")
    axes.set_yticks(range(len(names) - 1, -1, -1), names)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlabel(f"{unit} (log axis)")
    axes.grid(axis="x", color=GRAY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    return axes


def _checked(name, value):
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name!r} took {value!r} seconds; expected a finite number above 0, or None: not measured.")
    return number


def _write(axes, value, height, text, color):
    axes.annotate(
        text,
        (value, height),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=10,
        color=color,
        annotation_clip=False,
    )


def duration_text(seconds: float) -> str:
    """ "3.2 ms", "45 s", "3.1 min": two digits that count, in the unit that suits."""
    for limit, factor, unit in UNITS:
        if seconds < limit:
            return f"{_two_digits(seconds * factor)} {unit}"
    return f"{_two_digits(seconds / 3600)} h"


def ratio_text(ratio: float) -> str:
    """ "1.4", "23", "1,200": two digits that count."""
    return _two_digits(ratio)


def _two_digits(value):
    return f"{float(f'{value:.1e}'):,g}" if value < 1e6 else f"{value:.1e}"
