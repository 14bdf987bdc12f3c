"""Calibration with torch's own functions: histograms by bincount, the temperature by L-BFGS. Tensors in."""

import math

import torch
from torch.nn import functional

COLDEST, HOTTEST = 0.01, 100.0  # temperatures that `fit_temperature` looks between
_STEPS = 200  # of L-BFGS, at most


def reliability(
    probabilities: torch.Tensor, labels: torch.Tensor, bins: int = 15
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Counts, mean confidences and accuracies by confidence: three tensors (bins,)."""
    confidence, predicted = probabilities.max(dim=1)
    right = (predicted == labels).to(probabilities.dtype)
    bin_of = (confidence * bins).long().clamp(max=bins - 1)
    counts = torch.bincount(bin_of, minlength=bins)
    divisor = counts.clamp(min=1)
    mean_confidence = torch.bincount(bin_of, weights=confidence, minlength=bins) / divisor
    accuracy = torch.bincount(bin_of, weights=right, minlength=bins) / divisor
    return counts, mean_confidence, accuracy


def expected_calibration_error(probabilities: torch.Tensor, labels: torch.Tensor, bins: int = 15) -> float:
    """Mean over the examples of |confidence - accuracy| of their bin."""
    counts, confidence, accuracy = reliability(probabilities, labels, bins)
    return float((counts * (confidence - accuracy).abs()).sum() / counts.sum())


def fit_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The temperature T for which softmax(logits / T) has the smallest cross-entropy, by L-BFGS on log T."""
    logits = logits.detach().double()
    log_temperature = torch.zeros((), dtype=torch.float64, device=logits.device, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [log_temperature], max_iter=_STEPS, tolerance_grad=1e-12, tolerance_change=1e-14, line_search_fn="strong_wolfe"
    )

    def loss():
        optimizer.zero_grad()
        bounded = log_temperature.clamp(math.log(COLDEST), math.log(HOTTEST))
        value = functional.cross_entropy(logits / bounded.exp(), labels)
        value.backward()
        return value

    optimizer.step(loss)
    return float(log_temperature.detach().exp().clamp(COLDEST, HOTTEST))
