"""Checks of chapter 6, the default configuration. What common mistakes give stands in the files mistakes_ch06....py."""

import numpy as np

from course_lib.checks import mistakes_ch06 as tables
from course_lib.checks import mistakes_ch06_pictures as pictures
from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import (
    expect_array,
    expect_close,
    expect_dict,
    expect_number,
    expect_tuple,
    plain_number,
)
from course_lib.checks.recipe_trial import examine_recipe
from course_lib.checks.registry import exercise
from course_lib.checks.six_reports import examine_reports

ROUNDING = tables.ROUNDING

PLAIN = {
    "hidden_layers": (300, 100), "activation": "sigmoid", "normalization": "none", "drop_rate": 0.0, "max_norm": None,
    "optimizer": "gradient_descent", "learning_rate": 0.1, "clip_norm": 1.0, "warm_up": 0, "note": "",
}  # fmt: skip
DEFAULT = {  # its hidden_layers are equal to the plain ones, and another tuple
    "hidden_layers": (*PLAIN["hidden_layers"],), "activation": "elu", "normalization": "batch", "drop_rate": 0.2,
    "max_norm": None, "optimizer": "adam", "learning_rate": 0.001, "clip_norm": None, "warm_up": None,
    "note": "the default",
}  # fmt: skip


@exercise("6.1", title="What differs?")
def differences(submitted):
    """Values that count as false on either side and on both, equal tuples, nothing that differs, one field."""
    example = {"activation": "elu", "normalization": "batch", "drop_rate": 0.2}
    cases = [
        ("the example", example, example | {"normalization": "none", "drop_rate": 0.0}),
        ("a plain recipe and the default", PLAIN, DEFAULT),
        ("the default and a plain recipe", DEFAULT, PLAIN),
        ("0 and None", {"warm_up": 0, "patience": None, "seed": 0}, {"warm_up": None, "patience": "", "seed": 0}),
        ("two recipes that are the same", DEFAULT, dict(DEFAULT)),
        ("one field that differs", {"clip_norm": None}, {"clip_norm": 1.0}),
    ]
    for name, one, other in cases:
        what = f"The result for {name}"
        value, right = submitted(one, other), tables.differences(one, other)
        _tell_known(value, tables.differences_mistakes(one, other), right, what)
        value = _expect_fields(value, right, what)
        for field, pair in right.items():
            names, place = ("one[field]", "other[field]"), f"The value of {field!r} for {name}"
            given = expect_tuple(value[field], 2, place, names, returned=False)
            if not tables.alike(given, pair):
                raise Diagnosis(f"{place} is {describe(given)}; expected {pair!r}.")
    return "The fields that differ and no others, with both values, whatever kind these are."


def _tell_known(value, mistakes, right, what):
    """A Diagnosis with the hint of the known mistake that gives this very value, if one does."""
    for hint, wrong in mistakes.items():
        if tables.alike(value, wrong):
            raise Diagnosis(_apart(value, right, what), hint=hint)


def _apart(value, right, what):
    """The first place where two values that are not alike differ, as a sentence."""
    if not isinstance(value, dict) or not isinstance(right, dict):
        return f"{what} is {describe(value)}; expected {describe(right)}."
    missing = " and ".join([repr(key) for key in right if key not in value][:2])
    extra = " and ".join([repr(key) for key in value if key not in right][:2])
    if missing or extra:
        found = [f"lacks {missing}"] if missing else []
        found += [f"has {extra}, which does not belong there"] if extra else []
        return f"{what} {' and '.join(found)}."
    key = next(key for key in right if not tables.alike(value[key], right[key]))
    inside = f"{what}, at {key!r}," if " at '" not in what else f"{what[:-1]} and there at {key!r},"
    return _apart(value[key], right[key], inside)


def _expect_fields(value, right, what):
    if right:
        return expect_dict(value, right, what)
    if not isinstance(value, dict) or value:
        raise Diagnosis(
            f"{what} is {describe(value)}; expected {{}}, a dict with nothing in it.",
            hint="Did you forget `return`?" if value is None else "Where nothing is to be said the dict is empty.",
        )
    return value


