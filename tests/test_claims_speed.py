"""Claims on speed: optimizers, schedules, batch sizes. What their arms are, and that a sabotaged arm is seen."""

import dataclasses
import importlib
import math

import numpy as np
import pytest

from course_lib.engine import numpy_backend as network
from course_lib.engine.numpy_optimizers import optimizer_for
from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.experiments import race_runs, short_runs
from course_lib.experiments.claims import adam_speed, batch_size, schedules_help
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.race_runs import ADDING, FULL_BATCH, MINI_BATCH, Race
from course_lib.experiments.runner import measure
from course_lib.recipe import ENTRYWISE_OPTIMIZERS, SCHEDULES, Recipe
from course_lib.scratch import optimizers

NAMES = ["adam_speed", "batch_size", "schedules_help"]
TINY_RACES = {  # goals that are reached in a few steps
    "width": 8,
    "grid": [0.02],
    MINI_BATCH: {"images": 200, "evaluated": 50, "steps": 40, "look_every": 5, "goal": 2.0},
    FULL_BATCH: {"images": 40, "steps": 40, "goal": 2.0},
    ADDING: {
        "length": 4,
        "units": 6,
        "batch": 16,
        "steps": 120,
        "evaluated": 50,
        "look_every": 10,
        "clip_norm": 1.0,
        "goal": 90.0,
    },
}
TINY = {  # only to see that something is wrong: it is wrong from the first step on
    "adam_speed": TINY_RACES,
    "batch_size": {"width": 8, "grid": [0.01], "epochs": 1, "steps": 3, "images": 520},
    "schedules_help": {"width": 8, "grid": [0.01], "steps": 8, "images": 200},
}
RACES = adam_speed.EXPERIMENT.settings


def claim(name):
    return importlib.import_module(f"course_lib.experiments.claims.{name}")


def measure_tiny(name, monkeypatch):
    """A measurement of two seeds with runs so small that it shows nothing but that it can be made."""
    found = claim(name).EXPERIMENT
    monkeypatch.setattr(claim(name), "EXPERIMENT", dataclasses.replace(found, small={**found.small, **TINY[name]}))
    return measure(name, seeds=2, small=True, progress=False)


def like_gradient_descent(monkeypatch, kind):
    """Sabotage: this optimizer of the NumPy engine makes gradient descent's steps."""
    monkeypatch.setattr(kind, "step", optimizers.GradientDescent.step)


@pytest.mark.parametrize("name", NAMES)
def test_every_arm_gets_finite_numbers_and_every_mechanism_fires(name, monkeypatch):
    measured = measure_tiny(name, monkeypatch)
    assert all(count > 0 for count in measured.fired.values()) and measured.fired
    assert set(measured.learning_rates) == set(measured.arms)
    for quantities in measured.arms.values():
        assert all(np.isfinite(values).all() and len(values) == 2 for values in quantities.values())


@pytest.mark.parametrize("name", NAMES)
def test_all_arms_are_tuned_over_one_grid(name):
    module = claim(name)
    scores = module.tune(1000, {**module.EXPERIMENT.settings_for(True), **TINY[name], "grid": [0.01, 0.02]})
    compared = {arm for each in module.EXPERIMENT.comparisons for arm in (each.better, each.worse)}
    assert compared <= set(scores)
    assert all(list(by_rate) == [0.01, 0.02] for by_rate in scores.values())


# Adam


def test_adam_is_raced_with_every_optimizer_in_every_setting():
    arms = adam_speed.arms()
    everywhere = {
        (setting, optimizer) for setting in (MINI_BATCH, FULL_BATCH, ADDING) for optimizer in ENTRYWISE_OPTIMIZERS
    }
    assert set(arms.values()) == everywhere - {(ADDING, "adamw")} and len(arms) == 17
    compared = {(arms[each.better], arms[each.worse]) for each in adam_speed.EXPERIMENT.comparisons}
    assert compared == {((setting, "adam"), (setting, other)) for setting, other in arms.values() if other != "adam"}
    main = adam_speed.EXPERIMENT.comparisons[0]
    assert (main.better, main.worse) == ("mini-batch images, Adam", "mini-batch images, gradient descent")
    assert not main.higher_is_better


