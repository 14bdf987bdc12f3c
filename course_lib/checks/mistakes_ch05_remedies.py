"""Exercises 5.4 to 5.7: the right values, and the value that each common mistake gives, as in mistakes_ch05.py."""

import numpy as np

from course_lib.checks.mistakes_ch05 import telling

# ---- 5.4: dropout ---------------------------------------------------------------------------------------------------


def dropout(x, drawn, drop_rate, training):
    """Inverted dropout with given draws, uniform in [0, 1)."""
    return x * (drawn >= drop_rate) / (1 - drop_rate) if training else x


TURNED = (
    "The wrong units are kept: `drawn < drop_rate` happens with chance `drop_rate`, and those are the ones that sit "
    "out."
)
TWICE = "It is scaled twice: training divides by 1 - drop_rate already, so prediction multiplies by nothing."
NOT_SCALED = "The scale is missing in training: the sums shrink to the share that is kept. Divide by 1 - drop_rate."
HANDED_OUT = [TURNED, TWICE]  # the mistakes of the code that the learner gets
OF_TWO = {  # what two mistakes are together
    (TURNED, TWICE): "Work the example by hand, in training and then in prediction: which step does not fit?",
    (NOT_SCALED, TWICE): "That is the article's version: no scale in training, and `1 - drop_rate` in prediction. It "
    "describes the same network. Here the inverted form is asked for: divide in training, and return x in prediction.",
}
_KEPT = {
    "": lambda drawn, drop_rate: drawn >= drop_rate,
    TURNED: lambda drawn, drop_rate: drawn < drop_rate,
    "Nothing is dropped.": lambda drawn, drop_rate: np.ones_like(drawn),
    "One draw for all examples: each example of the batch drops units of its own.": lambda drawn, drop_rate: (
        np.broadcast_to(drawn[:1] >= drop_rate, drawn.shape)
    ),
}
_SCALES = {
    "": lambda drop_rate: 1 / (1 - drop_rate),
    NOT_SCALED: lambda drop_rate: 1.0,
    "In training the kept units are multiplied by 1 - drop_rate, which makes the sums smaller still. Divide by it.": (
        lambda drop_rate: 1 - drop_rate
    ),
    "The kept units are divided by `drop_rate`. The share that is kept is 1 - drop_rate.": lambda drop_rate: (
        1 / drop_rate
    ),
    "The kept units are scaled twice: one division by 1 - drop_rate is enough.": lambda drop_rate: (
        1 / (1 - drop_rate) ** 2
    ),
    "The kept units are multiplied by 1 + drop_rate. The share that is kept is 1 - drop_rate: divide by it.": (
        lambda drop_rate: 1 + drop_rate
    ),
}


def dropped_mistakes(x, drawn, drop_rate):
    """Of the output in training: {hint: array}; a hint may name two mistakes."""
    wrong = {}
    for of_kept, kept in _KEPT.items():
        for of_scale, scale in _SCALES.items():
            hint = " ".join(filter(None, [of_kept, of_scale]))
            wrong[hint] = x * kept(drawn, drop_rate) * scale(drop_rate)
    wrong.pop("")
    wrong["Nothing happens in training. There units are dropped; in prediction all take part."] = wrong.pop(
        f"Nothing is dropped. {NOT_SCALED}"
    )
    return telling(dropout(x, drawn, drop_rate, True), wrong)


def predicted_mistakes(x, drawn, drop_rate):
    """Of the output in prediction: {hint: array}."""
    kept, share = drawn >= drop_rate, 1 - drop_rate
    mistakes = {
        TWICE: x * share,
        "Units are dropped in prediction. There all of them take part, and the answer is the same every time.": x
        * kept
        / share,
        "Units are dropped in prediction, and not even scaled. There all of them take part.": x * kept,
        "Units are dropped in prediction, and scaled down besides. There x itself is returned.": x * kept * share,
        "Units are dropped in prediction, and the wrong ones. There x itself is returned.": x * ~kept / share,
        "Units are dropped in prediction, and the wrong ones. There x itself is returned. ": x * ~kept,
        "Prediction divides by 1 - drop_rate, although nothing was dropped.": x / share,
        "Prediction multiplies by `drop_rate`. With the scale in training nothing is left to do.": x * drop_rate,
        "Prediction returns zeros. There all units take part.": 0 * x,
    }
    return telling(x, mistakes)


