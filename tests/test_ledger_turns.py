"""Where the answer to a claim turns: what the sentence says follows from the verdicts, whatever they become."""

from types import SimpleNamespace

import pytest

from course_lib.experiments import storage
from course_lib.experiments.verdicts import CLEARLY_HARMS, CLEARLY_HELPS, HARMS, HELPS, OPEN, TOO_SMALL
from course_lib.ledger.entries import entries
from course_lib.ledger.turns import in_groups, where_it_turns


def claim(primary, others):
    """A measurement of which only labels and verdicts are known; `others` are {label: verdict}."""
    effects = [
        SimpleNamespace(label=label, verdict=lambda smallest, said=said: said)
        for label, said in ({"the primary one": primary} | others).items()
    ]
    return SimpleNamespace(primary=effects[0], elsewhere=tuple(effects[1:]), smallest_effect=0.5)


@pytest.mark.parametrize(
    ("primary", "others", "said"),
    [
        (HELPS, {"a": CLEARLY_HELPS, "b": HELPS}, "The answer turns around in none of the 2 other comparisons."),
        (HELPS, {"a": HARMS, "b": HELPS}, "The answer turns around in 1 of the 2 other comparisons (a)."),
        (HARMS, {"a": HARMS, "b": CLEARLY_HELPS}, "The answer turns around in 1 of the 2 other comparisons (b)."),
        (
            CLEARLY_HELPS,
            {"a": CLEARLY_HARMS, "b": OPEN, "c": TOO_SMALL, "d": HELPS},
            "The answer turns around in 1 of the 4 other comparisons (a). In 2 the effect is too small to matter, or "
            "it cannot be told (b; c).",
        ),
        (TOO_SMALL, {"a": OPEN, "b": TOO_SMALL}, "An effect shows in none of the 2 other comparisons."),
        (
            OPEN,
            {"a": HELPS, "b": CLEARLY_HARMS, "c": HARMS, "d": OPEN},
            "An effect shows in 3 of the 4 other comparisons: 1 for the claim (a), 2 against it (b; c).",
        ),
        (OPEN, {"a": HELPS, "b": HELPS}, "An effect shows in all 2 other comparisons, for the claim (a; b)."),
        (TOO_SMALL, {"a": HARMS, "b": OPEN}, "An effect shows in 1 of the 2 other comparisons, against the claim (a)."),
        (HELPS, {"a": HARMS}, "The answer turns around in the one other comparison (a)."),
        (HELPS, {}, "No other setting was tried."),
    ],
)
def test_the_sentence_names_the_settings_whose_verdict_has_another_sign(primary, others, said):
    assert where_it_turns(claim(primary, others)) == said


def test_what_several_labels_share_and_no_other_has_stands_for_them():
    turned = ["sigmoid, 10 layers, against N(0, 1)", "sigmoid, 20 layers, against N(0, 1)", "tanh, 10 layers: signal"]
    others = ["ReLU, 10 layers, against N(0, 1)"]
    assert in_groups(turned, others) == "sigmoid (both); tanh, 10 layers: signal"
    others.append("sigmoid, 2 layers")
    assert in_groups(turned, others) == "sigmoid, against N(0, 1) (both); tanh, 10 layers: signal"


def test_of_many_settings_three_are_named_and_the_others_counted():
    assert in_groups(list("abcd"), []) == "a; b; c; d"
    assert in_groups(list("abcde"), []) == "a; b; c; and 2 more"
    assert in_groups([*"abcd", "x, 1", "x, 2"], []) == "x (both); a; b; and 2 more"


@pytest.mark.parametrize("name", [each.name for each in entries()])
def test_of_the_courses_own_results_the_numbers_of_settings_add_up(name):
    measurement = storage.load_measurement(name)
    said = where_it_turns(measurement)
    helped, harmed = ({CLEARLY_HELPS, HELPS}, {CLEARLY_HARMS, HARMS})
    found = [effect.verdict(measurement.smallest_effect) for effect in measurement.elsewhere]
    for_it, against = (sum(verdict in words for verdict in found) for words in (helped, harmed))
    turned = {True: against, False: for_it}[measurement.verdict in helped]
    if measurement.verdict not in helped | harmed:
        turned = for_it + against
    share = {0: "none of the", len(found): "all"}.get(turned, f"{turned} of the")
    assert f" in {share} {len(found)} other comparisons" in said
