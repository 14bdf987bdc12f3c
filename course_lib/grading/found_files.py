"""Files that strangers handed in, in folders and in zips: listed, and read in pieces; nothing is unpacked or followed.

A zip is looked at by its list of names. What it says of sizes is not believed: reading stops at a limit of its own.
"""

import errno
import io
import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

LARGEST_INNER_ZIP = 400_000_000  # bytes of a zip that lies in a zip: it is held in memory
DEEPEST_ZIP = 3  # zips in each other: the class's, the student's, and one in there
LONGEST_LIST = 4_000_000  # bytes of a zip's list of names: some 40,000 of them
LARGEST_RATIO, RATIO_COUNTS_FROM = 200, 1_000_000  # bytes out of one byte; a notebook reaches some 20
LONGEST_PATH, LONGEST_NAME = 400, 255
DEEPEST_FOLDER = 40
MOST_IN_FOLDER = 5_000
MOST_FILES = 100_000  # of all

INSIDE = " › "  # stands in a path where a zip is entered
_CHUNK = 1 << 16
_RIGHTS = "Give yourself the right to read it, and collect again."
_EMPTY = "The folder is empty. Was nothing handed in, or not downloaded?"
_RUBBISH = {"__macosx", "__pycache__", "thumbs.db", "desktop.ini"}
_REORDERING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BAD_ZIP = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    IndexError,
    KeyError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True)
class NotUnderstood:
    """Something among the downloads that was not taken, or that somebody should know of.

    Parameters
    ----------
    where : its path as the instructor knows it, inside of zips with " › "; characters that cannot be shown are escaped
    why : a sentence that says what was found, what was expected, and what to do
    """

    where: str
    why: str


class Refused(Exception):
    """What is not read, with the sentence that says why."""


@dataclass(frozen=True)
class Found:
    """A file that was found.

    Parameters
    ----------
    root : the place where the search began, as it was given
    steps : names from there to the file; a zip is a step as a folder is
    entered : for each step, whether a zip is entered by it
    time : when it was changed last, with time zone; None where that is not known
    open : opens it for reading; a context manager
    packed : bytes that it takes in its zip; None on a disk
    """

    root: str
    steps: tuple[str, ...]
    entered: tuple[bool, ...]
    time: datetime | None
    open: Callable
    packed: int | None = None

    @property
    def name(self) -> str:
        return self.steps[-1]

    @property
    def kind(self) -> str:
        """The ending of its name, in lower case and with its dot: ".ipynb"; "" where there is none."""
        return os.path.splitext(self.name)[1].lower()

    @property
    def is_zip(self) -> bool:
        return self.kind == ".zip"

    @property
    def depth(self) -> int:
        """How many zips it lies in."""
        return sum(self.entered)

    def where(self, steps: int | None = None) -> str:
        """Its path as the instructor knows it, or that of its first so many steps."""
        steps = len(self.steps) if steps is None else steps
        text = shown(self.root)
        for step, entered in zip(self.steps[:steps], self.entered, strict=False):
            text += (INSIDE if entered else "/") + shown(step)
        return text


class Allowance:
    """How many bytes may still be read for somebody: one person's bomb costs nobody else anything."""

    def __init__(self, size: int):
        self.size = self.left = size

    def take(self, count: int) -> None:
        """Take so many bytes. Raises Refused when they are more than is left."""
        self.left -= count
        if self.left < 0:
            raise Refused(
                f"With it the files are more than {_size(self.size)} together; it and what follows here were not read. "
                "Ask for the notebooks alone."
            )


def shown(text: str) -> str:
    """`text` with every character that cannot be shown escaped, cut after 300."""
    text = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    return text if len(text) <= 300 else text[:299] + "…"


def trick_in(name: str, in_zip: bool) -> str:
    """What is wrong with a path, as part of a sentence; "" for nothing. In a zip it must lead down, nowhere else."""
    if "\0" in name:
        return "holds a NUL"
    if any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") or each in _REORDERING for each in name):
        return "holds control characters"
    if len(name) > LONGEST_PATH or any(len(part.encode()) > LONGEST_NAME for part in name.split("/")):
        return f"is longer than {LONGEST_PATH} characters, or a part of it than {LONGEST_NAME} bytes"
    if name.count("/") >= DEEPEST_FOLDER:
        return f"goes through more than {DEEPEST_FOLDER} folders"
    if not in_zip:
        return ""
    if "\\" in name:
        return "holds a backslash"
    if name.startswith("/"):
        return "begins at the root of the disk"
    if re.match(r"[A-Za-z]:", name):
        return "begins with the letter of a drive"
    if ".." in name.split("/"):
        return "leads out of the zip with '..'"
    return ""


