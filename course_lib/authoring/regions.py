"""Solution regions: the lines of a code cell that the learner writes, and what stands there in chapters/."""

import ast
import re
from dataclasses import dataclass

BEGIN, INSTEAD, END = "# BEGIN SOLUTION", "# INSTEAD", "# END SOLUTION"
_MARKER_LIKE = re.compile(r"^#\s*(begin|end)\W*solution", re.IGNORECASE)


@dataclass(frozen=True)
class Region:
    """Lines `begin` to `end` of a cell, counted from 0, markers included; `instead` is that marker's line or None."""

    begin: int
    end: int
    indent: str
    instead: int | None = None

    @property
    def last(self):
        """The line after the solution's last one."""
        return self.end if self.instead is None else self.instead


def find_regions(text):
    """The regions of a cell's text, and what is wrong with its markers: (list of Region, list of (line, message))."""
    regions, problems = [], []
    begin = instead = None
    lines = text.splitlines()
    for number, line in enumerate(lines):
        marker = line.strip()
        if marker == BEGIN and begin is not None:
            problems.append((number, f"`{BEGIN}` inside the solution that begins {number - begin} lines above"))
        elif marker == BEGIN:
            begin, instead = number, None
        elif marker in (END, INSTEAD) and begin is None:
            problems.append((number, f"`{marker}` without a `{BEGIN}` above it in this cell"))
        elif marker == INSTEAD:
            instead = number
        elif marker == END:
            region = Region(begin, number, _indent(lines[begin]), instead)
            found = _problems_of(region, lines)
            problems += found
            regions += [] if found else [region]
            begin = None
        elif _MARKER_LIKE.match(marker):
            problems.append((number, f"`{marker}` looks like a marker. Write `{BEGIN}` or `{END}`, alone on its line"))
    if begin is not None:
        problems.append((begin, f"`{BEGIN}` without an `{END}` in this cell"))
    return regions, problems


def chapter_text(text, number):
    """The cell as the learner gets it: each region replaced by its stub."""
    return _replace(text, lambda region, lines: _stub(region, lines, number))


def solution_text(text):
    """The cell as solutions/ shows it: solved, without what the learner finds instead."""
    return _replace(text, lambda region, lines: [*lines[region.begin : region.last], lines[region.end]])


def names_given(region, lines):
    """The names that a region outside every function gives values to, in order."""
    body = ast.parse("\n".join(lines[region.begin + 1 : region.last])).body
    names = [
        node.id
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return list(dict.fromkeys(names))


def _replace(text, replacement):
    lines = text.splitlines()
    for region in reversed(find_regions(text)[0]):
        lines[region.begin : region.end + 1] = replacement(region, lines)
    return "\n".join(lines)


def _stub(region, lines, number):
    if region.instead is not None:
        return [_uncommented(line) for line in lines[region.instead + 1 : region.end]]
    if region.indent:
        message = f"exercise {number}: your code replaces this"
        return [f'{region.indent}raise NotImplementedError("{message}")']
    return [
        f"{name} = ...  # exercise {number}: your answer in place of the dots" for name in names_given(region, lines)
    ]


def _problems_of(region, lines):
    indent = region.indent
    code = [
        n for n in range(region.begin + 1, region.last) if lines[n].strip() and not lines[n].strip().startswith("#")
    ]
    if not code:
        return [(region.begin, "the solution is empty: no line of code between the markers")]
    wrong = [n for n in (region.end, region.instead) if n is not None and _indent(lines[n]) != indent]
    wrong += [n for n in code if not lines[n].startswith(indent)]
    wrong += [code[0]] if _indent(lines[code[0]]) != indent else []
    if wrong:
        return [(min(wrong), f"not indented like the `{BEGIN}` {min(wrong) - region.begin} lines above")]
    if region.instead is not None:
        broken = [n for n in range(region.instead + 1, region.end) if not lines[n].startswith(f"{indent}# ")]
        if broken or region.instead + 1 == region.end:
            line = broken[0] if broken else region.instead
            return [
                (line, f"after `{INSTEAD}` come the learner's lines, each commented out and indented like the marker")
            ]
    if not indent:
        return _problems_at_the_top(region, lines)
    return []


def _problems_at_the_top(region, lines):
    try:
        names = names_given(region, lines)
    except SyntaxError as error:
        return [(region.begin + (error.lineno or 1), f"this is not Python: {error.msg}")]
    if not names and region.instead is None:
        return [(region.begin, "a solution outside a function gives a value to a name; inside one, indent the markers")]
    return []


def _indent(line):
    return line[: len(line) - len(line.lstrip())]


def _uncommented(line):
    indent, _, code = line.partition("# ")
    return indent + code
