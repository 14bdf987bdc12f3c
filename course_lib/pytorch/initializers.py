"""How weights start, with the spreads that torch.nn.init computes.

PyTorch's own calls, such as `nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")`, draw from its own
generator. Here the numbers come from the NumPy generator `rng`, so that both engines start from the same weights.
"""

import math

import torch
from torch import nn


def normal(fan_in, fan_out, rng, standard_deviation=1.0):
    """As nn.init.normal_(weight, 0, standard_deviation)."""
    return torch.from_numpy(rng.standard_normal((fan_in, fan_out))) * standard_deviation


def standard_normal(fan_in, fan_out, rng):
    """As nn.init.normal_(weight)."""
    return normal(fan_in, fan_out, rng, standard_deviation=1.0)


def uniform(fan_in, fan_out, rng, limit=1.0):
    """As nn.init.uniform_(weight, -limit, limit)."""
    return torch.from_numpy(rng.uniform(-limit, limit, size=(fan_in, fan_out)))


def xavier_normal(fan_in, fan_out, rng):
    """As nn.init.xavier_normal_(weight)."""
    return normal(fan_in, fan_out, rng, nn.init.calculate_gain("linear") * math.sqrt(2 / (fan_in + fan_out)))


def xavier_uniform(fan_in, fan_out, rng):
    """As nn.init.xavier_uniform_(weight)."""
    return uniform(fan_in, fan_out, rng, nn.init.calculate_gain("linear") * math.sqrt(6 / (fan_in + fan_out)))


def he_normal(fan_in, fan_out, rng):
    """As nn.init.kaiming_normal_(weight, nonlinearity="relu")."""
    return normal(fan_in, fan_out, rng, nn.init.calculate_gain("relu") / math.sqrt(fan_in))


def he_uniform(fan_in, fan_out, rng):
    """As nn.init.kaiming_uniform_(weight, nonlinearity="relu")."""
    return uniform(fan_in, fan_out, rng, nn.init.calculate_gain("relu") * math.sqrt(3 / fan_in))


def lecun_normal(fan_in, fan_out, rng):
    """As nn.init.kaiming_normal_(weight, nonlinearity="linear")."""
    return normal(fan_in, fan_out, rng, nn.init.calculate_gain("linear") / math.sqrt(fan_in))


def pytorch_uniform(fan_in, fan_out, rng):
    """As nn.init.kaiming_uniform_(weight, a=math.sqrt(5)), which nn.Linear calls by itself."""
    return uniform(fan_in, fan_out, rng, nn.init.calculate_gain("leaky_relu", math.sqrt(5)) * math.sqrt(3 / fan_in))
