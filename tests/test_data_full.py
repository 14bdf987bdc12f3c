"""The full Fashion-MNIST: found, or downloaded by the real code from a small server on this machine that misbehaves.

The server's file is small and made here, so that nothing but Python is needed; the last tests use the real files and
run where those are found.
"""

import contextlib
import gzip
import hashlib
import pathlib
import struct
import subprocess
import sys
import threading
import tracemalloc
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from course_lib.data import DataError, DataUnavailable, load_fashion_mnist
from course_lib.data.fashion import read_embedded
from course_lib.data.full import (
    FILES,
    PATIENCE_SECONDS,
    SLOWEST,
    SOURCES,
    SYSTEM_FOLDERS,
    SourceFile,
    cache_folder,
    class_orders,
    full_arrays,
    locate_full,
    read_file,
    read_full,
    read_or_download,
)
from make_subset import main as make_subset
from make_subset import subset_arrays
from requirements import debian_package, require_or_skip

TESTS = Path(__file__).parent
VALUES = np.random.default_rng(0).integers(0, 256, 300_000, dtype=np.uint8)
CONTENT = b"HEADER.." + VALUES.tobytes()
PUBLISHED = gzip.compress(CONTENT, mtime=0)
FILE = SourceFile(
    "small.gz",
    len(PUBLISHED),
    hashlib.sha256(PUBLISHED).hexdigest(),
    hashlib.sha256(CONTENT).hexdigest(),
    8,
    VALUES.shape,
)
ENDLESS = 200_000_000  # bytes; what the sockets between server and client hold is a twentieth of it at most
OTHER = gzip.compress(b"HEADER.." + bytes(300_000), mtime=0)


