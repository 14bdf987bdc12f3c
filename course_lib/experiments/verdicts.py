"""From effects by seed to a verdict: intervals, several comparisons at once, and when an effect is too small to matter.

A claim has one primary comparison, declared before anything is measured. It is judged alone, at 95%: how many other
settings somebody looks at must not widen the interval that the headline stands on. The comparisons elsewhere are judged
together (Holm 1979, "A simple sequentially rejective multiple test procedure"): of forty true zeros, one lies outside
its own 95% interval twice by chance, and none may be called an effect for that. What is exploratory is shown with its
95% interval and not judged.

Too small to matter is two one-sided tests (Schuirmann 1987): the 90% interval lies between minus and plus the smallest
effect that matters. That comes first: an effect that is surely there and surely too small is too small.
"""

import math
from collections.abc import Sequence

import numpy as np

CONFIDENCE = 0.95
TOO_SMALL_CONFIDENCE = 0.90  # of the interval that lies within the smallest effect: two one-sided tests at 5%

CLEARLY_HELPS, HELPS = "clearly helps", "helps"
TOO_SMALL, OPEN = "too small to matter", "open"
HARMS, CLEARLY_HARMS = "harms", "clearly harms"
VERDICTS = (CLEARLY_HELPS, HELPS, TOO_SMALL, OPEN, HARMS, CLEARLY_HARMS)
OF_A_LAW = {  # what the same is called where a claim says how things are, and nothing helps or harms
    CLEARLY_HELPS: "clearly so",
    HELPS: "so",
    TOO_SMALL: TOO_SMALL,
    OPEN: OPEN,
    HARMS: "the opposite",
    CLEARLY_HARMS: "clearly the opposite",
}


class IntervalError(ValueError):
    """Numbers that have no interval: one seed alone, or one that is not finite. The message says which."""


def interval(by_seed: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """(mean, low, high): the mean of numbers, one a seed, and its interval by Student's t.

    Where each seed draws its own training and test images, as in image_draws.py, seeds are whole experiments of their
    own, and the interval is one over seeds and images.

    Parameters
    ----------
    by_seed : two numbers or more, finite
    confidence : between 0 and 1

    Raises
    ------
    IntervalError : fewer than two numbers, or one that is not finite
    """
    numbers = np.asarray(by_seed, dtype=float)
    if numbers.ndim != 1 or len(numbers) < 2:
        raise IntervalError(
            f"An interval needs 2 seeds or more; there is {numbers.size}. One run says nothing about the next one."
        )
    if not np.isfinite(numbers).all():
        raise IntervalError(f"An effect is not a finite number: {numbers.tolist()}.")
    from scipy.special import stdtrit  # loaded here: chapters that measure nothing need not wait for it

    mean = float(numbers.mean())
    quantile = float(stdtrit(len(numbers) - 1, (1 + confidence) / 2))
    half = quantile * float(numbers.std(ddof=1)) / math.sqrt(len(numbers))
    return mean, mean - half, mean + half


def chance_of_zero(by_seed: Sequence[float]) -> float:
    """The two-sided p value of Student's t: how often chance alone takes the mean of a true 0 as far away as this."""
    from scipy.special import stdtr

    mean, low, high = interval(by_seed)
    if high == low:  # the same number with every seed
        return 1.0 if mean == 0 else 0.0
    numbers = np.asarray(by_seed, dtype=float)
    t = abs(mean) / (float(numbers.std(ddof=1)) / math.sqrt(len(numbers)))
    return float(2 * stdtr(len(numbers) - 1, -t))


def holm_confidences(p_values: Sequence[float], confidence: float = CONFIDENCE) -> list[float]:
    """The confidence of each interval so that it leaves 0 out exactly where Holm's procedure rejects.

    The smallest of m p values is held to (1 - confidence) / m, the next to / (m - 1), and so on to the first that
    fails; it and all larger ones keep the level at which it failed.

    Parameters
    ----------
    p_values : of the comparisons that are judged together
    confidence : of all of them together

    Returns
    -------
    list of float, in the order of the p values
    """
    alpha, failed = 1 - confidence, None
    found = [confidence] * len(p_values)
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        level = alpha / (len(p_values) - rank) if failed is None else failed
        if failed is None and not p_values[place] < level:
            failed = level
        found[place] = 1 - level
    return found


def verdict_of(by_seed: Sequence[float], low: float, high: float, smallest_effect: float) -> str:
    """One of VERDICTS.

    Parameters
    ----------
    by_seed : effects, above 0 where the better arm did better
    low, high : ends of the interval that the comparison is judged by
    smallest_effect : that matters, above 0
    """
    _, low90, high90 = interval(by_seed, TOO_SMALL_CONFIDENCE)
    if -smallest_effect < low90 and high90 < smallest_effect:
        return TOO_SMALL
    if low > 0:
        return CLEARLY_HELPS if low > smallest_effect else HELPS
    if high < 0:
        return CLEARLY_HARMS if high < -smallest_effect else HARMS
    return OPEN
