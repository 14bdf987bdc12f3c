"""The entries of the ledger: the measurement of every claim, as it stands in the results, and how they are counted."""

from course_lib.experiments import registry, storage
from course_lib.experiments.measurement import (
    DOES_NOT_HOLD,
    HOLDS,
    HOLDS_ONLY_WHEN,
    NO_DIFFERENCE,
    MeasurementError,
)

# {verdict: (said of one claim, said of several)}, in the order in which they are counted
COUNTED = {
    HOLDS: ("holds", "hold"),
    HOLDS_ONLY_WHEN: ("holds only in some settings", "hold only in some settings"),
    DOES_NOT_HOLD: ("does not hold", "do not hold"),
    NO_DIFFERENCE: ("shows no difference", "show no difference"),
}
NAMES_AS_WRITTEN = {"relu": "ReLU", "he": "He", "xavier": "Xavier", "adam": "Adam", "l1": "L1", "l2": "L2"}


class LedgerError(MeasurementError):
    """Results that the ledger cannot be written from. The message names each claim and the command that measures it."""


def entries():
    """The Measurement of every claim, by chapter and then by name.

    Raises
    ------
    LedgerError : a result that is missing, unreadable or stale, or no smallest effect to draw it in multiples of
    """
    found, problems = [], []
    for name, experiment in registry.experiments().items():
        try:
            measurement = storage.load_measurement(name)
        except MeasurementError as error:  # it names the command
            problems.append(str(error))
            continue
        if stale := storage.why_stale(measurement):
            problems.append(f"{name} is stale: {stale}. Measure it: {storage.command(name)}")
        elif not experiment.smallest_effect > 0:
            problems.append(
                f"{name} has smallest_effect {experiment.smallest_effect:g}. The picture draws effects in multiples of "
                f"it: say in {name}.py from where on an effect counts. "
                f"Measure it: {storage.command(name)}"
            )
        found.append(measurement)
    if problems:
        raise LedgerError("The ledger of claims cannot be written:\n" + "\n".join(f"- {each}" for each in problems))
    return found


def is_of_the_article(measurement):
    """Whether the article makes this claim; the others come from elsewhere."""
    return measurement.source.lower().startswith("the article")


def title(measurement):
    """A claim's name in words: "adam_speed" is "Adam speed"."""
    words = " ".join(NAMES_AS_WRITTEN.get(word, word) for word in measurement.name.split("_"))
    return words[0].upper() + words[1:]


def count_line(measurements):
    """ "19 claims: 4 hold, 14 hold only in some settings, 1 does not hold. Of these, the article makes 15: ..." """
    if not measurements:
        return "No claim is here."
    words = f"{_claims(len(measurements))}: {_counted(measurements)}."
    article = [each for each in measurements if is_of_the_article(each)]
    return f"{words} Of these, the article makes {len(article)}: {_counted(article)}." if article else words


def _claims(count):
    return f"{count} {'claim' if count == 1 else 'claims'}"


def _counted(measurements):
    verdicts = [each.verdict for each in measurements]
    counts = {verdict: verdicts.count(verdict) for verdict in COUNTED}
    return ", ".join(f"{count} {COUNTED[verdict][count > 1]}" for verdict, count in counts.items() if count)
