"""Callbacks: when they are called, early stopping, the progress bar."""

import math
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from course_lib.data import Dataset, moons, split
from course_lib.recipe import Recipe
from course_lib.training import Callback, EarlyStopping, Progress, TrainingRun, fit

ENGINES = ["numpy", "torch"]
SMALL = Recipe(hidden_layers=(8, 6), batch_size=16, epochs=4, learning_rate=0.01)
# Far too large a network for 60 noisy examples: its validation loss rises soon.
OVERFITTING = Recipe(hidden_layers=(100,), drop_rate=0.0, learning_rate=0.03, batch_size=20, epochs=60, patience=4)


@pytest.fixture(scope="module")
def data():
    return split(*moons(200, noise=0.1, seed=0))


@pytest.fixture(scope="module")
def noisy_data():
    return split(*moons(100, noise=0.6, seed=1))


def train(recipe, data, engine="numpy", callbacks=(), progress=False):
    return fit(recipe, data, engine, "cpu", "float64", callbacks, progress)


class Events(Callback):
    """Writes down every call."""

    def __init__(self):
        self.calls = []

    def on_start(self, run):
        self.calls.append("start")

    def on_step(self, run, loss):
        self.calls.append("step")
        self.last = (run.steps, loss)

    def on_epoch(self, run, row):
        self.calls.append("epoch")
        self.row = row

    def on_end(self, run):
        self.calls.append("end")


class States(Callback):
    """Keeps the network's state after every epoch."""

    def __init__(self):
        self.after = {}

    def on_epoch(self, run, row):
        self.after[row["epoch"]] = run.network.state()


def assert_same(ours, theirs):
    assert list(ours) == list(theirs)
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)


# When callbacks are called.


@pytest.mark.parametrize("engine", ENGINES)
def test_callbacks_are_called_at_start_steps_epochs_and_end(data, engine):
    events = Events()
    result = train(SMALL.replace(epochs=2), data, engine, [events])
    assert events.calls == ["start"] + 2 * (["step"] * 8 + ["epoch"]) + ["end"]
    assert events.last == (16, result.step_losses[-1])
    assert events.row == result.history[-1]


def test_callbacks_are_called_in_the_order_given_and_see_the_history(data):
    order = []

    class Named(Callback):
        def __init__(self, name):
            self.name = name

        def on_epoch(self, run, row):
            order.append(self.name)
            assert run.history.rows[-1] is row

    train(SMALL.replace(epochs=2), data, callbacks=[Named("first"), Named("second")])
    assert order == ["first", "second"] * 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_callback_can_stop_the_run_after_a_step(data, engine):
    class Stop(Callback):
        def on_step(self, run, loss):
            if run.steps == 11:
                run.stop()

    events = Events()
    result = train(SMALL, data, engine, [Stop(), events])
    assert len(result.step_losses) == 11
    assert len(result.history) == 1
    assert (result.interrupted, result.stopped_early) == (False, False)
    assert events.calls[-2:] == ["step", "end"]


def test_a_callback_can_stop_the_run_after_an_epoch(data):
    class Stop(Callback):
        def on_epoch(self, run, row):
            if row["epoch"] == 2:
                run.stop()

    result = train(SMALL, data, callbacks=[Stop()])
    assert len(result.history) == 2
    assert len(result.step_losses) == 16


def test_a_callback_can_stop_the_run_before_the_first_step(data):
    class Stop(Callback):
        def on_start(self, run):
            run.stop()

    result = train(SMALL, data, callbacks=[Stop()])
    assert (result.history, result.step_losses) == ([], [])


def test_a_callback_that_fails_is_not_hidden_and_the_others_are_told_that_it_is_over(data):
    class Fail(Callback):
        def on_step(self, run, loss):
            if run.steps == 3:
                raise LookupError("mine")

    events = Events()
    with pytest.raises(LookupError, match="mine"):
        train(SMALL, data, callbacks=[events, Fail()])
    assert events.calls == ["start", "step", "step", "step", "end"]


