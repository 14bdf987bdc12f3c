"""Files and folders that are written whole or not at all, also when the process is killed in the middle of it.

What is new is written beside its place, in a folder `.NAME.TOKEN.unfinished`, brought to the disk, and then renamed to
its place. Two writers have two such folders, and the later one wins. A writer holds a lock on its folder, which ends
with its process: so the next writer knows what a killed one left behind, and deletes it. (Windows has no such lock:
there it stays, and does no harm.)
"""

import contextlib
import ctypes
import errno
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

Read = TypeVar("Read")
END = ".unfinished"
LEFT_BY_OTHERS = (".DS_Store", ".ipynb_checkpoints", "Thumbs.db", "desktop.ini")  # by file managers and Jupyter
ROOM_TRIED = 1 << 17  # bytes that a folder must take to be called writable: more than any result has
MOST_TRIES = 50  # against other writers of the same folder
NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)  # of a system or a disk that cannot
TAKEN = (errno.EEXIST, errno.ENOTEMPTY)


class NotWritten(OSError):
    """What could not be written. The message says what, where, why and what to do; `errno` is the system's."""


def write_file(path: str | os.PathLike, content: str | bytes) -> None:
    """Write a file, with the mode that the umask says. Text becomes UTF-8, its line ends stay as they are.

    Raises
    ------
    FileNotFoundError : there is no such folder
    NotWritten : no room, no permission, a folder of this name; what was there is unchanged
    """
    path = _real(path)
    with _explained(f"{str(path)!r} was not written", path.parent):
        if path.is_dir():
            raise NotWritten(f"{str(path)!r} was not written: it is a folder. Give the name of a file.")
        with _place_beside(path) as own:
            _write(own / "new", content)
            os.replace(own / "new", path)
            _to_disk(path.parent)
        _clean(path)


def write_folder(folder: str | os.PathLike, files: dict[str, str | bytes]) -> None:
    """Write a folder with these files, {name: content}. One that is there is replaced; what else it holds is kept.

    Raises
    ------
    FileNotFoundError : there is no such folder to write it in
    NotWritten : as `write_file`, or the folder is the one that this program works in
    """
    folder = _real(folder)
    with _explained(f"{str(folder)!r} was not written", folder.parent):
        if folder in (here := _working_folder(), *here.parents):
            raise NotWritten(f"{str(folder)!r} was not written: this program works in it. Give another folder.")
        with _place_beside(folder) as own:
            new = own / "new"
            if folder.is_dir():
                shutil.copytree(folder, new, symlinks=True, ignore=lambda of, _: files if Path(of) == folder else ())
            else:
                new.mkdir()
            for name, content in files.items():
                _write(new / name, content)
            _to_disk(new)
            _put_in_place(own, folder)
            _to_disk(folder.parent)
        _clean(folder)


def check_writable(folder: str | os.PathLike) -> None:
    """A NotWritten if no file can be written in this folder, which may be missing: it is tried, and nothing is left."""
    folder = _real(folder)
    missing = [str(each) for each in (folder, *folder.parents) if not os.path.lexists(each)]
    try:
        with _explained(f"Nothing can be written into {str(folder)!r}", folder):
            folder.mkdir(parents=True, exist_ok=True)
            with _place_beside(folder / "trial") as own:
                _write(own / "new", bytes(ROOM_TRIED))
    finally:
        for made in missing:
            with contextlib.suppress(OSError):
                os.rmdir(made)


def contents(folder: str | os.PathLike) -> list[str]:
    """The names of what a folder holds, without what a killed writer, a file manager or Jupyter left there."""
    return sorted(name for name in os.listdir(folder) if name not in LEFT_BY_OTHERS and not name.endswith(END))


def read_steadily(folder: str | os.PathLike, read: Callable[[Path], Read]) -> Read:
    """`read(folder)`, done again if another process replaced the folder meanwhile: the old or the new, not of both.

    Where the system cannot swap two folders in one step, a reader that comes between the two steps, or after a writer
    that was killed there, is given the place where the old folder lies.
    """
    folder = _real(folder)
    for _ in range(MOST_TRIES):
        place = _standing(folder)
        before = _identity(place)
        try:
            found = read(place)
        except Exception:
            if _identity(place) == before and _standing(folder) == place:
                raise
        else:
            if _identity(place) == before:
                return found
    raise OSError(
        f"{str(folder)!r} was replaced {MOST_TRIES} times while it was read. Try again when nobody writes it."
    )


def _real(path):
    """The path itself, not a link to it: a rename would replace the link."""
    text = os.fspath(path)
    if "\0" in text:
        raise NotWritten(f"{text!r} cannot be: a name cannot hold the character 0. Give another name.")
    return Path(os.path.realpath(text))


def _working_folder():
    try:
        return Path.cwd()
    except FileNotFoundError:  # it was deleted
        return Path(os.devnull)


