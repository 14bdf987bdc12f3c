"""The syllabus in INSTRUCTORS.md: what the notebooks say of themselves, and nothing that somebody typed."""

import argparse
import json
import re

import pytest

from course_lib.authoring import syllabus
from course_lib.authoring.syllabus import SyllabusError, block, chapter_of, chapters, run, syllabus_difference
from course_lib.checks.registry import exercises

FIRST = """# Chapter 7 · Transfer

Why it comes now.

**When you are done, you can**

1. reuse a network;
2. say, with a figure,
   when that pays.

**Time:** about 50 minutes of reading and trying, 20 more for the two exercises, and 15 more for a
walk. Sections 1 and 2, 3, and 4 make three good sittings.

**You need:** about 90 minutes of sleep."""
CHECK = {"nbgrader": {"grade": True, "points": 2.5}}


def text(source):
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def code(source, metadata=None):
    return {"cell_type": "code", "metadata": metadata or {}, "source": source.splitlines(keepends=True)}


CELLS = [
    text(FIRST),
    code("from course_lib.learner import check"),
    text("### Exercise 7.1 · Freeze\n\nDo it."),
    code('check("7.1", freeze)'),
    text("### Exercise 7.2 · Thaw"),
    code('check("7.2", thaw)', CHECK),
]


def made_course(folder, first=FIRST):
    (folder / "chapters").mkdir()
    notebook = {"cells": [text(first), *CELLS[1:]]}
    (folder / "chapters" / "07_transfer.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (folder / "INSTRUCTORS.md").write_text(
        "Mine.\n<!-- syllabus:begin -->\n<!-- syllabus:end -->\nMine too.\n", encoding="utf-8"
    )
    return folder


def test_the_syllabus_of_the_course_is_current():
    assert (found := syllabus_difference()) is None, found


def test_the_syllabus_has_every_exercise_of_the_checks_under_its_title():
    said = {number: title for each in chapters() for number, title in each.exercises.items()}
    assert said == {each.number: each.title for each in exercises()}
    assert sum(each.points for each in chapters()) == len(said)


def test_a_notebook_is_read_with_its_outcomes_its_minutes_and_its_points():
    found = chapter_of("07_transfer", CELLS)
    assert (found.label, found.title) == ("7", "Transfer")
    assert found.outcomes == ("reuse a network", "say, with a figure, when that pays")
    assert found.minutes == 50 + 20 + 15
    assert found.sittings == 3
    assert found.exercises == {"7.1": "Freeze", "7.2": "Thaw"}
    assert found.points == 1 + 2.5


def test_an_evening_says_its_number_with_a_letter_and_its_minutes_alone():
    first = "# 7b · Thaw\n\n**When you are done, you can**\n\n1. thaw;\n\n**Time:** 42 minutes with its two exercises."
    found = chapter_of("07b_thaw", [text(first), *CELLS[1:]])
    assert (found.label, found.title, found.minutes, found.sittings) == ("7b", "Thaw", 42, 1)
    one = first.replace("two exercises", "exercise")
    assert chapter_of("07b_thaw", [text(one), *CELLS[1:4]]).minutes == 42
    with pytest.raises(SyllabusError, match="it has 2"):
        chapter_of("07b_thaw", [text(one), *CELLS[1:]])


def test_a_notebook_without_exercises_and_sittings_is_one_evening_without_points():
    first = FIRST.replace(", 20 more for the two exercises", "").partition("Sections")[0]
    found = chapter_of("07_transfer", [text(first)])
    assert (found.sittings, found.exercises, found.points) == (1, {}, 0)


@pytest.mark.parametrize(
    ("taken_out", "named"),
    [
        ("# Chapter 7 · Transfer", "# Chapter 3 · Title"),
        ("**When you are done, you can**", "numbered list"),
        ("**Time:**", "about 45 minutes"),
        ("about 50 minutes of reading and trying, 20 more for the two exercises, and 15 more", "for 0 exercises"),
        ("two exercises", "it has 2"),
    ],
)
def test_what_a_notebook_does_not_say_is_named_with_the_file_to_mend(taken_out, named):
    with pytest.raises(SyllabusError, match=re.escape(named)) as raised:
        chapter_of("07_transfer", [text(FIRST.replace(taken_out, "")), *CELLS[1:]])
    assert "solutions/07_transfer.py" in str(raised.value)


@pytest.mark.parametrize(("count", "named"), [("three exercises", "for 3 exercises"), ("2 exercises", "'2'")])
def test_a_wrong_or_unreadable_count_of_exercises_is_named(count, named):
    with pytest.raises(SyllabusError, match=re.escape(named)):
        chapter_of("07_transfer", [text(FIRST.replace("two exercises", count)), *CELLS[1:]])


def test_hours_are_added_up_over_the_chapters():
    one = chapter_of("07_transfer", CELLS)
    rows = [line for line in block([one, one]).splitlines() if line.startswith("|")]
    assert rows[2] == "| [7 · Transfer](chapters/07_transfer.ipynb) | 1:25 | 3 | 2 | 3.5 |"
    assert rows[-1] == "| all | 2:50 | 6 | 4 | 7 |"


def test_the_command_writes_between_the_comments_and_check_only_tells(tmp_path, capsys):
    course = made_course(tmp_path)
    before = (course / "INSTRUCTORS.md").read_text(encoding="utf-8")
    assert run(argparse.Namespace(check=True), course) == 1
    said = capsys.readouterr().out
    assert "INSTRUCTORS.md, line 3, says" in said and syllabus.COMMAND in said
    assert (course / "INSTRUCTORS.md").read_text(encoding="utf-8") == before
    assert run(argparse.Namespace(check=False), course) == 0
    written = (course / "INSTRUCTORS.md").read_text(encoding="utf-8")
    assert written.startswith("Mine.\n") and written.endswith("\nMine too.\n") and "- reuse a network\n" in written
    assert run(argparse.Namespace(check=True), course) == 0


@pytest.mark.parametrize("check", [True, False])
def test_what_cannot_be_read_is_told_and_changes_nothing(tmp_path, capsys, check):
    course = made_course(tmp_path, FIRST.replace("**Time:**", "Time:"))
    before = (course / "INSTRUCTORS.md").read_text(encoding="utf-8")
    assert run(argparse.Namespace(check=check), course) == 1
    assert "07_transfer" in capsys.readouterr().err
    assert (course / "INSTRUCTORS.md").read_text(encoding="utf-8") == before
    (course / "INSTRUCTORS.md").unlink()
    (course / "chapters" / "07_transfer.ipynb").unlink()
    assert run(argparse.Namespace(check=check), course) == 1
    assert "clone of the course" in capsys.readouterr().err
