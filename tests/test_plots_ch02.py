"""The plots of chapter 2 draw the numbers they are given, in the right place, and refuse what does not fit."""

import itertools
import statistics

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from course_lib.plots import backpropagation, images, style, surface, training


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


@pytest.fixture
def figure():
    figure = plt.figure()
    yield figure
    plt.close(figure)


def written(axes):
    return [text.get_text() for text in axes.texts if text.get_text()]


def named_lines(axes):
    return {line.get_label(): line for line in axes.lines}


def segments_of(axes):
    """The strokes that vlines drew: [((x, low), (x, high)), ...]."""
    (strokes,) = axes.collections
    return [tuple(map(tuple, segment)) for segment in strokes.get_segments()]


# ---- curves of a training run ---------------------------------------------------------------------------------------

EPOCHS = np.array([1, 2, 3, 5])
CURVES = {"training": [0.9, 0.5, 0.3, 0.1], "validation": [0.95, 0.7, 0.65, 0.8]}


def test_each_curve_runs_through_its_values_and_is_named_at_its_end(axes):
    assert training.plot_curves(axes, EPOCHS, CURVES) is axes
    lines = named_lines(axes)
    assert list(lines) == ["training", "validation"]
    for name, values in CURVES.items():
        np.testing.assert_array_equal(lines[name].get_xydata(), np.column_stack([EPOCHS, values]))
    ends = {text.get_text(): text.xy for text in axes.texts}
    assert ends == {"training": (5, 0.1), "validation": (5, 0.8)}
    assert axes.get_yscale() == "linear"


def test_curves_differ_in_color_and_in_dashes_and_each_name_has_its_curves_color(axes):
    training.plot_curves(axes, EPOCHS, CURVES, log=True)
    first, second = axes.lines
    assert to_hex(first.get_color()) != to_hex(second.get_color())
    assert first.get_linestyle() != second.get_linestyle()
    assert [to_hex(text.get_color()) for text in axes.texts] == [to_hex(line.get_color()) for line in axes.lines]
    assert axes.get_yscale() == "log"


def test_a_curve_takes_the_color_that_is_asked_for(axes):
    training.plot_curves(axes, EPOCHS, CURVES, colors={"validation": "#123456"})
    assert [to_hex(line.get_color()) for line in axes.lines] == [style.PALETTE[0].lower(), "#123456"]


def test_a_mark_stands_at_every_point_only_when_asked_for(axes):
    training.plot_curves(axes, EPOCHS, {"plain": CURVES["training"]})
    training.plot_curves(axes, EPOCHS, {"marked": CURVES["training"]}, markers=True)
    assert named_lines(axes)["plain"].get_marker() == "None"
    assert named_lines(axes)["marked"].get_marker() not in ("None", "", None)


def test_the_names_of_curves_that_end_together_do_not_overlap(axes):
    training.plot_curves(axes, EPOCHS, {name: [1.0, 0.8, 0.6, 0.5] for name in ("a", "b", "c")})
    axes.figure.canvas.draw()
    boxes = sorted((text.get_window_extent() for text in axes.texts), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 for low, high in itertools.pairwise(boxes))


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], [[1.0, 2.0, 3.0, 4.0]], 1.0])
def test_a_curve_that_does_not_fit_its_positions_is_refused_by_its_name(axes, values):
    with pytest.raises(ValueError, match=r"'loss' has shape .*expected \(4,\), one value a position"):
        training.plot_curves(axes, EPOCHS, {"loss": values})


def test_a_line_fit_shows_the_points_the_line_and_each_error(axes):
    x, y = [1.0, 3.0, 2.0], [4.0, 5.0, 5.0]
    assert training.plot_line_fit(axes, x, y, slope=2, intercept=1) is axes
    line, points = axes.lines
    np.testing.assert_array_equal(line.get_xydata(), [[1, 3], [3, 7]])
    np.testing.assert_array_equal(points.get_xydata(), np.column_stack([x, y]))
    assert segments_of(axes) == [((1, 3), (1, 4)), ((3, 5), (3, 7)), ((2, 5), (2, 5))]


