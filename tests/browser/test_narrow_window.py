"""In JupyterLab in a window of 800 pixels: code as wide as the rule allows is seen whole, explorers do not scroll."""

import pytest

from course_lib.authoring.rules import CODE_WIDTH, FOLDED_WIDTH
from course_lib.explorers import every_explorer
from course_lib.explorers.neuron import NeuronExplorer
from course_lib.explorers.web_explorer import WebExplorer

SCROLL_BAR = 15  # pixels: what Chromium's takes of the window; Playwright starts Chromium without it
HIDDEN_PIXELS = (
    """selector => { const it = document.querySelector(selector); return it.scrollWidth - it.clientWidth; }"""
)
CODE, NOTEBOOK = ".jp-CodeCell .cm-scroller", ".jp-WindowedPanel-outer"
EXPLORER, DRAWN = ".course-explorer", ".explorer-picture svg, .stage svg, .stage canvas"
OUTPUT_WIDTH = 600  # pixels: what a cell's output has at least in such a window
WEB_EXPLORERS = [each for each in every_explorer() if issubclass(each, WebExplorer)]
KERNEL_EXPLORERS = [each for each in every_explorer() if each not in WEB_EXPLORERS]
TOO_WIDE = "it => it.scrollWidth - it.clientWidth"


@pytest.fixture
def narrow(lab):
    """Gives a page of 800 pixels, the file browser closed, with a notebook of this code, one cell for each text."""

    def open_cells(*cells, run=False):
        page = lab.show(*cells, width=800 - SCROLL_BAR, height=600, side_bar=False, run=run)
        page.wait_for_timeout(500)  # the editor measures its width anew
        return page

    return open_cells


@pytest.mark.parametrize(("width", "whole"), [(CODE_WIDTH, True), (120, False)])
def test_code_as_wide_as_the_rule_allows_is_seen_whole(narrow, width, whole):
    assert (narrow("#" * width).evaluate(HIDDEN_PIXELS, CODE) <= 0) == whole


@pytest.mark.parametrize(("width", "whole"), [(FOLDED_WIDTH, True), (CODE_WIDTH, False)])
def test_the_first_line_of_a_folded_cell_leaves_room_for_its_dots(narrow, width, whole):
    page = narrow("#" * width + "\n1")
    page.evaluate("void jupyterapp.commands.execute('notebook:hide-cell-code')")
    page.wait_for_selector(".jp-Placeholder")
    assert (page.evaluate(HIDDEN_PIXELS, NOTEBOOK) <= 0) == whole


@pytest.mark.parametrize("explorer", [*KERNEL_EXPLORERS, NeuronExplorer], ids=lambda it: it.__name__)
def test_an_explorer_has_no_scroll_bar(narrow, explorer):
    page = narrow(f"from {explorer.__module__} import {explorer.__name__}\n{explorer.__name__}()", run=True)
    page.locator(DRAWN).first.wait_for()
    shown = page.locator(EXPLORER).first
    assert shown.evaluate(TOO_WIDE) <= 0
    assert shown.bounding_box()["width"] >= OUTPUT_WIDTH


@pytest.mark.parametrize("explorer", WEB_EXPLORERS, ids=lambda it: it.__name__)
def test_an_explorer_in_the_browser_has_no_scroll_bar_where_an_output_is_as_narrow(web, explorer):
    page = web.mount(explorer.module, width=OUTPUT_WIDTH, height=600)
    page.locator(DRAWN).first.wait_for()
    assert page.locator(EXPLORER).evaluate(TOO_WIDE) <= 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
