"""Dropout: in every training step random units sit out; in prediction all take part.

Prediction with random units out, again and again, shows how sure a network is: Gal and Ghahramani 2016.
"""

import numpy as np


def draw_mask(shape: tuple[int, ...], drop_rate: float, rng: np.random.Generator) -> np.ndarray:
    """0 where a unit is dropped (with chance `drop_rate`), 1 / (1 - drop_rate) where it is kept; float64."""
    kept = rng.random(shape, dtype=np.float32) >= drop_rate
    return kept / (1 - drop_rate)  # m = 1 / (1 - p) with chance 1 - p, so that its mean is 1


class Dropout:
    """Inverted dropout: kept units are scaled up in training, so that prediction needs no scaling.

    Srivastava et al. 2014 scale at prediction instead; the expected output is the same.

    Parameters
    ----------
    drop_rate : chance that a unit is dropped, in [0, 1)
    rng : source of the masks; the network gives both engines the same
    """

    def __init__(self, drop_rate: float, rng: np.random.Generator):
        self.drop_rate, self.rng = drop_rate, rng
        self.parameters = {}
        self.gradients = {}

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """x (batch, units) -> same shape; in evaluation x itself."""
        if not training:
            return x
        self.mask = draw_mask(x.shape, self.drop_rate, self.rng).astype(x.dtype)
        return x * self.mask  # y = x m

    def backward(self, output_gradient: np.ndarray) -> np.ndarray:
        """dL/dy -> dL/dx: what was dropped gets no gradient."""
        return output_gradient * self.mask  # dL/dx = dL/dy m
