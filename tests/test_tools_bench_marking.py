"""tools/bench_marking.py: the class that it makes up hands in most exercises solved. Nothing is timed."""

import json

import bench_marking
from course_lib.authoring.source import HEADING
from course_lib.cli import main


def test_three_in_four_answers_of_the_made_up_class_are_those_of_the_solved_notebook(tmp_path):
    name = bench_marking.NOTEBOOK
    assert main(["assign", name, "--title", "Week", "--out", str(tmp_path / "week")]) == 0
    release = tmp_path / "week" / "release" / f"{name}.ipynb"
    solutions = bench_marking.ROOT / "solutions"
    n_exercises = len(HEADING.findall((solutions / f"{name}.py").read_text("utf-8").replace("\n# ", "\n")))
    made = bench_marking.made_up_class(release, 20)
    assert len(made) == 20
    solved = json.loads((solutions / f"{name}.ipynb").read_text("utf-8"))["cells"]
    right = {"".join(cell["source"]) for cell in solved if bench_marking.identity(cell)}
    assert len(right) == n_exercises
    answers = [
        "".join(cell["source"])
        for text in made.values()
        for cell in json.loads(text)["cells"]
        if bench_marking.identity(cell)
    ]
    assert len(answers) == 20 * n_exercises
    assert sum(answer in right for answer in answers) == 0.75 * len(answers)
