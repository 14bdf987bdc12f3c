"""Checkpoints: a trained network with its Recipe in one safetensors file: numbers and text, nothing that runs."""

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

from course_lib.arrays import ArrayError, check_dtype
from course_lib.engine.back_ends import make_network
from course_lib.recipe import Recipe
from course_lib.tensor_file import MISFITS, TensorFileError, read_tensors, tensor_bytes
from course_lib.whole_file import write_file

FORMAT = "course_lib network 1"
NEEDED = ("recipe", "n_inputs", "n_classes", "dtype", "state")  # of a network, to be written


class CheckpointError(ValueError):
    """A file that is not a checkpoint of this course, or a damaged one; or what no checkpoint can be made of."""


def save_network(trained: Any, path: str | os.PathLike) -> None:
    """Write a network of either engine: its parameters, running statistics, recipe, sizes and dtype.

    Parameters
    ----------
    trained : the Result of `fit`, or a Network of either engine
    path : of the file, which appears whole or not at all

    Raises
    ------
    CheckpointError : something else than such a network
    FileNotFoundError, course_lib.whole_file.NotWritten : it cannot be written there
    """
    write_file(path, network_bytes(trained))


def network_bytes(trained: Any) -> bytes:
    """What `save_network` writes."""
    network = network_of(trained, CheckpointError, "save_network")
    texts = {
        "format": FORMAT,
        "recipe": network.recipe.to_json(),
        "n_inputs": str(network.n_inputs),
        "n_classes": str(network.n_classes),
        "dtype": network.dtype,
    }
    return tensor_bytes(network.state(), texts)


def network_of(trained: Any, error: type[Exception], function: str) -> Any:
    """The network of a Result of `fit`, or the network itself. Raises `error`, by its message from `function`."""
    network = getattr(trained, "network", trained)
    if not all(hasattr(network, name) for name in NEEDED):
        raise error(
            f"{function}() needs what fit() returned, or its network; it got {type(trained).__name__}. A "
            "ConvolutionalNetwork has no recipe: course_lib.engine.zoo.save_pretrained saves it."
        )
    return network


def load_network(path: str | os.PathLike, engine: str = "numpy", device: str = "auto") -> Any:
    """Read a network that `save_network` wrote, into either engine.

    Raises
    ------
    FileNotFoundError : there is no such file
    CheckpointError : the file may not be read, is truncated, damaged, or not a checkpoint of this course
    """
    path = Path(path)
    try:
        state, metadata = read_tensors(path)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"There is no checkpoint {str(path)!r}. save_network(network, path) writes one."
        ) from None
    except TensorFileError as error:
        raise CheckpointError(f"{error} Save it again, or copy it again from where it came.") from None
    if metadata.get("format") != FORMAT:
        if "course_lib" in metadata:  # the key that zoo.save_pretrained writes
            raise CheckpointError(
                f"{str(path)!r} holds a convolutional network, which has no Recipe. "
                "course_lib.engine.zoo.load_pretrained(path) reads it."
            )
        found = metadata.get("format", "none")
        raise CheckpointError(
            f"{str(path)!r} is a safetensors file but not a checkpoint of this course "
            f"(format: {found}; expected: {FORMAT})."
        )
    try:
        recipe = Recipe.from_json(metadata["recipe"])
        sizes = int(metadata["n_inputs"]), int(metadata["n_classes"])
        dtype = check_dtype(metadata["dtype"])
        _check_widths(state, [sizes[0], *recipe.hidden_layers, sizes[1]])
    except MISFITS as error:
        raise _damaged(path, error) from error
    network = make_network(recipe, *sizes, engine=engine, dtype=dtype, device=device)
    try:
        network.load_state(state)
    except ArrayError as error:
        raise _damaged(path, error) from error
    return network


def _check_widths(state, widths):
    """The stored weights have these widths: known before memory is taken for a network of such a size."""
    for number, shape in enumerate(pairwise(widths), start=1):
        name = f"dense{number}.weight"
        if name not in state or state[name].shape != shape:
            found = f"has shape {state[name].shape}" if name in state else "is missing"
            raise ArrayError(f"{name!r} {found}; the recipe and sizes beside it ask for {shape}")


def _damaged(path, error):
    return CheckpointError(f"{str(path)!r} is damaged: its parts do not fit each other ({error}).")
