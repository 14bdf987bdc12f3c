"""Data sets for processes that are started by name: Fashion-MNIST, or any Dataset in a safetensors file."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np

from course_lib.data import DataError, Dataset, DataUnavailable, Split, load_fashion_mnist
from course_lib.data.full import locate_full
from course_lib.tensor_file import MISFITS, TensorFileError, read_tensors, write_tensors

FORMAT = "course_lib dataset 1"
SUBSETS = ("embedded", "full")


def save_dataset(data: Dataset, path: str | os.PathLike) -> None:
    """Write a Dataset, whole or not at all: its splits as arrays, the rest as text.

    Raises
    ------
    DataError : something else than a Dataset
    FileNotFoundError, course_lib.whole_file.NotWritten : it cannot be written there
    """
    if not isinstance(data, Dataset):
        raise DataError(f"save_dataset() needs a Dataset, as split(x, labels) returns; it got {type(data).__name__}.")
    arrays = {}
    for name, part in data.splits().items():
        arrays |= {f"{name}.x": part.x, f"{name}.labels": part.labels}
    facts = {"name": data.name, "class_names": data.class_names, "image_shape": data.image_shape}
    write_tensors(path, arrays, {"format": FORMAT, "dataset": json.dumps(facts)})


def named_dataset(name: str) -> Dataset:
    """The Dataset that a name stands for: "embedded" or "full" (Fashion-MNIST), or a file of `save_dataset`.

    Raises
    ------
    DataUnavailable : "full" is not on this machine. Nothing is downloaded here: several processes would do it at once
    DataError : neither such a name nor such a file; a file that may not be read, is damaged or something else
    """
    if name == "embedded":
        return load_fashion_mnist()
    if name == "full":
        if locate_full() is None:
            line = "python -c \"from course_lib.data import load_fashion_mnist; load_fashion_mnist('full')\""
            raise DataUnavailable(f"The full Fashion-MNIST is not on this machine. Download it once: {line}")
        return load_fashion_mnist("full")
    return _read(Path(name))


def fingerprint(data: Dataset) -> str:
    """A text that is another one for other training data: a checkpoint goes on with the data that it began with."""
    digest = hashlib.sha256()
    for array in (data.train.x, data.train.labels):
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()[:16]


def _read(path):
    try:
        arrays, texts = read_tensors(path)
    except FileNotFoundError:
        raise DataError(
            f"There is no data set {str(path)!r}. Give 'embedded' or 'full' (Fashion-MNIST), or a file that "
            "course_lib.training.dataset_file.save_dataset wrote."
        ) from None
    except TensorFileError as error:
        raise DataError(f"{error} Write the data set again.") from None
    if texts.get("format") != FORMAT:
        raise DataError(f"{str(path)!r} is not a data set of this course (expected format: {FORMAT}).")
    try:
        facts = json.loads(texts["dataset"])
        names = {key.split(".")[0] for key in arrays}
        splits = {name: Split(arrays[f"{name}.x"], arrays[f"{name}.labels"]) for name in names}
        shape = facts["image_shape"]
        image_shape = None if shape is None else tuple(shape)
        names = tuple(facts["class_names"])
        return Dataset(**splits, name=facts["name"], class_names=names, image_shape=image_shape)
    except MISFITS as error:
        raise DataError(
            f"{str(path)!r} is damaged: its parts do not fit each other ({error}). Write the data set again."
        ) from None
