"""What flows through a network, layer by layer: forward the activations, backward their gradients."""

import copy
from dataclasses import dataclass

import numpy as np

from course_lib.arrays import ArrayError, check_inputs, check_labels
from course_lib.engine.numpy_backend import Network
from course_lib.engine.watching import watched
from course_lib.scratch.losses import softmax_cross_entropy, softmax_cross_entropy_gradient


@dataclass(frozen=True, eq=False)
class LayerFlow:
    """One forward and one backward pass, looked at in every hidden layer; all arrays float64, first layer to last.

    Parameters
    ----------
    loss : the mean loss of the batch, without penalties
    sums : z, one array (batch, units) per hidden layer: what goes into the activation (after a batch norm)
    activations : h, one array (batch, units) per hidden layer: what comes out of the activation, before dropout
    activation_gradients : dL/dh, one array (batch, units) per hidden layer. L is a mean over the batch, so that every
        entry is one example's share and holds a factor 1 / batch
    weight_gradients : dL/dW, one array (fan_in, fan_out) per dense layer; the last one is the output layer's
    """

    loss: float
    sums: list
    activations: list
    activation_gradients: list
    weight_gradients: list

    @property
    def activation_spread(self):
        """Standard deviation of all entries of h: array (hidden layers,)."""
        return np.array([_root_mean_square(h - h.mean()) for h in self.activations])

    @property
    def signal_spread(self):
        """How much h differs from example to example: array (hidden layers,).

        The standard deviation over the batch, unit by unit, and its root mean square over the units. It is 0 in a
        layer that answers the same to every example, whatever the spread of its activations.
        """
        return np.array([_root_mean_square(h - h.mean(axis=0)) for h in self.activations])

    @property
    def gradient_size(self):
        """Root mean square of all entries of dL/dh: array (hidden layers,)."""
        return np.array([_root_mean_square(gradient) for gradient in self.activation_gradients])

    @property
    def weight_gradient_size(self):
        """Root mean square of all entries of dL/dW: array (dense layers,), the output layer's last."""
        return np.array([_root_mean_square(gradient) for gradient in self.weight_gradients])


def layer_flow(network, x, labels):
    """The activations and gradients of every hidden layer, for one batch in training mode.

    It is computed in float64 whatever the network's type, since float32 ends 38 decades below 1, and on copies: the
    network's parameters, gradients, running statistics and stream of masks stay as they are. Dropout and RReLU use the
    masks and slopes of the network's next training step.

    Parameters
    ----------
    network : a NumPy Network, with one hidden layer or more
    x : (batch, n_inputs)
    labels : (batch,) whole numbers

    Returns
    -------
    LayerFlow

    Raises
    ------
    ArrayError : x or labels do not fit, no hidden layer, parameters that are not finite, or values beyond float64
    """
    layers, leaves = _copied_layers(network)
    x = check_inputs(x, network.n_inputs).astype(np.float64)
    labels = check_labels(labels, len(x), network.n_classes)
    sums, activations, activation_gradients = [], [], []

    def going_forward(name, inputs, outputs):
        if name.startswith("activation"):
            sums.append(inputs)
            activations.append(outputs)

    def going_back(name, gradient):
        if name.startswith("activation"):
            activation_gradients.insert(0, gradient)

    with watched(leaves, going_forward, going_back), np.errstate(under="ignore"):
        with np.errstate(over="ignore", invalid="ignore"):  # reported below, by layer
            for _, layer in layers:
                x = layer.forward(x, True)
        _check_finite([*sums, x])
        loss, gradient = softmax_cross_entropy(x, labels), softmax_cross_entropy_gradient(x, labels)
        for _, layer in reversed(layers):
            gradient = layer.backward(gradient)
    weight_gradients = [layer.gradients["weight"] for _, layer in leaves if "weight" in layer.gradients]
    return LayerFlow(loss, sums, activations, activation_gradients, weight_gradients)


def _copied_layers(network):
    """The network's layers and leaves as independent copies in float64; one copy of the generator that they share."""
    if not isinstance(network, Network):
        raise ArrayError(
            f"layer_flow() got {type(network).__name__}; it needs a NumPy Network, whose layers it can follow one by "
            "one. A PyTorch network can hand over its state: numpy_network.load_state(torch_network.state())."
        )
    if not network.recipe.hidden_layers:
        raise ArrayError("This network has no hidden layer to look at. Give its recipe one: hidden_layers=(20,).")
    layers, leaves = copy.deepcopy((network.layers, network.leaves))
    for layer_name, layer in leaves:
        for arrays in (layer.parameters, layer.gradients, getattr(layer, "statistics", {})):
            for name, array in arrays.items():
                arrays[name] = array.astype(np.float64)
        for name, parameter in layer.parameters.items():
            if not np.isfinite(parameter).all():
                raise ArrayError(
                    f"{layer_name}.{name} has entries that are not finite numbers: this network has diverged. Look at "
                    "it earlier, or train it with a smaller learning_rate."
                )
    return layers, leaves


def _check_finite(sums):
    """`sums` of the hidden layers and of the output layer; an ArrayError names the first layer beyond float64."""
    for depth, z in enumerate(sums, start=1):
        if not np.isfinite(z).all():
            raise ArrayError(
                f"The sums of layer {depth} are too large for float64. Start from smaller weights, for example with "
                "initialization='he_normal', or use fewer layers."
            )


def _root_mean_square(array):
    """sqrt(mean(array**2)), scaled by the largest entry first: the squares of tiny numbers are not lost."""
    largest = np.abs(array).max()
    if largest == 0:
        return 0.0
    return float(largest * np.sqrt(np.mean((array / largest) ** 2)))
