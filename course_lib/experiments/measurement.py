"""A measured claim: differences between two arms, paired by seed, with their intervals and verdicts by a fixed rule."""

import json
import math
import re
from dataclasses import asdict, dataclass, fields

import numpy as np

from course_lib.experiments.experiment import LAW
from course_lib.experiments.small_versions import SmallVersion
from course_lib.experiments.verdicts import (
    CONFIDENCE,
    OF_A_LAW,
    VERDICTS,
    IntervalError,
    chance_of_zero,
    holm_confidences,
    interval,
    verdict_of,
)

SCHEMA = 3  # of the results' files; a change of what they hold changes this number

MEASURED, RESTAMPED, SMALL_TAKEN = "measured anew", "restamped", "small version taken anew"  # in a result's log


class MeasurementError(ValueError):
    """A measurement that cannot be made or read. The message says what was given, what was expected, what to do."""


class WrongRequest(MeasurementError):
    """Something was asked for that cannot be measured: one seed, no jobs. Nothing was computed."""


class UnknownExperiment(WrongRequest):
    """No experiment has this name. The message names those that are near."""


class ArmsAreTheSame(MeasurementError):
    """Two arms that are compared gave the same numbers with every seed: they are one arm under two names."""


class MechanismDidNotFire(MeasurementError):
    """What a comparison is about was never at work: no gradient was clipped, no unit was dropped."""


class WorkersLost(MeasurementError):
    """A Dask scheduler that does not answer, or a worker process that was ended. What was finished is kept."""


class OldScheme(MeasurementError):
    """A result that was written before claims had a primary comparison; it must be measured again."""


class MeasurementStopped(KeyboardInterrupt):
    """The measurement was interrupted. The message says what is kept and how it goes on."""


@dataclass(frozen=True)
class Effect:
    """One comparison, measured: effects by seed, their mean and its interval.

    Parameters
    ----------
    label, better, worse, quantity, exploratory : as in the Comparison
    by_seed : the effect of each seed, in the measurement's unit
    mean, low, high : their mean and the ends of its interval
    confidence : of the interval: 0.95 of the primary comparison and of exploratory ones; of the others what Holm's
        procedure asks for, so that the interval leaves 0 out where the procedure does
    """

    label: str
    better: str
    worse: str
    quantity: str
    exploratory: str
    by_seed: tuple[float, ...]
    mean: float
    low: float
    high: float
    confidence: float

    def verdict(self, smallest_effect: float) -> str:
        """One of `verdicts.VERDICTS`; of an exploratory comparison too, though nothing is counted by it."""
        return verdict_of(self.by_seed, self.low, self.high, smallest_effect)


def effects_of(experiment, outcomes) -> tuple[Effect, ...]:
    """The Effect of every comparison, the primary first.

    Parameters
    ----------
    experiment : the Experiment
    outcomes : {case: [Outcome of each seed]}; comparisons of cases that are not there are left out
    """
    comparisons = [each for each in experiment.comparisons if each.case in outcomes]
    by_seed = [tuple(each.effect(outcome) for outcome in outcomes[each.case]) for each in comparisons]
    judged = [place for place, each in enumerate(comparisons) if place and not each.exploratory]
    levels = dict(zip(judged, holm_confidences([chance_of_zero(by_seed[place]) for place in judged]), strict=True))
    found = []
    for place, (comparison, numbers) in enumerate(zip(comparisons, by_seed, strict=True)):
        names = (comparison.label, comparison.better, comparison.worse, comparison.quantity, comparison.exploratory)
        level = levels.get(place, CONFIDENCE)
        found.append(Effect(*names, numbers, *interval(numbers, level), level))
    return tuple(found)


@dataclass(frozen=True)
class LogEntry:
    """What happened to a result after it was first measured.

    Parameters
    ----------
    what : MEASURED anew, RESTAMPED: shown to be what the moved code gives, or SMALL_TAKEN: its small version alone anew
    why : the reason in words
    verdict : (before, after), of the primary comparison, in the words of their time
    fingerprint, engine : (before, after)
    """

    what: str
    why: str
    verdict: tuple[str, str]
    fingerprint: tuple[str, str]
    engine: tuple[str, str]


