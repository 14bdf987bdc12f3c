"""The release under other graders, the real ones: nbgrader from generate_assignment to feedback, and otter-grader.

They are installed from PyPI into an environment of their own, or taken from the one that GRADERS_VENV names (a folder
with bin/python, nbgrader and otter-grader, and this course's dependencies).
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from course_lib.authoring.names import parse
from course_lib.cli import main
from course_lib.grading.assignment import checked_name, names_of, read_assignment
from course_lib.grading.exports import write_marks
from course_lib.grading.marking import mark
from course_lib.grading.sandbox import NoSandbox, working_sandbox
from course_lib.grading.student_work import find_work
from requirements import debian_package, require_or_skip

ROOT = Path(__file__).resolve().parents[1]
STEM = "01b_bends_and_layers"
PACKAGES = ("nbgrader==0.9.6", "otter-grader==7.0.0")  # what the files of `assign` were tried with
pytestmark = [
    pytest.mark.weekly("installs two other graders, and runs eight notebooks in them"),
    pytest.mark.processes("installs two other graders, and runs eight notebooks in them"),
    pytest.mark.timeout(1800),
]

OVERRIDES = {  # what a student writes into the first cell, after the imports
    "the name": "check = lambda number, answer, **named: None",
    "the module": "import course_lib.learner\ncourse_lib.learner.check = check = lambda number, answer, **named: None",
}


@pytest.fixture(scope="module")
def graders(tmp_path_factory):
    """The Python of an environment with both graders."""
    named = os.environ.get("GRADERS_VENV")
    if named:
        return Path(named) / "bin" / "python"
    if sys.platform == "win32":
        pytest.skip("nbgrader and otter-grader are for Linux and macOS")
    folder = tmp_path_factory.mktemp("graders")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    own = next(folder.glob("lib/python*/site-packages"))
    (own / "course_packages.pth").write_text(f"{Path(np.__file__).parents[1]}\n")  # what the course needs is there
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "--retries", "1", "--timeout", "20"]
    reached = subprocess.run([*pip, "download", "--no-deps", "-d", str(folder), PACKAGES[0]], capture_output=True)
    if reached.returncode:
        pytest.skip("PyPI cannot be reached, and GRADERS_VENV names no environment with the graders")
    installed = subprocess.run([*pip, "install", *PACKAGES], capture_output=True, text=True)
    assert installed.returncode == 0, installed.stderr[-3000:]
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def environment(tmp_path_factory, graders):
    """Without the settings of whoever runs this, and with this course; nbgrader calls alembic by its name."""
    home = tmp_path_factory.mktemp("home")
    own = {name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "MPLCONFIGDIR")}
    own["PATH"] = os.pathsep.join([str(graders.parent), os.environ.get("PATH", "")])
    return os.environ | own | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "agg", "JUPYTER_PLATFORM_DIRS": "1"}


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assigned") / "week_1"
    assert main(["assign", STEM, "--title", "Week 1", "--points", "1.6=2", "--otter", "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def classes(handed_out):
    """{student: notebook}: all right, most of it, and nothing but a check that lets everything through."""
    text = (handed_out / "release" / f"{STEM}.ipynb").read_text("utf-8")
    solutions = worked(STEM)
    assert list(solutions) == ["1.4", "1.5", "1.6"]
    students = {
        "right": filled(text, solutions),
        "half": filled(text, {f"1.{n}": solutions[f"1.{n}"] for n in (5, 6)}),
    }
    for name, override in OVERRIDES.items():
        students[name.replace(" ", "_")] = filled(text, {}, override)
    return students


def worked(stem):
    """{number: the solved cell} of a chapter."""
    cells = json.loads((ROOT / "solutions" / f"{stem}.ipynb").read_text("utf-8"))["cells"]
    found, texts = {}, []
    for text in ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"):
        checked = checked_name(parse(text))
        if checked:
            found[checked[0]] = next(each for each in reversed(texts) if checked[1] in names_of(parse(each)))
        texts.append(text)
    return found


def filled(text, solutions, after_imports=""):
    """The notebook of a student who wrote these solutions."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        identity = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        number = identity.removeprefix("exercise-").replace("-", ".")
        if number in solutions:
            cell["source"] = solutions[number].splitlines(keepends=True)
        if cell["cell_type"] == "code" and re.search(
            r"^from course_lib\.learner import .*\bcheck\b", text_of(cell), re.M
        ):
            cell["source"] = [*cell["source"], f"\n{after_imports}"]
    assert after_imports in "".join(map(text_of, notebook["cells"]))
    return notebook


