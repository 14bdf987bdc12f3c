"""The range test against a parabola, whose every loss is known, and against updates made by hand; and how it ends."""

import numpy as np
import pytest

from course_lib.arrays import ArrayError
from course_lib.data import Dataset, Split
from course_lib.recipe import Recipe, RecipeError
from course_lib.training import make_network, range_test
from course_lib.training.fit import TrainingDiverged
from course_lib.training.range_test import learning_rate_range_test

RECIPE = Recipe(hidden_layers=(9, 8), drop_rate=0.1, batch_size=16, optimizer="momentum", seed=3)
CURVATURE = 4.0  # of the parabola: gradient descent falls below the rate 2 / 4 and grows above it


@pytest.fixture(scope="module")
def small_data():
    rng = np.random.default_rng(0)
    x, labels = rng.random((194, 36)).astype(np.float32), rng.integers(0, 4, 194)
    x[np.arange(194), labels] += 1  # something to learn
    splits = [Split(x[part], labels[part]) for part in (slice(144), slice(144, 194))]
    return Dataset(*splits, class_names=("a", "b", "c", "d"), image_shape=(6, 6))


class Parabola:
    """In the place of a TrainingRun: gradient descent on L = floor + h w^2 / 2 from w = 1."""

    def __init__(self, floor=0.1, broken_at=None, interrupted_at=None):
        self.network = self.optimizer = self  # its network and its optimizer have the attributes that are asked for
        self.floor, self.broken_at, self.interrupted_at = floor, broken_at, interrupted_at
        self.w, self.learning_rate, self.steps = 1.0, None, 0

    def step(self):
        loss = self.floor + CURVATURE * self.w**2 / 2
        if self.steps == self.interrupted_at:
            raise KeyboardInterrupt
        if self.steps == self.broken_at:
            raise TrainingDiverged("the loss is not finite", None)
        self.w -= self.learning_rate * CURVATURE * self.w
        self.steps += 1
        return loss


def on_a_parabola(monkeypatch, parabola, **words):
    monkeypatch.setattr(range_test, "_training_run", lambda *given: parabola)
    return learning_rate_range_test(RECIPE, None, progress=False, **words)


def losses_of_a_parabola(rates, floor=0.1):
    """In closed form: before step t, w is the product of (1 - h eta) over the steps before."""
    w = np.concatenate([[1.0], np.cumprod(1 - CURVATURE * rates)[:-1]])
    return floor + CURVATURE * w**2 / 2


def test_rates_grow_by_the_same_factor_from_the_lowest_to_the_highest(monkeypatch):
    result = on_a_parabola(monkeypatch, Parabola(), lowest=1e-4, highest=0.1, steps=61)
    assert (result.rates[0], result.rates[-1], len(result.rates)) == (1e-4, pytest.approx(0.1), 61)
    np.testing.assert_allclose(result.rates[1:] / result.rates[:-1], 1000 ** (1 / 60))
    assert result.stopped == "highest rate"
    np.testing.assert_allclose(result.losses, losses_of_a_parabola(result.rates), rtol=1e-12)


def test_it_ends_soon_after_the_rate_at_which_the_loss_starts_to_grow(monkeypatch):
    result = on_a_parabola(monkeypatch, Parabola(), lowest=1e-3, highest=100.0, steps=200)
    assert result.stopped == "loss grew" and len(result.rates) < 200
    assert 2 / CURVATURE < result.rates[-1] < 40 / CURVATURE
    np.testing.assert_allclose(result.losses, losses_of_a_parabola(result.rates), rtol=1e-9)
    assert result.smoothed[-1] > 4 * result.smoothed.min()
    before = range_test.smooth(result.losses[:-1])
    assert before[-1] <= 4 * before.min()


def test_the_suggestion_is_where_the_loss_falls_fastest(monkeypatch):
    result = on_a_parabola(monkeypatch, Parabola(), lowest=1e-4, highest=100.0, steps=500)
    exact = np.diff(losses_of_a_parabola(result.rates))  # steps are even on the logarithmic scale
    steepest = result.rates[np.argmin(exact)]
    assert result.suggestion in result.rates
    assert 0.8 * steepest < result.suggestion < 1.25 * steepest
    assert result.suggestion < 2 / CURVATURE


def test_smoothing_is_a_mean_with_falling_weights():
    losses = np.random.default_rng(1).random(50)
    smoothed = range_test.smooth(losses)
    for place in (0, 3, 25, 49):
        weights = [0.8 ** abs(place - other) if abs(place - other) <= 20 else 0.0 for other in range(50)]
        assert smoothed[place] == pytest.approx(np.average(losses, weights=weights))
    np.testing.assert_allclose(range_test.smooth(np.full(7, 3.0)), 3.0)
    assert range_test.smooth([]).shape == (0,)


