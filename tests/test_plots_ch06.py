"""The plots of chapter 6 draw the numbers they are given, in the right place, and refuse what does not fit."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib.plots.images import plot_worst_mistakes, worst_mistakes


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
