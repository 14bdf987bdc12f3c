"""The playground's states and links: what is taken, what is refused with a sentence, in the browser and in Python."""

import json

import pytest
from playground_page import DRAWN, opened, settled, state, steps, words

from course_lib.explorers import PlaygroundExplorer


@pytest.fixture(scope="module")
def open_page(web):
    """A function that opens a playground in a state."""
    yield from opened(web)


def test_the_same_numbers_as_before_after_a_link_with_weights(open_page):
    page = open_page({"normalization": "batch", "optimizer": "adam", "noise": 0.3})
    for _ in range(5):
        page.locator(".epoch").click()
    told = words(page).split("training loss ")[-1]
    page.locator(".link").click()
    page.locator(".with-weights").check()
    text = page.locator(".link-text").input_value()
    other = open_page({"data": "xor"})
    other.locator(".link").click()
    other.locator(".link-text").fill(text)
    other.locator(".take").click()
    assert words(other).split("training loss ")[-1] == told
    other.locator(".undo").click()
    assert state(settled(other))["data"] == "xor"
    assert PlaygroundExplorer(**json.loads(text)["state"]).noise == 0.3


GOOD = {"explorer": "playground", "version": 1, "state": {}}
BAD_LINKS = {
    "cut off": (json.dumps(GOOD)[:-4], "not JSON"),
    "another version": (json.dumps(GOOD | {"version": 2}), "version 2"),
    "another explorer": (json.dumps(GOOD | {"explorer": "neuron"}), "neuron"),
    "nothing": ("", "not JSON"),
    "a damaged address": ("https://course.invalid/play.html#%7B%E0%A4%A", "cut off or damaged"),
    "a program": ("javascript:alert(1)", "not JSON"),
    "markup": (json.dumps(GOOD | {"state": {"formula": "<img src=x onerror=alert(1)>", "data": "curve"}}), "At letter"),
    "a call": (json.dumps(GOOD | {"state": {"formula": "constructor(1)", "data": "curve"}}), "neither x nor"),
    "a prototype": ('{"explorer": "playground", "version": 1, "state": {"__proto__": {"data": "xor"}}}', "no field"),
    "too long": ("{" + "x" * 300_001, "longer than any link"),
    "weights of another network": (json.dumps(GOOD | {"state": {"weights": [1, 2, 3]}}), "has 3 weights"),
    "a list": ("[1]", "expected one of"),
}


def test_a_bad_link_is_a_sentence_and_changes_nothing(open_page):
    page = open_page()
    before = state(page)
    page.locator(".link").click()
    for name, (text, said) in BAD_LINKS.items():
        page.locator(".link-text").evaluate("(node, text) => (node.value = text)", text)
        page.locator(".take").click()
        complaint = settled(page).locator(".complaint").inner_text()
        assert said in complaint, name
        assert complaint.endswith((".", "!", "?")), name
    assert state(page) == before


BAD_STATES = [
    {"n_points": 19},
    {"n_points": 30.5},
    {"n_points": "40"},
    {"n_points": None},
    {"noise": -0.1},
    {"noise": [0.1]},
    {"share": 0.95},
    {"seed": 1e9},
    {"seed": True},
    {"batch_size": 0},
    {"batch_size": 2.5},
    {"data": "mnist"},
    {"data": 1},
    {"features": []},
    {"features": ["z"]},
    {"features": "x"},
    {"hidden_layers": [0]},
    {"hidden_layers": [17]},
    {"hidden_layers": [4.5]},
    {"hidden_layers": [4] * 9},
    {"hidden_layers": 4},
    {"hidden_layers": [[4]]},
    {"activations": ["step"]},
    {"activations": ["tanh"] * 9},
    {"residual": 1},
    {"residual": "yes"},
    {"learning_rate": 0.02},
    {"l1": True},
    {"l2": "0"},
    {"drawn": [7, 0, 1]},
    {"drawn": [0] * 1501},
    {"drawn": "1"},
    {"weights": [1e7]},
    {"weights": [None]},
    {"mission": 11},
    {"mission": 0.5},
    {"formula": "x" * 81},
    {"formula": 3},
    {"optimizer": "lion"},
    {"nothing": 1},
    {"max_norm": 6},
]
GOOD_STATES = [
    {"n_points": 20},
    {"n_points": 500, "noise": 0.5},
    {"hidden_layers": [], "activations": []},
    {"hidden_layers": [16] * 8},
    {"activations": []},
    {"features": ["sin_y"]},
    {"learning_rate": 100},
    {"drawn": [1, 2]},
    {"weights": []},
    {"formula": ""},
    {"l2": 0},
    {"residual": True},
    {"mission": 10},
]


def test_the_browser_and_python_refuse_the_same_states(open_page):
    page = open_page()
    refused = page.evaluate(
        """async (states) => {
          const { starting_state } = await import("/state.js");
          const { default: declaration } = await import("/explorers/playground.state.js");
          return states.map((state) => {
            try {
              starting_state(declaration, state);
              return "";
            } catch (error) {
              return error.message;
            }
          });
        }""",
        BAD_STATES + GOOD_STATES,
    )
    for place, (bad, said) in enumerate(zip(BAD_STATES + GOOD_STATES, refused, strict=True)):
        try:
            PlaygroundExplorer(**bad)
            here = ""
        except Exception as error:  # of whatever kind, it is a refusal
            here = str(error)
        assert bool(said) == bool(here) == (place < len(BAD_STATES)), (bad, said, here)
        if said:
            assert next(iter(bad)) in here and next(iter(bad)) in said


def test_every_state_that_is_taken_is_drawn(open_page):
    page = open_page()
    for good in GOOD_STATES:
        page.evaluate("(state) => window.explorer.set(state)", good)
        page.locator(".restart").click()
        page.locator(".step").click()
        assert steps(page) == 1


def test_strange_drawn_numbers_are_points_all_the_same(open_page):
    page = open_page({"data": "drawn", "drawn": [*DRAWN, 1, 2, 0.7, -6, 6], "batch_size": 1, "normalization": "batch"})
    page.locator(".epoch").click()
    assert "training loss" in words(page)


def test_python_sets_what_the_browser_shows_and_names_its_fields():
    explorer = PlaygroundExplorer(data="spirals", hidden_layers=(8, 8))
    assert explorer.hidden_layers == [8, 8]
    explorer.set(drawn=[1, 2, 0], learning_rate=0.1)
    assert explorer.state.drawn == [1, 2, 0]
    assert "rectify" not in repr(explorer) and "spirals" in repr(explorer)
    assert {"drawn", "mission", "weights", "activations"} <= set(PlaygroundExplorer.field_names())
