"""A sandbox that is running: begin an exercise in it, call what the student wrote, end it.

Each exercise has a process of its own in there. One that dies, hangs or is killed is over, and the next one begins
anew; should the whole sandbox be gone, it is started again.
"""

import os
import select
import signal
import subprocess
import tempfile
import time
import warnings
from inspect import Parameter, Signature
from keyword import iskeyword

import numpy as np

from course_lib.checks.submission import FunctionElsewhere, LearnerError
from course_lib.grading.inside.plain_values import (
    HEAD_BYTES,
    ElsewhereCallable,
    PlainValueError,
    decode,
    encode,
    message_sizes,
)
from course_lib.grading.limits import Limits

START_SECONDS = 60  # for Python and NumPy to be there, on a machine that does much else
GRACE_SECONDS = 20  # beyond an exercise's own limit of the clock, until the whole sandbox counts as stuck
CHUNK = 1 << 20
MOST_PRINTED, MOST_FACT = 20_000, 1_500  # characters of what an exercise prints, and of what an exception says


class JailBroken(RuntimeError):
    """The sandbox did not start, or does not answer. Its last words are in the message."""


class Stopped(LearnerError):
    """The process of an exercise is over before its work was done. Every further call says so again.

    Parameters
    ----------
    reason : "time", "clock", "memory", "ended" or "reply"
    """

    def __init__(self, reason: str, text: str, hint: str):
        super().__init__("Stopped", text, ("Stopped",), hint=hint)
        self.reason = reason


