"""The optimizer that a Recipe names, for the flat vectors of the NumPy engine: a lesson on each part of them.

An optimizer in the book's form makes new arrays in every line. Whole vectors leave the cache on the way, and their
memory is asked from the system again and again: between two training steps, a step of Adam for 267,010 parameters then
takes 2.4 to 8 ms. What works entry by entry therefore runs on one block after the other: 0.6 to 0.8 ms.
"""

from functools import partial
from itertools import groupby
from math import prod

import numpy as np

from course_lib.engine.plan import OPTIMIZERS
from course_lib.recipe import RecipeError
from course_lib.scratch import optimizers

BLOCK_BYTES = 128_000  # of each array of a block: malloc hands out and takes back up to 128 KiB without the system


class PartwiseOptimizer:
    """One optimizer of `scratch` for each part of the parameters. What they hold is read from here as of one.

    Parameters
    ----------
    parameters : array (numbers,), or (networks, numbers) of a stack, which `step` changes in place
    learning_rate : a number, or an array (networks, 1)

    An attribute of the lessons that is an array, such as Adam's `mean`, is joined here to the shape of `parameters`;
    any other, such as `steps`, is that of the first part.
    """

    __slots__ = ("_learning_rate", "_parts", "_taken", "parameters")

    def __init__(self, parameters, learning_rate):
        self.parameters, self._learning_rate = parameters, learning_rate
        self._parts, self._taken = [], 0  # (lesson, its columns, its shape); how many columns have a lesson

    def add_blocks(self, size, make):
        """Let what `make(parameters, learning_rate)` returns take the next `size` columns, in blocks."""
        n_networks = prod(self.parameters.shape[:-1])
        width = max(1, BLOCK_BYTES // (n_networks * self.parameters.itemsize))
        end = self._taken + size
        while self._taken < end:
            self.add((min(width, end - self._taken),), make)

    def add(self, shape, make):
        """Let what `make(parameters, learning_rate)` returns take the next array, which it gets in this shape."""
        columns = slice(self._taken, self._taken + prod(shape))
        shape = (*self.parameters.shape[:-1], *shape)
        lesson = make(self.parameters[..., columns].reshape(shape), self._rate_for(shape))
        self._parts.append((lesson, columns, shape))
        self._taken = columns.stop

    def attach(self, parameters: np.ndarray) -> None:
        """Change these from now on: a copy's own, in the place of the original's."""
        self.parameters = parameters
        for lesson, columns, shape in self._parts:
            lesson.parameters = parameters[..., columns].reshape(shape)

    @np.errstate(under="ignore")  # the square of a small gradient may be too small for a number
    def step(self, gradients):
        """Change the parameters in place. gradients : of their shape, left as they are."""
        for lesson, columns, shape in self._parts:
            lesson.step(gradients[..., columns].reshape(shape))

    @property
    def lessons(self):
        """The optimizers of all parts, in their order."""
        return [lesson for lesson, _, _ in self._parts]

    @property
    def learning_rate(self):
        """That of all parts: a number, or an array (networks, 1)."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        self._learning_rate = learning_rate if np.ndim(learning_rate) else float(learning_rate)
        for lesson, _, shape in self._parts:
            lesson.learning_rate = self._rate_for(shape)

    def _rate_for(self, shape):
        """(networks, 1) with as many axes as `shape`; a number as it is."""
        rate = self._learning_rate
        return rate.reshape(-1, *[1] * (len(shape) - 1)) if np.ndim(rate) else rate

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        values = [getattr(lesson, name) for lesson in self.lessons]
        if not isinstance(values[0], np.ndarray):
            return values[0]
        return np.concatenate([value.reshape(*self.parameters.shape[:-1], -1) for value in values], axis=-1)


def optimizer_for(recipe, parameters, shapes):
    """The optimizer that a recipe names, with its learning rate.

    Parameters
    ----------
    parameters : array (numbers,), or (networks, numbers) of a stack: flat arrays, one after the other
    shapes : of these arrays, those of one network. The ones with two axes are weights, which "adamw" and "muon" decay
        by the recipe's l2; what is not a weight takes Adam beside Muon

    Raises
    ------
    RecipeError : an optimizer that this engine does not know
    """
    optimizer = PartwiseOptimizer(parameters, recipe.learning_rate)
    if recipe.optimizer == "adamw":
        for decay, run in groupby(shapes, key=lambda shape: recipe.l2 if _is_weight(shape) else 0.0):
            optimizer.add_blocks(sum(map(prod, run)), partial(optimizers.AdamW, weight_decay=decay))
    elif recipe.optimizer == "muon":
        for shape in shapes:
            if _is_weight(shape):
                optimizer.add(shape, partial(optimizers.Muon, weight_decay=recipe.l2))
            else:
                optimizer.add_blocks(prod(shape), optimizers.Adam)
    elif recipe.optimizer in OPTIMIZERS:  # works entry by entry
        optimizer.add_blocks(parameters.shape[-1], getattr(optimizers, OPTIMIZERS[recipe.optimizer]))
    else:
        raise RecipeError(f"optimizer is {recipe.optimizer!r}, which has no part in the NumPy engine.")
    return optimizer


def _is_weight(shape):
    return len(shape) == 2
