"""Make the clothes that explorers train on anew from the embedded images: python tools/browser_images.py [FILE].

A page cannot read the embedded file, and small images are enough for what it shows: 200 training and 50 validation
images of each class, first come first taken, halved to 14 x 14 pixels. The same file is made on every machine.
"""

import argparse
import base64
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from course_lib.data.fashion import CLASS_NAMES, EMBEDDED_FILE, read_embedded
from course_lib.explorers.web_explorer import WEB
from course_lib.whole_file import write_file

FILE = WEB / "data" / "clothes_14.js"
PER_CLASS = {"train": 200, "validation": 50}
SIDE = 14


def halved(images: np.ndarray) -> np.ndarray:
    """Images (n, 2 h, 2 w) uint8 -> (n, h, w) uint8: the mean of each 2 x 2 pixels, rounded to the nearest, half up."""
    n, height, width = images.shape
    blocks = images.reshape(n, height // 2, 2, width // 2, 2).astype(np.uint16)
    return ((blocks.sum(axis=(2, 4)) + 2) // 4).astype(np.uint8)


def browser_arrays() -> dict[str, np.ndarray]:
    """train_images (2000, 14, 14), train_labels (2000,), validation_images and validation_labels, uint8.

    They stand in the order of the embedded file, in which the classes are mixed.
    """
    embedded = read_embedded()
    arrays = {}
    for part, per_class in PER_CLASS.items():
        labels = embedded[f"{part}_labels"]
        first = [np.flatnonzero(labels == label)[:per_class] for label in range(len(CLASS_NAMES))]
        places = np.sort(np.concatenate(first))
        arrays[f"{part}_images"] = halved(embedded[f"{part}_images"][places])
        arrays[f"{part}_labels"] = labels[places]
    return arrays


def module_text() -> str:
    """The ES module. `bytes` is base64 of the training images, their labels, the validation images, their labels."""
    content = b"".join(array.tobytes() for array in browser_arrays().values())
    license_text = (EMBEDDED_FILE.parent / "LICENSE").read_text(encoding="utf-8").split("\n\n", 1)[1].strip()
    sizes = {f"n_{part}": per_class * len(CLASS_NAMES) for part, per_class in PER_CLASS.items()}
    fields = {"side": SIDE, **sizes, "class_names": CLASS_NAMES, "bytes": base64.b64encode(content).decode("ascii")}
    lines = "".join(f"  {name}: {json.dumps(value)},\n" for name, value in fields.items())
    return (
        "/* Small images of clothes, a part of Fashion-MNIST (MIT License, Copyright 2017 Zalando SE), each 2 x 2\n"
        " * pixels made one. Written by tools/browser_images.py, read by weights_as_images/clothes.js. Their license:\n"
        f" *\n{_commented(license_text)} */\n\nexport default {{\n{lines}}};\n"
    )


def _commented(words):
    return "".join(f" * {line}".rstrip() + "\n" for line in words.split("\n"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the module; the file appears whole or not at all."""
    parser = argparse.ArgumentParser(prog="python tools/browser_images.py", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=FILE, help="where to write (%(default)s)")
    path = parser.parse_args(arguments).file
    write_file(path, module_text().encode("utf-8"))
    print(f"{path}: {path.stat().st_size / 2**10:.0f} KiB")


if __name__ == "__main__":
    main()
