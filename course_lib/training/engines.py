"""The two engines by name. An engine is loaded when it is asked for, so that NumPy work never waits for PyTorch."""

import importlib

from course_lib.execution import ExecutionError, check_is_execution

ENGINES = {"numpy": "course_lib.scratch", "torch": "course_lib.pytorch"}


def engine_module(engine, file_name):
    """The module `file_name` of an engine: `engine_module("torch", "augmentation")`.

    Raises
    ------
    ValueError : an unknown engine
    ImportError : PyTorch is asked for and not installed
    """
    if engine not in ENGINES:
        raise ValueError(f"engine is {engine!r}; the choices are: {', '.join(map(repr, ENGINES))}.")
    try:
        return importlib.import_module(f"{ENGINES[engine]}.{file_name}")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        message = "engine='torch' needs PyTorch, which is not installed. engine='numpy' works without it."
        raise ImportError(message) from error


def make_network(recipe, n_inputs, n_classes, engine="numpy", dtype="float32", device="auto", execution=None):
    """A fresh Network of the engine: with the same recipe, both engines start from the same parameters.

    execution : an Execution, for engine="torch"; it says device and dtype, which are then not given

    Raises
    ------
    ExecutionError : an execution for the NumPy engine, or device or dtype beside it
    ValueError, ImportError : as engine_module
    """
    if execution is None:
        return engine_module(engine, "network").Network(recipe, n_inputs, n_classes, dtype=dtype, device=device)
    check_execution(execution, engine, dtype, device)
    return engine_module(engine, "execution").ExecutedNetwork(recipe, n_inputs, n_classes, execution)


def check_execution(execution, engine, dtype="float32", device="auto"):
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
