"""Exercise 2.7: the random start of a network."""

from itertools import pairwise

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import expect_array, expect_tuple
from course_lib.checks.mistakes import Said
from course_lib.checks.registry import exercise

LEAD = "Print the shape and the standard deviation of each layer's weights: 1 / 28 for 784 inputs."
NEAR = 0.12  # how far a measured standard deviation may be off, relatively: five times what its sampling error is


def start(sizes, rng, spread=lambda fan_in, fan_out: 1 / np.sqrt(fan_in), bias=np.zeros):
    """Layers [[weights, bias], ...]: normal weights with this standard deviation, and these biases."""
    return [[rng.normal(0, spread(m, n), (m, n)), bias(n)] for m, n in pairwise(sizes)]


def equal_columns(sizes, rng):
    return [[np.repeat(rng.normal(0, 1 / np.sqrt(m), (m, 1)), n, axis=1), np.zeros(n)] for m, n in pairwise(sizes)]


def equal_rows(sizes, rng):
    return [[np.repeat(rng.normal(0, 1 / np.sqrt(m), (1, n)), m, axis=0), np.zeros(n)] for m, n in pairwise(sizes)]


def one_generator_for_each_layer(sizes, rng):
    return [[np.random.default_rng(0).normal(0, 1 / np.sqrt(m), (m, n)), np.zeros(n)] for m, n in pairwise(sizes)]


MISTAKES = [
    (lambda sizes, rng: start(sizes, rng, lambda m, n: 0.0), Said("All weights are 0")),
    (lambda sizes, rng: [[np.full((m, n), 0.1), np.zeros(n)] for m, n in pairwise(sizes)], Said("stay equal forever")),
    (equal_columns, Said("stay equal forever")),
    (equal_rows, Said("Every input has the same weight")),
    (lambda sizes, rng: start(sizes, rng, lambda m, n: 1.0), Said("is not scaled")),
    (lambda sizes, rng: start(sizes, rng, lambda m, n: 1 / m), Said("the variance")),
    (lambda sizes, rng: start(sizes, rng, lambda m, n: 1 / np.sqrt(n)), Said("fan_out")),
    (lambda sizes, rng: start(sizes, rng, lambda m, n: np.sqrt(2 / m)), Said("twice the variance")),
    (lambda sizes, rng: start(sizes, rng, lambda m, n: np.sqrt(m)), Said("multiplied by")),
    (lambda sizes, rng: start(sizes, rng, lambda m, n: 1 / 28), Said("belongs to 784 inputs")),
    (
        lambda sizes, rng: [[rng.random((m, n)) / np.sqrt(m), np.zeros(n)] for m, n in pairwise(sizes)],
        Said("all positive"),
    ),
    (lambda sizes, rng: start(sizes, rng, bias=lambda n: rng.normal(size=n)), Said("biases of layer 0")),
    (lambda sizes, rng: start(sizes, rng, bias=np.ones), Said("biases of layer 0")),
    (lambda sizes, rng: start(sizes, rng, bias=lambda n: np.zeros((1, n))), Said("one bias")),
    (lambda sizes, rng: [[w, 0.0] for w, _ in start(sizes, rng)], Said("one bias")),
    (lambda sizes, rng: [[w, np.zeros(len(w))] for w, _ in start(sizes, rng)], Said("one bias")),
    (lambda sizes, rng: [[w.T, b] for w, b in start(sizes, rng)], Said("PyTorch's order")),
    (lambda sizes, rng: start(sizes, rng)[:1], Said("a list of 1")),
    (lambda sizes, rng: [w for w, _ in start(sizes, rng)], Said("expected 2 values")),
    (lambda sizes, rng: start(sizes, np.random.default_rng()), Said("two different starts")),
    (lambda sizes, rng: start(sizes, np.random.default_rng(0)), Said("the same start for two generators")),
    (one_generator_for_each_layer, Said("the same start for two generators")),
    (lambda sizes, rng: [[w.tolist(), b] for w, b in start(sizes, rng)], Said("`np.array(...)`")),
    (
        lambda sizes, rng: [[w, b.tolist()] for w, b in start(sizes, rng)],
        Said("a list of 100 values; expected 100 zeros"),
    ),
    (lambda sizes, rng: None, Said("forget `return`")),
]


def hidden(submitted, rng):
    """Other sizes and other seeds, twice; no more weights than lists of numbers may hold."""
    for n_layers in rng.integers(1, 4, 2):
        sizes = [int(each) for each in rng.integers(60, 180, n_layers + 1)]
        _check(submitted, sizes, int(rng.integers(1, 10_000)))


@exercise("2.7", title="A random start", mistakes=MISTAKES, lead=LEAD, hidden=hidden, kept=True)
def random_layers(submitted):
    """The chapter's network, three layers, and one: shapes, biases, spread, and that the generator decides."""
    for sizes in ([784, 100, 10], [400, 90, 60, 50], [300, 40]):
        _check(submitted, sizes, 7)
    return "Different for each neuron, as large as they should be, and the seed decides."


