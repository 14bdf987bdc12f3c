"""Golden numbers: what networks of every kind compute, step by step, and the command that writes them down.

    python tests/golden/measured.py --write

measures all of `CASES` and writes `numbers.json` beside this file. It is written anew only where the numbers are meant
to change: `tests/test_golden_numbers.py` holds the code to them. An array is kept as the sha256 of its bytes, for
comparisons to the bit, and as two numbers for the others: its length, and its sum weighted by cosines, which no entry
leaves alone.
"""

import argparse
import contextlib
import hashlib
import json
import platform
from pathlib import Path

import numpy as np
import threadpoolctl
import torch

from course_lib.data import Dataset, Split, adding_problem, copy_task, load_digits
from course_lib.engine.back_ends import make_network
from course_lib.engine.numpy_stack import NetworkStack as NumpyStack
from course_lib.engine.pretraining import AutoencoderNetwork, pretrain_layers
from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.engine.torch_stack import NetworkStack as TorchStack
from course_lib.pytorch import calibration as torch_calibration
from course_lib.recipe import Recipe
from course_lib.scratch import calibration as numpy_calibration
from course_lib.training import fit

STACKS = {"numpy": NumpyStack, "torch": TorchStack}
CALIBRATION = {"numpy": numpy_calibration, "torch": torch_calibration}

FILE = Path(__file__).with_name("numbers.json")
ENGINES, DTYPES = ("numpy", "torch"), ("float64", "float32")
N_INPUTS, N_CLASSES, BATCH = 6, 4, 24

