"""From records to marks: late work, points set by hand, the sum."""

from datetime import UTC, datetime, timedelta

import pytest

from course_lib.grading.assignment import Assignment, Late, Task
from course_lib.grading.class_run import StudentRecord
from course_lib.grading.totals import Override, OverrideError, days_late, marks_of, read_overrides

DUE = datetime(2026, 5, 1, 18, tzinfo=UTC)


RULE = Late(10, 30, 5)


def assignment(late=RULE):
    tasks = {
        n: Task(n, "Title", "function", "f", "02a_downhill", (), {}, "", points=p)
        for n, p in (("2.1", 2.0), ("2.4", 4.0))
    }
    return Assignment("Work", tasks, due=DUE, late=late)


def record(student="ada", handed_in=DUE, points=(2.0, 4.0)):
    exercises = {number: {"points": value} for number, value in zip(("2.1", "2.4"), points, strict=True)}
    return StudentRecord(student, [], handed_in.isoformat() if handed_in else None, exercises)


@pytest.mark.parametrize(
    ("late_by", "days", "total"),
    [
        (timedelta(0), 0, 6.0),
        (timedelta(seconds=1), 1, 5.4),
        (timedelta(days=1), 1, 5.4),
        (timedelta(days=1, seconds=1), 2, 4.8),
        (timedelta(days=4), 4, 4.2),
        (timedelta(days=5, seconds=1), 6, 0.0),
        (timedelta(days=-3), 0, 6.0),
    ],
)
def test_late_work_costs_what_the_rule_says(late_by, days, total):
    (mark,) = marks_of([record(handed_in=DUE + late_by)], assignment())
    assert (mark.days_late, mark.total, mark.of) == (days, total, 6.0)
    assert mark.penalty == pytest.approx(6.0 - total)


def test_where_no_time_is_known_nothing_is_taken_off():
    (mark,) = marks_of([record(handed_in=None)], assignment())
    assert mark.total == 6.0 and days_late(DUE + timedelta(days=9), None) == 0


def test_points_set_by_hand_take_the_place_of_the_others():
    overrides = [Override("ada", "2.4", 1.5, "talked it over")]
    ada, bob = marks_of([record(), record("bob")], assignment(), overrides)
    assert (ada.points, ada.total, ada.overrides["2.4"].reason) == ({"2.1": 2.0, "2.4": 1.5}, 3.5, "talked it over")
    assert bob.total == 6.0 and not bob.overrides


@pytest.mark.parametrize("override", [Override("eve", "2.4", 1, "x"), Override("ada", "9.9", 1, "x")])
def test_an_override_of_nobody_or_nothing_is_an_error(override):
    with pytest.raises(OverrideError, match=r"no student 'eve'|no exercise '9\.9'"):
        marks_of([record()], assignment(), [override])


def test_an_override_says_where_it_stands_and_what_comes_near():
    with pytest.raises(OverrideError, match=r"o\.csv, line 2: there is no student 'adda'\. Did you mean 'ada'\?"):
        marks_of([record()], assignment(), [Override("adda", "2.4", 1, "x", "o.csv, line 2")])
    with pytest.raises(OverrideError, match=r"5 points for 2\.4, which has 4"):
        marks_of([record()], assignment(), [Override("ada", "2.4", 5, "x")])


def test_a_file_with_semicolons_and_decimal_commas_is_read(tmp_path):
    path = tmp_path / "overrides.csv"
    path.write_text("student;exercise;points;reason\nada;2.4;0,5;at the board, in March\n")
    assert [(each.points, each.reason) for each in read_overrides(path)] == [(0.5, "at the board, in March")]


def test_the_file_of_overrides_is_read(tmp_path):
    path = tmp_path / "overrides.csv"
    path.write_text('\ufeffstudent,exercise,points,reason\n"a,b",2.4,1.5,"said so, twice"\n\n', "utf-8")
    assert read_overrides(path) == [Override("a,b", "2.4", 1.5, "said so, twice", f"{path}, line 2")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line is 'nothing'"),
        ("name,points\n", "first line is 'name,points'"),
        ("student,exercise,points,reason\nada,2.4,1\n", "line 2: 3 columns"),
        ("student,exercise,points,reason\nada,2.4,much,x\n", "'much'"),
        ("student,exercise,points,reason\nada,2.4,-1,x\n", "'-1'"),
        ("student,exercise,points,reason\nada,2.4,nan,x\n", "'nan'"),
        ("student,exercise,points,reason\nada,2.4,1, \n", "no reason"),
        ("student,exercise,points,reason\nada,2.4,1,x\nada,2.4,2,y\n", "twice"),
    ],
)
def test_a_line_that_cannot_be_taken_is_named(tmp_path, text, words):
    path = tmp_path / "overrides.csv"
    path.write_text(text)
    with pytest.raises(OverrideError, match=words):
        read_overrides(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(OverrideError, match="cannot be read"):
        read_overrides(tmp_path / "none.csv")
