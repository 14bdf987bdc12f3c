"""Parts of the README that a command writes: each stands between two comments, and nobody edits it by hand."""


class BlockError(ValueError):
    """A text without the two comments that a part belongs between. The message names them."""


def markers(name):
    """The comments that a part begins and ends with. Neither is seen on the page."""
    return f"<!-- {name}:begin -->", f"<!-- {name}:end -->"


def with_block(text, name, content):
    """The text with what stands between the two comments replaced.

    Raises
    ------
    BlockError : one of the comments is missing, or the second stands before the first
    """
    begin, end = markers(name)
    before, _, after = _parts(text, name)
    return f"{before}{begin}\n{content}\n{end}{after}"


def difference(text, name, content, command):
    """What is wrong with a part, as a message: the first line that differs, and the command that mends it.

    Parameters
    ----------
    text : of README.md
    name : of the part
    content : what must stand between the comments
    command : that writes it

    Returns
    -------
    text, or None when nothing differs

    Raises
    ------
    BlockError : as `with_block`
    """
    before, between, _ = _parts(text, name)
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
        f"README.md, line {number}, says\n  {says}\nand by what was measured it should say\n  {should}\n"
        f"This part is not edited by hand. To write it anew: {command}"
    )


def _line(lines, place):
    return lines[place] or "(an empty line)" if place < len(lines) else "(nothing: the part ends here)"


def _parts(text, name):
    """(before the first comment, between the two, after the second)."""
    begin, end = markers(name)
    before, has_begin, rest = text.partition(begin)
    between, has_end, after = rest.partition(end)
    if not has_begin or not has_end:
        raise BlockError(f"README.md has no lines {begin} and {end}; what is measured goes between them.")
    return before, between, after
