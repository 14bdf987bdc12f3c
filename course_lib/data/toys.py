"""Small data sets in the plane, and one curve, each from a seed and a noise level.

Each function returns x (n, 2) float64 and labels (n,) int64, 0 or 1, in shuffled order. The classes have equally many
examples, or one more in class 0 when n is odd. `noisy_sine` is the regression: x (n, 1) and y (n, 1).
"""

import math
from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike

from course_lib.data.dataset import DataError, check_seed


def two_gaussians(n: int = 200, noise: float = 1.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two round clouds around (-2, 0) and (2, 0), each with standard deviation `noise`. A line parts them."""
    n, noise, rng = _checked(n, noise, seed, smallest=2)
    labels = _shuffled_labels(n, rng)
    centers = np.array([[-2.0, 0.0], [2.0, 0.0]])
    return centers[labels] + rng.normal(0.0, noise, (n, 2)), labels


def circles(n: int = 200, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A circle of radius 1 (class 1) inside a circle of radius 2 (class 0), each point moved by noise."""
    n, noise, rng = _checked(n, noise, seed, smallest=2)
    labels = _shuffled_labels(n, rng)
    angle = rng.uniform(0.0, 2 * np.pi, n)
    radius = np.where(labels == 1, 1.0, 2.0)
    x = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return x + rng.normal(0.0, noise, (n, 2)), labels


def xor(n: int = 200, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Four clouds at the corners (±1, ±1); class 1 where the two signs differ. No line parts them.

    Each corner has n / 4 of the points, or within one of it.
    """
    n, noise, rng = _checked(n, noise, seed, smallest=4)
    corners = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]])  # classes 0, 1, 0, 1
    corner = rng.permutation(np.arange(n) % 4)
    return corners[corner] + rng.normal(0.0, noise, (n, 2)), (corner % 2).astype(np.int64)


def two_spirals(n: int = 200, noise: float = 0.05, seed: int = 0, turns: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Two spirals wound into each other, from radius 0.1 to 1, `turns` times around. Hard for a small network."""
    n, noise, rng = _checked(n, noise, seed, smallest=2)
    if isinstance(turns, bool) or not isinstance(turns, Real) or not math.isfinite(turns) or turns <= 0:
        raise DataError(f"turns is {turns!r}; it must be a finite number above 0, for example 1.5.")
    labels = _shuffled_labels(n, rng)
    radius = np.sqrt(rng.uniform(0.1**2, 1.0, n))  # the outer turns are longer and get more of the points
    angle = 2 * np.pi * turns * radius + np.pi * labels
    x = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return x + rng.normal(0.0, noise, (n, 2)), labels


def moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two half circles of radius 1 that reach into each other: the upper one is class 0, the lower one class 1."""
    n, noise, rng = _checked(n, noise, seed, smallest=2)
    labels = _shuffled_labels(n, rng)
    angle = rng.uniform(0.0, np.pi, n)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)])
    return np.where(labels[:, None] == 1, lower, upper) + rng.normal(0.0, noise, (n, 2)), labels


def mirror_copies(x: ArrayLike, labels: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Four times as many examples: each point (n, 2) as it is, mirrored left to right, top to bottom, and both.

    The labels stay: right for `circles`, which look the same in these mirrors, and wrong for `moons`.
    """
    x, labels = np.asarray(x), np.asarray(labels)
    if x.ndim != 2 or x.shape[1] != 2 or labels.shape != x.shape[:1]:
        raise DataError(
            f"x has shape {x.shape} and labels {labels.shape}; expected points of the plane, (n, 2), with a label each."
        )
    signs = np.array([[1, 1], [-1, 1], [1, -1], [-1, -1]], x.dtype)
    return (signs[:, None] * x).reshape(-1, 2), np.tile(labels, 4)


def noisy_sine(n: int = 100, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A regression: x (n, 1), uniform in [-pi, pi] and sorted; y (n, 1) = sin(x) + normal noise."""
    n, noise, rng = _checked(n, noise, seed, smallest=1)
    x = np.sort(rng.uniform(-np.pi, np.pi, (n, 1)), axis=0)
    return x, np.sin(x) + rng.normal(0.0, noise, (n, 1))


def _shuffled_labels(n, rng):
    return rng.permutation(np.arange(n) % 2).astype(np.int64)


def _checked(n, noise, seed, smallest):
    """n as int, noise as float and a random generator, or a DataError."""
    if isinstance(n, bool) or not isinstance(n, Integral) or n < smallest:
        raise DataError(f"n is {n!r}; it must be a whole number of examples, {smallest} or more.")
    if isinstance(noise, bool) or not isinstance(noise, Real) or not math.isfinite(noise) or noise < 0:
        raise DataError(f"noise is {noise!r}; it must be a finite standard deviation, 0 (no noise) or more.")
    return int(n), float(noise), np.random.default_rng(check_seed(seed))
