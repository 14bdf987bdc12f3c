"""Measuring: pairing by seed, cases, what is kept and logged, what is refused, and the same numbers everywhere."""

import math
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from course_lib.experiments import fingerprints, storage
from course_lib.experiments.experiment import FIRST_TUNING_SEED, Comparison, Outcome
from course_lib.experiments.measurement import (
    ArmsAreTheSame,
    MeasurementError,
    MechanismDidNotFire,
    UnknownExperiment,
    WrongRequest,
)
from course_lib.experiments.runner import measure
from course_lib.experiments.storage import load_measurement
from made_up_claims import even_steps
from measured_claims import EVERYTHING, SMALL, outcome, same

pytestmark = pytest.mark.usefixtures("made_up")


# ---- what a measurement holds ---------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_experiment_paired_by_seed(tmp_path):
    measurement = measure("even_steps", jobs=1, folder=tmp_path, progress=False)
    expected = [2 + seed / 10 for seed in range(10)]
    assert measurement.primary.by_seed == pytest.approx(expected)
    assert measurement.primary.mean == pytest.approx(2.45)
    # Each arm goes up by a whole step a seed; the pairs' differences do not show it.
    half = 2.262 * statistics.stdev(expected) / math.sqrt(10)
    assert measurement.primary.high - measurement.primary.low == pytest.approx(2 * half, rel=1e-3)
    assert measurement.values("short, flat", "way") == pytest.approx([seed + 0.01 for seed in range(10)])
    assert measurement.seeds == tuple(range(10))
    assert measurement.verdict == "clearly helps"
    assert measurement.fired == {"flat: steps taken": 1.0, "uphill: steps taken": 1.0}
    cases = {"uphill": {"lead": -1.0}, "flat": {"lead": 2.0}}
    settings = {"slopes": [0.01, 0.1, 1.0], "days": 1, "cases": cases}
    assert measurement.settings == settings | {"longer": {"days": 2}}
    assert measurement.fingerprint == fingerprints.fingerprint("even_steps")
    assert set(measurement.versions) == {"python", "numpy", "torch"}
    assert load_measurement("even_steps", tmp_path) == measurement
    assert measurement.engine == fingerprints.engine()
    assert measurement.log == ()


def test_a_full_measurement_keeps_the_numbers_of_its_small_version(tmp_path):
    kept = measure("even_steps", seeds=4, jobs=1, folder=tmp_path, progress=False).small
    assert kept == measure("even_steps", small=True, progress=False).small
    assert (kept.seeds, kept.tuning_seeds) == ([0, 1, 2], [1000])
    assert kept.arms["long, flat"]["way"] == [seed + 0.01 + 4.0 + seed / 10 for seed in range(3)]
    assert kept.tuning["short, flat"]["choices"] == [{"slope": slope} for slope in (0.01, 0.1, 1.0)]
    assert kept.tuning["short, flat"]["scores"] == [[-0.001 - abs(slope - 0.01) for slope in (0.01, 0.1, 1.0)]]
    assert kept.fired == {key: [1.0, 2.0, 3.0] for key in ("flat: steps taken", "uphill: steps taken")}
    assert kept.versions.keys() == {"python", "numpy", "torch"}
    assert all(kept.machine[part] for part in ("system", "processor", "blas"))


def test_a_score_of_a_run_that_diverged_is_kept(change):
    change("waits", tune=lambda seed, settings, trials: {arm: [1.0, -math.inf, 0.0] for arm in trials})
    assert measure("waits", small=True, progress=False).small.tuning["fast"]["scores"] == [[1.0, None, 0.0]]


