"""The wrong answers that an exercise knows: a list MISTAKES = [(wrong answer, what it means), ...] beside its check.

A wrong answer is a function as a learner would write it, with the learner's arguments. What it means is the hint that
the learner gets; two wrong answers may mean the same. Where a wrong answer shows by other things than its value (a
shape, a nan, a changed input, repeated draws), the check finds it by its own logic: its meaning is then `Said(words)`,
words of the diagnosis, and no hint. A test runs every entry of every list through its check.
"""

import copy
import warnings

import numpy as np

from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.submission import LearnerError


class Said(str):
    """Words that the check itself says to a wrong answer: message or hint contain them. Never given as a hint."""

    __slots__ = ()


def known(mistakes, *given, part=None, **named):
    """What the known wrong answers give for these arguments: pairs (wrong value, hint), one after the other.

    Nothing is computed before the first pair is asked for, and no more than is asked for: a right answer costs nothing.
    Every wrong answer gets copies of its own. One that stops on these arguments, or returns None, gives no pair.

    Parameters
    ----------
    mistakes : [(wrong answer, what it means), ...]; those that mean `Said(...)` are left out
    given, named : the arguments that the learner's function got
    part : what is compared of that which they return: an index or a key, or a function of it; None for all of it
    """
    for wrong_answer, meaning in mistakes:
        if isinstance(meaning, Said):
            continue
        value = _value(wrong_answer, part, *copy.deepcopy((given, named)))
        if value is not None:
            yield value, meaning


def answers_in(submitted, cases):
    """What the learner's function gives in each case, None where it stops: to look for a mistake in all of them."""
    answers = []
    for case in cases:
        try:
            with np.errstate(all="ignore"):
                answers.append(submitted(*case))
        except (LearnerError, Diagnosis):
            answers.append(None)
    return answers


def meaning_in_all(mistakes, cases, answers, same=np.array_equal):
    """What the first wrong answer means that gives these answers in all of the cases; "" if none does.

    Two mistakes may agree in one case. Only one of them gives what the learner's function gives in every case.

    Parameters
    ----------
    mistakes : [(wrong answer, what it means), ...]; those that mean `Said(...)` are left out
    cases : the arguments of each case, a tuple
    answers : what the learner's function gave for each, None where it stopped, which no wrong answer gives
    same : same(value of the wrong answer, answer) -> whether they agree; what it raises, on values of unlike kinds,
        counts as no
    """
    for wrong_answer, meaning in mistakes:
        if isinstance(meaning, Said):
            continue
        values = (_value(wrong_answer, None, copy.deepcopy(case), {}) for case in cases)
        if all(_agree(value, answer, same) for value, answer in zip(values, answers, strict=True)):
            return meaning
    return ""


def _agree(value, answer, same):
    if value is None or answer is None:
        return False
    try:
        return bool(same(value, answer))
    except (TypeError, ValueError, IndexError, KeyError):
        return False


def _value(wrong_answer, part, given, named):
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = wrong_answer(*given, **named)
            if part is not None:
                value = part(value) if callable(part) else value[part]
    except Exception:  # a wrong answer may stop with anything, on shapes that it does not fit
        return None
    return value
