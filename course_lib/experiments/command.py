"""python -m course_lib claims: what was measured of every claim; `claims run` measures again.

Exit codes: 0 done, 1 something failed, 2 something was asked for that does not exist, 130 stopped by Ctrl+C.
"""

import json
import sys
import textwrap

from course_lib.experiments import registry, storage
from course_lib.experiments.measurement import (
    MeasurementError,
    MeasurementStopped,
    WorkersLost,
    WrongRequest,
)
from course_lib.experiments.tuning import in_words

MEASURED, STALE, MISSING, UNREADABLE = "measured", "stale", "not measured yet", "unreadable"
FIGURES = ("mean", "low", "high")
RUN_ALL = "python -m course_lib claims run --all"
RESTAMP = "python -m course_lib claims restamp"


def add_arguments(parser):
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")
    parser.add_argument("--folder", metavar="F", help="list the results in this folder, not the course's own")
    parser.set_defaults(action=_list)
    actions = parser.add_subparsers(metavar="run | restamp")
    _add_run(actions)
    _add_restamp(actions)


def _add_run(actions):
    running = actions.add_parser(
        "run",
        help="measure a claim, or --all",
        description="Measures a claim and writes the result. What was stopped goes on where it was.",
    )
    running.add_argument("name", nargs="?", metavar="NAME", help="of the claim, as `claims` lists it")
    running.add_argument("--all", action="store_true", help="every claim whose result is missing or stale")
    running.add_argument("--anew", action="store_true", help="with --all: also those that are current")
    running.add_argument("--seeds", type=int, metavar="N", help="how many, 2 or more (default: what the claim says)")
    running.add_argument("--first-seed", type=int, default=0, metavar="N", help="count the seeds from here")
    running.add_argument(
        "--primary", action="store_true", help="the primary comparison alone; kept for a whole measurement"
    )
    running.add_argument("--jobs", type=int, metavar="N", help="processes side by side (default: one a core)")
    running.add_argument(
        "--scheduler", metavar="ADDRESS", help="compute on this Dask cluster, like tcp://127.0.0.1:8786"
    )
    running.add_argument("--smoke", action="store_true", help="the small version: seconds, prints, writes nothing")
    running.add_argument("--why", metavar="TEXT", help="the reason for measuring again, kept in the result's log")
    running.add_argument(
        "--folder", metavar="F", default=None, help="write here, not to the course's results (also with --smoke)"
    )
    running.set_defaults(action=_run)


def _add_restamp(actions):
    stamping = actions.add_parser(
        "restamp",
        help="after code was moved: keep the results whose small versions give the same numbers",
        description="Measures small versions, seconds each. A result whose small version gives the numbers that were "
        "kept, to the bit, counts as measured with the code as it stands; another is refused and left alone.",
    )
    stamping.add_argument("names", nargs="*", metavar="NAME", help="of claims (default: all that are not up to date)")
    stamping.add_argument("--why", metavar="TEXT", help="what was done to the code, kept in the result's log")
    stamping.add_argument(
        "--take-small",
        action="store_true",
        help="keep the small version as it is now where its numbers are others, because the engine rounds otherwise or "
        "the machine is another; the result stays older than the engine. Needs --why",
    )
    stamping.add_argument("--folder", metavar="F", default=None, help="the results in this folder, not the course's")
    stamping.set_defaults(action=_restamp)


def run(arguments):
    """List or measure. Returns the exit code."""
    try:
        return arguments.action(arguments)
    except WrongRequest as error:
        print(error, file=sys.stderr)
        return 2
    except MeasurementError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The results cannot be read or written: {error}. --folder F takes another folder.", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stop:  # MeasurementStopped says more
        print(f"\n{stop or 'Stopped.'}", file=sys.stderr)
        return 130


def rows(folder=None):
    """Every claim as plain values, ready for JSON: what it says, where its result stands, and the result's figures.

    `status` is one of "measured", "stale", "not measured yet", "unreadable"; `note` says why it is not "measured". The
    figures are those of the primary comparison, and None where there is no result that can be read: `verdict`,
    `effect`, `low`, `high`; `beside` has what else was measured of its arms, loss and calibration error for example;
    `elsewhere` counts the verdicts of the other comparisons; `edges` are choices at the end of a grid; `log` is what
    became of the result since it was first measured. `older_than_engine` is whether the code beneath the experiment has
    changed since.
    """
    return [_row(name, experiment, folder) for name, experiment in registry.experiments().items()]


