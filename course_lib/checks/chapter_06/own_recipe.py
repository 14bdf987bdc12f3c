"""Exercise 6.8: a recipe of one's own, trained for 400 steps on the digits, twice; what is said when it fails.

Five hidden layers of 30 units, no batch norm, batches of 32. The learner chooses the fields in `CHOICES`.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from course_lib.checks.diagnosis import LONGEST_VALUE, Diagnosis, describe, kind_of
from course_lib.checks.dicts_of_fields import alike
from course_lib.checks.mistakes import Said
from course_lib.checks.registry import exercise
from course_lib.data import load_digits
from course_lib.engine.numpy_backend import Network
from course_lib.recipe import Recipe, RecipeError
from course_lib.scratch.regularizers import l1_penalty, l2_penalty
from course_lib.training.schedules import check_schedule, learning_rate_at

FIXED = {"hidden_layers": (30,) * 5, "normalization": "none", "batch_size": 32}
CHOICES = (
    "activation",
    "initialization",
    "drop_rate",
    "l1",
    "l2",
    "max_norm",
    "optimizer",
    "learning_rate",
    "schedule",
    "schedule_steps",
    "clip_norm",
    "clip_value",
)
STEPS, SEEDS, BAR = 400, (1, 2), 0.93
LOOKS = 4  # how often the loss is looked at on the way

VANISHES = 0.25  # first layer's gradient in parts of the last one's; with He and ReLU it is above 0.8
GUESSING = math.log(10)  # the loss of one who knows nothing of ten classes
WILD = 2 * GUESSING
GAP = 0.03
MUCH_DROPPED = 0.4
NARROW = 1.0  # a bound below it cuts the weights that He's start draws


# ---- wrong answers --------------------------------------------------------------------------------------------------

GOOD = {
    "activation": "elu",
    "initialization": "he_normal",
    "drop_rate": 0.0,
    "optimizer": "adam",
    "learning_rate": 0.003,
}
NAIVE = {"activation": "sigmoid", "initialization": "standard_normal", "optimizer": "gradient_descent"}


def but(**changed):
    """The good recipe, but for these fields."""
    return lambda: GOOD | changed


MISTAKES = [
    (lambda: list(GOOD.items()), Said("expected a dict")),
    (but(momentum=0.9), Said("A recipe has no field 'momentum'. The exercise names the fields")),
    (but(learningrate=0.9), Said("'learningrate'. Did you mean 'learning_rate'? The exercise names the fields")),
    (but(lr=0.9), Said("It is called learning_rate. The exercise names the fields")),
    (but(activation="swish"), Said("The choices are")),
    (but(learning_rate=-0.1), Said("it must be a finite number above 0")),
    (but(normalization="batch"), Said("normalization is 'batch', and in this exercise it is 'none'")),
    (but(hidden_layers=(100,)), Said("hidden_layers is (100,), and in this exercise it is (30, 30, 30, 30, 30).")),
    (but(epochs=30, seed=3), Said("epochs is 30, and in this exercise 400 steps are trained; seed is 3")),
    (lambda: {**GOOD, 3: "x"}, Said("the names of fields as its keys")),
    (but(optimizer="gradient_descent", learning_rate=3.0), Said("the run diverged")),
    (
        but(optimizer="momentum", initialization="standard_normal", learning_rate=0.03),
        Said("how large the first weights"),
    ),
    (but(learning_rate=0.1), Said("The loss does not keep falling")),
    (but(**NAIVE, learning_rate=0.5), Said("times as long as the first layer's")),
    (but(activation="sigmoid", initialization="xavier_normal"), Said("The gradient vanishes")),
    (but(learning_rate=1e-5), Said("the steps are too short")),
    (but(optimizer="gradient_descent", learning_rate=0.003), Said("an optimizer that goes faster")),
    (
        but(optimizer="gradient_descent", learning_rate=0.1, clip_norm=0.01),
        Said("holds it back as well: clip_norm=0.01"),
    ),
    (but(l2=0.3), Said("the penalty is")),
    (but(l1=0.01), Said("the penalty is")),
    (but(max_norm=0.1), Said("max_norm=0.1 allows each unit")),
    # the chapter's example of the form
    (lambda: {"activation": "sigmoid", "optimizer": "momentum"}, Said("The gradient vanishes")),
    (but(drop_rate=0.6), Said("does without 60% of its units")),
    (but(learning_rate=0.0001, max_norm=1.0), Said("holds it back as well: max_norm=1")),
    (but(activation="relu", initialization="standard_normal"), Said("it is sure, and wrong")),
    (but(activation="tanh", initialization="uniform"), Said("It overfits")),
    (dict, Said("expected 93% or more")),
    (but(schedule="step", schedule_steps=(400,)), Said("the run has 400 steps, 0 to 399; step 400 never comes")),
]


# ---- the check ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """One run: losses without penalties and accuracies over whole parts, all in evaluation mode.

    losses : of the training part before the first step and at `LOOKS` places, at equal distances, the last at the end
    ratio : length of the first layer's weight gradient before the first step, in parts of the last layer's
    penalty : of the first weights, l1 and l2 together
    stopped : the step at which the loss was no number any more, or None
    """

    seed: int
    losses: tuple[float, ...]
    ratio: float
    penalty: float
    train: float
    validation: float
    stopped: int | None = None


@exercise("6.8", title="Your own recipe", mistakes=MISTAKES)
def check_my_recipe(submitted):
    """The recipe is good enough if it reaches `BAR` of the validation digits in both runs."""
    recipe = _recipe_of(submitted())
    data = load_digits()
    trials = [try_recipe(recipe.replace(seed=seed), data) for seed in SEEDS]
    worst = min(trials, key=lambda trial: trial.validation)
    if worst.stopped is not None or worst.validation < BAR:
        raise _diagnosis(recipe, worst)
    reached = " and ".join(f"{100 * trial.validation:.1f}%" for trial in trials)
    return (
        f"After {STEPS} steps it is right about {reached} of the validation digits, and {100 * BAR:g}% were asked for."
    )


def _recipe_of(chosen):
    if isinstance(chosen, Recipe):
        raise Diagnosis(
            "The result is a whole Recipe; expected a dict of the fields that you choose.",
            hint='Return the fields alone: `{"activation": ..., "learning_rate": ...}`.',
        )
    if not isinstance(chosen, dict) or not all(isinstance(field, str) for field in chosen):
        raise Diagnosis(
            f"The result is {describe(chosen)}; expected a dict with the names of fields as its keys.",
            hint="Did you forget `return`?" if chosen is None else 'Like `{"activation": ..., "learning_rate": ...}`.',
        )
    given = Recipe(**FIXED)
    fixed = {field: value for field, value in vars(given).items() if field not in CHOICES}
    changed = [field for field in fixed if field in chosen and not alike(chosen[field], fixed[field])]
    if changed:
        found = "; ".join(f"{field} is {_in_short(chosen[field])}, {_fixed_words(field)}" for field in changed)
        raise Diagnosis(f"{found}.", hint="What is fixed need not be in the dict. Leave it out, or as it is.")
    try:
        recipe = given.replace(**{field: value for field, value in chosen.items() if field not in fixed})
        check_schedule(recipe, STEPS)
    except (RecipeError, ValueError, TypeError) as error:
        raise Diagnosis(_without_the_list(str(error))) from None
    return recipe


def _in_short(value):
    return repr(value) if len(repr(value)) <= LONGEST_VALUE else kind_of(value)


def _fixed_words(field):
    if field in FIXED:
        return f"and in this exercise it is {FIXED[field]!r}"
    here = {"epochs": f"{STEPS} steps are trained", "seed": f"the seeds are {SEEDS[0]} and {SEEDS[1]}"}
    return f"and in this exercise {here.get(field, f'it is {getattr(Recipe(), field)!r}')}"


def _without_the_list(message):
    """What a recipe says to an unknown field, without the list of all its fields: most are not to be chosen here."""
    wrong, listed, _ = message.partition(" The fields are:")
    return f"{wrong} The exercise names the fields that you may choose." if listed else wrong


def try_recipe(recipe, data):
    """Train the recipe with its seed for `STEPS` steps.

    Parameters
    ----------
    recipe : Recipe
    data : Dataset with a training and a validation part

    Returns
    -------
    Trial
    """
    network = Network(recipe, data.n_inputs, data.n_classes)
    x, labels = network.place(data.train.x, data.train.labels)
    with np.errstate(all="ignore"):
        ratio = _gradient_ratio(network, data.train)
        penalty = _penalty(network)
        losses, stopped = [network.evaluate(x, labels)[0]], None
        for step, batch in enumerate(_batches(len(x), recipe), start=1):
            network.optimizer.learning_rate = learning_rate_at(recipe, step - 1, STEPS)
            if not np.isfinite(network.update(x[batch], labels[batch])):
                stopped = step
                break
            if step % (STEPS // LOOKS) == 0:
                losses.append(network.evaluate(x, labels)[0])
        accuracies = [
            network.evaluate(*network.place(part.x, part.labels))[1] for part in (data.train, data.validation)
        ]
    return Trial(recipe.seed, tuple(losses), ratio, penalty, *accuracies, stopped)


def _gradient_ratio(network, part):
    network.loss_and_gradients(part.x, part.labels)
    norms = network.gradient_norms()
    last = len(network.recipe.hidden_layers) + 1
    return norms["dense1.weight"] / norms[f"dense{last}.weight"]


def _penalty(network):
    """What the loss to be minimized has besides the loss of the examples; "adamw" has its decay outside of it."""
    recipe, penalty = network.recipe, 0.0
    if recipe.l1:
        penalty += l1_penalty(network.flat_weights, recipe.l1)
    if recipe.l2 and not network.decoupled_decay:
        penalty += l2_penalty(network.flat_weights, recipe.l2)
    return float(penalty)


def _batches(n, recipe):
    """`STEPS` batches of indices, each pass over the examples in an order of its own."""
    rng = np.random.default_rng([68, recipe.seed])
    per_pass = n // recipe.batch_size
    orders = [rng.permutation(n)[: per_pass * recipe.batch_size] for _ in range(-(-STEPS // per_pass))]
    return np.concatenate(orders).reshape(-1, recipe.batch_size)[:STEPS]


def _diagnosis(recipe, trial):
    """The Diagnosis of a recipe whose worse run is not good enough."""
    start, end = trial.losses[0], trial.losses[-1]
    reached = f"With seed {trial.seed} it is right about {100 * trial.validation:.1f}% of the validation digits; "
    reached += f"expected {100 * BAR:g}% or more."
    if trial.stopped is not None:
        found = f"In step {trial.stopped} of {STEPS} the loss is no number any more: the run diverged."
        return Diagnosis(found, hint=_wild_hint(start) or _too_large(recipe))
    if not trial.ratio >= VANISHES:
        return Diagnosis(f"{reached} {_vanishing(trial.ratio)}", hint=_VANISHING_HINT)
    if trial.train >= BAR and trial.train - trial.validation > GAP:
        found = f"{reached} Of its training digits it knows {100 * trial.train:.1f}%."
        return Diagnosis(found, hint=f"It overfits. {_OVERFITTING_HINT}")
    if start > WILD:
        return Diagnosis(f"{reached} Its loss is {start:,.1f} before the first step.", hint=_wild_hint(start))
    if trial.penalty > GUESSING or recipe.drop_rate >= MUCH_DROPPED:
        return Diagnosis(f"{reached} {_held_back(recipe, trial)}", hint=_HELD_HINT)
    if recipe.max_norm is not None and recipe.max_norm < NARROW:
        found = f"{reached} Of its training digits it knows {100 * trial.train:.1f}%."
        hint = f"max_norm={recipe.max_norm:g} allows each unit incoming weights of that length and no more. With He's "
        return Diagnosis(found, hint=f"{hint}start it is about 1.4. Take a larger bound, or none.")
    course = f"Its training loss goes from {start:.2f} to {end:.2f}."
    if all(later < earlier for earlier, later in pairwise(trial.losses)):
        hint = f"The loss is still falling when the {STEPS} steps are over: the steps are too short. Take a larger "
        hint += f"learning_rate than {recipe.learning_rate:g}, or an optimizer that goes faster."
        return Diagnosis(f"{reached} {course}", hint=f"{hint}{_restraint(recipe)}")
    return Diagnosis(
        f"{reached} {course}", hint=f"The loss does not keep falling. {_too_large(recipe)}{_restraint(recipe)}"
    )


def _vanishing(ratio):
    if not ratio > 0:
        return "Before the first step no gradient reaches the first layer."
    return f"Before the first step the last layer's gradient is {1 / ratio:,.0f} times as long as the first layer's."


_VANISHING_HINT = (
    "The gradient vanishes on its way back through the five layers, so the first ones hardly learn. Batch norm would "
    "help, and is not allowed here. Which two fields decide how much a layer passes on?"
)
_OVERFITTING_HINT = (
    "What it learns does not carry over. Hold it back a little, with drop_rate, l1, l2 or max_norm; or look at the "
    "weights that it starts from: large ones fit anything."
)
_HELD_HINT = (
    "It is held back so much that it learns too little. A penalty or dropout is there against overfitting: does this "
    "network overfit?"
)


def _held_back(recipe, trial):
    known = f"Of its training digits it knows {100 * trial.train:.1f}%"
    if trial.penalty > GUESSING:
        return f"{known}: the penalty is {trial.penalty:.3g} at the start, and the loss {trial.losses[0]:.3g}."
    return f"{known}: in each step it does without {100 * recipe.drop_rate:g}% of its units, in all five layers."


def _wild_hint(start):
    """Words about a start far worse than guessing; "" for a usual one."""
    if start <= WILD:
        return ""
    return (
        f"Guessing has a loss of {GUESSING:.1f}, and this network starts at {start:,.1f}: it is sure, and wrong. The "
        "sums are too large from the start. Which field decides how large the first weights are?"
    )


def _too_large(recipe):
    return (
        f"The learning rate {recipe.learning_rate:g} is too large for {recipe.optimizer}, it seems. Try a tenth of it."
    )


def _restraint(recipe):
    """What else in the recipe keeps the training loss up; "" if nothing does."""
    held = [name for name in ("drop_rate", "l1", "l2", "max_norm", "clip_norm", "clip_value") if getattr(recipe, name)]
    schedule = (
        "" if recipe.schedule == "constant" else f" The schedule {recipe.schedule!r} makes the rate smaller, too."
    )
    if not held:
        return schedule
    listed = ", ".join(f"{name}={getattr(recipe, name):g}" for name in held)
    return schedule + f" What holds it back as well: {listed}. (A field that you leave out has the default of Recipe.)"
