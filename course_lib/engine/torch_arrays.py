"""Between PyTorch's tensors and the arrays that cross the engine's boundary."""

import numpy as np
import torch


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """A copy as a NumPy array; matrices are transposed, from PyTorch's (fan_out, fan_in) to (fan_in, fan_out)."""
    array = tensor.detach().cpu().numpy()
    return array.T.copy() if array.ndim == 2 else array.copy()
