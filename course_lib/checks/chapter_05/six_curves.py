"""Exercise 5.8: what six training curves suffer from, and what cures it. Reading on spoils the exercise.

The learner answers {"A": (illness, cure), ..., "F": ...} with the names in `course_lib.checks.sick_curves`.
"""

from course_lib.checks.drawn_questions import Question, Replacement, order_of
from course_lib.checks.mistakes import Said
from course_lib.checks.named_pairs import diagnose_pairs, expect_named_pairs
from course_lib.checks.registry import exercise
from course_lib.checks.sick_curves import CURES, CURVE_ILLNESSES

ANSWERS = {
    "A": ("too_few_or_too_short_steps", "larger_learning_rate"),
    "B": ("overfits", "more_images_or_a_penalty"),
    "C": ("validation_leaked", "split_again"),
    "D": ("learning_rate_too_high", "smaller_learning_rate"),
    "E": ("learns_wrong_labels", "look_at_the_labels_and_stop_early"),
    "F": ("network_too_small", "more_units"),
}

NEXT_LOOK = {
    "A": "Look at both losses in the last epochs: are they level, or still going down?",
    "B": "Compare the two losses after epoch 10: one goes on falling, what does the other do?",
    "C": "Look at the diamond: what did new images say, and what had validation promised?",
    "D": "Look at how the training loss goes from epoch to epoch: smoothly?",
    "E": "Look at the validation *accuracy*: it rises, and then? And at how slowly the training accuracy starts.",
    "F": "Look at the training curves alone: where do they end, and are they still moving?",
}

WHY_NOT = {
    ("A", "network_too_small"): "A network that is too small has reached its floor. Are these curves level at the end?",
    ("A", "overfits"): "The two curves hardly part, so it has learned nothing by heart.",
    ("A", "nothing"): "Its loss is still far from its floor when the run ends.",
    ("A", "learning_rate_too_high"): "The curves are smooth, and nothing jumps.",
    ("B", "learns_wrong_labels"): "With wrong labels the validation *accuracy* falls, too, after its best. Does this "
    "one's?",
    ("B", "nothing"): "The training loss goes to 0 while the validation loss climbs.",
    ("B", "validation_leaked"): "The diamond lies where validation said it would.",
    ("B", "validation_of_another_kind"): "In the first epochs the two curves lie together: the images are of one kind.",
    ("C", "nothing"): "Training and validation agree, which is what one hopes for. The diamond does not.",
    ("C", "overfits"): "It does, and the validation curve does not show it: why not? That is the illness to name.",
    ("C", "validation_of_another_kind"): "Here validation is as good as training, not worse.",
    ("D", "network_too_small"): "It jumps: a network that is too small lies still at its floor.",
    ("D", "too_few_or_too_short_steps"): "Its loss goes up as often as down. Longer steps would not help.",
    ("D", "overfits"): "Training and validation jump together.",
    ("E", "overfits"): "It does overfit. But look how late the training accuracy passes the validation accuracy, and "
    "that the validation accuracy falls: what is it that it learns by heart?",
    ("E", "validation_of_another_kind"): "Early on validation is *better* than training.",
    ("E", "validation_leaked"): "Validation does not follow training at the end.",
    ("E", "learning_rate_too_high"): "The training loss falls smoothly.",
    ("F", "too_few_or_too_short_steps"): "In the last ten epochs hardly anything moves.",
    ("F", "overfits"): "Training and validation lie close together: there is no gap to close.",
    ("F", "learning_rate_too_high"): "The curves are level, and do not jump.",
    ("F", "nothing"): "It is wrong about most of its own training images.",
}

OTHER_CURE = {
    "too_few_or_too_short_steps": "What brings it faster, or lets it walk longer?",
    "overfits": "It has too few images for what it can learn by heart. What gives it more, or lets it learn less?",
    "validation_leaked": "Nothing is wrong with the network. What is wrong with the measurement?",
    "learning_rate_too_high": "What decides how far one step goes?",
    "learns_wrong_labels": "Where do the errors stand?",
    "network_too_small": "What can it not do, and what would it need for it?",
}

