"""Split, Dataset and split take good arrays, and say what is wrong with bad ones."""

import dataclasses
import pathlib
import re
import tracemalloc

import numpy as np
import pytest

from course_lib.arrays import ArrayError, check_labels, check_step_labels
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


# What a message advises is done here, word by word: the labels that come out are the ones that were meant.

CATS = np.array(["dog", "cat", "cat", "owl"])
ADVISED = {
    "one column": (np.array([[1], [0], [0], [2]]), [1, 0, 0, 2]),
    "one row": (np.array([[1, 0, 0, 2]]), [1, 0, 0, 2]),
    "one-hot": (np.eye(3, dtype=int)[[1, 0, 0, 2]], [1, 0, 0, 2]),
    "text": (CATS, [1, 0, 0, 2]),
    "objects that are text": (CATS.astype(object), [1, 0, 0, 2]),
    "a column of text": (CATS[:, None], [1, 0, 0, 2]),
    "objects of several types": (np.array(["b", 1, 1, "c"], object), [1, 0, 0, 2]),
    "objects that are numbers": (np.array([1, 0, 0, 2], object), [1, 0, 0, 2]),
    "whole floats": (np.array([1.0, 0.0, 0.0, 2.0]), [1, 0, 0, 2]),
    "true and false": (np.array([True, False, False, True]), [1, 0, 0, 1]),
}
DOORS = {
    "Split": lambda labels: Split(np.zeros((4, 2)), labels).labels,
    "split": lambda labels: split(np.arange(4.0)[:, None], labels, validation=0, test=0),
    "a network": lambda labels: check_labels(labels, 4, 3),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", ADVISED)
def test_following_the_advice_of_a_message_about_labels_gives_the_labels_that_were_meant(case, door):
    labels, meant = ADVISED[case]
    for _ in range(3):
        try:
            DOORS[door](labels)
        except (DataError, ArrayError) as error:
            advice = re.search(r"(np\.unique\(.*\)\[1\]|labels\.\w+\(.*?\))\.?$", str(error))[1]
            labels = eval(advice, {"np": np, "labels": labels})
    assert labels.tolist() == meant


@pytest.mark.parametrize(
    ("labels", "advice"),
    [(np.zeros((2, 3, 1), int), r"labels\[\.\.\., 0\]"), (np.zeros((2, 3, 4), int), r"argmax\(axis=-1\)")],
)
def test_labels_of_steps_are_not_made_by_argmax_of_a_single_entry(labels, advice):
    with pytest.raises(ArrayError, match=advice):
        check_step_labels(labels, (2, 3), 5)


@pytest.mark.parametrize(
    ("labels", "message"),
    [([0.5, 1.0, 0.0], "0.5 is between two classes"), ([0.0, np.nan, 1.0], "Some are NaN: leave those examples out")],
)
def test_labels_that_are_no_classes_are_not_cut_to_whole_numbers(labels, message):
    with pytest.raises(DataError, match=message) as caught:
        Split(X, labels)
    assert "astype" not in str(caught.value)


def test_training_labels_that_are_all_the_same_are_refused():
    with pytest.raises(DataError, match=r"All 3 labels of train are 0.*two classes or more"):
        Dataset(Split(X, [0, 0, 0]))
    with pytest.raises(DataError, match="All 3 labels of train are 1"):
        Dataset(Split(X, [1, 1, 1]), class_names=("a", "b"))
    with pytest.raises(DataError, match="All 60 labels of train are 0"):
        split(np.arange(100.0)[:, None], np.zeros(100, int))


def test_labels_that_are_names_of_things_are_refused_before_a_class_is_made_of_each():
    labels = np.where(np.arange(100) % 2, 2_000_000_000, 5)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"2 different labels, the largest 2,000,000,000; .*Number them"):
            Split(np.zeros((100, 1)), labels)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("labels", [[94_110, 501, 10_115], np.array([2**63, 0, 1], np.uint64)])
def test_zip_codes_and_numbers_too_large_for_int64_are_no_classes(labels):
    with pytest.raises(DataError, match=r"3 different labels, the largest [\d,]+; .*Number them"):
        Dataset(Split(X, labels))


def test_the_advice_for_names_of_things_works():
    zips = np.array([94_110, 501, 94_110])
    with pytest.raises(DataError, match=r"names, labels = np\.unique\(labels, return_inverse=True\)"):
        split(X, zips, validation=0, test=0)
    names, labels = np.unique(zips, return_inverse=True)
    data = split(X, labels, validation=0, test=0, class_names=names)
    assert data.class_names == ("501", "94110") and sorted(data.train.labels) == [0, 1, 1]


