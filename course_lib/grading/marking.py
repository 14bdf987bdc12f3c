"""Marking one student's work: exercise by exercise, each in a process of its own inside of one sandbox.

What comes out is a record of plain values. It holds no time, no path and no order of marking, so the same work gives
the same record, byte for byte.
"""

import re
import warnings
import zlib
from dataclasses import dataclass

import numpy as np

from course_lib.checks.raised import MOST_TEXT
from course_lib.checks.registry import find
from course_lib.checks.variants import run_check_in_form
from course_lib.checks.verdict import Outcome
from course_lib.grading.assignment import COURSE, Assignment, Task
from course_lib.grading.jail import Jail, JailBroken, error_from
from course_lib.grading.limits import Limits
from course_lib.grading.sandbox import Sandbox
from course_lib.grading.student_work import Work

NEAR = 0.4  # a share of the limit of processor time: who uses more is run again alone, in case the machine was slow
MOST_SHOWN = 5_000  # characters of what a student's code printed that a report shows


@dataclass(frozen=True)
class Marked:
    """The record of one student, and the numbers of the exercises that should be run again alone."""

    record: dict
    again: tuple[str, ...]


def mark(
    work: dict[str, Work],
    assignment: Assignment,
    sandbox: Sandbox,
    limits: Limits | None = None,
    numbers: tuple[str, ...] | None = None,
) -> Marked:
    """Mark what a student wrote.

    Parameters
    ----------
    work : {number: Work} of `student_work.find_work`
    numbers : only these; None for all of the assignment

    Returns the record {number: {"status", "points", "of", "message", "hint", "place", "source", "hidden", "stopped",
    "printed", "notes", "pictures"}}. status is "passed", "failed", "not_written", "missing" (its cell is gone),
    "by_hand" (free text, which an instructor reads) or "broken" (the check itself failed: somebody must look).

    Raises
    ------
    JailBroken : the sandbox does not start
    """
    record, again = {}, []
    limits = limits or Limits()
    with Jail(sandbox, limits) as jail:
        for number, task in assignment.tasks.items():
            if numbers is not None and number not in numbers:
                continue
            record[number] = mark_exercise(jail, work.get(number) or Work(task), assignment)
            stopped = jail.usage["stopped"] in ("time", "clock")
            if stopped or jail.usage["processor_seconds"] > NEAR * limits.processor_seconds:
                again.append(number)
    return Marked(record, tuple(again))


def mark_exercise(jail: Jail, work: Work, assignment: Assignment) -> dict:
    """The record of one exercise."""
    task = work.task
    jail.printed.clear()
    jail.usage = {"processor_seconds": 0.0, "stopped": ""}
    notes = list(work.notes)
    if work.text is None:
        outcome = _outcome(task, "missing", "There is no cell for this exercise.")
    elif task.kind == "text":
        outcome = _outcome(task, "by_hand", "Your instructor reads this.")
    elif work.forbidden:
        outcome = _outcome(task, "failed", f"Your cell imports {' and '.join(work.forbidden)}.", _OWN)
    else:
        try:
            outcome = _run(jail, work, assignment, notes)
        except JailBroken:
            raise
        except Exception as error:  # a mistake of the course's, which must not end the marking of a class
            outcome = _outcome(task, "broken", f"Marking stopped with {type(error).__name__}: {str(error)[:500]}")
    return {
        "status": outcome.status,
        "points": task.points if outcome.passed else 0.0,
        "of": task.points,
        "message": _steady(outcome.message),
        "hint": _steady(outcome.hint),
        "place": outcome.place,
        "source": outcome.source,
        "hidden": outcome.hidden,
        "stopped": jail.usage["stopped"],
        "printed": _steady("".join(jail.printed)[:MOST_SHOWN]),
        "notes": [_steady(note) for note in notes],
        "pictures": work.pictures,
    }


_OWN = "The exercise asks for your own: write it with NumPy and plain Python."


def _steady(text):
    """The text without places in memory, which are others each time."""
    return re.sub(r"\b0x[0-9a-fA-F]{6,}", "0x…", text)


def _run(jail, work, assignment, notes):
    task = work.task
    cells = [*work.before, (f"exercise {task.number}", work.text, False)]
    modules = {name: _text_of(name) for name in find(task.number).lessons}
    begun = jail.begin(cells, work.name, modules)
    try:
        if "stopped" in begun:
            return _outcome(task, "failed", f"Your cell {begun['stopped'].text}.", begun["stopped"].hint)
        error = error_from(begun["failed"]) if begun["failed"] is not None else None
        if begun.get("defined") is not True or "value" not in begun:
            return _not_defined(work, error, notes)
        if error is not None:
            notes.append(f"The cell stops with {error.kind}: {error.text[:200]}, after it has given `{work.name}`.")
        rng = np.random.default_rng([assignment.seed, zlib.crc32(task.number.encode())])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's warnings are for the check alone, which listens where it must
            asked = assignment.asked(task)
            outcome = run_check_in_form(task.number, begun["value"], **asked)
            if outcome.passed and find(task.number).hidden is not None:
                printed = list(jail.printed)
                outcome = run_check_in_form(task.number, begun["value"], rng=rng, **asked)
                jail.printed[:] = printed  # what it prints of the fresh inputs is for nobody
        _note_elsewhere(outcome.message, work, notes)
        return outcome
    finally:
        jail.end()


def _text_of(module):
    return (COURSE / module.replace(".", "/")).with_suffix(".py").read_text("utf-8")


def _not_defined(work, error, notes):
    task = work.task
    if error is None:
        return _outcome(
            task, "failed", f"Your cell does not give `{work.name}`.", "Keep the name that the exercise has."
        )
    if "NotImplementedError" in error.kinds:
        return _outcome(task, "not_written", "The cell is as it was handed out.")
    _note_elsewhere(error.text, work, notes)
    text = f"{error.kind}: {error.text}" if error.text else error.kind
    message = f"Your cell stops with {text[:MOST_TEXT]}, before it gives `{work.name}`."
    return Outcome(task.number, task.title, "failed", message, error.hint, error.place, error.source)


def _note_elsewhere(text, work, notes):
    """Say where a name is that is missing: only the exercise's own cell is run, and without the course."""
    for name, module in work.not_there.items():
        if f"name '{name}' is not defined" in text:
            notes.append(
                f"`{name}` comes from {module}, which is not there when the exercise is marked: write your own."
            )
    for name, place in work.elsewhere.items():
        if f"name '{name}' is not defined" in text:
            notes.append(
                f"`{name}` is given by cell {place}, which is not run: only an exercise's own cell is, and those "
                "of others that it uses. Move what it needs into it."
            )


def _outcome(task: Task, status, message, hint=""):
    return Outcome(task.number, task.title, status, message, hint)
