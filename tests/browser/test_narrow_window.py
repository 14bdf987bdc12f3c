"""In JupyterLab in a window of 800 pixels: code as wide as the rule allows is seen whole, explorers do not scroll."""

import pytest

from course_lib.authoring.rules import CODE_WIDTH, FOLDED_WIDTH
from course_lib.explorers import every_explorer

SCROLL_BAR = 15  # pixels: what Chromium's takes of the window; Playwright starts Chromium without it
HIDDEN_PIXELS = (
    """selector => { const it = document.querySelector(selector); return it.scrollWidth - it.clientWidth; }"""
)
CODE, NOTEBOOK, EXPLORER = ".jp-CodeCell .cm-scroller", ".jp-WindowedPanel-outer", ".course-explorer"


@pytest.fixture(scope="module")
def narrow(lab):
    """Gives a page of 800 pixels, the file browser closed, with a notebook of this code, one cell for each text."""
    opened = []

    def open_cells(*cells, run=False):
        name = f"narrow{len(opened)}.ipynb"
        lab.write(name, *cells)
        page = lab.open(name, width=800 - SCROLL_BAR, height=600, run=run)
        opened.append(page)
        if not page.evaluate("jupyterapp.shell.leftCollapsed"):
            page.evaluate("void jupyterapp.commands.execute('application:toggle-left-area')")
        page.wait_for_function("() => jupyterapp.shell.leftCollapsed")
        page.wait_for_timeout(500)  # the editor measures its width anew
        return page

    yield open_cells
    for page in opened:
        lab.close(page)


@pytest.mark.parametrize(("width", "whole"), [(CODE_WIDTH, True), (120, False)])
def test_code_as_wide_as_the_rule_allows_is_seen_whole(narrow, width, whole):
    assert (narrow("#" * width).evaluate(HIDDEN_PIXELS, CODE) <= 0) == whole


@pytest.mark.parametrize(("width", "whole"), [(FOLDED_WIDTH, True), (CODE_WIDTH, False)])
def test_the_first_line_of_a_folded_cell_leaves_room_for_its_dots(narrow, width, whole):
    page = narrow("#" * width + "\n1")
    page.evaluate("void jupyterapp.commands.execute('notebook:hide-cell-code')")
    page.wait_for_selector(".jp-Placeholder")
    assert (page.evaluate(HIDDEN_PIXELS, NOTEBOOK) <= 0) == whole


@pytest.mark.parametrize("explorer", every_explorer(), ids=lambda it: it.__name__)
def test_an_explorer_has_no_scroll_bar(narrow, explorer):
    page = narrow(f"from {explorer.__module__} import {explorer.__name__}\n{explorer.__name__}()", run=True)
    page.wait_for_selector(".explorer-picture svg")
    assert page.evaluate(HIDDEN_PIXELS, EXPLORER) <= 0
