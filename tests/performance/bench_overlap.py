"""What fit() pays for looking for validation examples in the training data: the check against one epoch.

    .venv/bin/python tests/performance/bench_overlap.py

Prints, for the embedded and, where it is on this machine, the full Fashion-MNIST: the processor time of the check, that
of one epoch of Recipe() in the NumPy engine on one thread (measurement on validation data included), and the ratio. The
smallest of three times each. It writes nothing.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy is imported: its linear algebra reads this once

import time

from course_lib.data import check_no_overlap, load_fashion_mnist
from course_lib.data.full import locate_full
from course_lib.recipe import Recipe
from course_lib.training import TrainingRun

REPEATS = 3


def seconds_of_the_check(data):
    """Processor time of the check that `fit` makes."""
    start = time.process_time()
    check_no_overlap(data, ("train", "validation"))
    return time.process_time() - start


def seconds_of_an_epoch(data):
    """Processor time of one epoch, from the first step to the end of the measurement."""
    run = TrainingRun(Recipe(epochs=1), data)
    start = time.process_time()
    while not run.finished:
        run.step()
    return time.process_time() - start


def main():
    for subset in ("embedded", "full"):
        if subset == "full" and locate_full() is None:
            print("full      not on this machine (on Debian and Ubuntu: sudo apt install dataset-fashion-mnist)")
            continue
        data = load_fashion_mnist(subset)
        check = min(seconds_of_the_check(data) for _ in range(REPEATS))
        epoch = min(seconds_of_an_epoch(data) for _ in range(REPEATS))
        print(f"{subset:9} check {check:.3f} s, epoch {epoch:.2f} s: {check / epoch:.1%} of one epoch")


if __name__ == "__main__":
    main()
