"""A student's code in the sandbox: what it can do, what it cannot, and what a check sees of it."""

import os
import select
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from course_lib.checks import run_check
from course_lib.checks.submission import LearnerError
from course_lib.grading import sandbox as sandboxes
from course_lib.grading.assignment import COURSE
from course_lib.grading.jail import Jail, JailBroken, Stopped, error_from
from course_lib.grading.limits import Limits, LimitsError
from course_lib.grading.sandbox import NoSandbox, Sandbox, working_sandbox
from requirements import debian_package, require_or_skip

SMALL = Limits(processor_seconds=1, wall_seconds=5.0, memory_bytes=1_000_000_000, file_bytes=1_000_000)


@pytest.fixture(scope="module")
def sandbox():
    try:
        return working_sandbox()
    except NoSandbox as error:
        require_or_skip(False, str(error), debian_package("bubblewrap"))


@pytest.fixture
def jail(sandbox):
    with Jail(sandbox, SMALL) as jail:
        yield jail


def function_from(jail, text, name="f", cells=(), modules=None):
    found = jail.begin([*cells, ("exercise", text, False)], name, modules or {})
    assert found["defined"] is True, found
    return found["value"]


def test_a_function_is_called_where_it_is_and_its_value_is_plain(jail):
    f = function_from(jail, "def f(x, scale=2):\n    print('called')\n    return {'twice': x * scale}\n")
    value = f(np.arange(3.0), scale=3)
    assert np.array_equal(value["twice"], [0, 3, 6]) and type(value["twice"]) is np.ndarray
    assert jail.printed == ["called\n"]


def test_cells_run_in_order_and_the_given_ones_come_first(jail):
    cells = [("given", "import numpy as np\nlimit = 5", True), ("exercise 1.1", "def g(x): return x + limit", False)]
    assert function_from(jail, "def f(x): return g(x) * 2", cells=cells)(1) == 12


def test_a_module_that_is_allowed_can_be_imported_and_no_other(jail):
    text = "from course_lib.scratch.activations import relu\ndef f(x): return relu(x)"
    modules = {"course_lib.scratch.activations": "def relu(x): return max(x, 0)"}
    assert function_from(jail, text, modules=modules)(-3) == 0
    found = jail.begin([("exercise", text, False)], "f", {})
    assert not found["defined"] and found["failed"]["kind"] == "ModuleNotFoundError"


def test_what_a_student_raises_has_its_line(jail):
    f = function_from(jail, "def f(x):\n    y = x + 1\n    return y / 0\n")
    with pytest.raises(LearnerError) as raised:
        f(1)
    assert (raised.value.kind, raised.value.place) == ("ZeroDivisionError", "line 3 of your cell")
    assert raised.value.source == "return y / 0"


def test_a_changed_input_is_seen_by_the_check(jail):
    f = function_from(jail, "def f(x, names):\n    x += 1\n    names.append('new')\n    return 0\n")
    x, names = np.zeros(2), ["old"]
    f(x, names)
    assert x.tolist() == [1, 1] and names == ["old", "new"]


