"""A class's work is found in every layout of downloads, whatever lies beside it."""

import io
import os
import string
import struct
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.grading.collect import CollectError, collect, safe_name
from examples import examples
from handed_in import (
    APRIL,
    BLACKBOARD,
    CANVAS,
    CANVAS_IDS,
    MARCH,
    MOODLE,
    MOODLE_IDS,
    below,
    laid,
    notebook,
    packed,
    taken,
)

TWO = {"ada": ["02a_downhill.ipynb"], "bob": ["02a_downhill.ipynb"]}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"ada.ipynb": notebook(), "bob.ipynb": notebook()}, {"ada": ["ada.ipynb"], "bob": ["bob.ipynb"]}),
        ({"ada_02a_downhill.ipynb": notebook(), "02a_downhill-bob.ipynb": notebook()}, TWO),
        ({"ada.py": b"x = 1", "bob (1).ipynb": notebook()}, {"ada": ["ada.py"], "bob": ["bob.ipynb"]}),
        ({"ada/02a_downhill.ipynb": notebook(), "bob/a/b/02a_downhill.ipynb": notebook()}, TWO),
        (
            {f"submitted/{student}/week2/02a_downhill.ipynb": notebook() for student in ("ada", "bob")},
            TWO,
        ),
        ({"ada.zip": packed({"02a_downhill.ipynb": notebook()}), "bob/02a_downhill.ipynb": notebook()}, TWO),
        ({"ada/w.zip": packed({"02a_downhill.ipynb": notebook()}), "bob/02a_downhill.ipynb": notebook()}, TWO),
        (
            {f"{name}/{week}/{week}.ipynb": notebook() for name in TWO for week in ("one", "two")},
            {name: ["one.ipynb", "two.ipynb"] for name in TWO},
        ),
        (MOODLE, MOODLE_IDS),
        ({name.replace("_/", "_").replace("deep/", ""): data for name, data in MOODLE.items()}, MOODLE_IDS),
        ({"class.zip": packed(MOODLE)}, MOODLE_IDS),
        ({"all.zip": packed({"class.zip": packed(MOODLE)})}, MOODLE_IDS),
        ({"a.zip": packed(MOODLE), "b.zip": packed(CANVAS)}, MOODLE_IDS | CANVAS_IDS),
        ({"s/a.zip": packed(MOODLE), "s/b.zip": packed(CANVAS)}, MOODLE_IDS | CANVAS_IDS),
        ({"a.zip": packed(below("week2", MOODLE)), "roster.csv": b"x"}, MOODLE_IDS),
        (CANVAS, CANVAS_IDS),
        ({"submissions.zip": packed(CANVAS)}, CANVAS_IDS),
        (
            {"lovelaceada_11_9001_w.zip": packed({"02a_downhill.ipynb": notebook()}), "text_html_1.html": b"x"},
            {"lovelaceada_11": ["02a_downhill.ipynb"]},
        ),
        ({"anon_x7Yz2_9001_02a_downhill.ipynb": notebook()}, {"anon_x7Yz2": ["02a_downhill.ipynb"]}),
        (BLACKBOARD, TWO),
        ({"class.zip": packed({"ada/02a_downhill.ipynb": notebook(), "bob/02a_downhill.ipynb": notebook()})}, TWO),
        ({"class.zip": packed({"ada_02a_downhill.ipynb": notebook(), "bob_02a_downhill.ipynb": notebook()})}, TWO),
        ({"class.zip": packed(below("class", {f"{n}/02a_downhill.ipynb": notebook() for n in TWO}))}, TWO),
        ({"ada.zip": packed({"01b_bends_and_layers.ipynb": notebook(), "my_network.py": b"x = 1"})},
         {"ada": ["01b_bends_and_layers.ipynb", "my_network.py"]}),
        ({"ada/02a_downhill.ipynb": notebook()}, {"ada": ["02a_downhill.ipynb"]}),
    ],
)  # fmt: skip
def test_each_layout_of_downloads_is_found(tmp_path, files, expected):
    found, told = taken(laid(tmp_path, files))
    assert found == expected, told


