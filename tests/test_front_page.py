"""What a command writes into the README and other texts: the table of evenings, and what needs the public address."""

import re
import shutil
import tomllib

import pytest

from course_copy import ROOT
from course_lib.authoring import front_page
from course_lib.authoring.__main__ import main
from course_lib.authoring.address import AddressError, address
from course_lib.authoring.front_page import (
    GUIDE,
    PAGES_WITHOUT_ADDRESS,
    README,
    SECURITY,
    blocks,
    front_page_difference,
)
from course_lib.authoring.minutes import evenings
from course_lib.authoring.picture_pages import pages
from course_lib.authoring.syllabus import chapters

MADE_UP = "https://github.com/somebody/neural-nets"
OF_THE_ADDRESS = ((README, "badge"), (README, "clone"), (README, "issues"), (SECURITY, "report"))


@pytest.fixture
def course(tmp_path):
    """What the command reads and writes, in a folder of its own."""
    for name in ("README.md", "SECURITY.md", "INSTRUCTORS.md", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    (tmp_path / "solutions").mkdir()
    return tmp_path


def give_address(course, url):
    path = course / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        re.sub(r"^\[project\.urls\]\n(\w+ = .*\n)*", f'[project.urls]\nRepository = "{url}"\n', text, flags=re.M)
    )


def written(course, name=README):
    return (course / name).read_text(encoding="utf-8")


def test_the_readme_and_all_that_needs_the_address_are_current():
    assert (found := front_page_difference(ROOT)) is None, found


def test_every_notebook_has_its_place_with_its_minutes_and_its_pictures():
    text, minutes, pictures = blocks(ROOT)[README, "evenings"], evenings(ROOT), pages(ROOT)
    for each in chapters(ROOT):
        assert text.count(f"](chapters/{each.stem}.ipynb)") == 1
        (row,) = [line for line in text.splitlines() if each.stem in line]
        if each.stem in minutes:
            assert f"| {minutes[each.stem].total} |" in row and f"[pictures]({pictures[each.stem]})" in row
        if row.startswith("|"):
            assert row.split(" | ")[2] in each.outcomes


def test_without_an_address_the_readme_shows_none_of_what_needs_it(course):
    path = course / "pyproject.toml"
    path.write_text(re.sub(r"^Repository = .*\n", "", path.read_text(encoding="utf-8"), flags=re.M), encoding="utf-8")
    assert main(["--root", str(course), "readme"]) == 0
    assert [blocks(course)[name] for name in OF_THE_ADDRESS] == ["", "", "", ""]
    assert blocks(course)[GUIDE, "reading"] == PAGES_WITHOUT_ADDRESS
    assert not re.search(r"mybinder|git clone|/issues|/advisories", written(course) + written(course, SECURITY))


def test_an_address_gives_the_badge_the_line_to_clone_and_the_link_to_the_issues(course, capsys):
    give_address(course, MADE_UP)
    assert main(["--root", str(course), "readme", "--check"]) == 1
    assert "README.md, line" in (said := capsys.readouterr().out) and front_page.COMMAND in said
    assert main(["--root", str(course), "readme"]) == 0
    assert "wrote README.md, SECURITY.md, INSTRUCTORS.md, pyproject.toml" in capsys.readouterr().out
    opened = "https://mybinder.org/v2/gh/somebody/neural-nets/HEAD?urlpath=lab/tree/chapters/00_thirty_minutes.ipynb"
    assert f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({opened})" in written(course)
    assert f"\ngit clone {MADE_UP}.git\ncd neural-nets\n" in written(course)
    assert f"]({MADE_UP}/issues)" in written(course)
    assert f"]({MADE_UP}/security/advisories/new)" in written(course, SECURITY)
    assert "[the pages](https://somebody.github.io/neural-nets/)" in written(course, GUIDE)
    assert main(["--root", str(course), "readme", "--check"]) == 0
    assert len(written(course).encode()) < 12_000


def test_where_the_book_is_public_every_notebook_of_the_table_has_its_pictures(course):
    give_address(course, MADE_UP)
    for line in blocks(course)[README, "evenings"].splitlines():
        if stem := re.search(r"^\| \[.*?\]\(chapters/(\w+)\.ipynb\)", line):
            page = pages(course).get(stem[1], f"https://somebody.github.io/neural-nets/{stem[1]}.html")
            assert f"[pictures]({page})" in line


def test_the_packages_addresses_are_made_of_the_one(course):
    give_address(course, MADE_UP)
    assert main(["--root", str(course), "readme"]) == 0
    urls = tomllib.loads(written(course, "pyproject.toml"))["project"]["urls"]
    assert urls == {
        "Repository": MADE_UP,
        "Changelog": f"{MADE_UP}/blob/main/CHANGELOG.md",
        "Issues": f"{MADE_UP}/issues",
        "Security": f"{MADE_UP}/blob/main/SECURITY.md",
        "Documentation": "https://somebody.github.io/neural-nets/",
    }
    path = course / "pyproject.toml"
    path.write_text(written(course, "pyproject.toml").replace("/issues", "/bugs"), encoding="utf-8")
    assert "pyproject.toml" in front_page_difference(course)
    assert main(["--root", str(course), "readme"]) == 0 and front_page_difference(course) is None


def test_what_binder_opens_is_there():
    assert (ROOT / front_page.FIRST_PAGE.removeprefix("lab/tree/")).is_file()


def test_another_host_is_opened_by_its_whole_address(course):
    give_address(course, "https://example.org/somebody/nets.git")
    assert address(course) == "https://example.org/somebody/nets"
    assert (
        "/v2/git/https%3A%2F%2Fexample.org%2Fsomebody%2Fnets/HEAD?urlpath=lab/tree/" in blocks(course)[README, "badge"]
    )


@pytest.mark.parametrize(
    "url", ["github.com/a/b", "http://github.com/a/b", "https://github.com/", "https://github.com/a"]
)
def test_what_is_no_address_of_a_repository_is_named(course, url, capsys):
    give_address(course, url)
    before = written(course)
    with pytest.raises(AddressError, match="OWNER/NAME"):
        address(course)
    assert main(["--root", str(course), "readme"]) == 1
    assert url in capsys.readouterr().err
    assert written(course) == before


def test_an_edit_by_hand_is_found_and_taken_back(course, capsys):
    path = course / "README.md"
    right = written(course)
    path.write_text(re.sub(r"\| [0-9]+ \|", "| 5 |", right, count=1), encoding="utf-8")
    assert main(["--root", str(course), "readme", "--check"]) == 1
    assert "| 5 |" in capsys.readouterr().out
    assert main(["--root", str(course), "readme"]) == 0
    assert written(course) == right


@pytest.mark.parametrize(("file", "name"), [(SECURITY, "report"), (GUIDE, "reading")])
def test_a_text_without_its_place_is_named_and_nothing_is_written_to_it(course, capsys, file, name):
    path = course / file
    path.write_text(written(course, file).replace(f"<!-- {name}:begin -->", ""), encoding="utf-8")
    before = written(course, file)
    assert main(["--root", str(course), "readme"]) == 1
    assert file in capsys.readouterr().err and written(course, file) == before
