"""Results on disk: the measurements that are committed, and what an unfinished measurement has so far."""

import contextlib
import json
import os
from pathlib import Path

from course_lib import whole_file
from course_lib.experiments import fingerprints, registry
from course_lib.experiments.measurement import (
    SCHEMA,
    LogEntry,
    Measurement,
    MeasurementError,
    OldScheme,
    plain_content,
)

RESULTS = Path(__file__).resolve().parent / "results"
OTHER_SEEDS = "other_seeds"  # folder beside the results, of claims that were measured again with other seeds
UNFINISHED = "unfinished"  # folder beside the results, which git ignores


def result_file(name: str, folder: str | Path | None = None) -> Path:
    """Where the measurement of this name lies: NAME.json in the course's results, or in another folder."""
    return (RESULTS if folder is None else Path(folder)) / f"{name}.json"


def command(
    name: str,
    seeds: int | None = None,
    folder: str | Path | None = None,
    small: bool = False,
    primary: bool = False,
    first_seed: int = 0,
) -> str:
    """The command that measures a claim."""
    words = f"python -m course_lib claims run {name}"
    words += f" --seeds {seeds}" if seeds is not None else ""
    words += f" --first-seed {first_seed}" if first_seed else ""
    words += " --smoke" if small else ""
    words += " --primary" if primary else ""
    return words + (f' --folder "{folder}"' if folder is not None else "")


def load_measurement(name: str, folder: str | Path | None = None) -> Measurement:
    """The Measurement of a claim, as it was written last.

    Parameters
    ----------
    name : of the claim, "dying_relu"
    folder : where to look; None is the folder of the course's own results

    Raises
    ------
    UnknownExperiment : there is no claim of this name
    MeasurementError : it was not measured yet, or its file cannot be used. The message has the command that measures it
    """
    path = result_file(name, folder)
    again = f"Measure it: {command(name, folder=folder)}"
    if not path.is_file():
        registry.experiment(name)
        raise MeasurementError(f"{name} was not measured yet: there is no {path}. {again}")
    try:
        measurement = Measurement.from_json(path.read_text(encoding="utf-8"))
    except OldScheme as error:
        raise OldScheme(f"{path} cannot be used: {error}. {again}") from None
    except (MeasurementError, UnicodeDecodeError) as error:
        raise MeasurementError(f"{path} cannot be used: {error}. {again}") from None
    if measurement.name != name:
        raise MeasurementError(f"{path} cannot be used: it holds the measurement of {measurement.name!r}. {again}")
    return measurement


def load_other_seeds(name: str) -> Measurement | None:
    """The Measurement of a claim with other seeds, where there is one that its experiment is still as it was for."""
    if not result_file(name, RESULTS / OTHER_SEEDS).is_file():
        return None
    measurement = load_measurement(name, RESULTS / OTHER_SEEDS)
    return measurement if why_stale(measurement) is None else None


def what_was_there(
    name: str, folder: str | Path | None = None
) -> tuple[tuple[LogEntry, ...], str, tuple[str, str], str | None] | None:
    """What a new measurement's log needs of the result that it takes the place of, also of one of the old scheme.

    Returns
    -------
    (its log, its verdict, (its fingerprint, its engine), why it is stale or None); None where there is no such result
    """
    try:
        before = load_measurement(name, folder)
    except OldScheme:
        content = plain_content(result_file(name, folder).read_text(encoding="utf-8"))
        try:
            digests, verdict = (content["fingerprint"], content["engine"]), content["verdict"]
            pairs = [{part: tuple(entry[part]) for part in ("fingerprint", "engine")} for entry in content["log"]]
            log = tuple(
                LogEntry(entry["what"], entry["why"], (verdict, verdict), **pair)
                for entry, pair in zip(content["log"], pairs, strict=True)
            )
        except (KeyError, TypeError):  # damaged, which must not cost the new result
            return None
        return log, verdict, digests, "claims have a primary comparison now, and a protocol"
    except MeasurementError:
        return None
    return before.log, before.verdict, (before.fingerprint, before.engine), why_stale(before)


