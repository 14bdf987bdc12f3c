"""Exercise 6.2: the default recipe, each time without one of its parts."""

from course_lib.checks.chapter_06.differences import DEFAULT, VALUES, drawn_fields, drawn_recipe
from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.dicts_of_fields import alike, diagnose_fields, expect_fields
from course_lib.checks.expectations import expect_dict
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise


def leave_one_out(default, before):
    """{part: the default with that part alone replaced by what stood there before}."""
    return {part: {**default, field: value} for part, (field, value) in before.items()}


def drawn(rng):
    """Fresh recipes: some parts, all, one, none, two parts of one field."""
    cases = []
    for n_parts in (2, 3, 10, 1, 0):
        fields = drawn_fields(rng, fewest=3)
        before = {}
        for field in rng.permutation(fields)[:n_parts].tolist():
            before[f"part {rng.integers(1000)} of {field}"] = field, *drawn_recipe(rng, [field]).values()
        cases.append((drawn_recipe(rng, fields), before))
    first, second, *_ = VALUES["drop_rate"]
    before = {"a": ("drop_rate", first), "b": ("activation", "tanh"), "c": ("drop_rate", second)}
    return [*cases, (drawn_recipe(rng, VALUES), before)]


# ---- wrong answers --------------------------------------------------------------------------------------------------


def recipes(recipe):
    """recipe(default, part, field, value) of each part."""
    return lambda default, before: {part: recipe(default, part, *pair) for part, pair in before.items()}


def piles_up(default, before):
    recipes, recipe = {}, dict(default)
    for part, (field, value) in before.items():
        recipe[field] = value
        recipes[part] = dict(recipe)
    return recipes


def shares_one_dict(default, before):
    recipe = dict(default)
    for field, value in before.values():
        recipe[field] = value
    return dict.fromkeys(before, recipe)


def keeps_one_part(default, before):
    bare = {**default, **dict(before.values())}
    return {part: {**bare, field: default[field]} for part, (field, _) in before.items()}


def changes_the_default(default, before):
    recipes = {}
    for part, (field, value) in before.items():
        default[field] = value
        recipes[part] = dict(default)
    return recipes


MISTAKES = [
    (
        piles_up,
        "The changes pile up: from the second one on, two parts and more are gone. Start each anew from the default: "
        "`{**default, field: value}`.",
    ),
    (
        shares_one_dict,
        "All parts are replaced in every one. Is it one dict that they share? Make a new one for each part.",
    ),
    (
        recipes(lambda default, part, field, value: {field: value}),
        "Only the replaced field is there. The other fields keep the values of the default.",
    ),
    (
        keeps_one_part,
        "It is turned around: all parts are replaced but this one. Replace this one alone.",
    ),
    (
        lambda default, before: {field: {**default, field: value} for field, value in before.values()},
        "It has the fields as its keys. The keys are the names of the parts, those of `before`.",
    ),
    (
        recipes(lambda default, part, field, value: {field: value, **default}),
        "Nothing is replaced: those are copies of the default. In `{**default, field: value}` the last one counts.",
    ),
    (
        recipes(lambda default, part, field, value: {**default, part: value}),
        "The name of the part became a field. `before[part]` is a pair: the field, and the value for it.",
    ),
    (
        recipes(lambda default, part, field, value: {**default, field: (field, value)}),
        "The whole pair became the value. Take it apart: `field, value = before[part]`.",
    ),
    (
        recipes(lambda default, part, field, value: {**default, field: value or default[field]}),
        "A value that counts as false, like 0 or None, is not put in. It is what stood there before, too.",
    ),
    (
        recipes(lambda default, part, field, value: {name: v for name, v in default.items() if name != field}),
        "The replaced field is gone. What stood in its place before belongs there.",
    ),
    (
        lambda default, before: list(leave_one_out(default, before).values()),
        "That is a list. Give a dict, with the name of the part as the key.",
    ),
    (
        recipes(lambda default, part, field, value: dict(default, field=value)),
        "There is a field called 'field' now. Put the name that is in `field`: `{**default, field: value}`, without "
        "quotes.",
    ),
    (
        lambda default, before: dict(list(leave_one_out(default, before).items())[:1]),
        "Only the first part is there. Does the loop end at its first `return`?",
    ),
    (
        lambda default, before: dict(list(leave_one_out(default, before).items())[-1:]),
        "Only the last part is there. Make the outer dict once, before the loop.",
    ),
    (changes_the_default, Said("changes its input `default`")),
    (recipes(lambda default, part, field, value: {**default, field: str(value)}), Said("expected 0.0")),
    (lambda default, before: leave_one_out(default, before) or None, Said("expected {}")),
    (
        recipes(lambda default, part, field, value: dict(default).update({field: value})),
        Said("gives back None"),
    ),
    (recipes(lambda default, part, field, value: [field, value]), Said("expected a dict")),
]


# ---- the check ------------------------------------------------------------------------------------------------------


@exercise("6.2", title="Leave one out", mistakes=MISTAKES, hidden=same_as(leave_one_out, drawn))
def check_leave_one_out(submitted):
    """Parts in several orders, values that count as false, two parts of one field, one part, no parts."""
    two = {"activation": "elu", "normalization": "batch"}
    three = two | {"drop_rate": 0.2}
    five_parts = {
        "He and ELU": ("activation", "sigmoid"),
        "Adam": ("optimizer", "gradient_descent"),
        "batch norm": ("normalization", "none"),
        "the bound": ("max_norm", 3.0),
        "dropout": ("drop_rate", 0.0),
    }
    two_of_one = {"small rate": ("learning_rate", 0.1), "tiny rate": ("learning_rate", 0.01), "note": ("note", "")}
    cases = [
        ("the example", two, {"ELU": ("activation", "sigmoid"), "batch norm": ("normalization", "none")}),
        ("two parts of three fields", three, {"ELU": ("activation", "sigmoid"), "dropout": ("drop_rate", 0.0)}),
        ("five parts", DEFAULT, five_parts),
        ("the same parts in another order", DEFAULT, dict(reversed(five_parts.items()))),
        ("two parts that set one field", DEFAULT, two_of_one),
        ("one part", three, {"batch norm": ("normalization", "none")}),
        ("no parts", three, {}),
    ]
    for name, default, before in cases:
        what = f"The result for {name}"
        value, right = submitted(default, before), leave_one_out(default, before)
        if not alike(value, right):
            diagnose_fields(value, right, known(MISTAKES, default, before), what)
            value = expect_fields(value, right, what)
            for part, recipe in right.items():
                _expect_recipe(value[part], recipe, f"The recipe without {part!r} for {name}")
    return "Each time the whole default, with one part replaced and the others in their place."


def _expect_recipe(value, right, what):
    if value is None:
        raise Diagnosis(
            f"{what} is None; expected a dict.",
            hint="`update` changes a dict and gives back None. Make a new dict: `{**default, field: value}`.",
        )
    value = expect_dict(value, right, what)
    for field, expected in right.items():
        if not alike(value[field], expected):
            raise Diagnosis(f"{what} has {describe(value[field])} for {field!r}; expected {expected!r}.")
