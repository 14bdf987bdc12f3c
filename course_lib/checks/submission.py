"""The learner's function as a check calls it: on fresh copies, with its own errors told apart from the check's."""

import contextlib
import copy
import inspect
import io
import re
import sys
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path
from types import FunctionType, MethodType

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, kind_of
from course_lib.checks.kept import Kept
from course_lib.checks.plain import NotPlainValue, class_name, plain, plain_text
from course_lib.checks.raised import facts_of, learner_frame, place_of
from course_lib.checks.time_limit import TimeIsUp, TimeLimit

MOST_PRINTED = 2_000, 40  # characters and lines that one check lets the learner's function print
STOPPED = "Stopped"  # kind of a LearnerError that a limit has raised, and no line of the learner's

_COURSE = str(Path(__file__).resolve().parents[1])
_LIBRARY = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


class LearnerError(Exception):
    """An exception that the learner's own function raised.

    Whoever runs a submission elsewhere raises it in place of the original, which then need not travel.

    Parameters
    ----------
    kind : name of the exception's class, "ValueError"
    text : its message
    kinds : names of the class and of all classes it inherits from
    place : where in the learner's code, "line 3 of your cell"; empty when not known
    source : that line of the learner's code
    hint : what to look at
    """

    def __init__(
        self, kind: str, text: str = "", kinds: Sequence[str] = (), place: str = "", source: str = "", hint: str = ""
    ):
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text
        self.kinds = kinds or (kind,)
        self.place = place
        self.source = source
        self.hint = hint

    @classmethod
    def from_exception(cls, error: BaseException) -> "LearnerError":
        """The facts of an exception that came out of the learner's function."""
        return cls.from_facts(facts_of(error, is_learners, kind_of))

    @classmethod
    def from_facts(cls, facts: dict) -> "LearnerError":
        """As from the exception itself, from what `raised.facts_of` says of it, perhaps in another process."""
        return cls(
            facts["kind"], facts["text"], tuple(facts["kinds"]), facts["place"], facts["source"], hint_for(facts)
        )


_running = []  # numbers of the exercises whose functions run in a check now, the innermost last


def number_in_check() -> str:
    """The number of the exercise whose function a check is running right now; "" outside of checks."""
    return _running[-1] if _running else ""


class FunctionElsewhere:
    """A learner's function that runs in another process. Whoever calls it there inherits from this."""

    def processor_seconds(self) -> float:
        """Seconds of processor time that its process has used so far."""
        raise NotImplementedError


class FunctionOfOurs:
    """A function of the course's around a learner's. Whoever adapts one inherits from this."""

    def parameter_names(self) -> list[str]:
        """The learner's own names of the parameters, in the order in which this function is called."""
        raise NotImplementedError


