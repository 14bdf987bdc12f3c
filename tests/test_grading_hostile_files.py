"""Links, pipes, forged paths, bombs and damaged zips among a class's work: told, never followed, and no one's loss."""

import os
import socket
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_lib.grading import collect as collecting
from course_lib.grading import found_files
from course_lib.grading.collect import NotUnderstood, Submission, collect
from course_lib.grading.found_files import files_in_folder, trick_in
from examples import examples
from handed_in import MARCH, MOODLE, laid, notebook, packed, taken


def test_links_pipes_sockets_and_devices_are_told_and_never_opened(tmp_path, monkeypatch):
    place, outside = tmp_path / "class", laid(tmp_path / "outside", {"secret.ipynb": notebook("secret")})
    laid(place, {"ada/02a_downhill.ipynb": notebook()})
    (place / "ada/link.ipynb").symlink_to(outside / "secret.ipynb")
    (place / "eve").symlink_to(outside)
    (place / "loop").symlink_to(place)
    os.mkfifo(place / "ada/pipe.ipynb")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(place)
        listening.bind("ada/s.ipynb")
        submissions, told = collect(place)
    assert [(each.student, list(each.files)) for each in submissions] == [("ada", ["02a_downhill.ipynb"])]
    said = {Path(each.where).name: each.why for each in told}
    assert (
        "a symbolic link" in said["link.ipynb"]
        and "a symbolic link" in said["eve"]
        and "a symbolic link" in said["loop"]
    )
    assert "a pipe" in said["pipe.ipynb"] and "a socket" in said["s.ipynb"]


@pytest.mark.parametrize("becomes", ["link", "pipe"])
def test_a_file_that_becomes_something_else_before_it_is_opened_is_refused(tmp_path, monkeypatch, becomes):
    path = laid(tmp_path, {"ada/x.ipynb": notebook()}) / "ada/x.ipynb"
    listed = files_in_folder(tmp_path, [])
    path.unlink()
    if becomes == "link":
        path.symlink_to(__file__)
    else:
        os.mkfifo(path)
    monkeypatch.setattr(collecting, "files_in_folder", lambda *_: listed)
    submissions, told = collect(tmp_path)
    assert submissions == []
    assert any("was not opened" in each.why for each in told)


def test_what_may_not_be_read_is_told(tmp_path, monkeypatch):
    laid(tmp_path, {"ada/x.ipynb": notebook(), "bob/x.ipynb": notebook(), "cy/x.ipynb": notebook()})
    real_open, real_scan = os.open, os.scandir

    def refuse(path, *words, call):
        if "ada" in str(path) if call is real_open else "bob" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return call(path, *words)

    monkeypatch.setattr(os, "open", lambda *words, **_: refuse(*words, call=real_open))
    monkeypatch.setattr(os, "scandir", lambda *words: refuse(*words, call=real_scan))
    submissions, told = collect(tmp_path)
    assert [each.student for each in submissions] == ["cy"]
    assert sum("Permission denied" in each.why for each in told) == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/etc/x.ipynb", "root"),
        ("../x.ipynb", "'..'"),
        ("a/../../x.ipynb", "'..'"),
        ("a\\..\\x.ipynb", "backslash"),
        ("C:/x.ipynb", "drive"),
        ("x\0.ipynb", "NUL"),
        ("a" * 500 + ".ipynb", "longer"),
        ("é" * 200 + ".ipynb", "longer"),
        ("a/" * 60 + "x.ipynb", "folders"),
        ("x\n.ipynb", "control"),
        ("x\x1b[2J.ipynb", "control"),
        ("x\u202ebnypi.ipynb", "control"),
    ],
)
def test_a_path_that_is_a_trick_is_told_and_not_read(tmp_path, name, said):
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    laid(tmp_path, {"ada.zip": packed({info: notebook(), "02a_downhill.ipynb": notebook()}), "bob/x.ipynb": notebook()})
    submissions, told = collect(tmp_path)
    assert list(submissions[0].files) == ["02a_downhill.ipynb"]
    assert len(told) == 1 and said in told[0].why
    assert told[0].where.isprintable() and len(told[0].where) < 1000