# ---- 5.5: does a gain count? ----------------------------------------------------------------------------------------

GAIN, LOSS, UNDECIDED = "gain", "loss", "undecided"


def gain(with_remedy, without, quantile, smallest):
    """(low, high, word): the interval of the mean difference, and what it says."""
    difference = with_remedy - without
    half = quantile * difference.std(ddof=1) / np.sqrt(len(difference))
    low, high = difference.mean() - half, difference.mean() + half
    return low, high, word_for(low, high, smallest)


def word_for(low, high, smallest):
    if low > smallest:
        return GAIN
    return LOSS if high < -smallest else UNDECIDED


def _wrong_half_widths(with_remedy, without, quantile):
    """{hint: half width} of intervals around the right mean."""
    n, difference = len(without), with_remedy - without
    deviation, root = difference.std(ddof=1), np.sqrt(len(without))
    of_arms = with_remedy.std(ddof=1), without.std(ddof=1)
    torn = "The pairs are torn apart: take the difference seed by seed first, then "
    return {
        "The pairs are torn apart: both arms share the seed, so take the difference seed by seed, then its spread.": (
            quantile * np.hypot(*of_arms) / root
        ),
        torn + "the spread of the differences.": quantile * abs(of_arms[0] - of_arms[1]) / root,
        torn + "its spread.": quantile * sum(of_arms) / root,
        "That is the spread of one arm. Take that of the differences.": quantile * of_arms[0] / root,
        "That is the spread of one arm. Take that of the differences. ": quantile * of_arms[1] / root,
        "The spread is divided by the root of n - 1. The n - 1 stands in s alone; divide s by the root of n.": (
            quantile * deviation / np.sqrt(n - 1)
        ),
        "The spread is divided by n, and a sample's by n - 1: `ddof=1`.": quantile * difference.std() / root,
        "The root of n is missing: that says where single seeds lie. The mean of n seeds is surer, by the root of n.": (
            quantile * deviation
        ),
        "The spread is divided by n. Divide it by the root of n.": quantile * deviation / n,
        "The variance stands where the standard deviation belongs: its root is missing.": quantile
        * deviation**2
        / root,
        "`quantile` is not used.": deviation / root,
        "The quantile is always 1.96. With few seeds it is larger: use the one that is given.": 1.96 * deviation / root,
        "Both ends are the mean: the half width is missing.": 0.0,
    }


def interval_mistakes(with_remedy, without, quantile):
    """Of [low, high]: {hint: array (2,)}."""
    difference = with_remedy - without
    right = np.array(gain(with_remedy, without, quantile, 0.0)[:2])
    wrong = _wrong_half_widths(with_remedy, without, quantile)
    mistakes = {hint: difference.mean() + np.array([-half, half]) for hint, half in wrong.items()}
    mistakes |= {
        "It is turned around: with the remedy minus without it, so that a gain is above 0.": -right[::-1],
        "low and high are swapped.": right[::-1],
        "That is the range of the seeds, smallest to largest. The interval is that of their mean.": np.array(
            [difference.min(), difference.max()]
        ),
    }
    return telling(right, mistakes)