class Submitted:
    """A learner's function, made safe to check.

    Each call gets deep copies of its arguments, so that nothing leaks from one call into the next. What it returns is
    made plain (see `plain.py`). Arguments that it changed are a Diagnosis (with `may_nudge_input` only those that it
    did not put back, up to rounding), and so is what it replaced in NumPy, in Python's own functions or in the checks,
    which is put back (see `kept.py`). Whatever it raises becomes a LearnerError. An interrupt by the learner passes
    through.

    Parameters
    ----------
    limit : of the time for all calls together; None for no limit. A `FunctionElsewhere` has a limit of its own
    exercise : whose check this is, and which it must not change; None for none

    `seconds` is what the last call took, in seconds of processor time.
    """

    def __init__(self, function, may_nudge_input=False, output=None, limit: TimeLimit | None = None, exercise=None):
        self.__function = function
        self.__may_nudge_input = may_nudge_input
        self.__output = LimitedOutput(output)
        self.__elsewhere = issubclass(type(function), FunctionElsewhere)
        self.__clock = function.processor_seconds if self.__elsewhere else time.process_time
        self.__limit = _NO_LIMIT if self.__elsewhere or limit is None else limit
        self.__exercise = exercise
        self.__kept = None
        self.seconds = 0.0

    def __call__(self, *arguments, **named):
        if self.__limit.is_up:
            raise too_slow(self.__limit)
        given, given_named = copy.deepcopy((arguments, named))
        if self.__kept is None:
            self.__kept = Kept(self.__exercise)
        try:
            value = self.__value(given, given_named)
        except TimeIsUp as up:
            self.__limit.stop()
            if type(up) is not self.__limit.exception:
                raise
        if self.__limit.is_up:  # the function may have caught the exception, and returned something after all
            raise too_slow(self.__limit)
        self.__expect_unchanged((*arguments, *named.values()), (*given, *given_named.values()), named)
        if self.__elsewhere:
            return value
        try:
            return plain(value)
        except NotPlainValue as error:
            raise Diagnosis(
                f"Your function returns {error}.", hint="Return what the exercise asks for: numbers, lists, arrays."
            ) from None

    def __value(self, given, given_named):
        """What the function returns; what it raises as a LearnerError, read while the time still runs."""
        replaced, started = [], self.__clock()
        _running.append(getattr(self.__exercise, "number", ""))
        try:
            with contextlib.redirect_stdout(self.__output), _exit_raises(), np.errstate():
                try:
                    try:
                        self.__limit.start()
                        started = self.__clock()
                        value = self.__function(*given, **given_named)
                    finally:
                        self.seconds = self.__clock() - started
                        self.__limit.stop()
                finally:
                    self.__limit.stop()  # once more: the exception may have come within the first one
                    replaced += self.__kept.put_back()
        except TimeIsUp:
            raise
        except BaseException as error:
            raise self.__as_ours(error) from None
        finally:
            _running.pop()
        if replaced:
            raise Diagnosis(
                f"Your function puts something else in place of `{replaced[0]}`, which the whole notebook uses.",
                hint="Give your own function or value a name of its own.",
            )
        return value

    def __as_ours(self, error):
        if type(error) is KeyboardInterrupt:
            _shorten(error)
            return error
        if self.__elsewhere and isinstance(error, LearnerError):
            return error
        if type(error) in (LearnerError, Diagnosis):
            return _with_plain_texts(error)
        try:
            self.__limit.start()
            return LearnerError.from_exception(error)
        except Exception:  # what an exception says of itself may be as broken as anything
            return LearnerError(class_name(error), "an exception that cannot be read")
        finally:
            self.__limit.stop()

    def __expect_unchanged(self, before, after, named):
        for position, (old, new) in enumerate(zip(before, after, strict=True)):
            if self.__may_nudge_input and _same_up_to_rounding(old, new):
                continue
            if not _same(old, new):
                name = _parameter(self.__function, position, len(before) - len(named), tuple(named))
                if self.__may_nudge_input:
                    raise Diagnosis(
                        f"Your function leaves its input {name} changed, and the caller still needs that value.",
                        hint="Put back whatever you nudge, or nudge a copy.",
                    )
                raise Diagnosis(
                    f"Your function changes its input {name} ({kind_of(old)}), and the caller still needs that value.",
                    hint=_how_to_keep(old, new, name.strip("`")),
                )


class _NoLimit:
    """Stands for a limit where there is none."""

    is_up, exception = False, None

    def start(self):
        """Nothing runs."""

    def stop(self):
        """Nothing is to be put back."""


_NO_LIMIT = _NoLimit()


def too_slow(limit: TimeLimit) -> LearnerError:
    """What a function that the limit has ended, or could not end, has done: its line, and what to do."""
    frame, line = limit.stood
    place, source = place_of(frame, line) if frame else ("", "")
    return LearnerError(
        STOPPED,
        f"does not come back: it was ended after {limit.seconds:g} seconds",
        place=place,
        source=source,
        hint="Does the loop on that line come to an end? A function that is only slow gets longer with "
        f"`check(..., seconds={3 * limit.seconds:g})`.",
    )


