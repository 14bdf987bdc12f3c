"""Dropout with masks from a NumPy generator. torch.nn.Dropout does the same with masks that it draws."""

import numpy as np
import torch
from torch import nn


def draw_mask(shape: tuple[int, ...], drop_rate: float, rng: np.random.Generator) -> torch.Tensor:
    """0 where a unit is dropped (with chance `drop_rate`), 1 / (1 - drop_rate) where it is kept; float64."""
    kept = rng.random(shape, dtype=np.float32) >= drop_rate
    return torch.from_numpy(kept / (1 - drop_rate))


class Dropout(nn.Module):
    """Inverted dropout, as torch.nn.Dropout, with the masks of `rng`: both engines drop the same units."""

    named = {}

    def __init__(self, drop_rate: float, rng: np.random.Generator):
        super().__init__()
        self.drop_rate, self.rng = drop_rate, rng

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        return x * draw_mask(x.shape, self.drop_rate, self.rng).to(x)
