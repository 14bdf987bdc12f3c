"""Claims on whether, and how well, a deep network trains: what their arms are, and that a sabotaged arm is seen."""

import dataclasses
import importlib
import math
import re

import numpy as np
import pytest

from course_lib.engine import numpy_stack as stack
from course_lib.engine.plan import plan
from course_lib.experiments import short_runs
from course_lib.experiments.claims import (
    activation_order,
    batch_norm_accuracy,
    batch_norm_learning_rates,
    initialization_trains,
    priority_order,
)
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.scratch import activations, batch_norm, clipping, initializers

NAMES = [
    "activation_order",
    "batch_norm_accuracy",
    "batch_norm_learning_rates",
    "initialization_trains",
    "priority_order",
]
TUNED = [name for name in NAMES if name != "batch_norm_learning_rates"]
TINY = {  # only to see that something is wrong: it is wrong from the first step on
    "activation_order": {"ordinary": [8] * 2, "narrow and deep": [6] * 3},
    "batch_norm_accuracy": {"width": 8},
    "batch_norm_learning_rates": {"width": 8, "exponents": [-2, -1]},
    "initialization_trains": {"width": 8},
    "priority_order": {"hidden_layers": [8] * 3},
}


def claim(name):
    return importlib.import_module(f"course_lib.experiments.claims.{name}")


def measure_tiny(name, monkeypatch):
    """A measurement of two seeds with networks and runs so small that it shows nothing but that it can be made."""
    found = claim(name).EXPERIMENT
    tiny = {**found.small, **TINY[name], "steps": 4, "images": 200}
    if "grid" in found.settings:
        tiny["grid"] = [0.01]
    monkeypatch.setitem(priority_order.REMEDIES, "4 (clipping)", {"clip_norm": 0.001})  # 1 is not reached so soon
    monkeypatch.setattr(claim(name), "EXPERIMENT", dataclasses.replace(found, small=tiny))
    return measure(name, seeds=2, small=True, progress=False)


