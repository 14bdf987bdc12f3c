"""The package's docstrings are plain text, as `help` shows them; for Sphinx they become reStructuredText.

A Sphinx extension. What stands indented after an empty line is code; elsewhere stars, bars and an underscore at the end
of a word are what they are. Headings of sections are left to napoleon, which comes after it: in a section it takes what
follows a name and a colon for a type, where the course has the meaning, which therefore goes to a line of its own.
"""

import re

_MARKS = re.compile(r"[*|]|(?<=\w)_(?!\w)")
_ENTRY = re.compile(r"(?P<indent>\s*)(?P<names>\*{0,2}[\w.]+(?:, \*{0,2}[\w.]+)*) : (?P<meaning>.+)")
_CODE = re.compile(r"(`[^`]*`)")


def restructured(lines: list[str]) -> list[str]:
    """The lines of a docstring as reStructuredText."""
    found, indent, code, empty = [], 0, None, False
    for line in _meanings_below(lines):
        here = len(line) - len(line.lstrip())
        if not line.strip():
            found.append(line)
            empty = True
            continue
        if code is not None and here < code:
            code = None
        if code is None and empty and here > indent:
            code = here
            found += [" " * indent + "::", ""]
        found.append(line if code is not None else _plain(line))
        if code is None:
            indent = here
        empty = False
    return found


def _meanings_below(lines):
    found, in_section = [], False
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        in_section = in_section or bool(re.fullmatch(r"\s*-{3,}", after))
        entry = _ENTRY.fullmatch(line) if in_section else None
        found += [f"{entry['indent']}{entry['names']}", f"{entry['indent']}    {entry['meaning']}"] if entry else [line]
    return found


def _plain(line):
    if re.fullmatch(r"\s*-+", line):
        return line
    parts = _CODE.split(line)
    return "".join(part if part.startswith("`") else _MARKS.sub(r"\\\g<0>", part) for part in parts)


def _process(app, what, name, obj, options, lines):
    lines[:] = restructured(lines)


def setup(app):
    """For Sphinx."""
    app.connect("autodoc-process-docstring", _process, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
