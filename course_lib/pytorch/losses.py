"""Losses from torch.nn.functional, and their gradients by autograd. Tensors in, tensors out."""

import torch
from torch.nn import functional


def mean_squared_error(predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean of (prediction - target)^2 over all entries."""
    return functional.mse_loss(predictions, targets)


def mean_squared_error_gradient(predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """dL/dprediction, by autograd."""
    return _gradient(lambda predictions: mean_squared_error(predictions, targets), predictions)


def softmax(logits: torch.Tensor) -> torch.Tensor:
    """Rows of logits -> rows of probabilities."""
    return functional.softmax(logits, dim=-1)


def softmax_cross_entropy(logits: torch.Tensor, labels: torch.Tensor, label_smoothing: float = 0.0) -> torch.Tensor:
    """Mean over the batch of -log(probability of the true class): softmax and logarithm in one stable step.

    With label smoothing s the targets are (1 - s) one_hot(labels) + s / classes. Szegedy et al. 2016, section 7.
    """
    return functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)


def softmax_cross_entropy_gradient(
    logits: torch.Tensor, labels: torch.Tensor, label_smoothing: float = 0.0
) -> torch.Tensor:
    """dL/dlogits, by autograd."""
    return _gradient(lambda logits: softmax_cross_entropy(logits, labels, label_smoothing), logits)


def _gradient(loss, outputs):
    outputs = outputs.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(outputs), outputs)
    return gradient
