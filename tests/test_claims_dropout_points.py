"""The claim on dropout's two points: what its cases and arms are, and that dropout that drops nothing is seen."""

import dataclasses

import numpy as np
import pytest

from course_lib.experiments import image_draws, remedies, short_runs
from course_lib.experiments.claims import dropout_adds_two_points as two_points
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.scratch import dropout
from test_claims_remedies import NO_REMEDY, TINY

CASES = {  # name: (training images, hidden layers, steps, wrong labels)
    "1,000 images": (1000, (128, 64), 1500, 0.0),
    "300 images": (300, (128, 64), 1500, 0.0),
    "10,000 images": (10_000, (128, 64), 3000, 0.0),
    "1,000 images, 40% redrawn": (1000, (128, 64), 1500, 0.36),
    "1,000 images, 5 layers of 64 units": (1000, (64,) * 5, 1500, 0.0),
}
EXPERIMENT = two_points.EXPERIMENT


def measure_tiny(monkeypatch):
    """Two seeds with networks and runs so small that it shows nothing but that it can be made."""
    tiny = dataclasses.replace(EXPERIMENT, small={**EXPERIMENT.small, **TINY})
    monkeypatch.setattr(two_points, "EXPERIMENT", tiny)
    return measure("dropout_adds_two_points", seeds=2, small=True, progress=False)


@pytest.fixture
def without_dropout(monkeypatch):
    """Dropout that drops nothing."""
    monkeypatch.setattr(dropout, "draw_mask", lambda shape, drop_rate, rng: np.ones(shape))


@pytest.mark.parametrize("case", CASES)
def test_the_arms_of_the_two_points_differ_in_the_drop_rate_alone(case):
    settings = EXPERIMENT.case_settings(case)
    arms, grids = remedies.arms(settings), EXPERIMENT.grids(settings)
    n, layers, steps, _ = CASES[case]
    expected = NO_REMEDY.replace(hidden_layers=layers, schedule_steps=(steps // 10,))
    assert arms == {f"no remedy, {case}": expected, f"dropout, {case}": expected}
    assert grids == {
        f"no remedy, {case}": {"learning_rate": settings["grid"]},
        f"dropout, {case}": {"learning_rate": settings["grid"], "drop_rate": [0.05, 0.1, 0.2, 0.4]},
    }
    assert settings["images"] == n and settings["steps"] == steps


def test_the_two_points_count_from_one_point_on_in_every_case():
    assert [(each.better, each.worse, each.case) for each in EXPERIMENT.comparisons] == [
        (f"dropout, {case}", f"no remedy, {case}", case) for case in CASES
    ]
    assert EXPERIMENT.smallest_effect == 1.0 and EXPERIMENT.longer["steps"] == 2 * EXPERIMENT.settings["steps"]


@pytest.mark.parametrize("case", [case for case in CASES if "10,000" not in case])
def test_the_cases_of_the_two_points_have_the_images_that_their_names_say(case, monkeypatch):
    asked, real = [], short_runs.train

    def record(recipes, data, steps, part="validation", *rest):
        asked.append((recipes, data, steps, part))
        tiny = [recipe.replace(hidden_layers=(4, 3), schedule="constant", schedule_steps=()) for recipe in recipes]
        return real(tiny, data, 1, part, *rest)

    monkeypatch.setattr(short_runs, "train", record)
    settings, (n, _, steps, share) = EXPERIMENT.case_settings(case) | {"data": "embedded"}, CASES[case]
    chosen = {f"no remedy, {case}": {"learning_rate": 0.001}}
    chosen[f"dropout, {case}"] = {"learning_rate": 0.003, "drop_rate": 0.4}
    outcome = EXPERIMENT.run(4, settings, chosen)
    ((recipes, data, asked_steps, part),) = asked
    assert [(recipe.learning_rate, recipe.drop_rate, recipe.seed) for recipe in recipes] == [
        (0.001, 0.0, 4),
        (0.003, 0.4, 4),
    ]
    clean = image_draws.draw(4, n, data="embedded")
    assert (asked_steps, part) == (steps, "test") and list(outcome.arms) == list(chosen)
    np.testing.assert_array_equal(data.train.x, clean.train.x)
    assert (data.train.labels != clean.train.labels).mean() == pytest.approx(share, abs=0.08 if share else 0)


def test_dropout_that_drops_nothing_adds_no_points(without_dropout, monkeypatch):
    with pytest.raises(MechanismDidNotFire, match="dropout: units dropped in the last step"):
        measure_tiny(monkeypatch)


def test_dropout_that_drops_nothing_makes_the_arms_the_same(without_dropout, monkeypatch):
    monkeypatch.setattr(remedies, "at_work", lambda *given: 1.0)
    with pytest.raises(ArmsAreTheSame, match="1,000 images: 'dropout"):
        measure_tiny(monkeypatch)


def test_units_dropped_are_counted_in_every_case(monkeypatch):
    measured = measure_tiny(monkeypatch)
    wrong = {f"{case}: training labels that are wrong" for case in CASES if "redrawn" in case}
    dropped = {f"{case}: dropout: units dropped in the last step" for case in CASES}
    assert set(measured.fired) == wrong | dropped
    assert set(measured.arms) == {f"{kind}, {case}" for case in CASES for kind in ("dropout", "no remedy")}
    assert all(count > 0 for count in measured.fired.values())
