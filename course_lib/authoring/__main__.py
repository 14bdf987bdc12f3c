"""python -m course_lib.authoring: notebooks, the README's table, the evenings' pictures; or begin a chapter."""

import argparse
import sys
from pathlib import Path

from course_lib.authoring import front_page, picture_pages
from course_lib.authoring.build import build, differences
from course_lib.authoring.skeleton import new_notebook
from course_lib.authoring.source import SourceError

CURRENT = "README.md, and all that needs the public address, is current."


def main(arguments=None):
    """Run the command line. Returns the exit status: 0 done, 1 something is wrong and was printed."""
    options = _parser().parse_args(arguments)
    if not (options.root / "solutions").is_dir():
        print(
            f"{options.root.resolve()} has no folder solutions/. Run this in the course's folder, or name it by --root."
        )
        return 1
    try:
        return options.run(options)
    except (SourceError, FileExistsError, ValueError, ModuleNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser(prog="python -m course_lib.authoring", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(), help="the course's folder (default: this one)")
    commands = parser.add_subparsers(required=True)
    building = commands.add_parser("build", help="build chapters/*.ipynb and solutions/*.ipynb from solutions/*.py")
    building.add_argument("names", nargs="*", metavar="NN_name", help="only these chapters (default: all)")
    building.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when a notebook is not current"
    )
    building.add_argument("--overwrite", action="store_true", help="replace notebooks in chapters/ that have outputs")
    building.set_defaults(run=_build)
    beginning = commands.add_parser(
        "new", help="begin a chapter or an evening: its source, its checks, their tests, its notebooks"
    )
    beginning.add_argument("name", metavar="NN_name", help="of a chapter, 07_transfer; of an evening, 07a_transfer")
    beginning.add_argument("title")
    beginning.set_defaults(run=_new)
    front = commands.add_parser(
        "readme", help="write the README's table of evenings, and all links that need the public address"
    )
    front.add_argument("--check", action="store_true", help="write nothing; exit with 1 when it is not current")
    front.set_defaults(run=_readme)
    drawing = commands.add_parser(
        "pictures", help=f"execute the evenings and write their pictures: {picture_pages.FOLDER}"
    )
    drawing.add_argument("names", nargs="*", metavar="NN_name", help="only these evenings (default: all)")
    drawing.add_argument("--check", action="store_true", help="execute nothing; exit with 1 when pictures are missing")
    drawing.set_defaults(run=_pictures)
    return parser


def _build(options):
    if options.check:
        found = differences(options.root, options.names)
        for path, description in found.items():
            print(f"{path.as_posix()} {description}")
        print("Run `make chapters`." if found else "Every notebook is current.")
        return 1 if found else 0
    written = build(options.root, options.names, options.overwrite)
    for path in written:
        print(f"wrote {path.as_posix()}")
    if not written:
        print("Every notebook is current.")
    return 0


def _new(options):
    for path in new_notebook(options.root, options.name, options.title):
        print(f"wrote {path.as_posix()}")
    return 0


def _readme(options):
    if options.check:
        found = front_page.front_page_difference(options.root)
        print(found or CURRENT)
        return 1 if found else 0
    changed = front_page.write(options.root)
    print(f"wrote {', '.join(changed)}" if changed else CURRENT)
    return 0


def _pictures(options):
    if options.check:
        found = picture_pages.pages_difference(options.root)
        print(found or "The pages have the pictures of their evenings.")
        return 1 if found else 0
    print("Executing the solved evenings, a few minutes for all.", flush=True)
    for path in picture_pages.write_pages(options.root, options.names):
        print(f"wrote {path}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
