"""Checks of chapter 2, training. Each computes what the common mistakes give, and names the one that it finds."""

from itertools import product

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import (
    expect_array, expect_close, expect_number, expect_raises, expect_tuple,
)  # fmt: skip
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError

GRADIENT_ADDED = "You go uphill: the gradient is added. Descent subtracts it."
SUM_FOR_MEAN = "That is the sum over the examples; the mean divides by how many there are."
FACTOR_TWO = "The factor 2 of the square's slope is missing."


@exercise("2.1", title="Mean squared error, one line")
def squared_error(submitted):
    """Five numbers with errors of both signs, the chapter's example, and a table of three rows and two columns."""
    rng = np.random.default_rng(21)
    table = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    cases = [
        (np.array([1.0, 4.0, 2.0, 0.0, 3.0]), np.array([2.0, 1.0, 2.0, 5.0, 3.5])),
        (np.array([2.0, 4.0, 6.0]), np.array([1.0, 6.0, 8.0])),
        table,
    ]
    for predictions, targets in cases:
        errors = predictions - targets
        because = {
            SUM_FOR_MEAN: np.sum(errors**2),
            "The mean is taken before the square, so positive and negative errors cancel.": np.mean(errors) ** 2,
            "The square is missing, so positive and negative errors cancel.": np.mean(errors),
            "Those are absolute errors. Here each error is squared.": np.mean(np.abs(errors)),
            "A root is taken at the end. The mean squared error stays squared.": np.sqrt(np.mean(errors**2)),
            "Half of it is missing or a 1/2 is too many: the mean of the squares, without a factor.": np.mean(errors**2)
            / 2,
            "Predictions and targets are added. The error is their difference.": np.mean((predictions + targets) ** 2),
            "You divide by the number of rows. The mean is over all entries.": np.sum(errors**2) / len(errors),
        }
        expected = float(np.mean(errors**2))
        what = f"The loss for predictions of shape {predictions.shape}"
        value = _plain_number(submitted(predictions, targets))
        if isinstance(value, np.ndarray) and value.shape == errors.shape:
            hint = "One number for each example came back. What turns many squares into one number?"
            raise Diagnosis(f"{what} is {describe(value)}; expected one number.", hint=hint)
        expect_close(value, expected, because=_unlike(expected, because), what=what)
    return "It works for rows and for tables, and does not grow with the number of examples."


@exercise("2.2", title="One step of gradient descent")
def descent_step(submitted):
    """The chapter's example, then five points with other numbers."""
    cases = [
        (np.array([1.0, 2.0, 3.0]), np.array([1.0, 6.0, 8.0]), 2.0, 0.0, 0.1),
        (np.array([0.5, -1.0, 2.0, 3.0, 1.5]), np.array([1.0, 0.0, 4.0, 9.0, 2.0]), 1.0, 0.5, 0.2),
    ]
    for x, y, w, b, rate in cases:
        what = f"The result for {len(x)} points, w = {w:g}, b = {b:g}, learning rate {rate:g}"
        value = submitted(x, y, w, b, rate)
        if isinstance(value, np.ndarray) and value.shape == (2,):
            value = tuple(value)
        names = ("w", "b")
        new = expect_tuple(value, 2, what, names)
        numbers = [expect_number(_plain_number(each), f"The new {name}") for each, name in zip(new, names, strict=True)]
        expected = np.array(_descent_step(x, y, w, b, rate))
        because = _unlike(expected, _step_mistakes(x, y, w, b, rate))
        expect_close(np.array(numbers), expected, because=because, what=f"{what}: (w, b)")
    return "Downhill, the mean, and both slopes from the same place."


def _descent_step(x, y, w, b, rate, sign=-1.0, factor=2.0, total=np.mean):
    errors = w * x + b - y
    return w + sign * rate * factor * total(errors * x), b + sign * rate * factor * total(errors)


