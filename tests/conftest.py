"""What all tests share."""

import dataclasses
import importlib
import os
import signal

# One thread, before NumPy is imported: the nets here are small, and on a busy machine two thread pools on the same
# cores take many times as long. The speed of more threads is not what these tests are about.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

pytest.register_assert_rewrite("checks_scaffold")  # a failing assert in it says what it compared, as in a file of tests

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background jobs ignore it, and hand that on
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("quick", max_examples=20)  # `make check` asks for it, see tests/examples.py

from requirements import require_or_skip as _require_or_skip  # noqa: E402


@pytest.fixture
def require_or_skip():
    """`require_or_skip(found, reason, install_line)`: see tests/requirements.py."""
    return _require_or_skip


@pytest.fixture(autouse=True)
def learner_folder(tmp_path_factory, monkeypatch):
    """A learner who begins anew: a folder of the test's own for what is kept, and nothing remembered."""
    from course_lib.learner import giving, memory

    folder = tmp_path_factory.mktemp("learner")
    monkeypatch.setenv(memory.FOLDER, str(folder))
    for variable in (giving.MARKING, giving.MARKED):
        monkeypatch.delenv(variable, raising=False)
    for part in (*memory._session.values(), giving.passed_here):
        part.clear()
    return folder


@pytest.fixture
def made_up(monkeypatch):
    """The claims of tests/made_up_claims in place of the course's."""
    monkeypatch.setattr("course_lib.experiments.registry.PACKAGE", "made_up_claims")


@pytest.fixture
def change(monkeypatch):
    """change("coin", run=..., ...): the experiment with some parts replaced, for this test."""

    def replace(name, **parts):
        module = importlib.import_module(f"made_up_claims.{name}")
        monkeypatch.setattr(module, "EXPERIMENT", dataclasses.replace(module.EXPERIMENT, **parts))

    return replace


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """What the claim "waits" has begun to compute so far: a function that returns the lines, and forgets them."""
    from joblib.externals import loky

    loky.get_reusable_executor().shutdown()  # workers of an earlier test have that test's environment
    path = tmp_path / "begun"
    monkeypatch.setenv("BEGUN", str(path))

    def lines():
        found = path.read_text().split("\n")[:-1] if path.exists() else []
        path.unlink(missing_ok=True)
        return found

    return lines


@pytest.fixture
def double_exercise(monkeypatch):
    """Exercises 99.1, to double an array, and 99.2, the value "relu", in a registry that ends with the test."""
    import numpy

    from course_lib.checks import exercises, registry
    from course_lib.checks.expectations import expect_choice, expect_close
    from course_lib.checks.registry import exercise

    exercises()
    monkeypatch.setattr(registry, "_exercises", dict(registry._exercises))

    @exercise("99.1", title="Double")
    def double(submitted):
        expect_close(submitted(numpy.array([1.0, 2.0])), numpy.array([2.0, 4.0]))

    @exercise("99.2", title="The name of an activation", kind="value")
    def name(value):
        expect_choice(value, ["relu"])
