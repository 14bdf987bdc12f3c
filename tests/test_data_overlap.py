"""Examples in two parts of a data set: found by a comparison of every pair, named, refused by fit(), taken out."""

import warnings

import numpy as np
import pytest

from course_lib.data import (
    DataError,
    Dataset,
    OverlapError,
    Split,
    check_no_overlap,
    find_overlaps,
    load_fashion_mnist,
    without_overlap,
)
from course_lib.data.full import locate_full
from course_lib.data.overlap import Overlap, OverlapWarning
from course_lib.recipe import Recipe
from course_lib.training import fit
from requirements import debian_package

TINY = Recipe(hidden_layers=(4,), epochs=1, batch_size=8)


def drawn(n, seed=0, width=5):
    rng = np.random.default_rng([6, seed])
    return Split(rng.normal(size=(n, width)), rng.integers(0, 3, n))


def joined(*splits):
    return Split(np.concatenate([each.x for each in splits]), np.concatenate([each.labels for each in splits]))


def rows(split, *places):
    return Split(split.x[list(places)], split.labels[list(places)])


def by_all_pairs(one, other):
    """(count, pair) by comparing every row with every row."""
    same = (one.x[:, None, :] == other.x[None, :, :]).all(axis=2)
    doubles = np.flatnonzero(same.any(axis=0))
    return (len(doubles), (int(same[:, doubles[0]].argmax()), int(doubles[0]))) if len(doubles) else (0, None)


# ---- finding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_what_two_parts_share_is_what_a_comparison_of_all_pairs_finds(seed):
    rng = np.random.default_rng([7, seed])
    train, validation, test = (Split(rng.integers(0, 4, (n, 3)), np.arange(n) % 2) for n in (30, 12, 9))
    found = find_overlaps(Dataset(train, validation, test))
    expected = []
    for first, one, second, other in (
        ("train", train, "validation", validation),
        ("train", train, "test", test),
        ("validation", validation, "test", test),
    ):
        count, pair = by_all_pairs(one, other)
        expected += [Overlap(first, second, count, pair)] if count else []
    assert found == expected and found


def test_nothing_is_found_in_parts_that_share_nothing():
    data = Dataset(drawn(50, 0), drawn(20, 1), drawn(20, 2))
    assert find_overlaps(data) == []
    assert check_no_overlap(data) is None
    assert without_overlap(data).splits() == data.splits()


def test_only_the_parts_that_are_named_are_looked_at():
    train = drawn(50)
    data = Dataset(train, drawn(20, 1), rows(train, 3))
    assert find_overlaps(data, ("train", "validation")) == []
    assert find_overlaps(data) == [Overlap("train", "test", 1, (3, 0))]


def test_labels_zeros_with_a_sign_and_memory_order_do_not_count():
    x = np.arange(12.0).reshape(4, 3)
    other = np.asfortranarray(x[2:] * 1.0)
    x[0], first = 0.0, np.array([[-0.0, 0.0, -0.0]])
    data = Dataset(Split(x, [0, 0, 0, 1]), Split(np.vstack([other, first]), [1, 1, 1]))
    assert find_overlaps(data) == [Overlap("train", "validation", 3, (2, 0))]


def test_a_copy_in_another_precision_is_the_same_row():
    train = drawn(40)
    narrow = Split(train.x[[7]].astype(np.float32), [0])
    assert find_overlaps(Dataset(train, narrow)) == [Overlap("train", "validation", 1, (7, 0))]


def test_a_row_beyond_the_first_thousand_is_found():
    train = drawn(2500)
    assert find_overlaps(Dataset(train, rows(train, 2400))) == [Overlap("train", "validation", 1, (2400, 0))]


# ---- Fashion-MNIST itself: what the docstring of check_no_overlap says ----------------------------------------------


@pytest.mark.parametrize("subset", ["embedded", "full"])
def test_fashion_mnist_has_no_image_twice(subset, require_or_skip):
    if subset == "full":
        require_or_skip(locate_full(), "no full Fashion-MNIST", debian_package("dataset-fashion-mnist"))
    data = load_fashion_mnist(subset, progress=False)
    parts = data.splits().values()
    images = np.concatenate([part.x for part in parts])
    assert len({row.tobytes() for row in images}) == len(images)
    assert find_overlaps(data) == []


# ---- refusing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_fit_refuses_validation_data_that_was_trained_on_and_says_which(engine):
    train = drawn(60)
    data = Dataset(train, joined(drawn(10, 1), rows(train, 8, 5)))
    message = r"2 of the 12 rows of validation are also in train.* row 10 of validation, the same as row 8 of train"
    with pytest.raises(OverlapError, match=message):
        fit(TINY, data, engine, "cpu", progress=False)
    assert len(fit(TINY, without_overlap(data), engine, "cpu", progress=False).history) == 1


def test_fit_does_not_look_at_the_test_part():
    train = drawn(60)
    data = Dataset(train, drawn(10, 1), train)
    assert fit(TINY, data, progress=False).history
    with pytest.raises(OverlapError, match="60 of the 60 rows of test are also in train"):
        check_no_overlap(data)


def test_rows_that_repeat_anyway_are_a_warning():
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    data = Dataset(Split(np.repeat(corners, 10, axis=0), [0, 1, 1, 0] * 10), Split(corners, [0, 1, 1, 0]))
    with pytest.warns(OverlapWarning, match=r"4 of the 4 rows.* of the 40 training rows only 4 are different"):
        check_no_overlap(data)
    with pytest.warns(OverlapWarning):
        fit(TINY, data, progress=False)


def test_one_double_in_the_training_data_does_not_turn_the_error_into_a_warning():
    train = joined(drawn(200), rows(drawn(200), 0))
    with warnings.catch_warnings():
        warnings.simplefilter("error", OverlapWarning)
        with pytest.raises(OverlapError):
            check_no_overlap(Dataset(train, rows(train, 9)))


# ---- taking out -----------------------------------------------------------------------------------------------------


def test_the_rows_leave_the_part_that_is_learned_from_and_test_stays_whole():
    base = drawn(40)
    train, validation = rows(base, *range(30)), rows(base, 2, 3, 31, 32)
    test = rows(base, 3, 4, 31, 39)
    clean = without_overlap(Dataset(train, validation, test, name="mine", class_names=("a", "b", "c")))
    np.testing.assert_array_equal(clean.train.x, base.x[[0, 1, *range(5, 30)]])
    np.testing.assert_array_equal(clean.train.labels, base.labels[[0, 1, *range(5, 30)]])
    np.testing.assert_array_equal(clean.validation.x, base.x[[2, 32]])
    assert clean.test is test
    assert (clean.name, clean.class_names) == ("mine", ("a", "b", "c"))
    assert find_overlaps(clean) == []


def test_nothing_left_is_an_error_that_says_of_what():
    part = drawn(10)
    with pytest.raises(DataError, match="Every row of train is also in validation"):
        without_overlap(Dataset(part, part))
    with pytest.raises(DataError, match="Every row of validation is also in test"):
        without_overlap(Dataset(drawn(10, 1), part, part))
