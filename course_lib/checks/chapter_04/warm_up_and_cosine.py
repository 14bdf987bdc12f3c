"""Exercise 4.3: a schedule of a warm-up and half a cosine."""

import functools

import numpy as np

from course_lib.checks.expectations import ROUNDING, expect_close, expect_number, plain_number
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise
from course_lib.checks.submission import LearnerError

LEAD = (
    "Print the rates of a short run, 4 steps of warm-up and 8 of the cosine, and draw them. At which step does the "
    "curve leave its way?"
)


def schedule_with(up=None, share=None, down=None):
    """An answer that is right but for the given part.

    Parameters
    ----------
    up : function of step and n, the number of warm-up steps: the rate over the peak in the warm-up
    share : function of step, total steps and n: which share of the way down is done
    down : function of that share: the rate over the peak
    """

    def answer(step, total_steps, warm_up_steps, peak):
        if step < warm_up_steps:
            return peak * (up(step, warm_up_steps) if up else (step + 1) / warm_up_steps)
        if share:
            done = share(step, total_steps, warm_up_steps)
        else:
            done = (step - warm_up_steps) / (total_steps - warm_up_steps)
        return peak * (down(done) if down else (1 + np.cos(np.pi * done)) / 2)

    return answer


schedule = schedule_with()


def drawn(rng):
    """Fresh runs, one with a warm-up of one step and one without any: their ends, and steps around the turn."""
    cases = []
    for warm_up_steps in (int(rng.integers(2, 9)), int(rng.integers(9, 30)), 1, 0):
        total_steps, peak = warm_up_steps + int(rng.integers(3, 40)), float(rng.uniform(0.05, 2))
        steps = {0, warm_up_steps - 1, warm_up_steps, warm_up_steps + 1, total_steps - 1, total_steps}
        steps |= set(rng.integers(0, total_steps, 4).tolist())
        cases += [(step, total_steps, warm_up_steps, peak) for step in sorted(steps) if step >= 0]
    return cases


def cosine_alone(step, total_steps, warm_up_steps, peak):
    return peak * (1 + np.cos(np.pi * (step - warm_up_steps) / (total_steps - warm_up_steps))) / 2


def warming_while(condition):
    """The answer with another condition, a function of step and n, in place of step < n."""

    def answer(step, total_steps, warm_up_steps, peak):
        if condition(step, warm_up_steps):
            return peak * (step + 1) / max(warm_up_steps, 1)
        return cosine_alone(step, total_steps, warm_up_steps, peak)

    return answer


def without_parentheses(step, total_steps, warm_up_steps, peak):
    if step < warm_up_steps:
        return peak * (step + 1) / warm_up_steps
    return peak * 1 + np.cos(np.pi * (step - warm_up_steps) / (total_steps - warm_up_steps)) / 2


def without_peak(step, total_steps, warm_up_steps, peak):
    return schedule(step, total_steps, warm_up_steps, peak if step < warm_up_steps else 1.0)


def warming_over_the_whole_run(step, total_steps, warm_up_steps, peak):
    if step < warm_up_steps:
        return peak * (step + 1) / total_steps
    return cosine_alone(step, total_steps, warm_up_steps, peak)


def warming_times_the_cosine(step, total_steps, warm_up_steps, peak):
    if step < warm_up_steps:
        return peak * (step + 1) / warm_up_steps * (1 + np.cos(np.pi * step / total_steps)) / 2
    return cosine_alone(step, total_steps, warm_up_steps, peak)


def dividing_first(step, total_steps, warm_up_steps, peak):
    rising = peak * (step + 1) / warm_up_steps
    return rising if step < warm_up_steps else cosine_alone(step, total_steps, warm_up_steps, peak)