def test_a_zip_may_be_the_place_itself(tmp_path):
    place = laid(tmp_path, {"class.zip": packed(MOODLE)}) / "class.zip"
    submissions, told = collect(place)
    assert [each.student for each in submissions] == list(MOODLE_IDS)
    assert told == []
    assert submissions[0].where == f"{place} › Ada Lovelace_101_assignsubmission_file_"
    assert submissions[0].files == {"02a_downhill.ipynb": notebook("a")}


def test_nbgraders_course_is_read_in_its_folder_of_submitted_work_alone(tmp_path):
    files = {
        "submitted/ada/w/02a_downhill.ipynb": notebook(),
        "submitted/ada/w/timestamp.txt": b"2026-03-01 12:00:00.5 UTC",
    }
    files |= {"source/w/02a_downhill.ipynb": notebook(), "autograded/ada/w/02a_downhill.ipynb": notebook()}
    submissions, told = collect(laid(tmp_path, files))
    assert [each.student for each in submissions] == ["ada"]
    assert submissions[0].handed_in == datetime(2026, 3, 1, 12, 0, 0, 500_000, UTC)
    assert [Path(each.where).name for each in told] == ["autograded", "source"]
    again, _ = collect(tmp_path / "submitted")
    assert [each.handed_in for each in again] == [submissions[0].handed_in]


def test_a_file_that_is_named_as_nbgraders_folder_is_told(tmp_path):
    files = {"submitted/ada/w/02a_downhill.ipynb": notebook(), "submitted": notebook()}
    found, told = taken(laid(tmp_path, {"class.zip": packed(files)}))
    assert found == {"ada": ["02a_downhill.ipynb"]}
    assert "A folder has the same name" in told


def test_a_students_own_timestamp_is_no_time(tmp_path):
    files = {"ada/w/02a_downhill.ipynb": notebook(), "ada/w/timestamp.txt": b"2001-01-01 00:00:00 UTC"}
    (found,), told = collect(laid(tmp_path, files))
    assert found.handed_in.year > 2001
    assert "timestamp.txt" in told[0].where


def test_the_time_comes_from_the_platform_its_zip_or_the_file(tmp_path):
    local = datetime(*MARCH).astimezone()
    laid(tmp_path, {"b/" + name: data for name, data in BLACKBOARD.items()} | {"m/class.zip": packed(MOODLE)})
    laid(tmp_path, {"f/ada.ipynb": notebook()})
    os.utime(tmp_path / "f/ada.ipynb", (1_000_000_000, 1_000_000_000))
    assert collect(tmp_path / "b")[0][0].handed_in == local
    assert collect(tmp_path / "m")[0][0].handed_in == local
    assert collect(tmp_path / "f")[0][0].handed_in == datetime.fromtimestamp(1_000_000_000, UTC)
    assert all(each.handed_in.tzinfo for place in "bmf" for each in collect(tmp_path / place)[0])


def test_a_zip_that_says_the_time_in_utc_is_believed_before_its_clock(tmp_path):
    info = zipfile.ZipInfo("ada/02a_downhill.ipynb", APRIL)
    info.extra = struct.pack("<HHBi", 0x5455, 5, 1, 1_700_000_000)
    laid(tmp_path, {"class.zip": packed({info: notebook(), "bob/02a_downhill.ipynb": notebook()})})
    assert collect(tmp_path)[0][0].handed_in == datetime.fromtimestamp(1_700_000_000, UTC)


def test_a_zip_without_times_says_none(tmp_path):
    laid(tmp_path, {"class.zip": packed(MOODLE, time=(1980, 1, 1, 0, 0, 0))})
    assert [each.handed_in for each in collect(tmp_path)[0]] == [None, None]


