"""Muon as an oracle: the polynomial of Newton and Schulz on the singular values themselves, found by decomposition."""

import torch

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # Jordan et al. 2024


class PlainMuon(torch.optim.Optimizer):
    """The steps of torch.optim.Muon(adjust_lr_fn="match_rms_adamw") without its rounding to bfloat16."""

    def __init__(self, parameters, lr, weight_decay=0.0, coefficients=COEFFICIENTS):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "coefficients": coefficients})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            a, b, c = group["coefficients"]
            for weight in group["params"]:
                velocity = self.state[weight].setdefault("velocity", torch.zeros_like(weight))
                velocity.mul_(0.95).add_(weight.grad)  # as torch.optim.SGD: Muon's own is 1 / 20 of it
                u, values, vh = torch.linalg.svd(weight.grad + 0.95 * velocity, full_matrices=False)
                values /= values.norm().clamp(min=1e-12)
                for _ in range(5):
                    values = a * values + b * values**3 + c * values**5
                weight.sub_(group["lr"] * group["weight_decay"] * weight)
                weight.sub_(group["lr"] * 0.2 * max(weight.shape) ** 0.5 * (u * values) @ vh)


class MuonAndAdam:
    """PlainMuon for weights, torch.optim.Adam for the others."""

    def __init__(self, weights, others, lr, weight_decay=0.0):
        self.parts = [PlainMuon(weights, lr, weight_decay), torch.optim.Adam(others, lr)]

    @property
    def param_groups(self):
        return [group for part in self.parts for group in part.param_groups]

    def zero_grad(self):
        for part in self.parts:
            part.zero_grad()

    def step(self):
        for part in self.parts:
            part.step()
