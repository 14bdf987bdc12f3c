"""A class in which many submissions are hostile: nobody gains a point, nothing leaves the sandbox, nobody else is hurt.

The controls at the end show that the attacks are real: with the verdict moved to where the student's code runs, or with
the sandbox switched off, they succeed.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from attacks import ATTACKS, ZEROS
from class_of import NUMBER, RIGHT, STEM, notebook_with
from processes import processes_of_the_sandbox

import course_lib.grading.sandbox as sandboxes
from course_lib.grading.assignment import COURSE, assignment_of_course
from course_lib.grading.class_run import mark_class, mark_submission
from course_lib.grading.collect import Submission
from course_lib.grading.limits import Limits
from course_lib.grading.sandbox import Sandbox, working_sandbox

LIMITS = Limits(processor_seconds=1, wall_seconds=4.0, memory_bytes=1_000_000_000, file_bytes=2_000_000)
SECRET = "COURSE_TEST_SECRET"
HONEST = {
    "ada": RIGHT,
    "emmy": "def dense_backward(x, w, g):\n    return np.einsum('bi,bo->io', x, g), np.sum(g, 0), np.dot(g, w.T)\n",
    "zoe": "def dense_backward(x, weight, output_gradient):\n    return x.T @ output_gradient, 0, 0\n",
}
POINTS = {"ada": 1.0, "emmy": 1.0, "zoe": 0.0}


@pytest.fixture(scope="module")
def assignment():
    return assignment_of_course([STEM], [NUMBER])


@pytest.fixture(scope="module")
def server():
    """A server on loopback for TCP and UDP that must not hear a word: what it heard."""
    tcp, udp = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    tcp.bind(("127.0.0.1", 0))
    tcp.listen()
    udp.bind(tcp.getsockname())
    for each in (tcp, udp):
        each.setblocking(False)
    yield tcp, udp
    tcp.close()
    udp.close()


def heard(server):
    tcp, udp = server
    found = []
    for listen in (lambda: tcp.accept()[1], lambda: udp.recv(100)):
        with contextlib.suppress(BlockingIOError):
            found.append(listen())
    return found


def submission_of(student, code, server, marker):
    words = {"course": str(COURSE), "port": str(server[0].getsockname()[1]), "marker": str(marker), "secret": SECRET}
    for name, value in words.items():
        code = code.replace(f"{{{name}}}", value)
    return Submission(student, {f"{STEM}.ipynb": notebook_with(code)}, student)


def files_near():
    """Names of files where a student's code could have written, if it could write at all."""
    folders = [COURSE, COURSE / "course_lib", COURSE / "course_lib" / "checks", COURSE / "solutions", Path.home()]
    return {str(path) for folder in folders for path in folder.iterdir() if not path.name.startswith(".")}


@pytest.fixture(scope="module")
def alone(assignment, server, tmp_path_factory):
    """The records of the honest students, with nobody else in the class."""
    folder = tmp_path_factory.mktemp("alone")
    honest = [submission_of(student, code, server, "/none") for student, code in HONEST.items()]
    mark_class(honest, assignment, working_sandbox(), folder, LIMITS, shown=False)
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


@pytest.fixture(scope="module")
def marked(assignment, server, tmp_path_factory):
    """The class with everybody in it: records, files that came to be, what was heard, processes left, seconds."""
    folder, marker = tmp_path_factory.mktemp("records"), tmp_path_factory.mktemp("outside") / "marker"
    everybody = {**ATTACKS, **HONEST}
    submissions = [submission_of(student, everybody[student], server, marker) for student in sorted(everybody)]
    patch = pytest.MonkeyPatch()
    patch.setenv(SECRET, "nobody must read this")
    before, started = files_near(), time.monotonic()
    try:
        run = mark_class(submissions, assignment, working_sandbox(), folder, LIMITS, jobs=4, shown=False)
    finally:
        patch.undo()
    seconds = time.monotonic() - started
    return {
        "records": {record.student: record.exercises[NUMBER] for record in run.records},
        "bytes": {path.name: path.read_bytes() for path in folder.glob("*.json")},
        "files": files_near() - before | ({str(marker)} if marker.exists() else set()),
        "heard": heard(server),
        "processes": processes_of_the_sandbox(),
        "seconds": seconds,
    }


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gains_nothing(marked, name):
    record = marked["records"][name]
    assert record["points"] == 0, record
    assert record["status"] in ("failed", "not_written"), record
    assert record["message"], record


