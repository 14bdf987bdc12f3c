"""The ledger as pictures, SVG that is always the same: every claim on one axis, and each with all its comparisons."""

import html
import io
import re
import textwrap
import zlib
from collections import Counter

import numpy as np

from course_lib.ledger.entries import is_of_the_article, title
from course_lib.plots.claims import comparison_row, spelled
from course_lib.plots.measurements import effect_text

WIDTH, ROW, AROUND = 9.2, 0.36, 1.25  # inches; AROUND is for the axis and the legend
STRIP_ROW, STRIP_AROUND = 0.22, 0.5  # of one claim's picture
STRIP_LEFT, LETTER = (0.3, 0.62), 0.0079  # where its axis begins, at least and at most; of the width, a letter's share
LEFT, RIGHT = 0.31, 0.75  # where the axis begins and ends, of the width
OFTEN = 6  # places where a style stands, from which on it is written once
ROOM = {"label": 44, "unit": 38}  # letters beside the axis; what is longer is cut, and whole in CLAIMS.md
# Letters of the picture of all are drawn as outlines, so that the picture looks the same where the font is missing.
LOOK = {"svg.fonttype": "path", "svg.hashsalt": "ledger", "font.family": "DejaVu Sans", "text.usetex": False}
LOOK_OF_ONE = {"svg.fonttype": "none", "font.size": 9}  # many pictures: letters as letters, a third of the size


def rows(measurements):
    """Rows for `plot_ledger`: each claim's primary effect in multiples of its smallest effect, the largest first."""
    found = []
    for each in measurements:
        primary, smallest = each.primary, each.smallest_effect
        row = {"name": each.name, "title": title(each), "label": spelled(primary.label), "unit": _short(each.unit)}
        row |= {key: getattr(primary, key) / smallest for key in ("mean", "low", "high")}
        row |= {"verdict": each.verdict, "figures": effect_text(primary.mean, primary.low, primary.high)}
        others = [(effect.mean / smallest, effect.verdict(smallest)) for effect in each.elsewhere]
        found.append(row | {"elsewhere": others, "article": is_of_the_article(each)})
    return sorted(found, key=lambda row: (-row["mean"], row["name"]))


def alternative(measurements):
    """The picture in words: what each effect is, the largest first, and what it means."""
    of_name, parts = {each.name: each.words() for each in measurements}, {}
    for row in rows(measurements):
        said = f"{row['title']} {row['figures']} {row['unit']}"
        parts.setdefault(of_name[row["name"]], []).append(said)
    listed = " ".join(f"{words[0].upper()}{words[1:]}: {'; '.join(said)}." for words, said in parts.items())
    return (
        f"The primary comparison of each of {len(measurements)} claims, with its 95% interval, in multiples of the "
        f"smallest effect that matters, the largest at the top. {listed}"
    )


def draw(measurements):
    """The picture as SVG text. The same measurements give the same text."""
    import matplotlib
    from matplotlib.figure import Figure

    from course_lib.plots.ledger import ledger_legend, plot_ledger

    found = [_cut_to_room(row) for row in rows(measurements)]
    height = AROUND + ROW * len(found)
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
    most = int(STRIP_LEFT[1] / LETTER)
    found = [row | {"label": textwrap.shorten(row["label"], most, placeholder=" …")} for row in found]
    letters = max(1.15 * len(found[0]["label"]), *(len(row["label"]) for row in found))  # the first is in bold type
    left = float(np.clip(LETTER * letters, *STRIP_LEFT))
    height = STRIP_AROUND + STRIP_ROW * len(found)
    with matplotlib.rc_context(LOOK | LOOK_OF_ONE):
        figure = Figure((WIDTH, height), facecolor="white")
        place = (left, (STRIP_AROUND - 0.05) / height, RIGHT - left, STRIP_ROW * len(found) / height)
        axes = figure.add_axes(place)
        plot_effects(axes, found, unit=_short(measurement.unit), smallest_effect=measurement.smallest_effect)
        axes.get_yticklabels()[0].set_fontweight("bold")
        return svg_of(figure, alternative_of_one(measurement))


def alternative_of_one(measurement):
    """A claim's picture in words."""
    said = [
        f"{spelled(effect.label)} {effect_text(effect.mean, effect.low, effect.high)}, "
        f"{'exploratory' if effect.exploratory else measurement.words(effect)}"
        for effect in measurement.effects
    ]
    return f"Every comparison of {measurement.subject}, in {measurement.unit}: {'; '.join(said)}."


def svg_of(figure, words):
    """A figure as SVG text with its words; the same figure gives the same text."""
    picture = io.BytesIO()
    figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    return _with_words(_compact(picture.getvalue().decode("utf-8")), words)


def _short(unit):
    return unit.replace("percentage points", "points")


def _cut_to_room(row):
    label, unit = (textwrap.shorten(row[key], room, placeholder=" …") for key, room in ROOM.items())
    return row | {"label": label, "unit": unit}


def _with_words(svg, words):
    """The text alternative, as readers of the screen find it."""
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(words, quote=True)}" ', 1)


def _compact(svg):
    """Half the size: no indentation, no needless digits and turns, short names for the outlines of letters.

    Places are in points, where hundredths cannot be seen; those of letters in whole units, hundredths of their size.
    """
    lines = [line.strip() for line in svg.replace("DejaVuSans-", "d").splitlines()]
    text = "\n".join([*lines, ""])
    text = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", text)
    text = re.sub(r"(?<![\w.#])(\d{2,}\.\d\d)\d+", r"\1", text)  # not of small numbers: they may be scales
    text = re.sub(r'transform="translate\(([\d.]+) 0\)"/>', lambda found: f'x="{round(float(found[1]))}"/>', text)
    return _named_styles(text)


def _named_styles(svg):
    """Each style that stands at many places is written once, as a class named after it: pictures may share a page."""
    counts = Counter(re.findall(r' style="([^"]*)"', svg))
    often = {style: f"s{zlib.crc32(style.encode()):x}" for style, count in counts.most_common() if count >= OFTEN}
    rules = "".join(f".{name} {{{style}}}\n" for style, name in often.items())
    named = re.sub(r' style="([^"]*)"', lambda it: f' class="{often[it[1]]}"' if it[1] in often else it[0], svg)
    return named.replace("</style>", f"\n{rules}</style>", 1)
