"""What checks expect of an answer. Each function returns quietly, or raises a Diagnosis that says what is wrong.

`what` names the value in the diagnosis, as the start of a sentence: what="The output for x = (3, 4)".
"""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe, kind_of, number_text
from course_lib.checks.submission import LearnerError, Submitted

WHAT = "The result"
ROUNDING = {"rtol": 1e-5, "atol": 1e-6}  # for `expect_close`: an answer computed in float32 is as good


def call(submitted, *arguments, may_nudge_input=False, **named):
    """Call the learner's function on fresh copies; a changed input is a Diagnosis. `check` does this for every call.

    For use where a check is called directly with a bare function.
    """
    if type(submitted) is not Submitted:
        submitted = Submitted(submitted, may_nudge_input)
    return submitted(*arguments, **named)


def expect_number(value, what=WHAT):
    """A finite number: an int, a float, a NumPy number, or an array of no dimension. Returns it as a float."""
    _expect_something(value, what, "a number")
    if isinstance(value, bool | np.bool_ | str):
        raise Diagnosis(f"{what} is {describe(value)}; expected a number.")
    if isinstance(value, np.ndarray) and value.size == 1 and value.ndim:
        raise Diagnosis(
            f"{what} is {describe(value)}; expected a plain number.",
            hint="Take the one value out of it: `value[0]`, or `value.item()`.",
        )
    if isinstance(value, np.ndarray) and value.ndim:
        raise Diagnosis(f"{what} is {describe(value)}; expected one number.", hint="Is a sum or a mean still missing?")
    if not isinstance(value, int | float | np.number | np.ndarray) or np.iscomplexobj(value):
        raise Diagnosis(f"{what} is {describe(value)}; expected a number.", hint=_conversion(value, "float"))
    _expect_finite(np.asarray(value, dtype=float), what)
    return float(value)


def expect_array(value, shape=None, finite=True, kind="number", what=WHAT):
    """A NumPy array of this shape and kind. Returns it.

    Parameters
    ----------
    shape : tuple with the length of each axis, None in it for any length; None as a whole for any shape
    finite : no nan and no inf in it
    kind : "number", "float" (decimal numbers, not whole ones), "integer" or "boolean"
    """
    _expect_something(value, what, "an array" if shape is None else f"an array of shape {shape}")
    if not isinstance(value, np.ndarray):
        raise Diagnosis(f"{what} is {describe(value)}; expected a NumPy array.", hint=_conversion(value, "array"))
    if shape is not None:
        _expect_shape(value, tuple(shape), what)
    kinds = {"number": "iuf", "float": "f", "integer": "iu", "boolean": "b"}
    if value.dtype.kind not in kinds[kind]:
        wanted = {"number": "numbers", "float": "decimal numbers", "integer": "whole numbers", "boolean": "booleans"}
        raise Diagnosis(f"{what} is an array of {value.dtype}; expected {wanted[kind]}.", hint=_dtype_hint(value, kind))
    if finite:
        _expect_finite(value, what)
    return value


def expect_close(value, expected, rtol=1e-6, atol=1e-9, what=WHAT, because=()):
    """The expected number or array, up to rounding.

    Parameters
    ----------
    expected : a number or an array; the value must be of the same kind and shape
    rtol, atol : the value may be off by atol + rtol * |expected|
    because : pairs (wrong value, hint): what a known mistake gives, and what to say then; `mistakes.known` has them.
        Looked at only where the value is not right
    """
    _expect_something(value, what, f"{_short(expected)}")
    fault = _fault(value, np.asarray(expected), rtol, atol, what)
    if fault:
        diagnose(value, expected, because, rtol, atol, what)
        raise fault


def _fault(value, expected, rtol, atol, what):
    """The Diagnosis of a value that is not right, without knowing any mistake; None for a right one."""
    try:
        if expected.ndim:
            value = expect_array(value, expected.shape, finite=bool(np.isfinite(expected).all()), what=what)
        else:
            value = np.asarray(expect_number(value, what=what))
    except Diagnosis as diagnosis:
        return diagnosis
    if np.allclose(value, expected, rtol=rtol, atol=atol):
        return None
    hint = _pattern(value, expected, rtol, atol)
    return Diagnosis(_difference(value, expected, rtol, atol, what), hint, differs=True)


