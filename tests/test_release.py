"""What belongs to a release agrees with itself: version, changelog, security, licenses, the care for the packages."""

import re
import shlex
import tomllib
from datetime import date
from fnmatch import fnmatch

import pytest
import yaml
from packaging.version import Version

import course_lib
from course_copy import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, SETUPTOOLS = PYPROJECT["project"], PYPROJECT["tool"]["setuptools"]
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]  # of Keep a Changelog, in their order
# Files of these kinds hold data or weights that somebody made; all others are the course's own code, texts and results.
DATA = ("*.npz", "*.npy", "*.safetensors", "*.csv", "*.gz", "*.idx", "*.pt")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def workflow(name):
    return yaml.safe_load(read(f".github/workflows/{name}"))


# ---- version --------------------------------------------------------------------------------------------------------


def releases():
    """[(version, day)] of the changelog, the newest first, without what is not released yet."""
    return re.findall(r"^## (\d\S*) - (\S+)$", read("CHANGELOG.md"), re.MULTILINE)


def test_the_version_stands_in_one_place():
    assert PROJECT["dynamic"] == ["version"] and "version" not in PROJECT
    assert SETUPTOOLS["dynamic"]["version"] == {"attr": "course_lib.__version__"}


def test_the_changelog_begins_with_the_packages_version():
    assert releases()[0][0] == course_lib.__version__


def test_the_changelog_goes_back_in_order_with_a_day_for_each_version():
    versions, days = zip(*releases(), strict=True)
    assert [*versions] == sorted(versions, key=Version, reverse=True) and len(set(versions)) == len(versions)
    assert [*days] == sorted(days, reverse=True) and all(date.fromisoformat(day) for day in days)
    headings = [each for each in re.findall(r"^## (.*)$", read("CHANGELOG.md"), re.MULTILINE) if each != "Unreleased"]
    assert headings == [f"{version} - {day}" for version, day in releases()]


def test_the_changelog_sorts_its_entries_as_keep_a_changelog_does():
    for text in re.split(r"^## ", read("CHANGELOG.md"), flags=re.MULTILINE)[1:]:
        kinds = re.findall(r"^### (.*)$", text, re.MULTILINE)
        assert kinds == [kind for kind in KINDS if kind in kinds], text.partition("\n")[0]
        parts = re.split(r"^### .*$", text, flags=re.MULTILINE)[1:]
        assert kinds and all(re.match(r"\n+- ", part) for part in parts)


def test_the_version_that_is_mended_is_this_one():
    (mended,) = re.findall(r"^\| (\d+\.\d+), .* \| yes \|$", read("SECURITY.md"), re.MULTILINE)
    assert mended == course_lib.__version__.rpartition(".")[0]


# ---- licenses -------------------------------------------------------------------------------------------------------


def shipped_data():
    """What the package brings along and somebody made: data, weights, and modules of the browser that hold images."""
    found = [path for kind in DATA for path in sorted((ROOT / "course_lib").rglob(kind))]
    modules = sorted((ROOT / "course_lib" / "explorers" / "web" / "data").glob("*.js"))
    return found + [path for path in modules if path.stat().st_size > 10_000]


@pytest.mark.parametrize("path", shipped_data(), ids=lambda path: path.name)
def test_every_data_file_has_a_license_that_names_it(path):
    if path.suffix == ".js":
        text = path.read_text(encoding="utf-8")[:4000]
        assert "Fashion-MNIST" in text and "MIT" in text and "2017 Zalando SE" in text
    else:
        text = (path.parent / "LICENSE").read_text(encoding="utf-8")
        assert path.name in text and re.search(r"MIT License|CC BY 4\.0", text)


def test_the_data_is_found_at_all():
    names = {path.name for path in shipped_data()}
    assert {"fashion_mnist_subset.npz", "digits.npz", "eight_classes.safetensors", "clothes_14.js"} <= names


def test_every_license_is_in_the_package_and_in_the_readme():
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "course_lib").rglob("LICENSE")} | {"LICENSE"}
    assert set(PROJECT["license-files"]) == there
    linked = set(re.findall(r"\]\(([\w/]*LICENSE)\)", read("README.md").partition("## Taking part")[2]))
    assert linked == there
    for name in there - {"LICENSE"}:  # beside what it is for, in the wheel too
        package, _, inside = name.removeprefix("course_lib/").partition("/")
        patterns = SETUPTOOLS["package-data"][f"course_lib.{package}"]
        assert any(fnmatch(inside, pattern) for pattern in patterns), name


def test_the_license_of_the_package_is_that_of_all_its_parts():
    assert PROJECT["license"] == "MIT AND CC-BY-4.0"  # SPDX
    texts = [read(name) for name in PROJECT["license-files"]]
    kinds = {"CC-BY-4.0" if "CC BY 4.0" in text else "MIT" if "MIT License" in text else "?" for text in texts}
    assert kinds == set(PROJECT["license"].split(" AND "))
    (setuptools,) = [line for line in PYPROJECT["build-system"]["requires"] if line.startswith("setuptools")]
    assert Version(re.search(r"[>=]=(\d[\d.]*)", setuptools)[1]) >= Version("77")  # an older one refuses such a line


# ---- packages -------------------------------------------------------------------------------------------------------


def test_the_pins_are_looked_up_every_week_and_none_is_passed_over():
    found = workflow("audit.yml")
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", found[True]["schedule"][0]["cron"])  # YAML takes `on` for a boolean
    (command,) = [step["run"] for step in found["jobs"]["pins"]["steps"] if "pip_audit" in step.get("run", "")]
    words = shlex.split(command)
    assert (ROOT / words[words.index("--requirement") + 1]).name == "constraints.txt"
    assert {"--strict", "--no-deps", "--disable-pip"} <= set(words)  # as they stand in the file, all of them


def test_dependabot_looks_after_the_pins_and_the_actions_each_as_one():
    found = yaml.safe_load(read(".github/dependabot.yml"))
    assert found["version"] == 2
    assert [each["package-ecosystem"] for each in found["updates"]] == ["pip", "github-actions"]
    for each in found["updates"]:
        assert each["directory"] == "/" and each["schedule"]["interval"] in ("weekly", "monthly")
        assert [group["patterns"] for group in each["groups"].values()] == [["*"]]


def test_no_workflow_may_write_but_the_one_that_publishes():
    writing = set()
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        found = workflow(path.name)
        assert found["permissions"] == {"contents": "read"}, path.name
        writing |= {(path.name, name) for name, job in found["jobs"].items() if "write" in str(job.get("permissions"))}
    assert writing == {("book.yml", "publish")}
