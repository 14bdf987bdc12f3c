"""The drawings of chapter 1 say what the arrays say: every number, color and place on them is computed."""

import re

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from course_lib.data import article_network
from course_lib.plots import decision, style
from course_lib.plots.activations import plot_activation_grid, without_jumps
from course_lib.plots.matrix_product import draw_layer_product
from course_lib.plots.network_drawing import draw_network, number


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def written(axes):
    return [text.get_text() for text in axes.texts if text.get_text()]


def draw_article(axes, **changes):
    net = article_network()
    weights = changes.pop("weights", [net.hidden_weights, net.output_weights])
    biases = changes.pop("biases", [net.hidden_biases, net.output_biases])
    return draw_network(axes, weights, biases, **changes)


def test_the_drawing_carries_every_weight_bias_and_value_of_the_network(axes):
    net = article_network()
    draw_article(axes, values=[net.x, net.hidden, net.outputs], sums=[[8, 3], [46, -13]])
    weights, circles = ["1", "2", "−1", "0", "4", "−2", "3", "1"], ["3", "4", "8", "3", "46", "0"]
    notes = ["bias 9\nsum 8", "bias −3\nsum 3", "bias 5\nsum 46", "bias 0\nsum −13"]
    assert sorted(written(axes)) == sorted([*weights, *circles, *notes])


def test_a_changed_weight_changes_the_drawing(axes):
    net = article_network()
    net.hidden_weights[0, 0] = 7.25
    draw_article(axes, weights=[net.hidden_weights, net.output_weights])
    assert "7.25" in written(axes)


def test_sign_is_shown_by_color_and_by_dash_and_size_by_width(axes):
    draw_network(axes, [np.array([[2.0, -1.0, 0.0]])], [np.zeros(3)])
    positive, negative, zero = axes.lines
    assert to_hex(positive.get_color()).lower() == style.POSITIVE.lower()
    assert to_hex(negative.get_color()).lower() == style.NEGATIVE.lower()
    assert len({line.get_linestyle() for line in (positive, negative, zero)}) == 3
    assert positive.get_linewidth() > negative.get_linewidth() > zero.get_linewidth()


def test_a_connection_joins_the_units_that_its_weight_joins(axes):
    draw_network(axes, [np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])], [np.zeros(2)])
    centers = [patch.center for patch in axes.patches]
    inputs, outputs = centers[:3], centers[3:]
    weights = [text for text in axes.texts if text.get_text() in "123456" and text.get_text()]
    for line, text in zip(axes.lines, weights, strict=True):
        start, end = divmod(int(text.get_text()) - 1, 2)
        assert tuple(line.get_xydata()[0]) == pytest.approx(inputs[start])
        assert tuple(line.get_xydata()[1]) == pytest.approx(outputs[end])


def test_a_layer_without_values_stays_empty(axes):
    draw_article(axes, values=[np.array([30.0, 40.0]), None, None])
    assert {"30", "40"} <= set(written(axes))
    assert not {"8", "46"} & set(written(axes))


