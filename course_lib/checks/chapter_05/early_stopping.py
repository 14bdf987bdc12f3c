"""Exercise 5.1: after which epoch training stops, and whose weights it keeps."""

import math

import numpy as np

from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import expect_number, expect_tuple, plain_number
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, meaning_in_all
from course_lib.checks.registry import exercise

LEAD = (
    "Go through these losses with a pencil. At each epoch, note the best loss so far, its epoch, and how many "
    "epochs ago that was."
)


def early_stopping(validation_losses, patience):
    """(last epoch, kept epoch), counted from 1."""
    best, kept = math.inf, 0
    for epoch, loss in enumerate(validation_losses, start=1):
        if loss < best:
            best, kept = loss, epoch
        elif epoch - kept >= patience:
            return epoch, kept
    return len(validation_losses), kept


def drawn(rng):
    """Fresh curves, with equal losses in them: that jitter, fall, rise, stay level, have one epoch; any patience."""
    cases = []
    for _ in range(4):
        n = int(rng.integers(6, 20))
        falling = np.linspace(rng.uniform(0.5, 3), 0, n) + rng.normal(0, 0.3, n)
        valley = falling + np.linspace(0, 2, n) ** 2
        cases += [(curve.round(1).tolist(), int(rng.integers(1, 6))) for curve in (falling, valley)]
    n, loss, patience = int(rng.integers(3, 9)), round(float(rng.uniform(0.2, 2)), 2), int(rng.integers(1, 4))
    cases += [([loss + place for place in range(n)], patience), ([loss] * n, patience), ([loss], patience)]
    return [*cases, ([loss - place for place in range(n)], patience)]


# ---- wrong answers --------------------------------------------------------------------------------------------------


def stopping(better=lambda loss, best_loss: loss < best_loss, over=None):
    """The exercise's loop, but for better(loss, best_loss) or over(epoch, best_epoch, patience)."""
    over = over or (lambda epoch, best_epoch, patience: epoch - best_epoch >= patience)

    def answer(validation_losses, patience):
        best_loss, best_epoch = validation_losses[0], 1
        for epoch, loss in enumerate(validation_losses, start=1):
            if epoch > 1 and better(loss, best_loss):
                best_loss, best_epoch = loss, epoch
            elif over(epoch, best_epoch, patience):
                break
        return epoch, best_epoch

    return answer


def changed(result):
    """result(last, kept, losses, patience) in place of the two right numbers."""

    def answer(validation_losses, patience):
        last, kept = early_stopping(validation_losses, patience)
        return result(last, kept, validation_losses, patience)

    return answer


def best_of(losses):
    return int(np.argmin(losses)) + 1


def trains_patience_epochs(validation_losses, patience):
    trained = validation_losses[:patience]
    return len(trained), best_of(trained)


def stops_at_the_first_rise(validation_losses, patience):
    for epoch in range(2, len(validation_losses) + 1):
        if validation_losses[epoch - 1] >= validation_losses[epoch - 2]:
            return epoch, epoch - 1
    return len(validation_losses), len(validation_losses)


def counts_rises_in_a_row(validation_losses, patience):
    rises = 0
    for epoch in range(2, len(validation_losses) + 1):
        rises = 0 if validation_losses[epoch - 1] < validation_losses[epoch - 2] else rises + 1
        if rises >= patience:
            return epoch, best_of(validation_losses[:epoch])
    return len(validation_losses), best_of(validation_losses)


def never_sets_the_count_back(validation_losses, patience):
    best_loss, best_epoch, waited = math.inf, 0, 0
    for epoch, loss in enumerate(validation_losses, start=1):
        if loss < best_loss:
            best_loss, best_epoch = loss, epoch
        else:
            waited += 1
            if waited >= patience:
                return epoch, best_epoch
    return len(validation_losses), best_epoch


def asks_before_it_looks(validation_losses, patience):
    best_loss, best_epoch = math.inf, 0
    for epoch, loss in enumerate(validation_losses, start=1):
        if epoch - best_epoch >= patience:
            break
        if loss < best_loss:
            best_loss, best_epoch = loss, epoch
    return epoch, best_epoch


def does_not_set_the_best_loss(validation_losses, patience):
    best_loss, best_epoch = math.inf, 0
    for epoch, loss in enumerate(validation_losses, start=1):
        if loss < best_loss:
            best_epoch = epoch
        elif epoch - best_epoch >= patience:
            break
    return epoch, best_epoch


def does_not_set_the_best_epoch(validation_losses, patience):
    best_loss, best_epoch = math.inf, 0
    for epoch, loss in enumerate(validation_losses, start=1):
        if loss < best_loss:
            best_loss = loss
        elif epoch - best_epoch >= patience:
            break
    return epoch, best_epoch


ALWAYS_PATIENCE_BEFORE = (
    "The kept epoch is always `patience` before the last one. If the run ends by itself, the best may lie later."
)