def is_rubbish(name: str) -> bool:
    """Whether this part of a path is what systems leave behind: hidden, __MACOSX, .ipynb_checkpoints, __pycache__."""
    return name.startswith(".") or name.casefold() in _RUBBISH


def files_in_folder(place: Path, problems: list) -> list[Found]:
    """Every plain file below a folder, links not followed, and nothing opened; what is none goes to `problems`."""
    found, waiting, root = [], [((), place)], place.as_posix()
    while waiting:
        steps, folder = waiting.pop()
        where = "/".join([shown(root), *map(shown, steps)])
        try:
            with os.scandir(folder) as entries:
                entries = [each for each in islice(entries, MOST_IN_FOLDER + 1) if not is_rubbish(each.name)]
        except OSError as error:
            problems.append(NotUnderstood(where, f"The folder cannot be opened: {error.strerror}. {_RIGHTS}"))
            continue
        if not entries:
            problems.append(NotUnderstood(where, _EMPTY))
        if len(entries) > MOST_IN_FOLDER:
            problems.append(NotUnderstood(where, f"More than {MOST_IN_FOLDER:,} files lie there; none was looked at."))
            continue
        for entry in sorted(entries, key=lambda each: each.name):
            below = (*steps, entry.name)
            try:
                state = os.lstat(entry.path)
                trick = trick_in("/".join(below), in_zip=False)
                if trick:
                    raise Refused(f"The path {trick}. Rename it.")
                if stat.S_ISDIR(state.st_mode):
                    waiting.append((below, Path(entry.path)))
                    continue
                _check_plain(state.st_mode)
            except OSError as error:
                problems.append(NotUnderstood(f"{where}/{shown(entry.name)}", f"It cannot be read: {error.strerror}."))
            except Refused as refused:
                problems.append(NotUnderstood(f"{where}/{shown(entry.name)}", str(refused)))
            else:
                found.append(_on_disk(root, below, Path(entry.path), state))
        if len(found) > MOST_FILES:
            problems.append(NotUnderstood(where, f"More than {MOST_FILES:,} files lie there. Name a folder below it."))
            break
    return found


def zip_on_disk(place: Path) -> Found:
    """The zip that an instructor named, as a file without steps of its own."""
    return _on_disk(place.as_posix(), (), place.resolve(), place.stat())


def _on_disk(root, steps, path, state):
    try:
        time = datetime.fromtimestamp(state.st_mtime, UTC)
    except (ValueError, OverflowError, OSError):
        time = None
    return Found(root, steps, (False,) * len(steps), time, lambda: _open_plain(path))


