"""Checks of chapter 2, training. What each common mistake gives stands in mistakes_ch02.py."""

import numpy as np

from course_lib.checks import mistakes_ch02 as known
from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import (
    expect_array,
    expect_close,
    expect_number,
    expect_tuple,
    plain_number,
)
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError

ROUNDING = {"rtol": 1e-5, "atol": 1e-6}  # an answer computed in float32 is as good
PARAMETERS = ("W1", "b1", "W2", "b2")


@exercise("2.1", title="Mean squared error, one line")
def squared_error(submitted):
    """Five numbers with errors of both signs, the chapter's example, and a table of three rows and two columns."""
    rng = np.random.default_rng(21)
    cases = [
        (np.array([1.0, 4.0, 2.0, 0.0, 3.0]), np.array([2.0, 1.0, 2.0, 5.0, 3.5])),
        (np.array([2.0, 4.0, 6.0]), np.array([1.0, 6.0, 8.0])),
        (rng.normal(size=(3, 2)), rng.normal(size=(3, 2))),
    ]
    for predictions, targets in cases:
        what = f"The loss for predictions of shape {predictions.shape}"
        value = plain_number(submitted(predictions, targets))
        if isinstance(value, np.ndarray) and value.shape == predictions.shape:
            hint = "One number for each example came back. What turns many squares into one number?"
            raise Diagnosis(f"{what} is {describe(value)}; expected one number.", hint=hint)
        expected = float(np.mean((predictions - targets) ** 2))
        expect_close(value, expected, **ROUNDING, because=known.loss_mistakes(predictions, targets), what=what)
    return "It works for rows and for tables, and does not grow with the number of examples."


@exercise("2.2", title="One step of gradient descent")
def descent_step(submitted):
    """The chapter's example, then five points with other numbers."""
    cases = [
        (np.array([1.0, 2.0, 3.0]), np.array([1.0, 6.0, 8.0]), 2.0, 0.0, 0.1),
        (np.array([0.5, -1.0, 2.0, 3.0, 1.5]), np.array([1.0, 0.0, 4.0, 9.0, 2.0]), 1.0, 0.5, 0.2),
    ]
    for case in cases:
        x, _, w, b, rate = case
        what = f"The result for {len(x)} points, w = {w:g}, b = {b:g}, learning rate {rate:g}"
        numbers = np.array(_two_numbers(submitted(*case), what, ("w", "b"), "The new "))
        expected = known.descent_step(*case)
        expect_close(numbers, expected, **ROUNDING, because=known.step_mistakes(*case), what=f"{what}: (w, b)")
    return "Downhill, the mean, and both slopes from the same place."


def _two_numbers(value, what, names, each_is):
    """Two numbers that are returned together: as a tuple, as a list or as an array."""
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = tuple(value)
    pair = expect_tuple(value, 2, what, names)
    return [expect_number(plain_number(each), f"{each_is}{name}") for each, name in zip(pair, names, strict=True)]


@exercise("2.3", title="Predict, then test: where does it blow up?")
def largest_learning_rate(submitted):
    """Four sets of inputs: the edge is named by formula, then tested by running descent on both sides of the answer."""
    earlier = []
    for x in (np.array([1.0, 2.0, 3.0]), np.array([2.0]), np.array([0.5, 1.5, 4.0, 2.0]), np.array([-3.0, 1.0])):
        what = f"The largest learning rate for x = {_listed(x)}"
        value = expect_number(plain_number(submitted(x)), what)
        ends = "; ".join(_after_steps(x, value * part) for part in (0.95, 1.05))
        because = known.largest_rate_mistakes(x)
        if earlier and value in earlier:
            because = {"Your function gives the same number for every `x`. Compute it from `x`.": value}
        earlier.append(value)
        expect_close(value, 1 / np.mean(x**2), **ROUNDING, because=because, what=f"{what} ({ends})")
    return "For x = [1, 2, 3] it is 3/14: at 95% of your rate descent arrives, at 105% it runs away."


def _after_steps(x, rate, steps=200):
    """What descent does from a distance of 1 with this rate, in words."""
    distance = 1.0
    for _ in range(steps):
        distance -= rate * 2 * np.mean(x**2) * distance
        if abs(distance) > 1e6:
            break
    word = "stands still" if rate == 0 else "runs away" if abs(distance) > 1 else "comes closer"
    return f"at the rate {rate:.3g} descent {word}"


