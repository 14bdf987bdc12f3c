"""The explorer of chapter 5, the overfitting laboratory, and the mirror copies that it can learn from."""

import asyncio
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from course_lib.data import DataError, circles
from course_lib.data.toys import mirror_copies
from course_lib.explorers import overfitting_laboratory as laboratory
from course_lib.explorers.overfitting_laboratory import EPOCHS, OverfittingLaboratory
from course_lib.training import fit

SVG = "{http://www.w3.org/2000/svg}"
REMEDIES = [{"patience": 10}, {"dropout": 0.2}, {"l1": 0.003}, {"l2": 0.01}, {"max_norm": 0.5}, {"copies": True}]


def words(picture):
    return [element.text or "" for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]


@pytest.fixture
def other_points(monkeypatch):
    """other_points(n): from now on the laboratory draws its points and wrong labels with other seeds."""

    def draw(number):
        seeds = {"train": 100 + number, "validation": 12, "labels": 100 + number, "network": number}
        monkeypatch.setattr(laboratory, "SEEDS", seeds)
        laboratory.points.cache_clear()

    yield draw
    monkeypatch.undo()
    laboratory.points.cache_clear()


# Mirror copies


def test_mirror_copies_are_the_points_in_both_mirrors_with_their_labels():
    x, labels = circles(10, 0.2, seed=1)
    copies, copied_labels = mirror_copies(x, labels)
    assert copies.shape == (40, 2)
    wanted = {(a * p, b * q, label) for (p, q), label in zip(x, labels, strict=True) for a in (1, -1) for b in (1, -1)}
    assert {(p, q, label) for (p, q), label in zip(copies, copied_labels, strict=True)} == wanted
    np.testing.assert_array_equal(copies[:10], x)


def test_mirror_copies_of_something_else_are_refused():
    with pytest.raises(DataError, match=r"shape \(5, 3\)"):
        mirror_copies(np.zeros((5, 3)), np.zeros(5, int))


# What is trained


def test_the_run_is_that_of_fit_with_the_recipe_of_the_controls():
    state = OverfittingLaboratory.starting_state(n_points=40, dropout=0.2, l2=0.01, max_norm=2.0, units=8)
    run = state.progress
    result = fit(run.recipe, run.data, dtype="float64", progress=False)
    assert run.recipe.drop_rate == 0.2 and run.recipe.l2 == 0.01 and run.recipe.max_norm == 2.0
    assert run.recipe.hidden_layers == (8, 8)
    for ours, theirs in zip(run.history.rows, result.history, strict=True):
        assert ours | {"seconds": 0} == theirs | {"seconds": 0}


@pytest.mark.parametrize("n_points", [20, 320])
@pytest.mark.parametrize("copies", [False, True])
def test_every_run_makes_as_many_steps(n_points, copies):
    run = OverfittingLaboratory.starting_state(n_points=n_points, copies=copies, units=2).progress
    assert run.steps == EPOCHS * laboratory.STEPS_AN_EPOCH
    assert len(run.data.train) == n_points * (4 if copies else 1)


def test_only_training_labels_are_wrong_and_a_larger_share_keeps_the_wrong_ones():
    clean, none, validation = laboratory.points(80, 0.0)
    assert not none.any()
    before = none
    for share in (0.1, 0.2, 0.3, 0.4):
        noisy, wrong, same = laboratory.points(80, share)
        np.testing.assert_array_equal(noisy.labels != clean.labels, wrong)
        np.testing.assert_array_equal(same.labels, validation.labels)
        assert wrong[before].all()
        before = wrong
    assert 8 <= before.sum() <= 24  # of 80 a fifth, give or take two standard deviations


def test_without_a_remedy_it_overfits_and_each_remedy_gets_more_new_points_right(other_points):
    gains, gaps = {str(remedy): [] for remedy in REMEDIES}, []
    for number in range(4):
        other_points(number)
        found = laboratory.standing(OverfittingLaboratory.starting_state())
        gaps.append(found["train_accuracy"] - found["validation_accuracy"])
        for remedy in REMEDIES:
            helped = laboratory.standing(OverfittingLaboratory.starting_state(**remedy))
            gains[str(remedy)].append(helped["validation_accuracy"] - found["validation_accuracy"])
    assert np.mean(gaps) > 0.08
    for remedy, by_seed in gains.items():
        assert np.mean(by_seed) > 0.01, (remedy, by_seed)


# What it says


def verdict_of(**controls):
    return laboratory.verdict(laboratory.standing(OverfittingLaboratory.starting_state(**controls)))


def test_the_verdicts_at_their_positions():
    assert verdict_of() == "overfits"
    assert verdict_of(units=1) == "underfits"
    assert verdict_of(patience=10) == "stopped early"
    assert verdict_of(l2=0.01) == "learns"
    state = OverfittingLaboratory.starting_state()
    state.progress = laboratory.begin(state)
    assert laboratory.verdict(laboratory.standing(state)) == "start"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "overfits"),
        ({"risen": False}, "learns"),
        ({"train_accuracy": 0.84}, "learns"),  # no gap: noise in the loss alone
        ({"train_accuracy": 0.6, "validation_accuracy": 0.5}, "underfits"),
        ({"stopped_early": True}, "stopped early"),
        ({"epochs": 0, "best_epoch": None}, "start"),
    ],
)
def test_a_verdict_follows_from_the_numbers(changes, word):
    found = {"epochs": 100, "train_accuracy": 0.95, "validation_accuracy": 0.8, "best_epoch": 30, "risen": True}
    found |= {"stopped_early": False, "n_wrong": 10, "wrong_learned": 8}
    assert laboratory.verdict(found | changes) == word


