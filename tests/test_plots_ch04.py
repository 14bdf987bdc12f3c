"""The plots of chapter 4 draw the numbers they are given, in the right place, and refuse what does not fit."""

import itertools

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from color_vision import SIGHTS, seen
from course_lib.plots import style
from course_lib.plots.durations import duration_text, plot_durations, ratio_text
from course_lib.plots.filters import plot_filters
from course_lib.plots.label_counts import plot_label_counts
from course_lib.plots.learning_rates import plot_range_test, plot_schedules
from course_lib.plots.race import plot_paths
from course_lib.recipe import OPTIMIZERS


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


def marked(axes, gid):
    return [line for line in axes.lines if line.get_gid() == gid]


def written(axes):
    return [text.get_text() for text in axes.texts]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


# ---- the looks of the optimizers ------------------------------------------------------------------------------------


def test_each_optimizer_has_a_look_and_a_name():
    assert tuple(style.OPTIMIZER_LOOKS) == OPTIMIZERS == tuple(style.OPTIMIZER_NAMES)
    assert {color for color, _ in style.OPTIMIZER_LOOKS.values()} <= set(style.PALETTE)
    assert len({dash for _, dash in style.OPTIMIZER_LOOKS.values()}) == len(OPTIMIZERS)


@pytest.mark.parametrize("sight", SIGHTS)
def test_color_blind_readers_can_tell_the_optimizers_apart(sight):
    for (first, _), (second, _) in itertools.combinations(style.OPTIMIZER_LOOKS.values(), 2):
        assert np.linalg.norm(seen(first, sight) - seen(second, sight)) > 15, (first, second)


def test_a_look_is_found_by_the_start_of_a_name():
    adam, adamw = style.optimizer_look("adam, 0.01"), style.optimizer_look("adamw")
    assert (adam["color"], adam["label"]) == (style.OPTIMIZER_LOOKS["adam"][0], "Adam, 0.01")
    assert (adamw["linestyle"], adamw["label"]) == (style.OPTIMIZER_LOOKS["adamw"][1], "AdamW")
    with pytest.raises(ValueError, match=r"no optimizer 'sgd'. There are: gradient_descent, "):
        style.optimizer_look("sgd")


# ---- the race -------------------------------------------------------------------------------------------------------

EXTENT = (-4, 4, -2, 3)


def bowl(x, y):
    return x**2 + 10 * (y - 1) ** 2


def test_each_path_is_drawn_in_its_look_from_the_start_to_its_last_point(axes):
    paths = {"adam": [[-3, 2], [0, 1.5], [1, 1]], "momentum": np.array([[-3.0, 2.0], [-1.0, 0.0]])}
    assert plot_paths(axes, bowl, paths, EXTENT, minimum=(0, 1)) is axes
    lines = marked(axes, "path")
    assert [line.get_xydata().tolist() for line in lines] == [np.asarray(path).tolist() for path in paths.values()]
    assert [line.get_color() for line in lines] == [style.OPTIMIZER_LOOKS[name][0] for name in paths]
    assert [line.get_label() for line in lines] == ["Adam", "momentum"]
    assert [line.get_xydata().tolist() for line in marked(axes, "end")] == [[[1, 1]], [[-1, 0]]]
    assert [line.get_xydata().tolist() for line in marked(axes, "start")] == [[[-3, 2]]]
    assert [line.get_xydata().tolist() for line in marked(axes, "minimum")] == [[[0, 1]]]
    assert (*axes.get_xlim(), *axes.get_ylim()) == EXTENT


def test_the_contours_lie_where_the_loss_has_their_value(axes):
    plot_paths(axes, bowl, {}, EXTENT)
    (contours,) = [each for each in axes.collections if hasattr(each, "levels")]
    values = [bowl(*path.vertices.T) for path in contours.get_paths()]
    assert len(values) == 12
    for level, on_it in zip(contours.levels, values, strict=True):
        assert on_it.size
        np.testing.assert_allclose(on_it, level, atol=0.06)  # straight lines between the points of the grid


