"""Looking at what flows through the layers of a NumPy network or stack, wherever in it they stand."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def watched(
    leaves: Iterable[tuple[str, Any]],
    forward: Callable[[str, np.ndarray, np.ndarray], None],
    backward: Callable[[str, np.ndarray], None] | None = None,
) -> Iterator[None]:
    """While this lasts, tell of every pass through the layers.

    Parameters
    ----------
    leaves : [("dense1", layer), ...], a network's `leaves`
    forward : called as forward(name, inputs, outputs)
    backward : called as backward(name, gradient of the outputs), before the layer's own backward pass
    """
    leaves = list(leaves)
    for name, layer in leaves:
        _tell(name, layer, forward, backward)
    try:
        yield
    finally:
        for _, layer in leaves:
            del layer.forward, layer.backward


def _tell(name, layer, forward, backward):
    own_forward, own_backward = layer.forward, layer.backward

    def told_forward(x, training=False):
        outputs = own_forward(x, training)
        forward(name, x, outputs)
        return outputs

    def told_backward(output_gradient):
        if backward is not None:
            backward(name, output_gradient)
        return own_backward(output_gradient)

    layer.forward, layer.backward = told_forward, told_backward
