"""Wrong answers to the exercises of chapter 5: WRONG is a list of (number, function, words of its diagnosis)."""

import numpy as np

from right_answers_ch05 import CURVES, RIGHT

# ---- 5.1 ------------------------------------------------------------------------------------------------------------


def stopping(better=lambda loss, best: loss < best, over=None, kept=None):
    """The exercise's loop, but for the named part: better(loss, best), over(epoch, best_epoch, patience)."""
    over = over or (lambda epoch, best_epoch, patience: epoch - best_epoch >= patience)
    kept = kept or (lambda epoch, best_epoch: best_epoch)

    def answer(validation_losses, patience):
        best_loss, best_epoch = validation_losses[0], 1
        for epoch, loss in enumerate(validation_losses, start=1):
            if epoch > 1 and better(loss, best_loss):
                best_loss, best_epoch = loss, epoch
            elif over(epoch, best_epoch, patience):
                break
        return epoch, kept(epoch, best_epoch)

    return answer


def stops_at_the_first_rise(losses, patience):
    for epoch in range(2, len(losses) + 1):
        if losses[epoch - 1] >= losses[epoch - 2]:
            return epoch, epoch - 1
    return len(losses), len(losses)


def counts_rises_in_a_row(losses, patience):
    rises, best = 0, 1
    for epoch in range(2, len(losses) + 1):
        rises = 0 if losses[epoch - 1] < losses[epoch - 2] else rises + 1
        if losses[epoch - 1] < losses[best - 1]:
            best = epoch
        if rises == patience:
            break
    return (epoch if len(losses) > 1 else 1), best


def never_sets_the_count_back(losses, patience):
    best, kept, bad = np.inf, 0, 0
    for epoch, loss in enumerate(losses, start=1):
        if loss < best:
            best, kept = loss, epoch
        else:
            bad += 1
        if bad == patience:
            break
    return epoch, kept


def trains_patience_epochs(losses, patience):
    losses = losses[:patience]
    return len(losses), int(np.argmin(losses)) + 1


def best_of_all(losses, patience):
    return RIGHT["5.1"][0](losses, patience)[0], int(np.argmin(losses)) + 1


def from_zero(losses, patience):
    last, kept = RIGHT["5.1"][0](losses, patience)
    return last - 1, kept - 1


def turned(losses, patience):
    return RIGHT["5.1"][0](losses, patience)[::-1]


def asks_before_it_looks(losses, patience):
    best, kept = np.inf, 0
    for epoch, loss in enumerate(losses, start=1):
        if epoch - kept >= patience:
            break
        if loss < best:
            best, kept = loss, epoch
    return epoch, kept


def one_name_is_not_set(which):
    """The exercise's loop without best_loss = loss, or without best_epoch = epoch."""

    def answer(losses, patience):
        best_loss, best_epoch = np.inf, 0
        for epoch, loss in enumerate(losses, start=1):
            if loss < best_loss:
                best_loss, best_epoch = (best_loss, epoch) if which == "loss" else (loss, best_epoch)
            elif epoch - best_epoch >= patience:
                break
        return epoch, best_epoch

    return answer


def last_minus_patience(losses, patience):
    last, _ = RIGHT["5.1"][0](losses, patience)
    return last, last - patience


STOPPING = [
    (asks_before_it_looks, "First compare, then ask"),
    (one_name_is_not_set("loss"), "is `best_loss` set"),
    (one_name_is_not_set("epoch"), "`best_epoch` stays at 0"),
    (last_minus_patience, "always `patience` before the last one"),
    (stopping(kept=lambda epoch, best_epoch: epoch), "The last epoch's weights are kept"),
    (trains_patience_epochs, "Patience is counted from the start of the run"),
    (stopping(over=lambda epoch, best_epoch, patience: epoch > 1 and epoch >= patience), "counted from the start"),
    (stops_at_the_first_rise, "whatever `patience` is"),
    (counts_rises_in_a_row, "Compare it with the best so far"),
    (never_sets_the_count_back, "A new best starts the count anew"),
    (stopping(over=lambda epoch, best_epoch, patience: epoch - best_epoch > patience), "one epoch too late"),
    (stopping(better=lambda loss, best: loss <= best), "An equal loss counts as a new best"),
    (stopping(better=lambda loss, best: loss > best), "It looks for the largest loss"),
    (stopping(over=lambda *given: False), "It never stops"),
    (best_of_all, "of epochs that were never trained"),
    (from_zero, "counted from 0"),
    (turned, "The two are swapped"),
    (lambda losses, patience: len(losses), "expected 2 values (last_epoch, kept_epoch)"),
    (lambda losses, patience: (len(losses) + 0.5, 1), "a whole number"),
]