@dataclass(frozen=True)
class Measurement:
    """What an experiment found. Everything in it is plain values; `to_json` and `from_json` keep all of it.

    Parameters
    ----------
    name, claim, subject, source, chapter, setting, unit, kind, smallest_effect, smallest_effect_reason, larger_studies,
        settings, edge_reasons, budget_reason : as in the Experiment
    effects : one Effect for each comparison, the primary one first
    arms : {arm: {quantity: [number by seed]}}, also what was measured and not compared
    seeds, tuning_seeds : whole numbers; they share none
    chosen : {arm: {field: value}}, what tuning chose
    edges : {arm: {field: "smallest" or "largest"}}, what was chosen at the edge of its grid
    plateau : {arm of the primary: [validation score at the budget, at twice the budget]}; empty where it was not tried
    data : which images, as `image_draws.record` gives it; empty where there are none
    fired : {mechanism: the smallest count over the seeds}
    fingerprint : of the experiment, its files and its settings
    engine : the digest of the code beneath that gave these numbers, or was shown to give them
    versions : {"python": "3.11.7", "numpy": ...}
    cpu_minutes : that the measurement took, tuning included
    primary_cpu_minutes : of these, what the primary's case took
    small : the SmallVersion that was measured with it; of a small measurement, its own numbers
    log : a LogEntry for each time that the result was measured or stamped after the first, the latest last
    """

    name: str
    claim: str
    subject: str
    source: str
    chapter: int
    setting: str
    unit: str
    kind: str
    smallest_effect: float
    smallest_effect_reason: str
    larger_studies: str
    settings: dict
    effects: tuple[Effect, ...]
    arms: dict
    seeds: tuple[int, ...]
    tuning_seeds: tuple[int, ...]
    chosen: dict
    edges: dict
    edge_reasons: dict
    plateau: dict
    budget_reason: str
    data: dict
    fired: dict
    fingerprint: str
    engine: str
    versions: dict
    cpu_minutes: float
    primary_cpu_minutes: float
    small: SmallVersion
    log: tuple[LogEntry, ...] = ()

    @property
    def primary(self) -> Effect:
        """The Effect of the primary comparison."""
        return self.effects[0]

    @property
    def elsewhere(self) -> tuple[Effect, ...]:
        """The Effects of all other comparisons that are judged."""
        return tuple(effect for effect in self.effects[1:] if not effect.exploratory)

    @property
    def verdict(self) -> str:
        """Of the primary comparison: one of `verdicts.VERDICTS`."""
        return self.primary.verdict(self.smallest_effect)

    def words(self, effect: Effect | None = None) -> str:
        """The verdict of an Effect, None is the primary one, as it is said of a claim of this kind: "clearly so"."""
        verdict = (effect or self.primary).verdict(self.smallest_effect)
        return OF_A_LAW[verdict] if self.kind == LAW else verdict

    def counts_elsewhere(self) -> dict[str, int]:
        """{verdict in words: how many of the comparisons elsewhere have it}, of those that occur, the best first."""
        found = [effect.verdict(self.smallest_effect) for effect in self.elsewhere]
        said = OF_A_LAW if self.kind == LAW else {}
        return {said.get(verdict, verdict): found.count(verdict) for verdict in VERDICTS if verdict in found}

    def beside(self) -> dict[str, tuple[float, float, float]]:
        """What the primary's arms differ in besides its quantity: {quantity: (mean, low, high)}, better minus worse."""
        better, worse = (self.arms[arm] for arm in (self.primary.better, self.primary.worse))
        return {
            quantity: interval(np.subtract(better[quantity], worse[quantity]))
            for quantity in better
            if quantity in worse and quantity != self.primary.quantity
        }

    def unexplained_edges(self) -> list[str]:
        """ "arm: field" of the primary's arms that were chosen at the edge of a grid without a written reason."""
        return [
            f"{arm}: {name}"
            for arm in (self.primary.better, self.primary.worse)
            for name in self.edges.get(arm, ())
            if f"{arm}: {name}" not in self.edge_reasons
        ]

    def effect(self, label: str) -> Effect:
        """The Effect with this label. A label that is not there is a MeasurementError that names those that are."""
        for effect in self.effects:
            if effect.label == label:
                return effect
        known = ", ".join(repr(effect.label) for effect in self.effects)
        raise MeasurementError(f"{self.name} has no comparison {label!r}. It has: {known}.")

    def values(self, arm: str, quantity: str) -> np.ndarray:
        """The numbers of one arm, by seed: array (seeds,)."""
        try:
            return np.array(self.arms[arm][quantity], dtype=float)
        except KeyError:
            known = ", ".join(f"{arm}: {', '.join(quantities)}" for arm, quantities in self.arms.items())
            raise MeasurementError(f"{self.name} has no {quantity!r} of {arm!r}. It has: {known}.") from None

    def to_json(self) -> str:
        """JSON text that `from_json` reads back as an equal measurement."""
        content = {"schema": SCHEMA, "verdict": self.verdict, **asdict(self)}
        text = json.dumps(content, indent=1, allow_nan=False)
        for short_list in (LIST_OF_NUMBERS, LIST_OF_ONE_LIST, TWO_TEXTS):
            text = re.sub(short_list, _on_one_line, text)
        return text + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Measurement":
        """The measurement that `to_json` wrote.

        Raises
        ------
        OldScheme : written before claims had a primary comparison
        MeasurementError : no JSON, another schema, something missing or of another kind, figures that do not follow
            from the numbers by seed that stand beside them, as after a change by hand, or other images than its
            settings say
        """
        content = plain_content(text)
        schema = content.pop("schema", None)
        if schema in (1, 2):
            raise OldScheme("measured under the old scheme, in which a claim had no primary comparison")
        if schema != SCHEMA:
            raise MeasurementError(f"written with schema {schema!r}; this version of the course reads {SCHEMA}")
        verdict = content.pop("verdict", None)
        _check_keys(content, cls, "")
        _check_kinds(content)
        content["effects"] = tuple(_read_effect(effect) for effect in content["effects"])
        content["small"] = _read_small(content["small"])
        content["log"] = tuple(_read_log_entry(entry) for entry in content["log"])
        for name in ("seeds", "tuning_seeds"):
            content[name] = tuple(content[name])
        measurement = cls(**content)
        _check_figures(measurement)
        _check_data(measurement)
        if measurement.verdict != verdict:
            raise MeasurementError(f"its verdict is {verdict!r}, and its effects give {measurement.verdict!r}")
        return measurement


