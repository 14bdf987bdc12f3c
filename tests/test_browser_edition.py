"""tools/browser_edition.py: which notebooks it has, how they begin, and a site that JupyterLite builds."""

import ast
import importlib.util
import json

import pytest

import browser_edition
from course_lib.authoring.first_cell import TAG
from run_all import ROOT
from test_light_install import IN_THE_BROWSER, LIGHT


def test_it_has_the_notebooks_that_need_no_pytorch():
    assert browser_edition.fit(ROOT) == LIGHT


@pytest.mark.parametrize("stem", LIGHT)
def test_a_notebook_installs_the_course_first_and_is_else_the_same(stem):
    notebook = json.loads((ROOT / "chapters" / f"{stem}.ipynb").read_text("utf-8"))
    changed = browser_edition.for_browser(notebook)
    different = [
        (before, after) for before, after in zip(notebook["cells"], changed["cells"], strict=True) if before != after
    ]
    ((before, after),) = different
    assert TAG in before["metadata"]["tags"]
    assert "".join(after["source"]) == browser_edition.FIRST_CELL


def test_what_the_first_cell_installs_is_what_such_notebooks_load():
    compile(browser_edition.FIRST_CELL, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    modules = {"PIL" if name == "pillow" else name for name in browser_edition.LOADED}
    assert modules <= IN_THE_BROWSER | {"scipy"}  # which is loaded when an interval is computed


@pytest.mark.skipif(
    importlib.util.find_spec("jupyterlite_core") is None, reason="jupyterlite is missing. pip install -e .[dev]"
)
@pytest.mark.weekly("builds the package and the site, about a minute")
def test_jupyterlite_builds_the_site_with_the_notebooks_and_the_course(tmp_path):
    site = tmp_path / "site"
    assert browser_edition.build(tmp_path, site) == 0
    listed = json.loads((site / "api" / "contents" / "all.json").read_text("utf-8"))["content"]
    assert sorted(each["name"] for each in listed) == [f"{stem}.ipynb" for stem in sorted(LIGHT)]
    assert "course-lib" in json.loads((site / "pypi" / "all.json").read_text("utf-8"))
    assert list((site / "pypi").glob("course_lib-*.whl"))
    assert (site / "lab" / "index.html").is_file()
