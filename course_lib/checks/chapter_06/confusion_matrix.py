"""Exercise 6.4: a confusion matrix, and the recall of each class."""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import ROUNDING, expect_close, expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, answers_in, known, meaning_in_all
from course_lib.checks.registry import exercise

LEAD = (
    "Take the example's three pairs and make a stroke in the table for each. Then, row by row: which share of the "
    "strokes stands on the diagonal?"
)


def confusion(labels, predictions, n_classes):
    """(counts, recall): counts[i, j] examples of class i were taken for class j; recall[i] of class i are right."""
    counts = np.zeros((n_classes, n_classes))
    np.add.at(counts, (labels, predictions), 1)
    return counts, recall_of(counts)


def recall_of(counts):
    return np.diag(counts) / np.maximum(counts.sum(axis=1), 1)


def drawn(rng):
    """Fresh labels and predictions: many examples and few, classes that are rare, without examples, never predicted."""
    cases = []
    for n, n_classes in (rng.integers(40, 90), 4), (rng.integers(20, 40), 3), (rng.integers(3, 9), 6), (1, 2), (5, 1):
        chances = rng.dirichlet(np.ones(n_classes))
        labels = rng.choice(n_classes, n, p=chances)
        predictions = np.where(rng.random(n) < 0.6, labels, rng.integers(0, n_classes, n))
        cases.append((labels, predictions, n_classes))
    labels, predictions, n_classes = cases[0]
    missing = int(rng.integers(n_classes))
    others = np.delete(np.arange(n_classes), missing)
    none_of_it = np.where(labels == missing, rng.choice(others, len(labels)), labels)
    return [*cases, (none_of_it, predictions, n_classes), (labels, none_of_it, n_classes)]


# ---- wrong answers --------------------------------------------------------------------------------------------------


def counting(counted):
    """counted(counts) in place of the counts."""

    def answer(labels, predictions, n_classes):
        counts, recall = confusion(labels, predictions, n_classes)
        return counted(counts), recall

    return answer


def recalling(share):
    """share(counts) in place of the recall."""

    def answer(labels, predictions, n_classes):
        counts, _ = confusion(labels, predictions, n_classes)
        return counts, share(counts)

    return answer


def counts_a_pair_once(labels, predictions, n_classes):
    counts = np.zeros((n_classes, n_classes))
    counts[labels, predictions] += 1
    return counts, recall_of(counts)


def counts_the_right_ones(labels, predictions, n_classes):
    counts = np.diag(np.bincount(labels[labels == predictions], minlength=n_classes))
    return counts, counts.sum(axis=1) / len(labels)


def at_least_one(sums):
    return np.maximum(sums, 1)


def numbers_pairs_in_place(labels, predictions, n_classes):
    labels *= n_classes
    labels += predictions
    counts = np.bincount(labels, minlength=n_classes**2).reshape(n_classes, n_classes)
    return counts, recall_of(counts)


WRONG_SHARES = "Those are the shares that are *wrong*."
PRECISION = (
    "That is the precision: of those that were taken for a class, the share that is right. Divide by how many examples "
    "the class *has*, the sums of the rows."
)

