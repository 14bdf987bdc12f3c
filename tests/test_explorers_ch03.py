"""The explorers of chapter 3: gradients through layers and through time, and the chart that both share."""

import itertools
import math
import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch

from course_lib.data import load_fashion_mnist
from course_lib.data.sequences import adding_problem
from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.engine.torch_backend import Network as TorchNetwork
from course_lib.explorers import gradient_chart, gradient_flow, recurrent_gradients, svg
from course_lib.explorers.gradient_flow import GradientFlowExplorer
from course_lib.explorers.recurrent_gradients import RecurrentGradientsExplorer
from course_lib.recipe import ACTIVATIONS, Recipe

SVG = "{http://www.w3.org/2000/svg}"
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def words(picture):
    """All text of an SVG picture, one string a text element."""
    return [element.text or "" for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def number_of(text):
    """The number that a text such as "1/2,300 of", "4.1·10⁷ times" or "0.03" stands for."""
    text = text.removesuffix(" of").removesuffix(" times").replace(",", "").replace("(", "").replace(")", "")
    over = text.startswith("1/")
    mantissa, _, power = text.removeprefix("1/").rpartition("·")
    base, exponent = re.fullmatch(r"([0-9.]+)([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*)", power).groups()
    value = float(mantissa or 1) * float(base) ** int(exponent.translate(SUPERSCRIPTS) or 1)
    return 1 / value if over else value


def every_extreme(explorer):
    """Every combination of every activation with the ends of all other controls; the seed stays."""
    ends = []
    for control in explorer.controls:
        if control.name == "seed":
            ends.append((control.start,))
        elif hasattr(control, "low"):
            ends.append((control.low, control.high))
        else:
            values = [value for _, value in control.options]
            ends.append(values if control.name == "activation" else (values[0], values[-1]))
    for values in itertools.product(*ends):
        yield explorer.starting_state(**{c.name: value for c, value in zip(explorer.controls, values, strict=True)})


# Words for sizes and ratios


@pytest.mark.parametrize(
    ("decades", "text"),
    [
        (0.0, "1 times"),
        (math.log10(0.37), "0.37 times"),
        (math.log10(12.4), "12 times"),
        (math.log10(2345), "2,300 times"),
        (7.61, "4.1·10⁷ times"),
        (12.0, "10¹² times"),
        (-12.0, "1/10¹²"),
        (-1.5, "1/32"),
        (-math.log10(2345), "1/2,300"),
        (-18.23, "1/(1.7·10¹⁸)"),
        (301.0, "more than 10³⁰⁰ times"),
        (math.inf, "more than 10³⁰⁰ times"),
        (-301.0, "less than 1/10³⁰⁰"),
        (-math.inf, "0 times"),
    ],
)
def test_a_ratio_is_said_in_two_digits(decades, text):
    assert gradient_chart.ratio_in_words(decades) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (0.0312, "0.031"),
        (0.00031, "0.00031"),
        (2.34e-7, "2.3·10⁻⁷"),
        (9.96, "10"),
        (99_600.0, "100,000"),
        (996_000.0, "10⁶"),
        (3.2e9, "3.2·10⁹"),
        (1e305, "beyond 10³⁰⁰"),
        (math.inf, "beyond 10³⁰⁰"),
        (math.nan, "beyond 10³⁰⁰"),
    ],
)
def test_a_size_is_said_in_two_digits(size, text):
    assert gradient_chart.size_in_words(size) == text


def test_sizes_are_counted_against_the_last_without_overflow():
    decades = gradient_chart.decades_to_last([1e-300, 0.0, 1e300, 1e200])
    assert decades[[0, 2, 3]] == pytest.approx([-500, 100, 0])
    assert decades[1] == -math.inf


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (-3.5, "vanishes"),
        (-2, "shrinks"),
        (-0.9, "keeps"),
        (0.9, "keeps"),
        (2, "grows"),
        (3.5, "explodes"),
        (-math.inf, "vanishes"),
        (math.inf, "explodes"),
        (math.nan, "lost"),
    ],
)
def test_the_verdict_follows_the_first_layer(first, kind):
    assert gradient_chart.verdict(np.array([first, 7.0, 0.0])) == kind
    assert gradient_chart.verdict(np.array([0.0])) == "alone"


