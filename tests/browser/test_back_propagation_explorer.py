"""Back-propagation link by link in the browser: its numbers against scratch and finite differences, every button."""

import re

import numpy as np
import pytest
from back_propagation_page import (
    FIELDS,
    FORMULA,
    FORWARD,
    LINKS,
    READOUT,
    TEXTS,
    first_button,
    opened,
    press,
    start,
    state_of,
)
from explorer_page import painted, smallest_type

from course_lib.data import article_network
from course_lib.explorers.back_propagation import BackPropagationExplorer
from course_lib.scratch.activations import Activation
from course_lib.scratch.dense import Dense
from course_lib.scratch.losses import mean_squared_error, mean_squared_error_gradient

TOLERANCE = 1e-9
NUMBERS = [field for field in FIELDS if field["kind"] == "number" and not field.get("hidden")]
PARAMETERS = [field["name"] for field in NUMBERS if field["name"][0] in "wbvc"]
PASSES = """async (states) => {
  const { both_passes, stepped } = await import("/article_network/numbers.js");
  return states.map((state) => ({ ...both_passes(state), stepped: stepped(state) }));
}"""
PICTURE = """() => root.querySelector(".picture").innerHTML"""


@pytest.fixture
def mounted(web):
    """Mounts the explorer in a state."""
    return opened(web)


def random_state(rng):
    """Numbers anywhere on their sliders."""
    drawn = {field["name"]: float(rng.uniform(field["low"], field["high"])) for field in NUMBERS}
    return start(**drawn, learning_rate=0.001)


class Scratch:
    """The same network of the scratch layers, in float64."""

    def __init__(self, state):
        self.layers = [self.dense(state, "w", "b"), Activation("relu"), self.dense(state, "v", "c"), Activation("relu")]
        self.x = np.array([[state["x1"], state["x2"]]], dtype=np.float64)
        self.targets = np.array([[state["t1"], state["t2"]]], dtype=np.float64)

    def dense(self, state, weight, bias):
        layer = Dense(2, 2, dtype="float64")
        layer.parameters["weight"][:] = [[state[f"{weight}{of}{to}"] for to in (1, 2)] for of in (1, 2)]
        layer.parameters["bias"][:] = [state[f"{bias}{to}"] for to in (1, 2)]
        return layer

    def passes(self):
        """(values, slopes) by the names that the explorer gives them."""
        outputs, gradients = [self.x], {}
        for layer in self.layers:
            outputs.append(layer.forward(outputs[-1], True))
        gradient = mean_squared_error_gradient(outputs[-1], self.targets)
        for letter, layer in zip("ysnz", reversed(self.layers), strict=True):
            gradients[letter] = gradient
            gradient = layer.backward(gradient)
        gradients["x"] = gradient
        values = {"L": mean_squared_error(outputs[-1], self.targets)}
        slopes = {"L": 1.0}
        for letter, output in zip("xznsy", outputs, strict=True):
            values |= {f"{letter}{place + 1}": output[0, place] for place in (0, 1)}
            slopes |= {f"{letter}{place + 1}": gradients[letter][0, place] for place in (0, 1)}
        for layer, weight, bias in ((self.layers[0], "w", "b"), (self.layers[2], "v", "c")):
            for to in (0, 1):
                slopes[f"{bias}{to + 1}"] = layer.gradients["bias"][to]
                slopes |= {f"{weight}{of + 1}{to + 1}": layer.gradients["weight"][of, to] for of in (0, 1)}
        return values, slopes


# Numbers


def test_every_value_and_slope_is_that_of_the_scratch_layers(mounted):
    rng = np.random.default_rng(0)
    states = [start(), *(random_state(rng) for _ in range(60))]
    dead = 0
    for state, found in zip(states, mounted().evaluate(PASSES, states), strict=True):
        values, slopes = Scratch(state).passes()
        assert set(found["slopes"]) == set(slopes)
        for ours, theirs in ((found["values"], values), (found["slopes"], slopes)):
            for name, expected in theirs.items():
                assert ours[name] == pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE), name
        for name in PARAMETERS:
            assert found["stepped"][name] == pytest.approx(state[name] - 0.001 * slopes[name], rel=TOLERANCE)
        dead += any(values[sum_name] <= 0 for sum_name in ("z1", "z2", "s1", "s2"))
    assert 0 < dead < len(states)


