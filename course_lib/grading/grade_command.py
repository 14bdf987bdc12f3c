"""python -m course_lib grade: mark a class, and write a page for each student and one for the instructor."""

import argparse
import json
import os
import sys
from pathlib import Path

from course_lib.experiments.measurement import MeasurementError
from course_lib.grading.assignment import (
    Assignment,
    AssignmentError,
    assignment_of_course,
    read_assignment,
)
from course_lib.grading.class_run import ClassRun, mark_class
from course_lib.grading.collect import NotUnderstood, Submission, collect, safe_name
from course_lib.grading.exports import write_marks
from course_lib.grading.jail import JailBroken
from course_lib.grading.limits import Limits, LimitsError
from course_lib.grading.pages import write_pages
from course_lib.grading.sandbox import ENGINES, IMAGE, NoSandbox, working_sandbox
from course_lib.grading.student_work import ANOTHER_FORM
from course_lib.grading.totals import OverrideError, check_overrides, marks_of, read_overrides

STOPPED = 130  # exit code of a program that Ctrl+C ended


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    usual = Limits()
    add = parser.add_argument
    add("submissions", type=Path, help="a folder or a zip with the work of a class, as it was downloaded")
    add("--out", type=Path, required=True, metavar="REPORTS", help="folder for marks and pages; kept between runs")
    add("--assignment", type=Path, help="assignment.json of `assign`; without it, the course's own exercises")
    add("--notebooks", metavar="A,B", help="without --assignment: these notebooks, such as 02a_downhill")
    add("--pattern", help="regular expression for the path of a file; its group (?P<student>...) is the id")
    add("--overrides", type=Path, help="CSV of points set by hand: student,exercise,points,reason")
    add("--jobs", type=int, default=max(1, os.cpu_count() or 1), help="side by side (default: %(default)s)")
    add("--scheduler", metavar="ADDRESS", help="mark on a Dask cluster: the address of its scheduler")
    add("--sandbox", choices=ENGINES, default="bubblewrap", help="what students' code runs in (default: %(default)s)")
    add("--image", default=IMAGE, help="for docker and podman: the image (default: %(default)s)")
    add(
        "--seconds",
        type=int,
        default=usual.processor_seconds,
        help="of processor time an exercise (default: %(default)s)",
    )
    add("--memory", type=float, default=usual.memory_bytes / 1e9, help="GB of addresses (default: %(default)s)")
    add("--show-hidden", action="store_true", help="students' pages show what the hidden inputs gave")
    add("--forget", metavar="STUDENT", help="delete all that is kept of a student in REPORTS, and do nothing else")


