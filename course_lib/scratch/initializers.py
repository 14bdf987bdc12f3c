"""How weights start: random matrices (fan_in, fan_out) whose spread is chosen so that signals keep their size.

fan_in is the number of inputs of each unit, fan_out the number of units that each input feeds. Every function draws
from `rng`, a numpy.random.Generator, and returns float64.
"""

import numpy as np


def normal(fan_in, fan_out, rng, standard_deviation=1.0):
    """Normal weights with mean 0 and the given standard deviation, whatever the layer's width."""
    return rng.normal(0.0, standard_deviation, size=(fan_in, fan_out))


def standard_normal(fan_in, fan_out, rng):
    """N(0, 1): "fully random", the choice under which deep networks did not train."""
    return normal(fan_in, fan_out, rng, standard_deviation=1.0)


def uniform(fan_in, fan_out, rng, limit=1.0):
    """Uniform weights between -limit and limit, whatever the layer's width."""
    return rng.uniform(-limit, limit, size=(fan_in, fan_out))


def xavier_normal(fan_in, fan_out, rng):
    """Normal weights with Var[w] = 2 / (fan_in + fan_out). Glorot and Bengio 2010, eq. 12."""
    return normal(fan_in, fan_out, rng, np.sqrt(2.0 / (fan_in + fan_out)))


def xavier_uniform(fan_in, fan_out, rng):
    """Uniform weights with Var[w] = 2 / (fan_in + fan_out). Glorot and Bengio 2010, eq. 16."""
    return uniform(fan_in, fan_out, rng, np.sqrt(6.0 / (fan_in + fan_out)))  # U(-a, a) has variance a**2 / 3


def he_normal(fan_in, fan_out, rng):
    """Normal weights with Var[w] = 2 / fan_in. He et al. 2015, eq. 10."""
    return normal(fan_in, fan_out, rng, np.sqrt(2.0 / fan_in))


def he_uniform(fan_in, fan_out, rng):
    """Uniform weights with Var[w] = 2 / fan_in, the variance of He et al. 2015, eq. 10."""
    return uniform(fan_in, fan_out, rng, np.sqrt(6.0 / fan_in))


def lecun_normal(fan_in, fan_out, rng):
    """Normal weights with Var[w] = 1 / fan_in. LeCun et al. 1998, "Efficient BackProp", eq. 16."""
    return normal(fan_in, fan_out, rng, np.sqrt(1.0 / fan_in))


def pytorch_uniform(fan_in, fan_out, rng):
    """Uniform weights with Var[w] = 1 / (3 fan_in): what torch.nn.Linear starts with by itself.

    A sixth of He's variance. PyTorch starts the biases from the same range; here they start at 0.
    """
    return uniform(fan_in, fan_out, rng, np.sqrt(1.0 / fan_in))
