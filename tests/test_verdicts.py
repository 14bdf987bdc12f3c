"""Intervals, several comparisons at once, verdicts; and how often the interval holds the truth, by simulation."""

import dataclasses
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.experiments.experiment import Comparison, Outcome
from course_lib.experiments.measurement import effects_of
from course_lib.experiments.verdicts import (
    CLEARLY_HARMS,
    CLEARLY_HELPS,
    HARMS,
    HELPS,
    OPEN,
    TOO_SMALL,
    VERDICTS,
    IntervalError,
    chance_of_zero,
    holm_confidences,
    interval,
    verdict_of,
)
from made_up_claims import coin
from simulated_claims import coverage

# ---- the interval ---------------------------------------------------------------------------------------------------


def student_t_probability(quantile, degrees):
    """How likely Student's t lies below `quantile`: its density, added up in thin slices from 0 on."""
    edges = np.linspace(0, quantile, 20_001)
    middles = (edges[1:] + edges[:-1]) / 2
    constant = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)
    density = constant * (1 + middles**2 / degrees) ** (-(degrees + 1) / 2)
    return 0.5 + float(density.sum() * (edges[1] - edges[0]))


@pytest.mark.parametrize("n", [2, 3, 5, 10, 20, 31, 200])
@pytest.mark.parametrize("confidence", [0.90, 0.95, 0.99])
def test_half_of_what_is_left_of_students_t_lies_above_the_interval(n, confidence):
    values = np.random.default_rng(n).normal(size=n)
    mean, low, high = interval(values, confidence)
    standard_error = statistics.stdev(values) / math.sqrt(n)
    assert mean == pytest.approx(statistics.fmean(values))
    below = student_t_probability((high - mean) / standard_error, n - 1)
    assert below == pytest.approx((1 + confidence) / 2, abs=2e-5)
    assert high - mean == pytest.approx(mean - low)


@pytest.mark.parametrize(
    ("values", "quantile"),  # the quantiles as any statistics table gives them
    [([0.81, 0.85], 12.706), ([1.0, 2.0, 6.0], 4.303), ([0.8, 0.82, 0.79, 0.85, 0.81], 2.776)],
)
def test_an_interval_is_students_for_the_number_of_seeds(values, quantile):
    mean, low, high = interval(values)
    half = quantile * statistics.stdev(values) / math.sqrt(len(values))
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=2e-4 * half)


@pytest.mark.parametrize("values", [[], [0.5], 0.5, [[0.5, 0.6], [0.7, 0.8]]])
def test_an_interval_of_fewer_than_two_seeds_is_refused(values):
    with pytest.raises(IntervalError, match="2 seeds or more"):
        interval(values)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_an_interval_of_what_is_not_finite_is_refused(bad):
    with pytest.raises(IntervalError, match="not a finite number"):
        interval([1.0, bad, 2.0])


def test_the_p_value_is_that_of_the_t_test():
    values = np.random.default_rng(3).normal(0.4, 1.0, 12)
    t = values.mean() / (values.std(ddof=1) / math.sqrt(12))
    assert chance_of_zero(values) == pytest.approx(2 * (1 - student_t_probability(abs(t), 11)), abs=1e-6)
    assert chance_of_zero(-values) == pytest.approx(chance_of_zero(values))
    assert chance_of_zero([1.0, 1.0, 1.0]) == 0.0  # the same with every seed: no chance is left
    assert chance_of_zero([0.0, 0.0, 0.0]) == 1.0


# ---- the verdict ----------------------------------------------------------------------------------------------------

SPREAD = np.array([-1.0, 1.0] * 5) / 1.490712  # ten numbers of mean 0; the 95% interval is 0.506 on each side


def verdict_at(mean, smallest_effect=1.0, spread=1.0):
    """The verdict on ten seeds of this mean, whose 95% interval has half width 0.506 x spread, and 90% 0.410."""
    numbers = mean + spread * SPREAD
    return verdict_of(numbers, *interval(numbers)[1:], smallest_effect)


def test_the_widths_that_the_verdicts_below_stand_on():
    assert interval(SPREAD) == pytest.approx((0.0, -0.506, 0.506), abs=1e-3)
    assert interval(SPREAD, 0.9) == pytest.approx((0.0, -0.410, 0.410), abs=1e-3)


