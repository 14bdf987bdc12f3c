"""The optimizers of torch.optim under this course's names and words. `parameters` is what torch.optim takes.

`fused=True` computes a step of all parameters in one pass, on the CPU as well as on a GPU.
"""

import torch


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
