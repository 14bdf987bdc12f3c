"""What pip takes: a wheel with notebooks, data and web modules, a source distribution that is a whole clone."""

import os
import subprocess
import sys
import tarfile
import zipfile

import pytest

from course_copy import ROOT, copy_course
from course_lib.notebook_copies import Differs, copy_notebooks

BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_{}(sys.argv[1]))"
pytestmark = pytest.mark.processes("builds the package, and runs it in Pythons of its own")
NOTEBOOKS = sorted(path.name for path in (ROOT / "chapters").glob("*.ipynb"))


def run(folder, *words, path="", **environment):
    """Run a command in the folder, where `course_lib` is what `path` has, and not this clone's."""
    environment = {**os.environ, "PYTHONPATH": str(path), "PYTHONUTF8": "1", **environment}
    return subprocess.run([*map(str, words)], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """(source distribution, wheel) of a copy of the course, made as pip makes them."""
    folder = tmp_path_factory.mktemp("dist")
    copy, found = copy_course(tmp_path_factory.mktemp("copy")), []
    for kind in ("sdist", "wheel"):
        ended = run(copy, sys.executable, "-c", BUILD.format(kind), folder)
        assert ended.returncode == 0, ended.stderr
        found.append(folder / ended.stdout.splitlines()[-1])
    return tuple(found)


@pytest.fixture(scope="module")
def site(built, tmp_path_factory):
    """A folder with what the wheel installs."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(built[1]) as wheel:
        wheel.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def tracked():
    """The files of the repository, without those that git does not keep."""
    listed = run(ROOT, "git", "ls-files", "-co", "--exclude-standard")
    if listed.returncode != 0:
        pytest.skip("this is no clone")
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def test_the_source_distribution_is_a_whole_clone(built, tracked):
    with tarfile.open(built[0]) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    added = {name for name in names if name in ("PKG-INFO", "setup.cfg") or name.startswith("course_lib.egg-info/")}
    assert names - added == tracked


def test_the_wheel_holds_the_whole_package(site, tracked):
    inside = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert {name for name in tracked if name.startswith("course_lib/")} <= inside
    assert {f"course_lib/notebooks/chapters/{name}" for name in NOTEBOOKS} <= inside
    top = {name.partition("/")[0] for name in inside}
    assert {name for name in top if not name.endswith(".dist-info")} == {"course_lib"}


def test_the_wheel_has_the_command_course(site):
    (entry,) = site.glob("*.dist-info/entry_points.txt")
    assert "course = course_lib.cli:main" in entry.read_text("utf-8")


def test_the_notebooks_come_out_of_the_wheel_as_they_are_in_the_clone(site, tmp_path):
    ended = run(tmp_path, sys.executable, "-m", "course_lib", "chapters", "mine", path=site)
    assert ended.returncode == 0, ended.stderr
    for folder in ("chapters", "solutions"):
        assert sorted(path.name for path in (tmp_path / "mine" / folder).iterdir()) == NOTEBOOKS
        for name in NOTEBOOKS:
            assert (tmp_path / "mine" / folder / name).read_bytes() == (ROOT / folder / name).read_bytes()
    assert (tmp_path / "mine" / "CLAIMS.md").is_file()  # to which they link
    assert NOTEBOOKS[0] in ended.stdout


@pytest.fixture
def mine(tmp_path):
    """A folder with the notebooks of a small course, and that course."""
    course = tmp_path / "course"
    (course / "chapters").mkdir(parents=True)
    for name in ("00_a", "01_b"):
        (course / "chapters" / f"{name}.ipynb").write_text(name)
    folder = tmp_path / "mine"
    assert len(copy_notebooks(folder, course)) == 2
    return folder, course


def test_what_a_learner_wrote_is_kept_and_nothing_is_written(mine):
    folder, course = mine
    (folder / "chapters" / "01_b.ipynb").write_text("my work")
    (folder / "chapters" / "00_a.ipynb").unlink()
    with pytest.raises(Differs, match=r"chapters/01_b\.ipynb.*keep them, and name another folder"):
        copy_notebooks(folder, course)
    assert (folder / "chapters" / "01_b.ipynb").read_text() == "my work"
    assert not (folder / "chapters" / "00_a.ipynb").exists()


def test_what_is_missing_is_written_beside_what_is_the_same_and_other_files(mine):
    folder, course = mine
    (folder / "chapters" / "00_a.ipynb").unlink()
    (folder / "chapters" / "my_network.py").write_text("mine")
    assert copy_notebooks(folder, course) == [folder / "chapters" / "00_a.ipynb"]
    assert (folder / "chapters" / "my_network.py").read_text() == "mine"
    assert copy_notebooks(folder, course) == []


def test_a_folder_that_is_a_file_is_named_without_a_traceback(site, tmp_path):
    (tmp_path / "mine").write_text("")
    ended = run(tmp_path, sys.executable, "-m", "course_lib", "chapters", "mine", path=site)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr and "mine" in ended.stderr


RUN = """
import sys, nbformat
from nbclient import NotebookClient
path, folder = sys.argv[1:]
notebook = nbformat.read(path, as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
print(sum(len(cell.get("outputs", ())) for cell in notebook.cells))
"""


@pytest.mark.weekly("installs the package into an empty environment: some minutes, and 0.3 GB from the network")
@pytest.mark.timeout(1500)
def test_evening_1a_runs_from_another_folder_where_only_the_wheel_was_installed(built, tmp_path, require_or_skip):
    environment, elsewhere = tmp_path / "environment", tmp_path / "else where"
    elsewhere.mkdir()
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    pip = [programs / "python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt"]
    installed = run(tmp_path, *pip, built[1], "nbclient")
    require_or_skip("connection" not in installed.stderr.lower(), "no package registry is reached", "use a network")
    assert installed.returncode == 0, installed.stderr
    assert run(tmp_path, programs / "python", "-c", "import torch").returncode == 1
    copied = run(elsewhere, programs / "course", "chapters", "lessons")
    assert copied.returncode == 0, copied.stderr
    chapters = elsewhere / "lessons" / "chapters"
    path = next(chapters.glob("01a_*.ipynb"))
    ended = run(elsewhere, programs / "python", "-c", RUN, path, chapters)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) > 20