def test_a_loss_below_zero_has_contours_too(axes):
    plot_paths(axes, lambda x, y: x**2 - y**2 - 100, {}, EXTENT)
    (contours,) = [each for each in axes.collections if hasattr(each, "levels")]
    assert contours.levels[0] < -100


def test_a_path_that_leaves_the_picture_points_to_where_it_went(axes):
    ends = {"adam": [9, 4], "momentum": [0, -30], "nesterov": [-6, 0], "rmsprop": [1, 9]}
    plot_paths(axes, bowl, {name: [[-3, 2], end] for name, end in ends.items()}, EXTENT)
    marks = [(line.get_marker(), *line.get_xydata()[0]) for line in marked(axes, "outside")]
    assert marks == [(">", 4, 3), ("v", 0, -2), ("<", -4, 0), ("^", 1, 3)]
    assert (*axes.get_xlim(), *axes.get_ylim()) == EXTENT
    assert not marked(axes, "end")


def test_a_path_that_is_not_finite_ends_in_a_cross(axes):
    plot_paths(axes, bowl, {"adam": [[-3, 2], [1, 1], [np.inf, np.nan], [0, 0]]}, EXTENT)
    assert marked(axes, "path")[0].get_xydata().tolist() == [[-3, 2], [1, 1]]
    assert marked(axes, "not finite")[0].get_xydata().tolist() == [[1, 1]]


def test_several_minima_are_stars(axes):
    plot_paths(axes, bowl, {}, EXTENT, minimum=[(0, 1), (2, 2)])
    assert [tuple(line.get_xydata()[0]) for line in marked(axes, "minimum")] == [(0, 1), (2, 2)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"paths": {"sgd": [[0, 0]]}}, "no optimizer 'sgd'"),
        ({"paths": {"adam": [0, 1, 2]}}, r"path of 'adam' has shape \(3,\); expected \(steps \+ 1, 2\)"),
        ({"paths": {"adam": [[np.nan, 0], [0, 0]]}}, "the first of them finite"),
        ({"extent": (4, -4, -2, 2)}, "the lower number first"),
        ({"extent": (-4, 4)}, r"expected \(left, right, bottom, top\)"),
        ({"loss": lambda x, y: 1.0}, r"loss\(x, y\) has shape \(\)"),
        ({"loss": lambda x, y: x * np.nan}, "one finite number for each"),
    ],
)
def test_a_race_that_cannot_be_drawn_is_refused(axes, changes, words):
    with pytest.raises(ValueError, match=words):
        plot_paths(axes, **{"loss": bowl, "paths": {}, "extent": EXTENT, **changes})


# ---- learning rates -------------------------------------------------------------------------------------------------

RATES, LOSSES, SMOOTHED = [0.001, 0.01, 0.1, 1.0], [2.2, 1.5, 1.2, 90.0], [2.0, 1.6, 1.0, 40.0]


def test_the_range_test_is_drawn_over_a_log_axis_with_its_suggestion(axes):
    assert plot_range_test(axes, RATES, LOSSES, SMOOTHED, 0.02) is axes
    assert marked(axes, "losses")[0].get_xydata().tolist() == [list(pair) for pair in zip(RATES, LOSSES, strict=True)]
    assert marked(axes, "smoothed")[0].get_ydata().tolist() == SMOOTHED
    assert set(marked(axes, "suggestion")[0].get_xdata()) == {0.02}
    assert "suggested: 0.02 " in written(axes)
    assert (axes.get_xscale(), axes.get_xlim()) == ("log", (0.001, 1.0))
    assert "log axis" in axes.get_xlabel()


def test_a_loss_that_explodes_does_not_flatten_the_rest(axes):
    plot_range_test(axes, RATES, LOSSES, SMOOTHED)
    low, high = axes.get_ylim()
    assert low < 1.0
    assert 2.0 < high < 4
    assert not marked(axes, "suggestion")


