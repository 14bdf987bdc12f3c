"""python -m course_lib assign: hand out exercises of the course to a class."""

import argparse
import dataclasses
import difflib
import json
import math
import os
import re
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

import course_lib
from course_lib.authoring.source import SourceError
from course_lib.grading.assignment import DRAWN, Assignment, AssignmentError, Late, write_assignment
from course_lib.grading.handout import (
    Handout,
    chapter,
    chapters,
    counted_exercises,
    moment_text,
    numbers_in,
    points_text,
    release,
    tasks_of_questions,
    tasks_of_release,
)
from course_lib.grading.other_graders import nbgrader_config, otter_tests
from course_lib.whole_file import NotWritten, check_writable, write_file

SEED_BITS = 128  # of the seed of the hidden inputs: nobody finds it by trying
LARGEST_COHORT_SEED = 2**63 - 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    add = parser.add_argument
    add("notebooks", nargs="+", metavar="NOTEBOOK", help="of the course, such as 02a_downhill")
    add("--out", type=Path, required=True, metavar="DIR", help="DIR/release is for the class, the rest is yours")
    add("--cohort-seed", metavar="N", help="draw conventions and questions of this class from N, a whole number")
    add("--exercises", metavar="2.1,2.4", help="only these count (default: all of the notebooks)")
    add("--points", default="", metavar="2.4=3,...", help="points of an exercise (default: 1 each)")
    add("--due", metavar="2026-12-24T18:00+01:00", help="when it is due, with the time zone")
    add(
        "--late",
        metavar="PERCENT[:MOST[:DAYS]]",
        help="what each day begun after that costs; the most that is taken off, in %%; days until nothing is accepted",
    )
    add(
        "--question",
        action="append",
        default=[],
        metavar="POINTS:TEXT",
        help="a question that is answered in words and read by you, at the end of the last notebook; may be repeated",
    )
    add("--title", help="of the assignment (default: the names of the notebooks)")
    add("--otter", action="store_true", help="write tests for otter-grader too")
    add("--overwrite", action="store_true", help="replace what was handed out before, which students may have")


