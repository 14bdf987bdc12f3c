"""Dropout with masks from a NumPy generator. torch.nn.Dropout does the same with masks that it draws."""

import numpy as np
import torch
from torch import nn

MONTE_CARLO_STREAM = 5103  # of the masks drawn in prediction, apart from the streams of a recipe


def draw_mask(shape, drop_rate, rng):
    """0 where a unit is dropped (with chance `drop_rate`), 1 / (1 - drop_rate) where it is kept; float64."""
    kept = rng.random(shape, dtype=np.float32) >= drop_rate
    return torch.from_numpy(kept / (1 - drop_rate))


def monte_carlo_masks(n_examples, widths, drop_rate, passes, seed):
    """For each of `passes` predictions with dropout, a list of the masks (n_examples, width) of its layers."""
    rng = np.random.default_rng([MONTE_CARLO_STREAM, seed])
    for _ in range(passes):
        yield [draw_mask((n_examples, width), drop_rate, rng) for width in widths]


class Dropout(nn.Module):
    """Inverted dropout, as torch.nn.Dropout, with the masks of `rng`: both engines drop the same units."""

    named = {}

    def __init__(self, drop_rate, rng):
        super().__init__()
        self.drop_rate, self.rng = drop_rate, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * draw_mask(x.shape, self.drop_rate, self.rng).to(x)
