"""Checks on fresh inputs, in all chapters: a right answer passes whatever is drawn, and a table of the inputs that the
check in the notebook uses does not.
"""

import ast
import functools
import importlib
import importlib.util
import inspect
import zlib
from pathlib import Path

import numpy as np
import pytest

from checks_scaffold import ChapterChecks
from course_lib.authoring.regions import solution_text
from course_lib.checks import Diagnosis, LearnerError, exercise, exercises, registry, run_check
from course_lib.checks.fresh import expect_same, few_digits, same_as
from course_lib.checks.submission import Submitted

COURSE = Path(__file__).parents[1]
SEEDS = 20  # for the solution of the course
OTHER_SEEDS = 6  # for each other right answer, seeds of its own


@functools.cache
def solution_of(each):
    """The function that the course gives as the solution of an exercise."""
    chapter = ChapterChecks()
    chapter.chapter = each.chapter
    return chapter.from_the_chapter(each.number, solution_text)


def right_answers(each):
    """The other right answers that the tests know, written in different ways."""
    name = f"right_answers_ch{each.chapter:02d}"
    return importlib.import_module(name).RIGHT[each.number] if importlib.util.find_spec(name) else []


def fresh(each, seed):
    """A generator as marking makes it: each exercise has its own, from the seed of a class."""
    return np.random.default_rng([seed, zlib.crc32(each.number.encode())])