def _step_mistakes(x, y, w, b, rate):
    errors = w * x + b - y
    slope_w, slope_b = 2 * np.mean(errors * x), 2 * np.mean(errors)
    new_w, new_b = _descent_step(x, y, w, b, rate)
    later_b = b - rate * 2 * np.mean(new_w * x + b - y)
    later_w = w - rate * 2 * np.mean((w * x + new_b - y) * x)
    return {
        GRADIENT_ADDED: _descent_step(x, y, w, b, rate, sign=1.0),
        SUM_FOR_MEAN + " With a sum the step grows with the data.": _descent_step(x, y, w, b, rate, total=np.sum),
        "Uphill, and a sum where the mean belongs: two mistakes.": _descent_step(
            x, y, w, b, rate, sign=1.0, total=np.sum
        ),
        FACTOR_TWO: _descent_step(x, y, w, b, rate, factor=1.0),
        "`b` uses the new `w`: its slope belongs to the old place. Compute both slopes, then move.": (new_w, later_b),
        "`w` uses the new `b`: its slope belongs to the old place. Compute both slopes, then move.": (later_w, new_b),
        "The learning rate is missing: the step is the whole slope.": (w - slope_w, b - slope_b),
        "Those are the slopes. The step is still to come: old value minus learning rate times slope.": (
            slope_w,
            slope_b,
        ),
        "The slope of `w` lacks `x`: raising `w` moves each prediction by its `x`.": (w - rate * slope_b, new_b),
        "The slope of `b` has an `x` too many: raising `b` moves each prediction by 1.": (new_w, b - rate * slope_w),
        "Only `w` has moved. `b` is a parameter too.": (new_w, b),
        "`w` and `b` are swapped in what you return.": (new_b, new_w),
    }


@exercise("2.3", title="Predict, then test: where does it blow up?")
def largest_learning_rate(submitted):
    """Four sets of inputs: the edge is named by formula, then tested by running descent on both sides of the answer."""
    for x in (np.array([2.0]), np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.5, 4.0, 2.0]), np.array([-3.0, 1.0])):
        what = f"The largest learning rate for x = {_listed(x)}"
        value = expect_number(_plain_number(submitted(x)), what)
        edge = 1 / np.mean(x**2)
        because = {
            "At that rate the factor is 0 and one step arrives. It is the best rate, and not yet the edge.": edge / 2,
            "Twice too large. The slope of the loss is 2 times the mean of the squares times the distance.": 2 * edge,
            "That is the square of the mean. The slope has the mean of the squares.": 1 / np.mean(x) ** 2,
            SUM_FOR_MEAN: 1 / np.sum(x**2),
            "The inputs come in squared: raising w moves a prediction by x, and its error counts times x again.": 1
            / np.mean(x),
            "The largest input is not all that counts: it is the mean of the squares.": 1 / np.max(np.abs(x)) ** 2,
            "That is where the factor is -1 turned around: 1 over your answer.": np.mean(x**2),
        }
        because = {hint: wrong for hint, wrong in _unlike(edge, because).items() if np.isfinite(wrong)}
        ends = "; ".join(_after_steps(x, value * part) for part in (0.95, 1.05))
        expect_close(value, edge, rtol=1e-6, because=because, what=f"{what} ({ends})")
    return "For x = [1, 2, 3] it is 3/14: at 95% of your rate descent arrives, at 105% it runs away."


def _after_steps(x, rate, steps=200):
    """What descent does from a distance of 1 with this rate, in words."""
    distance = 1.0
    for _ in range(steps):
        distance -= rate * 2 * np.mean(x**2) * distance
        if abs(distance) > 1e6:
            break
    word = "runs away" if abs(distance) > 1 else "comes closer"
    return f"at the rate {rate:.3g} descent {word}"


