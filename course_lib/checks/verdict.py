"""Running one check: the exercise's number and the learner's answer in, an Outcome out. Nothing is displayed here.

Whatever the answer does, an Outcome comes back, within a limit of time and bounded in length. The answer runs in this
very process, so the verdict is for the learner's own use: it holds against mistakes, and not against somebody who wants
to cheat himself (see `kept.py`). Marking happens elsewhere, in `course_lib.grading`.
"""

import math
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe, kind_of
from course_lib.checks.drawn_questions import question as drawn_question
from course_lib.checks.plain import NotPlainValue, plain, plain_text
from course_lib.checks.raised import bounded
from course_lib.checks.registry import find
from course_lib.checks.submission import STOPPED, LearnerError, Submitted, is_learners, too_slow
from course_lib.checks.time_limit import SECONDS, TimeIsUp, TimeLimit

STATUSES = ("passed", "failed", "not_written", "broken")
MOST_MESSAGE, MOST_HINT, MOST_PLACE = 1_600, 1_000, 300  # characters: a card has at most their sum, and its title


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    status is one of `STATUSES`: "failed" is a wrong answer, "not_written" an exercise still open, "broken" an error in
    the check itself. place and source are the learner's line where the learner's code raised an exception, or where the
    time was up, else empty. hidden says that the answer failed on fresh inputs alone, those of marking, which message
    and hint may give away. look is a weaker hint, where to look, which a card gives before the hint itself.
    """

    number: str
    title: str
    status: str
    message: str = ""
    hint: str = ""
    place: str = ""
    source: str = ""
    hidden: bool = False
    look: str = ""

    @property
    def passed(self) -> bool:
        return self.status == "passed"


def run_check(
    number: str,
    submitted: object,
    output: TextIO | None = None,
    rng: np.random.Generator | None = None,
    question: int | None = None,
    seconds: float = SECONDS,
) -> Outcome:
    """Check an answer: the callable (or, for an exercise that asks for a value, the value) that a learner handed in.

    Parameters
    ----------
    number : of the exercise, "1.2"
    submitted : the learner's function, or anything that is called like it; or the value
    output : an open text file for what the function prints, at most some 2,000 characters; None drops it
    rng : draws fresh inputs, which the answer must do too once it has passed; None, as in a notebook, for none
    question : seed of the class's own question, see `drawn_questions.py`; None for the course's
    seconds : of the clock, for all calls of the function together; a function that runs elsewhere has its own limit

    Returns an Outcome, whatever the answer is. An interrupt passes through.

    Raises
    ------
    UnknownExercise : no exercise has this number
    ValueError : seconds is not a number above 0
    QuestionError : a seed, for an exercise whose question is the same for all
    """
    exercise = find(number)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | np.number) or not 0 < seconds < math.inf:
        raise ValueError(f"seconds is {describe(seconds)}; expected a number above 0, like {SECONDS:g}.")
    check = exercise.check if question is None else drawn_question(number, question).check
    outcome = _outcome_of(exercise, submitted, output, float(seconds), check)
    if not outcome.passed or rng is None or exercise.hidden is None:
        return outcome
    again = _outcome_of(
        exercise, submitted, output, float(seconds), lambda answer: exercise.hidden(answer, rng), hidden=True
    )
    return outcome if again.passed else again


def _outcome_of(exercise, submitted, output, seconds, check, hidden=False):
    tell = output.write if output is not None else None
    limit = TimeLimit(seconds, is_learners, tell)
    try:
        status, *texts = _found(exercise, submitted, output, limit, check)
    except KeyboardInterrupt:
        raise
    except TimeIsUp:
        if not limit.is_up:
            raise  # of a check around this one, whose function has called this check
        status, texts = "failed", []
    except BaseException as error:
        status, *texts = "broken", *_broken(error)
    if limit.is_up:
        status, *texts = _learner_error(too_slow(limit))
    most = MOST_MESSAGE, MOST_HINT, MOST_PLACE, MOST_PLACE, MOST_HINT
    texts = [*texts, *[""] * (len(most) - len(texts))]
    message, hint, place, source, look = (
        bounded(plain_text(text), each) for text, each in zip(texts, most, strict=True)
    )
    return Outcome(exercise.number, exercise.title, status, message, hint, place, source, hidden, look)


def _found(exercise, submitted, output, limit, check):
    """Status, message, hint, place, source and look, as far as there are any."""
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
    try:
        if exercise.kind == "function":
            answer = Submitted(submitted, exercise.may_nudge_input, output, limit, exercise)
        else:
            answer = plain(submitted)
        with np.errstate(**_USUAL):
            note = check(answer)
    except NotPlainValue as error:
        return "failed", f"You passed {error}."
    except Diagnosis as diagnosis:
        hint = diagnosis.hint or (exercise.lead if diagnosis.differs else "")
        return "failed", diagnosis.message, hint, "", "", diagnosis.look
    except LearnerError as error:
        return _learner_error(error)
    except NotImplementedError:
        return "not_written", _OPEN
    return "passed", note or ""


# NumPy's own settings, whatever the notebook has set: underflow is harmless, and a warning stays a warning.
_USUAL = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}

_OPEN = "Write the part that is missing, then delete the line with `raise NotImplementedError`."


def _not_a_function(exercise, value):
    by_its_name = f'Pass the function by its name, without parentheses: `check("{exercise.number}", your_function)`.'
    if value is None:
        return (
            "You passed None, and not a function.",
            f"{by_its_name} If the name holds None, run the cell with its `def` again.",
        )
    try:
        passed = describe(plain(value))
    except NotPlainValue as error:
        passed = str(error)
    return (
        f"You passed {passed}. The check needs the function itself.",
        f"{by_its_name} If the name now holds something else, run the cell with its `def` again.",
    )


def _learner_error(error):
    if "NotImplementedError" in error.kinds:
        return "not_written", _OPEN, "", error.place
    if error.kind == STOPPED:  # by a limit
        return "failed", f"Your function {error.text}.", error.hint, error.place, error.source
    if error.kind == "SystemExit":
        return "failed", "Your function ends the program.", error.hint, error.place, error.source
    if not error.place and "TypeError" in error.kinds and "argument" in error.text:
        return "failed", f"Your function could not be called: {error.text}.", error.hint
    text = f"{error.kind}: {error.text}" if error.text else error.kind
    return "failed", f"Your function stopped with {text}", error.hint, error.place, error.source


def _broken(error):
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return (
        f"The check itself stopped with {type(error).__name__}: {error}{where}.",
        "Does your function return the same kind of value as the example? If so, this is a mistake of the course, "
        "not yours: please report it with this text.",
    )
