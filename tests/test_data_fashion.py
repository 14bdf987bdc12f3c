"""The embedded images of Fashion-MNIST: whole, balanced, disjoint, scaled, and nobody's to spoil for others."""

import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from course_lib.data import DataError, load_fashion_mnist
from course_lib.data.fashion import EMBEDDED_FILE, read_embedded

SIZES = {"train": 10_000, "validation": 2_000, "test": 2_000}


@pytest.fixture(scope="module")
def data():
    return load_fashion_mnist()


def test_the_embedded_set_has_its_sizes_types_and_names(data):
    assert {name: len(part) for name, part in data.splits().items()} == SIZES
    for part in data.splits().values():
        assert part.x.shape == (len(part), 784) and part.x.dtype == np.float32
        assert part.labels.shape == (len(part),) and part.labels.dtype == np.int64
    assert (data.n_inputs, data.n_classes, data.image_shape) == (784, 10, (28, 28))
    assert data.class_names[0] == "T-shirt/top" and data.class_names[9] == "Ankle boot"


def test_every_class_has_the_same_number_of_images_in_every_split(data):
    for part in data.splits().values():
        assert np.bincount(part.labels).tolist() == [len(part) // 10] * 10


def test_pixels_are_the_stored_bytes_divided_by_255(data):
    stored = read_embedded()
    for name, part in data.splits().items():
        np.testing.assert_array_equal(
            np.rint(part.x * 255).astype(np.uint8).reshape(-1, 28, 28), stored[f"{name}_images"]
        )
        assert part.x.min() == 0 and part.x.max() == 1


def test_brightness_is_that_of_the_published_set(data):
    # The mean pixel of the 60,000 training images is widely published as 0.2860. A sample of n images has the standard
    # error std(image means) / sqrt(n); classes drawn in equal numbers only make it smaller.
    means = data.train.x.mean(axis=1)
    assert abs(means.mean() - 0.2860) < 4 * means.std() / np.sqrt(len(means))


def test_no_image_is_in_two_splits():
    stored = read_embedded()
    assert not set(stored["train_indices"]) & set(stored["validation_indices"])
    for name, size in SIZES.items():
        assert len(set(stored[f"{name}_indices"])) == size
    assert stored["train_indices"].max() < 60_000 and stored["test_indices"].max() < 10_000
    images = np.concatenate([stored["train_images"], stored["validation_images"], stored["test_images"]])
    assert len({image.tobytes() for image in images}) == sum(SIZES.values())


def test_classes_come_mixed_so_that_the_first_images_show_all_of_them(data):
    for part in data.splits().values():
        assert set(part.labels[:100]) == set(range(10))


def test_what_a_caller_changes_is_not_seen_by_the_next_one():
    mine = load_fashion_mnist().train
    x, labels = mine.x.copy(), mine.labels.copy()
    mine.x[:] = -1
    mine.labels[:] = 3
    np.testing.assert_array_equal(load_fashion_mnist().train.x, x)
    np.testing.assert_array_equal(load_fashion_mnist().train.labels, labels)


def test_the_file_is_small_and_its_license_lies_beside_it():
    assert EMBEDDED_FILE.stat().st_size <= 8_000_000
    license_text = (EMBEDDED_FILE.parent / "LICENSE").read_text(encoding="utf-8")
    assert "MIT License" in license_text and "Zalando SE" in license_text


@pytest.mark.parametrize(
    ("subset", "message"),
    [
        ("ful", "subset is 'ful'. Did you mean 'full'. The choices are: embedded, full"),
        ("everything", "subset is 'everything'. The choices are"),
        (True, "subset is True"),
    ],
)
def test_an_unknown_subset_is_refused_with_the_choices(subset, message):
    with pytest.raises(DataError, match=message):
        load_fashion_mnist(subset)


def cut(path):
    path.write_bytes(path.read_bytes()[:-100_000])


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def lose_an_array(path):
    whole = read_embedded(path)
    del whole["test_labels"]
    np.savez(path, **whole)


def shorten_an_array(path):
    whole = read_embedded(path)
    np.savez(path, **{**whole, "train_labels": whole["train_labels"][:-1]})


def hide_a_pickle(path):
    np.savez(path, train_images=np.array([{"a": 1}], dtype=object))


def become_text(path):
    path.write_text("version https://git-lfs.github.com/spec/v1\n")


@pytest.mark.parametrize(
    "damage",
    [cut, flip_a_byte, lose_an_array, shorten_an_array, hide_a_pickle, become_text, lambda path: path.unlink()],
)
def test_a_damaged_embedded_file_is_named_with_what_restores_it(tmp_path, damage):
    path = tmp_path / "subset.npz"
    shutil.copy(EMBEDDED_FILE, path)
    damage(path)
    with pytest.raises(DataError, match="damaged or missing") as raised:
        read_embedded(path)
    assert str(path) in str(raised.value) and "git checkout" in str(raised.value)


def test_the_file_holds_plain_arrays_only():
    with zipfile.ZipFile(EMBEDDED_FILE) as archive:
        names = {name.removesuffix(".npy") for name in archive.namelist()}
    assert names == {f"{part}_{kind}" for part in SIZES for kind in ("images", "labels", "indices")}
    assert {array.dtype for array in read_embedded().values()} == {np.dtype(np.uint8), np.dtype(np.int32)}


def test_importing_and_loading_the_embedded_set_needs_neither_torch_nor_pooch():
    code = (
        "import sys; from course_lib.data import load_fashion_mnist; load_fashion_mnist(); "
        "print([name for name in ('torch', 'pooch', 'requests', 'tqdm', 'matplotlib') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