def test_many_classes_are_fine_when_they_have_examples_or_names():
    labels = np.arange(3000)
    assert Dataset(Split(np.zeros((3000, 1)), labels)).n_classes == 3000
    few = Split(X, [0, 1, 2999])
    assert Dataset(few, class_names=range(3000)).n_classes == 3000
    assert Dataset(Split(X, [0, 1, 100 - 1])).n_classes == 100


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.array([[1.5, "red"], [2.0, "blue"]], object), r"Column 1 holds 'red'.*get_dummies"),
        (np.array([["red", "1"]]), "Column 0 holds .*'red'.*select_dtypes"),
        (np.array([[1.5, None]], object), "Column 1 holds None"),
    ],
)
def test_a_table_of_mixed_columns_is_refused_with_the_way_out(table, message):
    with pytest.raises(DataError, match=message):
        Split(table, np.zeros(len(table), int))


@pytest.mark.parametrize("x", [np.array([[1.5, True], [2, 0]], object), np.array([["1.5", "1"], ["2", "0"]])])
def test_numbers_that_are_stored_as_something_else_are_read_as_the_message_says(x):
    with pytest.raises(DataError, match="Every value can be read as a number") as caught:
        Split(x, [0, 1])
    advice = re.search(r"x = (np\..*\))\.$", str(caught.value))[1]
    assert Split(eval(advice, {"np": np, "x": x}), [0, 1]).x.tolist() == [[1.5, 1.0], [2.0, 0.0]]


# A part of a Split


def test_an_example_of_a_split_is_its_inputs_and_its_label():
    part = Split(X, LABELS)
    x, label = part[1]
    assert x.tolist() == [2, 3] and label == 1 and type(label) is int
    assert part[np.int64(-1)][1] == 1
    assert [label for _, label in part] == [0, 1, 1]
    with pytest.raises(IndexError):
        part[3]


@pytest.mark.parametrize("chosen", [slice(1, 3), [1, 2], np.array([False, True, True])])
def test_several_examples_of_a_split_are_a_split(chosen):
    part = Split(X, LABELS)[chosen]
    assert isinstance(part, Split)
    assert part.x.tolist() == [[2, 3], [4, 5]] and part.labels.tolist() == [1, 1]


def test_a_split_can_be_given_to_a_data_loader_of_pytorch():
    import torch

    loader = torch.utils.data.DataLoader(Split(X.astype(np.float32), LABELS), batch_size=2)
    batches = list(loader)
    assert [tuple(x.shape) for x, _ in batches] == [(2, 2), (1, 2)]
    assert torch.cat([x for x, _ in batches]).equal(torch.from_numpy(X.astype(np.float32)))
    assert torch.cat([labels for _, labels in batches]).equal(torch.from_numpy(LABELS))


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
        ({"image_shape": 5}, r"image_shape is 5; it must be \(rows, columns\)"),
        ({"image_shape": (-1, -2)}, r"image_shape is \(-1, -2\)"),
        ({"image_shape": (1.0, 2.0)}, r"image_shape is \(1.0, 2.0\)"),
        ({"image_shape": "12"}, "image_shape is '12'"),
        ({"image_shape": {1: 0, 2: 0}}, "image_shape is {1: 0, 2: 0}"),
        ({"class_names": {"a", "b"}}, "class_names is of type set; it must be a list"),
        ({"class_names": {"a": 0, "b": 1}}, "class_names is of type dict; it must be a list"),
        ({"class_names": 2}, "class_names is of type int; it must be a list"),
        ({"class_names": None}, "class_names is of type NoneType"),
        ({"class_names": ("a", "b", "a")}, "class_names has 'a' 2 times"),
        ({"class_names": (1, "1")}, "class_names has '1' 2 times"),
        ({"class_names": ("a", None)}, "class_names has None in place 1"),
        ({"class_names": (b"a", "b")}, "class_names has b'a' in place 0"),
        ({"class_names": (0.5, 1.5)}, "class_names has 0.5 in place 0"),
        ({"name": 5}, "name is 5; it must be a text"),
        ({"validation": (X, LABELS)}, r"validation is a tuple; it must be a Split"),
        ({"train": None}, "train is a NoneType"),
    ],
)
def test_a_dataset_refuses_parts_that_do_not_fit(words, message):
    with pytest.raises(DataError, match=message):
        Dataset(**{"train": Split(X, LABELS), **words})


@pytest.mark.parametrize(
    "class_names", [np.array(["3", "5"]), [np.str_("3"), np.str_("5")], (3, 5), np.array([3, 5]), range(3, 6, 2)]
)
def test_class_names_become_plain_text_at_the_door(class_names):
    names = Dataset(Split(X, LABELS), class_names=class_names).class_names
    assert names == ("3", "5") and all(type(name) is str for name in names)
    assert split(X, LABELS, validation=0, test=0, class_names=class_names).class_names == names


@pytest.mark.parametrize("image_shape", [np.array([1, 2]), [np.int64(1), np.int32(2)], (1, 2)])
def test_an_image_shape_becomes_two_plain_ints_at_the_door(image_shape):
    shape = Dataset(Split(X, LABELS), image_shape=image_shape).image_shape
    assert shape == (1, 2) and all(type(side) is int for side in shape)


def test_the_name_of_a_data_set_becomes_plain_text_at_the_door():
    for name in (np.str_("mine"), pathlib.PurePosixPath("mine")):
        assert type(Dataset(Split(X, LABELS), name=name).name) is str


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
