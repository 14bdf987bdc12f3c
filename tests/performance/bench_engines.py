"""How long one training step takes, in six ways side by side on one thread, and what `import course_lib` costs.

    make bench                            writes results/engines.json and the table in CONTRIBUTING.md
    make bench BENCH_OPTIONS=--quick      a few steps of each, to see that it works; writes nothing

The network is 784-300-100-10 with ReLU and Adam, in float32, on real images. A round times every way once, one after
the other, each with a fresh network; so a slow moment of the machine falls on all of them. A ratio is taken within each
round, and then the median over the rounds. The clock is the processor time of this process, which on one thread is the
wall time less the moments in which the system lets other programs run.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy is imported: its linear algebra reads this once

import argparse
import gc
import itertools
import json
import platform
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import sklearn
import torch
from engine_report import BATCH_SIZES, PAGE, page_with_block, summarize, table
from sklearn.neural_network import MLPClassifier
from torch import nn

from course_lib.data import load_fashion_mnist
from course_lib.engine.numpy_backend import Network as NumpyNetwork
from course_lib.engine.torch_backend import Network as TorchNetwork
from course_lib.marked_block import read_text
from course_lib.recipe import Recipe
from course_lib.whole_file import write_file

RESULTS = Path(__file__).parent / "results" / "engines.json"
CONTRIBUTING = Path(__file__).parents[2] / PAGE
LAYERS = (784, 300, 100, 10)
LEARNING_RATE = 0.001
BATCHES = 20  # different batches, taken in turn
WARM_UP = 5  # steps before the clock starts, each round


def bare_products(batches):
    """Only the matrix products of a training step, into arrays that are there already."""
    rng = np.random.default_rng(0)
    size = len(batches[0][1])
    weights = [rng.normal(0, 0.05, shape).astype(np.float32) for shape in itertools.pairwise(LAYERS)]
    weight_gradients = [np.empty_like(weight) for weight in weights]
    outputs = [np.empty((size, units), np.float32) for units in LAYERS[1:]]
    gradients = [rng.normal(0, 1, (size, units)).astype(np.float32) for units in LAYERS[1:]]
    input_gradients = [np.empty_like(output) for output in outputs[:-1]]

    def step(batch):
        values = [batch[0], *outputs]
        for layer, weight in enumerate(weights):
            np.matmul(values[layer], weight, out=values[layer + 1])
        for layer in reversed(range(len(weights))):
            np.matmul(values[layer].T, gradients[layer], out=weight_gradients[layer])
            if layer > 0:  # nothing needs the gradient of the images
                np.matmul(gradients[layer], weights[layer].T, out=input_gradients[layer - 1])

    return step, batches


def engine(network_class):
    """A way to make the course's own step, as fit() does it: on data that was checked and placed before."""

    def make(batches):
        recipe = Recipe(
            hidden_layers=LAYERS[1:-1],
            activation="relu",
            normalization="none",
            drop_rate=0.0,
            learning_rate=LEARNING_RATE,
        )
        network = network_class(recipe, LAYERS[0], LAYERS[-1], dtype="float32", device="cpu")
        return lambda batch: network.update(*batch), [network.place(*batch) for batch in batches]

    return make


def plain_torch(fused):
    """The same network as one writes it in PyTorch without this course."""

    def make(batches):
        torch.manual_seed(0)
        units = list(itertools.pairwise(LAYERS))
        layers = [layer for fan_in, fan_out in units for layer in (nn.Linear(fan_in, fan_out), nn.ReLU())]
        model = nn.Sequential(*layers[:-1])
        optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=fused)

        def step(batch):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(batch[0]), batch[1])
            loss.backward()
            optimizer.step()
            return loss.item()

        return step, [(torch.from_numpy(x.copy()), torch.from_numpy(labels.copy())) for x, labels in batches]

    return make


def scikit_learn(batches):
    """scikit-learn's classifier, which has a training step of its own."""
    model = MLPClassifier(
        LAYERS[1:-1], solver="adam", alpha=0.0, batch_size=len(batches[0][1]), learning_rate_init=LEARNING_RATE
    )
    classes = np.arange(LAYERS[-1])
    model.partial_fit(*batches[0], classes=classes)
    return lambda batch: model.partial_fit(*batch), batches


WAYS = {  # name in the report -> function that makes (step, batches)
    "matrix products alone": bare_products,
    "our NumPy engine": engine(NumpyNetwork),
    "our PyTorch engine": engine(TorchNetwork),
    "plain PyTorch, default Adam": plain_torch(fused=None),
    "plain PyTorch, fused Adam": plain_torch(fused=True),
    "scikit-learn, partial_fit": scikit_learn,
}


def seconds_per_step(make, batches, steps):
    """Mean over `steps` steps of a fresh network, after a warm-up."""
    step, placed = make(batches)
    for number in range(WARM_UP):
        step(placed[number % len(placed)])
    gc.collect()
    gc.disable()
    start = time.process_time()
    for number in range(steps):
        step(placed[number % len(placed)])
    seconds = (time.process_time() - start) / steps
    gc.enable()
    return seconds


def measure_steps(batch_size, rounds, steps):
    """{way: seconds per step in each round}."""
    train = load_fashion_mnist().train
    parts = [slice(start, start + batch_size) for start in range(0, BATCHES * batch_size, batch_size)]
    batches = [(np.ascontiguousarray(train.x[part]), train.labels[part].copy()) for part in parts]
    seconds = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, make in WAYS.items():
            seconds[name].append(seconds_per_step(make, batches, steps))
    return seconds


IMPORTS = {
    "import numpy": "numpy",
    "import numpy, course_lib": "numpy, course_lib",
    "import numpy, course_lib, and the NumPy engine with fit": "numpy, course_lib, course_lib.engine.numpy_backend, "
    "course_lib.training",
}


def measure_imports(rounds):
    """{what is imported: seconds in each round}, each in a fresh Python."""
    seconds = {name: [] for name in IMPORTS}
    for _ in range(rounds):
        for name, modules in IMPORTS.items():
            code = f"import time; t = time.perf_counter(); import {modules}; print(time.perf_counter() - t)"
            seconds[name].append(
                float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
            )
    return seconds


def machine():
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads_used": 1,
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "scikit-learn": sklearn.__version__,
    }


def _processor():
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="a few steps of each, to see that it works; writes nothing"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", category=sklearn.exceptions.ConvergenceWarning)
    rounds, steps, import_rounds = (2, {64: 2, 256: 2}, 2) if options.quick else (31, {64: 60, 256: 20}, 11)
    seconds = {size: measure_steps(size, rounds, steps[size]) for size in BATCH_SIZES}
    results = summarize(machine(), seconds, measure_imports(import_rounds), rounds)
    print(table(results))
    if not options.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        write_file(RESULTS, json.dumps(results, indent=2) + "\n")
        write_file(CONTRIBUTING, page_with_block(read_text(CONTRIBUTING), results))
        print("Written to tests/performance/results/engines.json and to CONTRIBUTING.md.")


if __name__ == "__main__":
    main()
