"""How many submissions a minute are marked, beside nbgrader and otter-grader: the same 20 notebooks, in one run.

    python tools/bench_marking.py VENV [--students 20] [--write]

VENV is a folder with bin/python, nbgrader==0.9.6, otter-grader==7.0.0 and what the course depends on. Every grader gets
two processes: those that have no option for it mark one half of the class in each. Ours goes first and last, so that a
slow moment of the machine falls on it too. --write puts the table into INSTRUCTORS.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "tests" / "performance" / "results" / "marking.json"
NOTEBOOK = "01b_bends_and_layers"  # three exercises
SOLVED = 0.75  # of the exercises
WAYS = {"ours": "this course's `grade`", "nbgrader": "nbgrader autograde", "otter": "otter-grader"}
OTTER = """
import sys
from otter.api import grade_submission
for path in sys.argv[2:]:
    grade_submission(path, sys.argv[1], quiet=True)
"""


def main():
    """Measure, print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("venv", type=Path)
    parser.add_argument("--students", type=int, default=20)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        seconds = measure(Path(name), arguments.venv / "bin" / "python", arguments.students)
    found = {"students": arguments.students, "processes": 2, "notebook": NOTEBOOK, "solved": SOLVED, "seconds": seconds}
    text = table(found)
    print(text)
    if arguments.write:
        from course_lib.marked_block import write_block
        from course_lib.whole_file import write_file

        write_file(RESULTS, json.dumps(found, indent=1) + "\n")
        write_block(ROOT / "INSTRUCTORS.md", "marking", text)


def measure(folder, python, students):
    """{way: seconds for the whole class}, the better of two for ours."""
    handed_out = folder / "week"
    run([sys.executable, "-m", "course_lib", "assign", NOTEBOOK, "--title", "Week", "--otter", "--out", handed_out])
    notebooks = made_up_class(handed_out / "release" / f"{NOTEBOOK}.ipynb", students)
    seconds = {"ours": ours(folder / "ours", handed_out, notebooks)}
    seconds["nbgrader"] = nbgrader(folder / "nbgrader", handed_out, notebooks, python)
    seconds["otter"] = otter(folder / "otter", handed_out, notebooks, python)
    seconds["ours"] = min(seconds["ours"], ours(folder / "ours again", handed_out, notebooks))
    return {way: round(each, 2) for way, each in seconds.items()}


def made_up_class(release, students):
    """{student: notebook}: each exercise solved by most, so that the work is that of a class."""
    text = release.read_text("utf-8")
    solved = json.loads((ROOT / "solutions" / f"{NOTEBOOK}.ipynb").read_text("utf-8"))["cells"]
    worked = {cell["id"]: "".join(cell["source"]) for cell in solved}
    found = {}
    for student in range(students):
        notebook = json.loads(text)
        for place, cell in enumerate(notebook["cells"]):
            if identity(cell) and (place + student) % 4:  # three in four are solved
                cell["source"] = worked[cell["id"]]
        found[f"student{student:02d}"] = json.dumps(notebook)
    return found


def identity(cell):
    """The name of an exercise's cell, "exercise-1-3"; "" of any other."""
    name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
    return name if name.startswith("exercise-") else ""


def ours(folder, handed_out, notebooks):
    """Seconds of `grade` for the class, from its start to its end."""
    for student, notebook in notebooks.items():
        written(folder / "class" / student / f"{NOTEBOOK}.ipynb", notebook)
    words = ["grade", folder / "class", "--assignment", handed_out / "assignment.json", "--out", folder / "out"]
    return timed([[sys.executable, "-m", "course_lib", *words, "--jobs", "2"]], folder, {})


def nbgrader(folder, handed_out, notebooks, python):
    """Seconds of `nbgrader autograde`, two courses with half of the class each side by side."""
    halves = [folder / "a", folder / "b"]
    environment = {
        "PYTHONPATH": str(ROOT),
        "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"),
        "PATH": os.pathsep.join([str(python.parent), os.environ["PATH"]]),
    }
    for half in halves:
        shutil.copytree(handed_out / "release", half / "source" / "week")
        shutil.copy(handed_out / "nbgrader_config.py", half)
        run([python, "-m", "nbgrader", "generate_assignment", "week"], half, environment)
    for place, (student, notebook) in enumerate(notebooks.items()):
        written(halves[place % 2] / "submitted" / student / "week" / f"{NOTEBOOK}.ipynb", notebook)
    commands = [[python, "-m", "nbgrader", "autograde", "week"]] * 2
    return timed(commands, halves, environment)


def otter(folder, handed_out, notebooks, python):
    """Seconds of otter-grader's grade_submission, two processes with half of the class each."""
    environment = {"PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    shutil.copytree(handed_out / "otter" / "tests", folder / "tests")
    run([python, "-m", "otter", "generate", "-t", "tests", "--no-environment", "-o", "grader.zip"], folder, environment)
    paths = [written(folder / student / f"{NOTEBOOK}.ipynb", notebook) for student, notebook in notebooks.items()]
    commands = [[python, "-c", OTTER, "grader.zip", *paths[half::2]] for half in (0, 1)]
    return timed(commands, folder, environment)


def written(path, text):
    """The path, after the text was written there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def run(command, folder=ROOT, environment=None):
    """Run a command, and stop with its words if it fails."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | (environment or {})
    done = subprocess.run([str(word) for word in command], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command} failed:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")


def timed(commands, folders, environment):
    """Seconds by the clock until all commands have ended, each in its folder."""
    folders = folders if isinstance(folders, list) else [folders] * len(commands)
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    started = time.perf_counter()
    running = []
    for command, folder in zip(commands, folders, strict=True):
        words = [str(word) for word in command]
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running.append(subprocess.Popen(words, cwd=folder, env=environment, **streams))
    codes = [process.wait() for process in running]
    seconds = time.perf_counter() - started
    if any(codes):
        sys.exit(f"{commands[0][:4]} ended with {codes}")
    return seconds


def table(found):
    """The table for INSTRUCTORS.md."""
    students, seconds = found["students"], found["seconds"]
    lines = ["| grader | seconds a submission | submissions a minute | ours is faster by |", "|---|--:|--:|--:|"]
    for way, name in WAYS.items():
        faster = "" if way == "ours" else f"{seconds[way] / seconds['ours']:.0f} times"
        lines.append(f"| {name} | {seconds[way] / students:.2f} | {60 * students / seconds[way]:.0f} | {faster} |")
    whose = f"{students} submissions of `{found['notebook']}`, with {found['solved']:.0%} of the exercises solved."
    return "\n".join([*lines, "", whose])


if __name__ == "__main__":
    main()
