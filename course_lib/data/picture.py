"""A picture of one's own as a network's input: PNG or JPEG of any size and color, made as Fashion-MNIST's images were.

Xiao, Rasul and Vollgraf 2017, section 2: edges with nothing on them are trimmed, the longest edge becomes 28 pixels,
the shortest is extended to as many with the piece in the middle, light on black, in gray. They also sharpened.
"""

import struct
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from course_lib.data.dataset import DataError

FORMATS = ("PNG", "JPEG")
BACKGROUNDS = ("auto", "dark", "light")
MAX_BYTES = 30_000_000  # of the file
MAX_PIXELS = 25_000_000  # when it is unpacked: a small file can hold a picture that fills the memory
CLOSE = 0.05  # of the range from black to white: so near to the border's gray, a pixel belongs to the background
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)  # what Pillow says of files


class PictureError(DataError):
    """A file that cannot be read as a picture. The message says what was found, what is expected and what to do."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as a network takes it.

    Parameters
    ----------
    x : (1, rows * columns) float32, 0 (background) to 1, row by row
    image_shape : (rows, columns)
    notes : what was done to it, a sentence each
    """

    x: np.ndarray = field(repr=False)
    image_shape: tuple[int, int]
    notes: tuple[str, ...] = ()


def read_picture(path, image_shape=(28, 28), background="auto"):
    """Read a PNG or JPEG file as one example: gray, light on black, the piece in the middle and as large as it fits.

    A picture that has the right size already is only made gray, and inverted where its background is light: an image
    of Fashion-MNIST that was saved as PNG comes back as it was. Color becomes gray as ITU-R BT.601 says. What is
    transparent is background: white behind dark things, black behind light ones. A photograph is turned upright as its
    camera noted.

    Parameters
    ----------
    path : of the file
    image_shape : (rows, columns) that the network takes
    background : "light" inverts the picture, "dark" does not; "auto" inverts it when the mean of its outermost pixels
        is lighter than half, which `notes` then say

    Returns
    -------
    Picture

    Raises
    ------
    FileNotFoundError : there is no such file
    PictureError : a folder; an empty, damaged or truncated file; no PNG or JPEG; more than MAX_BYTES or MAX_PIXELS; an
        animation; a picture of one gray alone; an unknown background
    """
    if background not in BACKGROUNDS:
        raise PictureError(f"background is {background!r}; the choices are: {', '.join(map(repr, BACKGROUNDS))}.")
    path = Path(path)
    _check_file(path)
    gray = _read_gray(path)
    notes = [f"It has {gray.shape[1]} x {gray.shape[0]} pixels."]
    light = has_light_border(gray) if background == "auto" else background == "light"
    if light:
        gray = 1 - gray
        why = "Its border is light" if background == "auto" else "A light background was given"
        notes.append(f"{why}: it was inverted, as the network knows light things on black.")
    if gray.shape != tuple(image_shape):
        gray = _fitted(path, gray, image_shape)
        notes.append("It was trimmed to what is on it, scaled and centered.")
    return Picture(gray.reshape(1, -1).astype(np.float32), tuple(image_shape), tuple(notes))


def has_light_border(gray):
    """Whether the outermost pixels of an image (rows, columns), 0 to 1, are lighter than half in the mean."""
    return bool(_border(gray).mean() > 0.5)


def _border(gray):
    """The outermost pixels, each once."""
    return np.concatenate([gray[0], gray[-1:].ravel(), gray[1:-1, 0], gray[1:-1, -1:].ravel()])


def _check_file(path):
    if path.is_dir():
        raise PictureError(f"{str(path)!r} is a folder; give the name of a picture in it.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}. Check its name and folder.")
    size = path.stat().st_size
    if size == 0:
        raise PictureError(f"{str(path)!r} is empty: it has 0 bytes. Save or copy the picture again.")
    if size > MAX_BYTES:
        raise PictureError(
            f"{str(path)!r} has {size:,} bytes; a picture may have {MAX_BYTES:,}. Save it smaller: a few hundred "
            "pixels a side are plenty."
        )


def _read_gray(path):
    """The picture as an array (rows, columns) of floats from 0, black, to 1, white."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                _check_opened(path, image)
                return _gray(path, ImageOps.exif_transpose(image))
    except PictureError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_many_pixels(path, "hundreds of millions of") from None
    except UnidentifiedImageError:
        with path.open("rb") as file:
            begins = file.read(8)
        raise PictureError(
            f"{str(path)!r} is not a picture that can be read: it begins with {begins!r}; a file of kind "
            f"{' or '.join(FORMATS)} is expected, whatever its name ends in. Open it in a program for pictures and "
            "save it as PNG."
        ) from None
    except BROKEN as error:
        raise PictureError(
            f"{str(path)!r} is damaged or cut off ({type(error).__name__}: {error}). Save or copy it again."
        ) from None


def _check_opened(path, image):
    """Before anything is unpacked: the size is in the file's first bytes."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(path, f"{width:,} x {height:,} = {width * height:,}")
    if image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
        raise PictureError(f"{str(path)!r} is an animation of {image.n_frames} frames. Save one of them as a PNG.")


def _too_many_pixels(path, pixels):
    return PictureError(
        f"{str(path)!r} has {pixels} pixels; a picture may have {MAX_PIXELS:,}. Save it smaller: a few hundred "
        "pixels a side are plenty."
    )


def _gray(path, image):
    if image.mode.startswith("I"):  # PNG with 16 bits: Pillow's own conversion would cut off at 255
        return np.asarray(image, dtype=np.float32) / 65535
    if image.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK"):
        raise PictureError(f"{str(path)!r} stores its colors as {image.mode!r}. Save it as a PNG in RGB or gray.")
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB").convert("L"), dtype=np.float32) / 255
    image = image.convert("RGBA")
    gray, alpha = (np.asarray(part, dtype=np.float32) / 255 for part in (image.convert("L"), image.getchannel("A")))
    if not alpha.any():
        raise PictureError(f"{str(path)!r} shows nothing: all of it is transparent.")
    behind = np.float32(np.average(gray, weights=alpha) < 0.5)  # 1, white, behind dark things
    return alpha * gray + (1 - alpha) * behind


def _fitted(path, gray, image_shape):
    """The piece, trimmed, scaled so that it just fits, in the middle of black."""
    from PIL import Image

    background = float(np.median(_border(gray)))
    piece = np.abs(gray - background) > CLOSE
    if not piece.any():
        raise PictureError(f"{str(path)!r} shows nothing: all of its pixels have nearly the same gray.")
    rows, columns = (np.flatnonzero(piece.any(axis=axis)) for axis in (1, 0))
    gray = gray[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    gray = np.clip((gray - background) / max(1 - background, CLOSE), 0, 1)  # the background becomes 0
    trimmed = Image.fromarray(gray.astype(np.float32))
    scale = min(image_shape[0] / trimmed.height, image_shape[1] / trimmed.width)
    height, width = max(1, round(scale * trimmed.height)), max(1, round(scale * trimmed.width))
    method = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR  # the mean of what falls into a pixel
    scaled = np.asarray(trimmed.resize((width, height), method))
    canvas = np.zeros(image_shape, np.float32)
    top, left = (image_shape[0] - height) // 2, (image_shape[1] - width) // 2
    canvas[top : top + height, left : left + width] = scaled
    return canvas
