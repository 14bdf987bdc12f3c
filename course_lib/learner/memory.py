"""What a learner's progress is: one small file beside the notebook, `my_progress.json`. Nothing is sent anywhere.

It has four parts: the exercises that passed, the predictions that were written down, the learner's own numbers, and
what `my_network.py` held when the course wrote it last. Where the file cannot be written, all of it lives as long as
the kernel does.
"""

import contextlib
import json
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path

from course_lib.whole_file import NotWritten, write_file

FILE = "my_progress.json"
FOLDER = "COURSE_LEARNER_FOLDER"  # environment variable: another place for the learner's files than the notebook's
FORMAT = 1
PARTS = {"passed": dict, "predictions": str, "numbers": float, "written": str}  # of each part, what its values are
MOST_BYTES = 1_000_000
LOCK, PATIENCE, STALE = ".my_progress.lock", 2.0, 10.0  # a folder; seconds to wait for it, and until it counts as left

_session = {part: {} for part in PARTS}  # what this kernel has remembered, on top of what the file holds


def folder() -> Path:
    """Where the learner's files are: beside the notebook, or where COURSE_LEARNER_FOLDER says."""
    return Path(os.environ.get(FOLDER) or ".").absolute()


def remembered() -> dict[str, dict]:
    """All that is remembered: {"passed": {name: facts}, "predictions": {key: text}, "numbers": ..., "written": ...}."""
    found, _ = _read()
    return {part: {**found[part], **_session[part]} for part in PARTS}


def remember(part: str, key: str, value: object) -> str:
    """Remember a value, for this kernel and in the file. Returns "", or a sentence that says what is not kept, and why.

    Two notebooks may be open at once: what the other one has written meanwhile stays.
    """
    _session[part][key] = value
    return _change(lambda words: words[part].__setitem__(key, value))


def forget() -> str:
    """Forget everything, here and in the file. Returns as `remember`. `my_network.py` stays: it is the learner's."""
    for part in _session.values():
        part.clear()
    return _change(lambda words: [part.clear() for part in words.values()])


def taken_in(text: str) -> str:
    """Add what another `my_progress.json` holds, its text given. Returns as `remember`.

    Raises
    ------
    ValueError : it is no such file; the message says why, and nothing is changed
    """
    words = _parsed(text)
    for part in PARTS:
        _session[part] = {**_session[part], **words[part]}
    return _change(lambda mine: [mine[part].update(words[part]) for part in PARTS])


def problem() -> str:
    """A sentence on what is wrong with the file now; "" for nothing."""
    return _read()[1]


def file_text() -> str:
    """All that is remembered as the text of the file."""
    return json.dumps({"format": FORMAT, **remembered()}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """While this runs, no other kernel changes the learner's files. Where that cannot be arranged it goes on anyway."""
    lock, until, taken = folder() / LOCK, time.monotonic() + PATIENCE, False
    while not taken:
        try:
            lock.mkdir()
            taken = True
        except FileExistsError:
            with contextlib.suppress(OSError):
                if time.time() - lock.stat().st_mtime > STALE:
                    lock.rmdir()
                    continue
            if time.monotonic() > until:
                break
            time.sleep(0.02)
        except OSError:
            break
    try:
        yield
    finally:
        if taken:
            with contextlib.suppress(OSError):
                lock.rmdir()


def _change(change):
    path = folder() / FILE
    try:
        with alone():
            words, wrong = _read()
            if wrong and "newer" in wrong:
                return f"Remembered for this session only: {wrong}"
            if wrong:
                wrong = _put_aside(path, wrong)
            change(words)
            text = json.dumps({"format": FORMAT, **words}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
            write_file(path, text)
        return wrong
    except (NotWritten, FileNotFoundError) as error:
        return f"Remembered for this session only: {error}"


def _put_aside(path, wrong):
    """Rename a file that cannot be read, so that nothing is lost. Returns the sentence that says so."""
    for number in range(1, 100):
        aside = path.with_name(f"my_progress-damaged-{number}.json")
        if not aside.exists():
            path.rename(aside)
            return f"{wrong} It is kept as {aside.name}, and a new one was begun."
    raise NotWritten(f"{str(path)!r} was not written: a hundred damaged ones lie beside it. Delete them.")


def _read():
    """(the file's words, a sentence on what is wrong with it or "")."""
    empty = {part: {} for part in PARTS}
    try:
        data = (folder() / FILE).read_bytes()
    except FileNotFoundError:
        return empty, ""
    except OSError as error:
        return empty, f"{FILE} cannot be read: {error.strerror}."
    try:
        return _parsed(data.decode("utf-8")), ""
    except ValueError as error:
        return empty, str(error)


def _parsed(text):
    if len(text) > MOST_BYTES:
        raise ValueError(f"{FILE} has {len(text):,} characters; a real one has some thousands.")
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"{FILE} cannot be read: it is damaged, or was cut off.") from None
    if not isinstance(words, dict) or not isinstance(words.get("format"), int):
        raise ValueError(f"{FILE} cannot be read: it is no file of this course.")
    if words["format"] > FORMAT:
        raise ValueError(f"{FILE} was written by a newer version of the course. Update this one.")
    found = {}
    for part, kind in PARTS.items():
        entries = words.get(part, {})
        if not isinstance(entries, dict) or not all(_is(kind, value) for value in entries.values()):
            raise ValueError(f"{FILE} cannot be read: its part {part!r} is not as the course writes it.")
        found[part] = entries
    return found


def _is(kind, value):
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if kind is dict:
        return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    return isinstance(value, kind)
