"""What a stack of networks gains: ten networks trained one after the other against the same ten as one stack.

    make bench                            writes results/stack.json
    make bench BENCH_OPTIONS=--quick      a few steps of each, to see that it works; writes nothing

Every network trains on real images in float32 on one thread. A round times both ways once, one right after the other,
each with fresh networks; so a slow moment of the machine falls on both. The ratio is taken within each round, and then
the median over the rounds. The clock is the processor time of this process.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy is imported: its linear algebra reads this once

import argparse
import gc
import json
import time
from pathlib import Path
from statistics import median

import numpy as np
from bench_engines import machine

from course_lib.data import load_fashion_mnist
from course_lib.recipe import Recipe
from course_lib.scratch.network import Network
from course_lib.scratch.stack import NetworkStack

RESULTS = Path(__file__).parent / "results" / "stack.json"
NETWORKS = 10
BATCH_SIZE = 64
WARM_UP = 3  # steps before the clock starts, each round
PLAIN = Recipe(activation="relu", batch_norm=False, drop_rate=0.0)
SETTINGS = {  # name in the report -> recipe
    "20 x 12": PLAIN.replace(hidden_layers=(12,) * 20),
    "20 x 12, batch norm": PLAIN.replace(hidden_layers=(12,) * 20, batch_norm=True),
    "10 x 100": PLAIN.replace(hidden_layers=(100,) * 10),
    "10 x 100, batch norm": PLAIN.replace(hidden_layers=(100,) * 10, batch_norm=True),
    "784-300-100-10": PLAIN,
}
ONE_BY_ONE, STACKED = "one after the other", "stacked"


def one_by_one(recipes, data):
    """step(rows): an update of each network in turn. rows (networks, batch)."""
    networks = [Network(recipe, data.n_inputs, data.n_classes) for recipe in recipes]

    def step(rows):
        for network, own in zip(networks, rows, strict=True):
            network.update(data.train.x.take(own, axis=0), data.train.labels.take(own))

    return step


def stacked(recipes, data):
    """step(rows): one update of the whole stack. rows (networks, batch)."""
    stack = NetworkStack(recipes, data.n_inputs, data.n_classes)
    return lambda rows: stack.update(data.train.x[rows], data.train.labels[rows])


WAYS = {ONE_BY_ONE: one_by_one, STACKED: stacked}


def seconds_per_step(step, batches):
    """Mean over the batches after the warm-up: the time in which all networks take one step."""
    for rows in batches[:WARM_UP]:
        step(rows)
    gc.collect()
    gc.disable()
    start = time.process_time()
    for rows in batches[WARM_UP:]:
        step(rows)
    seconds = (time.process_time() - start) / (len(batches) - WARM_UP)
    gc.enable()
    return seconds


def measure(recipe, data, rounds, steps):
    """{way: seconds per step of all networks, in each round}."""
    recipes = [recipe.replace(seed=seed) for seed in range(NETWORKS)]
    rng = np.random.default_rng(0)
    batches = list(rng.integers(0, len(data.train), (WARM_UP + steps, NETWORKS, BATCH_SIZE)))
    seconds = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, make in WAYS.items():
            seconds[name].append(seconds_per_step(make(recipes, data), batches))
    return seconds


def summarize(seconds):
    """Of {way: seconds in each round}: the medians in milliseconds, and how many times as fast the stack is."""
    gains = [alone / stack for alone, stack in zip(seconds[ONE_BY_ONE], seconds[STACKED], strict=True)]
    return {
        **{f"{name}, milliseconds": round(1000 * median(values), 3) for name, values in seconds.items()},
        "times as fast": {"median": round(median(gains), 2), "min": round(min(gains), 2), "max": round(max(gains), 2)},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="a few steps of each, to see that it works; writes nothing"
    )
    options = parser.parse_args()
    rounds, steps = (2, 2) if options.quick else (15, 20)
    data = load_fashion_mnist()
    results = {
        "what": f"a training step of {NETWORKS} networks, batch size {BATCH_SIZE}, Adam, float32, one thread",
        "machine": machine(),
        "rounds": rounds,
        "networks": {},
    }
    print(f"{'':24}{ONE_BY_ONE:>22}{STACKED:>12}{'times as fast':>16}")
    for name, recipe in SETTINGS.items():
        results["networks"][name] = row = summarize(measure(recipe, data, rounds, steps))
        times = [f"{row[f'{way}, milliseconds']:.1f} ms" for way in WAYS]
        print(f"{name:24}{times[0]:>22}{times[1]:>12}{row['times as fast']['median']:>16}")
    if not options.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        print("Written to tests/performance/results/stack.json.")


if __name__ == "__main__":
    main()
