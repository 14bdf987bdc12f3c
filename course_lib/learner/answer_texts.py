"""The texts of the course's own answers: for my_network.py, and for marking an exercise that rests on others."""

import inspect
from types import FunctionType

from course_lib.learner import answers
from course_lib.learner.source_text import names_used

HELPERS = ("network_loss",)  # functions that the notebook gives beside an exercise, and that are none themselves


def answer_text(name: str) -> str:
    """The text of the answer to the exercise whose function has this name, after the helpers that it uses.

    Raises
    ------
    LookupError : the course has no such answer
    """
    helpers = [inspect.getsource(getattr(answers, each)) for each in names_used(_answer(name)) if each in HELPERS]
    return "\n\n".join([*helpers, inspect.getsource(_answer(name))])


def answer_needs(name: str) -> list[str]:
    """The names of the other answers that an answer calls. Raises LookupError as `answer_text`."""
    used = names_used(_answer(name))
    used += [inner for each in used if each in HELPERS for inner in names_used(getattr(answers, each))]
    found = [each for each in used if type(getattr(answers, each, None)) is FunctionType]
    return [each for each in dict.fromkeys(found) if each not in HELPERS]


def answer_with_needs(name: str) -> dict[str, str]:
    """{name: text} of an answer and of all that it calls, what is called first. Raises LookupError as `answer_text`."""
    found = {}
    for other in answer_needs(name):
        found |= answer_with_needs(other)
    return found | {name: answer_text(name)}


def _answer(name):
    answer = getattr(answers, name, None)
    if type(answer) is not FunctionType:
        raise LookupError(f"The course has no answer of its own called {name!r}.")
    return answer
