"""Results as tables: HTML for a notebook, Markdown for a page, plain text for a terminal."""

import html
import math
from dataclasses import dataclass

from course_lib.benchmarks.results import command, rows_of

NOT_MEASURED = "not measured here"
_CELL = "padding: 3px 10px; border-bottom: 1px solid #ccc;"


@dataclass(frozen=True)
class Table:
    """Tables with notes. A notebook shows it as HTML; `print(table)` is plain text; `markdown()` is for a page."""

    sections: tuple = ()
    goals: tuple = ()
    head: str = ""

    def html(self):
        """All of it as HTML, with captions and headings marked as such."""
        parts = [f"<p>{html.escape(self.head)}</p>"] if self.head else []
        parts += [_html_section(part) for part in self.sections]
        if self.goals:
            items = "".join(f"<li>{html.escape(line)}</li>" for line in goal_lines(self.goals))
            parts.append(f"<p>Goals</p><ul>{items}</ul>")
        return "\n".join(parts)

    def markdown(self):
        """All of it as Markdown."""
        parts = [self.head] if self.head else []
        parts += [_markdown_section(part) for part in self.sections]
        if self.goals:
            parts.append("\n".join(["Goals", "", *(f"- {line}" for line in goal_lines(self.goals))]))
        return "\n\n".join(parts)

    def _repr_html_(self):
        return self.html()

    def _repr_markdown_(self):
        return self.markdown()

    def __str__(self):
        parts = [self.head] if self.head else []
        parts += [_plain_section(part) for part in self.sections]
        if self.goals:
            parts.append("\n".join(["Goals", *(f"  {line}" for line in goal_lines(self.goals))]))
        return "\n\n".join(parts)


def table(result, name="machine", section=None):
    """A result as a Table.

    Parameters
    ----------
    result : what `load_result` returned; None gives "not measured here" and the command that measures it
    name : the benchmark that was not measured, where `result` is None
    section : the name of one section; None is all of them, with the goals

    Raises
    ------
    ResultError : the result has no such section
    """
    if result is None:
        return Table(head=f"{name}: {NOT_MEASURED}. To measure it: {command(name)}")
    if section is None:
        return Table(tuple(result["sections"]), tuple(result["goals"]), machine_line(result))
    rows_of(result, section)  # the error for a name that is not there
    return Table(tuple(part for part in result["sections"] if part["name"] == section), (), machine_line(result))


def rows_table(rows, columns, title="", note=""):
    """Rows that were measured just now as a Table. columns : {key of a row: heading}."""
    return Table(({"name": "live", "title": title, "note": note, "columns": dict(columns), "rows": list(rows)},))


def machine_line(result):
    """What a result was measured on, as one line."""
    machine = result["machine"]
    device = machine.get("device")
    gpu = f"; {device['kind']}: {device['name']}" if device and device["kind"] != "cpu" else ""
    packages = ", ".join(f"{each} {machine[each]}" for each in ("python", "numpy", "torch") if machine.get(each))
    cores, threads = (_counted(machine[each], each) for each in ("cores", "threads"))
    line = f"Measured on: {machine['processor']}, {cores}{gpu}; {threads} where nothing else is said; {packages}."
    if result["smoke"]:
        line += " A smoke run: its figures say nothing."
    return line + (" The run was interrupted: parts are missing." if result["interrupted"] else "")


def _counted(count, things):
    return f"{count} {things.removesuffix('s') if count == 1 else things}"


def goal_lines(goals):
    """One line a goal: what was measured, what was asked, met or missed."""
    lines = []
    for each in goals:
        asked = f"{'at least' if each['at_least'] else 'at most'} {figure(each['limit'])}"
        if each["met"] is None:
            lines.append(f"{each['what']}: not measured ({asked})")
        else:
            verdict = "met" if each["met"] else "missed"
            lines.append(f"{each['what']}: {figure(each['measured'])}, {asked}: {verdict}")
    return lines


def figure(value):
    """A value as text: numbers with three significant digits, thousands apart, None as a dash."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, float):
        return str(value)
    if value == 0:
        return "0"
    digits = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, digits):,.{max(0, digits)}f}"


def _cells(part):
    """The texts of a section: headings, and for each row its cells; a problem stands in the first empty one."""
    keys = _shown(part)
    rows = []
    for row in part["rows"]:
        cells = [figure(row.get(key)) for key in keys]
        if row.get("problem"):
            empty = next((place for place, key in enumerate(keys) if row.get(key) is None), len(keys) - 1)
            cells[empty] = row["problem"]
        rows.append(cells)
    return [part["columns"][key] for key in keys], rows


def _shown(part):
    """The keys of the columns that hold something: no column for a GPU where there is none."""
    held = {key for row in part["rows"] for key, value in row.items() if value is not None}
    return [key for key in part["columns"] if key in held] or list(part["columns"])


def _is_number(part):
    """For each column: True when it holds numbers, which are set to the right."""
    values = [[row.get(key) for row in part["rows"] if row.get(key) is not None] for key in _shown(part)]
    return [bool(column) and all(isinstance(value, int | float) for value in column) for column in values]


def _html_section(part):
    headings, rows = _cells(part)
    numbers = _is_number(part)
    sides = [f"{_CELL} text-align: {'right' if number else 'left'};" for number in numbers]
    pairs = zip(headings, sides, strict=True)
    head = "".join(f'<th scope="col" style="{side}">{html.escape(heading)}</th>' for heading, side in pairs)
    body = []
    for cells in rows:
        first, *others = (html.escape(cell) for cell in cells)
        line = f'<th scope="row" style="{sides[0]} font-weight: normal;">{first}</th>'
        line += "".join(f'<td style="{side}">{cell}</td>' for cell, side in zip(others, sides[1:], strict=True))
        body.append(f"<tr>{line}</tr>")
    caption = f'<caption style="text-align: left; font-weight: 600;">{html.escape(part["title"])}</caption>'
    table_text = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    return table_text + (f"<p>{html.escape(part['note'])}</p>" if part["note"] else "")


def _markdown_section(part):
    headings, rows = _cells(part)
    lines = [f"**{part['title']}**", ""] if part["title"] else []
    lines += [_markdown_row(headings), "|" + "|".join("--:" if number else "---" for number in _is_number(part)) + "|"]
    lines += [_markdown_row(cells) for cells in rows]
    return "\n".join(lines + (["", part["note"]] if part["note"] else []))


def _markdown_row(cells):
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def _plain_section(part):
    headings, rows = _cells(part)
    widths = [max(len(line[place]) for line in [headings, *rows]) for place in range(len(headings))]
    numbers = _is_number(part)
    lines = [part["title"]] if part["title"] else []
    for cells in [headings, *rows]:
        places = zip(cells, widths, numbers, strict=True)
        padded = (cell.rjust(width) if number else cell.ljust(width) for cell, width, number in places)
        lines.append("  " + "  ".join(padded).rstrip())
    return "\n".join(lines + ([f"  {part['note']}"] if part["note"] else []))
