"""Gradients through time in the browser: held to NumPy number by number, its words, its controls."""

import itertools
import re

import numpy as np
import pytest
from explorer_page import (
    fields_of,
    move_by_keyboard,
    move_by_mouse,
    picture_of,
    readout_of,
    said_in,
    smallest_type,
    state_of,
    words_of,
)

from course_lib.engine.recurrent_network import ACTIVATIONS, RecurrentNetwork
from course_lib.explorers.recurrent_gradients import RecurrentGradientsExplorer
from course_lib.scratch.clipping import clip_by_norm
from numbers_in_words import number_of

TOLERANCE = 1e-9
FIELDS = fields_of("recurrent_gradients")
STARTS = {field["name"]: field["start"] for field in FIELDS}

MEASURED = """async (state) => {
  const { measured, network_of, sequences_of } = await import("/flow/passage.js");
  const network = network_of(state);
  const { x, targets } = sequences_of(state);
  const plain = (array) => Array.from(array);
  const named = Object.entries(network.layer.parameters);
  const parameters = Object.fromEntries(named.map(([name, array]) => [name, plain(array)]));
  const found = measured(network, { x, targets }, state.limit);
  return { ...found, states: found.states.map(plain), x: plain(x), targets: plain(targets), parameters };
}"""


@pytest.fixture(scope="module")
def page(web):
    """One page with the explorer for all of this file."""
    return web.mount("recurrent_gradients")


@pytest.fixture
def here(page):
    """The page with the explorer at its start."""
    page.evaluate("(starts) => window.explorer.set(starts)", STARTS)
    return page


def numpy_passage(state, there):
    """States, sizes of dL/dh_t, the gradient's length, clipped, and the recurrent weights' part, by NumPy."""
    network = RecurrentNetwork(2, 32, 1, activation=state["activation"], gain=state["gain"])
    shapes = {name: array.shape for name, array in network.parameters().items()}
    network.load_parameters({name: np.reshape(there["parameters"][name], shape) for name, shape in shapes.items()})
    x, targets = np.reshape(there["x"], (32, -1, 2)), np.reshape(there["targets"], (32, 1))
    _, gradients = network.loss_and_gradients(x, targets)
    together = np.concatenate([gradient.ravel() for gradient in gradients.values()])
    length = np.linalg.norm(together)
    if state["limit"]:
        clip_by_norm(together, state["limit"])
    return {
        "states": network.hidden_states[:, 0],
        "gradient_size": np.sqrt((network.hidden_gradients**2).mean(axis=(1, 2))),
        "length": length,
        "length_clipped": np.linalg.norm(together),
        "recurrent_length": np.linalg.norm(gradients["recurrent.weight"]),
    }


PASSAGES = [
    {},
    {"gain": 1.0},
    {"gain": 1.3, "activation": "relu", "steps": 30},
    {"gain": 2.0, "activation": "linear", "steps": 100, "limit": 0.01},
    {"gain": 0.5, "steps": 100, "limit": 100},
    {"gain": 1.45, "activation": "relu", "steps": 2, "limit": 0},
]


@pytest.mark.parametrize("positions", PASSAGES, ids=str)
def test_the_passage_is_numpys(positions, page):
    state = STARTS | positions
    there = page.evaluate(MEASURED, state)
    for name, expected in numpy_passage(state, there).items():
        floor = TOLERANCE * np.abs(expected).max() if name == "states" else 0
        np.testing.assert_allclose(np.array(there[name], float), expected, rtol=TOLERANCE, atol=floor, err_msg=name)


