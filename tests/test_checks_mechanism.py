"""The mechanism of the checks: what a learner is told about every kind of answer, and how exercises are found.

The answers here are those of an exercise made for these tests: a layer, x @ weights + bias, whose right result for the
article's inputs is (8, 3).
"""

import subprocess
import sys

import numpy as np
import pytest

import course_lib.checks
from course_lib.checks import (
    CheckFailed,
    LearnerError,
    NotWrittenYet,
    UnknownExercise,
    registry,
    run_check,
)
from course_lib.checks import expectations as expect
from course_lib.checks.registry import exercise, exercises
from course_lib.checks.verdict import Outcome
from course_lib.learner import check

X, WEIGHTS, BIAS = np.array([3.0, 4.0]), np.array([[1.0, 2.0], [-1.0, 0.0]]), np.array([9.0, -3.0])


@pytest.fixture(autouse=True)
def layer_exercise(monkeypatch):
    """Exercise 99.1, in a copy of the registry that ends with the test."""
    exercises()
    monkeypatch.setattr(registry, "_exercises", dict(registry._exercises))

    @exercise("99.1", title="A layer in one line")
    def layer(submitted):
        result = submitted(X, WEIGHTS, bias=BIAS)
        expect.expect_close(result, [8.0, 3.0], what="The output", because=[([-1.0, 6.0], "Did you forget the bias?")])
        return "All values agree."


def right(x, weights, bias):
    return x @ weights + bias


def says(outcome):
    return f"{outcome.message} | {outcome.hint} | {outcome.place} | {outcome.source}"


# What the learner hands in


def test_a_right_answer_passes_with_the_checks_own_sentence():
    assert run_check("99.1", right) == Outcome("99.1", "A layer in one line", "passed", "All values agree.")


def test_a_known_mistake_gets_its_hint_with_both_values():
    outcome = run_check("99.1", lambda x, weights, bias: x @ weights)
    assert (outcome.status, outcome.message) == ("failed", "The output is [-1, 6]; expected [8, 3].")
    assert outcome.hint == "Did you forget the bias?"


def test_an_open_exercise_is_not_written_and_not_failed():
    def layer(x, weights, bias):
        raise NotImplementedError("exercise 99.1: write this part, then delete this line")

    outcome = run_check("99.1", layer)
    assert outcome.status == "not_written"
    assert "delete the line" in outcome.message
    with pytest.raises(NotWrittenYet):
        check("99.1", layer)


def test_dots_in_place_of_an_answer_are_not_written():
    assert run_check("99.1", ...).status == "not_written"


@pytest.mark.parametrize(
    ("submitted", "words"),
    [
        (46.0, "You passed a number: 46."),
        (np.array([8.0, 3.0]), "You passed an array of shape (2,): array([8., 3.])."),
        (None, "You passed None, and not a function."),
    ],
)
def test_a_result_in_place_of_the_function_is_named(submitted, words):
    outcome = run_check("99.1", submitted)
    assert outcome.status == "failed"
    assert words in outcome.message
    assert 'without parentheses: `check("99.1", your_function)`' in outcome.hint


def mutates(x, weights, bias):
    x += bias
    return x


def forgets_return(x, weights, bias):
    x @ weights + bias


def returns_list(x, weights, bias):
    return [8.0, 3.0]


def returns_tensor(x, weights, bias):
    import torch

    return torch.tensor([8.0, 3.0])


def returns_column(x, weights, bias):
    return right(x, weights, bias)[:, None]


def returns_nan(x, weights, bias):
    return x * np.nan


def returns_text(x, weights, bias):
    return np.array(["8", "3"])


def has_too_few_parameters(x, weights):
    return x @ weights


def misspells(x, weights, bias):
    return x @ weightz + bias  # noqa: F821


def mismatches(x, weights, bias):
    return np.ones(5) @ weights


def calls_itself(x, weights, bias):
    return calls_itself(x, weights, bias)


def leaves(x, weights, bias):
    sys.exit(3)


def uses_none(x, weights, bias):
    return forgets_return(x, weights, bias)[0]