class Jail:
    """One running sandbox, for one student's work.

    `usage` holds what the last exercise used: {"processor_seconds": ..., "stopped": reason or ""}.
    """

    def __init__(self, sandbox, limits: Limits | None = None):
        self.sandbox, self.limits = sandbox, limits or Limits()
        self.process, self.errors = None, None
        self.usage = {"processor_seconds": 0.0, "stopped": ""}
        self.called_seconds = 0.0  # of all calls together, without what it takes to hand arguments over
        self.printed, self.has_child, self._seconds_left = [], False, 0.0

    def __enter__(self):
        self._start()
        return self

    def __exit__(self, *exception):
        self.close()

    def begin(self, cells: list, name: str, modules: dict) -> dict:
        """Begin an exercise: run its cells in a process of its own.

        Parameters
        ----------
        cells : [(label, text, whether it is given by the course), ...], run one after the other
        name : what the exercise asks for
        modules : {name: text} that may be imported besides NumPy and what is installed

        Returns {"defined": whether the name is there, "value": what it holds (a `RemoteFunction` if it is called),
        "failed": facts of what the last cell raised or None, "printed": text}; {"stopped": Stopped} if it did not end.

        Raises
        ------
        JailBroken : the sandbox itself cannot be started
        """
        self.end()
        if self.process is None:
            self._start()
        self.usage = {"processor_seconds": 0.0, "stopped": ""}
        self._seconds_left = self.limits.wall_seconds
        self.has_child = True
        cells = [list(cell) for cell in cells]
        try:
            reply = self._ask({"do": "run", "cells": cells, "name": name, "modules": modules}, begin=True)
            found = self._checked(reply, {"failed": None, "printed": "", "defined": False})
        except Stopped as stopped:
            return {"stopped": stopped}
        found.pop("stopped", None)  # a word of ours, which no student says
        return found

    def call(self, handle: int, arguments: tuple, named: dict) -> dict:
        """Call a function of the student's. Returns what `inside/worker.py` says; raises Stopped."""
        self._checked(self._ask({"do": "prepare", "arguments": list(arguments), "named": named}), {})
        started = self.usage["processor_seconds"]
        reply = self._checked(self._ask({"do": "call", "handle": handle}), {})
        self.called_seconds += self.usage["processor_seconds"] - started
        return reply | self._checked(self._ask({"do": "after"}), {})

    def look(self, handle: int, name: str) -> dict:
        """An attribute of something of the student's."""
        return self._checked(self._ask({"do": "look", "handle": handle, "name": name}), {})

    def end(self):
        """End the exercise's process."""
        if self.process is not None and self.has_child:
            try:
                self._send(encode({"do": "end"}), START_SECONDS)
                self._receive(START_SECONDS)
            except (JailBroken, PlainValueError):
                self.close()
        self.has_child = False

    def close(self):
        """End the sandbox, and with it every process in it."""
        if self.process is None:
            return
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            stream.close()
        self.process.wait()
        self.errors.close()
        self.process, self.has_child = None, False

    def _start(self):
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115  closed with the sandbox
        self.process = self.sandbox.start(self.limits, self.errors)
        for stream in (self.process.stdin, self.process.stdout):
            os.set_blocking(stream.fileno(), False)
        try:
            hello = decode(self._receive(START_SECONDS))
        except PlainValueError as error:
            hello = {"state": str(error)}
        except JailBroken as error:
            words = self._last_words()
            self.close()
            raise JailBroken(words or str(error)) from None
        if hello.get("state") != "ready":
            self.close()
            raise JailBroken(f"the sandbox began with {hello}")

    def _ask(self, asked, begin=False):
        """The child's answer, decoded. Raises Stopped when there is none, and from then on."""
        if not self.has_child:
            raise _stopped(self.usage["stopped"] or "ended", self.limits)
        command = {"do": "begin", "limits": self.limits.as_dict()} if begin else {"do": "ask"}
        try:
            message = encode(asked)
        except PlainValueError as error:
            raise ValueError(f"a check gives a function more than passes: {error}") from None
        started = time.monotonic()
        try:
            self._send(encode(command) + message, self._seconds_left + GRACE_SECONDS)
            answer = decode(self._receive(self._seconds_left + GRACE_SECONDS))
            if answer["state"] == "reply":
                reply = self._receive(GRACE_SECONDS)
        except (JailBroken, PlainValueError, KeyError, TypeError):
            self.close()
            return self._over("ended")
        self.usage["processor_seconds"] = float(answer["seconds"])
        if answer["state"] == "reply":
            try:
                return decode(reply, callable_for=lambda value: remote_function(self, value))
            except PlainValueError:
                self.end()
                return self._over("reply")
            finally:  # what it takes to read a reply counts too
                self._seconds_left = max(0.0, self._seconds_left - (time.monotonic() - started))
        self.has_child = False
        return self._over(_reason(answer, self.limits))

    def _over(self, reason):
        self.usage["stopped"], self.has_child = reason, False
        raise _stopped(reason, self.limits)

    def _checked(self, reply, usual):
        """A reply as this side needs it, whatever the other side sent."""
        if type(reply) is not dict or not all(type(key) is str for key in reply):
            self.end()
            return self._over("reply")
        if "too_large" in reply:
            raise Stopped("reply", f"gives back {str(reply['too_large'])[:200]}", "Return what the exercise asks for.")
        if type(reply.get("printed")) is str and sum(map(len, self.printed)) < MOST_PRINTED:
            self.printed += [reply["printed"][:MOST_PRINTED]] if reply["printed"] else []
        return usual | reply

    def _send(self, message, seconds):
        deadline, rest = time.monotonic() + seconds, memoryview(message)
        while rest:
            self._wait(self.process.stdin, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self.process.stdin.fileno(), rest[:CHUNK]) :]
            except OSError as error:
                raise JailBroken(f"the sandbox is gone ({error.strerror})") from None

    def _receive(self, seconds):
        deadline = time.monotonic() + seconds
        head = self._exactly(HEAD_BYTES, deadline)
        return head + self._exactly(sum(message_sizes(head)), deadline)

    def _exactly(self, size, deadline):
        parts, missing = [], size
        while missing:
            self._wait(self.process.stdout, select.POLLIN, deadline)
            part = os.read(self.process.stdout.fileno(), min(missing, CHUNK))
            if not part:
                raise JailBroken("the sandbox is gone")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _wait(self, stream, what, deadline):
        poll = select.poll()
        poll.register(stream, what)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise JailBroken("the sandbox does not answer")

    def _last_words(self):
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.errors.seek(0)
        return self.errors.read(4000).decode("utf-8", "replace").strip()


