"""Checks of the exercises: they say whether an answer is right, and if not, what to look at.

A notebook's `check("1.2", your_function)` is in `course_lib.learner`, which keeps what has passed. What an exercise
must do, and the wrong answers that are known, stand in one file, chapter_NN/NAME.py.
"""

from course_lib.checks.cards import Card, CheckFailed, NotPassed, NotWrittenYet
from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.registry import Exercise, UnknownExercise, exercise, exercises
from course_lib.checks.submission import LearnerError
from course_lib.checks.variants import run_check_in_form
from course_lib.checks.verdict import Outcome, run_check

__all__ = [
    "Card",
    "CheckFailed",
    "Diagnosis",
    "Exercise",
    "LearnerError",
    "NotPassed",
    "NotWrittenYet",
    "Outcome",
    "UnknownExercise",
    "exercise",
    "exercises",
    "run_check",
    "run_check_in_form",
]