PLAIN = {"hidden_layers": [9, 8], "normalization": "none", "drop_rate": 0.0, "learning_rate": 0.01}
DEEP = {**PLAIN, "hidden_layers": [9, 8, 7, 8, 9, 8]}
NETWORKS = {  # name -> fields of a recipe as its JSON had them
    "article": {"hidden_layers": [9, 8]},
    "no hidden layer": {**PLAIN, "hidden_layers": [], "initialization": "uniform"},
    "sigmoid, Xavier": {**PLAIN, "activation": "sigmoid", "initialization": "xavier_normal"},
    "tanh, Xavier uniform": {
        **PLAIN,
        "activation": "tanh",
        "initialization": "xavier_uniform",
        "optimizer": "momentum",
    },
    "ReLU, He uniform": {
        **PLAIN,
        "activation": "relu",
        "initialization": "he_uniform",
        "optimizer": "gradient_descent",
    },
    "leaky ReLU": {**PLAIN, "activation": "leaky_relu", "optimizer": "nesterov"},
    "RReLU": {**PLAIN, "activation": "rrelu", "optimizer": "rmsprop", "learning_rate": 0.001},
    "PReLU, batch norm": {"hidden_layers": [9, 8], "activation": "prelu", "drop_rate": 0.0},
    "ELU": {**PLAIN, "activation": "elu", "optimizer": "adamw", "l2": 0.3},
    "SELU, LeCun": {**PLAIN, "activation": "selu", "initialization": "lecun_normal", "optimizer": "momentum"},
    "GELU": {**PLAIN, "activation": "gelu", "optimizer": "nesterov"},
    "standard normal": {**PLAIN, "hidden_layers": [12], "activation": "tanh", "initialization": "standard_normal"},
    "dropout": {**PLAIN, "drop_rate": 0.4, "optimizer": "momentum"},
    "dropout, RReLU, batch norm": {
        "hidden_layers": [9, 8, 7],
        "activation": "rrelu",
        "drop_rate": 0.3,
        "optimizer": "nesterov",
        "seed": 5,
    },
    "L1": {**PLAIN, "l1": 0.003, "optimizer": "gradient_descent"},
    "L2, max-norm": {**PLAIN, "l2": 0.03, "max_norm": 0.8, "optimizer": "momentum"},
    "clipping by norm": {**PLAIN, "clip_norm": 0.05, "optimizer": "gradient_descent"},
    "clipping by value": {**PLAIN, "clip_value": 0.01, "optimizer": "rmsprop"},
    "everything": {
        "hidden_layers": [9, 8],
        "activation": "prelu",
        "drop_rate": 0.3,
        "l1": 0.001,
        "l2": 0.01,
        "max_norm": 1.0,
        "optimizer": "adamw",
        "clip_norm": 0.3,
        "clip_value": 0.05,
        "seed": 3,
    },
    "3 layers, 1 frozen": {"hidden_layers": [9, 8, 7], "drop_rate": 0.2, "optimizer": "adam"},
    "4 layers, 3 frozen": {**PLAIN, "hidden_layers": [9, 8, 7, 6], "l2": 0.03, "optimizer": "adamw"},
    "5 layers": {**PLAIN, "hidden_layers": [9, 8, 7, 8, 9], "optimizer": "rmsprop", "learning_rate": 0.001},
    "6 layers, ReLU": {**DEEP, "activation": "relu"},
    "6 layers, batch norm": {**DEEP, "normalization": "batch", "optimizer": "momentum"},
}
FROZEN_HALFWAY = {"3 layers, 1 frozen": 1, "4 layers, 3 frozen": 3}  # how many hidden layers
UPDATES, UPDATES_OF_DEEP_NETWORKS = 50, 20  # deep: four hidden layers or more
FITS = {
    "step schedule": {"schedule": "step", "schedule_steps": [10, 20], "optimizer": "momentum", "learning_rate": 0.05},
    "cosine with warm-up, shift": {"schedule": "cosine", "schedule_steps": [8], "augmentation": "shift"},
    "one cycle, flip": {"schedule": "one_cycle", "augmentation": "flip", "optimizer": "nesterov"},
    "constant, shift and flip": {"augmentation": "shift_and_flip", "drop_rate": 0.3, "activation": "rrelu"},
    "patience 1": {"patience": 1, "optimizer": "rmsprop", "learning_rate": 0.03, "epochs": 6},
    "patience as long as the run": {"patience": 3, "optimizer": "adamw", "l2": 0.1},
}
STACKED = {  # the fields that the networks of a stack share
    "article": {"hidden_layers": [9, 8]},
    "everything": NETWORKS["everything"],
    "RReLU, dropout, momentum": {**PLAIN, "activation": "rrelu", "drop_rate": 0.4, "optimizer": "momentum"},
    "Nesterov, clipping by norm": {**PLAIN, "optimizer": "nesterov", "clip_norm": 0.1},
    "RMSProp, no hidden layer": {**PLAIN, "hidden_layers": [], "optimizer": "rmsprop", "learning_rate": 0.001},
    "gradient descent, L2": {**PLAIN, "optimizer": "gradient_descent", "l2": 0.1, "activation": "gelu"},
}
RECURRENT_TRAINING = [  # one after the other through the recurrent networks
    {"optimizer": "gradient_descent"},
    {"optimizer": "momentum", "clip_norm": 0.1},
    {"optimizer": "nesterov", "initialization": "identity"},
    {"optimizer": "rmsprop", "learning_rate": 0.001, "clip_value": 0.02},
    {"optimizer": "adam", "gain": 0.7},
    {"optimizer": "adamw", "initialization": "identity", "gain": 0.9, "clip_norm": 0.2, "clip_value": 0.05},
]
AUTOENCODED = {
    "sigmoid, Adam": {},
    "tanh, momentum": {"activation": "tanh", "initialization": "he_uniform", "optimizer": "momentum"},
    "ELU, RMSProp": {"activation": "elu", "initialization": "lecun_normal", "optimizer": "rmsprop", "seed": 4},
    "GELU, gradient descent": {"activation": "gelu", "optimizer": "gradient_descent", "learning_rate": 0.05},
    "leaky ReLU, Nesterov": {"activation": "leaky_relu", "optimizer": "nesterov", "learning_rate": 0.01},
}


