"""The playground on a telephone: plane, Start and the sentence stay in sight, and a finger reaches every control."""

import pytest
from explorer_page import painted, readout_of, state_of
from playground_page import DRAWN, UNFOLD, steps

TELEPHONE = {"has_touch": True, "is_mobile": True}
UPRIGHT = [(400, 800), (360, 640), (412, 915)]
ON_ITS_SIDE = [(800, 360), (915, 412)]
SHARE = 0.56  # of the window's height: what the board takes at most, and its line
FINGER = 40  # pixels
MISSION = {"mission": 4, "data": "spirals"}
ROOT = "document.getElementById('here').shadowRoot"
# What has to be seen at once, and is not.
UNSEEN = """(root) => [".start", ".surface foreignObject", ".losses rect", ".count", ".readout p"].filter((name) => {
  const box = root.querySelector(name).getBoundingClientRect();
  const [right, bottom] = [innerWidth - box.right, innerHeight - box.bottom];
  return box.height < 10 || Math.min(box.left, box.top, right, bottom) < -0.5;
})"""
# Controls below or beside the board, each brought into the window: those covered there, or that push something out.
BROUGHT = """() => {
  const root = document.getElementById("here").shadowRoot;
  const unseen = UNSEEN;
  const controls = [...root.querySelectorAll(":is(.below) :is(button, select, input, summary)")];
  const seen = controls.filter((node) => node.checkVisibility());
  return [...seen, ...seen.toReversed()].map((node) => { // scrolled down to, and up to
    node.scrollIntoView({ block: "nearest" });
    const box = node.getBoundingClientRect();
    const found = root.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const missing = unseen(root);
    if (found !== node && !node.contains(found)) missing.push("itself");
    return missing.length ? `${node.className || node.textContent}: ${missing}` : "";
  });
}""".replace("UNSEEN", UNSEEN)
SMALL_FOR_A_FINGER = """(least) => {
  const root = document.getElementById("here").shadowRoot;
  const controls = [...root.querySelectorAll("button, select, input, summary")];
  return controls.filter((node) => node.checkVisibility()).map((node) => {
    const own = node.getBoundingClientRect();
    const label = node.type === "checkbox" ? node.labels[0].getBoundingClientRect() : own;
    const [width, height] = [Math.max(own.width, label.width), Math.max(own.height, label.height)];
    const is_small = Math.min(width, height) < least - 0.5;
    return is_small ? `${node.className || node.textContent} ${width} ${height}` : "";
  }).filter(Boolean);
}"""
PLACES = """() => {
  const root = document.getElementById("here").shadowRoot;
  const found = [...root.querySelectorAll(".course-explorer *")].filter((node) => !node.closest("svg, .readout > *"));
  return found.map((node) => `${node.parentElement?.className} > ${node.tagName} ${node.className}`);
}"""
IS_DONE = f"{ROOT}.querySelector('.task').textContent.startsWith('✔ Done')"


@pytest.fixture
def hold(web):
    """A function that gives a page of a telephone of this size with a playground; no page has said an error."""
    pages = []

    def opened(width=400, height=800, state=None):
        pages.append(web.mount("playground", state, width=width, height=height, **TELEPHONE))
        painted(pages[-1]).wait_for_timeout(100)
        return pages[-1]

    yield opened
    for page in pages:
        assert page.said == []
        page.context.close()


def middle(page, name):
    """The middle of an element, on the screen."""
    box = page.locator(name).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def touch(client, kind, *places):
    """One event of fingers at these places."""
    fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
    client.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": fingers})


def swipe(page, at, up):
    """A finger that goes up from a place by so many pixels; how far the page has scrolled."""
    before = page.evaluate("scrollY")
    client = page.context.new_cdp_session(page)
    touch(client, "Start", at)
    for part in range(1, 11):
        touch(client, "Move", (at[0], at[1] - up * part / 10))
        page.wait_for_timeout(16)
    touch(client, "End")
    page.wait_for_timeout(200)
    return page.evaluate("scrollY") - before


def board_of(page):
    """Where the board is."""
    return page.locator(".board").bounding_box()


@pytest.mark.parametrize("state", [{}, MISSION], ids=["free play", "a mission"])
@pytest.mark.parametrize(("width", "height"), UPRIGHT + ON_ITS_SIDE)
def test_plane_start_losses_and_sentence_are_seen_with_every_control(width, height, state, hold):
    page = hold(width, height, state)
    page.evaluate(UNFOLD)
    found = page.evaluate(BROUGHT)
    assert len(found) > 60
    assert [each for each in found if each] == []
    assert page.evaluate("[scrollX, document.documentElement.scrollWidth]") == [0, width]
    if width < height:
        assert board_of(page)["height"] <= SHARE * height
    else:
        assert 0.4 * width < board_of(page)["width"] < 0.5 * width


