"""The playground on a plain page: every control by mouse and keyboard, training, undo, what its words say."""

import pytest
from explorer_page import painted, readout_of, state_of
from playground_page import DRAWN, SHOWN, UNFOLD, all_shown, opened, steps

from course_lib.explorers.web_explorer import declaration

MIDDLE = """(line) => {
  const point = line.getPointAtLength(line.getTotalLength() * 0.3).matrixTransform(line.getScreenCTM());
  return [point.x, point.y];
}"""


@pytest.fixture(scope="module")
def open_page(web):
    """A function that opens a playground in a state."""
    return opened(web)


def loss(page):
    """The training loss that the readout tells."""
    return float(readout_of(page).split("training loss ")[1].split()[0].rstrip(","))


def choose(page, name, value):
    """Choose a value of a field's list as a hand does."""
    field = next(field for field in declaration("playground")["fields"] if field["name"] == name)
    page.locator(f"select.{name}").select_option(index=[each for _, each in field["options"]].index(value))


@pytest.mark.parametrize(
    "name", [f["name"] for f in declaration("playground")["fields"] if f["kind"] == "choice" and not f.get("ordered")]
)
def test_every_option_of_a_list_draws_another_picture(name, open_page):
    page = open_page({"hidden_layers": [4], "drawn": DRAWN})
    seen = []
    options = page.locator(f"select.{name} option").count()
    for place in range(options):
        page.locator(f"select.{name}").select_option(index=place)
        for _ in range(2):
            page.locator(".step").click()
        seen.append(all_shown(page))
    assert len(set(seen)) == options


@pytest.mark.parametrize(
    "name",
    [
        "n_points",
        "noise",
        "share",
        "batch_size",
        "seed",
        "max_norm",
        "clip_norm",
        "drop_rate",
        "l1",
        "l2",
        "learning_rate",
    ],
)
def test_every_slider_moves_by_the_keyboard_and_counts(name, open_page):
    page = open_page({"noise": 0.2, "clip_norm": 0.5, "max_norm": 1})
    page.evaluate(UNFOLD)
    before = state_of(page)[name]
    page.locator(f"input.{name}").focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    painted(page)
    assert state_of(page)[name] != before
    page.locator(".epoch").click()
    moved = all_shown(page)
    assert all_shown(page) == moved  # it stands still otherwise
    page.locator(".undo").click()
    painted(page)
    assert state_of(page)[name] == before


def test_features_layers_units_and_activations_by_hand(open_page):
    page = open_page()
    page.locator(".features-x_squared").check()
    page.locator(".add-layer").click()
    assert state_of(painted(page))["hidden_layers"] == [3, 4]  # two units behind two would be no help
    page.locator(".width-2").fill("16")
    page.locator(".width-2").press("Enter")
    page.locator(".activation-2").select_option(index=1)
    now = state_of(painted(page))
    assert (now["features"], now["hidden_layers"], now["activations"]) == (
        ["x", "y", "x_squared"],
        [3, 16],
        ["tanh", "relu"],
    )
    assert page.locator(".network .unit").count() == 3 + 3 + 16 + 2
    page.locator(".width-1").fill("99")
    page.locator(".width-1").press("Enter")
    assert state_of(painted(page))["hidden_layers"][0] == 16
    for _ in range(7):
        page.locator(".add-layer").click(force=True)
    assert state_of(painted(page))["hidden_layers"] == [16] * 8
    assert page.locator(".add-layer").is_disabled()
    for _ in range(8):
        page.locator(".remove-1").click()
    assert state_of(painted(page))["hidden_layers"] == []
    page.locator(".epoch").click()
    assert "The training loss falls" in readout_of(page)


def test_start_pause_step_epoch_restart(open_page):
    page = open_page({"batch_size": 7})
    first = all_shown(page)
    page.locator(".step").click()
    assert steps(page) == 1
    page.locator(".epoch").click()
    assert steps(page) == 4  # 28 points for training, 7 a batch
    page.locator(".start").click()
    page.wait_for_function(
        "window.explorer && document.getElementById('here').shadowRoot.querySelector('.start').textContent === 'Pause'"
    )
    page.wait_for_timeout(150)
    page.locator(".start").click()
    far = steps(page)
    assert far > 4 and steps(page) == far  # paused
    page.locator(".restart").click()
    assert steps(page) == 0
    assert page.evaluate(SHOWN).split('class="tools"')[0] == first.split('class="tools"')[0]
    page.locator(".undo").click()  # what was learned comes back
    assert steps(page) == far


