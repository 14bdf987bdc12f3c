"""The images of a seed: no image twice, none to tune with that is tested on, fresh blocks, and one data set only."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from course_lib.data import DataError
from course_lib.data.fashion import read_embedded
from course_lib.data.full import locate_full
from course_lib.experiments import image_draws
from course_lib.experiments.experiment import FIRST_TUNING_SEED
from course_lib.experiments.image_draws import EMBEDDED, FULL, draw, pool
from requirements import debian_package, require_or_skip

N = 14_000  # embedded images, of which 2,000 are to choose with, 6,000 to be tested on, and 6,000 to learn from
LARGEST = 11_400  # training images of a seed that is measured: all but those it is tested on, and those to choose with
TUNING_SEEDS = [*range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + 3), FIRST_TUNING_SEED + 20]


def images_of(part):
    """A set with something for each image that no other image has: its pixels' hash."""
    return {hash(row.tobytes()) for row in part.x}


def drawn(seed, n_train=500, **options):
    return draw(seed, n_train, data=EMBEDDED, **options)


# ---- the parts of a seed --------------------------------------------------------------------------------------------


def test_the_pool_has_each_image_once():
    images, labels = pool(EMBEDDED)
    assert images.shape == (N, 784) and labels.shape == (N,)
    assert len(np.unique(images, axis=0)) == N
    arrays = read_embedded()
    published = np.concatenate([arrays[f"{part}_images"].reshape(-1, 784) for part in ("train", "validation", "test")])
    assert {row.tobytes() for row in images} == {row.tobytes() for row in published}


@pytest.mark.parametrize("seed", [0, 9, 10, 23, FIRST_TUNING_SEED, FIRST_TUNING_SEED + 9])
def test_no_image_is_twice_in_the_parts_of_a_seed(seed):
    data = drawn(seed, 6000)
    parts = [images_of(part) for part in (data.train, data.validation, data.test)]
    assert [len(part) for part in parts] == [6000, 2000, 600]
    assert len(set.union(*parts)) == 8600


@pytest.mark.parametrize("seed", [3, FIRST_TUNING_SEED])
def test_images_keep_their_labels_and_their_brightness(seed):
    images, labels = pool(EMBEDDED)
    by_pixels = {row.tobytes(): label for row, label in zip(images, labels, strict=True)}
    data = drawn(seed, 50)
    for part in (data.train, data.validation, data.test):
        assert part.x.dtype == np.float32 and part.x.min() >= 0 and part.x.max() == 1
        pixels = np.rint(255 * part.x).astype(np.uint8)
        assert [by_pixels[row.tobytes()] for row in pixels] == part.labels.tolist()


def test_every_class_is_in_every_part_of_a_seed_in_about_equal_shares():
    data = drawn(0, 2000)
    for part in (data.train, data.validation, data.test):
        shares = np.bincount(part.labels, minlength=10) / len(part.labels)
        assert abs(shares - 0.1).max() < 4 * np.sqrt(0.09 / len(part.labels))


def test_fewer_images_can_be_asked_for():
    data = drawn(0, 20, n_validation=30, n_test=40)
    assert [len(part) for part in (data.train, data.validation, data.test)] == [20, 30, 40]
    assert images_of(data.test) < images_of(drawn(0).test)


# ---- seeds beside each other ----------------------------------------------------------------------------------------


def test_ten_seeds_are_tested_on_ten_blocks_that_share_no_image():
    blocks = [images_of(drawn(seed).test) for seed in range(10)]
    assert [len(block) for block in blocks] == [600] * 10
    assert len(set.union(*blocks)) == 6000


def test_the_next_ten_seeds_cut_the_same_area_anew():
    first, next_ten = ([images_of(drawn(seed).test) for seed in range(ten, ten + 10)] for ten in (0, 10))
    assert len(set.union(*next_ten)) == 6000
    assert set.union(*first) == set.union(*next_ten)
    assert not any(block in first for block in next_ten)
    # A block of the next ten has 60 images of each of the first ten, more or less: about 7 is the standard deviation.
    shared = [len(one & other) for one in first for other in next_ten]
    assert min(shared) > 30 and max(shared) < 90


def test_every_seed_draws_its_own_images_to_learn_from():
    trained_on = [images_of(drawn(seed).train) for seed in range(5)]
    for place, one in enumerate(trained_on):
        for other in trained_on[place + 1 :]:
            assert len(one & other) < 50  # of 500, by chance; 22 are to be expected


def test_images_to_choose_with_are_an_area_apart():
    choosing = images_of(drawn(0).validation)
    assert len(choosing) == 2000
    for seed in (1, 17, 999, *TUNING_SEEDS):
        data = drawn(seed, 6000)
        assert images_of(data.validation) == choosing  # all that there are
        assert not choosing & (images_of(data.train) | images_of(data.test))


