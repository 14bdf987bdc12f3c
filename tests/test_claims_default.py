"""The claims on the default configuration: what their arms are, and that a sabotaged arm is seen."""

import dataclasses
import importlib

import numpy as np
import pytest

from course_lib.data import DataUnavailable
from course_lib.engine import numpy_stack as stack
from course_lib.engine.plan import plan
from course_lib.experiments import default_cases, default_parts, default_rivals, image_draws, recipe_arms, short_runs
from course_lib.experiments.claims import default_every_part, default_stand_ins
from course_lib.experiments.default_parts import PAIRS, PARTS, arm
from course_lib.experiments.measurement import ArmsAreTheSame, MeasurementError, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.recipe import Recipe
from course_lib.scratch import activations, batch_norm, dropout, initializers, optimizers

RIVALS = ["default_beats_naive", "default_beats_plain", "default_beats_2026"]
WITH_PARTS = ["default_every_part", "default_stand_ins"]
ON_10000 = [*RIVALS, *WITH_PARTS, "default_with_schedule"]
NAMES = [*ON_10000, "default_on_all_images"]


def claim(name):
    return importlib.import_module(f"course_lib.experiments.claims.{name}")


def experiment(name):
    return claim(name).EXPERIMENT


def arms(name, case=None):
    """{arm: Recipe} of a case as it is measured in full; of the primary's if none is named."""
    found = experiment(name)
    arms_of = found.grids.args[0]  # grids=functools.partial(grids, arms)
    return arms_of(found.case_settings(found.cases[0] if case is None else case))


def all_cases():
    return [(name, case) for name in NAMES for case in experiment(name).cases]


@pytest.fixture
def tiny(monkeypatch):
    """tiny(name): two seeds with networks and runs so small that they show nothing but that it can be measured."""

    def tiny(name, primary=True, **changes):
        found = experiment(name)
        small = {**found.small, "images": 200, "steps": 4, "grid": [0.01], "descent_grid": [0.01]}
        small |= {"hidden_layers": [8, 8]} if name not in ON_10000 else {"width": 8, "constant_grid": [0.01]}
        monkeypatch.setattr(claim(name), "EXPERIMENT", dataclasses.replace(found, small=small | changes))
        return measure(name, seeds=2, jobs=1, small=True, primary=primary, progress=False)

    return tiny


# ---- what the arms are ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, case", all_cases())
def test_every_arm_of_a_case_is_another_recipe_and_all_share_network_batches_and_augmentation(name, case):
    recipes = arms(name, case)
    assert len(set(recipes.values())) == len(recipes)
    shared = {(each.hidden_layers, each.batch_size, each.augmentation, each.seed) for each in recipes.values()}
    assert len(shared) == 1
    compared = {
        each
        for comparison in experiment(name).comparisons
        if comparison.case == case
        for each in (comparison.better, comparison.worse)
    }
    assert {each for each in compared if " alone plus " not in each} <= set(recipes)


@pytest.mark.parametrize("name", ON_10000)
def test_the_claims_have_one_network_one_budget_and_one_set_of_grids(name):
    shared = {key: value for key, value in experiment(name).settings.items() if key != "cases"}
    smaller = {"grid", "descent_grid", "drop_rates"} if name in WITH_PARTS else set()  # they have many arms
    smaller |= {"steps"} if name == "default_stand_ins" else set()
    assert shared.keys() == default_cases.SETTINGS.keys()
    for key, value in default_cases.SETTINGS.items():
        assert key in smaller or shared[key] == value
    for case in experiment(name).cases:
        settings = experiment(name).case_settings(case)
        said = {"5,000 steps": 5000, "400 steps": 400}.get(
            case.partition(", ")[2], 1250 if name == "default_stand_ins" else 2500
        )
        assert settings["steps"] == said
        assert settings["depth"] == int(case[0])
        assert settings.get("redrawn", 0) == (0.4 if "40% of labels redrawn" in case else 0)


@pytest.mark.parametrize("name", NAMES)
def test_the_primary_is_annealed_on_clean_labels_but_for_the_arm_that_has_no_schedule_to_show_it(name):
    primary, recipes = experiment(name).primary, arms(name)
    schedules = [recipes[each].schedule for each in (primary.better, primary.worse) if each in recipes]
    assert schedules[0] == "cosine"
    assert schedules[1:] in ([], ["constant" if name == "default_with_schedule" else "cosine"])
    settings = experiment(name).case_settings(primary.case)
    assert "redrawn" not in settings and settings["data"] == "full"
    assert experiment(name).longer == {"steps": 2 * settings["steps"]}


