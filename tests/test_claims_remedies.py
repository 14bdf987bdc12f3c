"""The claims on remedies against overfitting: what their arms are, and that a sabotaged remedy is seen."""

import dataclasses
import importlib
import math

import numpy as np
import pytest

from course_lib.data import Split
from course_lib.engine import numpy_backend as network
from course_lib.experiments import image_draws, recipe_arms, remedies, short_runs, stopped_runs
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.recipe import Recipe
from course_lib.scratch import dropout as dropout_layer
from course_lib.scratch import regularizers
from course_lib.training import fit

CLAIMS = {  # name: the remedies that it measures
    "l1_helps": ["L1"],
    "l2_helps": ["L2"],
    "weight_decay_over_l2": ["L2", "weight decay"],
    "dropout_helps": ["dropout"],
    "max_norm_helps": ["max-norm"],
}
SETS = {  # remedy: the fields of the recipe that set it apart from no remedy, and nothing else does
    "L1": {"l1"},
    "L2": {"l2"},
    "weight decay": {"l2", "optimizer"},
    "dropout": {"drop_rate"},
    "max-norm": {"max_norm"},
}
CASES = {  # name: (training images, steps, share of wrong labels, hidden layers)
    "1,000 images": (1000, 1500, 0.0, (64, 64)),
    "500 images": (500, 1500, 0.0, (64, 64)),
    "5,000 images": (5000, 2000, 0.0, (64, 64)),
    "1,000 images, 640 steps": (1000, 640, 0.0, (64, 64)),
    "1,000 images, 40% redrawn": (1000, 1500, 0.36, (64, 64)),
    "1,000 images, 40% redrawn, rate 0.001": (1000, 1500, 0.36, (64, 64)),
    "1,000 images, layers of 256 and 128 units": (1000, 1500, 0.0, (256, 128)),
}
NO_REMEDY = Recipe(
    hidden_layers=(64, 64),
    activation="relu",
    initialization="he_normal",
    normalization="none",
    drop_rate=0.0,
    optimizer="adam",
    schedule="cosine",
    schedule_steps=(150,),
)
TINY = {"hidden_layers": [8, 6], "images": 64, "steps": 3, "grid": [0.01]}
CHANCE = {
    "test accuracy, %": 10.0,
    "test loss": 1000.0,
    "calibration error, %": 0.0,
    "diverged": 1.0,
    "training accuracy, %": 10.0,
}
ACCURACY = "test accuracy, %"


def claim(name):
    return importlib.import_module(f"course_lib.experiments.claims.{name}")


def measure_tiny(name, monkeypatch, **changes):
    """Two seeds with networks and runs so small that it shows nothing but that it can be made."""
    found = claim(name).EXPERIMENT
    small = {**found.small, **TINY, **changes}
    monkeypatch.setattr(claim(name), "EXPERIMENT", dataclasses.replace(found, small=small))
    return measure(name, seeds=2, small=True, progress=False)


def cases_of(name):
    left_out = ("500 images", "1,000 images, 640 steps") if name == "weight_decay_over_l2" else ()
    return [case for case in CASES if case not in left_out]


def small_settings(name, case, **changes):
    """Of one case, with embedded images and tiny networks."""
    return claim(name).EXPERIMENT.case_settings(case, small=True) | TINY | changes


