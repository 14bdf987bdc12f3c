"""Exercise 1.2: the weights of a neuron that finds trousers, drawn by hand."""

import functools

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import expect_array, plain_array
from course_lib.checks.mistakes import Said
from course_lib.checks.registry import exercise

LEAST = 0.90  # of all pairs of a trouser and something else that must be ordered right
MOSTLY = 0.80  # so many are right of the same picture turned: it was meant that way
TROUSER = 1
LEAD = "Look at the picture of the trouser neuron again: where is it blue, and where is it orange?"


def _blocks(*blocks):
    """Weights (28, 28) from (rows, columns, value)."""
    weights = np.zeros((28, 28))
    for rows, columns, value in blocks:
        weights[rows, columns] = value
    return weights


_LEGS = ((slice(4, 28), slice(8, 12), 1.0), (slice(4, 28), slice(16, 20), 1.0))
_GAP = (slice(10, 28), slice(13, 15), -4.0)
_SIDES = ((slice(4, 28), slice(0, 6), -1.0), (slice(4, 28), slice(22, 28), -1.0))


def drawn_by_hand():
    """The course's own: two legs, a gap between them, and nothing at the sides."""
    return _blocks(*_LEGS, _GAP, *_SIDES)


MISTAKES = [
    (lambda: np.zeros((28, 28)), Said("the same score to every photo")),
    (lambda: np.ones((28, 28)), Said("how dark a photo is")),
    (lambda: -drawn_by_hand(), Said("the sign is turned around")),
    (lambda: drawn_by_hand().T, Said("Row 0 is the top")),
    (lambda: _blocks(*_LEGS, _GAP).T, Said("Row 0 is the top")),
    (lambda: -_blocks(*_LEGS, _GAP), Said("the sign is turned around")),
    (lambda: _blocks(_GAP), Said("Nothing in your picture speaks for a photo")),
    (lambda: _blocks(*_LEGS), Said("between the legs")),
    (lambda: drawn_by_hand()[:14], Said("(14, 28)")),
    (lambda: drawn_by_hand().ravel()[:700], Said("(700,)")),
    (lambda: drawn_by_hand() * np.nan, Said("nan")),
    (lambda: np.eye(28).tolist()[:3], Said("(3, 28)")),
    (lambda: "trousers", Said("expected an array of shape (28, 28)")),
    (lambda: None, Said("forget `return`")),
]


@exercise("1.2", title="Draw a trouser detector", mistakes=MISTAKES, lead=LEAD)
def trouser_detector(submitted):
    """The 2,000 validation photos: a trouser must outscore other clothes in nine of ten pairs."""
    share, closest = _expect_order(_weights(submitted()), *_photos())
    return f"Trousers win {share:.1%} of the pairs. The closest rival is the kind {closest}."


@functools.cache
def _photos():
    from course_lib.data import load_fashion_mnist

    validation = load_fashion_mnist().validation
    return np.asarray(validation.x, dtype=float), validation.labels


@functools.cache
def _names():
    from course_lib.data import load_fashion_mnist

    return load_fashion_mnist().class_names


def _weights(value):
    weights = plain_array(value)
    if isinstance(weights, np.ndarray) and weights.shape == (784,):
        weights = weights.reshape(28, 28)
    if weights is not None and not isinstance(weights, np.ndarray):
        raise Diagnosis(f"Your weights are {describe(weights)}; expected an array of shape (28, 28).")
    return expect_array(weights, (28, 28), what="The array of weights").astype(float)


def _expect_order(weights, photos, kinds):
    """(share of pairs in the right order, name of the kind that comes closest); a Diagnosis below LEAST."""
    scores = photos @ weights.ravel()
    share = _share(scores, kinds, kinds != TROUSER)
    if share < LEAST:
        message = f"Trousers score higher in {share:.1%} of the pairs; expected at least {LEAST:.0%}."
        raise Diagnosis(message, hint=_why(weights, scores, photos, kinds), differs=True)
    rivals = {kind: _share(scores, kinds, kinds == kind) for kind in range(10) if kind != TROUSER}
    return share, _names()[min(rivals, key=rivals.get)]


def _share(scores, kinds, others):
    """How often a trouser scores higher than one of the others; a tie counts half."""
    mine, theirs = scores[kinds == TROUSER][:, None], np.sort(scores[others])
    below = np.searchsorted(theirs, mine, side="left") + np.searchsorted(theirs, mine, side="right")
    return below.mean() / (2 * len(theirs))


def _why(weights, scores, photos, kinds):
    if np.ptp(weights) == 0:
        if weights.flat[0] == 0:
            return (
                "All weights are 0, so your neuron gives the same score to every photo. Draw where trousers are dark."
            )
        return "All weights are the same, so your neuron measures how dark a photo is, whatever it shows."
    if _share(-scores, kinds, kinds != TROUSER) >= MOSTLY:
        return "It orders the pairs the wrong way round: the sign is turned around, minus where plus belongs."
    turned = photos @ weights.T.ravel()
    if _share(turned, kinds, kinds != TROUSER) >= max(MOSTLY, _share(scores, kinds, kinds != TROUSER) + 0.2):
        return "Your picture lies on its side. Row 0 is the top: the first index is the row, the second the column."
    rivals = {kind: _share(scores, kinds, kinds == kind) for kind in range(10) if kind != TROUSER}
    worst = _names()[min(rivals, key=rivals.get)]
    if not (weights < 0).any():
        return (
            f"Nothing in your picture speaks against a photo, and a {worst} is dark where trousers are too. Which "
            "pixels are white in trousers alone? Make them negative: look between the legs, and at the sides."
        )
    if not (weights > 0).any():
        return (
            f"Nothing in your picture speaks for a photo, so a {worst} that avoids the negative weights gets the "
            "highest score. Where are trousers dark? Make the weights there positive."
        )
    return f"A {worst} scores too high most often. Which pixels are dark in it and white in trousers?"