def diagnose(value, expected, because, rtol=1e-6, atol=1e-9, what=WHAT):
    """Raise the Diagnosis of the known mistake that gives this value, if one does; else return.

    `because` has pairs (wrong value, hint). A wrong value that equals the expected one is passed over.
    """
    for wrong, hint in because:
        if _equal(value, wrong, rtol, atol) and not _equal(wrong, expected, rtol, atol):
            value, expected = np.asarray(value), np.asarray(expected)
            look = _look(value, expected, rtol, atol)
            raise Diagnosis(_difference(value, expected, rtol, atol, what), hint=hint, look=look)


def plain_number(value):
    """The value, or the number in it when it is an array of one element, which is as good an answer."""
    return value.item() if isinstance(value, np.ndarray) and value.size == 1 else value


def plain_array(value):
    """The value, or an array of it when it is a list or a tuple of numbers, which is as good an answer."""
    try:
        return np.array(value, dtype=float) if isinstance(value, list | tuple) else value
    except (TypeError, ValueError):
        return value


def expect_numbers(value, names, what=WHAT, each="The "):
    """Numbers that are returned together: as a tuple, as a list or as an array. Returns them as an array.

    `each` begins the sentence about one of them, and its name follows.
    """
    value = tuple(value) if isinstance(value, np.ndarray) and value.ndim == 1 else value
    values = expect_tuple(value, len(names), what, names)
    return np.array([expect_number(one, f"{each}{name}") for one, name in zip(values, names, strict=True)])


def expect_tuple(value, length, what=WHAT, names=(), *, returned=True):
    """Several values that the function returns together, or, with returned=False, that stand together inside of what it
    returns. Returns them as a tuple.
    """
    listed = f" ({', '.join(names)})" if names else ""
    _expect_something(value, what, f"{length} values{listed}")
    if not isinstance(value, tuple | list) or len(value) != length:
        together = ", ".join(names)
        hint = f"Return them together: `return {together}`." if returned else f"Write them together: `({together})`."
        raise Diagnosis(f"{what} is {describe(value)}; expected {length} values{listed}.", hint=hint if names else "")
    return tuple(value)


def expect_dict(value, keys, what=WHAT):
    """A dict with exactly these keys. Returns it."""
    _expect_something(value, what, f"a dict with {', '.join(map(repr, keys))}")
    if not isinstance(value, dict):
        raise Diagnosis(f"{what} is {describe(value)}; expected a dict with {', '.join(map(repr, keys))}.")
    missing = [key for key in keys if key not in value]
    extra = [key for key in value if key not in keys]
    if missing or extra:
        found = [f"lacks {', '.join(map(repr, missing))}"] if missing else []
        found += [f"has {', '.join(map(repr, extra))} besides"] if extra else []
        raise Diagnosis(f"{what} {' and '.join(found)}; expected the keys {', '.join(map(repr, keys))}.")
    return value


def expect_choice(value, choices, what=WHAT):
    """One of the choices (texts, numbers or booleans), spelled as they are. Returns the choice.

    An equal value of a NumPy type is as good: `np.str_("relu")`, `np.float32(0.2)`.
    """
    _expect_something(value, what, f"one of {', '.join(map(repr, choices))}")
    plain = value[()] if isinstance(value, np.ndarray) and not value.ndim else value
    for choice in choices:
        if _is_choice(plain, choice):
            return choice
    raise Diagnosis(f"{what} is {describe(value)}; expected one of {', '.join(map(repr, choices))}.")


def _is_choice(value, choice):
    if isinstance(choice, bool | str):
        return type(value) in ((bool, np.bool_) if isinstance(choice, bool) else (str, np.str_)) and value == choice
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool) and not np.iscomplexobj(value)
    # a number of fewer digits is compared with as many of the choice
    return number and bool(value == (value.dtype.type(choice) if isinstance(value, np.inexact) else choice))


def expect_raises(submitted, kind, *arguments, what="this input", hint="", **named):
    """The learner's function refuses these arguments with an exception of this class."""
    try:
        value = submitted(*arguments, **named)
    except LearnerError as error:
        if "NotImplementedError" in error.kinds or kind.__name__ in error.kinds:
            if "NotImplementedError" in error.kinds and kind is not NotImplementedError:
                raise
            return
        raise Diagnosis(
            f"For {what} your function raises {error.kind} ({error.text}); expected {kind.__name__}.", hint=hint
        ) from None
    raise Diagnosis(f"For {what} your function returns {describe(value)}; expected a {kind.__name__}.", hint=hint)


