"""Exercise 2.9: the gradient of a network by central differences."""

from itertools import pairwise

import numpy as np

from course_lib.checks.chapter_02.cross_entropy import loss_and_gradient
from course_lib.checks.chapter_02.network_backward import values_of
from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import expect_close
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, answers_in, known, meaning_in_all
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError

LEAD = (
    "Take the smallest case, one weight, and print five numbers: the weight nudged up and down, the loss at each, and "
    "what you divide by. Which is not what you expect?"
)


def loss(x, labels, layers):
    """The mean softmax cross-entropy of a network's answers."""
    return loss_and_gradient(values_of(x, layers)[-1], labels)[0]


def _loss_with(x, labels, layers, position):
    """The loss as a function of the weights of one layer."""

    def of(weights):
        return loss(x, labels, [[weights, b] if k == position else [w, b] for k, (w, b) in enumerate(layers)])

    return of


def _central(above, at, below, step):
    return (above - below) / (2 * step)


def _with(slope=_central, copy=lambda weights: weights.astype(float), empty=lambda weights: np.zeros(weights.shape)):
    """The right loop with another slope: a function of the loss above, at and below, and the step."""

    def answer(x, labels, layers, position, step=1e-5):
        weights, loss_of = layers[position][0], _loss_with(x, labels, layers, position)
        gradient = empty(weights)
        for index in np.ndindex(weights.shape):
            up, down = copy(weights), copy(weights)
            up[index] += step
            down[index] -= step
            gradient[index] = slope(*(loss_of(each) for each in (up, weights, down)), step)
        return gradient

    return answer


differences = _with()  # (L(w + h) - L(w - h)) / 2h for one entry after the other


def drawn(rng):
    """One to three layers, any position, with large steps and with the step left out; then weights of whole numbers."""
    cases = []
    for n_layers in (1, 2, 3, int(rng.integers(1, 4))):
        widths, batch = rng.integers(2, 5, n_layers + 1), rng.integers(1, 7)
        layers = [[rng.normal(0, 0.8, (m, n)), rng.normal(0, 0.5, n)] for m, n in pairwise(widths)]
        x, labels = rng.normal(size=(batch, widths[0])), rng.integers(0, widths[-1], batch)
        step = [] if rng.random() < 0.3 else [float(rng.integers(1, 5) / 1000)]
        cases.append((x, labels, layers, int(rng.integers(n_layers)), *step))
    x, labels, layers, position = cases[-1][:4]
    whole = [[np.rint(2 * w).astype(int), b] for w, b in layers]
    return [*cases, (x, labels, layers, position), (x, labels, whole, position)]


def _nudged(change):
    """A gradient whose entries come from other weights: change(weights, index, nudge) gives those with the nudge."""

    def answer(x, labels, layers, position, step=1e-5):
        weights, loss_of = layers[position][0], _loss_with(x, labels, layers, position)
        gradient = np.zeros(weights.shape)
        for index in np.ndindex(weights.shape):
            high, low = (loss_of(change(weights.astype(float), index, nudge)) for nudge in (step, -step))
            gradient[index] = (high - low) / (2 * step)
        return gradient

    return answer


def _added_at(place):
    """Every entry's slope is that of nudging all entries at place(index) together: whole rows, whole columns."""

    def change(weights, index, nudge):
        weights[place(index)] += nudge
        return weights

    return _nudged(change)


def _multiplied(weights, index, nudge):
    weights[index] *= 1 + nudge
    return weights


def _put_in_its_place(weights, index, nudge):
    weights[index] = nudge
    return weights


def _down_twice_as_far(weights, index, nudge):
    weights[index] += nudge if nudge > 0 else 2 * nudge
    return weights


def of_the_bias(x, labels, layers, position, step=1e-5):
    """The bias is nudged, so all entries of a column get the slope of its bias."""
    weights, bias = layers[position]
    gradient = np.zeros(weights.shape)
    for index in np.ndindex(bias.shape):
        ends = []
        for nudge in (step, -step):
            nudged = bias.astype(float)
            nudged[index] += nudge
            ends.append(
                loss(x, labels, [[weights, nudged] if k == position else each for k, each in enumerate(layers)])
            )
        gradient[:, index[0]] = (ends[0] - ends[1]) / (2 * step)
    return gradient


