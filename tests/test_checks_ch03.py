"""Chapter 3's checks: right answers in many styles pass, and each common mistake gets the diagnosis that fits it."""

import re
from pathlib import Path

import numpy as np
import pytest

from course_lib.authoring.regions import chapter_text, solution_text
from course_lib.checks import exercises, run_check
from right_answers_ch03 import RIGHT
from wrong_answers_ch03 import WRONG

NUMBERS = [f"3.{place}" for place in range(1, 10)]  # exercise 3.10 is tested in test_broken_networks.py
SOURCE = (Path(__file__).parents[1] / "solutions" / "03_unstable_gradients.py").read_text(encoding="utf-8")


def from_the_chapter(number, text_of):
    """The function that check("3.x", name) names, from the one cell that defines it, after `text_of` changed the cell.

    The cell sees the imports of the chapter that it may need: NumPy.
    """
    name = re.search(rf'^check\("{re.escape(number)}", (\w+)\)', SOURCE, flags=re.M)[1]
    cells = re.split(r"^# %%.*$", SOURCE, flags=re.M)
    (cell,) = [cell for cell in cells if "# BEGIN SOLUTION" in cell and f"\ndef {name}(" in cell]
    namespace = {"np": np}
    exec(text_of(cell), namespace)
    return namespace[name]


def test_the_exercises_have_the_numbers_and_titles_of_the_chapter():
    headings = re.findall(r"^# ### Exercise (3\.\d+) · (.+)$", SOURCE, flags=re.M)
    assert headings == [(exercise.number, exercise.title) for exercise in exercises(3)]


@pytest.mark.parametrize("number", NUMBERS)
def test_the_solution_that_the_course_gives_passes(number):
    outcome = run_check(number, from_the_chapter(number, solution_text))
    assert outcome.passed, f"{outcome.message} {outcome.hint}"


@pytest.mark.parametrize("number", [number for number in NUMBERS if number != "3.8"])
def test_the_open_exercise_is_not_a_failure(number):
    outcome = run_check(number, from_the_chapter(number, lambda cell: chapter_text(cell, number)))
    assert outcome.status == "not_written"


def test_the_broken_clipping_of_the_chapter_is_told_what_it_does():
    outcome = run_check("3.8", from_the_chapter("3.8", lambda cell: chapter_text(cell, "3.8")))
    assert outcome.status == "failed"
    assert "Each entry is cut by itself" in outcome.hint


# ---- right answers, written in different ways -----------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
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


def test_every_exercise_has_four_known_mistakes_and_three_right_answers():
    for number in NUMBERS:
        assert len({words for wrong, _, words in WRONG if wrong == number}) >= 4, number
        assert len(RIGHT[number]) >= 3, number


STRANGE = [None, "8", [], {}, np.full((2, 2), np.nan), float("inf"), True, [[1], [1, 2]], object()]


@pytest.mark.parametrize("value", [*STRANGE, *((each,) * length for each in STRANGE for length in (2, 3)), [None] * 2])
def test_a_strange_value_is_a_diagnosis_and_never_an_error_of_the_check(value):
    for number in NUMBERS:
        outcome = run_check(number, lambda *arguments: value)
        assert outcome.status == "failed", (number, outcome)


@pytest.mark.parametrize("value", [None, "text", np.zeros(3), [1.0, 2.0]])
def test_a_strange_answer_in_the_last_case_only_is_a_diagnosis(value):
    elu, forward, clip, through_time = (RIGHT[number][0] for number in ("3.5", "3.6", "3.8", "3.9"))
    late = {
        "3.5": lambda z, alpha=1.0: value if z.max() > 900 else elu(z, alpha),
        "3.6": lambda x, *given: value if len(x) == 1 else forward(x, *given),
        "3.8": lambda gradients, limit: clip(gradients, limit) if any(map(np.any, gradients)) else value,
        "3.9": lambda states, *given: value if len(states) == 1 else through_time(states, *given),
    }
    for number, answer in late.items():
        assert run_check(number, answer).status == "failed", number


@pytest.mark.parametrize("number", NUMBERS)
def test_an_error_of_the_learner_is_shown_with_the_learners_line(number):
    def stumbles(*arguments):
        return arguments[0] + missing_name  # noqa: F821

    outcome = run_check(number, stumbles)
    assert outcome.status == "failed"
    assert "NameError" in outcome.message
    assert "missing_name" in outcome.source


def leaky_in_place(z, slope):
    z[z < 0] = 0
    return z, z


def running_in_place(x, scale, shift, running_mean, running_variance, training, *settings):
    running_mean += 0.1 * (x.mean(axis=0) - running_mean)
    return x, running_mean, running_variance


def clip_in_place(gradients, limit):
    for gradient in gradients:
        gradient *= limit / np.sqrt(sum(np.sum(each**2) for each in gradients))
    return gradients


@pytest.mark.parametrize(
    ("number", "answer", "name"),
    [("3.4", leaky_in_place, "z"), ("3.6", running_in_place, "running_mean"), ("3.8", clip_in_place, "gradients")],
)
def test_an_input_that_is_changed_is_named(number, answer, name):
    outcome = run_check(number, answer)
    assert outcome.status == "failed"
    assert f"changes its input `{name}`" in outcome.message