class Server(ThreadingHTTPServer):
    """Answers each request as the next word of `behaviors` says, and "whole" when they are used up."""

    daemon_threads = True

    def __init__(self, behaviors=(), files=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviors = list(behaviors)
        self.files = files or {FILE.name: PUBLISHED}
        self.requests = []
        self.bytes_sent = 0
        self.half_is_sent = threading.Event()
        self.go_on = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/data/"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.go_on.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, name = self.server, self.path.rsplit("/", 1)[1]
        server.requests.append(name)
        behavior = server.behaviors.pop(0) if server.behaviors else "whole"
        body = OTHER if behavior == "wrong" else server.files[name]
        if behavior == "missing":
            self.send_error(404)
            return
        if behavior == "no answer":
            self.connection.close()
            return
        self.send_response(200)
        if behavior not in ("cut without length", "trickle without length", "endless"):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if behavior == "endless":
            while server.bytes_sent < ENDLESS:
                server.bytes_sent += self.wfile.write(bytes(65536))
            return
        if behavior.startswith("trickle"):
            while not server.go_on.wait(0.05):
                self.wfile.write(b"?")
            return
        if behavior == "whole" or behavior == "wrong":
            self.wfile.write(body)
            return
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        server.half_is_sent.set()
        if behavior == "stall":
            server.go_on.wait(600)

    def log_message(self, *_):
        pass

    def finish(self):
        with contextlib.suppress(OSError, ValueError):  # the client was killed, or the connection closed on purpose
            super().finish()


def download(server, cache, **words):
    return read_or_download(
        FILE, **{"cache": cache, "source": server.url, "progress": False, "system_folders": (), **words}
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_file_is_downloaded_once_and_then_read_from_the_cache(tmp_path):
    with Server() as server:
        for _ in range(2):
            np.testing.assert_array_equal(download(server, tmp_path / "new" / "cache"), VALUES)
    assert server.requests == ["small.gz"]
    assert names(tmp_path / "new" / "cache") == ["small.gz"]
    np.testing.assert_array_equal(download(server, tmp_path / "new" / "cache"), VALUES)  # the server is gone now


@pytest.mark.parametrize("trouble", ["cut", "cut without length", "wrong", "no answer", "missing"])
def test_a_download_that_fails_once_is_started_again(tmp_path, trouble):
    with Server([trouble]) as server:
        np.testing.assert_array_equal(download(server, tmp_path), VALUES)
    assert len(server.requests) == 2
    assert names(tmp_path) == ["small.gz"]


@pytest.mark.parametrize("trouble", ["cut", "cut without length", "wrong", "no answer", "missing"])
def test_a_download_that_keeps_failing_leaves_nothing_behind_and_says_what_helps(tmp_path, trouble):
    with Server([trouble] * 10) as server, pytest.raises(DataUnavailable) as raised:
        download(server, tmp_path)
    assert len(server.requests) == 2
    assert names(tmp_path) == []
    message = str(raised.value)
    assert server.url + "small.gz" in message and str(tmp_path) in message
    assert "load_fashion_mnist()" in message and "sudo apt install dataset-fashion-mnist" in message


def test_a_server_that_is_gone_is_said_with_what_to_use_instead(tmp_path):
    with Server() as server:
        pass
    with pytest.raises(DataUnavailable, match=r"(?s)ConnectionError.*load_fashion_mnist\(\).*apt install"):
        download(server, tmp_path)


def test_a_server_that_stops_in_the_middle_is_left_after_a_while_and_asked_again(tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.data.full.TIMEOUT_SECONDS", (5, 0.3))
    with Server(["stall"]) as server:
        np.testing.assert_array_equal(download(server, tmp_path), VALUES)
    assert len(server.requests) == 2


@pytest.mark.parametrize("trouble", ["trickle", "trickle without length"])
def test_a_server_that_sends_a_byte_now_and_then_is_left_after_a_while_and_not_asked_again(
    tmp_path, monkeypatch, trouble
):
    monkeypatch.setattr("course_lib.data.full.PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr("course_lib.data.full.SLOWEST", 1e9)
    with Server([trouble] * 9) as slow, Server() as good:
        monkeypatch.setattr("course_lib.data.full.SOURCES", (slow.url, good.url))
        np.testing.assert_array_equal(download(good, tmp_path, source=None), VALUES)
        with pytest.raises(DataUnavailable, match="it was not whole after 0 seconds"):
            download(slow, tmp_path / "other", source=slow.url)
    assert len(slow.requests) == 2 and names(tmp_path / "other") == []


def test_no_more_is_taken_than_was_published(tmp_path):
    with (
        Server(["endless"] * 9) as server,
        pytest.raises(DataUnavailable, match=r"more than the [\d,]+ bytes that were"),
    ):
        download(server, tmp_path)
    assert len(server.requests) == 2 and names(tmp_path) == []
    assert server.bytes_sent < ENDLESS / 10


def test_the_time_that_a_file_may_take_is_enough_for_a_slow_connection():
    largest = max(file.published_bytes for file in FILES.values())
    seconds = PATIENCE_SECONDS + largest / SLOWEST
    assert seconds > largest / (256_000 / 8)  # 256 kbit/s, by the largest file's own size
    assert seconds < 3600


def test_the_first_address_is_encrypted():
    assert SOURCES[0].startswith("https://")


def test_the_next_address_is_tried_when_the_first_fails(tmp_path, monkeypatch):
    with Server(["wrong"] * 9) as bad, Server() as good:
        monkeypatch.setattr("course_lib.data.full.SOURCES", (bad.url, good.url))
        np.testing.assert_array_equal(download(good, tmp_path, source=None), VALUES)
    assert (len(bad.requests), len(good.requests)) == (1, 1)


def test_a_killed_download_is_never_half_read(tmp_path):
    code = (
        "import sys; sys.path[:0] = sys.argv[3:]; import test_data_full as t\n"
        "t.read_or_download(t.FILE, sys.argv[1], sys.argv[2], False, ())"
    )
    with Server(["stall"]) as server:
        command = [sys.executable, "-c", code, str(tmp_path), server.url, str(TESTS), str(TESTS.parent / "tools")]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            assert server.half_is_sent.wait(60)
        finally:
            process.kill()
            process.wait()
        assert "small.gz" not in names(tmp_path)
        np.testing.assert_array_equal(download(server, tmp_path), VALUES)


@pytest.mark.parametrize(
    "damaged",
    [b"", b"not a gzip file", PUBLISHED[: len(PUBLISHED) // 2], OTHER, PUBLISHED[:5000] + b"?" + PUBLISHED[5001:]],
    ids=["empty", "text", "cut", "other content", "one byte changed"],
)
def test_a_damaged_file_in_the_cache_is_named_and_fetched_anew(tmp_path, damaged):
    path = tmp_path / "small.gz"
    path.write_bytes(damaged)
    with Server() as server, pytest.warns(UserWarning, match="is damaged.*downloaded again") as caught:
        np.testing.assert_array_equal(download(server, tmp_path), VALUES)
    assert str(path) in str(caught[0].message)
    assert path.read_bytes() == PUBLISHED


def test_a_damaged_file_that_cannot_be_fetched_anew_is_not_kept(tmp_path):
    (tmp_path / "small.gz").write_bytes(OTHER)
    with (
        Server(["missing"] * 2) as server,
        pytest.warns(UserWarning, match="is damaged"),
        pytest.raises(DataUnavailable),
    ):
        download(server, tmp_path)
    assert names(tmp_path) == []


def test_a_damaged_file_that_cannot_be_deleted_is_named_with_the_way_out(tmp_path, monkeypatch, recwarn):
    path = tmp_path / "small.gz"
    path.write_bytes(OTHER)

    def refuse(self, missing_ok=False):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(pathlib.Path, "unlink", refuse)  # a folder that is read-only would not stop the superuser
    with Server() as server, pytest.raises(DataUnavailable, match="cannot be deleted: PermissionError") as raised:
        download(server, tmp_path)
    assert str(path) in str(raised.value) and "cache=..." in str(raised.value)
    assert server.requests == [] and not recwarn.list  # nothing is announced that does not come


def test_a_bomb_in_the_cache_is_not_unpacked(tmp_path):
    path = tmp_path / "small.gz"
    path.write_bytes(gzip.compress(bytes(200_000_000), compresslevel=1))
    tracemalloc.start()
    try:
        with Server() as server, pytest.warns(UserWarning, match="holds more than the 300,008 bytes"):
            np.testing.assert_array_equal(download(server, tmp_path), VALUES)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.fixture
def homeless(monkeypatch):
    """A user without a home, as in a container that runs under any number."""
    pwd = pytest.importorskip("pwd")

    def nobody(number):
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)


def test_without_a_home_the_copy_of_the_system_is_read(tmp_path, homeless):
    (tmp_path / "small.gz").write_bytes(PUBLISHED)
    np.testing.assert_array_equal(read_or_download(FILE, None, None, False, (tmp_path,)), VALUES)
    for file in FILES.values():
        (tmp_path / file.name).touch()
    assert locate_full(system_folders=(tmp_path,)) == tmp_path


@pytest.mark.parametrize("folder", [None, "~no_such_user_here/data"])
def test_a_cache_folder_that_cannot_be_told_is_said_with_the_way_out(tmp_path, homeless, monkeypatch, folder):
    if folder:
        monkeypatch.setenv("COURSE_LIB_DATA", folder)
    with pytest.raises(DataUnavailable, match=r"no place to keep.*cache=\.\.\..*COURSE_LIB_DATA") as raised:
        read_or_download(FILE, None, None, False, ())
    assert folder is None or folder in str(raised.value)


def test_a_file_with_the_right_content_is_taken_however_it_was_compressed(tmp_path):
    (tmp_path / "small.gz").write_bytes(gzip.compress(CONTENT, compresslevel=1, mtime=99))
    with Server() as server:
        np.testing.assert_array_equal(download(server, tmp_path), VALUES)
    assert server.requests == []


def test_the_system_folder_comes_first_and_a_damaged_file_there_is_passed_over(tmp_path):
    system, cache = tmp_path / "system", tmp_path / "cache"
    system.mkdir()
    (system / "small.gz").write_bytes(PUBLISHED)
    with Server() as server:
        np.testing.assert_array_equal(download(server, cache, system_folders=(system,)), VALUES)
        assert server.requests == [] and not cache.exists()
        (system / "small.gz").write_bytes(OTHER)
        with pytest.warns(UserWarning, match="left out; install its package again"):
            np.testing.assert_array_equal(download(server, cache, system_folders=(system,)), VALUES)
    assert (system / "small.gz").read_bytes() == OTHER


def test_a_cache_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with Server() as server, pytest.raises(DataUnavailable, match="could not be downloaded"):
        download(server, tmp_path / "file")


@pytest.mark.parametrize("source", ["/some/folder", "ftp://host/", 5, ""])
def test_a_source_that_is_no_url_is_refused(tmp_path, source):
    with pytest.raises(DataError, match=r"source is .*it must be a URL"):
        read_full(cache=tmp_path, source=source, system_folders=())


def test_the_cache_folder_is_the_argument_or_the_environment_or_the_users_own(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_LIB_DATA", str(tmp_path / "environment"))
    assert cache_folder(tmp_path / "argument") == tmp_path / "argument"
    assert cache_folder() == tmp_path / "environment"
    monkeypatch.setenv("COURSE_LIB_DATA", "")
    assert "course_lib" in str(cache_folder())


def test_the_full_set_is_located_only_when_all_four_files_are_there(tmp_path):
    for file in FILES.values():
        assert locate_full(tmp_path, system_folders=()) is None
        (tmp_path / file.name).touch()
    assert locate_full(tmp_path, system_folders=()) == tmp_path


def test_class_orders_shuffle_each_class_the_same_way_every_time():
    labels = np.array([1, 0] * 500)
    zeros, ones = class_orders(labels)
    assert sorted(zeros) == list(range(1, 1000, 2)) and sorted(ones) == list(range(0, 1000, 2))
    assert list(zeros) != sorted(zeros)
    np.testing.assert_array_equal(zeros, class_orders(labels)[0])


# From here on, the real files.


@pytest.fixture(scope="module")
def full_folder():
    folder = locate_full()
    require_or_skip(folder, "the full Fashion-MNIST is not on this machine", debian_package("dataset-fashion-mnist"))
    return folder


@pytest.fixture(scope="module")
def full(full_folder):
    return {key: read_file(full_folder / file.name, file) for key, file in FILES.items()}


def test_the_subset_is_made_anew_from_the_full_data_array_by_array(full, tmp_path):
    stored = read_embedded()
    made = subset_arrays(full)
    assert made.keys() == stored.keys()
    for name, array in stored.items():
        np.testing.assert_array_equal(made[name], array, err_msg=name)
        assert made[name].dtype == array.dtype
    make_subset([str(tmp_path / "subset.npz")])
    assert names(tmp_path) == ["subset.npz"]
    np.testing.assert_array_equal(read_embedded(tmp_path / "subset.npz")["test_images"], stored["test_images"])


def test_the_embedded_images_are_the_originals_at_their_recorded_places(full):
    stored = read_embedded()
    for part, original in (("train", "train"), ("validation", "train"), ("test", "test")):
        for index, image, label in zip(
            stored[f"{part}_indices"], stored[f"{part}_images"], stored[f"{part}_labels"], strict=True
        ):
            assert full[f"{original}_labels"][index] == label
            assert image.tobytes() == full[f"{original}_images"][index].tobytes()


def test_the_full_set_is_55000_5000_10000_with_equal_classes(full):
    data = load_fashion_mnist("full")
    assert [len(part) for part in data.splits().values()] == [55_000, 5_000, 10_000]
    for part in data.splits().values():
        assert np.bincount(part.labels).tolist() == [len(part) // 10] * 10
        assert part.x.dtype == np.float32
    first_image = full["test_images"][0].ravel()
    assert data.test.labels[0] == 9  # an ankle boot, as the publisher's page shows it
    np.testing.assert_array_equal(np.rint(data.test.x[0] * 255), first_image)


def test_no_embedded_training_image_is_held_out_in_the_full_set_and_the_other_way_round(full_folder):
    arrays, stored = full_arrays(), read_embedded()
    for part in ("train", "validation", "test"):
        whole = {image.tobytes() for image in arrays[f"{part}_images"]}
        assert all(image.tobytes() in whole for image in stored[f"{part}_images"]), part
    held_out = {image.tobytes() for image in arrays["validation_images"]}
    assert not any(image.tobytes() in held_out for image in stored["train_images"])


PUBLISHED_MD5 = {  # from the table in the publisher's README
    "train_images": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train_labels": "25c81989df183df01b3e8a0aad5dffbe",
    "test_images": "bef4ecab320f06d8554ea6380940ec79",
    "test_labels": "bb300cfdad3c16e7a12a480ee83cd310",
}


def as_published(path):
    """The publisher's file, byte for byte. Debian's differs in the head only: its name and time are taken out."""
    packed = path.read_bytes()
    start = packed.index(b"\0", 10) + 1 if packed[3] & 8 else 10
    seconds = 1504176606 if path.name.startswith("train") else 1504176627
    name = path.name.removesuffix(".gz").encode() + b"\0"
    return b"\x1f\x8b\x08\x08" + struct.pack("<I", seconds) + b"\x00\x03" + name + packed[start:]


def test_a_download_of_the_real_files_passes_every_digest_and_the_publishers_own(full, full_folder, tmp_path):
    published = {file.name: as_published(full_folder / file.name) for file in FILES.values()}
    for key, file in FILES.items():
        assert hashlib.md5(published[file.name]).hexdigest() == PUBLISHED_MD5[key]
        assert hashlib.sha256(published[file.name]).hexdigest() == file.published_sha256
        assert len(published[file.name]) == file.published_bytes
    with Server(files=published) as server:
        downloaded = read_full(cache=tmp_path, source=server.url, progress=True, system_folders=())
    assert sorted(server.requests) == sorted(published)
    for key, array in full.items():
        np.testing.assert_array_equal(downloaded[key], array)


def test_the_package_of_the_operating_system_is_used_before_any_download(full_folder, tmp_path):
    if full_folder not in SYSTEM_FOLDERS:
        pytest.skip("the full set was downloaded here, and not installed as a package")
    with Server() as server:
        load_fashion_mnist("full", cache=tmp_path, source=server.url)
    assert server.requests == [] and names(tmp_path) == []