def by_half_steps(x, labels, layers, position, step=1e-5):
    return differences(x, labels, layers, position, step / 2)


def never_taken_back(x, labels, layers, position, step=1e-5):
    weights, loss_of = layers[position][0], _loss_with(x, labels, layers, position)
    gradient, nudged = np.zeros(weights.shape), weights.astype(float)
    for index in np.ndindex(weights.shape):
        nudged[index] += step
        high = loss_of(nudged)
        nudged[index] -= 2 * step
        gradient[index] = (high - loss_of(nudged)) / (2 * step)
    return gradient


def two_names_for_one_array(x, labels, layers, position, step=1e-5):
    weights, loss_of = layers[position][0], _loss_with(x, labels, layers, position)
    gradient = np.zeros(weights.shape)
    for index in np.ndindex(weights.shape):
        up = weights.astype(float)
        down = up
        up[index] += step
        down[index] -= step
        gradient[index] = (loss_of(up) - loss_of(down)) / (2 * step)
    return gradient


def whole_numbers_nudged_by_an_array(x, labels, layers, position, step=1e-5):
    weights, loss_of = layers[position][0], _loss_with(x, labels, layers, position)
    gradient = np.zeros(weights.shape)
    for index in np.ndindex(weights.shape):
        nudge = np.zeros(weights.shape)
        nudge[index] = step
        up, down = weights.copy(), weights.copy()
        up += nudge
        down -= nudge
        gradient[index] = (loss_of(up) - loss_of(down)) / (2 * step)
    return gradient


def only_the_first_entry(*given):
    gradient, right = np.zeros(given[2][given[3]][0].shape), differences(*given)
    gradient[0, 0] = right[0, 0]
    return gradient


def of_another_layer(x, labels, layers, position, step=1e-5):
    return differences(x, labels, layers, (position + 1) % len(layers), step)


def of_the_first_layer(x, labels, layers, position, step=1e-5):
    return differences(x, labels, layers, 0, step)


def with_the_bias_left_out(x, labels, layers, position, step=1e-5):
    bare = [[w, 0 * b] if k == position else [w, b] for k, (w, b) in enumerate(layers)]
    return differences(x, labels, bare, position, step)


def added_up(*given):
    return np.cumsum(differences(*given)).reshape(given[2][given[3]][0].shape)