@exercise("2.4", title="Back-propagation of a dense layer")
def dense_backward(submitted):
    """The article's second layer, then square shapes, where a missing transpose is silent, then shapes that differ."""
    article = np.array([[8.0, 3.0]]), np.array([[4.0, -2.0], [3.0, 1.0]]), np.array([[2.0, 0.0]])
    rng = np.random.default_rng(24)
    square = tuple(np.round(rng.normal(0, 2, (3, 3)), 1) for _ in range(3))
    mixed = rng.normal(size=(5, 4)), rng.normal(size=(4, 2)), rng.normal(size=(5, 2))
    cases = (("the example", article), ("a batch of 3, 3 inputs, 3 units", square),
             ("a batch of 5, 4 inputs, 2 units", mixed))  # fmt: skip
    for name, (x, weight, output_gradient) in cases:
        names = ("weight_gradient", "bias_gradient", "input_gradient")
        value = expect_tuple(submitted(x, weight, output_gradient), 3, f"The result for {name}", names)
        _check_weight_gradient(name, x, output_gradient, value[0])
        _check_bias_gradient(name, output_gradient, value[1])
        _check_input_gradient(name, weight, output_gradient, value[2])
    return "All three gradients are right, on square shapes too, where a missing transpose hides."


def _check_weight_gradient(name, x, output_gradient, value):
    right = x.T @ output_gradient
    mistakes = {
        "It is transposed: (fan_in, fan_out) is x turned on its side, times the output gradient.": right.T,
        "You divide by the batch size. The mean is in the loss, so `output_gradient` contains it already.": right
        / len(x),
    }
    if x.shape[0] == x.shape[1]:
        mistakes["`x` is not transposed. The matrices are square here, so nothing complained."] = x @ output_gradient
    if x.shape == output_gradient.shape == right.shape:
        mistakes["`*` multiplies entry by entry. The sum over the batch is a matrix product, `@`."] = (
            x * output_gradient
        )
    expect_close(value, right, because=_unlike(right, mistakes), what=f"The weight gradient for {name}")


def _check_bias_gradient(name, output_gradient, value):
    right = output_gradient.sum(axis=0)
    mistakes = {
        "The mean is taken over the batch. Each example's slope counts in full: a sum.": output_gradient.mean(axis=0),
        "Only the first example counts in it.": output_gradient[0],
        "The sum goes along the rows. The bias is one a unit, so add up each column, `axis=0`.": output_gradient.sum(
            axis=1
        ),
        "It is not summed over the batch: every row of the batch got the bias, so its slopes add up.": output_gradient,
    }
    if len(output_gradient) > 1 and np.shape(value) == output_gradient.shape:
        raise Diagnosis(
            f"The bias gradient for {name} has shape {output_gradient.shape}; expected {right.shape}.",
            hint="It is not summed over the batch: every row of the batch got the bias, so its slopes add up.",
        )
    expect_close(value, right, because=_unlike(right, mistakes), what=f"The bias gradient for {name}")


def _check_input_gradient(name, weight, output_gradient, value):
    right = output_gradient @ weight.T
    mistakes = {}
    if weight.shape[0] == weight.shape[1]:
        mistakes["`weight` is not transposed. It is square here, so nothing complained."] = output_gradient @ weight
    if weight.shape == output_gradient.shape == right.shape:
        mistakes["`*` multiplies entry by entry. The way back along the weights is a matrix product."] = (
            output_gradient * weight
        )
    expect_close(value, right, because=_unlike(right, mistakes), what=f"The input gradient for {name}")


@exercise("2.5", title="A numerical gradient", may_change_input=True)
def numerical_gradient(submitted):
    """Weights of three shapes, a step large enough to tell forward from central, then whole-number weights."""
    rng = np.random.default_rng(25)
    for fan_in, fan_out in ((2, 2), (3, 2), (4, 1)):
        weights, x = rng.normal(0, 0.6, (fan_in, fan_out)), rng.normal(size=(5, fan_in))
        targets = rng.normal(size=(5, fan_out))
        step = 0.05
        value = submitted(weights, x, targets, step)
        expected = _differences(weights, x, targets, step)
        because = _unlike(expected, _difference_mistakes(weights, x, targets, step))
        what = f"The gradient for weights of shape {weights.shape} and step {step}"
        expect_close(value, expected, rtol=1e-7, atol=1e-10, because=because, what=what)
    _check_whole_numbers(submitted)
    _check_restored(submitted)
    return "Central differences, one entry at a time, for any shape."


