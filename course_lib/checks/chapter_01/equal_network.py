"""Exercise 1.7: a network that says whether two inputs are equal."""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe, listed
from course_lib.checks.drawn_questions import Question, Replacement, rng_of
from course_lib.checks.expectations import expect_array, expect_close, expect_tuple
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = "Print the two numbers of the hidden layer at each of the four points. Which sum of them gives 1, 0, 0, 1?"

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
EQUAL = np.array([1.0, 0.0, 0.0, 1.0])
SUM_TWICE, FROM_ONE = [[1, 1], [1, 1]], [0, -1]  # hidden neurons relu(x1 + x2) and relu(x1 + x2 - 1)

MISTAKES = [
    (
        lambda: (SUM_TWICE, FROM_ONE, [[1], [-2]], [0]),
        "That is xor, the opposite lamp. How do you turn 0 into 1 and 1 into 0 with the output layer alone?",
    ),
    (
        lambda: (SUM_TWICE, FROM_ONE, [[-1], [2]], [0]),
        "That is minus xor: all four are 1 too low. Which number of the output layer lifts all four?",
    ),
    (lambda: ([[1, 0], [1, 0]], [-1, 0], [[1], [0]], [0]), 'That is "and": it misses (0, 0).'),
    (lambda: ([[-1], [-1]], [1], [[1]], [0]), 'That is "neither": it misses (1, 1).'),
    (
        lambda: (SUM_TWICE, FROM_ONE, [[1], [-2]], [1]),
        "That is xor plus 1. The signs of w2 have to change as well: equal = 1 - xor.",
    ),
    (
        lambda: (SUM_TWICE, FROM_ONE, [[-1], [2]], [2]),
        "The pattern is right and all four are 1 too high: look at the last bias.",
    ),
    (
        lambda: (SUM_TWICE, FROM_ONE, [[-1], [-2]], [1]),
        "In 1 - xor the minus stands before all of xor: have both numbers of w2 changed their sign?",
    ),
    (lambda: (SUM_TWICE, FROM_ONE, [[-2], [4]], [1]), Said("with a ReLU on the output they would be right")),
    (lambda: (SUM_TWICE, [0, 0], [[-1], [1]], [1]), Said("your network is one layer")),
    (lambda: (SUM_TWICE, FROM_ONE, [[-1, 2]], [1]), Said("PyTorch's order")),
    (lambda: (SUM_TWICE, [FROM_ONE], [[-1], [2]], [1]), Said("b1 has shape (1, 2); expected (2,)")),
    (lambda: ([1, 1], FROM_ONE, [[-1], [2]], [1]), Said("w1 has shape (2,)")),
    (lambda: (SUM_TWICE, FROM_ONE, [[-1], [2]]), Said("expected 4 values")),
    (lambda: None, Said("forget `return`")),
]


def answers(w1, b1, w2, b2):
    """What the network relu(x w1 + b1) w2 + b2 says at the four corners: (4,)."""
    return (np.maximum(CORNERS @ w1 + b1, 0) @ w2 + b2)[:, 0]


@exercise("1.7", title='Design a network that says "equal"', mistakes=MISTAKES, lead=LEAD)
def equal_network(submitted):
    """Four arrays of a network 2-hidden-1 that answers 1, 0, 0, 1 at the four corners."""
    return check_network(submitted, EQUAL, MISTAKES)


def drawn_question(seed):
    """Other answers where the inputs are equal, and where they are not."""
    equal, unequal = (int(each) for each in rng_of("1.7", seed).permutation([-3, -2, -1, 2, 3, 4, 5])[:2])
    return Question(
        "1.7",
        seed,
        check=lambda submitted: check_network(submitted, np.where(EQUAL, equal, unequal), ()),
        answer=(SUM_TWICE, FROM_ONE, [[unequal - equal], [2 * (equal - unequal)]], [equal]),
        replacements=(
            Replacement("The opposite lamp: on when both", "</details>", _text(equal, unequal)),
            Replacement("a network that answers 1 where both inputs are equal.", "", "the arrays of the network."),
        ),
    )