# ---- 5.2 ------------------------------------------------------------------------------------------------------------


def penalty(of_weight=None, of_bias=None):
    """of_weight(w, gradient, strength), of_bias(b, gradient, strength) in place of the right ones."""

    def answer(weight, bias, weight_gradient, bias_gradient, strength):
        w = of_weight(weight, weight_gradient, strength) if of_weight else weight_gradient + strength * weight
        return w, of_bias(bias, bias_gradient, strength) if of_bias else bias_gradient

    return answer


PENALTY = [
    (penalty(lambda w, g, s: g + s * w.sum()), "one number for all"),
    (penalty(of_bias=lambda b, g, s: s * b), "keeps the gradient of the loss"),
    (penalty(of_bias=lambda b, g, s: g + s * b), "The bias is in the penalty"),
    (penalty(lambda w, g, s: g + 2 * s * w), "A factor 2 is too many"),
    (penalty(lambda w, g, s: g + s * w / 2), "A factor 1/2 is too many"),
    (penalty(lambda w, g, s: g + s / 2 * np.sum(w**2)), "The penalty itself is added"),
    (penalty(lambda w, g, s: g + s * w**2), "w is squared"),
    (penalty(lambda w, g, s: g + s * np.sign(w)), "That is L1's gradient"),
    (penalty(lambda w, g, s: g - s * w), "these weights grow"),
    (penalty(lambda w, g, s: s * w), "The loss's own gradient is gone"),
    (penalty(lambda w, g, s: g), "The penalty is missing"),
    (penalty(lambda w, g, s: g + w), "`strength` is missing"),
    (penalty(lambda w, g, s: g + s * w / w.size), "averaged over the weights"),
    (penalty(lambda w, g, s: s * (g + w)), "multiplied by `strength` as well"),
    (penalty(of_bias=lambda b, g, s: 0 * g), "The bias has lost its gradient"),
]

# ---- 5.3 ------------------------------------------------------------------------------------------------------------


def l1(shrink=None, move=lambda w, g, rate: w - rate * g, threshold=lambda rate, strength: rate * strength):
    """shrink(z, threshold, w) in place of the soft threshold, or another move or threshold before it."""
    shrink = shrink or (lambda z, t, w: np.sign(z) * np.maximum(np.abs(z) - t, 0))
    return lambda w, g, rate, strength: shrink(move(w, g, rate), threshold(rate, strength), w)


L1 = [
    (l1(lambda z, t, w: np.sign(z) * np.max(np.abs(z) - t, 0)), "`np.max` takes the largest of all"),
    (l1(threshold=lambda rate, strength: rate * strength / 2), "L1 has no half"),
    (lambda w, g, rate, s: RIGHT["5.3"][0](w, g + s * np.sign(w), rate, s), "The penalty acts twice"),
    (l1(lambda z, t, w: z - t * np.sign(z)), "Small weights jump over 0"),
    (l1(lambda z, t, w: z - t * np.sign(w)), "the pull has the sign of the old w"),
    (l1(lambda z, t, w: np.where(np.abs(z) < t, 0, z)), "hard threshold"),
    (l1(lambda z, t, w: np.maximum(z - t, 0)), "Negative weights are cut to 0"),
    (l1(lambda z, t, w: np.maximum(np.abs(z) - t, 0)), "The signs are lost"),
    (l1(lambda z, t, w: np.sign(w) * np.maximum(np.abs(z) - t, 0)), "The sign of the old w is given back"),
    (l1(threshold=lambda rate, strength: strength), "The learning rate is missing in the threshold"),
    (l1(threshold=lambda rate, strength: rate), "`strength` is missing in the threshold"),
    (l1(move=lambda w, g, rate: w), "The gradient is not used"),
    (l1(move=lambda w, g, rate: w + rate * g), "The gradient is added"),
    (l1(lambda z, t, w: z), "Nothing is shrunk"),
    (l1(lambda z, t, w: z - t * z), "That is L2"),
    (l1(lambda z, t, w: z - t * w), "That is L2"),
    (l1(threshold=lambda rate, strength: 2 * rate * strength), "twice as large"),
]

