"""What both engines accept: checks of the arrays that cross their boundary, with messages that say what to do."""

from collections.abc import Mapping, Sequence
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike

DTYPES = ("float32", "float64")


class ArrayError(ValueError):
    """An array that does not fit. The message says what was given, what was expected and what to do."""


def check_dtype(dtype: object) -> str:
    """The name of a floating-point type that the engines compute in, one of `DTYPES`."""
    name = getattr(dtype, "__name__", None) or str(dtype).removeprefix("torch.")
    if name not in DTYPES:
        raise ArrayError(f"dtype is {dtype!r}; it must be 'float32' (faster) or 'float64' (for exact comparisons).")
    return name


def check_inputs(x: ArrayLike, n_inputs: int, dtype: str = "float64") -> np.ndarray:
    """`x` as an array (examples, n_inputs) of finite real numbers.

    Raises
    ------
    ArrayError : wrong number of axes or width, no examples, not real numbers, NaN or infinite entries
    """
    x = np.asarray(x)
    if x.ndim != 2:
        hint = " For one example, write x[None, :]." if x.ndim == 1 else " Flatten images first: x.reshape(len(x), -1)."
        raise ArrayError(f"x has shape {x.shape}; it must have two axes, (examples, {n_inputs}).{hint}")
    if len(x) == 0:
        raise ArrayError("x is empty: it has no examples. At least one is needed.")
    if x.shape[1] != n_inputs:
        raise ArrayError(f"x has {x.shape[1]} columns, shape {x.shape}; this network takes {n_inputs} inputs.")
    return _check_numbers(x, dtype)


def check_sequences(x: ArrayLike, n_inputs: int, dtype: str = "float64") -> np.ndarray:
    """`x` as an array (sequences, steps, n_inputs) of finite real numbers.

    Raises
    ------
    ArrayError : wrong number of axes or width, no sequences or no steps, not real numbers, NaN or infinite entries
    """
    x = np.asarray(x)
    if x.ndim != 3:
        hint = " For one sequence, write x[None]; for one input a step, x[..., None]." if x.ndim == 2 else ""
        raise ArrayError(f"x has shape {x.shape}; it must have three axes, (sequences, steps, {n_inputs}).{hint}")
    if 0 in x.shape[:2]:
        raise ArrayError(f"x has shape {x.shape}; at least one sequence of at least one step is needed.")
    if x.shape[2] != n_inputs:
        raise ArrayError(f"x has {x.shape[2]} inputs a step, shape {x.shape}; this network takes {n_inputs}.")
    return _check_numbers(x, dtype)


def check_targets(targets: ArrayLike, shape: Sequence[int], dtype: str = "float64") -> np.ndarray:
    """`targets` as an array of this shape, of finite real numbers; anything else is an ArrayError."""
    targets = np.asarray(targets)
    if targets.shape != tuple(shape):
        raise ArrayError(
            f"targets have shape {targets.shape}; this network's outputs have {tuple(shape)}, and each has a target."
        )
    return _check_numbers(targets, dtype, "targets")


def _check_numbers(x, dtype, name="x"):
    """An array of real, finite numbers that fit into `dtype`."""
    if not (np.issubdtype(x.dtype, np.floating) or np.issubdtype(x.dtype, np.integer)):
        raise ArrayError(f"{name} holds {x.dtype}; it must hold real numbers. Convert it: {name}.astype('float32').")
    if not np.isfinite(x).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        place = ", ".join(map(str, index))
        raise ArrayError(
            f"{name}[{place}] is {x[index]}; every entry must be a finite number. Remove or replace such rows."
        )
    if dtype == "float32" and np.abs(x).max() > np.finfo(np.float32).max:
        raise ArrayError(
            f"{name} has entries up to {np.abs(x).max():.3g}, too large for float32. "
            f"Scale {name}, for example to [0, 1]."
        )
    return x


def class_numbers_hint(labels: np.ndarray) -> str:
    """How labels of another shape or kind become class numbers, as a sentence to append; "" where nothing can be said.

    Never a step that would lose them: argmax of a single column is 0 everywhere.
    """
    if labels.ndim > 1 and labels.size == max(labels.shape):  # (n, 1) or (1, n)
        return " They stand in a single column or row: labels.ravel()."
    if labels.ndim == 2:
        return " One-hot rows become class numbers with labels.argmax(axis=1)."
    if labels.ndim != 1:
        return ""
    if labels.dtype.kind == "b":
        return " False and True become 0 and 1 with labels.astype(np.int64)."
    if labels.dtype.kind == "f":
        return _fractions_hint(labels)
    if labels.dtype.kind == "O" and all(isinstance(label, Integral) for label in labels):
        return " They are whole already: labels.astype(np.int64)."
    if labels.dtype.kind in "OSU":
        texts = "labels.astype(str)" if labels.dtype.kind == "O" else "labels"
        return f" Names of classes become numbers, all parts together, with np.unique({texts}, return_inverse=True)[1]."
    return ""


