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
    """

    name: str
    loss: Callable
    gradient: Callable
    minima: tuple[tuple[float, float], ...]
    saddle: tuple[float, float] | None = None


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
