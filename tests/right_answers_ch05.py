"""Right answers to the exercises of chapter 5, written in different ways: RIGHT is {number: functions}."""

import math

import numpy as np


def stopping_by_count(validation_losses, patience):
    best, kept, waited, epoch = math.inf, 0, 0, 0
    while epoch < len(validation_losses) and waited < patience:
        loss = validation_losses[epoch]
        epoch += 1
        waited += 1
        if best > loss:
            best, kept, waited = loss, epoch, 0
    return epoch, kept


def stopping_by_slices(validation_losses, patience):
    for epoch in range(1, len(validation_losses) + 1):
        kept = int(np.argmin(validation_losses[:epoch])) + 1
        if epoch == kept + patience:
            break
    return [np.int64(epoch), np.int64(kept)]


def stopping_by_the_course(validation_losses, patience):
    """The callback of the course, told of one epoch after the other."""
    from types import SimpleNamespace

    from course_lib.training.callbacks import EarlyStopping

    epochs = []
    run = SimpleNamespace(
        data=SimpleNamespace(validation=1),
        network=SimpleNamespace(state=dict, load_state=lambda state: None),
        stop=lambda: epochs.append(None),
        interrupted=False,
        stopped_early=False,
        best_epoch=None,
    )
    callback = EarlyStopping(patience)
    callback.on_start(run)
    for epoch, loss in enumerate(validation_losses, start=1):
        callback.on_epoch(run, {"epoch": epoch, "validation_loss": loss})
        if epochs:
            break
    callback.on_end(run)
    return epoch, run.best_epoch


def penalty_in_torch(weight, bias, weight_gradient, bias_gradient, strength):
    import torch

    w, b = (torch.tensor(array, requires_grad=True) for array in (weight, bias))
    loss = (torch.tensor(weight_gradient) * w).sum() + (torch.tensor(bias_gradient) * b).sum()
    (loss + strength / 2 * (w**2).sum()).backward()
    return w.grad.numpy(), b.grad.numpy()


def penalty_by_entry(weight, bias, weight_gradient, bias_gradient, strength):
    total = weight_gradient.copy()
    for place in np.ndindex(weight.shape):
        total[place] += strength * weight[place]
    return [total, bias_gradient.copy()]


def penalty_in_single(weight, bias, weight_gradient, bias_gradient, strength):
    return (weight_gradient + np.float32(strength) * weight).astype(np.float32), bias_gradient.astype(np.float32)


def l1_by_cases(w, gradient, learning_rate, strength):
    z, threshold = w - learning_rate * gradient, learning_rate * strength
    return np.where(z > threshold, z - threshold, np.where(z < -threshold, z + threshold, 0.0))


def l1_by_clip(w, gradient, learning_rate, strength):
    z = w - learning_rate * gradient
    return z - np.clip(z, -learning_rate * strength, learning_rate * strength)


def l1_in_torch(w, gradient, learning_rate, strength):
    import torch

    z = torch.tensor(w - learning_rate * gradient)
    return torch.nn.functional.softshrink(z, learning_rate * strength).numpy()


def dropout_by_mask(x, drawn, drop_rate, training):
    mask = np.ones_like(x)
    if training:
        mask[drawn < drop_rate] = 0
        mask /= 1 - drop_rate
    return x * mask


def dropout_by_where(x, drawn, drop_rate, training):
    return np.where(drawn >= drop_rate, x / (1 - drop_rate), 0) if training else x.copy()


def dropout_by_entry(x, drawn, drop_rate, training):
    if not training:
        return x
    out = np.zeros_like(x)
    for place, draw in np.ndenumerate(drawn):
        if draw >= drop_rate:
            out[place] = x[place] / (1 - drop_rate)
    return out


def dropout_with_other_draws(x, drawn, drop_rate, training):
    """Keeps a unit with chance 1 - drop_rate, too, for draws at the other end."""
    return np.where(drawn < 1 - drop_rate, x / (1 - drop_rate), 0.0) if training else x


SAME_DRAWS = [dropout_by_mask, dropout_by_where, dropout_by_entry]  # as in the exercise's example


def gain_by_hand(with_remedy, without, quantile, smallest):
    differences = [a - b for a, b in zip(with_remedy.tolist(), without.tolist(), strict=True)]
    n = len(differences)
    mean = sum(differences) / n
    spread = math.sqrt(sum((each - mean) ** 2 for each in differences) / (n - 1))
    low, high = (mean + sign * quantile * spread / math.sqrt(n) for sign in (-1, 1))
    if -smallest < low <= high < smallest:
        return low, high, "too small to matter"
    return low, high, "gain" if low > smallest else "loss" if high < -smallest else "open"


