"""The toys have the shapes they are named after, balanced classes, a seed and a noise level."""

import numpy as np
import pytest
from sklearn.datasets import make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from course_lib.data import DataError, toys

CLASSIFICATION = [toys.two_gaussians, toys.circles, toys.xor, toys.two_spirals, toys.moons]
ALL = [*CLASSIFICATION, toys.noisy_sine]
by_name = pytest.mark.parametrize("toy", ALL, ids=lambda toy: toy.__name__)


def linear_accuracy(x, labels):
    return LogisticRegression().fit(x, labels).score(x, labels)


def neighbor_accuracy(x, labels):
    return KNeighborsClassifier(5).fit(x[::2], labels[::2]).score(x[1::2], labels[1::2])


def distance_to_nearest(points, others):
    return np.sqrt(((points[:, None] - others[None]) ** 2).sum(axis=2)).min(axis=1)


@pytest.mark.parametrize("toy", CLASSIFICATION, ids=lambda toy: toy.__name__)
@pytest.mark.parametrize("n", [4, 5, 6, 7, 101, 400])
def test_classes_are_balanced_within_one_and_arrays_have_the_promised_types(toy, n):
    x, labels = toy(n)
    assert x.shape == (n, 2) and x.dtype == np.float64
    assert labels.shape == (n,) and labels.dtype == np.int64
    zeros, ones = np.bincount(labels, minlength=2)
    assert zeros + ones == n and 0 <= zeros - ones <= 1


@pytest.mark.parametrize("toy", CLASSIFICATION, ids=lambda toy: toy.__name__)
def test_examples_come_shuffled(toy):
    labels = toy(200)[1]
    # In a random order of 100 zeros and 100 ones, neighbors differ 100 times on average, standard deviation about 7.
    assert abs(np.count_nonzero(np.diff(labels)) - 100) < 35


@by_name
def test_the_seed_decides_everything(toy):
    for one, same, other in zip(toy(50, seed=7), toy(50, seed=7), toy(50, seed=8), strict=True):
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)


@by_name
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"n": 0}, "n is 0; it must be a whole number of examples"),
        ({"n": -5}, "n is -5"),
        ({"n": 10.0}, "n is 10.0"),
        ({"n": True}, "n is True"),
        ({"n": "10"}, "n is '10'"),
        ({"noise": -0.1}, "noise is -0.1; it must be a finite standard deviation"),
        ({"noise": np.nan}, "noise is nan"),
        ({"noise": np.inf}, "noise is inf"),
        ({"noise": "loud"}, "noise is 'loud'"),
        ({"seed": -1}, "seed is -1; it must be a whole number"),
        ({"seed": None}, "seed is None"),
        ({"seed": 0.5}, "seed is 0.5"),
    ],
)
def test_bad_words_are_refused_with_what_was_given_and_expected(toy, words, message):
    with pytest.raises(DataError, match=message):
        toy(**words)


def test_gaussians_have_their_centers_and_their_standard_deviation():
    n, noise = 20_000, 0.5
    x, labels = toys.two_gaussians(n, noise=noise)
    for label, center in ((0, (-2, 0)), (1, (2, 0))):
        cloud = x[labels == label]
        # five standard errors: of a mean sigma / sqrt(n), of a standard deviation sigma / sqrt(2 n)
        np.testing.assert_allclose(cloud.mean(axis=0), center, atol=5 * noise / np.sqrt(n / 2))
        np.testing.assert_allclose(cloud.std(axis=0), noise, atol=5 * noise / np.sqrt(n))


def test_gaussians_are_parted_by_a_line_and_circles_xor_and_spirals_are_not():
    assert linear_accuracy(*toys.two_gaussians(400, noise=0.5)) > 0.99
    for toy in (toys.circles, toys.xor, toys.two_spirals):
        assert linear_accuracy(*toy(400)) < 0.8, toy.__name__
        assert neighbor_accuracy(*toy(400)) > 0.95, toy.__name__


