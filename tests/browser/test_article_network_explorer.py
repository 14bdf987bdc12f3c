"""The article's network in the browser: its numbers, its written sums, every slider, by mouse and by keyboard."""

import numpy as np
import pytest
from explorer_page import painted, smallest_type

from course_lib.data import article_network
from course_lib.explorers.article_network import ArticleNetworkExplorer
from course_lib.explorers.web_explorer import declaration
from course_lib.scratch.activations import relu

TOLERANCE = 1e-9
FIELDS = declaration("article_network")["fields"]
OF_LAYER = {"hidden": ("w", "b"), "output": ("v", "c")}
TEXTS = """() => [...explorer_root().querySelectorAll("svg text")].map((node) => node.textContent)"""
ROOT = """() => { window.explorer_root = () => document.getElementById("here").shadowRoot; }"""
INSIDE = """() => [...explorer_root().querySelectorAll("svg text")].every((node) => {
  const box = node.getBBox();
  const { width, height } = node.ownerSVGElement.viewBox.baseVal;
  return box.x >= 0 && box.x + box.width <= width && box.y >= 0 && box.y + box.height <= height;
})"""
OVERLAPPING = """() => {
  const seen = [...explorer_root().querySelectorAll("svg text")].filter((node) => node.textContent);
  const boxes = seen.map((node) => [node.textContent, node.getBBox()]);
  const apart = (one, other) => one.x + one.width <= other.x + 1 || one.y + 0.75 * one.height <= other.y;
  return boxes.flatMap(([words, one], k) => boxes.slice(k + 1)
    .filter(([, other]) => !apart(one, other) && !apart(other, one)).map(([others]) => [words, others]));
}"""
PICTURE = """() => explorer_root().querySelector("svg").outerHTML"""
READOUT = """() => explorer_root().querySelector(".readout").innerText"""


@pytest.fixture
def page(web):
    opened = web.mount("article_network")
    opened.evaluate(ROOT)
    return opened


def random_state(rng):
    """Every field somewhere between its ends."""
    return {field["name"]: float(rng.uniform(field["low"], field["high"])) for field in FIELDS}


def test_the_fields_start_with_the_numbers_of_the_articles_network():
    explorer, net = ArticleNetworkExplorer(), article_network()
    assert [explorer.x1, explorer.x2] == net.x.tolist()
    for layer, (weight, bias) in OF_LAYER.items():
        weights = [[getattr(explorer, f"{weight}{of}{to}") for to in (1, 2)] for of in (1, 2)]
        assert weights == getattr(net, f"{layer}_weights").tolist()
        assert [getattr(explorer, f"{bias}{to}") for to in (1, 2)] == getattr(net, f"{layer}_biases").tolist()


def test_the_controls_have_the_names_and_the_ranges_that_the_chapters_speak_of():
    ranges = {field["name"]: (field["low"], field["high"], field["step"]) for field in FIELDS}
    assert ranges == {name: (-10, 10, 0.5) if name[0] in "xbc" else (-6, 6, 0.5) for name in ranges}
    assert len(ranges) == 14


def test_it_opens_with_the_articles_numbers_written_out(page):
    assert {
        "3·1 + 4·(−1) + 9 = 8",
        "max(8, 0) = 8",
        "3·2 + 4·0 − 3 = 3",
        "8·4 + 3·3 + 5 = 46",
        "max(46, 0) = 46",
        "8·(−2) + 3·1 + 0 = −13",
        "max(−13, 0) = 0",
    } <= set(page.evaluate(TEXTS))
    assert page.evaluate(READOUT).split("\n")[0] == (
        "n₁ = max(3·1 + 4·(−1) + 9, 0) = 8; n₂ = max(3·2 + 4·0 − 3, 0) = 3."
    )


