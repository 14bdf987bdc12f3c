"""The masks of Monte Carlo dropout: the same for every way to compute, apart from the random numbers of training."""

from collections.abc import Iterator

import numpy as np

from course_lib.scratch.dropout import draw_mask

MONTE_CARLO_STREAM = 5103  # of the masks drawn in prediction, apart from the streams of a recipe


def monte_carlo_masks(
    n_examples: int, widths: tuple[int, ...], drop_rate: float, passes: int, seed: int
) -> Iterator[list[np.ndarray]]:
    """For each of `passes` predictions with dropout, a list of the masks (n_examples, width) of its layers.

    Gal and Ghahramani 2016, section 4.
    """
    rng = np.random.default_rng([MONTE_CARLO_STREAM, seed])
    for _ in range(passes):
        yield [draw_mask((n_examples, width), drop_rate, rng) for width in widths]