def _expect_something(value, what, expected):
    if value is None:
        raise Diagnosis(f"{what} is None; expected {expected}.", hint="Did you forget `return`?")


def _conversion(value, wanted):
    kind = kind_of(value)
    if "tensor" in kind:
        return "Convert it: `value.item()`." if wanted == "float" else "Convert it: `value.detach().numpy()`."
    if isinstance(value, list | tuple):
        return "Is it the right thing to return?" if wanted == "float" else "Wrap it: `np.array(...)`."
    if callable(value):
        return "You return a function. Are the parentheses missing that call it?"
    if isinstance(value, int | float | np.number) and wanted == "array":
        return "Is something summed over that should stay apart?"
    return ""


def _expect_shape(value, shape, what):
    if value.ndim == len(shape) and all(want in (None, have) for have, want in zip(value.shape, shape, strict=True)):
        return
    wanted = str(shape).replace("None", "any")
    hint = ""
    if None not in shape:
        if value.ndim > 1 and value.shape == shape[::-1]:
            hint = "It is transposed: the axes are in the wrong order."
        elif tuple(n for n in value.shape if n > 1) == tuple(n for n in shape if n > 1):
            hint = "An axis of length 1 is too many or missing."
        elif value.ndim < len(shape):
            hint = "Is something summed or averaged over an axis that should stay?"
        elif value.ndim > len(shape):
            hint = "Is a sum or a mean over an axis missing, or did two arrays broadcast that should not?"
    raise Diagnosis(f"{what} has shape {value.shape}; expected {wanted}.", hint, differs=True)


def _dtype_hint(value, kind):
    if value.dtype.kind == "O":
        return "An array of objects holds lists of different lengths, or None. Look at its first values."
    if value.dtype.kind in "iu" and kind == "float":
        return "Whole numbers cut off decimals. Start from floats: `np.zeros(shape)`, `1.0`."
    if value.dtype.kind == "b":
        return "A comparison gives True and False. Multiply by it, or use `np.where`."
    return ""


def _expect_finite(value, what):
    bad = ~np.isfinite(value)
    if not bad.any():
        return
    first = "nan" if np.isnan(value[bad][0]) else "inf"
    where = f" (the first at {_index(bad)})" if value.ndim else ""
    count = f"{bad.sum()} of its {value.size} values are not finite: {first}{where}" if value.ndim else f"is {first}"
    raise Diagnosis(
        f"{what}: {count}." if value.ndim else f"{what} {count}; expected a finite number.",
        hint="`nan` comes from 0/0, inf - inf or the log of a negative number; `inf` from a division by 0 or "
        "`np.exp` of a large number.",
    )


def _equal(value, other, rtol, atol):
    try:
        value, other = np.asarray(value, dtype=float), np.asarray(other, dtype=float)
    except (TypeError, ValueError):
        return False
    return value.shape == other.shape and np.allclose(value, other, rtol=rtol, atol=atol, equal_nan=True)


def _difference(value, expected, rtol, atol, what):
    if value.shape != expected.shape:
        return f"{what} has shape {value.shape}; expected {expected.shape}."
    if not expected.ndim:
        return f"{what} is {_apart(value, expected)[0]}; expected {_apart(value, expected)[1]}."
    if value.size <= 6:
        return f"{what} is {_short(value)}; expected {_short(expected)}."
    wrong = ~np.isclose(value, expected, rtol=rtol, atol=atol)
    got, want = _apart(value[wrong][0], expected[wrong][0])
    return f"{what}: {wrong.sum()} of {wrong.size} values differ. At {_index(wrong)} it is {got}; expected {want}."


