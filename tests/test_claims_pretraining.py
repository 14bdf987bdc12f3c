"""The claim on pretraining: what its arms are, where the labels are used, and that a sabotaged arm is seen."""

import dataclasses
import re

import numpy as np
import pytest

from course_lib.data import load_fashion_mnist
from course_lib.engine import pretraining
from course_lib.engine.numpy_backend import Network
from course_lib.experiments import short_runs
from course_lib.experiments.claims import pretraining_helps as claim
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.scratch import autoencoder

TINY = {
    **claim.EXPERIMENT.settings,
    "width": 8,
    "depth": 2,
    "unlabeled_images": 120,
    "pretraining_steps": 40,
    "pretraining_rate": 0.01,
    "grid": [0.03],
    "steps": 4,
}


def measure_tiny(monkeypatch):
    """A measurement of two seeds that shows nothing but that it can be made."""
    tiny = {name: value for name, value in TINY.items() if value != claim.EXPERIMENT.settings[name]}
    monkeypatch.setattr(claim, "EXPERIMENT", dataclasses.replace(claim.EXPERIMENT, small=tiny))
    return measure("pretraining_helps", seeds=2, small=True, progress=False)


def test_every_arm_gets_finite_numbers(monkeypatch):
    measured = measure_tiny(monkeypatch)
    assert len(measured.arms) == 24 and set(measured.learning_rates) == set(measured.arms)
    for quantities in measured.arms.values():
        assert all(np.isfinite(values).all() and len(values) == 2 for values in quantities.values())
        assert all(0 <= accuracy <= 100 for accuracy in quantities["test accuracy, %"])
    assert 0 < measured.fired["share of its loss that each autoencoder lost"] < 1


def test_pretrained_or_not_the_recipe_is_the_same():
    for labels in claim.LABELS:
        arms = claim.recipes(7, TINY, labels)
        for name, recipe in arms.items():
            activation, count, start = re.fullmatch(r"(\w+), (\d+) labels, (.*)", name).groups()
            assert (recipe.activation, int(count), recipe.seed) == (activation, labels, 7)
            assert recipe.initialization == {"sigmoid": "xavier_normal", "elu": "he_normal"}[activation]
            assert recipe.normalization == ("batch" if "batch norm" in start else "none")
            assert recipe.replace(normalization="none") == arms[claim.arm(activation, labels, claim.PLAIN)]


def test_what_is_compared_has_as_many_labels():
    labels = [re.findall(r", (\d+) labels", each.better + each.worse) for each in claim.EXPERIMENT.comparisons]
    assert all(better == worse for better, worse in labels)
    assert sorted({int(better) for better, _ in labels}) == [50, 100, 500, 2000]
    for each in claim.EXPERIMENT.comparisons:
        assert each.better.endswith(", pretrained") and each.worse.endswith(", not pretrained")
        assert ("sigmoid over ELU" in each.label) == (each.better.split(",")[0] != each.worse.split(",")[0])


def test_the_labeled_images_are_a_few_of_the_training_images_and_fewer_are_among_more():
    few, more = (claim.labeled(3, labels).train for labels in (50, 500))
    np.testing.assert_array_equal(few.x, more.x[:50])
    everything = load_fashion_mnist().train
    known = {x.tobytes(): label for x, label in zip(everything.x, everything.labels, strict=True)}
    for labels in claim.LABELS:
        assert len(claim.labeled(3, labels).train) == labels
    assert [known[x.tobytes()] for x in more.x] == more.labels.tolist()
    other = claim.labeled(4, 50).train
    assert not np.array_equal(few.x, other.x)
    counts = np.bincount(more.labels, minlength=10)
    assert counts.min() > 20  # all classes: 50 of each are expected, give or take 7


def test_only_the_pretrained_arms_start_from_pretrained_layers(monkeypatch):
    layers, _ = claim.pretrained_layers(5, TINY)
    runs = {}

    def keep(recipes, data, steps, part="validation", starts=None):
        return real(recipes, data, 0, part, starts)  # no step: the networks as they start

    real = short_runs.train
    monkeypatch.setattr(short_runs, "train", keep)
    for labels in claim.LABELS:
        arms = claim.recipes(5, TINY, labels)
        runs |= short_runs.tested(
            arms, dict.fromkeys(arms, 0.1), claim.labeled(5, labels), 9, claim.starts(arms, layers)
        )
    for name, run in runs.items():
        expected = Network(run.network.recipe, 784, 10).parameters()
        if name.endswith(", pretrained"):
            expected |= layers[name.split(",")[0]]
        for parameter, array in run.network.parameters().items():
            np.testing.assert_array_equal(array, expected[parameter], err_msg=f"{name}: {parameter}")


def test_rates_are_tuned_on_validation_data_and_measured_on_test_data(monkeypatch):
    parts, real = [], short_runs.train

    def note(recipes, data, steps, part="validation", starts=None):
        parts.append(part)
        return real(recipes, data, 0, part, starts)

    monkeypatch.setattr(short_runs, "train", note)
    scores = claim.tune(1000, TINY)
    assert set(parts) == {"validation"}
    parts.clear()
    claim.run(0, TINY, {arm: next(iter(rates)) for arm, rates in scores.items()})
    assert set(parts) == {"test"}


# Sabotage


def test_autoencoders_that_do_not_learn_did_not_fire(monkeypatch):
    monkeypatch.setattr(autoencoder.Autoencoder, "backward", lambda self: None)  # gradients stay 0
    with pytest.raises(MechanismDidNotFire, match="share of its loss"):
        measure_tiny(monkeypatch)


def test_pretrained_layers_that_are_not_used_make_the_arms_the_same(monkeypatch):
    monkeypatch.setattr(claim, "starts", lambda arms, layers: {})
    with pytest.raises(ArmsAreTheSame, match="sigmoid, 100 labels"):
        measure_tiny(monkeypatch)


def test_layers_that_are_not_handed_out_make_the_arms_the_same(monkeypatch):
    real = pretraining.pretrain_layers
    monkeypatch.setattr(pretraining, "pretrain_layers", lambda *given, **words: real(*given, **words) and {})
    with pytest.raises(ArmsAreTheSame, match="sigmoid, 100 labels"):
        measure_tiny(monkeypatch)