MISTAKES = [
    (
        lambda labels, predictions, n_classes: confusion(predictions, labels, n_classes),
        "It is transposed: the row is the class that an example has, the column the one that it was taken for.",
    ),
    (
        counts_a_pair_once,
        "Each pair is counted once, however often it comes: `counts[labels, predictions] += 1` looks up, adds and "
        "writes back once. Go through the examples one by one, or use `np.add.at`.",
    ),
    (
        lambda labels, predictions, n_classes: counts_a_pair_once(predictions, labels, n_classes),
        "Each pair is counted once, and rows and columns are exchanged besides.",
    ),
    (
        counting(lambda counts: counts / at_least_one(counts.sum(axis=1, keepdims=True))),
        "Those are shares of each class. `counts` holds how many they are; the shares are the recall.",
    ),
    (
        counting(lambda counts: counts / at_least_one(counts.sum(axis=0, keepdims=True))),
        "Those are shares of each predicted class. `counts` holds how many they are.",
    ),
    (
        counting(lambda counts: counts / counts.sum()),
        "Those are shares of all examples. `counts` holds how many they are.",
    ),
    (
        counts_the_right_ones,
        "Only the right ones are counted. What the wrong ones were taken for is what one wants to see.",
    ),
    (
        counting(lambda counts: counts - np.diag(np.diag(counts))),
        "Only the wrong ones are counted. The right ones stand on the diagonal.",
    ),
    (
        counting(lambda counts: counts + 1),
        "The counting starts at 1: every entry is one too large. Start from `np.zeros`.",
    ),
    (counting(np.zeros_like), "Nothing is counted."),
    (
        lambda labels, predictions, n_classes: confusion(labels, predictions, n_classes)[::-1],
        "The two are exchanged: `return counts, recall`.",
    ),
    (recalling(lambda counts: np.diag(counts) / at_least_one(counts.sum(axis=0))), PRECISION),
    (
        recalling(lambda counts: np.trace(counts) / counts.sum()),
        "That is the accuracy over all examples, the one number that hides a class. Give each class its own.",
    ),
    (
        recalling(lambda counts: np.full(len(counts), np.trace(counts) / counts.sum())),
        "That is the accuracy over all examples, for every class the same. Divide by the sums of the rows.",
    ),
    (
        recalling(lambda counts: 2 * np.diag(counts) / at_least_one(counts.sum(axis=0) + counts.sum(axis=1))),
        "Row and column are both in it, which makes the F1 score. Recall looks at the row alone.",
    ),
    (
        recalling(lambda counts: 1 - (counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)) / counts.sum()),
        "All examples are counted, also those that are rightly *not* taken for the class. Recall asks the class's own "
        "examples alone.",
    ),
    (
        recalling(lambda counts: counts.sum(axis=0) / at_least_one(counts.sum(axis=1))),
        "All that were taken for the class are counted, rightly or not. The right ones stand on the diagonal.",
    ),
    (
        recalling(lambda counts: np.round(recall_of(counts), 2)),
        "The recall is rounded. Return it with its decimals.",
    ),
    (recalling(lambda counts: 100 * recall_of(counts)), "Those are percent. The share is between 0 and 1."),
    (recalling(np.diag), "Those are counts. Divide by how many examples each class has."),
    (
        recalling(lambda counts: np.diag(counts) / counts.sum()),
        "The right ones are divided by the number of all examples. Divide by how many each class has.",
    ),
    (recalling(lambda counts: np.where(counts.sum(axis=1) > 0, 1 - recall_of(counts), 0.0)), WRONG_SHARES),
    (recalling(lambda counts: 1 - recall_of(counts)), WRONG_SHARES),
    (
        recalling(lambda counts: counts.sum(axis=1) / counts.sum()),
        "That is how large a share of the examples each class is. The recall is how many of them are right.",
    ),
    (
        recalling(lambda counts: np.where(counts.sum(axis=1) > 0, recall_of(counts), 1.0)),
        "A class without examples gets 1. Nothing of it was recognized: 0.",
    ),
    (
        recalling(lambda counts: np.diag(counts) / (counts.sum(axis=1) + 1)),
        "One is added to every class's number of examples, to save the division. Use `np.maximum(sums, 1)`, which "
        "changes an empty class alone.",
    ),
    (
        recalling(lambda counts: recall_of(counts)[counts.sum(axis=1) > 0]),
        "The class without examples is left out. It has an entry as well: 0.",
    ),
    (
        lambda labels, predictions, n_classes: confusion(labels, predictions, max([*labels, *predictions]) + 1),
        "The number of classes is read off the data, and a class may not come in it. Use `n_classes`.",
    ),
    (counting(lambda counts: counts[:-1]), Said("has shape")),
    (recalling(lambda counts: np.diag(counts) / counts.sum(axis=1)), Said("its recall is 0")),
    (
        recalling(lambda counts: np.diag(counts) / counts.sum(axis=0)),
        PRECISION,
    ),
    (
        lambda labels, predictions, n_classes: confusion(labels, predictions, n_classes)[1],
        Said("expected 2 values (counts, recall)"),
    ),
    (numbers_pairs_in_place, Said("changes its input `labels`")),
]


