"""What an exception says about the code that raised it: plain facts, which may cross from one process to another.

This file imports the standard library alone: it runs also where nothing of the course is seen.
"""

import builtins
import linecache
import os
import traceback
from collections.abc import Callable
from pathlib import Path

MOST_TEXT, MOST_LINES = 1_500, 20  # characters and lines of an exception's message that are kept
MOST_SOURCE = 300  # characters of the line that raised it
MOST_FILE = 10_000_000  # bytes of a file that is read for that line


def facts_of(error: BaseException, is_learners: Callable, kind_of: Callable | None = None) -> dict:
    """The facts of an exception.

    Parameters
    ----------
    is_learners : function (name of a code's file) -> whether that is the learner's code
    kind_of : function (value) -> its kind in words; by default its class's name with an article

    Returns
    -------
    dict with "kind" (the class's name), "kinds" (its and those of all classes it inherits from), "text" (its message),
    "place" ("line 3 of your cell", the innermost line of the learner's), "source" (that line's text),
    "in_learners_code" (whether there is such a line), "overridden" (name of a built-in function that the line uses, but
    that holds something else by now, or "") and "holds" (what that is)
    """
    frame, line = learner_frame(error, is_learners)
    place, source = place_of(frame, line) if frame else ("", "")
    name = _overridden_name(frame)
    return {
        "kind": _class_name(type(error)),
        "kinds": [_class_name(each) for each in type.__dict__["__mro__"].__get__(type(error))[:20]],
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
    for frame, line in traceback.walk_tb(BaseException.__dict__["__traceback__"].__get__(error)):
        if is_learners(frame.f_code.co_filename):
            found = frame, line
    return found


def place_of(frame, line):
    """Where a line stands, in words, and its text."""
    filename = frame.f_code.co_filename
    in_notebook = "ipykernel" in filename or filename.startswith("<") or "ipython-input" in filename
    where = "your cell" if in_notebook else Path(filename).name[:MOST_SOURCE]
    return f"line {line} of {where}", _line_of(filename, line).strip()[:MOST_SOURCE]


def _line_of(filename, line):
    """A line of a file or of a notebook's cell; "" of what is no ordinary file, which reading might never end."""
    if filename not in linecache.cache:
        try:
            if not os.path.isfile(filename) or os.path.getsize(filename) > MOST_FILE:
                return ""
        except (OSError, ValueError):
            return ""
    return linecache.getline(filename, line)


def _text_of(error):
    try:
        text = str.__str__(str(error))  # of a subclass of str a plain copy
    except KeyboardInterrupt:
        raise
    except BaseException:  # a learner's own class may stop even here, with anything
        return "an exception that cannot be printed"
    return bounded(text)


def bounded(text, most=MOST_TEXT, lines=MOST_LINES):
    """The beginning of a text, with a word on what is left out."""
    shown = text[:most]
    first = shown.splitlines()[:lines]
    if len(text) <= most and len(first) == len(shown.splitlines()):
        return text
    return "\n".join(first) + f" … ({len(text):,} characters)"


def _class_name(kind):
    """The true name of a class, whatever its metaclass says."""
    return str.__str__(type.__dict__["__name__"].__get__(kind))[:MOST_SOURCE]


def _overridden_name(frame):
    """A built-in function that the learner's line of code uses, but whose name holds something else by now."""
    if frame is None:
        return ""
    for name in frame.f_code.co_names:
        if name in frame.f_globals and callable(getattr(builtins, name, None)) and not callable(frame.f_globals[name]):
            return name
    return ""


def _class_in_words(value):
    name = _class_name(type(value))
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
