"""A finding in words says what its verdicts say, counts every comparison once, and shows no figure of statistics."""

import re
from types import SimpleNamespace

import pytest

from course_lib.experiments.storage import load_measurement
from course_lib.plots.plain_words import in_words, number_word


def effect(mean, verdict, exploratory=False):
    return SimpleNamespace(mean=mean, exploratory=exploratory, verdict=lambda smallest: verdict)


def measured(*effects, unit="percentage points"):
    return SimpleNamespace(effects=effects, unit=unit, smallest_effect=0.5)


@pytest.mark.parametrize(
    ("effects", "words"),
    [
        ([(4.2, "clearly helps")], "better, by about 4 points"),
        ([(-0.36, "harms")], "worse, by less than 1 point"),
        ([(0.1, "too small to matter")], "no clear difference"),
        ([(2.2, "helps"), (6.8, "clearly helps")], "better in all two comparisons, by 2 to 7 points"),
        (
            [(1.2, "helps"), (9.0, "open"), (-3.0, "clearly harms"), (0.1, "too small to matter")],
            "better in one of four comparisons, by about 1 point; worse in one, by about 3 points; "
            "no clear difference in two",
        ),
        (
            [(0.4, "helps"), (1.2, "helps"), (0.0, "open")],
            "better in two of three comparisons, by up to 1 point; no clear difference in one",
        ),
        ([(5.0, "open")] * 5, "no clear difference in all five comparisons"),
    ],
)
def test_the_sentence_follows_from_the_verdicts(effects, words):
    assert in_words(measured(*(effect(*each) for each in effects))) == words


def test_other_units_have_no_amounts_and_other_words_can_be_chosen():
    found = in_words(measured(effect(0.6, "helps"), effect(0.2, "open"), unit="doublings"), better="faster")
    assert found == "faster in one of two comparisons; no clear difference in one"


def test_what_is_not_judged_does_not_count():
    assert (
        in_words(measured(effect(3.0, "helps"), effect(9.0, "helps", exploratory=True))) == "better, by about 3 points"
    )


def test_no_comparison_is_refused():
    with pytest.raises(ValueError, match="one comparison or more"):
        in_words(measured(), [])


def test_numbers_above_ten_are_digits():
    assert [number_word(count) for count in (0, 10, 11)] == ["no", "ten", "11"]


@pytest.mark.parametrize(
    "name", ["reuse_near_source", "adam_speed", "dropout_adds_two_points", "initialization_trains"]
)
def test_every_judged_comparison_of_a_result_is_counted_once(name):
    measurement = load_measurement(name)
    said = in_words(measurement)
    judged = sum(not each.exploratory for each in measurement.effects)
    parts = said.split(";")
    back = {number_word(count): count for count in range(100)}
    counts = [back[re.search(r" in (?:all )?(\S+?)(?:,| |$)", part)[1]] for part in parts]
    assert sum(counts) == judged
    assert "[" not in said
