"""Exercise 4.4: one step for the head of a reused network, whose body is frozen."""

from itertools import product

import numpy as np

from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import ROUNDING, expect_array, expect_close, expect_dict, expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = (
    "Print the features and the gradient over the logits. Is no feature negative, and does each row of that "
    "gradient add up to 0?"
)

EPSILON = 1e-5  # of the body's batch norm
HEAD_NAMES = ("weight", "bias")


def normalized(sums, mean, variance):
    """The right features, from the statistics that normalize."""
    return np.maximum((sums - mean) / np.sqrt(variance + EPSILON), 0)


def features_of(sums, body):
    return normalized(sums, body["running_mean"], body["running_variance"])


def of_logits(logits, one_hot):
    """The right gradient over the logits."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (exponentials / exponentials.sum(axis=1, keepdims=True) - one_hot) / len(logits)


def head_with(features=features_of, gradient=of_logits, rate=float, bias=None, body_after=None):
    """An answer that is right but for the given part.

    Parameters
    ----------
    features : function of the sums and the body
    gradient : function of the logits and of the labels as one-hot rows: the gradient over the logits
    rate : function of the learning rate: the rate that is used
    bias : function of the number of examples: what the step of the bias is multiplied by
    body_after : function of the body and the sums: the body that is returned
    """

    def answer(body, head, x, labels, learning_rate):
        sums = x @ body["weight"] + body["bias"]
        inputs = features(sums, body)
        slopes = gradient(inputs @ head["weight"] + head["bias"], np.eye(len(head["bias"]))[labels])
        moved = {
            "weight": head["weight"] - rate(learning_rate) * inputs.T @ slopes,
            "bias": head["bias"] - rate(learning_rate) * slopes.sum(axis=0) * (bias(len(x)) if bias else 1),
        }
        return (body_after(body, sums) if body_after else body), moved

    return answer


step = head_with()


def drawn(rng):
    """Fresh bodies, heads and batches: shapes that differ, square ones, two classes, one example, one unit."""
    n, n_inputs, n_units, n_classes = (int(each) for each in rng.integers(2, 7, 4))
    cases = []
    for sizes in (
        (n, n_inputs, n_units, n_classes),
        (n, n, n, n),
        (n + 3, n_inputs, n_units, 2),
        (1, n, n_units, 3),
        (n, 3, 1, 4),
    ):
        n_examples, *of_network = sizes
        body_and_head = _body_and_head(rng, *of_network, rng.uniform(0.5, 1.5))
        x, labels = rng.normal(0.3, 1, (n_examples, of_network[0])), rng.integers(0, sizes[-1], n_examples)
        cases.append((*body_and_head, x, labels, float(rng.uniform(0.1, 1))))
    return cases


def moving_statistics(body, sums):
    """As the exercise's own lines move them; one example has no variance with n - 1."""
    mean = 0.9 * body["running_mean"] + 0.1 * sums.mean(axis=0)
    variance = 0.9 * body["running_variance"] + 0.1 * sums.var(axis=0, ddof=min(1, len(sums) - 1))
    return {**body, "running_mean": mean, "running_variance": variance}


def updated_body(body, sums=None):
    return {**body, "weight": 0.9 * body["weight"], "bias": body["bias"] + 0.01}


def by_the_batch(sums, body):
    return normalized(sums, sums.mean(axis=0), sums.var(axis=0))


def by_moved_statistics(sums, body):
    return features_of(sums, moving_statistics(body, sums))


def without_epsilon(sums, body):
    return np.maximum((sums - body["running_mean"]) / np.sqrt(body["running_variance"]), 0)


def epsilon_outside(sums, body):
    return np.maximum((sums - body["running_mean"]) / (np.sqrt(body["running_variance"]) + EPSILON), 0)


def head_in_place(body, head, x, labels, learning_rate):
    body["running_mean"] = 0.9 * body["running_mean"]
    return body, head


STATISTICS_MOVE = (
    "The body's running statistics move. Frozen means them too: a body that is reused must go on giving the same "
    "features for the same image."
)
BODY_UPDATED = "The body's weights or biases are updated. The body is frozen: the head alone takes a step."
BY_THE_BATCH = (
    "The sums are normalized by the mean and variance of this batch. In a frozen body batch norm stands in evaluation "
    "mode: it uses running_mean and running_variance."
)
NO_EPSILON = "The 1e-5 does not stand under the root: sqrt(running_variance + 1e-5). A small variance feels it."

