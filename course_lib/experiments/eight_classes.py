"""python -m course_lib pretrain: the network that chapter 4 reuses, trained on eight of Fashion-MNIST's ten classes.

Two classes are kept back, pullovers and coats: what the network has learned from the other eight is then tried on them.
The command writes the same bytes on the same kind of processor with the same PyTorch. Another processor may round sums
otherwise in the last bits. Over a training that grows to other weights, and to an accuracy that may differ by a point.

Exit codes: 0 done, 1 something failed, 2 something was asked for that does not exist, 130 stopped by Ctrl+C.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.data import Dataset, DataUnavailable, Split, load_fashion_mnist
from course_lib.progress_bar import progress_bar
from course_lib.recipe import Recipe, random_stream
from course_lib.threads import one_thread
from course_lib.training.batches import epoch_batches, steps_per_epoch
from course_lib.training.schedules import learning_rate_at

NAME = "eight_classes"
KEPT_BACK = ("Pullover", "Coat")
RECIPE = Recipe(hidden_layers=(), learning_rate=0.01, schedule="one_cycle", batch_size=64, epochs=12)  # of the training
SMOKE = {"epochs": 1, "images": 800}
LICENSES = "weights: MIT, as this package; images: MIT, Copyright 2017 Zalando SE"
NOT_GOOD_FOR = (
    "anything but gray 28x28 pictures made as Fashion-MNIST's were: one piece, in the middle, bright on black, no "
    "background. It has seen no color, no photograph and no other objects, it names one of its eight classes whatever "
    "it is shown, and its probabilities were not checked"
)
SAME_AGAIN = (
    "the command gives these bytes again on the same kind of processor with the same PyTorch; another may round in the "
    "last bits otherwise, which grows in training to other weights"
)


@dataclass(frozen=True)
class Training:
    """What `train` came to: the network, the epochs that were finished, whether it was stopped before the end."""

    network: object
    epochs: int
    interrupted: bool


def only_classes(data, names):
    """A Dataset with these classes alone, renumbered from 0 in this order; every split keeps the order of its images.

    Raises
    ------
    ValueError : a name that is not one of the data's classes
    """
    unknown = [name for name in names if name not in data.class_names]
    if unknown:
        raise ValueError(f"{data.name} has no class {unknown[0]!r}. It has: {', '.join(data.class_names)}.")
    places = [data.class_names.index(name) for name in names]
    number = np.full(data.n_classes, -1)
    number[places] = np.arange(len(places))
    splits = {part: _renumbered(split, number) for part, split in data.splits().items()}
    return Dataset(**splits, name=f"{data.name}, {len(names)} classes", class_names=names, image_shape=data.image_shape)


def eight_classes(data):
    """The Dataset of all classes but pullovers and coats."""
    return only_classes(data, [name for name in data.class_names if name not in KEPT_BACK])


def two_classes(data):
    """The Dataset of pullovers (0) and coats (1)."""
    return only_classes(data, KEPT_BACK)


def _renumbered(split, number):
    kept = number[split.labels] >= 0
    return Split(split.x[kept], number[split.labels[kept]])


def train(data, recipe=RECIPE, device="auto", progress=True):
    """Train a ConvolutionalNetwork on all classes of `data`, as the recipe's optimizer, schedule, batches and seed say.

    Returns
    -------
    Training. An interrupted one (the Stop button, Ctrl+C) has the network as far as it got
    """
    from course_lib.engine.convolutional import ConvolutionalNetwork

    network = ConvolutionalNetwork(
        data.n_classes,
        data.image_shape,
        optimizer=recipe.optimizer,
        learning_rate=recipe.learning_rate,
        seed=recipe.seed,
        device=device,
    )
    x, labels = network.place(data.train.x, data.train.labels)
    rng = random_stream(recipe.seed, "batches")
    per_epoch = steps_per_epoch(len(labels), recipe.batch_size)
    total, step = recipe.epochs * per_epoch, 0
    with one_thread(), progress_bar(total, "training", shown=progress) as bar:
        try:
            for _ in range(recipe.epochs):
                for indices in epoch_batches(len(labels), recipe.batch_size, rng):
                    network.optimizer.learning_rate = learning_rate_at(recipe, step, total)
                    loss = network.update(network.take(x, indices), network.take(labels, indices))
                    step += 1
                    bar.update()
                bar.set_postfix(loss=f"{loss:.3f}")
        except KeyboardInterrupt:
            return Training(network, step // per_epoch, interrupted=True)
    return Training(network, recipe.epochs, interrupted=False)


def write(training, data, recipe, command, folder):
    """Write the network in float16, with its card; an interrupted one under another name. Returns (path, card)."""
    from course_lib.engine.zoo import save_pretrained

    name = f"{NAME}_interrupted" if training.interrupted else NAME
    path = Path(folder) / f"{name}.safetensors"
    return path, save_pretrained(training.network, path, make_card(training, data, recipe, command))


def make_card(training, data, recipe, command):
    """What someone who reuses the network must know. Its accuracy is measured with the weights rounded to float16."""
    import torch

    network = training.network
    network.load_state({name: array.astype(np.float16) for name, array in network.state().items()})
    return {
        "name": NAME,
        "network": "ConvolutionalNetwork: 3 convolutions 3x3 with batch norm and ReLU, 2 poolings, a dense layer, head",
        "parameters": int(sum(array.size for array in network.parameters().values())),
        "stored_as": "float16",
        "data": data.name,
        "training_images": len(data.train),
        "classes": list(data.class_names),
        "kept_back": list(KEPT_BACK),
        "command": command,
        "seed": recipe.seed,
        "optimizer": recipe.optimizer,
        "learning_rate": recipe.learning_rate,
        "schedule": recipe.schedule,
        "batch_size": recipe.batch_size,
        "epochs": training.epochs,
        "interrupted": training.interrupted,
        "test_images": len(data.test),
        "test_accuracy_percent": round(100 * accuracy_on_test(network, data), 2),
        "torch": torch.__version__.split("+")[0],
        "same_again": SAME_AGAIN,
        "license": LICENSES,
        "not_good_for": NOT_GOOD_FOR,
    }


def accuracy_on_test(network, data):
    """The share of the test images that the network classifies right."""
    return network.evaluate(*network.place(data.test.x, data.test.labels))[1]


def add_arguments(parser):
    """The options of the command."""
    parser.add_argument("--folder", metavar="F", help="write here, not where the course reads it")
    parser.add_argument("--data", choices=("embedded", "full"), default="embedded", help="which Fashion-MNIST")
    parser.add_argument("--device", default="cpu", help="auto, cpu, cuda or mps (default: cpu)")
    parser.add_argument("--seed", type=int, default=RECIPE.seed, metavar="N", help="of weights and batches")
    parser.add_argument("--smoke", action="store_true", help="a small one in seconds; needs --folder")


def run(arguments):
    """Train, write, and say what came of it. Returns the exit code."""
    if arguments.smoke and arguments.folder is None:
        print("--smoke trains too little to be used: say where to write it, with --folder F.", file=sys.stderr)
        return 2
    try:
        return _run(arguments, Path(arguments.folder or _course_folder()))
    except ValueError as error:  # a seed, a device
        print(error, file=sys.stderr)
        return 2
    except (DataUnavailable, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(arguments, folder):
    recipe = RECIPE.replace(seed=arguments.seed)
    data = eight_classes(load_fashion_mnist(arguments.data))
    if arguments.smoke:
        recipe = recipe.replace(epochs=SMOKE["epochs"])
        data = Dataset(
            Split(data.train.x[: SMOKE["images"]], data.train.labels[: SMOKE["images"]]),
            data.validation,
            data.test,
            f"{data.name}, the first {SMOKE['images']} images",
            data.class_names,
            data.image_shape,
        )
    os.makedirs(folder, exist_ok=True)
    training = train(data, recipe, arguments.device)
    path, card = write(training, data, recipe, _command(arguments), folder)
    if training.interrupted:
        print(f"\nStopped after {training.epochs} of {recipe.epochs} epochs.", file=sys.stderr)
    right = f"{card['test_accuracy_percent']}% of {card['test_images']} test images right"
    print(f"{path}: {card['bytes']:,} bytes, {right}")
    return 130 if training.interrupted else 0


def _command(arguments):
    words = ["python -m course_lib pretrain"]
    words += [f"--data {arguments.data}"] if arguments.data != "embedded" else []
    words += [f"--device {arguments.device}"] if arguments.device != "cpu" else []
    words += [f"--seed {arguments.seed}"] if arguments.seed != RECIPE.seed else []
    return " ".join([*words, "--smoke"] if arguments.smoke else words)


def _course_folder():
    from course_lib.engine.zoo import FOLDER

    return FOLDER
