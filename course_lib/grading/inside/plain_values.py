"""Plain values as bytes: what may pass between the process that marks and the process in which a student's code runs.

Numbers, texts, lists, tuples, sets, dicts and arrays pass, bounded in size and depth. Everything else passes as its
name alone. Nothing is ever unpickled: what comes out of `decode` is of exactly these types, whatever the bytes say.

This file runs on both sides, so it imports nothing of the course.
"""

import json
import math
import re
import struct
import sys

import numpy as np

MOST_BYTES = 32_000_000  # of the arrays of one message
MOST_TEXT = 2_000_000  # characters of the rest of it
MOST_VALUES = 100_000  # in all lists, tuples, sets and dicts together
MOST_DEPTH = 20  # of lists in lists
MOST_KEYS = 1_000  # of a dict or a set: keys can be made to collide, and then take time that nobody's limit counts
MOST_BITS = 1_023  # of a whole number, which is then a float too
MOST_SHOWN = 200  # characters of how a value that does not pass would be printed

_HEAD = struct.Struct("<4sIQ")  # mark, bytes of text, bytes of arrays
_MARK = b"dnn1"
_NUMBER_KINDS = "biufc"
_GENERATORS = {"PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM"}


class PlainValueError(ValueError):
    """A value that is too large, too deep, or bytes that are no plain value. The message says which."""


class Elsewhere:
    """Stands for a value that does not pass. Its class has the name of the value's class; `shown` is how it prints.

    One that can be called there is an `ElsewhereCallable` here, with the number under which the other side keeps it.
    """

    __slots__ = ("handle", "parameters", "shape", "shown")

    def __init__(self, shown="", shape=(), handle=None, parameters=()):
        self.shown, self.shape, self.handle, self.parameters = shown, shape, handle, parameters

    def __repr__(self):
        return self.shown


class ElsewhereCallable(Elsewhere):
    """A function or a class that stays where it is."""

    __slots__ = ()

    def __call__(self, *arguments, **named):
        raise TypeError("this function is elsewhere, and its process has ended")


def encode(value, keep=None):
    """The value as one message: bytes.

    Parameters
    ----------
    keep : function (callable) -> whole number under which this side keeps it, so that the other side may call it; None
        if callables pass as their name alone

    Raises
    ------
    PlainValueError : the value is larger or deeper than the limits at the top of this file
    """
    writer = _Writer(keep)
    text = json.dumps(writer.plain(value, 0)).encode("ascii")
    if len(text) > MOST_TEXT:
        raise PlainValueError(f"the values are {len(text):,} characters long; at most {MOST_TEXT:,} pass")
    return b"".join([_HEAD.pack(_MARK, len(text), writer.size), text, *writer.blobs])


def decode(message, callable_for=None):
    """The value of one message.

    Parameters
    ----------
    callable_for : function (ElsewhereCallable) -> what stands for it here; None leaves it as it is

    Raises
    ------
    PlainValueError : the bytes are no message of `encode`, whatever they are
    """
    sizes = message_sizes(message[: _HEAD.size])
    if len(message) != _HEAD.size + sum(sizes):
        raise PlainValueError(f"a message of {len(message):,} bytes says that it has {_HEAD.size + sum(sizes):,}")
    text, blob = message[_HEAD.size : _HEAD.size + sizes[0]], memoryview(message)[_HEAD.size + sizes[0] :]
    try:
        tree = json.loads(text.decode("ascii"))
        return _Reader(blob, callable_for).value(tree, 0)
    except PlainValueError:
        raise
    except Exception as error:  # whatever NumPy or Python raises on bytes that somebody made up
        raise PlainValueError(f"a message that is no plain value ({type(error).__name__})") from None


def message_sizes(head):
    """How many bytes of text and of arrays follow these first bytes. Raises PlainValueError beyond the limits."""
    if len(head) != _HEAD.size:
        raise PlainValueError("a message that is cut off")
    mark, text, blob = _HEAD.unpack(head)
    if mark != _MARK or text > MOST_TEXT or blob > MOST_BYTES:
        raise PlainValueError("a message that is none, or larger than the limits")
    return text, blob


HEAD_BYTES = _HEAD.size


