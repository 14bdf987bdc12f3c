"""Checks of chapter 5, overfitting. What each common mistake gives stands in the two files mistakes_ch05....py."""

import numpy as np

from course_lib.checks import mistakes_ch05 as penalties
from course_lib.checks import mistakes_ch05_remedies as remedies
from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import (
    expect_array,
    expect_choice,
    expect_close,
    expect_number,
    expect_tuple,
    plain_number,
)
from course_lib.checks.registry import exercise
from course_lib.checks.sick_curves import examine_curves

ROUNDING = penalties.ROUNDING

STOPPING_CASES = [
    ([8.0, 6.0, 7.0, 5.0, 6.0, 6.0, 4.0], 2),  # the example
    ([8.0, 6.0, 7.0, 5.0, 6.0, 6.0, 4.0], 1),
    ([8.0, 6.0, 7.0, 5.0, 6.0, 6.0, 4.0], 3),
    ([0.9, 0.7, 0.8, 0.75, 0.72, 0.74, 0.71, 0.6], 3),  # falls again, and not below the best
    ([0.9, 0.8, 0.85, 0.7, 0.75, 0.6, 0.65, 0.5, 0.7, 0.8, 0.9, 0.4], 3),  # a new best after every rise
    ([3.0, 2.0, 2.0, 2.0, 2.0, 1.0], 2),  # equal losses are no new best
    ([5.0, 4.0, 3.0, 2.0, 1.0], 2),  # ends by itself, at its best
    ([5.0, 4.0, 3.0, 3.5, 3.2, 3.3], 5),  # ends by itself, past its best
    ([1.0, 2.0, 3.0, 4.0], 2),  # the first epoch is the best
    ([2.0], 3),
]


@exercise("5.1", title="Early stopping with patience")
def early_stopping(submitted):
    """Curves that jitter, that stay level, that end by themselves, with several kinds of patience."""
    answers = []
    for losses, patience in STOPPING_CASES:
        what = f"The result for the losses {_listed(losses)} and patience {patience}"
        value = expect_tuple(submitted(list(losses), patience), 2, what, ("last_epoch", "kept_epoch"))
        answers.append([_whole(each, f"{name}, {what[0].lower()}{what[1:]},") for each, name in
                        zip(value, ("The last epoch", "The kept epoch"), strict=True)])  # fmt: skip
    right = [penalties.early_stopping(*case) for case in STOPPING_CASES]
    for case, answer, expected in zip(STOPPING_CASES, answers, right, strict=True):
        if tuple(answer) != expected:
            known = penalties.stopping_mistakes(STOPPING_CASES).items()
            raise Diagnosis(
                f"For the losses {_listed(case[0])} and patience {case[1]} you stop after epoch {answer[0]:g} and keep "
                f"epoch {answer[1]:g}; expected {expected[0]} and {expected[1]}.",
                hint=next((hint for hint, wrong in known if np.array_equal(wrong, answers)), ""),
            )
    return "It waits out a jitter, stops when patience is over, and keeps the best epoch and not the last."


def _listed(losses):
    return ", ".join(f"{loss:g}" for loss in losses)


def _whole(value, what):
    number = expect_number(plain_number(value), what)
    if number != int(number):
        raise Diagnosis(f"{what} is {number:g}; expected the number of an epoch, a whole number.")
    return number


@exercise("5.2", title="The gradient of the L2 penalty")
def penalized_gradients(submitted):
    """Two shapes, the example, a weight of 0, a strength of 0."""
    rng = np.random.default_rng(52)
    cases = [
        ("a weight of shape (3, 2)", *_layer(rng, 3, 2), 0.3),
        ("a square weight", *_layer(rng, 2, 2), 1.7),
        ("the example", np.array([[3.0], [-4.0]]), np.array([5.0]), np.array([[1.0], [1.0]]), np.array([2.0]), 0.5),
        ("a strength of 0", *_layer(rng, 2, 3), 0.0),
    ]
    for name, *given in cases:
        names = ("weight_gradient", "bias_gradient")
        value = expect_tuple(submitted(*given), 2, f"The result for {name}", names)
        for part, array, right in zip(("weight", "bias"), value, penalties.penalized(*given), strict=True):
            because = penalties.penalty_mistakes(part, *given)
            expect_close(array, right, **ROUNDING, because=because, what=f"The {part}'s gradient for {name}")
    return "The pull on each weight is in proportion to it, and the biases are left alone."


