"""Split, Dataset and split take good arrays, and say what is wrong with bad ones."""

import dataclasses

import numpy as np
import pytest

from course_lib.data import DataError, Dataset, Split, split

X = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
LABELS = np.array([0, 1, 1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_split_keeps_float_arrays_as_they_are(dtype):
    assert Split(X.astype(dtype), LABELS).x.dtype == dtype


def test_a_split_turns_lists_and_whole_numbers_into_float64_and_int64():
    part = Split([[1, 2], [3, 4]], np.array([0, 1], dtype=np.uint8))
    assert part.x.dtype == np.float64 and part.labels.dtype == np.int64
    assert part.x.tolist() == [[1, 2], [3, 4]]
    assert len(part) == 2


@pytest.mark.parametrize(
    ("x", "labels", "message"),
    [
        (np.zeros(3), LABELS, r"x has 1 dimensions, shape \(3,\).*reshape"),
        (np.zeros((3, 28, 28)), LABELS, r"x has 3 dimensions.*Flatten"),
        (np.zeros((0, 2)), [], r"x is empty, shape \(0, 2\)"),
        (np.zeros((3, 0)), LABELS, r"x is empty, shape \(3, 0\)"),
        ([], [], "x has 1 dimensions"),
        ([[1, 2], [3]], [0, 1], "x is not an array"),
        ([["a", "b"]], [0], "x has dtype.*real numbers"),
        (X.astype(complex), LABELS, "x has dtype complex128"),
        ([[0, 1], [2, np.nan], [np.inf, 5]], LABELS, "2 values that are NaN or infinite, the first in row 1, column 1"),
        (X, LABELS[:2], "x has 3 examples and labels has 2"),
        (X, LABELS.astype(float), r"labels has dtype float64.*astype\(np.int64\)"),
        (X, LABELS.astype(bool), "labels has dtype bool"),
        (X, ["cat", "dog", "dog"], "labels has dtype"),
        (X, np.eye(3, dtype=int), r"labels has 2 dimensions.*argmax"),
        (X, [0, -1, 1], "labels has -1 among its values"),
    ],
)
def test_a_split_refuses_bad_arrays_and_says_why(x, labels, message):
    with pytest.raises(DataError, match=message):
        Split(x, labels)


def test_a_split_and_a_dataset_cannot_be_changed_in_place():
    part = Split(X, LABELS)
    with pytest.raises(dataclasses.FrozenInstanceError):
        part.x = X
    with pytest.raises(dataclasses.FrozenInstanceError):
        Dataset(part).train = part


def test_a_dataset_counts_its_inputs_and_classes_and_prints_short():
    data = Dataset(Split(X, LABELS), test=Split(X, [2, 2, 2]), name="tiny", class_names=["a", "b", "c"])
    assert (data.n_inputs, data.n_classes, data.class_names) == (2, 3, ("a", "b", "c"))
    assert data.validation is None and list(data.splits()) == ["train", "test"]
    assert repr(data) == "Dataset('tiny': train 3, test 3; 2 inputs, 3 classes)"
    assert repr(data.train) == "Split(3 examples, 2 inputs)"


def test_a_dataset_without_class_names_numbers_the_classes_of_all_its_splits():
    data = Dataset(Split(X, LABELS), validation=Split(X, [0, 1, 3]))
    assert data.class_names == ("class 0", "class 1", "class 2", "class 3")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"validation": Split(np.zeros((1, 3)), [0])}, "validation has 3 inputs and train has 2"),
        ({"class_names": ("only",)}, r"train has label 1 \(example 1\), and there are 1 classes; labels must run"),
        ({"class_names": ("a", "b"), "test": Split(X, [0, 1, 7])}, r"test has label 7 \(example 2\)"),
        ({"class_names": "ab"}, "class_names is the text 'ab'"),
        ({"image_shape": (2, 2)}, r"image_shape is \(2, 2\), and x has 2 columns"),
        ({"image_shape": (2,)}, r"image_shape is \(2,\)"),
        ({"validation": (X, LABELS)}, r"validation is a tuple; it must be a Split"),
        ({"train": None}, "train is a NoneType"),
    ],
)
def test_a_dataset_refuses_parts_that_do_not_fit(words, message):
    with pytest.raises(DataError, match=message):
        Dataset(**{"train": Split(X, LABELS), **words})


def numbered(counts):
    """Examples whose single input is their own number, with so many of each class."""
    labels = np.repeat(np.arange(len(counts)), counts)
    return np.arange(len(labels), dtype=float)[:, None], labels


def test_split_gives_every_example_to_one_part_with_its_own_label():
    x, labels = numbered([50, 30, 20])
    data = split(x, labels, seed=3)
    together = np.concatenate([part.x[:, 0] for part in data.splits().values()]).astype(int)
    assert sorted(together) == list(range(100))
    for part in data.splits().values():
        np.testing.assert_array_equal(part.labels, labels[part.x[:, 0].astype(int)])


def test_split_keeps_the_mix_of_classes_in_every_part():
    data = split(*numbered([50, 30, 20]), validation=0.2, test=0.1)
    assert np.bincount(data.train.labels).tolist() == [35, 21, 14]
    assert np.bincount(data.validation.labels).tolist() == [10, 6, 4]
    assert np.bincount(data.test.labels).tolist() == [5, 3, 2]


def test_split_shuffles_and_the_seed_decides_how():
    x, labels = numbered([50, 50])
    first, again, other = (split(x, labels, seed=seed).train.x for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.any(np.diff(first[:, 0]) < 0)


def test_split_leaves_a_part_out_when_its_share_is_0():
    data = split(*numbered([10, 10]), validation=0, test=0.5)
    assert data.validation is None and len(data.train) == len(data.test) == 10


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"validation": -0.1}, "validation is -0.1"),
        ({"test": 1}, "test is 1; it must be a share"),
        ({"test": np.nan}, "test is nan"),
        ({"validation": "0.2"}, "validation is '0.2'"),
        ({"validation": 0.5, "test": 0.5}, "leave nothing to train on"),
        ({"validation": 0.01}, "6 examples are too few.*none is left for validation"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"labels": [0.0] * 6}, "labels has dtype float64"),
    ],
)
def test_split_refuses_bad_words(words, message):
    x, labels = numbered([3, 3])
    with pytest.raises(DataError, match=message):
        split(**{"x": x, "labels": labels, **words})
