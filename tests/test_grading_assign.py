"""Handing out: what a class gets, what it must not get, and what marking gets to know of it."""

import ast
import csv
import json
import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import numpy as np
import pytest

from course_lib.authoring.regions import find_regions
from course_lib.checks.drawn_questions import question
from course_lib.cli import main
from course_lib.grading import handout
from course_lib.grading.assignment import read_assignment
from course_lib.grading.handout import moment_text
from course_lib.grading.jail import Jail
from course_lib.grading.marking import mark
from course_lib.grading.sandbox import NoSandbox, working_sandbox
from course_lib.grading.student_work import Work, find_work
from course_lib.grading.submitted_notebook import read_notebook
from course_lib.learner import giving
from requirements import debian_package, require_or_skip

ROOT = Path(__file__).resolve().parents[1]
DUE = "2126-12-24T18:00+01:00"


def assign(folder, *words):
    return main(["assign", *words, "--out", str(folder)])


def released(folder, stem="02a_downhill"):
    return json.loads((folder / "release" / f"{stem}.ipynb").read_text("utf-8"))


def texts(notebook):
    return ["".join(cell["source"]) for cell in notebook["cells"]]


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """Exercises 2.1 and 2.2 of chapter 2, with everything that can be said, in this cohort's own form."""
    folder = tmp_path_factory.mktemp("handed_out") / "week_2"
    words = ["02a_downhill", "--exercises", "2.2,2.1", "--points", "2.2=2.5", "--due", DUE, "--late", "10:50:7"]
    assert assign(folder, *words, "--cohort-seed", "7", "--title", "Week 2", "--otter") == 0
    return folder


# ---- the release ----------------------------------------------------------------------------------------------------


def test_the_first_cell_says_what_to_hand_in_until_when_and_what_counts(handed_out):
    first = texts(released(handed_out))[0]
    for words in (
        "# Week 2",
        "this notebook, `02a_downhill.ipynb`",
        "Tuesday, December 24, 2126, 18:00 (UTC+01:00)",
        "Each day or part of a day after that costs 10% of the points, and at most 50%.",
        "more than 7 days late gets no points",
        "| 2.1 · Mean squared error, one line | 1 |\n| 2.2 · One step of gradient descent | 2.5 |",
        "on other inputs of the same kind",
        "**Read the text of 2.2 with care.**",
    ):
        assert words in first
    assert "2.3" not in first and "The other exercises are for practice." in first


