"""The claim on pretraining: what its arms are, where the labels are used, and that a sabotaged arm is seen."""

import dataclasses
import re

import numpy as np
import pytest

from course_lib.engine import pretraining
from course_lib.engine.numpy_backend import Network
from course_lib.experiments import short_runs
from course_lib.experiments.claims import pretraining_helps as claim
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.scratch import autoencoder
from small_versions import small_version_of

SMALL = {**claim.EXPERIMENT.small, "width": 8, "pretraining_steps": 40, "steps": 4}


def tiny(case="sigmoid, 400 steps"):
    common = {name: value for name, value in claim.EXPERIMENT.settings.items() if name != "cases"}
    return {**common, **claim.CASES[case], **SMALL, "case": case}


def choices(settings, rate=0.03):
    return {name: [{"learning_rate": rate}] for name in claim.arms(settings)}


@pytest.fixture
def measure_tiny(monkeypatch):
    """measure_tiny(): a measurement of two seeds, of the primary's case alone, that shows only that it can be made."""
    claim._pretrained_layers.cache_clear()

    def measure_tiny():
        first = claim.PRIMARY.case
        changed = dataclasses.replace(
            claim.EXPERIMENT,
            settings=claim.EXPERIMENT.settings | {"cases": {first: claim.CASES[first]}},
            small=SMALL,
            elsewhere=(),
        )
        monkeypatch.setattr(claim, "EXPERIMENT", changed)
        return measure("pretraining_helps", seeds=2, small=True, progress=False)

    yield measure_tiny
    claim._pretrained_layers.cache_clear()


def test_the_small_version_measures_every_arm_of_every_case():
    measured = small_version_of("pretraining_helps")
    assert len(measured.arms) == 24 and set(measured.chosen) == set(measured.arms)
    for quantities in measured.arms.values():
        assert set(quantities) == {short_runs.ACCURACY, short_runs.LOSS, short_runs.CALIBRATION, "diverged"}
        assert all(np.isfinite(values).all() for values in quantities.values())
        assert all(0 <= accuracy <= 100 for accuracy in quantities[short_runs.ACCURACY])
    assert all(0 < share < 1 for share in measured.fired.values())
    assert {case for case in claim.CASES if f"{case}, 50 labels" in {each.label for each in measured.effects}} == set(
        claim.CASES
    )


def test_pretrained_or_not_the_recipe_the_labels_and_the_rates_are_the_same(monkeypatch):
    seen, real = [], short_runs.train

    def note(recipes, data, steps, part, starts):
        seen.append((recipes, data.train.x, starts[0] is not None))
        return real(recipes, data, 0, part, starts)

    monkeypatch.setattr(short_runs, "train", note)
    for case in claim.CASES:
        settings = tiny(case)
        claim.trained(7, settings, choices(settings), "validation")
        activation = case.split(",")[0]
        for labels in claim.LABELS:
            (recipes, x, with_start), (others, same_x, other_start) = seen[:2]
            assert recipes == others and np.array_equal(x, same_x) and len(x) == labels
            assert (with_start, other_start) == (True, False)
            (recipe,) = recipes
            assert (recipe.activation, recipe.seed, recipe.schedule) == (activation, 7, "cosine")
            assert recipe.initialization == {"sigmoid": "xavier_normal", "elu": "he_normal"}[activation]
            del seen[:2]
        assert not seen
        grids = claim.grids(settings)
        for labels in claim.LABELS:
            assert grids[claim.arm(case, labels, claim.PRETRAINED)] == grids[claim.arm(case, labels, claim.PLAIN)]


def test_what_is_compared_has_as_many_labels_and_steps():
    compared = claim.EXPERIMENT.comparisons
    assert len(compared) == 12 and compared[0].label == "elu, 4,000 steps, 200 labels"
    for each in compared:
        assert each.better == f"{each.label}, pretrained" and each.worse == f"{each.label}, not pretrained"
        assert each.label.startswith(each.case)
    assert sorted({int(re.search(r"(\d+) labels", each.label)[1]) for each in compared}) == [50, 200, 2000]
    assert {own["steps"] for own in claim.CASES.values()} == {400, 4000}
    for case, own in claim.CASES.items():
        assert case == f"{own['activation']}, {own['steps']:,} steps"


