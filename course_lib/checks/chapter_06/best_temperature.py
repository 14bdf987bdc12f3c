"""Exercise 6.5: the temperature at which a network is as sure as it is right, chosen with two mistakes."""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import ROUNDING, expect_number, plain_number
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, meaning_in_all
from course_lib.checks.registry import exercise

LEAD = (
    "Print the mean cross-entropy of each candidate. Does the smallest one belong to the temperature that you return?"
)


def best_temperature(logits, labels, candidates):
    """The candidate with the smallest mean cross-entropy of softmax(logits / T)."""
    return candidates[int(np.argmin([cross_entropy(logits / T, labels) for T in candidates]))]


def cross_entropy(z, labels):
    return -of_true_class(log_softmax(z), labels).mean()


def log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def of_true_class(values, labels):
    return values[np.arange(len(labels)), labels]


def drawn(rng):
    """Fresh logits, too sure and not sure enough, some very large; the best candidate is best by far, anywhere."""
    cases = []
    for scale in (rng.uniform(1.5, 5), rng.uniform(0.2, 0.6), 1.0, rng.uniform(100, 400), rng.uniform(2, 9)):
        while True:
            n, n_classes = (int(each) for each in (rng.integers(100, 300), rng.integers(2, 6)))
            z = rng.normal(0, 1.5, (n, n_classes))
            labels = (np.exp(log_softmax(z)).cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(0, n_classes - 1)
            factors = rng.permutation([0.15, 0.4, 1.0, 2.5, 6.0])[: rng.integers(3, 6)]
            case = scale * z, labels, [float(f"{scale * factor:.3g}") for factor in factors]
            case[2].extend([1.5] if scale > 50 else [])  # at which the exponentials of such logits overflow
            best, second, *_ = sorted(cross_entropy(case[0] / T, labels) for T in case[2])
            if second - best > 0.01:
                break
        cases.append(case)
    return [*cases, (*cases[0][:2], cases[0][2][:1])]


# ---- wrong answers --------------------------------------------------------------------------------------------------


def choosing(score=cross_entropy, scale=np.divide, best=np.argmin):
    """Another choice: score(scaled logits, labels) of each candidate, and the best of them."""

    def answer(logits, labels, candidates):
        return candidates[int(best([score(scale(logits, T), labels) for T in candidates]))]

    return answer


def choosing_late(score):
    """score(logits, labels, T) of logits that were not divided before the softmax."""
    return lambda logits, labels, candidates: min(candidates, key=lambda T: score(logits, labels, T))


def accuracy(z, labels):
    return (log_softmax(z).argmax(axis=1) == labels).mean()


def accuracy_of_logits(z, labels):
    return (z.argmax(axis=1) == labels).mean()


def loss_of_the_likeliest(z, labels):
    return -log_softmax(z).max(axis=1).mean()


def probability_of_error(z, labels):
    return -of_true_class(np.exp(log_softmax(z)), labels).mean()


def overflowing_loss(z, labels):
    return -np.log(of_true_class(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), labels)).mean()


def loss_of_all_rows_as_one(z, labels):
    return -of_true_class(z - z.max() - np.log(np.exp(z - z.max()).sum()), labels).mean()


def loss_of_all_classes(z, labels):
    return -log_softmax(z)[:, labels].mean()


def gap_of_the_means(z, labels):
    return abs(np.exp(log_softmax(z)).max(axis=1).mean() - accuracy(z, labels))


def divides_again_and_again(logits, labels, candidates):
    losses = []
    for T in candidates:
        logits = logits / T
        losses.append(cross_entropy(logits, labels))
    return candidates[int(np.argmin(losses))]


def sorts_the_candidates(logits, labels, candidates):
    candidates.sort()
    return best_temperature(logits, labels, candidates)


BY_ACCURACY = (
    "You choose by accuracy, and no temperature changes which class is the likeliest: all candidates have the same "
    "one, and the first one wins. Choose by the mean cross-entropy, which knows how sure the network is."
)
SUREST = (
    "Your score is best when the network is surest, whatever the labels are. Is it the loss of the likeliest class, "
    "and not of the *true* one, `[np.arange(len(labels)), labels]`? Or does T come in after the softmax?"
)
LARGEST = (
    "It is always the largest candidate. Does your score count all classes, and not the true one of each example, "
    "`[np.arange(len(labels)), labels]`? Or does T come in after the softmax?"
)
BOTH_WRONG = (
    "Take one row of logits and T = 2 and work out its probabilities: do they come nearer to each other, as they "
    "should? Then take the number that the candidates are compared by. Can T change it?"
)
NO_CANDIDATE = "That is none of the candidates. Return one of them: `candidates[...]`."

