"""Double descent: its layer is the pseudo-inverse's, its arms are what their names say, and sabotage is seen."""

import dataclasses

import numpy as np
import pytest
from scipy import linalg

from course_lib.data import Split, load_fashion_mnist
from course_lib.data.label_noise import redraw_labels
from course_lib.experiments import short_runs
from course_lib.experiments.claims import double_descent
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure


@pytest.mark.parametrize(("n", "features"), [(30, 8), (30, 30), (30, 90)], ids=["fewer", "as many", "more"])
def test_the_layer_on_top_is_that_of_the_pseudo_inverse(n, features):
    rng = np.random.default_rng(features)
    hidden, labels = rng.random((n, features)), rng.integers(0, 4, n)
    targets = (labels[:, None] == np.arange(4)).astype(float)
    layer = double_descent.fitted(hidden, labels, 4)
    np.testing.assert_allclose(layer, linalg.pinv(hidden) @ targets, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(hidden.T @ (hidden @ layer - targets), 0, atol=1e-7)  # no smaller error nearby


def test_of_all_layers_that_fit_exactly_it_is_the_shortest():
    rng = np.random.default_rng(1)
    hidden, labels = rng.random((20, 50)), rng.integers(0, 3, 20)
    layer = double_descent.fitted(hidden, labels, 3)
    free = linalg.null_space(hidden)  # directions in which the outputs stay
    assert free.shape == (50, 30)
    np.testing.assert_allclose(free.T @ layer, 0, atol=1e-9)  # it has no part in them
    for _ in range(20):
        other = layer + free @ rng.normal(size=(30, 3))
        np.testing.assert_allclose(hidden @ other, np.eye(3)[labels], atol=1e-9)
        assert (np.linalg.norm(other, axis=0) > np.linalg.norm(layer, axis=0)).all()


def test_the_arms_of_double_descent_are_those_of_pseudo_inverses():
    settings = {"images": 60, "evaluated": 300, "ratios": [0.1, 0.5, 1.0, 1.5, 4.0]}
    outcome, data = double_descent.run(2, settings, {}), load_fashion_mnist()
    weights = np.random.default_rng([double_descent.STREAM, 2]).normal(0, np.sqrt(2 / 784), (784, 240))
    hidden, tested = (np.clip(x.astype(np.float64) @ weights, 0, None) for x in (data.train.x[:60], data.test.x[:300]))
    redrawn = redraw_labels(short_runs.fashion_mnist(60).train, 0.4, 10, 2)[0].labels
    assert 0.2 < (redrawn != data.train.labels[:60]).mean() < 0.55
    for labels, kind in ((data.train.labels[:60], "clean labels"), (redrawn, "redrawn labels")):
        for ratio in settings["ratios"]:
            n = round(60 * ratio)
            layer = np.linalg.pinv(hidden[:, :n]) @ np.eye(10)[labels]
            right = (tested[:, :n] @ layer).argmax(axis=1) == data.test.labels[:300]
            learned = (hidden[:, :n] @ layer).argmax(axis=1) == labels
            found = outcome.arms[f"{ratio:g} features an image, {kind}"]
            assert found["test accuracy, %"] == pytest.approx(100 * right.mean(), abs=0.7)  # two near ties of 300
            assert found["training accuracy, %"] == pytest.approx(100 * learned.mean(), abs=1e-9)
            if ratio >= 1:
                assert found["training accuracy, %"] == 100
    assert len(outcome.arms) == 10


def test_the_comparisons_of_double_descent_are_between_few_as_many_and_many_features():
    experiment = double_descent.EXPERIMENT
    pairs = {
        kind: [
            (each.better.split()[0], each.worse.split()[0])
            for each in experiment.comparisons
            if each.better.endswith(kind) and each.worse.endswith(kind)
        ]
        for kind in ("clean labels", "redrawn labels")
    }
    assert pairs == {
        "clean labels": [("8", "1"), ("0.3", "1"), ("8", "0.3")],
        "redrawn labels": [("8", "1"), ("0.1", "1"), ("8", "0.1")],
    }
    assert {8.0, 1.0, 0.3, 0.1} <= set(experiment.settings["ratios"])
    assert len(experiment.comparisons) == 6 and experiment.tune is None


def test_fewer_features_are_a_part_of_more_and_every_seed_has_its_own():
    features = [double_descent.random_features(40, 30, most, seed) for most, seed in ((50, 1), (50, 1), (50, 2))]
    double_descent.random_features.cache_clear()
    assert features[0][0].shape == (40, 50) and features[0][1].shape == (30, 50)
    np.testing.assert_array_equal(features[0][0], features[1][0])
    assert np.abs(features[0][0] - features[2][0]).max() > 0.1
    for columns in features[0][0].T[1:]:
        assert not np.allclose(columns, features[0][0].T[0])


def measure_double_descent(monkeypatch):
    small = {"images": 40, "evaluated": 100}
    monkeypatch.setattr(double_descent, "EXPERIMENT", dataclasses.replace(double_descent.EXPERIMENT, small=small))
    return measure("double_descent", seeds=2, small=True, progress=False)


def look_away(monkeypatch):
    """Let the count of labels learned by heart be no guard: all labels are wrong, so some are always hit."""

    def all_wrong(split, *rest):
        return Split(split.x, (split.labels + 1) % 10), np.ones(len(split), bool)

    monkeypatch.setattr(double_descent, "redraw_labels", all_wrong)


def test_labels_learned_by_heart_are_counted(monkeypatch):
    (by_heart,) = measure_double_descent(monkeypatch).fired.values()
    clean = short_runs.fashion_mnist(40).train
    wrong = [(redraw_labels(clean, 0.4, 10, seed)[0].labels != clean.labels).sum() for seed in (0, 1)]
    assert by_heart == min(wrong)  # with 8 features an image it learns all of them


def test_labels_that_are_not_redrawn_did_not_fire(monkeypatch):
    monkeypatch.setattr(
        double_descent, "redraw_labels", lambda split, share, *rest: (split, np.zeros(len(split), bool))
    )
    with pytest.raises(MechanismDidNotFire, match="wrong labels learned by heart"):
        measure_double_descent(monkeypatch)


def test_features_that_are_all_the_same_make_the_arms_the_same(monkeypatch):
    real = double_descent.random_features.__wrapped__

    def one_feature(*given):
        return tuple(np.repeat(features[:, :1] + 1, features.shape[1], axis=1) for features in real(*given))

    one_feature.cache_clear = lambda: None
    monkeypatch.setattr(double_descent, "random_features", one_feature)
    look_away(monkeypatch)
    with pytest.raises(ArmsAreTheSame, match="features an image"):
        measure_double_descent(monkeypatch)


def test_a_layer_that_sees_a_few_of_its_features_alone_makes_the_arms_the_same(monkeypatch):
    real = double_descent.fitted

    def of_four(features, *rest):
        few = real(features[:, :4], *rest)
        return np.concatenate([few, np.zeros((features.shape[1] - len(few), few.shape[1]))])

    monkeypatch.setattr(double_descent, "fitted", of_four)
    look_away(monkeypatch)
    with pytest.raises(ArmsAreTheSame, match="features an image"):
        measure_double_descent(monkeypatch)
