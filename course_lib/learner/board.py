"""The board at the end of an evening: the learner's own numbers so far, and which evening fills the empty rows."""

import html
import math
from dataclasses import dataclass

import numpy as np

from course_lib.learner import network_file
from course_lib.learner.memory import remember, remembered


@dataclass(frozen=True)
class Row:
    """One line of the board.

    Parameters
    ----------
    key : name of the argument that fills it
    label : what the number is
    evening : which one fills it, "02c"
    form : how it is written, for `format`
    """

    key: str
    label: str
    evening: str
    form: str = ".1%"


ROWS = (
    Row("detector", "pairs your hand-drawn trouser detector gets right", "01a"),
    Row("linear", "linear network with the course's weights, new photos right", "01a"),
    Row("linear_trained", "linear network that you trained, new photos right", "02c"),
    Row("network", "your network, new photos right", "02c"),
    Row("seconds", "seconds it takes for one pass over 10,000 photos", "02c", ".1f"),
    Row("honest", "your honest number: test photos right", "02d"),
)
LINES = "lines of the network that you wrote"


def board(**numbers: float) -> "Board":
    """Your numbers so far, as the last line of a cell.

    Parameters
    ----------
    numbers : those that this evening has found, by their names: board(linear=0.83). They are remembered

    Raises
    ------
    TypeError : a name that the board does not have
    ValueError : something that is no finite number
    """
    keys = [row.key for row in ROWS]
    trouble = ""
    for key, value in numbers.items():
        if key not in keys:
            raise TypeError(f"board has no row {key!r}. Its rows are: {', '.join(keys)}.")
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
            raise ValueError(f"board({key}=...) is {value!r}; expected a finite number.")
        trouble = remember("numbers", key, float(value)) or trouble
    return Board(trouble)


def lines_written() -> int:
    """Lines of code in the learner's own sections of my_network.py, without empty ones and comments."""
    try:
        sections = network_file.sections_of(network_file.read_text())[1]
    except network_file.Unreadable:
        return 0
    lines = [line.strip() for each in sections if each.whose == network_file.YOURS for line in each.text.splitlines()]
    return sum(bool(line) and not line.startswith("#") for line in lines)


class Board:
    """Shows the numbers: in a notebook as a table, elsewhere as text."""

    def __init__(self, trouble: str = ""):
        self.trouble = trouble
        found, lines = remembered()["numbers"], lines_written()
        self.rows = [(row.label, format(found[row.key], row.form) if row.key in found else "", row) for row in ROWS]
        self.lines = f"{lines}" if lines else ""

    def _told(self):
        for label, value, row in self.rows:
            yield label, value or f"comes in {row.evening}", bool(value)
        yield LINES, self.lines or "comes in 01a", bool(self.lines)

    def __repr__(self):
        lines = [f"{label}: {value}" for label, value, _ in self._told()]
        return "\n".join(["Your numbers so far", *(f"  {line}" for line in lines), *filter(None, [self.trouble])])

    def _repr_mimebundle_(self, include=None, exclude=None):
        rows = "".join(
            f'<tr><td style="text-align: left; padding: 2px 18px 2px 0">{html.escape(label)}</td>'
            f'<td style="text-align: right; white-space: nowrap{"; font-weight: 600" if there else "; opacity: 0.7"}">'
            f"{html.escape(value)}</td></tr>"
            for label, value, there in self._told()
        )
        trouble = f"<div>{html.escape(self.trouble)}</div>" if self.trouble else ""
        table = (
            '<div style="font-family: var(--jp-content-font-family, sans-serif); font-size: 15px; line-height: 1.5; '
            'border-left: 6px solid #0072B2; padding: 6px 12px; margin: 4px 0">'
            '<table style="border-collapse: collapse; font-size: 15px"><caption style="text-align: left; '
            f'font-weight: 600; color: inherit">Your numbers so far</caption>{rows}</table>{trouble}</div>'
        )
        return {"text/plain": repr(self), "text/html": table}