@pytest.mark.parametrize("loss", [2.3, np.nan])
def test_a_range_test_of_a_single_step_is_drawn(axes, loss):
    plot_range_test(axes, [0.5], [loss], [loss])
    assert marked(axes, "losses")[0].get_xdata().tolist() == [0.5]
    low, high = axes.get_xlim()
    assert low < 0.5 < high


def test_a_range_test_that_diverged_at_once_is_drawn_and_says_so(axes):
    plot_range_test(axes, np.zeros(0), np.zeros(0), np.zeros(0), None)  # as the test returns it then
    assert "no loss was measured: it diverged\nor was stopped at its first step" in written(axes)
    with pytest.raises(ValueError, match="expected None, as there are no rates"):
        plot_range_test(axes, [], [], [], 0.1)


def test_a_loss_that_is_not_finite_at_the_end_is_drawn(axes):
    plot_range_test(axes, RATES, [2.0, 1.0, np.inf, np.nan], [2.0, 1.5, np.inf, np.nan])
    assert np.isfinite(axes.get_ylim()).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rates": [0.1, 0.1, 0.2, 0.3]}, "growing numbers above 0"),
        ({"rates": [0.0, 0.1, 0.2, 0.3]}, "growing numbers above 0"),
        ({"rates": [[0.1, 0.2]]}, r"rates have shape \(1, 2\)"),
        ({"losses": [1.0, 2.0]}, r"losses have shape \(2,\); expected \(4,\)"),
        ({"smoothed": [1.0]}, r"smoothed have shape \(1,\); expected \(4,\)"),
        ({"suggestion": 3.0}, "expected a rate from 0.001 to 1, or None"),
        ({"suggestion": float("nan")}, "expected a rate"),
    ],
)
def test_a_range_test_that_does_not_fit_is_refused(axes, changes, words):
    with pytest.raises(ValueError, match=words):
        plot_range_test(axes, **{"rates": RATES, "losses": LOSSES, "smoothed": SMOOTHED, "suggestion": None, **changes})


def test_schedules_are_drawn_from_step_0_each_with_its_name_and_look(axes):
    schedules = {"constant": [0.1] * 5, "cosine": np.array([0.1, 0.05, 0.0])}
    assert plot_schedules(axes, schedules) is axes
    lines = marked(axes, "schedule")
    assert [line.get_xydata().tolist() for line in lines] == [
        [[step, rate] for step, rate in enumerate(rates)] for rates in schedules.values()
    ]
    assert legend(axes) == ["constant", "cosine"]
    assert len({(to_hex(line.get_color()), line.get_linestyle()) for line in lines}) == 2
    assert (axes.get_xlim(), axes.get_ylim()[0]) == ((0, 4), 0)


@pytest.mark.parametrize(
    ("schedules", "words"),
    [
        ({}, "schedules is empty"),
        ({"a": []}, r"'a' has shape \(0,\)"),
        ({"a": [[0.1]]}, r"'a' has shape \(1, 1\)"),
        ({"a": [0.1, -0.1]}, "each 0 or more"),
        ({"a": [np.nan]}, "finite rates"),
        ({"a": [0.1, np.inf]}, "finite rates"),
    ],
)
def test_schedules_that_are_no_rates_are_refused(axes, schedules, words):
    with pytest.raises(ValueError, match=words):
        plot_schedules(axes, schedules)


# ---- what labels buy ------------------------------------------------------------------------------------------------

COUNTS = [5, 50, 2000]
ARMS = {
    "head only": [(70, 65, 75), (80, 79, 81), (82, 82, 82)],
    "from scratch": [(60, 50, 68), (78, 76, 80), (88, 87, 89)],
}


