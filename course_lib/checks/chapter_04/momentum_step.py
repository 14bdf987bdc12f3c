"""Exercise 4.1: one step of momentum."""

import numpy as np

from course_lib.checks.expectations import ROUNDING, expect_close, expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = (
    "Take the example and work out the new velocity on paper, then the new w from it. Which of the two parts from "
    "yours?"
)


def momentum_with(velocity=None, w=None):
    """An answer that is right but for the given part.

    Parameters
    ----------
    velocity : function of the old velocity v, gradient g, learning rate eta and momentum mu
    w : function of the old w, old v, new v, g, eta and mu
    """

    def answer(start, old, gradient, learning_rate, momentum):
        given = gradient, learning_rate, momentum
        new = velocity(old, *given) if velocity else momentum * old + gradient
        return (w(start, old, new, *given) if w else start - learning_rate * new), new

    return answer


step = momentum_with()


def drawn(rng):
    """Fresh inputs: a vector, a matrix, a square one, one row, one number, and a first step, from a velocity of 0."""
    rows, columns = (int(each) for each in rng.integers(2, 7, 2))
    shapes = (rows,), (rows, columns), (columns, columns), (1, rows), (1,)
    cases = [(*rng.uniform(-1.5, 1.5, (3, *shape)), *rng.uniform(0.05, 0.95, 2)) for shape in shapes]
    w, velocity, *rest = cases[0]
    return [*cases, (w, 0 * velocity, *rest)]


def momentum_in_place(w, velocity, gradient, learning_rate, momentum):
    velocity *= momentum
    velocity += gradient
    w -= learning_rate * velocity
    return w, velocity


WRONG_STEPS = [
    (
        lambda w, old, new, g, eta, mu: w - eta * old,
        "w moves along the old velocity. First the velocity, then the step with the new one.",
    ),
    (
        lambda w, old, new, g, eta, mu: w - eta * (g + mu * new),
        "That is Nesterov's step, eta (g + mu v), which looks one step ahead. Momentum's step is eta v.",
    ),
    (lambda w, old, new, g, eta, mu: w + eta * new, "The sign is turned around: w climbs. w <- w - eta v."),
    (
        lambda w, old, new, g, eta, mu: w - eta * g,
        "w moves along the gradient, and the velocity is not used. w <- w - eta v.",
    ),
    (lambda w, old, new, g, eta, mu: w - new, "The learning rate is missing in the step."),
    (lambda w, old, new, g, eta, mu: w - new / eta, "The step is divided by the learning rate, not multiplied."),
    (lambda w, old, new, g, eta, mu: w, "w did not move. w <- w - eta v."),
    (lambda w, old, new, g, eta, mu: eta * new, "That is the step alone. Take it off w."),
    (lambda w, old, new, g, eta, mu: -eta * new, "That is the step alone. Take it off w: w <- w - eta v."),
]

