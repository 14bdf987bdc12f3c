"""The claim on averaged weights: the average is that of the steps' weights, and sabotage is seen."""

import numpy as np
import pytest

from course_lib.engine.numpy_backend import Network
from course_lib.experiments import recipe_arms, short_runs, weight_averages
from course_lib.experiments.claims import averaged_weights_help
from course_lib.experiments.claims.averaged_weights_help import EXPERIMENT
from course_lib.experiments.measurement import MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.training.schedules import learning_rate_at

MAIN = "10,000 images"
SETTINGS = EXPERIMENT.case_settings(MAIN, small=True)
RATES = ("constant rate", "warm-up and cosine")


@pytest.mark.parametrize("rates", RATES)
def test_the_average_is_that_of_the_weights_after_each_of_the_last_steps(rates):
    data, recipes = recipe_arms.images(2, SETTINGS), []
    for rate in (0.01, 0.1):
        recipes.append(averaged_weights_help.recipe(rates, SETTINGS).replace(seed=2, learning_rate=rate))
    runs = weight_averages.train(recipes, data, 20, [0.25, 1.0])
    for recipe, by_share in zip(recipes, runs, strict=True):
        network, after = Network(recipe, data.n_inputs, data.n_classes), []
        for step, batch in enumerate(short_runs.batches(recipe, data, 20)):
            network.optimizer.learning_rate = learning_rate_at(recipe, step, 20)
            network.train_step(*batch)
            after.append(network.parameters())
        assert list(by_share) == [0.0, 0.25, 1.0]
        for share, steps in ((0.0, 1), (0.25, 5), (1.0, 20)):
            for name, found in by_share[share].network.parameters().items():
                expected = np.mean([each[name] for each in after[-steps:]], axis=0)
                np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
        assert by_share[0.0].moved == 0 < by_share[0.25].moved < by_share[1.0].moved


def test_the_last_weights_are_those_of_a_short_run():
    data = recipe_arms.images(2, SETTINGS)
    recipe = averaged_weights_help.recipe("warm-up and cosine", SETTINGS).replace(seed=2, learning_rate=0.03)
    (found,), (expected,) = (
        weight_averages.train([recipe], data, 20, []),
        short_runs.train([recipe], data, 20, "test"),
    )
    ours = weight_averages.quantities(found[0.0], data.test)
    theirs = short_runs.quantities(expected, data.test)
    for name, value in theirs.items():
        assert ours[name] == pytest.approx(value, rel=1e-3, abs=0.2)


def test_a_run_that_diverges_counts_as_chance_and_is_never_chosen():
    data = recipe_arms.images(2, SETTINGS)
    recipe = averaged_weights_help.recipe("constant rate", SETTINGS).replace(seed=2)
    runs = weight_averages.train(
        [recipe.replace(learning_rate=1e30), recipe.replace(learning_rate=0.01)], data, 20, [0.5]
    )
    for share in (0.0, 0.5):
        assert weight_averages.score(runs[0][share], data.validation) == -np.inf
        assert weight_averages.quantities(runs[0][share], data.test)["test accuracy, %"] == 10
        assert weight_averages.score(runs[1][share], data.validation) > 10


def test_arms_with_one_kind_of_rates_have_one_recipe_and_the_average_chooses_its_share():
    for case in EXPERIMENT.cases:
        settings = EXPERIMENT.case_settings(case)
        grids = averaged_weights_help.grids(settings)
        assert len(grids) == 4
        for name, grid in grids.items():
            assert set(grid) == {"learning_rate", *(["averaged"] if name.startswith("averaged") else [])}
            assert grid["learning_rate"] == settings["grid"]
        constant, annealed = (averaged_weights_help.recipe(rates, settings) for rates in RATES)
        assert (constant.schedule, annealed.schedule) == ("constant", "cosine")
        assert constant.optimizer == annealed.optimizer == ("adam" if case == "Adam" else "momentum")
        assert annealed.replace(schedule="constant", schedule_steps=()) == constant


def test_every_choice_gets_the_score_of_its_own_rate_and_share():
    trials = {
        name: [{"learning_rate": rate} | share for rate in (0.01, 0.1) for share in shares]
        for name, shares in (
            (f"the last weights, constant rate, {MAIN}", [{}]),
            (f"averaged weights, constant rate, {MAIN}", [{"averaged": 0.25}, {"averaged": 0.5}]),
        )
    }
    scores, data = averaged_weights_help.tune(1000, SETTINGS, trials), recipe_arms.images(1000, SETTINGS)
    recipe = averaged_weights_help.recipe("constant rate", SETTINGS).replace(seed=1000)
    runs = weight_averages.train(
        [recipe.replace(learning_rate=rate) for rate in (0.01, 0.1)], data, SETTINGS["steps"], [0.25, 0.5]
    )
    for name, choices in trials.items():
        for choice, found in zip(choices, scores[name], strict=True):
            run = runs[(0.01, 0.1).index(choice["learning_rate"])][choice.get("averaged", 0.0)]
            right = (run.network.predict(data.validation.x) == data.validation.labels).mean()
            assert found == pytest.approx(100 * right)


def test_an_average_of_the_last_step_alone_did_not_fire(monkeypatch):
    real = weight_averages.train

    def of_one_step(recipes, data, steps, shares):
        return [dict.fromkeys(by_share, by_share[0.0]) for by_share in real(recipes, data, steps, shares)]

    monkeypatch.setattr(weight_averages, "train", of_one_step)
    with pytest.raises(MechanismDidNotFire, match="how far the average is from the last weights"):
        measure("averaged_weights_help", seeds=2, small=True, progress=False)
