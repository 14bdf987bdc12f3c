"""Marking a whole class: side by side, kept as it goes, the same marks whatever the order and whoever else is in it.

Each student's record is a file of its own in OUT/records, written as soon as it is there. A run that was interrupted
goes on with those that are missing. A record holds what it was made from; where that has changed (another submission, a
mended check, other limits), the work is marked again and the difference is told.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from course_lib.experiments.workers import Task as Job
from course_lib.experiments.workers import workers
from course_lib.grading.assignment import COURSE, Assignment
from course_lib.grading.collect import Submission, safe_name
from course_lib.grading.limits import Limits
from course_lib.grading.marking import mark
from course_lib.grading.sandbox import Sandbox
from course_lib.grading.student_work import Work, find_work
from course_lib.grading.submitted_notebook import NotebookError, read_notebook, read_script
from course_lib.progress_bar import progress_bar
from course_lib.whole_file import write_file

FORMAT = 1
MOST_FILES = 20  # of one student: more notebooks than the course has
_DECIDE = ("checks", "recipe.py", "data", "engine", "scratch", "training")  # what a verdict depends on
_DECIDE += tuple(f"grading/{name}.py" for name in ("assignment", "jail", "limits", "marking", "sandbox"))
_DECIDE += ("grading/inside", "grading/student_work.py", "grading/submitted_notebook.py")


@dataclass
class StudentRecord:
    """What is known of one student after marking: plain values, no time of marking and no path of this machine.

    Parameters
    ----------
    student : their id
    files : names of what was handed in
    handed_in : when, in ISO form; None if that is not known
    exercises : {number: record of `marking.mark`}
    notes : sentences on the whole of the work: what could not be read
    made_from : digest of the submission, the assignment, the checks and the limits
    again : numbers that were near a limit, and are to be run again alone
    code : {number: the cell that was marked}, for whoever looks at similar work
    """

    student: str
    files: list[str]
    handed_in: str | None
    exercises: dict[str, dict]
    notes: list[str] = field(default_factory=list)
    made_from: str = ""
    again: list[str] = field(default_factory=list)
    code: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ClassRun:
    """All records of a class, and what marking again changed: [(student, number, points before, points now), ...]."""

    records: list[StudentRecord]
    changes: list[tuple[str, str, float, float]]


def mark_class(
    submissions: list[Submission],
    assignment: Assignment,
    sandbox: Sandbox,
    folder: Path,
    limits: Limits | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    shown: bool = True,
) -> ClassRun:
    """Mark a class.

    Parameters
    ----------
    submissions : one a student
    folder : where the records are kept
    jobs : processes side by side
    scheduler : address of a Dask scheduler in place of processes here; its workers need the course and a sandbox too
    shown : whether progress is shown

    Raises
    ------
    JailBroken, MeasurementError : the sandbox, the worker processes or the cluster are gone; what is marked is kept
    """
    limits, folder = limits or Limits(), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rules = _digest_of_rules(assignment, limits)
    records, before, todo = {}, {}, []
    for submission in submissions:
        kept = read_record(folder, submission.student)
        if kept is not None and kept.made_from == _digest_of(submission, rules):
            kept.handed_in = _iso(submission.handed_in)
            records[submission.student] = kept
        else:
            before[submission.student] = kept
            todo.append(Job("mark", len(todo), mark_submission, (submission, assignment, sandbox, limits, rules)))
    with progress_bar(len(submissions), "marking", "student", shown, done=len(records)) as bar:
        if todo:
            with workers(jobs, scheduler) as compute:
                for _, (record, _) in compute(todo):
                    write_record(folder, record)
                    records[record.student] = record
                    bar.set_postfix_str(record.student[:30])
                    bar.update()
    _settle_all(records, submissions, (assignment, sandbox, limits), folder, shown)
    changes = [change for student, kept in before.items() for change in _changes(kept, records[student])]
    return ClassRun([records[submission.student] for submission in submissions], changes)


def _settle_all(records, submissions, settings, folder, shown):
    """Run what was near a limit again, one after the other: nothing else runs now."""
    by_student = {submission.student: submission for submission in submissions}
    near = [record for record in records.values() if record.again]
    with progress_bar(len(near), "again, alone", "student", shown and bool(near)) as bar:
        for record in near:
            settle(record, by_student[record.student], *settings)
            write_record(folder, record)
            bar.update()


def mark_submission(
    place: int, submission: Submission, assignment: Assignment, sandbox: Sandbox, limits: Limits, rules: str
) -> StudentRecord:
    """The record of one student. `place` is that in the class, and decides nothing."""
    work, notes = work_of(submission, assignment)
    marked = mark(work, assignment, sandbox, limits)
    return StudentRecord(
        submission.student,
        sorted(submission.files),
        _iso(submission.handed_in),
        marked.record,
        notes,
        _digest_of(submission, rules),
        list(marked.again),
        {number: each.text for number, each in work.items() if each.text is not None},
    )


def settle(
    record: StudentRecord, submission: Submission, assignment: Assignment, sandbox: Sandbox, limits: Limits
) -> None:
    """Run again, alone, what was near a limit, and keep what comes of it."""
    work, _ = work_of(submission, assignment)
    marked = mark(work, assignment, sandbox, limits, tuple(record.again))
    record.exercises.update(marked.record)
    record.again = []


def work_of(submission: Submission, assignment: Assignment) -> tuple[dict[str, Work], list[str]]:
    """({number: Work}, notes) of all files of a student; of two files with the same exercise, the one named like it."""
    found, notes = {}, []
    names = sorted(name for name in submission.files if name != "my_network.py")
    if len(names) > MOST_FILES:
        notes.append(f"{len(names)} files were handed in; the first {MOST_FILES} were looked at.")
    for name in names[:MOST_FILES]:
        content = submission.files[name]
        try:
            cells = read_script(content) if name.endswith(".py") else read_notebook(content)
            works = find_work(cells, assignment.tasks)
        except NotebookError as error:
            notes.append(f"{name}: {error}")
            continue
        except Exception as error:  # whatever is in there, the rest of the class is marked
            notes.append(f"{name}: its cells cannot be taken apart ({type(error).__name__}). Please look at it.")
            continue
        for number, work in works.items():
            like = work.task.notebook in name
            if number not in found or (work.text is not None, like) > found[number][0]:
                found[number] = ((work.text is not None, like), work)
    return {number: work for number, (_, work) in found.items()}, notes


def read_record(folder: Path, student: str) -> StudentRecord | None:
    """The record that is kept of a student; None where there is none, or none that can be read."""
    try:
        words = json.loads((Path(folder) / f"{safe_name(student)}.json").read_text("utf-8"))
        if words.pop("format", None) != FORMAT or words.get("student") != student:
            return None
        return StudentRecord(**words)
    except (OSError, ValueError, TypeError):
        return None


def write_record(folder: Path, record: StudentRecord) -> None:
    """Keep a record, whole or not at all."""
    text = json.dumps({"format": FORMAT, **asdict(record)}, indent=1, sort_keys=True) + "\n"
    write_file(Path(folder) / f"{safe_name(record.student)}.json", text)


def _iso(moment):
    return moment.isoformat() if moment else None


def _changes(before, now):
    if before is None:
        return
    for number, record in now.exercises.items():
        old = before.exercises.get(number)
        if old is not None and old["points"] != record["points"]:
            yield now.student, number, old["points"], record["points"]


def _digest_of(submission, rules):
    digest = hashlib.sha256(rules.encode())
    for name, content in sorted(submission.files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode("utf-8", "replace"))
        digest.update(content)
    return digest.hexdigest()


def _digest_of_rules(assignment, limits):
    """Of all that decides about marks besides the submission itself."""
    digest = hashlib.sha256(repr((FORMAT, assignment, limits)).encode())
    for path in sorted(_files_that_decide()):
        digest.update(f"{path.relative_to(COURSE)}\0{zlib.crc32(path.read_bytes())}\0".encode())
    return digest.hexdigest()


def _files_that_decide() -> Iterator[Path]:
    for name in _DECIDE:
        place = COURSE / "course_lib" / name
        yield from [place] if place.is_file() else place.rglob("*.py")
