"""A dense layer: torch.nn.Linear. PyTorch keeps the weight as (fan_out, fan_in), the transpose of ours."""

import numpy as np
import torch
from torch import nn

from course_lib.pytorch import initializers


class Dense(nn.Linear):
    """torch.nn.Linear with the initialization chosen by name.

    Parameters
    ----------
    fan_in, fan_out, initialization, rng, bias, dtype : as in `course_lib.scratch.dense.Dense`
    """

    named = {"weight": "weight", "bias": "bias"}

    def __init__(self, fan_in, fan_out, initialization="he_normal", rng=None, bias=True, dtype="float32"):
        super().__init__(fan_in, fan_out, bias=bias, dtype=getattr(torch, dtype))
        initialize = getattr(initializers, initialization)
        with torch.no_grad():
            self.weight.copy_(initialize(fan_in, fan_out, rng or np.random.default_rng()).T)
            if bias:
                self.bias.zero_()
