"""Where the experiments are: one file a claim, claims/NAME.py, found by its name."""

import difflib
import importlib
import pkgutil

from course_lib.experiments.experiment import Experiment
from course_lib.experiments.measurement import MeasurementError, UnknownExperiment

PACKAGE = "course_lib.experiments.claims"  # the package whose files are looked at


def names() -> list[str]:
    """The names of all experiments, in alphabetical order. Imports none of them."""
    folder = importlib.import_module(PACKAGE).__path__
    return sorted(module.name for module in pkgutil.iter_modules(folder))


def experiment(name: str) -> Experiment:
    """The Experiment of claims/NAME.py.

    Raises
    ------
    UnknownExperiment : there is no such file; the message names the near ones, or all
    MeasurementError : the file has no EXPERIMENT
    """
    found = getattr(_module(name), "EXPERIMENT", None)
    if not isinstance(found, Experiment):
        raise MeasurementError(f"{name}.py has no EXPERIMENT = Experiment(...); every claim's file needs one.")
    return found


def experiments() -> dict[str, Experiment]:
    """All experiments: {name: Experiment}, by chapter and then by name."""
    found = {name: experiment(name) for name in names()}
    return dict(sorted(found.items(), key=lambda item: (item[1].chapter, item[0])))


def known_name(name: str) -> str:
    """The name itself if there is such a claim, else an UnknownExperiment with the near ones."""
    if name not in names():
        raise UnknownExperiment(_unknown_message(name))
    return name


def module_name(name: str) -> str:
    """The module of a claim, "course_lib.experiments.claims.NAME". An unknown name is an UnknownExperiment."""
    return f"{PACKAGE}.{known_name(name)}"


def _module(name):
    return importlib.import_module(module_name(name))


def _unknown_message(name):
    known = names()
    message = f"There is no claim {name!r}."
    spelled = str(name).strip().lower().removesuffix(".py")
    near = difflib.get_close_matches(spelled, known, n=3, cutoff=0.5)
    near += [each for each in known if spelled and spelled in each and each not in near]
    if near:
        return f"{message} Did you mean {' or '.join(near)}?"
    return f"{message} There are: {', '.join(known)}." if known else f"{message} No claim is here."
