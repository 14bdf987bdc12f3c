"""Begins a chapter or an evening: a source with one turn of a section and one exercise, its check, and a test of it."""

import json
import re
from pathlib import Path

from course_lib.authoring import templates
from course_lib.authoring.build import build
from course_lib.authoring.minutes import is_evening, minutes_of
from course_lib.authoring.source import HEADING

PACKAGE = "course_lib/checks/chapter_{}/__init__.py"
ANSWERS = Path("course_lib", "learner", "answers.py")


def new_notebook(root, name, title):
    """Write the files of a new chapter, "07_transfer", or evening, "07a_transfer", then its notebooks.

    A chapter may get one evening after the other: the exercise of each takes the next number.

    Returns
    -------
    their paths relative to root

    Raises
    ------
    ValueError : a name that is like neither
    FileExistsError : the chapter, the evening or one of their files is there already
    """
    match = re.fullmatch(r"(\d\d)([a-w]?)_[a-z][a-z0-9_]*", name)
    if not match or match[1] == "00":
        raise ValueError(
            f"{name!r} cannot name a chapter or an evening: give two digits, for an evening a letter, then _ and "
            "lower-case letters, like 07_transfer or 07a_transfer."
        )
    if not title.strip():
        raise ValueError("The title is empty: give one in quotes.")
    root, number, letter = Path(root), match[1], match[2]
    _refuse_a_second_one(root, number, letter)
    words = {
        "@TITLE@": title.strip(),
        "@CHAPTER@": str(int(number)),
        "@NUMBER@": f"{int(number)}.{_exercises_of(root, number) + 1}",
        "@EVENING@": f"{int(number)}{letter}",
        "@MEAN@": f"mean_{letter}" if letter else "mean",
    }
    files = _files(number, letter, name, words["@MEAN@"])
    if letter and (root / PACKAGE.format(number)).exists():
        del files[Path(PACKAGE.format(number))]
    if there := [path.name for path in files if (root / path).exists()]:
        raise FileExistsError(f"Chapter {int(number)} is there already: {', '.join(there)}.")
    for path, template in files.items():
        _write(root / path, template, words)
    return [*files, *(_finish(root, name, words) if letter else build(root, [name]))]


def _files(number, letter, name, mean):
    return {
        Path("solutions", f"{name}.py"): templates.EVENING if letter else templates.CHAPTER,
        Path(PACKAGE.format(number)): templates.FOLDER,
        Path("course_lib", "checks", f"chapter_{number}", f"{mean}.py"): templates.EXERCISE,
        Path("tests", f"test_checks_ch{number}{letter}.py"): templates.TESTS,
    }


def _refuse_a_second_one(root, number, letter):
    """A chapter is one notebook, or evenings of different letters."""
    there = sorted((root / "solutions").glob(f"{number}*_*.py"))
    taken = [path.name for path in there if not letter or not is_evening(path.stem) or path.stem[2] == letter]
    if taken:
        what = f"Evening {int(number)}{letter}" if letter and is_evening(taken[0]) else f"Chapter {int(number)}"
        raise FileExistsError(f"{what} is there already: {', '.join(taken)}.")


def _exercises_of(root, number):
    """The highest number of an exercise in the chapter's notebooks; 0 where there is none."""
    texts = [path.read_text("utf-8") for path in (root / "solutions").glob(f"{number}*_*.py")]
    found = [each for text in texts for each, _ in HEADING.findall(text.replace("\n# ", "\n"))]
    return max((int(each.partition(".")[2]) for each in found), default=0)


def _finish(root, name, words):
    """Give the course an answer for `yours`, and build an evening's notebooks with the minutes that it takes."""
    changed = []
    if (root / ANSWERS).exists():
        _write(root / ANSWERS, f"{(root / ANSWERS).read_text('utf-8').rstrip()}\n{templates.ANSWER}", words)
        changed.append(ANSWERS)
    source = root / "solutions" / f"{name}.py"
    written = build(root, [name])
    cells = json.loads((root / "chapters" / f"{name}.ipynb").read_text("utf-8"))["cells"]
    _write(source, source.read_text("utf-8"), {"**Time:** 0 minutes": f"**Time:** {minutes_of(cells).total} minutes"})
    build(root, [name])
    return [*changed, *written]


def _write(path, template, words):
    for word, instead in words.items():
        template = template.replace(word, instead)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(template, encoding="utf-8", newline="\n")