def key_of(value):
    """Equal for equal arguments, and for no others."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, np.random.Generator):
        return repr(value.bit_generator.state)
    if isinstance(value, dict):
        return "dict", tuple((name, key_of(each)) for name, each in value.items())
    if isinstance(value, list | tuple):
        return type(value).__name__, tuple(map(key_of, value))
    return repr(value)


def zeros_like(value):
    """Of the same form, but with nothing in it: zeros, empty texts, False."""
    if isinstance(value, np.ndarray):
        return np.zeros_like(value)
    if isinstance(value, dict):
        return {name: zeros_like(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(zeros_like, value))
    return type(value)() if isinstance(value, bool | int | float | str | np.generic) else None


class Recorded:
    """An answer that remembers what it was called with."""

    def __init__(self, answer):
        self.answer, self.keys = answer, set()

    def __call__(self, *given, **named):
        self.keys.add(key_of((given, named)))
        return self.answer(*given, **named)


class Table:
    """Right where the arguments are in its table; elsewhere zeros, in the form of the right answer."""

    def __init__(self, answer, keys):
        self.answer, self.keys = answer, keys

    def __call__(self, *given, **named):
        known = key_of((given, named)) in self.keys
        value = self.answer(*given, **named)
        return value if known else zeros_like(value)


def drawn_for(each, seed):
    """What a right answer is called with on fresh inputs."""
    recorded = Recorded(solution_of(each))
    each.hidden(Submitted(recorded, each.may_nudge_input), fresh(each, seed))
    return recorded.keys


WITH_HIDDEN = [pytest.param(each, id=each.number) for each in exercises() if each.hidden]
RIGHT = [
    pytest.param(each, answer, place, id=f"{each.number}-{place}")
    for each in exercises()
    if each.hidden
    for place, answer in enumerate(right_answers(each))
]


@pytest.mark.parametrize("each", exercises(), ids=lambda each: each.number)
def test_an_exercise_that_gives_inputs_has_a_check_on_fresh_ones(each):
    gives_inputs = each.kind == "function" and bool(inspect.signature(solution_of(each)).parameters)
    assert gives_inputs == (each.hidden is not None)


@pytest.mark.parametrize("each", WITH_HIDDEN)
def test_the_solution_of_the_course_passes_whatever_is_drawn(each):
    for seed in range(SEEDS):
        outcome = run_check(each.number, solution_of(each), rng=fresh(each, seed))
        assert outcome.passed, f"seed {seed}: {outcome.message} {outcome.hint}"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("each", "answer", "place"), RIGHT)
def test_a_right_answer_passes_whatever_is_drawn_however_it_is_written(each, answer, place):
    for seed in range(SEEDS + OTHER_SEEDS * place, SEEDS + OTHER_SEEDS * (place + 1)):
        outcome = run_check(each.number, answer, rng=fresh(each, seed))
        assert outcome.passed, f"seed {seed}: {outcome.message} {outcome.hint}"


@pytest.mark.parametrize("each", WITH_HIDDEN)
def test_a_table_of_the_inputs_in_the_notebook_fails_on_fresh_ones(each):
    recorded = Recorded(solution_of(each))
    assert run_check(each.number, recorded).passed
    table = Table(solution_of(each), recorded.keys)
    assert run_check(each.number, table).passed
    for seed in range(SEEDS):
        outcome = run_check(each.number, table, rng=fresh(each, seed))
        assert (outcome.status, outcome.hidden) == ("failed", True), f"seed {seed}: {outcome}"


@pytest.mark.parametrize("each", WITH_HIDDEN)
def test_several_cases_are_drawn_anew_with_each_seed_and_the_same_ones_with_the_same(each):
    drawn = [drawn_for(each, seed) for seed in (0, 1, 1)]
    assert min(map(len, drawn)) >= 4
    assert len(drawn[0] - drawn[1]) >= 4
    assert drawn[1] == drawn[2]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("each", WITH_HIDDEN)
def test_the_known_wrong_answers_fail_and_most_of_them_on_fresh_inputs_alone(each):
    found = 0
    for wrong_answer, meaning in each.mistakes:
        outcome = run_check(each.number, wrong_answer, rng=fresh(each, 0))
        assert (outcome.status, outcome.hidden) == ("failed", False), meaning
        try:
            each.hidden(Submitted(wrong_answer, each.may_nudge_input), fresh(each, 0))
        except (Diagnosis, LearnerError):
            found += 1
    assert found > len(each.mistakes) / 2


@pytest.mark.parametrize("each", [each for each in exercises() if each.lessons], ids=lambda each: each.number)
def test_a_lesson_that_an_answer_may_import_runs_with_the_lessons_beside_it_alone(each):
    for lesson in each.lessons:
        assert lesson.startswith("course_lib.scratch.")
        tree = ast.parse((COURSE / lesson.replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8"))
        imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        imported += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        assert {name for name in imported if name.startswith("course_lib")} <= set(each.lessons)


# What fresh.py itself says


@pytest.fixture
def halved(monkeypatch):
    """Exercise 99.1, half of a table and the sum of it, in a copy of the registry that ends with the test."""
    monkeypatch.setattr(registry, "_exercises", dict(registry._exercises))

    def half(x):
        return x / 2, x.sum()

    def drawn(rng):
        return [(rng.normal(size=rng.integers(1, 5, 2)),) for _ in range(4)]

    @exercise("99.1", title="Half", hidden=same_as(half, drawn))
    def check_of_half(submitted):
        submitted(np.ones((2, 2)))
        return "Right for ones."

    return half


def test_fresh_inputs_are_drawn_in_marking_alone(halved):
    def of_ones(x):
        return (x / 2, x.sum()) if (x == 1).all() else (0 * x, 0.0)

    assert run_check("99.1", of_ones).passed
    outcome = run_check("99.1", of_ones, rng=np.random.default_rng(0))
    assert (outcome.status, outcome.hidden) == ("failed", True)
    assert outcome.message.startswith("The result for fresh inputs, at [0],")
    assert run_check("99.1", halved, rng=np.random.default_rng(0)).message == "Right for ones."


def test_what_goes_wrong_on_fresh_inputs_alone_counts_as_that(halved):
    def stops(x):
        return halved(x) if (x == 1).all() else x @ missing_name  # noqa: F821

    def in_place(x):
        x *= 1 if (x == 1).all() else 2
        return halved(x)

    for answer, word in ((stops, "NameError"), (in_place, "changes its input `x`")):
        outcome = run_check("99.1", answer, rng=np.random.default_rng(0))
        assert (outcome.status, outcome.hidden) == ("failed", True)
        assert word in outcome.message


TABLE = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (TABLE.astype(np.float32), TABLE),
        (TABLE.tolist(), TABLE),
        ([TABLE, np.array([3.0])], (TABLE, 3)),
        (TABLE, (TABLE[0], TABLE[1])),
        (TABLE[0], (1.0, 2.0)),
        ({"a": [np.float32(0.1)], "b": None}, {"b": None, "a": (0.1,)}),
        ((np.str_("relu"), np.True_), ["relu", True]),
    ],
)
def test_the_same_value_in_another_form_is_as_good(value, expected):
    assert expect_same(value, expected, 1e-5, 1e-6, "It") is None  # no Diagnosis


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (TABLE + 1e-4, TABLE),
        (TABLE.T, TABLE),
        (TABLE[:1], TABLE),
        (np.array(3.0), (3.0,)),
        ((TABLE,), (TABLE, 3)),
        ({"a": 1}, {"a": 2}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ("tanh", "relu"),
        (0, False),
        (0.0, None),
        (np.nan, 1.0),
        (None, 1.0),
    ],
)
def test_another_value_is_a_diagnosis(value, expected):
    with pytest.raises(Diagnosis, match=r"^It"):
        expect_same(value, expected, 1e-5, 1e-6, "It")


def test_products_of_few_digits_are_the_same_in_single_precision():
    rng = np.random.default_rng(0)
    left, right = few_digits(rng, (30, 20), 4), few_digits(rng, (20, 30), 4)
    assert np.array_equal((left.astype(np.float32) @ right.astype(np.float32)).astype(float), left @ right)
    assert set(np.unique(few_digits(rng, 500, 1))) == {-1, -0.5, 0, 0.5, 1}