def test_step_errors_are_drawn_as_given_but_for_those_that_are_zero(axes):
    steps = np.array([1e-2, 1e-5, 1e-8])
    errors = {"central": [1e-4, 0.0, 1e-7], "forward": np.array([1e-2, 1e-5, 1e-6])}
    assert training.plot_step_errors(axes, steps, errors) is axes
    lines = named_lines(axes)
    np.testing.assert_array_equal(lines["central"].get_xydata(), np.column_stack([steps, [1e-4, 1e-17, 1e-7]]))
    np.testing.assert_array_equal(lines["forward"].get_xydata(), np.column_stack([steps, errors["forward"]]))
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["central", "forward"]


def test_step_errors_that_do_not_fit_their_steps_are_refused(axes):
    with pytest.raises(ValueError, match="dimension"):
        training.plot_step_errors(axes, [0.1, 0.01], {"central": [1.0, 2.0, 3.0]})


def test_sizes_stand_on_stems_from_the_first_layer_on(axes):
    assert training.plot_sizes(axes, [3.0, 0.3, 0.03], ["dense 1", "dense 2", "dense 3"]) is axes
    (dots,) = axes.lines
    np.testing.assert_array_equal(dots.get_xydata(), [[1, 3.0], [2, 0.3], [3, 0.03]])
    assert [stem[1] for stem in segments_of(axes)] == [(1, 3.0), (2, 0.3), (3, 0.03)]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["dense 1", "dense 2", "dense 3"]
    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] < 0.03


def test_sizes_without_names_are_numbered(axes):
    training.plot_sizes(axes, [1.0, 2.0])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2"]


# ---- intervals ------------------------------------------------------------------------------------------------------


def test_intervals_show_every_seed_the_mean_and_the_bounds(axes):
    rows = {"subset": [0.80, 0.82, 0.84], "full": [0.90, 0.91, 0.89]}
    intervals = {"full": (0.90, 0.85, 0.95), "subset": (0.82, 0.79, 0.85)}
    assert training.plot_intervals(axes, rows, intervals) is axes
    for row, (name, values, container) in enumerate(zip(rows, rows.values(), axes.containers, strict=True)):
        half = {"subset": 0.03, "full": 0.05}[name]
        height = 1 - row
        mark, _, (bar,) = container.lines
        assert mark.get_xydata()[0] == pytest.approx([statistics.fmean(values), height])
        (ends,) = bar.get_segments()
        expected = [[statistics.fmean(values) - half, height], [statistics.fmean(values) + half, height]]
        np.testing.assert_allclose(ends, expected)
        assert f"{statistics.fmean(values):.3f} ± {half:.3f}" in written(axes)
    seeds = [list(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 3]
    assert seeds == list(rows.values())


def test_the_first_arm_of_the_intervals_stands_at_the_top(axes):
    rows = {"first": [1.0, 2.0], "second": [3.0, 5.0], "third": [1.0, 1.5]}
    training.plot_intervals(axes, rows, dict.fromkeys(rows, (1.5, 1.0, 2.0)))
    heights = {label.get_text(): label.get_position()[1] for label in axes.get_yticklabels()}
    assert heights == {"first": 2, "second": 1, "third": 0}


# ---- a loss seen from above -----------------------------------------------------------------------------------------


def test_contours_of_a_loss_of_the_first_parameter_alone_are_upright(axes):
    first, second = np.linspace(1, 4, 31), np.linspace(-2, 2, 11)
    assert surface.plot_surface(axes, first, second, np.tile(first**2, (11, 1)), levels=5) is axes
    levels = np.geomspace(1, 16, 5)[1:-1]
    lines = [path.vertices for path in axes.collections[-1].get_paths()]
    found = sorted({round(float(x), 2) for vertices in lines for x in vertices[:, 0]})
    assert found == pytest.approx(np.sqrt(levels), abs=0.02)
    assert min(v[:, 1].min() for v in lines) == -2
    assert max(v[:, 1].max() for v in lines) == 2


def test_low_losses_are_lighter_than_high_ones(axes):
    surface.plot_surface(axes, [0, 1], [0, 1], [[1.0, 100.0], [1.0, 100.0]])
    colormap = axes.collections[0].get_cmap()
    assert sum(colormap(0.0)[:3]) > sum(colormap(1.0)[:3])


def test_losses_of_the_wrong_shape_are_refused_with_the_shape_that_is_right(axes):
    with pytest.raises(ValueError, match=r"shape \(3, 2\); expected \(2, 3\)"):
        surface.plot_surface(axes, [1, 2, 3], [1, 2], np.ones((3, 2)))


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf])
def test_losses_without_a_logarithm_are_refused(axes, bad):
    with pytest.raises(ValueError, match="finite and 0 or more"):
        surface.plot_surface(axes, [1, 2], [1, 2], [[1.0, 2.0], [bad, 3.0]])


