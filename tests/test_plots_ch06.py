"""The plots of chapter 6 draw the numbers they are given, in the right place, and refuse what does not fit."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib.plots.images import plot_worst_mistakes, worst_mistakes
from course_lib.plots.reliability import plot_reliability
from course_lib.scratch.calibration import reliability


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


# ---- the worst mistakes ---------------------------------------------------------------------------------------------

PROBABILITIES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.05, 0.95], [0.7, 0.3]])
LABELS = np.array([1, 1, 1, 0, 0])  # wrong: 0 with 0.9, 2 with 0.6, 3 with 0.95


def test_the_surest_wrong_answers_come_first():
    assert worst_mistakes(PROBABILITIES, LABELS).tolist() == [3, 0, 2]
    assert worst_mistakes(PROBABILITIES, LABELS, n=2).tolist() == [3, 0]
    assert worst_mistakes(PROBABILITIES, PROBABILITIES.argmax(axis=1)).tolist() == []


def test_they_are_those_that_sorting_all_answers_by_hand_finds():
    rng = np.random.default_rng(3)
    probabilities = rng.dirichlet(np.ones(4), 300)
    labels = rng.integers(0, 4, 300)
    by_hand = sorted(
        ((max(row), place) for place, (row, label) in enumerate(zip(probabilities, labels, strict=True))
         if list(row).index(max(row)) != label), reverse=True,
    )  # fmt: skip
    assert worst_mistakes(probabilities, labels, 20).tolist() == [place for _, place in by_hand[:20]]


def test_each_mistake_is_drawn_with_what_was_said_and_what_is_true(figure):
    images = np.arange(30.0).reshape(5, 6) / 30
    drawn = plot_worst_mistakes(figure, images, LABELS, PROBABILITIES, ("coat", "bag"), (2, 3), n=2)
    assert [axes.get_title() for axes in drawn] == ["bag, 95%\nis: coat", "coat, 90%\nis: bag"]
    for axes, place in zip(drawn, (3, 0), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), images[place].reshape(2, 3))


def test_a_network_without_mistakes_has_nothing_to_draw(figure):
    assert plot_worst_mistakes(figure, np.zeros((5, 6)), [0, 1, 0, 1, 0], PROBABILITIES, "ab", (2, 3)) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [((PROBABILITIES, LABELS[:4]), r"\(5, 2\) and labels \(4,\)"), ((PROBABILITIES, LABELS, 0), "n is 0")],
)
def test_mistakes_of_what_does_not_fit_are_refused(words, message):
    with pytest.raises(ValueError, match=message):
        worst_mistakes(*words)


# ---- reliability ----------------------------------------------------------------------------------------------------

COUNTS, CONFIDENCE, ACCURACY = [0, 30, 10], [0.0, 0.5, 0.9], [0.0, 0.4, 0.95]


def test_bins_with_answers_are_drawn_at_their_confidence_and_accuracy(axes):
    arms = {"before": (COUNTS, CONFIDENCE, ACCURACY), "after": (COUNTS, [0, 0.4, 0.9], ACCURACY)}
    assert plot_reliability(axes, arms) is axes
    lines = {line.get_label(): line.get_xydata().tolist() for line in axes.lines if line.get_gid() != "calibrated"}
    assert lines == {"before": [[50, 40], [90, 95]], "after": [[40, 40], [90, 95]]}
    (diagonal,) = (line for line in axes.lines if line.get_gid() == "calibrated")
    assert diagonal.get_xydata().tolist() == [[0, 0], [100, 100]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["before", "after"]
    dots = next(dots for dots in axes.collections if dots.get_gid() == "before")
    larger, smaller = dots.get_sizes()
    assert larger > 2 * smaller


def test_what_calibration_counts_can_be_drawn(axes):
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3) / 3, 500)
    plot_reliability(axes, {"drawn": reliability(probabilities, rng.integers(0, 3, 500))})
    assert len(axes.collections[0].get_offsets()) == 10  # of 15 bins: the largest of three is above a third


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ({}, "arms is empty"),
        ({"a": ([1, 2], [0.1, 0.2])}, "three times"),
        ({"a": ([1, 2], [0.1, 0.2], [0.1])}, r"shapes \(2,\), \(2,\), \(1,\)"),
        ({"a": ([0, 0], [0.1, 0.2], [0.1, 0.2])}, "not all 0"),
        ({"a": ([1, -1], [0.1, 0.2], [0.1, 0.2])}, "none below 0"),
        ({"a": ([1, 2], [0.1, 20], [0.1, 0.2])}, "between 0 and 1"),
        ({"a": ([1, 2], [0.1, 0.2], [0.1, np.nan])}, "between 0 and 1"),
    ],
)
def test_reliability_of_what_does_not_fit_is_refused(axes, arms, message):
    with pytest.raises(ValueError, match=message):
        plot_reliability(axes, arms)
