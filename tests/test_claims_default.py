"""The claims on the default configuration: what their arms are, and that a sabotaged arm is seen."""

import dataclasses
import importlib

import numpy as np
import pytest

from course_lib.data import DataUnavailable
from course_lib.engine import numpy_stack as stack
from course_lib.engine.plan import plan
from course_lib.experiments import default_parts, default_rivals, short_runs
from course_lib.experiments.claims import default_on_all_images, default_stand_ins
from course_lib.experiments.default_parts import PAIRS, PARTS, arm
from course_lib.experiments.measurement import ArmsAreTheSame, MeasurementError, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.recipe import Recipe
from course_lib.scratch import activations, batch_norm, dropout, initializers, optimizers

NAMES = [
    "default_beats_naive",
    "default_every_part",
    "default_on_all_images",
    "default_stand_ins",
    "default_with_schedule",
]
BY_STEPS = [name for name in NAMES if name != "default_on_all_images"]
WITH_PARTS = ["default_every_part", "default_stand_ins"]


def claim(name):
    return importlib.import_module(f"course_lib.experiments.claims.{name}")


@pytest.fixture
def tiny(monkeypatch):
    """tiny(name): two seeds with networks and runs so small that they show nothing but that it can be measured."""

    def tiny(name):
        found = claim(name).EXPERIMENT
        small = {**found.small, "grid": [0.01], "images": 200}
        size = {"hidden_layers": [8, 8], "tuning_steps": 2, "epochs": 1} if name not in BY_STEPS else {}
        small |= size or {"width": 8, "steps": 4}
        monkeypatch.setattr(claim(name), "EXPERIMENT", dataclasses.replace(found, small=small))
        return measure(name, seeds=2, jobs=1, small=True, progress=False)

    return tiny


def recipes(name, seed=7):
    module = claim(name)
    settings = module.EXPERIMENT.settings
    return module.recipes(seed, settings, 1000) if name not in BY_STEPS else module.recipes(seed, settings)


# ---- what the arms are ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_arm_is_another_recipe_and_all_share_seed_steps_and_batches(name):
    arms = recipes(name)
    assert len(set(arms.values())) == len(arms)
    assert {(recipe.seed, recipe.batch_size, recipe.augmentation) for recipe in arms.values()} in (
        {(7, 64, "none")},
        {(7, 128, "none")},
    )
    compared = {
        each for comparison in claim(name).EXPERIMENT.comparisons for each in (comparison.better, comparison.worse)
    }
    derived = {each for each in compared if " alone plus " in each}
    assert compared - derived <= set(arms)


@pytest.mark.parametrize("name", NAMES)
def test_the_default_is_the_default_but_for_its_size(name):
    for arm_name, recipe in recipes(name).items():
        if arm_name.startswith("the default,") or arm_name == "the default":
            same = Recipe(hidden_layers=recipe.hidden_layers, seed=7, batch_size=recipe.batch_size)
            assert recipe == same


def test_the_parts_are_those_that_the_article_names_and_each_replaces_one_field():
    default = Recipe()
    named = [
        default.initialization,
        default.normalization,
        default.activation,
        default.drop_rate > 0,
        default.optimizer,
    ]
    assert named == ["he_normal", "batch", "elu", True, "adam"]
    assert list(PARTS) == ["He", "batch norm", "ELU", "dropout", "Adam"]
    fields = [field for changes in PARTS.values() for field in changes]
    assert fields == ["initialization", "normalization", "activation", "drop_rate", "optimizer"]
    assert all(default.replace(**changes) != default for changes in PARTS.values())


def test_all_ten_pairs_are_left_out_at_both_depths():
    arms = recipes("default_stand_ins")
    assert len(PAIRS) == 10 and len(arms) == 2 * (1 + 5 + 10)
    for depth in (2, 5):
        for pair in PAIRS:
            changes = {**PARTS[pair[0]], **PARTS[pair[1]]}
            assert arms[arm(pair, depth)] == arms[arm((), depth)].replace(**changes)
            assert len(arms[arm(pair, depth)].hidden_layers) == depth
    labels = [comparison.label for comparison in default_stand_ins.EXPERIMENT.comparisons]
    assert labels[0] == "He and batch norm, 5 layers" and len(labels) == 20


