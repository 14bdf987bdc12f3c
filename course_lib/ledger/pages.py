"""The pages that show the ledger: CLAIMS.md, the README's block and their pictures, written and compared."""

from pathlib import Path

from course_lib.ledger import picture
from course_lib.ledger.claims_file import content, readme_block
from course_lib.ledger.entries import LedgerError, entries, waiting
from course_lib.marked_block import BlockError, difference, read_text, write_block
from course_lib.whole_file import write_file

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ".github/pictures/claims.svg"  # below the project's folder, where README.md and CLAIMS.md are
PICTURES = ".github/pictures/claims"  # the folder with a picture of each claim
BLOCK = "claims"
COMMAND = "python -m course_lib claims --markdown"


def blocks(measurements):
    """{file: what stands in it between the comments of this block}."""
    words, without = picture.alternative(measurements), waiting()
    picture_of = {each.name: path_of(each) for each in measurements}
    return {
        "CLAIMS.md": content(measurements, (PICTURE, words), picture_of, without),
        "README.md": readme_block(measurements, PICTURE, words, without),
    }


def path_of(measurement):
    """Where the picture of one claim is, below the project's folder."""
    return f"{PICTURES}/{measurement.name}.svg"


def pictures(measurements):
    """{path: SVG text} of all pictures."""
    return {PICTURE: picture.draw(measurements)} | {path_of(each): picture.draw_one(each) for each in measurements}


def write(root=None):
    """Write both pages and all pictures into the project in the folder `root`, or where this package is.

    A picture of a claim that there is no more is deleted.

    Returns
    -------
    (CLAIMS.md's block, paths of the files that changed)

    Raises
    ------
    LedgerError : results that are unreadable or stale; a page that is not there, or without the comments
    """
    root, measurements = _root(root), entries()
    written, drawn = blocks(measurements), pictures(measurements)
    try:
        changed = [root / file for file, block in written.items() if write_block(root / file, BLOCK, block)]
    except BlockError as error:
        raise LedgerError(str(error)) from None
    for name, svg in drawn.items():
        path = root / name
        if not path.is_file() or path.read_text(encoding="utf-8", errors="replace") != svg:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, svg)
            changed.append(path)
    for path in sorted((root / PICTURES).glob("*.svg")):
        if f"{PICTURES}/{path.name}" not in drawn:
            path.unlink()
            changed.append(path)
    return written["CLAIMS.md"], changed


def page_difference(root=None):
    """What a page says and should not, as a message with its line and the command; None if nothing.

    Raises
    ------
    LedgerError : as `write`
    """
    try:
        for file, block in blocks(entries()).items():
            if found := difference(read_text(_root(root) / file), BLOCK, block, COMMAND, file):
                return found
    except BlockError as error:
        raise LedgerError(str(error)) from None
    return None


def _root(root):
    return ROOT if root is None else Path(root)
