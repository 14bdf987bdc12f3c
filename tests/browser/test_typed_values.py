"""A number typed beside a slider: one that cannot be is brought into the range, and the explorer says so there."""

import pytest
from explorer_page import fields_of, painted, state_of
from playground_page import DRAWN, UNFOLD, opened

from course_lib.explorers import every_explorer
from course_lib.explorers.web_explorer import WebExplorer

NUMBERS = {
    each.module: [field for field in fields_of(each.module) if field["kind"] == "number"]
    for each in every_explorer()
    if issubclass(each, WebExplorer)
}
BESIDE = """(box) => {
  const remark = box.getRootNode().getElementById(box.getAttribute("aria-describedby"));
  const [one, other] = [box, remark].map((node) => node.getBoundingClientRect());
  return [remark.textContent, remark.getAttribute("role"), remark.checkVisibility() && other.top - one.bottom < 30];
}"""


@pytest.fixture(scope="module")
def open_page(web):
    """A function that opens a playground in a state."""
    return opened(web)


def write(number):
    """A number as the explorers write it."""
    return f"{number:,}".replace("-", "−")


def typed(page, box, text):
    """[what is said beside the box, its role, whether it is seen there] after this has been typed."""
    box.fill(text)
    box.press("Enter")
    painted(page)
    return box.evaluate(BESIDE)


@pytest.mark.parametrize("name", [name for name, fields in NUMBERS.items() if fields])
def test_what_is_out_of_the_range_is_said_beside_the_control(name, web):
    page = web.mount(name)
    page.evaluate(UNFOLD)
    kinds = set()
    for field in NUMBERS[name]:
        box = page.locator(f"input.field.{field['name']} + .box")
        if not box.is_visible():
            continue  # a control that these data have no use for
        high = field["high"]
        said = typed(page, box, f"{high + 30}")
        assert said == [f"{write(high)} is the largest; you typed {write(high + 30)}.", "status", True]
        assert state_of(page)[field["name"]] == high == float(box.input_value())
        kind = tuple(field.get(each) for each in ("low", "high", "step", "digits", "whole"))
        if kind not in kinds:  # the others of the kind are the same control
            assert_all_is_said(page, box, field)
            kinds.add(kind)
        for key in ("Home", "End"):  # at least one of them moves it
            page.locator(f"input.field.{field['name']}").press(key)
        assert box.evaluate(BESIDE)[0] == ""


def assert_all_is_said(page, box, field):
    """What is too small, no whole number, or no number at all is answered beside the box, and what is right is not."""
    low, high = field["low"], field["high"]
    said = typed(page, box, f"{low - 1}")
    assert said == [f"{write(low)} is the smallest; you typed {write(low - 1)}.", "status", True]
    assert state_of(page)[field["name"]] == low
    assert typed(page, box, f"{high}")[0] == ""
    if field.get("whole"):
        assert typed(page, box, f"{low + 0.5}")[0] == f"It takes whole numbers; you typed {low + 0.5}."
        assert state_of(page)[field["name"]] in (low, low + 1)
    before = state_of(page)[field["name"]]
    assert typed(page, box, "")[0] == f"A number from {write(low)} to {write(high)}, please."
    assert state_of(page)[field["name"]] == before == float(box.input_value())


def test_a_number_with_no_digits_behind_the_point_is_a_whole_one():
    for fields in NUMBERS.values():
        for field in fields:
            assert field.get("whole", False) == (field.get("digits") == 0), field["name"]


def test_units_of_a_layer_and_the_place_of_a_point(open_page):
    page = open_page({"data": "drawn", "drawn": DRAWN})
    said = typed(page, page.locator(".width-1"), "50")
    assert said == ["16 is the largest; you typed 50.", "status", True]
    assert state_of(page)["hidden_layers"] == [16]
    assert typed(page, page.locator(".width-1"), "5.2")[0] == "It takes whole numbers; you typed 5.2."
    page.locator(".undo").click()
    assert painted(page).locator(".width-1").evaluate(BESIDE)[0] == ""
    page.locator(".place-x").fill("-9")
    page.locator(".place-y").fill("1")
    page.locator(".put").click()
    assert state_of(painted(page))["drawn"][-3:-1] == [-6, 1]
    assert page.locator(".place-x").evaluate(BESIDE) == ["x: −6 is the smallest; you typed −9.", "status", True]
    page.locator(".place-x").fill("")
    page.locator(".put").click()
    assert page.locator(".place-x").evaluate(BESIDE)[0] == "x: A number from −6 to 6, please."
    assert len(state_of(painted(page))["drawn"]) == len(DRAWN) + 3