def erases_the_weights(x, labels, layers, position, step=1e-5):
    gradient = differences(x, labels, layers, position, step)
    layers[position][0] *= 0
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
        lambda x, labels, layers, position, step=1e-5: differences(x, labels, layers, position, 1e-5),
        "`step` is not used: you nudge by a number of your own, or compute the exact slope. Nudge by the `step` that "
        "is given, here 0.01.",
    ),
    (
        only_the_first_entry,
        "Only the first entry is computed, and the others stay 0. Does `return` stand inside the loop?",
    ),
    (
        _added_at(lambda index: index[0]),
        "A whole row is nudged at once: `weights[i]` is a row. One entry is `weights[i, j]`.",
    ),
    (
        _added_at(lambda index: (slice(None), index[1])),
        "A whole column is nudged at once: `weights[:, j]` is a column. One entry is `weights[i, j]`.",
    ),
    (_nudged(_multiplied), "The entry is multiplied by 1 + step. Add the step to it: `+= step`, and `-= step`."),
    (
        _nudged(_put_in_its_place),
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
        of_the_first_layer,
        "That is the gradient of the first layer. Take the layer at `position`.",
    ),
    (of_the_bias, "The bias is nudged. Nudge the weights, one entry at a time, and leave the bias as it is."),
    (
        by_half_steps,
        "You nudge by half of `step`. Nudge by the whole `step`, up and down, and divide by `2 * step`.",
    ),
    (
        _nudged(_down_twice_as_far),
        "The second nudge goes down by 2 steps from the weight itself. From a fresh copy it is one step down; from the "
        "weight that is nudged up already it is two.",
    ),
    (
        with_the_bias_left_out,
        "The layer's bias is lost while its weights are nudged: `changed[position] = [nudged, bias]`.",
    ),
    (never_taken_back, "A nudge is not taken back before the next one. Start every entry from a fresh copy."),
    (_added_at(lambda index: ...), "All entries are nudged at once. Nudge one entry, keep the others."),
    (
        _with(lambda above, at, below, step: (above - at) / (2 * step)),
        "One of the two losses is that of the weights as they are, one step away, and you divide by 2 steps. Nudge to "
        "both sides: `+= step` and then `-= step` is back at the start.",
    ),
    (
        two_names_for_one_array,
        "The two losses are the same each time. `down = up` gives one array two names, so both nudges go into it and "
        "cancel: make a copy for each.",
    ),
    (whole_numbers_nudged_by_an_array, Said("cannot hold 1.00001")),
    (lambda *given: differences(*given).T, Said("It is transposed")),
    (lambda x, labels, layers, position, step=0.5: differences(x, labels, layers, position, step), Said("its default")),
    (of_another_layer, Said("has shape")),
    (erases_the_weights, Said("leaves its input `layers` changed")),
    (
        lambda x, labels, layers, position, step: differences(x, labels, layers, position, step),
        Said("could not be called"),
    ),
    (lambda *given: None, Said("forget `return`")),
]


@exercise(
    "2.9",
    title="A numerical gradient",
    may_nudge_input=True,
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(differences, drawn),
    kept=True,
)
def numerical_gradient(submitted):
    """Both layers of a network, a step large enough to tell forward from central, then whole-number weights.

    An entry may be nudged in the learner's own array and put back, which leaves a rounding error in it.
    """
    rng = np.random.default_rng(30)
    layers = [[rng.normal(0, 0.8, (m, n)), rng.normal(0, 0.5, n)] for m, n in ((3, 4), (4, 3))]
    x, labels = rng.normal(size=(5, 3)), rng.integers(0, 3, 5)
    cases = [(x, labels, layers, position, 0.01) for position in (1, 0)]
    for given in cases:
        what, value = f"The gradient of the layer at position {given[3]} with step 0.01", submitted(*given)
        because = _because(submitted, cases, given, value)
        expect_close(value, differences(*given), rtol=1e-6, atol=1e-8, because=because, what=what)
    _check_whole_numbers(submitted)
    given = x, labels, layers, 1
    what = "The gradient with the step left at its default"
    expect_close(submitted(*given), differences(*given), rtol=1e-5, atol=1e-8, what=what)
    return "Central differences, one entry at a time, for any layer."


def _because(submitted, cases, given, value):
    """Pairs (wrong value, hint); the first is of the mistake that gives what the learner has for both layers."""
    hint = meaning_in_all(MISTAKES, cases, answers_in(submitted, cases), _same)
    if hint:
        yield value, hint
    yield from known(MISTAKES, *given)


def _same(wrong, answer):
    return np.shape(wrong) == np.shape(answer) and np.allclose(wrong, answer, rtol=1e-6, atol=1e-8)


def _check_whole_numbers(submitted):
    layers = [[np.array([[1, 0], [0, 2]]), np.zeros(2)]]
    given = np.array([[0.5, -1.0], [1.0, 0.2]]), np.array([0, 1]), layers, 0, 1e-5
    try:
        value = submitted(*given)
    except LearnerError as error:
        if "cast" not in error.text.lower():
            raise
        raise Diagnosis(
            "Your function stops for weights that are whole numbers, [[1, 0], [0, 2]].",
            hint="An array of whole numbers cannot hold 1.00001. Copy it with `weights.astype(float)`.",
        ) from None
    what, because = "The gradient for the whole-number weights [[1, 0], [0, 2]]", known(MISTAKES, *given)
    expect_close(value, differences(*given), rtol=1e-5, because=because, what=what)
