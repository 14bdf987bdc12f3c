"""Trained networks to start from: the one in this package, and those of torchvision and timm.

The zoos' packages are optional (`course_lib[zoo]`) and their weights are downloaded. Where that cannot be done, the
network of this package is returned in their place, with the reason.
"""

import contextlib
import difflib
import hashlib
import importlib
import json
import os
import pickle
import shutil
import socket
import textwrap
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

import numpy as np
import torch

from course_lib.arrays import ArrayError, check_dtype
from course_lib.engine.convolutional import ConvolutionalNetwork
from course_lib.engine.device import choose_device
from course_lib.tensor_file import DIGEST, MISFITS, TensorFileError, read_tensors, tensor_bytes
from course_lib.whole_file import write_file

FOLDER = Path(__file__).parent / "pretrained"
FORMAT = "course_lib convolutional 1"
KEY = "course_lib"  # of the file's metadata: one text, as safetensors writes several in an order that changes
SIZES = ("n_classes", "image_shape", "channels", "n_features")  # of the constructor
WIDTH = 76  # characters of a printed line that JupyterLab shows in a window of 800 pixels
TIMEOUT_SECONDS = 15  # to connect, to wait for the next bytes
NAMED = 3  # names that a message lists before it counts the rest
WRAPPERS = ("state_dict", "model", "model_state_dict")  # under which training scripts save the weights


class ArchitectureError(ValueError):
    """A file of weights that is not for this network. The message names what differs."""


@dataclass(frozen=True)
class Fallback:
    """Why a network of a zoo was not loaded, and what was loaded in its place. It prints as one sentence.

    Parameters
    ----------
    wanted : "torchvision's resnet18"
    kind : "package", "unreachable", "damaged" or "architecture"
    reason : what went wrong and what helps
    """

    wanted: str
    kind: str
    reason: str

    def __str__(self):
        return f"{self.wanted} was not loaded: {self.reason} The network of this package was loaded in its place."


