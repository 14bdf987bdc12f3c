"""The benchmarks that only a maintainer runs: what a GPU does, and every chapter from the top.

    python tools/bench.py gpu [--device cuda:1] [--seeds N] [--compile] [--smoke | --write [--folder F]]
    python tools/bench.py chapters [--smoke | --write [--folder F]]

Exit codes: as of `python -m course_lib bench`, which has those for everybody.
"""

import argparse
import sys

from course_lib.benchmarks import command

# name -> (the module whose plan(arguments) says what is measured, what the help says)
BENCHMARKS = {
    "gpu": ("gpu_plan", "what a GPU does: steps, images a second, time to 90%%, many networks"),
    "chapters": ("chapter_times", "every chapter from the top: seconds and memory, for INSTRUCTORS.md"),
}


def add_arguments(parser):
    """The options of the command."""
    gpu = command.add_benchmarks(parser, BENCHMARKS)["gpu"]
    gpu.add_argument("--device", default="cuda", help="cuda (default), cuda:1, ...; cpu together with --smoke")
    gpu.add_argument("--seeds", type=int, default=20, metavar="N", help="runs to 90%% accuracy (default: 20)")
    gpu.add_argument("--compile", action="store_true", help="also torch.compile, which takes minutes")


def main(arguments=None):
    """Run one benchmark and return its exit code."""
    parser = argparse.ArgumentParser(prog="python tools/bench.py", description=__doc__.partition("\n")[0])
    add_arguments(parser)
    return command.run(parser.parse_args(arguments), BENCHMARKS)


if __name__ == "__main__":
    sys.exit(main())
