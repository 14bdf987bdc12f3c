"""Files and folders that are written whole or not at all: killed anywhere, refused by the system, two at a time."""

import errno
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib import whole_file
from course_lib.whole_file import NotWritten, check_writable, contents, read_steadily, write_file, write_folder

ROOT = Path(__file__).resolve().parents[1]
WAYS = ["file", "folder", "folder in two steps"]
# Loads nothing but the module, so that a process of its own for each place where it can be killed takes a moment.
WRITER = """
import os, sys
sys.path.insert(0, sys.argv[1])
from course_lib import whole_file

way, target, content, end_at, times = sys.argv[2:5] + [int(word) for word in sys.argv[5:]]
if way == "folder in two steps":
    whole_file._exchange = lambda one, other: False
seen = 0

def count(event, arguments):
    global seen
    if event.startswith(("os.", "open", "shutil.", "fcntl.", "ctypes.dlopen")):
        seen += 1
        if seen == end_at:
            os._exit(9)

if end_at:
    sys.addaudithook(count)
for _ in range(times):
    if way == "file":
        whole_file.write_file(target, content)
    else:
        whole_file.write_folder(target, {"a": content, "b": content})
"""


def command(way, target, content="new", end_at=0, times=1):
    return [sys.executable, "-S", "-c", WRITER, str(ROOT), way, str(target), content, str(end_at), str(times)]


def start_with_old(way, target):
    for each in target.parent.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    if way == "file":
        target.write_text("old")
    else:
        target.mkdir()
        (target / "a").write_text("old")
        (target / "b").write_text("old")


def found(way, target):
    """What a reader finds: a text, or the set of the texts in the folder."""
    if way == "file":
        return target.read_text()
    (text,) = read_steadily(target, lambda place: {(place / name).read_text() for name in "ab"})
    return text


def assert_whole(way, target):
    """The old or the new stands there, and the next writer is not hindered and leaves nothing but its own."""
    assert found(way, target) in ("old", "new")
    if way == "file":
        write_file(target, "next")
    else:
        write_folder(target, {"a": "next", "b": "next"})
    assert found(way, target) == "next"
    assert os.listdir(target.parent) == [target.name]


@pytest.fixture
def target(tmp_path):
    (tmp_path / "place").mkdir()
    return tmp_path / "place" / "thing"


@pytest.fixture
def two_steps(monkeypatch):
    monkeypatch.setattr(whole_file, "_exchange", lambda one, other: False)


# ---- killed in the middle ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_a_writer_that_is_killed_at_any_rename_leaves_the_old_or_the_new(target, way, require_or_skip):
    require_or_skip(shutil.which("strace"), "strace is not installed", install_strace())
    if subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True).returncode != 0:
        pytest.skip("no process may be traced here")
    for number in range(1, 20):
        start_with_old(way, target)
        inject = f"inject=rename,renameat,renameat2:signal=KILL:when={number}"
        words = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=rename,renameat,renameat2", "-e", inject]
        run = subprocess.run([*words, *command(way, target)], capture_output=True, text=True)
        if run.returncode == 0:
            break
        assert run.returncode in (-9, 137), run.stderr
        assert_whole(way, target)
    assert number == (
        3 if way == "folder in two steps" else 2
    )  # killed at every rename that there is, and then at none
    assert found(way, target) == "new"


def install_strace():
    return "sudo apt-get install strace" if sys.platform == "linux" else None


@pytest.mark.parametrize("way", WAYS)
def test_a_writer_that_ends_at_any_moment_leaves_the_old_or_the_new(target, way):
    """Works everywhere: the process ends before the first thing that it asks of the system, the second, and so on."""
    results = []
    for number in range(1, 200):
        start_with_old(way, target)
        run = subprocess.run(command(way, target, end_at=number), capture_output=True, text=True)
        if run.returncode == 0:
            break
        assert run.returncode == 9, run.stderr
        results.append(found(way, target))
        assert_whole(way, target)
    assert len(results) > 8 and set(results) == {"old", "new"}
    assert results == sorted(results, reverse=True)  # once it is new it stays new


