"""All 70,000 images of Fashion-MNIST: found on this machine, or downloaded once and kept.

Every file is checked by the SHA-256 of its decompressed content each time it is read. A download is checked by the
SHA-256 of the published file too, and gets its name only when it is whole: what is half there is never read.
"""

import gzip
import hashlib
import os
import random
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.data.dataset import DataError

FOLDER_VARIABLE = "COURSE_LIB_DATA"
SYSTEM_FOLDERS = (Path("/usr/share/datasets/fashion-mnist"),)  # Debian and Ubuntu: the package dataset-fashion-mnist
SOURCES = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
)
PER_CLASS_VALIDATION = 500
ORDER_SEED = 2017
ROUNDS = 2
TIMEOUT_SECONDS = (5, 30)  # to connect, to wait for the next bytes


@dataclass(frozen=True)
class SourceFile:
    """A file as it is published: its name, the SHA-256 of the .gz and of what is in it, and where the values start."""

    name: str
    published_sha256: str
    content_sha256: str
    header_bytes: int
    shape: tuple[int, ...]


FILES = {
    "train_images": SourceFile(
        "train-images-idx3-ubyte.gz",
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        16,
        (60_000, 28, 28),
    ),
    "train_labels": SourceFile(
        "train-labels-idx1-ubyte.gz",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        8,
        (60_000,),
    ),
    "test_images": SourceFile(
        "t10k-images-idx3-ubyte.gz",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        16,
        (10_000, 28, 28),
    ),
    "test_labels": SourceFile(
        "t10k-labels-idx1-ubyte.gz",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        8,
        (10_000,),
    ),
}


class DataUnavailable(OSError):
    """Data that are not on this machine and could not be fetched. The message says what to install or use instead."""


class CorruptFile(DataUnavailable):
    """A file of the full set that is there, but is not what was published."""


def full_arrays(cache=None, source=None, progress=True):
    """The full set in three parts, under the names that `fashion.read_embedded` uses, uint8: images and labels.

    Of each class, the last 500 of the 6,000 training images, in a seeded order, are the validation part.
    """
    full = read_full(cache, source, progress)
    held_out = np.concatenate([order[-PER_CLASS_VALIDATION:] for order in class_orders(full["train_labels"])])
    is_validation = np.zeros(len(full["train_labels"]), dtype=bool)
    is_validation[held_out] = True
    return {
        "train_images": full["train_images"][~is_validation],
        "train_labels": full["train_labels"][~is_validation],
        "validation_images": full["train_images"][is_validation],
        "validation_labels": full["train_labels"][is_validation],
        "test_images": full["test_images"],
        "test_labels": full["test_labels"],
    }


def class_orders(labels):
    """For each class, the places of its examples in a seeded order: a list of arrays of indices.

    Python promises the numbers of `random.Random(seed).random()` for all versions; NumPy promises this for none of the
    generators in use today.
    """
    generator = random.Random(ORDER_SEED)
    keys = np.array([generator.random() for _ in labels])
    order = np.argsort(keys, kind="stable")
    return [order[labels[order] == label] for label in np.unique(labels)]


def read_full(cache=None, source=None, progress=True, system_folders=SYSTEM_FOLDERS):
    """The four original files as arrays: train_images (60000, 28, 28), train_labels, test_images, test_labels, uint8.

    Looks into the system's folders, then into the cache folder, then downloads into the cache folder. The words are
    those of `load_fashion_mnist`. Raises DataUnavailable when all of that fails.
    """
    if source is not None and not str(source).startswith(("http://", "https://")):
        raise DataError(
            f"source is {source!r}; it must be a URL that starts with http:// or https://. A folder that holds the "
            "files already is given as cache."
        )
    return {key: read_or_download(FILES[key], cache, source, progress, system_folders) for key in FILES}


def locate_full(cache=None, system_folders=SYSTEM_FOLDERS):
    """The folder that `read_full` would read all four files from without a download, or None."""
    for folder in (*system_folders, cache_folder(cache)):
        if all((folder / file.name).is_file() for file in FILES.values()):
            return folder
    return None


def cache_folder(cache=None):
    """Where downloads are kept: `cache`, else the environment's COURSE_LIB_DATA, else a folder of the user's cache."""
    chosen = cache or os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("course_lib")) / "fashion-mnist"


def read_file(path, file):
    """One published file as an array of `file.shape`, uint8. CorruptFile when its content is not what was published."""
    try:
        content = gzip.decompress(path.read_bytes())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CorruptFile(f"{path} is damaged ({type(error).__name__}: {error}).") from None
    found = hashlib.sha256(content).hexdigest()
    if found != file.content_sha256:
        raise CorruptFile(
            f"{path} is damaged: the SHA-256 of its content is {found}, and it must be {file.content_sha256}."
        )
    return np.frombuffer(content, np.uint8, offset=file.header_bytes).reshape(file.shape)


def read_or_download(file, cache, source, progress, system_folders):
    """One SourceFile as an array: the first good copy in the system's folders, the cache folder, the sources.

    A damaged copy is named in a warning and passed over; in the cache folder it is deleted and downloaded anew.
    """
    for folder in system_folders:
        path = folder / file.name
        if path.is_file():
            try:
                return read_file(path, file)
            except OSError as error:
                warnings.warn(f"{error} It is left out; install its package again to mend it.", stacklevel=5)
    path = cache_folder(cache) / file.name
    if path.is_file():
        try:
            return read_file(path, file)
        except CorruptFile as error:
            warnings.warn(f"{error} It is downloaded again.", stacklevel=5)
            path.unlink()
    _download(file, path.parent, source, progress)
    return read_file(path, file)


def _download(file, folder, source, progress):
    """Fetch one file into the folder. pooch writes it under another name and renames it when its SHA-256 is right."""
    import pooch
    import requests  # comes with pooch, which downloads through it

    failures = []
    sources = list(SOURCES) if source is None else [source]
    for base in sources * ROUNDS:
        if base not in sources:
            continue
        url = base.rstrip("/") + "/" + file.name
        try:
            pooch.retrieve(
                url,
                known_hash=f"sha256:{file.published_sha256}",
                fname=file.name,
                path=folder,
                downloader=pooch.HTTPDownloader(progressbar=bool(progress), timeout=TIMEOUT_SECONDS),
            )
        except requests.ConnectTimeout as error:
            failures.append(f"{url}: {_in_short(error)}")
            sources.remove(base)  # nobody answers there: do not wait a second time
        except (OSError, ValueError) as error:  # cut off, refused by the server, the wrong bytes, no space
            failures.append(f"{url}: {_in_short(error)}")
        else:
            return
    raise DataUnavailable(_what_helps(file, folder, dict.fromkeys(failures)))


def _what_helps(file, folder, failures):
    names = ", ".join(each.name for each in FILES.values())
    return "\n".join(
        [
            f"The full Fashion-MNIST is not on this machine, and {file.name} could not be downloaded:",
            *(f"  {failure}" for failure in failures),
            "What helps, one of these:",
            "  use the images in this package, which need no network: load_fashion_mnist()",
            "  on Debian and Ubuntu: sudo apt install dataset-fashion-mnist",
            f"  put {names} from https://github.com/zalandoresearch/fashion-mnist into {folder}",
            f"  or name another folder that holds them: load_fashion_mnist('full', cache=...) or {FOLDER_VARIABLE}",
        ]
    )


def _in_short(error):
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}"