@pytest.mark.parametrize(
    ("losses", "expected"),
    [([[2.0, 8.0]], (2, 8)), ([[0.0, 50.0]], (0.05, 50)), ([[4.0, 4.0]], (0.4, 4)), ([[0.0, 0.0]], (0.001, 1))],
)
def test_contours_span_at_most_a_factor_of_1000_and_never_nothing(axes, losses, expected):
    assert surface.contour_range(losses) == pytest.approx(expected)
    surface.plot_surface(axes, [1, 2], [1, 2], np.repeat(losses, 2, axis=0))


def test_a_path_runs_through_its_points_with_a_ring_at_the_start_and_a_square_at_the_end(axes):
    points = [[4.0, 1.0], [2.0, -1.0], [1.0, 0.5], [0.5, 0.0]]
    assert surface.plot_path(axes, points, label="descent", every=2) is axes
    path = named_lines(axes)["descent"]
    np.testing.assert_array_equal(path.get_xydata(), points)
    assert path.get_markevery() == 2
    marks = {line.get_gid(): line for line in axes.lines if line.get_gid()}
    np.testing.assert_array_equal(marks["start"].get_xydata(), points[:1])
    np.testing.assert_array_equal(marks["end"].get_xydata(), points[-1:])
    assert (marks["start"].get_marker(), marks["end"].get_marker()) == ("o", "s")


def test_a_path_that_blows_up_ends_at_its_last_finite_point(axes):
    surface.plot_path(axes, [[1.0, 2.0], [30.0, 40.0], [np.inf, 1.0], [np.nan, np.nan]])
    marks = {line.get_gid(): line for line in axes.lines}
    np.testing.assert_array_equal(marks["end"].get_xydata(), [[30.0, 40.0]])


# ---- images and the confusion matrix --------------------------------------------------------------------------------


def test_each_image_of_the_grid_is_drawn_under_its_title(figure):
    pixels = np.arange(5 * 6).reshape(5, 6) / 30
    drawn = images.plot_image_grid(figure, pixels, list("abcde"), (2, 3), columns=3)
    assert [axes.get_title() for axes in drawn] == list("abcde")
    assert drawn == figure.axes
    for axes, image in zip(drawn, pixels, strict=True):
        (shown,) = axes.images
        np.testing.assert_array_equal(shown.get_array(), [image[:3], image[3:]])
        assert shown.get_clim() == (0, 1)
        assert sum(shown.cmap(0.0)[:3]) > sum(shown.cmap(1.0)[:3])  # white is 0, black is 1
    tops = [round(axes.get_position().y1, 6) for axes in drawn]
    assert tops[0] == tops[1] == tops[2] > tops[3] == tops[4]


def test_images_without_a_title_each_are_refused(figure):
    with pytest.raises(ValueError, match="3 images and 2 titles"):
        images.plot_image_grid(figure, np.zeros((3, 4)), ["a", "b"], (2, 2))


def test_confusion_counts_how_often_each_class_was_taken_for_each():
    rng = np.random.default_rng(8)
    labels, predictions = rng.integers(0, 4, 60), rng.integers(0, 4, 60)
    pairs = list(zip(labels.tolist(), predictions.tolist(), strict=True))
    counts = images.confusion_counts(labels, predictions, 5)
    assert counts.tolist() == [[pairs.count((true, taken)) for taken in range(5)] for true in range(5)]


def test_confusion_of_lists_that_are_not_equally_long_is_refused():
    with pytest.raises((ValueError, IndexError), match="broadcast"):
        images.confusion_counts([0, 1, 2], [0, 1], 3)


COUNTS = np.array([[7, 0, 2], [1, 8, 0], [0, 3, 9]])