@pytest.mark.parametrize("name, case", all_cases())
def test_the_default_is_the_default_but_for_its_size_and_its_schedule(name, case):
    words = {"the default": "constant", "the default with the schedule": "cosine"}
    if name in WITH_PARTS:
        words = {"the default": "cosine"}
    recipes, found = arms(name, case), 0
    for label, schedule in words.items():
        if recipe := recipes.get(f"{label}, {case}"):
            steps = experiment(name).case_settings(case)["steps"]
            same = Recipe(hidden_layers=recipe.hidden_layers, batch_size=recipe.batch_size)
            assert recipe == (recipe_arms.annealed(same, steps) if schedule == "cosine" else same)
            found += 1
    assert found


def test_the_parts_are_those_that_the_article_names_and_each_replaces_one_field():
    default = Recipe()
    named = [
        default.initialization,
        default.normalization,
        default.activation,
        default.drop_rate > 0,
        default.optimizer,
    ]
    assert named == ["he_normal", "batch", "elu", True, "adam"]
    assert list(PARTS) == ["He", "batch norm", "ELU", "dropout", "Adam"]
    fields = [field for changes in PARTS.values() for field in changes]
    assert fields == ["initialization", "normalization", "activation", "drop_rate", "optimizer"]
    assert all(default.replace(**changes) != default for changes in PARTS.values())


@pytest.mark.parametrize("case", ["2 layers", "5 layers", "2 layers, 400 steps"])
def test_every_part_is_left_out_alone(case):
    recipes = arms("default_every_part", case)
    for part, changes in PARTS.items():
        assert recipes[arm((part,), case)] == recipes[arm((), case)].replace(**changes)
    if case == "2 layers":
        assert recipes[f"ReLU for ELU, {case}"] == recipes[arm((), case)].replace(activation="relu")
        assert recipes[f"momentum for Adam, {case}"] == recipes[arm((), case)].replace(optimizer="momentum")
    assert default_every_part.EXPERIMENT.primary.label == "batch norm, 2 layers"


def test_all_ten_pairs_are_left_out_at_both_depths_and_those_are_judged_that_the_source_names():
    assert len(PAIRS) == 10
    for depth in (2, 5):
        recipes = arms("default_stand_ins", f"{depth} layers")
        assert len(recipes) == 1 + 5 + 10
        for pair in PAIRS:
            changes = {**PARTS[pair[0]], **PARTS[pair[1]]}
            assert recipes[arm(pair, depth)] == recipes[arm((), depth)].replace(**changes)
            assert len(recipes[arm(pair, depth)].hidden_layers) == depth
    comparisons = default_stand_ins.EXPERIMENT.comparisons
    assert comparisons[0].label == "He and batch norm, 5 layers" and len(comparisons) == 20
    judged = {each.label for each in comparisons if not each.exploratory}
    assert judged == {
        f"{pair}, {depth} layers"
        for pair in ("He and batch norm", "batch norm and ELU", "batch norm and dropout")
        for depth in (2, 5)
    }


def test_the_rivals_are_what_their_sources_say():
    recipes = default_rivals.recipes((300, 100), 1000, seed=3)
    naive, plain, modern = (recipes[name] for name in ("naive", "He, ReLU, Adam", "2026"))
    assert (naive.activation, naive.initialization, naive.optimizer) == (
        "sigmoid",
        "standard_normal",
        "gradient_descent",
    )
    assert (plain.activation, plain.initialization, plain.optimizer) == ("relu", "he_normal", "adam")
    assert (modern.activation, modern.optimizer, modern.l2) == ("gelu", "adamw", 0.05)
    assert (modern.schedule, modern.schedule_steps) == ("cosine", (100,))
    assert [each.normalization for each in (naive, plain, modern)] == ["none", "none", "layer"]
    assert [each.drop_rate for each in (naive, plain, modern)] == [0, 0, 0]
    assert recipes["2026 with dropout"] == modern.replace(drop_rate=Recipe().drop_rate)


def test_what_is_named_with_the_schedule_has_the_one_of_2026_and_nothing_else_changed():
    recipes = default_rivals.recipes((300, 100), 1000)
    schedule = {field: getattr(recipes["2026"], field) for field in ("schedule", "schedule_steps")}
    for name in ("the default", "naive", "He, ReLU, Adam"):
        assert recipes[name].schedule == "constant"
        assert recipes[f"{name} with the schedule"] == recipes[name].replace(**schedule)


@pytest.mark.parametrize("name, case", all_cases())
def test_every_arm_chooses_its_rate_and_its_strength_around_what_is_published(name, case):
    found = experiment(name)
    grids = found.grids(found.case_settings(case))
    for label, recipe in arms(name, case).items():
        grid = grids[label]
        assert len(grid["learning_rate"]) >= 3
        strengths = {"drop_rate": recipe.drop_rate} if recipe.drop_rate else {"l2": recipe.l2} if recipe.l2 else {}
        assert grid.keys() - {"learning_rate"} == strengths.keys()
        between = name == "default_on_all_images"  # its grid goes around what is published
        assert all(
            min(grid[field]) <= value <= max(grid[field]) and (between or value in grid[field])
            for field, value in strengths.items()
        )


