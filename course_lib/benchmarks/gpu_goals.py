"""The goals of `tools/bench.py gpu`, the benchmark of a GPU: what is aimed at, and what was measured of it."""

from course_lib.benchmarks.batches import BATCH
from course_lib.benchmarks.results import goal

STEP_NETWORKS = ("784-300-100-10, ReLU", "the article's recipe")
GRAPH = "CUDA graph"
GOAL_ACCURACY = 0.9
GRAPH_GOAL = 4.0  # times as fast as eager
NUMPY_GOAL = 100.0  # times as many images a second
SECONDS_GOAL = 0.5


def goals(sections):
    """The goals, with what was measured of them."""
    found = []
    for network in STEP_NETWORKS:
        rows = [row for row in _rows(sections, "steps") if row["network"] == network and row["way"] == GRAPH]
        times = rows[0].get("times") if rows else None
        found.append(goal(f"CUDA graph against eager, batch {BATCH}, {network}: times as fast", times, GRAPH_GOAL))
    numpy = max((row.get("images_a_second", 0) for row in _rows(sections, "numpy")), default=0)
    best = max((row.get("images_a_second", 0) for row in _rows(sections, "images_a_second")), default=0)
    times = best / numpy if numpy and best else None
    found.append(goal("images a second against our NumPy engine's best: times as many", times, NUMPY_GOAL))
    run = next(iter(_rows(sections, "to_90")), {})
    found.append(goal("test accuracy of the small convolutional network, mean", run.get("accuracy"), GOAL_ACCURACY))
    found.append(goal("seconds of that run, mean", run.get("seconds"), SECONDS_GOAL, at_least=False))
    return found


def _rows(sections, name):
    return next((part["rows"] for part in sections if part["name"] == name), [])
