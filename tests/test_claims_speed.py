"""Claims on speed: Muon, schedules, warm-up, batch sizes. What their arms are, and that a sabotaged arm is seen.

What the claim on Adam's speed has of its own is in test_claims_races.py.
"""

import math

import numpy as np
import pytest

from course_lib.engine.numpy_optimizers import optimizer_for
from course_lib.experiments import image_draws, recipe_arms, short_runs
from course_lib.experiments.claims import batch_size, muon_over_adam, schedules_help, warm_up_helps
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.race_runs import ADDING
from course_lib.recipe import SCHEDULES, Recipe
from course_lib.scratch import optimizers
from course_lib.training.schedules import learning_rate_at
from tiny_speed_claims import case_settings, claim, measure_tiny

NAMES = ["adam_speed", "batch_size", "muon_over_adam", "schedules_help", "warm_up_helps"]
ACCURACIES = NAMES[1:]


@pytest.mark.parametrize("name", NAMES)
def test_every_arm_gets_finite_numbers_and_every_mechanism_fires(name, monkeypatch):
    measured = measure_tiny(name, monkeypatch)
    assert all(count > 0 for count in measured.fired.values()) and measured.fired
    assert set(measured.chosen) <= set(measured.arms)
    for arm, quantities in measured.arms.items():
        assert all(np.isfinite(values).all() and len(values) == 2 for values in quantities.values())
        if ADDING not in arm:
            assert {short_runs.ACCURACY, short_runs.LOSS, short_runs.CALIBRATION} <= set(quantities)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_compared_is_tuned_over_one_optimizers_one_grid(name):
    module = claim(name)
    for case in module.EXPERIMENT.cases:
        settings = module.EXPERIMENT.case_settings(case)
        grids = module.EXPERIMENT.grids(settings)
        compared = {
            arm for each in module.EXPERIMENT.comparisons if each.case == case for arm in (each.better, each.worse)
        }
        untuned = {arm for arm in compared if any(words in arm for words in ("4 times", "rate of 32", "scaled rate"))}
        assert set(grids) == compared - untuned
        rates = [grid["learning_rate"] for grid in grids.values()]
        assert all(np.all(np.divide(each[1:], each[:-1]) <= 3.4) and len(each) >= 6 for each in rates)
        if name not in ("adam_speed", "muon_over_adam"):  # whose arms are other optimizers
            assert all(each == rates[0] for each in rates)


@pytest.mark.parametrize("name", ACCURACIES)
def test_every_seed_draws_its_own_images(name, monkeypatch):
    drawn, real = [], image_draws.draw

    def draw(seed, n_train, n_validation=3000, n_test=None, data=image_draws.FULL):
        drawn.append(seed)
        return real(seed, n_train, n_validation, n_test, data)

    recipe_arms._drawn.cache_clear()
    monkeypatch.setattr(image_draws, "draw", draw)
    measure_tiny(name, monkeypatch)
    recipe_arms._drawn.cache_clear()
    assert set(drawn) == {0, 1, 1000}


# Muon


def test_arms_of_muon_and_its_rival_differ_in_the_optimizer_alone():
    for case in muon_over_adam.CASES:
        settings = muon_over_adam.EXPERIMENT.case_settings(case)
        (muon, muon_steps), (rival, rival_steps) = muon_over_adam.arms(settings).values()
        assert muon.optimizer == "muon" and rival.optimizer == ("adam" if "without decay" in case else "adamw")
        plain = {"optimizer": "adam", "schedule_steps": ()}
        assert muon.replace(**plain) == rival.replace(**plain) and muon.schedule == "cosine"
        assert (muon_steps < rival_steps) == (case == "0.25 seconds")
        decays = [grid.get("l2") for grid in muon_over_adam.grids(settings).values()]
        assert decays[0] == decays[1] and (decays[0] is None) == ("without decay" in case)


def test_at_equal_time_steps_times_their_cost_are_the_seconds():
    settings = muon_over_adam.EXPERIMENT.case_settings("0.25 seconds")
    for words, cost in settings["milliseconds_per_step"].items():
        assert muon_over_adam.steps_of(settings, words) * cost == pytest.approx(250, abs=cost)


def test_muon_whose_steps_are_adams_did_not_fire(monkeypatch):
    (lesson,) = optimizer_for(Recipe(optimizer="muon"), np.zeros(6), [(2, 3)]).lessons
    monkeypatch.setattr(type(lesson), "step", optimizers.GradientDescent.step)
    with pytest.raises(MechanismDidNotFire, match="stable rank of Muon's steps"):
        measure_tiny("muon_over_adam", monkeypatch)


# Schedules