def _with_plain_texts(error):
    """A LearnerError or a Diagnosis that the learner's own code raised, with nothing in it but plain texts."""
    fields = {name: plain_text(value) for name, value in BaseException.__getattribute__(error, "__dict__").items()}
    if type(error) is Diagnosis:
        return Diagnosis(fields.get("message", ""), fields.get("hint", ""))
    kind = fields.get("kind") or "LearnerError"
    names = [kind, *(fields.get(name, "") for name in ("text", "place", "source", "hint"))]
    return LearnerError(names[0], names[1], (kind,), *names[2:])


def _how_to_keep(old, new, name):
    if isinstance(old, list) and len(old) != len(new):
        copy_of = f"{name} = list({name})" if name.isidentifier() else "list(...)"
        return f"`pop`, `append` and `del` change the caller's list. Work on a copy, `{copy_of}`, or on slices."
    return _PLAIN_COPY if isinstance(old, list | dict) and not _holds_array(old) else _NEW_ARRAY


_NEW_ARRAY = "Make a new array: `z = z + b` and not `z += b`, `np.maximum(z, 0)` and not `z[z < 0] = 0`."
_PLAIN_COPY = (
    "Change a copy of it, `dict(...)` or `list(...)`, or make a new one: `{**fields, name: value}`, `sorted(...)`."
)


class LimitedOutput(io.TextIOBase):
    """Passes what is printed on to `target` (nowhere when None), at most MOST_PRINTED of it."""

    def __init__(self, target=None):
        self.target = target
        self.left, self.lines_left = MOST_PRINTED
        self.line_end = ""  # what a line of our own needs before it

    def writable(self):
        return True

    def write(self, text):
        text = plain_text(text)
        if self.target is not None and self.left > 0:
            shown = "".join(text[: self.left].splitlines(keepends=True)[: self.lines_left])
            self.target.write(shown)
            self.left -= len(shown)
            self.lines_left -= shown.count("\n")
            if shown:
                self.line_end = "" if shown.endswith("\n") else "\n"
            if len(shown) < len(text):
                self.target.write(f"{self.line_end}(Your function prints more than this. The rest is not shown.)\n")
                self.left = 0
        return len(text)

    def flush(self):
        if self.target is not None:
            self.target.flush()

    def close(self):
        """Nothing: a function that closes what it prints to would end printing for the rest of the check."""


