"""Results of benchmarks: what they hold, and their files, course_lib/benchmarks/results/NAME.json."""

import json
import math
from pathlib import Path

from course_lib.whole_file import write_file

SCHEMA = 1
RESULTS = Path(__file__).resolve().parent / "results"
BENCHMARKS = ("machine", "gpu", "scaling", "chapters")
FOR_MAINTAINERS = ("gpu", "chapters")  # these are in tools/
_PARTS = {
    "schema": int,
    "name": str,
    "smoke": bool,
    "interrupted": bool,
    "machine": dict,
    "sections": list,
    "goals": list,
}


class ResultError(ValueError):
    """A result that cannot be used. The message says what is wrong and the command that measures anew."""


def command(name, write=True):
    """The command that measures a benchmark: of the course, or among the tools of who maintains it."""
    program = "tools/bench.py" if name in FOR_MAINTAINERS else "-m course_lib bench"
    return f"python {program} {name}" + (" --write" if write else "")


def section(name, title, columns, rows, note=""):
    """One table of a result, as plain values.

    Parameters
    ----------
    name : a word that does not change, "training_ways"
    title : what the table shows
    columns : {key of a row: heading}
    rows : list of dicts; a row may have a "problem", a text that takes the place of its figures
    note : what a reader must know to read the figures
    """
    return {"name": name, "title": title, "note": note, "columns": dict(columns), "rows": [dict(row) for row in rows]}


def goal(what, measured, limit, at_least=True):
    """A goal: `measured` must reach `limit`, from below or, with at_least=False, from above.

    measured : a number, or None when it was not measured; `met` is None then
    """
    measured = None if measured is None or not math.isfinite(measured) else measured
    met = None if measured is None else bool(measured >= limit if at_least else measured <= limit)
    return {"what": what, "measured": measured, "limit": limit, "at_least": at_least, "met": met}


def make_result(name, machine, sections, goals=(), smoke=False, interrupted=False):
    """A result as plain values, ready for JSON."""
    check_name(name)
    return {
        "schema": SCHEMA,
        "name": name,
        "smoke": smoke,
        "interrupted": interrupted,
        "machine": machine,
        "sections": list(sections),
        "goals": list(goals),
    }


def check_name(name):
    """The name of a benchmark; anything else is a ResultError that lists them."""
    if name not in BENCHMARKS:
        raise ResultError(f"There is no benchmark {name!r}. The benchmarks are: {', '.join(BENCHMARKS)}.")
    return name


def result_file(name, folder=None):
    """Where the result of this benchmark lies: in the course's own results, or in another folder."""
    return (RESULTS if folder is None else Path(folder)) / f"{check_name(name)}.json"


def load_result(name, folder=None):
    """The result of a benchmark as it was written last, a dict, or None when it was not measured.

    Parameters
    ----------
    name : one of BENCHMARKS
    folder : where to look; None is the folder of the course's own results

    Raises
    ------
    ResultError : an unknown name; a file that is damaged, of another version or of another benchmark
    """
    path = result_file(name, folder)
    if not path.is_file():
        return None
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        _check(result, name)
    except (ValueError, OSError) as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise ResultError(f"{path} cannot be used: {error}. Measure again: {command(name)}") from None
    return result


def write_result(result, folder=None):
    """Write a result, whole or not at all. Returns its path.

    Raises
    ------
    ResultError : a result that `load_result` would refuse; a smoke run, whose figures say nothing; an interrupted one
        where a complete one is there
    """
    _check(result, result.get("name"))
    path = result_file(result["name"], folder)
    if result["smoke"]:
        raise ResultError("This was a smoke run: its figures say nothing, and it is not written.")
    if result["interrupted"] and _is_complete(result["name"], folder):
        raise ResultError(f"The run was interrupted, and {path} holds a complete one, which stays as it is.")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, json.dumps(_without_nan(result), indent=1, allow_nan=False) + "\n")
    return path


def rows_of(result, section_name):
    """The rows of one section of a result; a ResultError names the sections when there is no such one."""
    for part in result["sections"]:
        if part["name"] == section_name:
            return part["rows"]
    there = ", ".join(part["name"] for part in result["sections"]) or "none"
    raise ResultError(f"The result of {result['name']!r} has no section {section_name!r}. It has: {there}.")


def _is_complete(name, folder):
    try:
        there = load_result(name, folder)
    except ResultError:
        return False
    return there is not None and not there["interrupted"]


def _check(result, name):
    if not isinstance(result, dict):
        raise ResultError(f"it holds a {type(result).__name__}, not a result")
    if result.get("schema") != SCHEMA:
        raise ResultError(f"it is of version {result.get('schema')!r}, and this course reads version {SCHEMA}")
    for part, kind in _PARTS.items():
        if not isinstance(result.get(part), kind):
            raise ResultError(f"its {part!r} is {result.get(part)!r}; a {kind.__name__} is expected")
    for fact in ("processor", "cores", "threads"):
        if fact not in result["machine"]:
            raise ResultError(f"its 'machine' does not say {fact!r}")
    if result["name"] != name:
        raise ResultError(f"it holds the result of {result['name']!r}, not of {name!r}")
    for part in result["sections"]:
        if not isinstance(part, dict) or set(part) != {"name", "title", "note", "columns", "rows"}:
            raise ResultError(f"one of its sections is not a table: {str(part)[:60]}")


def _without_nan(value):
    """NaN and infinity are not JSON: None in their place."""
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
