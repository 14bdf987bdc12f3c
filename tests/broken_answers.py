"""Answers and values that are broken, endless or dishonest, for the tests of the checks in a notebook."""

import sys
import time

import numpy as np

from course_lib.checks import diagnosis
from course_lib.learner import check


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
