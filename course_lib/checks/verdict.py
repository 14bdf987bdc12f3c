"""Running one check: the exercise's number and the learner's answer in, an Outcome out. Nothing is displayed here."""

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe, kind_of
from course_lib.checks.drawn_questions import question as drawn_question
from course_lib.checks.registry import find
from course_lib.checks.submission import LearnerError, Submitted

STATUSES = ("passed", "failed", "not_written", "broken")


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    status is one of `STATUSES`: "failed" is a wrong answer, "not_written" an exercise still open, "broken" an error in
    the check itself. place and source are the learner's line where the learner's code raised an exception, else empty.
    hidden says that the answer failed on fresh inputs alone, those of marking, which message and hint may give away.
    """

    number: str
    title: str
    status: str
    message: str = ""
    hint: str = ""
    place: str = ""
    source: str = ""
    hidden: bool = False

    @property
    def passed(self) -> bool:
        return self.status == "passed"


def run_check(
    number: str,
    submitted: object,
    output: TextIO | None = None,
    rng: np.random.Generator | None = None,
    question: int | None = None,
) -> Outcome:
    """Check an answer: the callable (or, for an exercise that asks for a value, the value) that a learner handed in.

    Parameters
    ----------
    number : of the exercise, "1.2"
    submitted : the learner's function, or anything that is called like it; or the value
    output : an open text file for what the function prints, at most some 2,000 characters; None drops it
    rng : draws fresh inputs, which the answer must do too once it has passed; None, as in a notebook, for none
    question : seed of the class's own question, see `drawn_questions.py`; None for the course's

    Returns an Outcome. An interrupt passes through.

    Raises
    ------
    UnknownExercise : no exercise has this number
    QuestionError : a seed, for an exercise whose question is the same for all
    """
    exercise = find(number)
    check = exercise.check if question is None else drawn_question(number, question).check
    outcome = Outcome(exercise.number, exercise.title, *_outcome_of(exercise, submitted, output, check))
    if not outcome.passed or rng is None or exercise.hidden is None:
        return outcome
    again = _outcome_of(exercise, submitted, output, lambda answer: exercise.hidden(answer, rng))
    if again[0] == "passed":
        return outcome
    return Outcome(exercise.number, exercise.title, *again, hidden=True)


def _outcome_of(exercise, submitted, output, check):
    if submitted is ...:
        return "not_written", f"The dots are still there. Put your {exercise.kind} in their place."
    if exercise.kind == "function" and not callable(submitted):
        return "failed", *_not_a_function(exercise, submitted)
    if exercise.kind == "value" and callable(submitted):
        return (
            "failed",
            f"You passed {kind_of(submitted)}, and this exercise asks for a value.",
            "Pass what it returns.",
        )
    if exercise.kind == "function":
        submitted = Submitted(submitted, exercise.may_nudge_input, output)
    try:
        with np.errstate(**_USUAL):
            note = check(submitted)
    except Diagnosis as diagnosis:
        return "failed", diagnosis.message, diagnosis.hint or (exercise.lead if diagnosis.differs else "")
    except LearnerError as error:
        return _learner_error(error)
    except NotImplementedError:
        return "not_written", _OPEN
    except Exception as error:
        return "broken", *_broken(error)
    return "passed", note or ""


# NumPy's own settings, whatever the notebook has set: underflow is harmless, and a warning stays a warning.
_USUAL = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}

_OPEN = "Write the part that is missing, then delete the line with `raise NotImplementedError`."


def _not_a_function(exercise, value):
    if value is None:
        return (
            "You passed None, and not a function.",
            f'Pass the function by its name, without parentheses: `check("{exercise.number}", your_function)`. If the '
            "name holds None, run the cell with its `def` again.",
        )
    return (
        f"You passed {describe(value)}. The check needs the function itself.",
        f'Pass the function by its name, without parentheses: `check("{exercise.number}", your_function)`. If the name '
        "now holds something else, run the cell with its `def` again.",
    )


def _learner_error(error):
    if "NotImplementedError" in error.kinds:
        return "not_written", _OPEN, "", error.place
    if error.kind == "Stopped":  # by a limit, where the learner's code runs elsewhere
        return "failed", f"Your function {error.text}.", error.hint
    if error.kind == "SystemExit":
        return "failed", "Your function ends the program.", error.hint, error.place, error.source
    if not error.place and "TypeError" in error.kinds and "argument" in error.text:
        return "failed", f"Your function could not be called: {error.text}.", error.hint
    text = f"{error.kind}: {error.text}" if error.text else error.kind
    return "failed", f"Your function stopped with {text}", error.hint, error.place, error.source


def _broken(error):
    last = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"The check itself stopped with {type(error).__name__}: {error} "
        f"({Path(last.filename).name}, line {last.lineno}).",
        "Does your function return the same kind of value as the example? If so, this is a mistake of the course, "
        "not yours: please report it with this text.",
    )