@pytest.mark.parametrize("first", [-250.0, -12.0, -math.inf, 12.0, 250.0, math.inf, math.nan])
def test_a_gradient_beyond_the_chart_is_drawn_at_its_edge_and_said_to_be_beyond(first):
    axes = svg.Axes(90, 20, 600, 200, (0.5, 3.5), (-gradient_chart.REACH, gradient_chart.REACH))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chart = gradient_chart.draw_sizes(axes, np.array([first, first / 2, 0.0]), "layer", "layer", (1, 2, 3))
    picture = svg.document(720, 260, [chart], "a chart")
    beyond = [word for word in words(picture) if word.startswith("beyond")]
    assert beyond == ([] if math.isnan(first) else ["beyond 10¹⁰" if first > 0 else "beyond 10⁻¹⁰"])
    if math.isnan(first):
        assert any("no ratio can be told" in word for word in words(picture))


def test_the_chart_is_the_same_for_every_network_so_that_moves_can_be_compared():
    pictures = [
        GradientFlowExplorer.draw(GradientFlowExplorer.starting_state(activation=name)) for name in ("sigmoid", "relu")
    ]
    powers = [[word for word in words(picture) if word.startswith("10") and "=" not in word] for picture in pictures]
    assert {"10⁻¹⁰", "10⁻⁵", "10⁵", "10¹⁰"} <= set(powers[0]) & set(powers[1])


# Gradients through layers


def torch_activations(state):
    """h of every hidden layer and dL/dh, by PyTorch's autograd, for the first 64 training images."""
    recipe = Recipe(
        hidden_layers=(state.width,) * int(state.depth),
        activation=state.activation,
        initialization=state.initialization,
        normalization="batch" if state.batch_norm else "none",
        drop_rate=0.0,
        seed=int(state.seed),
    )
    train = load_fashion_mnist().train
    network = TorchNetwork(recipe, 784, 10, device="cpu")  # its weights are float32, as in training
    named = {name: torch.tensor(array).double() for name, array in network.parameters().items()}
    h, kept = torch.tensor(train.x[:64], dtype=torch.float64), []
    function = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "elu": torch.nn.functional.elu}
    for layer in range(1, int(state.depth) + 1):
        h = h @ named[f"dense{layer}.weight"]
        if state.batch_norm:
            h = torch.nn.functional.batch_norm(h, None, None, training=True)
        h = function[state.activation](h).requires_grad_()
        h.retain_grad()
        kept.append(h)
    logits = h @ named[f"dense{int(state.depth) + 1}.weight"]
    torch.nn.functional.cross_entropy(logits, torch.tensor(train.labels[:64])).backward()
    return [(it.detach().numpy(), it.grad.numpy()) for it in kept]


FLOWS = [
    {"depth": 15},
    {"activation": "tanh", "initialization": "xavier_normal", "depth": 30, "width": 30},
    {"activation": "relu", "width": 100, "depth": 10},
    {"activation": "relu", "initialization": "he_normal", "width": 100, "batch_norm": True, "seed": 3},
    {"activation": "elu", "initialization": "lecun_normal", "depth": 2, "width": 300},
]