def test_the_rivals_are_what_their_sources_say():
    arms = default_rivals.recipes((300, 100), 1000, seed=3)
    naive, plain, modern = (arms[name] for name in ("naive", "He, ReLU, Adam", "2026"))
    assert (naive.activation, naive.initialization, naive.optimizer) == (
        "sigmoid",
        "standard_normal",
        "gradient_descent",
    )
    assert (plain.activation, plain.initialization, plain.optimizer) == ("relu", "he_normal", "adam")
    assert (modern.activation, modern.optimizer, modern.l2) == ("gelu", "adamw", 0.05)
    assert (modern.schedule, modern.schedule_steps) == ("cosine", (100,))
    assert [each.normalization for each in (naive, plain, modern)] == ["none", "none", "batch"]
    assert [each.drop_rate for each in (naive, plain, modern)] == [0, 0, 0]
    assert arms["2026 with dropout"] == modern.replace(drop_rate=Recipe().drop_rate)


def test_the_scheduled_default_differs_from_the_default_in_its_schedule_alone():
    arms = recipes("default_with_schedule")
    for depth in (2, 5):
        default, scheduled = arms[f"the default, {depth} layers"], arms[f"the default with a schedule, {depth} layers"]
        assert scheduled == default.replace(schedule="cosine", schedule_steps=(50,))
        assert arms[f"2026, {depth} layers"].schedule_steps == scheduled.schedule_steps


@pytest.mark.parametrize("name", NAMES)
def test_rates_are_tuned_on_validation_data_over_one_grid_and_measured_on_test_data(name, monkeypatch):
    parts, real = [], short_runs.train

    def noted(recipes, data, steps, part="validation", *rest):
        parts.append(part)
        return real(recipes, data, 0, part, *rest)

    monkeypatch.setattr(short_runs, "train", noted)
    module = claim(name)
    settings = {**module.EXPERIMENT.settings_for(True), "images": 200}
    scores = module.tune(1000, settings)
    assert set(parts) == {"validation"}
    assert all(list(by_rate) == settings["grid"] for by_rate in scores.values())
    module.run(0, settings, {each: next(iter(rates)) for each, rates in scores.items()})
    assert parts[1:] == ["test"]


# ---- what is measured -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_arm_gets_finite_numbers_and_every_mechanism_is_at_work(name, tiny):
    measured = tiny(name)
    assert measured.fired and all(count > 0 for count in measured.fired.values())
    assert measured.fired["units that sit out a training step, %"] == pytest.approx(20, abs=6)
    for quantities in measured.arms.values():
        assert all(np.isfinite(values).all() and len(values) == 2 for values in quantities.values())


def test_what_a_pair_costs_is_compared_with_what_its_parts_cost_alone(tiny):
    measured = tiny("default_stand_ins")
    for depth in (2, 5):
        default = measured.values(arm((), depth), short_runs.ACCURACY)
        for pair in PAIRS:
            both = measured.values(arm(pair, depth), default_stand_ins.LOST)
            alone = [default - measured.values(arm((part,), depth), short_runs.ACCURACY) for part in pair]
            effect = measured.effect(f"{pair[0]} and {pair[1]}, {depth} layers")
            np.testing.assert_allclose(effect.by_seed, both - alone[0] - alone[1], atol=1e-9)


def test_all_images_that_are_not_there_end_the_measurement_with_what_helps(monkeypatch, tmp_path):
    def missing(name):
        raise DataUnavailable("The full Fashion-MNIST is not on this machine. Download it once: ...")

    monkeypatch.setattr(default_on_all_images, "named_dataset", missing)
    default_on_all_images._all_images.cache_clear()
    settings = default_on_all_images.EXPERIMENT.settings
    with pytest.raises(MeasurementError, match=r"not on this machine\. Download it once.* 0 of 13 tasks are done"):
        measure("default_on_all_images", jobs=1, folder=tmp_path, progress=False)
    assert len(default_on_all_images.images(settings | {"data": "embedded", "images": 300}).train) == 300