def test_every_slope_is_what_finite_differences_say(mounted):
    """Along one number the loss is a parabola as long as no ReLU switches: there a central difference is exact."""
    rng = np.random.default_rng(1)
    step, states = 2.0**-7, []
    while len(states) < 12:
        state = random_state(rng) | {name: float(rng.uniform(-2, 2)) for name in PARAMETERS}
        values, _ = Scratch(state).passes()
        if min(abs(values[name]) for name in ("z1", "z2", "s1", "s2")) > 1 and max(values["s1"], values["s2"]) > 0:
            states.append(state)
    names = [*PARAMETERS, "x1", "x2"]
    nudged = [state | {name: state[name] + off} for state in states for name in names for off in (step, -step)]
    page = mounted()
    losses = np.array([each["values"]["L"] for each in page.evaluate(PASSES, nudged)]).reshape(len(states), -1, 2)
    differences = (losses[..., 0] - losses[..., 1]) / (2 * step)
    slopes = [[each["slopes"][name] for name in names] for each in page.evaluate(PASSES, states)]
    np.testing.assert_allclose(slopes, differences, rtol=TOLERANCE, atol=TOLERANCE)
    assert np.count_nonzero(slopes) > 50


def test_it_starts_with_the_articles_numbers_and_the_targets_of_chapter_2(mounted):
    explorer, net = BackPropagationExplorer(), article_network()
    assert [explorer.x1, explorer.x2] == net.x.tolist() and [explorer.t1, explorer.t2] == [44, 1]
    assert [explorer.w11, explorer.w12, explorer.w21, explorer.w22] == net.hidden_weights.ravel().tolist()
    assert [explorer.v11, explorer.v12, explorer.v21, explorer.v22] == net.output_weights.ravel().tolist()
    assert [explorer.b1, explorer.b2, explorer.c1, explorer.c2] == [9, -3, 5, 0]
    (found,) = mounted().evaluate(PASSES, [start()])
    assert found["slopes"]["w11"] == 24 and found["values"]["L"] == 2.5


# Link by link


def test_the_first_button_says_what_comes_next_and_leads_through_every_link(mounted):
    page = mounted()
    assert first_button(page).inner_text() == "Next: the sum z₁"
    pictures, formulas = [page.evaluate(PICTURE)], []
    for link in range(LINKS):
        assert first_button(page).inner_text().startswith("Next: ")
        assert state_of(page)["position"] == link
        first_button(page).click()
        painted(page)
        pictures.append(page.evaluate(PICTURE))
        formulas.append(page.evaluate(FORMULA)[:2])
    assert first_button(page).inner_text() == "Make the step"
    assert len(set(pictures)) == LINKS + 1
    for expected in (
        ["z₁ = x₁·w₁₁ + x₂·w₂₁ + b₁", "= 3·1 + 4·(−1) + 9 = 8"],
        ["n₁ = max(z₁, 0)", "= max(8, 0) = 8"],
        ["y₂ = max(s₂, 0)", "= max(−13, 0) = 0"],
        ["L = ((y₁ − t₁)² + (y₂ − t₂)²) / 2", "= ((46 − 44)² + (0 − 1)²) / 2 = (4 + 1) / 2 = 2.5"],
        ["dL/dy₁ = 2·(y₁ − t₁) / 2 = y₁ − t₁", "= 46 − 44 = 2"],
        ["dL/dv₁₁ = dL/ds₁ · n₁", "= 2·8 = 16"],
        ["dL/dn₁ = dL/ds₁·v₁₁ + dL/ds₂·v₁₂", "= 2·4 + 0·(−2) = 8 + 0 = 8"],
        ["dL/dw₁₁ = dL/dz₁ · x₁", "= 8·3 = 24"],
        ["dL/db₁ = dL/dz₁ · 1", "= 8·1 = 8"],
    ):
        assert expected in formulas


