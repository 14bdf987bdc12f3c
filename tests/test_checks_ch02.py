"""Chapter 2's checks: right answers in many styles pass, and each common mistake gets the diagnosis that fits it."""

import itertools
import re

import numpy as np
import pytest

from checks_scaffold import ChapterChecks
from course_lib.checks import registry, run_check
from right_answers_ch02 import RIGHT, cross_entropy_by_logaddexp, gradient_in_place
from wrong_answers_ch02 import WRONG, train_mistaken


class TestChapter2(ChapterChecks):
    chapter, right, wrong = 2, RIGHT, WRONG
    fewest_right, fewest_wrong = 2, 3


def test_the_file_of_mistakes_is_not_taken_for_a_chapter():
    assert registry.chapter_numbers()[:2] == [1, 2]
    assert len(set(registry.chapter_numbers())) == len(registry.chapter_numbers())


LOOP_MISTAKES = {
    "keep": ("not reset", {"keep": True}),
    "sum": ("sum over the batch", {"divide_by": "nothing"}),
    "short": ("smaller last batch", {"divide_by": "batch_size"}),
    "early": ("layer 2 moves before", {"early": True}),
}
MIXES = [
    mix
    for count in (1, 2, 3)
    for mix in itertools.combinations(LOOP_MISTAKES, count)
    if not {"sum", "short"} <= set(mix)
]


@pytest.mark.parametrize("mix", MIXES, ids="+".join)
def test_each_mix_of_the_mistakes_of_the_training_loop_is_told_in_full(mix):
    changed = {name: value for mistake in mix for name, value in LOOP_MISTAKES[mistake][1].items()}
    outcome = run_check("2.7", train_mistaken(**changed))
    assert outcome.message.startswith(["One", "Two", "Three"][len(mix) - 1])
    named = [mistake for mistake, (words, _) in LOOP_MISTAKES.items() if words in outcome.hint.lower()]
    assert tuple(named) == mix


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