# Early stopping, alone: a run with a script of validation losses.


class ScriptedNetwork:
    """Its state is the number of the epoch; it remembers what was restored."""

    epoch = None

    def state(self):
        return {"epoch": self.epoch}

    def load_state(self, state):
        self.epoch = state["epoch"]


class ScriptedRun:
    """What EarlyStopping sees of a run, with validation losses from a list."""

    def __init__(self, losses, validation=True, interrupted=False):
        self.losses, self.interrupted, self.stopped_early = losses, interrupted, False
        self.data = SimpleNamespace(validation=object() if validation else None)
        self.network, self.best_epoch, self.stopped_at = ScriptedNetwork(), None, None

    def stop(self):
        self.stopped_at = self.network.epoch

    def play(self, callback):
        callback.on_start(self)
        for epoch, loss in enumerate(self.losses, start=1):
            self.network.epoch = epoch
            callback.on_epoch(self, {"epoch": epoch, "validation_loss": loss})
            if self.stopped_at:
                break
        callback.on_end(self)
        return self


SCRIPTS = {
    # name: (patience, losses, epoch it stops at or None, epoch restored)
    "counted from the best epoch": (2, [5, 4, 3, 3.5, 3.4, 1], 5, 3),
    "a new best starts the count anew": (2, [5, 6, 4, 5, 3, 4, 5, 6], 7, 5),
    "patience of one": (1, [5, 4, 6, 1], 3, 2),
    "an equal loss is no improvement": (2, [5, 5, 5, 1], 3, 1),
    "never better than the first": (3, [1, 2, 2, 2, 0], 4, 1),
    "best at the last epoch": (3, [5, 4, 3, 2], None, 4),
    "patience longer than the run": (9, [5, 3, 4, 4], None, 2),
    "not a number after the best": (2, [5, math.nan, math.nan, 1], 3, 1),
    "not a number before the best": (2, [math.nan, 3, 4, 2], None, 4),
    "never a number": (2, [math.nan] * 5, 2, 2),
    "infinite from the start": (2, [math.inf] * 5, 2, 2),
}


@pytest.mark.parametrize("patience, losses, stops_at, restored", SCRIPTS.values(), ids=SCRIPTS)
def test_early_stopping_waits_from_the_best_epoch_and_restores_it(patience, losses, stops_at, restored):
    run = ScriptedRun(losses).play(EarlyStopping(patience))
    assert run.stopped_at == stops_at
    assert run.stopped_early is (stops_at is not None)
    assert run.network.epoch == restored  # if no loss was a number there is no best epoch, and nothing is restored
    assert run.best_epoch == (restored if math.isfinite(losses[restored - 1]) else None)


def test_an_interrupted_run_is_not_restored():
    run = ScriptedRun([5, 3, 4], interrupted=True).play(EarlyStopping(9))
    assert run.network.epoch == 3
    assert run.best_epoch is None


def test_early_stopping_serves_a_second_run_as_if_it_were_new():
    callback = EarlyStopping(2)
    ScriptedRun([3, 1, 2, 2]).play(callback)
    run = ScriptedRun([9, 8, 7, 8, 8, 1]).play(callback)
    assert (run.stopped_at, run.network.epoch, run.best_epoch) == (5, 3, 3)


def test_early_stopping_without_validation_data_says_what_to_do(data):
    with pytest.raises(ValueError, match=r"needs validation data.*patience=None"):
        ScriptedRun([1], validation=False).play(EarlyStopping(2))
    with pytest.raises(ValueError, match=r"needs validation data.*split"):
        train(SMALL, Dataset(data.train), callbacks=[EarlyStopping(2)])


@pytest.mark.parametrize("patience", [0, -1])
def test_early_stopping_refuses_a_patience_below_one(patience):
    with pytest.raises(ValueError, match=f"patience is {patience}.*1 or more"):
        EarlyStopping(patience)