def test_warnings_cross(jail):
    f = function_from(jail, "import numpy as np\ndef f(x): return np.exp(x)\n")
    with pytest.warns(RuntimeWarning, match="overflow"):
        f(np.array([1e4]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f(np.array([1.0]))


def test_a_generator_crosses_and_draws_the_same_numbers(jail):
    f = function_from(jail, "def f(rng): return rng.normal(size=3)")
    assert np.array_equal(f(np.random.default_rng(1)), np.random.default_rng(1).normal(size=3))


def test_a_students_own_draws_are_the_same_each_time(jail):
    text = "import numpy as np, random\ndraws = [np.random.random(), random.random(), np.random.default_rng().random()]"
    first = jail.begin([("exercise", text, False)], "draws", {})["value"]
    assert jail.begin([("exercise", text, False)], "draws", {})["value"] == first


def test_a_function_that_comes_back_can_be_called_too(jail):
    f = function_from(jail, "def f(k):\n    return lambda x: k * x\n")
    assert f(3)(5) == 15


def test_attributes_are_read_as_plain_values(jail):
    f = function_from(jail, "class f:\n    size = 7\n    def __init__(self, x): self.x = x\n")
    assert f.attribute("size") == 7
    with pytest.raises(LearnerError, match="AttributeError"):
        f.attribute("missing")


def test_a_check_diagnoses_as_in_the_notebook(jail):
    outcome = run_check(
        "2.4", function_from(jail, "def f(x, weight, g):\n    return g.T @ x, g.sum(axis=0), g @ weight.T\n")
    )
    assert outcome.status == "failed" and "transposed" in outcome.hint


def test_an_endless_loop_loses_its_own_exercise_alone(jail):
    f = function_from(jail, "def f():\n    while True: pass\n")
    for _ in range(2):
        with pytest.raises(Stopped, match=r"processor time|did not end"):
            f()
    assert jail.usage["stopped"] in ("time", "clock")
    assert function_from(jail, "def f(): return 1")() == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import time\ndef f(): time.sleep(100)", "clock"),
        ("import os\ndef f(): os._exit(0)", "ended"),
        ("import os\ndef f(): os.abort()", "ended"),
        (
            "import os\ndef f():\n  for n in range(3, 20):\n    try: os.write(n, b'x' * 100)\n    except OSError: pass",
            "reply",
        ),
    ],
)
def test_what_ends_an_exercise_is_told_apart(jail, text, reason):
    with pytest.raises(Stopped) as stopped:
        function_from(jail, text)()
    assert stopped.value.reason == reason == jail.usage["stopped"]


def test_memory_has_a_limit(jail):
    f = function_from(jail, "def f(): return len(bytearray(2 * 10**9))")
    with pytest.raises(LearnerError, match="MemoryError"):
        f()


def test_one_exercise_leaves_nothing_for_the_next(jail):
    leaves = """
import builtins, os
builtins.left = 1
os.makedirs("/tmp/a/b")
open("/tmp/a/b/left", "w").write("x")
os.symlink("/usr", "/tmp/a/link")
os.chmod("/tmp/a/b", 0)
def f(): return 1
"""
    function_from(jail, leaves)()
    f = function_from(jail, "import os\ndef f(): return 'left' in dir(__builtins__), os.listdir('/tmp')")
    assert f() == (False, [])


def test_what_withstands_to_be_emptied_costs_the_sandbox_and_not_the_next_exercise(jail):
    leaves = "import os\nfor _ in range(20):\n    os.mkdir('d' * 250)\n    os.chdir('d' * 250)\n"
    leaves += "open('left', 'w')\ndef f(): return 1"
    assert function_from(jail, leaves)() == 1
    f = function_from(jail, "import os\ndef f(): return os.listdir('/tmp')")
    assert f() == []


def test_processor_time_is_measured_from_outside(jail):
    f = function_from(
        jail, "import time\ntime.process_time = lambda: 0\ndef f():\n    for _ in range(2_000_000): pass\n"
    )
    before = f.processor_seconds()
    f()
    assert f.processor_seconds() - before > 0.01


def test_the_sandbox_starts_anew_when_it_is_gone(jail):
    f = function_from(jail, "def f(): return 1")
    jail.process.kill()
    jail.process.wait()
    gone = select.poll()  # those inside end a moment after the one that started them
    gone.register(jail.process.stdout, 0)
    assert gone.poll(20_000) == [(jail.process.stdout.fileno(), select.POLLHUP)]
    with pytest.raises(Stopped):
        f()
    assert function_from(jail, "def f(): return 2")() == 2


def test_nothing_of_this_machine_is_seen_in_there(jail, monkeypatch):
    text = "import os\ndef f(): return sorted(os.listdir('/')), dict(os.environ), os.getuid(), os.path.exists({!r})\n"
    folders, environment, user, sees_the_course = function_from(jail, text.format(os.path.dirname(os.__file__)))()
    assert set(folders) <= {"dev", "etc", "inside", "lib", "lib32", "lib64", "packages", "python", "tmp", "usr"}
    assert set(environment) <= {*sandboxes._ENVIRONMENT, "PWD"} and user not in (0, os.getuid())
    assert not sees_the_course or os.path.dirname(os.__file__).startswith("/usr")


