"""Gradient clipping: a limit on the step that one bad batch can cause. Pascanu et al. 2013, algorithm 1."""

import numpy as np


def clip_by_value(gradients: np.ndarray, limit: float) -> int:
    """Cut each entry, in place, to [-limit, limit]. Returns how many entries were cut. Changes the direction."""
    cut = int(np.count_nonzero(np.abs(gradients) > limit))
    np.clip(gradients, -limit, limit, out=gradients)  # g <- min(max(g, -limit), limit)
    return cut


def clip_by_norm(gradients: np.ndarray, limit: float) -> float:
    """Scale all of `gradients`, in place, so that their length is at most `limit`. Returns the length before.

    The direction stays. The 1e-6 is PyTorch's, and keeps a gradient of length 0 from dividing by 0.
    """
    norm = float(np.sqrt(np.sum(gradients * gradients)))
    gradients *= min(1.0, limit / (norm + 1e-6))  # g <- g * limit / |g|
    return norm
