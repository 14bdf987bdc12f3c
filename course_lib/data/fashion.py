"""Fashion-MNIST: 28x28 gray images of clothes in 10 classes, by Zalando SE.

Source: Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747. A subset comes with this package, so that nothing needs a
network. The whole set is read where the operating system's package puts it, or downloaded once.
"""

import difflib
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from course_lib.data.dataset import DataError, Dataset, Split

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
IMAGE_SHAPE = (28, 28)
EMBEDDED_FILE = Path(__file__).parent / "fashion_mnist" / "fashion_mnist_subset.npz"
SUBSETS = ("embedded", "full")
SPLITS = ("train", "validation", "test")
EMBEDDED_SIZES = {"train": 10_000, "validation": 2_000, "test": 2_000}


def load_fashion_mnist(
    subset: str = "embedded",
    *,
    cache: str | os.PathLike | None = None,
    source: str | None = None,
    progress: bool = True,
) -> Dataset:
    """Fashion-MNIST as a Dataset of fresh arrays, the caller's to change.

    Parameters
    ----------
    subset : "embedded", the 10,000 + 2,000 + 2,000 images in this package, 1,000, 200 and 200 of each class; or "full",
        all 70,000: 55,000 to train, 5,000 to validate (500 of each class), 10,000 to test. The embedded training and
        validation images lie within the full set's training and validation images, and so do the test images
    cache : folder for downloaded files; None is the environment variable COURSE_LIB_DATA, or else a cache folder of the
        operating system. Only "full" uses it, and only when the operating system's package is not installed
    source : where "full" is downloaded from, a URL; None tries the publisher's addresses one after the other
    progress : show how far a download has come

    Returns
    -------
    Dataset : x (examples, 784) float32, pixel / 255, so 0 (background) to 1; labels (examples,) int64

    Raises
    ------
    DataError : an unknown subset, or an embedded file that is damaged
    DataUnavailable : the full set is not on this machine and could not be downloaded
    """
    if subset not in SUBSETS:
        near = difflib.get_close_matches(str(subset).lower(), SUBSETS, n=1)
        suggestion = f" Did you mean {near[0]!r}?" if near else ""
        raise DataError(f"subset is {subset!r}.{suggestion} The choices are: {', '.join(SUBSETS)}.")
    if subset == "embedded":
        arrays = read_embedded()
    else:
        from course_lib.data.full import full_arrays

        arrays = full_arrays(cache=cache, source=source, progress=progress)
    splits = {part: Split(scaled(arrays[f"{part}_images"]), arrays[f"{part}_labels"]) for part in SPLITS}
    name = "Fashion-MNIST" if subset == "full" else "Fashion-MNIST subset"
    return Dataset(**splits, name=name, class_names=CLASS_NAMES, image_shape=IMAGE_SHAPE)


def scaled(images: np.ndarray) -> np.ndarray:
    """Images (examples, 28, 28) uint8 as rows (examples, 784) float32: pixel / 255, in [0, 1]."""
    return np.divide(images.reshape(len(images), -1), 255, dtype=np.float32)


def read_embedded(path: str | os.PathLike = EMBEDDED_FILE) -> dict[str, np.ndarray]:
    """The arrays of the embedded file, all of them checked: a damaged file is a DataError that names it.

    For each of train, validation and test: NAME_images (n, 28, 28) uint8, NAME_labels (n,) uint8 and NAME_indices (n,)
    int32, the places of the images in the original files (train and validation: the 60,000; test: the 10,000).
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        for part, size in EMBEDDED_SIZES.items():
            shapes = [arrays[f"{part}_{kind}"].shape for kind in ("images", "labels", "indices")]
            if shapes != [(size, *IMAGE_SHAPE), (size,), (size,)]:
                raise ValueError(f"{part} has the shapes {shapes}")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"The embedded images cannot be read from {path} ({type(error).__name__}: {error}). The file is damaged or "
            "missing. In a clone of the course, restore it with: git checkout -- "
            "course_lib/data/fashion_mnist; elsewhere install course_lib again."
        ) from None
    return arrays