WRONG_SHARES = [
    (
        lambda step, total, n: step / total,
        "The cosine begins at step 0, so it is under way when the warm-up ends. Count its steps from warm_up_steps, "
        "and divide by total_steps - warm_up_steps.",
    ),
    (
        lambda step, total, n: (step - n) / total,
        "The cosine does not reach 0: what is left of the run after the warm-up is total_steps - warm_up_steps.",
    ),
    (
        lambda step, total, n: step / (total - n),
        "The cosine starts from `step`, not from the end of the warm-up: step - warm_up_steps of it are over.",
    ),
    (
        lambda step, total, n: (step - n) / (total - n - 1),
        "The cosine reaches 0 one step too early. It has total_steps - warm_up_steps steps, and is 0 at step "
        "total_steps.",
    ),
    (
        lambda step, total, n: (step - n + 1) / (total - n),
        "The cosine is one step ahead. At step warm_up_steps its share is 0.",
    ),
    (
        lambda step, total, n: (step - n + 1) / (total - n + 1),
        "The cosine starts one step too early: at step warm_up_steps it is still at the peak.",
    ),
    (
        lambda step, total, n: (step - n) / (total - n + 1),
        "A step too many is in the division: the cosine has total_steps - warm_up_steps steps.",
    ),
    (
        lambda step, total, n: step - n / total - n,
        "Parentheses are missing: the difference `step - warm_up_steps` is divided by the difference "
        "`total_steps - warm_up_steps`.",
    ),
    (
        lambda step, total, n: (step - n) // (total - n),
        "`//` rounds the share down to a whole number. Divide with `/`.",
    ),
]

WRONG_CURVES = [
    (
        lambda share: (1 + np.cos(180 * share)) / 2,
        "Degrees for radians: NumPy's and Python's cosine takes pi for half a turn, not 180.",
    ),
    (lambda share: (1 + np.cos(share)) / 2, "pi is missing in the cosine: half a turn is pi."),
    (
        lambda share: (1 + np.cos(2 * np.pi * share)) / 2,
        "The cosine makes a whole turn and comes back to the peak. Half a turn is pi.",
    ),
    (
        lambda share: np.cos(np.pi * share / 2),
        "That is a quarter of a turn: the curve falls straight onto 0. Half a turn from 1 to -1, plus 1, divided by 2.",
    ),
    (
        lambda share: np.cos(np.pi * share),
        "The cosine itself goes down to -1, so the rate becomes negative. Add 1 and divide by 2.",
    ),
    (lambda share: 1 + np.cos(np.pi * share), "The division by 2 is missing: 1 + cos goes from 2 to 0."),
    (lambda share: (1 - np.cos(np.pi * share)) / 2, "That climbs. 1 + cos falls from 2 to 0, 1 - cos climbs."),
    (
        lambda share: 1 - share,
        "The rate falls in a straight line. The cosine stays near the peak at first and near 0 at the end.",
    ),
    (lambda share: 1.0, "After the warm-up the rate stays at the peak. It falls to 0 in half a cosine."),
    (lambda share: np.cos(np.pi * share) / 2, "The 1 is missing: add it to the cosine, then divide by 2."),
    (
        lambda share: 1 + np.cos(np.pi * share) / 2,
        "The division by 2 takes the cosine alone. Halve the sum: (1 + cos) / 2.",
    ),
    (lambda share: (1 + np.sin(np.pi * share)) / 2, "A sine, for a cosine."),
]

WRONG_WARM_UPS = [
    (
        lambda step, n: step / n,
        "The warm-up is off by one: step 0 has the rate 0, so it changes nothing. The first rate is "
        "peak / warm_up_steps.",
    ),
    (
        lambda step, n: (step + 1) / (n + 1),
        "The warm-up reaches the peak one step too late. At step warm_up_steps - 1 the rate is the peak.",
    ),
    (
        lambda step, n: step / max(n - 1, 1),
        "The warm-up starts at 0 and reaches the peak in its last step. It starts at peak / warm_up_steps.",
    ),
    (lambda step, n: 1.0, "There is no warm-up: the first steps have the full rate."),
    (
        lambda step, n: 1 / n,
        "Every rate of the warm-up is the same: `step` is not in it. Step t has t + 1 shares of the peak.",
    ),
    (lambda step, n: step + 1, "The division is missing: the warm-up climbs by peak / warm_up_steps in each step."),
    (lambda step, n: 0.0, "Every rate of the warm-up is 0. If you divide with `//`: that rounds down. Use `/`."),
    (lambda step, n: (1 - np.cos(np.pi * step / n)) / 2, "The warm-up follows a cosine. It is a straight line."),
    (lambda step, n: (n - step) / n, "The warm-up goes down. It starts at peak / warm_up_steps and ends at the peak."),
]

