"""What passes a check of chapters 1 and 2 can be used: by the other functions of the network, and by later cells."""

import types
from pathlib import Path

import numpy as np
import pytest

from course_lib.checks.registry import find
from course_lib.learner import answers
from right_answers_ch01 import RIGHT as OF_CHAPTER_1
from right_answers_ch02 import RIGHT as OF_CHAPTER_2

SOURCE = compile(Path(answers.__file__).read_text("utf-8"), "my_network.py", "exec")
RUNS = [
    {"learning_rate": rate, "seed": 0, "validation_loss": loss, "test_accuracy": 0.5}
    for rate, loss in ((0.1, 1.0), (0.2, 2.0))
]


def my_network(number, answer):
    """The course's answers as a module, with this one of a learner's in it."""
    module = types.ModuleType("my_network")
    exec(SOURCE, module.__dict__)
    setattr(module, find(number).name, answer)
    return module


def use_the_numbers(net, row, other):
    """As the cells do: each is printed with a format, and goes on into the next call."""
    assert f"{net.neuron(row, other, 1.0):.2f}"
    loss = net.squared_error(row, other)
    assert f"{loss:.2f}" == f"{np.mean((row - other) ** 2):.2f}"
    edge = net.largest_learning_rate(row)
    w, b = net.descent_step(row, other, 1.0, 2.0, 0.5 * edge)
    assert np.ndim([[w, b], net.descent_step(row, other, w, b, edge)]) == 2
    assert f"{w:.2f} {b:.2f} {edge:.3g}"
    chosen, honest = net.choose_learning_rate(RUNS)
    assert f"{chosen:g} {honest:.0%}" == "0.1 50%"
    assert [f"{one:g} {two:g}" for one, two in net.predicted_outputs()] == ["14 3", "34 0", "46 2"]


def use_the_network(net, x, labels):
    layers = net.random_layers([4, 5, 3], np.random.default_rng(0))
    for _ in range(2):
        layers = net.train_epoch(x, labels, layers, 0.1, 8, np.random.default_rng(1))
    values = net.forward(x, layers)
    loss, end_slopes = net.cross_entropy(values[-1], labels)
    gradients = net.network_backward(values, layers, end_slopes)
    assert float(f"{loss:.6f}") < 5
    for position in range(2):
        measured = net.numerical_gradient(x, labels, layers, position)
        assert abs(measured - gradients[position][0]).max() < 1e-2  # a float32 answer measures roughly
    hidden = net.relu(net.layer(x, *layers[0]))[0]
    assert hidden.mean() > 0
    assert [each.shape for each in net.dense_backward(x, layers[0][0], hidden)] == [(4, 5), (5,), (20, 4)]


@pytest.mark.parametrize(
    ("number", "answer"),
    [(number, each) for number, given in {**OF_CHAPTER_1, **OF_CHAPTER_2}.items() for each in given],
)
def test_a_right_answer_in_any_style_works_where_the_course_uses_it(number, answer):
    net, rng = my_network(number, answer), np.random.default_rng(0)
    x, labels = rng.normal(size=(20, 4)), rng.integers(0, 3, 20)
    use_the_numbers(net, x[0], x[1])
    use_the_network(net, x, labels)
