"""The optimizers of torch.optim under this course's names and words. `parameters` is what torch.optim takes.

`fused=True` computes a step of all parameters in one pass, on the CPU as well as on a GPU.
"""

import math

import torch

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # of Muon: a, b and c of Jordan et al. 2024


class _Rate:
    """`learning_rate` as a plain attribute, for schedules: torch.optim keeps it in its parameter groups.

    A recorded step reads it from a tensor on the device, which keeps its place (see `course_lib.engine.cuda_graphs`).
    """

    @property
    def learning_rate(self):
        return float(self.param_groups[0]["lr"])

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        for group in self.param_groups:
            if isinstance(group["lr"], torch.Tensor):
                group["lr"].fill_(learning_rate)
            else:
                group["lr"] = learning_rate


class GradientDescent(_Rate, torch.optim.SGD):
    """torch.optim.SGD."""

    def __init__(self, parameters, learning_rate=0.01):
        super().__init__(parameters, lr=learning_rate, fused=True)


class Momentum(_Rate, torch.optim.SGD):
    """torch.optim.SGD(momentum=...)."""

    def __init__(self, parameters, learning_rate=0.01, momentum=0.9):
        super().__init__(parameters, lr=learning_rate, momentum=momentum, fused=True)


class Nesterov(_Rate, torch.optim.SGD):
    """torch.optim.SGD(momentum=..., nesterov=True)."""

    def __init__(self, parameters, learning_rate=0.01, momentum=0.9):
        super().__init__(parameters, lr=learning_rate, momentum=momentum, nesterov=True, fused=True)


class RMSProp(_Rate, torch.optim.RMSprop):
    """torch.optim.RMSprop; `decay` is PyTorch's alpha."""

    def __init__(self, parameters, learning_rate=0.01, decay=0.99, epsilon=1e-8):
        super().__init__(parameters, lr=learning_rate, alpha=decay, eps=epsilon)


class Adam(_Rate, torch.optim.Adam):
    """torch.optim.Adam."""

    def __init__(self, parameters, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        super().__init__(parameters, lr=learning_rate, betas=(beta1, beta2), eps=epsilon, fused=True)


class AdamW(_Rate, torch.optim.AdamW):
    """torch.optim.AdamW. Usual for weights, not for biases: a group of `parameters` may have a decay of its own."""

    def __init__(self, parameters, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
        words = {"lr": learning_rate, "betas": (beta1, beta2), "eps": epsilon, "weight_decay": weight_decay}
        super().__init__(parameters, **words, fused=True)


def newton_schulz(matrix, steps=5):
    """As `course_lib.scratch.optimizers.newton_schulz`: matrix (..., m, n) with its singular values moved near 1."""
    a, b, c = NEWTON_SCHULZ
    is_tall = matrix.shape[-2] > matrix.shape[-1]
    x = matrix.mT if is_tall else matrix  # x x^T is then the smaller of two products
    x = x / torch.linalg.matrix_norm(x, keepdim=True).clamp(min=1e-7)  # no singular value is above 1
    for _ in range(steps):
        gram = x @ x.mT  # A = x x^T
        x = a * x + (b * gram + c * gram @ gram) @ x  # x <- a x + (b A + c A^2) x
    return x.mT if is_tall else x


class Muon(_Rate, torch.optim.Optimizer):
    """torch.optim.Muon(adjust_lr_fn="match_rms_adamw"), for parameters (..., m, n).

    By hand: PyTorch's own came with 2.9, takes no more than two axes, and rounds every step to bfloat16.
    """

    def __init__(self, parameters, learning_rate=0.001, momentum=0.95, weight_decay=0.1):
        super().__init__(parameters, {"lr": learning_rate, "momentum": momentum, "weight_decay": weight_decay})
        for weight in (weight for group in self.param_groups for weight in group["params"]):
            self.state[weight]["mean"] = torch.zeros_like(weight)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            rate, momentum = group["lr"], group["momentum"]
            for weight in group["params"]:
                mean = self.state[weight]["mean"]
                mean.lerp_(weight.grad, 1 - momentum)  # m <- mu m + (1 - mu) g
                ahead = torch.lerp(weight.grad, mean, momentum)  # as Nesterov: mu m + (1 - mu) g
                scale = 0.2 * math.sqrt(max(weight.shape[-2:]))
                weight.sub_(rate * (group["weight_decay"] * weight))  # w <- w - eta lambda w
                weight.sub_(rate * (scale * newton_schulz(ahead)))