def test_each_case_is_measured_in_its_own_settings_with_the_common_ones(tmp_path, change):
    seen = []

    def run(seed, settings, chosen):
        seen.append((settings["case"], settings["lead"], settings["days"], "cases" in settings, sorted(chosen)))
        return even_steps.run(seed, settings, chosen)

    change("even_steps", run=run)
    measurement = measure("even_steps", seeds=2, jobs=1, folder=tmp_path, progress=False)
    flat = ("flat", 2.0, 1, False, ["long, flat", "short, flat"])
    uphill = ("uphill", -1.0, 1, False, ["long, uphill", "short, uphill"])
    assert seen[:4] == [flat, flat, uphill, uphill]  # the primary's case first
    assert {lead for _, lead, *_ in seen[4:]} == {4.0}  # the small version, also in both
    assert measurement.primary.by_seed == pytest.approx((2.0, 2.1))
    assert measurement.effect("up the hill").by_seed == pytest.approx((-1.0, -0.9))


def test_an_arm_that_is_in_two_cases_is_refused(change):
    def run(seed, settings, chosen):
        given = even_steps.run(seed, settings, chosen)
        return Outcome({**given.arms, "both": {"way": 1.0}})

    change("even_steps", run=run)
    with pytest.raises(MeasurementError, match=r"arms \['both'\] are in two cases; give each case's arms names"):
        measure("even_steps", small=True, progress=False)


def test_a_mechanism_that_was_not_at_work_in_one_case_is_named(change):
    def run(seed, settings, chosen):
        given = even_steps.run(seed, settings, chosen)
        return Outcome(given.arms, {"steps taken": float(settings["case"] == "flat")})

    change("even_steps", run=run)
    with pytest.raises(MechanismDidNotFire, match="'steps taken' is 0"):
        measure("even_steps", small=True, progress=False)


def test_the_primary_alone_is_kept_for_the_whole_measurement_and_writes_no_result(tmp_path, change):
    seen = []

    def run(seed, settings, chosen):
        seen.append(settings["case"])
        return even_steps.run(seed, settings, chosen)

    change("even_steps", run=run)
    alone = measure("even_steps", primary=True, jobs=1, folder=tmp_path, progress=False)
    assert [effect.label for effect in alone.effects] == ["flat ground"]
    assert alone.plateau and alone.verdict == "clearly helps"
    assert not (tmp_path / "even_steps.json").exists()
    assert seen == ["flat"] * 10 + ["flat"] * 3 + ["uphill"] * 3  # and the small version
    seen.clear()
    whole = measure("even_steps", jobs=1, folder=tmp_path, progress=False)
    assert seen == ["uphill"] * 10 + ["flat"] * 3 + ["uphill"] * 3
    assert whole.primary == alone.primary
    assert same(whole, measure("even_steps", jobs=1, folder=tmp_path / "other", progress=False))
    assert 0 <= whole.primary_cpu_minutes <= whole.cpu_minutes


def test_other_seeds_are_measured_and_tuned_with_from_the_first_seed_on(tmp_path):
    measurement = measure("even_steps", seeds=3, first_seed=20, jobs=1, folder=tmp_path, progress=False)
    assert (measurement.seeds, measurement.tuning_seeds) == ((20, 21, 22), (1020, 1021, 1022))
    assert measurement.primary.by_seed == pytest.approx((4.0, 4.1, 4.2))


def test_nothing_is_tuned_where_the_experiment_has_nothing_to_tune(tmp_path):
    measurement = measure("coin", jobs=1, folder=tmp_path, progress=False)
    assert measurement.tuning_seeds == ()
    assert (measurement.chosen, measurement.edges, measurement.plateau) == ({}, {}, {})
    assert measurement.verdict == "clearly helps"
    assert measurement.counts_elsewhere() == {"open": 1}


def test_the_small_version_has_its_own_settings_and_writes_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(storage, "RESULTS", tmp_path)
    measurement = measure("even_steps", small=True, progress=False)
    assert measurement.primary.by_seed == pytest.approx([4.0, 4.1, 4.2])
    assert len(measurement.tuning_seeds) == 1
    assert measure("even_steps", seeds=5, small=True, progress=False).seeds == (0, 1, 2, 3, 4)
    assert list(tmp_path.iterdir()) == []
    measure("even_steps", small=True, folder=tmp_path / "here", progress=False)
    assert load_measurement("even_steps", tmp_path / "here") == measurement