def test_the_box_of_a_weight_shows_what_the_weight_is_once_it_is_typed(open_page):
    page = open_page()
    box = page.locator(".weight-value")
    box.fill("5000000")
    assert painted(page).locator(".weight-value").input_value() == "5000000"  # while somebody types it is left alone
    assert box.evaluate(BESIDE) == ["1,000,000 is the largest; you typed 5,000,000.", "status", True]
    box.press("Enter")
    assert painted(page).locator(".weight-value").input_value() == "1000000"
    page.keyboard.press("Control+z")
    assert abs(float(painted(page).locator(".weight-value").input_value())) < 10
    assert box.evaluate(BESIDE)[0] == ""
    box.fill("")
    box.press("Enter")
    assert abs(float(painted(page).locator(".weight-value").input_value())) < 10
    box.fill("0.5")
    box.press("Enter")
    page.locator(".start").press("Enter")
    box.press("Enter")  # it has the focus, and nobody types
    page.wait_for_timeout(200)
    page.locator(".start").press("Enter")
    page.locator(".weight-choice").select_option(index=1)
    page.locator(".weight-choice").select_option(index=0)
    assert float(painted(page).locator(".weight-value").input_value()) != 0.5


def test_a_decimal_comma_is_taken_as_a_point(open_page):
    page = open_page()
    for box, read in (
        (page.locator("input.field.noise + .box"), lambda: state_of(page)["noise"]),
        (page.locator(".weight-value"), lambda: float(page.locator(".weight-value").input_value())),
    ):
        box.focus()
        page.keyboard.press("Control+a")
        page.keyboard.type("0,25")
        page.keyboard.press("Enter")
        painted(page)
        assert read() == 0.25 and box.evaluate(BESIDE)[0] == ""


def test_a_remark_moves_nothing_and_goes_when_another_control_is_used(open_page):
    page = open_page({"hidden_layers": [3, 2]})
    below = page.locator(".control, .layer-row, .layers-editor button, .readout")
    places = lambda: [box and box["y"] for box in (each.bounding_box() for each in below.all())]  # noqa: E731
    before = places()
    remark_of = lambda box: box.evaluate(BESIDE)[0]  # noqa: E731
    boxes = [page.locator("input.field.n_points + .box"), page.locator(".width-1"), page.locator(".weight-value")]
    for box in boxes:
        box.fill("99999999")
        box.press("Tab")
        painted(page)
        assert "is the largest" in remark_of(box)
        assert places() == before
    assert [remark_of(box) != "" for box in boxes] == [False, False, True]
    page.locator(".features-xy").check()
    assert remark_of(boxes[-1]) == ""


def test_the_wheel_over_a_number_box_scrolls_the_page_and_counts_nothing(open_page):
    page = open_page({"hidden_layers": [8, 8], "activations": ["tanh"] * 2})
    page.evaluate("() => { document.body.style.minHeight = '3000px'; }")
    page.locator(".epoch").click()
    before, trained = state_of(page), page.locator(".count").inner_text()
    for box in (page.locator(".width-1"), page.locator(".width-2"), page.locator("input.field.n_points + .box")):
        box.click()
        value = box.input_value()
        page.mouse.wheel(0, 120)
        page.wait_for_function("scrollY > 0")
        assert box.input_value() == value
        page.evaluate("scrollTo(0, 0)")
    page.locator(".epoch").focus()  # what was typed counts as soon as the box is left
    assert state_of(painted(page)) == before and page.locator(".count").inner_text() == trained


def test_a_rate_between_the_stops_of_its_slider_can_be_typed_and_the_slider_goes_on_from_there(open_page):
    page = open_page()
    page.evaluate(UNFOLD)
    for name, number, after in (("learning_rate", 0.02, 0.03), ("l1", 0.0005, 0.001), ("l2", 0.05, 0.1)):
        box = page.locator(f"input.field.{name} + .box")
        assert typed(page, box, f"{number}")[0] == ""
        assert state_of(page)[name] == number == float(box.input_value())
        page.locator(f"input.field.{name}").press("ArrowRight")
        assert state_of(painted(page))[name] == after == float(box.input_value())


def test_letters_are_answered_and_a_remark_goes_by_itself(open_page):
    page = open_page()
    page.clock.install()
    box = page.locator("input.field.n_points + .box")
    box.click()
    page.keyboard.type("abc")
    assert box.evaluate(BESIDE) == ["Only a number can stand here.", "status", True]
    assert box.input_value() == "40"
    page.clock.fast_forward(5000)
    assert box.evaluate(BESIDE)[0] != ""
    page.clock.fast_forward(2000)
    assert box.evaluate(BESIDE)[0] == ""
    box.fill("1e2")
    box.press("Enter")
    page.clock.run_for(100)
    assert state_of(page)["n_points"] == 100 and box.evaluate(BESIDE)[0] == ""
    page.context.close()  # its clock would stand still in the next document too
