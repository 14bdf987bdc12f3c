"""Exercise 2.6: softmax cross-entropy and its gradient, for logits of any size."""

import numpy as np

from course_lib.checks.chapter_02.meanings import SUM_FOR_MEAN
from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import (
    ROUNDING,
    expect_array,
    expect_close,
    expect_number,
    expect_tuple,
)
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError

LEAD = (
    "Take the example with the logits log 4, log 2 and log 1 and print the probabilities, the loss and the "
    "gradient: the text works out all three."
)
SLIPS = {"NameError", "AttributeError", "RecursionError", "MemoryError"}  # errors that nobody raises to refuse a label


def softmax(logits, axis=1):
    """Probabilities along the rows (batch, classes)."""
    exponentials = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def loss_and_gradient(logits, labels):
    """The mean loss, log(total) - logit of the true class, and its gradient over the logits (batch, classes)."""
    rows, shifted = np.arange(len(labels)), logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[rows, labels]
    return losses.mean(), (softmax(logits) - _truth(logits, labels)) / len(labels)


def drawn(rng):
    """Moderate logits: any shape, a square, one example, two classes, all alike; then huge ones, some of them equal."""
    n, batch, classes = rng.integers(2, 8, 3)
    shapes = [(batch, classes), (n, n), (1, classes), (batch, 2)]
    logits = [rng.normal(0, 2, shape) for shape in shapes]
    logits.append(np.full((batch, classes), float(rng.integers(-5, 6))))
    logits += [rng.integers(-12, 13, shape) * 1000.0 for shape in shapes]
    return [(each, rng.integers(each.shape[1], size=len(each))) for each in logits]


def hidden(submitted, rng):
    """Fresh logits and labels, and a fresh label that is between two classes."""
    same_as(loss_and_gradient, drawn)(submitted, rng)
    logits = rng.normal(0, 2, rng.integers(2, 6, 2))
    labels = rng.integers(logits.shape[1], size=len(logits)).astype(float)
    labels[rng.integers(len(labels))] = rng.integers(logits.shape[1] - 1) + 0.5
    _check_label_refused(submitted, logits, labels)


def _truth(logits, labels):
    return np.eye(logits.shape[1])[labels]


def _of_true_class(table, labels):
    return table[np.arange(len(labels)), labels]


def _with(loss=None, gradient=None):
    """A right answer but for the named part: a function of the logits and the labels."""

    def answer(logits, labels):
        right_loss, right_gradient = loss_and_gradient(logits, labels)
        return loss(logits, labels) if loss else right_loss, gradient(logits, labels) if gradient else right_gradient

    return answer


def naive(logits, labels):
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return -np.log(_of_true_class(probabilities, labels)).mean(), (probabilities - _truth(logits, labels)) / len(labels)


def all_labels_in_every_row(logits, labels):
    p = softmax(logits)
    p[:, labels] -= 1
    return p / len(labels)