def _neuron_loss(weights, x, targets):
    return float(np.mean((np.tanh(x @ weights) - targets) ** 2))


def _differences(weights, x, targets, step, up=1.0, down=1.0, over=2.0, leak=False):
    """(loss(w + up step) - loss(w - down step)) / (over step) for every entry; `leak` never takes a nudge back."""
    gradient, current = np.zeros(weights.shape), weights.astype(float)
    for index in np.ndindex(weights.shape):
        above, below = (current, current) if leak else (current.copy(), current.copy())
        above[index] += up * step
        high = _neuron_loss(above, x, targets)
        below[index] -= (up + down if leak else down) * step
        gradient[index] = (high - _neuron_loss(below, x, targets)) / (over * step)
    return gradient


def _difference_mistakes(weights, x, targets, step):
    all_at_once = (_neuron_loss(weights + step, x, targets) - _neuron_loss(weights - step, x, targets)) / (2 * step)
    central = _differences(weights, x, targets, step)
    return {
        "That is the forward difference. The central one looks to both sides: w + step and w - step.": _differences(
            weights, x, targets, step, down=0.0, over=1.0
        ),
        "That is the backward difference. The central one looks to both sides: w + step and w - step.": _differences(
            weights, x, targets, step, up=0.0, over=1.0
        ),
        "Twice too large: w + step and w - step are 2 steps apart, so divide by `2 * step`.": 2 * central,
        "The difference is not divided by anything yet. A slope is change per step.": 2 * step * central,
        "The sign is turned around: first w + step, then w - step.": -central,
        "A nudge is not taken back before the next one. Start every entry from a fresh copy.": _differences(
            weights, x, targets, step, leak=True
        ),
        "All entries are nudged at once. Nudge one entry, keep the others.": np.full(weights.shape, all_at_once),
        "The forward nudge is divided by 2 steps, but it is only one step wide.": _differences(
            weights, x, targets, step, down=0.0, over=2.0
        ),
    }


def _check_whole_numbers(submitted):
    weights, x, targets = np.array([[1], [0]]), np.array([[0.5, -1.0], [1.0, 0.2]]), np.array([[0.0], [1.0]])
    expected = _differences(weights, x, targets, 1e-5)
    because = _unlike(
        expected,
        {
            "The weights came as whole numbers, and a nudge of 0.00001 was cut off. Copy them with "
            "`weights.astype(float)`.": _cut_off(weights, x, targets),
            "The weights came as whole numbers, and the gradient array keeps only whole numbers: `np.zeros_like` takes "
            "over their kind. Use `np.zeros(weights.shape)`.": np.trunc(expected),
            "The weights came as whole numbers, and the nudge was cut off.": np.zeros_like(expected),
        },
    )
    try:
        value = submitted(weights, x, targets, 1e-5)
    except LearnerError as error:
        if "cast" not in error.text.lower():
            raise
        raise Diagnosis(
            "Your function stops for weights that are whole numbers, [[1], [0]].",
            hint="An array of whole numbers cannot hold 1.00001. Copy it with `weights.astype(float)`.",
        ) from None
    expect_close(
        value, expected, rtol=1e-5, because=because, what="The gradient for the whole-number weights [[1], [0]]"
    )


def _cut_off(weights, x, targets):
    """What central differences give when a nudged whole number is cut back to a whole number."""
    gradient = np.zeros(weights.shape)
    for index in np.ndindex(weights.shape):
        up, down = weights.copy(), weights.copy()
        up[index] = int(up[index] + 1e-5)
        down[index] = int(down[index] - 1e-5)
        gradient[index] = (_neuron_loss(up, x, targets) - _neuron_loss(down, x, targets)) / 2e-5
    return gradient


