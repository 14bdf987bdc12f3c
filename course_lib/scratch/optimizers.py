"""Optimizers: how a gradient becomes a step.

Each holds one array of parameters, of any shape, and `step(gradients)` changes it in place.
"""

import math

import numpy as np

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # of Muon: a, b and c of Jordan et al. 2024


class GradientDescent:
    """w <- w - eta g. Cauchy 1847; with random batches, Robbins and Monro 1951."""

    def __init__(self, parameters, learning_rate=0.01):
        self.parameters, self.learning_rate = parameters, learning_rate

    def step(self, gradients):
        self.parameters -= self.learning_rate * gradients  # w <- w - eta g


class Momentum:
    """Steps along a running sum of gradients. Polyak 1964.

    Parameters
    ----------
    momentum : the share of the velocity that is kept, mu in [0, 1)
    """

    def __init__(self, parameters, learning_rate=0.01, momentum=0.9):
        self.parameters, self.learning_rate, self.momentum = parameters, learning_rate, momentum
        self.velocity = np.zeros_like(parameters)

    def step(self, gradients):
        self.velocity = self.momentum * self.velocity + gradients  # v <- mu v + g
        self.parameters -= self.learning_rate * self.velocity  # w <- w - eta v


class Nesterov:
    """Momentum that looks ahead. Nesterov 1983, in the form of Bengio et al. 2013, section 3.5, that PyTorch uses."""

    def __init__(self, parameters, learning_rate=0.01, momentum=0.9):
        self.parameters, self.learning_rate, self.momentum = parameters, learning_rate, momentum
        self.velocity = np.zeros_like(parameters)

    def step(self, gradients):
        self.velocity = self.momentum * self.velocity + gradients  # v <- mu v + g
        self.parameters -= self.learning_rate * (gradients + self.momentum * self.velocity)  # w <- w - eta (g + mu v)


class RMSProp:
    """Each entry's step is divided by the running size of its gradient. Hinton 2012, lecture 6e.

    Parameters
    ----------
    decay : the share of the running mean square that is kept (PyTorch calls it alpha)
    epsilon : added to the root, so that a gradient of 0 does not divide by 0
    """

    def __init__(self, parameters, learning_rate=0.01, decay=0.99, epsilon=1e-8):
        self.parameters, self.learning_rate = parameters, learning_rate
        self.decay, self.epsilon = decay, epsilon
        self.mean_square = np.zeros_like(parameters)

    def step(self, gradients):
        self.mean_square = self.decay * self.mean_square + (1 - self.decay) * gradients**2  # s <- rho s + (1 - rho) g^2
        self.parameters -= self.learning_rate * gradients / (np.sqrt(self.mean_square) + self.epsilon)


class Adam:
    """Momentum and RMSProp together, both corrected for their start at 0. Kingma and Ba 2015, algorithm 1.

    Parameters
    ----------
    beta1, beta2 : the shares of the running mean and mean square that are kept
    epsilon : added to the root, so that a gradient of 0 does not divide by 0
    """

    def __init__(self, parameters, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.parameters, self.learning_rate = parameters, learning_rate
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.mean = np.zeros_like(parameters)
        self.mean_square = np.zeros_like(parameters)
        self.steps = 0

    def step(self, gradients):
        self.steps += 1
        self.mean = self.beta1 * self.mean + (1 - self.beta1) * gradients  # m <- b1 m + (1 - b1) g
        self.mean_square = self.beta2 * self.mean_square + (1 - self.beta2) * gradients**2  # s <- b2 s + (1 - b2) g^2
        corrected_mean = self.mean / (1 - self.beta1**self.steps)  # m' = m / (1 - b1^t)
        corrected_mean_square = self.mean_square / (1 - self.beta2**self.steps)  # s' = s / (1 - b2^t)
        root = np.sqrt(corrected_mean_square) + self.epsilon
        self.parameters -= self.learning_rate * corrected_mean / root  # w <- w - eta m' / (sqrt(s') + epsilon)


class AdamW(Adam):
    """Adam with decoupled weight decay: the weights shrink by a fixed share, apart from the gradient step.

    Loshchilov and Hutter 2019, algorithm 2.

    Parameters
    ----------
    weight_decay : the share, times the learning rate, that each step takes off. Usual for weights, not for biases
    """

    def __init__(self, parameters, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
        super().__init__(parameters, learning_rate, beta1, beta2, epsilon)
        self.weight_decay = weight_decay

    def step(self, gradients):
        self.parameters *= 1 - self.learning_rate * self.weight_decay  # w <- w - eta lambda w
        super().step(gradients)


def newton_schulz(matrix, steps=5):
    """The matrix with its singular values moved near 1: of U S V^T about U V^T is left.

    Products of matrices do it, without a decomposition. Values above 0.3% of the matrix's length come to lie between
    0.68 and 1.21. Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks".

    Parameters
    ----------
    matrix : (..., m, n), each of the last two axes on its own
    steps : how often the polynomial a x + b x^3 + c x^5 is applied to every singular value
    """
    a, b, c = NEWTON_SCHULZ
    is_tall = matrix.shape[-2] > matrix.shape[-1]
    x = np.swapaxes(matrix, -2, -1) if is_tall else matrix  # x x^T is then the smaller of two products
    length = np.linalg.norm(x, axis=(-2, -1), keepdims=True)
    x = x / np.maximum(length, 1e-7)  # no singular value is above 1
    for _ in range(steps):
        gram = x @ np.swapaxes(x, -2, -1)  # A = x x^T
        x = a * x + (b * gram + c * gram @ gram) @ x  # x <- a x + (b A + c A^2) x
    return np.swapaxes(x, -2, -1) if is_tall else x


class Muon:
    """Momentum whose step has all singular values near 1: no direction of a weight matrix is left behind.

    For weight matrices alone; biases and the like take Adam. Jordan et al. 2024; the step's scale is that of Liu et al.
    2025, "Muon is scalable for LLM training", section 2.2, with which Adam's learning rates suit Muon too. A step costs
    15 products of matrices, whatever the size of the batch: Muon pays where batches are large.

    Parameters
    ----------
    parameters : (..., m, n)
    momentum : the share of the running mean that is kept, mu in [0, 1)
    weight_decay : as in AdamW
    """

    def __init__(self, parameters, learning_rate=0.001, momentum=0.95, weight_decay=0.1):
        self.parameters, self.learning_rate = parameters, learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.mean = np.zeros_like(parameters)
        self.scale = 0.2 * math.sqrt(max(parameters.shape[-2:]))  # then entries of a step are about 0.2 eta, as Adam's

    def step(self, gradients):
        self.mean = self.momentum * self.mean + (1 - self.momentum) * gradients  # m <- mu m + (1 - mu) g
        ahead = self.momentum * self.mean + (1 - self.momentum) * gradients  # as Nesterov: mu m + (1 - mu) g
        self.parameters *= 1 - self.learning_rate * self.weight_decay  # w <- w - eta lambda w
        self.parameters -= self.learning_rate * self.scale * newton_schulz(ahead)
