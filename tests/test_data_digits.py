"""The embedded digits: scikit-learn's images, whole, parted class by class, scaled."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets

from course_lib.data import DataError, load_digits
from course_lib.data.digits import FILE, read_digits


def test_the_file_holds_the_images_of_scikit_learn():
    images, labels = read_digits()
    theirs = datasets.load_digits()
    np.testing.assert_array_equal(images, theirs.images)
    np.testing.assert_array_equal(labels, theirs.target)


def test_every_image_is_in_one_part_with_its_own_label():
    images, labels = read_digits()
    data = load_digits()
    assert (data.n_inputs, data.n_classes, data.image_shape) == (64, 10, (8, 8))
    rows = {image.tobytes(): label for image, label in zip(images.reshape(-1, 64), labels, strict=True)}
    seen = []
    for part in data.splits().values():
        assert part.x.dtype == np.float32 and part.x.min() == 0 and part.x.max() == 1
        for x, label in zip(part.x, part.labels, strict=True):
            row = np.rint(16 * x).astype(np.uint8).tobytes()
            assert rows[row] == label
            seen.append(row)
    assert sorted(seen) == sorted(image.tobytes() for image in images.reshape(-1, 64))


def test_every_part_has_the_classes_in_the_same_mix():
    data = load_digits(validation=0.2, test=0.3)
    total = sum(np.bincount(part.labels) for part in data.splits().values())
    for share, part in ((0.5, data.train), (0.2, data.validation), (0.3, data.test)):
        np.testing.assert_allclose(np.bincount(part.labels), share * total, atol=1)


def test_the_seed_says_how_they_are_parted_and_the_arrays_are_the_callers():
    first, again, other = load_digits(1), load_digits(1), load_digits(2)
    np.testing.assert_array_equal(first.train.x, again.train.x)
    assert not np.array_equal(first.train.labels, other.train.labels)
    first.train.x[:] = 0
    assert again.train.x.max() == 1


def test_the_command_makes_the_same_file_again(tmp_path):
    made = tmp_path / "digits.npz"
    command = [sys.executable, Path(__file__).parents[1] / "tools" / "make_digits.py", str(made)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    for new, old in zip(read_digits(made), read_digits(), strict=True):
        np.testing.assert_array_equal(new, old)


@pytest.mark.parametrize("damage", ["missing", "cut", "other shape"])
def test_a_damaged_file_is_named_with_what_helps(damage, tmp_path):
    path = tmp_path / "digits.npz"
    if damage == "cut":
        path.write_bytes(FILE.read_bytes()[:5000])
    elif damage == "other shape":
        np.savez(path, images=np.zeros((3, 8, 8), np.uint8), labels=np.zeros(3, np.uint8))
    with pytest.raises(DataError, match=r"digits\.npz.*git checkout"):
        read_digits(path)