@pytest.mark.parametrize("positions", FLOWS)
def test_the_words_about_the_layers_are_what_pytorch_computes(positions):
    state = GradientFlowExplorer.starting_state(**positions)
    layers = torch_activations(state)
    sizes = [np.sqrt((gradient**2).mean()) for _, gradient in layers]
    text = GradientFlowExplorer.describe(state)
    ratio = re.search(r"layer 1's is (.*?)(?: of)? layer \d+'s", text)[1]
    assert number_of(ratio) == pytest.approx(sizes[0] / sizes[-1], rel=0.06)
    assert any(ratio in word for word in words(GradientFlowExplorer.draw(state)))
    spreads = re.search(r"deviation of the outputs: (\S+) in layer 1 and (\S+) in", text).groups()
    assert [number_of(it) for it in spreads] == pytest.approx([layers[0][0].std(), layers[-1][0].std()], rel=0.06)
    varies = re.search(r"varies by (\S+) in layer 1 and (\S+) in", text).groups()
    expected = [np.sqrt(h.var(axis=0).mean()) for h, _ in (layers[0], layers[-1])]
    assert [number_of(it) for it in varies] == pytest.approx(expected, rel=0.06)


def test_flat_is_off_for_relu_and_saturated_for_a_squashing_activation():
    state = GradientFlowExplorer.starting_state(activation="relu", initialization="he_normal", width=100, depth=20)
    outputs = [h for h, _ in torch_activations(state)]
    now = gradient_flow.flow(state)
    assert now.flat_outputs == pytest.approx([(h == 0).mean() for h in outputs])
    assert now.flat_units == pytest.approx([(h == 0).all(axis=0).mean() for h in outputs])
    state = GradientFlowExplorer.starting_state(activation="tanh", width=100)
    outputs = [h for h, _ in torch_activations(state)]
    now = gradient_flow.flow(state)
    assert now.flat_outputs == pytest.approx([(1 - h**2 < 0.05).mean() for h in outputs])
    assert f"{now.flat_outputs[0]:.0%} of the outputs of layer 1" in gradient_flow.describe(state)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_output_is_counted_once_and_where_it_lies(activation):
    state = GradientFlowExplorer.starting_state(activation=activation, depth=4, width=30)
    counts = gradient_flow.flow(state).counts
    assert counts.shape == (gradient_flow.BINS + 2, 4)
    assert (counts.sum(axis=0) == 64 * 30).all()
    if activation in gradient_flow.SQUASHING:
        assert counts[[0, -1]].sum() == 0


def test_outputs_are_binned_from_high_to_low_with_those_beyond_apart():
    outputs = np.array([9.0, 4.1, 4.0, 3.99, 0.001, -1.999, -2.0, -2.1, -1e300, 1e300])
    counts = gradient_flow._histogram(outputs, -2, 4)
    assert counts[0] == 3  # 9, 4.1 and 1e300
    assert counts[-1] == 2  # -2.1 and -1e300
    assert counts[1] == counts[-2] == 2  # the highest and the lowest bin, their edges included
    assert counts[1 + math.floor((4 - 0.001) / 6 * gradient_flow.BINS)] == 1


def test_one_hidden_layer_has_no_way_back():
    state = GradientFlowExplorer.starting_state(depth=1)
    assert GradientFlowExplorer.describe(state).startswith("Only one layer: there is no way back to see.")
    assert "layer 2" not in GradientFlowExplorer.describe(state)
    ElementTree.fromstring(GradientFlowExplorer.draw(state))


@pytest.mark.parametrize(
    ("positions", "finding"),
    [
        ({"width": 10}, "vanishes"),
        ({"width": 100, "depth": 15}, "keeps its size"),
        ({"width": 300, "depth": 15}, "grows"),
        ({"width": 100, "initialization": "xavier_normal"}, "vanishes"),
        ({"width": 100, "initialization": "xavier_normal", "batch_norm": True}, "keeps its size"),
        ({"width": 100, "depth": 20, "activation": "relu"}, "explodes"),
        ({"width": 100, "depth": 20, "activation": "relu", "initialization": "xavier_normal"}, "shrinks"),
        ({"width": 100, "depth": 20, "activation": "relu", "initialization": "he_normal"}, "keeps its size"),
    ],
)
def test_the_effects_of_the_chapter_show_at_these_positions_for_most_draws(positions, finding):
    said = [
        GradientFlowExplorer.describe(GradientFlowExplorer.starting_state(seed=seed, **positions)) for seed in range(5)
    ]
    assert sum(text.startswith(f"The gradient {finding}:") for text in said) >= 3, said


