"""Broken, endless and dishonest answers in a notebook: each is a card, within seconds and of bounded length.

What nobody can stop in one process (frames, the garbage collector, `os._exit`, `sum` over an endless iterator) is not
here: marking runs elsewhere.
"""

import builtins
import collections
import ctypes
import enum
import io
import itertools
import math
import re
import signal
import sys
import threading
import time
import types

import numpy as np
import pytest

from course_lib.checks import CheckFailed, check, diagnosis, exercises, expectations, registry, run_check, verdict
from course_lib.checks.cards import card_html, card_text
from course_lib.checks.expectations import expect_choice, expect_close, expect_dict, expect_number
from course_lib.checks.kept import Kept
from course_lib.checks.plain import NotPlain, NotPlainValue, plain
from course_lib.checks.registry import exercise
from course_lib.checks.submission import FunctionElsewhere, Submitted
from course_lib.checks.time_limit import TimeIsUp, TimeLimit

pytestmark = pytest.mark.timeout(60)

MOST_CARD = 3_500  # characters of a card's text
needs_alarm = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer that interrupts")


@pytest.fixture(autouse=True)
def double_exercise(monkeypatch):
    """Exercises 99.1, to double an array, and 99.2, the value "relu", in a registry that ends with the test."""
    exercises()
    monkeypatch.setattr(registry, "_exercises", dict(registry._exercises))

    @exercise("99.1", title="Double")
    def double(submitted):
        expect_close(submitted(np.array([1.0, 2.0])), np.array([2.0, 4.0]))

    @exercise("99.2", title="The name of an activation", kind="value")
    def name(value):
        expect_choice(value, ["relu"])


class AlwaysEqual:
    """Says yes to whatever is asked."""

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return 0


class EqualText(AlwaysEqual, str):
    __hash__ = str.__hash__


class EqualAmong(str):
    """A text that says it equals each of some names."""

    def __new__(cls, names):
        made = super().__new__(cls, "no")
        made.names = names
        return made

    def __eq__(self, other):
        return str.__str__(other) in self.names

    def __ne__(self, other):
        return not self == other

    __hash__ = str.__hash__


class EqualNumber(AlwaysEqual, float):
    def __float__(self):
        return 2.0

    def __sub__(self, other):
        return 0.0


class EqualWhole(AlwaysEqual, int):
    def __index__(self):
        return 2


class EqualList(AlwaysEqual, list):
    def __iter__(self):
        return iter([2.0, 4.0])

    def __len__(self):
        return 2

    def __getitem__(self, place):
        return 2.0


class EqualArray(AlwaysEqual, np.ndarray):
    def __array_function__(self, function, types, arguments, named):
        return True

    def __array_ufunc__(self, *arguments, **named):
        return np.True_

    def all(self, *arguments, **named):
        return True

    @property
    def shape(self):
        return (2,)


class LyingDict(dict):
    def __getitem__(self, key):
        return np.array([2.0, 4.0])

    def __contains__(self, key):
        return True

    def keys(self):
        return ["a"]

    def __len__(self):
        return 1

    def __iter__(self):
        return iter(["a"])


class LazyProxy:
    """Passes every look on to a right value, and says that it is one."""

    def __init__(self, value):
        object.__setattr__(self, "value", value)

    @property
    def __class__(self):
        return np.ndarray

    def __getattr__(self, name):
        return getattr(object.__getattribute__(self, "value"), name)


class BadArray:
    def __array__(self, *arguments, **named):
        while True:
            pass


class BadLength(list):
    def __len__(self):
        raise ZeroDivisionError


class BadRepr:
    def __repr__(self):
        raise SystemExit


class EndlessRepr:
    def __repr__(self):
        while True:
            pass


class HugeRepr:
    def __repr__(self):
        return "x" * 10_000_000


class BadShape:
    ndim = property(lambda self: 1 / 0)
    shape = property(lambda self: 1 / 0)
    __module__ = "torch"


class BadCompare:
    def __eq__(self, other):
        raise KeyError

    __hash__ = None


