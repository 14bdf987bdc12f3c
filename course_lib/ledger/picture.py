"""The ledger as one picture: the main effect of every claim on one axis, as SVG that is always the same."""

import html
import io
import re
import textwrap

from course_lib.ledger.entries import is_of_the_article, title
from course_lib.plots.claims import spelled
from course_lib.plots.measurements import effect_text

WIDTH, ROW, AROUND = 9.2, 0.36, 1.1  # inches; AROUND is for the axis and the legend
LEFT, RIGHT = 0.31, 0.75  # where the axis begins and ends, of the width
ROOM = {"label": 44, "unit": 38}  # letters beside the axis; what is longer is cut, and whole in the README's table
# Letters are drawn as outlines, so that the picture looks the same where the font is missing.
LOOK = {"svg.fonttype": "path", "svg.hashsalt": "ledger", "font.family": "DejaVu Sans", "text.usetex": False}


def rows(measurements):
    """Rows for `plot_ledger`: the main effect of each claim in multiples of its smallest effect, the largest first."""
    found = []
    for each in measurements:
        main, smallest = each.main, each.smallest_effect
        row = {"name": each.name, "title": title(each), "label": spelled(main.label), "unit": _short(each.unit)}
        row |= {key: getattr(main, key) / smallest for key in ("mean", "low", "high")}
        row |= {"outcome": main.outcome(smallest), "figures": effect_text(main.mean, main.low, main.high)}
        found.append(row | {"elsewhere": not is_of_the_article(each)})
    return sorted(found, key=lambda row: (-row["mean"], row["name"]))


def alternative(measurements):
    """The picture in words: what each effect is, the largest first, and where it lies."""
    said = {1: "For the claim", 0: "Undecided", -1: "Against the claim"}
    parts = []
    for outcome, words in said.items():
        listed = [
            f"{row['title']} {row['figures']} {row['unit']}" for row in rows(measurements) if row["outcome"] == outcome
        ]
        parts += [f"{words}: {'; '.join(listed)}."] if listed else []
    return (
        f"The first comparison of each of {len(measurements)} claims, with its 95% interval, in multiples of the "
        f"smallest effect that counts, the largest at the top. {' '.join(parts)}"
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
        plot_ledger(figure.add_axes((LEFT, 0.95 / height, RIGHT - LEFT, 1 - AROUND / height)), found)
        ledger_legend(figure, loc="lower center", ncols=2, bbox_to_anchor=(0.5, 0), borderaxespad=0.1)
        picture = io.BytesIO()
        figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    return _with_words(_compact(picture.getvalue().decode("utf-8")), alternative(measurements))


def _short(unit):
    return unit.replace("percentage points", "points")


def _cut_to_room(row):
    label, unit = (textwrap.shorten(row[key], room, placeholder=" …") for key, room in ROOM.items())
    return row | {"label": label, "unit": unit}


def _with_words(svg, words):
    """The text alternative, as readers of the screen find it."""
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(words, quote=True)}" ', 1)


def _compact(svg):
    """Half the size: no indentation, short names for the outlines of letters, and their places in whole units.

    A unit is a hundredth of the letters' size.
    """
    lines = [line.strip() for line in svg.replace("DejaVuSans-", "d").splitlines()]
    place = r'transform="translate\(([\d.]+) 0\)"/>'
    return re.sub(place, lambda found: f'x="{round(float(found[1]))}"/>', "\n".join([*lines, ""]))