def test_one_doubling_is_half_the_steps(monkeypatch):
    races = {"adam": 50.0, "gradient_descent": 200.0}
    monkeypatch.setattr(
        race_runs,
        "race",
        lambda setting, seed, settings, optimizer, rate, part: Race(races.get(optimizer, 100.0), True, False, True),
    )
    outcome = adam_speed.run(0, RACES, dict.fromkeys(adam_speed.arms(), 0.1))
    effects = {each.worse.split(", ")[1]: each.effect(outcome) for each in adam_speed.EXPERIMENT.comparisons}
    assert effects == {"gradient descent": 2.0, **dict.fromkeys(["momentum", "Nesterov", "RMSProp", "AdamW"], 1.0)}


def test_a_rate_is_the_better_the_fewer_its_steps_and_never_one_that_diverges(monkeypatch):
    ends = {0.1: Race(64.0, True, False), 0.2: Race(600.0, False, True), 0.3: Race(600.0, False, False)}
    monkeypatch.setattr(race_runs, "race", lambda *given: ends[given[4]])
    scores = adam_speed.tune(0, {**RACES, "grid": [0.1, 0.2, 0.3]})
    assert scores["adding problem, Adam"] == {0.1: -6.0, 0.2: -math.inf, 0.3: -math.log2(600)}


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([(0, 2.0), (10, 1.0), (20, 0.4)], (pytest.approx(10 + 10 * 0.5 / 0.6), True, False)),
        ([(0, 2.0), (10, 0.5), (20, 0.1)], (10.0, True, False)),
        ([(0, 0.3), (10, 0.1)], (1.0, True, False)),  # it starts there: one step, for the logarithm
        ([(0, 2.0), (10, 1.0), (20, 0.6)], (70.0, False, False)),
        ([(0, 2.0), (10, math.nan), (20, 0.1)], (70.0, False, True)),
        ([(0, 2.0), (10, math.inf)], (70.0, False, True)),
    ],
)
def test_the_steps_of_a_race_end_at_the_goal(losses, expected):
    result = race_runs._until(0.5, 70, iter(losses))
    assert (result.steps, result.reached, result.diverged) == expected


def test_a_race_on_mini_batches_is_a_short_run_that_ends_when_the_loss_is_there():
    own = {"images": 300, "evaluated": 100, "steps": 60, "look_every": 1, "goal": 1.2}
    settings = {**RACES, "width": 12, MINI_BATCH: own}
    result = race_runs.race(MINI_BATCH, 5, settings, "momentum", 0.02, "validation")
    recipe = Recipe(
        hidden_layers=(12, 12), normalization="none", drop_rate=0.0, optimizer="momentum", learning_rate=0.02, seed=5
    )
    data = short_runs.fashion_mnist(300)
    reached = int(np.ceil(result.steps))
    losses = []
    for steps in (reached - 1, reached):
        (run,) = short_runs.train([recipe], data, steps)
        losses.append(run.network.evaluate(data.validation.x[:100], data.validation.labels[:100])[0])
    assert result.reached and losses[0] > 1.2 >= losses[1]
    assert result.steps == pytest.approx(np.interp(-1.2, -np.array(losses), (reached - 1, reached)), rel=1e-4)


def test_a_race_on_the_full_batch_is_gradient_descent_on_one_batch():
    settings = {**RACES, "width": 12, FULL_BATCH: {"images": 50, "steps": 80, "goal": 1.5}}
    result = race_runs.race(FULL_BATCH, 5, settings, "gradient_descent", 0.1, "test")
    train = short_runs.fashion_mnist().train
    chosen = np.random.default_rng([1, 5]).permutation(len(train))[:50]
    net = network.Network(
        Recipe(hidden_layers=(12, 12), normalization="none", drop_rate=0.0, optimizer="gradient_descent", seed=5),
        784,
        10,
    )
    losses = []
    while not losses or losses[-1] > 1.5:
        loss, gradients = net.loss_and_gradients(train.x[chosen], train.labels[chosen])
        losses.append(loss)
        net.load_parameters({name: value - 0.1 * gradients[name] for name, value in net.parameters().items()})
    assert result.reached and not result.unlike_gradient_descent
    assert len(losses) - 2 < result.steps <= len(losses) - 1