class _Writer:
    def __init__(self, keep):
        self.keep, self.blobs, self.size, self.count = keep, [], 0, 0

    def plain(self, value, depth):
        self.count += 1
        if self.count > MOST_VALUES:
            raise PlainValueError(f"more than {MOST_VALUES:,} values")
        if depth > MOST_DEPTH:
            raise PlainValueError(f"lists in lists, more than {MOST_DEPTH} deep")
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return _checked_number(value)
        if kind is float:
            return value
        if kind is str:
            if len(value) > MOST_TEXT:
                raise PlainValueError(f"a text of {len(value):,} characters; at most {MOST_TEXT:,} pass")
            return value
        if kind is list:
            return [self.plain(each, depth + 1) for each in value]
        if kind in (tuple, set, frozenset):
            if kind is not tuple:
                _expect_few(value)
            return {"t": kind.__name__, "v": [self.plain(each, depth + 1) for each in value]}
        if kind is dict:
            _expect_few(value)
            pairs = [[self.plain(key, depth + 1), self.plain(each, depth + 1)] for key, each in value.items()]
            return {"t": "dict", "v": pairs}
        if value is ...:
            return {"t": "dots"}
        if kind is complex:
            return {"t": "complex", "v": [value.real, value.imag]}
        if kind is bytes:
            return {"t": "bytes", "v": value.hex()}
        if isinstance(value, np.generic):
            return self.array(np.asarray(value), scalar=True) if _passes(value.dtype) else self.elsewhere(value)
        if isinstance(value, np.ndarray):
            return self.array(np.asarray(value))
        if isinstance(value, np.random.Generator) and type(value.bit_generator).__name__ in _GENERATORS:
            return self.generator(value.bit_generator, depth)
        for base in (dict, list, tuple, set, str, float, int):  # of a subclass the plain value passes
            if isinstance(value, base):
                return self.plain(_as_plain(base, value), depth)
        return self.elsewhere(value)

    def array(self, value, scalar=False):
        if value.dtype.kind == "O":
            return {"t": "objects", "shape": list(value.shape)}
        if not _passes(value.dtype):
            return self.elsewhere(value)
        if self.size + value.nbytes > MOST_BYTES:
            raise PlainValueError(f"arrays of more than {MOST_BYTES:,} bytes")
        value = value.astype(value.dtype.newbyteorder("="), copy=False)
        self.blobs.append(value.tobytes())
        self.size += value.nbytes
        return {"t": "number" if scalar else "array", "dtype": value.dtype.str, "shape": list(value.shape)}

    def generator(self, bits, depth):
        state = self.plain(bits.state, depth + 1)
        return {"t": "generator", "name": type(bits).__name__, "state": state}

    def elsewhere(self, value):
        name, module = type(value).__name__, type(value).__module__
        shape = getattr(value, "shape", ()) if module.split(".")[0] == "torch" else ()
        found = {"t": "elsewhere", "name": str(name), "module": str(module), "shape": [int(n) for n in tuple(shape)]}
        try:
            found["shown"] = repr(value)[:MOST_SHOWN]
        except Exception:  # whatever a __repr__ of the student's raises
            found["shown"] = f"<{name}>"
        if callable(value) and self.keep is not None:
            found["handle"] = self.keep(value)
            found["parameters"] = _parameters(value)
        return found