def test_every_exercise_says_whether_it_counts_and_nbgrader_hears_the_same(handed_out):
    notebook = released(handed_out)
    whole = "\n".join(texts(notebook))
    assert "### Exercise 2.2 · One step of gradient descent\n\n*2.5 points.*\n" in whole
    assert "### Exercise 2.1 · Mean squared error, one line\n\n*1 point.*\n" in whole
    assert whole.count("*For practice: it does not count.*") == 1
    marked = [cell["metadata"]["nbgrader"] for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
    assert {each["grade_id"]: each["points"] for each in marked if each["grade"]} == {"check-2-1": 1, "check-2-2": 2.5}
    assert sum(each["solution"] for each in marked) == 3


def test_the_rest_of_the_notebook_is_the_chapter(handed_out):
    chapter = json.loads((ROOT / "chapters" / "02a_downhill.ipynb").read_text("utf-8"))
    notebook = released(handed_out)
    nbformat.validate(nbformat.from_dict(notebook))
    said = "\n\n*For practice: it does not count.*"
    same = [one.replace(said, "") == other for one, other in zip(texts(notebook)[1:], texts(chapter), strict=True)]
    assert len(same) - sum(same) == 4  # the headings of 2.1 and 2.2, the cell of 2.2, and its check
    assert [cell["id"] for cell in notebook["cells"]][1:] == [cell["id"] for cell in chapter["cells"]]


def test_the_form_of_this_class_is_in_the_text_the_stub_and_the_check(handed_out):
    notebook = texts(released(handed_out))
    assert any("`line_step(0.1, 0, 2, np.array([1, 2, 3]), np.array([1, 6, 8]))` gives 0.2 and" in t for t in notebook)
    assert any(text.startswith("def line_step(learning_rate, b, w, x, y):") for text in notebook)
    assert 'check("2.2", line_step, variant="b_before_w")' in notebook
    task = read_assignment(handed_out / "assignment.json").tasks["2.2"]
    assert (task.variant, task.points, task.name) == ("b_before_w", 2.5, "line_step")


def test_nothing_of_the_solutions_and_no_seed_is_in_a_release(tmp_path):
    assert assign(tmp_path / "out", "01", "02", "03", "04", "05", "06", "--cohort-seed", "3") == 0
    seed, found = read_assignment(tmp_path / "out" / "assignment.json").seed, 0
    for path in sorted((tmp_path / "out" / "release").glob("*.ipynb")):
        text = "\n".join(texts(json.loads(path.read_text("utf-8"))))
        source = (ROOT / "solutions" / f"{path.stem}.py").read_text("utf-8")
        lines, handed = source.splitlines(), set(map(str.strip, text.splitlines()))
        secret = [
            line.strip()
            for region in find_regions(source)[0]
            for line in lines[region.begin + 1 : region.last]
            if len(line.strip()) >= 30 and not line.strip().startswith("#")
        ]
        chapter = set(
            map(str.strip, "\n".join(texts(json.loads((ROOT / "chapters" / path.name).read_text()))).split("\n"))
        )
        found += len(secret)
        assert [line for line in secret if line in handed - chapter] == []
        assert "SOLUTION" not in text and "**Worked solution" not in text
        assert "solutions/" not in path.read_text("utf-8") and str(seed) not in path.read_text("utf-8")
    assert found > 150


def test_the_same_cohort_seed_gives_the_same_release_and_another_hidden_seed(tmp_path):
    for name in ("one", "other"):
        assert assign(tmp_path / name, "02a_downhill", "--cohort-seed", "11", "--due", DUE) == 0
    one, other = (tmp_path / name for name in ("one", "other"))
    assert (one / "release" / "02a_downhill.ipynb").read_bytes() == (
        other / "release" / "02a_downhill.ipynb"
    ).read_bytes()
    seeds = [read_assignment(each / "assignment.json").seed for each in (one, other)]
    assert seeds[0] != seeds[1] and min(seeds) > 2**64
    np.random.default_rng([seeds[0], 7]).normal()


def test_without_a_cohort_seed_the_exercises_are_the_course_s_own(tmp_path, capsys):
    assert assign(tmp_path / "out", "02a_downhill.ipynb") == 0
    assert "variant=" not in "\n".join(texts(released(tmp_path / "out")))
    assignment = read_assignment(tmp_path / "out" / "assignment.json")
    assert (assignment.title, assignment.points, assignment.due, assignment.cohort_seed) == (
        "02a_downhill",
        3,
        None,
        None,
    )
    assert "3 exercises, 3 points in all." in capsys.readouterr().out
    first = texts(released(tmp_path / "out"))[0]
    assert "Due" not in first and "for practice" not in first


def test_only_you_may_read_the_assignment(handed_out):
    assert stat.S_IMODE((handed_out / "assignment.json").stat().st_mode) == 0o600
    assignment = read_assignment(handed_out / "assignment.json")
    assert list(assignment.tasks) == ["2.1", "2.2"]
    assert (assignment.cohort_seed, assignment.due.isoformat()) == (7, "2126-12-24T18:00:00+01:00")
    assert (assignment.late.percent_a_day, assignment.late.at_most, assignment.late.closed_after) == (10, 50, 7)


# ---- what cannot be asked -------------------------------------------------------------------------------------------

PAST = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["02a_downhil"], "There is no notebook '02a_downhil'. Did you mean '02a_downhill'?"),
        (["00_thirty_minutes"], "Nothing of 00_thirty_minutes would count. It has no exercises."),
        (["02a", "--exercises", "2.11"], "There is no exercise '2.11' in 02a_downhill. There are: 2.1, 2.2,"),
        (["02a", "03", "--exercises", "2.1"], "Nothing of 03_unstable_gradients would count. None of the exercises"),
        (["02a", "--exercises", ","], "--exercises is ','"),
        (["02a", "--due", "2126-12-24T18:00"], "without a time zone"),
        (["02a", "--due", "tomorrow"], "--due is 'tomorrow'; expected a day and a time with its zone"),
        (["02a", "--due", PAST], "which is in the past"),
        (["02a", "--late", "10"], "--late needs a --due"),
        (["02a", "--due", DUE, "--late", "110"], "--late is '110'; expected PERCENT"),
        (["02a", "--due", DUE, "--late", "10:20:30:40"], "--late is '10:20:30:40'"),
        (["02a", "--due", DUE, "--late", "x"], "--late is 'x'"),
        (["02a", "--cohort-seed", "-3"], "--cohort-seed is '-3'; expected a whole number from 0"),
        (["02a", "--cohort-seed", "1.5"], "--cohort-seed is '1.5'"),
        (["02a", "--cohort-seed", "9" * 5000], "expected a whole number"),
        (["02a", "--points", "2.2=0"], "--points has '2.2=0'; expected an exercise and its points, above 0"),
        (["02a", "--points", "2.2=nan"], "--points has '2.2=nan'"),
        (["02a", "--points", "2.2"], "--points has '2.2'"),
        (["02a", "--exercises", "2.1", "--points", "2.2=2"], "--points has '2.2', which does not count"),
        (["02", "03", "--otter"], "otter-grader grades one notebook"),
        (["02z"], "There is no notebook '02z'"),
        (["02x"], "Nothing of 02x_loose_ends would count. It has no exercises."),
        (["02", "--exercises", "3.1"], "Nothing of chapter 02 would count. None of the exercises named is in it."),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(tmp_path, capsys, words, said):
    words = [f"{word}={words[place + 1]}" if word == "--cohort-seed" else word for place, word in enumerate(words)]
    words = [word for place, word in enumerate(words) if not (place and words[place - 1].startswith("--cohort-seed="))]
    assert assign(tmp_path / "out", *words) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "stems"),
    [
        (["02b"], ["02b_back_through_the_network"]),
        (["chapters/02a_downhill.ipynb", "02a"], ["02a_downhill"]),
        (["02", "--exercises", "2.1,2.4"], ["02a_downhill", "02b_back_through_the_network"]),
        (["01", "--exercises", "1.7"], ["01c_what_bends_are_for"]),
    ],
)
def test_a_chapter_means_those_of_its_evenings_in_which_something_counts(tmp_path, words, stems):
    assert assign(tmp_path, *words) == 0
    assert sorted(path.stem for path in (tmp_path / "release").glob("*.ipynb")) == stems


