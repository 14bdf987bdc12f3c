"""Dropout: in every training step random units sit out; in prediction all take part.

Prediction with random units out, again and again, shows how sure a network is: `Network.monte_carlo_probabilities`.
"""

import numpy as np

MONTE_CARLO_STREAM = 5103  # of the masks drawn in prediction, apart from the streams of a recipe


def draw_mask(shape, drop_rate, rng):
    """0 where a unit is dropped (with chance `drop_rate`), 1 / (1 - drop_rate) where it is kept; float64."""
    kept = rng.random(shape, dtype=np.float32) >= drop_rate
    return kept / (1 - drop_rate)


def monte_carlo_masks(n_examples, widths, drop_rate, passes, seed):
    """For each of `passes` predictions with dropout, a list of the masks (n_examples, width) of its layers.

    Gal and Ghahramani 2016, section 4.
    """
    rng = np.random.default_rng([MONTE_CARLO_STREAM, seed])
    for _ in range(passes):
        yield [draw_mask((n_examples, width), drop_rate, rng) for width in widths]


class Dropout:
    """Inverted dropout: kept units are scaled up in training, so that prediction needs no scaling.

    Srivastava et al. 2014 scale at prediction instead; the expected output is the same.

    Parameters
    ----------
    drop_rate : chance that a unit is dropped, in [0, 1)
    rng : source of the masks; the network gives both engines the same
    """

    def __init__(self, drop_rate, rng):
        self.drop_rate, self.rng = drop_rate, rng
        self.parameters = {}
        self.gradients = {}

    def forward(self, x, training=False):
        """x (batch, units) -> same shape; in evaluation x itself."""
        if not training:
            return x
        self.mask = draw_mask(x.shape, self.drop_rate, self.rng).astype(x.dtype)
        return x * self.mask

    def backward(self, output_gradient):
        return output_gradient * self.mask