def plain_content(text: str) -> dict:
    """What a result's JSON holds, of whatever schema. No JSON, or no object, is a MeasurementError."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise MeasurementError(f"not JSON ({error})") from None
    if not isinstance(content, dict):
        raise MeasurementError(f"a {type(content).__name__} and not an object with the parts of a measurement")
    return content


# Lists that `json` writes one entry to a line; a label, which may hold anything, is in none of them.
LIST_OF_NUMBERS = r'\[\n([^][{}"]+)\n *\]'
LIST_OF_ONE_LIST = r"\[\n *(\[[^][{}\n]*\])\n *\]"
TWO_TEXTS = r'\[\n *("[^"\\]*",\n *"[^"\\]*")\n *\]'


def _on_one_line(found):
    return f"[{' '.join(found[1].split())}]"


KINDS = {
    "name": str,
    "claim": str,
    "subject": str,
    "source": str,
    "chapter": int,
    "setting": str,
    "unit": str,
    "kind": str,
    "smallest_effect": (int, float),
    "smallest_effect_reason": str,
    "larger_studies": str,
    "settings": dict,
    "effects": list,
    "arms": dict,
    "seeds": list,
    "tuning_seeds": list,
    "chosen": dict,
    "edges": dict,
    "edge_reasons": dict,
    "plateau": dict,
    "budget_reason": str,
    "data": dict,
    "fired": dict,
    "fingerprint": str,
    "engine": str,
    "versions": dict,
    "cpu_minutes": (int, float),
    "primary_cpu_minutes": (int, float),
    "small": dict,
    "log": list,
}


def _check_keys(content, kind, where):
    wanted = {field.name for field in fields(kind)}
    missing, unknown = sorted(wanted - set(content)), sorted(set(content) - wanted)
    if missing or unknown:
        parts = [f"without {', '.join(missing)}"] if missing else []
        parts += [f"with the unknown {', '.join(unknown)}"] if unknown else []
        raise MeasurementError(f"{where}{' and '.join(parts)}")


def _check_kinds(content):
    for name, kind in KINDS.items():
        if not isinstance(content[name], kind):
            raise MeasurementError(f"its {name} is {content[name]!r}")
    if not content["effects"]:
        raise MeasurementError("without any effect")


def _read_effect(content):
    if not isinstance(content, dict):
        raise MeasurementError(f"an effect is {content!r}")
    _check_keys(content, Effect, "an effect ")
    numbers = [content[name] for name in ("mean", "low", "high", "confidence")]
    if not isinstance(content["by_seed"], list) or not all(map(_is_number, [*content["by_seed"], *numbers])):
        raise MeasurementError(f"the effect {content['label']!r} has something that is not a number")
    return Effect(**content | {"by_seed": tuple(content["by_seed"])})


def _read_small(content):
    _check_keys(content, SmallVersion, "its small version ")
    small = SmallVersion(**content)
    try:
        numbers = small.numbers()
    except (AttributeError, KeyError, TypeError, ValueError):
        raise MeasurementError("its small version is not one number for each arm, quantity and seed") from None
    for what, number in numbers.items():
        if not (_is_number(number) or (number is None and what.startswith("score of "))):
            raise MeasurementError(f"its small version has {number!r} as {what}")
    return small


def _read_log_entry(content):
    if not isinstance(content, dict):
        raise MeasurementError(f"an entry of its log is {content!r}")
    _check_keys(content, LogEntry, "an entry of its log ")
    texts = [content["what"], content["why"]]
    for pair in (content["verdict"], content["fingerprint"], content["engine"]):
        texts += pair if isinstance(pair, list) and len(pair) == 2 else [None]
    if not all(isinstance(text, str) for text in texts):
        raise MeasurementError(
            f"an entry of its log is {content!r}; expected texts, and verdicts and digests before and after"
        )
    pairs = {name: tuple(content[name]) for name in ("verdict", "fingerprint", "engine")}
    return LogEntry(**content | pairs)


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_figures(measurement):
    """Means, intervals and effects must follow from the numbers by seed."""
    expected = len(measurement.seeds)
    for arm, quantities in measurement.arms.items():
        for quantity, numbers in quantities.items() if isinstance(quantities, dict) else [("numbers", None)]:
            if not isinstance(numbers, list) or len(numbers) != expected or not all(map(_is_number, numbers)):
                raise MeasurementError(f"its {quantity} of {arm} is not one number for each of {expected} seeds")
    for effect in measurement.effects:
        _check_effect(effect, measurement, expected)
    judged = list(measurement.elsewhere)
    try:
        levels = holm_confidences([chance_of_zero(effect.by_seed) for effect in judged])
    except IntervalError as error:
        raise MeasurementError(str(error)) from None
    for effect in measurement.effects:
        level = levels[judged.index(effect)] if effect in judged else CONFIDENCE
        if not np.isclose(effect.confidence, level, rtol=0, atol=1e-9):
            raise MeasurementError(f"the interval of {effect.label!r} has another confidence than its place among all")


def _check_effect(effect, measurement, expected):
    better, worse = (measurement.values(arm, effect.quantity) for arm in (effect.better, effect.worse))
    rounding = 1e-9 * max(np.abs(better).max(), np.abs(worse).max())
    signs = (1, -1) if len(effect.by_seed) == expected else ()  # -1: of a quantity that is better when it is small
    if not any(np.allclose(effect.by_seed, sign * (better - worse), rtol=0, atol=rounding) for sign in signs):
        raise MeasurementError(f"the effects of {effect.label!r} are not the differences of its arms")
    try:
        figures = interval(effect.by_seed, effect.confidence)
    except IntervalError as error:
        raise MeasurementError(str(error)) from None
    if not np.allclose(figures, (effect.mean, effect.low, effect.high), rtol=1e-9, atol=rounding):
        raise MeasurementError(f"the mean and interval of {effect.label!r} do not follow from its effects by seed")


def _check_data(measurement):
    """The images must be those that the settings ask for."""
    settings, there = measurement.settings, measurement.data.get("set")
    asked = [own.get("data", settings.get("data")) for own in settings.get("cases", {"": {}}).values()]
    asked = [settings.get("small", {}).get("data", each) for each in asked]
    if there not in asked:
        raise MeasurementError(f"it was measured with the images {there!r}, and its settings say {asked[0]!r}")