def test_what_students_may_have_is_replaced_only_if_asked(tmp_path, capsys):
    folder = tmp_path / "out"
    assert assign(folder, "02a", "--title", "First") == 0
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert assign(folder, "02a", "--title", "Second") == 2
    assert "has an assignment already, which students may have" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert assign(folder, "02a", "--title", "Second", "--overwrite") == 0
    assert texts(released(folder))[0].startswith("# Second")
    assert assign(folder, "03", "--overwrite") == 2
    assert "holds 02a_downhill.ipynb, which is no part of this" in capsys.readouterr().err


def test_tests_of_an_exercise_that_no_longer_counts_are_not_left_for_otter(tmp_path, capsys):
    folder = tmp_path / "out"
    assert assign(folder, "02a", "--exercises", "2.1,2.2", "--otter") == 0
    assert assign(folder, "02a", "--exercises", "2.1", "--otter", "--overwrite") == 2
    assert "holds q2_2.py, which is no part of this" in capsys.readouterr().err
    assert "2.2" in read_assignment(folder / "assignment.json").tasks


def test_a_place_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert assign(tmp_path / "file", "02a", "--exercises", "2.1") == 2
    assert str(tmp_path / "file") in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("jupytext", ["there", "missing"])
def test_a_notebook_that_somebody_worked_in_is_not_handed_out(tmp_path, capsys, monkeypatch, jupytext):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "solutions").mkdir()
    for folder, ending in (("chapters", "ipynb"), ("solutions", "py")):
        text = (ROOT / folder / f"02a_downhill.{ending}").read_text("utf-8")
        (tmp_path / folder / f"02a_downhill.{ending}").write_text(text, "utf-8")
    monkeypatch.setattr(handout, "COURSE", tmp_path)
    if jupytext == "missing":
        monkeypatch.setitem(__import__("sys").modules, "jupytext", None)
    assert assign(tmp_path / "first", "02a") == 0
    path = tmp_path / "chapters" / "02a_downhill.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["execution_count"] = 3
    path.write_text(json.dumps(notebook), "utf-8")
    assert assign(tmp_path / "second", "02a") == 2
    assert "is not as the course has it, so that it may hold answers" in capsys.readouterr().err


