"""python -m course_lib bench machine or scaling: measures, prints the tables; --write keeps them.

Those that only a maintainer runs, of a GPU and of all chapters, are in tools/bench.py.

Exit codes: 0 done, 1 a part failed, 2 something was asked for that is not here, 130 stopped by Ctrl+C.
"""

import importlib
import sys

from course_lib.benchmarks.plan import has_problem
from course_lib.benchmarks.results import ResultError, command, write_result

# name -> (the module whose plan(arguments) says what is measured, what the help says)
BENCHMARKS = {
    "machine": ("course_lib.benchmarks.machine_plan", "Python loops, NumPy and PyTorch here, and what speed hangs on"),
    "scaling": ("course_lib.benchmarks.scaling", "one process against several under torchrun"),
}


def add_arguments(parser):
    """The options of the command."""
    add_benchmarks(parser, BENCHMARKS)["machine"].add_argument(
        "--compile", action="store_true", help="also torch.compile, which takes minutes"
    )


def add_benchmarks(parser, benchmarks):
    """A subcommand for each of these benchmarks, with the options that all have. Returns {name: its parser}."""
    parsers = parser.add_subparsers(dest="benchmark", metavar="|".join(benchmarks), required=True)
    made = {}
    for name, (_, summary) in benchmarks.items():
        one = parsers.add_parser(name, help=summary, description=f"{name}: {summary}.".replace("%%", "%"))
        one.add_argument("--smoke", action="store_true", help="everything in small, under a minute; writes nothing")
        one.add_argument("--write", action="store_true", help="keep the result, for the tables of the course")
        one.add_argument("--folder", metavar="F", help="with --write: keep it here, not with the course's own results")
        made[name] = one
    return made


def run(arguments, benchmarks=BENCHMARKS):
    """Measure one of the benchmarks. Returns the exit code."""
    if arguments.write and arguments.smoke:
        print("A smoke run's figures say nothing: leave out --write, or --smoke.", file=sys.stderr)
        return 2
    try:
        plan = importlib.import_module(benchmarks[arguments.benchmark][0]).plan(arguments)
    except ValueError as error:  # a device that is not here, a number that does not fit
        print(error, file=sys.stderr)
        return 2
    result, failed = plan.measure()
    if arguments.write:
        failed |= not _write(plan, result, arguments.folder)
    elif not arguments.smoke:
        print(f"\nNothing was written. To keep a result: {command(arguments.benchmark)}")
    return 130 if result["interrupted"] else int(failed)


def _write(plan, result, folder):
    try:
        if plan.strict and has_problem(result):
            raise ResultError("something failed, see above")
        print(f"\nWritten to {write_result(result, folder)}")
        if plan.after_write and folder is None and not result["interrupted"]:
            print(f"Written to {plan.after_write(result)}")
    except (ValueError, OSError) as error:  # a ResultError is a ValueError
        print(f"\nNot written: {error}", file=sys.stderr)
        return False
    return True