def test_a_number_is_seen_only_once_its_link_is_lit(mounted):
    page = mounted()
    counted = "() => [...root.querySelectorAll('svg text')]"
    unknown = f"{counted}.filter((node) => node.textContent === '?').length"
    slopes = (
        f"{counted}.filter((node) => node.getAttribute('font-style') === 'italic' && node.textContent !== '').length"
    )
    assert page.evaluate(unknown) == FORWARD and page.evaluate(slopes) == 1  # the caption alone
    for position in range(1, LINKS + 1):
        page.evaluate("(position) => explorer.set({ position })", position)
        painted(page)
        assert page.evaluate(unknown) == max(FORWARD - position, 0)
        backward = max(position - FORWARD, 0)
        assert page.evaluate(slopes) == 1 + backward + (backward > 0)  # the loss has the slope 1 over itself


def test_in_the_end_the_picture_shows_every_value_and_every_slope(mounted):
    state = start(v12=2.0, t2=3.0, w21=0.37, position=LINKS)
    page = mounted(state)
    values, slopes = Scratch(state).passes()
    texts = [text.replace("−", "-") for text in page.evaluate(TEXTS)]
    shown = sorted(float(text) for text in texts if re.fullmatch(r"-?[\d.]+(e-?\d+)?", text))
    names = {*values, *PARAMETERS}
    expected = sorted([*(({**state, **values})[name] for name in names), *(slopes[name] for name in names)])
    np.testing.assert_allclose(shown, expected, rtol=6e-4)  # four digits are written
    assert len(shown) == 2 * len(names)


def test_where_two_paths_meet_both_parts_are_seen_and_added(mounted):
    page = mounted(start(v12=2.5, t2=30, position=20))
    assert page.evaluate(FORMULA)[:2] == ["dL/dn₁ = dL/ds₁·v₁₁ + dL/ds₂·v₁₂", "= 2·4 + (−7)·2.5 = 8 − 17.5 = −9.5"]
    visible = """() => [...root.querySelectorAll("svg g[visibility=visible]")].map((node) => node.textContent)"""
    assert page.evaluate(visible) == ["+8", "−17.5"]
    ways = "two paths come back to it: 2·4 = 8 by way of s₁, and (−7)·2.5 = −17.5 by way of s₂"
    assert ways in page.evaluate(READOUT)
    page.evaluate("explorer.set({ position: 19 })")
    painted(page)
    assert page.evaluate(visible) == []


def test_relus_dead_side_has_the_slope_0_and_says_why(mounted):
    page = mounted(start(position=13))
    assert page.evaluate(FORMULA)[1] == "= (−1)·0 = 0   (slope 0: ReLU is flat where s₂ < 0)"
    assert "dead side: y₂ stays 0 if s₂ moves a little, so the local slope is 0" in page.evaluate(READOUT)
    assert "slope 0" in page.evaluate(TEXTS) and "slope 1" in page.evaluate(TEXTS)


def test_at_relus_corner_the_slope_to_the_left_is_taken_and_the_sentence_says_so(mounted):
    page = mounted(start(c2=13, position=8))
    assert "s₂ is 0, and ReLU leaves it there: y₂ = max(0, 0) = 0." in page.evaluate(READOUT)
    page.evaluate("explorer.set({ position: 13 })")
    assert painted(page).evaluate(FORMULA)[1] == "= (−1)·0 = 0   (slope 0: at 0 the slope to the left is taken)"
    assert "exactly at ReLU's corner, where the slope is 0 to the left and 1 to the right" in page.evaluate(READOUT)
    assert "dead side" not in page.evaluate(READOUT)


def test_dl_dy_is_explained_before_it_is_used_and_no_direction_has_two_names(mounted):
    page = mounted(start(position=FORWARD))
    said = page.evaluate(READOUT)
    assert 'dL/dy₁ reads "the slope of L over y₁". It says how fast the loss changes when only y₁ does' in said
    assert "dL/dy₁ is one name, not a fraction" in said
    assert "behind" not in page.evaluate("async () => (await fetch('/back_propagation/links.js')).text()")


