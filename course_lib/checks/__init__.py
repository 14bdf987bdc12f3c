"""Checks of the exercises: `check("1.2", your_function)` says whether it is right, and if not, what to look at.

What an exercise must do, and the wrong answers that are known, stand in one file, chapter_NN/NAME.py.
"""

import sys

from course_lib.checks.cards import Card, CheckFailed, NotPassed, NotWrittenYet
from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.registry import Exercise, UnknownExercise, exercise, exercises
from course_lib.checks.submission import LearnerError
from course_lib.checks.time_limit import SECONDS
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
    "check",
    "exercise",
    "exercises",
    "run_check",
]


def check(
    number: str, submitted: object, question: int | None = None, variant: str = "", *, seconds: float = SECONDS
) -> Card:
    """Check your answer to an exercise and show a card: passed, or what to look at.

    Parameters
    ----------
    number : of the exercise, in quotes, as its heading has it: "1.2"
    submitted : your function, by its name and without parentheses; or your value, where the exercise asks for one
    question : where your class has a question of its own, your notebook has its number here
    variant : the form of the exercise that your class was given, where that is not the course's own
    seconds : how long your function may take in all, by the clock, before it is ended with a card that says so

    Raises
    ------
    ValueError : seconds is not a number above 0
    CheckFailed : the answer is not right yet
    NotWrittenYet : the exercise is still open
    UnknownExercise, UnknownVariant : there is no exercise with this number, or no such form of it
    """
    outcome = run_check_in_form(number, submitted, variant, output=sys.stdout, question=question, seconds=seconds)
    if outcome.passed:
        return Card(outcome)
    error = (NotWrittenYet if outcome.status == "not_written" else CheckFailed)(outcome)
    error.show_card()
    raise error
