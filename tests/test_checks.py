"""Every wrong answer that an exercise knows gets the diagnosis that it stands for: MISTAKES beside each check."""

import numpy as np
import pytest

from course_lib.checks import exercises, run_check, submission
from course_lib.checks.mistakes import Said, answers_in, known, meaning_in_all

ENTRIES = [
    pytest.param(each.number, wrong_answer, meaning, id=f"{each.number}-{place}")
    for each in exercises()
    for place, (wrong_answer, meaning) in enumerate(each.mistakes)
]


@pytest.fixture
def wrong_answers_count_as_a_learners_code(monkeypatch):
    """Here they are handed in, so an exception in one of them has a line of the learner's and the hint for it."""
    usual = submission.is_learners
    monkeypatch.setattr(submission, "is_learners", lambda filename: "chapter_" in filename or usual(filename))


@pytest.mark.usefixtures("wrong_answers_count_as_a_learners_code")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("number", "wrong_answer", "meaning"), ENTRIES)
def test_a_wrong_answer_gets_the_diagnosis_that_it_stands_for(number, wrong_answer, meaning):
    outcome = run_check(number, wrong_answer)
    assert outcome.status == "failed", outcome
    assert meaning in f"{outcome.message} {outcome.hint}"


@pytest.mark.parametrize("each", exercises(), ids=lambda each: each.number)
def test_a_meaning_is_whole_and_nothing_tells_two_of_them_apart_but_their_words(each):
    for _, meaning in each.mistakes:
        assert meaning == meaning.strip(), repr(meaning)
        assert isinstance(meaning, Said) or meaning.endswith((".", "?", "`")), meaning


def doubles_in_place(x):
    x *= 2
    return x, x.sum()


MISTAKES = [
    (lambda x: 1 / 0, "It stops."),
    (lambda x: None, "It returns nothing."),
    (lambda x: x, Said("words of the check")),
    (doubles_in_place, "Twice."),
    (lambda x: (-x, np.log(-x.sum())), "Minus."),
]


def test_known_mistakes_are_evaluated_on_copies_and_those_without_a_value_are_left_out():
    x = np.array([1.0, 2.0])
    (twice, first), (minus, second) = known(MISTAKES, x)
    assert x.tolist() == [1, 2]
    assert (twice[0].tolist(), first) == ([2, 4], "Twice.")
    assert (minus[0].tolist(), second) == ([-1, -2], "Minus.")


@pytest.mark.filterwarnings("error")
def test_a_part_of_what_a_mistake_returns_is_taken_by_place_or_by_a_function():
    x = np.array([1.0, 2.0])
    assert [value.tolist() for value, _ in known(MISTAKES, x, part=0)] == [[2, 4], [-1, -2]]
    assert next(known(MISTAKES, x, part=lambda pair: pair[1]))[0] == 6


def test_nothing_is_evaluated_before_it_is_asked_for():
    called = []
    pairs = known([(called.append, "First."), (lambda x: x, "Second.")], 3)
    assert called == []
    assert next(pairs) == (3, "Second.")
    assert called == [3]


def test_a_mistake_is_named_that_gives_the_answers_of_all_cases_and_not_of_some():
    mistakes = [
        (lambda x: -x, Said("words of the check")),
        (lambda x: 1 / 0 if x < 0 else -x, "It stops in one of the cases."),
        (lambda x: -abs(x), "No sign."),
        (lambda x: -x, "Minus."),
        (lambda x: 0 - x, "Minus again."),
    ]
    assert meaning_in_all(mistakes, [(1,), (2,)], [-1, -2]) == "It stops in one of the cases."
    assert meaning_in_all(mistakes, [(1,), (-2,)], [-1, -2]) == "No sign."
    assert meaning_in_all(mistakes, [(1,), (-2,)], [-1, 2]) == "Minus."
    assert meaning_in_all(mistakes, [(1,), (-2,)], [-1, 3]) == ""
    assert meaning_in_all(mistakes, [(1,)], [-1.1], same=lambda wrong, answer: round(answer) == wrong) != ""


def test_a_learners_function_that_stops_in_one_case_has_answers_in_the_others():
    submitted = submission.Submitted(lambda x: 6 // x)
    assert answers_in(submitted, [(1,), (0,), (2,)]) == [6, None, 3]
    assert meaning_in_all([(lambda x: 6 // x, "The same.")], [(1,), (0,)], [6, None]) == ""


def test_values_that_cannot_be_compared_are_not_the_same():
    def same(wrong, answer):
        return wrong["x"] < answer

    assert meaning_in_all([(lambda x: x, "It is a number.")], [(1,)], [2], same) == ""
