"""Exercise 4.6: the next batch, without work on images that are not in it."""

from time import process_time

import numpy as np

from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import expect_close
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = "Take one image of your batch and print its mean and its standard deviation: they should be 0 and 1."

ROUNDING = {"rtol": 1e-4, "atol": 1e-5}
MANY_IMAGES, PIXELS, BATCH = 3000, 784, 20
SHARE = 1 / 15  # of the slow one's time. The batch alone takes about 1/150, all images in one array 1/8 or more
FEWEST_ROUNDS, MOST_ROUNDS = 2, 5  # side by side; the shortest counts, which other work on the machine disturbs least


def standardized(images, axis=1, epsilon=1e-8, deviation=np.std, **words):
    """The images, each with mean 0 and standard deviation 1. The other words choose a mistake."""
    images = images.astype(float)
    spread = deviation(images, axis=axis, keepdims=True, **words)
    return (images - images.mean(axis=axis, keepdims=True)) / (spread + epsilon)


def batch_of(images, indices):
    """The right batch."""
    return standardized(images[indices])


def drawn(rng):
    """Fresh images and rows of them: any order, repeated ones, one, all, a blank image. No time is taken with them."""
    count, pixels = int(rng.integers(8, 40)), int(rng.integers(12, 60))
    images = _random_images(rng, count, pixels)
    blank = images.copy()
    blank[1] = rng.integers(0, 256)
    some = rng.permutation(count)[: rng.integers(2, count)]
    return [
        (images, some),
        (images, rng.integers(0, count, 2 * count)),
        (images, rng.integers(0, count, 1)),
        (_random_images(rng, pixels, pixels), rng.permutation(pixels)),
        (blank, np.array([0, 1, 2, 1])),
    ]


def slow_batch(images, indices):
    """The version that the exercise gives: every image, one by one, for each batch."""
    kept = np.zeros(images.shape)
    for row in range(len(images)):
        image = images[row].astype(float)
        kept[row] = (image - image.mean()) / (image.std() + 1e-8)
    return kept[indices]


def batch_without_a_mean(images, indices):
    batch = images[indices].astype(float)
    return batch / (batch.std(axis=1, keepdims=True) + 1e-8)


def batch_by_all_images(images, indices, axis=None):
    everything = images.astype(float)
    return (images[indices] - everything.mean(axis=axis)) / (everything.std(axis=axis) + 1e-8)


def keeper():
    """A function that standardizes the first images it sees, and keeps them for all later calls of the same size."""
    kept = {}

    def answer(images, indices):
        if images.shape not in kept or len(images) < 100:
            kept[images.shape] = standardized(images)
        return kept[images.shape][indices]

    return answer


def batch_in_place(images, indices):
    images[:] = images // 2
    return images[indices].astype(float)


DECIMALS = (
    "The decimals are cut off: the array that you fill holds whole numbers, as `images` does. Make it one of decimals: "
    "`.astype(float)`."
)

