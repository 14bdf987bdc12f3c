"""Make the embedded digits anew from scikit-learn's copy: python tools/make_digits.py [FILE].

scikit-learn is needed for this alone. Every version of it has the same images.
"""

import argparse
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from course_lib.data.digits import FILE
from course_lib.whole_file import write_file


def digit_arrays() -> dict[str, np.ndarray]:
    """The arrays of the embedded file: images (1797, 8, 8) and labels (1797,), uint8."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return {"images": digits.images.astype(np.uint8), "labels": digits.target.astype(np.uint8)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the digits; the file appears whole or not at all."""
    parser = argparse.ArgumentParser(prog="python tools/make_digits.py", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=FILE, help="where to write (%(default)s)")
    path = parser.parse_args(arguments).file
    file = io.BytesIO()
    np.savez_compressed(file, **digit_arrays())
    write_file(path, file.getvalue())
    print(f"{path}: {path.stat().st_size / 2**10:.0f} KiB")


if __name__ == "__main__":
    main()