@pytest.mark.parametrize(("width", "height"), UPRIGHT)
def test_a_mission_is_read_beside_the_plane_when_the_longest_is_said(width, height, hold):
    page = hold(width, height, MISSION)
    page.locator(".start").tap()
    page.wait_for_function(f"{ROOT}.querySelector('.task').textContent.includes('patience')")
    page.wait_for_function(f"{ROOT}.querySelector('.readout').textContent.includes('level of chance')")
    page.wait_for_timeout(300)
    page.evaluate("scrollTo(0, 700)")
    board, task, plane = board_of(page), *(page.locator(n).bounding_box() for n in (".task", ".surface foreignObject"))
    assert board["y"] == 0 and task["y"] + task["height"] <= board["height"] <= SHARE * height
    assert plane["width"] >= 112 and plane["y"] + plane["height"] < task["y"]


@pytest.mark.parametrize(
    ("number", "rate", "words", "said"),
    [
        (5, 0, "Make it break", "not trained yet"),
        (5, 100, "It broke.", "Lower the learning rate or limit the gradient"),
        (8, 0.01, "Press Add a layer (sigmoid).", "level of chance"),
        (10, 0.1, "without Restart", "Press Pause to keep it."),
    ],
)
def test_what_a_mission_says_and_the_sentence_leave_room_for_the_plane(number, rate, words, said, hold):
    page = hold(360, 640)
    page.locator("select.mission").select_option(index=number)
    if rate:
        page.evaluate(f"window.explorer.set({{ learning_rate: {rate} }})")
        painted(page).locator(".start").tap()
    for name, each in ((".task", words), (".readout", said)):
        script = f"([name, each]) => {ROOT}.querySelector(name).textContent.includes(each)"
        page.wait_for_function(script, arg=[name, each])
    page.wait_for_timeout(300)
    assert board_of(page)["height"] <= SHARE * 640


@pytest.mark.parametrize(("width", "height"), [*UPRIGHT, ON_ITS_SIDE[0]])
@pytest.mark.parametrize("state", [{}, {"data": "drawn", "drawn": DRAWN}, MISSION], ids=["circles", "drawn", "mission"])
def test_every_control_is_as_large_as_a_finger(width, height, state, hold):
    page = hold(width, height, state)
    page.evaluate(UNFOLD)
    assert page.evaluate(SMALL_FOR_A_FINGER, FINGER) == []


def test_the_board_has_the_buttons_of_training_and_below_it_the_network_comes_first_then_the_data(hold):
    page = hold()
    assert page.locator(".fold summary").all_inner_texts() == ["Network", "Data", "Training", "Regularization"]
    assert page.locator(".board button:visible").all_inner_texts() == ["Start", "1 step", "1 epoch", "Restart", "Undo"]
    names = [".start", ".surface", ".mission", ".network", ".width-1", "select.data", "select.optimizer", ".link"]
    tops = [page.locator(each).bounding_box()["y"] for each in names]
    assert tops == sorted(tops)


def test_a_finger_on_the_plane_scrolls_the_page_and_draws_where_points_are_drawn(hold):
    page = hold()
    assert swipe(page, middle(page, ".surface foreignObject"), 200) > 100
    page = hold(state={"data": "drawn", "drawn": DRAWN})
    x, y = middle(page, ".surface foreignObject")
    assert swipe(page, (x, y + 80), 150) == 0
    assert len(state_of(page)["drawn"]) >= len(DRAWN) + 9
    assert swipe(page, (330, y), 200) > 100  # beside the plane


def test_a_second_finger_draws_no_point(hold):
    page = hold(state={"data": "drawn", "drawn": DRAWN})
    x, y = middle(page, ".surface foreignObject")
    client = page.context.new_cdp_session(page)
    touch(client, "Start", (x, y))
    touch(client, "Start", (x, y), (x + 40, y))
    touch(client, "End")
    assert len(state_of(painted(page))["drawn"]) == len(DRAWN) + 3


def test_a_finger_that_scrolls_over_a_slider_does_not_move_it_and_a_tap_does(hold):
    page = hold()
    page.locator(".epoch").tap()
    before = steps(page)
    for name in ("noise", "learning_rate"):
        page.locator(f"input.{name}").evaluate("it => it.scrollIntoView({ block: 'end' })")
        shown = page.locator(f"input.{name}").input_value()
        assert swipe(page, middle(page, f"input.{name}"), 120) > 60
        assert page.locator(f"input.{name}").input_value() == shown
    assert steps(page) == before > 0  # and what was learned is there
    box = page.locator("input.noise").bounding_box()
    page.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    assert state_of(painted(page))["noise"] >= 0.4


