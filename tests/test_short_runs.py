"""Short runs against `fit`: the same updates, step by step; and runs that diverge, are clipped, or can't be made."""

import math

import numpy as np
import pytest

from course_lib.data import Dataset, Split, load_fashion_mnist
from course_lib.engine.numpy_stack import NetworkStack
from course_lib.experiments import short_runs
from course_lib.recipe import Recipe, RecipeError
from course_lib.scratch.calibration import expected_calibration_error
from course_lib.scratch.losses import softmax
from course_lib.training import fit, make_network

PLAIN = Recipe(hidden_layers=(9, 8), normalization="none", drop_rate=0.0, batch_size=16, learning_rate=0.01, seed=3)
RECIPES = {
    "plain": PLAIN,
    "everything random": PLAIN.replace(
        activation="rrelu", normalization="batch", drop_rate=0.3, augmentation="shift_and_flip", seed=4
    ),
    "clipped": PLAIN.replace(optimizer="momentum", clip_norm=0.5, clip_value=0.05),
    "decay and max-norm": PLAIN.replace(optimizer="adamw", l2=0.1, max_norm=1.0, l1=0.001),
}


@pytest.fixture(scope="module")
def small_data():
    """Images of 6 x 6 pixels: 145 to train (a last batch of one joins the batch before), 50 to validate, 40 to test."""
    rng = np.random.default_rng(0)
    x, labels = rng.random((235, 36)).astype(np.float32), rng.integers(0, 4, 235)
    x[np.arange(235), labels] += 1  # something to learn
    splits = [Split(x[part], labels[part]) for part in (slice(145), slice(145, 195), slice(195, 235))]
    return Dataset(*splits, class_names=("a", "b", "c", "d"), image_shape=(6, 6))


def stacked(recipes, data, steps, monkeypatch):
    """The runs of `train`, and how many networks each stack held that they were trained in."""
    sizes = []

    class Counted(NetworkStack):
        def __init__(self, recipes, *rest):
            sizes.append(len(recipes))
            super().__init__(recipes, *rest)

    monkeypatch.setattr(short_runs.stack, "NetworkStack", Counted)
    return short_runs.train(recipes, data, steps), sizes


GIVEN = {"dense1.weight": np.full((36, 9), 0.01, np.float32), "dense1.bias": np.linspace(-1, 1, 9, dtype=np.float32)}


@pytest.mark.parametrize("widest", [1, 64], ids=["one by one", "stacked"])
def test_a_run_starts_from_what_it_is_given_beside_its_own(widest, small_data, monkeypatch):
    monkeypatch.setattr(short_runs, "WIDEST_STACKED", widest)
    recipes, starts = [PLAIN, PLAIN, PLAIN.replace(seed=8)], [None, GIVEN, None]
    runs = short_runs.train(recipes, small_data, 0, starts=starts)
    trained = short_runs.train(recipes, small_data, 2, starts=starts)
    for recipe, start, run, longer in zip(recipes, starts, runs, trained, strict=True):
        expected = make_network(recipe, 36, 4).parameters() | (start or {})
        for name, array in run.network.parameters().items():
            np.testing.assert_array_equal(array, expected[name], err_msg=name)
        network = make_network(recipe, 36, 4)
        network.load_parameters(expected)
        first = next(short_runs.batches(recipe, small_data, 1))
        assert longer.step_losses[0] == pytest.approx(network.update(*first), rel=1e-5)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_short_run_makes_the_steps_of_fit(recipe, small_data):
    result = fit(recipe.replace(epochs=3), small_data, progress=False)
    steps = len(result.step_losses)
    assert steps == 27
    (run,) = short_runs.train([recipe], small_data, steps)
    assert run.step_losses == result.step_losses  # exactly: the same operations in the same order
    for name, value in result.network.state().items():
        np.testing.assert_array_equal(run.network.state()[name], value)
    assert run.accuracy == result.history[-1]["validation_accuracy"]
    assert run.loss == result.history[-1]["validation_loss"]
    assert (run.steps, run.diverged) == (steps, False)


