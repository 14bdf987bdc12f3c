"""Begins a chapter: a source with one turn of a section and one exercise, the exercise's check, and a test of it."""

import re
from pathlib import Path

from course_lib.authoring import templates
from course_lib.authoring.build import build


def new_chapter(root, name, title):
    """Write the files of a new chapter, then its notebooks. Returns their paths relative to root.

    Raises ValueError for a name that is not like "07_transfer", FileExistsError when the chapter or one of its files
    is there already.
    """
    match = re.fullmatch(r"(\d\d)_[a-z][a-z0-9_]*", name)
    if not match or match[1] == "00":
        raise ValueError(
            f"{name!r} cannot name a chapter: give two digits, _ and lower-case letters, like 07_transfer."
        )
    if not title.strip():
        raise ValueError("The title is empty: give one in quotes.")
    root, number = Path(root), match[1]
    files = {
        Path("solutions", f"{name}.py"): templates.CHAPTER,
        Path("course_lib", "checks", f"chapter_{number}", "__init__.py"): templates.FOLDER,
        Path("course_lib", "checks", f"chapter_{number}", "mean.py"): templates.EXERCISE,
        Path("tests", f"test_checks_ch{number}.py"): templates.TESTS,
    }
    taken = [*(root / "solutions").glob(f"{number}*_*.py"), *(root / path for path in files if (root / path).exists())]
    if taken:
        raise FileExistsError(f"Chapter {int(number)} is there already: {', '.join(path.name for path in taken)}.")
    for path, template in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        text = template.replace("@TITLE@", title.strip()).replace("@NUMBER@", str(int(number))).replace("@NN@", number)
        (root / path).write_text(text, encoding="utf-8", newline="\n")
    return [*files, *build(root, [name])]
