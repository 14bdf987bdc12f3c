"""Exercises 6.5 and 6.6: the right values, and the value that each common mistake gives, as in mistakes_ch06.py."""

import numpy as np

from course_lib.checks.mistakes_ch06 import telling

# ---- 6.5: the best temperature --------------------------------------------------------------------------------------

BY_ACCURACY = (
    "You choose by accuracy, and no temperature changes which class is the likeliest: all candidates have the same "
    "one, and the first one wins. Choose by the mean cross-entropy, which knows how sure the network is."
)
TIMES = "The logits are multiplied by T. Divide: a temperature above 1 makes the network less sure."
BOTH_WRONG = (
    "Take one row of logits and T = 2 and work out its probabilities: do they come nearer to each other, as they "
    "should? Then take the number that the candidates are compared by. Can T change it?"
)
_UNEVEN = "The rows are not told apart: take the largest logit and the sum of each row, `axis=1`."

# Two logits so close that their log probabilities round to the same number, unless T drives them apart. There the
# accuracy says whether the logits were divided or multiplied, which it never does otherwise.
TIED = np.array([[0.0, 1e-17]]), np.array([1]), [1.0, 0.001, 1000.0]
TIED_DIVIDED, TIED_MULTIPLIED = 0.001, 1000.0


def log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def cross_entropy(logits, labels):
    return -log_softmax(logits)[np.arange(len(labels)), labels].mean()


def best_temperature(logits, labels, candidates):
    """The candidate with the smallest mean cross-entropy of softmax(logits / T)."""
    return candidates[int(np.argmin([cross_entropy(logits / T, labels) for T in candidates]))]


def _chosen_by(score, scale=np.divide, best=np.argmin):
    """Another choice: score(scaled logits, labels) of each candidate, and the best of them."""

    def answer(logits, labels, candidates):
        return candidates[int(best([score(scale(logits, T), labels) for T in candidates]))]

    return answer


def _of_the_likeliest(z, labels):
    return -log_softmax(z).max(axis=1).mean()


def _probability(z, labels):
    return -np.exp(log_softmax(z))[np.arange(len(labels)), labels].mean()


def _overflowing(z, labels):
    return -np.log(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))[np.arange(len(labels)), labels].mean()


def _index(logits, labels, candidates):
    return candidates.index(best_temperature(logits, labels, candidates))


def _reciprocal(logits, labels, candidates):
    return 1 / best_temperature(logits, labels, candidates)


_WRONG_CHOICES = {
    BY_ACCURACY: lambda logits, labels, candidates: candidates[0],
    TIMES: _chosen_by(cross_entropy, scale=np.multiply),
    "You choose the largest loss. The best temperature has the smallest one.": _chosen_by(
        cross_entropy, best=np.argmax
    ),
    "You choose the largest loss, and the logits are multiplied by T. Divide, and take the smallest one.": _chosen_by(
        cross_entropy, scale=np.multiply, best=np.argmax
    ),
    "Your score is best when the network is surest, whatever the labels are. Is it the loss of the likeliest class, "
    "and not of the *true* one, `[np.arange(len(labels)), labels]`? Or does T come in after the softmax?": _chosen_by(
        _of_the_likeliest
    ),
    "That is the loss of the likeliest class, and not of the true one; and the logits are multiplied by T.": _chosen_by(
        _of_the_likeliest, scale=np.multiply
    ),
    "The log is missing: that is the mean probability of the true class. Cross-entropy takes its log first.": (
        _chosen_by(_probability)
    ),
    "Where the logits are large `np.exp` overflows, inf / inf is nan, and the smallest of numbers with nan among them "
    "is nan. Take each row's largest logit off first.": _chosen_by(_overflowing),
    "That is the place in the list, and not the temperature: `candidates[...]`.": _index,
    "That is 1 / T.": _reciprocal,
    "That is the smallest loss. Return the temperature that has it.": lambda logits, labels, candidates: min(
        cross_entropy(logits / T, labels) for T in candidates
    ),
    "It is always the last candidate. Compare them all, after the loop.": lambda logits, labels, candidates: candidates[
        -1
    ],
    "It is always the largest candidate. Does your score count all classes, and not the true one of each example, "
    "`[np.arange(len(labels)), labels]`? Or does T come in after the softmax?": (
        lambda logits, labels, candidates: max(candidates)
    ),
    "The logits are divided by all temperatures so far: `logits = logits / T` in the loop changes them for the next "
    "one. Take a new name.": lambda logits, labels, candidates: candidates[
        int(np.argmin([cross_entropy(logits / T, labels) for T in np.cumprod(candidates)]))
    ],
    _UNEVEN: _chosen_by(
        lambda z, labels: -(z - z.max() - np.log(np.exp(z - z.max()).sum()))[np.arange(len(labels)), labels].mean()
    ),
}


def temperature_mistakes(cases):
    """Of the answers to all cases (logits, labels, candidates): {hint: array of their numbers}."""
    right = np.array([best_temperature(*case) for case in cases])
    with np.errstate(all="ignore"):
        wrong = {hint: np.array([choose(*case) for case in cases]) for hint, choose in _WRONG_CHOICES.items()}
    return telling(right, wrong)