def test_a_run_may_end_within_an_epoch_and_longer_ones_go_through_it(small_data):
    short, long = (short_runs.train([PLAIN], small_data, steps)[0] for steps in (5, 12))
    assert (len(short.step_losses), len(long.step_losses)) == (5, 12)
    assert long.step_losses[:5] == short.step_losses


def test_without_a_step_the_network_is_as_it_starts(small_data):
    (run,) = short_runs.train([PLAIN], small_data, 0)
    fresh = make_network(PLAIN, 36, 4)
    for name, value in fresh.state().items():
        np.testing.assert_array_equal(run.network.state()[name], value)
    assert (run.steps, run.step_losses, run.diverged) == (0, [], False)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_runs_in_a_stack_are_those_of_one_network_after_the_other(recipe, small_data, monkeypatch):
    recipes = [
        recipe.replace(seed=seed, learning_rate=rate, initialization=initialization)
        for seed, rate, initialization in ((1, 0.01, "he_normal"), (2, 0.01, "xavier_normal"), (1, 0.002, "uniform"))
    ]
    together, sizes = stacked(recipes, small_data, 20, monkeypatch)
    assert sizes == [3]
    for run, one in zip(together, recipes, strict=True):
        (alone,) = short_runs.train([one], small_data, 20)
        assert run.step_losses == pytest.approx(alone.step_losses, rel=1e-4)
        assert run.loss == pytest.approx(alone.loss, rel=1e-4) and run.accuracy == alone.accuracy
        assert (run.steps, run.diverged, run.clipped) == (alone.steps, alone.diverged, alone.clipped)
        assert run.network.clipped_steps == run.clipped and run.network.recipe == one
        for name, value in alone.network.state().items():
            np.testing.assert_allclose(run.network.state()[name], value, rtol=1e-3, atol=1e-4, err_msg=name)


def test_networks_of_one_seed_share_their_batches_in_a_stack(small_data, monkeypatch):
    recipes = [PLAIN.replace(augmentation="shift", learning_rate=rate) for rate in (0.01, 0.02)]
    together, sizes = stacked(recipes, small_data, 15, monkeypatch)
    assert sizes == [2]
    for run, recipe in zip(together, recipes, strict=True):
        assert run.step_losses == pytest.approx(short_runs.train([recipe], small_data, 15)[0].step_losses, rel=1e-4)


def test_only_narrow_networks_of_one_kind_are_stacked_and_not_too_many(small_data, monkeypatch):
    wide = PLAIN.replace(hidden_layers=(9, short_runs.WIDEST_STACKED + 1))
    others = [wide, PLAIN.replace(activation="tanh"), PLAIN.replace(hidden_layers=()), wide]
    recipes = [*others, *(PLAIN.replace(seed=seed) for seed in range(short_runs.LARGEST_STACK + 3))]
    runs, sizes = stacked(recipes, small_data, 1, monkeypatch)
    assert sizes == [short_runs.LARGEST_STACK, 3]
    assert [run.network.recipe for run in runs] == recipes


def test_runs_come_back_in_the_order_of_the_recipes(small_data):
    recipes = [PLAIN.replace(seed=seed, learning_rate=rate) for seed in (1, 2) for rate in (0.1, 0.001)]
    recipes.insert(1, PLAIN.replace(activation="tanh"))
    together = short_runs.train(recipes, small_data, 6)
    assert [run.network.recipe for run in together] == recipes
    for recipe, run in zip(recipes, together, strict=True):
        assert run.step_losses == pytest.approx(short_runs.train([recipe], small_data, 6)[0].step_losses, rel=1e-4)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_each_part_can_be_measured(part, small_data):
    (run,) = short_runs.train([PLAIN], small_data, 10, part)
    split = getattr(small_data, part)
    assert run.accuracy == np.mean(run.network.logits(split.x).argmax(axis=1) == split.labels)


