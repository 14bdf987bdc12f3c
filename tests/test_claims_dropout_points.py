"""The claim on dropout's two points: what its cases and arms are, and that dropout that drops nothing is seen."""

import dataclasses

import numpy as np
import pytest

from course_lib.data import load_digits, load_fashion_mnist
from course_lib.experiments import short_runs
from course_lib.experiments.claims import dropout_adds_two_points as two_points
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.scratch import dropout
from test_claims_remedies import CHANCE, NO_REMEDY

TINY = {"hidden_layers": [8, 6], "steps": 3, "most_images": 64, "grid": [0.01]}


def measure_tiny(monkeypatch):
    """Two seeds with networks and runs so small that it shows nothing but that it can be made."""
    found = two_points.EXPERIMENT
    monkeypatch.setattr(two_points, "EXPERIMENT", dataclasses.replace(found, small={**found.small, **TINY}))
    return measure("dropout_adds_two_points", seeds=2, small=True, progress=False)


@pytest.fixture
def without_dropout(monkeypatch):
    """Dropout that drops nothing."""
    monkeypatch.setattr(dropout, "draw_mask", lambda shape, drop_rate, rng: np.ones(shape))


@pytest.fixture
def steps_asked(monkeypatch):
    """[(recipes, data, steps, part)] of all short runs that are asked for; none makes a step."""
    asked, real = [], short_runs.train

    def record(recipes, data, steps, part="validation", *rest):
        asked.append((recipes, data, steps, part))
        tiny = [recipe.replace(hidden_layers=(4, 3)) for recipe in recipes]
        return real(tiny, data, 1, part, *rest)

    monkeypatch.setattr(short_runs, "train", record)
    return asked


CASES = {  # name: (training images, pixels, steps, wrong labels)
    "1,000 images": (1000, 784, 640, 0.0),
    "300 images": (300, 784, 640, 0.0),
    "10,000 images": (10_000, 784, 1920, 0.0),
    "1,000 images, 40% redrawn": (1000, 784, 640, 0.36),
    "300 digits": (300, 64, 640, 0.0),
}


def test_the_arms_of_the_two_points_differ_in_the_drop_rate_alone(steps_asked):
    experiment = two_points.EXPERIMENT
    rates = {f"no dropout, {case}": 0.001 for case in CASES} | {f"dropout 0.5, {case}": 0.001 for case in CASES}
    outcome = two_points.run(3, experiment.settings, rates)
    assert list(outcome.arms) == [f"{kind}, {case}" for case in CASES for kind in ("no dropout", "dropout")]
    recipes = [recipe for (recipe,), *_ in steps_asked]
    for without, with_dropout in zip(recipes[::2], recipes[1::2], strict=True):
        assert without == NO_REMEDY.replace(seed=3, epochs=1)
        assert with_dropout == without.replace(drop_rate=0.5)
    assert [(each.better, each.worse) for each in experiment.comparisons] == [
        (f"dropout, {case}", f"no dropout, {case}") for case in CASES
    ]
    assert experiment.smallest_effect == 1.0


def test_the_cases_of_the_two_points_are_what_their_names_say(steps_asked):
    experiment = two_points.EXPERIMENT
    scores = two_points.tune(1000, experiment.settings)
    for (case, (n, pixels, steps, share)), (recipes, data, asked_steps, part) in zip(
        CASES.items(), steps_asked, strict=True
    ):
        assert data.train.x.shape == (n, pixels) and asked_steps == steps and part == "validation"
        clean = load_digits(1000) if "digits" in case else load_fashion_mnist()
        np.testing.assert_array_equal(data.train.x, clean.train.x[:n])
        np.testing.assert_array_equal(data.test.labels, clean.test.labels)
        np.testing.assert_array_equal(data.validation.labels, clean.validation.labels)
        wrong = (data.train.labels != clean.train.labels[:n]).mean()
        assert wrong == pytest.approx(share, abs=0.08 if share else 0)
        assert [(recipe.drop_rate, recipe.learning_rate) for recipe in recipes] == [
            (drop_rate, rate) for drop_rate in (0.0, 0.2, 0.5, 0.7) for rate in experiment.settings["grid"]
        ]
        assert {recipe.replace(drop_rate=0.0, learning_rate=0.001) for recipe in recipes} == {
            NO_REMEDY.replace(seed=1000, epochs=1)
        }
        assert set(experiment.variants[f"dropout, {case}"]) < set(scores)
        assert experiment.variants[f"dropout, {case}"] == tuple(
            f"dropout {rate:g}, {case}" for rate in experiment.settings["drop_rates"]
        )


def test_the_two_points_see_other_digits_with_every_seed():
    first, again, other = (two_points.data_for("300 digits", seed, {}) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.train.x, again.train.x)
    assert (first.train.x != other.train.x).any(axis=1).mean() > 0.9


def test_dropout_that_drops_nothing_adds_no_points(without_dropout, monkeypatch):
    with pytest.raises(MechanismDidNotFire, match="units dropped in the last step, 1,000 images"):
        measure_tiny(monkeypatch)


def test_dropout_that_drops_nothing_makes_the_arms_the_same(without_dropout, monkeypatch):
    monkeypatch.setattr(two_points, "units_dropped", lambda trained: 1.0)
    with pytest.raises(ArmsAreTheSame, match="1,000 images: 'dropout"):
        measure_tiny(monkeypatch)


def test_a_run_of_the_two_points_that_diverges_counts_as_chance():
    settings = two_points.EXPERIMENT.settings_for(True) | TINY | {"hidden_layers": [32, 16]}
    scores = two_points.tune(1000, settings | {"grid": [0.01, 1e38], "drop_rates": [0.2]})
    assert all(by_rate[1e38] == -np.inf and by_rate[0.01] > 0 for by_rate in scores.values())
    rates = {f"no dropout, {case}": 0.01 for case in CASES} | {f"dropout 0.2, {case}": 1e38 for case in CASES}
    outcome = two_points.run(0, settings, rates)
    assert all((quantities == CHANCE) == arm.startswith("dropout") for arm, quantities in outcome.arms.items())
    assert sum(name.startswith("units dropped") for name in outcome.fired) == len(CASES)


def test_units_dropped_are_counted_in_every_case(monkeypatch):
    measured = measure_tiny(monkeypatch)
    wrong = {f"training labels that are wrong, {case}" for case in CASES if "redrawn" in case}
    assert set(measured.fired) == wrong | {f"units dropped in the last step, {case}" for case in CASES}
    assert set(measured.arms) == {f"{kind}, {case}" for case in CASES for kind in ("dropout", "no dropout")}
    assert all(count > 0 for count in measured.fired.values())