def _fractions_hint(labels):
    odd = labels[~(labels == np.floor(labels))]  # NaN is odd as well
    if not len(odd):
        return " They are whole already: labels.astype(np.int64)."
    if np.isnan(odd).any():
        return " Some are NaN: leave those examples out."
    return f" {odd[0]:g} is between two classes; amounts to be predicted are no labels."


def check_labels(labels: ArrayLike, n_examples: int, n_classes: int) -> np.ndarray:
    """`labels` as an array (examples,) of whole numbers from 0 to n_classes - 1.

    Raises
    ------
    ArrayError : wrong shape, another length than x, not whole numbers, out of range
    """
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ArrayError(
            f"labels have shape {labels.shape}; they must have one axis, ({n_examples},).{class_numbers_hint(labels)}"
        )
    if len(labels) != n_examples:
        raise ArrayError(f"x has {n_examples} examples but there are {len(labels)} labels; they must pair up.")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ArrayError(
            f"labels hold {labels.dtype}; they must be whole numbers, the class of each example."
            f"{class_numbers_hint(labels)}"
        )
    if labels.min() < 0 or labels.max() >= n_classes:
        wrong = int(labels[(labels < 0) | (labels >= n_classes)][0])
        raise ArrayError(
            f"a label is {wrong}; with {n_classes} classes labels run from 0 to {n_classes - 1}. "
            "Number the classes from 0, or build the network with more classes."
        )
    return labels


def check_frozen(n_hidden: int, n_layers: int) -> int:
    """`n_hidden` when a network of `n_layers` hidden layers has so many to freeze.

    Raises
    ------
    ValueError : no whole number, below 0, more than there are
    """
    if isinstance(n_hidden, bool) or not isinstance(n_hidden, Integral) or not 0 <= n_hidden <= n_layers:
        hint = " The output layer cannot be frozen." if n_hidden == n_layers + 1 else ""
        raise ValueError(
            f"n_hidden is {n_hidden!r}; this network has {n_layers} hidden layers, so it must be a whole number from 0 "
            f"(all layers move) to {n_layers} (the output layer alone moves).{hint}"
        )
    return int(n_hidden)


def check_step_labels(labels: ArrayLike, shape: Sequence[int], n_classes: int) -> np.ndarray:
    """`labels` as an array of this shape, (sequences,) or (sequences, steps), of whole numbers below `n_classes`.

    Raises
    ------
    ArrayError : wrong shape, not whole numbers, out of range
    """
    labels = np.asarray(labels)
    if labels.shape != tuple(shape):
        raise ArrayError(
            f"labels have shape {labels.shape}; this network's outputs need {tuple(shape)}, one class for each."
            f"{_step_labels_hint(labels.shape, tuple(shape))}"
        )
    return check_labels(labels.ravel(), labels.size, n_classes).reshape(shape)


def _step_labels_hint(found, expected):
    if found == (*expected, 1):
        return " Their last axis has a single entry: labels[..., 0]."
    if found[:-1] == expected:
        return " From one-hot rows: labels.argmax(axis=-1)."
    return ""


def check_named(named: Mapping[str, ArrayLike], expected: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Arrays under names: exactly the names and shapes of `expected` ({name: shape}), all finite.

    Raises
    ------
    ArrayError : a missing, extra or misshapen name, or an entry that is not finite
    """
    missing = [name for name in expected if name not in named]
    extra = [name for name in named if name not in expected]
    if missing:
        raise ArrayError(f"{missing[0]!r} is missing. This network has: {', '.join(expected)}.")
    if extra:
        raise ArrayError(f"{extra[0]!r} is not a part of this network. It has: {', '.join(expected)}.")
    arrays = {name: np.asarray(named[name]) for name in expected}
    for name, array in arrays.items():
        if array.shape != expected[name]:
            hint = " It looks transposed: weights are (fan_in, fan_out)." if array.shape == expected[name][::-1] else ""
            raise ArrayError(f"{name!r} has shape {array.shape}; this network needs {expected[name]}.{hint}")
        if not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
            raise ArrayError(f"{name!r} holds {array.dtype}; it must hold real numbers.")
        if not np.isfinite(array).all():
            raise ArrayError(f"{name!r} has entries that are not finite numbers (NaN or infinity).")
    return arrays