class RemoteFunction(FunctionElsewhere):
    """A function or a class of the student's, called where it is. What it returns is a plain value by then."""

    def __init__(self, jail: Jail, described: ElsewhereCallable):
        self.__jail, self.__described = jail, described

    def __call__(self, *arguments, **named):
        reply = self.__jail.call(self.__described.handle, arguments, named)
        _take_over([*arguments, *named.values()], _after(reply, len(arguments), named))
        for kind, text in _pairs(reply.get("warnings")):
            category = {"RuntimeWarning": RuntimeWarning, "DeprecationWarning": DeprecationWarning}.get(
                kind, UserWarning
            )
            warnings.warn(text, category, stacklevel=2)
        if "raised" in reply:
            raise error_from(reply["raised"])
        return reply.get("value")

    def processor_seconds(self) -> float:
        """What its process has used for calls so far, by the kernel's own clock."""
        return self.__jail.called_seconds

    @property
    def __signature__(self):
        names = [
            name for name in dict.fromkeys(self.__described.parameters) if name.isidentifier() and not iskeyword(name)
        ]
        return Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])

    def attribute(self, name: str) -> object:
        """An attribute of it, as a plain value or a RemoteFunction. Raises LearnerError as the student's code does."""
        reply = self.__jail.look(self.__described.handle, name)
        if "raised" in reply:
            raise error_from(reply["raised"])
        return reply.get("value")

    def __deepcopy__(self, memo):
        return self


def remote_function(jail: Jail, described: ElsewhereCallable) -> RemoteFunction:
    """A `RemoteFunction` whose class has the name that its class has there, "function" or "type"."""
    kind = type(described)
    return type(kind.__name__, (RemoteFunction,), {"__module__": kind.__module__})(jail, described)


def error_from(facts: object) -> LearnerError:
    """The exception that a student's code raised, from its facts; of facts that are none, one that says so."""
    usual = {
        "kind": "",
        "kinds": [],
        "text": "",
        "place": "",
        "source": "",
        "in_learners_code": False,
        "overridden": "",
    }
    usual["holds"] = ""
    if type(facts) is not dict or any(type(facts.get(name)) is not type(value) for name, value in usual.items()):
        return LearnerError("Exception", "an exception that cannot be read")
    kinds = [each[:MOST_FACT] for each in facts["kinds"][:20] if type(each) is str]
    facts = {name: each[:MOST_FACT] if type(each) is str else each for name, each in facts.items()}
    return LearnerError.from_facts({**facts, "kinds": kinds})


def _stopped(reason, limits):
    texts = {
        "time": (
            f"used more than {limits.processor_seconds} seconds of processor time",
            "Does a loop go on without an end, or over every entry of a large array?",
        ),
        "clock": (
            f"did not end within {limits.wall_seconds:.0f} seconds",
            "Does it wait for something: `sleep`, `input`, a lock?",
        ),
        "memory": ("used more memory than is allowed", "Does an array grow in a loop?"),
        "reply": (
            "gives back what cannot be read: it is too large, too deep, or no plain value",
            "Return what the exercise asks for: numbers, texts, lists, dicts, arrays.",
        ),
    }
    ended = ("ends its whole process", "Leave a function with `return`, not by ending the program.")
    return Stopped(reason, *texts.get(reason, ended))


def _reason(answer, limits):
    """Why a child is over, from what its parent says."""
    if answer["state"] == "late":
        return "clock"
    if answer["state"] == "garbled":
        return "reply"
    number = answer.get("signal", 0)
    if number in (signal.SIGXCPU, signal.SIGKILL) and answer["seconds"] >= 0.9 * limits.processor_seconds:
        return "time"
    return "memory" if number == signal.SIGKILL else "ended"


def _pairs(found):
    if type(found) is not list:
        return []
    return [
        pair for pair in found if type(pair) is tuple and len(pair) == 2 and all(type(part) is str for part in pair)
    ]


def _after(reply, count, named):
    """The arguments as the student's function left them, or None where it left them alone or says nothing sensible."""
    after = reply.get("after")
    if type(after) is not list or len(after) != 2 or type(after[0]) is not list or type(after[1]) is not dict:
        return None
    if len(after[0]) != count or set(after[1]) != set(named):
        return None
    return [*after[0], *(after[1][name] for name in named)]


def _take_over(given, after):
    """Change the given arguments as they were changed elsewhere, so that a check sees it."""
    for old, new in zip(given, after or given, strict=True):
        if old is new or type(old) is not type(new):
            continue
        if isinstance(old, np.ndarray):
            if old.dtype != new.dtype:
                continue
            if old.shape != new.shape:
                old.resize(new.shape, refcheck=False)  # a copy of its own, made for this call
            old[...] = new
        elif isinstance(old, list):
            old[:] = new
        elif isinstance(old, dict):
            old.clear()
            old.update(new)
        elif isinstance(old, np.random.Generator):
            old.bit_generator.state = new.bit_generator.state