def test_names_on_the_disk_that_cannot_be_shown_are_told(tmp_path):
    laid(tmp_path, {"ada/02a_downhill.ipynb": notebook()})
    for name in (b"x\n.ipynb", b"\xff.ipynb"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/ada/" + name)).write_bytes(notebook())
    submissions, told = collect(tmp_path)
    assert list(submissions[0].files) == ["02a_downhill.ipynb"]
    assert len(told) == 2 and all(each.where.isprintable() for each in told)


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_device_in_a_zip_is_told(tmp_path, mode):
    info = zipfile.ZipInfo("link.ipynb")
    info.external_attr = (mode | 0o777) << 16
    laid(
        tmp_path,
        {"ada.zip": packed({info: b"/etc/passwd", "02a_downhill.ipynb": notebook()}), "bob/x.ipynb": notebook()},
    )
    submissions, told = collect(tmp_path)
    assert list(submissions[0].files) == ["02a_downhill.ipynb"]
    assert "was not opened" in told[0].why


def test_what_is_too_large_is_told(tmp_path):
    large = b"#" + bytes(20_000_000)
    stored = packed({"x.ipynb": large}, compress_type=zipfile.ZIP_STORED)
    laid(tmp_path, {"ada/x.ipynb": large, "bob.zip": stored, "cy/x.ipynb": notebook()})
    submissions, told = collect(tmp_path)
    assert [each.student for each in submissions] == ["cy"]
    assert sum("larger than 20 MB" in each.why for each in told) == 2


def test_a_bomb_is_stopped_by_its_ratio_and_costs_nobody_else(tmp_path):
    bomb = packed({"x.ipynb": bytes(10_000_000)})
    laid(tmp_path, {"class.zip": packed({"ada/w.zip": bomb, "bob/02a_downhill.ipynb": notebook()})})
    submissions, told = collect(tmp_path)
    assert [each.student for each in submissions] == ["bob"]
    assert any("zip bomb" in each.why and each.where.endswith("ada/w.zip › x.ipynb") for each in told)


def test_a_bomb_is_stopped_by_the_sum_of_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "STUDENT_BYTES", 50_000)
    entries = {f"{n:02}.ipynb": notebook("x" * 10_000) for n in range(20)}
    laid(tmp_path, {"ada.zip": packed(entries), "bob.zip": packed({"02a_downhill.ipynb": notebook()})})
    submissions, told = collect(tmp_path)
    assert [len(each.files) for each in submissions] == [4, 1]
    assert ["together" in each.why for each in told] == [True]


def test_the_size_in_a_header_is_not_believed(tmp_path):
    data = packed({"x.ipynb": bytes(3_000_000)})
    at = data.index(b"PK\1\2")
    forged = data[: at + 24] + struct.pack("<I", 10) + data[at + 28 :]  # says 10 bytes come out of it
    laid(tmp_path, {"ada.zip": forged, "bob/x.ipynb": notebook()})
    submissions, told = collect(tmp_path)
    assert [each.student for each in submissions] == ["bob"]
    assert "cannot be read" in told[0].why + told[1].why


def test_too_many_entries_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "STUDENT_FILES", 10)
    entries = {f"{n:02}.ipynb": notebook() for n in range(30)}
    laid(tmp_path, {"ada/w.zip": packed(entries), "bob/x.ipynb": notebook()})
    submissions, told = collect(tmp_path)
    assert [len(each.files) for each in submissions] == [9, 1]
    assert len(told) == 1 and "10 files of 'ada'" in told[0].why


def test_a_list_of_names_that_is_too_long_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(found_files, "LONGEST_LIST", 70_000)
    entries = {f"{'x' * 200}{n}.ipynb": b"" for n in range(400)}
    laid(tmp_path, {"ada/w.zip": packed(entries), "bob/x.ipynb": notebook()})
    submissions, told = collect(tmp_path)
    assert [each.student for each in submissions] == ["bob"]
    assert "list of names" in told[0].why + told[1].why


def test_zips_are_opened_three_deep_and_no_deeper(tmp_path):
    third = packed({"02a_downhill.ipynb": notebook(), "fourth.zip": packed({"01b_bends_and_layers.ipynb": notebook()})})
    first = packed({"second.zip": packed({"third.zip": third})})
    laid(tmp_path, {"ada/first.zip": first, "bob/02a_downhill.ipynb": notebook()})
    submissions, told = collect(tmp_path)
    assert list(submissions[0].files) == ["02a_downhill.ipynb"]
    assert [each.where.split(" › ")[-1] for each in told] == ["fourth.zip"]
    assert "deeper than 3" in told[0].why


