"""Residual connections: x + f(x), one line of a module's `forward`; autograd sends the gradient both ways."""

import torch
from torch import nn


class Residual(nn.Module):
    """outputs = x + f(x), where f is a module that keeps the number of columns. He et al. 2016, eq. 1.

    Parameters
    ----------
    inside : f, an nn.Module
    """

    named = {}

    def __init__(self, inside):
        super().__init__()
        self.inside = inside

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inside(x)
