"""What an Experiment must have before it is measured, and which cases and settings it then has."""

import dataclasses

import pytest

from course_lib.experiments.experiment import Comparison, Outcome
from made_up_claims import coin, even_steps

COIN, STEPS = coin.EXPERIMENT, even_steps.EXPERIMENT
UPHILL = STEPS.elsewhere[0]


@pytest.mark.parametrize(
    ("experiment", "changes", "said"),
    [
        (COIN, {"primary": None}, r"needs primary=Comparison\(\.\.\.\), what its headline is about; it is None"),
        (COIN, {"primary": (COIN.primary,)}, r"needs primary=Comparison\(\.\.\.\)"),
        (
            COIN,
            {"primary": dataclasses.replace(COIN.primary, exploratory="seen while tuned")},
            "primary comparison 'bent' cannot be exploratory",
        ),
        (COIN, {"smallest_effect": 0.0}, "needs a smallest effect above 0 and smallest_effect_reason"),
        (COIN, {"smallest_effect": -1.0}, "needs a smallest effect above 0"),
        (COIN, {"smallest_effect": float("nan")}, "needs a smallest effect above 0"),
        (COIN, {"smallest_effect_reason": ""}, r"why it is that one; it has 0\.02 and ''"),
        (COIN, {"smallest_effect_reason": " \n"}, "why it is that one"),
        (COIN, {"kind": "remedy"}, "kind is 'remedy'; expected 'cure' or 'law'"),
        (COIN, {"elsewhere": (COIN.primary,)}, "needs comparisons with different labels"),
        (COIN, {"small": {"throw": 3}}, r"changes \['throw'\], which the settings do not have"),
        (COIN, {"longer": {"hours": 3}}, r"changes \['hours'\], which the settings do not have"),
        (
            COIN,
            {"elsewhere": (dataclasses.replace(COIN.elsewhere[0], case="flat"),)},
            r"'not bent' is of the case 'flat'; the settings have \[''\]",
        ),
        (
            STEPS,
            {"elsewhere": (dataclasses.replace(UPHILL, case="downhill"),)},
            r"'up the hill' is of the case 'downhill'; the settings have \['flat', 'uphill'\]",
        ),
        (STEPS, {"elsewhere": (dataclasses.replace(UPHILL, case=""),)}, "is of the case ''"),
        (STEPS, {"primary": dataclasses.replace(STEPS.primary, case="downhill")}, "is of the case 'downhill'"),
    ],
)
def test_an_experiment_that_cannot_be_judged_is_refused_when_it_is_written(experiment, changes, said):
    with pytest.raises(ValueError, match=said):
        dataclasses.replace(experiment, **changes)


def test_an_experiment_without_anything_to_judge_by_is_refused():
    parts = {field.name: getattr(COIN, field.name) for field in dataclasses.fields(COIN)}
    for missing in (("primary",), ("smallest_effect", "smallest_effect_reason"), ("smallest_effect_reason",)):
        with pytest.raises(ValueError, match="An experiment needs"):
            type(COIN)(**{name: part for name, part in parts.items() if name not in missing})


def test_an_effect_is_positive_where_the_favored_arm_did_better():
    outcome = Outcome({"a": {"accuracy": 0.9, "loss": 0.5}, "b": {"accuracy": 0.7, "loss": 0.8}})
    assert Comparison("x", "a", "b", "accuracy").effect(outcome) == pytest.approx(0.2)
    assert Comparison("x", "a", "b", "loss", higher_is_better=False).effect(outcome) == pytest.approx(0.3)
    assert Comparison("x", "b", "a", "accuracy").effect(outcome) == pytest.approx(-0.2)


def test_the_primary_comes_first_and_so_does_its_case():
    assert [comparison.label for comparison in STEPS.comparisons] == ["flat ground", "up the hill"]
    assert list(STEPS.settings["cases"]) == ["uphill", "flat"]
    assert STEPS.cases == ("flat", "uphill")
    assert COIN.cases == ("",)


def test_a_case_has_the_common_settings_its_own_and_its_name():
    slopes = STEPS.settings["slopes"]
    assert STEPS.case_settings("flat") == {"slopes": slopes, "days": 1, "lead": 2.0, "case": "flat"}
    assert STEPS.case_settings("uphill") == {"slopes": slopes, "days": 1, "lead": -1.0, "case": "uphill"}
    assert STEPS.case_settings("uphill", small=True)["lead"] == 4.0  # the small version changes it in every case
    assert STEPS.case_settings("flat", longer=True) == STEPS.case_settings("flat") | {"days": 2}
    assert COIN.case_settings("") == {**COIN.settings, "case": ""}


def test_what_a_case_alone_sets_may_be_changed_by_the_small_version():
    assert "lead" not in STEPS.settings
    assert dataclasses.replace(STEPS, small={"lead": 1.0, "days": 3}).case_settings("flat", small=True)["lead"] == 1.0