def _check_restored(submitted):
    """The default step is small: an array that is not put back shows in a second call with the same one."""
    rng = np.random.default_rng(26)
    weights, x, targets = rng.normal(0, 0.6, (2, 2)), rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    value = submitted(weights, x, targets)
    expect_close(
        value,
        _differences(weights, x, targets, 1e-5),
        rtol=1e-5,
        atol=1e-8,
        what="The gradient with the step left at its default",
    )


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
        _check_loss(name, logits, labels, loss)
        _check_logit_gradient(name, logits, labels, gradient)
    _check_huge(submitted)
    hint = "Index with the labels as they come. `labels.astype(int)` turns 1.5 into class 1 and hides the mistake."
    _expect_refused(submitted, np.array([[1.0, 2.0, 0.5], [0.3, 0.1, 0.2]]), np.array([1.5, 0.0]), hint)
    return "Right for small logits and for 10,000, and labels such as 1.5 are refused."


def _log_probabilities(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _loss_and_gradient(submitted, name, logits, labels):
    with np.errstate(all="ignore"):
        value = submitted(logits, labels)
    loss, gradient = expect_tuple(value, 2, f"The result for {name}", ("loss", "gradient"))
    return _plain_number(loss), gradient


def _check_loss(name, logits, labels, loss):
    logs, rows = _log_probabilities(logits), np.arange(len(labels))
    picked = logs[rows, labels]
    expected = -picked.mean()
    because = {
        SUM_FOR_MEAN: -picked.sum(),
        "The sign is turned around: the logarithm of a probability is negative, the loss is minus that.": picked.mean(),
        "The logarithm is missing.": -np.exp(picked).mean(),
        "The mean goes over all classes too. Divide by the number of examples.": -picked.sum() / logits.size,
        "The probability of every class enters. Only that of the true class counts.": -logs.sum() / len(labels),
        "Softmax runs down the columns. Each row is one example: `axis=1`.": -_log_probabilities(logits.T)
        .T[rows, labels]
        .mean(),
        "That is the logarithm to base 10. `np.log` is the natural one.": -picked.mean() / np.log(10),
        "That is minus the logit. The logarithm of the total is missing.": -logits[rows, labels].mean(),
    }
    expect_close(loss, expected, because=_unlike(expected, because), what=f"The loss for {name}")


def _check_logit_gradient(name, logits, labels, gradient):
    probabilities, count = np.exp(_log_probabilities(logits)), len(labels)
    truth = np.eye(logits.shape[1])[labels]
    expected = (probabilities - truth) / count
    because = {
        "It is not divided by the batch size. The loss is a mean, so each example counts 1/n.": probabilities - truth,
        "Those are the probabilities. Subtract 1 at the true class.": probabilities,
        "The 1 of the true class is not subtracted.": probabilities / count,
        "The sign is turned around: probability minus truth.": -expected,
        "1 is divided by the batch size, the probabilities are not.": probabilities - truth / count,
        "The probabilities are divided by the batch size, the 1 is not.": probabilities / count - truth,
    }
    what = f"The gradient for {name}"
    expect_close(
        expect_array(gradient, logits.shape, what=what), expected, because=_unlike(expected, because), what=what
    )


def _check_huge(submitted):
    logits = np.array([[10_000.0, 0.0, -10_000.0], [0.0, 10_000.0, 5.0], [-10_000.0, -10_000.0, -10_000.0]])
    labels = np.array([1, 1, 0])
    loss, gradient = _loss_and_gradient(submitted, "logits of 10,000", logits, labels)
    what = "The loss for logits of 10,000 whose true class has 0"
    expected = (10_000 + 0 + np.log(3)) / 3
    if not np.isfinite(np.asarray(loss, dtype=float)).all():
        raise Diagnosis(
            f"{what} is {float(loss)}; expected {expected:.6g}. Softmax overflows, or log 0 is taken.",
            hint="Subtract each row's largest logit first, and compute log(total) - shifted logit, not log(probability).",
        )
    if loss < 0.5 * expected:
        raise Diagnosis(
            f"{what} is {float(loss):.6g}; expected {expected:.6g}.",
            hint="A tiny number added inside the logarithm, or a clipped probability, hides how wrong the answer is. "
            "Compute log(total) - shifted logit.",
        )
    expect_close(loss, expected, what=what)
    if not np.isfinite(np.asarray(gradient, dtype=float)).all():
        raise Diagnosis(
            "The gradient for logits of 10,000 holds nan or inf: softmax overflows.",
            hint="Use the shifted logits for the probabilities too.",
        )
    probabilities = np.exp(_log_probabilities(logits))
    expect_close(gradient, (probabilities - np.eye(3)[labels]) / 3, what="The gradient for logits of 10,000")


def _expect_refused(submitted, logits, labels, hint):
    try:
        expect_raises(submitted, ValueError, logits, labels, what="the label 1.5", hint=hint)
    except Diagnosis:
        try:
            submitted(logits, labels)
        except LearnerError as error:
            if {"TypeError", "IndexError", "ValueError"} & set(error.kinds):
                return
            raise
        raise Diagnosis("The label 1.5 is accepted, and a loss comes back. Which class would that be?", hint) from None


RESET, MEAN, TOGETHER, SHORT = "reset", "mean", "together", "short"
MISTAKES = {
    RESET: "the gradients are not reset: `+=` keeps those of earlier steps",
    MEAN: "the slopes are a sum over the batch: divide by `len(xb)`",
    TOGETHER: "layer 2 moves before the gradient of layer 1 is computed: `d_hidden` must use the old `W2`",
    SHORT: "the smaller last batch is divided by `batch_size`: divide by `len(xb)`, the number of examples it has",
}


@exercise("2.7", title="Mend a broken training loop")
def mended_train(submitted):
    """One step, then several epochs with a smaller last batch; every mix of the mistakes is recognized."""
    rng = np.random.default_rng(27)
    x, y = rng.normal(size=(10, 2)), rng.normal(size=(10, 1))
    start = (rng.normal(size=(2, 4)), rng.normal(size=4), rng.normal(size=(4, 1)), rng.normal(size=1))
    settings = [
        ("one batch, one epoch", x[:4], y[:4], 0.05, 4, 1),
        ("10 examples in batches of 4, three epochs", x, y, 0.02, 4, 3),
    ]
    for name, some_x, some_y, rate, batch_size, epochs in settings:
        arrays = [np.array(each) for each in start]
        value = submitted(some_x, some_y, *arrays, rate, batch_size, epochs)
        trained = expect_tuple(value, 4, f"The result for {name}", ("W1", "b1", "W2", "b2"))
        for array, before, label in zip(trained, start, ("W1", "b1", "W2", "b2"), strict=True):
            expect_array(array, before.shape, what=f"{label} after {name}")
        _recognize(name, trained, (some_x, some_y, start, rate, batch_size, epochs))
    return "Reset, mean, and one place for all gradients: this loop is right."


def _recognize(name, trained, run):
    flat = np.concatenate([array.ravel() for array in trained])
    expected = _train(*run, mistakes=())
    if np.allclose(flat, expected, rtol=1e-7, atol=1e-10):
        return
    if np.allclose(flat, _train(*run, mistakes=(), sign=1.0), rtol=1e-7, atol=1e-10):
        raise Diagnosis(f"For {name} all parameters move the wrong way.", hint=GRADIENT_ADDED)
    found = None
    for chosen in _mixes():
        if np.allclose(flat, _train(*run, mistakes=chosen), rtol=1e-7, atol=1e-10):
            found = chosen
            break
    if found:
        count = {1: "One mistake is", 2: "Two mistakes are", 3: "Three mistakes are"}[len(found)]
        raise Diagnosis(
            f"{count} left (seen with {name}).", hint=_sentence("; ".join(MISTAKES[mistake] for mistake in found))
        )
    _expect_movement(name, trained, run[2])
    shapes = [np.shape(array) for array in trained]
    parts = np.split(expected, np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1])
    for array, part, shape, label in zip(trained, parts, shapes, ("W1", "b1", "W2", "b2"), strict=True):
        expect_close(array, part.reshape(shape), rtol=1e-7, atol=1e-10, what=f"{label} after {name}")