def test_a_setting_changed_while_it_trains_keeps_it_training(open_page):
    page = open_page()
    page.locator(".start").click()
    page.wait_for_timeout(80)
    page.evaluate(UNFOLD)
    before = steps(page)
    for name in ("drop_rate", "l1", "l2", "max_norm", "clip_norm", "batch_size", "learning_rate"):
        page.locator(f"input.{name}").press("ArrowRight")
        now = steps(page)
        assert now > before  # it goes on from where it was
        before = now
    choose(page, "optimizer", "adam")
    assert steps(page) > before
    choose(page, "data", "xor")
    page.locator(".add-layer").click()
    page.wait_for_timeout(60)
    assert page.locator(".start").inner_text() == "Pause"
    assert steps(page) > 0
    page.locator(".start").click()


def test_a_hidden_tab_does_not_train(open_page):
    page = open_page()
    page.locator(".start").click()
    page.wait_for_timeout(100)
    page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, value: true })")
    before = steps(page)
    page.wait_for_timeout(150)
    assert steps(page) == before > 0
    page.evaluate("delete document.hidden")
    page.wait_for_function(
        "(before) => !document.getElementById('here').shadowRoot.querySelector('.count').textContent.includes(before)",
        arg=f"{before:,} steps",
    )


def test_a_slider_drag_is_one_undo_and_undo_goes_all_the_way_back(open_page):
    page = open_page()
    start = state_of(page)
    page.locator("input.noise").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        painted(page)
    choose(page, "initialization", "he_normal")
    painted(page)
    page.locator(".features-xy").check()
    painted(page)
    page.locator(".reset").click()
    painted(page)
    count = 0
    while page.locator(".undo").is_enabled():
        page.locator(".undo").click()
        painted(page)
        count += 1
    assert count == 4
    assert state_of(page) == start


def test_a_weight_is_set_by_typing_and_by_its_line_and_taken_back(open_page):
    page = open_page()
    before = all_shown(page)
    page.locator(".weight-choice").select_option(label="layer 1: 2 to 3")
    page.locator(".weight-value").fill("-4")
    assert all_shown(page) != before
    page.locator(".restart").click()
    painted(page)
    line = page.locator(".network .weights path").nth(4)  # from the second input to the second unit
    place = line.evaluate(MIDDLE)
    page.mouse.click(*place)
    assert page.locator(".weight-choice").evaluate("(node) => node.selectedOptions[0].textContent") == "layer 1: 2 to 2"
    page.keyboard.type("0")
    painted(page)
    assert line.get_attribute("visibility") == "hidden"  # a weight of 0 is not drawn
    assert "1 of 12 connections is practically 0" in readout_of(page)
    page.locator(".undo").click()
    painted(page)
    assert line.get_attribute("visibility") == "visible"


def test_l1_makes_connections_vanish_and_the_mean_weight_is_told(open_page):
    page = open_page({"data": "gaussians", "l1": 0.03, "hidden_layers": [6], "learning_rate": 0.1})
    page.evaluate(
        "for (let k = 0; k < 60; k++) document.getElementById('here').shadowRoot.querySelector('.epoch').click()"
    )
    said = readout_of(page)
    assert "connections are practically 0" in said
    assert float(said.split("Mean size of the weights ")[1].split(";")[0]) < 0.3
    assert page.locator('.network .weights path[visibility="hidden"]').count() > 3


def test_a_unit_is_shown_large_by_mouse_and_by_keyboard(open_page):
    page = open_page()
    surface = "document.getElementById('here').shadowRoot.querySelector('.surface canvas').toDataURL()"
    answer = painted(page).evaluate(surface)
    page.locator(".network .unit").nth(3).hover()
    by_mouse = painted(page).evaluate(surface)
    assert by_mouse != answer
    assert "unit 2 of hidden layer 1" in page.locator(".surface").text_content()
    page.mouse.move(5, 630)
    assert painted(page).evaluate(surface) == answer
    page.locator("svg.network").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert painted(page).evaluate(surface) == by_mouse
    page.keyboard.press("Escape")
    assert painted(page).evaluate(surface) == answer


