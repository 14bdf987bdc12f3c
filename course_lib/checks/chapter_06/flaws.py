"""Exercise 6.7: the flaws of six reports, and their remedies. Reading on spoils the exercise.

The learner answers {"A": (flaw, remedy), ..., "F": ...} with the names in `course_lib.checks.six_reports`.
"""

from course_lib.checks.drawn_questions import Question, Replacement, order_of
from course_lib.checks.mistakes import Said
from course_lib.checks.named_pairs import diagnose_pairs, expect_named_pairs
from course_lib.checks.registry import exercise
from course_lib.checks.six_reports import FLAWS, REMEDIES

ANSWERS = {
    "A": ("copies_in_both_parts", "split_before_copying"),
    "B": ("one_number_hides_a_class", "look_at_every_class"),
    "C": ("two_things_changed", "change_one_thing_at_a_time"),
    "D": ("one_run_each", "more_seeds_and_an_interval"),
    "E": ("chosen_on_test_data", "choose_on_validation_data"),
    "F": ("one_learning_rate_for_both", "tune_each_at_its_own_rate"),
}

NEXT_LOOK = {
    "A": "Take one photograph and its ten copies, and follow them: where does each of the eleven end up?",
    "B": "What would a network get that calls every casting sound?",
    "C": "Write down how the two networks differ, field by field, as in exercise 6.1.",
    "D": "By how much would the 94.1% change if the same network were trained again with another seed?",
    "E": "What was the number 93.8% used for, before it was told to the customer?",
    "F": "Who chose the learning rate, and for which of the two?",
}

WHY_NOT = {
    ("A", "chosen_on_test_data"): "It was chosen on the validation part, and the test part was looked at once.",
    ("A", "one_number_hides_a_class"): "Every tree is above 97%.",
    ("A", "one_run_each"): "There are ten seeds, with an interval.",
    ("A", "nothing_wrong"): "Seeds, validation and test look right. Something went wrong before the data was divided.",
    ("B", "copies_in_both_parts"): "There is one picture of each casting, and nothing was copied.",
    ("B", "one_run_each"): "There are eight seeds, and the interval is narrow.",
    ("B", "chosen_on_test_data"): "The choice was made on the validation part.",
    ("B", "nothing_wrong"): "97.5% sounds like much. Compare it with the 97% of the first sentence.",
    ("C", "one_run_each"): "There are ten seeds on each side, and an interval far from 0.",
    ("C", "one_learning_rate_for_both"): "The two were trained at different rates. Is that all in which they differ?",
    ("C", "one_number_hides_a_class"): "Every class gains.",
    ("C", "too_few_epochs"): "All curves were level at the end.",
    ("C", "nothing_wrong"): "The 4 points are sure. Is it sure what they come from?",
    ("D", "two_things_changed"): "The drop rate is all that changed.",
    ("D", "one_learning_rate_for_both"): "That rate was the best of five for both.",
    ("D", "chosen_on_test_data"): "The numbers are of the validation part.",
    ("D", "too_few_epochs"): "Both curves were level when the runs ended.",
    ("D", "one_number_hides_a_class"): "24 of 26 letters say the same.",
    ("D", "nothing_wrong"): "How large are the differences that come by themselves?",
    ("E", "one_run_each"): "Each variant had five seeds, and there is an interval.",
    ("E", "copies_in_both_parts"): "None of the test images is among the training images.",
    ("E", "two_things_changed"): "The report gives no single change the credit: it picks one of 20 variants.",
    ("E", "one_number_hides_a_class"): "No kind of sign is below 91%.",
    ("E", "nothing_wrong"): "The best of 20 was also the luckiest of 20 on these images. Which images would tell?",
    ("F", "two_things_changed"): "The optimizer is all that changed. Should something else have changed with it?",
    ("F", "too_few_epochs"): "Adam's loss has not fallen since epoch 5: it would not fall in more epochs.",
    ("F", "one_run_each"): "There are ten seeds on each side, and an interval far from 0.",
    ("F", "one_number_hides_a_class"): "Adam is behind in every class.",
    ("F", "nothing_wrong"): "The figures are sure, for Adam at *this* learning rate.",
}

