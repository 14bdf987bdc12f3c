"""Batch normalization: torch.nn.BatchNorm1d. PyTorch calls the scale `weight` and the shift `bias`."""

import torch
from torch import nn


class BatchNorm(nn.BatchNorm1d):
    """torch.nn.BatchNorm1d under this course's names.

    Parameters
    ----------
    n_features, momentum, epsilon, dtype : as in `course_lib.scratch.batch_norm.BatchNorm`
    """

    named = {"scale": "weight", "shift": "bias"}
    named_statistics = {"running_mean": "running_mean", "running_variance": "running_var"}

    def __init__(self, n_features, momentum=0.1, epsilon=1e-5, dtype="float32"):
        super().__init__(n_features, eps=epsilon, momentum=momentum, dtype=getattr(torch, dtype))

    def forward(self, x):
        if self.training and len(x) < 2:
            raise ValueError(
                "batch normalization got a training batch of 1 example, whose variance is 0: use batches of 2 or more."
            )
        return super().forward(x)
