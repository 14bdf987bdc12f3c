"""Claims on initialization, residual connections and standardized inputs: their arms, and that sabotage is seen."""

import dataclasses
import functools
import importlib
import math
import re

import numpy as np
import pytest

from course_lib.experiments import recipe_arms, short_runs, tuning
from course_lib.experiments.claims import initialization_trains, input_standardization, residual_trains_deep
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.scratch import initializers, residual
from small_versions import small_version_of

NAMES = ("initialization_trains", "residual_trains_deep", "input_standardization")


def experiment(name):
    return importlib.import_module(f"course_lib.experiments.claims.{name}").EXPERIMENT


def measure_tiny(name, monkeypatch, **changes):
    """Two seeds of the small version, in fewer steps: what is sabotaged is wrong from the first one on."""
    found = experiment(name)
    tiny = {**found.small, "steps": 3, "images": 200, **changes}
    module = importlib.import_module(f"course_lib.experiments.claims.{name}")
    monkeypatch.setattr(module, "EXPERIMENT", dataclasses.replace(found, small=tiny))
    return measure(name, seeds=2, small=True, jobs=1, progress=False)


@pytest.mark.parametrize("name", NAMES)
def test_every_arm_gets_numbers_and_a_rate_of_its_own_grid(name):
    measured = small_version_of(name)
    assert set(measured.chosen) == set(measured.arms)
    for quantities in measured.arms.values():
        assert {short_runs.ACCURACY, short_runs.LOSS, short_runs.CALIBRATION} < set(quantities)
        assert all(0 <= accuracy <= 100 for accuracy in quantities[short_runs.ACCURACY])
    assert measured.data["set"] == "embedded"


