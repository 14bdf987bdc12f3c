"""Recipe: one frozen dataclass that says everything about a training run.

`Recipe()` is the default configuration of the article that this course is built on: He initialization, ELU, batch
normalization, dropout and Adam. The article gives no sizes and no rates; those defaults are this course's choice.
"""

import dataclasses
import difflib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "rrelu", "prelu", "elu", "selu", "gelu", "silu")
INITIALIZATIONS = (
    "standard_normal",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "pytorch_uniform",
)
NORMALIZATIONS = ("none", "batch", "layer", "rms")
ENTRYWISE_OPTIMIZERS = ("gradient_descent", "momentum", "nesterov", "rmsprop", "adam", "adamw")
OPTIMIZERS = (*ENTRYWISE_OPTIMIZERS, "muon")  # Muon looks at weight matrices as a whole
DECOUPLED_DECAY = ("adamw", "muon")  # optimizers whose weights decay apart from the gradient
SCHEDULES = ("constant", "step", "cosine", "one_cycle")
AUGMENTATIONS = ("none", "shift", "flip", "shift_and_flip")

STREAMS = ("initialization", "batches", "masks", "augmentation")


class RecipeError(ValueError):
    """A recipe that cannot be trained. The message says what was given, what was expected and what to do."""


def random_stream(seed: int, purpose: str) -> np.random.Generator:
    """An independent random generator for one purpose of a run: one of `STREAMS`.

    Both engines draw from these, so that they start from the same parameters, see the same batches and drop the same
    units. One purpose never disturbs another: turning dropout on leaves the order of the batches as it was.
    """
    return np.random.default_rng([STREAMS.index(purpose), seed])


