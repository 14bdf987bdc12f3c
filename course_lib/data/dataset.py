"""Data sets as plain arrays: `Split` is examples with labels, `Dataset` is up to three splits that belong together."""

import math
import os
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike

from course_lib.arrays import class_numbers_hint

MOST_CLASSES = 1_000_000  # more outputs than any network here can have: such labels are names of things
FEW_CLASSES = 100  # up to here, a class without an example is nothing to wonder at


class DataError(ValueError):
    """Data that cannot be used. The message says what was given, what was expected and what to do."""


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Examples and their labels. part[3] is one example, (inputs,) numbers and its label; part[:100] is a Split.

    So it can be given to PyTorch's DataLoader as it is.

    Parameters
    ----------
    x : (examples, inputs) numbers, all finite. float32 and float64 are kept as they are, other numbers become float64
    labels : (examples,) whole numbers from 0, the class of each example. Kept as int64

    Raises
    ------
    DataError : a wrong number of dimensions, no examples, unequal lengths, NaN or infinity in x, labels that are not
        whole numbers, are negative, or so large that they must be names of things
    """

    x: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", _checked_x(self.x))
        object.__setattr__(self, "labels", _checked_labels(self.labels))
        if len(self.x) != len(self.labels):
            raise DataError(
                f"x has {len(self.x)} examples and labels has {len(self.labels)}; there must be one label for each "
                "example. Was one of the two cut or shuffled without the other?"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int | slice | ArrayLike) -> "tuple[np.ndarray, int] | Split":
        """One example by its number, as (x, label); by a slice, numbers or a mask, a Split of those."""
        labels = self.labels[index]
        return (self.x[index], int(labels)) if labels.ndim == 0 else Split(self.x[index], labels)

    def __repr__(self) -> str:
        return f"Split({len(self)} examples, {self.x.shape[1]} inputs)"


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Training data and, where there are any, validation and test data of the same kind.

    Parameters
    ----------
    train : the Split that a network learns from
    validation : the Split that choices are made with, or None
    test : the Split that is looked at once, at the end, or None
    name : what the data set is called
    class_names : a name for each class, in the order of the labels; left empty, "class 0", "class 1" and so on. Whole
        numbers and NumPy's texts become plain text
    image_shape : (rows, columns) when each example is an image, stored row by row; None when it is not

    Raises
    ------
    DataError : splits of unequal width; training labels that are all the same, or that leave most classes without an
        example; a label without a class name; class names that have no order or occur twice; an image_shape that is
        not the width of x
    """

    train: Split
    validation: Split | None = None
    test: Split | None = None
    name: str = "data"
    class_names: tuple[str, ...] = ()
    image_shape: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        splits = self.splits()
        for name, part in splits.items():
            if part.x.shape[1] != self.n_inputs:
                raise DataError(
                    f"{name} has {part.x.shape[1]} inputs and train has {self.n_inputs}; all splits need the same "
                    "number of columns in x."
                )
        names = _checked_class_names(self.class_names) or _numbered_classes(splits)
        object.__setattr__(self, "class_names", names)
        for name, part in splits.items():
            _check_range(name, part.labels, names)
        _check_several_classes(self.train.labels)
        object.__setattr__(self, "name", _checked_name(self.name))
        object.__setattr__(self, "image_shape", self._checked_image_shape())

    def splits(self) -> dict[str, Split]:
        """The splits that are there, by name: {"train": Split, "validation": Split, "test": Split}."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        for name, part in parts.items():
            if not isinstance(part, Split) and (part is not None or name == "train"):
                raise DataError(f"{name} is a {type(part).__name__}; it must be a Split: Split(x, labels).")
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def n_inputs(self) -> int:
        """Columns of x: how many numbers describe one example."""
        return self.train.x.shape[1]

    @property
    def n_classes(self) -> int:
        """How many classes there are; labels run from 0 to n_classes - 1."""
        return len(self.class_names)

    def _checked_image_shape(self):
        if self.image_shape is None:
            return None
        shape = check_image_shape(self.image_shape)
        if math.prod(shape) != self.n_inputs:
            raise DataError(
                f"image_shape is {shape}, and x has {self.n_inputs} columns; it must be (rows, columns) with "
                f"rows * columns = {self.n_inputs}, or None when the examples are not images."
            )
        return shape

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} {len(part)}" for name, part in self.splits().items())
        return f"Dataset({self.name!r}: {sizes}; {self.n_inputs} inputs, {self.n_classes} classes)"


def split(
    x: ArrayLike,
    labels: ArrayLike,
    seed: int = 0,
    validation: float = 0.2,
    test: float = 0.2,
    name: str = "data",
    class_names: Iterable[str] = (),
) -> Dataset:
    """Shuffle the examples and part them, each class by itself, so that every split has the same mix of classes.

    Parameters
    ----------
    x, labels : as `Split` takes them
    seed : whole number, 0 or more; the same seed gives the same parts
    validation, test : share of the examples of each class, in [0, 1), rounded; 0 leaves that split out (None)
    name, class_names : as `Dataset` takes them

    Returns
    -------
    Dataset

    Raises
    ------
    DataError : bad arrays, shares that leave nothing to train on, or a share so small that no example falls to it
    """
    everything = Split(x, labels)
    shares = {"train": _share_left(validation, test), "validation": validation, "test": test}
    rng = np.random.default_rng(check_seed(seed))
    chosen, order = _parted(everything.labels, validation, test, rng)
    parts = {}
    for part, share in shares.items():
        indices = order[chosen[order] == part]
        if share > 0 and len(indices) == 0:
            raise DataError(
                f"{len(everything)} examples are too few: with validation={validation} and test={test} none is left "
                f"for {part}. Use more examples or other shares (0 leaves a split out)."
            )
        parts[part] = Split(everything.x[indices], everything.labels[indices]) if len(indices) else None
    return Dataset(**parts, name=name, class_names=class_names)


def check_seed(seed: int) -> int:
    """The seed as an int; a DataError when it is not a whole number, 0 or more."""
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise DataError(f"seed is {seed!r}; it must be a whole number, 0 or more. The same seed gives the same data.")
    return int(seed)


def check_image_shape(image_shape: Iterable[int]) -> tuple[int, int]:
    """(rows, columns) as two plain ints, each 1 or more; anything else is a DataError."""
    sides = tuple(image_shape) if _has_order(image_shape) else ()
    if len(sides) != 2 or not all(isinstance(side, Integral) and side > 0 for side in sides):
        raise DataError(f"image_shape is {image_shape!r}; it must be (rows, columns), two whole numbers above 0.")
    return int(sides[0]), int(sides[1])


def _has_order(values):
    """Whether `values` are several things that come in the same order every time."""
    return isinstance(values, Iterable) and not isinstance(values, str | bytes | Set | Mapping)


def _checked_name(name):
    if not isinstance(name, str | os.PathLike):
        raise DataError(f"name is {name!r}; it must be a text: what the data set is called.")
    return str(name)


def _checked_class_names(class_names):
    """The names as a tuple of plain, different texts; empty when there are none."""
    if isinstance(class_names, str):
        raise DataError(f"class_names is the text {class_names!r}; it must be a list with a name a class.")
    if not _has_order(class_names):
        kind = type(class_names).__name__
        raise DataError(
            f"class_names is of type {kind}; it must be a list with a name a class, in the order of the labels: "
            "the class of label 0 first."
        )
    given = list(class_names)
    for number, name in enumerate(given):
        if not isinstance(name, str | Integral):
            raise DataError(f"class_names has {name!r} in place {number}; the name of a class is a text.")
    names = tuple(str(name) for name in given)
    doubles = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if doubles:
        raise DataError(
            f"class_names has {doubles[0]!r} {names.count(doubles[0])} times; each class needs a name of its own. If "
            "two labels mean the same class, give both the same number."
        )
    return names


def _numbered_classes(splits):
    """Names for classes that were given none; a DataError where most of them would have no example."""
    labels = np.concatenate([part.labels for part in splits.values()])
    different, n_classes = len(np.unique(labels)), int(labels.max()) + 1
    if n_classes > FEW_CLASSES and 2 * different < n_classes:
        raise DataError(
            f"{_too_large(different, n_classes - 1)} If there are {n_classes:,} classes and most have no example, name "
            "every one in class_names."
        )
    return tuple(f"class {number}" for number in range(n_classes))


def _too_large(different, largest):
    return (
        f"There are {different:,} different labels, the largest {largest:,}; class numbers run from 0 on without gaps, "
        "and a network gets an output for each. Number them, all parts together: "
        "names, labels = np.unique(labels, return_inverse=True)."
    )


def _check_several_classes(labels):
    if labels.min() == labels.max():
        raise DataError(
            f"All {len(labels)} labels of train are {labels[0]}; there must be two classes or more to tell apart. Were "
            "they made by argmax from a single column, or do the examples stand sorted by class?"
        )


def _share_left(validation, test):
    """The share of the examples that is left to train on; a DataError when the other two are not shares."""
    for part, share in (("validation", validation), ("test", test)):
        if isinstance(share, bool) or not isinstance(share, Real) or not 0 <= share < 1:
            raise DataError(f"{part} is {share!r}; it must be a share of the examples, at least 0 and below 1.")
    if validation + test >= 1:
        raise DataError(
            f"validation={validation} and test={test} leave nothing to train on; they must add up to less than 1."
        )
    return 1 - validation - test


def _parted(labels, validation, test, rng):
    """The name of the part that each example goes to, and a shuffled order of all examples."""
    order = rng.permutation(len(labels))
    chosen = np.full(len(labels), "train", dtype="<U10")
    for label in np.unique(labels):
        members = order[labels[order] == label]
        n_validation, n_test = round(validation * len(members)), round(test * len(members))
        chosen[members[:n_validation]] = "validation"
        chosen[members[n_validation : n_validation + n_test]] = "test"
    return chosen, order


def _checked_x(x):
    x = _as_array("x", x)
    if x.dtype.kind not in "fiub":
        raise DataError(f"x has dtype {x.dtype}; it must hold real numbers.{_numbers_hint(x)}")
    if x.ndim != 2:
        raise DataError(
            f"x has {x.ndim} dimensions, shape {x.shape}; it must have 2: (examples, inputs). Flatten images with "
            "x.reshape(len(x), -1); make one example a row with x.reshape(1, -1)."
        )
    if x.size == 0:
        raise DataError(f"x is empty, shape {x.shape}; it needs at least one example and one input.")
    if x.dtype not in (np.float32, np.float64):
        x = x.astype(np.float64)
    finite = np.isfinite(x)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise DataError(
            f"x has {finite.size - finite.sum()} values that are NaN or infinite, the first in row {row}, column "
            f"{column}; all values must be finite. Drop those rows: keep = np.isfinite(x).all(axis=1)."
        )
    return x


def _numbers_hint(x):
    """What to do with an x that holds other things than numbers: say which, or that all of them can be read as such."""
    if x.dtype.kind not in "OSU" or x.ndim != 2:
        return ""
    for column in range(x.shape[1]):
        for value in x[:, column]:
            if not _is_number(value):
                return (
                    f" Column {column} holds {value!r}. Leave such columns out, or make columns of 0 and 1 of them: of "
                    'a pandas table, x = table.select_dtypes(["number", "bool"]) or x = pandas.get_dummies(table), and '
                    "then x.to_numpy(dtype=float)."
                )
    return " Every value can be read as a number: x = np.asarray(x).astype(np.float64)."


def _is_number(value):
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _checked_labels(labels):
    labels = _as_array("labels", labels)
    if labels.ndim != 1:
        raise DataError(
            f"labels has {labels.ndim} dimensions, shape {labels.shape}; it must have 1: one class number an example."
            f"{class_numbers_hint(labels)}"
        )
    if labels.size and labels.dtype.kind not in "iu":
        raise DataError(
            f"labels has dtype {labels.dtype}; labels are class numbers and must be whole numbers: 0, 1, 2 and so on."
            f"{class_numbers_hint(labels)}"
        )
    if labels.size and labels.min() < 0:
        raise DataError(f"labels has {labels.min()} among its values; class numbers start at 0.")
    if labels.size and labels.max() >= MOST_CLASSES:
        raise DataError(_too_large(len(np.unique(labels)), int(labels.max())))
    return labels.astype(np.int64, copy=False)


def _as_array(name, values):
    try:
        return np.asarray(values)
    except ValueError:
        raise DataError(f"{name} is not an array: its rows have unequal lengths.") from None


def _check_range(name, labels, class_names):
    beyond = np.flatnonzero(labels >= len(class_names))
    if len(beyond):
        raise DataError(
            f"{name} has label {labels[beyond[0]]} (example {beyond[0]}), and there are {len(class_names)} classes; "
            f"labels must run from 0 to {len(class_names) - 1}. Name every class in class_names, or mend the label."
        )