def run(arguments: argparse.Namespace) -> int:
    """Mark a class. Returns 0; 2 for what was asked wrongly, 1 when something broke, 130 when it was interrupted."""
    try:
        if arguments.forget is not None:
            return _forget(arguments)
        return _grade(arguments)
    except (AssignmentError, LimitsError, OverrideError, NoSandbox, FileNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except (JailBroken, MeasurementError) as error:
        print(f"{error}\nWhat is marked is kept: the same command goes on.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. What is marked is kept: the same command goes on.", file=sys.stderr)
        return STOPPED


def _grade(arguments):
    if arguments.jobs < 1:
        raise ValueError(f"--jobs is {arguments.jobs}; expected at least 1.")
    limits = Limits(arguments.seconds, 4.0 * arguments.seconds, int(arguments.memory * 1e9))
    overrides = read_overrides(arguments.overrides) if arguments.overrides else []
    if (arguments.submissions / "assignment.json").is_file():
        raise AssignmentError(f"{arguments.submissions} is what `assign` wrote, and not what a class handed in.")
    submissions, not_understood = collect(arguments.submissions, arguments.pattern)
    _tell(submissions, not_understood)
    if not submissions:
        print("There is nothing to mark.", file=sys.stderr)
        return 2
    assignment = _assignment(arguments, submissions)
    sandbox = working_sandbox(arguments.sandbox, arguments.image)
    out, students = arguments.out, [each.student for each in submissions]
    check_overrides(overrides, students, assignment)
    before = _marks_before(out, assignment)
    print(
        f"{_count(students, 'student')}, {_count(assignment.tasks, 'exercise')}, {assignment.points:g} points in all."
    )
    marked = mark_class(submissions, assignment, sandbox, out / "records", limits, arguments.jobs, arguments.scheduler)
    marks = marks_of(marked.records, assignment, overrides)
    write_marks(marks, assignment, out)
    write_pages(marks, assignment, out, not_understood, show_hidden=arguments.show_hidden)
    _tell_changes(marked)
    _tell_marks(marks, before)
    broken = sorted(
        {each.student for each in marks for found in each.record.exercises.values() if found["status"] == "broken"}
    )
    if broken:
        print(f"A check itself failed for {', '.join(broken)}: the page class.html says where.")
    print(f"Marks: {out / 'marks.csv'}. Your page: {out / 'class.html'}. Students' pages: {out / 'students'}.")
    return 0


def _count(things, name):
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _marks_before(out, assignment):
    """What an earlier run wrote into this folder: its marks.json, or nothing. AssignmentError: another assignment's."""
    try:
        before = json.loads((out / "marks.json").read_text("utf-8"))
        title, numbers = before["title"], list(before["exercises"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if (title, numbers) != (assignment.title, list(assignment.tasks)):
        raise AssignmentError(
            f"{out} has the marks of another assignment, {title!r} with {', '.join(numbers)}. Give another --out."
        )
    return before


def _tell_marks(marks, before):
    """What an instructor must know before anybody uses the marks."""
    now = {(mark.student, number) for mark in marks for number in mark.overrides}
    for student in before.get("students", []):
        gone = [number for number in student.get("set_by_hand", {}) if (student["student"], number) not in now]
        if gone:
            print(f"Set by hand before, and not now: {student['student']} {', '.join(gone)}. Give --overrides again.")
    unread = [mark for mark in marks if mark.unread]
    if unread:
        print(f"Answers in words are not read yet, of {_count(unread, 'student')}: class.html has them side by side.")
    records = [(mark.student, record) for mark in marks for record in mark.record.exercises.values()]
    other = {student for student, record in records if any(note.startswith(ANOTHER_FORM) for note in record["notes"])}
    if other:
        print(
            f"WARNING: the notebooks of {_count(other, 'student')} were handed out with other forms of exercises than "
            "this assignment has. Is this the right --assignment? Without it, right answers get no points."
        )


def _assignment(arguments, submissions: list[Submission]) -> Assignment:
    if arguments.assignment and arguments.notebooks:
        raise AssignmentError("Give --assignment or --notebooks, not both: an assignment names its notebooks.")
    if arguments.assignment:
        return read_assignment(arguments.assignment)
    if arguments.notebooks:
        return assignment_of_course(arguments.notebooks.split(","))
    known = sorted({task.notebook for task in assignment_of_course().tasks.values()})
    handed_in = {name: sum(any(name in file for file in each.files) for each in submissions) for name in known}
    found = [name for name in known if 2 * handed_in[name] >= len(submissions)]
    if not found:
        raise AssignmentError(
            "No notebook of the course was handed in by half of the class, so it is not clear which exercises count. "
            f"Say so: --notebooks, with some of {', '.join(known)}, or --assignment."
        )
    print(f"Without an assignment, the exercises of {', '.join(found)} count a point each.")
    return assignment_of_course(found)


def _tell(submissions, not_understood: list[NotUnderstood]):
    for each in not_understood:
        print(f"Not understood: {each.where}: {each.why}")


def _tell_changes(marked: ClassRun):
    for student, number, before, now in marked.changes:
        print(f"Marked again: {student}, exercise {number}: {before:g} before, {now:g} now.")


def _forget(arguments):
    name, gone = safe_name(arguments.forget), []
    for path in (arguments.out / "records" / f"{name}.json", arguments.out / "students" / f"{name}.html"):
        if path.is_file():
            path.unlink()
            gone.append(str(path))
    if not gone:
        raise ValueError(f"{arguments.out} keeps nothing of a student {arguments.forget!r}.")
    print(f"Deleted: {', '.join(gone)}. Mark again to take the student out of class.html and the tables too.")
    return 0
