"""The two engines by name. An engine is loaded when it is asked for, so that NumPy work never waits for PyTorch."""

import importlib

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


def make_network(recipe, n_inputs, n_classes, engine="numpy", dtype="float32", device="auto"):
    """A fresh Network of the engine: with the same recipe, both engines start from the same parameters."""
    network = engine_module(engine, "network").Network
    return network(recipe, n_inputs, n_classes, dtype=dtype, device=device)
