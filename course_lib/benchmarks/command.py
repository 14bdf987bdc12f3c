"""python -m course_lib bench machine, gpu, scaling or chapters: measures, prints the tables; --write keeps them.

Exit codes: 0 done, 1 a part failed, 2 something was asked for that is not here, 130 stopped by Ctrl+C.
"""

import importlib
import sys

from course_lib.benchmarks.plan import has_problem
from course_lib.benchmarks.results import ResultError, command, write_result

# name -> (the module whose plan(arguments) says what is measured, what the help says)
BENCHMARKS = {
    "machine": ("course_lib.benchmarks.machine_plan", "Python loops, NumPy and PyTorch here, and what speed hangs on"),
    "gpu": (
        "course_lib.benchmarks.gpu_plan",
        "what a GPU does: steps, images a second, time to 90%%, many networks",
    ),
    "scaling": ("course_lib.benchmarks.scaling", "one process against several under torchrun"),
    "chapters": ("course_lib.benchmarks.chapters", "every chapter from the top: seconds and memory, for the README"),
}


def add_arguments(parser):
    """The options of the command."""
    benchmarks = parser.add_subparsers(dest="benchmark", metavar="|".join(BENCHMARKS), required=True)
    for name, (_, summary) in BENCHMARKS.items():
        one = benchmarks.add_parser(name, help=summary, description=f"{name}: {summary}.".replace("%%", "%"))
        one.add_argument("--smoke", action="store_true", help="everything in small, under a minute; writes nothing")
        one.add_argument("--write", action="store_true", help="keep the result, for the tables of the course")
        one.add_argument("--folder", metavar="F", help="with --write: keep it here, not with the course's own results")
        if name == "gpu":
            one.add_argument("--device", default="cuda", help="cuda (default), cuda:1, ...; cpu together with --smoke")
            one.add_argument("--seeds", type=int, default=20, metavar="N", help="runs to 90%% accuracy (default: 20)")
        if name in ("machine", "gpu"):
            one.add_argument("--compile", action="store_true", help="also torch.compile, which takes minutes")


def run(arguments):
    """Measure. Returns the exit code."""
    if arguments.write and arguments.smoke:
        print("A smoke run's figures say nothing: leave out --write, or --smoke.", file=sys.stderr)
        return 2
    try:
        plan = importlib.import_module(BENCHMARKS[arguments.benchmark][0]).plan(arguments)
    except (ValueError, ImportError) as error:  # a device that is not here, a number that does not fit, no PyTorch
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
