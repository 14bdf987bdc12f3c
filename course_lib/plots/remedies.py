"""A remedy has more than one question to answer: accuracy, loss, calibration, each on clean and on wrong labels."""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from course_lib.plots.figures import figure_or_new
from course_lib.plots.measurements import effect_text, plot_effects
from course_lib.plots.style import BLUE, GRAY, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = {1: ("better", BLUE), -1: ("worse", VERMILION), 0: ("undecided", GRAY)}


def plot_answers(figure: "Figure | None", answers: Mapping[str, tuple[str, float, Sequence[Any]]]) -> "list[Axes]":
    """One axes under the other, one for each question: every comparison a dot with its 95% interval.

    Parameters
    ----------
    figure : matplotlib Figure, empty; None makes a new one
    answers : {question: (unit, smallest effect, rows)}; rows as `plot_effects` takes them, above 0 is better

    Returns
    -------
    the list of Axes

    Raises
    ------
    ValueError : no question
    """
    if not answers:
        raise ValueError("answers is empty; expected {question: (unit, smallest effect, rows)}.")
    heights = [len(rows) + 1 for _, _, rows in answers.values()]
    figure = figure_or_new(figure)
    grid = figure.subplots(len(answers), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, (question, (unit, smallest, rows)) in zip(grid, answers.items(), strict=True):
        plot_effects(axes, rows, unit=unit, smallest_effect=smallest)
        axes.set_title(question, fontsize=11, loc="left")
    return list(grid)


def outcome(low: float, high: float, smallest: float = 0.0) -> int:
    """1 better, -1 worse, 0 undecided: the whole interval must lie beyond the smallest effect."""
    return 1 if low > smallest else -1 if high < -smallest else 0


def answers_table(columns: Sequence[str], rows: Iterable[tuple[str, str, Sequence[Any]]]) -> str:
    """An HTML table: what the article said of each remedy, and how it answered each question.

    Parameters
    ----------
    columns : names of the questions
    rows : (what is compared, what was said, cells); a cell is (mean, low, high, smallest effect), or None for "not
        measured". Each row has a cell for each column

    Returns
    -------
    text, with everything that came in escaped

    Raises
    ------
    ValueError : a row that has not one cell for each column
    """
    left = ' style="text-align:left;vertical-align:top"'
    head = "".join(f'<th scope="col"{left}>{html.escape(name)}</th>' for name in ("", "The article said", *columns))
    body = []
    for remedy, said, cells in rows:
        if len(cells) != len(columns):
            raise ValueError(f"{remedy!r} has {len(cells)} cells; expected one for each of {len(columns)} columns.")
        texts = [f'<th scope="row"{left}>{html.escape(remedy)}</th><td{left}>{html.escape(said)}</td>']
        texts += [f"<td{left}>{_cell(cell)}</td>" for cell in cells]
        body.append("<tr>" + "".join(texts) + "</tr>")
    return f"<table>\n<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n" + "\n".join(body) + "\n</tbody>\n</table>"


def _cell(cell):
    if cell is None:
        return "not measured"
    mean, low, high, smallest = cell
    word, color = MARKS[outcome(low, high, smallest)]
    weight = "normal" if word == "undecided" else "bold"
    number, bounds = html.escape(effect_text(mean, low, high)).split(" ", 1)  # an interval is not broken in two
    return (
        f'<span style="color:{color};font-weight:{weight}">{word}</span><br>{number}<br>'
        f'<span style="white-space:nowrap">{bounds}</span>'
    )
