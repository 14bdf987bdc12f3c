"""Exercise 6.1: the fields in which two recipes differ."""

from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.dicts_of_fields import alike, diagnose_fields, expect_fields
from course_lib.checks.expectations import expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise


def differences(one, other):
    """{field: (value in one, value in other)} for the fields whose values differ."""
    return {field: (one[field], other[field]) for field in one if one[field] != other[field]}


# Values of a field that may stand in a recipe. No two of one field are equal, not even as 0 and False are.
VALUES = {
    "hidden_layers": [(300, 100), (100,), (30, 30, 30)],
    "activation": ["elu", "relu", "sigmoid", "selu"],
    "residual": [True, False, None],
    "drop_rate": [0.0, 0.1, 0.2, 0.5],
    "max_norm": [None, 3.0, 4.0],
    "learning_rate": [0.001, 0.01, 0.1],
    "clip_norm": [None, 1.0, 0.0],
    "warm_up": [0, None, 5, 100],
    "note": ["", "the default", None],
    "seed": [0, 1, 2],
}


def drawn_recipe(rng, fields):
    """A recipe of these fields; a tuple in it is a new one, equal to others and not the same."""
    values = {field: VALUES[field][rng.integers(len(VALUES[field]))] for field in fields}
    return {field: (*value,) if isinstance(value, tuple) else value for field, value in values.items()}


def drawn_fields(rng, fewest=1):
    return [str(field) for field in rng.permutation(list(VALUES))[: rng.integers(fewest, len(VALUES) + 1)]]


def drawn(rng):
    """Fresh pairs of recipes, some of all fields, some of a few, one of a field alone, one of twice the same."""
    fields = [list(VALUES), list(VALUES), *(drawn_fields(rng) for _ in range(4)), drawn_fields(rng)[:1]]
    cases = [(drawn_recipe(rng, each), drawn_recipe(rng, each)) for each in fields]
    same = drawn_recipe(rng, VALUES)
    return [*cases, (same, dict(reversed(same.items())))]


# ---- wrong answers --------------------------------------------------------------------------------------------------


def keeping(condition):
    """condition(value in one, value in other) in place of the question whether they differ."""
    return lambda one, other: {
        field: (one[field], other[field]) for field in one if condition(one[field], other[field])
    }


def showing(pair):
    """pair(value in one, value in other) in place of the two values."""
    return lambda one, other: {field: pair(*values) for field, values in differences(one, other).items()}


def deletes_what_agrees(one, other):
    for field in list(one):
        if one[field] == other[field]:
            del one[field]
    return {field: (one[field], other[field]) for field in one}


def paired_by_place(one, other):
    pairs = zip(one.items(), other.values(), strict=True)
    return {field: (value, of_other) for (field, value), of_other in pairs if value != of_other}


NAMES_ALONE = "Those are the names of the fields alone. Say the two values of each, too: `(one[field], other[field])`."
ONE_IS_FALSE = (
    "A field is left out when a value of it counts as false, as 0, None, False and an empty text do. Compare the two "
    "values with each other, and ask nothing else of them."
)

