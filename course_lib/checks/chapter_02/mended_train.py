"""Exercise 2.7: a training loop in which three things were wrong."""

from functools import partial
from itertools import product

import numpy as np

from course_lib.checks.chapter_02.meanings import GRADIENT_ADDED
from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import ROUNDING, expect_array, expect_close, expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

PARAMETERS = ("W1", "b1", "W2", "b2")
RESETS = {
    "every batch": "",
    "never": "the gradients are not reset: `+=` keeps those of earlier steps",
    "every epoch": "the gradients are reset once an epoch: `+=` keeps those of earlier batches",
}
DIVISORS = {
    "len(xb)": "",
    "1": "the slopes are a sum over the batch: divide by `len(xb)`",
    "batch_size": (
        "the smaller last batch is divided by `batch_size`: divide by `len(xb)`, the number of examples it has"
    ),
    "len(x)": "the slopes are divided by `len(x)`, all the examples there are: divide by `len(xb)`, those of the batch",
}
ORDERS = {
    "last": "",
    "first": "layer 2 moves before the gradient of layer 1 is computed: `d_hidden` must use the old `W2`",
}


def train(
    x, y, W1, b1, W2, b2, rate, batch_size, epochs, reset="every batch", divisor="len(xb)", W2_moves="last", sign=-1
):
    """The loop: W1, b1, W2, b2 after it. The last four arguments put the mistakes in."""
    W1, b1, W2, b2 = (array.copy() for array in (W1, b1, W2, b2))
    sums = [0, 0, 0, 0]
    for _ in range(epochs):
        sums = [0, 0, 0, 0] if reset == "every epoch" else sums
        for start in range(0, len(x), batch_size):
            xb, yb = x[start : start + batch_size], y[start : start + batch_size]
            hidden = np.maximum(xb @ W1 + b1, 0)
            share = {"len(xb)": len(xb), "1": 1, "batch_size": batch_size, "len(x)": len(x)}[divisor]
            d_out = 2 * (hidden @ W2 + b2 - yb) / share
            sums = [0, 0, 0, 0] if reset == "every batch" else sums
            sums = [*sums[:2], sums[2] + hidden.T @ d_out, sums[3] + d_out.sum(axis=0)]
            old = W2
            W2, b2 = W2 + sign * rate * sums[2], b2 + sign * rate * sums[3]
            d_hidden = (d_out @ (W2 if W2_moves == "first" else old).T) * (hidden > 0)
            sums = [sums[0] + xb.T @ d_hidden, sums[1] + d_hidden.sum(axis=0), *sums[2:]]
            W1, b1 = W1 + sign * rate * sums[0], b1 + sign * rate * sums[1]
    return W1, b1, W2, b2


def drawn(rng):
    """Any shapes: batches of one example, a smaller last batch, one batch of all; one epoch and several."""
    cases = []
    while len(cases) < 6:
        n, n_inputs, n_hidden = rng.integers((4, 1, 2), (12, 4, 6))
        batch_size = int([1, n - 1, rng.integers(2, n), n, n + 3][len(cases) % 5])
        shapes = (n, n_inputs), (n, 1), (n_inputs, n_hidden), n_hidden, (n_hidden, 1), 1
        arrays = [rng.normal(size=shape) for shape in shapes]
        given = *arrays, float(rng.integers(5, 30) / 1000), batch_size, int(rng.integers(1, 5))
        if _decided(*given):
            cases.append(given)
    return cases


def _decided(x, y, W1, b1, W2, b2, rate, batch_size, epochs):
    """Whether rounding decides nothing: no hidden sum of any step is near 0, where ReLU bends; no step runs away."""
    for _ in range(epochs):
        for start in range(0, len(x), batch_size):
            xb, yb = x[start : start + batch_size], y[start : start + batch_size]
            if np.abs(xb @ W1 + b1).min() < 1e-3:
                return False
            W1, b1, W2, b2 = train(xb, yb, W1, b1, W2, b2, rate, batch_size, 1)
            if max(np.abs(array).max() for array in (W1, b1, W2, b2)) > 5:
                return False
    return True