def _expect_movement(name, trained, start):
    still = [
        label
        for array, before, label in zip(trained, start, ("W1", "b1", "W2", "b2"), strict=True)
        if np.array_equal(array, before)
    ]
    if still:
        raise Diagnosis(f"{', '.join(still)} did not change at all in {name}.", hint="Is an update missing?")


def _mixes():
    """All mixes of the mistakes, the smallest first; MEAN and SHORT exclude each other."""
    chosen = [
        tuple(mistake for mistake, taken in zip(MISTAKES, taken_all, strict=True) if taken)
        for taken_all in product((False, True), repeat=len(MISTAKES))
    ]
    return sorted((mix for mix in chosen if mix and not (MEAN in mix and SHORT in mix)), key=len)


def _train(x, y, start, rate, batch_size, epochs, mistakes, sign=-1.0):
    """The loop with the chosen mistakes; all trained parameters in one row."""
    w1, b1, w2, b2 = (np.array(each, dtype=float) for each in start)
    total = [np.zeros_like(each) for each in (w1, b1, w2, b2)]
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], y[first : first + batch_size]
            hidden = np.maximum(xb @ w1 + b1, 0)
            share = 1 if MEAN in mistakes else batch_size if SHORT in mistakes else len(xb)
            d_out = 2 * (hidden @ w2 + b2 - yb) / share
            second = [hidden.T @ d_out, d_out.sum(axis=0)]
            kept = total if RESET in mistakes else [0.0] * 4
            total[2], total[3] = kept[2] + second[0], kept[3] + second[1]
            w2_moved = w2 + sign * rate * total[2]
            d_hidden = (d_out @ (w2_moved if TOGETHER in mistakes else w2).T) * (hidden > 0)
            total[0], total[1] = kept[0] + xb.T @ d_hidden, kept[1] + d_hidden.sum(axis=0)
            w1, b1 = w1 + sign * rate * total[0], b1 + sign * rate * total[1]
            w2, b2 = w2_moved, b2 + sign * rate * total[3]
    return np.concatenate([each.ravel() for each in (w1, b1, w2, b2)])


