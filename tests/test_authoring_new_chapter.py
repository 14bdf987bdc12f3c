"""`python -m course_lib.authoring new`: a chapter, or an evening of one, that builds, passes, and has tests."""

import json
import re

import pytest

from course_copy import copy_course, run_pytest, run_python
from course_lib.authoring.__main__ import main
from course_lib.authoring.build import differences
from course_lib.authoring.minutes import MOST_MINUTES, minutes_of


def test_a_new_chapter_builds_passes_and_comes_with_tests_that_pass(tmp_path, capsys):
    (tmp_path / "solutions").mkdir()
    assert main(["--root", str(tmp_path), "new", "97_transfer", "Transfer"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "wrote solutions/97_transfer.py",
        "wrote course_lib/checks/chapter_97/__init__.py",
        "wrote course_lib/checks/chapter_97/mean.py",
        "wrote tests/test_checks_ch97.py",
        "wrote chapters/97_transfer.ipynb",
        "wrote solutions/97_transfer.ipynb",
    ]
    assert differences(tmp_path) == {}
    run = run_pytest(tmp_path)
    assert run.returncode == 0, run.stdout
    assert "13 passed" in run.stdout
    assert main(["--root", str(tmp_path), "new", "97_again", "Again"]) == 1
    assert "Chapter 97 is there already: 97_transfer.py" in capsys.readouterr().err


def begin(course, name):
    return main(["--root", str(course), "new", name, "Transfer"])


def test_an_evening_says_its_minutes_uses_what_is_written_and_runs_open_and_solved(tmp_path, capsys):
    """In a copy of the course's file of answers: an exercise that is open is given by `yours`."""
    (tmp_path / "solutions").mkdir()
    assert begin(tmp_path, "97a_transfer") == 0
    assert begin(tmp_path, "97b_further") == 0
    assert capsys.readouterr().out.splitlines()[-5:] == [
        "wrote solutions/97b_further.py",
        "wrote course_lib/checks/chapter_97/mean_b.py",
        "wrote tests/test_checks_ch97b.py",
        "wrote chapters/97b_further.ipynb",
        "wrote solutions/97b_further.ipynb",
    ]
    assert differences(tmp_path) == {}
    for name, number in (("97a_transfer", "97.1"), ("97b_further", "97.2")):
        cells = json.loads((tmp_path / "chapters" / f"{name}.ipynb").read_text("utf-8"))["cells"]
        minutes = minutes_of(cells)
        said = re.search(r"\*\*Time:\*\* (\d+) minutes", "".join(cells[0]["source"]))[1]
        assert 5 < int(said) == minutes.total <= MOST_MINUTES
        assert minutes.exercises == {number: 5} and minutes.long_cells == ()


def test_an_evening_of_the_course_runs_with_its_exercise_open(tmp_path):
    course = copy_course(tmp_path)
    assert begin(course, "97a_transfer") == 0
    assert "def mean_a(x):" in (course / "course_lib" / "learner" / "answers.py").read_text("utf-8")
    for folder in ("chapters", "solutions"):
        program = (
            "import nbformat, nbclient; "
            f"notebook = nbformat.read('{folder}/97a_transfer.ipynb', as_version=4); "
            "nbclient.NotebookClient(notebook, timeout=120).execute(); "
            "print(str([cell.get('outputs') for cell in notebook.cells]))"
        )
        run = run_python(course, "-c", program)
        assert run.returncode == 0, run.stderr[-2000:]
        assert ("mean_a: the course's own" in run.stdout) == (folder == "chapters")
    run = run_python(course, "-m", "pytest", "-q", "tests/test_checks_ch97a.py")
    assert "3 passed" in run.stdout


@pytest.mark.parametrize(
    ("there", "name", "words"),
    [
        ("97a_transfer", "97a_again", "Evening 97a is there already: 97a_transfer.py"),
        ("97a_transfer", "97_again", "Chapter 97 is there already: 97a_transfer.py"),
        ("97_transfer", "97a_again", "Chapter 97 is there already: 97_transfer.py"),
    ],
)
def test_what_is_there_already_is_not_written_over(there, name, words, tmp_path, capsys):
    (tmp_path / "solutions").mkdir()
    assert begin(tmp_path, there) == 0
    before = sorted(tmp_path.rglob("*"))
    assert begin(tmp_path, name) == 1
    assert words in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "title"), [("7_x", "T"), ("07-x", "T"), ("00_x", "T"), ("07_X", "T"), ("07_x", " "), ("07x_y", "T")]
)
def test_a_chapter_that_cannot_be_named_so_is_refused(tmp_path, capsys, name, title):
    (tmp_path / "solutions").mkdir()
    assert main(["--root", str(tmp_path), "new", name, title]) == 1
    assert "07_transfer" in (said := capsys.readouterr().err) or "title is empty" in said
    assert list(tmp_path.rglob("*.*")) == []
