"""Activation functions, their derivatives, and the layers that apply them.

Every function takes an array `z` of weighted sums, of any shape, and returns an array of that shape.
`NAME_derivative(z)` is the slope of NAME at each entry of `z`. Where a function has a kink at 0, the slope to its left
is taken, as PyTorch does.
"""

import numpy as np

LEAKY_SLOPE = 0.01  # Maas et al. 2013
RRELU_LOWER, RRELU_UPPER = 1 / 8, 1 / 3  # Xu et al. 2015
PRELU_SLOPE = 0.25  # He et al. 2015: where the learned slope starts
SELU_ALPHA = 1.6732632423543772848170429916717  # Klambauer et al. 2017, eq. 14
SELU_SCALE = 1.0507009873554804934193349852946


def step(z):
    """1 where z >= 0, else 0. The neuron of McCulloch and Pitts 1943."""
    z = np.asarray(z)
    return (z >= 0).astype(_float_type(z))


def step_derivative(z):
    """0 everywhere: nothing can be learned through a step (at 0 itself there is no slope; 0 is returned)."""
    z = np.asarray(z)
    return np.zeros(z.shape, _float_type(z))


@np.errstate(under="ignore")  # exp of a large negative number is 0, and meant to be
def sigmoid(z):
    """1 / (1 + exp(-z)), in (0, 1). Computed from exp(-|z|), which cannot overflow."""
    decay = np.exp(-np.abs(z))
    return np.where(np.asarray(z) >= 0, 1 / (1 + decay), decay / (1 + decay))


def sigmoid_derivative(z):
    """sigmoid(z) * (1 - sigmoid(z)), at most 1/4."""
    output = sigmoid(z)
    return output * (1 - output)


def tanh(z):
    """(exp(z) - exp(-z)) / (exp(z) + exp(-z)), in (-1, 1)."""
    return np.tanh(z)


def tanh_derivative(z):
    """1 - tanh(z)**2, at most 1."""
    return 1 - np.tanh(z) ** 2


def relu(z):
    """max(z, 0). Nair and Hinton 2010."""
    return np.maximum(z, 0)


def relu_derivative(z):
    """1 where z > 0, else 0."""
    z = np.asarray(z)
    return (z > 0).astype(_float_type(z))


def leaky_relu(z, slope=LEAKY_SLOPE):
    """z where z > 0, else slope * z. Maas et al. 2013."""
    return np.where(np.asarray(z) > 0, z, slope * np.asarray(z))


def leaky_relu_derivative(z, slope=LEAKY_SLOPE):
    """1 where z > 0, else slope."""
    z = np.asarray(z)
    return np.where(z > 0, 1, slope).astype(_float_type(z))


def rrelu(z, slope=(RRELU_LOWER + RRELU_UPPER) / 2):
    """Leaky ReLU whose slope is drawn anew for each entry in training; the mean slope in evaluation. Xu et al. 2015.

    `slope` is the array of drawn slopes (see `draw_slopes`), or the mean slope for evaluation.
    """
    return leaky_relu(z, slope)


def rrelu_derivative(z, slope=(RRELU_LOWER + RRELU_UPPER) / 2):
    """1 where z > 0, else the slope that was used there."""
    return leaky_relu_derivative(z, slope)


def draw_slopes(shape, rng, lower=RRELU_LOWER, upper=RRELU_UPPER):
    """Slopes of an RReLU for one training step, uniform between `lower` and `upper`."""
    return lower + (upper - lower) * rng.random(shape, dtype=np.float32)


def prelu(z, slope=PRELU_SLOPE):
    """Leaky ReLU whose slope is learned. He et al. 2015, eq. 1."""
    return leaky_relu(z, slope)


def prelu_derivative(z, slope=PRELU_SLOPE):
    """1 where z > 0, else slope: the derivative with respect to z."""
    return leaky_relu_derivative(z, slope)


def prelu_slope_derivative(z):
    """min(z, 0): the derivative of prelu(z, slope) with respect to the slope. He et al. 2015, eq. 3."""
    return np.minimum(z, 0)


@np.errstate(under="ignore")  # exp of a large negative number is 0, and meant to be
def elu(z, alpha=1.0):
    """z where z > 0, else alpha * (exp(z) - 1). Clevert et al. 2016, eq. 1."""
    return np.where(np.asarray(z) > 0, z, alpha * np.expm1(np.minimum(z, 0)))


