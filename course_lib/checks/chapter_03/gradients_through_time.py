"""Exercise 3.9: the gradients of a recurrent network, back through time."""

import numpy as np

from course_lib.checks.expectations import ROUNDING, expect_close
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = (
    "Take the example, one unit and three steps, and go back one step by hand: through tanh at that step, then "
    "along the weight."
)


def step_back(gradient, h, before, weight):
    """The right step from dL/dh_t to dL/dh_(t-1), through tanh at h_t and then along the weights."""
    return (gradient * (1 - h**2)) @ weight.T


def back_with(step=step_back):
    """The chapter's loop with another step: a function of dL/dh_t, h_t, h_(t-1) and the weights."""

    def answer(hidden_states, recurrent_weight, last_gradient):
        gradients = np.zeros(hidden_states.shape)
        gradients[-1] = last_gradient
        for t in range(len(hidden_states) - 1, 0, -1):
            gradients[t - 1] = step(gradients[t], hidden_states[t], hidden_states[t - 1], recurrent_weight)
        return gradients

    return answer


through_time = back_with()


def drawn(rng):
    """As many steps as units, one unit, two steps, any number of both, and a single step."""
    n, *others = rng.integers(2, 8, 5)
    cases = []
    for steps, units in ((n, n), (others[0], 1), (2, others[1]), others[2:], (1, n)):
        states, weight = rng.normal(0, 1.2, (steps, units)), rng.normal(0, 1 / np.sqrt(units), (units, units))
        cases.append((np.tanh(states), weight, rng.normal(size=units)))
    return cases


def of_the_sums(hidden_states, recurrent_weight, last_gradient):
    return through_time(hidden_states, recurrent_weight, last_gradient) * (1 - hidden_states**2)


def one_step_too_far(hidden_states, recurrent_weight, last_gradient):
    gradients = through_time(hidden_states, recurrent_weight, last_gradient)
    return step_back(gradients, hidden_states, None, recurrent_weight)


NO_SLOPE = "tanh's derivative is missing: each step back multiplies by 1 - h_t**2 too."
TOO_EARLY = "tanh's derivative is taken one step too early: from dL/dh_t back to h_(t-1) it is 1 - h_t**2."
TANH_TWICE = "`hidden_states` come out of tanh already: the derivative is 1 - h**2, not 1 - tanh(h)**2."
NOR_TRANSPOSED = "And `recurrent_weight` is not transposed."
BEFORE = "It belongs before the matrix."

MISTAKES = [
    (back_with(lambda g, h, before, weight: g @ weight.T), NO_SLOPE),
    (back_with(lambda g, h, before, weight: (g * (1 - before**2)) @ weight.T), TOO_EARLY),
    (back_with(lambda g, h, before, weight: (g @ weight.T) * (1 - before**2)), f"{TOO_EARLY} {BEFORE}"),
    (back_with(lambda g, h, before, weight: (g * (1 - np.tanh(h) ** 2)) @ weight.T), TANH_TWICE),
    (back_with(lambda g, h, before, weight: g @ weight), f"{NO_SLOPE} {NOR_TRANSPOSED}"),
    (back_with(lambda g, h, before, weight: (g * (1 - before**2)) @ weight), f"{TOO_EARLY} {NOR_TRANSPOSED}"),
    (back_with(lambda g, h, before, weight: (g @ weight) * (1 - before**2)), f"{TOO_EARLY} {NOR_TRANSPOSED} {BEFORE}"),
    (back_with(lambda g, h, before, weight: (g * (1 - np.tanh(h) ** 2)) @ weight), f"{TANH_TWICE} {NOR_TRANSPOSED}"),
    (
        back_with(lambda g, h, before, weight: (g * (1 - h**2)) @ weight),
        "`recurrent_weight` is not transposed. Forward it is h @ W, so the way back is @ W.T.",
    ),
    (
        back_with(lambda g, h, before, weight: (g @ weight.T) * (1 - h**2)),
        "tanh's derivative comes after the matrix. Back through tanh first, at step t, then through W.",
    ),
    (
        lambda *given: through_time(*given)[::-1],
        "The order of time is turned around: the first row belongs to the first step.",
    ),
    (of_the_sums, "Those are the gradients of the sums, dL/dz_t. Wanted is dL/dh_t, before tanh's derivative."),
    (one_step_too_far, "The last row is not `last_gradient`: every row is one step too far back."),
    (lambda *given: through_time(*given)[0], Said("summed or averaged over an axis")),
    (lambda *given: list(through_time(*given)), Said("expected a NumPy array")),
    (lambda *given: through_time(*given)[:-1], Said("has shape (4, 3)")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise(
    "3.9", title="Back through time", mistakes=MISTAKES, lead=LEAD, hidden=same_as(through_time, drawn, atol=1e-05)
)
def gradients_through_time(submitted):
    """Weights that are not symmetric, several lengths, the example, and a sequence of one step."""
    rng = np.random.default_rng(39)
    cases = [("5 steps, 3 units", 5, 3), ("4 steps, 6 units", 4, 6), ("2 steps, 2 units", 2, 2)]
    cases = [
        (name, np.tanh(rng.normal(0, 1.2, (steps, units))), rng.normal(0, 0.8, (units, units)), rng.normal(size=units))
        for name, steps, units in cases
    ]
    example = np.array([[0.5], [0.0], [0.0]]), np.array([[2.0]]), np.array([1.0])
    for name, *given in [*cases, ("the example", *example)]:
        because, what = known(MISTAKES, *given), f"The gradients for {name}"
        expect_close(submitted(*given), through_time(*given), **ROUNDING, because=because, what=what)
    states, weight, last = cases[0][1:]
    expect_close(submitted(states[:1], weight, last), last[None], **ROUNDING, what="The gradients for a single step")
    return "From the last step to the first: through tanh at that step, then back along the weights."