def test_tuning_learns_from_and_chooses_with_no_image_that_any_seed_is_tested_on():
    tested_on = set.union(*(images_of(drawn(seed).test) for seed in (*range(10), *range(30, 40), 998, 999)))
    assert len(tested_on) == 6000
    for seed in TUNING_SEEDS:
        data = drawn(seed, 6000)  # all that it can have
        assert not tested_on & images_of(data.train)
        assert not tested_on & images_of(data.validation)


def test_a_measured_seed_may_learn_from_other_seeds_blocks_and_never_from_its_own():
    for seed in (0, 7, 12):
        learned_from = images_of(drawn(seed, LARGEST).train)
        own, other = images_of(drawn(seed).test), images_of(drawn(seed // 10 * 10 + (seed + 1) % 10).test)
        assert not own & learned_from
        assert other <= learned_from


@pytest.mark.parametrize(
    ("seed", "most"), [(0, LARGEST), (19, LARGEST), (FIRST_TUNING_SEED, 6000), (FIRST_TUNING_SEED + 5, 6000)]
)
def test_more_training_images_than_a_seed_can_have_are_refused_with_how_many_there_are(seed, most):
    assert len(drawn(seed, most).train) == most
    for n_train in (most + 1, 60_000, 0, -1):
        with pytest.raises(DataError, match=f"n_train is {n_train}; seed {seed} has 1 to {most:,} images to learn"):
            drawn(seed, n_train)


# ---- the same images everywhere, and no others ----------------------------------------------------------------------

DIGEST = """
import hashlib
from course_lib.experiments.image_draws import draw
data = [draw(seed, 300, data="embedded") for seed in (0, 13, 1001)]
parts = [part for each in data for part in (each.train, each.validation, each.test)]
print(hashlib.sha256(b"".join(part.x.tobytes() + part.labels.tobytes() for part in parts)).hexdigest())
"""


def test_another_process_draws_the_same_images_in_the_same_order(capsys):
    exec(DIGEST, {})
    here = capsys.readouterr().out.strip()
    there = subprocess.run([sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True).stdout.strip()
    assert len(here) == 64 and there == here
    again = draw(0, 300, data=EMBEDDED)
    np.testing.assert_array_equal(again.train.x, drawn(0, 300).train.x)


def test_what_was_drawn_before_changes_no_draw():
    first = hashlib.sha256(drawn(4).train.x.tobytes()).hexdigest()
    drawn(5, 1000)
    np.random.default_rng(0).random(10)
    assert hashlib.sha256(drawn(4).train.x.tobytes()).hexdigest() == first


def one_pixel(arrays):
    arrays["train_images"][0, 0, 0] ^= 1


def one_label(arrays):
    arrays["test_labels"][5] = (arrays["test_labels"][5] + 1) % 10


def one_image_less(arrays):
    arrays["validation_images"], arrays["validation_labels"] = (
        arrays[f"validation_{part}"][1:] for part in ("images", "labels")
    )


def another_order(arrays):
    for part in ("images", "labels"):
        arrays[f"train_{part}"] = arrays[f"train_{part}"][::-1]


@pytest.mark.parametrize("damage", [one_pixel, one_label, one_image_less, another_order])
def test_another_data_set_is_refused_by_its_digest(damage, monkeypatch):
    arrays = {name: np.array(array) for name, array in read_embedded().items()}
    damage(arrays)
    monkeypatch.setattr(image_draws, "read_embedded", lambda: arrays)
    with pytest.raises(
        DataError, match=r"'embedded' have the digest \w{16}, and the claims are measured with 2a55721a"
    ):
        pool.__wrapped__(EMBEDDED)


def test_a_set_that_does_not_exist_is_refused_with_the_choices():
    for ask in (pool, lambda name: draw(0, 10, data=name)):
        with pytest.raises(DataError, match=r"data is 'longest'; the choices are full, embedded"):
            ask("longest")


def test_the_pool_is_to_read_and_not_to_change():
    images, labels = pool(EMBEDDED)
    for array in (images, labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_result_keeps_which_images_it_was_measured_with():
    assert image_draws.record(EMBEDDED) == {"set": "embedded", "images": N, "digest": "2a55721ade2e2c2a"}


def test_the_full_set_is_cut_in_the_same_way():
    require_or_skip(locate_full(), "no full Fashion-MNIST", debian_package("dataset-fashion-mnist"))
    assert image_draws.record(FULL)["images"] == 70_000
    data = [draw(seed, 4000) for seed in (0, 1, FIRST_TUNING_SEED)]
    assert [len(part) for part in (data[0].train, data[0].validation, data[0].test)] == [4000, 3000, 3000]
    tested_on = images_of(data[0].test)
    assert len(images_of(data[0].train) | images_of(data[0].validation) | tested_on) == 10_000
    assert not tested_on & images_of(data[1].test)
    assert not (tested_on | images_of(data[1].test)) & images_of(data[2].train)
    with pytest.raises(DataError, match="has 1 to 57,000 images"):
        draw(0, 57_001)
