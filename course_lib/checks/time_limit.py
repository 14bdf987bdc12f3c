"""A limit of the clock for what a learner's function does, so that an endless loop ends with a card.

On the main thread of Linux and macOS the system's timer interrupts whatever runs, a `sleep` or an `input` too. On
Windows and on another thread, a thread of our own asks Python to raise the exception there: that ends what runs in
Python, and a `sleep` or a call to the system only when it comes back by itself.

Nothing here can end a single call in C that never looks up (`sum` over an endless iterator, a product of huge
matrices), a function that catches every exception in a loop inside of another loop that does the same, or threads and
processes that it started.
"""

import _signal
import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

SECONDS = 20.0  # of the clock, for all calls of one check together
AGAIN = 0.2  # seconds until the exception is raised once more, where it was caught
MOST_IMPORTS = 6  # times that an import gets the whole time once more
MOST_TIMES = 12  # that it is raised, before we give up

_GIVEN_UP = "(Your function catches whatever is raised to end it. Restart the kernel.)\n"
_set_handler = _signal.signal  # the one in Python calls much that the learner's function may have replaced
_DEBUGGERS = ("bdb.py", "pdb.py", "pydevd")


class TimeIsUp(BaseException):
    """Raised inside the learner's function. No `except Exception` catches it."""


class TimeLimit:
    """Seconds that a learner's function has, in all calls of one check together.

    Between `start` and `stop` the time runs, and `self.exception`, a TimeIsUp of this limit's own, is raised in the
    thread that called `start` when it is up: again and again where it is caught, from the second time on also at the
    next line of the learner's code, which leaves a loop around `except BaseException`. Whoever stands at a debugger's
    prompt is not interrupted. `stop` puts back the handler and the timer that were there.

    Attributes
    ----------
    tell : function (text) that is called where it gives up, before the kernel hangs; None for none
    is_up : whether the time ran out
    stood : (frame, line) of the learner's code at that moment; (None, 0) where there was none
    """

    def __init__(self, seconds: float, is_learners: Callable[[str], bool], tell: Callable | None = None):
        self.seconds, self.left, self.is_learners, self.tell = seconds, seconds, is_learners, tell
        self.exception = type("TimeIsUp", (TimeIsUp,), {})
        self.is_up, self.stood = False, (None, 0)
        self._started, self._running, self._times = None, False, 0
        self._clock = self._trace = self._outside = None
        self._imports = 0

    def start(self) -> None:
        """Let the time run. It is an error of the caller's to start a limit that is up."""
        self._trace, self._outside = sys.gettrace(), sys._getframe(1)
        self._started, self._running = time.monotonic(), True
        self._clock = (_Alarm if _has_alarm() else _Watcher)(self)
        self._clock.start(max(self.left, 0.001))

    def stop(self) -> None:
        """Stop the time. May be called twice: the first call is sometimes cut off by the exception itself."""
        self._running = False
        if self._clock is not None:
            self._clock.stop()
            self._clock = self._outside = None
        if sys.gettrace() is not self._trace:
            sys.settrace(self._trace)
        if self._started is not None:
            self.left -= time.monotonic() - self._started
            self._started = None

    def more_for_import(self, frame: FrameType) -> float:
        """Seconds more, where the time ends in the middle of an import: one cut off leaves a module broken for good.

        Importing PyTorch takes 20 seconds on a busy machine. An import that never ends is cut off after all.
        """
        while frame is not None and frame is not self._outside:
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                if self._imports >= MOST_IMPORTS:
                    return 0.0
                self._imports += 1
                self.left += self.seconds
                return self.seconds
            frame = frame.f_back
        return 0.0

    def due(self, frame: FrameType) -> bool:
        """The time is up, and the thread stands in `frame`: whether the exception is to be raised there now."""
        if not self._running or _is_at_debugger(frame):
            return False
        if not self.is_up:
            self.is_up, self.stood = True, self._innermost(frame)
        self._times += 1
        if self._times > MOST_TIMES:
            if self._times == MOST_TIMES + 1 and self.tell is not None:
                self.tell(_GIVEN_UP)
            return False
        if self._times > 1:
            self._raise_at_next_line(frame)
        return True

    def _innermost(self, frame):
        while frame is not None and not self.is_learners(frame.f_code.co_filename):
            frame = frame.f_back
        return (frame, frame.f_lineno) if frame else (None, 0)

    def _raise_at_next_line(self, frame):
        def trace(frame, event, argument):
            if not self._running or not self.is_learners(frame.f_code.co_filename):
                return None
            if event == "line":
                raise self.exception
            return trace

        while frame is not None:
            if self.is_learners(frame.f_code.co_filename):
                frame.f_trace = trace
            frame = frame.f_back
        if threading.current_thread() is threading.main_thread():
            sys.settrace(trace)


