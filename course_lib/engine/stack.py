"""What the stacks of both back ends have in common: which recipes one takes, and what a batch must look like."""

import dataclasses
import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from course_lib.arrays import ArrayError
from course_lib.engine.network import RecipeNetwork
from course_lib.engine.plan import TECHNIQUES
from course_lib.recipe import Recipe, RecipeError, random_stream

MAY_DIFFER = ("seed", "learning_rate", "initialization")  # of a stack's recipes; all other fields are the same
EVALUATION_ROWS = 20_000  # examples times networks per forward pass in evaluation: bounds the memory


def checked_recipes(recipes: Iterable[Recipe]) -> list[Recipe]:
    """The recipes of a stack as a list. A RecipeError names the first field in which two differ that must not."""
    recipes = list(recipes)
    if not recipes or not all(isinstance(recipe, Recipe) for recipe in recipes):
        raise RecipeError(f"A stack takes a list of one Recipe or more; it got {recipes!r}.")
    for number, recipe in enumerate(recipes):
        for field in dataclasses.fields(Recipe):
            first, other = getattr(recipes[0], field.name), getattr(recipe, field.name)
            if field.name not in MAY_DIFFER and first != other:
                raise RecipeError(
                    f"{field.name} is {first!r} in recipe 0 and {other!r} in recipe {number}; the networks of a stack "
                    f"may differ in {', '.join(MAY_DIFFER)} alone. Make a stack for each {field.name}."
                )
    return recipes


def stack_layers(
    alone: list[RecipeNetwork], stacked: Mapping[str, Callable], each_alone: Callable
) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
    """The layers of networks that were made alone, part by part, as layers of a stack.

    Parameters
    ----------
    alone : the networks, of recipes that `checked_recipes` lets through
    stacked : {technique: function of (layers of one part, one a network; their streams of masks; dtype)} that makes the
        stacked layer
    each_alone : such a function for any other technique, whose layers are asked one after the other

    Returns
    -------
    layers [("dense1", layer), ...] as a signal walks through them; leaves, with those inside a residual connection in
    its place

    Raises
    ------
    RecipeError : a technique that draws random numbers and has no stacked form
    """
    first, leaves = alone[0], []
    rngs = [random_stream(network.recipe.seed, "masks") for network in alone]
    of_network = [dict(network.leaves) for network in alone]
    joined = importlib.import_module(f"{first.lessons}.sequential").Sequential
    residual = importlib.import_module(f"{first.lessons}.residual").Residual

    def make(part):
        if part.inside:
            return residual(joined([make(each) for each in part.inside]))
        if part.technique not in stacked and TECHNIQUES[part.technique].stream == "masks":
            raise RecipeError(
                f"{part.name} draws random numbers, and a stack of networks has no stacked form of {part.technique!r}, "
                "in which each network draws from its own stream. Train these networks one after the other."
            )
        same = [layers[part.name] for layers in of_network]
        layer = stacked.get(part.technique, each_alone)(same, rngs, first.dtype)
        leaves.append((part.name, layer))
        return layer

    return [(part.name, make(part)) for part in first.parts], leaves


def check_shapes(x: Any, labels: Any, n_networks: int, n_inputs: int) -> None:
    """An ArrayError unless x is (n_networks, batch, n_inputs) and labels are (n_networks, batch)."""
    if len(x.shape) != 3 or tuple(x.shape[::2]) != (n_networks, n_inputs) or tuple(labels.shape) != tuple(x.shape[:2]):
        raise ArrayError(
            f"x has shape {tuple(x.shape)} and labels {tuple(labels.shape)}; this stack takes ({n_networks}, batch, "
            f"{n_inputs}) and ({n_networks}, batch): a batch for each network. One batch for all: "
            "np.broadcast_to(x, (networks, *x.shape))."
        )