MISTAKES = [
    (choosing(accuracy, best=np.argmax), BY_ACCURACY),
    (choosing(accuracy_of_logits, best=np.argmax), BY_ACCURACY),
    (choosing(accuracy, np.multiply, np.argmax), BOTH_WRONG),  # what is handed out
    (
        choosing(scale=np.multiply),
        "The logits are multiplied by T. Divide: a temperature above 1 makes the network less sure.",
    ),
    (choosing(best=np.argmax), "You choose the largest loss. The best temperature has the smallest one."),
    (
        choosing(scale=np.multiply, best=np.argmax),
        "You choose the largest loss, and the logits are multiplied by T. Divide, and take the smallest one.",
    ),
    (choosing(loss_of_the_likeliest), SUREST),
    (
        choosing(loss_of_the_likeliest, scale=np.multiply),
        "That is the loss of the likeliest class, and not of the true one; and the logits are multiplied by T.",
    ),
    (
        choosing(probability_of_error),
        "The log is missing: that is the mean probability of the true class. Cross-entropy takes its log first.",
    ),
    (
        choosing(overflowing_loss),
        "Where the logits are large `np.exp` overflows, inf / inf is nan, and the smallest of numbers with nan among "
        "them is nan. Take each row's largest logit off first.",
    ),
    (
        lambda logits, labels, candidates: candidates.index(best_temperature(logits, labels, candidates)),
        "That is the place in the list, and not the temperature: `candidates[...]`.",
    ),
    (lambda logits, labels, candidates: 1 / best_temperature(logits, labels, candidates), "That is 1 / T."),
    (
        lambda logits, labels, candidates: min(cross_entropy(logits / T, labels) for T in candidates),
        "That is the smallest loss. Return the temperature that has it.",
    ),
    (
        lambda logits, labels, candidates: candidates[-1],
        "It is always the last candidate. Compare them all, after the loop.",
    ),
    (lambda logits, labels, candidates: max(candidates), LARGEST),
    (choosing(loss_of_all_classes), LARGEST),
    (choosing_late(lambda logits, labels, T: cross_entropy(logits, labels) / T), LARGEST),
    (choosing_late(lambda logits, labels, T: cross_entropy(logits, labels) + np.log(T)), SUREST),
    (
        divides_again_and_again,
        "The logits are divided by all temperatures so far: `logits = logits / T` in the loop changes them for the "
        "next one. Take a new name.",
    ),
    (
        choosing(loss_of_all_rows_as_one),
        "The rows are not told apart: take the largest logit and the sum of each row, `axis=1`.",
    ),
    (
        choosing(gap_of_the_means),
        "You compare the mean confidence with the accuracy. Those two agree, too, where half of the examples are "
        "judged too surely and the other half not surely enough: choose by the mean cross-entropy.",
    ),
    (lambda logits, labels, candidates: 7.5, NO_CANDIDATE),
    (
        lambda logits, labels, candidates: [cross_entropy(logits / T, labels) for T in candidates],
        Said("expected a number"),
    ),
    (
        lambda logits, labels, candidates: sorted(candidates)[len(candidates) // 2],
        Said("Print the mean cross-entropy of each candidate"),
    ),
    (sorts_the_candidates, Said("changes its input `candidates`")),
]


# ---- the check ------------------------------------------------------------------------------------------------------

# Two logits so close that their log probabilities round to the same number, unless T drives them apart. There the
# accuracy says whether the logits were divided (T = 0.001) or multiplied (T = 1000), which it never does otherwise.
TIED = np.array([[0.0, 1e-17]]), np.array([1]), [1.0, 0.001, 1000.0]


@exercise(
    "6.5",
    title="Mend the temperature",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(best_temperature, drawn),
    lessons=("course_lib.scratch.losses",),
)
def check_best_temperature(submitted):
    """Logits that are too sure, not sure enough, both, very large; candidates in any order, and one alone."""
    cases = temperature_cases()
    answers = []
    for place, case in enumerate(cases, start=1):
        with np.errstate(all="ignore"):
            value = submitted(*case)
        answers.append(expect_number(plain_number(value), f"The temperature for logits number {place}"))
    right = np.array([best_temperature(*case) for case in cases])
    wrong = ~np.isclose(answers, right, **ROUNDING)
    if not wrong.any():
        return "The temperature at which the network is as sure as it is right, and no other."
    place = int(np.argmax(wrong))
    found = f"For logits number {place + 1} you choose T = {answers[place]:g} of {_listed(cases[place][2])}; expected "
    found += f"{right[place]:g}."
    hint = _meaning(submitted, cases, answers)
    if hint == BOTH_WRONG:
        found += " Both steps are wrong, the one that uses T and the one that compares."
    if not hint and answers[place] not in cases[place][2]:
        hint = NO_CANDIDATE
    raise Diagnosis(found, hint, differs=True)


def _meaning(submitted, cases, answers):
    """What the first mistake means that gives these answers; with what it makes of the tie, if one does that, too."""
    with np.errstate(all="ignore"):
        tied = plain_number(submitted(*TIED))
    if isinstance(tied, int | float | np.number):
        meaning = meaning_in_all(MISTAKES, [*cases, TIED], [*answers, tied], _same)
        if meaning:
            return meaning
    return meaning_in_all(MISTAKES, cases, answers, _same)


def _same(wrong, answer):
    return np.isclose(wrong, answer, **ROUNDING)


def temperature_cases():
    """(logits, labels, candidates): labels are drawn from the probabilities, then the logits are scaled.

    Where the scale is None the labels have nothing to do with the logits.
    """
    rng = np.random.default_rng(65)
    cases = []
    for n, scale, candidates in (
        (300, 3.2, [1.25, 0.5, 6.5, 3.2, 0.3, 2.2]),
        (300, 0.4, [1.25, 2.5, 0.2, 0.4, 0.9, 5.5]),
        (200, 1.0, [4.5, 0.22, 1.1, 2.4, 0.45]),
        (200, 400.0, [1.5, 150.0, 900.0, 400.0, 30.0]),
        (200, None, [1.3, 8.5, 2.6]),  # it knows nothing, and is sure: the more doubt, the better
        # one half is far too sure, the other not sure enough: on the mean that looks right at a small temperature
        (200, np.repeat([5.0, 0.3], 100)[:, None], [0.5, 1.5, 9.5, 3.8, 1.1]),
        (20, 1.5, [1.7]),
    ):
        z = rng.normal(0, 1.5, (n, 4))
        probabilities = np.exp(log_softmax(0 * z if scale is None else z))
        labels = (probabilities.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
        cases.append(((2.0 if scale is None else scale) * z, labels, candidates))
    return cases


def _listed(candidates):
    return ", ".join(f"{T:g}" for T in candidates)
