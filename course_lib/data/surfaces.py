"""Surfaces to walk down: a loss of two parameters, with its gradient, so that gradient descent can be seen from above.

Each has its lowest value, 0, at its lowest point.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_TILT = 0.392  # makes the two valleys differ, and puts the saddle at x = 0.2 exactly, where a slider can stand
_LOW_VALLEY, _, _HIGH_VALLEY = (float(x) for x in sorted(np.roots([1, 0, -2, _TILT])))  # where x**3 - 2x + tilt = 0
_LOWEST = _LOW_VALLEY**4 / 4 - _LOW_VALLEY**2 + _TILT * _LOW_VALLEY


@dataclass(frozen=True)
class Surface:
    """A function of two parameters.

    name : one word or two to choose it by
    loss : (x, y) -> height, for numbers or arrays of one shape
    gradient : (x, y) -> (slope along x, slope along y)
    minima : points (x, y) at the bottom of a valley, the lowest first
    saddle : the point (x, y) that is level but no bottom, or None
    start : where a walk or a race begins
    """

    name: str
    loss: Callable
    gradient: Callable
    minima: tuple[tuple[float, float], ...]
    saddle: tuple[float, float] | None = None
    start: tuple[float, float] = (-2.0, 1.5)


BOWL = Surface(
    "bowl",
    loss=lambda x, y: (x**2 + y**2) / 2,
    gradient=lambda x, y: (x, y),
    minima=((0.0, 0.0),),
)
RAVINE = Surface(
    "ravine",
    loss=lambda x, y: (x**2 + 20 * y**2) / 2,
    gradient=lambda x, y: (x, 20 * y),
    minima=((0.0, 0.0),),
)
TWO_VALLEYS = Surface(
    "two valleys",
    loss=lambda x, y: x**4 / 4 - x**2 + _TILT * x + y**2 - _LOWEST,
    gradient=lambda x, y: (x**3 - 2 * x + _TILT, 2 * y),
    minima=((_LOW_VALLEY, 0.0), (_HIGH_VALLEY, 0.0)),
    saddle=(0.2, 0.0),
)
SURFACES = {surface.name: surface for surface in (BOWL, RAVINE, TWO_VALLEYS)}


# Surfaces on which optimizers race. The start on the saddle's ridge is 0.01 off it: exactly on it, nobody falls off.


def _turned(surface, name, start):
    """The same surface with its axes turned by 45 degrees: u = (x + y) / sqrt(2), v = (y - x) / sqrt(2)."""
    root = np.sqrt(0.5)

    def gradient(x, y):
        along, across = surface.gradient(root * (x + y), root * (y - x))
        return root * (along - across), root * (along + across)

    return Surface(
        name, lambda x, y: surface.loss(root * (x + y), root * (y - x)), gradient, ((0.0, 0.0),), start=start
    )


NARROW_RAVINE = Surface(
    "ravine",
    loss=lambda x, y: (x**2 + 100 * y**2) / 2,
    gradient=lambda x, y: (x, 100 * y),
    minima=((0.0, 0.0),),
    start=(-2.5, 0.5),
)
TURNED_RAVINE = _turned(NARROW_RAVINE, "turned ravine", start=(-2.1, -1.4))
SADDLE = Surface(
    "saddle",
    loss=lambda x, y: x**2 / 2 + (y**2 - 4) ** 2 / 32,
    gradient=lambda x, y: (x, y * (y**2 - 4) / 8),
    minima=((0.0, 2.0), (0.0, -2.0)),
    saddle=(0.0, 0.0),
    start=(-2.5, 0.01),
)
PLATEAU = Surface(
    "plateau",
    loss=lambda x, y: 1 - np.exp(-(x**2 + y**2) / 2),
    gradient=lambda x, y: (x * np.exp(-(x**2 + y**2) / 2), y * np.exp(-(x**2 + y**2) / 2)),
    minima=((0.0, 0.0),),
    start=(-2.2, 2.0),
)
RACE_SURFACES = {surface.name: surface for surface in (NARROW_RAVINE, TURNED_RAVINE, SADDLE, PLATEAU)}