# ---- sabotage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_running_statistics_that_stand_still_did_not_fire(name, tiny, monkeypatch):
    for layer in (batch_norm.BatchNorm, stack.StackedBatchNorm):
        monkeypatch.setattr(layer, "_update_statistics", lambda *given: None)
    with pytest.raises(MechanismDidNotFire, match="running means"):
        tiny(name)


@pytest.mark.parametrize("name", NAMES)
def test_dropout_that_drops_nothing_did_not_fire(name, tiny, monkeypatch):
    for module in (dropout, stack):
        monkeypatch.setattr(module, "draw_mask", lambda shape, drop_rate, rng: np.ones(shape))
    with pytest.raises(MechanismDidNotFire, match="sit out"):
        tiny(name)


@pytest.mark.parametrize("name", ["default_beats_naive", "default_on_all_images", "default_with_schedule"])
def test_weights_that_do_not_decay_and_a_rate_that_stands_still_did_not_fire(name, tiny, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(default_rivals, "WEIGHT_DECAY", 0.0)
        with pytest.raises(MechanismDidNotFire, match="weight decay"):
            tiny(name)
    monkeypatch.setattr(short_runs, "learning_rate_at", lambda recipe, step, steps: recipe.learning_rate)
    with pytest.raises(MechanismDidNotFire, match="rate down"):
        tiny(name)


@pytest.mark.parametrize("name", WITH_PARTS)
def test_weights_that_are_drawn_from_n01_after_all_make_the_arms_the_same(name, tiny, monkeypatch):
    monkeypatch.setattr(initializers, "he_normal", initializers.standard_normal)
    with pytest.raises(ArmsAreTheSame, match="He"):
        tiny(name)


@pytest.mark.parametrize("name", WITH_PARTS)
def test_an_elu_that_is_a_sigmoid_makes_the_arms_the_same(name, tiny, monkeypatch):
    monkeypatch.setattr(activations, "elu", activations.sigmoid)
    monkeypatch.setattr(activations, "elu_derivative", activations.sigmoid_derivative)
    with pytest.raises(ArmsAreTheSame, match="ELU"):
        tiny(name)


def test_adam_that_is_gradient_descent_makes_the_arms_the_same(tiny, monkeypatch):
    monkeypatch.setattr(optimizers, "Adam", optimizers.GradientDescent)
    with pytest.raises(ArmsAreTheSame, match="Adam"):
        tiny("default_every_part")


def test_batch_norm_that_is_not_built_makes_the_arms_the_same(tiny, monkeypatch):
    monkeypatch.setattr(
        "course_lib.engine.network.plan", lambda recipe, *rest: plan(recipe.replace(normalization="none"), *rest)
    )
    monkeypatch.setattr(short_runs, "how_far_means_moved", lambda trained: 1.0)  # the other guard looks away
    monkeypatch.setattr(short_runs, "WIDEST_STACKED", 1)
    with pytest.raises(ArmsAreTheSame, match="batch norm"):
        tiny("default_every_part")


def test_a_part_that_is_not_left_out_makes_the_arms_the_same(tiny, monkeypatch):
    monkeypatch.setitem(default_parts.PARTS, "dropout", {})
    with pytest.raises(ArmsAreTheSame, match="dropout"):
        tiny("default_stand_ins")


def test_two_names_for_one_rival_are_seen(tiny, monkeypatch):
    real = default_rivals.recipes

    def same(*words, **more):
        arms = real(*words, **more)
        return arms | {"2026 with dropout": arms["the default"]}

    monkeypatch.setattr(default_rivals, "recipes", same)
    with pytest.raises(ArmsAreTheSame, match="2026 with dropout"):
        tiny("default_beats_naive")
