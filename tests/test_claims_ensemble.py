"""The claim on ensembles: five networks of other seeds, probabilities averaged, and sabotage that is seen."""

import itertools

import numpy as np
import pytest
from scipy.special import softmax

from course_lib.data import Split
from course_lib.experiments import overfitting_arms, recipe_arms, short_runs
from course_lib.experiments.claims import ensemble_helps
from course_lib.experiments.claims.ensemble_helps import EXPERIMENT
from course_lib.experiments.measurement import MechanismDidNotFire
from course_lib.experiments.runner import measure

MAIN = "1,000 images"
SETTINGS = EXPERIMENT.case_settings(MAIN, small=True)
CHOSEN = {f"{name}, {MAIN}": {"learning_rate": 0.01} for name in ("one network", "five networks")}
CHOSEN[f"one network as large as five, {MAIN}"] = {"learning_rate": 0.003}


def test_the_five_differ_in_their_seed_alone_and_no_two_seeds_share_a_network():
    recipe = overfitting_arms.plain(SETTINGS)
    seeds = [each.seed for seed in (*range(30), 1000, 1001, 1002) for each in ensemble_helps.members(seed, recipe)]
    assert len(set(seeds)) == 33 * 5
    for each in ensemble_helps.members(7, recipe):
        assert each.replace(seed=0) == recipe


def test_the_large_network_has_as_many_parameters_as_the_five():
    settings = EXPERIMENT.case_settings(MAIN)
    counts = []
    for widths in (settings["hidden_layers"], ensemble_helps.large(settings).hidden_layers):
        sizes = (784, *widths, 10)
        counts.append(sum(before * after + after for before, after in itertools.pairwise(sizes)))
    assert counts[1] == pytest.approx(5 * counts[0], rel=0.05)
    assert ensemble_helps.large(settings).replace(hidden_layers=(64, 64)) == overfitting_arms.plain(settings)


def test_the_quantities_are_those_computed_by_hand():
    outcome, data = ensemble_helps.run(3, SETTINGS, CHOSEN), recipe_arms.images(3, SETTINGS)
    alone = []
    for number in range(5):
        recipe = overfitting_arms.plain(SETTINGS).replace(learning_rate=0.01, seed=3 + 10_000 * number)
        (trained,) = short_runs.train([recipe], data, SETTINGS["steps"], "test")
        alone.append(softmax(trained.network.logits(data.test.x).astype(np.float64), axis=1))
    labels = data.test.labels
    together = np.mean(alone, axis=0)
    of_one = np.mean([100 * (each.argmax(axis=1) == labels).mean() for each in alone])
    found = outcome.arms[f"one network, {MAIN}"]
    assert found["test accuracy, %"] == pytest.approx(of_one, abs=0.2)  # a stack may round a near tie otherwise
    loss = np.mean([-np.log(each[np.arange(len(labels)), labels]).mean() for each in alone])
    assert found["test loss"] == pytest.approx(loss, rel=1e-4)
    found = outcome.arms[f"five networks, {MAIN}"]
    assert found["test accuracy, %"] == pytest.approx(100 * (together.argmax(axis=1) == labels).mean(), abs=0.2)
    assert found["test loss"] == pytest.approx(-np.log(together[np.arange(len(labels)), labels]).mean(), rel=1e-4)


def test_probabilities_are_averaged_and_not_answers():
    part = Split(np.zeros((1, 4), np.float32), np.array([2]))
    sure, unsure = [0.9, 0.05, 0.05], [0.0, 0.45, 0.55]
    found = [np.array([each]) for each in (sure, unsure, unsure, unsure)]
    assert ensemble_helps.of_five(found, part, 3)["test accuracy, %"] == 100
    assert ensemble_helps.of_one(found, part, 3)["test accuracy, %"] == 75
    assert ensemble_helps.of_five(found, part, 3)["test loss"] == pytest.approx(-np.log((0.05 + 3 * 0.55) / 4))


def test_every_arm_is_scored_on_validation_images_at_each_of_its_rates():
    trials = {arm: [{"learning_rate": 0.01}, {"learning_rate": 1e38}] for arm in ensemble_helps.grids(SETTINGS)}
    scores = ensemble_helps.tune(1000, SETTINGS, trials)
    assert set(scores) == set(CHOSEN)
    for by_choice in scores.values():
        assert 10 < by_choice[0] < 100 and by_choice[1] == -np.inf
    assert scores[f"one network, {MAIN}"] != scores[f"five networks, {MAIN}"]


def test_networks_that_diverge_count_as_chance():
    arms = ensemble_helps.run(0, SETTINGS, {arm: {"learning_rate": 1e38} for arm in CHOSEN}).arms
    assert {found["test accuracy, %"] for found in arms.values()} == {10.0}


def test_five_copies_of_one_network_did_not_fire(monkeypatch):
    monkeypatch.setattr(ensemble_helps, "members", lambda seed, recipe: [recipe.replace(seed=seed)] * 5)
    with pytest.raises(MechanismDidNotFire, match="two of the five differ"):
        measure("ensemble_helps", seeds=2, small=True, progress=False)
