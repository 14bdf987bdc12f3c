"""What a stack of networks gains: ten networks trained one after the other against the same ten as one stack.

Both engines are timed on the CPU, PyTorch's too; a GPU is what its stack is made for (python -m course_lib bench gpu).

    make bench                            writes results/stack.json
    make bench BENCH_OPTIONS=--quick      a few steps of each, to see that it works; writes nothing

Every network trains on real images in float32 on one thread. A round times all four ways once, one right after the
other, each with fresh networks; so a slow moment of the machine falls on all. The ratio is taken within each round, and
then the median over the rounds. The clock is the processor time of this process.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy is imported: its linear algebra reads this once

import argparse
import functools
import gc
import json
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from bench_engines import machine

from course_lib.data import load_fashion_mnist
from course_lib.engine import numpy_backend as scratch_network
from course_lib.engine import numpy_stack as scratch_stack
from course_lib.engine import torch_backend as pytorch_network
from course_lib.engine import torch_stack as pytorch_stack
from course_lib.recipe import Recipe

RESULTS = Path(__file__).parent / "results" / "stack.json"
NETWORKS = 10
BATCH_SIZE = 64
WARM_UP = 3  # steps before the clock starts, each round
PLAIN = Recipe(activation="relu", normalization="none", drop_rate=0.0)
SETTINGS = {  # name in the report -> recipe
    "20 x 12": PLAIN.replace(hidden_layers=(12,) * 20),
    "20 x 12, batch norm": PLAIN.replace(hidden_layers=(12,) * 20, normalization="batch"),
    "10 x 100": PLAIN.replace(hidden_layers=(100,) * 10),
    "10 x 100, batch norm": PLAIN.replace(hidden_layers=(100,) * 10, normalization="batch"),
    "784-300-100-10": PLAIN,
}
ONE_BY_ONE, STACKED = "one after the other", "stacked"
ENGINES = {"NumPy": (scratch_network, scratch_stack), "PyTorch": (pytorch_network, pytorch_stack)}


def one_by_one(engine, recipes, data):
    """step(rows): an update of each network in turn. rows (networks, batch)."""
    networks = [ENGINES[engine][0].Network(recipe, data.n_inputs, data.n_classes, device="cpu") for recipe in recipes]
    x, labels = networks[0].place(data.train.x, data.train.labels)

    def step(rows):
        for network, own in zip(networks, rows, strict=True):
            network.update(network.take(x, own), network.take(labels, own))

    return step


def stacked(engine, recipes, data):
    """step(rows): one update of the whole stack. rows (networks, batch)."""
    stack = ENGINES[engine][1].NetworkStack(recipes, data.n_inputs, data.n_classes, device="cpu")
    x, labels = stack.network(0).place(data.train.x, data.train.labels)
    return lambda rows: stack.update(x[rows], labels[rows])


WAYS = {
    (engine, name): functools.partial(make, engine)
    for engine in ENGINES
    for name, make in ((ONE_BY_ONE, one_by_one), (STACKED, stacked))
}


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
    """{(engine, way): seconds per step of all networks, in each round}."""
    recipes = [recipe.replace(seed=seed) for seed in range(NETWORKS)]
    rng = np.random.default_rng(0)
    batches = list(rng.integers(0, len(data.train), (WARM_UP + steps, NETWORKS, BATCH_SIZE)))
    seconds = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, make in WAYS.items():
            seconds[name].append(seconds_per_step(make(recipes, data), batches))
    return seconds


def summarize(seconds):
    """Of {(engine, way): seconds in each round}: for each engine the medians in milliseconds and the gains."""
    return {
        engine: {
            **{f"{way}, milliseconds": _milliseconds(seconds[engine, way]) for way in (ONE_BY_ONE, STACKED)},
            "times as fast": _gain(seconds[engine, ONE_BY_ONE], seconds[engine, STACKED]),
        }
        for engine in ENGINES
    }


def _milliseconds(seconds):
    return round(1000 * median(seconds), 3)


def _gain(slow, fast):
    gains = [one / other for one, other in zip(slow, fast, strict=True)]
    return {"median": round(median(gains), 2), "min": round(min(gains), 2), "max": round(max(gains), 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="a few steps of each, to see that it works; writes nothing"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    rounds, steps = (2, 2) if options.quick else (15, 20)
    data = load_fashion_mnist()
    results = {
        "what": f"a training step of {NETWORKS} networks, batch size {BATCH_SIZE}, Adam, float32, one thread",
        "machine": machine(),
        "rounds": rounds,
        "networks": {},
    }
    print(f"{'':24}{'':10}{ONE_BY_ONE:>22}{STACKED:>12}{'times as fast':>16}")
    for name, recipe in SETTINGS.items():
        results["networks"][name] = summarize(measure(recipe, data, rounds, steps))
        for engine, row in results["networks"][name].items():
            times = [f"{row[f'{way}, milliseconds']:.1f} ms" for way in (ONE_BY_ONE, STACKED)]
            print(f"{name:24}{engine:10}{times[0]:>22}{times[1]:>12}{row['times as fast']['median']:>16}")
    if not options.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        print("Written to tests/performance/results/stack.json.")


if __name__ == "__main__":
    main()
