"""Labels that are wrong on purpose: what a network does with them shows what it has learned by heart."""

from numbers import Real

import numpy as np

from course_lib.data.dataset import DataError, Split, check_seed

STREAM = 5101  # of the redrawn labels, apart from the streams of a recipe


def redraw_labels(split: Split, share: float, n_classes: int, seed: int = 0) -> tuple[Split, np.ndarray]:
    """A Split with some labels drawn anew, each class with the same chance: (the new Split, which ones: (n,) bool).

    A drawn label can be the old one again, so of ten classes a tenth of those drawn stay right. Zhang et al. 2017,
    section 2.

    Parameters
    ----------
    split : Split
    share : chance of each label to be drawn anew, 0 to 1
    n_classes : labels are drawn from 0 to n_classes - 1
    seed : whole number, 0 or more

    Raises
    ------
    DataError : a share that is none, or a bad seed
    """
    if isinstance(share, bool) or not isinstance(share, Real) or not 0 <= share <= 1:
        raise DataError(f"share is {share!r}; it must be the share of the labels to redraw, from 0 to 1.")
    rng = np.random.default_rng([STREAM, check_seed(seed)])
    redrawn = rng.random(len(split)) < share
    drawn = rng.integers(0, n_classes, len(split))
    return Split(split.x, np.where(redrawn, drawn, split.labels)), redrawn
