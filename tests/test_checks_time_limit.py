"""The time limit of a check in a notebook: whatever does not come back ends with a card, and nothing is left behind."""

import math
import signal
import sys
import threading
import time

import numpy as np
import pytest

from broken_answers import (
    EndlessText,
    catches_exceptions,
    is_slow,
    loops,
    raises,
    sleeps,
    swallows,
    swallows_and_answers,
    waits_in_finally,
)
from course_lib.checks import expectations, run_check
from course_lib.checks.expectations import expect_close
from course_lib.checks.registry import exercise
from course_lib.checks.submission import FunctionElsewhere, Submitted
from course_lib.checks.time_limit import TimeLimit
from course_lib.learner import check

pytestmark = [pytest.mark.timeout(60), pytest.mark.usefixtures("double_exercise")]

MOST_CARD = 3_500  # characters of a card's text
needs_alarm = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer that interrupts")


ENDLESS = [loops, swallows, catches_exceptions, swallows_and_answers, waits_in_finally, sleeps, raises(EndlessText)]


@needs_alarm
@pytest.mark.parametrize("answer", ENDLESS, ids=lambda answer: answer.__name__)
def test_a_function_that_does_not_come_back_is_a_card_with_its_line(answer):
    before = signal.getsignal(signal.SIGALRM), sys.gettrace()
    started = time.monotonic()
    outcome = run_check("99.1", answer, seconds=0.2)
    assert time.monotonic() - started < 8
    assert outcome.status == "failed"
    assert outcome.message == "Your function does not come back: it was ended after 0.2 seconds."
    assert outcome.place.endswith("of broken_answers.py")
    assert outcome.source
    assert "`check(..., seconds=0.6)`" in outcome.hint
    assert (signal.getsignal(signal.SIGALRM), sys.gettrace()) == before


@needs_alarm
def test_the_line_of_an_endless_loop_is_the_one_that_it_stands_on():
    outcome = run_check("99.1", sleeps, seconds=0.1)
    assert outcome.source == "time.sleep(1000)"


@pytest.mark.parametrize("answer", [loops, swallows_and_answers, catches_exceptions])
def test_on_another_thread_what_runs_in_python_is_ended_too(answer, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: loops(seconds))  # a sleep itself cannot be ended there
    found = []
    thread = threading.Thread(target=lambda: found.append(run_check("99.1", answer, seconds=0.2)), daemon=True)
    thread.start()
    thread.join(10)
    (outcome,) = found
    assert "does not come back" in outcome.message
    assert outcome.place


def test_the_calls_of_one_check_have_their_time_together_and_a_slow_one_may_have_more():
    @exercise("99.3", title="Many calls")
    def many(submitted):
        for _ in range(4):
            expect_close(submitted(np.array([1.0])), np.array([2.0]))

    assert "does not come back" in run_check("99.3", is_slow, seconds=0.8).message
    assert run_check("99.3", is_slow, seconds=30).passed


def test_an_import_is_not_cut_off_in_the_middle_and_one_without_an_end_is(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "slow_to_load_99.py").write_text("import time\ntime.sleep(0.7)\nFACTOR = 2\n")
    (tmp_path / "never_loaded_99.py").write_text("while True:\n    pass\n")

    def imports(x):
        import slow_to_load_99

        return slow_to_load_99.FACTOR * x

    def imports_without_end(x):
        import never_loaded_99

        return never_loaded_99.FACTOR * x

    assert run_check("99.1", imports, seconds=0.3).passed
    assert "does not come back" in run_check("99.1", imports_without_end, seconds=0.2).message


def test_a_check_that_goes_on_after_the_time_was_up_ends_at_once():
    calls = []

    def answer(x):
        calls.append(1)
        loops(x)

    @exercise("99.3", title="Goes on")
    def goes_on(submitted):
        for _ in range(100):
            with pytest.raises(expectations.LearnerError):
                submitted(1.0)

    assert "does not come back" in run_check("99.3", answer, seconds=0.2).message
    assert calls == [1]


@needs_alarm
def test_a_timer_of_somebody_else_rings_when_it_is_due_and_is_there_afterwards():
    rung = []
    usual = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(time.monotonic()))
    others = signal.setitimer(signal.ITIMER_REAL, 0.3)
    started = time.monotonic()
    try:
        outcome = run_check("99.1", loops, seconds=0.8)
        signal.setitimer(signal.ITIMER_REAL, 50.0)
        assert run_check("99.1", lambda x: 2 * x).passed
        left = signal.getitimer(signal.ITIMER_REAL)[0]
    finally:
        signal.signal(signal.SIGALRM, usual)
        signal.setitimer(signal.ITIMER_REAL, *others)
    assert "does not come back" in outcome.message
    (moment,) = rung
    assert 0.25 < moment - started < 0.7
    assert 45 < left <= 50


def test_an_interrupt_passes_through_while_the_time_runs():
    def interrupted(x):
        signal.raise_signal(signal.SIGINT)
        time.sleep(5)

    with pytest.raises(KeyboardInterrupt):
        run_check("99.1", interrupted)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@needs_alarm
def test_who_cannot_be_ended_is_told_so_before_the_kernel_hangs():
    said = []
    limit = TimeLimit(50.0, lambda filename: False, said.append)
    limit.start()
    raised = [limit.due(sys._getframe()) for _ in range(16)]
    limit.stop()
    assert raised == [True] * 12 + [False] * 4
    assert said == ["(Your function catches whatever is raised to end it. Restart the kernel.)\n"]


def test_who_stands_at_a_debugger_is_not_ended():
    def bdb_frame():
        namespace = {}
        exec(compile("def prompt(do):\n    return do()", "/usr/lib/python3/bdb.py", "exec"), namespace)
        return namespace["prompt"]

    limit = TimeLimit(50.0, lambda filename: False)
    limit.start()
    try:
        assert bdb_frame()(lambda: limit.due(sys._getframe())) is False
        assert not limit.is_up
        assert limit.due(sys._getframe()) is True
    finally:
        limit.stop()


class Elsewhere(FunctionElsewhere):
    """As the sandbox has it: a limit of its own, and values that are plain already."""

    def __call__(self, x):
        time.sleep(0.3)
        return self.value if hasattr(self, "value") else 2 * x

    def processor_seconds(self):
        return 0.0


def test_a_function_elsewhere_is_not_cut_and_its_values_are_passed_on():
    assert run_check("99.1", Elsewhere(), seconds=0.05).passed
    answer = Elsewhere()
    answer.value = object()
    assert Submitted(answer)(1.0) is answer.value


@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf, "20", True, None])
def test_a_number_of_seconds_that_is_none_is_refused(seconds):
    with pytest.raises(ValueError, match="expected a number above 0, like 20"):
        check("99.1", loops, seconds=seconds)