@pytest.mark.parametrize("name", ATTACKS)
def test_what_an_attack_leaves_in_the_record_is_small_and_says_nothing_of_this_machine(marked, name):
    text = json.dumps(marked["records"][name])
    assert len(text) < 30_000
    assert "nobody must read this" not in text
    assert "dense_backward.py" not in text and "class_run" not in text


def test_no_attack_makes_it_look_as_if_the_course_were_wrong_or_a_signal_had_been_sent(marked):
    assert {name for name in ATTACKS if marked["records"][name]["status"] == "broken"} == set()
    assert "sent" not in marked["records"]["greedy_signals_by_way_of_a_file"]["printed"]


@pytest.mark.parametrize("student", HONEST)
def test_the_others_have_the_marks_that_they_would_have_without_them(marked, alone, student):
    assert marked["records"][student]["points"] == POINTS[student]
    assert marked["bytes"][f"{student}.json"] == alone[f"{student}.json"]


def test_nothing_was_written_outside(marked):
    assert marked["files"] == set()


def test_the_network_was_not_reached(marked):
    assert marked["heard"] == []


def test_no_process_is_left(marked):
    assert marked["processes"] == {}


def test_the_whole_class_took_bounded_time(marked):
    # Each at most its limit of the clock, once with the others and once alone, and the start of its sandbox.
    assert marked["seconds"] < len(ATTACKS) * (2 * LIMITS.wall_seconds + 5)


# --- controls: the attacks are real -----------------------------------------------------------------------------------

CHEATS_INSIDE = [
    "patched_patches_the_outcome",
    "looking_imports_the_reference",
    "looking_imports_the_lesson_out_of_sight",
    "looking_reads_solutions",
    "looking_reads_the_answers",
    "looking_imports_the_answers_by_another_name",
]


@pytest.mark.parametrize("name", CHEATS_INSIDE)
def test_control_where_the_verdict_is_computed_beside_the_students_code_the_attack_succeeds(name):
    code = (
        ATTACKS[name].replace("{course}", str(COURSE)).replace('glob.glob("/**/solutions/*.py", recursive=True)', "[]")
    )
    program = f"import numpy as np\n{code}\nfrom course_lib.checks import run_check\n"
    program += 'print("passed" if run_check("2.4", dense_backward).passed else "failed")\n'
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=COURSE, timeout=120)
    assert done.stdout.strip().endswith("passed"), done.stderr


class NoSandboxAtAll(Sandbox):
    """The worker as any process of this user: what marking would be without a sandbox."""

    def start(self, limits, errors):
        command = [sys.executable, "-S", "-s", "-B", str(sandboxes.inside_folder() / "worker.py"), "0"]
        environment = {**os.environ, "PYTHONPATH": sandboxes._packages()}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors, "bufsize": 0}
        return subprocess.Popen(command, env=environment, **pipes)


@pytest.fixture
def filter_off(monkeypatch, tmp_path):
    """The worker without its filter of system calls."""
    folder = tmp_path / "inside"
    shutil.copytree(sandboxes.inside_folder(), folder)
    (folder / "system_calls.py").write_text("def limit_system_calls(): pass\n")
    tmp_path.chmod(0o755)
    monkeypatch.setattr(sandboxes, "inside_folder", lambda: folder)


def record_of(code, assignment, server, marker, sandbox):
    return mark_submission(
        0, submission_of("mallory", code, server, marker), assignment, sandbox, LIMITS, ""
    ).exercises[NUMBER]


def test_control_without_the_sandbox_files_are_written_and_the_environment_is_read(
    assignment, server, tmp_path, monkeypatch
):
    marker = tmp_path / "marker"
    monkeypatch.setenv(SECRET, "nobody must read this")
    record_of(
        ATTACKS["greedy_files_everywhere"].replace("/ /usr", "/none"), assignment, server, marker, NoSandboxAtAll()
    )
    assert marker.exists()
    record = record_of(ATTACKS["looking_reads_the_environment"], assignment, server, marker, NoSandboxAtAll())
    assert "nobody must read this" in record["printed"]


def test_control_without_the_sandbox_the_answer_is_imported(assignment, server, tmp_path):
    code = ATTACKS["looking_imports_the_reference"]
    assert record_of(code, assignment, server, tmp_path, NoSandboxAtAll())["points"] == 1


