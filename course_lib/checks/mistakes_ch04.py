"""What the lists of mistakes of chapters 5 and 6 share."""

import numpy as np

ROUNDING = {"rtol": 1e-5, "atol": 1e-6}  # an answer computed in float32 is as good


def telling(right, mistakes):
    """The mistakes, {hint: wrong value}, that these inputs tell from the right value."""
    return {
        hint: wrong
        for hint, wrong in mistakes.items()
        if np.shape(wrong) != np.shape(right) or not np.allclose(wrong, right, **ROUNDING)
    }