def test_the_confusion_table_shows_each_count_true_class_down_predicted_class_across(axes):
    assert images.plot_confusion(axes, COUNTS, ["bag", "coat", "shirt"]) is axes
    shown = {text.get_position(): text.get_text() for text in axes.texts}
    assert shown == {(0, 0): "7", (2, 0): "2", (0, 1): "1", (1, 1): "8", (1, 2): "3", (2, 2): "9"}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["bag", "coat", "shirt"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["bag", "coat", "shirt"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")


def test_only_mistakes_are_shaded_and_right_answers_are_bold(axes):
    images.plot_confusion(axes, COUNTS, ["bag", "coat", "shirt"])
    (shade,) = axes.images
    np.testing.assert_array_equal(shade.get_array(), [[0, 0, 2], [1, 0, 0], [0, 3, 0]])
    bold = {text.get_text() for text in axes.texts if text.get_weight() == "bold"}
    assert bold == {"7", "8", "9"}
    assert COUNTS[0, 0] == 7  # the counts themselves are left as they were


# ---- back-propagation on the drawing of a network -------------------------------------------------------------------

NETWORK = {
    "weights": [np.array([[1.0, 2.0], [-1.0, 0.0]]), np.array([[4.0], [3.0]])],
    "biases": [np.zeros(2), np.zeros(1)],
    "values": [np.array([3.0, 5.0]), np.array([8.0, 6.0]), np.array([46.0])],
    "weight_gradients": [np.array([[21.0, 0.0], [22.5, -23.0]]), np.array([[31.0], [32.0]])],
    "sum_gradients": [np.array([41.0, 0.0]), np.array([-43.0])],
}


def draw_network(axes, **changes):
    return backpropagation.draw_backward(axes, **{**NETWORK, **changes})


def test_the_drawing_carries_every_value_and_every_slope(axes):
    assert draw_network(axes) is axes
    values, on_weights = ["3", "5", "8", "6", "46"], ["21", "0", "22.5", "−23", "31", "32"]
    under_units = ["slope 41", "slope 0", "slope −43"]
    assert sorted(written(axes)) == sorted(values + on_weights + under_units)


def test_the_slope_of_a_weight_stands_on_the_line_that_joins_its_units(axes):
    draw_network(axes)
    centers = [np.array(patch.center) for patch in axes.patches]
    texts = {text.get_text(): np.array(text.get_position()) for text in axes.texts}
    ends = {"21": (0, 2), "22.5": (1, 2), "−23": (1, 3), "31": (2, 4), "32": (3, 4)}
    for slope, (start, end) in ends.items():
        along, across = texts[slope] - centers[start], centers[end] - centers[start]
        assert along[0] * across[1] == pytest.approx(along[1] * across[0])
        assert 0 < np.linalg.norm(along) < np.linalg.norm(across)


def test_a_value_stands_in_its_circle_and_its_slope_and_name_below_and_above(axes):
    draw_network(axes, names=[["a", "b"], ["c", "d"], ["e"]])
    texts = {text.get_text(): text.get_position() for text in axes.texts}
    for patch, value, name in zip(axes.patches, ["3", "5", "8", "6", "46"], "abcde", strict=True):
        assert texts[value] == pytest.approx(patch.center)
        assert texts[name][0] == pytest.approx(patch.center[0])
        assert texts[name][1] > patch.center[1] + patch.radius
    for place, slope in ((2, "slope 41"), (3, "slope 0"), (4, "slope −43")):
        assert texts[slope][1] < axes.patches[place].center[1] - axes.patches[place].radius


def test_a_connection_without_a_slope_is_gray_dotted_and_thin(axes):
    draw_network(axes)
    with_slope, without = axes.lines[0], axes.lines[1]
    assert (to_hex(with_slope.get_color()), with_slope.get_linestyle()) == (style.GRADIENT.lower(), "-")
    assert (to_hex(without.get_color()), without.get_linestyle()) == (style.GRAY.lower(), ":")
    assert without.get_linewidth() < with_slope.get_linewidth()


def test_a_gradient_with_another_shape_than_its_weights_is_refused_by_its_layer(axes):
    with pytest.raises(ValueError, match=r"Layer 2: weights \(2, 1\), gradient \(1, 2\)"):
        draw_network(axes, weight_gradients=[np.zeros((2, 2)), np.zeros((1, 2))])


def test_weights_and_biases_that_do_not_fit_are_refused(axes):
    with pytest.raises(ValueError, match="bias"):
        draw_network(axes, biases=[np.zeros(3), np.zeros(1)])


def test_a_layer_without_gradients_is_refused(axes):
    with pytest.raises(ValueError):
        draw_network(axes, weight_gradients=NETWORK["weight_gradients"][:1])
