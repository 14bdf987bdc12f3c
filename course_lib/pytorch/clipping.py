"""Gradient clipping as torch.nn.utils does it: `gradients` is a tensor, or a list of tensors clipped together."""

import torch


def clip_by_value(gradients: torch.Tensor | list[torch.Tensor], limit: float) -> int:
    """Cut each entry, in place, to [-limit, limit]. Returns how many entries were cut."""
    gradients = _as_list(gradients)
    cut = sum(int((gradient.abs() > limit).sum()) for gradient in gradients)
    for gradient in gradients:
        gradient.clamp_(-limit, limit)  # torch.nn.utils.clip_grad_value_ does this to the .grad of parameters
    return cut


def clip_by_norm(gradients: torch.Tensor | list[torch.Tensor], limit: float) -> float:
    """Scale all of `gradients` together, in place, to length `limit` at most. Returns the length before."""
    gradients = _as_list(gradients)
    norm = torch.nn.utils.get_total_norm(gradients)
    factor = (limit / (norm + 1e-6)).clamp(max=1)  # as torch.nn.utils.clip_grad_norm_
    for gradient in gradients:
        gradient.mul_(factor)
    return float(norm)


def _as_list(gradients):
    return [gradients] if isinstance(gradients, torch.Tensor) else list(gradients)
