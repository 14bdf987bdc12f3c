"""Claims on whether, and how well, a deep network trains: what their arms are, and that a sabotaged arm is seen."""

import dataclasses
import importlib
import math
import re

import numpy as np
import pytest

from course_lib.engine import numpy_stack as stack
from course_lib.engine.plan import plan
from course_lib.experiments import image_draws, off_units, short_runs
from course_lib.experiments.claims import (
    activation_order,
    batch_norm_accuracy,
    batch_norm_learning_rates,
    layer_norm_small_batches,
    priority_order,
)
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.experiments.tuning import trials
from course_lib.scratch import activations, batch_norm, clipping

NAMES = [
    "activation_order",
    "batch_norm_accuracy",
    "batch_norm_learning_rates",
    "initialization_trains",
    "layer_norm_small_batches",
    "priority_order",
]
TUNED = [name for name in NAMES if name != "batch_norm_learning_rates"]
TINY = {  # only to see that something is wrong: it is wrong from the first step on
    "activation_order": {"width": 6, "depth": 3},
    "batch_norm_accuracy": {"width": 8},
    "batch_norm_learning_rates": {"width": 8, "exponents": [-2, -1]},
    "initialization_trains": {"width": 8},
    "layer_norm_small_batches": {"width": 8},
    "priority_order": {"hidden_layers": [8] * 3},
}


WITH_BATCH_NORM = ["batch_norm_accuracy", "batch_norm_learning_rates", "layer_norm_small_batches", "priority_order"]


def claim(name):
    return importlib.import_module(f"course_lib.experiments.claims.{name}")


def all_cases(name, **changes):
    """The settings of every case, small and with these changes."""
    found = claim(name).EXPERIMENT
    return [{**found.case_settings(case, small=True), **changes} for case in found.cases]


def measure_tiny(name, monkeypatch):
    """A measurement of two seeds with networks and runs so small that it shows nothing but that it can be made."""
    found = claim(name).EXPERIMENT
    tiny = {**found.small, **TINY[name], "steps": 4, "images": 200}
    if "grid" in found.settings:
        tiny |= {key: [0.01] for key in tiny if key.endswith("grid")}
    monkeypatch.setitem(priority_order.REMEDIES, "4 (clipping)", {"clip_norm": 0.001})  # 1 is not reached so soon
    monkeypatch.setattr(claim(name), "EXPERIMENT", dataclasses.replace(found, small=tiny))
    return measure(name, seeds=2, small=True, progress=False)


def build_without_batch_norm(monkeypatch):
    def other_plan(recipe, *rest):
        return plan(recipe.replace(normalization="none") if recipe.normalizes_batches else recipe, *rest)

    monkeypatch.setattr("course_lib.engine.network.plan", other_plan)


@pytest.mark.parametrize("name", NAMES)
def test_every_arm_gets_finite_numbers(name, monkeypatch):
    measured = measure_tiny(name, monkeypatch)
    assert all(count > 0 for count in measured.fired.values()) and measured.fired
    for quantities in measured.arms.values():
        assert all(np.isfinite(values).all() and len(values) == 2 for values in quantities.values())
    if name != "batch_norm_learning_rates":
        assert set(measured.chosen) == set(measured.arms)
        for quantities in measured.arms.values():
            assert set(quantities) == {short_runs.ACCURACY, short_runs.LOSS, short_runs.CALIBRATION, "diverged"}
            assert all(0 <= accuracy <= 100 for accuracy in quantities[short_runs.ACCURACY])


