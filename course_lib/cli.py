"""The commands of the course: python -m course_lib COMMAND, or `course COMMAND`, which pip installs.

A command is a module with `add_arguments(parser)` and `run(arguments)`, which returns the exit code. It is imported
only when it is called, so that no command waits for what another one needs.
"""

import argparse
import difflib
import importlib
import sys
from pathlib import Path

from course_lib.needs import OPTIONAL, Missing, install_line

COMMANDS = {
    "doctor": ("course_lib.doctor", "what this machine has, what is wrong, and the line that mends it"),
    "chapters": ("course_lib.notebook_copies", "the notebooks, to a folder to work in: chapters FOLDER"),
    "claims": ("course_lib.ledger.command", "what was measured of every claim; `claims run` measures again"),
    "bench": ("course_lib.benchmarks.command", "where the time goes on this machine: bench machine or scaling"),
    "syllabus": ("course_lib.authoring.syllabus", "writes what the chapters promise into INSTRUCTORS.md"),
    "assign": ("course_lib.grading.assign_command", "hands out exercises to a class: assign NOTEBOOK --out DIR"),
    "grade": ("course_lib.grading.grade_command", "mark a class's notebooks in a sandbox, with a page for everybody"),
    "pretrain": ("course_lib.experiments.eight_classes", "trains the network that chapter 4 reuses"),
    "predict": ("course_lib.training.predict_command", "what a saved model says of a picture: predict MODEL PICTURE"),
}


def main(arguments=None):
    """Run one command and return its exit code: 2 when there is no such command, 1 when a package is missing."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(arguments)
    except Missing as error:
        print(error, file=sys.stderr)
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        what = f"`{arguments[0]}` needs {OPTIONAL[error.name]}, which is not installed."
        print(f"{what} Install it: {install_line(error.name)}", file=sys.stderr)
    return 1


def _called():
    return "course" if Path(sys.argv[0]).stem == "course" else "python -m course_lib"


def _run(arguments):
    chosen = arguments[0] if arguments else None
    if chosen is not None and not chosen.startswith("-") and chosen not in COMMANDS:
        near = difflib.get_close_matches(chosen.lower(), COMMANDS, n=1)
        suggestion = f" Did you mean {near[0]!r}?" if near else ""
        print(f"There is no command {chosen!r}.{suggestion} The commands are: {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(prog=_called(), description="The commands of the course.")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (module_name, summary) in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=f"{name}: {summary}.")
        if name == chosen:
            command = importlib.import_module(module_name)
            command.add_arguments(subparser)
            subparser.set_defaults(run=command.run)
    parsed = parser.parse_args(arguments)
    return parsed.run(parsed)
