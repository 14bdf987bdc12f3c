"""Answers that are dicts of fields of a recipe, whose values are numbers, texts, booleans, None, tuples."""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import expect_dict


def alike(one, other):
    """Equal in kind and value, down to what dicts, lists and tuples hold; 0 and False are not alike.

    A value of a NumPy type is as good as the plain one that it equals, to as many digits as it has.
    """
    one, other = _plain(one), _plain(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    for fewer_digits, number in ((one, other), (other, one)):
        if type(fewer_digits) in (np.float16, np.float32) and type(number) is float:
            return bool(fewer_digits == type(fewer_digits)(number))
    return type(one) is type(other) and not isinstance(one, np.ndarray) and one == other


def _plain(value):
    """The Python value in an element of an array or in an array without an axis, but for floats of fewer digits."""
    if type(value) is np.ndarray and not value.ndim:
        value = value[()]
    kept = not isinstance(value, np.generic) or isinstance(value, np.float16 | np.float32)
    return value if kept else value.item()


def diagnose_fields(value, right, because, what):
    """Raise the Diagnosis of the known mistake that gives this very value, if one does; else return.

    `because` has pairs (wrong value, hint); one that is right for these arguments tells nothing and is passed over.
    """
    for wrong, hint in because:
        if alike(value, wrong) and not alike(wrong, right):
            raise Diagnosis(_apart(value, right, what), hint=hint)


def _apart(value, right, what):
    """The first place where two values that are not alike differ, as a sentence."""
    if not isinstance(value, dict) or not isinstance(right, dict):
        return f"{what} is {describe(value)}; expected {describe(right)}."
    missing = " and ".join([repr(key) for key in right if key not in value][:2])
    extra = " and ".join([repr(key) for key in value if key not in right][:2])
    if missing or extra:
        found = [f"lacks {missing}"] if missing else []
        found += [f"has {extra}, which does not belong there"] if extra else []
        return f"{what} {' and '.join(found)}."
    key = next(key for key in right if not alike(value[key], right[key]))
    inside = f"{what}, at {key!r}," if " at '" not in what else f"{what[:-1]} and there at {key!r},"
    return _apart(value[key], right[key], inside)


def expect_fields(value, right, what):
    """A dict with the keys of the right one, which may have none. Returns it."""
    if right:
        return expect_dict(value, right, what)
    if not isinstance(value, dict) or value:
        raise Diagnosis(
            f"{what} is {describe(value)}; expected {{}}, a dict with nothing in it.",
            hint="Did you forget `return`?" if value is None else "Where nothing is to be said the dict is empty.",
        )
    return value