WRONG_VELOCITIES = [
    (
        lambda v, g, eta, mu: mu * v + (1 - mu) * g,
        "The gradient is multiplied by 1 - mu. That makes a running mean, as in Adam; here the velocity is a sum: "
        "v <- mu v + g.",
    ),
    (
        lambda v, g, eta, mu: mu * v - g,
        "The gradient is subtracted. The velocity adds the gradients up, and the step that follows is w - eta v.",
    ),
    (
        lambda v, g, eta, mu: (1 - mu) * v + mu * g,
        "The two shares are exchanged: `momentum` is what the old velocity keeps, and the gradient is added whole.",
    ),
    (
        lambda v, g, eta, mu: (1 - mu) * v + g,
        "The velocity keeps 1 - mu. `momentum` is the share that is kept, not the one that is lost.",
    ),
    (
        lambda v, g, eta, mu: mu * g,
        "`momentum` multiplies the gradient, and the old velocity is missing. v <- mu v + g.",
    ),
    (lambda v, g, eta, mu: g - mu * v, "The old velocity has the wrong sign. v <- mu v + g."),
    (lambda v, g, eta, mu: g, "The old velocity is missing. That is plain gradient descent."),
    (lambda v, g, eta, mu: mu * v, "The gradient is missing: the velocity fades away, and nothing pulls it downhill."),
    (lambda v, g, eta, mu: v, "The velocity did not change. Does your line begin with `velocity = `? v <- mu v + g."),
    (
        lambda v, g, eta, mu: v + g,
        "`momentum` is missing: the old velocity keeps all of its weight, and nothing slows it down.",
    ),
    (
        lambda v, g, eta, mu: mu * (v + g),
        "`momentum` multiplies both. It belongs to the old velocity alone: mu * v + g.",
    ),
    (lambda v, g, eta, mu: v + mu * g, "The two shares are exchanged: `momentum` belongs to the old velocity."),
    (
        lambda v, g, eta, mu: mu * v + eta * g,
        "The learning rate is in the velocity. It comes in the next line, where w moves.",
    ),
    (
        lambda v, g, eta, mu: mu * v - eta * g,
        "The learning rate is in the velocity, and so is the sign. v <- mu v + g, then w <- w - eta v.",
    ),
    (
        lambda v, g, eta, mu: eta * (mu * v + g),
        "The learning rate multiplies the velocity. It comes in the next line, where w moves.",
    ),
    (
        lambda v, g, eta, mu: g + mu * (mu * v + g),
        "Nesterov's step was returned for the velocity. The velocity is mu * v + g.",
    ),
]

MISTAKES = [
    *[(momentum_with(w=wrong), meaning) for wrong, meaning in WRONG_STEPS],
    *[(momentum_with(wrong), meaning) for wrong, meaning in WRONG_VELOCITIES],
    (
        momentum_with(lambda v, g, eta, mu: mu * v - g, lambda w, old, new, g, eta, mu: w + eta * new),
        Said("The gradient is subtracted"),
    ),
    (lambda *given: step(*given)[::-1], "w and the velocity are swapped. Return w first."),
    (lambda w, *given: (w, w), "That is w as it was given. Return the new w and the new velocity."),
    (lambda w, velocity, *given: (w, velocity), Said("The velocity did not change")),
    (momentum_in_place, Said("changes its input `w`")),
    (lambda *given: step(*given)[0], Said("expected 2 values (w, velocity)")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise("4.1", title="One step of momentum", mistakes=MISTAKES, lead=LEAD, hidden=same_as(step, drawn))
def momentum_step(submitted):
    """Several shapes and shares, the example, then five steps in a row."""
    rng = np.random.default_rng(41)
    cases = [
        ("w of shape (4,)", *rng.normal(0, 2, (3, 4)), 0.3, 0.9),
        ("w of shape (3, 2)", *rng.normal(0, 2, (3, 3, 2)), 0.4, 0.7),
        ("the example", np.array([1.0]), np.array([2.0]), np.array([3.0]), 0.1, 0.9),
        ("the first step, from a velocity of 0", *rng.normal(0, 2, 3)[:, None] * [[1.0], [0.0], [1.0]], 0.2, 0.8),
    ]
    for name, *given in cases:
        _check_step(submitted(*given), name, given)
    w, velocity = np.array([5.0, -3.0]), np.zeros(2)
    for number in range(1, 6):
        given = w, velocity, w * [1.0, 10.0], 0.05, 0.9
        _check_step(submitted(*given), f"step {number} of five in a row", given)
        w, velocity = step(*given)
    return "The velocity gathers the gradients, w moves along it, and nothing that was given has changed."


def _check_step(value, name, given):
    value = expect_tuple(value, 2, f"The result for {name}", ("w", "velocity"))
    right = step(*given)
    for part, what in (1, "velocity"), (0, "w"):
        because = known(MISTAKES, *given, part=part)
        expect_close(value[part], right[part], **ROUNDING, because=because, what=f"The new {what} for {name}")