def test_each_arm_has_its_means_and_intervals_beside_the_others(axes):
    assert plot_label_counts(axes, COUNTS, ARMS, chance=50) is axes
    assert len(axes.containers) == 2
    for container, (name, triples) in zip(axes.containers, ARMS.items(), strict=True):
        line, _, (bars,) = container.lines
        assert container.get_label() == name
        assert line.get_ydata().tolist() == [mean for mean, _, _ in triples]
        np.testing.assert_allclose(line.get_xdata(), COUNTS, rtol=0.1)  # beside each other, but near the count
        drawn = [(low, high) for (_, low), (_, high) in bars.get_segments()]
        assert drawn == [(low, high) for _, low, high in triples]
    first, second = (container.lines[0].get_xdata() for container in axes.containers)
    assert (first < second).all()
    assert (axes.get_xscale(), axes.get_ylabel()) == ("log", "accuracy (%)")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["5", "50", "2,000"]
    assert set(marked(axes, "chance")[0].get_ydata()) == {50}
    assert legend(axes) == list(ARMS)


def test_a_single_count_is_drawn(axes):
    plot_label_counts(axes, [10], {"a": [(1, 0, 2)]})
    assert not marked(axes, "chance")


@pytest.mark.parametrize(
    ("counts", "arms", "words"),
    [
        ([], ARMS, "growing numbers above 0"),
        ([0, 5, 10], ARMS, "growing numbers above 0"),
        ([5, 5, 10], ARMS, "growing numbers above 0"),
        (COUNTS, {}, "arms is empty"),
        ([5, 50], ARMS, r"'head only' has shape \(3, 3\); expected \(2, 3\)"),
        ([5], {"a": [(1, 2, 3)]}, "'a' at 5 labels has mean 1 and interval 2 to 3"),
        ([5], {"a": [(np.nan, 0, 1)]}, "low <= mean <= high"),
    ],
)
def test_label_counts_that_do_not_fit_are_refused(axes, counts, arms, words):
    with pytest.raises(ValueError, match=words):
        plot_label_counts(axes, counts, arms)


# ---- durations ------------------------------------------------------------------------------------------------------

SECONDS = {"Python loop": 33.0, "NumPy": 0.021, "GPU": None, "PyTorch": 0.014}


def bars(axes):
    return {bar.get_gid(): (bar.get_y() + bar.get_height() / 2, bar.get_x() + bar.get_width()) for bar in axes.patches}


def test_each_bar_ends_at_its_duration_the_first_at_the_top(axes):
    assert plot_durations(axes, SECONDS) is axes
    assert bars(axes) == {
        "Python loop": (3, pytest.approx(33.0)),
        "NumPy": (2, pytest.approx(0.021)),
        "PyTorch": (0, pytest.approx(0.014)),
    }
    assert {label.get_text(): label.get_position()[1] for label in axes.get_yticklabels()} == {
        "Python loop": 3,
        "NumPy": 2,
        "GPU": 1,
        "PyTorch": 0,
    }
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == "seconds (log axis)"


def test_the_ratio_to_the_fastest_is_written_and_what_was_not_measured_is_said(axes):
    plot_durations(axes, SECONDS, unit="seconds per epoch")
    assert written(axes) == [
        "33 s, 2,400 times as long",
        "21 ms, 1.5 times as long",
        "not measured",
        "14 ms, fastest",
    ]
    assert axes.get_xlabel() == "seconds per epoch (log axis)"


def test_sorted_the_fastest_is_at_the_top_and_what_was_not_measured_below(axes):
    plot_durations(axes, SECONDS, sort=True)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["PyTorch", "NumPy", "Python loop", "GPU"]


def test_one_duration_alone_is_drawn(axes):
    plot_durations(axes, {"a": 2.0})
    assert written(axes) == ["2 s, fastest"]


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "fast"])
def test_a_duration_that_cannot_be_is_refused(axes, value):
    with pytest.raises(ValueError, match=r"'b' took .* above 0, or None"):
        plot_durations(axes, {"a": 1.0, "b": value})


