"""The gradient flow of the browser: held to layer_flow number by number, its words, its controls."""

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

from course_lib.data.fashion import read_embedded
from course_lib.engine.numpy_backend import Network
from course_lib.experiments.layer_flow import layer_flow
from course_lib.explorers.gradient_flow import GradientFlowExplorer
from course_lib.recipe import ACTIVATIONS, INITIALIZATIONS, Recipe
from course_lib.scratch import activations
from numbers_in_words import number_of

TOLERANCE = 1e-9
FIELDS = fields_of("gradient_flow")
STARTS = {field["name"]: field["start"] for field in FIELDS}
OPTIONS = {field["name"]: [value for _, value in field.get("options", [])] for field in FIELDS}
BINS = 40
SQUASHING = {"sigmoid": (0, 1), "tanh": (-1, 1)}

MEASURED = """async (state) => {
  const { Flow } = await import("/flow/gradient_flow.js");
  const { softmax_cross_entropy } = await import("/engine/losses.js");
  const { clothes, LABELS } = await import("/data/clothes_64.js");
  const flow = new Flow(state, clothes(), LABELS);
  const { passing } = flow;
  const { masks } = passing.streams;
  const own = masks.uniform.bind(masks);
  const uniforms = [];
  masks.uniform = () => {
    uniforms.push(own());
    return uniforms.at(-1);
  };
  while (!flow.finished) flow.step();
  const parameters = Object.fromEntries(passing.leaves.flatMap(([name, layer]) =>
    Object.entries(layer.parameters).map(([key, array]) => [`${name}.${key}`, Array.from(array)])));
  const loss = softmax_cross_entropy(passing.outputs, LABELS, 10);
  const gradients = passing.activation_gradients.map((array) => Array.from(array));
  return { ...flow, counts: flow.counts.map((each) => Array.from(each)), parameters, uniforms, loss, gradients };
}"""


@pytest.fixture(scope="module")
def page(web):
    """One page with the explorer for all of this file."""
    return web.mount("gradient_flow")


@pytest.fixture
def here(page):
    """The page with the explorer at its start."""
    page.evaluate("(starts) => window.explorer.set(starts)", STARTS)
    return page


class Replayed:
    """A random stream that gives the uniform numbers that the browser drew, in their order."""

    def __init__(self, uniforms):
        self.uniforms = np.array(uniforms)

    def random(self, shape, dtype):
        drawn, self.uniforms = np.split(self.uniforms, [int(np.prod(shape))])
        return drawn.reshape(shape)


def numpy_flow(state, found):
    """The LayerFlow of NumPy for the weights and random numbers that the browser drew."""
    recipe = Recipe(
        hidden_layers=(state["width"],) * state["depth"],
        activation=state["activation"],
        initialization=state["initialization"],
        normalization=state["normalization"],
        residual=state["residual"] and state["depth"] > 1,
        drop_rate=0.0,
        seed=state["seed"],
    )
    network = Network(recipe, 784, 10, "float64")
    shapes = {name: array.shape for name, array in network.parameters().items()}
    network.load_parameters({name: np.reshape(found["parameters"][name], shape) for name, shape in shapes.items()})
    stream = Replayed(found["uniforms"])
    for _, layer in network.leaves:
        if hasattr(layer, "rng"):
            layer.rng = stream
    embedded = read_embedded()
    x = embedded["train_images"][:64].reshape(64, 784) / 255
    return layer_flow(network, x, embedded["train_labels"][:64])


def flat(activation, sums):
    """Where the slope is less than 1/20 of the steepest."""
    derivative = getattr(activations, f"{activation}_derivative")
    return derivative(sums) < 0.05 * derivative(np.linspace(-8, 8, 1601)).max()


def histogram(activation, outputs):
    """How many outputs lie in each bin, from high to low, after those above and before those below."""
    low, high = SQUASHING.get(activation, (-2, 4))
    edges = [-np.inf, *np.linspace(low, high, BINS + 1)[:-1], np.nextafter(high, np.inf), np.inf]  # high lies inside
    return np.histogram(outputs, edges)[0][::-1]


FLOWS = [
    *[{"activation": name, "depth": 4, "width": 30} for name in ACTIVATIONS],
    *[{"initialization": name, "activation": "tanh", "depth": 6, "seed": 4} for name in OPTIONS["initialization"]],
    *[
        {"normalization": normalization, "residual": residual, "activation": activation}
        for normalization in ("none", "batch", "layer")
        for residual in (False, True)
        for activation in ("sigmoid", "relu")
    ],
    {"depth": 30, "width": 10, "activation": "selu", "normalization": "layer", "residual": True, "seed": 9},
    {"depth": 1, "residual": True},
    {"depth": 3, "width": 300, "activation": "relu", "initialization": "he_normal", "normalization": "batch"},
]