def _mixes():
    """{what is still wrong: a loop with these mistakes}, for one, two and three mistakes at a time."""
    mixes = {}
    for reset, divisor, order in product(RESETS, DIVISORS, ORDERS):
        wrong = tuple(filter(None, (RESETS[reset], DIVISORS[divisor], ORDERS[order])))
        mixes[wrong] = partial(train, reset=reset, divisor=divisor, W2_moves=order)
    return {wrong: mixes[wrong] for wrong in sorted(mixes, key=len) if wrong}


def _sentence(wrong):
    text = "; ".join(wrong)
    return f"{text[0].upper()}{text[1:]}."


def slope_of_relu(hidden):
    """The right one, 0 or 1."""
    return hidden > 0


def loop_with(slope=slope_of_relu, factor=2.0, shares=(1, 1, 1, 1), kept="", starts=range, epochs_of=int):
    """The mended loop, but for one part.

    Parameters
    ----------
    slope : function of the hidden values: what the gradient that comes back is multiplied by
    factor : of d_out, the 2 of the square's slope
    shares : functions of the batch's length, or numbers: what each of the four gradients is multiplied by besides
    kept : the parameters whose gradients are not reset, in one text
    starts : function of 0, the number of examples and the batch size: where the batches begin
    epochs_of : function of the number of epochs: how many are trained
    """

    def answer(x, y, W1, b1, W2, b2, learning_rate, batch_size, epochs):
        parameters, sums = (W1, b1, W2, b2), [0, 0, 0, 0]
        for _ in range(epochs_of(epochs)):
            for start in starts(0, len(x), batch_size):
                xb, yb = x[start : start + batch_size], y[start : start + batch_size]
                hidden = np.maximum(xb @ parameters[0] + parameters[1], 0)
                d_out = factor * (hidden @ parameters[2] + parameters[3] - yb) / len(xb)
                d_hidden = (d_out @ parameters[2].T) * slope(hidden)
                gradients = xb.T @ d_hidden, d_hidden.sum(axis=0), hidden.T @ d_out, d_out.sum(axis=0)
                for place, (name, gradient, share) in enumerate(zip(PARAMETERS, gradients, shares, strict=True)):
                    before = sums[place] if name in kept else 0
                    sums[place] = before + gradient * (share(len(xb)) if callable(share) else share)
                parameters = [array - learning_rate * each for array, each in zip(parameters, sums, strict=True)]
        return parameters

    return answer


def once_more(n):
    return 1 / n


def whole_batch(n):
    return n


def whole_batches(first, n, size):
    return range(first, n - size + 1, size)


def half_reset(names):
    listed = " and ".join(f"`d_{name}`" for name in names.split())
    return f"{listed} still keep those of earlier steps: `+=`. All four gradients begin anew in every batch."


DIVIDE_ONCE = "Divide `d_out` by `len(xb)`, once. All four slopes are made of it, so they have the division then."

HALF_MENDED = [
    *((loop_with(kept=names), half_reset(names)) for names in ("W1 b1", "W2 b2", "b1 b2", "W1 W2")),
    (
        loop_with(shares=(whole_batch, whole_batch, 1, 1)),
        f"The slopes of layer 2 are divided by `len(xb)`, and those of layer 1 are still a sum. {DIVIDE_ONCE}",
    ),
    (
        loop_with(shares=(1, whole_batch, 1, whole_batch)),
        f"The weights' slopes are divided by `len(xb)`, and those of the biases are still a sum. {DIVIDE_ONCE}",
    ),
    (
        loop_with(shares=(1, once_more, 1, once_more)),
        "The slopes of the biases are divided twice, by `len(xb)` in `d_out` and by a mean over the batch. After the "
        "division they are sums: `sum(axis=0)`.",
    ),
    (loop_with(shares=(once_more,) * 4), f"Everything is divided by `len(xb)` twice. {DIVIDE_ONCE}"),
]

