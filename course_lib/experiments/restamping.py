"""A result that stays when code only moves: its small version must give the same numbers, to the bit.

A full measurement takes minutes to hours, its small version seconds. What the small version does not run, code for a
larger setting for example, is not shown by it: a restamp is for a renamed module or a merged helper.
"""

import dataclasses
import json
from pathlib import Path

from course_lib.experiments import fingerprints, registry, storage
from course_lib.experiments.experiment import Outcome
from course_lib.experiments.measurement import RESTAMPED, SMALL_TAKEN, LogEntry, MeasurementError
from course_lib.experiments.runner import measure
from course_lib.experiments.small_versions import counted, differences, lost_sign, other_machine

TEXTS = (  # that only describe
    "claim",
    "subject",
    "source",
    "chapter",
    "setting",
    "kind",
    "smallest_effect_reason",
    "larger_studies",
    "budget_reason",
)
PURE_MOVE = "code was moved"  # the reason that is logged when none is given


class NotRestamped(MeasurementError):
    """The result is not what the code gives now, or nothing here can show that it is. Its file was left alone."""


def outdated(folder: str | Path | None = None) -> list[str]:
    """The names of the results whose experiment, or the engine beneath, is another than theirs, or that are broken."""
    there = [name for name in registry.names() if storage.result_file(name, folder).is_file()]
    return [name for name in there if not _is_readable_and_stamped(name, folder)]


def restamp(name: str, why: str | None = None, folder: str | Path | None = None) -> bool:
    """Give a result the digests of the code as it stands, after its small version has shown the same numbers.

    The texts that only describe (claim, source, setting and the like) are taken over from the experiment.

    Parameters
    ----------
    name : of the claim
    why : what was done to the code, for the result's log; None says that code was moved
    folder : of the results; None is the course's own

    Returns
    -------
    False if the result has these digests already; nothing was measured and written then

    Raises
    ------
    NotRestamped : the experiment compares or sets something else now, the small version gave other numbers, or it was
        kept on another kind of machine. The message has the numbers
    MeasurementError : there is no result, or the small version cannot be measured
    """
    kept, experiment = storage.load_measurement(name, folder), registry.experiment(name)
    if _is_stamped(kept):
        return False
    if changed := _changed(kept, experiment):
        raise _refusal(name, f"{changed}, so that something else is measured", folder)
    if elsewhere := other_machine(kept.small):
        where = "its small version comes from another kind of machine, where the last bits are others"
        raise _refusal(name, f"{where} ({'; '.join(elsewhere)}); restamp it on one like that", folder)
    storage.check_writable(name, folder)
    small = measure(name, small=True, progress=False).small
    if odd := differences(kept.small, small):
        raise _refusal(name, f"its small version gives other numbers: {counted(odd, kept.small)}", folder)
    texts = {text: getattr(experiment, text) for text in TEXTS}
    texts["edge_reasons"] = dict(experiment.edges)
    # A result that was behind its own small version stays behind: to that engine it was never shown to belong.
    engine = small.engine if kept.engine == kept.small.engine else kept.engine
    stamp = {"fingerprint": fingerprints.fingerprint(name), "engine": engine, "small": small}
    _write(dataclasses.replace(kept, **texts, **stamp), kept, RESTAMPED, why or PURE_MOVE, folder)
    return True


def take_small(name: str, why: str, folder: str | Path | None = None) -> None:
    """Keep the small version as it is now, with other numbers: the engine rounds otherwise, or the machine is another.

    The result itself keeps the engine that it was measured with, and so is listed as older than the engine until it is
    measured again.

    Parameters
    ----------
    name, folder : as for `restamp`
    why : the reason, which the log keeps

    Raises
    ------
    NotRestamped : the experiment was changed, or the small version has lost the sign of the result's effect
    """
    kept, experiment = storage.load_measurement(name, folder), registry.experiment(name)
    if stale := storage.why_stale(kept):
        raise _refusal(name, stale, folder)
    storage.check_writable(name, folder)
    now = measure(name, small=True, progress=False)
    if lost := lost_sign(experiment, kept, now):
        raise _refusal(name, lost, folder)
    _write(dataclasses.replace(kept, small=now.small), kept, SMALL_TAKEN, why, folder)


def _is_readable_and_stamped(name, folder):
    try:
        return _is_stamped(storage.load_measurement(name, folder))
    except MeasurementError:
        return False  # whoever wants to stamp it is told why it cannot be read


def _is_stamped(kept):
    return kept.fingerprint == fingerprints.fingerprint(kept.name) and kept.small.engine == fingerprints.engine()


def _changed(kept, experiment):
    """What of an experiment its result was measured with otherwise, as half a sentence; None if nothing."""
    settings = json.loads(json.dumps(experiment.settings_for(small=False)))
    if settings != kept.settings:
        odd = sorted(key for key in settings | kept.settings if settings.get(key) != kept.settings.get(key))
        return f"its settings {', '.join(odd)} were changed"
    if not _compares_the_same(experiment, kept):
        return "its comparisons were changed"
    for name in ("unit", "smallest_effect"):
        if getattr(experiment, name) != getattr(kept, name):
            return f"its {name} was changed from {getattr(kept, name)!r} to {getattr(experiment, name)!r}"
    if len(kept.seeds) < experiment.seeds:
        return f"it has {len(kept.seeds)} seeds and should have {experiment.seeds}"
    n_tuning = experiment.tuning_seeds if experiment.tune else 0
    if len(kept.tuning_seeds) != n_tuning:
        return f"it was tuned with {len(kept.tuning_seeds)} seeds and should be with {n_tuning}"
    return None


def _compares_the_same(experiment, kept):
    """Whether the experiment's comparisons, of the numbers that were kept, are the effects that were kept."""
    if [each.label for each in experiment.comparisons] != [each.label for each in kept.effects]:
        return False
    for comparison, effect in zip(experiment.comparisons, kept.effects, strict=True):
        names = (comparison.better, comparison.worse, comparison.quantity, comparison.exploratory)
        if names != (effect.better, effect.worse, effect.quantity, effect.exploratory):
            return False
        better, worse = (kept.arms[arm][comparison.quantity] for arm in names[:2])
        pairs = [
            {names[0]: {names[2]: first}, names[1]: {names[2]: second}}
            for first, second in zip(better, worse, strict=True)
        ]
        if tuple(comparison.effect(Outcome(pair)) for pair in pairs) != effect.by_seed:
            return False  # as where a small number is now the better one
    return True


def _refusal(name, reason, folder):
    again = storage.command(name, folder=folder)
    return NotRestamped(f"{name} keeps its stamp: {reason}. To measure it again: {again}")


def _write(stamped, kept, what, why, folder):
    entry = LogEntry(
        what,
        why,
        (kept.verdict, stamped.verdict),
        (kept.fingerprint, stamped.fingerprint),
        (kept.small.engine, stamped.small.engine),
    )
    storage.write_measurement(dataclasses.replace(stamped, log=(*kept.log, entry)), folder)