class _Alarm:
    """The system's timer of this process, on the main thread. One that runs already goes on ringing when it is due."""

    def __init__(self, limit):
        self.limit, self.old_handler, self.old_due, self.old_interval, self.deadline = limit, None, None, 0.0, 0.0

    def start(self, seconds):
        now = time.monotonic()
        self.deadline = now + seconds
        self.old_handler = _set_handler(signal.SIGALRM, self.ring)
        left, self.old_interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
        if left:
            self.old_due = now + left
            if left < seconds:
                signal.setitimer(signal.ITIMER_REAL, left, AGAIN)

    def ring(self, number, frame):
        now = time.monotonic()
        if self.old_due is not None and now >= self.old_due - 0.001:
            self.old_due = now + self.old_interval if self.old_interval else None
            signal.setitimer(signal.ITIMER_REAL, max(self.deadline - now, 0.001), AGAIN)
            if callable(self.old_handler):
                self.old_handler(number, frame)
        elif now >= self.deadline - 0.001:
            more = self.limit.more_for_import(frame)
            if more:
                self.deadline = now + more
                signal.setitimer(signal.ITIMER_REAL, more, AGAIN)
            elif self.limit.due(frame):
                raise self.limit.exception

    def stop(self):
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self.old_handler is not None:
            _set_handler(signal.SIGALRM, self.old_handler)
        if self.old_due is not None:
            signal.setitimer(signal.ITIMER_REAL, max(self.old_due - time.monotonic(), 0.001), self.old_interval)


class _Watcher:
    """A thread that waits, and then asks Python to raise the exception in the thread that it watches."""

    def __init__(self, limit):
        self.limit, self.watched = limit, threading.get_ident()
        self.ended, self.lock, self.stopped, self.asked = threading.Event(), threading.Lock(), False, False

    def start(self, seconds):
        threading.Thread(target=self.watch, args=(seconds,), daemon=True).start()

    def watch(self, seconds):
        while not self.ended.wait(seconds):
            frame = sys._current_frames().get(self.watched)
            with self.lock:
                if self.stopped or frame is None:
                    return
                more = self.limit.more_for_import(frame)
                if not more and self.limit.due(frame):
                    self.asked = True
                    _raise_in(self.watched, self.limit.exception)
            seconds = more or AGAIN

    def stop(self):
        with self.lock:
            self.stopped = True
        self.ended.set()
        if not self.asked:
            return
        # One that was asked for may not have come yet. Taking it back would leave Python's flag for it set for good,
        # and Python 3.11 hangs on that flag in traced code. So it is asked for once more, in its place, and caught.
        try:
            _raise_in(self.watched, self.limit.exception)
            for _ in range(1_000_000):
                pass
        except self.limit.exception:
            self.asked = False


def _raise_in(thread, exception):
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(exception))


def _has_alarm():
    on_main = threading.current_thread() is threading.main_thread()
    return on_main and hasattr(signal, "setitimer") and signal.getsignal(signal.SIGALRM) is not None


def _is_at_debugger(frame):
    while frame is not None:
        name = frame.f_code.co_filename
        if name.endswith(_DEBUGGERS[:2]) or _DEBUGGERS[2] in name:
            return True
        frame = frame.f_back
    return False
