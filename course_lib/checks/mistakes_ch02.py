"""What the exercises of chapter 2 come to: the right values, and the value that each common mistake gives.

Nothing here calls a learner's function. A function `..._mistakes` returns {hint: wrong value}, without the mistakes
that give the right value for these inputs.
"""

from itertools import product

import numpy as np

from course_lib.checks.expectations import unlike

GRADIENT_ADDED = "You go uphill: the gradient is added. Descent subtracts it."
SUM_FOR_MEAN = "That is the sum over the examples; the mean divides by how many there are."


# ---- 2.1: mean squared error ----------------------------------------------------------------------------------------


def loss_mistakes(predictions, targets):
    """Of the mean squared error, for two arrays of the same shape: numbers."""
    errors = predictions - targets
    squares = errors**2
    mistakes = {
        SUM_FOR_MEAN: squares.sum(),
        "The mean is taken before the square, so positive and negative errors cancel.": errors.mean() ** 2,
        "The square is missing, so positive and negative errors cancel.": errors.mean(),
        "Those are absolute errors. Here each error is squared.": np.abs(errors).mean(),
        "A root is taken at the end. The mean squared error stays squared.": np.sqrt(squares.mean()),
        "A factor 1/2 is too many: the mean of the squares, without a factor.": squares.mean() / 2,
        "Predictions and targets are added. The error is their difference.": np.mean((predictions + targets) ** 2),
        "You divide by the number of rows. The mean is over all entries.": squares.sum() / len(errors),
    }
    return unlike(squares.mean(), mistakes)


# ---- 2.2: one step of gradient descent ------------------------------------------------------------------------------


def descent_step(x, y, w, b, rate, sign=-1.0, factor=2.0, total=np.mean):
    """The new w and b of the line w * x + b after a step on the mean squared error: an array of two."""
    errors = w * x + b - y
    return np.array([w + sign * rate * factor * total(errors * x), b + sign * rate * factor * total(errors)])


