"""The claims about recurrent networks: their small versions run, and an arm that is sabotaged is found out."""

import math

import numpy as np
import pytest

from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.experiments import adding_runs, tuning
from course_lib.experiments.adding_runs import BY_NORM, BY_VALUE, NO_CLIPPING, AddingRun
from course_lib.experiments.claims import clipping_solves, clipping_survives, recurrent_gradients
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.scratch import clipping, recurrent
from small_versions import small_version_of

CLIPPING_CLAIMS = ("clipping_survives", "clipping_solves")
CLIPPED_FIRST = (("clipping_survives", "Adam"), ("clipping_solves", "Adam"))  # the optimizer that is measured first
SETTINGS = clipping_solves.EXPERIMENT.case_settings("Adam", small=True)


def small(name, seeds=2):
    return measure(name, small=True, seeds=seeds, jobs=1, progress=False)


# Gradients through time.


def test_a_linear_network_grows_by_its_gain_at_every_step_and_the_others_are_measured():
    measurement = small_version_of("recurrent_gradients")
    steps_back = measurement.settings["steps"] - 1
    for gain in (1.0, 1.5, 2.0):
        name = f"linear, gain {gain:g}"
        grown = measurement.values("first step", name) - measurement.values("last step", name)
        np.testing.assert_allclose(grown, steps_back * math.log10(gain), rtol=1e-9, atol=1e-9)
    assert not any("linear" in effect.label for effect in measurement.effects)  # what cannot fail is not compared
    assert measurement.primary.label == "tanh, gain 1"
    assert len({effect.by_seed for effect in measurement.effects}) == len(measurement.effects)
    assert measurement.fired == {"steps that the gradient went back": steps_back}


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


def test_both_kinds_of_clipping_are_compared_with_none_for_both_optimizers():
    survives = clipping_survives.EXPERIMENT
    assert [(each.better, each.worse) for each in survives.comparisons] == [
        (f"{optimizer}, {kind}", f"{optimizer}, no clipping")
        for optimizer in ("gradient descent", "Adam")
        for kind in ("by norm", "by value")
    ]
    solves = clipping_solves.EXPERIMENT
    assert solves.primary.label == "Adam, by norm: error" and not solves.primary.higher_is_better
    compared = {(each.better, each.quantity) for each in solves.comparisons}
    for optimizer in ("gradient descent", "Adam"):
        assert {(f"{optimizer}, {kind}", clipping_solves.ERROR) for kind in ("by norm", "by value")} < compared
        assert (f"{optimizer}, by norm", clipping_solves.SOLVE) in compared
        assert (f"{optimizer}, 600 steps, by norm", clipping_solves.ERROR) in compared
    assert all(each.better.startswith(each.case) for each in solves.comparisons)


@pytest.mark.parametrize("name", CLIPPING_CLAIMS)
def test_arms_that_clip_clip_and_the_others_do_not(name):
    measurement = small_version_of(name)
    for arm in measurement.arms:
        assert (measurement.values(arm, "steps clipped") > 0).all() == (NO_CLIPPING not in arm)
    assert measurement.primary.mean > 0  # the same small runs that blow up


@pytest.mark.parametrize(("name", "arm"), CLIPPED_FIRST)
def test_a_clipping_that_does_nothing_is_found(monkeypatch, name, arm):
    monkeypatch.setattr(clipping, "clip_by_norm", lambda gradients, limit: 0.0)
    with pytest.raises(MechanismDidNotFire, match=f"steps clipped, {arm}, by norm"):
        small(name)


@pytest.mark.parametrize(("name", "arm"), CLIPPED_FIRST)
def test_an_arm_that_forgets_to_clip_is_found(monkeypatch, name, arm):
    limit = adding_runs._limit
    monkeypatch.setattr(adding_runs, "_limit", lambda settings, kind: {} if kind == BY_VALUE else limit(settings, kind))
    with pytest.raises(MechanismDidNotFire, match=f"steps clipped, {arm}, by value"):
        small(name)


@pytest.mark.parametrize(("name", "arm"), CLIPPED_FIRST)
def test_a_plain_arm_that_is_clipped_after_all_is_found(monkeypatch, name, arm):
    train = adding_runs.train
    monkeypatch.setattr(
        adding_runs, "train", lambda *words: train(*[BY_NORM if word == NO_CLIPPING else word for word in words])
    )
    with pytest.raises(ArmsAreTheSame, match=r"by norm' and '.*no clipping'"):
        small(name)