@exercise("6.2", title="Leave one out")
def leave_one_out(submitted):
    """Parts in several orders, values that count as false, two parts of one field, one part, no parts."""
    example = {"activation": "elu", "normalization": "batch", "drop_rate": 0.2}
    before = {
        "He and ELU": ("activation", "sigmoid"), "Adam": ("optimizer", "gradient_descent"),
        "batch norm": ("normalization", "none"), "the bound": ("max_norm", 3.0), "dropout": ("drop_rate", 0.0),
    }  # fmt: skip
    two_of_one = {"small rate": ("learning_rate", 0.1), "tiny rate": ("learning_rate", 0.01), "note": ("note", "")}
    cases = [
        ("the example", example, {"ELU": ("activation", "sigmoid"), "dropout": ("drop_rate", 0.0)}),
        ("five parts", DEFAULT, before),
        ("the same parts in another order", DEFAULT, dict(reversed(before.items()))),
        ("two parts that set one field", DEFAULT, two_of_one),
        ("one part", example, {"batch norm": ("normalization", "none")}),
        ("no parts", example, {}),
    ]
    for name, default, before in cases:
        what = f"The result for {name}"
        value, right = submitted(default, before), tables.leave_one_out(default, before)
        _tell_known(value, tables.leave_one_out_mistakes(default, before), right, what)
        value = _expect_fields(value, right, what)
        for part, recipe in right.items():
            _check_recipe(value[part], recipe, f"The recipe without {part!r} for {name}")
    return "Each time the whole default, with one part replaced and the others in their place."


def _check_recipe(value, right, what):
    if value is None:
        raise Diagnosis(
            f"{what} is None; expected a dict.",
            hint="`update` changes a dict and gives back None. Make a new dict: `{**default, field: value}`.",
        )
    value = expect_dict(value, right, what)
    for field, expected in right.items():
        if not tables.alike(value[field], expected):
            raise Diagnosis(f"{what} has {describe(value[field])} for {field!r}; expected {expected!r}.")


@exercise("6.3", title="Do they stand in for each other?")
def stand_in(submitted):
    """Parts that stand in for each other, that do not, that harm, one seed; few seeds and many."""
    rng = np.random.default_rng(63)
    cases = [("the example", *map(np.array, ([90.0, 92.0], [88.0, 90.0], [87.0, 87.0], [79.0, 83.0])))]
    for name, n, cost_a, cost_b, cost_both in (
        ("parts that stand in for each other, 5 seeds", 5, 1.0, 2.5, 12.0),
        ("parts that add up, 4 seeds", 4, 3.0, 1.0, 4.2),
        ("parts that do the same thing in one place, 8 seeds", 8, 4.0, 5.0, 5.5),
        ("a part that harms, 6 seeds", 6, -1.5, 2.0, 0.8),
        ("one seed", 1, 2.0, 0.5, 4.0),
    ):
        full = rng.normal(88, 1, n)
        cases.append((name, full, *(full - cost - rng.normal(0, 0.3, n) for cost in (cost_a, cost_b, cost_both))))
    for name, *given in cases:
        names = ("alone", "both", "extra")
        value = expect_tuple(submitted(*given), 3, f"The result for {name}", names)
        known = tables.costs_mistakes(*given)
        for part, number, right in zip(names, value, tables.costs(*given), strict=True):
            what = f"`{part}` for {name}"
            if isinstance(number, np.ndarray) and number.size > 1 and number.shape == given[0].shape:
                hint = "It is not averaged over the seeds: take the mean."
                raise Diagnosis(f"{what} is {describe(number)}, one for each seed; expected one number.", hint=hint)
            expect_close(plain_number(number), right, **ROUNDING, because=known[part], what=what)
    return "What they cost one by one, what they cost together, and how much that is beyond."


@exercise("6.4", title="A confusion matrix")
def confusion(submitted):
    """Pairs that come often, classes that never come, are never predicted, or are alone; one example."""
    rng = np.random.default_rng(64)
    labels = rng.integers(0, 4, 60)
    predictions = np.where(rng.random(60) < 0.6, labels, rng.integers(0, 4, 60))
    uneven = np.repeat([0, 1, 2], [30, 5, 2])
    cases = [
        ("the example", [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2], 3),
        ("60 examples of 4 classes", labels, predictions, 4),
        ("37 examples, 30 of them of class 0", uneven, np.where(rng.random(37) < 0.7, 0, uneven), 3),
        ("a class without examples", [0, 2, 2, 0, 2, 0, 0], [0, 2, 1, 1, 2, 2, 0], 3),
        ("a last class that never comes", [0, 1, 1, 0, 0], [1, 1, 1, 0, 0], 4),
        ("a class that is never predicted", [0, 1, 2, 2, 1], [0, 0, 2, 0, 2], 3),
        ("one example", [1], [0], 2),
    ]
    for name, *classes, n_classes in cases:
        given = *map(np.array, classes), n_classes
        with np.errstate(all="ignore"):
            value = submitted(*given)
        _check_confusion(value, given, name)
    return "Who was taken for whom, and how much of each class was recognized, the rare ones too."