@pytest.mark.parametrize("name", NAMES)
def test_rates_are_tuned_on_validation_data_and_measured_on_test_data(name, monkeypatch):
    parts, real = [], short_runs.train

    def noted(recipes, data, steps, part="validation", *rest):
        parts.append(part)
        return real(recipes, data, 0, part, *rest)

    monkeypatch.setattr(short_runs, "train", noted)
    found = experiment(name)
    settings = found.case_settings(found.cases[0], small=True)
    trials = {each: [{"learning_rate": 0.01}, {"learning_rate": 0.03}] for each in found.grids(settings)}
    scores = found.tune(1000, settings, trials)
    assert parts == ["validation"]
    assert {each: len(numbers) for each, numbers in scores.items()} == dict.fromkeys(trials, 2)
    monkeypatch.setattr(default_stand_ins, "mechanisms", lambda runs, data: {})
    monkeypatch.setattr(short_runs, "decades_down", lambda run: 1.0)  # runs of no steps have no last rate
    found.run(0, settings, {each: choices[0] for each, choices in trials.items()})
    assert parts == ["validation", "test"]


def test_a_tuning_seed_takes_the_fewer_images_that_it_has(monkeypatch):
    asked, real = [], image_draws.draw
    monkeypatch.setattr(
        image_draws, "draw", lambda seed, images, **rest: asked.append((seed, images)) or real(seed, images, **rest)
    )
    recipe_arms._drawn.cache_clear()
    found = experiment("default_on_all_images")
    settings = {**found.case_settings("40,000 images", small=True), "steps": 2, "images": 500, "tuning_images": 300}
    found.tune(1000, settings, {each: [{"learning_rate": 0.01}] for each in found.grids(settings)})
    found.run(0, settings, {})
    recipe_arms._drawn.cache_clear()
    assert asked == [(1000, 300), (0, 500)]
    assert found.settings["tuning_images"] <= 3 * 70_000 // 7 < found.settings["images"]


# ---- what is measured -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_arm_gets_finite_numbers_and_every_mechanism_is_at_work(name, tiny):
    measured = tiny(name, primary=False)
    assert measured.fired and all(count > 0 for count in measured.fired.values())
    for case in experiment(name).cases:
        assert measured.fired[f"{case}: units that sit out a training step, %"] == pytest.approx(20, abs=6)
    for quantities in measured.arms.values():
        assert all(np.isfinite(values).all() and len(values) == 2 for values in quantities.values())
    trained = [label for case in experiment(name).cases for label in arms(name, case)]
    asked = {short_runs.ACCURACY, short_runs.LOSS, short_runs.CALIBRATION}
    assert all(asked <= measured.arms[label].keys() for label in trained)


def test_what_a_pair_costs_is_compared_with_what_its_parts_cost_alone(tiny):
    measured = tiny("default_stand_ins", primary=False)
    for depth in (2, 5):
        default = measured.values(arm((), depth), short_runs.ACCURACY)
        for pair in PAIRS:
            both = default - measured.values(arm(pair, depth), short_runs.ACCURACY)
            alone = [default - measured.values(arm((part,), depth), short_runs.ACCURACY) for part in pair]
            effect = measured.effect(f"{pair[0]} and {pair[1]}, {depth} layers")
            np.testing.assert_allclose(effect.by_seed, both - alone[0] - alone[1], atol=1e-9)


def test_images_that_are_not_there_end_the_measurement_with_what_helps(monkeypatch, tmp_path):
    def missing(name):
        raise DataUnavailable("The full Fashion-MNIST is not on this machine. Download it once: ...")

    monkeypatch.setattr(image_draws, "pool", missing)
    recipe_arms._drawn.cache_clear()
    with pytest.raises(MeasurementError, match=r"not on this machine\. Download it once.* 0 of 26 tasks are done"):
        measure("default_on_all_images", jobs=1, folder=tmp_path, progress=False)


# ---- sabotage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_running_statistics_that_stand_still_did_not_fire(name, tiny, monkeypatch):
    for layer in (batch_norm.BatchNorm, stack.StackedBatchNorm):
        monkeypatch.setattr(layer, "_update_statistics", lambda *given: None)
    with pytest.raises(MechanismDidNotFire, match="running means"):
        tiny(name)


