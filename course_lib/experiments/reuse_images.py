"""Images of the claims on reuse: those that a body is trained on, the source, and those of the new task, the target.

A seed draws all of them at once and cuts the draw in two, so no image of the source is one of the target: neither one
to learn from nor one to choose with nor one to be tested on.
"""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np

from course_lib.data import DataError, Dataset, Split
from course_lib.experiments import eight_classes, image_draws
from course_lib.scratch.augmentation import shift

STREAM = 4105  # of the noise and the shifts, apart from the streams of a recipe and of the draws
BLURRED, DIMMED, NOISY, SHIFTED = "blurred", "dimmed", "noisy", "shifted by up to 2 pixels"
ON_GRAY = "on a gray ground and shifted by up to 3 pixels"
TWO_CLASSES = "pullover against coat after the other eight classes"
BLUR = 5  # pixels on a side, of which each pixel becomes the mean
DIM = 0.25  # of the brightness is left
NOISE = 0.3  # standard deviation, where white is 1
GRAY = 0.5


def blurred(x, image_shape, rng):
    """Every pixel becomes the mean of the BLUR x BLUR pixels around it; outside is black."""
    (rows, columns), margin = image_shape, BLUR // 2
    framed = np.pad(x.reshape(-1, rows, columns), ((0, 0), (margin, margin), (margin, margin)))
    along_columns = sum(framed[:, first : first + rows] for first in range(BLUR)) / BLUR
    return (sum(along_columns[:, :, first : first + columns] for first in range(BLUR)) / BLUR).reshape(x.shape)


def dimmed(x, image_shape, rng):
    """A quarter of the brightness."""
    return DIM * x


def noisy(x, image_shape, rng):
    """Normal noise on every pixel; what is darker than black or brighter than white is cut off."""
    return np.clip(x + NOISE * rng.standard_normal(x.shape, dtype=np.float32), 0, 1)


def shifted(x, image_shape, rng, most=2):
    """Every image moved by its own whole numbers of pixels, up to `most` in each direction."""
    return shift(x, image_shape, rng.integers(-most, most + 1, size=(len(x), 2)))


def on_gray(x, image_shape, rng):
    """Moved by up to 3 pixels, and all that is black becomes gray."""
    moved = shifted(x, image_shape, rng, most=3)
    return np.where(moved > 0, moved, np.float32(GRAY))


CHANGES = {BLURRED: blurred, DIMMED: dimmed, NOISY: noisy, SHIFTED: shifted, ON_GRAY: on_gray}
TARGETS = (*CHANGES, TWO_CLASSES)


def source(seed: int, settings: Mapping) -> Dataset:
    """What the body of a seed is trained on, unchanged: all ten classes, or eight where the target is the other two.

    It has a training part alone: a body is trained once, with settings that are not chosen.

    Parameters
    ----------
    settings : data, target; source_images and target_images, how many are drawn together, of all ten classes;
        measured_images, how many at most are chosen with and are tested on, of all ten classes
    """
    learned, _ = _drawn(seed, *_draw_settings(settings))
    return dataclasses.replace(learned, validation=None, test=None)


def target(seed: int, settings: Mapping) -> Dataset:
    """The new task of a seed, to read and not to change: its classes, all of its parts changed alike.

    Its training part is what a few labeled images are taken from, see `labeled`.
    """
    return _target(seed, settings["target"], *_draw_settings(settings))


def labeled(task: Dataset, labels: int) -> Dataset:
    """The first so many training images alone, so that fewer are among more.

    Raises
    ------
    DataError : there are not so many
    """
    if labels > len(task.train):
        raise DataError(
            f"{labels} labels are asked for, and the target has {len(task.train)} training images of its classes; "
            "draw more target_images."
        )
    return dataclasses.replace(task, train=task.train[:labels])


def _draw_settings(settings):
    if settings["target"] not in TARGETS:
        raise DataError(f"target is {settings['target']!r}; the choices are {', '.join(TARGETS)}.")
    numbers = (settings[name] for name in ("source_images", "target_images", "measured_images"))
    return settings["data"], *numbers, settings["target"] == TWO_CLASSES


@functools.lru_cache(maxsize=1)
def _drawn(seed, data, source_images, target_images, measured_images, parted):
    """(source, target): two Datasets from one draw, the target's images as they are."""
    drawn = image_draws.draw(seed, source_images + target_images, measured_images, measured_images, data)
    first, rest = (
        dataclasses.replace(drawn, train=drawn.train[rows])
        for rows in (slice(source_images), slice(source_images, None))
    )
    if parted:
        return eight_classes.eight_classes(first), eight_classes.two_classes(rest)
    return first, rest


@functools.lru_cache(maxsize=1)
def _target(seed, name, *draw_settings):
    _, task = _drawn(seed, *draw_settings)
    if name not in CHANGES:
        return task
    rng = np.random.default_rng([STREAM, seed])
    changed = {
        part: Split(CHANGES[name](split.x, task.image_shape, rng), split.labels)
        for part, split in task.splits().items()
    }
    return dataclasses.replace(task, **changed)
