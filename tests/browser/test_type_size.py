"""Every explorer of the browser in every width: type of 13 px or more, and nothing to scroll sideways for.

A telephone has about 400 pixels, a small one 360; a cell's output in a window of 800 pixels has about 620.
"""

import pytest
from explorer_page import FONT_SIZES

from course_lib.explorers import every_explorer
from course_lib.explorers.web_explorer import WebExplorer

WIDTHS = (360, 400, 500, 620, 800, 910, 1100, 1366)
LAPTOP = 640  # pixels: the height of a laptop's window, which an explorer does not outgrow where there is width
LEAST = 12.95  # 13, but for rounding
SMALL = f"""(least) => ({FONT_SIZES})(document.getElementById("here"))
  .filter(([, size]) => size < least).map(([words, size]) => [words, size.toFixed(1)])"""
# Words that end outside of their drawing are cut there.
CUT = """() => [...document.getElementById("here").shadowRoot.querySelectorAll("svg text")]
  .filter((node) => node.checkVisibility({ visibilityProperty: true }) && node.textContent.trim())
  .filter((node) => !node.closest("[clip-path]")).filter((node) => {
    const [one, all] = [node.getBoundingClientRect(), node.ownerSVGElement.getBoundingClientRect()];
    return one.left < all.left - 1 || one.right > all.right + 1 || one.top < all.top - 2 || one.bottom > all.bottom + 2;
  }).map((node) => node.textContent)"""
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))))"
WEB_EXPLORERS = [each for each in every_explorer() if issubclass(each, WebExplorer)]


@pytest.mark.parametrize("explorer", WEB_EXPLORERS, ids=lambda it: it.__name__)
def test_type_is_13_px_and_the_page_does_not_scroll_sideways_in_any_width(explorer, web):
    page = web.mount(explorer.module, width=WIDTHS[0])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": LAPTOP})
        page.evaluate(PAINTED)
        assert page.evaluate(SMALL, LEAST) == [], width
        assert page.evaluate(CUT) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width >= 1100:
            assert page.evaluate("document.documentElement.scrollHeight") <= LAPTOP, width