def _layer(rng, fan_in, fan_out):
    """weight, bias and their gradients; the first weight is 0."""
    shapes = (fan_in, fan_out), (fan_out,), (fan_in, fan_out), (fan_out,)
    arrays = [rng.normal(0, 2, shape) for shape in shapes]
    arrays[0][0, 0] = 0.0
    return arrays


@exercise("5.3", title="A step with L1")
def l1_step(submitted):
    """Weights that cross 0, that end at 0, that are 0; two shapes; no penalty."""
    rng = np.random.default_rng(53)
    cases = [
        ("8 weights", rng.normal(0, 0.3, 8), rng.normal(0, 1, 8), 0.2, 0.9),
        ("weights of shape (3, 4)", rng.normal(0, 0.5, (3, 4)), rng.normal(0, 2, (3, 4)), 0.1, 2.5),
        ("the example", np.array([2.0, -0.75, 0.5]), np.array([1.0, 0.0, -1.0]), 0.5, 2.0),
        ("weights of 0", np.zeros(3), np.array([0.2, -3.0, 5.0]), 0.5, 1.0),
        ("a strength of 0", rng.normal(size=4), rng.normal(size=4), 0.3, 0.0),
    ]
    for name, *given in cases:
        because = penalties.l1_step_mistakes(*given)
        right = penalties.l1_step(*given)
        expect_close(submitted(*given), right, **ROUNDING, because=because, what=f"The new w for {name}")
    return "All weights come nearer to 0 by the same amount, and those that reach it stay there."


@exercise("5.4", title="Mend the dropout")
def dropout(submitted):
    """Several drop rates and shapes, draws on the edge, in training and in prediction."""
    rng = np.random.default_rng(54)
    cases = [
        ("the example", np.array([[2.0, 4.0, 6.0, 8.0]]), np.array([[0.7, 0.1, 0.4, 0.9]]), 0.5),
        ("a batch of 4 examples, drop rate 0.2", rng.normal(0, 2, (4, 6)), rng.random((4, 6)), 0.2),
        ("a batch of 3 examples, drop rate 0.75", rng.normal(0, 2, (3, 8)), rng.random((3, 8)), 0.75),
        ("a drop rate of 0", rng.normal(0, 2, (2, 3)), rng.random((2, 3)), 0.0),
    ]
    for name, x, drawn, drop_rate in cases:
        with np.errstate(all="ignore"):
            trained, predicted = (submitted(x, drawn, drop_rate, training) for training in (True, False))
        _check_dropped(trained, predicted, x, drawn, drop_rate, name)
    return "Dropped and scaled up in training, untouched in prediction: the mean over all draws is x itself."


def _check_dropped(trained, predicted, x, drawn, drop_rate, name):
    """Both modes at once: the diagnosis names a mistake in each."""
    right = remedies.dropout(x, drawn, drop_rate, True)
    trained = expect_array(trained, x.shape, finite=False, what=f"The output in training for {name}")
    predicted = expect_array(predicted, x.shape, finite=False, what=f"The output in prediction for {name}")
    with np.errstate(all="ignore"):
        known = (remedies.dropped_mistakes if drop_rate else dict)(*((x, drawn, drop_rate) if drop_rate else ()))
        hints = [
            next((hint for hint, wrong in mistakes.items() if np.allclose(value, wrong, **ROUNDING)), None)
            for value, mistakes in ((trained, known), (predicted, remedies.predicted_mistakes(x, drawn, drop_rate)))
        ]
    if all(hints):
        hint = remedies.OF_TWO.get(tuple(hints), " ".join(map(str.strip, hints)))
        raise Diagnosis(f"Both modes are wrong, as the results for {name} show.", hint=hint)
    for value, expected, mode, hint in zip(
        (trained, predicted), (right, x), ("training", "prediction"), hints, strict=True
    ):
        because = {hint: value} if hint else {}
        expect_close(value, expected, **ROUNDING, because=because, what=f"The output in {mode} for {name}")


