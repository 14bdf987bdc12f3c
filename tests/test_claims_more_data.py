"""The claim on more images: how many each arm has, that the test images are the same, and that sabotage is seen."""

import dataclasses

import numpy as np
import pytest

from course_lib.experiments import overfitting_arms
from course_lib.experiments.claims import more_data_helps
from course_lib.experiments.claims.more_data_helps import EXPERIMENT
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.recipe import Recipe
from course_lib.scratch import dropout, regularizers

REMEDIES = {"L2": {"l2"}, "dropout": {"drop_rate"}, "max-norm": {"max_norm"}, "shifts": {"augmentation"}}


def measure_case(case, monkeypatch):
    """The small version of one case alone, two seeds."""
    kept = tuple(each for each in EXPERIMENT.comparisons if each.case == case)
    settings = {**EXPERIMENT.settings, "cases": {case: EXPERIMENT.settings["cases"][case]}}
    own = dataclasses.replace(EXPERIMENT, settings=settings, primary=kept[0], elsewhere=kept[1:], longer={})
    monkeypatch.setattr(more_data_helps, "EXPERIMENT", own)
    return measure("more_data_helps", seeds=2, small=True, progress=False)


def asked_of(case, monkeypatch, seed=2):
    """{arm: (recipe, data)} of a run of which nothing is trained."""
    asked, settings = {}, EXPERIMENT.case_settings(case, small=True)

    def record(recipes, data, steps, part):
        names = next(names for names in more_data_helps._by_times(settings).values() if names[0] not in asked)
        asked.update({name: (recipe, data) for name, recipe in zip(names, recipes, strict=True)})
        return [None] * len(recipes)

    monkeypatch.setattr(more_data_helps.short_runs, "train", record)
    monkeypatch.setattr(more_data_helps.recipe_arms, "measured", lambda runs, data: {})
    monkeypatch.setattr(more_data_helps, "mechanisms", lambda *given: {})
    chosen = {
        arm: {name: values[0] for name, values in grid.items()} for arm, grid in more_data_helps.grids(settings).items()
    }
    more_data_helps.run(seed, settings, chosen)
    return asked


@pytest.mark.parametrize("case", EXPERIMENT.cases)
def test_every_arm_has_so_many_images_and_all_are_tested_on_the_same(case, monkeypatch):
    asked = asked_of(case, monkeypatch)
    assert list(asked) or case
    for name, (_, data) in asked.items():
        times = int(name.split()[0]) if "times" in name.split(",")[0] else 1
        assert len(data.train) == 100 * times, name
    first, *others = (data for _, data in asked.values())
    for data in others:
        np.testing.assert_array_equal(data.test.x, first.test.x)
    assert set(asked) == set(more_data_helps.arms(EXPERIMENT.case_settings(case)))


def test_a_remedy_differs_from_four_times_the_images_in_its_own_field(monkeypatch):
    asked = asked_of("remedies", monkeypatch)
    plain, _ = asked["4 times the images, remedies"]
    for remedy, fields in REMEDIES.items():
        recipe, data = asked[f"{remedy}, remedies"]
        found = {each.name for each in dataclasses.fields(Recipe)}
        found = {name for name in found if getattr(recipe, name) != getattr(plain, name)}
        assert found - {"largest_shift"} == fields
        assert len(data.train) == 100


def test_rates_are_chosen_for_all_and_strengths_for_remedies():
    for case in EXPERIMENT.cases:
        settings = EXPERIMENT.case_settings(case)
        for name, grid in more_data_helps.grids(settings).items():
            assert grid["learning_rate"] == settings["grid"] and len(settings["grid"]) >= 5
            strengths = EXPERIMENT.settings["strengths"].get(name.removesuffix(f", {case}"), {})
            assert {key: values for key, values in grid.items() if key != "learning_rate"} == strengths


def test_remedies_are_counted_and_every_arm_has_three_quantities(monkeypatch):
    measured = measure_case("remedies", monkeypatch)
    assert len(measured.fired) == 4 and all(count > 0 for count in measured.fired.values())
    for found in measured.arms.values():
        assert {"test accuracy, %", "test loss", "calibration error, %"} <= set(found)


def test_as_many_images_for_all_did_not_fire(monkeypatch):
    monkeypatch.setattr(more_data_helps, "TIMES", dict.fromkeys(more_data_helps.TIMES, 1))
    with pytest.raises(MechanismDidNotFire, match="images more"):
        measure_case("none or four times", monkeypatch)


def test_as_many_images_for_all_make_the_arms_the_same(monkeypatch):
    monkeypatch.setattr(more_data_helps, "TIMES", dict.fromkeys(more_data_helps.TIMES, 1))
    monkeypatch.setattr(more_data_helps, "mechanisms", lambda *given: {})  # the other guard looks away
    with pytest.raises(ArmsAreTheSame, match="4 times the images"):
        measure_case("none or four times", monkeypatch)


@pytest.mark.parametrize("remedy", ["dropout", "max-norm", "shifts"])
def test_a_remedy_that_does_nothing_did_not_fire(remedy, monkeypatch):
    if remedy == "dropout":
        monkeypatch.setattr(dropout, "draw_mask", lambda shape, drop_rate, rng: np.ones(shape))
        monkeypatch.setattr("course_lib.engine.numpy_stack.draw_mask", lambda shape, drop_rate, rng: np.ones(shape))
    elif remedy == "max-norm":
        monkeypatch.setattr(regularizers, "apply_max_norm", lambda weight, limit: None)
        monkeypatch.setattr("course_lib.engine.numpy_stack._apply_max_norm", lambda weight, limit: None)
    else:
        monkeypatch.setattr(overfitting_arms.short_runs, "augment", lambda x, *rest: x)
    match = {"dropout": "units dropped", "max-norm": "near its bound", "shifts": "that moved"}[remedy]
    with pytest.raises(MechanismDidNotFire, match=match):
        measure_case("remedies", monkeypatch)
