"""Exercise 2.5: a gradient by central differences."""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import expect_close
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError

LEAD = (
    "Take the smallest case, one weight, and print five numbers: the weight nudged up and down, the loss at each, and "
    "what you divide by. Which is not what you expect?"
)


def loss(weights, x, targets):
    """Mean squared error of tanh(x @ weights): the loss that the exercise gives."""
    return np.mean((np.tanh(x @ weights) - targets) ** 2)


def _central(above, at, below, step):
    return (above - below) / (2 * step)


def _with(slope=_central, copy=lambda weights: weights.astype(float), empty=lambda weights: np.zeros(weights.shape)):
    """The chapter's loop with another slope: a function of the loss above, at and below, and the step."""

    def answer(weights, x, targets, step=1e-5):
        gradient = empty(weights)
        for index in np.ndindex(weights.shape):
            up, down = copy(weights), copy(weights)
            up[index] += step
            down[index] -= step
            gradient[index] = slope(*(loss(each, x, targets) for each in (up, weights, down)), step)
        return gradient

    return answer


differences = _with()  # (L(w + h) - L(w - h)) / 2h for one entry after the other


def drawn(rng):
    """Any shapes, a square and one weight, with large steps, with the step left out; then weights of whole numbers."""
    n, *others = rng.integers(2, 5, 7)
    shapes = [(n, n), (1, 1), others[:2], others[2:4], others[4:]]
    cases = []
    for fan_in, fan_out in shapes:
        batch = rng.integers(1, 7)
        x, targets = rng.normal(size=(batch, fan_in)), rng.normal(size=(batch, fan_out))
        step = [] if rng.random() < 0.3 else [float(rng.integers(2, 15) / 100)]
        cases.append((rng.normal(0, 0.6, (fan_in, fan_out)), x, targets, *step))
    weights, x, targets = cases[-1][:3]
    return [*cases, (weights, x, targets), (rng.integers(-2, 3, weights.shape), x, targets)]


def never_taken_back(weights, x, targets, step=1e-5):
    gradient, nudged = np.zeros(weights.shape), weights.astype(float)
    for index in np.ndindex(weights.shape):
        nudged[index] += step
        high = loss(nudged, x, targets)
        nudged[index] -= 2 * step
        gradient[index] = (high - loss(nudged, x, targets)) / (2 * step)
    return gradient


def all_at_once(weights, x, targets, step=1e-5):
    above, below = loss(weights + step, x, targets), loss(weights - step, x, targets)
    return np.full(weights.shape, (above - below) / (2 * step))


def two_names_for_one_array(weights, x, targets, step=1e-5):
    gradient = np.zeros(weights.shape)
    for index in np.ndindex(weights.shape):
        up = weights.astype(float)
        down = up
        up[index] += step
        down[index] -= step
        gradient[index] = (loss(up, x, targets) - loss(down, x, targets)) / (2 * step)
    return gradient


def whole_numbers_nudged_by_an_array(weights, x, targets, step=1e-5):
    gradient = np.zeros(weights.shape)
    for index in np.ndindex(weights.shape):
        nudge = np.zeros(weights.shape)
        nudge[index] = step
        up, down = weights.copy(), weights.copy()
        up += nudge
        down -= nudge
        gradient[index] = (loss(up, x, targets) - loss(down, x, targets)) / (2 * step)
    return gradient


def only_the_first_entry(weights, x, targets, step=1e-5):
    gradient = np.zeros(weights.shape)
    gradient[0, 0] = differences(weights, x, targets, step)[0, 0]
    return gradient


def nudged_where(place):
    """Every entry's slope is that of nudging all entries at place(index) together: whole rows, whole columns."""

    def answer(weights, x, targets, step=1e-5):
        gradient = np.zeros(weights.shape)
        for index in np.ndindex(weights.shape):
            up, down = weights.astype(float), weights.astype(float)
            up[place(index)] += step
            down[place(index)] -= step
            gradient[index] = (loss(up, x, targets) - loss(down, x, targets)) / (2 * step)
        return gradient

    return answer


