"""Marking a class: what is marked of a notebook, whatever was done to it, and what a run keeps."""

import copy
import dataclasses
import json
from datetime import UTC, datetime

import pytest

from course_lib.grading import class_run
from course_lib.grading.assignment import COURSE, assignment_of_course, read_assignment, write_assignment
from course_lib.grading.class_run import mark_class, mark_submission, read_record
from course_lib.grading.collect import Submission
from course_lib.grading.limits import Limits
from course_lib.grading.sandbox import working_sandbox
from hostile.class_of import RIGHT, notebook_with

TRAINING, NEURONS = "02b_back_through_the_network", "01b_bends_and_layers"
NOTEBOOKS = sorted(path.stem for path in (COURSE / "chapters").glob("*.ipynb"))


@pytest.fixture(scope="module")
def sandbox():
    return working_sandbox()


@pytest.fixture(scope="module")
def course():
    return assignment_of_course()


def handed_in(student, notebook, name=TRAINING):
    content = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    return Submission(student, {f"{name}.ipynb": content}, student, datetime(2026, 5, 1, 12, tzinfo=UTC))


def chapter(stem=TRAINING, folder="solutions"):
    return json.loads((COURSE / folder / f"{stem}.ipynb").read_text("utf-8"))


def exercises_of(notebook, assignment, sandbox, name=TRAINING):
    return mark_submission(0, handed_in("ada", notebook, name), assignment, sandbox, Limits(), "").exercises


def place_of(notebook, start):
    return next(
        place
        for place, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "code" and "".join(cell["source"]).startswith(start)
    )


@pytest.mark.parametrize("stem", [stem for stem in NOTEBOOKS if assignment_of_course([stem]).tasks])
def test_every_reference_solution_earns_full_marks(stem, sandbox):
    assignment = assignment_of_course([stem])
    found = exercises_of(chapter(stem), assignment, sandbox, stem)
    assert {number: record["message"] for number, record in found.items() if record["points"] != record["of"]} == {}
    assert sum(record["points"] for record in found.values()) == assignment.points


def test_the_chapter_as_it_is_handed_out_earns_nothing(sandbox):
    found = exercises_of(chapter(folder="chapters"), assignment_of_course([TRAINING]), sandbox)
    assert {record["status"] for record in found.values()} == {"not_written"}


@pytest.fixture(scope="module")
def backward():
    return assignment_of_course([TRAINING], ["2.4", "2.5"])


def test_a_cell_that_fails_or_never_ends_costs_its_own_points_alone(backward, sandbox):
    notebook = chapter()
    notebook["cells"][place_of(notebook, "def network_backward")]["source"] = (
        "def network_backward(values, layers, output_gradient):\n    while True: pass\n"
    )
    limits = Limits(processor_seconds=1, wall_seconds=6)
    found = mark_submission(0, handed_in("ada", notebook), backward, sandbox, limits, "")
    assert [found.exercises[number]["points"] for number in ("2.4", "2.5")] == [1, 0]
    assert found.again == ["2.5"]


def test_deleted_moved_renamed_and_doubled_cells_are_told(backward, sandbox):
    notebook = chapter()
    cells = notebook["cells"]
    cell = cells.pop(place_of(notebook, "def dense_backward"))
    cells.append(cell)  # behind its check
    wrong = copy.deepcopy(cell)
    wrong["source"] = "def dense_backward(x, weight, output_gradient):\n    return 0, 0, 0\n"
    wrong["metadata"] = {}
    cells.insert(3, wrong)
    del cells[place_of(notebook, "def network_backward")]
    found = exercises_of(notebook, backward, sandbox)
    assert found["2.5"]["status"] == "missing" and "takes it from `yours`" in found["2.5"]["notes"][-1]
    assert found["2.4"]["points"] == 1
    told = " ".join(found["2.4"]["notes"])
    assert "the last one was marked" in told and "after its check" in told


