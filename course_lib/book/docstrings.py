"""The package's docstrings are plain text, as `help` shows them; for Sphinx they become reStructuredText.

A Sphinx extension. What stands indented after an empty line is code; elsewhere stars, bars and an underscore at the end
of a word are what they are. Headings of sections are left to napoleon, which comes after it.
"""

import re

_MARKS = re.compile(r"[*|]|(?<=\w)_(?!\w)")
_CODE = re.compile(r"(`[^`]*`)")


def restructured(lines: list[str]) -> list[str]:
    """The lines of a docstring as reStructuredText."""
    found, indent, code, empty = [], 0, None, False
    for line in lines:
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
