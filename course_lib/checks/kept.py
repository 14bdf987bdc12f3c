"""What must not change while a learner's function runs: it is put back afterwards, and named.

This catches what happens by mistake, a function of one's own called `np.sum` say, and careless tricks. It cannot stop
somebody who wants to pass without an answer: in one process with the check a function can reach whatever the check
can, its frames and its expected values too. He cheats himself alone. Marking happens elsewhere, in
`course_lib.grading`, where the answer runs in a process of its own and only plain values come back.
"""

import builtins
import contextlib
import copy
import gc
import math
import operator
import signal
import sys
import threading
import time
from types import FunctionType

import numpy as np

# Names of our own: what is called here may be what the learner's function has replaced.
_all, _map, _is, _len, _setattr, _type, _vars = all, map, operator.is_, len, setattr, type, vars

_LIBRARIES = (builtins, np, np.linalg, np.random, math, time, copy)
_PACKAGE = __package__
_FREE = {"_", "input"}  # of `builtins`: what IPython itself puts there


class Kept:
    """Everything that is kept, as it is now.

    Parameters
    ----------
    exercise : whose fields and whose check's module are kept too; None for none
    """

    def __init__(self, exercise: object = None):
        modules = _modules_of_checks(exercise.check.__module__ if exercise is not None else "")
        self._spaces = [(each.__name__, each.__dict__, dict(each.__dict__), None) for each in (*_LIBRARIES, *modules)]
        functions = []
        for module in modules:
            ours, classes = _defined_in(module)
            functions += ours
            for each in classes:
                name = f"{module.__name__}.{each.__qualname__}"
                self._spaces.append((name, each.__dict__, dict(each.__dict__), each))
        registry = sys.modules.get(f"{_PACKAGE}.registry")
        if registry is not None:
            known = registry._exercises
            self._spaces.append((f"{registry.__name__}._exercises", known, dict(known), None))
        if exercise is not None:
            self._spaces.append((f"exercise {exercise.number}", exercise.__dict__, dict(exercise.__dict__), None))
        self._codes = [(each, each.__code__, each.__defaults__, each.__kwdefaults__) for each in functions]
        self._limit, self._trace, self._profile = sys.getrecursionlimit(), sys.gettrace(), sys.getprofile()
        self._collector = list(gc.callbacks)
        on_main = threading.current_thread() is threading.main_thread()
        self._interrupt = signal.getsignal(signal.SIGINT) if on_main else None

    def put_back(self) -> list[str]:
        """Put back what has been replaced. Returns the names of it, "numpy.sum", without what is Python's own state."""
        if sys.getrecursionlimit() != self._limit:
            sys.setrecursionlimit(self._limit)
        if sys.gettrace() is not self._trace:
            sys.settrace(self._trace)
        if sys.getprofile() is not self._profile:
            sys.setprofile(self._profile)
        if gc.callbacks != self._collector:
            gc.callbacks[:] = self._collector
        replaced = []
        for name, space, before, owner in self._spaces:
            if _len(space) == _len(before) and _all(_map(_is, space.values(), before.values())):
                continue
            for key, value in before.items():
                if space.get(key, replaced) is value or (space is builtins.__dict__ and key in _FREE):
                    continue
                if owner is None:
                    space[key] = value
                else:
                    _setattr(owner, key, value)
                replaced.append(f"{name}.{key}")
        for function, code, defaults, named in self._codes:
            if function.__code__ is not code:
                replaced.append(f"{function.__module__}.{function.__qualname__}")
                function.__code__ = code
            if function.__defaults__ is not defaults or function.__kwdefaults__ is not named:
                replaced.append(f"{function.__module__}.{function.__qualname__}")
                function.__defaults__, function.__kwdefaults__ = defaults, named
        if self._interrupt is not None and signal.getsignal(signal.SIGINT) is not self._interrupt:
            signal.signal(signal.SIGINT, self._interrupt)
        return replaced


_defined = {}  # module -> (number of its names, its functions, its classes)


def _defined_in(module):
    """The functions of a module, those in its classes too, and its classes."""
    known = _defined.get(module)
    if known is None or known[0] != len(module.__dict__):
        own = [each for each in module.__dict__.values() if getattr(each, "__module__", None) == module.__name__]
        classes = [each for each in own if isinstance(each, type)]
        inside = [each for one in classes for each in one.__dict__.values()]
        functions = [each for each in (*own, *inside) if type(each) is FunctionType]
        known = _defined[module] = len(module.__dict__), functions, classes
    return known[1:]


def _modules_of_checks(home):
    found = []
    with contextlib.suppress(RuntimeError):  # another thread imports something
        for name, module in sys.modules.items():
            is_home = name == home and name.startswith(f"{_PACKAGE}.")
            if is_home or name == _PACKAGE or name.rpartition(".")[0] == _PACKAGE:
                found.append(module)
    return [module for module in found if module is not None]