@pytest.mark.parametrize("name", NAMES)
def test_the_primary_is_annealed_and_tried_at_twice_its_budget(name):
    found = experiment(name)
    primary = found.case_settings(found.primary.case)
    longer = found.case_settings(found.primary.case, longer=True)
    assert longer["steps"] == 2 * primary["steps"]
    module = importlib.import_module(f"course_lib.experiments.claims.{name}")
    recipes = module.arms(primary).values() if hasattr(module, "arms") else [module.recipe(primary)]
    assert {recipe.schedule for recipe in recipes} == {"cosine"}
    assert {recipe.schedule_steps for recipe in recipes} == {(primary["steps"] // 10,)}


@pytest.mark.parametrize("name", NAMES)
def test_rates_are_tuned_on_validation_images_and_measured_on_test_images(name, monkeypatch):
    parts, real = [], short_runs.train

    def train(recipes, data, steps, part="validation", *rest):
        parts.append(part)
        return real(recipes, data, 0, part, *rest)

    found = experiment(name)
    settings = found.case_settings(found.primary.case, small=True)
    trials = tuning.trials(found, settings)
    monkeypatch.setattr(short_runs, "train", train)
    found.tune(1000, settings, trials)
    assert set(parts) == {"validation"}
    parts.clear()
    found.run(0, settings, {arm: choices[0] for arm, choices in trials.items()})
    assert set(parts) == {"test"}


# Initialization


def test_initialization_arms_say_what_they_are():
    found, names = experiment("initialization_trains"), []
    for case in found.cases:
        for name, recipe in initialization_trains.arms(found.case_settings(case)).items():
            words = re.fullmatch(r"(\w+), (\w+), (\d+) layers(, 3000 steps)?", name)
            activation, initialization, depth, long = words.groups()
            assert (recipe.activation, recipe.initialization) == (activation, initialization)
            assert len(recipe.hidden_layers) == int(depth) and recipe.normalization == "none"
            assert bool(long) == (found.case_settings(case)["steps"] == 3000)
            names.append(name)
    assert len(set(names)) == len(names) == 48 + 4 * 3


def test_in_the_short_budget_every_initialization_is_compared_with_n01_at_every_depth():
    pairs = {
        (each.better, each.worse) for each in initialization_trains.EXPERIMENT.comparisons if each.case == "200 steps"
    }
    made_for = {"sigmoid": "xavier", "tanh": "xavier", "relu": "he", "elu": "he"}
    assert pairs == {
        (
            f"{activation}, {made_for[activation]}_normal, {depth} layers",
            f"{activation}, standard_normal, {depth} layers",
        )
        for activation in made_for
        for depth in (2, 5, 10, 20)
    }


def test_rates_from_n01_shrink_with_every_layer_that_nothing_bounds():
    found = experiment("initialization_trains")
    grids = initialization_trains.grids(found.case_settings("200 steps"))
    plain = found.settings["grid"]
    for depth, factor in ((2, 1 / 5), (5, 1 / 5**4), (10, 1 / 5**9)):  # the square root of 50 units by 1/2
        rates = grids[f"relu, standard_normal, {depth} layers"]["learning_rate"]
        np.testing.assert_allclose(rates, np.multiply(plain, factor), rtol=0.05)
    assert grids["tanh, standard_normal, 10 layers"]["learning_rate"] == plain
    assert grids["relu, he_normal, 10 layers"]["learning_rate"] == plain


def test_he_is_ahead_of_n01_from_the_first_steps_on():
    assert small_version_of("initialization_trains").primary.mean > 0


@pytest.mark.parametrize(("name", "words"), [("xavier_normal", "Xavier"), ("he_normal", "He")])
def test_weights_that_are_drawn_from_n01_after_all_did_not_fire(name, words, monkeypatch):
    monkeypatch.setattr(initializers, name, initializers.standard_normal)
    with pytest.raises(MechanismDidNotFire, match=f"by how much {words} shrinks"):
        measure_tiny("initialization_trains", monkeypatch)


def test_weights_that_are_drawn_from_n01_after_all_make_the_arms_the_same(monkeypatch):
    monkeypatch.setattr(initializers, "he_normal", initializers.standard_normal)
    monkeypatch.setattr(initialization_trains, "mechanisms", lambda *given: {})
    found = initialization_trains.EXPERIMENT
    same_rates = functools.partial(recipe_arms.same_grid, initialization_trains.arms)
    run = functools.partial(recipe_arms.run, initialization_trains.arms, lambda *given: {})
    monkeypatch.setattr(initialization_trains, "EXPERIMENT", dataclasses.replace(found, grids=same_rates, run=run))
    with pytest.raises(ArmsAreTheSame, match="ReLU, 10 layers"):
        measure_tiny("initialization_trains", monkeypatch)


# Residual connections


def test_residual_arms_differ_in_the_connection_alone():
    found = experiment("residual_trains_deep")
    for case in found.cases:
        settings = found.case_settings(case)
        with_it, without = (
            residual_trains_deep.arms(settings)[residual_trains_deep.arm(case, on)] for on in (True, False)
        )
        assert with_it.residual and not without.residual
        start = "pytorch_uniform" if "smaller weights" in case else "he_normal"
        assert with_it == without.replace(residual=True, initialization=start)
        assert without.initialization == "he_normal"
        assert len(without.hidden_layers) == settings["depth"]
        assert without.normalization == ("batch" if "with batch norm" in case else "none")


def test_a_residual_network_has_a_way_around_every_layer_that_keeps_its_width():
    fired = small_version_of("residual_trains_deep").fired
    assert {name.split(" layers")[0]: count for name, count in fired.items()} == {"2": 1, "10": 9, "20": 19, "50": 49}


def test_residual_networks_without_a_way_around_are_noticed(monkeypatch):
    found = residual_trains_deep.EXPERIMENT
    run = functools.partial(recipe_arms.run, straight, lambda *given: {})
    tune = functools.partial(recipe_arms.tune, straight)
    monkeypatch.setattr(residual_trains_deep, "EXPERIMENT", dataclasses.replace(found, run=run, tune=tune))
    with pytest.raises(ArmsAreTheSame, match="20 layers, with batch norm"):
        measure_tiny("residual_trains_deep", monkeypatch)


def straight(settings):
    return {name: recipe.replace(residual=False) for name, recipe in residual_trains_deep.arms(settings).items()}


def test_a_way_around_that_carries_nothing_is_noticed(monkeypatch):
    monkeypatch.setattr(residual.Residual, "forward", lambda self, x, training=False: self.inside.forward(x, training))
    monkeypatch.setattr(residual.Residual, "backward", lambda self, gradient: self.inside.backward(gradient))
    with pytest.raises(ArmsAreTheSame, match="20 layers, with batch norm"):
        measure_tiny("residual_trains_deep", monkeypatch)


# Standardized inputs


@pytest.mark.parametrize("preparation", [input_standardization.STANDARDIZED, input_standardization.BY_PIXEL])
def test_training_images_are_standardized_and_the_others_by_the_same_numbers(preparation):
    settings = {"data": "embedded", "images": 500}
    raw = input_standardization.images(3, settings, input_standardization.RAW)
    found = input_standardization.images(3, settings, preparation)
    x = found.train.x.astype(np.float64)
    assert found.train.x.dtype == np.float32
    assert abs(x.mean()) < 1e-5
    if preparation == input_standardization.STANDARDIZED:
        assert x.std() == pytest.approx(1, abs=1e-5)
    else:
        lively = raw.train.x.std(axis=0) > 0.05
        np.testing.assert_allclose(x[:, lively].std(axis=0), 1, atol=1e-4)
        assert x.std(axis=0).max() < 1.001  # a pixel that is nearly always black is not blown up
    for part in ("validation", "test"):
        line = np.polyfit(raw.train.x[:, 400], x[:, 400], 1)  # pixel 400: one line takes it from raw to prepared
        before, after = raw.splits()[part], found.splits()[part]
        np.testing.assert_allclose(np.polyval(line, before.x[:, 400]), after.x[:, 400], atol=1e-4)
        assert np.array_equal(before.labels, after.labels)


def test_standardized_inputs_that_stay_raw_did_not_fire(monkeypatch):
    input_standardization._prepared.cache_clear()
    monkeypatch.setattr(input_standardization, "prepared", lambda data, preparation: data)
    with pytest.raises(MechanismDidNotFire, match="nearer to 0 the mean is, standardized"):
        measure_tiny("input_standardization", monkeypatch)
    input_standardization._prepared.cache_clear()


def test_each_arm_learns_from_its_own_preparation(monkeypatch):
    means, real = [], short_runs.train

    def train(recipes, data, steps, part="validation", *rest):
        means.append(float(data.train.x.mean()))
        return real(recipes, data, steps, part, *rest)

    monkeypatch.setattr(short_runs, "train", train)
    found = experiment("input_standardization")
    settings = found.case_settings("Adam", small=True) | {"steps": 3}
    trials = tuning.trials(found, settings)
    found.tune(1000, settings, trials)
    found.run(0, settings, {arm: choices[0] for arm, choices in trials.items()})
    assert [mean > 0.1 for mean in means] == [True, False, False] * 2


def test_every_optimizer_is_compared_at_the_plateau_and_in_the_short_budget():
    found = experiment("input_standardization")
    assert found.primary.case == "momentum"
    labels = {each.label for each in found.comparisons}
    for optimizer in ("momentum", "gradient descent", "Adam"):
        assert {optimizer, f"{optimizer}, 150 steps", f"{optimizer}, by pixel"} < labels


@pytest.mark.parametrize("name", NAMES)
def test_runs_that_diverge_are_not_chosen(name):
    found = experiment(name)
    settings = found.case_settings(found.primary.case, small=True)
    arm = found.primary.better
    (scores,) = found.tune(1000, settings, {arm: [{"learning_rate": 0.01}, {"learning_rate": 1e20}]}).values()
    assert scores[1] == -math.inf < scores[0]


def test_stacked_residual_networks_learn_what_they_learn_alone():
    found = experiment("residual_trains_deep")
    settings = found.case_settings("20 layers, with batch norm", small=True)
    recipe = residual_trains_deep.arms(settings)["20 layers, with batch norm, residual"]
    recipes = [recipe.replace(learning_rate=rate) for rate in (0.001, 0.01)]
    data = recipe_arms.images(0, settings)
    stacked = short_runs.train(recipes, data, 10, "test")
    for each, together in zip(recipes, stacked, strict=True):
        (alone,) = short_runs.train([each], data, 10, "test")
        assert together.loss == pytest.approx(alone.loss, rel=1e-2)
