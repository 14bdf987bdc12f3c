"""Six training runs with something wrong in each, for the exercise that asks what. Reading on spoils exercise 5.8."""

import dataclasses

import numpy as np

from course_lib.data import Split, load_fashion_mnist
from course_lib.recipe import Recipe
from course_lib.training.fit import fit

EPOCHS = 40
QUANTITIES = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")


@dataclasses.dataclass(frozen=True)
class Curves:
    """What a run showed, and what new images said afterwards.

    Parameters
    ----------
    train_loss, validation_loss, train_accuracy, validation_accuracy : (EPOCHS,), without penalties
    test_accuracy : share of the test images, which were looked at once, after the run
    """

    train_loss: np.ndarray
    validation_loss: np.ndarray
    train_accuracy: np.ndarray
    validation_accuracy: np.ndarray
    test_accuracy: float


def six_curves():
    """{letter: Curves} of "A" to "F"; about 4 seconds. The same numbers at every call."""
    runs = {}
    for letter, (recipe, data) in _runs().items():
        result = fit(recipe, data, progress=False)
        curves = {name: np.array([row[name] for row in result.history]) for name in QUANTITIES}
        _, test_accuracy = result.network.evaluate(*result.network.place(data.test.x, data.test.labels))
        runs[letter] = Curves(**curves, test_accuracy=test_accuracy)
    return runs


def _runs():
    data = load_fashion_mnist()
    usual = Recipe(
        hidden_layers=(100,),
        activation="relu",
        normalization="none",
        drop_rate=0.0,
        learning_rate=0.001,
        epochs=EPOCHS,
    )
    deeper = usual.replace(hidden_layers=(100, 100))
    descent = usual.replace(optimizer="gradient_descent", learning_rate=0.8)
    return {
        "A": (usual.replace(learning_rate=0.00003), _parts(data, 1000)),
        "B": (deeper.replace(learning_rate=0.003), _parts(data, 300)),
        "C": (usual, _with_validation(_parts(data, 500), _saved_again(_rows(data.train, 200, 500)))),
        "D": (descent, _parts(data, 1000)),
        "E": (deeper, _with_wrong_labels(_parts(data, 1000), share=0.4)),
        "F": (usual.replace(hidden_layers=(1,), activation="tanh", learning_rate=0.01), _parts(data, 2000)),
    }


def _parts(data, n_train, n_validation=1000):
    return dataclasses.replace(
        data, train=_rows(data.train, 0, n_train), validation=_rows(data.validation, 0, n_validation)
    )


def _rows(part, start, end):
    return Split(part.x[start:end], part.labels[start:end])


def _saved_again(part):
    """The images as after a lossy copy, in 128 shades of gray: equal copies of training images `fit` refuses."""
    return Split(np.round(part.x * 127) / np.float32(127), part.labels)


def _with_validation(data, validation):
    return dataclasses.replace(data, validation=validation)


def _with_wrong_labels(data, share):
    """This share of the training labels drawn anew, each class with the same chance."""
    rng = np.random.default_rng(0)
    labels = data.train.labels.copy()
    drawn_anew = rng.random(len(labels)) < share
    labels[drawn_anew] = rng.integers(0, data.n_classes, drawn_anew.sum())
    return dataclasses.replace(data, train=Split(data.train.x, labels))
