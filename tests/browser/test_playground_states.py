"""The playground's states: what is taken, what is refused with a sentence, in the browser and in Python."""

import pytest
from explorer_page import readout_of
from playground_page import DRAWN, opened, steps

from course_lib.explorers import PlaygroundExplorer


@pytest.fixture(scope="module")
def open_page(web):
    """A function that opens a playground in a state."""
    return opened(web)


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
    {"learning_rate": 200},
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
    {"learning_rate": 0.02},
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


def test_a_session_fills_in_what_a_state_leaves_out(open_page):
    page = open_page()
    short, whole = page.evaluate(
        """async () => {
          const { Session } = await import("/playground/session.js");
          const { starting_state } = await import("/state.js");
          const { default: declaration } = await import("/explorers/playground.state.js");
          const changes = { data: "xor", hidden_layers: [5] };
          return [changes, starting_state(declaration, changes)].map((state) => {
            const session = new Session(state);
            session.epoch();
            return [session.epochs, session.state, session.numbers()];
          });
        }"""
    )
    assert short == whole
    assert short[0] == 1 and short[1]["learning_rate"] == 0.03


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
    assert "training loss" in readout_of(page)


def test_python_sets_what_the_browser_shows_and_names_its_fields():
    explorer = PlaygroundExplorer(data="spirals", hidden_layers=(8, 8))
    assert explorer.hidden_layers == [8, 8]
    explorer.set(drawn=[1, 2, 0], learning_rate=0.1)
    assert explorer.state.drawn == [1, 2, 0]
    assert "rectify" not in repr(explorer) and "spirals" in repr(explorer)
    assert {"drawn", "mission", "weights", "activations"} <= set(PlaygroundExplorer.field_names())