def test_its_numbers_are_those_of_numpy(page):
    rng = np.random.default_rng(0)
    states = [random_state(rng) for _ in range(50)]
    run = """async (states) => {
      const { forward } = await import("/article_network/numbers.js");
      return states.map((state) => Object.values(forward(state)).map((array) => [...array]));
    }"""
    for state, (x, z, n, s, y) in zip(states, page.evaluate(run, states), strict=True):
        w, v = (np.array([[state[f"{k}{of}{to}"] for to in (1, 2)] for of in (1, 2)]) for k in "wv")
        b, c = (np.array([state[f"{k}{to}"] for to in (1, 2)]) for k in "bc")
        sums = np.array([state["x1"], state["x2"]]) @ w + b
        output_sums = relu(sums) @ v + c
        expected = [[state["x1"], state["x2"]], sums, relu(sums), output_sums, relu(output_sums)]
        np.testing.assert_allclose([x, z, n, s, y], expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_a_long_sum_takes_two_lines_and_every_line_stays_in_the_picture(page):
    state = {field["name"]: field["low"] + 0.5 for field in FIELDS}
    page.evaluate("(state) => explorer.set(state)", state)
    painted(page)
    assert "− 9.5 = 95" in page.evaluate(TEXTS)
    assert page.evaluate(INSIDE)


def test_on_a_telephone_a_long_sum_takes_three_lines_which_stay_in_the_picture_and_apart(web):
    page = web.mount("article_network", {field["name"]: field["low"] + 0.5 for field in FIELDS}, width=400)
    page.evaluate(ROOT)
    painted(page)
    assert {"(−9.5)·(−5.5)", "+ (−9.5)·(−5.5)", "− 9.5 = 95"} <= set(page.evaluate(TEXTS))
    assert page.evaluate(INSIDE)
    assert page.evaluate(OVERLAPPING) == []


def test_every_slider_moves_picture_and_readout_by_keyboard_and_its_box_by_typing(page):
    for field in FIELDS:
        name = field["name"]
        before = page.evaluate(PICTURE), page.evaluate(READOUT)
        page.locator(f"input.field.{name}").focus()
        page.keyboard.press("ArrowLeft")
        painted(page)
        moved = page.evaluate(PICTURE), page.evaluate(READOUT)
        assert moved[0] != before[0] and moved[1] != before[1], name
        assert page.evaluate("(name) => explorer.get()[name]", name) == field["start"] - 0.5
        box = page.locator(f".control:has(.field.{name}) .box")
        box.fill("2.25")
        box.press("Tab")
        assert page.evaluate("(name) => explorer.get()[name]", name) == 2.25


def test_the_mouse_moves_a_slider_and_reset_goes_back(page):
    before = page.evaluate(PICTURE)
    box = page.locator("input.field.w11").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    painted(page)
    assert page.evaluate("explorer.get().w11") == 6 and page.evaluate(PICTURE) != before
    page.get_by_role("button", name="Reset").click()
    painted(page)
    assert page.evaluate(PICTURE) == before


def test_it_stands_still_where_nothing_is_touched(page):
    before = page.evaluate(PICTURE)
    page.wait_for_timeout(200)
    assert page.evaluate(PICTURE) == before


def test_lines_differ_by_more_than_color(page):
    pens = page.evaluate("""async () => {
      const { pen } = await import("/views/written.js");
      return [-2, 0, 2, 5].map((weight) => Object.values(pen(weight)));
    }""")
    assert len({color for color, _, _ in pens[:3]}) == len({dash for _, _, dash in pens[:3]}) == 3
    assert pens[3][1] > pens[2][1]


def test_numbers_and_sums_are_written_to_be_read(page):
    written = page.evaluate("""async () => {
      const { short, written_sum } = await import("/views/written.js");
      const numbers = [46, -1.5, -1e-9, 0.05, 44.5521, -0, 1234567, 0.99996].map(short);
      return [...numbers, written_sum([3, -4], [1, -1.5], -9)];
    }""")
    expected = ["46", "−1.5", "−1e−9", "0.05", "44.55", "0", "1.235e6", "1"]
    assert written == [*expected, "3·1 + (−4)·(−1.5) − 9"]


@pytest.mark.parametrize(("width", "stacked"), [(1366, False), (914, False), (400, True)])
def test_it_fits_a_laptop_at_once_and_a_narrow_column_stacks_it(web, width, stacked):
    page = web.mount("article_network", width=width)
    page.evaluate(ROOT)
    height, across = page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
    picture, slider = page.locator(".picture").bounding_box(), page.locator("input.field.x1").bounding_box()
    assert across <= width and (stacked or height <= 640)
    assert (picture["y"] > slider["y"]) == stacked
    assert smallest_type(page)[0] >= 12.99