def gain_by_statistics(with_remedy, without, quantile, smallest):
    from statistics import mean, stdev

    difference = np.subtract(with_remedy, without).tolist()
    half = quantile * stdev(difference) / len(difference) ** 0.5
    low, high = mean(difference) - half, mean(difference) + half
    word = "too small to matter" if max(abs(low), abs(high)) < smallest else "open"
    if high < -smallest:
        word = "loss"
    if low > smallest:
        word = "gain"
    return [np.float64(low), np.array([high]), word]


def gain_by_variance(with_remedy, without, quantile, smallest):
    d = with_remedy - without
    half = quantile * np.sqrt(np.var(d, ddof=1) / d.size)
    ends = np.mean(d) + np.array([-half, half])
    words = {(True, False): "gain", (False, True): "loss"}
    rest = "too small to matter" if (abs(ends) < smallest).all() else "open"
    return *ends, words.get((bool(ends[0] > smallest), bool(ends[1] < -smallest)), rest)


def gain_by_select(with_remedy, without, quantile, smallest):
    """The word comes out of NumPy, in an array without an axis."""
    d = with_remedy - without
    low, high = np.mean(d) + quantile * np.std(d, ddof=1) / np.sqrt(len(d)) * np.array([-1, 1])
    rules = [low > smallest, high < -smallest, (low > -smallest) & (high < smallest)]
    return low, high, np.select(rules, ["gain", "loss", "too small to matter"], "open")


def gain_by_lookup(with_remedy, without, quantile, smallest):
    d = with_remedy - without
    half = quantile * np.std(d, ddof=1) / np.sqrt(len(d))
    ends = np.array([d.mean() - half, d.mean() + half])
    rest = "too small to matter" if np.abs(ends).max() < smallest else "open"
    words = np.array(["loss", rest, "gain"])  # its elements are np.str_
    return ends[0], ends[1], words[1 + int(ends[0] > smallest) - int(ends[1] < -smallest)]


def norm_by_column(weight, limit):
    new = weight.copy()
    for unit in range(weight.shape[1]):
        length = math.sqrt(sum(w * w for w in weight[:, unit]))
        if length > limit:
            new[:, unit] = weight[:, unit] * (limit / length)
    return new


def norm_in_torch(weight, limit):
    import torch

    return torch.tensor(weight.T).renorm(p=2, dim=0, maxnorm=limit).numpy().T


def norm_by_minimum(weight, limit):
    lengths = np.linalg.norm(weight, axis=0)
    return weight * np.minimum(1, limit / np.where(lengths == 0, 1, lengths))


def shift_by_pixel(train, validation, down, right):
    new = np.zeros_like(train)
    n, rows, columns = train.shape
    for image in range(n):
        for row in range(rows):
            for column in range(columns):
                old_row, old_column = row - down[image], column - right[image]
                if 0 <= old_row < rows and 0 <= old_column < columns:
                    new[image, row, column] = train[image, old_row, old_column]
    return new, validation


def shift_by_the_course(train, validation, down, right):
    from course_lib.scratch.augmentation import shift

    n, rows, columns = train.shape
    moved = shift(train.reshape(n, -1), (rows, columns), np.stack([down, right], axis=1))
    return moved.reshape(train.shape), validation.copy()


def shift_by_roll(train, validation, down, right):
    """np.roll, and then 0 where it went around."""
    new = []
    for image, d, r in zip(train, down, right, strict=True):
        image = np.roll(image, (d, r), axis=(0, 1))
        if d > 0:
            image[:d] = 0
        elif d < 0:
            image[d:] = 0
        if r > 0:
            image[:, :r] = 0
        elif r < 0:
            image[:, r:] = 0
        new.append(image)
    return [np.array(new), validation]


CURVES = {
    "A": ("too_few_or_too_short_steps", "larger_learning_rate"),
    "B": ("overfits", "more_images_or_a_penalty"),
    "C": ("validation_leaked", "split_again"),
    "D": ("learning_rate_too_high", "smaller_learning_rate"),
    "E": ("learns_wrong_labels", "look_at_the_labels_and_stop_early"),
    "F": ("network_too_small", "more_units"),
}


def curves_in_order():
    return CURVES


def curves_as_lists():
    return {letter: list(pair) for letter, pair in CURVES.items()}


def curves_backward():
    return dict(reversed(CURVES.items()))


RIGHT = {
    "5.1": [stopping_by_count, stopping_by_slices, stopping_by_the_course],
    "5.2": [penalty_in_torch, penalty_by_entry, penalty_in_single],
    "5.3": [l1_by_cases, l1_by_clip, l1_in_torch],
    "5.4": [*SAME_DRAWS, dropout_with_other_draws],
    "5.5": [gain_by_hand, gain_by_statistics, gain_by_variance, gain_by_select, gain_by_lookup],
    "5.6": [norm_by_column, norm_in_torch, norm_by_minimum],
    "5.7": [shift_by_pixel, shift_by_the_course, shift_by_roll],
    "5.8": [curves_in_order, curves_as_lists, curves_backward],
}
