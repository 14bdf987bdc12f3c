"""What the exercises of chapter 5 come to: the right values, and the value that each common mistake gives.

Nothing here calls a learner's function. A function `..._mistakes` returns {hint: wrong value}, without the mistakes
that give the right value for these inputs. Exercises 5.4 to 5.7 stand in mistakes_ch05_remedies.py.
"""

import math

import numpy as np

from course_lib.checks.mistakes_ch04 import ROUNDING, telling

__all__ = [
    "ROUNDING", "early_stopping", "l1_step", "l1_step_mistakes", "penalized", "penalty_mistakes", "stopping_mistakes",
    "telling",
]  # fmt: skip


# ---- 5.1: early stopping --------------------------------------------------------------------------------------------


def early_stopping(losses, patience):
    """(last epoch, kept epoch), counted from 1."""
    best, kept = math.inf, 0
    for epoch, loss in enumerate(losses, start=1):
        if loss < best:
            best, kept = loss, epoch
        elif epoch - kept >= patience:
            return epoch, kept
    return len(losses), kept


def _with_condition(better, stops):
    """Early stopping with other questions: better(loss, best), stops(epoch, kept, patience, losses)."""

    def answer(losses, patience):
        best, kept = losses[0], 1
        for epoch, loss in enumerate(losses, start=1):
            if epoch > 1 and better(loss, best):
                best, kept = loss, epoch
            elif stops(epoch, kept, patience, losses):
                return epoch, kept
        return len(losses), kept

    return answer


def _lower(loss, best):
    return loss < best


def _rises(epoch, losses):
    return epoch > 1 and losses[epoch - 1] >= losses[epoch - 2]


def _run_of_rises(losses, patience):
    """Counts epochs that were no better than the one before; any fall starts the count anew."""
    count = 0
    for epoch in range(2, len(losses) + 1):
        count = count + 1 if _rises(epoch, losses) else 0
        if count >= patience:
            return epoch, int(np.argmin(losses[:epoch])) + 1
    return len(losses), int(np.argmin(losses)) + 1


def _never_forgiven(losses, patience):
    """Counts epochs without a new best; a new best does not set the count back to 0."""
    best, kept, count = math.inf, 0, 0
    for epoch, loss in enumerate(losses, start=1):
        if loss < best:
            best, kept = loss, epoch
        else:
            count += 1
            if count >= patience:
                return epoch, kept
    return len(losses), kept


def _at_once(losses, patience):
    for epoch in range(2, len(losses) + 1):
        if _rises(epoch, losses):
            return epoch, epoch - 1
    return len(losses), len(losses)


def _from_the_start(losses, patience):
    last = min(patience, len(losses))
    return last, int(np.argmin(losses[:last])) + 1


def _last_kept(losses, patience):
    last, _ = early_stopping(losses, patience)
    return last, last


def _stop_asked_first(losses, patience):
    best, kept = math.inf, 0
    for epoch, loss in enumerate(losses, start=1):
        if epoch - kept >= patience:
            return epoch, kept
        if loss < best:
            best, kept = loss, epoch
    return len(losses), kept


def _no_best_loss(losses, patience):
    """Every loss is lower than infinity."""
    return len(losses), len(losses)


def _no_best_epoch(losses, patience):
    best = math.inf
    for epoch, loss in enumerate(losses, start=1):
        if loss < best:
            best = loss
        elif epoch >= patience:
            return epoch, 0
    return len(losses), 0


def _patience_before_the_end(losses, patience):
    last, _ = early_stopping(losses, patience)
    return last, max(last - patience, 1)


