"""Chapter 4's checks: right answers in many styles pass, and what comes out of a right form is looked at."""

import itertools
import math

import numpy as np
import pytest

from checks_scaffold import AlwaysEqual, ChapterChecks
from course_lib.checks import run_check
from course_lib.checks.chapter_04 import timing_plan
from course_lib.checks.chapter_04.adam_step import adam_with
from course_lib.checks.chapter_04.warm_up_and_cosine import schedule
from course_lib.engine.pretraining import AutoencoderNetwork
from course_lib.recipe import Recipe
from course_lib.scratch.optimizers import Adam, Momentum
from course_lib.training.schedules import learning_rate_at
from right_answers_ch04 import RIGHT, autoencoder_by_example


class TestChapter4(ChapterChecks):
    chapter, right = 4, RIGHT
    given_broken = {"4.4": "Two mistakes are left", "4.6": "All 3,000 images are worked on"}


# ---- the checks and the course's own engine say the same ------------------------------------------------------------


def test_the_schedule_of_the_exercise_is_the_courses_own():
    recipe = Recipe(learning_rate=0.02, schedule="cosine", schedule_steps=(4,))
    own = [learning_rate_at(recipe, step, 30) for step in range(30)]
    for answer in [schedule, *RIGHT["4.3"]]:
        rates = [np.ravel(answer(step, 30, 4, 0.02))[0] for step in range(30)]
        np.testing.assert_allclose(rates, own, rtol=1e-6)


def test_the_autoencoder_of_the_exercise_is_the_courses_own():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(7, 5))
    network = AutoencoderNetwork(5, 3, activation="sigmoid", seed=1, dtype="float64")
    parameters = {name: rng.normal(size=array.shape) for name, array in network.parameters().items()}
    network.load_parameters(parameters)
    loss, gradients = autoencoder_by_example(x, parameters)
    own_loss, own = network.loss_and_gradients(x)
    assert own_loss == pytest.approx(loss, rel=1e-9)
    assert own.keys() == gradients.keys()
    for name, gradient in gradients.items():
        np.testing.assert_allclose(own[name], gradient, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("number", ["4.1", "4.2"])
def test_the_steps_of_the_exercises_are_the_courses_own(number):
    rng = np.random.default_rng(0)
    w, first, second = rng.normal(size=6), np.zeros(6), np.zeros(6)
    own = {"4.1": Momentum, "4.2": Adam}[number](w.copy(), learning_rate=0.03)
    for t in range(1, 8):
        gradient = rng.normal(size=6)
        own.step(gradient)
        if number == "4.1":
            w, first = RIGHT[number][1](w, first, gradient, 0.03, 0.9)
        else:
            w, first, second = RIGHT[number][1](w, first, second, gradient, t, 0.03)
    np.testing.assert_allclose(own.parameters, w, rtol=1e-9)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (adam_with(divisors=lambda b1, b2, t: (1 - b1 ^ t, 1)), "A power is written `**`"),
        (adam_with(direction=lambda m, s, epsilon: m / (math.sqrt(s) + epsilon)), "The functions of `math`"),
    ],
)
def test_a_line_of_adam_that_python_refuses_gets_a_hint(answer, words):
    assert words in run_check("4.2", answer).hint


# ---- the simulated device -------------------------------------------------------------------------------------------

PLANS = [plan for length in range(1, 7) for plan in itertools.product(timing_plan.WORDS, repeat=length)]


def shown_after_a_wait(plan, place):
    return timing_plan.readings([*plan[:place], "synchronize", "read clock"])[-1]


def test_a_plan_passes_if_and_only_if_it_measures_one_run_of_the_steps_alone():
    """All plans of up to six words. Right is a difference of 200 ms between two readings, both with an empty queue."""
    passed = []
    for plan in PLANS:
        outcome = run_check("4.7", lambda plan=plan: list(plan))
        assert outcome.status in ("passed", "failed")
        shown = timing_plan.readings(plan)
        waited = [shown_after_a_wait(plan, place) for place, word in enumerate(plan) if word == "read clock"]
        right = len(shown) == 2 and abs(shown[1] - shown[0] - 200) < 1 and shown == waited
        assert outcome.passed == right, (plan, outcome)
        passed += [plan] if outcome.passed else []
    words = "warm up", "synchronize", "read clock", "run steps", "synchronize", "read clock"
    assert words in passed
    assert len(passed) == 2  # and the one that takes the steps themselves for a warm-up


def test_the_device_works_while_the_clock_goes_on():
    device = timing_plan.SimulatedDevice()
    device.hand_over(1)
    assert (device.clock, device.busy_until) == (500.02, 502.02)
    device.synchronize()
    device.synchronize()
    assert device.clock == 502.02
    device.hand_over(3)
    assert device.clock == pytest.approx(502.08)
    assert device.busy_until == pytest.approx(508.04)


# ---- answers that would trick a check or stop it --------------------------------------------------------------------


def shaped_like_the_right_answer(number):
    """The right answer's form, with arrays of wrong numbers in it that claim to equal anything."""

    def lies(value):
        if isinstance(value, np.ndarray) and value.ndim:
            return (np.zeros_like(value) + 7).view(AlwaysEqual)
        if isinstance(value, dict):
            return {key: lies(each) for key, each in value.items()}
        return type(value)(map(lies, value)) if isinstance(value, list | tuple) else value

    return lambda *given: lies(RIGHT[number][0](*given))


@pytest.mark.parametrize("number", ["4.1", "4.2", "4.4", "4.5", "4.6", "4.8"])
def test_an_array_that_claims_to_equal_anything_is_looked_at(number):
    assert run_check(number, shaped_like_the_right_answer(number)).status == "failed"


@pytest.mark.parametrize("number", ["4.1", "4.2", "4.4", "4.5", "4.6", "4.8"])
@pytest.mark.parametrize("change", [np.ravel, np.transpose, lambda array: array[..., :1], lambda array: array[None]])
def test_arrays_of_another_shape_are_a_diagnosis(number, change):
    def reshaped(value):
        if isinstance(value, np.ndarray):
            return change(value) if value.ndim else value
        if isinstance(value, dict):
            return {key: reshaped(each) for key, each in value.items()}
        return type(value)(map(reshaped, value)) if isinstance(value, list | tuple) else value

    outcome = run_check(number, lambda *given: reshaped(RIGHT[number][0](*given)))
    same_shapes = number == "4.1" and change is np.ravel
    assert outcome.status == "failed" or same_shapes, outcome


def test_an_answer_that_is_right_until_the_last_case_is_a_diagnosis():
    late = {
        "4.3": lambda *given: "text" if not given[2] else RIGHT["4.3"][0](*given),
        "4.4": lambda *given: None if len(given[2]) == 1 else RIGHT["4.4"][0](*given),
        "4.6": lambda images, indices: "text" if len(images) > 100 else RIGHT["4.6"][0](images, indices),
        "4.8": lambda gradients, counts: [] if len(counts) == 1 else RIGHT["4.8"][0](gradients, counts),
    }
    for number, answer in late.items():
        assert run_check(number, answer).status == "failed", number