@pytest.mark.parametrize("positions", FLOWS, ids=str)
def test_the_flow_is_layer_flows(positions, page):
    state = STARTS | positions
    there = page.evaluate(MEASURED, state)
    ours = numpy_flow(state, there)
    for name in ("spread", "signal_spread", "gradient_size"):
        expected = {"spread": ours.activation_spread, "signal_spread": ours.signal_spread}.get(name, ours.gradient_size)
        floor = (
            TOLERANCE * expected.max() if name == "signal_spread" else 0
        )  # a difference of outputs, rounded as they are
        np.testing.assert_allclose(there[name], expected, rtol=TOLERANCE, atol=floor, err_msg=name)
    assert there["loss"] == pytest.approx(ours.loss, rel=TOLERANCE)
    for layer, gradient in enumerate(ours.activation_gradients):
        size = np.abs(gradient).max()
        np.testing.assert_allclose(there["gradients"][layer], gradient.ravel(), rtol=TOLERANCE, atol=TOLERANCE * size)
    is_flat = [flat(state["activation"], sums) for sums in ours.sums]
    assert there["flat_outputs"] == pytest.approx([layer.mean() for layer in is_flat], abs=1e-12)
    assert there["flat_units"] == pytest.approx([layer.all(axis=0).mean() for layer in is_flat], abs=1e-12)
    for layer, outputs in enumerate(ours.activations):
        expected = histogram(state["activation"], outputs)
        assert np.abs(np.subtract(there["counts"][layer], expected)).sum() <= 4  # outputs at an edge, to the last digit
        assert sum(there["counts"][layer]) == outputs.size
    added_up = np.sum(ours.activations, axis=0) if state["residual"] else ours.activations[-1]
    assert there["handed_on"] == pytest.approx(added_up.std(), rel=TOLERANCE)


def test_networks_of_one_seed_start_with_the_engines_weights_whatever_was_drawn_before(page):
    same = page.evaluate(
        """async (starts) => {
          const { Network } = await import("/engine/network.js");
          const { LayerFlow } = await import("/flow/layer_flow.js");
          const x = new Float64Array(8);
          const flow = (recipe) => new LayerFlow(recipe, 4, 3, x, [0, 1]);
          const recipe = (initialization, seed, hidden_layers) =>
            ({ hidden_layers, activation: "relu", initialization, seed });
          const is_same = (recipe, { leaves }) => {
            const wanted = new Network(recipe, 4, 3).parameters();
            return leaves.every(([name, layer]) => Object.entries(layer.parameters).every(([key, array]) =>
              array.every((each, place) => each === wanted[`${name}.${key}`][place])));
          };
          const found = [];
          for (const [initialization, seed, units] of starts) {
            const pair = [recipe(initialization, seed, units), recipe("he_normal", seed, [5, 200, 90])];
            const flows = pair.map(flow);
            while (!flows.every((each) => each.finished)) for (const each of flows) if (!each.finished) each.step();
            found.push(...pair.map((each, place) => is_same(each, flows[place])));
          }
          return found;
        }""",
        [["he_normal", 3, [6, 7]], ["pytorch_uniform", 3, [6, 9]], ["xavier_normal", 4, [80]], ["he_normal", 3, [6]]],
    )
    assert same == [True] * 8


def test_the_images_are_the_first_of_the_training_set(page):
    images, labels = page.evaluate(
        """async () => {
          const { clothes, LABELS } = await import("/data/clothes_64.js");
          return [Array.from(clothes()), LABELS];
        }"""
    )
    embedded = read_embedded()
    np.testing.assert_array_equal(np.reshape(images, (64, 28, 28)), embedded["train_images"][:64] / 255)
    assert labels == embedded["train_labels"][:64].tolist()


@pytest.mark.parametrize(
    "positions",
    [
        {"depth": 15},
        {"activation": "relu", "width": 100, "depth": 10},
        {"activation": "tanh", "residual": True, "normalization": "layer", "depth": 30, "seed": 3},
    ],
    ids=str,
)
def test_the_words_are_what_numpy_computes(positions, here):
    state = STARTS | positions
    text = said_in(here, state)
    ours = numpy_flow(state, here.evaluate(MEASURED, state))
    sizes = ours.gradient_size
    ratio = re.search(r"layer 1's is (.*?)(?: of| layer) layer|layer 1's is (.*?)(?: of)? layer \d+'s", text)
    ratio = next(each for each in ratio.groups() if each)
    expected = sizes[0] / sizes[-1]
    assert (1 if ratio == "as large as" else number_of(ratio)) == pytest.approx(expected, rel=0.06)
    if not 0.1 <= expected <= 10:
        assert "keeps its size" not in text
        assert any(ratio in word for word in words_of(here))
    for pattern, numbers in (
        (r"deviation of the outputs: (\S+) in layer 1 and (\S+) in", ours.activation_spread),
        (r"varies by (\S+) in layer 1 and (\S+) in", ours.signal_spread),
    ):
        said = [number_of(it) for it in re.search(pattern, text).groups()]
        assert said == pytest.approx(numbers[[0, -1]].tolist(), rel=0.06)
    share = flat(state["activation"], ours.sums[0]).mean()
    said = float(re.search(r"for (\d+)% of the outputs of layer 1", text)[1])
    assert said == pytest.approx(100 * share, abs=0.51)
    assert ("Added up by the residual connections" in text) == state["residual"]


