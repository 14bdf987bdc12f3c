"""A measured claim on the page: what was asked, the answer, and a picture of its comparisons, four at most.

All comparisons of a claim stand in CLAIMS.md, and the page links to them.
"""

import html
import re
from collections.abc import Iterable
from typing import Any

from course_lib.plots.figures import show
from course_lib.plots.measurements import effect_text, plot_effects
from course_lib.plots.printed import print_wrapped, wrapped

MOST_ROWS = 4  # that are drawn on the page of a chapter
LETTERS = 12  # their size in points, of a picture that is 7.5 inches wide: 13 pixels and more on the page
WRITTEN = {"relu": "ReLU", "elu": "ELU"}
LEDGER = "../CLAIMS.md"  # as a notebook finds it
SHORT_ANSWERS = {  # to a verdict, as a sentence
    "clearly helps": "It clearly helps",
    "helps": "It helps, perhaps by less than matters",
    "too small to matter": "The difference is too small to matter",
    "open": "It cannot be told",
    "harms": "It harms, perhaps by less than matters",
    "clearly harms": "It clearly harms",
    "clearly so": "It is clearly so",
    "so": "It is so, perhaps by less than matters",
    "the opposite": "The opposite is so, perhaps by less than matters",
    "clearly the opposite": "The opposite is clearly so",
}


def answer(measurement: Any) -> str:
    """The primary comparison in a sentence: "It clearly helps: +2.1 [1.7, 2.5] percentage points (20 layers)."."""
    return f"{short_answer(measurement)}: {effect_of(measurement)} ({spelled(measurement.primary.label)})."


def short_answer(measurement: Any) -> str:
    """The verdict of the primary comparison as a sentence without its period.

    Of a law that is clearly so in one setting and clearly the opposite in another, it says first that it depends: on
    what its subject ends with, "The gradient, by the starting weights", or else on the setting.
    """
    said = SHORT_ANSWERS[measurement.words()]
    if not {"clearly so", "clearly the opposite"} <= {measurement.words(), *measurement.counts_elsewhere()}:
        return said
    what = measurement.subject.partition(", by ")[2] or "the setting"
    return f"It depends on {what}. In the comparison named beforehand {said[0].lower()}{said[1:]}"


def effect_of(measurement: Any, effect: Any = None) -> str:
    """The figures of an Effect with their unit; None is the primary one."""
    chosen = effect or measurement.primary
    return effect_text(chosen.mean, chosen.low, chosen.high, measurement.unit)


def counted_elsewhere(measurement: Any) -> str:
    """What became of the other comparisons: "3 clearly help, 1 open"; empty where there are none."""
    counts = measurement.counts_elsewhere().items()
    return ", ".join(f"{count} {_of_several(words, count)}" for words, count in counts)


def elsewhere(measurement: Any) -> str:
    """The other comparisons in a sentence: "Elsewhere: 3 clearly help, 1 open."; empty where there are none."""
    counted = counted_elsewhere(measurement)
    return f"Elsewhere: {counted}." if counted else ""


def _of_several(words, count):
    return words.replace("helps", "help").replace("harms", "harm") if count > 1 else words


def show_measured(measurement: Any, subject: str, live: Any = None, labels: Iterable[str] | None = None) -> None:
    """Print claim, setting and answer, draw up to four comparisons with their intervals, and link to all of them.

    Parameters
    ----------
    measurement : a Measurement, as `load_measurement` reads it
    subject : the claim in a few words, for the title; the verdict is added to it
    live : a smaller Measurement of the same claim, whose primary effect is printed, without a verdict. It is not drawn:
        with three seeds an interval can be so wide that beside it the long measurement's could not be told apart
    labels : of the comparisons that are drawn, four at most; None draws the primary one and the first ones elsewhere

    Raises
    ------
    ValueError : more than four labels
    """
    import matplotlib.pyplot as plt

    chosen = measurement.effects[:MOST_ROWS] if labels is None else [measurement.effect(label) for label in labels]
    if len(chosen) > MOST_ROWS:
        raise ValueError(f"labels has {len(chosen)} comparisons; a page shows {MOST_ROWS} at most, CLAIMS.md all.")
    rows = [comparison_row(measurement, effect) for effect in chosen]
    _print_claim(measurement, live)
    with plt.rc_context({"font.size": LETTERS}):
        figure, axes = plt.subplots(figsize=(7.5, 1.1 + 0.58 * len(rows)), layout="constrained")
        plot_effects(axes, rows, unit=measurement.unit, smallest_effect=measurement.smallest_effect)
        axes.set_title(wrapped(f"{subject}: {measurement.words()}"), loc="left", fontsize=LETTERS, fontweight="bold")
    said = "; ".join(f"{row['label']} {effect_text(row['mean'], row['low'], row['high'])}" for row in rows)
    alt = f"{subject}: {measurement.words()}. Effects in {measurement.unit} with their intervals: {said}."
    show(figure, alt=alt)
    _link(measurement)


def comparison_row(measurement: Any, effect: Any) -> dict[str, Any]:
    """An Effect as a row for `plot_effects`, with its verdict."""
    verdict = None if effect.exploratory else effect.verdict(measurement.smallest_effect)
    return {**vars(effect), "label": spelled(effect.label), "verdict": verdict}


def _print_claim(measurement, live):
    setting = f"{measurement.setting}; {len(measurement.seeds)} seeds"
    said = {"Claim": measurement.claim, "Setting": setting, "Answer": f"{answer(measurement)} {elsewhere(measurement)}"}
    if live is not None:
        main = live.primary
        effect = effect_text(main.mean, main.low, main.high, live.unit)
        said["Live"] = f"{spelled(main.label)}: {effect}; {len(live.seeds)} seeds, everything smaller and shorter"
    for word, text in said.items():
        print_wrapped(f"{word + ':':9}{text.rstrip()}", indent=9)


def _link(measurement):
    from IPython.display import HTML, display

    n = len(measurement.effects)
    words = f"all {n} comparisons" if n > 1 else "the comparison"
    address = html.escape(f"{LEDGER}#{measurement.name}", quote=True)
    display(HTML(f'<a href="{address}">CLAIMS.md: {words}, and how to measure them again</a>'))


def spelled(text: str) -> str:
    """A comparison's label with activations as they are written in a text: "ReLU, 2 layers" for "relu, 2 layers"."""
    return re.sub(r"\b(relu|elu),", lambda found: f"{WRITTEN[found[1]]},", text)