@pytest.mark.parametrize(
    ("submitted", "words"),
    [
        (mutates, ["changes its input `x`", "Make a new array"]),
        (forgets_return, ["The output is None", "Did you forget `return`?"]),
        (returns_list, ["a list of 2 values", "expected a NumPy array", "np.array"]),
        (returns_tensor, ["a PyTorch tensor of shape (2,)", "`value.detach().numpy()`"]),
        (returns_column, ["has shape (2, 1); expected (2,)", "An axis of length 1"]),
        (returns_nan, ["2 of its 2 values are not finite: nan (the first at [0])"]),
        (returns_text, ["an array of <U1; expected numbers"]),
        (has_too_few_parameters, ["could not be called", "unexpected keyword argument 'bias'", "line with `def`"]),
        (misspells, ["NameError: name 'weightz' is not defined", "return x @ weightz + bias", "spelled"]),
        (mismatches, ["ValueError: matmul", "return np.ones(5) @ weights", "shape of each array"]),
        (calls_itself, ["RecursionError", "return calls_itself(x, weights, bias)", "calls itself again"]),
        (leaves, ["ends the program", "sys.exit(3)", "`return`, not with `exit()`"]),
        (uses_none, ["TypeError: 'NoneType' object is not subscriptable", "forget its `return`"]),
        (lambda x, weights, bias: -right(x, weights, bias), ["Every sign is turned around"]),
        (lambda x, weights, bias: 2 * right(x, weights, bias), ["Every value is 2 times what it should be"]),
        (lambda x, weights, bias: right(x, weights, bias) + 0.5, ["Every value is 0.5 too large"]),
    ],
)
def test_every_common_mishap_has_its_own_words(submitted, words):
    outcome = run_check("99.1", submitted)
    assert outcome.status == "failed"
    for each in words:
        assert each in says(outcome)


def test_the_place_of_an_exception_is_the_learners_line_and_not_the_librarys():
    outcome = run_check("99.1", lambda x, weights, bias: np.linalg.inv(x))  # raised inside NumPy
    assert outcome.source.endswith("np.linalg.inv(x))  # raised inside NumPy")
    assert outcome.place.endswith("of test_checks_mechanism.py")
    assert "LinAlgError" in outcome.message


def test_a_built_in_name_that_holds_a_value_is_diagnosed():
    notebook = {}
    exec("sum = 3\ndef layer(x, weights, bias):\n    return sum(x)", notebook)
    outcome = run_check("99.1", notebook["layer"])
    assert "'int' object is not callable" in outcome.message
    assert "`sum` is a function of Python, but in your notebook that name now holds a number" in outcome.hint


def test_every_call_gets_fresh_inputs_and_gives_a_result_of_its_own():
    buffer = np.zeros(2)

    def layer(x, weights, bias):
        buffer[:] = x
        x *= 3
        x /= 3
        return buffer

    results = []

    @exercise("99.2", title="Twice", may_nudge_input=True)
    def twice(submitted):
        given = np.array([3.0, 4.1])
        results.extend([submitted(given, 0, 0), submitted(given + 1, 0, 0), given])

    assert run_check("99.2", layer).passed
    assert [result.tolist() for result in results] == [[3, 4.1], [4, 5.1], [3, 4.1]]


@pytest.mark.parametrize("change", [lambda x: x.fill(0), lambda x: np.add(x, 1e-5, out=x), lambda x: x.sort()])
def test_an_input_that_may_be_nudged_has_to_be_put_back(change):
    @exercise("99.2", title="Nudged", may_nudge_input=True)
    def nudged(submitted):
        submitted(np.array([4.0, 3.0]))

    outcome = run_check("99.2", lambda x: change(x))
    assert outcome.message.startswith("Your function leaves its input `x` changed")
    assert "Put back" in outcome.hint


def test_changes_deep_inside_an_input_are_seen():
    @exercise("99.2", title="Nested")
    def nested(submitted):
        submitted({"layers": [np.ones(2)]})

    def change(given):
        given["layers"][0][1] = np.nan

    assert "changes its input `given`" in run_check("99.2", change).message
    assert run_check("99.2", lambda given: None).passed


