"""What checks expect of an answer: numbers, arrays, closeness, refusals, and the words for what is wrong."""

import numpy as np
import pytest

from course_lib.checks import Diagnosis, registry, run_check
from course_lib.checks import expectations as expect
from course_lib.checks.diagnosis import describe
from course_lib.checks.registry import exercise, exercises


@pytest.fixture(autouse=True)
def registry_of_its_own(monkeypatch):
    """A copy of the registry that ends with the test."""
    exercises()
    monkeypatch.setattr(registry, "_exercises", dict(registry._exercises))


def right(x, weights, bias):
    return x @ weights + bias


def diagnosis(function, *arguments, **named):
    with pytest.raises(Diagnosis) as caught:
        function(*arguments, **named)
    return f"{caught.value.message} | {caught.value.hint}"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "a boolean: True; expected a number"),
        ("8", "a text (str): '8'; expected a number"),
        (np.array([8.0]), "`value[0]`"),
        (np.array([8.0, 3.0]), "expected one number. | Is a sum or a mean still missing?"),
        (float("inf"), "is inf; expected a finite number"),
        ([8.0], "a list of 1 value: [8.0]; expected a number"),
        (3j, "complex"),
        (None, "None; expected a number"),
        (right, "a function; expected a number. | You return a function"),
    ],
)
def test_what_is_not_a_number_is_named(value, words):
    assert words in diagnosis(expect.expect_number, value)


@pytest.mark.parametrize("value", [8, 8.0, np.float32(8), np.int64(8), np.array(8.0)])
def test_every_kind_of_number_is_a_number(value):
    assert expect.expect_number(value) == 8.0


@pytest.mark.parametrize(
    ("shape", "wanted", "words"),
    [
        ((2, 3), (3, 2), "transposed"),
        ((3, 1), (3,), "An axis of length 1"),
        ((3,), (4, 3), "summed or averaged"),
        ((4, 3), (4,), "Is a sum or a mean over an axis missing"),
        ((4, 3), (None, 2), "expected (any, 2)"),
    ],
)
def test_a_wrong_shape_gets_a_hint_from_the_shape(shape, wanted, words):
    assert words in diagnosis(expect.expect_array, np.zeros(shape), wanted)


def test_arrays_are_held_to_shape_kind_and_finiteness():
    assert expect.expect_array(np.zeros((4, 2)), (None, 2), kind="float").shape == (4, 2)
    assert expect.expect_array(np.array([np.inf]), (1,), finite=False)[0] == np.inf
    assert "int64; expected decimal numbers" in diagnosis(expect.expect_array, np.zeros(2, dtype="int64"), kind="float")
    assert "float64; expected whole numbers" in diagnosis(expect.expect_array, np.zeros(2), kind="integer")
    assert "bool; expected numbers" in diagnosis(expect.expect_array, np.zeros(2, dtype=bool))
    assert "inf (the first at [1, 0])" in diagnosis(expect.expect_array, np.array([[0.0], [np.inf]]))


def test_close_means_within_the_tolerance_and_no_further():
    expect.expect_close(1.0 + 1e-7, 1.0)
    assert "is 1.00001; expected 1." in diagnosis(expect.expect_close, 1.00001, 1.0)
    assert "is 1.0000001; expected 1." in diagnosis(expect.expect_close, 1.0000001, 1.0, rtol=1e-9)
    expect.expect_close(np.float32(0.1), 0.1, rtol=1e-6)
    expect.expect_close(np.array([np.inf, 1.0]), [np.inf, 1.0])


def test_a_large_array_is_compared_by_count_and_first_difference():
    value = np.arange(12.0).reshape(3, 4)
    expected = value.copy()
    expected[1, 2:] = 0
    words = diagnosis(expect.expect_close, value, expected)
    assert "2 of 12 values differ. At [1, 2] it is 6; expected 0." in words


def test_a_square_matrix_that_is_transposed_is_seen():
    expected = np.array([[1.0, 2.0], [5.0, 9.0]])
    assert "rows and columns are exchanged" in diagnosis(expect.expect_close, expected.T, expected)


def test_a_known_mistake_of_another_shape_is_recognized_before_the_shape_is():
    words = diagnosis(expect.expect_close, np.ones((2, 2)), 4.0, because=[(np.ones((2, 2)), "Sum over both axes.")])
    assert words.endswith("| Sum over both axes.")