@pytest.mark.parametrize("way", WAYS)
def test_the_first_write_that_is_killed_leaves_nothing_that_hinders(target, way):
    for number in (3, 5, 7, 9):
        run = subprocess.run(command(way, target, end_at=number), capture_output=True, text=True)
        assert run.returncode == 9, run.stderr
    assert contents(target.parent) in ([], [target.name])
    assert subprocess.run(command(way, target)).returncode == 0
    assert os.listdir(target.parent) == [target.name]


def test_what_a_writer_at_work_has_beside_is_not_taken_for_left(target):
    with whole_file._place_beside(target) as own:
        write_file(target, "another")
        assert own.is_dir()
    assert os.listdir(target.parent) == [target.name]


def test_an_older_folder_that_was_left_is_not_what_a_reader_gets(target, two_steps, monkeypatch):
    """Of two writers that were killed between their two steps the later one took the newer folder away."""
    for token, text in (("00000001", "older"), ("00000000", "newer")):
        old = target.with_name(f".thing.{token}.unfinished") / "old"
        old.mkdir(parents=True)
        for name in "ab":
            (old / name).write_text(text)
        os.utime(old.parent, ns=(0, 10 + (text == "newer")))
    assert found("folder in two steps", target) == "newer"


@pytest.mark.parametrize("broken", [OSError(errno.EIO, "broken"), KeyboardInterrupt()])
def test_an_error_between_the_two_steps_puts_the_old_folder_back(target, two_steps, monkeypatch, broken):
    start_with_old("folder", target)
    rename = os.rename

    def fail_at_the_second(one, other):
        if Path(one).name == "new":
            raise broken
        rename(one, other)

    monkeypatch.setattr(os, "rename", fail_at_the_second)
    with pytest.raises(type(broken)):
        write_folder(target, {"a": "new", "b": "new"})
    assert found("folder", target) == "old"
    assert os.listdir(target.parent) == [target.name]


# ---- two at a time -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_two_writers_do_not_collide_and_no_reader_ever_fails(target, way):
    start_with_old(way, target)
    processes = [subprocess.Popen(command(way, target, text, times=60)) for text in ("one", "other")]
    texts = [found(way, target)]
    while any(process.poll() is None for process in processes):
        texts.append(found(way, target))
    assert [process.returncode for process in processes] == [0, 0]
    assert set(texts) <= {"old", "one", "other"} and len(set(texts)) > 1
    assert found(way, target) in ("one", "other")
    assert os.listdir(target.parent) == [target.name]


# ---- what is written ---------------------------------------------------------------------------------------------


def test_the_content_is_what_was_given_and_the_mode_is_that_of_the_umask(target):
    before = os.umask(0o027)
    try:
        write_file(target, "line\r\nä\n")
        write_folder(target.with_name("folder"), {"a": b"\0\xff"})
    finally:
        os.umask(before)
    assert target.read_bytes() == b"line\r\n\xc3\xa4\n"
    assert (target.with_name("folder") / "a").read_bytes() == b"\0\xff"
    if os.name != "nt":
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (target, target.with_name("folder"))]
        assert modes == [0o640, 0o750]


def test_what_else_a_folder_holds_is_kept(target):
    start_with_old("folder", target)
    (target / "mine").mkdir()
    (target / "mine" / "notes").write_text("mine")
    write_folder(target, {"a": "new", "b": "new"})
    assert sorted(os.listdir(target)) == ["a", "b", "mine"] and found("folder", target) == "new"
    assert (target / "mine" / "notes").read_text() == "mine"


def test_a_link_stays_a_link(target):
    try:
        target.symlink_to(target.with_name("real"))
    except OSError:
        pytest.skip("this user may not make links")
    write_file(target, "text")
    assert target.is_symlink() and target.with_name("real").read_text() == "text"