@exercise("2.5", title="A numerical gradient", may_change_input=True)
def numerical_gradient(submitted):
    """Weights of three shapes, a step large enough to tell forward from central, then whole-number weights.

    An entry may be nudged in the learner's own array and put back, which leaves a rounding error in it.
    """
    rng = np.random.default_rng(25)
    for fan_in, fan_out in ((2, 2), (3, 2), (4, 1)):
        weights, x = rng.normal(0, 0.6, (fan_in, fan_out)), rng.normal(size=(5, fan_in))
        given = weights, x, rng.normal(size=(5, fan_out)), 0.05
        what = f"The gradient for weights of shape {weights.shape} and step 0.05"
        because = known.difference_mistakes(*given)
        expect_close(submitted(*given), known.differences(*given), rtol=1e-5, atol=1e-5, because=because, what=what)
    _check_whole_numbers(submitted)
    given = rng.normal(0, 0.6, (2, 2)), rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    what = "The gradient with the step left at its default"
    expect_close(submitted(*given), known.differences(*given, 1e-5), rtol=1e-5, atol=1e-8, what=what)
    return "Central differences, one entry at a time, for any shape."


def _check_whole_numbers(submitted):
    given = np.array([[1], [0]]), np.array([[0.5, -1.0], [1.0, 0.2]]), np.array([[0.0], [1.0]])
    try:
        value = submitted(*given, 1e-5)
    except LearnerError as error:
        if "cast" not in error.text.lower():
            raise
        raise Diagnosis(
            "Your function stops for weights that are whole numbers, [[1], [0]].",
            hint="An array of whole numbers cannot hold 1.00001. Copy it with `weights.astype(float)`.",
        ) from None
    what, because = "The gradient for the whole-number weights [[1], [0]]", known.whole_number_mistakes(*given)
    expect_close(value, known.differences(*given, 1e-5), rtol=1e-5, because=because, what=what)


@exercise("2.6", title="Softmax cross-entropy that survives")
def stable_cross_entropy(submitted):
    """Moderate logits, the example, huge logits, and labels that are not whole numbers."""
    rng = np.random.default_rng(26)
    cases = [
        ("a batch of 5 with 3 classes", rng.normal(0, 2, (5, 3)), np.array([2, 0, 1, 2, 2])),
        ("the example", np.log([[4.0, 2.0, 1.0]]), np.array([0])),
        ("a batch of 4 with 4 classes", rng.normal(0, 2, (4, 4)), np.array([3, 0, 0, 1])),
    ]
    for name, logits, labels in cases:
        loss, gradient = _loss_and_gradient(submitted, name, logits, labels)
        right_loss, right_gradient = known.cross_entropy(logits, labels)
        because = known.cross_entropy_mistakes(logits, labels)
        expect_close(loss, right_loss, **ROUNDING, because=because, what=f"The loss for {name}")
        because = known.logit_gradient_mistakes(logits, labels)
        expect_close(gradient, right_gradient, **ROUNDING, because=because, what=f"The gradient for {name}")
    _check_huge(submitted)
    _check_label_refused(submitted)
    return "Right for small logits and for 10,000, and labels such as 1.5 are refused."


def _loss_and_gradient(submitted, name, logits, labels):
    with np.errstate(all="ignore"):
        value = submitted(logits, labels)
    loss, gradient = expect_tuple(value, 2, f"The result for {name}", ("loss", "gradient"))
    return plain_number(loss), gradient


def _check_huge(submitted):
    logits = np.array([[10_000.0, 0.0, -10_000.0], [0.0, 10_000.0, 5.0], [-10_000.0, -10_000.0, -10_000.0]])
    labels = np.array([1, 1, 0])
    loss, gradient = _loss_and_gradient(submitted, "logits of 10,000", logits, labels)
    expected, right_gradient = known.cross_entropy(logits, labels)
    what = "The loss for logits of 10,000"
    if isinstance(loss, float | np.floating) and not np.isfinite(loss):
        raise Diagnosis(
            f"{what} is {float(loss)}; expected {expected:.6g}. Softmax overflows, or log 0 is taken.",
            hint="Subtract each row's largest logit first, and compute log(total) - shifted logit, not "
            "log(probability).",
        )
    if expect_number(loss, what) < 0.5 * expected:
        raise Diagnosis(
            f"{what} is {float(loss):.6g}; expected {expected:.6g}.",
            hint="A tiny number added inside the logarithm, or a clipped probability, hides how wrong the answer is. "
            "Compute log(total) - shifted logit.",
        )
    expect_close(loss, expected, **ROUNDING, what=what)
    what = "The gradient for logits of 10,000"
    if not np.isfinite(expect_array(gradient, logits.shape, finite=False, what=what)).all():
        hint = "Use the shifted logits for the probabilities too."
        raise Diagnosis(f"{what} holds nan or inf: softmax overflows.", hint=hint)
    expect_close(gradient, right_gradient, **ROUNDING, what=what)


def _check_label_refused(submitted):
    try:
        submitted(np.array([[1.0, 2.0, 0.5], [0.3, 0.1, 0.2]]), np.array([1.5, 0.0]))
    except LearnerError as error:
        if {"TypeError", "IndexError", "ValueError"} & set(error.kinds):
            return
        raise
    raise Diagnosis(
        "The label 1.5 is accepted, and a loss comes back. Which class would that be?",
        hint="Index with the labels as they come. `labels.astype(int)` turns 1.5 into class 1 and hides the mistake.",
    )


