"""Exercise 5.5: the interval of a difference, paired by seed, and the word for it."""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import (
    ROUNDING,
    expect_choice,
    expect_close,
    expect_number,
    expect_tuple,
    plain_number,
)
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known, meaning_in_all
from course_lib.checks.registry import exercise

LEAD = (
    "Take the example and print the differences, their mean, their standard deviation and the half width. Work the "
    "same out on paper."
)

ON_A_LINE = (
    "The interval is right. Draw it on a line, with 0, `smallest` and `-smallest`: where does it lie for a gain, "
    "for a loss, and for an effect too small to matter?"
)
WORDS = GAIN, LOSS, TOO_SMALL, OPEN = "gain", "loss", "too small to matter", "open"


def gain(with_remedy, without, quantile, smallest):
    """(low, high, word): the interval of the mean difference, and what it says."""
    difference = with_remedy - without
    half = quantile * difference.std(ddof=1) / np.sqrt(len(difference))
    low, high = difference.mean() - half, difference.mean() + half
    return low, high, word_for(low, high, smallest)


def is_gain(low, high, smallest):
    return low > smallest


def is_loss(low, high, smallest):
    return high < -smallest


def is_too_small(low, high, smallest):
    return -smallest < low and high < smallest


def word_for(low, high, smallest, gains=is_gain, losses=is_loss, too_small=is_too_small):
    """The word for an interval, by these rules."""
    if gains(low, high, smallest):
        return GAIN
    if losses(low, high, smallest):
        return LOSS
    return TOO_SMALL if too_small(low, high, smallest) else OPEN


def drawn(rng):
    """Fresh arms, for each word two or more: no end of an interval is where rounding would decide."""
    cases = []
    for smallest in (float(rng.uniform(0.2, 1)), 0.0):
        n, quantile, spread = int(rng.integers(3, 13)), float(rng.uniform(2, 4)), float(rng.uniform(0.1, 2))
        half = quantile * spread / np.sqrt(n)
        mean, less = smallest + half + rng.uniform(0.05, 2), smallest + half * rng.uniform(-0.9, 0.9)
        cases += [(*_arms(rng, each, spread, n), quantile, smallest) for each in (mean, -mean, less, -less)]
    sure = 0.1 / quantile * np.sqrt(n)  # the spread with which the interval reaches 0.1 to either side
    return [*cases, *((*_arms(rng, mean, sure, n), quantile, 0.5) for mean in (0.2, -0.2))]


# ---- wrong answers --------------------------------------------------------------------------------------------------


def with_half_width(half):
    """half(with_remedy, without, quantile) in place of the interval's half width."""

    def answer(with_remedy, without, quantile, smallest):
        mean, width = (with_remedy - without).mean(), half(with_remedy, without, quantile)
        return mean - width, mean + width, word_for(mean - width, mean + width, smallest)

    return answer


def with_word(word):
    """word(low, high, smallest) in place of the word."""

    def answer(with_remedy, without, quantile, smallest):
        low, high, _ = gain(with_remedy, without, quantile, smallest)
        return low, high, word(low, high, smallest)

    return answer


def with_rules(**rules):
    """Other rules for the word: `gains`, `losses` or `too_small`."""
    return with_word(lambda low, high, smallest: word_for(low, high, smallest, **rules))


def turned_around(with_remedy, without, quantile, smallest):
    return gain(without, with_remedy, quantile, smallest)


def swapped(with_remedy, without, quantile, smallest):
    low, high, word = gain(with_remedy, without, quantile, smallest)
    return high, low, word


def range_of_seeds(with_remedy, without, quantile, smallest):
    difference = with_remedy - without
    return min(difference), max(difference), word_for(min(difference), max(difference), smallest)


def exchanged(low, high, smallest):
    word = word_for(low, high, smallest)
    return {GAIN: LOSS, LOSS: GAIN}.get(word, word)


def mean_alone(low, high, smallest):
    return word_for((low + high) / 2, (low + high) / 2, smallest)


def mean_where_zero_is_left_out(low, high, smallest):
    return mean_alone(low, high, smallest) if low > 0 or high < 0 else word_for(low, high, smallest)


def root(array):
    return np.sqrt(len(array))


ONE_ARM = "That is the spread of one arm. Take that of the differences."
TORN = "The pairs are torn apart: take the difference seed by seed first, then"

