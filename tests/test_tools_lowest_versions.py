"""tools/try_lowest_versions.py: which versions it takes, without a network; `make test-all` installs them."""

import tomllib

import pytest
from packaging.requirements import Requirement

import try_lowest_versions
from run_all import ROOT
from try_lowest_versions import NoVersion, direct_dependencies, lowest, lowest_versions, versions_with_wheel


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder in place of the package registry: pip looks at the names of the files in it, and at nothing else."""
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_CONSTRAINT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    for name in (
        "thing-1.0.tar.gz",  # a source alone: no wheel
        "thing-1.1-cp27-cp27m-win32.whl",  # of a Python that nobody runs
        "thing-1.3-py3-none-any.whl",
        "thing-1.2-py3-none-any.whl",
        "thing-1.2rc1-py3-none-any.whl",
        "source-1.0.tar.gz",
    ):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("thing>=1.9,<3", "1.9"),
        ("thing>=1.10,<3", "1.10.1"),  # of numbers, not of letters
        ("thing>=2,<3", "2.0"),  # not 2.0rc1, which comes before it
        ("thing>=1.9.1,!=1.10.1,<3", "2.0"),
    ],
)
def test_the_lowest_version_in_the_range_is_taken(requirement, expected):
    assert lowest(Requirement(requirement), ["3.0", "2.0", "2.0rc1", "1.10.1", "1.9", "1.8"]) == expected


def test_a_range_without_any_version_is_named_with_those_that_there_are():
    with pytest.raises(NoVersion, match=r"is thing<3,>=2: 1\.9, 3\.0"):
        lowest(Requirement("thing>=2,<3"), ["1.9", "3.0"])


def test_pip_is_asked_for_what_has_a_wheel_for_this_python(place):
    assert set(versions_with_wheel("thing")) == {"1.2", "1.2rc1", "1.3"}


@pytest.mark.parametrize("name", ["source", "nowhere"])
def test_a_package_without_any_wheel_is_named(place, name):
    with pytest.raises(NoVersion, match=f"no version of {name} with a wheel"):
        versions_with_wheel(name)


def test_each_package_that_the_course_or_its_development_names_is_taken_once():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for lines in project["optional-dependencies"].values() for line in lines)]
    not_for_development = {"torchvision", "timm", "marimo", "notebook", "voila"}  # the zoo, and other clients
    names = [requirement.name for requirement in direct_dependencies(ROOT)]
    assert sorted(names) == sorted({Requirement(line).name for line in lines} - {"course_lib"} - not_for_development)
    assert {"numpy", "torch", "jupyterlab", "sphinx", "pytest"} <= set(names)


def test_of_torch_the_pinned_version_is_taken_and_of_all_others_the_lowest(monkeypatch, tmp_path):
    project = 'name = "my"\ndependencies = ["thing>=1.2"]\n[project.optional-dependencies]\n'
    project += 'dev = ["tester>=8", "my[heavy]"]\nheavy = ["torch>=2.6,<3", "thing>=1.2"]\n'
    (tmp_path / "pyproject.toml").write_text(f"[project]\n{project}", encoding="utf-8")
    (tmp_path / "constraints.txt").write_text("torchvision==0.28.0\ntorch==2.13.0\nthing==1.5\n", encoding="utf-8")
    there = {"thing": ["1.1", "1.2", "1.5"], "tester": ["9.0", "8.2"]}
    monkeypatch.setattr(try_lowest_versions, "versions_with_wheel", there.__getitem__)
    assert lowest_versions(tmp_path) == ["tester==8.2", "thing==1.2", "torch==2.13.0"]
