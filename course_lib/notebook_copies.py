"""python -m course_lib chapters FOLDER: the notebooks of the installed course, copied to a folder to work in.

The package that pip installs holds the notebooks as the clone does: chapters/, solutions/, and CLAIMS.md with its
pictures, to which the notebooks link. They are copied in the same shape, so that every link holds. What is there and
differs is somebody's work, or another version of the course: then nothing is written.
"""

import argparse
import shlex
import sys
from pathlib import Path

from course_lib.needs import install_line, is_installed
from course_lib.whole_file import NotWritten, write_file

PACKAGE = Path(__file__).resolve().parent
INSTALLED = PACKAGE / "notebooks"  # tools/wheel.py copies COPIED there when the package is built
COPIED = ("chapters/*.ipynb", "solutions/*.ipynb", "CLAIMS.md", ".github/pictures/claims/*.svg")
MOST_NAMED = 5


class Differs(FileExistsError):
    """Files of these names are in the folder, with something else in them. Nothing was written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    parser.add_argument("folder", type=Path, help="where to: a new folder, or one that has them from before")


def run(arguments: argparse.Namespace) -> int:
    """Copy the notebooks and say how to open them. Returns 0, or 1 when nothing was written."""
    try:
        written = copy_notebooks(arguments.folder)
    except (Differs, NotWritten, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    chapters = arguments.folder / "chapters"
    there = "The notebooks are there already, as this course has them:"
    print(f"{'Wrote' if written else there} {chapters} {'and their solutions.' if written else ''}".rstrip())
    first = min(path.name for path in chapters.glob("*.ipynb"))
    if not is_installed("jupyterlab"):
        print(f"Open {first} where you open notebooks. For JupyterLab: {install_line('jupyterlab')}")
    else:
        print(f"Open them with: jupyter lab {shlex.quote(str(chapters / first))}")
    return 0


def copy_notebooks(folder: Path, source: Path | None = None) -> list[Path]:
    """Copy what is not there yet. Returns the paths written.

    source : the folder that has chapters/; None takes the package's own, or the clone that the package lies in

    Raises
    ------
    Differs : a file is there with something else in it; then none is written
    FileNotFoundError : the course has no notebooks, neither installed nor beside the package
    course_lib.whole_file.NotWritten : no room, no permission
    """
    source = _source() if source is None else Path(source)
    files = {path.relative_to(source): path.read_bytes() for each in COPIED for path in sorted(source.glob(each))}
    if not files:
        raise FileNotFoundError(f"{source} has no notebooks. Install the course again, or clone it.")
    folder = Path(folder)
    different = [name for name, content in files.items() if _differs(folder / name, content)]
    if different:
        named = ", ".join(name.as_posix() for name in different[:MOST_NAMED])
        more = f" and {len(different) - MOST_NAMED} more" if len(different) > MOST_NAMED else ""
        raise Differs(
            f"Nothing was written: in {folder} there are {named}{more}, with something else in them. If you worked in "
            "them, keep them, and name another folder for the new ones. If not, delete them, and call this again."
        )
    missing = {folder / name: content for name, content in files.items() if not (folder / name).exists()}
    for path, content in missing.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, content)
    return list(missing)


def _source():
    return INSTALLED if INSTALLED.is_dir() else PACKAGE.parent


def _differs(path, content):
    return path.is_dir() or (path.exists() and path.read_bytes() != content)
