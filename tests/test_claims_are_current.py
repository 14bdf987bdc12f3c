"""Every claim has a result that is as old as its experiment, and its small version still shows what the result says."""

import pytest

from course_lib.experiments.experiment import FIRST_TUNING_SEED
from course_lib.experiments.measurement import Measurement
from course_lib.experiments.registry import experiments
from course_lib.experiments.runner import measure
from course_lib.experiments.storage import RESULTS, load_measurement, why_stale

EXPERIMENTS = experiments()
MEASURE_ALL = "measure what is missing or stale: python -m course_lib claims run --all"


def test_there_are_claims():
    assert EXPERIMENTS


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_result_is_that_of_the_experiment_as_it_stands(name):
    measurement = load_measurement(name)  # the error names the command
    assert why_stale(measurement) is None, MEASURE_ALL
    experiment = EXPERIMENTS[name]
    texts = ("claim", "source", "chapter", "setting", "unit", "smallest_effect")
    assert [getattr(measurement, text) for text in texts] == [getattr(experiment, text) for text in texts]
    labels = [comparison.label for comparison in experiment.comparisons]
    assert [effect.label for effect in measurement.effects] == labels
    assert len(measurement.seeds) >= 10
    assert max(measurement.seeds) < FIRST_TUNING_SEED
    assert bool(measurement.tuning_seeds) == (experiment.tune is not None)
    assert measurement.cpu_minutes > 0


def test_every_result_has_its_experiment():
    assert {path.stem for path in RESULTS.glob("*.json")} <= set(EXPERIMENTS)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_small_version_runs_and_shows_a_large_effects_sign(name):
    small = measure(name, small=True, progress=False)
    assert Measurement.from_json(small.to_json()) == small
    if EXPERIMENTS[name].large:
        assert small.main.mean * load_measurement(name).main.mean > 0