def test_a_known_mistake_that_gives_the_right_value_here_accuses_nobody():
    because = [(2.0, "forgot the bias"), (3.0, "added it twice")]
    expect.expect_close(2.0, 2.0, because=because)
    assert diagnosis(expect.expect_close, 3.0, 2.0, because=because).endswith("| added it twice")


def test_known_mistakes_are_not_looked_at_where_the_value_is_right():
    def never():
        raise AssertionError("looked at")
        yield

    expect.expect_close(2.0, 2.0, because=never())


def test_an_equal_choice_of_a_numpy_type_is_as_good():
    assert expect.expect_choice(np.str_("step"), ["step", "relu"]) == "step"
    for rate in (0.2, np.float64(0.2), np.float32(0.2), np.array(0.2)):
        assert type(expect.expect_choice(rate, [0.1, 0.2])) is float
    assert expect.expect_choice(np.int64(3), [1, 3]) == 3
    assert expect.expect_choice(np.True_, [True]) is True
    for other in (True, np.True_, "1", 1 + 0j, [1], np.array([1])):
        assert "expected one of 1" in diagnosis(expect.expect_choice, other, [1])


def test_tuples_dicts_and_choices_are_held_to_what_is_asked():
    assert expect.expect_tuple([1, 2], 2) == (1, 2)
    words = diagnosis(expect.expect_tuple, 3.0, 2, names=("output", "slope"))
    assert "a number: 3; expected 2 values (output, slope)" in words
    assert "`return output, slope`" in words
    assert expect.expect_dict({"a": 1}, ["a"]) == {"a": 1}
    assert "lacks 'b' and has 'c' besides" in diagnosis(expect.expect_dict, {"a": 1, "c": 2}, ["a", "b"])
    assert expect.expect_choice("step", ["step", "relu"]) == "step"
    assert "'Step'; expected one of 'step', 'relu'" in diagnosis(expect.expect_choice, "Step", ["step", "relu"])


def test_a_refusal_that_is_asked_for_is_accepted_and_its_absence_diagnosed():
    @exercise("99.2", title="Refuse")
    def refuse(submitted):
        expect.expect_raises(submitted, ValueError, -1.0, what="a negative rate")

    def refuses(rate):
        raise ValueError("rate < 0")

    def misses(rate):
        raise KeyError("rate")

    def is_open(rate):
        raise NotImplementedError

    assert run_check("99.2", refuses).passed
    assert "For a negative rate your function returns a number: -1" in run_check("99.2", lambda rate: rate).message
    assert "raises KeyError ('rate'); expected ValueError" in run_check("99.2", misses).message
    assert run_check("99.2", is_open).status == "not_written"


def test_a_bare_function_can_be_called_with_the_same_care():
    def mutates(x, weights, bias):
        x += bias
        return x

    x, weights, bias = np.array([3.0, 4.0]), np.array([[1.0, 2.0], [-1.0, 0.0]]), np.array([9.0, -3.0])
    assert expect.call(right, x, weights, bias).tolist() == [8, 3]
    assert "changes its input `x`" in diagnosis(expect.call, mutates, x, weights, bias)
    assert x.tolist() == [3, 4]


def test_one_wrong_entry_among_zeros_is_not_called_a_factor():
    said = diagnosis(expect.expect_close, np.array([0.0, 2.9, 0.0]), [0.0, 4.6, 0.0])
    assert "times what it should be" not in said
    assert "times what it should be" in diagnosis(expect.expect_close, np.array([2.0, 4.0, 0.0]), [1.0, 2.0, 0.0])


def array_in_an_if(x, weights, bias):
    return max(x @ weights + bias, 0)


def name_without_a_value(x, weights, bias):
    if len(x) > 10:
        total = x @ weights
    return total + bias


@pytest.mark.parametrize(
    ("learner", "words"),
    [(array_in_an_if, "Use `np.where` or `np.maximum`"), (name_without_a_value, "give this name its value")],
)
def test_common_errors_of_python_get_a_hint(learner, words):
    @exercise("99.3", title="A layer")
    def layer(submitted):
        submitted(np.array([3.0, 4.0]), np.array([[1.0, 2.0], [-1.0, 0.0]]), np.array([9.0, -3.0]))

    assert words in run_check("99.3", learner).hint


