"""Data sets for processes that are started by name: Fashion-MNIST, or any Dataset in a safetensors file."""

import hashlib
import json
from pathlib import Path

import numpy as np

from course_lib.data import DataError, Dataset, DataUnavailable, Split, load_fashion_mnist
from course_lib.data.full import locate_full

FORMAT = "course_lib dataset 1"
SUBSETS = ("embedded", "full")


def save_dataset(data, path):
    """Write a Dataset: its splits as arrays, the rest as text."""
    from safetensors.numpy import save_file

    arrays = {}
    for name, part in data.splits().items():
        arrays |= {f"{name}.x": np.ascontiguousarray(part.x), f"{name}.labels": np.ascontiguousarray(part.labels)}
    facts = {"name": data.name, "class_names": data.class_names, "image_shape": data.image_shape}
    save_file(arrays, path, metadata={"format": FORMAT, "dataset": json.dumps(facts)})


def named_dataset(name):
    """The Dataset that a name stands for: "embedded" or "full" (Fashion-MNIST), or a file of `save_dataset`.

    Raises
    ------
    DataUnavailable : "full" is not on this machine. Nothing is downloaded here: several processes would do it at once
    DataError : neither such a name nor such a file
    """
    if name == "embedded":
        return load_fashion_mnist()
    if name == "full":
        if locate_full() is None:
            line = "python -c \"from course_lib.data import load_fashion_mnist; load_fashion_mnist('full')\""
            raise DataUnavailable(f"The full Fashion-MNIST is not on this machine. Download it once: {line}")
        return load_fashion_mnist("full")
    return _read(Path(name))


def fingerprint(data):
    """A text that is another one for other training data: a checkpoint goes on with the data that it began with."""
    digest = hashlib.sha256()
    for array in (data.train.x, data.train.labels):
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()[:16]


def _read(path):
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise DataError(
            f"There is no data set {str(path)!r}. Give 'embedded' or 'full' (Fashion-MNIST), or a file that "
            "course_lib.training.dataset_file.save_dataset wrote."
        )
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError) as error:
        raise DataError(f"{str(path)!r} can't be read as a data set ({error}). Write it again.") from None
    if metadata.get("format") != FORMAT:
        raise DataError(f"{str(path)!r} is not a data set of this course (expected format: {FORMAT}).")
    facts = json.loads(metadata["dataset"])
    names = {key.split(".")[0] for key in arrays}
    splits = {name: Split(arrays[f"{name}.x"], arrays[f"{name}.labels"]) for name in names}
    shape = facts["image_shape"]
    image_shape = None if shape is None else tuple(shape)
    return Dataset(**splits, name=facts["name"], class_names=tuple(facts["class_names"]), image_shape=image_shape)