@pytest.mark.parametrize(
    ("mean", "smallest", "expected"),
    [
        (1.60, 1.0, CLEARLY_HELPS),  # from 1.09 up
        (1.45, 1.0, HELPS),  # from 0.94 up
        (0.75, 1.0, HELPS),  # from 0.24 to 1.26, which need not be small
        (0.40, 0.5, OPEN),  # from -0.11 to 0.91
        (0.00, 0.3, OPEN),  # from -0.51 to 0.51: nothing is seen, and it need not be small
        (0.00, 0.5, TOO_SMALL),  # the 90% interval from -0.41 to 0.41
        (0.55, 1.0, TOO_SMALL),  # from 0.04 up, surely there, and 0.96 at most, surely too small
        (-0.55, 1.0, TOO_SMALL),
        (-0.40, 0.5, OPEN),
        (-0.75, 1.0, HARMS),
        (-1.45, 1.0, HARMS),
        (-1.60, 1.0, CLEARLY_HARMS),
    ],
)
def test_every_verdict_from_its_numbers(mean, smallest, expected):
    assert verdict_at(mean, smallest) == expected


def test_too_small_comes_before_helps_and_harms():
    for mean, sign in ((0.55, 1), (-0.55, -1)):
        numbers = mean + SPREAD
        _, low, high = interval(numbers)
        assert sign * low > 0 and sign * high > 0  # the interval leaves 0 out
        assert verdict_of(numbers, low, high, 1.0) == TOO_SMALL
        assert verdict_of(numbers, low, high, 0.9) == (HELPS if sign > 0 else HARMS)


@given(st.floats(-3, 3), st.floats(0.05, 2), st.floats(0.1, 3))
def test_a_verdict_turns_round_with_the_effect(mean, smallest, spread):
    turned = dict(zip(VERDICTS, (CLEARLY_HARMS, HARMS, TOO_SMALL, OPEN, HELPS, CLEARLY_HELPS), strict=True))
    assert verdict_at(-mean, smallest, spread) == turned[verdict_at(mean, smallest, spread)]


@given(st.floats(0.05, 3), st.floats(0.01, 0.2))
def test_a_wider_interval_never_turns_too_small_or_open_into_an_effect(smallest, more):
    numbers = 0.6 + SPREAD
    _, low, high = interval(numbers)
    verdict, wider = (verdict_of(numbers, low - d, high + d, smallest) for d in (0, more))
    assert wider == verdict or VERDICTS.index(wider) > VERDICTS.index(verdict)
    assert (wider == TOO_SMALL) == (verdict == TOO_SMALL)  # that is judged alone, however many comparisons there are


# ---- several comparisons --------------------------------------------------------------------------------------------


def test_holms_levels_of_a_worked_example():
    """0.005 < 0.05 / 4, 0.01 < 0.05 / 3, then 0.03 is not below 0.05 / 2: it and 0.04 fail at that level."""
    levels = [1 - confidence for confidence in holm_confidences([0.01, 0.04, 0.03, 0.005])]
    assert levels == pytest.approx([0.05 / 3, 0.05 / 2, 0.05 / 2, 0.05 / 4])
    assert holm_confidences([]) == []
    assert holm_confidences([0.5]) == pytest.approx([0.95])
    assert [1 - each for each in holm_confidences([0.2, 0.3, 0.001], 0.9)] == pytest.approx([0.05, 0.05, 0.1 / 3])


def rejected_by_holm(p_values, alpha=0.05):
    """Holm 1979, as written there: from the smallest p value on, as long as it is below alpha / how many are left."""
    left, rejected = sorted(range(len(p_values)), key=p_values.__getitem__), set()
    while left and p_values[left[0]] < alpha / len(left):
        rejected.add(left.pop(0))
    return rejected


def test_the_interval_leaves_0_out_exactly_where_holm_rejects():
    rng = np.random.default_rng(1979)
    seen = set()
    for _ in range(200):
        effects = rng.choice([0.0, 0.5, 0.8, 1.2], size=(rng.integers(1, 9), 1))
        numbers = rng.normal(effects, 1.0, (len(effects), 10))
        p_values = [chance_of_zero(row) for row in numbers]
        leave_out = set()
        for place, (row, level) in enumerate(zip(numbers, holm_confidences(p_values), strict=True)):
            _, low, high = interval(row, level)
            leave_out |= {place} if low > 0 or high < 0 else set()
        assert leave_out == rejected_by_holm(p_values)
        seen.add(len(leave_out))
    assert seen >= {0, 1, 2, 3}  # the property was tried where it could fail


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=12))
def test_holms_levels_reject_exactly_what_holm_rejects_of_any_p_values(p_values):
    levels = [1 - confidence for confidence in holm_confidences(p_values)]
    far = [abs(p - level) > 1e-9 for p, level in zip(p_values, levels, strict=True)]
    below = {place for place, p in enumerate(p_values) if p < levels[place]}
    assert not all(far) or below == rejected_by_holm(p_values)
    assert all(0.05 / len(p_values) - 1e-9 <= level <= 0.05 + 1e-9 for level in levels)