def test_the_course_is_hidden_where_it_is_installed_among_the_packages(sandbox, tmp_path, monkeypatch):
    packages = tmp_path / "packages"
    packages.mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    numpy = os.path.dirname(np.__file__)
    for name in ("numpy", "numpy.libs"):
        source = os.path.join(os.path.dirname(numpy), name)
        if os.path.isdir(source):
            (packages / name).symlink_to(source)
    (packages / "course_lib").mkdir()
    (packages / "course_lib" / "checks.py").write_text("answer = 42")
    monkeypatch.setattr(sandboxes, "_packages", lambda: str(packages))
    assert "/packages/course_lib" in sandboxes._hidden()


def test_it_works_for_an_ordinary_user_too():
    """As somebody who is not root, with the system's Python: another way into the sandbox, with the same walls."""
    python, packages = Path("/usr/bin/python3"), Path(np.__file__).parents[1]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if os.geteuid() != 0 or not python.exists() or not shutil.which("setpriv"):
        pytest.skip("only root can become somebody else")
    if Path(os.path.realpath(python)).name != f"python{version}":
        pytest.skip(f"the system's Python is not {version}, and these packages are for that")
    text = """
import os
from course_lib.grading.jail import Jail
from course_lib.grading.sandbox import working_sandbox
with Jail(working_sandbox()) as jail:
    cell = "import os, socket\\ndef f(what): return os.getuid() if what == 'who' else eval(what)"
    f = jail.begin([("cell", cell, False)], "f", {})["value"]
    print(os.getuid(), f("who"))
    for what in ("os.fork()", "socket.socket()", "open('/x', 'w')", "open('/usr/lib/x', 'w')", "os.listdir('/proc')"):
        try:
            print("done", f(what))
        except Exception as error:
            print(error.kind)
"""
    who = ["setpriv", "--reuid", "1234", "--regid", "1234", "--clear-groups"]
    environment = {"HOME": "/tmp", "PYTHONPATH": f"{packages}:{COURSE}", "PATH": os.environ["PATH"]}
    command = [*who, str(python), "-B", "-c", text]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=300)
    if "Permission denied" in done.stderr or "ModuleNotFoundError" in done.stderr:
        pytest.skip("this user may not read the course's folder")
    assert done.returncode == 0, done.stderr
    expected = ["1234 65534", "PermissionError", "PermissionError", "OSError", "OSError", "FileNotFoundError"]
    assert done.stdout.splitlines() == expected


def test_without_bubblewrap_it_refuses_and_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(sandboxes.shutil, "which", lambda name: None)
    with pytest.raises(NoSandbox, match="apt-get install bubblewrap"):
        working_sandbox()


def test_where_the_kernel_forbids_it_the_setting_is_named(monkeypatch, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(NoSandbox, match=r"sysctl[\s\S]*No permissions to create new namespace"):
        working_sandbox()


def test_an_engine_that_is_not_there_is_named():
    with pytest.raises(NoSandbox, match="expected one of bubblewrap, docker, podman"):
        working_sandbox("chroot")


def test_a_sandbox_that_does_not_start_is_an_error_with_its_last_words(monkeypatch):
    monkeypatch.setattr(sandboxes, "_worker", lambda python, user: [python, "-c", "import sys; sys.exit('no luck')"])
    with pytest.raises(JailBroken, match="no luck"):
        Jail(Sandbox())._start()


@pytest.mark.parametrize(
    "words", [{"processor_seconds": 0}, {"memory_bytes": 5}, {"wall_seconds": float("nan")}, {"file_bytes": "1"}]
)
def test_limits_that_are_none_are_named(words):
    with pytest.raises(LimitsError, match=next(iter(words))):
        Limits(**words)


@pytest.mark.parametrize("facts", [None, 3, {}, {"kind": 1}, {"kind": "ValueError", "kinds": "x"}, [1]])
def test_facts_that_are_none_are_an_exception_all_the_same(facts):
    assert isinstance(error_from(facts), LearnerError)