LUCKY = "You choose by the best single run. Take the mean over the seeds of each learning rate."


@exercise("2.8", title="Design: choose a learning rate, report an honest number")
def choose_learning_rate(submitted):
    """Tables in which training loss, validation loss, test accuracy and luck each point to another rate."""
    table = _table(
        #       rate: train losses, validation losses, test accuracies
        {
            0.01: ([0.60, 0.62, 0.61], [0.64, 0.63, 0.65], [0.79, 0.80, 0.78]),
            0.03: ([0.40, 0.42, 0.41], [0.45, 0.47, 0.46], [0.84, 0.83, 0.86]),
            0.1: ([0.30, 0.35, 0.34], [0.40, 0.61, 0.60], [0.85, 0.82, 0.81]),
            0.3: ([0.10, 0.12, 0.11], [0.55, 0.56, 0.58], [0.82, 0.83, 0.81]),
            1.0: ([0.50, 0.52, 0.51], [0.50, 0.51, 0.52], [0.89, 0.90, 0.88]),
        }
    )
    _check_choice("the check's first table", submitted, table)
    with_nan = _table(
        {
            0.3: ([0.20, np.nan], [0.30, np.nan], [0.90, 0.10]),
            0.1: ([0.40, 0.60], [0.50, 0.70], [0.80, 0.84]),
            0.03: ([0.70, 0.80], [0.80, 0.90], [0.86, 0.88]),
        }
    )
    _check_choice("a table in which 0.3 blew up with one seed", submitted, with_nan)
    _check_choice("the same table in another order", submitted, with_nan[::-1])
    return "Validation decides, the mean over seeds, no rate that blows up, and the test column only reports."


def _table(rates):
    runs = []
    for rate, columns in rates.items():
        for seed, (train, validation, test) in enumerate(zip(*columns, strict=True)):
            runs.append(
                {"learning_rate": rate, "seed": seed, "train_loss": train, "validation_loss": validation,
                 "test_accuracy": test}
            )  # fmt: skip
    return runs


