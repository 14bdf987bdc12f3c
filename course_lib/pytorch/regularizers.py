"""Penalties and the max-norm bound on tensors; the penalties' gradients come by autograd."""

import torch


def l1_penalty(weights: torch.Tensor, strength: float) -> torch.Tensor:
    """strength * sum |w|."""
    return strength * weights.abs().sum()


def l1_gradient(weights: torch.Tensor, strength: float) -> torch.Tensor:
    """The gradient of l1_penalty, by autograd; 0 where w is 0."""
    return _gradient(l1_penalty, weights, strength)


def l2_penalty(weights: torch.Tensor, strength: float) -> torch.Tensor:
    """strength / 2 * sum w**2; for plain gradient descent the same as `weight_decay=strength` in torch.optim."""
    return strength / 2 * weights.square().sum()


def l2_gradient(weights: torch.Tensor, strength: float) -> torch.Tensor:
    """The gradient of l2_penalty, by autograd."""
    return _gradient(l2_penalty, weights, strength)


def apply_max_norm(weight: torch.Tensor, limit: float) -> None:
    """Shorten, in place, each unit's incoming weights to length `limit` where they are longer.

    weight : (fan_in, fan_out), for example the transpose of a torch.nn.Linear's weight
    """
    with torch.no_grad():
        weight.mul_(limit / weight.norm(dim=0).clamp(min=limit))


def _gradient(penalty, weights, strength):
    weights = weights.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(penalty(weights, strength), weights)
    return gradient