MISTAKES = [
    (
        lambda images, indices: standardized(images[indices], axis=None),
        "One mean and one standard deviation are taken over the whole batch, so an image depends on its neighbors. "
        "Each image has its own: axis=1.",
    ),
    (
        lambda images, indices: standardized(images[indices], axis=0),
        "Each pixel is standardized over the batch. Each image has its own mean and deviation: axis=1.",
    ),
    (batch_by_all_images, "One mean and one standard deviation of all images are in it. Each image has its own."),
    (
        lambda images, indices: batch_by_all_images(images, indices, axis=0),
        "Each pixel is standardized over all images. Each image has its own mean and deviation: axis=1.",
    ),
    (
        lambda images, indices: standardized(images[indices], epsilon=0),
        "A blank image gives nan: its standard deviation is 0. Add 1e-8 to it.",
    ),
    (lambda images, indices: images[indices].astype(float), "The images are not standardized yet."),
    (
        lambda images, indices: images[indices] - images[indices].mean(axis=1, keepdims=True),
        "The mean is taken off, and the division by the standard deviation is missing.",
    ),
    (
        lambda images, indices: standardized(images[indices], deviation=np.var),
        "It is divided by the variance. The standard deviation is its root.",
    ),
    (lambda images, indices: batch_of(images, indices).astype(int), DECIMALS),
    (
        lambda images, indices: batch_of(images, indices).astype(int).astype(np.uint8),
        f"{DECIMALS} It has no negative numbers either.",
    ),
    (batch_without_a_mean, "The mean is not taken off."),
    (
        lambda images, indices: standardized(images[indices], ddof=1),
        "The standard deviation is the one with n - 1. Here the plain one is used, as NumPy's `std` gives it.",
    ),
    (
        lambda images, indices: images[indices] / 255,
        "The images are scaled to 0 to 1, which is not the same as standardized.",
    ),
    (
        lambda images, indices: batch_of(images, np.sort(indices)),
        "The images come in the order of their numbers. They belong in the order of `indices`.",
    ),
    (
        lambda images, indices: batch_of(images, list(dict.fromkeys(indices))),
        "An image whose index comes twice is left out once.",
    ),
    (lambda images, indices: standardized(images), "All images come back. The batch has those at `indices`."),
    (
        lambda images, indices: standardized(images[: len(indices)]),
        "The first images come back, not those at `indices`.",
    ),
    (slow_batch, Said("All 3,000 images are worked on")),
    (lambda images, indices: standardized(images)[indices], Said("and the time is not")),
    (keeper(), Said("values differ")),
    (lambda images, indices: batch_of(images, indices) * images[indices].std(), Said("values differ")),
    (batch_in_place, Said("changes its input `images`")),
    (lambda images, indices: list(batch_of(images, indices)), Said("expected a NumPy array")),
    (lambda images, indices: None, Said("forget `return`")),
]


@exercise("4.6", title="Find the bottleneck", mistakes=MISTAKES, lead=LEAD, hidden=same_as(batch_of, drawn, **ROUNDING))
def next_batch(submitted):
    """The numbers, with a blank image and repeated indices; then the processor time, side by side with the slow one."""
    rng = np.random.default_rng(46)
    images = _random_images(rng, 12, 30)
    blank = images.copy()
    blank[4] = 17
    cases = [
        ("12 images, 5 indices", images, np.array([7, 2, 11, 0, 5])),
        ("indices that repeat", images, np.array([3, 9, 3, 1])),
        ("one index", images, np.array([6])),
        ("a blank image", blank, np.array([8, 4, 1])),
    ]
    for name, *given in cases:
        with np.errstate(all="ignore"):
            value = submitted(*given)
        because, what = known(MISTAKES, *given), f"The batch for {name}"
        expect_close(value, batch_of(*given), **ROUNDING, because=because, what=what)
    _check_time(submitted, rng)
    return "The same numbers in any order of indices, and work for the batch alone: under 1/15 of the slow one's time."


def _random_images(rng, count, pixels):
    """Whole numbers 0 to 255, as image files hold them; each image has a brightness and a contrast of its own."""
    low = rng.integers(0, 100, (count, 1))
    return rng.integers(low, low + rng.integers(20, 150, (count, 1)), (count, pixels)).astype(np.uint8)


def _check_time(submitted, rng):
    """Other images and indices in each round, so that what is kept from an earlier call does not count."""
    yours, slow = np.inf, np.inf
    for place in range(MOST_ROUNDS):
        images, indices = _random_images(rng, MANY_IMAGES, PIXELS), rng.permutation(MANY_IMAGES)[:BATCH]
        value = submitted(images, indices)
        started = process_time()
        expected = slow_batch(images, indices)
        yours, slow = min(yours, submitted.seconds), min(slow, process_time() - started)
        expect_close(value, expected, **ROUNDING, what=f"The batch of {BATCH} for {MANY_IMAGES:,} images")
        if place + 1 >= FEWEST_ROUNDS and yours <= SHARE * slow:
            return
    raise Diagnosis(
        f"The numbers are right, and the time is not: {1000 * yours:.1f} ms for {BATCH} of {MANY_IMAGES:,} images. The "
        f"slow version takes {1000 * slow:.1f} ms here; wanted is 1/{1 / SHARE:.0f} of that or less.",
        hint=f"All {MANY_IMAGES:,} images are worked on, to keep {BATCH} of them. Take the batch out first, "
        "`images[indices]`, and standardize that.",
    )