def test_circles_without_noise_have_their_radii_and_go_all_around():
    x, labels = toys.circles(1000, noise=0)
    np.testing.assert_allclose(np.hypot(*x[labels == 0].T), 2)
    np.testing.assert_allclose(np.hypot(*x[labels == 1].T), 1)
    for label in (0, 1):
        angles = np.sort(np.arctan2(*x[labels == label].T))
        assert np.diff(angles, append=angles[0] + 2 * np.pi).max() < 0.2


def test_xor_is_class_1_where_the_signs_differ():
    x, labels = toys.xor(401, noise=0)
    assert set(np.abs(x).ravel()) == {1.0}
    np.testing.assert_array_equal(labels, [int(a != b) for a, b in np.sign(x)])
    counts = np.unique(x, axis=0, return_counts=True)[1]
    assert sorted(counts) == [100, 100, 100, 101]


def test_each_spiral_is_the_other_one_turned_by_half_a_turn():
    x, labels = toys.two_spirals(6000, noise=0)
    assert distance_to_nearest(-x[labels == 1], x[labels == 0]).mean() < 0.004
    assert distance_to_nearest(x[labels == 1], x[labels == 0]).max() > 0.1
    radius = np.hypot(*x.T)
    assert radius.min() >= 0.1 and radius.max() <= 1


def test_more_turns_bring_the_spirals_closer_and_bad_turns_are_refused():
    gaps = []
    for turns in (1, 3):
        x, labels = toys.two_spirals(2000, noise=0, turns=turns)
        gaps.append(np.median(distance_to_nearest(x[labels == 1], x[labels == 0])))
    assert gaps[1] < 0.5 * gaps[0]
    for turns in (0, -1, np.nan, "2"):
        with pytest.raises(DataError, match="turns is"):
            toys.two_spirals(turns=turns)


def test_moons_lie_on_the_curves_of_scikit_learns_moons():
    x, labels = toys.moons(400, noise=0)
    reference, reference_labels = make_moons(4000, noise=None)
    for label in (0, 1):
        assert distance_to_nearest(x[labels == label], reference[reference_labels == label]).max() < 0.002


@pytest.mark.parametrize("toy", [toys.circles, toys.xor, toys.two_spirals, toys.moons], ids=lambda toy: toy.__name__)
def test_noise_moves_every_point_by_its_standard_deviation(toy):
    n, noise = 20_000, 0.3
    moved = toy(n, noise=noise, seed=5)[0] - toy(n, noise=0, seed=5)[0]
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=5 * noise / np.sqrt(n))
    np.testing.assert_allclose(moved.std(axis=0), noise, atol=5 * noise / np.sqrt(2 * n))


def test_the_regression_is_a_sine_with_noise_in_y_only():
    x, y = toys.noisy_sine(20_000, noise=0.2, seed=1)
    assert x.shape == y.shape == (20_000, 1) and x.dtype == y.dtype == np.float64
    assert x.min() >= -np.pi and x.max() <= np.pi and np.all(np.diff(x[:, 0]) >= 0)
    residual = y - np.exp(1j * x).imag
    assert abs(residual.mean()) < 5 * 0.2 / np.sqrt(20_000)
    assert abs(residual.std() - 0.2) < 5 * 0.2 / np.sqrt(40_000)
    np.testing.assert_allclose(toys.noisy_sine(50, noise=0)[1], np.exp(1j * toys.noisy_sine(50, noise=0)[0]).imag)


def test_mirror_copies_are_the_points_in_both_mirrors_with_their_labels():
    x, labels = toys.circles(10, 0.2, seed=1)
    copies, copied_labels = toys.mirror_copies(x, labels)
    assert copies.shape == (40, 2)
    wanted = {(a * p, b * q, label) for (p, q), label in zip(x, labels, strict=True) for a in (1, -1) for b in (1, -1)}
    assert {(p, q, label) for (p, q), label in zip(copies, copied_labels, strict=True)} == wanted
    np.testing.assert_array_equal(copies[:10], x)


def test_mirror_copies_of_something_else_are_refused():
    with pytest.raises(DataError, match=r"shape \(5, 3\)"):
        toys.mirror_copies(np.zeros((5, 3)), np.zeros(5, int))
