"""Chapter 2's checks: right answers in many styles pass, and each common mistake gets the diagnosis that fits it."""

import re
from functools import partial

import numpy as np
import pytest

from checks_scaffold import ChapterChecks
from course_lib.checks import run_check
from right_answers_ch02 import RIGHT, cross_entropy_by_logaddexp, gradient_in_place, train_with


class TestChapter2(ChapterChecks):
    chapter, right = 2, RIGHT
    fewest_right, fewest_wrong = 2, 3


@pytest.mark.parametrize(
    ("changed", "count", "words"),
    [
        ({"keep": True}, "One", ["not reset"]),
        ({"early": True, "keep": True}, "Two", ["not reset", "layer 2 moves before"]),
        ({"early": True, "share": 4}, "Two", ["smaller last batch", "layer 2 moves before"]),
        (
            {"early": True, "share": 1, "keep": True},
            "Three",
            ["not reset", "sum over the batch", "layer 2 moves before"],
        ),
    ],
)
def test_a_mix_of_the_mistakes_of_the_training_loop_is_told_in_full(changed, count, words):
    outcome = run_check("2.7", partial(train_with, **changed))
    assert outcome.message.startswith(count)
    parts = outcome.hint.lower().split("; ")
    assert len(parts) == len(words)
    for part, word in zip(parts, words, strict=True):
        assert word in part


def test_the_broken_loop_of_the_chapter_has_three_mistakes():
    broken = re.search(r"^def broken_train.*?return W1, b1, W2, b2$", TestChapter2().source(), flags=re.M | re.S)[0]
    namespace = {"np": np}
    exec(broken, namespace)
    outcome = run_check("2.7", namespace["broken_train"])
    assert outcome.message.startswith("Three mistakes are left")


@pytest.mark.parametrize("value", [None, "text", np.zeros(3), [1.0, 2.0]])
def test_a_strange_answer_only_for_huge_logits_is_a_diagnosis(value):
    def answer(logits, labels):
        loss, gradient = cross_entropy_by_logaddexp(logits, labels)
        return (value, gradient) if abs(logits).max() > 1000 else (loss, gradient)

    assert run_check("2.6", answer).status == "failed"
    outcome = run_check("2.6", lambda logits, labels: answer(logits, labels)[::-1])
    assert outcome.status == "failed"


def test_nudging_the_weights_themselves_is_allowed_where_they_are_put_back():
    assert run_check("2.5", gradient_in_place).passed


def test_an_input_that_is_changed_is_named():
    def shifts_in_place(logits, labels):
        logits -= logits.max(axis=1, keepdims=True)
        return cross_entropy_by_logaddexp(logits, labels)

    outcome = run_check("2.6", shifts_in_place)
    assert outcome.status == "failed"
    assert "changes its input `logits`" in outcome.message