def write_measurement(measurement: Measurement, folder: str | Path | None = None) -> Path:
    """Write the measurement whole or not at all. Returns its path."""
    path = result_file(measurement.name, folder)
    _write_whole(path, measurement.to_json())
    return path


def check_writable(name: str, folder: str | Path | None = None) -> None:
    """Find out before anything is computed whether a result can be written; an OSError says what is in the way."""
    path = result_file(name, folder)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, and the result would be written there")
    whole_file.check_writable(path.parent)


def why_stale(measurement: Measurement) -> str | None:
    """Why a result is older than its experiment, as half a sentence; None when it is current."""
    if measurement.fingerprint != fingerprints.fingerprint(measurement.name):
        return "its experiment was changed after it was measured"
    wanted = registry.experiment(measurement.name).seeds
    if len(measurement.seeds) < wanted:
        return f"it has {len(measurement.seeds)} seeds, and its experiment asks for {wanted}"
    return None


def is_older_than_engine(measurement: Measurement) -> bool:
    """Whether the code beneath the experiments has changed since, so that only the small version speaks for it."""
    return measurement.engine != fingerprints.engine()


class Unfinished:
    """The finished tasks of a measurement that is not finished: one line of JSON each, written as soon as it is there.

    A file belongs to one fingerprint. It is begun anew when the code beneath the experiment has changed since.

    Parameters
    ----------
    name : of the experiment
    folder : of the results, None for the course's own
    small : whether it is the small version
    """

    def __init__(self, name, folder=None, small=False):
        beside = RESULTS if folder is None else Path(folder)
        self.path = beside / UNFINISHED / f"{name}-{fingerprints.fingerprint(name, small)}.jsonl"
        self.dropped = 0  # how many finished tasks `read` could not use, because the code beneath has changed
        self._head = {"schema": SCHEMA, "engine": fingerprints.engine()}

    def read(self):
        """The tasks that were finished before, as dicts. Half a line, from a run that was killed, is left out."""
        if not self.path.is_file():
            return []
        rows = []
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        if rows and rows[0] == self._head:
            return [row for row in rows[1:] if isinstance(row, dict)]
        self.dropped = max(0, len(rows) - 1)
        self.path.unlink()
        return []

    def open(self):
        """Try the place before the first task; an OSError says what is in the way."""
        whole_file.check_writable(self.path.parent)

    def close(self):
        """Leave no empty folder behind, whatever became of the measurement."""
        _delete_if_empty(self.path.parent)

    def append(self, row):
        """Keep one finished task."""
        line = json.dumps(row)
        if not self.path.is_file():
            self.path.parent.mkdir(parents=True, exist_ok=True)  # another measurement may have ended, and left nothing
            line = f"{json.dumps(self._head)}\n{line}"
        elif not self.path.read_bytes().endswith(b"\n"):
            line = f"\n{line}"
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"{line}\n")
            file.flush()
            os.fsync(file.fileno())

    def delete(self):
        """When the measurement is written."""
        _delete(self.path)


class Pass:
    """A pass over all claims that measures each anew: which of them are done, so that it can be stopped and go on.

    Parameters
    ----------
    folder : of the results, None for the course's own
    """

    def __init__(self, folder=None):
        self.path = (RESULTS if folder is None else Path(folder)) / UNFINISHED / "all_anew.json"

    def done(self):
        """The names that were measured in this pass and are still what their experiments and the code say."""
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return []
        known = registry.names()
        return [name for name, state in kept.items() if name in known and state == self._state(name)]

    def add(self, name):
        """This one is measured."""
        names = [*self.done(), name]
        _write_whole(self.path, json.dumps({each: self._state(each) for each in names}))

    def delete(self):
        """When all are."""
        _delete(self.path)

    def _state(self, name):
        return [fingerprints.fingerprint(name), fingerprints.engine()]


def _delete(path):
    """Delete a file of the folder of unfinished ones, and the folder when it was the last."""
    path.unlink(missing_ok=True)
    _delete_if_empty(path.parent)


def _delete_if_empty(folder):
    with contextlib.suppress(OSError):  # it is gone, or another measurement has something in it
        folder.rmdir()


def _write_whole(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    whole_file.write_file(path, text)