def _check_confusion(value, given, name):
    counts, recall = expect_tuple(value, 2, f"The result for {name}", ("counts", "recall"))
    right_counts, right_recall = tables.confusion(*given)
    because = tables.counts_mistakes(*given)
    expect_close(counts, right_counts, **ROUNDING, because=because, what=f"`counts` for {name}")
    what, because = f"`recall` for {name}", tables.recall_mistakes(*given)
    if np.shape(recall) == right_recall.shape and isinstance(recall, np.ndarray) and recall.dtype.kind == "f":
        empty = right_counts.sum(axis=1) == 0
        if np.isnan(recall).any():
            hint = "0/0: a class without examples has a sum of 0. Divide by `np.maximum(sums, 1)`: its recall is 0."
            if np.isnan(recall[~empty]).any():
                hint = "0/0. Divide by how many examples each class *has*, the sums of the rows."
            raise Diagnosis(f"{what} holds nan.", hint=hint)
    expect_close(recall, right_recall, **ROUNDING, because=because, what=what)


@exercise("6.5", title="Mend the temperature")
def best_temperature(submitted):
    """Logits that are too sure, not sure enough, very large; candidates in any order, and one alone."""
    cases = _temperature_cases()
    answers = []
    for place, case in enumerate(cases, start=1):
        with np.errstate(all="ignore"):
            value = submitted(*case)
        what = f"The temperature for logits number {place}"
        answers.append(expect_number(plain_number(value), what))
    right = np.array([pictures.best_temperature(*case) for case in cases])
    wrong = ~np.isclose(answers, right, **ROUNDING)
    if not wrong.any():
        return "The temperature at which the network is as sure as it is right, and no other."
    place = int(np.argmax(wrong))
    known = pictures.temperature_mistakes(cases).items()
    hint = next((hint for hint, mistaken in known if np.allclose(answers, mistaken, **ROUNDING)), "")
    found = f"For logits number {place + 1} you choose T = {answers[place]:g} of {_listed(cases[place][2])}; expected "
    found += f"{right[place]:g}."
    if hint == pictures.BY_ACCURACY and _multiplies(submitted):
        raise Diagnosis(f"{found} Both steps are wrong, the one that uses T and the one that compares.",
                        hint=pictures.BOTH_WRONG)  # fmt: skip
    raise Diagnosis(found, hint=hint or _unknown_choice(answers[place], cases[place][2]))


def _temperature_cases():
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
        (20, 1.5, [1.7]),
    ):
        z = rng.normal(0, 1.5, (n, 4))
        probabilities = np.exp(pictures.log_softmax(z if scale else 0 * z))
        labels = (probabilities.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
        cases.append(((scale or 2.0) * z, labels, candidates))
    return cases


def _listed(candidates):
    return ", ".join(f"{T:g}" for T in candidates)


def _multiplies(submitted):
    """Whether one who chooses by accuracy multiplies by T as well."""
    with np.errstate(all="ignore"):
        value = plain_number(submitted(*pictures.TIED))
    return isinstance(value, int | float | np.number) and value == pictures.TIED_MULTIPLIED


def _unknown_choice(answer, candidates):
    return "" if answer in candidates else "That is none of the candidates. Return one of them: `candidates[...]`."


@exercise("6.6", title="A picture for the network")
def prepare(submitted):
    """Tall, wide and square pictures, even and odd differences, one row, gray alone, black alone."""
    rng = np.random.default_rng(66)
    cases = [
        ("the example", np.array([[255, 0], [255, 51], [255, 255], [204, 0]])),
        ("a wide picture, 3 x 7", rng.integers(0, 256, (3, 7))),
        ("a tall picture where one column remains, 6 x 3", rng.integers(0, 256, (6, 3))),
        ("a wide picture where one row remains, 4 x 5", rng.integers(0, 256, (4, 5))),
        ("a square picture", rng.integers(0, 256, (4, 4))),
        ("a picture in light gray", rng.integers(120, 240, (5, 3))),
        ("one row", rng.integers(0, 256, (1, 4))),
        ("black alone", np.zeros((2, 3))),
    ]
    for name, picture in cases:
        picture = picture.astype(np.uint8)
        with np.errstate(all="ignore"):
            value = submitted(picture)
        because, right = pictures.picture_mistakes(picture), pictures.prepare(picture)
        what = f"The result for {name}"
        expect_close(value, right, **ROUNDING, because=because, what=what)
        expect_array(value, right.shape, kind="float", what=what)
    return "Ink is 1 and paper 0, in the middle of a square: what the network has learned from."


@exercise("6.7", title="Six reports, six flaws")
def flaws(submitted):
    """Flaw and remedy of six reports; what they are stands in six_reports.py."""
    return examine_reports(submitted)


@exercise("6.8", title="Your own recipe")
def my_recipe(submitted):
    """The recipe is trained; how, and what is said then, stands in recipe_trial.py."""
    return examine_recipe(submitted)