def test_a_tap_shows_a_unit_large_and_a_second_ends_that(hold):
    page = hold()
    at = middle(page, ".network .unit:nth-of-type(4) rect")
    page.touchscreen.tap(*at)
    assert "shown large: unit" in painted(page).locator(".surface").text_content()
    page.touchscreen.tap(*at)
    assert "shown large" not in painted(page).locator(".surface").text_content()


def test_a_tap_on_a_weight_chooses_it_and_brings_no_keyboard_up(hold):
    page = hold()
    at = page.evaluate(
        f"""() => {{
          const line = {ROOT}.querySelectorAll(".weights path")[3];
          const point = line.getPointAtLength(line.getTotalLength() * 0.5).matrixTransform(line.getScreenCTM());
          return [point.x, point.y];
        }}"""
    )
    before = page.locator(".weight-choice").input_value()
    page.touchscreen.tap(*at)
    assert page.locator(".weight-choice").input_value() != before
    assert not page.evaluate(f"{ROOT}.activeElement?.matches('input')")


def test_a_button_stays_under_the_finger_while_units_come(hold):
    page = hold()
    page.locator(".wider-1").evaluate("it => it.scrollIntoView({ block: 'end' })")
    at = middle(page, ".wider-1")
    for _ in range(12):
        page.touchscreen.tap(*at)
        painted(page)
    assert state_of(page)["hidden_layers"] == [16, 2]
    assert middle(page, ".wider-1") == at
    page.locator(".fewer-2").tap()
    assert state_of(painted(page))["hidden_layers"] == [16, 1]
    page.locator(".fewer-2").tap()
    assert state_of(painted(page))["hidden_layers"] == [16, 1]


def test_the_plane_keeps_its_place_while_a_network_learns_and_long_sentences_come(hold):
    overfits = {"data": "moons", "noise": 0.5, "n_points": 60, "share": 0.4, "optimizer": "adam", "learning_rate": 0.01}
    page = hold(400, 640, {**overfits, "hidden_layers": [16, 16], "activations": ["relu", "relu"]})
    before = page.locator(".surface foreignObject").bounding_box()
    page.locator(".start").tap()
    page.wait_for_function(f"{ROOT}.querySelector('.readout').textContent.includes('overfitting')", timeout=30_000)
    painted(page).wait_for_timeout(200)
    assert page.locator(".surface foreignObject").bounding_box() == before


def test_three_missions_from_start_to_end_by_taps(hold):
    page = hold(360, 640)
    page.locator("select.mission").select_option(index=1)
    for number, what in enumerate([(".remove-1",), (".wider-1",) * 4, (".features-xy",)], start=1):
        assert state_of(painted(page))["mission"] == number
        for name in what:
            page.locator(name).tap()
        page.locator(".start").tap()
        page.wait_for_function(IS_DONE, timeout=30_000)
        painted(page).wait_for_timeout(100)
        board, onward = board_of(page), page.locator(".next-mission").bounding_box()
        assert board["y"] <= onward["y"] and onward["y"] + onward["height"] <= board["y"] + board["height"]
        assert board["height"] <= SHARE * 640
        page.locator(".next-mission").tap()


def test_a_formula_that_cannot_be_read_is_said_in_the_board(hold):
    page = hold(state={"data": "curve"})
    page.locator("input.formula").fill("2 sin(")
    assert painted(page).locator(".board .complaint").inner_text() != ""


def test_turned_to_a_wide_window_all_is_where_it_was_and_what_is_learned_stays(hold):
    page = hold()
    page.locator(".epoch").tap()
    learned = steps(page)
    page.locator("select.optimizer").focus()
    for width, height in (ON_ITS_SIDE[0], (1366, 640)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        assert steps(page) == learned > 0
        assert page.evaluate(f"{ROOT}.activeElement.className") == "field optimizer"
    turned = page.evaluate(PLACES)
    assert turned == hold(1366, 640).evaluate(PLACES)
    assert page.locator(".board").count() == 0


def test_a_board_too_high_for_a_window_does_not_stay(hold):
    page = hold(400, 330)
    page.evaluate("scrollTo(0, 600)")
    assert board_of(page)["y"] < -200


def test_the_board_stays_below_a_header_of_the_page_and_inside_of_its_own_explorer(hold):
    page = hold()
    page.evaluate(
        """() => {
          document.getElementById("here").style.setProperty("--explorer-top", "56px");
          document.body.append(Object.assign(document.createElement("div"), { style: "height: 3000px" }));
        }"""
    )
    page.evaluate("scrollTo(0, 500)")
    assert board_of(page)["y"] == 56
    page.evaluate("scrollTo(0, 3000)")
    assert board_of(page)["y"] < -300


def test_the_readouts_other_lines_are_read_among_the_controls(hold):
    page = hold()
    assert len(readout_of(page).strip().splitlines()) == 1
    more = page.locator(".more").inner_text()
    assert "Epoch: all training points once" in more and "Mean size of the weights" in more
