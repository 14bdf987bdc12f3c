"""What an exception says about the code that raised it: plain facts, which may cross from one process to another.

This file imports the standard library alone: it runs also where nothing of the course is seen.
"""

import builtins
import linecache
import traceback
from collections.abc import Callable
from pathlib import Path

MOST_TEXT = 2_000  # characters of an exception's message that are kept
MOST_SOURCE = 300  # and of the line that raised it


def facts_of(error: BaseException, is_learners: Callable, kind_of: Callable | None = None) -> dict:
    """The facts of an exception.

    Parameters
    ----------
    is_learners : function (name of a code's file) -> whether that is the learner's code
    kind_of : function (value) -> its kind in words; by default its class's name with an article

    Returns a dict: "kind" (the class's name), "kinds" (its and those of all classes it inherits from), "text" (its
    message), "place" ("line 3 of your cell", the innermost line of the learner's), "source" (that line's text),
    "in_learners_code" (whether there is such a line), "overridden" (name of a built-in function that the line uses,
    but that holds something else by now, or "") and "holds" (what that is).
    """
    frame, line = learner_frame(error, is_learners)
    place, source = place_of(frame, line) if frame else ("", "")
    name = _overridden_name(frame)
    return {
        "kind": str(type(error).__name__)[:MOST_SOURCE],
        "kinds": [str(each.__name__)[:MOST_SOURCE] for each in type(error).__mro__][:20],
        "text": _text_of(error),
        "place": place,
        "source": source,
        "in_learners_code": frame is not None,
        "overridden": name,
        "holds": (kind_of or _class_in_words)(frame.f_globals[name]) if name else "",
    }


def learner_frame(error, is_learners):
    """The innermost frame of the traceback that runs the learner's code, and its line; (None, None) without one."""
    found = None, None
    for frame, line in traceback.walk_tb(error.__traceback__):
        if is_learners(frame.f_code.co_filename):
            found = frame, line
    return found


def place_of(frame, line):
    """Where a line stands, in words, and its text."""
    filename = frame.f_code.co_filename
    in_notebook = "ipykernel" in filename or filename.startswith("<") or "ipython-input" in filename
    where = "your cell" if in_notebook else Path(filename).name
    return f"line {line} of {where}", linecache.getline(filename, line, frame.f_globals).strip()[:MOST_SOURCE]


def _text_of(error):
    try:
        text = str(error)
    except Exception:  # a learner's own class may stop even here
        return "an exception that cannot be printed"
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} … ({len(text):,} characters)"


def _overridden_name(frame):
    """A built-in function that the learner's line of code uses, but whose name holds something else by now."""
    if frame is None:
        return ""
    for name in frame.f_code.co_names:
        if name in frame.f_globals and callable(getattr(builtins, name, None)) and not callable(frame.f_globals[name]):
            return name
    return ""


def _class_in_words(value):
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
