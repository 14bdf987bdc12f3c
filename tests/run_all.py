"""Every check of the project, in order: `make test` runs this file, and so does Windows, which has no make.

    .venv/bin/python tests/run_all.py            (Windows: .venv\\Scripts\\python tests\\run_all.py)

Stops at the first step that fails, and ends with a line per step.
"""

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300")


@dataclass(frozen=True)
class Step:
    """One check: `arguments` go to the Python that runs this file, in the project's folder."""

    name: str
    arguments: tuple[str, ...]


def steps(root):
    """The checks of the project in `root`, cheapest first."""
    spelled = [path.name for path in sorted(root.glob("*.md"))]
    spelled += [path.relative_to(root).as_posix() for path in sorted(root.glob("solutions/*.py"))]
    return (
        Step("ruff check", ("-m", "ruff", "check")),
        Step("ruff format", ("-m", "ruff", "format", "--check")),
        Step("codespell", ("-m", "codespell_lib", *spelled, "course_lib", "tests")),
        Step("tests", ("-m", "pytest", "tests")),
        Step("notebooks", ("-m", "pytest", *NBVAL, "chapters", "solutions")),
    )


def run(checks, root):
    """Run the checks until one fails; print a line per check; return the exit status, 0 if all passed."""
    outcomes = dict.fromkeys((step.name for step in checks), "not run")
    failed = None
    environment = os.environ | {"PYTHONUTF8": "1"}
    for number, step in enumerate(checks, start=1):
        print(f"\n=== {number}/{len(checks)} {step.name}", flush=True)
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
    sys.exit(run(steps(ROOT), ROOT))
