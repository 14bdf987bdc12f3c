"""The two engines by name. An engine is loaded when it is asked for, so that NumPy work never waits for PyTorch."""

import importlib
from types import ModuleType
from typing import Any

from course_lib.execution import Execution, ExecutionError, check_is_execution
from course_lib.needs import Missing, install_line
from course_lib.recipe import Recipe

LESSONS = {"numpy": "course_lib.scratch", "torch": "course_lib.pytorch"}
ENGINES = tuple(LESSONS)


def lesson(engine: str, name: str) -> ModuleType:
    """The lesson `name` of an engine: `lesson("torch", "augmentation")` is course_lib.pytorch.augmentation.

    Raises
    ------
    ValueError : an unknown engine
    course_lib.needs.Missing : PyTorch is asked for and not installed; it is an ImportError
    """
    if engine not in ENGINES:
        raise ValueError(f"engine is {engine!r}; the choices are: {', '.join(map(repr, ENGINES))}.")
    return _loaded(f"{LESSONS[engine]}.{name}")


def torch_machinery(name: str) -> ModuleType:
    """The file `name` of this package that needs PyTorch. Raises Missing as `lesson`."""
    return _loaded(f"course_lib.engine.{name}")


def _loaded(module):
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise Missing(
            "engine='torch' needs PyTorch, which is not installed. engine='numpy' works without it. "
            f"Install it: {install_line('torch')}"
        ) from error


def make_network(
    recipe: Recipe,
    n_inputs: int,
    n_classes: int,
    engine: str = "numpy",
    dtype: str = "float32",
    device: str = "auto",
    execution: Execution | None = None,
) -> Any:
    """A fresh Network of the engine: with the same recipe, both engines start from the same parameters.

    execution : an Execution, for engine="torch"; it says device and dtype, which are then not given

    Raises
    ------
    ExecutionError : an execution for the NumPy engine, or device or dtype beside it
    ValueError, ImportError : as `lesson`
    """
    if execution is None:
        return _network_class(engine)(recipe, n_inputs, n_classes, dtype=dtype, device=device)
    check_execution(execution, engine, dtype, device)
    return torch_machinery("executed_network").ExecutedNetwork(recipe, n_inputs, n_classes, execution)


def _network_class(engine):
    if engine not in ENGINES:
        raise ValueError(f"engine is {engine!r}; the choices are: {', '.join(map(repr, ENGINES))}.")
    return _loaded(f"course_lib.engine.{engine}_backend").Network


def check_execution(execution: Execution, engine: str, dtype: str = "float32", device: str = "auto") -> None:
    """An ExecutionError unless it is an Execution, for PyTorch, with device and dtype left at their defaults."""
    check_is_execution(execution)
    if engine != "torch":
        raise ExecutionError(
            f"execution is given with engine={engine!r}; it says how PyTorch computes. Use engine='torch', or leave "
            "execution out."
        )
    if device != "auto" or dtype != "float32":
        raise ExecutionError(
            f"device={device!r} and dtype={dtype!r} are given beside an execution, which has its own "
            f"(device={execution.device!r}, dtype={execution.dtype!r}). Say them there alone."
        )
