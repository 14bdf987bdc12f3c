"""The ledger as pictures, SVG that is always the same: every claim on one axis, and each with all its comparisons."""

import html
import io
import re
import textwrap
import zlib
from collections import Counter

from course_lib.ledger.entries import EXTREMES, count_line, is_of_the_article, remedies, strongest_first
from course_lib.plots.claims import answer, comparison_row, elsewhere, spelled
from course_lib.plots.measurements import effect_text

WIDTH, AROUND = 9.2, 1.25  # inches; AROUND is for the axis and the legend
LEFT, RIGHT = 0.33, 0.75  # where the axis begins and ends, of the width
STRIP_WIDTH, STRIP_ROW, STRIP_AROUND = 6.4, 0.36, 0.55  # inches, of one claim's picture
STRIP_LEFT, STRIP_RIGHT = 0.02, 0.7
STRAIGHT, TOO_FAR = 2, 6  # how far an axis is linear, in smallest effects; from how many of it on it is bent beyond
OFTEN = 6  # places where a style stands, from which on it is written once
ROOM = {"label": 46, "unit": 38}  # letters beside the axis; what is longer is cut, and whole in CLAIMS.md
TITLE = 44  # letters of a line of a claim's subject
# Letters of the picture of all are drawn as outlines, so that the picture looks the same where the font is missing.
LOOK = {"svg.fonttype": "path", "svg.hashsalt": "ledger", "font.family": "DejaVu Sans", "text.usetex": False}
LOOK_OF_ONE = {"svg.fonttype": "none", "font.size": 9}  # many pictures: letters as letters, a third of the size


def rows(measurements):
    """Rows for `plot_ledger`: each claim's primary effect in multiples of its smallest effect, the largest first."""
    found = []
    for each in strongest_first(measurements):
        primary, smallest = each.primary, each.smallest_effect
        row = {"name": each.name, "title": each.subject, "label": spelled(primary.label), "unit": _short(each.unit)}
        row |= {key: getattr(primary, key) / smallest for key in ("mean", "low", "high")}
        row |= {"verdict": each.verdict, "figures": effect_text(primary.mean, primary.low, primary.high)}
        others = [(effect.mean / smallest, effect.verdict(smallest)) for effect in each.elsewhere]
        found.append(row | {"elsewhere": others, "article": is_of_the_article(each)})
    return found


def alternative(measurements):
    """The picture's finding in words: how many claims help, and which remedies are the strongest and the weakest."""
    ranked = [each.subject for each in remedies(measurements)]
    ends = f" Strongest: {'; '.join(ranked[:EXTREMES])}. Weakest: {'; '.join(ranked[::-1][:EXTREMES])}."
    return f"{count_line(measurements)}{ends if len(ranked) > EXTREMES else ''}"


def draw(measurements):
    """The picture as SVG text. The same measurements give the same text."""
    import matplotlib
    from matplotlib.figure import Figure

    from course_lib.plots.ledger import height_of, ledger_legend, plot_ledger

    found = [_cut_to_room(row) for row in rows(measurements)]
    height = AROUND + height_of(found)
    with matplotlib.rc_context(LOOK):
        figure = Figure((WIDTH, height), facecolor="white")  # white in GitHub's dark mode too
        plot_ledger(figure.add_axes((LEFT, 1.1 / height, RIGHT - LEFT, 1 - AROUND / height)), found)
        ledger_legend(figure, loc="lower center", ncols=2, bbox_to_anchor=(0.5, 0), borderaxespad=0.1)
        return svg_of(figure, alternative(measurements))