@exercise("2.7", title="Mend a broken training loop")
def mended_train(submitted):
    """Several epochs with a smaller last batch, where each mix of the mistakes shows, and one step."""
    rng = np.random.default_rng(27)
    x, y = rng.normal(size=(10, 2)), rng.normal(size=(10, 1))
    start = tuple(rng.normal(size=shape) for shape in ((2, 4), 4, (4, 1), 1))
    long = "10 examples in batches of 4, three epochs", (x, y, start, 0.02, 4, 3)
    short = "one batch, one epoch", (x[:4], y[:4], start, 0.05, 4, 1)
    trained = _trained(submitted, *long)
    _recognize(trained, *long)
    for name, run in (short, long):  # what is not recognized is described, in the smaller run if it shows there
        _compare(_trained(submitted, name, run), name, run)
    return "Reset, mean, and one place for all gradients: this loop is right."


def _trained(submitted, name, run):
    x, y, start, *settings = run
    value = submitted(x, y, *start, *settings)
    trained = expect_tuple(value, 4, f"The result for {name}", PARAMETERS)
    for array, before, label in zip(trained, start, PARAMETERS, strict=True):
        expect_array(array, before.shape, what=f"{label} after {name}")
    return trained


def _recognize(trained, name, run):
    """Name the mix of known mistakes that ends at these parameters, if one does."""
    if _same_parameters(trained, known.train(*run, sign=1.0)):
        raise Diagnosis(f"For {name} all parameters move the wrong way.", hint=known.GRADIENT_ADDED)
    for mix in known.mixes_of_loop_mistakes():
        if _same_parameters(trained, known.train(*run, mistakes=mix)):
            count = {1: "One mistake is", 2: "Two mistakes are", 3: "Three mistakes are"}[len(mix)]
            hint = "; ".join(known.LOOP_MISTAKES[mistake] for mistake in mix)
            raise Diagnosis(f"{count} left (seen with {name}).", hint=f"{hint[0].upper()}{hint[1:]}.")


def _same_parameters(trained, others):
    return all(np.allclose(array, other, **ROUNDING) for array, other in zip(trained, others, strict=True))


def _compare(trained, name, run):
    before = dict(zip(PARAMETERS, run[2], strict=True))
    still = [label for label, array in zip(PARAMETERS, trained, strict=True) if np.array_equal(array, before[label])]
    if still:
        raise Diagnosis(f"{', '.join(still)} did not change at all in {name}.", hint="Is an update missing?")
    for array, right, label in zip(trained, known.train(*run), PARAMETERS, strict=True):
        expect_close(array, right, **ROUNDING, what=f"{label} after {name}")


@exercise("2.8", title="Design: choose a learning rate, report an honest number")
def choose_learning_rate(submitted):
    """Tables in which training loss, validation loss, test accuracy and luck each point to another rate."""
    _check_choice("the check's first table", submitted, known.table_of_runs(known.RATES))
    with_nan = known.table_of_runs(known.RATES_WITH_NAN)
    _check_choice("a table in which 0.3 blew up with one seed", submitted, with_nan)
    _check_choice("the same table in another order", submitted, with_nan[::-1])
    return "Validation decides, the mean over seeds, no rate that blows up, and the test column only reports."


def _check_choice(what, submitted, runs):
    names = ("learning rate", "test accuracy")
    rate, accuracy = _two_numbers(submitted(runs), f"The result for {what}", names, "The ")
    rates, expected = known.rates_of(runs), known.best_rate(runs)
    if not any(np.isclose(rate, each) for each in rates):
        raise Diagnosis(f"The learning rate is {rate:g}; expected one of {_listed(rates)}.", "Which came back first?")
    if not np.isclose(rate, expected):
        raise Diagnosis(f"For {what} you choose {rate:g}; expected {expected:g}.", hint=_why_chosen(runs, rate))
    test = known.column(runs, "test_accuracy", expected)
    because = known.report_mistakes(runs, expected)
    expect_close(accuracy, test.mean(), **ROUNDING, because=because, what=f"The test accuracy reported for {what}")


def _why_chosen(runs, rate):
    """Which wrong rule gives this rate."""
    chosen = next(each for each in known.rates_of(runs) if np.isclose(rate, each))
    if np.isnan(known.column(runs, "validation_loss", chosen)).any():
        return (
            "A run with this rate blew up (`nan`). A comparison with `nan` is never true, and `nanmean` leaves the "
            "failed run out as if nothing had happened: treat a mean of `nan` as infinity."
        )
    for hint, wrong in known.wrong_rules(runs).items():
        if wrong == chosen:
            return hint
    return "Take the mean of the validation losses for each rate, and the rate with the lowest mean."


def _listed(values):
    return "[" + ", ".join(f"{value:g}" for value in np.asarray(values, dtype=float)) + "]"