WRONG_FEATURES = [
    (by_the_batch, BY_THE_BATCH),
    (
        lambda sums, body: normalized(sums, sums.mean(axis=0), body["running_variance"]),
        "The mean is that of the batch. The body brings its own: running_mean.",
    ),
    (
        lambda sums, body: normalized(sums, body["running_mean"], sums.var(axis=0)),
        "The variance is that of the batch. The body brings its own: running_variance.",
    ),
    (
        lambda sums, body: np.maximum(sums, 0),
        "The sums are not normalized: subtract running_mean and divide by the root of running_variance.",
    ),
    (
        lambda sums, body: (sums - body["running_mean"]) / np.sqrt(body["running_variance"] + EPSILON),
        "ReLU is missing: what the head gets is never negative.",
    ),
    (
        by_moved_statistics,
        "The sums are normalized by running statistics that this batch has moved already. Use those that `body` came "
        "with.",
    ),
    (
        lambda sums, body: np.maximum((sums - body["running_mean"]) / (body["running_variance"] + EPSILON), 0),
        "The root is missing: divide by the root of running_variance + 1e-5.",
    ),
]

WRONG_STEPS = [
    (
        {"gradient": lambda logits, one_hot: len(logits) * of_logits(logits, one_hot)},
        "The sum over the batch is taken. The loss is a mean: divide by the number of examples.",
    ),
    ({"rate": lambda eta: -eta}, "The sign is turned around: w <- w - eta g goes downhill."),
    (
        {"gradient": lambda logits, one_hot: of_logits(logits, 0 * one_hot)},
        "The labels are not subtracted: dL/dlogits is the probabilities, minus 1 at the right class.",
    ),
    (
        {"gradient": lambda logits, one_hot: (logits - one_hot) / len(logits)},
        "Softmax is missing: dL/dlogits is made of probabilities, not of logits.",
    ),
    ({"bias": lambda n: 0}, "The head's bias did not move. It is part of the head."),
    (
        {"bias": lambda n: 1 / n},
        "The mean is taken twice for the bias: dL/dlogits holds the division by the number of examples.",
    ),
    ({"rate": lambda eta: 1.0}, "The learning rate is missing in the step."),
]

# (answer, hints): what is wrong in the step, in the features, or in both
WRONG_HEADS = [
    *[(head_with(**words), (of_step,)) for words, of_step in WRONG_STEPS],
    *[(head_with(wrong), (of_features,)) for wrong, of_features in WRONG_FEATURES],
    *[
        (head_with(wrong, **words), (of_features, of_step))
        for (wrong, of_features), (words, of_step) in product(WRONG_FEATURES, WRONG_STEPS)
    ],
    (head_with(without_epsilon), (NO_EPSILON,)),
    (lambda body, head, *given: (body, head), ("The head did not move.",)),
]