def _check_plain(mode):
    """Raises Refused, with what it is, for whatever is no plain file."""
    kinds = {
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    if not stat.S_ISREG(mode):
        kind = kinds.get(stat.S_IFMT(mode), "something else than a file")
        raise Refused(f"It is {kind}, and was not opened. Ask for the file itself.")


def _open_plain(path):
    """Open a file on the disk: one that became a link or a pipe in the meantime is not opened and does not block."""
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOCTTY"):
        flags |= getattr(os, name, 0)
    try:
        number = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Refused("It is a symbolic link, and was not opened. Ask for the file itself.") from None
        raise Refused(f"It cannot be read: {error.strerror}. {_RIGHTS}") from None
    try:
        _check_plain(os.fstat(number).st_mode)
        return os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise


def read(found: Found, largest: int, allowance: Allowance) -> bytes:
    """The bytes of a file, in pieces, up to a limit. Raises Refused for whatever stands against it."""
    parts, size = [], 0
    try:
        with found.open() as file:
            while part := file.read(_CHUNK):
                size += len(part)
                if size > largest:
                    raise Refused(f"It is larger than {_size(largest)}, which is what is read. Ask for a smaller one.")
                if found.packed is not None and size > max(RATIO_COUNTS_FROM, LARGEST_RATIO * found.packed):
                    raise Refused(
                        f"It is a zip bomb: {_size(size)} came out of {found.packed:,} bytes, and the reading was "
                        "stopped. Ask for the notebook itself."
                    )
                allowance.take(len(part))
                parts.append(part)
    except _BAD_ZIP as error:
        raise Refused(f"It cannot be read: {_said(error)}. Ask for it again.") from None
    return b"".join(parts)


@contextmanager
def opened_zip(found: Found, allowance: Allowance) -> Iterator[zipfile.ZipFile]:
    """A zip, on the disk or in another zip, open for reading. Raises Refused for one that cannot be read."""
    if found.depth >= DEEPEST_ZIP:
        raise Refused(
            f"It is a zip in a zip in a zip, deeper than {DEEPEST_ZIP}, and was not opened. Unpack one by hand."
        )
    file = found.open() if found.packed is None else io.BytesIO(read(found, LARGEST_INNER_ZIP, allowance))
    with file:
        try:
            archive = zipfile.ZipFile(_ShortReads(file))
        except _BAD_ZIP as error:
            raise Refused(f"It is not a zip file, or it is damaged ({_said(error)}). Ask for it again.") from None
        with archive:
            yield archive


class _ShortReads:
    """A file of which nobody reads much at once: a zip's list of names is read whole, however long it says it is."""

    def __init__(self, file):
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size=-1):
        data = self._file.read(min(size, LONGEST_LIST + 1) if size >= 0 else LONGEST_LIST + 1)
        if len(data) > LONGEST_LIST:
            raise Refused(f"It is a zip whose list of names is longer than {_size(LONGEST_LIST)}. Unpack it by hand.")
        return data


def files_in_zip(zipped: Found, archive: zipfile.ZipFile, problems: list) -> list[Found]:
    """Every file that an open zip lists and that may be read; what may not, goes to `problems`."""
    found, folders, filled, told = [], {}, set(), len(problems)
    for info in archive.infolist():
        name = _name_of(info)
        steps = tuple(part for part in name.split("/") if part not in ("", "."))
        trick = trick_in(name, in_zip=True)
        where = f"{zipped.where()}{INSIDE}{shown(name)}"
        if trick:
            problems.append(NotUnderstood(where, f"The path in the zip {trick}; it was not read. Ask how it was made."))
            continue
        if not steps or any(is_rubbish(step) for step in steps):
            continue
        filled |= {steps[:end] for end in range(1, len(steps))}
        if name.endswith("/"):
            folders[steps] = where
            continue
        try:
            _check_entry(info)
        except Refused as refused:
            problems.append(NotUnderstood(where, str(refused)))
        else:
            found.append(_in_zip(zipped, archive, info, steps))
    for steps in sorted(set(folders) - filled):
        problems.append(NotUnderstood(folders[steps], _EMPTY))
    if not found and len(problems) == told:
        problems.append(NotUnderstood(zipped.where(), "The zip holds no file. Ask for it again."))
    return found


def _in_zip(zipped, archive, info, steps):
    entered = (*zipped.entered, True, *(False,) * (len(steps) - 1))
    opens = lambda: archive.open(info)  # noqa: E731  a value, as the one for the disk is
    return Found(zipped.root, (*zipped.steps, *steps), entered, _time_of(info), opens, info.compress_size)


def _check_entry(info):
    """Raises Refused for an entry that is no plain file, or that is packed as no platform packs it."""
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode):
        _check_plain(mode)
    if info.flag_bits & 0x41:
        raise Refused("It is encrypted. Ask for it without a password.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("It is packed in a rare way, and was not read. Ask for a usual zip, or for the file itself.")


def _name_of(info):
    """The name as the zip has it, also behind a NUL; in UTF-8 where a Mac forgot to say that it is."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            return name.encode("cp437").decode("utf-8")
    return name


def _time_of(info):
    """When an entry was changed last: in UTC where the zip says so, else by the clock of this machine's time zone."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == 0x5455 and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            seconds = struct.unpack_from("<i", extra, 5)[0]
            return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
        extra = extra[4 + size :]
    try:
        return None if info.date_time[:3] == (1980, 1, 1) else datetime(*info.date_time).astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def _said(error):
    """What an exception says, in one line that may be shown."""
    return shown(str(error.strerror if isinstance(error, OSError) and error.strerror else error))[:120] or "damaged"


def _size(count):
    return f"{count / 1e6:,.0f} MB"
