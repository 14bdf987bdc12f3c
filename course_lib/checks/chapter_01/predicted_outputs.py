"""Exercise 1.5: the outputs of the article's network after one change, worked out on paper."""

from dataclasses import dataclass

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe, listed
from course_lib.checks.drawn_questions import Question, Replacement, rng_of
from course_lib.checks.expectations import expect_number, expect_tuple
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise
from course_lib.data import article_network


@dataclass(frozen=True)
class Numbers:
    """What the exercise says: the inputs, and what A, B and C put in the place of one number each."""

    x: tuple = (3, 4)
    bias: int = 0  # A: of n1
    weight: int = 0  # B: from x1 to n1
    last: int = 6  # C: from n2 to y2


COURSE = Numbers()


def relu(z):
    return np.maximum(z, 0)


def hidden_after(changes, numbers=COURSE, hidden_relu=relu):
    """(n1, n2) after the changes with these letters: an array of two."""
    net = article_network()
    if "A" in changes:
        net.hidden_biases[0] = numbers.bias
    if "B" in changes:
        net.hidden_weights[0, 0] = numbers.weight
    return hidden_relu(np.array(numbers.x) @ net.hidden_weights + net.hidden_biases)


def outputs_after(changes, numbers=COURSE, hidden_relu=relu, output_relu=relu):
    """(y1, y2) of the article's network after the changes with these letters: an array of two."""
    net = article_network()
    if "C" in changes:
        net.output_weights[1, 1] = numbers.last
    return output_relu(hidden_after(changes, numbers, hidden_relu) @ net.output_weights + net.output_biases)


MISTAKES = [
    (lambda: [[46, 0], [46, 0], [46, 0]], "Those are the outputs without any change."),
    (lambda: [[10, 5], [34, 0], [46, 2]], "The sum of n1 is negative now. What does ReLU pass on?"),
    (lambda: [[14, 3], [34, -7], [46, 2]], "An output has ReLU too: it is never negative."),
    (
        lambda: [[14, 3], [14, 3], [46, 2]],
        "One weight of 0 does not turn n1 off: its other input and its bias are still there. And begin anew with the "
        "article's network each time; the changes do not add up.",
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
    return check_pairs(submitted, COURSE, MISTAKES)


def check_pairs(submitted, numbers, mistakes):
    """The check, for these numbers and the mistakes that are known for them."""
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
        pair = np.array([expect_number(each, f"A number of your pair {letter}") for each in pair])
        _check_pair(letter, pair, outputs_after(letter, numbers), known(mistakes, part=place))
    return "All three are right, and no computer helped."


def _check_pair(letter, pair, right, because):
    """Say what is wrong with a prediction, and never the right numbers: they are the exercise."""
    if np.allclose(pair, right):
        return
    hints = [hint for wrong, hint in because if np.allclose(pair, wrong) and not np.allclose(wrong, right)]
    agree = [name for name, mine, true in zip(("y1", "y2"), pair, right, strict=True) if np.isclose(mine, true)]
    part = f"{agree[0]} is right, the other number is not" if agree else "neither number is right"
    raise Diagnosis(
        f"Your pair {letter} is {listed(pair)}: {part}.",
        hint=hints[0] if hints else "Work out n1 and n2 first, then each output from them, and write every sum down.",
    )


# ---- the question of a class ----------------------------------------------------------------------------------------


def drawn_question(seed):
    """The article's network with other inputs and other changes."""
    numbers = drawn_numbers(rng_of("1.5", seed))
    return Question(
        "1.5",
        seed,
        check=lambda submitted: check_pairs(submitted, numbers, drawn_mistakes(numbers)),
        answer=[outputs_after(letter, numbers).tolist() for letter in "ABC"],
        replacements=(Replacement("Start from the article's network, x = (3, 4)", "</details>", text_for(numbers)),),
    )


def drawn_numbers(rng):
    """Numbers that ask as much as the course's: n1 goes off in A, is on in B, y2 comes on in C. All answers differ."""
    while True:
        x1, x2, bias, weight, last = (int(each) for each in rng.integers((2, 2, -3, -2, 2), (7, 8, 4, 5, 7)))
        numbers = Numbers((x1, x2), bias, weight, last)
        turned_off, on = (hidden_after(letter, numbers, hidden_relu=np.array)[0] for letter in "AB")
        plain, after = (outputs_after(letters, numbers, output_relu=np.array)[1] for letters in ("", "C"))
        if weight == 1 or turned_off >= 0 or on <= 0 or plain >= 0 or after <= 0:
            continue
        if not any(np.array_equal(outputs_after(letter, numbers), outputs_after(letter)) for letter in "ABC"):
            return numbers


def drawn_mistakes(numbers):
    """The known wrong answers that make sense for any numbers, with what they mean."""

    def pairs(changes=("A", "B", "C"), **activations):
        return lambda: [outputs_after(each, numbers, **activations).tolist() for each in changes]

    add_up = "Begin anew with the article's network each time; the changes do not add up."
    return [
        (pairs(("", "", "")), "Those are the outputs without any change."),
        (pairs(hidden_relu=np.array), "A sum of the hidden layer is negative. What does ReLU pass on?"),
        (pairs(output_relu=np.array), "An output has ReLU too: it is never negative."),
        (pairs(("A", "AB", "ABC")), add_up),
        (pairs(("A", "AB", "AC")), add_up),
        (pairs(("A", "B", "BC")), add_up),
        (lambda: [pair[::-1] for pair in pairs()()], "y1 and y2 are swapped."),
    ]


def text_for(numbers):
    """The exercise's text, from what it starts with on."""
    x1, x2 = numbers.x
    plain, n2 = outputs_after("", numbers), hidden_after("", numbers)[1]
    total = x1 - x2 + numbers.bias
    return f"""Start from the article's network, now with x = ({x1}, {x2}), each time anew, and change **one** thing.
Work out (y1, y2) on paper and write the numbers down:

- **A:** the bias of n1 becomes {_written(numbers.bias)} (it was 9);
- **B:** the weight from x1 to n1 becomes {_written(numbers.weight)} (it was 1);
- **C:** the weight from n2 to y2 becomes {numbers.last} (it was 1).

**Example:** without any change the pair is `[{plain[0]:g}, {plain[1]:g}]`.

<details><summary>Hint 1</summary>

A and B change only n1. Work out the new n1, remember ReLU, then redo the two outputs. n2 stays {n2:g}.

</details>
<details><summary>Hint 2</summary>

In A the sum of n1 is {x1} · 1 + {x2} · (−1) + {_written(numbers.bias, inside=True)} = {_written(total)}. What does n1
pass on?

</details>"""


def _written(number, inside=False):
    """A whole number with the sign that mathematics writes, in parentheses where it stands inside of a sum."""
    text = f"{number}".replace("-", "−")
    return f"({text})" if inside and number < 0 else text
