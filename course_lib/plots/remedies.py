"""What becomes of loss and calibration where a remedy is chosen by accuracy: a table beside the picture of a claim."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

from course_lib.plots.measurements import effect_text
from course_lib.plots.style import BLUE, GRAY, GREEN, VERMILION

MARKS = {"better": BLUE, "worse": VERMILION, "too small to matter": GREEN, "open": GRAY}  # the words of exercise 5.5


def outcome(low: float, high: float, smallest: float = 0.0) -> str:
    """One of MARKS: where the whole interval lies, beyond the smallest effect or within it; "open" if in neither."""
    if -smallest < low and high < smallest:
        return "too small to matter"
    return "better" if low > smallest else "worse" if high < -smallest else "open"


def answers_table(columns: Sequence[str], rows: Iterable[tuple[str, Sequence[Any]]]) -> str:
    """An HTML table: how a remedy answered each question, in each setting.

    Parameters
    ----------
    columns : the questions
    rows : (the setting, cells); a cell is (mean, low, high, smallest effect), or None for "not measured". Each row has
        a cell for each column

    Returns
    -------
    text, with everything that came in escaped

    Raises
    ------
    ValueError : a row that has not one cell for each column
    """
    left = ' style="text-align:left;vertical-align:top"'
    head = "".join(f'<th scope="col"{left}>{html.escape(name)}</th>' for name in ("", *columns))
    body = []
    for setting, cells in rows:
        if len(cells) != len(columns):
            raise ValueError(f"{setting!r} has {len(cells)} cells; expected one for each of {len(columns)} columns.")
        texts = [f'<th scope="row"{left}>{html.escape(setting)}</th>']
        texts += [f"<td{left}>{_cell(cell)}</td>" for cell in cells]
        body.append("<tr>" + "".join(texts) + "</tr>")
    return f"<table>\n<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n" + "\n".join(body) + "\n</tbody>\n</table>"


def _cell(cell):
    if cell is None:
        return "not measured"
    mean, low, high, smallest = cell
    word = outcome(low, high, smallest)
    color, weight = MARKS[word], "bold" if word in ("better", "worse") else "normal"
    number, bounds = html.escape(effect_text(mean, low, high)).split(" ", 1)  # an interval is not broken in two
    return (
        f'<span style="color:{color};font-weight:{weight}">{word}</span><br>{number} '
        f'<span style="white-space:nowrap">{bounds}</span>'
    )