def test_a_moment_has_its_zone():
    assert moment_text(datetime(2026, 2, 1, 9, 5, tzinfo=UTC)) == "Sunday, February 1, 2026, 09:05 (UTC)"


# ---- marking --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sandbox():
    try:
        return working_sandbox()
    except NoSandbox as error:
        require_or_skip(False, str(error), debian_package("bubblewrap"))


ADAPTED = """
def line_step(learning_rate, b, w, x, y):
    errors = w * x + b - y
    return b - learning_rate * 2 * errors.mean(), w - learning_rate * 2 * (errors * x).mean()
"""
CHANGES_ITS_INPUT = ADAPTED.replace("    errors", "    x *= 2\n    errors")
PUBLIC = """
def descent_step(x, y, w, b, learning_rate):
    errors = w * x + b - y
    return w - learning_rate * 2 * (errors * x).mean(), b - learning_rate * 2 * errors.mean()
line_step = descent_step
"""


@pytest.mark.parametrize(
    ("text", "points", "said"),
    [
        (ADAPTED, 2.5, ""),
        (PUBLIC, 0.0, "This is right in the course's own form. You were given another one: the function is `line_step"),
        (CHANGES_ITS_INPUT, 0.0, "changes its input `x`"),
        (ADAPTED.replace("return", "return 7,"), 0.0, "expected 2 values"),
        (ADAPTED.replace("w * x", "undefined"), 0.0, "NameError"),
    ],
)
def test_marking_asks_for_the_form_that_the_class_was_given(handed_out, sandbox, text, points, said):
    assignment = read_assignment(handed_out / "assignment.json")
    work = {number: Work(task, text=None, name=task.name) for number, task in assignment.tasks.items()}
    work["2.2"].text = text
    record = mark(work, assignment, sandbox).record["2.2"]
    assert record["points"] == points
    assert said in record["message"]


@pytest.mark.parametrize(
    ("number", "stem", "text"),
    [
        ("1.5", "01b_bends_and_layers", "def predicted_outputs():\n    return {}"),
        ("5.8", "05_overfitting", "def diagnoses():\n    return {}"),
        ("6.7", "06_default_configuration", "def flaws():\n    return {}"),
    ],
)
def test_a_question_of_this_class_is_asked_and_marked(tmp_path, sandbox, number, stem, text):
    assert assign(tmp_path / "out", stem, "--exercises", number, "--cohort-seed", "12", "--otter") == 0
    notebook = texts(released(tmp_path / "out", stem))
    chapter = texts(json.loads((ROOT / "chapters" / f"{stem}.ipynb").read_text("utf-8")))
    assert sum(one != other for one, other in zip(notebook[1:], chapter, strict=True)) > 3
    assert any(each.startswith(f'check("{number}", ') and each.endswith(", question=12)") for each in notebook)
    (test,) = (tmp_path / "out" / "otter" / "tests").iterdir()
    assert 'form="", question=12)' in test.read_text("utf-8")
    assignment = read_assignment(tmp_path / "out" / "assignment.json")
    task = assignment.tasks[number]
    points = {}
    for seed in (12, 13):
        work = {number: Work(task, text=text.format(question(number, seed).answer), name=task.name)}
        points[seed] = mark(work, assignment, sandbox).record[number]["points"]
    assert points == {12: 1, 13: 0}


LAYERS = """
import numpy as np
def forward(x, layers):
    values = [x]
    for place, (bias, weights) in enumerate(layers, start=1):
        sums = np.asarray(values[-1]) @ weights + bias
        values.append(np.maximum(sums, 0) if place < len(layers) else sums)
    {last}
    return values
"""


@pytest.mark.parametrize(("last", "said"), [("pass", ""), ("layers.pop()", "`layers`"), ("bias += 1", "`layers`")])
def test_changed_lists_and_arrays_are_seen_through_the_adapter(tmp_path, sandbox, last, said):
    assert assign(tmp_path / "out", "01", "--exercises", "1.6", "--cohort-seed", "1") == 0
    assignment = read_assignment(tmp_path / "out" / "assignment.json")
    work = {"1.6": Work(assignment.tasks["1.6"], text=LAYERS.format(last=last), name="forward")}
    record = mark(work, assignment, sandbox).record["1.6"]
    assert (record["status"] == "passed") == (not said), record
    assert said in record["message"]


