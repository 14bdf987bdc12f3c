"""What a check says: a Diagnosis, and the words it describes values with."""

import numpy as np

LONGEST_VALUE = 60


class Diagnosis(Exception):
    """Raised by a check: what is wrong with the learner's answer, and a hint.

    Parameters
    ----------
    message : what was found and what was expected, with numbers: "mean 0.49, expected 1.00"
    hint : a question or a suggestion that leads on: "did you divide by 1 - drop_rate?"; empty for none
    differs : whether the answer has the right kind and other values or another shape. Without a hint, the learner then
        gets the exercise's lead

    Message and hint are plain text; words between backticks are shown as code.
    """

    def __init__(self, message: str, hint: str = "", differs: bool = False):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.differs = differs


def kind_of(value):
    """The kind of a value in a learner's words: "a number", "an array of shape (3, 2)", "a PyTorch tensor"."""
    if value is None:
        return "None"
    if isinstance(value, bool | np.bool_):
        return "a boolean"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}" if value.ndim else "an array of no dimension (a single number)"
    if isinstance(value, int | float | np.number):
        return "a number"
    if isinstance(value, str):
        return "a text (str)"
    if isinstance(value, list | tuple | dict | set):
        return f"a {type(value).__name__} of {len(value)} {'value' if len(value) == 1 else 'values'}"
    name = type(value).__name__
    if type(value).__module__.split(".")[0] == "torch" and name in ("Tensor", "Parameter"):
        return f"a PyTorch tensor of shape {tuple(value.shape)}"
    if name in ("function", "builtin_function_or_method", "method", "type"):
        return "a function" if name != "type" else "a class"
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def describe(value):
    """The kind of a value, and the value itself where that is short: "a number: 46.0"."""
    kind = kind_of(value)
    if value is None or kind.endswith(("function", "class")):
        return kind
    if isinstance(value, np.ndarray) and value.size > 6:
        return kind
    text = number_text(value) if kind == "a number" else " ".join(repr(value).split())
    return kind if len(text) > LONGEST_VALUE else f"{kind}: {text}"


def number_text(value):
    """A number with at most 6 significant digits, "46" and not "46.0"."""
    return f"{float(value):.6g}"


def listed(values):
    """Several numbers as a learner writes them: "[1, 0, 2.5]"."""
    return "[" + ", ".join(f"{value:g}" for value in np.asarray(values, dtype=float) + 0.0) + "]"
