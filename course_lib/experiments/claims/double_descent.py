"""Claim: past the point where a model can fit its training labels exactly, a larger one does better again.

The model is a network of one hidden layer whose first weights are drawn and stay (Rahimi and Recht 2007): ReLU of
random sums, the features, and on top the linear layer with the smallest squared error. Where several have the same
error it is the one with the shortest weights. Nothing is trained in steps: only the number of features differs. With
L2, the layer on top has the smallest squared error plus l2 times its squared length; l2 counts in mean squared lengths
of the features, and is chosen.

The outputs of least squares are no probabilities, so the loss here is the squared error, and there is no calibration.
"""

import functools

import numpy as np

from course_lib.data.label_noise import redraw_labels
from course_lib.experiments import image_draws
from course_lib.experiments.experiment import LAW, Comparison, Experiment, Outcome
from course_lib.experiments.short_runs import ACCURACY
from course_lib.scratch.activations import relu

STREAM = 5201  # of the random first weights
TRAINING, ERROR = "training accuracy, %", "squared error"
LABELS = {"clean labels": 0.0, "redrawn labels": 0.4}  # share of the training labels that are drawn anew
RATIOS = (
    0.01,
    0.03,
    0.1,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.8,
    0.9,
    1.0,
    1.1,
    1.25,
    1.5,
    2.0,
    3.0,
    5.0,
    8.0,
)  # features an image
FEWER = (0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)  # among which the best of fewer features than images is chosen
AS_MANY, MANY = 1.0, 8.0
L2 = tuple(float(f"{10**exponent:.2g}") for exponent in np.arange(-6, 1.1, 0.5))
BEST_FEW, WITH_L2 = "the best of fewer features", ", with L2"
LARGEST_ERROR = 1000.0  # the largest squared error that is reported: at the peak it knows no bound


def arm(ratio, labels, ending=""):
    """arm(0.3, "clean labels") -> "0.3 features an image, clean labels"."""
    return f"{ratio:g} features an image{ending}, {labels}"


@functools.lru_cache(maxsize=1)
def random_features(seed, images, data, most, part):
    """Features of the training images and of another part's: (images, most), (examples, most), float64, read only."""
    drawn = image_draws.draw(seed, images, data=data)
    rng = np.random.default_rng([STREAM, seed])
    weights = rng.normal(0.0, np.sqrt(2 / drawn.n_inputs), (drawn.n_inputs, most))
    parts = (drawn.train.x, drawn.splits()[part].x)
    return tuple(relu(np.asarray(x, np.float64) @ weights) for x in parts)


def fitted(features, targets):
    """The linear layer (features, outputs) with the smallest squared error to the targets, the shortest of these."""
    return np.linalg.lstsq(features, targets, rcond=None)[0]


def fitted_with_l2(features, targets, strengths):
    """The linear layers with the smallest |F w - targets|^2 + strength mean(|f|^2) |w|^2, one a strength."""
    gram = features @ features.T  # K = F F^T; w = F^T (K + s I)^-1 targets, at any number of features
    values, vectors = np.linalg.eigh(gram)
    turned, scale = vectors.T @ targets, np.trace(gram) / len(gram)
    return [features.T @ (vectors @ (turned / (values + strength * scale)[:, None])) for strength in strengths]


def _targets(seed, settings):
    """Labels of the training images {kind: labels}, and of all kinds side by side the one-hot targets."""
    drawn = image_draws.draw(seed, settings["images"], data=settings["data"])
    labels = {
        kind: redraw_labels(drawn.train, share, drawn.n_classes, seed)[0].labels for kind, share in LABELS.items()
    }
    return drawn, labels, np.concatenate([np.eye(drawn.n_classes)[each] for each in labels.values()], axis=1)


def _features(seed, settings, ratio, part):
    """The first features, as many as the ratio says, of the training images and of another part's."""
    most = round(max(settings["ratios"]) * settings["images"])
    pair = random_features(seed, settings["images"], settings["data"], most, part)
    return tuple(features[:, : round(ratio * settings["images"])] for features in pair)


def _percent_right(outputs, labels):
    """{kind: accuracy in percent} of outputs for all kinds of labels side by side."""
    by_kind = np.split(outputs, len(LABELS), axis=1)
    return {
        kind: 100 * float((each.argmax(axis=1) == labels[kind]).mean())
        for kind, each in zip(LABELS, by_kind, strict=True)
    }


def grids(settings):
    """How many features the best of fewer has, and how strong L2 is."""
    few = {f"{BEST_FEW}, {kind}": {"ratio": settings["fewer"]} for kind in LABELS}
    strengths = {arm(ratio, kind, WITH_L2): {"l2": settings["l2"]} for ratio in (AS_MANY, MANY) for kind in LABELS}
    return few | strengths