def test_a_run_that_diverges_is_a_result_and_its_neighbors_go_on(small_data):
    wild = PLAIN.replace(activation="relu", optimizer="gradient_descent", learning_rate=1e6)
    diverged, fine = short_runs.train([wild, PLAIN], small_data, 30)
    assert diverged.diverged and diverged.accuracy == 0.25 and diverged.loss == short_runs.LARGEST_LOSS
    assert diverged.steps == len(diverged.step_losses) - 1 < 30
    assert not math.isfinite(diverged.step_losses[-1]) and np.isfinite(diverged.step_losses[:-1]).all()
    assert not fine.diverged and fine.steps == 30


def test_a_run_that_diverges_in_a_stack_does_as_it_does_alone(small_data, monkeypatch):
    wild = PLAIN.replace(activation="relu", optimizer="gradient_descent", learning_rate=1e6)
    recipes = [wild, wild.replace(learning_rate=0.01), wild.replace(learning_rate=1e30)]
    together, sizes = stacked(recipes, small_data, 30, monkeypatch)
    assert sizes == [3] and [run.diverged for run in together] == [True, False, True]
    for run, recipe in zip(together, recipes, strict=True):
        (alone,) = short_runs.train([recipe], small_data, 30)
        assert (run.accuracy, run.loss, run.steps) == pytest.approx((alone.accuracy, alone.loss, alone.steps), rel=1e-4)
        assert len(run.step_losses) == len(alone.step_losses)


def test_a_step_whose_penalty_is_infinite_has_diverged_though_the_network_could_be_measured(small_data, monkeypatch):
    strict = PLAIN.replace(l1=1e38)
    together, sizes = stacked([strict, strict.replace(seed=8)], small_data, 3, monkeypatch)
    assert sizes == [2]
    for run in (*together, *short_runs.train([strict], small_data, 3)):
        assert (run.diverged, run.steps, run.accuracy) == (True, 0, 0.25)
        assert math.isfinite(run.network.evaluate(small_data.test.x, small_data.test.labels)[0])


def test_a_stack_that_has_diverged_altogether_stops(small_data, monkeypatch):
    wild = PLAIN.replace(activation="relu", optimizer="gradient_descent", learning_rate=1e30)
    batches, taken = short_runs._stacked_batches, []
    monkeypatch.setattr(
        short_runs, "_stacked_batches", lambda *given: (taken.append(1) or batch for batch in batches(*given))
    )
    together, _ = stacked([wild, wild.replace(learning_rate=1e29)], small_data, 500, monkeypatch)
    assert [(run.diverged, run.steps, len(run.step_losses)) for run in together] == [(True, 1, 2)] * 2
    assert len(taken) == 2


def test_a_run_whose_last_update_breaks_it_has_diverged(small_data):
    wild = PLAIN.replace(activation="relu", optimizer="gradient_descent", learning_rate=1e30)
    (run,) = short_runs.train([wild], small_data, 1)
    assert np.isfinite(run.step_losses).all() and run.steps == 1
    assert run.diverged and run.accuracy == 0.25 and run.loss == short_runs.LARGEST_LOSS


def test_a_huge_loss_is_capped(small_data):
    wild = PLAIN.replace(activation="relu", optimizer="gradient_descent", learning_rate=100.0)
    (run,) = short_runs.train([wild], small_data, 1)
    assert not run.diverged and run.loss == short_runs.LARGEST_LOSS
    loss, _ = run.network.evaluate(small_data.validation.x, small_data.validation.labels)
    assert short_runs.LARGEST_LOSS < loss < math.inf


def test_clipped_steps_are_counted(small_data):
    never, always = (PLAIN.replace(clip_norm=limit) for limit in (1e6, 1e-6))
    runs = short_runs.train([PLAIN, never, always, PLAIN.replace(clip_value=1e-9)], small_data, 7)
    assert [run.clipped for run in runs] == [0, 0, 7, 7]


