"""What `tools/bench.py chapters` measures: every chapter from the top, handed out and solved; seconds and memory."""

import math
from pathlib import Path

from course_lib.benchmarks.facts import machine_facts
from course_lib.benchmarks.machine import Rows
from course_lib.benchmarks.plan import Part, Plan
from course_lib.benchmarks.results import goal, rows_of
from course_lib.benchmarks.tables import table
from course_lib.marked_block import BlockError, read_text, with_block
from course_lib.whole_file import write_file
from notebook_run import run_notebook

ROOT = Path(__file__).resolve().parents[1]
GUIDE = "INSTRUCTORS.md"
BLOCK, HUB = "chapters", "hub"  # the parts of INSTRUCTORS.md, see `course_lib.marked_block`
SECONDS, MEGABYTES, SECONDS_IN_ALL = 60, 1000, 360  # at most
UNITS = ("seconds", "megabytes")
FORMS = ("chapters", "solutions")  # folders: with the exercises open, and solved
COLUMNS = {
    "chapter": "chapter",
    "chapters_seconds": "as handed out, s",
    "chapters_megabytes": "MB",
    "solutions_seconds": "solved, s",
    "solutions_megabytes": "MB ",
}
NOTE = (
    "Each notebook is run from the top in a fresh kernel, on Linux without a network. The memory is the highest that "
    "the kernel and all that it starts hold."
)


def plan(arguments):
    """The Plan of `tools/bench.py chapters`, from the command's option `smoke`: then only the first chapter, solved.

    Raises
    ------
    ValueError : there are no chapters, or one that is not in both folders
    """
    names = chapter_names(ROOT)
    names, forms = (names[:1], FORMS[1:]) if arguments.smoke else (names, FORMS)
    part = Part("chapters", "Every chapter, run from the top", COLUMNS, lambda _: measure(ROOT, names, forms), NOTE)
    return Plan("chapters", machine_facts("cpu"), [part], goals, arguments.smoke, strict=True, after_write=write_guide)


def chapter_names(root):
    """The names of the chapters, in order. A ValueError if there are none, or one is not in both folders."""
    found = {form: {path.stem for path in (root / form).glob("[0-9]*.ipynb")} for form in FORMS}
    if not found["chapters"]:
        raise ValueError(f"There is no notebook in {root / 'chapters'}; it needs a clone of the course.")
    if odd := sorted(found["chapters"] ^ found["solutions"]):
        raise ValueError(f"Not in both of chapters/ and solutions/: {', '.join(odd)}. Build them: make chapters")
    return sorted(found["chapters"])


def measure(root, names, forms=FORMS):
    """Run the notebooks one after the other and print a line for each.

    Returns
    -------
    Rows {"chapter", "chapters_seconds", "chapters_megabytes", "solutions_seconds", "solutions_megabytes"}, and a
    "problem" that names notebook and cell where one failed
    """
    rows = Rows([])
    for name in names:
        row = {"chapter": name}
        for form in forms:
            run = run_notebook(root / form / f"{name}.ipynb")
            place = f"{form}/{name}.ipynb"
            if run.problem is None:
                row |= {f"{form}_seconds": run.seconds, f"{form}_megabytes": round(run.peak / 1e6)}
                print(f"{place}: {run.seconds:.1f} s, {run.peak / 1e6:.0f} MB; network: {run.network}", flush=True)
            else:
                row["problem"] = f"{place}, {run.problem}"
                print(f"{place} FAILED: {run.problem}", flush=True)
        rows.append(row)
    return rows


def goals(sections):
    """Each notebook below 60 s and 1 GB, and the solved chapters below 6 minutes in all; unknown where one failed."""
    rows = sections[0]["rows"]
    whole = rows and not any(row.get("problem") for row in rows)
    seconds, megabytes = ([row[f"{form}_{unit}"] for row in rows for form in FORMS] if whole else [] for unit in UNITS)
    solved = [row["solutions_seconds"] for row in rows] if whole else []
    return [
        goal("the slowest notebook, s", max(seconds, default=None), SECONDS, at_least=False),
        goal("the largest memory, MB", max(megabytes, default=None), MEGABYTES, at_least=False),
        goal("all chapters, solved, s", sum(solved) if whole else None, SECONDS_IN_ALL, at_least=False),
    ]


def guide_block(result):
    """What INSTRUCTORS.md says: the result as tables, or that there is none."""
    return table(result, "chapters").markdown()


def hub_block(result):
    """What INSTRUCTORS.md says of a hub's memory: twice that of the largest notebook, to the next half of a GB."""
    if result is None:
        return table(result, "chapters").markdown()
    rows = rows_of(result, "chapters")
    lines = ["| your class takes | the largest notebook | its memory, MB | each user, GB | 30 at once, GB |"]
    lines.append("|---|---|--:|--:|--:|")
    for name, group in {
        "chapters 0 to 2": [row for row in rows if row["chapter"] < "03"],
        "all chapters": rows,
    }.items():
        largest, notebook = max((row[f"{form}_megabytes"], row["chapter"]) for row in group for form in FORMS)
        each = math.ceil(2 * 2 * largest / 1000) / 2
        lines.append(f"| {name} | {notebook} | {largest} | {each:g} | {30 * each:g} |")
    return "\n".join(lines)


def write_guide(result, root=None):
    """Write the result into the two parts of INSTRUCTORS.md that are made of it. A ValueError if one is missing."""
    path = (ROOT if root is None else Path(root)) / GUIDE
    try:
        text = with_block(read_text(path), BLOCK, guide_block(result), GUIDE)
        text = with_block(text, HUB, hub_block(result), GUIDE)
    except BlockError as error:
        raise ValueError(f"{GUIDE} was not changed: {error}") from None
    write_file(path, text)
    return path
