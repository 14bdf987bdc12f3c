"""What a check says: a Diagnosis, and the words it describes values with."""

import numpy as np

from course_lib.checks.plain import NotPlain, class_name

LONGEST_VALUE = 60


class Diagnosis(Exception):
    """Raised by a check: what is wrong with the learner's answer, and a hint.

    Parameters
    ----------
    message : what was found and what was expected, with numbers: "mean 0.49, expected 1.00"
    hint : a question or a suggestion that leads on: "did you divide by 1 - drop_rate?"; empty for none
    differs : whether the answer has the right kind and other values or another shape. Without a hint, the learner then
        gets the exercise's lead
    look : a weaker hint, which comes first: where to look, "only the first row is right"; empty for none

    All texts are plain; words between backticks are shown as code.
    """

    def __init__(self, message: str, hint: str = "", differs: bool = False, look: str = ""):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.differs = differs
        self.look = look


def kind_of(value):
    """The kind of a value in a learner's words: "a number", "an array of shape (3, 2)", "a PyTorch tensor".

    It asks the value's true class, and calls nothing that a learner may have written.
    """
    kind = type(value)
    if value is None:
        return "None"
    if issubclass(kind, bool | np.bool_):
        return "a boolean"
    if issubclass(kind, np.ndarray):
        shape = np.ndarray.view(value, np.ndarray).shape
        return f"an array of shape {shape}" if shape else "an array of no dimension (a single number)"
    if issubclass(kind, int | float | np.number):
        return "a number"
    if issubclass(kind, str):
        return "a text (str)"
    for base in (list, tuple, dict, set):
        if issubclass(kind, base):
            count = base.__len__(value)
            return f"a {base.__name__} of {count} {'value' if count == 1 else 'values'}"
    name = class_name(value)
    if name in ("Tensor", "Parameter") and str(kind.__module__).split(".")[0] == "torch":
        return f"a PyTorch tensor of shape {tuple(value.shape)}"
    if name in ("function", "builtin_function_or_method", "method", "type"):
        return "a function" if name != "type" else "a class"
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def describe(value):
    """The kind of a plain value, and the value itself where that is short: "a number: 46.0"."""
    kind = kind_of(value)
    if value is None or kind.endswith(("function", "class")) or (isinstance(value, NotPlain) and not value.shown):
        return kind
    if isinstance(value, np.ndarray) and value.size > 6:
        return kind
    if isinstance(value, list | tuple | dict | set | frozenset) and not _few(value):
        return kind
    text = number_text(value) if kind == "a number" else " ".join(repr(value).split())
    return kind if len(text) > LONGEST_VALUE else f"{kind}: {text}"


def _few(value):
    """Whether so few values are in a list, a dict or a set that it may be short as a text."""
    waiting, seen = [value], 0
    while waiting:
        each = waiting.pop()
        if isinstance(each, list | tuple | dict | set | frozenset):
            if len(each) > LONGEST_VALUE:
                return False
            waiting += [*each, *each.values()] if isinstance(each, dict) else each
        seen += each.size if isinstance(each, np.ndarray) else 1
        if seen > LONGEST_VALUE:
            return False
    return True


def number_text(value):
    """A number with at most 6 significant digits, "46" and not "46.0"."""
    return f"{float(value):.6g}"


def listed(values):
    """Several numbers as a learner writes them: "[1, 0, 2.5]"."""
    return "[" + ", ".join(f"{value:g}" for value in np.asarray(values, dtype=float) + 0.0) + "]"
