"""What was measured: effects with their intervals, as a picture and as a table."""

import html
import math
from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import BLUE, GRAY, GREEN, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = ("The claim", "We measured", "Setting", "Effect and 95% interval", "Verdict", "Seeds")
MINUS = "\N{MINUS SIGN}"
FORMS = ("html", "markdown")
ABOVE = 0.42  # of a row: how far a label stands above its interval
LETTERS = "medium"  # size of labels and figures
VERDICT_LOOKS = {  # {verdict: (color, marker, line style)}
    "clearly helps": (BLUE, "o", "-"),
    "helps": (BLUE, "o", "-"),
    "too small to matter": (GREEN, "^", "-"),
    "open": (GRAY, "D", ":"),
    "harms": (VERMILION, "s", "--"),
    "clearly harms": (VERMILION, "s", "--"),
}


def plot_effects(
    axes: "Axes | None",
    rows: Iterable[Any],
    unit: str = "",
    smallest_effect: float = 0.0,
    sort: bool = False,
    limits: tuple[float, float] | None = None,
) -> "Axes":
    """Draw each effect as a dot with its 95% interval, the first row at the top, and the zero line.

    A row's label stands above its interval and not beside it: so a long one takes no width from the axis.

    Blue circles lie above the zero line with their whole interval (above `smallest_effect`, where one is given), red
    squares below; gray diamonds are undecided. A row that has a `verdict` of its own looks as VERDICT_LOOKS says. The
    numbers stand at the right of the frame.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    rows : effects: (label, mean, low, high), mappings with these keys, or objects with these attributes, as an
        experiment's Effect. Where a row has `by_seed`, each seed is a small dot; of `verdict` see above
    unit : of the effects, written below the axis
    smallest_effect : half the width of the gray band around 0, in which an effect does not matter
    sort : draw the largest effect at the top
    limits : (low, high) of the horizontal axis. Give the same to axes that are compared

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : no rows, or a row whose numbers are not low <= mean <= high
    """
    effects = [_effect(row) for row in rows]
    if not effects:
        raise ValueError("rows is empty; expected one effect or more.")
    effects.sort(key=lambda effect: -effect["mean"] if sort else 0)
    axes = axes_or_new(axes)
    if smallest_effect > 0:
        axes.axvspan(-smallest_effect, smallest_effect, color=GRAY, alpha=0.15, linewidth=0, gid="no matter")
    axes.axvline(0, color=GRAY, linewidth=1.2, gid="zero")
    for row, effect in enumerate(effects):
        _draw_effect(axes, len(effects) - 1 - row, effect, smallest_effect)
    _label_rows(axes, [effect["label"] for effect in effects])
    axes.set_ylim(-0.45, len(effects) - 0.25)
    axes.set_xlabel(unit)
    if limits is not None:
        axes.set_xlim(*limits)
    return axes


