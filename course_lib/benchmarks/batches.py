"""What the benchmarks train and on what: one network's recipe, and batches of real images."""

import itertools
from functools import cache

import numpy as np

from course_lib.data import load_fashion_mnist
from course_lib.recipe import Recipe

LAYERS = (784, 300, 100, 10)
BATCH = 64
NETWORK = "784-300-100-10, ReLU, Adam"
WEIGHTS = sum(fan_in * fan_out for fan_in, fan_out in itertools.pairwise(LAYERS))


def plain_recipe(**changes):
    """784-300-100-10 with ReLU and Adam, without batch norm and dropout."""
    recipe = Recipe(hidden_layers=LAYERS[1:-1], activation="relu", normalization="none", drop_rate=0.0)
    return recipe.replace(**changes)


@cache
def training_images():
    """(x (10000, 784) float32, labels): the embedded training images of Fashion-MNIST; read-only, read once."""
    train = load_fashion_mnist().train
    for array in (train.x, train.labels):
        array.setflags(write=False)
    return train.x, train.labels


def repeated(x, labels, n_examples):
    """The first `n_examples` examples; where there are fewer, they begin again."""
    places = np.arange(n_examples) % len(x)
    return np.ascontiguousarray(x[places]), labels[places].copy()


def products_per_image(layers=LAYERS):
    """Floating-point operations (multiplications and additions) of the matrix products of one image's training step.

    Each weight takes part in three products, 2 operations each: forward, for its own gradient, and for the gradient of
    what lies below; the first layer needs no such gradient.
    """
    sizes = [fan_in * fan_out for fan_in, fan_out in itertools.pairwise(layers)]
    return 6 * sum(sizes) - 2 * sizes[0]
