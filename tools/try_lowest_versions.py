"""Try the lowest versions that pyproject.toml allows: install them into an empty environment, run the engines' tests.

    python tools/try_lowest_versions.py          install and test
    python tools/try_lowest_versions.py --list   only say which versions those are

Of each package that the course and its development need, that is the lowest version in its range with a wheel for this
Python; what those packages need in turn is as new as pip finds it. PyTorch stays as constraints.txt has it, and without
CUDA: each version would be another large download.

The tests are those of `make check`. Only the installation needs a network. `make test-all` calls this with the oldest
Python alone: some of these versions came before the newer ones.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))
from run_all import ENVIRONMENT, steps  # noqa: E402

AS_PINNED = "torch"
WITHOUT_CUDA = ("--extra-index-url", "https://download.pytorch.org/whl/cpu")
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")


def main():
    """Install, test, report. Returns the exit status: 0 if everything could be installed and every test passed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="only say which versions those are")
    options = parser.parse_args()
    try:
        pins = lowest_versions(ROOT)
    except NoVersion as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(pins), flush=True)
    if options.list:
        return 0
    with tempfile.TemporaryDirectory(prefix="lowest-") as folder:
        copy = Path(folder) / "course"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        python = install(copy, Path(folder) / "environment", pins)
        return test(copy, python) if python else 1


class NoVersion(LookupError):
    """A package has no version in its range that this Python could install. The message names it."""


def lowest_versions(root):
    """Lines "name==version": of each dependency of the course in `root` the lowest, and PyTorch's as it is pinned."""
    pins = []
    for requirement in direct_dependencies(root):
        if requirement.name == AS_PINNED:
            pins.append(pinned(root, AS_PINNED))
        else:
            pins.append(f"{requirement.name}=={lowest(requirement, versions_with_wheel(requirement.name))}")
    return pins


def direct_dependencies(root):
    """The packages that pyproject.toml names for the course and its development, in alphabetical order."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {str(each): each for each in _resolved(project, [*project["dependencies"], f"{project['name']}[dev]"])}
    return sorted(found.values(), key=lambda requirement: requirement.name)


def _resolved(project, lines):
    """The requirements of the lines; one on the course itself, as `course_lib[book]`, is those of its extras."""
    for requirement in map(Requirement, lines):
        if requirement.name != project["name"]:
            yield requirement
        for extra in requirement.extras if requirement.name == project["name"] else ():
            yield from _resolved(project, project["optional-dependencies"][extra])


def pinned(root, name):
    """The line of constraints.txt for this package."""
    return re.search(rf"^{name}==.*$", (root / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)[0]


def versions_with_wheel(name):
    """The versions of a package, as texts, that pip finds with a wheel for this Python and system."""
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--only-binary=:all:"]
    # What nobody can fulfill, for pip then lists what there is; `pip index versions` also lists what has no wheel.
    answer = subprocess.run([*pip, f"{name}<0"], capture_output=True, text=True, encoding="utf-8")
    found = re.search(r"\(from versions: (.*)\)", answer.stderr)
    if found is None or found[1] == "none":
        raise NoVersion(f"pip finds no version of {name} with a wheel for this Python:\n{answer.stderr.strip()}")
    return found[1].split(", ")


def lowest(requirement, versions):
    """The lowest of the versions in the requirement's range; one before its release does not count."""
    found = min(requirement.specifier.filter(versions, prereleases=False), key=Version, default=None)
    if found is None:
        raise NoVersion(f"None of the versions with a wheel for this Python is {requirement}: {', '.join(versions)}.")
    return found


def install(course, environment, pins):
    """Install the course with exactly these versions into a new environment. Returns its Python; None if it failed."""
    start = time.monotonic()
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    (course / "lowest.txt").write_text("\n".join(pins) + "\n", encoding="utf-8")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--prefer-binary"]
    pip += ["-c", "lowest.txt"]
    # By itself, so that the place of PyTorch's builds is asked for nothing else.
    calls = [[*pip, *WITHOUT_CUDA, "--no-deps", AS_PINNED], [*pip, "-e", ".[dev]"]]
    if any(subprocess.run(call, cwd=course).returncode != 0 for call in calls):
        print("These versions cannot be installed together; pip says why above. Raise a bound in pyproject.toml.")
        return None
    print(f"Installed in {time.monotonic() - start:.0f} s.", flush=True)
    return python


def test(course, python):
    """Run the tests of `make check` in the copy with the new Python. Returns the exit status."""
    (engines,) = [step for step in steps(course, "check") if step.name == "engines"]
    start = time.monotonic()
    status = subprocess.run([python, *engines.arguments], cwd=course, env=os.environ | ENVIRONMENT).returncode
    print(f"{'Passed' if status == 0 else 'FAILED'} in {time.monotonic() - start:.0f} s.", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
