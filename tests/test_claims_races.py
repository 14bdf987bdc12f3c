"""The claim on Adam's speed: what is raced, how a race ends, and that a sabotaged optimizer is seen."""

import math

import numpy as np
import pytest

from course_lib.engine import numpy_backend as network
from course_lib.engine.numpy_optimizers import optimizer_for
from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.experiments import image_draws, race_runs, short_runs
from course_lib.experiments.claims import adam_speed
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.race_runs import ADDING, ANNEALED, FULL_BATCH, MINI_BATCH, Race
from course_lib.recipe import OPTIMIZERS, Recipe
from course_lib.scratch import optimizers
from tiny_speed_claims import TINY, TINY_RACES, case_settings, measure_tiny

RACES = {**adam_speed.EXPERIMENT.settings, **TINY_RACES}


def race_settings(kind, standardized=False, **own):
    return {**RACES, "race": kind, "standardized": standardized, **own}


def like_gradient_descent(monkeypatch, kind):
    """Sabotage: this optimizer of the NumPy engine makes gradient descent's steps."""
    monkeypatch.setattr(kind, "step", optimizers.GradientDescent.step)


def test_adam_is_raced_with_every_optimizer_that_is_another_one():
    raced = {case: own["optimizers"] for case, own in adam_speed.CASES.items()}
    for race in (MINI_BATCH, FULL_BATCH):
        for words in (adam_speed.STANDARDIZED, adam_speed.RAW):
            assert set(raced[f"{race}, {words}"]) == set(OPTIMIZERS) - {"adamw"}  # without decay it is Adam
    assert set(raced[ADDING]) == set(OPTIMIZERS) - {"adamw", "muon"}
    compared = {(each.case, each.better, each.worse) for each in adam_speed.EXPERIMENT.comparisons}
    assert compared == {
        (case, adam_speed.arm(case, "adam"), adam_speed.arm(case, other))
        for case, others in raced.items()
        for other in others
        if other != "adam"
    }
    main = adam_speed.EXPERIMENT.primary
    assert main.worse == "mini-batch images, standardized, gradient descent" and not main.higher_is_better


def test_one_doubling_is_half_the_steps(monkeypatch):
    races = {"adam": 50.0, "gradient_descent": 200.0}
    monkeypatch.setattr(
        race_runs, "race", lambda seed, settings, optimizer, rate, part: Race(races.get(optimizer, 100.0), True, False)
    )
    settings = case_settings("adam_speed", ADDING)
    chosen = {arm: {"learning_rate": 0.1} for arm in adam_speed.arms(settings)}
    outcome = adam_speed.run(0, settings, chosen)
    found = {
        each.worse.split(", ")[1]: each.effect(outcome)
        for each in adam_speed.EXPERIMENT.comparisons
        if each.case == ADDING
    }
    assert found == {"gradient descent": 2.0, **dict.fromkeys(["momentum", "Nesterov", "RMSProp"], 1.0)}


def test_a_rate_is_the_better_the_fewer_its_steps_and_never_one_that_diverges(monkeypatch):
    ends = {0.1: Race(64.0, True, False), 0.2: Race(600.0, False, True), 0.3: Race(600.0, False, False)}
    monkeypatch.setattr(race_runs, "race", lambda seed, settings, optimizer, rate, part: ends[rate])
    trials = {"adding problem, Adam": [{"learning_rate": rate} for rate in ends]}
    scores = adam_speed.tune(0, case_settings("adam_speed", ADDING), trials)
    assert scores == {"adding problem, Adam": [-6.0, -math.inf, -math.log2(600)]}


def test_standardized_images_have_mean_0_and_variance_1_by_the_training_images_alone():
    raw, standardized = (race_runs.images(3, 200, "embedded", each) for each in (False, True))
    x = raw.train.x.astype(np.float64)
    np.testing.assert_allclose(standardized.test.x, (raw.test.x - x.mean()) / x.std(), rtol=1e-4, atol=1e-5)
    assert abs(standardized.train.x.mean()) < 1e-4 and abs(standardized.train.x.std() - 1) < 1e-4
    np.testing.assert_array_equal(raw.train.labels, standardized.train.labels)


def test_the_steps_of_annealed_runs_lie_between_budgets_on_a_logarithmic_scale(monkeypatch):
    losses, trained = {10: 2.0, 20: 1.0, 40: 0.4}, []

    def train(recipes, data, steps, part):
        trained.append((steps, recipes[0].schedule, recipes[0].schedule_steps))
        return [short_runs.ShortRun(0.5, losses[steps], False, steps, [], 0, None)]

    monkeypatch.setattr(short_runs, "train", train)
    settings = race_settings(ANNEALED)
    settings[ANNEALED] = {"images": 200, "budgets": [10, 20, 40], "goal": 0.7}
    result = race_runs.race(0, settings, "adam", 0.01, "test")
    assert result.steps == pytest.approx(20 * 2**0.5) and result.reached
    assert trained == [(10, "cosine", (1,)), (20, "cosine", (2,)), (40, "cosine", (4,))]
    settings[ANNEALED]["goal"] = 0.1
    result = race_runs.race(0, settings, "adam", 0.01, "test")
    assert result.steps == pytest.approx(40) and not result.reached


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


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_race_on_mini_batches_is_a_short_run_that_ends_when_the_loss_is_there(part):
    own = {"images": 300, "evaluated": 100, "steps": 60, "look_every": 1, "goal": 1.2}
    settings = race_settings(MINI_BATCH, width=12, **{MINI_BATCH: own})
    result = race_runs.race(5, settings, "momentum", 0.02, part)
    recipe = Recipe(
        hidden_layers=(12, 12), normalization="none", drop_rate=0.0, optimizer="momentum", learning_rate=0.02, seed=5
    )
    data = image_draws.draw(5, 300, data="embedded")
    held_out = data.splits()[part]
    reached = int(np.ceil(result.steps))
    losses = []
    for steps in (reached - 1, reached):
        (run,) = short_runs.train([recipe], data, steps)
        losses.append(run.network.evaluate(held_out.x[:100], held_out.labels[:100])[0])
    assert result.reached and losses[0] > 1.2 >= losses[1]
    assert result.steps == pytest.approx(np.interp(-1.2, -np.array(losses), (reached - 1, reached)), rel=1e-4)


