"""Broken, endless and dishonest answers in a notebook: each is a card, within seconds and of bounded length.

What nobody can stop in one process (frames, the garbage collector, `os._exit`, `sum` over an endless iterator) is not
here: marking runs elsewhere.
"""

import collections
import ctypes
import enum
import itertools
import re
import sys
import time
import types

import numpy as np
import pytest

from broken_answers import (
    AlwaysEqual,
    BadArray,
    BadCall,
    BadCompare,
    BadLength,
    BadRepr,
    BadShape,
    EndlessRepr,
    EqualAmong,
    EqualArray,
    EqualList,
    EqualNumber,
    EqualText,
    EqualWhole,
    HugeRepr,
    LazyProxy,
    Long,
    LyingDict,
    LyingText,
    NoTraceback,
    OfMeta,
    OwnBase,
    OwnInterrupt,
    SilentText,
    checks_again,
    cyclic_dict,
    cyclic_list,
    deep_list,
    fakes_place,
    fills_memory,
    loops,
    lowers_the_limit_of_recursion,
    raises,
    raises_from_the_course,
    recurses,
    stops_iteration,
)
from course_lib.checks import CheckFailed, diagnosis, exercises, run_check
from course_lib.checks.cards import card_html, card_text
from course_lib.checks.expectations import expect_dict, expect_number
from course_lib.checks.plain import NotPlain, NotPlainValue, plain
from course_lib.checks.registry import exercise
from course_lib.checks.time_limit import TimeIsUp
from course_lib.learner import check

pytestmark = [pytest.mark.timeout(60), pytest.mark.usefixtures("double_exercise")]

MOST_CARD = 3_500  # characters of a card's text


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
