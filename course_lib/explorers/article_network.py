"""The article's exercise network with every number on a slider and every sum written out, node by node."""

from types import SimpleNamespace

import numpy as np

from course_lib.data import article_network
from course_lib.explorers import svg
from course_lib.explorers.controls import Slider
from course_lib.explorers.explorer import Explorer
from course_lib.explorers.svg import MINUS, format_number
from course_lib.explorers.written_sum import written_sum
from course_lib.plots.style import GRAY, NEGATIVE, POSITIVE
from course_lib.scratch.activations import relu

SUBSCRIPTS = ("₁", "₂")
COLUMNS = {"x": 50, "n": 300, "y": 574}  # where each layer stands in the picture
ROWS = (158, 326)
RADIUS = 36
LINE_HEIGHT = 22


def forward(state):
    """The network's numbers in this state, as a dictionary.

    x (2,) inputs; hidden_weights, output_weights (2, 2) as (fan_in, fan_out); hidden_biases, output_biases (2,);
    hidden_sums, hidden, output_sums, outputs (2,): each layer is max(inputs @ weights + biases, 0)
    """
    numbers = {
        "x": np.array([state.x1, state.x2]),
        "hidden_weights": np.array([[state.w11, state.w12], [state.w21, state.w22]]),
        "hidden_biases": np.array([state.b1, state.b2]),
        "output_weights": np.array([[state.v11, state.v12], [state.v21, state.v22]]),
        "output_biases": np.array([state.c1, state.c2]),
    }
    numbers["hidden_sums"] = numbers["x"] @ numbers["hidden_weights"] + numbers["hidden_biases"]
    numbers["hidden"] = relu(numbers["hidden_sums"])
    numbers["output_sums"] = numbers["hidden"] @ numbers["output_weights"] + numbers["output_biases"]
    numbers["outputs"] = relu(numbers["output_sums"])
    return numbers


def draw(state: SimpleNamespace) -> str:
    """Nodes with their values, edges with their weights, and at every node the sum that made it."""
    net = forward(state)
    parts = [
        svg.text(COLUMNS["x"], 22, "inputs", anchor="middle", bold=True),
        svg.text(COLUMNS["n"], 22, "hidden layer", anchor="middle", bold=True),
        svg.text(COLUMNS["y"], 22, "output layer", anchor="middle", bold=True),
        *_edges(COLUMNS["x"], COLUMNS["n"], net["hidden_weights"]),
        *_edges(COLUMNS["n"], COLUMNS["y"], net["output_weights"]),
    ]
    for place in range(2):
        parts.append(_node(COLUMNS["x"], ROWS[place], f"x{SUBSCRIPTS[place]}", net["x"][place]))
        for letter, layer, inputs in (("n", "hidden", "x"), ("y", "output", "hidden")):
            value = net["hidden" if letter == "n" else "outputs"][place]
            parts.append(_node(COLUMNS[letter], ROWS[place], f"{letter}{SUBSCRIPTS[place]}", value))
            parts.append(_written_node(COLUMNS[letter], net, layer, inputs, place))
    parts.append(_legend(14, 474))
    return svg.document(720, 488, parts, describe(state))


def _edges(left, right, weights):
    """Lines first, labels over them; a label stands near the edge's start, where the edges are apart."""
    lines, labels = [], []
    for source in range(2):
        for target in range(2):
            weight = weights[source, target]
            x1, y1, x2, y2 = left, ROWS[source], right, ROWS[target]
            lines.append(svg.line(x1, y1, x2, y2, *_pen(weight)))
            share = 0.3
            x, y = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
            color = _pen(weight)[0]
            sign = "+" if weight > 0 else ""
            label = sign + format_number(weight)
            labels.append(svg.rectangle(x - 27, y - 14, 54, 28, "white", color, corner=8))
            labels.append(svg.text(x, y + 6, label, anchor="middle", color=color, bold=True, halo=False))
    return lines + labels


def _pen(weight):
    """Color, width and dash of an edge: blue, solid for positive; vermilion, dashed for negative; dotted for 0."""
    if weight == 0:
        return GRAY, 1.5, "2 5"
    width = 1.5 + 0.9 * min(abs(weight), 6)
    return (POSITIVE, width, "") if weight > 0 else (NEGATIVE, width, "10 6")


