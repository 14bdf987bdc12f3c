"""Right answers to the exercises of chapter 6, written in different ways: RIGHT is {number: functions}."""

import numpy as np


def differences_by_loop(one, other):
    found = {}
    for field, value in one.items():
        if (value == other[field]) is False:
            found[field] = value, other[field]
    return found


def differences_by_zip(one, other):
    others = [other[field] for field in one]
    return {field: [a, b] for field, a, b in zip(one, one.values(), others, strict=True) if a != b}


def differences_backward(one, other):
    """From all fields, those that agree taken away; in another order."""
    pairs = {field: (one[field], other[field]) for field in reversed(other)}
    for field in one:
        if one[field] == other[field]:
            del pairs[field]
    return pairs


def numpy_value(value):
    """The value as NumPy would hold it: np.float32(0.2) for 0.2, np.str_("elu"), np.True_."""
    if isinstance(value, float):
        return np.float32(value)
    return np.array([value])[0] if isinstance(value, bool | int | str) else value


def differences_in_numpy(one, other):
    return {field: (numpy_value(one[field]), numpy_value(other[field])) for field in one if one[field] != other[field]}


def left_out_in_numpy(default, before):
    return {
        part: {name: numpy_value(kept) for name, kept in {**default, field: value}.items()}
        for part, (field, value) in before.items()
    }


def left_out_by_copy(default, before):
    recipes = {}
    for part in before:
        recipe = default.copy()
        recipe[before[part][0]] = before[part][1]
        recipes[part] = recipe
    return recipes


def left_out_by_union(default, before):
    return {part: default | dict([pair]) for part, pair in before.items()}


def left_out_by_field(default, before):
    return {
        part: {name: before[part][1] if name == before[part][0] else value for name, value in default.items()}
        for part in before
    }


def stand_in_by_seed(full, without_a, without_b, without_both):
    alone, both = [], []
    for f, a, b, ab in zip(full, without_a, without_b, without_both, strict=True):
        alone.append(f - a + f - b)
        both.append(f - ab)
    alone, both = sum(alone) / len(full), sum(both) / len(full)
    return float(alone), float(both), float(both - alone)


def stand_in_by_means(full, without_a, without_b, without_both):
    f, a, b, ab = (array.mean() for array in (full, without_a, without_b, without_both))
    return [np.array(2 * f - a - b), np.array([f - ab]), a + b - f - ab]


def stand_in_in_single(full, without_a, without_b, without_both):
    losses = np.stack([full - without for without in (without_a, without_b, without_both)]).astype(np.float32)
    a, b, ab = losses.mean(axis=1)
    return a + b, ab, ab - (a + b)


def confusion_by_pairs(labels, predictions, n_classes):
    counts = np.array(
        [[np.sum((labels == i) & (predictions == j)) for j in range(n_classes)] for i in range(n_classes)]
    )
    recall = [counts[i, i] / counts[i].sum() if counts[i].sum() else 0.0 for i in range(n_classes)]
    return counts, np.array(recall)


def confusion_by_bincount(labels, predictions, n_classes):
    counts = np.bincount(labels * n_classes + predictions, minlength=n_classes**2).reshape(n_classes, n_classes)
    of_class = counts.sum(axis=1)
    return counts, np.divide(counts.diagonal(), of_class, out=np.zeros(n_classes), where=of_class > 0)


def confusion_by_sklearn(labels, predictions, n_classes):
    from sklearn.metrics import confusion_matrix, recall_score

    classes = list(range(n_classes))
    recall = recall_score(labels, predictions, labels=classes, average=None, zero_division=0)
    return [confusion_matrix(labels, predictions, labels=classes), np.asarray(recall)]


def temperature_by_loop(logits, labels, candidates):
    best, smallest = None, np.inf
    for temperature in candidates:
        loss = 0.0
        for row, label in zip(logits / temperature, labels, strict=True):
            loss += np.log(np.exp(row - row.max()).sum()) + row.max() - row[label]
        if loss < smallest:
            best, smallest = temperature, loss
    return best