def draw_one(measurement):
    """All comparisons of one claim as SVG text, the primary at the top."""
    import matplotlib
    from matplotlib.figure import Figure

    from course_lib.plots.measurements import plot_effects

    found = [comparison_row(measurement, effect) | {"by_seed": ()} for effect in measurement.effects]
    height = STRIP_AROUND + STRIP_ROW * len(found)
    with matplotlib.rc_context(LOOK | LOOK_OF_ONE):
        figure = Figure((STRIP_WIDTH, height), facecolor="white")
        place = (
            STRIP_LEFT,
            (STRIP_AROUND - 0.05) / height,
            STRIP_RIGHT - STRIP_LEFT,
            STRIP_ROW * len(found) / height,
        )
        axes = figure.add_axes(place)
        plot_effects(axes, found, unit=_short(measurement.unit), smallest_effect=measurement.smallest_effect)
        _bend(axes, found, measurement)
        axes.get_yticklabels()[0].set_fontweight("bold")
        return svg_of(figure, alternative_of_one(measurement))


def _bend(axes, found, measurement):
    """A logarithmic axis on both sides, where on a linear one the primary effect could not be told from 0."""
    ends, linear = [end for row in found for end in (row["low"], row["high"])], STRAIGHT * measurement.smallest_effect
    low, high = 1.4 * min(*ends, -linear), 1.4 * max(*ends, linear)
    if max(-low, high) < 1.4 * TOO_FAR * linear:
        return
    axes.set_xscale("symlog", linthresh=linear)
    powers = [10.0**power for power in range(-6, 7) if 10.0**power > 0.9 * linear]
    ticks = [tick for tick in (*(-power for power in powers[::-1]), -linear, 0, linear, *powers) if low <= tick <= high]
    axes.set_xticks(sorted(set(ticks)), [f"{tick:g}".replace("-", "\N{MINUS SIGN}") for tick in sorted(set(ticks))])
    axes.minorticks_off()
    axes.set_xlim(low, high)
    axes.set_xlabel(f"{_short(measurement.unit)} (even steps up to {linear:g}, then each step is a factor)")


def alternative_of_one(measurement):
    """A claim's picture in words: its finding. The numbers stand below it as a table."""
    return f"{measurement.subject}. {answer(measurement)} {elsewhere(measurement)}".rstrip()


def svg_of(figure, words):
    """A figure as SVG text with its words; the same figure gives the same text."""
    picture = io.BytesIO()
    figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    return _with_words(_compact(picture.getvalue().decode("utf-8")), words)


def _short(unit):
    return unit.replace("percentage points", "points")


def _cut_to_room(row):
    label, unit = (textwrap.shorten(row[key], room, placeholder=" …") for key, room in ROOM.items())
    title = "\n".join(textwrap.wrap(row["title"], TITLE, max_lines=2, placeholder=" …"))
    return row | {"title": title, "label": label, "unit": unit}


def _with_words(svg, words):
    """The text alternative, as readers of the screen find it."""
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(words, quote=True)}" ', 1)


def _compact(svg):
    """Half the size: no indentation, comments, needless digits and turns, short names for the outlines of letters.

    Places are in points, where hundredths cannot be seen; those of letters in whole units, hundredths of their size.
    """
    lines = [line.strip() for line in svg.replace("DejaVuSans-", "d").splitlines()]
    text = "\n".join([*lines, ""])
    text = re.sub(r"<!--.*?-->\n", "", text)  # they repeat the words
    text = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", text)
    text = re.sub(r"(?<![\w.#])(\d{2,}\.\d\d)\d+", r"\1", text)  # not of small numbers: they may be scales
    text = re.sub(r'transform="translate\(([\d.]+) 0\)"/>', lambda found: f'x="{round(float(found[1]))}"/>', text)
    return _named_styles(re.sub(r"/>\n<use ", "/><use ", text))  # the letters of a word on one line


def _named_styles(svg):
    """Each style that stands at many places is written once, as a class named after it: pictures may share a page."""
    counts = Counter(re.findall(r' style="([^"]*)"', svg))
    often = {style: f"s{zlib.crc32(style.encode()):x}" for style, count in counts.most_common() if count >= OFTEN}
    rules = "".join(f".{name} {{{style}}}\n" for style, name in often.items())
    named = re.sub(r' style="([^"]*)"', lambda it: f' class="{often[it[1]]}"' if it[1] in often else it[0], svg)
    return named.replace("</style>", f"\n{rules}</style>", 1)
