"""The playground's undo and redo: what comes back, by button and by keyboard, and what has an undo of its own."""

import pytest
from explorer_page import painted, readout_of, state_of
from playground_page import DRAWN, all_shown, opened, steps


@pytest.fixture(scope="module")
def open_page(web):
    """A function that opens a playground in a state."""
    return opened(web)


def is_off(page, name):
    """Whether a button says that it can do nothing now."""
    return page.locator(f".{name}").get_attribute("aria-disabled") == "true"


def weight(page):
    """The chosen weight, as its box says."""
    return float(painted(page).locator(".weight-value").input_value())


def test_redo_makes_every_change_again_with_the_network_that_it_had(open_page):
    page = open_page()
    assert is_off(painted(page), "undo") and is_off(page, "redo")
    page.locator(".epoch").click()
    seen = [(state_of(page), steps(page), readout_of(page))]
    for change in (
        lambda: page.locator("select.data").select_option(label="xor"),
        lambda: page.locator(".add-layer").click(),
        lambda: page.locator("input.learning_rate").press("ArrowRight"),
        lambda: page.locator(".restart").click(),
    ):
        change()
        painted(page)
        page.locator(".epoch").click()
        seen.append((state_of(page), steps(page), readout_of(page)))
    there = all_shown(page).split('class="tools"')[0]
    for name, past in (("undo", seen[-2::-1]), ("redo", seen[1:])):
        for wanted, n_steps, _ in past:
            page.locator(f".{name}").click()
            assert state_of(painted(page)) == wanted
            assert steps(page) >= n_steps
        assert is_off(page, name)
    assert all_shown(page).split('class="tools"')[0] == there
    page.locator(".undo").click()
    assert not is_off(painted(page), "redo")
    page.locator(".add-layer").click()
    assert is_off(painted(page), "redo")  # another way was taken
    before = state_of(page)
    page.locator(".redo").click(force=True)
    assert state_of(painted(page)) == before


def test_a_weight_and_drawn_points_are_redone(open_page):
    page = open_page({"data": "drawn", "drawn": DRAWN})
    start = weight(page)
    page.locator(".weight-value").fill("-4")
    page.locator(".weight-value").press("Enter")
    page.locator(".put").click()
    after = state_of(painted(page))["drawn"]
    for _ in range(2):
        page.locator(".undo").click()
    assert (weight(page), state_of(page)["drawn"]) == (start, DRAWN)
    for _ in range(2):
        page.locator(".redo").click()
    assert (weight(page), state_of(page)["drawn"]) == (-4, after)


def test_the_usual_keys_undo_and_redo_and_typing_keeps_its_own(open_page):
    page = open_page()
    start = state_of(page)
    page.locator(".add-layer").click()
    page.locator("input.noise").press("ArrowRight")
    end = state_of(painted(page))
    for back, forward in (("Control+z", "Control+Shift+z"), ("Meta+z", "Meta+Shift+z"), ("Control+z", "Control+y")):
        page.keyboard.press(back)
        page.keyboard.press(back)
        page.keyboard.press(back)  # no further than the start
        assert state_of(painted(page)) == start
        page.keyboard.press(forward)
        page.keyboard.press(forward)
        assert state_of(painted(page)) == end
    for _ in range(2):
        page.locator(".undo").click()
    page.keyboard.press("Control+y")  # the button that can do no more has the focus still
    assert state_of(painted(page)) == {**start, "hidden_layers": [3, 4], "activations": ["tanh", "tanh"]}
    page.mouse.click(600, 250)  # into the picture
    page.keyboard.press("Control+z")
    assert state_of(painted(page)) == start
    page.keyboard.press("Control+y")
    page.locator("input.noise ~ .box").first.focus()
    page.keyboard.type("0")
    page.keyboard.press("Control+z")
    assert state_of(painted(page))["hidden_layers"] == [3, 4]  # what is typed here, and not yet taken
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert state_of(painted(page))["hidden_layers"] == [3]


def test_a_formula_that_cannot_be_read_says_so_again_when_undo_comes_back_to_it(open_page):
    page = open_page({"data": "curve", "formula": "x"})
    page.locator("input.formula").fill("x +")
    said = painted(page).locator(".complaint").inner_text()
    assert said
    page.locator("input.formula").press("Enter")
    page.locator(".undo").click()
    assert painted(page).locator(".complaint").inner_text() == ""
    page.locator(".redo").click()
    assert painted(page).locator(".complaint").inner_text() == said