@pytest.mark.parametrize("name", TUNED)
def test_no_two_arms_of_a_case_are_one_recipe_and_none_shares_its_name(name):
    module, names = claim(name), []
    for case in module.EXPERIMENT.cases:
        settings = module.EXPERIMENT.case_settings(case)
        arms = module.arms(settings)
        assert len(set(arms.values())) == len(arms)
        assert {recipe.optimizer for recipe in arms.values()} in ({"adam"}, {"momentum"})
        assert {(recipe.schedule, recipe.schedule_steps) for recipe in arms.values()} == {
            ("cosine", (settings["steps"] // 10,))
        }
        assert set(trials(module.EXPERIMENT, settings)) == set(arms)
        names += arms
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", TUNED)
def test_rates_are_tuned_on_validation_data_and_measured_on_test_data(name, monkeypatch):
    parts, seeds, real = [], [], short_runs.train

    def train(recipes, data, steps, part="validation", *rest):
        parts.append(part)
        seeds.append({recipe.seed for recipe in recipes})
        return real(recipes, data, 0, part, *rest)

    monkeypatch.setattr(short_runs, "train", train)
    module, settings = claim(name), all_cases(name, **TINY[name], images=100)[0]
    scores = module.EXPERIMENT.tune(1000, settings, trials(module.EXPERIMENT, settings))
    assert (set(parts), seeds) == ({"validation"}, [{1000}])
    assert all(len(found) == len(settings["grid"]) for found in scores.values())
    module.EXPERIMENT.run(3, settings, {arm: {"learning_rate": 0.01} for arm in scores})
    assert parts[1:] == ["test"] and seeds[1:] == [{3}]


@pytest.mark.parametrize("name", NAMES)
def test_every_seed_draws_images_of_its_own(name, monkeypatch):
    drawn, real = [], image_draws.draw
    monkeypatch.setattr(
        image_draws, "draw", lambda seed, *rest, **more: drawn.append(seed) or real(seed, *rest, **more)
    )
    measure_tiny(name, monkeypatch)
    assert {0, 1} <= set(drawn) <= {0, 1, 1000}


def test_the_order_of_activations_is_the_articles_in_every_network():
    compared = [(each.better, each.worse) for each in activation_order.EXPERIMENT.comparisons]
    order = ["elu", "leaky_relu", "relu", "tanh", "sigmoid"]
    for case in activation_order.CASES:
        for place in range(4):
            assert (f"{order[place]}, {case}", f"{order[place + 1]}, {case}") in compared
    assert compared[0] == ("elu, ordinary", "relu, ordinary")
    beyond = [each for each in activation_order.EXPERIMENT.comparisons if each.exploratory]
    assert [(each.better, each.worse) for each in beyond] == [("gelu, ordinary", "elu, ordinary")]


def test_arms_of_activations_have_the_initialization_that_suits_them():
    sizes = {"ordinary": (50,) * 10, "ordinary, in 300 steps": (50,) * 10, "2 layers": (50,) * 2}
    sizes |= {"narrow and deep": (12,) * 20, "10 layers of 100": (100,) * 10}
    assert set(sizes) == set(activation_order.CASES)
    for case in activation_order.CASES:
        arms = activation_order.arms(activation_order.EXPERIMENT.case_settings(case))
        for name, recipe in arms.items():
            saturating = recipe.activation in ("sigmoid", "tanh")
            assert recipe.initialization == ("xavier_normal" if saturating else "he_normal")
            assert name == f"{recipe.activation}, {case}"
            assert recipe.hidden_layers == sizes[case]


def test_arms_of_batch_norm_differ_in_nothing_else():
    found = batch_norm_accuracy.EXPERIMENT
    for each in found.comparisons:
        arms = batch_norm_accuracy.arms(found.case_settings(each.case))
        better, worse = arms[each.better], arms[each.worse]
        assert better.normalization == "batch" and better.replace(normalization="none") == worse
        assert each.label.startswith(f"{better.activation}, {len(better.hidden_layers)} layers")
    depths = {
        len(batch_norm_accuracy.arms(found.case_settings(case))[f"{case}, with batch norm"].hidden_layers)
        for case in found.cases
    }
    assert depths == {2, 10, 20, 50}


def test_arms_of_normalizations_differ_in_nothing_else():
    found = layer_norm_small_batches.EXPERIMENT
    sizes = set()
    for each in found.comparisons:
        arms = layer_norm_small_batches.arms(found.case_settings(each.case))
        better, worse = arms[each.better], arms[each.worse]
        assert worse.normalization == "batch" and better.normalization in ("layer", "rms")
        assert better.replace(normalization="batch") == worse
        assert each.case.startswith(f"batches of {worse.batch_size}")
        sizes.add(worse.batch_size)
    assert sizes == {4, 16, 64}
    assert found.primary.better == "layer norm, batches of 4"


@pytest.mark.parametrize("kind", ["layer", "rms"])
def test_parameters_of_a_normalization_that_stand_still_did_not_fire(kind, monkeypatch):
    real = layer_norm_small_batches._farthest
    names = {"layer": 2, "rms": 1}  # how many parameters a layer has: a scale, and layer norm's shift
    depth = 2

    def farthest(arrays):
        still = [np.ones_like(array) for array in arrays]
        return real(still if len(arrays) == names[kind] * depth else arrays)

    monkeypatch.setattr(layer_norm_small_batches, "_farthest", farthest)
    with pytest.raises(MechanismDidNotFire, match="layer norm" if kind == "layer" else "RMS norm"):
        measure_tiny("layer_norm_small_batches", monkeypatch)


def test_how_far_parameters_moved_is_counted_from_where_they_start():
    scale, shift = np.array([1.0, 1.2]), np.array([0.0, -0.1])
    assert layer_norm_small_batches._farthest([scale, shift]) == pytest.approx(0.2)
    assert layer_norm_small_batches._farthest([np.ones(3), np.zeros(3)]) == 0


def test_the_grid_of_rates_is_even_on_a_log_scale():
    assert batch_norm_learning_rates.grid({"exponents": [-2, 1], "rates_per_decade": 1}) == [0.01, 0.1, 1, 10]
    full = batch_norm_learning_rates.grid(batch_norm_learning_rates.EXPERIMENT.settings)
    assert len(full) == 11 and (full[0], full[-1]) == (0.0001, 10)
    np.testing.assert_allclose(np.diff(np.log10(full)), 0.5, atol=0.005)


def test_decades_count_the_rates_that_reach_the_bar():
    by_rate = {
        rate: {short_runs.ACCURACY: accuracy, short_runs.LOSS: loss}
        for rate, accuracy, loss in ((0.001, 10, 1), (0.00316, 50, 2), (0.01, 90, 3), (0.0316, 49, 6))
    }
    quantities = batch_norm_learning_rates._quantities(by_rate, {"bar": 50, "rates_per_decade": 2})
    assert quantities["decades of learning rate that train"] == 1.0
    assert quantities[batch_norm_learning_rates.accuracy_at(0.00316)] == 50
    assert quantities[batch_norm_learning_rates.mean_over_rates(short_runs.LOSS)] == 3
    assert batch_norm_learning_rates.accuracy_at(0.00316) == "test accuracy at rate 0.00316, %"


def test_rates_that_are_counted_stand_still(monkeypatch):
    seen, real = [], short_runs.train
    monkeypatch.setattr(short_runs, "train", lambda recipes, *rest: seen.extend(recipes) or real(recipes, *rest))
    measure_tiny("batch_norm_learning_rates", monkeypatch)
    assert {recipe.schedule for recipe in seen} == {"constant"}


def test_remedies_are_alone_and_together_what_their_numbers_say():
    for case in priority_order.CASES:
        arms = priority_order.arms(priority_order.EXPERIMENT.case_settings(case))
        untreated = arms[f"none of the remedies, {case}"]
        assert (untreated.activation, untreated.initialization) == ("sigmoid", "standard_normal")
        assert (untreated.normalization, untreated.clip_norm, len(untreated.hidden_layers)) == ("none", None, 10)
        for name, recipe in arms.items():
            applied = {
                "1": recipe.initialization == "he_normal",
                "2": recipe.activation == "elu",
                "3": recipe.normalization == "batch",
                "4": recipe.clip_norm is not None,
            }
            numbers = set(re.findall(r"\d", name.removesuffix(case)))
            assert {number for number, is_there in applied.items() if is_there} == numbers
            assert recipe.replace(**{field: getattr(untreated, field) for field in CHANGED}) == untreated


CHANGED = ("activation", "initialization", "normalization", "clip_norm")


@pytest.mark.parametrize("name", WITH_BATCH_NORM)
def test_batch_norm_that_is_not_built_did_not_fire(name, monkeypatch):
    build_without_batch_norm(monkeypatch)
    with pytest.raises(MechanismDidNotFire, match="running means"):
        measure_tiny(name, monkeypatch)


@pytest.mark.parametrize("name", ["batch_norm_accuracy", "batch_norm_learning_rates"])
def test_batch_norm_that_is_not_built_makes_the_arms_the_same(name, monkeypatch):
    build_without_batch_norm(monkeypatch)
    monkeypatch.setattr(short_runs, "how_far_means_moved", lambda trained: 1.0)  # the other guard looks away
    with pytest.raises(ArmsAreTheSame, match="with batch norm"):
        measure_tiny(name, monkeypatch)


@pytest.mark.parametrize("name", WITH_BATCH_NORM)
def test_running_statistics_that_stand_still_did_not_fire(name, monkeypatch):
    for layer in (batch_norm.BatchNorm, stack.StackedBatchNorm):
        monkeypatch.setattr(layer, "_update_statistics", lambda *given: None)
    with pytest.raises(MechanismDidNotFire, match="running means"):
        measure_tiny(name, monkeypatch)


@pytest.mark.parametrize("wide", [False, True])
def test_tanh_that_is_a_sigmoid_makes_the_arms_the_same(wide, monkeypatch):
    monkeypatch.setattr(activations, "tanh", activations.sigmoid)
    monkeypatch.setattr(activations, "tanh_derivative", activations.sigmoid_derivative)
    if wide:  # trained one after the other, not in a stack
        monkeypatch.setattr(short_runs, "WIDEST_STACKED", 1)
    with pytest.raises(ArmsAreTheSame, match="tanh over sigmoid, "):
        measure_tiny("activation_order", monkeypatch)


def test_sums_that_are_never_below_0_did_not_fire(monkeypatch):
    monkeypatch.setattr(off_units, "share_below_zero", lambda network, x: 0.0)
    with pytest.raises(MechanismDidNotFire, match="below 0"):
        measure_tiny("activation_order", monkeypatch)


def test_clipping_that_is_left_out_did_not_fire(monkeypatch):
    monkeypatch.setattr(clipping, "clip_by_norm", lambda gradients, limit: 0.0)
    monkeypatch.setattr(stack, "_clip_by_norm", lambda gradients, limit: np.zeros(len(gradients), bool))
    with pytest.raises(MechanismDidNotFire, match="steps clipped"):
        measure_tiny("priority_order", monkeypatch)


def test_a_remedy_that_is_not_applied_makes_the_arms_the_same(monkeypatch):
    for name in ("1 + 2 + 3", "1 + 2 + 4"):
        monkeypatch.setitem(priority_order.REMEDIES, name, {})
    with pytest.raises(ArmsAreTheSame, match="3 over 4, on top of 1 \\+ 2"):
        measure_tiny("priority_order", monkeypatch)


def test_a_run_that_diverges_counts_as_chance():
    settings = all_cases("priority_order", **TINY["priority_order"], images=200, steps=9, grid=[0.01, 1e30])[0]
    found, arm = priority_order.EXPERIMENT, "1 + 2, 10 layers"
    scores = found.tune(1000, settings, trials(found, settings))
    assert scores[arm][1] == -math.inf and scores[arm][0] > 0
    chosen = {each: {"learning_rate": 0.01} for each in scores} | {arm: {"learning_rate": 1e30}}
    outcome = found.run(0, settings, chosen)
    assert outcome.arms[arm] == {
        short_runs.ACCURACY: 10.0,
        short_runs.LOSS: short_runs.LARGEST_LOSS,
        short_runs.CALIBRATION: 0.0,
        "diverged": 1.0,
    }
    assert outcome.arms["3 (batch norm), 10 layers"]["diverged"] == 0.0


def test_the_clipped_steps_of_arm_4_are_reported(monkeypatch):
    assert measure_tiny("priority_order", monkeypatch).fired["10 layers: steps clipped"] == 4  # all of them
