"""Measuring: tuning, pairing, what is refused, the same numbers everywhere, and a run that is stopped and goes on."""

import math
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from course_lib.experiments import fingerprints, registry, storage
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
from course_lib.experiments.tuning import best_rates
from measured_claims import EVERYTHING, SMALL, outcome, same

pytestmark = pytest.mark.usefixtures("made_up")


# ---- what a measurement holds ---------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_experiment_paired_by_seed(tmp_path):
    measurement = measure("even_steps", jobs=1, folder=tmp_path, progress=False)
    expected = [2 + seed / 10 for seed in range(10)]
    assert measurement.main.by_seed == pytest.approx(expected)
    assert measurement.main.mean == pytest.approx(2.45)
    # Each arm goes up by a whole step a seed; the pairs' differences do not show it.
    half = 2.262 * statistics.stdev(expected) / math.sqrt(10)
    assert measurement.main.high - measurement.main.low == pytest.approx(2 * half, rel=1e-3)
    assert measurement.values("short", "way") == pytest.approx([seed + 0.01 for seed in range(10)])
    assert measurement.seeds == tuple(range(10))
    assert measurement.verdict == "holds"
    assert measurement.fired == {"steps taken": 1.0}
    assert measurement.settings == {"rates": [0.01, 0.1, 1.0], "lead": 2.0}
    assert measurement.fingerprint == fingerprints.fingerprint("even_steps")
    assert set(measurement.versions) == {"python", "numpy", "torch"}
    assert load_measurement("even_steps", tmp_path) == measurement
    assert measurement.engine == fingerprints.engine()
    assert measurement.log == ()


def test_a_full_measurement_keeps_the_numbers_of_its_small_version(tmp_path):
    kept = measure("even_steps", seeds=4, jobs=1, folder=tmp_path, progress=False).small
    assert kept == measure("even_steps", small=True, progress=False).small
    assert (kept.seeds, kept.tuning_seeds) == ([0, 1, 2], [1000])
    assert kept.arms["long"]["way"] == [seed + 0.01 + 4.0 + seed / 10 for seed in range(3)]
    assert kept.tuning["short"]["rates"] == [0.01, 0.1, 1.0]
    assert kept.tuning["short"]["scores"] == [[-abs(rate - 0.01) - 0.001 for rate in (0.01, 0.1, 1.0)]]
    assert kept.fired == {"steps taken": [1.0, 2.0, 3.0]}
    assert kept.versions.keys() == {"python", "numpy", "torch"}
    assert all(kept.machine[part] for part in ("system", "processor", "blas"))


def test_a_score_of_a_run_that_diverged_is_kept(change):
    change("waits", tune=lambda seed, settings: {arm: {0.1: 1.0, 0.2: -math.inf} for arm in ("fast", "slow")})
    assert measure("waits", small=True, progress=False).small.tuning["fast"]["scores"] == [[1.0, None]]


def test_a_result_that_is_measured_again_logs_why_and_keeps_its_log(tmp_path, change):
    first = measure("coin", jobs=1, folder=tmp_path, progress=False)
    measure("coin", jobs=1, folder=tmp_path, progress=False, why="a better die")
    change("coin", settings={**registry.experiment("coin").settings, "throws": 500})
    last = measure("coin", jobs=1, folder=tmp_path, progress=False)
    assert [(entry.what, entry.why) for entry in last.log] == [
        ("measured anew", "a better die"),
        ("measured anew", "its experiment was changed after it was measured"),
    ]
    assert last.log[1].fingerprint == (first.fingerprint, last.fingerprint)
    assert load_measurement("coin", tmp_path) == last


def test_each_arm_gets_its_best_rate_of_the_same_grid_and_an_edge_is_noted():
    measurement = measure("even_steps", small=True, progress=False)
    assert measurement.learning_rates == {"long": 0.1, "short": 0.01}
    assert measurement.at_the_edge == ("short",)
    assert set(measurement.values("long", "rate")) == {0.1}  # what run() got


def test_tuning_takes_seeds_of_its_own(tmp_path, begun):
    measurement = measure("waits", jobs=1, folder=tmp_path, progress=False)
    assert begun() == EVERYTHING + SMALL
    assert measurement.tuning_seeds == (1000, 1001, 1002)
    assert not set(measurement.seeds) & set(measurement.tuning_seeds)


def test_an_experiment_with_noisy_scores_tunes_with_more_seeds(tmp_path, begun, change):
    change("waits", tuning_seeds=5)
    measurement = measure("waits", jobs=1, folder=tmp_path, progress=False)
    assert measurement.tuning_seeds == (1000, 1001, 1002, 1003, 1004)
    assert [line for line in begun() if "tune" in line][:5] == [f"tune {seed}" for seed in measurement.tuning_seeds]


def test_the_best_rate_has_the_best_mean_over_the_tuning_seeds():
    scores = [
        {"a": {0.1: 0.5, 0.2: 0.9, 0.4: 0.5}, "b": {0.4: 2.0, 0.1: 1.0, 0.2: 1.0}},
        {"a": {0.1: 0.8, 0.2: 0.3, 0.4: 0.6}, "b": {0.4: 2.0, 0.1: 1.0, 0.2: 1.0}},
    ]
    assert best_rates(scores) == ({"a": 0.1, "b": 0.4}, ("a", "b"))


