"""Questions drawn from a seed for a class: their own right answer passes, another class's does not, the text fits."""

import re

import numpy as np
import pytest

from course_lib.checks import run_check
from course_lib.checks.broken_networks import LETTERS, broken_network, drawn_networks, treated
from course_lib.checks.cards import CheckFailed
from course_lib.checks.chapter_01 import predicted_outputs
from course_lib.checks.chapter_04 import timing_plan
from course_lib.checks.drawn_questions import QuestionError, drawn_numbers, lettered, order_of, put_into, question
from course_lib.checks.six_reports import REPORTS
from course_lib.learner import check
from course_notebooks import notebook_of, notebook_path
from right_answers_ch04 import RIGHT as OF_CHAPTER_4
from right_answers_ch05 import CURVES
from right_answers_ch06 import FLAWS

NUMBERS = drawn_numbers()
SEEDS = range(20)
OWN = {  # what is right for the course's own question
    "1.5": [[14, 3], [34, 0], [46, 2]],
    "1.7": ([[1, 1], [1, 1]], [0, -1], [[-1], [2]], [1]),
    "3.10": {
        "A": ("layer_off_from_the_start", "shifts_to_zero"),
        "B": ("steps_too_long", "learning_rate_divided_by_1000"),
        "C": ("statistics_stand_still", "statistics_that_move"),
    },
    "4.7": OF_CHAPTER_4["4.7"][0](),
    "5.8": CURVES,
    "6.7": FLAWS,
}
LETTERED = ("3.10", "5.8", "6.7")


def cells(book, word):
    return [text for text in ("".join(cell["source"]) for cell in book["cells"]) if word in text]


def handing_in(value):
    return lambda: value


def test_the_questions_that_have_one_right_answer_can_be_drawn():
    assert list(OWN) == NUMBERS


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("number", NUMBERS)
def test_the_right_answer_for_the_seed_passes(number, seed):
    outcome = run_check(number, handing_in(question(number, seed).answer), question=seed)
    assert outcome.passed, outcome
    assert outcome.message


@pytest.mark.parametrize("number", NUMBERS)
def test_the_courses_own_answer_fails_for_every_seed_and_passes_without_one(number):
    assert run_check(number, handing_in(OWN[number])).passed
    for seed in SEEDS:
        assert run_check(number, handing_in(OWN[number]), question=seed).status == "failed", seed


@pytest.mark.parametrize("number", NUMBERS)
def test_last_years_answer_fails_in_most_years(number):
    answers = {seed: question(number, seed).answer for seed in SEEDS}
    passed = [
        run_check(number, handing_in(answers[last]), question=seed).passed
        for last in SEEDS
        for seed in SEEDS
        if last != seed
    ]
    assert np.mean(passed) < 0.4
    assert len({repr(answer) for answer in answers.values()}) >= 4


@pytest.mark.parametrize("number", NUMBERS)
def test_the_answer_is_not_right_for_the_courses_own_question(number):
    for seed in SEEDS:
        assert not run_check(number, handing_in(question(number, seed).answer)).passed, seed


@pytest.mark.parametrize("number", NUMBERS)
def test_a_seed_gives_the_same_question_whenever_it_is_drawn(number):
    one, other = question(number, 11), question(number, 11)
    assert (one.answer, one.replacements) == (other.answer, other.replacements)


# The letters of the diagnoses


@pytest.mark.parametrize("number", LETTERED)
def test_a_wrong_letter_is_told_under_the_letter_that_the_class_sees(number):
    for seed in SEEDS:
        order = order_of(number, tuple(OWN[number]), seed)
        answer = question(number, seed).answer
        for letter, own in order.items():
            assert answer[letter] == OWN[number][own]
        first, second, *_ = answer
        outcome = run_check(number, handing_in(answer | {first: answer[second], second: answer[first]}), question=seed)
        without = run_check(
            number,
            handing_in(OWN[number] | {order[first]: answer[second], order[second]: answer[first]}),
        )
        for letter in (first, second):
            # what the course's own check says of this run under its own letter, and nothing of other letters
            assert _said_of(letter, outcome) == _said_of(order[letter], without)


def _said_of(letter, outcome):
    parts = re.split(r"(?:^| )([A-F]): ", outcome.hint)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[letter].strip()


def test_every_letter_moves_somewhere_and_none_is_lost():
    for seed in SEEDS:
        order = order_of("5.8", "ABCDEF", seed)
        assert sorted(order.values()) == list(order) == list("ABCDEF")
        assert any(shown != own for shown, own in order.items())