def test_control_without_sandbox_and_filter_the_network_is_reached_and_processes_start(
    assignment, server, tmp_path, filter_off
):
    marker = tmp_path / "marker"
    record_of(ATTACKS["network_tcp"], assignment, server, marker, NoSandboxAtAll())
    assert heard(server)
    record_of(ATTACKS["greedy_multiprocessing"], assignment, server, marker, NoSandboxAtAll())
    assert marker.exists()


def test_each_of_the_two_walls_alone_keeps_the_network_away(assignment, server, tmp_path, monkeypatch, filter_off):
    record_of(ATTACKS["network_tcp"], assignment, server, tmp_path / "marker", working_sandbox())  # the sandbox alone
    assert not heard(server)
    monkeypatch.undo()
    record_of(ATTACKS["network_tcp"], assignment, server, tmp_path / "marker", NoSandboxAtAll())  # the filter alone
    assert not heard(server)


def test_control_a_right_answer_beside_an_attack_earns_its_point(assignment, server, tmp_path):
    """The attacks fail for what they return, and not because whoever attacks is punished."""
    code = ATTACKS["greedy_fork_bomb"].replace(
        "np.zeros(weight.shape), np.zeros(weight.shape[1]), np.zeros(x.shape)",
        "x.T @ output_gradient, output_gradient.sum(axis=0), output_gradient @ weight.T",
    )
    assert ZEROS.strip() not in code
    assert record_of(code, assignment, server, tmp_path / "marker", working_sandbox())["points"] == 1


STYLES = {
    "as the course": RIGHT,
    "annotated": """
    def dense_backward(x: np.ndarray, weight: np.ndarray, output_gradient: np.ndarray) -> tuple[np.ndarray, ...]:
        '''Gradients.'''
        return x.T @ output_gradient, output_gradient.sum(0), output_gradient @ weight.T
    """,
    "einsum": HONEST["emmy"],
    "loops": """
    def dense_backward(x, weight, output_gradient):
        dw, db, dx = np.zeros_like(weight, dtype=float), np.zeros(weight.shape[1]), np.zeros_like(x, dtype=float)
        for row in range(x.shape[0]):
            for i in range(weight.shape[0]):
                for o in range(weight.shape[1]):
                    dw[i, o] += x[row, i] * output_gradient[row, o]
                    dx[row, i] += output_gradient[row, o] * weight[i, o]
            db += output_gradient[row]
        return dw, db, dx
    """,
    "helper in the cell": """
    def outer(a, b):
        return a.T @ b
    def dense_backward(x, weight, output_gradient):
        return outer(x, output_gradient), output_gradient.sum(axis=0), outer(output_gradient.T, weight.T)
    """,
    "lambda": "dense_backward = lambda x, w, g: (x.T @ g, g.sum(axis=0), g @ w.T)",
    "a list": "def dense_backward(x, weight, g):\n    return [x.T.dot(g), np.sum(g, axis=0), g.dot(weight.T)]",
    "other names": "def dense_backward(a, b, c):\n    return a.T @ c, c.sum(axis=0), c @ b.T",
    "prints and tests": RIGHT
    + "\nprint(dense_backward(np.ones((2, 3)), np.ones((3, 4)), np.ones((2, 4))))\nassert True\n",
    "magic": "%matplotlib inline\nimport math\n" + RIGHT + "\n!pip list\n%timeit 1\n",
    "own imports": "import numpy\nfrom functools import partial\n" + RIGHT.replace("np.", "numpy."),
    "a class that is called": """
    class Backward:
        def __call__(self, x, weight, g):
            return x.T @ g, g.sum(axis=0), g @ weight.T
    dense_backward = Backward()
    """,
    "a mistake after it": RIGHT + "\nundefined_name\n",
    "in torch": """
    def dense_backward(x, weight, g):
        import torch
        w = torch.tensor(weight, dtype=torch.float64, requires_grad=True)
        b = torch.zeros(weight.shape[1], dtype=torch.float64, requires_grad=True)
        i = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        (i @ w + b).backward(torch.tensor(g, dtype=torch.float64))
        return w.grad.numpy(), b.grad.numpy(), i.grad.numpy()
    """,
}


@pytest.mark.parametrize("style", STYLES)
def test_an_honest_answer_earns_its_point_however_it_is_written(style, assignment, server):
    limits = Limits()
    submission = submission_of("ada", textwrap.dedent(STYLES[style]), server, "/none")
    record = mark_submission(0, submission, assignment, working_sandbox(), limits, "").exercises[NUMBER]
    assert record["points"] == 1, record
