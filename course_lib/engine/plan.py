"""What a Recipe is made of: THE list that networks, stacks and the tests that hold them equal walk.

A new technique is its two lessons (scratch/NAME.py and pytorch/NAME.py), a line in `TECHNIQUES` or `OPTIMIZERS`, a
field or value of Recipe that asks for it, and a test. Whatever walks the plan takes it up, or says by name that it
cannot.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from course_lib.recipe import Recipe, RecipeError, random_stream


@dataclass(frozen=True)
class Technique:
    """Where a technique is taught, and what its layer is built from.

    Parameters
    ----------
    lesson : the file in scratch/ and in pytorch/
    layer : the class in it
    stream : which random numbers of the recipe it draws from, "initialization" or "masks"; None draws nothing
    has_arrays : it has arrays of its own, so that its constructor takes a dtype
    has_shift : it adds a learned shift, which takes the place of the bias of the dense layer in front of it
    """

    lesson: str
    layer: str
    stream: str | None = None
    has_arrays: bool = False
    has_shift: bool = False


TECHNIQUES = {
    "dense": Technique("dense", "Dense", stream="initialization", has_arrays=True),
    "batch_norm": Technique("batch_norm", "BatchNorm", has_arrays=True, has_shift=True),
    "layer_norm": Technique("layer_norm", "LayerNorm", has_arrays=True, has_shift=True),
    "rms_norm": Technique("rms_norm", "RMSNorm", has_arrays=True),
    "activation": Technique("activations", "Activation"),
    "rrelu": Technique("activations", "RReLU", stream="masks"),
    "prelu": Technique("activations", "PReLU", has_arrays=True),
    "dropout": Technique("dropout", "Dropout", stream="masks"),
    "residual": Technique("residual", "Residual"),
}

OPTIMIZERS = {  # what a Recipe calls it: the class in scratch/optimizers.py and in pytorch/optimizers.py
    "gradient_descent": "GradientDescent",
    "momentum": "Momentum",
    "nesterov": "Nesterov",
    "rmsprop": "RMSProp",
    "adam": "Adam",
    "adamw": "AdamW",
    "muon": "Muon",
}


@dataclass(frozen=True)
class Part:
    """One layer of a network.

    Parameters
    ----------
    name : "dense1"; its arrays are called after it, "dense1.weight"
    technique : key of `TECHNIQUES`
    words : what the layer's constructor gets
    units : columns of what comes out of it
    inside : the parts that a residual connection leads around; () for every other technique
    """

    name: str
    technique: str
    words: Mapping[str, Any]
    units: int
    inside: tuple["Part", ...] = field(default=())


def plan(recipe: Recipe, n_inputs: int, n_classes: int) -> list[Part]:
    """The parts of the network that a recipe describes, in the order in which a signal meets them.

    Each hidden layer is dense, normalization, activation, dropout; a dense layer to the logits comes last.

    Raises
    ------
    RecipeError : residual=True where no hidden layer is as wide as what comes into it
    """
    parts, fan_in = [], n_inputs
    for depth, units in enumerate(recipe.hidden_layers, start=1):
        block = _hidden_layer(recipe, depth, fan_in, units)
        if recipe.residual and fan_in == units:
            parts.append(Part(f"residual{depth}", "residual", {}, units, tuple(block)))
        else:
            parts += block
        fan_in = units
    if recipe.residual and not any(part.inside for part in parts):
        widths = ", ".join(map(str, (n_inputs, *recipe.hidden_layers)))
        raise RecipeError(
            f"residual is True, and no hidden layer is as wide as what comes into it (inputs and layers: {widths}), so "
            "that h + f(h) stands nowhere. Give layers that follow each other one width, or set residual=False."
        )
    return [*parts, _dense(recipe, len(recipe.hidden_layers) + 1, fan_in, n_classes, bias=True)]


def _hidden_layer(recipe, depth, fan_in, units):
    norm = f"{recipe.normalization}_norm"
    normalized = recipe.normalization != "none"
    bias = not (normalized and TECHNIQUES[norm].has_shift)
    block = [_dense(recipe, depth, fan_in, units, bias)]
    if normalized:
        block.append(Part(f"{norm}{depth}", norm, {"n_features": units}, units))
    if recipe.activation in TECHNIQUES:  # one that draws or learns its slope has a layer of its own
        block.append(Part(f"activation{depth}", recipe.activation, {}, units))
    else:
        block.append(Part(f"activation{depth}", "activation", {"name": recipe.activation}, units))
    if recipe.drop_rate:
        block.append(Part(f"dropout{depth}", "dropout", {"drop_rate": recipe.drop_rate}, units))
    return block


def _dense(recipe, depth, fan_in, fan_out, bias):
    words = {"fan_in": fan_in, "fan_out": fan_out, "initialization": recipe.initialization, "bias": bias}
    return Part(f"dense{depth}", "dense", words, fan_out)


def leaves(parts: list[Part]) -> list[Part]:
    """The parts, with those inside a residual connection in its place."""
    return [leaf for part in parts for leaf in (part.inside or (part,))]


def make_layers(
    parts: list[Part], recipe: Recipe, dtype: str, lessons: str, made: Callable[[Part, Any], Any]
) -> list[tuple[str, Any]]:
    """A layer for every part: [("dense1", Dense), ...], first to last.

    Parameters
    ----------
    parts : from `plan`
    recipe : its seed is that of the first weights and of the masks
    dtype : "float32" or "float64"
    lessons : the package that has the layers, "course_lib.scratch" or "course_lib.pytorch"
    made : called as made(part, layer), in the order in which the layers are made; what it returns is used in its place
    """
    streams = {name: random_stream(recipe.seed, name) for name in ("initialization", "masks")}
    joined = importlib.import_module(f"{lessons}.sequential").Sequential

    def make(part):
        technique, words = TECHNIQUES[part.technique], dict(part.words)
        if part.inside:
            words["inside"] = joined([make(each) for each in part.inside])
        if technique.stream is not None:
            words["rng"] = streams[technique.stream]
        if technique.has_arrays:
            words["dtype"] = dtype
        layer = getattr(importlib.import_module(f"{lessons}.{technique.lesson}"), technique.layer)(**words)
        return made(part, layer)

    return [(part.name, make(part)) for part in parts]
