"""The entries of the ledger: the measurement of every claim, as it stands in the results, and how they are counted."""

from course_lib.experiments import registry, storage
from course_lib.experiments.experiment import CURE
from course_lib.experiments.measurement import MeasurementError
from course_lib.experiments.verdicts import OF_A_LAW, VERDICTS

# {verdict: what is said of several}; of one, as it is
OF_SEVERAL = {
    "clearly helps": "clearly help",
    "helps": "help",
    "too small to matter": "make a difference too small to matter",
    "open": "are open",
    "harms": "harm",
    "clearly harms": "clearly harm",
    "clearly so": "are clearly so",
    "so": "are so",
    "the opposite": "are the other way round",
    "clearly the opposite": "are clearly the other way round",
}
OF_ONE = {
    "too small to matter": "makes a difference too small to matter",
    "open": "is open",
    "clearly so": "is clearly so",
    "so": "is so",
    "the opposite": "is the other way round",
    "clearly the opposite": "is clearly the other way round",
}
EXTREMES = 3  # remedies that are named as the strongest, and as the weakest


class LedgerError(MeasurementError):
    """Results that the ledger cannot be written from. The message names each claim and the command that measures it."""


def entries():
    """The Measurement of every claim that has a result, by chapter and then by name; the others are `waiting`.

    Raises
    ------
    LedgerError : a result that is unreadable or stale
    """
    found, problems, without = [], [], waiting()
    for name in registry.experiments():
        if name in without:
            continue
        try:
            measurement = storage.load_measurement(name)
        except MeasurementError as error:  # it names the command
            problems.append(str(error))
            continue
        if stale := storage.why_stale(measurement):
            problems.append(f"{name} is stale: {stale}. Measure it: {storage.command(name)}")
        found.append(measurement)
    if problems:
        raise LedgerError("The ledger of claims cannot be written:\n" + "\n".join(f"- {each}" for each in problems))
    return found


def waiting():
    """{name: Experiment} of the claims that have no result yet."""
    return {name: each for name, each in registry.experiments().items() if not storage.result_file(name).is_file()}


def is_of_the_article(measurement):
    """Whether the article makes this claim; the others come from elsewhere."""
    return measurement.source.lower().startswith("the article")


def multiple(measurement):
    """The primary effect in multiples of the smallest one that matters."""
    return measurement.primary.mean / measurement.smallest_effect


def strongest_first(measurements):
    """The claims by their primary effect in multiples of the smallest one that matters; of equals by name."""
    return sorted(measurements, key=lambda each: (-multiple(each), each.name))


def remedies(measurements):
    """The claims about what somebody would do, the strongest first."""
    return strongest_first(each for each in measurements if each.kind == CURE)


def count_line(measurements):
    """How many claims there are, and what became of their primary comparisons, as text.

    "19 claims. 15 say that something helps: 9 clearly help, 6 are open. 4 say how something is: 4 are clearly so."
    """
    if not measurements:
        return "No claim is here."
    cures = [each for each in measurements if each.kind == CURE]
    laws = [each for each in measurements if each.kind != CURE]
    parts = [f"{len(measurements)} {'claim' if len(measurements) == 1 else 'claims'}."]
    for chosen, one, several in (
        (cures, "says that something helps", "say that something helps"),
        (laws, "says how something is", "say how something is"),
    ):
        if chosen:
            parts.append(f"{len(chosen)} {one if len(chosen) == 1 else several}: {_counted(chosen)}.")
    return " ".join(parts)


def _counted(measurements):
    said = [each.words() for each in measurements]
    order = [*VERDICTS, *(words for words in OF_A_LAW.values() if words not in VERDICTS)]
    counts = {words: said.count(words) for words in order}
    return ", ".join(
        f"{count} {OF_SEVERAL[words] if count > 1 else OF_ONE.get(words, words)}"
        for words, count in counts.items()
        if count
    )
