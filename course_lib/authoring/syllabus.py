"""python -m course_lib syllabus: what each chapter promises, and how long it takes, as the notebooks themselves say it.

The first cell of a notebook in chapters/ has the title, a list below `**When you are done, you can**`, and a paragraph
`**Time:** about 75 minutes of reading and trying, and 45 more for the seven exercises. ... make two good sittings.`; of
an evening `**Time:** 42 minutes with its three exercises.`, which `minutes.py` computes. Learners read it, and
INSTRUCTORS.md gets its table from it.
"""

import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from course_lib.authoring.source import HEADING
from course_lib.marked_block import BlockError, difference, read_text, write_block
from course_lib.whole_file import NotWritten

ROOT = Path(__file__).resolve().parents[2]
FILE, BLOCK = "INSTRUCTORS.md", "syllabus"
COMMAND = "python -m course_lib syllabus"
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_TITLE = re.compile(r"^# (?:Chapter (\d+)|(\d+[a-z])) · (\S.*)$", re.MULTILINE)
_OUTCOMES = re.compile(r"^\*\*When you are done, you can\*\*\n\n((?:(?:\d+\.| ) +.*\n)+)", re.MULTILINE)
_OUTCOME = re.compile(r"^\d+\. +", re.MULTILINE)
_TIME = re.compile(r"^\*\*Time:\*\* (.*?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
_MINUTES = re.compile(r"about (\d+) minutes|(\d+) more for|^(\d+) minutes")
_EXERCISES = re.compile(r"(?:more for the|with its) (?:(\w+) )?exercises?\b")
_SITTINGS = re.compile(r"\bmake (\w+) (?:good )?sittings\b")


class SyllabusError(ValueError):
    """A notebook whose first cell does not say what the syllabus needs. The message names it, and what is missing."""


@dataclass(frozen=True)
class Chapter:
    """What a notebook says of itself.

    Parameters
    ----------
    stem : its file's name without ending
    label, title : "3" of a chapter, "1a" of an evening; its title
    outcomes : what its reader can do afterwards, each a phrase that begins with a verb
    minutes : of reading, trying and exercises together
    sittings : parts in which it can be read, an evening each
    exercises : {number: title}
    points : of all exercises together, as nbgrader's metadata has them; one each where there are none
    """

    stem: str
    label: str
    title: str
    outcomes: tuple[str, ...]
    minutes: int
    sittings: int
    exercises: dict[str, str]
    points: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    parser.add_argument("--check", action="store_true", help=f"write nothing; exit with 1 if {FILE} is not current")


def run(arguments: argparse.Namespace, root: Path = ROOT) -> int:
    """Write the syllabus, or say whether it is current. Returns 0, or 1 when it is not or cannot be written."""
    try:
        content = block(chapters(root))
        if arguments.check:
            found = syllabus_difference(root)
            print(found or f"The syllabus in {FILE} is current.")
            return 1 if found else 0
        print(f"wrote {FILE}" if write_block(Path(root) / FILE, BLOCK, content) else f"{FILE} is current.")
    except (SyllabusError, BlockError, NotWritten) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def syllabus_difference(root: Path = ROOT) -> str | None:
    """What INSTRUCTORS.md says and should not, with its line and the command that mends it; None if nothing.

    Raises
    ------
    SyllabusError : as `chapters`
    course_lib.marked_block.BlockError : there is no INSTRUCTORS.md, or it lacks the two comments
    """
    text = read_text(Path(root) / FILE)
    return difference(text, BLOCK, block(chapters(root)), COMMAND, FILE, "what the notebooks say")


def chapters(root: Path = ROOT) -> list[Chapter]:
    """What the notebooks in root/chapters say of themselves, in their order.

    Raises
    ------
    SyllabusError : there are none, or one does not say its title, its outcomes or its time, or counts its exercises
        otherwise than it has them
    """
    paths = sorted((Path(root) / "chapters").glob("[0-9][0-9]*_*.ipynb"))
    if not paths:
        raise SyllabusError(f"There is no notebook in {Path(root) / 'chapters'}; this needs a clone of the course.")
    return [chapter_of(path.stem, json.loads(path.read_text(encoding="utf-8"))["cells"]) for path in paths]


def chapter_of(stem: str, cells: list[dict]) -> Chapter:
    """What a notebook says of itself, from its cells as JSON has them. Raises SyllabusError as `chapters`."""
    texts = [("".join(cell["source"]), cell) for cell in cells]
    first = next((text for text, cell in texts if cell["cell_type"] == "markdown"), "")
    title = _found(_TITLE, first, stem, "a line `# Chapter 3 · Title` or `# 1a · Title`")
    outcomes = _found(_OUTCOMES, first + "\n", stem, "a line `**When you are done, you can**` with a numbered list")
    time = _one_line(_found(_TIME, first, stem, "a paragraph `**Time:** about 45 minutes ...`")[1])
    exercises = dict(HEADING.findall("\n".join(text for text, cell in texts if cell["cell_type"] == "markdown")))
    _expect_count(stem, time, len(exercises))
    minutes = [int(number) for found in _MINUTES.findall(time) for number in found if number]
    if not minutes:
        raise SyllabusError(f"chapters/{stem}.ipynb: its time names no minutes; expected `about 45 minutes ...`.")
    sittings = _SITTINGS.search(time)
    return Chapter(
        stem,
        title[1] or title[2],
        title[3],
        tuple(_one_line(each).rstrip(";.") for each in _OUTCOME.split(outcomes[1])[1:]),
        sum(minutes),
        _number(sittings[1], stem) if sittings else 1,
        exercises,
        sum(_points(cell) for _, cell in texts if _checks(cell)) if exercises else 0,
    )


def block(found: list[Chapter]) -> str:
    """What stands in INSTRUCTORS.md between the comments of this block."""
    rows = ["| notebook | hours | evenings | exercises | points |", "|---|--:|--:|--:|--:|"]
    for each in found:
        name = f"[{each.label} · {each.title}](chapters/{each.stem}.ipynb)"
        rows.append(_row(name, each.minutes, each.sittings, len(each.exercises), each.points))
    exercises = sum(len(each.exercises) for each in found)
    numbers = [sum(getattr(each, name) for each in found) for name in ("minutes", "sittings", "points")]
    rows.append(_row("all", numbers[0], numbers[1], exercises, numbers[2]))
    parts = ["\n".join(rows)]
    for each in found:
        lines = [f"- {outcome}" for outcome in each.outcomes]
        if each.exercises:
            named = "; ".join(f"{number} {title}" for number, title in each.exercises.items())
            lines += ["", f"Exercises: {named}."]
        parts.append("\n".join([f"**{each.label} · {each.title}.** When you are done, you can", "", *lines]))
    return "\n\n".join(parts)


def _row(name, minutes, sittings, exercises, points):
    return f"| {name} | {minutes // 60}:{minutes % 60:02} | {sittings} | {exercises} | {points:g} |"


def _found(pattern, text, stem, wanted):
    match = pattern.search(text)
    if match is None:
        raise SyllabusError(
            f"chapters/{stem}.ipynb: its first text cell has not {wanted}. Add it to solutions/{stem}.py."
        )
    return match


def _expect_count(stem, time, count):
    said = _EXERCISES.search(time)
    named = 0 if said is None else _number(said[1], stem) if said[1] else 1
    if named != count:
        raise SyllabusError(
            f"chapters/{stem}.ipynb: its time is for {named} exercises, and it has {count}. Mend the paragraph "
            f"`**Time:** ... 45 more for the seven exercises` in solutions/{stem}.py, minutes too."
        )


def _number(word, stem):
    if word.lower() not in NUMBERS:
        raise SyllabusError(f"chapters/{stem}.ipynb: its time says {word!r}; expected one of {', '.join(NUMBERS)}.")
    return NUMBERS.index(word.lower()) + 1


def _checks(cell):
    return cell["cell_type"] == "code" and re.match(r'check\("', "".join(cell["source"])) is not None


def _points(cell):
    return cell["metadata"].get("nbgrader", {}).get("points", 1)


def _one_line(text):
    return " ".join(text.split())