def save_pretrained(network: ConvolutionalNetwork, path: str | os.PathLike, card: dict) -> dict:
    """Write a ConvolutionalNetwork in float16 and, beside it, its card as JSON, each whole or not at all.

    Returns
    -------
    the card, with the file's "bytes" and "sha256"

    Raises
    ------
    ArchitectureError : another network
    TypeError, ValueError : a card that JSON cannot hold; nothing is written
    FileNotFoundError, course_lib.whole_file.NotWritten : it cannot be written there
    """
    if not isinstance(network, ConvolutionalNetwork):
        raise ArchitectureError(
            f"save_pretrained() needs a ConvolutionalNetwork; it got {type(network).__name__}. A network with a Recipe "
            "is saved by course_lib.training.save_network."
        )
    path = Path(path)
    facts = {"format": FORMAT} | {name: getattr(network, name) for name in SIZES}
    arrays = {name: np.asarray(array, np.float16) for name, array in network.state().items()}
    content = tensor_bytes(arrays, {KEY: json.dumps(facts)})
    card = card | {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    text = json.dumps(card, indent=2) + "\n"
    write_file(path, content)
    write_file(path.with_suffix(".json"), text)
    return card


def load_pretrained(
    name: str | os.PathLike = "eight_classes", dtype: str = "float32", device: str = "auto"
) -> ConvolutionalNetwork:
    """A trained ConvolutionalNetwork of this package, or one that `python -m course_lib pretrain --folder F` wrote.

    Its weights are stored in float16 and computed with in `dtype`. `card` says what it was trained on, by which
    command, and how good it is; it is None where there is none beside the file, or one of other weights.

    Parameters
    ----------
    name : "eight_classes", or the path of a file *.safetensors
    dtype, device : as for ConvolutionalNetwork

    Raises
    ------
    FileNotFoundError : there is no such network
    ArchitectureError : the file is damaged, or holds another network
    """

    path = Path(name) if str(name).endswith(".safetensors") else FOLDER / f"{name}.safetensors"
    if not path.is_file():
        known = ", ".join(sorted(repr(each.stem) for each in FOLDER.glob("*.safetensors")))
        raise FileNotFoundError(
            f"There is no trained network {str(name)!r}. This package has: {known}; a file of your own is named by its "
            "path, which ends in .safetensors."
        )
    try:
        state, texts = read_tensors(path)
    except TensorFileError as error:
        raise ArchitectureError(f"{error} Copy it again from where it came, or train it again.") from None
    try:
        metadata = dict(json.loads(texts.get(KEY, "{}")))
    except MISFITS as error:
        raise ArchitectureError(f"{str(path)!r} is damaged: its metadata cannot be used ({error}).") from None
    card = _card_beside(path, DIGEST in texts)
    network = _network_for(path, metadata, dtype, device)
    try:
        network.load_state(state)
    except ArrayError as error:
        raise ArchitectureError(f"{str(path)!r} holds another network than it says: {error}") from None
    network.card = card
    return network


def _card_beside(path, has_digest):
    """The card of a file of weights, or None. A file without a digest of its own is held to the card's."""
    place = path.with_suffix(".json")
    try:
        card = dict(json.loads(place.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, *MISFITS) as error:
        raise ArchitectureError(
            f"The card {str(place)!r} can't be read ({error}). Copy it again, or delete it: the weights go without."
        ) from None
    if card.get("sha256", ...) in (..., hashlib.sha256(path.read_bytes()).hexdigest()):
        return card
    if has_digest:  # the weights are whole: the writer was stopped between the two files
        return None
    raise ArchitectureError(
        f"{str(path)!r} is damaged, or its card is of other weights (it names another SHA-256). Copy both again."
    )


def _network_for(path, metadata, dtype, device):
    choose_device(device, check_dtype(dtype))  # what is wrong with these is not the file's fault
    if metadata.get("format") != FORMAT:
        raise ArchitectureError(
            f"{str(path)!r} is a safetensors file, but not one that `python -m course_lib pretrain` wrote (expected "
            f"format: {FORMAT!r}). A network that save_network wrote is read by course_lib.training.load_network."
        )
    try:
        return ConvolutionalNetwork(**{name: metadata[name] for name in SIZES}, dtype=dtype, device=device)
    except (*MISFITS, RuntimeError) as error:
        raise ArchitectureError(f"{str(path)!r} is damaged: its metadata cannot be used ({error}).") from None


def load_torchvision(name: str, url: str | None = None) -> tuple[torch.nn.Module, Fallback | None]:
    """A network of torchvision with trained weights, an nn.Module in evaluation mode.

    Parameters
    ----------
    name : of the architecture, "resnet18"; torchvision.models.list_models() lists them
    url : of a file of weights for it (saved with torch.save); None takes torchvision's own best ones

    Returns
    -------
    (module, None), or (the ConvolutionalNetwork of this package, Fallback). The reason is also printed.

    Raises
    ------
    ValueError : torchvision has no such network
    """
    return _or_fallback("torchvision", name, url, _from_torchvision)


def load_timm(name: str, url: str | None = None) -> tuple[torch.nn.Module, Fallback | None]:
    """A network of timm with trained weights, an nn.Module in evaluation mode.

    Parameters
    ----------
    name : of the architecture, "resnet18" or "resnet18.a1_in1k"; timm.list_models(pretrained=True) lists them
    url : of a file of weights for it (saved with torch.save); None takes timm's own ones, from Hugging Face's hub

    Returns, Raises
    ------
    as load_torchvision
    """
    return _or_fallback("timm", name, url, _from_timm)


def _from_torchvision(models, name, url):
    if name not in models.list_models():
        raise ValueError(_unknown("torchvision", name, models.list_models()))
    if url is None:
        return models.get_model(name, weights="DEFAULT")
    module = models.get_model(name, weights=None)
    load_weights(module, download_weights(url), f"torchvision's {name}")
    return module


def _from_timm(timm, name, url):
    if not timm.is_model(name):
        raise ValueError(_unknown("timm", name, timm.list_models()))
    if url is None:
        _check_hub(timm.get_pretrained_cfg(name))
        return timm.create_model(name, pretrained=True)
    overlay = {"url": url, "hf_hub_id": None, "custom_load": False}  # an id would go before the address
    return timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, cache_dir=_cache_folder(url))


def _check_hub(settings):
    """OSError when Hugging Face's hub is needed and cannot be reached: its client would try for most of a minute."""
    from huggingface_hub import try_to_load_from_cache

    names = ("model.safetensors", "pytorch_model.bin")
    known = settings is not None and settings.hf_hub_id
    if not known or getproxies() or any(isinstance(try_to_load_from_cache(known, name), str) for name in names):
        return
    hub = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    port = hub.port or (80 if hub.scheme == "http" else 443)
    socket.create_connection((hub.hostname, port), timeout=TIMEOUT_SECONDS).close()


def download_weights(url):
    """{name: tensor} of a file that torch.save wrote, downloaded once and then kept under torch.hub's folder.

    Only tensors are read: a file that asks to run code is refused.

    Raises
    ------
    OSError : the address cannot be reached, or its host says nothing for TIMEOUT_SECONDS
    pickle.UnpicklingError, RuntimeError, EOFError : the file is damaged
    """
    try:
        with _limited_waiting():
            return torch.hub.load_state_dict_from_url(
                url, model_dir=_cache_folder(url), map_location="cpu", weights_only=True
            )
    except (pickle.UnpicklingError, EOFError, RuntimeError):
        shutil.rmtree(_cache_folder(url), ignore_errors=True)  # else the damaged file would be read again next time
        raise


def load_weights(module, state, what="this network"):
    """Set a module's parameters and buffers from {name: tensor}, as `module.load_state_dict(state)` does.

    Weights that a training script saved with other things, under "state_dict" or "model", are taken out first.

    Raises
    ------
    ArchitectureError : names or shapes differ; nothing is changed then
    """
    for key in WRAPPERS:
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict):
        raise ArchitectureError(f"The file holds a {type(state).__name__}, not weights by name, which {what} needs.")
    wanted = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    found = {name: tuple(getattr(value, "shape", ())) for name, value in state.items()}
    if differences := _differences(wanted, found):
        raise ArchitectureError(f"The file's weights are not for {what}: {'; '.join(differences)}.")
    module.load_state_dict(state)


