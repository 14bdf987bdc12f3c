"""tools/bench.py chapters: notebooks run from the top, what is reported, and INSTRUCTORS.md. No test takes a time."""

import json
from pathlib import Path

import nbformat
import pytest

import chapter_times
from bench import main
from chapter_times import FORMS, goals, guide_block, hub_block, measure
from course_lib.benchmarks.results import load_result, make_result, rows_of, section
from course_lib.marked_block import difference
from notebook_run import NotebookRun, run_notebook

ROOT = Path(__file__).resolve().parent.parent
WRITE = "python tools/bench.py chapters --write"
MEGABYTE = 10**6


def write_notebook(path, *cells, tags=()):
    """A notebook with these code cells after a text; `tags` are those of the first code cell."""
    made = [nbformat.v4.new_markdown_cell("A text."), *(nbformat.v4.new_code_cell(cell) for cell in cells)]
    made[1].metadata["tags"] = list(tags)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


# ---- one notebook ---------------------------------------------------------------------------------------------------


def test_what_a_notebook_keeps_of_its_learner_is_not_left_beside_it(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_LEARNER_FOLDER", raising=False)
    path = write_notebook(tmp_path / "keeps.ipynb", "from course_lib.learner import board", "board(linear=0.8)")
    assert run_notebook(path).problem is None
    assert [each.name for each in tmp_path.iterdir()] == ["keeps.ipynb"]


def test_a_notebook_runs_from_the_top_in_its_folder_and_its_memory_and_its_childrens_is_counted(tmp_path):
    hold = "import time; held = b'x' * (100 * 2**20); time.sleep(3)"
    path = write_notebook(
        tmp_path / "small.ipynb",
        "a = 1",
        "a += 1; open('out.txt', 'w').write(str(a))",
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}], check=True)",
    )
    run = run_notebook(path)
    assert run.problem is None
    assert (tmp_path / "out.txt").read_text() == "2"
    assert run.peak > 120 * MEGABYTE  # the child's 100 MiB, and a kernel with its own
    assert run.seconds > 0
    assert run.network


def test_a_notebook_that_may_fail_runs_through(tmp_path):
    path = write_notebook(tmp_path / "exercise.ipynb", "raise NotImplementedError", "1", tags=["raises-exception"])
    assert run_notebook(path).problem is None


def test_the_cell_that_fails_is_named_and_none_after_it_runs(tmp_path):
    path = write_notebook(tmp_path / "bad.ipynb", "a = 1", "\n%time 1\nb = a / 0\nprint(b)", "open('after', 'w')")
    assert run_notebook(path).problem == "code cell 2 (b = a / 0): ZeroDivisionError: division by zero"
    assert not (tmp_path / "after").exists()


def test_a_kernel_that_dies_is_named_with_its_cell(tmp_path):
    path = write_notebook(tmp_path / "dies.ipynb", "1", "import os; os._exit(1)")
    assert run_notebook(path).problem == "code cell 2 (import os; os._exit(1)): the kernel died"


def test_a_file_that_is_no_notebook_was_not_executed(tmp_path):
    path = tmp_path / "no.ipynb"
    path.write_text("{")
    run = run_notebook(path)
    assert run.problem.startswith("was not executed: ")
    assert "no.ipynb" in run.problem or "JSON" in run.problem


# ---- all chapters ---------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with two chapters, whose notebooks "take" what `runs` says, and a guide."""
    for form in FORMS:
        for name in ("01_one", "02_two"):
            write_notebook(tmp_path / form / f"{name}.ipynb", "1")
    (tmp_path / "INSTRUCTORS.md").write_text(
        "Before.\n<!-- chapters:begin -->\n<!-- chapters:end -->\nAfter.\n<!-- hub:begin -->\n<!-- hub:end -->\n"
    )
    runs = {
        "chapters/01_one": (10.0, 200),
        "solutions/01_one": (20.0, 300),
        "chapters/02_two": (30.0, 400),
        "solutions/02_two": (40.5, 500),
    }

    def pretend(path):
        seconds, megabytes = runs[f"{path.parent.name}/{path.stem}"][:2]
        return NotebookRun(seconds, megabytes * MEGABYTE, "cut off", *runs[f"{path.parent.name}/{path.stem}"][2:])

    monkeypatch.setattr(chapter_times, "ROOT", tmp_path)
    monkeypatch.setattr(chapter_times, "run_notebook", pretend)
    monkeypatch.setattr("course_lib.benchmarks.results.RESULTS", tmp_path / "results")
    return tmp_path, runs


def test_the_command_measures_every_chapter_in_both_forms_and_writes_result_and_guide(project, capsys):
    root, _ = project
    assert main(["chapters", "--write"]) == 0
    rows = rows_of(load_result("chapters"), "chapters")
    assert rows == [
        {
            "chapter": "01_one",
            "chapters_seconds": 10.0,
            "chapters_megabytes": 200,
            "solutions_seconds": 20.0,
            "solutions_megabytes": 300,
        },
        {
            "chapter": "02_two",
            "chapters_seconds": 30.0,
            "chapters_megabytes": 400,
            "solutions_seconds": 40.5,
            "solutions_megabytes": 500,
        },
    ]
    out = capsys.readouterr().out
    assert "solutions/02_two.ipynb: 40.5 s, 500 MB; network: cut off" in out
    assert "all chapters, solved, s: 60.5, at most 360: met" in out
    text = (root / "INSTRUCTORS.md").read_text(encoding="utf-8")
    assert text.startswith("Before.\n<!-- chapters:begin -->\nMeasured on: ")
    assert "| 02_two | 30.0 | 400 | 40.5 | 500 |" in text
    assert "<!-- chapters:end -->\nAfter.\n<!-- hub:begin -->\n| your class takes" in text
    assert "| all chapters | 02_two | 500 | 1 | 30 |\n<!-- hub:end -->\n" in text