MISTAKES = [
    *[(schedule_with(share=wrong), meaning) for wrong, meaning in WRONG_SHARES],
    *[(schedule_with(down=wrong), meaning) for wrong, meaning in WRONG_CURVES],
    (
        warming_while(lambda step, n: step <= n),
        "The warm-up has one step too many, and goes above the peak. The cosine begins at step warm_up_steps: ask "
        "`step < warm_up_steps`, not `<=`.",
    ),
    (warming_while(lambda step, n: True), "The warm-up never ends: after warm_up_steps the cosine begins."),
    (without_parentheses, "Parentheses are missing: `peak` multiplies all of (1 + cos) / 2."),
    (without_peak, "`peak` is missing after the warm-up."),
    *[(schedule_with(wrong), meaning) for wrong, meaning in WRONG_WARM_UPS],
    (lambda *given: schedule(*given) / given[-1], "`peak` is missing in the warm-up."),
    (warming_over_the_whole_run, "The warm-up goes over the whole run. It is over after warm_up_steps."),
    (warming_times_the_cosine, "The warm-up is multiplied by the cosine. They come one after the other."),
    (
        cosine_alone,
        "These are the cosine's values, before its start. Does the case `step < warm_up_steps` return a rate?",
    ),
    (
        warming_while(lambda step, n: step + 1 < n),
        "The warm-up ends one step too early: step warm_up_steps - 1 is its last. Ask `step < warm_up_steps`.",
    ),
    (warming_while(lambda step, n: step >= n), Said("before its start")),
    (
        lambda step, total, n, peak: peak * (1 + np.cos(np.pi * step / total)) / 2,
        "There is no warm-up: the cosine begins at step 0.",
    ),
    (dividing_first, Said("Here `warm_up_steps` is 0")),
    (lambda *given: [schedule(*given)] * 2, Said("expected a number")),
    (lambda *given: None, Said("forget `return`")),
]


def rates_of(answer, total_steps, warm_up_steps, peak):
    """The rates of all steps of a run, and of its end."""
    return np.array([answer(step, total_steps, warm_up_steps, peak) for step in range(total_steps + 1)])


@exercise("4.3", title="Warm-up and cosine", mistakes=MISTAKES, lead=LEAD, hidden=same_as(schedule, drawn))
def warm_up_and_cosine(submitted):
    """Every step of a run and its end; a warm-up of one step; none at all."""
    for given in (12, 4, 0.2), (25, 5, 3.0), (9, 1, 0.5), (8, 0, 0.1):
        _check_run(submitted, *given)
    return "A straight line up, half a cosine down to 0, and no warm-up where none is asked for."


def _check_run(submitted, total_steps, warm_up_steps, peak):
    name = f"total_steps {total_steps}, warm_up_steps {warm_up_steps}, peak {peak:g}"

    def rate(step, *given):
        return expect_number(plain_number(_call(submitted, step, *given)), f"The rate of step {step} for {name}")

    given = total_steps, warm_up_steps, peak
    rates, right = rates_of(rate, *given), rates_of(schedule, *given)
    wrong_runs = [(functools.partial(rates_of, wrong), meaning) for wrong, meaning in MISTAKES]
    parts = (
        ("warm-up", slice(None, warm_up_steps), f"0 to {warm_up_steps - 1}"),
        ("cosine", slice(warm_up_steps, None), f"{warm_up_steps} to {total_steps}"),
    )
    for part, where, which in parts:
        if right[where].size:
            what = f"The {part} (the rates of steps {which}) for {name}"
            because = known(wrong_runs, *given, part=lambda run, where=where: run[where])
            expect_close(rates[where], right[where], **ROUNDING, because=because, what=what)


def _call(submitted, step, total_steps, warm_up_steps, peak):
    try:
        return submitted(step, total_steps, warm_up_steps, peak)
    except LearnerError as error:
        if not warm_up_steps and "ZeroDivisionError" in error.kinds:
            error.hint = "Here `warm_up_steps` is 0, so no warm-up. Ask `step < warm_up_steps` before you divide."
        raise
