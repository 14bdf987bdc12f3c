"""Optimizers: how a gradient becomes a step.

Each holds one array of parameters, of any shape, and `step(gradients)` changes it in place.
"""

import numpy as np


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
    """Momentum that looks ahead. Nesterov 1983, in the form of Sutskever et al. 2013 that PyTorch uses."""

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