# Gradients through time


def torch_passage(state):
    """Sizes of dL/dh_t, the gradient's length and the recurrent weights' part of it, by PyTorch's autograd."""
    x, targets = adding_problem(32, int(state.steps), seed=0)
    network = RecurrentNetwork(2, 32, 1, activation=state.activation, gain=state.gain, seed=0)
    named = {name: torch.tensor(array, requires_grad=True) for name, array in network.parameters().items()}
    function = {"tanh": torch.tanh, "relu": torch.relu, "linear": lambda z: z}[state.activation]
    h, kept = torch.zeros(32, 32, dtype=torch.float64), []
    for inputs in torch.tensor(x).unbind(1):
        h = function(inputs @ named["input.weight"] + h @ named["recurrent.weight"] + named["recurrent.bias"])
        h.retain_grad()
        kept.append(h)
    answers = h @ named["output.weight"] + named["output.bias"]
    torch.nn.functional.mse_loss(answers, torch.tensor(targets)).backward()
    squares = {name: float((array.grad**2).sum()) for name, array in named.items()}
    sizes = [float((it.grad**2).mean().sqrt()) for it in kept]
    return sizes, math.sqrt(sum(squares.values())), math.sqrt(squares["recurrent.weight"])


@pytest.mark.parametrize(
    "positions",
    [
        {"gain": 1.0},
        {"gain": 1.3, "activation": "relu", "steps": 30},
        {"gain": 2.0, "activation": "linear", "steps": 100, "limit": 0.01},
        {"gain": 0.5, "steps": 100, "limit": 100.0},
    ],
)
def test_the_words_about_the_steps_are_what_pytorch_computes(positions):
    state = RecurrentGradientsExplorer.starting_state(**positions)
    sizes, length, recurrent_length = torch_passage(state)
    text = RecurrentGradientsExplorer.describe(state)
    ratio = re.search(r"^The gradient .*: step 1's is (.*?)(?: of)? step \d+'s", text)[1]
    assert number_of(ratio) == pytest.approx(sizes[0] / sizes[-1], rel=0.06)
    whole, recurrent = re.search(r"together is (\S+) long, that of the recurrent weights alone (\S+)\. ", text).groups()
    assert [number_of(whole), number_of(recurrent)] == pytest.approx([length, recurrent_length], rel=0.06)
    after = recurrent_gradients.passage(state).length_clipped
    assert after == pytest.approx(min(length, state.limit), rel=1e-4)


def test_clipping_leaves_the_way_back_as_it_was():
    clipped, free = (
        recurrent_gradients.passage(RecurrentGradientsExplorer.starting_state(limit=limit)) for limit in (0.01, 0.0)
    )
    np.testing.assert_array_equal(clipped.gradient_size, free.gradient_size)
    assert clipped.length == free.length == free.length_clipped
    assert clipped.length_clipped == pytest.approx(0.01, rel=1e-4)


@pytest.mark.parametrize(
    ("limit", "title", "text"),
    [
        (1.0, "limit 1: clipped", "Clipping at 1 makes it 1 long and keeps its direction."),
        (100.0, "limit 100: not reached", "The limit 100 is longer: clipping does nothing."),
        (0.0, "clipping is off", "Clipping is off."),
    ],
)
def test_what_clipping_does_is_said_in_the_picture_and_under_it(limit, title, text):
    state = RecurrentGradientsExplorer.starting_state(gain=1.0, limit=limit)
    assert any(title in word for word in words(RecurrentGradientsExplorer.draw(state)))
    assert text in RecurrentGradientsExplorer.describe(state)


