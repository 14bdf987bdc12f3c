"""Double descent: its layer is the pseudo-inverse's, its arms are what their names say, and sabotage is seen."""

import dataclasses

import numpy as np
import pytest
from scipy import linalg

from course_lib.data.label_noise import redraw_labels
from course_lib.experiments import image_draws
from course_lib.experiments.claims import double_descent
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure


@pytest.mark.parametrize(("n", "features"), [(30, 8), (30, 30), (30, 90)], ids=["fewer", "as many", "more"])
def test_the_layer_on_top_is_that_of_the_pseudo_inverse(n, features):
    rng = np.random.default_rng(features)
    hidden, labels = rng.random((n, features)), rng.integers(0, 4, n)
    targets = (labels[:, None] == np.arange(4)).astype(float)
    layer = double_descent.fitted(hidden, targets)
    np.testing.assert_allclose(layer, linalg.pinv(hidden) @ targets, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(hidden.T @ (hidden @ layer - targets), 0, atol=1e-7)  # no smaller error nearby


def test_of_all_layers_that_fit_exactly_it_is_the_shortest():
    rng = np.random.default_rng(1)
    hidden, labels = rng.random((20, 50)), rng.integers(0, 3, 20)
    layer = double_descent.fitted(hidden, np.eye(3)[labels])
    free = linalg.null_space(hidden)  # directions in which the outputs stay
    assert free.shape == (50, 30)
    np.testing.assert_allclose(free.T @ layer, 0, atol=1e-9)  # it has no part in them
    for _ in range(20):
        other = layer + free @ rng.normal(size=(30, 3))
        np.testing.assert_allclose(hidden @ other, np.eye(3)[labels], atol=1e-9)
        assert (np.linalg.norm(other, axis=0) > np.linalg.norm(layer, axis=0)).all()


@pytest.mark.parametrize(("n", "features"), [(30, 8), (30, 90)], ids=["fewer", "more"])
def test_a_layer_with_l2_is_where_error_and_penalty_have_no_slope(n, features):
    rng = np.random.default_rng(features)
    hidden, targets = rng.random((n, features)), rng.normal(size=(n, 3))
    scale = (hidden**2).sum(axis=1).mean()
    layers = double_descent.fitted_with_l2(hidden, targets, [0.01, 0.5])
    for strength, layer in zip((0.01, 0.5), layers, strict=True):
        slope = hidden.T @ (hidden @ layer - targets) + strength * scale * layer
        np.testing.assert_allclose(slope, 0, atol=1e-8)
    assert np.linalg.norm(layers[1]) < np.linalg.norm(layers[0])


SETTINGS = {
    "data": "embedded",
    "images": 60,
    "ratios": [0.1, 0.5, 1.0, 1.5, 4.0, 8.0],
    "fewer": [0.1, 0.5],
    "l2": [0.01, 0.1],
    "case": "",
}
KINDS = ("clean labels", "redrawn labels")
CHOSEN = {f"the best of fewer features, {kind}": {"ratio": 0.5} for kind in KINDS} | {
    f"{ratio} features an image, with L2, {kind}": {"l2": 0.1} for ratio in (1, 8) for kind in KINDS
}


def test_the_arms_of_double_descent_are_those_of_pseudo_inverses():
    outcome, data = double_descent.run(2, SETTINGS, CHOSEN), image_draws.draw(2, 60, data="embedded")
    weights = np.random.default_rng([double_descent.STREAM, 2]).normal(0, np.sqrt(2 / 784), (784, 480))
    hidden, tested = (np.clip(x.astype(np.float64) @ weights, 0, None) for x in (data.train.x, data.test.x))
    redrawn = redraw_labels(data.train, 0.4, 10, 2)[0].labels
    assert 0.2 < (redrawn != data.train.labels).mean() < 0.55
    for labels, kind in ((data.train.labels, "clean labels"), (redrawn, "redrawn labels")):
        for ratio in SETTINGS["ratios"]:
            n = round(60 * ratio)
            layer = np.linalg.pinv(hidden[:, :n]) @ np.eye(10)[labels]
            outputs = tested[:, :n] @ layer
            learned = (hidden[:, :n] @ layer).argmax(axis=1) == labels
            found = outcome.arms[f"{ratio:g} features an image, {kind}"]
            right = (outputs.argmax(axis=1) == data.test.labels).mean()
            assert found["test accuracy, %"] == pytest.approx(100 * right, abs=0.4)  # two near ties of 600
            assert found["training accuracy, %"] == pytest.approx(100 * learned.mean(), abs=1e-9)
            error = ((outputs - np.eye(10)[data.test.labels]) ** 2).mean()
            assert found["squared error"] == pytest.approx(min(error, 1000), rel=1e-3)
            if ratio >= 1:
                assert found["training accuracy, %"] == 100
        assert outcome.arms[f"the best of fewer features, {kind}"] == outcome.arms[f"0.5 features an image, {kind}"]
        with_l2 = outcome.arms[f"8 features an image, with L2, {kind}"]
        assert with_l2 != outcome.arms[f"8 features an image, {kind}"]
    assert len(outcome.arms) == 2 * (6 + 1 + 2)


def test_the_best_of_fewer_and_the_strength_of_l2_are_scored_on_validation_images():
    trials = {
        arm: [{name: value} for name, values in grid.items() for value in values]
        for arm, grid in double_descent.grids(SETTINGS).items()
    }
    assert set(trials) == set(CHOSEN)
    scores, data = double_descent.tune(1001, SETTINGS, trials), image_draws.draw(1001, 60, data="embedded")
    weights = np.random.default_rng([double_descent.STREAM, 1001]).normal(0, np.sqrt(2 / 784), (784, 480))
    hidden, seen = (np.clip(x.astype(np.float64) @ weights, 0, None) for x in (data.train.x, data.validation.x))

    def percent_right(layer):
        return 100 * ((seen[:, : len(layer)] @ layer).argmax(axis=1) == data.validation.labels).mean()

    targets = np.eye(10)[data.train.labels]
    found = scores["the best of fewer features, clean labels"]
    expected = [percent_right(np.linalg.pinv(hidden[:, :n]) @ targets) for n in (6, 30)]
    assert found == pytest.approx(expected, abs=0.2)
    scale = (hidden**2).sum(axis=1).mean()
    penalized = [
        percent_right(np.linalg.solve(hidden.T @ hidden + strength * scale * np.eye(480), hidden.T @ targets))
        for strength in (0.01, 0.1)
    ]
    assert scores["8 features an image, with L2, clean labels"] == pytest.approx(penalized, abs=0.2)


def test_the_comparisons_of_double_descent_are_between_few_as_many_and_many_features():
    experiment = double_descent.EXPERIMENT
    assert experiment.primary.better == "8 features an image, clean labels"
    assert experiment.primary.worse == "the best of fewer features, clean labels"
    for kind in KINDS:
        own = [each for each in experiment.comparisons if each.better.endswith(kind) and each.worse.endswith(kind)]
        few = "the best of fewer features"
        assert [tuple(arm.removesuffix(f", {kind}") for arm in (each.better, each.worse)) for each in own] == [
            ("8 features an image", few),
            ("8 features an image", "1 features an image"),
            (few, "1 features an image"),
            ("8 features an image, with L2", "1 features an image, with L2"),
        ]
    assert {8.0, 1.0, *experiment.settings["fewer"]} <= set(experiment.settings["ratios"])
    assert len(experiment.comparisons) == 8 and max(experiment.settings["fewer"]) < 1


def test_fewer_features_are_a_part_of_more_and_every_seed_has_its_own():
    features = [double_descent.random_features(seed, 40, "embedded", most, "test") for most, seed in ((50, 1), (50, 2))]
    wider = double_descent.random_features(1, 40, "embedded", 50, "validation")
    double_descent.random_features.cache_clear()
    assert features[0][0].shape == (40, 50) and features[0][1].shape == (600, 50)
    np.testing.assert_array_equal(features[0][0], wider[0])
    assert np.abs(features[0][0] - features[1][0]).max() > 0.1
    for columns in features[0][0].T[1:]:
        assert not np.allclose(columns, features[0][0].T[0])


def measure_double_descent(monkeypatch):
    small = {**double_descent.EXPERIMENT.small, "images": 40}
    monkeypatch.setattr(double_descent, "EXPERIMENT", dataclasses.replace(double_descent.EXPERIMENT, small=small))
    return measure("double_descent", seeds=2, small=True, progress=False)


def test_labels_learned_by_heart_are_counted(monkeypatch):
    (by_heart,) = measure_double_descent(monkeypatch).fired.values()
    wrong = []
    for seed in (0, 1):
        clean = image_draws.draw(seed, 40, data="embedded").train
        wrong.append((redraw_labels(clean, 0.4, 10, seed)[0].labels != clean.labels).sum())
    assert by_heart == min(wrong)  # with 8 features an image it learns all of them


def test_labels_that_are_not_redrawn_did_not_fire(monkeypatch):
    monkeypatch.setattr(
        double_descent, "redraw_labels", lambda split, share, *rest: (split, np.zeros(len(split), bool))
    )
    with pytest.raises(MechanismDidNotFire, match="wrong labels learned by heart"):
        measure_double_descent(monkeypatch)


def look_away(monkeypatch):
    """Let the count of labels learned by heart be no guard."""
    monkeypatch.setattr(double_descent, "_by_heart", lambda *given: 1)


def test_features_that_are_all_the_same_make_the_arms_the_same(monkeypatch):
    real = double_descent.random_features.__wrapped__

    def one_feature(*given):
        return tuple(np.repeat(features[:, :1] + 1, features.shape[1], axis=1) for features in real(*given))

    one_feature.cache_clear = lambda: None
    monkeypatch.setattr(double_descent, "random_features", one_feature)
    monkeypatch.setattr(double_descent, "_measured", _rounded(double_descent._measured))
    look_away(monkeypatch)
    with pytest.raises(ArmsAreTheSame, match="features"):
        measure_double_descent(monkeypatch)


def _rounded(real):
    """As `_measured`, with a squared error that rounding does not reach."""

    def measured(*given):
        found = real(*given)
        return {kind: {name: round(value, 6) for name, value in own.items()} for kind, own in found.items()}

    return measured


def test_a_layer_that_sees_a_few_of_its_features_alone_makes_the_arms_the_same(monkeypatch):
    real = double_descent.fitted

    def of_four(features, *rest):
        few = real(features[:, :4], *rest)
        return np.concatenate([few, np.zeros((features.shape[1] - len(few), few.shape[1]))])

    monkeypatch.setattr(double_descent, "fitted", of_four)
    monkeypatch.setattr(double_descent, "_measured", _rounded(double_descent._measured))
    look_away(monkeypatch)
    with pytest.raises(ArmsAreTheSame, match="features"):
        measure_double_descent(monkeypatch)
