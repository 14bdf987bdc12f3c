"""All 70,000 images of Fashion-MNIST: found on this machine, or downloaded once and kept.

Every file is checked by the SHA-256 of its decompressed content each time it is read. A download is checked by the
SHA-256 of the published file too, and gets its name only when it is whole: what is half there is never read. No
download takes more bytes than the published file has, nor longer than a slow connection needs for them.
"""

import contextlib
import gzip
import hashlib
import math
import os
import random
import socket
import threading
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.data.dataset import DataError
from course_lib.progress_bar import progress_bar

FOLDER_VARIABLE = "COURSE_LIB_DATA"
SYSTEM_FOLDERS = (Path("/usr/share/datasets/fashion-mnist"),)  # Debian and Ubuntu: the package dataset-fashion-mnist
SOURCES = (
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",  # has no https; the digests hold either way
)
PER_CLASS_VALIDATION = 500
ORDER_SEED = 2017
ROUNDS = 2
TIMEOUT_SECONDS = (5, 30)  # to connect, to wait for the next bytes
PATIENCE_SECONDS, SLOWEST = 60, 20_000  # a whole file may take so long, and a second more for so many bytes of it
CHUNK = 65_536  # bytes that are written at once


@dataclass(frozen=True)
class SourceFile:
    """A file as it is published: name, size, SHA-256 of the .gz and of what is in it, where the values start."""

    name: str
    published_bytes: int
    published_sha256: str
    content_sha256: str
    header_bytes: int
    shape: tuple[int, ...]

    @property
    def content_bytes(self) -> int:
        """The size of what is in it: its header and a byte for each value."""
        return self.header_bytes + math.prod(self.shape)


