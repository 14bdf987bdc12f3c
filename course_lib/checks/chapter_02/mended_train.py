"""Exercise 2.7: a training loop in which three things were wrong."""

from functools import partial
from itertools import product

import numpy as np

from course_lib.checks.chapter_02.meanings import GRADIENT_ADDED
from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import ROUNDING, expect_array, expect_close, expect_tuple
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


def without_the_slope_of_relu(x, y, W1, b1, W2, b2, learning_rate, batch_size, epochs):
    for _ in range(epochs):
        for start in range(0, len(x), batch_size):
            xb, yb = x[start : start + batch_size], y[start : start + batch_size]
            hidden = np.maximum(xb @ W1 + b1, 0)
            d_out = 2 * (hidden @ W2 + b2 - yb) / len(xb)
            d_hidden = d_out @ W2.T
            W1, b1 = W1 - learning_rate * xb.T @ d_hidden, b1 - learning_rate * d_hidden.sum(axis=0)
            W2, b2 = W2 - learning_rate * hidden.T @ d_out, b2 - learning_rate * d_out.sum(axis=0)
    return W1, b1, W2, b2


HOW_MANY = {GRADIENT_ADDED: 0} | {_sentence(wrong): len(wrong) for wrong in _mixes()}

MISTAKES = [
    (partial(train, sign=1), GRADIENT_ADDED),
    *((loop, _sentence(wrong)) for wrong, loop in _mixes().items()),
    (lambda x, y, W1, b1, *rest: (W1, b1, *train(x, y, W1, b1, *rest)[2:]), Said("W1, b1 did not change at all")),
    (without_the_slope_of_relu, Said("W1 after one batch, one epoch")),
    (lambda *given: train(*given)[:2], Said("expected 4 values (W1, b1, W2, b2)")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise("2.7", title="Mend a broken training loop", mistakes=MISTAKES)
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
            if not HOW_MANY[hint]:
                raise Diagnosis(f"For {name} all parameters move the wrong way.", hint=hint)
            left = {1: "One mistake is", 2: "Two mistakes are", 3: "Three mistakes are"}[HOW_MANY[hint]]
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