def test_without_write_nothing_is_written(project):
    root, _ = project
    before = (root / "INSTRUCTORS.md").read_text()
    assert main(["chapters"]) == 0
    assert main(["chapters", "--smoke"]) == 0
    assert (root / "INSTRUCTORS.md").read_text() == before
    assert not (root / "results").exists()


def test_a_result_that_is_kept_elsewhere_leaves_the_guide_alone(project):
    root, _ = project
    before = (root / "INSTRUCTORS.md").read_text()
    assert main(["chapters", "--write", "--folder", str(root / "mine")]) == 0
    assert load_result("chapters", root / "mine")
    assert (root / "INSTRUCTORS.md").read_text() == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"solutions/01_one": (61.0, 300)}, "the slowest notebook, s: 61.0, at most 60: missed"),
        ({"chapters/02_two": (30.0, 1001)}, "the largest memory, MB: 1,001, at most 1,000: missed"),
        ({f"solutions/{name}": (59.0, 9) for name in ("01_one", "02_two")}, "all chapters, solved, s: 118"),
    ],
)
def test_a_limit_that_is_passed_is_said_and_is_exit_code_1(project, monkeypatch, capsys, changed, said):
    monkeypatch.setattr(chapter_times, "SECONDS_IN_ALL", 117)
    project[1].update(changed)
    assert main(["chapters"]) == 1
    assert said in capsys.readouterr().out


def test_a_notebook_that_fails_is_named_and_nothing_is_written(project, capsys):
    root, runs = project
    before = (root / "INSTRUCTORS.md").read_text()
    runs["chapters/02_two"] = (3.0, 100, "code cell 4 (x = 1): ValueError: no")
    assert main(["chapters", "--write"]) == 1
    out, err = capsys.readouterr()
    assert "chapters/02_two.ipynb FAILED: code cell 4 (x = 1): ValueError: no" in out
    assert "solutions/02_two.ipynb: 40.5 s" in out  # the others have their turn
    assert "the slowest notebook, s: not measured" in out
    assert "Not written" in err
    assert (root / "INSTRUCTORS.md").read_text() == before
    assert not (root / "results").exists()


@pytest.mark.parametrize(
    ("remove", "said"),
    [("chapters", "There is no notebook in"), ("solutions/02_two.ipynb", "02_two. Build them: make")],
)
def test_chapters_that_are_not_there_are_named(project, capsys, remove, said):
    for path in project[0].rglob("*.ipynb"):
        if path.relative_to(project[0]).as_posix().startswith(remove):
            path.unlink()
    assert main(["chapters"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("part", ["chapters", "hub"])
def test_a_guide_without_a_place_is_named_and_is_not_changed(project, capsys, part):
    path = project[0] / "INSTRUCTORS.md"
    path.write_text(path.read_text().replace(f"<!-- {part}:begin -->", "No place."))
    before = path.read_text()
    assert main(["chapters", "--write"]) == 1
    assert f"{part}:begin" in capsys.readouterr().err and path.read_text() == before


@pytest.mark.parametrize(("megabytes", "gigabytes"), [(499, 1), (500, 1), (501, 1.5), (955, 2), (1000, 2), (1001, 2.5)])
def test_a_user_of_a_hub_gets_twice_the_largest_notebook(megabytes, gigabytes):
    rows = [
        {"chapter": "01a_one", "chapters_megabytes": 300, "solutions_megabytes": 310},
        {"chapter": "04_four", "chapters_megabytes": megabytes, "solutions_megabytes": 400},
    ]
    lines = hub_block({"sections": [section("chapters", "", {}, rows)]}).splitlines()
    assert lines[2] == "| chapters 0 to 2 | 01a_one | 310 | 1 | 30 |"
    assert lines[3] == f"| all chapters | 04_four | {megabytes} | {gigabytes} | {30 * gigabytes:g} |"


def test_limits_are_unknown_while_a_notebook_fails():
    rows = [{"chapter": "01_one", "problem": "x", "solutions_seconds": 1.0}]
    assert [each["met"] for each in goals([section("chapters", "", {}, rows)])] == [None] * 3


def test_a_real_notebook_goes_through_the_table(tmp_path):
    write_notebook(tmp_path / "solutions" / "01_one.ipynb", "1 + 1")
    rows = measure(tmp_path, ["01_one"], ["solutions"])
    assert rows[0]["solutions_seconds"] > 0 and rows[0]["solutions_megabytes"] > 10
    facts = {"processor": "a processor", "cores": 2, "threads": 1}
    result = make_result("chapters", facts, [section("chapters", "All", chapter_times.COLUMNS, rows)])
    json.dumps(result)
    assert "| 01_one |" in guide_block(result)


def test_the_guide_shows_what_was_measured_of_the_chapters_that_there_are():
    result = load_result("chapters")
    text = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
    for block, content in ((chapter_times.BLOCK, guide_block(result)), (chapter_times.HUB, hub_block(result))):
        assert (found := difference(text, block, content, WRITE)) is None, found
    if result is not None:
        measured = [row["chapter"] for row in rows_of(result, "chapters")]
        assert measured == chapter_times.chapter_names(ROOT), f"run, on a machine that does nothing else: {WRITE}"