def test_arms_of_the_schedules_differ_in_nothing_else():
    assert len(schedules_help.EXPERIMENT.comparisons) == 3 * len(schedules_help.CASES)
    for case, own in schedules_help.CASES.items():
        settings = schedules_help.EXPERIMENT.case_settings(case)
        arms = schedules_help.arms(settings)
        assert {recipe.schedule for recipe in arms.values()} == set(SCHEDULES)
        for recipe in arms.values():
            assert recipe.optimizer == own["optimizer"]
            assert recipe.replace(schedule="constant", schedule_steps=()) == arms[f"{case}, constant"]
        assert arms[f"{case}, step"].schedule_steps == (settings["steps"] // 2, 3 * settings["steps"] // 4)
    for each in schedules_help.EXPERIMENT.comparisons:
        assert each.worse == f"{each.case}, constant" and each.better.startswith(each.case)


@pytest.mark.parametrize("wide", [False, True])
def test_a_schedule_that_nobody_follows_did_not_fire(wide, monkeypatch):
    monkeypatch.setattr(short_runs, "learning_rate_at", lambda recipe, step, steps: recipe.learning_rate)
    if wide:  # trained one after the other, not in a stack
        monkeypatch.setattr(short_runs, "WIDEST_STACKED", 1)
    with pytest.raises(MechanismDidNotFire, match="decades from the recipe's rate down to the last one, Adam"):
        measure_tiny("schedules_help", monkeypatch)


def test_a_schedule_that_nobody_follows_makes_the_arms_the_same(monkeypatch):
    monkeypatch.setattr(short_runs, "learning_rate_at", lambda recipe, step, steps: recipe.learning_rate)
    monkeypatch.setattr(short_runs, "decades_down", lambda trained: 1.0)  # the other guard looks away
    with pytest.raises(ArmsAreTheSame, match="'Adam, cosine' and 'Adam, constant'"):
        measure_tiny("schedules_help", monkeypatch)


def test_the_last_rates_are_those_of_the_schedules(monkeypatch):
    fired = measure_tiny("schedules_help", monkeypatch).fired
    down = {name.split("last one, ")[1]: decades for name, decades in fired.items() if "decades" in name}
    assert down["Adam, step"] == 2.0  # a tenth, twice
    assert down["momentum, cosine"] == pytest.approx(-math.log10((1 + math.cos(math.pi * 7 / 8)) / 2), abs=1e-4)
    assert down["Adam, one-cycle"] == pytest.approx(math.log10(250_000), abs=1e-4)


# Warm-up


def test_arms_of_warm_up_differ_in_warm_up_alone():
    for case in warm_up_helps.CASES:
        settings = warm_up_helps.EXPERIMENT.case_settings(case)
        arms = warm_up_helps.arms(settings)
        for words in (*warm_up_helps.SCHEDULES, warm_up_helps.TOO_HIGH):
            (without, off), (with_it, on) = (arms[warm_up_helps.arm(case, words, each)] for each in (False, True))
            assert (off, on) == (False, True) and without.schedule_steps == ()
            assert with_it.replace(schedule_steps=()) == without


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_warm_up_rises_in_a_straight_line_and_then_follows_the_schedule(schedule):
    steps = (10,) if schedule == "cosine" else ()
    recipe = Recipe(learning_rate=0.5, schedule=schedule, schedule_steps=steps)
    warm_up = warm_up_helps.WarmUp(10)
    rates = [warm_up(recipe, step, 100) for step in range(100)]
    np.testing.assert_allclose(rates[:10], 0.05 * np.arange(1, 11))
    assert warm_up.lowered == 9
    assert rates[10:] == [learning_rate_at(recipe, step, 100) for step in range(10, 100)]


@pytest.mark.parametrize("wide", [False, True])
def test_both_ways_of_training_take_the_rates_that_they_are_given(wide, monkeypatch):
    if wide:
        monkeypatch.setattr(short_runs, "WIDEST_STACKED", 1)
    data = image_draws.draw(0, 200, data="embedded")
    recipes = [Recipe(hidden_layers=(8,), drop_rate=0.0, learning_rate=rate) for rate in (0.01, 0.02)]
    given = short_runs.train(recipes, data, 6, rate_at=lambda recipe, step, steps: recipe.learning_rate / 2)
    halved = short_runs.train([each.replace(learning_rate=each.learning_rate / 2) for each in recipes], data, 6)
    assert [run.last_rate for run in given] == pytest.approx([0.005, 0.01])
    for first, second in zip(given, halved, strict=True):
        np.testing.assert_allclose(first.step_losses, second.step_losses, rtol=1e-6)


def test_rates_that_nobody_takes_did_not_fire(monkeypatch):
    real = short_runs.train
    monkeypatch.setattr(short_runs, "train", lambda *given, rate_at=None: real(*given))
    with pytest.raises(MechanismDidNotFire, match="steps that warm-up lowered the rate on"):
        measure_tiny("warm_up_helps", monkeypatch)


def test_warm_up_that_lowers_no_rate_makes_the_arms_the_same(monkeypatch):
    monkeypatch.setattr(
        warm_up_helps.WarmUp,
        "__call__",
        lambda self, recipe, step, steps: (
            setattr(self, "lowered", 1) or learning_rate_at(recipe.replace(schedule_steps=()), step, steps)
        ),
    )
    with pytest.raises(ArmsAreTheSame, match="'Adam, cosine, with warm-up' and 'Adam, cosine, without warm-up'"):
        measure_tiny("warm_up_helps", monkeypatch)


def test_the_rate_that_is_too_high_is_four_times_the_best_without_warm_up(monkeypatch):
    recipes, real = [], short_runs.train
    monkeypatch.setattr(
        short_runs, "train", lambda group, *given, **words: recipes.extend(group) or real(group, *given, **words)
    )
    settings = case_settings("warm_up_helps", "Adam")
    chosen = {arm: {"learning_rate": 0.01} for arm in warm_up_helps.grids(settings)}
    chosen["Adam, cosine, without warm-up"] = {"learning_rate": 0.003}
    warm_up_helps.run(0, settings, chosen)
    assert sorted(recipe.learning_rate for recipe in recipes) == pytest.approx([0.003, 0.01, 0.01, 0.01, 0.012, 0.012])


# Batch size


def test_arms_of_the_batch_sizes_differ_in_nothing_else():
    for case in batch_size.CASES:
        settings = batch_size.EXPERIMENT.case_settings(case)
        same = {"batch_size": 8, "schedule_steps": ()}
        assert len({recipe.replace(**same) for recipe, _ in batch_size.arms(settings).values()}) == 1
    for each in batch_size.EXPERIMENT.comparisons:
        arms = batch_size.arms(batch_size.EXPERIMENT.case_settings(each.case))
        small, large = (arms[arm][0].batch_size for arm in (each.better, each.worse))
        assert small < large and f"{small} over {large}" in each.label


def test_what_is_equal_is_equal():
    for case in batch_size.CASES:
        settings = batch_size.EXPERIMENT.case_settings(case)
        for recipe, steps in batch_size.arms(settings).values():
            if settings["equal"] == batch_size.EPOCHS:
                assert steps == settings["epochs"] * math.ceil(settings["images"] / recipe.batch_size)
            elif settings["equal"] == batch_size.STEPS:
                assert steps == settings["steps"]
            else:
                cost = settings["milliseconds_per_step"][str(recipe.batch_size)]
                assert steps * cost == pytest.approx(1000 * settings["seconds"], abs=cost)


@pytest.mark.parametrize(("case", "factor"), [("6 epochs, Adam", 4), ("6 epochs, momentum", 16)])
def test_rates_are_kept_and_scaled_from_the_one_that_is_tuned(case, factor, monkeypatch):
    rates, real = [], short_runs.train
    monkeypatch.setattr(
        short_runs,
        "train",
        lambda recipes, *given: (
            rates.extend((each.batch_size, each.learning_rate) for each in recipes) or real(recipes, *given)
        ),
    )
    settings = case_settings("batch_size", case)
    assert list(batch_size.grids(settings)) == [f"{case}, batch 32"]
    batch_size.run(0, settings, {f"{case}, batch 32": {"learning_rate": 0.001}})
    assert rates == [(32, 0.001), (512, 0.001), (512, pytest.approx(0.001 * factor))]


def test_a_batch_size_that_is_not_heeded_makes_the_arms_the_same(monkeypatch):
    batches = short_runs.batches
    monkeypatch.setattr(
        short_runs, "batches", lambda recipe, data, steps: batches(recipe.replace(batch_size=8), data, steps)
    )
    monkeypatch.setattr(batch_size, "steps_of", lambda settings, size: 3)
    monkeypatch.setattr(batch_size, "_mechanisms", lambda *given: {})
    with pytest.raises(ArmsAreTheSame, match="'25 epochs, batch 32' and '25 epochs, batch 512'"):
        measure_tiny("batch_size", monkeypatch)


def test_epochs_that_all_have_as_many_steps_did_not_fire(monkeypatch):
    monkeypatch.setattr(batch_size, "steps_per_epoch", lambda n_images, batch_size: 3)
    with pytest.raises(MechanismDidNotFire, match="steps that the smallest batch makes more"):
        measure_tiny("batch_size", monkeypatch)


@pytest.mark.parametrize("name", ACCURACIES)
def test_accuracies_are_tuned_on_validation_data_and_measured_on_test_data(name, monkeypatch):
    parts, real = [], short_runs.train

    def train(recipes, data, steps, part="validation", starts=None, rate_at=None):
        parts.append(part)
        return real(recipes, data, steps, part, starts, rate_at)

    monkeypatch.setattr(short_runs, "train", train)
    experiment = claim(name).EXPERIMENT
    settings = case_settings(name, experiment.cases[0])
    trials = {
        arm: [{field: values[0] for field, values in grid.items()}] for arm, grid in experiment.grids(settings).items()
    }
    experiment.tune(1000, settings, trials)
    assert set(parts) == {"validation"}
    parts.clear()
    experiment.run(0, settings, {arm: choices[0] for arm, choices in trials.items()})
    assert set(parts) == {"test"}
