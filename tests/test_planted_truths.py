"""Truths that are known beforehand, planted in measurements: a copy, a known effect, a flipped sign, a broken interval.

The trainings are real and small, of embedded images, as the course's own claims train.
"""

import functools

import numpy as np
import pytest

from course_lib.experiments import measurement as measurement_module
from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import FIRST_TUNING_SEED, Comparison, Outcome
from course_lib.experiments.measurement import ArmsAreTheSame, MeasurementError, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.experiments.short_runs import ACCURACY, LOSS
from course_lib.experiments.storage import load_measurement
from course_lib.experiments.verdicts import (
    CLEARLY_HARMS,
    CLEARLY_HELPS,
    HARMS,
    HELPS,
    OPEN,
    TOO_SMALL,
    interval,
)
from course_lib.recipe import Recipe

pytestmark = pytest.mark.usefixtures("made_up")
SETTINGS = {"data": "embedded", "images": 400, "steps": 60}
PLAIN = recipe_arms.annealed(
    Recipe(
        hidden_layers=(20,),
        normalization="none",
        drop_rate=0.0,
        optimizer="momentum",
        learning_rate=0.03,
        batch_size=32,
    ),
    SETTINGS["steps"],
)
HARDLY_LEARNS = PLAIN.replace(learning_rate=0.0003)
OTHER_STREAM = 500  # is added to the seed of an arm's weights and batches


@pytest.fixture
def plant(change, tmp_path):
    """plant(run=..., ...): the Measurement of an experiment of two arms with accuracies, "new" against "old"."""

    def measured(seeds=10, first_seed=0, quantity=ACCURACY, higher_is_better=True, **parts):
        primary = Comparison("new", "new", "old", quantity, higher_is_better)
        settings = {"settings": SETTINGS, "small": {"steps": 10}}
        parts = {**settings, "primary": primary, "elsewhere": (), "smallest_effect": 0.5, **parts}
        change("coin", unit="percentage points", **parts)
        options = {"folder": tmp_path, "jobs": 1, "progress": False}
        return measure("coin", seeds=seeds, first_seed=first_seed, **options)

    return measured


def trained(new, old, mechanisms=lambda runs, data: {}):
    """The `run` of an experiment that trains these two recipes."""
    return functools.partial(recipe_arms.run, lambda settings: {"new": new, "old": old}, mechanisms)


def in_another_stream(seed, settings, chosen):
    """The same recipe twice on the same images, with other weights and batches."""
    data = recipe_arms.images(seed, settings)
    recipes = [PLAIN.replace(seed=seed), PLAIN.replace(seed=seed + OTHER_STREAM)]
    runs = short_runs.train(recipes, data, settings["steps"], "test")
    return Outcome(recipe_arms.measured(dict(zip(("new", "old"), runs, strict=True)), data))


# ---- a copy under another name --------------------------------------------------------------------------------------


def test_a_copy_under_another_name_is_told_to_be_one(plant, tmp_path):
    with pytest.raises(ArmsAreTheSame, match="'new' and 'old' gave the same numbers with every seed"):
        plant(run=trained(PLAIN, PLAIN), seeds=3)
    assert not (tmp_path / "coin.json").exists()


def test_a_copy_that_rounds_in_another_way_is_too_small_to_matter(plant):
    nearly = PLAIN.replace(learning_rate=PLAIN.learning_rate * (1 + 1e-5))
    measurement = plant(run=trained(nearly, PLAIN))
    assert measurement.verdict == TOO_SMALL
    assert any(measurement.values("new", LOSS) != measurement.values("old", LOSS))  # and yet no copy to the bit


@pytest.mark.parametrize("first_seed", [0, 100, 200])
def test_a_copy_with_other_weights_and_batches_never_helps_or_harms(first_seed, plant):
    measurement = plant(run=in_another_stream, first_seed=first_seed)
    assert measurement.verdict in (TOO_SMALL, OPEN)
    assert len(set(measurement.primary.by_seed)) > 5  # the arms do differ


def test_a_technique_too_weak_to_do_anything_is_told_to_be_a_copy(plant):
    with pytest.raises(ArmsAreTheSame, match="or nothing that is measured shows what sets them apart"):
        plant(run=trained(PLAIN.replace(max_norm=1e6), PLAIN), seeds=2)


def test_a_mechanism_that_was_never_at_work_is_told(plant):
    def clipped(runs, data):
        return {"steps clipped": runs["new"].clipped}

    with pytest.raises(MechanismDidNotFire, match="'steps clipped' is 0"):
        plant(run=trained(PLAIN.replace(clip_norm=1e6), PLAIN, clipped), seeds=2)


# ---- a known effect -------------------------------------------------------------------------------------------------


def planted(effect, seed, settings, chosen):
    """Accuracies as ten trainings gave them: a seed moves both arms by 1.5 points, and each arm alone by 0.6."""
    rng = np.random.default_rng([7, seed])
    both, new, old = rng.normal(0.0, (1.5, 0.6, 0.6))
    return Outcome({"new": {ACCURACY: 84 + effect + both + new}, "old": {ACCURACY: 84 + both + old}})


@pytest.mark.parametrize("first_seed", [0, 10, 100, 500])
def test_two_points_are_found_with_the_seeds_that_are_used(first_seed, plant):
    measurement = plant(run=functools.partial(planted, 2.0), first_seed=first_seed)
    assert measurement.verdict in (HELPS, CLEARLY_HELPS)
    assert measurement.primary.low < 2.0 < measurement.primary.high
    turned = plant(run=functools.partial(planted, -2.0), first_seed=first_seed)
    assert turned.verdict in (HARMS, CLEARLY_HARMS)