MISTAKES = [
    (
        lambda one, other: dict(list(differences(one, other).items())[:1]),
        "Only the first field that differs is there. Does the loop end at its first `return`?",
    ),
    (lambda one, other: [field for field in one if one[field] != other[field]], NAMES_ALONE),
    (lambda one, other: {field for field in one if one[field] != other[field]}, NAMES_ALONE),
    (
        showing(lambda a, b: b),
        "Only the value in `other` is there. Give the pair, the value in `one` first.",
    ),
    (
        showing(lambda a, b: a),
        "Only the value in `one` is there. Give the pair, with the value in `other` after it.",
    ),
    (showing(lambda a, b: (b, a)), "The pairs are exchanged: the value in `one` comes first."),
    (
        keeping(lambda a, b: True),
        "All fields are there. Keep those whose values differ: `if one[field] != other[field]`.",
    ),
    (
        keeping(lambda a, b: a == b),
        "Those are the fields that agree. Keep those whose values differ.",
    ),
    (keeping(lambda a, b: a and b and a != b), ONE_IS_FALSE),
    (keeping(lambda a, b: a and a != b), ONE_IS_FALSE),
    (keeping(lambda a, b: b and a != b), ONE_IS_FALSE),
    (
        keeping(lambda a, b: (a or b) and a != b),
        "A field is left out when both of its values count as false. 0 and None are two different values.",
    ),
    (
        keeping(lambda a, b: a is not b),
        "`is` asks whether two values are the same object. Two equal tuples need not be: compare with `!=`.",
    ),
    (
        paired_by_place,
        "The values are paired by their place in the two dicts. The same keys may stand in another order there: look "
        "a value up by its name, `other[field]`.",
    ),
    (
        keeping(lambda a, b: str(a) != str(b)),
        "You compare how the values are written. 1 and 1.0 are one number, and None is not the text 'None': compare "
        "the values themselves.",
    ),
    (keeping(lambda a, b: bool(a) != bool(b)), Said("expected the keys")),
    (showing(lambda a, b: f"{a} -> {b}"), Said("Write them together")),
    (showing(lambda a, b: (a, str(b))), Said("expected (True, False)")),
    (lambda one, other: differences(one, other) or None, Said("expected {}")),
    (lambda one, other: list(differences(one, other).items()), Said("a dict with")),
    (deletes_what_agrees, Said("changes its input `one`")),
]


# ---- the check ------------------------------------------------------------------------------------------------------

PLAIN = {
    "hidden_layers": (300, 100),
    "activation": "sigmoid",
    "normalization": "none",
    "drop_rate": 0.0,
    "max_norm": None,
    "optimizer": "gradient_descent",
    "learning_rate": 0.1,
    "clip_norm": 1.0,
    "warm_up": 0,
    "note": "",
}
DEFAULT = {
    "hidden_layers": (*PLAIN["hidden_layers"],),  # equal to the plain ones, and another tuple
    "activation": "elu",
    "normalization": "batch",
    "drop_rate": 0.2,
    "max_norm": None,
    "optimizer": "adam",
    "learning_rate": 0.001,
    "clip_norm": None,
    "warm_up": None,
    "note": "the default",
}


@exercise("6.1", title="What differs?", mistakes=MISTAKES, hidden=same_as(differences, drawn))
def check_differences(submitted):
    """Values that count as false, equal tuples, keys in another order, 3 and 3.0, nothing that differs, one field."""
    three = {"activation": "elu", "residual": True, "drop_rate": 0.2}
    cases = [
        ("the example", {"activation": "elu", "seed": 0}, {"activation": "relu", "seed": 0}),
        ("two fields of three", three, three | {"residual": False, "drop_rate": 0.0}),
        ("a plain recipe and the default", PLAIN, DEFAULT),
        ("the default and a plain recipe", DEFAULT, PLAIN),
        ("0 and None", {"warm_up": 0, "patience": None, "seed": 0}, {"warm_up": None, "patience": "", "seed": 0}),
        ("two recipes that are the same", DEFAULT, dict(DEFAULT)),
        ("one field that differs", {"clip_norm": None}, {"clip_norm": 1.0}),
        (
            "the same keys in another order",
            {"activation": "elu", "initialization": "he_normal", "optimizer": "adam"},
            {"optimizer": "momentum", "activation": "elu", "initialization": "he_normal"},
        ),
        (
            "values that look alike or unlike",
            {"max_norm": 3, "clip_norm": None, "note": "None", "seed": 0},
            {"max_norm": 3.0, "clip_norm": "None", "note": None, "seed": 1},
        ),
    ]
    for name, one, other in cases:
        what = f"The result for {name}"
        value, right = submitted(one, other), differences(one, other)
        if not alike(value, right):
            diagnose_fields(value, right, known(MISTAKES, one, other), what)
            _expect_pairs(expect_fields(value, right, what), right, name)
    return "The fields that differ and no others, with both values, whatever kind these are."


def _expect_pairs(value, right, name):
    names = ("one[field]", "other[field]")
    for field, pair in right.items():
        place = f"The value of {field!r} for {name}"
        given = expect_tuple(value[field], 2, place, names, returned=False)
        if not alike(given, pair):
            raise Diagnosis(f"{place} is {describe(given)}; expected {pair!r}.")
