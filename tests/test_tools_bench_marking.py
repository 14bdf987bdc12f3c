"""tools/bench_marking.py: the class that it makes up hands in most exercises solved. Nothing is timed."""

import json

import bench_marking
from course_lib.authoring.source import HEADING
from course_lib.cli import main
from course_lib.marked_block import difference


def test_three_in_four_answers_of_the_made_up_class_are_those_of_the_solved_notebook(tmp_path):
    name = bench_marking.NOTEBOOK
    assert main(["assign", name, "--title", "Week", "--out", str(tmp_path / "week")]) == 0
    release = tmp_path / "week" / "release" / f"{name}.ipynb"
    solutions = bench_marking.ROOT / "solutions"
    n_exercises = len(HEADING.findall((solutions / f"{name}.py").read_text("utf-8").replace("\n# ", "\n")))
    made = bench_marking.made_up_class(release, 20)
    assert len(made) == 20
    given = json.loads(release.read_text("utf-8"))["cells"]
    exercises = {cell["id"] for cell in given if bench_marking.identity(cell)}
    assert len(exercises) == n_exercises
    solved = json.loads((solutions / f"{name}.ipynb").read_text("utf-8"))["cells"]
    right = {"".join(cell["source"]) for cell in solved if cell["id"] in exercises}
    answers = [
        "".join(cell["source"])
        for text in made.values()
        for cell in json.loads(text)["cells"]
        if bench_marking.identity(cell)
    ]
    assert len(answers) == 20 * n_exercises
    assert sum(answer in right for answer in answers) == bench_marking.SOLVED * len(answers)


def test_the_guide_has_the_table_of_what_was_measured_and_says_of_which_notebook():
    found = json.loads(bench_marking.RESULTS.read_text("utf-8"))
    guide = (bench_marking.ROOT / "INSTRUCTORS.md").read_text("utf-8")
    command = "python tools/bench_marking.py VENV --write"
    assert difference(guide, "marking", bench_marking.table(found), command, "INSTRUCTORS.md") is None
