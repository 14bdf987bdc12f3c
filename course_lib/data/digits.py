"""Handwritten digits: 1,797 gray images of 8x8 pixels in ten classes, small enough for anything.

Source: Alpaydin & Kaynak 1998, UCI Machine Learning Repository, CC BY 4.0; the license lies beside the file. They were
written by hand on forms; each pixel counts how many of 16 finer ones were inked.
"""

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from course_lib.data.dataset import DataError, Dataset, split

FILE = Path(__file__).parent / "optical_digits" / "digits.npz"
N_IMAGES, IMAGE_SHAPE, DARKEST = 1797, (8, 8), 16


def load_digits(seed: int = 0, validation: float = 0.2, test: float = 0.2) -> Dataset:
    """The digits as a Dataset of fresh arrays, each class parted by itself.

    Parameters
    ----------
    seed : of the split, whole number, 0 or more
    validation, test : shares of the images, as `split` takes them

    Returns
    -------
    Dataset : x (examples, 64) float32, 0 (paper) to 1 (ink); labels (examples,) int64

    Raises
    ------
    DataError : a bad seed or share, or a file that is damaged
    """
    images, labels = read_digits()
    x = np.divide(images.reshape(len(images), -1), DARKEST, dtype=np.float32)
    parted = split(x, labels.astype(np.int64), seed, validation, test)
    names = tuple(str(digit) for digit in range(10))
    return Dataset(parted.train, parted.validation, parted.test, "digits", names, IMAGE_SHAPE)


def read_digits(path: str | os.PathLike = FILE) -> tuple[np.ndarray, np.ndarray]:
    """Images (1797, 8, 8) uint8 from 0 to 16 and labels (1797,) uint8; a damaged file is a DataError that names it."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            images, labels = stored["images"], stored["labels"]
        if images.shape != (N_IMAGES, *IMAGE_SHAPE) or labels.shape != (N_IMAGES,):
            raise ValueError(f"the shapes are {images.shape} and {labels.shape}")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"The digits cannot be read from {path} ({type(error).__name__}: {error}). The file is damaged or missing. "
            "In a clone of the course, restore it with: git checkout -- course_lib/data/optical_digits; elsewhere "
            "install course_lib again."
        ) from None
    return images, labels
