"""The evenings: their minutes are counted and not guessed, their exercises are used, and the course agrees on them."""

import ast
import json
import re
from pathlib import Path

import pytest

from course_lib.authoring.minutes import MOST_MINUTES, evenings, is_evening
from course_lib.authoring.regions import solution_text
from course_lib.authoring.source import read_source
from course_lib.checks.registry import chapter_of, exercises
from course_lib.grading.assignment import checked_name
from course_lib.learner import answers
from course_lib.learner.board import ROWS
from course_lib.learner.progress import EVENINGS
from course_notebooks import notebook_of, notebook_path

ROOT = Path(__file__).resolve().parents[1]
MINUTES = evenings(ROOT)
STEMS = {stem.split("_")[0]: stem for stem in MINUTES}
SHORT = 30  # minutes of chapter 0, whose title says so
KNOWN = [pytest.param(each, id=each.number) for each in exercises()]
OF_EVENINGS = [pytest.param(each, id=each.number) for each in exercises(1) + exercises(2)]


def code_cells(stem, folder="chapters"):
    notebook = json.loads((ROOT / folder / f"{stem}.ipynb").read_text("utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def calls_of(text, name):
    """The calls `name(...)` anywhere in a cell."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return [node for node in found if getattr(node.func, "id", None) == name]


# ---- an evening is one sitting --------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", MINUTES)
def test_an_evening_says_the_minutes_that_it_takes_and_they_are_one_sitting(stem):
    first = "".join(notebook_cells(stem)[0]["source"])
    assert re.search(r"^\*\*Time:\*\* (\d+) minutes", first, re.MULTILINE)[1] == f"{MINUTES[stem].total}"
    assert MINUTES[stem].total <= MOST_MINUTES
    assert MINUTES[stem].total < SHORT or not stem.startswith("00_")


@pytest.mark.parametrize("stem", MINUTES)
def test_no_open_cell_is_longer_than_one_reads_at_a_glance(stem):
    """But for an exercise that gives a whole broken loop to mend: its lines are what is asked."""
    own = [f"def {each.name}(" for each in exercises(1) + exercises(2)]
    assert [first for first in MINUTES[stem].long_cells if not first.startswith(tuple(own))] == []


def notebook_cells(stem):
    return json.loads((ROOT / "chapters" / f"{stem}.ipynb").read_text("utf-8"))["cells"]


# ---- what is written is used ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", OF_EVENINGS)
def test_an_exercise_is_used_in_a_later_cell_of_its_own_notebook(each):
    cells = code_cells(notebook_path(each.number).stem)
    (check,) = [place for place, text in enumerate(cells) if text.startswith(f'check("{each.number}"')]
    later = [call for text in cells[check + 1 :] for call in calls_of(text, "yours")]
    assert each.number in [call.args[0].value for call in later]


@pytest.mark.parametrize("each", OF_EVENINGS)
def test_the_solution_in_the_notebook_is_the_answer_that_the_course_gives(each):
    source = (ROOT / "solutions" / f"{notebook_path(each.number).stem}.py").read_text("utf-8")
    cells = re.split(r"^# %%.*$", source, flags=re.MULTILINE)
    (cell,) = [cell for cell in cells if "# BEGIN SOLUTION" in cell and f"\ndef {each.name}(" in cell]
    (in_notebook,) = definitions(solution_text(cell), each.name)
    (in_course,) = definitions(Path(answers.__file__).read_text("utf-8"), each.name)
    assert ast.unparse(in_notebook) == ast.unparse(in_course)
    assert ast.get_docstring(in_notebook) == ast.get_docstring(in_course)


def definitions(text, name):
    return [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == name]


@pytest.mark.parametrize("each", KNOWN)
def test_an_exercise_has_the_name_of_the_function_that_its_notebook_checks(each):
    (call,) = [
        call
        for cell in notebook_of(each.number)["cells"]
        if cell["cell_type"] == "code" and "".join(cell["source"]).startswith(f'check("{each.number}"')
        for call in calls_of("".join(cell["source"]), "check")
    ]
    assert call.args[1].id == each.name


def test_no_two_exercises_have_the_same_name():
    """What has passed is remembered by it."""
    names = [each.name for each in exercises()]
    assert sorted({name for name in names if names.count(name) > 1}) == []


# ---- the course agrees with itself ----------------------------------------------------------------------------------


def test_no_two_predictions_have_the_same_key():
    keys = [
        call.args[0].value
        for path in sorted((ROOT / "chapters").glob("*.ipynb"))
        for text in code_cells(path.stem)
        for call in calls_of(text, "Prediction")
    ]
    assert len(keys) > 60
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


def test_what_is_recalled_was_predicted_in_the_same_notebook_before():
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        asked = set()
        for text in code_cells(path.stem):
            asked |= {call.args[0].value for call in calls_of(text, "Prediction")}
            recalled = {call.args[0].value for call in calls_of(text, "recall")}
            assert recalled <= asked, path.stem


def test_the_card_of_progress_has_the_exercises_of_each_evening_in_their_order():
    there = {}
    for stem in MINUTES:
        names = [name for text in code_cells(stem) for _, name in [checked_name(ast.parse(text).body) or (0, "")]]
        if any(names):
            there[stem.split("_")[0]] = tuple(filter(None, names))
    assert there == EVENINGS


def test_each_row_of_the_board_is_filled_by_the_evening_that_it_names():
    filled = {}
    for evening, stem in STEMS.items():
        for text in code_cells(stem):
            for call in calls_of(text, "board"):
                filled |= {word.arg: evening for word in call.keywords if word.arg}
                if any(word.arg is None for word in call.keywords):  # board(**numbers): their names stand in the cell
                    keys = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
                    filled |= {row.key: evening for row in ROWS if row.key in keys}
    assert filled == {row.key: row.evening for row in ROWS}


def test_every_evening_with_exercises_ends_with_the_board():
    for evening in EVENINGS:
        last = code_cells(STEMS[evening])[-1]
        assert calls_of(last, "board"), evening


def test_a_chapter_has_its_evenings_with_letters_and_an_appendix_is_none():
    assert {chapter_of(each.number) for each in exercises()} >= {1, 2}
    assert is_evening("01a_what_a_neuron_looks_for") and is_evening("00_thirty_minutes")
    assert not is_evening("01x_history_and_loose_ends") and not is_evening("03_unstable_gradients")
    for stem in MINUTES:
        assert read_source(ROOT / "solutions" / f"{stem}.py")
