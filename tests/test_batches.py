"""Batches: the recipe's seed decides which examples form each step, the same for both engines."""

import numpy as np
import pytest

from course_lib.data import Dataset, Split, moons, split
from course_lib.recipe import Recipe, random_stream
from course_lib.scratch import augmentation as scratch_augmentation
from course_lib.training import TrainingRun, make_network
from course_lib.training.batches import augment, draw_flips, draw_offsets, epoch_batches, steps_per_epoch

SMALL = Recipe(hidden_layers=(4,), batch_size=8)


@pytest.fixture(scope="module")
def data():
    return split(*moons(100, noise=0.1, seed=0))


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    return Dataset(Split(rng.random((50, 9)), np.arange(50) % 2), image_shape=(3, 3))


def seen_batches(recipe, data, engine="numpy", epochs=2):
    """The batches of the first epochs of a run, as lists of indices."""
    run = TrainingRun(recipe, data, engine, "cpu")
    batches = []
    while run.epoch < epochs or run.step_in_epoch < len(run.batches):
        run.step()
        if run.step_in_epoch == 1:
            batches += [batch.tolist() for batch in run.batches]
    return batches


@pytest.mark.parametrize("n_examples", [2, 3, 8, 9, 10, 63, 64, 65, 66, 127, 128, 129, 1000])
@pytest.mark.parametrize("batch_size", [2, 3, 8, 64])
def test_an_epoch_holds_every_example_once_in_batches_of_the_size_asked_for(n_examples, batch_size):
    batches = epoch_batches(n_examples, batch_size, np.random.default_rng(0))
    assert sorted(np.concatenate(batches)) == list(range(n_examples))
    sizes = [len(batch) for batch in batches]
    assert all(size == batch_size for size in sizes[:-1])
    assert sizes[-1] == n_examples if len(sizes) == 1 else 2 <= sizes[-1] <= batch_size + 1
    assert len(batches) == steps_per_epoch(n_examples, batch_size)


def test_a_single_example_that_is_left_joins_the_batch_before_it():
    assert [len(batch) for batch in epoch_batches(17, 8, np.random.default_rng(0))] == [8, 9]
    assert [len(batch) for batch in epoch_batches(18, 8, np.random.default_rng(0))] == [8, 8, 2]
    assert [len(batch) for batch in epoch_batches(9, 8, np.random.default_rng(0))] == [9]


def test_one_example_is_one_batch():
    assert [batch.tolist() for batch in epoch_batches(1, 1, np.random.default_rng(0))] == [[0]]


def test_batches_of_one_hold_one_example_each():
    assert [len(batch) for batch in epoch_batches(5, 1, np.random.default_rng(0))] == [1] * 5
    assert steps_per_epoch(5, 1) == 5


def test_a_single_example_left_over_trains_with_batch_norm():
    data = Dataset(Split(np.random.default_rng(0).random((17, 2)), np.arange(17) % 2))
    run = TrainingRun(SMALL.replace(epochs=1), data)
    while not run.finished:
        run.step()
    assert run.steps == run.total_steps == 2


def test_examples_are_shuffled_and_anew_in_each_epoch(data):
    batches = seen_batches(SMALL, data)
    half = len(batches) // 2
    first, second = (np.concatenate(part).tolist() for part in (batches[:half], batches[half:]))
    assert sorted(first) == sorted(second) == list(range(60))
    assert first != sorted(first)
    assert first != second


def test_the_same_seed_gives_the_same_batches_and_another_seed_others(data):
    assert seen_batches(SMALL, data) == seen_batches(SMALL, data)
    assert seen_batches(SMALL, data) != seen_batches(SMALL.replace(seed=1), data)


def test_both_engines_see_the_same_batches(data):
    assert seen_batches(SMALL, data, "numpy") == seen_batches(SMALL, data, "torch")


def test_no_other_choice_changes_the_batches(images):
    batches = seen_batches(SMALL, images)
    for changes in (
        {"drop_rate": 0.0},
        {"drop_rate": 0.5, "activation": "rrelu"},
        {"augmentation": "shift_and_flip"},
        {"initialization": "uniform"},
        {"hidden_layers": (9, 9)},
        {"epochs": 3},
    ):
        assert seen_batches(SMALL.replace(**changes), images) == batches, changes


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_the_masks_do_not_depend_on_how_the_weights_were_drawn(engine):
    dropped = []
    for initialization in ("he_normal", "uniform"):
        recipe = Recipe(hidden_layers=(50,), normalization="none", initialization=initialization, drop_rate=0.5)
        network = make_network(recipe, 3, 2, engine, "float64", "cpu")
        _, gradients = network.loss_and_gradients(np.ones((1, 3)), [1])  # one example: a dropped unit gets no gradient
        dropped.append((gradients["dense1.bias"] == 0).tolist())
    assert dropped[0] == dropped[1]
    assert 0 < sum(dropped[0]) < 50


def test_streams_of_different_purposes_are_unrelated():
    draws = {
        purpose: random_stream(0, purpose).normal(size=2_000)
        for purpose in ("initialization", "batches", "masks", "augmentation")
    }
    correlations = np.corrcoef(list(draws.values()))[np.triu_indices(4, k=1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(2_000)  # 5 standard errors


def test_an_epoch_ends_after_its_last_batch(data):
    run = TrainingRun(SMALL.replace(epochs=2), data)
    assert run.total_steps == 16  # 60 examples: 7 batches of 8 and one of 4, twice
    ends = []
    while not run.finished:
        run.step()
        ends.append(len(run.history.rows))
    assert ends == [0] * 7 + [1] * 8 + [2]


def test_shifts_reach_two_pixels_in_every_direction():
    offsets = draw_offsets(2_000, np.random.default_rng(0))
    assert offsets.shape == (2_000, 2)
    for column in offsets.T:
        values, counts = np.unique(column, return_counts=True)
        assert values.tolist() == [-2, -1, 0, 1, 2]
        assert np.abs(counts - 400).max() < 5 * np.sqrt(2_000 * 0.2 * 0.8)


@pytest.mark.parametrize("augmentation", ["shift", "shift_and_flip"])
@pytest.mark.parametrize("largest", [1, 3])
def test_a_recipe_says_how_far_its_images_are_shifted(augmentation, largest):
    recipe = SMALL.replace(augmentation=augmentation, largest_shift=largest)
    dots = np.zeros((500, 9, 9))
    dots[:, 4, 4] = 1  # in the middle, where a flip leaves it
    moved = augment(dots.reshape(500, 81), (9, 9), recipe, np.random.default_rng(0), scratch_augmentation)
    _, rows, columns = moved.reshape(500, 9, 9).nonzero()
    assert set(rows - 4) == set(columns - 4) == set(range(-largest, largest + 1))


def test_half_of_the_images_are_flipped():
    flips = draw_flips(2_000, np.random.default_rng(0))
    assert flips.dtype == bool
    assert abs(flips.sum() - 1_000) < 5 * np.sqrt(2_000 / 4)