BROKEN_ANEW = [
    (
        loop_with(slope=lambda hidden: 1),
        "`* (hidden > 0)` has gone: where a hidden unit is 0, ReLU lets no gradient through.",
    ),
    (
        loop_with(slope=lambda hidden: hidden),
        "`hidden > 0` became `hidden`. ReLU's slope is 1 where the unit is on and 0 where it is off.",
    ),
    (loop_with(factor=1.0), "The 2 in `d_out` has gone: the slope of a square is 2 times the error."),
    (
        loop_with(starts=whole_batches),
        "The smaller last batch is left out. It is trained on as well: `range(0, len(x), batch_size)`.",
    ),
    (
        loop_with(starts=lambda first, n, size: range(first, n, size)[-1:]),
        "Only the last batch of each epoch moves the parameters. Do the updates stand inside of the loop over the "
        "batches, indented as far as the gradients?",
    ),
    (
        loop_with(starts=lambda first, n, size: [first], epochs_of=lambda epochs: 1),
        "It stops after the first batch. Does `return` stand inside the loop over the batches?",
    ),
    (
        loop_with(epochs_of=lambda epochs: 1),
        "It stops after one epoch. Does `return` stand inside the loop over the epochs?",
    ),
]

LEAD = (
    "Three things in the broken loop are wrong, and every other line is right. Put the two side by side: which other "
    "lines have you changed?"
)

HOW_MANY = {_sentence(wrong): len(wrong) for wrong in _mixes()}  # every other hint is of one mistake

MISTAKES = [
    (partial(train, sign=1), GRADIENT_ADDED),
    *((loop, _sentence(wrong)) for wrong, loop in _mixes().items()),
    (lambda x, y, W1, b1, *rest: (W1, b1, *train(x, y, W1, b1, *rest)[2:]), Said("W1, b1 did not change at all")),
    *HALF_MENDED,
    *BROKEN_ANEW,
    (loop_with(slope=np.sign, factor=1.0, kept="W1"), Said("every other line is right")),
    (lambda *given: train(*given)[:2], Said("expected 4 values (W1, b1, W2, b2)")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise(
    "2.7",
    title="Mend a broken training loop",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(train, drawn, atol=1e-05),
    lessons=("course_lib.scratch.activations",),
)
def mended_train(submitted):
    """Several epochs with a smaller last batch, where each mix of the mistakes shows, and one step."""
    rng = np.random.default_rng(27)
    x, y = rng.normal(size=(10, 2)), rng.normal(size=(10, 1))
    start = tuple(rng.normal(size=shape) for shape in ((2, 4), 4, (4, 1), 1))
    long = "10 examples in batches of 4, three epochs", (x, y, *start, 0.02, 4, 3)
    short = "one batch, one epoch", (x[:4], y[:4], *start, 0.05, 4, 1)
    _recognize(_trained(submitted, *long), *long)
    for name, given in (short, long):  # what is not recognized is described, in the smaller run if it shows there
        _compare(_trained(submitted, name, given), name, given)
    return "Reset, mean, and one place for all gradients: this loop is right."


def _trained(submitted, name, given):
    trained = expect_tuple(submitted(*given), 4, f"The result for {name}", PARAMETERS)
    for array, before, label in zip(trained, given[2:6], PARAMETERS, strict=True):
        expect_array(array, before.shape, what=f"{label} after {name}")
    return trained


def _recognize(trained, name, given):
    """Name the mix of known mistakes that ends at these parameters, if one does."""
    if _same_parameters(trained, train(*given)):
        return
    for others, hint in known(MISTAKES, *given):
        if _same_parameters(trained, others):
            if hint == GRADIENT_ADDED:
                raise Diagnosis(f"For {name} all parameters move the wrong way.", hint=hint)
            left = ("One mistake is", "Two mistakes are", "Three mistakes are")[HOW_MANY.get(hint, 1) - 1]
            raise Diagnosis(f"{left} left (seen with {name}).", hint=hint)


def _same_parameters(trained, others):
    return all(np.allclose(array, other, **ROUNDING) for array, other in zip(trained, others, strict=True))


def _compare(trained, name, given):
    before = dict(zip(PARAMETERS, given[2:6], strict=True))
    still = [label for label, array in zip(PARAMETERS, trained, strict=True) if np.array_equal(array, before[label])]
    if still:
        raise Diagnosis(f"{', '.join(still)} did not change at all in {name}.", hint="Is an update missing?")
    for array, right, label in zip(trained, train(*given), PARAMETERS, strict=True):
        expect_close(array, right, **ROUNDING, what=f"{label} after {name}")