OTHER_REMEDY = {
    "copies_in_both_parts": "Every seed would be tested with such copies. Which should come first, copies or parts?",
    "one_number_hides_a_class": "What would show you how many of the cracked castings are found?",
    "two_things_changed": "Two changes make four networks. Which of them have not been trained?",
    "one_run_each": "How would you find out how far two runs of one network lie apart?",
    "chosen_on_test_data": "Which part of the data is there to make choices with?",
    "one_learning_rate_for_both": "What would be fair to both?",
}


# ---- wrong answers --------------------------------------------------------------------------------------------------


def but(**pairs):
    """The right answer, but for these letters."""
    return lambda: ANSWERS | pairs


MISTAKES = [
    (but(A=("chosen_on_test_data", "choose_on_validation_data")), Said("A: It was chosen on the validation part")),
    (but(A=("copies_in_both_parts", "more_seeds_and_an_interval")), Said("A: the flaw is right")),
    (but(B=("nothing_wrong", "train_longer")), Said("Compare it with the 97%")),
    (but(C=("one_learning_rate_for_both", "tune_each_at_its_own_rate")), Said("Is that all in which they differ?")),
    (but(C=("two_things_changed", "tune_each_at_its_own_rate")), Said("Two changes make four networks")),
    (but(D=("too_few_epochs", "train_longer")), Said("Both curves were level")),
    (but(E=("one_run_each", "more_seeds_and_an_interval")), Said("Each variant had five seeds")),
    (but(F=("too_few_epochs", "train_longer")), Said("has not fallen since epoch 5")),
    (but(F=("two_things_changed", "change_one_thing_at_a_time")), Said("Should something else have changed")),
    (but(B=("look_at_every_class", "one_number_hides_a_class")), Said("expected the flaw first")),
    (but(D=("one_run", "more_seeds_and_an_interval")), Said("Did you mean 'one_run_each'")),
    (lambda: {letter: ANSWERS[letter] for letter in "ABCDE"}, Said("lacks 'F'")),
    (lambda: {letter: flaw for letter, (flaw, _) in ANSWERS.items()}, Said("Write them together: `(flaw, remedy)`")),
    (lambda: dict.fromkeys("ABCDEF", ("one_run_each", "more_seeds_and_an_interval")), Said("Right: D.")),
]


# ---- the check ------------------------------------------------------------------------------------------------------


@exercise("6.7", title="Six reports, six flaws", mistakes=MISTAKES)
def check_flaws(submitted):
    """Which letters are right, and for the others what to look at next."""
    return find_flaws(submitted, dict(zip(ANSWERS, ANSWERS, strict=True)))


def drawn_question(seed):
    """The same six reports under other letters."""
    order = order_of("6.7", tuple(ANSWERS), seed)
    imports = "from course_lib.checks.drawn_questions import lettered\n\n\n"
    return Question(
        "6.7",
        seed,
        check=lambda submitted: find_flaws(submitted, order),
        answer={letter: ANSWERS[own] for letter, own in order.items()},
        replacements=(
            Replacement("def listed(names):", "", f"{imports}def listed(names):"),
            Replacement("in REPORTS.items()", "", f'in lettered(REPORTS, "6.7", {seed}).items()'),
        ),
    )


def find_flaws(submitted, order):
    """The check; order : {letter that the learner sees: letter of the report here}."""
    answers = expect_named_pairs(submitted, tuple(ANSWERS), FLAWS, REMEDIES, "remedy", first="flaw")
    right = {letter: ANSWERS[own] for letter, own in order.items()}
    diagnose_pairs(answers, right, lambda letter, *given: _told(order[letter], *given))
    return "Six reports, six flaws, and for each what would have kept it out."


def _told(letter, flaw, remedy):
    if flaw == ANSWERS[letter][0]:
        return f"the flaw is right, and {remedy!r} does not meet it.", (OTHER_REMEDY[flaw],)
    return f"its flaw is another one than {flaw!r}.", (WHY_NOT.get((letter, flaw)), NEXT_LOOK[letter])