def test_a_wrong_number_of_which_nothing_is_known_gets_the_lead_of_the_exercise_and_never_in_place_of_a_better_hint():
    @exercise("99.1", title="Sums", lead="Print each sum.")
    def sums(submitted):
        because = [(4.0, "One too many.")]
        expect.expect_close(submitted(), np.array([2.0, 3.0]) if submitted() is not None else 3.0, because=because)

    def hint(value):
        return run_check("99.1", lambda: value).hint

    assert hint(np.array([1.0, 5.0])) == "Print each sum."
    assert hint(np.ones(3)) == "Print each sum."
    assert hint(np.array([-2.0, -3.0])) == "Every sign is turned around."
    assert hint(np.ones((2, 1))) == "An axis of length 1 is too many or missing."
    assert hint(None) == "Did you forget `return`?"
    assert hint("text") == ""  # the message says what kind is expected, and no sum is wrong yet
    assert run_check("99.1", lambda: np.array([2.0, 3.0])).passed


def look(value, expected):
    """The weaker hint that a known mistake gets which gives this value."""
    with pytest.raises(Diagnosis) as caught:
        expect.expect_close(value, expected, because=[(value, "The mistake by its name.")])
    assert caught.value.hint == "The mistake by its name."
    return caught.value.look


WIDE = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -7.0], [0.5, 2.5, 6.0], [1.5, 0.25, 8.0]])


@pytest.mark.parametrize(
    ("value", "expected", "words"),
    [
        (np.where(WIDE < 0, 9.0, WIDE), WIDE, "Only the values whose right value is below 0 are wrong"),
        (np.where(WIDE > 0, 9.0, WIDE), WIDE, "Only the values whose right value is above 0 are wrong"),
        (np.array([3.0, 1.5, 2.5]), np.array([0.0, 1.5, 2.5]), "Only the values whose right value is 0 are wrong"),
        (WIDE + [[0], [0], [0], [1]] * WIDE**2, WIDE, "Only the last row is wrong."),
        (WIDE + [[1], [0], [0], [0]] * WIDE**2, WIDE, "Only the first row is wrong."),
        (WIDE + [[0], [1], [0], [0]] * WIDE**2, WIDE, "Only row 1 is wrong, counted from 0."),
        (WIDE + [[0], [0], [1], [1]] * WIDE**2, WIDE, "Everything before row 2 is right, counted from 0."),
        (WIDE + [[1], [0], [1], [1]] * WIDE**2, WIDE, "Only row 1 is right, counted from 0."),
        (WIDE + [[1], [0], [1], [0]] * WIDE**2, WIDE, "2 of the 4 rows hold wrong values."),
        (WIDE + [[0, 0, 1]] * WIDE**2, WIDE, "Only the last column is wrong."),
        (np.array([1.0, 7.0, 2.0]), np.array([1.0, 4.0, 2.0]), "Only place 1 is wrong, counted from 0."),
        (3 * WIDE, WIDE, "Every value is 3 times what it should be."),
        (WIDE[0], WIDE, "Which axes should the result have"),
        (6.0, 3.0, "It is 2 times what it should be."),
        (0.5, 5.0, "It is a tenth of what it should be."),
        (7.0, 6.0, "It is 1 too large. What is counted twice?"),
        (5.0, 6.0, "It is 1 too small. What is left out?"),
        (-4.5, 4.5, "The sign is turned around."),
        (4.7, 6.1, ""),
        (np.array([1.5, np.nan]), np.array([1.5, 2.0]), ""),
    ],
)
def test_a_known_mistake_gets_a_place_to_look_at_from_the_numbers_alone(value, expected, words):
    said = look(value, expected)
    assert said.startswith(words)
    assert bool(said) == bool(words)


@pytest.mark.parametrize(
    "value",
    [[np.zeros(1000)] * 1500, [[0] * 61], {"a": [np.zeros(61)]}, [[[1] * 50] * 50] * 50],
    ids=["arrays", "list", "dict", "deep"],
)
def test_a_long_value_is_described_by_its_kind_before_it_is_printed(value, monkeypatch):
    monkeypatch.setattr("builtins.repr", lambda value: pytest.fail("the whole value was printed"))
    assert ":" not in describe(value)


def test_a_short_value_is_described_with_itself():
    assert describe([1, {"a": 2}]) == "a list of 2 values: [1, {'a': 2}]"