def test_without_a_folder_the_result_goes_to_the_courses_own(monkeypatch, tmp_path):
    monkeypatch.setattr(storage, "RESULTS", tmp_path)
    measurement = measure("coin", jobs=1, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["coin.json"]
    assert load_measurement("coin") == measurement


# ---- the same numbers everywhere ------------------------------------------------------------------------------------


def test_side_by_side_gives_the_numbers_of_one_process(tmp_path, begun):
    alone = measure("waits", jobs=1, folder=tmp_path / "a", progress=False)
    assert begun() == EVERYTHING + SMALL
    side_by_side = measure("waits", jobs=2, folder=tmp_path / "b", progress=False)
    assert sorted(begun()) == sorted(EVERYTHING + SMALL)
    assert same(alone, side_by_side)


def pools_and_torch(seed, settings, chosen):
    """How many threads NumPy's matrix products may use where this runs."""
    most = max(pool["num_threads"] for pool in threadpool_info())
    process = float(os.getpid())
    return Outcome({"a": {"threads": most, "process": process}, "b": {"threads": 0.0, "process": process}})


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_computes_on_one_thread(jobs, change, tmp_path):
    change("coin", run=pools_and_torch, primary=Comparison("x", "a", "b", "threads"), elsewhere=())
    with threadpool_limits(2):
        measurement = measure("coin", seeds=2, jobs=jobs, folder=tmp_path, progress=False)
    assert measurement.primary.by_seed == (1.0, 1.0)
    here = {process == os.getpid() for process in measurement.values("a", "process")}
    assert here == {jobs == 1}


def test_a_process_for_tasks_computes_on_one_thread_whatever_its_environment_says():
    code = (
        "from course_lib.experiments import workers\n"
        "from test_experiments_runner import pools_and_torch\n"
        "print(workers.compute_elsewhere(workers.Task('seed', 0, pools_and_torch, ({}, {})))[0].arms['a']['threads'])\n"
    )
    found_in = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    environment = {**os.environ, "PYTHONPATH": found_in}
    environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "2")
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "1"


# ---- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seeds", [1, 0, -3, 2.5, "10", True])
def test_fewer_than_two_seeds_are_refused_before_anything_runs(seeds, begun, tmp_path):
    with pytest.raises(WrongRequest, match="an interval needs 2 seeds or more"):
        measure("waits", seeds=seeds, jobs=1, folder=tmp_path, progress=False)
    assert begun() == []


@pytest.mark.parametrize("jobs", [0, -1, 1.5, "2", True])
def test_no_jobs_are_refused_before_anything_runs(jobs, begun, tmp_path):
    with pytest.raises(WrongRequest, match="it must be 1 or more"):
        measure("waits", jobs=jobs, folder=tmp_path, progress=False)
    assert begun() == []


def test_seeds_that_reach_the_tuning_seeds_are_refused(begun, tmp_path):
    with pytest.raises(WrongRequest, match="seeds is 1002; ask for 1000 or fewer: with those from 1000 on"):
        measure("waits", seeds=FIRST_TUNING_SEED + 2, jobs=1, folder=tmp_path, progress=False)
    assert begun() == []


@pytest.mark.parametrize("number", [10**29, 10**5000, -(10**5000)], ids=["30 digits", "5,001 digits", "below 0"])
def test_numbers_without_measure_are_refused_in_few_words(number, begun, tmp_path):
    for options in ({"seeds": number}, {"seeds": 2, "jobs": number}):
        with pytest.raises(WrongRequest, match=r"is a number of some (29|30|5000) digits") as caught:
            measure("waits", folder=tmp_path, progress=False, **options)
        assert len(str(caught.value)) < 200
    assert begun() == []


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.array])
def test_whole_numbers_of_numpy_are_whole_numbers(kind, tmp_path):
    measurement = measure("coin", seeds=kind(3), jobs=kind(1), folder=tmp_path, progress=False)
    assert measurement.seeds == (0, 1, 2)
    assert load_measurement("coin", tmp_path) == measurement


