"""Where the experiments are: one file a claim, claim_NAME.py in this folder, found by its name."""

import difflib
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

from course_lib.experiments.experiment import Experiment
from course_lib.experiments.measurement import MeasurementError, UnknownExperiment

PACKAGE = "course_lib.experiments"  # the package whose claim_*.py files are looked at
PREFIX = "claim_"
# What changes in these does not make a result stale; the small version, measured in every test run, sees it.
SHARED_BY_ALL = ("experiment", "measurement", "short_runs", "layer_flow")


def names():
    """The names of all experiments, in alphabetical order. Imports none of them."""
    folder = importlib.import_module(PACKAGE).__path__
    found = (module.name for module in pkgutil.iter_modules(folder))
    return sorted(name.removeprefix(PREFIX) for name in found if name.startswith(PREFIX))


def experiment(name):
    """The Experiment of claim_NAME.py.

    Raises
    ------
    UnknownExperiment : there is no such file; the message names the near ones, or all
    MeasurementError : the file has no EXPERIMENT
    """
    found = getattr(_module(name), "EXPERIMENT", None)
    if not isinstance(found, Experiment):
        raise MeasurementError(f"{PREFIX}{name}.py has no EXPERIMENT = Experiment(...); every claim's file needs one.")
    return found


def experiments():
    """All experiments: {name: Experiment}, by chapter and then by name."""
    found = {name: experiment(name) for name in names()}
    return dict(sorted(found.items(), key=lambda item: (item[1].chapter, item[0])))


def files(name):
    """The files that say what this experiment is: its claim's, then those in this folder that it shares with others."""
    waiting, found = [_module(name).__name__], []
    while waiting:
        module = waiting.pop(0)
        if module not in found:
            found.append(module)
            waiting += _imported_parts(importlib.import_module(module))
    return [Path(importlib.import_module(each).__file__) for each in found]


def _imported_parts(module):
    """The modules of this package that a module takes anything from, without those that serve every experiment."""
    taken = vars(module).values()
    origins = {thing.__name__ if isinstance(thing, ModuleType) else getattr(thing, "__module__", "") for thing in taken}
    apart = {f"{PACKAGE}.{shared}" for shared in SHARED_BY_ALL}
    return sorted(str(each) for each in origins if str(each).startswith(f"{PACKAGE}.") and each not in apart)


def _module(name):
    if name not in names():
        raise UnknownExperiment(_unknown_message(name))
    return importlib.import_module(f"{PACKAGE}.{PREFIX}{name}")


def _unknown_message(name):
    known = names()
    message = f"There is no claim {name!r}."
    spelled = str(name).strip().lower().removeprefix(PREFIX).removesuffix(".py")
    near = difflib.get_close_matches(spelled, known, n=3, cutoff=0.5)
    near += [each for each in known if spelled and spelled in each and each not in near]
    if near:
        return f"{message} Did you mean {' or '.join(near)}?"
    return f"{message} There are: {', '.join(known)}." if known else f"{message} No claim is here."
