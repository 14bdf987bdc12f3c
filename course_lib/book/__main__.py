"""python -m course_lib.book: build the book, a folder of pages that needs no kernel, no server and no network."""

import argparse
import sys
from pathlib import Path

from course_lib.book.site import FOLDER, build


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns the exit status: 0 done, 1 something is wrong and was printed."""
    parser = argparse.ArgumentParser(prog="python -m course_lib.book", description=__doc__.partition(": ")[2])
    parser.add_argument("names", nargs="*", metavar="NN_name", help="execute only these notebooks (default: all)")
    parser.add_argument("--root", type=Path, default=Path(), help="the course's folder (default: this one)")
    parser.add_argument("--folder", type=Path, help=f"where it is built (default: {FOLDER})")
    options = parser.parse_args(arguments)
    if not (options.root / "solutions").is_dir():
        where = options.root.resolve()
        print(
            f"{where} has no folder solutions/. Run this in the course's folder, or name it by --root.", file=sys.stderr
        )
        return 1
    try:
        first = build(options.root, options.names, options.folder)
    except (ValueError, ModuleNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The book is built. Open it in a browser: {first.as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