FILES = {
    "train_images": SourceFile(
        "train-images-idx3-ubyte.gz",
        26_421_880,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        16,
        (60_000, 28, 28),
    ),
    "train_labels": SourceFile(
        "train-labels-idx1-ubyte.gz",
        29_515,
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        8,
        (60_000,),
    ),
    "test_images": SourceFile(
        "t10k-images-idx3-ubyte.gz",
        4_422_102,
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        16,
        (10_000, 28, 28),
    ),
    "test_labels": SourceFile(
        "t10k-labels-idx1-ubyte.gz",
        5_148,
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


def full_arrays(
    cache: str | os.PathLike | None = None, source: str | None = None, progress: bool = True
) -> dict[str, np.ndarray]:
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


def class_orders(labels: np.ndarray) -> list[np.ndarray]:
    """For each class, the places of its examples in a seeded order: a list of arrays of indices.

    Python promises the numbers of `random.Random(seed).random()` for all versions; NumPy promises this for none of the
    generators in use today.
    """
    generator = random.Random(ORDER_SEED)
    keys = np.array([generator.random() for _ in labels])
    order = np.argsort(keys, kind="stable")
    return [order[labels[order] == label] for label in np.unique(labels)]


def read_full(
    cache: str | os.PathLike | None = None,
    source: str | None = None,
    progress: bool = True,
    system_folders: Sequence[Path] = SYSTEM_FOLDERS,
) -> dict[str, np.ndarray]:
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


def locate_full(cache: str | os.PathLike | None = None, system_folders: Sequence[Path] = SYSTEM_FOLDERS) -> Path | None:
    """The folder that `read_full` would read all four files from without a download, or None.

    Raises
    ------
    DataUnavailable : it is in none of the system's folders, and there is no cache folder to look into
    """
    for folder in _folders(cache, system_folders):
        if all((folder / file.name).is_file() for file in FILES.values()):
            return folder
    return None


def _folders(cache, system_folders):
    """The system's folders and then the cache folder, which is not asked for before it is needed."""
    yield from system_folders
    yield cache_folder(cache)


def cache_folder(cache: str | os.PathLike | None = None) -> Path:
    """Where downloads are kept: `cache`, else the environment's COURSE_LIB_DATA, else a folder of the user's cache.

    Raises
    ------
    DataUnavailable : the folder lies in the home of a user whose home cannot be told
    """
    chosen = cache or os.environ.get(FOLDER_VARIABLE)
    try:
        if chosen:
            return Path(chosen).expanduser()
        import pooch

        return Path(pooch.os_cache("course_lib")) / "fashion-mnist"
    except RuntimeError as error:  # "Could not determine home directory."
        where = f"the folder {str(chosen)!r}" if chosen else "the user's cache folder"
        reason = str(error).rstrip(".")
        raise DataUnavailable(
            f"There is no place to keep the full Fashion-MNIST: {where} cannot be found ({reason}). Name one that you "
            f"may write to: load_fashion_mnist('full', cache=...) or the environment variable {FOLDER_VARIABLE}."
        ) from None


def read_file(path: Path, file: SourceFile) -> np.ndarray:
    """One published file as an array of `file.shape`, uint8. CorruptFile when its content is not what was published."""
    try:
        with gzip.open(path) as packed:
            content = packed.read(file.content_bytes + 1)  # one more shows that it is too long; the rest stays packed
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CorruptFile(f"{path} is damaged ({type(error).__name__}: {error}).") from None
    if len(content) > file.content_bytes:
        raise CorruptFile(f"{path} is damaged: it holds more than the {file.content_bytes:,} bytes that it must hold.")
    found = hashlib.sha256(content).hexdigest()
    if found != file.content_sha256:
        raise CorruptFile(
            f"{path} is damaged: the SHA-256 of its content is {found}, and it must be {file.content_sha256}."
        )
    return np.frombuffer(content, np.uint8, offset=file.header_bytes).reshape(file.shape)


def read_or_download(
    file: SourceFile,
    cache: str | os.PathLike | None,
    source: str | None,
    progress: bool,
    system_folders: Sequence[Path],
) -> np.ndarray:
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
            _remove(path, error)
            warnings.warn(f"{error} It is downloaded again.", stacklevel=5)
    _download(file, path.parent, source, progress)
    return read_file(path, file)


def _remove(path, damage):
    try:
        path.unlink()
    except OSError as error:
        raise DataUnavailable(
            f"{damage} It must be downloaded again, and it cannot be deleted: {_in_short(error)}. Delete it, let this "
            f"user write to {path.parent}, or name another folder: load_fashion_mnist('full', cache=...) or "
            f"{FOLDER_VARIABLE}."
        ) from None


def _download(file, folder, source, progress):
    """Fetch one file into the folder. pooch writes it under another name and renames it when its SHA-256 is right."""
    import pooch
    import requests  # comes with pooch

    def fetch(url, output_file, _):
        _fetch(url, output_file, file, progress)

    failures = []
    sources = list(SOURCES) if source is None else [source]
    for base in sources * ROUNDS:
        if base not in sources:
            continue
        url = base.rstrip("/") + "/" + file.name
        known_hash = f"sha256:{file.published_sha256}"
        try:
            pooch.retrieve(url, known_hash=known_hash, fname=file.name, path=folder, downloader=fetch)
        except (requests.ConnectTimeout, TimeoutError) as error:
            failures.append(f"{url}: {_in_short(error)}")
            sources.remove(base)  # nobody answers there, or too slowly: do not wait a second time
        except (OSError, ValueError) as error:  # cut off, refused by the server, the wrong bytes, no space
            failures.append(f"{url}: {_in_short(error)}")
        else:
            return
    raise DataUnavailable(_what_helps(file, folder, dict.fromkeys(failures)))


def _fetch(url, output_file, file, progress):
    """Write what the URL answers to a path; an OSError once it is more than the file has, or takes too long."""
    import requests

    seconds = PATIENCE_SECONDS + file.published_bytes / SLOWEST
    bar = progress_bar(file.published_bytes, file.name, "B", shown=progress, scaled=True)
    as_it_is = {"Accept-Encoding": "identity"}
    with (
        bar,
        open(output_file, "wb") as target,
        requests.get(url, stream=True, timeout=TIMEOUT_SECONDS, headers=as_it_is) as response,
        _cut_after(seconds, response),
    ):
        response.raise_for_status()
        missing = file.published_bytes
        for chunk in response.iter_content(CHUNK):
            bar.update(len(chunk))
            missing -= len(chunk)
            if missing < 0:
                raise OSError(f"it has more than the {file.published_bytes:,} bytes that were published")
            target.write(chunk)


@contextlib.contextmanager
def _cut_after(seconds, response):
    """Within this block the connection is cut after so many seconds, which is a TimeoutError.

    A time limit on each read would not do: every byte begins it anew, and one now and then keeps it alive for good.
    """
    cut = threading.Event()

    def hang_up():
        cut.set()
        with (
            contextlib.suppress(OSError, ValueError),  # it has just ended by itself
            socket.fromfd(response.raw.fileno(), socket.AF_INET, socket.SOCK_STREAM) as connection,
        ):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except OSError:
        if not cut.is_set():
            raise
    finally:
        timer.cancel()
    if cut.is_set():
        raise TimeoutError(f"it was not whole after {seconds:.0f} seconds")


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