@pytest.mark.parametrize("seconds", [{}, {"a": None}])
def test_no_duration_is_refused(axes, seconds):
    with pytest.raises(ValueError, match="holds no duration"):
        plot_durations(axes, seconds)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3e-7, "300 ns"),
        (2.46e-5, "25 µs"),
        (0.0032, "3.2 ms"),
        (0.9996, "1,000 ms"),
        (1.0, "1 s"),
        (119, "120 s"),
        (150, "2.5 min"),
        (9000, "2.5 h"),
    ],
)
def test_a_duration_is_written_in_the_unit_that_suits(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(("ratio", "text"), [(1.44, "1.4"), (23.4, "23"), (1234.0, "1,200"), (3.2e7, "3.2e+07")])
def test_a_ratio_is_written_with_two_digits(ratio, text):
    assert ratio_text(ratio) == text


# ---- filters --------------------------------------------------------------------------------------------------------

WEIGHTS = np.arange(-9.0, 9.0).reshape(6, 3)  # 2 x 3 pixels, 3 units


def test_a_figure_gets_an_image_for_each_unit_on_one_symmetric_scale(figure):
    drawn = plot_filters(figure, WEIGHTS, (2, 3), columns=2, titles=["a", "b", "c"])
    assert [axes.get_title() for axes in drawn] == ["a", "b", "c"]
    for unit, axes in enumerate(drawn):
        assert axes.images[0].get_array().tolist() == WEIGHTS[:, unit].reshape(2, 3).tolist()
        assert axes.images[0].get_clim() == (-9, 9)
    assert drawn[2].get_position().y1 < drawn[0].get_position().y0  # the third begins the second line


def test_an_axes_gets_one_picture_with_a_line_between_the_images(axes):
    assert plot_filters(axes, WEIGHTS, (2, 3), columns=2) is axes
    picture = axes.images[0].get_array()
    assert picture.shape == (5, 7)
    assert picture[:2, 4:].tolist() == WEIGHTS[:, 1].reshape(2, 3).tolist()
    assert picture[3:, :3].tolist() == WEIGHTS[:, 2].reshape(2, 3).tolist()
    between = np.ma.getmaskarray(picture)
    assert between[2].all()
    assert between[:, 3].all()
    assert between[3:, 4:].all()
    assert between.sum() == 35 - WEIGHTS.size


def test_zero_is_white_and_the_signs_have_different_colors(axes):
    plot_filters(axes, [[-1.0], [0.0], [1.0]], (1, 3), limit=1.0)
    image = axes.images[0]
    negative, zero, positive = (np.array(image.cmap(image.norm(value))[:3]) for value in (-1.0, 0.0, 1.0))
    assert zero.min() > 0.95
    assert negative[0] > negative[2]
    assert positive[2] > positive[0]


def test_weights_of_zeros_and_few_units_are_drawn(axes):
    plot_filters(axes, np.zeros((4, 2)), (2, 2))
    assert axes.images[0].get_array().shape == (2, 5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": np.zeros((5, 3))}, r"shape \(5, 3\); expected \(6, units\)"),
        ({"weights": np.zeros(6)}, r"shape \(6,\)"),
        ({"weights": np.zeros((6, 0))}, "one unit or more"),
        ({"weights": np.full((6, 1), np.nan)}, "6 of 6 weights are not finite"),
        ({"columns": 0}, "expected 1 or more"),
        ({"limit": 0}, "a number above 0"),
        ({"titles": ["a"] * 3}, "give a Figure"),
    ],
)
def test_filters_that_cannot_be_drawn_are_refused(axes, changes, words):
    with pytest.raises(ValueError, match=words):
        plot_filters(axes, **{"weights": WEIGHTS, "image_shape": (2, 3), **changes})


def test_titles_that_are_not_one_for_each_unit_are_refused(figure):
    with pytest.raises(ValueError, match="2 titles and 3 units"):
        plot_filters(figure, WEIGHTS, (2, 3), titles=["a", "b"])