def _text(equal, unequal):
    equal, unequal = (f"{number}".replace("-", "−") for number in (equal, unequal))
    return f"""A lamp with two colors: {equal} when both switches are in the **same** position, {unequal} when not.
No single neuron can do it. Design a network with one hidden layer of ReLU neurons (two are enough) and one output
**without** activation. Return its four arrays. The answers must be {equal}, {unequal}, {unequal}, {equal} for (0, 0),
(0, 1), (1, 0), (1, 1).

**Example of the form:** the xor network above is `[[1, 1], [1, 1]], [0, -1], [[1], [-2]], [0]`. It answers 0, 1, 1,
0.

<details><summary>Hint 1</summary>

What is this if you already have xor? Think of the output layer alone.

</details>
<details><summary>Hint 2</summary>

Where xor is 0 the answer is {equal}, where it is 1 the answer is {unequal}. Which straight line goes through these two?

</details>"""


def check_network(submitted, wanted, mistakes):
    """The check; wanted : (4,) what the network answers at the four corners."""
    design = _design(submitted())
    said = answers(*design)
    if not np.allclose(said, wanted, atol=1e-6):
        _look_at_relu(said, CORNERS @ design[0] + design[1], wanted)
    because = known(mistakes, part=lambda design: answers(*map(np.array, design)))
    expect_close(said, wanted, atol=1e-6, because=because, what="The answer for (0, 0), (0, 1), (1, 0), (1, 1)")
    hidden = np.maximum(CORNERS @ design[0] + design[1], 0)
    return f"{listed(wanted)[1:-1]}. The hidden layer put the four points at {', '.join(map(listed, hidden))}."


def _look_at_relu(said, sums, wanted):
    """A Diagnosis if the wrong answers come from a ReLU that is not there, or from hidden neurons that never bend."""
    if np.allclose(np.maximum(said, 0), wanted, atol=1e-6):
        raise Diagnosis(
            f"The answers are {listed(said)}; with a ReLU on the output they would be right, but there is none.",
            hint="A negative answer has to become 0 by the weights alone.",
        )
    if np.all((sums >= 0).all(axis=0) | (sums <= 0).all(axis=0)):
        raise Diagnosis(
            f"The answers are {listed(said)}; expected {listed(wanted)}. None of your hidden neurons bends between "
            "the four points: each is on for all of them or off for all of them. So your network is one layer.",
            hint="Give a hidden neuron a bias that makes its sum negative at some points and positive at others.",
        )


def _design(value):
    names = ("w1", "b1", "w2", "b2")
    arrays = expect_tuple(value, 4, "Your answer", names)
    w1, b1, w2, b2 = (_as_numbers(array, name) for array, name in zip(arrays, names, strict=True))
    b2 = np.atleast_1d(b2)
    if w1.ndim != 2 or w1.shape[0] != 2:
        hint = "Here w1 has one row for each input and one column for each hidden neuron."
        raise Diagnosis(f"w1 has shape {w1.shape}; expected (2, hidden).", hint=hint)
    hidden = w1.shape[1]
    hints = {
        "b1": "One bias for each hidden neuron, in one flat list: [0, -1].",
        "w2": "One row for each hidden neuron, so every number has brackets of its own: [[1], [-2]].",
        "b2": "One output, one bias: [0].",
    }
    if w2.shape == (1, hidden) and hidden > 1:
        hints["w2"] = (
            "That is PyTorch's order, (fan_out, fan_in). Here w2 has one row for each hidden neuron: [[1], [-2]]."
        )
    for array, name, shape in ((b1, "b1", (hidden,)), (w2, "w2", (hidden, 1)), (b2, "b2", (1,))):
        if array.shape != shape:
            columns = f"{hidden} column" + "s" * (hidden > 1)
            raise Diagnosis(
                f"{name} has shape {array.shape}; expected {shape}, because w1 has {columns}.", hint=hints[name]
            )
    return w1, b1, w2, b2


def _as_numbers(value, name):
    if not isinstance(value, list | tuple | int | float | np.number):
        return expect_array(value, what=name)
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise Diagnosis(
            f"{name} is {describe(value)}; expected a table of numbers.", "Are all its rows equally long?"
        ) from None
    return expect_array(array, what=name)