# Buttons and keys


def test_back_to_the_end_start_over_and_reset(mounted):
    page = mounted()
    assert page.get_by_role("button", name="Back").is_disabled()
    press(page, "To the end")
    assert state_of(page)["position"] == LINKS and page.get_by_role("button", name="To the end").is_disabled()
    press(page, "Back")
    assert state_of(page)["position"] == LINKS - 1
    page.evaluate("explorer.set({ w11: 2 })")
    press(page, "Forward again")
    assert state_of(page) == start(w11=2)
    press(page, "To the end")
    press(page, "First weights")
    assert state_of(page) == start() and first_button(page).inner_text() == "Next: the sum z₁"


def test_keys_lead_through_the_links_and_sliders_keep_their_own(mounted):
    page = mounted()
    page.keyboard.press("Tab")
    assert page.evaluate("root.activeElement === root.querySelector('button')")
    for key, position in (
        ("Enter", 1),
        ("ArrowRight", 2),
        ("ArrowRight", 3),
        ("ArrowLeft", 2),
        ("End", 31),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        painted(page)
        assert state_of(page)["position"] == position, key
    page.locator(".picture").click()
    for key, position in (("Enter", 1), ("ArrowRight", 2), ("ArrowLeft", 1)):
        page.keyboard.press(key)
        assert state_of(page)["position"] == position, key
    page.locator("input.field.w11").focus()
    page.keyboard.press("ArrowRight")
    assert state_of(page)["position"] == 1 and state_of(page)["w11"] == pytest.approx(1.1)


def test_a_button_that_goes_dead_hands_the_focus_to_the_first(mounted):
    page = mounted(start(position=1))
    page.get_by_role("button", name="Back").focus()
    page.keyboard.press("Enter")
    painted(page)
    assert page.evaluate("root.activeElement === root.querySelector('button')")
    page.keyboard.press("ArrowRight")
    assert state_of(page)["position"] == 1


def test_every_control_moves_the_picture_at_any_time(mounted):
    page = mounted(start(position=LINKS))
    for field in [*NUMBERS, {"name": "learning_rate"}]:
        before = page.evaluate(PICTURE), page.evaluate(READOUT)
        page.locator(f".field.{field['name']}").focus()
        page.keyboard.press("ArrowRight")
        painted(page)
        after = page.evaluate(PICTURE), page.evaluate(READOUT)
        assert (after[1] if field["name"] == "learning_rate" else after[0]) not in before, field["name"]
        assert state_of(page)["position"] == LINKS
    box = page.locator("input.field.t2").bounding_box()
    page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
    assert state_of(page)["t2"] == -100


def test_it_stands_still_where_nothing_is_touched(mounted):
    page = mounted(start(position=4))
    before = page.evaluate(PICTURE)
    page.wait_for_timeout(200)
    assert page.evaluate(PICTURE) == before


# The step


def test_the_step_moves_every_weight_against_its_slope_and_the_loss_falls(mounted):
    page = mounted()
    losses = [2.5]
    for _ in range(5):
        before = state_of(page)
        _, slopes = Scratch(before).passes()
        press(page, "To the end")
        press(page, "Make the step")
        after = state_of(page)
        for name in PARAMETERS:
            assert after[name] == pytest.approx(before[name] - 0.001 * slopes[name], rel=1e-12, abs=1e-12)
        assert {name: after[name] for name in ("x1", "x2", "t1", "t2", "position")} == {
            "x1": 3, "x2": 4, "t1": 44, "t2": 1, "position": 0,
        }  # fmt: skip
        losses.append(Scratch(after).passes()[0]["L"])
        assert losses[-1] < losses[-2] and after["losses"] == pytest.approx(losses, rel=1e-12)
        assert page.evaluate(FORMULA)[2].endswith("→ ?")  # the forward pass has yet to find it
    assert float(page.locator(".control:has(.field.w11) .box").input_value()) == pytest.approx(after["w11"], abs=5e-4)
    page.evaluate("explorer.set({ position: 9 })")
    painted(page)
    assert page.evaluate(FORMULA)[2].startswith("Loss, step by step: 2.5 → 0.")
    assert "off the loss" in page.evaluate(READOUT)


def test_a_step_that_is_too_long_raises_the_loss_and_says_so(mounted):
    page = mounted(start(learning_rate=0.003))
    press(page, "To the end")
    press(page, "Make the step")
    assert "The step is too large" in page.evaluate(READOUT) and "smaller learning rate" in page.evaluate(READOUT)
    page.evaluate("explorer.set({ position: 9 })")
    painted(page)
    before, after = state_of(page)["losses"]
    assert after > before == 2.5
    assert "Before the step it was 2.5" in page.evaluate(READOUT)
    assert "the step was too long" in page.evaluate(READOUT)


def test_an_output_whose_relu_is_off_says_which_part_of_the_loss_stays(mounted):
    page = mounted(start(position=LINKS))
    assert "The ReLU of y₂ is off (s₂ ≤ 0)" in page.evaluate(READOUT)
    assert "t₂²/2 = 0.5" in page.evaluate(READOUT)
    press(page, "Make the step")
    page.evaluate("explorer.set({ position: 9 })")
    painted(page)
    assert "The ReLU of y₂ is off" in page.evaluate(READOUT)
    page.evaluate("explorer.set({ t2: 0, position: 31 })")
    painted(page)
    assert "is off" not in page.evaluate(READOUT)  # it is right


def test_back_stays_in_its_place_whatever_the_next_button_says(mounted):
    page = mounted()
    boxes = """async (links) => {
      const buttons = [...root.querySelectorAll("button")];
      const [next, back] = [buttons[0], buttons.find((each) => each.textContent === "Back")];
      const seen = [];
      for (let position = 0; position <= links; position++) {
        explorer.set({ position });
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        const { x, y } = back.getBoundingClientRect();
        seen.push([next.textContent, [x, y, next.getBoundingClientRect().height]]);
      }
      return seen;
    }"""
    for width in (1366, 700, 400):
        page.set_viewport_size({"width": width, "height": 640})
        words, places = zip(*painted(page).evaluate(boxes, LINKS), strict=True)
        assert len(set(words)) == LINKS + 1
        assert len({tuple(place) for place in places}) == 1, width


def test_a_hand_that_moves_a_weight_ends_the_row_of_losses(mounted):
    page = mounted()
    press(page, "To the end")
    press(page, "Make the step")
    page.evaluate("explorer.set({ v11: 3, position: 9 })")
    painted(page)
    assert page.evaluate(FORMULA)[2] == "" and "Before the step" not in page.evaluate(READOUT)
    press(page, "To the end")
    press(page, "Make the step")
    assert len(state_of(page)["losses"]) == 2


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"t1": -100, "learning_rate": 0.03}, "farther than its slider goes"),
        ({"t1": 46, "t2": 0}, "All slopes are 0"),
        ({"c1": -20, "v11": -3}, "All slopes are 0"),
    ],
)
def test_a_step_that_cannot_be_made_is_refused_with_the_reason(mounted, changes, why):
    page = mounted(start(position=LINKS, **changes))
    before = state_of(page)
    assert why in page.evaluate(READOUT)
    assert first_button(page).get_attribute("aria-disabled") == "true"
    first_button(page).click(force=True)
    painted(page)
    assert state_of(page) == before