# Early stopping in a real run.


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_that_overfits_stops_and_has_its_best_parameters_and_statistics_back(noisy_data, engine):
    states = States()
    result = train(OVERFITTING, noisy_data, engine, [states])
    losses = [row["validation_loss"] for row in result.history]
    assert result.stopped_early
    assert result.best_epoch == int(np.argmin(losses)) + 1
    assert len(losses) == result.best_epoch + OVERFITTING.patience < OVERFITTING.epochs
    best, last = states.after[result.best_epoch], states.after[len(losses)]
    assert_same(result.network.state(), best)
    assert all(not np.array_equal(best[name], last[name]) for name in best)  # running statistics among them
    part = noisy_data.validation
    loss, _ = result.network.evaluate(*result.network.place(part.x, part.labels))
    assert loss == pytest.approx(min(losses), rel=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_best_parameters_are_restored_when_all_epochs_were_run(noisy_data, engine):
    states = States()
    result = train(OVERFITTING.replace(patience=60), noisy_data, engine, [states])
    losses = [row["validation_loss"] for row in result.history]
    assert len(losses) == 60
    assert not result.stopped_early
    assert result.best_epoch == int(np.argmin(losses)) + 1 < 60
    assert_same(result.network.state(), states.after[result.best_epoch])


def test_without_patience_the_last_parameters_are_kept(noisy_data):
    states = States()
    result = train(OVERFITTING.replace(patience=None, epochs=30), noisy_data, callbacks=[states])
    assert len(result.history) == 30
    assert (result.stopped_early, result.best_epoch) == (False, None)
    assert_same(result.network.state(), states.after[30])


def test_the_recipes_patience_and_the_callback_do_the_same(noisy_data):
    by_recipe = train(OVERFITTING, noisy_data)
    by_callback = train(OVERFITTING.replace(patience=None), noisy_data, callbacks=[EarlyStopping(4)])
    assert by_recipe.step_losses == by_callback.step_losses
    assert (by_recipe.best_epoch, by_recipe.stopped_early) == (by_callback.best_epoch, by_callback.stopped_early)
    assert_same(by_recipe.network.state(), by_callback.network.state())


# The progress bar.


@pytest.mark.parametrize("engine", ENGINES)
def test_the_progress_bar_counts_all_steps_and_shows_the_latest_losses(data, engine, capsys):
    result = train(SMALL, data, engine, progress=True)
    output = capsys.readouterr()
    last_line = output.err.replace("\r", "\n").strip().splitlines()[-1]
    assert "32/32" in last_line
    assert "epoch 4/4" in last_line
    assert f"loss={result.history[-1]['batch_loss']:.3f}" in last_line
    assert f"validation accuracy={result.history[-1]['validation_accuracy']:.3f}" in last_line
    assert output.out == ""


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, ValueError])
def test_the_progress_bar_is_closed_however_the_run_ends(data, capsys, error):
    class Fail(Callback):
        def on_step(self, run, loss):
            if run.steps == 11 and error:
                raise error

    progress = Progress()  # kept: a bar that nobody holds would close itself
    with pytest.raises(ValueError) if error is ValueError else nullcontext():
        train(SMALL, data, callbacks=[progress, Fail()])
    assert capsys.readouterr().err.endswith("\n")  # what is printed next starts on a line of its own


def test_the_progress_bar_goes_without_validation_data(data, capsys):
    train(SMALL, Dataset(data.train), progress=True)
    error = capsys.readouterr().err
    assert "32/32" in error
    assert "validation" not in error


def test_without_progress_nothing_is_printed(data, capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "tqdm.auto", raising=False)
    train(SMALL, data)
    assert capsys.readouterr() == ("", "")
    assert "tqdm.auto" not in sys.modules


def test_a_step_by_step_run_shows_no_bar_unless_asked(data, capsys):
    run = TrainingRun(SMALL, data)
    run.step()
    run.end()
    assert capsys.readouterr().err == ""