MISTAKES = [
    (
        changed(lambda last, kept, losses, patience: (last, last)),
        "The last epoch's weights are kept. Early stopping goes back to the best epoch: the last ones are `patience` "
        "epochs too old.",
    ),
    (
        changed(lambda last, kept, losses, patience: (last, best_of(losses))),
        "The best epoch of the whole list is kept, also of epochs that were never trained: the run has stopped before.",
    ),
    (
        trains_patience_epochs,
        "Patience is counted from the start of the run. It counts the epochs since the best one: epoch - best_epoch.",
    ),
    (
        stopping(over=lambda epoch, best_epoch, patience: epoch > 1 and epoch >= patience),
        "Patience is counted from the start: after `patience` epochs the first epoch without a new best ends it. It "
        "counts the epochs since the best one: epoch - best_epoch.",
    ),
    (
        stops_at_the_first_rise,
        "It stops at the first epoch that is worse than the one before, whatever `patience` is. The curve jitters: one "
        "bad epoch says nothing.",
    ),
    (
        counts_rises_in_a_row,
        "Each loss is compared with the one before. Compare it with the best so far: a curve that goes up and down a "
        "little would never stop.",
    ),
    (
        never_sets_the_count_back,
        "The epochs without a new best are added up over the whole run. A new best starts the count anew.",
    ),
    (
        stopping(over=lambda epoch, best_epoch, patience: epoch - best_epoch > patience),
        "It stops one epoch too late: `patience` epochs without a new best are enough, so `>=`.",
    ),
    (
        stopping(over=lambda epoch, best_epoch, patience: epoch - best_epoch >= patience - 1 and epoch > best_epoch),
        "It stops one epoch too early. Epoch `best_epoch + patience` is the first at which patience is over.",
    ),
    (
        stopping(lambda loss, best_loss: loss <= best_loss),
        "An equal loss counts as a new best. Only a lower one does: `<`.",
    ),
    (
        stopping(lambda loss, best_loss: loss < best_loss - 0.01),
        "A loss that is a little lower does not count for you: it is rounded, or has to be lower by some amount. Any "
        "lower loss is a new best.",
    ),
    (stopping(lambda loss, best_loss: loss > best_loss), "It looks for the largest loss. A small one is good."),
    (
        stopping(over=lambda epoch, best_epoch, patience: False),
        "It never stops. Where no new best came, ask whether `epoch - best_epoch` has reached `patience`.",
    ),
    (
        changed(lambda last, kept, losses, patience: (last - 1, kept - 1)),
        "The epochs are counted from 0. Here the first one is epoch 1.",
    ),
    (
        changed(lambda last, kept, losses, patience: (kept, last)),
        "The two are swapped: first the epoch after which it stops, then the one whose weights are kept.",
    ),
    (changed(lambda last, kept, losses, patience: (last, max(last - patience, 1))), ALWAYS_PATIENCE_BEFORE),
    (changed(lambda last, kept, losses, patience: (last, last - patience)), ALWAYS_PATIENCE_BEFORE),
    (
        lambda validation_losses, patience: (min(patience, len(validation_losses)), 0),
        "No epoch is kept: when a loss is lower than the best so far, note it and its epoch.",
    ),
    (does_not_set_the_best_loss, "Every loss counts as a new best: is `best_loss` set to the new one, too?"),
    (
        does_not_set_the_best_epoch,
        "`best_epoch` stays at 0: a new best changes two names, `best_loss` and `best_epoch`.",
    ),
    (
        asks_before_it_looks,
        "It asks whether patience is over before it looks at this epoch's loss, and misses a new best that comes in "
        "the last moment. First compare, then ask.",
    ),
    (
        lambda validation_losses, patience: early_stopping(validation_losses, patience)[0],
        Said("expected 2 values (last_epoch, kept_epoch)"),
    ),
    (lambda validation_losses, patience: (len(validation_losses) + 0.5, 1), Said("a whole number")),
    (changed(lambda last, kept, losses, patience: (last + 2, kept)), Said("with a pencil")),
]


# ---- the check ------------------------------------------------------------------------------------------------------

CASES = [
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
    ([0.9, 0.7, 0.698, 0.6975, 0.6974, 0.8, 0.6973, 0.9, 0.9, 0.6], 2),  # new bests that are hardly lower
]


@exercise(
    "5.1", title="Early stopping with patience", mistakes=MISTAKES, lead=LEAD, hidden=same_as(early_stopping, drawn)
)
def check_early_stopping(submitted):
    """Curves that jitter, that stay level, that end by themselves, with several kinds of patience."""
    answers = []
    for losses, patience in CASES:
        what = f"result for the losses {_listed(losses)} and patience {patience}"
        last, kept = expect_tuple(submitted(list(losses), patience), 2, f"The {what}", ("last_epoch", "kept_epoch"))
        answers.append((_whole(last, f"The last epoch, the {what},"), _whole(kept, f"The kept epoch, the {what},")))
    for case, answer in zip(CASES, answers, strict=True):
        expected = early_stopping(*case)
        if answer != expected:
            raise Diagnosis(
                f"For the losses {_listed(case[0])} and patience {case[1]} you stop after epoch {answer[0]:g} and keep "
                f"epoch {answer[1]:g}; expected {expected[0]} and {expected[1]}.",
                hint=meaning_in_all(MISTAKES, CASES, answers),
                differs=True,
            )
    return "It waits out a jitter, stops when patience is over, and keeps the best epoch and not the last."


def _listed(losses):
    return ", ".join(f"{loss:g}" for loss in losses)


def _whole(value, what):
    number = expect_number(plain_number(value), what)
    if number != int(number):
        raise Diagnosis(f"{what} is {number:g}; expected the number of an epoch, a whole number.", differs=True)
    return number
