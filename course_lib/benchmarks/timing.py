"""Honest timing: warm-up first, the ways to be compared in turn, round after round, and medians of the rounds.

A round times every way once, one after the other, so that a slow moment of the machine falls on all of them. The clock
is read only when the device has done all that was asked of it: a GPU works on after the call has returned.
"""

import contextlib
import gc
import math
import time
from dataclasses import dataclass, field
from statistics import median

from course_lib.progress_bar import progress_bar

ROUNDS = 7
SECONDS_A_TURN = 0.05  # of one way in one round: far above the clock's resolution
WARM_UP_STEPS = 3
MOST_STEPS = 10_000  # in one turn
OUT_OF_MEMORY = "out of memory"


def nothing_to_wait_for():
    """The `synchronize` of work that is done when its call returns."""


@dataclass(frozen=True)
class Way:
    """One of the ways that are compared.

    Parameters
    ----------
    make : function without arguments that builds everything and returns `step`, a function without arguments. It is
        called once, before the first round
    synchronize : function that returns when the device has done what it was asked for
    steps_in_call : how many training steps one call of `step` does; times are divided by it
    setting : function that returns a context manager, entered for each turn, outside of the clock: a number of threads
    """

    make: object
    synchronize: object = nothing_to_wait_for
    steps_in_call: int = 1
    setting: object = contextlib.nullcontext


@dataclass
class Timing:
    """What was measured of one way.

    seconds : of one step, in each round, a mean over the steps of the round
    problem : why it could not be measured, as a short text, or None
    notes : what the step says about itself in `step.notes`: switches that it could not use
    """

    seconds: list = field(default_factory=list)
    problem: str | None = None
    notes: list = field(default_factory=list)

    @property
    def median(self):
        """Seconds of one step, median over the rounds; NaN where nothing was measured."""
        return median(self.seconds) if self.seconds else math.nan

    @property
    def low(self):
        """The fastest round."""
        return min(self.seconds, default=math.nan)

    @property
    def high(self):
        """The slowest round."""
        return max(self.seconds, default=math.nan)


class Timings(dict):
    """{name of a way: Timing}. `interrupted`: Ctrl-C or the Stop button ended it early, with the rounds up to then."""

    interrupted = False


def time_ways(ways, rounds=ROUNDS, seconds_a_turn=SECONDS_A_TURN, label="", progress=True):
    """Time ways against each other.

    Parameters
    ----------
    ways : {name: Way}
    rounds : how often each way is timed
    seconds_a_turn : about how long a way runs in one round; at least one step is done
    label : what the progress bar says
    progress : show a progress bar

    Returns
    -------
    Timings, with a Timing for every way. A way that runs out of memory has it as its `problem`, and the others go on.
    After an interrupt: the rounds that were done, with `interrupted` True.

    Raises
    ------
    ValueError : no ways, or no rounds
    """
    if not ways or rounds < 1:
        raise ValueError(f"There are {len(ways)} ways and {rounds} rounds; both must be 1 or more.")
    timings = Timings({name: Timing() for name in ways})
    ready = {}
    with progress_bar(len(ways) * (rounds + 1), label, "turn", shown=progress, stays=False) as bar:
        try:
            for name, way in ways.items():
                _prepare(name, way, ready, timings, seconds_a_turn)
                bar.update()
            gc.collect()  # once: with PyTorch loaded it takes longer than a turn
            for _ in range(rounds):
                for name in list(ready):
                    _turn(name, ready, timings)
                    bar.update()
        except KeyboardInterrupt:
            timings.interrupted = True
    return timings


def seconds_of(step, synchronize=nothing_to_wait_for, calls=1):
    """Seconds of one call of `step`, a mean over `calls` calls, all of them done when the clock is read."""
    synchronize()
    start = time.perf_counter()
    for _ in range(calls):
        step()
    synchronize()
    return (time.perf_counter() - start) / calls


def out_of_memory(error):
    """True when an exception says that the memory, of the machine or of a GPU, is full."""
    return (
        isinstance(error, MemoryError)
        or "outofmemory" in type(error).__name__.lower()
        or (isinstance(error, RuntimeError) and OUT_OF_MEMORY in str(error).lower())
    )


def memory_problem(error):
    """ "out of memory", and the batch size that would fit where the error knows it."""
    fits = getattr(error, "fits", None)
    return OUT_OF_MEMORY + (f"; a batch of {fits} would fit" if fits else "")


def _prepare(name, way, ready, timings, seconds_a_turn):
    """Build a way, warm it up, and choose how many calls make one turn."""
    try:
        with way.setting():
            step = way.make()
            first = seconds_of(step, way.synchronize)  # builds caches, compiles
            calls = 0 if first > 10 * seconds_a_turn else WARM_UP_STEPS
            each = seconds_of(step, way.synchronize, calls) if calls else first
    except Exception as error:
        if not out_of_memory(error):
            raise
        timings[name].problem = memory_problem(error)
        return
    timings[name].notes = list(getattr(step, "notes", []))
    ready[name] = (way, step, max(1, min(MOST_STEPS, round(seconds_a_turn / max(each, 1e-9)))))


def _turn(name, ready, timings):
    way, step, calls = ready[name]
    gc.disable()
    try:
        with way.setting():
            timings[name].seconds.append(seconds_of(step, way.synchronize, calls) / way.steps_in_call)
    except Exception as error:
        if not out_of_memory(error):
            raise
        timings[name].problem = memory_problem(error)
        del ready[name]
    finally:
        gc.enable()