@pytest.mark.parametrize(("gain", "expected"), [(0.5, 0.5**29), (1.0, 1.0), (1.5, 1.5**29)])
def test_in_a_linear_network_the_gain_alone_sets_the_ratio(gain, expected):
    state = RecurrentGradientsExplorer.starting_state(steps=30, gain=gain, activation="linear")
    sizes = recurrent_gradients.passage(state).gradient_size
    assert sizes[0] / sizes[-1] == pytest.approx(expected, rel=1e-6)
    assert 10 ** recurrent_gradients.decades_by_gain(state)[0] == pytest.approx(expected)


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
def test_the_gains_at_which_sixty_steps_vanish_and_explode(activation, gain, finding):
    state = RecurrentGradientsExplorer.starting_state(steps=60, gain=gain, activation=activation)
    assert RecurrentGradientsExplorer.describe(state).startswith(f"The gradient {finding}:")


@pytest.mark.parametrize("length", [0.0, 1e250, math.inf, math.nan])
def test_a_gradient_beyond_all_numbers_is_drawn_and_said(length):
    now = recurrent_gradients.Passage(np.zeros((2, 32)), np.ones(2), length, length, length)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = recurrent_gradients.draw_clipping(RecurrentGradientsExplorer.starting_state(), now)
    picture = svg.document(720, 490, [drawn], "clipping")
    assert "inf" not in picture and "nan" not in picture
    if not math.isfinite(length):
        assert any("too late to clip" in word for word in words(picture))
        assert words(picture).count("beyond 10³⁰⁰") == 2


def test_states_beyond_all_numbers_have_the_colors_of_the_largest_and_those_that_are_none_that_of_zero():
    def drawn(states):
        now = recurrent_gradients.Passage(np.ones((3, 32)) * states, np.ones(3), 1.0, 1.0, 1.0)
        return recurrent_gradients.draw_states(RecurrentGradientsExplorer.starting_state(), now)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        beyond = drawn([[np.inf], [-np.inf], [np.nan]])
    assert beyond == drawn([[1e9], [-1e9], [0]])
    assert beyond != drawn([[1e9], [1e9], [0]])


# Both


@pytest.mark.parametrize("explorer", [GradientFlowExplorer, RecurrentGradientsExplorer])
def test_the_extremes_of_all_controls_together_are_drawn_without_a_warning(explorer):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for state in every_extreme(explorer):
            picture = explorer.draw(state)
            ElementTree.fromstring(picture)
            assert not any(re.search(r"\b(inf|nan)\b", word) for word in words(picture)), state
            assert not re.search(r"\b(inf|nan)\b", explorer.describe(state)), state


@pytest.mark.parametrize(
    ("explorer", "forget"),
    [
        (GradientFlowExplorer, gradient_flow._flow.cache_clear),
        (RecurrentGradientsExplorer, recurrent_gradients._passage.cache_clear),
    ],
)
def test_the_picture_does_not_depend_on_what_was_drawn_before(explorer, forget):
    state = explorer.starting_state()
    before = explorer.draw(state), explorer.describe(state)
    forget()
    assert (explorer.draw(state), explorer.describe(state)) == before


def test_the_explorers_of_chapter_3_load_no_torch():
    modules = "gradient_flow, recurrent_gradients"
    program = (
        f"import sys; from course_lib.explorers import {modules}; "
        "gradient_flow.GradientFlowExplorer(); recurrent_gradients.RecurrentGradientsExplorer(); "
        "print('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"


def test_the_explorers_take_up_every_activation_of_a_recipe():
    from course_lib.explorers import gradient_flow, neuron

    assert set(gradient_flow.ACTIVATIONS) == set(ACTIVATIONS)
    assert set(neuron.ACTIVATIONS) == {"step", *ACTIVATIONS} - {"rrelu"}  # which has no one curve