def test_an_interrupted_test_keeps_what_it_has(monkeypatch, capsys):
    result = on_a_parabola(monkeypatch, Parabola(interrupted_at=30), lowest=1e-3, highest=1.0, steps=90)
    assert (result.stopped, len(result.rates), len(result.losses), len(result.smoothed)) == ("interrupted", 30, 30, 30)
    np.testing.assert_allclose(result.losses, losses_of_a_parabola(result.rates), rtol=1e-12)
    assert result.suggestion in result.rates
    assert "Interrupted after 30 of 90 steps" in capsys.readouterr().out


def test_interrupted_at_once_it_has_nothing_and_suggests_nothing(monkeypatch):
    result = on_a_parabola(monkeypatch, Parabola(interrupted_at=0))
    assert (result.stopped, len(result.rates), len(result.smoothed), result.suggestion) == ("interrupted", 0, 0, None)


def test_a_loss_that_is_not_finite_ends_it_and_is_left_out(monkeypatch):
    result = on_a_parabola(monkeypatch, Parabola(broken_at=25))
    assert (result.stopped, len(result.losses)) == ("not finite", 25)
    assert np.isfinite(result.losses).all()


def test_a_loss_that_never_falls_gives_no_suggestion(monkeypatch):
    result = on_a_parabola(monkeypatch, Parabola(), lowest=1.0, highest=10.0, steps=20)  # above 2 / h from the start
    assert result.suggestion is None and result.stopped == "loss grew"


# On networks


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_every_step_is_an_update_at_its_own_rate(engine, small_data):
    """A batch of all examples, so that the updates can be made by hand."""
    recipe = RECIPE.replace(batch_size=144, drop_rate=0.0)
    result = learning_rate_range_test(recipe, small_data, engine, steps=20, device="cpu", progress=False)
    network, losses = make_network(recipe, 36, 4), []
    for rate in np.geomspace(1e-5, 10, 20)[: len(result.rates)]:
        network.optimizer.learning_rate = rate
        losses.append(network.train_step(small_data.train.x, small_data.train.labels))
    assert result.losses[:15] == pytest.approx(losses[:15], rel=1e-3)


def test_both_engines_see_the_same(small_data):
    ours, theirs = (
        learning_rate_range_test(RECIPE, small_data, engine, dtype="float64", device="cpu", steps=60, progress=False)
        for engine in ("numpy", "torch")
    )
    assert ours.stopped == theirs.stopped and len(ours.rates) == len(theirs.rates)
    np.testing.assert_allclose(ours.losses[:40], theirs.losses[:40], rtol=1e-6)
    assert ours.suggestion == theirs.suggestion


def test_a_suggested_rate_trains_and_one_far_above_where_it_stopped_does_not(small_data):
    recipe = RECIPE.replace(normalization="none", activation="relu", optimizer="gradient_descent")
    result = learning_rate_range_test(recipe, small_data, highest=1000.0, steps=150, progress=False)
    assert result.stopped in ("loss grew", "not finite")
    ends = []
    for rate in (result.suggestion, 10 * result.rates[-1]):
        network = make_network(recipe.replace(learning_rate=rate), 36, 4)
        with np.errstate(all="ignore"):
            ends.append([network.train_step(small_data.train.x, small_data.train.labels) for _ in range(300)])
    assert ends[0][-1] < 0.8 * ends[0][0]
    assert not ends[1][-1] < ends[1][0]


def test_the_recipes_own_rate_schedule_and_patience_do_not_count(small_data):
    plain, other = (
        learning_rate_range_test(recipe, small_data, steps=25, progress=False)
        for recipe in (
            RECIPE,
            RECIPE.replace(learning_rate=5.0, schedule="step", schedule_steps=(400,), patience=1, epochs=77),
        )
    )
    np.testing.assert_array_equal(plain.losses, other.losses)


def test_only_training_data_is_needed(small_data):
    alone = Dataset(small_data.train, class_names=small_data.class_names)
    result = learning_rate_range_test(RECIPE, alone, steps=12, progress=False)
    assert len(result.losses) == 12  # more than the 9 steps of an epoch


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"lowest": 0}, "lowest is 0; it must be a finite number above 0"),
        ({"highest": float("inf")}, "highest is inf; it must be a finite number above 0"),
        ({"lowest": 1.0, "highest": 0.1}, "lowest is 1 and highest is 0.1; the rate grows from lowest to highest"),
        ({"steps": 9}, "steps is 9; it must be a whole number, 10 or more"),
        ({"steps": 20.5}, "steps is 20.5; it must be a whole number"),
    ],
)
def test_rates_and_steps_that_cannot_be_are_refused(words, message, small_data):
    with pytest.raises(RecipeError, match=message):
        learning_rate_range_test(RECIPE, small_data, progress=False, **words)


def test_a_recipe_or_data_that_cannot_be_trained_is_refused_as_fit_does(small_data):
    with pytest.raises(RecipeError, match="needs a Recipe first"):
        learning_rate_range_test("adam", small_data, progress=False)
    with pytest.raises(ArrayError, match="needs a Dataset"):
        learning_rate_range_test(RECIPE, small_data.train.x, progress=False)
    with pytest.raises(RecipeError, match="batch_size is 500"):
        learning_rate_range_test(RECIPE.replace(batch_size=500), small_data, progress=False)
