"""Exercise 5.4: dropout with two mistakes in it, one in training and one in prediction."""

from itertools import product

import numpy as np

from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import ROUNDING, expect_array, expect_close
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, answers_in, known, meaning_in_all
from course_lib.checks.registry import exercise

LEAD = "Go through the example's four units: which of them stay, what becomes of those, and what does prediction do?"


def dropout(x, drawn, drop_rate, training):
    """Inverted dropout with given draws, uniform in [0, 1)."""
    return x * (drawn >= drop_rate) / (1 - drop_rate) if training else x


def other_draws(x, drawn, drop_rate, training):
    """As good: `drawn < 1 - drop_rate` has the chance 1 - drop_rate, too, and keeps other units."""
    return x * (drawn < 1 - drop_rate) / (1 - drop_rate) if training else x


def drawn(rng):
    """Fresh inputs in both modes: several drop rates, 0 among them, one example, one unit. No draw is on an edge."""
    rows, columns = (int(each) for each in rng.integers(2, 9, 2))
    cases = []
    for shape, drop_rate in ((rows, columns), 0.15), ((columns, columns), 0.5), ((1, columns), 0.7), ((rows, 1), 0.0):
        drop_rate *= float(rng.uniform(0.9, 1.1))
        x, draws = rng.normal(0, 2, shape), rng.random(shape)
        near = np.minimum(np.abs(draws - drop_rate), np.abs(draws - (1 - drop_rate))) < 1e-3
        draws[near] = 0.97  # as good as any that lies between no rate and 1
        cases += [(x, draws, drop_rate, training) for training in (True, False)]
    return cases


def on_fresh_inputs(submitted, rng):
    """Either right answer, the same one in all cases."""
    cases = drawn(rng)
    try:
        same_as(dropout, lambda _: cases)(submitted, rng)
    except Diagnosis:
        same_as(other_draws, lambda _: cases)(submitted, rng)


# ---- wrong answers --------------------------------------------------------------------------------------------------


def dropping(
    kept=lambda drawn, drop_rate: drawn >= drop_rate,
    scaled=lambda x, drop_rate: x / (1 - drop_rate),
    predicted=lambda x, drawn, drop_rate: x,
):
    """Dropout, but for which units are kept, how they are scaled, or what prediction returns."""

    def answer(x, drawn, drop_rate, training):
        if not training:
            return predicted(x, drawn, drop_rate)
        return scaled(x * kept(drawn, drop_rate), drop_rate)

    return answer


def turned(drawn, drop_rate):
    return drawn < drop_rate


def all_kept(drawn, drop_rate):
    return np.ones_like(drawn)


def unscaled(x, drop_rate):
    return x


def scaled_again(x, drawn, drop_rate):
    return x * (1 - drop_rate)


def drops_in_place(x, drawn, drop_rate, training):
    if training:
        x[drawn < drop_rate] = 0
        x /= 1 - drop_rate
    return x


TURNED = (
    "The wrong units are kept: `drawn < drop_rate` happens with chance `drop_rate`, and those are the ones that sit "
    "out."
)
TWICE = "It is scaled twice: training divides by 1 - drop_rate already, so prediction multiplies by nothing."
NOT_SCALED = "The scale is missing in training: the sums shrink to the share that is kept. Divide by 1 - drop_rate."
WRONG_IN_PREDICTION = "Units are dropped in prediction, and the wrong ones. There x itself is returned."

KEPT = [
    (lambda drawn, drop_rate: drawn >= drop_rate, ""),
    (turned, TURNED),
    (lambda drawn, drop_rate: drawn < 1 - drop_rate, ""),
    (all_kept, "Nothing is dropped."),
    (
        lambda drawn, drop_rate: np.broadcast_to(drawn[:1] >= drop_rate, drawn.shape),
        "One draw for all examples: each example of the batch drops units of its own.",
    ),
]
SCALES = [
    (lambda x, drop_rate: x / (1 - drop_rate), ""),
    (unscaled, NOT_SCALED),
    (
        lambda x, drop_rate: x * (1 - drop_rate),
        "In training the kept units are multiplied by 1 - drop_rate, which makes the sums smaller still. Divide by it.",
    ),
    (
        lambda x, drop_rate: x / drop_rate,
        "The kept units are divided by `drop_rate`. The share that is kept is 1 - drop_rate.",
    ),
    (
        lambda x, drop_rate: x / (1 - drop_rate) ** 2,
        "The kept units are scaled twice: one division by 1 - drop_rate is enough.",
    ),
    (
        lambda x, drop_rate: x * (1 + drop_rate),
        "The kept units are multiplied by 1 + drop_rate. The share that is kept is 1 - drop_rate: divide by it.",
    ),
]