def _column(runs, name, rate):
    return np.array([run[name] for run in runs if run["learning_rate"] == rate])


def _check_choice(what, submitted, runs):
    value = expect_tuple(submitted(runs), 2, f"The result for {what}", ("learning rate", "test accuracy"))
    rate = expect_number(_plain_number(value[0]), "The learning rate")
    rates = list(dict.fromkeys(run["learning_rate"] for run in runs))
    if not any(np.isclose(rate, each) for each in rates):
        raise Diagnosis(f"The learning rate is {rate:g}; expected one of {_listed(rates)}.", "Which came back first?")
    validation = {each: _column(runs, "validation_loss", each) for each in rates}
    expected = min(rates, key=lambda each: np.nan_to_num(validation[each].mean(), nan=np.inf))
    if not np.isclose(rate, expected):
        raise Diagnosis(
            f"For {what} you choose {rate:g}; expected {expected:g}.", hint=_why_chosen(runs, rates, rate, validation)
        )
    _check_report(what, _column(runs, "test_accuracy", expected), runs, expected, value[1])


def _why_chosen(runs, rates, rate, validation):
    """Which wrong rule gives this rate."""
    chosen = next(each for each in rates if np.isclose(rate, each))
    if np.isnan(validation[chosen]).any():
        return (
            "A run with this rate blew up (`nan`). A comparison with `nan` is never true, and `nanmean` leaves the failed "
            "run out as if nothing had happened: treat a mean of `nan` as infinity."
        )
    rules = {
        "You choose by the test accuracy. Then the number you report is flattered: choose by validation.": max(
            rates, key=lambda each: _column(runs, "test_accuracy", each).mean()
        ),
        "You choose by the training loss. It is lowest for what learns by heart: choose by validation.": min(
            rates, key=lambda each: np.nan_to_num(_column(runs, "train_loss", each).mean(), nan=np.inf)
        ),
        LUCKY: min(rates, key=lambda each: np.nan_to_num(validation[each], nan=np.inf).min()),
        "You take the highest validation loss. A loss is better when it is lower.": max(
            rates, key=lambda each: np.nan_to_num(validation[each].mean(), nan=-np.inf)
        ),
    }
    for hint, wrong in rules.items():
        if wrong == chosen:
            return hint
    return "Take the mean of the validation losses for each rate, and the rate with the lowest mean."


def _check_report(what, test, runs, rate, value):
    value = expect_number(_plain_number(value), "The test accuracy")
    expected = test.mean()
    all_tests = np.array([run["test_accuracy"] for run in runs])
    best_seed = int(np.nanargmin(_column(runs, "validation_loss", rate)))
    because = {
        "That is the best test accuracy among the seeds of this rate. Report their mean.": test.max(),
        "That is the best test accuracy of all runs, not that of the rate you chose.": all_tests.max(),
        "That is the mean validation loss. Report the test accuracy.": _column(runs, "validation_loss", rate).mean(),
        "That is the mean over all rates. Report the rate you chose.": all_tests.mean(),
        "That is the test accuracy of one seed. Report the mean over the seeds.": test[best_seed],
    }
    expect_close(value, expected, because=_unlike(expected, because), what=f"The test accuracy reported for {what}")


def _sentence(text):
    return f"{text[0].upper()}{text[1:]}."


def _plain_number(value):
    """The value, or the number in it when it is an array of one element."""
    return value.item() if isinstance(value, np.ndarray) and value.size == 1 else value


def _unlike(expected, mistakes):
    """The known mistakes, {hint: wrong value}, whose value differs from the expected one for these inputs."""
    expected = np.asarray(expected)
    return {
        hint: wrong
        for hint, wrong in mistakes.items()
        if np.shape(wrong) != expected.shape or not np.allclose(wrong, expected)
    }


def _listed(values):
    return "[" + ", ".join(f"{value:g}" for value in np.asarray(values, dtype=float)) + "]"