def test_the_labeled_images_are_a_few_of_the_training_images_and_fewer_are_among_more():
    settings = tiny()
    data = claim.images(3, settings)
    few, more = (claim.labeled(3, settings, labels).train for labels in (50, 200))
    np.testing.assert_array_equal(few.x, more.x[:50])
    np.testing.assert_array_equal(more.x, data.train.x[:200])
    np.testing.assert_array_equal(more.labels, data.train.labels[:200])
    for labels in claim.LABELS:
        assert len(claim.labeled(3, settings, labels).train) == labels
    assert not np.array_equal(few.x, claim.labeled(4, settings, 50).train.x)
    parts = [{image.tobytes() for image in split.x} for split in data.splits().values()]
    assert len(set.union(*parts)) == sum(map(len, parts)) == sum(map(len, data.splits().values()))


@pytest.mark.parametrize("case", claim.CASES)
def test_only_the_pretrained_arms_start_from_pretrained_layers(case):
    settings = tiny(case) | {"steps": 0}
    layers, _ = claim.pretrained_layers(5, settings)
    for name, (run,) in claim.trained(5, settings, choices(settings), "validation").items():
        expected = Network(run.network.recipe, 784, 10).parameters()
        if not name.endswith("not pretrained"):
            assert not np.array_equal(expected["dense1.weight"], layers["dense1.weight"])
            expected |= layers
        for parameter, array in run.network.parameters().items():
            np.testing.assert_array_equal(array, expected[parameter], err_msg=f"{name}: {parameter}")


def test_layers_are_pretrained_by_adam_on_all_images_and_once_for_both_budgets(monkeypatch):
    claim._pretrained_layers.cache_clear()
    given, real = [], pretraining.pretrain_layers
    monkeypatch.setattr(
        pretraining, "pretrain_layers", lambda *words, **more: given.append(words) or real(*words, **more)
    )
    first, other = (claim.pretrained_layers(6, tiny(case))[0] for case in ("elu, 400 steps", "elu, 4,000 steps"))
    ((recipe, x, steps, rate),) = given
    assert first is other
    assert (recipe.optimizer, recipe.activation, recipe.seed) == ("adam", "elu", 6)
    assert (steps, rate) == (SMALL["pretraining_steps"], SMALL["pretraining_rate"])
    np.testing.assert_array_equal(x, claim.images(6, tiny()).train.x)
    assert len(x) == SMALL["images"]


def test_rates_are_tuned_on_validation_data_and_measured_on_test_data(monkeypatch):
    parts, real = [], short_runs.train

    def note(recipes, data, steps, part, starts):
        parts.append(part)
        return real(recipes, data, 0, part, starts)

    monkeypatch.setattr(short_runs, "train", note)
    settings = tiny()
    scores = claim.tune(1000, settings, choices(settings))
    assert set(parts) == {"validation"} and all(len(of_arm) == 1 for of_arm in scores.values())
    parts.clear()
    claim.run(0, settings, {name: only for name, (only,) in choices(settings).items()})
    assert set(parts) == {"test"}


def test_only_the_arms_that_are_asked_for_are_tuned():
    settings = tiny()
    name = claim.arm(settings["case"], 200, claim.PLAIN)
    assert list(claim.tune(1000, settings, {name: [{"learning_rate": 0.03}]})) == [name]


def test_a_run_that_diverges_scores_minus_infinity():
    settings = tiny("elu, 400 steps") | {"steps": 20}
    name = claim.arm(settings["case"], 50, claim.PLAIN)
    scores = claim.tune(1000, settings, {name: [{"learning_rate": 0.01}, {"learning_rate": 1e30}]})
    assert scores[name][1] == -np.inf < scores[name][0]


# Sabotage


def test_autoencoders_that_do_not_learn_did_not_fire(monkeypatch, measure_tiny):
    monkeypatch.setattr(autoencoder.Autoencoder, "backward", lambda self: None)  # gradients stay 0
    with pytest.raises(MechanismDidNotFire, match="share of its loss"):
        measure_tiny()


def test_layers_that_are_not_handed_out_make_the_arms_the_same(monkeypatch, measure_tiny):
    real = pretraining.pretrain_layers
    monkeypatch.setattr(pretraining, "pretrain_layers", lambda *given, **words: real(*given, **words) and {})
    with pytest.raises(ArmsAreTheSame, match="elu, 4,000 steps, 200 labels"):
        measure_tiny()


def test_layers_that_are_not_used_make_the_arms_the_same(monkeypatch, measure_tiny):
    real = short_runs.train
    monkeypatch.setattr(
        short_runs, "train", lambda recipes, data, steps, part, starts=None: real(recipes, data, steps, part)
    )
    with pytest.raises(ArmsAreTheSame, match="elu, 4,000 steps, 200 labels"):
        measure_tiny()
