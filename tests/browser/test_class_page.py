"""The instructor's page in a real browser: what was set by hand is saved as the file that `grade` reads."""

import dataclasses

import pytest

from course_lib.grading.assignment import Assignment, Task
from course_lib.grading.class_run import StudentRecord
from course_lib.grading.pages import write_pages
from course_lib.grading.totals import Override, marks_of, read_overrides

NAME = "<b>\"ada\", 'x'</b>"


def task(number, kind):
    return Task(number, number, kind, "f", "02a_downhill", (), {}, "")


def record(student):
    found = {"status": "passed", "points": 1.0, "of": 1.0, "message": "", "hint": "", "place": "", "source": ""}
    found |= {"hidden": False, "stopped": "", "printed": "", "notes": [], "pictures": []}
    exercises = {"2.4": found, "text-1": found | {"status": "by_hand", "points": 0.0}}
    return StudentRecord(student, [], None, exercises, code={"text-1": "Because."})


@pytest.mark.parametrize("width", [1366, 800])
def test_points_by_hand_are_saved_with_those_of_other_exercises(chromium, tmp_path, width):
    assignment = Assignment("Week", {"2.4": task("2.4", "function"), "text-1": task("text-1", "text")})
    before = [Override(NAME, "2.4", 0.5, 'said "so", twice'), Override("bob", "text-1", 0.25, "short")]
    write_pages(marks_of([record(NAME), record("bob")], assignment, before), assignment, tmp_path)
    page = chromium.new_context(viewport={"width": width, "height": 640}, accept_downloads=True).new_page()
    told = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto((tmp_path / "class.html").as_uri())
    page.locator("input.points").first.fill("1")
    with page.expect_download() as saved:
        page.click("#save")
    after = [dataclasses.replace(each, where="") for each in read_overrides(saved.value.path())]
    assert after == [before[0], Override(NAME, "text-1", 1.0, "read by hand"), before[1]]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
