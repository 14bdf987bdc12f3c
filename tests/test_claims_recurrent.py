"""The claims about recurrent networks: their small versions run, and an arm that is sabotaged is found out."""

import math

import numpy as np
import pytest

from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.experiments import adding_runs
from course_lib.experiments.adding_runs import BY_NORM, BY_VALUE, NO_CLIPPING, AddingRun
from course_lib.experiments.claims import clipping_solves, clipping_survives, recurrent_gradients
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.scratch import clipping, recurrent
from small_versions import small_version_of

CLIPPING_CLAIMS = {"clipping_survives": clipping_survives, "clipping_solves": clipping_solves}
SETTINGS = clipping_solves.EXPERIMENT.settings_for(small=True)


def small(name, seeds=2):
    return measure(name, small=True, seeds=seeds, jobs=1, progress=False)


# Gradients through time.


def test_a_linear_network_grows_by_its_gain_at_every_step_and_the_others_are_measured():
    measurement = small_version_of("recurrent_gradients")
    steps_back = measurement.settings["steps"] - 1
    for gain in (1.5, 2.0):
        effect = measurement.effect(f"linear, gain {gain:g}")
        np.testing.assert_allclose(effect.by_seed, steps_back * math.log10(gain), rtol=1e-9)
    assert len({effect.by_seed for effect in measurement.effects}) == len(measurement.effects)
    assert measurement.fired == {"steps that the gradient went back": steps_back}
    linear = measurement.values("first step", "linear, gain 1") - measurement.values("last step", "linear, gain 1")
    np.testing.assert_allclose(linear, 0, atol=1e-9)


def test_a_network_that_forgets_its_state_is_found(monkeypatch):
    monkeypatch.setattr(recurrent, "orthogonal", lambda n_units, rng, gain: np.zeros((n_units, n_units)))
    with pytest.raises(MechanismDidNotFire, match="steps that the gradient went back"):
        small("recurrent_gradients")


def test_a_first_step_that_is_the_last_one_is_found(monkeypatch):
    measured = recurrent_gradients.gradient_sizes
    monkeypatch.setattr(recurrent_gradients, "gradient_sizes", lambda *of: np.full(60, measured(*of)[-1]))
    with pytest.raises(ArmsAreTheSame, match="'first step' and 'last step'"):
        small("recurrent_gradients")


# Clipping.


@pytest.mark.parametrize("name", CLIPPING_CLAIMS)
def test_the_small_version_compares_both_kinds_of_clipping_with_none_for_both_optimizers(name):
    measurement = small_version_of(name)
    assert [(effect.label, effect.better, effect.worse) for effect in measurement.effects] == [
        (f"{optimizer}, {kind}", f"{optimizer}, {kind}", f"{optimizer}, no clipping")
        for optimizer in ("gradient descent", "Adam")
        for kind in ("by norm", "by value")
    ]
    for arm in measurement.arms:
        assert (measurement.values(arm, "steps clipped") > 0).all() == (NO_CLIPPING not in arm)
    assert measurement.main.mean > 0  # gradient descent that is clipped by norm does better


@pytest.mark.parametrize("name", CLIPPING_CLAIMS)
def test_a_clipping_that_does_nothing_is_found(monkeypatch, name):
    monkeypatch.setattr(clipping, "clip_by_norm", lambda gradients, limit: 0.0)
    with pytest.raises(MechanismDidNotFire, match="steps clipped, gradient descent, by norm"):
        small(name)


@pytest.mark.parametrize("name", CLIPPING_CLAIMS)
def test_an_arm_that_forgets_to_clip_is_found(monkeypatch, name):
    limit = adding_runs._limit
    monkeypatch.setattr(adding_runs, "_limit", lambda settings, kind: {} if kind == BY_VALUE else limit(settings, kind))
    with pytest.raises(MechanismDidNotFire, match="steps clipped, gradient descent, by value"):
        small(name)


@pytest.mark.parametrize("name", CLIPPING_CLAIMS)
def test_a_plain_arm_that_is_clipped_after_all_is_found(monkeypatch, name):
    train = adding_runs.train
    monkeypatch.setattr(
        adding_runs, "train", lambda *words: train(*[BY_NORM if word == NO_CLIPPING else word for word in words])
    )
    with pytest.raises(ArmsAreTheSame, match="'gradient descent, by norm' and 'gradient descent, no clipping'"):
        small(name)