# ---- 5.4 ------------------------------------------------------------------------------------------------------------


def dropped(train=None, predict=None):
    """train(x, drawn, rate) or predict(x, drawn, rate) in place of the right one."""

    def answer(x, drawn, drop_rate, training):
        if training:
            return train(x, drawn, drop_rate) if train else x * (drawn >= drop_rate) / (1 - drop_rate)
        return predict(x, drawn, drop_rate) if predict else x

    return answer


DROPOUT = [
    (dropped(predict=lambda x, drawn, p: x * (1 - p)), "It is scaled twice"),
    (dropped(predict=lambda x, drawn, p: x * (drawn >= p) / (1 - p)), "Units are dropped in prediction"),
    (dropped(predict=lambda x, drawn, p: x * (drawn >= p)), "and not even scaled"),
    (dropped(predict=lambda x, drawn, p: x / (1 - p)), "although nothing was dropped"),
    (dropped(lambda x, drawn, p: x * (drawn < p) / (1 - p)), "The wrong units are kept"),
    (dropped(lambda x, drawn, p: x * (drawn >= p)), "The scale is missing in training"),
    (dropped(lambda x, drawn, p: x * (drawn >= p) * (1 - p)), "multiplied by 1 - drop_rate"),
    (dropped(lambda x, drawn, p: x * (drawn < p) / p), "The wrong units are kept"),
    (dropped(lambda x, drawn, p: x * (drawn >= p) / p), "divided by `drop_rate`"),
    (dropped(lambda x, drawn, p: x * (drawn >= p) / (1 - p) ** 2), "scaled twice"),
    (dropped(lambda x, drawn, p: x), "Nothing happens in training"),
    (dropped(lambda x, drawn, p: x * (drawn[:1] >= p) / (1 - p)), "One draw for all examples"),
    (dropped(lambda x, drawn, p: x * (drawn >= p), lambda x, drawn, p: x * p), "Both modes are wrong"),
    (
        dropped(lambda x, drawn, p: x * (drawn >= p), lambda x, drawn, p: x * (1 - p)),
        "That is the article's version",
    ),
    (
        dropped(lambda x, drawn, p: x * (drawn >= p), lambda x, drawn, p: x / (1 - p)),
        "The scale is missing in training",
    ),
]

# ---- 5.5 ------------------------------------------------------------------------------------------------------------


def word_of(low, high, smallest):
    return "gain" if low > smallest else "loss" if high < -smallest else "undecided"


def gain(half=None, word=word_of, sign=1):
    """half(with, without, quantile) in place of the right half width, or another word."""

    def answer(with_remedy, without, quantile, smallest):
        d = sign * (with_remedy - without)
        width = half(with_remedy, without, quantile) if half else quantile * d.std(ddof=1) / np.sqrt(len(d))
        low, high = d.mean() - width, d.mean() + width
        return low, high, word(low, high, smallest)

    return answer


def unpaired(a, b, quantile):
    return quantile * np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))


def by_the_mean(low, high, smallest):
    return "gain" if low + high > 0 else "loss"


def by_the_mean_and_size(low, high, smallest):
    mean = (low + high) / 2
    return "gain" if mean > smallest else "loss" if mean < -smallest else "undecided"