class _Reader:
    def __init__(self, blob, callable_for):
        self.blob, self.at, self.count, self.callable_for = blob, 0, 0, callable_for

    def value(self, tree, depth):
        self.count += 1
        if self.count > 2 * MOST_VALUES or depth > MOST_DEPTH + 2:
            raise PlainValueError("more values, or deeper ones, than the limits allow")
        if tree is None or isinstance(tree, bool | float | str):
            return tree
        if isinstance(tree, int):
            return _checked_number(tree)
        if isinstance(tree, list):
            return [self.value(each, depth + 1) for each in tree]
        return getattr(self, f"read_{_word(tree['t'])}")(tree, depth)

    def read_tuple(self, tree, depth):
        return tuple(self.value(each, depth + 1) for each in tree["v"])

    def read_set(self, tree, depth):
        _expect_few(tree["v"])
        return {_hashable(self.value(each, depth + 1)) for each in tree["v"]}

    def read_frozenset(self, tree, depth):
        return frozenset(self.read_set(tree, depth))

    def read_dict(self, tree, depth):
        _expect_few(tree["v"])
        pairs = ([self.value(each, depth + 1) for each in pair] for pair in tree["v"])
        return {_hashable(key): value for key, value in pairs}

    def read_dots(self, tree, depth):
        return ...

    def read_complex(self, tree, depth):
        return complex(*map(float, tree["v"]))

    def read_bytes(self, tree, depth):
        return bytes.fromhex(tree["v"])

    def read_array(self, tree, depth):
        dtype, shape = np.dtype(str(tree["dtype"])), _shape(tree["shape"])
        if not _passes(dtype):
            raise PlainValueError("an array of a kind that does not pass")
        size = math.prod(shape) * dtype.itemsize
        if self.at + size > len(self.blob):
            raise PlainValueError("an array that is cut off")
        part = self.blob[self.at : self.at + size]
        if dtype.kind == "U" and size and (np.frombuffer(part, f"{dtype.byteorder}u4") > sys.maxunicode).any():
            raise PlainValueError("an array of texts with letters that there are not")
        self.at += size
        return np.frombuffer(part, dtype).reshape(shape).copy()

    def read_number(self, tree, depth):
        return self.read_array(tree, depth).reshape(())[()]

    def read_objects(self, tree, depth):
        shape = _shape(tree["shape"])
        self.count += math.prod(shape)  # of all such arrays together: each is small on its way here
        if self.count > 2 * MOST_VALUES:
            raise PlainValueError("too many objects in arrays")
        return np.empty(shape, object)

    def read_generator(self, tree, depth):
        if tree["name"] not in _GENERATORS:
            raise PlainValueError("a random generator of an unknown kind")
        bits = getattr(np.random, tree["name"])()
        bits.state = self.value(tree["state"], depth + 1)
        return np.random.Generator(bits)

    def read_elsewhere(self, tree, depth):
        handle = tree.get("handle")
        base = Elsewhere if handle is None else ElsewhereCallable
        words = {"__slots__": (), "__module__": ".".join(map(_word, str(tree["module"]).split(".")[:3]))}
        names = [_word(name) for name in tree.get("parameters", [])[:50]]
        kind = type(_word(tree["name"]), (base,), words)
        value = kind(str(tree["shown"])[:MOST_SHOWN], _shape(tree["shape"]), handle, tuple(names))
        if handle is None or self.callable_for is None:
            return value
        if type(handle) is not int:
            raise PlainValueError("a handle that is no whole number")
        return self.callable_for(value)


def _as_plain(base, value):
    """What a subclass of a plain type holds, read past its own methods."""
    if base is dict:
        return {key: dict.__getitem__(value, key) for key in dict.__iter__(value)}
    if base in (list, tuple, set):
        return base(base.__iter__(value))
    return {str: lambda: str.__str__(value), float: lambda: float.__float__(value), int: lambda: int.__int__(value)}[
        base
    ]()


def _checked_number(value):
    if value.bit_length() > MOST_BITS:
        raise PlainValueError("a whole number of more than 300 digits")
    return value


def _expect_few(members):
    if len(members) > MOST_KEYS:
        raise PlainValueError(f"a dict or a set of more than {MOST_KEYS:,} members")


def _passes(dtype):
    return dtype.kind in _NUMBER_KINDS or (dtype.kind == "U" and dtype.itemsize <= 4000)


def _parameters(function):
    import inspect

    try:
        return list(inspect.signature(function).parameters)[:50]
    except (TypeError, ValueError, RecursionError):
        return []


def _shape(shape):
    shape = tuple(shape)
    if len(shape) > 32 or not all(type(n) is int and 0 <= n <= MOST_BYTES for n in shape):
        raise PlainValueError("a shape that is none")
    return shape


def _word(text):
    """A name without anything that is no letter, digit or underscore, and not too long."""
    return re.sub(r"\W", "_", str(text))[:60] or "_"


def _hashable(value):
    try:
        hash(value)
    except TypeError:
        raise PlainValueError("a key or a member of a set that cannot be one") from None
    return value
