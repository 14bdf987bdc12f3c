"""Exercise 2.8: a training loop in which three things were wrong."""

import numpy as np

from course_lib.checks.chapter_02.cross_entropy import loss_and_gradient
from course_lib.checks.chapter_02.meanings import GRADIENT_ADDED
from course_lib.checks.chapter_02.network_backward import gradients_of, values_of
from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import expect_close, expect_tuple, plain_array
from course_lib.checks.mistakes import Said, answers_in, meaning_in_all
from course_lib.checks.registry import exercise

PARTS = ("weights", "bias")
LEAD = (
    "Put your loop and the broken one side by side. Three things in that one are wrong, and every other line is right: "
    "which other lines have you changed?"
)
LAST_BATCH = "The last batch is left out where it is smaller. It is trained on as well: `range(0, len(x), batch_size)`."
LABELS = (
    "The labels do not come in the order of the examples: x is shuffled and they are not. Take both with the same "
    "`batch`."
)
ONE_BATCH = (
    "Only one batch moves the layers. Does `return` stand inside the loop, or the step outside of it? Every batch ends "
    "with a step."
)


def train(
    x,
    labels,
    layers,
    learning_rate,
    batch_size,
    rng,
    signs=(-1, -1),
    starts=range,
    labels_of=lambda labels, batch, start: labels[batch],
    factor=lambda n: 1.0,
    from_the_start=False,
    order_of=lambda rng, n: rng.permutation(n),
):
    """The new layers after one epoch. The last arguments put the mistakes in."""
    order, first = order_of(rng, len(x)), layers
    for start in starts(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        place = first if from_the_start else layers
        values = values_of(x[batch], place)
        slope = loss_and_gradient(values[-1], labels_of(labels, batch, start))[1] * factor(len(batch))
        gradients = gradients_of(values, place, slope)
        layers = [
            [array + sign * learning_rate * each for array, each, sign in zip(pair, slopes, signs, strict=True)]
            for pair, slopes in zip(layers, gradients, strict=True)
        ]
    return layers


def _with(**mistakes):
    return lambda *given: train(*given, **mistakes)


def in_order_of_the_list(labels, batch, start):
    return labels[start : start + len(batch)]


def whole_batches(first, n, size):
    return range(first, n - size + 1, size)


def as_in_the_broken_one(first, n, size):
    return range(first, n - size, size)


def updates_one_after_the_other(x, labels, layers, learning_rate, batch_size, rng):
    """Each layer moves as soon as its gradient is there, and the way back goes through the new weights."""
    order, layers = rng.permutation(len(x)), [list(pair) for pair in layers]
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        values = values_of(x[batch], layers)
        gradient = loss_and_gradient(values[-1], labels[batch])[1]
        for position in reversed(range(len(layers))):
            weights, bias = layers[position]
            layers[position] = [
                weights - learning_rate * values[position].T @ gradient,
                bias - learning_rate * gradient.sum(axis=0),
            ]
            gradient = (gradient @ layers[position][0].T) * (values[position] > 0)
    return layers


def kept_from_batch_to_batch(x, labels, layers, learning_rate, batch_size, rng):
    """The gradients of earlier batches stay in: they are added up and never reset."""
    order, sums = rng.permutation(len(x)), [[0 * w, 0 * b] for w, b in layers]
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        values = values_of(x[batch], layers)
        slope = loss_and_gradient(values[-1], labels[batch])[1]
        gradients = gradients_of(values, layers, slope)
        sums = [[a + c, b + d] for (a, b), (c, d) in zip(sums, gradients, strict=True)]
        layers = [[w - learning_rate * c, b - learning_rate * d] for (w, b), (c, d) in zip(layers, sums, strict=True)]
    return layers


def only_weights_move(*given):
    return [[new[0], old[1]] for new, old in zip(train(*given), given[2], strict=True)]


def only_the_last_layer_moves(*given):
    return [*given[2][:-1], train(*given)[-1]]


def moved_in_place(x, labels, layers, learning_rate, batch_size, rng):
    for pair, new in zip(layers, train(x, labels, layers, learning_rate, batch_size, rng), strict=True):
        pair[0][...], pair[1][...] = new
    return layers


UPHILL = (1, 1)  # the signs of the steps of weights and biases
UPHILL_FIRST = f"{GRADIENT_ADDED} Mend this first and check again: one mistake after the other."

MISTAKES = [
    (_with(signs=UPHILL), GRADIENT_ADDED),
    (
        _with(signs=UPHILL, labels_of=in_order_of_the_list, starts=as_in_the_broken_one),
        UPHILL_FIRST,
    ),
    (_with(signs=(-1, 1)), "The weights go downhill, and the biases still go uphill."),
    (_with(signs=(1, -1)), "The biases go downhill, and the weights still go uphill."),
    (_with(starts=whole_batches), LAST_BATCH),
    (
        _with(starts=as_in_the_broken_one),
        "The range ends too early, so that the last examples are never seen: `range(0, len(x), batch_size)`.",
    ),
    (_with(labels_of=in_order_of_the_list), LABELS),
    (_with(signs=UPHILL, labels_of=in_order_of_the_list), UPHILL_FIRST),
    (_with(signs=UPHILL, starts=as_in_the_broken_one), UPHILL_FIRST),
    (_with(signs=UPHILL, starts=whole_batches), UPHILL_FIRST),
    (
        _with(factor=lambda n: n),
        "The slopes are multiplied by the number of examples, as if the loss were a sum. `cross_entropy` gives that of "
        "the mean.",
    ),
    (
        _with(factor=lambda n: 1 / n),
        "The slopes are divided by the number of examples once more. `cross_entropy` has done it.",
    ),
    (
        lambda x, labels, layers, rate, *others: train(x, labels, layers, rate / len(x), *others),
        "The slopes are divided by the number of all examples. `cross_entropy` has divided by those of the batch.",
    ),
    (
        _with(from_the_start=True),
        "Every batch computes its slopes at the layers of the start. After each step the new layers take their place: "
        "`layers = [...]` stands inside the loop.",
    ),
    (_with(starts=lambda first, n, size: range(first, n, size)[:1]), ONE_BATCH),
    (_with(starts=lambda first, n, size: range(first, n, size)[-1:]), ONE_BATCH),
    (
        kept_from_batch_to_batch,
        "The slopes of earlier batches are still in: they are added up. Each batch begins anew.",
    ),
    (
        updates_one_after_the_other,
        "A layer moves before the slopes of the layers below are computed, and these pass through its new weights. "
        "First all slopes, then all steps.",
    ),
    (only_weights_move, "Only the weights move. The biases are parameters too."),
    (only_the_last_layer_moves, "Only the last layer moves. Every layer has slopes of its own."),
    (lambda *given: given[2], "Nothing has moved: the layers come back as they were given."),
    (_with(order_of=lambda rng, n: np.arange(n)), Said("never shuffled")),
    (_with(order_of=lambda rng, n: rng.integers(0, n, n)), Said("drawn anew each time")),
    (moved_in_place, Said("changes its input")),
    (lambda *given: train(*given)[:1], Said("a list of 1")),
    (lambda *given: [[w.tolist(), b] for w, b in train(*given)], Said("`np.array(...)`")),
    (lambda *given: None, Said("forget `return`")),
]


def hidden(submitted, rng):
    """Fresh examples, sizes and rates."""
    _check(submitted, rng, int(rng.integers(3, 6)), float(rng.integers(5, 40) / 100))


@exercise("2.8", title="Mend the training loop", mistakes=MISTAKES, lead=LEAD, hidden=hidden, kept=True)
def train_epoch(submitted):
    """One batch of all, equal examples in batches of which the last is smaller, and examples that can be told apart."""
    _check(submitted, np.random.default_rng(28), 4, 0.3)
    return "Every example once, each with its own label, downhill, and a step after each batch."


def _check(submitted, rng, batch_size, rate):
    layers = _small_network(rng)
    seed = int(rng.integers(1, 10_000))
    n = 2 * batch_size + int(rng.integers(1, batch_size))
    example, label = rng.normal(size=(1, 3)), int(rng.integers(0, 4))
    cases = {  # in none of these does the order of the examples matter
        f"{count} examples that are all alike, in batches of {batch_size}": (
            np.repeat(example, count, axis=0),
            np.full(count, label),
            layers,
            rate,
            batch_size,
        )
        for count in (n, 3 * batch_size)
    }
    several = f"one batch of {n} examples"
    cases[several] = rng.normal(size=(n, 3)), rng.integers(0, 4, n), layers, rate, n
    for name, given in cases.items():
        if name == several:
            _check_order(submitted, cases, rng, seed)
        _compare(submitted, cases, name, given, seed)


def _small_network(rng):
    return [[rng.normal(0, 0.8, (m, n)), rng.normal(0, 0.5, n)] for m, n in ((3, 5), (5, 4))]


def _compare(submitted, cases, name, given, seed):
    trained = _layers(submitted(*given, np.random.default_rng(seed)), name, given[2])
    right = train(*given, np.random.default_rng(seed))
    for place, (mine, expected) in enumerate(zip(trained, right, strict=True)):
        for part, word in enumerate(PARTS):
            because = _because(submitted, cases, seed, mine[part])
            what = f"With {name}, the {word} of layer {place}"
            expect_close(mine[part], expected[part], rtol=1e-5, atol=1e-7, because=because, what=what)


def _because(submitted, cases, seed, value):
    """A pair (value, hint) of the mistake that gives what the learner has in all cases, if one does."""
    given = [(*case, np.random.default_rng(seed)) for case in cases.values()]
    hint = meaning_in_all(MISTAKES, given, answers_in(submitted, given), _same)
    if hint:
        yield value, hint


def _same(wrong, answer):
    return len(wrong) == len(answer) and all(
        np.allclose(one, plain_array(other), rtol=1e-5, atol=1e-7)
        for mine, theirs in zip(wrong, answer, strict=True)
        for one, other in zip(mine, theirs, strict=True)
    )


def _check_order(submitted, cases, rng, seed):
    """Examples that each touch a weight of their own: every one is used once, with its label, in a shuffled order."""
    n, rate = 12, 0.5
    labels = rng.integers(0, 3, n)
    given = np.eye(n), labels, [[np.zeros((n, 3)), np.zeros(3)]], rate, 1
    name = f"{n} different examples, one at a time"
    moved = _layers(submitted(*given, np.random.default_rng(seed)), name, given[2])[0][0]
    untouched = np.flatnonzero(np.abs(moved).max(axis=1) == 0)
    if len(untouched):
        raise Diagnosis(
            f"With {name}, {len(untouched)} of them never move a weight.",
            hint="Are they drawn anew each time, some twice and some never? `rng.permutation(len(x))` has each once.",
        )
    if np.any(moved[np.arange(n), labels] <= 0):
        hint = next((meant for _, meant in _because(submitted, cases, seed, moved)), LABELS)
        raise Diagnosis(f"With {name}, a weight toward the true class falls for some of them.", hint=hint)
    if np.any(np.abs(moved).max(axis=1) > rate):
        raise Diagnosis(f"With {name}, some of them are used more than once.", hint="One epoch has each example once.")
    other = _layers(submitted(*given, np.random.default_rng(seed + 1)), name, given[2])[0][0]
    if np.array_equal(moved, other):
        raise Diagnosis(
            f"With {name}, two generators with different seeds give the same result: the examples are never shuffled.",
            hint="`order = rng.permutation(len(x))` is right. Is it used?",
        )


def _layers(trained, name, layers):
    what, wanted = f"The result for {name}", f"a list of {len(layers)}, [weights, bias] each"
    if trained is None:
        raise Diagnosis(f"{what} is None; expected {wanted}.", hint="Did you forget `return`?")
    if not isinstance(trained, list | tuple) or len(trained) != len(layers):
        raise Diagnosis(f"{what} is {describe(trained)}; expected {wanted}.")
    return [expect_tuple(pair, 2, f"Layer {place} after {name}", PARTS) for place, pair in enumerate(trained)]
