"""All claims on one axis: effects with their intervals, in multiples of the smallest effect that matters for each."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from course_lib.plots.figures import axes_or_new
from course_lib.plots.measurements import VERDICT_LOOKS
from course_lib.plots.style import BLACK, GRAY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

LEGEND = {  # verdict: what the legend says
    "clearly helps": "helps, or is so: the interval lies above 0",
    "too small to matter": "too small to matter: the 90% interval lies in the band",
    "open": "open",
    "clearly harms": "harms, or the opposite: the interval lies below 0",
}
NAME, SMALL = 9.5, 8  # sizes of the letters
LINE = 0.155  # inches from one line of text to the next
BETWEEN = 0.11  # inches between two rows


def plot_ledger(axes: "Axes | None", rows: Sequence[Mapping[str, Any]]) -> "Axes":
    """Draw one row an effect, the first at the top: its words at the left, the figures at the right of the frame.

    The axis is linear from -1 to 1, the gray band in which an effect does not matter, and logarithmic beyond. Marks and
    lines look as `measurements.VERDICT_LOOKS` says. Hollow ones are not the article's. Small dots are the means of the
    claim's other comparisons.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    rows : mappings with `name` (the id in the SVG), `title` (one line or more), `label`, `mean`, `low`, `high`
        (multiples), `verdict`,
        `figures`, `unit`, `article` (whether the claim is the article's), and `elsewhere`: [(mean, verdict)], multiples
        of the other comparisons

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : no rows, or a row whose numbers are not low <= mean <= high
    """
    if not rows:
        raise ValueError("rows is empty; expected one effect or more.")
    axes = axes_or_new(axes)
    axes.set_xscale("symlog", linthresh=1, linscale=0.6)
    axes.axvspan(-1, 1, color=GRAY, alpha=0.15, linewidth=0, gid="no matter")
    axes.axvline(0, color=GRAY, linewidth=1.2, gid="zero")
    axes.set_ylim(-height_of(rows), 0)
    top = 0.0
    for row in rows:
        below = top - height_of([row])
        _draw_row(axes, (top + below) / 2, row)
        top = below
    axes.set_yticks([])
    ends = [end for row in rows for end in (row["low"], row["high"], *(mean for mean, _ in row["elsewhere"]))]
    low, high = min(ends), max(ends)
    axes.set_xlim(1.5 * min(low, -2), 1.5 * max(high, 2))
    ticks = [tick for tick in (-1000, -100, -10, -1, 0, 1, 10, 100, 1000) if 1.5 * low <= tick <= 1.5 * max(high, 2)]
    axes.set_xticks(ticks, [f"{tick}".replace("-", "\N{MINUS SIGN}") for tick in ticks], fontsize=SMALL)
    axes.minorticks_off()
    words = "effect, in multiples of the smallest one that matters (gray band: does not matter)"
    axes.set_xlabel(words, fontsize=SMALL)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    return axes


def height_of(rows: Sequence[Mapping[str, Any]]) -> float:
    """How high these rows are together, in inches: the lines of each title, one for the label, and a gap."""
    return sum(LINE * (row["title"].count("\n") + 2) + BETWEEN for row in rows)


def ledger_legend(figure: "Figure", **place: Any) -> "Legend":
    """The legend of `plot_ledger`: what the marks mean. `place` goes to matplotlib's `Figure.legend`."""
    from matplotlib.lines import Line2D

    marks = [(*VERDICT_LOOKS[verdict], words, None) for verdict, words in LEGEND.items()]
    marks.append((BLACK, "o", "None", "hollow: a claim that is not the article's", "white"))
    marks.append((GRAY, ".", "None", "small dots: the claim's other comparisons", None))
    handles = [
        Line2D([], [], color=color, marker=marker, linestyle=line, markerfacecolor=inside or color, label=words)
        for color, marker, line, words, inside in marks
    ]
    return figure.legend(handles=handles, fontsize=SMALL, frameon=False, **place)


def _draw_row(axes, height, row):
    mean, low, high = row["mean"], row["low"], row["high"]
    if not low <= mean <= high:
        raise ValueError(f"{row['name']!r} has mean {mean} and interval {low} to {high}; expected low <= mean <= high.")
    color, marker, line = VERDICT_LOOKS[row["verdict"]]
    for place, verdict in row["elsewhere"]:
        shade, form, _ = VERDICT_LOOKS[verdict]
        look = {"color": shade, "markersize": 4, "alpha": 0.6, "markeredgewidth": 0, "clip_on": False}
        axes.plot([place], [height], form, gid="elsewhere", **look)
    axes.plot([low, high], [height, height], line, color=color, linewidth=2.2, gid=f"interval {row['name']}")
    axes.plot(
        [mean],
        [height],
        marker,
        color=color,
        markersize=7,
        markeredgewidth=1.6,
        markerfacecolor=color if row["article"] else "white",
        gid=f"mean {row['name']}",
    )
    _write(axes, 0, -8, "right", height, [*row["title"].splitlines(), row["label"]])
    _write(axes, 1, 8, "left", height, [row["figures"], row["unit"]])


def _write(axes, edge, away, side, height, lines):
    """Lines of text beside the axis, around this height: the last one small and gray."""
    for place, words in enumerate(lines):
        last = place == len(lines) - 1
        axes.annotate(
            words,
            (edge, height + LINE * ((len(lines) - 1) / 2 - place)),
            xycoords=axes.get_yaxis_transform(),
            xytext=(away, 0),
            fontsize=SMALL if last else NAME,
            textcoords="offset points",
            ha=side,
            va="center",
            color=GRAY if last else BLACK,
            annotation_clip=False,
        )