def test_the_networks_are_those_of_the_letters():
    seed = 3
    broken, helped = drawn_networks(seed)
    for letter, own in order_of("3.10", LETTERS, seed).items():
        for one, other in (
            (broken(letter), broken_network(own)),
            (helped(letter, "shifts_to_zero"), treated(own, "shifts_to_zero")),
        ):
            assert one.optimizer.step.__self__.learning_rate == other.optimizer.step.__self__.learning_rate
            state = other.state()
            assert all(np.array_equal(array, state[name]) for name, array in one.state().items())
    with pytest.raises(ValueError, match="There is no broken network 'D'"):
        broken("D")


def test_the_reports_are_those_of_the_letters():
    shown = lettered(REPORTS, "6.7", 3)
    assert list(shown) == list(REPORTS)
    for letter, (flaw, _) in question("6.7", 3).answer.items():
        (own,) = [each for each in FLAWS if FLAWS[each][0] == flaw]
        assert shown[letter] == REPORTS[own]


# 1.5 and 4.7


def test_a_known_mistake_with_the_drawn_numbers_is_told():
    for seed in SEEDS:
        numbers = predicted_outputs.drawn_numbers(predicted_outputs.rng_of("1.5", seed))
        right = question("1.5", seed).answer
        for mistake, _ in predicted_outputs.drawn_mistakes(numbers):
            outcome = run_check("1.5", mistake, question=seed)
            if mistake() != right:
                assert outcome.status == "failed"
        swapped = [pair[::-1] for pair in right]
        assert "swapped" in run_check("1.5", handing_in(swapped), question=seed).hint
        plain = predicted_outputs.outputs_after("", numbers).tolist()
        assert "without any change" in run_check("1.5", handing_in([plain] * 3), question=seed).hint


def test_the_numbers_can_be_set_in_the_explorer():
    for seed in range(200):
        numbers = predicted_outputs.drawn_numbers(predicted_outputs.rng_of("1.5", seed))
        assert max(*numbers.x, abs(numbers.bias)) <= 10
        assert max(abs(numbers.weight), numbers.last) <= 6


def test_no_plan_measures_what_another_one_is_to_measure():
    for place, (_, plan) in enumerate(timing_plan.GOALS):
        for other, (_, its_plan) in enumerate(timing_plan.GOALS):
            assert timing_plan.measures_the_same(plan, its_plan) == (place == other), (plan, its_plan)


def test_a_plan_for_something_else_is_named_and_another_way_to_the_same_passes():
    seeds = {tuple(question("4.7", seed).answer): seed for seed in range(60)}
    assert len(seeds) == len(timing_plan.GOALS) - 1
    cold = seeds["read clock", "run steps", "synchronize", "read clock"]
    own = run_check("4.7", handing_in(OWN["4.7"]), question=cold)
    assert own.hint == "That is how long a warm device works on the steps."
    more_words = ["synchronize", "read clock", "run steps", "synchronize", "synchronize", "read clock", "run steps"]
    assert run_check("4.7", handing_in(more_words), question=cold).passed
    assert "read once" in run_check("4.7", handing_in(["read clock"]), question=cold).message
    asking = seeds["warm up", "synchronize", "read clock", "run steps", "read clock"]
    by_steps = ["run steps", "synchronize", "read clock", "run steps", "read clock"]
    assert run_check("4.7", handing_in(by_steps), question=asking).passed


# The notebook


@pytest.mark.parametrize("number", NUMBERS)
def test_a_notebook_asks_the_drawn_question_and_nothing_of_the_courses_own_is_left(number):
    before = notebook_of(number)
    drawn = question(number, 5)
    after = put_into(before, drawn)
    assert before == notebook_of(number)  # a copy
    (asked,) = cells(after, f'check("{number}",')
    assert re.fullmatch(rf'check\("{re.escape(number)}", \w+, question=5\)', asked)
    for each in drawn.replacements:
        assert cells(after, each.text)
        if each.start not in each.text:
            assert not cells(after, each.start)
    changed = sum(one != other for one, other in zip(before["cells"], after["cells"], strict=True))
    assert 2 <= changed <= 1 + len(drawn.replacements)


@pytest.mark.parametrize("number", NUMBERS)
def test_questions_are_put_in_one_after_the_other_and_once(number):
    book = notebook_of(number)
    here = [each for each in drawn_numbers(int(number[0])) if notebook_path(each) == notebook_path(number)]
    for each in here:
        book = put_into(book, question(each, 8))
    with pytest.raises(QuestionError, match="in 0 cells; expected one"):
        put_into(book, question(number, 8))