def _row(name, experiment, folder):
    row = {"name": name, "claim": experiment.claim, "source": experiment.source, "chapter": experiment.chapter}
    row |= {"setting": experiment.setting, "kind": experiment.kind, "status": MISSING, "note": None}
    row |= {"primary": experiment.primary.label, "verdict": None, "effect": None, "low": None, "high": None}
    row |= {"unit": experiment.unit, "smallest_effect": experiment.smallest_effect, "beside": {}, "elsewhere": {}}
    row |= {"edges": {}, "log": [], "seeds": None, "cpu_minutes": None, "older_than_engine": None}
    row["command"] = storage.command(name, experiment.seeds, folder)
    if not storage.result_file(name, folder).is_file():
        return row
    try:
        measurement = storage.load_measurement(name, folder)
    except MeasurementError as error:
        return row | {"status": UNREADABLE, "note": str(error)}
    stale, primary, n_seeds = storage.why_stale(measurement), measurement.primary, len(measurement.seeds)
    beside = {what: dict(zip(FIGURES, figures, strict=True)) for what, figures in measurement.beside().items()}
    row |= {"status": STALE if stale else MEASURED, "note": stale, "verdict": measurement.words()}
    row |= {"primary": primary.label, "effect": primary.mean, "low": primary.low, "high": primary.high}
    row |= {"unit": measurement.unit, "smallest_effect": measurement.smallest_effect, "beside": beside}
    row |= {"elsewhere": measurement.counts_elsewhere(), "edges": measurement.edges, "seeds": n_seeds}
    row |= {"log": [{"what": entry.what, "why": entry.why, "verdict": entry.verdict} for entry in measurement.log]}
    row |= {"cpu_minutes": measurement.cpu_minutes, "older_than_engine": storage.is_older_than_engine(measurement)}
    return row | {"command": storage.command(name, n_seeds, folder)}


def describe(measurement):
    """A measurement as text: the verdict, and every comparison with its interval."""
    lines = [
        f"Claim     {measurement.claim}",
        f"Source    {measurement.source}",
        f"Setting   {measurement.setting}",
        f"Verdict   {measurement.words()}",
        f"Effects   in {measurement.unit}: mean of {len(measurement.seeds)} seeds, and its interval",
        *_comparisons(measurement),
        f"  Effects up to {measurement.smallest_effect:g} do not matter: {measurement.smallest_effect_reason}",
    ]
    if beside := measurement.beside():
        lines.append("Beside    " + "; ".join(f"{what} {_figures(*figures)}" for what, figures in beside.items()))
    if measurement.chosen:
        lines.append("Tuned     on seeds of their own:")
        lines += [f"  {in_words(choice)}: {_arms(arms)}" for choice, arms in _by_choice(measurement.chosen)]
    for arm, found in measurement.edges.items():
        edges = ", ".join(f"{edge} {name}" for name, edge in found.items())
        reasons = [measurement.edge_reasons.get(f"{arm}: {name}") for name in found]
        why = "; ".join(filter(None, reasons)) or "a better one may lie beyond"
        lines.append(f"  At the edge of the grid: {arm}, {edges} ({why})")
    for arm, (before, after) in measurement.plateau.items():
        lines.append(f"Budget    {arm}: {before:.4g} on validation data, {after:.4g} in twice the steps")
    if measurement.fired:
        lines.append("At work   " + ", ".join(f"{name}: {count:g}" for name, count in measurement.fired.items()))
    lines.append(
        f"Took      {measurement.cpu_minutes:.2f} minutes of processor time, {measurement.primary_cpu_minutes:.2f} of "
        "them for the primary comparison"
    )
    return "\n".join(lines)


def _comparisons(measurement):
    width = max(len(effect.label) for effect in measurement.effects)
    for number, effect in enumerate(measurement.effects):
        words = f"exploratory: {effect.exploratory}" if effect.exploratory else measurement.words(effect)
        figures = _figures(effect.mean, effect.low, effect.high)
        yield f"  {effect.label:{width}}  {figures:28} {words}{' (primary)' if number == 0 else ''}"