def test_a_rate_that_diverged_once_is_not_chosen_and_if_all_do_it_is_the_smallest():
    once = [{"a": {0.1: 0.2, 0.2: 0.9, 0.4: 0.1}}, {"a": {0.1: 0.2, 0.2: -math.inf, 0.4: 0.4}}]
    assert best_rates(once) == ({"a": 0.4}, ("a",))
    always = [{"a": {0.4: -math.inf, 0.1: -math.inf}}]
    assert best_rates(always) == ({"a": 0.1}, ("a",))
    assert best_rates([{"a": {0.3: 1.0}}]) == ({"a": 0.3}, ())  # a grid of one has no edge
    assert best_rates([]) == ({}, ())


def test_nothing_is_tuned_where_the_experiment_has_nothing_to_tune(tmp_path):
    measurement = measure("coin", jobs=1, folder=tmp_path, progress=False)
    assert measurement.tuning_seeds == ()
    assert measurement.learning_rates == {}
    assert measurement.verdict == "holds only when"
    assert measurement.when == ("bent",)


def test_the_small_version_has_its_own_settings_and_writes_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(storage, "RESULTS", tmp_path)
    measurement = measure("even_steps", small=True, progress=False)
    assert measurement.main.by_seed == pytest.approx([4.0, 4.1, 4.2])
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


def pools_and_torch(seed, settings, learning_rates):
    """How many threads NumPy's matrix products may use where this runs."""
    most = max(pool["num_threads"] for pool in threadpool_info())
    process = float(os.getpid())
    return Outcome({"a": {"threads": most, "process": process}, "b": {"threads": 0.0, "process": process}})


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_computes_on_one_thread(jobs, change, tmp_path):
    change("coin", run=pools_and_torch, comparisons=(Comparison("x", "a", "b", "threads"),))
    with threadpool_limits(2):
        measurement = measure("coin", seeds=2, jobs=jobs, folder=tmp_path, progress=False)
    assert measurement.main.by_seed == (1.0, 1.0)
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


def test_an_unknown_name_is_refused_with_the_near_ones():
    with pytest.raises(UnknownExperiment, match="Did you mean waits"):
        measure("wait", small=True)


BAD_OUTCOMES = {
    "no Outcome": (lambda seed, settings, rates: {"bent": 1}, MeasurementError, r"must return an Outcome"),
    "an arm is missing": (
        lambda seed, settings, rates: outcome(arms={"bent": {"share of tails": 0.2}}),
        MeasurementError,
        r"Seed 0 gave no arm 'fair', which 'bent' compares",
    ),
    "a quantity is missing": (
        lambda seed, settings, rates: outcome(arms=outcome().arms | {"fair": {"heads": 0.2}}),
        MeasurementError,
        r"Seed 0 gave no 'share of tails' of arm 'fair'",
    ),
    "not a number": (
        lambda seed, settings, rates: outcome(arms=outcome().arms | {"fair": {"share of tails": math.nan}}),
        MeasurementError,
        r"Seed 0 gave nan for 'share of tails' of arm 'fair'",
    ),
    "infinite, and in a quantity that nothing compares": (
        lambda seed, settings, rates: outcome(arms=outcome().arms | {"more": {"loss": math.inf}}),
        MeasurementError,
        r"Seed 0 gave inf for 'loss' of arm 'more'",
    ),
    "other quantities with another seed": (
        lambda seed, settings, rates: outcome(arms=outcome().arms | ({"more": {"loss": 1.0}} if seed else {})),
        MeasurementError,
        r"Seed 1 gave other arms or quantities than seed 0: more: loss",
    ),
    "a mechanism that did not fire with one seed": (
        lambda seed, settings, rates: outcome(fired={"throws": 2 - seed}),
        MechanismDidNotFire,
        r"Seed 2: 'throws' is 0",
    ),
    "arms that are the same": (
        lambda seed, settings, rates: outcome(arms={arm: {"share of tails": seed / 7} for arm in outcome().arms}),
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
    def run(seed, settings, rates):
        arms = {"bent": {"share of tails": 0.5, "sides": 2}, "fair": {"share of tails": 0.5, "sides": 3}}
        return Outcome(arms | {"fair too": {"share of tails": 0.5 if seed else 0.4, "sides": 3}})

    change("coin", run=run)
    assert measure("coin", small=True, progress=False).main.by_seed == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"fast": {0.1: math.nan}, "slow": {0.1: 1.0}}, "score nan for arm 'fast' at learning rate 0.1"),
        ({"fast": {0.1: math.inf}, "slow": {0.1: 1.0}}, "score inf for arm 'fast'"),
        ({"fast": {0.1: 1.0}, "slow": {}}, "no learning rate for arm 'slow'"),
        ({"fast": {0.1: 1.0, 0.2: 1.0}, "slow": {0.1: 1.0, 0.3: 1.0}}, "Give both the same grid"),
    ],
)
def test_scores_that_cannot_be_are_refused_by_name(scores, said, change):
    change("waits", tune=lambda seed, settings: scores)
    with pytest.raises(MeasurementError, match=said):
        measure("waits", small=True, progress=False)