def test_rates_and_limits_are_chosen_on_validation_sequences_and_measured_on_test_sequences(monkeypatch):
    parts, draw = [], adding_runs.draw
    monkeypatch.setattr(adding_runs, "draw", lambda *words: parts.append(words[-1]) or draw(*words))
    settings = SETTINGS | {"steps": 20}
    trials = tuning.trials(clipping_solves.EXPERIMENT, settings)
    clipping_solves.tune(1000, settings, trials)
    assert set(parts) == {"training", "validation"}
    parts.clear()
    clipping_solves.run(0, settings, {arm: choices[0] for arm, choices in trials.items()})
    assert set(parts) == {"training", "test"}


def test_the_limit_that_was_chosen_is_the_one_that_clips(monkeypatch):
    seen, train = [], adding_runs.train

    def watched(seed, settings, optimizer, rate, kind, part):
        seen.append((kind, settings["clip_norm"], settings["clip_value"], rate))
        return train(seed, settings, optimizer, rate, kind, part)

    monkeypatch.setattr(adding_runs, "train", watched)
    chosen = {
        "Adam, no clipping": {"learning_rate": 0.01},
        "Adam, by norm": {"learning_rate": 0.03, "clip_norm": 0.7},
        "Adam, by value": {"learning_rate": 0.01, "clip_value": 0.02},
    }
    outcome = clipping_solves.run(0, SETTINGS | {"steps": 20}, chosen)
    fixed = SETTINGS["clip_norm"], SETTINGS["clip_value"]
    assert sorted(seen) == sorted(
        [
            *((NO_CLIPPING, *fixed, rate) for rate in SETTINGS["rates"]),
            *((BY_NORM, 0.7, fixed[1], rate) for rate in SETTINGS["rates"]),
            (BY_VALUE, fixed[0], 0.02, 0.01),
        ]
    )
    assert clipping_solves.SOLVE not in outcome.arms["Adam, by value"]


def test_the_share_of_rates_counts_every_rate_once(monkeypatch):
    def made_up(seed, settings, optimizer, rate, kind, part):
        return AddingRun(5.0 if rate < 0.02 and kind == BY_NORM else 50.0, True, 1.0, 1, 0.0)

    monkeypatch.setattr(adding_runs, "train", made_up)
    chosen = {arm: choices[0] for arm, choices in tuning.trials(clipping_solves.EXPERIMENT, SETTINGS).items()}
    arms = clipping_solves.run(0, SETTINGS, chosen).arms
    assert arms["Adam, by norm"][clipping_solves.SOLVE] == 50  # one of two
    assert arms["Adam, no clipping"][clipping_solves.SOLVE] == 0
    assert arms["Adam, by norm"][clipping_solves.ERROR] == 5 < arms["Adam, no clipping"][clipping_solves.ERROR] == 50


def test_a_rate_at_which_the_network_blows_up_scores_as_it_is_judged():
    settings = clipping_solves.EXPERIMENT.case_settings("gradient descent", small=True) | {"annealed": False}
    trials = {"gradient descent, no clipping": [{"learning_rate": 0.0001}, {"learning_rate": 10.0}]}
    scores = clipping_solves.tune(1000, settings, trials)
    assert list(scores) == list(trials)
    fine, blown_up = scores["gradient descent, no clipping"]
    assert blown_up == -clipping_solves.CONSTANT < fine


# One run.


def test_a_run_depends_on_its_seed_and_settings_alone():
    once, again, other = (adding_runs.train(seed, SETTINGS, "adam", 0.003, BY_VALUE) for seed in (4, 4, 5))
    assert once == again != other
    assert once.clipped > 0 and once.turned > 1 and once.finite


def test_an_annealed_rate_rises_and_falls_and_a_constant_one_stands_still(monkeypatch):
    rates, step = [], RecurrentNetwork.train_step
    monkeypatch.setattr(
        RecurrentNetwork,
        "train_step",
        lambda network, *batch: rates.append(float(network.optimizer.learning_rate)) or step(network, *batch),
    )
    settings = SETTINGS | {"steps": 40}
    adding_runs.train(0, settings, "adam", 0.003, BY_NORM)
    annealed, rates[:] = list(rates), []
    adding_runs.train(0, settings | {"annealed": False}, "adam", 0.003, BY_NORM)
    assert rates == [0.003] * 40
    top = annealed.index(max(annealed))
    assert 3 <= top <= 4 and max(annealed) == pytest.approx(0.003)  # a tenth of the steps
    assert annealed[:top] == sorted(annealed[:top]) and annealed[top:] == sorted(annealed[top:], reverse=True)
    assert annealed[-1] < 0.003 / 100


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
    good = {"error": 10.0, "finite": True, "largest_parameter": 100.0, "clipped": 1, "turned": 0.0}
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