def middle_choices(grids):
    """{arm: choice}, as tuning hands it to `run`: the middle of every grid."""
    return {arm: {field: values[len(values) // 2] for field, values in grid.items()} for arm, grid in grids.items()}


@pytest.fixture
def asked(monkeypatch):
    """[(recipes, data, steps, part)] of all short runs that a claim asks for; none makes more than a step."""
    asked, real = [], short_runs.train

    def record(recipes, data, steps, part="validation", *rest):
        asked.append((recipes, data, steps, part))
        tiny = [recipe.replace(hidden_layers=(4, 3), schedule="constant", schedule_steps=()) for recipe in recipes]
        return real(tiny, data, 1, part, *rest)

    monkeypatch.setattr(short_runs, "train", record)
    return asked


def differing(recipe, other):
    """The names of the fields in which two recipes differ."""
    return {
        field.name for field in dataclasses.fields(Recipe) if getattr(recipe, field.name) != getattr(other, field.name)
    }


# What the arms are


@pytest.mark.parametrize("name", CLAIMS)
def test_a_remedy_is_compared_with_none_in_every_case(name):
    experiment = claim(name).EXPERIMENT
    better, worse = ("weight decay", "L2") if name == "weight_decay_over_l2" else (*CLAIMS[name], "no remedy")
    assert [(each.better, each.worse, each.quantity, each.case) for each in experiment.comparisons] == [
        (f"{better}, {case}", f"{worse}, {case}", ACCURACY, case) for case in cases_of(name)
    ]
    assert all(each.higher_is_better for each in experiment.comparisons)
    primary = experiment.case_settings(experiment.primary.case)
    assert experiment.longer["steps"] == 2 * primary["steps"] and "redrawn" not in primary


@pytest.mark.parametrize("name", CLAIMS)
def test_an_arm_differs_from_no_remedy_in_its_own_field_alone(name):
    experiment = claim(name).EXPERIMENT
    for case in cases_of(name):
        settings = experiment.case_settings(case)
        arms, grids = remedies.arms(settings), remedies.grids(settings)
        assert list(arms) == list(grids) == [f"{remedy}, {case}" for remedy in ("no remedy", *CLAIMS[name])]
        without = arms[f"no remedy, {case}"]
        of_the_case = {"hidden_layers": settings["hidden_layers"], "schedule_steps": (settings["steps"] // 10,)}
        assert without == NO_REMEDY.replace(**of_the_case)
        for arm, choice in middle_choices(grids).items():
            fields = SETS.get(arm.split(",")[0], set())
            assert differing(arms[arm].replace(**choice), without) - {"learning_rate"} == fields
            assert arms[arm].optimizer == ("adamw" if arm.startswith("weight decay") else "adam")


@pytest.mark.parametrize("name", CLAIMS)
def test_every_strength_is_tuned_at_the_rates_of_no_remedy(name):
    for case in cases_of(name):
        grids = remedies.grids(claim(name).EXPERIMENT.case_settings(case))
        rates = grids.pop(f"no remedy, {case}")
        assert list(rates) == ["learning_rate"]
        for grid in grids.values():
            assert grid["learning_rate"] == rates["learning_rate"]
            (strengths,) = (values for field, values in grid.items() if field != "learning_rate")
            assert len(strengths) >= 3 and sorted(strengths) == strengths
            assert max(np.divide(strengths[1:], strengths[:-1])) < 3.4  # no wide gaps


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_what_its_name_says_tuned_on_validation_images_and_measured_on_test_images(case, asked, monkeypatch):
    experiment = claim("l1_helps").EXPERIMENT
    monkeypatch.setattr(remedies, "at_work", lambda *given: 1.0)
    settings = experiment.case_settings(case) | {"data": "embedded"}
    grids = remedies.grids(settings)
    trials = {arm: [choice] for arm, choice in middle_choices(grids).items()}
    experiment.tune(1000, settings, trials)
    experiment.run(3, settings, middle_choices(grids))
    n, steps, share, layers = CASES[case]
    assert [part for *_, part in asked] == ["validation", "test"]
    for (recipes, data, asked_steps, _), seed in zip(asked, (1000, 3), strict=True):
        assert asked_steps == steps and {recipe.seed for recipe in recipes} == {seed}
        assert {recipe.hidden_layers for recipe in recipes} == {layers}
        clean = image_draws.draw(seed, n, data="embedded")
        np.testing.assert_array_equal(data.train.x, clean.train.x)
        for part in ("validation", "test"):
            np.testing.assert_array_equal(getattr(data, part).labels, getattr(clean, part).labels)
        wrong = (data.train.labels != clean.train.labels).mean()  # 40% drawn, of which a tenth is right by chance
        assert wrong == pytest.approx(share, abs=0.08 if share else 0)


def test_the_arms_of_one_rate_have_no_other_one():
    case = "1,000 images, 40% redrawn, rate 0.001"
    grids = remedies.grids(claim("dropout_helps").EXPERIMENT.case_settings(case))
    assert [grid["learning_rate"] for grid in grids.values()] == [[0.001]] * 2


@pytest.mark.parametrize("remedy", SETS)
def test_all_arms_start_alike_and_see_the_same_batches(remedy):
    settings = {**TINY, "images": 200, "data": "embedded", "case": "", "strengths": {remedy: [0.5]}}
    data = recipe_arms.images(5, settings)
    arms, grids = remedies.arms(settings), remedies.grids(settings)
    pair = [arms[arm].replace(seed=5, **choice) for arm, choice in middle_choices(grids).items()]
    starts = [network.Network(recipe, data.n_inputs, data.n_classes).parameters() for recipe in pair]
    assert len(pair) == 2 and all(np.array_equal(starts[0][name], starts[1][name]) for name in starts[0])
    for first, second in zip(*(short_runs.batches(recipe, data, 9) for recipe in pair), strict=True):
        np.testing.assert_array_equal(first[0], second[0])
        np.testing.assert_array_equal(first[1], second[1])


# What is measured


@pytest.mark.parametrize("name", CLAIMS)
def test_every_mechanism_is_counted_and_every_arm_gets_all_quantities(name, monkeypatch):
    measured = measure_tiny(name, monkeypatch)
    redrawn = [case for case in cases_of(name) if "redrawn" in case]
    assert {mechanism.rsplit(": ", 1)[0] for mechanism in measured.fired} == {
        *redrawn,
        *(f"{case}: {remedy}" for remedy in CLAIMS[name] for case in cases_of(name)),
    }
    assert all(count > 0 for count in measured.fired.values())
    arms = ["no remedy", *CLAIMS[name]]
    assert set(measured.arms) == {f"{remedy}, {case}" for remedy in arms for case in cases_of(name)}
    for quantities in measured.arms.values():
        assert set(quantities) == set(CHANCE)
        assert np.isfinite(list(quantities.values())).all()


def test_units_that_are_dropped_are_counted(monkeypatch):
    # 14 hidden units and batches of 64: of 896 units about the chosen share is dropped, in the last step of each seed
    measured = measure_tiny("dropout_helps", monkeypatch, strengths={"dropout": [0.4]})
    counts = [count for mechanism, count in measured.fired.items() if "dropped" in mechanism]
    assert len(counts) == len(CASES)
    for dropped in counts:
        assert 0.8 * 0.4 * 896 < dropped < 1.2 * 0.4 * 896


def test_units_at_the_bound_are_counted_and_longer_ones_are_no_bound():
    settings = {**TINY, "steps": 30, "images": 200, "data": "embedded", "case": "c", "strengths": {"max-norm": []}}
    chosen = {"no remedy, c": {"learning_rate": 0.01}, "max-norm, c": {"learning_rate": 0.01, "max_norm": 0.3}}
    result = recipe_arms.trained(remedies.arms, 0, settings, chosen)["max-norm, c"]
    parameters = result.network.parameters()
    lengths = np.concatenate([np.sqrt((parameters[f"dense{n}.weight"] ** 2).sum(axis=0)) for n in (1, 2)])
    assert remedies.units_at_the_bound(result) == (abs(lengths - 0.3) < 3e-4).sum() > 7
    weight = parameters["dense1.weight"].copy()
    weight[:, 0] *= 1.1
    result.network.load_parameters(parameters | {"dense1.weight": weight})
    assert remedies.units_at_the_bound(result) == 0


@pytest.mark.parametrize("changes", [{}, {"drop_rate": 0.5}, {"l2": 0.01}], ids=["none", "dropout", "L2"])
def test_the_training_accuracy_is_the_one_computed_by_hand(changes):
    settings = {"images": 200, "data": "embedded", "redrawn": 0.4}
    data = recipe_arms.images(6, settings)
    recipe = NO_REMEDY.replace(
        hidden_layers=(12, 9), seed=6, learning_rate=0.01, schedule="constant", schedule_steps=(), **changes
    )
    (result,) = short_runs.train([recipe], data, 60, "test")
    arrays = {name: array.astype(np.float64) for name, array in result.network.parameters().items()}
    h = np.asarray(data.train.x, np.float64)
    for depth in (1, 2):
        h = np.clip(h @ arrays[f"dense{depth}.weight"] + arrays[f"dense{depth}.bias"], 0, None)
    predicted = (h @ arrays["dense3.weight"] + arrays["dense3.bias"]).argmax(axis=1)
    found = remedies.measured({"arm": result}, data)["arm"]
    assert found["training accuracy, %"] == pytest.approx(100 * (predicted == data.train.labels).mean(), abs=0.5)
    assert found["training accuracy, %"] != pytest.approx(found[ACCURACY], abs=0.5)


@pytest.mark.parametrize("name", CLAIMS)
def test_a_run_that_diverges_counts_as_chance_and_is_never_chosen(name):
    case = "1,000 images"
    settings = small_settings(name, case, steps=12, grid=[0.01, 1e38])
    experiment, grids = claim(name).EXPERIMENT, remedies.grids(settings)
    rates = {arm: grid | {"learning_rate": [0.01, 1e38]} for arm, grid in grids.items()}
    trials = {
        arm: [{field: values[0] for field, values in grid.items()} | {"learning_rate": rate} for rate in (0.01, 1e38)]
        for arm, grid in rates.items()
    }
    scores = experiment.tune(1000, settings, trials)
    assert all(good > 0 and bad == -math.inf for good, bad in scores.values())
    chosen = {arm: choices[0 if arm.startswith("no remedy") else 1] for arm, choices in trials.items()}
    outcome = experiment.run(0, settings, chosen)
    for arm, quantities in outcome.arms.items():
        assert (quantities == CHANCE) == (not arm.startswith("no remedy")), arm


# Sabotage


def switch_off(remedy, monkeypatch):
    """Make a remedy do nothing."""
    if remedy == "dropout":
        monkeypatch.setattr(dropout_layer, "draw_mask", lambda shape, drop_rate, rng: np.ones(shape))
    elif remedy == "max-norm":
        monkeypatch.setattr(regularizers, "apply_max_norm", lambda weight, limit: None)
    elif remedy in ("L1", "L2"):
        monkeypatch.setattr(
            regularizers, f"{remedy.lower()}_gradient", lambda weights, strength: np.zeros_like(weights)
        )
    else:
        monkeypatch.setattr(
            network,
            "optimizer_for",
            lambda recipe, *rest, real=network.optimizer_for: real(recipe.replace(l2=0), *rest),
        )


WHERE = [(name, remedy) for name, of_claim in CLAIMS.items() for remedy in of_claim]


@pytest.mark.parametrize(("name", "remedy"), WHERE)
def test_a_remedy_that_does_nothing_did_not_fire(name, remedy, monkeypatch):
    switch_off(remedy, monkeypatch)
    with pytest.raises(MechanismDidNotFire, match=f"'{remedy}: "):
        measure_tiny(name, monkeypatch)


@pytest.mark.parametrize(("name", "remedy"), [each for each in WHERE if each[0] != "weight_decay_over_l2"])
def test_a_remedy_that_does_nothing_makes_the_arms_the_same(name, remedy, monkeypatch):
    switch_off(remedy, monkeypatch)
    monkeypatch.setattr(remedies, "at_work", lambda *given: 1.0)  # the other guard looks away
    with pytest.raises(ArmsAreTheSame, match=f"'{remedy}, .* and 'no remedy, "):
        measure_tiny(name, monkeypatch)


@pytest.mark.parametrize("remedy", ["L1", "L2", "weight decay", "dropout"])
def test_a_strength_of_zero_did_not_fire(remedy, monkeypatch):
    name = next(name for name, of_claim in CLAIMS.items() if remedy in of_claim)
    strengths = {each: [0.0 if each == remedy else 0.1] for each in CLAIMS[name]}
    with pytest.raises(MechanismDidNotFire, match=f"'{remedy}: "):
        measure_tiny(name, monkeypatch, strengths=strengths)


def test_a_penalty_that_makes_the_weights_longer_did_not_fire(monkeypatch):
    monkeypatch.setattr(regularizers, "l2_gradient", lambda weights, strength: -strength * weights)
    with pytest.raises(MechanismDidNotFire, match="'L2: how much shorter"):
        measure_tiny("l2_helps", monkeypatch)


def test_weight_decay_that_is_an_l2_penalty_after_all_makes_the_arms_the_same(monkeypatch):
    real = remedies.arms
    never = lambda settings: {arm: recipe.replace(optimizer="adam") for arm, recipe in real(settings).items()}  # noqa: E731
    monkeypatch.setattr(remedies, "arms", never)
    with pytest.raises(ArmsAreTheSame, match="weight decay"):
        measure_tiny("weight_decay_over_l2", monkeypatch, strengths={"L2": [0.1], "weight decay": [0.1]})


# Early stopping

STOPPED = {**TINY, "images": 100, "watched": 150, "epochs": 60, "grid": [0.02], "data": "embedded"}
STOPPED_CASES = {  # name: (training images, epochs, annealed, share of wrong labels)
    "1,000 images": (1000, 94, True, 0.0),
    "500 images": (500, 188, True, 0.0),
    "5,000 images": (5000, 38, True, 0.0),
    "1,000 images, 640 steps": (1000, 40, True, 0.0),
    "1,000 images, 3,000 steps": (1000, 188, True, 0.0),
    "1,000 images, a constant rate": (1000, 94, False, 0.0),
    "1,000 images, 40% redrawn": (1000, 94, True, 0.36),
    "1,000 images, 40% redrawn, rate 0.001": (1000, 94, True, 0.36),
}
ARMS = ("to its end", "stopped on accuracy", "stopped on loss")


def measure_stopped(monkeypatch):
    found = claim("early_stopping_helps").EXPERIMENT
    small = {key: value for key, value in STOPPED.items() if key in found.settings}
    monkeypatch.setattr(claim("early_stopping_helps"), "EXPERIMENT", dataclasses.replace(found, small=small))
    return measure("early_stopping_helps", seeds=2, small=True, progress=False)


def of_stopping(case="1,000 images", **changes):
    return claim("early_stopping_helps").EXPERIMENT.case_settings(case, small=True) | STOPPED | changes


def test_stopping_is_compared_with_the_end_by_what_it_stops_on_first():
    experiment = claim("early_stopping_helps").EXPERIMENT
    assert [(each.better, each.worse, each.quantity) for each in experiment.comparisons] == [
        (f"{stopped}, {case}", f"to its end, {case}", ACCURACY) for case in STOPPED_CASES for stopped in ARMS[1:]
    ]
    assert experiment.longer["epochs"] == 2 * experiment.settings["epochs"]


@pytest.mark.parametrize("case", STOPPED_CASES)
def test_a_case_of_stopping_is_what_its_name_says(case, monkeypatch):
    asked, real = [], stopped_runs.watched

    def record(recipe, data, n_watched):
        asked.append((recipe, data, n_watched))
        tiny = recipe.replace(hidden_layers=(4, 3), epochs=1, schedule="constant", schedule_steps=())
        return real(tiny, data, n_watched)

    monkeypatch.setattr(stopped_runs, "watched", record)
    settings = claim("early_stopping_helps").EXPERIMENT.case_settings(case) | {"data": "embedded"}
    rate = settings["grid"][0]
    stopped_runs.run(2, settings, {f"{arm}, {case}": {"learning_rate": rate} for arm in ARMS})
    ((recipe, data, n_watched),) = asked  # all arms are one run
    n, epochs, annealed, share = STOPPED_CASES[case]
    steps = epochs * math.ceil(n / 64)
    assert (len(data.train), n_watched) == (n, 1000) and steps == pytest.approx(
        {"5,000 images": 3000, "1,000 images, 640 steps": 640, "1,000 images, 3,000 steps": 3000}.get(case, 1500),
        abs=10,
    )
    expected = NO_REMEDY.replace(epochs=epochs, learning_rate=rate, seed=2, schedule_steps=(steps // 10,))
    constant = {"schedule": "constant", "schedule_steps": ()}
    assert recipe == expected.replace(**({} if annealed else constant))
    clean = image_draws.draw(2, n, data="embedded")
    assert (data.train.labels != clean.train.labels).mean() == pytest.approx(share, abs=0.08 if share else 0)
    np.testing.assert_array_equal(data.validation.labels, clean.validation.labels)


def test_parameters_are_those_of_the_best_epoch_of_runs_that_were_not_watched():
    settings = of_stopping(redrawn=0.4)
    data, recipe = recipe_arms.images(0, settings), stopped_runs.recipe_for(0, settings, 0.02)
    watch, net = stopped_runs.watched(recipe, data, 150)
    part = Split(data.validation.x[:150], data.validation.labels[:150])
    history = fit(recipe, dataclasses.replace(data, validation=part), progress=False).history
    losses, accuracies = (np.array([row[f"validation_{key}"] for row in history]) for key in ("loss", "accuracy"))
    expected = {ARMS[0]: 60, ARMS[1]: 1 + accuracies.argmax(), ARMS[2]: 1 + losses.argmin()}
    assert {name: epoch for name, (epoch, _) in watch.kept.items()} == expected
    assert len(set(expected.values())) == 3
    for name, epoch in expected.items():
        result = stopped_runs.stopped(watch, net, name, part)
        assert result.steps == epoch and not result.diverged
        assert (result.loss, result.accuracy) == pytest.approx((losses[epoch - 1], accuracies[epoch - 1]))


def test_a_rate_is_chosen_by_images_that_are_not_watched():
    settings = of_stopping(grid=[0.01, 0.02])
    data = recipe_arms.images(1000, settings)
    trials = {f"{arm}, 1,000 images": [{"learning_rate": rate} for rate in settings["grid"]] for arm in ARMS}
    scores = stopped_runs.tune(1000, settings, trials)
    x, labels = data.validation.x[150:], data.validation.labels[150:]
    for place, rate in enumerate(settings["grid"]):
        watch, net = stopped_runs.watched(stopped_runs.recipe_for(1000, settings, rate), data, 150)
        for arm in ARMS:
            net.load_state(watch.kept[arm][1])
            right = (net.logits(x).argmax(axis=1) == labels).mean()
            assert scores[f"{arm}, 1,000 images"][place] == pytest.approx(100 * right, abs=0.1)


def test_every_arm_of_stopping_gets_all_quantities_and_mechanisms(monkeypatch):
    measured = measure_stopped(monkeypatch)
    assert set(measured.arms) == {f"{arm}, {case}" for arm in ARMS for case in STOPPED_CASES}
    for arm, quantities in measured.arms.items():
        assert set(quantities) == {*CHANCE, "epoch of the parameters"}
        assert all(epoch == 60 or not arm.startswith("to its end") for epoch in quantities["epoch of the parameters"])
    for case in STOPPED_CASES:
        epochs = [np.array(measured.arms[f"{arm}, {case}"]["epoch of the parameters"]) for arm in ARMS]
        assert measured.fired[f"{case}: epochs left out, by both ways to stop"] == min(120 - sum(epochs[1:])) > 0


def test_a_run_that_never_stops_did_not_fire(monkeypatch):
    def keep_the_last(watch, run, row):
        watch.kept |= dict.fromkeys(ARMS, (row["epoch"], run.network.state()))

    monkeypatch.setattr(stopped_runs.Watch, "on_epoch", keep_the_last)
    with pytest.raises(MechanismDidNotFire, match="'epochs left out, by both ways to stop' is 0"):
        measure_stopped(monkeypatch)


def test_arms_that_all_keep_the_last_epoch_are_the_same(monkeypatch):
    real = stopped_runs.stopped
    end = lambda watch, net, name, part: dataclasses.replace(real(watch, net, ARMS[0], part), steps=1)  # noqa: E731
    monkeypatch.setattr(stopped_runs, "stopped", end)
    with pytest.raises(ArmsAreTheSame, match="stopped on accuracy"):
        measure_stopped(monkeypatch)


def test_a_run_that_diverges_is_chance_at_its_end():
    settings = of_stopping(grid=[1e38], epochs=6)
    chosen = {f"{arm}, 1,000 images": {"learning_rate": 1e38} for arm in ARMS}
    scores = stopped_runs.tune(1000, settings, {arm: [choice] for arm, choice in chosen.items()})
    assert scores["to its end, 1,000 images"] == [-math.inf]
    watch, net = stopped_runs.watched(stopped_runs.recipe_for(0, settings, 1e38), recipe_arms.images(0, settings), 150)
    result = stopped_runs.stopped(watch, net, ARMS[0], recipe_arms.images(0, settings).test)
    assert result.diverged and (result.accuracy, result.loss) == (0.1, 1000.0)
