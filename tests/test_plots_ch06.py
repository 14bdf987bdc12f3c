"""The plots of chapter 6 draw the numbers they are given, in the right place, and refuse what does not fit."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib.plots.images import plot_worst_mistakes, worst_mistakes
from course_lib.plots.parts import plot_pairs


@pytest.fixture
def figure():
    figure = plt.figure()
    yield figure
    plt.close(figure)


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
        (
            (max(row), place)
            for place, (row, label) in enumerate(zip(probabilities, labels, strict=True))
            if list(row).index(max(row)) != label
        ),
        reverse=True,
    )
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


# ---- what pairs of parts cost ---------------------------------------------------------------------------------------

PARTS = ("A", "B", "C")
COSTS = {("A", "B"): 4.0, ("C", "A"): -2.04, ("B", "C"): -0.01}


def texts(axes):
    return {(round(text.get_position()[0]), round(text.get_position()[1])): text.get_text() for text in axes.texts}


def test_each_pair_is_drawn_once_below_the_diagonal_in_whatever_order_it_is_given(figure):
    drawn = plot_pairs(figure.add_subplot(), COSTS, PARTS)
    assert texts(drawn) == {(0, 1): "+4.0", (0, 2): "\N{MINUS SIGN}2.0", (1, 2): "+0.0"}
    assert [label.get_text() for label in drawn.get_yticklabels()] == list(PARTS)


def test_what_a_part_costs_alone_stands_on_the_diagonal(figure):
    drawn = plot_pairs(figure.add_subplot(), COSTS, PARTS, alone={"A": 1.0, "B": 2.0, "C": 3.0})
    assert [texts(drawn)[place, place] for place in range(3)] == ["+1.0", "+2.0", "+3.0"]


def test_one_largest_value_gives_two_axes_the_same_colors(figure):
    images = [
        plot_pairs(axes, {pair: scale * value for pair, value in COSTS.items()}, PARTS, largest=10).images[0]
        for axes, scale in zip(figure.subplots(1, 2), (1, 2), strict=True)
    ]
    assert [image.get_clim() for image in images] == [(-10, 10)] * 2
    assert plot_pairs(figure.add_subplot(), COSTS, PARTS).images[0].get_clim() == (-4, 4)


def test_a_pair_or_a_part_without_a_number_is_named(figure):
    with pytest.raises(ValueError, match="no number for A and B"):
        plot_pairs(figure.add_subplot(), {("A", "C"): 1.0, ("B", "C"): 1.0}, PARTS)
    with pytest.raises(ValueError, match="no number for B alone"):
        plot_pairs(figure.add_subplot(), COSTS, PARTS, alone={"A": 1.0, "C": 1.0})