@dataclass(frozen=True)
class Recipe:
    """What is learned and how: network, initialization, regularization, optimizer, length of the run, seed.

    Parameters
    ----------
    hidden_layers : units of each hidden layer, first to last; () is a network without a hidden layer
    activation : of every hidden layer, one of `ACTIVATIONS`
    initialization : of every weight matrix, one of `INITIALIZATIONS`; biases start at 0
    normalization : of each hidden layer's sums before its activation, one of `NORMALIZATIONS`: over the batch, over the
        layer's own units, or by their root mean square. Batch and layer normalization have a shift, so that the layer
        has no bias of its own
    residual : add to what comes out of a hidden layer what went into it, h + f(h), where both have one width
    drop_rate : share of hidden units dropped in a training step, in [0, 1)
    l1 : strength of the penalty l1 * sum |w| over all weights (not biases), >= 0
    l2 : strength of the penalty l2 / 2 * sum w**2 over all weights (not biases), >= 0. With the optimizers "adamw"
        and "muon" it is the decoupled weight decay instead, and no penalty is added to the loss
    max_norm : upper bound on the length of each hidden unit's incoming weight vector, > 0; None is no bound
    label_smoothing : share of the target that all classes have alike, in [0, 1): with s the loss of a training step is
        the cross-entropy with (1 - s) one_hot + s / classes. Measured losses have the true class alone as their target
    optimizer : one of `OPTIMIZERS`. "muon" is for weights; biases, scales, shifts and slopes take Adam beside it, at
        the same learning rate: Muon's steps are scaled to the size of Adam's
    learning_rate : step size, > 0
    schedule : how the learning rate changes over the run, one of `SCHEDULES`: "step" divides it by 10 at each of
        `schedule_steps`; "cosine" takes it to 0 along half a cosine; "one_cycle" takes it from a 25th up to
        `learning_rate` and then down, near 0. The formulas are in training/schedules.py
    schedule_steps : training steps, counted from 0 over the whole run, in rising order, each 1 or more. "step": one or
        more steps to divide at. "cosine": () or (how many steps of linear warm-up come first,). "one_cycle": () for
        its highest rate after 30% of the run, or (the step of the highest rate,). "constant": ()
    clip_norm : the longest gradient (over all parameters together) that is let through, > 0; None is no limit
    clip_value : the largest size of each element of the gradient, > 0; None is no limit
    batch_size : examples per training step
    epochs : passes over the training data
    patience : stop after this many epochs without a lower validation loss and restore the best parameters; at most
        `epochs`, which never stops early and still restores them. None trains all epochs and keeps the last parameters
    augmentation : how training images are changed at random, one of `AUGMENTATIONS`
    largest_shift : pixels that an image is moved at most, in each direction, by an augmentation that shifts; 1 or more
    seed : of everything random in the run, a whole number >= 0

    Raises
    ------
    RecipeError : a value that cannot work, with what was given and what is expected
    """

    hidden_layers: tuple[int, ...] = (300, 100)
    activation: str = "elu"
    initialization: str = "he_normal"
    normalization: str = "batch"
    residual: bool = False
    drop_rate: float = 0.2
    l1: float = 0.0
    l2: float = 0.0
    max_norm: float | None = None
    label_smoothing: float = 0.0
    optimizer: str = "adam"
    learning_rate: float = 0.001
    schedule: str = "constant"
    schedule_steps: tuple[int, ...] = ()
    clip_norm: float | None = None
    clip_value: float | None = None
    batch_size: int = 64
    epochs: int = 10
    patience: int | None = None
    augmentation: str = "none"
    largest_shift: int = 2
    seed: int = 0

    def __new__(cls, *arguments: Any, **fields: Any) -> "Recipe":
        """A field that there is not is a RecipeError that names the nearest one."""
        _check_fields(fields)
        return super().__new__(cls)

    def __post_init__(self):
        object.__setattr__(self, "hidden_layers", self._checked_hidden_layers())
        for field, choices in _CHOICES.items():
            check_choice(field, getattr(self, field), choices)
        object.__setattr__(self, "residual", check_flag("residual", self.residual))
        for field, (allowed, expected) in _NUMBERS.items():
            self._check_number(field, allowed, expected)
        for field, smallest in _COUNTS.items():
            self._check_count(field, smallest)
        if self.patience is not None and self.patience > self.epochs:
            raise RecipeError(
                f"patience is {self.patience} and epochs is {self.epochs}; a run cannot wait longer than it lasts. "
                f"Train longer, or wait less. patience={self.epochs} never stops early, and restores the best epoch."
            )
        object.__setattr__(self, "schedule_steps", self._checked_schedule_steps())
        if self.normalizes_batches and self.batch_size < 2:
            raise RecipeError(
                "batch_size is 1 with normalization='batch'; the variance of a batch needs 2 examples or more."
            )

    def _checked_hidden_layers(self):
        try:
            layers = tuple(self.hidden_layers)
        except TypeError:
            raise RecipeError(
                f"hidden_layers is {self.hidden_layers!r}; it must be a list of layer sizes, "
                f"for example ({self.hidden_layers!r},) for one hidden layer."
            ) from None
        for position, units in enumerate(layers, start=1):
            if not _is_whole(units) or units < 1:
                raise RecipeError(
                    f"hidden_layers is {layers!r}: layer {position} has {units!r} units; every layer needs a whole "
                    "number of units, 1 or more. Leave the layer out to have one layer fewer."
                )
        return tuple(int(units) for units in layers)

    def _checked_schedule_steps(self):
        given, (fewest, most, expected) = self.schedule_steps, _SCHEDULE_STEPS[self.schedule]
        try:
            steps = tuple(given)
        except TypeError:
            raise RecipeError(
                f"schedule_steps is {given!r}; it must be a list of training steps, for example ({given!r},) for one."
            ) from None
        for step in steps:
            if not _is_whole(step) or step < 1:
                raise RecipeError(
                    f"schedule_steps is {steps!r} with {step!r} in it; each must be a whole number, 1 or more, and "
                    "counts training steps, not epochs."
                )
        if list(steps) != sorted(set(steps)):
            raise RecipeError(f"schedule_steps is {steps!r}; each step must be later than the one before it.")
        if not fewest <= len(steps) <= most:
            raise RecipeError(f"schedule_steps is {steps!r} with schedule={self.schedule!r}, which takes {expected}.")
        return tuple(int(step) for step in steps)

    def _check_number(self, field, allowed, expected):
        value = getattr(self, field)
        if value is None and field in _OPTIONAL:
            return
        object.__setattr__(self, field, check_number(field, value, allowed, expected))

    def _check_count(self, field, smallest):
        value = getattr(self, field)
        if value is None and field in _OPTIONAL:
            return
        object.__setattr__(self, field, check_count(field, value, smallest))

    @property
    def normalizes_batches(self) -> bool:
        """Whether an example's numbers in training depend on the others of its batch, which then has 2 or more."""
        return self.normalization == "batch" and bool(self.hidden_layers)

    def replace(self, **changes: Any) -> "Recipe":
        """The same recipe with some fields changed: `Recipe().replace(normalization="none")`."""
        _check_fields(changes)
        return dataclasses.replace(self, **changes)

    def to_json(self) -> str:
        """The recipe as JSON text; `Recipe.from_json` reads it back as an equal recipe."""
        return json.dumps(dataclasses.asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Read a recipe that `to_json` wrote. Fields that are left out keep their defaults; unknown ones are errors.

        Recipes of version 0.1 have a flag `batch_norm` in place of `normalization`; they are read too.
        """
        try:
            fields = json.loads(text)
        except json.JSONDecodeError as error:
            raise RecipeError(f"This is not JSON (line {error.lineno}, column {error.colno}): {error.msg}.") from None
        except TypeError:
            raise RecipeError(f"from_json() reads text; it got {type(text).__name__}.") from None
        except (RecursionError, ValueError) as error:  # nested too deep; a number of too many digits; not UTF-8
            raise RecipeError(f"This is no recipe in JSON: {error}.") from None
        if not isinstance(fields, dict):
            raise RecipeError(f"A recipe in JSON is an object of fields, {{...}}; this is a {type(fields).__name__}.")
        if "batch_norm" in fields and "normalization" not in fields:
            fields["normalization"] = "batch" if check_flag("batch_norm", fields.pop("batch_norm")) else "none"
        _check_fields(fields)
        return cls(**fields)

    def __str__(self) -> str:
        width = max(len(field.name) for field in dataclasses.fields(self))
        lines = [f"  {field.name:<{width}}  {getattr(self, field.name)}" for field in dataclasses.fields(self)]
        return "Recipe\n" + "\n".join(lines)


_CHOICES = {
    "activation": ACTIVATIONS,
    "initialization": INITIALIZATIONS,
    "normalization": NORMALIZATIONS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "augmentation": AUGMENTATIONS,
}
_NUMBERS = {
    "drop_rate": (lambda value: 0 <= value < 1, "at least 0 (drop nothing) and below 1 (1 would drop every unit)"),
    "l1": (lambda value: value >= 0, "a finite number, 0 or more"),
    "l2": (lambda value: value >= 0, "a finite number, 0 or more"),
    "max_norm": (lambda value: value > 0, "a finite number above 0, or None for no bound"),
    "label_smoothing": (lambda value: 0 <= value < 1, "at least 0 (no smoothing) and below 1 (1 would teach nothing)"),
    "learning_rate": (lambda value: value > 0, "a finite number above 0, for example 0.001"),
    "clip_norm": (lambda value: value > 0, "a finite number above 0, or None for no clipping"),
    "clip_value": (lambda value: value > 0, "a finite number above 0, or None for no clipping"),
}
_SCHEDULE_STEPS = {  # (fewest, most, in words)
    "constant": (0, 0, "none: give (), or schedule='step' to divide the learning rate at these steps"),
    "step": (1, math.inf, "one or more steps at which the learning rate is divided by 10, for example (300, 600)"),
    "cosine": (0, 1, "() or (how many steps of warm-up come first,), for example (100,)"),
    "one_cycle": (0, 1, "() or (the step of the highest learning rate,), for example (300,)"),
}
_COUNTS = {"batch_size": 1, "epochs": 1, "patience": 1, "largest_shift": 1, "seed": 0}
_RENAMED = {  # what people try first
    "batch_norm": " It is normalization='batch', or 'none', now.",
    "lr": " It is called learning_rate.",
    "weight_decay": " It is called l2; with optimizer='adamw' that is the decoupled weight decay.",
    "dropout": " It is called drop_rate.",
}
_OPTIONAL = {"max_norm", "clip_norm", "clip_value", "patience"}


def _is_whole(value):
    return isinstance(value, Integral) and not isinstance(value, bool)


def _as_float(value):
    """A real number as a float, so that what is checked is what is kept; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _did_you_mean(name, choices):
    name = str(name).lower().strip()
    begins = [choice for choice in choices if name and choice.startswith(name)]
    near = begins or difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""


def as_recipe(value: Any, asked_by: str) -> Recipe:
    """The value, a Recipe; a RecipeError for anything else.

    A Recipe that was made before this file was loaded again, as %autoreload does, is taken for what it is.
    """
    if isinstance(value, Recipe):
        return value
    if type(value).__name__ == "Recipe" and type(value).__module__ == Recipe.__module__:
        return Recipe(**vars(value))
    raise RecipeError(
        f"{asked_by} needs a Recipe first; it got {type(value).__name__}. For example: Recipe(), the default."
    )


def check_choice(field: str, value: Any, choices: Sequence[str]) -> None:
    """Nothing if `value` is one of `choices`, else a RecipeError that names them and the nearest one."""
    if value not in choices:
        suggestion = _did_you_mean(value, choices)
        raise RecipeError(f"{field} is {value!r}.{suggestion} The choices are: {', '.join(choices)}.")


def check_flag(field: str, value: Any) -> bool:
    """The value, True or False, NumPy's too; a RecipeError for anything else."""
    if not isinstance(value, bool | np.bool_):
        raise RecipeError(f"{field} is {value!r}; it must be True or False.")
    return bool(value)


def check_count(field: str, value: Any, smallest: int) -> int:
    """The value as an int; a RecipeError unless it is a whole number, `smallest` or more."""
    if not _is_whole(value) or value < smallest:
        raise RecipeError(f"{field} is {value!r}; it must be a whole number, {smallest} or more.")
    return int(value)


def check_number(field: str, value: Any, allowed: Callable[[float], bool], expected: str) -> float:
    """The value as a float; a RecipeError unless it is a finite number and `allowed(value)`."""
    number = _as_float(value)
    if not math.isfinite(number) or not allowed(number):
        raise RecipeError(f"{field} is {value!r}; it must be {expected}.")
    return number


def _check_fields(fields):
    known = [field.name for field in dataclasses.fields(Recipe)]
    for name in fields:
        if name not in known:
            suggestion = _RENAMED.get(name) or _did_you_mean(name, known)
            raise RecipeError(f"A recipe has no field {name!r}.{suggestion} The fields are: {', '.join(known)}.")