@pytest.mark.parametrize(
    ("weights", "biases", "words"),
    [
        ([], [], "0 weight matrices"),
        ([np.ones((2, 3))], [], "one of each"),
        ([np.ones((2, 3))], [np.ones(2)], "Layer 1: weights (2, 3), bias (2,)"),
        ([np.ones((2, 3)), np.ones((2, 1))], [np.ones(3), np.ones(1)], "Layer 2 takes 2 inputs, but layer 1 has 3"),
    ],
)
def test_parameters_that_do_not_fit_are_named(axes, weights, biases, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        draw_network(axes, weights, biases)


@pytest.mark.parametrize(
    ("value", "text"), [(8.0, "8"), (-13, "−13"), (0.5, "0.5"), (-0.001, "0"), (1 / 3, "0.33"), (100, "100")]
)
def test_numbers_are_written_as_people_write_them(value, text):
    assert number(value) == text


def test_the_product_shows_the_sums_that_numpy_computes(axes):
    x, weights, bias = (
        np.arange(8.0).reshape(4, 2),
        np.array([[1.0, 2.0, 0.0], [-1.0, 0.0, 1.0]]),
        np.array([9.0, -3, -4]),
    )
    draw_layer_product(axes, x, weights, bias, row=1, column=2)
    cells = [text.get_text() for text in axes.texts if text.get_text() not in ("@", "+", "=", "")]
    shown = [text for text in cells if "\n" not in text]
    assert shown[-12:] == [number(value) for value in (x @ weights + bias).ravel()]
    marked = [patch for patch in axes.patches if to_hex(patch.get_facecolor()).lower() == style.YELLOW.lower()]
    assert len(marked) == 2 + 2 + 1 + 1  # a row of x, a column of weights, one bias, one sum
    assert any("(4, 3)" in text for text in cells)


def test_a_jump_breaks_the_line_and_a_slope_does_not():
    broken = without_jumps(np.array([0.0, 0.0, 1.0, 1.0, 1.1, 1.2]))
    assert np.isnan(broken).tolist() == [False, False, True, False, False, False]


def test_activation_panels_share_their_axes_and_draw_function_and_slope():
    z = np.linspace(-3, 3, 601)
    panels = [{"value": z * k, "derivative": np.full_like(z, k), "title": f"{k}"} for k in (0.1, 0.2, 0.3)]
    panels[1]["band"] = (z - 1, z + 1)
    figure = plt.figure(layout="constrained")
    grid = plot_activation_grid(figure, z, panels, columns=2)
    shown = [axes for axes in grid.flat if axes.get_visible()]
    assert len(shown) == 3
    assert len({axes.get_xlim() + axes.get_ylim() for axes in shown}) == 1
    function, derivative = shown[2].lines[-2:]
    np.testing.assert_allclose(function.get_ydata(), 0.3 * z)
    np.testing.assert_allclose(derivative.get_ydata(), 0.3)
    assert function.get_linestyle() != derivative.get_linestyle()
    assert len(shown[1].collections) == 1
    plt.close(figure)


@pytest.mark.parametrize(("weights", "bias"), [([1, 2], -2), ([3, -1], 0.5), ([0, 2], 3), ([-1, 0], 0)])
def test_the_boundary_lies_where_the_sum_is_zero_and_crosses_the_whole_picture(axes, weights, bias):
    decision.plot_boundary(axes, weights, bias, -4, 4)
    ends = axes.lines[0].get_xydata()
    np.testing.assert_allclose(ends @ np.array(weights, dtype=float) + bias, 0, atol=1e-9)
    assert np.abs(ends).max(axis=1).min() > 4


def test_a_neuron_without_weights_has_no_boundary(axes):
    with pytest.raises(ValueError, match="Both weights are 0"):
        decision.plot_boundary(axes, [0, 0], 1.0, -4, 4)


def test_grid_points_and_regions_agree_on_which_side_is_which(axes):
    ticks, points = decision.grid_points(-1, 1, 41)
    scores = points[:, 1].reshape(41, 41)  # the score is x2, so the upper half is class 1
    decision.plot_regions(axes, ticks, scores)
    border = [path.vertices for each in axes.collections for path in each.get_paths() if len(path.vertices) == 41]
    assert border
    np.testing.assert_allclose(border[0][:, 1], 0, atol=1e-9)


def test_regions_without_a_border_are_drawn_without_one(axes):
    ticks, _ = decision.grid_points(-1, 1, 11)
    decision.plot_regions(axes, ticks, np.ones((11, 11)))
    assert all(to_hex(each.get_edgecolor()[0]) != style.BLACK for each in axes.collections if len(each.get_edgecolor()))


def test_classes_differ_by_marker_and_by_color(axes):
    decision.plot_points(axes, [[0, 0], [1, 1], [2, 2]], [0, 1, 1])
    ones, zeros = axes.collections
    assert len(ones.get_offsets()) == 2
    assert len(zeros.get_offsets()) == 1
    assert to_hex(ones.get_facecolor()[0]) != to_hex(zeros.get_facecolor()[0])
    assert len(ones.get_paths()[0].vertices) != len(zeros.get_paths()[0].vertices)


def test_no_level_label_is_cut_by_the_frame(axes):
    ticks, points = decision.grid_points(-4, 4, 161)
    decision.plot_levels(axes, ticks, (points[:, 0] ** 2 + points[:, 1]).reshape(161, 161), count=25)
    places = np.array([text.get_position() for text in axes.texts])
    assert len(places) > 5
    assert np.abs(places).max() <= 0.94 * 4


def test_level_lines_connect_equal_scores(axes):
    ticks, points = decision.grid_points(-1, 1, 21)
    decision.plot_levels(axes, ticks, (2 * points[:, 0]).reshape(21, 21))
    for path in axes.collections[0].get_paths():
        if len(path.vertices):
            assert np.ptp(path.vertices[:, 0]) < 1e-9  # the score is 2 x1: its level lines stand upright
