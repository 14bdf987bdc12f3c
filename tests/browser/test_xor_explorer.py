"""The explorer of xor in a plain page: what it shows and says is what NumPy computes, and it trains to be watched."""

import explorer_page
import numpy as np
import pytest
import traitlets
from explorer_page import HURRY, painted

from course_lib.explorers.web_explorer import declaration
from course_lib.explorers.xor import XorExplorer

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
ANSWERS = np.array([0, 1, 1, 0])
SOLVED = {
    "h1_x1": 1,
    "h1_x2": 1,
    "h1_bias": 0,
    "h2_x1": 1,
    "h2_x2": 1,
    "h2_bias": -1,
    "y_h1": 1,
    "y_h2": -2,
    "y_bias": 0,
}
FUNCTIONS = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "step": lambda z: (z >= 0).astype(float),
    "none": lambda z: z,
}
WEIGHTS = [field["name"] for field in declaration("xor")["fields"] if field["kind"] == "number"]


def shown(page):
    """(markup of the picture, words) after all that was asked for is painted."""
    return explorer_page.shown(painted(page))


def computed(state, points=CORNERS):
    """(hidden outputs (n, 2), outputs (n,)) in NumPy."""
    into = np.array([[state["h1_x1"], state["h2_x1"]], [state["h1_x2"], state["h2_x2"]]])
    hidden = FUNCTIONS[state["activation"]](points @ into + [state["h1_bias"], state["h2_bias"]])
    return hidden, hidden @ [state["y_h1"], state["y_h2"]] + state["y_bias"]


def written(value, digits=2):
    """A number as the readout writes it: a true minus, no −0."""
    text = f"{value:.{digits}f}"
    return (text.replace("-", "") if float(text) == 0 else text).replace("-", "−")


# Presses the button and waits for the end: how many pictures were seen on the way.
SOLVE = """() => new Promise((done) => {
  const { shadowRoot: root } = document.getElementById("here");
  const [button, pictures] = [root.querySelector("button.solve"), new Set()];
  button.click();
  const look = () => {
    if (button.textContent !== "Pause") return done(pictures.size);
    pictures.add(root.querySelector(".picture").innerHTML);
    requestAnimationFrame(look);
  };
  look();
})"""


def solve(page):
    """Let it train to its end, in a hurry; the first line of the readout."""
    page.evaluate(HURRY)
    assert page.evaluate(SOLVE) > 5
    return shown(page)[1].split("\n")[0]


@pytest.fixture
def page(web):
    """A page with the explorer."""
    return web.mount("xor")


def test_every_control_moves_the_picture_and_the_words_by_keyboard_and_nothing_moves_by_itself(page):
    at_rest = shown(page)
    page.wait_for_timeout(300)
    assert shown(page) == at_rest
    page.evaluate("explorer.set({activation: 'tanh'})")  # under ReLU a unit that is off does not notice its weights
    for name in WEIGHTS:
        before = shown(page)
        page.locator(f"input.{name}").focus()
        page.keyboard.press("ArrowRight")
        after = shown(page)
        assert after[0] != before[0] and after[1] != before[1], name
    for option in ("relu", "sigmoid", "step", "none"):
        before = shown(page)
        page.locator("select.activation").select_option(label={"relu": "ReLU"}.get(option, option))
        assert page.evaluate("explorer.get().activation") == option
        assert shown(page)[0] != before[0]
    page.locator("button.reset").click()
    assert shown(page) == at_rest


def test_a_slider_follows_the_mouse(page):
    before = shown(page)
    box = page.locator("input.h1_x1").bounding_box()
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    assert page.evaluate("explorer.get().h1_x1") > 3
    assert shown(page)[0] != before[0]


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_the_numbers_said_are_numpys(activation, page):
    rng = np.random.default_rng(5)
    for _ in range(5):
        state = dict(zip(WEIGHTS, rng.uniform(-2, 2, 9).round(2).tolist(), strict=True)) | {"activation": activation}
        page.evaluate("state => explorer.set(state)", state)
        words = shown(page)[1]
        hidden, outputs = computed(state)
        right = (outputs > 0.5) == ANSWERS
        for (x1, x2), output, is_right in zip(CORNERS, outputs, right, strict=True):
            part = words.split(f"{x1:.0f}{x2:.0f} lands on ")[1].split(".  ")[0]
            assert f"output {written(output)}, {'right' if is_right else 'wrong'}" in part
        count = f"{right.sum()} of 4 points {'is' if right.sum() == 1 else 'are'} right"
        assert ("All 4 points are right" if right.all() else count) in words
        assert np.isfinite(hidden).all()


def test_the_network_of_chapter_1_gets_all_four_right_and_lands_where_the_chapter_says(page):
    page.evaluate("state => explorer.set(state)", SOLVED)
    words = shown(page)[1]
    assert "All 4 points are right" in words
    for said in (
        "00 lands on (0, 0): output 0.00",
        "01 lands on (1, 0): output 1.00",
        "11 lands on (2, 1): output 0.00",
    ):
        assert said in words
    assert page.locator(".point").count() == 8


def test_the_words_say_whether_a_line_could_separate_the_hidden_outputs(page):
    page.evaluate("state => explorer.set(state)", SOLVED | {"y_h1": 0, "y_bias": 3})
    assert "One line could separate them: turn the output's weights" in shown(page)[1]
    page.evaluate("explorer.set({activation: 'none'})")
    assert "No line can separate them: without an activation nothing folds" in shown(page)[1]


