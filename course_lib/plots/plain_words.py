"""What was measured, in a sentence without figures of statistics: "better in all nine comparisons, by 2 to 7 points".

For readers who have not met an interval yet. Whether a comparison is better or worse is decided by its verdict, so a
difference that may be luck, or that is too small to matter, is called no clear difference.
"""

from collections.abc import Iterable
from typing import Any

POINTS = "percentage points"
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def in_words(
    measurement: Any, effects: Iterable[Any] | None = None, better: str = "better", worse: str = "worse"
) -> str:
    """What the comparisons say together; how large the effects are is said where they are percentage points.

    "better, by 4 points" · "better in all five comparisons, by 2 to 7 points" · "better in two of five comparisons, by
    about 1 point; no clear difference in three"

    Parameters
    ----------
    measurement : a Measurement of a cure, as `load_measurement` reads it
    effects : its Effects that are meant; None takes all that are judged
    better, worse : the words for an effect above and below 0

    Raises
    ------
    ValueError : no effects
    """
    chosen = _judged(measurement) if effects is None else list(effects)
    if not chosen:
        raise ValueError("effects is empty; expected one comparison or more.")
    groups = {better: [], worse: [], "no clear difference": []}
    for effect in chosen:
        verdict = effect.verdict(measurement.smallest_effect)
        name = better if "helps" in verdict else worse if "harms" in verdict else "no clear difference"
        groups[name].append(effect)
    amounts = measurement.unit == POINTS
    said = [
        _group(name, group, len(chosen), amounts and name in (better, worse)) for name, group in groups.items() if group
    ]
    return "; ".join([_first(said[0], len(chosen)), *said[1:]])


def number_word(count: int) -> str:
    """ "five" for 5; digits above ten."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _judged(measurement):
    return [effect for effect in measurement.effects if not effect.exploratory]


def _group(name, group, count, with_amount):
    where = (
        ""
        if count == 1
        else f" in all {number_word(count)}"
        if len(group) == count
        else f" in {number_word(len(group))}"
    )
    return f"{name}{where}{_amount(group) if with_amount else ''}"


def _first(said, count):
    """The first group says of how many comparisons it is one."""
    if count == 1:
        return said
    if f" in all {number_word(count)}" in said:
        return said.replace(f" in all {number_word(count)}", f" in all {number_word(count)} comparisons")
    head, comma, amount = said.partition(",")
    return f"{head} of {number_word(count)} comparisons{comma}{amount}"


def _amount(group):
    sizes = sorted(abs(effect.mean) for effect in group)
    low, high = f"{sizes[0]:.0f}", f"{sizes[-1]:.0f}"
    if high == "0":
        return ", by less than 1 point"
    if low == high:
        return f", by about {high} {'point' if high == '1' else 'points'}"
    return f", by up to {high} {'point' if high == '1' else 'points'}" if low == "0" else f", by {low} to {high} points"