def test_a_race_on_the_adding_problem_ends_when_its_error_is_there():
    own = {**TINY_RACES[ADDING], "look_every": 1, "goal": 60.0}
    result = race_runs.race(ADDING, 3, {**RACES, ADDING: own}, "adam", 0.02, "test")
    net = RecurrentNetwork(2, 6, 1, optimizer="adam", learning_rate=0.02, clip_norm=1.0, seed=3, dtype="float32")
    x, targets = race_runs.adding_runs.draw(4, 16 * 120, 3, "training")
    held_out = race_runs.adding_runs.draw(4, 50, 3, "test")
    steps = 0
    while race_runs.adding_runs.error_percent(net, *held_out) > 60:
        net.train_step(x[16 * steps : 16 * steps + 16], targets[16 * steps : 16 * steps + 16])
        steps += 1
    assert result.reached and steps - 1 < result.steps <= steps


@pytest.mark.parametrize("setting", [MINI_BATCH, FULL_BATCH])
def test_a_race_that_diverges_has_all_the_steps_and_says_so(setting):
    result = race_runs.race(setting, 0, {**RACES, **TINY_RACES}, "momentum", 1e30, "test")
    assert (result.steps, result.reached, result.diverged) == (40.0, False, True)
    assert not result.unlike_gradient_descent


def test_rates_are_tuned_on_data_that_the_measurement_does_not_use(monkeypatch):
    parts = []
    monkeypatch.setattr(race_runs, "race", lambda *given: parts.append(given[-1]) or Race(3.0, True, False, True))
    adam_speed.tune(1000, {**RACES, "grid": [0.1]})
    assert set(parts) == {"validation"} and len(parts) == 17
    adam_speed.run(0, RACES, dict.fromkeys(adam_speed.arms(), 0.1))
    assert set(parts[17:]) == {"test"} and len(parts) == 34


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "momentum", "nesterov", "rmsprop"])
def test_an_optimizer_that_is_gradient_descent_after_all_did_not_fire(optimizer, monkeypatch):
    (lesson,) = optimizer_for(Recipe(optimizer=optimizer), np.zeros(6), [(2, 3)]).lessons
    like_gradient_descent(monkeypatch, type(lesson))
    words = adam_speed.OPTIMIZERS[optimizer]
    with pytest.raises(MechanismDidNotFire, match=f"steps unlike gradient descent's, {words}"):
        measure_tiny("adam_speed", monkeypatch)


def test_adam_that_is_gradient_descent_after_all_makes_the_arms_the_same(monkeypatch):
    like_gradient_descent(monkeypatch, optimizers.Adam)
    monkeypatch.setattr(race_runs, "_unlike_gradient_descent", lambda *given: True)  # the other guard looks away
    with pytest.raises(ArmsAreTheSame, match="'mini-batch images, Adam' and 'mini-batch images, gradient descent'"):
        measure_tiny("adam_speed", monkeypatch)


def test_adamw_whose_weights_do_not_decay_makes_the_arms_the_same(monkeypatch):
    monkeypatch.setattr(optimizers.AdamW, "step", optimizers.Adam.step)
    with pytest.raises(ArmsAreTheSame, match="'mini-batch images, Adam' and 'mini-batch images, AdamW'"):
        measure_tiny("adam_speed", monkeypatch)


def test_a_goal_that_no_arm_gets_to_did_not_fire(monkeypatch):
    monkeypatch.setitem(TINY, "adam_speed", {**TINY_RACES, FULL_BATCH: {"images": 40, "steps": 5, "goal": 1e-9}})
    with pytest.raises(MechanismDidNotFire, match="arms that got there, full-batch images"):
        measure_tiny("adam_speed", monkeypatch)


# Schedules


def test_arms_of_the_schedules_differ_in_nothing_else():
    arms = schedules_help.recipes(7, schedules_help.EXPERIMENT.settings)
    for each in schedules_help.EXPERIMENT.comparisons:
        better, worse = arms[each.better], arms[each.worse]
        assert (worse.schedule, worse.seed) == ("constant", 7)
        assert better.replace(schedule="constant", schedule_steps=()) == worse
    assert {(recipe.optimizer, recipe.schedule) for recipe in arms.values()} == {
        (optimizer, schedule) for optimizer in ("momentum", "adam") for schedule in SCHEDULES
    }
    assert arms["momentum, step"].schedule_steps == (300, 450)
    assert len(schedules_help.EXPERIMENT.comparisons) == 6


