"""Each week two claims are measured anew with their full settings, and held to the results that are committed.

That the code moved no number, small versions show at every run. Here it is the result itself that comes out again, by
the command of a reader who doubts it.
"""

import contextlib
import dataclasses
import datetime
import math
import subprocess
import sys

import pytest

from course_copy import ROOT
from course_lib.experiments.fingerprints import engine
from course_lib.experiments.measurement import MEASURED, RESTAMPED, LogEntry, MeasurementError
from course_lib.experiments.registry import names
from course_lib.experiments.small_versions import counted, differences, kind_of_machine, other_machine, versions
from course_lib.experiments.storage import command, load_measurement

CHEAP = 3.0  # minutes of processor time, with the full settings: every second claim takes less
ROUNDING = 1e-6  # how far apart intervals may lie, as a share of the mean or in the unit: some have no width
A_YEAR = 52  # weeks
MONDAY = datetime.date(2026, 11, 30)


def cheap_claims():
    """{name: minutes of processor time that the committed result took}, of the cheap ones, the cheapest first."""
    minutes = {}
    for name in names():
        with contextlib.suppress(MeasurementError):  # a missing result is the matter of test_claims_are_current.py
            minutes[name] = load_measurement(name).cpu_minutes
    return dict(sorted(((name, took) for name, took in minutes.items() if took <= CHEAP), key=lambda item: item[1]))


