"""A measured claim: differences between two arms, paired by seed, with a 95% interval and a verdict by a fixed rule."""

import json
import math
import re
from dataclasses import asdict, dataclass, fields

import numpy as np

from course_lib.experiments.small_versions import SmallVersion

SCHEMA = 2  # of the results' files; a change of what they hold changes this number
CONFIDENCE = 0.95

MEASURED, RESTAMPED, SMALL_TAKEN = "measured anew", "restamped", "small version taken anew"  # in a result's log

HOLDS = "holds"
HOLDS_ONLY_WHEN = "holds only when"
NO_DIFFERENCE = "no difference seen"
DOES_NOT_HOLD = "does not hold"


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


class MeasurementStopped(KeyboardInterrupt):
    """The measurement was interrupted. The message says what is kept and how it goes on."""


@dataclass(frozen=True)
class Effect:
    """One comparison, measured: effects by seed, their mean and its interval.

    Parameters
    ----------
    label, better, worse, quantity : as in the Comparison
    by_seed : the effect of each seed, in the measurement's unit
    mean, low, high : their mean and the ends of its 95% interval
    """

    label: str
    better: str
    worse: str
    quantity: str
    by_seed: tuple[float, ...]
    mean: float
    low: float
    high: float

    def outcome(self, smallest_effect=0.0):
        """1 for the claim, -1 against it, 0 undecided: the whole interval must lie beyond the smallest effect."""
        if self.low > smallest_effect:
            return 1
        return -1 if self.high < -smallest_effect else 0


@dataclass(frozen=True)
class LogEntry:
    """What happened to a result after it was first measured.

    Parameters
    ----------
    what : MEASURED anew, RESTAMPED: shown to be what the moved code gives, or SMALL_TAKEN: its small version alone anew
    why : the reason in words
    fingerprint, engine : (before, after)
    """

    what: str
    why: str
    fingerprint: tuple[str, str]
    engine: tuple[str, str]


@dataclass(frozen=True)
class Measurement:
    """What an experiment found. Everything in it is plain values; `to_json` and `from_json` keep all of it.

    Parameters
    ----------
    name, claim, source, chapter, setting, unit, smallest_effect, settings : as in the Experiment
    effects : one Effect for each comparison, the main one first
    arms : {arm: {quantity: [number by seed]}}, also what was measured and not compared
    seeds, tuning_seeds : whole numbers; they share none
    learning_rates : {arm: the learning rate that was chosen}
    at_the_edge : arms whose best learning rate is the smallest or the largest of the grid
    fired : {mechanism: the smallest count over the seeds}
    fingerprint : of the experiment, its files and its settings
    engine : the digest of the code beneath that gave these numbers, or was shown to give them
    versions : {"python": "3.11.7", "numpy": ...}
    cpu_minutes : that the measurement took, tuning included
    small : the SmallVersion that was measured with it; of a small measurement, its own numbers
    log : a LogEntry for each time that the result was measured or stamped after the first, the latest last
    """

    name: str
    claim: str
    source: str
    chapter: int
    setting: str
    unit: str
    smallest_effect: float
    settings: dict
    effects: tuple[Effect, ...]
    arms: dict
    seeds: tuple[int, ...]
    tuning_seeds: tuple[int, ...]
    learning_rates: dict
    at_the_edge: tuple[str, ...]
    fired: dict
    fingerprint: str
    engine: str
    versions: dict
    cpu_minutes: float
    small: SmallVersion
    log: tuple[LogEntry, ...] = ()

    @property
    def verdict(self):
        """One of HOLDS, HOLDS_ONLY_WHEN, NO_DIFFERENCE, DOES_NOT_HOLD.

        It holds when every comparison's interval lies above the smallest effect, holds only when some do, does not
        hold when none does and at least one lies below its negative; otherwise no difference was seen. The rule knows
        nothing of several comparisons: of forty true zeros, one is expected above 0 by chance.
        """
        outcomes = [effect.outcome(self.smallest_effect) for effect in self.effects]
        if all(outcome == 1 for outcome in outcomes):
            return HOLDS
        if any(outcome == 1 for outcome in outcomes):
            return HOLDS_ONLY_WHEN
        return DOES_NOT_HOLD if any(outcome == -1 for outcome in outcomes) else NO_DIFFERENCE

    @property
    def when(self):
        """The labels of the comparisons in which the claim holds."""
        return tuple(effect.label for effect in self.effects if effect.outcome(self.smallest_effect) == 1)

    @property
    def main(self):
        """The Effect of the main comparison."""
        return self.effects[0]

    def effect(self, label):
        """The Effect with this label. A label that is not there is a MeasurementError that names those that are."""
        for effect in self.effects:
            if effect.label == label:
                return effect
        known = ", ".join(repr(effect.label) for effect in self.effects)
        raise MeasurementError(f"{self.name} has no comparison {label!r}. It has: {known}.")

    def values(self, arm, quantity):
        """The numbers of one arm, by seed: array (seeds,)."""
        try:
            return np.array(self.arms[arm][quantity], dtype=float)
        except KeyError:
            known = ", ".join(f"{arm}: {', '.join(quantities)}" for arm, quantities in self.arms.items())
            raise MeasurementError(f"{self.name} has no {quantity!r} of {arm!r}. It has: {known}.") from None

    def to_json(self):
        """JSON text that `from_json` reads back as an equal measurement."""
        content = {"schema": SCHEMA, "verdict": self.verdict, **asdict(self)}
        text = json.dumps(content, indent=1, allow_nan=False)
        for short_list in (LIST_OF_NUMBERS, LIST_OF_ONE_LIST, TWO_DIGESTS):
            text = re.sub(short_list, _on_one_line, text)
        return text + "\n"

    @classmethod
    def from_json(cls, text):
        """The measurement that `to_json` wrote.

        Raises
        ------
        MeasurementError : no JSON, another schema, something missing or of another kind, or figures that do not follow
            from the numbers by seed that stand beside them, as after a change by hand
        """
        try:
            content = json.loads(text)
        except json.JSONDecodeError as error:
            raise MeasurementError(f"not JSON ({error})") from None
        if not isinstance(content, dict):
            raise MeasurementError(f"a {type(content).__name__} and not an object with the parts of a measurement")
        schema = content.pop("schema", None)
        if schema != SCHEMA:
            raise MeasurementError(f"written with schema {schema!r}; this version of the course reads {SCHEMA}")
        verdict = content.pop("verdict", None)
        _check_keys(content, cls, "")
        _check_kinds(content)
        content["effects"] = tuple(_read_effect(effect) for effect in content["effects"])
        content["small"] = _read_small(content["small"])
        content["log"] = tuple(_read_log_entry(entry) for entry in content["log"])
        for name in ("seeds", "tuning_seeds", "at_the_edge"):
            content[name] = tuple(content[name])
        measurement = cls(**content)
        _check_figures(measurement)
        if measurement.verdict != verdict:
            raise MeasurementError(f"its verdict is {verdict!r}, and its effects give {measurement.verdict!r}")
        return measurement