def temperature_in_torch(logits, labels, candidates):
    import torch

    given = torch.tensor(logits), torch.tensor(labels)
    losses = [torch.nn.functional.cross_entropy(given[0] / T, given[1]).item() for T in candidates]
    return np.array(candidates)[np.argmin(losses)]


def temperature_by_min(logits, labels, candidates):
    from scipy.special import logsumexp

    def loss(temperature):
        scaled = logits / temperature
        return np.mean(logsumexp(scaled, axis=1) - scaled[range(len(labels)), labels])

    return np.array([min(candidates, key=loss)])


def picture_by_pad(picture):
    rows, columns = picture.shape
    missing = [max(rows, columns) - length for length in (rows, columns)]
    return np.pad(1 - picture.astype(float) / 255, [(n // 2, n - n // 2) for n in missing])


def picture_by_pixel(picture):
    rows, columns = picture.shape
    side = max(rows, columns)
    new = np.zeros((side, side), dtype=np.float32)
    for row in range(rows):
        for column in range(columns):
            new[row + (side - rows) // 2, column + (side - columns) // 2] = (255 - int(picture[row, column])) / 255
    return new


def picture_framed_first(picture):
    """White paper around it, then turned."""
    side = max(picture.shape)
    square = np.full((side, side), 255, dtype=np.uint8)
    top, left = ((side - length) // 2 for length in picture.shape)
    square[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return (255 - square) / 255


FLAWS = {
    "A": ("copies_in_both_parts", "split_before_copying"),
    "B": ("one_number_hides_a_class", "look_at_every_class"),
    "C": ("two_things_changed", "change_one_thing_at_a_time"),
    "D": ("one_run_each", "more_seeds_and_an_interval"),
    "E": ("chosen_on_test_data", "choose_on_validation_data"),
    "F": ("one_learning_rate_for_both", "tune_each_at_its_own_rate"),
}


def flaws_in_order():
    return FLAWS


def flaws_as_lists():
    return {letter: list(pair) for letter, pair in FLAWS.items()}


def flaws_backward():
    return dict(reversed(FLAWS.items()))


def recipe_with_elu():
    return {"activation": "elu", "initialization": "he_normal", "drop_rate": 0.0, "learning_rate": 0.003}


def recipe_with_relu():
    return {
        "activation": "relu",
        "initialization": "he_uniform",
        "optimizer": "adam",
        "learning_rate": 0.003,
        "drop_rate": 0,
    }


def recipe_with_momentum():
    return {"activation": "elu", "optimizer": "momentum", "learning_rate": 0.01, "drop_rate": 0.0, "clip_norm": 5.0}


def recipe_with_selu():
    return {
        "activation": "selu",
        "initialization": "lecun_normal",
        "learning_rate": 0.003,
        "drop_rate": 0.0,
        "l2": 1e-4,
        "max_norm": 4.0,
    }


def recipe_with_a_schedule():
    return {"activation": "elu", "learning_rate": 0.01, "drop_rate": 0.0, "schedule": "one_cycle"}


def recipe_with_sigmoid():
    """The naive start, of which the worked solution says that a larger rate is enough."""
    return {"activation": "sigmoid", "initialization": "standard_normal", "learning_rate": 0.01, "drop_rate": 0.0}


RIGHT = {
    "6.1": [differences_by_loop, differences_by_zip, differences_backward, differences_in_numpy],
    "6.2": [left_out_by_copy, left_out_by_union, left_out_by_field, left_out_in_numpy],
    "6.3": [stand_in_by_seed, stand_in_by_means, stand_in_in_single],
    "6.4": [confusion_by_pairs, confusion_by_bincount, confusion_by_sklearn],
    "6.5": [temperature_by_loop, temperature_in_torch, temperature_by_min],
    "6.6": [picture_by_pad, picture_by_pixel, picture_framed_first],
    "6.7": [flaws_in_order, flaws_as_lists, flaws_backward],
    "6.8": [
        recipe_with_elu,
        recipe_with_relu,
        recipe_with_momentum,
        recipe_with_selu,
        recipe_with_a_schedule,
        recipe_with_sigmoid,
    ],
}