@np.errstate(under="ignore")  # exp of a large negative number is 0, and meant to be
def elu_derivative(z, alpha=1.0):
    """1 where z > 0, else alpha * exp(z)."""
    return np.where(np.asarray(z) > 0, 1, alpha * np.exp(np.minimum(z, 0)))


def selu(z):
    """SELU_SCALE * elu(z, SELU_ALPHA): keeps mean 0 and variance 1 (with LeCun's weights). Klambauer et al. 2017."""
    return SELU_SCALE * elu(z, SELU_ALPHA)


def selu_derivative(z):
    """SELU_SCALE * elu_derivative(z, SELU_ALPHA)."""
    return SELU_SCALE * elu_derivative(z, SELU_ALPHA)


def gelu(z):
    """z times the chance that a standard normal number is below z. Hendrycks and Gimpel 2016, in their tanh form."""
    z = np.asarray(z)
    return 0.5 * z * (1 + np.tanh(_gelu_inner(z)))


def gelu_derivative(z):
    """The derivative of the tanh form, by the product and chain rules."""
    z = np.asarray(z)
    bend = np.tanh(_gelu_inner(z))
    inner_slope = np.sqrt(2 / np.pi).astype(_float_type(z)) * (1 + 3 * 0.044715 * z**2)
    return 0.5 * (1 + bend) + 0.5 * z * (1 - bend**2) * inner_slope


def _gelu_inner(z):
    return np.sqrt(2 / np.pi).astype(_float_type(z)) * (z + 0.044715 * z * z * z)


@np.errstate(under="ignore")  # exp of a large negative number is 0, and meant to be
def silu(z):
    """z * sigmoid(z), also called swish. Elfwing, Uchibe and Doya 2018, eq. 6; Ramachandran et al. 2017."""
    return z * sigmoid(z)


@np.errstate(under="ignore")  # exp of a large negative number is 0, and meant to be
def silu_derivative(z):
    """sigmoid(z) * (1 + z * (1 - sigmoid(z))), by the product rule."""
    gate = sigmoid(z)
    return gate * (1 + z * (1 - gate))


def _float_type(z):
    return z.dtype if np.issubdtype(z.dtype, np.floating) else np.float64


class Activation:
    """A layer that applies one of the functions above, by name, to every entry of its input.

    Parameters
    ----------
    name : of one of the functions above but "rrelu" and "prelu", which have layers of their own
    """

    def __init__(self, name):
        self.function = globals()[name]
        self.derivative = globals()[f"{name}_derivative"]
        self.parameters = {}
        self.gradients = {}

    def forward(self, z, training=False):
        self.z = z
        return self.function(z)

    def backward(self, output_gradient):
        return output_gradient * self.derivative(self.z)  # dL/dz = dL/dh * h'(z)


class RReLU:
    """Randomized leaky ReLU: fresh slopes in every training step, their mean in evaluation. Xu et al. 2015.

    Parameters
    ----------
    rng : source of the slopes; the network gives both engines the same
    """

    def __init__(self, rng, lower=RRELU_LOWER, upper=RRELU_UPPER):
        self.rng, self.lower, self.upper = rng, lower, upper
        self.parameters = {}
        self.gradients = {}

    def forward(self, z, training=False):
        self.z = z
        self.slope = (self.lower + self.upper) / 2
        if training:
            self.slope = draw_slopes(z.shape, self.rng, self.lower, self.upper).astype(z.dtype)
        return rrelu(z, self.slope)

    def backward(self, output_gradient):
        return output_gradient * rrelu_derivative(self.z, self.slope)


class PReLU:
    """Leaky ReLU with one learned slope for the whole layer. He et al. 2015 (the channel-shared variant).

    parameters: {"slope": (1,)}
    """

    def __init__(self, dtype="float32"):
        self.parameters = {"slope": np.full(1, PRELU_SLOPE, dtype)}
        self.gradients = {"slope": np.zeros(1, dtype)}

    def forward(self, z, training=False):
        self.z = z
        return prelu(z, self.parameters["slope"])

    def backward(self, output_gradient):
        self.gradients["slope"][:] = (output_gradient * prelu_slope_derivative(self.z)).sum()
        return output_gradient * prelu_derivative(self.z, self.parameters["slope"])