WHY_NOT_THE_CURE = {
    ("learns_wrong_labels", "more_images_or_a_penalty"): "More of the same images bring more of the same errors.",
    ("network_too_small", "more_images_or_a_penalty"): "A penalty makes it weaker still.",
    ("network_too_small", "larger_learning_rate"): "Its curves are level: it has arrived, and not far enough.",
    ("overfits", "more_units"): "More units can learn still more by heart.",
}


# ---- wrong answers --------------------------------------------------------------------------------------------------


def but(**pairs):
    """The right answer, but for these letters."""
    return lambda: ANSWERS | pairs


MISTAKES = [
    (but(A=("network_too_small", "more_units")), Said("Are these curves level at the end?")),
    (but(A=("too_few_or_too_short_steps", "more_units")), Said("A: the illness is right")),
    (but(B=("learns_wrong_labels", "look_at_the_labels_and_stop_early")), Said("validation *accuracy* falls, too")),
    (but(C=("nothing", "leave_it")), Said("The diamond does not")),
    (but(C=("overfits", "more_images_or_a_penalty")), Said("That is the illness to name")),
    (but(D=("network_too_small", "more_units")), Said("lies still at its floor")),
    (but(E=("overfits", "more_images_or_a_penalty")), Said("what is it that it learns by heart")),
    (but(F=("too_few_or_too_short_steps", "larger_learning_rate")), Said("hardly anything moves")),
    (but(F=("network_too_small", "more_images_or_a_penalty")), Said("A penalty makes it weaker still")),
    (but(F=("network_too_small", "larger_learning_rate")), Said("it has arrived")),
    (but(E=("learns_wrong_labels", "more_images_or_a_penalty")), Said("more of the same errors")),
    (but(B=("more_images_or_a_penalty", "overfits")), Said("expected the illness first")),
    (but(B=("overfitting", "more_images_or_a_penalty")), Said("Did you mean 'overfits'")),
    (lambda: {letter: ANSWERS[letter] for letter in "ABCDE"}, Said("lacks 'F'")),
    (lambda: dict.fromkeys("ABCDEF", ("overfits", "more_images_or_a_penalty")), Said("Right: B.")),
]


# ---- the check ------------------------------------------------------------------------------------------------------


@exercise("5.8", title="Six runs, six illnesses", mistakes=MISTAKES)
def check_diagnoses(submitted):
    """Which letters are right, and for the others what to look at next."""
    return diagnose_curves(submitted, dict(zip(ANSWERS, ANSWERS, strict=True)))


def drawn_question(seed):
    """The same six runs under other letters."""
    order = order_of("5.8", tuple(ANSWERS), seed)
    imports = "from course_lib.checks.sick_curves import CURES, CURVE_ILLNESSES\n\n"
    drawn = f'{imports}curves = lettered(six_curves(), "5.8", {seed})'
    return Question(
        "5.8",
        seed,
        check=lambda submitted: diagnose_curves(submitted, order),
        answer={letter: ANSWERS[own] for letter, own in order.items()},
        replacements=(
            Replacement(
                f"{imports}curves = six_curves()",
                "",
                f"from course_lib.checks.drawn_questions import lettered\n{drawn}",
            ),
        ),
    )


def diagnose_curves(submitted, order):
    """The check; order : {letter that the learner sees: letter of the run here}."""
    answers = expect_named_pairs(submitted, tuple(ANSWERS), CURVE_ILLNESSES, CURES, "cure")
    right = {letter: ANSWERS[own] for letter, own in order.items()}
    diagnose_pairs(answers, right, lambda letter, *given: _told(order[letter], *given))
    return "Six runs, six causes, and for each the cure that meets it."


def _told(letter, illness, cure):
    if illness == ANSWERS[letter][0]:
        what = f"the illness is right, and {cure!r} does not meet its cause."
        return what, (WHY_NOT_THE_CURE.get((illness, cure)), OTHER_CURE[illness])
    return f"it suffers from something else than {illness!r}.", (WHY_NOT.get((letter, illness)), NEXT_LOOK[letter])