def tune(seed, settings, trials):
    """Validation accuracy in percent of every choice."""
    drawn, _, targets = _targets(seed, settings)
    truth = dict.fromkeys(LABELS, drawn.validation.labels)
    scores = {}  # by arm and number: the shares of all labels are there at once
    for ratio in sorted({choice["ratio"] for choices in trials.values() for choice in choices if "ratio" in choice}):
        train, validation = _features(seed, settings, ratio, "validation")
        for kind, right in _percent_right(validation @ fitted(train, targets), truth).items():
            scores[f"{BEST_FEW}, {kind}", ratio] = right
    for ratio in (AS_MANY, MANY):
        train, validation = _features(seed, settings, ratio, "validation")
        for strength, layer in zip(settings["l2"], fitted_with_l2(train, targets, settings["l2"]), strict=True):
            for kind, right in _percent_right(validation @ layer, truth).items():
                scores[arm(ratio, kind, WITH_L2), strength] = right
    random_features.cache_clear()  # 250 MB that no other seed needs
    return {
        name: [scores[name, number] for choice in choices for number in choice.values()]
        for name, choices in trials.items()
    }


def run(seed, settings, chosen):
    """One seed: test and training accuracy with every number of features, for clean and for redrawn labels."""
    drawn, labels, targets = _targets(seed, settings)
    arms = {}
    for ratio in settings["ratios"]:
        features = _features(seed, settings, ratio, "test")
        for kind, found in _measured(features, fitted(features[0], targets), labels, drawn.test.labels).items():
            arms[arm(ratio, kind)] = found
    for kind in LABELS:
        arms[f"{BEST_FEW}, {kind}"] = arms[arm(chosen[f"{BEST_FEW}, {kind}"]["ratio"], kind)]
        for ratio in (AS_MANY, MANY):
            name, features = arm(ratio, kind, WITH_L2), _features(seed, settings, ratio, "test")
            (layer,) = fitted_with_l2(features[0], targets, [chosen[name]["l2"]])
            arms[name] = _measured(features, layer, labels, drawn.test.labels)[kind]
    train, _ = _features(seed, settings, MANY, "test")
    random_features.cache_clear()  # 250 MB that no other seed needs
    return Outcome(arms, {"wrong labels learned by heart, most features": _by_heart(train, targets, labels)})


def _measured(features, layer, labels, test_labels):
    """{kind: quantities} of a layer for all kinds of labels side by side."""
    (train, test), n_classes = features, layer.shape[1] // len(LABELS)
    outputs = test @ layer
    right = _percent_right(outputs, dict.fromkeys(LABELS, test_labels))
    learned = _percent_right(train @ layer, labels)
    errors = {
        kind: float(np.mean((each - np.eye(n_classes)[test_labels]) ** 2))
        for kind, each in zip(LABELS, np.split(outputs, len(LABELS), axis=1), strict=True)
    }
    return {
        kind: {ACCURACY: right[kind], TRAINING: learned[kind], ERROR: min(errors[kind], LARGEST_ERROR)}
        for kind in LABELS
    }


def _by_heart(train, targets, labels):
    """How many of the wrong labels the largest model gives back."""
    clean, redrawn = labels.values()
    outputs = np.split(train @ fitted(train, targets), len(LABELS), axis=1)[1]
    return int((outputs.argmax(axis=1) == redrawn)[redrawn != clean].sum())


def _comparisons():
    """The primary comparison first, on clean labels; then both kinds of labels."""
    for kind in LABELS:
        few = f"{BEST_FEW}, {kind}"
        yield Comparison(f"{kind}, 8 an image over the best of fewer", arm(MANY, kind), few, ACCURACY)
        yield Comparison(f"{kind}, 8 over 1 an image", arm(MANY, kind), arm(AS_MANY, kind), ACCURACY)
        yield Comparison(f"{kind}, the best of fewer over 1 an image", few, arm(AS_MANY, kind), ACCURACY)
        with_l2 = (arm(ratio, kind, WITH_L2) for ratio in (MANY, AS_MANY))
        yield Comparison(f"{kind}, 8 over 1 an image, both with L2", *with_l2, ACCURACY)


PRIMARY, *ELSEWHERE = _comparisons()

EXPERIMENT = Experiment(
    claim="A model with many more features than images is better than the best model with fewer. That it fails with as "
    "many features as images is elsewhere.",
    subject="Having many more features than images",
    source="Belkin et al. 2019",
    chapter=5,
    setting="random ReLU features of 1,000 Fashion-MNIST images and the shortest linear layer of least squares; 8,000 "
    "features against the best number of 10 to 600",
    unit="percentage points",
    settings={"data": "full", "images": 1000, "ratios": list(RATIOS), "fewer": list(FEWER), "l2": list(L2)},
    small={
        "data": "embedded",
        "images": 60,
        "ratios": [0.1, 0.3, 1.0, 2.0, 8.0],
        "fewer": [0.1, 0.3],
        "l2": [0.01, 0.1],
    },
    run=run,
    grids=grids,
    tune=tune,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    kind=LAW,
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would take a larger model",
    budget_reason="Nothing is trained in steps: the layer on top is the exact solution of least squares.",
    larger_studies="Nakkiran et al. 2020 saw the peak with ResNets and transformers too, mostly with noisy labels; "
    "Nakkiran et al. 2021 saw that L2 of the best strength takes it away.",
    large=False,
)