@pytest.mark.parametrize(
    "change", [lambda given: given["rates"].sort(), lambda given: given.update(name="x"), lambda given: given.clear()]
)
def test_numbers_and_texts_that_are_exchanged_in_an_input_are_seen(change):
    @exercise("99.2", title="Plain values")
    def plain(submitted):
        submitted({"rates": [0.3, 0.1, float("nan")], "name": "adam", "bound": None})

    outcome = run_check("99.2", change)
    assert "changes its input `given`" in outcome.message
    assert "a copy" in outcome.hint
    assert run_check("99.2", lambda given: None).passed


def test_an_input_with_nan_in_it_that_stays_is_not_called_changed():
    @exercise("99.2", title="Not a number")
    def not_a_number(submitted):
        submitted(np.array([1.0, np.nan]))

    assert run_check("99.2", lambda given: None).passed


def test_a_random_generator_may_be_used_and_starts_the_same_in_every_call():
    drawn = []

    @exercise("99.2", title="Random")
    def random(submitted):
        rng = np.random.default_rng(0)
        drawn.extend([submitted(rng), submitted(rng)])

    assert run_check("99.2", lambda rng: rng.normal()).passed
    assert drawn[0] == drawn[1]


def test_what_a_function_replaces_or_deletes_in_numpy_is_named_and_put_back():
    def replaces(x, weights, bias):
        np.linalg.norm, np.pi = max, 3.0
        del np.argsort
        np.a_new_name = 1  # nothing that was there is lost
        return right(x, weights, bias)

    usual = np.linalg.norm, np.pi, np.argsort
    try:
        outcome = run_check("99.1", replaces)
    finally:
        del np.a_new_name
    assert outcome.status == "failed"
    assert "in place of `numpy." in outcome.message
    assert usual == (np.linalg.norm, np.pi, np.argsort)


def test_an_array_of_a_subclass_is_compared_as_a_plain_one():
    class AlwaysEqual(np.ndarray):
        def __array_function__(self, function, types, arguments, named):
            return True

    (value,) = expect.call(lambda: [np.ones(3).view(AlwaysEqual)])
    assert type(value) is np.ndarray
    assert not np.allclose(value, 2.0)


def test_an_interrupt_passes_through_as_itself_and_names_the_learners_line():
    def interrupted(x, weights, bias):
        raise KeyboardInterrupt  # the learner clicks Stop

    with pytest.raises(KeyboardInterrupt) as caught:
        run_check("99.1", interrupted)
    assert caught.type is KeyboardInterrupt
    (line,) = caught.value._render_traceback_()
    assert "raise KeyboardInterrupt  # the learner clicks Stop" in line


@pytest.mark.parametrize(("line", "times"), [("again", 100_000), ("x" * 3_000, 1), ("y" * 300, 30)])
def test_printing_is_passed_on_but_only_so_much_of_it(capsys, line, times):
    def prints(x, weights, bias):
        print("shape", x.shape)
        for _ in range(times):
            print(line)
        return right(x, weights, bias)

    check("99.1", prints)
    printed = capsys.readouterr().out
    assert printed.startswith(f"shape (2,)\n{line[:100]}")
    assert printed.endswith("\n(Your function prints more than this. The rest is not shown.)\n")
    assert len(printed) < 2_100
    assert len(printed.splitlines()) <= 41
    run_check("99.1", prints)
    assert capsys.readouterr().out == ""


def test_a_mistake_in_the_check_is_not_blamed_on_the_learner():
    @exercise("99.2", title="Broken")
    def broken(submitted):
        return submitted(1) + "text"

    outcome = run_check("99.2", lambda x: x)
    assert outcome.status == "broken"
    assert "The check itself stopped with TypeError" in outcome.message
    assert "not yours" in outcome.hint


def test_an_exercise_can_ask_for_a_value():
    @exercise("99.2", title="Weights", kind="value")
    def weights(value):
        expect.expect_close(value, [1.0, -1.0])

    assert run_check("99.2", np.array([1.0, -1.0])).passed
    assert run_check("99.2", ...).status == "not_written"
    assert "asks for a value" in run_check("99.2", right).message
    assert "is None" in run_check("99.2", None).message