def test_a_name_of_ones_own_is_followed_to_the_check(backward, sandbox):
    notebook = chapter()
    for start, old, new in (
        ("def dense_backward", "dense_backward", "mine"),
        ('check("2.4"', "dense_backward", "mine"),
    ):
        cell = notebook["cells"][place_of(notebook, start)]
        cell["source"] = "".join(cell["source"]).replace(old, new)
    found = exercises_of(notebook, backward, sandbox)
    assert found["2.4"]["points"] == 1 and "`mine` was marked" in " ".join(found["2.4"]["notes"])


def test_a_deleted_check_changes_nothing_but_is_told(backward, sandbox):
    notebook = chapter()
    del notebook["cells"][place_of(notebook, 'check("2.4"')]
    found = exercises_of(notebook, backward, sandbox)
    assert found["2.4"]["points"] == 1 and "The check of exercise 2.4 is gone" in found["2.4"]["notes"][0]


def test_a_check_that_was_edited_does_not_count(backward, sandbox):
    notebook = chapter(folder="chapters")
    notebook["cells"][place_of(notebook, 'check("2.4"')]["source"] = "print('passed')"
    notebook["cells"][0]["metadata"] = {"nbgrader": {"points": 1000, "grade": True, "grade_id": "exercise-2-4"}}
    assert exercises_of(notebook, backward, sandbox)["2.4"]["points"] == 0


def test_an_exercise_may_use_the_students_own_answer_to_another(sandbox):
    code = """
def predicted_outputs():
    assert relu(np.ones(2))[0].sum() == 2
    return [[14, 3], [34, 0], [46, 2]]
"""
    numbers = assignment_of_course([NEURONS], ["1.4", "1.5"])
    solved = chapter(NEURONS)
    solved["cells"][place_of(solved, "def predicted_outputs")]["source"] = code
    assert exercises_of(solved, numbers, sandbox, NEURONS)["1.5"]["points"] == 1
    found = exercises_of(notebook_with(code, "1.5", NEURONS), numbers, sandbox, NEURONS)["1.5"]  # 1.4 is open there
    assert found["status"] == "not_written"


def test_a_helper_in_another_cell_is_named(backward, sandbox):
    notebook = chapter()
    place = place_of(notebook, "def dense_backward")
    notebook["cells"][place]["source"] = "def dense_backward(x, weight, g):\n    return helper(x, weight, g)\n"
    helper = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "id": "helper"}
    helper["source"] = "def helper(x, weight, g):\n    return x.T @ g, g.sum(axis=0), g @ weight.T\n"
    notebook["cells"].insert(place, helper)
    found = exercises_of(notebook, backward, sandbox)["2.4"]
    assert found["points"] == 0 and f"`helper` is given by cell {place + 1}" in found["notes"][-1]


def test_what_the_course_would_answer_is_named_and_earns_nothing(backward, sandbox):
    code = "from course_lib.scratch.dense import Dense\n" + RIGHT
    found = exercises_of(notebook_with(code), backward, sandbox)["2.4"]
    assert found["points"] == 0 and "course_lib.scratch.dense" in found["message"]
    code = "def dense_backward(x, weight, g):\n    return article_network(), 0, 0\n"
    found = exercises_of(notebook_with(code), backward, sandbox)["2.4"]
    assert found["points"] == 0 and "comes from course_lib.data" in " ".join(found["notes"])


@pytest.mark.parametrize(
    "line", ["", "from course_lib.scratch import losses", "from course_lib.scratch.losses import softmax_cross_entropy"]
)
def test_a_lesson_that_an_exercise_allows_is_there_however_it_is_imported(line, sandbox):
    stem = "06_default_configuration"
    loss = "softmax_cross_entropy" if "entropy" in line else "losses.softmax_cross_entropy"
    line = line or "import course_lib.scratch.losses as losses"
    code = f"""{line}
def best_temperature(logits, labels, candidates):
    found = [{loss}(logits / each, labels) for each in candidates]
    return candidates[int(np.argmin(found))]
"""
    notebook = notebook_with(code, "6.5", stem)
    found = exercises_of(notebook, assignment_of_course([stem], ["6.5"]), sandbox, stem)["6.5"]
    assert found["points"] == 1, found


