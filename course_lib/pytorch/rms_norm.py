"""RMS normalization: torch.nn.RMSNorm. PyTorch calls the scale `weight`."""

import torch
from torch import nn


class RMSNorm(nn.RMSNorm):
    """torch.nn.RMSNorm under this course's names.

    Parameters
    ----------
    n_features, epsilon, dtype : as in `course_lib.scratch.rms_norm.RMSNorm`
    """

    named = {"scale": "weight"}

    def __init__(self, n_features, epsilon=1e-5, dtype="float32"):
        super().__init__(n_features, eps=epsilon, dtype=getattr(torch, dtype))