@contextlib.contextmanager
def _exit_raises():
    """IPython's own `exit` ends the kernel after the cell. While the learner's function runs, it raises SystemExit."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        yield
        return

    def ask_exit():
        raise SystemExit

    usual = shell.ask_exit
    shell.ask_exit = ask_exit
    try:
        yield
    finally:
        shell.ask_exit = usual


def _same(old, new):
    """Whether an input is as it was. old is the check's own; new may hold anything by now, so its class decides first.

    A random generator is meant to change.
    """
    if type(old) is not type(new):
        return False
    if isinstance(old, np.ndarray):
        if old.shape != new.shape or old.dtype != new.dtype:
            return False
        return np.array_equal(old, new, equal_nan=old.dtype.kind in "fc")
    if isinstance(old, list | tuple):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, dict):
        if len(old) != len(new) or not all(type(key) in _KEYS for key in new):
            return False
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, int | float | complex | str | None | np.generic):
        return old == new or old != old  # another one in a list or a dict; nan is not nan
    return True


_KEYS = (str, int, float, bool)  # of the dicts that checks hand out


def _same_up_to_rounding(old, new):
    if type(old) is list and type(new) is list:
        return len(old) == len(new) and all(map(_same_up_to_rounding, old, new))
    if not isinstance(old, np.ndarray):
        return _same(old, new)
    if type(old) is not type(new) or old.shape != new.shape or old.dtype != new.dtype:
        return False
    return np.allclose(old, new, rtol=1e-9, atol=1e-9)


def _holds_array(value):
    if isinstance(value, list | tuple | dict):
        return any(map(_holds_array, value.values() if isinstance(value, dict) else value))
    return isinstance(value, np.ndarray)


def _parameter(function, position, n_positional, named):
    if position >= n_positional:
        return f"`{named[position - n_positional]}`"
    names = parameters_of(function)
    return f"`{names[position]}`" if position < len(names) else f"number {position + 1}"


def parameters_of(function: object) -> list[str]:
    """The names of a function's parameters, read without calling anything of the learner's; [] where there are none."""
    if issubclass(type(function), FunctionOfOurs):
        return function.parameter_names()
    if issubclass(type(function), FunctionElsewhere):
        return list(inspect.signature(function).parameters)
    for _ in range(10):
        wrapped = function.__dict__.get("__wrapped__") if type(function) is FunctionType else None
        if wrapped is None:
            break
        function = wrapped
    skipped = type(function) is MethodType
    function = function.__func__ if skipped else function
    if type(function) is not FunctionType:
        return []
    return list(function.__code__.co_varnames[skipped : function.__code__.co_argcount])


def is_learners(filename):
    if filename.startswith(("<frozen", "<__array_function__")):
        return False
    return not filename.startswith((_COURSE, *_LIBRARY))


def _shorten(interrupt):
    frame, line = learner_frame(interrupt, is_learners)
    place, source = place_of(frame, line) if frame else ("", "")
    where = f" at {place}: {source}" if place else ""
    # IPython calls this on any exception that has it: the interrupt stays a KeyboardInterrupt and shows one line.
    interrupt._render_traceback_ = lambda: [f"KeyboardInterrupt: your function was interrupted{where}"]


_SHAPE_ERROR = re.compile(r"could not be broadcast|matmul|not aligned|shapes cannot be multiplied|size of tensor")


def hint_for(facts):
    """What to look at, from the facts of an exception; "" where they lead nowhere."""
    text, kinds = facts["text"], facts["kinds"]
    if not facts["in_learners_code"]:
        return _CALL_HINT if "TypeError" in kinds else ""
    if facts["overridden"]:
        return (
            f"`{facts['overridden']}` is a function of Python, but in your notebook that name now holds "
            f"{facts['holds']}. Run `del {facts['overridden']}` in a cell, and use another name for your variable."
        )
    if "UnboundLocalError" in kinds:
        return "Does a line above give this name its value, on every path?"
    if "truth value of an array" in text:
        return "`if` and `max` look at one number, and this is an array. Use `np.where` or `np.maximum`."
    if "NameError" in kinds:
        return "Is the name spelled as in the line with `def`? Did you run the cells above, the imports first?"
    if "RecursionError" in kinds:
        return "The function calls itself again and again. Does it call the name that it defines?"
    if "MemoryError" in kinds:
        return "Is an array larger than it has to be, or does a list grow without an end?"
    if "SystemExit" in kinds:
        return "Leave a function with `return`, not with `exit()`, which would end the whole notebook."
    if {"TypeError", "AttributeError"} & set(kinds) and "NoneType" in text:
        return "Something here is None. Does a function that you call forget its `return`?"
    if {"TypeError", "AttributeError"} & set(kinds) and "'tuple'" in text:
        return (
            "Something here is a tuple: several values together, as a function with two results returns them. Take "
            "one: `[0]` is the first, `[1]` the second."
        )
    if _SHAPE_ERROR.search(text):
        return "Write the shape of each array beside that line. `print(x.shape)` shows one."
    return _type_hint(text) if "TypeError" in kinds else ""


_CALL_HINT = "Leave the line with `def` as the exercise gives it: the check calls the function with those inputs."


def _type_hint(text):
    if "for ^:" in text or "bitwise_xor" in text:
        return "A power is written `**` in Python: `x**2`. `^` is something else."
    if "converted to Python scalars" in text:
        return "The functions of `math` take one number, and this is an array. NumPy's take both: `np.sqrt`, `np.cos`."
    if "not callable" in text:
        return "A name on that line holds a value where a function is called. Is a `*` missing before the parenthesis?"
    return ""
