"""The line of badges below each notebook's title, where the course has a public address."""

import json
import re
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from course_copy import ROOT
from course_lib.authoring import address as public
from course_lib.authoring.address import badges, with_badges, without_badges
from course_lib.authoring.build import build, notebooks
from course_lib.authoring.minutes import minutes_of
from course_lib.authoring.syllabus import chapter_of
from course_lib.book.notebooks import page
from course_lib.grading.handout import Handout, release

MADE_UP = "https://github.com/Somebody/neural-nets"
STEM = "02a_downhill"
LINK = re.compile(r"(?<!!)\[(?:!\[[^\]]*\]\([^)]*\)|[^\]!]*)\]\(([^)]*)\)")


@pytest.fixture
def course(tmp_path):
    """A course of one notebook, at a made-up address."""
    (tmp_path / "solutions").mkdir()
    shutil.copy(ROOT / "solutions" / f"{STEM}.py", tmp_path / "solutions")
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = re.sub(r"^\[project\.urls\]\n(\w+ = .*\n)*", f'{public.TABLE}Repository = "{MADE_UP}"\n', text, flags=re.M)
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    build(tmp_path)
    return tmp_path


def read(course, folder):
    return json.loads((course / folder / f"{STEM}.ipynb").read_text(encoding="utf-8"))


def first(notebook):
    return "".join(notebook["cells"][0]["source"])


@pytest.mark.parametrize("folder", ["chapters", "solutions"])
def test_the_first_cell_links_its_own_page_and_itself_on_binder_and_colab(course, folder):
    title, blank, line, _ = first(read(course, folder)).split("\n", 3)
    assert title.startswith("# 2a") and blank == ""
    reading, on_binder, in_colab = (urlsplit(each) for each in LINK.findall(line))
    assert reading.geturl() == f"https://somebody.github.io/neural-nets/{STEM}.html"
    assert on_binder.netloc == "mybinder.org" and on_binder.path == "/v2/gh/Somebody/neural-nets/HEAD"
    assert parse_qs(on_binder.query) == {"urlpath": [f"lab/tree/{folder}/{STEM}.ipynb"]}
    assert in_colab.netloc == "colab.research.google.com"
    assert in_colab.path == f"/github/Somebody/neural-nets/blob/main/{folder}/{STEM}.ipynb"


def test_colab_gets_the_branch_from_which_the_book_is_published():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text(encoding="utf-8"))
    assert workflow[True]["push"]["branches"] == [public.BRANCH]  # YAML takes `on` for a boolean


def test_a_host_that_is_not_github_has_binder_alone():
    (only,) = LINK.findall(badges("https://example.org/somebody/nets", f"chapters/{STEM}.ipynb"))
    assert only.startswith("https://mybinder.org/v2/git/https%3A%2F%2Fexample.org%2Fsomebody%2Fnets/HEAD?urlpath=")


def test_nothing_else_of_a_notebook_depends_on_the_address(course):
    (course / "pyproject.toml").unlink()
    plain = {path.parts[0]: json.loads(text) for path, text in notebooks(course).items()}
    for folder, wanted in plain.items():
        found = read(course, folder)
        assert first(found) != first(wanted) == without_badges(first(found))
        for place in (0, 1):  # the title's badges, and in the cell that asks for the course, where it is had
            assert "Somebody/neural-nets" in "".join(found["cells"][place]["source"])
            found["cells"][place]["source"] = wanted["cells"][place]["source"]
        assert found == wanted


def test_minutes_and_syllabus_are_the_same_with_badges(course):
    with_them = read(course, "chapters")["cells"]
    without = json.loads(json.dumps(with_them))
    without[0]["source"] = without_badges(first({"cells": without}))
    assert minutes_of(with_them) == minutes_of(without)
    assert chapter_of(STEM, with_them) == chapter_of(STEM, without)


def test_the_books_page_and_a_released_notebook_have_none(course):
    opened, solved = read(course, "chapters"), read(course, "solutions")
    shown = page(solved["cells"], opened["cells"], "open it")
    assert shown[0]["source"].startswith("# 2a") and "mybinder" not in shown[0]["source"]
    assert "mybinder" not in json.dumps(release(opened, STEM, Handout("Week 2", {"2.1": 1.0})))


def test_a_title_alone_gets_its_line_and_gives_it_back():
    line = badges(MADE_UP, "chapters/x.ipynb")
    for text in ("# Title", "# Title\n\nWords.\n\nMore.", "# Title\nWords."):
        assert line in with_badges(text, line).splitlines()
        assert without_badges(with_badges(text, line)).split() == text.split()
