"""Every claim has a result that is as old as its experiment, and the code beneath still gives its small version."""

import pytest

from course_lib.experiments import fingerprints
from course_lib.experiments.experiment import FIRST_TUNING_SEED, SMALL_SEEDS
from course_lib.experiments.registry import experiments
from course_lib.experiments.small_versions import disagreement, other_machine
from course_lib.experiments.storage import RESULTS, load_measurement, result_file, why_stale
from small_versions import small_version_of

EXPERIMENTS = experiments()
IF_STALE = (
    "If code was only moved: python -m course_lib claims restamp. Else measure what is missing or stale: "
    "python -m course_lib claims run --all"
)
IF_DIFFERENT = (
    "If code was only moved, the move has a fault. If the engine rounds otherwise by intent: "
    "python -m course_lib claims restamp NAME --take-small --why TEXT. Else measure it again."
)


def test_there_are_claims():
    assert EXPERIMENTS


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_result_is_that_of_the_experiment_as_it_stands(name):
    measurement = load_measurement(name)  # the error names the command
    assert why_stale(measurement) is None, IF_STALE
    experiment = EXPERIMENTS[name]
    texts = ("claim", "source", "chapter", "setting", "unit", "smallest_effect")
    assert [getattr(measurement, text) for text in texts] == [getattr(experiment, text) for text in texts]
    labels = [comparison.label for comparison in experiment.comparisons]
    assert [effect.label for effect in measurement.effects] == labels
    assert len(measurement.seeds) >= 10
    assert max(measurement.seeds) < FIRST_TUNING_SEED
    assert bool(measurement.tuning_seeds) == (experiment.tune is not None)
    assert measurement.cpu_minutes > 0
    assert result_file(name).read_text(encoding="utf-8") == measurement.to_json()


def test_every_result_has_its_experiment():
    assert {path.stem for path in RESULTS.glob("*.json")} <= set(EXPERIMENTS)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_small_version_that_was_kept_is_one_of_this_experiment(name):
    experiment, small = EXPERIMENTS[name], load_measurement(name).small
    compared = {arm for comparison in experiment.comparisons for arm in (comparison.better, comparison.worse)}
    assert small.seeds == list(range(SMALL_SEEDS))
    assert compared <= set(small.arms)
    assert bool(small.tuning) == bool(small.tuning_seeds) == (experiment.tune is not None)
    assert small.machine["blas"]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_another_engine_or_machine_gives_the_small_version_that_was_kept(name):
    kept = load_measurement(name)
    if kept.small.engine == fingerprints.engine() and not other_machine(kept.small):
        return  # it was measured with this very code, on a machine of this kind
    if said := disagreement(EXPERIMENTS[name], kept, small_version_of(name)):
        pytest.fail(f"{said}\n{IF_DIFFERENT}")
