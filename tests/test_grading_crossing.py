"""Every known answer, right or wrong, gets the same diagnosis when it runs elsewhere: what crosses is the same.

The crossing is the real one, values and exceptions as bytes; only the process is left out, for there are many answers.
`test_grading_jail.py` has the process.
"""

import functools
import importlib
import sys
import warnings

import numpy as np
import pytest

from course_lib.checks import exercises, run_check
from course_lib.checks.submission import FunctionElsewhere, is_learners
from course_lib.grading.inside.plain_values import decode, encode
from course_lib.grading.jail import Jail, remote_function
from course_lib.grading.sandbox import inside_folder

TIMED = "4.6"  # what is judged by its time is another answer each time


class Crossing(Jail):
    """A jail without a process: the messages go to the worker's own code, here."""

    def __init__(self, function):
        super().__init__(sandbox=None)
        self.other_side = worker().Answers(lambda name: is_learners(name) and str(inside_folder()) not in name)
        self.function = self._decoded(encode({"value": function}, keep=self.other_side.keep))["value"]

    def _decoded(self, message):
        return decode(message, callable_for=lambda value: remote_function(self, value))

    def _ask(self, asked, begin=False):
        return self._decoded(self.other_side.answer(encode(asked)))


@functools.cache
def worker():
    """The worker, imported as in the sandbox: beside the files that it imports."""
    sys.path.insert(0, str(inside_folder()))
    try:
        return importlib.import_module("worker")
    finally:
        sys.path.pop(0)


def answers():
    for exercise in exercises():
        if exercise.number != TIMED and exercise.kind == "function":
            for place, (wrong, _) in enumerate(exercise.mistakes):
                if "keeping" in getattr(wrong, "__qualname__", ""):
                    continue  # it remembers its calls, so a second check tells something else anyway
                yield pytest.param(exercise.number, wrong, id=f"{exercise.number}-wrong-{place}")
    for chapter in range(2, 7):
        right = importlib.import_module(f"right_answers_ch{chapter:02d}").RIGHT
        for number, functions in right.items():
            if number != TIMED:
                for place, function in enumerate(functions):
                    yield pytest.param(number, function, id=f"{number}-right-{place}")


@pytest.mark.parametrize(("number", "answer"), list(answers()))
def test_an_answer_gets_the_same_outcome_on_the_other_side(number, answer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        here = run_check(number, answer)
        far = Crossing(answer).function
        assert isinstance(far, FunctionElsewhere)
        there = run_check(number, far)
    assert told(there) == told(here)


def told(outcome):
    """What the learner reads, without places in memory."""
    return outcome.status, *(text.split(" at 0x")[0] for text in (outcome.message, outcome.hint))


def test_the_crossing_is_a_crossing():
    seen = []
    f = Crossing(lambda x: seen.append(x) or x * 2).function
    x = np.arange(3.0)
    assert f(x).tolist() == [0, 2, 4]
    assert seen[0] is not x and seen[0].tolist() == [0, 1, 2]
