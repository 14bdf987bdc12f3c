"""A copy of the course in which a test may change whatever it likes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = shutil.ignore_patterns(
    "build", ".git", ".venv", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis", "unfinished"
)


def copy_course(folder):
    """Copy the course to `folder`/course. Returns that path."""
    return Path(shutil.copytree(ROOT, Path(folder) / "course", ignore=LEFT_OUT))


def run_in(course, command):
    """Run a command, a line or its words, in the copy, whose course_lib is then the one that is imported."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTEST"))}
    return subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=course,
        env=inherited | {"PYTHONPATH": str(course)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def run_python(course, *words):
    """Run this Python with these words in the copy."""
    return run_in(course, [sys.executable, *map(str, words)])


def run_pytest(course):
    """pytest as `make test` calls it, in a course folder whose own exercises count as the course's."""
    start = course / "at_the_start_of_python"
    start.mkdir()
    checks = str(course / "course_lib" / "checks")
    (start / "sitecustomize.py").write_text(
        f"import course_lib.checks\ncourse_lib.checks.__path__.append({checks!r})\n", encoding="utf-8"
    )
    folders = [name for name in ("chapters", "solutions", "tests") if (course / name).exists()]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider", *folders],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(start)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
