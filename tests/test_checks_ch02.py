"""Chapter 2's checks: right answers in many styles pass, and each common mistake gets the diagnosis that fits it."""

from itertools import pairwise

import numpy as np
import pytest

from checks_scaffold import ChapterChecks
from course_lib.authoring.regions import chapter_text
from course_lib.checks import run_check
from right_answers_ch02 import RIGHT, cross_entropy_by_logaddexp, gradient_in_place


class TestChapter2(ChapterChecks):
    chapter, right = 2, RIGHT
    given_broken = {"2.8": "the gradient is added. Descent subtracts it. Mend this first and check again"}
    fewest_right, fewest_wrong = 2, 3


@pytest.mark.parametrize(
    ("mended", "words"),
    [
        ([], "uphill"),
        (["range"], "uphill"),
        (["labels"], "uphill"),
        (["sign"], "The range ends too early"),
        (["labels", "sign"], "The range ends too early"),
        (["range", "sign"], "The labels do not come in the order of the examples"),
        (["range", "labels"], "uphill"),
        (["range", "labels", "sign"], None),
    ],
)
def test_the_broken_loop_of_the_chapter_has_three_mistakes_and_each_is_told_until_it_is_mended(mended, words):
    """Mended in any order. A hint names one of the mistakes that are left, and no other."""
    changes = {
        "range": ("range(0, len(x) - batch_size, batch_size)", "range(0, len(x), batch_size)"),
        "labels": ("labels[start : start + batch_size]", "labels[batch]"),
        "sign": (" + learning_rate *", " - learning_rate *"),
    }

    def broken(cell):
        text = chapter_text(cell, "2.8")
        for each in mended:
            assert changes[each][0] in text
            text = text.replace(*changes[each])
        return text

    outcome = run_check("2.8", TestChapter2().from_the_chapter("2.8", broken))
    if words is None:
        assert outcome.passed, outcome
    else:
        assert outcome.status == "failed"
        assert words in outcome.hint, outcome
        assert [each for each in ("uphill", "range", "labels") if each in outcome.hint] == [
            {"uphill": "uphill", "The range": "range", "The label": "labels"}[words[:9].strip()]
        ]


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("2.7", lambda sizes, rng: [[rng.uniform(-1, 1, (m, n)) / m**0.5, np.zeros(n)] for m, n in pairwise(sizes)]),
        ("2.7", lambda sizes, rng: [[0.5 * rng.uniform(-1, 1, (m, n)), np.zeros(n)] for m, n in pairwise(sizes)]),
    ],
)
def test_a_uniform_draw_of_another_spread_than_the_one_that_is_asked_for_is_refused(number, answer):
    outcome = run_check(number, answer)
    assert outcome.status == "failed"
    assert "The standard deviation of the weights of layer 0 is" in outcome.message


def test_who_never_looks_at_the_test_column_is_not_accused_of_choosing_by_it():
    """The largest rate, and the one with the smallest gap, in tables where the test accuracies lead there too."""

    def largest(runs):
        rate = max(run["learning_rate"] for run in runs)
        return rate, np.mean([run["test_accuracy"] for run in runs if run["learning_rate"] == rate])

    def smallest_gap(runs):
        rates = {run["learning_rate"] for run in runs}
        gaps = {
            rate: np.mean([run["validation_loss"] - run["train_loss"] for run in runs if run["learning_rate"] == rate])
            for rate in rates
        }
        rate = min(gaps, key=gaps.get)
        return rate, np.mean([run["test_accuracy"] for run in runs if run["learning_rate"] == rate])

    for answer, words in ((largest, "largest rate"), (smallest_gap, "smallest gap")):
        outcome = run_check("2.10", answer)
        assert outcome.status == "failed"
        assert words in outcome.hint and "flattered" not in outcome.hint, outcome


@pytest.mark.parametrize("value", [None, "text", np.zeros(3), [1.0, 2.0]])
def test_a_strange_answer_only_for_huge_logits_is_a_diagnosis(value):
    def answer(logits, labels):
        loss, gradient = cross_entropy_by_logaddexp(logits, labels)
        return (value, gradient) if abs(logits).max() > 1000 else (loss, gradient)

    assert run_check("2.6", answer).status == "failed"
    outcome = run_check("2.6", lambda logits, labels: answer(logits, labels)[::-1])
    assert outcome.status == "failed"


def test_nudging_the_weights_themselves_is_allowed_where_they_are_put_back():
    assert run_check("2.9", gradient_in_place).passed


def test_an_input_that_is_changed_is_named():
    def shifts_in_place(logits, labels):
        logits -= logits.max(axis=1, keepdims=True)
        return cross_entropy_by_logaddexp(logits, labels)

    outcome = run_check("2.6", shifts_in_place)
    assert outcome.status == "failed"
    assert "changes its input `logits`" in outcome.message
