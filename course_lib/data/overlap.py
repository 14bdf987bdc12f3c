"""Examples that are in two parts of a data set at once: found by their values, named, and taken out.

What was trained on must not be validated or tested on: a network that only remembers would look as one that learned.
"""

import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course_lib.data.dataset import DataError, Dataset, Split

PARTS = ("train", "validation", "test")
ROWS_AT_ONCE = 1000  # that are copied to be compared: bounds the memory
MOSTLY_DISTINCT = 0.99  # of the training rows: then a row that is also in another part is there by mistake


class OverlapError(DataError):
    """Examples that are in two parts of a data set. The message names how many, the first pair, and what to do."""


class OverlapWarning(UserWarning):
    """Examples that are in two parts of a data set whose rows repeat anyway."""


@dataclass(frozen=True)
class Overlap:
    """What two parts of a data set share.

    Parameters
    ----------
    first, second : names of the parts: "train", "validation" or "test"
    count : how many rows of `second` have the values of a row of `first`
    pair : (row of `first`, row of `second`), counted from 0: the earliest such row of `second`, and its earliest double
    """

    first: str
    second: str
    count: int
    pair: tuple[int, int]


def find_overlaps(data: Dataset, parts: Sequence[str] = PARTS) -> list[Overlap]:
    """What the parts of a Dataset share, by the values of x alone; labels do not count. Only `parts` are looked at.

    Two rows are the same when all of their values are equal, after float32's rounding where one part is stored in
    float32 and the other is not. A copy that was shifted, or saved with losses, is another row.

    Returns
    -------
    list of Overlap, one for every two parts that share a row; train and validation come first
    """
    splits = {name: getattr(data, name) for name in parts}
    splits = {name: part for name, part in splits.items() if part is not None}
    found = []
    for (first, one), (second, other) in itertools.combinations(splits.items(), 2):
        pairs = _pairs(one.x, other.x)
        if pairs:
            row = min(pairs)
            found.append(Overlap(first, second, len(pairs), (pairs[row], row)))
    return found


def check_no_overlap(data: Dataset, parts: Sequence[str] = PARTS) -> None:
    """Nothing if no two parts of a Dataset share a row.

    Fashion-MNIST, embedded or full, has no image twice: neither within a part nor in two of them. Where the training
    rows are all different, as there, a row that comes again in another part is there by mistake, and that is an error.
    Where they repeat among themselves, as those of a table with a few columns of whole numbers do, it may come again by
    chance: that is a warning.

    Raises
    ------
    OverlapError : two parts share a row, and the training rows are distinct but for a hundredth
    """
    overlaps = find_overlaps(data, parts)
    if not overlaps:
        return
    message = _message(data, overlaps[0])
    distinct = len({hash(row) for row in _rows(data.train.x, data.train.x.dtype)})
    if distinct >= MOSTLY_DISTINCT * len(data.train):
        raise OverlapError(message)
    warnings.warn(
        f"{message} It may be by chance here: of the {len(data.train)} training rows only {distinct} are different.",
        OverlapWarning,
        stacklevel=2,
    )


def without_overlap(data: Dataset) -> Dataset:
    """The Dataset without the rows that come again in another part: they leave train for validation or test, and
    validation for test, so that test stays as it is.

    Raises
    ------
    DataError : nothing would be left of train or of validation
    """
    splits = data.splits()
    for name in ("validation", "train"):
        for other in ("validation", "test"):
            if name != other and {name, other} <= set(splits):
                splits[name] = _without(name, splits[name], other, splits[other])
    facts = {"name": data.name, "class_names": data.class_names, "image_shape": data.image_shape}
    return Dataset(**splits, **facts)


def _without(name, part, other_name, other):
    shared = set(_pairs(other.x, part.x))
    kept = np.array([row not in shared for row in range(len(part))])
    if not kept.any():
        raise DataError(
            f"Every row of {name} is also in {other_name}; nothing would be left of it. Make the parts anew from all "
            "examples, each once: course_lib.data.split(x, labels)."
        )
    return part if kept.all() else Split(part.x[kept], part.labels[kept])


def _pairs(one, other):
    """{row of `other`: the first row of `one` that has its values}."""
    dtype = one.dtype if one.dtype == other.dtype else np.float32
    places, found = {}, {}
    for row, key in enumerate(_rows(other, dtype)):  # the second part is the smaller one: its rows are kept in memory
        places.setdefault(key, []).append(row)
    for row, key in enumerate(_rows(one, dtype)):
        for place in places.get(key, ()):
            found.setdefault(place, row)
    return found


def _rows(x, dtype):
    """Every row as bytes, which are equal when all values are."""
    for start in range(0, len(x), ROWS_AT_ONCE):
        for row in np.add(x[start : start + ROWS_AT_ONCE], 0, dtype=dtype):  # + 0 makes one zero of -0.0 and 0.0
            yield row.tobytes()


def _message(data, overlap):
    n = len(getattr(data, overlap.second))
    row, same_row = overlap.pair
    return (
        f"{overlap.count} of the {n} rows of {overlap.second} are also in {overlap.first} of this data; the first "
        f"is row {same_row} of {overlap.second}, the same as row {row} of {overlap.first}. What a network has learned "
        f"from says nothing about what it will do with new examples. Take them out of {overlap.first}: "
        "course_lib.data.without_overlap(data); or make the parts anew from all examples, each once."
    )