@exercise("5.5", title="Does the gain count?")
def gain(submitted):
    """Clear gains and losses, gains within the noise, sure ones that are too small, few seeds and many."""
    rng, words, intervals = np.random.default_rng(55), {}, {}
    for name, mean, spread, n, quantile, smallest in (
        ("the example", None, None, 4, 3.18, 0.5),
        ("a clear gain, 10 seeds", 3.0, 0.8, 10, 2.26, 0.5),
        ("a gain within the noise, 5 seeds", 1.0, 2.0, 5, 2.78, 0.5),
        ("a clear loss, 6 seeds", -2.5, 0.6, 6, 2.57, 0.5),
        ("a sure gain that is too small to matter", 0.3, 0.1, 12, 2.20, 0.5),
        ("a loss within the noise, 4 seeds", -0.7, 1.5, 4, 3.18, 0.2),
        ("a smallest effect of 0", 0.3, 0.1, 12, 2.20, 0.0),
        ("a sure loss that is too small to matter", -0.3, 0.1, 12, 2.20, 0.5),
        ("a loss that may be too small to matter", -0.5, 0.3, 5, 2.78, 0.5),
    ):
        if mean is None:
            given = np.array([82.0, 84.0, 81.0, 85.0]), np.array([80.0, 83.0, 81.0, 82.0]), quantile, smallest
        else:
            given = *_arms(rng, mean, spread, n), quantile, smallest
        word, right = _check_interval(submitted(*given), name, given)
        words[name] = word
        intervals[name] = *right, smallest
    _check_words(words, intervals)
    return "Paired by seed, with an interval: a gain within the noise is not called one."


def _arms(rng, mean, spread, n):
    """Accuracies with and without, whose differences have just this mean and about this spread."""
    without = rng.normal(80, 2, n)
    difference = rng.normal(0, 1, n)
    difference = mean + spread * (difference - difference.mean()) / difference.std(ddof=1)
    return without + difference, without


def _check_interval(value, name, given):
    """The word that was given, and the right interval: low, high."""
    low, high, word = expect_tuple(value, 3, f"The result for {name}", ("low", "high", "word"))
    ends = np.array([expect_number(plain_number(end), f"{which} for {name}") for which, end in
                     (("low", low), ("high", high))])  # fmt: skip
    *right, _ = remedies.gain(*given)
    because = remedies.interval_mistakes(*given[:3])
    expect_close(ends, np.array(right), **ROUNDING, because=because, what=f"The interval [low, high] for {name}")
    words = (remedies.GAIN, remedies.LOSS, remedies.UNDECIDED)
    return str(expect_choice(word, words, f"The word for {name}")), right


def _check_words(words, intervals):
    """All words at once: which rule gave them shows only in several intervals."""
    for name, (low, high, smallest) in intervals.items():
        expected = remedies.word_for(low, high, smallest)
        if words[name] != expected:
            known = remedies.word_mistakes(list(intervals.values())).items()
            raise Diagnosis(
                f"The interval for {name} is {low:.2f} to {high:.2f}, the smallest effect {smallest:g}: you say "
                f"{words[name]!r}, expected {expected!r}.",
                hint=next((hint for hint, wrong in known if wrong == list(words.values())), ""),
            )


