"""Parts of a text, the README's above all, that a command writes: between two comments, and never edited by hand."""

import os
import re
from pathlib import Path

from course_lib.whole_file import write_file

README = "README.md"
MARKER = re.compile(r"<!-- ([\w-]+):(begin|end) -->")


class BlockError(ValueError):
    """A text in which the two comments that a part belongs between are missing, doubled or crossed by others."""


def markers(name: str) -> tuple[str, str]:
    """The comments that a part begins and ends with. Neither is seen on the page."""
    return f"<!-- {name}:begin -->", f"<!-- {name}:end -->"


def with_block(text: str, name: str, content: str, file: str = README) -> str:
    """The text with what stands between the two comments replaced. `file` is its name, for messages.

    Raises
    ------
    BlockError : one of the comments is missing or there twice, the second stands before the first, or those of another
        part stand between them
    """
    begin, end = markers(name)
    before, _, after = _parts(text, name, file)
    return f"{before}{begin}\n{content}\n{end}{after}"


def write_block(path: str | os.PathLike, name: str, content: str) -> bool:
    """Replace a part of a file, which is written whole or not at all. Returns whether anything has changed.

    Raises
    ------
    BlockError : as `with_block`; there is no such file, or it is not in UTF-8
    course_lib.whole_file.NotWritten : no room, no permission; the file is unchanged
    """
    path = Path(path)
    before = read_text(path)
    after = with_block(before, name, content, path.name)
    if after != before:
        write_file(path, after)
    return after != before


def read_text(path: str | os.PathLike) -> str:
    """The text of a file with such parts. A BlockError says where there is none, or a byte that is not UTF-8."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BlockError(f"There is no {path}; such a part is written in a clone of the course.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BlockError(f"{path}, line {line}, is not in UTF-8 ({error.reason}). Save it in UTF-8 first.") from None


def difference(
    text: str, name: str, content: str, command: str, file: str = README, by: str = "what was measured"
) -> str | None:
    """What is wrong with a part, as a message: the first line that differs, and the command that mends it.

    Parameters
    ----------
    text : of the file
    name : of the part
    content : what must stand between the comments
    command : that writes it
    file, by : the file's name, and what decides what it must say, for the message

    Returns
    -------
    text, or None when nothing differs

    Raises
    ------
    BlockError : as `with_block`
    """
    before, between, _ = _parts(text, name, file)
    found, wanted = between.strip("\n").splitlines(), content.splitlines()
    if found == wanted:
        return None
    place = next(
        (place for place, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1]),
        min(len(found), len(wanted)),
    )
    number = before.count("\n") + 2 + place  # counted from 1, after the first comment
    says, should = (_line(lines, place) for lines in (found, wanted))
    return (
        f"{file}, line {number}, says\n  {says}\nand by {by} it should say\n  {should}\n"
        f"This part is not edited by hand. To write it anew: {command}"
    )


def _line(lines, place):
    return lines[place] or "(an empty line)" if place < len(lines) else "(nothing: the part ends here)"


def _parts(text, name, file):
    """(before the first comment, between the two, after the second)."""
    begin, end = markers(name)
    before, has_begin, rest = text.partition(begin)
    between, has_end, after = rest.partition(end)
    if not has_begin or not has_end:
        raise BlockError(f"{file} has no lines {begin} and {end}; what a command writes goes between them.")
    for marker in (begin, end):
        if text.count(marker) > 1:
            lines = [str(number) for number, line in enumerate(text.splitlines(), start=1) if marker in line]
            raise BlockError(f"{file} has {marker} more than once (lines {', '.join(lines)}). Leave one.")
    if crossed := MARKER.search(between):
        raise BlockError(
            f"{file} has {crossed[0]} between {begin} and {end}: what belongs to {crossed[1]!r} would be deleted. "
            "Put the comments in order."
        )
    return before, between, after
