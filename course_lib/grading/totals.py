"""From records to marks: late work, points that an instructor sets by hand, and the sum."""

import csv
import difflib
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from course_lib.grading.assignment import Assignment
from course_lib.grading.class_run import StudentRecord

HEAD = ("student", "exercise", "points", "reason")


class OverrideError(ValueError):
    """A line of the file of overrides that cannot be taken as it is. The message says which, and what it needs."""


@dataclass(frozen=True)
class Override:
    """Points that an instructor sets by hand, with the reason for it. `where` is the line that says so."""

    student: str
    exercise: str
    points: float
    reason: str
    where: str = ""


@dataclass(frozen=True)
class Mark:
    """A student's mark.

    Parameters
    ----------
    record : what marking found
    points : {exercise: points}, after what was set by hand
    overrides : {exercise: Override}
    days_late : days begun after the due date; 0 if in time, or not known
    penalty : points taken off for that
    total : what is left; `of` is what there was to get
    """

    record: StudentRecord
    points: dict[str, float]
    total: float
    of: float
    days_late: int = 0
    penalty: float = 0.0
    overrides: dict[str, Override] = field(default_factory=dict)

    @property
    def unread(self) -> list[str]:
        """Questions in words that nobody has given points for yet: their points are not known, and not 0."""
        found = [number for number, each in self.record.exercises.items() if each.get("status") == "by_hand"]
        return [number for number in found if number not in self.overrides]

    @property
    def student(self) -> str:
        """The student's id."""
        return self.record.student


def marks_of(records: list[StudentRecord], assignment: Assignment, overrides: list[Override] = ()) -> list[Mark]:
    """The marks of a class, in the order of its records.

    Raises
    ------
    OverrideError : as `check_overrides`
    """
    students = {record.student for record in records}
    check_overrides(overrides, students, assignment)
    by_student = {student: {} for student in students}
    for each in overrides:
        by_student[each.student][each.exercise] = each
    return [_mark(record, assignment, by_student[record.student]) for record in records]


def check_overrides(overrides: list[Override], students: Iterable[str], assignment: Assignment) -> None:
    """Whether each override is of a student and an exercise that there are, and of no more points than there are.

    Raises
    ------
    OverrideError : with the line, what it says, and what comes near to it
    """
    known = {"student": list(students), "exercise": list(assignment.tasks)}
    for each in overrides:
        where = f"{each.where}: " if each.where else ""
        for what, names in known.items():
            name = getattr(each, what)
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1)
                suggestion = f" Did you mean {near[0]!r}?" if near else ""
                raise OverrideError(f"{where}there is no {what} {name!r}.{suggestion}")
        most = assignment.tasks[each.exercise].points
        if each.points > most:
            raise OverrideError(f"{where}{each.points:g} points for {each.exercise}, which has {most:g}.")


def days_late(handed_in: datetime | None, due: datetime | None) -> int:
    """Days begun between the two; 0 where one is not known."""
    if handed_in is None or due is None or handed_in <= due:
        return 0
    return math.ceil((handed_in - due).total_seconds() / 86_400)


def read_overrides(path: Path) -> list[Override]:
    """The file in which an instructor sets points by hand: a CSV with the columns student, exercise, points, reason.

    Raises
    ------
    OverrideError : with the line, what it says, and what it needs. A reason is needed
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise OverrideError(f"{path} cannot be read: {error.strerror}.") from None
    separator = ";" if ";" in text.partition("\n")[0] else ","  # as spreadsheets of some countries save it
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    if not rows or tuple(each.strip() for each in rows[0]) != HEAD:
        found = separator.join(rows[0]) if rows else "nothing"
        raise OverrideError(f"{path}: the first line is {found!r}; it must be {','.join(HEAD)}.")
    found = {}
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        where = f"{path}, line {number}"
        if len(row) != len(HEAD):
            raise OverrideError(f"{where}: {len(row)} columns; expected {len(HEAD)}: {', '.join(HEAD)}.")
        student, exercise, points, reason = (cell.strip() for cell in row)
        try:
            value = float(points.replace(",", ".") if separator == ";" else points)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or value < 0:
            raise OverrideError(f"{where}: the points are {points!r}; expected a number of at least 0.")
        if not reason:
            raise OverrideError(f"{where}: there is no reason. Whoever reads the mark later wants to know it.")
        if (student, exercise) in found:
            raise OverrideError(f"{where}: {student!r} has points for {exercise} set twice.")
        found[student, exercise] = Override(student, exercise, value, reason, where)
    return list(found.values())


def _mark(record, assignment, overrides):
    points = {
        number: overrides[number].points if number in overrides else record.exercises[number]["points"]
        for number in assignment.tasks
    }
    handed_in = datetime.fromisoformat(record.handed_in) if record.handed_in else None
    late, days = assignment.late, days_late(handed_in, assignment.due)
    share = 1.0 if days > late.closed_after else min(days * late.percent_a_day, late.at_most) / 100
    earned = sum(points.values())
    penalty = round(earned * min(share, 1.0), 6)
    return Mark(record, points, round(earned - penalty, 6), assignment.points, days, penalty, dict(overrides))