# The page


@pytest.mark.parametrize(("width", "stacked"), [(1366, False), (914, False), (400, True)])
def test_it_fits_a_laptop_at_once_and_a_narrow_column_stacks_it(mounted, width, stacked):
    page = mounted(start(position=LINKS, w11=0.552, v12=-1.032, losses=[3.0, 2.5]), width=width)
    height, across = page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
    picture, slider = page.locator(".picture").bounding_box(), page.locator("input.field.x1").bounding_box()
    assert across <= width and (stacked or height <= 640)
    assert (picture["y"] < slider["y"] and picture["x"] < slider["x"]) == stacked
    assert first_button(page).bounding_box()["y"] < min(picture["y"], slider["y"])
    assert smallest_type(page)[0] >= 12.99
    inside = """() => [...root.querySelectorAll("svg text")].every((node) => {
      const box = node.getBBox();
      const { width, height } = node.ownerSVGElement.viewBox.baseVal;
      return box.x >= 0 && box.x + box.width <= width && box.y >= 0 && box.y + box.height <= height;
    })"""
    assert page.evaluate(inside)


def test_from_left_to_right_or_on_a_telephone_from_top_to_bottom_the_graph_is_the_same(mounted):
    page = mounted(start(position=LINKS))
    words = sorted(page.evaluate(TEXTS))
    boxes = """() => ["inputs", "hidden layer", "output layer", "loss"].map((words) => {
      const box = [...root.querySelectorAll("svg text")].find((node) => node.textContent === words).getBBox();
      return [box.x + box.width / 2, box.y]; })"""
    across, down = zip(*page.evaluate(boxes), strict=True)
    assert list(across) == sorted(across) and max(down) - min(down) < 1
    page.set_viewport_size({"width": 400, "height": 640})
    page.wait_for_function("() => root.querySelector('svg.tall')")
    painted(page)
    across, down = zip(*page.evaluate(boxes), strict=True)
    assert list(down) == sorted(down) and max(across) - min(across) < 1
    assert sorted(page.evaluate(TEXTS)) == words
    press(page, "Back")
    assert state_of(page)["position"] == LINKS - 1 and sorted(page.evaluate(TEXTS)) != words