class Remote:
    """A submission that runs elsewhere: it can be called, and looking at anything else of it is an error."""

    def __init__(self, function):
        object.__setattr__(self, "function", function)

    def __call__(self, *arguments, **named):
        return object.__getattribute__(self, "function")(*arguments, **named)

    def __getattribute__(self, name):
        raise AssertionError(f"a check looked at {name}")


def test_a_check_only_ever_calls_what_is_submitted():
    assert run_check("99.1", Remote(right)).passed
    assert run_check("99.1", Remote(forgets_return)).status == "failed"


def test_an_exception_that_happened_elsewhere_keeps_its_place():
    def remote(*arguments, **named):
        raise LearnerError("ValueError", "no such shape", place="line 3 of your submission", source="x.reshape(7)")

    outcome = run_check("99.1", remote)
    assert outcome.message == "Your function stopped with ValueError: no such shape"
    assert (outcome.place, outcome.source) == ("line 3 of your submission", "x.reshape(7)")


def test_a_failing_check_raises_with_the_card_as_its_message():
    with pytest.raises(CheckFailed, match="Did you forget the bias") as caught:
        check("99.1", lambda x, weights, bias: x @ weights)
    assert caught.value.outcome.status == "failed"
    assert not issubclass(NotWrittenYet, CheckFailed)


def test_importing_the_checks_loads_nothing_heavy():
    code = "import sys, course_lib.checks; print({'torch', 'matplotlib', 'IPython', 'jupytext'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


# Numbers of exercises


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("99.2", ["99.2", "Did you mean 99.1 (A layer in one line)?", "Chapter 99 has 99.1."]),
        ("88.1", ["88.1", "Exercises exist for chapter", "99"]),
        ("layer", ["layer", "Exercises exist for chapter"]),
        (99.1, ["99.1 is not the number of an exercise", "in quotes"]),
    ],
)
def test_an_unknown_number_names_the_near_and_the_existing_ones(number, words):
    with pytest.raises(UnknownExercise) as caught:
        check(number, right)
    for each in words:
        assert each in str(caught.value)


def folder_of(chapter, tmp_path, **files):
    folder = tmp_path / f"chapter_{chapter}"
    folder.mkdir()
    for name, number in {"__init__": None, **files}.items():
        code = f"@exercise({number!r}, title='{name}')\ndef it(submitted): ...\n"
        (folder / f"{name}.py").write_text(f"from course_lib.checks import exercise\n{code}" if number else "")


def test_an_exercise_is_found_by_its_file_in_the_folder_of_its_chapter(tmp_path, monkeypatch):
    folder_of(98, tmp_path, second="98.2", first="98.1", tenth="98.10")
    monkeypatch.setattr(course_lib.checks, "__path__", [*course_lib.checks.__path__, str(tmp_path)])
    assert 98 in registry.chapter_numbers()
    found = [(each.number, each.title) for each in exercises(98)]
    assert found == [("98.1", "first"), ("98.2", "second"), ("98.10", "tenth")]
    assert run_check("98.1", right).passed
    folder_of(96, tmp_path, third="98.3")
    with pytest.raises(ValueError, match=r"Exercise '98.3' in chapter_96"):
        exercises(96)


def test_a_check_judges_the_same_whatever_numpy_is_set_to():
    @exercise("99.2", title="Tiny")
    def tiny(submitted):
        expect.expect_close(submitted(np.array([-1000.0])), np.exp(np.array([-1000.0])))

    with np.errstate(all="raise"):
        assert run_check("99.2", np.exp).passed
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="divide by zero encountered in log"):
        run_check("99.2", lambda x: np.log(0 * x))


@pytest.mark.parametrize("number", ["1", "1.0", "01.2", "1.2 ", 1.2, "a.b"])
def test_a_number_that_cannot_be_is_refused(number):
    with pytest.raises(ValueError, match=r"give 'CHAPTER\.EXERCISE'|give \"CHAPTER\.EXERCISE\""):
        exercise(number, title="x")(lambda submitted: None)


def test_two_checks_for_one_number_are_refused():
    with pytest.raises(ValueError, match=r"Exercise 99.1 has two checks: layer in .* and other in"):

        @exercise("99.1", title="Again")
        def other(submitted): ...
