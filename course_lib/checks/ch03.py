"""Checks of chapter 3, unstable gradients. What each common mistake gives stands in mistakes_ch03.py."""

import warnings

import numpy as np

from course_lib.checks import mistakes_ch03 as known
from course_lib.checks.broken_networks import examine_diagnoses
from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import diagnose, expect_array, expect_close, expect_tuple, plain_number, unlike
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError

ROUNDING = {"rtol": 1e-5, "atol": 1e-6}  # an answer computed in float32 is as good
STANDARD_ERRORS = 5  # chance is further off than that once in a million draws, and the seeds are fixed besides


@exercise("3.1", title="The spread after n layers")
def spread_after(submitted):
    """An odd number of layers, where variance, spread and halves of n all differ; fading; 20 layers of N(0, 1)."""
    cases = (3, 50, 0.2), (5, 30, 0.1), (2, 100, 1.0), (3, 100, 0.1), (1, 64, 0.5), (20, 100, 1.0)
    for n_layers, fan_in, deviation in cases:
        what = f"The spread after {n_layers} layers with fan_in {fan_in} and standard deviation {deviation:g}"
        value = plain_number(submitted(n_layers, fan_in, deviation))
        expected = known.spread_after(n_layers, fan_in, deviation)
        because = known.spread_mistakes(n_layers, fan_in, deviation)
        expect_close(value, expected, rtol=1e-5, atol=0, because=because, what=what)
    return "Odd numbers of layers too; with N(0, 1) and 100 inputs it is 10 to the power 20 after 20 layers."


@exercise("3.3", title="He's starting weights")
def he_weights(submitted):
    """Shape, mean, spread and bell curve within five standard errors, and the given generator draws the numbers."""
    for fans, seed in (((200, 60), 31), ((50, 400), 32), ((8, 3), 33)):
        what = f"The weights for fan_in {fans[0]} and fan_out {fans[1]}"
        weights = expect_array(submitted(*fans, np.random.default_rng(seed)), fans, what=what)
        if weights.size > 1000:
            _check_distribution(weights, *fans, what)
    _check_generator(submitted)
    return "Normal numbers of variance 2/fan_in, and the same generator gives the same weights."


def _check_distribution(weights, fan_in, fan_out, what):
    if len(np.unique(weights)) < 0.9 * weights.size:
        hint = "Draw all of them at once: `size=(fan_in, fan_out)`."
        raise Diagnosis(f"{what} repeat themselves: {len(np.unique(weights))} different numbers.", hint)
    right, spread, count = np.sqrt(2 / fan_in), float(weights.std()), weights.size
    allowed = STANDARD_ERRORS * spread / np.sqrt(count)
    if abs(weights.mean()) > allowed:
        hint = "`rng.normal(mean, deviation, size)` takes the mean first, and `rng.random` is never negative."
        raise Diagnosis(f"{what} have the mean {weights.mean():.3g}; expected 0, within {allowed:.2g}.", hint)
    found = f"{what} have the standard deviation {spread:.4g}"
    tolerance = STANDARD_ERRORS / np.sqrt(2 * count)  # of a normal sample's standard deviation, as a share of it
    if abs(spread / right - 1) > tolerance:
        near = known.he_deviations(fan_in, fan_out)
        hint = next((hint for hint, wrong in near.items() if abs(spread / wrong - 1) < tolerance), "")
        raise Diagnosis(f"{found}; expected {right:.4g}, within {tolerance * right:.2g}.", hint=hint)
    excess = float(np.mean(((weights - weights.mean()) / spread) ** 4)) - 3
    if abs(excess) > STANDARD_ERRORS * np.sqrt(24 / count):  # kurtosis: -1.2 for uniform numbers, 0 for normal ones
        hint = "Uniform numbers have no tails. Draw with `rng.normal`." if excess < -1 else "Draw with `rng.normal`."
        raise Diagnosis(f"{found}, as they should, but they are not normal numbers: no bell curve.", hint=hint)


def _check_generator(submitted):
    first, again, other = (submitted(30, 20, np.random.default_rng(seed)) for seed in (5, 5, 6))
    if np.array_equal(first, other):
        raise Diagnosis(
            "Two generators with different seeds give the same weights.",
            hint="Draw from the `rng` you are given, and not from one that you make or seed inside.",
        )
    if not np.array_equal(first, again):
        raise Diagnosis(
            "The same generator gives other weights each time.",
            hint="Draw from the `rng` you are given: `rng.normal`, and not `np.random.normal`.",
        )


