"""The marks of a class in the forms that others read."""

import csv
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from course_lib.grading.assignment import Assignment, Task
from course_lib.grading.exports import harmless, number_text, write_marks
from course_lib.grading.totals import Mark

TASKS = {
    number: Task(number, title, "function", "f", "02a_downhill", (), {}, "", (), points)
    for number, title, points in (("2.1", "Mean", 1.0), ("2.4", "Back", 3.0))
}
ASSIGNMENT = Assignment("Week 2", TASKS, 5, datetime(2026, 12, 24, 18, tzinfo=UTC))


@dataclass(frozen=True)
class Record:
    """What of a student's record is needed here."""

    student: str
    handed_in: str | None = "2026-12-24T17:30:00+00:00"
    exercises: dict = field(default_factory=lambda: {"2.1": {"status": "passed"}, "2.4": {"status": "failed"}})


@dataclass(frozen=True)
class Override:
    """Points set by hand."""

    reason: str


def a_mark(record, points, total, **words):
    return Mark(record, points, total, 4.0, **words)


ANNA = a_mark(Record("anna"), {"2.1": 1.0, "2.4": 3.0}, 4.0)
BEN = a_mark(
    Record("ben", "2026-12-25T08:00:00+00:00"), {"2.1": 0.1 + 0.2, "2.4": 0.0}, 0.27, days_late=1, penalty=0.03
)
EVE = a_mark(
    Record("=cmd|' /C calc'!A0", None), {"2.1": 0.0, "2.4": 1.5}, 1.5, overrides={"2.4": Override("half right")}
)


@pytest.fixture
def folder(tmp_path):
    write_marks([BEN, EVE, ANNA], ASSIGNMENT, tmp_path / "marks")
    return tmp_path / "marks"


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_table_has_everything_in_the_order_of_the_ids(folder):
    assert rows(folder / "marks.csv") == [
        ["student", "2.1", "2.4", "handed_in", "days_late", "penalty", "total", "of", "set_by_hand"],
        ["'=cmd|' /C calc'!A0", "0", "1.5", "", "0", "0", "1.5", "4", "2.4"],
        ["anna", "1", "3", "2026-12-24T17:30:00+00:00", "0", "0", "4", "4", ""],
        ["ben", "0.3", "0", "2026-12-25T08:00:00+00:00", "1", "0.03", "0.27", "4", ""],
    ]


def test_the_json_says_the_same_with_numbers_that_are_numbers(folder):
    words = json.loads((folder / "marks.json").read_text("utf-8"))
    assert (words["title"], words["due"]) == ("Week 2", "2026-12-24T18:00:00+00:00")
    assert words["exercises"]["2.4"] == {"title": "Back", "notebook": "02a_downhill", "of": 3, "variant": ""}
    eve, anna, ben = words["students"]
    assert eve["student"] == "=cmd|' /C calc'!A0"  # a program reads this, and no spreadsheet
    assert eve["set_by_hand"] == {"2.4": "half right"}
    assert (anna["total"], anna["status"]) == (4, {"2.1": "passed", "2.4": "failed"})
    assert (ben["points"], ben["penalty"]) == ({"2.1": 0.3, "2.4": 0}, 0.03)


def test_moodle_gets_an_id_a_grade_and_a_line_of_feedback(folder):
    head, *students = rows(folder / "moodle.csv")
    assert head == ["ID number", "Week 2", "Feedback"]
    assert students[2] == ["ben", "0.27", "2.1: 0.3 of 1; 2.4: 0 of 3; late: 0.03 off"]


def test_canvas_gets_its_columns_and_the_points_possible(folder):
    head, possible, _, anna, _ = rows(folder / "canvas.csv")
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Week 2"]
    assert possible == ["    Points Possible", "", "", "", "", "4"]
    assert anna == ["anna", "", "", "anna", "", "4"]


def test_nbgrader_s_columns_are_those_of_its_export_and_its_import_of_students(folder):
    head, _, _, ben = rows(folder / "nbgrader.csv")
    given = dict(zip(head, ben, strict=True))
    assert (given["assignment"], given["student_id"], given["duedate"]) == (
        "Week 2",
        "ben",
        "2026-12-24 18:00:00+00:00",
    )
    scores = [given[name] for name in ("raw_score", "late_submission_penalty", "score", "max_score")]
    assert scores == ["0.3", "0.03", "0.27", "4"]
    assert rows(folder / "nbgrader_students.csv") == [["id"], ["'=cmd|' /C calc'!A0"], ["anna"], ["ben"]]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝"])
def test_no_cell_of_any_table_begins_as_a_formula(tmp_path, begin):
    marks = [replace(ANNA, record=Record(f"{begin}1+1"), overrides={})]
    assignment = replace(ASSIGNMENT, title=f"{begin}HYPERLINK(A1)")
    write_marks(marks, assignment, tmp_path)
    for path in tmp_path.glob("*.csv"):
        for cell in [cell for row in rows(path) for cell in row]:
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))
    assert harmless(f"{begin}x") == f"'{begin}x"
    assert harmless("x=1") == "x=1"


def test_the_same_marks_in_another_order_give_the_same_files(folder, tmp_path):
    write_marks([ANNA, BEN, EVE], ASSIGNMENT, tmp_path / "again")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == files
    assert len(files) == 6


def test_numbers_carry_no_noise():
    assert [number_text(value) for value in (3.0, 2.5, 0.1 + 0.2, 1 / 3, -1e-9, 100, 1234567.5)] == [
        "3",
        "2.5",
        "0.3",
        "0.333333",
        "0",
        "100",
        "1234567.5",
    ]


def test_what_is_not_read_yet_is_no_zero(tmp_path):
    tasks = TASKS | {"text-1": replace(TASKS["2.1"], number="text-1", kind="text", points=2.0)}
    record = Record(
        "anna", exercises={"2.1": {"status": "passed"}, "2.4": {"status": "failed"}, "text-1": {"status": "by_hand"}}
    )
    points = {"2.1": 1.0, "2.4": 0.0, "text-1": 0.0}
    write_marks([a_mark(record, points, 1.0)], replace(ASSIGNMENT, tasks=tasks), tmp_path)
    (row,) = csv.DictReader((tmp_path / "marks.csv").open(newline=""))
    assert (row["2.1"], row["2.4"], row["text-1"]) == ("1", "0", "")
    assert "text-1: not read yet" in (tmp_path / "moodle.csv").read_text()


def test_a_spreadsheet_that_parts_at_semicolons_finds_no_formula(tmp_path):
    write_marks([a_mark(Record("x;=A1+1;"), {"2.1": 1.0, "2.4": 0.0}, 1.0)], ASSIGNMENT, tmp_path)
    assert (tmp_path / "marks.csv").read_text().splitlines()[1].startswith('"x;=A1+1;",')


def test_canvas_own_numbers_are_its_ids(tmp_path):
    write_marks([a_mark(Record("doejane_12345"), {"2.1": 1.0, "2.4": 0.0}, 1.0)], ASSIGNMENT, tmp_path)
    assert (tmp_path / "canvas.csv").read_text().splitlines()[-1] == "doejane,12345,,doejane,,1"