def test_what_was_handed_out_comes_back_and_is_graded(handed_out, sandbox, tmp_path):
    for student, text in (("anna", ADAPTED), ("ben", PUBLIC)):
        notebook = released(handed_out)
        cell = next(each for each in notebook["cells"] if "".join(each["source"]).startswith("def line_step"))
        cell["source"] = text
        (tmp_path / "class" / student).mkdir(parents=True)
        (tmp_path / "class" / student / "02a_downhill.ipynb").write_text(json.dumps(notebook), "utf-8")
    words = [str(tmp_path / "class"), "--out", str(tmp_path / "reports"), "--jobs", "1"]
    assert main(["grade", *words, "--assignment", str(handed_out / "assignment.json")]) == 0
    with open(tmp_path / "reports" / "marks.csv", encoding="utf-8", newline="") as file:
        marks = {row["student"]: (row["2.1"], row["2.2"], row["total"], row["of"]) for row in csv.DictReader(file)}
    assert marks == {"anna": ("0", "2.5", "2.5", "3.5"), "ben": ("0", "0", "0", "3.5")}
    (page,) = (tmp_path / "reports" / "students").glob("*ben*.html")
    assert "You were given another one" in page.read_text("utf-8")


# ---- other graders --------------------------------------------------------------------------------------------------


def test_the_tests_for_otter_ask_run_check_and_not_check(handed_out):
    files = {path.name: path.read_text("utf-8") for path in (handed_out / "otter" / "tests").glob("*.py")}
    assert sorted(files) == ["q2_1.py", "q2_2.py"]
    for text in files.values():
        ast.parse(text)
        assert not re.search(r"import check\b|(?<!run_)check\(", text)
    assert 'run_check_in_form("2.2", line_step, form="b_before_w", question=None)' in files["q2_2.py"]
    assert "points = 2.5" in files["q2_2.py"]


def test_the_configuration_of_nbgrader_is_python_that_takes_nothing_out(handed_out, monkeypatch):
    monkeypatch.setenv(giving.MARKED, "")  # the configuration sets it, for this test alone
    text = (handed_out / "nbgrader_config.py").read_text("utf-8")
    seen = {}

    class Settings:
        def __init__(self, path=""):
            self.__dict__["path"] = path

        def __getattr__(self, name):
            return Settings(f"{self.path}.{name}")

        def __setattr__(self, name, value):
            seen[f"{self.path}.{name}".strip(".")] = value

    exec(text, {"get_config": Settings})
    assert seen["ClearSolutions.enabled"] is False
    assert os.environ[giving.MARKED] == "2.1 2.2"
    assert "NAME=week_2;" in text


def test_a_jail_is_not_needed_to_hand_out(tmp_path, monkeypatch):
    monkeypatch.setattr(Jail, "_start", None)
    assert assign(tmp_path / "out", "06") == 0


def test_a_question_in_words_is_handed_out_and_kept_for_a_reader(tmp_path):
    asked = ["--question", "2:Why is the sum divided by n?", "--question", "1.5:What does the bias do?"]
    assert main(["assign", "02a_downhill", "--exercises", "2.1", *asked, "--out", str(tmp_path)]) == 0
    assignment = read_assignment(tmp_path / "assignment.json")
    assert [(task.number, task.points) for task in assignment.tasks.values()][1:] == [("text-1", 2.0), ("text-2", 1.5)]
    notebook = json.loads((tmp_path / "release" / "02a_downhill.ipynb").read_text("utf-8"))
    (answer,) = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == "text-1"]
    answer["source"] = "Because it is a mean."
    found = find_work(read_notebook(json.dumps(notebook).encode()), assignment.tasks)
    assert found["text-1"].text == "Because it is a mean." and found["text-2"].text is not None
    assert any("Why is the sum divided by n?" in "".join(cell["source"]) for cell in notebook["cells"])


@pytest.mark.parametrize("text", ["Why?", "0:Why?", "2:", "much:Why?"])
def test_a_question_without_points_or_words_is_named(text, tmp_path, capsys):
    assert main(["assign", "02a_downhill", "--question", text, "--out", str(tmp_path / "out")]) == 2
    assert repr(text) in capsys.readouterr().err