def multiplied(weights, x, targets, step=1e-5):
    gradient = np.zeros(weights.shape)
    for index in np.ndindex(weights.shape):
        up, down = weights.astype(float), weights.astype(float)
        up[index] *= 1 + step
        down[index] *= 1 - step
        gradient[index] = (loss(up, x, targets) - loss(down, x, targets)) / (2 * step)
    return gradient


def put_in_its_place(weights, x, targets, step=1e-5):
    gradient = np.zeros(weights.shape)
    for index in np.ndindex(weights.shape):
        up, down = weights.astype(float), weights.astype(float)
        up[index], down[index] = step, -step
        gradient[index] = (loss(up, x, targets) - loss(down, x, targets)) / (2 * step)
    return gradient


def with_the_loss_of_a_line(weights, x, targets, step=1e-5):
    return 2 * x.T @ (x @ weights - targets) / targets.size  # a parabola has no third derivative: its exact slope


def added_up(weights, x, targets, step=1e-5):
    return np.cumsum(differences(weights, x, targets, step)).reshape(weights.shape)


def erases_the_weights(weights, x, targets, step=1e-5):
    gradient = differences(weights, x, targets, step)
    weights *= 0
    return gradient


MISTAKES = [
    (
        _with(copy=np.copy),
        "The weights came as whole numbers, and a nudge of 0.00001 was cut off. Copy them with "
        "`weights.astype(float)`.",
    ),
    (
        _with(empty=np.zeros_like),
        "The weights came as whole numbers, and the gradient array keeps only whole numbers: `np.zeros_like` takes "
        "over their kind. Use `np.zeros(weights.shape)`.",
    ),
    (
        _with(lambda above, at, below, step: (above - at) / step),
        "That is the forward difference. The central one looks to both sides: w + step and w - step.",
    ),
    (
        _with(lambda above, at, below, step: (at - below) / step),
        "That is the backward difference. The central one looks to both sides: w + step and w - step.",
    ),
    (
        _with(lambda above, at, below, step: (above - below) / step),
        "Twice too large: w + step and w - step are 2 steps apart, so divide by `2 * step`.",
    ),
    (
        _with(lambda above, at, below, step: above - below),
        "The difference is not divided by anything yet. A slope is change per step.",
    ),
    (
        _with(lambda above, at, below, step: (below - above) / (2 * step)),
        "The sign is turned around: first w + step, then w - step.",
    ),
    (
        _with(lambda above, at, below, step: (above - below) / 2 * step),
        "Parentheses are missing: `/ 2 * step` divides by 2 and multiplies by the step. Write `/ (2 * step)`.",
    ),
    (
        _with(lambda above, at, below, step: above - below / (2 * step)),
        "Parentheses are missing: only the second loss is divided. The difference is, `(high - low) / (2 * step)`.",
    ),
    (
        _with(lambda above, at, below, step: (above - below) / 2),
        "The step is missing in the division. Between the two places lie `2 * step`.",
    ),
    (
        _with(lambda above, at, below, step: (above - below) / (2 * 1e-5)),
        "You divide by another step than the one you nudge by. Use `step` in both places.",
    ),
    (
        _with(lambda above, at, below, step: abs(above - below) / (2 * step)),
        "The sign is lost: a slope is negative where the loss falls. No `abs`.",
    ),
    (
        _with(lambda above, at, below, step: (above - 2 * at + below) / step**2),
        "That is how the slope itself changes, the second derivative. The slope is (high - low) / (2 * step).",
    ),
    (
        lambda weights, x, targets, step=1e-5: differences(weights, x, targets, 1e-5),
        "`step` is not used: you nudge by a number of your own, or compute the exact slope. Nudge by the `step` that "
        "is given, here 0.05.",
    ),
    (
        only_the_first_entry,
        "Only the first entry is computed, and the others stay 0. Does `return` stand inside the loop?",
    ),
    (
        nudged_where(lambda index: index[0]),
        "A whole row is nudged at once: `weights[i]` is a row. One entry is `weights[i, j]`.",
    ),
    (
        nudged_where(lambda index: (slice(None), index[1])),
        "A whole column is nudged at once: `weights[:, j]` is a column. One entry is `weights[i, j]`.",
    ),
    (multiplied, "The entry is multiplied by 1 + step. Add the step to it: `+= step`, and `-= step`."),
    (
        put_in_its_place,
        "The entry is replaced by the step: `=` for `+=`. A nudge changes the weight a little from where it is.",
    ),
    (
        added_up,
        "Each slope has the earlier ones in it: `+=` with one number for all entries. Each has a slope of its own.",
    ),
    (
        _with(lambda above, at, below, step: (above + below) / (2 * step)),
        "The two losses are added. The slope is their difference over the distance.",
    ),
    (
        with_the_loss_of_a_line,
        "tanh is missing in your loss. Use the one that the cell gives: `neuron_loss(weights, x, targets)`.",
    ),
    (never_taken_back, "A nudge is not taken back before the next one. Start every entry from a fresh copy."),
    (all_at_once, "All entries are nudged at once. Nudge one entry, keep the others."),
    (
        _with(lambda above, at, below, step: (above - at) / (2 * step)),
        "One of the two losses is that of the weights as they are, one step away, and you divide by 2 steps. Nudge to "
        "both sides.",
    ),
    (
        two_names_for_one_array,
        "The two losses are the same each time. `down = up` gives one array two names, so both nudges go into it and "
        "cancel: make a copy for each.",
    ),
    (whole_numbers_nudged_by_an_array, Said("cannot hold 1.00001")),
    (lambda *given: differences(*given).T, Said("It is transposed")),
    (lambda weights, x, targets, step=0.5: differences(weights, x, targets, step), Said("left at its default")),
    (erases_the_weights, Said("leaves its input `weights` changed")),
    (lambda weights, x, targets, step: differences(weights, x, targets, step), Said("could not be called")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise(
    "2.5",
    title="A numerical gradient",
    may_nudge_input=True,
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(differences, drawn),
)
def numerical_gradient(submitted):
    """Weights of three shapes, a step large enough to tell forward from central, then whole-number weights.

    An entry may be nudged in the learner's own array and put back, which leaves a rounding error in it.
    """
    rng = np.random.default_rng(25)
    for fan_in, fan_out in ((2, 2), (3, 2), (4, 1)):
        weights, x = rng.normal(0, 0.6, (fan_in, fan_out)), rng.normal(size=(5, fan_in))
        given = weights, x, rng.normal(size=(5, fan_out)), 0.05
        what, because = f"The gradient for weights of shape {weights.shape} and step 0.05", known(MISTAKES, *given)
        value = submitted(*given)
        expect_close(value, differences(*given), rtol=1e-5, atol=1e-5, because=because, what=what)
    _check_whole_numbers(submitted)
    given = rng.normal(0, 0.6, (2, 2)), rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    what = "The gradient with the step left at its default"
    expect_close(submitted(*given), differences(*given), rtol=1e-5, atol=1e-8, what=what)
    return "Central differences, one entry at a time, for any shape."


def _check_whole_numbers(submitted):
    given = np.array([[1], [0]]), np.array([[0.5, -1.0], [1.0, 0.2]]), np.array([[0.0], [1.0]]), 1e-5
    try:
        value = submitted(*given)
    except LearnerError as error:
        if "cast" not in error.text.lower():
            raise
        raise Diagnosis(
            "Your function stops for weights that are whole numbers, [[1], [0]].",
            hint="An array of whole numbers cannot hold 1.00001. Copy it with `weights.astype(float)`.",
        ) from None
    what, because = "The gradient for the whole-number weights [[1], [0]]", known(MISTAKES, *given)
    expect_close(value, differences(*given), rtol=1e-5, because=because, what=what)
