"""The claims on remedies against overfitting: what their arms are, and that a sabotaged remedy is seen."""

import dataclasses
import importlib

import numpy as np
import pytest
import torch
from torch.nn import functional

from course_lib.data import load_fashion_mnist
from course_lib.engine import numpy_backend as network
from course_lib.experiments import remedies, short_runs
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.recipe import Recipe
from course_lib.scratch import augmentation, regularizers
from course_lib.scratch import dropout as dropout_layer
from course_lib.training import callbacks, fit

CLAIMS = {  # name: the remedies that it measures
    "early_stopping_helps": ["early stopping"],
    "l1_helps": ["L1"],
    "l2_helps": ["L2"],
    "weight_decay_over_l2": ["L2", "weight decay"],
    "dropout_helps": ["dropout"],
    "max_norm_helps": ["max-norm"],
    "augmentation_helps": ["shifts", "flips"],
}
SETS = {  # remedy: the fields of the recipe that set it apart from no remedy, and nothing else does
    "early stopping": {"patience"},
    "L1": {"l1"},
    "L2": {"l2"},
    "weight decay": {"l2", "optimizer"},
    "dropout": {"drop_rate"},
    "max-norm": {"max_norm"},
    "shifts": {"augmentation"},
    "flips": {"augmentation"},
}
NO_REMEDY = Recipe(
    hidden_layers=(256, 128),
    activation="relu",
    initialization="he_normal",
    normalization="none",
    drop_rate=0.0,
    optimizer="adam",
    learning_rate=0.001,
    epochs=40,
)
LABELS, RATES = ("clean labels", "redrawn labels"), ("usual rate", "best rate")
TINY = {"hidden_layers": [8, 6], "images": 64, "epochs": 6, "usual_rate": 0.01, "grid": [0.01]}
LONGER = {"epochs": 30, "usual_rate": 0.02, "grid": [0.02]}  # in which something can be stopped


def claim(name):
    return importlib.import_module(f"course_lib.experiments.claims.{name}")


def measure_tiny(name, monkeypatch, **changes):
    """Two seeds with networks and runs so small that it shows nothing but that it can be made."""
    found = claim(name).EXPERIMENT
    tiny = TINY | (LONGER if name == "early_stopping_helps" else {}) | {"steps": 3, "most_images": 64} | changes
    small = {**found.small, **{key: value for key, value in tiny.items() if key in found.settings}}
    monkeypatch.setattr(claim(name), "EXPERIMENT", dataclasses.replace(found, small=small))
    return measure(name, seeds=2, small=True, progress=False)


def at_the_first_strength(experiment, rate=0.001):
    """{variant: rate}, as tuning hands it to `run`: every arm with its first strength, no remedy as it is."""
    chosen = {variants[0]: rate for variants in experiment.variants.values()}
    return chosen | {f"none, {labels}, {rates}": rate for labels in LABELS for rates in RATES}


@pytest.fixture
def asked(monkeypatch):
    """[(recipes, data)] of all that a claim asks to be trained; nothing is."""
    asked = []

    def record(recipes, data):
        asked.append((recipes, data))
        return [(None, 0)] * len(recipes)

    monkeypatch.setattr(remedies, "trained", record)
    return asked


def differing(recipe, other):
    """The names of the fields in which two recipes differ."""
    return {
        field.name for field in dataclasses.fields(Recipe) if getattr(recipe, field.name) != getattr(other, field.name)
    }


# What the arms are


@pytest.mark.parametrize("name", CLAIMS)
def test_every_remedy_is_compared_with_both_kinds_of_labels_and_both_ways_to_choose_the_rate(name):
    compared = [(each.better, each.worse, each.quantity) for each in claim(name).EXPERIMENT.comparisons]
    accuracy, shifted = "test accuracy, %", "accuracy on shifted images, %"
    pairs = [(remedy, "none", accuracy) for remedy in CLAIMS[name]]
    if name == "weight_decay_over_l2":
        pairs = [("weight decay", "L2", accuracy)]
    if name == "augmentation_helps":
        pairs.append(("shifts", "none", shifted))
    assert compared == [
        (f"{better}, {labels}, {rates}", f"{worse}, {labels}, {rates}", quantity)
        for better, worse, quantity in pairs
        for rates in RATES
        for labels in reversed(LABELS)
    ]
    assert all(each.higher_is_better for each in claim(name).EXPERIMENT.comparisons)


