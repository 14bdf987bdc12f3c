"""Chapter 2's checks: right answers in many styles pass, and each common mistake gets the diagnosis that fits it."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from course_lib.authoring.regions import chapter_text, solution_text
from course_lib.checks import exercises, registry, run_check
from right_answers_ch02 import RIGHT, cross_entropy_by_logaddexp, gradient_in_place
from wrong_answers_ch02 import WRONG, train_mistaken

NUMBERS = [exercise.number for exercise in exercises(2)]
SOURCE = (Path(__file__).parents[1] / "solutions" / "02_training.py").read_text(encoding="utf-8")


def from_the_chapter(number, text_of):
    """The function that check("2.x", name) names, from the one cell that defines it, after `text_of` changed the cell.

    The cell sees the imports of the chapter that it may need: NumPy.
    """
    name = re.search(rf'^check\("{re.escape(number)}", (\w+)\)', SOURCE, flags=re.M)[1]
    cells = re.split(r"^# %%.*$", SOURCE, flags=re.M)
    (cell,) = [cell for cell in cells if "# BEGIN SOLUTION" in cell and f"\ndef {name}(" in cell]
    namespace = {"np": np}
    exec(text_of(cell), namespace)
    return namespace[name]


def test_the_exercises_are_numbered_without_a_gap():
    assert [f"2.{place}" for place in range(1, 9)] == NUMBERS


def test_the_file_of_mistakes_is_not_taken_for_a_chapter():
    assert registry.chapter_numbers()[:2] == [1, 2]
    assert len(set(registry.chapter_numbers())) == len(registry.chapter_numbers())


@pytest.mark.parametrize("number", NUMBERS)
def test_the_solution_that_the_course_gives_passes(number):
    outcome = run_check(number, from_the_chapter(number, solution_text))
    assert outcome.passed, f"{outcome.message} {outcome.hint}"


@pytest.mark.parametrize("number", NUMBERS)
def test_the_open_exercise_is_not_a_failure(number):
    outcome = run_check(number, from_the_chapter(number, lambda cell: chapter_text(cell, number)))
    assert outcome.status == "not_written"


# ---- right answers, written in different ways -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "answer"), [(number, answer) for number, answers in RIGHT.items() for answer in answers]
)
def test_a_right_answer_passes_however_it_is_written(number, answer):
    outcome = run_check(number, answer)
    assert outcome.passed, f"{outcome.message} {outcome.hint}"
    assert outcome.message  # the card says what was tested


# ---- known mistakes, and words of the diagnosis each must get -------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("number", "answer", "words"), WRONG)
def test_a_known_mistake_gets_its_own_diagnosis(number, answer, words):
    outcome = run_check(number, answer)
    assert outcome.status == "failed", outcome
    assert words in f"{outcome.message} {outcome.hint}"


def test_every_exercise_has_three_known_mistakes_and_two_right_answers():
    for number in NUMBERS:
        assert len({words for wrong, _, words in WRONG if wrong == number}) >= 3, number
        assert len(RIGHT[number]) >= 2, number


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
    broken = re.search(r"^def broken_train.*?return W1, b1, W2, b2$", SOURCE, flags=re.M | re.S)[0]
    namespace = {"np": np}
    exec(broken, namespace)
    outcome = run_check("2.7", namespace["broken_train"])
    assert outcome.message.startswith("Three mistakes are left")


STRANGE = [None, "8", [], {}, np.full((2, 2), np.nan), float("inf"), True, [[1], [1, 2]], object()]


@pytest.mark.parametrize("value", [*STRANGE, *((each,) * length for each in STRANGE for length in (2, 3, 4))])
def test_a_strange_value_is_a_diagnosis_and_never_an_error_of_the_check(value):
    for number in NUMBERS:
        outcome = run_check(number, lambda *arguments: value)
        assert outcome.status == "failed", (number, outcome)


@pytest.mark.parametrize("number", NUMBERS)
def test_an_error_of_the_learner_is_shown_with_the_learners_line(number):
    def stumbles(*arguments):
        return arguments[0] + missing_name  # noqa: F821

    outcome = run_check(number, stumbles)
    assert outcome.status == "failed"
    assert "NameError" in outcome.message
    assert "missing_name" in outcome.source


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
