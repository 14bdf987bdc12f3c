"""The ledger as Markdown for the README: the count, the picture, a row for each claim, and the settings folded."""

import html
import re

from course_lib.experiments import storage
from course_lib.experiments.measurement import DOES_NOT_HOLD, HOLDS, HOLDS_ONLY_WHEN, NO_DIFFERENCE
from course_lib.ledger.entries import count_line, is_of_the_article
from course_lib.plots.claims import finding, spelled
from course_lib.plots.measurements import effect_text

MARKS = {HOLDS: "✔", HOLDS_ONLY_WHEN: "◐", DOES_NOT_HOLD: "✘", NO_DIFFERENCE: "○"}
MEANINGS = {
    HOLDS: "in every comparison that was made, the whole interval lies beyond the smallest effect that counts, which "
    "was written down before anything was measured",
    HOLDS_ONLY_WHEN: "it holds in these comparisons, and in the others it does not or cannot be told",
    DOES_NOT_HOLD: "it holds in no comparison, and in one or more the opposite does",
    NO_DIFFERENCE: "no comparison tells one way or the other",
}
HEAD = "| chapter | claim | verdict | first comparison: effect with its 95% interval | seeds |\n|--:|---|---|---|--:|"
FOLDED = "Setting, source and command of every claim"


def readme_block(measurements, picture, alternative):
    """What stands in the README: the count, the picture, how to read it, the table, and folded what is long.

    Parameters
    ----------
    measurements : every claim's, by chapter
    picture : where the README finds the picture
    alternative : its text alternative
    """
    article = [each for each in measurements if is_of_the_article(each)]
    others = [each for each in measurements if not is_of_the_article(each)]
    parts = [f"**{count_line(measurements)}**"]
    parts.append(f'<img src="{picture}" width="100%" alt="{html.escape(alternative, quote=True)}">')
    parts.append("\n".join(map(_meaning, MARKS)))
    for heading, chosen in (("What the article says", article), ("What is said elsewhere", others)):
        if chosen:
            parts.append(f"**{heading}**")
            parts.append("\n".join([HEAD, *map(_row, chosen)]))
    parts.append(f"<details>\n<summary>{FOLDED}</summary>")
    parts.append("\n".join(map(_details, measurements)))
    return "\n\n".join([*parts, "</details>"])


def notebook_table(measurements, effects=True):
    """A row for each claim as HTML, for a notebook's cell.

    Parameters
    ----------
    measurements : in the order of the rows
    effects : with the first comparison's effect and the number of seeds
    """
    heads = ["chapter", "claim", "measured"] + (["first comparison, 95% interval", "seeds"] if effects else [])
    lines = []
    for each in measurements:
        cells = [str(each.chapter), each.claim, finding(each)]
        if effects:
            main = each.main
            effect = effect_text(main.mean, main.low, main.high, each.unit)
            cells += [f"{effect}: {spelled(main.label)}", str(len(each.seeds))]
        lines.append("".join(f"<td style='text-align:left'>{html.escape(cell)}</td>" for cell in cells))
    head = "".join(f"<th style='text-align:left'>{name}</th>" for name in heads)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def verdict(measurement):
    """A verdict in a few words, with a mark that is not only a color: "◐ holds in 5 of 14"."""
    words = measurement.verdict
    if words == HOLDS_ONLY_WHEN:
        words = f"holds in {len(measurement.when)} of {len(measurement.effects)}"
    return f"{MARKS[measurement.verdict]} {words}"


def _meaning(words):
    shown = "holds in 2 of 4" if words == HOLDS_ONLY_WHEN else words
    return f"- {MARKS[words]} **{shown}**: {MEANINGS[words]}"


def _row(measurement):
    main = measurement.main
    effect = effect_text(main.mean, main.low, main.high, measurement.unit)
    claim = f"{escaped(measurement.claim)} {_link(measurement)}"
    first = f"**{escaped(effect)}**: {escaped(spelled(main.label))}"
    return f"| {measurement.chapter} | {claim} | {verdict(measurement)} | {first} | {len(measurement.seeds)} |"


def _details(measurement):
    said = [f"{_link(measurement)} {escaped(measurement.setting)}."]
    said.append(f"Smallest effect that counts, in {escaped(measurement.unit)}: {measurement.smallest_effect:g}.")
    if measurement.verdict == HOLDS_ONLY_WHEN:
        said.append(f"It holds for: {escaped(spelled('; '.join(measurement.when)))}.")
    said.append(f"Source: {escaped(measurement.source)}.")
    said.append(f"Measure it again: `{storage.command(measurement.name, len(measurement.seeds))}`")
    return f"- {' '.join(said)}"


def _link(measurement):
    return f"[`{measurement.name}`](course_lib/experiments/claims/{measurement.name}.py)"


def escaped(text):
    """Text as it must stand in a cell of a Markdown table: on one line, and nothing in it is markup."""
    on_one_line = " ".join(str(text).split())
    return re.sub(r"([\\|*_`~$\[\]])", r"\\\1", html.escape(on_one_line, quote=False))