def test_a_students_own_zip_does_not_say_when_it_was_handed_in(tmp_path):
    early = packed({"02a_downhill.ipynb": notebook()}, time=(1999, 1, 1, 0, 0, 0))
    place = laid(tmp_path, {"ada.zip": early, "bob.zip": early})
    os.utime(place / "ada.zip", (1_700_000_000, 1_700_000_000))
    assert collect(place)[0][0].handed_in == datetime.fromtimestamp(1_700_000_000, UTC)
    inner = laid(tmp_path / "x", {"class.zip": packed({"ada.zip": early, "bob.zip": early}, time=APRIL)})
    assert collect(inner, "(?P<student>ada|bob)")[0][0].handed_in == datetime(*APRIL).astimezone()


def test_of_two_files_for_one_notebook_the_newest_counts_and_it_is_told(tmp_path):
    place = laid(tmp_path, {"ada/02a_downhill.ipynb": notebook("old"), "ada/02a_downhill (1).ipynb": notebook("new")})
    os.utime(place / "ada/02a_downhill.ipynb", (1_600_000_000, 1_600_000_000))
    (found,), told = collect(place)
    assert found.files == {"02a_downhill.ipynb": notebook("new")}
    assert [each.where for each in told] == [f"{place}/ada/02a_downhill.ipynb"]
    assert "newest counts" in told[0].why and "02a_downhill (1).ipynb" in told[0].why
    os.utime(place / "ada/02a_downhill (1).ipynb", (1_500_000_000, 1_500_000_000))
    (found,), _ = collect(place)
    assert found.files == {"02a_downhill.ipynb": notebook("old")}
    assert found.handed_in == datetime.fromtimestamp(1_600_000_000, UTC)


def test_canvas_counts_the_later_attempt_where_times_say_nothing(tmp_path):
    names = ["02a_downhill-10", "02a_downhill", "02a_downhill-2"]
    entries = {f"ada_11_900{number}_{name}.ipynb": notebook(name) for number, name in enumerate(names)}
    laid(tmp_path, {"class.zip": packed(entries | CANVAS)})
    submissions, told = collect(tmp_path)
    assert submissions[0].files == {"02a_downhill.ipynb": notebook("02a_downhill-10")}
    assert sum("newest counts" in each.why for each in told) == 2


def test_a_number_that_belongs_to_the_name_stays(tmp_path):
    laid(tmp_path, {f"ada_11_900{n}_part-{n}.ipynb": notebook() for n in (1, 2)})
    assert taken(tmp_path)[0] == {"ada_11": ["part-1.ipynb", "part-2.ipynb"]}


def test_names_that_differ_in_case_or_unicode_form_are_one_notebook(tmp_path):
    entries = {
        "X.ipynb": notebook("1"),
        "x.ipynb": notebook("2"),
        "e\u0301.ipynb": notebook("3"),
        "\xe9.ipynb": notebook("4"),
    }
    submissions, told = collect(laid(tmp_path, {"ada/w.zip": packed(entries), "bob/x.ipynb": notebook()}))
    assert len(submissions[0].files) == 2
    assert sum("newest counts" in each.why for each in told) == 2


def test_a_pattern_says_whose_a_file_is(tmp_path):
    files = {"g1/w2-ada.ipynb": notebook(), "g2.zip": packed({"w2-bob.ipynb": notebook(), "what.ipynb": notebook()})}
    found, told = taken(laid(tmp_path, files), r"/w\d-(?P<student>\w+)\.ipynb$")
    assert found == {"ada": ["w2-ada.ipynb"], "bob": ["w2-bob.ipynb"]}
    assert "g2.zip › what.ipynb: The pattern finds no student in 'g2.zip/what.ipynb'" in told


@pytest.mark.parametrize("pattern", ["(?P<student>", "ada", "(?P<name>.*)", "(?P<student>a)(?P<student>b)", "*"])
def test_a_wrong_pattern_is_a_clear_error(tmp_path, pattern):
    with pytest.raises(CollectError, match=r"Expected one like \(\?P<student>"):
        collect(tmp_path, pattern)


