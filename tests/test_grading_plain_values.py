"""What passes between marking and a student's process: plain values, and nothing else whatever the bytes say."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.checks.diagnosis import kind_of
from course_lib.grading.inside import plain_values
from course_lib.grading.inside.plain_values import Elsewhere, PlainValueError, decode, encode

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)
DTYPES = ["f8", "f4", "f2", "i8", "i4", "u1", "?", "c16", "U3"]


def same(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray | np.generic):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return one == other or (one != one and other != other)


@given(PLAIN)
def test_plain_values_come_out_as_they_went_in(value):
    assert same(decode(encode(value)), value)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0), (2, 3, 4)])
def test_arrays_and_numbers_of_every_kind(dtype, shape):
    array = np.arange(int(np.prod(shape)), dtype="i8").reshape(shape).astype(dtype)
    assert same(decode(encode([array, array])), [array, array])
    if array.size:
        number = array.ravel()[0]
        assert same(decode(encode(number)), number)


def test_an_array_with_gaps_turned_axes_or_swapped_bytes_is_plain_on_the_other_side():
    array = np.arange(12.0).reshape(3, 4)
    for odd in (array.T, array[::2, ::-1], np.broadcast_to(1.0, (2, 3)), array.astype(">f8")):
        back = decode(encode(odd))
        assert type(back) is np.ndarray and back.dtype == np.float64 and np.array_equal(back, odd)
        back[...] = 0  # its own memory, to write to


def test_what_is_decoded_is_a_plain_array_also_of_a_subclass():
    class Yes(np.ndarray):
        def __array_function__(self, function, types, arguments, named):
            return True

        def __eq__(self, other):
            return True

    back = decode(encode(np.zeros(3).view(Yes)))
    assert type(back) is np.ndarray and not np.array_equal(back, np.ones(3))


def test_subclasses_of_plain_types_pass_as_what_they_hold():
    class Text(str):
        def __eq__(self, other):
            return True

        __hash__ = str.__hash__

    class Long(list):
        def __iter__(self):
            return iter([1, 2, 3])

    back = decode(encode([Text("a"), Long([7])]))
    assert back == ["a", [7]] and type(back[0]) is str and type(back[1]) is list


def test_a_random_generator_goes_on_where_it_was():
    rng = np.random.default_rng(3)
    rng.normal(size=5)
    assert np.array_equal(decode(encode(rng)).normal(size=4), rng.normal(size=4))


def test_everything_else_passes_as_its_name():
    class Odd:
        def __repr__(self):
            return "odd" * 1000

    class Raises:
        def __repr__(self):
            raise ValueError

    odd, raises, function = decode(encode([Odd(), Raises(), print]))
    assert isinstance(odd, Elsewhere) and kind_of(odd) == "an Odd"
    assert len(repr(odd)) == plain_values.MOST_SHOWN and repr(raises) == "<Raises>"
    assert kind_of(function) == "a function" and not callable(function)


def test_a_callable_passes_with_the_number_under_which_it_is_kept():
    kept = []

    def keep(function):
        kept.append(function)
        return 41 + len(kept)

    found = []
    decode(encode(lambda x, y: 0, keep=keep), callable_for=found.append)
    assert (found[0].handle, found[0].parameters, kind_of(found[0])) == (42, ("x", "y"), "a function")


@pytest.mark.parametrize(
    "value",
    [
        [0] * (plain_values.MOST_VALUES + 1),
        "x" * (plain_values.MOST_TEXT + 1),
        np.zeros(plain_values.MOST_BYTES // 8 + 1),
        10**2000,
    ],
    ids=["list", "text", "array", "number"],
)
def test_what_is_too_large_is_refused_and_says_so(value):
    with pytest.raises(PlainValueError, match=r"\d"):
        encode(value)


def test_what_is_too_deep_is_refused():
    ring = []
    ring.append(ring)
    with pytest.raises(PlainValueError, match="deep"):
        encode(ring)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_plain_value_or_an_error_that_says_so(data):
    head = struct.pack("<4sIQ", b"dnn1", len(data), 0)
    for message in (data, head + data):
        with pytest.raises(PlainValueError):
            plain_values_of(message)


def plain_values_of(message):
    value = decode(message)
    if isinstance(value, int | float | str | bool | list | None):  # bytes that happen to be JSON
        raise PlainValueError("plain")


HOSTILE = [
    '{"t": "array", "dtype": "O", "shape": [2]}',
    '{"t": "array", "dtype": "<f8", "shape": [1000000000, 1000000000]}',
    '{"t": "array", "dtype": "<f8", "shape": [-1]}',
    '{"t": "array", "dtype": "V8", "shape": [1]}',
    '{"t": "array", "dtype": "[(\'a\', \'O\')]", "shape": [1]}',
    '{"t": "number", "dtype": "U99999999", "shape": []}',
    '{"t": "__init__"}',
    '{"t": "value"}',
    '{"t": ["tuple"]}',
    '{"v": 1}',
    '{"t": "tuple", "v": 3}',
    '{"t": "dict", "v": [[[1], 2]]}',
    '{"t": "dict", "v": [[1]]}',
    '{"t": "set", "v": [[]]}',
    '{"t": "objects", "shape": [1000000, 1000000]}',
    '{"t": "generator", "name": "__class__", "state": 1}',
    '{"t": "generator", "name": "PCG64", "state": {"t": "dict", "v": []}}',
    '{"t": "elsewhere", "name": "x", "module": "m", "shape": "x", "shown": ""}',
    '{"t": "elsewhere", "name": "x", "module": "m", "shape": [], "shown": "", "handle": "0; import os"}',
    '{"t": "bytes", "v": "zz"}',
    '{"t": "complex", "v": ["x"]}',
    "[" * 50_000 + "]" * 50_000,
    "9" * 5_000,
    "[1, 2",
    "nul",
    "é",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:40])
def test_a_forged_message_is_refused(text):
    data = text.encode("utf-8")
    with pytest.raises(PlainValueError):
        decode(struct.pack("<4sIQ", b"dnn1", len(data), 0) + data, callable_for=lambda value: value)


def test_a_forged_size_is_refused_before_anything_is_read():
    with pytest.raises(PlainValueError):
        plain_values.message_sizes(struct.pack("<4sIQ", b"dnn1", 2**31, 0))
    with pytest.raises(PlainValueError):
        plain_values.message_sizes(struct.pack("<4sIQ", b"dnn1", 3, 2**62))
    with pytest.raises(PlainValueError):
        plain_values.message_sizes(b"dnn")


def test_a_name_is_never_markup_or_code():
    text = '{"t": "elsewhere", "name": "<script>", "module": "os; x", "shape": [], "shown": "<b>"}'
    value = decode(struct.pack("<4sIQ", b"dnn1", len(text), 0) + text.encode())
    assert type(value).__name__ == "_script_" and type(value).__module__ == "os__x"