class Meta(type):
    @property
    def __name__(cls):
        raise SystemExit

    def __instancecheck__(cls, value):
        return True


class OfMeta(metaclass=Meta):
    pass


def cyclic_list():
    value = [1.0]
    value.append(value)
    return value


def cyclic_dict():
    value = {}
    value["itself"] = [value]
    return value


def deep_list():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


Long = type("L" * 1_000_000, (), {})

VALUES = {  # name -> (value for the array [2, 4], words of the card)
    "a text equal to everything": (EqualText("no"), "a text (str): 'no'"),
    "a number equal to everything": (EqualNumber(7), "a number: 7"),
    "a whole number equal to everything": (EqualWhole(7), "a number: 7"),
    "a list with other values inside": (EqualList([1]), "a list of 1 value: [1]"),
    "an array equal to everything": (np.ones(2).view(EqualArray), "[1, 1]; expected [2, 4]"),
    "an array of a lying shape": (np.ones(3).view(EqualArray), "has shape (3,)"),
    "a dict with lying keys": (LyingDict(b=1), "a dict of 1 value: {'b': 1}"),
    "an object equal to everything": (AlwaysEqual(), "an AlwaysEqual; expected a NumPy array"),
    "a lazy proxy with a lying class": (LazyProxy(np.array([2.0, 4.0])), "a LazyProxy; expected a NumPy array"),
    "an endless __array__": (BadArray(), "a BadArray"),
    "a __len__ that raises": (BadLength([1]), "a list of 1 value"),
    "a __repr__ that exits": (BadRepr(), "a BadRepr"),
    "an endless __repr__": (EndlessRepr(), "an EndlessRepr"),
    "a __repr__ of 10 MB": (HugeRepr(), "a HugeRepr"),
    "a __repr__ inside of a list": ([EndlessRepr()], "a list of 1 value"),
    "attributes that raise": (BadShape(), "a BadShape"),
    "an __eq__ that raises": (BadCompare(), "a BadCompare"),
    "a class whose name raises": (OfMeta(), "an OfMeta"),
    "a class with a name of 1 MB": (Long(), "a LLLL"),
    "a cyclic list": (cyclic_list(), "returns a list that contains itself"),
    "a cyclic dict": (cyclic_dict(), "returns a dict that contains itself"),
    "a list 100,000 deep": (deep_list(), "more than 20 deep"),
    "a list of a million": ([0.0] * 1_000_000, "more than 100,000 values"),
    "a text of 10 MB": ("x" * 10_000_000, "a text of 10,000,000 characters"),
    "an array of 4.8 GB": (np.broadcast_to(1.0, (600, 1_000_000)), "shape (600, 1000000), 4,800 MB"),
    "a whole number of a million digits": (1 << 3_400_000, "digits, larger than any float"),
    "an array of objects": (np.array([AlwaysEqual(), EndlessRepr()]), "an array of object"),
    "an array of records": (np.zeros(2, dtype="f8,f8"), "expected a NumPy array"),
    "an array of texts": (np.array(["2", "4"]), "an array of <U1"),
    "a generator without an end": (itertools.count(2.0), "a count"),
    "a function": (lambda: 2.0, "You return a function"),
    "a class": (dict, "a class"),
    "a deque": (collections.deque([2.0, 4.0]), "a deque"),
    "a buffer": (memoryview(b"24"), "a memoryview"),
    "a member of an enumeration": (enum.Enum("Letter", "a").a, "a Letter"),
    "a range": (range(2, 5, 2), "a range: range(2, 5, 2)"),
    "dots": (..., "an ellipsis"),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_broken_or_lying_value_is_named_as_what_it_is(name):
    value, words = VALUES[name]
    started = time.monotonic()
    outcome = run_check("99.1", lambda x: value)
    assert time.monotonic() - started < 5
    assert outcome.status == "failed", outcome
    assert words in f"{outcome.message} {outcome.hint}"
    assert len(card_text(outcome)) < MOST_CARD


class OwnBase(BaseException):
    pass


class SilentText(Exception):
    def __str__(self):
        raise OwnBase


class EndlessText(Exception):
    def __str__(self):
        while True:
            pass


class LyingText(Exception):
    def __str__(self):
        class Text(str):
            def __len__(self):
                return 3

            def __getitem__(self, place):
                raise SystemExit

        return Text("lies")


class NoTraceback(Exception):
    __traceback__ = property(lambda self: 1 / 0)


class OwnInterrupt(KeyboardInterrupt):
    pass


def raises(error):
    def answer(x):
        raise error() if isinstance(error, type) else error

    return answer


def fills_memory(x):
    return np.ones(10**15)


def recurses(x):
    return [recurses(x)]


def lowers_the_limit_of_recursion(x):
    sys.setrecursionlimit(sys.getrecursionlimit() // 2)
    return recurses(x)


def raises_from_the_course(x):
    raise diagnosis.Diagnosis(EndlessRepr(), hint=7)


def stops_iteration(x):
    raise StopIteration(3)


def fakes_place(x):
    exec(compile("1 / 0", "/dev/zero", "exec"))


def checks_again(x):
    check("99.1", checks_again)


class BadCall:
    def __call__(self, x):
        raise OwnBase("called")

    @property
    def __signature__(self):
        raise SystemExit


RAISES = {  # name -> (answer, words of the card)
    "GeneratorExit": (raises(GeneratorExit), "stopped with GeneratorExit"),
    "a BaseException of one's own": (raises(OwnBase("mine")), "stopped with OwnBase: mine"),
    "BaseExceptionGroup": (raises(BaseExceptionGroup("several", [GeneratorExit()])), "BaseExceptionGroup: several"),
    "an interrupt of one's own": (raises(OwnInterrupt), "stopped with OwnInterrupt"),
    "SystemExit": (raises(SystemExit), "ends the program"),
    "StopIteration": (stops_iteration, "stopped with StopIteration: 3"),
    "a __str__ that raises": (raises(SilentText), "an exception that cannot be printed"),
    "a __str__ that lies": (raises(LyingText), "LyingText: lies"),
    "a text of 50 MB": (raises(ValueError("y" * 50_000_000)), "(50,000,000 characters)"),
    "a text of 10,000 lines": (raises(ValueError("z\n" * 10_000)), "(20,000 characters)"),
    "a traceback that raises": (raises(NoTraceback), "stopped with AttributeError"),
    "MemoryError": (fills_memory, "Is an array larger"),
    "recursion at the limit": (recurses, "stopped with RecursionError"),
    "a lower limit of recursion": (lowers_the_limit_of_recursion, "stopped with RecursionError"),
    "a Diagnosis of one's own": (raises_from_the_course, ""),
    "a file that never ends": (fakes_place, "ZeroDivisionError"),
    "a check inside of itself": (checks_again, "stopped with"),
    "an object that is called": (BadCall(), "stopped with OwnBase: called"),
}


@pytest.mark.parametrize("name", RAISES)
def test_whatever_is_raised_is_a_card_and_leaves_nothing_behind(name):
    answer, words = RAISES[name]
    limit = sys.getrecursionlimit()
    started = time.monotonic()
    outcome = run_check("99.1", answer)
    assert time.monotonic() - started < 20
    assert outcome.status == "failed", outcome
    assert words in f"{outcome.message} {outcome.hint}"
    assert len(card_text(outcome)) < MOST_CARD
    assert len(card_text(outcome).splitlines()) < 40
    assert sys.getrecursionlimit() == limit


# Time


def loops(x):
    while True:
        pass


def sleeps(x):
    time.sleep(1000)


def swallows(x):
    while True:
        try:  # noqa: SIM105
            time.sleep(1000)
        except BaseException:
            pass


def swallows_and_answers(x):
    try:
        time.sleep(1000)
    except BaseException:
        return 2 * x


def waits_in_finally(x):
    try:
        time.sleep(1000)
    finally:
        time.sleep(1000)


def catches_exceptions(x):
    while True:
        try:  # noqa: SIM105
            sum(range(1000))
        except Exception:
            pass


def is_slow(x):
    time.sleep(0.3)
    return 2 * x


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
    assert outcome.place.endswith("of test_checks_hostile.py")
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


# Values that are asked for


@pytest.mark.parametrize("value", [EqualText("no"), LazyProxy("relu"), AlwaysEqual(), cyclic_list(), EndlessRepr()])
def test_a_value_that_only_claims_to_be_right_does_not_pass(value):
    outcome = run_check("99.2", value)
    assert outcome.status == "failed", outcome
    assert run_check("99.2", "relu").passed


@pytest.mark.parametrize("number", ["3.10", "5.8", "6.7"])
def test_a_text_equal_to_every_name_does_not_pass(number):
    (each,) = [each for each in exercises(int(number[0])) if each.number == number]
    right = sys.modules[each.check.__module__].ANSWERS
    assert run_check(number, lambda: right).passed
    lies = tuple(EqualAmong({str(pair[place]) for pair in right.values()}) for place in (0, 1))
    assert run_check(number, lambda: dict.fromkeys(right, lies)).status == "failed"
    for wrong in (EqualText("overfits"), EqualText("one_run_each"), AlwaysEqual()):
        assert run_check(number, lambda wrong=wrong: dict.fromkeys(right, (wrong, wrong))).status == "failed"


@pytest.mark.parametrize("value", [EqualList([1]), EndlessRepr, np.broadcast_to(0.0, (10**9,)), BadRepr(), "x" * 10**7])
def test_what_is_passed_in_place_of_the_function_is_named(value):
    value = value() if value is EndlessRepr else value
    outcome = run_check("99.1", value)
    assert outcome.status == "failed", outcome
    assert "needs the function itself" in outcome.message


ODD = {
    "complex": np.array([1j, 2.0]),
    "objects": np.array([None, [1]], dtype=object),
    "moments": np.array(["2020-01-01"], dtype="M8[D]"),
    "texts": np.array(["a", "b"]),
    "no rows": np.zeros((0, 3)),
    "no axis": np.array(3.0),
    "many axes": np.zeros((1,) * 9),
    "float16": np.float16(np.inf),
    "NumPy's text": np.str_("relu"),
    "bytes": b"relu",
    "a set": {1, "a", None},
    "a large whole number": 10**300,
    "a whole number beyond int64": 2**70,
    "keys of all kinds": {1: 2, None: 3, (1, 2): {}, "a": []},
    "an object": AlwaysEqual(),
    "pairs": [(1, 2), (3,)],
    "nested": [[[[1.0]]]],
    "an empty text": "",
    "lines": "a\nb",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ODD)
def test_an_odd_value_never_breaks_the_check_of_an_exercise(name):
    for each in exercises():
        if each.chapter < 90:
            for value in (ODD[name], (ODD[name],) * 2, [ODD[name]] * 3):
                outcome = run_check(each.number, lambda *given, value=value, **named: value)
                assert outcome.status == "failed", (each.number, outcome)
                assert len(card_text(outcome)) < MOST_CARD


# What is replaced


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


# Inputs that come back changed


@pytest.mark.parametrize(
    "change",
    [
        lambda given: given.update(extra=AlwaysEqual()),
        lambda given: given.update(rate=EqualNumber(3)),
        lambda given: given.update(x=LazyProxy(np.ones(2))),
        lambda given: given.update(names=EqualList([1])),
        lambda given: (given.pop("rate"), given.__setitem__(EqualText("rate"), 0.5)),
        lambda given: given["names"].append(given),
    ],
)
def test_an_input_that_only_claims_to_be_the_same_is_changed(change):
    @exercise("99.3", title="Fields")
    def fields(submitted):
        submitted({"rate": 0.5, "x": np.ones(2), "names": ["a"]})

    outcome = run_check("99.3", change)
    assert outcome.status == "failed"
    assert "changes its input" in outcome.message


def test_the_name_of_an_input_is_read_without_calling_the_learners_object():
    class CallsElsewhere(BadCall):
        def __call__(self, x):
            x += 1

    outcome = run_check("99.1", CallsElsewhere())
    assert "changes its input number 1" in outcome.message


# Plain values


def test_plain_values_are_of_pythons_own_types_and_share_nothing():
    class Pair(tuple):
        __slots__ = ()

    given = {
        EqualText("k"): [EqualNumber(2), EqualWhole(3), True, None],
        "pair": Pair((1, np.float64(2))),
        "set": {1, "a"},
        "array": np.arange(3.0).view(EqualArray),
    }
    found = plain(given)
    assert [type(key) for key in found] == [str] * 4
    assert [type(each) for each in found["k"]] == [float, int, bool, type(None)]
    assert found["k"][:2] == [2.0, 3]
    assert (type(found["pair"]), type(found["pair"][1])) == (tuple, np.float64)
    assert found["set"] == {1, "a"}
    assert type(found["array"]) is np.ndarray
    given["array"][0] = 9
    assert found["array"][0] == 0


def test_a_number_of_a_subclass_of_numpys_is_plain():
    class Number(np.float64):
        def __eq__(self, other):
            return True

        __hash__ = np.float64.__hash__

    found = plain(Number(3))
    assert type(found) in (float, np.float64)
    assert found == 3
    assert not found == 4  # noqa: SIM201  __eq__ itself is what is tested


def test_a_list_that_stands_twice_in_another_is_no_cycle():
    inner = [1]
    assert plain([inner, inner, {"a": inner}]) == [[1], [1], {"a": [1]}]


def test_texts_and_arrays_count_together():
    with pytest.raises(NotPlainValue, match="a text of 600,000 characters"):
        plain(["x" * 600_000, "y" * 600_000])
    with pytest.raises(NotPlainValue, match=r"an array of shape \(5000000,\), 40 MB"):
        plain([np.zeros(5_000_000), np.zeros(5_000_000)])


def test_what_stands_for_an_object_is_said_as_the_object_would_be():
    import torch

    for value, kind in (
        (torch.zeros(2, 3), "a PyTorch tensor of shape (2, 3)"),
        (len, "a function"),
        (dict, "a class"),
        (OfMeta, "a class"),
        (object(), "an object"),
        (types.SimpleNamespace(), "a SimpleNamespace"),
    ):
        found = plain(value)
        assert isinstance(found, NotPlain)
        assert diagnosis.kind_of(found) == kind
        assert diagnosis.describe(found) == kind


def test_expectations_read_the_true_class_of_what_they_are_given_directly():
    for value in (LazyProxy(np.ones(2)), BadShape(), OfMeta()):
        assert diagnosis.kind_of(value).startswith(("a ", "an "))
    with pytest.raises(diagnosis.Diagnosis):
        expect_number(plain(LazyProxy(2.0)))
    with pytest.raises(diagnosis.Diagnosis):
        expect_dict(plain(LyingDict(b=1)), ["a"])


# Cards


def test_a_card_is_bounded_whatever_a_check_says():
    @exercise("99.3", title="Says much")
    def says_much(submitted):
        raise diagnosis.Diagnosis("m" * 10**6, hint="h\n" * 10**5, look="l" * 10**6)

    outcome = run_check("99.3", loops)
    assert len(card_text(outcome)) < MOST_CARD
    assert len(re.sub("<[^>]*>", "", card_html(outcome))) < 2 * MOST_CARD


def test_a_card_of_a_failed_exercise_gives_no_mistake_of_the_course_for_an_object_of_the_learners():
    for value, _ in VALUES.values():
        with pytest.raises(CheckFailed) as caught:
            check("99.1", lambda x, value=value: value)
        assert "mistake of the course" not in str(caught.value)


def test_the_exception_of_a_limit_is_none_that_a_learner_catches():
    assert not issubclass(TimeIsUp, Exception)
    assert ctypes.pythonapi.PyThreadState_SetAsyncExc is not None
