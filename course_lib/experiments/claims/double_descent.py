"""Claim: past the point where a model can fit its training labels exactly, a larger one does better again.

The model is a network of one hidden layer whose first weights are drawn and stay (Rahimi and Recht 2007): ReLU of
random sums, the features, and on top the linear layer with the smallest squared error. Where several have the same
error it is the one with the shortest weights. Nothing is trained in steps: only the number of features differs.
"""

import functools

import numpy as np

from course_lib.data.label_noise import redraw_labels
from course_lib.experiments import short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.experiments.short_runs import ACCURACY
from course_lib.scratch.activations import relu

STREAM = 5201  # of the random first weights
TRAINING = "training accuracy, %"
LABELS = {"clean labels": 0.0, "redrawn labels": 0.4}  # share of the training labels that are drawn anew
RATIOS = (0.01, 0.03, 0.1, 0.3, 0.6, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 8.0)  # features an image
FEW = {"clean labels": 0.3, "redrawn labels": 0.1}
AS_MANY, MANY = 1.0, 8.0


def arm(ratio, labels):
    """arm(0.3, "clean labels") -> "0.3 features an image, clean labels"."""
    return f"{ratio:g} features an image, {labels}"


@functools.cache
def random_features(images, evaluated, most, seed):
    """Features of the training and of the test images: (images, most), (evaluated, most), float64, to read only."""
    data = short_runs.fashion_mnist(images)
    rng = np.random.default_rng([STREAM, seed])
    weights = rng.normal(0.0, np.sqrt(2 / data.n_inputs), (data.n_inputs, most))
    parts = (data.train.x, data.test.x[:evaluated])
    return tuple(relu(np.asarray(x, np.float64) @ weights) for x in parts)


def fitted(features, labels, n_classes):
    """The linear layer (features, classes) with the smallest squared error to one-hot labels, the shortest of these."""
    return np.linalg.lstsq(features, np.eye(n_classes)[labels], rcond=None)[0]


def run(seed, settings, learning_rates):
    """One seed: test and training accuracy with every number of features, for clean and for redrawn labels."""
    images = settings["images"]
    data = short_runs.fashion_mnist(images)
    most = round(max(settings["ratios"]) * images)
    train_features, test_features = random_features(images, settings["evaluated"], most, seed)
    test_labels = data.test.labels[: settings["evaluated"]]
    arms, by_heart = {}, 0
    for labels, share in LABELS.items():
        train, _ = redraw_labels(data.train, share, data.n_classes, seed)
        wrong = train.labels != data.train.labels
        for ratio in settings["ratios"]:
            n = round(ratio * images)
            layer = fitted(train_features[:, :n], train.labels, data.n_classes)
            right = (test_features[:, :n] @ layer).argmax(axis=1) == test_labels
            learned = (train_features[:, :n] @ layer).argmax(axis=1) == train.labels
            arms[arm(ratio, labels)] = {ACCURACY: 100 * right.mean(), TRAINING: 100 * learned.mean()}
        by_heart += int(learned[wrong].sum())
    random_features.cache_clear()  # 100 MB that no other seed needs
    return Outcome(arms, {"wrong labels learned by heart, most features": by_heart})


EXPERIMENT = Experiment(
    claim="With as many features as images a model fails on new images; with many more it is better than ever before.",
    source="Belkin et al. 2019",
    chapter=5,
    setting=(
        "random ReLU features of 1,000 Fashion-MNIST images and the shortest linear layer of least squares; 10 to "
        "8,000 features; labels clean or 40% redrawn"
    ),
    unit="percentage points",
    settings={"images": 1000, "evaluated": 2000, "ratios": list(RATIOS)},
    small={"images": 100, "evaluated": 500},
    run=run,
    comparisons=tuple(
        Comparison(f"{labels}, {better:g} over {worse:g} an image", arm(better, labels), arm(worse, labels), ACCURACY)
        for labels, few in FEW.items()
        for better, worse in ((MANY, AS_MANY), (few, AS_MANY), (MANY, few))
    ),
    smallest_effect=0.5,
)