@exercise("3.4", title="The leaky family in one function")
def leaky_family(submitted):
    """A number for the slope, a learned slope above 1, then an array of slopes. Never z = 0, where there is a kink."""
    rng = np.random.default_rng(34)
    table, row, block = rng.normal(0, 2, (4, 3)), rng.normal(0, 2, 6), rng.normal(0, 2, (2, 3, 4))
    cases = [
        ("z of shape (4, 3) and slope 0.2", table, 0.2),
        ("the example", np.array([-4.0, 3.0]), 0.25),
        ("a slope above 1, which PReLU may learn: 1.5", row, 1.5),
        ("a slope for each entry of z, as in RReLU", table, rng.uniform(0.1, 0.4, (4, 3))),
        ("z and slope of shape (2, 3, 4)", block, rng.uniform(0.1, 0.4, (2, 3, 4))),
    ]
    for name, z, slope in cases:
        values, derivatives = _pair(_call_leaky(submitted, z, slope), name)
        right = np.where(z > 0, z, slope * z), np.where(z > 0, 1.0, slope)
        because = known.leaky_value_mistakes(z, slope)
        expect_close(values, right[0], **ROUNDING, because=because, what=f"The values for {name}")
        because = known.leaky_slope_mistakes(z, slope)
        expect_close(derivatives, right[1], **ROUNDING, because=because, what=f"The derivatives for {name}")
    return "One slope for all, one above 1, or one for each entry: LReLU, PReLU and RReLU."


def _call_leaky(submitted, z, slope):
    try:
        return submitted(z, slope)
    except LearnerError as error:
        if np.ndim(slope) and "NotImplementedError" not in error.kinds:
            error.hint = "Here `slope` is an array like `z`, with a slope for each entry. `np.where` takes both kinds."
        raise


def _pair(value, name):
    return expect_tuple(value, 2, f"The result for {name}", ("values", "derivatives"))


@exercise("3.5", title="ELU without a warning")
def elu_pair(submitted):
    """Other alphas than 1, several shapes, alpha left out, z = 0 where ELU has no kink; then z = 1,000."""
    rng = np.random.default_rng(35)
    cases = [
        ("z of shape (4, 3) and alpha 1.6", rng.normal(0, 1.5, (4, 3)), (1.6,)),
        ("z of shape (6,) and alpha 0.5", rng.normal(0, 1.5, 6), (0.5,)),
        ("z = [-2, 0, 2] and alpha 1", np.array([-2.0, 0.0, 2.0]), (1.0,)),
        ("z of shape (2, 3, 2), with alpha left out", rng.normal(0, 1.5, (2, 3, 2)), ()),
    ]
    for name, z, alpha in cases:
        values, derivatives = _pair(submitted(z, *alpha), name)
        given = z, *(alpha or (1.0,))
        right = known.elu(*given)
        because = known.elu_value_mistakes(*given)
        expect_close(values, right[0], **ROUNDING, because=because, what=f"The values for {name}")
        because = known.elu_slope_mistakes(*given)
        expect_close(derivatives, right[1], **ROUNDING, because=because, what=f"The derivatives for {name}")
    _check_large_sums(submitted)
    return "Right on both sides, and no overflow for z = 1,000."