def interval(by_seed):
    """(mean, low, high): the mean of numbers, one a seed, and its 95% interval by Student's t.

    Raises
    ------
    MeasurementError : fewer than two numbers, or one that is not finite
    """
    numbers = np.asarray(by_seed, dtype=float)
    if numbers.ndim != 1 or len(numbers) < 2:
        raise MeasurementError(
            f"An interval needs 2 seeds or more; there is {numbers.size}. One run says nothing about the next one."
        )
    if not np.isfinite(numbers).all():
        raise MeasurementError(f"An effect is not a finite number: {numbers.tolist()}.")
    from scipy.special import stdtrit  # loaded here: chapters that measure nothing need not wait for it

    mean = float(numbers.mean())
    quantile = float(stdtrit(len(numbers) - 1, (1 + CONFIDENCE) / 2))
    half = quantile * float(numbers.std(ddof=1)) / math.sqrt(len(numbers))
    return mean, mean - half, mean + half


# Lists that `json` writes one entry to a line; a label, which may hold anything, is in none of them.
LIST_OF_NUMBERS = r'\[\n([^][{}"]+)\n *\]'
LIST_OF_ONE_LIST = r"\[\n *(\[[^][{}\n]*\])\n *\]"
TWO_DIGESTS = r'\[\n *("\w*",\n *"\w*")\n *\]'


def _on_one_line(found):
    return f"[{' '.join(found[1].split())}]"


KINDS = {
    "name": str,
    "claim": str,
    "source": str,
    "chapter": int,
    "setting": str,
    "unit": str,
    "smallest_effect": (int, float),
    "settings": dict,
    "effects": list,
    "arms": dict,
    "seeds": list,
    "tuning_seeds": list,
    "learning_rates": dict,
    "at_the_edge": list,
    "fired": dict,
    "fingerprint": str,
    "engine": str,
    "versions": dict,
    "cpu_minutes": (int, float),
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
    numbers = [content[name] for name in ("mean", "low", "high")]
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
    for pair in (content["fingerprint"], content["engine"]):
        texts += pair if isinstance(pair, list) and len(pair) == 2 else [None]
    if not all(isinstance(text, str) for text in texts):
        raise MeasurementError(f"an entry of its log is {content!r}; expected texts, and digests before and after")
    pairs = {name: tuple(content[name]) for name in ("fingerprint", "engine")}
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
        better, worse = (measurement.values(arm, effect.quantity) for arm in (effect.better, effect.worse))
        rounding = 1e-9 * max(np.abs(better).max(), np.abs(worse).max())
        signs = (1, -1) if len(effect.by_seed) == expected else ()  # -1: of a quantity that is better when it is small
        if not any(np.allclose(effect.by_seed, sign * (better - worse), rtol=0, atol=rounding) for sign in signs):
            raise MeasurementError(f"the effects of {effect.label!r} are not the differences of its arms")
        stored = (effect.mean, effect.low, effect.high)
        if not np.allclose(interval(effect.by_seed), stored, rtol=1e-9, atol=rounding):
            raise MeasurementError(f"the mean and interval of {effect.label!r} do not follow from its effects by seed")