def test_a_table_of_the_visible_inputs_fails_on_fresh_ones(backward, sandbox):
    from course_lib.checks.chapter_02 import dense_backward as module

    code = "def dense_backward(x, weight, g):\n    right = x.T @ g, g.sum(axis=0), g @ weight.T\n"
    code += "    return right if x.shape[0] in (1, 2, 3, 4, 5) and abs(x.sum()) < 1e9 and is_known(x) else (0, 0, 0)\n"
    code += "known = []\ndef is_known(x):\n    known.append(x)\n    return len(known) <= 3\n"
    assert module.MISTAKES
    found = exercises_of(notebook_with(code), backward, sandbox)["2.4"]
    assert found["points"] == 0


@pytest.fixture(scope="module")
def small_class():
    wrong = notebook_with("def dense_backward(x, weight, g):\n    return g.T @ x, g.sum(axis=0), g @ weight.T\n")
    return [
        handed_in("ada", chapter()),
        handed_in("bob", wrong),
        handed_in("=cmd|'/c calc'!A1", notebook_with(RIGHT)),
        handed_in("<script>alert(1)</script>", b"no notebook"),
        handed_in("zoé ../../etc", notebook_with("import os\nos._exit(1)")),
    ]


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_class_gives_the_same_bytes_whatever_the_order_and_the_jobs(small_class, backward, sandbox, tmp_path):
    mark_class(small_class, backward, sandbox, tmp_path / "one", shown=False)
    mark_class(small_class[::-1], backward, sandbox, tmp_path / "two", jobs=2, shown=False)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    assert len(bytes_of(tmp_path / "one")) == len(small_class)


def test_an_interrupted_run_keeps_what_is_done_and_goes_on(small_class, backward, sandbox, tmp_path, monkeypatch):
    marked = []

    def stops(place, submission, *rest):
        if len(marked) == 2:
            raise KeyboardInterrupt
        marked.append(submission.student)
        return mark_submission(place, submission, *rest)

    monkeypatch.setattr(class_run, "mark_submission", stops)
    with pytest.raises(KeyboardInterrupt):
        mark_class(small_class, backward, sandbox, tmp_path, shown=False)
    assert len(bytes_of(tmp_path)) == 2
    again = []
    monkeypatch.setattr(
        class_run,
        "mark_submission",
        lambda place, each, *rest: again.append(each.student) or mark_submission(place, each, *rest),
    )
    run = mark_class(small_class, backward, sandbox, tmp_path, shown=False)
    assert sorted(marked + again) == sorted(each.student for each in small_class)
    assert [record.student for record in run.records] == [each.student for each in small_class]


def test_marking_again_changes_what_must_change_and_says_so(small_class, backward, sandbox, tmp_path):
    mark_class(small_class, backward, sandbox, tmp_path, shown=False)
    assert mark_class(small_class, backward, sandbox, tmp_path, shown=False).changes == []
    tasks = {number: dataclasses.replace(task, points=3.0) for number, task in backward.tasks.items()}
    heavier = dataclasses.replace(backward, tasks=tasks)
    changes = mark_class(small_class, heavier, sandbox, tmp_path, shown=False).changes
    assert ("ada", "2.4", 1.0, 3.0) in changes and not any(
        student == "bob" and number == "2.4" for student, number, *_ in changes
    )


def test_what_came_near_a_limit_is_run_again_alone(backward, sandbox, tmp_path, monkeypatch):
    code = "import time\ndef dense_backward(x, weight, g):\n    while time.process_time() < 0.7: pass\n"
    code += "    return x.T @ g, g.sum(axis=0), g @ weight.T\n"
    settled = []
    usual = class_run.settle
    monkeypatch.setattr(
        class_run, "settle", lambda record, *rest: settled.append(record.student) or usual(record, *rest)
    )
    slow, quick = handed_in("slow", notebook_with(code)), handed_in("quick", notebook_with(RIGHT))
    limits = Limits(processor_seconds=1, wall_seconds=20)
    run = mark_class([slow, quick], backward, sandbox, tmp_path, limits, shown=False)
    assert settled == ["slow"] and [record.again for record in run.records] == [[], []]
    assert run.records[0].exercises["2.4"]["points"] == 1