def test_points_are_drawn_by_mouse_and_keyboard_and_erased(open_page):
    page = open_page({"data": "drawn"})
    assert "too few points" in readout_of(page)
    assert page.locator(".start").is_disabled()
    for name in ("n_points", "noise", "formula"):
        assert not page.locator(f"input.field.{name}").is_visible()
    plane = page.locator(".surface foreignObject").bounding_box()
    at = lambda x, y: (plane["x"] + plane["width"] * (x + 6) / 12, plane["y"] + plane["height"] * (6 - y) / 12)  # noqa: E731
    page.mouse.click(*at(3, 2))
    assert state_of(painted(page))["drawn"][2] == 1
    assert state_of(page)["drawn"][:2] == pytest.approx([3, 2], abs=0.05)
    page.locator(".brush").select_option(index=0)
    page.mouse.move(*at(-4, -3))
    page.mouse.down()
    page.mouse.move(*at(2, -3), steps=8)
    page.mouse.up()
    assert len(state_of(painted(page))["drawn"]) == 3 * 10
    page.locator(".place-x").fill("5.5")
    page.locator(".place-y").fill("-1")
    page.locator(".put").press("Enter")
    assert state_of(painted(page))["drawn"][-3:] == [5.5, -1, 0]
    page.locator(".start").click()
    page.wait_for_timeout(60)
    before = steps(page)
    page.mouse.click(*at(0, 4))  # while it trains
    assert steps(page) > before
    page.locator(".start").click()
    page.locator(".brush").select_option(index=2)
    page.mouse.click(*at(3, 2))
    assert len(state_of(painted(page))["drawn"]) == 3 * 11
    page.locator(".clear").click()
    assert state_of(painted(page))["drawn"] == []
    page.locator(".undo").click()
    assert len(state_of(painted(page))["drawn"]) == 3 * 11


def test_a_formula_that_cannot_be_read_is_a_sentence_and_the_picture_stays(open_page):
    page = open_page({"data": "curve", "formula": "x"})
    before = all_shown(page).split("<canvas")[0]
    page.locator("input.formula").fill("2 sin(")
    painted(page)
    assert "expected a number, x, or a function" in page.locator(".complaint").inner_text()
    page.locator(".epoch").click()
    assert "At letter" in painted(page).locator(".complaint").inner_text()  # until it is mended
    page.locator("input.formula").fill("2 sin(x)")
    assert painted(page).locator(".complaint").inner_text() == ""
    assert all_shown(page) != before
    choose(page, "data", "circles")
    assert not painted(page).locator("input.formula").is_visible()


def test_a_formula_of_a_saved_state_that_cannot_be_read_opens_with_a_sentence(open_page):
    page = open_page({"data": "curve", "formula": "alert(1)"})
    assert "is neither x nor one of" in painted(page).locator(".complaint").inner_text()
    page.locator("input.formula").fill("x")
    assert painted(page).locator(".complaint").inner_text() == ""


def test_what_diverges_says_so_and_can_be_restarted(open_page):
    page = open_page({"data": "plane", "learning_rate": 30, "activations": ["relu"]})
    page.locator(".start").click()
    page.wait_for_function(
        "document.getElementById('here').shadowRoot.querySelector('.readout').textContent.includes('no number')"
    )
    assert page.locator(".start").is_disabled()
    choose_rate = page.locator("input.learning_rate")
    choose_rate.focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    page.locator(".restart").click()
    page.locator(".epoch").click()
    assert "no number" not in readout_of(page)


def test_every_control_is_explained_to_those_who_ask(open_page):
    page = open_page()
    meanings = page.locator(".group .meaning, .trainer .meaning, .missions .meaning")
    assert all(box["width"] <= 1 for box in [each.bounding_box() for each in meanings.all()] if box)
    page.locator(".explain").click()
    page.evaluate(UNFOLD)
    seen = [text for text in meanings.all_inner_texts() if text]
    for field in declaration("playground")["fields"]:
        if not field.get("hidden"):
            assert field["meaning"] in " ".join(page.locator(".meaning").all_text_contents())
    assert len(seen) > 15
    assert all(each.bounding_box()["width"] > 50 for each in meanings.all() if each.is_visible())
    page.locator(".explain").click()


def test_two_playgrounds_on_a_page_do_not_disturb_each_other(open_page):
    page = open_page()
    page.evaluate(
        """async () => {
          const { default: mount } = await import("/explorers/playground.js");
          const place = document.body.appendChild(document.createElement("div"));
          window.second = mount(place, { data: "xor", n_points: 40 });
        }"""
    )
    page.locator(".start").first.click()
    page.wait_for_timeout(100)
    counts = painted(page).locator(".count").all_text_contents()
    assert counts[1] == "epoch 0, 0 steps" != counts[0]
    page.locator(".start").first.click()
    page.evaluate("window.second.destroy()")
    assert state_of(page)["data"] == "circles"
