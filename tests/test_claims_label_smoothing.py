"""The claim on label smoothing: its arms, its score of accuracy and calibration, its temperature, and sabotage."""

import dataclasses

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from course_lib.engine import numpy_backend
from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.claims import label_smoothing_calibrates
from course_lib.experiments.claims.label_smoothing_calibrates import EXPERIMENT
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.recipe import Recipe
from course_lib.scratch import losses
from course_lib.scratch.calibration import fit_temperature

MAIN = "1,000 images"
SETTINGS = EXPERIMENT.case_settings(MAIN, small=True)
CHOSEN = {arm: {"learning_rate": 0.01} for arm in label_smoothing_calibrates.arms(SETTINGS)}
CHOSEN[f"label smoothing, {MAIN}"] = {"learning_rate": 0.01, "label_smoothing": 0.2}


def gap_by_hand(probabilities, labels):
    """The calibration error in percent, bin by bin."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    gaps = 0.0
    for low in np.arange(15) / 15:
        inside = (confidence >= low) & (confidence < low + 1 / 15)
        gaps += abs((confidence[inside] - right[inside]).sum())
    return 100 * gaps / len(labels)


@pytest.mark.parametrize("case", EXPERIMENT.cases)
def test_arms_differ_in_their_smoothing_alone(case):
    settings = EXPERIMENT.case_settings(case)
    arms = label_smoothing_calibrates.arms(settings)
    plain, grids = arms[f"none, {case}"], label_smoothing_calibrates.grids(settings)
    for name, recipe in arms.items():
        changed = {
            each.name: getattr(recipe, each.name)
            for each in dataclasses.fields(Recipe)
            if getattr(recipe, each.name) != getattr(plain, each.name)
        }
        fixed = next((strength for strength in (0.05, 0.1) if f"of {strength}," in name), None)
        assert changed == ({} if fixed is None else {"label_smoothing": fixed})
        chosen = {"learning_rate", "label_smoothing"} if name == f"label smoothing, {case}" else {"learning_rate"}
        assert set(grids[name]) == chosen


def test_the_quantities_are_those_computed_by_hand():
    outcome, data = label_smoothing_calibrates.run(1, SETTINGS, CHOSEN), recipe_arms.images(1, SETTINGS)
    runs = recipe_arms.trained(label_smoothing_calibrates.arms, 1, SETTINGS, CHOSEN)
    labels = data.test.labels
    for name, result in runs.items():
        logits = result.network.logits(data.test.x).astype(np.float64)
        if name.startswith("a temperature"):
            validation = result.network.logits(data.validation.x), data.validation.labels
            logits = logits / fit_temperature(*validation)
        found = outcome.arms[name]
        assert found["test accuracy, %"] == pytest.approx(100 * (logits.argmax(axis=1) == labels).mean())
        of_truth = log_softmax(logits, axis=1)[np.arange(len(labels)), labels]  # the loss has no smoothing
        assert found["test loss"] == pytest.approx(-of_truth.mean(), rel=1e-9)
        gap = gap_by_hand(softmax(logits, axis=1), labels)
        assert found["calibration error, %"] == pytest.approx(gap, abs=1e-6)
        assert found["accuracy minus calibration error, %"] == found["test accuracy, %"] - found["calibration error, %"]
    none, heated = (outcome.arms[f"{name}, {MAIN}"] for name in ("none", "a temperature"))
    assert none["test accuracy, %"] == heated["test accuracy, %"] and none["test loss"] != heated["test loss"]


def test_a_score_is_accuracy_minus_calibration_error_of_half_of_the_validation_images_or_accuracy_alone():
    trials = {
        arm: [dict(CHOSEN[arm].items()), {"learning_rate": 1e38}]
        for arm in (f"none, {MAIN}", f"label smoothing, {MAIN}", f"a temperature, {MAIN}", f"none, by accuracy, {MAIN}")
    }
    scores = label_smoothing_calibrates.tune(1000, SETTINGS, trials)
    data = recipe_arms.images(1000, SETTINGS)
    half = len(data.validation) // 2
    for name, (score, of_diverged) in scores.items():
        recipe = label_smoothing_calibrates.arms(SETTINGS)[name].replace(seed=1000, **CHOSEN[name])
        (trained,) = short_runs.train([recipe], data, SETTINGS["steps"], "validation")
        logits = trained.network.logits(data.validation.x).astype(np.float64)
        labels = data.validation.labels
        if name.startswith("a temperature"):
            logits = logits / fit_temperature(logits[:half], labels[:half])
        right = 100 * (logits[half:].argmax(axis=1) == labels[half:]).mean()
        gap = 0 if "by accuracy" in name else gap_by_hand(softmax(logits[half:], axis=1), labels[half:])
        assert score == pytest.approx(right - gap, abs=0.5)
        assert of_diverged == -np.inf


def test_a_run_that_diverges_counts_as_chance():
    arms = label_smoothing_calibrates.run(0, SETTINGS, {arm: {"learning_rate": 1e38} for arm in CHOSEN}).arms
    assert len(arms) == 6
    for found in arms.values():
        assert found["test accuracy, %"] == 10 and found["calibration error, %"] == 0


def measure_main(monkeypatch):
    case = {MAIN: {}}
    own = dataclasses.replace(
        EXPERIMENT,
        settings={**EXPERIMENT.settings, "cases": case},
        elsewhere=tuple(each for each in EXPERIMENT.elsewhere if each.case == MAIN and "over a" not in each.label),
    )
    monkeypatch.setattr(label_smoothing_calibrates, "EXPERIMENT", own)
    monkeypatch.setitem(own.small, "grid", [0.01])
    return measure("label_smoothing_calibrates", seeds=2, small=True, progress=False)


def test_a_loss_that_knows_no_smoothing_makes_the_arms_the_same(monkeypatch):
    real = losses.softmax_cross_entropy_gradient
    monkeypatch.setattr(
        numpy_backend, "softmax_cross_entropy_gradient", lambda logits, labels, smoothing=0.0: real(logits, labels)
    )
    with pytest.raises(ArmsAreTheSame, match="'label smoothing, 1,000 images' and 'none, 1,000 images'"):
        measure_main(monkeypatch)


def test_smoothing_of_0_did_not_fire(monkeypatch):
    real = label_smoothing_calibrates.grids

    def of_zero(settings):
        return {
            arm: grid | ({"label_smoothing": [0.0]} if "label_smoothing" in grid else {})
            for arm, grid in real(settings).items()
        }

    own = dataclasses.replace(EXPERIMENT, grids=of_zero)
    monkeypatch.setattr(label_smoothing_calibrates, "EXPERIMENT", own)
    with pytest.raises(MechanismDidNotFire, match="how much is smoothed"):
        measure("label_smoothing_calibrates", seeds=2, small=True, progress=False)
