"""Checkpoints: a trained network with its Recipe in one safetensors file: numbers and text, nothing that runs."""

import os
from itertools import pairwise
from pathlib import Path

from course_lib.arrays import ArrayError, check_dtype
from course_lib.engine.back_ends import make_network
from course_lib.recipe import Recipe

FORMAT = "course_lib network 1"


class CheckpointError(ValueError):
    """A file that is not a checkpoint of this course, or a damaged one."""


def save_network(network, path):
    """Write a network of either engine: its parameters, running statistics, recipe, sizes and dtype.

    The file appears whole or not at all: it is written beside its place and then moved there.
    """
    from safetensors.numpy import save_file

    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {str(path.parent)!r} to save {path.name!r} in. Make it first.")
    metadata = {
        "format": FORMAT,
        "recipe": network.recipe.to_json(),
        "n_inputs": str(network.n_inputs),
        "n_classes": str(network.n_classes),
        "dtype": network.dtype,
    }
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        save_file(network.state(), unfinished, metadata=metadata)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def load_network(path, engine="numpy", device="auto"):
    """Read a network that `save_network` wrote, into either engine.

    Raises
    ------
    FileNotFoundError : there is no such file
    CheckpointError : the file is truncated, damaged, or not a checkpoint of this course
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint {str(path)!r}. save_network(network, path) writes one.")
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{str(path)!r} can't be read as a checkpoint ({error}). It may be truncated or not a safetensors file: "
            "save it again, or copy it again from where it came."
        ) from None
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
    except (KeyError, ValueError) as error:
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