MISTAKES = [
    (_with(lambda z, labels: len(z) * loss_and_gradient(z, labels)[0]), SUM_FOR_MEAN),
    (
        _with(lambda z, labels: -loss_and_gradient(z, labels)[0]),
        "The sign is turned around: the logarithm of a probability is negative, the loss is minus that.",
    ),
    (_with(lambda z, labels: -_of_true_class(softmax(z), labels).mean()), "The logarithm is missing."),
    (
        _with(lambda z, labels: loss_and_gradient(z, labels)[0] / z.shape[1]),
        "The mean goes over all classes too. Divide by the number of examples.",
    ),
    (
        _with(lambda z, labels: -np.log(softmax(z)).sum() / len(z)),
        "The probability of every class enters. Only that of the true class counts.",
    ),
    (
        _with(lambda z, labels: -np.log(_of_true_class(softmax(z, axis=0), labels)).mean()),
        "Softmax runs down the columns. Each row is one example: `axis=1`.",
    ),
    (
        _with(lambda z, labels: -np.log10(_of_true_class(softmax(z), labels)).mean()),
        "That is the logarithm to base 10. `np.log` is the natural one.",
    ),
    (
        _with(lambda z, labels: -_of_true_class(z, labels).mean()),
        "That is minus the logit. The logarithm of the total is missing.",
    ),
    (
        _with(lambda z, labels: loss_and_gradient(z, labels)[0] - z.max(axis=1).mean()),
        "The total is of the shifted logits, the logit of the true kind is not. Take both from the shifted ones.",
    ),
    (
        lambda z, labels: loss_and_gradient(z - z.max(axis=0), labels),
        "The largest logit of each column is subtracted. Each row is one example: `max(axis=1, keepdims=True)`.",
    ),
    (
        _with(gradient=lambda z, labels: softmax(z) - _truth(z, labels)),
        "It is not divided by the batch size. The loss is a mean, so each example counts 1/n.",
    ),
    (_with(gradient=lambda z, labels: softmax(z)), "Those are the probabilities. Subtract 1 at the true class."),
    (_with(gradient=lambda z, labels: softmax(z) / len(z)), "The 1 of the true class is not subtracted."),
    (
        _with(gradient=lambda z, labels: (_truth(z, labels) - softmax(z)) / len(z)),
        "The sign is turned around: probability minus truth.",
    ),
    (
        _with(gradient=lambda z, labels: softmax(z) - _truth(z, labels) / len(z)),
        "1 is divided by the batch size, the probabilities are not.",
    ),
    (
        _with(gradient=lambda z, labels: softmax(z) / len(z) - _truth(z, labels)),
        "The probabilities are divided by the batch size, the 1 is not.",
    ),
    (
        _with(gradient=all_labels_in_every_row),
        "`p[:, labels]` takes those columns in every row. Each row has one label of its own: "
        "`p[np.arange(len(labels)), labels]`.",
    ),
    (naive, Said("Softmax overflows")),
    (_with(lambda z, labels: -np.log(_of_true_class(softmax(z), labels)).mean()), Said("log 0 is taken")),
    (_with(lambda z, labels: -np.log(_of_true_class(softmax(z), labels) + 1e-12).mean()), Said("tiny number")),
    (_with(gradient=lambda z, labels: naive(z, labels)[1]), Said("holds nan or inf")),
    (lambda z, labels: loss_and_gradient(z, labels.astype(int)), Said("label 1.5 is accepted")),
    (lambda z, labels: loss_and_gradient(z, labels)[::-1], Said("the gradient and then the loss")),
    (lambda z, labels: loss_and_gradient(z, labels)[0], Said("expected 2 values (loss, gradient)")),
    (_with(lambda z, labels: loss_and_gradient(z, labels)[0].reshape(1)), Said("`value.item()`")),
    (_with(gradient=lambda z, labels: loss_and_gradient(z, labels)[1].tolist()), Said("`np.array(...)`")),
    (lambda z, labels: None, Said("forget `return`")),
]


@exercise("2.6", title="Softmax cross-entropy that survives", mistakes=MISTAKES, lead=LEAD, hidden=hidden, kept=True)
def cross_entropy(submitted):
    """Moderate logits, the example, huge logits, and labels that are not whole numbers."""
    rng = np.random.default_rng(26)
    cases = (
        ("a batch of 5 with 3 classes", rng.normal(0, 2, (5, 3)), np.array([2, 0, 1, 2, 2])),
        ("the example", np.log([[4.0, 2.0, 1.0]]), np.array([0])),
        ("a batch of 4 with 4 classes", rng.normal(0, 2, (4, 4)), np.array([3, 0, 0, 1])),
    )
    for name, *given in cases:
        loss, gradient = _both(submitted, name, *given)
        right_loss, right_gradient = loss_and_gradient(*given)
        because = known(MISTAKES, *given, part=0)
        expect_close(loss, right_loss, **ROUNDING, because=because, what=f"The loss for {name}")
        because = known(MISTAKES, *given, part=1)
        expect_close(gradient, right_gradient, **ROUNDING, because=because, what=f"The gradient for {name}")
    _check_huge(submitted)
    _check_label_refused(submitted, np.array([[1.0, 2.0, 0.5], [0.3, 0.1, 0.2]]), np.array([1.5, 0.0]))
    return "Right for small logits and for 10,000, and labels such as 1.5 are refused."


def _both(submitted, name, logits, labels):
    with np.errstate(all="ignore"):
        value = submitted(logits, labels)
    loss, gradient = expect_tuple(value, 2, f"The result for {name}", ("loss", "gradient"))
    if isinstance(loss, np.ndarray) and loss.ndim == 2 and np.isscalar(gradient):
        raise Diagnosis(
            f"The result for {name} is the gradient and then the loss; expected the loss first.",
            hint="Return them in this order: `return loss, gradient`.",
        )
    return loss, gradient


def _check_huge(submitted):
    logits = np.array([[10_000.0, 0.0, -10_000.0], [0.0, 10_000.0, 5.0], [-10_000.0, -10_000.0, -10_000.0]])
    labels = np.array([1, 1, 0])
    loss, gradient = _both(submitted, "logits of 10,000", logits, labels)
    expected, right_gradient = loss_and_gradient(logits, labels)
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


def _check_label_refused(submitted, logits, labels):
    label = labels[labels % 1 > 0][0]
    try:
        submitted(logits, labels)
    except LearnerError as error:
        if "Exception" not in error.kinds or SLIPS & set(error.kinds):
            raise
        return
    raise Diagnosis(
        f"The label {label} is accepted, and a loss comes back. Which class would that be?",
        hint="Index with the labels as they come. "
        f"`labels.astype(int)` turns {label} into class {int(label)} and hides the mistake.",
    )