GAIN = [
    (gain(word=by_the_mean), "The word goes by the mean alone"),
    (gain(word=by_the_mean_and_size), "The word goes by the mean alone"),
    (gain(word=lambda low, high, smallest: word_of(low, high, 0)), "`smallest` is not used"),
    (gain(word=lambda low, high, s: "gain" if high > s else "loss" if low < -s else "undecided"), "One end is enough"),
    (gain(word=lambda low, high, s: "gain" if low > s else "loss" if low < -s else "undecided"), "For a loss ask"),
    (gain(word=lambda low, high, s: "gain" if high > s else "loss" if high < -s else "undecided"), "For a gain ask"),
    (gain(word=lambda low, high, s: "gain" if low > s else "loss" if high < s else "undecided"), "the sign is missing"),
    (gain(word=lambda low, high, s: "gain" if low > s else "loss" if high < 0 else "undecided"), "not used for a loss"),
    (
        gain(word=lambda low, high, s: "gain" if low > s else "loss" if high < s and low < -s else "undecided"),
        "a loss that may be too small to matter is -0.87 to -0.13",
    ),
    (gain(lambda a, b, q: q * (a - b).std(ddof=1) / np.sqrt(len(a) - 1)), "divided by the root of n - 1"),
    (gain(lambda a, b, q: q * (a.std(ddof=1) + b.std(ddof=1)) / np.sqrt(len(a))), "The pairs are torn apart"),
    (gain(lambda a, b, q: q * a.std(ddof=1) / np.sqrt(len(a))), "the spread of one arm"),
    (gain(unpaired), "The pairs are torn apart"),
    (gain(lambda a, b, q: q * (a - b).std() / np.sqrt(len(a))), "`ddof=1`"),
    (gain(lambda a, b, q: q * (a - b).std(ddof=1)), "The root of n is missing"),
    (gain(lambda a, b, q: q * (a - b).std(ddof=1) / len(a)), "Divide it by the root of n"),
    (gain(lambda a, b, q: q * (a - b).var(ddof=1) / np.sqrt(len(a))), "The variance stands"),
    (gain(lambda a, b, q: (a - b).std(ddof=1) / np.sqrt(len(a))), "`quantile` is not used"),
    (gain(lambda a, b, q: 1.96 * (a - b).std(ddof=1) / np.sqrt(len(a))), "always 1.96"),
    (gain(sign=-1), "It is turned around"),
    (lambda a, b, q, smallest: (min(a - b), max(a - b), "gain"), "the range of the seeds"),
    (gain(word=lambda *given: "yes"), "expected one of 'gain', 'loss', 'undecided'"),
    (gain(word=lambda low, high, s: word_of(low, high, s).replace("loss", "undecided")), "is a loss"),
]

# ---- 5.6 ------------------------------------------------------------------------------------------------------------


def bounded(lengths_of, factor=lambda lengths, limit: limit / np.maximum(lengths, limit)):
    return lambda weight, limit: weight * factor(lengths_of(weight), limit)


def by_column(weight):
    return np.sqrt((weight**2).sum(axis=0))


NORM = [
    (lambda w, limit: w * limit / np.maximum(np.sqrt((w**2).sum(axis=1)), limit), "summed along the wrong axis"),
    (bounded(by_column, lambda lengths, limit: limit / np.minimum(lengths, limit)), "`np.minimum` leaves long columns"),
    (
        bounded(by_column, lambda lengths, limit: np.where(lengths**2 > limit, limit / np.maximum(lengths, 1e-9), 1)),
        "the square of the length",
    ),
    (bounded(lambda w: np.linalg.norm(w, axis=1, keepdims=True)), "That is the wrong axis"),
    (bounded(np.linalg.norm), "One length for the whole matrix"),
    (bounded(by_column, lambda lengths, limit: limit / lengths), "Short columns are made longer"),
    (lambda weight, limit: np.clip(weight, -limit, limit), "which turns the direction"),
    (bounded(lambda w: (w**2).sum(axis=0)), "The root is missing"),
    (bounded(lambda w: np.abs(w).sum(axis=0)), "the L1 norm"),
    (bounded(lambda w: np.abs(w).max(axis=0)), "the largest weight of each column"),
    (bounded(lambda w: np.sqrt((w**2).mean(axis=0))), "the mean of the squares"),
    (
        bounded(by_column, lambda lengths, limit: np.where(lengths > limit, 1 / lengths, 1)),
        "Multiply by the limit, too",
    ),
    (bounded(by_column, lambda lengths, limit: np.maximum(lengths, limit) / limit), "long columns grow"),
    (bounded(lambda w: by_column(w).max()), "The longest column decides for all"),
    (bounded(by_column, lambda lengths, limit: lengths <= limit), "Long columns are set to 0"),
    (lambda weight, limit: weight, "Nothing was shortened"),
    (lambda weight, limit: weight * np.minimum(1, limit * by_column(weight) / by_column(weight) ** 2), "holds nan"),
]

# ---- 5.7 ------------------------------------------------------------------------------------------------------------


def moved(images, down, right):
    return RIGHT["5.7"][0](images, None, down, right)[0]


def rolled(images, down, right):
    return np.stack([np.roll(image, by, axis=(0, 1)) for image, *by in zip(images, down, right, strict=True)])