def _label_rows(axes, labels):
    """Write each label above its row, the first at the top."""
    places = [place + ABOVE for place in range(len(labels) - 1, -1, -1)]
    axes.set_yticks(places, labels, ha="left", va="center", fontsize=LETTERS)
    axes.tick_params(axis="y", length=0, pad=-4)
    for label in axes.get_yticklabels():  # readable on the zero line too
        label.set_bbox({"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1})


def effects_table(rows: Iterable[Mapping[str, Any]], form: str = "html") -> str:
    """The table of claims and what was measured of each, as HTML or as Markdown.

    Parameters
    ----------
    rows : mappings, one an effect, with `claim`, `measured`, `setting`, `mean`, `low`, `high`, `unit`, `verdict` and
        `seeds` (how many, or the list of them). `measurement_rows` makes them. An empty or repeated claim is the claim
        of the row above: it is written once
    form : "html" or "markdown"

    Returns
    -------
    text, with everything that came in escaped

    Raises
    ------
    ValueError : another form, or a row that lacks something, named
    """
    if form not in FORMS:
        raise ValueError(f"form is {form!r}; expected one of {', '.join(FORMS)}.")
    lines = [_cells(row) for row in rows]
    for above, line in zip([cells[0] for cells in lines[:-1]], lines[1:], strict=True):
        line[0] = "" if line[0] == above else line[0]
    return _html(lines) if form == "html" else _markdown(lines)


def measurement_rows(measurement: Any, labels: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Rows for `effects_table`, one for each comparison of a Measurement.

    Parameters
    ----------
    measurement : has `claim`, `setting`, `unit`, `seeds`, `words`, and `effects` with `label`, `better`, `worse`,
        `quantity`, `mean`, `low`, `high`
    labels : of the comparisons that are wanted; None takes all
    """
    known = [effect.label for effect in measurement.effects]
    for label in labels or ():
        if label not in known:
            raise ValueError(f"There is no comparison {label!r}. There are: {', '.join(map(repr, known))}.")
    return [
        {
            "claim": measurement.claim,
            "measured": f"{effect.label}: {effect.better} against {effect.worse}, {effect.quantity}",
            "setting": measurement.setting,
            "mean": effect.mean,
            "low": effect.low,
            "high": effect.high,
            "unit": measurement.unit,
            "verdict": measurement.words(effect),
            "seeds": measurement.seeds,
        }
        for effect in measurement.effects
        if labels is None or effect.label in labels
    ]


def effect_text(mean: float, low: float, high: float, unit: str = "") -> str:
    """ "+4.2 [3.1, 5.3] percentage points": no more digits than the interval supports.

    The half width of the interval keeps one digit, two if it starts with 1 or 2 or lies between 10 and 100, and so do
    the other numbers. An end that is not 0 gets up to two digits more where it would read as 0.
    """
    decimals = _decimals(mean, (high - low) / 2)
    while decimals < _decimals(mean, (high - low) / 2) + 2 and any(
        end and not round(end, decimals) for end in (low, high)
    ):
        decimals += 1
    sign = "+" if round(mean, decimals) > 0 else ""
    numbers = f"{sign}{_number(mean, decimals)} [{_number(low, decimals)}, {_number(high, decimals)}]"
    return f"{numbers} {unit}" if unit else numbers


def _effect(row):
    names, others = ("label", "mean", "low", "high"), {"by_seed": (), "verdict": None}
    if isinstance(row, Mapping):
        effect = {name: row[name] for name in names} | {name: row.get(name, none) for name, none in others.items()}
    elif hasattr(row, "mean") and hasattr(row, "label"):
        effect = {name: getattr(row, name) for name in names} | others | {"by_seed": getattr(row, "by_seed", ())}
    else:
        effect = dict(zip(names, row, strict=True)) | others
    if not effect["low"] <= effect["mean"] <= effect["high"]:
        raise ValueError(
            f"{effect['label']!r} has mean {effect['mean']} and interval {effect['low']} to {effect['high']}; expected "
            "low <= mean <= high."
        )
    return effect


def _draw_effect(axes, height, effect, smallest_effect):
    mean, low, high = effect["mean"], effect["low"], effect["high"]
    decided = "helps" if low > smallest_effect else "harms" if high < -smallest_effect else "open"
    color, marker, line = VERDICT_LOOKS[effect["verdict"] or decided]
    if len(effect["by_seed"]):
        dots = [height - 0.2] * len(effect["by_seed"])
        axes.plot(effect["by_seed"], dots, "o", color=color, markersize=4, alpha=0.45, gid="seeds")
    axes.errorbar(
        mean,
        height,
        xerr=[[mean - low], [high - mean]],
        color=color,
        marker=marker,
        markersize=7,
        capsize=5,
        linewidth=2.2,
    )[2][0].set_linestyle(line)
    axes.annotate(
        effect_text(mean, low, high),
        (1, height),
        xycoords=axes.get_yaxis_transform(),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        color=color,
        fontsize=LETTERS,
        annotation_clip=False,
    )


def _decimals(mean, half):
    """How many decimals the half width of the interval supports; negative ones, whole tens or hundreds, from 100 on.

    An interval as narrow as a rounding error supports no more than 3 digits: nothing in it varied from seed to seed.
    """
    if not half > 1e-9 * abs(mean):
        return 0 if not mean else 2 - math.floor(math.log10(abs(mean)))
    exponent = math.floor(math.log10(half))
    decimals = -exponent + (1 if half / 10.0**exponent < 3 else 0)
    return decimals if half >= 100 else max(0, decimals)  # tens would move an end by as much as the interval's tenth


def _number(value, decimals):
    rounded = round(value, decimals)
    if abs(rounded) >= 1e6 or 0 < abs(rounded) < 1e-4:
        text = f"{rounded:.{max(0, math.floor(math.log10(abs(rounded))) + decimals)}e}"
        digits, _, exponent = text.partition("e")
        text = f"{digits}e{int(exponent)}"
    else:
        text = f"{rounded + 0.0:,.{max(decimals, 0)}f}"  # + 0.0 turns -0.0 into 0.0
    return text.replace("-", MINUS)


def _cells(row):
    needed = ("claim", "measured", "setting", "mean", "low", "high", "unit", "verdict", "seeds")
    missing = [name for name in needed if name not in row]
    if missing:
        raise ValueError(f"A row of the table lacks {', '.join(missing)}; it has {', '.join(row)}.")
    seeds = row["seeds"] if isinstance(row["seeds"], Integral) else len(row["seeds"])
    effect = effect_text(row["mean"], row["low"], row["high"], row["unit"])
    return [str(row["claim"]), str(row["measured"]), str(row["setting"]), effect, str(row["verdict"]), str(seeds)]


def _html(lines):
    def row(cells, tag, attributes=""):
        return "<tr>" + "".join(f"<{tag}{attributes}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    left = ' style="text-align:left;vertical-align:top"'
    body = "\n".join(row(cells, "td", left) for cells in lines)
    head = row(COLUMNS, "th", f' scope="col"{left}')
    return f"<table>\n<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _markdown(lines):
    def row(cells):
        escaped = (html.escape(cell, quote=False).replace("\\", "\\\\").replace("|", "\\|") for cell in cells)
        return "| " + " | ".join(" ".join(cell.split()) for cell in escaped) + " |"

    return "\n".join([row(COLUMNS), "|" + " --- |" * len(COLUMNS), *map(row, lines)])
