"""Every explorer of the browser on a telephone: what a finger has to meet is large enough, and numbers can be typed."""

import pytest

from course_lib.explorers import every_explorer
from course_lib.explorers.web_explorer import WebExplorer

FINGER = 32  # pixels
TYPED = 16  # pixels of type: where a box has less a telephone's browser enlarges the page as somebody types
SMALL = """(least) => {
  const root = document.getElementById("here").shadowRoot;
  return [...root.querySelectorAll("button, select, input, summary, [role=button], [role=slider]")]
    .filter((node) => node.checkVisibility()).map((node) => {
      const boxes = [node, ...(node.labels ?? [])].map((each) => each.getBoundingClientRect());
      const [width, height] = ["width", "height"].map((side) => Math.max(...boxes.map((box) => box[side])));
      return width < least || height < least ? `${node.getAttribute("class")} ${width} ${height}` : "";
    }).filter(Boolean);
}"""
TYPE = """() => [...document.getElementById("here").shadowRoot.querySelectorAll("input, select")]
  .map((node) => parseFloat(getComputedStyle(node).fontSize))"""
WEB_EXPLORERS = [each for each in every_explorer() if issubclass(each, WebExplorer)]


@pytest.mark.parametrize(("width", "height"), [(400, 800), (360, 640), (800, 360)])
@pytest.mark.parametrize("explorer", WEB_EXPLORERS, ids=lambda it: it.__name__)
def test_what_a_finger_meets_is_large_enough(explorer, width, height, web):
    page = web.mount(explorer.module, width=width, height=height, has_touch=True, is_mobile=True)
    page.wait_for_timeout(300)
    assert page.evaluate(SMALL, FINGER) == []
    assert min(page.evaluate(TYPE)) >= TYPED
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.said == []
    page.context.close()


def test_a_finger_moves_a_point_of_xor_and_not_the_page(web):
    page = web.mount("xor", width=400, height=800, has_touch=True, is_mobile=True)
    point = page.locator(".point-11").first
    point.evaluate("it => it.scrollIntoView({ block: 'center' })")
    box, scrolled = point.bounding_box(), page.evaluate("scrollY")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    client = page.context.new_cdp_session(page)
    for part in range(11):
        finger = {"type": f"touch{'Move' if part else 'Start'}", "touchPoints": [{"x": x, "y": y + 8 * part}]}
        client.send("Input.dispatchTouchEvent", finger)
        page.wait_for_timeout(16)
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(100)
    assert page.evaluate("scrollY") == scrolled > 0
    assert point.bounding_box()["y"] > box["y"] + 60
    page.context.close()