@pytest.mark.parametrize("wide", [False, True])
def test_a_schedule_that_nobody_follows_did_not_fire(wide, monkeypatch):
    monkeypatch.setattr(short_runs, "learning_rate_at", lambda recipe, step, steps: recipe.learning_rate)
    if wide:  # trained one after the other, not in a stack
        monkeypatch.setattr(short_runs, "WIDEST_STACKED", 1)
    with pytest.raises(MechanismDidNotFire, match="decades from the recipe's rate down to the last one, momentum"):
        measure_tiny("schedules_help", monkeypatch)


def test_a_schedule_that_nobody_follows_makes_the_arms_the_same(monkeypatch):
    monkeypatch.setattr(short_runs, "learning_rate_at", lambda recipe, step, steps: recipe.learning_rate)
    monkeypatch.setattr(short_runs, "decades_down", lambda trained: 1.0)  # the other guard looks away
    with pytest.raises(ArmsAreTheSame, match="'momentum, cosine' and 'momentum, constant'"):
        measure_tiny("schedules_help", monkeypatch)


def test_the_last_rates_are_those_of_the_schedules(monkeypatch):
    fired = measure_tiny("schedules_help", monkeypatch).fired
    down = {name.split("last one, ")[1]: decades for name, decades in fired.items()}
    assert down["Adam, step"] == 2.0  # a tenth, twice
    assert down["momentum, cosine"] == pytest.approx(-math.log10((1 + math.cos(math.pi * 7 / 8)) / 2), abs=1e-4)
    assert down["Adam, one-cycle"] == pytest.approx(math.log10(250_000), abs=1e-4)


# Batch size


def test_arms_of_the_batch_sizes_differ_in_nothing_else():
    settings = batch_size.EXPERIMENT.settings
    arms = batch_size.recipes(7, settings)
    assert {recipe.replace(batch_size=8) for recipe in arms.values()} == {arms["equal steps, batch 8"]}
    for each in batch_size.EXPERIMENT.comparisons:
        assert each.better.split(",")[0] == each.worse.split(",")[0] == each.label.split(",")[0]
        assert arms[each.better].batch_size < arms[each.worse].batch_size
        assert each.label.endswith(f"{arms[each.better].batch_size} over {arms[each.worse].batch_size}")


def test_equal_epochs_see_as_many_images_and_equal_steps_are_equal():
    settings = batch_size.EXPERIMENT.settings
    for name, recipe in batch_size.recipes(0, settings).items():
        steps = batch_size.steps_of(name, recipe, settings)
        if name.startswith("equal steps"):
            assert steps == settings["steps"]
        else:
            labels = [y for _, y in short_runs.batches(recipe, short_runs.fashion_mnist(settings["images"]), steps)]
            assert sum(map(len, labels)) == settings["epochs"] * settings["images"]


def test_a_batch_size_that_is_not_heeded_makes_the_arms_the_same(monkeypatch):
    batches = short_runs.batches
    monkeypatch.setattr(
        short_runs, "batches", lambda recipe, data, steps: batches(recipe.replace(batch_size=8), data, steps)
    )
    with pytest.raises(ArmsAreTheSame, match="'equal steps, batch 32' and 'equal steps, batch 512'"):
        measure_tiny("batch_size", monkeypatch)


def test_epochs_that_all_have_as_many_steps_did_not_fire(monkeypatch):
    monkeypatch.setattr(batch_size, "steps_per_epoch", lambda n_images, batch_size: 3)
    with pytest.raises(MechanismDidNotFire, match="steps that the smallest batch makes more"):
        measure_tiny("batch_size", monkeypatch)


@pytest.mark.parametrize("name", ["batch_size", "schedules_help"])
def test_accuracies_are_tuned_on_validation_data_and_measured_on_test_data(name, monkeypatch):
    parts, real = set(), short_runs.train

    def train(recipes, data, steps, part="validation", starts=None):
        parts.add(part)
        return real(recipes, data, 0, part, starts)

    monkeypatch.setattr(short_runs, "train", train)
    module, settings = claim(name), {**claim(name).EXPERIMENT.settings_for(True), **TINY[name]}
    monkeypatch.setattr(short_runs, "decades_down", lambda trained: 1.0)
    scores = module.tune(1000, settings)
    assert parts == {"validation"}
    module.run(0, settings, {arm: next(iter(rates)) for arm, rates in scores.items()})
    assert parts == {"validation", "test"}
