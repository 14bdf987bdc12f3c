"""Exercise 3.10: which illness three broken networks have, and what helps. Reading on spoils it."""

from course_lib.checks.broken_networks import ILLNESSES, LETTERS, REMEDIES
from course_lib.checks.drawn_questions import Question, Replacement, order_of
from course_lib.checks.mistakes import Said
from course_lib.checks.named_pairs import diagnose_pairs, expect_named_pairs
from course_lib.checks.registry import exercise

ANSWERS = {
    "A": ("layer_off_from_the_start", "shifts_to_zero"),
    "B": ("steps_too_long", "learning_rate_divided_by_1000"),
    "C": ("statistics_stand_still", "statistics_that_move"),
}

NEXT_LOOK = {
    "A": "Look at it before the first step, layer by layer from the first to the last. In which layer does it change, "
    "and what are the `sums` of `layer_flow` there?",
    "B": "Compare it before the first step with itself after twenty steps: the losses on the way, the spread of the "
    "activations, the units that are off.",
    "C": "Train it for a hundred steps. Then ask the same images in both modes: `evaluate(x, labels)` and "
    "`evaluate(x, labels, training=True)`.",
}

WHY_NOT = {
    ("A", "starting_weights_too_small"): "Does the spread shrink in every layer, or does it break off at one?",
    ("A", "units_all_alike"): "In the first layers the columns of an activation array differ from each other.",
    ("A", "steps_too_long"): "It looks the same before any step was made.",
    ("B", "layer_off_from_the_start"): "Before the first step, are units of it off?",
    ("B", "starting_weights_too_large"): "Before the first step its spread is about equal in all layers.",
    ("B", "steps_too_short"): "How much does the loss change in the first steps?",
    ("C", "overfitting"): "How does it do on its training images, in evaluation mode?",
    ("C", "steps_too_long"): "In training mode its loss falls as a healthy network's does.",
    ("C", "steps_too_short"): "In training mode its loss falls as a healthy network's does.",
}

OTHER_REMEDY = {
    "A": "Which parameters of that layer put its sums where they are? `parameters()` shows them by name. A remedy for "
    "it changes those.",
    "B": "What decides how far one update goes? Adam divides the gradient by its own running size.",
    "C": "Which numbers does evaluation use that training does not? `state()` shows them: compare before and after "
    "twenty steps.",
}


def answer_with(**changed):
    """The right answer but for the given letters."""
    return lambda: ANSWERS | changed


def _mistakes():
    """For each letter every other illness, with the right remedy, and the right illness with every other remedy."""
    for letter, (illness, remedy) in ANSWERS.items():
        for other in ILLNESSES:
            if other != illness:
                looks = WHY_NOT.get((letter, other)), NEXT_LOOK[letter]
                yield answer_with(**{letter: (other, remedy)}), " ".join(filter(None, [f"{letter}:", *looks]))
        for other in REMEDIES:
            if other != remedy:
                yield answer_with(**{letter: (illness, other)}), f"{letter}: {OTHER_REMEDY[letter]}"


MISTAKES = [
    *_mistakes(),
    (answer_with(A=("layer_of_from_start", "dropout")), Said("Did you mean 'layer_off_from_the_start'")),
    (answer_with(B=("steps_too_long", "Clip by norm")), Said("Did you mean 'clip_by_norm'")),
    (answer_with(C=("dropout", "overfitting")), Said("the illness first, then the remedy")),
    (answer_with(C="overfitting"), Said("The answer for C is a text (str)")),
    (answer_with(C=("overfitting", 3)), Said("The remedy for C is a number: 3")),
    (answer_with(C=None), Said("forget `return`")),
    (answer_with(D=("overfitting", "dropout")), Said("'D'")),
    (lambda: None, Said("forget `return`")),
]


@exercise("3.10", title="Find the bug", mistakes=MISTAKES)
def find_the_bug(submitted):
    """Says which letters are right, and for each other one what to look at next."""
    return find_the_bugs(submitted, dict(zip(LETTERS, LETTERS, strict=True)))


def drawn_question(seed):
    """The same networks under other letters."""
    order = order_of("3.10", LETTERS, seed)
    imports = "from course_lib.checks.broken_networks import ILLNESSES, REMEDIES"
    drawn = f"{imports}, drawn_networks\n\nbroken_network, treated = drawn_networks({seed})"
    given = "from course_lib.checks.broken_networks import ( ILLNESSES, REMEDIES, broken_network, )"
    return Question(
        "3.10",
        seed,
        check=lambda submitted: find_the_bugs(submitted, order),
        answer={letter: ANSWERS[own] for letter, own in order.items()},
        replacements=(
            Replacement(given, "", drawn),
            Replacement('`treated("A", remedy)` from', "`course_lib.checks.broken_networks`", '`treated("A", remedy)`'),
        ),
    )


def find_the_bugs(submitted, order):
    """The check; order : {letter that the learner sees: letter of the network here}."""
    answers = expect_named_pairs(submitted, LETTERS, ILLNESSES, REMEDIES, "remedy")
    right = {letter: ANSWERS[own] for letter, own in order.items()}
    diagnose_pairs(answers, right, lambda letter, *given: _told(order[letter], *given))
    return "Three causes found, each by another look: at the start, after some steps, in the other mode."


def _told(letter, illness, _):
    if illness == ANSWERS[letter][0]:
        return "the illness is right, the remedy does not meet its cause.", (OTHER_REMEDY[letter],)
    return f"its illness is another one than {illness!r}.", (WHY_NOT.get((letter, illness)), NEXT_LOOK[letter])