def test_separable_is_what_a_search_over_lines_finds(page):
    rng = np.random.default_rng(0)
    angles = np.linspace(0, 2 * np.pi, 721)
    directions = np.array([np.cos(angles), np.sin(angles)])
    places = rng.normal(size=(300, 4, 2)).round(2)
    there = page.evaluate(
        """async (places) => { const { can_be_separated, ANSWERS } = await import("/xor/layer.js");
             return places.map((four) => can_be_separated(four.map((h, row) => ({ h, wanted: ANSWERS[row] })))) }""",
        places.tolist(),
    )
    for four, found in zip(places, there, strict=True):
        along = four @ directions
        gaps = along[ANSWERS == 1].min(axis=0) - along[ANSWERS == 0].max(axis=0)
        if abs(gaps.max()) > 0.02:  # nearer than that, the search's lines may miss it
            assert found == (gaps.max() > 0), four
    assert 50 < sum(there) < 250


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_it_solves_it_from_where_it_starts_and_can_be_watched(activation, page):
    page.evaluate("activation => explorer.set({activation})", activation)
    assert page.evaluate(SOLVE) > 5
    state = page.evaluate("explorer.get()")
    assert ((computed(state)[1] > 0.5) == ANSWERS).all()
    assert "Solved after" in shown(page)[1]
    assert page.locator("input.h1_x1").input_value() != "1"


def test_training_takes_the_step_that_numpy_takes(page):
    network = page.evaluate(
        """async () => { const { Solver } = await import("/xor/layer.js");
             const state = { ...explorer.get(), activation: "tanh" };
             const solver = new Solver(state, 6);
             const first = solver.loss;
             solver.step();
             return { state, first, after: solver.weights() } }"""
    )
    state = network["state"]

    def loss(weights):
        return np.mean((computed(state | weights)[1] - ANSWERS) ** 2)

    assert network["first"] == pytest.approx(loss({}))
    for name in WEIGHTS:  # Adam's first step is the learning rate, against the sign of the slope
        slope = (loss({name: state[name] + 1e-5}) - loss({name: state[name] - 1e-5})) / 2e-5
        assert network["after"][name] == pytest.approx(state[name] - 0.03 * np.sign(slope), abs=1e-4), name


def test_where_it_cannot_get_there_it_says_why(page):
    page.evaluate("explorer.set({activation: 'none'})")
    assert solve(page).startswith("Stuck after")
    page.evaluate("explorer.set({activation: 'step'})")
    assert "the slope of a step is 0" in solve(page)


def test_a_hand_takes_over_while_it_trains_and_pause_stops_it(page):
    page.locator("button.solve").click()
    page.wait_for_timeout(200)
    page.locator("button.solve").click()
    paused = shown(page)
    assert "Paused after" in paused[1]
    page.wait_for_timeout(200)
    assert shown(page) == paused
    page.locator("button.solve").click()
    page.wait_for_timeout(100)
    page.locator("input.y_bias").focus()
    page.keyboard.press("ArrowRight")
    moved = shown(page)
    page.wait_for_timeout(200)
    assert shown(page) == moved
    assert page.locator("button.solve").inner_text() == "Solve it for me"


def test_points_move_by_arrows_and_by_mouse(page):
    point = page.locator(".point-01").first
    point.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("explorer.get().points") == [0, 0, 0.1, 0.9, 1, 0, 1, 1]
    box = point.bounding_box()
    before = shown(page)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 40)
    page.mouse.up()
    assert shown(page)[0] != before[0]
    points = page.evaluate("explorer.get().points")
    assert points[2] > 0.2 and points[3] < 0.9 and points[:2] + points[4:] == [0, 0, 1, 0, 1, 1]


def test_the_readout_is_seen_with_the_picture_in_a_notebook_on_a_laptop_even_when_training_is_stuck(web):
    page = web.mount("xor", {"activation": "step"}, width=934)
    assert solve(page).startswith("Stuck after")
    left_by_jupyterlab = 519  # pixels of 640 under its bars
    for width in (934, 1230):  # JupyterLab with its side bar, and without
        page.set_viewport_size({"width": width, "height": 640})
        assert shown(page)[1].startswith("Stuck after")
        assert page.evaluate("document.documentElement.scrollHeight") <= 640
        bottom = page.locator("section").evaluate("node => node.getBoundingClientRect().bottom")
        assert bottom <= left_by_jupyterlab


def test_two_on_one_page_share_no_id_and_do_not_disturb_each_other(web):
    page = web.mount("xor")
    page.evaluate(
        """async () => { const { default: mount } = await import("/explorers/xor.js");
             const second = document.createElement("div");
             document.body.append(second);
             window.other = mount(second, { activation: "tanh" }) }"""
    )
    before = shown(page)
    page.evaluate("other.set({h1_x1: -2})")
    assert shown(page) == before
    assert page.evaluate("explorer.get().h1_x1") == 1


def test_the_python_class_has_the_fields_and_refuses_what_cannot_be():
    explorer = XorExplorer(**SOLVED)
    assert explorer.state.h2_bias == -1 and explorer.activation == "relu"
    assert explorer.points == [0, 0, 0, 1, 1, 0, 1, 1]
    with pytest.raises(traitlets.TraitError, match="y_bias"):
        explorer.y_bias = 7
    with pytest.raises(traitlets.TraitError, match="points"):
        explorer.points = [0, 0]
