"""Exercise 6.3: what leaving out two parts costs, one by one and together."""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import ROUNDING, expect_close, expect_tuple, plain_number
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, answers_in, known, meaning_in_all
from course_lib.checks.registry import exercise

LEAD = "Take the example's two seeds. Write down what leaving out a, b and both costs each of them, then the means."

PARTS = ("alone", "both", "extra")


def stand_in(full, without_a, without_b, without_both):
    """(alone, both, extra), in points: what leaving out costs, one by one and together, means over the seeds."""
    alone = ((full - without_a) + (full - without_b)).mean()
    both = (full - without_both).mean()
    return alone, both, both - alone


def drawn(rng):
    """Fresh accuracies: parts that stand in for each other, that add up, that harm; one seed, few and many."""
    cases = []
    for n, extra in ((1, 3.0), (int(rng.integers(2, 6)), 6.0), (int(rng.integers(6, 12)), -2.0), (4, 0.0), (5, -0.5)):
        of_a, of_b = rng.uniform(-1.5, 4, 2)
        full = rng.normal(85, 2, n)
        costs = of_a, of_b, of_a + of_b + extra
        cases.append((full, *(full - cost - rng.normal(0, 0.3, n) for cost in costs)))
    return cases


# ---- wrong answers --------------------------------------------------------------------------------------------------


def of_alone(result):
    """result(full, without_a, without_b) in place of what the two cost one by one."""

    def answer(full, without_a, without_b, without_both):
        alone, both = result(full, without_a, without_b), (full - without_both).mean()
        return alone, both, both - alone

    return answer


def of_both(result):
    """result(full, without_both) in place of what the two cost together."""

    def answer(full, without_a, without_b, without_both):
        alone, both = (2 * full - without_a - without_b).mean(), result(full, without_both)
        return alone, both, both - alone

    return answer


def of_extra(result):
    """result(alone, both) in place of their difference."""

    def answer(full, without_a, without_b, without_both):
        alone, both, _ = stand_in(full, without_a, without_b, without_both)
        return alone, both, result(alone, both)

    return answer


def exchanged(full, without_a, without_b, without_both):
    alone, both, extra = stand_in(full, without_a, without_b, without_both)
    return both, alone, extra


def by_seed(full, without_a, without_b, without_both):
    return 2 * full - without_a - without_b, full - without_both, 0.0


def subtracts_in_place(full, without_a, without_b, without_both):
    full -= without_a
    return full.mean(), full.mean(), 0.0


SIGN = (
    "The sign is turned: a cost is the accuracy with all parts minus the accuracy without one, so that a loss is above "
    "0."
)
UNSIGNED = "The sign of a cost is lost. It is below 0 where the network is better without the part: no `abs`."
LARGER, SMALLER = (f"That is the {which} one of the two costs. Add both." for which in ("larger", "smaller"))
SUBTRACTED = "One cost is subtracted from the other. Add them."
SUMMED = "It is summed over the seeds. Take the mean."
FIRST_SEED = "That is the first seed alone. Take the mean over the seeds."
MEDIAN = "The median stands in place of the mean."
SHARES = "Those are shares. The accuracies are in %, and so are the costs, in points."
RATIO = "That is a ratio. The extra cost is a difference, in points: both - alone."