MISTAKES = [
    (
        with_half_width(lambda a, b, quantile: quantile * np.hypot(a.std(ddof=1), b.std(ddof=1)) / root(a)),
        "The pairs are torn apart: both arms share the seed, so take the difference seed by seed, then its spread.",
    ),
    (
        with_half_width(lambda a, b, quantile: quantile * abs(a.std(ddof=1) - b.std(ddof=1)) / root(a)),
        f"{TORN} the spread of the differences.",
    ),
    (
        with_half_width(lambda a, b, quantile: quantile * (a.std(ddof=1) + b.std(ddof=1)) / root(a)),
        f"{TORN} its spread.",
    ),
    (with_half_width(lambda a, b, quantile: quantile * a.std(ddof=1) / root(a)), ONE_ARM),
    (with_half_width(lambda a, b, quantile: quantile * b.std(ddof=1) / root(a)), ONE_ARM),
    (
        with_half_width(lambda a, b, quantile: quantile * (a - b).std(ddof=1) / np.sqrt(len(a) - 1)),
        "The spread is divided by the root of n - 1. The n - 1 stands in s alone; divide s by the root of n.",
    ),
    (
        with_half_width(lambda a, b, quantile: quantile * (a - b).std() / root(a)),
        "The spread is divided by n, and a sample's by n - 1: `ddof=1`.",
    ),
    (
        with_half_width(lambda a, b, quantile: quantile * (a - b).std(ddof=1)),
        "The root of n is missing: that says where single seeds lie. The mean of n seeds is surer, by the root of n.",
    ),
    (
        with_half_width(lambda a, b, quantile: quantile * (a - b).std(ddof=1) / len(a)),
        "The spread is divided by n. Divide it by the root of n.",
    ),
    (
        with_half_width(lambda a, b, quantile: quantile * (a - b).var(ddof=1) / root(a)),
        "The variance stands where the standard deviation belongs: its root is missing.",
    ),
    (with_half_width(lambda a, b, quantile: (a - b).std(ddof=1) / root(a)), "`quantile` is not used."),
    (
        with_half_width(lambda a, b, quantile: 1.96 * (a - b).std(ddof=1) / root(a)),
        "The quantile is always 1.96. With few seeds it is larger: use the one that is given.",
    ),
    (with_half_width(lambda a, b, quantile: 0.0), "Both ends are the mean: the half width is missing."),
    (
        turned_around,
        "It is turned around: with the remedy minus without it, so that a gain is above 0.",
    ),
    (swapped, "low and high are swapped."),
    (
        range_of_seeds,
        "That is the range of the seeds, smallest to largest. The interval is that of their mean.",
    ),
    (
        with_word(lambda low, high, smallest: word_for(low, high, 0.0)),
        "`smallest` is not used: an effect so small that it does not matter is neither gain nor loss here.",
    ),
    (
        with_rules(gains=lambda low, high, smallest: low > 0),
        "`smallest` is not used for a gain: the lower end must lie above it.",
    ),
    (
        with_rules(losses=lambda low, high, smallest: high < 0),
        "`smallest` is not used for a loss: the upper end must lie below -smallest.",
    ),
    (
        with_word(lambda low, high, smallest: GAIN if low + high > 0 else LOSS),
        "The word goes by the mean alone. If the interval holds 0, it is a gain within the noise: open.",
    ),
    (
        with_word(mean_where_zero_is_left_out),
        "The interval is compared with 0, and only its mean with the smallest effect. The whole interval must lie "
        "beyond the smallest effect.",
    ),
    (with_word(mean_alone), "The word goes by the mean alone. The whole interval must lie beyond the smallest effect."),
    (
        with_rules(
            gains=lambda low, high, smallest: high > smallest, losses=lambda low, high, smallest: low < -smallest
        ),
        "One end is enough for you. The whole interval must lie beyond the smallest effect, so ask its nearer end: the "
        "lower one for a gain, the upper one for a loss.",
    ),
    (
        with_rules(losses=lambda low, high, smallest: low < -smallest),
        "For a loss ask the *upper* end: the whole interval must lie below -smallest.",
    ),
    (
        with_rules(gains=lambda low, high, smallest: high > smallest),
        "For a gain ask the *lower* end: the whole interval must lie above smallest.",
    ),
    (
        with_rules(losses=lambda low, high, smallest: high < smallest),
        "A loss lies below *minus* smallest: the sign is missing.",
    ),
    (
        with_rules(losses=lambda low, high, smallest: low < -smallest and high < smallest),
        "A loss lies below *minus* smallest with both of its ends: ask the upper one alone, against -smallest.",
    ),
    (with_rules(losses=lambda low, high, smallest: False), "An interval below -smallest is a loss."),
    (
        with_rules(too_small=lambda low, high, smallest: False),
        "An interval that lies between -smallest and smallest is not open: whatever the effect is, it is too small to "
        "matter.",
    ),
    (
        with_rules(too_small=lambda low, high, smallest: True),
        "An interval that reaches beyond smallest or -smallest, but not with both ends, leaves it open.",
    ),
    (
        with_rules(too_small=lambda low, high, smallest: high < smallest or low > -smallest),
        "For an effect too small to matter ask *both* ends: they must both lie between -smallest and smallest.",
    ),
    (
        with_rules(too_small=lambda low, high, smallest: low <= 0 <= high),
        "An interval that holds 0 can still hold a large effect. Too small to matter is one that lies between "
        "-smallest and smallest.",
    ),
    (with_word(exchanged), "The words are exchanged."),
    (with_word(lambda low, high, smallest: GAIN), Said("Draw it on a line")),
    (
        with_word(lambda low, high, smallest: "yes"),
        Said("expected one of 'gain', 'loss', 'too small to matter', 'open'"),
    ),
]


