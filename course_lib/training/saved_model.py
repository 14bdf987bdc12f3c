"""A trained network as something to use: the weights, the names of its answers, how sure to be of them, and a card.

A saved model is a folder. `network.safetensors` is what `save_network` writes; `card.json` says what it was trained on,
how, and how good it is (Mitchell et al. 2019, "Model cards for model reporting"); `README.md` is the card to read.
Numbers and text, nothing that runs.
"""

import hashlib
import importlib.metadata
import json
import math
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.arrays import check_inputs
from course_lib.data import DataError, Dataset, Picture, check_no_overlap, read_picture
from course_lib.engine.back_ends import lesson
from course_lib.tensor_file import MISFITS
from course_lib.training.checkpoint import CheckpointError, load_network, network_bytes, network_of
from course_lib.training.model_card import card_text, printable
from course_lib.whole_file import contents, read_steadily, write_folder

FORMAT = "course_lib model 1"
NETWORK_FILE, CARD_FILE, READABLE_FILE = "network.safetensors", "card.json", "README.md"
NOT_FOR = (
    "Anything but examples made as those of {name} were. It gives one of its {n_classes} names to whatever it is "
    "shown, also to what has none of them, and can be sure of it: its probabilities were checked on {name} alone. "
    "Nothing that concerns people, their safety or their rights should be decided by it."
)
NEEDED = {"classes": list, "temperature": float, "recipe": dict, "sha256": str, "test": dict, "input_range": list}
NEEDED |= {"data": dict}
DIGEST = "card_sha256"  # of the rest of the card


class ModelError(CheckpointError):
    """What cannot be saved as a model, or a folder that holds none. The message says what to do."""


@dataclass(frozen=True)
class Prediction:
    """What a model says of one example. It prints as a short table.

    Parameters
    ----------
    class_name : the likeliest class
    probability : the model's calibrated probability of it, 0 to 1
    probabilities : {class name: probability} of all classes, the likeliest first
    notes : what was done to the picture, a sentence each
    """

    class_name: str
    probability: float
    probabilities: dict
    notes: tuple[str, ...] = ()

    def text(self, top: int = 3) -> str:
        """The `top` likeliest classes in percent, a line each, and the notes."""
        shown = [(printable(name), chance) for name, chance in list(self.probabilities.items())[:top]]
        width = max(len(name) for name, _ in shown)
        return "\n".join([f"{name:{width}}  {100 * chance:5.1f}%" for name, chance in shown] + list(self.notes))

    def __str__(self):
        return self.text()


@dataclass(frozen=True)
class SavedModel:
    """A model that `load_model` read.

    Parameters
    ----------
    network : a Network of the engine that was asked for
    card : what is written on it, plain values
    """

    network: object = field(repr=False)
    card: dict

    @property
    def class_names(self) -> tuple[str, ...]:
        """A name for each column of `probabilities`."""
        return tuple(self.card["classes"])

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """x (examples, inputs) -> calibrated probabilities (examples, classes): softmax(logits / temperature)."""
        return _probabilities(self.network, x, self.card["temperature"])

    def predict(self, example: Any, background: str = "auto") -> Prediction:
        """What the model says of one example: a Prediction.

        Parameters
        ----------
        example : the path of a picture, a Picture, or the numbers of one example: (inputs,), (1, inputs) or, of an
            image, (rows, columns)
        background : of a picture that is read here, as for `read_picture`

        Raises
        ------
        FileNotFoundError, PictureError : as `read_picture`
        ModelError : a picture, and the model was trained on something else; numbers far out of the range of the
            training data, as pixels up to 255 are where it saw 0 to 1
        ArrayError : numbers that are not one example
        """
        notes = ()
        if isinstance(example, str | os.PathLike):
            if not self.card.get("image_shape"):
                raise ModelError(f"This model was trained on {self.card['data']['name']}, which holds no pictures.")
            example = read_picture(example, self.card["image_shape"], background)
        if isinstance(example, Picture):
            example, notes = example.x, example.notes
        x = np.asarray(example)
        if x.ndim == 1 or list(x.shape) == self.card.get("image_shape"):
            x = x.reshape(1, -1)
        x = check_inputs(x, self.network.n_inputs)
        if len(x) != 1:
            raise ModelError(f"predict() takes one example; these are {len(x)}. Use probabilities(x) for many.")
        self._check_range(x)
        chances = self.probabilities(x)[0]
        order = np.argsort(-chances, kind="stable")
        named = {self.class_names[place]: float(chances[place]) for place in order}
        return Prediction(self.class_names[order[0]], float(chances[order[0]]), named, notes)

    def _check_range(self, x):
        low, high = self.card["input_range"]
        margin = high - low  # noise, or another light, may go beyond; another unit goes far beyond
        if x.min() < low - margin or x.max() > high + margin:
            raise ModelError(
                f"The numbers run from {x.min():g} to {x.max():g}; this model was trained on {low:g} to {high:g}. "
                "Scale them as its training data was: pixels from 0 to 255 are divided by 255."
            )


