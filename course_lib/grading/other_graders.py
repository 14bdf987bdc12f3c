"""What nbgrader and otter-grader need to grade the same release: a configuration, and tests."""

from course_lib.grading.assignment import Assignment, Task

NBGRADER = '''"""A configuration of nbgrader for this assignment; tried with nbgrader 0.9.6.

Put it where you keep your course for nbgrader. There:

    NAME={name}; mkdir -p source/$NAME && cp DIR/release/*.ipynb source/$NAME/
    nbgrader generate_assignment $NAME   # what students get, cell for cell as in DIR/release
    nbgrader autograde $NAME             # of submitted/STUDENT/$NAME/*.ipynb
    nbgrader generate_feedback $NAME

The kernel in which it grades needs the course (pip install -e .). nbgrader runs a student's whole notebook as you, and
takes its word: whoever writes `check = print` gets full points. `python -m course_lib grade` runs the same work in a
sandbox, asks more, and believes nothing. Where points matter, take those.
"""

import os

# What a later cell takes of an exercise of another notebook, `yours` gives; of these it gives nothing.
os.environ["COURSE_MARKED_EXERCISES"] = "{marked}"

c = get_config()  # noqa: F821  nbgrader gives it

c.CourseDirectory.course_id = "dnn_course"
c.ClearSolutions.enabled = False  # release/ holds no solutions, and nothing in it is to be replaced
c.ClearSolutions.enforce_metadata = False
c.OverwriteCells.add_missing_cells = True  # a check that a student has deleted comes back, and is run
c.ExecutePreprocessor.timeout = 300  # seconds a cell
c.ClearOutput.enabled = True
'''

OTTER = """OK_FORMAT = False

from otter.test_files import test_case

name = "{name}"
points = {points:g}


@test_case(name="{number} · {title}")
def test_{name}({function}):
    from course_lib.checks.variants import run_check_in_form  # not `check`, which a notebook may have replaced

    outcome = run_check_in_form("{number}", {function}, {asked})
    assert outcome.passed, f"{{outcome.message}} {{outcome.hint}}"
"""


def nbgrader_config(name: str, assignment: Assignment) -> str:
    """The text of nbgrader_config.py for an assignment of this name."""
    marked = " ".join(task.number for task in assignment.tasks.values())
    return NBGRADER.format(name=name, marked=marked)


def otter_tests(assignment: Assignment) -> dict[str, str]:
    """The tests of otter-grader (its format with exceptions, as of version 7): {"q2_4.py": text}."""
    tasks = [task for task in assignment.tasks.values() if task.kind != "text"]
    return {f"{otter_name(task)}.py": _otter_test(task, assignment.asked(task)) for task in tasks}


def otter_name(task: Task) -> str:
    """The name of an exercise in otter-grader: "q2_4"."""
    return f"q{task.number.replace('.', '_')}"


def _otter_test(task, asked):
    return OTTER.format(
        name=otter_name(task),
        points=task.points,
        number=task.number,
        title=task.title.replace('"', "'"),
        function=task.name,
        asked=", ".join(f"{name}={value!r}" for name, value in asked.items()).replace("'", '"'),
    )