def _differences(wanted, found):
    """What differs between two {name: shape}, as parts of a sentence; [] when they agree."""
    missing = [name for name in wanted if name not in found]
    extra = [name for name in found if name not in wanted]
    shapes = [
        f"{name} (has {found[name]}, needs {wanted[name]})"
        for name in wanted
        if name in found and found[name] != wanted[name]
    ]
    parts = [("missing", missing), ("unknown there", extra), ("of another shape", shapes)]
    said = [f"{len(names)} {word}: {_some(names)}" for word, names in parts if names]
    if missing and extra and all(name.startswith("module.") for name in extra):
        said.append("all its names begin with 'module.', as nn.DataParallel saves them: cut that off")
    return said


def _some(names):
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + rest


def _or_fallback(zoo, name, url, load):
    """(module, None) by `load`, or (the bundled network, Fallback)."""
    wanted = f"{zoo}'s {name}"
    try:
        with _limited_waiting():
            module = load(_zoo_module(zoo), name, url)
    except _Missing as error:
        fallback = Fallback(wanted, "package", str(error))
    except (pickle.UnpicklingError, EOFError) as error:
        fallback = Fallback(wanted, "damaged", _damaged(url, error))
    except ArchitectureError as error:
        fallback = Fallback(wanted, "architecture", str(error))
    except OSError as error:
        fallback = Fallback(wanted, "unreachable", _unreachable(url, error))
    except RuntimeError as error:
        fallback = _from_runtime_error(wanted, url, error)
    else:
        return module.eval(), None
    print(textwrap.fill(str(fallback), WIDTH, break_long_words=False, break_on_hyphens=False))
    return load_pretrained(), fallback


def _from_runtime_error(wanted, url, error):
    """torch says with a RuntimeError that a file is cut off, has another checksum, or is of another architecture."""
    text = _in_short(error)
    if "state_dict" in text:  # "Error(s) in loading state_dict for ResNet: Missing key(s) in state_dict: ..."
        return Fallback(wanted, "architecture", f"The file's weights are not for it: {text}.")
    if "PytorchStreamReader" in text or "invalid hash" in text or "truncated" in text or "zip" in text.lower():
        return Fallback(wanted, "damaged", _damaged(url, error))
    raise error


class _Missing(Exception):
    """A package that is not installed, or that is and cannot be loaded."""


def _zoo_module(zoo):
    """torchvision.models or timm."""
    install = "in the course's folder: .venv/bin/python -m pip install -c constraints.txt -e '.[zoo]'"
    try:
        return importlib.import_module({"torchvision": "torchvision.models", "timm": "timm"}[zoo])
    except ModuleNotFoundError as error:
        raise _Missing(f"{error.name.split('.')[0]} is not installed ({install}).") from None
    except (ImportError, OSError, RuntimeError) as error:
        raise _Missing(
            f"{zoo} is installed and cannot be loaded ({_in_short(error)}). It must be built for this version of "
            f"PyTorch, {torch.__version__}: install both anew from the same place ({install})."
        ) from None


def _unknown(zoo, name, known):
    near = difflib.get_close_matches(str(name), known, n=3)
    suggestion = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"{zoo} has no network {name!r}.{suggestion}"


def _cache_folder(url):
    """A folder for this address alone: torch.hub knows a file by the last part of its address, which may be reused."""
    return str(Path(torch.hub.get_dir()) / "course_lib" / hashlib.sha256(url.encode()).hexdigest()[:16])


@contextlib.contextmanager
def _limited_waiting():
    """torch.hub sets no limit: a host that takes the connection and says nothing would be waited for for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _unreachable(url, error):
    where = "its weights" if url is None else url
    return f"{where} cannot be reached ({_in_short(error)})."


def _damaged(url, error):
    """Says so, and forgets the file: torch.hub would read it again next time."""
    if url is None:
        return f"the file of its weights is damaged ({_in_short(error)}); delete it under {torch.hub.get_dir()}."
    shutil.rmtree(_cache_folder(url), ignore_errors=True)
    return f"the file at {url} is damaged or cut off ({_in_short(error)})."


def _in_short(error):
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