@contextlib.contextmanager
def _place_beside(target: Path) -> Iterator[Path]:
    """A folder of this writer's own beside the target, locked, and deleted at the end with all that is left in it."""
    lock = None
    while lock is None:
        own = target.with_name(f".{target.name}.{secrets.token_hex(4)}{END}")
        try:
            own.mkdir()
        except FileNotFoundError:
            where = str(target.parent)
            raise FileNotFoundError(
                f"There is no folder {where!r} to save {target.name!r} in. Make it first."
            ) from None
        lock = _lock(own)  # None: another writer took it for a left one, in the moment before it was locked
    try:
        yield own
    finally:
        if os.path.lexists(target) or not os.path.lexists(own / "old"):  # else it is all that there is
            shutil.rmtree(own, ignore_errors=True)
        _unlock(lock)


def _lock(folder):
    """What `_unlock` takes; None where another process has the lock, or has deleted the folder."""
    if fcntl is None:
        return -1
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except OSError:  # a disk without locks: nobody will take what lies on it for left
        return handle
    if not os.path.isdir(folder):
        os.close(handle)
        return None
    return handle


def _unlock(lock):
    if lock != -1:
        os.close(lock)


def _left(target):
    """The folders of writers of this target that lie beside it: of those at work, and of those that were killed."""
    pattern = re.compile(re.escape(f".{target.name}.") + "[0-9a-f]{8}" + re.escape(END))
    with contextlib.suppress(OSError):
        return [target.with_name(name) for name in os.listdir(target.parent) if pattern.fullmatch(name)]
    return []


def _clean(target):
    """Delete what killed writers of this target left beside it. Never the reason that something is not written."""
    if fcntl is None:
        return
    for place in _left(target):
        with contextlib.suppress(OSError):
            handle = os.open(place, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # an OSError: its writer is at work
                shutil.rmtree(place, ignore_errors=True)
            finally:
                os.close(handle)


def _write(path, content):
    with open(path, "xb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())


def _to_disk(folder):
    """That a name stands in a folder is kept too when the power fails. Windows does it by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NO_EXCHANGE:  # some network disks do not sync folders
            raise
    finally:
        os.close(handle)


def _put_in_place(own, folder):
    """Swap own/new and the folder: in one step where the system can, else in two with the old one in own/old."""
    new, old = own / "new", own / "old"
    for _ in range(MOST_TRIES):
        try:
            if not os.path.lexists(folder):
                return os.rename(new, folder)
            return None if _exchange(new, folder) else _in_two_steps(new, old, folder)
        except FileNotFoundError:  # another writer has just taken the folder away
            continue
        except OSError as error:  # another writer has just put its own there
            if error.errno not in TAKEN or not os.path.isdir(folder):
                raise
            shutil.rmtree(old, ignore_errors=True)
    raise OSError(errno.EBUSY, "other programs write it all the time")


def _in_two_steps(new, old, folder):
    try:
        os.rename(folder, old)
        os.rename(new, folder)
    except BaseException:  # also an interrupt between the two
        with contextlib.suppress(OSError):
            if not os.path.lexists(folder):
                os.rename(old, folder)
        raise


def _exchange(one, other):
    """Swap two folders in one step, which Linux and macOS can. False where it cannot be done."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        names = os.fsencode(one), os.fsencode(other)
        if sys.platform == "darwin":
            failed = library.renamex_np(*names, 2)  # RENAME_SWAP
        else:
            failed = library.renameat2(-100, names[0], -100, names[1], 2)  # AT_FDCWD, RENAME_EXCHANGE
    except (AttributeError, OSError, TypeError):  # no such function, no such library
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _standing(folder):
    """Where the folder's content lies: there, or with a writer that has taken it away and not yet put its own there."""
    for _ in range(2):  # the writer may end in between
        if os.path.lexists(folder):
            return folder
        kept = [place / "old" for place in _left(folder) if (place / "old").is_dir()]
        if kept:
            return max(kept, key=lambda old: _changed(old.parent))
    return folder


def _changed(folder):
    facts = _identity(folder)
    return facts[-1] if facts else 0


def _identity(folder):
    try:
        facts = os.stat(folder)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino, facts.st_mtime_ns


@contextlib.contextmanager
def _explained(what, where):
    """What the system refuses in this block is said in words: a NotWritten."""
    try:
        yield
    except (NotWritten, FileNotFoundError):
        raise
    except OSError as error:
        said = NotWritten(f"{what}: {_reason(error, repr(str(where)))} What was there is unchanged.")
        said.errno = error.errno
        raise said from error


def _reason(error, where):
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"there is no room left in {where}. Make room, or give another place."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"this user may not write in {where}. Give another place, or ask its owner."
    if error.errno == errno.EROFS:
        return f"the disk of {where} can only be read. Give another place."
    if error.errno == errno.ENAMETOOLONG:
        return "the name is too long. Give a shorter one."
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return "a part of the path is a file and no folder. Give another place."
    return f"{error.strerror or error}. Give another place, or mend what is wrong there."
