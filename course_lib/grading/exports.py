"""A class's marks in the forms that others read: tables, and what Moodle, Canvas and nbgrader take.

marks.csv, marks.json : everything, for you and for programs
moodle.csv : Moodle's "Import grades, CSV file": map `ID number` to the user, the title to the grade, `Feedback` too
canvas.csv : Canvas' "Import grades": students are found by the number in the names of Canvas' own downloads, else by
    their id as SIS login ID
nbgrader.csv : the columns of `nbgrader export`, for whatever reads those; nbgrader itself imports no points
nbgrader_students.csv : for `nbgrader db student import`

The students of a table are in the order of their ids. A cell that a spreadsheet would take for a formula gets an
apostrophe before it: a student chooses what a file is called, and you open the table.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.grading.assignment import Assignment
from course_lib.whole_file import write_file

if TYPE_CHECKING:
    from course_lib.grading.totals import Mark

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what a spreadsheet begins to compute at
SEPARATORS = ',;\t"\n\r'
DIGITS = 6  # after the point
NBGRADER = ("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score")
NBGRADER += ("late_submission_penalty", "score", "max_score")


def write_marks(marks: Iterable["Mark"], assignment: Assignment, folder: Path) -> None:
    """Write the marks of a class into a folder, in all forms.

    Parameters
    ----------
    marks : `totals.Mark`, one a student, in any order
    assignment : of which they are
    folder : is made if it is not there; files of these names are replaced

    Raises
    ------
    NotWritten : there is no room, or no permission
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    marks = sorted(marks, key=lambda mark: mark.student)
    for name, text in {
        "marks.csv": _table(_all_of(marks, assignment)),
        "marks.json": json.dumps(_words(marks, assignment), indent=1, ensure_ascii=False) + "\n",
        "moodle.csv": _table(_moodle(marks, assignment)),
        "canvas.csv": _table(_canvas(marks, assignment)),
        "nbgrader.csv": _table(_nbgrader(marks, assignment)),
        "nbgrader_students.csv": _table([("id",), *((mark.student,) for mark in marks)]),
    }.items():
        write_file(folder / name, text)


def harmless(text: str) -> str:
    """The text of a cell, with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def number_text(value: float) -> str:
    """A number as people write it: "3", "2.5", and "0.3" for 0.1 + 0.2."""
    text = f"{value:.{DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _plain(value):
    """The same as a number of JSON."""
    return json.loads(number_text(value))


def _table(rows):
    """Rows as CSV. Texts are made harmless; numbers are ours."""
    return "".join(",".join(map(_cell, row)) + "\n" for row in rows)


def _cell(value):
    text = harmless(value) if isinstance(value, str) else number_text(value)
    if any(letter in text for letter in SEPARATORS):  # also those at which spreadsheets of other countries part cells
        return '"' + text.replace('"', '""') + '"'
    return text


def _all_of(marks, assignment):
    yield ("student", *assignment.tasks, "handed_in", "days_late", "penalty", "total", "of", "set_by_hand")
    for mark in marks:
        by_hand = " ".join(mark.overrides)
        points = ["" if number in mark.unread else mark.points[number] for number in assignment.tasks]
        handed_in = mark.record.handed_in or ""
        yield mark.student, *points, handed_in, mark.days_late, mark.penalty, mark.total, mark.of, by_hand


def _words(marks, assignment):
    exercises = {
        number: {"title": task.title, "notebook": task.notebook, "of": _plain(task.points), "variant": task.variant}
        for number, task in assignment.tasks.items()
    }
    students = [
        {
            "student": mark.student,
            "points": {number: _plain(mark.points[number]) for number in assignment.tasks},
            "status": {number: mark.record.exercises[number]["status"] for number in assignment.tasks},
            "handed_in": mark.record.handed_in,
            "days_late": mark.days_late,
            "penalty": _plain(mark.penalty),
            "total": _plain(mark.total),
            "of": _plain(mark.of),
            "set_by_hand": {number: each.reason for number, each in mark.overrides.items()},
        }
        for mark in marks
    ]
    due = assignment.due.isoformat() if assignment.due else None
    return {"title": assignment.title, "due": due, "exercises": exercises, "students": students}


def _moodle(marks, assignment):
    yield "ID number", assignment.title, "Feedback"
    for mark in marks:
        parts = [
            f"{number}: not read yet"
            if number in mark.unread
            else f"{number}: {number_text(mark.points[number])} of {number_text(task.points)}"
            for number, task in assignment.tasks.items()
        ]
        if mark.penalty:
            parts.append(f"late: {number_text(mark.penalty)} off")
        yield mark.student, mark.total, "; ".join(parts)


def _canvas(marks, assignment):
    yield "Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment.title
    yield "    Points Possible", "", "", "", "", assignment.points
    for mark in marks:
        name, _, number = mark.student.rpartition("_")
        if not (name and number.isdigit()):  # not as Canvas names what it hands out
            name, number = mark.student, ""
        yield name, number, "", name, "", mark.total


def _nbgrader(marks, assignment):
    yield NBGRADER
    due = assignment.due.isoformat(sep=" ") if assignment.due else ""
    for mark in marks:
        earned, handed_in = mark.total + mark.penalty, (mark.record.handed_in or "").replace("T", " ")
        yield (
            *(assignment.title, due, handed_in, mark.student, "", "", ""),
            *(earned, mark.penalty, mark.total, mark.of),
        )
