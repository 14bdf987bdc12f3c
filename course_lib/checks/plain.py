"""Plain values out of what a learner's code gives back: of exactly Python's and NumPy's own types, bounded in size.

No method of the learner's is ever called on the way, not even `__len__` or `__repr__`: a text that says it equals
everything, a dict that lies about its keys, an array that changes when it is looked at become what they really hold,
and an object that holds none of this becomes a `NotPlain`, its class's name alone.
"""

import datetime
import decimal
import fractions
import sys

import numpy as np

from course_lib.recipe import Recipe

MOST_BYTES = 64_000_000  # of arrays together
MOST_TEXT = 1_000_000  # characters of texts together
MOST_VALUES = 100_000  # in lists, tuples, sets and dicts together
MOST_DEPTH = 20  # of lists in lists
MOST_BITS = 1023  # of a whole number: a float holds no larger one
LONGEST_NAME = 80  # characters of a class's name

_TEXT, _NUMBER_KINDS, _OTHER_KINDS = str, "biufc", "SUMm"
_PRINTED = (range, bytes, complex, fractions.Fraction, decimal.Decimal, datetime.date, datetime.timedelta)


class NotPlainValue(ValueError):
    """A value that no answer can be. The message says what it is, to follow "Your function returns"."""


class NotPlain:
    """Stands for an object that is no plain value. Its class has the name of the object's class.

    One that can be called is a `NotPlainCallable`. shape is that of a PyTorch tensor, else ().
    """

    shown, shape = "", ()

    def __repr__(self):
        return self.shown or f"<{type(self).__name__}>"


class NotPlainCallable(NotPlain):
    """Stands for a function or a class."""

    def __call__(self, *arguments, **named):
        raise TypeError("what stands for a function cannot be called")


def plain(value: object) -> object:
    """The value as plain as it can be: a copy that shares nothing with it.

    Of subclasses of str, int, float, list, tuple, dict, set and ndarray the plain value is taken. What holds none of
    them is a `NotPlain`.

    Raises
    ------
    NotPlainValue : a list that contains itself, or more than the limits at the top of this file
    """
    return _Reader().value(value, 0)


def class_name(value: object) -> str:
    """The true name of a value's class, bounded in length, whatever its metaclass says."""
    return _text(type.__dict__["__name__"].__get__(type(value)))[:LONGEST_NAME]


def plain_text(value: object, most: int = MOST_TEXT) -> str:
    """A text of the very type str, at most so long; "" of what is no text."""
    return _text(value)[:most] if issubclass(type(value), str) else ""


def _text(value):
    return str.__str__(value)  # of a subclass a plain copy, without a method of its own


class _Reader:
    def __init__(self):
        self.values, self.characters, self.bytes = 0, 0, 0
        self.around = []  # ids of the lists that hold what is being read

    def value(self, value, depth):
        kind = type(value)
        if value is None or value is ... or kind is bool or kind is Recipe:  # a recipe has no room for anything else
            return value
        self.values += 1
        if self.values > MOST_VALUES:
            raise NotPlainValue(f"more than {MOST_VALUES:,} values")
        if depth > MOST_DEPTH:
            raise NotPlainValue(f"lists in lists, more than {MOST_DEPTH} deep")
        for base, read in self.READERS:
            if issubclass(kind, base):
                return read(self, value, depth)
        return _stand_in(value)

    def array(self, value, depth):
        value = np.ndarray.view(value, np.ndarray)
        if value.dtype.kind not in f"{_NUMBER_KINDS}{_OTHER_KINDS}O":
            return _stand_in(value, f"array of {value.dtype}"[:LONGEST_NAME])
        self.bytes += value.size * value.itemsize
        if self.bytes > MOST_BYTES:
            size = f"{value.size * value.itemsize / 1e6:,.0f} MB"
            raise NotPlainValue(f"an array of shape {value.shape}, {size}, more than any answer needs")
        if value.dtype.kind != "O":
            return np.array(value, dtype=value.dtype.newbyteorder("="), order="K")
        plainer = np.empty(value.shape, dtype=object)
        for place in range(value.size):
            plainer.flat[place] = self.value(value.flat[place], depth + 1)
        return plainer

    def scalar(self, value, depth):
        if type(value).__module__ != "numpy":  # of a subclass: what NumPy itself makes of it
            value = np.generic.__array__(value)[()]
        if isinstance(value, np.str_ | np.bytes_):
            self._count_text(value)
        return _stand_in(value) if isinstance(value, np.void | np.object_) else value

    def text(self, value, depth):
        value = _text(value)
        self._count_text(value)
        return value

    def whole(self, value, depth):
        value = int.__int__(value)
        if value.bit_length() > MOST_BITS:
            digits = int(value.bit_length() * 0.30103)
            raise NotPlainValue(f"a whole number of some {digits:,} digits, larger than any float")
        return value

    def number(self, value, depth):
        return float.__float__(value)

    def sequence(self, value, depth):
        base = list if issubclass(type(value), list) else tuple
        with self._inside(value, base.__name__):
            return base([self.value(each, depth + 1) for each in base.__iter__(value)])

    def members(self, value, depth):
        base = set if issubclass(type(value), set) else frozenset
        return base([self.key(each, depth + 1) for each in base.__iter__(value)])

    def mapping(self, value, depth):
        with self._inside(value, "dict"):
            return {self.key(key, depth + 1): self.value(each, depth + 1) for key, each in dict.items(value)}

    def key(self, key, depth):
        key = self.value(key, depth)
        return _stand_in(key) if isinstance(key, np.ndarray) else key  # a key of a set or a dict can be hashed

    READERS = (
        (np.ndarray, array),
        (np.generic, scalar),
        (str, text),
        (int, whole),
        (float, number),
        (list, sequence),
        (tuple, sequence),
        (dict, mapping),
        (set, members),
        (frozenset, members),
    )

    def _count_text(self, text):
        self.characters += len(text)
        if self.characters > MOST_TEXT:
            raise NotPlainValue(f"a text of {len(text):,} characters, more than any answer needs")

    def _inside(self, value, name):
        return _Inside(self.around, value, name)


class _Inside:
    """While a list is read, it must not be met again in what it holds."""

    def __init__(self, around, value, name):
        self.around, self.value, self.name = around, value, name

    def __enter__(self):
        if id(self.value) in self.around:
            raise NotPlainValue(f"a {self.name} that contains itself")
        self.around.append(id(self.value))

    def __exit__(self, *exception):
        self.around.pop()


def _stand_in(value, name=None):
    kind = type(value)
    name = name or (
        "type" if issubclass(kind, type) else class_name(value)
    )  # a class, whatever its metaclass is called
    module = plain_text(type.__dict__["__module__"].__get__(kind))
    base = NotPlainCallable if callable(value) else NotPlain
    stand_in = type(name, (base,), {"__module__": module})()
    if kind in _PRINTED:
        stand_in.shown = repr(value)[:LONGEST_NAME]
    torch = sys.modules.get("torch")
    if torch is not None and kind in (torch.Tensor, torch.nn.Parameter):
        stand_in.shape = tuple(value.shape)
    return stand_in
