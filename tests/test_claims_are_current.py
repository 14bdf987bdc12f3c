"""Every claim has a result that is as old as its experiment, and the code beneath still gives its small version."""

import pytest

from course_lib.experiments import fingerprints
from course_lib.experiments.experiment import FIRST_TUNING_SEED, SMALL_SEEDS
from course_lib.experiments.registry import experiments
from course_lib.experiments.short_runs import ACCURACY, CALIBRATION, LOSS
from course_lib.experiments.small_versions import disagreement, other_machine
from course_lib.experiments.storage import (
    OTHER_SEEDS,
    RESULTS,
    load_measurement,
    load_other_seeds,
    result_file,
    why_stale,
)
from small_versions import small_version_of

EXPERIMENTS = experiments()
WAITING = set()  # claims that have no result yet
MEASURED = [name for name in EXPERIMENTS if name not in WAITING]
IF_STALE = (
    "If code was only moved: python -m course_lib claims restamp. Else measure what is missing or stale: "
    "python -m course_lib claims run --all"
)
IF_DIFFERENT = (
    "If code was only moved, the move has a fault. If the engine rounds otherwise by intent: "
    "python -m course_lib claims restamp NAME --take-small --why TEXT. Else measure it again."
)


@pytest.mark.parametrize("name", MEASURED)
def test_the_result_is_that_of_the_experiment_as_it_stands(name):
    measurement = load_measurement(name)  # the error names the command
    assert why_stale(measurement) is None, IF_STALE
    experiment = EXPERIMENTS[name]
    texts = ("claim", "subject", "source", "chapter", "setting", "unit", "kind", "smallest_effect")
    texts += ("smallest_effect_reason", "larger_studies", "budget_reason")
    assert [getattr(measurement, text) for text in texts] == [getattr(experiment, text) for text in texts]
    labels = [comparison.label for comparison in experiment.comparisons]
    assert [effect.label for effect in measurement.effects] == labels
    assert len(measurement.seeds) >= 10
    assert max(measurement.seeds) < FIRST_TUNING_SEED
    assert bool(measurement.tuning_seeds) == (experiment.tune is not None)
    assert measurement.edge_reasons == experiment.edges
    assert 0 < measurement.primary_cpu_minutes <= measurement.cpu_minutes
    assert result_file(name).read_text(encoding="utf-8") == measurement.to_json()


def test_the_claims_without_a_result_are_those_that_are_known_to_wait():
    assert {name for name in EXPERIMENTS if not result_file(name).is_file()} == WAITING


def test_every_result_has_its_experiment():
    for folder in (RESULTS, RESULTS / OTHER_SEEDS):
        assert {path.stem for path in folder.glob("*.json")} <= set(EXPERIMENTS)


@pytest.mark.parametrize("name", MEASURED)
def test_the_primary_comparison_is_tuned_inside_its_grids_or_says_why_not(name):
    assert load_measurement(name).unexplained_edges() == [], "Widen the grid, or write the reason into `edges`."


@pytest.mark.parametrize("name", [name for name in MEASURED if EXPERIMENTS[name].tune])
def test_the_primary_comparison_has_reached_a_plateau_or_says_why_not(name):
    measurement = load_measurement(name)
    if measurement.budget_reason:
        return
    assert measurement.plateau.keys() <= {measurement.primary.better, measurement.primary.worse}
    assert measurement.plateau, "Give the experiment `longer`, settings that double the budget, or a `budget_reason`."
    for arm, (before, after) in measurement.plateau.items():
        assert abs(after - before) < measurement.smallest_effect, f"{arm}: {before} and in twice the steps {after}"


@pytest.mark.parametrize("name", MEASURED)
def test_accuracy_is_never_reported_without_loss_and_calibration(name):
    measurement = load_measurement(name)
    for arm in (measurement.primary.better, measurement.primary.worse):
        if ACCURACY in measurement.arms[arm] and "squared error" not in measurement.arms[arm]:  # no probabilities
            assert {LOSS, CALIBRATION} <= measurement.arms[arm].keys()


def test_a_primary_comparison_takes_20_minutes_of_two_cores_and_all_claims_12_hours():
    measurements = [load_measurement(name) for name in MEASURED]
    slow = {each.name: each.primary_cpu_minutes for each in measurements if each.primary_cpu_minutes > 2 * 20}
    assert slow == {}
    assert sum(each.cpu_minutes for each in measurements) < 2 * 12 * 60


def test_what_was_measured_with_other_seeds_shares_none():
    again = {name: load_other_seeds(name) for name in MEASURED}
    there = {name: measurement for name, measurement in again.items() if measurement}
    command = f"python -m course_lib claims run NAME --first-seed 100 --folder {RESULTS / OTHER_SEEDS}"
    assert len(there) >= 10, command
    for name, measurement in there.items():
        first = load_measurement(name)
        assert not set(measurement.seeds) & set(first.seeds)
        assert not set(measurement.tuning_seeds) & set(first.tuning_seeds)


ARTICLE = {  # what the article says, and the claim whose primary comparison tries it
    "unstable gradients: they vanish": "vanishing_sigmoid",
    "they explode, in recurrent networks above all": "recurrent_gradients",
    "initialization: Xavier": "xavier_keeps_signal",
    "initialization: He": "he_keeps_signal",
    "ReLU units die": "dying_relu",
    "leaky ReLU, RReLU, PReLU, ELU against it": "leaky_units_survive",
    "the order of activations": "activation_order",
    "batch normalization": "batch_norm_accuracy",
    "clipping": "clipping_survives",
    "1 + 2 before 3 before 4": "priority_order",
    "reuse of a trained network": "reuse_near_source",
    "pretraining without labels": "pretraining_helps",
    "Adam converges faster": "adam_speed",
    "early stopping": "early_stopping_helps",
    "L1": "l1_helps",
    "L2": "l2_helps",
    "dropout": "dropout_helps",
    "dropout steadily adds 2%": "dropout_adds_two_points",
    "max-norm": "max_norm_helps",
    "more data by transforming it": "augmentation_helps",
    "the default configuration": "default_beats_naive",
}


@pytest.mark.parametrize("said", ARTICLE)
def test_what_the_article_says_has_a_claim_that_is_booked_as_its_own(said):
    assert EXPERIMENTS[ARTICLE[said]].source.lower().startswith("the article")


def test_there_are_forty_claims():
    assert len(EXPERIMENTS) >= 40


@pytest.mark.parametrize("name", MEASURED)
def test_the_small_version_that_was_kept_is_one_of_this_experiment(name):
    experiment, small = EXPERIMENTS[name], load_measurement(name).small
    compared = {arm for comparison in experiment.comparisons for arm in (comparison.better, comparison.worse)}
    assert small.seeds == list(range(SMALL_SEEDS))
    assert compared <= set(small.arms)
    assert bool(small.tuning) == bool(small.tuning_seeds) == (experiment.tune is not None)
    assert small.machine["blas"]


@pytest.mark.parametrize("name", MEASURED)
def test_another_engine_or_machine_gives_the_small_version_that_was_kept(name):
    kept = load_measurement(name)
    if kept.small.engine == fingerprints.engine() and not other_machine(kept.small):
        return  # it was measured with this very code, on a machine of this kind
    if said := disagreement(EXPERIMENTS[name], kept, small_version_of(name)):
        pytest.fail(f"{said}\n{IF_DIFFERENT}")
