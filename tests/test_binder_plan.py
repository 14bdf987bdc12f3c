"""What Binder would do with this repository, as its own program repo2docker plans it: no engine is needed for that."""

import importlib.util
import os
import re
import subprocess
import sys

import pytest

from course_copy import ROOT, copy_course

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("repo2docker") is None, reason="repo2docker is missing. pip install -e .[dev]"
    ),
    pytest.mark.processes("plans in a Python of its own"),
]


def planned(folder):
    """(what repo2docker says, the lines of the Dockerfile that it would build)."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."]
    ended = subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    everything = ended.stdout + ended.stderr
    lines = [line.strip() for line in everything.splitlines() if line.strip() and not line.startswith("#")]
    return everything, lines


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return planned(copy_course(tmp_path_factory.mktemp("binder")))


def place(lines, pattern):
    """The number of the one line that has the pattern."""
    (found,) = [number for number, line in enumerate(lines) if re.search(pattern, line)]
    return found


def test_it_takes_the_python_of_runtime_txt_and_makes_no_image_of_our_own(plan):
    """In binder/ an environment.yml, a Dockerfile or the like would come before requirements.txt, and in its place."""
    said, lines = plan
    python = (ROOT / "binder" / "runtime.txt").read_text("utf-8").strip().removeprefix("python-")
    assert f"Building conda environment for python={python}" in said
    assert re.search(r"^FROM docker\.io/library/buildpack-deps:", "\n".join(lines), re.MULTILINE)


def test_the_course_is_there_before_it_is_installed_and_installed_before_post_build(plan):
    """`-e .` and `-c ../constraints.txt` need the whole folder; postBuild needs Matplotlib and JupyterLab."""
    _, lines = plan
    copied = place(lines, r"^COPY .*src/ \$\{REPO_DIR\}/$")
    installed = place(lines, r'pip install --no-cache-dir -r "binder/requirements\.txt"$')
    assert copied < installed < place(lines, r"^RUN \./binder/postBuild$")


def test_what_installs_and_what_runs_is_no_administrator(plan):
    _, lines = plan
    for step in (r'-r "binder/requirements\.txt"$', r"^RUN \./binder/postBuild$", r"^CMD "):
        before = [line for line in lines[: place(lines, step)] if line.startswith("USER ")]
        assert before[-1] == "USER ${NB_USER}"


def test_another_build_pack_would_be_seen(tmp_path):
    copy = copy_course(tmp_path)
    (copy / "binder" / "Dockerfile").write_text("FROM docker.io/library/python:3.11-slim\n")
    assert "conda environment" not in planned(copy)[0]