def step_mistakes(x, y, w, b, rate):
    """Of `descent_step`: pairs (w, b)."""
    errors = w * x + b - y
    slope_w, slope_b = 2 * np.mean(errors * x), 2 * np.mean(errors)
    new_w, new_b = descent_step(x, y, w, b, rate)
    later_b = b - rate * 2 * np.mean(new_w * x + b - y)
    later_w = w - rate * 2 * np.mean((w * x + new_b - y) * x)
    uphill_sum = descent_step(x, y, w, b, rate, sign=1.0, total=np.sum)
    mistakes = {
        GRADIENT_ADDED: descent_step(x, y, w, b, rate, sign=1.0),
        SUM_FOR_MEAN + " With a sum the step grows with the data.": descent_step(x, y, w, b, rate, total=np.sum),
        "Uphill, and a sum where the mean belongs: two mistakes.": uphill_sum,
        "The factor 2 of the square's slope is missing.": descent_step(x, y, w, b, rate, factor=1.0),
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
    return unlike((new_w, new_b), mistakes)


# ---- 2.3: the largest learning rate ---------------------------------------------------------------------------------


def largest_rate_mistakes(x):
    """Of the largest learning rate for the line w * x, which is 1 / mean(x**2): numbers."""
    edge = 1 / np.mean(x**2)
    mistakes = {
        "At that rate the factor is 0 and one step arrives. It is the best rate, and not yet the edge.": edge / 2,
        "Twice too large. The slope of the loss is 2 times the mean of the squares times the distance.": 2 * edge,
        "That is the square of the mean. The slope has the mean of the squares.": 1 / np.mean(x) ** 2,
        SUM_FOR_MEAN: 1 / np.sum(x**2),
        "The inputs come in squared: raising w moves a prediction by x, and its error counts times x again.": 1
        / np.mean(x),
        "The largest input is not all that counts: it is the mean of the squares.": 1 / np.max(np.abs(x)) ** 2,
        "That is the mean of the squares. The edge is 1 over it.": np.mean(x**2),
    }
    return unlike(edge, mistakes)


# ---- 2.5: a numerical gradient --------------------------------------------------------------------------------------


def neuron_loss(weights, x, targets):
    """Mean squared error of tanh(x @ weights): the loss that the exercise gives."""
    return float(np.mean((np.tanh(x @ weights) - targets) ** 2))


def differences(weights, x, targets, step, up=1.0, down=1.0, over=2.0, leak=False):
    """(loss(w + up step) - loss(w - down step)) / (over step) for every entry; `leak` never takes a nudge back."""
    gradient, current = np.zeros(weights.shape), weights.astype(float)
    for index in np.ndindex(weights.shape):
        above, below = (current, current) if leak else (current.copy(), current.copy())
        above[index] += up * step
        high = neuron_loss(above, x, targets)
        below[index] -= (up + down if leak else down) * step
        gradient[index] = (high - neuron_loss(below, x, targets)) / (over * step)
    return gradient


def difference_mistakes(weights, x, targets, step):
    """Of central differences: arrays with the shape of the weights."""
    given = weights, x, targets, step
    central = differences(*given)
    at_once = (neuron_loss(weights + step, x, targets) - neuron_loss(weights - step, x, targets)) / (2 * step)
    two_sides = "The central one looks to both sides: w + step and w - step."
    leak = differences(*given, leak=True)
    mistakes = {
        f"That is the forward difference. {two_sides}": differences(*given, down=0.0, over=1.0),
        f"That is the backward difference. {two_sides}": differences(*given, up=0.0, over=1.0),
        "Twice too large: w + step and w - step are 2 steps apart, so divide by `2 * step`.": 2 * central,
        "The difference is not divided by anything yet. A slope is change per step.": 2 * step * central,
        "The sign is turned around: first w + step, then w - step.": -central,
        "A nudge is not taken back before the next one. Start every entry from a fresh copy.": leak,
        "All entries are nudged at once. Nudge one entry, keep the others.": np.full(weights.shape, at_once),
        "One of the two losses is that of the weights as they are, one step away, and you divide by 2 steps. Nudge to "
        "both sides.": differences(*given, down=0.0, over=2.0),
    }
    return unlike(central, mistakes)


def whole_number_mistakes(weights, x, targets):
    """Of central differences with a step of 0.00001, when the weights are an array of whole numbers: arrays."""
    expected = differences(weights, x, targets, 1e-5)
    mistakes = {
        "The weights came as whole numbers, and a nudge of 0.00001 was cut off. Copy them with "
        "`weights.astype(float)`.": _cut_off(weights, x, targets),
        "The weights came as whole numbers, and the gradient array keeps only whole numbers: `np.zeros_like` takes "
        "over their kind. Use `np.zeros(weights.shape)`.": np.trunc(expected),
    }
    return unlike(expected, mistakes)


def _cut_off(weights, x, targets):
    """What central differences give when a nudged whole number is cut back to a whole number."""
    gradient = np.zeros(weights.shape)
    for index in np.ndindex(weights.shape):
        up, down = weights.copy(), weights.copy()
        up[index] = int(up[index] + 1e-5)
        down[index] = int(down[index] - 1e-5)
        gradient[index] = (neuron_loss(up, x, targets) - neuron_loss(down, x, targets)) / 2e-5
    return gradient


# ---- 2.6: softmax cross-entropy -------------------------------------------------------------------------------------


def log_probabilities(logits):
    """Logarithm of softmax along the rows, for logits of any size: (batch, classes)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def cross_entropy(logits, labels):
    """The mean loss, and its gradient over the logits (batch, classes)."""
    logs = log_probabilities(logits)
    truth = np.eye(logits.shape[1])[labels]
    return -np.sum(logs * truth) / len(labels), (np.exp(logs) - truth) / len(labels)


def cross_entropy_mistakes(logits, labels):
    """Of the loss: numbers."""
    logs, rows = log_probabilities(logits), np.arange(len(labels))
    picked = logs[rows, labels]
    down_columns = log_probabilities(logits.T).T[rows, labels]
    mistakes = {
        SUM_FOR_MEAN: -picked.sum(),
        "The sign is turned around: the logarithm of a probability is negative, the loss is minus that.": picked.mean(),
        "The logarithm is missing.": -np.exp(picked).mean(),
        "The mean goes over all classes too. Divide by the number of examples.": -picked.sum() / logits.size,
        "The probability of every class enters. Only that of the true class counts.": -logs.sum() / len(labels),
        "Softmax runs down the columns. Each row is one example: `axis=1`.": -down_columns.mean(),
        "That is the logarithm to base 10. `np.log` is the natural one.": -picked.mean() / np.log(10),
        "That is minus the logit. The logarithm of the total is missing.": -logits[rows, labels].mean(),
    }
    return unlike(-picked.mean(), mistakes)


def logit_gradient_mistakes(logits, labels):
    """Of the gradient over the logits: arrays (batch, classes)."""
    probabilities, count = np.exp(log_probabilities(logits)), len(labels)
    truth = np.eye(logits.shape[1])[labels]
    right = (probabilities - truth) / count
    mistakes = {
        "It is not divided by the batch size. The loss is a mean, so each example counts 1/n.": probabilities - truth,
        "Those are the probabilities. Subtract 1 at the true class.": probabilities,
        "The 1 of the true class is not subtracted.": probabilities / count,
        "The sign is turned around: probability minus truth.": -right,
        "1 is divided by the batch size, the probabilities are not.": probabilities - truth / count,
        "The probabilities are divided by the batch size, the 1 is not.": probabilities / count - truth,
    }
    return unlike(right, mistakes)


# ---- 2.7: a broken training loop ------------------------------------------------------------------------------------

RESET, MEAN, TOGETHER, SHORT = "reset", "mean", "together", "short"
LOOP_MISTAKES = {
    RESET: "the gradients are not reset: `+=` keeps those of earlier steps",
    MEAN: "the slopes are a sum over the batch: divide by `len(xb)`",
    TOGETHER: "layer 2 moves before the gradient of layer 1 is computed: `d_hidden` must use the old `W2`",
    SHORT: "the smaller last batch is divided by `batch_size`: divide by `len(xb)`, the number of examples it has",
}


def mixes_of_loop_mistakes():
    """All mixes of the mistakes as tuples, the smallest first; MEAN and SHORT exclude each other."""
    chosen = [
        tuple(mistake for mistake, taken in zip(LOOP_MISTAKES, taken_all, strict=True) if taken)
        for taken_all in product((False, True), repeat=len(LOOP_MISTAKES))
    ]
    return sorted((mix for mix in chosen if mix and not (MEAN in mix and SHORT in mix)), key=len)


def train(x, y, start, rate, batch_size, epochs, mistakes=(), sign=-1.0):
    """The training loop with the chosen mistakes: W1, b1, W2, b2 after it. `start` has the four before it."""
    w1, b1, w2, b2 = (np.array(each, dtype=float) for each in start)
    total = [np.zeros_like(each) for each in (w1, b1, w2, b2)]
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], y[first : first + batch_size]
            hidden = np.maximum(xb @ w1 + b1, 0)
            share = 1 if MEAN in mistakes else batch_size if SHORT in mistakes else len(xb)
            d_out = 2 * (hidden @ w2 + b2 - yb) / share
            kept = total if RESET in mistakes else [0.0] * 4
            total[2], total[3] = kept[2] + hidden.T @ d_out, kept[3] + d_out.sum(axis=0)
            w2_moved = w2 + sign * rate * total[2]
            d_hidden = (d_out @ (w2_moved if TOGETHER in mistakes else w2).T) * (hidden > 0)
            total[0], total[1] = kept[0] + xb.T @ d_hidden, kept[1] + d_hidden.sum(axis=0)
            w1, b1 = w1 + sign * rate * total[0], b1 + sign * rate * total[1]
            w2, b2 = w2_moved, b2 + sign * rate * total[3]
    return w1, b1, w2, b2


# ---- 2.8: choose a learning rate ------------------------------------------------------------------------------------

# Each rule, good or bad, chooses another rate: by validation 0.03, by the best single run 0.1, by training loss 0.3,
# by test accuracy 1.0, by the highest validation loss 0.01. Of each rate: train losses, validation losses, test
# accuracies, one a seed.
RATES = {
    0.01: ([0.60, 0.62, 0.61], [0.64, 0.63, 0.65], [0.79, 0.80, 0.78]),
    0.03: ([0.40, 0.42, 0.41], [0.45, 0.47, 0.46], [0.84, 0.83, 0.86]),
    0.1: ([0.30, 0.35, 0.34], [0.40, 0.61, 0.60], [0.85, 0.82, 0.81]),
    0.3: ([0.10, 0.12, 0.11], [0.55, 0.56, 0.58], [0.82, 0.83, 0.81]),
    1.0: ([0.50, 0.52, 0.51], [0.50, 0.51, 0.52], [0.89, 0.90, 0.88]),
}
RATES_WITH_NAN = {
    0.3: ([0.20, np.nan], [0.30, np.nan], [0.90, 0.10]),
    0.1: ([0.40, 0.60], [0.50, 0.70], [0.80, 0.84]),
    0.03: ([0.70, 0.80], [0.80, 0.90], [0.86, 0.88]),
}


def table_of_runs(rates):
    """The list of dicts that the exercise gets, one for each learning rate and seed."""
    names = ("train_loss", "validation_loss", "test_accuracy")
    return [
        {"learning_rate": rate, "seed": seed, **dict(zip(names, values, strict=True))}
        for rate, columns in rates.items()
        for seed, values in enumerate(zip(*columns, strict=True))
    ]


def column(runs, name, rate):
    """One column of the runs with this learning rate: an array, one value a seed."""
    return np.array([run[name] for run in runs if run["learning_rate"] == rate])


def rates_of(runs):
    """The learning rates of the runs, each once, in their order."""
    return list(dict.fromkeys(run["learning_rate"] for run in runs))


def best_rate(runs):
    """The rate with the lowest mean validation loss; a mean of nan counts as infinity."""
    return min(rates_of(runs), key=lambda rate: _or_infinity(column(runs, "validation_loss", rate).mean()))


def wrong_rules(runs):
    """{hint: the rate that a wrong rule chooses}."""
    rates = rates_of(runs)

    def values(name):
        return lambda rate: column(runs, name, rate)

    train_loss, validation, test = values("train_loss"), values("validation_loss"), values("test_accuracy")
    return {
        "You choose by the test accuracy. Then the number you report is flattered: choose by validation.": max(
            rates, key=lambda rate: test(rate).mean()
        ),
        "You choose by the training loss. It is lowest for what learns by heart: choose by validation.": min(
            rates, key=lambda rate: _or_infinity(train_loss(rate).mean())
        ),
        "You choose by the best single run. Take the mean over the seeds of each learning rate.": min(
            rates, key=lambda rate: _or_infinity(validation(rate)).min()
        ),
        "You take the highest validation loss. A loss is better when it is lower.": max(
            rates, key=lambda rate: np.nan_to_num(validation(rate).mean(), nan=-np.inf)
        ),
    }


def report_mistakes(runs, rate):
    """Of the mean test accuracy of the runs with this rate: numbers."""
    test, validation = column(runs, "test_accuracy", rate), column(runs, "validation_loss", rate)
    all_tests = np.array([run["test_accuracy"] for run in runs])
    mistakes = {
        "That is the best test accuracy among the seeds of this rate. Report their mean.": test.max(),
        "That is the best test accuracy of all runs, not that of the rate you chose.": all_tests.max(),
        "That is the mean validation loss. Report the test accuracy.": validation.mean(),
        "That is the mean over all rates. Report the rate you chose.": all_tests.mean(),
        "That is the test accuracy of one seed. Report the mean over the seeds.": test[int(np.nanargmin(validation))],
        "That is the sum over the seeds. Report their mean.": test.sum(),
        "That is in percent. Report the share, a number between 0 and 1.": 100 * test.mean(),
    }
    return unlike(test.mean(), mistakes)


def _or_infinity(values):
    return np.nan_to_num(values, nan=np.inf)