def save_model(
    trained: Any, folder: str | os.PathLike, data: Dataset, command: str | None = None, not_for: str | None = None
) -> dict:
    """Save a network as a model, with a card of how good it is.

    The temperature of its probabilities is fitted on the validation data (Guo et al. 2017), accuracy and calibration
    error are measured on the test data: choose nothing by them afterwards.

    Parameters
    ----------
    trained : the Result of `fit`, or a Network of either engine
    folder : to write; it is made when it is missing. A model that is there already is replaced, whole or not at all
    data : the Dataset that it was trained on, with validation and test data
    command : how it was trained, for whoever wants to do it again; None leaves it out
    not_for : what it must not be used for; None takes a general sentence

    Returns
    -------
    the card, plain values

    Raises
    ------
    ModelError : something else than such a network; one that gives numbers that are not finite; a folder with
        something else in it; what a card cannot hold
    FileNotFoundError, course_lib.whole_file.NotWritten : it cannot be written there
    DataError : no validation or test data, or data of another size than the network's
    OverlapError : examples that are in two parts of the data: what the card says would not be true
    """
    network = network_of(trained, ModelError, "save_model")
    _check_data(network, data)
    folder = _checked_folder(Path(folder))
    card = {"format": FORMAT, "network": type(network).__module__, "parameters": _n_parameters(network)}
    card |= {"recipe": json.loads(network.recipe.to_json()), "command": command, "training": _how_it_went(trained)}
    card |= _about(data) | _measured(network, data)
    card["not_for"] = not_for or NOT_FOR.format(name=data.name, n_classes=data.n_classes)
    card["versions"] = _versions(network)
    content = network_bytes(network)
    card |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    card = _plain(card)
    files = {NETWORK_FILE: content, CARD_FILE: json.dumps(card, indent=2) + "\n", READABLE_FILE: card_text(card)}
    write_folder(folder, files)
    return card


def _plain(card):
    """The card as JSON gives it back, with its digest. What JSON cannot hold is a ModelError."""
    for name, value in card.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ModelError(f"The card cannot hold {name}={value!r} ({error}). Give text, or leave it out.") from None
    card = json.loads(json.dumps(card))
    return card | {DIGEST: _digest(card)}


def _digest(card):
    rest = {name: value for name, value in card.items() if name != DIGEST}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def load_model(folder: str | os.PathLike, engine: str = "numpy", device: str = "auto") -> SavedModel:
    """Read a model that `save_model` wrote, into either engine.

    Returns
    -------
    SavedModel

    Raises
    ------
    FileNotFoundError : there is no such folder
    ModelError : no model is in it, its card is damaged, or the card is of another network
    CheckpointError : the network's file is damaged or holds another network than it says
    """
    return read_steadily(folder, lambda place: _load(place, engine, device))


def _load(folder, engine, device):
    if not folder.exists():
        raise FileNotFoundError(f"There is no model {str(folder)!r}. save_model(result, folder, data) writes one.")
    if not (folder / CARD_FILE).is_file():
        raise ModelError(
            f"{str(folder)!r} is no model: a model is a folder with a {CARD_FILE!r} in it. A network alone, as "
            "save_network wrote it, is read by load_network."
        )
    card = _read_card(folder / CARD_FILE)
    file = folder / NETWORK_FILE
    if file.is_file() and _sha256(file) not in (None, card["sha256"]):
        raise ModelError(
            f"{str(file)!r} is not the network that its card describes: one of the two was changed or damaged. Copy "
            "the whole folder again, or save the model again."
        )
    network = load_network(file, engine, device)
    if len(card["classes"]) != network.n_classes:
        raise _damaged(folder / CARD_FILE, f"{len(card['classes'])} classes for {network.n_classes} logits")
    if card.get("image_shape") and math.prod(card["image_shape"]) != network.n_inputs:
        raise _damaged(folder / CARD_FILE, f"images of {card['image_shape']} for {network.n_inputs} inputs")
    return SavedModel(network, card)


def _sha256(file):
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:  # load_network says why
        return None