MISTAKES = [
    (of_alone(lambda full, a, b: abs((full - a).mean()) + abs((full - b).mean())), UNSIGNED),
    (of_alone(lambda full, a, b: (abs(full - a) + abs(full - b)).mean()), UNSIGNED),
    (of_alone(lambda full, a, b: abs((2 * full - a - b).mean())), UNSIGNED),
    (of_alone(lambda full, a, b: (2 * full - a - b)[0]), FIRST_SEED),
    (of_alone(lambda full, a, b: (a + b - 2 * full).mean()), SIGN),
    (
        of_alone(lambda full, a, b: (full - (a + b) / 2).mean()),
        "That is the mean of the two costs. Add them: the question is what both would cost if neither stood in for the "
        "other.",
    ),
    (of_alone(lambda full, a, b: (full - a).mean()), "Only what leaving a out costs is there. Add both."),
    (of_alone(lambda full, a, b: (full - b).mean()), "Only what leaving b out costs is there. Add both."),
    (of_alone(lambda full, a, b: max((full - a).mean(), (full - b).mean())), LARGER),
    (of_alone(lambda full, a, b: np.maximum(full - a, full - b).mean()), LARGER),
    (of_alone(lambda full, a, b: min((full - a).mean(), (full - b).mean())), SMALLER),
    (of_alone(lambda full, a, b: np.minimum(full - a, full - b).mean()), SMALLER),
    (
        of_alone(lambda full, a, b: (full - a - b).mean()),
        "The two accuracies are added, and `full` is taken once. Each cost is a difference of its own.",
    ),
    (
        of_alone(lambda full, a, b: (a + b).mean()),
        "The two accuracies are added. A cost is a difference: what `full` has more.",
    ),
    (
        of_alone(lambda full, a, b: ((a + b) / 2).mean()),
        "That is the mean of the two accuracies. A cost is a difference: what `full` has more.",
    ),
    (of_alone(lambda full, a, b: (b - a).mean()), SUBTRACTED),
    (of_alone(lambda full, a, b: (a - b).mean()), SUBTRACTED),
    (of_alone(lambda full, a, b: (2 * full - a - b).sum()), SUMMED),
    (of_alone(lambda full, a, b: np.median(2 * full - a - b)), MEDIAN),
    (of_alone(lambda full, a, b: (2 * full - a - b).mean() / 100), SHARES),
    (exchanged, "That is what leaving out both costs. Here: what each costs by itself, added."),
    (of_both(lambda full, without: abs((full - without).mean())), UNSIGNED),
    (of_both(lambda full, without: (full - without)[0]), FIRST_SEED),
    (of_both(lambda full, without: (without - full).mean()), SIGN),
    (
        of_both(lambda full, without: without.mean()),
        "`full` is missing: that is the accuracy without both. A cost is what `full` has more.",
    ),
    (of_both(lambda full, without: (full - without).sum()), SUMMED),
    (of_both(lambda full, without: np.median(full - without)), MEDIAN),
    (
        lambda full, a, b, both: ((2 * full - a - b).mean(), (2 * full - a - b).mean(), 0.0),
        "That is what the two cost one by one, added. Here: what is lost when both are gone.",
    ),
    (
        of_both(lambda full, without: (full - without).mean() / 2),
        "That is half of it. Both are gone at once, and the loss counts whole.",
    ),
    (of_both(lambda full, without: (full - without).mean() / 100), SHARES),
    (
        of_extra(lambda alone, both: abs(both - alone)),
        "The sign is lost: it is below 0 where the two together cost less than one by one.",
    ),
    (
        of_extra(lambda alone, both: alone - both),
        "It is turned around: what leaving out both costs *beyond* the two costs alone, both - alone.",
    ),
    (of_extra(lambda alone, both: both / alone), RATIO),
    (of_extra(lambda alone, both: (both - alone) / alone), RATIO),
    (of_extra(lambda alone, both: both + alone), "The two are added. The extra cost is both - alone."),
    (
        of_extra(lambda alone, both: max(both - alone, 0.0)),
        "It is cut off at 0. Below 0 it says that the two together cost less than one by one.",
    ),
    (of_extra(lambda alone, both: both - alone / 2), "Half of `alone` is subtracted, and all of it counts."),
    (by_seed, Said("It is not averaged over the seeds")),
    (
        lambda full, a, b, both: stand_in(full, a, b, both)[2],
        Said("expected 3 values (alone, both, extra)"),
    ),
    (subtracts_in_place, Said("changes its input `full`")),
]


# ---- the check ------------------------------------------------------------------------------------------------------


@exercise(
    "6.3",
    title="Do they stand in for each other?",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(stand_in, drawn, rtol=1e-4, atol=1e-4),
)
def check_stand_in(submitted):
    """Parts that stand in for each other, that do not, that harm, one seed; few seeds and many."""
    cases = _cases()
    for name, given in cases.items():
        value = expect_tuple(submitted(*given), 3, f"The result for {name}", PARTS)
        for part, right in enumerate(stand_in(*given)):
            number, what = value[part], f"`{PARTS[part]}` for {name}"
            if isinstance(number, np.ndarray) and number.size > 1 and number.shape == given[0].shape:
                hint = "It is not averaged over the seeds: take the mean."
                raise Diagnosis(f"{what} is {describe(number)}, one for each seed; expected one number.", hint=hint)
            number = plain_number(number)
            because = _because(submitted, cases.values(), given, part, number)
            expect_close(number, right, **ROUNDING, because=because, what=what)
    return "What they cost one by one, what they cost together, and how much that is beyond."


def _because(submitted, cases, given, part, number):
    """Pairs (wrong value, hint) for a part, the parts before it being right, as `known` gives them.

    The first is that of the mistake that gives this part in all cases: two that agree in one case are told apart there.
    """

    def same(wrong, answer):
        numbers = [float(plain_number(each)) for each in answer]
        return np.allclose(wrong[: part + 1], numbers[: part + 1], **ROUNDING)

    def after_right_ones(value):
        return value[part] if np.allclose(value[:part], stand_in(*given)[:part], **ROUNDING) else None

    hint = meaning_in_all(MISTAKES, cases, answers_in(submitted, cases), same)
    if hint:
        yield number, hint
    yield from known(MISTAKES, *given, part=after_right_ones)


def _cases():
    """{name: (full, without_a, without_b, without_both)}."""
    rng = np.random.default_rng(63)
    cases = {"the example": tuple(map(np.array, ([90.0, 92.0], [88.0, 90.0], [87.0, 87.0], [79.0, 83.0])))}
    for name, n, *costs in (
        ("parts that stand in for each other, 5 seeds", 5, 1.0, 2.5, 12.0),
        ("parts that add up, 4 seeds", 4, 3.0, 1.0, 4.2),
        ("parts that do the same thing in one place, 8 seeds", 8, 4.0, 5.0, 5.5),
        ("a part that harms, 6 seeds", 6, -1.5, 2.0, 0.8),
        ("two parts that harm, 5 seeds", 5, -1.5, -0.5, -2.5),
        ("one seed", 1, 2.0, 0.5, 4.0),
    ):
        full = rng.normal(88, 1, n)
        cases[name] = full, *(full - cost - rng.normal(0, 0.3, n) for cost in costs)
    return cases