@pytest.mark.parametrize("name", CLAIMS)
def test_an_arm_differs_from_no_remedy_in_its_own_field_alone(name, asked):
    experiment = claim(name).EXPERIMENT
    outcome = remedies.run(3, experiment.settings, at_the_first_strength(experiment))
    names = ["none", *CLAIMS[name]]
    order = [f"{remedy}, {labels}, {rates}" for labels in LABELS for rates in RATES for remedy in names]
    assert list(outcome.arms) == order
    for arm, ((recipe,), _) in zip(order, asked, strict=True):
        remedy = arm.split(", ")[0]
        assert differing(recipe, NO_REMEDY.replace(seed=3)) == SETS.get(remedy, set()), arm
        if remedy == "weight decay":
            assert recipe.optimizer == "adamw"
        if remedy in ("shifts", "flips"):
            assert recipe.augmentation == remedy.removesuffix("s")


@pytest.mark.parametrize("name", CLAIMS)
def test_every_strength_is_tuned_over_the_same_rates_and_one_stands_for_its_arm(name, asked):
    experiment = claim(name).EXPERIMENT
    scores = remedies.tune(1000, experiment.settings)
    strengths = experiment.settings["strengths"]
    assert list(strengths) == CLAIMS[name]
    tuned = [(remedy, strength) for remedy in CLAIMS[name] for strength in strengths[remedy]]
    assert len(asked) == 2 * (1 + len(tuned))  # the kinds of labels; no remedy and every strength
    for (remedy, strength), (recipes, _) in zip([("none", None), *tuned] * 2, asked, strict=True):
        assert [recipe.learning_rate for recipe in recipes] == experiment.settings["grid"]
        for recipe in recipes:
            fields = differing(recipe, NO_REMEDY.replace(seed=1000)) - {"learning_rate"}
            assert fields == SETS.get(remedy, set())
            assert all(getattr(recipe, field) in (strength, "adamw") for field in fields)
    for variant, by_rate in scores.items():
        usual = variant.endswith("usual rate")
        assert list(by_rate) == ([0.001] if usual else experiment.settings["grid"])
    variants = {arm: set(names) for arm, names in experiment.variants.items()}
    assert set().union(*variants.values()) == {each for each in scores if not each.startswith("none")}
    for arm, names in variants.items():
        remedy, labels, rates = arm.split(", ")
        assert len(names) == len(strengths[remedy])
        assert all(each.startswith(remedy) and each.endswith(f", {labels}, {rates}") for each in names)


@pytest.mark.parametrize("remedy", ["early stopping", "dropout"])
def test_a_score_is_the_accuracy_on_validation_data(remedy):
    settings = {**remedies.SETTINGS, **TINY, "grid": [0.003, 0.01], "strengths": {remedy: [0.5, 0.2]}}
    if remedy == "early stopping":
        settings["strengths"] = {remedy: [1, 3]}
    scores, validation = remedies.tune(1000, settings), load_fashion_mnist().validation
    for labels in LABELS:
        data = remedies.data_for(1000, settings, labels)
        for strength in settings["strengths"][remedy]:
            by_rate = scores[f"{remedy} {strength:g}, {labels}, best rate"]
            for rate in settings["grid"]:
                recipe = remedies.recipe_for(1000, settings, {remedies.FIELDS[remedy]: strength}, rate)
                trained = fit(recipe, data, progress=False).network
                right = trained.logits(validation.x).argmax(axis=1) == validation.labels
                assert by_rate[rate] == pytest.approx(right.mean(), abs=1.5 / len(validation))
            assert scores[f"{remedy} {strength:g}, {labels}, usual rate"] == {0.01: by_rate[0.01]}


@pytest.mark.parametrize("name", CLAIMS)
def test_all_arms_train_with_the_same_images_and_only_the_training_labels_are_redrawn(name, asked):
    experiment, whole = claim(name).EXPERIMENT, load_fashion_mnist()
    for task in (
        lambda: remedies.run(4, experiment.settings, at_the_first_strength(experiment)),
        lambda: remedies.tune(4, experiment.settings),
    ):
        asked.clear()
        task()
        half = len(asked) // 2
        for place, (_, data) in enumerate(asked):
            np.testing.assert_array_equal(data.train.x, whole.train.x[:1000])
            for part in ("validation", "test"):
                np.testing.assert_array_equal(getattr(data, part).labels, getattr(whole, part).labels)
            np.testing.assert_array_equal(data.train.labels, asked[0 if place < half else half][1].train.labels)
            wrong = (data.train.labels != whole.train.labels[:1000]).mean()
            redrawn = 0.36 if place >= half else 0.0  # 40% drawn, of which a tenth is right by chance
            assert wrong == pytest.approx(redrawn, abs=5 * np.sqrt(0.36 * 0.64 / 1000) * bool(redrawn))


