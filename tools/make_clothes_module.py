"""Make the images that the browser's explorers look at anew: python tools/make_clothes_module.py [FILE].

They are the first 64 training images of the embedded subset of Fashion-MNIST, as a JavaScript module.
"""

import argparse
import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from course_lib.data.fashion import IMAGE_SHAPE, read_embedded
from course_lib.explorers.web_explorer import WEB
from course_lib.whole_file import write_file

FILE = WEB / "data" / "clothes_64.js"
COUNT = 64
MODULE = """\
/* {count} images of clothes, made by tools/make_clothes_module.py: the first training images of the course's subset.
 *
 * Fashion-MNIST (Xiao, Rasul and Vollgraf 2017) is MIT-licensed, Copyright 2017 Zalando SE, https://tech.zalando.com;
 * the license stands in course_lib/data/fashion_mnist/LICENSE. */

export const N_PIXELS = {n_pixels};

/** The class of each image, 0 to 9, in the order of Fashion-MNIST. */
export const LABELS = {labels};

/** The pixels of all images (images, N_PIXELS), row after row, from 0, black, to 1, white. */
export function clothes() {{
  const texts = IMAGES.map((image) => atob(image));
  return Float64Array.from({{ length: texts.length * N_PIXELS }}, (_, k) => {{
    return texts[Math.floor(k / N_PIXELS)].charCodeAt(k % N_PIXELS) / 255;
  }});
}}

/* A line an image: its {height} x {width} bytes, row after row, in base64. */
const IMAGES = [
{images}
];
"""


def module_text(arrays: Mapping[str, np.ndarray]) -> str:
    """The module's source, from the arrays of the embedded file, as `read_embedded` returns them."""
    images, labels = arrays["train_images"][:COUNT], arrays["train_labels"][:COUNT]
    height, width = IMAGE_SHAPE
    lines = [f'  "{base64.b64encode(image.astype(np.uint8).tobytes()).decode("ascii")}",' for image in images]
    return MODULE.format(
        count=COUNT,
        n_pixels=height * width,
        labels=labels.tolist(),
        height=height,
        width=width,
        images="\n".join(lines),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the module; the file appears whole or not at all."""
    parser = argparse.ArgumentParser(prog="python tools/make_clothes_module.py", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=FILE, help="where to write (%(default)s)")
    path = parser.parse_args(arguments).file
    write_file(path, module_text(read_embedded()).encode("utf-8"))
    print(f"{path}: {path.stat().st_size / 2**10:.0f} KiB")


if __name__ == "__main__":
    main()