def asked_for(number, seed):
    """The exercise's text in a class's notebook, in one line, with the minus of programs."""
    (text,) = cells(put_into(notebook_of(number), question(number, seed)), f"### Exercise {number} ")
    return " ".join(text.split()).replace("−", "-")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_answer_to_1_5_is_what_one_works_out_from_its_text(seed):
    text = asked_for("1.5", seed)
    x1, x2 = map(int, re.search(r"x = \((\d+), (\d+)\)", text).groups())
    bias, weight, last = map(int, re.findall(r"becomes (-?\d+) \(it was", text))

    def outputs(w11=1, b1=9, v22=1):
        n1, n2 = max(w11 * x1 - x2 + b1, 0), max(2 * x1 - 3, 0)
        return [max(4 * n1 + 3 * n2 + 5, 0), max(-2 * n1 + v22 * n2, 0)]

    assert question("1.5", seed).answer == [outputs(b1=bias), outputs(w11=weight), outputs(v22=last)]
    assert f"without any change the pair is `{outputs()}`" in text
    assert f"n2 stays {2 * x1 - 3}." in text
    assert f"= {x1 - x2 + bias}. What does n1 pass on?" in text
    assert "(3, 4)" not in text


@pytest.mark.parametrize("seed", SEEDS)
def test_the_network_of_1_7_says_at_the_corners_what_its_text_asks(seed):
    found = re.search(r"The answers must be (-?\d+), (-?\d+), (-?\d+), (-?\d+) for", asked_for("1.7", seed))
    w1, b1, w2, b2 = question("1.7", seed).answer
    for corner, wanted in zip(((0, 0), (0, 1), (1, 0), (1, 1)), map(int, found.groups()), strict=True):
        hidden = [max(corner[0] * w1[0][unit] + corner[1] * w1[1][unit] + b1[unit], 0) for unit in (0, 1)]
        assert hidden[0] * w2[0][0] + hidden[1] * w2[1][0] + b2[0] == wanted


def test_the_text_of_4_7_says_what_the_check_wants_to_be_measured():
    for seed in SEEDS:
        goal = {plan: goal for goal, plan in timing_plan.GOALS}[tuple(question("4.7", seed).answer)]
        assert goal in asked_for("4.7", seed)


@pytest.mark.parametrize("number", LETTERED)
def test_the_cell_that_shows_the_letters_runs_and_shows_those_of_the_class(number):
    seed = 9
    book = put_into(notebook_of(number), question(number, seed))
    if number == "6.7":
        (text,) = cells(book, "lettered(REPORTS")
        namespace = {"html": __import__("html"), "HTML": str}
        exec("from course_lib.checks.six_reports import FLAWS, REMEDIES, REPORTS", namespace)
        last = text.rindex("HTML(")
        exec(f"{text[:last]}shown = {text[last:]}", namespace)
        for letter, report in lettered(REPORTS, "6.7", seed).items():
            assert f"<p><b>{letter}.</b> {report.split('.')[0]}" in namespace["shown"].replace("&#x27;", "'")
    elif number == "5.8":
        (text,) = cells(book, "lettered(six_curves()")
        namespace = {
            "print_wrapped": lambda *given, **named: None,
            "six_curves": lambda: {letter: f"run {letter}" for letter in "ABCDEF"},
        }
        exec(text, namespace)
        assert namespace["curves"] == {letter: f"run {own}" for letter, own in order_of("5.8", "ABCDEF", seed).items()}
    else:
        (text,) = cells(book, "drawn_networks(9)")
        namespace = {"print_wrapped": lambda *given, **named: None}
        exec(text, namespace)
        for letter, own in order_of("3.10", LETTERS, seed).items():
            state = broken_network(own).state()
            shown = namespace["broken_network"](letter).state()
            assert all(np.array_equal(array, state[name]) for name, array in shown.items())


# What cannot be drawn


def test_a_question_that_is_the_same_for_all_is_named_with_those_that_are_not():
    with pytest.raises(QuestionError, match=r"The question of 4\.1 is the same for every class\. .* 6\.7"):
        question("4.1", 3)
    with pytest.raises(QuestionError, match=r"The question of 6\.8 is the same"):
        run_check("6.8", dict, question=3)


@pytest.mark.parametrize("seed", [-1, 2.5, "7", True])
def test_a_seed_that_is_none_is_named(seed):
    with pytest.raises(QuestionError, match="expected a whole number from 0"):
        question("5.8", seed)


def test_the_card_checks_the_classs_question():
    assert "Six runs, six causes" in repr(check("5.8", handing_in(question("5.8", 4).answer), question=4))
    with pytest.raises(CheckFailed):
        check("5.8", handing_in(CURVES), question=4)