def effects_beside(n_elsewhere, exploratory=()):
    """The effects of an experiment whose primary effect is 0.8 + SPREAD, and so many of 0.52 + SPREAD elsewhere.

    `exploratory` : the numbers of those that are not judged.
    """
    names = [f"no {number}" for number in range(n_elsewhere)]
    beside = tuple(
        Comparison(name, name, "worse", "q", exploratory="seen while tuned" if number in exploratory else "")
        for number, name in enumerate(names)
    )
    primary = Comparison("primary", "better", "worse", "q")
    experiment = dataclasses.replace(coin.EXPERIMENT, primary=primary, elsewhere=beside)
    means = {"worse": 0.0, "better": 0.8, **dict.fromkeys(names, 0.52)}
    outcomes = [
        Outcome({arm: {"q": mean + (spread if mean else 0.0)} for arm, mean in means.items()}) for spread in SPREAD
    ]
    return effects_of(experiment, {"": outcomes})


def test_the_primary_is_not_widened_by_how_many_others_there_are():
    alone = effects_beside(0)[0]
    for n_elsewhere in (1, 5, 40):
        primary, *others = effects_beside(n_elsewhere)
        assert primary == alone
        assert primary.confidence == 0.95
        assert [other.confidence for other in others] == pytest.approx([1 - 0.05 / n_elsewhere] * n_elsewhere)


def test_what_is_seen_elsewhere_counts_less_the_more_was_looked_at():
    assert effects_beside(1)[1].verdict(0.3) == HELPS
    assert {other.verdict(0.3) for other in effects_beside(40)[1:]} == {OPEN}


def test_what_is_exploratory_keeps_its_own_interval_and_widens_no_other():
    all_judged, some_judged = effects_beside(5), effects_beside(5, exploratory=(1, 2, 3))
    assert [each.confidence for each in all_judged] == pytest.approx([0.95] + [0.99] * 5)
    assert [each.confidence for each in some_judged] == pytest.approx([0.95, 0.975, 0.95, 0.95, 0.95, 0.975])
    assert some_judged[2].exploratory == "seen while tuned"


def test_of_forty_true_zeros_hardly_ever_one_is_called_an_effect():
    """Each at 95% alone, two of the forty would be."""
    rng = np.random.default_rng(40)
    alone, together = 0, 0
    for _ in range(100):
        p_values = [chance_of_zero(row) for row in rng.normal(0.0, 1.0, (40, 10))]
        alone += sum(p < 0.05 for p in p_values)
        levels = [1 - confidence for confidence in holm_confidences(p_values)]
        together += any(p < level for p, level in zip(p_values, levels, strict=True))
    assert 150 < alone < 250  # of 4,000
    assert together <= 10  # of 100; 5 are to be expected


# ---- does the interval hold the truth? ------------------------------------------------------------------------------


def test_the_interval_holds_the_truth_over_seeds_and_images_in_95_of_100_experiments():
    assert 0.93 <= coverage(interval) <= 0.97


def test_one_test_set_for_all_seeds_would_hold_it_far_less():
    """The reason for fresh test images a seed: what is peculiar to one test set is in every seed, and in no spread."""
    assert coverage(interval, shared_test_images=True) < 0.75


def test_where_all_seeds_learn_from_nearly_all_images_the_interval_holds_less():
    """A limit: what is peculiar to the training images is then in every seed. Fresh ones need a pool that is large."""
    assert coverage(interval, n_train=1140) < 0.90


def normal_in_place_of_t(numbers):
    mean = float(np.mean(numbers))
    half = 1.96 * float(np.std(numbers, ddof=1)) / math.sqrt(len(numbers))
    return mean, mean - half, mean + half


def spread_over_n(numbers):
    mean, low, high = interval(numbers)
    return mean, mean - (mean - low) / math.sqrt(len(numbers)), mean + (high - mean) / math.sqrt(len(numbers))


def spread_of_one_seed(numbers):
    mean, low, high = interval(numbers)
    return mean, mean - (mean - low) * math.sqrt(len(numbers)), mean + (high - mean) * math.sqrt(len(numbers))


@pytest.mark.parametrize("sabotaged", [normal_in_place_of_t, spread_over_n, spread_of_one_seed])
def test_the_simulation_notices_an_interval_that_is_wrong(sabotaged):
    assert not 0.93 <= coverage(sabotaged) <= 0.97