@exercise("5.6", title="Max-norm")
def max_norm(submitted):
    """Long and short columns, a square matrix, where the wrong axis is silent, a column of zeros, one unit."""
    rng = np.random.default_rng(56)
    mixed = rng.normal(size=(5, 4)) * [3.0, 0.2, 1.0, 5.0]
    square = rng.normal(size=(3, 3)) * [4.0, 0.3, 2.0]
    zeros = rng.normal(0, 2, (4, 3)) * [1.0, 0.0, 1.0]
    cases = [
        ("the example", np.array([[3.0, 0.6], [4.0, 0.8]]), 2.5),
        ("a weight of shape (5, 4)", mixed, 1.5),
        ("a square weight", square, 1.2),
        ("a unit whose weights are all 0", zeros, 1.0),
        ("one unit", rng.normal(0, 2, (6, 1)), 0.7),
        ("units that are all within the limit", 0.1 * mixed, 10.0),
        ("a unit a little shorter than the limit", np.array([[1.2, 3.0], [1.2, 1.0]]), 2.0),
        ("a unit a little longer than the limit", np.array([[0.48, 0.1], [0.64, 0.2]]), 0.7),
    ]
    for name, weight, limit in cases:
        with np.errstate(all="ignore"):
            value = submitted(weight, limit)
        value = expect_array(value, weight.shape, finite=False, what=f"The result for {name}")
        if np.isnan(value).any():
            raise Diagnosis(
                f"The result for {name} holds nan.",
                hint="0/0: the length of a column of zeros is 0. Divide by the larger one of length and limit.",
            )
        because = remedies.max_norm_mistakes(weight, limit)
        expect_close(
            value, remedies.max_norm(weight, limit), **ROUNDING, because=because, what=f"The result for {name}"
        )
    return "Each unit's incoming weights keep their direction, and none is longer than the limit."


@exercise("5.7", title="Shifted images")
def shifted_split(submitted):
    """Images that are not square, all directions, none, a shift beyond the image; validation images stay."""
    rng = np.random.default_rng(57)
    cases = [
        ("4 images of 5 x 3 pixels", rng.random((4, 5, 3)), rng.random((3, 5, 3)), [1, -2, 0, 1], [0, 1, -1, -1]),
        ("3 square images", rng.random((3, 4, 4)), rng.random((5, 4, 4)), [2, 1, -1], [1, 2, -2]),
        ("the example", np.arange(1.0, 5).reshape(1, 2, 2), np.full((1, 2, 2), 9.0), [1], [0]),
        ("images that stay where they are", rng.random((2, 3, 3)), rng.random((2, 3, 3)), [0, 0], [0, 0]),
        ("a shift of the whole image", rng.random((2, 3, 3)), rng.random((1, 3, 3)), [3, 0], [0, -3]),
    ]
    for name, train, validation, down, right in cases:
        down, right = np.array(down), np.array(right)
        value = submitted(train, validation, down, right)
        new_train, new_validation = expect_tuple(value, 2, f"The result for {name}", ("train", "validation"))
        if isinstance(new_train, np.ndarray) and new_train.shape[:1] == (2 * len(train),):
            raise Diagnosis(
                f"The array of training images for {name} holds {2 * len(train)} images; expected {len(train)}.",
                hint="Return the moved images alone. In each step of training they take the place of the old ones.",
            )
        because = remedies.shift_mistakes(train, down, right)
        expected = remedies.shifted(train, down, right)
        expect_close(new_train, expected, **ROUNDING, because=because, what=f"The array of training images for {name}")
        because = remedies.validation_mistakes(validation, down, right)
        what = f"The array of validation images for {name}"
        expect_close(new_validation, validation, **ROUNDING, because=because, what=what)
    return "Each training image by its own shift, with zeros coming in, and the validation images as they were."


@exercise("5.8", title="Six runs, six illnesses")
def diagnoses(submitted):
    """Illness and cure of six training curves; what they are stands in sick_curves.py."""
    return examine_curves(submitted)
