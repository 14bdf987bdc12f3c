"""The claim on shifts and flips: what its arms are, and that an augmentation that does nothing is seen."""

import dataclasses

import numpy as np
import pytest

from course_lib.engine import numpy_backend as network
from course_lib.experiments import image_draws, overfitting_arms, recipe_arms, short_runs
from course_lib.experiments.claims import augmentation_helps
from course_lib.experiments.claims.augmentation_helps import EXPERIMENT
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.recipe import Recipe
from course_lib.scratch import augmentation

ACCURACY, SHIFTED = "test accuracy, %", "accuracy on shifted images, %"
OWN_FIELDS = {
    "none": set(),
    "shifts": {"augmentation", "largest_shift"},
    "shifts by up to 2": {"augmentation"},  # 2 pixels are the recipe's default
    "flips": {"augmentation"},
}


def small_settings(case="1,000 images"):
    return EXPERIMENT.case_settings(case, small=True)


def differing(recipe, other):
    return {
        field.name for field in dataclasses.fields(Recipe) if getattr(recipe, field.name) != getattr(other, field.name)
    }


def measure_tiny(monkeypatch):
    cases = {name: EXPERIMENT.settings["cases"][name] for name in ("1,000 images",)}
    tiny = dataclasses.replace(
        EXPERIMENT,
        settings={**EXPERIMENT.settings, "cases": cases},
        elsewhere=tuple(each for each in EXPERIMENT.elsewhere if each.case in cases),
    )
    monkeypatch.setattr(augmentation_helps, "EXPERIMENT", tiny)
    return measure("augmentation_helps", seeds=2, small=True, progress=False)


@pytest.mark.parametrize("case", EXPERIMENT.cases)
def test_an_arm_differs_from_no_remedy_in_its_own_fields_alone_and_all_are_annealed(case):
    settings = EXPERIMENT.case_settings(case)
    arms = augmentation_helps.arms(settings)
    plain = arms[f"none, {case}"]
    assert plain.augmentation == "none" and plain.schedule == "cosine"
    assert plain.schedule_steps == (settings["steps"] // 10,)
    for name, recipe in arms.items():
        remedy = name.removesuffix(f", {case}")
        assert differing(recipe, plain) == OWN_FIELDS[remedy], name
        assert recipe.augmentation == {"none": "none", "flips": "flip"}.get(remedy, "shift")


def test_the_primary_comparison_is_of_shifts_on_plain_images_and_one_elsewhere_is_on_shifted_ones():
    primary = EXPERIMENT.primary
    assert (primary.better, primary.worse, primary.quantity) == ("shifts, 1,000 images", "none, 1,000 images", ACCURACY)
    assert [each.better for each in EXPERIMENT.elsewhere if each.quantity == SHIFTED] == [
        "shifts by up to 2, 1,000 images"
    ]
    assert EXPERIMENT.case_settings("640 steps")["steps"] * 4 == EXPERIMENT.settings["steps"]


def test_how_far_shifts_reach_is_chosen_and_of_the_others_the_rate_alone():
    grids = augmentation_helps.grids(EXPERIMENT.case_settings("1,000 images"))
    for name, grid in grids.items():
        expected = {"learning_rate", "largest_shift"} if name.startswith("shifts, ") else {"learning_rate"}
        assert set(grid) == expected
    assert set(grids) == set(augmentation_helps.arms(EXPERIMENT.case_settings("1,000 images")))


def test_all_arms_start_alike_and_see_the_same_images_changed_or_not():
    settings = small_settings()
    data = recipe_arms.images(3, settings)
    recipes = augmentation_helps.arms(settings)
    starts = [network.Network(each, data.n_inputs, data.n_classes).parameters() for each in recipes.values()]
    for start in starts[1:]:
        assert all(np.array_equal(start[name], starts[0][name]) for name in start)
    plain, *changed = (list(short_runs.batches(each, data, 5)) for each in recipes.values())
    for batches in changed:
        moved = 0
        for (x, labels), (other_x, other_labels) in zip(plain, batches, strict=True):
            np.testing.assert_array_equal(labels, other_labels)
            moved += (x != other_x).any(axis=1).sum()
        assert moved > 100


def test_the_accuracy_on_shifted_images_is_that_of_images_shifted_by_hand():
    settings = small_settings()
    chosen = {arm: {"learning_rate": 0.01} for arm in augmentation_helps.arms(settings)}
    outcome = augmentation_helps.run(4, settings, chosen)
    data = image_draws.draw(4, settings["images"], data=settings["data"])
    offsets = np.random.default_rng([5102, 4]).integers(-2, 3, size=(len(data.test), 2))
    shifted = np.zeros((len(data.test), 28, 28), np.float32)
    for image, moved, (down, right) in zip(data.test.x.reshape(-1, 28, 28), shifted, offsets, strict=True):
        inside = image[max(0, -down) : 28 - max(0, down), max(0, -right) : 28 - max(0, right)]
        top, left = max(0, down), max(0, right)
        moved[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    runs = recipe_arms.trained(augmentation_helps.arms, 4, settings, chosen)
    for name, result in runs.items():
        right = (result.network.predict(shifted.reshape(len(shifted), -1)) == data.test.labels).mean()
        assert outcome.arms[name][SHIFTED] == pytest.approx(100 * right)
        assert outcome.arms[name][ACCURACY] == pytest.approx(
            100 * (result.network.predict(data.test.x) == data.test.labels).mean()
        )
    assert outcome.arms["none, 1,000 images"][SHIFTED] < outcome.arms["none, 1,000 images"][ACCURACY]


def test_a_run_that_diverges_counts_as_chance():
    settings = small_settings()
    chosen = {arm: {"learning_rate": 1e38} for arm in augmentation_helps.arms(settings)}
    for found in augmentation_helps.run(0, settings, chosen).arms.values():
        assert found[SHIFTED] == found[ACCURACY] == 10 and found["diverged"] == 1


@pytest.mark.parametrize("technique", ["shift", "flip"])
def test_an_augmentation_that_does_nothing_did_not_fire(technique, monkeypatch):
    monkeypatch.setattr(augmentation, technique, lambda x, *rest: x)
    with pytest.raises(MechanismDidNotFire, match=f"'{technique}s.*changed"):
        measure_tiny(monkeypatch)


@pytest.mark.parametrize("technique", ["shift", "flip"])
def test_an_augmentation_that_does_nothing_makes_the_arms_the_same(technique, monkeypatch):
    monkeypatch.setattr(augmentation, technique, lambda x, *rest: x)
    monkeypatch.setattr(overfitting_arms, "images_changed", lambda *given: 1.0)  # the other guard looks away
    with pytest.raises(ArmsAreTheSame, match=f"'{technique}s, .* and 'none, "):
        measure_tiny(monkeypatch)