def test_every_seed_redraws_other_labels_and_the_same_ones_again():
    settings = {"images": 500}
    first, again, other = (remedies.data_for(seed, settings, "redrawn labels").train.labels for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.4


@pytest.mark.parametrize("remedy", SETS)
def test_all_arms_start_alike_and_see_the_same_batches(remedy):
    settings = remedies.SETTINGS | {"hidden_layers": [8, 6], "images": 200}
    strengths = {"shifts": "shift", "flips": "flip", "dropout": 0.5, "early stopping": 3}
    (changes,) = remedies.variants_of(remedy, [strengths.get(remedy, 0.1)], "clean labels", "usual rate").values()
    plain, changed = (remedies.recipe_for(5, settings, change, 0.01) for change in ({}, changes))
    data = remedies.data_for(5, settings, "redrawn labels")
    starts = [network.Network(recipe, data.n_inputs, data.n_classes).parameters() for recipe in (plain, changed)]
    assert all(np.array_equal(starts[0][name], starts[1][name]) for name in starts[0])
    moved = 0
    for (x, labels), (other_x, other_labels) in zip(
        *(short_runs.batches(recipe, data, 9) for recipe in (plain, changed)), strict=True
    ):
        np.testing.assert_array_equal(labels, other_labels)
        moved += (x != other_x).any(axis=1).sum()
    assert (moved > 100) == (remedy in ("shifts", "flips"))


def test_an_early_stopping_that_has_nothing_to_stop_changes_nothing():
    settings = {"hidden_layers": [8, 6], "images": 200, "epochs": 1}
    data = remedies.data_for(2, settings, "redrawn labels")
    recipes = [remedies.recipe_for(2, settings, changes, 0.01) for changes in ({}, {"patience": 1})]
    ((plain, _),), ((stopped, left_out),) = ([*remedies.trained([recipe], data)] for recipe in recipes)
    assert left_out == 0
    ours, theirs = plain.state(), stopped.state()
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


def test_early_stopping_leaves_out_the_epochs_after_the_lowest_validation_loss():
    settings = {"hidden_layers": [32, 16], "images": 100, "epochs": 25}
    data = remedies.data_for(0, settings, "redrawn labels")
    recipe = remedies.recipe_for(0, settings, {"patience": 4}, 0.01)
    ((stopped, left_out),) = remedies.trained([recipe], data)
    losses = []
    for epochs in range(1, 26):  # every run anew: nothing of the callback is used
        (run,) = short_runs.train([recipe.replace(patience=None)], data, 2 * epochs)
        losses.append(run.loss)
    lowest = int(np.argmin(losses[: 25 - left_out + 4]))
    assert 0 < left_out == 25 - (lowest + 1)
    assert stopped.evaluate(*stopped.place(data.validation.x, data.validation.labels))[0] == pytest.approx(
        losses[lowest]
    )


@pytest.mark.parametrize("name", CLAIMS)
def test_every_mechanism_is_counted_and_every_arm_gets_all_quantities(name, monkeypatch):
    measured = measure_tiny(name, monkeypatch)
    kinds = LABELS if name != "early_stopping_helps" else LABELS[1:]  # clean labels may leave nothing to stop
    assert {mechanism.split(":")[0] for mechanism in measured.fired} == {
        "redrawn labels",
        *(f"{remedy}, {labels}" for remedy in CLAIMS[name] for labels in kinds),
    }
    assert all(count > 0 for count in measured.fired.values())
    assert set(measured.arms) == {
        f"{remedy}, {labels}, {rates}" for remedy in ["none", *CLAIMS[name]] for labels in LABELS for rates in RATES
    }
    for quantities in measured.arms.values():
        assert set(quantities) == {
            "test accuracy, %",
            "test loss",
            "calibration error, %",
            "training accuracy, %",
            "accuracy on shifted images, %",
        }
        assert np.isfinite(list(quantities.values())).all()


def test_units_that_are_dropped_are_counted(monkeypatch):
    # 14 hidden units and batches of 64: of 896 units about the chosen share is dropped, in the last step of each seed
    measured = measure_tiny("dropout_helps", monkeypatch)
    chosen = {name.split(",")[0] for name in measured.learning_rates if "dropout" in name and "usual" in name}
    lowest, highest = (extreme(float(name.split()[1]) for name in chosen) for extreme in (min, max))
    counts = [count for mechanism, count in measured.fired.items() if mechanism.startswith("dropout")]
    assert len(counts) == 2
    for dropped in counts:
        assert 0.8 * lowest * 896 < dropped < 1.2 * highest * 896


# What is measured


def by_hand(trained, data, seed):
    """What `measured` should give: the products by hand in float64, the loss and the shares by other means."""
    arrays = {name: array.astype(np.float64) for name, array in trained.parameters().items()}

    def logits(x):
        h = np.asarray(x, np.float64)
        for depth in (1, 2):
            h = np.clip(h @ arrays[f"dense{depth}.weight"] + arrays[f"dense{depth}.bias"], 0, None)
        return torch.from_numpy(h @ arrays["dense3.weight"] + arrays["dense3.bias"])

    def accuracy(x, labels):
        return 100 * (logits(x).argmax(dim=1).numpy() == labels).mean()

    offsets = np.random.default_rng([5102, seed]).integers(-2, 3, size=(len(data.test), 2))
    shifted = np.zeros((len(data.test), 28, 28))
    for image, moved, (down, right) in zip(data.test.x.reshape(-1, 28, 28), shifted, offsets, strict=True):
        inside = image[max(0, -down) : 28 - max(0, down), max(0, -right) : 28 - max(0, right)]
        top, left = max(0, down), max(0, right)
        moved[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    outputs, truth = logits(data.test.x), torch.tensor(data.test.labels)
    confidence, predicted = functional.softmax(outputs, dim=1).max(dim=1)
    gaps = 0.0
    for low in np.arange(15) / 15:
        inside = (confidence >= low) & (confidence < low + 1 / 15)
        if inside.any():
            gaps += abs(float((confidence[inside] - (predicted == truth)[inside].double()).sum()))
    return {
        "test accuracy, %": accuracy(data.test.x, data.test.labels),
        "test loss": float(functional.cross_entropy(outputs, truth)),
        "calibration error, %": 100 * gaps / len(data.test),
        "training accuracy, %": accuracy(data.train.x, data.train.labels),
        "accuracy on shifted images, %": accuracy(shifted.reshape(len(shifted), -1), data.test.labels),
    }


@pytest.mark.parametrize("changes", [{}, {"drop_rate": 0.5}, {"l2": 0.01}], ids=["none", "dropout", "L2"])
def test_the_quantities_are_those_computed_by_hand(changes):
    settings = {"hidden_layers": [12, 9], "images": 200, "epochs": 8}
    data = remedies.data_for(6, settings, "redrawn labels")
    ((trained, _),) = remedies.trained([remedies.recipe_for(6, settings, changes, 0.003)], data)
    found, expected = remedies.measured(trained, data, 6), by_hand(trained, data, 6)
    assert list(found) == list(expected)
    one_image = 100 / len(data.test)  # what float32 may decide otherwise
    for quantity, value in expected.items():
        assert found[quantity] == pytest.approx(value, rel=1e-4, abs=one_image), quantity
    assert 10 < found["test accuracy, %"] < 90 and found["test loss"] == pytest.approx(expected["test loss"], rel=1e-5)
    assert len({round(value, 6) for value in found.values()}) == 5


def test_images_are_shifted_alike_for_all_arms_and_anew_for_every_seed(monkeypatch):
    data = remedies.data_for(0, {"images": 64}, "clean labels")
    seen, real = [], augmentation.shift
    monkeypatch.setattr(augmentation, "shift", lambda x, *rest: seen.append(real(x, *rest)) or seen[-1])
    for seed in (0, 0, 1):
        remedies.measured(None, data, seed)
    np.testing.assert_array_equal(seen[0], seen[1])
    assert (seen[0] != seen[2]).any(axis=1).mean() > 0.8


CHANCE = {
    "test accuracy, %": 10.0,
    "test loss": pytest.approx(np.log(10)),
    "calibration error, %": 0.0,
    "training accuracy, %": 10.0,
    "accuracy on shifted images, %": 10.0,
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_run_that_diverges_counts_as_chance_and_is_never_chosen(name):
    experiment = claim(name).EXPERIMENT
    settings = {**experiment.settings, **TINY, "hidden_layers": [32, 16], "epochs": 5, "grid": [0.01, 1e38]}
    scores = remedies.tune(1000, settings)
    assert all(by_rate[1e38] == -np.inf and by_rate[0.01] > 0 for by_rate in scores.values() if len(by_rate) == 2)
    rates = at_the_first_strength(experiment, 0.01)
    broken = [each for each in rates if not each.startswith("none") and each.endswith("redrawn labels, best rate")]
    outcome = remedies.run(0, settings, rates | dict.fromkeys(broken, 1e38))
    for arm, quantities in outcome.arms.items():
        diverged = not arm.startswith("none") and arm.endswith("redrawn labels, best rate")
        assert (quantities == CHANCE) == diverged, arm


# Sabotage


def switch_off(remedy, monkeypatch):
    """Make a remedy do nothing, in both engines' places where short runs and `fit` look for it."""
    if remedy == "dropout":
        monkeypatch.setattr(dropout_layer, "draw_mask", lambda shape, drop_rate, rng: np.ones(shape))
    elif remedy == "max-norm":
        monkeypatch.setattr(regularizers, "apply_max_norm", lambda weight, limit: None)
    elif remedy in ("L1", "L2"):
        monkeypatch.setattr(
            regularizers, f"{remedy.lower()}_gradient", lambda weights, strength: np.zeros_like(weights)
        )
    elif remedy == "weight decay":
        monkeypatch.setattr(
            network,
            "optimizer_for",
            lambda recipe, *rest, real=network.optimizer_for: real(recipe.replace(l2=0), *rest),
        )
    elif remedy in ("shifts", "flips"):
        monkeypatch.setattr(augmentation, remedy.removesuffix("s"), lambda x, *rest: x)
    else:  # it never stops, and the last epoch is the one that is kept
        monkeypatch.setattr(callbacks.EarlyStopping, "on_epoch", _keep_the_last)


def _keep_the_last(stopping, run, row):
    stopping.best_epoch, stopping.best_state = row["epoch"], run.network.state()


WHERE = [(name, remedy) for name, of_claim in CLAIMS.items() for remedy in of_claim]


@pytest.mark.parametrize(("name", "remedy"), [each for each in WHERE if each[1] != "max-norm"])
def test_a_remedy_that_does_nothing_did_not_fire(name, remedy, monkeypatch):
    switch_off(remedy, monkeypatch)
    with pytest.raises(MechanismDidNotFire, match=f"'{remedy}, "):
        measure_tiny(name, monkeypatch)


@pytest.mark.parametrize(("name", "remedy"), [each for each in WHERE if each[0] != "weight_decay_over_l2"])
def test_a_remedy_that_does_nothing_makes_the_arms_the_same(name, remedy, monkeypatch):
    switch_off(remedy, monkeypatch)
    monkeypatch.setattr(remedies, "_fired", lambda *given: 1.0)  # the other guard looks away
    with pytest.raises(ArmsAreTheSame, match=f"'{remedy}, .* and 'none, "):
        measure_tiny(name, monkeypatch)


@pytest.mark.parametrize("remedy", ["L1", "L2", "weight decay", "dropout"])
def test_a_strength_of_zero_did_not_fire(remedy, monkeypatch):
    real = remedies.variants_of

    def with_zero(each, *rest):
        named, field = real(each, *rest), {"L1": "l1", "dropout": "drop_rate"}.get(remedy, "l2")
        return {name: changes | {field: 0.0} if each == remedy else changes for name, changes in named.items()}

    monkeypatch.setattr(remedies, "variants_of", with_zero)
    with pytest.raises(MechanismDidNotFire, match=f"'{remedy}, "):
        measure_tiny(next(name for name, of_claim in CLAIMS.items() if remedy in of_claim), monkeypatch)


def test_weight_decay_that_is_an_l2_penalty_after_all_makes_the_arms_the_same(monkeypatch):
    real = remedies.variants_of

    def both_the_same(remedy, strengths, *rest):
        named = real(remedy, strengths, *rest)
        return {name: {"l2": 0.01} for name in named} if remedy != "none" else named

    monkeypatch.setattr(remedies, "variants_of", both_the_same)
    with pytest.raises(ArmsAreTheSame, match="weight decay"):
        measure_tiny("weight_decay_over_l2", monkeypatch)
