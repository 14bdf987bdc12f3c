"""Activation functions from torch.nn.functional, their derivatives by autograd, and the layers that apply them.

The names, words and default values are those of `course_lib.scratch.activations`.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

LEAKY_SLOPE = 0.01
RRELU_LOWER, RRELU_UPPER = 1 / 8, 1 / 3
PRELU_SLOPE = 0.25
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def _slope_at(function, z):
    """The derivative of an elementwise function at each entry of z, by automatic differentiation."""
    z = torch.as_tensor(z).detach().requires_grad_()
    (slope,) = torch.autograd.grad(function(z).sum(), z)
    return slope


def step(z):
    """1 where z >= 0, else 0."""
    return torch.heaviside(z, torch.ones((), dtype=z.dtype, device=z.device))


def step_derivative(z):
    """0 everywhere."""
    return torch.zeros_like(z)


def sigmoid(z):
    """1 / (1 + exp(-z))."""
    return torch.sigmoid(z)


def sigmoid_derivative(z):
    """The derivative of sigmoid, by autograd."""
    return _slope_at(sigmoid, z)


def tanh(z):
    """Hyperbolic tangent."""
    return torch.tanh(z)


def tanh_derivative(z):
    """The derivative of tanh, by autograd."""
    return _slope_at(tanh, z)


def relu(z):
    """max(z, 0)."""
    return functional.relu(z)


def relu_derivative(z):
    """The derivative of relu, by autograd; 0 at the kink."""
    return _slope_at(relu, z)


def leaky_relu(z, slope=LEAKY_SLOPE):
    """z where z > 0, else slope * z."""
    return functional.leaky_relu(z, slope)


def leaky_relu_derivative(z, slope=LEAKY_SLOPE):
    """The derivative of leaky_relu, by autograd."""
    return _slope_at(lambda z: leaky_relu(z, slope), z)


def rrelu(z, slope=(RRELU_LOWER + RRELU_UPPER) / 2):
    """Leaky ReLU whose slopes (a tensor like z, see `draw_slopes`, or their mean) are given."""
    return torch.where(z > 0, z, slope * z)


def rrelu_derivative(z, slope=(RRELU_LOWER + RRELU_UPPER) / 2):
    """The derivative of rrelu, by autograd."""
    return _slope_at(lambda z: rrelu(z, slope), z)


def draw_slopes(shape, rng, lower=RRELU_LOWER, upper=RRELU_UPPER):
    """Slopes of an RReLU for one training step, uniform between `lower` and `upper`, from a NumPy generator."""
    return torch.from_numpy(lower + (upper - lower) * rng.random(shape, dtype=np.float32))


def prelu(z, slope=PRELU_SLOPE):
    """Leaky ReLU whose slope is learned."""
    return functional.prelu(z, torch.as_tensor(slope, dtype=z.dtype, device=z.device).reshape(-1))


def prelu_derivative(z, slope=PRELU_SLOPE):
    """The derivative of prelu with respect to z, by autograd."""
    return _slope_at(lambda z: prelu(z, slope), z)


def prelu_slope_derivative(z):
    """The derivative of prelu with respect to its slope, min(z, 0)."""
    return torch.clamp(z, max=0)


def elu(z, alpha=1.0):
    """z where z > 0, else alpha * (exp(z) - 1)."""
    return functional.elu(z, alpha)


def elu_derivative(z, alpha=1.0):
    """The derivative of elu, by autograd."""
    return _slope_at(lambda z: elu(z, alpha), z)


def selu(z):
    """Scaled ELU."""
    return functional.selu(z)


def selu_derivative(z):
    """The derivative of selu, by autograd."""
    return _slope_at(selu, z)


def gelu(z):
    """Gaussian error linear unit, in its tanh form."""
    return functional.gelu(z, approximate="tanh")


def gelu_derivative(z):
    """The derivative of gelu, by autograd."""
    return _slope_at(gelu, z)


def silu(z):
    """z * sigmoid(z)."""
    return functional.silu(z)


def silu_derivative(z):
    """The derivative of silu, by autograd."""
    return _slope_at(silu, z)


class Activation(nn.Module):
    """A module that applies one of the functions above, by name."""

    named = {}

    def __init__(self, name):
        super().__init__()
        self.function = globals()[name]

    def forward(self, z):
        return self.function(z)


class RReLU(nn.Module):
    """torch.nn.RReLU with slopes from a NumPy generator, so that both engines use the same."""

    named = {}

    def __init__(self, rng, lower=RRELU_LOWER, upper=RRELU_UPPER):
        super().__init__()
        self.rng, self.lower, self.upper = rng, lower, upper

    def forward(self, z):
        if not self.training:
            return rrelu(z, (self.lower + self.upper) / 2)
        return rrelu(z, draw_slopes(z.shape, self.rng, self.lower, self.upper).to(z))


class PReLU(nn.PReLU):
    """torch.nn.PReLU with one slope for the whole layer."""

    named = {"slope": "weight"}

    def __init__(self, dtype="float32"):
        super().__init__(num_parameters=1, init=PRELU_SLOPE, dtype=getattr(torch, dtype))
