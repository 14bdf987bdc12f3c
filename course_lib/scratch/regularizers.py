"""What keeps weights small: penalties added to the loss (L1, L2) and a bound on each unit's weights (max-norm)."""

import numpy as np


def l1_penalty(weights: np.ndarray, strength: float) -> float:
    """strength * sum |w|: pushes small weights to exactly 0."""
    return float(strength * np.abs(weights).sum())


def l1_gradient(weights: np.ndarray, strength: float) -> np.ndarray:
    """strength * sign(w); 0 where w is 0."""
    return strength * np.sign(weights)


def l2_penalty(weights: np.ndarray, strength: float) -> float:
    """strength / 2 * sum w**2. The half makes the gradient strength * w, as PyTorch's `weight_decay` has it."""
    return float(strength / 2 * np.sum(weights * weights))


def l2_gradient(weights: np.ndarray, strength: float) -> np.ndarray:
    """strength * w."""
    return strength * weights


def apply_max_norm(weight: np.ndarray, limit: float) -> None:
    """Shorten, in place, each unit's incoming weights to length `limit` where they are longer.

    Srebro and Shraibman 2005; with dropout, Srivastava et al. 2014, section 5.1.

    weight : (fan_in, fan_out): a unit's incoming weights are a column
    """
    lengths = np.sqrt(np.sum(weight * weight, axis=0))
    weight *= limit / np.maximum(lengths, limit)  # 1 where the length is within the limit