def _node(x, y, name, value):
    number = format_number(value, 2)
    fill = "#D9EAF5" if value > 0 else ("#FBE6D9" if value < 0 else "#EEEEEE")
    return (
        svg.circle(x, y, RADIUS, fill=fill)
        + svg.text(x, y - 10, name, anchor="middle", halo=False)
        + svg.text(x, y + 16, number, size=22 if len(number) <= 4 else 17, anchor="middle", bold=True, halo=False)
    )


def _written_node(x, net, layer, inputs, place):
    """The sum and its ReLU, above the upper node and under the lower one, where no edge runs."""
    weights, bias = net[f"{layer}_weights"][:, place], net[f"{layer}_biases"][place]
    total = net[f"{layer}_sums"][place]
    lines = _in_lines(f"{written_sum(net[inputs], weights, bias)} = {format_number(total, 2)}")
    lines.append(f"max({format_number(total, 2)}, 0) = {format_number(relu(total), 2)}")
    top = ROWS[0] - RADIUS + 10 - LINE_HEIGHT * len(lines) if place == 0 else ROWS[1] + RADIUS + LINE_HEIGHT
    return "".join(
        svg.text(x, top + LINE_HEIGHT * number, content, anchor="middle", bold=number == len(lines) - 1)
        for number, content in enumerate(lines)
    )


def _in_lines(arithmetic):
    """One line, or two where it is too long: the products, then the bias and the result."""
    if len(arithmetic) <= 28:
        return [arithmetic]
    products_end = max(arithmetic.rfind(" + "), arithmetic.rfind(f" {MINUS} "))
    return [arithmetic[:products_end], arithmetic[products_end + 1 :]]


def _legend(left, y):
    samples = ((3.0, "positive weight"), (-3.0, "negative weight"), (0.0, "weight 0"))
    parts = []
    for number, (weight, label) in enumerate(samples):
        x = left + 222 * number
        parts.append(svg.line(x, y - 5, x + 44, y - 5, *_pen(weight)))
        parts.append(svg.text(x + 52, y, label, halo=False))
    return "".join(parts)


def describe(state: SimpleNamespace) -> str:
    """The four units, each with its sum."""
    net = forward(state)
    lines = []
    for letter, layer, inputs in (("n", "hidden", "x"), ("y", "output", "hidden")):
        for place in range(2):
            total = net[f"{layer}_sums"][place]
            arithmetic = written_sum(net[inputs], net[f"{layer}_weights"][:, place], net[f"{layer}_biases"][place])
            lines.append(f"{letter}{SUBSCRIPTS[place]} = max({arithmetic}, 0) = {format_number(relu(total), 2)}")
    return f"{lines[0]}; {lines[1]}.\n{lines[2]}; {lines[3]}."


def _sliders():
    article = article_network()
    yield from (
        _slider(f"x{place + 1}", f"x{SUBSCRIPTS[place]}", f"input {place + 1}", 10, article.x[place], "Inputs")
        for place in range(2)
    )
    layers = (
        ("w", "b", "x", "n", article.hidden_weights, article.hidden_biases),
        ("v", "c", "n", "y", article.output_weights, article.output_biases),
    )
    for letter, bias_letter, source, target, weights, biases in layers:
        for to in range(2):
            group = f"Into {target}{SUBSCRIPTS[to]}"
            for of in range(2):
                ends = f"{source}{SUBSCRIPTS[of]} → {target}{SUBSCRIPTS[to]}"
                meaning = f"weight from {source}{of + 1} to {target}{to + 1}"
                yield _slider(f"{letter}{of + 1}{to + 1}", ends, meaning, 6, weights[of, to], group)
            label = f"bias of {target}{SUBSCRIPTS[to]}"
            yield _slider(
                f"{bias_letter}{to + 1}", label, f"added to the sum of {target}{to + 1}", 10, biases[to], group
            )


def _slider(name, label, meaning, reach, start, group):
    return Slider(name, label, meaning, -reach, reach, 0.5, float(start), group)


class ArticleNetworkExplorer(Explorer):
    """The article's network: (3, 4) gives n = (8, 3) and y = (46, 0) at the start.

    Controls: x1, x2; wIJ, the weight from input I to hidden unit J, and bJ; vIJ, the weight from hidden unit I to
    output J, and cJ.
    """

    controls = tuple(_sliders())
    label_width = "6em"
    draw = staticmethod(draw)
    describe = staticmethod(describe)
