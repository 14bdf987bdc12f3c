"""What the tests of every chapter's checks have in common.

A chapter's file of tests has one class that inherits `ChapterChecks`, and under it what only that chapter has.
"""

import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from course_lib.authoring.regions import chapter_text, solution_text
from course_lib.checks import exercises, run_check
from course_lib.learner import answers

SOLUTIONS = Path(__file__).parents[1] / "solutions"
BAD = [np.nan, np.inf, "text", None, 3j, True]
STRANGE = [None, "8", [], {}, np.full((2, 2), np.nan), float("inf"), True, [[1], [1, 2]], object()]


def off(value):
    """The same form, with every number in it off: by no factor, offset, sign or turn that all of them share."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        places = np.arange(value.size).reshape(value.shape)
        return value * (1.37 + 0.3 * np.sin(places)) + 0.11 * np.cos(places)
    if isinstance(value, dict):
        return {key: off(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(off, value))
    return 1.37 * value + 0.11 if isinstance(value, int | float | np.number) and value is not True else value


class AlwaysEqual(np.ndarray):
    """Says yes to every comparison that NumPy makes with it."""

    def __array_function__(self, function, types, arguments, named):
        return True

    def __array_ufunc__(self, *arguments, **named):
        return np.True_


class ChapterChecks:
    """Tests of the checks of one chapter. A class that inherits it is collected if its name starts with Test.

    Attributes
    ----------
    chapter : its number
    right : {number: functions}, right answers written in different ways
    given_broken : {number: words}: exercises that give a broken function to mend, and what its diagnosis says
    fewest_right, fewest_wrong : right answers and different diagnoses that every exercise needs
    """

    right, given_broken = {}, {}
    fewest_right, fewest_wrong = 3, 4

    def numbers(self):
        return [each.number for each in exercises(self.chapter)]

    def source(self):
        """The texts of the chapter's notebooks, its evenings one after the other."""
        texts = [path.read_text(encoding="utf-8") for path in sorted(SOLUTIONS.glob(f"{self.chapter:02d}*_*.py"))]
        return "\n\n".join(texts)

    def from_the_chapter(self, number, text_of):
        """The function that check("N.M", name) names, from the one cell that defines it, after `text_of` changed it.

        The cell sees the imports of the chapter that it may need, and the course's answers to the other exercises, as
        `yours` gives them.
        """
        source = self.source()
        name = re.search(rf'^check\("{re.escape(number)}", (\w+)\)', source, flags=re.M)[1]
        cells = re.split(r"^# %%.*$", source, flags=re.M)
        (cell,) = [cell for cell in cells if "# BEGIN SOLUTION" in cell and f"\ndef {name}(" in cell]
        given = {each.name: getattr(answers, each.name) for each in exercises() if hasattr(answers, each.name)}
        namespace = {**given, "network_loss": answers.network_loss, "np": np, "math": math, "pairwise": pairwise}
        exec(text_of(cell), namespace)
        return namespace[name]

    def pytest_generate_tests(self, metafunc):
        """Parameters by their names: `number`; `number` and `right`; `number` and `bad`; `strange`."""
        names = "number", "right", "strange", "bad"
        wanted = tuple(name for name in names if name in metafunc.fixturenames)
        values = {
            ("number",): self.numbers(),
            ("number", "right"): [(number, answer) for number, answers in self.right.items() for answer in answers],
            ("number", "bad"): [(number, bad) for number in self.numbers() for bad in BAD],
            ("strange",): [*STRANGE, *((each,) * length for each in STRANGE for length in (2, 3, 4)), [None] * 2],
        }
        if wanted in values:
            metafunc.parametrize(wanted if len(wanted) > 1 else wanted[0], values[wanted])

    def test_the_exercises_have_the_numbers_and_titles_of_the_chapter(self):
        known = [(each.number, each.title) for each in exercises(self.chapter)]
        assert re.findall(rf"^# ### Exercise ({self.chapter}\.\d+) · (.+)$", self.source(), flags=re.M) == known
        assert [number for number, _ in known] == [f"{self.chapter}.{place}" for place in range(1, len(known) + 1)]

    def test_the_solution_that_the_course_gives_passes(self, number):
        outcome = run_check(number, self.from_the_chapter(number, solution_text))
        assert outcome.passed, f"{outcome.message} {outcome.hint}"

    def test_the_exercise_as_it_is_handed_out_is_open_or_told_what_is_broken(self, number):
        outcome = run_check(number, self.from_the_chapter(number, lambda cell: chapter_text(cell, number)))
        if number in self.given_broken:
            assert outcome.status == "failed", outcome
            assert self.given_broken[number] in f"{outcome.message} {outcome.hint}"
        else:
            assert outcome.status == "not_written", outcome

    def test_what_is_not_implemented_is_not_a_failure(self, number):
        def open_exercise(*arguments):
            raise NotImplementedError("exercise: write this part, then delete this line")

        assert run_check(number, open_exercise).status == "not_written"

    @pytest.mark.filterwarnings("error")
    def test_a_right_answer_passes_however_it_is_written(self, number, right):
        with np.errstate(all="raise"):  # what a notebook sets must not decide
            outcome = run_check(number, right)
        assert outcome.passed, f"{outcome.message} {outcome.hint}"
        assert outcome.message  # the card says what was tested

    def test_every_exercise_has_enough_known_mistakes_and_right_answers(self):
        for each in exercises(self.chapter):
            assert len({meaning for _, meaning in each.mistakes}) >= self.fewest_wrong, each.number
            assert len(self.right[each.number]) >= self.fewest_right, each.number

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")
    def test_a_strange_value_is_a_diagnosis_and_never_an_error_of_the_check(self, strange):
        for number in self.numbers():
            outcome = run_check(number, lambda *arguments: strange)
            assert outcome.status == "failed", (number, outcome)

    def test_an_error_of_the_learner_is_shown_with_the_learners_line(self, number):
        def stumbles(*arguments):
            return missing_name  # noqa: F821

        outcome = run_check(number, stumbles)
        assert outcome.status == "failed"
        assert "NameError" in outcome.message
        assert "missing_name" in outcome.source

    def test_a_patched_numpy_is_named_and_mended(self, number):
        usual = np.allclose

        def patches(*given):
            np.allclose = lambda *arguments, **named: True
            return self.right[number][0](*given)

        outcome = run_check(number, patches)
        assert outcome.status == "failed"
        assert "in place of `numpy.allclose`" in outcome.message
        assert np.allclose is usual

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")
    def test_a_number_that_is_off_for_no_known_reason_gets_a_lead(self, number):
        """Of every exercise whose answer is numbers; the others judge words, and say something to each.

        1.2 is a design that is judged by what it finds: one that is off a little still finds trousers.
        """
        outcome = run_check(number, lambda *given: off(self.right[number][0](*given)))
        assert outcome.passed == (number in ("1.2", "3.10", "4.7", "5.8", "6.7")), outcome  # answers without a number
        assert outcome.hint or outcome.passed or number in ("6.1", "6.2"), outcome  # those two judge a recipe's fields

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")
    def test_a_strange_value_inside_a_right_form_is_a_diagnosis(self, number, bad):
        def spoiled(value):
            if isinstance(value, np.ndarray) and value.ndim and isinstance(bad, float):
                return np.full_like(value, bad, dtype=float)
            if isinstance(value, dict):
                return {key: spoiled(each) for key, each in value.items()}
            if isinstance(value, list | tuple):
                return type(value)(map(spoiled, value))
            return bad

        outcome = run_check(number, lambda *given: spoiled(self.right[number][0](*given)))
        assert outcome.status == "failed", outcome