def test_pairing_by_seed_is_what_finds_them():
    outcomes = [planted(1.0, seed, {}, {}).arms for seed in range(10)]
    new, old = (np.array([arms[arm][ACCURACY] for arms in outcomes]) for arm in ("new", "old"))
    assert interval(new - old)[1] > 0
    assert interval(new - old[::-1])[1] < 0  # with the seeds of one arm in another order


def test_no_effect_and_a_tiny_one_are_not_called_effects(plant):
    assert plant(run=functools.partial(planted, 0.0)).verdict in (OPEN, TOO_SMALL)
    assert plant(run=functools.partial(planted, 0.05), smallest_effect=1.0).verdict == TOO_SMALL


def test_of_two_hundred_copies_about_one_in_twenty_is_called_an_effect():
    """What an interval of 95% promises, and no more: it is why a claim has one primary comparison."""
    called = 0
    for first in range(0, 2000, 10):
        outcomes = [planted(0.0, seed, {}, {}) for seed in range(first, first + 10)]
        _, low, high = interval([each.arms["new"][ACCURACY] - each.arms["old"][ACCURACY] for each in outcomes])
        called += low > 0 or high < 0
    assert 2 <= called <= 20


# ---- a flipped sign -------------------------------------------------------------------------------------------------


def test_an_arm_that_learns_clearly_helps_and_flipped_it_clearly_harms(plant):
    found = plant(run=trained(PLAIN, HARDLY_LEARNS), seeds=4)
    flipped = plant(run=trained(HARDLY_LEARNS, PLAIN), seeds=4)
    assert (found.verdict, flipped.verdict) == (CLEARLY_HELPS, CLEARLY_HARMS)
    assert flipped.primary.by_seed == pytest.approx([-effect for effect in found.primary.by_seed])
    assert flipped.log[-1].verdict == (CLEARLY_HELPS, CLEARLY_HARMS)


def test_a_quantity_that_is_better_when_small_has_the_other_sign(plant):
    run = trained(PLAIN, HARDLY_LEARNS)
    assert plant(run=run, seeds=4, quantity=LOSS, higher_is_better=False, smallest_effect=0.1).verdict == CLEARLY_HELPS
    assert plant(run=run, seeds=4, quantity=LOSS, higher_is_better=True, smallest_effect=0.1).verdict == CLEARLY_HARMS


def test_tuning_by_validation_finds_the_rate_that_learns(plant):
    def arms(settings):
        return {"new": HARDLY_LEARNS, "old": HARDLY_LEARNS}  # what tuning chooses sets them apart

    grids = {"new": {"learning_rate": [0.0001, 0.03, 30.0]}, "old": {"learning_rate": [0.0001, 0.0003]}}
    measurement = plant(
        run=functools.partial(recipe_arms.run, arms, lambda runs, data: {}),
        tune=functools.partial(recipe_arms.tune, arms),
        grids=lambda settings: grids,
        seeds=3,
    )
    assert measurement.chosen == {"new": {"learning_rate": 0.03}, "old": {"learning_rate": 0.0003}}
    assert measurement.edges == {"old": {"learning_rate": "largest"}}
    assert measurement.unexplained_edges() == ["old: learning_rate"]
    assert measurement.verdict == CLEARLY_HELPS
    assert measurement.data["set"] == "embedded"


def accuracy_on(part, network):
    return 100 * float((np.argmax(network.logits(part.x), axis=1) == part.labels).mean())


def test_what_is_chosen_by_is_not_what_is_tested_on():
    seed, rates = FIRST_TUNING_SEED, [0.003, 0.03]
    data = recipe_arms.images(seed, SETTINGS)
    trials = {"new": [{"learning_rate": rate} for rate in rates]}
    scores = recipe_arms.tune(lambda settings: {"new": PLAIN}, seed, SETTINGS, trials)
    runs = short_runs.train([PLAIN.replace(seed=seed, learning_rate=rate) for rate in rates], data, 60)
    assert scores["new"] == pytest.approx([accuracy_on(data.validation, run.network) for run in runs])
    outcome = trained(PLAIN, HARDLY_LEARNS)(3, SETTINGS, {"old": {"learning_rate": 0.003}})
    data = recipe_arms.images(3, SETTINGS)
    runs = short_runs.train([PLAIN.replace(seed=3, learning_rate=rate) for rate in (0.03, 0.003)], data, 60)
    expected = [accuracy_on(data.test, run.network) for run in runs]
    assert [outcome.arms[arm][ACCURACY] for arm in ("new", "old")] == pytest.approx(expected)


# ---- a broken interval ----------------------------------------------------------------------------------------------


def far_too_narrow(numbers, confidence=0.95):
    mean, low, high = interval(numbers, confidence)
    return mean, mean - (mean - low) / 10, mean + (high - mean) / 10


def test_a_broken_interval_would_call_a_copy_an_effect_and_its_file_is_refused(plant, monkeypatch, tmp_path):
    copy = functools.partial(planted, 0.0)
    assert plant(run=copy).verdict in (OPEN, TOO_SMALL)
    with monkeypatch.context() as during:
        during.setattr(measurement_module, "interval", far_too_narrow)
        assert plant(run=copy).verdict not in (OPEN, TOO_SMALL)
    with pytest.raises(MeasurementError, match="mean and interval of 'new' do not follow from its effects by seed"):
        load_measurement("coin", tmp_path)
