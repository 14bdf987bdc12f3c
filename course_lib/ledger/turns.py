"""Where the answer to a claim turns with the setting, in a sentence that follows from the result alone."""

import itertools
import re
from collections import Counter

from course_lib.experiments.verdicts import CLEARLY_HARMS, CLEARLY_HELPS, HARMS, HELPS
from course_lib.plots.claims import spelled

SIGNS = {CLEARLY_HELPS: 1, HELPS: 1, HARMS: -1, CLEARLY_HARMS: -1}  # of a verdict; the others have none
NAMED = 3  # groups of settings that a sentence names; of the others it gives the number
BETWEEN = r"(?:, |: )(?![^(]*\))"  # between the parts of a label, and not within "N(0, 1)"


def where_it_turns(measurement):
    """One sentence: in which of the other comparisons the verdict has another sign than in the primary one.

    Comparisons that are exploratory are left out. One that is open or too small to matter has no sign.
    """
    by_sign = {1: [], 0: [], -1: []}
    for effect in measurement.elsewhere:
        by_sign[_sign(measurement, effect)].append(spelled(effect.label))
    n = len(measurement.elsewhere)
    if not n:
        return "No other setting was tried."
    sign, primary = _sign(measurement, measurement.primary), spelled(measurement.primary.label)
    return _from_nothing(by_sign, n, primary) if sign == 0 else _from_an_effect(by_sign, sign, n, primary)


def _sign(measurement, effect):
    return SIGNS.get(effect.verdict(measurement.smallest_effect), 0)


def _from_an_effect(by_sign, sign, n, primary):
    turned, faded, same = by_sign[-sign], by_sign[0], [primary, *by_sign[sign]]
    said = f"The answer turns around in {_share(len(turned), n)}"
    if turned:
        said += f" ({in_groups(turned, faded + same)})"
    if faded:
        named = in_groups(faded, turned + same)
        said += f". In {len(faded)} the effect is too small to matter, or it cannot be told ({named})"
    return f"{said}."


def _from_nothing(by_sign, n, primary):
    helped, harmed = by_sign[1], by_sign[-1]
    said, without = f"An effect shows in {_share(len(helped) + len(harmed), n)}", [primary, *by_sign[0]]
    if helped and harmed:
        for_it, against = in_groups(helped, harmed + without), in_groups(harmed, helped + without)
        said += f": {len(helped)} for the claim ({for_it}), {len(harmed)} against it ({against})"
    elif found := helped or harmed:
        side = "for the claim" if helped else "against the claim"
        said += f", {side} ({in_groups(found, without)})"
    return f"{said}."


def _share(count, n):
    """How many of the other comparisons, in words: "none of the 7 other comparisons"."""
    if n == 1:
        return "the one other comparison" if count else "no other comparison, of which there is one"
    return f"all {n} other comparisons" if count == n else f"{count or 'none'} of the {n} other comparisons"


def in_groups(labels, others):
    """Labels in few words: "200 steps (all 4); 0.35 seconds, 8 over 32; and 2 more".

    One or two parts of labels that stand together in several of these and in none of the others stand for all that have
    them, the largest group first.

    Parameters
    ----------
    labels : that are named
    others : of the same claim, that are not meant
    """
    groups, rest = [], list(labels)
    elsewhere = {parts for label in others for parts in _parts(label)}
    while counts := _counts(rest, elsewhere):
        parts = max(counts, key=lambda found: (counts[found], -len(found)))  # of equals the first
        groups.append((f"{', '.join(parts)} ({_all(counts[parts])})", counts[parts]))
        rest = [label for label in rest if parts not in _parts(label)]
    groups += [(label, 1) for label in rest]
    named = NAMED if len(groups) > NAMED + 1 else len(groups)  # "and 1 more" is no shorter than the one
    said = [words for words, _ in groups[:named]]
    if more := sum(count for _, count in groups[named:]):
        said.append(f"and {more} more")
    return "; ".join(said)


def _counts(labels, elsewhere):
    """{parts: in how many labels they stand}, of those that stand in two or more and in none elsewhere."""
    counts = Counter(parts for label in labels for parts in _parts(label))
    return {parts: count for parts, count in counts.items() if count > 1 and parts not in elsewhere}


def _parts(label):
    """Each part of a label and each two of them, in order: the words that may stand for it."""
    parts = list(dict.fromkeys(re.split(BETWEEN, label)))
    return [(part,) for part in parts] + list(itertools.combinations(parts, 2))


def _all(count):
    return "both" if count == 2 else f"all {count}"