def run(arguments: argparse.Namespace) -> int:
    """Write the release and the assignment. Returns 0, or 2 when something asked for cannot be."""
    try:
        _assign(arguments)
    except (AssignmentError, SourceError, NotWritten, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _assign(arguments):
    numbers = _numbers(arguments.exercises)
    stems = sorted({stem for name in arguments.notebooks for stem in _stems(name, numbers)})
    if arguments.otter and len(stems) > 1:
        raise AssignmentError("otter-grader grades one notebook an assignment. Call assign --otter for each.")
    counted = counted_exercises(stems, numbers)
    points = _points(arguments.points, list(counted))
    due = _due(arguments.due)
    title = (arguments.title or " and ".join(stems)).strip()
    late, cohort_seed = _late(arguments.late, due), _cohort_seed(arguments.cohort_seed)
    handout = Handout(title, points, due, late, cohort_seed, tuple(map(_question, arguments.question)))
    files, tasks = {}, {}
    for stem in stems:
        notebook = release(chapter(stem), stem, handout, is_last=stem == stems[-1])
        files[f"{stem}.ipynb"] = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        tasks |= {task.number: task for task in tasks_of_release(notebook, stem, handout)}
    tasks |= {task.number: task for task in tasks_of_questions(stems[-1], handout)}
    seed, version = secrets.randbits(SEED_BITS), course_lib.__version__
    assignment = Assignment(handout.title, tasks, seed, due, handout.late, handout.cohort_seed, version)
    _write(arguments, files, assignment)
    _tell(arguments.out, assignment)


def _write(arguments, files, assignment):
    """All files: the release first, so that an assignment.json says that there is one."""
    out, tests = arguments.out, otter_tests(assignment) if arguments.otter else {}
    check_writable(out)
    _expect_nothing_else(out / "release", ".ipynb", files)
    _expect_nothing_else(out / "otter" / "tests", ".py", tests)
    _expect_nothing_handed_out(out, arguments.overwrite)
    for folder, contents in ((out / "release", files), (out / "otter" / "tests", tests)):
        for name, text in contents.items():
            folder.mkdir(parents=True, exist_ok=True)
            write_file(folder / name, text)
    write_file(out / "nbgrader_config.py", nbgrader_config(_plain_name(assignment.title), assignment))
    usual = os.umask(0o077)  # only you may read what the hidden inputs are drawn from
    try:
        write_assignment(assignment, out / "assignment.json")
    finally:
        os.umask(usual)


def _expect_nothing_else(folder, ending, files):
    """Nothing of an assignment that was written here before and had more in it."""
    others = [path.name for path in sorted(folder.glob(f"*{ending}")) if path.name not in files]
    if others:
        raise AssignmentError(
            f"{folder} holds {', '.join(others)}, which is no part of this. Move it away, or give another --out."
        )


def _expect_nothing_handed_out(out, overwrite):
    handed_out = any((out / "release").glob("*.ipynb")) or (out / "assignment.json").exists()
    if handed_out and not overwrite:
        raise AssignmentError(
            f"{out} has an assignment already, which students may have. Give another --out; or replace it, with a new "
            "seed for the hidden inputs: --overwrite."
        )


def _tell(out, assignment):
    for task in assignment.tasks.values():
        form = (
            f", {task.variant}" if task.variant == DRAWN else f", in the form {task.variant!r}" if task.variant else ""
        )
        print(f"  {task.number} {task.title}: {points_text(task.points)}{form}")
    number = len(assignment.tasks)
    print(f"{number} exercise{'' if number == 1 else 's'}, {points_text(assignment.points)} in all.")
    if assignment.due:
        print(f"Due {moment_text(assignment.due)}.")
    print(f"For the class: {out / 'release'}. For you alone: {out / 'assignment.json'}, which marking needs.")


# ---- what was asked -------------------------------------------------------------------------------------------------


def _stems(name, numbers):
    """The notebooks that a word means: "02b_back_through_the_network" for that, for "02b", for a path of it.

    "02" means those of chapter 2 in which something would count.
    """
    known, stem = chapters(), Path(name).name.removesuffix(".ipynb")
    found = [each for each in known if stem in (each, each.split("_")[0])]
    of_chapter = [
        each for each in known if each[:2] == stem and (set(numbers_in(each)) & set(numbers or numbers_in(each)))
    ]
    if found or of_chapter:
        return found or of_chapter
    if any(each[:2] == stem for each in known):
        raise AssignmentError(
            f"Nothing of chapter {stem} would count. None of the exercises named is in it. Leave it out."
        )
    near = difflib.get_close_matches(stem, known, n=1, cutoff=0.4)
    suggestion = f" Did you mean {near[0]!r}?" if near else ""
    raise AssignmentError(f"There is no notebook {name!r}.{suggestion} There are: {', '.join(known)}.")


def _numbers(text):
    if text is None:
        return None
    numbers = [each.strip() for each in text.split(",") if each.strip()]
    if not numbers:
        raise AssignmentError(f"--exercises is {text!r}; expected numbers of exercises, such as 2.1,2.4.")
    return numbers


def _points(text, counted):
    points = dict.fromkeys(counted, 1.0)
    for part in filter(None, (each.strip() for each in text.split(","))):
        number, _, value = (each.strip() for each in part.partition("="))
        worth = _number(value)
        if worth is None or worth <= 0:
            raise AssignmentError(
                f"--points has {part!r}; expected an exercise and its points, above 0, such as 2.4=3."
            )
        if number not in points:
            raise AssignmentError(
                f"--points has {number!r}, which does not count. Those that count are {', '.join(counted)}."
            )
        points[number] = worth
    return points


def _question(text):
    points, _, asked = (part.strip() for part in text.partition(":"))
    worth = _number(points)
    if worth is None or worth <= 0 or not asked:
        raise AssignmentError(
            f"--question is {text!r}; expected its points, above 0, a colon and what you ask, such as "
            "'2:Why is the sum divided by n?'"
        )
    return asked, worth


def _due(text):
    if text is None:
        return None
    wanted = "expected a day and a time with its zone, such as 2026-12-24T18:00+01:00"
    try:
        due = datetime.fromisoformat(text.strip())
    except ValueError:
        raise AssignmentError(f"--due is {text!r}; {wanted}.") from None
    if due.tzinfo is None:
        raise AssignmentError(f"--due is {text!r}, without a time zone; {wanted}. In UTC: {text.strip()}+00:00.")
    if due <= datetime.now(UTC):
        raise AssignmentError(f"--due is {moment_text(due)}, which is in the past. Give a later date.")
    return due


def _late(text, due):
    if text is None:
        return Late()
    parts = [_number(part) for part in text.split(":")]
    limits = (100.0, 100.0, math.inf)
    if len(parts) > 3 or any(part is None or not 0 <= part <= most for part, most in zip(parts, limits, strict=False)):
        raise AssignmentError(
            f"--late is {text!r}; expected PERCENT, PERCENT:MOST or PERCENT:MOST:DAYS, percents from 0 to 100, such as "
            "10:50:7: 10% a day, at most 50%, and nothing after 7 days."
        )
    if due is None:
        raise AssignmentError("--late needs a --due: without it nothing is late.")
    names = (field.name for field in dataclasses.fields(Late))
    return Late(**dict(zip(names, parts, strict=False)))


def _number(text):
    """A finite number; None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _cohort_seed(text):
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]+", text, re.ASCII) or int(text[:20]) > LARGEST_COHORT_SEED or len(text) > 19:
        raise AssignmentError(f"--cohort-seed is {text!r}; expected a whole number from 0 to {LARGEST_COHORT_SEED}.")
    return int(text)


def _plain_name(title):
    """A title as the name of a folder."""
    return re.sub(r"[^A-Za-z0-9]+", "_", title).strip("_")[:40].lower() or "assignment"