@pytest.mark.parametrize("value", [np.True_, np.float64(3.0), np.array([3])])
def test_what_numpy_has_and_is_no_whole_number_is_refused_as_python_would(value, begun, tmp_path):
    for options in ({"seeds": value}, {"seeds": 2, "jobs": value}):
        with pytest.raises(WrongRequest, match=r"2 seeds or more|it must be 1 or more"):
            measure("waits", folder=tmp_path, progress=False, **{"jobs": 1} | options)
    assert begun() == []


@pytest.mark.parametrize("first", [-1, FIRST_TUNING_SEED, 1.5, "0", True])
def test_a_first_seed_that_cannot_be_is_refused(first, begun, tmp_path):
    with pytest.raises(WrongRequest, match="expected 0 to 999"):
        measure("waits", first_seed=first, jobs=1, folder=tmp_path, progress=False)
    with pytest.raises(WrongRequest, match="ask for 5 or fewer"):
        measure("waits", seeds=6, first_seed=995, jobs=1, folder=tmp_path, progress=False)
    assert begun() == []


def test_an_unknown_name_is_refused_with_the_near_ones():
    with pytest.raises(UnknownExperiment, match="Did you mean waits"):
        measure("wait", small=True)


BAD_OUTCOMES = {
    "no Outcome": (lambda seed, settings, chosen: {"bent": 1}, MeasurementError, r"must return an Outcome"),
    "an arm is missing": (
        lambda seed, settings, chosen: outcome(arms={"bent": {"share of tails": 0.2}}),
        MeasurementError,
        r"Seed 0 gave no arm 'fair', which 'bent' compares",
    ),
    "a quantity is missing": (
        lambda seed, settings, chosen: outcome(arms=outcome().arms | {"fair": {"heads": 0.2}}),
        MeasurementError,
        r"Seed 0 gave no 'share of tails' of arm 'fair'",
    ),
    "not a number": (
        lambda seed, settings, chosen: outcome(arms=outcome().arms | {"fair": {"share of tails": math.nan}}),
        MeasurementError,
        r"Seed 0 gave nan for 'share of tails' of arm 'fair'",
    ),
    "infinite, and in a quantity that nothing compares": (
        lambda seed, settings, chosen: outcome(arms=outcome().arms | {"more": {"loss": math.inf}}),
        MeasurementError,
        r"Seed 0 gave inf for 'loss' of arm 'more'",
    ),
    "other quantities with another seed": (
        lambda seed, settings, chosen: outcome(arms=outcome().arms | ({"more": {"loss": 1.0}} if seed else {})),
        MeasurementError,
        r"Seed 1 gave other arms or quantities than seed 0: more: loss",
    ),
    "a mechanism that did not fire with one seed": (
        lambda seed, settings, chosen: outcome(fired={"throws": 2 - seed}),
        MechanismDidNotFire,
        r"Seed 2: 'throws' is 0",
    ),
    "arms that are the same": (
        lambda seed, settings, chosen: outcome(arms={arm: {"share of tails": seed / 7} for arm in outcome().arms}),
        ArmsAreTheSame,
        r"coin, bent: 'bent' and 'fair' gave the same numbers with every seed",
    ),
}


@pytest.mark.parametrize("what", BAD_OUTCOMES)
def test_an_outcome_that_cannot_be_is_refused_by_name_and_nothing_is_written(what, change, tmp_path):
    run, kind, said = BAD_OUTCOMES[what]
    change("coin", run=run)
    with pytest.raises(kind, match=said):
        measure("coin", jobs=1, folder=tmp_path, progress=False)
    assert not (tmp_path / "coin.json").exists()


def test_arms_that_differ_in_one_quantity_or_in_one_seed_are_not_the_same(change):
    def run(seed, settings, chosen):
        arms = {"bent": {"share of tails": 0.5, "sides": 2}, "fair": {"share of tails": 0.5, "sides": 3}}
        return Outcome(arms | {"fair too": {"share of tails": 0.5 if seed else 0.4, "sides": 3}})

    change("coin", run=run)
    assert measure("coin", small=True, progress=False).primary.by_seed == (0.0, 0.0, 0.0)
