"""A picture of one's own as a network's input: PNG or JPEG of any size and color, made as Fashion-MNIST's images were.

Xiao, Rasul and Vollgraf 2017, section 2: edges with nothing on them are trimmed, the longest edge becomes 28 pixels,
the shortest is extended to as many with the piece in the middle, light on black, in gray. They also sharpened.
"""

import os
import struct
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from course_lib.data.dataset import DataError, check_image_shape

FORMATS = ("PNG", "JPEG")
BACKGROUNDS = ("auto", "dark", "light")
MAX_BYTES = 30_000_000  # of the file
MAX_PIXELS = 25_000_000  # when it is unpacked: a small file can hold a picture that fills the memory
LARGEST_SIDE = 2000  # pixels; what is larger is shrunk before anything is computed, which bounds the memory
CLOSE = 0.05  # of the range from black to white: so near to the border's gray, a pixel belongs to the background
SPREADS, FARTHEST = 4.7, 0.25  # ... or within so many times the spread of the border's grays, at most this far
SPECK = 0.05  # of all pixels that stand out: what stands apart and has fewer is dirt, noise or dust, and no piece
MOST = 0.8  # of the picture's area: where more is left, there was little to trim
KINDS = (  # (how far in, what stands there, what it is): pictures that many programs and phones save
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WebP"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"%PDF", "PDF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyphe", "HEIC, as iPhones save it"),
    (4, b"ftypmif1", "HEIC, as iPhones save it"),
    (4, b"ftypmsf1", "HEIC, as iPhones save it"),
)
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


def read_picture(path: str | os.PathLike, image_shape: tuple[int, int] = (28, 28), background: str = "auto") -> Picture:
    """Read a PNG or JPEG file as one example: gray, light on black, the piece in the middle and as large as it fits.

    The piece is what stands out from the grays of the outermost pixels; single pixels and specks that stand apart from
    it do not count, and `notes` say so, and when little could be trimmed.

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
        animation; a picture of one gray alone; an unknown background; no path
    DataError : an image_shape that is none
    """
    image_shape = check_image_shape(image_shape)
    if background not in BACKGROUNDS:
        raise PictureError(f"background is {background!r}; the choices are: {', '.join(map(repr, BACKGROUNDS))}.")
    path = _checked_path(path)
    gray, size = _read_gray(path)
    notes = [f"It has {size[0]} x {size[1]} pixels."]
    light = has_light_border(gray) if background == "auto" else background == "light"
    if light:
        gray = 1 - gray
        why = "Its border is light" if background == "auto" else "A light background was given"
        notes.append(f"{why}: it was inverted, as the network knows light things on black.")
    around, stands_out = _standing_out(gray)
    if not stands_out.any():
        raise PictureError(f"{str(path)!r} shows nothing: all of its pixels have nearly the same gray.")
    if gray.shape != image_shape:
        rows, columns = _extent(stands_out)
        notes.append(_trimming_note(stands_out, rows, columns, size))
        gray = np.clip((gray[rows, columns] - around) / max(1 - around, CLOSE), 0, 1)  # the background becomes 0
        gray = _fitted(gray, image_shape)
    return Picture(gray.reshape(1, -1).astype(np.float32), image_shape, tuple(notes))


def has_light_border(gray: np.ndarray) -> bool:
    """Whether the outermost pixels of an image (rows, columns), 0 to 1, are lighter than half in the mean."""
    return bool(_border(gray).mean() > 0.5)


def _border(gray):
    """The outermost pixels, each once."""
    return np.concatenate([gray[0], gray[-1:].ravel(), gray[1:-1, 0], gray[1:-1, -1:].ravel()])


def _checked_path(path):
    if not isinstance(path, str | os.PathLike):
        raise PictureError(f"path is of type {type(path).__name__}; it must be the name of a PNG or JPEG file.")
    path = Path(path)
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
    return path