@pytest.mark.parametrize("steps", [2, 3, 60, 100])
def test_the_sequences_are_those_of_the_adding_problem(steps, page):
    there = page.evaluate(MEASURED, STARTS | {"steps": steps})
    x, targets = np.reshape(there["x"], (32, steps, 2)), np.array(there["targets"])
    numbers, marks = x[..., 0], x[..., 1]
    assert set(np.unique(marks)) <= {0, 1}
    assert (marks[:, : steps // 2].sum(axis=1) == 1).all() and (marks[:, steps // 2 :].sum(axis=1) == 1).all()
    np.testing.assert_allclose(targets, (numbers * marks).sum(axis=1), atol=1e-12)
    deviation = np.sqrt(1 / 12 / numbers.size)
    assert abs(numbers.mean() - 0.5) < 4 * deviation and numbers.min() >= 0 and numbers.max() < 1


@pytest.mark.parametrize("positions", PASSAGES[:5], ids=str)
def test_the_words_are_what_numpy_computes(positions, here):
    state = STARTS | positions
    text = said_in(here, state)
    ours = numpy_passage(state, here.evaluate(MEASURED, state))
    ratio = re.search(r"^The gradient .*: step 1's is (.*?)(?: of)? step \d+'s", text)[1]
    assert number_of(ratio) == pytest.approx(ours["gradient_size"][0] / ours["gradient_size"][-1], rel=0.06)
    whole, recurrent = re.search(r"together is (\S+) long, that of the recurrent weights alone (\S+)\. ", text).groups()
    assert number_of(whole) == pytest.approx(ours["length"], rel=0.06)
    assert number_of(recurrent) == pytest.approx(ours["recurrent_length"], rel=0.06)
    largest = re.search(r"The largest state is (\S+)\.\n", text)[1]
    assert number_of(largest) == pytest.approx(np.abs(ours["states"]).max(), rel=0.06)


def test_clipping_leaves_the_way_back_as_it_was(page):
    clipped, free = (page.evaluate(MEASURED, STARTS | {"limit": limit}) for limit in (0.01, 0))
    assert clipped["gradient_size"] == free["gradient_size"]
    assert clipped["length"] == free["length"] == free["length_clipped"]
    assert clipped["length_clipped"] == pytest.approx(0.01, rel=1e-4)


@pytest.mark.parametrize(
    ("limit", "title", "text"),
    [
        (1, "limit 1: clipped", "Clipping at 1 makes it 1 long and keeps its direction."),
        (100, "limit 100: not reached", "The limit 100 is longer: clipping does nothing."),
        (0, "clipping is off", "Clipping is off."),
    ],
)
def test_what_clipping_does_is_said_in_the_picture_and_under_it(limit, title, text, here):
    assert text in said_in(here, {"gain": 1.0, "limit": limit})
    assert any(title in word for word in words_of(here))


@pytest.mark.parametrize(("gain", "expected"), [(0.5, 0.5**29), (1.0, 1.0), (1.5, 1.5**29)])
def test_in_a_linear_network_the_gain_alone_sets_the_ratio(gain, expected, page):
    sizes = page.evaluate(MEASURED, STARTS | {"steps": 30, "gain": gain, "activation": "linear"})["gradient_size"]
    assert sizes[0] / sizes[-1] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("activation", "gain", "finding"),
    [
        ("linear", 0.9, "shrinks"),
        ("linear", 1.0, "keeps its size"),
        ("linear", 1.1, "grows"),
        ("tanh", 0.8, "vanishes"),
        ("tanh", 1.2, "keeps its size"),
        ("tanh", 1.8, "explodes"),
        ("relu", 1.0, "vanishes"),
        ("relu", 1.45, "keeps its size"),
        ("relu", 1.8, "explodes"),
    ],
)
def test_the_gains_at_which_sixty_steps_vanish_and_explode(activation, gain, finding, here):
    said = said_in(here, {"steps": 60, "gain": gain, "activation": activation})
    assert said.startswith(f"The gradient {finding}:"), said


def test_the_gains_line_is_drawn_where_it_hides_under_no_other(here):
    assert "gain alone" in words_of(here)
    for state in ({"activation": "linear"}, {"activation": "tanh", "gain": 1}):
        said_in(here, state)
        assert "gain alone" not in words_of(here)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field["name"])
@pytest.mark.parametrize("move", [move_by_keyboard, move_by_mouse])
def test_every_control_moves_the_picture(field, move, here):
    picture, said = picture_of(here), readout_of(here)
    move(here, field["name"])
    assert picture_of(here) != picture
    assert readout_of(here) != said
    moved = state_of(here)
    assert moved.pop(field["name"]) != field["start"]
    assert moved == {name: start for name, start in STARTS.items() if name != field["name"]}


def test_the_picture_stands_still_when_nothing_moves_and_comes_back_with_reset(here):
    picture = picture_of(here)
    here.wait_for_timeout(300)
    assert picture_of(here) == picture
    move_by_mouse(here, FIELDS[0]["name"])
    assert picture_of(here) != picture
    here.get_by_role("button", name="Reset").click()
    assert state_of(here) == STARTS
    assert picture_of(here) == picture


def test_the_extremes_of_all_controls_together_are_drawn(here):
    for values in itertools.product((2, 100), (0.5, 2), ("tanh", "relu", "linear"), (0.01, 0)):
        state = dict(zip(STARTS, values, strict=True))
        text = said_in(here, state)
        assert not re.search(r"nan|infinity|undefined", f"{text} {' '.join(words_of(here))}", re.IGNORECASE), state


@pytest.mark.parametrize("length", [0, 1e250, "Infinity", "NaN"])
def test_a_gradient_beyond_all_numbers_is_drawn_and_said(length, web):
    page = web.open()
    page.evaluate(
        """async (length) => {
          const { Clipping } = await import("/explorers/recurrent_gradients.js");
          const { svg } = await import("/views/svg.js");
          const chart = new Clipping({ left: 80, top: 30, width: 600, height: 50 }, false);
          chart.draw({ limit: 1 }, { length: Number(length), length_clipped: Number(length) });
          const place = document.getElementById("here").attachShadow({ mode: "open" });
          place.innerHTML = "<div class=picture></div>";
          place.firstChild.append(svg("svg", {}, chart.node));
        }""",
        length,
    )
    words = words_of(page)
    assert "NaN" not in picture_of(page) and "Infinity" not in picture_of(page)
    if isinstance(length, str):
        assert any("too late to clip" in word for word in words)
        assert words.count("beyond 10³⁰⁰") == 2


@pytest.mark.parametrize(("width", "height"), [(1366, 640), (910, 640), (400, 1200)])
def test_all_of_it_is_seen_and_its_type_is_large_enough(width, height, web):
    page = web.mount("recurrent_gradients", {"gain": 0.5, "limit": 0.03}, width=width, height=height)
    readout_of(page)
    seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert seen[0] <= width and seen[1] <= height
    assert smallest_type(page)[0] >= 13


def test_the_fields_offer_what_the_network_knows():
    options = next(field["options"] for field in FIELDS if field["name"] == "activation")
    assert sorted(value for _, value in options) == sorted(ACTIVATIONS)
    explorer = RecurrentGradientsExplorer(limit=0.0, gain=np.float64(1.5))
    assert (explorer.limit, explorer.gain, explorer.steps) == (0, 1.5, 60)