MISTAKES = [
    *[(answer, " ".join(hints)) for answer, hints in WRONG_HEADS],
    (head_with(epsilon_outside), NO_EPSILON),
    *[(head_with(without_epsilon, **words), of_step) for words, of_step in WRONG_STEPS],  # the larger one comes first
    (head_with(body_after=moving_statistics), STATISTICS_MOVE),
    (head_with(body_after=updated_body), BODY_UPDATED),
    (head_with(by_the_batch, body_after=moving_statistics), f"{STATISTICS_MOVE} {BY_THE_BATCH}"),
    (head_with(by_the_batch, body_after=moving_statistics), Said("Two mistakes are left")),
    (head_with(by_moved_statistics, body_after=moving_statistics), Said("Two mistakes are left")),
    (
        head_with(by_the_batch, body_after=lambda body, sums: moving_statistics(updated_body(body), sums)),
        Said("Three mistakes are left"),
    ),
    (head_with(by_the_batch, **WRONG_STEPS[0][0], body_after=moving_statistics), Said("Three mistakes are left")),
    (head_with(rate=lambda eta: 1.5 * eta), Said("The head's weight for 6 examples")),
    (lambda body, head, *given: (updated_body(body), {**head, "bias": head["bias"] + 1}), Said("has changed")),
    (head_in_place, Said("changes its input `body`")),
    (lambda *given: step(*given)[::-1], Said("lacks 'running_mean', 'running_variance'")),
    (lambda *given: step(*given)[1], Said("expected 2 values (body, head)")),
    (lambda body, head, *given: (body, {"weight": head["weight"]}), Said("lacks 'bias'")),
    (lambda body, head, *given: (body, {**head, "weight": head["weight"].T}), Said("It is transposed")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise(
    "4.4",
    title="Mend the step of a reused network",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(step, drawn, rtol=0.0001, atol=1e-05),
)
def head_step(submitted):
    """Running statistics unlike the batch's, several shapes, sums so small that 1e-5 counts, then one example alone."""
    rng = np.random.default_rng(44)
    for name, n, n_inputs, n_units, n_classes, size in (
        ("6 examples, 4 inputs, 5 units, 3 classes", 6, 4, 5, 3, 1.0),
        ("9 examples, 3 inputs, 3 units, 2 classes, with small sums", 9, 3, 3, 2, 0.005),
        ("a batch of one example", 1, 4, 6, 3, 1.0),
    ):
        given = *_body_and_head(rng, n_inputs, n_units, n_classes, size), rng.normal(1, 2, (n, n_inputs))
        given = *given, rng.integers(0, n_classes, n), 0.7
        with np.errstate(all="ignore"):
            value = submitted(*given)
        _check_step(value, name, given)
    return "The body stands still, its running statistics too; the head takes one step downhill."


def _body_and_head(rng, n_inputs, n_units, n_classes, size):
    """`size` is about the size of the sums in the body."""
    body = {
        "weight": size * rng.normal(size=(n_inputs, n_units)),
        "bias": size * rng.normal(size=n_units),
        "running_mean": size * rng.normal(size=n_units),
        "running_variance": size**2 * rng.uniform(0.5, 3, n_units),
    }
    return body, {"weight": rng.normal(size=(n_units, n_classes)), "bias": rng.normal(size=n_classes)}


def _check_step(value, name, given):
    old_body, old_head = given[:2]
    body, head = expect_tuple(value, 2, f"The result for {name}", ("body", "head"))
    body = _dict_of_arrays(body, old_body, f"The body for {name}")
    head = _dict_of_arrays(head, old_head, f"The head for {name}")
    moved = [key for key in old_body if not np.allclose(body[key], old_body[key], rtol=1e-5, atol=1e-12)]
    right = step(*given)[1]
    head_is_right = np.allclose(_row(head), _row(right), **ROUNDING)
    of_head = () if head_is_right else _known_hints(_row(head), _row(right), given)
    mistakes = [*_body_mistakes(moved), *of_head]
    if mistakes and (head_is_right or of_head):
        count = ("One mistake is", "Two mistakes are", "Three mistakes are", "Four mistakes are")[len(mistakes) - 1]
        raise Diagnosis(f"{count} left, as the result for {name} shows.", hint=" ".join(mistakes))
    if moved:
        raise Diagnosis(f"The body for {name} has changed: {', '.join(moved)}.", hint=" ".join(mistakes))
    for key in HEAD_NAMES:
        expect_close(head[key], right[key], **ROUNDING, what=f"The head's {key} for {name}")


def _body_mistakes(moved):
    """A list of hints for the names of what moved in the body, which should stand still."""
    mistakes = [STATISTICS_MOVE] if {"running_mean", "running_variance"} & set(moved) else []
    return mistakes + ([BODY_UPDATED] if {"weight", "bias"} & set(moved) else [])


def _known_hints(row, right, given):
    """The hints for the mistake that gives this head, as a row of numbers; () where none does."""
    for wrong, hints in known(WRONG_HEADS, *given, part=lambda result: _row(result[1])):
        if np.allclose(row, wrong, rtol=1e-3, atol=1e-5) and not np.allclose(wrong, right, **ROUNDING):
            return hints
    return ()


def _row(head):
    """The entries of the head in one row."""
    return np.concatenate([np.ravel(head[name]) for name in HEAD_NAMES])


def _dict_of_arrays(value, like, what):
    """A dict with the keys, shapes and finite numbers of `like`, as plain arrays."""
    value = expect_dict(value, list(like), what)
    return {key: expect_array(value[key], like[key].shape, what=f"{what}, {key!r},") for key in like}
