"""`yours("1.6")`: the learner's own function where it has passed its check, else the course's."""

import functools
import hashlib
import inspect
import os
import sys
from collections.abc import Callable

from course_lib.checks.registry import Exercise, exercises, find
from course_lib.checks.submission import number_in_check
from course_lib.checks.verdict import run_check
from course_lib.learner import answers, network_file
from course_lib.learner.memory import remember, remembered
from course_lib.learner.network_file import FILE, YOURS, Unreadable

MARKING = "NBGRADER_EXECUTION"  # environment variable that nbgrader sets where it runs a notebook
MARKED = "COURSE_MARKED_EXERCISES"  # the numbers of those that are marked there: "1.4 1.5 1.6"

passed_here = {}  # name of an exercise -> the function or value that passed in this kernel
_ran = {}  # text of my_network.py -> its names, or the Unreadable that it ended with


class NotInMarking(RuntimeError):
    """`yours` was asked for an answer while an answer is marked."""


def yours(number: str) -> Callable:
    """Your own function of an exercise if it has passed its check, here or earlier; else the course's. It says which.

    Parameters
    ----------
    number : of the exercise, in quotes, as its heading has it: "1.6"

    Raises
    ------
    course_lib.checks.UnknownExercise : there is no exercise with this number
    LookupError : the course has no answer of its own to give, as to most exercises of later chapters
    NotInMarking : answers are being marked, or your function asks for the course's answer while it is checked
    """
    exercise = find(number)
    _refuse_in_a_check(exercise)
    name = exercise.name
    if name in passed_here:
        print(f"{name}: your own, from this notebook.")
        return passed_here[name]
    if os.environ.get(MARKING):
        return _in_marking(exercise)
    function, why = _from_file(exercise)
    if function is not None:
        print(f"{name}: your own, from {FILE}.")
        return function
    print(f"{name}: the course's own. {why}")
    return _the_courses(exercise)


def is_the_courses(function: object) -> bool:
    """Whether this is what `yours` gives where no answer of the learner's has passed."""
    return getattr(function, "answers_exercise", None) is not None


def facts_of(exercise: Exercise, section: str = "") -> dict[str, str]:
    """What is remembered of an exercise that has passed; section : fingerprint of the function in the file, if any."""
    facts = {"number": exercise.number, "edition": edition_of(exercise)}
    return facts | ({"section": section} if section else {})


def edition_of(exercise: Exercise) -> str:
    """Another one when the exercise's check has changed: then what has passed before is checked again."""
    try:
        text = inspect.getsource(sys.modules[exercise.check.__module__])
    except (OSError, TypeError):  # a check that somebody tries out in a notebook
        text = repr(exercise.check.__code__.co_code)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def kept_exercises() -> dict[str, Exercise]:
    """{name: Exercise} of all whose functions `my_network.py` may hold, in the course's order."""
    return {each.name: each for each in exercises() if each.kept}


def _refuse_in_a_check(exercise):
    if number_in_check():
        raise NotInMarking(
            f'Your function calls yours("{exercise.number}") while it is checked. Write what it needs yourself.'
        )


def _in_marking(exercise):
    """The course's answer to an exercise of another notebook; never to one that is marked. No file is looked at: the
    folder is the marker's.
    """
    marked = os.environ.get(MARKED)
    if marked is None or exercise.number in marked.split():
        raise NotInMarking(f'yours("{exercise.number}") gives no answer where answers are marked. Write your own.')
    print(f"{exercise.name}: the course's own. Exercise {exercise.number} is not marked here.")
    return _the_courses(exercise)


def _from_file(exercise):
    """(the function of my_network.py, "") or (None, a sentence that says why not)."""
    number, name = exercise.number, exercise.name
    is_open = f"Exercise {number} is still open."
    if not exercise.kept:
        known = name in remembered()["passed"]
        return None, f"Run the cell of exercise {number} and its check to use yours." if known else is_open
    try:
        text = network_file.read_text()
        section = next((each for each in network_file.sections_of(text)[1] if each.name == name), None)
        if section is None or section.whose != YOURS:
            return None, is_open
        function = _names_of(text).get(name)
    except Unreadable as error:
        return None, f"{error} Mend it, and yours is used again."
    if not callable(function):
        return None, f"{FILE} has no function `{name}` in its section."
    facts = facts_of(exercise, section.fingerprint)
    if remembered()["passed"].get(name) != facts:  # edited by hand, somebody else's, or the exercise has changed
        outcome = run_check(number, function)
        if not outcome.passed:
            return None, f"The `{name}` of {FILE} does not pass its check: {_told(outcome)}"
        remember("passed", name, facts)
    return function, ""


def _told(outcome):
    """What the card would say: what is wrong, on which line, and what to look at."""
    line = f"{outcome.place}, `{outcome.source}`" if outcome.source else outcome.place
    told = " at ".join(part for part in (outcome.message, line) if part)
    return f"{told}{'' if told.endswith('.') else '.'} {outcome.look or outcome.hint}".rstrip()


def _names_of(text):
    if text not in _ran:
        _ran.clear()
        try:
            _ran[text] = network_file.run(text)
        except Unreadable as error:
            _ran[text] = error
    if isinstance(_ran[text], Unreadable):
        raise _ran[text]
    return _ran[text]


def _the_courses(exercise):
    answer = getattr(answers, exercise.name, None)
    if answer is None:
        raise LookupError(
            f"Exercise {exercise.number} is still open, and the course gives no answer in its place: solve it first."
        )

    @functools.wraps(answer)
    def given(*arguments, **named):
        if number_in_check() == exercise.number:
            raise NotInMarking("This is the course's own answer to the exercise that is checked. Write yours.")
        return answer(*arguments, **named)

    given.answers_exercise = exercise.number
    return given