def build_without_batch_norm(monkeypatch):
    monkeypatch.setattr(
        "course_lib.engine.network.plan", lambda recipe, *rest: plan(recipe.replace(normalization="none"), *rest)
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_arm_gets_finite_numbers(name, monkeypatch):
    measured = measure_tiny(name, monkeypatch)
    assert all(count > 0 for count in measured.fired.values()) and measured.fired
    for quantities in measured.arms.values():
        assert all(np.isfinite(values).all() and len(values) == 2 for values in quantities.values())
    if name != "batch_norm_learning_rates":
        derived = {arm for arm in measured.arms if arm.startswith("leaky family")}
        assert set(measured.learning_rates) == set(measured.arms) - derived
        for quantities in measured.arms.values():
            assert all(0 <= accuracy <= 100 for accuracy in quantities["test accuracy, %"])


@pytest.mark.parametrize("name", TUNED)
def test_no_two_arms_are_one_recipe_and_all_share_the_seed_and_the_grid(name):
    module = claim(name)
    arms = module.recipes(7, module.EXPERIMENT.settings)
    assert len(set(arms.values())) == len(arms)
    assert {recipe.seed for recipe in arms.values()} == {7}
    assert {recipe.optimizer for recipe in arms.values()} in ({"adam"}, {"momentum"})
    scores = module.tune(7, {**module.EXPERIMENT.settings_for(True), **TINY[name], "steps": 1, "images": 100})
    assert list(scores) == list(arms)
    assert all(list(by_rate) == module.EXPERIMENT.small["grid"] for by_rate in scores.values())


@pytest.mark.parametrize("name", TUNED)
def test_rates_are_tuned_on_validation_data_and_measured_on_test_data(name, monkeypatch):
    parts, real = [], short_runs.train
    monkeypatch.setattr(
        short_runs,
        "train",
        lambda recipes, data, steps, part="validation", *rest: (
            parts.append(part) or real(recipes, data, 0, part, *rest)
        ),
    )
    module, settings = claim(name), {**claim(name).EXPERIMENT.settings_for(True), **TINY[name], "images": 100}
    scores = module.tune(1000, settings)
    assert set(parts) == {"validation"}
    module.run(0, settings, {arm: next(iter(rates)) for arm, rates in scores.items()})
    assert parts[1:] == ["test"]


def test_initialization_arms_say_what_they_are():
    arms = initialization_trains.recipes(0, initialization_trains.EXPERIMENT.settings)
    assert len(arms) == 48
    for name, recipe in arms.items():
        activation, initialization, depth = re.fullmatch(r"(\w+), (\w+), (\d+) layers", name).groups()
        assert (recipe.activation, recipe.initialization) == (activation, initialization)
        assert len(recipe.hidden_layers) == int(depth) and recipe.normalization == "none"
    assert {recipe.initialization for recipe in arms.values()} == {"standard_normal", "xavier_normal", "he_normal"}


def test_every_initialization_is_compared_with_n01_at_every_depth():
    pairs = {(each.better, each.worse) for each in initialization_trains.EXPERIMENT.comparisons}
    made_for = {"sigmoid": "xavier", "tanh": "xavier", "relu": "he", "elu": "he"}
    assert pairs == {
        (
            f"{activation}, {made_for[activation]}_normal, {depth} layers",
            f"{activation}, standard_normal, {depth} layers",
        )
        for activation in made_for
        for depth in (2, 5, 10, 20)
    }


def test_the_order_of_activations_is_the_articles_in_both_networks():
    compared = [(each.better, each.worse) for each in activation_order.EXPERIMENT.comparisons]
    order = ["elu", "leaky family", "relu", "tanh", "sigmoid"]
    assert compared == [
        (f"{order[place]}, {net}", f"{order[place + 1]}, {net}")
        for net in ("ordinary", "narrow and deep")
        for place in range(4)
    ]
    arms = activation_order.recipes(0, activation_order.EXPERIMENT.settings)
    assert (
        arms["elu, ordinary"].hidden_layers == (100,) * 10 and arms["elu, narrow and deep"].hidden_layers == (12,) * 20
    )
    for name, recipe in arms.items():
        saturating = recipe.activation in ("sigmoid", "tanh")
        assert recipe.initialization == ("xavier_normal" if saturating else "he_normal")
        assert name.startswith(f"{recipe.activation}, ")


def test_the_leaky_family_is_the_mean_of_its_members(monkeypatch):
    measured = measure_tiny("activation_order", monkeypatch)
    for net in ("ordinary", "narrow and deep"):
        members = [measured.values(f"{name}, {net}", "test loss") for name in ("leaky_relu", "rrelu", "prelu")]
        np.testing.assert_allclose(measured.values(f"leaky family, {net}", "test loss"), sum(members) / 3)
        assert len({tuple(each) for each in members}) == 3


def test_arms_of_batch_norm_differ_in_nothing_else():
    arms = batch_norm_accuracy.recipes(0, batch_norm_accuracy.EXPERIMENT.settings)
    for each in batch_norm_accuracy.EXPERIMENT.comparisons:
        better, worse = arms[each.better], arms[each.worse]
        assert better.normalization == "batch" and better.replace(normalization="none") == worse
        assert each.label == f"{better.activation}, {len(better.hidden_layers)} layers"


def test_the_grid_of_rates_is_even_on_a_log_scale():
    assert batch_norm_learning_rates.grid({"exponents": [-2, 1], "rates_per_decade": 1}) == [0.01, 0.1, 1, 10]
    full = batch_norm_learning_rates.grid(batch_norm_learning_rates.EXPERIMENT.settings)
    assert len(full) == 11 and (full[0], full[-1]) == (0.0001, 10)
    np.testing.assert_allclose(np.diff(np.log10(full)), 0.5, atol=0.005)


def test_decades_count_the_rates_that_reach_the_bar():
    runs = {
        rate: short_runs.ShortRun(accuracy, 1.0, False, 3, [], 0, None)
        for rate, accuracy in ((0.001, 0.1), (0.00316, 0.5), (0.01, 0.9), (0.0316, 0.49))
    }
    quantities = batch_norm_learning_rates._quantities(runs, {"bar": 50, "rates_per_decade": 2})
    assert quantities["decades of learning rate that train"] == 1.0
    assert quantities[batch_norm_learning_rates.accuracy_at(0.00316)] == 50
    assert batch_norm_learning_rates.accuracy_at(0.00316) == "test accuracy at rate 0.00316, %"


def test_remedies_are_alone_and_together_what_their_numbers_say():
    arms = priority_order.recipes(5, priority_order.EXPERIMENT.settings)
    untreated = arms["none of the remedies"]
    assert (untreated.activation, untreated.initialization) == ("sigmoid", "standard_normal")
    assert (untreated.normalization, untreated.clip_norm, len(untreated.hidden_layers)) == ("none", None, 10)
    for name, recipe in arms.items():
        applied = {
            "1": recipe.initialization != "standard_normal",
            "2": recipe.activation == "elu",
            "3": recipe.normalization == "batch",
            "4": recipe.clip_norm is not None,
        }
        assert {number for number, is_there in applied.items() if is_there} == set(re.findall(r"\d", name))
        if applied["1"]:
            assert recipe.initialization == ("he_normal" if applied["2"] else "xavier_normal")
        assert recipe.replace(**{field: getattr(untreated, field) for field in CHANGED}) == untreated


CHANGED = ("activation", "initialization", "normalization", "clip_norm")


@pytest.mark.parametrize("name", ["batch_norm_accuracy", "batch_norm_learning_rates", "priority_order"])
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


@pytest.mark.parametrize("name", ["batch_norm_accuracy", "batch_norm_learning_rates", "priority_order"])
def test_running_statistics_that_stand_still_did_not_fire(name, monkeypatch):
    for layer in (batch_norm.BatchNorm, stack.StackedBatchNorm):
        monkeypatch.setattr(layer, "_update_statistics", lambda *given: None)
    with pytest.raises(MechanismDidNotFire, match="running means"):
        measure_tiny(name, monkeypatch)


@pytest.mark.parametrize("name", ["xavier_normal", "he_normal"])
def test_weights_that_are_drawn_from_n01_after_all_did_not_fire(name, monkeypatch):
    monkeypatch.setattr(initializers, name, initializers.standard_normal)
    with pytest.raises(MechanismDidNotFire, match=name):
        measure_tiny("initialization_trains", monkeypatch)


def test_weights_that_are_drawn_from_n01_after_all_make_the_arms_the_same(monkeypatch):
    monkeypatch.setattr(initializers, "he_normal", initializers.standard_normal)
    spreads = iter([3.0, 2.0, 1.0] * 2)
    monkeypatch.setattr(initialization_trains, "_first_spread", lambda *given: next(spreads))
    with pytest.raises(ArmsAreTheSame, match="elu, 10 layers"):
        measure_tiny("initialization_trains", monkeypatch)


@pytest.mark.parametrize("wide", [False, True])
def test_tanh_that_is_a_sigmoid_makes_the_arms_the_same(wide, monkeypatch):
    monkeypatch.setattr(activations, "tanh", activations.sigmoid)
    monkeypatch.setattr(activations, "tanh_derivative", activations.sigmoid_derivative)
    if wide:  # trained one after the other, not in a stack
        monkeypatch.setattr(short_runs, "WIDEST_STACKED", 1)
    with pytest.raises(ArmsAreTheSame, match="tanh over sigmoid, ordinary"):
        measure_tiny("activation_order", monkeypatch)


def test_slopes_of_prelu_that_stand_still_did_not_fire(monkeypatch):
    for module in (activations, stack):
        monkeypatch.setattr(module, "prelu_slope_derivative", np.zeros_like)
    with pytest.raises(MechanismDidNotFire, match="PReLU"):
        measure_tiny("activation_order", monkeypatch)


def test_clipping_that_is_left_out_did_not_fire(monkeypatch):
    monkeypatch.setattr(clipping, "clip_by_norm", lambda gradients, limit: 0.0)
    monkeypatch.setattr(stack, "_clip_by_norm", lambda gradients, limit: np.zeros(len(gradients), bool))
    with pytest.raises(MechanismDidNotFire, match="steps clipped"):
        measure_tiny("priority_order", monkeypatch)


def test_a_remedy_that_is_not_applied_makes_the_arms_the_same(monkeypatch):
    for name in ("1 + 2", "1 (initialization)"):
        monkeypatch.setitem(priority_order.REMEDIES, name, {})
    with pytest.raises(ArmsAreTheSame, match="1 \\+ 2 over 1 alone"):
        measure_tiny("priority_order", monkeypatch)


def test_a_run_that_diverges_counts_as_chance(monkeypatch):
    settings = {
        **priority_order.EXPERIMENT.settings_for(True),
        **TINY["priority_order"],
        "images": 200,
        "steps": 9,
    }
    scores = priority_order.tune(1000, {**settings, "grid": [0.01, 1e30]})
    assert scores["1 + 2"][1e30] == -math.inf and scores["1 + 2"][0.01] > 0
    rates = dict.fromkeys(scores, 0.01) | {"1 + 2": 1e30}
    outcome = priority_order.run(0, settings, rates)
    assert outcome.arms["1 + 2"] == {
        "test accuracy, %": 10.0,
        "test loss": short_runs.LARGEST_LOSS,
        "diverged": 1.0,
    }
    assert outcome.arms["3 (batch norm)"]["diverged"] == 0.0


def test_the_clipped_steps_of_arm_4_are_reported(monkeypatch):
    assert measure_tiny("priority_order", monkeypatch).fired["steps clipped"] == 4  # all of them