def _read_card(path):
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except PermissionError:
        raise ModelError(f"{str(path)!r} can't be read: this user may not. Ask its owner: chmod a+r.") from None
    except (OSError, *MISFITS) as error:
        raise _damaged(path, error) from None
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        found = card.get("format") if isinstance(card, dict) else type(card).__name__
        raise ModelError(f"{str(path)!r} is no card of this course (format: {found!r}; expected: {FORMAT!r}).")
    for name, kind in NEEDED.items():
        if not isinstance(card.get(name), kind):
            raise _damaged(path, f"its {name} is {card.get(name)!r}")
    if not (math.isfinite(card["temperature"]) and card["temperature"] > 0):
        raise _damaged(path, f"its temperature is {card['temperature']!r}")
    if not all(isinstance(name, str) for name in card["classes"]):
        raise _damaged(path, f"its classes are {card['classes']!r}")
    if not _are_numbers(card["input_range"], float | int):
        raise _damaged(path, f"its input_range is {card['input_range']!r}")
    if card.get("image_shape") is not None and not _are_numbers(card["image_shape"], int):
        raise _damaged(path, f"its image_shape is {card['image_shape']!r}")
    if DIGEST in card and card[DIGEST] != _digest(card):
        raise _damaged(path, f"it is not what was written; words of your own belong in {READABLE_FILE!r}")
    return card


def _are_numbers(pair, kind):
    """Whether this is a list of two finite numbers."""
    if not isinstance(pair, list) or len(pair) != 2:
        return False
    return all(isinstance(each, kind) and not isinstance(each, bool) and math.isfinite(each) for each in pair)


def _damaged(path, what):
    return ModelError(f"{str(path)!r} is damaged ({what}). Save the model again, or copy it again.")


def _check_data(network, data):
    for part in ("validation", "test"):
        if getattr(data, part, None) is None:
            raise DataError(
                f"This data has no {part} part. A model's card needs both: validation data for its temperature, test "
                "data for its accuracy. course_lib.data.split(x, labels) makes all three parts."
            )
    if (data.n_inputs, data.n_classes) != (network.n_inputs, network.n_classes):
        raise DataError(
            f"The data has {data.n_inputs} inputs and {data.n_classes} classes; the network takes {network.n_inputs} "
            f"and has {network.n_classes} logits. Give the data that it was trained on."
        )
    check_no_overlap(data)


def _checked_folder(folder):
    if not folder.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {str(folder.parent)!r} to save {folder.name!r} in. Make it first.")
    if folder.exists() and not folder.is_dir():
        raise ModelError(f"{str(folder)!r} is a file; a model is a folder. Give another name.")
    if folder.is_dir() and contents(folder) and not (folder / CARD_FILE).is_file():
        raise ModelError(f"{str(folder)!r} holds something else and no model. Give a new or an empty folder.")
    return folder


def _n_parameters(network):
    return int(sum(array.size for array in network.parameters().values()))


def _how_it_went(trained):
    """Of a Result: how far it came; None of a network alone."""
    if not hasattr(trained, "history"):
        return None
    went = {"epochs": len(trained.history), "best_epoch": trained.best_epoch}
    return went | {"stopped_early": trained.stopped_early, "interrupted": trained.interrupted}


def _about(data):
    sizes = {f"{name}_examples": len(part) for name, part in data.splits().items()}
    return {
        "data": {"name": data.name} | sizes,
        "classes": list(data.class_names),
        "image_shape": list(data.image_shape) if data.image_shape else None,
        "input_range": [float(data.train.x.min()), float(data.train.x.max())],
    }


def _measured(network, data):
    calibration = lesson("numpy", "calibration")
    logits = network.logits(data.validation.x)
    if not np.isfinite(logits).all():
        raise ModelError("The network's answers are not finite numbers: its training diverged. Train it again.")
    temperature = calibration.fit_temperature(logits, data.validation.labels)
    labels, plain = data.test.labels, _probabilities(network, data.test.x, 1.0)
    calibrated = _probabilities(network, data.test.x, temperature)
    right = calibrated.argmax(axis=1) == labels
    errors = [calibration.expected_calibration_error(each, labels) for each in (plain, calibrated)]
    by_class = {
        name: round(100 * float(right[labels == number].mean()), 2)
        for number, name in enumerate(data.class_names)
        if (labels == number).any()
    }
    return {
        "temperature": temperature,
        "test": {
            "accuracy_percent": round(100 * float(right.mean()), 2),
            "accuracy_percent_by_class": by_class,
            "calibration_error_percent": round(100 * errors[1], 2),
            "calibration_error_percent_before": round(100 * errors[0], 2),
        },
    }


def _probabilities(network, x, temperature):
    logits = np.asarray(network.logits(x), np.float64)
    return lesson("numpy", "losses").softmax(logits / temperature)


def _versions(network):
    modules = [base.__module__ for base in type(network).__mro__]
    packages = ["numpy"] + (["torch"] if "course_lib.engine.torch_backend" in modules else [])
    versions = {name: importlib.metadata.version(name).split("+")[0] for name in packages}
    return {"python": platform.python_version()} | versions
