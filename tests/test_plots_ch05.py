"""The plots of chapter 5 draw the numbers they are given, in the right place, and refuse what does not fit."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from course_lib.plots import style
from course_lib.plots.learning_curves import plot_learning_curves, plot_reliability
from course_lib.plots.remedies import answers_table, outcome


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def marked(axes, gid):
    return [line for line in axes.lines if line.get_gid() == gid]


def curve(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return line


TRAINING, VALIDATION = [3.0, 2.0, 1.0, 0.5], [3.1, 2.2, 2.0, 2.6]


def test_the_curves_stand_over_their_epochs_counted_from_1(axes):
    assert plot_learning_curves(axes, TRAINING, VALIDATION) is axes
    for label, values in (("training", TRAINING), ("validation", VALIDATION)):
        np.testing.assert_array_equal(curve(axes, label).get_xdata(), [1, 2, 3, 4])
        np.testing.assert_array_equal(curve(axes, label).get_ydata(), values)


def test_training_and_validation_differ_in_color_and_in_dash(axes):
    plot_learning_curves(axes, TRAINING, VALIDATION)
    training, validation = curve(axes, "training"), curve(axes, "validation")
    assert (training.get_color(), validation.get_color()) == (style.TRAIN, style.VALIDATION)
    assert training.get_linestyle() != validation.get_linestyle()


def test_each_curve_has_its_name_beside_it_unless_it_is_told_not_to(axes):
    plot_learning_curves(axes, TRAINING, VALIDATION, names=False)
    assert not axes.texts
    plot_learning_curves(axes, TRAINING, VALIDATION)
    assert [text.get_text() for text in axes.texts] == ["training", "validation"]


def test_names_of_curves_that_end_together_are_moved_apart(axes):
    plot_learning_curves(axes, [2.0, 1.0], [2.1, 1.01])
    training, validation = (text.xyann[1] for text in axes.texts)
    assert validation - training >= 14


def test_the_ring_stands_on_the_lowest_validation_value(axes):
    plot_learning_curves(axes, TRAINING, VALIDATION, mark_best=True)
    (ring,) = marked(axes, "best")
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (3, 2.0)


def test_the_diamond_stands_at_the_last_epoch(axes):
    plot_learning_curves(axes, TRAINING, VALIDATION, test=1.7)
    (diamond,) = marked(axes, "test")
    assert (diamond.get_xdata()[0], diamond.get_ydata()[0]) == (4, 1.7)
    assert diamond.get_marker() == "D"


@pytest.mark.parametrize(("training", "validation"), [([1, 2], [1, 2, 3]), ([], []), ([[1.0]], [[1.0]])])
def test_curves_that_do_not_fit_are_named(axes, training, validation):
    with pytest.raises(ValueError, match="expected \\(epochs,\\)"):
        plot_learning_curves(axes, training, validation)


COUNTS, CONFIDENCE, ACCURACY = np.array([0, 10, 30]), np.array([0.0, 0.5, 0.9]), np.array([0.0, 0.7, 0.6])


def test_a_dot_for_each_bin_that_has_examples(axes):
    assert plot_reliability(axes, COUNTS, CONFIDENCE, ACCURACY) is axes
    (dots,) = axes.collections
    np.testing.assert_allclose(dots.get_offsets(), [[0.5, 0.7], [0.9, 0.6]])
    small, large = dots.get_sizes()
    assert large > small


def test_strokes_from_the_diagonal_say_too_sure_in_red_and_not_sure_enough_in_blue(axes):
    plot_reliability(axes, COUNTS, CONFIDENCE, ACCURACY)
    modest, boastful = marked(axes, "gap")
    np.testing.assert_allclose(modest.get_ydata(), [0.5, 0.7])
    np.testing.assert_allclose(boastful.get_ydata(), [0.9, 0.6])
    assert to_hex(modest.get_color()).upper() == style.BLUE
    assert to_hex(boastful.get_color()).upper() == style.VERMILION
    (diagonal,) = marked(axes, "diagonal")
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())


def test_bins_that_do_not_fit_are_named(axes):
    with pytest.raises(ValueError, match="shapes \\(3,\\), \\(2,\\)"):
        plot_reliability(axes, COUNTS, CONFIDENCE[:2], ACCURACY)
    with pytest.raises(ValueError, match="no example"):
        plot_reliability(axes, 0 * COUNTS, CONFIDENCE, ACCURACY)


# ---- what a remedy answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.6, 2, "better"),
        (0.4, 2, "open"),
        (-2, -0.6, "worse"),
        (-2, 0.7, "open"),
        (-2, -0.4, "open"),
        (0.1, 0.4, "too small to matter"),
        (-0.4, 0.3, "too small to matter"),
    ],
)
def test_an_effect_counts_when_its_whole_interval_lies_beyond_the_smallest_effect(low, high, expected):
    assert outcome(low, high, 0.5) == expected


def test_the_table_says_in_words_what_its_colors_say_and_escapes_what_comes_in():
    cells = [(1.5, 0.9, 2.1, 0.5), (-2.0, -3.0, -1.0, 0.5), (0.1, -1.0, 1.2, 0.5), (0.1, 0.0, 0.2, 0.5), None]
    table = answers_table(["a", "b", "c", "e", "d<"], [("dropout & more", cells)])
    for words in (
        "better",
        "worse",
        "open",
        "too small to matter",
        "not measured",
        "<br>+1.5 <span",
        ">[0.9, 2.1]<",
        "dropout &amp; more",
        "d&lt;",
    ):
        assert words in table
    assert table.count("<tr>") == 2
    with pytest.raises(ValueError, match="'dropout' has 5 cells; expected one for each of 3"):
        answers_table(["a", "b", "c"], [("dropout", cells)])
