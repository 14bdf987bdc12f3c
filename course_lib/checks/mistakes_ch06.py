"""What the exercises of chapter 6 come to: the right values, and the value that each common mistake gives.

Nothing here calls a learner's function. A function `..._mistakes` returns {hint: wrong value}, without the mistakes
that give the right value for these inputs. Exercises 6.5 and 6.6 stand in mistakes_ch06_pictures.py.
"""

import numpy as np

from course_lib.checks.mistakes_ch04 import ROUNDING, telling

__all__ = [
    "ROUNDING", "alike", "confusion", "costs", "costs_mistakes", "counts_mistakes", "differences",
    "differences_mistakes", "leave_one_out", "leave_one_out_mistakes", "recall_mistakes", "telling",
]  # fmt: skip


def alike(one, other):
    """Equal in kind and value, down to what dicts, lists and tuples hold; 0 and False are not alike."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and not isinstance(one, np.ndarray) and one == other


def _unlike(right, mistakes):
    return {hint: wrong for hint, wrong in mistakes.items() if not alike(wrong, right)}


# ---- 6.1: what differs? ---------------------------------------------------------------------------------------------


def differences(one, other):
    """{field: (value in one, value in other)} for the fields whose values differ."""
    return {field: (one[field], other[field]) for field in one if one[field] != other[field]}


def differences_mistakes(one, other):
    """Of the whole answer: dicts, lists and sets."""
    right = differences(one, other)
    kept = [field for field in one if field not in right]

    def pairs(fields):
        return {field: (one[field], other[field]) for field in fields}

    names_alone = "Those are the names of the fields alone. Say the two values of each, too: `(one[field], "
    names_alone += "other[field])`."
    truth = "A field is left out when a value of it counts as false, as 0, None, False and an empty text do."
    mistakes = {
        "Only the first field that differs is there. Does the loop end at its first `return`?": dict(
            list(pairs(right).items())[:1]
        ),
        names_alone: list(right),
        f"{names_alone} ": set(right),
        "Only the value in `other` is there. Give the pair, the value in `one` first.": {
            field: other[field] for field in right
        },
        "Only the value in `one` is there. Give the pair, with the value in `other` after it.": {
            field: one[field] for field in right
        },
        "The pairs are exchanged: the value in `one` comes first.": {
            field: (other[field], one[field]) for field in right
        },
        "All fields are there. Keep those whose values differ: `if one[field] != other[field]`.": pairs(one),
        "Those are the fields that agree. Keep those whose values differ.": pairs(kept),
        f"{truth} Compare the two values with each other, and ask nothing else of them.": pairs(
            field for field in right if one[field] and other[field]
        ),
        f"{truth} Compare the two values with each other.": pairs(field for field in right if one[field]),
        f"{truth} Compare the two values with each other. ": pairs(field for field in right if other[field]),
        "A field is left out when both of its values count as false. 0 and None are two different values.": pairs(
            field for field in right if one[field] or other[field]
        ),
        "`is` asks whether two values are the same object. Two equal tuples need not be: compare with `!=`.": pairs(
            field for field in one if one[field] is not other[field]
        ),
    }
    return _unlike(right, mistakes)


# ---- 6.2: leave one out ---------------------------------------------------------------------------------------------


def leave_one_out(default, before):
    """{part: the default with that part alone replaced by what stood there before}."""
    return {part: {**default, field: value} for part, (field, value) in before.items()}


def leave_one_out_mistakes(default, before):
    """Of the whole answer: dicts of dicts."""
    right = leave_one_out(default, before)
    replaced = dict(before.values())
    piled, so_far = {}, dict(default)
    for part, (field, value) in before.items():
        so_far = {**so_far, field: value}
        piled[part] = so_far
    mistakes = {
        "The changes pile up: from the second one on, two parts and more are gone. Start each anew from the default: "
        "`{**default, field: value}`.": piled,
        "All parts are replaced in every one. Is it one dict that they share? Make a new one for each part.": {
            part: {**default, **replaced} for part in before
        },
        "Only the replaced field is there. The other fields keep the values of the default.": {
            part: {field: value} for part, (field, value) in before.items()
        },
        "It is turned around: all parts are replaced but this one. Replace this one alone.": {
            part: {**default, **replaced, field: default[field]} for part, (field, _) in before.items()
        },
        "It has the fields as its keys. The keys are the names of the parts, those of `before`.": {
            field: {**default, field: value} for field, value in before.values()
        },
        "Nothing is replaced: those are copies of the default. In `{**default, field: value}` the last one counts.": {
            part: dict(default) for part in before
        },
        "The name of the part became a field. `before[part]` is a pair: the field, and the value for it.": {
            part: {**default, part: value} for part, (_, value) in before.items()
        },
        "The whole pair became the value. Take it apart: `field, value = before[part]`.": {
            part: {**default, field: (field, value)} for part, (field, value) in before.items()
        },
        "A value that counts as false, like 0 or None, is not put in. It is what stood there before, too.": {
            part: {**default, field: value or default[field]} for part, (field, value) in before.items()
        },
        "The replaced field is gone. What stood in its place before belongs there.": {
            part: {name: kept for name, kept in default.items() if name != field} for part, (field, _) in before.items()
        },
        "That is a list. Give a dict, with the name of the part as the key.": list(right.values()),
        "There is a field called 'field' now. Put the name that is in `field`: `{**default, field: value}`, without "
        "quotes.": {part: {**default, "field": value} for part, (_, value) in before.items()},
        "Only the first part is there. Does the loop end at its first `return`?": dict(list(right.items())[:1]),
        "Only the last part is there. Make the outer dict once, before the loop.": dict(list(right.items())[-1:]),
    }
    return _unlike(right, mistakes)


# ---- 6.3: do they stand in for each other? --------------------------------------------------------------------------


def costs(full, without_a, without_b, without_both):
    """(alone, both, extra), in points: what leaving out costs, one by one and together, means over the seeds."""
    alone = ((full - without_a) + (full - without_b)).mean()
    both = (full - without_both).mean()
    return alone, both, both - alone


_SIGNS = (
    "The sign is turned: a cost is the accuracy with all parts minus the accuracy without one, so that a loss is above "
    "0."
)
_SUMMED = "It is summed over the seeds. Take the mean."


def _of_first_seed(by_seed):
    # a check tries two seeds first; of more, the first one can be the median
    return {"That is the first seed alone. Take the mean over the seeds.": by_seed[0]} if len(by_seed) == 2 else {}


def _of_alone(full, without_a, without_b, alone, both):
    cost_a, cost_b = (full - without_a).mean(), (full - without_b).mean()
    # a check tries costs above 0 first: who is right there and not where a part harms has lost the sign
    unsigned = "The sign of a cost is lost. It is below 0 where the network is better without the part: no `abs`."
    lost_sign = {
        unsigned: abs(cost_a) + abs(cost_b),
        f"{unsigned} ": (np.abs(full - without_a) + np.abs(full - without_b)).mean(),
    }
    return {
        **(lost_sign if min(cost_a, cost_b) < 0 else {}),
        **_of_first_seed(2 * full - without_a - without_b),
        _SIGNS: -alone,
        "That is the mean of the two costs. Add them: the question is what both would cost if neither stood in for the "
        "other.": alone / 2,
        f"Only what leaving a out costs is there, {'the larger' if cost_a > cost_b else 'the smaller'} one of the two. "
        "Add both.": cost_a,
        f"Only what leaving b out costs is there, {'the larger' if cost_b > cost_a else 'the smaller'} one of the two. "
        "Add both.": cost_b,
        "That is the larger one of the two costs, seed by seed. Add both.": np.maximum(
            full - without_a, full - without_b
        ).mean(),
        "That is the smaller one of the two costs, seed by seed. Add both.": np.minimum(
            full - without_a, full - without_b
        ).mean(),
        "The two accuracies are added, and `full` is taken once. Each cost is a difference of its own.": (
            full - without_a - without_b
        ).mean(),
        "The two accuracies are added. A cost is a difference: what `full` has more.": (without_a + without_b).mean(),
        "That is the mean of the two accuracies. A cost is a difference: what `full` has more.": (
            (without_a + without_b) / 2
        ).mean(),
        "One cost is subtracted from the other. Add them.": cost_a - cost_b,
        "One cost is subtracted from the other. Add them. ": cost_b - cost_a,
        _SUMMED: alone * len(full),
        "The median stands in place of the mean.": np.median(2 * full - without_a - without_b),
        "That is what leaving out both costs. Here: what each costs by itself, added.": both,
        "Those are shares. The accuracies are in %, and so are the costs, in points.": alone / 100,
    }


def _of_both(full, without_both, alone, both):
    return {
        _SIGNS: -both,
        "`full` is missing: that is the accuracy without both. A cost is what `full` has more.": without_both.mean(),
        **_of_first_seed(full - without_both),
        _SUMMED: both * len(full),
        "The median stands in place of the mean.": np.median(full - without_both),
        "That is what the two cost one by one, added. Here: what is lost when both are gone.": alone,
        "That is half of it. Both are gone at once, and the loss counts whole.": both / 2,
        "Those are shares. The accuracies are in %, and so are the costs, in points.": both / 100,
    }


def _of_extra(alone, both):
    extra = both - alone
    with np.errstate(all="ignore"):
        return {
            # a check tries an extra cost above 0 first: who is right there and not here has lost the sign
            "The sign is lost: it is below 0 where the two together cost less than one by one."
            if extra < 0
            else "It is turned around: what leaving out both costs *beyond* the two costs alone, both - alone.": -extra,
            "That is a ratio. The extra cost is a difference, in points: both - alone.": both / alone,
            "That is a ratio. The extra cost is a difference, in points: both - alone. ": extra / alone,
            "The two are added. The extra cost is both - alone.": both + alone,
            "It is cut off at 0. Below 0 it says that the two together cost less than one by one.": max(extra, 0.0),
            "Half of `alone` is subtracted, and all of it counts.": both - alone / 2,
        }


def costs_mistakes(full, without_a, without_b, without_both):
    """{"alone": {hint: number}, "both": ..., "extra": ...}."""
    alone, both, extra = costs(full, without_a, without_b, without_both)
    right = {"alone": alone, "both": both, "extra": extra}
    wrong = {
        "alone": _of_alone(full, without_a, without_b, alone, both),
        "both": _of_both(full, without_both, alone, both),
        "extra": _of_extra(alone, both),
    }
    return {name: telling(right[name], mistakes) for name, mistakes in wrong.items()}


# ---- 6.4: a confusion matrix ----------------------------------------------------------------------------------------


def confusion(labels, predictions, n_classes):
    """(counts, recall): counts[i, j] examples of class i were taken for class j; recall[i] of class i are right."""
    counts = np.zeros((n_classes, n_classes))
    np.add.at(counts, (labels, predictions), 1)
    return counts, np.diag(counts) / np.maximum(counts.sum(axis=1), 1)


def counts_mistakes(labels, predictions, n_classes):
    """Of counts: arrays (n_classes, n_classes)."""
    counts, _ = confusion(labels, predictions, n_classes)
    rows = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    columns = np.maximum(counts.sum(axis=0, keepdims=True), 1)
    mistakes = {
        "It is transposed: the row is the class that an example has, the column the one that it was taken for.": (
            counts.T
        ),
        "Each pair is counted once, however often it comes: `counts[labels, predictions] += 1` looks up, adds and "
        "writes back once. Go through the examples one by one, or use `np.add.at`.": np.minimum(counts, 1),
        "Each pair is counted once, and rows and columns are exchanged besides.": np.minimum(counts, 1).T,
        "Those are shares of each class. `counts` holds how many they are; the shares are the recall.": counts / rows,
        "Those are shares of each predicted class. `counts` holds how many they are.": counts / columns,
        "Those are shares of all examples. `counts` holds how many they are.": counts / len(labels),
        "Only the right ones are counted. What the wrong ones were taken for is what one wants to see.": np.diag(
            np.diag(counts)
        ),
        "Only the wrong ones are counted. The right ones stand on the diagonal.": counts - np.diag(np.diag(counts)),
        "The counting starts at 1: every entry is one too large. Start from `np.zeros`.": counts + 1,
        "Nothing is counted.": np.zeros_like(counts),
    }
    return telling(counts, mistakes)


def recall_mistakes(labels, predictions, n_classes):
    """Of recall: arrays (n_classes,), and the one number that some give in its place."""
    counts, recall = confusion(labels, predictions, n_classes)
    right, of_class, taken = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    accuracy = right.sum() / len(labels)
    mistakes = {
        "That is the precision: of those that were taken for a class, the share that is right. Divide by how many "
        "examples the class *has*, the sums of the rows.": right / np.maximum(taken, 1),
        "That is the accuracy over all examples, the one number that hides a class. Give each class its own.": (
            accuracy
        ),
        "That is the accuracy over all examples, for every class the same. Divide by the sums of the rows.": np.full(
            n_classes, accuracy
        ),
        "Those are percent. The share is between 0 and 1.": 100 * recall,
        "Those are counts. Divide by how many examples each class has.": right,
        "The right ones are divided by the number of all examples. Divide by how many each class has.": right
        / len(labels),
        "Those are the shares that are *wrong*.": np.where(of_class > 0, 1 - recall, 0.0),
        "Those are the shares that are *wrong*. ": 1 - recall,
        "That is how large a share of the examples each class is. The recall is how many of them are right.": of_class
        / len(labels),
        "A class without examples gets 1. Nothing of it was recognized: 0.": np.where(of_class > 0, recall, 1.0),
        "One is added to every class's number of examples, to save the division. Use `np.maximum(sums, 1)`, which "
        "changes an empty class alone.": right / (of_class + 1),
        "The class without examples is left out. It has an entry as well: 0.": recall[of_class > 0],
    }
    return telling(recall, mistakes)