def test_rates_are_chosen_on_validation_sequences_and_the_claim_is_measured_on_test_sequences(monkeypatch):
    parts, draw = [], adding_runs.draw
    monkeypatch.setattr(adding_runs, "draw", lambda *words: parts.append(words[-1]) or draw(*words))
    settings = SETTINGS | {"steps": 20}
    clipping_solves.tune(1000, settings)
    assert set(parts) == {"training", "validation"}
    parts.clear()
    rates = {arm: 0.001 for arm, _, _ in clipping_solves._arms()}
    clipping_solves.run(0, settings, rates)
    assert set(parts) == {"training", "test"}


def test_a_rate_at_which_the_network_blows_up_is_never_chosen():
    settings = SETTINGS | {"learning_rates": {"gradient_descent": [0.0001, 10.0], "adam": [0.003]}}
    scores = clipping_solves.tune(1000, settings)
    assert scores["gradient descent, no clipping"][10.0] == -math.inf < scores["gradient descent, no clipping"][0.0001]
    assert scores["Adam, by norm"] == {0.003: 0.0}  # one rate leaves nothing to choose


# One run.


def test_a_run_depends_on_its_seed_and_settings_alone():
    once, again, other = (adding_runs.train(seed, SETTINGS, "adam", 0.003, BY_VALUE) for seed in (4, 4, 5))
    assert once == again != other
    assert once.clipped > 0 and once.turned > 1 and once.finite


def test_gradient_descent_without_clipping_blows_up_and_says_so():
    run = adding_runs.train(0, SETTINGS | {"length": 30}, "gradient_descent", 0.3, NO_CLIPPING)
    assert not run.survived(SETTINGS) and not run.solved(SETTINGS)
    assert run.clipped == 0 and run.turned == 0 and not math.isnan(run.error)


@pytest.mark.parametrize(
    ("change", "survived", "solved"),
    [
        ({}, True, True),
        ({"error": 10.1}, True, False),
        ({"error": 200.0}, True, False),
        ({"error": 201.0}, False, False),
        ({"error": math.inf}, False, False),
        ({"finite": False}, False, False),
        ({"largest_parameter": 101.0}, False, False),
        ({"largest_parameter": math.inf}, False, False),
    ],
)
def test_what_counts_as_survived_and_as_solved(change, survived, solved):
    good = {"error": 10.0, "error_early": 50.0, "finite": True, "largest_parameter": 100.0, "clipped": 1, "turned": 0.0}
    run = AddingRun(**(good | change))
    assert (run.survived(SETTINGS), run.solved(SETTINGS)) == (survived, solved)


def test_the_constant_answer_has_100_percent_of_its_error():
    network = RecurrentNetwork(2, 3, 1)
    network.load_parameters(
        network.parameters() | {"output.weight": np.zeros((3, 1)), "output.bias": np.ones(1)}  # always answers 1
    )
    x, targets = adding_runs.draw(6, 20_000, seed=0, part="test")
    errors = 6 * (targets - 1) ** 2
    percent = adding_runs.error_percent(network, x, targets)
    assert percent == pytest.approx(100, abs=5 * 100 * errors.std() / np.sqrt(len(x)))  # five standard errors
    huge = RecurrentNetwork(2, 3, 1, activation="linear", gain=1e200)
    assert adding_runs.error_percent(huge, x, targets) == math.inf


def test_no_two_seeds_or_parts_share_sequences():
    first = {
        adding_runs.draw(5, 1, seed, part)[0][0, 0, 0]
        for seed in (*range(10), *range(1000, 1003))
        for part in adding_runs.PARTS
    }
    assert len(first) == 13 * 3


def test_clipping_by_norm_turns_nothing_and_by_value_as_much_as_the_signs_are_off():
    network = RecurrentNetwork(2, 8, 1)
    x, targets = adding_runs.draw(6, 16, seed=0, part="training")
    limits = {"clip_norm": 1e-6, "clip_value": 1e-12}  # every entry is cut to the same size: only its sign is left
    assert adding_runs.turned_by_clipping(network, x, targets, limits, BY_NORM) < 1e-4
    gradient = np.concatenate([array.ravel() for array in network.loss_and_gradients(x, targets)[1].values()])
    cosine = np.abs(gradient).sum() / np.linalg.norm(gradient) / np.sqrt(gradient.size)
    assert adding_runs.turned_by_clipping(network, x, targets, limits, BY_VALUE) == pytest.approx(
        np.degrees(np.arccos(cosine))
    )