def test_damaged_encrypted_and_rare_zips_are_told(tmp_path):
    good = packed({"x.ipynb": notebook("y" * 1000)})
    encrypted = bytearray(good)
    encrypted[6] |= 1
    encrypted[good.index(b"PK\1\2") + 8] |= 1
    laid(
        tmp_path,
        {"a.zip": b"PK\3\4" + bytes(100), "b.zip": good[:-30], "c.zip": bytes(encrypted), "d/x.ipynb": notebook()},
    )
    laid(
        tmp_path,
        {"e.zip": packed({"x.ipynb": notebook()}, compress_type=zipfile.ZIP_LZMA), "f.zip": b"", "g.zip": good[:40]},
    )
    flipped = bytearray(good)
    flipped[60] ^= 0xFF
    laid(tmp_path, {"h.zip": bytes(flipped)})
    submissions, told = collect(tmp_path)
    assert [each.student for each in submissions] == ["d"]
    said = {Path(each.where.split(" › ")[0]).name: each.why for each in told if "no notebook that can" not in each.why}
    assert set(said) == {"a.zip", "b.zip", "c.zip", "e.zip", "f.zip", "g.zip", "h.zip"}
    assert "encrypted" in said["c.zip"] and "rare way" in said["e.zip"] and "cannot be read" in said["h.zip"]


def test_a_student_cannot_hand_in_for_another(tmp_path):
    forged = "Ada Lovelace_101_assignsubmission_file_/02a_downhill.ipynb"
    entries = MOODLE | {"Eve_7_assignsubmission_file_/w.zip": packed({forged: notebook("eve")})}
    entries |= {f"Eve_7_assignsubmission_file_/{forged}": notebook("eve")}
    entries |= {f"Eve_7_assignsubmission_file_{forged.replace('/', '')}": notebook("eve")}
    submissions, _ = collect(laid(tmp_path, {"class.zip": packed(entries)}))
    files = {each.student: each.files["02a_downhill.ipynb"] for each in submissions}
    assert files["Ada Lovelace_101"] == notebook("a") and files["Eve_7"] == notebook("eve")
    laid(tmp_path / "x", {"eve.zip": packed({forged: notebook("eve")}), "ada.zip": packed({"a.ipynb": notebook()})})
    assert list(taken(tmp_path / "x")[0]) == ["ada", "eve"]


PARTS = st.sampled_from(
    ["..", ".", "a", "A", "x.ipynb", "x (1).ipynb", "w.zip", "C:", "~", "y.py", "é", "", "\\", "x.pdf", ".h"]
)
NAMES = st.lists(PARTS, min_size=1, max_size=5).map("/".join) | st.text(min_size=1, max_size=20).filter(
    lambda text: text.encode("utf-8", "ignore").decode() == text
)
DATA = st.sampled_from([b"", b"x", notebook(), packed({"x.ipynb": notebook(), "../y.ipynb": b"1"})])


@given(st.dictionaries(NAMES, DATA, max_size=6))
@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_zip_leads_outside_of_itself_and_nothing_in_it_is_lost(tmp_path, entries):
    (tmp_path / "class").mkdir(exist_ok=True)
    infos = {}
    for name, data in entries.items():
        info = zipfile.ZipInfo("x", MARCH)
        info.filename = info.orig_filename = name
        infos[info] = data
    laid(tmp_path / "class", {"ada.zip": packed(infos), "bob/x.ipynb": notebook()})
    submissions, told = collect(tmp_path / "class")
    assert {each.student for each in submissions} <= {"ada", "bob"}
    for name in (name for each in submissions for name in each.files):
        assert "/" not in name and "\\" not in name and name not in ("..", ".") and not trick_in(name, in_zip=True)
    assert all(each.where.isprintable() and str(tmp_path) in each.where for each in told)
    assert len(list(tmp_path.rglob("*"))) == 4
    if entries and len(submissions) == 1:
        assert any("ada" in each.where for each in told)


@given(st.binary(max_size=200), st.integers(0, 400), st.binary(max_size=4))
@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_of_a_zip_raises(tmp_path, tail, at, change):
    data = packed({"x.ipynb": notebook(), "deep/w.zip": packed({"y.ipynb": notebook()})})
    at %= len(data)
    place = laid(tmp_path, {"ada.zip": data[:at] + change + data[at + len(change) :] + tail, "bob/x.ipynb": notebook()})
    submissions, told = collect(place)
    assert submissions[-1].student == "bob" and isinstance(submissions[-1], Submission)
    assert len(submissions) == 2 or any(isinstance(each, NotUnderstood) and "ada" in each.where for each in told)
