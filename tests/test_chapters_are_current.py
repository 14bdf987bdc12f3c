"""The notebooks in chapters/ and solutions/ are what their sources make, and each exercise has its check."""

import json
import shutil
from pathlib import Path

import pytest

from course_lib.authoring.build import build
from course_lib.authoring.source import HEADING
from course_lib.checks.registry import chapter_numbers, exercises

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "solutions").glob("[0-9][0-9]*_*.py"))
NOTEBOOKS = sorted([*(ROOT / "chapters").glob("*.ipynb"), *(ROOT / "solutions").glob("*.ipynb")])


def relative(path):
    return path.relative_to(ROOT).as_posix()


def test_every_notebook_is_what_its_source_makes_and_none_is_missing_or_left_over(tmp_path):
    (tmp_path / "solutions").mkdir()
    for path in SOURCES:
        shutil.copy(path, tmp_path / "solutions")
    made = {path.as_posix(): (tmp_path / path).read_text(encoding="utf-8") for path in build(tmp_path)}
    present = {relative(path): path.read_text(encoding="utf-8") for path in NOTEBOOKS}
    assert len(made) == 2 * len(SOURCES)
    assert sorted(present) == sorted(made), "run `make chapters`"
    different = [path for path, text in made.items() if present[path] != text]
    assert different == [], "run `make chapters`"


def test_every_exercise_has_a_heading_and_a_check_under_the_same_title():
    headings = []
    for path in SOURCES:
        lines = path.read_text(encoding="utf-8").splitlines()
        headings += HEADING.findall("\n".join(line.removeprefix("# ") for line in lines))
    checks = [(each.number, each.title) for chapter in chapter_numbers() for each in exercises(chapter)]
    assert sorted(headings) == sorted(checks)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=relative)
def test_a_notebook_carries_no_outputs_counts_or_widget_state(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert "widgets" not in notebook["metadata"]
    for cell in notebook["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert not cell.get("attachments")
        allowed = {"tags", "jupyter", "nbgrader"} if path.parent.name == "chapters" else {"tags"}
        assert set(cell["metadata"]) <= allowed


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.parent.name == "chapters"], ids=relative)
def test_a_chapter_for_learners_holds_no_solution(path):
    text = path.read_text(encoding="utf-8")
    assert "SOLUTION" not in text
    assert not any("solution" in cell["metadata"].get("tags", []) for cell in json.loads(text)["cells"])


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.parent.name == "chapters"], ids=relative)
def test_every_exercise_has_one_cell_to_write_and_one_that_is_graded(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    marked = [cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    numbers = [number.replace(".", "-") for number, _ in HEADING.findall("\n".join(texts))]
    assert [each["grade_id"] for each in marked] == [
        identity for number in numbers for identity in (f"exercise-{number}", f"check-{number}")
    ]
    assert [(each["solution"], each["grade"], each.get("points")) for each in marked] == [
        (True, False, None),
        (False, True, 1),
    ] * len(numbers)
