"""A thousand simulated experiments, to see how often an interval holds the true effect."""

import functools

import numpy as np
import pytest

from course_lib.experiments import image_draws

IMAGES = 1400  # of the pool; the ten blocks to be tested on have 60 each
EXPERIMENTS, SEEDS = 1000, 10
EFFECT = 2.0
SEED_SPREAD, TRAINING_SPREAD, TEST_SPREAD = 0.5, 0.3, 0.8  # standard deviations, in percentage points


def coverage(interval, n_train=80, shared_test_images=False):
    """In which share of the experiments the interval of the seeds' effects holds the true effect.

    The effect of a seed is the true one, and what chance adds: by its weights and batches, by its training images and
    by its test images. Each image favors one of the arms by chance, in one way when it is learned from and in another
    when it is tested on; a seed has the mean of its own images.

    Parameters
    ----------
    interval : (numbers, one a seed) -> (mean, low, high)
    n_train : training images of a seed, of the 1,140 that it can have; 80 is the share that 4,000 are of the full set
    shared_test_images : all seeds are tested on the first one's images, and not each on its own
    """
    rng = np.random.default_rng(2026)
    trained_on, tested_on = places(n_train)
    if shared_test_images:
        tested_on = np.repeat(tested_on[:1], SEEDS, axis=0)
    effects = EFFECT + rng.normal(0.0, SEED_SPREAD, (EXPERIMENTS, SEEDS))
    for used, spread in ((trained_on, TRAINING_SPREAD), (tested_on, TEST_SPREAD)):
        by_image = rng.normal(0.0, spread * np.sqrt(used.shape[1]), (EXPERIMENTS, IMAGES))
        effects += np.stack([by_image[:, own].mean(axis=1) for own in used], axis=1)
    intervals = np.array([interval(numbers) for numbers in effects])
    return float(np.mean((intervals[:, 1] <= EFFECT) & (intervals[:, 2] >= EFFECT)))


@functools.cache
def places(n_train) -> tuple[np.ndarray, np.ndarray]:
    """Which images of the pool each seed learns from and is tested on, as `image_draws.draw` cuts it, by seed."""
    images = np.zeros((IMAGES, 784), np.uint8)
    images[:, :2] = np.stack(np.divmod(np.arange(IMAGES), 256), axis=1)  # the first two pixels say which image it is
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image_draws, "pool", lambda name: (images, np.arange(IMAGES) % 10))
        drawn = [image_draws.draw(seed, n_train) for seed in range(SEEDS)]
    return tuple(np.array([_places_of(getattr(each, part)) for each in drawn]) for part in ("train", "test"))


def _places_of(part):
    high, low = np.rint(255 * part.x[:, :2]).astype(int).T
    return 256 * high + low