def test_a_race_on_the_full_batch_is_gradient_descent_on_one_batch():
    settings = race_settings(FULL_BATCH, width=12, **{FULL_BATCH: {"images": 50, "steps": 80, "goal": 1.5}})
    result = race_runs.race(5, settings, "gradient_descent", 0.1, "test")
    train = image_draws.draw(5, 50, data="embedded").train
    net = network.Network(
        Recipe(hidden_layers=(12, 12), normalization="none", drop_rate=0.0, optimizer="gradient_descent", seed=5),
        784,
        10,
    )
    losses = []
    while not losses or losses[-1] > 1.5:
        loss, gradients = net.loss_and_gradients(train.x, train.labels)
        losses.append(loss)
        net.load_parameters({name: value - 0.1 * gradients[name] for name, value in net.parameters().items()})
    assert result.reached and not result.unlike_gradient_descent
    assert len(losses) - 2 < result.steps <= len(losses) - 1


def test_a_race_on_the_adding_problem_ends_when_its_error_is_there():
    own = {**TINY_RACES[ADDING], "look_every": 1, "goal": 60.0}
    result = race_runs.race(3, race_settings(ADDING, **{ADDING: own}), "adam", 0.02, "test")
    net = RecurrentNetwork(2, 6, 1, optimizer="adam", learning_rate=0.02, clip_norm=1.0, seed=3, dtype="float32")
    x, targets = race_runs.adding_runs.draw(4, 16 * 120, 3, "training")
    held_out = race_runs.adding_runs.draw(4, 50, 3, "test")
    steps = 0
    while race_runs.adding_runs.error_percent(net, *held_out) > 60:
        net.train_step(x[16 * steps : 16 * steps + 16], targets[16 * steps : 16 * steps + 16])
        steps += 1
    assert result.reached and steps - 1 < result.steps <= steps


@pytest.mark.parametrize("kind", [MINI_BATCH, FULL_BATCH, ANNEALED])
def test_a_race_that_diverges_has_all_the_steps_and_chance_accuracy(kind):
    result = race_runs.race(0, race_settings(kind), "momentum", 1e30, "test")
    most = 20.0 if kind == ANNEALED else 40.0
    assert (result.steps, result.reached, result.diverged) == (most, False, True)
    assert not result.unlike_gradient_descent
    assert (result.end.accuracy, result.end.loss, result.end.diverged) == (0.1, short_runs.LARGEST_LOSS, True)


def test_rates_are_tuned_on_data_that_the_measurement_does_not_use(monkeypatch):
    parts = []
    monkeypatch.setattr(race_runs, "race", lambda *given: parts.append(given[-1]) or Race(3.0, True, False))
    settings = case_settings("adam_speed", ADDING)
    trials = {arm: [{"learning_rate": 0.1}] for arm in adam_speed.arms(settings)}
    adam_speed.tune(1000, settings, trials)
    assert parts == 5 * ["validation"]
    adam_speed.run(0, settings, {arm: choices[0] for arm, choices in trials.items()})
    assert parts[5:] == 5 * ["test"]


@pytest.mark.parametrize("optimizer", ["adam", "momentum", "nesterov", "rmsprop", "muon"])
def test_an_optimizer_that_is_gradient_descent_after_all_did_not_fire(optimizer, monkeypatch):
    (lesson,) = optimizer_for(Recipe(optimizer=optimizer), np.zeros(6), [(2, 3)]).lessons
    like_gradient_descent(monkeypatch, type(lesson))
    words = adam_speed.OPTIMIZERS[optimizer]
    with pytest.raises(MechanismDidNotFire, match=f"a step unlike gradient descent's, {words}"):
        measure_tiny("adam_speed", monkeypatch)


def test_adam_that_is_gradient_descent_after_all_makes_the_arms_the_same(monkeypatch):
    like_gradient_descent(monkeypatch, optimizers.Adam)
    monkeypatch.setattr(race_runs, "_unlike_gradient_descent", lambda *given: True)  # the other guard looks away
    with pytest.raises(ArmsAreTheSame, match="standardized, Adam' and 'mini-batch images, standardized, gradient"):
        measure_tiny("adam_speed", monkeypatch)


def test_images_that_are_not_standardized_give_both_cases_the_same_numbers(monkeypatch):
    """So that the two differ in nothing else."""
    real = race_runs.images
    monkeypatch.setattr(race_runs, "images", lambda seed, n, data, standardized: real(seed, n, data, False))
    arms = measure_tiny("adam_speed", monkeypatch).arms
    for optimizer in adam_speed.OPTIMIZERS:
        first, second = (
            arms[adam_speed.arm(f"{MINI_BATCH}, {words}", optimizer)]
            for words in (adam_speed.STANDARDIZED, adam_speed.RAW)
        )
        assert first == second


def test_a_goal_that_no_arm_gets_to_did_not_fire(monkeypatch):
    monkeypatch.setitem(TINY, "adam_speed", {**TINY_RACES, FULL_BATCH: {"images": 40, "steps": 5, "goal": 1e-9}})
    with pytest.raises(MechanismDidNotFire, match="arms that got there"):
        measure_tiny("adam_speed", monkeypatch)
