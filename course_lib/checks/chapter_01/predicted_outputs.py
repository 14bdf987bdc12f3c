"""Exercise 1.5: the outputs of the article's network after one change, worked out on paper."""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe, listed
from course_lib.checks.expectations import expect_number, expect_tuple
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise
from course_lib.data import article_network


def outputs_after(change):
    """(y1, y2) of the article's network after the change with this letter: an array of two."""
    net = article_network()
    if change == "A":
        net.hidden_biases[0] = 0
    elif change == "B":
        net.hidden_weights[0, 0] = 0
    elif change == "C":
        net.output_weights[1, 1] = 6
    hidden = np.maximum(net.x @ net.hidden_weights + net.hidden_biases, 0)
    return np.maximum(hidden @ net.output_weights + net.output_biases, 0)


MISTAKES = [
    (lambda: [[46, 0], [46, 0], [46, 0]], "Those are the outputs without any change."),
    (lambda: [[10, 5], [34, 0], [46, 2]], "The sum of n1 is negative now. What does ReLU pass on?"),
    (lambda: [[14, 3], [34, -7], [46, 2]], "An output has ReLU too: it is never negative."),
    (
        lambda: [[14, 3], [14, 3], [46, 2]],
        "Begin anew with the article's network each time; the changes do not add up. And one weight of 0 does not "
        "turn n1 off: its other input and its bias are still there.",
    ),
    (
        lambda: [[14, 3], [34, 0], [14, 18]],
        "Begin anew with the article's network each time; the changes do not add up.",
    ),
    (lambda: [[3, 14], [0, 34], [2, 46]], "y1 and y2 are swapped."),
    (lambda: [[14, 5], [34, 0], [46, 2]], Said("y1 is right, the other number is not")),
    (lambda: [14, 3, 34, 0, 46, 2], Said("expected three pairs")),
    (lambda: None, Said("forget `return`")),
]


@exercise("1.5", title="Predict, then test", mistakes=MISTAKES)
def predicted_outputs(submitted):
    """Three pairs (y1, y2) that the learner worked out on paper."""
    pairs = submitted()
    pairs = pairs.tolist() if isinstance(pairs, np.ndarray) else pairs
    if not isinstance(pairs, list | tuple) or len(pairs) != 3:
        raise Diagnosis(
            f"Your answer is {describe(pairs)}; expected three pairs, [[y1, y2], [y1, y2], [y1, y2]].",
            hint="Did you forget `return`?" if pairs is None else "One pair for A, one for B, one for C, in a list.",
        )
    for place, (letter, pair) in enumerate(zip("ABC", pairs, strict=True)):
        pair = pair.tolist() if isinstance(pair, np.ndarray) else pair
        pair = expect_tuple(pair, 2, f"Your pair {letter}", ("y1", "y2"))
        _check_pair(place, letter, np.array([expect_number(each, f"A number of your pair {letter}") for each in pair]))
    return "All three are right. Now set them in the explorer and see them happen."


def _check_pair(place, letter, pair):
    """Say what is wrong with a prediction, and never the right numbers: they are the exercise."""
    right = outputs_after(letter)
    if np.allclose(pair, right):
        return
    hints = [hint for wrong, hint in known(MISTAKES, part=place) if np.allclose(pair, wrong)]
    agree = [name for name, mine, true in zip(("y1", "y2"), pair, right, strict=True) if np.isclose(mine, true)]
    part = f"{agree[0]} is right, the other number is not" if agree else "neither number is right"
    raise Diagnosis(
        f"Your pair {letter} is {listed(pair)}: {part}.",
        hint=hints[0] if hints else "Work out n1 and n2 first, then each output from them, and write every sum down.",
    )