def test_a_place_that_is_none_is_a_clear_error(tmp_path):
    laid(tmp_path, {"a.txt": b"x", "b.zip": b"not a zip"})
    os.mkfifo(tmp_path / "pipe.zip")
    for name, said in {"no": "is not there", "a.txt": "neither", "b.zip": "not a zip", "pipe.zip": "neither"}.items():
        with pytest.raises(CollectError, match=said):
            collect(tmp_path / name)


def test_a_name_of_the_course_is_no_student(tmp_path):
    found, told = taken(
        laid(tmp_path, {"02a_downhill.ipynb": notebook(), "my_network.py": b"x", "ada.ipynb": notebook()})
    )
    assert found == {"ada": ["ada.ipynb"]}
    assert told.count("says no student") == 2


def test_rubbish_is_passed_over_in_silence_and_nothing_else_is(tmp_path):
    rubbish = [
        "__MACOSX/._02a_downhill.ipynb",
        ".ipynb_checkpoints/02a_downhill-checkpoint.ipynb",
        ".DS_Store",
        "Thumbs.db",
    ]
    files = dict.fromkeys(rubbish, b"x") | {"02a_downhill.ipynb": notebook()}
    found, told = taken(laid(tmp_path, below("ada", files) | {"bob.zip": packed(files)}))
    assert (found, told) == (TWO, "")
    laid(tmp_path, {"ada/report.pdf": b"x", "ada/notes.docx": b"x", "ada/readme": b"x", "ada/empty.ipynb": b" \n"})
    _, told = taken(tmp_path)
    assert [kind in told for kind in (".pdf", ".docx", "without an ending", "The file is empty")] == [True] * 4


def test_many_files_of_one_kind_are_counted(tmp_path):
    files = {f"ada/pictures/{number}.png": b"x" for number in range(50)} | {"ada/02a_downhill.ipynb": notebook()}
    _, told = collect(laid(tmp_path, files))
    assert len(told) == 4
    assert "47 more files" in "".join(each.why for each in told)


def test_a_thousand_files_of_one_student_do_not_hide_what_is_told_of_another(tmp_path):
    entries = {f"{number}.ipynb": b"" for number in range(300)} | {f"x ({n}).ipynb": notebook() for n in range(300)}
    entries |= {f"../{number}.ipynb": b"" for number in range(300)}
    _, told = collect(laid(tmp_path, {"ada.zip": packed(entries), "bob/empty.ipynb": b""}))
    assert len(told) == 20 + 1 + 20 + 1 + 2
    more = [each.why for each in told if " more " in each.why]
    assert more == ["280 more entries of this zip were not read.", "579 more files of 'ada' were not taken."]
    assert f"{tmp_path}/bob/empty.ipynb" in [each.where for each in told]


def test_who_handed_in_nothing_that_can_be_read_is_told(tmp_path):
    laid(
        tmp_path, {"ada/report.pdf": b"x", "bob.zip": packed({"__MACOSX/x": b""}), "cy/02a_downhill.ipynb": notebook()}
    )
    (tmp_path / "dan").mkdir()
    found, told = taken(tmp_path)
    assert list(found) == ["cy"]
    assert "Of 'ada' there is no notebook" in told and "Of 'bob' there is no notebook" in told
    assert "/dan: The folder is empty" in told


def test_a_zip_that_holds_nothing_and_an_empty_folder_in_one_are_told(tmp_path):
    entries = {"cy/02a_downhill.ipynb": notebook(), "dan/": b"", "cy/sub/": b"", "cy/": b""}
    laid(tmp_path, {"a/x.zip": packed({"__MACOSX/x": b""}), "b/class.zip": packed(entries)})
    assert ("x.zip: The zip holds no file" in taken(tmp_path / "a")[1]) is True
    found, told = taken(tmp_path / "b", "(?P<student>cy|dan)/")
    assert found == {"cy": ["02a_downhill.ipynb"]}
    assert [line.split(" › ")[1] for line in told.split("\n")] == [
        f"{name}/: The folder is empty. Was nothing handed in, or not downloaded?" for name in ("cy/sub", "dan")
    ]


