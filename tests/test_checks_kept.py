"""What an answer replaces in the modules of a notebook is named and put back."""

import builtins
import io
import math
import signal
import sys
import time

import numpy as np
import pytest

from course_lib.checks import expectations, registry, run_check, verdict
from course_lib.checks.expectations import expect_close
from course_lib.checks.kept import Kept

pytestmark = [pytest.mark.timeout(60), pytest.mark.usefixtures("double_exercise")]


def replaces(module, name, value=None):
    def answer(x):
        setattr(module, name, value or (lambda *arguments, **named: True))
        return x

    return answer


REPLACED = [
    *[(builtins, name) for name in ("abs", "len", "isinstance", "max", "sum", "all", "any", "zip", "sorted", "float")],
    *[(builtins, name) for name in ("map", "type", "vars", "setattr", "next", "iter", "range", "issubclass", "str")],
    (np, "allclose"),
    (np.linalg, "norm"),
    (np.random, "default_rng"),
    (math, "isclose"),
    (time, "process_time"),
    (expectations, "expect_close"),
    (expectations, "np"),
    (verdict, "Outcome"),
    (verdict, "find"),
    (registry, "find"),
    (registry.Exercise, "chapter"),
    (verdict.Outcome, "passed"),
]


@pytest.mark.parametrize(("module", "name"), REPLACED, ids=lambda it: it if isinstance(it, str) else it.__name__)
def test_what_is_replaced_is_named_and_put_back(module, name):
    usual = module.__dict__[name]
    try:
        outcome = run_check("99.1", replaces(module, name))
        after = module.__dict__[name]
    finally:
        type.__setattr__(module, name, usual) if isinstance(module, type) else module.__dict__.update({name: usual})
    assert outcome.status == "failed", outcome
    assert f"{name}`, which the whole notebook uses" in outcome.message
    assert after is usual


def test_the_code_and_the_defaults_of_a_check_are_put_back():
    def harmless(value, expected, rtol=1e-6, atol=1e-9, what="", because=()):
        return None

    def swaps_code(x):
        expectations.expect_close.__code__ = harmless.__code__
        return x

    def swaps_defaults(x):
        expectations.expect_close.__defaults__ = 1e9, 1e9, "", ()
        return x

    usual = expect_close.__code__, expect_close.__defaults__
    for answer in (swaps_code, swaps_defaults):
        outcome = run_check("99.1", answer)
        assert "`course_lib.checks.expectations.expect_close`" in outcome.message
        assert (expect_close.__code__, expect_close.__defaults__) == usual


def test_an_exercise_that_is_exchanged_is_put_back():
    def exchanges(x):
        registry._exercises["99.1"] = registry.Exercise("99.1", "Nothing", "function", lambda submitted: "Done.")
        return x

    def changes(x):
        object.__setattr__(registry._exercises["99.1"], "check", lambda submitted: "Done.")
        return x

    for answer in (exchanges, changes):
        assert "in place of" in run_check("99.1", answer).message
        assert run_check("99.1", lambda x: x).status == "failed"
        assert run_check("99.1", lambda x: 2 * x).passed


def test_what_python_itself_has_of_the_learner_is_put_back():
    def meddles(x):
        sys.settrace(lambda *given: None)
        sys.setprofile(lambda *given: None)
        sys.setrecursionlimit(sys.getrecursionlimit() + 5000)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        np.seterr(all="raise")
        sys.stdout.close()
        return 2 * x

    before = sys.gettrace(), sys.getprofile(), sys.getrecursionlimit(), signal.getsignal(signal.SIGINT), np.geterr()
    assert run_check("99.1", meddles, output=io.StringIO()).passed
    after = sys.gettrace(), sys.getprofile(), sys.getrecursionlimit(), signal.getsignal(signal.SIGINT), np.geterr()
    assert after == before


def test_looking_after_all_of_it_takes_less_than_a_millisecond_a_call():
    kept = Kept(registry.find("4.2"))
    took = []
    for _ in range(20):
        started = time.process_time()
        for _ in range(10):
            assert kept.put_back() == []
        took.append((time.process_time() - started) / 10)
    assert min(took) < 1e-3