def test_the_text_holds_the_numbers_of_the_run():
    state = OverfittingLaboratory.starting_state()
    rows = state.progress.history.rows
    best = 1 + int(np.argmin([row["validation_loss"] for row in rows]))
    text = laboratory.describe(state)
    assert text.startswith(f"It overfits: on new points the loss was lowest after epoch {best}, {EPOCHS - best} epochs")
    assert f"{100 * rows[-1]['train_accuracy']:.0f}% of the training labels" in text
    assert f"{100 * rows[-1]['validation_accuracy']:.0f}% of 400 new points" in text
    train, wrong, _ = laboratory.points(state.n_points, state.wrong)
    learned = state.progress.network.logits(train.x).argmax(axis=1)[wrong] == train.labels[wrong]
    assert f"Of {wrong.sum()} wrong labels it has learned {learned.sum()} by heart." in text
    assert "It overfits" in words(laboratory.draw(state))


def test_early_stopping_shows_the_network_of_the_best_epoch():
    state = OverfittingLaboratory.starting_state(patience=10)
    run = state.progress
    best = run.history.rows[run.best_epoch - 1]
    assert len(run.history.rows) == run.best_epoch + 10 < EPOCHS
    assert laboratory.standing(state)["validation_accuracy"] == pytest.approx(best["validation_accuracy"])


def test_a_run_that_diverges_is_shown_as_far_as_it_came(monkeypatch):
    monkeypatch.setattr(laboratory, "LEARNING_RATE", 1e155)
    state = OverfittingLaboratory.starting_state(units=2)
    assert laboratory.finished(state)
    ElementTree.fromstring(laboratory.draw(state))


# The explorer


@pytest.mark.filterwarnings("error")
def test_every_end_of_every_control_draws():
    for control in OverfittingLaboratory.controls:
        for _, value in (control.options[0], control.options[-1]):
            state = OverfittingLaboratory.starting_state(**{control.name: value})
            picture = laboratory.draw(state)
            ElementTree.fromstring(picture)
            assert "nan" not in picture


def test_wrong_labels_are_marked_in_the_picture():
    clean = laboratory.draw(OverfittingLaboratory.starting_state(wrong=0.0, units=2))
    noisy = laboratory.draw(OverfittingLaboratory.starting_state(wrong=0.4, units=2))
    _, wrong, _ = laboratory.points(80, 0.4)
    marked = [picture.count('stroke="#000000" stroke-width="2.5"') for picture in (clean, noisy)]
    assert marked[1] - marked[0] == wrong.sum()


def test_step_goes_one_epoch_from_the_start_and_reset_shows_the_whole_run():
    explorer = OverfittingLaboratory(n_points=20, units=2)
    assert len(explorer.state().progress.history.rows) == EPOCHS
    explorer.step()
    assert len(explorer.state().progress.history.rows) == 0
    assert "Not trained yet" in explorer.readout.value
    explorer.step()
    explorer.step()
    assert len(explorer.state().progress.history.rows) == 2
    assert "After 2 epochs" in explorer.readout.value
    explorer.set(units=4)
    explorer.reset()
    assert explorer.state().units == 2
    assert len(explorer.state().progress.history.rows) == EPOCHS


def test_start_runs_until_pause_and_a_moved_control_begins_anew(monkeypatch):
    monkeypatch.setattr(OverfittingLaboratory, "seconds_per_step", 0.001)

    async def play():
        explorer = OverfittingLaboratory(n_points=20, units=2)
        explorer.start()
        while len(explorer.state().progress.history.rows) in (0, EPOCHS):
            await asyncio.sleep(0.01)
        explorer.pause()
        await asyncio.sleep(0.05)
        paused = len(explorer.state().progress.history.rows)
        await asyncio.sleep(0.1)
        assert 0 < len(explorer.state().progress.history.rows) == paused
        explorer.start()
        explorer.set(n_points=40)
        while len(explorer.state().progress.data.train) != 40:
            await asyncio.sleep(0.01)
        explorer.pause()

    asyncio.run(asyncio.wait_for(play(), 60))


# What chapter 5 says one should have seen in it


def standing_with(**controls):
    return laboratory.standing(OverfittingLaboratory.starting_state(**controls))


@pytest.mark.parametrize("remedy", [{"patience": 10}, {"copies": True}, {"l1": 0.001}, {"l1": 0.003}, {"l2": 0.01}])
def test_these_remedies_leave_less_than_half_of_the_wrong_labels_learned(remedy):
    plain, helped = standing_with(), standing_with(**remedy)
    assert plain["wrong_learned"] == plain["n_wrong"]
    assert helped["wrong_learned"] < plain["n_wrong"] / 2
    assert helped["validation_accuracy"] > plain["validation_accuracy"] + 0.05


@pytest.mark.parametrize("remedy", [{"dropout": 0.2}, {"dropout": 0.5}, {"max_norm": 2.0}, {"max_norm": 1.0}])
def test_these_remedies_leave_more_than_half_of_them_and_new_points_gain_all_the_same(remedy):
    plain, helped = standing_with(), standing_with(**remedy)
    assert helped["wrong_learned"] > plain["n_wrong"] / 2
    assert helped["validation_accuracy"] > plain["validation_accuracy"] + 0.01


def test_more_points_and_fewer_units_help_and_too_much_is_too_much():
    plain = standing_with()["validation_accuracy"]
    assert standing_with(n_points=320)["validation_accuracy"] > plain + 0.05
    assert standing_with(units=8)["validation_accuracy"] > plain + 0.05
    assert standing_with(units=1)["validation_accuracy"] < plain
    assert standing_with(l2=0.1)["train_accuracy"] < 0.6
