"""CLAIMS.md: what came of every claim, in words, figures and a picture, and how to measure it again."""

import html
import re

from course_lib.experiments import storage
from course_lib.experiments.experiment import LAW
from course_lib.experiments.measurement import MEASURED
from course_lib.experiments.short_runs import ACCURACY, CALIBRATION, LOSS
from course_lib.experiments.tuning import in_words
from course_lib.experiments.verdicts import OF_A_LAW
from course_lib.ledger.entries import EXTREMES, count_line, is_of_the_article, multiple, remedies, strongest_first
from course_lib.ledger.picture import alternative_of_one
from course_lib.ledger.turns import where_it_turns
from course_lib.plots.claims import answer, counted_elsewhere, effect_of, elsewhere, short_answer, spelled
from course_lib.plots.measurements import effect_text

MARKS = {  # that are not only colors
    "clearly helps": "✔✔",
    "helps": "✔",
    "too small to matter": "≈",
    "open": "?",
    "harms": "✘",
    "clearly harms": "✘✘",
    "clearly so": "✔✔",
    "so": "✔",
    "the opposite": "✘",
    "clearly the opposite": "✘✘",
}
CHAPTERS = {  # of the sections
    3: "Unstable gradients",
    4: "Slow training",
    5: "Overfitting",
    6: "The default configuration",
}
BESIDE = (ACCURACY, LOSS, CALIBRATION)  # what is said of the primary's arms besides its own quantity
HEAD = "| claim about | primary comparison | verdict | elsewhere |\n|---|---|---|---|"
COMPARISONS_HEAD = "| comparison | effect and interval | verdict |\n|---|---|---|"


def content(measurements, picture, picture_of, waiting):
    """What stands in CLAIMS.md between the comments of its block.

    Parameters
    ----------
    measurements : every claim's, by chapter
    picture : where CLAIMS.md finds the picture of all, with its text alternative: (path, words)
    picture_of : {name: path} of each claim's picture
    waiting : {name: Experiment} of the claims that have no result yet
    """
    ranked = remedies(measurements)
    path, words = picture
    parts = [
        f"**{count_line(measurements)}**{_wait(waiting, '[wait to be measured](#waiting)')}",
        "## In one minute",
        f"The {EXTREMES} strongest, held against the smallest effect for which somebody would change a setting:",
        "\n".join(f"- {_said_once(each)}, {multiple(each):,.0f} times that." for each in ranked[:EXTREMES]),
        f"The {EXTREMES} weakest, in these settings; the sections name larger studies where we know of one:",
        "\n".join(f"- {_said_once(each)}.{_again(each)}" for each in reversed(ranked[-EXTREMES:])),
        f'<img src="{path}" width="100%" alt="{html.escape(words, quote=True)}">',
        _folded("The picture's numbers as a table", _tables(measurements)),
    ]
    for chapter in sorted({each.chapter for each in measurements}):
        parts.append(f"## Chapter {chapter} · {CHAPTERS.get(chapter, '')}".rstrip(" ·"))
        parts += [_section(each, picture_of[each.name]) for each in measurements if each.chapter == chapter]
    if waiting:
        parts += ['<a id="waiting"></a>\n\n## Not measured yet', "\n".join(map(_waiting_line, waiting.items()))]
    return "\n\n".join(parts)


def _wait(waiting, what):
    return f" {len(waiting)} more {what}." if waiting else ""


def _waiting_line(named):
    name, experiment = named
    return f"- *{escaped(experiment.claim)}* (chapter {experiment.chapter}): `{storage.command(name)}`"


def _said_once(measurement):
    """A claim in a list, which a phone shows whole."""
    name, figures, said = _parts(measurement)
    return f"{name}: {said}, {figures}"


def _again(measurement):
    """What other seeds say of it, if they disagree."""
    other = storage.load_other_seeds(measurement.name)
    return f" With other seeds: {other.words()}." if other and other.words() != measurement.words() else ""


def _tables(measurements):
    """The lines of a table of what somebody would do, and of one of what only is so."""
    cures = remedies(measurements)
    laws = [each for each in strongest_first(measurements) if each not in cures]
    lines = [HEAD, *map(_row, cures)] if cures else []
    return [*lines, "", "How something is:", "", HEAD, *map(_row, laws)] if laws else lines


def _row(measurement):
    name, figures, said = _parts(measurement)
    return f"| {name} | {figures} | {said} | {counted_elsewhere(measurement)} |"


def _parts(measurement):
    """A claim's subject as a link to its section, its figures, and its verdict."""
    figures = f"{escaped(effect_of(measurement))} ({escaped(spelled(measurement.primary.label))})"
    said = f"{MARKS[measurement.words()]} {measurement.words()}"
    return f"[{escaped(measurement.subject)}](#{measurement.name})", figures, said


def _section(measurement, picture):
    words = measurement.words()
    parts = [
        f'<a id="{measurement.name}"></a>\n\n### {escaped(measurement.subject)} · {MARKS[words]} {words}',
        f"*{escaped(measurement.claim)}* ({'' if is_of_the_article(measurement) else 'not the article: '}"
        f"{escaped(measurement.source)})",
        f"**{escaped(answer(measurement))}** {escaped(elsewhere(measurement))}".rstrip(),
        escaped(where_it_turns(measurement)),
        f'<img src="{picture}" width="640" alt="{html.escape(alternative_of_one(measurement), quote=True)}">',
        _folded(_how_many(measurement), [COMPARISONS_HEAD, *_comparisons(measurement)]),
        "\n".join(f"- {line}" for line in _details(measurement)),
    ]
    return "\n\n".join(parts)


def _how_many(measurement):
    n = len(measurement.effects)
    return f"All {n} comparisons as a table" if n > 1 else "The comparison as a table"