def text_of(cell):
    return "".join(cell["source"])


def points_here(notebook, assignment):
    """What `mark` gives for the notebook."""
    try:
        sandbox = working_sandbox()
    except NoSandbox as error:
        require_or_skip(False, str(error), debian_package("bubblewrap"))
    cells = [
        SimpleNamespace(
            kind=cell["cell_type"],
            source="".join(cell["source"]),
            metadata=cell["metadata"],
            outputs=cell.get("outputs"),
        )
        for cell in notebook["cells"]
    ]
    record = mark(find_work(cells, assignment.tasks), assignment, sandbox).record
    return sum(each["points"] for each in record.values())


def test_marking_believes_no_override(handed_out, classes):
    assignment = read_assignment(handed_out / "assignment.json")
    points = {student: points_here(notebook, assignment) for student, notebook in classes.items()}
    assert points == {"right": 4, "half": 3, "the_name": 0, "the_module": 0}


def test_nbgrader_grades_the_release_from_the_assignment_to_the_feedback(
    handed_out, classes, graders, environment, tmp_path
):
    templates = environment | {"JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter")}  # of nbconvert's feedback

    def nbgrader(*words):
        command = [str(graders), "-m", "nbgrader", *words]
        done = subprocess.run(command, cwd=tmp_path, env=templates, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]

    shutil.copy(handed_out / "nbgrader_config.py", tmp_path)
    shutil.copytree(handed_out / "release", tmp_path / "source" / "week_1")
    nbgrader("generate_assignment", "week_1")
    release = json.loads((handed_out / "release" / f"{STEM}.ipynb").read_text("utf-8"))
    generated = json.loads((tmp_path / "release" / "week_1" / f"{STEM}.ipynb").read_text("utf-8"))
    assert [(each["cell_type"], "".join(each["source"])) for each in generated["cells"]] == [
        (each["cell_type"], "".join(each["source"])) for each in release["cells"]
    ]
    for student, notebook in classes.items():
        folder = tmp_path / "submitted" / student / "week_1"
        folder.mkdir(parents=True)
        (folder / f"{STEM}.ipynb").write_text(json.dumps(notebook), "utf-8")
    nbgrader("autograde", "week_1")
    nbgrader("generate_feedback", "week_1")
    nbgrader("export")
    with open(tmp_path / "grades.csv", encoding="utf-8") as file:
        rows = {row["student_id"]: (float(row["raw_score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    # 1.6 builds on 1.4, which "half" left open, and nbgrader has one kernel for the whole notebook
    assert rows == {"right": (4, 4), "half": (1, 4), "the_name": (4, 4), "the_module": (4, 4)}
    write_marks([], read_assignment(handed_out / "assignment.json"), tmp_path)
    (tmp_path / "nbgrader_students.csv").open("a").write("another\n")
    nbgrader("db", "student", "import", "nbgrader_students.csv")
    for student in classes:
        assert STEM in (tmp_path / "feedback" / student / "week_1" / f"{STEM}.html").read_text("utf-8")


RUN_OTTER = """
import json, sys
from otter.api import grade_submission
points = {}
for path in sys.argv[2:]:
    results = grade_submission(path, sys.argv[1], quiet=True)
    points[path] = (results.total, results.possible)
print(json.dumps(points))
"""


def test_otter_grader_gives_nothing_for_an_override(handed_out, classes, graders, environment, tmp_path):
    shutil.copytree(handed_out / "otter" / "tests", tmp_path / "tests")
    command = [str(graders), "-m", "otter", "generate", "-t", "tests", "--no-environment", "-o", "autograder.zip"]
    made = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr[-3000:]
    paths = {student: tmp_path / student / f"{STEM}.ipynb" for student in classes}
    for student, path in paths.items():
        path.parent.mkdir()
        path.write_text(json.dumps(classes[student]), "utf-8")
    command = [str(graders), "-c", RUN_OTTER, "autograder.zip", *map(str, paths.values())]
    graded = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert graded.returncode == 0, graded.stderr[-3000:]
    points = json.loads(graded.stdout.splitlines()[-1])
    found = {student: tuple(points[str(path)]) for student, path in paths.items()}
    assert found == {"right": (4, 4), "half": (3, 4), "the_name": (0, 4), "the_module": (0, 4)}