WORD_MISTAKES = {  # hint: rule of (low, high, smallest)
    "`smallest` is not used: an effect so small that it does not matter is neither gain nor loss here.": (
        lambda low, high, smallest: word_for(low, high, 0.0)
    ),
    "`smallest` is not used for a loss: the upper end must lie below -smallest.": lambda low, high, smallest: (
        GAIN if low > smallest else LOSS if high < 0 else UNDECIDED
    ),
    "The word goes by the mean alone. If the interval holds 0, it is a gain within the noise: undecided.": (
        lambda low, high, smallest: GAIN if low + high > 0 else LOSS
    ),
    "The word goes by the mean alone. The whole interval must lie beyond the smallest effect.": (
        lambda low, high, smallest: word_for((low + high) / 2, (low + high) / 2, smallest)
    ),
    "One end is enough for you. The whole interval must lie beyond the smallest effect, so ask its nearer end: the "
    "lower one for a gain, the upper one for a loss.": lambda low, high, smallest: (
        GAIN if high > smallest else LOSS if low < -smallest else UNDECIDED
    ),
    "For a loss ask the *upper* end: the whole interval must lie below -smallest.": lambda low, high, smallest: (
        GAIN if low > smallest else LOSS if low < -smallest else UNDECIDED
    ),
    "For a gain ask the *lower* end: the whole interval must lie above smallest.": lambda low, high, smallest: (
        GAIN if high > smallest else LOSS if high < -smallest else UNDECIDED
    ),
    "A loss lies below *minus* smallest: the sign is missing.": lambda low, high, smallest: (
        GAIN if low > smallest else LOSS if high < smallest else UNDECIDED
    ),
    "An interval below -smallest is a loss.": lambda low, high, smallest: GAIN if low > smallest else UNDECIDED,
    "The words are exchanged.": lambda low, high, smallest: {GAIN: LOSS, LOSS: GAIN}.get(
        word_for(low, high, smallest), UNDECIDED
    ),
}


def word_mistakes(cases):
    """{hint: words}, one word for each case (low, high, smallest), of the rules that these cases tell from right."""
    right = [word_for(*case) for case in cases]
    words = {hint: [rule(*case) for case in cases] for hint, rule in WORD_MISTAKES.items()}
    return {hint: wrong for hint, wrong in words.items() if wrong != right}


# ---- 5.6: max-norm --------------------------------------------------------------------------------------------------


def max_norm(weight, limit):
    """Columns longer than `limit` shortened to it."""
    lengths = np.sqrt((weight**2).sum(axis=0))
    return weight * limit / np.maximum(lengths, limit)


def max_norm_mistakes(weight, limit):
    """Arrays like weight."""

    def by(lengths):
        return weight * limit / np.maximum(lengths, limit)

    lengths = np.sqrt((weight**2).sum(axis=0))
    with np.errstate(all="ignore"):
        mistakes = {
            "That is the wrong axis: you bound the weights that go out of each input, the rows. The weights into a "
            "unit are a column: sum over axis 0.": by(np.sqrt((weight**2).sum(axis=1, keepdims=True))),
            "One length for the whole matrix. Each unit has its own: sum over axis 0.": by(np.linalg.norm(weight)),
            "`np.minimum` leaves long columns as they are and makes short ones longer. Divide by the *larger* one of "
            "length and limit.": weight * limit / np.minimum(lengths, limit),
            "It is the square of the length that you compare with the limit. Compare the length.": weight
            * np.where(lengths**2 > limit, limit / lengths, 1.0),
            "Short columns are made longer. A column within the limit stays as it is.": weight * limit / lengths,
            "Each weight is cut at the limit, which turns the direction. Shorten the whole column by one factor.": (
                np.clip(weight, -limit, limit)
            ),
            "The root is missing: the length is the root of the sum of squares.": by((weight**2).sum(axis=0)),
            "That is the sum of the absolute values, the L1 norm. The length is the root of the sum of squares.": by(
                np.abs(weight).sum(axis=0)
            ),
            "That is the largest weight of each column. The length is the root of the sum of squares.": by(
                np.abs(weight).max(axis=0)
            ),
            "That is the root of the mean of the squares. The length has their sum.": by(
                np.sqrt((weight**2).mean(axis=0))
            ),
            "Columns that are too long are divided by their length alone. Multiply by the limit, too.": weight
            / np.where(lengths > limit, lengths, 1.0),
            "The factor is turned around: long columns grow. It is limit / length.": weight
            * np.maximum(lengths, limit)
            / limit,
            "The longest column decides for all. Each unit has a factor of its own.": by(lengths.max()),
            "Long columns are set to 0. Shorten them to the limit.": np.where(lengths > limit, 0.0, weight),
            "Nothing was shortened.": weight,
        }
        if weight.shape[0] == weight.shape[1]:  # else it stops with an error
            mistakes[
                "The lengths are summed along the wrong axis: they are those of the rows. The weights into a unit are "
                "a column: sum over axis 0."
            ] = by(np.sqrt((weight**2).sum(axis=1)))
    return telling(max_norm(weight, limit), mistakes)