def _comparisons(measurement):
    """A row of the table for each comparison, the primary one in bold type."""
    for effect in measurement.effects:
        label, bold = escaped(spelled(effect.label)), "**" if effect is measurement.primary else ""
        figures = escaped(effect_text(effect.mean, effect.low, effect.high))
        said = f"exploratory: {escaped(effect.exploratory)}" if effect.exploratory else measurement.words(effect)
        yield f"| {bold}{label}{bold} | {figures} | {said} |"


def _folded(summary, lines):
    """Markdown that a reader opens with a click."""
    return "\n\n".join([f"<details><summary>{summary}</summary>", "\n".join(lines), "</details>"])


def _details(measurement):
    n_seeds, primary = len(measurement.seeds), measurement.primary
    arms = f"{spelled(primary.better)} against {spelled(primary.worse)}"
    yield f"The headline compares: {escaped(arms)}; {escaped(primary.quantity)}."
    yield f"Setting: {escaped(measurement.setting)}; {n_seeds} seeds."
    yield from _tuned(measurement)
    yield (
        f"Matters from {measurement.smallest_effect:g} {escaped(measurement.unit)} on: "
        f"{_sentence(measurement.smallest_effect_reason)}"
    )
    if beside := {what: figures for what, figures in measurement.beside().items() if what in BESIDE}:
        said = "; ".join(f"{escaped(what)} {escaped(effect_text(*figures))}" for what, figures in beside.items())
        yield f"Beside it, of the same two arms: {said}."
    yield from _edges(measurement)
    if measurement.budget_reason:
        yield f"Budget: {_sentence(measurement.budget_reason)}"
    if measurement.larger_studies:
        yield f"Larger studies: {_sentence(measurement.larger_studies)}"
    yield from _measured_again(measurement)
    minutes = max(1, round(measurement.cpu_minutes))
    yield (
        f"Measure it again: `{storage.command(measurement.name)}` "
        f"({minutes} minute{'s' if minutes > 1 else ''} of one core; "
        f"[the file](course_lib/experiments/claims/{measurement.name}.py))"
    )


def _tuned(measurement):
    """What tuning chose for the primary's arms."""
    arms = (measurement.primary.better, measurement.primary.worse)
    if chosen := {arm: measurement.chosen[arm] for arm in arms if arm in measurement.chosen}:
        said = "; ".join(f"{spelled(arm)} at {in_words(choice)}" for arm, choice in chosen.items())
        how = f"Tuned with {len(measurement.tuning_seeds)} seeds of their own"
        yield escaped(f"{how}: {said.replace('_', ' ')}.")


def _edges(measurement):
    """The choices of the primary's arms at the end of their grids, with the reason."""
    for arm in (measurement.primary.better, measurement.primary.worse):
        for name, edge in measurement.edges.get(arm, {}).items():
            why = measurement.edge_reasons.get(f"{arm}: {name}", "a better one may lie beyond")
            yield f"At the edge of its grid: {escaped(arm)}, the {edge} {escaped(name)}: {_sentence(why)}"


def _measured_again(measurement):
    """What became of the verdict when the claim was measured with other seeds, or anew after a change."""
    again = storage.load_other_seeds(measurement.name)
    if again is not None:
        same = again.words() == measurement.words()
        said = "the same verdict" if same else f"**another verdict: {again.words()}**"
        yield f"With {len(again.seeds)} other seeds: {escaped(effect_of(again))}, {said}."
    anew = [entry for entry in measurement.log if entry.what == MEASURED]
    if anew:
        of_its_kind = OF_A_LAW if measurement.kind == LAW else {}
        said = "; ".join(
            f'{escaped(entry.why)} (before: "{before}", since then: "{after}")'
            for entry in anew
            for before, after in [[of_its_kind.get(verdict, verdict) for verdict in entry.verdict]]
        )
        yield f"Measured anew: {said}."


def _sentence(text):
    """Escaped, and with one period at its end."""
    return f"{escaped(text).rstrip('.')}."


def readme_block(measurements, picture, alternative, waiting):
    """What stands in the README: one sentence, the picture, and the link.

    Parameters
    ----------
    measurements : every claim's, by chapter
    picture : where the README finds the picture
    alternative : its text alternative
    waiting : {name: Experiment} of the claims that have no result yet
    """
    return "\n\n".join(
        [
            f"**{count_line(measurements)}** Every one with its setting, its figures and the command that measures it "
            f"again: [CLAIMS.md](CLAIMS.md).{_wait(waiting, 'wait to be measured')}",
            f'<img src="{picture}" width="100%" alt="{html.escape(alternative, quote=True)}">',
        ]
    )


def notebook_table(measurements, effects=True):
    """A row for each claim as HTML, for a notebook's cell.

    Parameters
    ----------
    measurements : in the order of the rows
    effects : with the primary effect and the number of seeds
    """
    heads = ["chapter", "claim", "measured"] + (["primary comparison, 95% interval", "seeds"] if effects else [])
    lines = []
    for each in measurements:
        cells = [str(each.chapter), each.claim, f"{short_answer(each)} ({spelled(each.primary.label)})"]
        if effects:
            cells += [effect_of(each), str(len(each.seeds))]
        lines.append("".join(f"<td style='text-align:left'>{html.escape(cell)}</td>" for cell in cells))
    head = "".join(f"<th style='text-align:left'>{name}</th>" for name in heads)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def escaped(text):
    """Text as it must stand in a Markdown file: on one line, and nothing in it is markup."""
    on_one_line = " ".join(str(text).split())
    return re.sub(r"([\\|*_`~$\[\]])", r"\\\1", html.escape(on_one_line, quote=False))
