"""Layer normalization: torch.nn.LayerNorm. PyTorch calls the scale `weight` and the shift `bias`."""

import torch
from torch import nn


class LayerNorm(nn.LayerNorm):
    """torch.nn.LayerNorm under this course's names.

    Parameters
    ----------
    n_features, epsilon, dtype : as in `course_lib.scratch.layer_norm.LayerNorm`
    """

    named = {"scale": "weight", "shift": "bias"}

    def __init__(self, n_features, epsilon=1e-5, dtype="float32"):
        super().__init__(n_features, eps=epsilon, dtype=getattr(torch, dtype))