def test_a_name_in_utf_8_is_read_where_the_zip_does_not_say_that_it_is(tmp_path):
    data = packed({"Zoë/02a_downhill.ipynb": notebook(), "bob/02a_downhill.ipynb": notebook()})
    data = data.replace(b"\x00\x08\x08\x00", b"\x00\x00\x08\x00")  # the flag for UTF-8, before deflate's number
    assert not any(info.flag_bits & 0x800 for info in zipfile.ZipFile(io.BytesIO(data)).infolist())
    assert list(taken(laid(tmp_path, {"class.zip": data}))[0]) == ["Zoë", "bob"]


def test_ids_that_differ_in_case_are_kept_apart_and_told(tmp_path):
    entries = {f"{name}/02a_downhill.ipynb": notebook(name) for name in ("Ada", "ada", "Zoë", "Zoe\u0308", "bob")}
    submissions, told = collect(laid(tmp_path, {"class.zip": packed(entries)}))
    assert sorted(each.student for each in submissions) == sorted(["Ada", "ada", "Zoë", "Zoe\u0308", "bob"])
    assert sum("kept apart" in each.why for each in told) == 2
    assert len({safe_name(each.student).casefold() for each in submissions}) == 5


def test_one_id_in_two_classes_is_told(tmp_path):
    laid(
        tmp_path,
        {"a.zip": packed(MOODLE), "b.zip": packed(MOODLE | {"Cy_9_assignsubmission_file_/x.ipynb": notebook()})},
    )
    _, told = collect(tmp_path)
    assert sum("taken for one" in each.why for each in told) == 2


@pytest.mark.parametrize("student", ["<b>ada", "=1+1", "$(rm -rf x)", "'; drop table", "Ада", "a" * 200, "&amp;"])
def test_an_id_is_kept_as_it_is(tmp_path, student):
    laid(tmp_path, {f"{student}/02a_downhill.ipynb": notebook(), "bob/02a_downhill.ipynb": notebook()})
    assert student in taken(tmp_path)[0]


IDS = st.text(max_size=6) | st.text("aA-._01ß", max_size=4) | st.sampled_from(["CON", "nul.x", "..", "-x", "x" * 99])


@given(st.lists(IDS, unique=True, max_size=8))
@settings(max_examples=examples(100), deadline=None)
def test_safe_names_are_safe_and_never_the_same(students):
    names = [safe_name(each) for each in students]
    allowed = set(string.ascii_letters + string.digits + "._-")
    for name in names:
        assert set(name) <= allowed and 1 <= len(name) <= 60 and name[0] not in ".-"
        assert name.split(".")[0].lower() not in {"con", "nul", "aux", "com1"}
    assert len({name.casefold() for name in names}) == len(students)


def test_a_safe_name_cannot_be_taken_by_another_id():
    assert safe_name("ada.lovelace_1") == "ada.lovelace_1"
    assert safe_name("Ada").startswith("Ada-")
    assert safe_name(safe_name("Ada").lower()) != safe_name("Ada").lower()


def test_nothing_is_written_and_the_order_is_always_the_same(tmp_path):
    place = laid(tmp_path, MOODLE | {"x.pdf": b"1", "y.pdf": b"1", "Cy_1_assignsubmission_file_/a.zip": packed(CANVAS)})
    before = sorted((str(path), path.stat().st_mtime_ns) for path in place.rglob("*"))
    first, second = collect(place), collect(place)
    assert first == second
    assert [each.student for each in first[0]] == sorted(each.student for each in first[0])
    assert first[1] == sorted(first[1], key=lambda each: each.where)
    assert sorted((str(path), path.stat().st_mtime_ns) for path in place.rglob("*")) == before


def test_a_class_of_two_hundred_is_collected(tmp_path):
    entries = {f"Student {n}_{n}_assignsubmission_file_/02a_downhill.ipynb": notebook(str(n)) for n in range(200)}
    submissions, told = collect(laid(tmp_path, {"class.zip": packed(entries)}))
    assert len(submissions) == 200 and told == []
    assert max(each.handed_in for each in submissions) - min(each.handed_in for each in submissions) == timedelta(0)