def _check(submitted, sizes, seed):
    layers = _layers(submitted, sizes, seed)
    for place, ((weights, bias), (fan_in, fan_out)) in enumerate(zip(layers, pairwise(sizes), strict=True)):
        _expect_weights(weights, place, fan_in, fan_out)
        if np.any(bias != 0):
            raise Diagnosis(
                f"The biases of layer {place} are {describe(bias)}, not all 0; expected {fan_out} zeros.",
                hint="Only the weights need to be different. `np.zeros(fan_out)` makes the biases.",
            )
    again, other = _layers(submitted, sizes, seed), _layers(submitted, sizes, seed + 1)
    if not np.array_equal(layers[0][0], again[0][0]):
        raise Diagnosis(
            "The same seed gives two different starts.", hint="Draw from the `rng` that is given: `rng.normal(...)`."
        )
    if np.array_equal(layers[0][0], other[0][0]):
        raise Diagnosis(
            "You get the same start for two generators with different seeds.",
            hint="Draw from the `rng` that is given, and make no generator of your own inside.",
        )


def _layers(submitted, sizes, seed):
    layers, what = submitted(list(sizes), np.random.default_rng(seed)), f"The result for {sizes}"
    n_layers = len(sizes) - 1
    wanted = f"a list of {n_layers}, [weights, bias] each"
    if layers is None:
        raise Diagnosis(f"{what} is None; expected {wanted}.", hint="Did you forget `return`?")
    if not isinstance(layers, list | tuple) or len(layers) != n_layers:
        hint = "One layer for each pair of neighbors in `sizes`."
        raise Diagnosis(f"{what} is {describe(layers)}; expected {wanted}.", hint=hint)
    found = []
    for place, (pair, shape) in enumerate(zip(layers, pairwise(sizes), strict=True)):
        of = f"Layer {place} of {sizes}"
        weights, bias = expect_tuple(pair, 2, of, ("weights", "bias"))
        if isinstance(weights, np.ndarray) and weights.shape == shape[::-1] != shape:
            raise Diagnosis(
                f"The weights of layer {place} have shape {weights.shape}; expected {shape}.",
                hint="That is PyTorch's order, (fan_out, fan_in). Here it is (fan_in, fan_out).",
            )
        if getattr(bias, "shape", ()) != shape[1:]:
            raise Diagnosis(
                f"The bias of layer {place} is {describe(bias)}; expected {shape[1]} zeros, an array of shape "
                f"{shape[1:]}.",
                hint="Each neuron of the layer has one bias: `np.zeros(fan_out)`.",
            )
        found.append(
            (
                expect_array(weights, shape, what=f"The weights of layer {place}"),
                expect_array(bias, what=f"The bias of layer {place}"),
            )
        )
    return found


def _expect_weights(weights, place, fan_in, fan_out):
    if not np.any(weights):
        raise Diagnosis(f"All weights are 0 in layer {place}: no slope would come through, and nothing would learn.")
    if np.ptp(weights, axis=1).max() == 0:
        raise Diagnosis(
            f"All neurons of layer {place} have the same weights, so they get the same slopes and stay equal forever.",
            hint="Draw a whole table: `rng.normal(0, spread, (fan_in, fan_out))`.",
        )
    if np.ptp(weights, axis=0).max() == 0:
        raise Diagnosis(f"Every input has the same weight in layer {place}.", hint="Draw a whole table of weights.")
    if weights.min() >= 0:
        raise Diagnosis(
            f"The weights of layer {place} are all positive; expected a mean of 0.",
            hint="`rng.normal(0, spread, ...)` draws around 0; `rng.random` draws from 0 to 1.",
        )
    spread, wanted = float(np.std(weights)), 1 / np.sqrt(fan_in)
    if abs(spread - wanted) > NEAR * wanted:
        raise Diagnosis(
            f"The standard deviation of the weights of layer {place} is {spread:.3g}; expected 1 / sqrt({fan_in}) = "
            f"{wanted:.3g}.",
            hint=_why(spread, fan_in, fan_out),
            differs=True,
        )
    if abs(weights.mean()) > 6 * wanted / np.sqrt(weights.size):
        raise Diagnosis(f"The mean of the weights of layer {place} is {weights.mean():.3g}; expected 0.")


def _why(spread, fan_in, fan_out):
    suspects = (
        (1.0, "It is not scaled: the sums would grow with the number of inputs. Divide by the square root of fan_in."),
        (1 / fan_in, "That is the variance. `rng.normal` takes the standard deviation, its square root."),
        (
            np.sqrt(2 / fan_in),
            "That has twice the variance, which is He's start of chapter 3. Here it is 1 / sqrt(fan_in).",
        ),
        (np.sqrt(fan_in), "The square root is multiplied by, where you should divide by it."),
        (1 / np.sqrt(fan_out), "That is 1 / sqrt(fan_out). A sum has fan_in products, so fan_in decides."),
        (1 / 28, "1 / 28 belongs to 784 inputs. Each layer has a fan_in of its own."),
        (1 / np.sqrt(12 * fan_in), "`rng.random` minus a half has a standard deviation of 0.29. Use `rng.normal`."),
    )
    return next((hint for size, hint in suspects if abs(spread - size) <= 0.1 * size), "")
