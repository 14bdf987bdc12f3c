"""Images for experiments: every seed draws its own, to learn from, to choose with and to be tested on.

So a seed is a whole experiment that owes nothing to another one: other weights, other batches, other training images
and other test images. The spread of the effects over seeds then holds all that chance had a hand in, and the interval
of their mean is one over seeds and images.

All images of Fashion-MNIST, the published training and test images together (their split was drawn at random too), are
shuffled once and cut into three areas:

1/7 to choose with : validation images, of tuning and of early stopping
3/7 to be tested on : ten blocks, one a seed; the next ten seeds cut the area anew
3/7 to learn from : training images

A seed that is measured also learns from the blocks of other seeds, but never from its own. A seed that learning rates
and strengths are tuned with does not: tuning sees no image that any seed is tested on.
"""

import functools
import hashlib

import numpy as np

from course_lib.data import DataError, Dataset, Split
from course_lib.data.fashion import CLASS_NAMES, IMAGE_SHAPE, SPLITS, read_embedded, scaled
from course_lib.experiments.experiment import FIRST_TUNING_SEED

BLOCKS = 10  # of the area to be tested on
STREAM = 5301  # of the shuffling and the draws, apart from the streams of a recipe
FULL, EMBEDDED = "full", "embedded"
# What the shuffled images are: the SHA-256 of all their pixels and labels, 16 digits. Another set is refused.
DIGESTS = {FULL: "0468445d79cfbc9a", EMBEDDED: "2a55721ade2e2c2a"}


@functools.cache
def pool(name: str = FULL) -> tuple[np.ndarray, np.ndarray]:
    """All images and labels of a set, shuffled, each image once: (n, 784) uint8, (n,) int64; to read, not to change.

    Raises
    ------
    DataError : no such set, or its images are not those that the claims were measured with
    DataUnavailable : all images are asked for, and they are not on this machine
    """
    if name not in DIGESTS:
        raise DataError(f"data is {name!r}; the choices are {', '.join(DIGESTS)}.")
    if name == FULL:
        from course_lib.data.full import full_arrays

        arrays = full_arrays()
    else:
        arrays = read_embedded()
    images = np.concatenate([arrays[f"{part}_images"].reshape(-1, 784) for part in SPLITS])
    labels = np.concatenate([arrays[f"{part}_labels"] for part in SPLITS]).astype(np.int64)
    once = _first_of_equals(images)
    order = once[np.random.default_rng(STREAM).permutation(len(once))]
    images, labels = images[order], labels[order]
    if (digest := _digest(images, labels)) != DIGESTS[name]:
        raise DataError(
            f"The images of the set {name!r} have the digest {digest}, and the claims are measured with "
            f"{DIGESTS[name]}: other images, or in another order. Install the data set again."
        )
    images.setflags(write=False)
    labels.setflags(write=False)
    return images, labels


def draw(seed: int, n_train: int, n_validation: int = 3000, n_test: int | None = None, data: str = FULL) -> Dataset:
    """The Dataset of a seed: fresh images for every part, of which no two are the same.

    Parameters
    ----------
    seed : of a measurement, or of tuning from FIRST_TUNING_SEED on
    n_train : training images
    n_validation : at most; a seventh of the pool is there
    n_test : at most; None is a whole block, 3,000 of all images, 600 of the embedded
    data : FULL or EMBEDDED

    Raises
    ------
    DataError : more training images than a seed can have; the message says how many there are
    """
    images, labels = pool(data)
    n = len(labels)
    n_choosing, n_testing = n // 7, 3 * n // 7
    choosing, testing, learning = np.split(np.arange(n), [n_choosing, n_choosing + n_testing])
    rng = np.random.default_rng([STREAM, seed])
    blocks = np.array_split(np.random.default_rng([STREAM, 1, seed // BLOCKS]).permutation(testing), BLOCKS)
    own = blocks[seed % BLOCKS]
    if seed < FIRST_TUNING_SEED:
        learning = np.concatenate([learning, np.setdiff1d(testing, own)])
    if not 1 <= n_train <= len(learning):
        raise DataError(f"n_train is {n_train!r}; seed {seed} has 1 to {len(learning):,} images to learn from.")
    rows = {
        "train": rng.choice(learning, n_train, replace=False),
        "validation": rng.choice(choosing, min(n_validation, len(choosing)), replace=False),
        "test": own[:n_test],
    }
    splits = {part: Split(scaled(images[chosen]), labels[chosen]) for part, chosen in rows.items()}
    name = "Fashion-MNIST" if data == FULL else "Fashion-MNIST subset"
    return Dataset(**splits, name=name, class_names=CLASS_NAMES, image_shape=IMAGE_SHAPE)


def record(name: str) -> dict:
    """What a result keeps of its images: {"set": "full", "images": how many, "digest": theirs}."""
    return {"set": name, "images": len(pool(name)[1]), "digest": DIGESTS[name]}


def _first_of_equals(images):
    """The places of the images, of equal ones the first alone."""
    _, first = np.unique(images.view(f"V{images.shape[1]}").ravel(), return_index=True)
    return np.sort(first)


def _digest(images, labels):
    return hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()[:16]