def _read_gray(path):
    """The picture as an array (rows, columns) of floats, 0 (black) to 1 (white), and its (width, height) in the file.

    The array is smaller than that where a side has more than LARGEST_SIDE pixels.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                _check_opened(path, image)
                upright = ImageOps.exif_transpose(image)
                return _gray(path, upright), upright.size
    except PictureError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_many_pixels(path, "hundreds of millions of") from None
    except UnidentifiedImageError:
        raise PictureError(
            f"{str(path)!r} is not a picture that can be read: {_kind(path)}; a file of kind {' or '.join(FORMATS)} is "
            "expected, whatever its name ends in. Open it in a program for pictures and save it as PNG."
        ) from None
    except BROKEN as error:
        raise PictureError(
            f"{str(path)!r} is damaged or cut off ({type(error).__name__}: {error}). Save or copy it again."
        ) from None


def _kind(path):
    """What the file is instead, by its first bytes."""
    with path.open("rb") as file:
        begins = file.read(16)
    for place, mark, name in KINDS:
        if begins[place : place + len(mark)] == mark:
            return f"it is a file of kind {name}"
    return f"it begins with {begins[:8]!r}"


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
        from PIL import Image

        return np.asarray(_shrunk(Image.fromarray(np.asarray(image, dtype=np.float32)))) / 65535
    if image.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK"):
        raise PictureError(f"{str(path)!r} stores its colors as {image.mode!r}. Save it as a PNG in RGB or gray.")
    if not image.has_transparency_data:
        image = _shrunk(image if image.mode in ("L", "RGB") else image.convert("RGB"))
        return np.asarray(image.convert("L"), dtype=np.float32) / 255
    image = _shrunk(image.convert("RGBA"))
    gray, alpha = (np.asarray(part, dtype=np.float32) / 255 for part in (image.convert("L"), image.getchannel("A")))
    if not alpha.any():
        raise PictureError(f"{str(path)!r} shows nothing: all of it is transparent.")
    behind = np.float32(np.average(gray, weights=alpha) < 0.5)  # 1, white, behind dark things
    return alpha * gray + (1 - alpha) * behind


def _shrunk(image):
    """The image with no side over LARGEST_SIDE: means over squares of pixels, as many each way."""
    factor = -(-max(image.size) // LARGEST_SIDE)
    return image.reduce(factor) if factor > 1 else image


def _standing_out(gray):
    """The background's gray, and which pixels do not have it: farther from it than the border's own grays spread."""
    border = _border(gray)
    background = float(np.median(border))
    # Four fifths of the border lie within its spread. SPREADS of these are 6 standard deviations of normal noise, and
    # still 4 where black cuts off one side of it.
    spread = float(np.quantile(np.abs(border - background), 0.8))
    return background, np.abs(gray - background) > np.clip(SPREADS * spread, CLOSE, FARTHEST)


def _extent(stands_out):
    """The rows and the columns, two slices, that hold the piece: without single pixels and specks that stand apart."""
    piece = _without_single_pixels(stands_out)
    rows = columns = slice(None)
    for _ in range(2):  # what stands apart in the rows may hide what does in the columns
        rows = _main_stretch(piece[:, columns].sum(axis=1))
        columns = _main_stretch(piece[rows].sum(axis=0))
    return rows, columns


def _without_single_pixels(stands_out):
    """Those pixels that have one of their kind beside them; all, when none has."""
    rows, columns = stands_out.shape
    padded = np.pad(stands_out, 1).astype(np.uint8)
    near = sum(padded[down : down + rows, right : right + columns] for down in range(3) for right in range(3))
    piece = stands_out & (near > 1)  # near counts the pixel itself
    return piece if piece.any() else stands_out


def _main_stretch(counts):
    """From the first to the last stretch of counts above 0 that holds more than a speck."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], counts > 0, [False]]).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    sums = np.array([counts[start:stop].sum() for start, stop in zip(starts, stops, strict=True)])
    large = np.flatnonzero(sums >= min(SPECK * counts.sum(), sums.max()))
    return slice(int(starts[large[0]]), int(stops[large[-1]]))


def _trimming_note(stands_out, rows, columns, size):
    """What was trimmed, in pixels of the file; `size` is its (width, height)."""
    kept = stands_out[rows, columns]
    width, height = (round(kept.shape[1 - axis] * size[axis] / stands_out.shape[1 - axis]) for axis in (0, 1))
    note = f"It was trimmed to the {width} x {height} pixels with something on them, scaled and centered."
    if kept.sum() < stands_out.sum():
        note += " Specks around them were left out."
    if kept.size > MOST * stands_out.size:
        note += (
            " So little was trimmed: if there is background around the thing, it is too uneven to be told from it; cut "
            "the thing out by hand."
        )
    return note


def _fitted(gray, image_shape):
    """The piece (rows, columns), scaled so that it just fits, in the middle of black."""
    from PIL import Image

    trimmed = Image.fromarray(gray.astype(np.float32))
    scale = min(image_shape[0] / trimmed.height, image_shape[1] / trimmed.width)
    height, width = max(1, round(scale * trimmed.height)), max(1, round(scale * trimmed.width))
    method = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR  # the mean of what falls into a pixel
    scaled = np.asarray(trimmed.resize((width, height), method))
    canvas = np.zeros(image_shape, np.float32)
    top, left = (image_shape[0] - height) // 2, (image_shape[1] - width) // 2
    canvas[top : top + height, left : left + width] = scaled
    return canvas