# ---- 5.7: shifted images --------------------------------------------------------------------------------------------


def moved(image, down, right, fill="zeros"):
    """One image (rows, columns), moved by whole pixels. fill: what comes in, "zeros", "around" or "edge"."""
    if fill == "around":
        return np.roll(image, (down, right), axis=(0, 1))
    margin = max(abs(int(down)), abs(int(right)), 1)
    padded = np.pad(image, margin, mode="edge" if fill == "edge" else "constant")
    rows, columns = image.shape
    return padded[margin - down : margin - down + rows, margin - right : margin - right + columns]


def shifted(images, down, right, fill="zeros"):
    """Images (n, rows, columns), each by its own numbers of pixels."""
    return np.stack([moved(image, *by, fill=fill) for image, *by in zip(images, down, right, strict=True)])


def shift_mistakes(images, down, right):
    """Of the moved training images."""
    first = np.full_like(down, down[0]), np.full_like(right, right[0])
    margin = int(max(np.abs(down).max(), np.abs(right).max()))
    stack = np.pad(images, ((margin, margin), (0, 0), (0, 0)))[: len(images)]
    mistakes = {
        "What leaves the image at one side comes back at the other: `np.roll` goes around. What comes in is 0.": (
            shifted(images, down, right, "around")
        ),
        "The edge is repeated into the gap. What comes in is 0.": shifted(images, down, right, "edge"),
        "Rows and columns are exchanged: `down` moves along the rows, axis 0 of an image.": shifted(
            images, right, down
        ),
        "The images move the wrong way: row r of the new image is row r - down of the old one.": shifted(
            images, -down, -right
        ),
        "They move up where they should move down.": shifted(images, -down, right),
        "They move left where they should move right.": shifted(images, down, -right),
        "All images move as the first one does. Each has its own numbers.": shifted(images, *first),
        "They move down and up only: `right` is not used.": shifted(images, down, 0 * right),
        "They move sideways only: `down` is not used.": shifted(images, 0 * down, right),
        "The training images have not moved.": images,
        "The training images are mirrored. Move them.": images[:, :, ::-1],
        "The frame goes around the stack of images, too, so that empty images come first. Frame rows and columns only: "
        "`np.pad(images, ((0, 0), (margin, margin), (margin, margin)))`.": shifted(stack, down, right),
    }
    return telling(shifted(images, down, right), mistakes)


def validation_mistakes(validation, down, right):
    """Of the validation images, which stay as they are."""
    n = len(validation)
    down, right = np.resize(down, n), np.resize(right, n)
    hint = (
        "The validation images are moved, too. They stand for the images that will come: leave them as they are, or "
        "the curve measures another task."
    )
    wrong = {
        hint: shifted(validation, down, right),
        hint + " ": shifted(validation, down, right, "around"),
        hint + "  ": shifted(validation, -down, -right),
        hint + "   ": shifted(validation, right, down),
    }
    return telling(validation, wrong)
