"""The checks of the project, in order: `make check`, `make test` and `make test-all` call this, as does Windows.

    .venv/bin/python tests/run_all.py [check|test|test-all] [options for pytest]

On Windows it is .venv\\Scripts\\python tests\\run_all.py.

check     style, and the tests of the engines: what one runs after every change
test      the same, every other test and every notebook: what a change can break (this one if nothing is said)
test-all  that, the tests marked `weekly`, which take long and rarely change their answer, and two trials: Binder's, and
          that of the lowest versions that pyproject.toml allows

Stops at the first step that fails, and ends with a line per step.
"""

import ast
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIERS = ("check", "test", "test-all")
NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300")
# What the tests of an engine import of course_lib: some of ENGINES, and nothing that stands above them.
ENGINES = {"scratch", "pytorch", "engine", "training"}
GROUND = {"recipe", "arrays", "threads", "data", "execution"}
OLDEST_PYTHON = (3, 11)  # that pyproject.toml allows
MOST_WORKERS = 4  # each holds up to 1 GB, PyTorch and a notebook's kernel
# One thread in each worker: two pools of threads on the same cores take many times as long.
ENVIRONMENT = {"PYTHONUTF8": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

LEARNER = "COURSE_LEARNER_FOLDER"  # where a notebook keeps what has passed: course_lib/learner/memory.py


@dataclass(frozen=True)
class Step:
    """One check: `arguments` go to the Python that runs this file, in the project's folder."""

    name: str
    arguments: tuple[str, ...]


def steps(root, tier="test", options=()):
    """The checks of the project in `root` that make up the tier, cheapest first; `options` go to every pytest.

    Raises
    ------
    ValueError : a tier that there is not
    """
    if tier not in TIERS:
        raise ValueError(f"There is no {tier!r}; give one of {', '.join(TIERS)}.")
    style = style_steps(root)
    if tier == "check":
        quick = (*in_parallel("not weekly and not processes"), "--hypothesis-profile=quick", *options)
        return (*style, Step("engines", (*quick, *engine_tests(root))))
    daily = (
        *style,
        Step("tests", (*in_parallel("" if tier == "test-all" else "not weekly"), *options, "tests")),
        Step("chapters", (*in_parallel(""), *NBVAL, *options, "chapters")),  # with every exercise open
        Step("solutions", (*in_parallel(""), *NBVAL, *options, "solutions")),
    )
    if tier == "test-all" and sys.platform.startswith("linux"):  # as Binder's machines are
        trials = {"binder": "tools/try_binder.py", "old versions": "tools/try_lowest_versions.py"}
        if sys.version_info[:2] != OLDEST_PYTHON:  # for a newer one they were never made
            del trials["old versions"]
        return (*daily, *(Step(name, (script,)) for name, script in trials.items()))
    return daily


def style_steps(root):
    """Lint, format and spelling."""
    spelled = [path.name for path in sorted(root.glob("*.md"))]
    spelled += [path.relative_to(root).as_posix() for path in sorted(root.glob("solutions/*.py"))]
    return (
        Step("ruff check", ("-m", "ruff", "check")),
        Step("ruff format", ("-m", "ruff", "format", "--check")),
        Step("codespell", ("-m", "codespell_lib", *spelled, "course_lib", "tests", "tools")),
    )


def in_parallel(marked):
    """The arguments for pytest, a worker a core.

    A file stays on one worker, so that its tests share what they set up, and the files begin in the order in which they
    are found: first those in the browser, which take the longest.
    """
    return ("-m", "pytest", "-n", str(workers()), "--dist", "loadfile", "--no-loadscope-reorder", "-m", marked)


def workers():
    """How many tests run at once: one a core, at most MOST_WORKERS."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, MOST_WORKERS)


def engine_tests(root):
    """The tests that import engines and lessons, and nothing of course_lib above them; and those of each lesson."""
    lessons = {path.stem for path in root.glob("course_lib/scratch/*.py")}
    found = []
    for path in sorted(root.glob("tests/test_*.py")):
        parts = imported_parts(path)
        if (parts & ENGINES and parts <= ENGINES | GROUND) or path.stem.removeprefix("test_") in lessons:
            found.append(path.relative_to(root).as_posix())
    return found


def imported_parts(path):
    """The parts of course_lib that the file imports: {"scratch", "recipe"}."""
    modules = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules += [f"{node.module}.{alias.name}" for alias in node.names]
    return {module.split(".")[1] for module in modules if module.startswith("course_lib.")}


def run(checks, root):
    """Run the checks until one fails; print a line per check; return the exit status, 0 if all passed.

    What a notebook keeps for its learner goes into a folder that each check begins with anew, and not into the clone.
    """
    outcomes = dict.fromkeys((step.name for step in checks), "not run")
    failed = None
    for number, step in enumerate(checks, start=1):
        print(f"\n=== {number}/{len(checks)} {step.name}", flush=True)
        with tempfile.TemporaryDirectory() as learner:
            environment = os.environ | ENVIRONMENT | {LEARNER: learner}
            status = subprocess.run([sys.executable, *step.arguments], cwd=root, env=environment).returncode
        outcomes[step.name] = "passed" if status == 0 else f"FAILED (exit status {status})"
        if status != 0:
            failed = step
            break
    print("\n=== summary")
    for name, outcome in outcomes.items():
        print(f"{name:12} {outcome}")
    if failed is not None:
        python = os.path.relpath(sys.executable, root)
        command = shlex.join([python, *failed.arguments])
        print(f"\nStopped at the step '{failed.name}'. To run it alone: {command}")
    return 0 if failed is None else 1


if __name__ == "__main__":
    try:
        sys.exit(run(steps(ROOT, *sys.argv[1:2], options=sys.argv[2:]), ROOT))
    except ValueError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