def _by_choice(chosen):
    """[(choice, the arms that were tuned to it)], each choice once."""
    arms_of = {}
    for arm, choice in chosen.items():
        arms_of.setdefault(tuple(choice.items()), []).append(arm)
    return [(dict(choice), arms) for choice, arms in arms_of.items()]


def _arms(names):
    return "; ".join(names) if len(names) <= 4 else f"{len(names)} arms"


def _figures(mean, low, high):
    return f"{mean:+.3g} [{low:+.3g}, {high:+.3g}]"


def _list(arguments):
    found = rows(arguments.folder)
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        print(_table(found, arguments.folder))
    return 1 if any(row["status"] == UNREADABLE for row in found) else 0


def _table(found, folder):
    if not found:
        return "There is no claim here."
    width = max(len(row["name"]) for row in found)
    lines, chapter = [], None
    for row in found:
        if row["chapter"] != chapter:
            chapter = row["chapter"]
            lines += ["", f"Chapter {chapter}"]
        head = f"  {row['name']:{width}}  "
        if row["verdict"] is None:
            lines.append(f"{head}{row['status']}")
        else:
            figures = f"{_figures(row['effect'], row['low'], row['high'])} {row['unit']}, {row['primary']}"
            lines.append(f"{head}{row['verdict']:20}  {figures}")
            if row["elsewhere"]:
                counted = ", ".join(f"{count} {words}" for words, count in row["elsewhere"].items())
                lines += _wrapped(f"elsewhere: {counted}", " " * (width + 4))
        if row["note"]:
            lines.append(
                f"  {'':{width}}  {row['status']}: {row['note']}" if row["verdict"] else f"      {row['note']}"
            )
    older = [row["name"] for row in found if row["older_than_engine"]]
    if older:
        lines += ["", *_wrapped(f"Older than the engine: {', '.join(older)}.", "  ")]
        lines.append("  The code beneath has changed since; tests hold their small versions to it.")
    counts = {status: sum(row["status"] == status for row in found) for status in (MISSING, STALE, UNREADABLE)}
    counted = "".join(f", {count} {status}" for status, count in counts.items() if count)
    aged = f", {len(older)} older than the engine" if older else ""
    lines += [
        "",
        f"{len(found)} claims{counted}{aged}. Effects: of the primary comparison of each, with its 95% interval.",
    ]
    if counted:
        lines.append(f"To measure those: {RUN_ALL}" + (f' --folder "{folder}"' if folder else ""))
    if counts[STALE]:
        lines.append(f"Where code was only moved: {RESTAMP}" + (f' --folder "{folder}"' if folder else ""))
    return "\n".join(lines[1:])


def _wrapped(text, indent):
    return textwrap.wrap(text, 118, initial_indent=indent, subsequent_indent=indent)


def _restamp(arguments):
    """Stamp the results that were named, or all that need it; one that is refused keeps no other from its turn."""
    from course_lib.experiments import restamping

    if arguments.take_small and not arguments.why:
        raise WrongRequest("--take-small needs --why TEXT: the reason is kept in the result's log.")
    refused = {}
    names = [registry.known_name(name) for name in arguments.names] or restamping.outdated(arguments.folder)
    for name in names:
        try:
            if arguments.take_small:
                restamping.take_small(name, arguments.why, arguments.folder)
                print(f"{name}: its small version is kept as it is now", flush=True)
            elif restamping.restamp(name, arguments.why, arguments.folder):
                print(f"{name}: restamped, its small version gives the same numbers", flush=True)
            else:
                print(f"{name}: has the stamp of this code already", flush=True)
        except MeasurementError as error:
            refused[name] = error
            print(error, file=sys.stderr, flush=True)
    if not names:
        print("Every result has the stamp of this code.")
    if refused:
        print(f"{len(refused)} of {len(names)} keep their stamp: {', '.join(refused)}.", file=sys.stderr)
    return 1 if refused else 0


def _run(arguments):
    if arguments.all == (arguments.name is not None):
        raise WrongRequest("Name one claim, or say --all: python -m course_lib claims run NAME. `claims` lists them.")
    if arguments.anew and not arguments.all:
        raise WrongRequest("--anew goes with --all. A claim that you name is measured anew without it.")
    if arguments.all:
        return _run_all(arguments)
    _measure(arguments.name, arguments)
    return 0


