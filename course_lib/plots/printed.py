"""What a cell prints, broken between words: JupyterLab breaks a line that is too wide anywhere, inside a word too."""

import textwrap

WIDTH = 76  # characters of a printed line that JupyterLab shows in a window of 800 pixels: 597 pixels at 7.83 each


def wrapped(text: str, indent: int = 0) -> str:
    """The text in lines of at most WIDTH characters, broken at spaces.

    Parameters
    ----------
    text : its own lines stay lines; a word that is wider than WIDTH stays whole
    indent : spaces in front of each line that was broken off
    """
    lines = []
    for line in text.splitlines():
        broken = textwrap.wrap(
            line, WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
        )
        lines += broken or [""]
    return "\n".join(lines)


def print_wrapped(text: object, indent: int = 0) -> None:
    """Print the text, or what str() makes of it, as `wrapped` breaks it."""
    print(wrapped(str(text), indent))
