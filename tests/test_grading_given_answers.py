"""`forward = yours("1.6")` in a notebook that is marked: the course's answer stands there, and earns nobody a point."""

import ast
import json

import pytest

from course_lib.authoring.names import given_names
from course_lib.grading.assignment import COURSE, assignment_of_course, tasks_of_notebook
from course_lib.grading.class_run import mark_submission
from course_lib.grading.collect import Submission
from course_lib.grading.limits import Limits
from course_lib.grading.sandbox import NoSandbox, working_sandbox
from hostile.class_of import notebook_with

EVENINGS = {"1.6": "01b_bends_and_layers", "2.5": "02b_back_through_the_network", "2.8": "02c_your_network_learns"}
EVENINGS |= {"2.6": EVENINGS["2.8"], "2.7": EVENINGS["2.8"], "2.9": "02d_can_you_trust_it"}


@pytest.fixture(scope="module")
def sandbox():
    try:
        return working_sandbox()
    except NoSandbox as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def course():
    return assignment_of_course()


def marked(content, stem, sandbox, *numbers):
    submission = Submission("ada", {f"{stem}.ipynb": content}, "ada")
    return mark_submission(0, submission, assignment_of_course([stem], list(numbers)), sandbox, Limits(), "").exercises


def solved(stem, changes=None):
    """The solved notebook as bytes; changes : {first words of a cell: what stands there instead}."""
    notebook = json.loads((COURSE / "solutions" / f"{stem}.ipynb").read_text("utf-8"))
    for start, text in (changes or {}).items():
        (cell,) = [each for each in notebook["cells"] if "".join(each["source"]).startswith(start)]
        cell["source"] = text
    return json.dumps(notebook).encode()


@pytest.mark.parametrize("number", ["1.6", "2.5", "2.8", "2.9"])
def test_an_exercise_that_rests_on_earlier_ones_earns_its_point(number, sandbox):
    stem = EVENINGS[number]
    record = marked(solved(stem), stem, sandbox, number)[number]
    assert (record["points"], record["notes"]) == (1, []), record


@pytest.mark.parametrize("number", ["2.5", "2.8", "2.9"])
def test_it_does_so_where_nothing_else_was_solved(number, sandbox):
    stem = EVENINGS[number]
    name = assignment_of_course([stem], [number]).tasks[number].name
    cells = ["".join(cell["source"]) for cell in json.loads(solved(stem))["cells"]]
    (text,) = [text for text in cells if f"def {name}(" in text]
    assert marked(notebook_with(text, number, stem), stem, sandbox, number)[number]["points"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        "def cross_entropy(logits, labels):\n    return 0.0, 0 * logits\n",
        "def cross_entropy(logits, labels):\n    raise ValueError\n",
        "def cross_entropy(logits, labels\n",
        "raise SystemExit\n\n\ndef cross_entropy(logits, labels): ...\n",
    ],
)
def test_a_wrong_answer_costs_its_own_points_alone(wrong, sandbox):
    stem = EVENINGS["2.8"]
    found = marked(solved(stem, {"def cross_entropy": wrong}), stem, sandbox)
    assert [found[number]["points"] for number in ("2.6", "2.7", "2.8")] == [0, 1, 1]


ATTEMPTS = {
    "the line of the notebook": 'network_backward = yours("2.5")\n',
    "calls it": 'def network_backward(*given):\n    return yours("2.5")(*given)\n',
    "imports it": 'from course_lib.learner import yours\n\nnetwork_backward = yours("2.5")\n',
    "imports the answers": "from course_lib.learner.answers import network_backward\n",
    "imports it inside": (
        "def network_backward(*given):\n    from course_lib.learner import answers\n\n"
        "    return answers.network_backward(*given)\n"
    ),
    "hands another's answer in": "network_backward = dense_backward\n",
}


@pytest.mark.parametrize("code", ATTEMPTS.values(), ids=list(ATTEMPTS))
def test_in_a_student_s_own_cell_it_earns_nothing_and_the_record_says_why(code, sandbox):
    stem = EVENINGS["2.5"]
    record = marked(notebook_with(code, "2.5", stem), stem, sandbox, "2.5")["2.5"]
    assert (record["points"], record["status"]) == (0, "failed"), record
    told = " ".join([record["message"], *record["notes"]])
    if "yours" in code:
        assert "`yours` comes from course_lib.learner, which is not there when" in told or "Your cell imports" in told
    elif "course_lib" in code:
        assert "Your cell imports course_lib.learner" in told, record


def test_no_exercise_is_given_its_own_answer(course):
    for number, task in course.tasks.items():
        given = {name for text in task.given for name in given_names(ast.parse(text).body[0])}
        assert task.name not in given, number
        assert "yours(" not in "\n".join(task.given), number


def tasks_after(*lines):
    cells = [
        "from course_lib.learner import check, yours",
        *lines,
        "def squared_error(p, t):\n    raise NotImplementedError",
        'check("2.1", squared_error)',
    ]
    cells = [{"cell_type": "code", "source": text} for text in cells]
    (task,) = tasks_of_notebook({"cells": cells}, "02a_downhill")
    return task


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ('forward = yours("1.6")', ["layer", "relu", "forward"]),
        ('relu, neuron = yours("1.4"), yours("1.1")', ["relu", "neuron"]),
        ('mine = yours("1.4")', ["relu", "mine"]),
    ],
)
def test_the_answers_that_a_line_gives_and_what_they_call_stand_in_its_place(line, names):
    task = tasks_after(line)
    assert [name for text in task.given for name in given_names(ast.parse(text).body[0])] == names
    assert not set(names) & set(task.not_given)


@pytest.mark.parametrize(
    "line",
    [
        'forward = yours("9.9")',
        'elu_pair = yours("3.5")',  # the course has no answer of its own to give
        "forward = yours(1.6)",
        'forward = yours("1.6")(x)',
        'forward, relu = yours("1.6")',
        'forward, relu = yours("1.6"), 3',
        'a = forward = yours("1.6")',
        'module.forward = yours("1.6")',
    ],
)
def test_another_line_gives_nothing(line):
    assert tasks_after("import math as module", line).given in ((), ("import math as module",))