def machine():
    """What the last bits depend on: versions, the libraries of linear algebra, what the processor can do."""
    if hasattr(np, "_core"):
        from numpy._core._multiarray_umath import __cpu_features__ as features
    else:  # NumPy 1
        from numpy.core._multiarray_umath import __cpu_features__ as features
    torch_facts = torch.__version__, torch.backends.cpu.get_cpu_capability(), torch.backends.mkl.is_available()
    return {
        "system": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())}",
        "numpy": np.__version__,
        "torch": "{}, {}, MKL {}".format(*torch_facts),
        "linear algebra": sorted(
            f"{library['internal_api']} {library['version']} {library.get('architecture')}"
            for library in threadpoolctl.threadpool_info()
            if library["user_api"] == "blas"
        ),
        "processor": [_processor_vendor(), *sorted(name for name, there in features.items() if there)],
    }


def _processor_vendor():
    """MKL chooses by it how it computes."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("vendor_id")), platform.processor())


def summary(named, in_detail=True):
    """{"sha256": of all bytes under their names, "values": {name: [length, weighted sum]}} of {name: array}."""
    digest, arrays = hashlib.sha256(), {name: np.asarray(array) for name, array in named.items()}
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    if not in_detail:
        arrays = {"all": np.concatenate([array.ravel() for array in arrays.values()])}
    return {"sha256": digest.hexdigest(), "values": {name: _two_numbers(array) for name, array in arrays.items()}}


def _two_numbers(array):
    values = array.astype(np.float64).ravel()
    return [float(np.sqrt(np.sum(values * values))), float(np.sum(values * np.cos(np.arange(1, values.size + 1))))]


def recipe_of(fields):
    """As a recipe that was written down before the code changed."""
    return Recipe.from_json(json.dumps(fields))


def draw_batch(step, examples=BATCH):
    rng = np.random.default_rng([71, step])
    return rng.normal(size=(examples, N_INPUTS)), rng.integers(0, N_CLASSES, examples)


def network_numbers(name, engine, dtype):
    fields = NETWORKS[name]
    steps = UPDATES if len(fields["hidden_layers"]) < 4 else UPDATES_OF_DEEP_NETWORKS
    network = make_network(recipe_of(fields), N_INPUTS, N_CLASSES, engine, dtype, "cpu")
    loss, gradients = network.loss_and_gradients(*draw_batch(0))
    numbers = {"loss": loss, "gradients": summary(gradients), "later": {}}
    later = numbers["later"]
    later["loss 1"] = network.train_step(*draw_batch(1))
    later["parameters 1"] = summary(network.parameters(), in_detail=False)
    for step in range(2, steps + 1):
        if name in FROZEN_HALFWAY and step == steps // 2:
            network.freeze(FROZEN_HALFWAY[name])
        later[f"loss {steps}"] = network.train_step(*draw_batch(step))
    later[f"state {steps}"] = summary(network.state())
    later["gradient norms"] = list(network.gradient_norms().values())
    later["clipped steps"] = int(network.clipped_steps)
    x, labels = draw_batch(1000, examples=50)
    later["evaluation"] = list(network.evaluate(*network.place(x, labels)))
    outputs = {"logits": network.logits(x), "features": network.features(x)}
    if fields.get("drop_rate"):
        outputs["monte carlo"] = network.monte_carlo_probabilities(x, passes=4, seed=1)
    later["outputs"] = summary(outputs)
    return numbers


def small_digits():
    data = load_digits()
    train, validation = (Split(part.x[:n], part.labels[:n]) for part, n in ((data.train, 240), (data.validation, 100)))
    return Dataset(train, validation, None, "digits", data.class_names, data.image_shape)


def fit_numbers(name, engine, dtype):
    recipe = recipe_of({"hidden_layers": [16, 12], "batch_size": 24, "epochs": 3, **FITS[name]})
    result = fit(recipe, small_digits(), engine, "cpu", dtype, progress=False)
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in result.history]
    return {
        "loss": result.step_losses[0],
        "later": {
            "history": rows,
            "step losses": summary({"losses": result.step_losses}),
            "state": summary(result.network.state()),
            "best epoch": result.best_epoch,
            "stopped early": result.stopped_early,
        },
    }


def stack_numbers(name, engine, dtype):
    varied = [("he_normal", 0.01), ("xavier_uniform", 0.003), ("lecun_normal", 0.001)]
    recipes = [
        recipe_of({**STACKED[name], "seed": seed, "initialization": initialization, "learning_rate": rate})
        for seed, (initialization, rate) in enumerate(varied)
    ]
    stack = STACKS[engine](recipes, N_INPUTS, N_CLASSES, dtype, "cpu")
    numbers = {"later": {}}
    for step in range(1, 51):
        batches = [draw_batch([step, number]) for number in range(len(recipes))]
        losses = np.asarray(stack.update(*(np.stack(parts) for parts in zip(*batches, strict=True))))
        if step == 1:
            numbers["losses"] = summary({"losses": losses})
        if step in (1, 50):
            states = [stack.network(number).state() for number in range(len(recipes))]
            joined = {f"{number} {name}": array for number, state in enumerate(states) for name, array in state.items()}
            numbers["later"][f"states {step}"] = summary(joined, in_detail=False)
    numbers["later"]["losses 50"] = summary({"losses": losses})
    x, labels = draw_batch(1000, examples=50)
    numbers["later"]["evaluation"] = summary(
        dict(zip(("losses", "accuracies"), stack.evaluate(x, labels), strict=True))
    )
    numbers["later"]["clipped steps"] = [int(count) for count in stack.clipped]
    return numbers


def recurrent_words():
    """{name: words}: every activation, loss and kind of output, each with another way to train."""
    words = {}
    for activation in ("tanh", "relu", "linear"):
        for loss in ("mean_squared_error", "softmax_cross_entropy"):
            for every_step in (False, True):
                training = RECURRENT_TRAINING[(len(words) + len(words) // 6) % 6]
                name = f"{activation}, {loss}, {'every' if every_step else 'last'} step, {training['optimizer']}"
                words[name] = {"activation": activation, "loss": loss, "every_step": every_step, **training}
    return words


def recurrent_batch(words, step):
    """(n_inputs, n_outputs, x, targets) for these words: the adding problem, the copy task, or drawn numbers."""
    rng = np.random.default_rng([72, step])
    if words["loss"] == "softmax_cross_entropy":
        x, labels = copy_task(12, n_symbols=3, length=2, delay=3, seed=step)
        return x.shape[2], 4, x, labels if words["every_step"] else labels[:, -1]
    x, targets = adding_problem(12, 8, seed=step)
    return 2, 1, x, rng.normal(size=(12, 8, 1)) if words["every_step"] else targets


def recurrent_numbers(name, engine, dtype):
    words = recurrent_words()[name]
    n_inputs, n_outputs, x, targets = recurrent_batch(words, 0)
    network = RecurrentNetwork(n_inputs, 7, n_outputs, **words, seed=2, dtype=dtype, engine=engine)
    started = summary(network.parameters(), in_detail=False)
    loss, gradients = network.loss_and_gradients(x, targets)
    hidden = {"states": network.hidden_states, "gradients": network.hidden_gradients, "outputs": network.outputs(x)}
    numbers = {"start": started, "loss": loss, "gradients": summary(gradients), "hidden": summary(hidden), "later": {}}
    later = numbers["later"]
    for step in range(1, 31):
        later["loss 30"] = network.train_step(*recurrent_batch(words, step)[2:])
        if step == 1:
            later["parameters 1"] = summary(network.parameters(), in_detail=False)
            later["gradient norm 1"], later["clipped 1"] = network.gradient_norm, network.clipped
    later["parameters 30"] = summary(network.parameters())
    return numbers


def autoencoder_numbers(name, engine, dtype):
    autoencoder = AutoencoderNetwork(N_INPUTS, 4, dtype=dtype, device="cpu", engine=engine, **AUTOENCODED[name])
    started = summary(autoencoder.parameters(), in_detail=False)
    loss, gradients = autoencoder.loss_and_gradients(draw_batch(0)[0])
    numbers = {"start": started, "loss": loss, "gradients": summary(gradients), "later": {}}
    for step in range(1, 51):
        numbers["later"]["loss 50"] = autoencoder.train_step(draw_batch(step)[0])
        if step == 1:
            numbers["later"]["parameters 1"] = summary(autoencoder.parameters(), in_detail=False)
    numbers["later"]["parameters 50"] = summary(autoencoder.parameters())
    x = draw_batch(1000)[0]
    outputs = {"code": autoencoder.encode(x), "reconstruction": autoencoder.reconstruct(x)}
    numbers["later"]["outputs"] = summary(outputs)
    return numbers


def pretraining_numbers(name, engine, dtype):
    fields, losses = {**PLAIN, "hidden_layers": [5, 4, 3], "batch_size": 8, "optimizer": name}, []
    layers = pretrain_layers(
        recipe_of(fields),
        draw_batch(0, 40)[0],
        steps=15,
        learning_rate=0.003,
        on_step=lambda layer, loss: losses.append(loss),
        dtype=dtype,
        device="cpu",
        engine=engine,
    )
    return {"loss": losses[0], "later": {"losses": summary({"losses": losses}), "layers": summary(layers)}}


def calibration_numbers(name, engine, dtype):
    rng = np.random.default_rng(73)
    logits, labels = 2 * rng.normal(size=(300, 5)).astype(dtype), rng.integers(0, 5, 300)
    labels[:150] = logits[:150].argmax(axis=1)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    if engine == "torch":
        logits, probabilities, labels = (torch.from_numpy(array) for array in (logits, probabilities, labels))
    lesson = CALIBRATION[engine]
    found = dict(zip(("counts", "confidence", "accuracy"), lesson.reliability(probabilities, labels), strict=True))
    return {
        "reliability": summary(found),
        "error": lesson.expected_calibration_error(probabilities, labels, bins=10),
        "temperature": lesson.fit_temperature(logits, labels),
    }


def _optimizer_of(fields):
    return fields.get("optimizer", "adam")


def _kinds():
    """(what computes it, {name: its optimizer}) of every kind of case."""
    yield network_numbers, {name: _optimizer_of(fields) for name, fields in NETWORKS.items()}
    yield fit_numbers, {name: _optimizer_of(fields) for name, fields in FITS.items()}
    yield stack_numbers, {name: _optimizer_of(fields) for name, fields in STACKED.items()}
    yield recurrent_numbers, {name: words["optimizer"] for name, words in recurrent_words().items()}
    yield autoencoder_numbers, {name: _optimizer_of(words) for name, words in AUTOENCODED.items()}
    yield pretraining_numbers, {name: name for name in ("adam", "momentum")}
    yield calibration_numbers, {"drawn logits": None}


# name of a case -> (what computes it, its name among its kind, engine, dtype, optimizer)
CASES = {
    f"{compute.__name__.removesuffix('_numbers')}: {name} ({engine}, {dtype})": (
        compute,
        name,
        engine,
        dtype,
        optimizer,
    )
    for compute, optimizers in _kinds()
    for name, optimizer in optimizers.items()
    for engine in ENGINES
    for dtype in DTYPES
}


@contextlib.contextmanager
def _one_thread():
    """Two threads add in another order than one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpoolctl.threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)


def measure(case):
    """The numbers of a case, as JSON holds them."""
    compute, name, engine, dtype, _ = CASES[case]
    with _one_thread():
        return json.loads(json.dumps(compute(name, engine, dtype), allow_nan=False))


def main():
    parser = argparse.ArgumentParser(description="Measure the golden numbers.")
    parser.add_argument("--write", action="store_true", help=f"write them to {FILE.name}; without it: measure alone")
    write = parser.parse_args().write
    numbers = {"machine": machine(), "cases": {case: measure(case) for case in CASES}}
    if write:
        lines = ",\n".join(f" {json.dumps(case)}: {json.dumps(found)}" for case, found in numbers["cases"].items())
        FILE.write_text(f'{{"machine": {json.dumps(numbers["machine"], indent=1)},\n"cases": {{\n{lines}\n}}}}\n')
    print(f"{len(CASES)} cases{f', written to {FILE}' if write else ''}")


if __name__ == "__main__":
    main()
