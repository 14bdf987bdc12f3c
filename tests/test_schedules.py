"""Schedules: the rates of torch.optim.lr_scheduler, one by one; what never comes is an error; runs that follow them."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from course_lib.data import Dataset, Split
from course_lib.engine.numpy_backend import Network
from course_lib.execution import Execution
from course_lib.experiments import short_runs
from course_lib.recipe import SCHEDULES, Recipe, RecipeError
from course_lib.training import Callback, TrainingRun, fit
from course_lib.training.schedules import check_schedule, learning_rate_at

PLAIN = Recipe(hidden_layers=(9, 8), drop_rate=0.1, batch_size=16, learning_rate=0.02, epochs=3, seed=3)
SCHEDULED = {  # of a run of 27 steps
    "constant": PLAIN,
    "step": PLAIN.replace(schedule="step", schedule_steps=(9, 20)),
    "cosine": PLAIN.replace(schedule="cosine"),
    "cosine with warm-up": PLAIN.replace(schedule="cosine", schedule_steps=(5,)),
    "one cycle": PLAIN.replace(schedule="one_cycle"),
    "one cycle with its peak": PLAIN.replace(schedule="one_cycle", schedule_steps=(12,)),
}


@pytest.fixture(scope="module")
def small_data():
    """144 images of 6 x 6 pixels to train on, 9 steps an epoch, and 50 to validate."""
    rng = np.random.default_rng(0)
    x, labels = rng.random((194, 36)).astype(np.float32), rng.integers(0, 4, 194)
    x[np.arange(194), labels] += 1  # something to learn
    splits = [Split(x[part], labels[part]) for part in (slice(144), slice(144, 194))]
    return Dataset(*splits, class_names=("a", "b", "c", "d"), image_shape=(6, 6))


def ours(recipe, total_steps):
    return [learning_rate_at(recipe, step, total_steps) for step in range(total_steps)]


def rates_of_pytorch(learning_rate, total_steps, make):
    """The rates that a scheduler of PyTorch gives: its optimizer's before each step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=learning_rate)
    scheduler, rates = make(optimizer), []
    for _ in range(total_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


# Numbers


@settings(deadline=None, max_examples=60)
@given(total=st.integers(2, 60), rate=st.floats(1e-5, 10), data=st.data())
def test_step_is_multi_step_lr(total, rate, data):
    steps = sorted(data.draw(st.sets(st.integers(1, total - 1), min_size=1, max_size=4)))
    recipe = Recipe(learning_rate=rate, schedule="step", schedule_steps=steps)
    check_schedule(recipe, total)
    theirs = rates_of_pytorch(rate, total, lambda optimizer: lr_scheduler.MultiStepLR(optimizer, steps, gamma=0.1))
    assert ours(recipe, total) == pytest.approx(theirs, rel=1e-12)


@settings(deadline=None, max_examples=60)
@given(total=st.integers(1, 60), rate=st.floats(1e-5, 10))
def test_cosine_is_cosine_annealing_lr(total, rate):
    recipe = Recipe(learning_rate=rate, schedule="cosine")
    check_schedule(recipe, total)
    theirs = rates_of_pytorch(rate, total, lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, T_max=total))
    assert ours(recipe, total) == pytest.approx(theirs, rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(total=st.integers(3, 60), rate=st.floats(1e-5, 10), data=st.data())
def test_cosine_with_warm_up_is_linear_lr_and_then_cosine_annealing_lr(total, rate, data):
    warm_up = data.draw(st.integers(2, total - 1))
    recipe = Recipe(learning_rate=rate, schedule="cosine", schedule_steps=(warm_up,))
    check_schedule(recipe, total)

    def linear(optimizer):
        return lr_scheduler.LinearLR(optimizer, start_factor=1 / warm_up, total_iters=warm_up - 1)

    def cosine(optimizer):
        return lr_scheduler.CosineAnnealingLR(optimizer, T_max=total - warm_up)

    expected = rates_of_pytorch(rate, warm_up, linear) + rates_of_pytorch(rate, total - warm_up, cosine)
    assert ours(recipe, total) == pytest.approx(expected, rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(total=st.integers(4, 60), rate=st.floats(1e-5, 10), data=st.data())
def test_one_cycle_is_one_cycle_lr(total, rate, data):
    peak = data.draw(st.none() | st.integers(1, total - 2))
    recipe = Recipe(learning_rate=rate, schedule="one_cycle", schedule_steps=() if peak is None else (peak,))
    check_schedule(recipe, total)
    share = 0.3 if peak is None else (peak + 1) / total
    theirs = rates_of_pytorch(
        rate,
        total - 1,  # one more step of its scheduler is an error
        lambda optimizer: lr_scheduler.OneCycleLR(
            optimizer, max_lr=rate, total_steps=total, pct_start=share, cycle_momentum=False
        ),
    )
    assert ours(recipe, total)[:-1] == pytest.approx(theirs, rel=1e-9)
    assert ours(recipe, total)[-1] == pytest.approx(rate / 25 / 10_000)


def test_rates_by_hand():
    assert ours(PLAIN.replace(learning_rate=0.5), 3) == [0.5, 0.5, 0.5]
    stepped = PLAIN.replace(learning_rate=1.0, schedule="step", schedule_steps=(1, 3))
    assert ours(stepped, 5) == pytest.approx([1, 0.1, 0.1, 0.01, 0.01])
    cosine = PLAIN.replace(learning_rate=1.0, schedule="cosine", schedule_steps=(2,))
    assert ours(cosine, 6) == pytest.approx([0.5, 1, 1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2])
    cycle = PLAIN.replace(learning_rate=1.0, schedule="one_cycle", schedule_steps=(2,))
    assert ours(cycle, 5) == pytest.approx([0.04, 0.52, 1, (1 + 4e-6) / 2, 4e-6])


@pytest.mark.parametrize("step", [-1, 27, 100])
@pytest.mark.parametrize("recipe", SCHEDULED.values(), ids=SCHEDULED)
def test_a_step_outside_the_run_has_no_rate(recipe, step):
    with pytest.raises(ValueError, match=rf"step is {step}; the run has the steps 0 to 26"):
        learning_rate_at(recipe, step, 27)


# Steps that never come


NEVER = [
    ("step", (9, 27), "27 steps, 0 to 26; step 27 never comes.*up to 26"),
    ("step", (400,), "step 400 never comes"),
    ("cosine", (27,), "step 27 never comes.*up to 26"),
    ("one_cycle", (27,), "step 27 never comes.*up to 25"),
    ("one_cycle", (26,), "step 26 leaves no step to come down in.*up to 25"),
]


@pytest.mark.parametrize("schedule, steps, message", NEVER)
def test_schedule_steps_that_never_come_are_an_error_before_the_first_step(schedule, steps, message, small_data):
    recipe = PLAIN.replace(schedule=schedule, schedule_steps=steps)
    for make in (
        lambda: check_schedule(recipe, 27),
        lambda: TrainingRun(recipe, small_data),
        lambda: TrainingRun(recipe, small_data, engine="torch"),
        lambda: short_runs.train([recipe], small_data, 27),
    ):
        with pytest.raises(RecipeError, match=message):
            make()
    check_schedule(recipe, 500)


@pytest.mark.parametrize("schedule, steps", [("step", (26,)), ("cosine", (26,)), ("one_cycle", (25,))])
def test_the_last_steps_that_come_are_taken(schedule, steps, small_data):
    result = fit(PLAIN.replace(schedule=schedule, schedule_steps=steps), small_data, progress=False)
    assert len(result.step_losses) == 27


def test_a_run_too_short_for_one_cycle_says_so():
    recipe = PLAIN.replace(schedule="one_cycle")
    with pytest.raises(RecipeError, match="'one_cycle', which needs 4 steps or more: the run has 3 steps, 0 to 2"):
        check_schedule(recipe, 3)
    assert all(rate > 0 for rate in ours(recipe, 4))


# Runs


class RatesUsed(Callback):
    def __init__(self):
        self.rates = []

    def on_step(self, run, loss):
        self.rates.append(run.network.optimizer.learning_rate)


@pytest.mark.parametrize("recipe", SCHEDULED.values(), ids=SCHEDULED)
@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_run_takes_each_step_at_the_rate_of_its_schedule(recipe, engine, small_data):
    used = RatesUsed()
    fit(recipe, small_data, engine=engine, device="cpu", callbacks=[used], progress=False)
    assert used.rates == pytest.approx(ours(recipe, 27), rel=1e-12)


@pytest.mark.parametrize("optimizer", ["momentum", "adam", "adamw"])
@pytest.mark.parametrize("recipe", SCHEDULED.values(), ids=SCHEDULED)
def test_the_engines_stay_equal_over_a_run_with_a_schedule(recipe, optimizer, small_data):
    recipe = recipe.replace(optimizer=optimizer, l2=0.01)
    numpy_result, torch_result = (
        fit(recipe, small_data, engine=engine, device="cpu", dtype="float64", progress=False)
        for engine in ("numpy", "torch")
    )
    assert numpy_result.step_losses == pytest.approx(torch_result.step_losses, rel=1e-9)
    theirs = torch_result.network.state()
    for name, value in numpy_result.network.state().items():
        np.testing.assert_allclose(value, theirs[name], rtol=1e-8, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("recipe", SCHEDULED.values(), ids=SCHEDULED)
def test_gradient_descent_moves_by_the_scheduled_rate_times_the_gradient(recipe, small_data):
    """The update itself, read off the parameters: a rate that is set and not used would be seen."""
    recipe = recipe.replace(optimizer="gradient_descent", drop_rate=0.0, normalization="none")
    run = TrainingRun(recipe, small_data, dtype="float64")
    for rate in ours(recipe, 27):
        before = run.network.flat_parameters.copy()
        run.step()
        np.testing.assert_allclose(run.network.flat_parameters, before - rate * run.network.flat_gradients, rtol=1e-12)


@pytest.mark.parametrize("recipe", SCHEDULED.values(), ids=SCHEDULED)
def test_a_short_run_makes_the_scheduled_steps_of_fit(recipe, small_data):
    result = fit(recipe, small_data, progress=False)
    (run,) = short_runs.train([recipe], small_data, 27)
    assert run.step_losses == result.step_losses
    for name, value in result.network.state().items():
        np.testing.assert_array_equal(run.network.state()[name], value)


@pytest.mark.parametrize("recipe", SCHEDULED.values(), ids=SCHEDULED)
def test_a_stack_follows_the_schedule_at_each_networks_own_rate(recipe, small_data):
    recipes = [recipe.replace(learning_rate=rate, seed=seed) for rate, seed in ((0.02, 1), (0.005, 1), (0.02, 2))]
    for run, one in zip(short_runs.train(recipes, small_data, 27), recipes, strict=True):
        (alone,) = short_runs.train([one], small_data, 27)
        assert run.step_losses == pytest.approx(alone.step_losses, rel=1e-3)


def test_recipes_of_different_schedules_are_never_in_one_stack(small_data, monkeypatch):
    sizes, make = [], short_runs.stack.NetworkStack
    monkeypatch.setattr(
        short_runs.stack, "NetworkStack", lambda recipes, *rest: sizes.append(len(recipes)) or make(recipes, *rest)
    )
    short_runs.train([*SCHEDULED.values(), PLAIN.replace(seed=4)], small_data, 27)
    assert sizes == [2]
    with pytest.raises(RecipeError, match=r"schedule is 'constant' in recipe 0 and 'cosine' in recipe 1"):
        make([PLAIN, SCHEDULED["cosine"]], 36, 4)


def test_schedules_change_what_is_learned(small_data):
    ends = [fit(recipe, small_data, progress=False).step_losses[-1] for recipe in SCHEDULED.values()]
    assert len(set(ends)) == len(SCHEDULED)


def test_a_constant_rate_is_left_to_whoever_sets_it(small_data):
    """A callback may change the rate of a run without a schedule."""

    class Halve(Callback):
        def on_step(self, run, loss):
            run.network.optimizer.learning_rate /= 2

    run = TrainingRun(PLAIN, small_data, callbacks=[Halve()])
    for _ in range(3):
        run.step()
    assert run.network.optimizer.learning_rate == PLAIN.learning_rate / 8


def test_every_schedule_has_its_tests():
    assert {recipe.schedule for recipe in SCHEDULED.values()} == set(SCHEDULES)
    assert Network(SCHEDULED["cosine"], 4, 2).optimizer.learning_rate == PLAIN.learning_rate


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("recipe", SCHEDULED.values(), ids=SCHEDULED)
def test_an_execution_follows_the_schedule(recipe, fused, small_data):
    execution = Execution(device="cpu", dtype="float64", fused=fused)
    executed = fit(recipe, small_data, engine="torch", execution=execution, progress=False)
    plain = fit(recipe, small_data, dtype="float64", progress=False)
    assert executed.step_losses == pytest.approx(plain.step_losses, rel=1e-9)