def test_a_damaged_record_is_marked_again(backward, sandbox, tmp_path):
    ada = handed_in("ada", notebook_with(RIGHT))
    mark_class([ada], backward, sandbox, tmp_path, shown=False)
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text()[:50])
    assert read_record(tmp_path, "ada") is None
    run = mark_class([ada], backward, sandbox, tmp_path, shown=False)
    assert run.records[0].exercises["2.4"]["points"] == 1


def test_on_a_dask_cluster_the_marks_are_the_same(small_class, backward, sandbox, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        mark_class(small_class, backward, sandbox, tmp_path / "dask", scheduler=cluster.scheduler_address, shown=False)
    mark_class(small_class, backward, sandbox, tmp_path / "here", shown=False)
    assert bytes_of(tmp_path / "dask") == bytes_of(tmp_path / "here")


def test_a_class_may_hand_in_several_notebooks(sandbox):
    assignment = assignment_of_course([NEURONS, TRAINING], ["1.4", "2.4"])
    both = Submission(
        "ada", {f"{stem}.ipynb": json.dumps(chapter(stem)).encode() for stem in (NEURONS, TRAINING)}, "ada"
    )
    found = mark_submission(0, both, assignment, sandbox, Limits(), "").exercises
    assert [found[number]["points"] for number in ("1.4", "2.4")] == [1, 1]


@pytest.mark.parametrize(
    "deep",
    [
        "x = " + "+".join(["1"] * 50_000),
        "x = " + "-" * 5_000 + "1",
        "x = " + "[" * 150 + "]" * 150,
        "x = '\\0'\0",
        "if 1:\n" * 90 + "pass",
    ],
    ids=["sum", "signs", "lists", "nul", "blocks"],
)
def test_a_cell_that_is_nested_too_deep_costs_nobody_anything(deep, backward, sandbox):
    notebook = chapter()
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "id": "deep", "source": deep}
    notebook["cells"].insert(2, cell)
    found = exercises_of(notebook, backward, sandbox)
    assert [found[number]["points"] for number in ("2.4", "2.5")] == [1, 1]
    own = exercises_of(notebook_with(f"{RIGHT}\n{deep}\n"), backward, sandbox)["2.4"]
    assert own["status"] in ("passed", "failed")


def test_a_mistake_of_the_course_is_told_and_ends_nothing(backward, sandbox, monkeypatch):
    from course_lib.grading import marking

    monkeypatch.setattr(marking, "run_check_in_form", lambda *given, **named: 1 / 0)
    found = exercises_of(chapter(), backward, sandbox)["2.4"]
    assert found["status"] == "broken" and "ZeroDivisionError" in found["message"] and found["points"] == 0


def test_free_text_is_kept_for_a_reader(backward, sandbox):
    question = dataclasses.replace(backward.tasks["2.4"], number="text-1", kind="text", title="Why?", name="text-1")
    assignment = dataclasses.replace(backward, tasks={**backward.tasks, "text-1": question})
    notebook = chapter()
    answer = {"cell_type": "markdown", "id": "why", "metadata": {"nbgrader": {"grade_id": "text-1"}}}
    notebook["cells"].append(answer | {"source": "Because of the chain rule."})
    found = mark_submission(0, handed_in("ada", notebook), assignment, sandbox, Limits(), "")
    assert found.exercises["text-1"]["status"] == "by_hand" and found.exercises["text-1"]["points"] == 0
    assert found.code["text-1"] == "Because of the chain rule."
    assert exercises_of(chapter(), assignment, sandbox)["text-1"]["status"] == "missing"


def test_an_assignment_is_read_as_it_was_written(course, tmp_path):
    assignment = dataclasses.replace(course, due=datetime(2026, 12, 24, 18, tzinfo=UTC), seed=7, cohort_seed=2026)
    write_assignment(assignment, tmp_path / "assignment.json")
    assert read_assignment(tmp_path / "assignment.json") == assignment
