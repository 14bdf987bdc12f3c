"""Augmentation: more training images from the ones there are, by changes that keep what they show."""

import numpy as np


def shift(x: np.ndarray, image_shape: tuple[int, int], offsets: np.ndarray) -> np.ndarray:
    """Move each image by whole pixels; what comes in from outside is 0.

    Parameters
    ----------
    x : (batch, height * width)
    image_shape : (height, width)
    offsets : (batch, 2) whole numbers, rows down and columns right
    """
    height, width = image_shape
    images = x.reshape(-1, height, width)
    margin = max(1, int(np.abs(offsets).max()))
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin)))  # a frame of zeros, wide enough for each
    rows = np.arange(height) + margin - offsets[:, :1]  # (batch, height): the row that each row is taken from
    columns = np.arange(width) + margin - offsets[:, 1:]  # (batch, width)
    example = np.arange(len(images))[:, None, None]
    return padded[example, rows[:, :, None], columns[:, None, :]].reshape(x.shape)


def flip(x: np.ndarray, image_shape: tuple[int, int], flipped: np.ndarray) -> np.ndarray:
    """Mirror, left to right, the images for which `flipped` (batch,) is True. x : (batch, height * width)."""
    images = x.reshape(-1, *image_shape)
    return np.where(flipped[:, None, None], images[:, :, ::-1], images).reshape(x.shape)
