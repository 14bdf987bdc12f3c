"""`check` of the notebooks: it says whether an answer is right, and keeps what is."""

import sys

from course_lib.checks.cards import Card, CheckFailed, NotWrittenYet
from course_lib.checks.registry import Exercise, exercises, find
from course_lib.checks.time_limit import SECONDS
from course_lib.checks.variants import run_check_in_form
from course_lib.checks.verdict import Outcome
from course_lib.learner import giving, network_file
from course_lib.learner.memory import remember, remembered
from course_lib.learner.source_text import NotKept, function_text
from course_lib.whole_file import NotWritten


def check(
    number: str, submitted: object, question: int | None = None, variant: str = "", *, seconds: float = SECONDS
) -> Card:
    """Check your answer to an exercise and show a card: passed, or what to look at. What has passed is kept.

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
    exercise = find(number)
    outcome = _not_an_answer(exercise, submitted) or run_check_in_form(
        number, submitted, variant, output=sys.stdout, question=question, seconds=seconds
    )
    if outcome.passed:
        its_own_form = not variant and question is None
        return Card(outcome, keep(exercise, submitted) if its_own_form else "")
    error = (NotWrittenYet if outcome.status == "not_written" else CheckFailed)(outcome)
    error.show_card()
    raise error


def keep(exercise: Exercise, submitted: object) -> str:
    """Keep an answer that has passed, as far as it can be. Returns what the card says of it."""
    giving.passed_here[exercise.name] = submitted
    said, section = "", ""
    if exercise.kept:
        said, section = _into_file(exercise, submitted)
    trouble = remember("passed", exercise.name, giving.facts_of(exercise, section))
    return " ".join(filter(None, (said, trouble)))


def _into_file(exercise, function):
    """(what the card says, fingerprint of the section in the file or "")."""
    kept = giving.kept_exercises()
    try:
        said = network_file.put(exercise, function_text(function, exercise.name, set(kept)), kept)
        return said, remembered()["written"].get(exercise.name, "")
    except NotKept as error:
        return f"Yours for as long as this notebook runs, and not kept in {network_file.FILE}. {error}", ""
    except (network_file.Unreadable, NotWritten, FileNotFoundError) as error:
        return f"Yours for as long as this notebook runs. {error}", ""


def _not_an_answer(exercise, submitted):
    """The Outcome for what is known to be no answer to this exercise before its check runs; None for anything else."""
    number, title = exercise.number, exercise.title
    if giving.is_the_courses(submitted):
        message = f"That is the course's own `{exercise.name}`, which `yours` gave."
        hint = "Write yours in the exercise's cell, run that cell, and then this one."
        return Outcome(number, title, "not_written", message, hint)
    name = getattr(submitted, "__name__", "")
    others = {each.name: each for each in exercises() if each.number != number}
    if name in others and name != exercise.name:
        other = others[name]
        message = f"`{name}` is the function of exercise {other.number}, and {number} asks for `{exercise.name}`."
        hint = (
            f'Write `check("{other.number}", {name})`. Is this notebook of an earlier version of the course? The '
            "exercises had other numbers there: open the present one, and take your answers along."
        )
        return Outcome(number, title, "failed", message, hint)
    return None
