"""Make the embedded subset of Fashion-MNIST anew from the full data: python tools/make_subset.py [FILE].

The same full data give the same arrays, on every machine and with every version of NumPy.
"""

import argparse
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from course_lib.data.fashion import EMBEDDED_FILE, EMBEDDED_SIZES
from course_lib.data.full import PER_CLASS_VALIDATION, class_orders, read_full
from course_lib.whole_file import write_file

CLASSES = 10


def subset_indices(train_labels: np.ndarray, test_labels: np.ndarray) -> dict[str, np.ndarray]:
    """Places of the subset's images in the original files: {"train": (10000,), "validation": (2000,), "test": (2000,)}.

    Of the seeded order of each class, training takes the front and validation the back. So the embedded training images
    are never among the full set's validation images, nor the other way round.
    """
    per_class = {part: size // CLASSES for part, size in EMBEDDED_SIZES.items()}
    fit_orders = class_orders(train_labels)
    test_orders = class_orders(test_labels)
    assert per_class["validation"] <= PER_CLASS_VALIDATION
    chosen = {
        "train": [order[: per_class["train"]] for order in fit_orders],
        "validation": [order[len(order) - per_class["validation"] :] for order in fit_orders],
        "test": [order[: per_class["test"]] for order in test_orders],
    }
    return {part: np.sort(np.concatenate(indices)).astype(np.int32) for part, indices in chosen.items()}


def subset_arrays(full: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of the embedded file from those of the full set, as `read_full` returns them."""
    arrays = {}
    for part, indices in subset_indices(full["train_labels"], full["test_labels"]).items():
        original = "test" if part == "test" else "train"
        arrays[f"{part}_images"] = full[f"{original}_images"][indices]
        arrays[f"{part}_labels"] = full[f"{original}_labels"][indices]
        arrays[f"{part}_indices"] = indices
    return arrays


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the subset; the file appears whole or not at all."""
    parser = argparse.ArgumentParser(prog="python tools/make_subset.py", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=EMBEDDED_FILE, help="where to write (%(default)s)")
    path = parser.parse_args(arguments).file
    arrays = subset_arrays(read_full())
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    write_file(path, file.getvalue())
    sizes = ", ".join(f"{part} {size:,}" for part, size in EMBEDDED_SIZES.items())
    print(f"{path}: {sizes} images, {path.stat().st_size / 2**20:.2f} MiB")


if __name__ == "__main__":
    main()