STOPPING_MISTAKES = {
    "The last epoch's weights are kept. Early stopping goes back to the best epoch: the last ones are `patience` "
    "epochs too old.": _last_kept,
    "The best epoch of the whole list is kept, also of epochs that were never trained: the run has stopped before.": (
        lambda losses, patience: (early_stopping(losses, patience)[0], int(np.argmin(losses)) + 1)
    ),
    "Patience is counted from the start of the run. It counts the epochs since the best one: epoch - best_epoch.": (
        _from_the_start
    ),
    "Patience is counted from the start: after `patience` epochs the first epoch without a new best ends it. It counts "
    "the epochs since the best one: epoch - best_epoch.": _with_condition(
        _lower, lambda epoch, kept, patience, losses: epoch >= patience and epoch > 1
    ),
    "It stops at the first epoch that is worse than the one before, whatever `patience` is. The curve jitters: one bad "
    "epoch says nothing.": _at_once,
    "Each loss is compared with the one before. Compare it with the best so far: a curve that goes up and down a "
    "little would never stop.": _run_of_rises,
    "The epochs without a new best are added up over the whole run. A new best starts the count anew.": _never_forgiven,
    "It stops one epoch too late: `patience` epochs without a new best are enough, so `>=`.": _with_condition(
        _lower, lambda epoch, kept, patience, losses: epoch - kept > patience
    ),
    "It stops one epoch too early. Epoch `best_epoch + patience` is the first at which patience is over.": (
        _with_condition(_lower, lambda epoch, kept, patience, losses: epoch - kept >= patience - 1 and epoch > kept)
    ),
    "An equal loss counts as a new best. Only a lower one does: `<`.": _with_condition(
        lambda loss, best: loss <= best, lambda epoch, kept, patience, losses: epoch - kept >= patience
    ),
    "It looks for the largest loss. A small one is good.": _with_condition(
        lambda loss, best: loss > best, lambda epoch, kept, patience, losses: epoch - kept >= patience
    ),
    "It never stops. Where no new best came, ask whether `epoch - best_epoch` has reached `patience`.": (
        lambda losses, patience: (len(losses), int(np.argmin(losses)) + 1)
    ),
    "The epochs are counted from 0. Here the first one is epoch 1.": lambda losses, patience: tuple(
        epoch - 1 for epoch in early_stopping(losses, patience)
    ),
    "The two are swapped: first the epoch after which it stops, then the one whose weights are kept.": (
        lambda losses, patience: early_stopping(losses, patience)[::-1]
    ),
    "The kept epoch is always `patience` before the last one. If the run ends by itself, the best may lie later.": (
        _patience_before_the_end
    ),
    "The kept epoch is always `patience` before the last one. If the run ends by itself, the best may lie later. ": (
        lambda losses, patience: (early_stopping(losses, patience)[0], early_stopping(losses, patience)[0] - patience)
    ),
    "No epoch is kept: when a loss is lower than the best so far, note it and its epoch.": lambda losses, patience: (
        min(patience, len(losses)),
        0,
    ),
    "Every loss counts as a new best: is `best_loss` set to the new one, too?": _no_best_loss,
    "`best_epoch` stays at 0: a new best changes two names, `best_loss` and `best_epoch`.": _no_best_epoch,
    "It asks whether patience is over before it looks at this epoch's loss, and misses a new best that comes in the "
    "last moment. First compare, then ask.": _stop_asked_first,
}


def stopping_mistakes(cases):
    """{hint: answers}, an array (cases, 2) for each known mistake that these (losses, patience) tell from right."""
    right = np.array([early_stopping(*case) for case in cases])
    return telling(right, {hint: np.array([rule(*case) for case in cases]) for hint, rule in STOPPING_MISTAKES.items()})


# ---- 5.2: the gradient of an L2 penalty -----------------------------------------------------------------------------


def penalized(weight, bias, weight_gradient, bias_gradient, strength):
    """The gradients of loss + strength / 2 * sum w**2."""
    return weight_gradient + strength * weight, bias_gradient


def penalty_mistakes(part, weight, bias, weight_gradient, bias_gradient, strength):
    """Of the weights' gradient (part "weight") or of the bias's (part "bias"): arrays like it."""
    right = penalized(weight, bias, weight_gradient, bias_gradient, strength)[part == "bias"]
    if part == "bias":
        mistakes = {
            "The bias is in the penalty. It only shifts a unit's answer and bends nothing: it stays out.": bias_gradient
            + strength * bias,
            "The bias is in the penalty, with a factor 2 besides. It stays out.": bias_gradient + 2 * strength * bias,
            "The weights' penalty is added to the bias.": bias_gradient + strength * np.sum(weight),
            "The bias has lost its gradient. The penalty adds nothing to it, and the loss's own part stays.": (
                0 * bias_gradient
            ),
            "That is the bias, and not its gradient.": bias,
            "That is the penalty's gradient over the bias. The bias stays out of the penalty and keeps the gradient of "
            "the loss.": strength * bias,
        }
        return telling(right, mistakes)
    penalty = strength / 2 * np.sum(weight**2)
    mistakes = {
        "A factor 2 is too many: the penalty is strength / 2 times w squared, and the 2 of the square cancels the "
        "half.": weight_gradient + 2 * strength * weight,
        "A factor 1/2 is too many: the derivative of w**2 / 2 is w.": weight_gradient + strength / 2 * weight,
        "The penalty itself is added, one number for all. Its derivative over each weight is strength * w.": (
            weight_gradient + penalty
        ),
        "The weights are added up, one number for all. Each weight's own derivative is strength * w.": weight_gradient
        + strength * np.sum(weight),
        "w is squared. The derivative of w**2 / 2 is w.": weight_gradient + strength * weight**2,
        "w is squared. The derivative of w**2 / 2 is w. ": weight_gradient + strength / 2 * weight**2,
        "That is L1's gradient: the sign alone. L2's pull grows with the weight.": weight_gradient
        + strength * np.sign(weight),
        "The signs are lost: a negative weight must be pulled up, toward 0.": weight_gradient
        + strength * np.abs(weight),
        "The sign is turned around: these weights grow. The penalty's gradient is added, and the step subtracts it.": (
            weight_gradient - strength * weight
        ),
        "The loss's own gradient is gone. Add the penalty's to it.": strength * weight,
        "The penalty is missing: that is the loss's own gradient.": weight_gradient,
        "`strength` is missing: the penalty has its full weight.": weight_gradient + weight,
        "The penalty is averaged over the weights. It is a sum, so each weight feels strength * w.": weight_gradient
        + strength * weight / weight.size,
        "The gradient is multiplied by `strength` as well. Only the penalty is.": strength * (weight_gradient + weight),
        "The weights are shrunk, and no gradient is returned. The step comes later.": weight - strength * weight,
    }
    return telling(right, mistakes)


