"""Redrawn labels: how many, which, and that nothing else changes."""

import numpy as np
import pytest

from course_lib.data.dataset import DataError, Split
from course_lib.data.label_noise import redraw_labels

N, CLASSES = 20_000, 10
SPLIT = Split(np.zeros((N, 1)), np.arange(N) % CLASSES)


def test_the_asked_share_is_drawn_evenly_over_all_classes():
    noisy, redrawn = redraw_labels(SPLIT, 0.4, CLASSES, seed=1)
    assert redrawn.mean() == pytest.approx(0.4, abs=4 * np.sqrt(0.4 * 0.6 / N))  # four standard errors
    counts = np.bincount(noisy.labels[redrawn], minlength=CLASSES) / redrawn.sum()
    np.testing.assert_allclose(counts, 0.1, atol=4 * np.sqrt(0.1 * 0.9 / redrawn.sum()))
    wrong = (noisy.labels != SPLIT.labels).mean()
    assert wrong == pytest.approx(0.4 * 0.9, abs=0.02)  # a tenth of the drawn labels is right by chance


def test_what_was_not_drawn_stays_and_the_old_split_too():
    before = SPLIT.labels.copy()
    noisy, redrawn = redraw_labels(SPLIT, 0.4, CLASSES)
    np.testing.assert_array_equal(noisy.labels[~redrawn], before[~redrawn])
    np.testing.assert_array_equal(SPLIT.labels, before)
    assert noisy.x is SPLIT.x


def test_a_seed_says_which_and_the_next_one_says_others():
    first, again, other = (redraw_labels(SPLIT, 0.4, CLASSES, seed)[0].labels for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.3


def test_no_share_and_every_share():
    np.testing.assert_array_equal(redraw_labels(SPLIT, 0, CLASSES)[0].labels, SPLIT.labels)
    assert redraw_labels(SPLIT, 1.0, CLASSES)[1].all()


@pytest.mark.parametrize("share", [-0.1, 1.5, "0.4", None, True, float("nan")])
def test_a_share_that_is_none_is_named(share):
    with pytest.raises(DataError, match="share is "):
        redraw_labels(SPLIT, share, CLASSES)
