"""`python -m course_lib grade` as an instructor calls it: what it says before anybody uses the marks."""

import json

import pytest

from course_lib.cli import main
from course_lib.grading.assignment import COURSE

SOLVED = (COURSE / "solutions" / "02a_downhill.ipynb").read_text("utf-8")
CLASS = ["--exercises", "2.1,2.2"]


def handed_out(folder, *words):
    assert main(["assign", "02a_downhill", *CLASS, *words, "--out", str(folder)]) == 0
    return folder / "assignment.json"


def downloads(folder, **students):
    folder.mkdir()
    for student, text in students.items():
        (folder / f"{student}.ipynb").write_text(text, "utf-8")
    return folder


def grade(place, assignment, out, *words):
    return main(["grade", str(place), "--assignment", str(assignment), "--out", str(out), "--jobs", "1", *words])


@pytest.fixture
def week(tmp_path):
    return handed_out(tmp_path / "week", "--question", "2:Why is the sum divided by n?")


def test_marks_tables_and_pages_are_written_and_what_is_not_read_is_told(week, tmp_path, capsys):
    assert grade(downloads(tmp_path / "in", ada=SOLVED), week, tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert "1 student, 3 exercises, 4 points in all." in said
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"class.html", "students", "records", "marks.csv", "marks.json", "moodle.csv", "canvas.csv"} <= names
    assert (tmp_path / "out" / "marks.csv").read_text().splitlines()[1].startswith("ada,1,1,0,")  # no answer in words


def test_answers_in_words_that_are_not_read_are_told(week, tmp_path, capsys):
    released = (week.parent / "release" / "02a_downhill.ipynb").read_text("utf-8")
    assert grade(downloads(tmp_path / "in", ada=released), week, tmp_path / "out") == 0
    assert "Answers in words are not read yet, of 1 student" in capsys.readouterr().out
    assert (tmp_path / "out" / "marks.csv").read_text().splitlines()[1].startswith("ada,0,0,,")


def test_points_set_by_hand_before_and_not_now_are_told(week, tmp_path, capsys):
    place, out = downloads(tmp_path / "in", ada=SOLVED), tmp_path / "out"
    overrides = tmp_path / "overrides.csv"
    overrides.write_text("student,exercise,points,reason\nada,2.1,0.5,late night\n")
    assert grade(place, week, out, "--overrides", str(overrides)) == 0
    capsys.readouterr()
    assert grade(place, week, out) == 0
    assert "Set by hand before, and not now: ada 2.1. Give --overrides again." in capsys.readouterr().out


def test_a_wrong_override_is_told_before_anything_is_marked(week, tmp_path, capsys):
    overrides = tmp_path / "overrides.csv"
    overrides.write_text("student,exercise,points,reason\nadda,2.1,0.5,late night\n")
    assert grade(downloads(tmp_path / "in", ada=SOLVED), week, tmp_path / "out", "--overrides", str(overrides)) == 2
    assert "line 2: there is no student 'adda'. Did you mean 'ada'?" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_marks_of_another_assignment_are_not_overwritten(week, tmp_path, capsys):
    place, out = downloads(tmp_path / "in", ada=SOLVED), tmp_path / "out"
    assert grade(place, week, out) == 0
    before = (out / "marks.csv").read_bytes()
    other = handed_out(tmp_path / "other", "--title", "Week 3")
    assert grade(place, other, out) == 2
    assert "the marks of another assignment, '02a_downhill' with 2.1, 2.2, text-1" in capsys.readouterr().err
    assert (out / "marks.csv").read_bytes() == before


def test_what_assign_wrote_is_no_class(week, tmp_path, capsys):
    assert grade(week.parent, week, tmp_path / "out") == 2
    assert "is what `assign` wrote" in capsys.readouterr().err


def test_notebooks_of_another_assignment_are_noticed(week, tmp_path, capsys):
    handed_out(tmp_path / "cohort", "--cohort-seed", "7")
    released = (tmp_path / "cohort" / "release" / "02a_downhill.ipynb").read_text("utf-8")
    assert 'variant=\\"' in released
    assert grade(downloads(tmp_path / "in", ada=released), week, tmp_path / "out") == 0
    assert "WARNING: the notebooks of 1 student were handed out with other forms" in capsys.readouterr().out
    notes = json.loads((tmp_path / "out" / "records" / "ada.json").read_text())["exercises"]["2.2"]["notes"]
    assert any(each.startswith("The notebook was handed out with another form of this exercise: ") for each in notes)


def test_one_students_extra_files_do_not_decide_what_counts(tmp_path, capsys):
    place = downloads(tmp_path / "in", **{f"{name}_02a_downhill": SOLVED for name in ("ada", "bob", "cem")})
    (place / "eve").mkdir()
    for stem in ("01b_bends_and_layers", "02a_downhill", "05_overfitting"):
        (place / "eve" / f"{stem}.ipynb").write_text(SOLVED, "utf-8")
    assert main(["grade", str(place), "--out", str(tmp_path / "out"), "--jobs", "1"]) == 0
    assert "the exercises of 02a_downhill count a point each" in capsys.readouterr().out


def test_a_student_is_forgotten(week, tmp_path, capsys):
    place, out = downloads(tmp_path / "in", ada=SOLVED, bob=SOLVED), tmp_path / "out"
    assert grade(place, week, out) == 0
    assert grade(place, week, out, "--forget", "ada") == 0
    assert [path.stem for path in (out / "records").iterdir()] == ["bob"]
    assert [path.stem for path in (out / "students").iterdir()] == ["bob"]
    assert grade(place, week, out, "--forget", "ada") == 2
    assert "keeps nothing of a student 'ada'" in capsys.readouterr().err