def edged(images, down, right):
    rows, columns = (np.arange(n) for n in images.shape[1:])
    return np.stack(
        [
            image[np.clip(rows - d, 0, len(rows) - 1)][:, np.clip(columns - r, 0, len(columns) - 1)]
            for image, d, r in zip(images, down, right, strict=True)
        ]
    )


def both_moved(train, validation, down, right):
    return moved(train, down, right), moved(validation, *(np.resize(by, len(validation)) for by in (down, right)))


def both_rolled(train, validation, down, right):
    return moved(train, down, right), rolled(validation, *(np.resize(by, len(validation)) for by in (down, right)))


def framed_stack(train, validation, down, right):
    margin, (rows, columns) = max(abs(down).max(), abs(right).max()), train.shape[1:]
    padded = np.pad(train, margin)
    return np.array(
        [
            image[margin - d : margin - d + rows, margin - r : margin - r + columns]
            for image, d, r in zip(padded, down, right, strict=False)
        ]
    ), validation


SHIFT = [
    (framed_stack, "The frame goes around the stack"),
    (both_moved, "The validation images are moved, too"),
    (both_rolled, "The validation images are moved, too"),
    (lambda t, v, down, right: (rolled(t, down, right), v), "`np.roll` goes around"),
    (lambda t, v, down, right: (edged(t, down, right), v), "The edge is repeated"),
    (lambda t, v, down, right: (moved(t, right, down), v), "Rows and columns are exchanged"),
    (lambda t, v, down, right: (moved(t, -down, -right), v), "the wrong way"),
    (lambda t, v, down, right: (moved(t, down, -right), v), "left where they should move right"),
    (lambda t, v, down, right: (moved(t, 0 * down + down[0], 0 * right + right[0]), v), "as the first one does"),
    (lambda t, v, down, right: (moved(t, down, 0 * right), v), "`right` is not used"),
    (lambda t, v, down, right: (moved(t, 0 * down, right), v), "`down` is not used"),
    (lambda t, v, down, right: (t, v), "have not moved"),
    (lambda t, v, down, right: (np.concatenate([t, moved(t, down, right)]), v), "Return the moved images alone"),
    (lambda t, v, down, right: (np.pad(t, ((0, 0), (1, 1), (1, 1))), v), "expected (4, 5, 3)"),
    (lambda t, v, down, right: moved(t, down, right), "expected 2 values (train, validation)"),
]

# ---- 5.8 ------------------------------------------------------------------------------------------------------------


def curves(**changed):
    return lambda: CURVES | changed


SIX = [
    (curves(A=("network_too_small", "more_units")), "Are these curves level at the end?"),
    (curves(A=("too_few_or_too_short_steps", "more_units")), "A: the illness is right"),
    (curves(B=("learns_wrong_labels", "look_at_the_labels_and_stop_early")), "validation *accuracy* falls, too"),
    (curves(C=("nothing", "leave_it")), "The diamond does not"),
    (curves(C=("overfits", "more_images_or_a_penalty")), "That is the illness to name"),
    (curves(D=("network_too_small", "more_units")), "lies still at its floor"),
    (curves(E=("overfits", "more_images_or_a_penalty")), "what is it that it learns by heart"),
    (curves(F=("too_few_or_too_short_steps", "larger_learning_rate")), "hardly anything moves"),
    (curves(F=("network_too_small", "more_images_or_a_penalty")), "A penalty makes it weaker still"),
    (curves(F=("network_too_small", "larger_learning_rate")), "it has arrived"),
    (curves(E=("learns_wrong_labels", "more_images_or_a_penalty")), "more of the same errors"),
    (curves(B=("more_images_or_a_penalty", "overfits")), "expected the illness first"),
    (curves(B=("overfitting", "more_images_or_a_penalty")), "Did you mean 'overfits'"),
    (lambda: {letter: CURVES[letter] for letter in "ABCDE"}, "lacks 'F'"),
    (lambda: dict.fromkeys("ABCDEF", ("overfits", "more_images_or_a_penalty")), "Right: B."),
]

WRONG = [
    (number, answer, words)
    for number, answers in {
        "5.1": STOPPING, "5.2": PENALTY, "5.3": L1, "5.4": DROPOUT, "5.5": GAIN, "5.6": NORM, "5.7": SHIFT, "5.8": SIX,
    }.items()
    for answer, words in answers
]  # fmt: skip