def test_one_hidden_layer_has_no_way_back(here):
    text = said_in(here, {"depth": 1, "residual": True})
    assert text.startswith("Only one layer: there is no way back to see.")
    assert "Residual connections begin with layer 2" in text
    assert "layer 2's" not in text


@pytest.mark.parametrize(
    ("positions", "finding"),
    [
        ({"width": 10}, "vanishes"),
        ({"width": 100, "depth": 15}, "keeps its size"),
        ({"width": 300, "depth": 15}, "grows"),
        ({"width": 100, "initialization": "xavier_normal"}, "vanishes"),
        ({"width": 100, "initialization": "xavier_normal", "normalization": "batch"}, "keeps its size"),
        ({"width": 100, "depth": 20, "activation": "relu"}, "explodes"),
        ({"width": 100, "depth": 20, "activation": "relu", "initialization": "xavier_normal"}, "shrinks"),
        ({"width": 100, "depth": 20, "activation": "relu", "initialization": "he_normal"}, "keeps its size"),
        ({"width": 100, "depth": 20, "initialization": "xavier_normal", "residual": True}, "keeps its size"),
    ],
    ids=str,
)
def test_the_effects_of_the_chapter_show_at_these_positions_for_most_draws(positions, finding, here):
    said = [said_in(here, STARTS | positions | {"seed": seed}) for seed in range(5)]
    assert sum(text.startswith(f"The gradient {finding}:") for text in said) >= 3, said


LARGEST = {"depth": 30, "width": 300, "activation": "relu", "initialization": "he_normal"}


def test_the_largest_network_is_drawn_layer_by_layer_and_a_hand_never_waits_for_it(here):
    went = here.evaluate(
        """async (largest) => {
          const root = document.getElementById("here").shadowRoot;
          const frame = () => new Promise((done) => requestAnimationFrame(done));
          const seen = () => [...root.querySelectorAll(".outputs > g")].filter((each) => each.getAttribute("display")
            === "inline").length;
          const busy = () => root.querySelector("[aria-busy=true]") !== null;
          const words = () => [root.querySelector(".readout").textContent,
            root.querySelector(".gradient-chart > text").textContent];
          window.explorer.set(largest);
          await frame();
          await frame();
          const layers = [seen()], [first, chart] = words();
          for (let k = 0; k < 6; k++) {
            await frame();
            layers.push(seen());
          }
          const still = busy();
          const input = root.querySelector("input.depth");
          input.value = 29; // a hand moves on before it is done
          input.dispatchEvent(new Event("input", { bubbles: true }));
          await frame();
          await frame();
          return { layers, first, chart, still, moved: [window.explorer.get().depth, words()[0]] };
        }""",
        LARGEST | {"seed": 7},
    )
    assert went["layers"] == sorted(went["layers"]) and went["layers"][0] < went["layers"][-1] < 30 and went["still"]
    assert went["first"] == "Layer by layer: 30 layers of 300 units take a moment."
    assert went["chart"] == "The gradient is on its way"
    assert went["moved"] == [29, "Layer by layer: 29 layers of 300 units take a moment."]
    text = readout_of(here)
    assert "layer 29" in text and "a moment" not in text


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
    ends = {"depth": (1, 30), "normalization": ("none", "layer"), "residual": (False, True)}
    ends |= {"initialization": ("standard_normal", "pytorch_uniform"), "activation": ("sigmoid", "relu", "selu")}
    states = [dict(zip(ends, values, strict=True)) for values in itertools.product(*ends.values())]
    states += [{"depth": 30, "normalization": "batch", "activation": name} for name in OPTIONS["activation"]]
    wide = {"depth": 30, "width": 300, "activation": "selu", "initialization": "standard_normal"}
    for state in [*states, wide | {"residual": True, "normalization": "none"}]:
        text = said_in(here, state)
        assert not re.search(r"nan|infinity|undefined", f"{text} {picture_of(here)}", re.IGNORECASE), state


@pytest.mark.parametrize(("width", "height"), [(1366, 640), (910, 640), (400, 1200)])
def test_all_of_it_is_seen_and_its_type_is_large_enough(width, height, web):
    page = web.mount("gradient_flow", {"residual": True}, width=width, height=height)
    readout_of(page)
    seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert seen[0] <= width and seen[1] <= height
    assert smallest_type(page)[0] >= 13


def test_the_fields_offer_what_a_recipe_knows():
    assert OPTIONS["activation"] == list(ACTIVATIONS)
    assert set(OPTIONS["initialization"]) <= set(INITIALIZATIONS)
    explorer = GradientFlowExplorer(depth=20, width=100, activation="relu", initialization="he_normal")
    assert (explorer.depth, explorer.residual, explorer.normalization) == (20, False, "none")