def _check_large_sums(submitted):
    z, alpha = np.array([1000.0, -1000.0, 2.0, -1.0]), 1.5
    hint = "`np.where` computes both branches for every entry. Take the exponential of `np.minimum(z, 0)`."
    with np.errstate(over="warn", invalid="warn"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = submitted(z, alpha)
        except LearnerError as error:
            if {"OverflowError", "FloatingPointError", "RuntimeWarning"} & set(error.kinds):
                raise Diagnosis(f"For z = 1,000 your function stops with {error.kind}: {error.text}.", hint) from None
            raise
    arrays = _pair(value, "z = [1000, -1000, 2, -1]")
    right = np.array([1000, -alpha, 2, alpha * np.expm1(-1)]), np.array([1, 0, 1, alpha * np.exp(-1)])
    for array, expected, part in zip(arrays, right, ("values", "derivatives"), strict=True):
        what = f"The {part} for z = [1000, -1000, 2, -1]"
        if not np.isfinite(expect_array(array, z.shape, finite=False, what=what)).all():
            raise Diagnosis(f"{what} hold nan or inf: the exponential of 1,000 overflows.", hint=hint)
        expect_close(array, expected, **ROUNDING, what=what)
    for warning in caught:
        if "overflow" in str(warning.message) or "invalid value" in str(warning.message):
            raise Diagnosis(f"The numbers are right, but for z = 1,000 NumPy warns: {warning.message}.", hint=hint)


@exercise("3.6", title="Batch norm, forward")
def batch_norm_forward(submitted):
    """Both modes with another momentum and a large epsilon, the example with the defaults, then a batch of one."""
    rng = np.random.default_rng(36)
    column = np.array([[1.0], [1.0], [5.0], [5.0]])
    example = column, np.array([2.0]), np.array([3.0]), np.zeros(1), np.ones(1)
    wide, narrow = _statistics(rng, 6, 3), _statistics(rng, 4, 7)
    cases = [
        ("6 examples, 3 features", wide, True, (0.3, 0.4)),
        ("6 examples, 3 features", wide, False, (0.3, 0.4)),
        ("4 examples, 7 features", narrow, True, (0.05, 0.1)),
        ("4 examples, 7 features", narrow, False, (0.05, 0.1)),
        ("the example", example, True, ()),
        ("the example", example, False, ()),
    ]
    for name, given, training, settings in cases:
        mode = "training" if training else "evaluation"
        _check_forward(submitted(*given, training, *settings), f"{name}, {mode}", given, training, settings)
    _check_batch_of_one(submitted, wide)
    return "Batch statistics in training, running ones in evaluation, and the running ones move in training alone."


def _statistics(rng, n_examples, n_features):
    """x, scale, shift, running mean and running variance, all apart from 0 and 1."""
    x = rng.normal(rng.uniform(1, 3, n_features), rng.uniform(0.6, 2, n_features), (n_examples, n_features))
    scale, shift, mean, variance = (rng.uniform(*limits, n_features) for limits in ((2, 4), (-3, -1), (4, 6), (5, 9)))
    return x, scale, shift, mean, variance


def _check_forward(value, name, given, training, settings):
    names = ("outputs", "running_mean", "running_variance")
    outputs, mean, variance = expect_tuple(value, 3, f"The result for {name}", names)
    x, *_, old_mean, old_variance = given
    full = *given, training, *(settings or (0.1, 1e-5))
    right = known.batch_norm_forward(*full)
    because = known.batch_norm_output_mistakes(*full)
    expect_close(outputs, right[0], **ROUNDING, because=because, what=f"The outputs for {name}")
    momentum = full[-2]
    if training:
        of_mean = known.running_mistakes(old_mean, x.mean(axis=0), momentum)
        of_variance = known.running_mistakes(old_variance, x.var(axis=0, ddof=1), momentum, x.var(axis=0))
    else:
        hint = "In evaluation nothing is learned: both running statistics come back as they were given."
        moved = known.batch_norm_forward(*given, True, *full[-2:])
        of_mean, of_variance = unlike(old_mean, {hint: moved[1]}), unlike(old_variance, {hint: moved[2]})
    swapped = "The running mean and the running variance are swapped. Return the mean first."
    of_mean |= unlike(right[1], {swapped: right[2]})
    expect_close(mean, right[1], **ROUNDING, because=of_mean, what=f"The running mean for {name}")
    expect_close(variance, right[2], **ROUNDING, because=of_variance, what=f"The running variance for {name}")


def _check_batch_of_one(submitted, given):
    x, scale, shift, mean, variance = given
    name, one = "a batch of one example, evaluation", x[:1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an unbiased variance of one example, which nobody uses
        value = submitted(one, *given[1:], False, 0.1, 0.4)
    outputs, *running = expect_tuple(value, 3, f"The result for {name}")
    right = scale * known.normalized(one, mean, variance, 0.4) + shift
    expect_close(outputs, right, **ROUNDING, what=f"The outputs for {name}")
    for array, old, part in zip(running, (mean, variance), ("mean", "variance"), strict=True):
        expect_close(array, old, **ROUNDING, what=f"The running {part} for {name}")


@exercise("3.7", title="Batch norm, backward")
def batch_norm_backward(submitted):
    """Inputs of small spread, where epsilon counts; other shapes; the example by hand, with epsilon left out."""
    rng = np.random.default_rng(37)
    by_hand = np.array([[4.0], [0.0], [0.0], [0.0]]), np.array([[1.0], [1.0], [5.0], [5.0]]), np.ones(1)
    cases = [
        ("6 examples, 3 features", _backward_inputs(rng, 6, 3, 0.1), (0.02,)),
        ("4 examples, 7 features", _backward_inputs(rng, 4, 7, 1.0), (0.3,)),
        ("the example by hand", by_hand, ()),
    ]
    for name, (gradient, x, scale), given in cases:
        names = ("input_gradient", "scale_gradient", "shift_gradient")
        value = expect_tuple(submitted(gradient, x, scale, *given), 3, f"The result for {name}", names)
        epsilon = given[0] if given else 1e-5
        unit = known.normalized(x, x.mean(axis=0), x.var(axis=0), epsilon)
        parts = (
            ("input", known.batch_norm_backward(gradient, x, scale, epsilon), known.input_gradient_mistakes, (scale,)),
            ("scale", (gradient * unit).sum(axis=0), known.scale_gradient_mistakes, (scale,)),
            ("shift", gradient.sum(axis=0), known.shift_gradient_mistakes, ()),
        )
        for array, (part, right, mistakes, more) in zip(value, parts, strict=True):
            because = mistakes(gradient, x, *more, epsilon)
            expect_close(array, right, **ROUNDING, because=because, what=f"The {part} gradient for {name}")
    return "All three gradients, with the ways through the batch's mean and variance."


def _backward_inputs(rng, n_examples, n_features, spread):
    """output_gradient, x and scale."""
    shape = n_examples, n_features
    return rng.normal(size=shape), rng.normal(0.3, spread, shape), rng.uniform(1.5, 3, n_features)


@exercise("3.8", title="Mend the clipping")
def clip_gradients(submitted):
    """Arrays of three shapes above the limit, each entry below it, all below it, one array of zeros, all zeros."""
    rng = np.random.default_rng(38)
    mixed = [3 * rng.normal(size=(3, 2)), rng.normal(size=4), 0.2 * rng.normal(size=(2, 1))]
    many = [0.4 * rng.uniform(0.5, 1, shape) for shape in ((5, 4), 6, (2, 3, 2))]
    cases = [
        ("three arrays, all together longer than the limit of 2.5", mixed, 2.5),
        ("the example", [np.array([[3.0]]), np.array([4.0])], 1.0),
        ("many entries that are all below the limit of 0.5", many, 0.5),
        ("gradients shorter than the limit of 100", mixed, 100.0),
        ("one array, shorter than the limit of 1", [np.array([0.3, -0.4])], 1.0),
        ("an array of zeros beside one that is too long", [np.zeros((2, 2)), np.array([6.0, -8.0])], 2.0),
        ("gradients of zeros", [np.zeros((2, 3)), np.zeros(2)], 1.0),
    ]
    for name, gradients, limit in cases:
        with np.errstate(all="ignore"):
            arrays = _clipped_list(submitted(gradients, limit), gradients, name)
        right, mistakes = known.clipped(gradients, limit), known.clip_mistakes(gradients, limit)
        because = {hint: _joined(wrong) for hint, wrong in mistakes.items()}
        diagnose(_joined(arrays), _joined(right), because, **ROUNDING, what=f"The entries for {name}")
        for position, (array, expected) in enumerate(zip(arrays, right, strict=True)):
            expect_close(array, expected, **ROUNDING, what=f"Array {position} for {name}")
    return "One factor for all: the length is limited, the direction stays, and short gradients are left alone."


def _clipped_list(value, gradients, name):
    what = f"The result for {name}"
    if value is not None and (not isinstance(value, list) or len(value) != len(gradients)):
        hint = ""
        if not isinstance(value, list):
            hint = "Square brackets make a list: `[gradient * factor for gradient in gradients]`."
        raise Diagnosis(f"{what} is {describe(value)}; expected a list of {len(gradients)} arrays.", hint=hint)
    if value is None:
        raise Diagnosis(f"{what} is None; expected a list of {len(gradients)} arrays.", hint="Did you forget `return`?")
    for position, (array, given) in enumerate(zip(value, gradients, strict=True)):
        expect_array(array, given.shape, finite=False, what=f"Array {position} for {name}")
        if np.isnan(array).any():
            hint = "0/0: compare the norm with the limit first, and divide only where it is larger."
            raise Diagnosis(f"Array {position} for {name} holds nan.", hint=hint)
    return value


def _joined(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


@exercise("3.9", title="Back through time")
def gradients_through_time(submitted):
    """Weights that are not symmetric, several lengths, the example, and a sequence of one step."""
    rng = np.random.default_rng(39)
    cases = [("5 steps, 3 units", 5, 3), ("4 steps, 6 units", 4, 6), ("2 steps, 2 units", 2, 2)]
    cases = [
        (name, np.tanh(rng.normal(0, 1.2, (steps, units))), rng.normal(0, 0.8, (units, units)), rng.normal(size=units))
        for name, steps, units in cases
    ]
    example = np.array([[0.5], [0.0], [0.0]]), np.array([[2.0]]), np.array([1.0])
    for name, *given in [*cases, ("the example", *example)]:
        because = known.through_time_mistakes(*given)
        right = known.through_time(*given)
        expect_close(submitted(*given), right, **ROUNDING, because=because, what=f"The gradients for {name}")
    states, weight, last = cases[0][1:]
    expect_close(submitted(states[:1], weight, last), last[None], **ROUNDING, what="The gradients for a single step")
    return "From the last step to the first: through tanh at that step, then back along the weights."


@exercise("3.10", title="Find the bug")
def diagnoses(submitted):
    """Illness and remedy of three networks; what they are stands with the networks."""
    return examine_diagnoses(submitted)