@pytest.mark.parametrize("name", NAMES)
def test_dropout_that_drops_nothing_did_not_fire(name, tiny, monkeypatch):
    for module in (dropout, stack):
        monkeypatch.setattr(module, "draw_mask", lambda shape, drop_rate, rng: np.ones(shape))
    with pytest.raises(MechanismDidNotFire, match="sit out"):
        tiny(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_rate_that_stands_still_did_not_fire(name, tiny, monkeypatch):
    monkeypatch.setattr(short_runs, "learning_rate_at", lambda recipe, step, steps: recipe.learning_rate)
    with pytest.raises(MechanismDidNotFire, match="rate down"):
        tiny(name)


@pytest.mark.parametrize("name", ["default_beats_2026", "default_on_all_images"])
def test_weights_that_do_not_decay_did_not_fire(name, tiny):
    with pytest.raises(MechanismDidNotFire, match="weight decay"):
        tiny(name, decays=[0.0])


@pytest.mark.parametrize("name", ["default_beats_2026", "default_on_all_images"])
def test_layer_norm_that_is_not_built_did_not_fire(name, tiny, monkeypatch):
    def without(recipe, *rest):
        return plan(recipe.replace(normalization="none") if recipe.normalization == "layer" else recipe, *rest)

    monkeypatch.setattr("course_lib.engine.network.plan", without)
    with pytest.raises(MechanismDidNotFire, match="layer norm"):
        tiny(name)


def test_weights_that_are_drawn_from_n01_after_all_are_seen(tiny, monkeypatch):
    monkeypatch.setattr(initializers, "he_normal", initializers.standard_normal)
    with pytest.raises(ArmsAreTheSame, match="He"):
        tiny("default_every_part")
    with pytest.raises(MechanismDidNotFire, match="that a part makes"):
        tiny("default_stand_ins")


def test_an_elu_that_is_a_sigmoid_is_seen(tiny, monkeypatch):
    monkeypatch.setattr(activations, "elu", activations.sigmoid)
    monkeypatch.setattr(activations, "elu_derivative", activations.sigmoid_derivative)
    with pytest.raises(ArmsAreTheSame, match="ELU"):
        tiny("default_every_part")
    with pytest.raises(MechanismDidNotFire, match="that a part makes"):
        tiny("default_stand_ins")


def test_adam_that_is_gradient_descent_makes_the_arms_the_same(tiny, monkeypatch):
    monkeypatch.setattr(optimizers, "Adam", optimizers.GradientDescent)
    with pytest.raises(ArmsAreTheSame, match="Adam"):
        tiny("default_every_part")


def test_batch_norm_that_is_not_built_makes_the_arms_the_same(tiny, monkeypatch):
    monkeypatch.setattr(
        "course_lib.engine.network.plan", lambda recipe, *rest: plan(recipe.replace(normalization="none"), *rest)
    )
    monkeypatch.setattr(short_runs, "how_far_means_moved", lambda trained: 1.0)  # the other guard looks away
    with pytest.raises(ArmsAreTheSame, match="batch norm"):
        tiny("default_every_part")


def test_a_part_that_is_not_left_out_is_seen(tiny, monkeypatch):
    monkeypatch.setitem(default_parts.PARTS, "dropout", {})
    with pytest.raises(MechanismDidNotFire, match="that a part makes"):
        tiny("default_stand_ins")
    with pytest.raises(ArmsAreTheSame, match="dropout"):
        tiny("default_every_part")


@pytest.mark.parametrize(
    "name, rival",
    [
        ("default_beats_naive", "naive with the schedule"),
        ("default_beats_plain", "He, ReLU, Adam with the schedule"),
        ("default_beats_2026", "2026"),
        ("default_with_schedule", "the default"),
        ("default_on_all_images", "2026"),
    ],
)
def test_two_names_for_one_rival_are_seen(name, rival, tiny, monkeypatch):
    real = default_rivals.recipes

    def same(*words, **more):
        recipes = real(*words, **more)
        return recipes | {rival: recipes["the default with the schedule"]}

    monkeypatch.setattr(default_rivals, "recipes", same)
    with pytest.raises(ArmsAreTheSame, match=rival):
        tiny(name)


@pytest.mark.parametrize("name", NAMES)
def test_an_edge_that_may_stay_is_one_of_a_primary_arms_grid(name):
    found = experiment(name)
    grids = found.grids(found.case_settings(found.cases[0]))
    for key in found.edges:
        label, _, field = key.rpartition(": ")
        assert label in (found.primary.better, found.primary.worse) and field in grids[label]


def test_only_what_the_article_says_is_booked_as_the_articles():
    of_the_article = [name for name in NAMES if experiment(name).source.startswith("the article")]
    assert of_the_article == ["default_beats_naive", "default_every_part"]