def claims_of_week(day, claims):
    """Whose turn it is in the ISO week of a day: two of these claims, the cheapest with the dearest and so on.

    So all weeks take about as long, and in as many weeks as there are pairs each claim is measured. The middle one of
    an odd number has a week for itself.
    """
    ordered = list(claims)
    pairs = [dict.fromkeys([ordered[place], ordered[-1 - place]]) for place in range((len(ordered) + 1) // 2)]
    weeks = (day.toordinal() - 1) // 7  # since year 1, which began on a Monday, as ISO weeks do; they never start anew
    return list(pairs[weeks % len(pairs)])


def departures(kept, now, to_the_bit=False):
    """What of a measurement is not as in the committed result, in words.

    Parameters
    ----------
    kept, now : two Measurements of one claim
    to_the_bit : whether every number has to be the same
    """
    found = [f"the verdict was {kept.verdict!r} and is {now.verdict!r}"] if now.verdict != kept.verdict else []
    for before, after in zip(kept.effects, now.effects, strict=True):
        slack = ROUNDING * max(1.0, abs(before.mean))
        if max(before.low, after.low) - min(before.high, after.high) > slack:  # so lie all that turned round
            found.append(f"{before.label!r} was {words(before)} and is {words(after)}")
    if to_the_bit:
        odd = differences(all_seeds(kept), all_seeds(now))
        found += [counted(odd, all_seeds(kept))] if odd else []
        if kept.chosen != now.chosen:
            found.append(f"tuning chose {kept.chosen} and chooses {now.chosen}")
    return found


def was_measured_like_this(kept):
    """Whether this code, on this kind of machine, measured all numbers of a result.

    After a restamp that is known of its small version alone: rounding that changed may show in longer runs only.
    """
    as_measured = not kept.log or kept.log[-1].what == MEASURED
    return as_measured and kept.engine == engine() and not other_machine(kept.small)


def words(effect):
    return f"{effect.mean:+.4g} [{effect.low:+.4g}, {effect.high:+.4g}]"


def all_seeds(measurement):
    """The numbers of the full version in the form of a small one, which can be compared number by number."""
    full = {"seeds": measurement.seeds, "arms": measurement.arms, "tuning": {}, "fired": {}}
    return dataclasses.replace(measurement.small, **full)


@pytest.mark.weekly("measures two claims with their full settings, some three minutes of processor time together")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", claims_of_week(datetime.datetime.now(datetime.UTC).date(), cheap_claims()))
def test_a_claim_that_is_measured_anew_comes_to_its_result(name, tmp_path):
    """Where the result itself was measured with this engine, on this kind of machine, number by number."""
    call = [sys.executable, "-m", "course_lib", "claims", "run", name, "--folder", str(tmp_path)]
    run = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == 0, f"{run.stdout[-2000:]}\n{run.stderr[-2000:]}"
    kept, now = load_measurement(name), load_measurement(name, tmp_path)
    if said := departures(kept, now, to_the_bit=was_measured_like_this(kept)):
        again = f"To measure it once more, beside the result: {command(name, folder='anew')}"
        pytest.fail("\n".join([f"{name} is not what was committed:", *said, again]))


# ---- whose turn it is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [MONDAY, datetime.date(2020, 7, 6), datetime.date(2032, 12, 27)])
def test_within_a_year_each_cheap_claim_has_its_turn(first):
    claims = cheap_claims()
    weeks = [claims_of_week(first + datetime.timedelta(weeks=week), claims) for week in range(A_YEAR)]
    assert {name for week in weeks for name in week} == set(claims)
    assert {len(week) for week in weeks} <= {1, 2}
    assert max(sum(claims[name] for name in week) for week in weeks) < 1.5 * CHEAP


def test_the_turn_goes_on_with_each_iso_week_also_into_a_new_year():
    claims = ["a", "b", "c", "d", "e"]
    days = [datetime.date(2026, 1, 1) + datetime.timedelta(days=number) for number in range(800)]  # 2026 has 53 weeks
    by_week = {}
    for day in days:
        by_week.setdefault(day.isocalendar()[:2], set()).add(tuple(claims_of_week(day, claims)))
    assert {len(turns) for turns in by_week.values()} == {1}
    turns = [turns.pop() for turns in by_week.values()]
    assert set(turns) == {("a", "e"), ("b", "d"), ("c",)}
    assert all(turns[week] == turns[week + 3] != turns[week + 1] for week in range(len(turns) - 3))


# ---- what counts as the same ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept():
    """A result whose effects lie far from what does not count, for the claim and against it."""
    return load_measurement("vanishing_sigmoid")


def shifted(measurement, label, by):
    """The measurement with one effect moved, as another machine might have found it."""
    effects = [
        dataclasses.replace(each, mean=each.mean + by, low=each.low + by, high=each.high + by)
        if each.label == label
        else each
        for each in measurement.effects
    ]
    return dataclasses.replace(measurement, effects=tuple(effects))


def test_a_result_does_not_depart_from_itself(kept):
    again = dataclasses.replace(kept, cpu_minutes=9.0, log=(), fingerprint="another")
    assert departures(kept, again, to_the_bit=True) == []


@pytest.mark.parametrize(("widths", "departs"), [(0.9, False), (1.1, True), (-0.9, False), (-1.1, True)])
def test_intervals_have_to_overlap(kept, widths, departs):
    effect = kept.primary
    now = shifted(kept, effect.label, widths * (effect.high - effect.low))
    assert [effect.label in said for said in departures(kept, now)] == [True] * departs


def test_intervals_without_width_may_differ_by_rounding_and_no_more(kept):
    point = dataclasses.replace(kept.primary, low=kept.primary.mean, high=kept.primary.mean)
    kept = dataclasses.replace(kept, effects=(point, *kept.effects[1:]))
    assert departures(kept, shifted(kept, point.label, math.ulp(point.mean))) == []
    assert len(departures(kept, shifted(kept, point.label, 0.001))) == 1


def test_an_effect_that_turned_round_is_a_departure_however_wide_its_interval(kept):
    label, limit = kept.primary.label, kept.smallest_effect
    for_it = dataclasses.replace(kept.primary, mean=2 * limit, low=1.1 * limit, high=9 * limit)
    against = dataclasses.replace(kept.primary, mean=-2 * limit, low=-9 * limit, high=-1.1 * limit)
    one, other = (dataclasses.replace(kept, effects=(effect, *kept.effects[1:])) for effect in (for_it, against))
    assert [label in said for said in departures(one, other)] == [True]


def test_another_verdict_is_a_departure(kept):
    undecided = [dataclasses.replace(each, by_seed=(-9e9, 9e9), low=-9e9, high=9e9) for each in kept.effects]
    now = dataclasses.replace(kept, effects=tuple(undecided))
    assert departures(kept, now) == ["the verdict was 'too small to matter' and is 'open'"]


def test_one_bit_of_one_seed_is_a_departure_where_numbers_have_to_be_the_same(kept):
    arm, quantity = kept.primary.better, kept.primary.quantity
    numbers = list(kept.arms[arm][quantity])
    numbers[3] = math.nextafter(numbers[3], math.inf)
    now = dataclasses.replace(kept, arms=kept.arms | {arm: kept.arms[arm] | {quantity: numbers}})
    assert departures(kept, now) == []
    (said,) = departures(kept, now, to_the_bit=True)
    assert f"{quantity!r} of {arm!r}, seed 3: " in said


def test_numbers_have_to_be_the_same_where_this_engine_and_machine_measured_all_of_them(kept):
    small = dataclasses.replace(kept.small, machine=kind_of_machine(), versions=versions())
    here = dataclasses.replace(kept, engine=engine(), small=small, log=())
    entries = {what: LogEntry(what, "why", ("a", "b"), ("c", "d"), ("e", "f")) for what in (MEASURED, RESTAMPED)}
    assert was_measured_like_this(here)
    assert was_measured_like_this(dataclasses.replace(here, log=(entries[RESTAMPED], entries[MEASURED])))
    assert not was_measured_like_this(dataclasses.replace(here, log=(entries[MEASURED], entries[RESTAMPED])))
    assert not was_measured_like_this(dataclasses.replace(here, engine="another"))
    elsewhere = dataclasses.replace(small, machine=small.machine | {"libc": "another"})
    assert not was_measured_like_this(dataclasses.replace(here, small=elsewhere))


def test_another_choice_is_a_departure_where_numbers_have_to_be_the_same(kept):
    now = dataclasses.replace(kept, chosen={"sigmoid": {"learning_rate": 0.1}})
    assert departures(kept, now) == []
    assert departures(kept, now, to_the_bit=True) == ["tuning chose {} and chooses {'sigmoid': {'learning_rate': 0.1}}"]