def _apart(value, expected):
    """Both numbers as text, with as many digits as it takes to see the difference."""
    for digits in (6, 9, 17):
        texts = f"{float(value):.{digits}g}", f"{float(expected):.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def _pattern(value, expected, rtol, atol):
    """A hint for a mistake that shows in the numbers alone: sign, factor, offset, order of the axes."""

    def same(other):
        return np.allclose(value, other, rtol=max(rtol, 1e-6), atol=atol)

    if same(-expected):
        return "Every sign is turned around." if expected.ndim else "The sign is turned around."
    large = np.abs(expected) > atol
    if large.any() and np.isfinite(value).all():
        factor = float(np.mean(value[large] / expected[large]))
        if large.sum() > 1 and abs(factor) > rtol and same(factor * expected):  # one entry is not yet a pattern
            return f"Every value is {number_text(factor)} times what it should be."
    offset = float(np.mean(value - expected))
    if expected.size > 1 and same(expected + offset):
        side = "large" if offset > 0 else "small"
        return f"Every value is {number_text(abs(offset))} too {side}."
    if expected.ndim == 2 and expected.shape[0] == expected.shape[1] and same(expected.T):
        return "It is transposed: rows and columns are exchanged."
    return ""


def _look(value, expected, rtol, atol):
    """Where to look, from the numbers alone, for somebody who does not want to be told the mistake yet; "" for nowhere.

    Weaker than a known mistake's meaning: what the differences have in common, or which values are right.
    """
    if value.shape != expected.shape:
        return "Which axes should the result have, and what does each of them count?"
    if not np.isfinite(value).all() or not np.isfinite(expected).all():
        return ""
    pattern = _pattern(value, expected, rtol, atol)
    if pattern:
        return pattern
    if not expected.ndim:
        return _ratio_of_one(float(value), float(expected))
    wrong = ~np.isclose(value, expected, rtol=rtol, atol=atol)
    if wrong.all():
        return ""
    for group, words in (
        (expected < 0, "whose right value is below 0"),
        (expected > 0, "whose right value is above 0"),
        (expected == 0, "whose right value is 0"),
    ):
        if np.array_equal(wrong, group):
            return f"Only the values {words} are wrong, and all of those."
    for axis, name in enumerate(("row", "column") if expected.ndim == 2 else ("place",) if expected.ndim == 1 else ()):
        lines = wrong.any(axis=tuple(other for other in range(expected.ndim) if other != axis))
        if not lines.all():
            return _lines_in_words(lines, name)
    return ""


def _lines_in_words(wrong, name):
    """Which rows, columns or places hold a wrong value."""
    numbers = np.flatnonzero(wrong)
    if len(numbers) == 1:
        if numbers[0] in (0, len(wrong) - 1) and len(wrong) > 1:
            return f"Only the {'last' if numbers[0] else 'first'} {name} is wrong."
        return f"Only {name} {numbers[0]} is wrong, counted from 0."
    if len(numbers) == len(wrong) - 1:
        return f"Only {name} {np.flatnonzero(~wrong)[0]} is right, counted from 0. What is special about it?"
    if (np.diff(numbers) == 1).all() and numbers[-1] == len(wrong) - 1:
        return f"Everything before {name} {numbers[0]} is right, counted from 0. What changes there?"
    return f"{len(numbers)} of the {len(wrong)} {name}s hold wrong values. What sets them apart?"


def _ratio_of_one(value, expected):
    """A simple factor or a step of 1 between two numbers: with one number it is a trace, and no proof."""
    for factor in (2, 3, 4, 10, 100):
        if expected and np.isclose(value, expected * factor):
            return f"It is {factor} times what it should be. Is a factor there too often?"
        if expected and np.isclose(value * factor, expected):
            return f"It is {_PARTS[factor]} of what it should be. Is a factor missing?"
    if np.isclose(abs(value - expected), 1) and abs(expected) > 1e-9:
        return (
            "It is 1 too large. What is counted twice?" if value > expected else "It is 1 too small. What is left out?"
        )
    return ""


_PARTS = {2: "half", 3: "a third", 4: "a quarter", 10: "a tenth", 100: "a hundredth"}


def _element(value):
    return number_text(value) if isinstance(value, int | float | np.number) else repr(value)


def _index(mask):
    position = np.argwhere(mask)[0]
    return f"[{', '.join(map(str, position))}]"


def _short(value):
    value = np.asarray(value)
    if not value.ndim:
        return number_text(value)
    if value.size > 6:
        return f"an array of shape {value.shape}"
    return np.array2string(value, separator=", ", formatter={"all": _element}).replace("\n", "")
