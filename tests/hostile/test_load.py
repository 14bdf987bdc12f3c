"""A class of a thousand, killed twice in the middle: nothing is lost, nothing is marked twice, every mark is right."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from class_of import RIGHT, STEM, notebook_with
from processes import processes_of_the_sandbox

from course_lib.grading.assignment import COURSE, assignment_of_course, write_assignment

pytestmark = pytest.mark.weekly("marks a thousand notebooks, about five minutes on two cores")

STUDENTS = 1000
KINDS = [  # (code, points)
    (RIGHT, 1),
    ("def dense_backward(x, weight, g):\n    return g.T @ x, g.sum(axis=0), g @ weight.T\n", 0),
    (
        "def dense_backward(x, weight, g):\n    return [np.dot(x.T, g), np.sum(g, 0), np.dot(g, weight.T)]\n",
        1,
    ),
    ("import os\ndef dense_backward(x, weight, g):\n    os._exit(0)\n", 0),
    ("def dense_backward(x, weight, g):\n    return x.T @ g, g.sum(axis=0), g @ weight.T\nundefined\n", 1),
    ("def dense_backward(x, weight, g):\n    return undefined\n", 0),
]


@pytest.fixture
def class_folder(tmp_path):
    notebooks = [notebook_with(code) for code, _ in KINDS]
    for number in range(STUDENTS):
        folder = tmp_path / "class" / f"student{number:04d}"
        folder.mkdir(parents=True)
        (folder / f"{STEM}.ipynb").write_bytes(notebooks[number % len(KINDS)])
    write_assignment(assignment_of_course([STEM], ["2.4"]), tmp_path / "assignment.json")
    return tmp_path


def command(folder):
    words = ["-m", "course_lib", "grade", str(folder / "class"), "--out", str(folder / "out"), "--jobs", "2"]
    return [sys.executable, *words, "--assignment", str(folder / "assignment.json")]


@pytest.mark.timeout(3600)
def test_a_thousand_are_marked_though_it_is_killed_twice(class_folder):
    records = class_folder / "out" / "records"
    counts = []
    for wanted in (200, 600):
        process = subprocess.Popen(
            command(class_folder),
            cwd=COURSE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while process.poll() is None and len(list(records.glob("*.json"))) < wanted:
            time.sleep(0.2)
        assert process.poll() is None, "it ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        counts.append(len(list(records.glob("*.json"))))
        assert left_after_a_moment() == {}
    kept = {path: path.stat().st_mtime_ns for path in records.glob("*.json")}
    started = time.monotonic()
    done = subprocess.run(command(class_folder), cwd=COURSE, capture_output=True, text=True)
    seconds = time.monotonic() - started
    assert done.returncode == 0, done.stderr
    assert all(path.stat().st_mtime_ns == moment for path, moment in kept.items())  # none was marked twice
    found = {path.stem: json.loads(path.read_text())["exercises"]["2.4"]["points"] for path in records.glob("*.json")}
    assert found == {f"student{number:04d}": KINDS[number % len(KINDS)][1] for number in range(STUDENTS)}
    with (class_folder / "out" / "marks.csv").open(newline="") as file:
        assert len(list(csv.reader(file))) == STUDENTS + 1
    print(f"\n{STUDENTS - counts[-1]} of {STUDENTS} submissions in {seconds:.0f} s")


def left_after_a_moment():
    """Processes of a sandbox that are there still, some seconds after those who started them were killed."""
    deadline = time.monotonic() + 10
    while processes_of_the_sandbox() and time.monotonic() < deadline:
        time.sleep(0.2)
    return processes_of_the_sandbox()