MISTAKES = [
    (
        dropping(all_kept, unscaled),
        "Nothing happens in training. There units are dropped; in prediction all take part.",
    ),
    *(
        (dropping(kept, scaled), " ".join(filter(None, [of_kept, of_scale])))
        for (kept, of_kept), (scaled, of_scale) in product(KEPT, SCALES)
        if (of_kept or of_scale) and (kept, scaled) != (all_kept, unscaled)
    ),
    (dropping(predicted=scaled_again), TWICE),
    (
        dropping(predicted=lambda x, drawn, drop_rate: x * (drawn >= drop_rate) / (1 - drop_rate)),
        "Units are dropped in prediction. There all of them take part, and the answer is the same every time.",
    ),
    (
        dropping(predicted=lambda x, drawn, drop_rate: x * (drawn >= drop_rate)),
        "Units are dropped in prediction, and not even scaled. There all of them take part.",
    ),
    (
        dropping(predicted=lambda x, drawn, drop_rate: x * (drawn >= drop_rate) * (1 - drop_rate)),
        "Units are dropped in prediction, and scaled down besides. There x itself is returned.",
    ),
    (
        dropping(predicted=lambda x, drawn, drop_rate: x * (drawn < drop_rate) / (1 - drop_rate)),
        WRONG_IN_PREDICTION,
    ),
    (dropping(predicted=lambda x, drawn, drop_rate: x * (drawn < drop_rate)), WRONG_IN_PREDICTION),
    (
        dropping(predicted=lambda x, drawn, drop_rate: x / (1 - drop_rate)),
        "Prediction divides by 1 - drop_rate, although nothing was dropped.",
    ),
    (
        dropping(predicted=lambda x, drawn, drop_rate: x * drop_rate),
        "Prediction multiplies by `drop_rate`. With the scale in training nothing is left to do.",
    ),
    (
        dropping(predicted=lambda x, drawn, drop_rate: 0 * x),
        "Prediction returns zeros. There all units take part.",
    ),
    (  # what is handed out
        dropping(turned, predicted=scaled_again),
        "Work the example by hand, in training and then in prediction: which step does not fit?",
    ),
    (
        dropping(scaled=unscaled, predicted=scaled_again),
        "That is the article's version: no scale in training, and `1 - drop_rate` in prediction. It describes the same "
        "network. Here the inverted form is asked for: divide in training, and return x in prediction.",
    ),
    (drops_in_place, Said("changes its input `x`")),
]


# ---- the check ------------------------------------------------------------------------------------------------------

MODES = {True: "training", False: "prediction"}


@exercise("5.4", title="Mend the dropout", mistakes=MISTAKES, lead=LEAD, hidden=on_fresh_inputs)
def check_dropout(submitted):
    """Several drop rates and shapes, draws on the edge, in training and in prediction."""
    cases, right = _cases(), dropout
    for name, case in cases.items():
        values = {mode: _output(submitted, case, mode, name) for mode in MODES}
        if not _agree(values[True], right(*case, True)) and _keeps_other_draws(submitted, cases.values()):
            right = other_draws
        wrong = {mode: right(*case, mode) for mode in MODES if not _agree(values[mode], right(*case, mode))}
        if wrong:
            _diagnose(submitted, cases, name, values, wrong)
    note = " It keeps other draws than the example, with the same chance." if right is other_draws else ""
    return f"Dropped and scaled up in training, untouched in prediction: the mean over all draws is x itself.{note}"


def _cases():
    """{name: (x, drawn, drop_rate)}."""
    rng = np.random.default_rng(54)
    return {
        "the example": (np.array([[2.0, 4.0, 6.0, 8.0]]), np.array([[0.7, 0.1, 0.4, 0.9]]), 0.5),
        "a batch of 4 examples, drop rate 0.2": (rng.normal(0, 2, (4, 6)), rng.random((4, 6)), 0.2),
        "a batch of 3 examples, drop rate 0.75": (rng.normal(0, 2, (3, 8)), rng.random((3, 8)), 0.75),
        "a drop rate of 0": (rng.normal(0, 2, (2, 3)), rng.random((2, 3)), 0.0),
    }


def _output(submitted, case, mode, name):
    with np.errstate(all="ignore"):
        value = submitted(*case, mode)
    return expect_array(value, case[0].shape, finite=False, what=f"The output in {MODES[mode]} for {name}")


def _keeps_other_draws(submitted, cases):
    given = [(*case, True) for case in cases]
    return bool(meaning_in_all([(other_draws, "as good")], given, answers_in(submitted, given), _agree))


def _diagnose(submitted, cases, name, values, wrong):
    """Both modes of one case at once: the diagnosis names a mistake in each.

    values : {mode: what was given}
    wrong : {mode: what is right}, of the modes that are wrong
    """
    given = {mode: [(*case, mode) for case in cases.values()] for mode in MODES}
    answers = {mode: answers_in(submitted, given[mode]) for mode in MODES}
    hints = {
        mode: meaning_in_all(MISTAKES, given[mode], answers[mode], _agree)
        or next((hint for it, hint in known(MISTAKES, *cases[name], mode) if _agree(it, values[mode])), "")
        for mode in wrong
    }
    if len(wrong) == 2 and all(hints.values()):
        both = meaning_in_all(MISTAKES, given[True] + given[False], answers[True] + answers[False], _agree)
        raise Diagnosis(f"Both modes are wrong, as the results for {name} show.", hint=both or " ".join(hints.values()))
    for mode, right in wrong.items():
        because = [(values[mode], hints[mode])] if hints[mode] else ()
        expect_close(values[mode], right, **ROUNDING, because=because, what=f"The output in {MODES[mode]} for {name}")


def _agree(value, other):
    return np.shape(value) == np.shape(other) and np.allclose(value, other, **ROUNDING, equal_nan=True)