# ---- 6.6: a picture for the network ---------------------------------------------------------------------------------


def prepare(picture):
    """(rows, columns) uint8, dark on white -> (side, side), 0 paper to 1 black, in the middle."""
    return _framed(1 - picture / 255.0)


def _framed(image, paper=0.0, extra_first=False, corner=None):
    """The image in a square of paper; an odd row or column goes at the end, or at the start if `extra_first`."""
    rows, columns = image.shape
    side = max(rows, columns)
    square = np.full((side, side), paper)
    top, left = ((side - length + extra_first) // 2 for length in (rows, columns))
    if corner is not None:
        top, left = ((side - length) * corner for length in (rows, columns))
    square[top : top + rows, left : left + columns] = image
    return square


def _cropped(image):
    side = min(image.shape)
    top, left = ((length - side) // 2 for length in image.shape)
    return image[top : top + side, left : left + side]


def _stretched(image):
    """Every row or column of the square copies the one that lies nearest in the image."""
    side = max(image.shape)
    rows, columns = (np.arange(side) * length // side for length in image.shape)
    return image[rows][:, columns]


def _spread(ink):
    low, high = ink.min(), ink.max()
    return (ink - low) / (high - low) if high > low else ink


_NO_DECIMALS = "The decimals are lost: by `//`, or in an array of whole numbers. Use `/`, and no `dtype=int`."


def picture_mistakes(picture):
    """Arrays, some of another shape."""
    return telling(prepare(picture), _of_brightness(picture) | _of_place(1 - picture / 255.0))


def _of_brightness(picture):
    ink, bright = 1 - picture / 255.0, picture / 255.0
    inverted = "It is not turned around: 255 is white paper, and paper is 0 for the network. 1 - picture / 255."
    byte = "The picture is uint8, which goes from 0 to 255 and wraps around: 1 - 2 is 255 there. Divide by 255 first, "
    byte += "which makes decimal numbers."
    return {
        inverted: _framed(bright, paper=1.0),
        "It is not turned around, and the paper around it is 0, which is black before it is turned. 1 - picture / 255 "
        "first.": _framed(bright),
        "It is framed before it is turned around, with 0 as paper: there 0 is black, so the frame is ink now. Turn it "
        "first.": _framed(ink, paper=1.0),
        "It goes from 0 to 255. Divide by 255: the network learned from 0 to 1.": _framed(255 * ink),
        "It goes from 0 to 255, and the frame is ink. Divide by 255, and turn it before it is framed.": _framed(
            255 * ink, paper=255.0
        ),
        "It is the picture as it was, from 0 to 255, with 255 for paper. The network wants 0 for paper, 1 for ink.": (
            _framed(255 * bright, paper=255.0)
        ),
        "It is the picture as it was, from 0 to 255. The network wants 0 for paper and 1 for ink.": _framed(
            255 * bright
        ),
        byte: _framed((1 - picture) / 255.0),
        f"{byte} ": _framed((1 - picture).astype(float)),
        f"{_NO_DECIMALS} Everything that is not black became 0.": _framed(((255 - picture) // 255).astype(float)),
        f"{_NO_DECIMALS} Everything that is not white became 1.": _framed(1.0 - picture // 255),
        "It is black or white, with nothing between. The network has learned from all grays: 1 - picture / 255.": (
            _framed((picture < 128).astype(float))
        ),
        "It is stretched to its own darkest and lightest value. 1 is black, 255 in the picture's own numbers.": _framed(
            _spread(ink)
        ),
        "It is divided by its own largest value. 255 is white in every picture.": _framed(
            1 - picture / max(float(picture.max()), 1.0)
        ),
        "It is divided by 256. White is 255.": _framed(1 - picture / 256.0),
        "It goes from -1 to 1. The network learned from 0 to 1.": _framed(2 * ink - 1, paper=-1.0),
    }


def _of_place(ink):
    return {
        "It stands in the corner: all the paper is on one side. Half of it belongs on each.": _framed(ink, corner=0),
        "It stands in the corner at the bottom or right. Half of the paper belongs on each side.": _framed(
            ink, corner=1
        ),
        "The one row or column that remains is at the top or left. It belongs at the bottom or right: "
        "`(side - rows) // 2` rounds down.": _framed(ink, extra_first=True),
        "It is cut to the shorter edge, and what stood outside is lost. Extend the shorter edge with paper.": _cropped(
            ink
        ),
        "It is cut to the shorter edge, and what stood below or on the right is lost. Extend the shorter edge with "
        "paper.": ink[: min(ink.shape), : min(ink.shape)],
        "It is stretched to the square, and changes its form. Extend the shorter edge with paper.": _stretched(ink),
        "Rows and columns are exchanged.": _framed(ink.T),
        "That is one flat row. Here the image stays a square.": _framed(ink).ravel(),
        "That is one flat row, in a batch of one. Here the image stays a square.": _framed(ink).reshape(1, -1),
        "It is not made a square. Extend the shorter edge with paper.": ink,
    }
