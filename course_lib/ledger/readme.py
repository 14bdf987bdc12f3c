"""The README's ledger and its picture: written from the results, and compared with them."""

from pathlib import Path

from course_lib.ledger.entries import LedgerError, entries
from course_lib.ledger.picture import alternative, draw
from course_lib.ledger.table import readme_block
from course_lib.marked_block import BlockError, difference, read_text, write_block
from course_lib.whole_file import write_file

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ".github/pictures/claims.svg"  # below the project's folder, where README.md is
BLOCK = "claims"
COMMAND = "python -m course_lib claims --markdown"


def block(measurements):
    """What stands in the README between the comments of this block."""
    return readme_block(measurements, PICTURE, alternative(measurements))


def write(root=None):
    """Write table and picture into the project in the folder `root`, or where this package is.

    Returns
    -------
    (the block, paths of the files that changed)

    Raises
    ------
    LedgerError : results that are missing, unreadable or stale; a README that is not there, or without the comments
    """
    root, measurements = _root(root), entries()
    content, readme, picture = block(measurements), root / "README.md", root / PICTURE
    drawn = draw(measurements)
    try:
        changed = [readme] if write_block(readme, BLOCK, content) else []
    except BlockError as error:
        raise LedgerError(str(error)) from None
    if not picture.is_file() or picture.read_text(encoding="utf-8", errors="replace") != drawn:
        picture.parent.mkdir(parents=True, exist_ok=True)
        write_file(picture, drawn)
        changed.append(picture)
    return content, changed


def readme_difference(root=None):
    """What the README's table says and should not, as a message with its line and the command; None if nothing.

    Raises
    ------
    LedgerError : as `write`
    """
    try:
        return difference(read_text(_root(root) / "README.md"), BLOCK, block(entries()), COMMAND)
    except BlockError as error:
        raise LedgerError(str(error)) from None


def _root(root):
    return ROOT if root is None else Path(root)