# ---- the check ------------------------------------------------------------------------------------------------------


@exercise("6.4", title="A confusion matrix", mistakes=MISTAKES, lead=LEAD, hidden=same_as(confusion, drawn))
def check_confusion(submitted):
    """Pairs that come often, classes that never come, are never predicted, or are alone; one example."""
    rng = np.random.default_rng(64)
    labels = rng.integers(0, 4, 60)
    predictions = np.where(rng.random(60) < 0.6, labels, rng.integers(0, 4, 60))
    uneven = np.repeat([0, 1, 2], [30, 5, 2])
    cases = [
        ("the example", [0, 0, 1], [0, 1, 1], 2),
        ("6 examples of 3 classes", [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2], 3),
        ("60 examples of 4 classes", labels, predictions, 4),
        ("37 examples, 30 of them of class 0", uneven, np.where(rng.random(37) < 0.7, 0, uneven), 3),
        ("a class without examples", [0, 2, 2, 0, 2, 0, 0], [0, 2, 1, 1, 2, 2, 0], 3),
        ("a last class that never comes", [0, 1, 1, 0, 0], [1, 1, 1, 0, 0], 4),
        ("a class that is never predicted", [0, 1, 2, 2, 1], [0, 0, 2, 0, 2], 3),
        ("one example", [1], [0], 2),
    ]
    cases = {name: (*map(np.array, classes), n_classes) for name, *classes, n_classes in cases}
    for name, given in cases.items():
        with np.errstate(all="ignore"):
            value = submitted(*given)
        counts, recall = expect_tuple(value, 2, f"The result for {name}", ("counts", "recall"))
        right_counts, right_recall = confusion(*given)
        because = _of_counts(submitted, cases.values(), given, counts)
        expect_close(counts, right_counts, **ROUNDING, because=because, what=f"`counts` for {name}")
        _expect_no_nan(recall, right_counts, f"`recall` for {name}")
        because = _of_recall(submitted, cases.values(), given, recall)
        expect_close(recall, right_recall, **ROUNDING, because=because, what=f"`recall` for {name}")
    return "Who was taken for whom, and how much of each class was recognized, the rare ones too."


def _of_counts(submitted, cases, given, counts):
    """Pairs (wrong counts, hint), as `known` gives them; the first is of the mistake that gives them in all cases."""
    answers = answers_in(submitted, cases)
    hint = meaning_in_all(MISTAKES, cases, answers, lambda wrong, answer: np.array_equal(wrong[0], answer[0]))
    if hint:
        yield counts, hint
    yield from known(MISTAKES, *given, part=0)


def _of_recall(submitted, cases, given, recall):
    """The same for recall, of mistakes whose counts are right, as the learner's are when recall is looked at."""

    def same(wrong, answer):
        agree = np.shape(wrong[1]) == np.shape(answer[1]) and np.allclose(wrong[1], answer[1], **ROUNDING)
        return agree and np.array_equal(wrong[0], answer[0])

    hint = meaning_in_all(MISTAKES, cases, answers_in(submitted, cases), same)
    if hint:
        yield recall, hint
    right_counts = confusion(*given)[0]
    yield from known(MISTAKES, *given, part=lambda wrong: wrong[1] if np.array_equal(wrong[0], right_counts) else None)


def _expect_no_nan(recall, right_counts, what):
    of_class = right_counts.sum(axis=1)
    if not isinstance(recall, np.ndarray) or recall.shape != of_class.shape or recall.dtype.kind != "f":
        return  # what that is instead is told later
    if np.isnan(recall).any():
        hint = "0/0: a class without examples has a sum of 0. Divide by `np.maximum(sums, 1)`: its recall is 0."
        if np.isnan(recall[of_class > 0]).any():
            hint = "0/0. Divide by how many examples each class *has*, the sums of the rows."
        raise Diagnosis(f"{what} holds nan.", hint=hint)