# ---- the check ------------------------------------------------------------------------------------------------------


@exercise(
    "5.5", title="Does the gain count?", mistakes=MISTAKES, lead=LEAD, hidden=same_as(gain, drawn, rtol=1e-4, atol=1e-4)
)
def check_gain(submitted):
    """Clear gains and losses, gains within the noise, sure ones that are too small, few seeds and many."""
    cases = _cases()
    answers = [_interval_and_word(submitted(*given), name, given) for name, given in cases.items()]
    for (name, given), (_, _, word) in zip(cases.items(), answers, strict=True):
        low, high, expected = gain(*given)
        if word != expected:
            # all words at once: which rule gave them shows only in several intervals
            raise Diagnosis(
                f"The interval for {name} is {low:.2f} to {high:.2f}, the smallest effect {given[-1]:g}: you say "
                f"{word!r}, expected {expected!r}.",
                hint=meaning_in_all(MISTAKES, cases.values(), answers, _same) or ON_A_LINE,
            )
    return "Paired by seed, with an interval: a gain within the noise is not called one."


def _cases():
    rng = np.random.default_rng(55)
    example = np.array([82.0, 84.0, 81.0, 85.0]), np.array([80.0, 83.0, 81.0, 82.0])
    cases = {"the example": (*example, 3.18, 0.5)}
    for name, mean, spread, n, quantile, smallest in (
        ("a clear gain, 10 seeds", 3.0, 0.8, 10, 2.26, 0.5),
        ("a gain within the noise, 5 seeds", 1.0, 2.0, 5, 2.78, 0.5),
        ("a clear loss, 6 seeds", -2.5, 0.6, 6, 2.57, 0.5),
        ("a sure gain that is too small to matter", 0.3, 0.1, 12, 2.20, 0.5),
        ("a loss within the noise, 4 seeds", -0.7, 1.5, 4, 3.18, 0.2),
        ("a smallest effect of 0", 0.3, 0.1, 12, 2.20, 0.0),
        ("a sure loss that is too small to matter", -0.3, 0.1, 12, 2.20, 0.5),
        ("a loss that may be too small to matter", -0.5, 0.3, 5, 2.78, 0.5),
        ("a gain whose mean matters, and may still be too small", 0.8, 0.3, 5, 2.78, 0.5),
        ("a loss whose mean matters, and may still be too small", -0.8, 0.3, 5, 2.78, 0.5),
    ):
        cases[name] = *_arms(rng, mean, spread, n), quantile, smallest
    return cases


def _arms(rng, mean, spread, n):
    """Accuracies with and without, whose differences have just this mean and about this spread."""
    without = rng.normal(80, 2, n)
    difference = rng.normal(0, 1, n)
    difference = mean + spread * (difference - difference.mean()) / difference.std(ddof=1)
    return without + difference, without


def _interval_and_word(value, name, given):
    """low, high and the word that were given, the interval being right."""
    low, high, word = expect_tuple(value, 3, f"The result for {name}", ("low", "high", "word"))
    ends = expect_number(plain_number(low), f"low for {name}"), expect_number(plain_number(high), f"high for {name}")
    what = f"The interval [low, high] for {name}"
    because = known(MISTAKES, *given, part=_ends)
    expect_close(np.array(ends), _ends(gain(*given)), **ROUNDING, because=because, what=what)
    return *ends, expect_choice(word, WORDS, f"The word for {name}")


def _ends(value):
    return np.array(value[:2])


def _same(wrong, answer):
    return np.allclose(_ends(wrong), _ends(answer), **ROUNDING) and wrong[2] == answer[2]