def test_what_others_leave_in_a_folder_does_not_count_as_its_content(target):
    for name in (".DS_Store", ".ipynb_checkpoints", "run.safetensors.unfinished", ".thing.0123abcd.unfinished", "mine"):
        target.with_name(name).mkdir()
    assert contents(target.parent) == ["mine"]


# ---- what the system refuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, r"thing' was not written: there is no room left in '.*place'\. Make room.*is unchanged"),
        (errno.EROFS, r"the disk of '.*place' can only be read"),
        (errno.EACCES, r"this user may not write in '.*place'"),
        (errno.EIO, r"thing' was not written: "),
    ],
)
@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("function", ["os.fsync", "os.mkdir", "course_lib.whole_file._write"])
def test_a_refusal_is_said_in_words_and_what_was_there_stays(target, monkeypatch, kind, function, number, message):
    start_with_old(kind, target)

    def refuse(*arguments, **options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(function, refuse)
    with pytest.raises(NotWritten, match=message) as raised:
        write_file(target, "new") if kind == "file" else write_folder(target, {"a": "new", "b": "new"})
    monkeypatch.undo()
    assert raised.value.errno == number
    assert found(kind, target) == "old" and os.listdir(target.parent) == ["thing"]


def test_a_disk_that_fills_up_half_way_leaves_the_old_file(target):
    resource = pytest.importorskip("resource")
    write_file(target, "old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))  # Python ignores the signal that comes with it
    try:
        with pytest.raises(NotWritten, match="no room left"):
            write_file(target, bytes(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert target.read_text() == "old" and os.listdir(target.parent) == ["thing"]


def test_paths_that_cannot_be_are_named(target):
    with pytest.raises(FileNotFoundError, match=r"There is no folder '.*none' to save 'thing' in\. Make it first"):
        write_file(target.parent / "none" / "thing", "")
    with pytest.raises(NotWritten, match="it is a folder"):
        write_file(target.parent, "")
    with pytest.raises(NotWritten, match="the character 0"):
        write_file(f"{target}\0", "")
    with pytest.raises(NotWritten, match="the name is too long"):
        write_file(target.with_name("x" * 300), "")
    assert os.listdir(target.parent) == []


def test_the_folder_that_the_program_works_in_is_not_replaced(target, monkeypatch):
    target.mkdir()
    monkeypatch.chdir(target)
    for folder in (".", target.parent):
        with pytest.raises(NotWritten, match="this program works in it"):
            write_folder(folder, {"a": ""})
    assert os.listdir(target.parent) == ["thing"]


def test_whether_a_folder_can_be_written_is_tried_without_a_trace(target, monkeypatch):
    target.parent.joinpath("file").write_text("mine")
    for folder in (target.parent, target / "deep" / "deeper"):
        check_writable(folder)
    for folder in (target.parent / "file" / "below", target.parent / "file"):
        with pytest.raises(NotWritten, match=r"Nothing can be written into '.*file.*a file and no folder"):
            check_writable(folder)
    with pytest.raises(NotWritten, match="too long"):
        check_writable(target / ("x" * 300))

    def full(*given):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotWritten, match=r"Nothing can be written into '.*deep': there is no room left"):
        check_writable(target / "deep")
    assert os.listdir(target.parent) == ["file"]


@pytest.fixture
def ordinary_user(tmp_path):
    """Permissions bind this test, also where the tests run as root."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has other permissions")
    if os.geteuid() != 0:
        yield
        return
    for folder in (tmp_path, *tmp_path.parents):
        if folder == tmp_path or "pytest" in folder.name:
            folder.chmod(0o755)
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_a_folder_of_another_user_is_named(target, request):
    target.parent.chmod(0o555)
    request.getfixturevalue("ordinary_user")
    for write in (lambda: write_file(target, ""), lambda: write_folder(target, {"a": ""})):
        with pytest.raises(NotWritten, match=r"this user may not write in '.*place'\. Give another place"):
            write()
    with pytest.raises(NotWritten, match=r"Nothing can be written into '.*run': this user may not"):
        check_writable(target / "run")