@pytest.mark.parametrize("limits", [{"clip_norm": 2.0}, {"clip_value": 0.4}, {"clip_norm": 1.7, "clip_value": 0.5}])
def test_both_engines_count_the_same_clipped_steps(limits, small_data):
    """And as many as there were gradients over the limit, by the gradients themselves."""
    recipe = PLAIN.replace(**limits)
    networks = [make_network(recipe, 36, 4, engine, "float64", "cpu") for engine in ("numpy", "torch")]
    over = 0
    for step in range(25):
        part = slice(5 * step, 5 * step + 5)
        x, labels = small_data.train.x[part], small_data.train.labels[part]
        _, gradients = networks[0].loss_and_gradients(x, labels)
        entries = np.concatenate([gradient.ravel() for gradient in gradients.values()])
        value, norm = limits.get("clip_value", np.inf), limits.get("clip_norm", np.inf)
        over += np.abs(entries).max() > value or np.linalg.norm(np.clip(entries, -value, value)) > norm
        for network in networks:
            network.train_step(x, labels)
    assert [network.clipped_steps for network in networks] == [over, over]
    assert 0 < over < 25


def test_a_score_is_the_accuracy_in_percent_and_minus_infinity_where_a_run_diverged(small_data):
    wild = PLAIN.replace(activation="relu", optimizer="gradient_descent", learning_rate=1e6)
    runs = short_runs.train([wild, PLAIN.replace(learning_rate=0.01)], small_data, 9)
    expected = fit(PLAIN.replace(epochs=1, learning_rate=0.01), small_data, progress=False).history[-1]
    assert [short_runs.score(run) for run in runs] == [-math.inf, 100 * expected["validation_accuracy"]]


def test_quantities_are_those_of_the_part_and_a_run_that_diverged_knows_nothing(small_data):
    wild = PLAIN.replace(activation="relu", optimizer="gradient_descent", learning_rate=1e30)
    calm, broken = short_runs.train([PLAIN, wild], small_data, 9, "test")
    found = short_runs.quantities(calm, small_data.test)
    chances = softmax(calm.network.logits(small_data.test.x).astype(np.float64))
    off = expected_calibration_error(chances, small_data.test.labels)
    assert found[short_runs.CALIBRATION] == pytest.approx(100 * off) and off > 0
    assert found[short_runs.ACCURACY] == 100 * calm.accuracy and found[short_runs.LOSS] == calm.loss
    lost = short_runs.quantities(broken, small_data.test)
    assert (lost[short_runs.ACCURACY], lost[short_runs.CALIBRATION], lost["diverged"]) == (25.0, 0.0, 1.0)


def test_data_of_another_size_is_the_first_part_of_the_training_images():
    whole, part = load_fashion_mnist(), short_runs.fashion_mnist(300)
    np.testing.assert_array_equal(part.train.x, whole.train.x[:300])
    np.testing.assert_array_equal(part.train.labels, whole.train.labels[:300])
    assert len(part.validation) == len(whole.validation) and len(part.test) == len(whole.test)
    assert len(short_runs.fashion_mnist().train) == len(whole.train)
    with pytest.raises(ValueError, match="read-only"):
        part.train.x[0, 0] = 5.0  # shared by everything that asks for it


@pytest.mark.parametrize("n_train", [0, -1, 10_001])
def test_a_number_of_training_images_that_cannot_be_had_is_named(n_train):
    with pytest.raises(ValueError, match=rf"n_train is {n_train}.* 1 to 10000"):
        short_runs.fashion_mnist(n_train)


def test_what_cannot_be_trained_says_why(small_data):
    with pytest.raises(RecipeError, match=r"patience is 2.*patience=None"):
        short_runs.train([PLAIN.replace(patience=2)], small_data, 5)
    with pytest.raises(RecipeError, match=r"batch_size is 146.* 145 training examples"):
        short_runs.train([PLAIN.replace(batch_size=146)], small_data, 5)
    without_test = Dataset(small_data.train, small_data.validation)
    with pytest.raises(ValueError, match=r"part is 'test'.* train, validation"):
        short_runs.train([PLAIN], without_test, 5, "test")