@pytest.mark.parametrize("width", [1366, 800, 400])
def test_every_weight_has_its_name_beside_its_box_and_nothing_lies_on_it(mounted, width):
    page = mounted(start(position=LINKS), width=width)
    overlaps = """(names) => names.map((name) => {
      const [texts, frames] = ["text", "rect[stroke]"].map((kind) => [...root.querySelectorAll(`svg ${kind}`)]);
      const own = texts.find((node) => node.textContent === name);
      const at = own.getBoundingClientRect();
      const seen = [...texts, ...frames].filter((node) => node.checkVisibility({ visibilityProperty: true }));
      const over = seen.filter((node) => {
        const box = node.getBoundingClientRect();
        const apart = box.left >= at.right || at.left >= box.right || box.top >= at.bottom || at.top >= box.bottom;
        return node !== own && !apart;
      });
      const apart = (box) => Math.hypot(Math.max(box.left - at.right, at.left - box.right, 0),
        Math.max(box.top - at.bottom, at.top - box.bottom, 0));
      const nearest = frames.map((node) => node.getBoundingClientRect()).sort((a, b) => apart(a) - apart(b))[0];
      const inside = texts.filter((node) => {
        const { x, y, width, height } = node.getBoundingClientRect();
        return x > nearest.left && x + width < nearest.right && y + height / 2 > nearest.top && y < nearest.bottom;
      });
      return [over.map((node) => node.outerHTML), inside[0].textContent];
    })"""
    weights = [name for name in PARAMETERS if name[0] in "wv"]
    values = {name: 1 + place for place, name in enumerate(weights)}
    page.evaluate("(values) => explorer.set(values)", values)
    painted(page)
    found = page.evaluate(overlaps, [name.translate(str.maketrans("12", "₁₂")) for name in weights])
    assert found == [[[], str(values[name])] for name in weights]


def test_two_on_a_page_do_not_disturb_each_other(mounted):
    page = mounted()
    page.evaluate("""async () => {
      const { default: mount } = await import("/explorers/back_propagation.js");
      document.body.append(Object.assign(document.createElement("div"), { id: "there" }));
      window.other = mount(document.getElementById("there"), { position: 3 });
    }""")
    first_button(page).click()
    assert state_of(page)["position"] == 1 and page.evaluate("other.get().position") == 3
    page.evaluate("other.destroy()")
    first_button(page).click()
    assert state_of(page)["position"] == 2