def _measure(name, arguments):
    from course_lib.experiments.runner import measure

    named = ("seeds", "jobs", "scheduler", "why", "primary", "first_seed", "folder")
    options = {option: getattr(arguments, option) for option in named}
    before = None if arguments.smoke else _with_the_first_seeds(name, arguments.first_seed)
    measurement = measure(name, **options, small=arguments.smoke)
    print(describe(measurement))
    if before:
        print(before)
    if arguments.smoke and arguments.folder is None:
        print("This was the small version: a look, not the measurement. Nothing was written.\n", flush=True)
    elif arguments.primary:
        print("This was the primary comparison alone. It is kept; a whole measurement goes on from it.\n", flush=True)
    else:
        print(f"Written   {storage.result_file(name, arguments.folder)}\n", flush=True)


def _with_the_first_seeds(name, first_seed):
    """The course's own result in a line, to hold what other seeds give against it; None where there is none."""
    try:
        result = storage.load_measurement(name) if first_seed else None
    except MeasurementError:
        return None
    if result is None or storage.why_stale(result):
        return None
    figures, seeds = _figures(result.primary.mean, result.primary.low, result.primary.high), result.seeds
    return f"Before    {figures} {result.words()}: the course's result, with the seeds {min(seeds)} to {max(seeds)}"


def _run_all(arguments):
    """Measure what is missing or stale, or everything; a claim that fails does not keep the others from their turn."""
    anew = storage.Pass(arguments.folder) if arguments.anew and not arguments.smoke else None
    chosen, why = _chosen(arguments, anew)
    minutes = {} if arguments.smoke else _minutes(arguments)
    whole = _expected(chosen, minutes)
    print(f"{why} By what they took before: {whole}." if whole else why, flush=True)
    failed = {}
    for number, name in enumerate(chosen, start=1):
        left = _expected(chosen[number - 1 :], minutes)
        print(f"{number} of {len(chosen)}: {name}" + (f" (left: {left})" if left else ""), flush=True)
        try:
            _measure(name, arguments)
        except (WorkersLost, WrongRequest):
            raise
        except MeasurementStopped as stop:
            raise MeasurementStopped(f"{stop}\nTo go on with all: {RUN_ALL}{' --anew' if anew else ''}") from None
        except MeasurementError as error:
            failed[name] = error
            print(f"{name} failed: {error}\n", file=sys.stderr, flush=True)
            continue
        if anew:
            anew.add(name)
    if failed:
        print(f"{len(failed)} of {len(chosen)} failed: {', '.join(failed)}.", file=sys.stderr)
        return 1
    if anew:
        anew.delete()
    return 0


def _minutes(arguments):
    """{name: the minutes that its last measurement would take with these jobs}, of the claims that have a result."""
    if arguments.scheduler is not None:
        return {}  # of the cluster's processors nothing is known
    from course_lib.experiments.runner import checked_jobs

    jobs = checked_jobs(arguments.jobs, small=False)
    return {row["name"]: row["cpu_minutes"] / jobs for row in rows(arguments.folder) if row["cpu_minutes"] is not None}


def _expected(left, minutes):
    """How long these claims will take, as text; empty when nothing is known of any."""
    known = [minutes[name] for name in left if name in minutes]
    if not known:
        return ""
    unknown = len(left) - len(known)
    more = f", and {unknown} that {'was' if unknown == 1 else 'were'} never measured" if unknown else ""
    return f"about {max(1, round(sum(known)))} min{more}"


def _chosen(arguments, anew):
    """(the names to measure, a sentence that says why these)."""
    found = rows(arguments.folder)
    everything = [row["name"] for row in found]
    if arguments.smoke:
        return everything, f"The small version of {len(everything)} claims."
    if anew:
        done = anew.done()
        left = [name for name in everything if name not in done]
        before = f" {len(done)} were measured before this pass was stopped: {', '.join(done)}." if done else ""
        return left, f"Measuring {len(left)} of {len(everything)} claims anew.{before}"
    left = [row["name"] for row in found if row["status"] != MEASURED]
    if not left:
        return left, f"All {len(everything)} results are current. To measure them anew: {RUN_ALL} --anew"
    return left, f"Measuring {len(left)} of {len(everything)} claims; the results of the others are current."