# ---- 5.3: L1 with a soft threshold ----------------------------------------------------------------------------------


def _shrunk(z, threshold):
    return np.sign(z) * np.maximum(np.abs(z) - threshold, 0)


def l1_step(w, gradient, learning_rate, strength):
    """A step down the loss, then every weight toward 0 by learning_rate * strength, and not beyond it."""
    return _shrunk(w - learning_rate * gradient, learning_rate * strength)


def l1_step_mistakes(w, gradient, learning_rate, strength):
    """Arrays like w."""
    right = l1_step(w, gradient, learning_rate, strength)
    z, threshold = w - learning_rate * gradient, learning_rate * strength
    mistakes = {
        "Small weights jump over 0 to the other side. Where |z| is below the threshold the weight becomes exactly 0: "
        "`np.maximum(np.abs(z) - threshold, 0)`.": z - threshold * np.sign(z),
        "Small weights jump over 0, and the pull has the sign of the old w. Take the sign of z, after the step, and "
        "stop at 0.": z - threshold * np.sign(w),
        "That is a hard threshold: small ones become 0, large ones are not shrunk. All of them come nearer by "
        "learning_rate * strength.": np.where(np.abs(z) < threshold, 0.0, z),
        "Negative weights are cut to 0. Shrink the absolute value, and give the sign back.": np.maximum(
            z - threshold, 0
        ),
        "The signs are lost. Give each weight back the sign of z.": np.maximum(np.abs(z) - threshold, 0),
        "The sign of the old w is given back. Where the step crossed 0 that is the wrong side: take z's.": np.sign(w)
        * np.maximum(np.abs(z) - threshold, 0),
        "The learning rate is missing in the threshold: it is learning_rate * strength.": _shrunk(z, strength),
        "`strength` is missing in the threshold: it is learning_rate * strength.": _shrunk(z, learning_rate),
        "The weights are shrunk first, then moved. Move along the gradient first: then what is small becomes exactly "
        "0.": _shrunk(w, threshold) - learning_rate * gradient,
        "The gradient is not used. First z = w - learning_rate * gradient.": _shrunk(w, threshold),
        "The gradient is added: that climbs. z = w - learning_rate * gradient.": _shrunk(
            w + learning_rate * gradient, threshold
        ),
        "The learning rate is missing in the step along the gradient.": _shrunk(w - gradient, threshold),
        "Nothing is shrunk: that is the step along the gradient alone.": z,
        "That is L2: each weight shrinks by a share of itself. L1 takes the same amount off all.": z - threshold * z,
        "That is L2: each weight shrinks by a share of itself. L1 takes the same amount off all. ": z - threshold * w,
        "The weights grow: the threshold is subtracted from |z|, not added.": np.sign(z) * (np.abs(z) + threshold),
        "The threshold is twice as large as it should be.": _shrunk(z, 2 * threshold),
        "The threshold is half as large as it should be: L1 has no half in its formula.": _shrunk(z, threshold / 2),
        "The penalty acts twice, in z and in the threshold. z takes the gradient of the plain loss alone.": _shrunk(
            w - learning_rate * (gradient + strength * np.sign(w)), threshold
        ),
        "`np.max` takes the largest of all. `np.maximum(..., 0)` compares entry by entry.": np.sign(z)
        * np.max(np.abs(z) - threshold, axis=0),
    }
    return telling(right, mistakes)
