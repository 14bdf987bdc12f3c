"""What INSTRUCTORS.md tells: its fifteen minutes give the marks that it shows, and its lists are those of the code."""

import csv
import re
import sys
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from course_copy import ROOT, copy_course, run_in
from course_lib.checks.drawn_questions import drawn_numbers
from course_lib.checks.registry import exercises
from course_lib.checks.variants import variants_of
from course_lib.grading.collect import collect
from course_lib.grading.limits import Limits
from course_lib.grading.sandbox import NoSandbox, working_sandbox
from course_lib.grading.totals import read_overrides
from requirements import debian_package, require_or_skip

GUIDE = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
FIFTEEN = "From nothing to marks in fifteen minutes"
DOWNLOADS = "What a download may look like"
HUB = "On your JupyterHub"
BLOCK = re.compile(r"^```\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def section(title):
    """The text below a heading, up to the next one of its kind."""
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", GUIDE, re.DOTALL | re.MULTILINE)[1]


def rows(text):
    """The rows of the first table in a text, each a list of cells, without its head."""
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course in which the guide's commands were called one after the other, but for the set-up."""
    try:
        working_sandbox()
    except NoSandbox as error:
        require_or_skip(False, str(error), debian_package("bubblewrap"))
    folder = copy_course(tmp_path_factory.mktemp("guide"))
    (folder / ".venv" / "bin").mkdir(parents=True)
    python = folder / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    setup, *blocks = BLOCK.findall(section(FIFTEEN))
    assert "git clone" in setup
    run = run_in(folder, ["bash", "-e", "-c", "\n".join(blocks)])
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    return folder


def marks(course):
    """{student: the row of marks.csv}."""
    text = (course / ".." / "marks2" / "marks.csv").read_text(encoding="utf-8")
    return {row["student"]: row for row in csv.DictReader(text.splitlines())}


@pytest.mark.processes("hands out and marks in Pythons of their own, in a sandbox")
@pytest.mark.timeout(600)
def test_the_commands_of_the_fifteen_minutes_give_the_marks_that_the_guide_shows(course):
    names = ("2.1", "2.2", "2.3", "days_late", "penalty", "total")
    found = [[student, *(row[name] for name in names)] for student, row in marks(course).items()]
    assert found == rows(section(FIFTEEN))
    page = (course / ".." / "marks2" / "class.html").read_text(encoding="utf-8")
    assert "eve.txt" in page
    assert (course / ".." / "marks2" / "students" / "ben.html").is_file()


@pytest.mark.processes("calls the command in a Python of its own")
def test_what_is_stored_is_what_the_guide_lists_and_a_student_can_be_forgotten(course):
    kept = course / ".." / "marks2"
    listed = re.findall(r"`([^`]+)`", section("What is stored of a student").partition("To delete")[0])[1:]
    patterns = [name.replace("ID", "*") for name in listed if "." in name]
    named = {path for pattern in patterns for path in kept.glob(pattern)}
    assert named == {path for path in kept.rglob("*") if path.is_file()}
    (forget,) = BLOCK.findall(section("What is stored of a student"))
    assert (kept / "records" / "dan.json").is_file()
    assert run_in(course, forget).returncode == 0
    assert not (kept / "records" / "dan.json").exists() and not (kept / "students" / "dan.html").exists()


def test_names_of_downloads_give_the_ids_that_the_guide_shows(tmp_path):
    shown = 0
    for place, (_, names, student) in enumerate(rows(section(DOWNLOADS))):
        for name in re.findall(r"`([^`]+)`", names):
            if not name.endswith(".ipynb"):
                continue
            path = tmp_path / f"{place}-{shown}" / name
            path.parent.mkdir(parents=True)
            path.write_text("{}", encoding="utf-8")
            (found,), _ = collect(tmp_path / f"{place}-{shown}")
            assert f"`{found.student}`" == student
            shown += 1
    assert shown == 6


def test_the_exercises_that_a_cohort_seed_changes_are_those_that_are_listed():
    text = section("Solutions are public").replace("\n", " ")
    in_form, drawn = (re.findall(r"\d\.\d+", part) for part in re.findall(r"\(((?:\d\.\d+(?:, )?|,? +)+)\)", text))
    assert in_form == [each.number for each in exercises() if variants_of(each.number)]
    assert drawn == drawn_numbers()


def test_points_by_hand_are_read_as_the_guide_writes_them(tmp_path):
    (example,) = BLOCK.findall(section("Late work, points by hand, marking again"))
    (tmp_path / "overrides.csv").write_text(example, encoding="utf-8")
    (found,) = read_overrides(tmp_path / "overrides.csv")
    assert (found.student, found.exercise, found.points) == ("cleo", "2.1", 0.5)


def test_the_limits_are_those_of_the_code():
    usual = Limits()
    text = section("The sandbox: what it promises, and what not").partition("### Limits")[2]
    assert f"{usual.processor_seconds} seconds of processor time (`--seconds`; four times that by the clock)" in text
    assert usual.wall_seconds == 4 * usual.processor_seconds
    assert f"{usual.memory_bytes / 1e9:g} GB of addresses" in text
    assert f"{usual.file_bytes / 1e6:g} MB of files" in text


# ---- a hub ----------------------------------------------------------------------------------------------------------


def test_the_link_for_a_hub_is_one_that_nbgitpuller_takes():
    (link,) = re.findall(r"^https://HUB/.*$", section(HUB), re.MULTILINE)
    parts = urlsplit(link)
    assert parts.path == "/hub/user-redirect/git-pull"
    words = parse_qs(parts.query, strict_parsing=True)
    assert words.keys() == {"repo", "branch", "urlpath"}
    (repository,), (branch,), (opened,) = words.values()
    assert re.fullmatch(r"https://github\.com/[\w-]+/[\w-]+", repository)
    folder = repository.rpartition("/")[2]  # into which it is cloned, in the student's home
    assert opened.startswith(f"lab/tree/{folder}/") and (ROOT / opened.removeprefix(f"lab/tree/{folder}/")).is_file()
    assert f"git clone -b {branch} " in section(HUB) and f"ADDRESS.git#{branch}\n" in section(HUB)


def test_the_settings_for_kubernetes_are_of_the_image_that_is_built():
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", section(HUB), re.MULTILINE | re.DOTALL)
    user = yaml.safe_load(text)["singleuser"]
    assert user.keys() == {"image", "cmd", "memory"} and user["cmd"] is None
    assert user["memory"] == {"limit": "MEMORY", "guarantee": "MEMORY"}
    (command,) = re.findall(r"^docker build .*$", section(HUB), re.MULTILINE)
    assert f" -t {user['image']['name']}:{user['image']['tag']} -f binder/hub.Containerfile " in command
    assert command in (ROOT / "binder" / "hub.Containerfile").read_text(encoding="utf-8")


def test_the_image_of_a_hub_has_the_course_outside_of_the_home_folder_and_what_binder_installs():
    image = (ROOT / "binder" / "hub.Containerfile").read_text(encoding="utf-8")
    (place,) = re.findall(r"^COPY --chown=\$\{NB_UID\}:\$\{NB_GID\} \. (/\S+)$", image, re.MULTILINE)
    assert not place.startswith("/home") and f"\nWORKDIR {place}\n" in image and image.endswith("WORKDIR ${HOME}\n")
    (run,) = re.findall(r"^RUN (.*)$", image, re.MULTILINE)
    installed, _, after = run.partition(" && ")
    assert (
        installed == "pip install --no-cache-dir -r binder/requirements.txt nbgitpuller"
        and after == "./binder/postBuild"
    )
    assert "-r binder/requirements.txt" in section(HUB)


def test_the_section_on_hubs_is_at_most_a_screen():
    assert len(section(HUB).splitlines()) <= 65
